//! Revocation without a layer: when the hook is asked, what it is told, and what follows.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex};

use crate::support::{
    DAY, NAME, NOW, at, cookies, decode, encode, pair, ring, sealed, secs, sessions, visit,
};
use http::{HeaderMap, StatusCode};
use sealed_session::{
    AsyncRevocation, Builder, CookieSessions, Dict, EncodeError, Issue, LocalDenyList, Rejection,
    Revocation, RevocationQuery, RevokedSession, Sent, Session, Transport, Unavailable,
};

/// A store that gives set replies, and remembers what it was asked.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    revoked: HashSet<String>,
    down: bool,
    asked: Vec<(String, Option<String>, u64, u64)>,
    ended: Vec<(String, u64)>,
}

fn since_1970(time: std::time::SystemTime) -> u64 {
    time.duration_since(at(0)).unwrap().as_secs()
}

impl Revocation for Store {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        let mut state = self.0.lock().unwrap();
        let label = asked.label().to_string();
        let times = (since_1970(asked.created_at()), since_1970(asked.ends_at()));
        state.asked.push((label.clone(), asked.subject().map(str::to_owned), times.0, times.1));
        if state.down { Err(Unavailable::new("down")) } else { Ok(state.revoked.contains(&label)) }
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        let mut state = self.0.lock().unwrap();
        if state.down {
            return Err(Unavailable::new("down"));
        }
        state.revoked.insert(ended.label().to_string());
        state.ended.push((ended.label().to_string(), ended.remaining().as_secs()));
        Ok(())
    }
}

impl Store {
    fn set_down(&self, down: bool) {
        self.0.lock().unwrap().down = down;
    }

    fn end(&self, cookie: &str) {
        let label = decode(&sessions(), cookie, NOW).label().to_string();
        self.0.lock().unwrap().revoked.insert(label);
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }
}

fn user(dict: &Dict) -> Option<std::borrow::Cow<'_, str>> {
    dict.get("user").map(Into::into)
}

fn checked(configure: fn(Builder<Dict>) -> Builder<Dict>) -> (CookieSessions, Store) {
    let store = Store::default();
    let builder =
        configure(CookieSessions::builder(ring(1))).subject(user).revocation(store.clone());
    (builder.build().unwrap(), store)
}

fn alice(now: u64) -> String {
    sealed(&sessions(), &[("user", "alice")], now)
}

#[test]
fn is_told_the_session_the_subject_and_when_it_began_and_ends() {
    let (checked, store) = checked(|builder| builder);
    let cookie = alice(NOW - 3);
    let session = decode(&checked, &cookie, NOW);
    decode(&checked, &sealed(&sessions(), &[], NOW), NOW);
    let asked = store.0.lock().unwrap().asked.clone();
    let expected =
        (session.label().to_string(), Some("alice".into()), NOW - 3, NOW - 3 + 30 * DAY + 300);
    assert_eq!((asked.len(), &asked[0]), (2, &expected));
    assert_eq!(asked[1].1, None, "nobody's");
}

#[test]
fn a_revoked_session_is_a_pre_session() {
    let (checked, store) = checked(|builder| builder);
    let cookie = alice(NOW);
    store.end(&cookie);
    let session = decode(&checked, &cookie, NOW);
    assert!(session.is_new() && session.is_empty());
    assert_eq!(session.rejection(), Some(&Rejection::Revoked));
    assert_eq!(encode(&checked, &session, NOW).0, Sent::Unchanged, "and is not deleted of itself");
}

#[test]
fn a_store_that_fails_rejects_sessions_until_it_responds_again() {
    let (checked, store) = checked(|builder| builder);
    let cookie = alice(NOW);
    for (down, rejection) in [(true, Some(&Rejection::Unchecked)), (false, None)] {
        store.set_down(down);
        let session = decode(&checked, &cookie, NOW);
        assert_eq!((session.rejection(), session.get("user").is_none()), (rejection, down));
    }
}

