//! The layer that asks for tokens: what passes, what is refused, and what is left as it was.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN, SET_COOKIE};
use http::{Method, Request, Response, StatusCode, Version};
use sealed_session::csrf::{HeaderOnly, PlainRefusal};
use sealed_session::{
    CookieSessions, Csrf, CsrfError, CsrfLayer, Payload, SessionHandle, SessionLayer,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{DAY, Log, NAME, NOW, at, ring, sealed, sessions};
use crate::visitor::{Answer, Visitor, WORDS, handle, lines_of};

#[tokio::test]
async fn lets_safe_methods_pass_and_does_not_open_the_session() {
    let visitor = Visitor::new();
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        let junk =
            [("x-csrf-token", "junk"), ("x-csrf-token", "junk"), ("sec-fetch-site", "cross-site")];
        let response = visitor.run(visitor.send(method, &junk, "-")).await;
        assert_eq!(
            (response.status(), response.headers()),
            (StatusCode::OK, &HeaderMap::new()),
            "{method}"
        );
    }
}

#[tokio::test]
async fn asks_every_other_method_for_a_token() {
    let visitor = Visitor::new();
    for method in ["POST", "PUT", "PATCH", "DELETE", "QUERY", "PROPFIND", "CONNECT", "get", "GETS"]
    {
        assert_eq!(
            visitor.refuses(visitor.send(method, &[], "-")).await,
            CsrfError::Missing,
            "{method}"
        );
        visitor.passes(visitor.send(method, &[("x-csrf-token", &visitor.token())], "-")).await;
    }
}

/// The handshake of a WebSocket (RFC 8441), to which a browser adds no header. No form and no `fetch` sends a CONNECT.
#[tokio::test]
async fn passes_a_connect_of_http_2_as_it_is() {
    let visitor = Visitor::new();
    for (version, passes) in [
        (Version::HTTP_2, true),
        (Version::HTTP_3, true),
        (Version::HTTP_11, false),
        (Version::HTTP_10, false),
    ] {
        let send = |method| {
            let mut request = visitor.send(method, &[], "-");
            *request.version_mut() = version;
            request
        };
        if passes {
            visitor.passes(send("CONNECT")).await;
        } else {
            assert_eq!(visitor.refuses(send("CONNECT")).await, CsrfError::Missing, "{version:?}");
        }
        assert_eq!(visitor.refuses(send("POST")).await, CsrfError::Missing, "{version:?}");
    }
}

#[tokio::test]
async fn asks_a_visitor_without_a_session_too() {
    let visitor = Visitor::new();
    let mut request = visitor.send("POST", &[("x-csrf-token", &visitor.token())], "-");
    request.headers_mut().remove(COOKIE);
    assert_eq!(visitor.refuses(request).await, CsrfError::NoId);
}

#[tokio::test]
async fn takes_a_token_of_the_form() {
    let visitor = Visitor::new();
    visitor.passes(visitor.send("POST", &[], &visitor.token())).await;
    let wrong = Visitor::new().token();
    assert_eq!(visitor.refuses(visitor.send("POST", &[], &wrong)).await, CsrfError::Mismatch);
    assert_eq!(visitor.refuses(visitor.send("POST", &[], "\n")).await, CsrfError::Empty);
}

#[tokio::test]
async fn takes_a_token_for_the_method_and_path_of_the_request() {
    let visitor = Visitor::new();
    let token = visitor.token_for("POST", "/transfer");
    visitor.passes(visitor.send("POST", &[], &token)).await;
    visitor.passes(visitor.send("POST", &[("x-csrf-token", &token)], "-")).await;
    assert_eq!(visitor.refuses(visitor.send("DELETE", &[], &token)).await, CsrfError::Mismatch);
    let other = visitor.token_for("POST", "/transfer?to=bob");
    assert_eq!(visitor.refuses(visitor.send("POST", &[], &other)).await, CsrfError::Mismatch);
}

