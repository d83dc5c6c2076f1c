//! The page to go on to after the password: sealed, in the address of the form that asks for it.
//!
//! Anybody can write an address: with the path itself in it, a link on another site could lead a user through the form
//! to a page of that site's choice (CWE-601). A sealed path is one that this site wrote. It is bound to the session as
//! well, because everybody with an account can have paths sealed: a link with the path of another user opens nothing.

use std::time::{Duration, SystemTime};

use axum::http::Uri;
use sealed_session::{ConfigError, CookieSessions, Sealer, SessionHandle};

/// How long the user may take to give the password. Later the home page is next.
pub(super) const GOES_ON_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Seals the page to go on to, and opens it.
#[derive(Clone)]
pub(super) struct ReturnTo(Sealer<String>);

impl ReturnTo {
    pub(super) fn new(sessions: &CookieSessions) -> Result<Self, ConfigError> {
        Ok(Self(sessions.sealer("return to", GOES_ON_WITHIN)?))
    }

    /// The page of a request, for the query of an address; empty if it is too long to be sealed.
    pub(super) fn seal(&self, session: &SessionHandle, page: &Uri, now: SystemTime) -> String {
        let page = own_page(page).to_owned();
        session.with(|session| self.0.bound_to(session).seal(&page, now)).unwrap_or_default()
    }

    /// The page that was sealed in this session; the home page for all that does not open.
    ///
    /// Call it before `confirm`, which gives the session a new id: what is bound to the old one does not open anymore.
    pub(super) fn open(&self, session: &SessionHandle, sealed: &str, now: SystemTime) -> String {
        let page = session.with(|session| self.0.bound_to(session).open(sealed, now));
        page.unwrap_or_else(|_| "/".to_owned())
    }
}

/// Path and query, if browsers read them as a page of this site.
///
/// They read `//` and `/\` as the start of another host, and a request may be for such a path.
pub(super) fn own_page(page: &Uri) -> &str {
    let page = page.path_and_query().map_or("/", |page| page.as_str());
    let is_own = page.starts_with('/') && !page.starts_with("//") && !page.contains('\\');
    if is_own { page } else { "/" }
}
