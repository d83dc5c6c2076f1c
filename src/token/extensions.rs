//! The extensions of a body: what a session may have beside its times.
//!
//! ```text
//! block         = one or more of  tag (1) ‖ length (1) ‖ bytes          tags ascending, none twice
//! 01 confirmed  = varint seconds from the confirmation to this sealing, at most `sealed_at`
//! 02            = reserved; unknown so far
//! ```
//!
//! A session without extensions has no block: nothing in this file runs for it.

use crate::token::times::{Confirmation, Times};
use crate::token::varint;

const CONFIRMED: u8 = 0x01;

/// What a block says.
pub(super) struct Extensions {
    pub(super) confirmation: Confirmation,
    /// The lowest tag that this release does not know.
    pub(super) unknown: Option<u8>,
}

impl Extensions {
    /// Reads a whole block of a session that was sealed at that time; `None` if it is not
    /// well-formed.
    // Unknown tags are framed like known ones, so that a release which does not know them can tell
    // a session of a newer release from a broken one. It skips none: an extension may restrict who
    // may use the session, and an older release must not lift that (RFC 5280 section 4.2 calls such
    // extensions critical).
    pub(super) fn read(mut block: &[u8], sealed_at: u64) -> Option<Self> {
        let mut found = Self { confirmation: Confirmation::NEVER, unknown: None };
        let mut before = None;
        loop {
            let [tag, len, rest @ ..] = block else { return None };
            let (bytes, rest) = rest.split_at_checked(usize::from(*len))?;
            // In one order, so that equal extensions have one spelling.
            if before >= Some(*tag) {
                return None;
            }
            match *tag {
                CONFIRMED => found.confirmation = read_confirmed(bytes, sealed_at)?,
                tag => _ = found.unknown.get_or_insert(tag),
            }
            if rest.is_empty() {
                return Some(found);
            }
            (block, before) = (rest, Some(*tag));
        }
    }
}

/// The tags in a block that this release does not know, as far as it is well-formed.
pub(super) fn unknown(mut block: &[u8]) -> Vec<u8> {
    let mut tags = Vec::new();
    while let [tag, len, rest @ ..] = block {
        if *tag != CONFIRMED {
            tags.push(*tag);
        }
        block = rest.get(usize::from(*len)..).unwrap_or_default();
    }
    tags
}

fn read_confirmed(mut bytes: &[u8], sealed_at: u64) -> Option<Confirmation> {
    let confirmed_at = sealed_at.checked_sub(varint::read(&mut bytes)?)?;
    bytes.is_empty().then_some(Confirmation::at(confirmed_at))
}

/// Bytes of the block and of its length; 0 without extensions.
#[inline]
pub(super) fn len(times: Times) -> usize {
    times.seconds_since_confirmed().map_or(0, |since| 3 + varint::len(since))
}

/// Appends the length of the block and the block; nothing without extensions.
#[inline]
pub(super) fn write(times: Times, out: &mut Vec<u8>) {
    if let Some(since) = times.seconds_since_confirmed() {
        // The content is a varint of at most ten bytes, so its length takes one byte as a varint too.
        let len = varint::len(since) as u64;
        varint::write(2 + len, out);
        out.push(CONFIRMED);
        varint::write(len, out);
        varint::write(since, out);
    }
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn the_unknown_tags_of_a_block_are_listed_as_far_as_it_is_well_formed() {
        assert_eq!(unknown(&[]), [0; 0]);
        assert_eq!(unknown(&[1, 1, 9]), [0; 0]);
        assert_eq!(unknown(&[2, 0, 7, 3, 1, 1, 1]), [2, 7]);
        assert_eq!(unknown(&[1, 1, 9, 7, 2, 5, 5, 8, 0]), [7, 8]);
        assert_eq!(unknown(&[2, 0, 7, 3, 1]), [2, 7], "it ends within the second");
        assert_eq!(unknown(&[2, 0, 7]), [2], "it ends before the length of the second");
    }
}