#[tokio::test]
async fn lets_the_header_decide_where_it_is_there() {
    let visitor = Visitor::new();
    let (right, wrong) = (visitor.token(), Visitor::new().token());
    visitor.passes(visitor.send("POST", &[("x-csrf-token", &right)], &wrong)).await;
    let refused = visitor.refuses(visitor.send("POST", &[("x-csrf-token", &wrong)], &right)).await;
    assert_eq!(refused, CsrfError::Mismatch);
    let refused = visitor.refuses(visitor.send("POST", &[("x-csrf-token", "")], &right)).await;
    assert_eq!(refused, CsrfError::Empty);
    let refused = visitor.refuses(visitor.send("POST", &[("x-csrf-token", "é")], &right)).await;
    assert_eq!(refused, CsrfError::Malformed);
}

#[tokio::test]
async fn does_not_read_the_form_where_the_header_decides() {
    let visitor = Visitor::new();
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let csrf = Csrf::form(move |request| {
        counted.fetch_add(1, Relaxed);
        lines_of(request)
    });
    let (right, wrong) = (visitor.token(), Visitor::new().token());
    for header in [&[("x-csrf-token", right.as_str())], &[("x-csrf-token", wrong.as_str())]] {
        visitor.run_through(csrf.clone(), visitor.send("POST", header, &right)).await;
    }
    let header = [("sec-fetch-site", "cross-site")];
    visitor.run_through(csrf.clone(), visitor.send("POST", &header, &right)).await;
    visitor.run_through(csrf.clone(), visitor.send("GET", &[], &right)).await;
    assert_eq!(reads.load(Relaxed), 0);
    visitor.run_through(csrf, visitor.send("POST", &[], &right)).await;
    assert_eq!(reads.load(Relaxed), 1);
}

#[tokio::test]
async fn refuses_two_tokens_outright_even_if_both_are_right() {
    let visitor = Visitor::new();
    let (one, other) = (visitor.token(), visitor.token());
    let twice = [("x-csrf-token", one.as_str()), ("x-csrf-token", other.as_str())];
    assert_eq!(visitor.refuses(visitor.send("POST", &twice, "-")).await, CsrfError::Repeated);
    let equal = [("x-csrf-token", one.as_str()), ("x-csrf-token", one.as_str())];
    assert_eq!(visitor.refuses(visitor.send("POST", &equal, "-")).await, CsrfError::Repeated);
    let listed = [("x-csrf-token", &*format!("{one}, {other}"))];
    assert_eq!(
        visitor.refuses(visitor.send("POST", &listed, "-")).await,
        CsrfError::TooLong { bytes: 90 }
    );

    for fields in [format!("{one}\n{other}"), format!("{one}\n{one}"), format!("{one}\n\n")] {
        assert_eq!(visitor.refuses(visitor.send("POST", &[], &fields)).await, CsrfError::Repeated);
    }
}

#[tokio::test]
async fn refuses_what_comes_from_another_site_or_host_of_this_site_whatever_token_there_is() {
    let visitor = Visitor::new();
    let token = visitor.token();
    for (values, reason) in [
        (&["cross-site"][..], CsrfError::CrossSite),
        (&["same-origin", "cross-site"], CsrfError::CrossSite),
        (&["cross-site", "same-origin"], CsrfError::CrossSite),
        (&["same-origin,cross-site"], CsrfError::CrossSite),
        (&["none , cross-site , none"], CsrfError::CrossSite),
        (&["cross-site;a=1"], CsrfError::CrossSite),
        (&["\tcross-site ;a"], CsrfError::CrossSite),
        (&["same-site"], CsrfError::SameSite),
        (&["same-origin", "same-site"], CsrfError::SameSite),
        (&["same-site,same-origin"], CsrfError::SameSite),
        (&["none,\tsame-site;a=1"], CsrfError::SameSite),
        (&["same-site", "cross-site"], CsrfError::CrossSite),
    ] {
        let mut fields: Vec<_> = values.iter().map(|value| ("sec-fetch-site", *value)).collect();
        assert_eq!(visitor.refuses(visitor.send("POST", &fields, &token)).await, reason);
        fields.push(("x-csrf-token", &token));
        assert_eq!(visitor.refuses(visitor.send("POST", &fields, "-")).await, reason);
    }
}

