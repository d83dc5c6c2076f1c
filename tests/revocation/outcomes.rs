//! The result of `encode` after `revoke`, for each reason for which a token can be rejected.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use sealed_session::{
    CookieSessions, Dict, EncodeError, Rejection, Revocation, RevocationQuery, RevokedSession,
    Sent, Session, Transport, Unavailable,
};

use crate::support::{DAY, NAME, NOW, UNKNOWN_EXTENSION, at, cookies, ring, sealed, sessions};

/// A hook that revokes one session from the start, fails once it is told to, and keeps the labels
/// that it is told.
#[derive(Clone, Default)]
struct Hook {
    revoked: String,
    is_down: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Hook {
    fn reply<R>(&self, reply: R) -> Result<R, Unavailable> {
        if self.is_down.load(Relaxed) { Err(Unavailable::new("down")) } else { Ok(reply) }
    }
}

impl Revocation for Hook {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.reply(asked.label().to_string() == self.revoked)
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.told.lock().unwrap().push(ended.label().to_string());
        self.reply(())
    }
}

fn user(dict: &Dict) -> Option<Cow<'_, str>> {
    dict.get("user").map(Into::into)
}

fn alice(now: u64) -> String {
    sealed(&sessions(), &[("user", "alice")], now)
}

/// The cookie with another last character but two.
fn forged(cookie: &str) -> String {
    let (start, end) = cookie.split_at(cookie.len() - 3);
    format!("{start}{}{}", if end.starts_with('A') { 'B' } else { 'A' }, &end[1..])
}

/// Sealed under the first secret: a dictionary that promises one entry and ends.
const CORRUPT: &str =
    "AcKaBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH_F_xNitwWKSxfGrTO4133_9HWQoKoD6dUMiNtZCFffCw0ZSsQg";

/// The result of `encode` at a log-out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Ok(Sent),
    Fails,
}

const REMOVED: Says = Says::Ok(Sent::Removed);
const UNRECORDED: Says = Says::Ok(Sent::RemovedUnrecorded);
const FAILS: Says = Says::Fails;

/// Revokes the session of a request and encodes it, having seen that an error changes nothing.
#[track_caller]
fn log_out(sessions: &CookieSessions, mut session: Session) -> Says {
    session.revoke();
    let mut headers = HeaderMap::new();
    match sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)) {
        Ok(sent) => {
            let removes = matches!(sent, Sent::Removed | Sent::RemovedUnrecorded);
            assert_eq!(headers.contains_key(SET_COOKIE), removes);
            Says::Ok(sent)
        }
        Err(error) => {
            assert!(matches!(error, EncodeError::RevocationFailed(_)), "{error:?}");
            assert!(headers.is_empty(), "the client keeps its cookie");
            Says::Fails
        }
    }
}

/// A request, the reason why its token is rejected, and the results of a log-out: with a hook, with
/// one that fails to record it, and without one.
type Row = (&'static str, String, Option<&'static str>, [Says; 3]);

fn rows() -> Vec<Row> {
    let unknown = sealed(&CookieSessions::new(ring(2)), &[("user", "alice")], NOW);
    let nine: Vec<String> = (0..9).map(|_| forged(&alice(NOW))).collect();
    let (version, corrupt) = (format!("{NAME}=AgAA"), format!("{NAME}={CORRUPT}"));
    let (ahead, idle, lang) =
        (alice(NOW + 301), alice(NOW - 14 * DAY), sealed(&sessions(), &[("lang", "en")], NOW));
    let nothing_to_end = [REMOVED; 3];
    let recorded = [REMOVED, FAILS, FAILS];
    // Without a hook there are no subjects.
    let nobodys = [REMOVED, REMOVED, FAILS];
    let unreadable = [UNRECORDED, UNRECORDED, FAILS];
    vec![
        ("no cookie", String::new(), None, [Says::Ok(Sent::Unchanged); 3]),
        ("accepted", alice(NOW), None, recorded),
        ("accepted, nobody's", lang.clone(), None, nobodys),
        (
            "accepted, and another is not opened",
            [&*unknown, &alice(NOW)].join("; "),
            None,
            recorded,
        ),
        ("too long", format!("{NAME}={}", "A".repeat(4096)), Some("TooLong"), nothing_to_end),
        ("malformed", format!("{NAME}=?"), Some("Malformed"), nothing_to_end),
        ("unknown version", version.clone(), Some("UnknownVersion"), unreadable),
        ("unknown key", unknown.clone(), Some("UnknownKey"), unreadable),
        ("forged", nine[0].clone(), Some("Forged"), nothing_to_end),
        ("corrupt", corrupt.clone(), Some("Corrupt"), unreadable),
        (
            "unknown extension",
            format!("{NAME}={UNKNOWN_EXTENSION}"),
            Some("UnknownExtension"),
            unreadable,
        ),
        ("from the future", ahead.clone(), Some("FromTheFuture"), recorded),
        ("absolute timeout", alice(NOW - 30 * DAY), Some("AbsoluteTimeout"), nothing_to_end),
        ("idle timeout", idle.clone(), Some("IdleTimeout"), nothing_to_end),
        ("too many", nine.join("; "), Some("TooMany"), unreadable),
        ("ambiguous", [alice(NOW), alice(NOW)].join("; "), Some("Ambiguous"), recorded),
        (
            "ambiguous, nobody's",
            [&*lang, &sealed(&sessions(), &[], NOW)].join("; "),
            Some("Ambiguous"),
            nobodys,
        ),
        // `rejection` is that of the token that came further; the log-out sees both.
        ("ahead and idle", [&*ahead, &idle].join("; "), Some("IdleTimeout"), recorded),
        (
            "unknown version and malformed",
            [&*version, &format!("{NAME}=?")].join("; "),
            Some("UnknownVersion"),
            unreadable,
        ),
        ("unknown key and forged", [&*unknown, &nine[0]].join("; "), Some("Forged"), unreadable),
        ("corrupt and idle", [&*corrupt, &idle].join("; "), Some("IdleTimeout"), unreadable),
        (
            "unknown key and ahead",
            [&*unknown, &ahead].join("; "),
            Some("FromTheFuture"),
            [UNRECORDED, FAILS, FAILS],
        ),
    ]
}

