//! Fixed configurations: those of `tests/vectors`, so that every vector is a seed.

use std::sync::LazyLock;
use std::time::Duration;

use sealed_session::{CookieSessions, Issue, KeyRole};

use crate::common::from_hex;
use crate::decode::Rules;
use crate::kinds::Kinds;
use crate::payload::{Compact, Known};
use crate::plan::Plan;
use crate::samples;
use crate::typed::{Account, Profile, Tree, Units};

#[derive(Debug)]
pub struct Site {
    pub rules: Rules,
    pub flash_rules: Rules,
    /// Of sealed values, and of those in a cookie.
    pub value_rules: Rules,
    pub flow_rules: Rules,
    pub coder: Coder,
    /// Tokens of each kind, for a header.
    pub samples: Vec<String>,
}

#[derive(Debug)]
pub enum Coder {
    Dict(CookieSessions),
    Account(CookieSessions<Account>),
    Profile(CookieSessions<Profile>),
    Tree(CookieSessions<Tree>),
    Kinds(CookieSessions<Kinds>),
    CompactAccount(CookieSessions<Compact<Account>>),
    CompactTree(CookieSessions<Compact<Tree>>),
    CompactUnits(CookieSessions<Compact<Units>>),
}

/// An expression about the coder of a site, whatever its payload.
macro_rules! with_coder {
    ($site:expr, $coder:ident => $result:expr) => {
        match &$site.coder {
            $crate::site::Coder::Dict($coder) => $result,
            $crate::site::Coder::Account($coder) => $result,
            $crate::site::Coder::Profile($coder) => $result,
            $crate::site::Coder::Tree($coder) => $result,
            $crate::site::Coder::Kinds($coder) => $result,
            $crate::site::Coder::CompactAccount($coder) => $result,
            $crate::site::Coder::CompactTree($coder) => $result,
            $crate::site::Coder::CompactUnits($coder) => $result,
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
        "accept-named-struct"
        "accept-named-no-fields"
        "accept-named-64-levels-of-sequences"
        "accept-typed-64-levels"
        "accept-typed-units"
    ];
    let sites = vectors.into_iter().map(Site::of);
    sites.chain([Site::of_eager(vectors[0]), Site::of_profile()]).collect()
});

pub fn site(which: u8) -> &'static Site {
    &SITES[usize::from(which) % SITES.len()]
}

/// The one with a `Profile`.
pub fn profile() -> &'static Site {
    &SITES[SITES.len() - 1]
}

impl Site {
    /// The configuration of a vector.
    fn of(vector: &str) -> Self {
        let plan = plan(vector);
        let word = |word| lines(vector).find(|(known, _)| *known == word).map(|(_, value)| value);
        match (word("encoding"), word("type")) {
            (None, None) => Self::with(&plan, Coder::Dict),
            (Some("named"), Some("account")) => Self::with(&plan, Coder::Account),
            (Some("named"), Some("kinds")) => Self::with(&plan, Coder::Kinds),
            (Some("named"), Some("tree")) => Self::with(&plan, Coder::Tree),
            (Some("compact"), Some("account")) => Self::with(&plan, Coder::CompactAccount),
            (Some("compact"), Some("tree")) => Self::with(&plan, Coder::CompactTree),
            (Some("compact"), Some("units")) => Self::with(&plan, Coder::CompactUnits),
            other => panic!("unknown encoding or type: {other:?}"),
        }
    }

    fn of_eager(vector: &str) -> Self {
        let plan =
            Plan { issue: Issue::Eager, browser_session: true, padding: Some(32), ..plan(vector) };
        Self::with(&plan, Coder::Dict)
    }

    fn of_profile() -> Self {
        let plan = Plan { schema: Some("profile-1".into()), padding: Some(64), ..Plan::default() };
        Self::with(&plan, Coder::Profile)
    }

    fn with<T: Known>(plan: &Plan, coder: fn(CookieSessions<T>) -> Coder) -> Self {
        let rules = plan.rules::<T>();
        Self {
            samples: samples::of(&rules, &T::example().bytes()),
            flash_rules: plan.flash_rules(&rules),
            value_rules: plan.value_rules(&rules, false),
            flow_rules: plan.value_rules(&rules, true),
            rules,
            coder: coder(plan.coder()),
        }
    }
}

fn lines(vector: &str) -> impl Iterator<Item = (&str, &str)> {
    vector.lines().filter_map(|line| line.split_once(": "))
}

/// The configuration of a vector.
fn plan(vector: &str) -> Plan {
    let mut plan = Plan { secrets: Vec::new(), ..Plan::default() };
    for (word, value) in lines(vector) {
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
            "schema" if value != "dict" => plan.schema = Some(value.into()),
            "idle" => plan.idle = seconds(),
            "absolute" => plan.absolute = seconds(),
            _ => {}
        }
    }
    plan
}
