//! Flash messages: what is sent when, what opens, and for how long.
//!
//! The known tokens were made with Python and libsodium, from the description alone:
//!
//! ```python
//! import base64, hashlib, hmac
//! from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as seal
//! def mac(key, message): return hmac.new(key, message, hashlib.sha256).digest()
//! def lp(x): return len(x).to_bytes(2, "big") + x
//! def expand(prk, label, scope, n): return mac(prk, lp(label) + scope + b"\1")[:n]
//! def varint(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)
//! def token(secret, name, created, messages, path=b"/", domain=b"", partitioned=0, context=b""):
//!     prk = mac(b"sealed-session v1", secret)
//!     scope = lp(b"flash") + lp(name) + b"\1" + lp(path) + lp(domain) + bytes([partitioned]) + lp(context) + lp(b"flash")
//!     payload = bytes([len(messages)]) + b"".join(bytes([level]) + varint(len(text)) + text for level, text in messages)
//!     body = bytes(16) + varint(created) + bytes(3) + payload
//!     nonce, head = bytes(range(24)), b"\1" + expand(prk, b"key id", scope, 2)
//!     frame = head + nonce + seal(body, head, nonce, expand(prk, b"key", scope, 32))
//!     return base64.urlsafe_b64encode(frame).rstrip(b"=").decode()
//! said = [(1, "Done.".encode()), (3, "Zu groß: 9 €".encode())]
//! print(token(bytes(range(32)), b"__Host-session-flash", 1_700_000_000, said))
//! print(token(bytes(range(32)), b"__Secure-shop-flash", 1_700_000_000, said, b"/app", b"example.com", 1, b"till"))
//! ```

use crate::support::{
    self, NAME, NOW, at, cookies, decode, encode, ring, sealed, secret, sessions, visit,
};
use allocation_counter::measure;
use base64_simd::URL_SAFE_NO_PAD;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use cookie::Cookie;
use hkdf::Hkdf;
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{
    Builder, CookieSessions, Dict, EncodeError, Flash, FlashError, Keyring, Level, Message,
    SameSite, Secret, Sent, Transport,
};
use sha2::Sha256;

const FLASH: &str = "__Host-session-flash";
const KNOWN: &str = "AcS8AAECAwQFBgcICQoLDA0ODxAREhMUFRYXJWhDxhlSsvS93lOGwaUnv7IyQUVyUl36W36vltiXFQ0WCgsyCvKusOdmNV0xzP1S8zaj\
                     tGSCrZELHQiIEmGD-BA";
const KNOWN_OF_SHOP: &str = "AepyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXq3OACbJAGs1BTR3Uof7-tZFczmAsCxhOAz8NPJbZkA30thMLZZMA_1IaJug\
                             YR7QmdizezdxICnFW5OpmbmCq3Ro";
const LEVELS: [Level; 4] = [Level::Info, Level::Success, Level::Warning, Level::Error];

/// The messages of a request with these `Cookie` fields.
fn arrive(sessions: &CookieSessions, fields: &[&str], now: u64) -> Flash {
    sessions.decode_flash_at(&cookies(fields), sessions.transport(), at(now))
}

/// The result of `encode_flash_at`, and the headers of the response.
#[track_caller]
fn answer(sessions: &CookieSessions, flash: &Flash, now: u64) -> (Sent, HeaderMap) {
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_flash_at(flash, &mut headers, at(now)).unwrap();
    (sent, headers)
}

/// `name=token` of the only `Set-Cookie` header.
#[track_caller]
fn pair(headers: &HeaderMap) -> String {
    support::pair(headers)
}

/// `name=token` of messages with these texts, pushed at `now`.
fn said(sessions: &CookieSessions, texts: &[&str], now: u64) -> String {
    let mut flash = arrive(sessions, &[], now);
    for text in texts {
        flash.push(Level::Info, *text).unwrap();
    }
    pair(&answer(sessions, &flash, now).1)
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::text).collect()
}

fn read(flash: &mut Flash) -> Vec<(Level, String)> {
    flash.take().iter().map(|message| (message.level(), message.text().to_owned())).collect()
}

/// The sessions of the second known token.
fn shop() -> Builder<Dict> {
    let builder =
        CookieSessions::builder(counted()).name("shop").path("/app").domain("example.com");
    builder.partitioned(true).context("till")
}

fn counted() -> Keyring {
    Keyring::new(
        Secret::from_bytes(&std::array::from_fn::<u8, 32, _>(|n| u8::try_from(n).unwrap()))
            .unwrap(),
    )
}

#[test]
fn opens_the_known_tokens() {
    let expected =
        [(Level::Success, "Done.".to_owned()), (Level::Error, "Zu groß: 9 €".to_owned())];
    for (sessions, cookie) in [
        (CookieSessions::new(counted()), format!("{FLASH}={KNOWN}")),
        (shop().build().unwrap(), format!("__Secure-shop-flash={KNOWN_OF_SHOP}")),
    ] {
        let mut flash = arrive(&sessions, &[&cookie], NOW);
        assert_eq!((flash.len(), read(&mut flash)), (2, expected.to_vec()));
    }
}

#[test]
fn a_message_is_shown_once_by_the_next_request() {
    let sessions = sessions();
    let mut flash = arrive(&sessions, &[], NOW);
    assert!(flash.is_empty() && flash.take().is_empty());
    flash.push(Level::Success, "Saved.").unwrap();
    flash.push(Level::Warning, String::from("Twice.")).unwrap();
    let (sent, headers) = answer(&sessions, &flash, NOW);
    assert_eq!(sent, Sent::Set);

    let mut flash = arrive(&sessions, &[&pair(&headers)], NOW + 1);
    assert_eq!(flash.len(), 2);
    let expected = [(Level::Success, "Saved.".to_owned()), (Level::Warning, "Twice.".to_owned())];
    assert_eq!(read(&mut flash), expected);
    assert!(flash.is_empty() && flash.take().is_empty(), "and not a second time");
    let (sent, headers) = answer(&sessions, &flash, NOW + 1);
    assert_eq!((sent, pair(&headers)), (Sent::Removed, format!("{FLASH}=")));
}

