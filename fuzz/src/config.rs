//! Arbitrary settings: rejected for what is wrong with them, or a cookie that a browser accepts.
//!
//! The input is a choice for each setting, see `settings`, the clock, and then the data of a
//! session.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE};
use sealed_session::{
    ConfigError, CookieSessions, Dict, EncodeError, Issue, KeyRole, Sent, Session,
};

use crate::browser::Stored;
use crate::common::{END_OF_9999, cookie_headers};
use crate::decode::Rules;
use crate::encode::Model;
use crate::input::Input;
use crate::payload::Known;
use crate::plan::Plan;
use crate::response;
use crate::settings::{longest_empty_set_cookie, read, wrong};
use crate::typed::Profile;

/// A wrong setting is rejected by its name. Right ones make a `Set-Cookie` header that a browser
/// reads as it was meant.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = read(&mut input);
    if plan.schema.is_some() {
        check::<Profile>(&plan, plan.build(), &mut input);
    } else {
        check::<Dict>(&plan, plan.build(), &mut input);
    }
}

fn check<T: Known>(
    plan: &Plan,
    build: Result<CookieSessions<T>, ConfigError>,
    input: &mut Input<'_>,
) {
    let wrong = wrong(plan);
    match build {
        Err(ConfigError::Setting { setting, .. }) => {
            assert!(wrong.contains(&setting), "{setting} is right: {plan:?}");
        }
        Err(ConfigError::NoRoom { size, limit }) => {
            assert_eq!(wrong, [""; 0]);
            assert_eq!(
                [size, limit],
                [longest_empty_set_cookie(&plan.rules::<T>()), plan.max_set_cookie_len]
            );
            assert!(size > limit);
        }
        Err(error) => panic!("{error}"),
        Ok(coder) => {
            assert_eq!(wrong, [""; 0], "{plan:?}");
            let rules = plan.rules::<T>();
            assert!(longest_empty_set_cookie(&rules) <= plan.max_set_cookie_len);
            assert!(coder.keys().map(|(role, id)| (role, id.to_string())).eq(names(&rules)));
            Visits { plan, coder: &coder, rules: &rules, now: now(input) }.make(input);
        }
    }
}

fn names(rules: &Rules) -> impl Iterator<Item = (KeyRole, String)> {
    rules.keys.iter().map(|(role, key)| (*role, format!("{:02x}{:02x}", key.id[0], key.id[1])))
}

/// Visits to a site with this configuration.
struct Visits<'c, T> {
    plan: &'c Plan,
    coder: &'c CookieSessions<T>,
    rules: &'c Rules,
    now: u64,
}

impl<T: Known> Visits<'_, T> {
    fn make(&self, input: &mut Input<'_>) {
        self.is_issued_an_empty_session();
        let (mut session, mut model) =
            (self.decode(&HeaderMap::new()), self.model(&HeaderMap::new()));
        session.data_mut().fill(input);
        session.touch();
        model.set_payload(session.data().bytes());
        model.touch();

        let (before, mut headers) = (HeaderMap::new(), HeaderMap::new());
        let row = model.row(self.rules, true, StatusCode::OK, &before, self.now);
        let result = self.encode(&session, &mut headers);
        if response::check(row, &model, self.rules, &result, [&before, &headers]).is_none() {
            return assert!(matches!(result, Err(EncodeError::TooLarge { .. })));
        }
        let cookie = self.take(headers[SET_COOKIE].as_bytes());
        let idle = i64::try_from(self.rules.idle).unwrap();
        assert_eq!(cookie.max_age, (!self.plan.browser_session).then_some(idle));
        self.check_jar(&session, &cookie);
        self.comes_back(&session, &cookie);
    }

    /// An empty session always fits, whatever its times.
    fn is_issued_an_empty_session(&self) {
        let mut empty = self.decode(&HeaderMap::new());
        empty.touch();
        empty.set_idle_timeout(Duration::MAX);
        let sent = self.encode(&empty, &mut HeaderMap::new());
        assert!(sent.is_ok() || self.now > END_OF_9999, "{sent:?}");
    }

    fn decode(&self, header: &HeaderMap) -> Session<T> {
        self.coder.decode_at(header, self.rules.transport, at(self.now))
    }

    fn encode(&self, session: &Session<T>, headers: &mut HeaderMap) -> Result<Sent, EncodeError> {
        self.coder.encode_at(session, headers, StatusCode::OK, at(self.now))
    }

    fn model(&self, header: &HeaderMap) -> Model {
        let outcome = self.rules.judge(header, self.rules.transport, self.now);
        Model::decoded(self.rules, self.rules.transport, &outcome, self.now)
    }

    /// A browser at a host of the domain takes the header, and reads what was configured.
    fn take(&self, set_cookie: &[u8]) -> Stored {
        let Plan {
            domain, path, same_site, partitioned, insecure_http, max_set_cookie_len, ..
        } = self.plan;
        assert!(set_cookie.len() <= *max_set_cookie_len);
        let domain = domain.as_deref().map(str::to_ascii_lowercase);
        let host =
            domain.as_ref().map_or("www.example.com".into(), |domain| format!("www.{domain}"));
        let cookie = Stored::take(set_cookie, &host, !insecure_http);
        let cookie = cookie.unwrap_or_else(|| panic!("ignored: {}", set_cookie.escape_ascii()));
        assert_eq!((&cookie.name, &cookie.path), (&self.rules.scope.name, path));
        assert_eq!(cookie.host_only, domain.is_none());
        assert_eq!(cookie.domain, domain.unwrap_or(host));
        assert_eq!(cookie.same_site, Some(format!("{same_site:?}").to_ascii_lowercase()));
        let flags = (cookie.secure, cookie.http_only, cookie.partitioned);
        assert_eq!(flags, (!insecure_http, true, *partitioned));
        cookie
    }

    /// A jar gets the same cookie, but for the token, which is sealed anew.
    fn check_jar(&self, session: &Session<T>, cookie: &Stored) {
        let jar = self.coder.to_cookie(session, at(self.now)).unwrap().unwrap();
        let jar = self.take(jar.to_string().as_bytes());
        assert_ne!(jar.value, cookie.value);
        assert_eq!(Stored { value: cookie.value.clone(), ..jar }, *cookie);
    }

    /// The browser sends the session back, and log-out removes that cookie.
    fn comes_back(&self, session: &Session<T>, cookie: &Stored) {
        let header = cookie_headers([format!("{}={}", cookie.name, cookie.value).as_bytes()]);
        let mut again = self.decode(&header);
        let outcome = self.rules.judge(&header, self.rules.transport, self.now);
        self.rules.check(&again, &outcome, self.now);
        assert!(outcome.accepted.is_some());
        assert_eq!(again.label(), session.label());
        assert_eq!(again.data().bytes(), session.data().bytes());

        again.invalidate();
        let mut headers = HeaderMap::new();
        let sent = self.encode(&again, &mut headers).unwrap();
        let removal = self.take(headers[SET_COOKIE].as_bytes());
        if self.plan.issue == Issue::Lazy {
            assert_eq!(
                (sent, removal.value.as_str(), removal.max_age),
                (Sent::Removed, "", Some(0))
            );
        } else {
            assert_eq!(sent, Sent::Set);
        }
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn now(input: &mut Input<'_>) -> u64 {
    let now = input.number();
    if UNIX_EPOCH.checked_add(Duration::from_secs(now)).is_some() { now } else { END_OF_9999 }
}
