//! `inspect` and `decode` agree on every request, and on what the next response sends.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::HeaderMap;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::inspect::{Inspector, NextResponse, PayloadSchema, Settings, TokenFacts};
use sealed_session::{Builder, CookieSessions, KeyRole, Keyring, Payload, Sent, Session};

use crate::support::{DAY, NOW, at, cookies, secret};

/// When tokens are sealed.
const SEALED: [u64; 9] = [
    0,
    NOW - 31 * DAY,
    NOW - 8 * DAY,
    NOW - 7 * DAY,
    NOW - 61,
    NOW - 30,
    NOW,
    NOW + 300,
    NOW + 301,
];
/// When they are judged; the last ones are the end of the year 9999, and beyond.
const TIMES: [u64; 10] = [
    0,
    NOW - 301,
    NOW - 300,
    NOW,
    NOW,
    NOW,
    NOW + 7 * DAY,
    NOW + 400 * DAY,
    253_402_300_799,
    1 << 62,
];

type Entries = BTreeMap<String, String>;

/// What machines have, or had when they sealed a token.
#[derive(Clone, Debug)]
struct Machine {
    path: &'static str,
    context: &'static str,
    is_typed: bool,
    insecure_http: bool,
    idle: u64,
    absolute: u64,
    padding: Option<usize>,
    current: u8,
    previous: Vec<u8>,
    upcoming: Vec<u8>,
}

/// Mostly alike, so that most tokens open.
fn machine() -> impl Strategy<Value = Machine> {
    let scope = (select(vec!["/", "/", "/", "/app"]), select(vec!["", "", "", "one"]));
    let kind = (prop::bool::weighted(0.3), prop::bool::weighted(0.1));
    let limits =
        (select(vec![60, DAY, 14 * DAY, 14 * DAY]), select(vec![14 * DAY, 30 * DAY, 400 * DAY]));
    let ring = (1_u8..4, vec(1_u8..5, 0..3), vec(1_u8..5, 0..2));
    (scope, kind, limits, select(vec![None, Some(2), Some(512)]), ring).prop_map(
        |(
            (path, context),
            (is_typed, insecure_http),
            (idle, absolute),
            padding,
            (current, previous, upcoming),
        )| {
            Machine {
                path,
                context,
                is_typed,
                insecure_http,
                idle,
                absolute,
                padding,
                current,
                previous,
                upcoming,
            }
        },
    )
}

impl Machine {
    fn keyring(&self) -> Keyring {
        let ring = self
            .previous
            .iter()
            .fold(Keyring::new(secret(self.current)), |ring, n| ring.previous(secret(*n)));
        self.upcoming.iter().fold(ring, |ring, n| ring.upcoming(secret(*n)))
    }

    fn build<T: Payload>(&self, builder: Builder<T>) -> CookieSessions<T> {
        let mut builder = builder.path(self.path).context(self.context);
        builder = builder.idle_timeout(Duration::from_secs(self.idle));
        builder = builder.absolute_timeout(Duration::from_secs(self.absolute));
        if let Some(bytes) = self.padding {
            builder = builder.padding(bytes);
        }
        if self.insecure_http { builder.insecure_http() } else { builder }.build().unwrap()
    }

    fn dict(&self) -> CookieSessions {
        self.build(CookieSessions::builder(self.keyring()))
    }

    fn typed(&self) -> CookieSessions<Entries> {
        self.build(CookieSessions::typed::<Entries>(self.keyring(), "entries"))
    }

    fn inspector(&self) -> Inspector {
        let schema = if self.is_typed {
            PayloadSchema::Named("entries".into())
        } else {
            PayloadSchema::Dict
        };
        let settings = Settings {
            path: Some(self.path.into()),
            context: Some(self.context.into()),
            insecure_http: self.insecure_http,
            idle_timeout: Some(Duration::from_secs(self.idle)),
            absolute_timeout: Some(Duration::from_secs(self.absolute)),
            padding: self.padding,
            schema,
            ..Settings::default()
        };
        Inspector::new(&self.keyring(), &settings).unwrap()
    }
}

/// A token that a machine seals, and what becomes of it on its way.
#[derive(Clone, Debug)]
struct Sealed {
    by: usize,
    at: u64,
    own: Option<u64>,
    tampered: Option<(usize, u8)>,
    cut: usize,
    again: bool,
}

fn token() -> impl Strategy<Value = Sealed> {
    let time = select(SEALED.to_vec());
    let own = select(vec![None, None, Some(1), Some(60), Some(u64::MAX)]);
    let tampered = prop::option::weighted(0.2, (0_usize..90, select(b"AQgw_-+= \"".to_vec())));
    (0_usize..3, time, own, tampered, select(vec![0, 0, 0, 0, 1, 60]), prop::bool::weighted(0.2))
        .prop_map(|(by, at, own, tampered, cut, again)| Sealed {
            by,
            at,
            own,
            tampered,
            cut,
            again,
        })
}

