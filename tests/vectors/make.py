#!/usr/bin/env python3
"""Writes the vector files beside it, with the wire format of `check.py`.

    pip install pynacl msgpack && python3 tests/vectors/make.py            writes every file
    pip install pynacl msgpack && python3 tests/vectors/make.py --check    exits 1 if a file differs, is missing or is extra

What a case comes to is stated beside the case, never computed by opening the token. Nothing here is random: running
it again changes no byte. A file is named after its outcome, then after what brings it about; each refusal has one
fault, but for those that show which of two is judged first.
"""
import base64
import itertools
import json
import sys
from dataclasses import replace

import msgpack

from check import *

def overlong(n):
    return varint(n)[:-1] + bytes([varint(n)[-1] | 128, 0])

# --- Files -------------------------------------------------------------------------------------------------------
FILES, HOME, ALICE = {}, Config(), Session()

def case(expect, name, says, sent, config=HOME, arrives=None, won=(), word="token", folder="", more=()):
    """One file. `sent` is a token, or a list of raw Cookie fields."""
    lines = [f"# {says}", *configured(config)]
    lines += [f"arrives: {arrives}"] * bool(arrives)
    lines += [f"{word}: {sent}"] if isinstance(sent, str) else [f"cookie: {raw_field}" for raw_field in sent]
    lines += more
    file = f"{folder}{expect.split()[0]}-{name}.txt"
    assert file not in FILES, file
    FILES[file] = "\n".join(lines + [f"expect: {expect}", *won]) + "\n"

def accept(name, says, s=ALICE, config=HOME, sent=None, by="current", secret=None, nonce=None):
    renewed, now = s.created + s.age, max(config.now, 0)
    assert renewed <= now + 300 and now < expires(s, config), name
    won = stands(s, config, by, nonce or nonce_of(body(s)))
    case("accept", name, says, sent or token(s, config, secret, nonce), config, won=won)

def refuse(expect, name, says, s, config=HOME):
    case(expect, name, says, token(s, config), config)

def flipped(at, bit=1, frame=seal(body(ALICE))):
    return base64url(bytes(byte ^ bit * (i == at % len(frame)) for i, byte in enumerate(frame)))

def forged(n, secret=HOME.current): return flipped(-1, frame=seal(body(replace(ALICE, age=n)), secret))
def secret(n): return derived(f"secret {n}", 32)
def pair(value, config=HOME): return f"{full_name(config)}={value}"
def header(*values): return ["; ".join(map(pair, values))]  # one Cookie field that holds our cookie several times

GOOD = token(ALICE)
THREES = token(replace(ALICE, data={"user": "charlie"}))  # a frame of a multiple of 3 bytes: no trailing bits
GONE, GONE_ID = token(ALICE, secret=secret(1)), key_id(secret(1), scope(HOME))

# --- Cases: payloads, secrets, configurations --------------------------------------------------------------------
def dict_of(name, says, data): accept(name, says, replace(ALICE, data=data))

FOUR = {"user_id": "0b5c2d0e-7a4f-4c1d-9e57-3f8a6d2b1c90", "role": "admin", "lang": "en-US",
        "csrf": derived("csrf", 16).hex()}
assert (len(GOOD), len(token(replace(ALICE, data=FOUR)))) == (106, 231)
accept("small-dict", "One entry under all defaults: a token of 106 characters.")
dict_of("four-entries", "A usual session: a token of 231 characters.", FOUR)
dict_of("empty-dict", "A dictionary without entries.", {})
dict_of("empty-key-and-value", "The empty string is a key and a value.", {"": ""})
dict_of("multi-byte-utf8", "Characters of two, three and four bytes.", {"größe": "☃", "名": "𝄞 é"})
dict_of("control-characters", "NUL, LF and DEL in a key and a value.", {"a\0b": "\n\x7f\0"})
dict_of("keys-in-byte-order", "Keys ascend by byte, not by length.", {"aa": "", "b": "", "é": "", "a": "", "B": ""})
dict_of("key-of-200-bytes", "A length that needs a varint of two bytes.", {"k" * 200: "v"})
dict_of("128-entries", "A count that needs a varint of two bytes.", {f"{n:03}": "" for n in range(128)})
for n in (1, 127, 128):
    accept(f"padding-of-{n}", f"Zero bytes after the payload, {n} of them.", replace(ALICE, pad=n))
accept("value-ends-in-zeros", "Zeros of the payload, then one of padding.", replace(ALICE, pad=1, data={"z": "\0\0"}))

BEFORE = replace(HOME, previous=(secret(1), secret(2)))
AFTER = replace(HOME, previous=(secret(1),), upcoming=(secret(3),))
TWICE = replace(HOME, previous=(HOME.current,), upcoming=(HOME.current,))
accept("previous", "Sealed under the second of two previous secrets.", config=BEFORE, by="previous", secret=secret(2))
accept("upcoming", "Sealed under a secret that is upcoming here.", config=AFTER, by="upcoming", secret=secret(3))
accept("secret-given-twice", "A current secret that is also listed as previous and upcoming.", config=TWICE)
accept("secret-of-100-bytes", "A secret longer than the hash's block.", config=Config(derived("long", 100)))

PLAIN = replace(HOME, transport="http")
for what, value in {"transport": "http", "name": "sid", "domain": "example.com", "path": "/app", "partitioned": True,
                    "context": "shop v2"}.items():
    accept(f"other-{what}", f"Not the default: {what}.", config=replace(HOME, **{what: value}))
accept("path-of-300-bytes", "A length of two bytes in the scope.", config=replace(HOME, path="/" + "p" * 299))
ACCOUNT = replace(ALICE, payload=text("alice") + varint(300) + b"\x01")
TYPED = replace(HOME, **COMPACT_ACCOUNT)
APP = replace(TYPED, path="/app", domain="example.com", context="shop")
accept("typed", "A payload of a type of the application's own, in the compact encoding.", ACCOUNT, TYPED)
accept("every-scope-field", "No default in the scope.", ACCOUNT, replace(APP, name="sid", partitioned=True))

# --- Cases: time -------------------------------------------------------------------------------------------------
def at(renewed, created=None, **more):
    created = renewed if created is None else created
    return replace(ALICE, created=created, age=renewed - created, **more)

def clock(now): return replace(HOME, now=now)
def limits(idle, absolute): return replace(HOME, idle=idle, absolute=absolute)

accept("last-second-before-idle", "One second before the idle timeout.", at(NOW - 14 * DAY + 1))
accept("last-second-before-absolute", "One second before the absolute timeout.", at(NOW - 5, NOW - 30 * DAY + 1))
accept("renewed-300-s-ahead", "Renewed as far in the future as clocks may differ.", at(NOW + 300))
accept("created-at-zero", "A token of 1970, ten seconds later.", at(0), clock(10))
accept("clock-before-1970", "A clock before 1970 reads 0: a token of 1970 stands.", at(0), clock(-400 * DAY))
accept("due", "Exactly half of the idle timeout has passed.", at(NOW - 7 * DAY))
accept("not-yet-due", "One second less than half of the idle timeout has passed.", at(NOW - 7 * DAY + 1))
accept("due-at-half-of-3-s", "Half of an odd timeout is rounded down.", at(NOW - 1), limits(3, 60))
accept("not-due-under-the-cap", "Past half, but nothing is left to extend.", at(NOW - 8 * DAY, NOW - 25 * DAY))
accept("not-due-at-the-cap", "Past half, both limits end in one second.", at(NOW - 8 * DAY, NOW - 24 * DAY))
accept("due-before-the-cap", "Past half, one second is left to extend.", at(NOW - 8 * DAY, NOW - 24 * DAY + 1))
accept("own-timeout-shorter", "An idle timeout of ten minutes of the session's own.", replace(ALICE, own=600))
accept("own-timeout-due", "Half of the session's own idle timeout has passed.", at(NOW - 300, own=600))
accept("own-timeout-longer", "Past the configured idle timeout, within its own.", at(NOW - 15 * DAY, own=20 * DAY))
accept("own-timeout-capped", "Its own, longer, ends with the absolute timeout.", at(NOW - 5, NOW - DAY, own=60 * DAY))
accept("own-timeout-of-63-bits", "The greatest of its own ends with the absolute timeout.", replace(ALICE, own=2**63 - 1))

refuse("idle-timeout", "boundary-instant", "The very second of the timeout is expired.", at(NOW - 14 * DAY))
refuse("idle-timeout", "of-its-own", "Past its own, within the configured one.", at(NOW - 600, own=600))
refuse("idle-timeout", "shortened", "A limit shortened since.", at(NOW - 3600), limits(3600, 30 * DAY))
refuse("absolute-timeout", "boundary-instant", "The very second of it is expired.", at(NOW - 5, NOW - 30 * DAY))
refuse("absolute-timeout", "and-idle", "Past both limits counts as this one.", at(NOW - 15 * DAY, NOW - 40 * DAY))
refuse("absolute-timeout", "own-beyond-it", "Its own does not outlive it.", at(NOW - 5, NOW - 30 * DAY, own=60 * DAY))
refuse("absolute-timeout", "shortened", "A limit shortened since.", at(NOW - 5, NOW - 2 * DAY), limits(3600, 2 * DAY))
refuse("from-the-future", "by-301-s", "One second further ahead than clocks may differ.", at(NOW + 301))
refuse("from-the-future", "clock-before-1970", "A clock before 1970 reads 0: 301 s later is the future.", at(301), clock(-1))
refuse("from-the-future", "and-past-absolute", "The future is judged first.", at(NOW + 301, NOW - 40 * DAY))
refuse("from-the-future", "created-at-u64-max", "The last second of a u64.", replace(ALICE, created=U64_MAX))
refuse("from-the-future", "age-overflows", "Created and age together saturate.", replace(ALICE, age=U64_MAX))

# --- Cases: text -------------------------------------------------------------------------------------------------
ODD = chr(ord(GOOD[-1]) + 1)  # the last character with its lowest bit set
case("malformed", "empty", "The value is empty.", [pair("")])
case("malformed", "three-characters", "Too short for a version and a key id.", GOOD[:3])
case("malformed", "four-characters", "A version and our key id, and nothing else.", GOOD[:4])
case("malformed", "frame-of-42-bytes", "One byte too few for a nonce and a tag.", base64url(seal(b"")[:42]))
case("malformed", "one-character-fewer", "A length of 1 mod 4 is no base64.", GOOD[:-1])
case("malformed", "one-character-more", "A length of 1 mod 4 is no base64.", THREES + "A")
case("malformed", "padded", "base64 padding is not part of the format.", GOOD + "==")
case("malformed", "standard-alphabet", "+ and / in place of - and _.", GOOD.replace("-", "+").replace("_", "/"))
case("malformed", "trailing-bits", "A bit in the last character beyond the last byte.", GOOD[:-1] + ODD)
case("malformed", "quoted", "Quotes are part of the value.", f'"{GOOD}"')
case("malformed", "space-inside", "A space in place of a character.", f"{GOOD[:50]} {GOOD[51:]}")
case("malformed", "space-before", "White space after the equals sign is part of the value.", [pair(" " + GOOD)])
case("malformed", "no-break-space-after", "Only SP and HTAB are trimmed.", [pair(GOOD) + "\u00a0; theme=dark"])
case("malformed", "percent-encoded", "Values are not decoded.", GOOD[:50] + f"%{ord(GOOD[50]):X}" + GOOD[51:])
case("malformed", "first-character", "The version cannot be read.", "+" + GOOD[1:])
for beside in "@[`{/:,.^\u00e4":  # what stands beside A, Z, a, z, 0, 9, - and _, and what is not ASCII
    case("malformed", f"byte-{ord(beside):02x}", f"The character {beside} is none of the alphabet.",
         GOOD[:50] + beside + GOOD[51:])
assert set("-_") & set(GOOD[4:]) and not set("-_") & set(GOOD[:4])

LONG_NAME = replace(HOME, name="sessions")  # leaves 4096 - 15 - 1 = 4080 characters: a whole number of bytes
LONGEST, LONGER = (replace(ALICE, data={"v": "x" * n}) for n in (2988, 2989))
assert (len(token(LONGEST, LONG_NAME)), len(token(LONGER, LONG_NAME))) == (4080, 4082)
accept("longest", "A value of 4080 characters, all that the name leaves.", LONGEST, LONG_NAME)
case("too-long", "by-one", "A value of 4081 characters, one too many.", token(LONGEST, LONG_NAME) + "A", LONG_NAME)
refuse("too-long", "authentic", "Sealed under our key, and longer than the name allows.", LONGER, LONG_NAME)
case("too-long", "not-base64", "The length is looked at before anything else.", "!" * 4082)