#[test]
fn the_cookie_has_the_attributes_of_the_session_cookie() {
    let builder = || CookieSessions::builder(ring(1));
    for (name, builder) in [
        ("__Host-session-flash", builder()),
        ("__Host-shop-flash", builder().name("shop").same_site(SameSite::Strict)),
        ("__Secure-session-flash", builder().path("/app").domain("example.com")),
        ("__Host-session-flash", builder().partitioned(true).same_site(SameSite::None)),
        ("session-flash", builder().insecure_http()),
    ] {
        let sessions = builder.build().unwrap();
        let mut session = visit(&sessions, NOW);
        session.touch();
        let model = support::line(&encode(&sessions, &session, NOW).1);
        let mut flash = arrive(&sessions, &[], NOW);
        flash.push(Level::Info, "a").unwrap();
        let set = support::line(&answer(&sessions, &flash, NOW).1);
        let mut flash = arrive(&sessions, &[set.split(';').next().unwrap()], NOW);
        assert_eq!(flash.take().len(), 1);
        let removal = support::line(&answer(&sessions, &flash, NOW).1);
        for (line, age) in [(set, 300), (removal, 0)] {
            let cookie = Cookie::parse(line.as_str()).unwrap();
            let mut expected = Cookie::parse(model.as_str()).unwrap();
            expected.set_name(name);
            expected.set_value(cookie.value().to_owned());
            expected.set_max_age(cookie::time::Duration::seconds(age));
            assert_eq!(cookie, expected);
        }
    }
}

#[test]
fn set_cookie_is_marked_sensitive() {
    let sessions = sessions();
    let mut flash = Flash::new();
    flash.push(Level::Info, "a").unwrap();
    assert!(answer(&sessions, &flash, NOW).1[SET_COOKIE].is_sensitive());
    assert!(sessions.flash_cookie(&flash).unwrap().is_sensitive());
}

#[test]
fn messages_that_are_not_read_stay_and_nothing_is_sent() {
    let sessions = sessions();
    let cookie = said(&sessions, &["a"], NOW);
    let flash = arrive(&sessions, &[&cookie], NOW + 1);
    assert_eq!((flash.len(), flash.is_empty()), (1, false));
    let _ = format!("{flash:?}");
    let (sent, headers) = answer(&sessions, &flash, NOW + 1);
    assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Unchanged, false));
}

#[test]
fn a_pushed_message_is_sent_after_unread_ones() {
    let sessions = sessions();
    let cookie = said(&sessions, &["a", "b"], NOW);
    let mut flash = arrive(&sessions, &[&cookie], NOW + 100);
    flash.push(Level::Info, "c").unwrap();
    let (sent, headers) = answer(&sessions, &flash, NOW + 100);
    assert_eq!(sent, Sent::Set);
    let cookie = pair(&headers);
    assert_eq!(texts(&arrive(&sessions, &[&cookie], NOW + 299).take()), ["a", "b", "c"]);
    assert_eq!(texts(&arrive(&sessions, &[&cookie], NOW + 300).take()), ["c"], "its own time");
    assert_eq!(texts(&arrive(&sessions, &[&cookie], NOW + 399).take()), ["c"]);
    assert!(arrive(&sessions, &[&cookie], NOW + 400).is_empty());
}

#[test]
fn a_message_that_is_pushed_after_taking_is_sent_alone() {
    let sessions = sessions();
    let mut flash = arrive(&sessions, &[&said(&sessions, &["a"], NOW)], NOW);
    assert_eq!(texts(&flash.take()), ["a"]);
    flash.push(Level::Info, "b").unwrap();
    let (sent, headers) = answer(&sessions, &flash, NOW);
    assert_eq!(sent, Sent::Set);
    assert_eq!(texts(&arrive(&sessions, &[&pair(&headers)], NOW).take()), ["b"]);
}

#[test]
fn what_the_same_request_pushed_is_read_with_the_rest_and_not_sent() {
    let sessions = sessions();
    let mut flash = arrive(&sessions, &[], NOW);
    flash.push(Level::Error, "Too short.").unwrap();
    assert_eq!(texts(&flash.take()), ["Too short."]);
    let (sent, headers) = answer(&sessions, &flash, NOW);
    assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Unchanged, false));

    let mut flash = arrive(&sessions, &[&said(&sessions, &["a"], NOW)], NOW);
    flash.push(Level::Info, "b").unwrap();
    assert_eq!(texts(&flash.take()), ["a", "b"]);
    assert_eq!(answer(&sessions, &flash, NOW).0, Sent::Removed);
}

#[test]
fn encoding_again_to_the_same_response_replaces_set_cookie() {
    let sessions = sessions();
    let mut headers = HeaderMap::new();
    headers.append(SET_COOKIE, HeaderValue::from_static("other=1"));
    let mut flash = arrive(&sessions, &[], NOW);
    for text in ["a", "b"] {
        flash.push(Level::Info, text).unwrap();
        sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap();
        assert_eq!(headers.get_all(SET_COOKIE).iter().count(), 2);
    }
    assert_eq!(texts(&sessions.received_flash(&headers).unwrap().take()), ["a", "b"]);
    assert_eq!(texts(&flash.take()), ["a", "b"]);
    assert_eq!(sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap(), Sent::Unchanged);
    assert_eq!(headers.get_all(SET_COOKIE).iter().collect::<Vec<_>>(), ["other=1"]);
}

