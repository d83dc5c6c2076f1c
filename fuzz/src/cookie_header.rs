//! Arbitrary `Cookie` fields, tokens of ours among them where the input says so.
//!
//! ```text
//! input = site (1) ‖ flags (1) ‖ clock (8, little-endian) ‖ fields, a line each
//!         bytes that no field can hold stand for our name or a token; see `cast`
//! ```

use crate::cast;
use crate::common::cookie_headers;
use crate::machine::Outcome;
use crate::scene::Scene;

/// Which of our cookies there are is found by a naive splitter; a session is loaded if and only if one stands;
/// the tower layer does the same.
pub fn run(data: &[u8]) {
    judge(data);
}

/// What the request is to get, by the rules and by the library.
pub fn judge(data: &[u8]) -> Option<Outcome> {
    let scene = Scene::read(data)?;
    let name = &scene.site.machine.scope.name;
    let header = cast::appear(scene.rest, name, &scene.site.cast);
    let header = cookie_headers(header.split(|byte| *byte == b'\n'));
    let outcome = scene.check(&header);
    scene.check_layer(&header);
    Some(outcome)
}
