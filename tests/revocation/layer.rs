//! The layer that asks a hook first: its cost, its responses, and the cookies that it keeps.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use crate::support::{DAY, Log, NAME, NOW, at, ring, secs, sessions};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, RETRY_AFTER, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    AsyncRevocation, CookieSessions, EncodeError, Issue, Rejection, Revocation, RevocationLayer,
    RevocationQuery, RevokedSession, SessionHandle, SessionLayer, Unavailable,
};
use tower::{Layer, Service, ServiceExt, service_fn};

type Answer = Response<String>;

const NOT_CHECKED: &str =
    "The session could not be checked, so nothing was done. Please try again in a few seconds.\n";

/// The behaviour of a store.
#[derive(Clone, Copy, Default, PartialEq)]
enum Mood {
    #[default]
    Answers,
    /// It responds after it was woken.
    AnswersLater,
    Fails,
    /// It never responds.
    Hangs,
    /// It says that every session was revoked after the first question.
    RevokedMeanwhile,
    /// It fails after the first question.
    FailsMeanwhile,
}

#[derive(Clone, Default)]
struct Store(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    revoked: HashSet<String>,
    mood: Mood,
    asked: usize,
    /// The seconds for which each id that was ended is still accepted.
    told: Vec<u64>,
}

impl Store {
    fn set(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    async fn answer<R>(&self, answer: impl FnOnce(&mut State) -> R) -> Result<R, Unavailable> {
        let (mood, asked) = {
            let state = self.0.lock().unwrap();
            (state.mood, state.asked)
        };
        match mood {
            Mood::FailsMeanwhile if asked > 1 => return Err(Unavailable::new("down")),
            Mood::Answers | Mood::RevokedMeanwhile | Mood::FailsMeanwhile => {}
            Mood::AnswersLater => yield_once().await,
            Mood::Fails => return Err(Unavailable::new("down")),
            Mood::Hangs => pending().await,
        }
        Ok(answer(&mut self.0.lock().unwrap()))
    }
}

async fn yield_once() {
    let mut first = true;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

impl AsyncRevocation for Store {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.0.lock().unwrap().asked += 1;
        let revoked = |state: &State| {
            state.revoked.contains(asked.label().as_str())
                || (state.mood == Mood::RevokedMeanwhile && state.asked > 1)
        };
        self.answer(|state| revoked(state)).await
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        let grace = ended.refused_from().duration_since(ended.now()).unwrap().as_secs();
        self.answer(|state| {
            state.told.push(grace);
            state.revoked.insert(ended.label().to_string());
        })
        .await
    }
}

fn checked() -> (CookieSessions, Store) {
    let store = Store::default();
    (CookieSessions::builder(ring(1)).revocation_async(store.clone()).build().unwrap(), store)
}

/// Asks first, with a timer that never rings.
fn layer(sessions: &CookieSessions) -> RevocationLayer {
    SessionLayer::new(sessions.clone()).check_revocation(|_| pending())
}

/// The same with a timer that rings at once.
fn hasty(sessions: &CookieSessions) -> RevocationLayer {
    SessionLayer::new(sessions.clone()).check_revocation(|_| ready(()))
}

fn alice() -> HeaderValue {
    let mut session = sessions().fresh();
    session.set("user", "alice");
    sessions().request_cookie(&session).unwrap()
}

fn with_cookie(cookie: impl Into<Option<HeaderValue>>) -> Request<()> {
    let mut request = Request::new(());
    request.headers_mut().extend(cookie.into().map(|cookie| (COOKIE, cookie)));
    request
}

/// Runs one request through a layer, and says whether the handler was called.
async fn run<L>(
    layer: L,
    request: Request<()>,
    handler: fn(&SessionHandle) -> Answer,
) -> (Answer, bool)
where
    L: Layer<
            tower::util::BoxCloneService<Request<()>, Answer, Infallible>,
            Service: Service<Request<()>, Response = Answer, Error = Infallible>,
        >,
{
    let called = Arc::new(Mutex::new(false));
    let mark = Arc::clone(&called);
    let inner = service_fn(move |request: Request<()>| {
        *mark.lock().unwrap() = true;
        let answer = handler(request.extensions().get().unwrap());
        async { Ok::<_, Infallible>(answer) }
    });
    let answer =
        layer.layer(tower::util::BoxCloneService::new(inner)).oneshot(request).await.unwrap();
    let called = *called.lock().unwrap();
    (answer, called)
}

fn greets(session: &SessionHandle) -> Answer {
    Response::new(session.get("user").unwrap_or_else(|| format!("{:?}", session.rejection())))
}

fn never_asks(_: &SessionHandle) -> Answer {
    Response::builder().header(CACHE_CONTROL, "public").body(String::new()).unwrap()
}

fn logs_out(session: &SessionHandle) -> Answer {
    session.revoke();
    Response::new("bye".into())
}

#[tokio::test]
async fn hands_out_what_the_store_does_not_know_and_nothing_that_it_does() {
    let (sessions, store) = checked();
    for mood in [Mood::Answers, Mood::AnswersLater] {
        store.set(mood);
        let cookie = alice();
        let (answer, _) = run(layer(&sessions), with_cookie(cookie.clone()), greets).await;
        assert_eq!((answer.status(), answer.body().as_str()), (StatusCode::OK, "alice"));
        assert_eq!(answer.headers()[VARY], "Cookie");
        let (answer, _) = run(layer(&sessions), with_cookie(cookie.clone()), logs_out).await;
        assert!(answer.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        let (answer, _) = run(layer(&sessions), with_cookie(cookie), greets).await;
        assert_eq!(answer.body(), "Some(Revoked)");
    }
}

#[tokio::test]
async fn asks_only_about_sessions_that_would_be_accepted() {
    let (sessions, store) = checked();
    let other = CookieSessions::new(ring(2));
    let junk = [
        None,
        Some(HeaderValue::from_static("a=1; b=2")),
        Some(HeaderValue::from_static("__Host-session=AAAA")),
        Some(other.request_cookie(&other.fresh()).unwrap()),
    ];
    store.set(Mood::Hangs);
    for cookie in junk {
        assert!(run(layer(&sessions), with_cookie(cookie), greets).await.1);
    }
    assert_eq!(store.asked(), 0);
    store.set(Mood::Answers);
    run(layer(&sessions), with_cookie(alice()), greets).await;
    assert_eq!(store.asked(), 1, "and once");
}

/// Allocations of a request whose handler does not ask for its session.
fn allocations(
    mut service: impl Service<Request<()>, Response = Answer>,
    headers: &HeaderMap,
) -> u64 {
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let measured = allocation_counter::measure(|| {
        let answer = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(response)) = answer else { panic!("a handler that waits for nothing") };
        assert!(response.headers().is_empty());
    });
    measured.count_total
}

#[test]
fn a_request_without_a_cookie_costs_what_it_does_without_a_hook() {
    let (sessions, _) = checked();
    let service =
        || service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let plain = SessionLayer::new(self::sessions()).layer(service());
    let junk = with_cookie(HeaderValue::from_static("__Host-session=AAAA")).headers().clone();
    // The first request registers the callsites of `tracing`.
    let [_, without, forged] = [&junk, &HeaderMap::new(), &junk]
        .map(|headers| allocations(layer(&sessions).layer(service()), headers));
    assert_eq!(without, allocations(plain, &HeaderMap::new()));
    assert_eq!(forged, without, "nor does one that does not open");
}

#[tokio::test]
async fn leaves_a_response_unchanged_if_the_handle_is_not_used() {
    let (sessions, store) = checked();
    for revoked in [false, true] {
        let cookie = alice();
        if revoked {
            run(layer(&sessions), with_cookie(cookie.clone()), logs_out).await;
        }
        let (answer, _) = run(layer(&sessions), with_cookie(cookie), never_asks).await;
        assert_eq!(
            (answer.headers().len(), &answer.headers()[CACHE_CONTROL]),
            (1, &"public".parse().unwrap())
        );
    }
    assert_eq!(store.asked(), 3);
}

#[tokio::test]
async fn a_store_that_does_not_respond_is_a_503_that_keeps_the_cookie() {
    let (sessions, store) = checked();
    let cookie = alice();
    for (mood, layer) in [(Mood::Fails, layer(&sessions)), (Mood::Hangs, hasty(&sessions))] {
        store.set(mood);
        let (answer, called) = run(layer, with_cookie(cookie.clone()), greets).await;
        assert_eq!((answer.status(), called), (StatusCode::SERVICE_UNAVAILABLE, false));
        assert_eq!(answer.headers()[RETRY_AFTER], "5");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(answer.body(), NOT_CHECKED);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
        assert!(!answer.headers().contains_key(SET_COOKIE));
    }
    store.set(Mood::Answers);
    let (answer, _) = run(layer(&sessions), with_cookie(cookie), greets).await;
    assert_eq!(answer.body(), "alice", "the session goes on");
}

#[tokio::test]
async fn visitors_without_a_session_are_served_while_the_store_is_down() {
    let (sessions, store) = checked();
    store.set(Mood::Fails);
    let (answer, called) = run(layer(&sessions), with_cookie(None), greets).await;
    assert_eq!((answer.status(), called), (StatusCode::OK, true));
}

#[tokio::test]
async fn a_verdict_that_is_there_takes_precedence_over_a_time_that_is_over() {
    let (sessions, _) = checked();
    assert_eq!(run(hasty(&sessions), with_cookie(alice()), greets).await.0.body(), "alice");
}

#[tokio::test]
async fn the_time_limit_is_250_ms_unless_it_is_set() {
    let (sessions, store) = checked();
    store.set(Mood::Hangs);
    let slept: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let layer = || {
        let slept = Arc::clone(&slept);
        SessionLayer::new(sessions.clone()).check_revocation(move |time| {
            slept.lock().unwrap().push(time);
            ready(())
        })
    };
    run(layer(), with_cookie(alice()), greets).await;
    run(layer().timeout(secs(1)), with_cookie(alice()), greets).await;
    assert_eq!(*slept.lock().unwrap(), [Duration::from_millis(250), secs(1)]);
}

#[tokio::test]
async fn the_timer_of_tokio_does() {
    let (sessions, store) = checked();
    store.set(Mood::Hangs);
    let layer = SessionLayer::new(sessions)
        .check_revocation(tokio::time::sleep)
        .timeout(Duration::from_millis(1));
    assert_eq!(
        run(layer, with_cookie(alice()), greets).await.0.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn responds_with_the_response_of_on_unchecked() {
    let (sessions, store) = checked();
    store.set(Mood::Fails);
    let layer = layer(&sessions)
        .on_unchecked(|| Response::builder().status(500).body("soon".into()).unwrap());
    let (answer, called) = run(layer, with_cookie(alice()), greets).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str(), called), (500, "soon", false));
}

#[tokio::test]
async fn a_log_out_that_is_not_recorded_is_an_error_that_keeps_the_cookie() {
    let (sessions, store) = checked();
    let cookie = alice();
    let log_out = |session: &SessionHandle| {
        session.revoke();
        Response::new("fails".into())
    };
    for (mood, layer) in [(Mood::Fails, layer(&sessions)), (Mood::Hangs, hasty(&sessions))] {
        store.set(Mood::Answers);
        let inner = {
            let store = store.clone();
            service_fn(move |request: Request<()>| {
                store.set(mood);
                let answer = log_out(request.extensions().get().unwrap());
                async { Ok::<_, Infallible>(answer) }
            })
        };
        let answer: Answer = layer.layer(inner).oneshot(with_cookie(cookie.clone())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.body().starts_with("The session could not be ended"), "{}", answer.body());
        assert_eq!(answer.headers().len(), 1);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    }
    store.set(Mood::Answers);
    let (answer, _) = run(layer(&sessions), with_cookie(cookie), greets).await;
    assert_eq!(answer.body(), "alice", "it can be tried again");
}

#[tokio::test]
async fn a_shared_hook_is_asked_and_told_as_the_hook_is() {
    let store = Store::default();
    let builder = CookieSessions::builder(ring(1)).revocation_async(Arc::new(store.clone()));
    let (sessions, cookie) = (builder.build().unwrap(), alice());
    let (answer, _) = run(layer(&sessions), with_cookie(cookie.clone()), greets).await;
    assert_eq!((answer.body().as_str(), store.asked()), ("alice", 1));
    run(layer(&sessions), with_cookie(cookie.clone()), logs_out).await;
    let (answer, _) = run(layer(&sessions), with_cookie(cookie.clone()), greets).await;
    assert_eq!(answer.body(), "Some(Revoked)");
    store.set(Mood::Fails);
    let (answer, called) = run(layer(&sessions), with_cookie(cookie), greets).await;
    assert_eq!((answer.status(), called), (StatusCode::SERVICE_UNAVAILABLE, false));
}

#[tokio::test]
async fn on_error_is_told_that_a_log_out_was_not_recorded() {
    let (sessions, store) = checked();
    let told: Arc<Mutex<Option<EncodeError>>> = Arc::default();
    let keep = Arc::clone(&told);
    let layer = SessionLayer::new(sessions).on_error(move |error| {
        *keep.lock().unwrap() = Some(error);
        Response::builder().status(502).body(String::new()).unwrap()
    });
    let inner = service_fn(move |request: Request<()>| {
        store.set(Mood::Fails);
        let answer = logs_out(request.extensions().get().unwrap());
        async { Ok::<_, Infallible>(answer) }
    });
    let answer = layer
        .check_revocation(|_| pending())
        .layer(inner)
        .oneshot(with_cookie(alice()))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(matches!(*told.lock().unwrap(), Some(EncodeError::RevocationFailed(_))));
}

#[tokio::test]
async fn judges_several_tokens_like_decode() {
    let (sessions, store) = checked();
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let (one, other) = (text(&alice()), text(&alice()));
    let both =
        |separator| HeaderValue::try_from([one.as_str(), other.as_str()].join(separator)).unwrap();
    let (answer, _) = run(layer(&sessions), with_cookie(both("; ")), greets).await;
    assert_eq!(answer.body(), "Some(Ambiguous)");
    let third =
        HeaderValue::try_from([&one, &other, &text(&alice())].map(String::as_str).join("; "))
            .unwrap();
    let (answer, _) = run(layer(&sessions), with_cookie(third), greets).await;
    assert_eq!(answer.body(), "Some(Ambiguous)", "whatever follows");

    let junk = HeaderValue::try_from(format!("{NAME}=AAAA; {one}; {NAME}=AAAA")).unwrap();
    assert_eq!(run(layer(&sessions), with_cookie(junk), greets).await.0.body(), "alice");

    run(layer(&sessions), with_cookie(HeaderValue::try_from(one.clone()).unwrap()), logs_out).await;
    for cookie in [format!("{one}; {other}"), format!("{other}; {one}")] {
        let cookie = HeaderValue::try_from(cookie).unwrap();
        assert_eq!(run(layer(&sessions), with_cookie(cookie), greets).await.0.body(), "alice");
    }

    let many: Vec<String> = (0..9).map(|_| text(&alice())).collect();
    for cookie in &many {
        run(layer(&sessions), with_cookie(HeaderValue::try_from(cookie).unwrap()), logs_out).await;
    }
    let many = HeaderValue::try_from(many.join("; ")).unwrap();
    let (answer, _) = run(layer(&sessions), with_cookie(many.clone()), greets).await;
    assert_eq!(answer.body(), "Some(TooMany)", "of nine that were revoked, one was not looked at");
    store.set(Mood::Fails);
    let (answer, _) = run(layer(&sessions), with_cookie(many), greets).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "also when there were too many");
}

