//! Requests that another site started: the browser may have a good cookie and hold it back, so that nothing that was not
//! written may take its place.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::Sent::{Removed, Set, Unchanged, Withheld};
use sealed_session::{CookieSessions, Issue, SameSite, Sent, Session, Transport};

use crate::support::{DAY, NAME, NOW, at, cookies, encode, ring, sealed, sessions};

const SAME_SITES: [SameSite; 3] = [SameSite::Strict, SameSite::Lax, SameSite::None];
const ISSUES: [Issue; 2] = [Issue::Lazy, Issue::Eager];
/// `None` for `decode_at`, which does not see it.
const METHODS: [Option<Method>; 8] = [
    None,
    Some(Method::GET),
    Some(Method::HEAD),
    Some(Method::OPTIONS),
    Some(Method::TRACE),
    Some(Method::POST),
    Some(Method::PUT),
    Some(Method::DELETE),
];
const SITES: [&str; 7] =
    ["", "none", "same-origin", "same-site", "cross-site", "Cross-Site", "cross-sites"];
const MODES: [&str; 6] = ["", "navigate", "cors", "no-cors", "same-origin", "websocket"];
const TOP_LEVEL: [&str; 3] = ["", "document", "empty"];
const EMBEDDED: [&str; 5] = ["iframe", "frame", "embed", "object", "fencedframe"];

fn coder(same_site: SameSite, issue: Issue) -> CookieSessions {
    let builder = CookieSessions::builder(ring(1)).same_site(same_site).issue(issue);
    builder.clock(|| at(NOW)).build().unwrap()
}

/// What a browser says of a request.
#[derive(Clone, Debug, Default)]
struct Asked {
    method: Option<Method>,
    origin: &'static str,
    site: &'static str,
    mode: &'static str,
    dest: &'static str,
}

impl Asked {
    /// A form of another site.
    fn form() -> Self {
        let (site, mode, dest) = ("cross-site", "navigate", "document");
        Self { method: Some(Method::POST), origin: "https://other.test", site, mode, dest }
    }

    /// A link on another site.
    fn link() -> Self {
        Self { method: Some(Method::GET), origin: "", ..Self::form() }
    }

    fn headers(&self) -> HeaderMap {
        let fields = [
            ("origin", self.origin),
            ("sec-fetch-site", self.site),
            ("sec-fetch-mode", self.mode),
            ("sec-fetch-dest", self.dest),
        ];
        let sent = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let field =
            |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        sent.map(field).collect()
    }

    /// Decodes the request in each way in which it can be.
    fn decode(&self, sessions: &CookieSessions, cookie: &str) -> Vec<Session> {
        let mut headers = self.headers();
        headers.extend(cookies((!cookie.is_empty()).then_some(cookie)));
        let Some(method) = &self.method else {
            return vec![sessions.decode_at(&headers, sessions.transport(), at(NOW))];
        };
        let mut request = Request::builder().method(method).body(()).unwrap();
        *request.headers_mut() = headers;
        let session = sessions.decode(&request);
        vec![session, sessions.decode_parts(&request.into_parts().0)]
    }

    /// What becomes of the session.
    #[track_caller]
    fn sent(&self, sessions: &CookieSessions, cookie: &str, change: Change) -> Sent {
        let sent: Vec<Sent> = self
            .decode(sessions, cookie)
            .into_iter()
            .map(|mut session| {
                change(&mut session);
                encode(sessions, &session, NOW).0
            })
            .collect();
        assert!(sent.iter().all(|other| *other == sent[0]), "{self:?}: {sent:?}");
        sent[0]
    }

    /// The rule, as the documentation has it.
    fn is_held_back(&self, same_site: SameSite) -> bool {
        let is_safe = match &self.method {
            None => self.origin.is_empty(),
            Some(method) => ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&method.as_str()),
        };
        self.site == "cross-site"
            && match same_site {
                SameSite::Strict => true,
                SameSite::Lax => {
                    !is_safe || self.mode != "navigate" || EMBEDDED.contains(&self.dest)
                }
                _ => false,
            }
    }
}

/// What a handler does.
type Change = fn(&mut Session);

