//! The cookies of another library that a response removes.

use cookie::Cookie;
use http::HeaderValue;

use crate::config::Config;
use crate::encode::decision::Decision;
use crate::header::CookieIdentity;
use crate::session::Session;
use crate::session::adoption::OldCookie;

/// The removals that go with a decision.
#[inline]
pub(super) fn removals<'c, T>(
    config: &'c Config<T>,
    session: &Session<T>,
    decision: Decision,
    now: u64,
) -> Vec<(CookieIdentity<'c>, HeaderValue)> {
    let is_sent = !matches!(decision, Decision::Withhold | Decision::Nothing);
    if config.adoption.is_none() || !is_sent {
        return Vec::new();
    }
    let removal = |cookie: &'c OldCookie| {
        let removal = cookie.removal(config.transport).to_string();
        Some((cookie.identity(), HeaderValue::try_from(removal).ok()?))
    };
    removed(config, session, now).filter_map(removal).collect()
}

/// The old cookies that are removed when the session is sent.
fn removed<'c, T>(
    config: &'c Config<T>,
    session: &Session<T>,
    now: u64,
) -> impl Iterator<Item = &'c OldCookie> {
    let (sent, ends) = (session.request.old_cookies, session.ends_old_cookies());
    let adoption = config.adoption.as_ref();
    let cookies = adoption.map_or(&[][..], |adoption| &adoption.cookies);
    // A cookie of another path does not come with the request, and would bring the session back
    // that was logged out.
    let ends_unsent = session.is_left() && adoption.is_some_and(|adoption| now < adoption.until);
    let is_removed = move |(position, cookie): &(usize, &OldCookie)| {
        if sent.contains(*position) {
            ends || cookie.is_over(now)
        } else {
            ends_unsent && cookie.may_be_unsent(&config.scope.path)
        }
    };
    cookies.iter().enumerate().filter(is_removed).map(|(_, cookie)| cookie)
}

/// The same for a jar.
pub(crate) fn removals_for_jar<T>(
    config: &Config<T>,
    session: &Session<T>,
    now: u64,
) -> Vec<Cookie<'static>> {
    let removal = |cookie: &OldCookie| cookie.removal(config.transport);
    removed(config, session, now).map(removal).collect()
}
