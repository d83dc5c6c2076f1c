//! `inspect`: what it says of a cookie, and what it never says.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use proptest::prelude::*;
use sealed_session::{Builder, CookieSessions, Dict, Keyring, Payload, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::{
    DAY, NAME, NOW, UNKNOWN_EXTENSION, at, decode, encode, pair, ring, sealed, secret, secs,
    sessions,
};
use crate::terminal::{Ended, Program, program};

const ENTRIES: [(&str, &str); 2] =
    [("favourite", "quinces and pears"), ("nickname", "alexandrina")];

fn time(seconds: u64) -> String {
    Timestamp::from_second(seconds.cast_signed()).unwrap().to_string()
}

fn text(secret: &Secret) -> String {
    secret.expose_base64url().to_string()
}

/// `inspect` at that time, under the first secret.
fn inspect(now: u64, flags: &[&str]) -> Program {
    let now = time(now);
    let arguments = ["inspect", "--at", &now].into_iter().chain(flags.iter().copied());
    program(arguments).env("SESSION_SECRET", text(&secret(1)))
}

#[track_caller]
fn json(program: Program, code: i32) -> Value {
    serde_json::from_str(&program.run().code(code).stdout).unwrap()
}

/// `name=token` of a session with the entries, sealed now.
fn cookie(builder: Builder<Dict>) -> String {
    sealed(&builder.build().unwrap(), &ENTRIES, NOW)
}

fn builder() -> Builder<Dict> {
    CookieSessions::builder(ring(1))
}

fn token(pair: &str) -> &str {
    pair.split_once('=').unwrap().1
}

/// The row of a report: its name, and what it says.
#[track_caller]
fn row<'e>(ended: &'e Ended, name: &str) -> &'e str {
    let rows = ended.stdout.lines().filter_map(|line| line.strip_prefix(name));
    let mut rows = rows.filter(|rest| rest.starts_with(' ')).map(str::trim);
    rows.next().unwrap_or_else(|| panic!("no {name} in {}", ended.stdout))
}

fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sealed-session-{}-{name}", std::process::id()));
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn says_what_is_in_an_accepted_cookie() {
    let ended = inspect(NOW + 3 * 3600, &[]).stdin(cookie(builder())).run().code(0);
    assert!(ended.stderr.is_empty());
    assert!(row(&ended, "Scope").starts_with("__Host-session, https, path /, no domain"));
    assert_eq!(row(&ended, "Timeouts"), "idle 14 days, absolute 30 days");
    assert_eq!(row(&ended, "Secret"), "the only one");
    assert_eq!(row(&ended, "Created"), format!("{}  3 hours ago", time(NOW)));
    assert_eq!(row(&ended, "Expires"), format!("{}  in 13 days 21 hours", time(NOW + 14 * DAY)));
    assert_eq!(
        row(&ended, "Absolute end"),
        format!("{}  in 29 days 21 hours", time(NOW + 30 * DAY))
    );
    assert_eq!(row(&ended, "Refresh from"), format!("{}  in 6 days 21 hours", time(NOW + 7 * DAY)));
    let label = decode(&sessions(), &cookie(builder()), NOW).label().as_str().len();
    assert_eq!(row(&ended, "Label").len(), label);
    assert_eq!(row(&ended, "Payload"), "dictionary, size 50, padding 0, in bytes");
    assert_eq!(row(&ended, "Verdict"), "accepted, unless it was revoked");
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
        let next = if role == "previous" { "re-seal" } else { "nothing" };
        assert_eq!(token["next_response"], next);
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
    let rows = [
        ("too-long", "A".repeat(5000), NOW, "4,096"),
        ("malformed", "!hello world".to_owned(), NOW, "letters, digits"),
        ("unknown-key", "AQAA".to_owned(), NOW, "84 or more"),
        ("malformed", "AQA".to_owned(), NOW, "84 or more"),
        ("unknown-version", changed(0, "BA"), NOW, "version 4"),
        ("unknown-version", "hello world".to_owned(), NOW, "is no token"),
        ("unknown-key", token(&stranger).to_owned(), NOW, "is not that of the only secret"),
        ("forged", changed(60, last), NOW, "changed or cut short"),
        ("unknown-extension", UNKNOWN_EXTENSION.to_owned(), NOW, "extension 2"),
        ("from-the-future", good.to_owned(), NOW - 301, "in 5 minutes 1 second"),
        ("idle-timeout", good.to_owned(), NOW + 14 * DAY, "last sealed 14 days ago"),
        ("absolute-timeout", good.to_owned(), NOW + 31 * DAY, "began 31 days ago"),
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
fn a_payload_that_cannot_be_read_is_corrupt() {
    // A dictionary whose schema is that of a typed payload: what `--schema` reads is MessagePack.
    let typed = CookieSessions::typed::<(u32, u32)>(ring(1), "pair-1").compact().build().unwrap();
    let shape = typed.shape().unwrap().to_owned();
    let cookie = pair(&encode(&typed, &touched(&typed), NOW).1);
    let flag = format!("pair-1/{shape}");
    let ended = inspect(NOW, &["--compact", &flag]).stdin(&*cookie).run().code(0);
    assert!(row(&ended, "Payload").starts_with("compact, size 2,"));
    let other = inspect(NOW, &["--compact", "pair-1/00000000"]).stdin(&*cookie).run().code(1);
    assert_eq!(row(&other, "Result"), "rejected: unknown-key");
}

fn touched<T: Payload>(sessions: &CookieSessions<T>) -> sealed_session::Session<T> {
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
}

#[test]
fn a_shorter_timeout_of_the_settings_is_what_is_judged_by() {
    let cookie = cookie(builder());
    let ended = inspect(NOW + 3600, &["--idle-timeout", "30 min"]).stdin(&*cookie).run().code(1);
    assert_eq!(row(&ended, "Idle end"), format!("{}  30 minutes ago", time(NOW + 1800)));
    let due = inspect(NOW + 3600, &["--idle-timeout", "2h", "--json"]).stdin(&*cookie);
    assert_eq!(json(due, 0)["tokens"][0]["next_response"], "refresh");
}

#[test]
fn names_the_single_change_of_the_scope_that_fits() {
    let typed = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
    let rows: [(String, &[&str], &str); 13] = [
        (cookie(builder().insecure_http()), &[], "opens as transport http"),
        (cookie(builder()), &["--transport", "http"], "opens as transport https"),
        (
            cookie(builder().name("shop")),
            &["--name", "session", "--name", "shop"],
            "opens with name shop",
        ),
        (cookie(builder()), &["--path", "/app"], "opens with path /"),
        (cookie(builder().path("/app/")), &["--path", "/app"], "opens with path /app/"),
        (cookie(builder().path("/a")), &["--path", "/b", "--path", "/a"], "opens with path /a"),
        (cookie(builder()), &["--domain", "example.com"], "opens without a domain"),
        (
            cookie(builder().domain("example.com")),
            &["--domain", "www.example.com"],
            "opens with domain example.com",
        ),
        (cookie(builder().partitioned(true)), &[], "opens with partitioned true"),
        (cookie(builder()), &["--context", "shop"], "opens without a context"),
        (
            cookie(builder().context("b")),
            &["--context", "a", "--context", "b"],
            "opens with context b",
        ),
        (cookie(builder()), &["--schema", "account-1"], "opens with the schema dict"),
        (
            pair(&encode(&typed, &touched(&typed), NOW).1),
            &["--schema", "dict", "--schema", "account-1"],
            "opens with the schema named/account-1",
        ),
    ];
    for (cookie, flags, words) in rows {
        // The value alone: the name would say some of it.
        let ended = inspect(NOW, flags).stdin(token(&cookie)).run().code(1);
        assert_eq!(row(&ended, "Result"), "rejected: unknown-key");
        assert_eq!(row(&ended, "Tried"), format!("it {words}"));
    }
    let ended = inspect(NOW, &[]).stdin(cookie(builder().context("secret"))).run().code(1);
    assert!(row(&ended, "Tried").contains("give --schema or --context"));
}

#[cfg(feature = "flash")]
#[test]
fn flash_messages_are_told_from_sessions() {
    let sessions = sessions();
    let mut flash = sessions.decode_flash(&http::Request::new(()));
    flash.push(sealed_session::Level::Info, "Saved.").unwrap();
    let mut response = http::Response::new(String::new());
    sessions.encode_flash(&flash, &mut response).unwrap();
    let cookie = pair(response.headers());
    let ended = inspect(NOW, &[]).stdin(&*cookie).run().code(1);
    assert!(row(&ended, "Tried").contains("flash messages"));
    assert_eq!(row(&ended, "Found name"), "__Host-session-flash");
}

#[test]
fn names_another_spelling_of_the_value_that_fits() {
    let cookie = cookie(builder());
    let good = token(&cookie);
    let (front, end) = good.split_at(40);
    let percent = format!("%41{}", &good[1..]);
    assert!(good.starts_with('A'));
    for (pasted, words) in [
        (format!("\"{good}\""), "opens without the quotes around it"),
        (percent, "opens after percent-decoding"),
        (format!("{front}\n  {end}"), "opens without the white space in it"),
        (format!("{NAME}={NAME}={good}"), "opens without the name in front of it"),
        (format!("{good}=="), "opens without the padding at its end"),
    ] {
        let ended = inspect(NOW, &[]).stdin(&*pasted).run().code(1);
        assert_eq!(row(&ended, "Tried"), format!("it {words}"));
    }
    for cut in [1, 2, 3, 40] {
        let ended = inspect(NOW, &[]).stdin(&good[..good.len() - cut]).run().code(1);
        let said = [row(&ended, "  Found"), row(&ended, "  Usual cause")].join(" ");
        assert!(said.contains("missing") || said.contains("cut short"), "{said}");
    }
}

#[test]
fn reads_a_cookie_however_it_is_pasted() {
    let cookie = cookie(builder());
    for pasted in [
        token(&cookie).to_owned(),
        format!("  {}\r\n", token(&cookie)),
        format!("\u{feff}{cookie}"),
        format!("theme=dark; {cookie}; é=ü"),
        format!("Cookie: theme=dark; {cookie}\r\n"),
        format!("cookie: theme=dark\ncookie: {cookie}\n"),
        format!("theme=dark\n{cookie}\n"),
        format!("GET / HTTP/1.1\r\nHost: example.com\r\nCookie: {cookie}\r\nAccept: */*\r\n"),
        format!("< Set-Cookie: {cookie}; Path=/; Secure; HttpOnly\r\n"),
    ] {
        let ended = inspect(NOW, &[]).stdin(&*pasted).run().code(0);
        assert_eq!(row(&ended, "Verdict"), "accepted, unless it was revoked");
    }
    let mut latin = b"other=\xff\xe9; ".to_vec();
    latin.extend(cookie.bytes());
    inspect(NOW, &[]).stdin(latin).run().code(0);
}

#[test]
fn a_cookie_of_another_name_is_explained() {
    let cookie = cookie(builder().path("/app"));
    let ended = inspect(NOW, &[]).stdin(format!("theme=dark; {cookie}")).run().code(1);
    assert_eq!(row(&ended, "Found name"), "__Secure-session");
    assert!(row(&ended, "Verdict").starts_with("rejected: other-name"));
    let shop = self::cookie(builder().name("shop"));
    let ended = inspect(NOW, &[]).stdin(shop).run().code(1);
    assert_eq!(row(&ended, "Tried"), "it opens with name shop");
    let ended = inspect(NOW, &[]).stdin("theme=dark; lang=en").run().code(2);
    assert!(
        ended.stderr.contains("there is no cookie __Host-session; there are: \"theme\", \"lang\"")
    );
}

#[test]
fn several_cookies_are_judged_each_and_together() {
    let sessions = sessions();
    let old = cookie(builder());
    let mut session = decode(&sessions, &old, NOW);
    session.set("user", "new");
    let new = pair(&encode(&sessions, &session, NOW + 60).1);
    let found = json(inspect(NOW + 60, &["--json"]).stdin(format!("{old}; {new}")), 0);
    assert_eq!((&found["verdict"], &found["accepted_token"]), (&"accepted".into(), &2.into()));
    assert_eq!(found["tokens"].as_array().unwrap().len(), 2);

    let other = cookie(builder());
    let ended = inspect(NOW, &[]).stdin(format!("{old}; {other}")).run().code(1);
    assert!(row(&ended, "Verdict").starts_with("rejected: ambiguous"));
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
    assert_eq!(found["reason"], "too-many");
    assert!(found["explanation"]["found"].as_str().unwrap().contains("eight"));
    let looked_at: Vec<_> =
        found["tokens"].as_array().unwrap().iter().map(|token| &token["looked_at"]).collect();
    assert!(looked_at[..8].iter().all(|seen| **seen == true) && *looked_at[8] == false);
}

#[test]
fn without_secrets_it_says_version_and_key_id() {
    let cookie = cookie(builder());
    let id = sessions().keys().next().unwrap().1.to_string();
    let ended = program(["inspect"]).stdin(&*cookie).run().code(0);
    assert!(row(&ended, "Token").ends_with(&format!("version 1, key id {id}")));
    assert!(row(&ended, "Verdict").starts_with("unknown"));
    let ended = program(["inspect", "--json"]).stdin("junk").run().code(1);
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&found["secrets"], &found["verdict"]), (&Value::Null, &"rejected".into()));
}

