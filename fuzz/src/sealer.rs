//! Sealed values of every kind: texts, which may be bound, and cookies; opened, sealed again, and
//! opened again.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ binding (1) ‖ choices of a byte each
//!         flags & 4: in cookies, where nothing is bound
//!         flags & 8: the rest are the text as it is, or the headers, one a line
//!         binding % 4: 2 to the session of the vectors, 3 to their record, else none
//! ```
#![allow(clippy::similar_names, reason = "a sealer, and what it sealed")]

use std::time::Duration;

use http::HeaderMap;
use sealed_session::{Rejection, SameSite, SealedCookie, Sealer, Sent};
use sha2::{Digest, Sha256};

use crate::common::{Id, attributes, cookie_headers, cookie_value, pair, set_cookies};
use crate::decode::{Accepted, Rules, values};
use crate::input::Input;
use crate::parts::Parts;
use crate::payload::Known;
use crate::rejection::Reason;
use crate::samples;
use crate::scene::Scene;
use crate::site::{Site, site, with_coder};
use crate::typed::Account;

/// Flags of a scene.
const IN_COOKIES: u8 = 4;
const VERBATIM: u8 = 8;

/// The session of the vectors, and their record.
const SESSION: Id = [
    0xdd, 0x19, 0xbd, 0xe3, 0x1c, 0x07, 0x62, 0x34, 0x88, 0xf5, 0xda, 0x5e, 0x6d, 0x08, 0x11, 0x15,
];
const RECORD: &str = "$argon2id$v=19$hash";

/// What a value is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Nothing,
    Session,
    Record,
}

const BINDINGS: [Bound; 4] = [Bound::Nothing, Bound::Nothing, Bound::Session, Bound::Record];

impl Bound {
    /// The end of the additional data.
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Nothing => vec![],
            Self::Session => [&[1], &SESSION[..]].concat(),
            Self::Record => [&[2], &Sha256::digest(RECORD)[..]].concat(),
        }
    }
}

/// A value opens as it was sealed, in its time and with its binding, or is rejected for the right
/// reason. What is sealed is what the rules open.
pub fn run(data: &[u8]) {
    let Some(scene) = Scene::read(data) else { return };
    let Some((binding, rest)) = scene.rest.split_first() else { return };
    let bound = BINDINGS[usize::from(binding % 4)];
    let lifetime = Duration::from_secs(scene.site.value_rules.absolute);
    let sealer = with_coder!(scene.site, coder => coder.sealer::<Account>("link", lifetime));
    let sealer = sealer.unwrap();
    if scene.flags & IN_COOKIES == 0 {
        check_text(&scene, &sealer, bound, rest);
    } else {
        check_cookies(&scene, &sealer.in_cookie("flow", SameSite::Strict).unwrap(), rest);
    }
}

fn check_text(scene: &Scene<'_>, sealer: &Sealer<Account>, bound: Bound, rest: &[u8]) {
    let rules = scene.site.value_rules.bound(&bound.bytes());
    let mut input = Input::new(if scene.flags & VERBATIM == 0 { rest } else { &[] });
    let text = match scene.flags & VERBATIM {
        0 => value(scene.site, &rules, scene.now, &mut input),
        _ => rest.to_vec(),
    };
    let Ok(text) = str::from_utf8(&text) else { return };
    let found = open(scene, sealer, bound, text);
    let expected = rules.open(text.as_bytes(), &mut 0).and_then(plain);
    let expected = expected.and_then(|token| rules.validate(&token, scene.now).map(|()| token));
    compare(found, expected.map(Some));

    let mut account = Account::default();
    account.fill(&mut input);
    let sealed = seal(scene, sealer, bound, &account);
    is_sealed(&rules, &account, sealed.as_bytes(), scene.now);
    for other in [Bound::Nothing, Bound::Session, Bound::Record] {
        let opened = open(scene, sealer, other, &sealed);
        let expected =
            if other == bound { Ok(Some(account.clone())) } else { Err(Rejection::Forged) };
        assert_eq!(opened, expected);
    }
}