#[test]
fn a_machine_that_finds_no_messages_keeps_the_cookie() {
    let sessions = sessions();
    let mut pushed = arrive(&sessions, &[], NOW);
    pushed.push(Level::Info, "a").unwrap();
    let (_, mut headers) = answer(&sessions, &pushed, NOW);
    let mut none = arrive(&sessions, &[], NOW);
    assert!(none.take().is_empty());
    assert_eq!(sessions.encode_flash_at(&none, &mut headers, at(NOW)).unwrap(), Sent::Unchanged);
    assert_eq!(sessions.received_flash(&headers).unwrap().len(), 1);
}

#[test]
fn a_message_and_a_session_in_one_response_are_two_headers() {
    let sessions = sessions();
    let mut headers = HeaderMap::new();
    for _ in 0..2 {
        let mut session = visit(&sessions, NOW);
        session.set("user", "alice");
        sessions.encode_at(&session, &mut headers, http::StatusCode::OK, at(NOW)).unwrap();
        let mut flash = arrive(&sessions, &[], NOW);
        flash.push(Level::Info, "a").unwrap();
        sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap();
    }
    assert_eq!(headers.get_all(SET_COOKIE).iter().count(), 2);
    assert_eq!(sessions.from_response(&headers).unwrap().get("user"), Some("alice"));
    assert_eq!(texts(&sessions.received_flash(&headers).unwrap().take()), ["a"]);
    assert_eq!(headers.get_all(VARY).iter().count(), 1);

    let lines = headers.get_all(SET_COOKIE).iter();
    let both: Vec<&str> =
        lines.map(|line| line.to_str().unwrap().split(';').next().unwrap()).collect();
    let field = both.join("; ");
    assert_eq!(decode(&sessions, &field, NOW).get("user"), Some("alice"));
    assert_eq!(texts(&arrive(&sessions, &[&field], NOW).take()), ["a"]);
}

#[test]
fn a_message_never_undoes_what_another_request_writes_to_the_session() {
    let sessions = sessions();
    let before = sealed(&sessions, &[("cart", "1")], NOW);
    // A slow request pushes a message, a quick one writes to the session meanwhile.
    let slow = decode(&sessions, &before, NOW);
    let mut quick = decode(&sessions, &before, NOW);
    quick.set("cart", "2");
    let after = pair(&encode(&sessions, &quick, NOW).1);
    let mut flash = arrive(&sessions, &[&before], NOW);
    flash.push(Level::Info, "a").unwrap();
    let (sent, mut headers) = encode(&sessions, &slow, NOW);
    sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap();
    assert_eq!((sent, pair(&headers).starts_with(FLASH)), (Sent::Unchanged, true));
    let field = [after, pair(&headers)].join("; ");
    assert_eq!(decode(&sessions, &field, NOW).get("cart"), Some("2"));
    assert_eq!(texts(&arrive(&sessions, &[&field], NOW).take()), ["a"]);
}

#[test]
fn two_tabs_that_push_at_once_leave_the_message_of_the_last_response() {
    let sessions = sessions();
    let [one, other] = ["a", "b"].map(|text| said(&sessions, &[text], NOW));
    // The browser has one cookie of the name, that of the last response.
    assert_eq!(texts(&arrive(&sessions, &[&other], NOW).take()), ["b"]);
    assert_eq!(texts(&arrive(&sessions, &[&one], NOW).take()), ["a"]);
}

#[test]
fn is_accepted_for_300_seconds_and_300_seconds_of_clocks_that_differ() {
    let sessions = sessions();
    let cookie = said(&sessions, &["a"], NOW);
    for (now, stands) in [
        (NOW, true),
        (NOW + 299, true),
        (NOW + 300, false),
        (NOW + 1_000_000, false),
        (u64::from(u32::MAX), false),
        (NOW - 1, true),
        (NOW - 300, true),
        (NOW - 301, false),
        (0, false),
    ] {
        assert_eq!(arrive(&sessions, &[&cookie], now).is_empty(), !stands, "{now}");
    }
    let received =
        sessions.received_flash(&HeaderMap::from_iter([(SET_COOKIE, cookie.parse().unwrap())]));
    assert_eq!(received.unwrap().len(), 1, "for tests the time plays no part");
}

#[test]
fn clocks_at_the_ends_of_time_do_no_harm() {
    let sessions = sessions();
    for time in [at(0), at(0) - support::secs(1), at(253_402_300_800)] {
        let mut flash = sessions.decode_flash_at(&HeaderMap::new(), Transport::Https, time);
        flash.push(Level::Info, "a").unwrap();
        let mut headers = HeaderMap::new();
        sessions.encode_flash_at(&flash, &mut headers, time).unwrap();
        let request = cookies([pair(&headers)]);
        assert_eq!(sessions.decode_flash_at(&request, Transport::Https, time).len(), 1);
    }
}

