//! Which values open, and why others do not: the rejections of a session, in the order of its checks.
//!
//! The known values were made with Python and libsodium, from the description alone:
//!
//! ```python
//! import base64, hashlib, hmac
//! from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as seal
//! def mac(key, message): return hmac.new(key, message, hashlib.sha256).digest()
//! def lp(x): return len(x).to_bytes(2, "big") + x
//! def expand(prk, label, scope, n): return mac(prk, lp(label) + scope + b"\1")[:n]
//! def varint(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)
//! def sealed(secret, purpose, created, payload, name=b"", binding=b"", path=b"/", domain=b"", partitioned=0, context=b""):
//!     prk = mac(b"sealed-session v1", secret)
//!     scope = lp(b"sealer/" + purpose) + lp(name) + b"\1" + lp(path) + lp(domain) + bytes([partitioned]) + lp(context)
//!     scope += lp(b"named/value")
//!     body = bytes(16) + varint(created) + bytes(3) + payload
//!     nonce, head = bytes(range(24)), b"\1" + expand(prk, b"key id", scope, 2)
//!     frame = head + nonce + seal(body, head + binding, nonce, expand(prk, b"key", scope, 32))
//!     return base64.urlsafe_b64encode(frame).rstrip(b"=").decode()
//! secret, link = bytes(range(32)), b"\x82\xa4user\x2a\xa4list\xa4news"
//! shop = dict(name=b"__Secure-flow", path=b"/app", domain=b"example.com", partitioned=1, context=b"till")
//! print(sealed(secret, b"link", 1_700_000_000, link))
//! print(sealed(secret, b"link", 1_700_000_000, link, **shop))
//! print(sealed(secret, b"link", 1_700_000_000, link, binding=b"\2" + hashlib.sha256(b"hash").digest()))
//! ```

use base64_simd::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use sealed_session::{
    BoundSealer, CookieSessions, EncodeError, Keyring, Rejection, SameSite, Sealer, Secret,
};
use serde::{Deserialize, Serialize};

use crate::support::{DAY, NOW, at, cookies, ring, secret, secs, sessions};

const KNOWN: &str = "AdPHAAECAwQFBgcICQoLDA0ODxAREhMUFRYXBdjRnyV39CDmCZff3HgTD7XnPEZFlNVBInvvVkC40XdeeriE1LKgQMAmnB7rNpXLWINLUcOgdGMO";
const KNOWN_OF_SHOP: &str = "AfZVAAECAwQFBgcICQoLDA0ODxAREhMUFRYXWzNVvLNmqSWGTePBDdH7cb0ALQHhULZJvelB3VMP2e-iCtcG04m4ZhAame-b1YS8LO6G0l1l0KGz";
const KNOWN_BOUND: &str = "AdPHAAECAwQFBgcICQoLDA0ODxAREhMUFRYXBdjRnyV39CDmCZff3HgTD7XnPEZFlNVBInvvVkC40XdeeriE1LKgQMBFYPadcT_mEdExsoZdKxbN";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    user: u32,
    list: String,
}

fn link() -> Link {
    Link { user: 42, list: "news".into() }
}

fn counted() -> Keyring {
    let bytes = std::array::from_fn::<u8, 32, _>(|n| u8::try_from(n).unwrap());
    Keyring::new(Secret::from_bytes(&bytes).unwrap())
}

pub fn texts(sessions: &CookieSessions) -> Sealer<String> {
    sessions.sealer("text", secs(600)).unwrap()
}