fn open(
    scene: &Scene<'_>,
    sealer: &Sealer<Account>,
    bound: Bound,
    text: &str,
) -> Result<Option<Account>, Rejection> {
    let opened = match bound {
        Bound::Nothing => sealer.open(text, scene.instant),
        Bound::Session => in_session(scene, sealer).open(text, scene.instant),
        Bound::Record => sealer.bound_to_bytes(RECORD).open(text, scene.instant),
    };
    opened.map(Some)
}

fn seal(scene: &Scene<'_>, sealer: &Sealer<Account>, bound: Bound, account: &Account) -> String {
    let sealed = match bound {
        Bound::Nothing => sealer.seal(account, scene.instant),
        Bound::Session => in_session(scene, sealer).seal(account, scene.instant),
        Bound::Record => sealer.bound_to_bytes(RECORD).seal(account, scene.instant),
    };
    sealed.unwrap()
}

/// In a session that has the id of the vectors.
fn in_session(scene: &Scene<'_>, sealer: &Sealer<Account>) -> sealed_session::BoundSealer<Account> {
    let rules = &scene.site.rules;
    let payload = rules.default_payload.clone();
    let parts = Parts { id: SESSION, created: scene.now, payload, ..Parts::default() };
    let token = rules.keys[0].1.seal(&[0; 24], &parts.render());
    let header = cookie_headers([format!("{}={token}", rules.scope.name).as_bytes()]);
    with_coder!(scene.site, coder => {
        let session = coder.decode_at(&header, coder.transport(), scene.instant);
        assert!(!session.is_new());
        sealer.bound_to(&session)
    })
}

fn check_cookies(scene: &Scene<'_>, cookie: &SealedCookie<Account>, rest: &[u8]) {
    let rules = &scene.site.flow_rules;
    let mut input = Input::new(if scene.flags & VERBATIM == 0 { rest } else { &[] });
    let header = match scene.flags & VERBATIM {
        0 => header(scene, rules, &mut input),
        _ => cookie_headers(rest.split(|byte| *byte == b'\n')),
    };
    let arrives = scene.arrives();
    let found = cookie.decode(&header, arrives, scene.instant);
    compare(found, judge(scene, rules, &header));

    let mut account = Account::default();
    account.fill(&mut input);
    let before = input.response_headers(rules.scope.cookie());
    let mut after = before.clone();
    let sent = cookie.encode(&account, &mut after, arrives, scene.instant);
    if arrives != rules.transport {
        assert_eq!((sent.unwrap(), &after), (Sent::Withheld, &before));
        return;
    }
    let parts = plain_parts(rules, &account, scene.now);
    let size = rules.set_cookie_len(parts.token_len(), Some(rules.absolute));
    if size > rules.max_set_cookie_len {
        sent.unwrap_err();
        assert_eq!(after, before);
        return;
    }
    assert_eq!(sent.unwrap(), Sent::Set);
    let set: Vec<_> = set_cookies(&after, rules.scope.cookie()).collect();
    assert_eq!((set.len(), set[0].len()), (1, size));
    assert_eq!(attributes(set[0].as_bytes()), rules.attributes(Some(rules.absolute)));
    is_sealed(
        rules,
        &account,
        cookie_value(set[0].as_bytes(), &rules.scope.name).unwrap(),
        scene.now,
    );
    let back = cookie_headers([pair(set[0].as_bytes())]);
    assert_eq!(cookie.decode(&back, arrives, scene.instant), Ok(Some(account)));

    assert_eq!(cookie.remove(&mut after, arrives).unwrap(), Sent::Removed);
    let set: Vec<_> = set_cookies(&after, rules.scope.cookie()).collect();
    assert_eq!(set.len(), 1);
    assert_eq!(attributes(set[0].as_bytes()), rules.attributes(Some(0)));
}

// The rules.