#[test]
fn a_changed_cookie_is_no_message() {
    let sessions = sessions();
    let cookie = said(&sessions, &["alice"], NOW);
    let (name, token) = cookie.split_once('=').unwrap();
    let frame = URL_SAFE_NO_PAD.decode_to_vec(token).unwrap();
    for bit in 0..frame.len() * 8 {
        let mut changed = frame.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let cookie = format!("{name}={}", URL_SAFE_NO_PAD.encode_to_string(&changed));
        assert!(arrive(&sessions, &[&cookie], NOW).is_empty(), "bit {bit}");
    }
    for len in 0..token.len() {
        assert!(
            arrive(&sessions, &[&format!("{name}={}", &token[..len])], NOW).is_empty(),
            "cut to {len}"
        );
    }
    for junk in ["", "A", "====", "\"", "x".repeat(9000).as_str()] {
        for cookie in [format!("{cookie}{junk}x"), format!("{name}={junk}")] {
            assert!(arrive(&sessions, &[&cookie], NOW).is_empty(), "{cookie}");
        }
    }
    for other in
        ["__Host-session", "__host-session-flash", "session-flash", "__Host-session-flash "]
    {
        assert!(arrive(&sessions, &[&format!("{other}={token}")], NOW).is_empty(), "{other}");
    }
    assert_eq!(arrive(&sessions, &[&cookie], NOW).len(), 1);
}

#[test]
fn an_invalid_cookie_does_not_hide_a_message_and_is_not_removed() {
    let sessions = sessions();
    let cookie = said(&sessions, &["a"], NOW);
    let junk = format!("{FLASH}=junk; {FLASH}=; {NAME}=junk; {FLASH}={KNOWN}");
    let mut flash = arrive(&sessions, &[&junk, &cookie, &junk], NOW);
    assert_eq!(texts(&flash.take()), ["a"]);

    let mut flash = arrive(&sessions, &[&junk], NOW);
    assert!(flash.take().is_empty());
    let (sent, headers) = answer(&sessions, &flash, NOW);
    assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Unchanged, false));
}

/// This many cookies with the key's id that were not sealed under the key.
fn forged(sessions: &CookieSessions, count: usize) -> Vec<String> {
    let last = |pair: &str| if pair.ends_with('A') { 'Q' } else { 'A' };
    let forge = |pair: String| format!("{}{}", &pair[..pair.len() - 1], last(&pair));
    (0..count).map(|_| forge(said(sessions, &["x"], NOW))).collect()
}

#[test]
fn eight_cookies_are_opened_and_equal_ones_once() {
    let sessions = sessions();
    let good = said(&sessions, &["a"], NOW);
    let behind = |mut fields: Vec<String>| {
        fields.push(good.clone());
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        arrive(&sessions, &fields, NOW).len()
    };
    assert_eq!(behind(forged(&sessions, 7)), 1);
    assert_eq!(behind(forged(&sessions, 8)), 0);
    assert_eq!(behind(vec![forged(&sessions, 1).remove(0); 50]), 1);
}

#[test]
fn of_several_the_newest_is_accepted_in_any_order() {
    let sessions = sessions();
    let [old, new] =
        [("old", NOW), ("new", NOW + 1)].map(|(text, now)| said(&sessions, &[text], now));
    for fields in [[&*old, &new], [&new, &old]] {
        assert_eq!(texts(&arrive(&sessions, &fields, NOW + 2).take()), ["new"]);
    }
    // Within one second the nonce decides.
    let [one, other] = ["one", "other"].map(|text| said(&sessions, &[text], NOW));
    let [first, second] = [[&*one, &other], [&other, &one]].map(|fields| {
        let mut flash = arrive(&sessions, &fields, NOW);
        read(&mut flash)
    });
    assert_eq!(first, second);
}

#[test]
fn a_flash_token_is_no_session_and_a_session_no_flash_token() {
    let sessions = sessions();
    let session = sealed(&sessions, &[("user", "alice")], NOW);
    let flash = said(&sessions, &["a"], NOW);
    let value = |pair: &str| pair.split_once('=').unwrap().1.to_owned();
    let renamed = format!("{NAME}={}; {FLASH}={}", value(&flash), value(&session));
    assert!(decode(&sessions, &renamed, NOW).is_new());
    assert!(arrive(&sessions, &[&renamed], NOW).is_empty());
    assert_eq!(decode(&sessions, &format!("{renamed}; {session}"), NOW).get("user"), Some("alice"));
    assert_eq!(arrive(&sessions, &[&renamed, &flash], NOW).len(), 1);

    // Also for a session cookie with the name of the flash cookie, or with its schema.
    let called = CookieSessions::builder(ring(1)).name("session-flash").build().unwrap();
    let typed =
        CookieSessions::typed::<u32>(ring(1), "flash").name("session-flash").build().unwrap();
    assert!(decode(&called, &flash, NOW).is_new());
    assert!(decode(&typed, &flash, NOW).is_new());
    assert!(arrive(&sessions, &[&sealed(&called, &[("user", "alice")], NOW)], NOW).is_empty());
    let mut number = visit(&typed, NOW);
    *number.data_mut() = 1;
    assert!(arrive(&sessions, &[&pair(&encode(&typed, &number, NOW).1)], NOW).is_empty());
}

#[test]
fn another_scope_has_other_keys() {
    let build = |builder: Builder<Dict>| builder.build().unwrap();
    let builder = || CookieSessions::builder(ring(1));
    let cookie = said(&sessions(), &["a"], NOW);
    let token = cookie.split_once('=').unwrap().1;
    for (name, other) in [
        ("__Host-shop-flash", build(builder().name("shop"))),
        ("__Secure-session-flash", build(builder().path("/app"))),
        ("__Secure-session-flash", build(builder().domain("example.com"))),
        (FLASH, build(builder().partitioned(true))),
        (FLASH, build(builder().context("other"))),
        ("session-flash", build(builder().insecure_http())),
        (FLASH, CookieSessions::new(ring(2))),
    ] {
        assert!(arrive(&other, &[&format!("{name}={token}")], NOW).is_empty(), "{other:?}");
    }
    // What is not in the scope: limits, and the type of the sessions.
    let typed = CookieSessions::typed::<u32>(ring(1), "number")
        .idle_timeout(support::secs(1))
        .build()
        .unwrap();
    assert_eq!(typed.decode_flash_at(&cookies([&cookie]), Transport::Https, at(NOW + 1)).len(), 1);
}

