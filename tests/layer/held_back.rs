//! A request from another site through the layer, which sees its method and decodes it late.

use std::convert::Infallible;

use http::header::{COOKIE, ORIGIN, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response};
use sealed_session::{CookieSessions, Issue, SameSite, SessionHandle, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::ring;
#[cfg(feature = "revocation")]
use crate::support::sessions;

const ISSUES: [Issue; 2] = [Issue::Lazy, Issue::Eager];

fn coder(same_site: SameSite, issue: Issue) -> CookieSessions {
    CookieSessions::builder(ring(1)).same_site(same_site).issue(issue).build().unwrap()
}

/// A request that another site has a browser send.
fn cross_site(method: Method, dest: &'static str) -> Request<()> {
    let is_safe = method.is_safe();
    let mut request = Request::builder()
        .method(method)
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", dest)
        .body(())
        .unwrap();
    if !is_safe {
        request.headers_mut().insert(ORIGIN, HeaderValue::from_static("null"));
    }
    request
}

fn link() -> Request<()> {
    cross_site(Method::GET, "document")
}

fn form() -> Request<()> {
    cross_site(Method::POST, "document")
}

fn with_origin(mut request: Request<()>, origin: Option<&'static str>) -> Request<()> {
    request.headers_mut().remove(ORIGIN);
    request.headers_mut().extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
    request
}

/// What a handler does.
type Work = fn(&SessionHandle);

/// Whether the response to a request sets a cookie.
async fn is_set(sessions: &CookieSessions, request: Request<()>, work: Work) -> bool {
    through(SessionLayer::new(sessions.clone()), request, work).await
}

async fn through<L>(layer: L, request: Request<()>, work: Work) -> bool
where
    L: Layer<tower::util::BoxCloneService<Request<()>, Response<String>, Infallible>>,
    L::Service: tower::Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let handler = service_fn(move |mut request: Request<()>| async move {
        let handle: SessionHandle = request.extensions().get().cloned().unwrap();
        // The inner service changes the request; the session is that of the request on arrival.
        request.headers_mut().clear();
        *request.method_mut() = Method::GET;
        work(&handle);
        Ok(Response::new(String::new()))
    });
    let service = layer.layer(tower::util::BoxCloneService::new(handler));
    service.oneshot(request).await.unwrap().headers().contains_key(SET_COOKIE)
}

fn write(session: &SessionHandle) {
    session.set("user", "alice");
}

fn look(session: &SessionHandle) {
    session.get("user");
}

fn ask_for_id(session: &SessionHandle) {
    session.with(|session| drop(session.id().expose_base64url()));
}

type Arrives = fn() -> Request<()>;

#[tokio::test]
async fn an_id_that_a_handler_asked_for_replaces_no_cookie_that_the_browser_holds_back() {
    use SameSite::{Lax, Strict};
    let rows: [(SameSite, Arrives, bool); 10] = [
        (Strict, link, false),
        (Strict, form, false),
        (Lax, form, false),
        (Lax, || cross_site(Method::GET, "iframe"), false),
        (Lax, link, true),
        (Lax, || cross_site(Method::HEAD, "document"), true),
        (SameSite::None, form, true),
        (Strict, || Request::new(()), true),
        // The method decides if it is known.
        (Lax, || with_origin(form(), None), false),
        (Lax, || with_origin(link(), Some("https://other.test")), true),
    ];
    for (n, (same_site, request, expected)) in rows.into_iter().enumerate() {
        for issue in ISSUES {
            let sessions = coder(same_site, issue);
            let eager = issue == Issue::Eager;
            assert_eq!(is_set(&sessions, request(), ask_for_id).await, expected, "row {n}");
            assert_eq!(is_set(&sessions, request(), look).await, expected && eager, "row {n}");
            assert_eq!(is_set(&sessions, request(), |_| {}).await, expected && eager, "row {n}");
            assert!(is_set(&sessions, request(), write).await, "row {n}");
        }
    }
}

#[cfg(feature = "csrf")]
#[tokio::test]
async fn a_form_shown_after_a_link_is_issued_a_session_under_lax_and_none_under_strict() {
    let show: Work = |session| drop(session.csrf_token());
    for issue in ISSUES {
        assert!(is_set(&coder(SameSite::Lax, issue), link(), show).await);
        assert!(!is_set(&coder(SameSite::Strict, issue), link(), show).await);
    }
}

#[tokio::test]
async fn a_log_out_from_another_site_removes_the_cookie_that_was_sent_and_nothing_else() {
    for issue in ISSUES {
        let sessions = coder(SameSite::Lax, issue);
        assert!(!is_set(&sessions, form(), SessionHandle::invalidate).await);
        for cookie in [
            sessions.request_cookie(&sessions.fresh()).unwrap(),
            HeaderValue::from_static("__Host-session=AAAA"),
        ] {
            let mut request = form();
            request.headers_mut().insert(COOKIE, cookie);
            assert!(is_set(&sessions, request, SessionHandle::invalidate).await);
        }
    }
}

/// A hook that says that every session has ended.
#[cfg(feature = "revocation")]
struct Everybody;

#[cfg(feature = "revocation")]
impl sealed_session::AsyncRevocation for Everybody {
    async fn is_revoked(
        &self,
        _: &sealed_session::RevocationQuery,
    ) -> Result<bool, sealed_session::Unavailable> {
        Ok(true)
    }

    async fn revoke(
        &self,
        _: &sealed_session::RevokedSession,
    ) -> Result<(), sealed_session::Unavailable> {
        Ok(())
    }
}

#[cfg(feature = "revocation")]
#[tokio::test]
async fn the_layer_that_waits_for_a_hook_does_the_same() {
    let build = |same_site| {
        let builder = CookieSessions::builder(ring(1)).same_site(same_site).issue(Issue::Eager);
        builder.revocation_async(Everybody).build().unwrap()
    };
    let revoked = sessions().request_cookie(&sessions().fresh()).unwrap();
    let cookies = [None, Some(HeaderValue::from_static("__Host-session=AAAA")), Some(revoked)];
    for (same_site, request, expected) in [
        (SameSite::Lax, form as fn() -> Request<()>, false),
        (SameSite::Strict, link, false),
        (SameSite::Lax, link, true),
        (SameSite::None, form, true),
    ] {
        for cookie in &cookies {
            let mut request = request();
            request.headers_mut().extend(cookie.clone().map(|cookie| (COOKIE, cookie)));
            let layer = SessionLayer::new(build(same_site));
            let layer = layer.check_revocation(tokio::time::sleep);
            let set = through(layer, request, ask_for_id).await;
            assert_eq!(set, expected, "{same_site:?}, {cookie:?}");
        }
    }
}
