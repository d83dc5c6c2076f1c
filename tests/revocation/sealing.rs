//! The order in which a response is made: what fails ends no session, and a session that was
//! revoked meanwhile is not sealed again.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use http::header::{CONTENT_TYPE, COOKIE, HeaderName, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    AsyncRevocation, CookieSessions, EncodeError, Issue, Revocation, RevocationQuery,
    RevokedSession, Session, SessionHandle, SessionLayer, Unavailable,
};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{DAY, Log, ring, secs};

/// A hook that keeps what it is told, and fails once it is told to.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    revoked: HashSet<String>,
    asked: usize,
    is_down: bool,
}

impl Store {
    fn is_revoked(&self, label: &str) -> Result<bool, Unavailable> {
        let mut state = self.0.lock().unwrap();
        state.asked += 1;
        if state.is_down {
            Err(Unavailable::new("down"))
        } else {
            Ok(state.revoked.contains(label))
        }
    }

    fn revoke(&self, label: &str) -> Result<(), Unavailable> {
        let mut state = self.0.lock().unwrap();
        state.revoked.insert(label.to_owned());
        if state.is_down { Err(Unavailable::new("down")) } else { Ok(()) }
    }

    fn revoked(&self) -> usize {
        self.0.lock().unwrap().revoked.len()
    }
}

impl Revocation for Store {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.is_revoked(asked.label().as_str())
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.revoke(ended.label().as_str())
    }
}

/// The same hook for a layer that waits.
struct Waits(Store);

impl AsyncRevocation for Waits {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.0.is_revoked(asked.label().as_str())
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.0.revoke(ended.label().as_str())
    }
}

/// Alice's notes, which do not serialize when they say so.
#[derive(Default, Deserialize)]
struct Notes(String);

impl Serialize for Notes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == "no" { Err(S::Error::custom("no")) } else { self.0.serialize(serializer) }
    }
}

/// Sessions with a hook that replies at once, and the same with one that waits.
fn checked() -> ([CookieSessions<Notes>; 2], Store) {
    let store = Store::default();
    let builder = || {
        CookieSessions::typed::<Notes>(ring(1), "notes")
            .subject(|notes| Some(notes.0.as_str().into()))
    };
    let sync = builder().revocation(store.clone()).build().unwrap();
    ([sync, builder().revocation_async(Waits(store.clone())).build().unwrap()], store)
}

fn alice(sessions: &CookieSessions<Notes>) -> HeaderValue {
    let mut session = sessions.fresh();
    session.data_mut().0 = "alice".into();
    sessions.request_cookie(&session).unwrap()
}

fn bringing(cookie: &HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    request.headers_mut().insert(COOKIE, cookie.clone());
    request
}

/// A response that has no room for another header.
fn full() -> HeaderMap {
    let mut full = HeaderMap::new();
    while let Ok(false) = full.try_append(
        HeaderName::from_bytes(format!("x-{}", full.len()).as_bytes()).unwrap(),
        HeaderValue::from_static(""),
    ) {}
    full
}

type Change = fn(&mut Session<Notes>);

