//! Tokens for forms: what they are made of, which one is good for what, and for how long.
//!
//! The known tokens were made with Python, of the id of a vector:
//!
//! ```python
//! import base64, hashlib, hmac
//! def mac(key, message): return hmac.new(key, message, hashlib.sha256).digest()
//! def lp(x): return len(x).to_bytes(2, "big") + x
//! def token(random, method=b"", path=b"", version=1):
//!     key = mac(bytes.fromhex("dd19bde31c07623488f5da5e6d081115"), b"sealed-session v1 csrf")
//!     frame = bytes([version]) + random + mac(key, lp(method) + lp(path) + random)[:16]
//!     return base64.urlsafe_b64encode(frame).decode()
//! print(token(bytes(range(16))), token(bytes(range(16)), b"POST", b"/transfer"))
//! ```

use std::collections::HashSet;
use std::error::Error;
use std::hint::black_box;

use crate::support::{NOW, at, decode, encode, line, pair, ring, sealed, secret, sessions, visit};
use allocation_counter::{AllocationInfo, measure};
use base64_simd::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sealed_session::{CookieSessions, CsrfError, Issue, Keyring, Secret, Sent, Session};
use sha2::Sha256;

const CHARS: usize = 44;
const KNOWN: &str = "AQABAgMEBQYHCAkKCwwNDg_i3Hdqb_XWtiFpKr5cLLTU";
const KNOWN_OF_POST: &str = "AQABAgMEBQYHCAkKCwwNDg8FuhqfwRBCfYS9nH2PZ4Rk";

/// The session of a vector, whose id is known.
fn known() -> Session {
    let vector = include_str!("../vectors/accept-empty-dict.txt");
    let line = |word: &str| vector.lines().find_map(|line| line.strip_prefix(word)).unwrap();
    let hex = |text: &str| u8::from_str_radix(text, 16).unwrap();
    let secret: Vec<u8> = line("current: ")
        .as_bytes()
        .chunks(2)
        .map(|pair| hex(str::from_utf8(pair).unwrap()))
        .collect();
    let sessions = CookieSessions::new(Keyring::new(Secret::from_bytes(&secret).unwrap()));
    let session = decode(&sessions, &format!("__Host-session={}", line("token: ")), NOW);
    assert!(!session.is_new() && line("id: ") == "dd19bde31c07623488f5da5e6d081115");
    session
}

/// A session that a cookie stands for, and the coder.
fn loaded() -> (CookieSessions, Session) {
    let sessions = sessions();
    let session = decode(&sessions, &sealed(&sessions, &[("user", "alice")], NOW), NOW);
    assert!(!session.is_new());
    (sessions, session)
}