#[test]
fn an_eager_response_keeps_the_cookie_that_could_not_be_checked_and_replaces_one_that_is_revoked() {
    let (checked, store) = checked(|builder| builder.issue(Issue::Eager));
    let cookie = alice(NOW);
    store.set_down(true);
    assert_eq!(encode(&checked, &decode(&checked, &cookie, NOW), NOW).0, Sent::Unchanged);
    store.set_down(false);
    store.end(&cookie);
    assert_eq!(encode(&checked, &decode(&checked, &cookie, NOW), NOW).0, Sent::Set);
}

#[test]
fn the_hook_is_not_asked_about_a_rejected_session() {
    let (checked, store) = checked(|builder| builder);
    let other = CookieSessions::new(ring(2));
    let junk = [
        String::new(),
        format!("{NAME}=AAAA"),
        alice(NOW) + "AAAA",
        sealed(&other, &[], NOW),
        alice(NOW - 14 * DAY),
        alice(NOW - 30 * DAY),
        alice(NOW + 301),
    ];
    for cookie in junk {
        assert!(decode(&checked, &cookie, NOW).is_new());
    }
    checked.decode_at(&cookies([alice(NOW)]), Transport::Http, at(NOW));
    let mut session = visit(&checked, NOW);
    session.set("cart", "1");
    let headers = encode(&checked, &session, NOW).1;
    checked.from_response(&headers).unwrap();
    assert_eq!(store.asked(), 0);
}

#[test]
fn a_revoked_session_does_not_hide_an_accepted_one() {
    let (checked, store) = checked(|builder| builder);
    let (gone, good) = (alice(NOW), sealed(&sessions(), &[("user", "bob")], NOW));
    store.end(&gone);
    for cookie in [format!("{gone}; {good}"), format!("{good}; {gone}")] {
        let session = decode(&checked, &cookie, NOW);
        assert_eq!((session.get("user"), session.rejection()), (Some("bob"), None));
    }
}

#[test]
fn two_valid_sessions_are_ambiguous_with_a_hook_too() {
    let (checked, store) = checked(|builder| builder);
    let cookie = format!("{}; {}", alice(NOW), alice(NOW));
    let rejection = || decode(&checked, &cookie, NOW).rejection().copied();
    assert_eq!(rejection(), Some(Rejection::Ambiguous));
    store.set_down(true);
    assert_eq!(rejection(), Some(Rejection::Unchecked));
}

#[test]
fn of_one_session_the_token_sealed_last_is_accepted() {
    let (checked, _) = checked(|builder| builder);
    let old = alice(NOW);
    let mut session = decode(&sessions(), &old, NOW);
    session.set("cart", "1");
    let new = pair(&encode(&sessions(), &session, NOW + 1).1);
    for cookie in [format!("{old}; {new}"), format!("{new}; {old}")] {
        assert_eq!(decode(&checked, &cookie, NOW + 1).get("cart"), Some("1"));
    }
}

#[test]
fn at_most_eight_are_asked_about() {
    let (checked, store) = checked(|builder| builder);
    let many: Vec<String> = (0..20).map(|_| alice(NOW)).collect();
    for cookie in &many {
        store.end(cookie);
    }
    let session = decode(&checked, &many.join("; "), NOW);
    assert_eq!((session.rejection(), store.asked()), (Some(&Rejection::TooMany), 8));
}

#[test]
fn a_revoked_copy_is_refused_and_the_cookie_removed() {
    let (checked, store) = checked(|builder| builder);
    let cookie = alice(NOW - DAY);
    let mut session = decode(&checked, &cookie, NOW);
    let label = session.label().to_string();
    session.revoke();
    assert!(session.is_new() && session.is_empty());
    assert!(store.0.lock().unwrap().ended.is_empty(), "told when it is encoded");
    let (sent, headers) = encode(&checked, &session, NOW);
    assert_eq!((sent, checked.from_response(&headers).is_none()), (Sent::Removed, true));
    assert_eq!(
        store.0.lock().unwrap().ended,
        [(label, 29 * DAY + 300)],
        "until every copy has ended, on a machine whose clock is behind"
    );
    assert_eq!(decode(&checked, &cookie, NOW).rejection(), Some(&Rejection::Revoked));
}

