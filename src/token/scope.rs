//! What a cookie is bound to: its name, where browsers send it, and which application it belongs
//! to.
//!
//! Every field of the scope goes into the keys, so a token of another scope does not open. See
//! [`token`](crate::token) for the bytes.

use crate::crypto::kdf::length_prefixed;
use crate::transport::Transport;

/// The schema of a `Dict`, which no typed payload may take.
pub(crate) const DICT_SCHEMA: &str = "dict";

/// The schema of a typed payload in MessagePack, which names its fields by itself.
pub(crate) fn named_schema(name: &str) -> String {
    format!("named/{name}")
}

/// The schema of a typed payload in postcard: the shape of the type replaces the names that the
/// bytes lack.
pub(crate) fn compact_schema(name: &str, shape: &str) -> String {
    format!("postcard/{name}/{shape}")
}

/// The fields of a scope.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Without prefix.
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) path: String,
    /// `None` when the cookie is for one host only.
    pub(crate) domain: Option<String>,
    pub(crate) partitioned: bool,
    pub(crate) context: String,
    /// With its encoding; `None` for a `Dict`.
    pub(crate) schema: Option<String>,
}

impl Scope {
    /// The name, with the strictest prefix that path, domain and transport allow.
    pub(crate) fn full_name(&self) -> String {
        // Browsers take a prefixed name only with the attributes that it promises (RFC 6265bis
        // section 4.1.3), so neither a sibling host nor plain HTTP can plant a `__Host-` cookie.
        let prefix = match (self.transport, self.path.as_str(), &self.domain) {
            (Transport::Http, ..) => "",
            (Transport::Https, "/", None) => "__Host-",
            (Transport::Https, ..) => "__Secure-",
        };
        format!("{prefix}{}", self.name)
    }

    /// The schema by name.
    pub(crate) fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or(DICT_SCHEMA)
    }

    /// The bytes that go into the keys of a session cookie, of this schema or of another.
    pub(crate) fn bytes(&self, purpose: &str, schema: &str) -> Vec<u8> {
        self.bytes_named(purpose, &self.full_name(), schema)
    }

    /// The bytes of another cookie that differs from this one in purpose, name and schema only.
    pub(crate) fn bytes_named(&self, purpose: &str, full_name: &str, schema: &str) -> Vec<u8> {
        // The scope is in the keys and not in the additional data. HKDF's `info` is there to bind
        // keys to their context (RFC 5869 section 3.2); a token of another scope names another key
        // id and is rejected without an opening; and no caller of `open` can forget to pass it.
        // Each part follows its length, or "a", "bc" and "ab", "c" would be one scope.
        let mut bytes = Vec::new();
        length_prefixed(purpose.as_bytes(), &mut bytes);
        length_prefixed(full_name.as_bytes(), &mut bytes);
        bytes.push(u8::from(self.transport == Transport::Https));
        length_prefixed(self.path.as_bytes(), &mut bytes);
        length_prefixed(self.domain.as_deref().unwrap_or_default().as_bytes(), &mut bytes);
        bytes.push(u8::from(self.partitioned));
        length_prefixed(self.context.as_bytes(), &mut bytes);
        length_prefixed(schema.as_bytes(), &mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Takes one part off the front, as `length_prefixed` wrote it.
    fn take(bytes: &mut &[u8]) -> String {
        let (len, rest) = bytes.split_first_chunk().unwrap();
        let (part, rest) = rest.split_at(u16::from_be_bytes(*len).into());
        *bytes = rest;
        String::from_utf8(part.to_vec()).unwrap()
    }

    fn take_flag(bytes: &mut &[u8]) -> bool {
        let (flag, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        [false, true][usize::from(*flag)]
    }

    /// Bytes that could be read as a length, a flag or a part.
    fn part() -> impl Strategy<Value = String> {
        vec(select(vec!['\0', '\u{1}', '\u{2}', 'a', 'b', '/']), 0..300).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn the_bytes_can_be_read_in_one_way_only(
            parts in vec(part(), 6), [https, partitioned] in any::<[bool; 2]>(), has_domain: bool,
        ) {
            let [name, purpose, path, domain, context, schema] = <[String; 6]>::try_from(parts).unwrap();
            let scope = Scope {
                name,
                transport: if https { Transport::Https } else { Transport::Http },
                path,
                domain: has_domain.then(|| format!("a{domain}")),
                partitioned,
                context,
                schema: Some(format!("s{schema}")),
            };
            let bytes = scope.bytes(&purpose, scope.schema());
            let mut rest = &bytes[..];
            prop_assert_eq!(take(&mut rest), purpose);
            prop_assert_eq!(take(&mut rest), scope.full_name());
            prop_assert_eq!(take_flag(&mut rest), https);
            prop_assert_eq!(take(&mut rest), scope.path);
            prop_assert_eq!(take(&mut rest), scope.domain.unwrap_or_default());
            prop_assert_eq!(take_flag(&mut rest), partitioned);
            prop_assert_eq!(take(&mut rest), scope.context);
            prop_assert_eq!(take(&mut rest), scope.schema.unwrap());
            prop_assert!(rest.is_empty());
        }
    }
}
