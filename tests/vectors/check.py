#!/usr/bin/env python3
"""Wire format version 1 and the rules of decode, a second time: judges every vector as the crate has to; those of
flash messages in `flash`, those of sealed values in `sealer`, those of tokens for forms in `csrf`, and those of ids of adopted
sessions in `adopted`.

    pip install pynacl msgpack
    python3 tests/vectors/check.py                           exits 1 if a file beside it is judged otherwise than it says
    python3 tests/vectors/check.py --produce 1000 FOLDER     writes so many new ones, sealed here: the crate opens them
                                                             with VECTORS=FOLDER cargo test --lib vectors

It shares no code with the crate: XChaCha20-Poly1305 is libsodium's, HKDF is written from RFC 5869, the varints are
LEB128 as in postcard, and payloads with names are in `named.py`. `make.py` writes the files with what is here, but
states what each has to come to by hand.
"""
import base64
import binascii
import hashlib
import hmac
import pathlib
import random
import string
import sys
import urllib.parse
from dataclasses import dataclass, field, replace

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as xchacha20poly1305_open
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as xchacha20poly1305
from nacl.exceptions import CryptoError

import named

HERE = pathlib.Path(__file__).parent
NOW, DAY, U64_MAX = 1_700_000_000, 86_400, 2**64 - 1

# --- Primitives --------------------------------------------------------------------------------------------------
def raw(x): return x.encode() if isinstance(x, str) else x
def lp(x): return len(raw(x)).to_bytes(2, "big") + raw(x)
def unhex(x): return bytes.fromhex(x.replace("-", ""))
def base64url(x): return base64.urlsafe_b64encode(x).rstrip(b"=").decode()
def hmac_sha256(key, message): return hmac.new(key, message, hashlib.sha256).digest()

def derived(what, size):
    """Bytes that look random and never change: the ids, nonces and secrets of the cases."""
    return hashlib.shake_256(raw(what)).digest(size)

def prk(secret):
    return hmac_sha256(b"sealed-session v1", secret)  # HKDF-Extract: the salt is the HMAC's key

