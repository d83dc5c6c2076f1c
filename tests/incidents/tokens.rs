//! What went wrong in other software that keeps sessions, tickets or identities with the client: one fault a
//! test, each public and fixed, and what this library does in its place. Here tokens: what is opened, what is
//! read from it, and for how long; in `cookies` the cookies and the responses.
#![allow(clippy::doc_markdown, reason = "names of other software are no code")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, UNIX_EPOCH};

use crate::support::*;
use allocation_counter::measure;
use base64_simd::URL_SAFE_NO_PAD;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{
    CookieSessions, EncodeError, KeyRole, Keyring, Payload, Rejection, RngError, Secret, Sent,
    Session, SessionId, Transport,
};
use sha2::Sha256;

const ALICE: [(&str, &str); 1] = [("user", "alice")];
const NONCE: [u8; 24] = [9; 24];

/// The wire format, written down once more: what seals that the library would not.
struct ByHand {
    cipher: XChaCha20Poly1305,
    /// Version and key id.
    head: [u8; 3],
}

impl ByHand {
    /// The keys for a dictionary with all defaults.
    fn new(secret: &[u8]) -> Self {
        Self::with_purpose(secret, "session")
    }

    fn with_purpose(secret: &[u8], purpose: &str) -> Self {
        let lp = |text: &str| {
            [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
        };
        let scope =
            [lp(purpose), lp(NAME), vec![1], lp("/"), lp(""), vec![0], lp(""), lp("dict")].concat();
        let hkdf = Hkdf::<Sha256>::new(Some(b"sealed-session v1"), secret);
        let (mut key, mut head) = ([0; 32], [1; 3]);
        hkdf.expand(&[lp("key"), scope.clone()].concat(), &mut key).unwrap();
        hkdf.expand(&[lp("key id"), scope].concat(), &mut head[1..]).unwrap();
        Self { cipher: XChaCha20Poly1305::new(&key.into()), head }
    }

    /// Ciphertext and tag of a body.
    fn encrypt(&self, aad: &[u8], body: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut body = body.to_vec();
        let tag = self
            .cipher
            .encrypt_inout_detached(&NONCE.into(), aad, body.as_mut_slice().into())
            .unwrap();
        (body, tag.to_vec())
    }

    /// A cookie of these parts, right or wrong.
    fn cookie(&self, ciphertext: &[u8], tag: &[u8]) -> String {
        ours(&base64url(&[&self.head[..], &NONCE, ciphertext, tag].concat()))
    }

    fn seal(&self, body: &[u8]) -> String {
        let (ciphertext, tag) = self.encrypt(&self.head, body);
        self.cookie(&ciphertext, &tag)
    }
}

/// A body of created, age, own timeout and number of padding bytes, and a payload.
fn body(head: [u64; 4], payload: &[u8]) -> Vec<u8> {
    [&[7; 16], &*postcard::to_allocvec(&head).unwrap(), payload].concat()
}

fn alice() -> Vec<u8> {
    postcard::to_allocvec(&BTreeMap::from(ALICE)).unwrap()
}

/// The bytes of the secret of `sessions()`.
fn first_secret() -> Vec<u8> {
    URL_SAFE_NO_PAD.decode_to_vec(secret(1).expose_base64url().as_bytes()).unwrap()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

fn ours(value: &str) -> String {
    format!("{NAME}={value}")
}

fn token(pair: &str) -> &str {
    pair.split_once('=').unwrap().1
}

/// Expects a pre-session of this cookie, and returns why.
#[track_caller]
fn refuses<T: Payload>(sessions: &CookieSessions<T>, cookie: &str, now: u64) -> Rejection {
    let session = decode(sessions, cookie, now);
    assert!(session.is_new() && session.opened_by().is_none(), "{cookie} became a session");
    *session.rejection().unwrap()
}

#[track_caller]
fn opens(sessions: &CookieSessions, cookie: &str, now: u64) -> Session {
    let session = decode(sessions, cookie, now);
    assert!(!session.is_new(), "{cookie}: {session:?}");
    session
}

// What is opened.

/// rack-session took for session data, with its default decoder, what none of its secrets decrypted:
/// CVE-2026-39324.
#[test]
fn rack_session_fell_back_to_unencrypted_data() {
    let hand = ByHand::new(&first_secret());
    let body = body([NOW, 0, 0, 0], &alice());
    assert_eq!(
        opens(&sessions(), &hand.seal(&body), NOW).get("user"),
        Some("alice"),
        "sealed, it is one"
    );
    let plain = base64url(&[&hand.head[..], &NONCE, &body, &[0; 16]].concat());
    let marshal = "BAh7BkkiCXVzZXIGOgZFVEkiCmFsaWNlBjsAVA==";
    for keyring in [ring(1), ring(1).previous(secret(2)).upcoming(secret(3))] {
        let sessions = CookieSessions::new(keyring);
        for value in
            [&plain, &base64url(&body), &base64url(&alice()), marshal, "eyJ1c2VyIjoiYWxpY2UifQ"]
        {
            refuses(&sessions, &ours(value), NOW);
        }
    }
}

/// ASP.NET Core computed the tag of protected data over the wrong bytes, so that cookies could be forged:
/// CVE-2026-40372.
#[test]
fn asp_net_core_checked_a_tag_over_the_wrong_bytes() {
    let hand = ByHand::new(&first_secret());
    let body = body([NOW, 0, 0, 0], &alice());
    let (ciphertext, right) = hand.encrypt(&hand.head, &body);
    opens(&sessions(), &hand.cookie(&ciphertext, &right), NOW);
    for (row, tag) in [
        ("without version and key id", hand.encrypt(&[], &body).1),
        ("without the last byte", hand.encrypt(&hand.head, &body[..body.len() - 1]).1),
        ("without the id", hand.encrypt(&hand.head, &body[16..]).1),
        ("over nothing", hand.encrypt(&[], &[]).1),
        ("of zeros", vec![0; 16]),
    ] {
        let rejection = refuses(&sessions(), &hand.cookie(&ciphertext, &tag), NOW);
        assert_eq!(rejection, Rejection::Forged, "a tag {row}");
    }
}

/// ASP.NET answered wrong padding otherwise than wrong data, and so decrypted for whoever asked often enough:
/// CVE-2010-3332 (MS10-070).
#[test]
fn asp_net_told_wrong_padding_from_wrong_data() {
    let sessions = CookieSessions::builder(ring(1)).padding(64).build().unwrap();
    let cookie = sealed(&sessions, &ALICE, NOW);
    let frame = URL_SAFE_NO_PAD.decode_to_vec(token(&cookie)).unwrap();
    let without_cookie = encode(&sessions, &visit(&sessions, NOW), NOW);
    for at in 3..frame.len() {
        for bits in [1, 0x80, 0xff] {
            let mut frame = frame.clone();
            frame[at] ^= bits;
            let session = decode(&sessions, &ours(&base64url(&frame)), NOW);
            assert_eq!(session.rejection(), Some(&Rejection::Forged), "byte {at}");
            assert_eq!(encode(&sessions, &session, NOW), without_cookie, "byte {at}");
        }
    }
}

/// Beaker encrypted sessions with AES in ECB mode, which shows where they repeat: CVE-2012-3458.
#[test]
fn beaker_showed_where_a_session_repeats() {
    let sessions = sessions();
    let entries = [("a", "A".repeat(1024)), ("b", "A".repeat(1024))];
    let entries = entries.each_ref().map(|(key, value)| (*key, value.as_str()));
    let mut seen = HashSet::new();
    for _ in 0..2 {
        let frame =
            URL_SAFE_NO_PAD.decode_to_vec(token(&sealed(&sessions, &entries, NOW))).unwrap();
        for piece in frame[27..].windows(8) {
            assert!(seen.insert(piece.to_vec()), "eight bytes of ciphertext came twice");
        }
    }
}

/// Rack and node's cookie-signature compared tags so that the time told how much of one was right:
/// CVE-2013-0263, CVE-2016-1000236. No test here takes the time; it shows that nothing but the time could tell,
/// and that what is secret has no `==`.
#[test]
fn rack_told_how_much_of_a_tag_was_right() {
    trait Comparable<A> {
        fn check() {}
    }
    struct Equal;
    impl<T> Comparable<()> for T {}
    impl<T: PartialEq> Comparable<Equal> for T {}
    // Ambiguous, and so an error of the compiler, for a type that is `PartialEq`.
    let checks = [
        <Secret as Comparable<_>>::check,
        <SessionId as Comparable<_>>::check,
        <Keyring as Comparable<_>>::check,
    ];
    for check in checks {
        check();
    }

    let hand = ByHand::new(&first_secret());
    let (ciphertext, right) = hand.encrypt(&hand.head, &body([NOW, 0, 0, 0], &alice()));
    for wrong_from in 0..16 {
        let tag: Vec<u8> =
            (0..16).map(|n| if n < wrong_from { right[n] } else { !right[n] }).collect();
        let session = decode(&sessions(), &hand.cookie(&ciphertext, &tag), NOW);
        assert_eq!(session.rejection(), Some(&Rejection::Forged), "{wrong_from} bytes are right");
        assert_eq!(encode(&sessions(), &session, NOW).0, Sent::Unchanged);
    }
}

/// GnuTLS sealed session tickets under a key of zeros until the first rotation: CVE-2020-13777.
#[test]
fn gnutls_sealed_under_a_key_of_zeros() {
    assert!(Secret::from_bytes(&[0; 32]).is_err());
    assert!("00".repeat(32).parse::<Secret>().is_err());
    let body = body([NOW, 0, 0, 0], &alice());
    for sessions in [sessions(), CookieSessions::new(Keyring::ephemeral())] {
        let head =
            URL_SAFE_NO_PAD.decode_to_vec(&token(&sealed(&sessions, &[], NOW))[..4]).unwrap();
        let cipher = XChaCha20Poly1305::new(&[0; 32].into());
        let zeros = ByHand { cipher, head: head.try_into().unwrap() };
        assert_eq!(refuses(&sessions, &zeros.seal(&body), NOW), Rejection::Forged);
        refuses(&sessions, &ByHand::new(&[0; 32]).seal(&body), NOW);
    }
}

/// Apache Shiro encrypted under a key in its own source where none was configured: CVE-2016-4437.
#[test]
fn shiro_had_a_key_of_its_own() {
    assert!(
        Keyring::from_env("SEALED_SESSION_NO_SUCH_VARIABLE").unwrap().is_none(),
        "no key in its place"
    );
    let boots = [1, 2, 3].map(|_| CookieSessions::new(Keyring::ephemeral()));
    for (n, sealer) in boots.iter().enumerate() {
        assert!(sealer.is_ephemeral());
        let cookie = sealed(sealer, &ALICE, NOW);
        for (m, sessions) in boots.iter().enumerate() {
            assert_eq!(
                decode(sessions, &cookie, NOW).is_new(),
                n != m,
                "sealed by {n}, opened by {m}"
            );
        }
    }
}

/// Apache Airflow let in at one site who was logged in at another, both under the secret that it came with:
/// CVE-2020-17526. Sites that do share a secret are told apart by a context.
#[test]
fn airflow_took_the_sessions_of_another_site() {
    let [a, b] =
        ["a.example", "b.example"].map(|site| CookieSessions::builder(ring(1)).context(site));
    let [a, b] = [a.build().unwrap(), b.build().unwrap()];
    let cookie = sealed(&a, &ALICE, NOW);
    opens(&a, &cookie, NOW);
    assert!(matches!(refuses(&b, &cookie, NOW), Rejection::UnknownKey(_)));
    refuses(&sessions(), &cookie, NOW);
}

/// Go gave the ticket keys of a TLS configuration to its clone, which could then be configured otherwise and
/// resumed the sessions of the first: CVE-2025-68121.
#[test]
fn go_cloned_ticket_keys_with_a_configuration() {
    let ring = ring(1);
    let b = || CookieSessions::builder(ring.clone());
    let builders =
        [b(), b().name("x"), b().partitioned(true), b().context("x"), b().insecure_http()];
    let placed = [b().path("/a"), b().path("/b"), b().domain("a.example"), b().domain("b.example")];
    let coders = builders.into_iter().chain(placed).map(|builder| builder.build().unwrap());
    let pairs: Vec<_> = coders.map(|coder| (sealed(&coder, &ALICE, NOW), coder)).collect();
    for (n, (cookie, _)) in pairs.iter().enumerate() {
        for (m, (own, coder)) in pairs.iter().enumerate() {
            let moved = format!("{}={}", own.split_once('=').unwrap().0, token(cookie));
            assert_eq!(decode(coder, &moved, NOW).is_new(), n != m, "sealed by {n}, opened by {m}");
        }
    }
    let typed =
        |schema: &str| CookieSessions::typed::<String>(ring.clone(), schema).build().unwrap();
    let mut session = visit(&typed("a"), NOW);
    session.data_mut().push_str("alice");
    let cookie = pair(&encode(&typed("a"), &session, NOW).1);
    assert_eq!(decode(&typed("a"), &cookie, NOW).data(), "alice");
    refuses(&typed("b"), &cookie, NOW);
}

/// Flask signed new sessions with the last of the old secrets: CVE-2025-47278.
#[test]
fn flask_signed_with_an_old_secret() {
    let sessions =
        CookieSessions::new(ring(1).previous(secret(2)).previous(secret(3)).upcoming(secret(4)));
    let fresh = sealed(&sessions, &ALICE, NOW);
    let old = decode(&sessions, &sealed(&CookieSessions::new(ring(3)), &ALICE, NOW), NOW);
    assert_eq!(old.opened_by(), Some(KeyRole::Previous));
    let (sent, headers) = encode(&sessions, &old, NOW);
    assert_eq!(sent, Sent::Set, "sealed again, without being written");
    for cookie in [fresh, pair(&headers)] {
        for n in 1..=4 {
            assert_eq!(
                decode(&CookieSessions::new(ring(n)), &cookie, NOW).is_new(),
                n != 1,
                "secret {n}"
            );
        }
    }
}

/// Fiber handed out session ids of zeros when the source of randomness failed: CVE-2025-66630. The source is made to
/// fail in `src/crypto/random.rs`, since nothing public can; here the error has its place, and what is drawn differs.
#[test]
fn fiber_fell_back_to_ids_of_zeros() {
    let _: fn(RngError) -> EncodeError = EncodeError::Rng;
    let (sessions, mut ids, mut nonces) = (sessions(), HashSet::new(), HashSet::new());
    for _ in 0..10_000 {
        let session = visit(&sessions, NOW);
        ids.insert(session.id().expose_base64url().to_string());
        let cookie = pair(&encode(&sessions, &session, NOW).1);
        nonces.insert(URL_SAFE_NO_PAD.decode_to_vec(token(&cookie)).unwrap()[3..27].to_vec());
    }
    assert_eq!((ids.len(), nonces.len()), (10_000, 10_000));
    assert!(!ids.contains(&base64url(&[0; 16])) && !nonces.contains(&vec![0; 24]));
}

/// Tornado signed name and value of a cookie as one string, so that a name that begins with another could take
/// its cookie: release notes of 3.2.1 (2014).
#[test]
fn tornado_signed_name_and_value_as_one_string() {
    let named = |name: &str| CookieSessions::builder(ring(1)).name(name).build().unwrap();
    let (short, long) = (named("user"), named("userA"));
    let [of_short, of_long] = [&short, &long].map(|sessions| sealed(sessions, &ALICE, NOW));
    let (of_short, of_long) = (token(&of_short), token(&of_long));
    assert!(of_short.starts_with('A') && of_long.starts_with('A'), "the version");
    opens(&long, &format!("__Host-userA={of_long}"), NOW);
    for (sessions, cookie) in [
        (&long, format!("__Host-userA={}", &of_short[1..])),
        (&long, format!("__Host-userA={of_short}")),
        (&short, format!("__Host-user={of_long}")),
        (&short, format!("__Host-user=A{of_long}")),
        (&short, format!("__Host-user=A={of_long}")),
    ] {
        refuses(sessions, &cookie, NOW);
    }
}

/// Symfony hashed the parts of its remember-me cookie without anything between them: CVE-2019-10911.
#[test]
fn symfony_hashed_parts_without_a_separator() {
    let place =
        |path: &str, domain: &str| CookieSessions::builder(ring(1)).path(path).domain(domain);
    let [a, b] =
        [place("/a", "b.example.com"), place("/ab.", "example.com")].map(|b| b.build().unwrap());
    refuses(&b, &sealed(&a, &ALICE, NOW), NOW);
    refuses(&a, &sealed(&b, &ALICE, NOW), NOW);

    let typed = |context: &str, schema: &str| {
        CookieSessions::typed::<String>(ring(1), schema).context(context).build().unwrap()
    };
    let (a, b) = (typed("app", "1user"), typed("app1", "user"));
    let mut session = visit(&a, NOW);
    session.data_mut().push_str("alice");
    let cookie = pair(&encode(&a, &session, NOW).1);
    assert_eq!(decode(&a, &cookie, NOW).data(), "alice");
    refuses(&b, &cookie, NOW);
}

/// WordPress hashed user name and expiry as one string, so that a name that ends in digits gave a cookie of
/// another user: CVE-2008-1930.
#[test]
fn wordpress_hashed_user_and_expiry_as_one_string() {
    let rows: [&[(&str, &str)]; 8] = [
        &[("user", "admin")],
        &[("user", "admin1800000000")],
        &[("user", "admin"), ("z", "1800000000")],
        &[("", "useradmin")],
        &[("u", "seradmin")],
        &[("useradmin", "")],
        &[("user", "ad"), ("userm", "in")],
        &[("user", "\u{5}admin"), ("\u{1}", "\u{0}")],
    ];
    for entries in rows {
        let session = opens(&sessions(), &sealed(&sessions(), entries, NOW), NOW + 1);
        let mut expected = entries.to_vec();
        expected.sort_unstable();
        assert_eq!(session.iter().collect::<Vec<_>>(), expected);
        assert_eq!(session.expires_at(), at(NOW + 14 * DAY), "{entries:?}");
    }
}

/// next-auth took for a session what it had sealed to remember a log-in half done: CVE-2023-48309.
#[test]
fn next_auth_took_a_token_of_another_purpose() {
    let (session, other) =
        (ByHand::new(&first_secret()), ByHand::with_purpose(&first_secret(), "state"));
    let body = body([NOW, 0, 0, 0], &alice());
    opens(&sessions(), &session.seal(&body), NOW);
    assert!(matches!(refuses(&sessions(), &other.seal(&body), NOW), Rejection::UnknownKey(_)));
    let renamed = ByHand { head: session.head, ..other };
    assert_eq!(refuses(&sessions(), &renamed.seal(&body), NOW), Rejection::Forged);
}

/// The token told jsonwebtoken by which algorithm to verify it: CVE-2015-9235, CVE-2022-23540.
#[test]
fn jsonwebtoken_let_the_token_choose_its_algorithm() {
    let mut hand = ByHand::new(&first_secret());
    let body = body([NOW, 0, 0, 0], &alice());
    opens(&sessions(), &hand.seal(&body), NOW);
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        hand.head[0] = version;
        assert_eq!(
            refuses(&sessions(), &hand.seal(&body), NOW),
            Rejection::UnknownVersion(version)
        );
    }
}

// What is read from it.

/// Plug deserialized session cookies into terms that can run code: CVE-2017-1000053. Here whoever has the secret
/// can seal anything, and it is a dictionary or nothing.
#[test]
fn plug_deserialized_into_terms_that_run() {
    let hand = ByHand::new(&first_secret());
    let with_more = [&*alice(), b"O:8:\"stdClass\":0:{}"].concat();
    let payloads: [&[u8]; 8] = [
        b"\x83t\0\0\0\x01m\0\0\0\x04userm\0\0\0\x05alice",
        b"\x80\x04}\x94\x8c\x04user\x94\x8c\x05alice\x94s.",
        b"\x04\x08{\x06I\"\x09user\x06:\x06ETI\"\x0aalice\x06;\0T",
        b"a:1:{s:4:\"user\";s:5:\"alice\";}",
        b"{\"user\":\"alice\"}",
        b"\x81\xa4user\xa5alice",
        &with_more,
        b"",
    ];
    for payload in payloads {
        let rejection = refuses(&sessions(), &hand.seal(&body([NOW, 0, 0, 0], payload)), NOW);
        assert_eq!(rejection, Rejection::Corrupt, "{}", payload.escape_ascii());
    }
}

/// Laravel gave what it had decrypted to `unserialize`: CVE-2018-15133. Text in a session is text.
#[test]
fn laravel_unserialized_what_it_decrypted() {
    let entries =
        [("a", "O:8:\"stdClass\":0:{}"), ("b", "!!python/object/apply:f []"), ("c", "${jndi:x}")];
    let session = opens(&sessions(), &sealed(&sessions(), &entries, NOW), NOW);
    assert_eq!(session.iter().collect::<Vec<_>>(), entries);
}

/// A flash cookie of ten characters made Fiber allocate 85 GB: GHSA-2mr3-m5q5-wgp6 (CVE-2026-25899). Here not
/// even one that is sealed does.
#[test]
fn fiber_allocated_what_a_cookie_asked_for() {
    fn claim<T: Payload>(claim: u64) -> (CookieSessions<T>, String) {
        let sealer = CookieSessions::typed::<u64>(ring(1), "v1").build().unwrap();
        let mut session = visit(&sealer, NOW);
        *session.data_mut() = claim;
        let reader = CookieSessions::typed::<T>(ring(1), "v1").build().unwrap();
        (reader, pair(&encode(&sealer, &session, NOW).1))
    }
    #[track_caller]
    fn check<T: Payload>((sessions, cookie): (CookieSessions<T>, String), at_most: u64) {
        assert_eq!(refuses(&sessions, &cookie, NOW), Rejection::Corrupt);
        let headers = cookies([cookie]);
        let used = measure(|| drop(sessions.decode_at(&headers, Transport::Https, at(NOW))));
        assert!(used.bytes_max <= at_most, "{} bytes", used.bytes_max);
    }
    let (sessions, ten) = (sessions(), cookies([ours("3f____8AAA")]));
    // With `rotation`, the first reading of a thread allocates.
    assert!(sessions.decode_at(&ten, Transport::Https, at(NOW)).rejection().is_some());
    assert_eq!(
        measure(|| drop(sessions.decode_at(&ten, Transport::Https, at(NOW)))).count_total,
        0
    );
    let hand = ByHand::new(&first_secret());
    for huge in [1 << 20, 1 << 33, 1 << 62, u64::MAX] {
        let huge_bytes = postcard::to_allocvec(&huge).unwrap();
        check((sessions.clone(), hand.seal(&body([NOW, 0, 0, 0], &huge_bytes))), 64);
        check(
            (sessions.clone(), hand.seal(&body([NOW, 0, 0, 0], &[&[1], &*huge_bytes].concat()))),
            64,
        );
        check((sessions.clone(), hand.seal(&body([NOW, 0, 0, huge], &alice()))), 64);
        check(claim::<Vec<u64>>(huge), 64);
        check(claim::<Vec<Vec<String>>>(huge), 64);
        check(claim::<String>(huge), 64);
        // Serde's own bound for a map is 1 MiB of entries.
        check(claim::<HashMap<u32, u32>>(huge), 4 << 20);
    }
}

/// A great `Max-Age` made cookie-rs panic: RUSTSEC-2017-0005 (CVE-2017-18589).
#[test]
fn cookie_rs_panicked_at_a_great_max_age() {
    let (sessions, hand) = (sessions(), ByHand::new(&first_secret()));
    let cookie = sealed(&sessions, &ALICE, NOW);
    for age in
        ["18446744073709551615", "18446744073709552", "99999999999999999999999", "-1", "1e9", ""]
    {
        let line = HeaderValue::try_from(format!("{cookie}; Max-Age={age}")).unwrap();
        assert!(
            sessions.from_response(&HeaderMap::from_iter([(SET_COOKIE, line)])).is_some(),
            "{age}"
        );
    }
    let mut session = visit(&sessions, NOW);
    session.set("user", "alice");
    session.set_idle_timeout(Duration::MAX);
    assert!(line(&encode(&sessions, &session, NOW).1).contains("Max-Age=2592000"));
    let clocks =
        [0, 1, NOW, u64::MAX >> 1].map(|now| UNIX_EPOCH.checked_add(Duration::from_secs(now)));
    for head in [
        [u64::MAX, u64::MAX, u64::MAX, 0],
        [NOW, u64::MAX, 1, 0],
        [0, NOW, u64::MAX, 0],
        [NOW, 0, u64::MAX, 0],
    ] {
        let headers = cookies([hand.seal(&body(head, &alice()))]);
        for now in
            clocks.into_iter().flatten().chain(UNIX_EPOCH.checked_sub(Duration::from_secs(1)))
        {
            let mut session = sessions.decode_at(&headers, Transport::Https, now);
            session.touch();
            assert!(session.expires_at() <= at(253_402_300_799));
            sessions.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, now).unwrap();
            sessions.to_cookie(&session, now).unwrap();
        }
    }
}