#[tokio::test]
async fn an_eager_visitor_gets_a_cookie_and_one_with_a_session_none() {
    let builder =
        CookieSessions::builder(ring(1)).issue(Issue::Eager).revocation_async(Store::default());
    let sessions = builder.build().unwrap();
    for (cookie, lines) in [(None, 1), (Some(alice()), 0)] {
        let (answer, _) = run(layer(&sessions), with_cookie(cookie), |_| Response::default()).await;
        assert_eq!(answer.headers().get_all(SET_COOKIE).iter().count(), lines);
    }
}

#[tokio::test]
async fn an_eager_visitor_keeps_a_cookie_that_another_machine_may_open() {
    let store = Store::default();
    let builder = CookieSessions::builder(ring(1)).issue(Issue::Eager).revocation_async(store);
    let (sessions, other) = (builder.build().unwrap(), CookieSessions::new(ring(2)));
    let revoked = alice();
    run(layer(&sessions), with_cookie(revoked.clone()), logs_out).await;
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    let forged = format!("{}AAAA", text(&alice()));
    let unknown = text(&other.request_cookie(&other.fresh()).unwrap());
    for (cookies, lines) in [
        (vec![text(&revoked)], 1),
        (vec![text(&revoked), unknown.clone()], 0),
        (vec![unknown, forged, text(&revoked)], 0),
    ] {
        let cookie = HeaderValue::try_from(cookies.join("; ")).unwrap();
        let (answer, _) = run(layer(&sessions), with_cookie(cookie), |_| Response::default()).await;
        assert_eq!(answer.headers().get_all(SET_COOKIE).iter().count(), lines, "{cookies:?}");
    }
}

