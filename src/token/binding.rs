//! What a token is bound to beside its scope: the end of its additional data.
//!
//! ```text
//! additional data = version ‖ key id ‖ binding
//! binding         = nothing                      not bound
//!                 | 0x01 ‖ id (16)               bound to a session
//!                 | 0x02 ‖ SHA-256(record) (32)  bound to bytes
//! ```

use zeroize::Zeroizing;

use crate::crypto::kdf;
use crate::token::id::SessionId;

/// A session, or the hash of a record.
// In the additional data and not in the keys, because it is another one for each user: keys are
// derived once for a purpose and kept. The first byte says which binding follows, so that an id
// that begins a hash, or no binding at all, is never taken for another one.
#[derive(Clone)]
pub(crate) enum Binding {
    Session(SessionId),
    // Of one length for every record. It is wiped too: a record may be as short as a PIN, and can
    // then be guessed from its hash.
    Record(Zeroizing<[u8; 32]>),
}

impl Binding {
    pub(crate) fn to_record(record: &[u8]) -> Self {
        Self::Record(Zeroizing::new(kdf::sha256(record)))
    }

    /// The additional data of a frame that begins with `head`.
    pub(crate) fn additional_data(&self, head: &[u8]) -> Zeroizing<Vec<u8>> {
        let (kind, bytes): (u8, &[u8]) = match self {
            Self::Session(id) => (0x01, &id.0),
            Self::Record(hash) => (0x02, &**hash),
        };
        // Allocated once: a vector that grows leaves a copy of the id.
        Zeroizing::new([head, &[kind], bytes].concat())
    }
}
