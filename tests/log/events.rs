//! What the log is told, at which level and how often, and what it is never told.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support;
use crate::support::*;
use base64_simd::URL_SAFE_NO_PAD;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    Adopted, Builder, CookieSessions, Dict, EncodeError, Issue, Keyring, OldCookie, SameSite, Sent,
    Session, Transport,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// An event: its fields by name, the message among them.
#[derive(Clone, Debug)]
pub struct Told {
    level: Level,
    target: String,
    pub fields: BTreeMap<&'static str, String>,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Told>>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let (level, target) = (*metadata.level(), metadata.target().to_owned());
        let mut told = Told { level, target, fields: BTreeMap::new() };
        event.record(&mut told);
        self.0.lock().unwrap().push(told);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What is told while this runs.
fn listen<R>(run: impl FnOnce() -> R) -> (R, Vec<Told>) {
    support::each_thread_for_itself();
    let log = Log::default();
    let result = tracing::subscriber::with_default(log.clone(), run);
    let told = log.0.lock().unwrap().clone();
    assert!(told.iter().all(|told| told.target == "sealed_session"), "{told:?}");
    (result, told)
}

/// What is told at this level while this runs.
pub fn told(level: Level, run: impl FnOnce()) -> Vec<Told> {
    listen(run).1.into_iter().filter(|told| told.level == level).collect()
}

/// What this makes, whatever is told meanwhile.
pub fn made<R>(make: impl FnOnce() -> R) -> R {
    listen(make).0
}

#[track_caller]
fn only(told: Vec<Told>) -> Told {
    let [told] = <[Told; 1]>::try_from(told).unwrap();
    told
}

pub type Configure = fn(Builder<Dict>) -> Builder<Dict>;

pub fn build(keyring: Keyring, configure: Configure) -> CookieSessions {
    made(|| configure(CookieSessions::builder(keyring)).build().unwrap())
}

/// Seals a session with an entry.
fn seal(sessions: &CookieSessions) -> HeaderMap {
    let mut session = visit(sessions, NOW);
    session.set("entry-name", "entry-value");
    encode(sessions, &session, NOW).1
}

/// A loaded session.
fn loaded(sessions: &CookieSessions) -> Session {
    made(|| decode(sessions, &pair(&seal(sessions)), NOW))
}

/// A session that was written on a request over the other transport.
fn withhold(sessions: &CookieSessions, now: SystemTime) {
    let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Http, now);
    session.touch();
    let sent = sessions.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, now);
    assert_eq!(sent.unwrap(), Sent::Withheld);
}

#[test]
fn a_build_is_logged_once_with_its_settings() {
    let rows: [(Configure, [&str; 5]); 2] = [
        (|b| b, [NAME, "Https", "Lazy", "1209600", "2592000"]),
        (
            |b| {
                b.insecure_http()
                    .issue(Issue::Eager)
                    .idle_timeout(secs(1234))
                    .absolute_timeout(secs(5678))
            },
            ["session", "Http", "Eager", "1234", "5678"],
        ),
    ];
    for (configure, settings) in rows {
        let keyring = ring(1).previous(secret(2)).upcoming(secret(3));
        let (sessions, told) =
            listen(|| configure(CookieSessions::builder(keyring)).build().unwrap().clone());
        let built = only(told);
        assert_eq!(built.level, Level::INFO);
        let says = |text: &str| built.fields.values().any(|value| value.contains(text));
        for expected in settings {
            assert!(says(expected), "{expected}: {built:?}");
        }
        for (role, id) in sessions.keys() {
            assert!(says(&format!("{role} {id}")), "{role} {id}: {built:?}");
        }
    }
}

#[test]
fn a_build_on_a_boot_key_is_a_warning_that_says_how_to_make_a_secret() {
    for (keyring, expected) in
        [(ring(1), 0), (Keyring::ephemeral(), 1), (Keyring::ephemeral().previous(secret(2)), 1)]
    {
        let warnings = told(Level::WARN, || {
            let sessions = CookieSessions::new(keyring);
            drop((seal(&sessions), seal(&sessions.clone())));
        });
        assert_eq!(warnings.len(), expected, "{warnings:?}");
        for warning in warnings {
            assert!(warning.fields["message"].contains("`openssl rand -base64 32`"), "{warning:?}");
        }
    }
}

#[test]
fn a_build_that_fails_on_a_boot_key_logs_nothing() {
    let builder = CookieSessions::builder(Keyring::ephemeral()).name("my session");
    assert!(listen(|| builder.build().unwrap_err()).1.is_empty());
}

#[test]
fn the_first_seal_without_tls_is_a_warning_once_a_build() {
    for _ in 0..2 {
        let sessions = build(ring(1), Builder::insecure_http);
        let unsent = told(Level::WARN, || drop(encode(&sessions, &visit(&sessions, NOW), NOW)));
        assert!(unsent.is_empty(), "nothing was sealed: {unsent:?}");
        let sealed = told(Level::WARN, || {
            drop((seal(&sessions), seal(&sessions.clone()), seal(&sessions)));
        });
        assert!(only(sealed).fields["message"].starts_with("insecure_http() is set"));
    }
}

/// What is told at WARN when a visitor's session is given this timeout and encoded.
fn warned_of_timeout(
    sessions: &CookieSessions,
    timeout: impl Into<Option<Duration>>,
) -> Vec<BTreeMap<&'static str, String>> {
    let warnings = told(Level::WARN, || {
        let mut session = visit(sessions, NOW);
        session.set("user", "alice");
        session.set_idle_timeout(timeout);
        encode(sessions, &session, NOW);
    });
    warnings.into_iter().map(|told| told.fields).collect()
}

#[test]
fn a_timeout_that_is_clamped_is_a_warning_once_a_build() {
    const ABSOLUTE: u64 = 30 * DAY;
    for (timeout, asked, set) in [
        (secs(365 * DAY), 365 * DAY, ABSOLUTE),
        (secs(ABSOLUTE + 1), ABSOLUTE + 1, ABSOLUTE),
        (secs(ABSOLUTE) + Duration::from_nanos(1), ABSOLUTE + 1, ABSOLUTE),
        (Duration::MAX, u64::MAX, ABSOLUTE),
        (Duration::ZERO, 0, 1),
    ] {
        for _ in 0..2 {
            let sessions = build(ring(1), |b| b);
            let [fields] = <[_; 1]>::try_from(warned_of_timeout(&sessions, timeout)).unwrap();
            let message = "set_idle_timeout was clamped: the timeout has to be from 1 second to absolute_timeout";
            assert_eq!(fields["message"], message, "{timeout:?}");
            assert_eq!((&fields["asked"], &fields["set"]), (&asked.to_string(), &set.to_string()));
            assert!(warned_of_timeout(&sessions.clone(), timeout).is_empty(), "told already");
            assert!(warned_of_timeout(&sessions, secs(0)).is_empty(), "told already");
        }
    }
}

