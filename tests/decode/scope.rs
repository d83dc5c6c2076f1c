//! What a token is bound to: sessions that differ in any part of their scope never open each other's.

use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{Builder, CookieSessions, Payload, Rejection};
use serde::{Deserialize, Serialize};

use crate::support::{NOW, decode, encode, pair, ring, visit};

#[derive(Default, Serialize, Deserialize)]
struct Visits(u32);

#[derive(Clone, Debug, PartialEq)]
struct Scope {
    name: &'static str,
    path: &'static str,
    domain: Option<&'static str>,
    partitioned: bool,
    https: bool,
    context: String,
    /// `None` for a dictionary.
    schema: Option<String>,
}

/// Few letters, so that what ends one part often begins the next.
fn letters(least: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(select(vec!['a', 'b', '\0', '\u{1}']), least..4)
        .prop_map(String::from_iter)
}

fn scope() -> impl Strategy<Value = Scope> {
    let name = select(vec!["a", "ab", "b", "session"]);
    let path = select(vec!["/", "/a", "/ab", "/a/"]);
    let domain = select(vec![None, None, Some("a.b"), Some("ab.a"), Some("a.ba")]);
    let flags = (any::<bool>(), prop_oneof![3 => Just(true), 1 => Just(false)]);
    let parts = (name, path, domain, flags, letters(0), proptest::option::of(letters(1)));
    parts.prop_map(|(name, path, domain, (partitioned, https), context, schema)| Scope {
        name,
        path,
        domain,
        partitioned: partitioned && https,
        https,
        context,
        schema,
    })
}

/// Two scopes, of which the second differs in few parts, if in any.
fn two_scopes() -> impl Strategy<Value = [Scope; 2]> {
    (scope(), scope(), 0..64_u8).prop_map(|(one, other, theirs)| {
        let takes = |part: u8| theirs >> part & 1 == 1;
        let mut mixed = one.clone();
        if takes(0) {
            mixed.name = other.name;
        }
        if takes(1) {
            mixed.path = other.path;
        }
        if takes(2) {
            mixed.domain = other.domain;
        }
        if takes(3) {
            (mixed.partitioned, mixed.https) = (other.partitioned, other.https);
        }
        if takes(4) {
            mixed.context = other.context;
        }
        if takes(5) {
            mixed.schema = other.schema;
        }
        [one, mixed]
    })
}

fn build<T: Payload>(scope: &Scope, builder: Builder<T>) -> CookieSessions<T> {
    let builder = builder.name(scope.name).path(scope.path).context(&scope.context);
    let builder = builder.partitioned(scope.partitioned);
    let builder = if let Some(domain) = scope.domain { builder.domain(domain) } else { builder };
    let builder = if scope.https { builder } else { builder.insecure_http() };
    builder.build().unwrap()
}

/// Name and token of a session with the default payload.
fn cookie_of<T: Payload>(sessions: &CookieSessions<T>) -> (String, String) {
    let mut session = visit(sessions, NOW);
    session.touch();
    let pair = pair(&encode(sessions, &session, NOW).1);
    let (name, token) = pair.split_once('=').unwrap();
    (name.to_owned(), token.to_owned())
}

/// Whether a token opens; it comes under the name that is looked for.
fn open<T: Payload>(sessions: &CookieSessions<T>, token: &str) -> Option<Rejection> {
    let (name, _) = cookie_of(sessions);
    decode(sessions, &format!("{name}={token}"), NOW).rejection().copied()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_token_opens_in_its_own_scope_and_in_no_other([one, other] in two_scopes()) {
        let dict = |scope| build(scope, CookieSessions::builder(ring(1)));
        let typed = |scope, schema| build(scope, CookieSessions::typed::<Visits>(ring(1), schema));
        let (_, token) = match &one.schema {
            None => cookie_of(&dict(&one)),
            Some(schema) => cookie_of(&typed(&one, schema)),
        };
        let rejection = match &other.schema {
            None => open(&dict(&other), &token),
            Some(schema) => open(&typed(&other, schema), &token),
        };
        match rejection {
            None => prop_assert_eq!(one, other),
            Some(Rejection::UnknownKey(_) | Rejection::Forged) => prop_assert_ne!(one, other),
            Some(rejection) => prop_assert!(false, "{:?}", rejection),
        }
    }
}