#[test]
fn a_log_out_into_a_jar_is_recorded_too() {
    let (checked, _) = checked(|builder| builder);
    let cookie = alice(NOW);
    let mut session = decode(&checked, &cookie, NOW);
    session.revoke();
    checked.request_cookie(&session).unwrap();
    checked.set_cookie_len(&session).unwrap();
    assert_eq!(decode(&checked, &cookie, NOW).rejection(), None, "these two only look");
    checked.to_cookie(&session, at(NOW)).unwrap();
    assert_eq!(decode(&checked, &cookie, NOW).rejection(), Some(&Rejection::Revoked));
}

type Change = fn(&mut Session);

#[test]
fn every_id_that_the_session_had_is_ended() {
    let rows: [(&str, Change, usize); 8] = [
        ("as it was", Session::revoke, 1),
        ("twice", |session| (session.revoke(), session.revoke()).1, 1),
        ("then invalidated", |session| (session.revoke(), session.invalidate()).1, 1),
        ("then written", |session| (session.revoke(), session.set("user", "bob")).1, 1),
        ("renewed before", |session| (session.renew(), session.revoke()).1, 1),
        (
            "renewed and given an id before",
            |session| (session.renew(), _ = session.id(), session.revoke()).2,
            2,
        ),
        (
            "renewed twice and given an id each time",
            |session| {
                for _ in 0..2 {
                    session.renew();
                    session.id();
                }
                session.revoke();
            },
            3,
        ),
        ("invalidated before", |session| (session.invalidate(), session.revoke()).1, 1),
    ];
    for (row, change, count) in rows {
        let (checked, store) = checked(|builder| builder);
        let cookie = alice(NOW);
        let mut session = decode(&checked, &cookie, NOW);
        change(&mut session);
        encode(&checked, &session, NOW);
        assert_eq!(store.0.lock().unwrap().ended.len(), count, "{row}");
        assert_eq!(decode(&checked, &cookie, NOW).rejection(), Some(&Rejection::Revoked), "{row}");
    }
}

#[test]
fn a_session_that_was_sent_meanwhile_is_ended_until_the_end_of_what_was_sent() {
    let (checked, store) = checked(|builder| builder);
    let mut session = visit(&checked, NOW);
    session.set("user", "alice");
    let cookie = pair(&encode(&checked, &session, NOW + 5).1);
    session.revoke();
    encode(&checked, &session, NOW + 9);
    let remaining = store.0.lock().unwrap().ended[0].1;
    assert!(remaining + NOW + 9 >= NOW + 5 + 30 * DAY, "not a second too short");
    assert_eq!(decode(&checked, &cookie, NOW + 9).rejection(), Some(&Rejection::Revoked));
}

#[test]
fn a_session_that_was_never_sent_need_not_be_recorded() {
    let (checked, store) = checked(|builder| builder);
    let mut session = visit(&checked, NOW);
    session.set("user", "alice");
    session.revoke();
    assert_eq!(encode(&checked, &session, NOW).0, Sent::Unchanged);
    assert!(store.0.lock().unwrap().ended.is_empty());
}

#[track_caller]
fn refuses_to_encode(sessions: &CookieSessions, session: &Session, message: &str) {
    let mut headers = HeaderMap::new();
    let error = sessions.encode_at(session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::RevocationFailed(_)));
    assert_eq!(error.to_string(), format!("the session was not revoked: {message}"));
    assert!(headers.is_empty(), "the client keeps its cookie");
    assert!(matches!(sessions.to_cookie(session, at(NOW)), Err(EncodeError::RevocationFailed(_))));
}

#[test]
fn a_log_out_that_is_recorded_nowhere_is_an_error() {
    let (checked, store) = checked(|builder| builder);
    let mut session = decode(&checked, &alice(NOW), NOW);
    session.revoke();
    store.set_down(true);
    refuses_to_encode(&checked, &session, "the revocation store did not respond");
    store.set_down(false);
    assert_eq!(encode(&checked, &session, NOW).0, Sent::Removed, "until it is");
}