#[test]
fn a_timeout_within_its_bounds_or_rounded_up_is_no_warning() {
    let sessions = build(ring(1), |b| b);
    let nanos = Duration::from_nanos;
    let almost = Duration::new(30 * DAY - 1, 999_999_999);
    for timeout in [nanos(1), secs(1), nanos(1_500_000_000), almost, secs(30 * DAY)] {
        assert_eq!(warned_of_timeout(&sessions, timeout), [], "{timeout:?}");
    }
    assert_eq!(warned_of_timeout(&sessions, None), []);
}

#[test]
fn a_clamp_is_logged_for_the_timeout_that_the_session_has_when_it_is_encoded() {
    type Change = fn(&mut Session);
    let rows: [(&str, Change, usize); 5] = [
        ("kept", |_| (), 1),
        ("renewed", Session::renew, 1),
        ("set again", |session| session.set_idle_timeout(secs(60)), 0),
        ("taken back", |session| session.set_idle_timeout(None), 0),
        ("logged out", Session::invalidate, 0),
    ];
    for (row, then, expected) in rows {
        let sessions = build(ring(1), |b| b);
        let mut session = loaded(&sessions);
        session.set_idle_timeout(secs(365 * DAY));
        then(&mut session);
        let by_encode = told(Level::WARN, || drop(encode(&sessions, &session, NOW)));
        assert_eq!(by_encode.len(), expected, "{row}: {by_encode:?}");
        let sessions = build(ring(1), |b| b);
        let for_a_jar = told(Level::WARN, || drop(sessions.to_cookie(&session, at(NOW))));
        assert_eq!(for_a_jar.len(), expected, "{row}: {for_a_jar:?}");
    }
}

#[cfg(feature = "rotation")]
#[test]
fn a_rotation_is_logged_with_the_new_key_ids() {
    let sessions = build(ring(1), |b| b);
    let rotated =
        only(listen(|| sessions.clone().rotate(ring(2).previous(secret(1)).upcoming(secret(3)))).1);
    let keys: Vec<String> = sessions.keys().map(|(role, id)| format!("{role} {id}")).collect();
    assert_eq!(
        (rotated.level, &rotated.fields["message"]),
        (Level::INFO, &"the secrets were rotated".into())
    );
    assert_eq!(
        (&rotated.fields["name"], &rotated.fields["keys"]),
        (&NAME.into(), &keys.join(", "))
    );
}

#[cfg(feature = "rotation")]
#[test]
fn a_rotation_warns_if_it_leaves_no_secret_and_advises_if_the_current_one_is_new() {
    let old = || ring(1).previous(secret(2)).upcoming(secret(3));
    let rows = [
        ("upcoming becomes current", ring(3).previous(secret(1)), false, false),
        ("a previous one is current again", ring(2).previous(secret(1)), false, false),
        ("one more is upcoming", old().upcoming(secret(4)), false, false),
        ("the others are dropped", ring(1), false, false),
        ("only the previous one is left", ring(2), false, false),
        ("a new one is current", ring(4).previous(secret(1)), false, true),
        ("it replaces all but the previous one", ring(4).previous(secret(2)), false, true),
        ("it replaces all", ring(4), true, true),
        ("with others", ring(4).previous(secret(5)).upcoming(secret(6)), true, true),
        ("to a boot key", Keyring::ephemeral(), true, false),
    ];
    for (row, keyring, ends_all, is_new) in rows {
        let sessions = build(old(), |b| b);
        let ((), told) = listen(|| sessions.rotate(keyring));
        let warning = "no secret from before the rotation is left: every session ends";
        let warnings: Vec<_> =
            told.iter().filter(|told| told.fields["message"] == warning).collect();
        assert_eq!(warnings.len(), usize::from(ends_all), "{row}");
        assert!(warnings.iter().all(|told| told.level == Level::WARN), "{row}");
        let rotated = only(told.into_iter().filter(|told| told.level == Level::INFO).collect());
        let advice = "the current secret is new here: machines without it reject its sessions until they rotate";
        let expected = is_new.then_some(advice);
        assert_eq!(rotated.fields.get("advice").map(String::as_str), expected, "{row}");
    }
}

#[cfg(feature = "rotation")]
#[test]
fn a_rotation_to_the_secrets_that_are_in_use_is_not_logged() {
    let keyring = || ring(1).previous(secret(2)).upcoming(secret(3));
    let sessions = build(keyring(), |b| b);
    let events_of = |keyring: Keyring| listen(|| sessions.rotate(keyring)).1.len();
    assert_eq!(events_of(keyring()), 0);
    for other in [
        ring(1).previous(secret(2)),
        ring(1).previous(secret(3)).upcoming(secret(2)),
        ring(2).previous(secret(1)).upcoming(secret(3)),
        ring(2).previous(secret(1)).previous(secret(3)),
        keyring(),
    ] {
        assert_eq!(events_of(other.clone()), 1, "{other:?}");
        assert_eq!(events_of(other), 0);
    }
}

#[cfg(feature = "rotation")]
#[test]
fn the_first_rotation_to_a_boot_key_is_a_warning_unless_the_build_was_one() {
    let sessions = build(ring(1), |b| b);
    let warnings = |sessions: &CookieSessions, keyring| {
        let told = told(Level::WARN, || sessions.clone().rotate(keyring));
        told.iter().filter(|told| told.fields["message"].contains("is configured")).count()
    };
    for (keyring, expected) in
        [(ring(2), 0), (Keyring::ephemeral(), 1), (ring(2), 0), (Keyring::ephemeral(), 0)]
    {
        assert_eq!(warnings(&sessions, keyring), expected);
    }
    let sessions = build(Keyring::ephemeral(), |b| b);
    assert_eq!(warnings(&sessions, Keyring::ephemeral()), 0, "told already");
}

