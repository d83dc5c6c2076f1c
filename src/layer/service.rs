//! The service of the layer: it gives the request a handle, and sends the session with the
//! response.

use std::any::TypeId;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};

use http::request::Parts;
use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::decode::adopt::old_cookies;
use crate::decode::held_back_or_dropped;
use crate::error::{EncodeError, Unavailable};
use crate::header::CookieIdentity;
use crate::layer::handle::SessionHandle;
use crate::layer::on_error::{OnError, PlainError};
use crate::layer::{BelongsInside, SessionLayer};
use crate::log::Log;
use crate::session::dict::Dict;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;

impl<S, T, E: Clone> Layer<S> for SessionLayer<T, E> {
    type Service = SessionService<S, T, E>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

impl<T, E> SessionLayer<T, E> {
    /// Puts a handle into the request. It replaces the handle of an outer layer of the same payload
    /// type, which must not have the same cookie; nor may those of other types, which stay.
    pub(crate) fn arrive<B>(
        &self,
        request: &mut Request<B>,
    ) -> (SessionHandle<T>, Option<NotCalled>)
    where
        T: Payload + Send + 'static,
    {
        if !self.has_flash && request.extensions().get::<BelongsInside>().is_some() {
            self.sessions.0.log.flash_outside();
        }
        if let Some(transport) = self.transport {
            // For the layers inside too, such as that of flash messages.
            request.extensions_mut().insert(transport);
        }
        let passive = self.passive.as_ref().is_some_and(|passive| with_parts(request, &**passive));
        let transport = request.extensions().get().copied().unwrap_or(self.sessions.transport());
        let headers = request.headers();
        let (method, uri) = (Some(request.method()), Some(request.uri()));
        let (held_back, dropped) = held_back_or_dropped(&self.sessions.0, headers, method, uri);
        let (transport, old_cookies) = (Some(transport), old_cookies(&self.sessions.0, headers));
        let known = RequestInfo { old_cookies, ..RequestInfo::default() };
        let info = RequestInfo { transport, held_back, dropped, passive, ..known };
        let handle = SessionHandle::arriving(self.sessions.clone(), headers, info);
        let cookie = self.sessions.0.set_cookie.identity();
        let outer = request.extensions_mut().insert(handle.clone());
        let mut is_second = outer.is_some_and(|outer| outer.may_send(cookie));
        HandleType::add::<T>();
        HandleType::visit_others::<T>(request.extensions(), |other, _| {
            is_second |= other == cookie;
        });
        (handle, is_second.then_some(NotCalled::TwoLayers))
    }

    /// Responds in place of the inner service.
    pub(crate) fn refuse<B>(&self, reason: NotCalled) -> Response<B>
    where
        E: OnError<B>,
    {
        match reason {
            NotCalled::Unchecked => {
                let waits = self.sessions.0.gate.as_ref().is_some_and(|gate| gate.waits());
                let error =
                    if waits { Unavailable::not_asked() } else { Unavailable::not_checked() };
                self.on_error.respond_unchecked(error)
            }
            NotCalled::TwoLayers => {
                let config = &self.sessions.0;
                config.log.two_layers(config.set_cookie.name(), config.clock.unix_seconds());
                self.on_error.respond(EncodeError::TwoLayers)
            }
        }
    }

    /// Sends the session with the response.
    pub(crate) fn finish<B>(
        &self,
        handle: &mut SessionHandle<T>,
        mut response: Response<B>,
    ) -> Response<B>
    where
        T: Payload,
        E: OnError<B>,
    {
        match handle.send(&self.sessions, &mut response) {
            Ok(()) => response,
            Err(error) => self.on_error.respond(error),
        }
    }
}

/// A payload type of handles; each request is asked for one type after another.
// A list of its handles in the request would cost every request an allocation.
pub(super) struct HandleType {
    payload: TypeId,
    visit: fn(&Extensions, &mut Visit<'_>),
    next: OnceLock<Box<Self>>,
}

/// What is called with the cookie and the log of a handle.
type Visit<'v> = dyn FnMut(CookieIdentity<'_>, &Log) + 'v;

/// The payload types of all layers in this process that have had a request.
static HANDLE_TYPES: OnceLock<HandleType> = OnceLock::new();

impl HandleType {
    fn of<T: Send + 'static>() -> Self {
        let visit = |extensions: &Extensions, visit: &mut Visit<'_>| {
            let handle = extensions.get::<SessionHandle<T>>();
            // Not waited for: this thread may be in a closure that was given the session.
            let sessions = handle.and_then(|handle| handle.0.try_lock().ok()?.sessions.clone());
            if let Some(sessions) = sessions {
                visit(sessions.0.set_cookie.identity(), &sessions.0.log);
            }
        };
        Self { payload: TypeId::of::<T>(), visit, next: OnceLock::new() }
    }

    fn add<T: Send + 'static>() {
        let mut known = HANDLE_TYPES.get_or_init(Self::of::<T>);
        while known.payload != TypeId::of::<T>() {
            known = known.next.get_or_init(|| Box::new(Self::of::<T>()));
        }
    }

    /// Visits the handles of a request that have another payload type.
    pub(super) fn visit_others<T: 'static>(
        extensions: &Extensions,
        mut visit: impl FnMut(CookieIdentity<'_>, &Log),
    ) {
        let mut next = HANDLE_TYPES.get();
        while let Some(known) = next {
            if known.payload != TypeId::of::<T>() {
                (known.visit)(extensions, &mut visit);
            }
            next = known.next.get().map(Box::as_ref);
        }
    }
}