/// Changes that end the id of a session and cannot be sent: the change, whether the response is
/// full, and the error.
type Failure = (&'static str, Change, bool, fn(&EncodeError) -> bool);

fn failures() -> [Failure; 5] {
    let too_large = |error: &EncodeError| matches!(error, EncodeError::TooLarge { .. });
    let payload = |error: &EncodeError| matches!(error, EncodeError::Payload(_));
    let headers = |error: &EncodeError| matches!(error, EncodeError::Headers(_));
    [
        (
            "revoked, then too large",
            |s| (s.revoke(), s.data_mut().0 = "x".repeat(5000)).1,
            false,
            too_large,
        ),
        (
            "renewed and too large",
            |s| (s.renew(), s.data_mut().0 = "x".repeat(5000)).1,
            false,
            too_large,
        ),
        (
            "revoked, then not serialized",
            |s| (s.revoke(), s.data_mut().0 = "no".into()).1,
            false,
            payload,
        ),
        ("revoked, no room", |s| s.revoke(), true, headers),
        ("renewed, no room", |s| s.renew(), true, headers),
    ]
}

#[test]
fn an_encode_that_fails_ends_no_session() {
    for (row, change, is_full, is_error) in failures() {
        let ([sessions, _], store) = checked();
        let cookie = alice(&sessions);
        let mut session = sessions.decode(&bringing(&cookie));
        change(&mut session);
        let before = if is_full { full() } else { HeaderMap::new() };
        let mut response = Response::new(());
        response.headers_mut().clone_from(&before);
        let error = sessions.encode(&session, &mut response).unwrap_err();
        assert!(is_error(&error), "{row}: {error:?}");
        assert!(*response.headers() == before, "{row}: the response is as it was");
        assert_eq!(store.revoked(), 0, "{row}");
        assert!(!sessions.decode(&bringing(&cookie)).is_new(), "{row}: the cookie is valid");
    }
}

/// Runs one request through the layer that waits.
async fn run(
    sessions: &CookieSessions<Notes>,
    cookie: &HeaderValue,
    respond: impl Fn(&SessionHandle<Notes>) -> Response<String> + Clone,
) -> Response<String> {
    let inner = service_fn(move |request: Request<()>| {
        ready(Ok::<_, Infallible>(respond(request.extensions().get().unwrap())))
    });
    let layer = SessionLayer::new(sessions.clone()).check_revocation(|_| pending());
    layer.layer(inner).oneshot(bringing(cookie)).await.unwrap()
}

#[tokio::test]
async fn an_encode_that_fails_in_the_layer_ends_no_session() {
    for (row, change, is_full, _) in failures() {
        let ([_, sessions], store) = checked();
        let cookie = alice(&sessions);
        let response = run(&sessions, &cookie, |session| {
            session.with(change);
            let mut response = Response::new(String::new());
            if is_full {
                *response.headers_mut() = full();
            }
            response
        });
        let response = response.await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{row}");
        assert_eq!(response.headers().len(), 1, "{row}");
        assert!(response.headers().contains_key(CONTENT_TYPE), "{row}");
        assert_eq!(store.revoked(), 0, "{row}");
        let greets = run(&sessions, &cookie, |session| {
            assert!(!session.is_new());
            Response::new(String::new())
        });
        assert_eq!(greets.await.status(), StatusCode::OK, "{row}: the cookie is valid");
    }
}

/// Every visitor is issued a cookie, and the session is alice's, due for a refresh.
fn eager() -> (CookieSessions<Notes>, HeaderValue, Store) {
    let store = Store::default();
    let clock = || SystemTime::now() + secs(8 * DAY);
    let builder = CookieSessions::typed::<Notes>(ring(1), "notes").issue(Issue::Eager);
    let then = builder.build().unwrap();
    let builder = CookieSessions::typed::<Notes>(ring(1), "notes").issue(Issue::Eager);
    let builder = builder.clock(clock).subject(|notes| Some(notes.0.as_str().into()));
    let sessions = builder.revocation_async(Waits(store.clone())).build().unwrap();
    (sessions, alice(&then), store)
}

/// A handler that does not use its session, while something happens to the store.
async fn unused(
    sessions: &CookieSessions<Notes>,
    cookie: &HeaderValue,
    meanwhile: impl Fn() + Clone,
) -> HeaderMap {
    let response = run(sessions, cookie, move |_| {
        meanwhile();
        Response::new(String::new())
    });
    let response = response.await;
    assert_eq!(response.status(), StatusCode::OK);
    response.headers().clone()
}

#[tokio::test]
async fn an_eager_layer_refreshes_an_unused_session_unless_it_was_revoked_meanwhile() {
    let (sessions, cookie, store) = eager();
    let log = Log::default();
    let _listening = log.listen();
    let label = sessions.from_response(&set(&cookie)).unwrap().label().to_string();
    let headers = unused(&sessions, &cookie, || ()).await;
    assert!(
        sessions
            .from_response(&headers)
            .is_some_and(|session| session.label().to_string() == label)
    );
    assert_eq!(store.0.lock().unwrap().asked, 2, "when it came, and when it was sealed");

    let headers = unused(&sessions, &cookie, || store.0.lock().unwrap().is_down = true).await;
    assert!(!headers.contains_key(SET_COOKIE), "nobody knows");
    store.0.lock().unwrap().is_down = false;
    let headers = unused(&sessions, &cookie, || _ = store.revoke(&label)).await;
    assert!(!headers.contains_key(SET_COOKIE), "it was revoked meanwhile");
    assert!(!log.all().contains("can wait for their revocation hook"), "{}", log.all());
}

#[tokio::test]
async fn an_eager_layer_issues_a_session_without_asking_an_asynchronous_hook() {
    let (sessions, _, store) = eager();
    let log = Log::default();
    let _listening = log.listen();
    for cookie in ["theme=dark", "__Host-session=?"] {
        let headers = unused(&sessions, &HeaderValue::from_static(cookie), || ()).await;
        assert!(sessions.from_response(&headers).is_some(), "{cookie}");
    }
    assert!(!log.all().contains("can wait for their revocation hook"), "{}", log.all());
    assert_eq!(store.0.lock().unwrap().asked, 2, "whether it would end at once");
}

/// The headers of a response that sets a cookie.
fn set(cookie: &HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(SET_COOKIE, cookie.clone())])
}