#[cfg(feature = "rotation")]
#[test]
fn a_written_session_whose_secret_was_rotated_out_is_a_warning_once_a_minute() {
    let sessions = build(ring(1), |b| b);
    let [mut written, read] = [(); 2].map(|()| loaded(&sessions));
    written.set("entry-name", "another-value");
    made(|| sessions.rotate(ring(2)));
    let warnings = |session, now| told(Level::WARN, || drop(encode(&sessions, session, now)));
    assert!(warnings(&read, NOW).is_empty(), "nothing is lost");
    for (now, due) in [(NOW, true), (NOW + 59, false), (NOW + 60, true)] {
        let messages: Vec<String> =
            warnings(&written, now).iter().map(|told| told.fields["message"].clone()).collect();
        let message =
            "a session was written but not sent: the secret that opened it has been removed";
        assert_eq!(messages, if due { vec![message] } else { vec![] }, "{}", now - NOW);
    }
}

/// A hook that responds or does not, as it is told.
#[cfg(feature = "revocation")]
#[derive(Clone, Default)]
struct Store(Arc<std::sync::atomic::AtomicBool>);

#[cfg(feature = "revocation")]
impl Store {
    fn answer(&self) -> Result<bool, sealed_session::Unavailable> {
        let down = self.0.load(std::sync::atomic::Ordering::Relaxed);
        if down { Err(sealed_session::Unavailable::new("a password")) } else { Ok(false) }
    }

    fn set_down(&self, down: bool) {
        self.0.store(down, std::sync::atomic::Ordering::Relaxed);
    }
}

#[cfg(feature = "revocation")]
impl sealed_session::Revocation for Store {
    fn is_revoked(
        &self,
        _: &sealed_session::RevocationQuery,
    ) -> Result<bool, sealed_session::Unavailable> {
        self.answer()
    }

    fn revoke(
        &self,
        _: &sealed_session::RevokedSession,
    ) -> Result<(), sealed_session::Unavailable> {
        self.answer().map(|_| ())
    }
}

/// Whether the store is down, what is done then, and what is told.
#[cfg(feature = "revocation")]
type Row<'r> = (bool, &'r dyn Fn(), Option<&'r str>);

#[cfg(feature = "revocation")]
#[test]
fn a_store_that_stops_responding_or_responds_again_is_a_warning_at_each_change() {
    let store = Store::default();
    let sessions =
        made(|| CookieSessions::builder(ring(1)).revocation(store.clone()).build().unwrap());
    let cookie = made(|| pair(&seal(&sessions)));
    let mut revoked = made(|| decode(&sessions, &cookie, NOW));
    revoked.revoke();
    let ask = || drop(decode(&sessions.clone(), &cookie, NOW));
    let tell = || drop(sessions.to_cookie(&revoked, at(NOW)));
    let no_answer = "the revocation store does not respond: sessions are rejected";
    let again = "the revocation store responds again";
    let rows: [Row<'_>; 8] = [
        (false, &ask, None),
        (true, &ask, Some(no_answer)),
        (true, &ask, None),
        (true, &tell, None),
        (false, &tell, Some(again)),
        (false, &ask, None),
        (true, &tell, Some(no_answer)),
        (false, &ask, Some(again)),
    ];
    for (n, (down, request, expected)) in rows.into_iter().enumerate() {
        store.set_down(down);
        let told = told(Level::WARN, request);
        let messages: Vec<&str> = told.iter().map(|told| told.fields["message"].as_str()).collect();
        assert_eq!(messages, expected.into_iter().collect::<Vec<_>>(), "row {n}");
        assert!(!format!("{told:?}").contains("password"));
    }
}

#[cfg(feature = "revocation")]
#[test]
fn a_log_out_that_is_not_recorded_is_an_error_with_the_label_only() {
    let store = Store::default();
    let sessions =
        made(|| CookieSessions::builder(ring(1)).revocation(store.clone()).build().unwrap());
    let mut session = loaded(&sessions);
    session.revoke();
    store.set_down(true);
    let error = only(told(Level::ERROR, || drop(sessions.to_cookie(&session, at(NOW)))));
    assert!(error.fields["message"].ends_with("the revocation store did not respond"), "{error:?}");
}

#[cfg(feature = "revocation")]
#[test]
fn a_hook_that_cannot_be_waited_for_is_an_error_once_a_build() {
    struct Patient;
    impl sealed_session::AsyncRevocation for Patient {
        async fn is_revoked(
            &self,
            _: &sealed_session::RevocationQuery,
        ) -> Result<bool, sealed_session::Unavailable> {
            unreachable!("nobody waits for it")
        }
        async fn revoke(
            &self,
            _: &sealed_session::RevokedSession,
        ) -> Result<(), sealed_session::Unavailable> {
            unreachable!("nobody waits for it")
        }
    }
    let sessions =
        made(|| CookieSessions::builder(ring(1)).revocation_async(Patient).build().unwrap());
    let cookie = made(|| pair(&seal(&sessions)));
    let ask = || drop(decode(&sessions.clone(), &cookie, NOW));
    let error = only(told(Level::ERROR, || (ask(), ask()).1));
    assert!(error.fields["message"].contains("SessionLayer::check_revocation"), "{error:?}");
}

#[cfg(feature = "revocation")]
#[test]
fn a_log_out_that_could_not_be_recorded_is_a_warning_once_a_minute() {
    let list = sealed_session::LocalDenyList::new(1);
    let sessions = made(|| CookieSessions::builder(ring(1)).revocation(list).build().unwrap());
    let of_another_machine = made(|| sealed(&CookieSessions::new(ring(2)), &[], NOW));
    for (seconds, due) in [(0, 1), (59, 0), (60, 1)] {
        let warnings = told(Level::WARN, || {
            let mut session = decode(&sessions.clone(), &of_another_machine, NOW + seconds);
            session.revoke();
            assert_eq!(encode(&sessions, &session, NOW + seconds).0, Sent::RemovedUnrecorded);
        });
        assert_eq!(warnings.len(), due, "after {seconds} s: {warnings:?}");
        let message =
            "a log-out was not recorded: this machine cannot open the cookie that the client sent";
        assert!(warnings.iter().all(|told| told.fields["message"] == message), "{warnings:?}");
    }
}

