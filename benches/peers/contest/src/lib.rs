//! What all programs of the contest share: the task, the check, the clock, and the side of a child.
//!
//! - **write**: a request without a cookie; a session, its entries, and its `Set-Cookie` header.
//! - **read**: one entry, from a `Cookie` header with the session between two other cookies; then
//!   the step at the end of a request, which has nothing to send.
//!
//! - **unread**, of a middleware: a request with the session, whose handler does not use it.
//!
//! The typed contest has an [`Account`] instead of entries.
//!
//! The headers of each response are a new header map in each iteration.

mod account;
mod check;
mod clock;
mod cookie;
mod middleware;
mod serve;
mod tower_path;

use http::HeaderMap;

pub use account::Account;
pub use clock::{net, now, time};
pub use middleware::{Answer, Call, Middleware, Net, found, tower};
pub use serve::Measures;
pub use tower_path::Count;

/// Name and value.
pub type Entry = (&'static str, &'static str);

/// The entries of a session in the contest.
pub const ENTRIES: [Entry; 4] = [
    ("user_id", "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10"),
    ("role", "admin"),
    ("lang", "en-US"),
    ("csrf", "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"),
];

/// The entry that a read gets.
pub const ROLE: Entry = ENTRIES[1];

/// A small session, for its size alone.
pub const SMALL: [Entry; 1] = [("user", "alice")];

/// The lifetime of a session, for contenders that have one: 14 days, in seconds.
pub const MAX_AGE: u32 = 14 * 24 * 60 * 60;

/// A way to keep a session in one encrypted cookie.
pub trait Contender {
    /// The headers of the response to a request without a cookie, whose handler set these entries.
    fn write(&self, entries: &'static [Entry]) -> HeaderMap;

    /// The headers of the response to this request, if its session has this entry.
    fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap>;

    /// The nanoseconds that this many writes take.
    fn time_writes(&self, iterations: u32) -> i64 {
        time(iterations, || self.write(&ENTRIES))
    }

    /// The nanoseconds that this many reads of this request take.
    fn time_reads(&self, request: &HeaderMap, iterations: u32) -> i64 {
        time(iterations, || self.read(request, ROLE).expect("the role"))
    }
}
