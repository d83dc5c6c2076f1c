//! The rules for caches, written a second time: which headers a response gains and loses.

use std::collections::BTreeSet;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};

use crate::common::trim;

/// Whether the response is marked for shared caches.
pub fn is_public(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(CACHE_CONTROL).iter().filter_map(directives);
    fields.any(|directives| directives.iter().any(|directive| name(directive) == "public"))
}

/// Compares the headers of a response before and after; `wrote`: whether our cookie was set or
/// removed.
pub fn check(before: &HeaderMap, after: &HeaderMap, wrote: bool, loaded: bool) {
    check_vary(before, after);
    let ours = |name: &HeaderName| [SET_COOKIE, VARY, CACHE_CONTROL].contains(name);
    for name in before.keys().filter(|name| !ours(name)) {
        let kept = if wrote && is_targeted(name) { vec![] } else { values(before, name) };
        assert_eq!(values(after, name), kept, "{name}");
    }
    assert!(after.keys().all(|name| ours(name) || before.contains_key(name)));
    if wrote {
        check_private(before, after);
    } else if loaded && !before.contains_key(CACHE_CONTROL) {
        assert_eq!(values(after, &CACHE_CONTROL), ["private"]);
    } else {
        assert_eq!(values(after, &CACHE_CONTROL), values(before, &CACHE_CONTROL));
    }
}

fn check_vary(before: &HeaderMap, after: &HeaderMap) {
    let names = |headers: &HeaderMap| -> Vec<Vec<u8>> {
        let fields: Vec<Vec<u8>> =
            values(headers, &VARY).iter().map(|field| field.as_bytes().to_vec()).collect();
        fields
            .join(&b',')
            .split(|byte| *byte == b',')
            .map(|name| trim(name).to_ascii_lowercase())
            .collect()
    };
    let varies = names(before).iter().any(|name| name == b"*" || name == b"cookie");
    let mut expected = values(before, &VARY);
    expected.extend((!varies).then(|| HeaderValue::from_static("Cookie")));
    assert_eq!(values(after, &VARY), expected);
}

fn is_targeted(name: &HeaderName) -> bool {
    name == "surrogate-control" || name.as_str().ends_with("cdn-cache-control")
}

/// Every directive stays but those that make the response public, and it is private.
fn check_private(before: &HeaderMap, after: &HeaderMap) {
    let private = || vec![b"private".to_vec()];
    let fields = before.get_all(CACHE_CONTROL).iter();
    let mut expected: BTreeSet<Vec<u8>> =
        fields.flat_map(|field| directives(field).unwrap_or_else(private)).collect();
    expected.retain(|directive| name(directive) != "public" && name(directive) != "s-maxage");
    let bare = |directive: &Vec<u8>| {
        directive.eq_ignore_ascii_case(b"private") || directive.eq_ignore_ascii_case(b"no-store")
    };
    if !expected.iter().any(bare) {
        expected.extend(private());
    }
    let fields = after.get_all(CACHE_CONTROL).iter();
    let found: BTreeSet<Vec<u8>> =
        fields.flat_map(|field| directives(field).expect("it parses")).collect();
    assert_eq!(found, expected);
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

/// The name of a directive, in lower case.
fn name(directive: &[u8]) -> String {
    let name = directive.split(|byte| *byte == b'=').next().unwrap();
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

/// The members of a list; `None` unless each is `token [ "=" ( token / quoted-string ) ]` or empty.
fn directives(field: &HeaderValue) -> Option<Vec<Vec<u8>>> {
    let members = split(field.as_bytes())?;
    let members = members.into_iter().filter(|member| !member.is_empty());
    members.map(|member| is_directive(&member).then_some(member)).collect()
}

/// Splits at commas outside of quotes; `None` if a quote does not end.
fn split(field: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut members, mut quoted, mut escaped) = (vec![vec![]], false, false);
    for byte in field {
        match byte {
            b',' if !quoted => members.push(vec![]),
            byte => members.last_mut().unwrap().push(*byte),
        }
        quoted ^= *byte == b'"' && !escaped;
        escaped = quoted && *byte == b'\\' && !escaped;
    }
    (!quoted).then(|| members.iter().map(|member| trim(member).to_vec()).collect())
}

fn is_directive(member: &[u8]) -> bool {
    let Some(equals) = member.iter().position(|byte| *byte == b'=') else {
        return is_token(member);
    };
    let (name, argument) = (&member[..equals], &member[equals + 1..]);
    is_token(name) && (is_token(argument) || is_quoted(argument))
}

fn is_token(text: &[u8]) -> bool {
    let separators = b"\"(),/:;<=>?@[\\]{}";
    !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_graphic() && !separators.contains(byte))
}

/// One quoted string, from its first byte to its last.
fn is_quoted(text: &[u8]) -> bool {
    let [b'"', inner @ .., b'"'] = text else { return false };
    let mut escaped = false;
    let closes_early = inner.iter().any(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    !closes_early && !escaped
}