#[test]
fn a_log_out_of_a_session_that_could_not_be_checked_is_an_error_while_invalidate_removes_it() {
    let (checked, store) = checked(|builder| builder);
    let cookie = alice(NOW);
    store.set_down(true);
    let [mut revoked, mut invalidated] = [(); 2].map(|()| decode(&checked, &cookie, NOW));
    store.set_down(false);
    revoked.revoke();
    let message = "its id is unknown, because it could not be checked for revocation";
    refuses_to_encode(&checked, &revoked, message);
    invalidated.invalidate();
    assert_eq!(encode(&checked, &invalidated, NOW).0, Sent::Removed);
}

#[test]
fn a_log_out_without_a_hook_is_an_error() {
    let sessions = sessions();
    let mut session = decode(&sessions, &alice(NOW), NOW);
    session.revoke();
    refuses_to_encode(
        &sessions,
        &session,
        "these sessions have no revocation hook; set one with `Builder::revocation`",
    );
}

/// An asynchronous hook, which `decode` cannot wait for.
struct Patient;

impl AsyncRevocation for Patient {
    async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        unreachable!("nobody can wait for it")
    }

    async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        unreachable!("nobody can wait for it")
    }
}

#[test]
fn without_a_layer_an_asynchronous_hook_accepts_no_session() {
    let patient = CookieSessions::builder(ring(1)).revocation_async(Patient).build().unwrap();
    let session = decode(&patient, &alice(NOW), NOW);
    assert_eq!((session.is_new(), session.rejection()), (true, Some(&Rejection::Unchecked)));
    let mut session = visit(&patient, NOW);
    session.set("user", "alice");
    encode(&patient, &session, NOW);
    session.revoke();
    let message = "the revocation hook is asynchronous, and only `SessionLayer::check_revocation` waits for it";
    refuses_to_encode(&patient, &session, message);
}

#[test]
fn a_hook_learns_how_long_sessions_may_last() {
    type Hook = fn(Builder<Dict>, Told) -> Builder<Dict>;
    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<u64>>>);
    impl Revocation for Told {
        fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
            Ok(false)
        }
        fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
            Ok(())
        }
        fn attached(&self, absolute_timeout: std::time::Duration) {
            self.0.lock().unwrap().push(absolute_timeout.as_secs());
        }
    }
    impl AsyncRevocation for Told {
        async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
            Revocation::is_revoked(self, asked)
        }
        async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
            Revocation::revoke(self, ended)
        }
        fn attached(&self, absolute_timeout: std::time::Duration) {
            Revocation::attached(self, absolute_timeout);
        }
    }
    let told = Told::default();
    let hooks: [Hook; 4] = [
        |builder, told| builder.revocation(told),
        |builder, told| builder.revocation(Arc::new(told)),
        |builder, told| builder.revocation_async(told),
        |builder, told| builder.revocation_async(Arc::new(told)),
    ];
    for (hook, days) in hooks.into_iter().zip(2..) {
        let builder = hook(CookieSessions::builder(ring(1)), told.clone()).idle_timeout(secs(DAY));
        builder.absolute_timeout(secs(days * DAY)).build().unwrap();
    }
    assert_eq!(*told.0.lock().unwrap(), [2, 3, 4, 5].map(|days| days * DAY));
}

#[test]
fn a_shared_hook_is_asked_and_told_as_the_hook_is() {
    let store = Store::default();
    let sessions =
        CookieSessions::builder(ring(1)).subject(user).revocation(Arc::new(store.clone())).build();
    let (sessions, cookie) = (sessions.unwrap(), alice(NOW));
    let mut session = decode(&sessions, &cookie, NOW);
    assert!(!session.is_new());
    session.revoke();
    store.set_down(true);
    refuses_to_encode(&sessions, &session, "the revocation store did not respond");
    store.set_down(false);
    encode(&sessions, &session, NOW);
    assert_eq!(decode(&sessions, &cookie, NOW).rejection(), Some(&Rejection::Revoked));
}

