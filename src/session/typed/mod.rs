//! A payload of the application's own type: written through serde, read back, compared.
//!
//! ```text
//! T ─► Traced ─► MessagePack or postcard ─► bytes ─► Strict ─► T
//!      levels                                        levels, names, shape
//! ```
//!
//! There are two encodings. [`Encoding::Named`] is MessagePack with the names of fields and
//! variants, so that a type may change as it may with JSON. [`Encoding::Compact`] is postcard,
//! which has no names: there the *shape* of the type is part of the keys. Both are wrapped, to
//! check what neither crate checks: how deep a value nests, and in MessagePack that names are where
//! names belong. A value that is read here is authentic but not trusted: another build may have
//! sealed it.

mod bytes;
mod model;
mod node;
mod reading;
mod serializer;
mod shape;

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::crypto::secret_bytes::SecretBytes;
use crate::error::PayloadError;
use crate::session::typed::bytes::WrittenBefore;
use crate::session::typed::model::Lost;
use crate::session::typed::serializer::Trace;
use crate::session::typed::shape::Asked;

pub(crate) use bytes::Encoding;
pub(crate) use shape::Shape;

/// A value that was written.
pub(crate) struct Encoded {
    pub(crate) bytes: SecretBytes,
    /// The kind of each value, in the order of the bytes, because the bytes do not say it.
    pub(super) kinds: Vec<u8>,
}

/// Writes a value.
pub(crate) fn write<T: Serialize>(encoding: Encoding, value: &T) -> Result<Encoded, PayloadError> {
    let mut bytes = SecretBytes::default();
    let kinds = write_to(encoding, value, &mut bytes)?;
    Ok(Encoded { bytes, kinds })
}

/// Writes a value and returns its kinds.
fn write_to<T: Serialize>(
    encoding: Encoding,
    value: &T,
    output: &mut impl io::Write,
) -> Result<Vec<u8>, PayloadError> {
    let trace = Trace::default();
    match bytes::write(encoding, value, &trace, output) {
        Ok(()) => Ok(trace.into_kinds()),
        Err(_) if trace.is_too_deep() => Err(PayloadError::too_deep()),
        Err(error) => Err(PayloadError::refused(error)),
    }
}

/// Reads a value to the last byte; `None` if it is not one.
pub(crate) fn read<T: DeserializeOwned>(encoding: Encoding, payload: &[u8]) -> Option<T> {
    bytes::read(encoding, payload, ())
}

/// Reads back what was written of a value, and compares.
pub(crate) fn check_survival<T: Serialize + DeserializeOwned>(
    encoding: Encoding,
    value: &T,
    written: &Encoded,
) -> Result<(), PayloadError> {
    let unread = || PayloadError::lost(path_of_unread::<T>(encoding, &written.bytes));
    let again: T = read(encoding, &written.bytes).ok_or_else(unread)?;
    let mut before = WrittenBefore::new(&written.bytes);
    let kinds = write_to(encoding, &again, &mut before)?;
    // The usual case: the same bytes, and values of the same kinds.
    if before.is_repeated() && kinds == written.kinds {
        return Ok(());
    }
    // A `HashMap` comes back in another order, so the values have to be compared.
    match model::lost(value, &again) {
        Lost::Nothing => Ok(()),
        Lost::At(path) => Err(PayloadError::lost(path)),
    }
}

/// The path of the value that cannot be read.
fn path_of_unread<T: DeserializeOwned>(encoding: Encoding, payload: &[u8]) -> String {
    let asked = Asked::default();
    _ = bytes::read::<T, _>(encoding, payload, &asked);
    asked.to_string()
}