fn bytes(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode_to_vec(token).unwrap()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// The token once more, from its description alone.
#[allow(clippy::disallowed_methods, reason = "to be compared with what the library makes")]
fn made(session: &Session, random: &[u8], method: &str, path: &str) -> String {
    let mac = |key: &[u8], message: &[u8]| {
        Hmac::<Sha256>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec()
    };
    let lp =
        |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    let key = mac(&bytes(&session.id().expose_base64url()), b"sealed-session v1 csrf");
    let mac = mac(&key, &[&lp(method), &lp(path), random].concat());
    text(&[&[1], random, &mac[..16]].concat())
}

#[test]
fn accepts_the_known_tokens_and_each_for_its_scope_alone() {
    let session = known();
    assert_eq!(session.verify_csrf(KNOWN), Ok(()));
    assert_eq!(session.verify_csrf_for(KNOWN_OF_POST, "POST", "/transfer"), Ok(()));
    assert_eq!(session.verify_csrf(KNOWN_OF_POST), Err(CsrfError::Mismatch));
    assert_eq!(session.verify_csrf_for(KNOWN, "POST", "/transfer"), Err(CsrfError::Mismatch));
    assert_eq!((made(&session, &bytes(KNOWN)[1..17], "", "")).as_str(), KNOWN);
}

#[test]
fn makes_what_its_description_says() {
    let (_, session) = loaded();
    for (method, path) in [("POST", "/transfer"), ("DELETE", ""), ("POST", "/caf%C3%A9")] {
        let token = session.csrf_token_for(method, path).unwrap();
        assert_eq!((token.len(), bytes(&token)[0]), (CHARS, 1));
        assert_eq!(token, made(&session, &bytes(&token)[1..17], method, path));
    }
    let token = session.csrf_token();
    assert_eq!(token, made(&session, &bytes(&token)[1..17], "", ""));
}

#[test]
fn is_another_text_at_each_rendering() {
    let (_, session) = loaded();
    let tokens: HashSet<String> = (0..1000).map(|_| session.csrf_token()).collect();
    assert_eq!(tokens.len(), 1000);
    let halves: HashSet<Vec<u8>> =
        tokens.iter().map(|token| bytes(token)[1..17].to_vec()).collect();
    assert_eq!(halves.len(), 1000);
    assert!(tokens.iter().all(|token| session.verify_csrf(token).is_ok()));
}

#[test]
fn is_good_for_as_long_as_the_session_keeps_its_id() {
    let (sessions, session) = loaded();
    let token = session.csrf_token();
    let mut later = decode(&sessions, &pair(&encode_touched(&sessions, session)), NOW + 1);
    assert_eq!(later.verify_csrf(&token), Ok(()));
    later.set("user", "bob");
    assert_eq!(later.verify_csrf(&token), Ok(()), "whatever is in it");
}

fn encode_touched(sessions: &CookieSessions, mut session: Session) -> http::HeaderMap {
    session.touch();
    encode(sessions, &session, NOW).1
}

#[test]
fn is_dead_after_renew() {
    let (sessions, mut session) = loaded();
    let old = session.csrf_token();
    session.renew();
    assert_eq!(session.verify_csrf(&old), Err(CsrfError::NoId));
    assert_eq!(session.label().to_string(), "new", "verifying draws no id");
    let new = session.csrf_token();
    assert_eq!(session.verify_csrf(&old), Err(CsrfError::Mismatch));

    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!(sent, Sent::Set);
    let next = decode(&sessions, &pair(&headers), NOW);
    assert_eq!(next.verify_csrf(&old), Err(CsrfError::Mismatch));
    assert_eq!(next.verify_csrf(&new), Ok(()), "asked for after `renew` and before the response");
}

#[test]
fn is_dead_after_invalidate() {
    let (sessions, mut session) = loaded();
    let old = session.csrf_token();
    session.invalidate();
    assert_eq!(session.verify_csrf(&old), Err(CsrfError::NoId));
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Removed, "verifying is not writing");

    let new = session.csrf_token();
    assert_eq!(session.verify_csrf(&old), Err(CsrfError::Mismatch));
    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!(sent, Sent::Set, "the form on the page after a log-out");
    assert_eq!(decode(&sessions, &pair(&headers), NOW).verify_csrf(&new), Ok(()));
}

#[test]
fn lives_on_when_secrets_rotate() {
    let old = CookieSessions::new(ring(1));
    let cookie = sealed(&old, &[("user", "alice")], NOW);
    let token = decode(&old, &cookie, NOW).csrf_token();

    let new = CookieSessions::new(ring(2).previous(secret(1)));
    let session = decode(&new, &cookie, NOW + 1);
    assert_eq!(session.verify_csrf(&token), Ok(()));
    let (sent, headers) = encode(&new, &session, NOW + 1);
    assert_eq!(sent, Sent::Set, "sealed again under the new secret");
    let last = CookieSessions::new(ring(2));
    assert_eq!(decode(&last, &pair(&headers), NOW + 2).verify_csrf(&token), Ok(()));
}

#[test]
fn issues_the_pre_session() {
    let sessions = sessions();
    let session = visit(&sessions, NOW);
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    let token = session.csrf_token();
    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!(sent, Sent::Set);
    assert_eq!(decode(&sessions, &pair(&headers), NOW).verify_csrf(token), Ok(()));

    let session = visit(&sessions, NOW);
    session.csrf_token_for("POST", "/login").unwrap();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set, "a token for one form does too");
}

#[test]
fn issues_the_pre_session_also_if_it_is_renewed_after() {
    let sessions = sessions();
    let mut session = visit(&sessions, NOW);
    session.csrf_token();
    session.renew();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
}

#[test]
fn is_no_writing_on_a_session_that_is_there() {
    let (sessions, session) = loaded();
    session.csrf_token();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
}

