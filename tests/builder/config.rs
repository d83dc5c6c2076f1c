//! What `build()` refuses and in which words, what it lets pass, and what the defaults are.

use std::fmt::Debug;
use std::time::Duration;

use crate::support::{
    DAY, NAME, NOW, at, decode, encode, line, pair, ring, sealed, secs, sessions, visit,
};
use http::{HeaderMap, StatusCode};
use sealed_session::{
    Builder, ConfigError, CookieSessions, Dict, EncodeError, Issue, OldCookie, Payload, SameSite,
    Sent, Session, Transport,
};

/// Setting, and what the message says is allowed.
type Rule = (&'static str, &'static str);

macro_rules! rules {
    ($($rule:ident: $setting:literal, $expected:literal;)+) => {
        $(const $rule: Rule = ($setting, $expected);)+
        const RULES: &[Rule] = &[$($rule),+];
    };
}

rules! {
    NAME_TOKEN: "name", "an RFC 6265 token: ASCII letters, digits and !#$%&'*+-.^_`|~";
    NAME_PREFIX: "name", "a name without a prefix; the library adds __Host- or __Secure-";
    PATH_START: "path", "a path that starts with /";
    PATH_CHARACTERS: "path", "ASCII without control characters, semicolon and comma";
    PATH_QUERY: "path", "no ? and no #, which end the path of a URL";
    PATH_REPLACED: "path",
        "percent-encoding in place of a space and \"<>\\^`{|}, as in /a%20b";
    PATH_DOTS: "path", "no segment . or .., not even as %2e, because browsers resolve them";
    PATH_LENGTH: "path", "at most 1,024 bytes";
    DOMAIN_CHARACTERS: "domain", "ASCII without control characters, semicolon and comma";
    DOMAIN_PORT: "domain", "a domain without port";
    DOMAIN_LENGTH: "domain", "at most 253 bytes";
    DOMAIN_DOT: "domain", "no dot at the start or the end";
    DOMAIN_ONE_LABEL: "domain", "at least two labels, as in example.com";
    DOMAIN_LABELS: "domain", "labels of letters, digits, - and _ between single dots";
    DOMAIN_HYPHEN: "domain", "labels that neither begin nor end with a hyphen";
    DOMAIN_LABEL_LENGTH: "domain", "labels of at most 63 bytes";
    DOMAIN_ADDRESS: "domain",
        "a name, not an address; without a domain only the host that sets the cookie gets it";
    SAME_SITE: "same_site", "Strict or Lax under insecure_http";
    PARTITIONED: "partitioned", "false under insecure_http";
    IDLE_SECONDS: "idle_timeout", "whole seconds, 1 or more";
    IDLE_ABSOLUTE: "idle_timeout", "at most absolute_timeout; to shorten both, set both";
    ABSOLUTE_SECONDS: "absolute_timeout", "whole seconds, 1 or more";
    ABSOLUTE_LENGTH: "absolute_timeout", "at most 400 days";
    CONTEXT: "context", "at most 255 bytes";
    SCHEMA_LENGTH: "schema", "a schema of 1 to 64 bytes";
    SCHEMA_TAKEN: "schema", "a schema other than dict, which is that of a Dict";
    PADDING: "padding", "2 to 512 bytes";
    ADOPT_COUNT: "adopt", "1 to 16 old cookies";
    ADOPT_NAME: "adopt", "an old cookie whose name is an RFC 6265 token";
    ADOPT_OWN_NAME: "adopt", "an old cookie with another name than the session's";
    ADOPT_PATH: "adopt", "an old cookie whose path starts with /";
    ADOPT_CHARACTERS: "adopt", "ASCII without control characters, semicolon and comma";
    MAX_LINE: "max_set_cookie_len", "512 to 4,096 bytes";
}

fn builder() -> Builder<Dict> {
    CookieSessions::builder(ring(1))
}