/// ASP.NET cut a user name at its first NUL, and logged in whoever was before it: CVE-2011-3416.
#[test]
fn asp_net_cut_a_name_at_nul() {
    let entries = [("role\0", "\0"), ("user", "admin\0mallory"), ("user\0", "admin")];
    let session = opens(&sessions(), &sealed(&sessions(), &entries, NOW), NOW);
    assert_eq!(session.iter().collect::<Vec<_>>(), entries);
    assert_eq!(session.get("role"), None);
}

// Whose it is.

/// Fiber opened a session under whatever id a client sent: CVE-2024-38513.
#[test]
fn fiber_took_the_id_that_a_client_chose() {
    let known = opens(&sessions(), &sealed(&sessions(), &ALICE, NOW), NOW);
    let id = known.id().expose_base64url();
    for value in [&*id, "AAAAAAAAAAAAAAAAAAAAAA", &known.label().to_string(), "1"] {
        let session = decode(&sessions(), &ours(value), NOW);
        assert!(session.is_new() && session.is_empty() && session.label().to_string() == "new");
        assert_ne!(*session.id().expose_base64url(), value);
        let session = opens(&sessions(), &pair(&encode(&sessions(), &session, NOW).1), NOW);
        assert_ne!(*session.id().expose_base64url(), value);
    }
}

