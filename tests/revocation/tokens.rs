//! Requests with several tokens: which of them a log-out ends, and how often the hook is asked.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use sealed_session::{
    CookieSessions, Dict, LocalDenyList, Rejection, Revocation, RevocationQuery, RevokedSession,
    Sent, Session, Unavailable,
};

use crate::support::{DAY, NOW, decode, encode, pair, ring, sealed, sessions, visit};

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

/// Two tokens of one session: the first with alice, the second, sealed later, without her.
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
fn a_log_out_without_a_subject_with_two_tokens_records_nothing() {
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

/// A session that was encoded twice before it was sent back has two tokens, which began at
/// different times.
#[test]
fn a_log_out_is_kept_until_the_last_token_of_a_session_has_ended() {
    let mut session = visit(&sessions(), NOW);
    session.set("user", "alice");
    let [first, last] = [NOW, NOW + 60].map(|now| pair(&encode(&sessions(), &session, now).1));
    for cookie in [format!("{first}; {last}"), format!("{last}; {first}"), last.clone()] {
        let (checked, hook) = counting();
        let mut session = decode(&checked, &cookie, NOW + 60);
        session.revoke();
        encode(&checked, &session, NOW + 60);
        assert_eq!(*hook.told.lock().unwrap(), [30 * DAY + 300], "{cookie}");
    }
}

/// A hook that records its questions and entries: the subject, or else the label.
#[derive(Clone, Default)]
struct Counting {
    asked: Arc<Mutex<Vec<String>>>,
    /// For how many seconds each id is to be kept.
    told: Arc<Mutex<Vec<u64>>>,
}

impl Counting {
    fn asked(&self, about: &RevocationQuery) -> bool {
        let name = about.subject().map_or_else(|| about.label().to_string(), str::to_owned);
        self.asked.lock().unwrap().push(name);
        false
    }
}

impl Revocation for Counting {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        Ok(self.asked(asked))
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.told.lock().unwrap().push(ended.remaining().as_secs());
        Ok(())
    }
}

#[cfg(feature = "tower")]
impl sealed_session::AsyncRevocation for Counting {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        Ok(self.asked(asked))
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        Revocation::revoke(self, ended)
    }
}

/// Requests, each with the number of tokens that the hook is asked about.
fn requests() -> Vec<(&'static str, String, usize)> {
    let alice = sealed(&sessions(), &[("user", "alice")], NOW - 60);
    let same = |now| resealed(&alice, |_| (), now);
    let ([older, newer], other) = (cleared(), sealed(&sessions(), &[("user", "alice")], NOW));
    let copies: Vec<String> = (0..8).map(|n| same(NOW - n)).collect();
    let ahead = sealed(&sessions(), &[("user", "alice")], NOW + 301);
    vec![
        ("no token", String::new(), 0),
        ("one", alice.clone(), 1),
        ("one, sent twice", [&*alice, &alice].join("; "), 1),
        ("one session, sealed twice", [&*alice, &same(NOW)].join("; "), 1),
        ("one session, sealed eight times", copies.join("; "), 1),
        ("one session with two subjects", [&*older, &newer, &older].join("; "), 2),
        ("two sessions of one subject", [&*alice, &other, &same(NOW)].join("; "), 2),
        ("one that is accepted later", [&*ahead, &alice].join("; "), 1),
    ]
}

type Change = fn(&mut Session);

/// What a handler does, and how often the hook is then asked and told for the response.
const CHANGES: [(&str, Change, [usize; 2]); 8] = [
    ("nothing", |_| (), [0, 0]),
    ("reads", |session| _ = session.id(), [0, 0]),
    ("writes", |session| session.set("cart", "1"), [0, 0]),
    ("logs out", Session::revoke, [0, 1]),
    ("invalidates", Session::invalidate, [0, 0]),
    // About the session that was opened, and about the new one.
    ("renews", Session::renew, [2, 1]),
    ("logs somebody else in", |session| (session.revoke(), session.set("user", "bob")).1, [2, 1]),
    ("begins a visitor's", |session| (session.invalidate(), session.set("cart", "1")).1, [1, 0]),
];

fn counting() -> (CookieSessions, Counting) {
    let hook = Counting::default();
    let builder = CookieSessions::builder(ring(1)).subject(user).revocation(hook.clone());
    (builder.build().unwrap(), hook)
}

#[test]
fn the_hook_is_asked_once_about_each_session_and_subject_of_a_request() {
    for (row, cookie, expected) in requests() {
        let (checked, hook) = counting();
        decode(&checked, &cookie, NOW);
        let asked = hook.asked.lock().unwrap();
        assert_eq!(asked.len(), expected, "{row}: {asked:?}");
    }
}

#[test]
fn the_hook_is_asked_again_only_about_a_session_that_leaves_its_id_or_begins() {
    let cookie = sealed(&sessions(), &[("user", "alice")], NOW);
    for (row, change, expected) in CHANGES {
        let (checked, hook) = counting();
        let mut session = decode(&checked, &cookie, NOW);
        change(&mut session);
        encode(&checked, &session, NOW);
        let asked = hook.asked.lock().unwrap().len() - 1;
        assert_eq!([asked, hook.told.lock().unwrap().len()], expected, "{row}");
    }
}

#[cfg(feature = "tower")]
#[tokio::test]
async fn the_layer_asks_as_often_as_the_pure_api() {
    use http::{HeaderValue, Request, Response, header::COOKIE};
    use sealed_session::{SessionHandle, SessionLayer};
    use tower::{Layer, ServiceExt, service_fn};

    let rows =
        requests().into_iter().map(|(row, cookie, asked)| (row, cookie, CHANGES[0].1, [asked, 0]));
    let alice = sealed(&sessions(), &[("user", "alice")], NOW);
    let changes =
        CHANGES.map(|(row, change, [asked, told])| (row, alice.clone(), change, [asked + 1, told]));
    for (row, cookie, change, expected) in rows.chain(changes) {
        let hook = Counting::default();
        let builder = CookieSessions::builder(ring(1)).clock(|| crate::support::at(NOW));
        let checked = builder.subject(user).revocation_async(hook.clone()).build().unwrap();
        let inner = service_fn(move |request: Request<()>| {
            request.extensions().get::<SessionHandle>().unwrap().with(change);
            std::future::ready(Ok::<_, std::convert::Infallible>(Response::new(String::new())))
        });
        let service =
            SessionLayer::new(checked).check_revocation(|_| std::future::pending()).layer(inner);
        let mut request = Request::new(());
        request.headers_mut().insert(COOKIE, HeaderValue::from_str(&cookie).unwrap());
        service.oneshot(request).await.unwrap();
        let found = [hook.asked.lock().unwrap().len(), hook.told.lock().unwrap().len()];
        assert_eq!(found, expected, "{row}");
    }
}

/// The subject was logged out up to this second, so the session is sealed as one of the next
/// second.
#[test]
fn a_log_out_of_a_session_that_begins_a_second_later_is_kept_until_it_has_ended() {
    let (denied, hook) = (LocalDenyList::new(10), Counting::default());
    let builder = || CookieSessions::builder(ring(1)).subject(user);
    let sealing = builder().revocation(denied.clone()).build().unwrap();
    let telling = builder().revocation(hook.clone()).build().unwrap();
    denied.log_out_everywhere("alice", crate::support::at(NOW));
    let mut session = visit(&sealing, NOW);
    session.set("user", "alice");
    encode(&sealing, &session, NOW);
    session.revoke();
    encode(&telling, &session, NOW);
    assert_eq!(*hook.told.lock().unwrap(), [30 * DAY + 300 + 1]);
}