#[tokio::test]
async fn a_session_that_is_due_is_refreshed_when_it_is_used() {
    let (sessions, _) = checked();
    let then = SystemTime::now() - secs(8 * DAY);
    let mut session = sessions.decode_at(&HeaderMap::new(), sessions.transport(), then);
    session.set("user", "alice");
    let mut headers = HeaderMap::new();
    sessions.encode_at(&session, &mut headers, StatusCode::OK, then).unwrap();
    let line = headers[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let cookie = HeaderValue::try_from(line).unwrap();
    let reads: fn(&SessionHandle) -> Answer = greets;
    let polls = layer(&sessions).passive(|_| true);
    let rows = [(reads, layer(&sessions), 1), (never_asks, layer(&sessions), 0), (reads, polls, 0)];
    for (handler, layer, lines) in rows {
        let (answer, _) = run(layer, with_cookie(cookie.clone()), handler).await;
        assert_eq!(answer.headers().get_all(SET_COOKIE).iter().count(), lines);
    }
}

/// A hook that responds at once, or not at all.
struct Prompt(Result<bool, ()>);

impl Revocation for Prompt {
    fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        self.0.map_err(|()| Unavailable::new("down"))
    }

    fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        self.0.map(|_| ()).map_err(|()| Unavailable::new("down"))
    }
}

