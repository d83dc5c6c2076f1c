#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets into `seeds`: every file of `tests/vectors`, and a few lives and
settings.

    python3 fuzz/seeds.py            writes every file
    python3 fuzz/seeds.py --check    exits 1 if a file differs or is missing

A vector becomes a seed of the same name: for `cookie_header` the fields that are sent, for `token` the value of our
cookie, for `body` what the token opens to, here with the wire format once more, in the standard library alone. Other
files of `seeds` are left alone. Nothing here is random.
"""
import base64
import hashlib
import hmac
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).parent
VECTORS = HERE.parent / "tests" / "vectors"
SEEDS = HERE / "seeds"
CONFIGURED_BY = ("current", "previous", "upcoming", "name", "transport", "path", "domain", "partitioned", "context",
                 "schema", "encoding", "shape", "type", "idle", "absolute")

# --- XChaCha20-Poly1305 ------------------------------------------------------------------------------------------
def words(data): return list(struct.unpack(f"<{len(data) // 4}I", data))
def rotated(x, n): return (x << n | x >> 32 - n) & 0xffffffff
CONSTANTS = words(b"expand 32-byte k")

def rounds(state):
    s = list(state)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            for n, m in ((16, 12), (8, 7)):
                s[a] = s[a] + s[b] & 0xffffffff
                s[d] = rotated(s[d] ^ s[a], n)
                s[c] = s[c] + s[d] & 0xffffffff
                s[b] = rotated(s[b] ^ s[c], m)
    return s

def keystream(key, nonce, size):
    mixed = rounds(CONSTANTS + words(key) + words(nonce[:16]))  # HChaCha20
    key, stream = mixed[:4] + mixed[12:], b""
    for counter in range(-(-size // 64)):
        state = CONSTANTS + key + [counter, 0] + words(nonce[16:])
        stream += struct.pack("<16I", *(x + y & 0xffffffff for x, y in zip(rounds(state), state)))
    return stream[:size]

def poly1305(key, message):
    r, s = (int.from_bytes(half, "little") for half in (key[:16], key[16:]))
    r &= 0x0ffffffc0ffffffc0ffffffc0fffffff
    tag = 0
    for at in range(0, len(message), 16):
        tag = (tag + int.from_bytes(message[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (tag + s).to_bytes(17, "little")[:16]

def opened(key, nonce, aad, sealed):
    """The body, or nothing if the tag is wrong."""
    text, tag = sealed[:-16], sealed[-16:]
    stream = keystream(key, nonce, 64 + len(text))
    filled = lambda x: x + bytes(-len(x) % 16)
    message = filled(aad) + filled(text) + struct.pack("<QQ", len(aad), len(text))
    if poly1305(stream[:32], message) == tag:
        return bytes(x ^ y for x, y in zip(text, stream[64:]))

# --- Wire format -------------------------------------------------------------------------------------------------
def length_prefixed(x): return len(x.encode()).to_bytes(2, "big") + x.encode()
def hmac_sha256(key, message): return hmac.new(key, message, hashlib.sha256).digest()

class Vector:
    def __init__(self, path):
        lines = [line.split(": ", 1) for line in path.read_text().splitlines() if not line.startswith("#")]
        self.name, self.folder, self.lines = path.stem, path.parent.name, lines
        self.setting = [line for line in lines if line[0] in CONFIGURED_BY]

    def all(self, *words): return [value for word, value in self.lines if word in words]
    def get(self, word): return (self.all(word) + [""])[0]

    def full_name(self, name=None):
        host = self.get("path") == "/" and not self.get("domain")
        return ("" if self.get("transport") == "http" else "__Host-" if host else "__Secure-") + (name or self.get("name"))

    def fields(self):
        ours = [("token", self.full_name()), ("flash", self.full_name() + "-flash"),
                ("sealed", self.full_name(self.get("flow")))]
        return [f"{name}={value}" for word, name in ours for value in self.all(word)] + self.all("cookie")

    def values(self):
        pairs = [pair.strip(" \t") for field in self.fields() for pair in field.split(";")]
        return [pair.split("=", 1)[1] for pair in pairs if pair.startswith(self.full_name() + "=")]

    def bound_schema(self):
        schema, shape = self.get("schema"), self.get("shape")
        return {"": schema, "named": f"named/{schema}", "compact": f"postcard/{schema}/{shape}"}[self.get("encoding")]

    def derived(self, secret, what, size):
        scope = (length_prefixed("session") + length_prefixed(self.full_name()) + bytes([self.get("transport") == "https"]) + length_prefixed(self.get("path"))
                 + length_prefixed(self.get("domain")) + bytes([self.get("partitioned") == "yes"]) + length_prefixed(self.get("context"))
                 + length_prefixed(self.bound_schema()))
        prk = hmac_sha256(b"sealed-session v1", bytes.fromhex(secret))
        return hmac_sha256(prk, length_prefixed(what) + scope + b"\1")[:size]

    def body(self):
        """What the first token opens to that does."""
        for value in self.values():
            if not re.fullmatch(r"[\w-]{58,}", value, re.ASCII) or len(value) % 4 == 1:
                continue
            frame = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
            for secret in self.all("current", "previous", "upcoming"):
                body = opened(self.derived(secret, "key", 32), frame[3:27], frame[:3], frame[27:])
                if body is not None:
                    return body

RECORD = b"$argon2id$v=19$hash"  # and their record
ALICE = hashlib.shake_256(b"id").digest(16)  # the session of the vectors

# --- Seeds -------------------------------------------------------------------------------------------------------
def seeds_of(vector, sites):
    """What `Scene` in `scene.rs` reads, and then what the target does."""
    other = vector.get("arrives") not in ("", vector.get("transport"))
    if vector.folder == "csrf":
        yield "csrf", request_of(vector)
        return
    if vector.folder == "sealer":
        yield from sealed_of(vector, sites, other)
        return
    scene = [sites.index(vector.setting), other, int(vector.get("now"))]
    if vector.folder == "flash":
        scene[1] |= 8  # the fields as they are
        yield "flash", struct.pack("<BBq", *scene) + "\n".join(vector.fields()).encode()
        return
    scene = struct.pack("<BBq", *scene)
    yield "cookie_header", scene + "\n".join(vector.fields()).encode()
    if vector.values():
        yield "token", scene + b"\0" + vector.values()[0].encode()
    if (body := vector.body()) is not None:
        yield "body", scene + b"\0" + body

def sealed_of(vector, sites, other):
    """What `run` in `sealer.rs` reads, of vectors with its purpose, lifetime, bindings and cookie."""
    bindings = {("", ""): 0, (ALICE.hex(), ""): 2, ("", RECORD.hex()): 3}
    binding = bindings.get((vector.get("session"), vector.get("record")))
    ours = (vector.get("purpose"), vector.get("lifetime"), binding is None) == ("link", "3600", False)
    if ours and vector.setting in sites:
        flow = vector.get("flow")
        scene = [sites.index(vector.setting), other | 8 | 4 * bool(flow), int(vector.get("now")), binding]
        text = "\n".join(vector.fields() if flow else vector.all("sealed"))
        yield "sealer", struct.pack("<BBqB", *scene) + text.encode()

def request_of(vector):
    """What `run` in `csrf.rs` reads: the session, the scope, and the text."""
    text = vector.get("csrf").encode() or bytes.fromhex(vector.get("csrf-bytes").replace("-", ""))
    method, target = vector.get("method").replace("-", "").encode(), vector.get("target").encode()
    scope = [len(method), *method, len(target), *target, 2 * bool(vector.all("method"))]
    return bytes([*ALICE, 0 if vector.all("token") else 3, 0, 0, *scope, 2, len(text) % 65, *text])

# Our name and each token of `samples.rs`, all in one header.
SAMPLES = b"; ".join(bytes([1, token]) for token in (*range(2, 9), *range(11, 32), 0x7f))
# Choices of a byte each, as `Simulation` in `session.rs` reads them, and `read` in `settings.rs`.
LIVES = {
    "nothing": [],
    "a-visit": [0] * 40,
    "log-in-and-out": [0] * 13 + [0, 0, 3, 0, 0, 0, 0, 0, 2, 0, 1, 1, 10, 0, 0, 0, 0, 0] + [0] * 6 + [11] * 8,
    "a-rotation": [0] * 13 + [15, 1, 4, 0, 0, 1, 0, 0, 2, 0, 1, 1, 12, 0, 0, 0, 0, 0, 5] * 6,
    "from-elsewhere": [0, 0, 0, 2, 0, 0, 2] + [0] * 6 + [n for kind in range(16) for n in (0, 0, 0, 0, 0, 0, 0, 0, 0, kind, 0, 2, 15, 12, 0, 0)],
    "everything": list(range(256)) * 2,
    "everything-backwards": list(range(255, -1, -1)) * 2,
}
SETTINGS = {
    "defaults": [],
    "defaults-with-data": [0] * 22 + [2, 2, 4, *b"user", 5, *b"alice", 0],
    "path-and-domain": [0, 0, 0, 3, 4, *b"name", 3, 3, *b"app", 3, 1] + [0] * 20,
    "everything": list(range(256)),
    "everything-backwards": list(range(255, -1, -1)),
}

# `Scene`, the binding, and then texts or cookies and values, as `run` in `sealer.rs` reads them.
VALUES = {
    "a-value": list(struct.pack("<BBqB", 0, 0, 1_700_000_000, 0)) + [0] * 8,
    "a-value-in-a-session": list(struct.pack("<BBqB", 0, 0, 1_700_000_000, 2)) + [0] * 8,
    "a-value-with-a-record": list(struct.pack("<BBqB", 0, 0, 1_700_000_000, 3)) + [0] * 8,
    "a-flow": list(struct.pack("<BBqB", 0, 4, 1_700_000_000, 0)) + [2] + [0] * 40,
    "flows-of-every-kind": list(struct.pack("<BBqB", 0, 4, 1_700_000_000, 0)) + [10] + list(range(256)),
    "everything": list(range(256)),
    "everything-backwards": list(range(255, -1, -1)),
}

# `session`, the scope, texts, and the request, as `run` in `csrf.rs` reads them.
REQUESTS = {
    "nothing": [],
    "a-form": [7] * 16 + [0, 0, 1, 0, 0, 0] + [0] + [9] * 16 + [0],
    "a-form-of-its-own": [7] * 16 + [0, 0, 1, 0, 0, 0] + [1] + [9] * 16 + [0],
    "a-form-edited": [7] * 16 + [0, 0, 1, 0, 0, 0] + [0] + [9] * 16 + [2, 4, 9, 0, 66, 0, 33],
    "own-scope": [7] * 16 + [0, 0, 1, 3, *b"PUT", 2, *b"/a", 2] + [1] + [9] * 16 + [0],
    "renewed-and-new": [7] * 16 + [2, 0, 1, 0, 0, 0] + [0] + [9] * 16 + [0] + [1] + [8] * 16 + [0],
    "a-visitor": [7] * 16 + [3, 1, 2, 0, 0, 0] + [2, 5, *b"token"],
    "two-tokens": [7] * 16 + [0, 0, 0, 0, 0, 0] + ([0] + [9] * 16 + [0]) * 4 + [1, 1, 2],
    "a-first-visit": [7] * 16 + [3, 0, 1, 0, 0, 0] + ([0] + [9] * 16 + [0]) * 4 + [1, 0, 0],
    "a-sibling-host": [7] * 16 + [0, 0, 1, 0, 0, 0] + ([0] + [9] * 16 + [0]) * 4 + [1, 3, 1],
    "a-trusted-origin": [7] * 16 + [0, 0, 1, 0, 0, 0] + ([0] + [9] * 16 + [0]) * 4 + [1, 1, 1, 1, 0, 1],
    "a-trusted-origin-twice": [7] * 16 + [0, 0, 1, 0, 0, 0] + ([0] + [9] * 16 + [0]) * 4 + [1, 1, 1, 2, 0, 0, 1],
    "everything": list(range(256)),
    "everything-backwards": list(range(255, -1, -1)),
}

# `Scene`, and then cookies, the response, steps and what the browser sends next, as `run` in `flash.rs` reads them.
SCENE, LAYER = ([*struct.pack("<BBq", 0, flags, 1_700_000_000)] for flags in (0, 4))
SAVED = [0, 1, 6, *b"Saved."]  # a step: pushes it
COOKIE = [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, *b"Hello", 0, 0, 0, 5, 0, 0, 0, 0]  # a text, sealed just now
CARRIED = [*COOKIE[:8], 16, 5, *b"Hello", 200, *COOKIE[15:]]  # the same, pushed 200 seconds before
VISITS = {
    "nothing": SCENE,
    "a-push": SCENE + [0, 0, 2] + [0, 0, 0] + [0] + [1, *SAVED] + [0] * 8,
    "a-read": SCENE + [1, *COOKIE, 0, 0] + [0, 0, 0] + [0] + [1, 5] + [0] * 8,
    "a-push-behind-what-arrived": SCENE + [1, *COOKIE, 0, 0] + [0, 0, 0] + [1] + ([1, *SAVED] + [0] * 8) * 2,
    "a-push-behind-an-age": SCENE + [1, *CARRIED, 0, 0] + [0, 0, 0] + [1] + ([1, *SAVED] + [0] * 8) * 2,
    "a-push-when-an-age-has-ended": SCENE + [1, *CARRIED, 0, 0] + [0, 0, 0] + [0, 1, *SAVED, 0, 100] + [0] * 8,
    "a-push-through-the-layer": LAYER + [0, 0] + [0, 0, 0] + [0] + [2, *SAVED, 7],
    "a-read-through-the-layer": LAYER + [1, *COOKIE, 0, 0] + [0, 0, 0] + [0] + [1, 5] + [0],
    "a-read-by-head": LAYER + [1, *COOKIE, 0, 0] + [0, 0, 0] + [0] + [1, 5] + [1],
    "a-read-and-a-push-by-head": LAYER + [1, *COOKIE, 0, 0] + [0, 0, 0] + [0] + [2, 5, *SAVED] + [1],
    "a-read-and-a-push-with-304": LAYER + [1, *COOKIE, 0, 0] + [0, 0, 0] + [5] + [2, 5, *SAVED] + [0],
    "everything": SCENE + list(range(256)),
    "everything-backwards": SCENE + list(range(255, -1, -1)),
    "everything-through-the-layer": LAYER + list(range(256)),
    "everything-backwards-through-the-layer": LAYER + list(range(255, -1, -1)),
}

# A setup, a list of five, a clock, and then events, as `RevocationWorld` and `turn` in `revocation.rs` read them.
SETUP, BY_ITS_CLOCK = [0, 5, 0, 0, 0], [0, 5, 0, 3]
ALICES = [0, 0, 0, 0, 1, 0, 0, 0, 0, 9, 0]  # a turn: seals a token of alice
LOG_OUTS = {
    "nothing": [],
    "a-visit": SETUP + ALICES + [5] + [0] * 40,
    "a-log-out": SETUP + ALICES + ([5, 0, 0, 0, 0] + [0] * 24) * 3,
    "log-outs": SETUP + (ALICES + [5] + [0] * 20) * 5,
    "everywhere": SETUP + ALICES + [3, 0, 0, 0, 5] + [0] * 24,
    "my-other-devices-and-then-everywhere": SETUP + ALICES + [5] + [0] * 11 + [3, 0, 5, 9, 0] + [0] * 5 + [3, 0, 0, 0]
    + [5] + [0] * 24,
    "a-store-that-fails": SETUP + ALICES + [5, 0, 0, 0, 0, 6, 2] + [0] * 24 + [5, 0, 0, 0, 0, 6, 3] + [0] * 24,
    "through-the-layer": BY_ITS_CLOCK + ALICES + [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1] * 4,
    "through-the-layer-that-fails": BY_ITS_CLOCK + ALICES + [4, 0, 0, 0, 0, 0, 0, 0, 6, 3, 0, 2, 0, 1] * 4,
    "everything": list(range(256)),
    "everything-backwards": list(range(255, -1, -1)),
}

def seeds():
    listed = re.findall(r'^        "([\w-]+)"$', (HERE / "src" / "site.rs").read_text(), re.MULTILINE)
    sites = [Vector(VECTORS / f"{name}.txt").setting for name in listed]
    for path in sorted(VECTORS.rglob("*.txt")):
        if path.parent.name == "adopted":
            continue  # no token, and no target reads it
        vector = Vector(path)
        for target, seed in seeds_of(vector, sites):
            yield SEEDS / target / vector.name, seed
    for site in range(len(sites) + 2):
        yield SEEDS / "cookie_header" / f"cast{site}", struct.pack("<BBq", site, 0, 1_700_000_000) + SAMPLES
    for kind in range(1, 16):
        yield SEEDS / "cookie_header" / f"initiator{kind}", struct.pack("<BBq", 0, kind << 4, 1_700_000_000)
    targets = {"session": LIVES, "config": SETTINGS, "csrf": REQUESTS, "flash": VISITS, "revocation": LOG_OUTS, "sealer": VALUES}
    for target, inputs in targets.items():
        for name, choices in inputs.items():
            yield SEEDS / target / name, bytes(choices)

# --- Run ---------------------------------------------------------------------------------------------------------
if sys.argv[1:] == ["--check"]:
    wrong = [path for path, seed in seeds() if not path.is_file() or path.read_bytes() != seed]
    for path in wrong:
        print("not what it is to be:", path.relative_to(HERE))
    sys.exit(bool(wrong))
for path, seed in seeds():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(seed)