#[tokio::test]
async fn lets_the_token_decide_whatever_else_the_browser_says() {
    let visitor = Visitor::new();
    let token = visitor.token();
    for value in [
        "same-origin",
        "none",
        "",
        "é",
        "Cross-Site",
        "x-cross-site",
        "cross-sites",
        "a;cross-site",
        "Same-Site",
        "same-sites",
        "a;same-site",
    ] {
        let field = [("sec-fetch-site", value)];
        visitor.passes(visitor.send("POST", &field, &token)).await;
        assert_eq!(
            visitor.refuses(visitor.send("POST", &field, "-")).await,
            CsrfError::Missing,
            "{value}"
        );
    }
}

#[tokio::test]
async fn responds_the_same_to_the_byte_whatever_the_reason() {
    let visitor = Visitor::new();
    let right = visitor.token();
    let wrong = Visitor::new().token();
    let long = "A".repeat(10_000);
    let for_another = visitor.token_for("PUT", "/transfer");
    let fields = [
        "",
        "AAAA",
        "é",
        &long,
        &wrong,
        &for_another,
        &format!("{right}="),
        &format!("Ag{}", &right[2..]),
    ];
    let mut requests: Vec<_> =
        fields.iter().map(|token| visitor.send("POST", &[("x-csrf-token", token)], "-")).collect();
    requests.extend(fields.iter().map(|token| visitor.send("POST", &[], &format!("{token}\n"))));
    requests.push(visitor.send("POST", &[], "-"));
    requests.push(visitor.send("POST", &[], &format!("{right}\n{right}")));
    requests.push(visitor.send("POST", &[("sec-fetch-site", "cross-site")], &right));
    requests.push(visitor.send("POST", &[("sec-fetch-site", "same-site")], &right));
    requests.push(visitor.send("POST", &[("x-csrf-token", &right), ("x-csrf-token", &right)], "-"));
    for request in requests {
        let row = format!("{request:?}");
        let response = visitor.run(request).await;
        assert_eq!(
            (response.status(), response.body().as_str()),
            (StatusCode::FORBIDDEN, WORDS),
            "{row}"
        );
        let shown: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let expected: [(&str, &[u8]); 3] = [
            ("content-type", b"text/plain; charset=utf-8"),
            ("vary", b"Cookie"),
            ("cache-control", b"private"),
        ];
        assert_eq!(shown, expected, "{row}");
    }
}

#[test]
fn the_words_say_what_to_do() {
    assert!(WORDS.contains("reload the page and send again"));
    assert!(WORDS.is_ascii() && !WORDS.contains(['<', '&']));
}

#[tokio::test]
async fn a_refused_request_neither_writes_nor_clears_the_session() {
    let visitor = Visitor::new();
    let response = visitor.run(visitor.send("POST", &[], "-")).await;
    assert!(!response.headers().contains_key(SET_COOKIE));

    let mut request = visitor.send("POST", &[("x-csrf-token", "junk")], "-");
    request.headers_mut().remove(COOKIE);
    let response = visitor.run(request).await;
    assert!(!response.headers().contains_key(SET_COOKIE), "nor is a pre-session issued");

    let mut request = visitor.send("POST", &[("x-csrf-token", "junk")], "-");
    request.headers_mut().insert(COOKIE, HeaderValue::from_static("__Host-session=junk"));
    assert!(!visitor.run(request).await.headers().contains_key(SET_COOKIE));
}

#[tokio::test]
async fn a_session_that_is_due_is_refreshed_as_by_any_request() {
    let visitor = Visitor::new();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let mut request = visitor.send("POST", &[], "-");
    let cookie = sealed(&visitor.sessions, &[("user", "alice")], now - 8 * DAY);
    request.headers_mut().insert(COOKIE, HeaderValue::from_str(&cookie).unwrap());
    let response = visitor.run(request).await;
    let kept = visitor.sessions.from_response(response.headers()).unwrap();
    assert_eq!((response.status(), kept.get("user")), (StatusCode::FORBIDDEN, Some("alice")));
}

