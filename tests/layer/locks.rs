//! Code of the application runs under no lock of the library, so that it may use the handle: a
//! clock, a subscriber, a hook, the payload's own `Serialize` or `Drop`.
//!
//! While the library opens the session, such code finds an empty one. While it is sent, such code
//! finds what was written.
#![allow(clippy::needless_pass_by_value, reason = "a handler owns its handle")]

use std::convert::Infallible;
use std::fmt::{self, Write};
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, LazyLock, Mutex};

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use sealed_session::{Builder, CookieSessions, Dict, Payload, SessionHandle, SessionLayer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Log, NAME, NOW, at, ring, sealed, sessions};
use crate::watchdog::{Meddler, at_each_event, ends};

type Answer = Response<String>;
/// The user of a session, whether the session is new, and its label.
type Found = (Option<String>, bool, String);

fn look(handle: &SessionHandle) -> Found {
    let found = (handle.get("user"), handle.is_new(), handle.label().to_string());
    assert_eq!(handle.with(|session| session.get("user").map(str::to_owned)), found.0);
    assert!(!format!("{handle:?}").is_empty());
    found
}

fn nothing() -> Found {
    (None, true, "new".into())
}

fn bringing(cookie: &str) -> Request<()> {
    let mut request = Request::new(());
    request.headers_mut().insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
    request
}

/// One request through the layer.
fn run<T: Payload + Send + 'static>(
    sessions: &CookieSessions<T>,
    cookie: &str,
    handler: impl FnOnce(SessionHandle<T>) + Clone,
) -> Answer {
    let inner = service_fn(move |request: Request<()>| {
        handler.clone()(request.extensions().get::<SessionHandle<T>>().unwrap().clone());
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let service = SessionLayer::new(sessions.clone()).layer(inner);
    let mut response = std::pin::pin!(service.oneshot(bringing(cookie)));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
        panic!("nothing here waits");
    };
    response
}

#[test]
fn a_clock_may_use_the_handle() {
    ends(|| {
        let meddler = Meddler::new(look);
        let clock = meddler.clone();
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            clock.meddle();
            at(NOW)
        });
        let sessions = sessions.build().unwrap();
        let cookie = sealed(&sessions, &[("user", "alice")], NOW);
        let handler_of = meddler.clone();
        let response = run(&sessions, &cookie, move |session| {
            handler_of.watch(&session);
            assert_eq!(session.get("user").as_deref(), Some("alice"));
            session.set("user", "bob");
        });
        let label = sessions.from_response(response.headers()).unwrap().label().to_string();
        assert_eq!(meddler.found(), [nothing(), (Some("bob".into()), false, label)]);
    });
}

#[test]
fn what_is_found_before_the_session_is_open_has_times() {
    ends(|| {
        let (seen, slot) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
        let (see, handle) = (Arc::clone(&seen), Arc::clone(&slot));
        let _listening = at_each_event(move |_| {
            let handle: Option<SessionHandle> = handle.lock().unwrap().take();
            see.lock().unwrap().extend(handle.map(|handle| handle.created_at()));
        });
        let sessions = CookieSessions::builder(ring(1)).clock(|| at(NOW)).build().unwrap();
        run(&sessions, &format!("{NAME}=AAAA"), move |session| {
            *slot.lock().unwrap() = Some(session.clone());
            assert!(session.rejection().is_some());
        });
        assert_eq!(*seen.lock().unwrap(), [at(NOW)]);
    });
}

