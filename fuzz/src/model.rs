//! The rules of encode, a second time: what a session has become, and the row of the table that fits it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use sealed_session::{Issue, KeyRole, Sent, Transport};

use crate::caches;
use crate::common::{Id, capped};
use crate::machine::{Machine, Outcome, Standing};
use crate::parts::Parts;

/// What a session is to be.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that the table asks for")]
#[derive(Clone, Debug)]
pub struct Model {
    /// Until it is changed, the bytes that were read.
    pub payload: Vec<u8>,
    /// The bytes that it is written as, if these are others.
    pub written_as: Option<Vec<u8>>,
    /// Until it is invalidated.
    pub loaded: Option<Standing>,
    pub id: Option<Id>,
    pub own: u64,
    renewed: bool,
    touched: bool,
    pub invalidated: bool,
    arrived: Arrived,
}

/// What the request said, and what of the configuration that decoded it holds on.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that the table asks for")]
#[derive(Clone, Debug)]
struct Arrived {
    transport: Transport,
    brought: bool,
    undecided: bool,
    loaded: bool,
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
    Set { created: u64, renewed: u64, max_age: Option<u64> },
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
    pub fn decoded(machine: &Machine, transport: Transport, outcome: &Outcome, now: u64) -> Self {
        let Outcome { brought, standing, undecided, .. } = outcome.clone();
        let default_payload = machine.default_payload.clone();
        let (loaded, absolute) = (standing.is_some(), machine.absolute);
        let arrived =
            Arrived { transport, brought, undecided, loaded, now, absolute, default_payload };
        let fresh = Self::fresh(arrived);
        let Some(token) = standing else { return fresh };
        Self {
            payload: token.parts.payload.clone(),
            id: Some(token.parts.id),
            own: token.parts.own,
            loaded: Some(token),
            ..fresh
        }
    }

    fn fresh(arrived: Arrived) -> Self {
        Self {
            payload: arrived.default_payload.clone(),
            written_as: None,
            loaded: None,
            id: None,
            own: 0,
            renewed: false,
            touched: false,
            invalidated: false,
            arrived,
        }
    }

    /// Whether the request brought a token that stood.
    pub fn arrived_loaded(&self) -> bool {
        self.arrived.loaded
    }

    pub fn renew(&mut self) {
        // Of a pre-session, an id that was handed out was asked for, also when another takes its place.
        self.touched |= self.loaded.is_none() && self.id.is_some();
        (self.renewed, self.id) = (true, None);
    }

    pub fn invalidate(&mut self) {
        *self = Self { invalidated: true, ..Self::fresh(self.arrived.clone()) };
    }

    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// The payload was borrowed mutably, and is written as these bytes now.
    pub fn is_borrowed(&mut self, payload: Vec<u8>) {
        (self.payload, self.written_as) = (payload, None);
    }

    pub fn set_idle_timeout(&mut self, timeout: Duration) {
        let seconds =
            timeout.as_nanos().div_ceil(1_000_000_000).clamp(1, self.arrived.absolute.into());
        self.own = u64::try_from(seconds).unwrap();
    }

    fn is_written(&self, by_its_decoder: bool) -> bool {
        match &self.loaded {
            _ if self.touched => true,
            None => self.id.is_some() || self.payload != self.arrived.default_payload,
            Some(Standing { parts, .. }) => {
                !by_its_decoder
                    || self.renewed
                    || self.own != parts.own
                    || self.payload != parts.payload
            }
        }
    }

    /// The row of the table for a response with this status and these headers.
    pub fn row(
        &self,
        machine: &Machine,
        by_its_decoder: bool,
        status: StatusCode,
        headers: &HeaderMap,
        now: u64,
    ) -> Row {
        let lazy = machine.issue == Issue::Lazy;
        match &self.loaded {
            _ if self.arrived.transport != machine.transport => Row::Withheld,
            _ if self.is_written(by_its_decoder) => self.set(machine, now),
            None if lazy && self.invalidated && self.arrived.brought => Row::Removed,
            None if lazy => Row::Unchanged,
            None if self.arrived.undecided && !self.invalidated => Row::Unchanged,
            None => self.set(machine, now),
            Some(Standing { role, parts, .. }) => {
                let refreshed = *role == KeyRole::Previous || machine.is_due(parts, now);
                let fit = !matches!(status.as_u16(), 100..=199 | 304 | 500..=599);
                let fit = fit && !caches::is_public(headers);
                if refreshed && fit { self.set(machine, now) } else { Row::Unchanged }
            }
        }
    }

    fn set(&self, machine: &Machine, now: u64) -> Row {
        let (created, renewed) = self.times(now);
        let parts = Parts { created, age: renewed - created, own: self.own, ..Parts::default() };
        let left = machine.expires_at(&parts).saturating_sub(now.into());
        let left = u64::try_from(left).unwrap();
        let max_age = (!machine.browser_session || self.own > 0).then_some(left);
        if left == 0 { Row::Removed } else { Row::Set { created, renewed, max_age } }
    }

    /// The greatest number for which these payloads, growing with it, still fit a line sent at once.
    pub fn room(&self, machine: &Machine, payload: impl Fn(usize) -> Vec<u8>) -> usize {
        let fits = |len: usize| {
            let model = Self { payload: payload(len), written_as: None, ..self.clone() };
            let Row::Set { created, renewed, max_age } = model.set(machine, self.arrived.now)
            else {
                return false;
            };
            let token = model.parts(machine, created, renewed).token_len();
            machine.set_cookie_len(token, max_age) <= machine.max_set_cookie_len
        };
        let (mut fits_with, mut fails_with) = (0, machine.max_set_cookie_len);
        while fails_with - fits_with > 1 {
            let middle = fits_with.midpoint(fails_with);
            if fits(middle) { fits_with = middle } else { fails_with = middle }
        }
        fits_with
    }

    /// Created and renewed, if it is sealed now.
    fn times(&self, now: u64) -> (u64, u64) {
        match &self.loaded {
            Some(Standing { parts, .. }) if !self.renewed => {
                (parts.created, now.max(u64::try_from(parts.renewed()).unwrap()))
            }
            _ => (now, now),
        }
    }

    /// When it began and when it ends: as it was opened, or as if it had been sealed then.
    pub fn seen(&self, machine: &Machine) -> [SystemTime; 2] {
        let parts = match &self.loaded {
            Some(Standing { parts, .. }) if !self.renewed && parts.own == self.own => parts.clone(),
            _ => {
                let (created, renewed) = self.times(self.arrived.now);
                Parts { created, age: renewed - created, own: self.own, ..Parts::default() }
            }
        };
        [capped(parts.created.into()), capped(machine.expires_at(&parts))]
    }

    /// What the token is to hold; the id is known only if it was before.
    pub fn parts(&self, machine: &Machine, created: u64, renewed: u64) -> Parts {
        let id = self.id.unwrap_or_default();
        let payload = self.written_as.as_ref().unwrap_or(&self.payload).clone();
        let parts = Parts { id, created, age: renewed - created, own: self.own, pad: 0, payload };
        parts.padded(machine.padding)
    }
}
