//! The id of an adopted session: the same for all spellings of the same cookie, another for every other one.

use sealed_session::OldCookie;

use crate::library::{ALICE, adopting, adopting_with};
use crate::support::{NOW, decode};

fn id(cookie: &str) -> String {
    let session = decode(&adopting().build().unwrap(), cookie, NOW);
    assert!(!session.is_new(), "{cookie}");
    session.id().expose_base64url().to_string()
}

#[test]
fn two_requests_at_once_have_one_id() {
    assert_eq!(id(&ALICE.pair()), id(&ALICE.pair()));
}

#[test]
fn every_spelling_that_the_library_opens_has_one_id() {
    let pair = ALICE.pair();
    for spelling in [
        pair.replace('|', "%7C"),
        pair.replacen('|', "%7c", 1),
        pair.replacen('=', "=\"", 1) + "\"",
        pair.replacen('=', "= \t", 1) + " ",
        format!("other=1;{pair};id={}", &pair[3..]),
    ] {
        assert_eq!(id(&spelling), id(&pair), "{spelling}");
    }
}

#[test]
fn another_value_or_another_name_is_another_id() {
    let later = crate::library::Old { ends: ALICE.ends + 1, ..ALICE };
    assert_ne!(id(&ALICE.pair()), id(&later.pair()));
    let first = |names: [&str; 2]| {
        let sessions = adopting_with(names.map(OldCookie::new)).build().unwrap();
        let session =
            decode(&sessions, &format!("{}; x={}", ALICE.pair(), &ALICE.pair()[3..]), NOW);
        session.id().expose_base64url().to_string()
    };
    assert_ne!(first(["id", "x"]), first(["x", "id"]));
}

#[test]
fn what_else_the_request_has_does_not_change_the_id() {
    let sessions = adopting_with(["id", "cart"].map(OldCookie::new)).build().unwrap();
    let id = |cookie: &str| decode(&sessions, cookie, NOW).id().expose_base64url().to_string();
    let alone = id(&ALICE.pair());
    for other in ["cart=1", "cart=2", "theme=dark", "%69d=evil"] {
        assert_eq!(id(&format!("{}; {other}", ALICE.pair())), alone, "{other}");
    }
}