#[tokio::test]
async fn the_first_of_two_tabs_that_were_opened_at_a_first_visit_is_told_to_reload() {
    let Visitor { sessions, .. } = Visitor::new();
    let page = || {
        let session = sessions.fresh();
        (session.csrf_token(), session)
    };
    // The browser keeps the cookie of the page that came last.
    let ((first, _), (second, session)) = (page(), page());
    let browser = Visitor { sessions, session };
    assert_eq!(browser.refuses(browser.send("POST", &[], &first)).await, CsrfError::Mismatch);
    browser.passes(browser.send("POST", &[], &second)).await;
}

#[tokio::test]
async fn without_a_form_to_read_only_the_header_counts() {
    let visitor = Visitor::new();
    let (right, header) = (visitor.token(), visitor.token());
    let response =
        visitor.run_through(Csrf::header_only(), visitor.send("POST", &[], &right)).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let request = visitor.send("POST", &[("x-csrf-token", &header)], "-");
    assert_eq!(visitor.run_through(Csrf::header_only(), request).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn gives_the_response_of_a_reader_that_cannot_read_the_form() {
    let visitor = Visitor::new();
    let csrf = Csrf::form(|_: Request<String>| async {
        let mut response = Response::new("too long".to_owned());
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        Err(response)
    });
    let response = visitor.run_through(csrf, visitor.send("POST", &[], "-")).await;
    assert_eq!(
        (response.status(), response.body().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too long")
    );
}

#[tokio::test]
async fn judges_the_method_that_who_reads_the_form_puts_into_its_place() {
    let visitor = Visitor::new();
    let csrf = Csrf::form(|mut request: Request<String>| {
        *request.method_mut() = Method::DELETE;
        lines_of(request)
    });
    for (method, status) in [("DELETE", StatusCode::OK), ("POST", StatusCode::FORBIDDEN)] {
        let request = visitor.send("POST", &[], &visitor.token_for(method, "/transfer"));
        assert_eq!(visitor.run_through(csrf.clone(), request).await.status(), status, "{method}");
    }
}

#[tokio::test]
async fn responds_with_what_on_refused_says() {
    let visitor = Visitor::new();
    let csrf = Csrf::header_only()
        .on_refused(|_, _| Response::builder().status(303).body("see /".to_owned()).unwrap());
    let response = visitor.run_through(csrf, visitor.send("POST", &[], "-")).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::SEE_OTHER, "see /"));
}

#[tokio::test]
async fn on_refused_gets_the_request_with_its_handle() {
    let visitor = Visitor::new();
    let csrf = Csrf::form(lines_of).on_refused(|request, reason| {
        let session: &SessionHandle = request.extensions.get().unwrap();
        let user = session.get("user").unwrap_or_default();
        Response::new(format!("{} {} {user} {reason:?}", request.method, request.uri))
    });
    for (header, reason) in [(&[][..], "Missing"), (&[("x-csrf-token", "")], "Empty")] {
        let response = visitor.run_through(csrf.clone(), visitor.send("PUT", header, "-")).await;
        assert_eq!(response.body(), &format!("PUT /transfer?to=bob alice {reason}"));
    }
}

#[tokio::test]
async fn looks_for_the_token_in_the_header_of_the_name_that_is_set_and_in_no_other() {
    let visitor = Visitor::new();
    let csrf = Csrf::header_only().header_name("X-XSRF-Token").unwrap();
    for (name, status) in
        [("x-xsrf-token", StatusCode::OK), ("x-csrf-token", StatusCode::FORBIDDEN)]
    {
        let request = visitor.send("POST", &[(name, &visitor.token())], "-");
        let response = visitor.run_through(csrf.clone(), request).await;
        assert_eq!(response.status(), status, "{name}");
    }
    for name in ["", "x csrf", "x-csrf:", "é"] {
        let error = Csrf::header_only().header_name(name).unwrap_err();
        let expected = "expected the name of a header, such as x-xsrf-token";
        assert_eq!(error.to_string(), format!("header_name is {name:?}; {expected}"));
    }
}

#[tokio::test]
async fn guards_typed_sessions() {
    let sessions = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    let session = sessions.fresh();
    let layers = ServiceBuilder::new()
        .layer(SessionLayer::new(sessions.clone()))
        .layer(CsrfLayer::new(sessions.clone(), Csrf::form(lines_of)));
    for (body, status) in [(&*session.csrf_token(), StatusCode::OK), ("-", StatusCode::FORBIDDEN)] {
        let request = Request::post("/").header(COOKIE, sessions.request_cookie(&session).unwrap());
        let response = layers
            .clone()
            .service_fn(handle)
            .oneshot(request.body(body.into()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), status);
    }
}

/// What an unsafe request comes to without a session of the layer's payload type.
async fn without_a_session<T: Payload + Send + 'static>(sessions: CookieSessions<T>) -> Answer {
    let visitor = Visitor::new();
    let layer = CsrfLayer::new(sessions, Csrf::header_only());
    let request = visitor.send("POST", &[("x-csrf-token", &visitor.token())], "-");
    let inner = layer.layer(service_fn(handle));
    SessionLayer::new(CookieSessions::typed::<u32>(ring(1), "number").build().unwrap())
        .layer(inner)
        .oneshot(request)
        .await
        .unwrap()
}