JSON, MORE = base64url(json.dumps({"alg": "HS256"}).encode()), base64url(derived("more", 63))
case("unknown-version 123", "jwt", "A JSON Web Token.", f"{JSON}.{JSON}.{MORE}")
NONE = base64url(json.dumps({"alg": "none", "typ": "JWT"}).encode())
case("unknown-version 123", "jwt-alg-none", "A JSON Web Token that asks not to be verified.", f"{NONE}.{JSON}.")
case("unknown-version 123", "base64-json", "JSON in base64.", JSON)
case("unknown-version 128", "fernet", "A Fernet token.", f"gAAAAABl{MORE}A==")
case("malformed", "paseto", "A PASETO token.", f"v4.local.{MORE}")

# --- Cases: version, key id, scope, forgeries --------------------------------------------------------------------
for version in (0, 2, 255):
    case(f"unknown-version {version}", f"{version}", "The version byte is another.", flipped(0, 1 ^ version))
case("unknown-version 2", "short", "The version is looked at before the length.", flipped(0, 3)[:4])
for at_byte in (1, 2):
    bent = flipped(at_byte)
    bent_id = base64.urlsafe_b64decode(bent[:4])[1:].hex()
    case(f"unknown-key {bent_id}", f"bit-in-byte-{at_byte}", f"A bit in byte {at_byte} of the key id is flipped.", bent)
case(f"unknown-key {GONE_ID.hex()}", "secret-removed", "Sealed under a secret that is gone.", GONE)
case(f"unknown-key {GONE_ID.hex()}", "not-base64", "Past the key id nothing is looked at.", GONE[:4] + "!" * 102)

# Each time sealed under our secret by a configuration that differs from APP in one field.
OURS = b"\x01" + key_id(APP.current, scope(APP))
for what, changed in {"purpose": dict(purpose="csrf"), "name": dict(name="__Secure-sid"), "path": dict(path="/"),
                      "prefix": dict(name="__Host-session"), "transport": dict(transport="http"),
                      "domain": dict(domain="example.org"), "partitioned": dict(partitioned=True),
                      "context": dict(context=""), "schema": dict(schema=bound_schema(replace(APP, schema="account-2"))),
                      "split-of-context-and-schema": dict(context="shopp", schema=bound_schema(APP)[1:])}.items():
    theirs = scope(APP, **changed)
    frame, kept = seal(body(ACCOUNT), scope=theirs), seal(body(ACCOUNT), scope=theirs, head=OURS)
    case(f"unknown-key {frame[1:3].hex()}", f"other-{what}", f"Sealed for another {what}.", base64url(frame), APP)
    case("forged", f"key-of-other-{what}", f"Our key id, the key of another {what}.", base64url(kept), APP)
    if what in ("transport", "context"):
        case("forged", f"key-id-replaced-{what}", f"Sealed for another {what}, then given our key id.",
             base64url(OURS + frame[3:]), APP)

for what, where, start in (("nonce", 3, 27), ("ciphertext", 27, -16), ("tag", -16, 0)):
    case("forged", f"first-bit-of-{what}", f"The first bit of the {what} is flipped.", flipped(where, 128))
    case("forged", f"last-bit-of-{what}", f"The last bit of the {what} is flipped.", flipped(start - 1))
case("forged", "last-byte-missing", "The frame is one byte short.", base64url(seal(body(ALICE))[:-1]))
case("forged", "four-characters-fewer", "Three whole bytes are cut off.", THREES[:-4])
case("forged", "four-characters-more", "Three zero bytes are added.", THREES + "AAAA")
case("forged", "zeros", "Our key id and forty zero bytes, the least that is opened.", GOOD[:4] + base64url(bytes(40)))
case("forged", "no-aad", "Our key without additional data.", base64url(seal(body(ALICE), aad=b"")))
case("forged", "other-aad", "Our key, another key id in the data.", base64url(seal(body(ALICE), aad=b"\x01" + GONE_ID)))

# --- Cases: authentic, and not well-formed -----------------------------------------------------------------------
def corrupt(name, says, config=HOME, **changed): refuse("corrupt", name, says, replace(ALICE, **changed), config)

for cut, name, says in [
        (0, "empty-body", "A frame of 43 bytes: no body at all."), (15, "cut-in-id", "The body ends inside the id."),
        (16, "id-only", "The body ends after the id."), (18, "cut-in-created", "The body ends inside a varint."),
        (21, "no-age", "The body ends after created."), (22, "no-own", "The body ends after age."),
        (23, "no-pad", "The body ends after own."), (24, "no-payload", "The body ends after the head."),
        (35, "cut-in-value", "The body ends inside a value.")]:
    case("corrupt", name, says, base64url(seal(body(ALICE)[:cut])))
for word in ("created", "age", "own", "pad"):
    corrupt(f"overlong-{word}", f"The varint of {word} is not the shortest.", tail=b"",
            **{word: overlong(vars(ALICE)[word])})
corrupt("varint-of-11-bytes", "The varint of own is longer than any u64.", own=b"\x80" * 10 + b"\0")
corrupt("varint-over-u64", "The varint of own is 2^64.", own=b"\x80" * 9 + b"\x02")
corrupt("and-expired", "The form is judged before the timeouts.", created=0, tail=b"\0")
corrupt("and-from-the-future", "The form is judged before the time.", created=U64_MAX, tail=b"\0")
corrupt("pad-beyond-body", "One more byte of padding than bytes are left.", pad=13, tail=b"")
corrupt("pad-of-u64-max", "The greatest padding is announced, none is there.", pad=U64_MAX, tail=b"")
corrupt("pad-is-payload", "An empty dictionary's only byte is counted as padding.", data={}, pad=1, tail=b"")
corrupt("pad-eats-value", "The last byte of a value is counted as padding.", data={"z": "\0"}, pad=1, tail=b"")
corrupt("first-pad-byte", "The first byte of the padding is not zero.", pad=3, tail=b"\1\0\0")
corrupt("last-pad-byte", "The last byte of the padding is not zero.", pad=3, tail=b"\0\0\1")
corrupt("pad-too-small", "One more zero byte than announced.", pad=2, tail=bytes(3))
corrupt("byte-after-dict", "A zero byte after the dictionary, and no padding announced.", tail=b"\0")

USER = ("user", "alice")
for name, says, p in [
        ("count-too-large", "One entry fewer than counted.", postcard_map(USER, count=2)),
        ("count-too-small", "One entry more than counted.", postcard_map(("a", "1"), USER, count=1)),
        ("count-of-u64-max", "The count is 2^64 - 1.", postcard_map(USER, count=U64_MAX)),
        ("key-length-of-u64-max", "The length of a key is 2^64 - 1.", b"\1" + varint(U64_MAX) + b"user\5alice"),
        ("value-length-of-u64-max", "The length of a value is 2^64 - 1.", b"\1\4user" + varint(U64_MAX) + b"alice"),
        ("key-length-over-u64", "The length of a key is 2^64 + 4.", b"\1\x84" + b"\x80" * 8 + b"\2user\5alice"),
        ("value-too-long", "A value is one byte longer than what is left.", b"\1\4user\6alice"),
        ("overlong-count", "The count is not the shortest varint.", postcard_map(USER, count=overlong(1))),
        ("overlong-key-length", "The length of a key is not the shortest varint.", b"\1\x84\0user\5alice"),
        ("overlong-value-length", "The length of a value is not the shortest varint.", b"\1\4user\x85\0alice"),
        ("keys-unsorted", "The keys do not ascend.", postcard_map(("b", "1"), ("a", "2"))),
        ("keys-by-length", "The keys are in order of length, not of bytes.", postcard_map(("b", "1"), ("aa", "2"))),
        ("key-twice", "The same key twice.", postcard_map(("a", "1"), ("a", "2"))),
        ("key-not-utf8", "A key is not UTF-8.", postcard_map((b"us\xff", "alice"))),
        ("value-not-utf8", "A value is a cut UTF-8 sequence.", postcard_map(("user", b"ali\xc3"))),
        ("character-over-two", "A character begins in a key and ends in a value.", postcard_map((b"\xc3", b"\xa4"))),
        ("character-over-length", "A key ends in half a character, which the length behind it goes on with.",
         bytes([1, 1, 0xc3, 0xa9, 1]) + b"x" * 169)]:
    corrupt(name, says, payload=p)
# As many entries as a token can hold: what a hostile dictionary costs is measured with these.
MANY = sorted(map(chr, range(128))) + [f"\x7f{chr(n >> 7)}{chr(n & 127)}" for n in range(520)]
dict_of("648-entries", "As many entries as fit.", dict.fromkeys(MANY, ""))
corrupt("last-of-648-keys", "As many entries as fit, and the last is the first again.",
        payload=postcard_map(*((k, "") for k in MANY[:-1]), (MANY[0], "")))
assert len(token(replace(ALICE, data=dict.fromkeys(MANY, "")))) > 4064
for name, says, p in [("byte-after", "A byte follows the last field.", ACCOUNT.payload + b"\0"),
                      ("cut", "The last field is missing.", ACCOUNT.payload[:-1]),
                      ("bool-of-2", "A bool is 0 or 1.", ACCOUNT.payload[:-1] + b"\2"),
                      ("u32-overflow", "The varint of a u32 is 2^32.", text("alice") + varint(2**32) + b"\1"),
                      ("not-utf8", "A string is not UTF-8.", text(b"\xff") + b"\0\0")]:
    corrupt(f"typed-{name}", says, TYPED, payload=p)

TYPED_TREE, UNITS = replace(HOME, **COMPACT_TREE), replace(HOME, **COMPACT_UNITS)
accept("typed-64-levels", "Sequences in each other in the compact encoding: 64 levels.",
       replace(ALICE, payload=b"\1" * 63 + b"\0"), TYPED_TREE)
corrupt("typed-65-levels", "One level too many.", TYPED_TREE, payload=b"\1" * 64 + b"\0")
corrupt("typed-2901-levels", "As many as a token has room for.", TYPED_TREE, payload=b"\1" * 2900 + b"\0")
corrupt("typed-length-of-u64-max", "The number of elements is 2^64 - 1.", TYPED_TREE, payload=varint(U64_MAX) + b"\0")
accept("typed-units", "Three elements that take no byte.", replace(ALICE, payload=b"\3"), UNITS)
accept("typed-4096-units", "As many elements as one sequence may have.", replace(ALICE, payload=varint(4096)), UNITS)
corrupt("typed-4097-units", "One element too many, though it takes no byte.", UNITS, payload=varint(4097))
corrupt("typed-units-of-u64-max", "As many as can be counted.", UNITS, payload=varint(U64_MAX))
corrupt("typed-with-names", "The payload of the encoding with names.", TYPED, payload=msgpack.packb({"user": "alice"}))

# --- Cases: extensions -------------------------------------------------------------------------------------------
SURE = replace(ALICE, confirmed=NOW - 60)
REFRESHED = replace(ALICE, created=NOW - 1000, age=900, confirmed=NOW - 950)
for name, says, s in [
        ("confirmed", "The user was confirmed in the second of the sealing.", SURE),
        ("confirmed-before-a-refresh", "Confirmed fifty seconds after the session began, and refreshed since.", REFRESHED),
        ("confirmed-when-created", "Confirmed when the session began, and refreshed since.",
         replace(REFRESHED, confirmed=NOW - 1000)),
        ("confirmed-before-created", "A confirmation may be older than the session.", replace(SURE, confirmed=NOW - 61)),
        ("confirmed-127-s-before", "Seconds that need one byte.", replace(SURE, confirmed=NOW - 187)),
        ("confirmed-128-s-before", "Seconds that need two bytes.", replace(SURE, confirmed=NOW - 188)),
        ("confirmed-in-1970", "As many seconds as there can be.", replace(SURE, confirmed=0)),
        ("confirmed-300-s-ahead", "Confirmed where the clock is as far ahead as clocks may differ.",
         at(NOW + 300, confirmed=NOW + 300)),
        ("confirmed-with-own-timeout", "With an idle timeout of its own.", replace(SURE, own=600)),
        ("confirmed-with-own-timeout-of-63-bits", "The greatest varint of both.", replace(SURE, own=2**63 - 1)),
        ("confirmed-with-padding", "With zero bytes after the payload.", replace(SURE, pad=3)),
        ("confirmed-with-padding-of-128", "With a padding whose varint has two bytes.", replace(SURE, pad=128)),
        ("confirmed-with-empty-dict", "With nothing in it.", replace(SURE, data={})),
        ("confirmed-and-due", "Half of the idle timeout has passed.", at(NOW - 7 * DAY, confirmed=NOW - 7 * DAY)),
        ("confirmed-last-second-before-idle", "One second before the idle timeout.",
         at(NOW - 14 * DAY + 1, confirmed=NOW - 14 * DAY + 1))]:
    accept(name, says, s)