/// `@fastify/passport` kept the id of a session at log-in, so that whoever had planted it was logged in too:
/// CVE-2023-29019.
#[test]
fn fastify_passport_kept_the_id_at_log_in() {
    let sessions = sessions();
    let planted = sealed(&sessions, &[("cart", "3")], NOW);
    let mut session = opens(&sessions, &planted, NOW + 60);
    session.renew();
    session.set("user", "alice");
    let cookie = pair(&encode(&sessions, &session, NOW + 60).1);
    let (before, after) =
        (opens(&sessions, &planted, NOW + 60), opens(&sessions, &cookie, NOW + 60));
    assert_ne!(before.id().expose_base64url(), after.id().expose_base64url());
    assert_ne!(before.label(), after.label());
    assert_eq!(
        (before.get("user"), after.get("user"), after.get("cart")),
        (None, Some("alice"), Some("3"))
    );
    assert_eq!(after.created_at(), at(NOW + 60));
}

/// Django kept a new record for each unknown session key that it was sent: CVE-2015-5143.
#[test]
fn django_kept_a_record_for_every_unknown_key() {
    for n in 0..1000 {
        let session = decode(&sessions(), &ours(&format!("AcKa{n:060}")), NOW);
        assert!(session.get("user").is_none());
        let (sent, headers) = encode(&sessions(), &session, NOW);
        assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Unchanged, None));
    }
}

