//! What a session knows of the token that it was opened from, and of the request.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::crypto::kdf;
use crate::crypto::secret_bytes::SecretBytes;
use crate::keys::keyring::KeyRole;
use crate::session::revoked_ids::Unrecorded;
use crate::session::typed::Encoding;
use crate::token::id::{KeyId, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::Times;
use crate::transport::Transport;

/// The token that a loaded session was opened from.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) build: BuildScope,
    /// The id in the token.
    pub(crate) id: SessionId,
    /// The secret that opened it, by the id of its key in the scope of that build.
    pub(crate) secret: KeyId,
    pub(crate) role: KeyRole,
    pub(crate) times: Times,
    /// The encoding of a typed payload in that build.
    pub(crate) encoding: Encoding,
    /// The payload that was opened; for a `Dict` only once it is borrowed mutably.
    pub(crate) payload: Option<SecretBytes>,
    /// Whether the session was given another id since.
    pub(crate) renewed: bool,
}

/// The build that opened a session. Clones of a build share it.
// Values, not a reference to the build: that would be counted up and down in each request, in
// memory that all threads share.
#[derive(Clone, Copy)]
pub(crate) struct BuildScope {
    /// Counts the builds of this process, and tells two apart even if their scopes are equal.
    number: u64,
    /// The first bytes of a hash of the scope.
    scope: [u8; 8],
}

impl BuildScope {
    pub(crate) fn new(scope: &[u8]) -> Self {
        static BUILDS: AtomicU64 = AtomicU64::new(0);
        let hash = kdf::sha256(scope);
        Self { number: BUILDS.fetch_add(1, Relaxed), scope: array::from_fn(|at| hash[at]) }
    }

    pub(crate) fn is_same_build(&self, other: &Self) -> bool {
        self.number == other.number
    }

    /// Whether the keys of both follow from the secrets in the same way, so that their key ids can
    /// be compared.
    pub(crate) fn has_same_scope(&self, other: &Self) -> bool {
        self.scope == other.scope
    }
}

/// What is known of the request.
#[allow(clippy::struct_excessive_bools, reason = "five facts, each by itself")]
#[derive(Clone, Copy, Default)]
pub(crate) struct RequestInfo {
    /// The transport, for a session that was decoded.
    pub(crate) transport: Option<Transport>,
    pub(crate) held_back: HeldBack,
    /// Why the browser drops a cookie in the response, if it says so.
    pub(crate) dropped: Option<Dropped>,
    /// Whether the user did not cause it: it refreshes nothing.
    pub(crate) passive: bool,
    /// Whether there was a cookie with the session's name.
    pub(crate) had_cookie: bool,
    /// Whether a token was accepted.
    pub(crate) loaded: bool,
    /// Whether one of the tokens may be accepted on another machine.
    pub(crate) maybe_valid_elsewhere: bool,
    /// Whether one of them would be accepted if it could be checked for revocation.
    pub(crate) unchecked: bool,
    /// For a pre-session: why one of the tokens has no id that a gate could record.
    pub(crate) unrecorded: Option<Unrecorded>,
    pub(crate) rejection: Option<Rejection>,
    /// The cookies of another library that came with it.
    pub(crate) old_cookies: OldCookiesSent,
}

/// Why a browser drops the session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// The cookie is `Secure`, and the request came over plain HTTP.
    PlainHttp,
    /// The cookie has a domain that does not cover the host of the request.
    OutsideDomain,
}

/// Which cookies of another library a request has, by their positions in the configuration; none if
/// there are none to adopt.
#[derive(Clone, Copy, Default)]
pub(crate) struct OldCookiesSent {
    positions: u16,
    /// Whether the application's hook found no session in them.
    declined: bool,
}

impl OldCookiesSent {
    /// How many positions there are.
    pub(crate) const MAX: usize = u16::BITS as usize;

    pub(crate) fn new(positions: impl Iterator<Item = usize>) -> Self {
        let positions = positions.fold(0, |sent, position| sent | 1 << position);
        Self { positions, declined: false }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.positions == 0
    }

    pub(crate) fn contains(self, position: usize) -> bool {
        self.positions & 1 << position != 0
    }

    /// Whether the one that holds the session was sent.
    pub(crate) fn has_session(self) -> bool {
        self.contains(0)
    }

    pub(crate) fn set_declined(&mut self) {
        self.declined = true;
    }

    pub(crate) fn is_declined(self) -> bool {
        self.declined
    }
}

/// Whether the browser may have a cookie of ours that it did not send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HeldBack {
    /// Not according to its headers.
    #[default]
    No,
    /// Under `SameSite::Strict`, from a request with a safe method, such as every link from another
    /// site.
    FromSafe,
    /// From any other request that another site started.
    FromOther,
}
