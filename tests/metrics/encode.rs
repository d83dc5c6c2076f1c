//! Sessions that were sealed, removed and withheld, and errors.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use metrics_util::debugging::DebugValue;
use sealed_session::{
    Adopted, CookieSessions, Dict, EncodeError, Issue, OldCookie, Sent, Session, Transport,
};

use crate::recorder::Recorder;
use crate::support::{
    DAY, NOW, at, cookies, decode, encode, line, ring, sealed, secret, sessions, visit,
};

fn alice(now: u64) -> String {
    sealed(&sessions(), &[("user", "alice")], now)
}

const SET: (&str, u64) = ("set_cookie_bytes", 1);
const ACCEPTED: (&str, u64) = ("accepted_total current", 1);

#[test]
fn a_sealed_session_is_counted_by_its_cause() {
    let recorder = Recorder::default();
    let sessions = recorder.with(|builder| builder);
    let mut session = visit(&sessions, NOW);
    session.set("user", "alice");
    encode(&sessions, &session, NOW);
    recorder.counted([("sealed_total written", 1), SET]);

    let changes: [fn(&mut Session); 4] = [
        |session| session.set("user", "bob"),
        Session::renew,
        Session::touch,
        |session| session.set_idle_timeout(std::time::Duration::from_secs(60)),
    ];
    for change in changes {
        let mut session = decode(&sessions, &alice(NOW), NOW);
        change(&mut session);
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
        recorder.counted([ACCEPTED, ("sealed_total written", 1), SET]);
    }

    let session = decode(&sessions, &alice(NOW - 8 * DAY), NOW);
    encode(&sessions, &session, NOW);
    recorder.counted([ACCEPTED, ("sealed_total refreshed", 1), SET]);

    let session = decode(&sessions, &alice(NOW), NOW);
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    recorder.counted([ACCEPTED]);
}

#[test]
fn a_session_of_a_previous_secret_is_counted_as_resealed_also_when_it_is_due() {
    let recorder = Recorder::default();
    let sessions = recorder.build(CookieSessions::builder(ring(2).previous(secret(1))));
    for age in [0, 8 * DAY] {
        let session = decode(&sessions, &alice(NOW - age), NOW);
        encode(&sessions, &session, NOW);
        recorder.counted([("accepted_total previous", 1), ("sealed_total resealed", 1), SET]);
    }
    let mut session = decode(&sessions, &alice(NOW), NOW);
    session.set("user", "bob");
    encode(&sessions, &session, NOW);
    recorder.counted([("accepted_total previous", 1), ("sealed_total written", 1), SET]);
}

#[test]
fn a_session_that_is_issued_to_a_visitor_is_counted_as_written() {
    let recorder = Recorder::default();
    let sessions = recorder.with(|builder| builder.issue(Issue::Eager));
    encode(&sessions, &visit(&sessions, NOW), NOW);
    recorder.counted([("sealed_total written", 1), SET]);
    let sessions = recorder.sessions();
    let session = visit(&sessions, NOW);
    session.id();
    encode(&sessions, &session, NOW);
    recorder.counted([("sealed_total written", 1), SET]);
}

/// The session of another library, whose cookie is the user.
fn old(headers: &HeaderMap, _: std::time::SystemTime) -> Option<Adopted<Dict>> {
    let user = headers.get("cookie")?.to_str().ok()?.strip_prefix("id=")?.to_owned();
    let mut data = Dict::default();
    data.set("user", user);
    Some(Adopted::new(data, at(NOW - DAY)))
}

#[test]
fn an_adopted_session_is_counted_when_it_is_sealed_and_was_opened_by_no_secret() {
    let recorder = Recorder::default();
    let sessions =
        recorder.with(|builder| builder.adopt(at(NOW + DAY), [OldCookie::new("id")], old));
    let session = decode(&sessions, "id=alice", NOW);
    recorder.counted([]);
    let (_, headers) = encode(&sessions, &session, NOW);
    recorder.counted([("sealed_total adopted", 1), SET]);

    let mut session = decode(&sessions, "id=alice", NOW);
    session.set("user", "bob");
    encode(&sessions, &session, NOW);
    recorder.counted([("sealed_total adopted", 1), SET]);

    decode(&sessions, "id=alice; id=bob", NOW);
    recorder.counted([("rejected_total ambiguous", 1)]);

    let ours = headers.get_all("set-cookie").iter().next().unwrap().to_str().unwrap();
    decode(&sessions, ours.split(';').next().unwrap(), NOW);
    recorder.counted([ACCEPTED]);
}

#[test]
fn the_length_is_that_of_the_header_that_was_sent() {
    let recorder = Recorder::default();
    for browser_session in [false, true] {
        let sessions = recorder.with(|builder| builder.browser_session(browser_session));
        for text in ["", "x", &"x".repeat(2000)] {
            let mut session = visit(&sessions, NOW);
            session.set("text", text);
            let sent = line(&encode(&sessions, &session, NOW).1).len();
            let bytes = recorder.all().into_iter().find_map(|series| match series.value {
                DebugValue::Histogram(samples) if series.name.ends_with("_bytes") => Some(samples),
                _ => None,
            });
            let bytes: Vec<f64> = bytes.unwrap().into_iter().map(Into::into).collect();
            assert_eq!(bytes, [f64::from(u32::try_from(sent).unwrap())]);
        }
    }
}

#[test]
fn a_removal_is_counted() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut session = decode(&sessions, &alice(NOW), NOW);
    session.invalidate();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Removed);
    recorder.counted([ACCEPTED, ("removed_total", 1)]);
    let mut session = visit(&sessions, NOW);
    session.invalidate();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    recorder.counted([]);
}

