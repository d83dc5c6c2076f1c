//! `inspect`: what is pasted, and what is not a cookie.

use proptest::prelude::*;
use sealed_session::Secret;
use serde_json::Value;

use crate::inspect::{builder, cookie, inspect, row, token};
use crate::support::{DAY, NAME, NOW, sessions};
use crate::terminal::program;

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
        assert_eq!(
            row(&ended, "  Usual cause"),
            format!("the value was changed on its way: it {words}")
        );
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
        format!("'{cookie}'"),
        format!("\"Cookie: theme=dark; {cookie}\""),
        // As browsers copy a request for curl.
        format!(
            "curl 'https://example.com/?a=1' \\\n  -H 'accept: */*' \\\n  -b 'theme=dark; {cookie}' \\\n  --compressed"
        ),
        format!("curl 'https://example.com/' \\\n  -H 'Accept: */*' \\\n  -H 'Cookie: {cookie}'"),
        // As many bytes as are read.
        format!("{cookie}{}", " ".repeat(65_536 - cookie.len())),
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
    assert!(row(&ended, "Verdict").starts_with("rejected: other_name"));
    let shop = self::cookie(builder().name("shop"));
    let ended = inspect(NOW, &[]).stdin(shop).run().code(1);
    assert_eq!(row(&ended, "Tried"), "it opens with name shop");
    let ended = inspect(NOW, &[]).stdin("theme=dark; lang=en").run().code(2);
    assert!(
        ended.stderr.contains("there is no cookie __Host-session; there are: \"theme\", \"lang\"")
    );
}

#[test]
fn without_secrets_it_says_version_and_key_id() {
    let cookie = cookie(builder());
    let id = sessions().keys().next().unwrap().1.to_string();
    let ended = program(["inspect"]).stdin(&*cookie).run().code(0);
    assert!(row(&ended, "Token").ends_with(&format!("version 1, key id {id}")));
    let none = "none: set SESSION_SECRET, or give --secrets or --secrets-env";
    assert_eq!(row(&ended, "Secrets"), none);
    let form = "it has the form of a token; without secrets it cannot be judged";
    assert_eq!(row(&ended, "Result"), form);
    assert_eq!(row(&ended, "Verdict"), "unknown: there are no secrets");
    let ended = program(["inspect", "--json"]).stdin("junk").run().code(1);
    let found: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&found["secrets"], &found["verdict"]), (&Value::Null, &"rejected".into()));
}

#[test]
fn bad_input_is_an_error() {
    let huge = "a".repeat(65_537);
    for (pasted, words) in [
        (b"".to_vec(), "standard input is empty"),
        (b" \r\n\t".to_vec(), "standard input is empty"),
        (huge.into_bytes(), "more than 65536 bytes"),
        (b"\x00\x01\x02".to_vec(), "control characters"),
        (b"\xff\xfe_\0_\0".to_vec(), "control characters"),
        (b"a;b;c".to_vec(), "there is no cookie"),
        (b"'Cookie: abc'".to_vec(), "there is no cookie __Host-session; there are: none"),
    ] {
        let ended = inspect(NOW, &[]).stdin(pasted).run().code(2);
        assert!(ended.stderr.contains(words) && ended.stdout.is_empty(), "{ended:?}");
    }
}

#[test]
fn a_file_of_secrets_that_is_read_as_a_cookie_is_not_shown() {
    // As `openssl rand -base64 32` prints them: with a sign of equality at the end.
    let [one, two] = [1, 2].map(|_| {
        let text = Secret::generate().expose_base64url().to_string();
        text.replace('-', "+").replace('_', "/") + "="
    });
    for file in [
        format!("{one}\n{two}\n"),
        format!("{one} # added 2026-11-28T03:10:00Z\n"),
        format!("{one} # current\nupcoming:{two}\n"),
        format!("{one}; theme=dark"),
        format!("theme=dark; {one}"),
        format!("Cookie: {one}{two}"),
        format!("{one},{two}"),
        format!("SESSION_SECRET={one}\n"),
        format!("SESSION_SECRET=\"{one},{two}\"\n"),
    ] {
        for flags in [&[][..], &["--json"], &["--show-data"]] {
            let ended = program(["inspect"].iter().chain(flags)).stdin(&*file).run();
            for text in [&ended.stdout, &ended.stderr] {
                assert!(!text.contains(&one[..12]) && !text.contains(&two[..12]), "{ended:?}");
            }
            assert!([1, 2].contains(&ended.code), "{ended:?}");
        }
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for flags in [&[][..], &["--json"]] {
        assert_eq!(inspect(NOW, flags).stdin(cookie(builder())).run_unread(), 0);
        assert_eq!(inspect(NOW + 20 * DAY, flags).stdin(cookie(builder())).run_unread(), 1);
    }
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
