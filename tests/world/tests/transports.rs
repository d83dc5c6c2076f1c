//! HTTP and HTTPS side by side, nginx before both: no session of one is ever accepted by the other.

use axum::{Router, routing::get, routing::post};
use reqwest::header::{COOKIE, SET_COOKIE};
use sealed_session::{CookieSessions, Keyring, Secret, SessionHandle, SessionLayer, Transport};
use world::{Certificate, Nginx, client, serve};

/// The name of the cookie over TLS, and of that without.
const NAMES: [&str; 2] = ["__Host-session", "session"];

/// A site with a listener for each transport, with the secret of both.
struct World {
    certificate: Certificate,
    nginx: Nginx,
}

struct Answer {
    body: String,
    lines: Vec<String>,
}

async fn show(session: SessionHandle) -> String {
    let rejection = session.with(|session| session.rejection().copied());
    let user = session.get("user").unwrap_or("stranger".into());
    rejection.map_or(user.clone(), |rejection| format!("{user}: {rejection:?}"))
}

async fn log_in(session: SessionHandle) {
    session.renew();
    session.set("user", "alice");
}

async fn log_out(session: SessionHandle) {
    session.invalidate();
}

fn app(layer: SessionLayer) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .layer(layer)
}

/// Behind nginx, which leaves alone what clients say of their transport.
async fn world(https: SessionLayer, http: SessionLayer) -> World {
    let (https, http) = (serve(app(https)).await, serve(app(http)).await);
    let certificate = Certificate::of(&["localhost"]);
    let tls = certificate.for_nginx();
    let nginx = Nginx::start(|[secure, plain]| {
        format!(
            "server {{ listen 127.0.0.1:{secure} ssl; {tls} location / {{ proxy_pass http://{https}; }} }}
             server {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass http://{http}; }} }}"
        )
    });
    World { certificate, nginx }
}

/// A coder for each listener, with one secret.
async fn two_coders() -> World {
    let secret = Secret::generate().expose_base64url();
    let builder = || CookieSessions::builder(Keyring::new(secret.parse().unwrap()));
    let (https, http) = (builder().build().unwrap(), builder().insecure_http().build().unwrap());
    world(SessionLayer::new(https), SessionLayer::new(http)).await
}

/// One coder for both listeners, which say what they are.
async fn one_coder() -> World {
    let sessions = CookieSessions::new(Keyring::ephemeral());
    let of = |transport| SessionLayer::new(sessions.clone()).transport(transport);
    world(of(Transport::Https), of(Transport::Http)).await
}

/// What forged header fields a client sends along.
const FORGED: [&[(&str, &str)]; 4] = [
    &[],
    &[("x-forwarded-proto", "https"), ("x-forwarded-ssl", "on")],
    &[("x-forwarded-proto", "http"), ("front-end-https", "off")],
    &[("forwarded", "proto=https;host=localhost"), ("x-forwarded-port", "443")],
];

impl World {
    async fn send(
        &self,
        over: Transport,
        method: &str,
        path: &str,
        cookies: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let [secure, plain] = self.nginx.ports() else { unreachable!("there are two") };
        let url = match over {
            Transport::Https => format!("https://localhost:{secure}{path}"),
            _ => format!("http://localhost:{plain}{path}"),
        };
        let method = method.parse().unwrap();
        let client = client(&self.certificate).build().unwrap();
        let mut request = client.request(method, url).header(COOKIE, cookies);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let lines = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .map(|line| line.to_str().unwrap().to_owned());
        Answer { lines: lines.collect(), body: answer.text().await.unwrap() }
    }

    /// A token that this transport issued.
    async fn token(&self, over: Transport) -> String {
        let answer = self.send(over, "POST", "/login", "", &[]).await;
        let (name, rest) = answer.lines[0].split_once('=').unwrap();
        assert_eq!(name, NAMES[usize::from(over == Transport::Http)]);
        rest.split(';').next().unwrap().to_owned()
    }

    #[track_caller]
    fn expect(answer: &Answer, body: &str, of: &str) {
        assert_eq!((answer.body.as_str(), answer.lines.as_slice()), (body, [].as_slice()), "{of}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_listener_takes_its_own_session_and_never_the_other() {
    let world = two_coders().await;
    let [secure, plain] = [world.token(Transport::Https).await, world.token(Transport::Http).await];
    let [long, short] = NAMES;
    // What is sent, and what it is over TLS and without.
    let crossings = [
        (format!("{long}={secure}"), "alice", "stranger"),
        (format!("{short}={plain}"), "stranger", "alice"),
        (format!("{long}={plain}"), "stranger: UnknownKey", "stranger"),
        (format!("{short}={secure}"), "stranger", "stranger: UnknownKey"),
        (format!("{long}={secure}; {short}={plain}"), "alice", "alice"),
        (
            format!("{long}={plain}; {short}={secure}"),
            "stranger: UnknownKey",
            "stranger: UnknownKey",
        ),
        (format!("{long}={plain}; {long}={secure}"), "alice", "stranger"),
        (format!("{short}={secure}; {short}={plain}"), "stranger", "alice"),
    ];
    for (cookies, over_tls, without) in &crossings {
        for forged in FORGED {
            let of = format!("{cookies} {forged:?}");
            for (over, expected) in [(Transport::Https, over_tls), (Transport::Http, without)] {
                let mut answer = world.send(over, "GET", "/", cookies, forged).await;
                // Key ids are drawn with the secret.
                if let Some((kind, _)) = answer.body.split_once('(') {
                    answer.body = kind.to_owned();
                }
                World::expect(&answer, expected, &of);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_of_the_other_transport_neither_takes_nor_issues_nor_removes() {
    let world = one_coder().await;
    let cookies = format!("__Host-session={}", world.token(Transport::Https).await);
    for forged in FORGED {
        let of = format!("{forged:?}");
        World::expect(
            &world.send(Transport::Https, "GET", "/", &cookies, forged).await,
            "alice",
            &of,
        );
        let answer = world.send(Transport::Http, "GET", "/", &cookies, forged).await;
        World::expect(&answer, "stranger: OtherTransport", &of);
        World::expect(&world.send(Transport::Http, "GET", "/", "", forged).await, "stranger", &of);
        for path in ["/login", "/logout"] {
            for cookies in ["", &cookies] {
                World::expect(
                    &world.send(Transport::Http, "POST", path, cookies, forged).await,
                    "",
                    &of,
                );
            }
        }
    }
    // It is still there, and goes where it came from.
    World::expect(
        &world.send(Transport::Https, "GET", "/", &cookies, &[]).await,
        "alice",
        "afterwards",
    );
    let removal = world.send(Transport::Https, "POST", "/logout", &cookies, &[]).await;
    assert!(removal.lines[0].contains("Max-Age=0"), "{:?}", removal.lines);
}
