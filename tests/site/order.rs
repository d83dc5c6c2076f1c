//! The order of the parts is the same for every order of the methods.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use http::header::{CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use sealed_session::{
    AsyncRevocation, CookieSessions, Csrf, CsrfError, EncodeError, FlashHandle, Level, Message,
    RevocationQuery, RevokedSession, Session, SessionHandle, SessionLayer, SiteLayer, Transport,
    Unavailable,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Log, ring, sessions};

type Answer = Response<String>;

/// A store that responds or not.
#[derive(Clone, Default)]
struct Store(Arc<AtomicBool>);

impl Store {
    fn result<R>(&self, said: R) -> Result<R, Unavailable> {
        if self.0.load(Relaxed) { Err(Unavailable::new("down")) } else { Ok(said) }
    }
}

impl AsyncRevocation for Store {
    async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        self.result(false)
    }

    async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        self.result(())
    }
}

/// Writes the body of the request to the session, and pushes "Saved.".
async fn save(request: Request<String>) -> Result<Answer, Infallible> {
    let session: &SessionHandle = request.extensions().get().unwrap();
    let flash: &FlashHandle = request.extensions().get().unwrap();
    session.set("note", request.body());
    flash.push(Level::Success, "Saved.").unwrap();
    Ok(Response::new("done".into()))
}

/// Redirects to the form, with the reason in a message.
fn refuse(parts: &Parts, reason: CsrfError) -> Answer {
    let flash: &FlashHandle = parts.extensions.get().unwrap();
    flash.push(Level::Error, format!("{reason:?}")).unwrap();
    Response::builder().status(303).header(LOCATION, "/form").body(String::new()).unwrap()
}

#[allow(clippy::needless_pass_by_value, reason = "it is given the error")]
fn too_large(error: EncodeError) -> Answer {
    Response::builder().status(507).body(error.to_string()).unwrap()
}

fn down() -> Answer {
    Response::builder().status(503).body("down".into()).unwrap()
}

/// A visitor with the cookie of a session.
struct Visitor {
    sessions: CookieSessions,
    store: Store,
    session: Session,
}

/// The parts of a response: status, body, the note of its session, the texts of its messages.
type Seen = (u16, String, Option<String>, Vec<String>);

impl Visitor {
    fn new() -> Self {
        let store = Store::default();
        let builder = CookieSessions::builder(ring(1)).revocation_async(store.clone());
        let sessions = builder.build().unwrap();
        let mut session = sessions.fresh();
        session.set("user", "alice");
        Self { sessions, store, session }
    }

    fn layer(&self) -> SessionLayer {
        SessionLayer::new(self.sessions.clone())
    }

    async fn post(&self, layer: &impl Site, token: &str, note: &str) -> Seen {
        let request = Request::post("/").header("x-csrf-token", token);
        let cookie = self.sessions.request_cookie(&self.session).unwrap();
        let request = request.header(COOKIE, cookie).body(note.to_owned()).unwrap();
        let response = layer.respond(request).await;
        let session = self.sessions.from_response(response.headers());
        let note = session.and_then(|session| session.get("note").map(str::to_owned));
        let flash = self.sessions.received_flash(response.headers());
        let messages = flash.map(|mut flash| flash.take()).unwrap_or_default();
        let messages = messages.iter().map(Message::text).map(str::to_owned).collect();
        (response.status().as_u16(), response.into_body(), note, messages)
    }

    /// Checks everything that depends on the order.
    async fn sees(&self, layer: impl Site) {
        let token = self.session.csrf_token();
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();

        let saved = self.post(&layer, &token, "milk").await;
        assert_eq!(saved, (200, "done".into(), Some("milk".into()), owned(&["Saved."])));

        let refused = self.post(&layer, "", "milk").await;
        assert_eq!(refused, (303, String::new(), None, owned(&["Empty"])), "with a message");

        let (status, body, note, messages) = self.post(&layer, &token, &"x".repeat(5000)).await;
        assert_eq!(
            (status, note, messages),
            (507, None, vec![]),
            "and nothing says that it is saved"
        );
        assert!(body.contains("Set-Cookie"), "{body}");

        self.store.0.store(true, Relaxed);
        let unchecked = self.post(&layer, "", "milk").await;
        assert_eq!(unchecked, (503, "down".into(), None, vec![]), "before the token is looked at");
        self.store.0.store(false, Relaxed);
    }
}

/// A layer around `save`.
trait Site {
    async fn respond(&self, request: Request<String>) -> Answer;
}

impl<L> Site for L
where
    L: Layer<tower::util::BoxCloneService<Request<String>, Answer, Infallible>>,
    L::Service: Service<Request<String>, Response = Answer, Error = Infallible>,
{
    async fn respond(&self, request: Request<String>) -> Answer {
        let save = tower::util::BoxCloneService::new(service_fn(save));
        self.layer(save).oneshot(request).await.unwrap()
    }
}

