//! The README is held to the code: its length, its table of defaults, its header, and the figures that others measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sealed_session::{Builder, CookieSessions, Dict, EncodeError, Issue, KeyId, SameSite};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::{DAY, NOW, at, encode, line, pair, ring, sealed, secs, sessions, visit};

const README: &str = include_str!("../../README.md");
const MEASURED: &str = include_str!("../../.github/MEASURED.md");
const GUIDE: &str = include_str!("../../src/guide/performance.rs");
const CRATE_COUNT: &str = include_str!("../../.ci/crate-count");

#[test]
fn is_read_in_five_minutes() {
    assert!(README.lines().count() <= 200, "{} lines", README.lines().count());
}

/// Setting and default of each row of the table under "Defaults".
fn defaults() -> BTreeMap<&'static str, &'static str> {
    let section = README.split("\n## ").find(|section| section.starts_with("Defaults\n")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    cells.map(|cells| (cells[1].trim_matches('`'), cells[2].trim_matches('`'))).collect()
}

/// Sets what the table says the default is; on a default builder that must change nothing.
fn set(builder: Builder<Dict>, setting: &str, default: &str) -> Builder<Dict> {
    match (setting, default) {
        ("name", name) => builder.name(name),
        ("path", path) => builder.path(path),
        ("same_site", "Lax") => builder.same_site(SameSite::Lax),
        ("partitioned", value) => builder.partitioned(value.parse().unwrap()),
        ("idle_timeout", days) => builder.idle_timeout(in_days(days)),
        ("absolute_timeout", days) => builder.absolute_timeout(in_days(days)),
        ("browser_session", value) => builder.browser_session(value.parse().unwrap()),
        ("context", "empty") => builder.context(""),
        ("issue", "Lazy") => builder.issue(Issue::Lazy),
        ("max_set_cookie_len", bytes) => {
            builder.max_set_cookie_len(bytes.strip_suffix(" bytes").unwrap().parse().unwrap())
        }
        ("domain", "none") | ("padding" | "insecure_http" | "compact", "off") => builder,
        ("clock", "the system's") => builder.clock(SystemTime::now),
        _ => panic!("no default {default} of {setting}"),
    }
}

fn in_days(text: &str) -> Duration {
    secs(text.strip_suffix(" days").unwrap().parse::<u64>().unwrap() * DAY)
}

/// Everything that a setting changes, seen from outside.
fn fingerprint(sessions: &CookieSessions) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut session = visit(sessions, NOW);
    let (unwritten, _) = encode(sessions, &session, NOW);
    session.set("user", "alice");
    let (_, headers) = encode(sessions, &session, NOW);
    let line = line(&headers);
    let (pair, attributes) = line.split_once(';').unwrap();
    let (name, token) = pair.split_once('=').unwrap();
    session.set("user", "x".repeat(5000));
    let Err(EncodeError::TooLarge { limit, .. }) = sessions.to_cookie(&session, at(NOW)) else {
        panic!("5,000 bytes are too many");
    };
    let ends = sessions.from_response(&headers).unwrap().expires_at();
    let keys: Vec<KeyId> = sessions.keys().map(|(_, id)| id).collect();
    (keys, name.to_owned(), token.len(), attributes.to_owned(), unwritten, limit, ends)
}

/// How long a session may be, at most: what an idle timeout of its own is cut to.
fn absolute_end(sessions: &CookieSessions) -> u64 {
    let mut session = visit(sessions, NOW);
    session.set_idle_timeout(secs(1000 * DAY));
    session.expires_at().duration_since(at(NOW)).unwrap().as_secs()
}

#[test]
fn every_default_of_the_table_is_the_default_of_the_code() {
    let defaults = defaults();
    assert_eq!(defaults.len(), 15, "{defaults:?}");
    let expected = sessions();
    for (setting, default) in defaults {
        let sessions = set(CookieSessions::builder(ring(1)), setting, default).build().unwrap();
        assert_eq!(fingerprint(&sessions), fingerprint(&expected), "{setting}");
        assert_eq!(absolute_end(&sessions), absolute_end(&expected), "{setting}");
    }
}

