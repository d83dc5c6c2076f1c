//! Arbitrary settings: refused for what is wrong with them, or good for a cookie that a browser takes.
//!
//! The input is a choice for each setting, the clock, and then the data of a session; see
//! [`settings`](crate::settings).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE};
use sealed_session::{
    ConfigError, CookieSessions, Dict, EncodeError, Issue, KeyRole, Sent, Session,
};

use crate::answer;
use crate::browser::Stored;
use crate::common::{END_OF_9999, cookie_headers};
use crate::input::Input;
use crate::machine::Machine;
use crate::model::Model;
use crate::payload::{Known, Profile};
use crate::plan::Plan;
use crate::settings::{longest_empty_line, read, wrong};

/// A wrong setting is refused by its name; a right one makes a line that a browser reads as it was meant.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let plan = read(&mut input);
    if let Some(schema) = &plan.schema {
        let builder = CookieSessions::typed(plan.keyring(), schema.as_str());
        check::<Profile>(&plan, plan.settle(builder).build(), &mut input);
    } else {
        let builder = CookieSessions::builder(plan.keyring());
        check::<Dict>(&plan, plan.settle(builder).build(), &mut input);
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
                [longest_empty_line(&plan.machine::<T>()), plan.max_set_cookie_len]
            );
            assert!(size > limit);
        }
        Err(error) => panic!("{error}"),
        Ok(coder) => {
            assert_eq!(wrong, [""; 0], "{plan:?}");
            let machine = plan.machine::<T>();
            assert!(longest_empty_line(&machine) <= plan.max_set_cookie_len);
            assert!(coder.keys().map(|(role, id)| (role, id.to_string())).eq(names(&machine)));
            Visits { plan, coder: &coder, machine: &machine, now: now(input) }.make(input);
        }
    }
}

fn names(machine: &Machine) -> impl Iterator<Item = (KeyRole, String)> {
    machine.keys.iter().map(|(role, key)| (*role, format!("{:02x}{:02x}", key.id[0], key.id[1])))
}

/// Visits to a site that is configured like this.
struct Visits<'c, T> {
    plan: &'c Plan,
    coder: &'c CookieSessions<T>,
    machine: &'c Machine,
    now: u64,
}

impl<T: Known> Visits<'_, T> {
    fn make(&self, input: &mut Input<'_>) {
        self.is_issued_an_empty_session();
        let (mut session, mut model) =
            (self.decode(&HeaderMap::new()), self.model(&HeaderMap::new()));
        session.data_mut().fill(input);
        session.touch();
        model.is_borrowed(session.data().bytes());
        model.touch();

        let (before, mut headers) = (HeaderMap::new(), HeaderMap::new());
        let row = model.row(self.machine, true, StatusCode::OK, &before, self.now);
        let result = self.encode(&session, &mut headers);
        if answer::check(row, &model, self.machine, &result, [&before, &headers]).is_none() {
            return assert!(matches!(result, Err(EncodeError::TooLarge { .. })));
        }
        let cookie = self.take(headers[SET_COOKIE].as_bytes());
        let idle = i64::try_from(self.machine.idle).unwrap();
        assert_eq!(cookie.max_age, (!self.plan.browser_session).then_some(idle));
        self.check_jar(&session, &cookie);
        self.comes_back(&session, &cookie);
    }

    /// Whatever its times, there is room for it.
    fn is_issued_an_empty_session(&self) {
        let mut empty = self.decode(&HeaderMap::new());
        empty.touch();
        empty.set_idle_timeout(Duration::MAX);
        let sent = self.encode(&empty, &mut HeaderMap::new());
        assert!(sent.is_ok() || self.now > END_OF_9999, "{sent:?}");
    }

    fn decode(&self, header: &HeaderMap) -> Session<T> {
        self.coder.decode_at(header, self.machine.transport, at(self.now))
    }

    fn encode(&self, session: &Session<T>, headers: &mut HeaderMap) -> Result<Sent, EncodeError> {
        self.coder.encode_at(session, headers, StatusCode::OK, at(self.now))
    }

    fn model(&self, header: &HeaderMap) -> Model {
        let outcome = self.machine.judge(header, self.machine.transport, self.now);
        Model::decoded(self.machine, self.machine.transport, &outcome, self.now)
    }

    /// A browser at a host of the domain takes the line, and reads in it what was configured.
    fn take(&self, line: &[u8]) -> Stored {
        let Plan {
            domain, path, same_site, partitioned, insecure_http, max_set_cookie_len, ..
        } = self.plan;
        assert!(line.len() <= *max_set_cookie_len);
        let domain = domain.as_deref().map(str::to_ascii_lowercase);
        let host =
            domain.as_ref().map_or("www.example.com".into(), |domain| format!("www.{domain}"));
        let cookie = Stored::take(line, &host, !insecure_http);
        let cookie = cookie.unwrap_or_else(|| panic!("ignored: {}", line.escape_ascii()));
        assert_eq!((&cookie.name, &cookie.path), (&self.machine.scope.name, path));
        assert_eq!(cookie.host_only, domain.is_none());
        assert_eq!(cookie.domain, domain.unwrap_or(host));
        assert_eq!(cookie.same_site, Some(format!("{same_site:?}").to_ascii_lowercase()));
        let flags = (cookie.secure, cookie.http_only, cookie.partitioned);
        assert_eq!(flags, (!insecure_http, true, *partitioned));
        cookie
    }

    /// The same for a jar, but for the token, which is sealed anew.
    fn check_jar(&self, session: &Session<T>, cookie: &Stored) {
        let jar = self.coder.to_cookie(session, at(self.now)).unwrap().unwrap();
        let jar = self.take(jar.to_string().as_bytes());
        assert_ne!(jar.value, cookie.value);
        assert_eq!(Stored { value: cookie.value.clone(), ..jar }, *cookie);
    }

    /// What the browser sends back is the session, and log-out removes the very cookie.
    fn comes_back(&self, session: &Session<T>, cookie: &Stored) {
        let header = cookie_headers([format!("{}={}", cookie.name, cookie.value).as_bytes()]);
        let mut again = self.decode(&header);
        let outcome = self.machine.judge(&header, self.machine.transport, self.now);
        self.machine.check(&again, &outcome, self.now);
        assert!(outcome.standing.is_some());
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
