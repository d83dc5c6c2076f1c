//! How often a request through the layer allocates, beyond a request to the handler alone.

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use http::header::{COOKIE, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderValue, Request, Response};
use sealed_session::{SessionHandle, SessionLayer};
use tower::{Layer, Service, service_fn};

use crate::support::sessions;

/// What the handle and the layer share; the box that extensions keep each value in.
const UNREAD: u64 = 2;
/// The header map of a response that has no header before.
const HEADER_MAP: u64 = 2;
/// Also the dictionary, and the value that the handler gets.
const READ: u64 = UNREAD + 2 + HEADER_MAP;
/// Also each of four entries before the session is locked, the first of which becomes the
/// dictionary; the frame and the header value.
const WRITE: u64 = UNREAD + 4 + 2 + HEADER_MAP;

const FOUR: [(&str, &str); 4] = [
    ("csrf", "Zk3vQ0yT9bXhR7uLmW2cPs5aEfGd8JnA"),
    ("lang", "en"),
    ("role", "admin"),
    ("user", "a"),
];

/// What a server or router inserts before a layer is called.
#[derive(Clone)]
struct Before;

fn alive() -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(Before);
    extensions
}

/// A `Cookie` header that shares its bytes with others, as those that a server reads do.
fn cookie() -> HeaderValue {
    let sessions = sessions();
    let mut session = sessions.fresh();
    session.data_mut().extend(FOUR);
    let cookie = sessions.request_cookie(&session).unwrap();
    let _shares = cookie.clone();
    cookie
}

fn request(cookie: Option<&HeaderValue>, extensions: Extensions) -> Request<()> {
    let mut request = Request::new(());
    *request.extensions_mut() = extensions;
    request.headers_mut().extend(cookie.map(|cookie| (COOKIE, cookie.clone())));
    request
}

/// The allocations of a request whose handler does this, and the headers of the response.
fn allocations(
    new_request: impl Fn() -> Request<()>,
    handler: fn(&SessionHandle),
) -> (u64, HeaderMap) {
    let service = SessionLayer::new(sessions()).layer(service_fn(move |request: Request<()>| {
        handler(request.extensions().get().unwrap());
        ready(Ok::<_, Infallible>(Response::new("")))
    }));
    let run = |request: Request<()>| {
        let future = pin!(service.clone().call(request));
        let Poll::Ready(Ok(response)) = future.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("the handler does not wait");
        };
        response.into_parts().0.headers
    };
    run(new_request()); // once a thread: which session it uses, and with `rotation` which keys
    let (request, mut headers) = (new_request(), HeaderMap::new());
    let count = measure(|| headers = run(request)).count_total;
    (count, headers)
}

#[test]
fn an_unread_session_allocates_twice() {
    let cookie = cookie();
    let (count, headers) = allocations(|| request(Some(&cookie), alive()), |_| ());
    assert!(headers.is_empty());
    assert_eq!(count, UNREAD);
}

#[test]
fn the_first_extension_of_a_request_allocates_what_the_crate_http_needs() {
    let cookie = cookie();
    let of_http = measure(|| drop(alive())).count_total;
    let (count, _) = allocations(|| request(Some(&cookie), Extensions::new()), |_| ());
    assert_eq!(count, UNREAD + of_http);
}

#[test]
fn a_read_allocates_for_the_dictionary_and_the_value() {
    let cookie = cookie();
    let (count, headers) = allocations(
        || request(Some(&cookie), alive()),
        |session| assert_eq!(session.get("role").as_deref(), Some("admin")),
    );
    assert!(!headers.contains_key(SET_COOKIE));
    assert_eq!(count, READ);
}

#[test]
fn a_write_allocates_once_for_each_entry_and_for_what_is_sent() {
    let (count, headers) = allocations(
        || request(None, alive()),
        |session| {
            for (key, value) in FOUR {
                session.set(key, value);
            }
        },
    );
    assert!(headers.contains_key(SET_COOKIE));
    assert_eq!(count, WRITE);
}