/// Every message has the same three parts: the setting, what was found, what is allowed.
#[track_caller]
fn refuses<T: Payload>(builder: Builder<T>, found: impl Debug, (setting, expected): Rule) {
    let Err(error) = builder.build() else { panic!("built with {setting} {found:?}") };
    assert_eq!(error.to_string(), format!("{setting} is {found:?}; expected {expected}"));
}

#[track_caller]
fn accepts<T: Payload>(row: &str, builder: Builder<T>) -> CookieSessions<T> {
    builder.build().unwrap_or_else(|error| panic!("{row}: {error}"))
}

#[test]
fn no_two_rules_have_the_same_message() {
    for (at, rule) in RULES.iter().enumerate() {
        assert!(!RULES[..at].contains(rule), "{rule:?}");
    }
}

#[test]
fn refuses_a_name_that_is_no_token() {
    for name in ["", "a b", "a=b", "a;b", "a\tb", "a\0", "a\r\n", "a\x1f", "a\x7f", "é", "a\u{a0}"]
    {
        refuses(builder().name(name), name, NAME_TOKEN);
    }
    for byte in b"()<>@,;:\\\"/[]?={} \t" {
        let name = char::from(*byte).to_string();
        refuses(builder().name(&name), &name, NAME_TOKEN);
    }
}

#[test]
fn refuses_a_name_with_a_prefix_in_any_case() {
    for name in
        ["__Host-session", "__Secure-session", "__host-a", "__SECURE-a", "__hOsT-", "__Secure-"]
    {
        refuses(builder().name(name), name, NAME_PREFIX);
        refuses(builder().name(name).insecure_http(), name, NAME_PREFIX);
    }
}

#[test]
fn refuses_a_path_that_does_not_start_with_a_slash() {
    for path in ["", "app", " /", "\\app", "./", "http://example.com/"] {
        refuses(builder().path(path), path, PATH_START);
    }
}

#[test]
fn refuses_characters_that_would_end_a_path() {
    for path in ["/a;b", "/; Secure", "/a,b", "/a\0", "/a\tb", "/a\r\nb", "/a\x1f", "/a\x7f", "/é"]
    {
        refuses(builder().path(path), path, PATH_CHARACTERS);
    }
}

#[test]
fn refuses_a_path_with_a_query_or_a_fragment() {
    for path in ["/app?x=1", "/app#x", "/?", "/#", "/a?b/../c", "/a b?c"] {
        refuses(builder().path(path), path, PATH_QUERY);
    }
}

#[test]
fn refuses_characters_that_browsers_replace_in_a_path() {
    for path in ["/ ", "/a ", "/a b", "/a\\b", "/\\..\\a", "/a%20b c"] {
        refuses(builder().path(path), path, PATH_REPLACED);
    }
    for replaced in "\"<>\\^`{|} ".chars() {
        let path = format!("/a{replaced}b");
        refuses(builder().path(&path), &path, PATH_REPLACED);
    }
}

#[test]
fn refuses_dot_segments_in_a_path_however_they_are_written() {
    for path in [
        "/.", "/..", "/./", "/../", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b",
        "/a//../b",
    ] {
        refuses(builder().path(path), path, PATH_DOTS);
    }
    for dot in ["%2e", "%2E", ".%2e", ".%2E", "%2e.", "%2E.", "%2e%2e", "%2E%2e", "%2E%2E"] {
        for path in
            [format!("/{dot}"), format!("/{dot}/"), format!("/a/{dot}/b"), format!("/a/{dot}")]
        {
            refuses(builder().path(&path), &path, PATH_DOTS);
        }
    }
}

#[test]
fn refuses_a_path_of_1025_bytes() {
    let path = long_path(1025);
    refuses(builder().path(&path), &path, PATH_LENGTH);
}

#[test]
fn refuses_characters_that_would_end_a_domain() {
    for domain in
        ["a;b.com", "a,b.com", "a.com\0", "a\t.com", "a.com\r\n", "a\x1f.com", "a\x7f.co", "é.com"]
    {
        refuses(builder().domain(domain), domain, DOMAIN_CHARACTERS);
    }
}