/// Lends the parts of a request, which `http` only takes out of one that is given away.
fn with_parts<B, R>(request: &mut Request<B>, read: impl FnOnce(&Parts) -> R) -> R {
    let mut lent = Request::new(());
    swap_parts(request, &mut lent);
    let (parts, ()) = lent.into_parts();
    let result = read(&parts);
    swap_parts(request, &mut Request::from_parts(parts, ()));
    result
}

fn swap_parts<A, B>(one: &mut Request<A>, other: &mut Request<B>) {
    mem::swap(one.method_mut(), other.method_mut());
    mem::swap(one.uri_mut(), other.uri_mut());
    mem::swap(one.version_mut(), other.version_mut());
    mem::swap(one.headers_mut(), other.headers_mut());
    mem::swap(one.extensions_mut(), other.extensions_mut());
}

/// Why the inner service is not called.
#[derive(Clone, Copy)]
pub(crate) enum NotCalled {
    /// An outer layer has the same cookie.
    TwoLayers,
    /// A revocation hook did not respond.
    Unchecked,
}

/// The service of a [`SessionLayer`].
pub struct SessionService<S, T = Dict, E = PlainError> {
    inner: S,
    layer: SessionLayer<T, E>,
}

impl<S: Clone, T, E: Clone> Clone for SessionService<S, T, E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, T, E> fmt::Debug for SessionService<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}

impl<S, T, E, Body, ResBody> Service<Request<Body>> for SessionService<S, T, E>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    T: Payload + Send + 'static,
    E: OnError<ResBody> + Clone,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = SessionFuture<S::Future, T, E>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (handle, not_called) = self.layer.arrive(&mut request);
        let has_gate = self.layer.sessions.0.gate.is_some();
        let not_called = not_called
            .or_else(|| (has_gate && handle.is_unchecked()).then_some(NotCalled::Unchecked));
        let inner = not_called.is_none().then(|| self.inner.call(request));
        SessionFuture { inner, not_called, handle, layer: self.layer.clone() }
    }
}

pin_project! {
    /// The future of a [`SessionService`].
    pub struct SessionFuture<F, T, E> {
        // `None` if it is not called, and after it has responded.
        #[pin]
        inner: Option<F>,
        not_called: Option<NotCalled>,
        handle: SessionHandle<T>,
        layer: SessionLayer<T, E>,
    }

    impl<F, T, E> PinnedDrop for SessionFuture<F, T, E> {
        // Also when the client hangs up, or a layer with a time limit gives up: what is written
        // from then on is lost.
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.inner.is_some() {
                this.handle.close();
            }
        }
    }
}

impl<F, T, E, ResBody, Error> Future for SessionFuture<F, T, E>
where
    F: Future<Output = Result<Response<ResBody>, Error>>,
    T: Payload,
    E: OnError<ResBody>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            // A future that has ended stays pending.
            let Some(reason) = this.not_called.take() else { return Poll::Pending };
            return Poll::Ready(Ok(this.layer.refuse(reason)));
        };
        let outcome = ready!(inner.poll(context));
        // It may still have the request, with a handle that is not used anymore.
        this.inner.set(None);
        Poll::Ready(match outcome {
            Ok(response) => Ok(this.layer.finish(this.handle, response)),
            Err(error) => {
                this.handle.abandon(&this.layer.sessions);
                Err(error)
            }
        })
    }
}

impl<F, T, E> fmt::Debug for SessionFuture<F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").field("handle", &self.handle).finish_non_exhaustive()
    }
}
