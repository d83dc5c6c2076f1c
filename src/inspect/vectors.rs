//! Replays `tests/vectors`: the program judges every token as the library does.

use std::time::Duration;

use crate::decode::vectors::{Case, SAID, each, folder, name, unhex};
use crate::inspect::{
    Inspector, NextResponse, OpenedFacts, PayloadSchema, SessionFacts, Settings, TokenFacts,
};
use crate::keys::keyring::KeyRole;
use crate::{Rejection, Transport};

/// A map of one entry, `inner`, in MessagePack.
const INNER: &str = "81a5696e6e6572";

#[test]
fn every_vector_is_judged_as_it_says_without_the_types_of_the_application() {
    each(&folder(""), 200, SAID, run);
}

fn settings(case: &Case) -> Settings {
    let text = |word: &str| case.get(word).map(str::to_owned);
    let name = case.the("schema").to_owned();
    Settings {
        name: text("name"),
        path: text("path"),
        domain: text("domain"),
        partitioned: case.get("partitioned").is_some_and(|value| value == "yes"),
        context: text("context"),
        insecure_http: case.transport() == Transport::Http,
        idle_timeout: Some(Duration::from_secs(case.number("idle"))),
        absolute_timeout: Some(Duration::from_secs(case.number("absolute"))),
        schema: match case.get("encoding") {
            None => PayloadSchema::Dict,
            Some("named") => PayloadSchema::Named(name),
            Some(_) => PayloadSchema::Compact { name, shape: case.the("shape").to_owned() },
        },
        ..Settings::default()
    }
}

fn run(case: &Case) {
    let inspector = Inspector::new(&case.keyring(), &settings(case)).unwrap();
    let headers = case.headers("token", &inspector.scope().full_name);
    let expected = case.the("expect");
    let Some(mut facts) = inspector.request(&headers, case.now()) else {
        assert_eq!(expected, "none");
        return;
    };
    match facts.outcome {
        _ if case.arrives() != case.transport() => assert_eq!(expected, "other-transport"),
        // Without the type, what is well-formed is read.
        Ok(_) if expected == "corrupt" => assert!(case.get("type").is_some()),
        Ok(place) => {
            assert_eq!(expected, "accept");
            accepts(case, facts.tokens.swap_remove(place));
        }
        // Without the type, a variant with content is two maps: two levels instead of one.
        Err(Rejection::Corrupt) if expected == "accept" => {
            assert_eq!(case.the("payload").matches(INNER).count(), 62);
        }
        Err(rejection) => {
            assert_eq!(name(rejection), expected);
            // Each by itself: the reason is that of one of them, unless it is about several.
            let reasons = facts.tokens.iter().filter_map(|token| token.verdict.as_ref().err());
            let is_of_several = ["too-many", "ambiguous"].contains(&expected);
            assert!(is_of_several || reasons.copied().any(|reason| reason == rejection));
        }
    }
}

fn accepts(case: &Case, token: TokenFacts) {
    let OpenedFacts { role, place, session, .. } = token.opened.unwrap();
    assert_eq!(role.to_string(), case.the("opened-by"));
    assert_eq!(place == 1, role == KeyRole::Current);
    let session: SessionFacts = session.unwrap();
    assert_eq!(session.label.to_string(), case.the("label"));
    let (created, sealed_at) = (case.number("created"), case.number("renewed"));
    assert_eq!((session.created, session.sealed_at), (created, sealed_at));
    // No instant is written that is later than the last one of an HTTP date.
    let end = crate::token::times::END_OF_9999;
    assert_eq!(session.expires_at.min(end), case.number("expires"));
    assert_eq!(session.own_idle_timeout.unwrap_or(0), case.number("own"));
    let confirmed_at = case.get("confirmed").map(|seconds| seconds.parse().unwrap());
    assert_eq!(session.confirmed_at, confirmed_at);
    assert_eq!(session.padding, case.the("pad").parse::<usize>().unwrap());
    assert_eq!(*session.payload.bytes, *unhex(case.the("payload")));

    let is_due = case.the("due") == "yes";
    let now = crate::token::times::unix_seconds(case.now());
    assert_eq!(session.refresh_at.is_some_and(|due| now >= due), is_due);
    match token.verdict.unwrap() {
        NextResponse::Nothing => assert!(!is_due && role != KeyRole::Previous),
        NextResponse::Refreshed => assert!(is_due && role != KeyRole::Previous),
        NextResponse::Resealed => assert_eq!(role, KeyRole::Previous),
        // Almost as large as a cookie may be.
        NextResponse::Fails(reason) => assert!(reason.contains("bytes"), "{reason}"),
    }
}
