//! When the user last proved who they are: with a password, a passkey, a second factor.

use std::time::{Duration, SystemTime};

use crate::session::Session;
use crate::token::times::{Confirmation, instant};

/// "Just now": cut to the second of the sealing, as every time that is later than that.
const JUST_NOW: Confirmation = Confirmation::at(u64::MAX);

/// Confirmation: when the user last proved who they are.
impl<T> Session<T> {
    /// Records that the user has just proved who they are, and renews the session.
    ///
    /// Call it in place of [`renew`](Self::renew) after the password, the passkey or the second
    /// factor was right, at log-in or before a sensitive operation. Then
    /// [`confirmed_within`](Self::confirmed_within) tells whether that was recent.
    ///
    /// The time is kept when the session is refreshed or changed, and by
    /// [`LocalDenyList::log_out_others`](crate::LocalDenyList::log_out_others). `renew` and
    /// [`invalidate`](Self::invalidate) drop it: another user may be logging in. So does another
    /// hook that logs out other devices, because it has to call `renew`. On an empty pre-session it
    /// counts as writing.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::Duration;
    ///
    /// let quarter = Duration::from_secs(15 * 60);
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// assert!(!session.confirmed_within(quarter));
    /// session.confirm();
    /// assert!(session.confirmed_within(quarter));
    /// ```
    ///
    /// # Security
    /// It does not check anything: call it after the check. If another user logs in, call
    /// `invalidate` first, as for `renew`. A log-out has to call `invalidate` too: a session that
    /// is only emptied keeps the time.
    pub fn confirm(&mut self) {
        self.renew();
        self.touch();
        self.confirmation = JUST_NOW;
    }

    /// When the user last proved who they are; `None` if [`confirm`](Self::confirm) was not called
    /// since the session was renewed.
    ///
    /// It is never later than the request, even if the clock was ahead at that time. A connection
    /// that outlives its request has to compare it with the clock.
    pub fn confirmed_at(&self) -> Option<SystemTime> {
        self.confirmation.until(self.now).seconds().map(instant)
    }

    /// Whether the user proved who they are within this time before the request.
    ///
    /// Times are in whole seconds, and the last instant counts: with 15 minutes, a confirmation of
    /// 900 seconds ago is accepted, one of 901 seconds is not.
    pub fn confirmed_within(&self, limit: Duration) -> bool {
        self.confirmation.seconds().is_some_and(|confirmed_at| {
            Duration::from_secs(self.now.saturating_sub(confirmed_at)) <= limit
        })
    }
}
