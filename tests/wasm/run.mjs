// The library as a WebAssembly module in Node: `.ci/wasm` builds the modules and runs this with their folder and the
// names of the hosts. Time and randomness are the host's, and no test waits.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

import { World, hosts } from './hosts.mjs';

const VECTORS = new URL('../vectors/', import.meta.url);
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const DAY = 24 * 3600 * 1000;
/** At least so many vectors have a token that a module seals to the same bytes. */
const SEALED = 116;

const secret = () => randomBytes(32).toString('base64url');
const secrets = (...texts) => texts.map((text) => `secret: ${text}\n`).join('');

/** A browser with one site, which keeps what `Set-Cookie` says. */
class Browser {
    cookies = new Map();

    constructor(call, prefix = '') {
        this.call = call;
        this.prefix = prefix;
    }

    /** Status, body, and the `Set-Cookie` headers; the cookies are kept. */
    visit(method, path, headers = {}) {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const fields = { ...(cookie && { cookie }), ...headers };
        const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
        const response = this.call(`${this.prefix}${method} ${path}\n${lines.join('')}`);
        const end = response.indexOf('\n\n');
        const [status, ...sent] = response.slice(0, end).split('\n');
        const setCookies = sent.filter((line) => line.startsWith('set-cookie: ')).map((line) => line.slice(12));
        for (const line of setCookies) this.keep(line);
        return { status, body: response.slice(end + 2), setCookies };
    }

    keep(setCookie) {
        const [, name, value] = setCookie.match(/^([^=]+)=([^;]*)/);
        if (setCookie.includes('Max-Age=0')) this.cookies.delete(name);
        else this.cookies.set(name, value);
    }
}