accept("confirmed-at-zero", "Confirmed in 1970, ten seconds before.", at(0, confirmed=0), clock(10))
accept("confirmed-previous", "Sealed under a previous secret.", SURE, BEFORE, by="previous", secret=secret(2))
accept("confirmed-upcoming", "Sealed under an upcoming secret.", SURE, AFTER, by="upcoming", secret=secret(3))
accept("confirmed-over-http", "Over http.", SURE, PLAIN)
accept("confirmed-typed", "With a payload in the compact encoding.", replace(ACCOUNT, confirmed=NOW - 60), TYPED)
accept("confirmed-named", "With a payload with names.",
       replace(SURE, payload=msgpack.packb({"user": "alice", "visits": 300, "admin": True}),
               value={"user": "alice", "visits": 300, "admin": True}), replace(HOME, **NAMED_ACCOUNT))

refuse("idle-timeout", "confirmed", "A confirmation does not keep a session alive.",
       at(NOW - 14 * DAY, confirmed=NOW - 14 * DAY))
refuse("idle-timeout", "confirmed-past-its-own", "Nor past an idle timeout of its own.",
       at(NOW - 600, own=600, confirmed=NOW - 600))
refuse("absolute-timeout", "confirmed", "Nor past the absolute one.", at(NOW - 5, NOW - 30 * DAY, confirmed=NOW - 5))
refuse("from-the-future", "confirmed", "Sealed too far ahead.", at(NOW + 301, confirmed=NOW))

ODD_DICT = replace(ALICE, tail=b"\0")
for tag, name, says, s in [
        (2, "2", "A tag that is reserved and not known.", replace(ALICE, block=extension(2, b"x"))),
        (0, "0", "The lowest tag of all.", replace(ALICE, block=extension(0, b"x"))),
        (255, "255", "The highest tag of all.", replace(ALICE, block=extension(255, b"x"))),
        (7, "without-content", "One that has no bytes.", replace(ALICE, block=extension(7, b""))),
        (7, "of-255-bytes", "One that is as long as one can be, in a block whose length needs two bytes.",
         replace(ALICE, block=extension(7, b"x" * 255))),
        (2, "after-confirmed", "After one that is known.", replace(ALICE, block=confirmed(5) + extension(2, b""))),
        (0, "before-confirmed", "Before one that is known.", replace(ALICE, block=extension(0, b"") + confirmed(5))),
        (3, "lowest-of-two", "Of two the lowest.", replace(ALICE, block=extension(3, b"x") + extension(4, b""))),
        (2, "lowest-of-all", "Of every tag but 0 and 1 the lowest.",
         replace(ALICE, block=confirmed(0) + b"".join(extension(tag, b"") for tag in range(2, 256)))),
        (2, "with-own-timeout", "With an idle timeout of its own.", replace(ALICE, own=600, block=extension(2, b""))),
        (2, "with-padding", "With zero bytes after the payload.", replace(ALICE, pad=3, block=extension(2, b""))),
        (2, "and-expired", "It is judged before the timeouts.", replace(ALICE, created=0, block=extension(2, b""))),
        (2, "and-from-the-future", "It is judged before the time.", replace(ALICE, created=U64_MAX, block=extension(2, b""))),
        (2, "and-payload", "It is judged before the payload.", replace(ODD_DICT, block=extension(2, b""))),
        (2, "and-no-payload", "It is judged before a payload that is missing.",
         replace(ALICE, payload=b"", block=extension(2, b"")))]:
    refuse(f"unknown-extension {tag}", name, says, s)
refuse("unknown-extension 2", "and-typed-payload", "It is judged before a payload in the compact encoding.",
       replace(ODD_DICT, block=extension(2, b"")), TYPED)
refuse("unknown-extension 2", "and-named-payload", "It is judged before a payload with names.",
       replace(ODD_DICT, block=extension(2, b"")), replace(HOME, **NAMED_ACCOUNT))
case("unknown-extension 2", "previous", "Sealed under a previous secret.",
     token(replace(ALICE, block=extension(2, b"")), BEFORE, secret(2)), BEFORE)

SURE_BODY = body(SURE)
for cut, name, says in [(24, "length", "The body ends where the block begins."), (25, "block", "It ends after the length."),
                        (26, "extension", "It ends after a tag."), (27, "content", "It ends after the length of an extension."),
                        (28, "pad", "It ends after the block.")]:
    case("corrupt", f"extensions-no-{name}", says, base64url(seal(SURE_BODY[:cut])))
for name, says, changed in [
        ("empty-block", "A block without extensions.", dict(block=b"")),
        ("empty-block-with-own-timeout", "The same, with an idle timeout of its own.", dict(block=b"", own=600)),
        ("length-beyond-body", "The block is longer than the body.", dict(block=confirmed(5), size=17)),
        ("length-to-the-end", "The block takes all of the body, and nothing is left for the padding.",
         dict(block=confirmed(5), size=16)),
        ("length-of-u64-max", "The length of the block is 2^64 - 1.", dict(block=confirmed(5), size=U64_MAX)),
        ("overlong-length", "The length of the block is not the shortest varint.", dict(block=confirmed(5), size=overlong(3))),
        ("length-too-small", "The block ends inside an extension.", dict(block=confirmed(5), size=2)),
        ("tag-alone", "A tag without a length.", dict(block=b"\1")),
        ("tag-alone-after-confirmed", "The same, after one that is known.", dict(block=confirmed(5) + b"\2")),
        ("content-beyond-block", "An extension is longer than the block.", dict(block=b"\1\2\5")),
        ("unknown-beyond-block", "So is one that is not known.", dict(block=b"\2\2\5")),
        ("confirmed-twice", "One that is known, twice.", dict(block=confirmed(5) + confirmed(5))),
        ("unknown-twice", "One that is not known, twice.", dict(block=extension(2, b"") + extension(2, b""))),
        ("descending", "The tags do not ascend.", dict(block=extension(2, b"") + confirmed(5))),
        ("descending-unknown", "Those of unknown ones neither.", dict(block=extension(3, b"") + extension(2, b""))),
        ("confirmed-empty", "A confirmation without its seconds.", dict(block=extension(1, b""))),
        ("confirmed-cut", "The varint of the seconds is cut.", dict(block=extension(1, b"\x80"))),
        ("confirmed-byte-after", "A byte follows the seconds.", dict(block=extension(1, b"\5\0"))),
        ("confirmed-overlong", "The varint of the seconds is not the shortest.", dict(block=extension(1, overlong(5)))),
        ("confirmed-over-u64", "The seconds are 2^64.", dict(block=extension(1, b"\x80" * 9 + b"\2"))),
        ("confirmed-before-1970", "Confirmed one second before 1970.", dict(block=confirmed(NOW - 59))),
        ("confirmed-of-u64-max", "As many seconds as a u64 can be.", dict(block=confirmed(U64_MAX))),
        ("unknown-and-padding", "The padding is judged before an unknown extension.",
         dict(block=extension(2, b""), pad=1, tail=b"\1")),
        ("unknown-and-pad-beyond-body", "So is its length.", dict(block=extension(2, b""), pad=13, tail=b"")),
        ("unknown-and-overlong-pad", "So is its form.", dict(block=extension(2, b""), pad=overlong(0), tail=b"")),
        ("unknown-and-confirmed-cut", "What is known is judged before what is not.",
         dict(block=extension(0, b"") + b"\1\1\x80")),
        ("unknown-and-descending", "The order is judged before an unknown extension.",
         dict(block=extension(2, b"") + extension(3, b"") + confirmed(5))),
        ("confirmed-and-payload", "A byte follows the dictionary.", dict(confirmed=NOW - 60, tail=b"\0"))]:
    corrupt(f"extensions-{name}", says, **changed)

# --- Cases: payloads with names ----------------------------------------------------------------------------------
class Raw(bytes):
    """MessagePack as it is."""

def packed(x): return x if isinstance(x, Raw) else Raw(msgpack.packb(x))
def entries(*pairs, count=None):
    header = msgpack.Packer().pack_map_header(len(pairs) if count is None else count)
    return Raw(header + b"".join(packed(name) + packed(value) for name, value in pairs))

def sized(marker, size, length, content=b""):
    """A length in a form that may be longer than it has to be, and may not be true."""
    return Raw(bytes([marker]) + length.to_bytes(size, "big") + content)

NAMED, KINDS, TREE = (replace(HOME, **of_type) for of_type in (NAMED_ACCOUNT, NAMED_KINDS, NAMED_TREE))
FIELDS = [("user", "alice"), ("visits", 300), ("admin", True)]
NAMES = dict(FIELDS)

def reads(name, says, payload, value, config=KINDS):
    """One that is accepted, and the value that it is read as: without what has its default, in the order of the type."""
    accept(f"named-{name}", says, replace(ALICE, payload=bytes(packed(payload)), value=value), config)

def unread(name, says, payload, config=KINDS):
    corrupt(f"named-{name}", says, config, payload=bytes(packed(payload)))

def with_field(name, value):
    """The fields of an account, one with another value."""
    return entries(*((field, value if field == name else kept) for field, kept in FIELDS))

UNKNOWN = [("theme", "dark"), ("sizes", [1, [2.5, {}], None]), ("by", {"a": {True: b"\xff"}, 7: -1, None: [], (): 0}),
           ("cut", Raw(b"\xa2a\xc3"))]
for name, says, payload in [
        ("struct", "A struct is a map of the names of its fields.", NAMES),
        ("fields-swapped", "The fields in another order.", entries(*FIELDS[::-1])),
        ("unknown-field", "A name that the type does not know is skipped with what it has.", NAMES | {"theme": "dark"}),
        ("unknown-field-first", "It may come before the others.", entries(("theme", 1), *FIELDS)),
        ("unknown-field-of-each-kind", "Whatever it has.", entries(*FIELDS, *UNKNOWN)),
        ("unknown-field-without-a-name", "The empty name is one.", entries(("", 1), *FIELDS)),
        ("map16", "The number of fields in two bytes.", Raw(b"\xde\0\3" + entries(*FIELDS)[1:])),
        ("map32", "The number of fields in four bytes.", Raw(b"\xdf\0\0\0\3" + entries(*FIELDS)[1:])),
        ("names-in-every-form", "The length of a name in one, two and four bytes.",
         entries((sized(0xd9, 1, 4, b"user"), "alice"), (sized(0xda, 2, 6, b"visits"), 300),
                 (sized(0xdb, 4, 5, b"admin"), True))),
        ("str8", "The length of a text in one byte more than it needs.", with_field("user", sized(0xd9, 1, 5, b"alice"))),
        ("str16", "In two bytes.", with_field("user", sized(0xda, 2, 5, b"alice"))),
        ("str32", "In four bytes.", with_field("user", sized(0xdb, 4, 5, b"alice"))),
        ("uint32", "An integer in four bytes, which needs two.", with_field("visits", sized(0xce, 4, 300))),
        ("uint64", "An integer in eight bytes.", with_field("visits", sized(0xcf, 8, 300))),
        ("int16", "A positive integer in a signed form.", with_field("visits", sized(0xd1, 2, 300))),
        ("int64", "In the longest signed form.", with_field("visits", sized(0xd3, 8, 300)))]:
    reads(name, says, payload, NAMES, NAMED)

