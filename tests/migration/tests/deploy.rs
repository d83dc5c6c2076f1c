//! 10,000 sessions through a rolling deploy: old machines on axum-extra's `PrivateCookieJar`, new ones on this library,
//! and browsers that reach either. Time is a number.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum_core::response::IntoResponse;
use axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar};
use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE};
use migration::browser::Browser;
use sealed_session::{Adopted, CookieSessions, Dict, Keyring, OldCookie, Secret};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// The first new machine is there.
const DEPLOY: u64 = 1_800_000_000;
/// The last old machine has gone.
const DEPLOYED: u64 = DEPLOY + DAY;
const REMOVE_FROM: u64 = DEPLOY + 2 * DAY;
const UNTIL: u64 = DEPLOY + 12 * DAY;
/// How long a session of the old release lasts.
const LASTS: u64 = 10 * DAY;
const MACHINES: usize = 6;
const OURS: &str = "__Host-session";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn key() -> Key {
    Key::from(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
}

/// What the old release seals: the user, and when the session began.
fn opened(headers: &HeaderMap) -> Option<(String, u64)> {
    let cookie = PrivateCookieJar::from_headers(headers, key()).get("user")?;
    let (user, began) = cookie.value().split_once(' ')?;
    Some((user.to_owned(), began.parse().ok()?))
}

/// A machine of the old release.
struct Old {
    /// Whether its log-out removes our cookie too.
    removes_ours: bool,
}

impl Old {
    fn log_in(user: usize, now: u64) -> HeaderMap {
        let cookie = Cookie::build(("user", format!("user-{user} {now}"))).path("/").secure(true);
        let cookie = cookie.max_age(time::Duration::seconds(LASTS.cast_signed())).build();
        PrivateCookieJar::new(key()).add(cookie).into_response().headers().clone()
    }

    fn greet(headers: &HeaderMap, now: u64) -> Option<String> {
        opened(headers).filter(|(_, began)| now < began + LASTS).map(|(user, _)| user)
    }

    fn log_out(&self, headers: &HeaderMap) -> HeaderMap {
        let jar = PrivateCookieJar::from_headers(headers, key());
        let jar = jar.remove(Cookie::build("user").path("/"));
        let mut headers = jar.into_response().headers().clone();
        if self.removes_ours {
            let removal = format!("{OURS}=; Path=/; Secure; Max-Age=0");
            headers.append(SET_COOKIE, removal.parse().unwrap());
        }
        headers
    }
}

/// A machine of the new release.
fn new() -> CookieSessions {
    let secret = Secret::from_bytes(&(0..32).map(|byte| byte * 7).collect::<Vec<u8>>()).unwrap();
    let old = OldCookie::new("user").remove_from(at(REMOVE_FROM));
    CookieSessions::builder(Keyring::new(secret))
        .adopt(at(UNTIL), [old], |headers, _now| {
            let (user, began) = opened(headers)?;
            let mut data = Dict::default();
            data.set("user", user);
            Some(Adopted::new(data, at(began)).expires_at(at(began + LASTS)))
        })
        .build()
        .unwrap()
}

/// The response of a new machine to a request that reads, or logs out.
fn respond(
    machine: &CookieSessions,
    headers: &HeaderMap,
    now: u64,
    logs_out: bool,
) -> (Option<String>, HeaderMap) {
    let mut session = machine.decode_at(headers, machine.transport(), at(now));
    let user = session.get("user").map(str::to_owned);
    if logs_out {
        session.invalidate();
    }
    let mut response = HeaderMap::new();
    machine.encode_at(&session, &mut response, StatusCode::OK, at(now)).unwrap();
    (user, response)
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// How many of the machines run the new release.
fn of_new(now: u64) -> usize {
    let steps = usize::try_from(now.saturating_sub(DEPLOY) / (4 * HOUR)).unwrap();
    if now < DEPLOY { 0 } else { MACHINES.min(steps + 1) }
}

struct Site {
    new: Vec<CookieSessions>,
    old: Old,
}

impl Site {
    fn begun(removes_ours: bool) -> Self {
        Self { new: (0..MACHINES).map(|_| new()).collect(), old: Old { removes_ours } }
    }

    /// A request of a browser to one of the machines: the user that it greets.
    fn request(&self, browser: &mut Browser, now: u64, machine: usize) -> Option<String> {
        let headers = browser.request(now);
        if machine >= of_new(now) {
            return Old::greet(&headers, now);
        }
        let (user, response) = respond(&self.new[machine], &headers, now, false);
        browser.receive(&response, now);
        user
    }

    fn log_out(&self, browser: &mut Browser, now: u64, machine: usize) {
        let headers = browser.request(now);
        let response = if machine >= of_new(now) {
            self.old.log_out(&headers)
        } else {
            respond(&self.new[machine], &headers, now, true).1
        };
        browser.receive(&response, now);
    }
}

fn logged_in(user: usize, began: u64) -> Browser {
    let mut browser = Browser::default();
    browser.receive(&Old::log_in(user, began), began);
    browser
}

#[test]
fn ten_thousand_sessions_are_neither_lost_nor_longer_than_before() {
    let (site, mut numbers) = (Site::begun(false), Numbers(7));
    let (mut requests, mut alive, mut both) = (0, 0, 0);
    for user in 0..10_000 {
        // Some have ended before the deploy, some begin on an old machine in the middle of it.
        let began = DEPLOY - 11 * DAY + numbers.below(12 * DAY - 4 * HOUR);
        let mut browser = logged_in(user, began);
        let mut times: Vec<u64> =
            (0..5).map(|_| began + numbers.below(LASTS)).chain([began + LASTS - 1]).collect();
        times.extend([began + LASTS, began + LASTS + 1 + numbers.below(20 * DAY)]);
        times.sort_unstable();
        let copy = browser.clone();
        for now in times {
            let machine = usize::try_from(numbers.below(MACHINES as u64)).unwrap();
            let greeted = site.request(&mut browser, now, machine);
            let expected = (now < began + LASTS).then(|| format!("user-{user}"));
            assert_eq!(greeted, expected, "{} s after the log-in, machine {machine}", now - began);
            requests += 1;
            both += usize::from(browser.has("user") && browser.has(OURS));
        }
        alive += usize::from(began + LASTS > DEPLOY);
        // A copy of the old cookie, without its `Max-Age`, is worth no more than the session was.
        let late = (began + LASTS).max(DEPLOYED) + numbers.below(5 * DAY);
        let headers = copy.clone().request(began);
        assert_eq!(respond(&site.new[0], &headers, late, false).0, None, "user-{user}");
    }
    assert!(requests == 80_000 && alive > 8_000 && both > 1_000, "{requests} {alive} {both}");
}

#[test]
fn no_session_is_adopted_after_the_end() {
    let site = Site::begun(false);
    for (user, began) in (0..1000).zip((UNTIL - LASTS + 1..UNTIL).step_by(840)) {
        let headers = logged_in(user, began).request(began);
        let greeted = |now| respond(&site.new[0], &headers, now, false).0;
        assert!(greeted(UNTIL - 1).is_some(), "{began}");
        assert_eq!(
            (greeted(UNTIL), greeted(began + LASTS - 1).is_some()),
            (None, began + LASTS <= UNTIL)
        );
    }
}

#[test]
fn the_old_cookie_is_removed_once_its_removal_has_begun() {
    let site = Site::begun(false);
    for (first, removed) in [(DEPLOYED, false), (REMOVE_FROM - 1, false), (REMOVE_FROM, true)] {
        let mut browser = logged_in(1, DEPLOY);
        assert!(site.request(&mut browser, first, 0).is_some());
        assert_eq!((browser.has(OURS), browser.has("user")), (true, !removed), "{first}");
    }
}

#[test]
fn a_log_out_on_a_new_machine_ends_both_sessions() {
    let site = Site::begun(false);
    let middle = DEPLOY + 10 * HOUR; // three of six machines are new
    for is_adopted_before in [false, true] {
        let mut browser = logged_in(1, DEPLOY);
        if is_adopted_before {
            assert!(site.request(&mut browser, middle, 0).is_some());
        }
        site.log_out(&mut browser, middle, 1);
        for machine in 0..MACHINES {
            assert_eq!(site.request(&mut browser, middle + 1, machine), None, "{machine}");
        }
    }
}

#[test]
fn a_log_out_on_an_old_machine_leaves_our_session_unless_it_removes_our_cookie() {
    let middle = DEPLOY + 10 * HOUR;
    for removes_ours in [false, true] {
        let site = Site::begun(removes_ours);
        let mut browser = logged_in(1, DEPLOY);
        assert!(site.request(&mut browser, middle, 0).is_some());
        site.log_out(&mut browser, middle, MACHINES - 1);
        assert_eq!(site.request(&mut browser, middle + 1, MACHINES - 1), None);
        assert_eq!(site.request(&mut browser, middle + 1, 0).is_none(), removes_ours);
    }
    // Before the session was adopted, it ends on all machines.
    let site = Site::begun(false);
    let mut browser = logged_in(1, DEPLOY);
    site.log_out(&mut browser, middle, MACHINES - 1);
    assert_eq!(site.request(&mut browser, middle + 1, 0), None);
}
