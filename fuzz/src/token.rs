//! An arbitrary value of our cookie, or one of our tokens with edits.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ mode (1) ‖ rest
//!         mode: even, the rest is the value; odd, the parts of a token, and edits of it
//! ```

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::common::cookie_headers;
use crate::decode::{Rules, values};
use crate::format::Nonce;
use crate::input::Input;
use crate::parts::Parts;
use crate::scene::Scene;
use crate::site::with_coder;

/// A token that opens is, to the byte, what its parts render to.
pub fn run(data: &[u8]) {
    let Some(scene) = Scene::read(data) else { return };
    let Some((mode, rest)) = scene.rest.split_first() else { return };
    let rules = &scene.site.rules;
    let value = if mode % 2 == 0 { rest.to_vec() } else { edited(&scene, Input::new(rest)) };
    let pair = [rules.scope.name.as_bytes(), b"=", &value].concat();
    let header = cookie_headers([&pair[..]]);

    let outcome = scene.check(&header);
    let values = values(&header, &rules.scope.name);
    if let Some(token) = outcome.accepted {
        let seals = |value: &&[u8]| seals_to(rules, token.nonce, &token.parts, value);
        assert!(values.iter().any(seals), "its parts are sealed to another text");
    }
    check_received(&scene, values[0]);
}

fn seals_to(rules: &Rules, nonce: Nonce, parts: &Parts, value: &[u8]) -> bool {
    rules.keys.iter().any(|(_, key)| key.seal(&nonce, &parts.render()).as_bytes() == value)
}

/// A `Set-Cookie` header of a response is read if and only if its token is well-formed, whatever
/// its times.
fn check_received(scene: &Scene<'_>, value: &[u8]) {
    let rules = &scene.site.rules;
    let set_cookie =
        HeaderValue::from_bytes(&[rules.scope.name.as_bytes(), b"=", value, b"; Secure"].concat());
    let headers = HeaderMap::from_iter([(SET_COOKIE, set_cookie.unwrap())]);
    let received = with_coder!(scene.site, coder => coder.from_response(&headers).is_some());
    assert_eq!(received, rules.open(value, &mut 0).is_ok());
}

fn edited(scene: &Scene<'_>, mut input: Input<'_>) -> Vec<u8> {
    let rules = &scene.site.rules;
    let payload = input.pick(&[rules.default_payload.clone(), b"\x01\x01a\x01b".to_vec(), vec![]]);
    let parts = Parts {
        id: input.take(),
        created: scene.now.saturating_sub(input.number()),
        age: input.number(),
        idle_override: input.number() >> 1,
        pad: input.below(4) as u64,
        payload,
        ..Parts::default()
    };
    let (_, key) = input.pick(&rules.keys);
    let mut value = key.seal(&input.take(), &parts.render()).into_bytes();
    while !input.has_ended() {
        input.edit(&mut value);
    }
    value
}
