//! `mint`: cookies that the library accepts, and what is refused.

use std::fs;

use jiff::Timestamp;
use sealed_session::{CookieSessions, SameSite};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::{DAY, NOW, at, decode, ring, secret, secs, sessions};
use crate::terminal::{Program, program};

const ALICE: &str = r#"{"user": "alice", "visits": 3, "admin": true}"#;

/// `mint` now, under the first secret.
fn mint(flags: &[&str]) -> Program {
    let now = Timestamp::from_second(NOW.cast_signed()).unwrap().to_string();
    let arguments = ["mint", "--at", &now].into_iter().chain(flags.iter().copied());
    program(arguments).env("SESSION_SECRET", &*secret(1).expose_base64url())
}

#[test]
fn the_library_accepts_what_is_minted_for_an_hour() {
    let ended = mint(&[]).stdin(ALICE).run().code(0);
    assert!(ended.stderr.starts_with("warning: whoever has this cookie is logged in"));
    let cookie = ended.stdout.trim_end();
    let session = decode(&sessions(), cookie, NOW);
    let entries: Vec<_> = session.iter().collect();
    assert_eq!(entries, [("admin", "true"), ("user", "alice"), ("visits", "3")]);
    assert_eq!((session.created_at(), session.expires_at()), (at(NOW), at(NOW + 3600)));
    assert!(decode(&sessions(), cookie, NOW + 3600).is_new());
    let again = mint(&[]).stdin(ALICE).run().code(0);
    assert_ne!(session.label(), decode(&sessions(), again.stdout.trim_end(), NOW).label());
}

#[test]
fn the_end_is_chosen_and_at_most_the_absolute_timeout() {
    let end = |flags: &[&str]| {
        let sessions =
            CookieSessions::builder(ring(1)).absolute_timeout(secs(40 * DAY)).build().unwrap();
        let cookie = mint(flags).stdin(ALICE).run().code(0).stdout;
        decode(&sessions, cookie.trim_end(), NOW).expires_at()
    };
    assert_eq!(end(&["--expires-in", "90s"]), at(NOW + 90));
    assert_eq!(end(&["--expires-in", "30d"]), at(NOW + 30 * DAY));
    // An hour is longer than these sessions last.
    assert_eq!(end(&["--idle-timeout", "5min", "--absolute-timeout", "10min"]), at(NOW + 600));
    let long = mint(&["--expires-in", "31d"]).stdin(ALICE).run().code(2);
    assert!(
        long.stderr
            .contains("--expires-in is 31 days; expected at most the absolute timeout, 30 days")
    );
    for wrong in ["0s", "1500ms", "-5min", "later"] {
        let flag = format!("--expires-in={wrong}");
        mint(&[&flag]).stdin(ALICE).run().code(2);
    }
}

#[test]
fn the_set_cookie_header_is_that_of_the_application() {
    let path =
        std::env::temp_dir().join(format!("sealed-session-mint-{}.toml", std::process::id()));
    fs::write(&path, "name = \"shop\"\npath = \"/app\"\nsame_site = \"Strict\"\npadding = 512\n")
        .unwrap();
    let flags = ["--config", path.to_str().unwrap(), "--set-cookie"];
    let ended = mint(&flags).stdin(ALICE).run().code(0);
    fs::remove_file(path).unwrap();
    let (pair, attributes) = ended.stdout.trim_end().split_once("; ").unwrap();
    let mut attributes: Vec<&str> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=3600", "Path=/app", "SameSite=Strict", "Secure"]);
    let builder = CookieSessions::builder(ring(1)).name("shop").path("/app");
    let sessions = builder.same_site(SameSite::Strict).build().unwrap();
    assert_eq!(decode(&sessions, pair, NOW).get("user"), Some("alice"));
    assert_eq!(pair.len(), "__Secure-shop=".len() + (512 * 4_usize).div_ceil(3), "padded");
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    user: u64,
    roles: Vec<Role>,
    ratio: f64,
    note: Option<String>,
    #[serde(default)]
    debt: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Role {
    Admin,
    Of { team: String },
}

#[test]
fn a_typed_payload_is_made_of_json() {
    let json = r#"{"user": 18446744073709551615, "roles": ["Admin", {"Of": {"team": "blue"}}], "ratio": 0.5, "note": null, "debt": -7}"#;
    let cookie = mint(&["--schema", "account-1"]).stdin(json).run().code(0).stdout;
    let sessions = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
    let session = decode(&sessions, cookie.trim_end(), NOW);
    let roles = vec![Role::Admin, Role::Of { team: "blue".into() }];
    let expected = Account { user: u64::MAX, roles, ratio: 0.5, note: None, debt: -7 };
    assert_eq!((session.rejection(), session.data()), (None, &expected));
}

#[test]
fn the_json_has_the_cookie_its_header_and_its_end() {
    let ended = mint(&["--json"]).stdin(ALICE).run().code(0);
    let minted: Value = serde_json::from_str(&ended.stdout).unwrap();
    let cookie = minted["cookie"].as_str().unwrap();
    let session = decode(&sessions(), cookie, NOW);
    assert_eq!(minted["label"], session.label().as_str());
    assert!(minted["set_cookie"].as_str().unwrap().starts_with(&format!("{cookie}; ")));
    assert_eq!(minted["expires"], "2023-11-14T23:13:20Z");
}

#[test]
fn over_plain_http_the_name_has_no_prefix() {
    let ended = mint(&["--transport", "http"]).stdin(ALICE).run().code(0);
    assert!(ended.stdout.starts_with("session="));
}

#[test]
fn what_cannot_be_minted_is_an_error_without_a_value() {
    let long = format!(r#"{{"user": "{}"}}"#, "quince ".repeat(700));
    for (flags, entries, words) in [
        (&[][..], "", "not a JSON object"),
        (&[], "quince", "not a JSON object"),
        (&[], r#"["quince"]"#, r#"expected {"user": "alice"}"#),
        (&[], r#"{"a": "b", "quince": null}"#, "entry 2 of the JSON object"),
        (&[], r#"{"a": {"quince": 1}}"#, "entry 1 of the JSON object"),
        (&[], &long, "at most 4096"),
        (&["--compact", "account-1/9777a5f7"], "{}", "a compact payload cannot be minted"),
        (&["--name", "a", "--name", "b"], "{}", "a setting is given twice"),
        (&["--path", "app"], "{}", "a path that starts with /"),
        (&["quince=1"], "{}", "standard input"),
    ] {
        let ended = mint(flags).stdin(entries).run().code(2);
        assert!(ended.stderr.contains(words) && ended.stdout.is_empty(), "{words}: {ended:?}");
        assert!(!ended.stderr.contains("quince"), "{ended:?}");
    }
}

#[test]
fn nothing_is_minted_without_secrets() {
    let ended = program(["mint"]).stdin(ALICE).run().code(2);
    assert!(ended.stderr.contains("there are no secrets") && ended.stdout.is_empty());
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    assert_eq!(mint(&[]).stdin(ALICE).run_unread(), 0);
}
