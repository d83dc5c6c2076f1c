//! The body of a token: metadata, extensions, payload, padding. The byte picture is in [`token`](crate::token).

use crate::token::OVERHEAD;
use crate::token::extensions::{self, Extensions};
use crate::token::id::{ID_LEN, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::{Confirmation, Times};
use crate::token::varint;

/// Takes an authentic body apart into id, times and payload.
///
/// Of a body with several faults, what is not well-formed comes before an unknown extension.
pub(crate) fn parse(body: &[u8]) -> Result<(SessionId, Times, &[u8]), Rejection> {
    let BodyParts { id, mut times, block, payload, .. } = split(body).ok_or(Rejection::Corrupt)?;
    if let Some(block) = block {
        let extensions = Extensions::read(block, times.sealed_at).ok_or(Rejection::Corrupt)?;
        // After all of the framing: what is broken is broken on every machine, and what is unknown
        // here another machine may know.
        if let Some(tag) = extensions.unknown {
            return Err(Rejection::UnknownExtension(tag));
        }
        times.confirmation = extensions.confirmation;
    }
    Ok((SessionId(*id), times, payload))
}

/// The parts of a body.
pub(crate) struct BodyParts<'b> {
    pub(crate) id: &'b [u8; ID_LEN],
    /// Without the confirmation, which is an extension.
    pub(crate) times: Times,
    /// The extensions, not checked so far.
    pub(crate) block: Option<&'b [u8]>,
    pub(crate) payload: &'b [u8],
    pub(crate) padding: &'b [u8],
}

impl BodyParts<'_> {
    /// The tags of extensions that this release does not know.
    pub(crate) fn unknown_extensions(&self) -> Vec<u8> {
        self.block.map(extensions::unknown).unwrap_or_default()
    }
}

/// Cuts a body into its parts; `None` if it is not well-formed.
#[inline]
pub(crate) fn split(body: &[u8]) -> Option<BodyParts<'_>> {
    let (id, mut body) = body.split_first_chunk::<ID_LEN>()?;
    let created = varint::read(&mut body)?;
    let sealed_at = created.saturating_add(varint::read(&mut body)?);
    let own = varint::read(&mut body)?;
    // The lowest bit and not a flag of its own: most sessions have neither a timeout of their own
    // nor an extension, and both take one zero byte together.
    let block = if own & 1 == 0 { None } else { Some(take_block(&mut body)?) };
    let pad = usize::try_from(varint::read(&mut body)?).ok()?;
    let (payload, padding) = body.split_at_checked(body.len().checked_sub(pad)?)?;
    // The tag covers the padding, so no client can probe this check as POODLE did (CVE-2014-3566).
    // It is for bodies that other software seals under the same secret: a wrong `pad` would
    // silently cut off bytes of the payload, and arbitrary bytes would give one session many
    // bodies.
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let times =
        Times { created, sealed_at, idle_override: own >> 1, confirmation: Confirmation::NEVER };
    Some(BodyParts { id, times, block, payload, padding })
}

fn take_block<'b>(body: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = usize::try_from(varint::read(body)?).ok()?;
    let (block, rest) = body.split_at_checked(len)?;
    *body = rest;
    Some(block)
}

/// The length of a body, known before it is sealed.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    times: Times,
    pad: usize,
    /// Bytes of the body.
    pub(crate) len: usize,
}

impl Layout {
    /// Lays out a body with `payload` bytes of payload, in a frame of a multiple of `multiple`.
    // Encryption does not hide length: the size of a request tells sessions of different content
    // apart (RFC 8446 appendix E.3). Rounded up, many have the same size.
    pub(crate) fn new(times: Times, payload: usize, multiple: usize) -> Self {
        // A search, because the length of the pad's own varint depends on the pad.
        let mut layout = Self::padded(times, payload, 0);
        while !(OVERHEAD + layout.len).is_multiple_of(multiple) {
            layout = Self::padded(times, payload, layout.pad + 1);
        }
        layout
    }

    /// This layout with `pad` zero bytes.
    pub(crate) fn padded(times: Times, payload: usize, pad: usize) -> Self {
        let head: usize = times.varints().into_iter().map(varint::len).sum();
        let head = ID_LEN + head + extensions::len(times) + varint::len(pad as u64);
        Self { times, pad, len: head + payload + pad }
    }

    /// Appends the body.
    pub(crate) fn write(self, id: &SessionId, payload: &[u8], out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend(&id.0);
        for number in self.times.varints() {
            varint::write(number, out);
        }
        extensions::write(self.times, out);
        varint::write(self.pad as u64, out);
        out.extend(payload);
        out.resize(end, 0);
    }
}
