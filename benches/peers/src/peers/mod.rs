//! The peers, each used as its own documentation says, each in its own file.
//!
//! Where a library leaves attributes to its caller, they are those of our default: `Path=/`,
//! `Secure`, `HttpOnly`, `SameSite=Lax`, and 14 days, so that each writes about the same
//! `Set-Cookie` header.

mod axum_extra;
mod biscotti;
mod cookie;
mod memory;
mod poem;
mod seshcookie;
mod tower_sessions;

use std::collections::BTreeMap;

use contest::{Account, Count, Entry, Measures, Net};
use serde::{Serialize, de::DeserializeOwned};

/// The name of the child that runs them.
pub const CHILD: &str = "peers";

/// The crate of each, and how it is used.
pub const PEERS: [(&str, &str); 5] = [
    ("cookie", "PrivateJar, serde_json"),
    ("biscotti", "Processor, serde_json"),
    ("seshcookie", "tower layer, net"),
    ("poem", "CookieSession::private, net"),
    ("tower-sessions-cookie-store", "private tower layer, net"),
];

/// The peers of the typed contest: the name of each, and how it is used.
pub const TYPED: [(&str, &str); 5] = [
    ("typed-cookie", "PrivateJar, serde_json"),
    ("typed-biscotti", "Processor, serde_json"),
    ("typed-seshcookie", "tower layer, net"),
    ("typed-poem", "CookieSession::private, net"),
    ("typed-tower-sessions-cookie-store", "private tower layer, net"),
];

/// The peers on the tower path: the name of each, and how it is used.
pub const TOWER: [(&str, &str); 4] = [
    ("seshcookie", "tower layer"),
    ("tower-sessions-cookie-store", "private tower layer"),
    ("tower-sessions", "MemoryStore, nothing encrypted"),
    ("axum-extra", "PrivateCookieJar, serde_json; no layer"),
];

/// The name of every cookie here.
const NAME: &str = "session";

/// The key of an [`Account`], for peers whose sessions are a dictionary of values.
const ACCOUNT: &str = "account";

/// A session, for peers that leave its type to the caller.
trait Data: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    fn of(entries: &[Entry]) -> Self;
    fn holds(&self, entry: Entry) -> bool;
}

type Dictionary = BTreeMap<String, String>;

impl Data for Dictionary {
    fn of(entries: &[Entry]) -> Self {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn holds(&self, (key, value): Entry) -> bool {
        self.get(key).is_some_and(|found| found == value)
    }
}

impl Data for Account {
    fn of(entries: &[Entry]) -> Self {
        Self::of(entries)
    }

    fn holds(&self, entry: Entry) -> bool {
        self.holds(entry)
    }
}

fn to_json<D: Data>(entries: &[Entry]) -> String {
    serde_json::to_string(&D::of(entries)).expect("a session")
}

/// Whether a session in JSON has this entry.
fn holds<D: Data>(json: &str, entry: Entry) -> bool {
    serde_json::from_str(json).unwrap_or_else(|_| D::default()).holds(entry)
}

/// Adds all peers, each after it has passed the check.
pub fn contend(measures: &mut Measures) -> Result<(), String> {
    measures.contend("cookie", cookie::Jar::<Dictionary>::new())?;
    measures.contend("biscotti", biscotti::Cookies::<Dictionary>::new())?;
    measures.contend("seshcookie", Net(seshcookie::Sessions::<Dictionary>::new()))?;
    measures.contend("poem", Net(poem::Sessions::new()))?;
    measures.contend("tower-sessions-cookie-store", Net(tower_sessions::Sessions::new()))?;
    measures.contend_typed("typed-cookie", cookie::Jar::<Account>::new())?;
    measures.contend_typed("typed-biscotti", biscotti::Cookies::<Account>::new())?;
    measures.contend_typed("typed-seshcookie", Net(seshcookie::Sessions::<Account>::new()))?;
    measures.contend_typed("typed-poem", Net(poem::Typed(poem::Sessions::new())))?;
    let tower_sessions = tower_sessions::Typed(tower_sessions::Sessions::new());
    measures.contend_typed("typed-tower-sessions-cookie-store", Net(tower_sessions))?;
    measures.contend_tower("seshcookie", seshcookie::Sessions::<Dictionary>::new)?;
    measures.contend_tower("tower-sessions-cookie-store", tower_sessions::Sessions::new)?;
    measures.contend_tower("tower-sessions", memory::Sessions::new)?;
    measures.contend_tower("axum-extra", axum_extra::Jar::new)
}

/// Adds the allocations of those on the tower path.
pub fn count(measures: &mut Measures, count: Count) -> Result<(), String> {
    measures.count_tower("seshcookie", seshcookie::Sessions::<Dictionary>::new, count)?;
    measures.count_tower("tower-sessions-cookie-store", tower_sessions::Sessions::new, count)?;
    measures.count_tower("tower-sessions", memory::Sessions::new, count)?;
    measures.count_tower("axum-extra", axum_extra::Jar::new, count)
}
