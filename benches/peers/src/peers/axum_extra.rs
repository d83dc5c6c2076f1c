//! axum-extra 0.12 (AES-256-GCM): `PrivateCookieJar` as an extractor and a part of the response, as
//! its docs show, with the session as JSON in one cookie.
//!
//! A handler that does not use the session does not take the jar.

use std::convert::Infallible;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, Key, SameSite};
use contest::{Call, Entry, MAX_AGE, Middleware, tower};
use cookie::time::Duration;
use http::{Request, StatusCode};
use tower::service_fn;

use super::{Dictionary, NAME, holds, to_json};

pub struct Jar(Key);

impl Jar {
    pub fn new() -> Self {
        Self(Key::generate())
    }
}

impl Middleware for Jar {
    fn bare(&self) -> impl Call {
        tower(service_fn(ignore))
    }

    fn idle(&self) -> impl Call {
        self.bare()
    }

    fn writer(&self, entries: &'static [Entry]) -> impl Call {
        let key = self.0.clone();
        tower(service_fn(move |request| set(request, key.clone(), entries)))
    }

    fn reader(&self, entry: Entry) -> impl Call {
        let key = self.0.clone();
        tower(service_fn(move |request| get(request, key.clone(), entry)))
    }
}

async fn ignore(_: Request<()>) -> Result<Response, Infallible> {
    Ok(StatusCode::OK.into_response())
}

async fn set(request: Request<()>, key: Key, entries: &[Entry]) -> Result<Response, Infallible> {
    let cookie = Cookie::build((NAME, to_json::<Dictionary>(entries)))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(MAX_AGE.into()));
    let jar = jar(request, &key).await.add(cookie);
    Ok((jar, StatusCode::OK).into_response())
}

async fn get(request: Request<()>, key: Key, entry: Entry) -> Result<Response, Infallible> {
    let session = jar(request, &key).await.get(NAME);
    let is_found = session.is_some_and(|session| holds::<Dictionary>(session.value(), entry));
    let status = if is_found { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok(status.into_response())
}

async fn jar(request: Request<()>, key: &Key) -> PrivateCookieJar {
    let (mut parts, ()) = request.into_parts();
    let Ok(jar) = PrivateCookieJar::from_request_parts(&mut parts, key).await;
    jar
}
