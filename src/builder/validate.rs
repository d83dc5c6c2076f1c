//! What a setting may be: every rule, and the error that names the setting.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config::{Clock, SameSite};
use crate::error::ConfigError;
use crate::header::{ends_in_a_number, is_token_byte};
use crate::session::lifetime::{Limits, MAX_ABSOLUTE_TIMEOUT};
use crate::token::MAX_COOKIE;
use crate::token::scope::{DICT_SCHEMA, Scope};
use crate::transport::Transport;

/// Bytes that each part may have at most.
const MAX_PATH: usize = 1024;
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;
const MAX_CONTEXT: usize = 255;
const MAX_SCHEMA: usize = 64;

/// What `padding` and `max_set_cookie_len` may be, in bytes.
pub(super) const PADDING: (RangeInclusive<usize>, &str) = (2..=512, "2 to 512 bytes");
pub(super) const MAX_SET_COOKIE_LEN: (RangeInclusive<usize>, &str) =
    (512..=MAX_COOKIE, "512 to 4,096 bytes");

/// Prefixes that bind a cookie to a host or to TLS (RFC 6265bis section 4.1.3); the library adds
/// its own.
const PREFIXES: [&str; 3] = ["__host-", "__secure-", "__http-"];

pub(super) fn check_scope(scope: &Scope) -> Result<(), ConfigError> {
    check_name("name", &scope.name)?;
    check_path(&scope.path)?;
    scope.domain.as_deref().map_or(Ok(()), check_domain)?;
    require(scope.context.len() <= MAX_CONTEXT, "context", &scope.context, "at most 255 bytes")?;
    scope.schema.as_deref().map_or(Ok(()), check_schema)
}

/// Without TLS browsers drop a cookie with `SameSite=None` or `Partitioned`, which both need
/// `Secure`.
pub(super) fn check_transport(scope: &Scope, site: SameSite) -> Result<(), ConfigError> {
    let secure = scope.transport == Transport::Https;
    let same_site = secure || site != SameSite::None;
    let found = format_args!("SameSite::{site:?}");
    require(same_site, "same_site", &found, "Strict or Lax under insecure_http")?;
    let partitioned = secure || !scope.partitioned;
    require(partitioned, "partitioned", &scope.partitioned, "false under insecure_http")
}

/// Found here, not by a panic in the first request.
pub(super) fn check_clock(clock: &Clock, system_has_one: bool) -> Result<(), ConfigError> {
    let found = format_args!("that of the system, which this target does not have");
    let expected = "a clock of the host, set with Builder::clock";
    require(system_has_one || !clock.is_of_the_system(), "clock", &found, expected)
}

pub(super) fn limits(idle: Duration, absolute: Duration) -> Result<Limits, ConfigError> {
    for (setting, timeout) in [("idle_timeout", idle), ("absolute_timeout", absolute)] {
        let whole = timeout.subsec_nanos() == 0 && !timeout.is_zero();
        require(whole, setting, &timeout, "whole seconds, 1 or more")?;
    }
    let longest = absolute.as_secs() <= MAX_ABSOLUTE_TIMEOUT;
    require(longest, "absolute_timeout", &absolute, "at most 400 days")?;
    let within = "at most absolute_timeout; to shorten both, set both";
    require(idle <= absolute, "idle_timeout", &idle, within)?;
    Ok(Limits { idle: idle.as_secs(), absolute: absolute.as_secs() })
}

