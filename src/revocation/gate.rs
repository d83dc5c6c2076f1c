//! The hook as the configuration runs it (feature `revocation`): it asks for what would stand, and tells what was
//! ended. Without the feature `no_checks.rs` stands in its place.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::config::Config;
use crate::decode::candidates::Read;
use crate::error::{EncodeError, Unavailable};
use crate::log;
use crate::revocation::hook::{AsyncRevocation, Revocation, RevocationQuery, RevokedSession};
use crate::session::Session;
use crate::session::lifetime::Limits;
use crate::session::origin::Provenance;
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;

/// The hook, and whose sessions they are.
pub(crate) struct Checks<T> {
    /// Whatever a hook does when it panics is between it and the application.
    pub(crate) hook: AssertUnwindSafe<Hook>,
    pub(crate) subject: Option<Subject<T>>,
}

type Subject<T> = fn(&T) -> Option<Cow<'_, str>>;

pub(crate) enum Hook {
    None,
    Sync(Arc<dyn Revocation>),
    Async(Arc<dyn Waits>),
}

impl<T> Checks<T> {
    pub(crate) fn none() -> Self {
        Self { hook: AssertUnwindSafe(Hook::None), subject: None }
    }

    /// Tells the hook what sessions it is for.
    pub(crate) fn attach(&self, limits: Limits) {
        let absolute = Duration::from_secs(limits.absolute);
        match &*self.hook {
            Hook::None => {}
            Hook::Sync(hook) => hook.attached(absolute),
            Hook::Async(hook) => hook.attached(absolute),
        }
    }

    /// Whether there is a hook.
    #[cfg(feature = "tower")]
    pub(crate) fn are_made(&self) -> bool {
        !matches!(*self.hook, Hook::None)
    }

    /// The hook that only a layer can ask.
    #[cfg(feature = "tower")]
    pub(crate) fn waiting(&self) -> Option<&Arc<dyn Waits>> {
        match &*self.hook {
            Hook::Async(hook) => Some(hook),
            _ => None,
        }
    }
}

impl<T> Config<T> {
    /// Whether what would stand does, as far as the hook says so at once.
    #[inline]
    pub(crate) fn check(&self, read: &Read<T>, now: u64) -> Result<(), Rejection> {
        match &*self.checks.hook {
            Hook::None => Ok(()),
            Hook::Sync(hook) => self.verdict(&hook.is_revoked(&self.asked(read, now))),
            Hook::Async(_) => {
                log::not_asked(self);
                Err(Rejection::Unchecked)
            }
        }
    }

    /// What the answer of a hook means.
    pub(crate) fn verdict(&self, answer: &Result<bool, Unavailable>) -> Result<(), Rejection> {
        log::store_answered(self, answer.is_ok());
        match answer {
            Ok(false) => Ok(()),
            Ok(true) => Err(Rejection::Revoked),
            Err(_) => Err(Rejection::Unchecked),
        }
    }

    /// What the hook is told.
    pub(crate) fn asked(&self, read: &Read<T>, now: u64) -> RevocationQuery {
        let subject = self.checks.subject.and_then(|subject| subject(&read.data));
        let ended =
            RevokedSession::new(&read.opened.id, read.opened.times.created, self.limits, now);
        RevocationQuery {
            ended,
            subject: subject.map(|subject| Zeroizing::new(subject.into_owned())),
        }
    }

    /// Tells the hook what the session ended.
    pub(crate) fn record(&self, session: &Session<T>, now: u64) -> Result<(), EncodeError> {
        if session.endings.is_empty() {
            return Ok(());
        }
        let recorded = self.try_record(&session.endings, now);
        recorded.map_err(EncodeError::RevocationFailed)
    }

    fn try_record(&self, endings: &Endings, now: u64) -> Result<(), Unavailable> {
        let ended = endings.ended(self.limits, now)?;
        match &*self.checks.hook {
            Hook::None => Err(Unavailable::no_hook()),
            Hook::Async(_) => Err(Unavailable::not_asked()),
            Hook::Sync(hook) => {
                let recorded = ended.iter().try_for_each(|ended| hook.revoke(ended));
                log::store_answered(self, recorded.is_ok());
                recorded
            }
        }
    }
}