for (const host of hosts(...process.argv.slice(2))) {
    const world = () => new World();
    const started = async (at, ...texts) => {
        const call = await host.start(at);
        assert.equal(call(`start\n${secrets(...texts)}`), 'started');
        return call;
    };

    test(`${host.name}: a first visit gets a cookie, and the next one is known`, async () => {
        const browser = new Browser(await started(world(), secret()));
        const first = browser.visit('GET', '/');
        assert.equal(first.status, '200');
        assert.equal(first.body, 'visits=1');
        assert.equal(first.setCookies.length, 1);
        assert.match(first.setCookies[0], /^__Host-session=[\w-]+; .*Max-Age=1209600/);
        assert.equal(browser.visit('GET', '/').body, 'visits=2');
        const read = browser.visit('GET', '/read');
        assert.equal(read.body, 'visits=2');
        assert.deepEqual(read.setCookies, []);
    });

    test(`${host.name}: log-in keeps the data, and log-out removes the cookie`, async () => {
        const browser = new Browser(await started(world(), secret()));
        browser.visit('GET', '/');
        assert.equal(browser.visit('GET', '/login').body, 'user=alice visits=1');
        assert.match(browser.visit('GET', '/logout').setCookies[0], /Max-Age=0/);
        assert.equal(browser.visit('GET', '/read').body, '');
    });

    test(`${host.name}: another instance with the same secret opens it, one with another does not`, async () => {
        const text = secret();
        const browser = new Browser(await started(world(), text));
        browser.visit('GET', '/');
        browser.call = await started(world(), text);
        assert.equal(browser.visit('GET', '/').body, 'visits=2');
        browser.call = await started(world(), secret());
        assert.match(browser.visit('GET', '/read').body, /^(UnknownKey\(.*\)|Forged)$/);
    });

    test(`${host.name}: a session ends by the clock of the host`, async () => {
        const at = world();
        const browser = new Browser(await started(at, secret()));
        browser.visit('GET', '/');
        at.now += 14 * DAY - 1;
        const cookies = new Map(browser.cookies);
        const refreshed = browser.visit('GET', '/read');
        assert.equal(refreshed.body, 'visits=1');
        assert.equal(refreshed.setCookies.length, 1);
        at.now += 1;
        assert.equal(browser.visit('GET', '/read').body, 'visits=1');
        browser.cookies = cookies;
        assert.equal(browser.visit('GET', '/read').body, 'IdleTimeout');
        at.now -= 15 * DAY;
        assert.equal(browser.visit('GET', '/read').body, 'FromTheFuture');
    });

    test(`${host.name}: with a clock of any kind it goes on, and no session outlives the right one`, async () => {
        const at = world();
        const browser = new Browser(await started(at, secret()));
        const right = at.now;
        // At 1970, in the year 9999, at its end, and at the end of the dates of JavaScript.
        const wrong = [[0, 'AbsoluteTimeout'], [Date.UTC(9999, 0), 'FromTheFuture'], [253_402_300_800_000, 'FromTheFuture'],
            [8.64e15, 'FromTheFuture']];
        // What is no time: only a host with JavaScript can have it.
        if (host.name === 'JavaScript') {
            wrong.push([-1, 'AbsoluteTimeout'], [NaN, 'AbsoluteTimeout'], [Infinity, 'FromTheFuture']);
        }
        for (const [now, rejected] of wrong) {
            browser.cookies.clear();
            at.now = right;
            assert.equal(browser.visit('GET', '/').body, 'visits=1');
            const good = new Map(browser.cookies);
            at.now = now;
            assert.match(browser.visit('GET', '/read').body, /^(FromTheFuture|AbsoluteTimeout)$/);
            browser.cookies.clear();
            assert.equal(browser.visit('GET', '/').body, 'visits=1');
            at.now = right;
            assert.equal(browser.visit('GET', '/read').body, rejected);
            browser.cookies = good;
            assert.equal(browser.visit('GET', '/read').body, 'visits=1');
        }
        assert.deepEqual(at.messages, []);
    });

    test(`${host.name}: a request of megabytes is a visit like any other`, async () => {
        const browser = new Browser(await started(world(), secret()));
        browser.visit('GET', '/');
        const junk = `${'x=y; '.repeat(400_000)}__Host-session=${'A'.repeat(2_000_000)}`;
        const seen = browser.visit('GET', '/read', { cookie: junk });
        assert.equal(seen.body, 'TooLong');
        assert.equal(browser.visit('GET', '/').body, 'visits=2');
    });

    test(`${host.name}: a rotation keeps sessions, until the old secret is dropped`, async () => {
        const [older, newer] = [secret(), secret()];
        const call = await started(world(), older);
        const [active, idle] = [new Browser(call), new Browser(call)];
        active.visit('GET', '/');
        idle.visit('GET', '/');
        assert.equal(call(`rotate\n${secrets(newer, older)}`), 'rotated');
        const read = active.visit('GET', '/read');
        assert.equal(read.body, 'visits=1');
        assert.equal(read.setCookies.length, 1, 'sealed again under the new secret');
        assert.equal(call(`rotate\n${secrets(newer)}`), 'rotated');
        assert.equal(active.visit('GET', '/read').body, 'visits=1');
        assert.match(idle.visit('GET', '/read').body, /^(UnknownKey\(.*\)|Forged)$/);
    });

    test(`${host.name}: without randomness nothing is sealed, and the cookie of before stays valid`, async () => {
        const at = world();
        const browser = new Browser(await started(at, secret()));
        browser.visit('GET', '/');
        at.fails = true;
        for (const path of ['/', '/login']) {
            const failed = browser.visit('GET', path);
            assert.equal(failed.status, '500');
            assert.match(failed.body, /^Rng\(.*: the operating system returned no random bytes$/);
            assert.deepEqual(failed.setCookies, []);
        }
        assert.equal(browser.visit('GET', '/read').body, 'visits=1');
        at.fails = false;
        assert.equal(browser.visit('GET', '/').body, 'visits=2');
    });

    test(`${host.name}: a boot key needs randomness at start, and says so`, async () => {
        const at = world();
        at.fails = true;
        const call = await host.start(at);
        assert.throws(() => call('ephemeral'), WebAssembly.RuntimeError);
        at.fails = false;
        assert.equal((await host.start(at))('ephemeral'), 'started');
        if (!host.hasClock) assert.match(at.messages[0], /the operating system returned no random bytes/);
    });

    test(`${host.name}: where there is no clock, build() says what to do`, async () => {
        const [at, line] = [world(), secrets(secret())];
        const call = await host.start(at);
        if (host.hasClock) {
            assert.equal(call(`start-without-clock\n${line}`), 'started');
            assert.equal(call(`new\n${line}`), 'started');
            return;
        }
        const refused = /clock is that of the system, which this target does not have; expected a clock of the host, set with Builder::clock/;
        assert.match(call(`start-without-clock\n${line}`), refused);
        assert.deepEqual(at.messages, []);
        assert.throws(() => call(`new\n${line}`), WebAssembly.RuntimeError);
        assert.equal(at.messages.length, 1);
        assert.match(at.messages[0], refused);
    });

    test(`${host.name}: there are no variables and no files, which is no panic`, async () => {
        const [variable, file] = (await host.start(world()))('environment').split('\n');
        assert.equal(variable, 'Ok(false)');
        assert.match(file, /^Err\(/);
    });

    test(`${host.name}: with axum and all layers`, async () => {
        const at = world();
        const browser = new Browser(await started(at, secret()), 'layers ');
        const home = browser.visit('GET', '/');
        const token = home.body.match(/^csrf=([\w-]+)$/m)[1];
        assert.equal(browser.visit('POST', '/login').status, '403');
        assert.equal(browser.visit('POST', '/login', { 'x-csrf-token': token }).body, 'logged in');
        const stolen = new Map(browser.cookies);
        const inside = browser.visit('GET', '/').body;
        assert.match(inside, /^user=alice\nmessages=Welcome!\ncsrf=/);
        assert.match(browser.visit('GET', '/').body, /^user=alice\nmessages=\n/);
        const fresh = inside.match(/^csrf=([\w-]+)$/m)[1];
        assert.equal(browser.visit('POST', '/logout', { 'x-csrf-token': fresh }).body, 'logged out');
        // A copy of the cookie has ended too.
        browser.cookies = stolen;
        assert.match(browser.visit('GET', '/').body, /^user=\n/);
    });

    test(`${host.name}: every vector is judged as it says`, async () => {
        const at = world();
        const count = { opened: 0, sealed: 0 };
        let call = await host.start(at);
        const failed = [];
        for (const folder of ['.', 'adopted', 'csrf', 'flash', 'sealer']) {
            const files = readdirSync(new URL(`${folder}/`, VECTORS)).filter((name) => name.endsWith('.txt'));
            for (const file of files) {
                const text = readFileSync(new URL(`${folder}/${file}`, VECTORS), 'utf8');
                at.given = given(text);
                try {
                    count[call(`vector ${folder}\n${text}`)] += 1;
                } catch (error) {
                    failed.push(`${folder}/${file}: ${at.messages.pop() ?? error}`);
                    call = await host.start(at);
                }
            }
        }
        const replayed = count.opened + count.sealed;
        console.log(`${host.name}: ${replayed} vectors, ${count.sealed} of them sealed to the same bytes`);
        assert.deepEqual(failed, []);
        assert.equal(replayed, Number(README.match(/(\d+) test vectors/)[1]));
        assert.ok(count.sealed >= SEALED, `${count.sealed}`);
    });
}


/** What a vector says of randomness, by the number of bytes: ids and the bytes of CSRF tokens, and nonces. */
function given(text) {
    const word = (name) => text.match(new RegExp(`^${name}: ([0-9a-f]+)$`, 'm'))?.[1];
    const bytes = (digits) => digits && Buffer.from(digits, 'hex');
    const [id, nonce] = [bytes(word('id') ?? word('session')), bytes(word('nonce'))];
    return { 16: bytes(word('random')) ?? id, 24: nonce, 40: id && nonce && Buffer.concat([id, nonce]) };
}
