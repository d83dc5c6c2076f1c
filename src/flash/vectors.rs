//! Replays `tests/vectors/flash`: which messages are accepted, or why none are. Accepted messages
//! are sealed again, to the same bytes.

use http::HeaderMap;
use http::header::COOKIE;

use crate::config::OtherCookie;
use crate::decode::vectors::{Case, contains, each, folder, hex, name, unhex};
use crate::flash::cookie::{PURPOSE, opener};
use crate::flash::message::QueuedMessage;
use crate::flash::payload::{read, write};
use crate::keys::table::{KeyTable, Keys};
use crate::sealer::accepted::{Accepted, NO_ID};
use crate::token;
use crate::token::body::Layout;
use crate::token::times::{Times, unix_seconds};
use crate::{CookieSessions, Keyring};

const WORDS: &str = "flash expect opened-by created nonce pad payload message";

#[test]
fn every_flash_vector_is_judged_as_it_says() {
    each(&folder("flash"), 50, WORDS, run);
}

fn run(case: &Case) {
    let sessions = case.configure(CookieSessions::builder(case.keyring()));
    let cookie = sessions.0.other_cookie(PURPOSE);
    let keys = sessions.0.keys.load().keys_for(&cookie.purpose);
    let headers = case.headers("flash", cookie.set_cookie.name());
    assert!(headers.contains_key(COOKIE), "neither flash nor cookie");
    let mut flash = sessions.decode_flash_at(&headers, case.arrives(), case.now());
    let messages =
        flash.take().into_iter().map(|said| format!("{} {}", said.level.byte(), hex(&said.text)));
    assert!(messages.eq(case.all("message")));

    let now = unix_seconds(case.now());
    let (found, refusal) =
        opener(&cookie, &keys).select(headers.get_all(COOKIE).into_iter(), now, read);
    match found {
        _ if case.arrives() != sessions.transport() => {
            assert_eq!(case.the("expect"), "other-transport");
        }
        Some(found) => accepts(case, &cookie, &keys, &found, &headers),
        None => {
            let refused = refusal.map_or("none".into(), |(rejection, _)| name(rejection));
            assert_eq!(refused, case.the("expect"));
        }
    }
}

fn accepts(
    case: &Case,
    cookie: &OtherCookie,
    keys: &Keys,
    found: &Accepted<Vec<QueuedMessage>>,
    headers: &HeaderMap,
) {
    assert_eq!(case.the("expect"), "accept");
    let role = keys.names().find(|(_, id)| *id == found.secret).unwrap().0;
    assert_eq!(role.to_string(), case.the("opened-by"));
    let (created, nonce) = (case.number("created"), unhex(case.the("nonce")).try_into().unwrap());
    assert_eq!(found.sealed, (created, nonce));
    let aged = |queued: &QueuedMessage| created - queued.pushed_at.unwrap();
    let messages: Vec<_> =
        found.value.iter().map(|queued| (aged(queued), &queued.message)).collect();
    assert_eq!(*write(&messages), *unhex(case.the("payload")));

    // The secret that sealed it is not given: one of the keyring makes the same token.
    let payload = unhex(case.the("payload"));
    let pad = usize::try_from(case.number("pad")).unwrap();
    let layout = Layout::padded(Times::starting(created, 0), payload.len(), pad);
    let mut pairs = case.secrets().into_iter().map(|secret| {
        let keys = KeyTable::derive(&Keyring::new(secret), &cookie.purpose).session;
        let frame =
            keys.seal(&nonce, layout.len, |out| layout.write(&NO_ID, &payload, out)).unwrap();
        let mut pair = format!("{}=", cookie.set_cookie.name());
        token::render(&frame, &mut pair);
        pair
    });
    let sent =
        |pair: &String| headers.values().any(|field| contains(field.as_bytes(), pair.as_bytes()));
    assert!(pairs.any(|pair| sent(&pair)), "no secret seals it to the bytes that were sent");
}
