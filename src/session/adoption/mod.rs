//! Moving in from another library: a session in one of its cookies becomes a session of ours.
//!
//! ```text
//! Cookie headers ─► old cookies ─► hook of the application ─► Adopted ─► limits, gate ─► session
//! ```
//!
//! An old cookie is untrusted. Only the hook opens it, with the library that sealed it.

mod adopted;
mod old_cookie;
#[cfg(test)]
mod vectors;

pub use adopted::Adopted;
pub use old_cookie::OldCookie;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};

use crate::header;
use crate::keys::keyring::KeyRole;
use crate::session::origin::{BuildScope, OldCookiesSent, Origin};
use crate::session::typed::Encoding;
use crate::token::MAX_COOKIE;
use crate::token::id::{KeyId, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::{Times, instant};

/// The hook: it opens the old cookies of a request at a time.
pub(crate) type AdoptHook<T> = dyn Fn(&HeaderMap, SystemTime) -> Option<Adopted<T>> + Send + Sync;

/// How old sessions are adopted.
pub(crate) struct Adoption<T> {
    pub(crate) hook: AssertUnwindSafe<Arc<AdoptHook<T>>>,
    /// The first second at which the hook is not asked anymore.
    pub(crate) until: u64,
    /// The first one holds the session.
    pub(crate) cookies: Vec<OldCookie>,
    /// What an adopted session counts as decoded by: another build. So it is always sealed, and by
    /// whatever secret is current then.
    pub(crate) build: BuildScope,
}

/// What the hook is asked about.
pub(crate) struct AdoptQuery {
    /// The id of the session that it would be.
    pub(crate) id: SessionId,
    /// The headers of the request, with the old cookies only.
    headers: HeaderMap,
}

impl<T> Adoption<T> {
    /// Which old cookies a request has.
    pub(crate) fn sent(&self, headers: &HeaderMap) -> OldCookiesSent {
        let is_sent = |cookie: &OldCookie| values(headers, &cookie.name).next().is_some();
        let sent = self.cookies.iter().enumerate().filter(|(_, cookie)| is_sent(cookie));
        OldCookiesSent::new(sent.map(|(index, _)| index))
    }

    /// The value of the cookie that holds the session, as it was sent, and what to ask the hook.
    pub(crate) fn query<'h>(
        &self,
        headers: &'h HeaderMap,
    ) -> Option<(&'h [u8], Result<AdoptQuery, Rejection>)> {
        let name = &self.cookies.first()?.name;
        let text = values(headers, name).next()?;
        Some((text, self.query_about(headers, name, text)))
    }

    fn query_about(
        &self,
        headers: &HeaderMap,
        name: &str,
        text: &[u8],
    ) -> Result<AdoptQuery, Rejection> {
        // The hook gets the cookie that the id is derived from, and no other. Libraries differ in
        // which of two values they take, and in what counts as a name: one that decodes `%75ser`
        // to `user` would otherwise open another cookie than the one that was revoked.
        let mut pairs = Vec::new();
        for cookie in &self.cookies {
            let mut sent = values(headers, &cookie.name);
            let Some(value) = sent.next() else { continue };
            if sent.any(|other| other != value) {
                return Err(Rejection::Ambiguous);
            }
            if cookie.name.len() + 1 + value.len() > MAX_COOKIE {
                return Err(Rejection::TooLong);
            }
            // Some libraries trim white space of any alphabet.
            if !value.iter().all(|byte| (b' '..=b'~').contains(byte)) {
                return Err(Rejection::Malformed);
            }
            let separator: &[u8] = if pairs.is_empty() { b"" } else { b"; " };
            pairs.extend([separator, cookie.name.as_bytes(), b"=", value].concat());
        }
        let mut headers = headers.clone();
        let mut pairs = HeaderValue::from_bytes(&pairs).map_err(|_| Rejection::Malformed)?;
        pairs.set_sensitive(true);
        headers.insert(COOKIE, pairs);
        let id = SessionId::of_old_cookie(name, &old_cookie::canonical(text));
        Ok(AdoptQuery { id, headers })
    }

    /// What an adopted session comes from.
    pub(crate) fn origin(&self, id: SessionId, times: Times, encoding: Encoding) -> Origin {
        Origin {
            build: self.build,
            id,
            // None has opened it: `encode` asks for the secret only if the build is its own.
            secret: KeyId([0; 2]),
            role: KeyRole::Previous,
            times,
            encoding,
            payload: None,
            renewed: false,
        }
    }

    /// Whether a session is one that was adopted with this request.
    pub(crate) fn made(&self, origin: &Origin) -> bool {
        origin.build.is_same_build(&self.build)
    }

    /// Asks the hook.
    pub(crate) fn ask(&self, query: &AdoptQuery, now: u64) -> Option<Adopted<T>> {
        (self.hook)(&query.headers, instant(now))
    }
}

/// The values of the cookies called `name`, without white space around them.
fn values<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h [u8]> {
    header::cookies(headers.get_all(COOKIE).into_iter(), name).map(header::trim)
}
