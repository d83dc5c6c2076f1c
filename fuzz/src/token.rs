//! One arbitrary value for our cookie, or a token of ours and edits of it.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ mode (1) ‖ rest
//!         mode: even, the rest is the value; odd, it is what a token is made of, and what is done to it
//! ```

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::common::cookie_headers;
use crate::format::Nonce;
use crate::input::Input;
use crate::machine::{Machine, values};
use crate::parts::Parts;
use crate::scene::Scene;
use crate::site::with_coder;

/// What opens is, to the byte, what its parts render to.
pub fn run(data: &[u8]) {
    let Some(scene) = Scene::read(data) else { return };
    let Some((mode, rest)) = scene.rest.split_first() else { return };
    let machine = &scene.site.machine;
    let value = if mode % 2 == 0 { rest.to_vec() } else { edited(&scene, Input::new(rest)) };
    let pair = [machine.scope.name.as_bytes(), b"=", &value].concat();
    let header = cookie_headers([&pair[..]]);

    let outcome = scene.check(&header);
    let values = values(&header, &machine.scope.name);
    if let Some(token) = outcome.standing {
        let seals = |value: &&[u8]| seals_to(machine, token.nonce, &token.parts, value);
        assert!(values.iter().any(seals), "its parts are sealed to another text");
    }
    check_received(&scene, values[0]);
}

fn seals_to(machine: &Machine, nonce: Nonce, parts: &Parts, value: &[u8]) -> bool {
    machine.keys.iter().any(|(_, key)| key.seal(&nonce, &parts.render()).as_bytes() == value)
}

/// Whatever its times: what a line of an answer holds is read, or it is not well-formed.
fn check_received(scene: &Scene<'_>, value: &[u8]) {
    let machine = &scene.site.machine;
    let line = HeaderValue::from_bytes(
        &[machine.scope.name.as_bytes(), b"=", value, b"; Secure"].concat(),
    );
    let headers = HeaderMap::from_iter([(SET_COOKIE, line.unwrap())]);
    let received = with_coder!(scene.site, coder => coder.from_response(&headers).is_some());
    assert_eq!(received, machine.open(value, &mut 0).is_ok());
}

fn edited(scene: &Scene<'_>, mut input: Input<'_>) -> Vec<u8> {
    let machine = &scene.site.machine;
    let payload =
        input.pick(&[machine.default_payload.clone(), b"\x01\x01a\x01b".to_vec(), vec![]]);
    let parts = Parts {
        id: input.take(),
        created: scene.now.saturating_sub(input.number()),
        age: input.number(),
        own: input.number(),
        pad: input.below(4) as u64,
        payload,
    };
    let (_, key) = input.pick(&machine.keys);
    let mut value = key.seal(&input.take(), &parts.render()).into_bytes();
    while !input.has_ended() {
        input.edit(&mut value);
    }
    value
}
