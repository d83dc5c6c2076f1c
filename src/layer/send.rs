//! What the layer does with a handle: it makes one for a request, opens it for a revocation check,
//! and sends it with the response.

use std::mem;
use std::sync::{Arc, PoisonError};

use http::{HeaderMap, Response};

use crate::encode::decision::is_written;
use crate::error::{EncodeError, HeadersError};
use crate::header::changes::{self, HeaderChanges};
use crate::layer::handle::SessionHandle;
use crate::layer::state::{Arrived, Lazy};
use crate::log;
use crate::session::Session;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::token::id::Label;

impl<T: Payload> SessionHandle<T> {
    pub(super) fn arriving(
        sessions: CookieSessions<T>,
        headers: &HeaderMap,
        info: RequestInfo,
    ) -> Self {
        let known = Some(sessions.clone());
        Self::of(Lazy::Unopened(Arrived::new(sessions, headers, info)), known)
    }

    /// Opens the session at once if a revocation hook has to be asked, and returns whether the hook
    /// did not respond.
    pub(crate) fn is_unchecked(&self) -> bool {
        let is_to_be_checked = self.lock().is_to_be_checked();
        if is_to_be_checked {
            self.locked(|_, _| ());
            self.lock().unused = true;
        }
        self.lock().opened().is_some_and(|session| session.request.unchecked)
    }

    /// Writes the session to the response if it was used, or if every visitor is issued one.
    pub(crate) fn send<B>(
        &mut self,
        sessions: &CookieSessions<T>,
        response: &mut Response<B>,
    ) -> Result<(), EncodeError> {
        let (issue, address) = (sessions.0.issue, self.address());
        // Most handlers have dropped their handles by now, and there is nothing to lock.
        if let Some(state) = Arc::get_mut(&mut self.0) {
            let state = state.get_mut().unwrap_or_else(PoisonError::into_inner);
            state.is_sent = true;
            if !state.is_encoded(issue) {
                return Ok(());
            }
            return sessions.encode(state.session.open(address), response).map(|_| ());
        }
        self.close();
        if !self.lock().is_encoded(issue) {
            return self.send_unread(sessions, response);
        }
        // Encoding calls code of the application. Other handles read a copy meanwhile.
        let (copy, error) = self.locked(|session, _| {
            match session.copy(sessions.0.schemas.encoding, &sessions.0.build) {
                Ok(copy) => (copy, None),
                Err(error) => (session.with_payload(T::default()), Some(error)),
            }
        });
        if let Some(error) = error {
            log::layer::not_copied(&error);
        }
        let mut session = self.swap(Lazy::Opened(copy));
        let sent = sessions.encode(session.open(address), response);
        let copy = self.swap(session);
        drop(copy);
        sent.map(|_| ())
    }

    /// Closes it without a response, and logs a change that is lost.
    pub(crate) fn abandon(&self, sessions: &CookieSessions<T>) {
        self.close();
        if self.lock().is_used() && self.locked(|session, _| is_written(&sessions.0, session)) {
            log::layer::abandoned();
        }
    }

    /// Writes the headers of a response whose session was not used, but may still be: a handle
    /// exists, so the body may depend on the session.
    fn send_unread<B>(
        &self,
        sessions: &CookieSessions<T>,
        response: &mut Response<B>,
    ) -> Result<(), EncodeError> {
        let changes = HeaderChanges {
            cookie: sessions.0.set_cookie.identity(),
            set_cookie: None,
            removals: Vec::new(),
            drops: false,
            varies: true,
            private: self.lock().is_maybe_loaded(),
        };
        changes::write(response.headers_mut(), changes)
            .map_err(|error| EncodeError::Headers(HeadersError::new(error)))
            .inspect_err(|error| {
                let now = sessions.0.clock.unix_seconds();
                sessions.0.log.failed(|| Label::NEW, error, now);
            })
    }
}

impl<T> SessionHandle<T> {
    /// The cookies of the request, if the session is unopened.
    pub(crate) fn arrived(&self) -> Option<Arrived<T>> {
        match &self.lock().session {
            Lazy::Unopened(arrived) => Some(arrived.clone()),
            Lazy::Opened(_) => None,
        }
    }

    /// Stores a session that the layer opened; it counts as unused.
    pub(crate) fn hand_over(&self, session: Session<T>) {
        let mut state = self.lock();
        state.unused = true;
        let lost = state.offer(session);
        drop(state);
        drop(lost);
    }

    /// From now on, what is written is lost.
    pub(crate) fn close(&self) {
        self.lock().is_sent = true;
    }

    fn swap(&self, session: Lazy<T>) -> Lazy<T> {
        mem::replace(&mut self.lock().session, session)
    }
}
