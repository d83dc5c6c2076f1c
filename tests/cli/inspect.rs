//! `inspect`: what it says of a cookie, and what it never says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sealed_session::{Builder, CookieSessions, Dict, Keyring, Payload, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::{
    DAY, NAME, NOW, UNKNOWN_EXTENSION, at, decode, encode, pair, ring, sealed, secret, secs,
    sessions,
};
use crate::terminal::{Ended, Program, program};

pub const ENTRIES: [(&str, &str); 2] =
    [("favourite", "quinces and pears"), ("nickname", "alexandrina")];

pub fn time(seconds: u64) -> String {
    Timestamp::from_second(seconds.cast_signed()).unwrap().to_string()
}

pub fn text(secret: &Secret) -> String {
    secret.expose_base64url().to_string()
}

/// `inspect` at that time, under the first secret.
pub fn inspect(now: u64, flags: &[&str]) -> Program {
    let now = time(now);
    let arguments = ["inspect", "--at", &now].into_iter().chain(flags.iter().copied());
    program(arguments).env("SESSION_SECRET", text(&secret(1)))
}

#[track_caller]
pub fn json(program: Program, code: i32) -> Value {
    serde_json::from_str(&program.run().code(code).stdout).unwrap()
}

/// `name=token` of a session with the entries, sealed now.
pub fn cookie(builder: Builder<Dict>) -> String {
    sealed(&builder.build().unwrap(), &ENTRIES, NOW)
}

pub fn builder() -> Builder<Dict> {
    CookieSessions::builder(ring(1))
}

pub fn token(pair: &str) -> &str {
    pair.split_once('=').unwrap().1
}

/// What the rows of a report with this name say.
pub fn rows<'e>(ended: &'e Ended, name: &str) -> Vec<&'e str> {
    let rows = ended.stdout.lines().filter_map(|line| line.strip_prefix(name));
    rows.filter(|rest| rest.starts_with(' ')).map(str::trim).collect()
}

/// What the first of them says.
#[track_caller]
pub fn row<'e>(ended: &'e Ended, name: &str) -> &'e str {
    let rows = rows(ended, name);
    rows.first().unwrap_or_else(|| panic!("no {name} in {}", ended.stdout))
}

pub fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sealed-session-{}-{name}", std::process::id()));
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn says_what_is_in_an_accepted_cookie() {
    let cookie = cookie(builder());
    let ended = inspect(NOW + 3 * 3600, &[]).stdin(&*cookie).run().code(0);
    assert!(ended.stderr.is_empty());
    assert!(row(&ended, "Scope").starts_with("__Host-session, https, path /, no domain"));
    assert_eq!(row(&ended, "Timeouts"), "idle 14 days, absolute 30 days");
    let id = sessions().keys().next().unwrap().1;
    let length = token(&cookie).len();
    assert_eq!(rows(&ended, "Token"), [format!("{length} characters, version 1, key id {id}")]);
    assert_eq!(row(&ended, "Secret"), "the only one");
    assert_eq!(row(&ended, "Created"), format!("{}  3 hours ago", time(NOW)));
    assert_eq!(row(&ended, "Expires"), format!("{}  in 13 days 21 hours", time(NOW + 14 * DAY)));
    assert_eq!(
        row(&ended, "Absolute end"),
        format!("{}  in 29 days 21 hours", time(NOW + 30 * DAY))
    );
    assert_eq!(row(&ended, "Refresh from"), format!("{}  in 6 days 21 hours", time(NOW + 7 * DAY)));
    assert_eq!(row(&ended, "Label"), decode(&sessions(), &cookie, NOW).label().as_str());
    assert_eq!(row(&ended, "Payload"), "dictionary, 50 bytes, 0 bytes of padding");
    let nothing = "accepted; the next response sends nothing, unless the application changes it";
    assert_eq!(row(&ended, "Result"), nothing);
    assert_eq!(row(&ended, "Verdict"), "accepted, unless it was revoked");
    // What only other cookies have.
    for name in ["Found name", "Schema", "Extensions", "Tried", "  Found"] {
        assert!(rows(&ended, name).is_empty(), "{name}: {ended:?}");
    }
}

