//! What a session remembers of the token that it was opened from, and of the request that brought it.

use crate::crypto::secret_bytes::SecretBytes;
use crate::keys::keyring::KeyRole;
use crate::token::id::{KeyId, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::Times;
use crate::transport::Transport;

/// The token that a loaded session was opened from.
#[derive(Clone)]
pub(crate) struct Origin {
    /// The configuration that opened it.
    pub(crate) config: u64,
    /// The id in the token.
    pub(crate) id: SessionId,
    pub(crate) key: KeyId,
    pub(crate) role: KeyRole,
    pub(crate) times: Times,
    /// The payload that was opened; for a `Dict` only once it is borrowed mutably.
    pub(crate) payload: Option<SecretBytes>,
    /// Whether the session was given another id since.
    pub(crate) renewed: bool,
}

/// What the request said.
#[allow(clippy::struct_excessive_bools, reason = "four facts, each by itself")]
#[derive(Clone, Copy, Default)]
pub(crate) struct RequestInfo {
    /// The transport, for a session that was decoded.
    pub(crate) transport: Option<Transport>,
    /// Whether there was a cookie with the session's name.
    pub(crate) had_cookie: bool,
    /// Whether a token was accepted.
    pub(crate) loaded: bool,
    /// Whether one of the tokens may be accepted on another machine.
    pub(crate) maybe_valid_elsewhere: bool,
    /// Whether one of them would be accepted if it could have been checked for revocation.
    pub(crate) unchecked: bool,
    pub(crate) rejection: Option<Rejection>,
}