#[test]
fn a_subscriber_may_use_the_handle() {
    ends(|| {
        let meddler = Meddler::new(look);
        let subscriber = meddler.clone();
        let _listening = at_each_event(move |_| subscriber.meddle());
        let handler_of = meddler.clone();
        run(&sessions(), &format!("{NAME}=AAAA"), move |session| {
            handler_of.watch(&session);
            assert!(session.is_new());
        });
        assert_eq!(meddler.found(), [nothing()], "a cookie was rejected");

        let sessions = CookieSessions::builder(ring(1)).clock(|| at(NOW)).build().unwrap();
        let cookie = sealed(&sessions, &[("user", "alice")], NOW);
        let (kept, handler_of) = (Arc::new(Mutex::new(None)), meddler.clone());
        let keep = Arc::clone(&kept);
        let response = run(&sessions, &cookie, move |session| {
            handler_of.watch(&session);
            session.renew();
            *keep.lock().unwrap() = Some(session);
        });
        // It gets its id while it is sealed.
        let renewed = (Some("alice".into()), false, "new".into());
        assert_eq!(meddler.found(), [renewed], "a session was renewed");

        let sent = sessions.from_response(response.headers()).unwrap().label().to_string();
        let late: SessionHandle = kept.lock().unwrap().take().unwrap();
        meddler.watch(&late);
        late.set("user", "mallory");
        assert_eq!(meddler.found(), [(Some("alice".into()), false, sent)], "written late");
    });
}

#[test]
fn a_write_of_a_subscriber_is_logged_as_lost() {
    ends(|| {
        let (log, events) = (Log::default(), Arc::new(Mutex::new(Vec::new())));
        let (slot, told) = (Arc::new(Mutex::new(None)), Arc::clone(&events));
        let handle = Arc::clone(&slot);
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            let handle: Option<SessionHandle> = handle.lock().unwrap().take();
            if let Some(handle) = handle {
                handle.set("user", "mallory");
                assert_eq!(handle.with(|session| session.remove("user")), None);
                told.lock().unwrap().push(handle.get("user"));
            }
            at(NOW)
        });
        let sessions = sessions.build().unwrap();
        let cookie = sealed(&sessions, &[("user", "alice")], NOW);
        let _listening = log.listen();
        run(&sessions, &cookie, move |session| {
            *slot.lock().unwrap() = Some(session.clone());
            assert_eq!(session.get("user").as_deref(), Some("alice"));
        });
        assert_eq!(*events.lock().unwrap(), [None]);
        log.says(
            "ERROR",
            "a session was written while the library decoded or encoded it: the change is lost",
        );
    });
}

#[test]
fn a_hook_may_use_the_handle() {
    #[cfg(feature = "revocation")]
    ends(|| {
        use sealed_session::{Revocation, RevocationQuery, RevokedSession, Unavailable};

        struct Hook(Meddler<SessionHandle, Found>);

        impl Revocation for Hook {
            fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
                self.0.meddle();
                Ok(false)
            }

            fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
                self.0.meddle();
                Ok(())
            }
        }

        /// What the subject of the next test uses; a subject is a function and holds nothing.
        static SUBJECT: LazyLock<Meddler<SessionHandle, Found>> =
            LazyLock::new(|| Meddler::new(look));

        let meddler = Meddler::new(look);
        let sessions = CookieSessions::builder(ring(1))
            .clock(|| at(NOW))
            .revocation(Hook(meddler.clone()))
            .subject(|data| {
                SUBJECT.meddle();
                data.get("user").map(Into::into)
            })
            .build()
            .unwrap();
        let cookie = sealed(&sessions, &[("user", "alice")], NOW);
        let handler_of = meddler.clone();
        let response = run(&sessions, &cookie, move |session| {
            assert_eq!(session.get("user").as_deref(), Some("alice"));
            session.revoke();
            session.set("theme", "dark");
            handler_of.watch(&session);
            SUBJECT.watch(&session);
        });
        assert!(response.headers().contains_key(SET_COOKIE));
        // Asked again, because the session is written after it was revoked, and told once.
        assert_eq!(meddler.found(), [nothing(), nothing()]);
        SUBJECT.found();
    });
}

/// A payload that uses a handle in each of its methods that the library calls.
#[derive(Default)]
struct Meddling {
    user: String,
}

/// The user of a session, whether the session is new, and its label.
fn look_typed(handle: &SessionHandle<Meddling>) -> Found {
    // The data, which the library works on at the moment, and what does not need the data.
    let user = handle.with(|session| session.data().user.clone());
    (Some(user).filter(|user| !user.is_empty()), handle.is_new(), handle.label().to_string())
}