fn each_request() -> impl Iterator<Item = Asked> {
    METHODS.into_iter().flat_map(|method| {
        ["", "https://other.test", "null"].into_iter().flat_map(move |origin| {
            let method = method.clone();
            SITES.into_iter().flat_map(move |site| {
                let method = method.clone();
                MODES.into_iter().flat_map(move |mode| {
                    let method = method.clone();
                    TOP_LEVEL.into_iter().chain(EMBEDDED).chain(["image"]).map(move |dest| Asked {
                        method: method.clone(),
                        origin,
                        site,
                        mode,
                        dest,
                    })
                })
            })
        })
    })
}

#[test]
fn eager_issues_nothing_where_the_browser_may_hold_a_cookie_back() {
    let mut held_back = [0; 3];
    for (same_site, count) in SAME_SITES.into_iter().zip(&mut held_back) {
        let sessions = coder(same_site, Issue::Eager);
        for asked in each_request() {
            let expected = asked.is_held_back(same_site);
            *count += usize::from(expected);
            let sent = asked.sent(&sessions, "", |_| {});
            assert_eq!(sent, if expected { Unchanged } else { Set }, "{same_site:?}, {asked:?}");
        }
    }
    // Of each 9 destinations in 6 modes, 3 origins and 8 methods.
    assert_eq!(held_back, [1296, 1296 - 4 * (4 * 3 + 1), 0]);
}

#[test]
fn the_commonest_requests_are_judged_as_browsers_do() {
    use SameSite::{Lax, Strict};
    let link = Asked::link;
    let rows: [(&str, Asked, &[SameSite]); 16] = [
        ("an address typed in", Asked { site: "none", ..link() }, &[]),
        ("a link of the site", Asked { site: "same-origin", ..link() }, &[]),
        ("a link of a sibling host", Asked { site: "same-site", ..link() }, &[]),
        ("a link from elsewhere", link(), &[Strict]),
        ("the same, behind a service worker", Asked { dest: "empty", ..link() }, &[Strict]),
        ("the same, seen by decode_at", Asked { method: None, ..link() }, &[Strict]),
        ("a form from elsewhere with GET", link(), &[Strict]),
        ("a form from elsewhere", Asked::form(), &[Strict, Lax]),
        ("one without a referrer", Asked { origin: "null", ..Asked::form() }, &[Strict, Lax]),
        ("the same, seen by decode_at", Asked { method: None, ..Asked::form() }, &[Strict, Lax]),
        ("a form of the site", Asked { site: "same-origin", ..Asked::form() }, &[]),
        ("a frame elsewhere", Asked { dest: "iframe", ..link() }, &[Strict, Lax]),
        ("an image elsewhere", Asked { mode: "no-cors", dest: "image", ..link() }, &[Strict, Lax]),
        ("a script elsewhere", Asked { mode: "cors", dest: "empty", ..link() }, &[Strict, Lax]),
        ("a browser that does not say", Asked { site: "", ..Asked::form() }, &[]),
        ("a tool", Asked { method: Some(Method::POST), ..Asked::default() }, &[]),
    ];
    for (row, asked, by) in rows {
        for same_site in SAME_SITES {
            let expected = if by.contains(&same_site) { Unchanged } else { Set };
            let sent = asked.sent(&coder(same_site, Issue::Eager), "", |_| {});
            assert_eq!(sent, expected, "{row}, {same_site:?}");
        }
    }
}

