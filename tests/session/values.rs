//! Values of the dictionary that are not strings: what `Display` writes is kept, whole or not at all.

use std::fmt::{self, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use sealed_session::{CookieSessions, Dict, Keyring};

/// Writes its texts one by one, and then fails as it says.
struct Pieces(Vec<String>, End);

#[derive(Clone, Copy, Debug)]
enum End {
    Well,
    Error,
    Panic,
}

impl Display for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| f.write_str(piece))?;
        match self.1 {
            End::Well => Ok(()),
            End::Error => Err(fmt::Error),
            End::Panic => panic!("in the middle of a value"),
        }
    }
}

#[test]
fn keeps_numbers_characters_and_arguments_as_display_writes_them() {
    let mut session = CookieSessions::new(Keyring::ephemeral()).fresh();
    session.set("visits", 3);
    session.set("balance", -1.5);
    session.set("grade", 'ä');
    session.set("beta", true);
    session.set("name", format_args!("{}-{:03}", "a", 7));
    session.set("owned", String::from("text"));
    session.set("borrowed", &String::from("text"));
    let entries: Vec<_> = session.iter().collect();
    assert_eq!(
        entries,
        [
            ("balance", "-1.5"),
            ("beta", "true"),
            ("borrowed", "text"),
            ("grade", "ä"),
            ("name", "a-007"),
            ("owned", "text"),
            ("visits", "3"),
        ]
    );
    assert_eq!(session.parse("visits"), Some(Ok(3)));
    assert_eq!(session.parse("beta"), Some(Ok(true)));
}

#[test]
fn sends_what_it_shows_after_a_value_that_failed() {
    let sessions = CookieSessions::new(Keyring::ephemeral());
    for (before, end) in [(0, End::Error), (0, End::Panic), (3, End::Error), (3, End::Panic)] {
        let mut session = sessions.fresh();
        (0..before).for_each(|n| session.set(format!("key{n}"), n));
        let failing = Pieces(vec!["half of ".into(), "a value".repeat(50)], end);
        let outcome = catch_unwind(AssertUnwindSafe(|| session.set("key1", &failing)));
        assert!(outcome.is_err(), "{end:?}");
        assert_eq!((session.len(), session.parse("key1")), (before, (before > 0).then_some(Ok(1))));

        session.set("user", "alice");
        let cookie = sessions.request_cookie(&session).unwrap();
        let request = http::Request::builder().header("cookie", cookie).body(()).unwrap();
        let decoded = sessions.decode(&request);
        assert_eq!(decoded.rejection(), None, "{end:?} after {before} entries");
        assert!(decoded.iter().eq(session.iter()));
    }
}

proptest! {
    #[test]
    fn a_value_in_pieces_is_the_value_in_one_piece(
        entries in prop::collection::vec((".{0,9}", prop::collection::vec(".{0,200}", 0..5)), 0..9),
    ) {
        let (mut pieces, mut whole) = (Dict::new(), Dict::new());
        for (key, value) in entries {
            whole.set(&key, value.concat());
            pieces.set(key, Pieces(value, End::Well));
            prop_assert_eq!(&pieces, &whole);
        }
    }
}