for name, says, fields, *value in [
        ("no-fields", "Every field is missing, and has a default.", {}),
        ("missing-field", "A missing field has its default.", {"text": "x"}),
        ("missing-option", "An option may be missing without a default.", {"card": {"number": 4}},
         {"card": {"number": 4, "note": None}}),
        ("nil-for-option", "Nil is none.", {"option": None}, {}),
        ("some", "What is no nil is some.", {"option": 0}),
        ("nested-some", "Some of some is as short.", {"nested": 0}),
        ("nested-none", "Nil is none of the outer option; there is no some of none.", {"nested": None}, {}),
        ("nil-for-unit", "Nil is the unit.", {"nothing": None}, {}),
        ("empty-array-for-unit-struct", "A unit struct is an empty array.", {"empty": []}, {}),
        ("nil-for-unit-struct", "It may be nil.", {"empty": None}, {}),
        ("unit-variant", "A variant without content is its name, here the default.", {"role": "Guest"}, {}),
        ("unit-variant-with-nil", "It may have nil.", {"role": {"Deputy": {"Guest": None}}}, {"role": {"Deputy": "Guest"}}),
        ("newtype-variant", "A variant of one value is a map of its name.", {"role": {"User": 17}}),
        ("tuple-variant", "A variant of several values has an array.", {"role": {"Pair": [17, "x"]}}),
        ("struct-variant", "A variant with fields has a map.", {"role": {"Rect": {"width": 3, "height": 4}}}),
        ("struct-variant-swapped", "Its fields are in another order, and one is unknown.",
         {"role": {"Rect": {"height": 4, "depth": 5, "width": 3}}}, {"role": {"Rect": {"width": 3, "height": 4}}}),
        ("variant-in-a-variant", "A variant that has another.", {"role": {"Deputy": {"User": 17}}}),
        ("map16-for-a-variant", "The number of variants in two bytes.",
         {"role": Raw(b"\xde\0\1" + packed("User") + b"\x11")},
         {"role": {"User": 17}}),
        ("u64-max", "The greatest u64.", {"unsigned": U64_MAX}),
        ("i64-min", "The least i64.", {"signed": -2**63}),
        ("i64-max", "The greatest i64, in the form of a u64.", {"signed": 2**63 - 1}),
        ("negative-one", "The shortest negative integer.", {"signed": -1}),
        ("negative-in-eight-bytes", "A negative integer longer than it has to be.",
         {"signed": sized(0xd3, 8, 2**64 - 32)}, {"signed": -32}),
        ("u128-max", "The greatest u128: 16 bytes.", {"wide": b"\xff" * 16}),
        ("u128-as-integer", "A u128 may be an integer.", {"wide": U64_MAX}, {"wide": bytes(8) + b"\xff" * 8}),
        ("u128-as-i64-max", "In a signed form, as long as it is not negative.", {"wide": sized(0xd3, 8, 2**63 - 1)},
         {"wide": (2**63 - 1).to_bytes(16, "big")}),
        ("u128-bin16", "The length of its bytes in two bytes.", {"wide": sized(0xc5, 2, 16, b"\1" * 16)}, {"wide": b"\1" * 16}),
        ("float64", "A float of 64 bits.", {"float": 0.1}),
        ("float32", "A float of 32 bits is one of 64.", {"float": Raw(b"\xca\x3f\xc0\0\0")}, {"float": 1.5}),
        ("infinity", "An infinite float.", {"float": float("-inf")}),
        ("not-a-number", "A float that is no number.", {"float": Raw(b"\xcb\x7f\xf8" + bytes(6))}, {"float": float("nan")}),
        ("integer-for-float", "An integer is a float, too.", {"float": -3}, {"float": -3.0}),
        ("integer-of-53-bits-for-float", "Every integer up to 2^53 is one.", {"float": 1 - 2**53}, {"float": 1.0 - 2**53}),
        ("large-integer-for-float", "A greater one is where its lowest bits are zeros.", {"float": 2**64 - 2**11},
         {"float": 2.0**64 - 2**11}),
        ("i64-min-for-float", "So is the least i64.", {"float": -2**63}, {"float": -2.0**63}),
        ("text-of-32-bytes", "A length that needs a byte of its own.", {"text": "é" * 16}),
        ("text-of-256-bytes", "A length that needs two bytes.", {"text": "x" * 256}),
        ("control-characters", "NUL, LF and DEL in a text.", {"text": "\0\n\x7f"}),
        ("bytes", "Bytes that are no UTF-8.", {"bytes": b"\0\xff"}),
        ("bin16", "The length of bytes in two bytes.", {"bytes": sized(0xc5, 2, 2, b"\0\xff")}, {"bytes": b"\0\xff"}),
        ("bin32", "The length of bytes in four bytes.", {"bytes": sized(0xc6, 4, 2, b"\0\xff")}, {"bytes": b"\0\xff"}),
        ("bytes-for-text", "Bytes that are UTF-8 are a text.", {"text": "é".encode()}, {"text": "é"}),
        ("list", "A sequence is an array.", {"list": [1, 300, 2**32 - 1]}),
        ("array16", "The number of elements in two bytes.", {"list": sized(0xdc, 2, 2, b"\1\2")}, {"list": [1, 2]}),
        ("array32", "The number of elements in four bytes.", {"list": sized(0xdd, 4, 2, b"\1\2")}, {"list": [1, 2]}),
        ("list-of-16", "A number of elements that needs two bytes.", {"list": list(range(16))}),
        ("bytes-for-list", "Bytes are an array of integers, too.", {"list": b"\1\xff"}, {"list": [1, 255]}),
        ("tuple", "A tuple is an array.", {"pair": [7, "x"]}),
        ("map", "A map of texts.", {"map": {"a": 1, "b": 2}}),
        ("map-unsorted", "The keys of a map in another order.", {"map": {"b": 2, "aa": 3, "a": 1}},
         {"map": {"a": 1, "aa": 3, "b": 2}}),
        ("map-key-twice", "A key of a map twice: the last.", {"map": entries(("a", 1), ("b", 2), ("a", 3))},
         {"map": {"a": 3, "b": 2}}),
        ("map-of-integers", "The keys of a map may be integers.", {"numbers": {3: 1, 300: 2}})]:
    written = value[0] if value else fields
    reads(name, says, entries(*fields.items()), written)

def inner(levels, last={}): return last if levels == 1 else {"inner": inner(levels - 1, last)}
def deputies(levels): return "Guest" if levels == 0 else {"Deputy": deputies(levels - 1)}
def of_lists(levels): return [] if levels == 1 else [of_lists(levels - 1)]
def of_maps(levels): return {} if levels == 1 else {"a": of_maps(levels - 1)}
LEVELS = [
    ("sequences", "Sequences in each other", of_lists, TREE), ("structs", "Structs in each other", inner, KINDS),
    ("sequences-in-a-struct", "A struct, and sequences", lambda n: {"tree": of_lists(n - 1)}, KINDS),
    ("variants", "A struct, and variants in each other", lambda n: {"role": deputies(n - 1)}, KINDS),
    ("structs-and-a-tuple", "Structs, and a tuple", lambda n: inner(n - 1, {"pair": [7, "x"]}), KINDS),
    ("structs-and-a-map", "Structs, and a map", lambda n: inner(n - 1, {"map": {"a": 1}}), KINDS),
    ("structs-and-a-newtype-variant", "Structs, and what a variant has", lambda n: inner(n - 1, {"role": {"User": 17}}),
     KINDS),
    ("structs-and-a-tuple-variant", "Structs, and the values of a variant",
     lambda n: inner(n - 1, {"role": {"Pair": [7, "x"]}}), KINDS),
    ("structs-and-a-struct-variant", "Structs, and the fields of a variant",
     lambda n: inner(n - 1, {"role": {"Rect": {"width": 3, "height": 4}}}), KINDS),
    ("unknown-sequences", "A struct, and sequences in a field that it does not know",
     lambda n: {"x": of_lists(n - 1)}, KINDS),
    ("unknown-maps", "A struct, and maps in a field that it does not know", lambda n: {"x": of_maps(n - 1)}, KINDS)]
for what, says, build, config in LEVELS:
    stated = {} if what.startswith("unknown") else build(64)
    reads(f"64-levels-of-{what}", f"{says}: 64 levels.", build(64), stated, config)
    unread(f"65-levels-of-{what}", f"{says}: one level too many.", build(65), config)
DEEP = Raw(b"\x91" * 2900 + b"\x90")
unread("2901-levels", "As many levels as a token has room for.", DEEP, TREE)
unread("2901-unknown-levels", "As many in a field that the type does not know.", entries(("x", Raw(DEEP[20:]))))

for name, says, payload in [
        ("empty-payload", "No payload.", Raw(b"")),
        ("byte-after", "A byte follows the last field.", Raw(packed(NAMES) + b"\0")),
        ("nil-after", "A value follows the struct.", Raw(packed(NAMES) + b"\xc0")),
        ("twice", "The struct is there twice.", Raw(packed(NAMES) * 2)),
        ("array-for-struct", "The fields without their names.", list(NAMES.values())),
        ("nil-for-struct", "Nil where a struct is expected.", None),
        ("text-for-struct", "A text where a struct is expected.", "alice"),
        ("ext-for-struct", "An extension where a struct is expected.", msgpack.ExtType(5, packed(NAMES))),
        ("integers-for-names", "The places of the fields in place of their names.", {0: "alice", 1: 300, 2: True}),
        ("integer-for-a-name", "The place of one field.", entries(*FIELDS[:2], (2, True))),
        ("integer-for-an-unknown-name", "A place where no field is.", entries(*FIELDS, (3, True))),
        ("nil-for-a-name", "A name is a text.", entries(*FIELDS, (None, 1))),
        ("bool-for-a-name", "A name is a text.", entries(*FIELDS, (True, 1))),
        ("float-for-a-name", "A name is a text.", entries(*FIELDS, (0.0, 1))),
        ("bytes-for-a-name", "A name is a text, and bytes are none.", entries(*FIELDS[:2], (b"admin", True))),
        ("array-for-a-name", "A name is a text.", entries(*FIELDS, ([], 1))),
        ("map-for-a-name", "A name is a text.", entries(*FIELDS, ({}, 1))),
        ("ext-for-a-name", "A name is a text.", entries(*FIELDS, (msgpack.ExtType(5, b"user"), 1))),
        ("field-twice", "The same field twice.", entries(*FIELDS, ("admin", False))),
        ("field-twice-alike", "The same field twice, with one value.", entries(FIELDS[0], *FIELDS)),
        ("unknown-field-twice", "A field that the type does not know twice.", entries(("x", 1), *FIELDS, ("x", 1))),
        ("name-not-utf8", "The name of a field that the type does not know is not UTF-8.",
         entries((Raw(b"\xa1\xff"), 1), *FIELDS)),
        ("unknown-ext", "An extension in a field that the type does not know.",
         entries(*FIELDS, ("x", msgpack.ExtType(5, b"12345")))),
        ("unknown-time", "A time, which is an extension, deeper in such a field.",
         entries(*FIELDS, ("x", Raw(b"\x91" + packed(msgpack.Timestamp(NOW)))))),
        ("missing-field", "A field is missing that has no default.", entries(*FIELDS[:2])),
        ("missing-fields", "Every field is missing.", {}),
        ("name-in-capitals", "Names are compared byte for byte.", entries(("User", "alice"), *FIELDS[1:])),
        ("count-too-large", "One field fewer than counted.", entries(*FIELDS, count=4)),
        ("count-too-small", "One field more than counted, which could be skipped.", entries(*FIELDS, ("x", 1), count=3)),
        ("cut-after-count", "The payload ends after the number of fields.", Raw(packed(NAMES)[:1])),
        ("cut-in-a-name", "It ends inside a name.", Raw(packed(NAMES)[:4])),
        ("cut-after-a-name", "It ends after a name.", Raw(packed(NAMES)[:6])),
        ("cut-in-a-text", "It ends inside a text.", Raw(packed(NAMES)[:9])),
        ("cut-in-an-integer", "It ends inside an integer.", Raw(packed(NAMES)[:-8])),
        ("cut-in-a-length", "It ends inside the length of a text.", entries(("user", Raw(b"\xda\0")), count=3)),
        ("cut-last-byte", "The last byte is missing.", Raw(packed(NAMES)[:-1])),
        ("reserved", "The byte that stands for nothing.", Raw(b"\xc1")),
        ("reserved-value", "The byte that stands for nothing, as a value.", with_field("admin", Raw(b"\xc1"))),
        ("reserved-name", "As a name.", entries(*FIELDS, (Raw(b"\xc1"), 1))),
        ("reserved-unknown", "In a field that the type does not know.", entries(*FIELDS, ("x", Raw(b"\x92\1\xc1")))),
        ("map-of-u32-max", "The number of fields is 2^32 - 1.", Raw(b"\xdf\xff\xff\xff\xff" + packed(NAMES)[1:])),
        ("str-of-u32-max", "The length of a text is 2^32 - 1.", with_field("user", sized(0xdb, 4, 2**32 - 1, b"alice"))),
        ("str-too-long", "A text is one byte longer than what is left.", entries(*FIELDS[1:], ("user", Raw(b"\xa6alice")))),
        ("name-of-u32-max", "The length of a name is 2^32 - 1.", entries((sized(0xdb, 4, 2**32 - 1, b"user"), 1), *FIELDS)),
        ("unknown-map-of-u32-max", "A map that the type does not know has 2^32 - 1 entries.",
         entries(*FIELDS, ("x", sized(0xdf, 4, 2**32 - 1)))),
        ("unknown-ext-of-u32-max", "An extension that the type does not know has 2^32 - 1 bytes.",
         entries(*FIELDS, ("x", sized(0xc9, 4, 2**32 - 1, b"\5x")))),
        ("unknown-cut", "The payload ends inside a field that the type does not know.",
         entries(*FIELDS, ("x", Raw(b"\x92\1")))),
        ("not-utf8", "A text is not UTF-8.", with_field("user", Raw(b"\xa1\xff"))),
        ("cut-utf8", "A text is a cut UTF-8 sequence.", with_field("user", Raw(b"\xa4ali\xc3"))),
        ("surrogate", "A text is half of a pair in UTF-16.", with_field("user", Raw(b"\xa3\xed\xa0\x80"))),
        ("bytes-not-utf8", "Bytes where a text is expected are UTF-8.", with_field("user", b"\xff")),
        ("integer-for-text", "An integer where a text is expected.", with_field("user", 7)),
        ("nil-for-text", "Nil where a text is expected.", with_field("user", None)),
        ("array-for-text", "An array where a text is expected.", with_field("user", [97])),
        ("map-for-text", "A map where a text is expected.", with_field("user", {})),
        ("ext-for-text", "An extension where a text is expected.", with_field("user", msgpack.ExtType(5, b"alice"))),
        ("text-for-integer", "A text where an integer is expected.", with_field("visits", "300")),
        ("float-for-integer", "A float where an integer is expected.", with_field("visits", 300.0)),
        ("bool-for-integer", "A bool where an integer is expected.", with_field("visits", True)),
        ("ext-for-integer", "An extension where an integer is expected.", with_field("visits", msgpack.ExtType(5, b"\1"))),
        ("time-for-integer", "A time where an integer is expected.", with_field("visits", msgpack.Timestamp(NOW))),
        ("integer-for-bool", "An integer where a bool is expected.", with_field("admin", 1)),
        ("nil-for-bool", "Nil where a bool is expected.", with_field("admin", None)),
        ("text-for-bool", "A text where a bool is expected.", with_field("admin", "true")),
        ("u32-overflow", "An integer where a u32 is expected is 2^32.", with_field("visits", 2**32)),
        ("negative-for-u32", "An integer where a u32 is expected is negative.", with_field("visits", -1)),
        ("compact", "The payload of the compact encoding.", Raw(ACCOUNT.payload)),
        ("dict", "The payload of a dictionary.", Raw(postcard_map(USER)))]:
    unread(name, says, payload, NAMED)