#[test]
fn a_typed_session_has_a_subject_too() {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Account {
        number: u32,
    }
    let list = LocalDenyList::new(10);
    let builder = CookieSessions::typed::<Account>(ring(1), "account").revocation(list.clone());
    let accounts =
        builder.subject(|account| Some(account.number.to_string().into())).build().unwrap();
    list.deny_before("7", at(NOW + 1), None);
    for (number, rejection) in [(7, Some(&Rejection::Revoked)), (8, None)] {
        let mut session = visit(&accounts, NOW);
        session.data_mut().number = number;
        let cookie = pair(&encode(&accounts, &session, NOW).1);
        assert_eq!(decode(&accounts, &cookie, NOW).rejection(), rejection);
    }
}

#[test]
fn nothing_shows_an_id_or_a_subject() {
    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<String>>>);
    impl Revocation for Shown {
        fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
            self.0.lock().unwrap().push(format!("{asked:?} {}", *asked.id().expose_base64url()));
            Ok(false)
        }
        fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
            self.0.lock().unwrap().push(format!("{ended:?} {}", *ended.id().expose_base64url()));
            Ok(())
        }
    }
    let shown = Shown::default();
    let sessions =
        CookieSessions::builder(ring(1)).revocation(shown.clone()).subject(user).build().unwrap();
    let mut session = decode(&sessions, &alice(NOW), NOW);
    let (label, id) = (session.label(), session.id().expose_base64url());
    session.revoke();
    encode(&sessions, &session, NOW);
    let expected = ["RevocationQuery", "RevokedSession"]
        .map(|name| format!("{name} {{ label: Label({label}), .. }} {}", *id));
    assert!(*shown.0.lock().unwrap() == expected, "an id or a subject is shown");
}

#[test]
fn an_error_of_a_store_keeps_its_words_to_itself() {
    let error = EncodeError::RevocationFailed(Unavailable::new("redis://:password@host"));
    assert!(!error.to_string().contains("password"));
    assert_eq!(error.source().unwrap().to_string(), "redis://:password@host");
}

#[test]
fn sessions_with_a_hook_are_fit_for_servers_with_threads_and_survive_panics() {
    fn check<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static>() {}
    check::<CookieSessions>();
    check::<LocalDenyList>();
    check::<EncodeError>();
}

/// The cookie of a visitor without an account.
fn visitor(now: u64) -> String {
    sealed(&sessions(), &[("lang", "en")], now)
}

fn ended(store: &Store) -> usize {
    store.0.lock().unwrap().ended.len()
}

#[test]
fn one_token_that_cannot_be_checked_takes_precedence_in_any_order() {
    /// Fails for one token only.
    struct Flaky(String);
    impl Revocation for Flaky {
        fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
            let fails = asked.label().to_string() == self.0;
            if fails { Err(Unavailable::new("timeout")) } else { Ok(false) }
        }
        fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
            Ok(())
        }
    }
    let (own, planted, third) = (alice(NOW), alice(NOW), alice(NOW));
    let label = decode(&sessions(), &own, NOW).label().to_string();
    let sessions = CookieSessions::builder(ring(1)).revocation(Flaky(label)).build().unwrap();
    let orders = [
        format!("{own}; {planted}"),
        format!("{planted}; {own}"),
        format!("{planted}; {third}; {own}"),
        format!("{own}; {planted}; {third}"),
        format!("{planted}; {own}; {third}"),
    ];
    for cookie in orders {
        let mut session = decode(&sessions, &cookie, NOW);
        assert_eq!((session.is_new(), session.rejection()), (true, Some(&Rejection::Unchecked)));
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
        session.revoke();
        let mut headers = HeaderMap::new();
        let error =
            sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
        assert!(matches!(error, EncodeError::RevocationFailed(_)) && headers.is_empty());
    }
}

