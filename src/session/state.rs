//! What `decode` and `encode` do with a session.

use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::error::{PayloadError, RngError};
use crate::keys::keyring::KeyRole;
use crate::session::Session;
use crate::session::gate::{KnownSession, OpenedQuery, Queries};
use crate::session::lifetime::Limits;
use crate::session::origin::{BuildScope, HeldBack, Origin, RequestInfo};
use crate::session::payload::Payload;
use crate::session::revoked_ids::{RENEWAL_GRACE, RevokedIds, Unrecorded};
use crate::session::typed::Encoding;
use crate::token::id::{ID_LEN, SessionId};
use crate::token::times::{Confirmation, Times};

impl<T> Session<T> {
    pub(crate) fn pre(data: T, limits: Limits, now: u64, request: RequestInfo) -> Self {
        Self::new(data, None, limits, now, request)
    }

    /// The session of that origin, or else a pre-session.
    // In one piece: a session that was made of another one would be moved, and it is large.
    #[inline]
    pub(crate) fn new(
        data: T,
        origin: Option<Origin>,
        limits: Limits,
        now: u64,
        request: RequestInfo,
    ) -> Self {
        let times = origin.as_ref().map(|origin| origin.times);
        let idle_override = times.map_or(0, |times| times.idle_override);
        Self {
            data,
            borrowed: false,
            new_id: OnceLock::new(),
            next_id: OnceLock::new(),
            origin,
            request,
            limits,
            now,
            idle_override,
            clamped_from: None,
            confirmation: times.map_or(Confirmation::NEVER, |times| times.confirmation),
            touched: false,
            had_id: false,
            invalidated: false,
            known: None,
            subject: None,
            recheck: None,
            revoked_ids: RevokedIds::default(),
        }
    }

    /// Keeps the other authentic sessions of the request, for `revoke`.
    pub(crate) fn remember_others(&mut self, others: &[Arc<KnownSession>]) {
        for other in others {
            if self.is_revocable(other) {
                self.revoked_ids.remember_opened(other);
            }
        }
    }

    /// Keeps an id that the session had and gives up, for `revoke`.
    ///
    /// If a subject is configured, the id of a session without one is not kept: otherwise visitors
    /// could push other entries off a list.
    pub(super) fn remember_given(&mut self) {
        let has_subject = |session: &Self| {
            let now = session.subject.is_none_or(|subject| subject(&session.data).is_some());
            now || session.known.as_ref().is_some_and(|known| session.is_revocable(known))
        };
        if let Some(id) = self.new_id.get()
            && has_subject(self)
        {
            self.revoked_ids.remember_given(id);
        }
    }

    /// Whether a session that was opened is recorded when it is revoked. If a subject is
    /// configured, a session without one is not.
    fn is_revocable(&self, known: &KnownSession) -> bool {
        self.subject.is_none() || known.subject.is_some()
    }

    /// Ends the id that was opened, after the grace period and even of a session without a subject;
    /// call it when the session was given another one.
    pub(crate) fn end_opened_id(&mut self) {
        if let Some(known) = &self.known {
            self.revoked_ids.end_renewed(known);
        }
    }

    /// Ends every id that it had; call it when it is invalidated.
    pub(crate) fn revoke_ids(&mut self) {
        if let Some(known) = self.known.clone().filter(|known| self.is_revocable(known)) {
            self.revoked_ids.remember_opened(&known);
        }
        let is_unknown = self.request.loaded && self.known.is_none();
        let unknown = is_unknown.then_some(Unrecorded::Unchecked);
        self.revoked_ids.end_all(unknown.or(self.request.unrecorded));
    }

    /// What to ask the gate again before the session is sealed at `now`; `written` if it is known.
    pub(crate) fn recheck_queries(
        &self,
        limits: Limits,
        now: u64,
        written: Option<bool>,
    ) -> Result<Queries, RngError> {
        let opened = match &self.known {
            Some(known) if self.is_opened_asked(limits, now, written) => {
                if self.begins() {
                    self.query_under_new_id(known, limits, now)?
                } else {
                    let (session, at) = (Arc::clone(known), now.saturating_add(RENEWAL_GRACE));
                    Some(OpenedQuery { session, at, spared: None })
                }
            }
            _ => None,
        };
        Ok(Queries { opened, now, begins: self.query_of_beginning(limits, now)? })
    }

