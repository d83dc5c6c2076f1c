//! Requests with several tokens: which of them a log-out ends, and how often the hook is asked.

use std::borrow::Cow;

use sealed_session::{CookieSessions, Dict, LocalDenyList, Rejection, Sent, Session};

use crate::support::{NOW, decode, encode, pair, ring, sealed, sessions};

fn user(dict: &Dict) -> Option<Cow<'_, str>> {
    dict.get("user").map(Into::into)
}

/// The session that a cookie holds, changed and sealed again some seconds later.
fn resealed(cookie: &str, change: fn(&mut Session), now: u64) -> String {
    let mut session = decode(&sessions(), cookie, now);
    session.touch();
    change(&mut session);
    pair(&encode(&sessions(), &session, now).1)
}

/// Of one session alice's token, and the one without her that was sealed after it.
fn cleared() -> [String; 2] {
    let older = sealed(&sessions(), &[("user", "alice")], NOW - 60);
    let newer = resealed(&older, Session::clear, NOW - 30);
    [older, newer]
}

#[test]
fn a_log_out_ends_each_token_of_one_session_by_its_own_subject() {
    let ([older, newer], lang) = (cleared(), sealed(&sessions(), &[("lang", "en")], NOW));
    let requests = [
        vec![&older, &newer],
        vec![&newer, &older],
        vec![&lang, &newer, &older],
        vec![&newer, &older, &lang],
        vec![&older, &lang, &newer],
    ];
    for tokens in requests {
        let denied = LocalDenyList::new(10);
        let builder = CookieSessions::builder(ring(1)).subject(user).revocation(denied.clone());
        let checked = builder.build().unwrap();
        let cookie = tokens.iter().map(|token| token.as_str()).collect::<Vec<_>>().join("; ");
        let mut session = decode(&checked, &cookie, NOW);
        session.revoke();
        assert_eq!(encode(&checked, &session, NOW).0, Sent::Removed);
        assert_eq!(denied.entries(), 1, "once, and not the visitor's");
        for token in [&older, &newer] {
            assert_eq!(decode(&checked, token, NOW).rejection(), Some(&Rejection::Revoked));
        }
    }
}

#[test]
fn a_log_out_of_nobody_with_two_tokens_records_nothing() {
    let older = sealed(&sessions(), &[("lang", "en")], NOW - 60);
    let newer = resealed(&older, Session::clear, NOW - 30);
    let denied = LocalDenyList::new(10);
    let builder = CookieSessions::builder(ring(1)).subject(user).revocation(denied.clone());
    let checked = builder.build().unwrap();
    let mut session = decode(&checked, &[older, newer].join("; "), NOW);
    session.revoke();
    assert_eq!(encode(&checked, &session, NOW).0, Sent::Removed);
    assert_eq!(denied.entries(), 0);
}
