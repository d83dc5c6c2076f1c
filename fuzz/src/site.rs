//! Fixed configurations: those of `tests/vectors`, so that every vector is a seed.

use std::sync::LazyLock;
use std::time::Duration;

use sealed_session::{CookieSessions, Dict, Issue, KeyRole};

use crate::common::from_hex;
use crate::decode::Rules;
use crate::payload::{Account, Known, Profile};
use crate::plan::Plan;
use crate::samples;

#[derive(Debug)]
pub struct Site {
    pub rules: Rules,
    pub flash_rules: Rules,
    pub coder: Coder,
    /// Tokens of each kind, for a header.
    pub samples: Vec<String>,
}

#[derive(Debug)]
pub enum Coder {
    Dict(CookieSessions),
    Account(CookieSessions<Account>),
    Profile(CookieSessions<Profile>),
}

/// An expression about the coder of a site, whatever its payload.
macro_rules! with_coder {
    ($site:expr, $coder:ident => $result:expr) => {
        match &$site.coder {
            $crate::site::Coder::Dict($coder) => $result,
            $crate::site::Coder::Account($coder) => $result,
            $crate::site::Coder::Profile($coder) => $result,
        }
    };
}
pub(crate) use with_coder;

/// One vector of each configuration. `seeds.py` reads this list.
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
                Self::with(&plan, plan.rules::<Dict>(), Coder::Dict(plan.coder()))
            }
            Some("profile-1") => {
                Self::with(&plan, plan.rules::<Profile>(), Coder::Profile(plan.coder()))
            }
            _ => Self::with(&plan, plan.rules::<Account>(), Coder::Account(plan.coder())),
        }
    }

    fn of_eager(plan: Plan) -> Self {
        Self::of(Plan { issue: Issue::Eager, browser_session: true, padding: Some(32), ..plan })
    }

    fn of_profile() -> Self {
        let plan = Plan { schema: Some("profile-1".into()), padding: Some(64), ..Plan::default() };
        Self::of(plan)
    }

    fn with(plan: &Plan, rules: Rules, coder: Coder) -> Self {
        let payload = match coder {
            Coder::Dict(_) => Dict::from_iter([("user", "alice")]).bytes(),
            Coder::Account(_) => Account { visits: 300, ..Account::default() }.bytes(),
            Coder::Profile(_) => Profile { visits: 300, ..Profile::default() }.bytes(),
        };
        Self {
            samples: samples::of(&rules, &payload),
            flash_rules: plan.flash_rules(&rules),
            rules,
            coder,
        }
    }
}

/// The configuration of a vector.
fn plan(vector: &str) -> Plan {
    let mut plan = Plan { secrets: Vec::new(), ..Plan::default() };
    for (word, value) in vector.lines().filter_map(|line| line.split_once(": ")) {
        let seconds = || Duration::from_secs(value.parse().unwrap());
        match word {
            "current" => plan.secrets.insert(0, (KeyRole::Current, from_hex(value))),
            "previous" => plan.secrets.push((KeyRole::Previous, from_hex(value))),
            "upcoming" => plan.secrets.push((KeyRole::Upcoming, from_hex(value))),
            "name" => plan.name = value.into(),
            "transport" => plan.insecure_http = value == "http",
            "path" => plan.path = value.into(),
            "domain" => plan.domain = Some(value.into()),
            "partitioned" => plan.partitioned = value == "yes",
            "context" => plan.context = value.into(),
            // Between the encoding and the shape.
            "schema" => plan.schema = value.split('/').nth(1).or(Some(value)).map(str::to_owned),
            "idle" => plan.idle = seconds(),
            "absolute" => plan.absolute = seconds(),
            _ => {}
        }
    }
    plan
}
