//! The layer counts as the methods of `CookieSessions` do, and nothing for a request that does not use its session.

use std::convert::Infallible;

use http::header::COOKIE;
use http::{Request, Response};
use sealed_session::{CookieSessions, Session, SessionHandle, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::recorder::{Counts, Recorder};
use crate::support::{DAY, NAME, NOW, at, ring, sealed, sessions};

fn request(cookie: &str) -> Request<()> {
    Request::builder().header(COOKIE, cookie).body(()).unwrap()
}

/// A request through the layer.
async fn run(sessions: &CookieSessions, cookie: &str, handler: impl Fn(&SessionHandle) + Copy) {
    let inner = service_fn(move |request: Request<()>| async move {
        handler(request.extensions().get().unwrap());
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let layer = SessionLayer::new(sessions.clone());
    layer.layer(inner).oneshot(request(cookie)).await.unwrap();
}

/// What a handler does, with a handle and with a session.
type Change = (fn(&SessionHandle), fn(&mut Session));

const CHANGES: [Change; 6] = [
    (|handle| drop(handle.get("user")), |session| _ = session.get("user")),
    (|handle| handle.set("user", "bob"), |session| session.set("user", "bob")),
    (|handle| handle.set("text", "x".repeat(5000)), |s| s.set("text", "x".repeat(5000))),
    (SessionHandle::renew, Session::renew),
    (SessionHandle::invalidate, Session::invalidate),
    (|handle| drop(handle.id()), |session| _ = session.id()),
];

fn cookies() -> [String; 6] {
    let alice = |age| sealed(&sessions(), &[("user", "alice")], NOW - age);
    let other = CookieSessions::new(ring(3));
    [
        "theme=dark".to_owned(),
        alice(0),
        alice(8 * DAY),
        alice(20 * DAY),
        format!("{NAME}=!"),
        sealed(&other, &[("user", "mallory")], NOW),
    ]
}

#[tokio::test]
async fn the_layer_and_the_methods_count_alike() {
    let recorder = Recorder::default();
    let sessions = recorder.with(|builder| builder.clock(|| at(NOW)));
    let mut seen = Counts::new();
    for cookie in cookies() {
        for (with_handle, with_session) in CHANGES {
            run(&sessions, &cookie, with_handle).await;
            let by_layer = recorder.take();
            let mut session = sessions.decode(&request(&cookie));
            with_session(&mut session);
            _ = sessions.encode(&session, &mut Response::new(()));
            assert_eq!(by_layer, recorder.take(), "{cookie}");
            seen.extend(by_layer);
        }
    }
    for name in ["accepted_total current", "rejected_total idle_timeout", "sealed_total refreshed"]
    {
        assert!(seen.contains_key(name), "{seen:?}");
    }
}

#[tokio::test]
async fn a_request_that_does_not_use_its_session_is_not_counted() {
    let recorder = Recorder::default();
    let sessions = recorder.with(|builder| builder.clock(|| at(NOW)));
    for cookie in cookies() {
        run(&sessions, &cookie, |_| ()).await;
        recorder.counted([]);
    }
}

#[tokio::test]
async fn a_session_that_is_used_several_times_is_counted_once() {
    let recorder = Recorder::default();
    let sessions = recorder.with(|builder| builder.clock(|| at(NOW)));
    let [_, alice, ..] = cookies();
    let use_twice = |handle: &SessionHandle| {
        let other = handle.clone();
        other.set("user", "bob");
        handle.set("user", handle.get("user").unwrap() + "by");
    };
    run(&sessions, &alice, use_twice).await;
    recorder.counted([
        ("accepted_total current", 1),
        ("sealed_total written", 1),
        ("set_cookie_bytes", 1),
    ]);
}
