//! `inspect`: secrets and settings, right ones, near ones and wrong ones.

use std::fs;

use sealed_session::inspect::{Inspector, PayloadSchema, Settings};
use sealed_session::{CookieSessions, KeyRole};

use crate::inspect::{
    Account, builder, cookie, file, inspect, json, row, rows, text, time, token, touched,
};
use crate::support::{NOW, at, encode, pair, ring, secret, secs};
use crate::terminal::program;

#[test]
fn names_the_single_change_of_the_scope_that_fits() {
    let typed = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
    let cases: [(String, &[&str], &str); 13] = [
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
    for (cookie, flags, words) in cases {
        // The value alone: the name would say some of it.
        let ended = inspect(NOW, flags).stdin(token(&cookie)).run().code(1);
        assert_eq!(row(&ended, "Result"), "rejected: unknown_key");
        assert_eq!(rows(&ended, "Tried"), [format!("it {words}")]);
        let cause = format!("the application that sealed it has another setting: it {words}");
        assert_eq!(row(&ended, "  Usual cause"), cause);
    }
    let ended = inspect(NOW, &[]).stdin(cookie(builder().context("secret"))).run().code(1);
    assert!(row(&ended, "Tried").contains("give --schema or --context"));
}

#[test]
fn the_path_and_the_domain_of_a_set_cookie_header_are_tried() {
    for (builder, attributes, words) in [
        (builder().path("/app"), "Path=/app; Secure; HttpOnly", "path /app"),
        (
            builder().domain("example.com"),
            "Secure; path=/; DOMAIN=example.com",
            "domain example.com",
        ),
    ] {
        let header = format!("Set-Cookie: {}; {attributes}", cookie(builder));
        let ended = inspect(NOW, &[]).stdin(header).run().code(1);
        assert_eq!(row(&ended, "Tried"), format!("it opens with {words}"));
        assert_eq!(row(&ended, "Found name"), "__Secure-session");
    }
}

#[cfg(feature = "flash")]
#[test]
fn flash_messages_are_told_from_sessions() {
    let sessions = crate::support::sessions();
    let mut flash = sessions.decode_flash(&http::Request::new(()));
    flash.push(sealed_session::Level::Info, "Saved.").unwrap();
    let mut response = http::Response::new(String::new());
    sessions.encode_flash(&flash, &mut response).unwrap();
    let cookie = pair(response.headers());
    let ended = inspect(NOW, &[]).stdin(&*cookie).run().code(1);
    let fits = "it opens as the flash messages of these settings, the cookie __Host-session-flash: it is no session";
    assert_eq!(rows(&ended, "Tried"), [fits]);
    assert_eq!(row(&ended, "  Usual cause"), fits);
    assert_eq!(row(&ended, "  What to do"), "inspect the cookie of the session");
    assert_eq!(row(&ended, "Found name"), "__Host-session-flash");
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
        (vec!["--secrets-env", &*named], None, "error: "),
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
        (vec!["--partitioned", "true", "--transport", "http"], "false under insecure_http"),
        (vec!["--compact", "account-1"], "account-1/9777a5f7"),
        (vec!["--compact", "account-1/9777A5F7"], "account-1/9777a5f7"),
        (vec!["--config", "/no/such/file"], "/no/such/file"),
        (vec![&*cookie], "standard input"),
        (vec!["cookie"], "standard input"),
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
    // Over plain HTTP, which neither `partitioned` nor SameSite=None allows.
    let http = builder().name("shop").path("/app").domain("example.com").context("one");
    let http = self::cookie(http.insecure_http());
    let ended = inspect(NOW, &["--config", path]).stdin(token(&http)).run().code(1);
    assert_eq!(rows(&ended, "Tried"), ["it opens as transport http"]);
    fs::remove_file(path).unwrap();
}

#[test]
fn the_file_of_settings_in_the_help_is_one() {
    let help = program(["inspect", "--help"]).run().code(0).stdout;
    let (_, example) = help.split_once("session.toml, whose keys are").unwrap();
    let example: String = example.lines().skip(1).flat_map(|line| [line.trim(), "\n"]).collect();
    let path = file("example.toml", &example);
    let old = CookieSessions::typed::<Account>(ring(1), "account-1");
    let old = old.name("shop").domain("example.com").context("shop 1").build().unwrap();
    let cookie = pair(&encode(&old, &touched(&old), NOW).1);
    let flags = ["--config", path.to_str().unwrap(), "--json"];
    let found = json(inspect(NOW, &flags).stdin(cookie), 0);
    assert_eq!(found["scope"]["schema"], "named/account-2");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_of_settings_that_is_wrong_is_an_error_with_its_place() {
    let secret = text(&secret(1));
    for (content, words) in [
        ("name = \"shop\"\n  nome = \"x\"\n".to_owned(), "line 2, column 3: unknown field `nome`"),
        // Long, but in small letters only, so no secret.
        (
            "the_idle_timeout_of_all_sessions = 1\n".to_owned(),
            "unknown field `the_idle_timeout_of_all_sessions`",
        ),
        ("path = 5\n".to_owned(), "line 1, column 8"),
        ("idle_timeout = \"soon\"\n".to_owned(), "line 1, column 16"),
        ("idle_timeout = 0\n".to_owned(), "1 second or more"),
        (
            "absolute_timeout = true\n".to_owned(),
            "expected a duration such as \"14d\", or a number of seconds",
        ),
        ("schema = \"a\"\ncompact = \"a/00000000\"\n".to_owned(), "schema and compact"),
        (
            "upgrade_from_compact = [\"a\"]\n".to_owned(),
            "upgrade_from_compact in the file of settings",
        ),
        ("name = \n".to_owned(), "line 1"),
        (format!("{secret}\n"), "line 1"),
        (format!("SESSION_SECRET={secret}\n"), "line 1"),
        (format!("SESSION_SECRET=\"{secret}\"\n"), "unknown field"),
        (format!("{secret} = 1\n"), "line 1, column 1: unknown field `[it looks like a secret]`"),
        (format!("padding = \"{secret}\"\n"), "line 1, column 11: invalid type"),
        (format!("same_site = \"{secret}\"\n"), "expected one of `Strict`"),
        (format!("schema = \"{secret}{secret}{secret}\"\n"), "1 to 64 bytes"),
        (format!("domain = \"{secret}\"\n"), "at least two labels"),
        (format!("compact = \"{secret}\"\n"), "compact in the file of settings"),
        ("same_site = \"\\u001b[31m\"\n".to_owned(), "unknown variant `\\u001b[31m`"),
        ("#".repeat(65_537), "more than 65536 bytes"),
    ] {
        let path = file("wrong.toml", &content);
        let ended = inspect(NOW, &["--config", path.to_str().unwrap()]).stdin("x").run().code(2);
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
        assert!(!ended.stderr.contains(&secret[..10]), "{ended:?}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_file_of_settings_may_have_65536_bytes() {
    let cookie = cookie(builder().name("shop"));
    let settings = "name = \"shop\"\n";
    let path = file("largest.toml", &(settings.to_owned() + &"#".repeat(65_536 - settings.len())));
    inspect(NOW, &["--config", path.to_str().unwrap()]).stdin(cookie).run().code(0);
    fs::remove_file(path).unwrap();
}

#[test]
fn older_and_newer_schemas_are_opened_as_the_application_opens_them() {
    let old = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
    let cookie = pair(&encode(&old, &touched(&old), NOW).1);
    for (key, next) in [("upgrade_from", "re-seal"), ("downgrade_from", "nothing")] {
        for schema in ["schema = \"account-2\"\n", "", "compact = \"account-2/00000000\"\n"] {
            let path =
                file("schemas.toml", &format!("{schema}{key} = [\"account-0\", \"account-1\"]\n"));
            let asked = || inspect(NOW, &["--config", path.to_str().unwrap()]).stdin(&*cookie);
            assert_eq!(row(&asked().run().code(0), "Schema"), "named/account-1");
            let found = json(asked().arg("--json"), 0);
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
fn a_previous_secret_is_found_under_every_schema() {
    let other = CookieSessions::typed::<Account>(ring(2), "account-1").build().unwrap();
    let cookie = pair(&encode(&other, &touched(&other), NOW).1);
    let keyring = ring(1).previous(secret(2)).upcoming(secret(3));
    let named = |name: &str| PayloadSchema::Named(name.to_owned());
    for (older, newer) in
        [(vec![named("account-1")], Vec::new()), (Vec::new(), vec![named("account-1")])]
    {
        let settings = Settings {
            schema: named("account-2"),
            upgrade_from: older,
            downgrade_from: newer,
            ..Settings::default()
        };
        let inspector = Inspector::new(&keyring, &settings).unwrap();
        let opened = inspector.token(token(&cookie).as_bytes(), at(NOW)).opened.unwrap();
        assert_eq!((opened.place, opened.role), (2, KeyRole::Previous), "{settings:?}");
    }
}