#[test]
fn old_and_upcoming_secrets_open_and_the_current_one_seals() {
    let (one, two) = (CookieSessions::new(ring(1)), CookieSessions::new(ring(2)));
    for both in [ring(2).previous(secret(1)), ring(2).upcoming(secret(1))].map(CookieSessions::new)
    {
        let mut flash = arrive(&both, &[&said(&one, &["a"], NOW)], NOW);
        flash.push(Level::Info, "b").unwrap();
        let cookie = pair(&answer(&both, &flash, NOW).1);
        assert!(arrive(&one, &[&cookie], NOW).is_empty());
        assert_eq!(texts(&arrive(&two, &[&cookie], NOW).take()), ["a", "b"]);
    }
}

#[cfg(feature = "rotation")]
#[test]
fn rotation_swaps_the_keys_of_messages_too() {
    let sessions = CookieSessions::new(ring(1));
    let cookie = said(&sessions, &["a"], NOW);
    sessions.clone().rotate(ring(2).previous(secret(1)));
    assert_eq!(arrive(&sessions, &[&cookie], NOW).len(), 1);
    assert_eq!(
        arrive(&CookieSessions::new(ring(2)), &[&said(&sessions, &["b"], NOW)], NOW).len(),
        1
    );
    sessions.rotate(ring(2));
    assert!(arrive(&sessions, &[&cookie], NOW).is_empty());
}

#[cfg(feature = "rotation")]
#[test]
fn a_session_of_a_removed_secret_is_not_sealed_again() {
    let sessions = CookieSessions::new(ring(1));
    let arriving =
        || arrive(&sessions, &[&said(&CookieSessions::new(ring(1)), &["forged"], NOW)], NOW);
    let (mut pushed, mut taken) = (arriving(), arriving());
    pushed.push(Level::Info, "b").unwrap();
    assert_eq!(taken.take().len(), 1);
    sessions.rotate(ring(2));
    let (sent, headers) = answer(&sessions, &pushed, NOW);
    assert_eq!(sent, Sent::Set);
    assert_eq!(texts(&sessions.received_flash(&headers).unwrap().take()), ["b"]);
    assert_eq!(answer(&sessions, &taken, NOW).0, Sent::Removed);
}

#[test]
fn over_the_other_transport_there_are_no_messages_and_none_are_sent() {
    for (sessions, other) in [
        (sessions(), Transport::Http),
        (CookieSessions::builder(ring(1)).insecure_http().build().unwrap(), Transport::Https),
    ] {
        let headers = cookies([said(&sessions, &["a"], NOW)]);
        let mut flash = sessions.decode_flash_at(&headers, other, at(NOW));
        assert!(flash.is_empty());
        let (sent, answered) = answer(&sessions, &flash, NOW);
        assert_eq!((sent, answered.contains_key(SET_COOKIE)), (Sent::Withheld, false));
        flash.push(Level::Info, "b").unwrap();
        let (sent, answered) = answer(&sessions, &flash, NOW);
        assert_eq!((sent, answered.contains_key(SET_COOKIE)), (Sent::Withheld, false));

        let mut request = Request::builder().header(COOKIE, &headers[COOKIE]).body(()).unwrap();
        let now = said_now(&sessions);
        request.headers_mut().insert(COOKIE, now);
        assert_eq!(sessions.decode_flash(&request).len(), 1, "by default over its own");
        request.extensions_mut().insert(other);
        assert_eq!(sessions.decode_flash(&request).len(), 0);
    }
}

fn said_now(sessions: &CookieSessions) -> HeaderValue {
    let mut flash = Flash::new();
    flash.push(Level::Info, "a").unwrap();
    sessions.flash_cookie(&flash).unwrap()
}

#[test]
fn writes_to_the_response_that_it_is_given() {
    let sessions = sessions();
    let mut flash = sessions.decode_flash(&Request::new(()));
    flash.push(Level::Info, "a").unwrap();
    let mut response = Response::new(());
    assert_eq!(sessions.encode_flash(&flash, &mut response).unwrap(), Sent::Set);
    assert_eq!(sessions.received_flash(response.headers()).unwrap().len(), 1);
}

#[test]
fn up_to_eight_messages_are_pushed() {
    let mut flash = Flash::new();
    for _ in 0..8 {
        flash.push(Level::Info, "").unwrap();
    }
    assert_eq!(flash.push(Level::Info, ""), Err(FlashError::TooMany { limit: 8 }));
    assert_eq!(flash.len(), 8);
    assert_eq!(arrive(&sessions(), &[&pair(&answer(&sessions(), &flash, NOW).1)], NOW).len(), 8);
    assert_eq!(flash.take().len(), 8);
    assert_eq!(flash.push(Level::Info, ""), Ok(()), "once they are taken there is room");
}

#[test]
fn up_to_1024_bytes_of_text_are_pushed_together() {
    let mut flash = Flash::new();
    assert_eq!(
        flash.push(Level::Info, "x".repeat(1025)),
        Err(FlashError::TooLong { bytes: 1025, limit: 1024 })
    );
    flash.push(Level::Info, "x".repeat(1000)).unwrap();
    assert_eq!(
        flash.push(Level::Info, "€€€€€€€€€"),
        Err(FlashError::TooLong { bytes: 1027, limit: 1024 })
    );
    flash.push(Level::Info, "€€€€€€€€").unwrap();
    assert_eq!(flash.len(), 2);
    assert_eq!(arrive(&sessions(), &[&pair(&answer(&sessions(), &flash, NOW).1)], NOW).len(), 2);
}