for name, says, fields in [
        ("array-for-inner-struct", "The fields of an inner struct without their names.", {"card": [4, None]}),
        ("integers-for-inner-names", "Places in place of names in an inner struct.", {"card": {0: 4}}),
        ("unknown-field-denied", "A type that denies what it does not know.", {"card": {"number": 4, "x": 1}}),
        ("inner-field-missing", "A field of an inner struct is missing.", {"card": {"note": None}}),
        ("array-for-variant-fields", "The fields of a variant without their names.", {"role": {"Rect": [3, 4]}}),
        ("bytes-for-variant-fields", "The fields of a variant as bytes.", {"role": {"Rect": b"\3\4"}}),
        ("variant-field-missing", "A field of a variant is missing.", {"role": {"Rect": {"width": 3}}}),
        ("variant-field-twice", "A field of a variant twice.",
         {"role": Raw(b"\x81" + packed("Rect") + entries(("width", 3), ("height", 4), ("width", 3)))}),
        ("integer-for-a-variant", "The place of a variant in place of its name.", {"role": 0}),
        ("integer-for-a-variant-with-content", "The same, of one with content.", {"role": {1: 17}}),
        ("bool-for-a-variant", "The name of a variant is a text.", {"role": False}),
        ("bytes-for-a-variant", "And bytes are none.", {"role": b"Guest"}),
        ("bytes-for-a-variant-with-content", "And bytes are none.", {"role": {b"User": 17}}),
        ("nil-for-a-variant", "Nil where a variant is expected.", {"role": None}),
        ("unknown-variant", "A variant that the type does not know.", {"role": "Admin"}),
        ("unknown-variant-with-content", "A variant with content that the type does not know.", {"role": {"Admin": 17}}),
        ("two-variants", "Two variants in one map.", {"role": {"User": 17, "Guest": None}}),
        ("no-variant", "A map without a variant.", {"role": {}}),
        ("variant-in-an-array", "An array of the name of a variant.", {"role": ["Guest"]}),
        ("variant-and-content-in-an-array", "An array of name and content.", {"role": ["User", 17]}),
        ("array-of-one-before-content", "An array of a name, and its content behind it.",
         {"role": Raw(b"\x91" + packed("User") + b"\x11")}),
        ("content-of-a-unit-variant", "A variant without content has one.", {"role": {"Guest": 1}}),
        ("variant-without-its-content", "A variant with content has none.", {"role": "User"}),
        ("nil-for-content", "A variant with content has nil.", {"role": {"User": None}}),
        ("tuple-variant-of-one", "A variant of two values has one.", {"role": {"Pair": [17]}}),
        ("tuple-variant-of-three", "A variant of two values has three.", {"role": {"Pair": [17, "x", 1]}}),
        ("false-for-unit", "Something where nil is expected.", {"nothing": False}),
        ("array-of-one-for-unit-struct", "A unit struct has an element.", {"empty": [None]}),
        ("u64-for-i64", "An integer where an i64 is expected is 2^63.", {"signed": 2**63}),
        ("negative-for-u64", "An integer where a u64 is expected is negative.", {"unsigned": -1}),
        ("wide-of-15-bytes", "A u128 is one byte short.", {"wide": bytes(15)}),
        ("wide-of-17-bytes", "A u128 is one byte too long.", {"wide": bytes(17)}),
        ("negative-one-for-u128", "An integer where a u128 is expected is negative, in one byte.", {"wide": -1}),
        ("negative-for-u128", "In the longest form.", {"wide": -2**63}),
        ("float-for-u128", "A float where a u128 is expected.", {"wide": 7.0}),
        ("text-for-u128", "A text of 16 bytes where a u128 is expected.", {"wide": "x" * 16}),
        ("array-for-u128", "16 integers where the bytes of a u128 are expected.", {"wide": sized(0xdc, 2, 16, b"\1" * 16)}),
        ("integer-of-54-bits-for-float", "An integer that no float is, and that would be rounded.", {"float": 2**53 + 1}),
        ("negative-of-54-bits-for-float", "The same, negative.", {"float": -2**53 - 1}),
        ("u64-max-for-float", "The greatest u64 is no float.", {"float": U64_MAX}),
        ("text-for-float", "A text where a float is expected.", {"float": "1.5"}),
        ("text-for-bytes", "A text where bytes are expected.", {"bytes": "x"}),
        ("array-for-bytes", "An array where bytes are expected.", {"bytes": [1, 2]}),
        ("text-for-option", "Some of another type.", {"option": "7"}),
        ("array-for-option", "An option is not an array of none or one.", {"option": [7]}),
        ("text-in-list", "An element of another type.", {"list": [1, "2"]}),
        ("nil-in-list", "An element is nil.", {"list": [1, None]}),
        ("map-for-list", "A map where an array is expected.", {"list": {0: 1}}),
        ("ext-for-list", "An extension where an array is expected.", {"list": msgpack.ExtType(5, b"\1\2")}),
        ("list-of-u32-max", "The number of elements is 2^32 - 1.", {"list": sized(0xdd, 4, 2**32 - 1, b"\1\2")}),
        ("bytes-of-u32-max", "The length of bytes is 2^32 - 1.", {"bytes": sized(0xc6, 4, 2**32 - 1, b"\1\2")}),
        ("ext-of-u32-max", "The length of an extension is 2^32 - 1.", {"bytes": sized(0xc9, 4, 2**32 - 1, b"\5\1")}),
        ("tuple-of-one", "A tuple of two has one.", {"pair": [7]}),
        ("tuple-of-three", "A tuple of two has three.", {"pair": [7, "x", 1]}),
        ("map-for-tuple", "A map where a tuple is expected.", {"pair": {7: "x"}}),
        ("array-for-map", "An array where a map is expected.", {"map": ["a", 1]}),
        ("integer-for-a-key", "A key of another type.", {"map": {7: 1}}),
        ("text-for-a-key", "A key that is a number in words.", {"numbers": {"7": 1}}),
        ("nil-for-a-map-value", "A value of another type.", {"map": {"a": None}})]:
    unread(name, says, entries(*fields.items()))

# Sealed under our secret for another encoding, another shape or another name, whatever the payload.
for name, config, theirs in [
        ("compact-for-named", NAMED, TYPED), ("named-for-compact", TYPED, NAMED),
        ("other-shape", TYPED, replace(TYPED, shape=TYPED_TREE.shape)),
        ("shape-of-named", NAMED, "named/account-1/" + TYPED.shape),
        ("no-shape", TYPED, "postcard/account-1"), ("name-alone-for-named", NAMED, "account-1"),
        ("name-alone-for-compact", TYPED, "account-1"), ("other-schema-of-named", NAMED, "named/account-2"),
        ("longer-schema-of-named", NAMED, "named/account-10"), ("dict-for-named", NAMED, "dict"),
        ("dict-for-compact", TYPED, "dict"), ("named-for-dict", HOME, NAMED), ("compact-for-dict", HOME, TYPED),
        ("named-dict-for-dict", HOME, "named/dict"), ("named-value-for-named", NAMED, "named/value")]:
    s = {"": ALICE, "named": replace(ALICE, payload=bytes(packed(NAMES))), "compact": ACCOUNT}[config.encoding]
    bound = scope(config, schema=theirs if isinstance(theirs, str) else bound_schema(theirs))
    frame = seal(body(s), scope=bound)
    case(f"unknown-key {frame[1:3].hex()}", f"schema-{name}", "Sealed under our secret for another schema.",
         base64url(frame), config)
    case("forged", f"key-of-schema-{name}", "Our key id, the key of another schema.",
         base64url(seal(body(s), scope=bound, head=b"\x01" + key_id(HOME.current, scope(config)))), config)

# --- Cases: several tokens ---------------------------------------------------------------------------------------
SEVEN, EIGHT = [*map(forged, range(7))], [*map(forged, range(8))]
NINE_MALFORMED = [GOOD[:4] + "!" * n for n in range(9)]
NINE_UNKNOWN = [token(ALICE, secret=secret(n)) for n in range(9)]
BOB, BARE = replace(ALICE, id=derived("bob", 16)), replace(ALICE, data={})
OLD, NEW = (replace(ALICE, created=NOW - 90, age=age, data={"age": str(age)}) for age in (20, 30))
EXPIRED, ENDED = token(at(NOW - 20 * DAY, id=BOB.id)), token(at(NOW - 5, NOW - 40 * DAY))
CORRUPT = token(replace(ALICE, tail=b"\0"))
NEWER = token(replace(BOB, block=extension(2, b"")))
LOW, HIGH = b"\x7f" + b"\xff" * 23, b"\x80" + bytes(23)
for name, says, fields in [
        ("neighbours", "Cookies of any form around ours.", [f"ä=ö; =x; ;flag;{pair(GOOD)};q=\"a b\"; session=x"]),
        ("white-space-around", "SP and HTAB around the pair.", [f"a=b; \t {pair(GOOD)}\t ;c=d"]),
        ("several-fields", "Three Cookie fields, as HTTP/2 splits them.", ["a=b", pair(GOOD), "c=d"]),
        ("sent-twice", "Equal values are one token.", header(GOOD, GOOD)),
        ("after-forged", "A forged token before it.", header(forged(1), GOOD)),
        ("before-forged", "A forged token after it.", header(GOOD, forged(1))),
        ("after-7-forged", "The eighth opening is the last.", header(*SEVEN, GOOD)),
        ("before-ninth-opening", "What comes after the eighth opening is not seen.", header(GOOD, *SEVEN, token(BOB))),
        ("after-9-equal-forged", "Equal values are opened once.", header(*[forged(1)] * 9, GOOD)),
        ("after-9-malformed", "What is refused unopened is no opening.", header(*NINE_MALFORMED, GOOD)),
        ("after-9-unknown-keys", "What is refused unopened is no opening.", header(*NINE_UNKNOWN, GOOD)),
        ("after-expired-other-id", "An expired token is junk, whatever its id.", header(EXPIRED, GOOD)),
        ("beside-future-same-id", "A later renewal that does not stand is junk.", header(GOOD, token(at(NOW + 301)))),
        ("after-corrupt", "An authentic token that is not well-formed is junk.", header(CORRUPT, GOOD))]:
    accept(name, says, sent=fields)
