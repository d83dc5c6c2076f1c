// Three hosts of the site. Each starts a module in a world, which has the time, randomness and a place for messages, and
// returns a function from the text of a request to that of the response.
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { WASI } from 'node:wasi';

/** What the hosts give to a module. */
export class World {
    now = 1_800_000_000_000;
    /** Bytes that are given in place of random ones, by their number. */
    given = {};
    fails = false;
    messages = [];

    /** Whether there are random bytes; then the buffer is filled. */
    fill(buffer) {
        if (this.fails) return false;
        const given = this.given[buffer.length];
        if (given) buffer.set(given);
        else randomFillSync(buffer);
        return true;
    }
}

/** Imports of our own: the module of `host`, built for `wasm32-unknown-unknown` with a custom backend of getrandom. */
function plain(folder) {
    const module = compile(`${folder}/wasm32-unknown-unknown/debug/wasm_host.wasm`);
    return (world) => {
        let memory;
        const bytes = (at, length) => new Uint8Array(memory.buffer, at, length);
        const host = {
            random: (at, length) => (world.fill(bytes(at, length)) ? 0 : 1),
            milliseconds: () => BigInt(world.now),
            log: (at, length) => world.messages.push(new TextDecoder().decode(bytes(at, length))),
        };
        const { exports } = new WebAssembly.Instance(module, { host });
        memory = exports.memory;
        return caller(exports);
    };
}

/** The same crate, built for `wasm32-wasip1`; clock and randomness are those of the world. */
function wasi(folder) {
    const module = compile(`${folder}/wasm32-wasip1/debug/wasm_host.wasm`);
    return (world) => {
        const wasi = new WASI({ version: 'preview1' });
        let memory;
        const EIO = 29;
        const imports = {
            ...wasi.wasiImport,
            clock_time_get: (_clock, _precision, at) => {
                new DataView(memory.buffer).setBigUint64(at, BigInt(world.now) * 1_000_000n, true);
                return 0;
            },
            random_get: (at, length) => (world.fill(new Uint8Array(memory.buffer, at, length)) ? 0 : EIO),
        };
        const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
        memory = instance.exports.memory;
        wasi.initialize(instance);
        return caller(instance.exports);
    };
}

/** JavaScript: the module of `javascript`, with getrandom's `wasm_js`, in what wasm-bindgen writes around it. */
function javascript(folder) {
    const bytes = readFileSync(`${folder}/javascript/wasm_javascript_bg.wasm`);
    const glue = pathToFileURL(`${folder}/javascript/wasm_javascript.mjs`);
    let started = 0;
    return async (world) => {
        // A module of its own, whose variables are those of a new instance.
        started += 1;
        const { initSync, respond } = await import(`${glue}?${started}`);
        initSync({ module: bytes });
        return (request) => inWorld(world, () => respond(request));
    };
}

/** With the clock, the randomness and the console of a world. */
function inWorld(world, run) {
    const { now } = Date;
    const { error } = console;
    const crypto = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
    const getRandomValues = (buffer) => {
        if (!world.fill(buffer)) throw new Error('no random bytes');
        return buffer;
    };
    Date.now = () => world.now;
    console.error = (text) => world.messages.push(text);
    Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues }, configurable: true });
    try {
        return run();
    } finally {
        Date.now = now;
        console.error = error;
        if (crypto) Object.defineProperty(globalThis, 'crypto', crypto);
        else delete globalThis.crypto;
    }
}

function compile(path) {
    return new WebAssembly.Module(readFileSync(path));
}

/** Texts through the buffer of the crate `host`. */
function caller({ memory, buffer, respond }) {
    return (request) => {
        const text = new TextEncoder().encode(request);
        const at = buffer(text.length);
        new Uint8Array(memory.buffer, at, text.length).set(text);
        const length = respond();
        const response = buffer(length);
        return new TextDecoder().decode(new Uint8Array(memory.buffer, response, length));
    };
}

/** The hosts of these names, with the modules of a folder; `hasClock`: whether the standard library has one there. */
export function hosts(folder, ...names) {
    const known = {
        custom: () => ({ name: 'imports of our own', hasClock: false, start: plain(folder) }),
        javascript: () => ({ name: 'JavaScript', hasClock: false, start: javascript(folder) }),
        wasi: () => ({ name: 'WASI', hasClock: true, start: wasi(folder) }),
    };
    return names.map((name) => known[name]());
}
