//! Another library, as the hook of an application knows it.
//!
//! Its cookie, `id`, is the user and two times between bars, which nobody can forge here: `|alice|created|ends|`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::SystemTime;

use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};
use sealed_session::{Adopted, Builder, CookieSessions, Dict, OldCookie, Session};

use crate::support::{DAY, NOW, at, cookies, ring};

/// When the hook is not asked anymore.
pub const UNTIL: u64 = NOW + 60 * DAY;

/// A session of the other library.
#[derive(Clone, Copy, Debug)]
pub struct Old {
    pub user: &'static str,
    pub created: u64,
    pub ends: u64,
}

/// Alice's, who logged in yesterday for ten days.
pub const ALICE: Old = Old { user: "alice", created: NOW - DAY, ends: NOW + 9 * DAY };

impl Old {
    /// `id=value`, as a browser sends it.
    pub fn pair(self) -> String {
        format!("id=|{}|{}|{}|", self.user, self.created, self.ends)
    }
}

/// Opens the cookie, as the library does: percent-decoded, the last one of the name, until it has ended.
pub fn open(headers: &HeaderMap, now: SystemTime) -> Option<Adopted<Dict>> {
    let field = headers.get(COOKIE)?.to_str().ok()?;
    let value = field.rsplit("; ").find_map(|pair| pair.strip_prefix("id="))?;
    let value = value.trim().trim_matches('"').replace("%7C", "|").replace("%7c", "|");
    let parts: Vec<&str> = value.strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
    let [user, created, ends] = parts[..] else { return None };
    let ends = at(ends.parse().ok()?);
    let mut data = Dict::default();
    data.set("user", user);
    let adopted = Adopted::new(data, at(created.parse().ok()?)).expires_at(ends);
    (now < ends).then_some(adopted)
}

/// Sessions that adopt the library's.
pub fn adopting() -> Builder<Dict> {
    adopting_with([OldCookie::new("id")])
}

pub fn adopting_with(cookies: impl IntoIterator<Item = OldCookie>) -> Builder<Dict> {
    CookieSessions::builder(ring(1)).adopt(at(UNTIL), cookies, open)
}

/// The same, and how often the hook was asked.
pub fn counting() -> (Builder<Dict>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let builder = CookieSessions::builder(ring(1)).adopt(
        at(UNTIL),
        [OldCookie::new("id")],
        move |headers, now| {
            counted.fetch_add(1, Relaxed);
            open(headers, now)
        },
    );
    (builder, count)
}

/// The user of a session.
pub fn user(session: &Session) -> Option<&str> {
    session.get("user")
}

/// Decodes a request with these `Cookie` headers and others, at `now`.
pub fn decode_with(
    sessions: &CookieSessions,
    fields: &[&str],
    others: &[(&'static str, &'static str)],
    now: u64,
) -> Session {
    let mut headers = cookies(fields);
    for (name, value) in others {
        headers.insert(*name, value.parse().unwrap());
    }
    sessions.decode_at(&headers, sessions.transport(), at(now))
}

/// All `Set-Cookie` headers.
pub fn lines(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect()
}
