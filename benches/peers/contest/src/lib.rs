//! What all programs of the contest share: the task, the check, the clock, and the answers to the one that asks.
//!
//! - **write**: no cookie in the request; a session, its entries, and the `Set-Cookie` that holds it.
//! - **read**: from a `Cookie` field with the session between two others, one entry; then the step at the end of a
//!   request, which finds nothing to send.
//!
//! The typed contest is the same with an [`Account`] in place of entries.
//!
//! The fields of each response are a header map that is new for each iteration.

mod account;
mod check;
mod clock;
mod cookie;
mod serve;

use http::HeaderMap;

pub use account::Account;
pub use clock::{net, now, time};
pub use serve::Measures;

/// Name and value.
pub type Entry = (&'static str, &'static str);

/// What a session holds in the contest.
pub const ENTRIES: [Entry; 4] = [
    ("user_id", "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10"),
    ("role", "admin"),
    ("lang", "en-US"),
    ("csrf", "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"),
];

/// The entry that a read gets.
pub const ROLE: Entry = ENTRIES[1];

/// The smallest session of interest, for its size alone.
pub const SMALL: [Entry; 1] = [("user", "alice")];

/// How long a session lasts, for those who ask: 14 days, in seconds.
pub const MAX_AGE: u32 = 14 * 24 * 60 * 60;

/// A way to keep a session in one encrypted cookie.
pub trait Contender {
    /// The fields of the response to a request without a cookie whose handler set these entries.
    fn write(&self, entries: &'static [Entry]) -> HeaderMap;

    /// The fields of the response to this request, if its session has this entry.
    fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap>;

    /// Nanoseconds that so many writes take.
    fn time_writes(&self, iterations: u32) -> i64 {
        time(iterations, || self.write(&ENTRIES))
    }

    /// Nanoseconds that so many reads of this request take.
    fn time_reads(&self, request: &HeaderMap, iterations: u32) -> i64 {
        time(iterations, || self.read(request, ROLE).expect("the role"))
    }
}