#[test]
fn every_setting_of_the_table_shows_in_the_fingerprint() {
    let changed: [(&str, Builder<Dict>); 13] = {
        let builder = || CookieSessions::builder(ring(1));
        [
            ("name", builder().name("other")),
            ("path", builder().path("/other")),
            ("domain", builder().domain("example.com")),
            ("same_site", builder().same_site(SameSite::Strict)),
            ("partitioned", builder().partitioned(true)),
            ("idle_timeout", builder().idle_timeout(secs(DAY))),
            ("absolute_timeout", builder().absolute_timeout(secs(20 * DAY))),
            ("browser_session", builder().browser_session(true)),
            ("context", builder().context("other")),
            ("issue", builder().issue(Issue::Eager)),
            ("padding", builder().padding(128)),
            ("max_set_cookie_len", builder().max_set_cookie_len(2048)),
            ("insecure_http", builder().insecure_http()),
        ]
    };
    // All but the clock, since a fingerprint is taken at a given time, and what a dictionary does not have.
    assert_eq!(changed.len() + 2, defaults().len(), "a setting is missing here");
    let typed = || CookieSessions::typed::<String>(ring(1), "name");
    let (named, compact) = (typed().build().unwrap(), typed().compact().build().unwrap());
    assert!(named.keys().ne(compact.keys()), "compact");
    let expected = sessions();
    for (setting, builder) in changed {
        assert!(defaults().contains_key(setting), "{setting} is missing in the table");
        let sessions = builder.build().unwrap();
        let same = fingerprint(&sessions) == fingerprint(&expected)
            && absolute_end(&sessions) == absolute_end(&expected);
        assert!(!same, "{setting}");
    }
}

#[test]
fn shows_the_set_cookie_that_is_sent() {
    let shown = README.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")).unwrap();
    let mut session = visit(&sessions(), NOW);
    session.set("user", "alice");
    let (_, headers) = encode(&sessions(), &session, NOW);
    let line = line(&headers);
    let token = line.split(['=', ';']).nth(1).unwrap();
    let shown = shown.replace("<token>", token);
    // As text: a parser leaves out attributes that it does not know.
    let parts = |text: &str| text.split("; ").map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(parts(&shown), parts(&line));
}

#[test]
fn holds_as_much_as_it_promises() {
    assert!(README.contains("A session holds more than 2,900 bytes"));
    let mut session = visit(&sessions(), NOW);
    session.set("x", "x".repeat(2900));
    encode(&sessions(), &session, NOW);
    session.set("x", "x".repeat(3000));
    assert!(sessions().to_cookie(&session, at(NOW)).is_err());
}

/// Two sessions, as the table of sizes has them: the columns `small` and `large`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Small {
    user: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Large {
    user_id: Uuid,
    role: String,
    lang: String,
    csrf: String,
}

const ENTRIES: [(&str, &str); 4] = [
    ("user_id", "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10"),
    ("role", "admin"),
    ("lang", "en-US"),
    ("csrf", "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"),
];

fn small() -> Small {
    Small { user: "alice".into() }
}

fn large() -> Large {
    let [user_id, role, lang, csrf] = ENTRIES.map(|(_, value)| value.to_owned());
    Large { user_id: user_id.parse().unwrap(), role, lang, csrf }
}

/// Characters of the value of a cookie.
fn value_len(pair: &str) -> usize {
    pair.split_once('=').unwrap().1.len()
}

fn typed_len<T: Serialize + DeserializeOwned + Default>(
    value: T,
    encoding: fn(Builder<T>) -> Builder<T>,
) -> usize {
    let sessions = encoding(CookieSessions::typed(ring(1), "account")).build().unwrap();
    let mut session = visit(&sessions, NOW);
    *session.data_mut() = value;
    value_len(&pair(&encode(&sessions, &session, NOW).1))
}

#[test]
fn sessions_have_the_sizes_of_the_table() {
    let dict = |entries| value_len(&sealed(&sessions(), entries, NOW));
    for (row, expected) in [
        ("sealed-session", [dict(&[("user", "alice")]), dict(&ENTRIES)]),
        ("sealed-session, typed", [typed_len(small(), |b| b), typed_len(large(), |b| b)]),
        (
            "sealed-session, `compact`",
            [typed_len(small(), Builder::compact), typed_len(large(), Builder::compact)],
        ),
    ] {
        let start = format!("| {row} | {} | {} |", expected[0], expected[1]);
        assert!(MEASURED.lines().any(|line| line.starts_with(&start)), "no row {start}");
    }
}

/// The guide `types` counts without what every session has: a payload of no bytes is a `()` in compact encoding.
#[test]
fn the_guide_to_types_counts_the_bytes_of_a_payload() {
    let guide = include_str!("../../src/guide/types.rs");
    let bytes = |characters: usize| characters * 3 / 4;
    let empty = bytes(value_len(&empty_pair()));
    let named = bytes(typed_len(large(), |b| b)) - empty;
    let compact = bytes(typed_len(large(), Builder::compact)) - empty;
    assert!(guide.contains(&format!("| {named} bytes | {compact} bytes |")), "{named} {compact}");
}

fn empty_pair() -> String {
    let sessions = CookieSessions::typed::<()>(ring(1), "empty").compact().build().unwrap();
    let mut session = visit(&sessions, NOW);
    session.touch();
    pair(&encode(&sessions, &session, NOW).1)
}