#[test]
fn a_log_out_that_cannot_be_recorded_here_removes_the_cookie_and_says_so() {
    let log = crate::support::Log::default();
    let listening = log.listen();
    let other = CookieSessions::new(ring(2));
    let forge = |token: String| {
        let (start, end) = token.split_at(token.len() - 9);
        format!("{start}{}{}", if end.starts_with('A') { 'B' } else { 'A' }, &end[1..])
    };
    let many: Vec<String> = (0..9).map(|_| forge(alice(NOW))).collect();
    let rows = [
        ("unknown key", sealed(&other, &[], NOW), Sent::RemovedUnrecorded),
        ("unknown version", format!("{NAME}=AgAA"), Sent::RemovedUnrecorded),
        ("too many", many.join("; "), Sent::RemovedUnrecorded),
        ("malformed", format!("{NAME}=?"), Sent::Removed),
        ("forged", many[0].clone(), Sent::Removed),
        ("past its idle timeout", alice(NOW - 14 * DAY), Sent::Removed),
        ("past its absolute timeout", alice(NOW - 30 * DAY), Sent::Removed),
        ("nothing", String::new(), Sent::Unchanged),
    ];
    for (row, cookie, expected) in rows {
        let (checked, store) = checked(|builder| builder);
        let mut session = decode(&checked, &cookie, NOW);
        session.revoke();
        let (sent, headers) = encode(&checked, &session, NOW);
        assert_eq!(
            (sent, headers.contains_key("set-cookie")),
            (expected, !cookie.is_empty()),
            "{row}"
        );
        assert_eq!(ended(&store), 0, "{row}");
    }
    drop(listening);
    log.says("WARN", "a log-out was not recorded");
}

#[test]
fn a_log_out_ends_every_authentic_token_of_the_request() {
    let [one, two, ahead] = [alice(NOW), alice(NOW), alice(NOW + 301)];
    let rows = [
        (format!("{one}; {two}"), vec![&one, &two]),
        (format!("{two}; {ahead}; {one}"), vec![&one, &two, &ahead]),
        (format!("{one}; {ahead}"), vec![&one, &ahead]),
        (ahead.clone(), vec![&ahead]),
    ];
    for (cookie, tokens) in rows {
        let (checked, store) = checked(|builder| builder);
        let mut session = decode(&checked, &cookie, NOW);
        session.revoke();
        assert_eq!(encode(&checked, &session, NOW).0, Sent::Removed);
        assert_eq!(ended(&store), tokens.len());
        for token in tokens {
            let session = decode(&checked, token, NOW + 400);
            assert_eq!(session.rejection(), Some(&Rejection::Revoked));
        }
    }
}

#[test]
fn a_log_out_over_the_other_transport_is_withheld_and_logged() {
    let (checked, store) = checked(|builder| builder);
    let log = crate::support::Log::default();
    let _listening = log.listen();
    let mut session = checked.decode_at(&cookies([alice(NOW)]), Transport::Http, at(NOW));
    session.revoke();
    assert_eq!((encode(&checked, &session, NOW).0, ended(&store)), (Sent::Withheld, 0));
    log.says("WARN", "the request came over the other transport");
}

#[test]
fn visitors_without_a_subject_are_not_recorded() {
    type LogOut = fn(&mut Session);
    let rows: [(&str, String, LogOut, usize); 6] = [
        ("visitor", visitor(NOW), Session::revoke, 0),
        ("visitor who was given an id", visitor(NOW), |s| (s.renew(), _ = s.id(), s.revoke()).2, 0),
        ("pre-session with an id", String::new(), |s| (_ = s.id(), s.revoke()).1, 0),
        ("user", alice(NOW), Session::revoke, 1),
        ("user whose data was cleared before", alice(NOW), |s| (s.clear(), s.revoke()).1, 1),
        ("user, renewed and cleared", alice(NOW), |s| (s.renew(), s.clear(), s.revoke()).2, 1),
    ];
    for (row, cookie, log_out, count) in rows {
        let (checked, store) = checked(|builder| builder);
        let mut session = decode(&checked, &cookie, NOW);
        log_out(&mut session);
        let sent = encode(&checked, &session, NOW).0;
        assert_eq!(
            (sent, ended(&store)),
            (if cookie.is_empty() { Sent::Unchanged } else { Sent::Removed }, count),
            "{row}"
        );
    }
    let store = Store::default();
    let without = CookieSessions::builder(ring(1)).revocation(store.clone()).build().unwrap();
    let mut session = decode(&without, &visitor(NOW), NOW);
    session.revoke();
    encode(&without, &session, NOW);
    assert_eq!(ended(&store), 1, "without subjects every session is somebody's");
}