#[cfg(feature = "revocation")]
#[test]
fn a_full_deny_list_is_a_warning_once_a_minute_with_the_count() {
    let list = sealed_session::LocalDenyList::new(1);
    let sessions =
        made(|| CookieSessions::builder(ring(1)).revocation(list.clone()).build().unwrap());
    let log_out = |now| {
        let mut session = loaded(&sessions);
        session.revoke();
        told(Level::WARN, || drop(encode(&sessions, &session, now)))
    };
    for (now, dropped) in [(NOW, None), (NOW, Some("1")), (NOW + 59, None), (NOW + 60, Some("3"))] {
        let warnings = log_out(now);
        let counts: Vec<&str> =
            warnings.iter().map(|told| told.fields["dropped"].as_str()).collect();
        assert_eq!(counts, dropped.into_iter().collect::<Vec<_>>(), "{warnings:?}");
    }
}

#[cfg(feature = "revocation")]
#[test]
fn a_denied_subject_is_a_warning_once_a_minute_unless_a_configuration_of_the_list_has_a_subject() {
    use sealed_session::{LocalDenyList, Revocation};
    type Attach = fn(&LocalDenyList);

    fn attach(list: impl Revocation, configure: Configure) {
        let builder = configure(CookieSessions::builder(ring(1)).revocation(list));
        made(|| drop(builder.build().unwrap()));
    }
    const PLAIN: Configure = |builder| builder;
    const SUBJECT: Configure = |builder| builder.subject(|dict| dict.get("user").map(Into::into));
    let nowhere = "a subject was denied in a deny list that no configuration has, so none of its sessions ends: give \
                   the list, or a clone of it, to Builder::revocation";
    let subjectless = "a subject was denied, but no configuration with this deny list has a subject, so none of its \
                       sessions ends: call Builder::subject";
    let rows: [(&str, Attach, Option<&str>); 7] = [
        ("nowhere", |_| (), Some(nowhere)),
        ("another list", |_| attach(LocalDenyList::new(9), SUBJECT), Some(nowhere)),
        ("without a subject", |list| attach(list.clone(), PLAIN), Some(subjectless)),
        ("shared", |list| attach(Arc::new(list.clone()), PLAIN), Some(subjectless)),
        ("with a subject", |list| attach(list.clone(), SUBJECT), None),
        (
            "in one of two",
            |list| [SUBJECT, PLAIN].into_iter().for_each(|of| attach(list.clone(), of)),
            None,
        ),
        ("by another hook", |list| list.attached(secs(DAY)), None),
    ];
    for (row, attach, expected) in rows {
        let list = LocalDenyList::new(9);
        attach(&list);
        for (now, due) in [(NOW, true), (NOW + 59, false), (NOW + 60, true)] {
            let warnings = told(Level::WARN, || list.log_out_everywhere("alice", at(now)));
            let messages: Vec<&str> =
                warnings.iter().map(|told| told.fields["message"].as_str()).collect();
            assert_eq!(messages, Vec::from_iter(expected.filter(|_| due)), "{row}, {}", now - NOW);
        }
    }
}

#[test]
fn a_rejection_is_logged_with_reason_key_id_and_length() {
    let sealed = |n, now| made(|| sealed(&CookieSessions::new(ring(n)), &[], now));
    let rows = [
        ("TooLong", None, format!("{NAME}={}", "x".repeat(4096))),
        ("Malformed", None, format!("{NAME}=x")),
        ("UnknownVersion", None, format!("{NAME}=xxxx")),
        ("UnknownKey", Some(2), sealed(2, NOW)),
        ("Forged", Some(1), sealed(1, NOW) + "AAAA"),
        ("UnknownExtension(2)", Some(1), format!("{NAME}={UNKNOWN_EXTENSION}")),
        ("FromTheFuture", Some(1), sealed(1, NOW + 301)),
        ("AbsoluteTimeout", Some(1), sealed(1, NOW - 30 * DAY)),
        ("IdleTimeout", Some(1), sealed(1, NOW - 14 * DAY)),
        ("Ambiguous", Some(1), format!("{}; {}", sealed(1, NOW), sealed(1, NOW))),
    ];
    for (reason, key, cookie) in rows {
        let sessions = build(ring(1), |b| b);
        let rejected = only(told(Level::DEBUG, || drop(decode(&sessions, &cookie, NOW))));
        assert!(rejected.fields["reason"].starts_with(reason), "{reason}: {rejected:?}");
        let length = cookie.split("; ").next().unwrap().len() - NAME.len() - 1;
        assert_eq!(rejected.fields["length"], length.to_string(), "{reason}");
        if let Some(key) = key {
            let (_, id) = build(ring(key), |b| b).keys().next().unwrap();
            assert_eq!(rejected.fields["key_id"], id.to_string(), "{reason}");
        }
    }
}

/// A change of type that ends sessions must not go unnoticed.
#[test]
fn a_session_that_cannot_be_read_is_a_warning_once_a_minute_with_its_schema() {
    let text = |schema: &str| CookieSessions::typed::<String>(ring(1), schema);
    let number =
        CookieSessions::typed::<u32>(ring(1), "visits-2").upgrade_from("visits-1", |n: u32| n);
    let number = made(|| number.build().unwrap());
    let sealed = |schema| {
        made(|| {
            let sessions = text(schema).build().unwrap();
            let mut session = visit(&sessions, NOW);
            session.data_mut().push_str("entry-value");
            pair(&encode(&sessions, &session, NOW).1)
        })
    };
    let (own, older) = (sealed("visits-2"), sealed("visits-1"));
    for (cookie, now, schema) in [
        (&own, NOW, Some("named/visits-2")),
        (&own, NOW + 59, None),
        (&older, NOW + 60, Some("named/visits-1")),
    ] {
        let warnings = told(Level::WARN, || drop(decode(&number, cookie, now)));
        let schemas: Vec<_> = warnings.iter().map(|told| told.fields["schema"].as_str()).collect();
        assert_eq!(schemas, schema.into_iter().collect::<Vec<_>>(), "{warnings:?}");
        assert!(warnings.iter().all(|told| told.fields["message"].contains("upgrade_from")));
    }
}

