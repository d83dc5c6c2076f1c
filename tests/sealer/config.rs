//! What a purpose, a lifetime and a name may be, and what debug output shows.

use std::time::Duration;

use sealed_session::{CookieSessions, SameSite, Sealer};

use crate::support::{DAY, NAME, NOW, at, ring, secs, sessions};

#[track_caller]
fn refused(purpose: &str, lifetime: Duration) -> String {
    sessions().sealer::<u8>(purpose, lifetime).unwrap_err().to_string()
}

#[test]
fn a_purpose_has_1_to_64_bytes_of_printable_ascii() {
    let sessions = sessions();
    for purpose in ["a", " ", "~", "confirm e-mail", "a/b", &"x".repeat(64)] {
        assert!(sessions.sealer::<u8>(purpose, secs(60)).is_ok(), "{purpose:?}");
    }
    for purpose in ["", "é", "a\n", "\u{7f}", "\0", &"x".repeat(65)] {
        let expected = format!(
            "sealer is {purpose:?}; expected a purpose of 1 to 64 bytes of printable ASCII"
        );
        assert_eq!(refused(purpose, secs(60)), expected);
    }
}

#[test]
fn a_lifetime_is_whole_seconds_from_one_second_to_400_days() {
    let sessions = sessions();
    for lifetime in [secs(1), secs(2), secs(400 * DAY)] {
        assert!(sessions.sealer::<u8>("a", lifetime).is_ok(), "{lifetime:?}");
    }
    let wrong = [
        Duration::ZERO,
        Duration::from_millis(1500),
        Duration::from_nanos(1),
        secs(400 * DAY + 1),
        Duration::MAX,
    ];
    for lifetime in wrong {
        let expected = format!(
            "sealer is \"a\" with a lifetime of {lifetime:?}; expected whole seconds, from 1s to 34560000s, which is 400 days"
        );
        assert_eq!(refused("a", lifetime), expected);
    }
}

fn sealer(sessions: &CookieSessions) -> Sealer<u8> {
    sessions.sealer("a", secs(60)).unwrap()
}

#[test]
fn a_name_is_a_token_without_prefix_and_not_one_of_the_library() {
    let sealer = sealer(&sessions());
    for (name, full) in [
        ("oauth", "__Host-oauth"),
        ("Http-oauth", "__Host-Http-oauth"),
        ("sessions", "__Host-sessions"),
        ("session_a", "__Host-session_a"),
        ("Session", "__Host-Session"),
        ("a-session", "__Host-a-session"),
    ] {
        assert_eq!(sealer.in_cookie(name, SameSite::Lax).unwrap().name(), full);
    }
    let token = "an RFC 6265 token: ASCII letters, digits and !#$%&'*+-.^_`|~";
    let bare = "a name without a prefix; the library adds __Host- or __Secure-";
    let other = "a name that is not that of the session cookie, nor begins with that and -";
    for (name, expected) in [
        ("", token),
        ("a b", token),
        ("a;", token),
        ("__Host-a", bare),
        ("__secure-a", bare),
        ("session", other),
        ("session-flash", other),
        ("session-", other),
    ] {
        let error = sealer.in_cookie(name, SameSite::Lax).unwrap_err();
        assert_eq!(error.to_string(), format!("in_cookie is {name:?}; expected {expected}"));
    }
    let sessions = CookieSessions::builder(ring(1)).name("sid").path("/app").build().unwrap();
    let sealer = self::sealer(&sessions);
    let name = |name| Some(sealer.in_cookie(name, SameSite::Lax).ok()?.name().to_owned());
    assert_eq!(name("session").as_deref(), Some("__Secure-session"));
    assert_eq!(name("sid"), None);
}

#[test]
fn without_tls_a_cookie_cannot_be_for_requests_of_every_site() {
    let sessions = CookieSessions::builder(ring(1)).insecure_http().build().unwrap();
    let sealer = sealer(&sessions);
    for same_site in [SameSite::Strict, SameSite::Lax] {
        assert_eq!(sealer.in_cookie("oauth", same_site).unwrap().name(), "oauth");
    }
    let error = sealer.in_cookie("oauth", SameSite::None).unwrap_err();
    let expected = "in_cookie is \"oauth\" with SameSite::None; expected Strict or Lax under insecure_http: \
                    without TLS, forms of other sites bring no cookie, so OAuth needs response_mode=query";
    assert_eq!(error.to_string(), expected);
}

/// `__Host-` and the name, `=`, the token, the attributes and `Max-Age=60`; the token has 92 characters: 43 bytes around
/// 16 zero bytes, six of the year 9999, three zero bytes and a value of one byte make 69 in a frame.
#[test]
fn a_name_leaves_room_for_a_value() {
    const REST: usize =
        "__Host-=".len() + 92 + "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60".len();
    let sealer = sealer(&sessions());
    let name = "n".repeat(4096 - REST);
    let cookie = sealer.in_cookie(&name, SameSite::Lax).unwrap();
    let mut headers = http::HeaderMap::new();
    cookie.encode(&1, &mut headers, sessions().transport(), at(NOW)).unwrap();
    assert!(headers["set-cookie"].len() <= 4096);
    let error = sealer.in_cookie(&(name + "n"), SameSite::Lax).unwrap_err().to_string();
    let found = "of an empty one has up to 4097 bytes; expected at most 4096";
    assert!(error.contains(found), "{error}");
}

#[test]
fn debug_output_shows_purpose_and_lifetime_and_no_key() {
    let sessions = sessions();
    let sealer = sealer(&sessions);
    let text = "Sealer { purpose: \"a\", lifetime: 60s, .. }";
    assert_eq!(format!("{sealer:?}"), text);
    let bound = format!("{:?}", sealer.bound_to_bytes("hunter2"));
    assert_eq!(bound, format!("BoundSealer {{ sealer: {text}, bound_to: \"bytes\" }}"));
    let bound = format!("{:?}", sealer.bound_to(&sessions.fresh()));
    assert_eq!(bound, format!("BoundSealer {{ sealer: {text}, bound_to: \"session\" }}"));
    let cookie = format!("{:?}", sealer.in_cookie("oauth", SameSite::Lax).unwrap());
    assert_eq!(cookie, format!("SealedCookie {{ name: \"__Host-oauth\", sealer: {text}, .. }}"));
    assert!(!cookie.contains(NAME));
}

#[test]
fn sealers_are_shared_between_threads_whatever_the_value() {
    fn check<
        T: Clone + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static,
    >(
        _: &T,
    ) {
    }
    let sealer = sessions().sealer::<NotSend>("a", secs(60)).unwrap();
    check(&sealer);
    check(&sealer.bound_to_bytes([0]));
    check(&sealer.in_cookie("a", SameSite::Lax).unwrap());
}

#[derive(serde::Serialize, serde::Deserialize)]
struct NotSend(std::marker::PhantomData<*const u8>);