#[tokio::test]
async fn both_layers_ask_a_synchronous_hook_first() {
    let rows =
        [(Ok(false), 200, "alice"), (Ok(true), 200, "Some(Revoked)"), (Err(()), 503, NOT_CHECKED)];
    for (says, status, body) in rows {
        let sessions = CookieSessions::builder(ring(1)).revocation(Prompt(says)).build().unwrap();
        let plain = run(SessionLayer::new(sessions.clone()), with_cookie(alice()), greets).await;
        let first = run(layer(&sessions), with_cookie(alice()), greets).await;
        for (answer, called) in [plain, first] {
            assert_eq!((answer.status().as_u16(), answer.body().as_str()), (status, body));
            assert_eq!(
                (called, answer.headers().contains_key(RETRY_AFTER)),
                (status == 200, status == 503)
            );
        }
        let (answer, _) = run(SessionLayer::new(sessions), with_cookie(alice()), never_asks).await;
        assert!(!answer.headers().contains_key(VARY));
    }
}

#[tokio::test]
async fn both_layers_tell_a_synchronous_hook() {
    let sessions = CookieSessions::builder(ring(1)).revocation(Prompt(Ok(false))).build().unwrap();
    let plain = run(SessionLayer::new(sessions.clone()), with_cookie(alice()), logs_out).await;
    for (answer, _) in [plain, run(layer(&sessions), with_cookie(alice()), logs_out).await] {
        assert!(answer.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    }
}

#[tokio::test]
async fn a_layer_that_cannot_wait_responds_with_503_for_what_would_have_to_be_asked() {
    let (sessions, store) = checked();
    let (answer, called) =
        run(SessionLayer::new(sessions.clone()), with_cookie(alice()), greets).await;
    assert_eq!((answer.status().as_u16(), called, store.asked()), (503, false, 0));
    let add = "Add `.check_revocation(tokio::time::sleep)` to the SessionLayer.";
    assert!(answer.body().contains(add), "{}", answer.body());
    assert!(run(SessionLayer::new(sessions), with_cookie(None), greets).await.1);
}

#[tokio::test]
async fn without_a_hook_it_does_what_the_session_layer_does() {
    let (answer, _) = run(layer(&sessions()), with_cookie(alice()), greets).await;
    assert_eq!(answer.body(), "alice");
    let (answer, _) = run(layer(&sessions()), with_cookie(alice()), logs_out).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "nobody recorded that");
}