fn seal<T: Payload>(sessions: &CookieSessions<T>, token: &Sealed) -> Option<String> {
    let mut session = sessions.decode_at(&HeaderMap::new(), sessions.transport(), at(token.at));
    session.touch();
    session.set_idle_timeout(token.own.map(Duration::from_secs));
    let mut headers = HeaderMap::new();
    sessions.encode_at(&session, &mut headers, StatusCode::OK, at(token.at)).unwrap();
    let cookie = headers.get("set-cookie")?.to_str().unwrap();
    Some(cookie.split([';', '=']).nth(1).unwrap().to_owned())
}

/// The values that a request has, under the name of the machine that reads them.
fn values(machines: &[Machine], tokens: &[Sealed]) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for token in tokens {
        let machine = &machines[token.by];
        let sealed = if machine.is_typed {
            seal(&machine.typed(), token)
        } else {
            seal(&machine.dict(), token)
        };
        let mut value = sealed.unwrap_or_default().into_bytes();
        if let Some((place, byte)) = token.tampered
            && let Some(old) = value.get_mut(place)
        {
            *old = byte;
        }
        value.truncate(value.len() - token.cut.min(value.len()));
        values.extend(vec![String::from_utf8(value).unwrap(); 1 + usize::from(token.again)]);
    }
    values
}

/// What `encode` sends for a session that the application did not change.
fn is_same_response<T: Payload>(
    sessions: &CookieSessions<T>,
    session: &Session<T>,
    next: &NextResponse,
    now: SystemTime,
) -> bool {
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_at(session, &mut headers, StatusCode::OK, now);
    let is_old = session.opened_by() == Some(KeyRole::Previous);
    match next {
        NextResponse::Nothing => matches!(sent, Ok(Sent::Unchanged)),
        NextResponse::Refreshed => matches!(sent, Ok(Sent::Set)) && !is_old,
        NextResponse::Resealed => matches!(sent, Ok(Sent::Set)) && is_old,
        NextResponse::Fails(_) => sent.is_err(),
    }
}

/// Compares one token, or the one of several that became the session.
fn is_same_session<T: Payload>(
    sessions: &CookieSessions<T>,
    headers: &HeaderMap,
    facts: &TokenFacts,
    now: SystemTime,
) -> bool {
    let session = sessions.decode_at(headers, sessions.transport(), now);
    let opened = facts.opened.as_ref();
    let found = opened.and_then(|opened| opened.session.as_ref());
    match (&facts.verdict, session.rejection()) {
        (Err(ours), Some(theirs)) => ours == theirs,
        (Ok(next), None) => {
            let found = found.unwrap();
            session.opened_by() == opened.map(|opened| opened.role)
                && session.label() == found.label
                && session.expires_at() == at(found.expires_at)
                && session.created_at() == at(found.created)
                && is_same_response(sessions, &session, next, now)
        }
        _ => false,
    }
}

fn agrees<T: Payload>(
    sessions: &CookieSessions<T>,
    inspector: &Inspector,
    values: &[String],
    now: SystemTime,
) {
    let name = inspector.scope().full_name;
    let header = |value: &String| format!("{name}={value}");
    for value in values {
        let facts = inspector.token(value.trim_end().as_bytes(), now);
        let headers = cookies([header(value)]);
        assert!(is_same_session(sessions, &headers, &facts, now), "{facts:?}");
    }
    for headers in [
        cookies(values.iter().map(header)),
        cookies([values.iter().map(header).collect::<Vec<_>>().join("; ")]),
    ] {
        let session = sessions.decode_at(&headers, sessions.transport(), now);
        match inspector.request(&headers, now) {
            None => assert!(session.is_new() && session.rejection().is_none()),
            Some(facts) => match facts.outcome {
                Err(rejection) => assert_eq!(session.rejection(), Some(&rejection)),
                Ok(place) => {
                    assert!(is_same_session(sessions, &headers, &facts.tokens[place], now));
                }
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_is_judged_as_the_library_judges_it(
        mut machines in vec(machine(), 3),
        tokens in vec(token(), 0..11),
        now in select(TIMES.to_vec()),
    ) {
        // One is like the machine that reads.
        machines[1] = Machine { idle: machines[1].idle, current: machines[1].current, ..machines[0].clone() };
        let values = values(&machines, &tokens);
        let reader = &machines[0];
        let inspector = reader.inspector();
        if reader.is_typed {
            agrees(&reader.typed(), &inspector, &values, at(now));
        } else {
            agrees(&reader.dict(), &inspector, &values, at(now));
        }
    }
}