    /// Whether the session that was opened is, or may be, asked about.
    fn is_opened_asked(&self, limits: Limits, now: u64, written: Option<bool>) -> bool {
        match (&self.origin, written) {
            (_, Some(written)) => self.depends_on_opened(written),
            (Some(origin), None) => {
                let is_old = origin.role == KeyRole::Previous;
                let is_due = is_old || limits.needs_refresh(origin.times, now);
                origin.renewed || is_due && !self.request.passive
            }
            (None, None) => self.borrowed || self.touched,
        }
    }

    /// Whether the session must not be sealed if the one that was opened has been revoked in the
    /// meantime.
    ///
    /// A refresh would replace the session that it was renewed to. Changes that move to a new
    /// session would escape the revocation; an empty new session has no data of the old one.
    pub(crate) fn depends_on_opened(&self, written: bool) -> bool {
        self.begins() == written
    }

    /// Whether it is sealed under an id other than the one that was opened.
    fn begins(&self) -> bool {
        self.origin.as_ref().is_none_or(|origin| origin.renewed)
    }

    /// The old id may have been revoked while the request was handled, and the session would escape
    /// that under a new one. An id that it ended itself, in an earlier encoding, was not revoked by
    /// another request.
    fn query_under_new_id(
        &self,
        known: &Arc<KnownSession>,
        limits: Limits,
        at: u64,
    ) -> Result<Option<OpenedQuery>, RngError> {
        let (session, is_own) = (Arc::clone(known), self.revoked_ids.has_recorded(&known.id));
        let Some(subject) = &known.subject else {
            return Ok((!is_own).then_some(OpenedQuery { session, at, spared: None }));
        };
        let by_id = KnownSession::new(&known.id, known.created, limits);
        let under_new_id = KnownSession::new(self.draw_next_id()?, known.created, limits)
            .of(Some(subject.as_str().into()));
        let by_id = (!is_own).then_some(by_id);
        let spared = Some(by_id.into_iter().chain([under_new_id]).map(Arc::new).collect());
        Ok(Some(OpenedQuery { session, at, spared }))
    }

    /// A session that begins in a second up to which its subject was logged out everywhere would
    /// end at once.
    fn query_of_beginning(
        &self,
        limits: Limits,
        now: u64,
    ) -> Result<Option<Arc<KnownSession>>, RngError> {
        let subject =
            self.subject.filter(|_| self.begins()).and_then(|subject| subject(&self.data));
        if subject.is_none() {
            return Ok(None);
        }
        let begins = KnownSession::new(self.draw_next_id()?, now, limits);
        Ok(Some(Arc::new(begins.of(subject))))
    }

    /// The id under which it will be sealed, to ask a gate about it.
    fn draw_next_id(&self) -> Result<&SessionId, RngError> {
        if let Some(id) = self.known_id().or_else(|| self.next_id.get().map(|id| &**id)) {
            return Ok(id);
        }
        let id = random::bytes()?;
        Ok(self.next_id.get_or_init(|| Box::new(SessionId(id))))
    }

    /// Its limits, and the second at which it was decoded.
    pub(crate) fn limits_and_now(&self) -> (Limits, u64) {
        (self.limits, self.now)
    }

    /// The times of the session: those that were opened, or those with which it will be sealed.
    pub(super) fn times(&self) -> Times {
        match &self.origin {
            Some(origin) if self.idle_override == origin.times.idle_override && !origin.renewed => {
                origin.times
            }
            _ => self.times_if_sealed(self.now),
        }
    }

    /// Times that go into a token sealed at `now`.
    pub(crate) fn times_if_sealed(&self, now: u64) -> Times {
        let times = match &self.origin {
            Some(origin) if !origin.renewed => origin.times.resealed(now, self.idle_override),
            _ => Times::starting(now, self.idle_override),
        };
        Times { confirmation: self.confirmation.until(times.sealed_at), ..times }
    }

    /// Whether it has an id: it was opened, sealed, or asked for it.
    pub(super) fn has_id(&self) -> bool {
        self.known_id().is_some()
    }

    /// Whether it is a pre-session whose id, or a CSRF token, was asked for.
    pub(crate) fn was_asked_for_id(&self) -> bool {
        self.origin.is_none() && (self.had_id || self.has_id())
    }