#[tokio::test]
async fn without_a_session_layer_every_unsafe_request_is_a_500_that_is_logged() {
    let log = Log::default();
    let _listening = log.listen();
    let response = without_a_session(sessions()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    assert!(response.body().contains("`.layer(SessionLayer::new(sessions).csrf(..))`"));
    log.says("ERROR", "SessionLayer is missing around CsrfLayer");
    let typed = CookieSessions::typed::<u64>(ring(1), "number").build().unwrap();
    assert_eq!(without_a_session(typed).await.status(), 500);
    let typed = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    assert_eq!(without_a_session(typed).await.status(), 403);
}

#[tokio::test]
async fn logs_reason_and_label_and_no_token() {
    let log = Log::default();
    let _listening = log.listen();
    let visitor = Visitor::new();
    let wrong = Visitor::new().token();
    visitor.refuses(visitor.send("POST", &[("x-csrf-token", &wrong)], "-")).await;
    let label = visitor.session.label();
    log.says(
        "WARN",
        &format!("a request was refused for its CSRF token reason=Mismatch label={label}"),
    );
    visitor.passes(visitor.send("POST", &[], &visitor.token())).await;
    let said = log.all();
    assert_eq!(said.matches("CSRF").count(), 1, "{said}");
    assert!(!said.contains(&wrong[2..12]) && !said.contains("alice"));
}

/// Sessions whose clock stands where it is set.
fn timed(seconds: &Arc<AtomicU64>) -> CookieSessions {
    let seconds = Arc::clone(seconds);
    CookieSessions::builder(ring(1)).clock(move || at(seconds.load(Relaxed))).build().unwrap()
}

#[tokio::test]
async fn a_refusal_is_a_warning_once_a_minute_for_each_build_and_else_for_debugging() {
    let seconds = Arc::new(AtomicU64::new(NOW));
    let one = Visitor::of(timed(&seconds));
    // A clone of the sessions under a layer of its own is the same build.
    let clone = Visitor::of(one.sessions.clone());
    let other = Visitor::of(timed(&seconds));
    for (visitor, after, site, level) in [
        (&one, 0, "none", "WARN"),
        (&one, 0, "none", "DEBUG"),
        (&one, 59, "none", "DEBUG"),
        // Another reason is the same kind of event.
        (&clone, 59, "cross-site", "DEBUG"),
        (&other, 59, "same-site", "WARN"),
        (&clone, 60, "same-site", "WARN"),
        (&one, 61, "none", "DEBUG"),
        (&other, 119, "none", "WARN"),
    ] {
        seconds.store(NOW + after, Relaxed);
        let log = Log::default();
        let _listening = log.listen();
        visitor.refuses(visitor.send("POST", &[("sec-fetch-site", site)], "-")).await;
        log.says(level, "a request was refused for its CSRF token reason=");
        assert_eq!(log.all().matches("CSRF").count(), 1, "{}", log.all());
    }
}

#[tokio::test]
async fn the_handle_makes_tokens_and_verifies_them() {
    let sessions = sessions();
    let handle = SessionHandle::for_test(sessions.fresh());
    assert_eq!(handle.verify_csrf("junk"), Err(CsrfError::Malformed));
    assert_eq!(handle.label().to_string(), "new", "verifying draws no id");
    let (any, one) = (handle.csrf_token(), handle.csrf_token_for("POST", "/a").unwrap());
    assert_eq!(handle.verify_csrf(&any), Ok(()));
    assert_eq!(handle.verify_csrf(&one), Err(CsrfError::Mismatch));
    assert_eq!(handle.verify_csrf_for(&one, "POST", "/a"), Ok(()));
    assert_eq!(handle.verify_csrf_for(&any, "POST", "/a"), Err(CsrfError::Mismatch));
    assert_eq!(handle.csrf_token_for("", "/a"), Err(CsrfError::EmptyMethod));
}

#[tokio::test]
async fn a_token_asked_for_when_the_response_has_been_sent_is_logged_unless_the_session_was_there()
{
    let visitor = Visitor::new();
    for (cookie, late) in [(true, false), (false, true)] {
        let kept: Arc<Mutex<Option<SessionHandle>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let inner = service_fn(move |request: Request<String>| {
            let handle: &SessionHandle = request.extensions().get().unwrap();
            handle.label();
            *keep.lock().unwrap() = Some(handle.clone());
            ready(Ok::<_, Infallible>(Response::new(String::new())))
        });
        let mut request = visitor.send("GET", &[], "-");
        if !cookie {
            request.headers_mut().remove(COOKIE);
        }
        SessionLayer::new(visitor.sessions.clone()).layer(inner).oneshot(request).await.unwrap();

        let log = Log::default();
        let _listening = log.listen();
        let token = kept.lock().unwrap().take().unwrap().csrf_token();
        assert_eq!(visitor.session.verify_csrf(token).is_ok(), cookie);
        assert_eq!(log.all().contains("written after the response was sent"), late);
    }
}

/// A service that may be called as often as it was ready, and a copy of it not at all.
struct Counted {
    ready: usize,
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self { ready: 0 }
    }
}

