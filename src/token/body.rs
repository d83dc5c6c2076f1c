//! The body of a token: metadata, payload, padding. The byte picture is in [`token`](crate::token).

use crate::token::OVERHEAD;
use crate::token::id::{ID_LEN, SessionId};
use crate::token::times::Times;
use crate::token::varint;

/// Takes an authentic body apart into id, times and payload; `None` if it is not well-formed.
pub(crate) fn parse(mut body: &[u8]) -> Option<(SessionId, Times, &[u8])> {
    let (id, rest) = body.split_first_chunk::<ID_LEN>()?;
    body = rest;
    let created = varint::read(&mut body)?;
    let sealed_at = created.saturating_add(varint::read(&mut body)?);
    let idle_override = varint::read(&mut body)?;
    let pad = usize::try_from(varint::read(&mut body)?).ok()?;
    let (payload, padding) = body.split_at_checked(body.len().checked_sub(pad)?)?;
    // The tag covers the padding, so no client can probe this check as POODLE did (CVE-2014-3566).
    // It is for bodies that other software seals under the same secret: a wrong `pad` would
    // silently cut off bytes of the payload, and arbitrary bytes would give one session many
    // bodies.
    let well_formed = padding.iter().all(|byte| *byte == 0);
    well_formed.then_some((SessionId(*id), Times { created, sealed_at, idle_override }, payload))
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
        Self { times, pad, len: ID_LEN + head + varint::len(pad as u64) + payload + pad }
    }

    /// Appends the body.
    pub(crate) fn write(self, id: &SessionId, payload: &[u8], out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend(&id.0);
        for number in self.times.varints() {
            varint::write(number, out);
        }
        varint::write(self.pad as u64, out);
        out.extend(payload);
        out.resize(end, 0);
    }
}