#[test]
fn messages_that_arrived_are_dropped_so_that_no_client_makes_push_fail() {
    let sessions = sessions();
    let eight = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut flash = arrive(&sessions, &[&said(&sessions, &eight, NOW)], NOW);
    flash.push(Level::Info, "i").unwrap();
    flash.push(Level::Info, "j").unwrap();
    assert_eq!(texts(&flash.take()), ["c", "d", "e", "f", "g", "h", "i", "j"]);

    let [long, longer] = ["x".repeat(500), "y".repeat(520)];
    let mut flash = arrive(&sessions, &[&said(&sessions, &[&long, &longer], NOW)], NOW);
    flash.push(Level::Info, "z".repeat(504)).unwrap();
    assert_eq!(flash.len(), 2);
    flash.push(Level::Info, "z").unwrap();
    let messages = flash.take();
    assert_eq!(texts(&messages), [&*"z".repeat(504), "z"]);

    let mut flash = arrive(&sessions, &[&said(&sessions, &eight, NOW)], NOW);
    for _ in 0..8 {
        flash.push(Level::Info, "new").unwrap();
    }
    assert_eq!(flash.push(Level::Info, "new"), Err(FlashError::TooMany { limit: 8 }));
    assert_eq!(texts(&flash.take()), ["new"; 8]);
}

#[test]
fn set_cookie_that_is_too_long_is_an_error_and_the_response_is_as_it_was() {
    let size = |sessions: &CookieSessions, len| {
        let mut flash = Flash::new();
        flash.push(Level::Info, "x".repeat(len)).unwrap();
        let mut headers = HeaderMap::new();
        let sent = sessions.encode_flash_at(&flash, &mut headers, at(NOW));
        (sent, headers)
    };
    let (_, headers) = size(&sessions(), 300);
    let len = headers[SET_COOKIE].len();
    let limited =
        |bytes| CookieSessions::builder(ring(1)).max_set_cookie_len(bytes).build().unwrap();
    assert!(matches!(size(&limited(len), 300).0, Ok(Sent::Set)));
    let (sent, headers) = size(&limited(len - 1), 300);
    let error = sent.unwrap_err();
    let said = format!(
        "the Set-Cookie header or sealed value would have {len} bytes; at most {} are allowed",
        len - 1
    );
    assert_eq!(error.to_string(), said);
    let EncodeError::TooLarge { size, limit } = error else { panic!("{error:?}") };
    assert_eq!((size, limit), (len, len - 1));
    assert_eq!(headers, HeaderMap::new());
    let mut flash = Flash::new();
    flash.push(Level::Info, "x".repeat(300)).unwrap();
    assert!(matches!(limited(len - 1).flash_cookie(&flash), Err(EncodeError::TooLarge { .. })));
}

#[test]
fn padding_hides_the_length_as_for_sessions() {
    let sessions = CookieSessions::builder(ring(1)).padding(128).build().unwrap();
    let lens = ["", "a", "a longer one"].map(|text| {
        let cookie = said(&sessions, &[text], NOW);
        assert_eq!(texts(&arrive(&sessions, &[&cookie], NOW).take()), [text]);
        cookie.len()
    });
    assert!(lens.iter().all(|len| *len == lens[0]));
}

#[test]
fn a_response_full_of_header_fields_stays_as_it_was() {
    let sessions = sessions();
    let (mut headers, field) = (HeaderMap::new(), HeaderValue::from_static("x"));
    for n in 0.. {
        let name: http::HeaderName = format!("x-{n}").parse().unwrap();
        if headers.try_insert(name, field.clone()).is_err() {
            break;
        }
    }
    let before = headers.clone();
    let mut flash = arrive(&sessions, &[], NOW);
    flash.push(Level::Info, "a").unwrap();
    let error = sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::Headers(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the cookie does not fit into the response: too many header fields"
    );
    assert_eq!(headers, before);
}

#[test]
fn a_response_with_set_cookie_is_kept_out_of_shared_caches() {
    let sessions = sessions();
    let mut pushed = arrive(&sessions, &[], NOW);
    pushed.push(Level::Info, "a").unwrap();
    let mut taken = arrive(&sessions, &[&said(&sessions, &["a"], NOW)], NOW);
    assert_eq!(taken.take().len(), 1);
    for flash in [pushed, taken] {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        headers.insert("surrogate-control", HeaderValue::from_static("max-age=60"));
        sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap();
        assert_eq!(headers[CACHE_CONTROL], "max-age=60, private");
        assert_eq!(headers[VARY], "Cookie");
        assert!(!headers.contains_key("surrogate-control"));
    }
}

#[test]
fn a_response_without_set_cookie_varies_and_is_private_if_messages_arrived() {
    let sessions = sessions();
    let unread = arrive(&sessions, &[&said(&sessions, &["a"], NOW)], NOW);
    let (_, headers) = answer(&sessions, &unread, NOW);
    assert_eq!(
        (&headers[CACHE_CONTROL], &headers[VARY]),
        (&"private".parse().unwrap(), &"Cookie".parse().unwrap())
    );
    let (_, headers) = answer(&sessions, &arrive(&sessions, &[], NOW), NOW);
    assert_eq!(
        (headers.contains_key(CACHE_CONTROL), &headers[VARY]),
        (false, &"Cookie".parse().unwrap())
    );
    let (_, headers) = answer(&sessions, &Flash::new(), NOW);
    assert_eq!(headers, HeaderMap::new());
}