pub(super) fn in_range(
    setting: &'static str,
    bytes: usize,
    (range, expected): (RangeInclusive<usize>, &'static str),
) -> Result<usize, ConfigError> {
    require(range.contains(&bytes), setting, &bytes, expected)?;
    Ok(bytes)
}

pub(crate) fn check_name(setting: &'static str, name: &str) -> Result<(), ConfigError> {
    let token = "an RFC 6265 token: ASCII letters, digits and !#$%&'*+-.^_`|~";
    let is_token = !name.is_empty() && name.bytes().all(is_token_byte);
    require(is_token, setting, &name, token)?;
    let lower = name.to_ascii_lowercase();
    let bare = !PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
    require(bare, setting, &name, "a name without a prefix; the library adds __Host- or __Secure-")
}

/// A browser sends the cookie back if the path of the request's URL begins with this one, byte for
/// byte (RFC 6265bis section 5.1.4). That path has been through the URL parser, so one that the
/// parser would change is never sent.
fn check_path(path: &str) -> Result<(), ConfigError> {
    let require = |fits, expected| require(fits, "path", &path, expected);
    require(path.starts_with('/'), "a path that starts with /")?;
    require(path.bytes().all(is_attribute_byte), ATTRIBUTE)?;
    require(!path.contains(['?', '#']), "no ? and no #, which end the path of a URL")?;
    let replaced = "percent-encoding in place of a space and \"<>\\^`{|}, as in /a%20b";
    require(!path.contains(REPLACED), replaced)?;
    let dots = "no segment . or .., not even as %2e, because browsers resolve them";
    require(!path.split('/').any(is_dot_segment), dots)?;
    require(path.len() <= MAX_PATH, "at most 1,024 bytes")
}

/// What the URL parser does not leave in a path: it percent-encodes these and turns `\` into `/`
/// (WHATWG URL, "path percent-encode set" and "path state"). The standard leaves `|`, which
/// Chromium encodes.
const REPLACED: [char; 10] = [' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'];

/// WHATWG URL, "single-dot" and "double-dot URL path segment".
fn is_dot_segment(segment: &str) -> bool {
    matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..")
}

fn check_schema(schema: &str) -> Result<(), ConfigError> {
    check_schema_len("schema", schema)?;
    require(
        schema != DICT_SCHEMA,
        "schema",
        &schema,
        "a schema other than dict, which is that of a Dict",
    )
}

pub(super) fn check_schema_len(setting: &'static str, schema: &str) -> Result<(), ConfigError> {
    require((1..=MAX_SCHEMA).contains(&schema.len()), setting, &schema, "a schema of 1 to 64 bytes")
}

fn check_domain(domain: &str) -> Result<(), ConfigError> {
    let require = |fits, expected| require(fits, "domain", &domain, expected);
    require(domain.bytes().all(is_attribute_byte), ATTRIBUTE)?;
    require(!domain.contains(':'), "a domain without port")?;
    require(domain.len() <= MAX_DOMAIN, "at most 253 bytes")?;
    require(!domain.starts_with('.') && !domain.ends_with('.'), "no dot at the start or the end")?;
    require(domain.contains('.'), "at least two labels, as in example.com")?;
    let address =
        "a name, not an address; without a domain only the host that sets the cookie gets it";
    require(!ends_in_a_number(domain), address)?;
    let label = |label: &str| !label.is_empty() && label.bytes().all(is_host_byte);
    require(
        domain.split('.').all(label),
        "labels of letters, digits, - and _ between single dots",
    )?;
    let hyphen = |label: &str| label.starts_with('-') || label.ends_with('-');
    let no_hyphen = !domain.split('.').any(hyphen);
    require(no_hyphen, "labels that neither begin nor end with a hyphen")?;
    let short = domain.split('.').all(|label| label.len() <= MAX_LABEL);
    require(short, "labels of at most 63 bytes")
}

pub(super) const ATTRIBUTE: &str = "ASCII without control characters, semicolon and comma";

pub(super) fn is_attribute_byte(byte: u8) -> bool {
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
    use super::*;

    #[test]
    fn asks_for_a_clock_where_the_system_has_none() {
        let (system, own) = (Clock::default(), Clock::new(|| std::time::UNIX_EPOCH));
        let refused = check_clock(&system, false).unwrap_err().to_string();
        assert_eq!(
            refused,
            "clock is that of the system, which this target does not have; expected a clock of the host, set with \
             Builder::clock"
        );
        assert!(check_clock(&own, false).is_ok());
        assert!(check_clock(&system, true).is_ok());
    }
}
