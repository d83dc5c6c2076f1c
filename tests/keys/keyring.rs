//! Secrets from the environment, their roles, rotation in both directions, and what a key is bound to.

use std::collections::HashMap;
use std::ffi::OsStr;

use crate::support::{DAY, NOW, again, decode, encode, pair, ring, sealed, secret, visit};
use http::HeaderMap;
use sealed_session::{
    Builder, CookieSessions, Dict, KeyRole, Keyring, Payload, Rejection, Secret, Sent, Session,
};

const VARIABLE: &str = "SEALED_SESSION_KEYRING_TEST";

/// Not a test of its own: says what `from_env` makes of the environment that the process was started in.
#[test]
fn child_reads_the_environment() {
    let said = match Keyring::from_env(VARIABLE) {
        Ok(Some(keyring)) => format!("ephemeral {}, {}", keyring.is_ephemeral(), names(keyring)),
        Ok(None) => "none".to_owned(),
        Err(error) => format!("{error} | {error:?}"),
    };
    println!("\n<{said}>");
}

/// What the child says of this value of the variable.
#[track_caller]
fn read(value: Option<&OsStr>) -> String {
    let mut child = again(module_path!(), "child_reads_the_environment");
    child.env_remove(VARIABLE).envs(value.map(|value| (VARIABLE, value)));
    let output = child.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let said = stdout.lines().find_map(|line| line.strip_prefix('<')?.strip_suffix('>'));
    said.unwrap_or_else(|| panic!("the child said {stdout:?}")).to_owned()
}

/// The variable is refused for what was found, and neither the message nor `Debug` shows four
/// characters of it.
#[track_caller]
fn refuses(row: &str, value: &str, found: &str) {
    let said = read(Some(value.as_ref()));
    assert_eq!(said.split(" | ").next(), Some(&*format!("{found}; {EXPECTED}")), "{row}");
    let without_prefixes = value.replace("upcoming:", "");
    for piece in without_prefixes.as_bytes().windows(4) {
        let piece = str::from_utf8(piece).unwrap();
        assert!(!said.contains(piece), "{row}: {said} shows {piece:?}");
    }
}

/// Roles and key ids, sorted.
fn names(keyring: Keyring) -> String {
    let mut names: Vec<String> =
        CookieSessions::new(keyring).keys().map(|(role, id)| format!("{role} {id}")).collect();
    names.sort_unstable();
    names.join(", ")
}

/// The n-th secret in base64url.
fn text(n: u8) -> String {
    secret(n).expose_base64url().to_string()
}

/// The first secret in hex.
const HEX_OF_1: &str = "25242726212023222d2c2f2e29282b2a35343736313033323d3c3f3e39383b3a";

/// How each message ends.
const EXPECTED: &str =
    "expected at least 32 random bytes as hex or base64, such as `openssl rand -base64 32` prints";
const EMPTY: &str = "the secret is empty";
const QUOTED: &str =
    "the secret has quotation marks around it, which some readers of .env files keep";
const PREFIXED: &str = "the secret has something in front of it, such as `base64:` or `NAME=`";

#[test]
fn a_variable_that_does_not_exist_is_none() {
    assert_eq!(read(None), "none");
    assert!(Keyring::from_env("SEALED_SESSION_NO_SUCH_VARIABLE").unwrap().is_none());
}

#[test]
fn a_variable_without_a_secret_is_an_error() {
    for value in ["", " ", "\n", ",", " , ,\t\r\n,"] {
        refuses(&format!("{value:?}"), value, EMPTY);
    }
}

#[test]
fn a_bad_secret_is_an_error_that_names_its_position_in_a_list() {
    let (good, other) = (text(1), text(2));
    let short = "Vm9rYWJlbA";
    let said = "the secret has 7 bytes";
    for (row, value, position) in [
        ("the only one", short.to_owned(), None),
        ("the only one, between separators", format!(" ,{short}\n"), None),
        ("the first", format!("{short} {good}"), Some(1)),
        ("the second", format!("{good} {short}"), Some(2)),
        ("the second, behind separators", format!(",\n {good},, {short} {other}"), Some(2)),
        ("the third, upcoming", format!("{good},{other},upcoming:{short}"), Some(3)),
        ("the first of two bad ones", format!("{good},{short},{short}"), Some(2)),
    ] {
        let list =
            position.map_or(String::new(), |position| format!("secret {position} of the list: "));
        refuses(row, &value, &format!("{list}{said}"));
    }
}

