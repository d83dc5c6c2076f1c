//! The rules for caches, written a second time: which headers a response gains and loses.

use std::collections::BTreeSet;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};

use crate::common::trim;

/// Whether the response is marked for shared caches.
pub fn is_public(headers: &HeaderMap) -> bool {
    parsed(headers).iter().any(|directive| is_shared(directive))
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
    let says =
        parsed(before).iter().any(|directive| is_shared(directive) || is_unshared(directive));
    if wrote {
        check_private(before, after);
    } else if loaded && !says {
        check_gained(before, after);
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
    let others =
        ["x-accel-expires", "edge-control", "edge-cache-control", "x-litespeed-cache-control"];
    name == "surrogate-control"
        || others.contains(&name.as_str())
        || name.as_str().ends_with("cdn-cache-control")
}

fn is_shared(directive: &[u8]) -> bool {
    ["public", "s-maxage"].contains(&name(directive).as_str())
}

fn is_unshared(directive: &[u8]) -> bool {
    directive.eq_ignore_ascii_case(b"private") || directive.eq_ignore_ascii_case(b"no-store")
}

/// Every directive stays but those that make the response public, and it is private.
fn check_private(before: &HeaderMap, after: &HeaderMap) {
    let mut expected = BTreeSet::new();
    for field in &values(before, &CACHE_CONTROL) {
        expected.extend(directives(field).unwrap_or_else(|| vec![instead_of(field)]));
    }
    expected.retain(|directive| !is_shared(directive));
    if !expected.iter().any(|directive| is_unshared(directive)) {
        expected.insert(b"private".to_vec());
    }
    assert!(values(after, &CACHE_CONTROL).iter().all(|field| directives(field).is_some()));
    assert_eq!(parsed(after), expected);
}

/// What stands for a field that does not parse.
fn instead_of(field: &HeaderValue) -> Vec<u8> {
    let lower = field.as_bytes().to_ascii_lowercase();
    let inside = |byte: Option<&u8>| byte.is_some_and(|byte| is_token(&[*byte]));
    let is_word = |at: usize| {
        lower[at..].starts_with(b"no-store")
            && !inside(at.checked_sub(1).map(|before| &lower[before]))
            && !inside(lower.get(at + b"no-store".len()))
    };
    let word: &[u8] = if (0..lower.len()).any(is_word) { b"no-store" } else { b"private" };
    word.to_vec()
}

/// Nothing is lost, and `private` is there.
fn check_gained(before: &HeaderMap, after: &HeaderMap) {
    let mut expected = parsed(before);
    expected.insert(b"private".to_vec());
    assert_eq!(parsed(after), expected);
    let unread = |headers| {
        let fields = values(headers, &CACHE_CONTROL).into_iter();
        fields.filter(|field| directives(field).is_none()).collect::<Vec<_>>()
    };
    assert_eq!(unread(after), unread(before));
}

/// The directives of all fields that parse.
fn parsed(headers: &HeaderMap) -> BTreeSet<Vec<u8>> {
    headers.get_all(CACHE_CONTROL).iter().filter_map(directives).flatten().collect()
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
