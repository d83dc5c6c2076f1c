//! The layer: it gives the request a handle, and sends the messages with the response.

#[cfg(feature = "axum")]
mod extract;
mod handle;

#[cfg(feature = "axum")]
pub use extract::MissingFlashLayer;
pub use handle::FlashHandle;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::flash::cookie::{PURPOSE, has_body, may_have_body};
use crate::flash::layer::handle::{Coder, FlashCoder};
use crate::layer::BelongsInside;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::transport::Transport;

/// Gives every request a [`FlashHandle`], and sends the messages with the response.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, FlashError, FlashHandle, FlashLayer, Keyring, Level};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// async fn save(request: Request<()>) -> Result<Response<String>, FlashError> {
///     let flash: &FlashHandle = request.extensions().get().unwrap();
///     flash.push(Level::Success, "Saved.")?;
///     Ok(Response::new(String::new()))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let layer = FlashLayer::new(sessions.clone());
/// let service = ServiceBuilder::new().layer(layer).service_fn(save);
/// let response = service.oneshot(Request::new(())).await?;
/// let mut flash = sessions.received_flash(response.headers()).unwrap();
/// assert_eq!(flash.take()[0].text(), "Saved.");
/// # Ok(())
/// # }
/// ```
///
/// # Where to put it
///
/// [`SessionLayer::flash`](crate::SessionLayer::flash) puts it in the right place: inside every
/// `SessionLayer`. When a session cannot be sent, that layer replaces the response by an error, and
/// a message such as "You are logged out." is dropped with the response. From outside, the message
/// would be sent with the error; the log then has a warning, once.
///
/// Inside another `FlashLayer` it takes over: the outer one sends nothing.
///
/// To put another layer between the two, add it by itself:
///
/// ```
/// use axum::{Router, routing::get};
/// use sealed_session::{CookieSessions, FlashLayer, Keyring, SessionLayer};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let app: Router = Router::new()
///     .route("/", get(async || "Hello."))
///     .layer(FlashLayer::new(sessions.clone()))
///     // another layer
///     .layer(SessionLayer::new(sessions)); // with axum the last one is outermost
/// ```
#[derive(Clone)]
#[must_use]
pub struct FlashLayer {
    coder: Arc<dyn Coder>,
    transport: Option<Transport>,
}

impl FlashLayer {
    /// Makes a layer for the flash messages of these sessions.
    pub fn new<T: Payload + 'static>(sessions: CookieSessions<T>) -> Self {
        let cookie = sessions.0.other_cookie(PURPOSE);
        Self { coder: Arc::new(FlashCoder { config: sessions.0, cookie }), transport: None }
    }

    /// Sets how clients reach the listener that this layer serves.
    ///
    /// It takes precedence over a [`Transport`] in the request's extensions and over the sessions'
    /// own.
    pub fn transport(self, transport: Transport) -> Self {
        Self { transport: Some(transport), ..self }
    }
}

impl fmt::Debug for FlashLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashLayer").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for FlashLayer {
    type Service = FlashService<S>;

    fn layer(&self, inner: S) -> FlashService<S> {
        FlashService { inner, layer: self.clone() }
    }
}

/// The service of a [`FlashLayer`].
#[derive(Clone, Debug)]
pub struct FlashService<S> {
    inner: S,
    layer: FlashLayer,
}

impl<S, Body, ResBody> Service<Request<Body>> for FlashService<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = FlashFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let FlashLayer { coder, transport } = &self.layer;
        let transport = transport.or_else(|| request.extensions().get().copied());
        let transport = transport.unwrap_or(coder.transport());
        let handle = FlashHandle::arriving(Arc::clone(coder), request.headers(), transport);
        request.extensions_mut().insert(handle.clone());
        request.extensions_mut().insert(BelongsInside);
        let (coder, may_have_body) = (Arc::clone(coder), may_have_body(request.method()));
        FlashFuture { inner: self.inner.call(request), handle, coder, may_have_body }
    }
}

pin_project! {
    /// The future of a [`FlashService`].
    pub struct FlashFuture<F> {
        #[pin]
        inner: F,
        handle: FlashHandle,
        coder: Arc<dyn Coder>,
        // Whether a response to the method of the request may have a body.
        may_have_body: bool,
    }

    impl<F> PinnedDrop for FlashFuture<F> {
        // Also when the client hangs up, or a layer with a time limit gives up: what is pushed
        // from then on is refused.
        fn drop(this: Pin<&mut Self>) {
            this.handle.close();
        }
    }
}

impl<F, ResBody, Error> Future for FlashFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(context));
        match &mut response {
            Ok(response) => {
                let has_body = *this.may_have_body && has_body(response.status());
                this.handle.send(&**this.coder, response.headers_mut(), has_body);
            }
            Err(_) => this.handle.close(),
        }
        Poll::Ready(response)
    }
}

impl<F> fmt::Debug for FlashFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashFuture").field("handle", &self.handle).finish_non_exhaustive()
    }
}