static PAYLOAD: LazyLock<Meddler<SessionHandle<Meddling>, Found>> =
    LazyLock::new(|| Meddler::new(look_typed));
/// The number of the call of `Serialize` that panics, counted from here; 0 for none.
static PANICS_IN: AtomicUsize = AtomicUsize::new(0);
/// All tests use the same statics.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Clone for Meddling {
    fn clone(&self) -> Self {
        PAYLOAD.meddle();
        Self { user: self.user.clone() }
    }
}

impl Drop for Meddling {
    fn drop(&mut self) {
        PAYLOAD.meddle();
    }
}

impl Serialize for Meddling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PAYLOAD.meddle();
        let last = PANICS_IN.fetch_update(SeqCst, SeqCst, |calls| calls.checked_sub(1));
        assert_ne!(last, Ok(1), "in the middle");
        self.user.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Meddling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PAYLOAD.meddle();
        Ok(Self { user: String::deserialize(deserializer)? })
    }
}

fn typed() -> CookieSessions<Meddling> {
    CookieSessions::typed(ring(1), "meddling").clock(|| at(NOW)).build().unwrap()
}

/// The cookie of a user who is logged in.
fn typed_cookie(sessions: &CookieSessions<Meddling>, user: &str) -> String {
    let mut session = sessions.fresh();
    session.data_mut().user = user.into();
    sessions.request_cookie(&session).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_payload_may_use_the_handle_while_it_is_read_written_copied_and_dropped() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    ends(|| {
        let sessions = typed();
        let cookie = typed_cookie(&sessions, "alice");
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let response = run(&sessions, &cookie, move |session| {
            PAYLOAD.watch(&session);
            assert_eq!(session.with(|session| session.data().user.clone()), "alice");
            assert_eq!(PAYLOAD.found()[0], nothing(), "while it is read");

            PAYLOAD.watch(&session);
            drop(session.data());
            assert_eq!(PAYLOAD.found()[0].0, None, "while it is copied");

            PAYLOAD.watch(&session);
            session.invalidate();
            assert!(!PAYLOAD.found().is_empty(), "while it is dropped");

            session.update(|data| data.user = "bob".into());
            PAYLOAD.watch(&session);
            *keep.lock().unwrap() = Some(session);
        });
        let found = PAYLOAD.found();
        assert!(found.contains(&(Some("bob".into()), true, "new".into())), "{found:?}");
        assert_eq!(sessions.from_response(response.headers()).unwrap().data().user, "bob");

        let late: SessionHandle<Meddling> = kept.lock().unwrap().take().unwrap();
        PAYLOAD.watch(&late);
        late.update(|data| data.user = "mallory".into());
        assert!(!PAYLOAD.found().is_empty());
        assert_eq!(late.with(|session| session.data().user.clone()), "bob");
    });
}

#[test]
fn a_payload_that_panics_while_it_is_sent_leaves_the_handle_usable() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    ends(|| {
        let sessions = typed();
        let cookie = typed_cookie(&sessions, "alice");
        // The copy for other handles, written and compared, and the session that is sealed.
        for call in 1..=4 {
            let kept = Arc::new(Mutex::new(None));
            let keep = Arc::clone(&kept);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                run(&sessions, &cookie, move |session| {
                    session.update(|data| data.user = "bob".into());
                    *keep.lock().unwrap() = Some(session);
                    PANICS_IN.store(call, SeqCst);
                })
            }));
            assert!(outcome.is_err() && PANICS_IN.load(SeqCst) == 0);
            let late: SessionHandle<Meddling> = kept.lock().unwrap().take().unwrap();
            assert_eq!(late.with(|session| session.data().user.clone()), "bob");
            assert_eq!(late.opened_by(), Some(sealed_session::KeyRole::Current));
            assert!(format!("{late:?}").contains("Session {"), "{late:?}");
        }
    });
}

