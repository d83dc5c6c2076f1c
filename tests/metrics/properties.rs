//! What holds for every request and response.

use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{CookieSessions, Issue, Sent, Session, Transport};

use crate::recorder::{Counts, Recorder};
use crate::series::snake;
use crate::support::{DAY, NAME, NOW, at, cookies, ring, sealed, secret};

/// Tokens that are accepted, and some that are not.
fn tokens() -> Vec<Vec<u8>> {
    let mut tokens = Vec::new();
    for n in 1..=4 {
        let of = CookieSessions::new(ring(n));
        for age in [0, 8 * DAY, 20 * DAY, 40 * DAY] {
            tokens.push(sealed(&of, &[("user", "alice")], NOW - age).into_bytes());
        }
    }
    let mut forged = tokens[0].clone();
    *forged.last_mut().unwrap() ^= 1;
    tokens.push(forged);
    tokens
}

/// One pair of a `Cookie` header.
fn a_cookie() -> impl Strategy<Value = Vec<u8>> {
    let junk = vec((b' '..=b'~').prop_filter("one pair", |byte| *byte != b';'), 0..90);
    let named = junk.clone().prop_map(|value| [format!("{NAME}=").into_bytes(), value].concat());
    prop_oneof![4 => select(tokens()), 2 => named, 1 => junk]
}

fn change() -> impl Strategy<Value = fn(&mut Session)> {
    let changes: [fn(&mut Session); 6] = [
        |_| (),
        |session| session.set("user", "bob"),
        |session| session.set("text", "x".repeat(5000)),
        Session::renew,
        Session::invalidate,
        |session| drop(session.id().clone()),
    ];
    select(changes.to_vec())
}

fn status() -> impl Strategy<Value = StatusCode> {
    select(vec![StatusCode::OK, StatusCode::NOT_MODIFIED, StatusCode::INTERNAL_SERVER_ERROR])
}

/// What decoding should have counted, by what the session tells of itself.
fn of_decode(session: &Session) -> Counts {
    let accepted = session.opened_by().map(|role| format!("accepted_total {role}"));
    let rejected = session.rejection().map(|reason| {
        let reason = format!("{reason:?}");
        format!("rejected_total {}", snake(reason.split('(').next().unwrap()))
    });
    accepted.into_iter().chain(rejected).map(|name| (name, 1)).collect()
}

/// Counts of a metric under all its labels.
fn total(counts: &Counts, name: &str) -> u64 {
    counts.iter().filter(|(series, _)| series.starts_with(name)).map(|(_, count)| count).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_counts_at_most_once_and_so_does_its_response(
        pairs in vec(a_cookie(), 0..4),
        change in change(),
        status in status(),
        is_secure in prop::bool::weighted(0.9),
        eager in any::<bool>(),
    ) {
        let recorder = Recorder::default();
        let keyring = ring(1).previous(secret(2)).upcoming(secret(3));
        let issue = if eager { Issue::Eager } else { Issue::Lazy };
        let sessions = recorder.build(CookieSessions::builder(keyring).issue(issue));
        let series = recorder.all().len();

        let transport = if is_secure { Transport::Https } else { Transport::Http };
        let mut session = sessions.decode_at(&cookies([pairs.join(&b"; "[..])]), transport, at(NOW));
        let counted = recorder.take();
        prop_assert_eq!(&counted, &of_decode(&session));
        // Accepted, rejected, or without the cookie.
        let prefix = format!("{NAME}=");
        let has_cookie = pairs.iter().any(|pair| pair.trim_ascii_start().starts_with(prefix.as_bytes()));
        prop_assert_eq!(counted.values().sum::<u64>(), u64::from(has_cookie));

        change(&mut session);
        let sent = sessions.encode_at(&session, &mut HeaderMap::new(), status, at(NOW));
        let counted = recorder.take();
        let totals = ["sealed", "set_cookie_bytes", "removed", "withheld", "failed"]
            .map(|name| total(&counted, name));
        let expected: &[[u64; 5]] = match sent {
            Ok(Sent::Set) => &[[1, 1, 0, 0, 0]],
            Ok(Sent::Unchanged) => &[[0; 5]],
            Ok(Sent::Withheld) => &[[0; 5], [0, 0, 0, 1, 0]],
            Ok(_) => &[[0, 0, 1, 0, 0]],
            Err(_) => &[[0, 0, 0, 0, 1]],
        };
        prop_assert!(expected.contains(&totals), "{sent:?}: {counted:?}");
        prop_assert_eq!(counted.values().sum::<u64>(), totals.iter().sum::<u64>());
        prop_assert_eq!(recorder.all().len(), series);
    }
}
