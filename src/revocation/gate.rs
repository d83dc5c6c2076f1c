//! The application's hook behind the gate of a configuration.

use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::Unavailable;
use crate::log::revocation::HookLog;
use crate::revocation::hook::{AsyncRevocation, Revocation, RevocationQuery, RevokedSession};
use crate::session::gate::{EndedSession, KnownSession, Later, Replies, RevocationGate, verdict};
use crate::session::lifetime::Limits;
use crate::token::rejection::Rejection;

/// A gate that asks a hook of the application.
pub(super) struct HookGate {
    hook: AssertUnwindSafe<Hook>,
    /// There is one once the gate is attached to a configuration.
    log: OnceLock<Arc<HookLog>>,
}

pub(super) enum Hook {
    Sync(Arc<dyn Revocation>),
    Async(Arc<dyn ErasedAsync>),
}

impl HookGate {
    pub(super) fn new(hook: Hook) -> Self {
        Self { hook: AssertUnwindSafe(hook), log: OnceLock::new() }
    }

    fn log(&self) -> &Arc<HookLog> {
        self.log.get_or_init(|| Arc::new(HookLog::new("")))
    }
}

impl RevocationGate for HookGate {
    fn attach(&self, name: &str, limits: Limits, have_subjects: bool) {
        self.log.get_or_init(|| Arc::new(HookLog::new(name)));
        let absolute = Duration::from_secs(limits.absolute);
        match &*self.hook {
            Hook::Sync(hook) if have_subjects => hook.attached(absolute),
            Hook::Sync(hook) => hook.attached_without_subject(absolute),
            Hook::Async(hook) => hook.attached(absolute),
        }
    }

    fn waits(&self) -> bool {
        matches!(*self.hook, Hook::Async(_))
    }

    fn check(&self, session: &Arc<KnownSession>, now: u64) -> Result<(), Rejection> {
        let Hook::Sync(hook) = &*self.hook else {
            self.log().not_asked();
            return Err(Rejection::Unchecked);
        };
        let query = RevocationQuery { session: Arc::clone(session), now };
        let reply = timed(self.log(), || hook.is_revoked(&query));
        self.replied(&reply);
        verdict(&reply)
    }

    fn record(&self, ended: Vec<EndedSession>) -> Result<(), Unavailable> {
        let Hook::Sync(hook) = &*self.hook else { return Err(Unavailable::not_asked()) };
        let mut ended = ended.into_iter().map(RevokedSession);
        let recorded = ended.try_for_each(|session| hook.revoke(&session));
        self.responded(recorded.is_ok());
        recorded
    }

    fn check_later(&self, sessions: Vec<Arc<KnownSession>>, now: u64) -> Later<Replies> {
        let queries = sessions.into_iter().map(|session| RevocationQuery { session, now });
        match &*self.hook {
            Hook::Sync(hook) => {
                let ask = |query| timed(self.log(), || hook.is_revoked(&query));
                Box::pin(ready(queries.map(ask).collect()))
            }
            Hook::Async(hook) => {
                Arc::clone(hook).are_revoked(queries.collect(), Arc::clone(self.log()))
            }
        }
    }

    fn record_later(&self, ended: Vec<EndedSession>) -> Later<Result<(), Unavailable>> {
        let mut ended = ended.into_iter().map(RevokedSession);
        match &*self.hook {
            Hook::Sync(hook) => {
                Box::pin(ready(ended.try_for_each(|session| hook.revoke(&session))))
            }
            Hook::Async(hook) => Arc::clone(hook).revoke_all(ended.collect()),
        }
    }

    fn replied(&self, reply: &Result<bool, Unavailable>) {
        self.log().replied(reply.as_ref().ok().copied());
    }

    fn responded(&self, responded: bool) {
        self.log().responded(responded);
    }
}

/// Measures how long a hook takes that responds at once.
fn timed<R>(log: &HookLog, ask: impl FnOnce() -> R) -> R {
    let _timer = log.asked();
    ask()
}

/// An [`AsyncRevocation`] of any type.
pub(super) trait ErasedAsync: Send + Sync {
    /// Asks about each session, in order.
    fn are_revoked(
        self: Arc<Self>,
        queries: Vec<RevocationQuery>,
        log: Arc<HookLog>,
    ) -> Later<Replies>;

    fn revoke_all(self: Arc<Self>, ended: Vec<RevokedSession>) -> Later<Result<(), Unavailable>>;

    fn attached(&self, absolute_timeout: Duration);
}

impl<H: AsyncRevocation> ErasedAsync for H {
    fn are_revoked(
        self: Arc<Self>,
        queries: Vec<RevocationQuery>,
        log: Arc<HookLog>,
    ) -> Later<Replies> {
        Box::pin(async move {
            let mut replies = Vec::with_capacity(queries.len());
            for query in &queries {
                let _timer = log.asked();
                replies.push(self.is_revoked(query).await);
            }
            replies
        })
    }

    fn revoke_all(self: Arc<Self>, ended: Vec<RevokedSession>) -> Later<Result<(), Unavailable>> {
        Box::pin(async move {
            for session in &ended {
                self.revoke(session).await?;
            }
            Ok(())
        })
    }

    fn attached(&self, absolute_timeout: Duration) {
        AsyncRevocation::attached(self, absolute_timeout);
    }
}
