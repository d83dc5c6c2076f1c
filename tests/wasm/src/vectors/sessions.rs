//! Sessions, of a dictionary and of each type.

use std::mem;
use std::time::Duration;

use http::StatusCode;
use http::header::{COOKIE, HeaderMap, SET_COOKIE};
use sealed_session::{CookieSessions, EncodeError, KeyRole, Payload, Sent, Session};
use serde::{Serialize, de::DeserializeOwned};

use super::case::{Case, hex, name};
use crate::vector_types::{Account, Kinds, Tree};

pub fn replay(case: &Case) -> bool {
    match case.get("type") {
        None => dict(case),
        Some("account") => typed::<Account>(case),
        Some("kinds") => typed::<Kinds>(case),
        Some("tree") => typed::<Tree>(case),
        Some("units") => typed::<Vec<()>>(case),
        Some(other) => panic!("unknown type {other}"),
    }
}

fn dict(case: &Case) -> bool {
    let sessions = case.sessions();
    let session = opened(case, &sessions);
    let entries = session.iter().map(|(key, value)| format!("{} {}", hex(key), hex(value)));
    assert!(entries.eq(case.all("entry")));
    written(case, &sessions, session)
}

fn typed<T>(case: &Case) -> bool
where
    T: Serialize + DeserializeOwned + Default + PartialEq,
{
    let builder = CookieSessions::typed::<T>(case.keyring(), case.the("schema"));
    let is_compact = case.is("encoding", "compact");
    let sessions = case.configure(if is_compact { builder.compact() } else { builder });
    if is_compact {
        assert_eq!(sessions.shape(), Some(case.the("shape")));
    }
    let session = opened(case, &sessions);
    written(case, &sessions, session)
}

fn opened<T: Payload>(case: &Case, sessions: &CookieSessions<T>) -> Session<T> {
    let headers = case.headers("token", &case.cookie_name());
    let session = sessions.decode_at(&headers, case.arrives(), case.now());
    let rejection = session.rejection().copied().map(name);
    if session.is_new() {
        assert_eq!(rejection.as_deref().unwrap_or("none"), case.the("expect"));
    } else {
        assert_eq!((rejection, case.the("expect")), (None, "accept"));
        let opened_by = session.opened_by().expect("a secret");
        assert_eq!(opened_by.to_string(), case.the("opened-by"));
        assert_eq!(*session.id().expose_base64url(), case.base64url("id"));
        assert_eq!(session.label().to_string(), case.the("label"));
        assert_eq!(session.created_at(), case.instant("created"));
        assert_eq!(session.expires_at(), case.instant("expires"));
        assert_eq!(session.confirmed_at().is_some(), case.get("confirmed").is_some());
    }
    session
}

/// It is sent again if it has to be. And if a session that begins now can have the same times, it has the same bytes.
fn written<T>(case: &Case, sessions: &CookieSessions<T>, mut session: Session<T>) -> bool
where
    T: Payload + Default + PartialEq,
{
    if session.is_new() {
        return false;
    }
    let is_due = case.is("due", "yes") || session.opened_by() == Some(KeyRole::Previous);
    let mut response = HeaderMap::new();
    let sent = sessions.encode_at(&session, &mut response, StatusCode::OK, case.now());
    match sent {
        Ok(Sent::Set) => {
            assert!(is_due);
            let again = sessions.from_response(&response).expect("our cookie");
            assert!(again.data() == session.data());
        }
        // The longest tokens leave no room for the attributes.
        Ok(Sent::Unchanged) => assert!(!is_due || is_long(case)),
        other => panic!("{other:?}"),
    }
    begins_as_it_was(case) && seals_the_same(case, sessions, mem::take(session.data_mut()))
}

fn is_long(case: &Case) -> bool {
    let headers = case.headers("token", &case.cookie_name());
    headers.get_all(COOKIE).into_iter().any(|field| field.len() > 4000)
}

fn begins_as_it_was(case: &Case) -> bool {
    let same = |one: &str, other: &str| case.get(other).is_none_or(|found| found == case.the(one));
    case.is("opened-by", "current")
        && case.is("pad", "0")
        && same("created", "renewed")
        && same("created", "confirmed")
        && same("payload", "written")
        && case.seconds("own") <= case.seconds("absolute")
}

fn seals_the_same<T: Payload>(case: &Case, sessions: &CookieSessions<T>, data: T) -> bool {
    let created = case.instant("created");
    let mut session = sessions.decode_at(&HeaderMap::new(), sessions.transport(), created);
    *session.data_mut() = data;
    session.touch();
    if case.get("confirmed").is_some() {
        session.confirm();
    }
    let own = case.seconds("own");
    session.set_idle_timeout((own > Duration::ZERO).then_some(own));
    let mut response = HeaderMap::new();
    match sessions.encode_at(&session, &mut response, StatusCode::OK, created) {
        Err(EncodeError::TooLarge { .. }) => return false,
        sent => assert_eq!(sent.expect("sealed"), Sent::Set),
    }
    let set_cookie = response[SET_COOKIE].to_str().expect("text");
    let pair = set_cookie.split(';').next().expect("a pair").as_bytes();
    let headers = case.headers("token", &case.cookie_name());
    let mut fields = headers.get_all(COOKIE).into_iter().map(http::HeaderValue::as_bytes);
    let is_sent = fields.any(|field| field.windows(pair.len()).any(|part| part == pair));
    assert!(is_sent, "sealed to other bytes");
    true
}