/// While a fleet takes a new release, machines with the old one see sessions that they do not know.
#[test]
fn an_unknown_extension_is_a_warning_once_a_minute_with_its_tag() {
    let (sessions, cookie) = (build(ring(1), |b| b), format!("{NAME}={UNKNOWN_EXTENSION}"));
    for (seconds, due) in [(0, 1), (59, 0), (61, 1), (120, 0)] {
        let warned = told(Level::WARN, || drop(decode(&sessions, &cookie, NOW + seconds)));
        assert_eq!(warned.len(), due, "after {seconds} s: {warned:?}");
        for warning in warned {
            assert_eq!(warning.fields["tag"], "2");
            assert!(
                warning.fields["message"].contains("extension that this release does not know")
            );
        }
    }
}

#[test]
fn a_build_logs_encoding_and_shape_of_a_typed_payload() {
    let typed = || CookieSessions::typed::<(bool, u32)>(ring(1), "visits-1");
    let of = |built: &[Told]| {
        let fields = only(built.to_vec()).fields;
        ["encoding", "shape"].map(|field| fields.get(field).cloned())
    };
    let (sessions, built) = listen(|| typed().build().unwrap());
    let shape = sessions.shape().map(str::to_owned);
    assert_eq!(of(&built), [Some("named".into()), shape.clone()]);
    let (_, built) = listen(|| typed().compact().build().unwrap());
    assert_eq!(of(&built), [Some("compact".into()), shape]);
    let (_, built) = listen(|| CookieSessions::new(ring(1)));
    assert_eq!(of(&built), [None, None]);
}

#[test]
fn a_cookie_of_the_other_transport_is_a_rejection_too() {
    let (sessions, headers) = (build(ring(1), |b| b), cookies([format!("{NAME}=x")]));
    let rejected =
        told(Level::DEBUG, || drop(sessions.decode_at(&headers, Transport::Http, at(NOW))));
    assert_eq!(only(rejected).fields["reason"], "OtherTransport");
}

/// A session of a request from another site with these headers, which a handler changes.
fn encode_held_back(
    sessions: &CookieSessions,
    headers: &HeaderMap,
    change: fn(&mut Session),
    now: u64,
) -> Vec<Told> {
    let mut session = made(|| sessions.decode_at(headers, Transport::Https, at(now)));
    change(&mut session);
    listen(|| drop(encode(sessions, &session, now))).1
}

/// What a browser sends that follows a link, or sends a form.
fn from_another_site(is_form: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
    headers.insert("sec-fetch-mode", HeaderValue::from_static("navigate"));
    if is_form {
        headers.insert("origin", HeaderValue::from_static("null"));
    }
    headers
}

type Change = fn(&mut Session);

#[test]
fn a_session_that_may_replace_one_that_the_browser_held_back_is_logged() {
    let message = "a session was written to the response to a request from another site: it may replace the user's session, whose cookie the browser held back";
    let (link, form) = (from_another_site(false), from_another_site(true));
    let write: Change = |session| session.set("entry-name", "entry-value");
    let at_home = HeaderMap::new();
    let rows: [(SameSite, &HeaderMap, Change, Option<Level>); 12] = [
        (SameSite::Lax, &form, write, Some(Level::WARN)),
        (SameSite::Lax, &form, Session::touch, Some(Level::WARN)),
        (SameSite::Strict, &form, write, Some(Level::WARN)),
        (SameSite::Strict, &link, write, Some(Level::DEBUG)),
        (SameSite::Strict, &link, Session::touch, Some(Level::DEBUG)),
        (SameSite::Lax, &link, write, None),
        (SameSite::None, &form, write, None),
        (SameSite::Lax, &at_home, write, None),
        (SameSite::Lax, &form, |_| {}, None),
        (SameSite::Lax, &form, |session| drop(session.id().expose_base64url()), None),
        (SameSite::Lax, &form, Session::renew, None),
        (SameSite::Lax, &form, Session::invalidate, None),
    ];
    for (n, (same_site, headers, change, level)) in rows.into_iter().enumerate() {
        for issue in [Issue::Lazy, Issue::Eager] {
            let builder = CookieSessions::builder(ring(1)).same_site(same_site).issue(issue);
            let sessions = made(|| builder.build().unwrap());
            let told = encode_held_back(&sessions, headers, change, NOW);
            let told: Vec<(Level, &str)> =
                told.iter().map(|told| (told.level, told.fields["message"].as_str())).collect();
            let expected: Vec<(Level, &str)> =
                level.map(|level| (level, message)).into_iter().collect();
            assert_eq!(told, expected, "row {n}, {issue:?}");
        }
    }
}

#[test]
fn a_session_that_may_replace_the_users_own_is_a_warning_once_a_minute() {
    let (link, form) = (from_another_site(false), from_another_site(true));
    let sessions = build(ring(1), |b| b.same_site(SameSite::Strict));
    for (seconds, due) in [(0, 1), (59, 0), (60, 1), (60, 0)] {
        let form = encode_held_back(&sessions, &form, Session::touch, NOW + seconds);
        assert_eq!(form.len(), due, "after {seconds} s: {form:?}");
        let link = encode_held_back(&sessions, &link, Session::touch, NOW + seconds);
        assert_eq!(link.len(), 1, "a detail is told each time: {link:?}");
    }
}

#[test]
fn a_log_in_that_replaces_a_cookie_of_the_request_logs_nothing() {
    let sessions = build(ring(1), |b| b);
    let cookies = [made(|| pair(&seal(&sessions))), format!("{NAME}=junk")];
    let write: Change = |session| session.set("entry-name", "another-value");
    let after_log_out: fn(&mut Session) = |session| {
        session.invalidate();
        session.set("entry-name", "another-value");
    };
    for (cookie, change, expected) in [
        (&cookies[0], write, 0),
        (&cookies[0], after_log_out, 0),
        (&cookies[1], after_log_out, 0),
        (&cookies[1], write, 1),
    ] {
        let mut headers = from_another_site(true);
        headers.extend(support::cookies([cookie]));
        let told = encode_held_back(&sessions, &headers, change, NOW);
        assert_eq!(told.len(), expected, "{cookie}: {told:?}");
    }
}

