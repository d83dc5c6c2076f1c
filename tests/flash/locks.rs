//! Code of the application runs under no lock of the library: a clock, a subscriber and a writer
//! may use the messages. While the messages are opened, such code finds none; nor after they were sent.
#![allow(clippy::needless_pass_by_value, reason = "a handler owns its handle")]

use std::convert::Infallible;
use std::fmt::{self, Write};
use std::future::ready;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use sealed_session::{CookieSessions, Flash, FlashError, FlashHandle, FlashLayer, Level};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{NOW, at, ring, sessions};
use crate::watchdog::{Meddler, at_each_event, ends};

fn look(flash: &FlashHandle) -> usize {
    assert!(!format!("{flash:?}").is_empty());
    flash.len()
}

/// One request that brings this cookie through the layer.
fn run(
    sessions: &CookieSessions,
    cookie: HeaderValue,
    handler: impl FnOnce(FlashHandle) + Clone,
) -> Response<String> {
    let inner = service_fn(move |request: Request<()>| {
        handler.clone()(request.extensions().get::<FlashHandle>().unwrap().clone());
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let mut request = Request::new(());
    request.headers_mut().insert(COOKIE, cookie);
    let mut response = pin!(FlashLayer::new(sessions.clone()).layer(inner).oneshot(request));
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("nothing here waits");
    };
    response
}

/// A cookie with one message.
fn saved(sessions: &CookieSessions) -> HeaderValue {
    let mut flash = Flash::new();
    flash.push(Level::Info, "Saved.").unwrap();
    sessions.flash_cookie(&flash).unwrap()
}

fn junk() -> HeaderValue {
    HeaderValue::from_static("__Host-session-flash=AAAA")
}

#[test]
fn a_clock_may_use_the_messages() {
    ends(|| {
        let meddler = Meddler::new(look);
        let clock = meddler.clone();
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            clock.meddle();
            at(NOW)
        });
        let sessions = sessions.build().unwrap();
        let handler_of = meddler.clone();
        let response = run(&sessions, saved(&sessions), move |flash| {
            handler_of.watch(&flash);
            assert_eq!(flash.len(), 1);
            flash.push(Level::Info, "And again.").unwrap();
        });
        assert!(response.headers().contains_key(SET_COOKIE));
        assert_eq!(meddler.found(), [0, 0], "while they are opened, and when they are sent");
    });
}

#[test]
fn a_subscriber_may_use_the_messages() {
    ends(|| {
        let meddler = Meddler::new(look);
        let subscriber = meddler.clone();
        let _listening = at_each_event(move |_| subscriber.meddle());
        let (kept, handler_of) = (Arc::new(Mutex::new(None)), meddler.clone());
        let keep = Arc::clone(&kept);
        run(&sessions(), junk(), move |flash| {
            handler_of.watch(&flash);
            assert!(flash.is_empty());
            assert_eq!(handler_of.found(), [0], "a flash cookie was rejected");
            *keep.lock().unwrap() = Some(flash);
        });
        let late: FlashHandle = kept.lock().unwrap().take().unwrap();
        meddler.watch(&late);
        assert_eq!(late.push(Level::Info, "late"), Err(FlashError::TooLate));
        assert!(late.take().is_empty());
        assert_eq!(meddler.found(), [0, 0], "flash messages were used late");
        assert_eq!(format!("{late:?}"), r#"FlashHandle { flash: "sent" }"#);
    });
}

#[test]
fn what_a_clock_pushes_while_they_are_opened_is_refused() {
    ends(|| {
        let meddler = Meddler::new(|flash: &FlashHandle| flash.push(Level::Info, "tick"));
        let clock = meddler.clone();
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            clock.meddle();
            at(NOW)
        });
        let sessions = sessions.build().unwrap();
        let handler_of = meddler.clone();
        run(&sessions, junk(), move |flash| {
            handler_of.watch(&flash);
            assert!(flash.is_empty());
            assert_eq!(handler_of.found(), [Err(FlashError::TooLate)]);
        });
    });
}

#[test]
fn threads_that_ask_first_at_once_get_the_same_messages_and_wait_for_no_application() {
    ends(|| {
        let (both, calls) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let (meet, counted) = (Arc::clone(&both), Arc::clone(&calls));
        let sessions = CookieSessions::builder(ring(1)).clock(move || {
            // The calls of the threads are the second and third.
            if [1, 2].contains(&counted.fetch_add(1, SeqCst)) {
                meet.wait();
            }
            at(NOW)
        });
        let sessions = sessions.build().unwrap();
        let cookie = saved(&sessions);
        assert_eq!(calls.load(SeqCst), 1, "to seal it");
        run(&sessions, cookie, move |flash| {
            let other = flash.clone();
            let other = std::thread::spawn(move || other.take().len());
            let here = flash.take().len();
            assert_eq!(other.join().unwrap() + here, 1, "each message is taken once");
            assert!(flash.is_empty());
        });
    });
}

/// A writer that uses the handle.
struct Page<'h>(&'h FlashHandle, String);

impl Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.len();
        self.1.write_str(text)
    }
}

#[test]
fn what_debug_is_printed_to_may_use_the_messages() {
    ends(|| {
        let mut flash = Flash::new();
        flash.push(Level::Info, "Saved.").unwrap();
        let flash = FlashHandle::for_test(flash);
        for (page, expected) in [
            (format_args!("{flash:?}"), "FlashHandle { flash: Flash { len: 1, .. } }"),
            (
                format_args!("{flash:#?}"),
                "FlashHandle {\n    flash: Flash {\n        len: 1,\n        ..\n    },\n}",
            ),
        ] {
            let mut printed = Page(&flash, String::new());
            printed.write_fmt(page).unwrap();
            assert_eq!(printed.1, expected);
        }
    });
}