#[test]
fn nothing_is_allocated_for_a_request_without_messages() {
    let sessions = sessions();
    let session = sealed(&sessions, &[("user", "alice")], NOW);
    for fields in [vec![], vec![session], forged(&sessions, 8), vec![format!("{FLASH}=junk")]] {
        let headers = cookies(&fields);
        let cost = measure(|| {
            let mut flash = sessions.decode_flash_at(&headers, Transport::Https, at(NOW));
            assert!(flash.take().is_empty());
        });
        assert_eq!(cost.count_total, 0, "{fields:?}");
    }
}

#[test]
fn only_our_headers_are_received() {
    let sessions = sessions();
    let headers =
        |line: &str| HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_str(line).unwrap())]);
    assert!(sessions.received_flash(&HeaderMap::new()).is_none());
    assert!(sessions.received_flash(&headers("other=1")).is_none());
    assert!(sessions.received_flash(&headers(&format!("{FLASH}=; Max-Age=0"))).is_none());
    assert!(
        sessions.received_flash(&headers(&sealed(&sessions, &[("user", "alice")], NOW))).is_none()
    );
}

#[test]
fn levels_have_an_order_and_lower_case_names() {
    assert_eq!(LEVELS.map(|level| level.to_string()), ["info", "success", "warning", "error"]);
    assert!(LEVELS.is_sorted());
}

#[test]
fn errors_say_what_was_found_and_what_is_allowed() {
    let rows = [
        (
            FlashError::TooMany { limit: 8 },
            "8 flash messages are pushed already; expected at most 8",
        ),
        (
            FlashError::TooLong { bytes: 1025, limit: 1024 },
            "the flash messages have 1025 bytes of text; expected at most 1024",
        ),
        (FlashError::TooLate, "the flash message was pushed after the response was sent"),
    ];
    for (error, text) in rows {
        assert_eq!(error.to_string(), text);
        assert!(std::error::Error::source(&error).is_none());
    }
}

#[test]
fn debug_shows_no_text() {
    let mut flash = Flash::new();
    flash.push(Level::Success, "alice").unwrap();
    assert_eq!(format!("{flash:?}"), "Flash { len: 1, .. }");
    assert_eq!(format!("{:?}", flash.take()[0]), "Message { level: Success, .. }");
}

#[test]
fn the_first_message_under_a_boot_key_is_sealed_and_opened() {
    let sessions = CookieSessions::new(Keyring::ephemeral());
    assert_eq!(arrive(&sessions, &[&said(&sessions, &["a"], NOW)], NOW).len(), 1);
}

/// The cookie of any body, sealed from the description alone.
fn made(body: &[u8]) -> String {
    let lp = |text: &[u8]| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text].concat();
    let scope = [
        &lp(b"flash")[..],
        &lp(FLASH.as_bytes()),
        &[1],
        &lp(b"/"),
        &lp(b""),
        &[0],
        &lp(b""),
        &lp(b"flash"),
    ];
    let ikm: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    let prk = Hkdf::<Sha256>::new(Some(b"sealed-session v1"), &ikm);
    let (mut key, mut head, nonce) = ([0; 32], [1; 3], [9; 24]);
    prk.expand(&[lp(b"key"), scope.concat()].concat(), &mut key).unwrap();
    prk.expand(&[lp(b"key id"), scope.concat()].concat(), &mut head[1..]).unwrap();
    let mut sealed = body.to_vec();
    let cipher = XChaCha20Poly1305::new(&key.into());
    let tag =
        cipher.encrypt_inout_detached(&nonce.into(), &head, sealed.as_mut_slice().into()).unwrap();
    let frame = [&head[..], &nonce, &sealed, &tag].concat();
    format!("{FLASH}={}", URL_SAFE_NO_PAD.encode_to_string(frame))
}

/// A body: id, created, age, own timeout, pad, payload and padding.
fn body(id: u8, [age, own]: [u8; 2], payload: &[u8], padding: &[u8]) -> Vec<u8> {
    let mut body = vec![id; 16];
    body.extend(postcard::to_allocvec(&NOW).unwrap());
    body.extend([age, own, u8::try_from(padding.len()).unwrap()]);
    [&body, payload, padding].concat()
}