#[test]
fn refuses_a_domain_with_a_dot_at_an_end() {
    for domain in [".example.com", "example.com.", ".com", "com.", "."] {
        refuses(builder().domain(domain), domain, DOMAIN_DOT);
    }
}

#[test]
fn refuses_a_domain_with_a_port() {
    for domain in ["example.com:443", "localhost:8080", "example.com:", "192.0.2.1:80"] {
        refuses(builder().domain(domain), domain, DOMAIN_PORT);
    }
}

#[test]
fn refuses_a_domain_of_one_label() {
    for domain in ["com", "localhost", ""] {
        refuses(builder().domain(domain), domain, DOMAIN_ONE_LABEL);
    }
}

#[test]
fn refuses_a_domain_that_is_no_host_name() {
    for domain in ["example..com", "a b.com", "*.example.com", "a=b.com", "example.com/app"] {
        refuses(builder().domain(domain), domain, DOMAIN_LABELS);
    }
}

#[test]
fn refuses_a_domain_whose_label_begins_or_ends_with_a_hyphen() {
    for domain in
        ["-a.com", "a-.com", "a.com-", "a.-com", "-.com", "a.-.com", "www.-a-.com", "a.b-.com"]
    {
        refuses(builder().domain(domain), domain, DOMAIN_HYPHEN);
    }
}

#[test]
fn refuses_a_domain_with_a_label_of_64_bytes() {
    let label = "d".repeat(64);
    for domain in [format!("{label}.com"), format!("www.{label}"), format!("a.{label}.com")] {
        refuses(builder().domain(&domain), &domain, DOMAIN_LABEL_LENGTH);
    }
}

#[test]
fn refuses_an_address_as_domain() {
    for domain in [
        "192.0.2.1",
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "127.1",
        "1.2.3.04",
        "10.0x7f",
        "a.0x",
    ] {
        refuses(builder().domain(domain), domain, DOMAIN_ADDRESS);
    }
}

#[test]
fn refuses_a_domain_of_254_bytes() {
    let domain = long_domain(254);
    refuses(builder().domain(&domain), &domain, DOMAIN_LENGTH);
}

#[test]
fn refuses_same_site_none_and_partitioned_under_insecure_http() {
    let before = builder().insecure_http().same_site(SameSite::None);
    for builder in [before, builder().same_site(SameSite::None).insecure_http()] {
        refuses(builder, format_args!("SameSite::None"), SAME_SITE);
    }
    refuses(builder().partitioned(true).insecure_http(), true, PARTITIONED);
    refuses(builder().insecure_http().partitioned(true), true, PARTITIONED);
}

#[test]
fn refuses_timeouts_that_are_not_whole_seconds() {
    let millis = Duration::from_millis;
    for timeout in [
        secs(0),
        millis(1),
        millis(1500),
        Duration::from_nanos(1),
        secs(60) + Duration::from_nanos(1),
    ] {
        refuses(builder().idle_timeout(timeout), timeout, IDLE_SECONDS);
        refuses(builder().absolute_timeout(timeout), timeout, ABSOLUTE_SECONDS);
    }
}

#[test]
fn refuses_an_absolute_timeout_above_400_days() {
    for timeout in [secs(400 * DAY + 1), secs(u64::MAX)] {
        refuses(builder().absolute_timeout(timeout), timeout, ABSOLUTE_LENGTH);
    }
}

#[test]
fn refuses_an_idle_timeout_above_the_absolute_one() {
    let both = |idle, absolute| builder().idle_timeout(secs(idle)).absolute_timeout(secs(absolute));
    refuses(both(61, 60), secs(61), IDLE_ABSOLUTE);
    refuses(builder().idle_timeout(secs(30 * DAY + 1)), secs(30 * DAY + 1), IDLE_ABSOLUTE);
    refuses(builder().absolute_timeout(secs(14 * DAY - 1)), secs(14 * DAY), IDLE_ABSOLUTE);
}

#[test]
fn refuses_a_context_of_256_bytes() {
    for context in ["c".repeat(256), "é".repeat(128)] {
        refuses(builder().context(&context), &context, CONTEXT);
    }
}

