//! The peers, each used as its own documentation says, each in a file of its own.
//!
//! Where a library leaves attributes to its caller, they are those of our default: `Path=/`, `Secure`, `HttpOnly`,
//! `SameSite=Lax`, and 14 days, so that each writes about the same line.

mod biscotti;
mod cookie;
mod middleware;
mod poem;
mod seshcookie;
mod tower_sessions;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{stdin, stdout};

use contest::{Entry, Measures};
use middleware::Net;

/// The child that holds them.
pub const CHILD: &str = "peers";

/// The crate of each, and how it is used.
pub const PEERS: [(&str, &str); 5] = [
    ("cookie", "PrivateJar, serde_json"),
    ("biscotti", "Processor, serde_json"),
    ("seshcookie", "tower layer, net"),
    ("poem", "CookieSession::private, net"),
    ("tower-sessions-cookie-store", "private tower layer, net"),
];

/// The name of every cookie here.
const NAME: &str = "session";

/// A session, for those who leave its type to their caller.
type Dictionary = BTreeMap<String, String>;

fn dictionary(entries: &[Entry]) -> Dictionary {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Whether a dictionary in JSON has this entry.
fn holds(json: &str, (key, value): Entry) -> bool {
    let session: Dictionary = serde_json::from_str(json).unwrap_or_default();
    session.get(key).is_some_and(|found| found == value)
}

/// The child: all peers prove themselves, then answer.
pub fn serve() -> Result<(), Box<dyn Error>> {
    let mut measures = Measures::default();
    measures.contend("cookie", cookie::Jar::new())?;
    measures.contend("biscotti", biscotti::Cookies::new())?;
    measures.contend("seshcookie", Net(seshcookie::Sessions::new()))?;
    measures.contend("poem", Net(poem::Sessions::new()))?;
    measures.contend("tower-sessions-cookie-store", Net(tower_sessions::Sessions::new()))?;
    measures.serve(stdin().lock(), stdout().lock())
}