#[test]
fn a_log_out_has_the_documented_result_for_each_rejection() {
    for (row, cookie, rejection, says) in rows() {
        let (hook, down) = (Hook::default(), Hook::default());
        let with = |hook: &Hook| {
            CookieSessions::builder(ring(1)).subject(user).revocation(hook.clone()).build().unwrap()
        };
        let coders = [with(&hook), with(&down), sessions()];
        let decoded = coders.each_ref().map(|sessions| {
            let session = sessions.decode_at(&cookies([&cookie]), Transport::Https, at(NOW));
            let found = session.rejection().map(|rejection| format!("{rejection:?}"));
            let found = found.as_deref().map(|name| name.split('(').next().unwrap());
            assert_eq!(found, rejection, "{row}");
            session
        });
        down.is_down.store(true, Relaxed);
        let found: Vec<Says> = coders.iter().zip(decoded).map(|(s, d)| log_out(s, d)).collect();
        assert_eq!(found, says, "{row}");
        let recorded = usize::from(says[1] == FAILS);
        assert!(hook.told.lock().unwrap().len() >= recorded, "{row}: nothing was recorded");
        for sessions in &coders {
            let session = sessions.decode_at(&cookies([&cookie]), Transport::Http, at(NOW));
            let expected = if cookie.is_empty() { None } else { Some(&Rejection::OtherTransport) };
            assert_eq!(session.rejection(), expected);
            assert_eq!(log_out(sessions, session), Says::Ok(Sent::Withheld), "{row}");
        }
    }
}

#[test]
fn a_log_out_of_a_session_that_is_revoked_or_could_not_be_checked_is_nothing_or_an_error() {
    let cookie = alice(NOW);
    let label = crate::support::decode(&sessions(), &cookie, NOW).label().to_string();
    for (is_down, rejection, expected) in
        [(false, Rejection::Revoked, REMOVED), (true, Rejection::Unchecked, FAILS)]
    {
        let hook = Hook { revoked: label.clone(), ..Hook::default() };
        let builder = CookieSessions::builder(ring(1)).subject(user).revocation(hook.clone());
        let sessions = builder.build().unwrap();
        for is_down_later in [false, true] {
            hook.is_down.store(is_down, Relaxed);
            let session = crate::support::decode(&sessions, &cookie, NOW);
            assert_eq!(session.rejection(), Some(&rejection));
            hook.is_down.store(is_down_later, Relaxed);
            assert_eq!(log_out(&sessions, session), expected, "{rejection:?}");
        }
        assert!(hook.told.lock().unwrap().is_empty());
    }
}

/// Decoded without a hook, and encoded with one.
#[test]
fn a_log_out_of_ids_that_no_hook_was_asked_about_is_an_error() {
    let hook = Hook::default();
    let with_hook = CookieSessions::builder(ring(1)).revocation(hook.clone()).build().unwrap();
    for cookie in [alice(NOW), alice(NOW + 301), [alice(NOW), alice(NOW)].join("; ")] {
        let session = crate::support::decode(&sessions(), &cookie, NOW);
        assert_eq!(log_out(&with_hook, session), FAILS);
    }
    let mut session = crate::support::visit(&with_hook, NOW);
    session.set("user", "alice");
    let (_, response) = crate::support::encode(&with_hook, &session, NOW);
    let session = with_hook.from_response(&response).unwrap();
    assert_eq!(log_out(&with_hook, session), FAILS, "read from a response");
    assert!(hook.told.lock().unwrap().is_empty());
}
