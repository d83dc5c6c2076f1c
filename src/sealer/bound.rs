//! Values that open only in one session, or while a record is unchanged.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::EncodeError;
use crate::sealer::Sealer;
use crate::session::Session;
use crate::token::binding::Binding;
use crate::token::rejection::Rejection;

/// A [`Sealer`] whose values open only with the session or the record that they are bound to.
///
/// [`Sealer::bound_to`] and [`Sealer::bound_to_bytes`] make it. A value with another binding, or
/// without one, is [`Forged`](Rejection::Forged).
pub struct BoundSealer<V> {
    sealer: Sealer<V>,
    binding: Binding,
}

impl<V> Sealer<V> {
    /// Seals and opens values that open only in this session.
    ///
    /// Such a value is useless to anyone who does not have the session: a link with it works in the
    /// browser that asked for it, and nowhere else. When the session gets another id, by
    /// [`renew`](Session::renew), [`confirm`](Session::confirm), [`invalidate`](Session::invalidate)
    /// or `log_out_others` of the deny list, it does not open anymore.
    ///
    /// This asks for the id of the session, which is a reason to issue the session: encode it too,
    /// or the value never opens.
    ///
    /// # Security
    /// Do not use it for a value that comes back in a form of another site, such as OAuth's
    /// `response_mode=form_post`: the browser holds back the session cookie there, so the value
    /// does not open. Use [`in_cookie`](Self::in_cookie) with
    /// [`SameSite::None`](crate::SameSite::None).
    ///
    /// # Panics
    /// As [`Session::id`]: if an id has to be drawn and the operating system returns no random
    /// bytes.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use sealed_session::{CookieSessions, Keyring, Rejection};
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let sealer = sessions.sealer::<String>("draft", Duration::from_secs(3600))?;
    /// let (mine, other, now) = (sessions.fresh(), sessions.fresh(), SystemTime::now());
    ///
    /// let sealed = sealer.bound_to(&mine).seal(&"Dear Sir".into(), now)?;
    /// assert_eq!(sealer.bound_to(&mine).open(&sealed, now), Ok("Dear Sir".into()));
    /// assert_eq!(sealer.bound_to(&other).open(&sealed, now), Err(Rejection::Forged));
    /// assert_eq!(sealer.open(&sealed, now), Err(Rejection::Forged));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bound_to<T>(&self, session: &Session<T>) -> BoundSealer<V> {
        self.bound(Binding::Session(session.id().clone()))
    }

    /// Seals and opens values that open only while `record` is unchanged.
    ///
    /// With the hash of a password, a link to reset it works once: setting the new password changes
    /// the hash. Use any bytes that change when the value has to end, such as a counter.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use sealed_session::{CookieSessions, Keyring, Rejection};
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let sealer = sessions.sealer::<u64>("reset password", Duration::from_secs(1800))?;
    /// let now = SystemTime::now();
    ///
    /// let mut password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned();
    /// let link = sealer.bound_to_bytes(&password_hash).seal(&42, now)?;
    /// assert_eq!(sealer.bound_to_bytes(&password_hash).open(&link, now), Ok(42));
    ///
    /// password_hash = "$argon2id$v=19$m=19456,t=2,p=1$b3RoZXI$bmV3".to_owned();
    /// assert_eq!(sealer.bound_to_bytes(&password_hash).open(&link, now), Err(Rejection::Forged));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Security
    /// - If a record returns to its earlier bytes, its values open again until they end. A salted
    ///   hash never does, and neither does a counter that only grows.
    /// - Two requests at once both open the value. Change the record only if it is still the one
    ///   with which the value was opened: `UPDATE … WHERE password_hash = …`.
    /// - A record is not a name. Users without a password share an empty one, so put the user into
    ///   the value, and compare.
    pub fn bound_to_bytes(&self, record: impl AsRef<[u8]>) -> BoundSealer<V> {
        self.bound(Binding::to_record(record.as_ref()))
    }

    pub(super) fn bound(&self, binding: Binding) -> BoundSealer<V> {
        BoundSealer { sealer: self.clone(), binding }
    }
}

impl<V: Serialize + DeserializeOwned> BoundSealer<V> {
    /// Seals a value at `now`.
    ///
    /// # Errors
    /// Those of [`Sealer::seal`].
    pub fn seal(&self, value: &V, now: SystemTime) -> Result<String, EncodeError> {
        self.sealer.seal_bound(Some(&self.binding), value, now)
    }

    /// Opens a value at `now`.
    ///
    /// # Errors
    /// Those of [`Sealer::open`]. A value with another binding is [`Forged`](Rejection::Forged).
    pub fn open(&self, text: &str, now: SystemTime) -> Result<V, Rejection> {
        self.sealer.open_bound(Some(&self.binding), text, now)
    }
}

impl<V> Clone for BoundSealer<V> {
    fn clone(&self) -> Self {
        Self { sealer: self.sealer.clone(), binding: self.binding.clone() }
    }
}

/// Shows what kind of binding it is, but neither an id nor a record.
impl<V> fmt::Debug for BoundSealer<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound_to = match self.binding {
            Binding::Session(_) => "session",
            Binding::Record(_) => "bytes",
        };
        f.debug_struct("BoundSealer")
            .field("sealer", &self.sealer)
            .field("bound_to", &bound_to)
            .finish()
    }
}