#[test]
fn takes_no_byte_in_the_cookie() {
    let sessions = sessions();
    let len = |ask: fn(&Session)| {
        let mut session = visit(&sessions, NOW);
        session.set("user", "alice");
        ask(&session);
        line(&encode(&sessions, &session, NOW).1).len()
    };
    let plain = len(|_| ());
    assert_eq!(len(|session| drop(session.csrf_token())), plain);
    assert_eq!(len(|session| drop(session.csrf_token_for("POST", "/transfer"))), plain);
}

#[test]
fn verifying_draws_no_id_and_writes_nothing() {
    for issue in [Issue::Lazy, Issue::Eager] {
        let sessions = CookieSessions::builder(ring(1)).issue(issue).build().unwrap();
        let session = visit(&sessions, NOW);
        assert_eq!(session.verify_csrf(KNOWN), Err(CsrfError::NoId));
        assert_eq!(session.verify_csrf_for(KNOWN, "POST", "/"), Err(CsrfError::NoId));
        assert_eq!(session.label().to_string(), "new");
        let unwritten = if issue == Issue::Lazy { Sent::Unchanged } else { Sent::Set };
        assert_eq!(encode(&sessions, &session, NOW).0, unwritten);
    }
}

#[test]
fn refuses_the_token_of_another_session() {
    let (sessions, session) = loaded();
    let other = decode(&sessions, &sealed(&sessions, &[("user", "alice")], NOW), NOW);
    assert_eq!(other.verify_csrf(session.csrf_token()), Err(CsrfError::Mismatch));
    assert_eq!(session.verify_csrf(KNOWN), Err(CsrfError::Mismatch));
}

#[test]
fn refuses_another_method_or_path() {
    let (_, session) = loaded();
    let token = session.csrf_token_for("POST", "/transfer").unwrap();
    let others = [
        ("PUT", "/transfer"),
        ("post", "/transfer"),
        ("POST", "/transfer/"),
        ("POST", "/Transfer"),
        ("POST", "/transfer?to=mallory"),
        ("POST", ""),
        // The same letters, cut elsewhere.
        ("POST/", "transfer"),
        ("P", "OST/transfer"),
    ];
    for (method, path) in others {
        assert_eq!(
            session.verify_csrf_for(&token, method, path),
            Err(CsrfError::Mismatch),
            "{method} {path}"
        );
    }
}

#[test]
fn takes_a_method_of_http_and_the_bytes_of_a_header_field() {
    let (_, session) = loaded();
    let token = session.csrf_token_for(http::Method::POST, "/transfer").unwrap();
    let field = http::HeaderValue::from_str(&token).unwrap();
    assert_eq!(
        session.verify_csrf_for(field, &http::Method::POST, String::from("/transfer")),
        Ok(())
    );
}

#[test]
fn an_empty_method_is_an_error_and_draws_nothing() {
    let session = visit(&sessions(), NOW);
    assert_eq!(session.csrf_token_for("", "/transfer"), Err(CsrfError::EmptyMethod));
    assert_eq!(session.csrf_token_for("", ""), Err(CsrfError::EmptyMethod));
    assert_eq!(session.label().to_string(), "new");
    let token = session.csrf_token();
    assert_eq!(session.verify_csrf_for(token, "", ""), Err(CsrfError::EmptyMethod));
}

#[test]
fn a_method_or_path_is_as_long_as_its_length_can_say_and_no_longer() {
    let session = visit(&sessions(), NOW);
    let long = "a".repeat(65_536);
    let refused = CsrfError::ScopeTooLong { bytes: 65_536 };
    assert_eq!(session.csrf_token_for("POST", &long), Err(refused));
    assert_eq!(session.csrf_token_for(&long, "/"), Err(refused));
    assert_eq!(session.verify_csrf_for(KNOWN, "POST", &long), Err(refused));
    assert_eq!(session.label().to_string(), "new");

    let longest = &long[1..];
    let token = session.csrf_token_for(longest, longest).unwrap();
    assert_eq!(session.verify_csrf_for(&token, longest, longest), Ok(()));
}

#[test]
fn refuses_every_flipped_bit() {
    let session = known();
    for bit in 0..33 * 8 {
        let mut flipped = bytes(KNOWN);
        flipped[bit / 8] ^= 1 << (bit % 8);
        let expected =
            if bit < 8 { CsrfError::UnknownVersion(flipped[0]) } else { CsrfError::Mismatch };
        assert_eq!(session.verify_csrf(text(&flipped)), Err(expected), "bit {bit}");
    }
}

