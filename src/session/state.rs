//! The session as decode makes it and encode reads it.

use std::sync::OnceLock;

use zeroize::Zeroizing;

use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::error::{PayloadError, RngError};
use crate::session::Session;
use crate::session::lifetime::Limits;
use crate::session::origin::{Origin, RequestInfo};
use crate::session::payload::{Payload, Written};
use crate::session::revoked_ids::RevokedIds;
use crate::token::id::{ID_LEN, SessionId};
use crate::token::times::Times;

impl<T> Session<T> {
    pub(crate) fn pre(data: T, limits: Limits, now: u64, request: RequestInfo) -> Self {
        Self {
            data,
            borrowed: false,
            new_id: OnceLock::new(),
            origin: None,
            request,
            limits,
            now,
            idle_override: 0,
            touched: false,
            invalidated: false,
            revoked_ids: RevokedIds::default(),
        }
    }

    /// The limits that it is under, and the second at which it was decoded.
    pub(crate) fn limits_and_now(&self) -> (Limits, u64) {
        (self.limits, self.now)
    }

    /// Times of the session as it is: as they were opened, or as they will be when it is sealed.
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
        match &self.origin {
            Some(origin) if !origin.renewed => origin.times.resealed(now, self.idle_override),
            _ => Times::starting(now, self.idle_override),
        }
    }

    /// Whether it has an id: it was opened, sealed, or asked for it.
    pub(crate) fn has_id(&self) -> bool {
        self.known_id().is_some()
    }

    /// The id, if it has one.
    pub(crate) fn known_id(&self) -> Option<&SessionId> {
        match &self.origin {
            Some(origin) if !origin.renewed => Some(&origin.id),
            _ => self.new_id.get(),
        }
    }

    /// Whether it has an idle timeout of its own.
    pub(crate) fn has_idle_override(&self) -> bool {
        self.idle_override != 0
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
        let drawn = Zeroizing::new(random::bytes::<{ ID_LEN + NONCE_LEN }>()?);
        let (mut id, mut nonce) = ([0; ID_LEN], [0; NONCE_LEN]);
        id.copy_from_slice(&drawn[..ID_LEN]);
        nonce.copy_from_slice(&drawn[ID_LEN..]);
        Ok((self.new_id.get_or_init(|| SessionId(id)), nonce))
    }
}

impl<T: Payload> Session<T> {
    pub(crate) fn loaded(
        data: T,
        origin: Origin,
        limits: Limits,
        now: u64,
        request: RequestInfo,
    ) -> Self {
        let idle_override = origin.times.idle_override;
        let pre = Self::pre(data, limits, now, RequestInfo { loaded: true, ..request });
        Self { origin: Some(origin), idle_override, ..pre }
    }

    /// A copy to use when the session itself is sent already.
    pub(crate) fn copy(&self) -> Self {
        let data = self.data.write().ok().and_then(|payload| T::read(&payload)).unwrap_or_default();
        Self {
            new_id: self.new_id.clone(),
            origin: self.origin.clone(),
            idle_override: self.idle_override,
            ..Self::pre(data, self.limits, self.now, self.request)
        }
    }

    /// What every way of writing changes.
    pub(crate) fn marks(&self) -> impl PartialEq + use<T> {
        (self.borrowed, self.touched, self.invalidated, self.idle_override, self.has_id())
    }

    /// The payload, serialized.
    pub(crate) fn payload(&self) -> Result<Written<'_>, PayloadError> {
        self.data.write()
    }

    /// The payload, if it differs from the one that was opened, or from `default` if none was.
    pub(crate) fn changed_payload(
        &self,
        default: &[u8],
    ) -> Result<Option<Written<'_>>, PayloadError> {
        if !self.borrowed {
            return Ok(None);
        }
        let payload = self.payload()?;
        let before = match &self.origin {
            Some(origin) => origin.payload.as_deref(),
            None => Some(default),
        };
        Ok((before != Some(&*payload)).then_some(payload))
    }
}
