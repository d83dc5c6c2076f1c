//! Whether a request may change something: what its header fields, its form and its session say (features `csrf` and
//! `tower`). The rules stand in [`csrf_layer`](crate::csrf::layer).

use http::header::HeaderMap;
use http::{Method, Request, Response};

use crate::csrf::CsrfError;
use crate::csrf::layer::OnRefused;
use crate::layer::handle::SessionHandle;
use crate::log;
use crate::session::payload::Payload;

pub(crate) fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
}

/// What a token is held against, and what is answered if it does not fit.
pub(crate) struct Judge<T, R> {
    pub(crate) session: SessionHandle<T>,
    pub(crate) on_refused: R,
}

impl<T: Payload, R> Judge<T, R> {
    /// What the header fields say; `None` if the form has to.
    pub(crate) fn by_header<Body>(&self, request: &Request<Body>) -> Option<Result<(), CsrfError>> {
        if is_cross_site(request.headers()) {
            return Some(Err(CsrfError::CrossSite));
        }
        let mut tokens = request.headers().get_all("x-csrf-token").iter();
        let token = tokens.next()?;
        Some(if tokens.next().is_some() {
            Err(CsrfError::Repeated)
        } else {
            self.verify(token.as_bytes(), request)
        })
    }

    pub(crate) fn by_form<Body>(
        &self,
        request: &Request<Body>,
        values: &[String],
    ) -> Result<(), CsrfError> {
        match values {
            [] => Err(CsrfError::Missing),
            [token] => self.verify(token.as_bytes(), request),
            _ => Err(CsrfError::Repeated),
        }
    }

    fn verify<Body>(&self, token: &[u8], request: &Request<Body>) -> Result<(), CsrfError> {
        let for_this =
            || self.session.verify_csrf_for(token, request.method(), request.uri().path());
        self.session.verify_csrf(token).or_else(|_| for_this())
    }

    pub(crate) fn refuse<Answer>(&self, reason: CsrfError) -> Response<Answer>
    where
        R: OnRefused<Answer>,
    {
        // This opens the session, for every reason: what decoding leaves on the answer must not tell them apart.
        log::csrf_refused(&reason, self.session.label());
        self.on_refused.answer(reason)
    }
}

/// Whether the browser says so: exactly these letters, perhaps with parameters (W3C Fetch Metadata, RFC 9651).
fn is_cross_site(headers: &HeaderMap) -> bool {
    let values = headers.get_all("sec-fetch-site").iter();
    let mut items = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    items.any(|item| {
        item.split(|byte| *byte == b';').next().map(<[u8]>::trim_ascii) == Some(b"cross-site")
    })
}

/// Tokens for forms (feature `csrf`).
impl<T: Payload> SessionHandle<T> {
    /// See [`Session::csrf_token`](crate::Session::csrf_token).
    ///
    /// # Panics
    /// If the operating system has no randomness to give.
    pub fn csrf_token(&self) -> String {
        self.with(|session| session.csrf_token())
    }

    /// See [`Session::csrf_token_for`](crate::Session::csrf_token_for).
    ///
    /// # Errors
    /// An empty method; a method or path of more than 65,535 bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness to give.
    pub fn csrf_token_for(
        &self,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<String, CsrfError> {
        self.with(|session| session.csrf_token_for(method, path))
    }

    /// See [`Session::verify_csrf`](crate::Session::verify_csrf).
    ///
    /// # Errors
    /// Whatever is no token of this session that is good for every form.
    pub fn verify_csrf(&self, token: impl AsRef<[u8]>) -> Result<(), CsrfError> {
        self.read(|session| session.verify_csrf(token))
    }

    /// See [`Session::verify_csrf_for`](crate::Session::verify_csrf_for).
    ///
    /// # Errors
    /// Whatever is no token of this session, method and path.
    pub fn verify_csrf_for(
        &self,
        token: impl AsRef<[u8]>,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<(), CsrfError> {
        self.read(|session| session.verify_csrf_for(token, method, path))
    }
}