#[test]
fn opens_the_known_values() {
    let sealer = CookieSessions::new(counted()).sealer::<Link>("link", secs(60)).unwrap();
    assert_eq!(sealer.open(KNOWN, at(NOW)), Ok(link()));
    assert_eq!(sealer.bound_to_bytes("hash").open(KNOWN_BOUND, at(NOW)), Ok(link()));
    assert_eq!(sealer.open(KNOWN_BOUND, at(NOW)), Err(Rejection::Forged));

    let shop = CookieSessions::builder(counted()).path("/app").domain("example.com");
    let shop = shop.partitioned(true).context("till").build().unwrap();
    let cookie = shop.sealer::<Link>("link", secs(60)).unwrap();
    let cookie = cookie.in_cookie("flow", SameSite::Lax).unwrap();
    let headers = cookies([format!("{}={KNOWN_OF_SHOP}", cookie.name())]);
    assert_eq!(cookie.decode(&headers, shop.transport(), at(NOW)), Ok(Some(link())));
}

#[test]
fn a_value_opens_again_and_again_until_it_ends() {
    let sealer = sessions().sealer::<Link>("link", secs(600)).unwrap();
    let sealed = sealer.seal(&link(), at(NOW)).unwrap();
    for now in [NOW, NOW, NOW + 599] {
        assert!(sealer.open(&sealed, at(now)) == Ok(link()));
    }
    for now in [NOW + 600, NOW + 601, u64::from(u32::MAX)] {
        assert_eq!(sealer.open(&sealed, at(now)), Err(Rejection::AbsoluteTimeout));
    }
}

#[test]
fn the_lifetime_is_that_of_the_sealer_that_opens() {
    let sessions = sessions();
    let long = sessions.sealer::<u8>("link", secs(600)).unwrap();
    let short = sessions.sealer::<u8>("link", secs(60)).unwrap();
    let (by_long, by_short) = (long.seal(&1, at(NOW)).unwrap(), short.seal(&2, at(NOW)).unwrap());
    assert_eq!(short.open(&by_long, at(NOW + 59)), Ok(1));
    assert_eq!(short.open(&by_long, at(NOW + 60)), Err(Rejection::AbsoluteTimeout));
    assert_eq!(long.open(&by_short, at(NOW + 599)), Ok(2));
}

#[test]
fn a_clock_may_be_behind_by_300_seconds() {
    let sealer = texts(&sessions());
    let sealed = sealer.seal(&"a".into(), at(NOW)).unwrap();
    assert!(sealer.open(&sealed, at(NOW - 300)).is_ok());
    assert_eq!(sealer.open(&sealed, at(NOW - 301)), Err(Rejection::FromTheFuture));
}

#[test]
fn no_clock_overflows() {
    let sealer = sessions().sealer::<u8>("a", secs(400 * DAY)).unwrap();
    let before_1970 = at(0) - secs(5);
    let sealed = sealer.seal(&1, before_1970).unwrap();
    assert_eq!(sealer.open(&sealed, before_1970), Ok(1));
    assert_eq!(sealer.open(&sealed, at(400 * DAY - 1)), Ok(1));
    assert_eq!(sealer.open(&sealed, at(400 * DAY)), Err(Rejection::AbsoluteTimeout));
    let last = at(i64::MAX as u64);
    let sealed = sealer.seal(&1, last).unwrap();
    assert_eq!(sealer.open(&sealed, last), Ok(1));
    assert_eq!(sealer.open(&sealed, at(NOW)), Err(Rejection::FromTheFuture));
}

pub fn edit(sealed: &str, byte: usize, change: impl Fn(u8) -> u8) -> String {
    let mut frame = URL_SAFE_NO_PAD.decode_to_vec(sealed).unwrap();
    frame[byte] = change(frame[byte]);
    URL_SAFE_NO_PAD.encode_to_string(frame)
}

