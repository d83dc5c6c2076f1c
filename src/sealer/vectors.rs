//! Replays `tests/vectors/sealer`: which values are accepted, or why one is not. Accepted values are
//! sealed again, to the same bytes.

use std::time::Duration;

use http::HeaderMap;
use http::header::COOKIE;

use crate::decode::vector_types::Account;
use crate::decode::vectors::{Case, contains, each, folder, name, unhex};
use crate::keys::table::{KeyTable, OpenBudget, Purpose};
use crate::sealer::accepted::{Accepted, NO_ID, Opener};
use crate::sealer::sealing::read;
use crate::session::typed::{self, Encoding};
use crate::token::binding::Binding;
use crate::token::body::Layout;
use crate::token::id::SessionId;
use crate::token::times::{Times, unix_seconds};
use crate::{CookieSessions, Keyring, Rejection, SameSite, SealedCookie, Sealer, token};

const WORDS: &str = "purpose lifetime flow session record sealed expect opened-by created nonce pad payload written";

#[test]
fn every_sealer_vector_is_judged_as_it_says() {
    each(&folder("sealer"), 80, WORDS, run);
}

fn binding(case: &Case) -> Option<Binding> {
    let bytes = |digits: &str| if digits == "-" { Vec::new() } else { unhex(digits) };
    let session = |id: &str| Binding::Session(SessionId(unhex(id).try_into().unwrap()));
    let record = case.get("record").map(|record| Binding::to_record(&bytes(record)));
    case.get("session").map(session).or(record)
}

fn run(case: &Case) {
    let sessions = case.configure(CookieSessions::builder(case.keyring()));
    let lifetime = Duration::from_secs(case.number("lifetime"));
    let sealer = sessions.sealer::<Account>(case.the("purpose"), lifetime).unwrap();
    match case.get("flow") {
        Some(flow) => run_cookie(case, &sealer.in_cookie(flow, SameSite::Lax).unwrap()),
        None => run_text(case, &sealer),
    }
}

/// A value in a URL.
fn run_text(case: &Case, sealer: &Sealer<Account>) {
    let (text, binding) = (case.the("sealed"), binding(case));
    let found = match &binding {
        None => sealer.open(text, case.now()),
        Some(binding) => sealer.bound(binding.clone()).open(text, case.now()),
    };
    judge(case, found.map(Some));
    let keys = sealer.config.keys_for(&sealer.keys);
    let (binding, lifetime) = (binding.as_ref(), sealer.lifetime);
    let opener = Opener { keys: &keys, name: "", binding, lifetime };
    let now = Some(unix_seconds(case.now()));
    let judged = opener.open(text.as_bytes(), &mut OpenBudget::full(), now, read);
    if let Ok(accepted) = judged {
        accepts(case, sealer, &opener, &accepted, text);
    }
}

/// A value in a cookie of its own.
fn run_cookie(case: &Case, cookie: &SealedCookie<Account>) {
    let headers: HeaderMap = case.headers("sealed", cookie.name());
    assert!(headers.contains_key(COOKIE), "neither sealed nor cookie");
    let found = cookie.decode(&headers, case.arrives(), case.now());
    let is_accepted = matches!(found, Ok(Some(_)));
    judge(case, found);
    if is_accepted {
        let keys = cookie.sealer.config.keys_for(&cookie.cookie.purpose);
        let lifetime = cookie.sealer.lifetime;
        let opener = Opener { keys: &keys, name: cookie.name(), binding: None, lifetime };
        let now = unix_seconds(case.now());
        let accepted = opener.select(headers.get_all(COOKIE).into_iter(), now, read).0.unwrap();
        let sent: Vec<&str> = headers.values().map(|field| field.to_str().unwrap()).collect();
        accepts(case, &cookie.sealer, &opener, &accepted, &sent.join("; "));
    }
}

fn judge(case: &Case, found: Result<Option<Account>, Rejection>) {
    let word = found.map_or_else(name, |value| value.map_or("none", |_| "accept").to_owned());
    assert_eq!(word, case.the("expect"));
}

fn accepts(
    case: &Case,
    sealer: &Sealer<Account>,
    opener: &Opener<'_>,
    found: &Accepted<Account>,
    sent: &str,
) {
    let role = opener.keys.names().find(|(_, id)| *id == found.secret).unwrap().0;
    assert_eq!(role.to_string(), case.the("opened-by"));
    let (created, nonce) = (case.number("created"), unhex(case.the("nonce")).try_into().unwrap());
    assert_eq!(found.sealed, (created, nonce));
    let written = typed::write(Encoding::Named, &found.value).unwrap();
    assert_eq!(*written.bytes, *unhex(case.the("written")));

    // The secret that sealed it is not given: one of the keyring makes the same token.
    let payload = unhex(case.the("payload"));
    let pad = usize::try_from(case.number("pad")).unwrap();
    let layout = Layout::padded(Times::starting(created, 0), payload.len(), pad);
    let schema = super::schema();
    let scope =
        sealer.config.scope().bytes_named(&super::in_scope(&sealer.purpose), opener.name, &schema);
    let purpose = Purpose { scope, others: Vec::new() };
    let mut texts = case.secrets().into_iter().map(|secret| {
        let keys = KeyTable::derive(&Keyring::new(secret), &purpose).session;
        let body = |out: &mut Vec<u8>| layout.write(&NO_ID, &payload, out);
        let frame = keys.seal_bound(opener.binding, &nonce, layout.len, body).unwrap();
        let mut text = String::new();
        token::render(&frame, &mut text);
        text
    });
    assert!(
        texts.any(|text| contains(sent.as_bytes(), text.as_bytes())),
        "no secret seals it again"
    );
}