#[test]
fn the_key_ids_and_the_label_are_those_of_the_library() {
    let keyring = ring(1).previous(secret(2)).upcoming(secret(3));
    let sessions = CookieSessions::new(keyring);
    let secrets =
        format!("{}\n{} upcoming:{}", text(&secret(1)), text(&secret(2)), text(&secret(3)));
    for (n, role, place) in [(1, "current", 1), (2, "previous", 2), (3, "upcoming", 3)] {
        let cookie = sealed(&CookieSessions::new(ring(n)), &ENTRIES, NOW);
        let asked = || inspect(NOW, &[]).env("SESSION_SECRET", &secrets).stdin(&*cookie);
        let ended = asked().run().code(0);
        let names = ["1st", "2nd", "3rd"];
        let expected = format!("the {} of 3 secrets, {role}", names[place - 1]);
        assert_eq!(row(&ended, "Secret"), expected);
        let found = json(asked_json(asked()), 0);
        let token = &found["tokens"][0];
        assert_eq!(token["secret"]["place"], place);
        let keys: Vec<(String, String)> =
            sessions.keys().map(|(role, id)| (role.to_string(), id.to_string())).collect();
        let listed = found["secrets"].as_array().unwrap().iter();
        let listed =
            listed.map(|key| (key["role"].as_str().unwrap(), key["key_id"].as_str().unwrap()));
        assert!(listed.eq(keys.iter().map(|(role, id)| (&**role, &**id))));
        assert_eq!(token["key_id"], keys[place - 1].1);
        let session = decode(&sessions, &cookie, NOW);
        assert_eq!(token["session"]["label"], session.label().as_str());
        let (next, words) = match role {
            "previous" => (
                "re-seal",
                "a previous secret or an older schema opened it, so the next response seals it again",
            ),
            _ => ("nothing", "the next response sends nothing, unless the application changes it"),
        };
        assert_eq!(token["next_response"], next);
        assert_eq!(row(&ended, "Result"), format!("accepted; {words}"));
    }
}

#[test]
fn the_place_of_a_secret_is_an_ordinal_number() {
    let secrets: Vec<String> = (1..=23).map(|n| text(&secret(n))).collect();
    for (n, place) in [
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (20, "20th"),
        (21, "21st"),
        (22, "22nd"),
        (23, "23rd"),
    ] {
        let cookie = sealed(&CookieSessions::new(ring(n)), &ENTRIES, NOW);
        let asked = inspect(NOW, &[]).env("SESSION_SECRET", secrets.join(","));
        let ended = asked.stdin(cookie).run().code(0);
        assert_eq!(row(&ended, "Secret"), format!("the {place} of 23 secrets, previous"));
    }
}

fn asked_json(program: Program) -> Program {
    program.arg("--json")
}