#[tokio::test]
async fn two_layers_of_one_cookie_are_an_error() {
    let (sessions, _) = checked();
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    for cookie in [None, Some(alice())] {
        let service = layer(&sessions).layer(layer(&sessions).layer(inner));
        let answer = service.oneshot(with_cookie(cookie)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.body().starts_with("Two SessionLayers"), "{}", answer.body());
    }
}

#[tokio::test]
async fn a_layer_of_another_cookie_takes_over_what_is_inside() {
    let (sessions, store) = checked();
    let admin = CookieSessions::builder(ring(1)).name("admin").build().unwrap();
    let inner = service_fn(|request: Request<()>| async move {
        request.extensions().get::<SessionHandle>().unwrap().set("user", "root");
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let inside = SessionLayer::new(admin.clone()).check_revocation(tokio::time::sleep).layer(inner);
    let answer = layer(&sessions).layer(inside).oneshot(with_cookie(Some(alice()))).await.unwrap();
    assert_eq!(admin.from_response(answer.headers()).unwrap().get("user"), Some("root"));
    assert!(sessions.from_response(answer.headers()).is_none());
    assert_eq!(store.asked(), 1, "about the session of the outer layer");
}

#[tokio::test]
async fn a_synchronous_hook_that_does_not_respond_is_told_to_on_error() {
    let sessions = CookieSessions::builder(ring(1)).revocation(Prompt(Err(()))).build().unwrap();
    let layer = SessionLayer::new(sessions).on_error(|error| {
        assert!(matches!(error, EncodeError::RevocationFailed(_)));
        Response::builder()
            .status(418)
            .header(SET_COOKIE, "theirs=1")
            .body(error.to_string())
            .unwrap()
    });
    let (answer, called) = run(layer, with_cookie(alice()), greets).await;
    assert_eq!((answer.status(), called), (StatusCode::SERVICE_UNAVAILABLE, false));
    assert_eq!(answer.headers()[RETRY_AFTER], "5");
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    assert!(answer.body().contains("it could not be checked"), "{}", answer.body());
    assert_eq!(answer.headers()[SET_COOKIE], "theirs=1");
}

#[tokio::test]
async fn passes_an_error_of_the_inner_service_on() {
    let (sessions, _) = checked();
    let inner = service_fn(|_: Request<()>| async { Err::<Answer, _>("broken") });
    for cookie in [None, Some(alice())] {
        let outcome = layer(&sessions).layer(inner).oneshot(with_cookie(cookie)).await;
        assert_eq!(outcome.unwrap_err(), "broken");
    }
}

#[tokio::test]
async fn logs_what_is_lost_with_an_error_of_the_inner_service() {
    type Row = (fn(&SessionHandle), usize);
    let rows: [Row; 4] = [
        (|_| (), 0),
        (|session| drop(session.get("user")), 0),
        (|session| session.set("user", "bob"), 1),
        (SessionHandle::revoke, 1),
    ];
    for (number, (handler, lost)) in rows.into_iter().enumerate() {
        let (sessions, store) = checked();
        let inner = service_fn(move |request: Request<()>| async move {
            handler(request.extensions().get().unwrap());
            Err::<Answer, _>("broken")
        });
        let log = Log::default();
        let _listening = log.listen();
        let outcome = layer(&sessions).layer(inner).oneshot(with_cookie(Some(alice()))).await;
        assert_eq!(outcome.unwrap_err(), "broken");
        let words = "a session was written and the inner service returned an error";
        assert_eq!(log.all().matches(words).count(), lost, "{number}: {}", log.all());
        assert_eq!(store.0.lock().unwrap().told, [0; 0]);
    }
}

#[tokio::test]
async fn calls_the_service_that_was_ready() {
    /// Panics when it is called without having been found ready.
    #[derive(Default)]
    struct Strict(bool);
    impl Clone for Strict {
        fn clone(&self) -> Self {
            Self(false)
        }
    }
    impl Service<Request<()>> for Strict {
        type Response = Answer;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Answer, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0 = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            assert!(std::mem::take(&mut self.0), "it was not ready");
            ready(Ok(greets(request.extensions().get().unwrap())))
        }
    }
    let (sessions, store) = checked();
    store.set(Mood::AnswersLater);
    let answer =
        layer(&sessions).layer(Strict::default()).oneshot(with_cookie(alice())).await.unwrap();
    assert_eq!(answer.body(), "alice");
}

#[tokio::test]
async fn a_log_out_after_the_response_is_refused() {
    let (sessions, store) = checked();
    let cookie = alice();
    let kept: Arc<Mutex<Option<SessionHandle>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        let handle = request.extensions().get::<SessionHandle>().unwrap();
        handle.get("user");
        *keep.lock().unwrap() = Some(handle.clone());
        async { Ok::<_, Infallible>(Response::new(String::new())) }
    });
    layer(&sessions).layer(inner).oneshot(with_cookie(cookie.clone())).await.unwrap();
    kept.lock().unwrap().take().unwrap().revoke();
    assert!(store.0.lock().unwrap().revoked.is_empty());
    assert_eq!(run(layer(&sessions), with_cookie(cookie), greets).await.0.body(), "alice");
}

