//! What `Debug` shows of each type: enough to tell things apart, and nothing secret.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::{Request, Response};
use sealed_session::{
    CookieSessions, Dict, EncodeError, KeyRole, Payload, SessionHandle, SessionLayer,
};
use tower::{Layer, Service};

use crate::support::{NOW, at, decode, ring, sealed, secret, sessions};

#[derive(Clone, Debug)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(Response::new(String::new())))
    }
}

#[test]
fn secrets_and_ids_show_their_type() {
    let session = sessions().fresh();
    assert_eq!(format!("{:?}", secret(1)), "Secret(..)");
    assert_eq!(format!("{:?}", session.id()), "SessionId(..)");
    assert_eq!(format!("{:?}", session.label()), format!("Label({})", session.label()));
}

#[test]
fn a_keyring_shows_its_roles_and_what_it_configures_its_names() {
    let keyring = ring(1).upcoming(secret(3)).previous(secret(2));
    assert_eq!(
        format!("{keyring:?}"),
        "Keyring { others: [Previous, Upcoming], ephemeral: false, .. }"
    );

    let builder = CookieSessions::builder(keyring.clone()).context("shop");
    let shown = format!("{builder:?}");
    assert!(
        shown.starts_with("Builder { keyring: Keyring { others: [Previous, Upcoming]"),
        "{shown}"
    );
    assert!(shown.contains(r#"context: "shop""#), "{shown}");

    let sessions = CookieSessions::new(ring(1));
    let (KeyRole::Current, id) = sessions.keys().next().unwrap() else {
        panic!("the first is the current one")
    };
    assert_eq!(format!("{id:?}"), format!("KeyId({id})"));
    let shown = format!(
        r#"CookieSessions {{ name: "__Host-session", transport: Https, keys: [(Current, {id:?})], .. }}"#
    );
    assert_eq!(format!("{sessions:?}"), shown);
}

#[test]
fn a_session_shows_its_label_and_times_and_its_dictionary_how_much_is_in_it() {
    let sessions = sessions();
    let session = decode(&sessions, &sealed(&sessions, &[("user", "alice")], NOW), NOW);
    let (label, expires) = (session.label(), at(NOW + 1_209_600));
    let shown = format!(
        "Session {{ label: {label:?}, is_new: false, opened_by: Some(Current), expires_at: {expires:?}, rejection: \
         None, .. }}"
    );
    assert_eq!(format!("{session:?}"), shown);
    assert_eq!(format!("{:?}", session.data()), "Dict { len: 1, .. }");
}

#[test]
fn what_reads_and_writes_a_payload_shows_nothing() {
    fn shown<T: Payload>() -> String {
        format!("{:?}", T::CODEC)
    }
    assert_eq!([shown::<Dict>(), shown::<u8>()], ["Codec(..)"; 2]);
}

#[test]
fn the_layer_and_what_it_makes_show_what_they_serve() {
    let sessions = sessions();
    let layer = SessionLayer::new(sessions.clone());
    let shown = format!("SessionLayer {{ sessions: {sessions:?}, .. }}");
    assert_eq!(format!("{layer:?}"), shown);

    let mut service = layer.layer(Inner);
    assert_eq!(
        format!("{service:?}"),
        format!("SessionService {{ inner: Inner, layer: {shown} }}")
    );
    let handle = r#"SessionHandle { session: "unopened" }"#;
    assert_eq!(
        format!("{:?}", service.call(Request::new(()))),
        format!("SessionFuture {{ handle: {handle}, .. }}")
    );

    let session = sessions.fresh();
    let shown = format!("{session:?}");
    assert_eq!(
        format!("{:?}", SessionHandle::for_test(session)),
        format!("SessionHandle {{ session: {shown} }}")
    );

    let response = |_: EncodeError| Response::new(());
    assert!(
        format!("{:?}", SessionLayer::new(sessions).on_error(response))
            .starts_with("SessionLayer {")
    );
}
