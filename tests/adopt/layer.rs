//! The layer: it keeps what the hook needs, asks at the first use, and sets what the handler did not write.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{Request, Response};
use sealed_session::{CookieSessions, Issue, OldCookie, SessionHandle, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::library::{ALICE, Old, UNTIL, counting, lines, open};
use crate::support::{DAY, NAME, NOW, at, decode, encode, pair, ring};

type Page = Response<String>;

fn request(cookie: &str) -> Request<()> {
    let request = Request::get("/").header(COOKIE, cookie).header("host", "shop.example");
    request.body(()).unwrap()
}

/// The response of a handler that gets the handle.
async fn run(
    sessions: &CookieSessions,
    request: Request<()>,
    handler: impl Fn(&SessionHandle) -> String + Clone,
) -> Page {
    let inner = service_fn(move |request: Request<()>| {
        let handler = handler.clone();
        async move {
            let handle = request.extensions().get::<SessionHandle>().unwrap();
            Ok::<_, Infallible>(Response::new(handler(handle)))
        }
    });
    SessionLayer::new(sessions.clone()).layer(inner).oneshot(request).await.unwrap()
}

fn greet(session: &SessionHandle) -> String {
    session.get("user").unwrap_or_default()
}

#[tokio::test]
async fn a_handler_that_only_reads_adopts_the_session() {
    let (builder, asked) = counting();
    let sessions = builder.clock(|| at(NOW)).build().unwrap();
    let response = run(&sessions, request(&ALICE.pair()), greet).await;
    assert_eq!((response.body().as_str(), asked.load(Relaxed)), ("alice", 1));
    assert_eq!(response.headers()[CACHE_CONTROL], "private");
    let response = run(&sessions, request(&pair(response.headers())), greet).await;
    assert_eq!((response.body().as_str(), asked.load(Relaxed)), ("alice", 1));
    assert!(!response.headers().contains_key(SET_COOKIE));
}

#[tokio::test]
async fn a_handler_that_does_not_use_the_session_leaves_the_response_as_it_is() {
    let (builder, asked) = counting();
    let sessions = builder.clock(|| at(NOW)).build().unwrap();
    let response = run(&sessions, request(&ALICE.pair()), |_| "style".to_owned()).await;
    assert_eq!((response.headers().len(), asked.load(Relaxed)), (0, 0));
}

#[tokio::test]
async fn a_passive_request_is_told_the_end_that_it_does_not_move() {
    let used = NOW - 7 * DAY;
    let sessions = CookieSessions::builder(ring(1))
        .adopt(at(UNTIL), [OldCookie::new("id")], move |headers, now| {
            Some(open(headers, now)?.last_used(at(used)))
        })
        .clock(|| at(NOW))
        .build()
        .unwrap();
    let old = Old { created: used, ends: NOW + 30 * DAY, ..ALICE }.pair();
    for (is_passive, end) in [(true, used + 14 * DAY), (false, NOW + 14 * DAY)] {
        let inner = service_fn(move |request: Request<()>| async move {
            let handle = request.extensions().get::<SessionHandle>().unwrap();
            assert_eq!(handle.expires_at(), at(end), "passive: {is_passive}");
            Ok::<_, Infallible>(Response::new(greet(handle)))
        });
        let layer = SessionLayer::new(sessions.clone()).passive(move |_| is_passive);
        let response = layer.layer(inner).oneshot(request(&old)).await.unwrap();
        assert_eq!(response.body(), "alice");
        assert_eq!(response.headers().contains_key(SET_COOKIE), !is_passive);
    }
}

#[tokio::test]
async fn under_eager_it_is_adopted_without_a_use() {
    let (builder, asked) = counting();
    let sessions = builder.issue(Issue::Eager).clock(|| at(NOW)).build().unwrap();
    let response = run(&sessions, request(&ALICE.pair()), |_| String::new()).await;
    let session = sessions.from_response(response.headers()).unwrap();
    assert_eq!((session.get("user"), asked.load(Relaxed)), (Some("alice"), 1));
}

#[tokio::test]
async fn a_handle_that_outlives_the_response_makes_it_private() {
    let (builder, _) = counting();
    let sessions = builder.clock(|| at(NOW)).build().unwrap();
    for (cookie, control) in [(ALICE.pair(), Some("private")), ("theme=dark".into(), None)] {
        let kept = Arc::new(std::sync::Mutex::new(None));
        let keep = Arc::clone(&kept);
        let response = run(&sessions, request(&cookie), move |handle| {
            *keep.lock().unwrap() = Some(handle.clone());
            String::new()
        })
        .await;
        let found = response.headers().get(CACHE_CONTROL).map(|value| value.to_str().unwrap());
        assert_eq!(
            (found, &response.headers()[VARY]),
            (control, &http::HeaderValue::from_static("Cookie"))
        );
        assert!(!response.headers().contains_key(SET_COOKIE));
        assert_eq!(kept.lock().unwrap().take().unwrap().get("user").is_some(), control.is_some());
    }
}

#[tokio::test]
async fn a_log_out_through_the_handle_removes_both() {
    let (builder, _) = counting();
    let sessions = builder.clock(|| at(NOW)).build().unwrap();
    let ours = pair(&encode(&sessions, &decode(&sessions, &ALICE.pair(), NOW), NOW).1);
    for cookie in [ALICE.pair(), format!("{ours}; {}", ALICE.pair())] {
        let response = run(&sessions, request(&cookie), |session| {
            session.invalidate();
            String::new()
        })
        .await;
        let lines = lines(response.headers());
        assert!(
            lines[0].starts_with(&format!("{NAME}=;")) && lines[1].starts_with("id=;"),
            "{lines:?}"
        );
    }
}

#[cfg(feature = "csrf")]
#[tokio::test]
async fn a_form_of_an_adopted_session_needs_a_token_even_from_our_own_page() {
    use sealed_session::{Csrf, SameSite};
    let (builder, _) = counting();
    let sessions = builder.same_site(SameSite::Strict).clock(|| at(NOW)).build().unwrap();
    let layer = SessionLayer::new(sessions).csrf(Csrf::header_only());
    let service = layer.layer(service_fn(async |_: Request<String>| {
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    for (cookie, status) in
        [("theme=dark".to_owned(), 200), ("id=junk".to_owned(), 200), (ALICE.pair(), 403)]
    {
        let form =
            Request::post("/pay").header(COOKIE, cookie).header("sec-fetch-site", "same-origin");
        let response = service.clone().oneshot(form.body(String::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
    }
}

#[cfg(feature = "revocation")]
mod waiting {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use sealed_session::{AsyncRevocation, RevocationQuery, RevokedSession, Unavailable};

    use super::*;
    use crate::library::Old;

    /// A store: its entries by label, or nothing while it is down.
    #[derive(Clone)]
    struct Store(Arc<Mutex<Option<HashSet<String>>>>);

    impl AsyncRevocation for Store {
        async fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
            let store = self.0.lock().unwrap();
            let entries = store.as_ref().ok_or(Unavailable::new("down"))?;
            Ok(entries.contains(query.label().as_str()))
        }

        async fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable> {
            let mut store = self.0.lock().unwrap();
            let entries = store.as_mut().ok_or(Unavailable::new("down"))?;
            entries.insert(session.label().to_string());
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_store_is_asked_about_an_adopted_session() {
        let store = Store(Arc::new(Mutex::new(Some(HashSet::new()))));
        let (builder, asked) = counting();
        let builder = builder.revocation_async(store.clone());
        let sessions = builder.clock(|| at(NOW)).build().unwrap();
        let run = async |cookie: &str, handler: fn(&SessionHandle) -> String| {
            let inner = service_fn(move |request: Request<()>| async move {
                let handle = request.extensions().get::<SessionHandle>().unwrap();
                Ok::<_, Infallible>(Response::new(handler(handle)))
            });
            let layer = SessionLayer::new(sessions.clone()).check_revocation(tokio::time::sleep);
            layer.layer(inner).oneshot(request(cookie)).await.unwrap()
        };
        assert_eq!(run(&ALICE.pair(), greet).await.body(), "alice");
        assert_eq!(asked.load(Relaxed), 1);
        let declined = run("id=junk", greet).await;
        assert_eq!((declined.body().as_str(), asked.load(Relaxed)), ("", 2));
        // A log-out, by the old cookie alone.
        let log_out = |session: &SessionHandle| {
            session.revoke();
            String::new()
        };
        let response = run(&ALICE.pair(), log_out).await;
        assert_eq!(lines(response.headers()).len(), 2);
        assert_eq!(run(&ALICE.pair(), greet).await.body(), "");
        assert_eq!(run(&Old { user: "bob", ..ALICE }.pair(), greet).await.body(), "bob");
        // Nobody is logged in while the store cannot say who is logged out.
        *store.0.lock().unwrap() = None;
        let response = run(&ALICE.pair(), greet).await;
        assert_eq!((response.status().as_u16(), lines(response.headers()).len()), (503, 0));
        assert_eq!(run("id=junk", greet).await.status(), 200);
    }
}