for order, turn in (("first", 1), ("last", -1)):
    accept(f"later-renewal-{order}", "One id, two times of renewal: the later, whatever the nonce.", NEW, nonce=LOW,
           sent=header(*[token(NEW, nonce=LOW), token(OLD, nonce=HIGH)][::turn]))
    accept(f"greater-nonce-{order}", "One id, one time of renewal: the greater nonce.", nonce=HIGH,
           sent=header(*[token(ALICE, nonce=HIGH), token(BARE, nonce=LOW)][::turn]))
    accept(f"beside-unknown-extension-{order}", "One that is accepted beside it, of another session.",
           sent=header(*[GOOD, NEWER][::turn]))
    case("unknown-extension 2", f"beside-corrupt-{order}", "It came further than corrupt.", header(*[NEWER, CORRUPT][::turn]))
    case("idle-timeout", f"beside-unknown-extension-{order}", "It came further.", header(*[EXPIRED, NEWER][::turn]))
    case("ambiguous", f"alice-{order}", "Two ids that stand.", header(*[GOOD, token(BOB)][::turn]))
    case("idle-timeout", f"beside-forged-{order}", "It came further than forged.", header(*[EXPIRED, forged(1)][::turn]))
    case("idle-timeout", f"beside-absolute-{order}", "It comes later in the enum.", header(*[EXPIRED, ENDED][::turn]))
accept("equal-nonces", "One id, one time, one nonce, which no sealing brings about: the first sent.", nonce=LOW,
       sent=header(token(ALICE, nonce=LOW), token(BARE, nonce=LOW)))
case("ambiguous", "in-two-fields", "Two ids that stand, in two Cookie fields.", [pair(GOOD), pair(token(BOB))])
case(f"unknown-key {GONE_ID.hex()}", "first-of-two", "Of two that came equally far, the first sent.",
     header(GONE, token(ALICE, secret=secret(2))))
case("forged", "eight-times", "Eight forged tokens and no other.", header(*EIGHT))
case("too-many", "then-malformed", "After eight openings nothing is looked at.", header(*EIGHT, GOOD[:4] + "!"))
case("too-many", "then-sent-before", "After eight openings nothing is looked at.", header(*EIGHT, EIGHT[0]))
case("too-many", "after-8-forged", "Eight forged tokens shadow a good one.", header(*EIGHT, GOOD))

def twins():
    """Two secrets with one key id: each key tried is an opening."""
    seen = {}
    for s in map(secret, itertools.count()):
        first = seen.setdefault(key_id(s, scope(HOME)), s)
        if first != s:
            return replace(HOME, current=first, previous=(s,))

TWINS = twins()
SECOND = token(ALICE, secret=TWINS.previous[0])
FORGED = [forged(n, TWINS.current) for n in range(4)]
accept("shared-key-id-first", "Two secrets share a key id, sealed under the first.", config=TWINS)
accept("shared-key-id-second", "Two secrets share a key id, sealed under the second.", config=TWINS,
       sent=SECOND, by="previous")
accept("shared-key-id-six-openings", "Three forged tokens under a shared key id are six openings.", config=TWINS,
       sent=header(*FORGED[:3], SECOND), by="previous")
case("forged", "shared-key-id", "Neither key opens it.", FORGED[0], TWINS)
case("too-many", "shared-key-id", "Four forged tokens are eight openings.", header(*FORGED, SECOND), TWINS)

# --- Cases: the transport of the request, and names that are not ours --------------------------------------------
case("other-transport", "http-request", "A request over http to a configuration for https.", GOOD, arrives="http")
case("other-transport", "https-request", "A request over https to a configuration for http.",
     token(ALICE, PLAIN), PLAIN, arrives="https")
case("other-transport", "malformed-cookie", "Over the other transport nothing is opened.", "x", arrives="http")
case("none", "other-transport", "Over the other transport, without our cookie.", ["theme=dark"], arrives="http")
case("none", "prefix-over-http", "A prefix where we have none.", [f"__Host-session={GOOD}"], PLAIN)
for name, says, sent in [
        ("no-cookie-of-ours", "Neighbours only.", "theme=dark; lang=en"),
        ("without-prefix", "Our name without its prefix.", f"session={GOOD}"),
        ("other-prefix", "Our name with another prefix.", f"__Secure-session={GOOD}"),
        ("other-case", "Names are compared byte for byte.", f"__host-session={GOOD}; __Host-Session={GOOD}"),
        ("longer-name", "Names that contain ours.", f"__Host-session2={GOOD}; x__Host-session={GOOD}"),
        ("space-before-equals", "White space before the sign is part of the name.", f"__Host-session ={GOOD}"),
        ("no-break-space-before", "Only SP and HTAB are trimmed.", f"a=b;\u00a0{pair(GOOD)}"),
        ("percent-encoded-name", "Names are not decoded.", f"__Host%2Dsession={GOOD}"),
        ("without-equals", "Without an equals sign there is no name.", "__Host-session; a=b"),
        ("inside-quotes", "The value of a neighbour.", f'a="{pair(GOOD)}"'),
        ("in-comma-list", "A comma separates no pairs.", f"a=b, {pair(GOOD)}")]:
    case("none", name, says, [sent])

# --- Cases: flash messages ---------------------------------------------------------------------------------------
SAID = flash((1, "Done."), (3, "Zu groß: 9 €"))

def flashed(expect, name, says, sent, config=HOME, won=(), arrives=None):
    case(expect, name, says, sent, config, arrives, won, "flash", "flash/")

def shown(name, says, s=SAID, config=HOME, sent=None, by="current", secret=None, nonce=None):
    assert s.created - 300 <= max(config.now, 0) < s.created + 300, name
    won = shows(s, by, nonce or nonce_of(body(s)), config.now)
    flashed("accept", name, says, sent or flash_token(s, config, secret, nonce), config, won)

def flash_pair(value, config=HOME): return f"{flash_name(config)}={value}"
def flash_header(*values): return ["; ".join(map(flash_pair, values))]
def flash_seal(body, secret=HOME.current, **more): return base64url(seal(body, secret, flash_scope(HOME), **more))

shown("two-messages", "Two messages under all defaults.")
shown("one-empty-text", "A text may be empty.", flash((0, "")))
shown("every-level", "Info, success, warning, error.", flash(*((level, f"{level}") for level in range(4))))
shown("eight-messages", "As many as go out at once.", flash(*[(2, "x")] * 8))
shown("1024-bytes", "As long as they may be together.", flash((0, "é" * 256), (1, "x" * 512)))
shown("padding-of-1", "A zero byte after the payload.", replace(SAID, pad=1))
shown("last-second", "One second before they end.", replace(SAID, created=NOW - 299))
shown("300-s-ahead", "Sealed as far in the future as clocks may differ.", replace(SAID, created=NOW + 300))
shown("with-an-age", "The first was pushed 100 seconds before the second.", flash((1, "Done.", 100), (3, "Zu groß: 9 €")))
shown("every-level-with-an-age", "The age of one to four seconds.",
      flash(*((level, f"{level}", level + 1) for level in range(4))))
shown("eight-ages", "As many as go out at once, and all but one carried on.",
      flash(*[(2, "x", 200)] * 7, (2, "y")))
shown("last-second-of-an-age", "One second before the first ends.", flash((0, "old", 239), (0, "new")))
shown("past-an-age", "The first has ended by its own time, and the second has not.", flash((0, "old", 240), (0, "new")))
shown("past-every-age", "All have ended by their own time.", flash((0, "old", 240), (0, "older", 241)))
shown("age-of-600-s", "Carried on by a machine whose clock is behind.",
      flash((0, "ahead"), (0, "old", 599), (0, "older", 600), created=NOW + 300))
shown("age-since-1970", "An age as long as there can be.", flash((0, "old", NOW - 60), (0, "new")))
shown("previous", "Sealed under a previous secret.", config=BEFORE, by="previous", secret=secret(2))
shown("upcoming", "Sealed under an upcoming secret.", config=AFTER, by="upcoming", secret=secret(3))
shown("over-http", "No prefix over http.", config=PLAIN)
shown("every-scope-field", "No default in the scope.", config=replace(APP, name="sid", partitioned=True))
SEEN, LATER = (flash((0, f"{age}"), created=NOW - age) for age in (90, 30))
FALSE = [base64url(seal(body(replace(SAID, created=n)), scope=flash_scope(HOME))[:-1] + b"\0") for n in range(8)]
for order, turn in (("first", 1), ("last", -1)):
    shown(f"newest-{order}", "Of two that stand the one sealed last, whatever the nonce.", LATER, nonce=LOW,
          sent=flash_header(*[flash_token(LATER, nonce=LOW), flash_token(SEEN, nonce=HIGH)][::turn]))
    shown(f"greater-nonce-{order}", "Sealed within one second: the greater nonce.", SAID, nonce=HIGH,
          sent=flash_header(*[flash_token(SAID, nonce=HIGH), flash_token(flash((0, "")), nonce=LOW)][::turn]))
shown("after-7-forged", "The eighth opening is the last.", sent=flash_header(*FALSE[:7], flash_token(SAID)))
shown("beside-a-session", "The session is another cookie.", sent=[f"{pair(GOOD)}; {flash_pair(flash_token(SAID))}"])
flashed("too-many", "after-8-forged", "Eight forged ones shadow a good one.", flash_header(*FALSE, flash_token(SAID)))
flashed("absolute-timeout", "boundary-instant", "The very second of it is too late.",
        flash_token(replace(SAID, created=NOW - 300)))
flashed("from-the-future", "by-301-s", "One second further ahead than clocks may differ.",
        flash_token(replace(SAID, created=NOW + 301)))
flashed("from-the-future", "u64-max", "The last second of a u64.", flash_token(replace(SAID, created=U64_MAX)))
flashed("malformed", "empty", "The value is empty, as of a removal.", [flash_pair("")])
flashed("malformed", "trailing-bits", "A bit in the last character beyond the last byte.",
        flash_token(flash((0, "xxx")))[:-1] + chr(ord(flash_token(flash((0, "xxx")))[-1]) + 1))
flashed("too-long", "by-one", "One character more than the name leaves.", "A" * (4096 - len(flash_name(HOME))))
flashed("unknown-version 2", "2", "The version byte is another.", "Ag" + flash_token(SAID)[2:])
SAME = b"\x01" + key_id(HOME.current, flash_scope(HOME))
TAIL = seal(body(SAID), scope=flash_scope(HOME))
flashed("forged", "last-bit", "The last bit of the tag is flipped.", base64url(TAIL[:-1] + bytes([TAIL[-1] ^ 1])))
flashed("forged", "session-token", "A session, given the key id of messages.", base64url(SAME + seal(body(ALICE))[3:]))
for what, config in {"name": replace(HOME, name="sid"), "context": replace(HOME, context="shop"), "transport": PLAIN,
                     "path": replace(HOME, path="/app"), "secret": replace(HOME, current=secret(1))}.items():
    frame = seal(body(SAID), config.current, flash_scope(config))
    flashed(f"unknown-key {frame[1:3].hex()}", f"other-{what}", f"Sealed for another {what}.", base64url(frame))
    flashed("forged", f"key-of-other-{what}", f"Our key id, the key of another {what}.",
            base64url(seal(body(SAID), config.current, flash_scope(config), head=SAME)))
flashed(f"unknown-key {seal(body(ALICE))[1:3].hex()}", "session-token", "A session in the cookie of messages.", GOOD)
flashed("none", "session-alone", "A session in its own cookie is no message.", [pair(GOOD)])
flashed("none", "longer-name", "A name that begins with ours.", [f"{flash_name(HOME)}2={flash_token(SAID)}"])
flashed("other-transport", "http-request", "A request over http to a configuration for https.", flash_token(SAID),
        arrives="http")