#[test]
fn a_clock_that_panics_leaves_the_session_unopened() {
    ends(|| {
        let panics = Arc::new(AtomicBool::new(true));
        let broken = Arc::clone(&panics);
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            assert!(!broken.load(SeqCst), "the battery is empty");
            at(NOW)
        });
        let sessions = sessions.build().unwrap();
        let cookie = sealed(&sessions, &[("user", "alice")], NOW);
        run(&sessions, &cookie, move |session| {
            assert!(catch_unwind(AssertUnwindSafe(|| session.get("user"))).is_err());
            assert_eq!(format!("{session:?}"), r#"SessionHandle { session: "unopened" }"#);
            panics.store(false, SeqCst);
            assert_eq!(session.get("user").as_deref(), Some("alice"));
        });
    });
}

#[test]
fn threads_that_ask_first_at_once_get_one_session_and_wait_for_no_application() {
    ends(|| {
        let (both, calls) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let (meet, counted) = (Arc::clone(&both), Arc::clone(&calls));
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            // Both threads open it, a second apart. The first two calls are theirs.
            let call = counted.fetch_add(1, SeqCst);
            if call < 2 {
                meet.wait();
            }
            at(NOW + call as u64)
        });
        let sessions = sessions.build().unwrap();
        run(&sessions, NAME, move |session| {
            let other = session.clone();
            let other = std::thread::spawn(move || other.created_at());
            let here = session.created_at();
            assert_eq!(other.join().unwrap(), here, "one of them is the session of both");
            assert_eq!(session.created_at(), here);
        });
        assert!(calls.load(SeqCst) >= 2);
    });
}

/// What another thread reads while a session is sent to which this was written.
fn read_while_sent<T>(builder: Builder<T>, data: T) -> T
where
    T: Payload + Clone + Send + 'static,
{
    let (ask, asked) = channel::<()>();
    let (reply, replied) = channel();
    let (replied, read) = (Mutex::new(replied), Arc::new(Mutex::new(None)));
    let (sends, sending) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(ask)));
    let (is_sent, reads) = (Arc::clone(&sends), Arc::clone(&read));
    let sessions = builder.clock(move || {
        if is_sent.swap(false, SeqCst) {
            sending.lock().unwrap().send(()).unwrap();
            *reads.lock().unwrap() = replied.lock().unwrap().recv().ok();
        }
        at(NOW)
    });
    let sessions = sessions.build().unwrap();
    let cookie = sessions.request_cookie(&sessions.fresh()).unwrap();
    let asked = Arc::new(Mutex::new(asked));
    run(&sessions, cookie.to_str().unwrap(), move |session| {
        session.update(|before| *before = data.clone());
        let (other, asked, reply) = (session.clone(), Arc::clone(&asked), reply.clone());
        std::thread::spawn(move || {
            asked.lock().unwrap().recv().unwrap();
            reply.send(other.data()).unwrap();
        });
        sends.store(true, SeqCst);
    });
    read.lock().unwrap().take().unwrap()
}

#[test]
fn another_thread_reads_while_the_session_is_sent() {
    ends(|| {
        let bob = Dict::from_iter([("user", "bob")]);
        assert_eq!(read_while_sent(CookieSessions::builder(ring(1)), bob.clone()), bob);
        let typed = || CookieSessions::typed(ring(1), "numbers");
        assert_eq!(read_while_sent(typed(), vec![Some(Some(7))]), [Some(Some(7))]);
        assert_eq!(read_while_sent(typed().compact(), vec![Some(None)]), [Some(None)]);
    });
}

/// The payload does not survive, so the session is not sent either.
#[test]
fn another_thread_reads_no_payload_that_was_copied_badly() {
    ends(|| {
        let log = Log::default();
        let _listening = log.listen();
        let numbers = || CookieSessions::typed(ring(1), "numbers");
        assert!(read_while_sent(numbers(), vec![Some(None::<u32>)]).is_empty());
        log.says("ERROR", "a session cannot be copied for a handle that outlives the response: ");
    });
}

/// A value whose `Display` uses the handle.
struct Text<'h>(&'h SessionHandle, &'static str);

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.0.len();
        self.1
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0.len();
        self.1.as_bytes()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} beside {}", self.1, self.0.len())
    }
}

