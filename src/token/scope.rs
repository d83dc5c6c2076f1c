//! What a cookie is bound to: its name, where browsers send it, and whose it is.
//!
//! Every field of the scope goes into the keys, so a token of another scope does not open. Checked once, when
//! the configuration is built; see [`token`](crate::token) for the bytes.

use crate::crypto::kdf::lp;
use crate::error::ConfigError;
use crate::transport::Transport;

/// Bytes that each part may have at most.
const MAX_PATH: usize = 1024;
const MAX_DOMAIN: usize = 253;
const MAX_CONTEXT: usize = 255;
const MAX_SCHEMA: usize = 64;

/// The schema of a `Dict`, which no typed payload may take.
pub(crate) const DICT_SCHEMA: &str = "dict";

/// Prefixes that bind a cookie to a host or to TLS (RFC 6265bis section 4.1.3); the library adds its own.
const PREFIXES: [&str; 3] = ["__host-", "__secure-", "__http-"];

/// The fields of a scope, as the builder collects them.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Without prefix.
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) path: String,
    /// `None` when the cookie is for one host only.
    pub(crate) domain: Option<String>,
    pub(crate) partitioned: bool,
    pub(crate) context: String,
    /// `None` for a `Dict`.
    pub(crate) schema: Option<String>,
}

impl Scope {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.check_name()?;
        self.check_path()?;
        self.domain.as_deref().map_or(Ok(()), check_domain)?;
        require(self.context.len() <= MAX_CONTEXT, "context", &self.context, "at most 255 bytes")?;
        self.schema.as_deref().map_or(Ok(()), check_schema)
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        let token = "an RFC 6265 token: ASCII letters, digits and !#$%&'*+-.^_`|~";
        let is_token = !self.name.is_empty() && self.name.bytes().all(is_token_byte);
        require(is_token, "name", &self.name, token)?;
        let lower = self.name.to_ascii_lowercase();
        let bare = !PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
        require(
            bare,
            "name",
            &self.name,
            "a name without prefix, the library adds __Host- or __Secure-",
        )
    }

    fn check_path(&self) -> Result<(), ConfigError> {
        let path = &self.path;
        require(path.starts_with('/'), "path", path, "a path that starts with /")?;
        require(path.bytes().all(is_attribute_byte), "path", path, ATTRIBUTE)?;
        require(!path.ends_with(' '), "path", path, "no space at the end, which browsers cut off")?;
        require(path.len() <= MAX_PATH, "path", path, "at most 1,024 bytes")
    }

    /// The name with the strictest prefix that path, domain and transport allow.
    pub(crate) fn full_name(&self) -> String {
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

    /// The bytes that go into the keys, of this schema or of another.
    pub(crate) fn bytes(&self, purpose: &str, schema: &str) -> Vec<u8> {
        self.bytes_named(purpose, &self.full_name(), schema)
    }

    /// The same of another cookie, which has everything but the name from this one.
    pub(crate) fn bytes_named(&self, purpose: &str, full_name: &str, schema: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        lp(purpose.as_bytes(), &mut bytes);
        lp(full_name.as_bytes(), &mut bytes);
        bytes.push(u8::from(self.transport == Transport::Https));
        lp(self.path.as_bytes(), &mut bytes);
        lp(self.domain.as_deref().unwrap_or_default().as_bytes(), &mut bytes);
        bytes.push(u8::from(self.partitioned));
        lp(self.context.as_bytes(), &mut bytes);
        lp(schema.as_bytes(), &mut bytes);
        bytes
    }
}

fn check_schema(schema: &str) -> Result<(), ConfigError> {
    check_schema_len("schema", schema)?;
    require(schema != DICT_SCHEMA, "schema", &schema, "another name, this is the dictionary's")
}

pub(crate) fn check_schema_len(setting: &'static str, schema: &str) -> Result<(), ConfigError> {
    require((1..=MAX_SCHEMA).contains(&schema.len()), setting, &schema, "1 to 64 bytes")
}

fn check_domain(domain: &str) -> Result<(), ConfigError> {
    let require = |fits, expected| require(fits, "domain", &domain, expected);
    require(domain.bytes().all(is_attribute_byte), ATTRIBUTE)?;
    require(!domain.contains(':'), "a domain without port")?;
    require(domain.len() <= MAX_DOMAIN, "at most 253 bytes")?;
    require(!domain.starts_with('.') && !domain.ends_with('.'), "no dot at the start or the end")?;
    require(domain.contains('.'), "at least two labels, as in example.com")?;
    let address =
        "a name, not an address; without a domain the cookie is for the one host that sets it";
    require(!ends_in_a_number(domain), address)?;
    let label = |label: &str| !label.is_empty() && label.bytes().all(is_host_byte);
    require(domain.split('.').all(label), "labels of letters, digits, - and _ between single dots")
}

/// What browsers take for an IPv4 address (WHATWG URL, "ends in a number").
fn ends_in_a_number(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

const ATTRIBUTE: &str = "ASCII without control characters, semicolon and comma";

/// RFC 6265 section 4.1.1 with RFC 2616 section 2.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_attribute_byte(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && byte != b';' && byte != b','
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The error of a setting, unless it fits.
pub(crate) fn require(
    fits: bool,
    setting: &'static str,
    found: &dyn std::fmt::Debug,
    expected: &'static str,
) -> Result<(), ConfigError> {
    if fits {
        Ok(())
    } else {
        Err(ConfigError::Setting { setting, found: format!("{found:?}"), expected })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Takes one part off the front, as `lp` wrote it.
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
