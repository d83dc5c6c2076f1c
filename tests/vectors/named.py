"""Payloads of the encoding `named`, a second time: MessagePack with the names of fields and variants.

The library `msgpack` takes the bytes apart and puts them together. What a type reads is said here, by the rules of
serde and of the wire format. A type is a function of what the library found and of the number of levels around it: it
returns the value as it is written anew, and raises a `ValueError` for what it does not read. The types are those of
`src/decode/vector_types.rs`.
"""
import itertools

import msgpack

LEVELS = 64  # a level is a map, a sequence, a tuple, a struct or the content of a variant
I64, U32, U64, U128 = (-(2**63), 2**63 - 1), (0, 2**32 - 1), (0, 2**64 - 1), (0, 2**128 - 1)

class Pairs(list):
    """A map as it came: every key, in order, as often as it is there."""

def read(of_type, payload):
    found = msgpack.unpackb(payload, object_pairs_hook=Pairs, strict_map_key=False, unicode_errors="surrogateescape")
    return of_type(found, 0)

def written(value):
    return msgpack.packb(value)

# --- What a type is made of --------------------------------------------------------------------------------------
def expect(holds, what):
    if not holds:
        raise ValueError(what)

def inside(level):
    expect(level < LEVELS, "too many levels")
    return level + 1

def nothing(found, level):
    expect(found is None, "not nil")

def empty_struct(found, level):
    expect(found is None or found == [] and not isinstance(found, Pairs), "neither nil nor an empty array")
    return []

def truth(found, level):
    expect(type(found) is bool, "not a bool")
    return found

def whole(least, most):
    def read(found, level):
        expect(type(found) is int and least <= found <= most, "not an integer of this type")
        return found
    return read

def wide(found, level):
    """More than 64 bits are written as 16 bytes, and never as an integer; both are read."""
    if type(found) is not int:
        found = blob(found, level)
        expect(len(found) == 16, "not 16 bytes")
        found = int.from_bytes(found, "big")
    return whole(*U128)(found, level).to_bytes(16, "big")

def floating(found, level):
    """An integer is a float where it need not be rounded."""
    expect(type(found) is float or type(found) is int and int(float(found)) == found, "no such number")
    return float(found)

def text(found, level):
    """Bytes that are UTF-8 are text, too. What is not UTF-8 came with surrogates in its place."""
    expect(type(found) in (str, bytes), "not text")
    (found if type(found) is bytes else found.encode()).decode()
    return found if type(found) is str else found.decode()

def blob(found, level):
    """Text is none, unless it is not UTF-8."""
    if type(found) is str and any("\ud800" <= character <= "\udfff" for character in found):
        return found.encode(errors="surrogateescape")
    expect(type(found) is bytes, "not bytes")
    return found

def optional(some):
    def read(found, level):
        return None if found is None else some(found, level)
    read.missing = None
    return read

def elements(found):
    """Bytes are an array of integers, too."""
    expect(type(found) in (list, bytes), "not an array")
    return list(found)

def sequence(of_type):
    def read(found, level):
        within = inside(level)
        return [of_type(one, within) for one in elements(found)]
    return read

def tuple_of(*types):
    def read(found, level):
        within = inside(level)
        expect(len(elements(found)) == len(types), "another number of elements")
        return [of_type(one, within) for of_type, one in zip(types, elements(found))]
    return read

def map_of(key, value):
    """In the order of the keys; of a key that is there twice the last."""
    def read(found, level):
        expect(isinstance(found, Pairs), "not a map")
        within = inside(level)
        return dict(sorted({key(name, within): value(one, within) for name, one in found}.items()))
    return read

def skipped(found, level):
    """What stands behind an unknown name may be any value; its levels count, and an extension is none."""
    expect(not isinstance(found, (msgpack.ExtType, msgpack.Timestamp)), "an extension")
    if isinstance(found, list):
        within = inside(level)
        for one in itertools.chain.from_iterable(found) if isinstance(found, Pairs) else found:
            skipped(one, within)

def name_of(found):
    expect(type(found) is str, "a name is a text")
    return text(found, 0)

def struct(fields, defaults=None, knows_all=False):
    """With defaults every field may be missing, and is not written where it has its default."""
    missing = {name: of_type.missing for name, of_type in fields.items() if hasattr(of_type, "missing")} | (defaults or {})
    def read(found, level):
        expect(isinstance(found, Pairs), "not a map")
        within, values = inside(level), {}
        for name, one in found:
            expect(name_of(name) not in values, "a field twice")
            expect(name in fields or not knows_all, "an unknown field")
            values[name] = fields.get(name, skipped)(one, within)
        values = missing | values
        expect(fields.keys() <= values.keys(), "a field is missing")
        return {name: values[name] for name in fields if not defaults or values[name] != defaults[name]}
    return read

def newtype(of_type):
    return lambda found, level: of_type(found, inside(level))

def enum(variants):
    """A variant without content is its name, else a map of its name; `nothing` is no content, and may be said."""
    def read(found, level):
        if type(found) is str:
            expect(variants.get(found) is nothing, "not a variant without content")
            return found
        expect(isinstance(found, Pairs) and len(found) == 1, "not a variant")
        [(name, content)] = found
        expect(name_of(name) in variants, "an unknown variant")
        content = variants[name](content, level)
        return name if variants[name] is nothing else {name: content}
    return read