#[test]
fn a_prefix_without_a_secret_or_of_another_spelling_is_an_error() {
    let good = text(1);
    let second = |said: &str| format!("secret 2 of the list: {said}");
    let encoding =
        "the secret is neither hex nor base64 of one alphabet, padded in full or not at all";
    let nothing = second("no secret follows `upcoming:` directly, without a space");
    refuses("nothing behind it", &format!("{good} upcoming:"), &nothing);
    refuses("a space behind it", &format!("{good} upcoming: {}", text(2)), &nothing);
    for prefix in ["Upcoming:", "previous:", "current:", "upcoming:upcoming:", "base64:"] {
        // The message names `base64:`, and none of the secret.
        let value = format!("{good} {prefix}{}", text(2));
        let said = read(Some(value.as_ref()));
        let message = format!("{}; {EXPECTED}", second(PREFIXED));
        assert_eq!(said.split(" | ").next(), Some(&*message), "{prefix}");
    }
    refuses("a colon alone", &format!("{good} :{}", text(2)), &second(encoding));
}

#[test]
fn quotation_marks_that_a_file_kept_are_named() {
    let [a, b] = [1, 2].map(text);
    let of = |position| format!("secret {position} of the list: {QUOTED}");
    refuses("around one", &format!("\"{a}\""), QUOTED);
    refuses("around two", &format!("\"{a} {b}\""), &of(1));
    refuses("around the second", &format!("{a},'{b}'"), &of(2));
    refuses("at the end", &format!("{a} {b}\""), &of(2));
    refuses("around an upcoming one", &format!("{a} upcoming:'{b}'"), &of(2));
}

