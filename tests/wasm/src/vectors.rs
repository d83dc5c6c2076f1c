//! Replays a file of `tests/vectors` by the public API: what is accepted and why the rest is not, and, where random bytes
//! and time alone make the difference, that the same bytes are sealed here.
//!
//! The host gives the id, the nonce and the random bytes of the file where it is asked for randomness. A difference is a
//! panic. The crate's own replay, `src/decode/vectors.rs`, also looks at what is not public.

mod case;
mod others;
mod sessions;

use case::Case;

/// What has been replayed: `opened`, or `sealed` if it was sealed to the same bytes too.
pub fn replay(folder: &str, text: &str) -> String {
    let case = Case::read(text);
    let sealed = match folder {
        "." => sessions::replay(&case),
        "adopted" => others::adopted(&case),
        "csrf" => others::csrf(&case),
        "flash" => others::flash(&case),
        "sealer" => others::sealer(&case),
        other => panic!("unknown folder {other}"),
    };
    if sealed { "sealed" } else { "opened" }.to_owned()
}
