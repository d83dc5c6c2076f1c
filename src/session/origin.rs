//! What a session remembers of the request that it came from.

use crate::crypto::secret_bytes::Wiped;
use crate::keys::keyring::KeyRole;
use crate::token::id::KeyId;
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;
use crate::token::times::Times;
use crate::transport::Transport;

/// Where a loaded session comes from.
#[derive(Clone)]
pub(crate) struct Provenance {
    /// The coder that opened it.
    pub(crate) coder: u64,
    /// The id in the token.
    pub(crate) id: SessionId,
    pub(crate) key: KeyId,
    pub(crate) role: KeyRole,
    pub(crate) times: Times,
    /// The payload that was opened; for a `Dict` only once it is borrowed mutably.
    pub(crate) payload: Option<Wiped>,
    /// Whether the session has left that id.
    pub(crate) renewed: bool,
}

/// What the request said.
#[allow(clippy::struct_excessive_bools, reason = "four facts, each by itself")]
#[derive(Clone, Copy, Default)]
pub(crate) struct Arrival {
    /// The transport, for a session that was decoded.
    pub(crate) transport: Option<Transport>,
    /// Whether there was a cookie of our name.
    pub(crate) brought: bool,
    /// Whether a token stood.
    pub(crate) loaded: bool,
    /// Whether one of the tokens may stand on another machine.
    pub(crate) undecided: bool,
    /// Whether one of them would stand if it could have been checked for revocation.
    pub(crate) unchecked: bool,
    pub(crate) rejection: Option<Rejection>,
}