#[test]
fn each_rejection_has_its_reason_its_usual_cause_and_what_to_do() {
    let cookie = cookie(builder());
    let good = token(&cookie);
    let changed = |at: usize, to: &str| format!("{}{to}{}", &good[..at], &good[at + to.len()..]);
    let last = if good.as_bytes()[60] == b'A' { "B" } else { "A" };
    let stranger = sealed(&CookieSessions::new(ring(9)), &ENTRIES, NOW);
    let newer = "the token has version 4, which this release does not open";
    let no_token = "the value is no token; read as one, it would have version 4";
    let rows = [
        ("too_long", "A".repeat(5000), NOW, "4,096"),
        ("malformed", "!hello world".to_owned(), NOW, "letters, digits"),
        ("unknown_key", "AQAA".to_owned(), NOW, "84 or more"),
        ("malformed", "AQA".to_owned(), NOW, "84 or more"),
        ("unknown_key", format!("AQ{}", "A".repeat(83)), NOW, "85 characters, which no token has"),
        ("malformed", format!("{}B", &good[..85]), NOW, "86 characters ends as no token does"),
        ("unknown_version", changed(0, "BA"), NOW, newer),
        ("unknown_version", "B".repeat(84), NOW, newer),
        ("unknown_version", "B".repeat(85), NOW, no_token),
        ("unknown_version", "hello world".to_owned(), NOW, "the value is no token"),
        ("unknown_key", token(&stranger).to_owned(), NOW, "is not that of the only secret"),
        ("forged", changed(60, last), NOW, "changed or cut short"),
        (
            "unknown_extension",
            UNKNOWN_EXTENSION.to_owned(),
            NOW,
            "2, which this release does not know",
        ),
        ("from_the_future", good.to_owned(), NOW - 301, "in 5 minutes 1 second"),
        ("idle_timeout", good.to_owned(), NOW + 14 * DAY, "last sealed 14 days ago"),
        ("absolute_timeout", good.to_owned(), NOW + 31 * DAY, "began 31 days ago"),
    ];
    for (reason, value, now, words) in rows {
        let ended = inspect(now, &[]).stdin(&*value).run().code(1);
        assert_eq!(row(&ended, "Result"), format!("rejected: {reason}"));
        assert!(row(&ended, "Verdict").starts_with(&format!("rejected: {reason}; ")));
        let explained = ["  Found", "  Usual cause", "  What to do"].map(|name| row(&ended, name));
        assert!(explained.iter().all(|text| text.len() > 20), "{explained:?}");
        assert!(explained.join(" ").contains(words), "{reason}: {explained:?}");
        let found = json(inspect(now, &["--json"]).stdin(&*value), 1);
        assert_eq!(
            (&found["reason"], &found["tokens"][0]["reason"]),
            (&reason.into(), &reason.into())
        );
        assert_eq!(found["tokens"][0]["explanation"]["found"], explained[0]);
        assert_eq!(found["tokens"][0]["length"], value.len());
    }
}

#[test]
fn an_extension_that_is_not_known_is_listed() {
    let ended = inspect(NOW, &[]).stdin(UNKNOWN_EXTENSION).run().code(1);
    assert_eq!(row(&ended, "Extensions"), "unknown: [2]");
    assert_eq!(row(&ended, "Confirmed"), "not read");
}

#[test]
fn a_compact_payload_is_opened_by_its_schema_and_shape() {
    let typed = CookieSessions::typed::<(u32, u32)>(ring(1), "pair-1").compact().build().unwrap();
    let cookie = pair(&encode(&typed, &touched(&typed), NOW).1);
    let flag = format!("pair-1/{}", typed.shape().unwrap());
    let ended = inspect(NOW, &["--compact", &flag]).stdin(&*cookie).run().code(0);
    assert!(row(&ended, "Payload").starts_with("compact, 2 bytes,"));
    let other = inspect(NOW, &["--compact", "pair-1/00000000"]).stdin(&*cookie).run().code(1);
    assert_eq!(row(&other, "Result"), "rejected: unknown_key");
}

/// The value after a word in a file of `tests/vectors`.
fn word<'v>(vector: &'v str, word: &str) -> Option<&'v str> {
    vector.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(": "))
}

#[test]
fn a_session_that_cannot_be_read_is_corrupt() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut found = BTreeMap::new();
    for path in files.filter(|path| name(path).starts_with("corrupt-")) {
        let vector = fs::read_to_string(&path).unwrap();
        let is_default = word(&vector, "name") == Some("session")
            && [("path", "/"), ("schema", "dict"), ("transport", "https")]
                .iter()
                .all(|(name, value)| word(&vector, name) == Some(*value))
            && ["domain", "context", "partitioned"]
                .iter()
                .all(|name| word(&vector, name).is_none());
        let (Some(token), Some(secret)) = (word(&vector, "token"), word(&vector, "current")) else {
            continue;
        };
        if is_default {
            let now = word(&vector, "now").unwrap().parse().unwrap();
            let ended = inspect(now, &[]).env("SESSION_SECRET", secret).stdin(token).run().code(1);
            assert_eq!(row(&ended, "Result"), "rejected: corrupt", "{vector}");
            found.insert(name(&path), row(&ended, "  Found").to_owned());
        }
    }
    assert!(found.len() >= 10, "{found:?}");
    let payload = "a secret opened the token, but its payload cannot be read as dict";
    let body = "a secret opened the token, but what is in it is no session";
    assert!(found.values().all(|text| text == payload || text == body), "{found:?}");
    assert_eq!(found["corrupt-keys-unsorted"], payload);
    assert_eq!(found["corrupt-cut-in-id"], body);
}

