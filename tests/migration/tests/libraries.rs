//! Cookies that other libraries made become sessions of ours, opened by those libraries' own API.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use axum_core::response::IntoResponse;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Request, Response, StatusCode};
use migration::actix_session::adopt_actix;
use migration::private_jar::adopt_jar;
use migration::tower_sessions::adopt_tower;
use sealed_session::{
    Builder, CookieSessions, Dict, Keyring, LocalDenyList, Rejection, Secret, Sent, Session,
};
use tower::{Layer, ServiceExt, service_fn};

const DAY: Duration = Duration::from_hours(24);
const KEY: [u8; 64] = *b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
const OTHER_KEY: [u8; 64] = *b"another-another-another-another-another-another-another-another-";

/// The cookie that axum-extra sets for a user.
fn from_jar(user: &str) -> String {
    use axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar};
    let jar = PrivateCookieJar::new(Key::from(&KEY)).add(Cookie::new("user", user.to_owned()));
    pair(jar.into_response().headers())
}

/// The cookie that actix-session sets for a user.
fn from_actix(user: &str) -> String {
    use actix_session::storage::CookieSessionStore;
    use actix_session::{Session, SessionMiddleware};
    use actix_web::{App, cookie::Key, test, web};
    let user = user.to_owned();
    actix_web::rt::System::new().block_on(async move {
        let log_in = web::to(move |session: Session| {
            session.insert("user", &user).unwrap();
            async { "" }
        });
        let sessions = SessionMiddleware::new(CookieSessionStore::default(), Key::from(&KEY));
        let app = test::init_service(App::new().wrap(sessions).default_service(log_in)).await;
        let response = test::call_service(&app, test::TestRequest::default().to_request()).await;
        let line = response.headers().get("set-cookie").unwrap().to_str().unwrap();
        line.split(';').next().unwrap().to_owned()
    })
}

