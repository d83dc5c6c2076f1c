//! The rules of encode, written a second time: what a session has become, and which row of the
//! table applies to it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use sealed_session::{Issue, KeyRole, Sent, Transport};

use crate::caches;
use crate::common::{Id, capped};
use crate::decode::{Accepted, Outcome, Rules};
use crate::parts::Parts;

/// What a session must be.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that the table asks for")]
#[derive(Clone, Debug)]
pub struct Model {
    /// The bytes that were read, until the payload is borrowed mutably; then those that it is written as.
    pub payload: Vec<u8>,
    /// `None` after `invalidate`.
    pub loaded: Option<Accepted>,
    pub id: Option<Id>,
    pub idle_override: u64,
    confirmed: Confirmed,
    is_renewed: bool,
    /// Whether an id was asked for that another one replaces since.
    had_id: bool,
    touched: bool,
    pub invalidated: bool,
    pub former: FormerIds,
    request: Request,
}

/// When the user was confirmed.
#[derive(Clone, Copy, Debug)]
enum Confirmed {
    Never,
    At(u64),
    InThisRequest,
}

/// What became of the ids that a session has had: for the rules of revocation.
#[derive(Clone, Debug, Default)]
pub struct FormerIds {
    /// Those that it was given and gave up, each with the payload that it had then.
    pub given_up: Vec<(Id, Vec<u8>)>,
    pub renewed: bool,
    /// Whether other devices were logged out, which ends the opened id even without a subject.
    pub logged_out_others: bool,
    /// How many of them it had given up when `revoke` was called, if it was.
    pub revoked: Option<usize>,
}

/// What is kept of the request, and of the configuration that decoded it.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that the table asks for")]
#[derive(Clone, Debug)]
struct Request {
    transport: Transport,
    had_cookie: bool,
    held_back: bool,
    maybe_valid_elsewhere: bool,
    loaded: bool,
    passive: bool,
    now: u64,
    absolute: u64,
    default_payload: Vec<u8>,
}

/// A row of the table: what is done to a response.
#[derive(Clone, Copy, Debug)]
pub enum Row {
    Withheld,
    Unchanged,
    Removed,
    Set {
        created: u64,
        sealed_at: u64,
        /// The last second at which the user can have been confirmed.
        confirmed_until: u64,
        max_age: Option<u64>,
    },
}

impl Row {
    pub fn sent(self) -> Sent {
        match self {
            Self::Withheld => Sent::Withheld,
            Self::Unchanged => Sent::Unchanged,
            Self::Removed => Sent::Removed,
            Self::Set { .. } => Sent::Set,
        }
    }
}

impl Model {
    pub fn decoded(rules: &Rules, transport: Transport, outcome: &Outcome, now: u64) -> Self {
        let Outcome { had_cookie, accepted, maybe_valid_elsewhere, .. } = outcome.clone();
        let default_payload = rules.default_payload.clone();
        let (loaded, absolute) = (accepted.is_some(), rules.absolute);
        let request = Request {
            transport,
            had_cookie,
            held_back: false,
            maybe_valid_elsewhere,
            loaded,
            passive: false,
            now,
            absolute,
            default_payload,
        };
        let fresh = Self::fresh(request);
        let Some(token) = accepted else { return fresh };
        Self {
            payload: token.parts.payload.clone(),
            id: Some(token.parts.id),
            idle_override: token.parts.idle_override,
            confirmed: token.parts.confirmed_at().map_or(Confirmed::Never, Confirmed::At),
            loaded: Some(token),
            ..fresh
        }
    }

    fn fresh(request: Request) -> Self {
        Self {
            payload: request.default_payload.clone(),
            loaded: None,
            id: None,
            idle_override: 0,
            confirmed: Confirmed::Never,
            is_renewed: false,
            had_id: false,
            touched: false,
            invalidated: false,
            former: FormerIds::default(),
            request,
        }
    }

    /// The same of a request whose cookie a browser may hold back.
    pub fn held_back(mut self, held_back: bool) -> Self {
        self.request.held_back = held_back;
        self
    }

    /// Whether a token of the request was accepted.
    pub fn was_loaded(&self) -> bool {
        self.request.loaded
    }

    pub fn renew(&mut self) {
        self.give_new_id();
        self.confirmed = Confirmed::Never;
    }