impl Service<Request<String>> for Counted {
    type Response = Answer;
    type Error = &'static str;
    type Future = Ready<Result<Answer, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.ready += 1;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        self.ready = self.ready.checked_sub(1).expect("it was ready");
        ready(if request.method() == Method::PATCH {
            Err("broken")
        } else {
            Ok(Response::new("done".into()))
        })
    }
}

#[tokio::test]
async fn calls_the_service_that_was_ready_and_passes_its_error_on() {
    let visitor = Visitor::new();
    let layer = CsrfLayer::new(visitor.sessions.clone(), Csrf::form(lines_of));
    let mut service =
        SessionLayer::new(visitor.sessions.clone()).layer(layer.layer(Counted { ready: 0 }));
    for (method, expected) in [("POST", Ok("done")), ("PATCH", Err("broken")), ("PUT", Ok("done"))]
    {
        for request in [
            visitor.send(method, &[], &visitor.token()),
            visitor.send(method, &[("x-csrf-token", &visitor.token())], "-"),
        ] {
            let response = service.ready().await.unwrap().call(request).await;
            assert_eq!(
                response.as_ref().map(|response| response.body().as_str()).map_err(|error| *error),
                expected
            );
        }
    }
}

/// A service that is never ready.
#[derive(Clone, Debug)]
struct Busy;

impl Service<Request<String>> for Busy {
    type Response = Answer;
    type Error = Infallible;
    type Future = Ready<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        unreachable!("it was not ready")
    }
}

#[test]
fn is_ready_when_the_inner_service_is() {
    let mut context = Context::from_waker(Waker::noop());
    let layer = CsrfLayer::new(sessions(), Csrf::form(lines_of));
    assert!(layer.layer(Busy).poll_ready(&mut context).is_pending());
    assert!(layer.layer(Counted { ready: 0 }).poll_ready(&mut context).is_ready());
}

