//! A clock of one's own tells the time wherever it is not an argument.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::header::{COOKIE, SET_COOKIE};
use http::{Request, Response};
use sealed_session::{
    AsyncRevocation, CookieSessions, FlashHandle, FlashLayer, Level, Rejection, RevocationQuery,
    RevokedSession, Sent, SessionHandle, SessionLayer, Unavailable,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{DAY, NOW, at, ring};

/// Seconds since 1970, moved by hand.
type Hands = Arc<AtomicU64>;

fn clockwork() -> (Hands, CookieSessions) {
    let hands = Hands::new(AtomicU64::new(NOW));
    let clock = Arc::clone(&hands);
    let sessions =
        CookieSessions::builder(ring(1)).clock(move || at(clock.load(Relaxed))).build().unwrap();
    (hands, sessions)
}

fn request(sessions: &CookieSessions) -> Request<()> {
    let mut session = sessions.fresh();
    session.set("user", "alice");
    Request::builder().header(COOKIE, sessions.request_cookie(&session).unwrap()).body(()).unwrap()
}

#[test]
fn a_session_begins_is_refreshed_and_ends_by_it() {
    let (hands, sessions) = clockwork();
    assert_eq!(sessions.fresh().created_at(), at(NOW));
    let request = request(&sessions);
    let sent = |day: u64| {
        hands.store(NOW + day * DAY, Relaxed);
        let session = sessions.decode(&request);
        (session.rejection().copied(), sessions.encode(&session, &mut Response::new(())).unwrap())
    };
    assert_eq!(sent(0), (None, Sent::Unchanged));
    assert_eq!(sent(7), (None, Sent::Set));
    assert_eq!(sent(14), (Some(Rejection::IdleTimeout), Sent::Unchanged));
}

#[tokio::test]
async fn a_session_behind_the_layer_is_refreshed_by_it() {
    let (hands, sessions) = clockwork();
    let layer = SessionLayer::new(sessions.clone());
    let service = layer.layer(service_fn(|request: Request<()>| {
        let session = request.extensions().get::<SessionHandle>().unwrap();
        ready(Ok::<_, Infallible>(Response::new(session.get("user").unwrap_or_default())))
    }));
    let request = request(&sessions);
    for (day, user, lines) in [(0, Some("alice"), 0), (7, Some("alice"), 1), (14, None, 0)] {
        hands.store(NOW + day * DAY, Relaxed);
        let response = service.clone().oneshot(request.clone()).await.unwrap();
        assert_eq!(response.body(), user.unwrap_or_default(), "day {day}");
        assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), lines, "day {day}");
    }
}

#[tokio::test]
async fn messages_end_by_it() {
    let (hands, sessions) = clockwork();
    let mut flash = sessions.decode_flash(&Request::new(()));
    flash.push(Level::Info, "Saved.").unwrap();
    let cookie = sessions.flash_cookie(&flash).unwrap();
    let request = Request::builder().header(COOKIE, cookie).body(()).unwrap();
    let service = FlashLayer::new(sessions.clone()).layer(service_fn(|request: Request<()>| {
        let flash = request.extensions().get::<FlashHandle>().unwrap();
        ready(Ok::<_, Infallible>(Response::new(flash.take().len())))
    }));
    for (second, messages) in [(0, 1), (299, 1), (300, 0)] {
        hands.store(NOW + second, Relaxed);
        let response = service.clone().oneshot(request.clone()).await.unwrap();
        assert_eq!(*response.body(), messages, "second {second}");
        assert_eq!(sessions.decode_flash(&request).len(), messages, "second {second}");
    }
}

/// Ends nothing, and is asked all the same.
struct Nobody;

impl AsyncRevocation for Nobody {
    async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        Ok(false)
    }

    async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[tokio::test]
async fn a_session_that_is_asked_about_first_ends_by_it() {
    let hands = Hands::new(AtomicU64::new(NOW));
    let clock = Arc::clone(&hands);
    let sessions = CookieSessions::builder(ring(1))
        .clock(move || at(clock.load(Relaxed)))
        .revocation_async(Nobody)
        .build()
        .unwrap();
    let request = request(&sessions);
    let service = SessionLayer::new(sessions).check_revocation(tokio::time::sleep).layer(
        service_fn(|request: Request<()>| {
            let session = request.extensions().get::<SessionHandle>().unwrap();
            ready(Ok::<_, Infallible>(Response::new(session.get("user").unwrap_or_default())))
        }),
    );
    for (day, user) in [(13, Some("alice")), (14, None)] {
        hands.store(NOW + day * DAY, Relaxed);
        let response = service.clone().oneshot(request.clone()).await.unwrap();
        assert_eq!(response.body(), user.unwrap_or_default(), "day {day}");
    }
}
