//! The token: the text of the cookie and the frame in it. **Wire format, version 1.**
//!
//! ```text
//! token   = base64url-nopad( frame )          RFC 4648 section 5, canonical
//! frame   = version (1) ‖ key id (2) ‖ nonce (24) ‖ ciphertext (n) ‖ tag (16)
//!           XChaCha20-Poly1305; additional data: version ‖ key id ‖ binding
//!           binding: of a sealed value only, see [`binding`]; else nothing
//! body    = what the ciphertext decrypts to
//!         = id (16) ‖ varint created ‖ varint age ‖ varint (2 * own + more)
//!           ‖ if more is 1: varint length ‖ extensions          see `extensions.rs`
//!           ‖ varint pad ‖ payload ‖ pad zero bytes
//!           created: seconds since 1970        age: seconds from created to this sealing
//!           own: idle timeout of this session only, in seconds, 0 for none, at most 2^63 - 1
//! payload = by the schema in the scope:
//!           "dict"            a `Dict`: postcard map of string to string, keys ascending by byte,
//!                             no key twice
//!           "named/" ‖ name   of a type: MessagePack; a struct is a map of the names of its
//!                             fields, a variant is stored as its name, see `session/typed`
//!           "postcard/" ‖ name ‖ "/" ‖ shape
//!                             of a type under `compact`: postcard; shape: 4 bytes in lower-case
//!                             hexadecimal, see `session/typed/shape.rs`
//!
//! prk     = HKDF-Extract-SHA256(salt = "sealed-session v1", ikm = secret)
//! key     = HKDF-Expand(prk, length_prefixed("key") ‖ scope, 32)
//! key id  = HKDF-Expand(prk, length_prefixed("key id") ‖ scope, 2)
//! scope   = length_prefixed(purpose) ‖ length_prefixed(full cookie name) ‖ transport
//!           ‖ length_prefixed(path) ‖ length_prefixed(domain) ‖ partitioned
//!           ‖ length_prefixed(context) ‖ length_prefixed(schema)
//!           transport: 1 HTTPS, 0 HTTP          partitioned: 1, 0
//!           full cookie name: with its prefix   domain: empty when not set
//!           purpose: "session" of a session
//!                    "flash" of flash messages, schema "flash"; see `flash/cookie.rs`
//!                    "sealer/" ‖ the sealer's purpose of a sealed value, schema "named/value",
//!                    the name empty unless in a cookie; see `sealer`
//! length_prefixed(x)   = length of x, u16 big-endian ‖ x
//! label   = base64url( HMAC-SHA256(key = id, "sealed-session v1 label")[..9] )
//! id      = 16 random bytes; of a session that was adopted from another library's cookie:
//!           HMAC-SHA256(key = "sealed-session v1 adopted",
//!                       length_prefixed(name) ‖ length_prefixed(value))[..16]
//!           value: without white space and one pair of quotes around it, percent-decoded
//! ```
//!
//! Varints are LEB128 in their shortest form, as postcard writes them. Every release of 1.x opens
//! every version-1 token.
//!
//! This file reads text and frame. A [`Token`] is untrusted: only
//! [`Keys::open`](crate::keys::table::Keys::open) checks whether it is authentic.

pub(crate) mod binding;
pub(crate) mod body;
mod extensions;
pub(crate) mod id;
pub(crate) mod rejection;
pub(crate) mod scope;
pub(crate) mod times;
pub(crate) mod varint;

use base64_simd::{AsOut, URL_SAFE_NO_PAD};

use crate::crypto::aead::{NONCE_LEN, TAG_LEN};
use crate::token::id::KeyId;
use crate::token::rejection::Rejection;

/// The version of the wire format that this crate seals and opens.
pub(super) const VERSION: u8 = 1;

/// Bytes of name, `=` and value that a cookie may have.
// Browsers ignore a cookie of more than 4,096 bytes of name and value (RFC 6265bis section 5.6).
// The `=` counts here because `encode` counts the whole header value, as RFC 6265 section 6.1
// does: no token that this crate seals is refused for its length.
pub(super) const MAX_COOKIE: usize = 4096;

/// Bytes of version and key id, the additional data.
pub(super) const AAD_LEN: usize = 3;
/// Characters that hold them.
// Three bytes are four characters exactly (RFC 4648 section 4), so that version and key id can be
// decoded without the rest.
const AAD_CHARS: usize = 4;
/// Bytes of a frame before the ciphertext.
const BODY_START: usize = AAD_LEN + NONCE_LEN;
/// Bytes of a frame beside the body.
pub(super) const OVERHEAD: usize = BODY_START + TAG_LEN;