for name, says, s in [
        ("no-messages", "None at all.", flash()), ("nine-messages", "One too many.", flash(*[(2, "x")] * 9)),
        ("1025-bytes", "One byte too many.", flash((0, "x" * 1025))),
        ("level-of-4", "There is no such level.", flash((4, "x"))),
        ("level-of-64", "A bit between the level and that of an age.", flash((64, "x"))),
        ("level-of-4-with-an-age", "There is no such level.", flash((4, "x", 1))),
        ("age-of-0", "Without an age it is shorter.", flash((0, "x", 0), (0, "y"))),
        ("age-before-1970", "Pushed one second before 1970.", flash((0, "x", NOW - 59), (0, "y"))),
        ("age-of-u64-max", "The age is 2^64 - 1.", flash((0, "x", U64_MAX), (0, "y"))),
        ("overlong-age", "The varint of an age is not the shortest.", flash((0, "x", overlong(1)), (0, "y"))),
        ("cut-after-age", "An age and no text.", flash(payload=b"\1\x80\1")),
        ("no-age", "An age is announced, and not there.", flash(payload=b"\1\x80")),
        ("count-too-large", "One fewer than counted.", flash((0, "x"), count=2)),
        ("count-too-small", "One more than counted.", flash((0, "x"), (0, "y"), count=1)),
        ("overlong-count", "The count is not the shortest varint.", flash((0, "x"), count=overlong(1))),
        ("overlong-length", "A length is not the shortest varint.", flash(payload=b"\1\0\x81\0x")),
        ("length-of-u64-max", "The length of a text is 2^64 - 1.", flash(payload=b"\1\0" + varint(U64_MAX) + b"x")),
        ("not-utf8", "A text is a cut UTF-8 sequence.", flash((0, b"\xc3"))),
        ("byte-after", "A byte follows the last text.", replace(SAID, tail=b"\0")),
        ("no-payload", "No payload.", flash(payload=b"")),
        ("pad-not-zero", "The padding is not zero.", replace(SAID, pad=1, tail=b"\1")),
        ("id", "Messages have no id.", replace(SAID, id=ALICE.id)),
        ("age", "Messages are not renewed.", replace(SAID, age=1)),
        ("own", "Messages have no timeout of their own.", replace(SAID, own=300)),
        ("confirmed", "Messages have no confirmation.", replace(SAID, confirmed=NOW - 60)),
        ("empty-block", "A block of extensions without any.", replace(SAID, block=b"")),
        ("overlong-created", "The varint of created is not the shortest.", replace(SAID, created=overlong(NOW)))]:
    flashed("corrupt", name, says, flash_token(s))
flashed("unknown-extension 2", "2", "An extension that is not known.", flash_token(replace(SAID, block=extension(2, b""))))
flashed("corrupt", "empty-body", "No body at all.", flash_seal(b""))

# The other way round they are sessions that do not stand.
case(f"unknown-key {SAME[1:].hex()}", "flash-token", "Messages in the cookie of the session.", flash_token(SAID))
case("forged", "flash-token", "Messages, given the key id of sessions.", base64url(seal(body(ALICE))[:3] + TAIL[3:]))

# --- Cases: sealed values ----------------------------------------------------------------------------------------
LINK, FLOW = Sealer(), Sealer(flow="flow")
IN_SESSION, IN_RECORD = Sealer(session=ALICE.id), Sealer(record=b"$argon2id$v=19$hash")

def value(user="alice", visits=3, admin=False, **changed):
    """A value of the type `account`, in a body without an id."""
    held = {"user": user, "visits": visits, "admin": admin}
    return replace(Session(id=bytes(16), payload=msgpack.packb(held), value=held), **changed)

MEANT = value()

def sealed(expect, name, says, sent, sealer=LINK, config=HOME, won=(), arrives=None):
    more = [f"purpose: {sealer.purpose}", f"lifetime: {sealer.lifetime}"] + [f"flow: {sealer.flow}"] * bool(sealer.flow)
    more += [f"{word}: {bound.hex() or '-'}" for word in ("session", "record") if (bound := getattr(sealer, word)) is not None]
    case(expect, name, says, sent, config, arrives, won, "sealed", "sealer/", more)

def opened(name, says, s=MEANT, sealer=LINK, config=HOME, sent=None, by="current", secret=None, nonce=None):
    assert s.created - 300 <= max(config.now, 0) < s.created + sealer.lifetime, name
    won = opens(s, by, nonce or nonce_of(body(s)))
    sealed("accept", name, says, sent or sealer.sealed(s, config, secret, nonce), sealer, config, won)

def flow_header(*values, config=HOME): return ["; ".join(f"{FLOW.cookie(config)}={sent}" for sent in values)]

SHOP = replace(HOME, name="sid", path="/app", domain="example.com", partitioned=True, context="till")
opened("text", "A value under all defaults.")
opened("cookie", "The same in a cookie of its own.", sealer=FLOW)
opened("every-scope-field", "Each setting that goes into the keys.", config=SHOP)
opened("every-scope-field-in-a-cookie", "The same in a cookie.", config=SHOP, sealer=FLOW)
opened("over-http", "Without TLS, and without a prefix.", config=PLAIN, sealer=FLOW)
opened("other-session-name", "The name of the session is not part of it.", config=replace(HOME, name="sid"),
       sent=LINK.sealed(MEANT))
opened("longest-purpose", "A purpose of 64 bytes.", sealer=Sealer("p" * 64))
opened("purpose-of-one-byte", "A purpose of one byte.", sealer=Sealer("~"))
opened("purpose-of-sessions", "A purpose with the name of another one.", sealer=Sealer("session"))
opened("in-its-session", "Bound to the session that names it.", sealer=IN_SESSION)
opened("with-its-record", "Bound to a record.", sealer=IN_RECORD)
opened("with-an-empty-record", "A record may be empty, which is not the same as none.", sealer=Sealer(record=b""))
opened("with-a-long-record", "A record of 5,000 bytes.", sealer=Sealer(record=b"x" * 5000))
opened("record-of-an-id", "A record that holds the id of a session.", sealer=Sealer(record=ALICE.id))
opened("previous", "Sealed by a previous secret.", config=replace(HOME, previous=(secret(1),)), by="previous",
       secret=secret(1))
opened("upcoming", "Sealed by an upcoming secret.", config=replace(HOME, upcoming=(secret(1),)), by="upcoming",
       secret=secret(1))
opened("last-second", "One second before it ends.", value(created=NOW - 3599))
opened("300-s-ahead", "As far ahead as clocks may differ.", value(created=NOW + 300))
opened("padding-of-128", "The length of the padding takes two bytes.", value(pad=128))
opened("unknown-field", "A field that this build does not know.",
       replace(MEANT, payload=msgpack.packb(MEANT.value | {"more": [1, {"x": None}]})))
for turn, which in enumerate(("first", "last")):
    opened(f"newest-{which}", f"Of two cookies the newest, sent {which}.", value("later", created=NOW - 30), FLOW,
           sent=flow_header(*[FLOW.sealed(value("later", created=NOW - 30)), FLOW.sealed(MEANT)][::1 - 2 * turn]))
opened("beside-one-that-ended", "One that has ended does not shadow it.", sealer=FLOW,
       sent=flow_header(FLOW.sealed(value(created=NOW - 3600)), FLOW.sealed(MEANT)))
FLOWS = b"\x01" + key_id(HOME.current, FLOW.scope(HOME))
BAD = [base64url(seal(body(value(visits=n)), secret(9), FLOW.scope(HOME), head=FLOWS)) for n in range(8)]
opened("after-7-forged", "The eighth opening is the last.", sealer=FLOW, sent=flow_header(*BAD[:7], FLOW.sealed(MEANT)))
sealed("too-many", "after-8-forged", "Eight forged ones shadow a good one.", flow_header(*BAD, FLOW.sealed(MEANT)), FLOW)

sealed("absolute-timeout", "boundary-instant", "The very second of its end is too late.",
       LINK.sealed(value(created=NOW - 3600)))
sealed("absolute-timeout", "shorter-lifetime", "The lifetime is that of the sealer that opens.", LINK.sealed(MEANT),
       Sealer(lifetime=60))
sealed("from-the-future", "by-301-s", "One second further ahead than clocks may differ.",
       LINK.sealed(value(created=NOW + 301)))
sealed("from-the-future", "u64-max", "The last second of a u64.", LINK.sealed(value(created=U64_MAX)))
sealed("malformed", "three-characters", "Shorter than version and key id.", LINK.sealed(MEANT)[:3])
sealed("malformed", "cut", "A known key, and too short for a frame.", LINK.sealed(MEANT)[:8])
sealed("malformed", "padded", "base64 padding is not part of it.", LINK.sealed(MEANT) + "=")
sealed("malformed", "space-after", "White space is not trimmed.", LINK.sealed(MEANT) + " ")
sealed("malformed", "empty-cookie", "The value is empty, as of a removal.", flow_header(""), FLOW)
sealed("too-long", "by-one", "One character too many.", "A" * 4096)
sealed("too-long", "cookie-by-one", "One character more than the name leaves.", "A" * (4096 - len(FLOW.cookie(HOME))), FLOW)
sealed("unknown-version 0", "4095-characters", "As long as a text may be.", "A" * 4095)
sealed("unknown-version 2", "2", "The version byte is another.", "Ag" + LINK.sealed(MEANT)[2:])
OURS = b"\x01" + key_id(HOME.current, LINK.scope(HOME))
for what, sealer, config in [
        ("purpose", Sealer("unlink"), HOME), ("case-of-the-purpose", Sealer("Link"), HOME), ("cookie", FLOW, HOME),
        ("path", LINK, replace(HOME, path="/app")), ("domain", LINK, replace(HOME, domain="example.com")),
        ("context", LINK, replace(HOME, context="shop")), ("transport", LINK, PLAIN),
        ("secret", LINK, replace(HOME, current=secret(1)))]:
    frame = seal(body(MEANT), config.current, sealer.scope(config))
    sealed(f"unknown-key {frame[1:3].hex()}", f"other-{what}", f"Sealed for another {what}.", base64url(frame))
    sealed("forged", f"key-of-other-{what}", f"Our key id, the key of another {what}.",
           base64url(seal(body(MEANT), config.current, sealer.scope(config), head=OURS)))
sealed(f"unknown-key {OURS[1:].hex()}", "text-in-a-cookie", "A value of a text in a cookie.", LINK.sealed(MEANT), FLOW)
sealed(f"unknown-key {seal(body(ALICE))[1:3].hex()}", "session-token", "A session is no value.", GOOD)
sealed(f"unknown-key {TAIL[1:3].hex()}", "flash-token", "Messages are no value.", flash_token(SAID))
sealed("forged", "session-token", "A session, given the key id of values.", base64url(OURS + seal(body(ALICE))[3:]))
for name, says, by, to in [
        ("bound-to-a-session", "Bound to a session, opened without it.", IN_SESSION, LINK),
        ("bound-to-a-record", "Bound to a record, opened without it.", IN_RECORD, LINK),
        ("unbound-in-a-session", "Bound to nothing, opened in a session.", LINK, IN_SESSION),
        ("unbound-with-a-record", "Bound to nothing, opened with a record.", LINK, IN_RECORD),
        ("unbound-with-an-empty-record", "Bound to nothing, opened with an empty record.", LINK, Sealer(record=b"")),
        ("other-session", "Bound to another session.", IN_SESSION, Sealer(session=BOB.id)),
        ("other-record", "Bound to another record.", IN_RECORD, Sealer(record=b"$argon2id$v=19$hasH")),
        ("session-for-a-record", "Bound to a session, opened with its id as the record.", IN_SESSION,
         Sealer(record=ALICE.id)),
        ("record-for-a-session", "Bound to a record, opened in the session whose id it holds.", Sealer(record=ALICE.id),
         IN_SESSION)]:
    sealed("forged", name, says, by.sealed(MEANT), to)
for name, says, bound in [
        ("binding-without-its-kind", "The id alone at the end of the additional data.", ALICE.id),
        ("binding-of-the-other-kind", "The kind of a record before an id.", b"\2" + ALICE.id)]:
    sealed("forged", name, says, base64url(seal(body(MEANT), scope=LINK.scope(HOME), aad=OURS + bound)), IN_SESSION)
sealed("forged", "record-not-hashed", "The record itself in the additional data.",
       base64url(seal(body(MEANT), scope=LINK.scope(HOME), aad=OURS + b"\2" + IN_RECORD.record)), IN_RECORD)
