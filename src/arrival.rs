//! What a session remembers of the request that it came from.

use crate::config::Transport;
use crate::id::SessionId;
use crate::keyring::KeyRole;
use crate::lifetime::Times;
use crate::rejection::Rejection;
use crate::wiped::Wiped;

/// Where a loaded session comes from.
#[derive(Clone)]
pub(crate) struct Provenance {
    /// The coder that opened it.
    pub(crate) coder: u64,
    pub(crate) role: KeyRole,
    pub(crate) times: Times,
    /// The payload that was opened; for a `Dict` only once it is borrowed mutably.
    pub(crate) payload: Option<Wiped>,
    /// The id that it had before `renew`.
    pub(crate) renewed_from: Option<SessionId>,
}

impl Provenance {
    pub(crate) fn new(coder: u64, role: KeyRole, times: Times, payload: Option<Wiped>) -> Self {
        Self { coder, role, times, payload, renewed_from: None }
    }
}

/// What the request said.
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
    pub(crate) rejection: Option<Rejection>,
}
