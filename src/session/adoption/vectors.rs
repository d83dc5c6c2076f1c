//! Replays `tests/vectors/adopted`: the id of the session in an old cookie.

use http::HeaderValue;
use http::header::{COOKIE, HeaderMap};

use crate::decode::vectors::{Case, each, folder, unhex};
use crate::session::adoption::{Adopted, OldCookie};
use crate::token::times::instant;
use crate::{CookieSessions, Dict, Keyring};

const WORDS: &str = "name value value-bytes expect id";

#[test]
fn every_id_of_an_adopted_session_is_as_its_vector_says() {
    each(&folder("adopted"), 20, WORDS, run);
}

fn run(case: &Case) {
    let name = case.the("name");
    let bytes = || unhex(&case.the("value-bytes").replace('-', ""));
    let value = case.get("value").map_or_else(bytes, |text| text.as_bytes().to_vec());
    let hook = |_: &HeaderMap, now| Some(Adopted::new(Dict::default(), now));
    let sessions = CookieSessions::builder(Keyring::ephemeral())
        .adopt(instant(2), [OldCookie::new(name)], hook)
        .build()
        .unwrap();
    let pair = [name.as_bytes(), b"=", &value].concat();
    let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(&pair).unwrap())]);
    let session = sessions.decode_at(&headers, sessions.transport(), instant(1));
    assert_eq!(case.the("expect"), "accept");
    assert_eq!(session.id().0.as_slice(), unhex(case.the("id")));
}