/// A state, what brings it about, and what is sent then under `Lazy` and under `Eager`.
type Row = (&'static str, Change, Sent, Sent);

fn write(session: &mut Session) {
    session.set("lang", "en");
}

fn ask_for_id(session: &mut Session) {
    session.id();
}

/// One after the other.
macro_rules! then {
    ($($change:expr),+) => {
        |session: &mut Session| {
            for change in [$($change as Change),+] {
                change(session);
            }
        }
    };
}

/// Requests whose cookie is held back.
fn held_back() -> [(SameSite, Asked); 4] {
    [
        (SameSite::Strict, Asked::link()),
        (SameSite::Strict, Asked::form()),
        (SameSite::Lax, Asked::form()),
        (SameSite::Lax, Asked { method: None, ..Asked::form() }),
    ]
}

#[track_caller]
fn check(cookie: &str, rows: &[Row]) {
    for (same_site, asked) in held_back() {
        for (row, change, lazy, eager) in rows {
            for (issue, expected) in ISSUES.into_iter().zip([lazy, eager]) {
                let sent = asked.sent(&coder(same_site, issue), cookie, *change);
                assert_eq!(sent, *expected, "{row}, {issue:?}, {same_site:?}, {asked:?}");
            }
        }
    }
}

#[test]
fn without_a_cookie_only_what_is_written_is_sent() {
    let rows: [Row; 15] = [
        ("nothing", |_| {}, Unchanged, Unchanged),
        ("looked at", |session| _ = session.label(), Unchanged, Unchanged),
        ("borrowed", |session| _ = session.data_mut(), Unchanged, Unchanged),
        ("id asked for", ask_for_id, Unchanged, Unchanged),
        ("id asked for, then renewed", then!(ask_for_id, Session::renew), Unchanged, Unchanged),
        ("renewed, then id asked for", then!(Session::renew, ask_for_id), Unchanged, Unchanged),
        (
            "own timeout",
            |session| session.set_idle_timeout(crate::support::secs(60)),
            Unchanged,
            Unchanged,
        ),
        ("invalidated", Session::invalidate, Unchanged, Unchanged),
        (
            "invalidated, then id asked for",
            then!(Session::invalidate, ask_for_id),
            Unchanged,
            Unchanged,
        ),
        (
            "written, then invalidated",
            then!(write, Session::touch, Session::invalidate),
            Unchanged,
            Unchanged,
        ),
        ("written and taken out", then!(write, Session::clear), Unchanged, Unchanged),
        ("written", write, Set, Set),
        ("touched", Session::touch, Set, Set),
        ("id asked for, then written", then!(ask_for_id, write), Set, Set),
        ("invalidated, then written", then!(Session::invalidate, write), Set, Set),
    ];
    check("", &rows);
}

#[cfg(feature = "csrf")]
#[test]
fn a_csrf_token_that_was_asked_for_is_not_writing() {
    let rows: [Row; 4] = [
        ("for every form", |session| drop(session.csrf_token()), Unchanged, Unchanged),
        (
            "for one",
            |session| drop(session.csrf_token_for("POST", "/").unwrap()),
            Unchanged,
            Unchanged,
        ),
        (
            "renewed since",
            then!(|session| drop(session.csrf_token()), Session::renew),
            Unchanged,
            Unchanged,
        ),
        ("and written", then!(|session| drop(session.csrf_token()), write), Set, Set),
    ];
    check("", &rows);
    let at_home = Asked { site: "same-origin", ..Asked::form() };
    let sessions = coder(SameSite::Lax, Issue::Lazy);
    assert_eq!(at_home.sent(&sessions, "", rows[0].1), Set);
}

/// A log-out is asked for, and does not depend on which machine responds; the cookie that it removes was not held back.
#[test]
fn beside_a_rejected_cookie_only_what_is_written_and_a_log_out_are_sent() {
    let rejected = [
        format!("{NAME}=AAAA"),
        sealed(&CookieSessions::new(ring(2)), &[("user", "alice")], NOW),
        sealed(&sessions(), &[("user", "alice")], NOW - 14 * DAY),
        sealed(&sessions(), &[("user", "alice")], NOW + 301),
    ];
    let rows: [Row; 9] = [
        ("nothing", |_| {}, Unchanged, Unchanged),
        ("id asked for", ask_for_id, Unchanged, Unchanged),
        ("id asked for, then renewed", then!(ask_for_id, Session::renew), Unchanged, Unchanged),
        ("written", write, Set, Set),
        ("touched", Session::touch, Set, Set),
        ("invalidated", Session::invalidate, Removed, Set),
        ("written, then invalidated", then!(write, Session::invalidate), Removed, Set),
        ("invalidated, then id asked for", then!(Session::invalidate, ask_for_id), Set, Set),
        ("invalidated, then written", then!(Session::invalidate, write), Set, Set),
    ];
    for cookie in rejected {
        assert!(Asked::form().decode(&sessions(), &cookie).iter().all(Session::is_new), "{cookie}");
        check(&cookie, &rows);
    }
}

#[test]
fn a_cookie_that_was_sent_and_accepted_was_not_held_back() {
    let cookie = sealed(&sessions(), &[("user", "alice")], NOW);
    let rows: [Row; 8] = [
        ("nothing", |_| {}, Unchanged, Unchanged),
        ("id asked for", ask_for_id, Unchanged, Unchanged),
        ("written", write, Set, Set),
        ("touched", Session::touch, Set, Set),
        ("renewed", Session::renew, Set, Set),
        ("invalidated", Session::invalidate, Removed, Set),
        ("invalidated, then id asked for", then!(Session::invalidate, ask_for_id), Set, Set),
        ("invalidated, then written", then!(Session::invalidate, write), Set, Set),
    ];
    check(&cookie, &rows);
    let due = sealed(&sessions(), &[("user", "alice")], NOW - 7 * DAY);
    check(&due, &[("due", |_| {}, Set, Set)]);
}

#[test]
fn the_other_transport_takes_precedence() {
    for (same_site, asked) in held_back() {
        let sessions = coder(same_site, Issue::Eager);
        for change in [write as Change, ask_for_id, |_| {}, Session::invalidate] {
            let mut session = sessions.decode_at(&asked.headers(), Transport::Http, at(NOW));
            change(&mut session);
            assert_eq!(encode(&sessions, &session, NOW).0, Withheld, "{asked:?}");
        }
    }
}

#[test]
fn a_jar_gets_nothing_either() {
    for (same_site, asked) in held_back() {
        for mut session in asked.decode(&coder(same_site, Issue::Eager), "") {
            let sessions = coder(same_site, Issue::Eager);
            ask_for_id(&mut session);
            assert!(sessions.to_cookie(&session, at(NOW)).unwrap().is_none(), "{asked:?}");
            write(&mut session);
            assert!(sessions.to_cookie(&session, at(NOW)).unwrap().is_some(), "{asked:?}");
        }
    }
}

#[test]
fn several_fields_and_parameters_are_read_as_one_list() {
    let sessions = coder(SameSite::Strict, Issue::Eager);
    let rows: [(&[&str], Sent); 6] = [
        (&["cross-site"], Unchanged),
        (&["none", "cross-site"], Unchanged),
        (&["none, cross-site"], Unchanged),
        (&["cross-site;a=1"], Unchanged),
        (&["a=cross-site"], Set),
        (&["none;cross-site"], Set),
    ];
    for (values, expected) in rows {
        let fields = values.iter().map(|value| {
            (HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static(value))
        });
        let headers: HeaderMap = fields.collect();
        let session = sessions.decode_at(&headers, Transport::Https, at(NOW));
        assert_eq!(encode(&sessions, &session, NOW).0, expected, "{values:?}");
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let dests: Vec<&str> = TOP_LEVEL.into_iter().chain(EMBEDDED).chain(["image"]).collect();
    let fields = (select(METHODS.to_vec()), select(vec!["", "null"]), select(SITES.to_vec()));
    (fields, select(MODES.to_vec()), select(dests))
        .prop_map(|((method, origin, site), mode, dest)| Asked { method, origin, site, mode, dest })
}

/// Anything that a handler may do.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let all: Vec<Change> = vec![
        write,
        ask_for_id,
        Session::touch,
        Session::renew,
        Session::invalidate,
        Session::clear,
    ];
    vec(select(all), 0..4)
}