/// A number that uses the handle of this thread when it is parsed.
struct Number;

thread_local! {
    static PARSES: std::cell::RefCell<Option<SessionHandle>> = const { std::cell::RefCell::new(None) };
}

impl FromStr for Number {
    type Err = fmt::Error;

    fn from_str(_: &str) -> Result<Self, fmt::Error> {
        PARSES.with_borrow(|handle| handle.as_ref().unwrap().len());
        Ok(Self)
    }
}

#[test]
fn arguments_may_use_the_handle() {
    ends(|| {
        let session = SessionHandle::for_test(sessions().fresh());
        session.set(Text(&session, "user"), Text(&session, "alice"));
        assert_eq!(session.get("user").as_deref(), Some("alice beside 0"));
        session.set("user", Text(&session, "bob"));
        let entries = [("user".to_owned(), "bob beside 1".to_owned())];
        assert!(session.iter().eq(entries));
        PARSES.set(Some(session.clone()));
        assert!(matches!(session.parse::<Number>("user"), Some(Ok(Number))));
        #[cfg(feature = "csrf")]
        {
            let token =
                session.csrf_token_for(Text(&session, "POST"), Text(&session, "/")).unwrap();
            let method = || Text(&session, "POST");
            assert_eq!(session.verify_csrf_for(token, method(), Text(&session, "/")), Ok(()));
            assert!(session.verify_csrf(Text(&session, "junk")).is_err());
        }
    });
}

/// A writer that uses the handle.
struct Page<'h>(&'h SessionHandle, String);

impl Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.len();
        self.1.write_str(text)
    }
}

#[test]
fn what_debug_is_printed_to_may_use_the_handle() {
    ends(|| {
        let session = SessionHandle::for_test(sessions().fresh());
        session.set("user", "alice");
        for (page, start) in [
            (format_args!("{session:?}"), "SessionHandle { session: Session { label: "),
            (
                format_args!("{session:#?}"),
                "SessionHandle {\n    session: Session {\n        label: ",
            ),
        ] {
            let mut printed = Page(&session, String::new());
            printed.write_fmt(page).unwrap();
            assert!(printed.1.starts_with(start), "{}", printed.1);
            assert!(!printed.1.contains("alice"));
        }
    });
}

#[test]
fn what_is_dropped_by_a_panic_inside_with_does_not_end_the_process() {
    struct UsesIt(SessionHandle);

    impl Drop for UsesIt {
        fn drop(&mut self) {
            assert_eq!(self.0.get("user"), None);
        }
    }

    ends(|| {
        let session = SessionHandle::for_test(sessions().fresh());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            session.with(|inner| {
                let _dropped = UsesIt(session.clone());
                inner.set("user", "alice");
                panic!("the closure's own");
            })
        }));
        assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"the closure's own"));
        assert_eq!(session.get("user").as_deref(), Some("alice"));
    });
}

#[test]
fn a_closure_that_uses_the_handle_panics_before_and_after_the_response() {
    ends(|| {
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let uses = |session: &SessionHandle| {
            for result in [
                catch_unwind(AssertUnwindSafe(|| session.with(|_| session.get("user")))),
                catch_unwind(AssertUnwindSafe(|| session.update(|_| session.get("user")))),
            ] {
                let message = *result.unwrap_err().downcast::<&str>().unwrap();
                assert!(message.contains("SessionHandle::with"), "{message}");
            }
        };
        run(&sessions(), NAME, move |session| {
            uses(&session);
            *keep.lock().unwrap() = Some(session);
        });
        uses(&kept.lock().unwrap().take().unwrap());
    });
}

#[test]
fn the_id_of_a_handle_is_that_of_its_session() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], NOW);
    let id = |session: &sealed_session::SessionId| session.expose_base64url().to_string();
    run(&sessions, &cookie, move |handle: SessionHandle| {
        let asked = id(&handle.id());
        assert_eq!(handle.with(|session| id(session.id())), asked);
    });
    let response = run(&sessions, "", |handle: SessionHandle| drop(handle.id()));
    assert!(response.headers().contains_key(SET_COOKIE));
}