#[test]
fn the_layer_is_fit_for_servers_with_threads() {
    fn check<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn check_future<T: Send>(_: T) {}
    let (sessions, _) = checked();
    check(&layer(&sessions));
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    check_future(layer(&sessions).layer(inner).call(Request::new(())));
}

#[test]
fn debug_shows_the_time_limit_and_no_session() {
    #[derive(Clone, Debug)]
    struct Inner;
    impl Service<Request<()>> for Inner {
        type Response = Answer;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Answer, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: Request<()>) -> Self::Future {
            ready(Ok(Response::new(String::new())))
        }
    }
    let (sessions, _) = checked();
    let shown = format!("{:?} {:?}", layer(&sessions), Rejection::Unchecked);
    assert_eq!(shown, "RevocationLayer { timeout: 250ms, .. } Unchecked");
    let mut service = layer(&sessions).layer(Inner);
    assert_eq!(format!("{service:?}"), "RevocationService { inner: Inner, .. }");
    let future = service.call(with_cookie(alice()));
    let handle = r#"SessionHandle { session: "unopened" }"#;
    assert_eq!(format!("{future:?}"), format!("RevocationFuture {{ handle: {handle}, .. }}"));
}

/// The same with users.
fn of_users() -> (CookieSessions, Store) {
    let store = Store::default();
    let builder = CookieSessions::builder(ring(1)).revocation_async(store.clone());
    (builder.subject(|dict| dict.get("user").map(Into::into)).build().unwrap(), store)
}