#[test]
fn debug_shows_types_and_no_session() {
    let csrf = Csrf::form(lines_of);
    let layer = CsrfLayer::new(sessions(), csrf.clone());
    let mut service = layer.layer(Busy).clone();
    assert_eq!(
        format!("{csrf:?} {layer:?} {service:?}"),
        "Csrf { header_name: \"x-csrf-token\", .. } CsrfLayer { .. } CsrfService { inner: Busy, .. }"
    );
    let future = service.call(Request::post("/").body(String::new()).unwrap());
    assert_eq!(format!("{future:?}"), "CsrfFuture { .. }");
    assert_eq!(format!("{HeaderOnly:?} {PlainRefusal:?}"), "HeaderOnly PlainRefusal");
}

/// As an application with axum would write it.
mod shop {
    use axum::body::to_bytes;
    use axum::extract::{Form, Request};
    use axum::http::StatusCode;
    use axum::response::{Html, IntoResponse, Redirect, Response};
    use axum::{Router, routing::get, routing::post};
    use sealed_session::{CookieSessions, Csrf, CsrfLayer, SessionHandle, SessionLayer};

    /// Every value of the field `csrf`, and the request as it was.
    async fn csrf_field(request: Request) -> Result<(Request, Vec<String>), Response> {
        let (parts, body) = request.into_parts();
        let too_large = |_| StatusCode::PAYLOAD_TOO_LARGE.into_response();
        let body = to_bytes(body, 64 * 1024).await.map_err(too_large)?;
        let fields = form_urlencoded::parse(&body).filter(|(name, _)| name == "csrf");
        let tokens = fields.map(|(_, token)| token.into_owned()).collect();
        Ok((Request::from_parts(parts, body.into()), tokens))
    }

    async fn page(session: SessionHandle) -> Html<String> {
        let token = session.csrf_token();
        Html(format!(
            r#"<form method="post" action="/login"><input type="hidden" name="csrf" value="{token}"><input name="user"></form>"#
        ))
    }

    async fn log_in(session: SessionHandle, Form(fields): Form<Vec<(String, String)>>) -> Redirect {
        let user = fields.iter().find(|(name, _)| name == "user");
        session.renew();
        session.set("user", user.map_or("", |(_, user)| user));
        Redirect::to("/")
    }

    pub(super) fn app(sessions: CookieSessions) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/login", post(log_in))
            .layer(CsrfLayer::new(sessions.clone(), Csrf::form(csrf_field)))
            .layer(SessionLayer::new(sessions))
    }
}

/// A browser without a cookie is shown the page: the cookie that it gets, and the token in the page.
async fn shown(app: axum::Router, cookie: Option<&str>) -> (Option<String>, String) {
    let mut request = Request::get("/").body(axum::body::Body::empty()).unwrap();
    request
        .headers_mut()
        .extend(cookie.map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap())));
    let response = app.oneshot(request).await.unwrap();
    let line = response.headers().get(SET_COOKIE).map(|line| line.to_str().unwrap().to_owned());
    let cookie = line.map(|line| line.split(';').next().unwrap().to_owned());
    let page = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
    let page = str::from_utf8(&page).unwrap();
    (cookie, page.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
}

