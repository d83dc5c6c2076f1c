//! Each rejection in words: what it says, what usually causes it, and what to do.

use sealed_session::Rejection;

use crate::inspect::report::{Explanation, SessionReport, TokenReport};
use crate::inspect::search::Fit;
use crate::time::{Instant, in_words};

/// The least characters of a token: a frame, and a body without a payload.
const SHORTEST: usize = 84;

/// Why one token is rejected.
pub(super) fn of_token(
    rejection: Rejection,
    token: &TokenReport,
    text: &[u8],
    secrets: usize,
    now: Instant,
) -> Explanation {
    match rejection {
        Rejection::TooLong => Explanation::new(
            format!(
                "the value has {} characters; name, `=` and value may have 4,096 together",
                token.length
            ),
            "other software set a cookie of this name, or two values were joined",
            "compare the value with the Set-Cookie header of the application",
        ),
        Rejection::Malformed => malformed(text),
        Rejection::UnknownVersion(version) if fault_of_form(text).is_some() => Explanation::new(
            format!("the value is no token; read as one, it would have version {version}"),
            CUT_OR_FOREIGN,
            COPY_AGAIN,
        ),
        Rejection::UnknownVersion(version) => Explanation::new(
            format!("the token has version {version}, which this release does not open"),
            "a newer release of the library sealed it, or other software set a cookie of this name",
            "inspect it with the newest release; update every machine to a release that opens the version before one of \
             them seals with it",
        ),
        // decode reads no further than the key id.
        Rejection::UnknownKey(_) if fault_of_form(text).is_some() => malformed(text),
        Rejection::UnknownKey(id) => unknown_key(&id.to_string(), secrets),
        _ => of_secret(rejection, token, now),
    }
}

/// Why a token is rejected whose key id is that of a secret.
fn of_secret(rejection: Rejection, token: &TokenReport, now: Instant) -> Explanation {
    match rejection {
        Rejection::Forged => Explanation::new(
            "the key id is that of one of the secrets, but the value was not sealed as it is now",
            "the value was changed or cut short on its way, for example by a terminal, a log or a proxy. Rarely, another \
             secret has the same key id by chance: one in 65,536",
            format!(
                "compare the length with the browser's: here it is {} characters",
                token.length
            ),
        ),
        Rejection::Corrupt => Explanation::new(
            match (&token.session, &token.schema) {
                (Some(_), Some(schema)) => {
                    format!("a secret opened the token, but its payload cannot be read as {schema}")
                }
                _ => "a secret opened the token, but what is in it is no session".to_owned(),
            },
            "the payload type has changed under the same schema, or another release of the application, or other software \
             with the same secret, sealed it",
            "add fields with #[serde(default)]; after any other change, name a new schema and open the old one with \
             upgrade_from",
        ),
        Rejection::UnknownExtension(tag) => Explanation::new(
            format!("the session has the extension {tag}, which this release does not know"),
            "a newer release of the library sealed it",
            "update this machine too, or undo the update of the others",
        ),
        _ => of_times(rejection, token.session.as_ref(), now),
    }
}

const CUT_OR_FOREIGN: &str = "the value was cut short, quoted, encoded again or wrapped on its way, or other software set \
                              a cookie of this name";

const COPY_AGAIN: &str =
    "copy it from the browser's developer tools, or from the Set-Cookie header of a response";

fn is_of_alphabet(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
}

/// Why a value has not the form of a token: its characters, or its length.
fn fault_of_form(text: &[u8]) -> Option<String> {
    let length = text.len();
    Some(if text.is_empty() {
        "the value is empty".to_owned()
    } else if !is_of_alphabet(text) {
        "the value has other characters than letters, digits, - and _".to_owned()
    } else if length < SHORTEST {
        format!("the value has {length} characters; a token has {SHORTEST} or more")
    } else if length % 4 == 1 {
        format!("the value has {length} characters, which no token has: some are missing")
    } else {
        return None;
    })
}

fn malformed(text: &[u8]) -> Explanation {
    let end = || {
        let length = text.len();
        format!(
            "the value of {length} characters ends as no token does: some are missing, or were changed"
        )
    };
    let found = fault_of_form(text).unwrap_or_else(end);
    Explanation::new(found, CUT_OR_FOREIGN, COPY_AGAIN)
}

