# Prints how many characters the session cookie's value has, for two sessions.
# Each figure is the median of 200 cookies: the value is base64, whose "+", "/" and "="
# Rack escapes as three characters each, so its length varies by chance.
require "rails"
require "action_controller/railtie"

SMALL = { "user" => "alice" }
LARGE = {
  "user_id" => "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10",
  "role" => "admin",
  "lang" => "en-US",
  "csrf" => "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"
}

# Guide "Configuring Rails Applications": load_defaults gives the AES-256-GCM cookie jar and
# the cookie's purpose inside it; new applications are generated with the JSON serializer.
# The store's key is what Rails derives from the application's name.
class Shop < Rails::Application
  config.load_defaults 6.1
  config.action_dispatch.cookies_serializer = :json
  config.session_store :cookie_store, key: "_shop_session"
  config.secret_key_base = SecureRandom.hex(64)
  config.eager_load = false
  config.logger = Logger.new(IO::NULL)
  config.hosts.clear
end

class SessionsController < ActionController::Base
  def show
    request.get_header("data").each { |key, value| session[key] = value }
    head :ok
  end
end

Shop.initialize!
Shop.routes.draw { get "/", to: "sessions#show" }

# What stands between "name=" and the first ";" of the Set-Cookie header.
def cookie_value(data)
  _, headers, body = Shop.call(Rack::MockRequest.env_for("/", "data" => data))
  body.close if body.respond_to?(:close)
  headers["Set-Cookie"][/\A[^=]*=([^;]*)/, 1]
end

def median(lengths)
  lengths = lengths.sort
  (lengths[99] + lengths[100]) / 2
end

def sizes(form)
  small, large = [SMALL, LARGE].map { |data| median(Array.new(200) { form.call(cookie_value(data)).length }) }
  "small=#{small} large=#{large}"
end

puts "rails (#{Rails.version}) #{sizes(->(value) { value })}"
puts "rails before escaping (#{Rails.version}) #{sizes(->(value) { Rack::Utils.unescape(value) })}"
