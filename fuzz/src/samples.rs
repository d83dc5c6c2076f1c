//! Tokens for a `Cookie` header: some that are accepted, and some for each reason of a rejection.

use std::slice;

use crate::common::{DAY, Id, NOW, base64url, from_base64url, secret};
use crate::decode::Rules;
use crate::format::{Key, Nonce};
use crate::input::Input;
use crate::parts::Parts;

/// The longest `Cookie` header, in bytes.
const MOST: usize = 16_384;

const ALICE: Id = [0xa1; 16];
const BOB: Id = [0xb0; 16];

/// The tokens of a site, for whose payload these bytes are an example.
pub fn of(rules: &Rules, payload: &[u8]) -> Vec<String> {
    let seal = |key: usize, nonce: u8, parts: &Parts| {
        let key = &rules.keys.get(key).unwrap_or(&rules.keys[0]).1;
        key.seal(&[nonce; 24], &parts.render())
    };
    let alice = Parts { created: NOW - 60, payload: rules.default_payload.clone(), ..parts(ALICE) };
    let bob = Parts { payload: payload.into(), id: BOB, ..alice.clone() };
    let good = seal(0, 0x7f, &alice);
    let mut samples = vec![
        good.clone(),
        seal(0, 0x80, &Parts { payload: payload.into(), ..alice.clone() }),
        seal(
            0,
            0x01,
            &Parts { age: 30, idle_override: 600, payload: payload.into(), ..alice.clone() },
        ),
        seal(0, 0x02, &bob),
        seal(0, 0x0e, &bob.clone().confirmed(Some(NOW - 60))),
        seal(0, 0x0f, &Parts { extensions: [(2, vec![])].into(), ..alice.clone() }),
        seal(0, 0x03, &Parts { created: NOW - 20 * DAY, ..alice.clone() }),
        seal(0, 0x04, &Parts { created: NOW - 40 * DAY, age: 40 * DAY, ..bob.clone() }),
        seal(0, 0x05, &Parts { created: NOW + 300, ..alice.clone() }),
        seal(0, 0x06, &Parts { created: NOW + 301, ..bob.clone() }),
        seal(0, 0x07, &Parts { payload: [payload, &[0]].concat(), ..bob.clone() }),
        seal(0, 0x08, &Parts { payload: vec![], ..alice.clone() }),
        seal(1, 0x09, &alice),
        seal(1, 0x0a, &bob),
        seal(2, 0x0b, &alice),
        Key::derive(&secret(200), &rules.scope).seal(&[0x0c; 24], &alice.render()),
        Key::derive(&secret(201), &rules.scope).seal(&[0x0d; 24], &bob.render()),
        other_version(&good),
        format!("{good}="),
        "A".repeat(4096),
    ];
    samples.extend((1..=9).map(|nonce| forged(&rules.keys[0].1, &[nonce; 24])));
    samples
}

/// Replaces bytes that no header can have: one by the name of our cookie, the others by tokens.
pub fn expand(header: &[u8], name: &str, samples: &[String]) -> Vec<u8> {
    let expand = |byte: &u8| match byte {
        1 => [name.as_bytes(), b"="].concat(),
        2..=8 => text(samples, byte - 2),
        0x0b..=0x1f => text(samples, byte - 4),
        0x7f => text(samples, 28),
        other => slice::from_ref(other).to_vec(),
    };
    header.iter().flat_map(expand).take(MOST).collect()
}

fn text(samples: &[String], which: u8) -> Vec<u8> {
    samples[usize::from(which) % samples.len()].clone().into_bytes()
}

fn parts(id: Id) -> Parts {
    Parts { id, ..Parts::default() }
}

fn other_version(token: &str) -> String {
    let mut bytes = from_base64url(token.as_bytes()).unwrap();
    bytes[0] = 2;
    base64url(&bytes)
}

fn forged(key: &Key, nonce: &Nonce) -> String {
    let mut bytes = from_base64url(key.seal(nonce, &[0; 20]).as_bytes()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    base64url(&bytes)
}

/// A body with these parts that belongs to no session. Now and then it has what it must not have, or
/// is edited.
pub fn body_without_session(mut parts: Parts, input: &mut Input<'_>) -> Vec<u8> {
    match input.below(32) {
        27 => parts = parts.confirmed(Some(0)),
        28 => parts.extensions = [(input.byte(), Vec::new())].into(),
        29 => parts.id = [input.byte(); 16],
        30 => parts.age = input.number(),
        31 => parts.idle_override = input.number() >> 1,
        _ => {}
    }
    let mut body = parts.render();
    if input.rarely(16) {
        input.edit(&mut body);
    }
    body
}