/// A request with this cookie, and what becomes of its session.
fn sent_after(sessions: &CookieSessions, asked: &Asked, cookie: &str, changes: &[Change]) -> Sent {
    let mut session = asked.decode(sessions, cookie).remove(0);
    for change in changes {
        change(&mut session);
    }
    encode(sessions, &session, NOW).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_request_that_is_not_held_back_is_treated_like_any_other(
        asked in asked(),
        same_site in select(SAME_SITES.to_vec()),
        issue in select(ISSUES.to_vec()),
        age in option::of(select(vec![0, 7 * DAY, 14 * DAY])),
        changes in changes(),
    ) {
        let sessions = coder(same_site, issue);
        let cookie = age.map(|age| sealed(&sessions, &[("user", "alice")], NOW - age));
        let cookie = cookie.unwrap_or_default();
        let sent = sent_after(&sessions, &asked, &cookie, &changes);
        let plain = Asked { method: asked.method.clone(), ..Asked::default() };
        let like_any_other = sent_after(&sessions, &plain, &cookie, &changes);
        if asked.is_held_back(same_site) {
            // It never does more, and what was accepted was not held back.
            prop_assert!(sent == like_any_other || sent == Unchanged);
            prop_assert!(sent == like_any_other || age.is_none_or(|age| age == 14 * DAY));
        } else {
            prop_assert_eq!(sent, like_any_other);
        }
        // Whatever else the request says.
        if same_site == SameSite::None || asked.site.is_empty() {
            prop_assert_eq!(sent, like_any_other);
        }
    }
}