fn renews(session: &SessionHandle) -> Answer {
    session.renew();
    Response::new(String::new())
}

fn invalidates_and_writes(session: &SessionHandle) -> Answer {
    session.invalidate();
    session.set("user", "alice");
    Response::new(String::new())
}

#[tokio::test]
async fn a_renewal_is_told_with_its_grace_and_a_log_out_without() {
    for (handler, expected) in [(renews as fn(&SessionHandle) -> Answer, 10), (logs_out, 0)] {
        let (sessions, store) = of_users();
        let (answer, _) = run(layer(&sessions), with_cookie(alice()), handler).await;
        assert!(answer.headers().contains_key(SET_COOKIE));
        assert_eq!(store.0.lock().unwrap().told, [expected]);
    }
}

#[tokio::test]
async fn a_session_that_was_revoked_meanwhile_does_not_continue_under_another_id() {
    for handler in [renews as fn(&SessionHandle) -> Answer, invalidates_and_writes] {
        let (sessions, store) = of_users();
        store.set(Mood::RevokedMeanwhile);
        let (answer, called) = run(layer(&sessions), with_cookie(alice()), handler).await;
        assert_eq!((called, answer.status()), (true, StatusCode::OK));
        assert!(!answer.headers().contains_key(SET_COOKIE), "withheld");
        store.set(Mood::FailsMeanwhile);
        store.0.lock().unwrap().asked = 0;
        let (answer, called) = run(layer(&sessions), with_cookie(alice()), handler).await;
        assert_eq!((called, answer.status()), (true, StatusCode::INTERNAL_SERVER_ERROR));
        assert!(!answer.headers().contains_key(SET_COOKIE), "nothing is changed");
    }
}

#[tokio::test]
async fn a_session_is_asked_about_once_more_only_when_it_leaves_its_id() {
    fn writes(session: &SessionHandle) -> Answer {
        session.set("cart", "1");
        Response::new(String::new())
    }
    let handlers: [fn(&SessionHandle) -> Answer; 4] = [greets, never_asks, writes, logs_out];
    for handler in handlers {
        let (sessions, store) = of_users();
        run(layer(&sessions), with_cookie(alice()), handler).await;
        assert_eq!(store.asked(), 1);
    }
}

