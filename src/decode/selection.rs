//! Of the tokens that a request brought, the one that becomes the session.

use std::borrow::Cow;

use crate::config::Config;
use crate::decode::candidates::Candidate;
use crate::session::Session;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::token::Token;
use crate::token::rejection::Rejection;

/// The accepted token, or else the rejection that came furthest.
///
/// What is rejected never shadows what is accepted: anybody who can plant a cookie, on a sibling host say, could otherwise
/// log the user out.
pub(crate) struct Selection<'t, T> {
    accepted: Option<Candidate<T>>,
    rejected: Option<(Rejection, Cow<'t, [u8]>)>,
    request: RequestInfo,
}

impl<'t, T: Payload> Selection<'t, T> {
    #[inline]
    pub(crate) fn new(request: RequestInfo) -> Self {
        Self { accepted: None, rejected: None, request }
    }

    /// Whether a cookie with the session's name was offered.
    pub(crate) fn had_cookie(&self) -> bool {
        self.request.had_cookie
    }

    /// Takes what became of the next cookie with the session's name.
    #[inline]
    pub(crate) fn offer(
        &mut self,
        text: impl Into<Cow<'t, [u8]>>,
        candidate: Result<Candidate<T>, Rejection>,
    ) {
        self.request.had_cookie = true;
        if let Err(rejection) = candidate.and_then(|candidate| self.accept(candidate)) {
            self.reject(text.into(), rejection);
        }
    }

    #[inline]
    fn accept(&mut self, candidate: Candidate<T>) -> Result<(), Rejection> {
        match &self.accepted {
            Some(accepted) if !accepted.origin.id.ct_eq(&candidate.origin.id) => {
                return Err(Rejection::Ambiguous);
            }
            Some(accepted) if !candidate.is_newer_than(accepted) => {}
            _ => self.accepted = Some(candidate),
        }
        Ok(())
    }

    fn reject(&mut self, text: Cow<'t, [u8]>, rejection: Rejection) {
        self.request.maybe_valid_elsewhere |= rejection.is_maybe_valid_elsewhere();
        self.request.unchecked |= rejection == Rejection::Unchecked;
        if self.rejected.as_ref().is_none_or(|(furthest, _)| rejection.stage() > furthest.stage()) {
            self.rejected = Some((rejection, text));
        }
    }

    /// The same without what it borrows from the request.
    pub(crate) fn into_owned(self) -> Selection<'static, T> {
        let Self { accepted, rejected, request } = self;
        let rejected = rejected.map(|(rejection, text)| (rejection, text.into_owned().into()));
        Selection { accepted, rejected, request }
    }

    /// The session that this makes.
    #[inline]
    pub(crate) fn into_session(self, config: &Config<T>, now: u64) -> Session<T> {
        let Self { accepted, rejected, mut request } = self;
        let is_ambiguous = matches!(rejected, Some((Rejection::Ambiguous, _)));
        if let Some(Candidate { data, origin, .. }) = accepted.filter(|_| !is_ambiguous) {
            return Session::loaded(data, origin, config.limits, now, request);
        }
        if let Some((rejection, text)) = rejected {
            let key_id =
                Token::parse(&text, config.set_cookie.name()).ok().map(|token| token.key_id);
            config.log.rejected(rejection, key_id, text.len(), now);
            request.rejection = Some(rejection);
        }
        Session::pre(T::default(), config.limits, now, request)
    }
}
