//! Values for one purpose and a time, and what other cookies under the same keyring share.
//!
//! ```text
//! scope   = that of the session, with purpose "sealer/" ‖ its purpose, schema "named/value", and
//!           an empty name unless in a cookie
//! aad     = version ‖ key id ‖ binding, see token::binding
//! body    = see accepted
//! payload = the value in MessagePack, with the names of fields and variants
//! ```

// First, because the documentation shows impl blocks in this order.
mod sealing;

pub(crate) mod accepted;
mod any_config;
mod bound;
mod cookie;
mod sessions;
#[cfg(test)]
mod vectors;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

pub use bound::BoundSealer;
pub use cookie::SealedCookie;

use crate::keys::table::Purpose;
use crate::sealer::any_config::AnyConfig;
use crate::token::scope::named_schema;

/// Seals values of a type for one purpose and a time, for URLs, forms and cookies of their own.
///
/// [`CookieSessions::sealer`](crate::CookieSessions::sealer) makes it. Use it for what leaves the
/// server and comes back without a session to keep it in: the `state` of an OAuth log-in, a link in
/// an e-mail, the page to return to. [`guide::sealed_values`](crate::guide::sealed_values)
/// and [`guide::oauth`](crate::guide::oauth) show each.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sealed_session::{CookieSessions, Keyring, Rejection};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Unsubscribe {
///     user: u64,
///     list: String,
/// }
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let links = sessions.sealer::<Unsubscribe>("unsubscribe", Duration::from_secs(90 * 24 * 3600))?;
///
/// let now = SystemTime::now();
/// let wanted = Unsubscribe { user: 42, list: "news".into() };
/// let link = format!("https://example.com/unsubscribe?t={}", links.seal(&wanted, now)?);
///
/// let (_, sent) = link.split_once("?t=").unwrap();
/// assert_eq!(links.open(sent, now)?, wanted);
/// assert_eq!(links.open("?", now), Err(Rejection::Malformed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A value is always sealed, always has a purpose, and always ends. It is encrypted, so that the
/// client cannot read it. Its purpose is in the keys, so no value is accepted for another purpose,
/// as a session or as a flash message. It ends when the lifetime has passed since it was sealed.
/// What counts is the lifetime of the sealer that opens it: if you shorten it, values that were
/// sent before end earlier too. The first second after the lifetime is too late, and a value sealed
/// more than 300 seconds in the future is rejected.
///
/// # What a value may be
/// Any type that serde writes and reads. It is written with the names of its fields, as a
/// [typed session](crate::CookieSessions::typed) is, and may change like one
/// ([the guide](crate::guide::types)). It is read back before it is sealed: see
/// [`Payload`](crate::Payload) for what a type may not use.
///
/// # Security
/// - **It is not one-time.** A value opens as often as it is sent until it ends. Whoever reads it can
///   use it: a link is in the history of the browser, and in logs. Bind it to something that changes
///   when it is used ([`bound_to_bytes`](Self::bound_to_bytes)), or keep a list of used values.
/// - **It says nothing about who sends it.** Bind it to the session
///   ([`bound_to`](Self::bound_to)) where it must come from the browser that it was made for.
/// - Show the same response for every [`Rejection`](crate::Rejection): the reason is for logs only.
/// - Under a [boot key](crate::Keyring::ephemeral) all values end with the process.
pub struct Sealer<V> {
    config: Arc<dyn AnyConfig>,
    /// What is named in the scope, and for logs.
    purpose: Arc<str>,
    keys: Arc<Purpose>,
    /// In seconds.
    lifetime: u64,
    value: PhantomData<fn(&V) -> V>,
}

/// The schema of every value: a payload describes itself.
fn schema() -> String {
    named_schema("value")
}

/// The purpose in the scope.
// With a prefix, so that no purpose is that of sessions or of another cookie of the library.
fn in_scope(purpose: &str) -> String {
    format!("sealer/{purpose}")
}

impl<V> Sealer<V> {
    fn new(config: Arc<dyn AnyConfig>, purpose: &str, lifetime: u64) -> Self {
        let scope = config.scope().bytes_named(&in_scope(purpose), "", &schema());
        let keys = Arc::new(Purpose { scope, others: Vec::new() });
        Self { config, purpose: purpose.into(), keys, lifetime, value: PhantomData }
    }
}

impl<V> Clone for Sealer<V> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            purpose: Arc::clone(&self.purpose),
            keys: Arc::clone(&self.keys),
            ..*self
        }
    }
}

/// Shows purpose and lifetime, and no key.
impl<V> fmt::Debug for Sealer<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("purpose", &self.purpose)
            .field("lifetime", &Duration::from_secs(self.lifetime))
            .finish_non_exhaustive()
    }
}
