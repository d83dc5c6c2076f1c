//! Moving in from another library.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;

use super::Builder;
use super::validate::{ATTRIBUTE, is_attribute_byte, require};
use crate::error::ConfigError;
use crate::header::is_token_byte;
use crate::session::adoption::{Adopted, Adoption, OldCookie};
use crate::session::origin::{BuildScope, OldCookiesSent};
use crate::session::payload::Payload;
use crate::token::times::unix_seconds;

/// Moving in from another library.
impl<T: Payload> Builder<T> {
    /// Accepts the sessions of another library, so that nobody has to be logged out.
    ///
    /// The hook opens an old cookie with the library that sealed it. What it returns is the session
    /// of the request, and the response sets the cookie of these sessions. [The
    /// guides](crate::guide::migration) show the hook for several libraries, and the steps of a
    /// deploy.
    ///
    /// The first of the `cookies` holds the session; the others may add to it. The hook is asked if
    /// the request has that cookie and none with the session's name. It is not asked from `until`
    /// on, nor if the browser may have [held back](crate::guide::cross_site) the session's cookie,
    /// nor if an old cookie came with two values. It gets the headers of the request, with the old
    /// cookies in the `Cookie` header and no others, and the time in whole seconds.
    ///
    /// The session is checked like one of these sessions, and nobody gains time: its timeouts count
    /// from the time given to [`Adopted::new`], and it ends at [`Adopted::expires_at`] at the
    /// latest. Its id is derived from the old cookie. So two requests at once have the same
    /// session, and a session that was [revoked](crate::Session::revoke) is not adopted again.
    ///
    /// With a layer this happens when the session is first used. If a handler does not use it, the
    /// response stays as it is.
    ///
    /// The response to a log-out removes the old cookies that came with the request, and those with
    /// another path, which the browser may not have sent. So does a response that sets a session
    /// with a new id: after [`renew`](crate::Session::renew) or
    /// [`confirm`](crate::Session::confirm), or because the session of the request was rejected. If
    /// the hook returned `None`, such a response leaves the old cookies. Other responses leave them
    /// until [`OldCookie::remove_from`].
    ///
    /// A [passive](crate::Session::passive) request has the session too, but does not set the cookie
    /// unless something is written: a page that polls does not keep an old session alive.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use http::{Request, Response};
    /// use sealed_session::{Adopted, CookieSessions, Dict, Keyring, OldCookie, Sent};
    /// # fn open(headers: &http::HeaderMap) -> Option<String> {
    /// #     headers["cookie"].to_str().ok()?.strip_prefix("id=sealed-").map(Into::into)
    /// # }
    ///
    /// let deployed = UNIX_EPOCH + Duration::from_secs(1_790_000_000); // in the past, never `now()`
    /// let month = Duration::from_secs(30 * 24 * 3600);
    /// let sessions = CookieSessions::builder(Keyring::ephemeral())
    ///     .adopt(deployed + month, [OldCookie::new("id")], move |headers, _now| {
    ///         let mut data = Dict::default();
    ///         data.set("user", open(headers)?); // with the library that sealed it
    ///         Some(Adopted::new(data, deployed))
    ///     })
    ///     .build()?;
    ///
    /// let headers = Request::builder().header("cookie", "id=sealed-alice").body(())?.into_parts().0.headers;
    /// let session = sessions.decode_at(&headers, sessions.transport(), deployed);
    /// assert_eq!(session.get("user"), Some("alice"));
    /// let mut response = Response::new(());
    /// let status = response.status();
    /// let sent = sessions.encode_at(&session, response.headers_mut(), status, deployed)?;
    /// assert_eq!(sent, Sent::Set); // nothing was written
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Of [`build`](Self::build): no old cookie, or more than 16; a name that is no token, or is
    /// that of these sessions; a path or domain that no cookie has. An `until` in the past is
    /// logged at WARN.
    ///
    /// # Security
    /// The hook must accept nothing that its library did not encrypt or sign: what it returns is
    /// believed. If the old library accepts spellings of one cookie that differ in more than white
    /// space, quotes and percent-encoding, each of them becomes a session of its own, and `revoke`
    /// ends only one. A panic in the hook is a panic in `decode`.
    pub fn adopt(
        mut self,
        until: SystemTime,
        cookies: impl IntoIterator<Item = OldCookie>,
        hook: impl Fn(&HeaderMap, SystemTime) -> Option<Adopted<T>> + Send + Sync + 'static,
    ) -> Self {
        self.adoption = Some(Adoption {
            hook: AssertUnwindSafe(Arc::new(hook)),
            until: unix_seconds(until),
            cookies: cookies.into_iter().collect(),
            build: BuildScope::new(b"adopted"),
        });
        self
    }
}

pub(super) fn check_adoption<T>(
    adoption: Option<&Adoption<T>>,
    name: &str,
) -> Result<(), ConfigError> {
    let Some(Adoption { cookies, .. }) = adoption else { return Ok(()) };
    let count = cookies.len();
    let is_few = (1..=OldCookiesSent::MAX).contains(&count);
    require(is_few, "adopt", &count, "1 to 16 old cookies")?;
    cookies.iter().try_for_each(|cookie| check_old_cookie(cookie, name))
}

fn check_old_cookie(cookie: &OldCookie, name: &str) -> Result<(), ConfigError> {
    let OldCookie { name: old, path, domain, .. } = cookie;
    let is_token = !old.is_empty() && old.bytes().all(is_token_byte);
    let token = "an old cookie whose name is an RFC 6265 token";
    require(is_token, "adopt", old, token)?;
    require(old != name, "adopt", old, "an old cookie with another name than the session's")?;
    let slash = "an old cookie whose path starts with /";
    require(path.starts_with('/'), "adopt", path, slash)?;
    let domain = domain.as_deref().unwrap_or_default();
    for attribute in [path, domain] {
        require(attribute.bytes().all(is_attribute_byte), "adopt", &attribute, ATTRIBUTE)?;
    }
    Ok(())
}
