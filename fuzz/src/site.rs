//! Fixed configurations: those of `tests/vectors`, so that every vector is a seed.

use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use sealed_session::{CookieSessions, Dict, Issue, KeyRole, Session, Transport};

use crate::cast;
use crate::input::{OTHER_TRANSPORT, Scene};
use crate::layer::Visit;
use crate::machine::{Machine, Outcome};
use crate::model::Model;
use crate::parts::Parts;
use crate::payload::{Account, Known, Profile};
use crate::plan::Plan;

/// The moment of the vectors.
pub const NOW: u64 = 1_700_000_000;

#[derive(Debug)]
pub struct Site {
    pub machine: Machine,
    /// For the flash cookie.
    pub flash: Machine,
    pub coder: Coder,
    /// Tokens of each kind, for a header.
    pub cast: Vec<String>,
}

#[derive(Debug)]
pub enum Coder {
    Dict(CookieSessions),
    Account(CookieSessions<Account>),
    Profile(CookieSessions<Profile>),
}

/// A vector of each configuration that occurs. `seeds.py` reads this list.
macro_rules! vectors {
    ($($name:literal)*) => {
        [$(include_str!(concat!("../../tests/vectors/", $name, ".txt"))),*]
    };
}

static SITES: LazyLock<Vec<Site>> = LazyLock::new(|| {
    let vectors = vectors![
        "accept-small-dict"
        "accept-shared-key-id-first"
        "accept-previous"
        "accept-upcoming"
        "accept-typed"
        "accept-longest"
        "accept-other-transport"
        "accept-every-scope-field"
        "forged-key-of-other-name"
        "accept-secret-given-twice"
        "accept-other-name"
        "accept-path-of-300-bytes"
        "accept-due-at-half-of-3-s"
        "idle-timeout-shortened"
        "absolute-timeout-shortened"
        "accept-other-partitioned"
        "accept-other-domain"
        "accept-other-context"
        "accept-other-path"
        "accept-secret-of-100-bytes"
    ];
    let sites = vectors.into_iter().map(|vector| Site::of(plan(vector)));
    sites.chain([Site::of_eager(plan(vectors[0])), Site::of_profile()]).collect()
});

pub fn site(which: u8) -> &'static Site {
    &SITES[usize::from(which) % SITES.len()]
}

/// The one with the payload of most kinds.
pub fn profile() -> &'static Site {
    &SITES[SITES.len() - 1]
}

impl Site {
    fn of(plan: Plan) -> Self {
        match plan.schema.as_deref() {
            Some("dict") => {
                let plan = Plan { schema: None, ..plan };
                Self::with(&plan, plan.machine::<Dict>(), Coder::Dict(plan.dict()))
            }
            Some("profile-1") => {
                Self::with(&plan, plan.machine::<Profile>(), Coder::Profile(plan.typed()))
            }
            _ => Self::with(&plan, plan.machine::<Account>(), Coder::Account(plan.typed())),
        }
    }

    fn of_eager(plan: Plan) -> Self {
        Self::of(Plan { issue: Issue::Eager, browser_session: true, padding: Some(32), ..plan })
    }

    fn of_profile() -> Self {
        let plan = Plan { schema: Some("profile-1".into()), padding: Some(64), ..Plan::default() };
        Self::of(plan)
    }

    fn with(plan: &Plan, machine: Machine, coder: Coder) -> Self {
        let payload = match coder {
            Coder::Dict(_) => Dict::from_iter([("user", "alice")]).bytes(),
            Coder::Account(_) => Account { visits: 300, ..Account::default() }.bytes(),
            Coder::Profile(_) => Profile { visits: 300, ..Profile::default() }.bytes(),
        };
        Self { cast: cast::of(&machine, &payload), flash: plan.flash(&machine), machine, coder }
    }

    /// The transport of the request.
    pub fn arrives(&self, flags: u8) -> Transport {
        let https = (self.machine.transport == Transport::Https) != (flags & OTHER_TRANSPORT != 0);
        if https { Transport::Https } else { Transport::Http }
    }

    /// Decodes a request and holds it against the rules; then the answer to it, if the handler does nothing.
    pub fn check(&self, scene: &Scene<'_>, fields: &HeaderMap) -> Outcome {
        let arrives = self.arrives(scene.flags);
        let outcome = self.machine.judge(fields, arrives, scene.now);
        let model = Model::decoded(&self.machine, arrives, &outcome, scene.now);
        match &self.coder {
            Coder::Dict(coder) => drop(self.decode(coder, scene, fields, &outcome).answer(model)),
            Coder::Account(coder) => {
                drop(self.decode(coder, scene, fields, &outcome).answer(model))
            }
            Coder::Profile(coder) => {
                drop(self.decode(coder, scene, fields, &outcome).answer(model))
            }
        }
        outcome
    }

    /// Holds the tower layer against the coder.
    pub fn check_layer(&self, scene: &Scene<'_>, fields: &HeaderMap) {
        let visit = Visit { fields, arrives: self.arrives(scene.flags), issue: self.machine.issue };
        match &self.coder {
            Coder::Dict(coder) => visit.check(coder),
            Coder::Account(coder) => visit.check(coder),
            Coder::Profile(coder) => visit.check(coder),
        }
    }

    /// Decodes a request and holds it against the rules.
    pub fn decode<'s, T: Known>(
        &'s self,
        coder: &'s CookieSessions<T>,
        scene: &'s Scene<'_>,
        fields: &HeaderMap,
        outcome: &Outcome,
    ) -> Decoded<'s, T> {
        let session = coder.decode_at(fields, self.arrives(scene.flags), scene.instant);
        self.machine.check(&session, outcome, scene.now);
        Decoded { machine: &self.machine, coder, scene, session }
    }
}

/// A session of a scene.
#[derive(Debug)]
pub struct Decoded<'s, T> {
    machine: &'s Machine,
    coder: &'s CookieSessions<T>,
    scene: &'s Scene<'s>,
    pub session: Session<T>,
}

impl<T: Known> Decoded<'_, T> {
    /// Answers at once, and holds the answer against the rules.
    pub fn answer(self, mut model: Model) -> Option<Parts> {
        model.written_as = Some(self.session.data().bytes());
        let mut headers = HeaderMap::new();
        let answer = model.answer(self.machine, true, StatusCode::OK, &headers, self.scene.now);
        let result =
            self.coder.encode_at(&self.session, &mut headers, StatusCode::OK, self.scene.instant);
        answer.check(&model, self.machine, &result, [&HeaderMap::new(), &headers])
    }
}

/// The configuration of a vector.
fn plan(vector: &str) -> Plan {
    let mut plan = Plan { secrets: Vec::new(), ..Plan::default() };
    for (word, value) in vector.lines().filter_map(|line| line.split_once(": ")) {
        let seconds = || Duration::from_secs(value.parse().unwrap());
        match word {
            "current" => plan.secrets.insert(0, (KeyRole::Current, unhex(value))),
            "previous" => plan.secrets.push((KeyRole::Previous, unhex(value))),
            "upcoming" => plan.secrets.push((KeyRole::Upcoming, unhex(value))),
            "name" => plan.name = value.into(),
            "transport" => plan.insecure_http = value == "http",
            "path" => plan.path = value.into(),
            "domain" => plan.domain = Some(value.into()),
            "partitioned" => plan.partitioned = value == "yes",
            "context" => plan.context = value.into(),
            "schema" => plan.schema = Some(value.into()),
            "idle" => plan.idle = seconds(),
            "absolute" => plan.absolute = seconds(),
            _ => {}
        }
    }
    plan
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
