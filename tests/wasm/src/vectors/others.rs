//! Flash messages, sealed values, CSRF tokens, and the ids of adopted sessions.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{COOKIE, HeaderMap, HeaderValue};
use sealed_session::{
    Adopted, CookieSessions, CsrfError, Dict, Keyring, Level, OldCookie, Rejection, SameSite,
    Sealer,
};

use super::case::{Case, hex, name};
use crate::vector_types::Account;

/// Which messages there are; why there are none is not public.
pub fn flash(case: &Case) -> bool {
    let sessions = case.sessions();
    let headers = case.headers("flash", &format!("{}-flash", case.cookie_name()));
    let mut flash = sessions.decode_flash_at(&headers, case.arrives(), case.now());
    let messages = flash.take();
    let messages =
        messages.iter().map(|said| format!("{} {}", level(said.level()), hex(said.text())));
    let expected: Vec<_> = case.all("message").collect();
    assert!(messages.eq(expected.iter().copied()));
    assert!(expected.is_empty() || case.is("expect", "accept"));
    false
}

fn level(level: Level) -> u8 {
    match level {
        Level::Info => 0,
        Level::Success => 1,
        Level::Warning => 2,
        Level::Error => 3,
        other => panic!("unknown level {other:?}"),
    }
}

pub fn sealer(case: &Case) -> bool {
    let sessions = case.sessions();
    let lifetime = case.seconds("lifetime");
    let sealer = sessions.sealer::<Account>(case.the("purpose"), lifetime).expect("a sealer");
    if let Some(flow) = case.get("flow") {
        let cookie = sealer.in_cookie(flow, SameSite::Lax).expect("a cookie");
        let headers = case.headers("sealed", cookie.name());
        judge(
            case,
            cookie.decode(&headers, case.arrives(), case.now()).map(|value| value.is_some()),
        );
        return false;
    }
    let found = open(case, &sessions, &sealer);
    let is_same = matches!(&found, Ok(value) if seal(case, &sessions, &sealer, value));
    judge(case, found.map(|_| true));
    is_same
}

fn judge(case: &Case, found: Result<bool, Rejection>) {
    let word = |accepted| if accepted { "accept" } else { "none" }.to_owned();
    assert_eq!(found.map_or_else(name, word), case.the("expect"));
}

fn open(
    case: &Case,
    sessions: &CookieSessions,
    sealer: &Sealer<Account>,
) -> Result<Account, Rejection> {
    let (text, now) = (case.the("sealed"), case.now());
    if case.get("session").is_some() {
        return sealer.bound_to(&sessions.fresh()).open(text, now);
    }
    match case.get("record") {
        Some(_) => sealer.bound_to_bytes(case.bytes("", "record")).open(text, now),
        None => sealer.open(text, now),
    }
}

/// Whether it can be sealed to the same bytes; then it is.
fn seal(case: &Case, sessions: &CookieSessions, sealer: &Sealer<Account>, value: &Account) -> bool {
    let is_ours = case.is("opened-by", "current") && case.is("pad", "0");
    if !is_ours || case.the("payload") != case.the("written") {
        return false;
    }
    let created = case.instant("created");
    let text = if case.get("session").is_some() {
        sealer.bound_to(&sessions.fresh()).seal(value, created)
    } else if case.get("record").is_some() {
        sealer.bound_to_bytes(case.bytes("", "record")).seal(value, created)
    } else {
        sealer.seal(value, created)
    };
    assert_eq!(text.expect("sealed"), case.the("sealed"));
    true
}

pub fn csrf(case: &Case) -> bool {
    let sessions = case.sessions();
    let headers = case.headers("token", &case.cookie_name());
    let session = sessions.decode_at(&headers, case.arrives(), case.now());
    assert_eq!(session.rejection(), None);
    let text = case.bytes("csrf", "csrf-bytes");
    let method = case.get("method").map(|method| if method == "-" { "" } else { method });
    let target = case.get("target").unwrap_or_default();
    let verdict = match method {
        Some(method) => session.verify_csrf_for(&text, method, target),
        None => session.verify_csrf(&text),
    };
    assert_eq!(verdict.map_or_else(refusal, |()| "accept".to_owned()), case.the("expect"));
    if case.get("random").is_none() {
        return false;
    }
    let token = match method {
        Some(method) => session.csrf_token_for(method, target).expect("a token"),
        None => session.csrf_token(),
    };
    assert_eq!(token.as_bytes(), text);
    true
}

fn refusal(error: CsrfError) -> String {
    match error {
        CsrfError::Empty => "empty".to_owned(),
        CsrfError::TooLong { bytes } => format!("too-long {bytes}"),
        CsrfError::Malformed => "malformed".to_owned(),
        CsrfError::UnknownVersion(version) => format!("unknown-version {version}"),
        CsrfError::NoId => "no-id".to_owned(),
        CsrfError::Mismatch => "mismatch".to_owned(),
        CsrfError::EmptyMethod => "empty-method".to_owned(),
        other => panic!("no vector says {other}"),
    }
}

pub fn adopted(case: &Case) -> bool {
    let name = case.the("name");
    let hook = |_: &HeaderMap, now| Some(Adopted::new(Dict::default(), now));
    let until = UNIX_EPOCH + Duration::from_secs(2);
    let sessions = CookieSessions::builder(Keyring::ephemeral())
        .clock(|| UNIX_EPOCH)
        .adopt(until, [OldCookie::new(name)], hook)
        .build()
        .expect("a valid configuration");
    let pair = [name.as_bytes(), b"=", &case.bytes("value", "value-bytes")].concat();
    let pair = HeaderValue::from_bytes(&pair).expect("a header");
    let headers = HeaderMap::from_iter([(COOKIE, pair)]);
    let now = UNIX_EPOCH + Duration::from_secs(1);
    let session = sessions.decode_at(&headers, sessions.transport(), now);
    assert_eq!(*session.id().expose_base64url(), case.base64url("id"));
    false
}