#[test]
fn rejections_come_in_the_order_of_the_checks() {
    let sealer = texts(&sessions());
    let sealed = sealer.seal(&"a".into(), at(NOW)).unwrap();
    let open = |text: &str| sealer.open(text, at(NOW + 600)).unwrap_err();
    assert_eq!(open(&"!".repeat(4096)), Rejection::TooLong);
    for junk in ["", "A", "AAA", "AAA=", "!!!!", "AAA\u{e9}", "%41AAAA"] {
        assert_eq!(open(junk), Rejection::Malformed);
    }
    assert_eq!(open(&edit(&sealed, 0, |_| 2)), Rejection::UnknownVersion(2));
    assert!(matches!(open(&edit(&sealed, 1, |byte| byte ^ 1)), Rejection::UnknownKey(_)));
    assert_eq!(open(&sealed[..10]), Rejection::Malformed, "its key is known, but it is no frame");
    assert_eq!(open(&format!("{sealed}=")), Rejection::Malformed);
    assert_eq!(open(&edit(&sealed, 40, |byte| byte ^ 1)), Rejection::Forged);
    let number = sessions().sealer::<u8>("text", secs(600)).unwrap();
    assert_eq!(number.open(&sealed, at(NOW + 600)), Err(Rejection::Corrupt));
    assert_eq!(open(&sealed), Rejection::AbsoluteTimeout);
}

#[test]
fn every_byte_of_a_value_counts() {
    let sealer = texts(&sessions());
    let sealed = sealer.seal(&"a".into(), at(NOW)).unwrap();
    let len = URL_SAFE_NO_PAD.decode_to_vec(&sealed).unwrap().len();
    for byte in 0..len {
        for bit in 0..8 {
            assert!(sealer.open(&edit(&sealed, byte, |byte| byte ^ 1 << bit), at(NOW)).is_err());
        }
    }
    for end in 0..sealed.len() {
        assert!(sealer.open(&sealed[..end], at(NOW)).is_err());
    }
}

#[test]
fn equal_values_are_sealed_to_different_texts_of_one_length() {
    let sealer = texts(&sessions());
    let [one, other] = [0; 2].map(|_| sealer.seal(&"a".into(), at(NOW)).unwrap());
    assert!(one != other && one.len() == other.len());
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    assert!(one.bytes().all(is_safe));
}

#[test]
fn a_value_of_one_byte_has_the_length_that_is_documented() {
    let sealer = sessions().sealer::<u8>("a", secs(60)).unwrap();
    assert_eq!(sealer.seal(&1, at(NOW)).unwrap().len(), 91);
}

#[test]
fn a_text_has_at_most_4095_characters() {
    let sealer = texts(&sessions());
    // 43 bytes around 24 of the head, and three of the text's length.
    let longest = 4095 * 3 / 4 - 43 - 24 - 3;
    let sealed = sealer.seal(&"x".repeat(longest), at(NOW)).unwrap();
    assert_eq!(sealed.len(), 4095);
    assert_eq!(sealer.open(&sealed, at(NOW)).map(|text| text.len()), Ok(longest));
    match sealer.seal(&"x".repeat(longest + 1), at(NOW)).unwrap_err() {
        EncodeError::TooLarge { size, limit } => assert_eq!((size, limit), (4096, 4095)),
        other => panic!("{other}"),
    }
    assert_eq!(sealer.open(&format!("{sealed}A"), at(NOW)), Err(Rejection::TooLong));
}

#[test]
fn padding_hides_the_length() {
    let sessions = CookieSessions::builder(ring(1)).padding(256).build().unwrap();
    let sealer = texts(&sessions);
    let len = |text: &str| sealer.seal(&text.into(), at(NOW)).unwrap().len();
    assert_eq!((len(""), len(&"x".repeat(180)), len(&"x".repeat(200))), (342, 342, 683));
    let sealed = sealer.seal(&"a".into(), at(NOW)).unwrap();
    assert_eq!(
        texts(&self::sessions()).open(&sealed, at(NOW)),
        Ok("a".into()),
        "any padding opens"
    );
}

