//! Randomness, always from the operating system.

#[cfg(test)]
use failing::fill;
#[cfg(not(test))]
use getrandom::fill;

use crate::error::RngError;

/// Draws `N` bytes in one system call.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RngError> {
    // A system call each time, not a generator in the process: a fork or a clone of the virtual
    // machine copies its state, and both copies then draw the same nonces (Ristenpart and Yilek,
    // "When Good Randomness Goes Bad", NDSS 2010). Under one key a nonce must never repeat.
    let mut bytes = [0; N];
    fill(&mut bytes).map_err(RngError::new)?;
    Ok(bytes)
}

/// The operating system's randomness, which tests can disable for a thread.
#[cfg(test)]
mod failing {
    use std::cell::Cell;

    thread_local! {
        static FAILS: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn fill(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        if FAILS.get() { Err(getrandom::Error::UNEXPECTED) } else { getrandom::fill(bytes) }
    }

    pub(super) fn without<R>(run: impl FnOnce() -> R) -> R {
        FAILS.set(true);
        let result = run();
        FAILS.set(false);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::{Duration, SystemTime};

    use http::header::{HeaderMap, SET_COOKIE};
    use http::{Request, Response, StatusCode};

    use super::failing::without;
    use crate::{CookieSessions, EncodeError, Issue, Keyring, Secret, Sent, Session};

    fn written() -> (CookieSessions, Session) {
        let sessions = CookieSessions::new(Keyring::ephemeral());
        let mut session = sessions.fresh();
        session.set("user", "alice");
        (sessions, session)
    }

    #[track_caller]
    fn refuses_to_encode(sessions: &CookieSessions, session: &Session) {
        let mut response = Response::new(());
        let error = without(|| sessions.encode(session, &mut response)).unwrap_err();
        let EncodeError::Rng(inner) = &error else { panic!("{error}") };
        assert_eq!(inner.to_string(), "the operating system returned no random bytes");
        assert_eq!(error.to_string(), inner.to_string());
        assert_eq!(response.headers(), &HeaderMap::new());
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn a_new_session_is_not_sent_without_randomness() {
        let (sessions, session) = written();
        refuses_to_encode(&sessions, &session);
        assert_eq!(session.label().to_string(), "new", "and has no id, least of all one of zeros");
        assert!(
            sessions.encode(&session, &mut Response::new(())).is_ok(),
            "it is sent once there is some"
        );
    }

    #[test]
    fn a_session_with_an_id_is_not_sent_under_a_nonce_that_was_not_drawn() {
        let (sessions, session) = written();
        session.id();
        refuses_to_encode(&sessions, &session);
    }

    /// Encodes without randomness, when the session is due for a refresh.
    fn encode_later(sessions: &CookieSessions, session: &Session) -> Result<Sent, EncodeError> {
        let later = SystemTime::now() + Duration::from_secs(8 * 24 * 3600);
        let mut headers = HeaderMap::new();
        let sent = without(|| sessions.encode_at(session, &mut headers, StatusCode::OK, later));
        assert!(!headers.contains_key(SET_COOKIE));
        sent
    }

    #[test]
    fn a_session_that_was_not_written_stays_as_it_was_without_randomness() {
        let (sessions, session) = written();
        let cookie = sessions.request_cookie(&session).unwrap();
        let request = || Request::get("/").header("cookie", cookie.clone()).body(()).unwrap();
        let read = || sessions.decode(&request());
        assert!(sessions.encode(&read(), &mut Response::new(())).is_ok());
        assert_eq!(encode_later(&sessions, &read()).unwrap(), Sent::Unchanged, "a refresh");
        let changes: [fn(&mut Session); 3] =
            [|session| session.set("user", "bob"), Session::renew, Session::confirm];
        for change in changes {
            let mut session = read();
            change(&mut session);
            assert!(matches!(encode_later(&sessions, &session), Err(EncodeError::Rng(_))));
        }
    }

    #[track_caller]
    fn is_not_issued(sessions: &CookieSessions) {
        let visitor = sessions.decode(&Request::new(()));
        assert_eq!(encode_later(sessions, &visitor).unwrap(), Sent::Unchanged);
        assert_eq!(visitor.label().to_string(), "new");
        // A log-out that left the cookie as it is would be lost.
        let mut left = sessions.decode(&Request::new(()));
        left.invalidate();
        assert!(matches!(encode_later(sessions, &left), Err(EncodeError::Rng(_))));
    }

    #[test]
    fn a_session_that_nobody_wrote_is_not_issued_without_randomness() {
        let eager = CookieSessions::builder(Keyring::ephemeral()).issue(Issue::Eager);
        is_not_issued(&eager.build().unwrap());
        let lazy = CookieSessions::new(Keyring::ephemeral());
        let asked = lazy.fresh();
        asked.id();
        assert_eq!(encode_later(&lazy, &asked).unwrap(), Sent::Unchanged);
    }

    /// The hook is asked about the id, which is drawn for that.
    #[cfg(feature = "revocation")]
    #[test]
    fn a_session_that_a_hook_would_be_asked_about_is_not_issued_without_randomness() {
        let eager = CookieSessions::builder(Keyring::ephemeral()).issue(Issue::Eager);
        let named = eager.subject(|_| Some("visitor".into()));
        is_not_issued(&named.revocation(crate::LocalDenyList::new(1)).build().unwrap());
    }

    #[test]
    fn a_cookie_for_a_jar_is_not_made_without_randomness() {
        let (sessions, session) = written();
        let made = without(|| sessions.to_cookie(&session, SystemTime::now()));
        assert!(matches!(made, Err(EncodeError::Rng(_))));
    }

    #[cfg(feature = "metrics")]
    #[test]
    fn a_session_that_is_not_sent_without_randomness_is_counted() {
        use metrics_util::debugging::{DebugValue, DebuggingRecorder};

        let recorder = DebuggingRecorder::new();
        let build = || CookieSessions::new(Keyring::ephemeral());
        let sessions = metrics::with_local_recorder(&recorder, build);
        let mut session = sessions.fresh();
        session.set("user", "alice");
        refuses_to_encode(&sessions, &session);
        let counted = recorder.snapshotter().snapshot().into_vec().into_iter();
        let failed = counted.filter(|(series, .., value)| {
            series.key().name() == "sealed_session_failed_total" && *value == DebugValue::Counter(1)
        });
        let labels = failed.flat_map(|(series, ..)| series.key().clone().into_parts().1);
        let values: Vec<String> = labels.map(|label| label.value().to_owned()).collect();
        assert_eq!(values, ["__Host-session", "rng"]);
    }

    #[test]
    fn secrets_and_ids_panic_without_randomness_as_documented() {
        let (_, session) = written();
        let panics = |run: &dyn Fn()| without(|| catch_unwind(AssertUnwindSafe(run)).is_err());
        assert!(panics(&|| drop(Secret::generate())));
        assert!(panics(&|| drop(Keyring::ephemeral())));
        assert!(panics(&|| drop(session.id().clone())));
    }

    #[cfg(feature = "flash")]
    #[test]
    fn flash_messages_are_not_sent_without_randomness() {
        let sessions = CookieSessions::new(Keyring::ephemeral());
        let mut flash = crate::Flash::new();
        flash.push(crate::Level::Info, "a").unwrap();
        let mut response = Response::new(());
        let sent = without(|| sessions.encode_flash(&flash, &mut response));
        assert!(matches!(sent, Err(EncodeError::Rng(_))));
        assert_eq!(response.headers(), &HeaderMap::new());
    }

    #[cfg(feature = "csrf")]
    #[test]
    fn csrf_tokens_panic_without_randomness_as_documented() {
        let (_, session) = written();
        let panics =
            || without(|| catch_unwind(AssertUnwindSafe(|| session.csrf_token())).is_err());
        assert!(panics());
        assert_eq!(session.label().to_string(), "new", "and the session is as it was");
        session.id();
        assert!(
            panics(),
            "also with an id: a token without randomness would be the same each time"
        );
    }
}
