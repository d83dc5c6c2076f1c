//! Whether a request may change something: what its headers, its form and its session say. The
//! rules are those of [`csrf`](crate::csrf).

use http::{HeaderName, Method, Request, Version};

use crate::csrf::CsrfError;
use crate::csrf::layer::origin::{TrustedOrigins, is_same_origin, other_origin};
use crate::layer::handle::SessionHandle;
use crate::session::payload::Payload;

/// Whether it passes without a token.
pub(super) fn is_exempt<Body>(request: &Request<Body>) -> bool {
    let method = request.method();
    // Over HTTP/2 and later, a CONNECT is the handshake of a WebSocket (RFC 8441), to which a
    // browser cannot add a header. Neither a form nor `fetch` sends this method.
    let is_handshake = method == Method::CONNECT && request.version() >= Version::HTTP_2;
    is_handshake || [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
}

/// What a request's token is verified against.
pub(super) struct Verifier<T>(pub(super) SessionHandle<T>);

impl<T: Payload> Verifier<T> {
    /// What the headers say; `None` if the form has to.
    pub(super) fn by_header<Body>(
        &self,
        request: &Request<Body>,
        trusted: &TrustedOrigins,
        name: &HeaderName,
    ) -> Option<Result<(), CsrfError>> {
        let headers = request.headers();
        if let Some(reason) = other_origin(headers)
            && !trusted.trust(headers)
        {
            return Some(Err(reason));
        }
        // Before any token: none can be right, because the session that it was made for was never
        // issued.
        if is_same_origin(headers) && !self.0.had_cookie() {
            return Some(Ok(()));
        }
        let mut tokens = headers.get_all(name).iter();
        let token = tokens.next()?;
        Some(if tokens.next().is_some() {
            Err(CsrfError::Repeated)
        } else {
            self.verify(token.as_bytes(), request)
        })
    }

    pub(super) fn by_form<Body>(
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
        let for_this = || self.0.verify_csrf_for(token, request.method(), request.uri().path());
        self.0.verify_csrf(token).or_else(|_| for_this())
    }
}

/// Tokens for forms.
impl<T: Payload> SessionHandle<T> {
    /// A token for any form of this session.
    ///
    /// See [`Session::csrf_token`](crate::Session::csrf_token).
    ///
    /// # Panics
    /// If the operating system returns no random bytes.
    pub fn csrf_token(&self) -> String {
        self.write(|session| session.csrf_token())
    }

    /// A token for one method and path.
    ///
    /// See [`Session::csrf_token_for`](crate::Session::csrf_token_for).
    ///
    /// # Errors
    /// An empty method; a method or path of more than 65,535 bytes.
    ///
    /// # Panics
    /// If the operating system returns no random bytes.
    pub fn csrf_token_for(
        &self,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<String, CsrfError> {
        // Before the lock, since it is the caller's code; as below.
        let (method, path) = (method.as_ref(), path.as_ref());
        self.write(|session| session.csrf_token_for(method, path))
    }

    /// Verifies a token for any form of this session.
    ///
    /// See [`Session::verify_csrf`](crate::Session::verify_csrf).
    ///
    /// # Errors
    /// A token that [`csrf_token`](Self::csrf_token) of this session did not make.
    pub fn verify_csrf(&self, token: impl AsRef<[u8]>) -> Result<(), CsrfError> {
        let token = token.as_ref();
        self.read(|session| session.verify_csrf(token))
    }

    /// Verifies a token for one method and path.
    ///
    /// See [`Session::verify_csrf_for`](crate::Session::verify_csrf_for).
    ///
    /// # Errors
    /// A token that [`csrf_token_for`](Self::csrf_token_for) of this session did not make, or made
    /// for another method or path.
    pub fn verify_csrf_for(
        &self,
        token: impl AsRef<[u8]>,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<(), CsrfError> {
        let (token, method, path) = (token.as_ref(), method.as_ref(), path.as_ref());
        self.read(|session| session.verify_csrf_for(token, method, path))
    }
}
