//! Arbitrary `Cookie` headers, with tokens of ours where the input says so.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ headers, one a line
//!         bytes that no header can have are replaced by our name or a token; see `samples`
//! ```

use crate::common::cookie_headers;
use crate::decode::Outcome;
use crate::samples;
use crate::scene::Scene;

/// A naive splitter finds our cookies. A session is loaded if and only if one of them is accepted.
/// The tower layer does the same.
pub fn run(data: &[u8]) {
    judge(data);
}

/// What the request gets, by the rules and by the library.
pub fn judge(data: &[u8]) -> Option<Outcome> {
    let scene = Scene::read(data)?;
    let name = &scene.site.rules.scope.name;
    let header = samples::expand(scene.rest, name, &scene.site.samples);
    let header = cookie_headers(header.split(|byte| *byte == b'\n'));
    let outcome = scene.check(&header);
    scene.check_layer(&header);
    Some(outcome)
}
