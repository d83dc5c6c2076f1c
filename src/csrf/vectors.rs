//! Replays `tests/vectors/csrf`: what a token for forms is worth to the session of the file; what is accepted is made
//! again to the very bytes.

use crate::CookieSessions;
use crate::csrf::token::{CsrfError, FormScope, render};
use crate::decode::vectors::{Case, each, folder, unhex};

const WORDS: &str = "csrf csrf-bytes method target expect random";

#[test]
fn every_csrf_vector_is_judged_as_it_says() {
    each(&folder("csrf"), 30, WORDS, run);
}

fn run(case: &Case) {
    let sessions = case.configure(CookieSessions::builder(case.keyring()));
    let headers = case.headers("token", sessions.0.set_cookie.name());
    let session = sessions.decode_at(&headers, case.arrives(), case.now());
    assert_eq!(session.rejection(), None);

    let bytes = || unhex(&case.the("csrf-bytes").replace('-', ""));
    let text = case.get("csrf").map_or_else(bytes, |text| text.as_bytes().to_vec());
    let method = case.get("method").map(|method| if method == "-" { "" } else { method });
    let target = case.get("target").unwrap_or_default();
    let verdict = match method {
        Some(method) => session.verify_csrf_for(&text, method, target),
        None => session.verify_csrf(&text),
    };
    assert_eq!(verdict.map_or_else(name, |()| "accept".into()), case.the("expect"));

    if let Some(random) = case.get("random") {
        let scope = FormScope { method: method.unwrap_or_default(), path: target };
        assert_eq!(
            render(session.id(), &scope, unhex(random).try_into().unwrap()).as_bytes(),
            text
        );
    }
}

fn name(error: CsrfError) -> String {
    match error {
        CsrfError::Empty => "empty".into(),
        CsrfError::TooLong { bytes } => format!("too-long {bytes}"),
        CsrfError::Malformed => "malformed".into(),
        CsrfError::UnknownVersion(version) => format!("unknown-version {version}"),
        CsrfError::NoId => "no-id".into(),
        CsrfError::Mismatch => "mismatch".into(),
        CsrfError::EmptyMethod => "empty-method".into(),
        CsrfError::ScopeTooLong { .. }
        | CsrfError::Missing
        | CsrfError::Repeated
        | CsrfError::CrossSite
        | CsrfError::SameSite
        | CsrfError::FormTooLarge { .. }
        | CsrfError::BrokenForm
        | CsrfError::NoSessionLayer => {
            unreachable!("no vector says so")
        }
    }
}