    pub fn confirm(&mut self) {
        self.renew();
        self.touch();
        self.confirmed = Confirmed::InThisRequest;
    }

    /// From now on the request counts as one that the user did not cause.
    pub fn passive(&mut self) {
        self.request.passive = true;
    }

    /// Renews it, and keeps the confirmation.
    pub fn give_new_id(&mut self) {
        // An id that a pre-session handed out was asked for, also when another one replaces it.
        self.had_id |= self.loaded.is_none() && self.id.is_some();
        self.give_up_id();
        self.former.renewed = true;
        (self.is_renewed, self.id) = (true, None);
    }

    pub fn log_out_others(&mut self) {
        self.give_new_id();
        self.former.logged_out_others = true;
    }

    pub fn invalidate(&mut self) {
        self.give_up_id();
        let (former, request) = (self.former.clone(), self.request.clone());
        *self = Self { invalidated: true, former, ..Self::fresh(request) };
    }

    pub fn revoke(&mut self) {
        self.invalidate();
        self.former.revoked = Some(self.former.given_up.len());
    }

    /// Keeps an id that is not the one it was opened with.
    fn give_up_id(&mut self) {
        if self.loaded.is_none() || self.is_renewed {
            let payload = self.payload.clone();
            self.former.given_up.extend(self.id.map(|id| (id, payload)));
        }
    }

    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// The payload was borrowed mutably, and is written as these bytes now.
    pub fn set_payload(&mut self, payload: Vec<u8>) {
        self.payload = payload;
    }

    pub fn set_idle_timeout(&mut self, timeout: Option<Duration>) {
        let seconds = timeout.map_or(0, |timeout| {
            timeout.as_nanos().div_ceil(1_000_000_000).clamp(1, self.request.absolute.into())
        });
        self.idle_override = u64::try_from(seconds).unwrap();
    }

    /// Whether the session, if it is set, is no longer the one that was opened: it goes on under
    /// another id, or began in this request.
    pub fn begins(&self) -> bool {
        self.loaded.is_none() || self.is_renewed
    }

    /// Whether there is a reason to set it other than to keep it alive.
    pub fn is_written(&self, by_its_decoder: bool) -> bool {
        match &self.loaded {
            _ if self.touched => true,
            None => self.payload != self.request.default_payload,
            Some(Accepted { parts, .. }) => {
                !by_its_decoder
                    || self.is_renewed
                    || self.idle_override != parts.idle_override
                    || self.payload != parts.payload
            }
        }
    }

    /// Whether it is an error if it does not fit: the client has nothing like it.
    pub fn must_be_sent(&self) -> bool {
        match &self.loaded {
            None => {
                self.touched || self.invalidated || self.payload != self.request.default_payload
            }
            Some(Accepted { parts, .. }) => {
                self.is_renewed
                    || self.idle_override != parts.idle_override
                    || self.payload != parts.payload
            }
        }
    }

    /// The row of the table for a response with this status and these headers.
    pub fn row(
        &self,
        rules: &Rules,
        by_its_decoder: bool,
        status: StatusCode,
        headers: &HeaderMap,
        now: u64,
    ) -> Row {
        let lazy = rules.issue == Issue::Lazy;
        let Request { had_cookie, held_back, loaded, maybe_valid_elsewhere, passive, .. } =
            self.request;
        let is_log_out = self.invalidated && had_cookie;
        match &self.loaded {
            _ if self.request.transport != rules.transport => Row::Withheld,
            // Of the same scope, so that equal ids are equal secrets.
            Some(Accepted { key, .. }) if !rules.has_key(*key) => Row::Withheld,
            _ if self.is_written(by_its_decoder) => self.set(rules, now),
            None if held_back && !loaded && !is_log_out => Row::Unchanged,
            None if self.id.is_some() || self.had_id => self.set(rules, now),
            None if lazy && is_log_out => Row::Removed,
            None if lazy => Row::Unchanged,
            None if maybe_valid_elsewhere && !self.invalidated => Row::Unchanged,
            None => self.set(rules, now),
            Some(Accepted { role, parts, .. }) => {
                let refreshed = *role == KeyRole::Previous || rules.needs_refresh(parts, now);
                let fit = !matches!(status.as_u16(), 100..=199 | 304 | 500..=599);
                let fit = fit && !caches::is_public(headers);
                if refreshed && fit && !passive { self.set(rules, now) } else { Row::Unchanged }
            }
        }
    }