#[test]
fn a_usual_request_logs_nothing() {
    let sessions = build(ring(1), |b| b);
    let mut session = loaded(&sessions);
    let ((), told) = listen(|| {
        seal(&sessions);
        decode(&sessions, "foreign=foreign-value", NOW);
        encode(&sessions, &decode(&sessions, &pair(&seal(&sessions)), NOW), NOW);
        encode(&sessions, &session, NOW);
        session.set("entry-name", "another-value");
        encode(&sessions, &session, NOW + 7 * DAY);
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn each_kind_of_warning_is_logged_at_most_once_a_minute_by_the_clock_of_the_request() {
    let sessions = build(ring(1), |b| b);
    let ahead = made(|| pair(&encode(&sessions, &loaded(&sessions), NOW + 10 * DAY).1));
    for (seconds, due) in
        [(0, 1), (0, 0), (59, 0), (61, 1), (100, 0), (120, 0), (122, 1), (3600, 1), (3601, 0)]
    {
        let future = told(Level::WARN, || drop(decode(&sessions.clone(), &ahead, NOW + seconds)));
        assert_eq!(future.len(), due, "from the future, after {seconds} s: {future:?}");
        let withheld = told(Level::WARN, || withhold(&sessions.clone(), at(NOW + seconds)));
        assert_eq!(withheld.len(), due, "withheld, after {seconds} s: {withheld:?}");
    }
    let another = build(ring(1), |b| b);
    let warned =
        told(Level::WARN, || drop((decode(&another, &ahead, NOW), withhold(&another, at(NOW)))));
    assert_eq!(warned.len(), 2, "another build counts for itself: {warned:?}");
}

#[test]
fn a_minute_is_a_minute_on_any_clock() {
    for now in [at(0) - secs(DAY), at(0), at(1), at(253_402_300_799)] {
        let sessions = build(ring(1), |b| b);
        let warned = told(Level::WARN, || (0..3).for_each(|_| withhold(&sessions, now)));
        assert_eq!(warned.len(), 1, "{now:?}: {warned:?}");
    }
}

#[test]
fn withholding_an_unwritten_session_logs_nothing() {
    let sessions = build(ring(1), |b| b.issue(Issue::Eager));
    let changes: [fn(&mut Session); 2] = [Session::renew, Session::invalidate];
    for change in changes {
        let ((), told) = listen(|| {
            let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Http, at(NOW));
            change(&mut session);
            assert_eq!(encode(&sessions, &session, NOW).0, Sent::Withheld);
        });
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn a_log_out_over_the_other_transport_that_leaves_the_cookie_is_a_warning() {
    let sessions = build(ring(1), |b| b);
    let sent = cookies([&*pair(&seal(&sessions))]);
    let warned = told(Level::WARN, || {
        let mut session = sessions.decode_at(&sent, Transport::Http, at(NOW));
        session.invalidate();
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Withheld);
    });
    let said = "a session was written but not sent: the request came over the other transport";
    let warned = only(warned);
    assert!(warned.fields.values().any(|value| value.contains(said)), "{warned:?}");
}

#[test]
fn a_renewal_is_logged_with_both_labels() {
    let sessions = build(ring(1), |b| b);
    let mut session = loaded(&sessions);
    let old = session.label().to_string();
    session.renew();
    let renewed = only(told(Level::DEBUG, || drop(encode(&sessions, &session, NOW))));
    assert_eq!(
        (&renewed.fields["old"], &renewed.fields["new"]),
        (&old, &session.label().to_string())
    );
}

#[test]
fn a_refresh_and_a_reseal_are_traced_with_label_and_role() {
    let sessions = build(ring(1).previous(secret(2)), |b| b);
    for (n, now, role) in [(1, NOW + 7 * DAY, "current"), (2, NOW, "previous")] {
        let cookie = made(|| sealed(&CookieSessions::new(ring(n)), &[], NOW));
        let session = made(|| decode(&sessions, &cookie, now));
        let traced = only(listen(|| encode(&sessions, &session, now)).1);
        assert_eq!((traced.level, traced.fields["role"].as_str()), (Level::TRACE, role));
        assert_eq!(traced.fields["label"], session.label().to_string());
    }
}

#[test]
fn a_session_that_is_too_large_is_an_error_with_size_limit_and_label() {
    let [by_encode, for_a_jar] = [(); 2].map(|()| build(ring(1), |b| b));
    let mut session = loaded(&by_encode);
    session.set("entry-name", "x".repeat(4000));
    let too_large = |result| match result {
        Err(EncodeError::TooLarge { size, limit }) => (size.to_string(), limit.to_string()),
        other => panic!("{other:?}"),
    };
    let doors: [&dyn Fn() -> Result<(), EncodeError>; 2] = [
        &|| {
            by_encode
                .encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, at(NOW))
                .map(|_| ())
        },
        &|| for_a_jar.to_cookie(&session, at(NOW)).map(|_| ()),
    ];
    for door in doors {
        let (expected, told) = listen(|| too_large(door()));
        let error = only(told);
        assert_eq!(error.level, Level::ERROR);
        assert_eq!((error.fields["size"].clone(), error.fields["limit"].clone()), expected);
        assert_eq!(error.fields["label"], session.label().to_string());
    }
}

#[test]
fn a_refresh_that_does_not_fit_is_logged_as_an_error_once_a_minute() {
    let before = build(ring(1), |b| b);
    let mut session = made(|| visit(&before, NOW));
    session.set("entry-name", "x".repeat(1000));
    let cookie = made(|| pair(&encode(&before, &session, NOW).1));
    let [response, jar] = [(); 2].map(|()| build(ring(1), |b| b.max_set_cookie_len(1024)));
    for (seconds, level) in [(0, Level::ERROR), (59, Level::DEBUG), (60, Level::ERROR)] {
        let now = NOW + 8 * DAY + seconds;
        let session = made(|| decode(&response, &cookie, now));
        let (sent, told) = listen(|| encode(&response, &session, now).0);
        assert_eq!(sent, Sent::Unchanged);
        let (none, told_of_jar) = listen(|| jar.to_cookie(&session, at(now)).unwrap());
        assert!(none.is_none());
        for event in [only(told), only(told_of_jar)] {
            assert_eq!(event.level, level, "after {seconds} s");
            assert_eq!(event.fields["limit"], "1024");
            assert_eq!(event.fields["label"], session.label().to_string());
        }
    }
}

#[test]
fn encode_errors_are_logged_once_a_minute_a_kind_and_at_debug_in_between() {
    let sessions = build(ring(1), |b| b);
    let mut large = loaded(&sessions);
    large.set("entry-name", "x".repeat(4000));
    let mut small = loaded(&sessions);
    small.touch();
    let full: HeaderMap = (0..24_576)
        .map(|n| (HeaderName::try_from(format!("x-{n}")).unwrap(), HeaderValue::from_static("")))
        .collect();
    let levels = |session: &Session, headers: &HeaderMap, now| {
        let encode = || {
            let mut headers = headers.clone();
            sessions.clone().encode_at(session, &mut headers, StatusCode::OK, at(now)).unwrap_err()
        };
        let (_, told) = listen(encode);
        let failed = |told: &&Told| told.fields["message"].starts_with("a session was not sent: ");
        told.iter().filter(failed).map(|told| told.level).collect::<Vec<_>>()
    };
    for (seconds, level) in
        [(0, Level::ERROR), (0, Level::DEBUG), (59, Level::DEBUG), (60, Level::ERROR)]
    {
        let too_large = levels(&large, &HeaderMap::new(), NOW + seconds);
        assert_eq!(too_large, [level], "too large, after {seconds} s");
        assert_eq!(levels(&small, &full, NOW + seconds), [level], "full, after {seconds} s");
    }
}

#[cfg(feature = "flash")]
#[test]
fn errors_of_flash_messages_are_logged_once_a_minute() {
    use sealed_session::{Flash, Level as FlashLevel};
    let sessions = build(ring(1), |b| b.max_set_cookie_len(512));
    let mut flash = Flash::new();
    flash.push(FlashLevel::Info, "x".repeat(1000)).unwrap();
    for (seconds, level) in [(0, Level::ERROR), (59, Level::DEBUG), (60, Level::ERROR)] {
        let now = at(NOW + seconds);
        let (_, told) =
            listen(|| sessions.encode_flash_at(&flash, &mut HeaderMap::new(), now).unwrap_err());
        assert_eq!(only(told).level, level, "after {seconds} s");
    }
}

/// Headers of a request, by name.
pub type Headers = [(&'static str, &'static str)];

/// What is told at WARN when a session is written in response to a request with these headers.
pub fn warned_of_request(sessions: &CookieSessions, uri: &str, headers: &Headers) -> Vec<Told> {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).unwrap();
    told(Level::WARN, || {
        let mut session = sessions.decode(&request);
        session.touch();
        assert_eq!(sessions.encode(&session, &mut Response::new(())).unwrap(), Sent::Set);
    })
}

/// A session that is written in response to requests with these headers, and put into a jar, is
/// logged at WARN once a minute.
#[track_caller]
pub fn assert_warned_once_a_minute(sessions: &CookieSessions, headers: &HeaderMap) {
    for (seconds, due) in [(0, 1), (59, 0), (60, 1)] {
        let now = NOW + seconds;
        let warned = told(Level::WARN, || {
            let mut session = sessions.decode_at(headers, Transport::Https, at(now));
            session.touch();
            sessions.to_cookie(&session, at(now)).unwrap();
            encode(sessions, &session, now);
        });
        assert_eq!(warned.len(), due, "after {seconds} s: {warned:?}");
    }
}

const OVER_PLAIN_HTTP: &str = "the browser will drop it: a session was sent in a Secure cookie in response to a request \
                               over plain HTTP; serve the site over TLS, or behind a proxy with TLS, or call insecure_http() \
                               in development";

#[test]
fn a_secure_cookie_set_over_plain_http_is_a_warning_that_says_what_to_do() {
    let (origin, referer) = ("http://shop.example:8080", "http://shop.example:8080/log-in?from=/");
    let rows: [(&str, &str, &Headers); 9] = [
        ("origin", "/", &[("host", "shop.example:8080"), ("origin", origin)]),
        ("referer", "/", &[("host", "shop.example:8080"), ("referer", referer)]),
        ("query", "/", &[("host", "a.example"), ("referer", "http://a.example?x")]),
        ("case", "/", &[("host", "Shop.Example:8080"), ("origin", origin)]),
        ("authority", "http://shop.example:8080/", &[("origin", origin)]),
        ("default port in host", "/", &[("host", "a.example:80"), ("origin", "http://a.example")]),
        ("default port", "/", &[("host", "a.example"), ("referer", "http://a.example:80/")]),
        ("address", "/", &[("host", "192.0.2.1:3000"), ("origin", "http://192.0.2.1:3000")]),
        (
            "origin null",
            "/",
            &[("host", "a.example"), ("origin", "null"), ("referer", "http://a.example/")],
        ),
    ];
    for (row, uri, headers) in rows {
        let sessions = build(ring(1), |b| b);
        let warned = warned_of_request(&sessions, uri, headers);
        let messages: Vec<&str> =
            warned.iter().map(|told| told.fields["message"].as_str()).collect();
        assert_eq!(messages, [OVER_PLAIN_HTTP], "{row}");
        let warned = warned_of_request(&sessions.clone(), uri, headers);
        assert!(warned.is_empty(), "{row}, in the same minute: {warned:?}");
    }
}

#[test]
fn a_secure_cookie_set_for_any_other_request_is_no_warning() {
    let plain = ("origin", "http://shop.example");
    let host = ("host", "shop.example");
    let rows: [(&str, &Headers); 15] = [
        ("neither origin nor referer", &[host]),
        ("no host", &[plain]),
        ("TLS", &[host, ("origin", "https://shop.example"), ("referer", "https://shop.example/")]),
        ("Sec-Fetch-Site", &[host, plain, ("sec-fetch-site", "same-origin")]),
        ("another host", &[("host", "www.shop.example"), plain]),
        ("another port", &[("host", "shop.example:8080"), plain]),
        ("a host that goes on", &[host, ("origin", "http://shop.example.net")]),
        ("a host in a path", &[host, ("referer", "http://other.example/shop.example")]),
        ("no URL", &[host, ("origin", "http:/shop.example"), ("referer", "shop.example")]),
        ("no text", &[host, ("referer", "http://\u{e9}")]),
        ("localhost", &[("host", "localhost:3000"), ("origin", "http://localhost:3000")]),
        ("below localhost", &[("host", "a.localhost"), ("origin", "http://a.localhost")]),
        ("127.0.0.1", &[("host", "127.0.0.1:80"), ("origin", "http://127.0.0.1")]),
        ("127.1.2.3", &[("host", "127.1.2.3:8080"), ("referer", "http://127.1.2.3:8080/")]),
        ("::1", &[("host", "[::1]:3000"), ("origin", "http://[::1]:3000")]),
    ];
    let sessions = build(ring(1), |b| b);
    for (row, headers) in rows {
        let warned = warned_of_request(&sessions, "/", headers);
        assert!(warned.is_empty(), "{row}: {warned:?}");
    }
    let insecure = build(ring(1), Builder::insecure_http);
    made(|| seal(&insecure));
    assert!(warned_of_request(&insecure, "/", &[host, plain]).is_empty(), "the cookie is kept");
}

#[test]
fn plain_http_is_logged_once_a_minute_for_every_entry_point() {
    let sessions = build(ring(1), |b| b);
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("shop.example"));
    headers.insert("referer", HeaderValue::from_static("http://shop.example/"));
    assert_warned_once_a_minute(&sessions, &headers);
}