/// Cells of each row of the table that has this as its first row, in Markdown or in the documentation of a module.
fn table(text: &'static str, header: &str) -> Vec<Vec<&'static str>> {
    let lines = text.lines().map(|line| line.strip_prefix("//! ").unwrap_or(line));
    let mut lines = lines.skip_while(|line| *line != header).skip(2);
    let rows = lines.by_ref().take_while(|line| line.starts_with('|'));
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    let rows: Vec<_> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "no table {header}");
    rows
}

/// Ratios and nanoseconds of every contender.
fn times() -> Vec<Vec<&'static str>> {
    table(MEASURED, "| | read × | write × | read | write |")
}

/// The row whose label begins so.
#[track_caller]
fn row<'t>(rows: &'t [Vec<&'static str>], label: &str) -> &'t [&'static str] {
    rows.iter().find(|row| row[0].starts_with(label)).unwrap_or_else(|| panic!("no row {label}"))
}

#[test]
fn the_figures_of_the_readme_are_those_that_were_measured() {
    let sizes = table(MEASURED, "| | small | large | in it, beside the data |");
    let builds = table(MEASURED, "| | seconds | crates | crates beside axum's |");
    let rows = table(README, "| | read × | write × | read | write | cookie | build | crates |");
    assert_eq!(rows.len(), 5);
    for cells in rows {
        assert_eq!(cells[..5], *row(&times(), cells[0]), "{}", cells[0]);
        let size = sizes.iter().find(|size| cells[0].starts_with(size[0])).unwrap();
        assert_eq!(cells[5], size[2], "{}", cells[0]);
        // Ours has a row for each build, a peer one for the way that it is measured.
        let start = cells[0].split_once(", ").filter(|(name, _)| *name != "sealed-session");
        let build = row(&builds, start.map_or(cells[0], |(name, _)| name));
        assert_eq!(cells[6..], build[1..3], "{}", cells[0]);
    }
}

#[test]
fn the_figures_of_the_guide_to_performance_are_those_that_were_measured() {
    let rows = table(GUIDE, "| cipher | read × | write × | read | write |");
    assert_eq!(rows.len(), 6);
    for cells in rows {
        let label = format!("sealed-session, {}", cells[0]);
        let times = times();
        let measured = times.iter().find(|measured| measured[0] == label).unwrap();
        assert_eq!(cells[1..], measured[1..], "{label}");
    }
    let typed = table(GUIDE, "| typed | read × | write × | read | write | cookie |");
    for (start, size) in [
        ("sealed-session, `ring`", typed_len(large(), |builder| builder)),
        ("sealed-session, `compact`", typed_len(large(), Builder::compact)),
    ] {
        assert_eq!(row(&typed, start)[5], size.to_string(), "{start}");
    }
}

#[test]
fn the_builds_have_as_many_crates_as_the_documents_say() {
    let limits: BTreeMap<&str, &str> = CRATE_COUNT
        .lines()
        .filter_map(|line| line.strip_prefix("at_most "))
        .map(|line| (line.split(['\'', '"']).nth(1).unwrap(), line.split(' ').next().unwrap()))
        .collect();
    let (default, every) = (limits["the default build"], limits["the build with $every"]);
    let builds = table(MEASURED, "| | seconds | crates | crates beside axum's |");
    assert_eq!(row(&builds, "sealed-session, default")[2], default);
    assert_eq!(row(&builds, "sealed-session, every feature")[2], every);
    assert!(GUIDE.contains(&format!("The default build has {default} crates, and {every} with")));
}

/// Whether there is a file of this name; behind a star, of any that begins so.
fn is_there(name: &str) -> bool {
    let name = if name.contains('/') { name.to_owned() } else { format!("tests/vectors/{name}") };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
    let Some(start) = name.strip_suffix('*') else { return path.exists() };
    let start = start.rsplit('/').next().unwrap();
    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    files.into_iter().any(|file| file.unwrap().file_name().to_str().unwrap().starts_with(start))
}

#[test]
fn every_file_that_the_documents_name_is_there() {
    let papers = [
        ("README", README),
        ("SECURITY", include_str!("../../.github/SECURITY.md")),
        ("CONTRIBUTING", include_str!("../../.github/CONTRIBUTING.md")),
        ("MEASURED", include_str!("../../.github/MEASURED.md")),
    ];
    for (paper, text) in papers {
        let quoted = text.split('`').skip(1).step_by(2);
        let folders =
            ["src/", "tests/", "fuzz/", "benches/", "examples/", ".ci/", ".cargo/", ".github/"];
        let is_vector = |name: &str| Path::new(name).extension().is_some_and(|end| end == "txt");
        let is_file = |name: &&str| {
            !name.contains(' ')
                && (folders.iter().any(|folder| name.starts_with(folder)) || is_vector(name))
        };
        let named: Vec<&str> = quoted.filter(is_file).collect();
        assert!(named.len() >= 2, "{paper} names {named:?}");
        for name in named {
            assert!(is_there(name), "{paper} names {name}, which is not there");
        }
    }
}