pub fn touched<T: Payload>(sessions: &CookieSessions<T>) -> sealed_session::Session<T> {
    let mut session = sessions.fresh();
    session.touch();
    session
}

#[test]
fn an_expired_session_says_when_it_ended() {
    let mut session = decode(&sessions(), &cookie(builder()), NOW);
    session.confirm();
    session.set_idle_timeout(secs(3600));
    let cookie = pair(&encode(&sessions(), &session, NOW + 60).1);
    let ended = inspect(NOW + 2 * DAY, &[]).stdin(&*cookie).run().code(1);
    assert_eq!(row(&ended, "Expires"), format!("{}  1 day 22 hours ago", time(NOW + 60 + 3600)));
    assert_eq!(row(&ended, "Own timeout"), "1 hour");
    assert!(row(&ended, "Confirmed").starts_with(&time(NOW + 60)));
    assert!(row(&ended, "  Found").contains("an idle timeout of its own: 1 hour"));
    let plain = inspect(NOW, &[]).stdin(self::cookie(builder())).run().code(0);
    assert_eq!((row(&plain, "Own timeout"), row(&plain, "Confirmed")), ("none", "never"));
}

#[test]
fn a_shorter_timeout_of_the_settings_is_what_is_judged_by() {
    let cookie = cookie(builder());
    let ended = inspect(NOW + 3600, &["--idle-timeout", "30 min"]).stdin(&*cookie).run().code(1);
    assert_eq!(row(&ended, "Idle end"), format!("{}  30 minutes ago", time(NOW + 1800)));
    let due = || inspect(NOW + 3600, &["--idle-timeout", "2h"]).stdin(&*cookie);
    let words = "accepted; it is due, so the next response refreshes it";
    assert_eq!(row(&due().run().code(0), "Result"), words);
    let token = &json(due().arg("--json"), 0)["tokens"][0];
    assert_eq!(token["next_response"], "refresh");
    assert_eq!(token["next_response_error"], Value::Null);
}

#[test]
fn a_session_that_cannot_be_sealed_again_is_accepted_and_the_error_is_told() {
    let long = sealed(&sessions(), &[("text", &"a".repeat(600))], NOW);
    let path = file("too-large.toml", "max_set_cookie_len = 512\n");
    let settings = ["--config", path.to_str().unwrap()];
    let fresh = inspect(NOW, &settings).stdin(&*long).arg("--json");
    assert_eq!(json(fresh, 0)["tokens"][0]["next_response"], "nothing");
    let due = || inspect(NOW + 8 * DAY, &settings).stdin(&*long);
    let token = &json(due().arg("--json"), 0)["tokens"][0];
    assert_eq!(token["next_response"], "error");
    let error = token["next_response_error"].as_str().unwrap();
    assert!(error.ends_with(" bytes; at most 512 are allowed"), "{error}");
    assert_eq!(
        row(&due().run().code(0), "Result"),
        format!("accepted; the next response cannot seal it again: {error}")
    );
    fs::remove_file(path).unwrap();
}

