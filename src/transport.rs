//! How the client reached the site.

/// How the client reached the site.
///
/// A session of one transport is never accepted over the other. The library does not guess the
/// transport: a server with two listeners puts it into `Request::extensions`.
///
/// ```
/// use http::Request;
/// use sealed_session::{CookieSessions, Keyring, Rejection, Transport};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let mut request = Request::builder().header("cookie", sessions.request_cookie(&sessions.fresh())?).body(())?;
/// request.extensions_mut().insert(Transport::Http); // by the listener on port 80
/// assert_eq!(sessions.decode(&request).rejection(), Some(&Rejection::OtherTransport));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// With TLS, which ends at this server or at a proxy.
    Https,
    /// Without TLS.
    Http,
}
