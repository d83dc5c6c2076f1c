// Prints how many characters the session cookie's value has, for two sessions.
// Each figure is the median of 200 cookies, made with the library's own randomness.
import { readFileSync } from "node:fs";
import { getIronSession } from "iron-session";
import { createApp, eventHandler, toWebHandler, useSession } from "h3";
import { encode as authCoreEncode } from "@auth/core/jwt";
import nextAuth from "next-auth/jwt";

const small = { user: "alice" };
const large = {
  user_id: "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10",
  role: "admin",
  lang: "en-US",
  csrf: "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK",
};
const secret = "a secret of at least thirty-two characters";

// What stands between "name=" and the first ";" of the last Set-Cookie header.
const cookieValue = (response) =>
  response.headers.getSetCookie().at(-1).split(";")[0].replace(/^[^=]*=/, "");

const libraries = {
  // README, "Usage": getIronSession() with only the two required options, so the
  // seal carries the default expiry of 14 days.
  "iron-session": async (data) => {
    const response = new Response();
    const options = { cookieName: "session", password: secret };
    const session = await getIronSession(new Request("http://localhost/"), response, options);
    Object.assign(session, data);
    await session.save();
    return cookieValue(response);
  },

  // Docs, "Sessions": useSession(); h3 itself adds an id and a creation time. Without
  // maxAge, here 14 days, the seal has no expiry.
  h3: (data) => h3({ password: secret, maxAge: 14 * 24 * 60 * 60 }, data),
  "h3 without maxAge": (data) => h3({ password: secret }, data),

  // Docs, "@auth/core/jwt": encode() with the default 30 days, where the salt is the
  // cookie's name; it adds iat, exp and jti. The cookie's value is the token itself.
  "@auth/core": (data) =>
    authCoreEncode({ token: { ...data }, secret, salt: "authjs.session-token" }),

  // Docs of version 4, "JWT": encode() with the default 30 days and no salt; it adds
  // iat, exp and jti. The cookie's value is the token itself.
  "next-auth": (data) => nextAuth.encode({ token: { ...data }, secret }),
};

async function h3(options, data) {
  const app = createApp().use(
    eventHandler(async (event) => {
      const session = await useSession(event, options);
      await session.update(data);
      return "";
    }),
  );
  return cookieValue(await toWebHandler(app)(new Request("http://localhost/")));
}

async function median(makeValue, data) {
  const lengths = [];
  for (let i = 0; i < 200; i++) lengths.push((await makeValue(data)).length);
  lengths.sort((a, b) => a - b);
  return (lengths[99] + lengths[100]) / 2;
}

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url)));
for (const [name, makeValue] of Object.entries(libraries)) {
  const sizes = [await median(makeValue, small), await median(makeValue, large)];
  const version = dependencies[name.split(" ")[0]];
  console.log(`${name} (${version}) small=${sizes[0]} large=${sizes[1]}`);
}