    fn set(&self, rules: &Rules, now: u64) -> Row {
        let parts = self.times(now);
        self.set_with(&parts, parts.created + parts.age, rules, now)
    }

    /// The row of a session that begins, in place of one that would begin in this second.
    pub fn set_a_second_later(&self, rules: &Rules, now: u64) -> Row {
        let parts = self.times(now);
        let confirmed_until = parts.created + parts.age;
        self.set_with(&Parts { created: parts.created + 1, ..parts }, confirmed_until, rules, now)
    }

    fn set_with(&self, parts: &Parts, confirmed_until: u64, rules: &Rules, now: u64) -> Row {
        let left = rules.expires_at(parts).saturating_sub(now.into());
        let left = u64::try_from(left).unwrap();
        let max_age = (!rules.browser_session || self.idle_override > 0).then_some(left);
        if left == 0 {
            Row::Removed
        } else {
            let sealed_at = parts.created + parts.age;
            Row::Set { created: parts.created, sealed_at, confirmed_until, max_age }
        }
    }

    /// The greatest number whose payload still fits, if the response is sent at once. Payloads grow
    /// with the number.
    pub fn max_fitting(&self, rules: &Rules, payload: impl Fn(usize) -> Vec<u8>) -> usize {
        let fits = |len: usize| {
            let model = Self { payload: payload(len), ..self.clone() };
            let row = model.set(rules, self.request.now);
            let Row::Set { created, sealed_at, confirmed_until, max_age } = row else {
                return false;
            };
            let token = model.parts(rules, [created, sealed_at, confirmed_until]).token_len();
            rules.set_cookie_len(token, max_age) <= rules.max_set_cookie_len
        };
        let (mut fits_with, mut fails_with) = (0, rules.max_set_cookie_len);
        while fails_with - fits_with > 1 {
            let middle = fits_with.midpoint(fails_with);
            if fits(middle) { fits_with = middle } else { fails_with = middle }
        }
        fits_with
    }

    /// A token's times, if it is sealed now.
    fn times(&self, now: u64) -> Parts {
        let (created, sealed_at) = match &self.loaded {
            Some(Accepted { parts, .. }) if !self.is_renewed => {
                (parts.created, now.max(u64::try_from(parts.sealed_at()).unwrap()))
            }
            _ => (now, now),
        };
        let idle_override = self.idle_override;
        Parts { created, age: sealed_at - created, idle_override, ..Parts::default() }
    }

    /// When it was created and when it expires: as it was opened, or as if it were sealed at that
    /// time.
    pub fn reported_times(&self, rules: &Rules) -> [SystemTime; 2] {
        let is_as_opened =
            |parts: &Parts| !self.is_renewed && parts.idle_override == self.idle_override;
        let parts = match &self.loaded {
            Some(Accepted { parts, .. }) if is_as_opened(parts) => parts.clone(),
            _ => self.times(self.request.now),
        };
        [capped(parts.created.into()), capped(rules.expires_at(&parts))]
    }

    /// What the token must hold, with the times of a row; a new id is not known yet.
    pub fn parts(&self, rules: &Rules, times: [u64; 3]) -> Parts {
        let [created, sealed_at, confirmed_until] = times;
        let id = self.id.unwrap_or_default();
        let payload = self.payload.clone();
        let (age, idle_override) = (sealed_at - created, self.idle_override);
        Parts { id, created, age, idle_override, payload, ..Parts::default() }
            .confirmed(self.confirmed_if_sealed(confirmed_until))
            .padded(rules.padding)
    }

    /// When the user was confirmed, if it is sealed then.
    fn confirmed_if_sealed(&self, sealed_at: u64) -> Option<u64> {
        match self.confirmed {
            Confirmed::Never => None,
            Confirmed::At(confirmed_at) => Some(confirmed_at.min(sealed_at)),
            Confirmed::InThisRequest => Some(sealed_at),
        }
    }

    /// What the handler is told of it.
    pub fn reported_confirmation(&self) -> Option<SystemTime> {
        let confirmed_at = self.confirmed_if_sealed(self.request.now);
        confirmed_at.map(|confirmed_at| capped(confirmed_at.into()))
    }
}