#[test]
fn refuses_every_other_length_for_what_it_is() {
    let session = known();
    assert_eq!(session.verify_csrf(""), Err(CsrfError::Empty));
    for len in 1..CHARS {
        assert_eq!(
            session.verify_csrf(&KNOWN[..len]),
            Err(CsrfError::Malformed),
            "{len} characters"
        );
        assert_eq!(session.verify_csrf(&KNOWN[CHARS - len..]), Err(CsrfError::Malformed));
    }
    for len in [45, 46, 48, 88, 1 << 20] {
        let longer = KNOWN.repeat(len / CHARS + 1);
        assert_eq!(session.verify_csrf(&longer[..len]), Err(CsrfError::TooLong { bytes: len }));
    }
}

#[test]
fn refuses_every_byte_outside_the_alphabet_at_every_place() {
    let session = known();
    for place in 0..CHARS {
        for byte in
            (0..=u8::MAX).filter(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte))
        {
            let mut token = KNOWN.as_bytes().to_vec();
            token[place] = byte;
            assert_eq!(session.verify_csrf(token), Err(CsrfError::Malformed), "{byte} at {place}");
        }
    }
}

#[test]
fn refuses_other_spellings_of_the_same_bytes() {
    let session = known();
    let rows = [
        (format!("{KNOWN}="), CsrfError::TooLong { bytes: 45 }),
        (format!("{KNOWN}===="), CsrfError::TooLong { bytes: 48 }),
        (format!(" {KNOWN}"), CsrfError::TooLong { bytes: 45 }),
        (format!("{KNOWN}\n"), CsrfError::TooLong { bytes: 45 }),
        (format!("\"{KNOWN}\""), CsrfError::TooLong { bytes: 46 }),
        (KNOWN.replace('_', "%5F"), CsrfError::TooLong { bytes: 48 }),
        (KNOWN.replace('_', "/"), CsrfError::Malformed),
        (KNOWN.to_lowercase(), CsrfError::UnknownVersion(0x6a)),
        (format!("é{}", &KNOWN[2..]), CsrfError::Malformed),
        ("ｔ".repeat(44), CsrfError::TooLong { bytes: 132 }),
    ];
    for (token, expected) in rows {
        assert_eq!(session.verify_csrf(&token), Err(expected), "{}", token.escape_debug());
    }
}

#[test]
fn refuses_another_version_with_a_mac_of_its_own() {
    // Made as above, with version=2.
    let token = "AgABAgMEBQYHCAkKCwwNDg_i3Hdqb_XWtiFpKr5cLLTU";
    assert_eq!(known().verify_csrf(token), Err(CsrfError::UnknownVersion(2)));
}

#[test]
fn refuses_the_cookie_the_id_and_the_label_in_place_of_a_token() {
    let (sessions, session) = loaded();
    let cookie = sessions.request_cookie(&session).unwrap();
    assert!(session.verify_csrf(&cookie.as_bytes()[15..][..CHARS]).is_err());
    assert!(session.verify_csrf(session.id().expose_base64url().as_bytes()).is_err());
    assert!(session.verify_csrf(session.label().as_str()).is_err());
}

fn measured<R>(run: impl FnOnce() -> R) -> AllocationInfo {
    measure(|| {
        black_box(run());
    })
}

#[test]
fn allocates_once_at_most_to_verify_and_not_before_the_form_is_right() {
    let session = known();
    let long = "A".repeat(1 << 20);
    let none = Session::id(&session).expose_base64url();
    for junk in ["", "AAAA", &long, "é", &none] {
        assert_eq!(measured(|| session.verify_csrf(junk).unwrap_err()).count_total, 0);
    }
    let path = "p".repeat(60_000);
    let verified = measured(|| session.verify_csrf_for(KNOWN, "POST", &path));
    assert!(verified.count_total <= 1 && verified.bytes_total < 61_000, "{verified:?}");
    assert!(measured(|| session.csrf_token()).count_total <= 2);
}