#[test]
fn refuses_a_schema_that_is_empty_or_over_64_bytes() {
    for schema in [String::new(), "s".repeat(65), "é".repeat(33)] {
        refuses(CookieSessions::typed::<u8>(ring(1), &schema), &schema, SCHEMA_LENGTH);
    }
}

#[test]
fn refuses_the_schema_of_a_dictionary_for_a_typed_payload() {
    refuses(CookieSessions::typed::<u8>(ring(1), "dict"), "dict", SCHEMA_TAKEN);
}

#[test]
fn refuses_padding_out_of_range() {
    for bytes in [0, 1, 513, usize::MAX] {
        refuses(builder().padding(bytes), bytes, PADDING);
    }
}

#[test]
fn refuses_a_max_set_cookie_len_out_of_range() {
    for bytes in [0, 511, 4097, usize::MAX] {
        refuses(builder().max_set_cookie_len(bytes), bytes, MAX_LINE);
    }
}

#[test]
fn refuses_parts_that_leave_no_room_for_a_session() {
    let part = |bytes| "n".repeat(bytes);
    let rows = [
        ("long name", builder().name(part(4000)), 4096),
        ("long name, short line", builder().name(part(450)).max_set_cookie_len(512), 512),
        ("long path, short line", builder().path(long_path(1024)).max_set_cookie_len(512), 512),
        (
            "long domain, short line",
            builder().domain(long_domain(253)).name(part(99)).max_set_cookie_len(512),
            512,
        ),
        ("padding, short line", builder().padding(512).max_set_cookie_len(512), 512),
    ];
    for (row, builder, expected) in rows {
        let error = builder.build().expect_err(row);
        let ConfigError::NoRoom { size, limit } = error else { panic!("{row}: {error}") };
        assert_eq!(limit, expected, "{row}");
        assert!(size > limit, "{row}: {size}");
        let message = format!(
            "name, path, domain and padding leave no room for a session: the Set-Cookie header of an empty one has up to {size} \
             bytes; expected at most {limit}, which is max_set_cookie_len"
        );
        assert_eq!(error.to_string(), message, "{row}");
    }
}

#[test]
fn a_configuration_that_builds_has_room_for_an_empty_session() {
    let tight = |bytes| {
        builder().name("n".repeat(380)).absolute_timeout(secs(400 * DAY)).max_set_cookie_len(bytes)
    };
    let Err(ConfigError::NoRoom { size, .. }) = tight(512).build() else { panic!("it has room") };
    assert!(tight(size - 1).build().is_err(), "one byte less");
    let sessions = tight(size).build().unwrap();
    for now in [0, NOW, 253_402_300_799] {
        let mut session = visit(&sessions, now);
        session.set_idle_timeout(secs(400 * DAY));
        session.touch();
        assert_eq!(encode(&sessions, &session, now).0, Sent::Set, "at {now}");
    }
}

/// The attributes that no path and no timeout changes.
const ATTRIBUTES: &str = "HttpOnly; SameSite=Lax; Secure";

#[test]
fn keeps_room_for_the_longest_set_cookie_of_an_empty_session() {
    // 43 bytes around a body of 16 for the id, 6 of a second in 9999, 4 of an age and 4 of an idle timeout of 400
    // days, 7 of a confirmation 400 days ago, 1 of padding and 1 of an empty dictionary.
    let token = "A".repeat(((43 + 16 + 6 + 4 + 4 + 7 + 1 + 1) * 4_usize).div_ceil(3));
    let line = |path: &str| {
        format!("__Secure-session={token}; {ATTRIBUTES}; Path={path}; Max-Age=34560300").len()
    };
    let path = |bytes| format!("/{}", "p".repeat(bytes));
    let longest = 512 - line("/");
    assert_eq!(line(&path(longest)), 512);
    assert!(builder().path(path(longest)).max_set_cookie_len(512).build().is_ok());
    let error = builder().path(path(longest + 1)).max_set_cookie_len(512).build().unwrap_err();
    assert!(matches!(error, ConfigError::NoRoom { size: 513, limit: 512 }), "{error}");
    assert_eq!(format!("{error:?}"), format!("ConfigError({error})"), "as `main` prints it");
}