#[tokio::test]
async fn every_order_of_the_methods_gives_the_same_order_of_the_parts() {
    let log = Log::default();
    let _listening = log.listen();
    let visitor = Visitor::new();
    let csrf = || Csrf::header_only().on_refused(refuse);
    let never = |_| pending();
    let layer = || visitor.layer();
    visitor
        .sees(
            layer()
                .flash()
                .csrf(csrf())
                .check_revocation(never)
                .on_unchecked(down)
                .on_error(too_large),
        )
        .await;
    visitor
        .sees(
            layer()
                .flash()
                .check_revocation(never)
                .csrf(csrf())
                .on_error(too_large)
                .on_unchecked(down),
        )
        .await;
    visitor
        .sees(
            layer()
                .csrf(csrf())
                .flash()
                .on_error(too_large)
                .check_revocation(never)
                .on_unchecked(down),
        )
        .await;
    visitor
        .sees(
            layer()
                .csrf(csrf())
                .on_error(too_large)
                .check_revocation(never)
                .on_unchecked(down)
                .flash(),
        )
        .await;
    visitor
        .sees(
            layer()
                .check_revocation(never)
                .on_unchecked(down)
                .on_error(too_large)
                .flash()
                .csrf(csrf()),
        )
        .await;
    visitor
        .sees(
            layer()
                .on_error(too_large)
                .check_revocation(never)
                .csrf(csrf())
                .on_unchecked(down)
                .flash(),
        )
        .await;
    let https = Transport::Https;
    visitor
        .sees(
            layer()
                .csrf(csrf())
                .transport(https)
                .check_revocation(never)
                .timeout(std::time::Duration::from_secs(1))
                .flash()
                .on_unchecked(down)
                .on_error(too_large),
        )
        .await;
    assert!(!log.all().contains("FlashLayer is outside"), "{}", log.all());
}

#[tokio::test]
async fn the_transport_holds_for_the_session_and_for_flash_messages() {
    let visitor = Visitor::new();
    let token = visitor.session.csrf_token();
    let (http, csrf) = (Transport::Http, Csrf::header_only);
    let never = |_| pending();
    let layer = || visitor.layer();
    let posted = [
        visitor.post(&layer().transport(http).flash(), &token, "milk").await,
        visitor.post(&layer().flash().transport(http), &token, "milk").await,
        visitor
            .post(&layer().flash().check_revocation(never).transport(http), &token, "milk")
            .await,
        visitor
            .post(&layer().check_revocation(never).transport(http).flash(), &token, "milk")
            .await,
    ];
    for seen in posted {
        assert_eq!(seen, (200, "done".into(), None, vec![]), "nothing is sent");
    }
    // Its session is empty there, so its token is not that of the session.
    let refused = visitor.post(&layer().flash().csrf(csrf()).transport(http), &token, "milk").await;
    assert_eq!((refused.0, refused.2, refused.3), (403, None, vec![]));
    // The same over HTTPS is sent.
    let layer = layer().flash().csrf(csrf()).check_revocation(never).transport(Transport::Https);
    let (_, _, note, messages) = visitor.post(&layer, &token, "milk").await;
    assert_eq!((note.as_deref(), messages.len()), (Some("milk"), 1));
}

#[tokio::test]
async fn by_default_each_error_has_a_text() {
    let visitor = Visitor::new();
    let never = |_| pending();
    let layer = visitor.layer().flash().csrf(Csrf::header_only()).check_revocation(never);
    let token = visitor.session.csrf_token();
    let (status, body, ..) = visitor.post(&layer, "", "").await;
    assert_eq!(status, 403);
    assert!(body.contains("reload the page"), "{body}");
    let (status, body, ..) = visitor.post(&layer, &token, &"x".repeat(5000)).await;
    assert_eq!(status, 500);
    assert!(body.starts_with("The session could not be saved"), "{body}");
    visitor.store.0.store(true, Relaxed);
    let (status, body, ..) = visitor.post(&layer, "", "").await;
    assert_eq!(status, 503);
    assert!(body.starts_with("The session could not be checked"), "{body}");
}

#[tokio::test]
async fn a_hook_has_the_time_that_timeout_gives() {
    /// Never responds.
    struct Hangs;

    impl AsyncRevocation for Hangs {
        async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
            pending().await
        }

        async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
            pending().await
        }
    }

    let sessions = CookieSessions::builder(ring(1)).revocation_async(Hangs).build().unwrap();
    let minute = std::time::Duration::from_secs(60);
    let layer: SiteLayer<_, _> = SessionLayer::new(sessions.clone())
        .flash()
        .check_revocation(move |time| {
            assert_eq!(time, minute);
            std::future::ready(())
        })
        .timeout(minute);
    let cookie = self::sessions().request_cookie(&self::sessions().fresh()).unwrap();
    let request = Request::builder().header(COOKIE, cookie).body(String::new()).unwrap();
    let response = layer.respond(request).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[RETRY_AFTER], "5");
    assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
}