#[test]
fn a_loaded_session_without_a_change_is_not_sealed_for_a_token() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[], NOW);
    let session = decode(&sessions, &cookie, NOW);
    let token = session.csrf_token();
    let mut headers = http::HeaderMap::new();
    let sent = sessions.encode_at(&session, &mut headers, http::StatusCode::OK, at(NOW)).unwrap();
    assert_eq!((sent, headers["cache-control"].as_bytes()), (Sent::Unchanged, &b"private"[..]));
    assert_eq!(decode(&sessions, &cookie, NOW).verify_csrf(token), Ok(()));
}

#[test]
fn each_error_says_what_was_found_and_what_is_allowed() {
    let rows = [
        (CsrfError::Empty, "the CSRF token is empty; expected 44 characters"),
        (CsrfError::TooLong { bytes: 45 }, "the CSRF token has 45 bytes; expected 44"),
        (CsrfError::Malformed, "the CSRF token is not 44 characters of base64url"),
        (CsrfError::UnknownVersion(2), "the CSRF token is of version 2; expected 1"),
        (CsrfError::NoId, "the session has no id, so no CSRF token was made for it"),
        (
            CsrfError::Mismatch,
            "the CSRF token is of another session, or for another method or path",
        ),
        (CsrfError::EmptyMethod, "the method of the CSRF token is empty; expected one like POST"),
        (
            CsrfError::ScopeTooLong { bytes: 65_536 },
            "the method or path of the CSRF token has 65536 bytes; expected at most 65535",
        ),
        (
            CsrfError::Missing,
            "the request has no CSRF token; expected one in a header, such as x-csrf-token, or in a form",
        ),
        (CsrfError::Repeated, "the request has several CSRF tokens; expected one"),
        (CsrfError::CrossSite, "the request comes from another site (Sec-Fetch-Site)"),
        (
            CsrfError::SameSite,
            "the request comes from another origin of this site (Sec-Fetch-Site)",
        ),
        (
            CsrfError::FormTooLarge { limit: 100 },
            "the form is larger than 100 bytes before its CSRF token; put the field with the token first",
        ),
        (
            CsrfError::BrokenForm,
            "the form ended early, or is not what its Content-Type says; expected a whole form",
        ),
        (
            CsrfError::NoSessionLayer,
            "the request has no session; expected a SessionLayer around the layer that asks for CSRF tokens",
        ),
    ];
    for (error, message) in rows {
        let status = match error {
            CsrfError::FormTooLarge { .. } => 413,
            CsrfError::BrokenForm => 400,
            CsrfError::NoSessionLayer => 500,
            _ => 403,
        };
        assert_eq!(error.status(), status, "{error}");
        assert_eq!(error.to_string(), message);
        assert!(error.source().is_none());
    }
}

const _: fn() = || {
    fn error<T: Error + Send + Sync + 'static>() {}
    error::<CsrfError>();
};

proptest! {
    #[test]
    fn accepts_what_it_made_for_the_same_scope_alone(
        scope in ("[A-Z]{1,9}", "(/[ -~é]{0,9}){0,3}"),
        other in ("[A-Z]{1,9}", "(/[ -~é]{0,9}){0,3}"),
    ) {
        let session = known();
        let token = session.csrf_token_for(&scope.0, &scope.1).unwrap();
        prop_assert_eq!(session.verify_csrf_for(&token, &scope.0, &scope.1), Ok(()));
        prop_assert_eq!(session.verify_csrf_for(&token, &other.0, &other.1).is_ok(), scope == other);
        prop_assert_eq!(session.verify_csrf(&token), Err(CsrfError::Mismatch));
    }

    #[test]
    fn accepts_no_other_bytes_than_those_that_the_description_makes(
        random: [u8; 16], guessed: [u8; 16], text in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let session = known();
        prop_assert_eq!(session.verify_csrf(made(&session, &random, "", "")), Ok(()));
        let frame = [&[1][..], &random, &guessed].concat();
        prop_assert_eq!(session.verify_csrf(self::text(&frame)), Err(CsrfError::Mismatch));
        prop_assert!(session.verify_csrf(text).is_err());
    }

    #[test]
    fn accepts_no_edit_of_a_token(place in 0..CHARS, letter in "[A-Za-z0-9_-]") {
        let edited = format!("{}{letter}{}", &KNOWN[..place], &KNOWN[place + 1..]);
        prop_assert_eq!(known().verify_csrf(&edited).is_ok(), edited == KNOWN);
    }
}