#[test]
fn renewing_a_session_with_a_subject_ends_the_old_id_after_a_grace() {
    let list = LocalDenyList::new(10);
    let builder = CookieSessions::builder(ring(1)).subject(user).revocation(list.clone());
    let sessions = builder.build().unwrap();
    let (old, nobodys) = (alice(NOW), visitor(NOW));
    let mut session = decode(&sessions, &old, NOW);
    session.renew();
    let new = pair(&encode(&sessions, &session, NOW).1);
    assert_eq!(decode(&sessions, &old, NOW + 9).rejection(), None, "of requests under way");
    assert_eq!(decode(&sessions, &old, NOW + 10).rejection(), Some(&Rejection::Revoked));
    assert_eq!(decode(&sessions, &new, NOW + 10).rejection(), None);

    let mut session = decode(&sessions, &nobodys, NOW);
    session.set("user", "alice");
    session.renew();
    encode(&sessions, &session, NOW);
    assert_eq!(decode(&sessions, &nobodys, NOW + 10).rejection(), None, "nothing is worth ending");
    assert_eq!(list.entries(), 1);
}

#[test]
fn a_renewal_that_cannot_be_recorded_is_an_error() {
    let (checked, store) = checked(|builder| builder);
    let mut session = decode(&checked, &alice(NOW), NOW);
    session.renew();
    store.set_down(true);
    let message = "it could not be checked for revocation again before it was sent";
    refuses_to_encode(&checked, &session, message);
}

#[test]
fn a_request_with_an_old_id_does_not_take_the_place_of_the_renewed_session() {
    let list = LocalDenyList::new(10);
    let builder = CookieSessions::builder(ring(1)).subject(user).revocation(list);
    let sessions = builder.build().unwrap();
    let old = alice(NOW - 8 * DAY);
    let slow = decode(&sessions, &old, NOW);
    let mut session = decode(&sessions, &old, NOW);
    session.renew();
    encode(&sessions, &session, NOW);
    // Due for a refresh, which would set the old id again.
    assert_eq!(encode(&sessions, &slow, NOW).0, Sent::Unchanged);
    let page = decode(&sessions, &old, NOW + 5);
    page.id();
    assert_eq!(encode(&sessions, &page, NOW + 5).0, Sent::Unchanged);
    // A visitor whose old id has ended gets a session for the log-in form.
    let page = decode(&sessions, &old, NOW + 11);
    page.id();
    assert_eq!(encode(&sessions, &page, NOW + 11).0, Sent::Set);
}

#[test]
fn a_session_that_was_revoked_meanwhile_does_not_continue_under_another_id() {
    type Escape = fn(&mut Session);
    let escapes: [(&str, Escape); 3] = [
        ("renewed", Session::renew),
        ("invalidated and written", |s| (s.invalidate(), s.set("user", "alice")).1),
        ("renewed and written", |s| (s.renew(), s.set("cart", "1")).1),
    ];
    for (row, escape) in escapes {
        let (checked, store) = checked(|builder| builder);
        let cookie = alice(NOW);
        let mut session = decode(&checked, &cookie, NOW);
        store.end(&cookie);
        escape(&mut session);
        let (sent, headers) = encode(&checked, &session, NOW);
        assert_eq!((sent, headers.contains_key("set-cookie")), (Sent::Withheld, false), "{row}");

        let list = LocalDenyList::new(10);
        let builder = CookieSessions::builder(ring(1)).subject(user).revocation(list.clone());
        let sessions = builder.build().unwrap();
        let mut session = decode(&sessions, &cookie, NOW);
        list.log_out_everywhere("alice", at(NOW));
        escape(&mut session);
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Withheld, "{row}, everywhere");
    }
}