sealed("none", "session-alone", "A session in its own cookie is no value.", [pair(GOOD)], FLOW)
sealed("other-transport", "http-request", "A request over http to a configuration for https.", FLOW.sealed(MEANT), FLOW,
       arrives="http")
for name, says, s in [
        ("id", "A value has no id.", value(id=ALICE.id)), ("age", "A value is not renewed.", value(age=1)),
        ("own", "A value has no timeout of its own.", value(own=300)),
        ("age-at-u64-max", "An age that no second has room for.", value(created=U64_MAX, age=1)),
        ("confirmed", "A value has no confirmation.", value(confirmed=NOW - 60)),
        ("own-and-confirmed", "Neither of the two.", value(own=300, confirmed=NOW - 60)),
        ("empty-block", "A block of extensions without any.", value(block=b"")),
        ("overlong-own", "The varint of its own timeout is not the shortest.", value(own=overlong(0))),
        ("unknown-extension-cut", "An extension that is not known, beyond its block.", value(block=b"\2\1")),
        ("unknown-extension-and-padding", "One that is not known, and padding that is not zero.",
         value(block=extension(2, b""), pad=1, tail=b"\1")),
        ("confirmed-when-sealed", "Nor one of the second in which it was sealed.", value(confirmed=MEANT.created)),
        ("no-payload", "No payload.", value(payload=b"")), ("byte-after", "A byte follows the value.", value(tail=b"\0")),
        ("pad-not-zero", "The padding is not zero.", value(pad=1, tail=b"\1")),
        ("overlong-created", "The varint of created is not the shortest.", value(created=overlong(NOW))),
        ("array-for-struct", "An array where a struct is.", value(payload=msgpack.packb(["alice", 3, False]))),
        ("other-type", "A value of another type.", value(payload=msgpack.packb("alice"))),
        ("missing-field", "A field is missing.", value(payload=msgpack.packb({"user": "alice", "visits": 3}))),
        ("and-ended", "It cannot be read, and has ended: that it cannot be read comes first.",
         value(payload=b"", created=NOW - 3600)),
        ("and-from-the-future", "It cannot be read, and is ahead.", value(payload=b"", created=NOW + 301))]:
    sealed("corrupt", name, says, LINK.sealed(s))
# What is not known comes before whatever else a body has that no value has.
for tag, name, says, s in [
        (2, "2", "An extension that is not known.", value(block=extension(2, b""))),
        (255, "255", "The greatest tag, with content.", value(block=extension(255, b"x"))),
        (2, "lowest", "Of two that are not known the lowest.", value(block=extension(2, b"") + extension(3, b""))),
        (2, "and-id", "With an id.", value(id=ALICE.id, block=extension(2, b""))),
        (2, "and-own", "With a timeout of its own.", value(own=300, block=extension(2, b""))),
        (2, "and-no-payload", "Without a value.", value(payload=b"", block=extension(2, b""))),
        (2, "and-ended", "It has ended.", value(created=NOW - 3600, block=extension(2, b""))),
        (2, "and-from-the-future", "It is ahead.", value(created=NOW + 301, block=extension(2, b"")))]:
    sealed(f"unknown-extension {tag}", name, says, LINK.sealed(s))
sealed("unknown-extension 2", "in-a-cookie", "In a cookie.", FLOW.sealed(value(block=extension(2, b""))), FLOW)
opened("beside-an-unknown-extension", "One with an extension that is not known does not shadow it.", sealer=FLOW,
       sent=flow_header(FLOW.sealed(value(created=NOW, block=extension(2, b""))), FLOW.sealed(MEANT)))
sealed("corrupt", "empty-body", "No body at all.", base64url(seal(b"", scope=LINK.scope(HOME))))
# The other way round a value is neither a session nor messages.
case(f"unknown-key {OURS[1:].hex()}", "sealed-value", "A value in the cookie of the session.", LINK.sealed(MEANT))
flashed(f"unknown-key {OURS[1:].hex()}", "sealed-value", "A value in the cookie of messages.", LINK.sealed(MEANT))

# --- Cases: tokens for forms -------------------------------------------------------------------------------------
def form(expect, name, says, text, method=None, target=None, session=GOOD, random=None):
    sent = f"csrf: {text}" if isinstance(text, str) else f"csrf-bytes: {text.hex() or '-'}"
    scoped = [] if method is None else [f"method: {method or '-'}", f"target: {target}"]
    case(expect, name, says, session, folder="csrf/", more=[sent, *scoped],
         won=[f"random: {random.hex()}"] if random else [])

DRAWN = derived("random", 16)
EVERY, ONE = csrf_token(ALICE.id, DRAWN), csrf_token(ALICE.id, DRAWN, "POST", "/transfer")
form("accept", "every-form", "One that is good for every form.", EVERY, random=DRAWN)
form("accept", "random-of-zeros", "Nothing is asked of what is random.", csrf_token(ALICE.id, bytes(16)),
     random=bytes(16))
form("accept", "one-form", "One for a method and a path.", ONE, "POST", "/transfer", random=DRAWN)
form("accept", "empty-path", "The path may be empty.", csrf_token(ALICE.id, DRAWN, "POST"), "POST", "", random=DRAWN)
form("accept", "escaped-path", "The path is taken byte by byte.", csrf_token(ALICE.id, DRAWN, "PUT", "/a%20é"), "PUT",
     "/a%20é", random=DRAWN)
form("mismatch", "other-session", "One of another session.", csrf_token(BOB.id, DRAWN))
form("mismatch", "other-session-one-form", "One of another session, for this form.",
     csrf_token(BOB.id, DRAWN, "POST", "/transfer"), "POST", "/transfer")
form("mismatch", "one-form-for-every", "One for a form is not good for every form.", ONE)
form("mismatch", "every-form-for-one", "One for every form is not good for one.", EVERY, "POST", "/transfer")
form("mismatch", "other-method", "One for another method.", ONE, "PUT", "/transfer")
form("mismatch", "method-in-lower-case", "Methods are compared byte by byte.", ONE, "post", "/transfer")
form("mismatch", "other-path", "One for another path.", ONE, "POST", "/transfer/")
form("mismatch", "split-elsewhere", "The same bytes, of which the path has one more.", ONE, "POS", "T/transfer")
for at_byte, what in ((1, "random"), (16, "end-of-random"), (17, "mac"), (32, "end-of-mac")):
    bent = bytearray(base64.urlsafe_b64decode(EVERY))
    bent[at_byte] ^= 1
    form("mismatch", f"bit-in-{what}", f"A bit in byte {at_byte} is flipped.", base64url(bytes(bent)))
form("mismatch", "zeros", "A version and zeros.", base64url(b"\1" + bytes(32)))
form("no-id", "pre-session", "Without a session there is no token.", EVERY, session=["theme=dark"])
for version in (0, 2, 255):
    form(f"unknown-version {version}", f"{version}", "The version byte is another.",
         base64url(bytes([version]) + base64.urlsafe_b64decode(EVERY)[1:]))
form("unknown-version 2", "pre-session", "The version is looked at before the session.", base64url(b"\2" + bytes(32)),
     session=["theme=dark"])
form("empty", "text", "No text.", b"")
form("empty-method", "for-a-path", "A form has a method.", EVERY, "", "/transfer")
form("too-long 45", "by-one", "One character too many.", EVERY + "A")
form("too-long 46", "padded", "base64 padding is not part of it.", EVERY + "==")
form("too-long 4096", "4096-bytes", "As long as a cookie.", b"A" * 4096)
form("too-long 45", "not-ascii", "The length is of bytes, and goes before the alphabet.", EVERY[:43] + "ä")
form("malformed", "cut", "The last character is missing.", EVERY[:-1])
form("malformed", "cut-to-32-bytes", "The last byte is missing.", base64url(base64.urlsafe_b64decode(EVERY)[:-1]))
form("malformed", "one-character", "One character.", "A")
form("malformed", "not-ascii", "Bytes that are no ASCII.", raw(EVERY[:42] + "ä"))
form("malformed", "not-utf8", "Bytes that are no UTF-8.", raw(EVERY[:43]) + b"\xff")
form("malformed", "nul", "A NUL in place of a character.", raw(EVERY[:43]) + b"\0")
form("malformed", "trailing-bits", "32 bytes with a bit beyond the last, filled up to the length.",
     base64url(bytes([1]) + bytes(31))[:-1] + "B=")
SLASHED = csrf_token(ALICE.id, derived("slashed", 16))
assert set("-_") & set(SLASHED)
form("malformed", "standard-alphabet", "+ and / in place of - and _.", SLASHED.replace("-", "+").replace("_", "/"))
form("malformed", "space-before", "White space is not trimmed.", " " + EVERY[:-1])
form("malformed", "session-token", "The first characters of a session.", GOOD[:43] + ".")

# --- Cases: ids of adopted sessions ------------------------------------------------------------------------------
def adopted(name, says, value, same_as, cookie="id"):
    """The id is that of the value `same_as`, which has one spelling only."""
    sent = f"value: {value}" if isinstance(value, str) else f"value-bytes: {value.hex() or '-'}"
    id = hmac_sha256(b"sealed-session v1 adopted", lp(cookie) + lp(same_as))[:16]
    lines = [f"# {says}", f"name: {cookie}", sent, "expect: accept", f"id: {id.hex()}"]
    FILES[f"adopted/accept-{name}.txt"] = "\n".join(lines) + "\n"

OLD = base64.b64encode(derived("old", 60)).decode().rstrip("=") + "=="
assert set("+/") & set(OLD)
adopted("value", "The value of a cookie in base64.", OLD, OLD)
adopted("other-name", "The same value in another cookie.", OLD, OLD, "session")
adopted("prefix", "The same value in a cookie with a prefix.", OLD, OLD, "__Host-id")
adopted("split-elsewhere", "The same bytes, of which the name has one more.", OLD[1:], OLD[1:], f"id{OLD[0]}")
adopted("empty", "An empty value.", b"", b"")
adopted("long", "As long as a cookie.", "x" * 4093, "x" * 4093)
adopted("white-space", "White space around the value is not part of it.", raw(f" \t{OLD}\t "), OLD)
adopted("white-space-inside", "White space inside the value is.", raw(f"a {OLD}"), f"a {OLD}")
adopted("quoted", "A pair of quotes around it is not part of it.", f'"{OLD}"', OLD)
adopted("quoted-empty", "A pair of quotes around nothing.", '""', b"")
adopted("quoted-twice", "The second pair of quotes is.", f'""{OLD}""', f'"{OLD}"')
adopted("one-quote", "One quote by itself is part of it.", '"', '"')
adopted("quote-before", "A quote at one end only is.", f'"{OLD}', f'"{OLD}')
adopted("white-space-in-quotes", "White space in the quotes is.", f'" {OLD} "', f" {OLD} ")
adopted("escaped-padding", "As many libraries write it.", OLD.replace("=", "%3D").replace("+", "%2B"), OLD)
adopted("escaped-lower-case", "Digits in lower case.", OLD.replace("=", "%3d").replace("/", "%2f"), OLD)
adopted("escaped-all", "Every byte is escaped.", "".join(f"%{byte:02X}" for byte in raw(OLD)), OLD)
adopted("escaped-quotes", "Escaped quotes are part of it.", f"%22{OLD}%22", f'"{OLD}"')
adopted("escaped-white-space", "Escaped white space is part of it.", f"%20{OLD}", f" {OLD}")
adopted("escaped-bytes", "Bytes that are no ASCII.", "%00%ff%C3", b"\0\xff\xc3")
adopted("escaped-twice", "It is decoded once.", "%2541", "%41")
adopted("not-escaped", "A percent sign without two digits stays.", "%%4%4g%g4%", "%%4%4g%g4%")
adopted("not-escaped-then-escaped", "The next one counts.", "%%41%4%42", "%A%4B")
adopted("plus", "A plus sign is no space.", "a+b", "a+b")

# --- Run ---------------------------------------------------------------------------------------------------------
wanted = {name: content.encode() for name, content in FILES.items()}
found = {str(path.relative_to(HERE)): path.read_bytes() for path in HERE.rglob("*.txt")}
if sys.argv[1:] == ["--check"]:
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    for name in wrong:
        print("extra:" if name not in wanted else "missing:" if name not in found else "differs:", name)
    sys.exit(bool(wrong))
for name in found:
    (HERE / name).unlink()
for name, content in wanted.items():
    (HERE / name).parent.mkdir(exist_ok=True)
    (HERE / name).write_bytes(content)