#[tokio::test]
async fn a_log_out_that_cannot_be_recorded_here_removes_the_cookie() {
    let (sessions, store) = of_users();
    let other = CookieSessions::new(ring(2));
    let cookie = other.request_cookie(&other.fresh()).unwrap();
    let (answer, _) = run(layer(&sessions), with_cookie(cookie), logs_out).await;
    assert!(answer.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(store.0.lock().unwrap().told.is_empty());
}

#[tokio::test]
async fn a_visitor_gets_a_session_at_the_first_use_with_a_hook_as_without() {
    static TIME: AtomicU64 = AtomicU64::new(0);
    fn reads_a_minute_later(session: &SessionHandle) -> Answer {
        TIME.fetch_add(60, Relaxed);
        let created = session.created_at();
        Response::new(created.duration_since(at(NOW)).unwrap().as_secs().to_string())
    }
    let builder = || CookieSessions::builder(ring(1)).clock(|| at(TIME.load(Relaxed)));
    let sessions = [
        builder(),
        builder().revocation(Prompt(Ok(false))),
        builder().revocation_async(Store::default()),
    ];
    for sessions in sessions.map(|builder| builder.build().unwrap()) {
        for cookie in [None, Some(HeaderValue::from_static("theme=dark"))] {
            TIME.store(NOW, Relaxed);
            let request = with_cookie(cookie);
            let (response, _) = run(layer(&sessions), request, reads_a_minute_later).await;
            assert_eq!(response.body(), "60");
        }
    }
}

#[tokio::test]
async fn a_due_session_that_is_written_back_as_it_was_is_refreshed() {
    fn writes_nothing(session: &SessionHandle) -> Answer {
        session.remove("cart");
        Response::new(String::new())
    }
    let store = Store::default();
    let builder = CookieSessions::builder(ring(1)).revocation_async(store.clone());
    let builder = builder.clock(|| SystemTime::now() + secs(8 * DAY));
    let sessions = builder.build().unwrap();
    let (answer, _) = run(layer(&sessions), with_cookie(alice()), writes_nothing).await;
    assert!(sessions.from_response(answer.headers()).is_some());
    assert_eq!(store.asked(), 2);
    store.set(Mood::RevokedMeanwhile);
    store.0.lock().unwrap().asked = 0;
    let (answer, _) = run(layer(&sessions), with_cookie(alice()), writes_nothing).await;
    assert!(!answer.headers().contains_key(SET_COOKIE));
}

#[tokio::test]
async fn a_log_in_form_after_a_log_out_is_sent_although_the_session_was_revoked_meanwhile() {
    fn renders_a_form(session: &SessionHandle) -> Answer {
        session.invalidate();
        session.update(|dict| _ = dict.remove("cart"));
        session.with(|session| _ = session.id());
        Response::new(String::new())
    }
    let (sessions, store) = of_users();
    store.set(Mood::RevokedMeanwhile);
    let (answer, _) = run(layer(&sessions), with_cookie(alice()), renders_a_form).await;
    assert!(sessions.from_response(answer.headers()).is_some());
}

#[tokio::test]
async fn what_the_hook_is_asked_is_no_reason_to_send_a_session() {
    fn logs_out_and_writes_nothing(session: &SessionHandle) -> Answer {
        session.invalidate();
        session.remove("cart");
        Response::new(String::new())
    }
    let (sessions, store) = of_users();
    let (answer, _) =
        run(layer(&sessions), with_cookie(alice()), logs_out_and_writes_nothing).await;
    assert!(answer.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));

    // The empty session has a subject too, so that the hook is asked about each new session.
    let everybody = |issue| {
        let builder = CookieSessions::builder(ring(1)).issue(issue).subject(|_| Some("all".into()));
        builder.revocation_async(store.clone()).build().unwrap()
    };
    let sessions = everybody(Issue::Lazy);
    let (answer, _) =
        run(layer(&sessions), with_cookie(alice()), logs_out_and_writes_nothing).await;
    assert!(answer.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let (answer, _) = run(layer(&sessions), with_cookie(None), greets).await;
    assert!(!answer.headers().contains_key(SET_COOKIE), "nothing was written");
    let other = CookieSessions::new(ring(2));
    let unknown = other.request_cookie(&other.fresh()).unwrap();
    let (answer, _) = run(layer(&everybody(Issue::Eager)), with_cookie(unknown), greets).await;
    assert!(!answer.headers().contains_key(SET_COOKIE), "another machine may open it");
}