#[test]
fn a_body_is_taken_to_the_last_byte_or_not_at_all() {
    let sessions = CookieSessions::new(counted());
    let said = |messages: &[(u8, &str)]| postcard::to_allocvec(messages).unwrap();
    let good = said(&[(0, "a"), (3, "€")]);
    let many = |count: usize| said(&vec![(0, ""); count]);
    let long = |len: usize| said(&[(0, &"x".repeat(len))]);
    let with = |bytes: &[u8]| body(0, [0, 0], bytes, &[]);
    // A message of this age, and a fresh one.
    let carried = |age: u64| {
        let age = postcard::to_allocvec(&age).unwrap();
        [&[2, 0x80], &age[..], &[1, b'a', 0, 0]].concat()
    };
    let rows = [
        ("as it should be", with(&good), 2),
        ("with padding", body(0, [0, 0], &good, &[0, 0]), 2),
        ("eight messages", with(&many(8)), 8),
        ("as much text as there may be", with(&long(1024)), 1),
        ("with an id", body(1, [0, 0], &good, &[]), 0),
        ("with an age", body(0, [1, 0], &good, &[]), 0),
        ("with a timeout of its own", body(0, [0, 1], &good, &[]), 0),
        ("with padding that is not zero", body(0, [0, 0], &good, &[0, 1]), 0),
        ("with a byte too many", with(&[&good[..], &[0]].concat()), 0),
        ("with a byte too few", with(&good[..good.len() - 1]), 0),
        ("without a payload", with(&[]), 0),
        ("no message", with(&[0]), 0),
        ("nine messages", with(&many(9)), 0),
        ("a message less than counted", with(&[&[2], &many(1)[1..]].concat()), 0),
        ("a message more than counted", with(&[&[1], &many(2)[1..]].concat()), 0),
        ("too much text", with(&long(1025)), 0),
        ("a level that there is not", with(&said(&[(4, "a")])), 0),
        ("a level beyond the flag of its age", with(&[1, 0x40, 1, b'a']), 0),
        ("carried for a second", with(&[1, 0x80, 1, 1, b'a']), 1),
        ("of every level, carried", with(&[2, 0x83, 0xab, 2, 1, b'a', 0x81, 9, 0]), 2),
        ("carried for too long, and a fresh one", with(&[2, 0x80, 0xac, 2, 1, b'a', 0, 0]), 1),
        ("carried for too long", with(&[1, 0x80, 0xac, 2, 1, b'a']), 0),
        ("carried for no time", with(&[1, 0x80, 0, 1, b'a']), 0),
        ("an age that is not the shortest form", with(&[1, 0x80, 0x81, 0, 1, b'a']), 0),
        ("an age and no text", with(&[1, 0x80, 1]), 0),
        ("no age", with(&[1, 0x80]), 0),
        ("carried at a level that there is not", with(&[1, 0x84, 1, 1, b'a']), 0),
        ("carried since 1970", with(&carried(NOW)), 1),
        ("carried since before 1970", with(&carried(NOW + 1)), 0),
        ("carried for a huge time", with(&carried(u64::MAX)), 0),
        ("a text that is not UTF-8", with(&[1, 0, 1, 0xff]), 0),
        ("a length that is not the shortest form", with(&[1, 0, 0x81, 0, b'a']), 0),
        ("a huge count", with(&[0xff, 0xff, 0xff, 0xff, 0x0f]), 0),
        ("a huge length", with(&[1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]), 0),
        ("an empty body", vec![], 0),
    ];
    for (row, body, len) in rows {
        assert_eq!(arrive(&sessions, &[&made(&body)], NOW).len(), len, "{row}");
    }
}

/// What a visitor and the handlers do.
#[derive(Clone, Debug)]
enum Step {
    Push(Level, String),
    Take,
    /// The response is sent, and the browser sends the next request this many seconds later.
    Answer(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (select(LEVELS.to_vec()), ".{0,12}").prop_map(|(level, text)| Step::Push(level, text)),
        1 => Just(Step::Take),
        2 => (0..400_u64).prop_map(Step::Answer),
    ]
}

proptest! {
    #[test]
    fn every_message_is_shown_once_in_order_or_is_too_old(steps in vec(step(), 0..40)) {
        let sessions = sessions();
        let (mut now, mut jar) = (NOW, None::<String>);
        let mut flash = arrive(&sessions, &[], now);
        // The messages that were not taken, with the times at which they were sent, and how many
        // of them arrived.
        let (mut model, mut arrived) = (Vec::<(Level, String, Option<u64>)>::new(), 0);
        for step in steps {
            match step {
                Step::Push(level, text) => {
                    let pushed = model.len() - arrived;
                    prop_assert_eq!(flash.push(level, text.clone()).is_ok(), pushed < 8);
                    if pushed < 8 {
                        model.push((level, text, None));
                    }
                    if model.len() > 8 {
                        model.remove(0);
                        arrived -= 1;
                    }
                }
                Step::Take => {
                    let expected = std::mem::take(&mut model).into_iter();
                    let expected: Vec<_> =
                        expected.map(|(level, text, _)| (level, text)).collect();
                    prop_assert_eq!(read(&mut flash), expected);
                    arrived = 0;
                }
                Step::Answer(seconds) => {
                    let (sent, headers) = answer(&sessions, &flash, now);
                    match sent {
                        Sent::Set => jar = Some(pair(&headers)),
                        Sent::Removed => jar = None,
                        _ => prop_assert!(!headers.contains_key(SET_COOKIE)),
                    }
                    for (_, _, sent) in &mut model {
                        sent.get_or_insert(now);
                    }
                    now += seconds;
                    model.retain(|(_, _, sent)| now < sent.unwrap() + 300);
                    let field = jar.as_deref().unwrap_or_default();
                    flash = arrive(&sessions, &[field], now);
                    arrived = model.len();
                    prop_assert_eq!(flash.len(), arrived);
                }
            }
        }
    }

    #[test]
    fn texts_come_back_as_they_were(messages in vec((select(LEVELS.to_vec()), ".{0,20}"), 1..8)) {
        let sessions = sessions();
        let mut flash = Flash::new();
        for (level, text) in &messages {
            flash.push(*level, text.as_str()).unwrap();
        }
        let mut flash = arrive(&sessions, &[&pair(&answer(&sessions, &flash, NOW).1)], NOW);
        prop_assert_eq!(read(&mut flash), messages);
    }

    #[test]
    fn any_bytes_are_no_message_and_no_panic(field in vec(any::<u8>(), 0..200), body in vec(any::<u8>(), 0..80)) {
        let sessions = CookieSessions::new(counted());
        let value: Vec<u8> = field.into_iter().filter(|byte| *byte >= 32 && *byte != 127).collect();
        let field = [FLASH.as_bytes(), b"=", &value].concat();
        prop_assert!(sessions.decode_flash_at(&cookies([field]), Transport::Https, at(NOW)).is_empty());
        // Authentic, and nearly well-formed: a body that is accepted is written again unchanged.
        let made = made(&[&[0; 16], &postcard::to_allocvec(&NOW).unwrap()[..], &[0, 0, 0], &body].concat());
        let mut flash = arrive(&sessions, &[&made], NOW);
        prop_assert!(flash.len() <= 8);
        let total: usize = flash.take().iter().map(|message| message.text().len()).sum();
        prop_assert!(total <= 1024);
    }
}