async fn post(app: axum::Router, cookie: &str, body: String) -> Response<axum::body::Body> {
    let request = Request::post("/login")
        .header(COOKIE, cookie)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(body))
        .unwrap();
    app.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn an_application_with_axum_logs_in_with_a_form() {
    let sessions = sessions();
    let app = shop::app(sessions.clone());
    let (cookie, token) = shown(app.clone(), None).await;
    let cookie = cookie.expect("the pre-session is issued");
    assert!(cookie.starts_with(NAME));

    let response = post(app.clone(), &cookie, format!("csrf={token}&user=al%C3%AFce")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let session = sessions.from_response(response.headers()).unwrap();
    assert_eq!(session.get("user"), Some("alïce"));

    // The page that was shown before is out of date.
    let renewed = sessions.request_cookie(&session).unwrap();
    let renewed = renewed.to_str().unwrap();
    let response = post(app.clone(), renewed, format!("csrf={token}&user=bob")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let words = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
    assert_eq!(words, WORDS.as_bytes());

    let (again, token) = shown(app.clone(), Some(renewed)).await;
    assert_eq!(again, None, "who has a cookie is not sent another one for a token");
    let response = post(app, renewed, format!("csrf={token}&user=bob")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_application_with_axum_refuses_what_has_no_token_or_two() {
    let app = shop::app(sessions());
    let (cookie, token) = shown(app.clone(), None).await;
    let cookie = cookie.unwrap();
    for body in [
        String::new(),
        "user=mallory".to_owned(),
        format!("csrf={token}&csrf={token}&user=mallory"),
        format!("csrf={token}&%63srf=&user=mallory"),
        format!("{{\"csrf\":\"{token}\"}}"),
    ] {
        assert_eq!(post(app.clone(), &cookie, body).await.status(), StatusCode::FORBIDDEN);
    }
    let response = post(app, &cookie, "x".repeat(65 * 1024)).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn is_accepted_inside_of_the_layer_of_tower_http() {
    let visitor = Visitor::new();
    let token = visitor.token();
    let layers = ServiceBuilder::new()
        .layer(tower_http::csrf::CsrfLayer::new())
        .layer(SessionLayer::new(visitor.sessions.clone()))
        .layer(CsrfLayer::new(visitor.sessions.clone(), Csrf::form(lines_of)));
    let rows = [
        (&[("sec-fetch-site", "same-origin")][..], &*token, StatusCode::OK),
        (&[("sec-fetch-site", "same-site")], &token, StatusCode::FORBIDDEN),
        // What a token alone would let pass: another origin, in an old browser.
        (
            &[(ORIGIN.as_str(), "https://b.example"), (HOST.as_str(), "a.example")],
            &token,
            StatusCode::FORBIDDEN,
        ),
        // What passes there without a token.
        (&[("sec-fetch-site", "same-origin")], "-", StatusCode::FORBIDDEN),
        (&[], "-", StatusCode::FORBIDDEN),
        (&[], &token, StatusCode::OK),
    ];
    for (fields, body, status) in rows {
        let response = layers
            .clone()
            .service_fn(handle)
            .oneshot(visitor.send("POST", fields, body))
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{fields:?} {body}");
    }
}

#[test]
fn a_refusal_that_is_polled_once_more_is_pending() {
    let respond = |_: Request<String>| ready(Ok::<_, Infallible>(Response::new(String::new())));
    let layers = ServiceBuilder::new().layer(SessionLayer::new(sessions()));
    let csrf = CsrfLayer::new(sessions(), Csrf::header_only());
    let mut service = layers.layer(csrf).service(service_fn(respond));
    let request = Request::post("/").header(HOST, "shop.example").body(String::new()).unwrap();
    let csrf_alone = CsrfLayer::new(sessions(), Csrf::header_only());
    let mut alone = csrf_alone.layer(service_fn(respond));
    let mut context = Context::from_waker(Waker::noop());
    let mut refused = std::pin::pin!(alone.call(Request::post("/").body(String::new()).unwrap()));
    assert!(refused.as_mut().poll(&mut context).is_ready(), "no session layer: a 500");
    assert!(refused.as_mut().poll(&mut context).is_pending());
    let mut refused = std::pin::pin!(service.call(request));
    let Poll::Ready(Ok(response)) = refused.as_mut().poll(&mut context) else { panic!("a 403") };
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn advises_on_a_session_that_has_ended_as_on_one_that_did_not_come() {
    let visitor = Visitor::new();
    let log = Log::default();
    let _listening = log.listen();
    let mut request = visitor.send("POST", &[("x-csrf-token", &visitor.token())], "-");
    let junk = HeaderValue::from_static("__Host-session=junk");
    request.headers_mut().insert(COOKIE, junk);
    assert_eq!(visitor.refuses(request).await, CsrfError::NoId);
    log.says("WARN", "advice=\"the request has no accepted session: it has ended");
}
