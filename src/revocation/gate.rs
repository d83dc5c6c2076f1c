//! The hook of the application as the configuration asks it.

use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::Unavailable;
use crate::log::HookLog;
use crate::revocation::hook::{AsyncRevocation, Revocation, RevocationQuery, RevokedSession};
use crate::session::gate::{GatedSession, Later, RevocationGate, verdict};
use crate::session::lifetime::Limits;
use crate::token::rejection::Rejection;

/// A hook behind the gate.
pub(super) struct HookGate {
    hook: AssertUnwindSafe<Hook>,
    /// The full name of the cookie, once it is attached.
    name: OnceLock<String>,
    log: HookLog,
}

pub(super) enum Hook {
    Sync(Arc<dyn Revocation>),
    Async(Arc<dyn ErasedAsync>),
}

impl HookGate {
    pub(super) fn new(hook: Hook) -> Self {
        Self { hook: AssertUnwindSafe(hook), name: OnceLock::new(), log: HookLog::default() }
    }

    fn name(&self) -> &str {
        self.name.get().map_or("", |name| name)
    }
}

impl RevocationGate for HookGate {
    fn attach(&self, name: &str, limits: Limits) {
        self.name.get_or_init(|| name.to_owned());
        let absolute = Duration::from_secs(limits.absolute);
        match &*self.hook {
            Hook::Sync(hook) => hook.attached(absolute),
            Hook::Async(hook) => hook.attached(absolute),
        }
    }

    fn waits(&self) -> bool {
        matches!(*self.hook, Hook::Async(_))
    }

    fn check(&self, session: GatedSession) -> Result<(), Rejection> {
        let Hook::Sync(hook) = &*self.hook else {
            self.log.not_asked(self.name());
            return Err(Rejection::Unchecked);
        };
        let answer = hook.is_revoked(&query(session));
        self.answered(answer.is_ok());
        verdict(&answer)
    }

    fn record(&self, ended: Vec<GatedSession>) -> Result<(), Unavailable> {
        let Hook::Sync(hook) = &*self.hook else { return Err(Unavailable::not_asked()) };
        let recorded =
            ended.into_iter().try_for_each(|session| hook.revoke(&RevokedSession(session)));
        self.answered(recorded.is_ok());
        recorded
    }

    fn check_later(&self, sessions: Vec<GatedSession>) -> Later<Vec<Result<bool, Unavailable>>> {
        let queries = sessions.into_iter().map(query);
        match &*self.hook {
            Hook::Sync(hook) => {
                Box::pin(ready(queries.map(|query| hook.is_revoked(&query)).collect()))
            }
            Hook::Async(hook) => Arc::clone(hook).are_revoked(queries.collect()),
        }
    }

    fn record_later(&self, ended: Vec<GatedSession>) -> Later<Result<(), Unavailable>> {
        let mut ended = ended.into_iter().map(RevokedSession);
        match &*self.hook {
            Hook::Sync(hook) => {
                Box::pin(ready(ended.try_for_each(|session| hook.revoke(&session))))
            }
            Hook::Async(hook) => Arc::clone(hook).revoke_all(ended.collect()),
        }
    }

    fn answered(&self, answered: bool) {
        self.log.answered(self.name(), answered);
    }
}

fn query(session: GatedSession) -> RevocationQuery {
    RevocationQuery(RevokedSession(session))
}

/// An [`AsyncRevocation`] of any type.
pub(super) trait ErasedAsync: Send + Sync {
    /// The answer for each.
    fn are_revoked(
        self: Arc<Self>,
        queries: Vec<RevocationQuery>,
    ) -> Later<Vec<Result<bool, Unavailable>>>;

    fn revoke_all(self: Arc<Self>, ended: Vec<RevokedSession>) -> Later<Result<(), Unavailable>>;

    fn attached(&self, absolute_timeout: Duration);
}

impl<H: AsyncRevocation> ErasedAsync for H {
    fn are_revoked(
        self: Arc<Self>,
        queries: Vec<RevocationQuery>,
    ) -> Later<Vec<Result<bool, Unavailable>>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(queries.len());
            for query in &queries {
                answers.push(self.is_revoked(query).await);
            }
            answers
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
