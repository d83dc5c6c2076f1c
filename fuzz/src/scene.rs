//! What the inputs of five targets begin with: a site, flags, and the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};
use sealed_session::{CookieSessions, Session, Transport};

use crate::common::{other, session_id};
use crate::cross_site::Initiator;
use crate::decode::Outcome;
use crate::encode::Model;
use crate::layer::LayerRequest;
use crate::parts::Parts;
use crate::payload::Known;
use crate::response;
use crate::site::{Site, site, with_coder};

#[derive(Debug)]
pub struct Scene<'d> {
    pub site: &'static Site,
    pub flags: u8,
    /// Whole seconds; 0 before 1970.
    pub now: u64,
    pub instant: SystemTime,
    pub rest: &'d [u8],
}

/// Flag: the request comes over the other transport.
const OTHER_TRANSPORT: u8 = 1;
/// Flag: the clock is at the end of a second.
const NANOS: u8 = 2;
/// Who started the request: the flags from this place on.
const INITIATOR: u32 = 4;

impl<'d> Scene<'d> {
    /// `None` for an input that is too short, or an instant that does not exist.
    pub fn read(data: &'d [u8]) -> Option<Self> {
        let ([which, flags, now @ ..], rest) = data.split_first_chunk::<10>()?;
        let seconds = i64::from_le_bytes(*now);
        let nanos = if flags & NANOS != 0 { 999_999_999 } else { 0 };
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        let instant = whole?.checked_add(Duration::from_nanos(nanos))?;
        Some(Self {
            site: site(*which),
            flags: *flags,
            now: u64::try_from(seconds).unwrap_or(0),
            instant,
            rest,
        })
    }

    /// The transport of the request.
    pub fn arrives(&self) -> Transport {
        let own = self.site.rules.transport;
        if self.flags & OTHER_TRANSPORT != 0 { other(own) } else { own }
    }

    /// Who started the request.
    fn initiator(&self) -> Initiator {
        Initiator::ALL[usize::from(self.flags >> INITIATOR)]
    }

    /// Decodes a request and compares the session to the rules; then the response of a handler that
    /// does nothing, and of one that asks for the id.
    pub fn check(&self, header: &HeaderMap) -> Outcome {
        let (rules, initiator) = (&self.site.rules, self.initiator());
        let outcome = rules.judge(header, self.arrives(), self.now);
        let model = Model::decoded(rules, self.arrives(), &outcome, self.now)
            .held_back(initiator.is_held_back(rules.same_site, false));
        let mut header = header.clone();
        initiator.fill(&mut header);
        with_coder!(self.site, coder => {
            let mut asked = model.clone();
            self.decode(coder, &header, &outcome).encode(&model);
            let decoded = self.decode(coder, &header, &outcome);
            asked.id = Some(session_id(decoded.session.id()));
            decoded.encode(&asked);
        });
        outcome
    }

    /// Compares the tower layer to the coder.
    pub fn check_layer(&self, header: &HeaderMap) {
        let (rules, initiator) = (&self.site.rules, self.initiator());
        let request = LayerRequest { header, arrives: self.arrives(), rules, initiator };
        with_coder!(self.site, coder => request.check(coder));
    }

    /// Decodes a request and compares the session to the rules.
    pub fn decode<'s, T: Known>(
        &'s self,
        coder: &'s CookieSessions<T>,
        header: &HeaderMap,
        outcome: &Outcome,
    ) -> Decoded<'s, T> {
        let session = coder.decode_at(header, self.arrives(), self.instant);
        self.site.rules.check(&session, outcome, self.now);
        Decoded { scene: self, coder, session }
    }
}

/// A session of a scene.
#[derive(Debug)]
pub struct Decoded<'s, T> {
    scene: &'s Scene<'s>,
    coder: &'s CookieSessions<T>,
    pub session: Session<T>,
}

impl<T: Known> Decoded<'_, T> {
    /// Encodes at once, and compares the response to the rules.
    pub fn encode(self, model: &Model) -> Option<Parts> {
        let (rules, Scene { now, instant, .. }) = (&self.scene.site.rules, self.scene);
        let (before, mut after) = (HeaderMap::new(), HeaderMap::new());
        let row = model.row(rules, true, StatusCode::OK, &before, *now);
        let result = self.coder.encode_at(&self.session, &mut after, StatusCode::OK, *instant);
        response::check(row, model, rules, &result, [&before, &after])
    }
}