#[test]
fn accepts_every_value_up_to_its_bound() {
    let all = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let times =
        |idle, absolute| builder().idle_timeout(secs(idle)).absolute_timeout(secs(absolute));
    let rows = [
        ("name of every token character", builder().name(all)),
        ("name like a prefix without its dash", builder().name("__Host")),
        ("path of 1,024 bytes", builder().path(long_path(1024))),
        ("path of every other character", builder().path("/aZ09!$%&'()*+-.:=@[]_~/")),
        ("path that is encoded", builder().path("/a%20b%3F%23%5c")),
        ("path with a % alone", builder().path("/100%/%zz/%2")),
        ("path with empty segments", builder().path("//a//b//")),
        ("path with dots in segments", builder().path("/.a/a./..b/b../.../a.b/%2ea/.%2e./%2e%2eb")),
        ("path with an encoded slash", builder().path("/a%2f../b%2F.")),
        ("domain of 253 bytes", builder().domain(long_domain(253))),
        ("domain of two labels", builder().domain("a.b")),
        ("domain with - and _", builder().domain("my-shop.my_site.example")),
        ("domain with - twice", builder().domain("xn--bcher-kva.example")),
        ("domain with _ at an end", builder().domain("_a.b_.example")),
        ("label of 63 bytes", builder().domain(format!("{}.com", "d".repeat(63)))),
        ("public suffix, a limit that is documented", builder().domain("co.uk")),
        ("SameSite=None", builder().same_site(SameSite::None)),
        ("Partitioned", builder().partitioned(true)),
        ("partitioned false over http", builder().partitioned(false).insecure_http()),
        ("SameSite=Strict over http", builder().same_site(SameSite::Strict).insecure_http()),
        ("one second", times(1, 1)),
        ("400 days, idle equal", times(400 * DAY, 400 * DAY)),
        ("context of 255 bytes", builder().context("c".repeat(255))),
        ("padding of 2 bytes", builder().padding(2)),
        ("padding of 512 bytes", builder().padding(512)),
        ("line of 512 bytes", builder().name("s").max_set_cookie_len(512)),
        ("line of 4,096 bytes", builder().max_set_cookie_len(4096)),
    ];
    for (row, builder) in rows {
        let sessions = accepts(row, builder);
        let cookie = sealed(&sessions, &[], NOW);
        assert!(!decode(&sessions, &cookie, NOW).is_new(), "{row}");
    }
    for schema in ["s".to_owned(), "s".repeat(64), "Dict".to_owned()] {
        accepts(&schema, CookieSessions::typed::<u8>(ring(1), &schema));
    }
}

#[test]
fn by_default_set_cookie_is_that_of_a_host_cookie_for_14_days() {
    let cookie = line(&encode(&sessions(), &touched(NOW), NOW).1);
    let (pair, found) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with(&format!("{NAME}=")), "{cookie}");
    let sorted = |text: &str| {
        let mut parts: Vec<String> = text.split("; ").map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    assert_eq!(sorted(found), sorted(&format!("{ATTRIBUTES}; Path=/; Max-Age=1209600")));
}

#[test]
fn by_default_a_session_ends_after_14_idle_days_and_after_30_at_the_latest() {
    let sessions = sessions();
    let mut cookie = pair(&encode(&sessions, &touched(NOW), NOW).1);
    for (day, end) in [(0, 14), (13, 27), (26, 30)] {
        let now = NOW + day * DAY;
        let mut session = decode(&sessions, &cookie, now);
        session.touch();
        cookie = pair(&encode(&sessions, &session, now).1);
        let expires = decode(&sessions, &cookie, now).expires_at();
        assert_eq!(expires, at(NOW + end * DAY), "used on day {day}");
    }
}