#[test]
fn plain_http_is_logged_only_if_a_cookie_is_set() {
    let sessions = build(ring(1), |b| b);
    let cookie = made(|| pair(&seal(&sessions)));
    let mut headers = cookies([&cookie]);
    headers.insert("host", HeaderValue::from_static("shop.example"));
    headers.insert("origin", HeaderValue::from_static("http://shop.example"));
    let warned = told(Level::WARN, || {
        let mut session = sessions.decode_at(&headers, Transport::Https, at(NOW));
        session.touch();
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set, "the client keeps the cookie");
        headers.remove("cookie");
        let session = sessions.decode_at(&headers, Transport::Https, at(NOW));
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    });
    assert!(warned.is_empty(), "{warned:?}");
}

/// Runs through every event; returns tokens and ids.
fn everything() -> Vec<String> {
    let configured = |keyring| CookieSessions::builder(keyring).insecure_http().build().unwrap();
    let (sessions, mut secrets) =
        (configured(Keyring::ephemeral().previous(secret(2))), Vec::new());
    let mut tell = |cookie: &str, now, change: fn(&mut Session)| {
        let mut session = decode(&sessions, &format!("foreign-name=foreign-value; {cookie}"), now);
        let before = session.id().expose_base64url().to_string();
        change(&mut session);
        let (_, headers) = encode(&sessions, &session, now);
        secrets.extend([before, session.id().expose_base64url().to_string(), cookie.to_owned()]);
        if headers.contains_key(SET_COOKIE) { pair(&headers) } else { String::new() }
    };
    let write: Change = |session| session.set("entry-name", "entry-value");
    let cookie = tell("", NOW, write);
    let refreshed = tell(&cookie, NOW + 7 * DAY, |_| {});
    tell(&refreshed, NOW + 7 * DAY, Session::renew);
    tell(&pair(&seal(&configured(ring(2)))), NOW, |_| {});
    for now in [NOW - DAY, NOW + 20 * DAY, NOW + 40 * DAY] {
        tell(&cookie, now, write);
    }
    for junk in
        [format!("{cookie}AAAA"), "session=entry-value".into(), pair(&seal(&configured(ring(3))))]
    {
        tell(&junk, NOW, write);
    }
    let mut session = sessions.decode_at(&cookies([cookie]), Transport::Https, at(NOW));
    write(&mut session);
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Withheld);
    session = visit(&sessions, NOW);
    session.set("entry-name", "entry-value".repeat(400));
    secrets.push(session.id().expose_base64url().to_string());
    assert!(sessions.to_cookie(&session, at(NOW)).is_err());
    secrets
}

