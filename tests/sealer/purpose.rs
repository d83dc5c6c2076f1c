//! A value opens for one purpose only, and never as anything else of the library.

use sealed_session::{CookieSessions, Rejection, SameSite, Transport};

use crate::support::{NAME, NOW, at, cookies, decode, pair, ring, sealed, secs, sessions};

#[test]
fn a_value_opens_for_its_own_purpose_only() {
    let sessions = sessions();
    let purposes = ["a", "b", "A", "a ", "a/", "/a", "sealer/a", "session", "flash"];
    for purpose in purposes {
        let sealer = sessions.sealer::<u8>(purpose, secs(60)).unwrap();
        let sealed = sealer.seal(&7, at(NOW)).unwrap();
        for other in purposes {
            let opened = sessions.sealer::<u8>(other, secs(60)).unwrap().open(&sealed, at(NOW));
            assert_eq!(opened.is_ok(), other == purpose, "{purpose} as {other}");
        }
    }
}

/// Each setting that separates sessions separates values, but for the name and the schema of the session.
#[test]
fn a_value_opens_with_the_settings_that_it_was_sealed_with() {
    let builder = || CookieSessions::builder(ring(1));
    let sealed = sessions().sealer::<u8>("a", secs(60)).unwrap().seal(&7, at(NOW)).unwrap();
    let opens = |sessions: CookieSessions| {
        sessions.sealer::<u8>("a", secs(60)).unwrap().open(&sealed, at(NOW)).is_ok()
    };
    assert!(opens(builder().build().unwrap()));
    assert!(opens(builder().name("other").same_site(SameSite::Strict).build().unwrap()));
    for changed in [
        builder().path("/app"),
        builder().domain("example.com"),
        builder().partitioned(true),
        builder().context("till"),
        builder().insecure_http(),
        CookieSessions::builder(ring(2)),
    ] {
        assert!(!opens(changed.build().unwrap()));
    }
    let typed = CookieSessions::typed::<u64>(ring(1), "count-1").build().unwrap();
    assert_eq!(typed.sealer::<u8>("a", secs(60)).unwrap().open(&sealed, at(NOW)), Ok(7));
}

#[test]
fn a_value_is_neither_a_session_nor_the_reverse() {
    let sessions = sessions();
    for purpose in ["session", "a"] {
        let sealer = sessions.sealer::<u8>(purpose, secs(60)).unwrap();
        let value = sealer.seal(&7, at(NOW)).unwrap();
        let session = decode(&sessions, &format!("{NAME}={value}"), NOW);
        assert!(matches!(session.rejection(), Some(Rejection::UnknownKey(_))));
        let token = sealed_session_token(&sessions);
        assert!(matches!(sealer.open(&token, at(NOW)), Err(Rejection::UnknownKey(_))));
    }
}

fn sealed_session_token(sessions: &CookieSessions) -> String {
    sealed(sessions, &[("user", "alice")], NOW).split_once('=').unwrap().1.to_owned()
}

#[cfg(feature = "flash")]
#[test]
fn a_value_is_neither_a_flash_message_nor_the_reverse() {
    let sessions = sessions();
    let mut flash = sessions.decode_flash(&http::Request::new(()));
    flash.push(sealed_session::Level::Info, "a").unwrap();
    let message = sessions.flash_cookie(&flash).unwrap();
    let message = message.to_str().unwrap().split_once('=').unwrap();
    let sealer = sessions.sealer::<u8>("flash", secs(60)).unwrap();
    assert!(matches!(sealer.open(message.1, at(NOW)), Err(Rejection::UnknownKey(_))));
    let value = sealer.seal(&7, at(NOW)).unwrap();
    let headers = cookies([format!("{}={value}", message.0)]);
    assert!(sessions.decode_flash_at(&headers, Transport::Https, at(NOW)).is_empty());
}

#[test]
fn a_value_of_a_cookie_is_no_value_of_a_url_nor_of_another_cookie() {
    let sessions = sessions();
    let sealer = sessions.sealer::<u8>("a", secs(60)).unwrap();
    let [one, other] = ["one", "other"].map(|name| sealer.in_cookie(name, SameSite::Lax).unwrap());
    let mut headers = http::HeaderMap::new();
    one.encode(&7, &mut headers, Transport::Https, at(NOW)).unwrap();
    let pair = pair(&headers);
    let token = pair.split_once('=').unwrap().1;
    assert!(matches!(sealer.open(token, at(NOW)), Err(Rejection::UnknownKey(_))));
    for (cookie, token) in [(&other, token), (&one, &*sealer.seal(&7, at(NOW)).unwrap())] {
        let sent = cookies([format!("{}={token}", cookie.name())]);
        let decoded = cookie.decode(&sent, Transport::Https, at(NOW));
        assert!(matches!(decoded, Err(Rejection::UnknownKey(_))));
    }
}
