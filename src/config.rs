//! The configuration that the builder makes of its settings, and `CookieSessions`, which shares it.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::keys::shared::SharedKeys;
use crate::keys::table::Purpose;
use crate::log::Log;
use crate::log::setup::KeyNames;
use crate::session::adoption::Adoption;
use crate::session::dict::Dict;
use crate::session::gate::{RevocationGate, Subject};
use crate::session::lifetime::Limits;
use crate::session::origin::{BuildScope, Origin};
use crate::session::payload::Schemas;
use crate::session::typed::Shape;
use crate::set_cookie::SetCookie;
use crate::token::scope::Scope;
use crate::token::times::unix_seconds;
use crate::transport::Transport;

/// Which requests of other sites carry the cookie (RFC 6265bis section 4.1.2.7).
///
/// If a request from another site does not carry the cookie, the browser may still have one. So the
/// response sets a session only if something is written: see [the guide](crate::guide::cross_site).
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Keyring, Sent};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let form = |site| Request::post("/pay").header("sec-fetch-site", site).body(()).unwrap();
///
/// let session = sessions.decode(&form("same-origin"));
/// session.id(); // a reason to issue the session
/// assert_eq!(sessions.encode(&session, &mut Response::new(()))?, Sent::Set);
///
/// let session = sessions.decode(&form("cross-site"));
/// session.id();
/// assert_eq!(sessions.encode(&session, &mut Response::new(()))?, Sent::Unchanged);
/// # Ok::<(), sealed_session::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// Never sent on cross-site requests.
    ///
    /// A link from another site leads to a page without the session, even after a reload. A form on
    /// that page has a CSRF token that is rejected if the user is logged in. On a first visit there
    /// is no cookie at all, and `CsrfLayer` (feature `csrf`) lets the form pass without a token.
    Strict,
    /// Sent when a link from another site is followed, not on other cross-site requests.
    ///
    /// A form of another site, such as the return from a payment, comes without the session. What
    /// is written in response replaces the session.
    Lax,
    /// Sent on all requests, from every site. It needs HTTPS.
    None,
}

impl SameSite {
    /// As the `Set-Cookie` header has it.
    pub(super) fn attribute(self) -> cookie::SameSite {
        match self {
            Self::Strict => cookie::SameSite::Strict,
            Self::Lax => cookie::SameSite::Lax,
            Self::None => cookie::SameSite::None,
        }
    }
}

/// When a visitor is issued a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Issue {
    /// At the first write.
    Lazy,
    /// In the first response, as in Dream.
    ///
    /// A request from another site is an exception if the browser may have held the cookie back
    /// ([the guide](crate::guide::cross_site)): the user's session would be lost.
    ///
    /// Under [`SameSite::Strict`] prefer `Lazy`: a page that was opened by a link from another site
    /// is issued no session, but an image or style sheet that it loads through the layer is. A form
    /// of the page is then refused.
    Eager,
}

/// Reads sessions from requests and writes them to responses; cheap to clone.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Keyring, Sent};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
///
/// let mut session = sessions.decode(&Request::new(()));
/// session.set("user", "alice");
/// let mut response = Response::new(());
/// assert_eq!(sessions.encode(&session, &mut response)?, Sent::Set);
/// assert!(response.headers()["set-cookie"].to_str().unwrap().starts_with("__Host-session="));
///
/// // The browser sends it back.
/// let request = Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
/// let session = sessions.decode(&request);
/// assert_eq!(session.get("user"), Some("alice"));
/// assert_eq!(sessions.encode(&session, &mut Response::new(()))?, Sent::Unchanged);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CookieSessions<T = Dict>(pub(super) Arc<Config<T>>);

impl<T> Clone for CookieSessions<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for CookieSessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSessions")
            .field("name", &self.0.set_cookie.name())
            .field("transport", &self.0.transport)
            .field("keys", &self.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The settings of one configuration and all its clones.
pub(super) struct Config<T> {
    pub(super) build: BuildScope,
    pub(super) keys: SharedKeys,
    pub(super) scope: Scope,
    pub(super) transport: Transport,
    pub(super) set_cookie: SetCookie,
    pub(super) same_site: SameSite,
    /// Other cookies under the same keyring, by their purpose, each made when it is first used.
    pub(super) other_cookies: RwLock<BTreeMap<&'static str, Arc<OtherCookie>>>,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) issue: Issue,
    pub(super) browser_session: bool,
    /// The payload of `T::default()`.
    pub(super) default_payload: Vec<u8>,
    /// The shape of the payload type; `None` for a `Dict`.
    pub(super) shape: Option<Shape>,
    pub(super) schemas: Schemas<T>,
    pub(super) gate: Option<Arc<dyn RevocationGate>>,
    pub(super) subject: Option<Subject<T>>,
    pub(super) adoption: Option<Adoption<T>>,
    pub(super) log: Log,
}

/// Another cookie under the same keyring.
pub(super) struct OtherCookie {
    pub(super) set_cookie: SetCookie,
    pub(super) purpose: Purpose,
}

impl<T> Config<T> {
    /// The cookie of another purpose: the attributes of the session cookie, its name with
    /// `-purpose`, and separate keys.
    pub(super) fn other_cookie(&self, purpose: &'static str) -> Arc<OtherCookie> {
        let known = self.other_cookies.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(cookie) = known.get(purpose) {
            return Arc::clone(cookie);
        }
        // `RwLock` cannot turn a read lock into a write lock: with this one kept, the thread would
        // wait for itself below.
        drop(known);
        let name = format!("{}-{purpose}", self.set_cookie.name());
        let scope = self.scope.bytes_named(purpose, &name, purpose);
        let purpose_keys = Purpose { scope, others: Vec::new() };
        let cookie =
            OtherCookie { set_cookie: self.set_cookie.renamed(name), purpose: purpose_keys };
        let mut known = self.other_cookies.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(purpose).or_insert(Arc::new(cookie)))
    }

    /// Whether a session was adopted by this configuration, with this request.
    pub(super) fn has_adopted(&self, origin: &Origin) -> bool {
        self.adoption.as_ref().is_some_and(|adoption| adoption.made(origin))
    }

    /// Role and id of each key of the session cookie, the current one first.
    pub(super) fn key_names(&self) -> KeyNames {
        self.keys.load().session.names().collect()
    }
}

/// The system's clock, or the one that replaces it.
#[derive(Default)]
pub(super) struct Clock(Option<AssertUnwindSafe<Box<Now>>>);

type Now = dyn Fn() -> SystemTime + Send + Sync;

impl Clock {
    pub(super) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Some(AssertUnwindSafe(Box::new(now))))
    }

    pub(super) fn now(&self) -> SystemTime {
        self.0.as_ref().map_or_else(SystemTime::now, |now| now.0())
    }

    /// The time in whole seconds since 1970.
    pub(super) fn unix_seconds(&self) -> u64 {
        unix_seconds(self.now())
    }
}