#[test]
fn no_event_shows_a_value_a_name_a_token_an_id_or_a_foreign_cookie() {
    let (secrets, told) = listen(everything);
    for (level, count) in [
        (Level::INFO, 1),
        (Level::WARN, 4),
        (Level::DEBUG, 2),
        (Level::TRACE, 2),
        (Level::ERROR, 1),
    ] {
        assert!(
            told.iter().filter(|told| told.level == level).count() >= count,
            "{level}: {told:?}"
        );
    }
    let text = format!("{told:?}");
    let says_piece =
        |secret: &str| (8..=secret.len()).any(|end| text.contains(&secret[end - 8..end]));
    for secret in ["entry-name", "entry-value", "foreign-name", "foreign-value"] {
        assert!(!says_piece(secret), "{secret} in {text}");
    }
    for secret in secrets {
        let secret = secret.trim_start_matches("session=");
        assert!(!says_piece(secret), "{secret} in {text}");
        if let Ok(bytes) = URL_SAFE_NO_PAD.decode_to_vec(secret) {
            let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            let hex: String =
                digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect();
            assert!(
                !says_piece(&hex) && !text.contains(&format!("{bytes:?}")),
                "{secret} in {text}"
            );
        }
    }
}

fn adopting(until: u64) -> Builder<Dict> {
    let hook = |_: &HeaderMap, _: SystemTime| Some(Adopted::new(Dict::default(), at(NOW)));
    let builder = CookieSessions::builder(ring(1)).clock(|| at(NOW));
    builder.adopt(at(until), [OldCookie::new("id")], hook)
}

#[test]
fn adopted_sessions_are_counted_once_a_minute() {
    let sessions = made(|| adopting(NOW + DAY).build().unwrap());
    let told = told(Level::INFO, || {
        for now in [NOW, NOW, NOW + 59, NOW + 60, NOW + 61] {
            encode(&sessions, &decode(&sessions, "id=1", now), now);
        }
    });
    let says = |told: &Told| (told.fields["message"].clone(), told.fields["count"].clone());
    let message = "sessions of another library were adopted".to_owned();
    let expected = [(message.clone(), "1".to_owned()), (message, "3".to_owned())];
    assert_eq!(told.iter().map(says).collect::<Vec<_>>(), expected);
    assert!(told.iter().all(|told| told.fields.len() == 2), "{told:?}");
}

#[test]
fn only_a_session_that_is_sent_is_counted_as_adopted() {
    let sessions = made(|| adopting(NOW + DAY).build().unwrap());
    let told = told(Level::INFO, || {
        let mut session = loaded(&sessions);
        session.touch();
        let mut adopted = decode(&sessions, "id=1", NOW);
        adopted.invalidate();
        for session in [session, adopted] {
            assert_ne!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
        }
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn an_end_of_adoption_in_the_past_is_logged_when_it_is_built() {
    assert!(told(Level::WARN, || _ = adopting(NOW + 1).build().unwrap()).is_empty());
    let ended = only(told(Level::WARN, || _ = adopting(NOW).build().unwrap()));
    let message = "the hook of adopt is not asked anymore: its end has passed; remove it";
    assert_eq!((&*ended.fields["message"], &*ended.fields["name"]), (message, NAME));
}