/// Base64 of so many bytes, in lines of so many characters.
fn wrapped(bytes: u8, width: usize) -> String {
    let bytes: Vec<u8> = (0..bytes).map(|n| n.wrapping_mul(83) ^ 0xfb).collect();
    let text = base64_simd::STANDARD.encode_to_string(&bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join("\n")
}

#[test]
fn a_text_that_was_wrapped_is_named_unless_each_line_is_a_secret() {
    for (bytes, width, rest) in
        [(49, 64, 1), (64, 64, 16), (72, 64, 24), (79, 64, 31), (64, 76, 7), (88, 76, 31)]
    {
        let row = format!("{bytes} bytes in lines of {width}");
        let found = format!(
            "secret 2 of the list: the secret has {rest} bytes and seems to be the last line of a \
             wrapped text, as of `openssl rand -base64 64`"
        );
        refuses(&row, &wrapped(bytes, width), &found);
        refuses(&row, &format!("upcoming:{}, {}", wrapped(bytes, width), text(1)), &found);
    }
    for (bytes, width) in [(80, 64), (96, 64), (89, 76)] {
        let said = read(Some(wrapped(bytes, width).as_ref()));
        assert_eq!(said.matches("current").count(), 1, "{bytes}: {said}");
        assert_eq!(said.matches("previous").count(), 1, "{bytes}: {said}");
    }
}

#[test]
fn a_short_secret_counts_as_the_rest_of_another_only_if_it_can_be() {
    let short = "secret 2 of the list: the secret has 7 bytes";
    let line = wrapped(48, 64);
    refuses("not of four characters each", &format!("{line} Vm9rYWJlbA"), short);
    refuses("behind hex", &format!("{HEX_OF_1} Vm9rYWJlbA=="), short);
    refuses("behind 43 characters", &format!("{} Vm9rYWJlbA==", text(1)), short);
    for prefixed in ["upcoming:Vm9rYWJlbA==", "upcoming:Vm9rYWJlbA"] {
        refuses("with a prefix", &format!("{line} {prefixed}"), short);
    }
    let shorter = "secret 2 of the list: the secret has 5 bytes";
    refuses("16 characters with its prefix", &format!("{line} upcoming:Hunter4"), shorter);
    let phrase = format!("{}=", "a".repeat(43));
    let reads = "secret 2 of the list: the secret reads like a pass phrase: base64 of random bytes \
                 has letters of both cases";
    refuses("32 bytes", &format!("{line} {phrase}"), reads);
    let third = "secret 3 of the list: the secret has 7 bytes";
    refuses("behind another", &format!("{line} {} Vm9rYWJlbA==", text(1)), third);
}

#[test]
fn a_byte_order_mark_in_front_is_dropped() {
    let [a, b] = [1, 2].map(text);
    for (value, keyring) in [
        (format!("\u{feff}{a}"), ring(1)),
        (format!("\u{feff}{a} {b}\r\n"), ring(1).previous(secret(2))),
        (format!("\u{feff}upcoming:{b} {a}"), ring(1).upcoming(secret(2))),
    ] {
        let said = read(Some(value.as_ref()));
        assert_eq!(said, format!("ephemeral false, {}", names(keyring)));
    }
    refuses("nothing else", "\u{feff}", EMPTY);
}

#[test]
fn a_secret_that_is_not_random_is_an_error() {
    refuses("twice the same", &"ChangeMe".repeat(6), "the secret is 6 bytes repeated");
    let list = format!("{} upcoming:{}", text(1), "deadbeef".repeat(8));
    refuses("in a list", &list, "secret 2 of the list: the secret is 4 bytes repeated");
}

#[test]
fn only_upcoming_secrets_are_an_error() {
    let message = "all secrets are upcoming; expected a current one, without `upcoming:` in front, \
                   such as `openssl rand -base64 32` prints";
    for value in
        [format!("upcoming:{}", text(1)), format!("upcoming:{} upcoming:{}", text(1), text(2))]
    {
        let said = read(Some(value.as_ref()));
        assert_eq!(said, format!("{message} | SecretError({message})"));
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let value = [text(1).as_bytes(), b"\xff"].concat();
    let said = read(Some(OsStr::from_bytes(&value)));
    let message = format!("the secret is not Unicode text; {EXPECTED}");
    assert_eq!(said, format!("{message} | SecretError({message})"));
}

#[test]
fn the_first_secret_is_current_and_a_prefix_says_the_role_of_the_others() {
    let [a, b, c, d] = [1, 2, 3, 4].map(text);
    let two = || ring(1).previous(secret(2));
    let three = || two().upcoming(secret(3));
    let rows = [
        ("one", a.clone(), ring(1)),
        ("one, line end", format!("{a}\n"), ring(1)),
        ("one, hex", HEX_OF_1.to_owned(), ring(1)),
        ("space", format!("{a} {b}"), two()),
        ("comma", format!("{a},{b}"), two()),
        ("line feed", format!("{a}\n{b}\n"), two()),
        ("line ends, tab", format!("\r\n{a}\r\n\t{b}\r\n"), two()),
        ("comma and spaces", format!(" {a} , {b} ,"), two()),
        ("three", format!("{a} {b} {c}"), two().previous(secret(3))),
        ("upcoming last", format!("{a} {b} upcoming:{c}"), three()),
        ("upcoming in the middle", format!("{a},upcoming:{c},{b}"), three()),
        ("upcoming first", format!("upcoming:{c}\n{a}\n{b}"), three()),
        ("two upcoming", format!("upcoming:{c} {a} upcoming:{d} {b}"), three().upcoming(secret(4))),
        ("one twice", format!("{a} {a}"), ring(1)),
        ("twice in two spellings", format!("{a} {HEX_OF_1}"), ring(1)),
        ("current and upcoming", format!("upcoming:{a} {a}"), ring(1)),
        ("previous and upcoming", format!("upcoming:{b} {a} {b}"), two()),
    ];
    for (row, value, keyring) in rows {
        assert_eq!(
            read(Some(value.as_ref())),
            format!("ephemeral false, {}", names(keyring)),
            "{row}"
        );
    }
}

#[test]
fn a_secret_given_twice_counts_once_in_its_strongest_role() {
    let in_role = |role: &str, n| names(ring(n)).replace("current", role);
    let beside = |role| format!("{}, {}", in_role("current", 1), in_role(role, 2));
    let current = || in_role("current", 1);
    let rows = [
        ("current, previous", ring(1).previous(secret(1)), current()),
        ("current, upcoming", ring(1).upcoming(secret(1)), current()),
        ("all three", ring(1).upcoming(secret(1)).previous(secret(1)), current()),
        ("previous twice", ring(1).previous(secret(2)).previous(secret(2)), beside("previous")),
        ("upcoming twice", ring(1).upcoming(secret(2)).upcoming(secret(2)), beside("upcoming")),
        ("previous first", ring(1).previous(secret(2)).upcoming(secret(2)), beside("previous")),
        ("upcoming first", ring(1).upcoming(secret(2)).previous(secret(2)), beside("previous")),
    ];
    for (row, keyring, expected) in rows {
        assert_eq!(names(keyring), expected, "{row}");
    }
}

/// A session sealed by one machine, as another reads it.
#[track_caller]
fn across(from: Keyring, to: Keyring) -> Session {
    let cookie = sealed(&CookieSessions::new(from), &[("user", "alice")], NOW);
    decode(&CookieSessions::new(to), &cookie, NOW + 1)
}

#[track_caller]
fn assert_opens(row: &str, from: Keyring, to: Keyring) {
    assert_eq!(across(from, to).get("user"), Some("alice"), "{row}");
}

#[track_caller]
fn assert_unknown(row: &str, from: Keyring, to: Keyring) {
    let session = across(from, to);
    let rejection = session.rejection();
    assert!(matches!(rejection, Some(Rejection::UnknownKey(_))), "{row}: {rejection:?}");
    assert!(session.is_new() && session.is_empty(), "{row}");
}

#[test]
fn seals_under_the_current_secret_only() {
    let rotated = || ring(2).previous(secret(1)).upcoming(secret(3));
    assert_opens("the current secret", rotated(), ring(2));
    assert_unknown("the previous secret", rotated(), ring(1));
    assert_unknown("the upcoming secret", rotated(), ring(3));
}

#[test]
fn opens_with_every_secret_and_no_other_and_says_which_role_it_has() {
    use KeyRole::{Current, Previous, Upcoming};
    let rotated = || ring(2).previous(secret(1)).previous(secret(4)).upcoming(secret(3));
    for (n, role) in [(2, Current), (1, Previous), (4, Previous), (3, Upcoming)] {
        assert_eq!(across(ring(n), rotated()).opened_by(), Some(role), "secret {n}");
    }
    assert_unknown("a secret that was removed", ring(5), rotated());
}

#[test]
fn the_order_in_which_secrets_are_added_does_not_matter() {
    let one =
        || ring(1).previous(secret(2)).previous(secret(3)).upcoming(secret(4)).upcoming(secret(5));
    let other =
        || ring(1).upcoming(secret(5)).previous(secret(3)).upcoming(secret(4)).previous(secret(2));
    assert_eq!(names(one()), names(other()));
    for n in 1..=5 {
        assert_opens("one order", ring(n), one());
        assert_opens("the other", ring(n), other());
    }
}

/// The response of a machine to a session that another one sealed at `NOW`, to a request that changes nothing.
#[track_caller]
fn answer(from: Keyring, to: Keyring, now: u64) -> (Session, Sent, HeaderMap) {
    let cookie = sealed(&CookieSessions::new(from), &[("user", "alice")], NOW);
    let to = CookieSessions::new(to);
    let session = decode(&to, &cookie, now);
    let (sent, headers) = encode(&to, &session, now);
    (session, sent, headers)
}

#[test]
fn a_session_of_a_previous_secret_is_sealed_again_under_the_current_one() {
    let (session, sent, headers) = answer(ring(1), ring(2).previous(secret(1)), NOW + 1);
    assert_eq!(sent, Sent::Set);
    let after = decode(&CookieSessions::new(ring(2)), &pair(&headers), NOW + 1);
    assert_eq!(after.get("user"), Some("alice"));
    assert_eq!(after.opened_by(), Some(KeyRole::Current));
    let name = |session: &Session| (session.label(), session.created_at());
    assert_eq!(name(&after), name(&session), "the same session");
}

#[test]
fn a_session_of_the_current_or_of_an_upcoming_secret_stays_as_it_is() {
    for n in [1, 2] {
        let (session, sent, _) = answer(ring(n), ring(1).upcoming(secret(2)), NOW + 1);
        assert_eq!((session.get("user"), sent), (Some("alice"), Sent::Unchanged), "secret {n}");
    }
}

#[test]
fn a_session_of_an_upcoming_secret_is_refreshed_once_it_is_due() {
    let (_, sent, _) = answer(ring(2), ring(1).upcoming(secret(2)), NOW + 7 * DAY - 1);
    assert_eq!(sent, Sent::Unchanged, "a second before half of 14 days");
    let (_, sent, headers) = answer(ring(2), ring(1).upcoming(secret(2)), NOW + 7 * DAY);
    assert_eq!(sent, Sent::Set);
    let after = decode(&CookieSessions::new(ring(1)), &pair(&headers), NOW + 7 * DAY);
    assert_eq!(after.get("user"), Some("alice"), "sealed under the current secret");
}

/// The secrets of a machine before, during and after a rotation.
fn three_steps() -> [Keyring; 4] {
    [ring(1), ring(1).upcoming(secret(2)), ring(2).previous(secret(1)), ring(2)]
}

#[test]
fn in_every_phase_of_the_three_steps_two_machines_open_each_others_cookies() {
    for step in 0..3 {
        // While a step is taken, some machines have taken it and some have not.
        for (from, to) in [(step, step + 1), (step + 1, step), (step, step)] {
            let row = format!("sealed after step {from}, opened after step {to}");
            assert_opens(&row, three_steps()[from].clone(), three_steps()[to].clone());
        }
    }
}

#[test]
fn a_session_in_use_survives_the_three_steps_on_changing_machines() {
    let machines = three_steps().map(CookieSessions::new);
    let mut cookie = sealed(&machines[0], &[("user", "alice")], NOW);
    for step in [0, 1, 0, 1, 2, 1, 2, 3, 2, 3] {
        let session = decode(&machines[step], &cookie, NOW + 1);
        assert_eq!(session.get("user"), Some("alice"), "after step {step}");
        let (sent, headers) = encode(&machines[step], &session, NOW + 1);
        if sent == Sent::Set {
            cookie = pair(&headers);
        }
    }
}

#[test]
fn a_rotation_in_two_steps_loses_sessions() {
    assert_unknown("sealed by a machine that is ahead", ring(2).previous(secret(1)), ring(1));
}

#[test]
fn only_a_boot_key_makes_a_keyring_ephemeral() {
    let ephemeral = Keyring::ephemeral;
    let rows = [
        ("configured", ring(1), false),
        ("generated by the operator", Keyring::new(Secret::generate()), false),
        ("configured, others too", ring(1).previous(secret(2)).upcoming(secret(3)), false),
        ("boot key", ephemeral(), true),
        (
            "boot key, previous ones configured",
            ephemeral().previous(secret(1)).upcoming(secret(2)),
            true,
        ),
    ];
    for (row, keyring, expected) in rows {
        assert_eq!(keyring.is_ephemeral(), expected, "{row}");
        assert_eq!(keyring.clone().is_ephemeral(), expected, "{row}, a clone");
        assert_eq!(CookieSessions::new(keyring).is_ephemeral(), expected, "{row}, sessions");
    }
}

#[test]
fn two_boot_keys_never_open_each_others_cookies() {
    let [one, other] = [(); 2].map(|()| Keyring::ephemeral());
    assert!(across(one.clone(), other.clone()).is_new());
    assert!(across(other.clone(), one).is_new());
    assert_opens("a clone has the same boot key", other.clone(), other);
}

#[test]
fn secrets_that_share_a_key_id_both_open() {
    let (one, other) = colliding_secrets();
    let ring = || Keyring::new(one.clone()).previous(other.clone());
    let ids: Vec<String> =
        CookieSessions::new(ring()).keys().map(|(_, id)| id.to_string()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(across(Keyring::new(one.clone()), ring()).opened_by(), Some(KeyRole::Current));
    assert_eq!(across(Keyring::new(other.clone()), ring()).opened_by(), Some(KeyRole::Previous));
    let alone = across(Keyring::new(one.clone()), Keyring::new(other.clone()));
    assert_eq!(alone.rejection(), Some(&Rejection::Forged));
}

/// Two secrets of one key id, the first that there are by counting.
fn colliding_secrets() -> (Secret, Secret) {
    let mut seen = HashMap::new();
    for n in 0_u32.. {
        let bytes: Vec<u8> = (100..128).chain(n.to_be_bytes()).collect();
        let secret = Secret::from_bytes(&bytes).unwrap();
        let id = names(Keyring::new(secret.clone()));
        if let Some(other) = seen.insert(id, secret.clone()) {
            return (other, secret);
        }
    }
    unreachable!("there are 65,536 key ids")
}

/// The value of one configuration's cookie, under the name of another's.
#[track_caller]
fn assert_bound<T: Payload, U: Payload>(
    row: &str,
    one: &CookieSessions<T>,
    other: &CookieSessions<U>,
) {
    let cookie = touched(one);
    assert!(!decode(one, &cookie, NOW).is_new(), "{row}: not even its own");
    let (value, name) = (cookie.split_once('=').unwrap().1, touched(other));
    let session = decode(other, &format!("{}={value}", name.split_once('=').unwrap().0), NOW);
    let rejection = session.rejection();
    assert!(
        matches!(rejection, Some(Rejection::UnknownKey(_) | Rejection::Forged)),
        "{row}: {rejection:?}"
    );
}

/// `name=token` of an empty session.
#[track_caller]
fn touched<T: Payload>(sessions: &CookieSessions<T>) -> String {
    let mut session = visit(sessions, NOW);
    session.touch();
    pair(&encode(sessions, &session, NOW).1)
}

#[test]
fn a_token_is_bound_to_every_setting_of_its_scope() {
    type Set = fn(Builder<Dict>) -> Builder<Dict>;
    let with = |set: Set| set(CookieSessions::builder(ring(1))).build().unwrap();
    let rows = [
        ("name", with(|b| b.name("a")), with(|b| b.name("b"))),
        ("name, case", with(|b| b.name("a")), with(|b| b.name("A"))),
        ("transport, and with it the prefix", with(|b| b), with(Builder::insecure_http)),
        ("path", with(|b| b.path("/a")), with(|b| b.path("/b"))),
        ("path, slash", with(|b| b.path("/a")), with(|b| b.path("/a/"))),
        ("path, and with it the prefix", with(|b| b), with(|b| b.path("/a"))),
        ("domain", with(|b| b.domain("a.example")), with(|b| b.domain("b.example"))),
        ("domain or none", with(|b| b.path("/a")), with(|b| b.path("/a").domain("a.example"))),
        ("partitioned", with(|b| b), with(|b| b.partitioned(true))),
        ("context", with(|b| b.context("a")), with(|b| b.context("b"))),
        ("context or none", with(|b| b), with(|b| b.context("a"))),
    ];
    for (row, one, other) in &rows {
        assert_bound(row, one, other);
        assert_bound(row, other, one);
    }
    let typed = |schema| CookieSessions::typed::<u8>(ring(1), schema).build().unwrap();
    assert_bound("schema", &typed("a"), &typed("b"));
    assert_bound("schema, of a dictionary or not", &with(|b| b), &typed("a"));
}