/// The value that was sealed last of those that are accepted; nothing without a cookie.
fn judge(scene: &Scene<'_>, rules: &Rules, header: &HeaderMap) -> Result<Option<Accepted>, Reason> {
    let values = values(header, &rules.scope.name);
    if values.is_empty() {
        return Ok(None);
    }
    if scene.arrives() != rules.transport {
        return Err(Reason::OtherTransport);
    }
    let validate = |token: Accepted| rules.validate(&token, scene.now).map(|()| token);
    let openings = rules.openings(&values).into_iter();
    let verdicts: Vec<_> =
        openings.map(|opened| opened.and_then(plain).and_then(validate)).collect();
    let accepted = verdicts.iter().filter_map(|verdict| verdict.as_ref().ok());
    let newest = accepted.max_by_key(|token| (token.parts.created, token.nonce)).cloned();
    let rejections: Vec<_> =
        verdicts.iter().filter_map(|verdict| verdict.as_ref().err().copied()).collect();
    newest.map_or_else(|| Err(Reason::furthest(&rejections).unwrap()), |newest| Ok(Some(newest)))
}

/// A value has neither an id nor an age nor a timeout nor a confirmation.
fn plain(token: Accepted) -> Result<Accepted, Reason> {
    if token.parts.has_only_created() { Ok(token) } else { Err(Reason::Corrupt) }
}

fn compare(found: Result<Option<Account>, Rejection>, expected: Result<Option<Accepted>, Reason>) {
    match (found, expected) {
        (Ok(None), Ok(None)) => {}
        (Ok(Some(account)), Ok(Some(token))) => {
            assert!(account.is_read_from(&token.parts.payload));
        }
        (Err(found), Err(expected)) => assert_eq!(Reason::of(found), expected),
        (found, expected) => panic!("{found:?} is to be {expected:?}"),
    }
}

fn plain_parts(rules: &Rules, account: &Account, now: u64) -> Parts {
    let parts = Parts { created: now, payload: account.bytes(), ..Parts::default() };
    parts.padded(rules.padding)
}

/// Sealed under the current secret, as the rules would.
fn is_sealed(rules: &Rules, account: &Account, token: &[u8], now: u64) {
    assert_eq!(rules.open_sent(token), plain_parts(rules, account, now));
}

// What the client sends.

fn header(scene: &Scene<'_>, rules: &Rules, input: &mut Input<'_>) -> HeaderMap {
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let mut pairs = Vec::new();
    for _ in 0..input.below(11) {
        let value = match input.below(8) {
            7 => sent.get(input.below(11)).cloned().unwrap_or_default(),
            _ => value(scene.site, rules, scene.now, input),
        };
        pairs.push([rules.scope.name.as_bytes(), b"=", &value].concat());
        sent.push(value);
    }
    if input.rarely(2) {
        pairs = vec![pairs.join(&b"; "[..])];
    }
    cookie_headers(pairs.iter().map(Vec::as_slice))
}

/// A token, mostly under one of these keys, or a text of another kind.
fn value(site: &Site, rules: &Rules, now: u64, input: &mut Input<'_>) -> Vec<u8> {
    let by = match input.below(16) {
        10 => &self::site(input.byte()).value_rules,
        11 => &site.flow_rules,
        12 => &site.rules,
        13 => &site.value_rules,
        14 => return input.pick(&site.samples).into_bytes(),
        15 => return input.bytes(64).to_vec(),
        _ => rules,
    };
    let (_, key) = input.pick(&by.keys);
    let nonce = if input.rarely(4) { input.take() } else { [input.byte(); 24] };
    let mut value = key.seal(&nonce, &body(now, input)).into_bytes();
    if input.rarely(8) {
        input.edit(&mut value);
    }
    value
}

/// The body of a value, rarely not well-formed.
fn body(now: u64, input: &mut Input<'_>) -> Vec<u8> {
    let mut account = Account::default();
    account.fill(input);
    let mut payload = account.bytes();
    if input.rarely(8) {
        input.edit(&mut payload);
    }
    let distance = input.number();
    let created =
        if input.rarely(2) { now.saturating_add(distance) } else { now.saturating_sub(distance) };
    let parts = Parts { created, pad: input.below(4) as u64, payload, ..Parts::default() };
    samples::body_without_session(parts, input)
}