    /// Whether the browser may have a session that it did not send. A cookie that was sent was not
    /// held back: neither an accepted one, nor one that a log-out removes.
    pub(crate) fn is_held_back(&self) -> bool {
        let RequestInfo { held_back, loaded, .. } = self.request;
        held_back != HeldBack::No && !loaded && !self.removes()
    }

    /// Whether it was invalidated, and the request had a cookie that a log-out removes.
    pub(crate) fn removes(&self) -> bool {
        let RequestInfo { had_cookie, old_cookies, .. } = self.request;
        self.invalidated && (had_cookie || !old_cookies.is_empty())
    }

    /// Whether the response that sends it removes the old cookies of the request in any case.
    pub(crate) fn ends_old_cookies(&self) -> bool {
        // Somebody has logged in, or out: an old cookie would bring back the user before. Unless
        // nobody was logged in: then it may hold a visitor's cart for a process of the old release.
        self.invalidated || self.begins() && !self.request.old_cookies.is_declined()
    }

    /// Whether the session that was opened, or whatever the browser had, was left by a log-out or
    /// for a new id.
    pub(crate) fn is_left(&self) -> bool {
        self.invalidated || self.origin.as_ref().is_some_and(|origin| origin.renewed)
    }

    /// The id, if it has one.
    pub(crate) fn known_id(&self) -> Option<&SessionId> {
        match &self.origin {
            Some(origin) if !origin.renewed => Some(&origin.id),
            _ => self.new_id.get(),
        }
    }

    /// Whether it has its own idle timeout.
    pub(crate) fn has_idle_override(&self) -> bool {
        self.idle_override != 0
    }

    /// The idle timeout that was asked for and the one that was set instead, in seconds.
    pub(crate) fn clamped_idle_timeout(&self) -> Option<(u64, u64)> {
        self.clamped_from.as_ref().map(|asked| (**asked, self.idle_override))
    }

    /// Whether it is the session that was opened, under a new id or with another timeout.
    pub(crate) fn is_renewed_or_retimed(&self) -> bool {
        let changed =
            |origin: &Origin| origin.renewed || origin.times.idle_override != self.idle_override;
        self.origin.as_ref().is_some_and(changed)
    }

    /// The id and a nonce to seal it with, in one draw if both are needed.
    pub(crate) fn draw(&self) -> Result<(&SessionId, [u8; NONCE_LEN]), RngError> {
        if let Some(id) = self.known_id() {
            return Ok((id, random::bytes()?));
        }
        if let Some(id) = self.next_id.get() {
            let nonce = random::bytes()?;
            return Ok((self.new_id.get_or_init(|| SessionId::clone(id)), nonce));
        }
        let drawn = Zeroizing::new(random::bytes::<{ ID_LEN + NONCE_LEN }>()?);
        let (mut id, mut nonce) = ([0; ID_LEN], [0; NONCE_LEN]);
        id.copy_from_slice(&drawn[..ID_LEN]);
        nonce.copy_from_slice(&drawn[ID_LEN..]);
        Ok((self.new_id.get_or_init(|| SessionId(id)), nonce))
    }
}

impl<T: Payload> Session<T> {
    /// A copy to use while the session is sent, and later. It is an error if its payload would be
    /// another one.
    pub(crate) fn copy(
        &self,
        encoding: Encoding,
        build: &BuildScope,
    ) -> Result<Self, PayloadError> {
        Ok(self.with_payload(self.copied_payload(encoding, build)?))
    }

    /// The session with another payload.
    pub(crate) fn with_payload(&self, data: T) -> Self {
        // What was opened is another payload, if the session was written to.
        let origin = self.origin.clone().map(|origin| Origin { payload: None, ..origin });
        Self {
            new_id: self.new_id.clone(),
            origin,
            idle_override: self.idle_override,
            confirmation: self.confirmation,
            ..Self::pre(data, self.limits, self.now, self.request)
        }
    }

    /// Marks that every change of the session changes.
    pub(crate) fn marks(&self) -> impl PartialEq + use<T> {
        let times = (self.idle_override, self.confirmation);
        (self.borrowed, self.touched, self.invalidated, times, self.has_id())
    }
}