#[test]
fn several_cookies_are_judged_each_and_together() {
    let sessions = sessions();
    let old = cookie(builder());
    let mut session = decode(&sessions, &old, NOW);
    session.set("user", "new");
    let new = pair(&encode(&sessions, &session, NOW + 60).1);
    let both = || inspect(NOW + 60, &[]).stdin(format!("{old}; {new}"));
    let found = json(both().arg("--json"), 0);
    assert_eq!((&found["verdict"], &found["accepted_token"]), (&"accepted".into(), &2.into()));
    let numbers = found["tokens"].as_array().unwrap().iter().map(|token| &token["number"]);
    assert!(numbers.eq([1, 2].iter()), "{found}");
    let ended = both().run().code(0);
    let tokens = rows(&ended, "Token");
    assert!(
        tokens[0].starts_with("number 1, ") && tokens[1].starts_with("number 2, "),
        "{ended:?}"
    );
    assert_eq!(
        row(&ended, "Verdict"),
        "accepted: token 2 becomes the session, unless it was revoked"
    );

    let other = cookie(builder());
    let ended = inspect(NOW, &[]).stdin(format!("{old}; {other}")).run().code(1);
    assert!(row(&ended, "Verdict").starts_with("rejected: ambiguous"));
    let found = ["two tokens of different sessions are valid, so neither is accepted"];
    assert_eq!(rows(&ended, "  Found"), found);
    assert!(ended.stdout.matches("accepted; ").count() == 2, "each by itself is good");

    let found = json(inspect(NOW, &["--json"]).stdin(format!("{NAME}=!; {old}")), 0);
    assert_eq!(found["tokens"][0]["reason"], "malformed");
    assert_eq!(found["accepted_token"], 2);

    let forged = |n: usize| {
        format!(
            "{}{}",
            &old[..old.len() - 4],
            ["AAAA", "AAAQ", "AAAg", "AAAw", "QAAA", "QAAQ", "QAAg", "QAAw"][n]
        )
    };
    let mut many = (0..8).map(forged).collect::<Vec<_>>().join("; ");
    write!(many, "; {old}").unwrap();
    let found = json(inspect(NOW, &["--json"]).stdin(many), 1);
    assert_eq!(found["reason"], "too_many");
    assert!(found["explanation"]["found"].as_str().unwrap().contains("eight"));
    let looked_at: Vec<_> =
        found["tokens"].as_array().unwrap().iter().map(|token| &token["looked_at"]).collect();
    assert!(looked_at[..8].iter().all(|seen| **seen == true) && *looked_at[8] == false);
}

#[derive(Default, Serialize, Deserialize)]
pub struct Account {
    user: String,
    roles: Vec<String>,
    visits: Option<u32>,
}

#[test]
fn the_data_are_shown_only_when_asked_for() {
    let found = json(inspect(NOW, &["--json", "--show-data"]).stdin(cookie(builder())), 0);
    let data = &found["tokens"][0]["session"]["payload"]["data"];
    assert_eq!(
        *data,
        serde_json::json!({"favourite": "quinces and pears", "nickname": "alexandrina"})
    );

    let typed = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
    let mut session = typed.fresh();
    *session.data_mut() = Account {
        user: "al\u{1b}[2J\u{9b}\u{202e}\u{2066}\u{2028}ice".into(),
        roles: vec!["admin".into()],
        visits: None,
    };
    let cookie = pair(&encode(&typed, &session, NOW).1);
    let ended =
        inspect(NOW, &["--schema", "account-1", "--show-data"]).stdin(&*cookie).run().code(0);
    let shown = r#""user": "al\u001b[2J\u009b\u202e\u2066\u2028ice""#;
    assert!(ended.stdout.contains(shown), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'));

    let compact = CookieSessions::typed::<(u8, u8)>(ring(1), "pair").compact().build().unwrap();
    let mut session = compact.fresh();
    *session.data_mut() = (1, 255);
    let cookie = pair(&encode(&compact, &session, NOW).1);
    let flag = format!("pair/{}", compact.shape().unwrap());
    let found = json(inspect(NOW, &["--compact", &flag, "--json", "--show-data"]).stdin(cookie), 0);
    assert_eq!(found["tokens"][0]["session"]["payload"]["data"], "0x01ff");
}

#[test]
fn bytes_are_shown_as_hex_digits_and_keys_as_text() {
    type Kinds = (bool, i8, f64, u128, BTreeMap<u8, Option<char>>);
    let typed = CookieSessions::typed::<Kinds>(ring(1), "kinds").build().unwrap();
    let mut session = typed.fresh();
    *session.data_mut() = (true, -7, 0.5, 1, [(3, None)].into());
    let cookie = pair(&encode(&typed, &session, NOW).1);
    let found =
        json(inspect(NOW, &["--schema", "kinds", "--json", "--show-data"]).stdin(cookie), 0);
    let one = "0x00000000000000000000000000000001";
    let expected = serde_json::json!([true, -7, 0.5, one, {"3": null}]);
    assert_eq!(found["tokens"][0]["session"]["payload"]["data"], expected);
}

/// Every scalar of a value.
fn scalars(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| scalars(value, found)),
        Value::Object(entries) => entries.values().for_each(|value| scalars(value, found)),
        Value::String(text) => found.push(text.clone()),
        _ => {}
    }
}