/// What a session ended and no hook was told so far.
#[derive(Default)]
pub(crate) struct Endings {
    ids: Vec<Ending>,
    /// What the session was before it was renewed or invalidated, and is ended with it.
    former: Vec<Ending>,
    /// Whether there is one that nobody knows, because it could not be checked.
    lost: bool,
}

pub(crate) struct Ending {
    /// In a box, so that it is not moved when there are more.
    id: Box<SessionId>,
    /// Not known of an id that was given since: then it began now at the latest.
    created: Option<u64>,
}

impl Ending {
    fn of(id: &SessionId, created: Option<u64>) -> Self {
        Self { id: Box::new(id.clone()), created }
    }
}

impl Endings {
    /// Keeps the ids that a session gives up: the one that was opened, and the one that it was given since.
    pub(crate) fn remember(&mut self, opened: Option<&Provenance>, drawn: Option<&SessionId>) {
        let opened = opened.map(|opened| Ending::of(&opened.id, Some(opened.times.created)));
        let drawn = drawn.map(|id| Ending::of(id, None));
        self.former.extend(opened.into_iter().chain(drawn));
    }

    /// Ends all that it was.
    pub(crate) fn end(&mut self, unchecked: bool) {
        self.ids.append(&mut self.former);
        self.lost |= unchecked;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty() && !self.lost
    }

    #[cfg(feature = "tower")]
    pub(crate) fn add(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.former.extend(other.former);
        self.lost |= other.lost;
    }

    pub(crate) fn ended(
        &self,
        limits: Limits,
        now: u64,
    ) -> Result<Vec<RevokedSession>, Unavailable> {
        if self.lost {
            return Err(Unavailable::lost());
        }
        let ended = |Ending { id, created }: &Ending| {
            RevokedSession::new(id, created.unwrap_or(now), limits, now)
        };
        Ok(self.ids.iter().map(ended).collect())
    }
}

/// What is under way.
#[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "only a layer can wait"))]
pub(crate) type Waiting<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// An [`AsyncRevocation`] of any type.
#[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "only a layer can wait"))]
pub(crate) trait Waits: Send + Sync {
    /// The answer for each.
    fn are_revoked(
        self: Arc<Self>,
        asked: Vec<RevocationQuery>,
    ) -> Waiting<Vec<Result<bool, Unavailable>>>;

    fn revoke_all(self: Arc<Self>, ended: Vec<RevokedSession>) -> Waiting<Result<(), Unavailable>>;

    fn attached(&self, absolute_timeout: Duration);
}

impl<H: AsyncRevocation> Waits for H {
    fn are_revoked(
        self: Arc<Self>,
        asked: Vec<RevocationQuery>,
    ) -> Waiting<Vec<Result<bool, Unavailable>>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(asked.len());
            for asked in &asked {
                answers.push(self.is_revoked(asked).await);
            }
            answers
        })
    }

    fn revoke_all(self: Arc<Self>, ended: Vec<RevokedSession>) -> Waiting<Result<(), Unavailable>> {
        Box::pin(async move {
            for ended in &ended {
                self.revoke(ended).await?;
            }
            Ok(())
        })
    }

    fn attached(&self, absolute_timeout: Duration) {
        AsyncRevocation::attached(self, absolute_timeout);
    }
}

#[cfg(all(test, feature = "tower"))]
mod tests {
    use super::*;

    /// No layer gets that far: it refuses what could not be checked.
    #[test]
    fn what_nobody_knows_stays_lost_when_more_is_added() {
        let mut endings = Endings { lost: true, ..Endings::default() };
        endings.add(Endings::default());
        assert!(endings.lost && !endings.is_empty());
        let mut endings = Endings::default();
        endings.add(Endings { lost: true, ..Endings::default() });
        assert!(endings.lost && !endings.is_empty());
    }
}