/// The value of a cookie with the session cookie's name, of this version.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) text: &'a [u8],
    pub(super) key_id: KeyId,
}

impl<'a> Token<'a> {
    /// Looks at the length and the first four characters, at nothing else.
    #[inline]
    pub(super) fn parse(text: &'a [u8], name: &str) -> Result<Self, Rejection> {
        if text.len() > MAX_COOKIE - name.len() - 1 {
            return Err(Rejection::TooLong);
        }
        // Version and key id come first, since they decide how the rest is read and which key opens
        // it: a token that no key here opens costs four characters (RFC 5077 section 5.4, on
        // `key_name`). They are used before they are authenticated, so they are additional data too
        // (RFC 5116 section 2.1): with one of them changed, a token does not open.
        let [version, key_id @ ..] = aad(text).ok_or(Rejection::Malformed)?;
        if version != VERSION {
            return Err(Rejection::UnknownVersion(version));
        }
        Ok(Self { text, key_id: KeyId(key_id) })
    }

    /// Lends a buffer for the frame.
    pub(super) fn with_buffer<R>(&self, use_buffer: impl FnOnce(&mut [u8]) -> R) -> R {
        // On the stack: the client chooses how many tokens it sends, and a rejected one allocates
        // nothing. The plaintext is in this one place, where `AuthenticBody` wipes it; a buffer
        // that grows would leave copies. Zeroing the small one takes less time, and most fit.
        const SMALL: usize = 512;
        if self.text.len() <= SMALL {
            use_buffer(&mut [0; SMALL / 4 * 3])
        } else {
            use_buffer(&mut [0; MAX_COOKIE / 4 * 3])
        }
    }

    /// Decodes the whole text into that buffer.
    pub(super) fn frame<'b>(&self, buffer: &'b mut [u8]) -> Result<Frame<'b>, Rejection> {
        // Strict: no padding, no white space, and the unused bits of the last character are zero
        // (RFC 4648 sections 3.2, 3.3 and 3.5). With free bits one sealed frame would have 4 or 16
        // texts that all open, and `OpenBudget`, which opens equal texts once, would pay for each.
        let bytes =
            URL_SAFE_NO_PAD.decode(self.text, buffer.as_out()).map_err(|_| Rejection::Malformed)?;
        Frame::split(bytes).ok_or(Rejection::Malformed)
    }
}

#[inline]
fn aad(text: &[u8]) -> Option<[u8; AAD_LEN]> {
    let mut bytes = [0; AAD_LEN];
    URL_SAFE_NO_PAD.decode(text.get(..AAD_CHARS)?, bytes.as_mut_slice().as_out()).ok()?;
    Some(bytes)
}

/// The parts of a frame, not authentic so far.
pub(super) struct Frame<'b> {
    pub(super) aad: &'b [u8; AAD_LEN],
    pub(crate) nonce: &'b [u8; NONCE_LEN],
    /// The ciphertext and its tag.
    pub(super) sealed: &'b mut [u8],
}

impl<'b> Frame<'b> {
    fn split(bytes: &'b mut [u8]) -> Option<Self> {
        let (aad, rest) = bytes.split_first_chunk_mut()?;
        let (nonce, sealed) = rest.split_first_chunk_mut()?;
        // What is shorter than a tag cannot be opened, and must not use up the request's budget.
        (sealed.len() >= TAG_LEN).then_some(Self { aad, nonce, sealed })
    }
}

/// The body of the frame that was decoded last, whose length is known.
// By length and not by reference: `Keys::open` tries several keys on one buffer, and the borrow
// checker takes a slice that a loop returns as borrowed in every round.
pub(super) fn body(buffer: &mut [u8], len: usize) -> &mut [u8] {
    &mut buffer[BODY_START..][..len]
}

/// Begins a frame: everything before the body.
pub(super) fn begin_frame(key_id: KeyId, nonce: &[u8; NONCE_LEN], frame: &mut Vec<u8>) {
    frame.push(VERSION);
    frame.extend(key_id.0);
    frame.extend(nonce);
}

/// Characters of the token of a frame.
pub(super) fn len(frame: usize) -> usize {
    (frame * 4).div_ceil(3)
}

/// Appends the token of a frame.
pub(super) fn render(frame: &[u8], out: &mut String) {
    URL_SAFE_NO_PAD.encode_append(frame, out);
}