/// Encodes what came over HTTP.
fn encode_over_http(sessions: &CookieSessions, cookie: &str, change: fn(&mut Session)) -> Sent {
    let mut session = sessions.decode_at(&cookies([cookie]), Transport::Http, at(NOW));
    change(&mut session);
    encode(sessions, &session, NOW).0
}

#[test]
fn a_session_that_was_written_and_not_sent_is_counted_as_withheld_each_time() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    for _ in 0..3 {
        let write = |session: &mut Session| session.set("user", "alice");
        assert_eq!(encode_over_http(&sessions, "a=b", write), Sent::Withheld);
    }
    recorder.counted([("withheld_total", 3)]);
    assert_eq!(encode_over_http(&sessions, "a=b", |_| {}), Sent::Withheld);
    recorder.counted([]);
}

#[cfg(feature = "rotation")]
#[test]
fn a_written_session_of_a_removed_secret_is_counted_as_withheld() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut session = decode(&sessions, &alice(NOW), NOW);
    session.set("user", "bob");
    sessions.rotate(ring(2));
    recorder.take();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Withheld);
    recorder.counted([("withheld_total", 1)]);
}

/// A payload that does not serialize.
#[derive(Default)]
struct Unfit(bool);

impl serde::Serialize for Unfit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            Err(serde::ser::Error::custom("unfit"))
        } else {
            serializer.serialize_bool(false)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Unfit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(Self)
    }
}

#[test]
fn an_error_is_counted_by_its_kind_and_nothing_else_is() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut session = visit(&sessions, NOW);
    session.set("text", "x".repeat(5000));
    let send = |headers: &mut HeaderMap, session: &Session| {
        sessions.encode_at(session, headers, StatusCode::OK, at(NOW)).unwrap_err()
    };
    assert!(matches!(send(&mut HeaderMap::new(), &session), EncodeError::TooLarge { .. }));
    recorder.counted([("failed_total too_large", 1)]);
    sessions.to_cookie(&session, at(NOW)).unwrap_err();
    recorder.counted([("failed_total too_large", 1)]);

    session.set("text", "x");
    let mut full = HeaderMap::new();
    for n in 0..40_000 {
        let name = HeaderName::try_from(format!("x-{n}")).unwrap();
        if full.try_insert(name, HeaderValue::from_static("x")).is_err() {
            break;
        }
    }
    assert!(matches!(send(&mut full, &session), EncodeError::Headers(_)));
    recorder.counted([("failed_total headers", 1)]);

    let unfit = recorder.build(CookieSessions::typed::<Unfit>(ring(1), "unfit"));
    let mut session = visit(&unfit, NOW);
    session.data_mut().0 = true;
    let failed = unfit.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, at(NOW));
    assert!(matches!(failed, Err(EncodeError::Payload(_))));
    recorder.counted([("failed_total payload", 1)]);
}

#[test]
fn a_refresh_that_does_not_fit_is_counted_as_an_error() {
    let recorder = Recorder::default();
    let sessions = recorder.with(|builder| builder.max_set_cookie_len(512));
    let cookie = sealed(&self::sessions(), &[("text", &"x".repeat(1000))], NOW);
    let counted = [ACCEPTED, ("failed_total too_large", 1)];
    let session = decode(&sessions, &cookie, NOW + 8 * DAY);
    assert_eq!(encode(&sessions, &session, NOW + 8 * DAY).0, Sent::Unchanged);
    recorder.counted(counted);
    let session = decode(&sessions, &cookie, NOW + 8 * DAY);
    assert!(sessions.to_cookie(&session, at(NOW + 8 * DAY)).unwrap().is_none());
    recorder.counted(counted);
}

#[test]
fn the_cookie_for_a_jar_is_counted_as_that_in_a_response() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut session = visit(&sessions, NOW);
    assert!(sessions.to_cookie(&session, at(NOW)).unwrap().is_none());
    recorder.counted([]);
    session.set("user", "alice");
    sessions.to_cookie(&session, at(NOW)).unwrap().unwrap();
    recorder.counted([("sealed_total written", 1), SET]);
    let mut session = decode(&sessions, &alice(NOW), NOW);
    session.invalidate();
    sessions.to_cookie(&session, at(NOW)).unwrap().unwrap();
    recorder.counted([ACCEPTED, ("removed_total", 1)]);
}

#[test]
fn a_session_that_is_replaced_in_a_response_is_counted_as_well() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut headers = HeaderMap::new();
    for user in ["alice", "bob"] {
        let mut session = visit(&sessions, NOW);
        session.set("user", user);
        sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
    }
    assert_eq!(headers.get_all("set-cookie").iter().count(), 1);
    recorder.counted([("sealed_total written", 2), ("set_cookie_bytes", 2)]);
}

#[cfg(feature = "flash")]
#[test]
fn a_cookie_that_is_not_that_of_a_session_is_not_counted() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut flash = sessions.decode_flash(&http::Request::new(()));
    flash.push(sealed_session::Level::Info, "Saved.").unwrap();
    let mut response = http::Response::new(());
    sessions.encode_flash(&flash, &mut response).unwrap();
    let cookie = crate::support::pair(response.headers());
    let request = http::Request::builder().header("cookie", cookie).body(()).unwrap();
    assert_eq!(sessions.decode_flash(&request).len(), 1);
    let junk =
        http::Request::builder().header("cookie", "__Host-session-flash=!").body(()).unwrap();
    assert!(sessions.decode_flash(&junk).is_empty());
    recorder.counted([]);
}