/// Spring Session logged the session id: CVE-2023-20866.
#[test]
fn spring_session_logged_the_id() {
    let sessions = sessions();
    let mut session = opens(&sessions, &sealed(&sessions, &ALICE, NOW), NOW);
    session.touch();
    let headers = encode(&sessions, &session, NOW).1;
    let id = session.id().expose_base64url().to_string();
    let bytes: [u8; 4] =
        *URL_SAFE_NO_PAD.decode_to_vec(id.as_bytes()).unwrap().first_chunk().unwrap();
    let said =
        format!("{sessions:?} {session:?} {session:#?} {:?} {}", session.id(), session.label());
    let said = format!("{said} {headers:?} {:?}", sessions.request_cookie(&session));
    let (hex, list) = (format!("{:08x}", u32::from_be_bytes(bytes)), format!("{bytes:?}"));
    for secret in [&id[..8], &hex, list.trim_matches(['[', ']']), &token(&pair(&headers))[4..12]] {
        assert!(!said.contains(secret), "{said} shows {secret}");
    }
}

// For how long.

/// aiohttp-session left it to the browser when a session ends, so that a copy stood for ever:
/// CVE-2018-1000814.
#[test]
fn aiohttp_session_had_no_expiry_on_the_server() {
    let cookie = sealed(&sessions(), &ALICE, NOW);
    opens(&sessions(), &cookie, NOW + 14 * DAY - 1);
    for now in [NOW + 14 * DAY, NOW + 29 * DAY] {
        assert_eq!(refuses(&sessions(), &cookie, now), Rejection::IdleTimeout);
    }
    assert_eq!(refuses(&sessions(), &cookie, NOW + 30 * DAY), Rejection::AbsoluteTimeout);
}

