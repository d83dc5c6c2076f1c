//! A session over many requests: whatever is done to it, the next request finds what the last one left.

use std::collections::BTreeMap;

use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use proptest::collection::vec;
use proptest::prelude::*;
use sealed_session::{CookieSessions, Sent, Session};

use crate::support::{NOW, at, cookies, pair, ring, secs};

/// What a request does, after so many seconds.
#[derive(Clone, Debug)]
enum Act {
    Set(String, String),
    Remove(String),
    Clear,
    Renew,
    Touch,
    Own(Option<u64>),
    Read,
}

/// Limits that a history does not reach, however slow it is.
const IDLE: u64 = 100_000;
const ABSOLUTE: u64 = 300_000;

fn act() -> impl Strategy<Value = Act> {
    // Few keys, so that they meet again.
    prop_oneof![
        4 => ("[a-c]?", "\\PC{0,9}").prop_map(|(key, value)| Act::Set(key, value)),
        2 => "[a-c]?".prop_map(Act::Remove),
        1 => Just(Act::Clear),
        1 => Just(Act::Renew),
        1 => Just(Act::Touch),
        1 => proptest::option::of(IDLE..ABSOLUTE).prop_map(Act::Own),
        4 => Just(Act::Read),
    ]
}

fn entries(session: &Session) -> BTreeMap<String, String> {
    session.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What is seen of a session from outside: data, label, beginning and end.
fn seen(session: &Session) -> impl PartialEq + std::fmt::Debug + use<> {
    (entries(session), session.label(), session.created_at(), session.expires_at())
}

fn dispatch(act: &Act, session: &mut Session, model: &mut BTreeMap<String, String>) {
    match act {
        Act::Set(key, value) => {
            session.set(key, value);
            model.insert(key.clone(), value.clone());
        }
        Act::Remove(key) => assert_eq!(session.remove(key), model.remove(key)),
        Act::Clear => {
            session.clear();
            model.clear();
        }
        Act::Renew => session.renew(),
        Act::Touch => session.touch(),
        Act::Own(seconds) => session.set_idle_timeout(seconds.map(secs)),
        Act::Read => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_next_request_finds_data_and_metadata_as_they_were_left(
        padding in proptest::option::of(2..=64_usize),
        history in vec((0..9_000_u64, vec(act(), 0..4)), 1..24),
    ) {
        let builder = CookieSessions::builder(ring(1)).idle_timeout(secs(IDLE)).absolute_timeout(secs(ABSOLUTE));
        let builder = if let Some(bytes) = padding { builder.padding(bytes) } else { builder };
        let sessions = builder.build().unwrap();
        let (mut now, mut jar, mut model, mut left) = (NOW, HeaderMap::new(), BTreeMap::new(), None);
        for (later, acts) in history {
            now += later;
            let mut session = sessions.decode_at(&jar, sessions.transport(), at(now));
            prop_assert_eq!(session.rejection(), None);
            prop_assert_eq!(&entries(&session), &model);
            if let Some(left) = left.take() {
                prop_assert_eq!(seen(&session), left);
            }

            for act in &acts {
                dispatch(act, &mut session, &mut model);
            }
            prop_assert_eq!(&entries(&session), &model);
            let mut headers = HeaderMap::new();
            let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(now)).unwrap();
            prop_assert_eq!(headers.contains_key(SET_COOKIE), sent == Sent::Set);
            if sent == Sent::Set {
                let received = sessions.from_response(&headers).unwrap();
                prop_assert_eq!(&entries(&received), &model);
                jar = cookies([pair(&headers)]);
                left = Some(seen(&received));
            } else if !session.is_new() {
                left = Some(seen(&session));
            } else {
                prop_assert!(model.is_empty());
            }
        }
    }
}