#[test]
fn by_default_set_cookie_may_have_4096_bytes() {
    let sessions = sessions();
    let mut session = visit(&sessions, NOW);
    for bytes in 2_700.. {
        session.set("v", "x".repeat(bytes));
        let mut headers = HeaderMap::new();
        match sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)) {
            Ok(_) => assert!(line(&headers).len() <= 4096),
            // One byte more of payload makes one or two characters more.
            Err(EncodeError::TooLarge { size: 4097..=4098, limit: 4096 }) => break,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_setting_that_is_left_out_has_its_default() {
    let spelled_out = builder()
        .name("session")
        .path("/")
        .same_site(SameSite::Lax)
        .partitioned(false)
        .idle_timeout(secs(14 * DAY))
        .absolute_timeout(secs(30 * DAY))
        .browser_session(false)
        .context("")
        .issue(Issue::Lazy)
        .max_set_cookie_len(4096);
    let keys = |sessions: &CookieSessions| format!("{:?}", sessions.keys().collect::<Vec<_>>());
    let spelled_out = accepts("all defaults", spelled_out);
    for sessions in [sessions(), accepts("none set", builder())] {
        assert_eq!(keys(&sessions), keys(&spelled_out));
        assert_eq!(sessions.transport(), Transport::Https);
        let cookie = sealed(&sessions, &[("user", "alice")], NOW);
        assert_eq!(decode(&spelled_out, &cookie, NOW).get("user"), Some("alice"));
        assert_eq!(encode(&sessions, &visit(&sessions, NOW), NOW).0, Sent::Unchanged, "lazy");
        let value = |bytes| sealed(&sessions, &[("v", &"x".repeat(bytes))], NOW).len();
        assert!((0..9).all(|bytes| value(bytes) < value(bytes + 1)), "no padding");
    }
}

fn touched(now: u64) -> Session {
    let mut session = visit(&sessions(), now);
    session.touch();
    session
}

fn long_path(bytes: usize) -> String {
    format!("/{}", "p".repeat(bytes - 1))
}

/// A domain of labels of at most 63 bytes.
fn long_domain(bytes: usize) -> String {
    let labels = "d".repeat(49) + ".";
    let mut domain = labels.repeat(6);
    domain.truncate(bytes - 3);
    domain + "com"
}

fn adopting(cookies: impl IntoIterator<Item = OldCookie>) -> Builder<Dict> {
    builder().adopt(at(NOW), cookies, |_, _| None)
}

#[test]
fn refuses_no_old_cookie_and_more_than_16() {
    let some = |count: usize| adopting((0..count).map(|n| OldCookie::new(format!("id-{n}"))));
    refuses(some(0), 0, ADOPT_COUNT);
    refuses(some(17), 17, ADOPT_COUNT);
    for count in [1, 16] {
        accepts(&format!("{count} old cookies"), some(count));
    }
}

#[test]
fn refuses_an_old_cookie_that_no_browser_has() {
    let second = |cookie| adopting([OldCookie::new("id"), cookie]);
    for name in ["", "a b", "a=b", "a;b", "é"] {
        refuses(second(OldCookie::new(name)), name, ADOPT_NAME);
    }
    refuses(second(OldCookie::new(NAME)), NAME, ADOPT_OWN_NAME);
    let bare = adopting([OldCookie::new("session")]);
    refuses(bare.insecure_http(), "session", ADOPT_OWN_NAME);
    accepts("the name without its prefix", adopting([OldCookie::new("session")]));
    accepts("a prefix", adopting([OldCookie::new("__Host-id")]));
    for path in ["", "app"] {
        refuses(second(OldCookie::new("cart").path(path)), path, ADOPT_PATH);
    }
    for part in ["/a;b", "/a,b", "/\r\n", "/é"] {
        refuses(second(OldCookie::new("cart").path(part)), part, ADOPT_CHARACTERS);
        refuses(second(OldCookie::new("cart").domain(part)), part, ADOPT_CHARACTERS);
    }
    accepts("a path", second(OldCookie::new("cart").path("/a b").domain(".example.com")));
}
