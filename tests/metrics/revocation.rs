//! What the hook was asked, what it said, and how long it took.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};

use http::header::COOKIE;
use http::{HeaderMap, Request, Response, StatusCode};
use sealed_session::{
    AsyncRevocation, Builder, CookieSessions, Dict, Revocation, RevocationQuery, RevokedSession,
    Session, Unavailable,
};

use crate::recorder::Recorder;
use crate::support::{DAY, NOW, at, decode, encode, sealed, sessions};

/// What a store says.
#[derive(Clone, Copy, Default)]
enum Mood {
    #[default]
    Knows,
    Revoked,
    Down,
    /// It does not respond.
    Hangs,
    /// It says so from the second question on.
    RevokedMeanwhile,
}

#[derive(Clone, Default)]
struct Store(Arc<Mutex<(Mood, usize)>>);

impl Store {
    fn set(&self, mood: Mood) {
        *self.0.lock().unwrap() = (mood, 0);
    }

    fn reply(&self) -> Option<Result<bool, Unavailable>> {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        match state.0 {
            Mood::Knows => Some(Ok(false)),
            Mood::Revoked => Some(Ok(true)),
            Mood::RevokedMeanwhile => Some(Ok(state.1 > 1)),
            Mood::Down => Some(Err(Unavailable::new("down"))),
            Mood::Hangs => None,
        }
    }
}

impl Revocation for Store {
    fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        self.reply().unwrap()
    }

    fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        self.reply().unwrap().map(|_| ())
    }
}

impl AsyncRevocation for Store {
    async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        match self.reply() {
            Some(reply) => reply,
            None => pending().await,
        }
    }

    async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        match self.reply() {
            Some(reply) => reply.map(|_| ()),
            None => pending().await,
        }
    }
}

fn alice(now: u64) -> String {
    sealed(&sessions(), &[("user", "alice")], now)
}

fn checked(
    recorder: &Recorder,
    configure: fn(Builder<Dict>, Store) -> Builder<Dict>,
) -> (CookieSessions, Store) {
    let store = Store::default();
    let sessions = recorder.with(|builder| configure(builder.clock(|| at(NOW)), store.clone()));
    (sessions, store)
}

#[test]
fn each_reply_of_a_hook_is_counted_and_its_time_recorded() {
    let recorder = Recorder::default();
    let (sessions, store) = checked(&recorder, Builder::revocation);
    for (mood, reply, verdict) in [
        (Mood::Knows, "not_revoked", "accepted_total current"),
        (Mood::Revoked, "revoked", "rejected_total revoked"),
        (Mood::Down, "unchecked", "rejected_total unchecked"),
    ] {
        store.set(mood);
        decode(&sessions, &alice(NOW), NOW);
        let reply = format!("revocation_total {reply}");
        recorder.counted([(&reply, 1), (verdict, 1), ("revocation_seconds", 1)]);
    }
}

#[test]
fn a_hook_is_not_counted_where_it_is_not_asked() {
    let recorder = Recorder::default();
    let (sessions, _) = checked(&recorder, Builder::revocation);
    decode(&sessions, "a=b", NOW);
    recorder.counted([]);
    decode(&sessions, &alice(NOW - 20 * DAY), NOW);
    recorder.counted([("rejected_total idle_timeout", 1)]);
}

#[test]
fn a_session_that_is_sealed_is_asked_about_again() {
    let recorder = Recorder::default();
    let (sessions, store) = checked(&recorder, Builder::revocation);
    store.set(Mood::RevokedMeanwhile);
    let mut session = decode(&sessions, &alice(NOW), NOW);
    session.renew();
    encode(&sessions, &session, NOW);
    recorder.counted([
        ("accepted_total current", 1),
        ("revocation_total not_revoked", 1),
        ("revocation_total revoked", 1),
        ("revocation_seconds", 2),
        ("withheld_total", 1),
    ]);
}