#[test]
fn each_role_of_a_secret_opens_and_only_the_current_one_seals() {
    let (old, new) = (ring(1), ring(2));
    let sealed_by =
        |ring: Keyring| texts(&CookieSessions::new(ring)).seal(&"a".into(), at(NOW)).unwrap();
    let (by_old, by_new) = (sealed_by(old.clone()), sealed_by(new.clone()));
    let sealer = texts(&CookieSessions::new(new.previous(secret(1)).upcoming(secret(3))));
    for sealed in [&by_old, &by_new, &sealed_by(ring(3))] {
        assert_eq!(sealer.open(sealed, at(NOW)), Ok("a".into()));
    }
    let sealed = sealer.seal(&"b".into(), at(NOW)).unwrap();
    assert!(texts(&CookieSessions::new(ring(2))).open(&sealed, at(NOW)).is_ok());
    let unknown = texts(&CookieSessions::new(old)).open(&sealed, at(NOW)).unwrap_err();
    assert!(matches!(unknown, Rejection::UnknownKey(_)));
}

#[cfg(feature = "rotation")]
#[test]
fn a_sealer_follows_the_rotation_of_the_secrets() {
    let sessions = CookieSessions::new(ring(1));
    let sealer = texts(&sessions);
    let bound = sealer.bound_to_bytes("record");
    let cookie = sealer.in_cookie("text", SameSite::Lax).unwrap();
    let (https, value) = (sessions.transport(), "a".to_owned());
    let mut headers = http::HeaderMap::new();
    cookie.encode(&value, &mut headers, https, at(NOW)).unwrap();
    let sent = cookies([crate::support::pair(&headers)]);
    let (plain, in_record) =
        (sealer.seal(&value, at(NOW)).unwrap(), bound.seal(&value, at(NOW)).unwrap());

    let opens = || {
        let opened = [sealer.open(&plain, at(NOW)), bound.open(&in_record, at(NOW))];
        let kept = cookie.decode(&sent, https, at(NOW));
        opened.iter().all(Result::is_ok) && kept.is_ok_and(|value| value.is_some())
    };
    assert!(opens());
    sessions.rotate(ring(2).previous(secret(1)));
    assert!(opens(), "what a previous secret sealed");
    let by_new = texts(&CookieSessions::new(ring(2)));
    assert!(by_new.open(&sealer.seal(&value, at(NOW)).unwrap(), at(NOW)).is_ok());
    assert!(by_new.open(&plain, at(NOW)).is_err());

    sessions.rotate(ring(2));
    let unknown = |opened| matches!(opened, Err(Rejection::UnknownKey(_)));
    assert!(unknown(sealer.open(&plain, at(NOW))) && unknown(bound.open(&in_record, at(NOW))));
    assert!(matches!(cookie.decode(&sent, https, at(NOW)), Err(Rejection::UnknownKey(_))));
}

#[test]
fn no_value_passes_between_the_transports() {
    let http = CookieSessions::builder(ring(1)).insecure_http().build().unwrap();
    let sealed = texts(&http).seal(&"a".into(), at(NOW)).unwrap();
    let opened = texts(&sessions()).open(&sealed, at(NOW));
    assert!(matches!(opened, Err(Rejection::UnknownKey(_))));
}

/// One of the ways to seal and open.
fn way(sealer: &Sealer<Vec<String>>, way: u8) -> BoundSealer<Vec<String>> {
    sealer.bound_to_bytes([way])
}

proptest! {
    #[test]
    fn every_value_opens_as_it_was_sealed(
        value: Vec<String>, created in 0_u64..1 << 40, age in 0..600_u64, record: u8,
    ) {
        let sealer = sessions().sealer::<Vec<String>>("a", secs(600)).unwrap();
        let Ok(sealed) = sealer.seal(&value, at(created)) else { return Ok(()) };
        prop_assert!(sealer.open(&sealed, at(created + age)).as_ref() == Ok(&value));
        let bound = way(&sealer, record).seal(&value, at(created)).unwrap();
        prop_assert!(way(&sealer, record).open(&bound, at(created + age)) == Ok(value));
        let other = way(&sealer, record.wrapping_add(1)).open(&bound, at(created));
        prop_assert_eq!(other, Err(Rejection::Forged));
    }

    #[test]
    fn arbitrary_text_never_opens_and_never_panics(text: String, now: u64) {
        let sealer = texts(&sessions());
        prop_assert!(sealer.open(&text, at(now >> 1)).is_err());
    }
}