#[test]
fn logging_out_others_ends_a_stolen_copy_and_keeps_this_session() {
    for began in [NOW - DAY, NOW] {
        let list = LocalDenyList::new(10);
        let builder = CookieSessions::builder(ring(1)).subject(user).revocation(list.clone());
        let sessions = builder.build().unwrap();
        let (here, elsewhere) = (alice(began), alice(began));
        let mut session = decode(&sessions, &here, NOW);
        list.log_out_others("alice", &mut session, at(NOW));
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!(sent, Sent::Set);
        assert_eq!(decode(&sessions, &pair(&headers), NOW).get("user"), Some("alice"));
        for cookie in [&here, &elsewhere] {
            let session = decode(&sessions, cookie, NOW);
            assert_eq!(session.rejection(), Some(&Rejection::Revoked), "a copy has the old id");
        }
    }
}

#[test]
fn a_failed_encode_ends_nothing() {
    let (checked, store) = checked(|builder| builder);
    let cookie = alice(NOW);
    let mut session = decode(&checked, &cookie, NOW);
    session.revoke();
    session.set("notes", "x".repeat(5000));
    let mut headers = HeaderMap::new();
    let error = checked.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::TooLarge { .. }) && headers.is_empty());
    assert_eq!((ended(&store), decode(&checked, &cookie, NOW).rejection()), (0, None));
}

#[test]
fn a_session_that_ended_its_own_id_can_be_encoded_again() {
    type Change = fn(&mut Session);
    let log_in: Change = |session| (session.revoke(), session.set("user", "bob")).1;
    let rows: [(&str, Change, u64); 4] = [
        ("somebody else logs in", log_in, 0),
        ("somebody else logs in, later", log_in, 11),
        ("renewed", Session::renew, 0),
        ("renewed, and the grace is over", Session::renew, 11),
    ];
    for (row, change, later) in rows {
        for (cookie, expected) in [(visitor(NOW), Sent::Set), (alice(NOW), Sent::Withheld)] {
            let list = LocalDenyList::new(10);
            let builder = CookieSessions::builder(ring(1)).subject(user).revocation(list.clone());
            let sessions = builder.build().unwrap();
            let mut session = decode(&sessions, &cookie, NOW);
            change(&mut session);
            assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set, "{row}");
            assert_eq!(encode(&sessions, &session, NOW + later).0, Sent::Set, "{row}, again");
            list.log_out_everywhere("alice", at(NOW));
            let sent = encode(&sessions, &session, NOW + later).0;
            assert_eq!(sent, expected, "{row}, and alice's are ended");
        }
    }
}

/// After `invalidate` nothing of the opened session continues, unless something is written.
#[test]
fn an_empty_session_after_a_log_out_is_sent_although_the_old_one_was_revoked_meanwhile() {
    type Change = fn(&mut Session);
    let rows: [(&str, Change, Issue); 4] = [
        ("a form is rendered", |session| _ = session.id(), Issue::Lazy),
        ("a form is rendered", |session| _ = session.id(), Issue::Eager),
        ("nothing", |_| (), Issue::Eager),
        ("written and taken back", |s| (s.set("a", "b"), _ = s.remove("a")).1, Issue::Eager),
    ];
    for (row, change, issue) in rows {
        let store = Store::default();
        let builder = CookieSessions::builder(ring(1)).issue(issue);
        let sessions = builder.subject(user).revocation(store.clone()).build().unwrap();
        let cookie = alice(NOW);
        let mut session = decode(&sessions, &cookie, NOW);
        store.end(&cookie);
        session.invalidate();
        change(&mut session);
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set, "{row}, {issue:?}");
        assert_eq!(store.asked(), 1, "{row}, {issue:?}: when the request came");
    }
}