def expand(prk, info, size):
    okm, block = b"", b""
    for i in range(1, -(-size // 32) + 1):
        block = hmac_sha256(prk, block + info + bytes([i]))
        okm += block
    return okm[:size]

def varint(n):
    """LEB128. Bytes go in as they are, for varints that no writer makes."""
    if isinstance(n, bytes):
        return n
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def text(x):
    return varint(len(raw(x))) + raw(x)

def postcard_map(*pairs, count=None):
    return varint(len(pairs) if count is None else count) + b"".join(text(k) + text(v) for k, v in pairs)

def by_key(data):
    return sorted((raw(k), raw(v)) for k, v in data.items())

# --- Wire format: written ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Config:
    """The configuration that decodes, and the moment at which it does."""
    current: bytes = derived("current", 32)
    previous: tuple = ()
    upcoming: tuple = ()
    name: str = "session"
    transport: str = "https"
    path: str = "/"
    domain: str = ""
    partitioned: bool = False
    context: str = ""
    schema: str = "dict"
    idle: int = 14 * DAY
    absolute: int = 30 * DAY
    now: int = NOW
    encoding: str = ""  # of a typed payload: named, or compact with a shape, which is given
    shape: str = ""
    type: str = ""

def shape(*asked):
    """Of what a type asks for: each kind, and the names of a struct's fields."""
    parts = [lp(kind) + len(names).to_bytes(2, "big") + b"".join(map(lp, names)) for kind, *names in asked]
    return hashlib.sha256(b"".join(parts)).digest()[:4].hex()

# Types, as a configuration has them. Those of sequences have one shape: an empty sequence asks for nothing more.
NAMED_ACCOUNT = dict(schema="account-1", encoding="named", type="account")
NAMED_KINDS = dict(schema="kinds-1", encoding="named", type="kinds")
NAMED_TREE = dict(schema="tree-1", encoding="named", type="tree")
COMPACT_ACCOUNT = NAMED_ACCOUNT | dict(
    encoding="compact", shape=shape(("struct", "user", "visits", "admin"), ("str",), ("u32",), ("bool",)))
COMPACT_TREE = NAMED_TREE | dict(encoding="compact", shape=shape(("seq",)))
COMPACT_UNITS = COMPACT_TREE | dict(schema="units-1", type="units")

@dataclass(frozen=True)
class Session:
    """What goes into a body. `payload` and `tail` replace what `data` and `pad` would give, `block` what `confirmed`
    would, and `size` the length of that; `value` is what a payload with names is read as."""
    id: bytes = derived("id", 16)
    created: int = NOW - 60
    age: int = 0
    own: int = 0
    pad: int = 0
    data: dict = field(default_factory=lambda: {"user": "alice"})
    payload: bytes = None
    tail: bytes = None
    value: object = None
    confirmed: int = None
    block: bytes = None
    size: int = None

def full_name(c):
    host = c.path == "/" and not c.domain
    return ("" if c.transport == "http" else "__Host-" if host else "__Secure-") + c.name

def bound_schema(c):
    """What the scope says of the payload."""
    return {"": c.schema, "named": f"named/{c.schema}", "compact": f"postcard/{c.schema}/{c.shape}"}[c.encoding]

def scope(config, **changed):
    s = dict(vars(config), purpose="session", name=full_name(config), schema=bound_schema(config)) | changed
    return (lp(s["purpose"]) + lp(s["name"]) + bytes([s["transport"] == "https"]) + lp(s["path"]) + lp(s["domain"])
            + bytes([s["partitioned"]]) + lp(s["context"]) + lp(s["schema"]))

def key(secret, scope): return expand(prk(secret), lp("key") + scope, 32)
def key_id(secret, scope): return expand(prk(secret), lp("key id") + scope, 2)
def label(id): return base64url(hmac_sha256(id, b"sealed-session v1 label")[:9])
def adopted_id(name, value):
    """The id of a session that is adopted from another library's cookie."""
    value = value.strip(b" \t")
    if len(value) > 1 and value[:1] == value[-1:] == b'"':
        value = value[1:-1]
    return hmac_sha256(b"sealed-session v1 adopted", lp(name) + lp(urllib.parse.unquote_to_bytes(value)))[:16]

def payload(s): return postcard_map(*by_key(s.data)) if s.payload is None else s.payload
def nonce_of(body): return derived(b"nonce" + body, 24)

def extension(tag, content): return bytes([tag, len(content)]) + content
def confirmed(seconds): return extension(1, varint(seconds))

def block(s):
    """The extensions, if there are any."""
    if s.block is None and s.confirmed is not None:
        return confirmed(min(s.created + s.age, U64_MAX) - s.confirmed)
    return s.block

def body(s):
    tail, more = bytes(s.pad) if s.tail is None else s.tail, block(s)
    own = s.own if isinstance(s.own, bytes) else 2 * s.own + (more is not None)
    extensions = b"" if more is None else varint(len(more) if s.size is None else s.size) + more
    return s.id + varint(s.created) + varint(s.age) + varint(own) + extensions + varint(s.pad) + payload(s) + tail

def seal(body, secret=Config.current, scope=scope(Config()), nonce=None, head=None, aad=None):
    head = head or b"\x01" + key_id(secret, scope)
    nonce = nonce or nonce_of(body)
    return head + nonce + xchacha20poly1305(body, head if aad is None else aad, nonce, key(secret, scope))

def token(s, config=Config(), secret=None, nonce=None):
    return base64url(seal(body(s), secret or config.current, scope(config), nonce))

# Messages are a body without an id, and a payload of levels and texts; their cookie has a name and keys of its own.
def flash_name(c): return full_name(c) + "-flash"
def flash_scope(c): return scope(c, purpose="flash", name=flash_name(c), schema="flash")

def flash(*messages, created=NOW - 60, count=None, **changed):
    """Messages of a level and words, and of an age where they were pushed before `created`."""
    payload = varint(len(messages) if count is None else count)
    for level, words, *age in messages:
        payload += bytes([level | 128 * len(age)]) + b"".join(map(varint, age)) + text(words)
    return replace(Session(id=bytes(16), created=created, payload=payload), **changed)

def flash_token(s, config=Config(), secret=None, nonce=None):
    return base64url(seal(body(s), secret or config.current, flash_scope(config), nonce))

# A sealed value is such a body too. It has a purpose; it is text, or in a cookie of its own, and may be bound.
@dataclass(frozen=True)
class Sealer:
    purpose: str = "link"
    lifetime: int = 3600
    flow: str = ""  # the name of the cookie, if it is in one
    session: bytes = None
    record: bytes = None

    def binding(self):
        if self.session is not None:
            return b"\x01" + self.session
        return b"" if self.record is None else b"\x02" + hashlib.sha256(self.record).digest()

    def cookie(self, c): return full_name(replace(c, name=self.flow)) if self.flow else ""
    def scope(self, c): return scope(c, purpose=f"sealer/{self.purpose}", name=self.cookie(c), schema="named/value")

    def sealed(self, s, config=Config(), secret=None, nonce=None):
        secret, bound = secret or config.current, self.scope(config)
        aad = b"\x01" + key_id(secret, bound) + self.binding()
        return base64url(seal(body(s), secret, bound, nonce, aad=aad))

def csrf_token(id, random, method="", target=""):
    mac = hmac_sha256(hmac_sha256(id, b"sealed-session v1 csrf"), lp(method) + lp(target) + random)
    return base64url(b"\x01" + random + mac[:16])

# --- Wire format: read -------------------------------------------------------------------------------------------
class Refused(Exception):
    """Why a token does not stand, in the words of a file."""

STAGES = ["too-long", "malformed", "unknown-version", "unknown-key", "forged", "corrupt", "unknown-extension",
          "from-the-future", "absolute-timeout", "idle-timeout", "too-many", "ambiguous", "other-transport"]

def unbase64url(value):
    """The bytes of a text, which has to be the one that they render to."""
    try:
        found = base64.b64decode(value + b"=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused("malformed")
    if base64url(found).encode() != value:
        raise Refused("malformed")
    return found

class Reader:
    """Takes a body apart; whatever is missing or not in its one form is corrupt."""
    def __init__(self, data): self.left = data

    def take(self, size):
        if size > len(self.left):
            raise Refused("corrupt")
        taken, self.left = self.left[:size], self.left[size:]
        return taken

    def varint(self, bits=64, shortest=True):
        number, groups = 0, b""
        while not groups or groups[-1] & 128:
            if len(groups) == -(-bits // 7):
                raise Refused("corrupt")
            groups += self.take(1)
            number |= (groups[-1] & 127) << 7 * (len(groups) - 1)
        if number >= 1 << bits or shortest and varint(number) != groups:
            raise Refused("corrupt")
        return number

    def text(self, shortest=True):
        try:
            return self.take(self.varint(shortest=shortest)).decode("utf-8", "strict")
        except UnicodeDecodeError:
            raise Refused("corrupt")

    def end(self):
        if self.left:
            raise Refused("corrupt")

def entries_of(payload):
    """The entries of a dictionary: keys ascend by byte, varints are the shortest."""
    reader = Reader(payload)
    entries = [(raw(reader.text()), raw(reader.text())) for _ in iter_count(reader)]
    reader.end()
    if any(first[0] >= second[0] for first, second in zip(entries, entries[1:])):
        raise Refused("corrupt")
    return entries

def iter_count(reader, shortest=True):
    """So many turns as the count says; each takes bytes, so that a lie ends with them."""
    count = reader.varint(shortest=shortest)
    while count:
        yield
        count -= 1

def read_account(payload):
    """A string, a u32 and a bool: read as postcard does, which takes longer varints too."""
    reader = Reader(payload)
    reader.text(shortest=False)
    reader.varint(32, shortest=False)
    if reader.take(1) not in (b"\0", b"\1"):
        raise Refused("corrupt")
    reader.end()

def read_tree(payload):
    """A sequence of itself, of as many levels as there may be."""
    reader = Reader(payload)
    def sequence(level):
        if level > named.LEVELS:
            raise Refused("corrupt")
        for _ in iter_count(reader, shortest=False):
            sequence(level + 1)
    sequence(1)
    reader.end()

def read_units(payload):
    """A sequence of what takes no byte: a lie does not end with the bytes, so there are at most 4,096."""
    reader = Reader(payload)
    if reader.varint(shortest=False) > 4096:
        raise Refused("corrupt")
    reader.end()

def read_named(payload, of_type):
    try:
        return named.read(named.TYPES[of_type], payload)
    except ValueError:
        raise Refused("corrupt")

def read_extensions(block, renewed):
    """When the user was confirmed, and the lowest tag that is not known. A block is never empty."""
    reader, before, confirmed, unknown = Reader(block), -1, None, None
    while before < 0 or reader.left:
        tag, size = reader.take(2)
        content = Reader(reader.take(size))
        if tag <= before:
            raise Refused("corrupt")
        if tag == 1:
            confirmed = renewed - content.varint()
            content.end()
            if confirmed < 0:
                raise Refused("corrupt")
        elif unknown is None:
            unknown = tag
        before = tag
    return confirmed, unknown

def read_head(body):
    """What is in front of the payload, and the payload, its padding taken away."""
    reader = Reader(body)
    id = reader.take(16)
    created, age = reader.varint(), reader.varint()
    own, more = divmod(reader.varint(), 2)
    block = reader.take(reader.varint()) if more else None
    pad = reader.varint()
    if pad > len(reader.left) or any(reader.left[len(reader.left) - pad:]):
        raise Refused("corrupt")
    confirmed, unknown = read_extensions(block, min(created + age, U64_MAX)) if more else (None, None)
    if unknown is not None:
        raise Refused(f"unknown-extension {unknown}")
    return Session(id, created, age, own, pad, {}, reader.left[:len(reader.left) - pad], confirmed=confirmed)

def read_body(body, config):
    s = read_head(body)
    if config.encoding == "named":
        return replace(s, value=read_named(s.payload, config.type))
    if config.encoding == "compact":
        {"account": read_account, "tree": read_tree, "units": read_units}[config.type](s.payload)
        return s
    return replace(s, data=dict(entries_of(s.payload)))

def messages_of(s):
    """One to eight messages, of 1,024 bytes together: level, words, and when each was pushed."""
    reader, messages = Reader(s.payload), []
    for _ in iter_count(reader):
        level, age = reader.take(1)[0], 0
        if level > 127:
            level, age = level - 128, reader.varint()
            if not 0 < age <= s.created:
                raise Refused("corrupt")
        messages.append((level, reader.text(), s.created - age))
    reader.end()
    if not 1 <= len(messages) <= 8 or sum(len(raw(words)) for _, words, _ in messages) > 1024:
        raise Refused("corrupt")
    if any(level > 3 for level, _, _ in messages):
        raise Refused("corrupt")
    return messages

@dataclass
class Standing:
    session: Session
    role: str
    nonce: bytes

    def renewed(self): return min(self.session.created + self.session.age, U64_MAX)

class Request:
    """The Cookie fields of one request, at one configuration."""
    binding = b""

    def __init__(self, config, fields):
        self.config, self.openings = config, 0
        self.name, bound = self.cookie()
        given = [("current", config.current), *(("previous", s) for s in config.previous),
                 *(("upcoming", s) for s in config.upcoming)]
        ring = {}
        for role, secret in given:
            ring.setdefault(secret, role)  # given twice: in its strongest role
        self.ring = [(role, key_id(secret, bound), key(secret, bound)) for secret, role in ring.items()]
        pairs = [pair.strip(b" \t").partition(b"=") for cookies in fields for pair in cookies.split(b";")]
        self.values = [value for name, equals, value in pairs if equals and name == raw(self.name)]

    def cookie(self):
        """What it is called, and what its keys are for."""
        return full_name(self.config), scope(self.config)

    def read(self, body):
        return read_body(body, self.config)

    def judge(self, arrives):
        """What stands, or the word for what does not."""
        if arrives != self.config.transport:
            return "other-transport" if self.values else "none"
        standing, refused, opened = [], [], set()
        for value in self.values:
            if self.openings == 8:
                refused.append("too-many")
                break
            if value in opened:
                continue
            before = self.openings
            try:
                standing.append(self.admit(self.open(value)))
            except Refused as why:
                refused.append(str(why))
            if self.openings > before:
                opened.add(value)
        if len({one.session.id for one in standing}) > 1:
            return "ambiguous"
        if standing:
            return max(standing, key=lambda one: (one.renewed(), one.nonce))
        return max(refused, key=lambda why: STAGES.index(why.split()[0]), default="none")

    def open(self, value):
        if len(value) > 4096 - len(self.name) - 1:
            raise Refused("too-long")
        if len(value) < 4:
            raise Refused("malformed")
        version, *id = unbase64url(value[:4])
        if version != 1:
            raise Refused(f"unknown-version {version}")
        keys = [(role, key) for role, known, key in self.ring if known == bytes(id)]
        if not keys:
            raise Refused(f"unknown-key {bytes(id).hex()}")
        frame = unbase64url(value)
        if len(frame) < 3 + 24 + 16:
            raise Refused("malformed")
        for role, key in keys:
            if self.openings == 8:
                raise Refused("too-many")
            self.openings += 1
            try:
                body = xchacha20poly1305_open(frame[27:], frame[:3] + self.binding, frame[3:27], key)
            except CryptoError:
                continue
            return Standing(self.read(body), role, frame[3:27])
        raise Refused("forged")

    def admit(self, one):
        c, s, now = self.config, one.session, max(self.config.now, 0)
        if one.renewed() > now + 300:
            raise Refused("from-the-future")
        if now >= s.created + c.absolute:
            raise Refused("absolute-timeout")
        if now >= expires(s, c):
            raise Refused("idle-timeout")
        return one

class Flash(Request):
    """The same for flash messages, which stand for 300 seconds; of several that stand the newest."""
    def __init__(self, config, fields):
        super().__init__(replace(config, idle=300, absolute=300), fields)

    def cookie(self):
        return flash_name(self.config), flash_scope(self.config)

    def read(self, body):
        s = read_head(body)
        if s.id != bytes(16) or s.age or s.own or s.confirmed is not None:
            raise Refused("corrupt")
        messages_of(s)
        return s

class Value(Request):
    """The same for a sealed value, of which only the lifetime counts: of several in cookies the newest."""
    def __init__(self, config, fields, sealer, text):
        self.sealer, self.binding = sealer, sealer.binding()
        super().__init__(replace(config, idle=sealer.lifetime, absolute=sealer.lifetime), fields)
        if not sealer.flow:
            self.values = [raw(text)]

    def cookie(self):
        return self.sealer.cookie(self.config), self.sealer.scope(self.config)

    def read(self, body):
        s = read_head(body)
        if s.id != bytes(16) or s.age or s.own or s.confirmed is not None:
            raise Refused("corrupt")
        return replace(s, value=read_named(s.payload, "account"))

def judge_csrf(id, sent, method, target):
    """What a token for a form is worth to the session of this id, if it has one; without a method for every form."""
    if method == "":
        return "empty-method"
    if not sent:
        return "empty"
    if len(sent) > 44:
        return f"too-long {len(sent)}"
    try:
        frame = unbase64url(sent)
    except Refused:
        return "malformed"
    if len(frame) != 33:
        return "malformed"
    if frame[0] != 1:
        return f"unknown-version {frame[0]}"
    if id is None:
        return "no-id"
    good = hmac.compare_digest(sent, raw(csrf_token(id, frame[1:17], method or "", target or "")))
    return "accept" if good else "mismatch"

def idle(s, c): return min(s.own or c.idle, c.absolute)
def expires(s, c): return min(s.created + s.age + idle(s, c), s.created + c.absolute)

def due(s, c):
    renewed = s.created + s.age
    return max(c.now, 0) >= renewed + idle(s, c) // 2 and renewed + idle(s, c) < s.created + c.absolute

# --- Files -------------------------------------------------------------------------------------------------------
def configured(config):
    """The lines that say what decodes, and when."""
    return ([f"current: {config.current.hex()}"]
            + [f"{role}: {s.hex()}" for role in ("previous", "upcoming") for s in getattr(config, role)]
            + [f"name: {config.name}", f"transport: {config.transport}", f"path: {config.path}"]
            + [f"domain: {config.domain}"] * bool(config.domain) + ["partitioned: yes"] * config.partitioned
            + [f"context: {config.context}"] * bool(config.context)
            + [f"schema: {config.schema}"]
            + [f"{word}: {getattr(config, word)}" for word in ("encoding", "shape", "type") if getattr(config, word)]
            + [f"idle: {config.idle}", f"absolute: {config.absolute}", f"now: {config.now}"])

def stands(s, config, role, nonce):
    """The lines that say what an accepted token holds."""
    lines = [f"opened-by: {role}", f"id: {s.id.hex()}", f"label: {label(s.id)}", f"created: {s.created}",
             f"renewed: {s.created + s.age}", f"expires: {expires(s, config)}", f"own: {s.own}",
             *([] if s.confirmed is None else [f"confirmed: {s.confirmed}"]), f"due: {'yes' if due(s, config) else 'no'}", f"nonce: {nonce.hex()}", f"pad: {s.pad}",
             f"payload: {payload(s).hex()}"]
    if config.encoding == "named":
        return lines + [f"written: {named.written(s.value).hex()}"]
    entries = [] if config.encoding else by_key(s.data)
    return lines + [f"entry: {k.hex() or '-'} {v.hex() or '-'}" for k, v in entries]

def shows(s, role, nonce, now=NOW):
    """The lines that say what messages are accepted: those that were pushed less than 300 seconds ago."""
    lines = [f"opened-by: {role}", f"created: {s.created}", f"nonce: {nonce.hex()}", f"pad: {s.pad}",
             f"payload: {payload(s).hex()}"]
    return lines + [f"message: {level} {raw(words).hex() or '-'}" for level, words, pushed in messages_of(s)
                    if max(now, 0) < pushed + 300]

def opens(s, role, nonce):
    """The lines that say what a sealed value is."""
    return [f"opened-by: {role}", f"created: {s.created}", f"nonce: {nonce.hex()}", f"pad: {s.pad}",
            f"payload: {payload(s).hex()}", f"written: {named.written(s.value).hex()}"]

def read(path):
    """The configuration, the Cookie fields, how they arrive, and the other lines of a file."""
    words = [line.split(": ", 1) for line in path.read_text().splitlines() if not line.startswith("#")]
    def every(word): return [value for known, value in words if known == word]
    def one(word, default): return (every(word) or [default])[0]
    def secrets(word): return tuple(map(bytes.fromhex, every(word)))
    config = Config(secrets("current")[0], secrets("previous"), secrets("upcoming"), one("name", None),
                    one("transport", None), one("path", None), one("domain", ""), one("partitioned", "no") == "yes",
                    one("context", ""), one("schema", None), *(int(one(word, "")) for word in ("idle", "absolute", "now")),
                    *(one(word, "") for word in ("encoding", "shape", "type")))
    fields = [f"{full_name(config)}={value}" for value in every("token")] + every("cookie")
    fields += [f"{flash_name(config)}={value}" for value in every("flash")]
    asked = {"current", "previous", "upcoming", "name", "transport", "path", "domain", "partitioned", "context", "schema",
             "encoding", "shape", "type", "idle", "absolute", "now", "arrives", "token", "cookie", "flash"}
    says = [f"{word}: {value}" for word, value in words if word not in asked]
    return config, [raw(sent) for sent in fields], one("arrives", config.transport), says

def check(path):
    """What is wrong with a file, if anything."""
    checks = {"flash": check_flash, "sealer": check_sealer, "csrf": check_csrf, "adopted": check_adopted}
    return checks.get(path.parent.name, check_session)(path)

def compared(path, found, says):
    if found != says:
        return f"judged {found}, and it says {says}"
    if not path.name.startswith(found[0].removeprefix("expect: ").split()[0] + "-"):
        return "its name says something else"
    return None

def check_flash(path):
    config, fields, arrives, says = read(path)
    verdict = Flash(config, fields).judge(arrives)
    if isinstance(verdict, str):
        return compared(path, [f"expect: {verdict}"], says)
    secrets = (config.current, *config.previous, *config.upcoming)
    again = [raw(flash_token(verdict.session, config, secret, verdict.nonce)) for secret in secrets]
    if not any(text in sent for text in again for sent in fields):
        return "sealed again it is another text"
    return compared(path, ["expect: accept", *shows(verdict.session, verdict.role, verdict.nonce, config.now)], says)

def check_sealer(path):
    config, fields, arrives, says = read(path)
    words = dict(line.split(": ", 1) for line in says)
    bound = {word: unhex(words[word]) for word in ("session", "record") if word in words}
    sealer = Sealer(words["purpose"], int(words["lifetime"]), words.get("flow", ""), **bound)
    sent = words.get("sealed", "")
    if sealer.flow and "sealed" in words:
        fields = [raw(f"{sealer.cookie(config)}={sent}")]
    verdict = Value(config, fields, sealer, sent).judge(arrives)
    found = [f"expect: {verdict}"]
    if not isinstance(verdict, str):
        found = ["expect: accept", *opens(verdict.session, verdict.role, verdict.nonce)]
        secrets = (config.current, *config.previous, *config.upcoming)
        again = [raw(sealer.sealed(verdict.session, config, secret, verdict.nonce)) for secret in secrets]
        if not any(text in whole for text in again for whole in (fields if sealer.flow else [raw(sent)])):
            return "sealed again it is another text"
    asked = ("purpose", "lifetime", "flow", "session", "record", "sealed")
    return compared(path, found, [line for line in says if line.split(": ")[0] not in asked])

def check_csrf(path):
    config, fields, arrives, says = read(path)
    words = dict(line.split(": ", 1) for line in says)
    sent = raw(words.get("csrf", "")) or unhex(words.get("csrf-bytes", "-"))
    method = "" if words.get("method") == "-" else words.get("method")
    verdict = Request(config, fields).judge(arrives)
    id = None if isinstance(verdict, str) else verdict.session.id
    found = judge_csrf(id, sent, method, words.get("target", ""))
    lines = [f"expect: {found}"] + ([f"random: {unbase64url(sent)[1:17].hex()}"] if found == "accept" else [])
    return compared(path, lines, [line for line in says if line.split(": ")[0] in ("expect", "random")])

def check_adopted(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    words = dict(line.split(": ", 1) for line in lines)
    value = raw(words["value"]) if "value" in words else unhex(words["value-bytes"])
    found = ["expect: accept", f"id: {adopted_id(raw(words['name']), value).hex()}"]
    return compared(path, found, lines[-2:])

def check_session(path):
    config, fields, arrives, says = read(path)
    verdict = Request(config, fields).judge(arrives)
    if isinstance(verdict, str):
        found = [f"expect: {verdict}"]
    else:
        found = ["expect: accept", *stands(verdict.session, config, verdict.role, verdict.nonce)]
        secrets = (config.current, *config.previous, *config.upcoming)
        again = [raw(token(verdict.session, config, secret, verdict.nonce)) for secret in secrets]
        if not any(text in sent for text in again for sent in fields):
            return "sealed again it is another text"
    return compared(path, found, says)

# --- New vectors -------------------------------------------------------------------------------------------------
def produce(number, folder, seed):
    """Sessions of all kinds, sealed here, for the crate to open. The seed brings the same again."""
    r = random.Random(seed)
    def letters(of, least, most): return "".join(r.choices(of, k=r.randint(least, most)))
    def characters(most): return "".join(map(chr, r.choices([0, 10, 32, 65, 97, 0xe9, 0x2603, 0x1d11e], k=r.randint(0, most))))
    def secret(): return r.randbytes(r.choice([32, 33, 64, 100]))
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(number):
        absolute = r.choice([1, 7, 3600, 30 * DAY, 400 * DAY])
        transport = r.choice(["https", "https", "http"])
        config = Config(
            secret(), tuple(secret() for _ in range(r.randint(0, 3))), tuple(secret() for _ in range(r.randint(0, 2))),
            letters(string.ascii_letters + string.digits + "!#$%&'*+-.^`|~", 1, 20), transport,
            "/" + letters(string.ascii_letters + "0123456789/=%~", 0, r.choice([0, 0, 300])),
            r.choice(["", "", letters(string.ascii_lowercase, 1, 9) + ".example.org"]),
            transport == "https" and r.random() < 0.3, r.choice(["", "shop", letters(string.printable[:62], 1, 255)]),
            idle=r.randint(1, absolute), absolute=absolute, now=r.choice([0, 299, NOW, 2**40]),
            **r.choice([{}, {}, COMPACT_ACCOUNT, NAMED_ACCOUNT, NAMED_KINDS, NAMED_KINDS]))
        own = r.choice([0, 0, r.randint(1, 2 * absolute), U64_MAX // 2])
        # It was sealed within the last timeout, or by a clock that is ahead.
        created = max(config.now - r.randint(0, absolute - 1), 0)
        latest = min(config.now, created + absolute - 1)
        age = max(latest - r.randint(0, min(own or config.idle, absolute) - 1), created) - created
        if r.random() < 0.1:
            created, age = config.now + r.randint(0, 300), 0
        renewed = created + age
        confirmed = r.choice([None, None, renewed, created, max(renewed - r.getrandbits(r.randint(1, 40)), 0)])
        data = {characters(12): characters(40) for _ in range(r.randint(0, 9))}
        account = text(characters(20)) + varint(r.getrandbits(r.randint(1, 32))) + bytes([r.getrandbits(1)])
        s = Session(r.randbytes(16), created, age, own, r.choice([0, 0, 1, 127, 128, 500]), data,
                    confirmed=confirmed)
        if config.encoding == "compact":
            s = replace(s, payload=account)
        if config.encoding == "named":
            payload, value = named.some_payload(config.type, r, lambda: characters(20))
            s = replace(s, payload=payload, value=value)
        role, by = r.choice([("current", config.current), *(("previous", p) for p in config.previous),
                             *(("upcoming", u) for u in config.upcoming)])
        nonce = r.randbytes(24)
        lines = [f"# Made by chance, seed {seed}.", *configured(config), f"token: {token(s, config, by, nonce)}",
                 "expect: accept", *stands(s, config, role, nonce)]
        (folder / f"accept-{n:05}.txt").write_text("\n".join(lines) + "\n")
    print(f"{number} written, seed {seed}")

def main(arguments):
    if arguments[:1] == ["--produce"]:
        seed = int(arguments[3]) if len(arguments) > 3 else random.SystemRandom().getrandbits(32)
        return produce(int(arguments[1]), pathlib.Path(arguments[2]), seed)
    files = sorted(pathlib.Path(arguments[0] if arguments else HERE).rglob("*.txt"))
    wrong = [f"{path.name}: {why}" for path in files if (why := check(path))]
    print(*wrong, f"{len(files)} vectors, {len(wrong)} judged otherwise", sep="\n")
    sys.exit(bool(wrong) or not files)

if __name__ == "__main__":
    main(sys.argv[1:])