/// What the type asks for when it reads this value.
pub(super) fn shape<T: DeserializeOwned>(encoding: Encoding, payload: &[u8]) -> Option<Shape> {
    let asked = Asked::default();
    bytes::read::<T, _>(encoding, payload, &asked)?;
    Some(asked.into_shape())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;
    use serde::de::IgnoredAny;

    use super::*;

    /// The longest payload that a token can hold.
    const LONGEST: usize = 2974;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Account {
        user: String,
        visits: u32,
        role: Role,
        nested: Option<Box<Account>>,
        more: Vec<Vec<Account>>,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    enum Role {
        #[default]
        Guest,
        Member(u8),
        Pair(u8, bool),
        Admin {
            since: u64,
        },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Small {
        a: u8,
    }

    fn named<T: DeserializeOwned>(payload: &[u8]) -> Option<T> {
        read(Encoding::Named, payload)
    }

    fn pack(name: &str) -> Vec<u8> {
        [&[0xa0 | u8::try_from(name.len()).unwrap()], name.as_bytes()].concat()
    }

    /// A map of one-letter names and values below 128.
    fn fields(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let head = 0x80 | u8::try_from(entries.len()).unwrap();
        let entries = entries.iter().flat_map(|(name, value)| [pack(name), value.to_vec()]);
        std::iter::once(vec![head]).chain(entries).flatten().collect()
    }

    #[test]
    fn a_struct_is_a_map_of_its_names_and_nothing_else() {
        let good = Some(Small { a: 1 });
        assert_eq!(named(&fields(&[("a", &[1])])), good);
        assert_eq!(named(&fields(&[("x", &[0x92, 1, 0xc0]), ("a", &[1])])), good, "one unknown");
        assert_eq!(named(&[0x81, 0xd9, 1, b'a', 1]), good, "a name with a longer head");
        for (row, payload) in [
            ("empty", vec![]),
            ("nil", vec![0xc0]),
            ("an array", vec![0x91, 1]),
            ("bytes", vec![0xc4, 1, 1]),
            ("an integer for a name", vec![0x81, 0, 1]),
            ("bytes for a name", vec![0x81, 0xc4, 1, b'a', 1]),
            ("a name that is not UTF-8", vec![0x82, 0xa1, 0xff, 1, 0xa1, b'a', 1]),
            ("nil for a name", vec![0x82, 0xc0, 1, 0xa1, b'a', 1]),
            ("a field twice", fields(&[("a", &[1]), ("a", &[1])])),
            ("an unknown field twice", fields(&[("x", &[1]), ("a", &[1]), ("x", &[1])])),
            ("a field missing", fields(&[("x", &[1])])),
            ("a byte left over", [fields(&[("a", &[1])]), vec![0]].concat()),
            ("a byte left over, reserved", [fields(&[("a", &[1])]), vec![0xc1]].concat()),
            ("an array left over", [fields(&[("a", &[1])]), vec![0x91]].concat()),
            ("cut", fields(&[("a", &[])])),
            ("an extension that is skipped", fields(&[("x", &[0xd4, 1, 1]), ("a", &[1])])),
            ("the reserved byte, skipped", fields(&[("x", &[0xc1]), ("a", &[1])])),
        ] {
            assert_eq!(named::<Small>(&payload), None, "{row}");
        }
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        small: Small,
    }

    #[test]
    fn a_struct_with_flattened_fields_has_no_other_names() {
        assert_eq!(named(&fields(&[("a", &[1])])), Some(Flat { small: Small { a: 1 } }));
        assert_eq!(named::<Flat>(&[0x81, 0xc4, 1, b'a', 1]), None, "bytes");
        assert_eq!(named::<Flat>(&[0x82, 0, 1, 0xa1, b'a', 1]), None, "an integer beside it");
    }

    #[test]
    fn a_variant_is_its_name_or_a_map_of_its_name() {
        assert_eq!(named(&pack("Guest")), Some(Role::Guest));
        assert_eq!(named(&fields(&[("Member", &[7])])), Some(Role::Member(7)));
        assert_eq!(named(&fields(&[("Pair", &[0x92, 7, 0xc3])])), Some(Role::Pair(7, true)));
        let since = fields(&[("since", &[7])]);
        assert_eq!(named(&fields(&[("Admin", &since)])), Some(Role::Admin { since: 7 }));
        for (row, payload) in [
            ("an integer", vec![0]),
            ("an integer in a map", vec![0x81, 1, 7]),
            ("bytes", [&[0xc4, 5], &b"Guest"[..]].concat()),
            ("an array", [vec![0x91], pack("Guest")].concat()),
            ("two entries", fields(&[("Member", &[7]), ("Guest", &[0xc0])])),
            ("no entry", vec![0x80]),
            ("an unknown one", pack("Root")),
            ("a tuple without its array", fields(&[("Pair", &[7])])),
            ("a tuple too long", fields(&[("Pair", &[0x93, 7, 0xc3, 1])])),
            ("a struct as an array", fields(&[("Admin", &[0x91, 7])])),
            ("content where none is", fields(&[("Guest", &[7])])),
            ("none where content is", pack("Member")),
        ] {
            assert_eq!(named::<Role>(&payload), None, "{row}");
        }
    }

    /// So many arrays, each in the one before.
    fn arrays(levels: usize) -> Vec<u8> {
        let mut payload = vec![0x91; levels - 1];
        payload.push(0x90);
        payload
    }

    #[test]
    fn what_is_skipped_nests_no_deeper_than_what_is_read() {
        assert!(named::<IgnoredAny>(&arrays(64)).is_some());
        assert!(named::<IgnoredAny>(&arrays(65)).is_none());
        assert!(named::<IgnoredAny>(&arrays(LONGEST)).is_none());
        // The struct is a level itself.
        for (levels, is_read) in [(63, true), (64, false)] {
            let payload = fields(&[("a", &[1]), ("x", &arrays(levels))]);
            assert_eq!(named::<Small>(&payload).is_some(), is_read, "{levels}");
        }
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    enum Chain {
        End,
        Newtype(Box<Chain>),
        Tuple(u8, Box<Chain>),
        Struct { next: Box<Chain> },
    }

    #[test]
    fn a_variant_with_content_is_one_level_whatever_its_kind() {
        type Link = fn(Vec<u8>) -> Vec<u8>;
        let links: [Link; 3] = [
            |next| fields(&[("Newtype", &next)]),
            |next| fields(&[("Tuple", &[&[0x92, 1], &*next].concat())]),
            |next| fields(&[("Struct", &fields(&[("next", &next)]))]),
        ];
        for link in links {
            let chain = |levels| (0..levels).fold(pack("End"), |next, _| link(next));
            assert!(named::<Chain>(&chain(64)).is_some());
            assert!(named::<Chain>(&chain(65)).is_none());
        }
        for variant in [1_u8, 2, 3] {
            let link: &[u8] = if variant == 2 { &[2, 1] } else { &[variant] };
            let chain = |levels| [link.repeat(levels), vec![0]].concat();
            assert!(read::<Chain>(Encoding::Compact, &chain(64)).is_some());
            assert!(read::<Chain>(Encoding::Compact, &chain(65)).is_none());
            assert!(read::<Chain>(Encoding::Compact, &chain(1000)).is_none());
        }
    }

    /// What reading may hold at once: 16 elements at each of 64 levels, and what the payload itself
    /// holds.
    const MAX_PEAK: u64 = 256 * 1024;

    #[track_caller]
    fn is_read_cheaply(encoding: Encoding, payload: &[u8]) {
        let cost = allocation_counter::measure(|| {
            drop(read::<Account>(encoding, payload));
            drop(read::<BTreeMap<String, Vec<Role>>>(encoding, payload));
            drop(read::<Vec<Vec<Vec<u64>>>>(encoding, payload));
        });
        assert!(cost.bytes_max <= MAX_PEAK, "{} bytes", cost.bytes_max);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_cheaply_or_not_at_all(payload in prop::collection::vec(any::<u8>(), 0..400)) {
            for encoding in [Encoding::Named, Encoding::Compact] {
                is_read_cheaply(encoding, &payload);
            }
        }

        /// One byte of a good payload is another one.
        #[test]
        fn a_payload_with_an_edit_is_read_cheaply_or_not_at_all(at: prop::sample::Index, byte: u8, user in ".{0,20}") {
            let inner = Account { user, visits: 300, role: Role::Pair(1, true), ..Account::default() };
            let role = Role::Admin { since: 1 };
            let more = vec![vec![], vec![Account::default(), Account { role, ..Account::default() }]];
            let account = Account { nested: Some(Box::new(inner)), more, ..Account::default() };
            for encoding in [Encoding::Named, Encoding::Compact] {
                let mut payload = write(encoding, &account).unwrap().bytes.0.clone();
                prop_assert!(read::<Account>(encoding, &payload).is_some_and(|read| read == account));
                let at = at.index(payload.len());
                payload[at] = byte;
                is_read_cheaply(encoding, &payload);
                payload.truncate(at);
                prop_assert!(read::<Account>(encoding, &payload).is_none(), "cut");
            }
        }
    }

    /// Its bytes are a promise: another shape ends sessions.
    #[test]
    fn the_shape_is_that_of_the_documentation() {
        let lp = |text: &str| [&[0, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let asked = |kind: &str, count: u8, names: &[&str]| {
            [lp(kind), vec![0, count], names.iter().flat_map(|name| lp(name)).collect()].concat()
        };
        let expected = [
            asked("struct", 5, &["user", "visits", "role", "nested", "more"]),
            asked("str", 0, &[]),
            asked("u32", 0, &[]),
            asked("enum", 4, &["Guest", "Member", "Pair", "Admin"]),
            asked("unit variant", 0, &[]),
            asked("option", 0, &[]),
            asked("seq", 0, &[]),
        ];
        let hash = crate::crypto::kdf::sha256(&expected.concat());
        let [a, b, c, d, ..] = hash;
        let digits = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
        for encoding in [Encoding::Named, Encoding::Compact] {
            let payload = write(encoding, &Account::default()).unwrap();
            let shape = shape::<Account>(encoding, &payload.bytes).unwrap();
            assert_eq!(shape.as_str(), digits);
        }
    }
}