fn unknown_key(id: &str, secrets: usize) -> Explanation {
    let found = if secrets == 1 {
        format!("the key id {id} is not that of the only secret")
    } else {
        format!("the key id {id} belongs to none of the {secrets} secrets")
    };
    Explanation::new(
        found,
        "the cookie is from another environment, such as staging; a secret was dropped too early; a machine has another \
         secret; or the cookie was sealed with other settings: name, path, domain, transport, partitioned, context or schema",
        "compare the key ids with those that each machine logs (`sessions are configured`, `the secrets were rotated`). If \
         a secret was dropped too early, add it again as a previous one, and the session is accepted",
    )
}

fn of_times(rejection: Rejection, session: Option<&SessionReport>, now: Instant) -> Explanation {
    let time = |of: fn(&SessionReport) -> Instant| {
        session
            .map_or_else(|| "at an unknown time".to_owned(), |session| of(session).relative_to(now))
    };
    match rejection {
        Rejection::FromTheFuture => Explanation::new(
            format!(
                "the token was sealed {}; the clocks of two machines may differ by 300 seconds",
                time(|s| s.sealed)
            ),
            "the clock of this machine is behind, or that of the machine that sealed it is ahead",
            "check that every machine asks a time server; the session is accepted once the clocks agree",
        ),
        Rejection::AbsoluteTimeout => Explanation::new(
            format!(
                "the session began {} and passed its absolute timeout {}",
                time(|s| s.created),
                time(|s| s.absolute_end)
            ),
            "the user logged in that long ago, or absolute_timeout was shortened since: it holds for cookies that are \
             already issued",
            "nothing: the user has to log in again. If that is too early, raise absolute_timeout",
        ),
        Rejection::IdleTimeout => Explanation::new(
            format!(
                "the session was last sealed {} and passed its idle timeout {}{}",
                time(|s| s.sealed),
                time(|s| s.idle_end),
                own_timeout(session)
            ),
            "the user was away for longer than that. A session is refreshed only by responses that may carry a cookie, from \
             half of its idle timeout on: cached and passive requests do not count",
            "nothing: the user has to log in again. If that is too early, raise idle_timeout",
        ),
        _ => Explanation::new(
            rejection.to_string(),
            "the application rejects it",
            "see the log of the application",
        ),
    }
}

fn own_timeout(session: Option<&SessionReport>) -> String {
    let own = session.and_then(|session| session.own_idle_timeout_seconds).map(in_words);
    own.map_or_else(String::new, |own| format!("; it has an idle timeout of its own: {own}"))
}

/// Why a token is rejected that would open if one thing were different.
pub(super) fn of_fit(found: String, fit: &Fit) -> Explanation {
    let words = &fit.words;
    match fit.change {
        "value" => Explanation::new(
            found,
            format!("the value was changed on its way: it {words}"),
            "copy it again as the browser sends it; if the browser sends it so, look for what changes the Cookie header",
        ),
        "cookie" => {
            Explanation::new(found, format!("it {words}"), "inspect the cookie of the session")
        }
        _ => Explanation::new(
            found,
            format!("the application that sealed it has another setting: it {words}"),
            "give that setting to `inspect`; if the application is not meant to have it, correct the application",
        ),
    }
}

/// Why a request is rejected although no single token is the reason.
pub(super) fn of_request(rejection: Rejection) -> Option<Explanation> {
    match rejection {
        Rejection::TooMany => Some(Explanation::new(
            "decode opens at most eight tokens; none of the first ones was accepted, and others were left",
            "cookies of this name were set for many paths or domains, or an attacker planted them",
            "delete the cookies of this name in the browser; use the prefix __Host- (path / and no domain), which no other \
             host can plant",
        )),
        Rejection::Ambiguous => Some(Explanation::new(
            "two tokens of different sessions are valid, so neither is accepted",
            "the cookie was set for two paths or domains, for example before and after a change of the settings, or an \
             attacker planted one of them",
            "delete the cookies of this name in the browser, and log in again",
        )),
        _ => None,
    }
}

/// Why a cookie with another name is not read.
pub(super) fn of_name(found: &str, expected: &str) -> Explanation {
    let cause = if found.starts_with("__Secure-") {
        "the application that set it has another name, or a path other than /, or a domain"
    } else if found.starts_with("__Host-") {
        "the application that set it has another name; __Host- stands for HTTPS, the path / and no domain"
    } else if expected.ends_with(found) {
        "the application that set it calls insecure_http()"
    } else {
        "the application that set it has another name"
    };
    Explanation::new(
        format!("the cookie is named {found}; decode reads {expected} only"),
        cause,
        "give the settings of the application: --name, --path, --domain or --transport; if they are not intended, correct \
         the application",
    )
}