#[test]
fn the_secrets_are_those_of_a_file_or_of_a_variable() {
    let cookie = cookie(builder());
    let path = file("secrets", &format!("# ring\n{}\n", text(&secret(1))));
    let path = path.to_str().unwrap();
    program(["inspect", "--at", &time(NOW), "--secrets", path]).stdin(&*cookie).run().code(0);
    let other = ["inspect", "--at", &time(NOW), "--secrets-env", "RING"];
    program(other).env("RING", text(&secret(1))).stdin(&*cookie).run().code(0);
    let named = text(&secret(1));
    for (arguments, variable, words) in [
        (vec!["--secrets-env", "RING"], None, "does not exist"),
        (vec!["--secrets-env", &*named], None, "does not exist"),
        (vec![], Some(""), "empty"),
        (vec![], Some("hunter2"), "openssl rand -base64 32"),
        (vec!["--secrets", "/no/such/file"], None, "/no/such/file"),
        (vec!["--secrets", path, "--secrets-env", "RING"], None, "cannot be used with"),
    ] {
        let arguments = ["inspect"].into_iter().chain(arguments);
        let program = program(arguments).stdin(&*cookie);
        let program = match variable {
            Some(value) => program.env("SESSION_SECRET", value),
            None => program,
        };
        let ended = program.run().code(2);
        assert!(ended.stderr.contains(words) && ended.stdout.is_empty(), "{ended:?}");
        assert!(!ended.stderr.contains(&named) && !ended.stderr.contains("hunter2"), "{ended:?}");
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn bad_input_is_an_error() {
    let huge = "a".repeat(70_000);
    for (pasted, words) in [
        (b"".to_vec(), "standard input is empty"),
        (b" \r\n\t".to_vec(), "standard input is empty"),
        (huge.into_bytes(), "more than 65536 bytes"),
        (b"\x00\x01\x02".to_vec(), "control characters"),
        (b"\xff\xfe_\0_\0".to_vec(), "control characters"),
        (b"a;b;c".to_vec(), "there is no cookie"),
    ] {
        let ended = inspect(NOW, &[]).stdin(pasted).run().code(2);
        assert!(ended.stderr.contains(words) && ended.stdout.is_empty(), "{ended:?}");
    }
}

#[test]
fn wrong_flags_are_bad_input_and_show_no_cookie() {
    let cookie = cookie(builder());
    for (flags, words) in [
        (vec!["--no-such-flag"], "unexpected argument"),
        (vec!["--at", "yesterday"], "2026-11-28T09:30:00Z"),
        (vec!["--transport", "ftp"], "https, http"),
        (vec!["--idle-timeout", "soon"], "14d"),
        (vec!["--idle-timeout", "1 month"], "14d"),
        (vec!["--idle-timeout", "1500ms"], "whole seconds"),
        (vec!["--idle-timeout", "40d"], "at most absolute_timeout"),
        (vec!["--absolute-timeout", "401d"], "at most 400 days"),
        (vec!["--name", "my session"], "RFC 6265 token"),
        (vec!["--path", "app"], "a path that starts with /"),
        (vec!["--domain", "localhost"], "at least two labels"),
        (vec!["--partitioned", "--transport", "http"], "false under insecure_http"),
        (vec!["--compact", "account-1"], "account-1/9777a5f7"),
        (vec!["--compact", "account-1/9777A5F7"], "account-1/9777a5f7"),
        (vec!["--config", "/no/such/file"], "/no/such/file"),
        (vec![&*cookie], "read from standard input"),
    ] {
        let flags = ["inspect"].iter().chain(&flags);
        let ended = program(flags).stdin(&*cookie).run().code(2);
        assert!(ended.stderr.contains(words) && ended.stdout.is_empty(), "{ended:?}");
        assert!(!ended.stderr.contains(token(&cookie)), "{ended:?}");
    }
}

#[test]
fn a_file_of_settings_has_the_builders_names_and_flags_replace_its_values() {
    let all =
        builder().name("shop").path("/app").domain("example.com").partitioned(true).context("one");
    let cookie = cookie(all.idle_timeout(secs(3600)).absolute_timeout(secs(7200)));
    let settings = "name = \"shop\"\npath = \"/app\"\ndomain = \"example.com\"\npartitioned = true\ncontext = \"one\"\n\
                    insecure_http = false\nsame_site = \"None\"\nidle_timeout = \"1h\"\nabsolute_timeout = 7200\n\
                    browser_session = true\npadding = 64\nmax_set_cookie_len = 2048\nschema = \"dict\"\n";
    let path = file("settings.toml", settings);
    let path = path.to_str().unwrap();
    let ended = inspect(NOW, &["--config", path]).stdin(&*cookie).run().code(0);
    assert_eq!(row(&ended, "Timeouts"), "idle 1 hour, absolute 2 hours");
    // What the flag replaces is tried.
    let ended = inspect(NOW, &["--config", path, "--context", "two"]).stdin(&*cookie).run().code(1);
    assert_eq!(row(&ended, "Tried"), "it opens with context one");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_of_settings_that_is_wrong_is_an_error_with_its_place() {
    let secret = text(&secret(1));
    for (content, words) in [
        ("name = \"shop\"\n  nome = \"x\"\n".to_owned(), "line 2, column 3: unknown field `nome`"),
        ("path = 5\n".to_owned(), "line 1, column 8"),
        ("idle_timeout = \"soon\"\n".to_owned(), "line 1, column 16"),
        ("idle_timeout = 0\n".to_owned(), "1 second or more"),
        ("schema = \"a\"\ncompact = \"a/00000000\"\n".to_owned(), "schema and compact"),
        (
            "upgrade_from_compact = [\"a\"]\n".to_owned(),
            "upgrade_from_compact in the file of settings",
        ),
        ("name = \n".to_owned(), "line 1"),
        (format!("{secret}\n"), "line 1"),
        (format!("SESSION_SECRET={secret}\n"), "line 1"),
        (format!("SESSION_SECRET=\"{secret}\"\n"), "unknown field"),
        ("# \n".repeat(40_000), "65536 bytes"),
    ] {
        let path = file("wrong.toml", &content);
        let ended = inspect(NOW, &["--config", path.to_str().unwrap()]).stdin("x").run().code(2);
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
        assert!(!ended.stderr.contains(&secret[..10]), "{ended:?}");
        fs::remove_file(path).unwrap();
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Account {
    user: String,
    roles: Vec<String>,
    visits: Option<u32>,
}

#[test]
fn older_and_newer_schemas_are_opened_as_the_application_opens_them() {
    let old = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
    let cookie = pair(&encode(&old, &touched(&old), NOW).1);
    for (key, next) in [("upgrade_from", "re-seal"), ("downgrade_from", "nothing")] {
        for schema in ["schema = \"account-2\"\n", "", "compact = \"account-2/00000000\"\n"] {
            let path =
                file("schemas.toml", &format!("{schema}{key} = [\"account-0\", \"account-1\"]\n"));
            let flags = ["--config", path.to_str().unwrap(), "--json"];
            let found = json(inspect(NOW, &flags).stdin(&*cookie), 0);
            let token = &found["tokens"][0];
            assert_eq!(
                (&token["schema"], &token["next_response"]),
                (&"named/account-1".into(), &next.into())
            );
            assert_eq!(token["secret"]["role"], "current");
            fs::remove_file(path).unwrap();
        }
    }
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
    *session.data_mut() =
        Account { user: "al\u{1b}[2Jice".into(), roles: vec!["admin".into()], visits: None };
    let cookie = pair(&encode(&typed, &session, NOW).1);
    let ended =
        inspect(NOW, &["--schema", "account-1", "--show-data"]).stdin(&*cookie).run().code(0);
    assert!(ended.stdout.contains(r#""user": "al\u001b[2Jice""#), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'));

    let compact = CookieSessions::typed::<(u8, u8)>(ring(1), "pair").compact().build().unwrap();
    let mut session = compact.fresh();
    *session.data_mut() = (1, 255);
    let cookie = pair(&encode(&compact, &session, NOW).1);
    let flag = format!("pair/{}", compact.shape().unwrap());
    let found = json(inspect(NOW, &["--compact", &flag, "--json", "--show-data"]).stdin(cookie), 0);
    assert_eq!(found["tokens"][0]["session"]["payload"]["data"], "0x01ff");
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
fn a_reader_that_leaves_is_no_error() {
    for flags in [&[][..], &["--json"]] {
        assert_eq!(inspect(NOW, flags).stdin(cookie(builder())).run_unread(), 0);
        assert_eq!(inspect(NOW + 20 * DAY, flags).stdin(cookie(builder())).run_unread(), 1);
    }
}

#[test]
fn a_time_before_1970_or_after_9999_is_a_time() {
    let cookie = cookie(builder());
    let program = |now| program(["inspect", "--at", now]).env("SESSION_SECRET", text(&secret(1)));
    let early = program("1960-01-01T00:00:00Z").stdin(&*cookie).run().code(1);
    assert_eq!(row(&early, "Result"), "rejected: from-the-future");
    let late = program("9999-12-30T00:00:00Z").stdin(&*cookie).run().code(1);
    assert_eq!(row(&late, "Result"), "rejected: absolute-timeout");
    let ring = Keyring::new(secret(1));
    let end = CookieSessions::new(ring);
    let cookie = sealed(&end, &ENTRIES, 253_402_200_000);
    let ended = inspect(253_402_200_000, &[]).stdin(cookie).run().code(0);
    assert!(row(&ended, "Expires").starts_with("at the end of the year 9999 or later"));
    assert!(at(NOW) > at(0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_input_is_rejected_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), named: bool) {
        let name = if named { format!("{NAME}=") } else { String::new() };
        let ended = inspect(NOW, &[]).stdin([name.as_bytes(), &bytes].concat()).run();
        prop_assert!([1, 2].contains(&ended.code), "{:?}", ended);
    }

    #[test]
    fn a_changed_token_is_rejected_and_never_panics(at in 0_usize..100, byte in 32_u8..127) {
        let mut cookie = cookie(builder()).into_bytes();
        let place = NAME.len() + 1 + at;
        prop_assume!(cookie[place] != byte && byte != b';');
        cookie[place] = byte;
        let ended = inspect(NOW, &["--json"]).stdin(cookie).run().code(1);
        prop_assert!(serde_json::from_str::<Value>(&ended.stdout).is_ok());
    }
}
