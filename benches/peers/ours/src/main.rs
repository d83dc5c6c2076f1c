//! sealed-session in the contest: a child that measures `ours`, with and without its layer, and the
//! `floor` below it.

#[path = "../../../floor/mod.rs"]
mod floor;
mod layer;

use std::error::Error;
use std::io::{stdin, stdout};
use std::time::SystemTime;

use contest::{Account, Contender, Entry, Measures};
use floor::Floor;
use http::{HeaderMap, StatusCode};
use sealed_session::{CookieSessions, Dict, Keyring, Payload, Secret, Session, Transport};

/// `decode`, `set`, `get` and `encode` as in the README, on the header maps of the other
/// contenders.
struct Ours<T = Dict>(CookieSessions<T>);

impl<T: Payload> Ours<T> {
    fn decode(&self, request: &HeaderMap) -> Session<T> {
        self.0.decode_at(request, Transport::Https, SystemTime::now())
    }

    fn encode(&self, session: &Session<T>) -> HeaderMap {
        let mut response = HeaderMap::new();
        let sent = self.0.encode_at(session, &mut response, StatusCode::OK, SystemTime::now());
        sent.expect("a session that fits");
        response
    }
}

impl Contender for Ours {
    fn write(&self, entries: &'static [Entry]) -> HeaderMap {
        let mut session = self.decode(&HeaderMap::new());
        for (key, value) in entries {
            session.set(key, value);
        }
        self.encode(&session)
    }

    fn read(&self, request: &HeaderMap, (key, value): Entry) -> Option<HeaderMap> {
        let session = self.decode(request);
        let found = session.get(key) == Some(value);
        let response = self.encode(&session);
        found.then_some(response)
    }
}

impl Contender for Ours<Account> {
    fn write(&self, entries: &'static [Entry]) -> HeaderMap {
        let mut session = self.decode(&HeaderMap::new());
        *session.data_mut() = Account::of(entries);
        self.encode(&session)
    }

    fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap> {
        let session = self.decode(request);
        let found = session.data().holds(entry);
        let response = self.encode(&session);
        found.then_some(response)
    }
}

impl Contender for Floor {
    fn write(&self, entries: &'static [Entry]) -> HeaderMap {
        self.write(entries)
    }

    fn read(&self, request: &HeaderMap, (key, value): Entry) -> Option<HeaderMap> {
        self.read::<512>(request, key, value)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut measures = Measures::default();
    let keyring = Keyring::new(Secret::generate());
    let typed = || CookieSessions::typed::<Account>(keyring.clone(), "account");
    measures.contend("ours", Ours(CookieSessions::new(keyring.clone())))?;
    measures.contend_typed("named", Ours(typed().build()?))?;
    measures.contend_typed("compact", Ours(typed().compact().build()?))?;
    measures.contend_tower("ours", layer::Sessions::new)?;
    measures.nonce("ours");
    measures.contend("floor", Floor::new())?;
    measures.serve(stdin().lock(), stdout().lock())
}
