//! Two builds, one of which decodes a request and the other writes the response.

#[cfg(feature = "tracing")]
use crate::support::Log;
use crate::support::{DAY, NOW, at, decode, encode, pair, ring, sealed, secret, sessions, visit};
use http::header::SET_COOKIE;
use sealed_session::{Builder, CookieSessions, Dict, Sent, Session};
use serde::{Deserialize, Serialize};

/// A change that a handler makes.
type Change = fn(&mut Session);

const CHANGES: [(&str, u64, Change); 5] = [
    ("read", NOW, |_| {}),
    ("due", NOW + 10 * DAY, |_| {}),
    ("written", NOW, |session| session.set("user", "admin")),
    ("touched", NOW, Session::touch),
    ("renewed", NOW, Session::renew),
];

/// Each field of the scope, changed, but for the transport: a request over the other one is withheld for that.
fn other_scopes() -> Vec<Builder<Dict>> {
    let builder = || CookieSessions::builder(ring(2));
    vec![
        builder().name("other"),
        builder().path("/app"),
        builder().domain("example.com"),
        builder().partitioned(true),
        builder().context("other"),
    ]
}

#[test]
fn a_session_is_not_sealed_again_by_another_build_whose_secrets_lack_the_one_that_opened_it() {
    let one = sessions();
    let cookie = sealed(&one, &[("user", "alice")], NOW);
    for (row, now, change) in CHANGES {
        let mut session = decode(&one, &cookie, now);
        change(&mut session);
        let rotated = CookieSessions::new(ring(2));
        let (sent, headers) = encode(&rotated, &session, now);
        assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Withheld, false), "{row}");
        assert!(rotated.to_cookie(&session, at(now)).unwrap().is_none(), "{row}, in a jar");
        session.invalidate();
        assert_eq!(encode(&rotated, &session, now).0, Sent::Removed, "{row}, then invalidated");
    }
}

#[test]
fn a_session_of_another_build_that_has_its_secret_is_sealed_and_always_set() {
    let cookie = sealed(&sessions(), &[("user", "alice")], NOW);
    for keyring in [ring(1), ring(2).previous(secret(1)), ring(2).upcoming(secret(1))] {
        let other = CookieSessions::new(keyring);
        for (row, now, change) in CHANGES {
            let mut session = decode(&sessions(), &cookie, now);
            change(&mut session);
            assert_eq!(encode(&other, &session, now).0, Sent::Set, "{row}");
        }
    }
}

#[test]
fn a_session_of_another_scope_is_sealed_whatever_the_secrets_and_always_set() {
    let cookie = sealed(&sessions(), &[("user", "alice")], NOW);
    for builder in other_scopes() {
        let other = builder.build().unwrap();
        for (row, now, change) in CHANGES {
            let mut session = decode(&sessions(), &cookie, now);
            change(&mut session);
            let (sent, headers) = encode(&other, &session, now);
            assert_eq!(sent, Sent::Set, "{row}, {other:?}");
            assert_eq!(decode(&other, &pair(&headers), now).label(), session.label(), "{other:?}");
        }
    }
}

#[cfg(feature = "tracing")]
#[test]
fn a_session_that_another_build_opened_and_nobody_wrote_is_withheld_without_a_warning() {
    let (one, rotated) = (sessions(), CookieSessions::new(ring(2)));
    let mut session = decode(&one, &sealed(&one, &[("user", "alice")], NOW), NOW);
    let log = Log::default();
    let _listening = log.listen();
    assert_eq!(encode(&rotated, &session, NOW).0, Sent::Withheld);
    assert!(!log.all().contains("WARN"), "{}", log.all());
    session.set("user", "admin");
    assert_eq!(encode(&rotated, &session, NOW).0, Sent::Withheld);
    log.says("WARN", "the secret that opened it has been removed");
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Visits {
    count: u32,
}

/// The key of an older schema is another one, under another key id, but the secret is the same.
#[test]
fn a_session_of_an_older_schema_is_sealed_by_a_build_that_knows_the_secret_and_not_the_schema() {
    let old = CookieSessions::builder(ring(1)).build().unwrap();
    let upgrading = |keyring| {
        let builder = CookieSessions::typed::<Visits>(keyring, "visits-1");
        builder.upgrade_from::<Dict>("dict", |_| Visits { count: 7 }).build().unwrap()
    };
    let plain = |keyring| CookieSessions::typed::<Visits>(keyring, "visits-1").build().unwrap();
    let cookie = sealed(&old, &[], NOW);
    let session = decode(&upgrading(ring(1)), &cookie, NOW);
    assert_eq!(session.data().count, 7);
    for known in [ring(1), ring(2).previous(secret(1))] {
        assert_eq!(encode(&plain(known.clone()), &session, NOW).0, Sent::Set);
        assert_eq!(encode(&upgrading(known), &session, NOW).0, Sent::Set);
    }
    assert_eq!(encode(&plain(ring(2)), &session, NOW).0, Sent::Withheld);
    assert_eq!(encode(&upgrading(ring(2)), &session, NOW).0, Sent::Withheld);
    assert_eq!(encode(&plain(ring(2)), &visit(&upgrading(ring(1)), NOW), NOW).0, Sent::Unchanged);
}