#[test]
fn the_words_say_all_that_the_json_says() {
    let cookie = cookie(builder());
    for (now, code) in [(NOW, 0), (NOW + 8 * DAY, 0), (NOW + 20 * DAY, 1)] {
        let words = inspect(now, &["--show-data"]).stdin(&*cookie).run().code(code).stdout;
        let mut facts = Vec::new();
        scalars(&json(inspect(now, &["--show-data", "--json"]).stdin(&*cookie), code), &mut facts);
        assert!(facts.len() > 15);
        let is_verb = |fact: &&String| ["nothing", "refresh", "rejected"].contains(&fact.as_str());
        for fact in facts.iter().filter(|fact| !is_verb(fact) && *fact != "current") {
            assert!(words.contains(fact.as_str()), "{fact} is not in {words}");
        }
    }
}

#[test]
fn no_output_shows_a_secret_an_id_or_a_value() {
    let sessions = sessions();
    let cookie = cookie(builder());
    let good = token(&cookie);
    let session = decode(&sessions, &cookie, NOW);
    let id = session.id().expose_base64url();
    let id_bytes = base64_bytes(&id);
    let mut hidden = vec![id[..8].to_owned(), hex(&id_bytes[..4]), format!("{:?}", &id_bytes[..4])];
    hidden.push(text(&secret(1))[..10].to_owned());
    hidden.push(hex(&base64_bytes(&text(&secret(1)))[..5]));
    hidden.extend(
        ENTRIES.iter().flat_map(|(key, value)| [key[..4].to_owned(), value[..7].to_owned()]),
    );
    hidden.push(good[60..80].to_owned());
    for now in [NOW - DAY, NOW, NOW + 20 * DAY, NOW + 40 * DAY] {
        for flags in [&[][..], &["--json"], &["--transport", "http"], &["--schema", "x"]] {
            for pasted in
                [good.to_owned(), cookie.clone(), format!("\"{good}\""), format!("{good}A")]
            {
                let ended = inspect(now, flags).stdin(&*pasted).run();
                let all = ended.stdout + &ended.stderr;
                for secret in &hidden {
                    assert!(!all.replace(' ', "").contains(&secret.replace(' ', "")), "{all}");
                }
            }
        }
    }
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

#[test]
fn a_time_before_1970_or_after_9999_is_a_time() {
    let cookie = cookie(builder());
    let program = |now| program(["inspect", "--at", now]).env("SESSION_SECRET", text(&secret(1)));
    let early = program("1960-01-01T00:00:00Z").stdin(&*cookie).run().code(1);
    assert_eq!(row(&early, "Result"), "rejected: from_the_future");
    let late = program("9999-12-30T00:00:00Z").stdin(&*cookie).run().code(1);
    assert_eq!(row(&late, "Result"), "rejected: absolute_timeout");
    let ring = Keyring::new(secret(1));
    let end = CookieSessions::new(ring);
    let cookie = sealed(&end, &ENTRIES, 253_402_200_000);
    let ended = inspect(253_402_200_000, &[]).stdin(cookie).run().code(0);
    assert!(row(&ended, "Expires").starts_with("at the end of the year 9999 or later"));
    assert!(at(NOW) > at(0));
}