/// The JWE of nextjs-auth0 had no expiry in it, only its cookie had: CVE-2025-46344.
#[test]
fn nextjs_auth0_left_the_expiry_to_the_cookie() {
    let sessions = CookieSessions::builder(ring(1)).browser_session(true).build().unwrap();
    let mut session = visit(&sessions, NOW);
    session.set("user", "alice");
    let headers = encode(&sessions, &session, NOW).1;
    assert!(!line(&headers).contains("Max-Age") && !line(&headers).contains("Expires"));
    opens(&sessions, &pair(&headers), NOW + 14 * DAY - 1);
    assert_eq!(refuses(&sessions, &pair(&headers), NOW + 14 * DAY), Rejection::IdleTimeout);
}

/// Apache's mod_session looked for the expiry of a session before it had decoded it, and found none:
/// CVE-2018-17199.
#[test]
fn mod_session_checked_the_expiry_before_it_was_decoded() {
    let sessions = sessions();
    let mut session = visit(&sessions, NOW);
    session.set("user", "alice");
    session.set_idle_timeout(secs(60));
    let cookie = pair(&encode(&sessions, &session, NOW).1);
    let mut last = opens(&sessions, &cookie, NOW + 59);
    assert_eq!(last.expires_at(), at(NOW + 60));
    assert_eq!(refuses(&sessions, &cookie, NOW + 60), Rejection::IdleTimeout);
    last.set("page", "2");
    assert_eq!(
        encode(&sessions, &last, NOW + 30 * DAY).0,
        Sent::Removed,
        "it ended while it was answered"
    );
}

/// A copy of a cookie of `@fastify/secure-session` was good for ever, log-out or not: CVE-2024-31999. Here it is
/// good until the absolute timeout, whatever is done with it.
#[test]
fn secure_session_stood_for_ever() {
    let sessions = sessions();
    let kept = sealed(&sessions, &ALICE, NOW);
    let mut out = opens(&sessions, &kept, NOW + 1);
    out.invalidate();
    assert_eq!(encode(&sessions, &out, NOW + 1).0, Sent::Removed);

    let mut cookie = kept.clone();
    for hour in 1..30 * 24 {
        let now = NOW + hour * 3600;
        let mut session = opens(&sessions, &cookie, now);
        session.set("hour", hour);
        session.set_idle_timeout(Duration::MAX);
        cookie = pair(&encode(&sessions, &session, now).1);
    }
    assert_eq!(refuses(&sessions, &cookie, NOW + 30 * DAY), Rejection::AbsoluteTimeout);
    assert_eq!(refuses(&sessions, &kept, NOW + 14 * DAY), Rejection::IdleTimeout);
}