#[test]
fn a_log_out_that_was_not_recorded_is_an_error_and_no_question() {
    let recorder = Recorder::default();
    let (sessions, store) = checked(&recorder, Builder::revocation);
    let mut session = decode(&sessions, &alice(NOW), NOW);
    recorder.take();
    session.revoke();
    store.set(Mood::Down);
    let sent = sessions.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, at(NOW));
    assert!(sent.is_err());
    recorder.counted([("failed_total revocation_failed", 1)]);
    store.set(Mood::Knows);
    encode(&sessions, &session, NOW);
    recorder.counted([("removed_total", 1)]);
}

#[test]
fn an_asynchronous_hook_that_nobody_waits_for_is_unchecked() {
    let recorder = Recorder::default();
    let (sessions, _) = checked(&recorder, Builder::revocation_async);
    decode(&sessions, &alice(NOW), NOW);
    recorder.counted([("revocation_total unchecked", 1), ("rejected_total unchecked", 1)]);
}

mod layer {
    use sealed_session::{RevocationLayer, SessionHandle, SessionLayer};
    use tower::{Layer, ServiceExt, service_fn};

    use super::*;

    async fn run(layer: RevocationLayer, handler: fn(&SessionHandle)) {
        let inner = service_fn(move |request: Request<()>| async move {
            handler(request.extensions().get().unwrap());
            Ok::<_, Infallible>(Response::new(String::new()))
        });
        let request = Request::builder().header(COOKIE, alice(NOW)).body(()).unwrap();
        layer.layer(inner).oneshot(request).await.unwrap();
    }

    /// With a timer that never rings.
    fn patient(sessions: &CookieSessions) -> RevocationLayer {
        SessionLayer::new(sessions.clone()).check_revocation(|_| pending())
    }

    /// With a timer that rings at once.
    fn hasty(sessions: &CookieSessions) -> RevocationLayer {
        SessionLayer::new(sessions.clone()).check_revocation(|_| ready(()))
    }

    fn reads(handle: &SessionHandle) {
        handle.get("user");
    }

    fn writes(handle: &SessionHandle) {
        handle.set("user", "bob");
    }

    #[tokio::test]
    async fn an_asynchronous_hook_is_counted_as_one_that_responds_at_once() {
        let recorder = Recorder::default();
        let (at_once, store) = checked(&recorder, Builder::revocation);
        let (later, later_store) = checked(&recorder, Builder::revocation_async);
        for mood in [Mood::Knows, Mood::Revoked, Mood::Down, Mood::RevokedMeanwhile] {
            for (handler, change) in [
                (reads as fn(&SessionHandle), (|_| ()) as fn(&mut Session)),
                (writes, |session| session.set("user", "bob")),
                (SessionHandle::renew, Session::renew),
            ] {
                store.set(mood);
                let request = Request::builder().header(COOKIE, alice(NOW)).body(()).unwrap();
                let mut session = at_once.decode(&request);
                // The layer responds without asking the handler.
                if !matches!(mood, Mood::Down) {
                    change(&mut session);
                    at_once.encode(&session, &mut Response::new(())).unwrap();
                }
                let expected = recorder.take();
                later_store.set(mood);
                run(patient(&later), handler).await;
                assert_eq!(recorder.take(), expected);
            }
        }
    }

    #[tokio::test]
    async fn a_hook_that_takes_too_long_is_unchecked_and_its_time_until_then_is_recorded() {
        let recorder = Recorder::default();
        let (sessions, store) = checked(&recorder, Builder::revocation_async);
        store.set(Mood::Hangs);
        run(hasty(&sessions), reads).await;
        recorder.counted([
            ("revocation_total unchecked", 1),
            ("revocation_seconds", 1),
            ("rejected_total unchecked", 1),
        ]);
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_leaves_the_time_and_no_reply() {
        let recorder = Recorder::default();
        let (sessions, store) = checked(&recorder, Builder::revocation_async);
        store.set(Mood::Hangs);
        let mut waiting = Box::pin(run(patient(&sessions), reads));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(waiting);
        recorder.counted([("revocation_seconds", 1)]);
    }
}