/// The cookie that tower-sessions-cookie-store sets for a user, for an hour.
fn from_tower(user: &str) -> String {
    use tower_sessions_cookie_store::{
        CookieSessionConfig, CookieSessionManagerLayer, Expiry, Key, Session,
    };
    let expiry = Expiry::OnInactivity(time::Duration::hours(1));
    let config = CookieSessionConfig::default().with_expiry(expiry).with_name("id");
    let layer = CookieSessionManagerLayer::private(Key::from(&KEY)).with_config(config);
    let user = user.to_owned();
    let service = layer.layer(service_fn(move |request: Request<String>| {
        let user = user.clone();
        async move {
            let session = request.extensions().get::<Session>().unwrap();
            session.insert("user", user).await.unwrap();
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    pair(runtime.block_on(service.oneshot(Request::new(String::new()))).unwrap().headers())
}

/// `name=value` of the only `Set-Cookie` header.
fn pair(headers: &HeaderMap) -> String {
    headers[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// A byte in percent-encoding.
fn escaped(byte: u8) -> Vec<char> {
    format!("%{byte:02x}").chars().collect()
}

type Make = fn(&str) -> String;
type Adopt = fn(Builder<Dict>, &[u8; 64], SystemTime) -> Builder<Dict>;

/// Each library: what makes its cookie, and what adopts it.
const LIBRARIES: [(&str, Make, Adopt); 3] = [
    ("PrivateCookieJar", from_jar, |builder, key, deployed| {
        adopt_jar(builder, axum_extra::extract::cookie::Key::from(key), deployed)
    }),
    ("actix-session", from_actix, |builder, key, deployed| {
        adopt_actix(builder, actix_web::cookie::Key::from(key), deployed)
    }),
    ("tower-sessions", from_tower, |builder, key, deployed| {
        adopt_tower(builder, tower_cookies::Key::from(key), deployed)
    }),
];

fn builder() -> Builder<Dict> {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7).collect();
    CookieSessions::builder(Keyring::new(Secret::from_bytes(&bytes).unwrap()))
        .revocation(LocalDenyList::new(100))
}

fn decode(sessions: &CookieSessions, cookie: &str, now: SystemTime) -> Session {
    let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())]);
    sessions.decode_at(&headers, sessions.transport(), now)
}

fn encode(sessions: &CookieSessions, session: &Session, now: SystemTime) -> (Sent, HeaderMap) {
    let mut headers = HeaderMap::new();
    (sessions.encode_at(session, &mut headers, StatusCode::OK, now).unwrap(), headers)
}

#[test]
fn a_session_of_each_library_goes_on() {
    for (library, make, adopt) in LIBRARIES {
        let now = SystemTime::now();
        let sessions = adopt(builder(), &KEY, now).build().unwrap();
        let old = make("alice");
        let session = decode(&sessions, &old, now);
        assert_eq!((session.get("user"), session.rejection()), (Some("alice"), None), "{library}");
        let (sent, headers) = encode(&sessions, &session, now);
        assert_eq!((sent, headers.get_all(SET_COOKIE).iter().count()), (Sent::Set, 1), "{library}");
        let both = format!("{}; {old}", pair(&headers));
        let session = decode(&sessions, &both, now);
        assert_eq!((session.get("user"), session.opened_by().is_some()), (Some("alice"), true));
        assert_eq!(encode(&sessions, &session, now).0, Sent::Unchanged, "{library}");
    }
}

#[test]
fn what_the_library_does_not_open_is_not_adopted() {
    for (library, make, adopt) in LIBRARIES {
        let now = SystemTime::now();
        let old = make("alice");
        let other_key = adopt(builder(), &OTHER_KEY, now).build().unwrap();
        assert!(decode(&other_key, &old, now).is_new(), "{library}");
        let sessions = adopt(builder(), &KEY, now).build().unwrap();
        let name = old.split_once('=').unwrap().0;
        let changed = format!("{}{}", &old[..old.len() - 6], "AAAAAA");
        for cookie in [format!("{name}=alice"), format!("{name}="), changed] {
            assert!(decode(&sessions, &cookie, now).is_new(), "{library}: {cookie}");
        }
        assert!(decode(&sessions, &old, now + 30 * DAY).is_new(), "{library}: after the end");
    }
}

#[test]
fn an_end_that_the_library_states_holds() {
    let now = SystemTime::now();
    let (_, make, adopt) = LIBRARIES[2];
    let sessions = adopt(builder(), &KEY, now).build().unwrap();
    let old = make("alice");
    let session = decode(&sessions, &old, now);
    let left = session.expires_at().duration_since(now).unwrap();
    assert!((3500..3700).contains(&left.as_secs()), "{left:?}");
    assert!(decode(&sessions, &old, now + Duration::from_secs(3700)).is_new());
}

#[test]
fn a_log_out_holds_against_every_spelling_that_the_library_opens() {
    for (library, make, adopt) in LIBRARIES {
        let now = SystemTime::now();
        let sessions = adopt(builder(), &KEY, now).build().unwrap();
        let old = make("alice");
        let (name, value) = old.split_once('=').unwrap();
        let every: String = value.bytes().flat_map(escaped).collect();
        let first = format!("%{:02X}{}", value.as_bytes()[0], &value[1..]);
        // What is escaped already stays so: the library decodes it once.
        let unless = |is_escaped: bool, spelling: String| {
            if is_escaped { old.clone() } else { format!("{name}={spelling}") }
        };
        let spellings = [
            old.clone(),
            format!("{name}= {value} "),
            unless(value.starts_with('%'), first),
            format!("a=1; {name}={value};{name}={value}"),
            unless(value.contains('%'), every),
        ];
        for spelling in &spellings {
            let session = decode(&sessions, spelling, now);
            assert_eq!(session.get("user"), Some("alice"), "{library}: {spelling}");
        }
        let mut session = decode(&sessions, &old, now);
        session.revoke();
        let (sent, headers) = encode(&sessions, &session, now);
        assert_eq!((sent, headers.get_all(SET_COOKIE).iter().count()), (Sent::Removed, 2));
        let more = [format!("{old}; %{:02x}{}={value}", name.as_bytes()[0], &name[1..])];
        for spelling in spellings.iter().chain(&more) {
            let session = decode(&sessions, spelling, now);
            assert_eq!(session.rejection(), Some(&Rejection::Revoked), "{library}: {spelling}");
        }
        assert_eq!(decode(&sessions, &make("alice"), now).get("user"), Some("alice"));
    }
}