# --- Types -------------------------------------------------------------------------------------------------------
u32 = whole(*U32)
account = struct({"user": text, "visits": u32, "admin": truth})
card = struct({"number": u32, "note": optional(text)}, knows_all=True)
VARIANTS = {"Guest": nothing, "User": newtype(u32), "Pair": tuple_of(u32, text),
            "Rect": struct({"width": u32, "height": u32}), "Deputy": newtype(lambda found, level: role(found, level))}
role = enum(VARIANTS)
def tree(found, level): return sequence(tree)(found, level)

# One field of each kind: its type and its default.
KINDS = {"nothing": (nothing, None), "empty": (empty_struct, []), "flag": (truth, False), "unsigned": (whole(*U64), 0),
         "signed": (whole(*I64), 0), "wide": (wide, bytes(16)), "float": (floating, 0.0), "text": (text, ""),
         "bytes": (blob, b""), "option": (optional(u32), None), "nested": (optional(optional(u32)), None),
         "list": (sequence(u32), []), "pair": (tuple_of(u32, text), [0, ""]), "map": (map_of(text, u32), {}),
         "numbers": (map_of(u32, u32), {}), "card": (optional(card), None), "role": (role, "Guest"), "tree": (tree, []),
         "inner": (optional(lambda found, level: kinds(found, level)), None)}
kinds = struct({name: of_type for name, (of_type, _) in KINDS.items()},
               {name: default for name, (_, default) in KINDS.items()})

TYPES = {"account": account, "kinds": kinds, "tree": tree}

# --- By chance ---------------------------------------------------------------------------------------------------
# How a length or an integer may be said: the marker, and the size of what follows it.
FORMS = {str: {0xd9: 1, 0xda: 2, 0xdb: 4}, bytes: {0xc4: 1, 0xc5: 2, 0xc6: 4}, list: {0xdc: 2, 0xdd: 4},
         dict: {0xde: 2, 0xdf: 4}, int: {0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8}}

def said(number, kind, r):
    def fits(size, signed): return 0 <= number + signed * 256**size // 2 < 256**size
    forms = [(marker, size, kind is int and marker >= 0xd0) for marker, size in FORMS[kind].items()]
    marker, size, signed = r.choice([form for form in forms if fits(*form[1:])])
    return bytes([marker]) + number.to_bytes(size, "big", signed=signed)

def loosely(x, r):
    """Written in any form that is read as the same: longer than it has to be, and maps in any order."""
    kind = type(x)
    if kind not in FORMS or r.random() < 0.4:
        return msgpack.packb(x)
    if kind is int:
        return said(x, int, r)
    if kind is dict:
        pairs = r.sample(list(x.items()), len(x))
        return said(len(x), dict, r) + b"".join(loosely(part, r) for pair in pairs for part in pair)
    content = b"".join(loosely(one, r) for one in x) if kind is list else x.encode() if kind is str else x
    return said(len(x) if kind is list else len(content), kind, r) + content

def some_u32(r): return r.getrandbits(r.randint(1, 32))
def some_tree(r, levels): return [some_tree(r, levels - 1) for _ in range(r.randint(0, levels))]
def some_account(r, words): return {"user": words(), "visits": some_u32(r), "admin": r.random() < 0.5}

def some_role(r, words):
    return r.choice([lambda: {"User": some_u32(r)}, lambda: {"Pair": [some_u32(r), words()]},
                     lambda: {"Rect": {"width": some_u32(r), "height": some_u32(r)}},
                     lambda: {"Deputy": r.choice(["Guest", some_role(r, words)])}])()

def some_kinds(r, words, deeper=2):
    some = lambda one: [one() for _ in range(r.randint(0, 5))]
    u32 = lambda: some_u32(r)
    made = {"flag": lambda: True, "unsigned": lambda: r.getrandbits(r.randint(1, 64)),
            "signed": lambda: r.choice([1, -1]) * r.getrandbits(r.randint(1, 63)), "wide": lambda: r.randbytes(16),
            "float": lambda: r.choice([r.uniform(-9, 9), float("inf"), 1e300]), "text": words,
            "bytes": lambda: r.randbytes(r.randint(0, 40)), "option": u32, "nested": u32, "list": lambda: some(u32),
            "pair": lambda: [u32(), words()], "map": lambda: dict(sorted({words(): u32() for _ in range(3)}.items())),
            "numbers": lambda: dict(sorted({u32(): u32() for _ in range(3)}.items())),
            "card": lambda: {"number": u32(), "note": r.choice([None, words()])}, "role": lambda: some_role(r, words),
            "tree": lambda: some_tree(r, 3), "inner": lambda: some_kinds(r, words, deeper - 1) if deeper else None}
    chosen = r.sample(sorted(made), r.randint(0, 6))
    values = {name: made[name]() for name in KINDS if name in chosen}
    return {name: value for name, value in values.items() if value != KINDS[name][1]}

def some_payload(of_type, r, words):
    """A payload with a value of this type, and maybe a field that it does not know; and the value."""
    value = {"account": some_account, "kinds": some_kinds}[of_type](r, words)
    unknown = {"unknown": [some_kinds(r, words), some_tree(r, 3), -1]} if r.random() < 0.3 else {}
    return loosely(value | unknown, r), value
