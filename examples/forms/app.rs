//! The site: settings of its sessions, routes, the session layer, headers of every response.

use std::borrow::Cow;
use std::error::Error;
use std::time::{Duration, SystemTime};

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode, request::Parts};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Router, routing::get, routing::post};
use sealed_session::{
    ConfigError, CookieSessions, Csrf, CsrfError, FlashHandle, Keyring, Level, LocalDenyList,
    SessionHandle, SessionLayer,
};

use super::accounts::Accounts;
use super::confirm::{close, close_form, confirm, confirm_form};
use super::log_in::{
    log_in, log_in_form, log_out, log_out_everywhere, log_out_others, register, register_form,
};
use super::notes;
use super::page::{banner, html, style, tell};
use super::password::Hashes;
use super::return_to::ReturnTo;

/// How long a remembered device stays logged in. On other devices the session ends when the browser closes.
pub(super) const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Site {
    pub(super) accounts: Accounts,
    pub(super) hashes: Hashes,
    pub(super) deny_list: LocalDenyList,
    pub(super) ahead: Duration,
}

impl Site {
    /// A site whose clock is ahead by this much.
    pub(crate) fn new(ahead: Duration) -> Self {
        let deny_list = LocalDenyList::new(100_000);
        Self { accounts: Accounts::default(), hashes: Hashes::new(), deny_list, ahead }
    }

    pub(super) fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    /// Sessions that the server can end. Without a secret they end with the process, which is for development alone.
    pub(crate) fn sessions(
        &self,
        keyring: Option<Keyring>,
        dev: bool,
    ) -> Result<CookieSessions, Box<dyn Error>> {
        let keyring = match keyring {
            None if dev => Keyring::ephemeral(),
            keyring => keyring.ok_or(
                "set SESSION_SECRET: openssl rand -base64 32 (for development without TLS: -- --dev)",
            )?,
        };
        let site = self.clone();
        let builder = CookieSessions::builder(keyring)
            .browser_session(true)
            .clock(move || site.now())
            .revocation(self.deny_list.clone())
            .subject(|session| session.get("user").map(Cow::from));
        Ok(if dev { builder.insecure_http() } else { builder }.build()?)
    }

    pub(crate) fn app(self, sessions: CookieSessions) -> Result<Router, ConfigError> {
        let return_to = ReturnTo::new(&sessions)?;
        // Bytes read to find the token: the forms have less.
        let csrf = Csrf::form_field("csrf").max_form_len(16 * 1024).on_refused(refused);
        Ok(Router::new()
            .route("/", get(notes::home))
            .route("/notes", post(notes::add))
            .route("/register", get(register_form).post(register))
            .route("/login", get(log_in_form).post(log_in))
            .route("/confirm", get(confirm_form).post(confirm))
            .route("/close", get(close_form).post(close))
            .route("/logout", post(log_out))
            .route("/logout-others", post(log_out_others))
            .route("/logout-everywhere", post(log_out_everywhere))
            // The address of a form may be in the address bar, and be opened as a page.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(Extension(return_to))
            // Sessions, flash messages and the check of CSRF tokens, around every route above.
            .layer(SessionLayer::new(sessions).flash().csrf(csrf))
            // The style sheet is below them: it has no session, and caches may keep it.
            .layer(map_response(no_store))
            .route("/style.css", get(style))
            .layer(map_response(with_headers))
            .with_state(self))
    }
}

/// The response to a form without the CSRF token of the session: most often the page is from before a log-in or a
/// log-out, or the session has ended.
///
/// It leads to the form with a message. Without cookies the browser would not keep the message: then the response says
/// it itself.
fn refused(request: &Parts, _: CsrfError) -> Response {
    let flash = request.extensions.get::<FlashHandle>();
    let Some(flash) = flash.filter(|_| request.headers.contains_key(COOKIE)) else {
        let text =
            "Nothing was changed. Please allow cookies for this site, go back and reload the page.";
        let body = banner(Level::Error, text) + r#"<p><a href="/">Back to the site</a></p>"#;
        return (StatusCode::FORBIDDEN, html("Please send it again", &body)).into_response();
    };
    let session = request.extensions.get::<SessionHandle>();
    let is_logged_in = session.is_some_and(|session| session.contains("user"));
    let form = match request.uri.path() {
        "/login" => "/login",
        "/register" => "/register",
        "/confirm" if is_logged_in => "/confirm",
        "/close" if is_logged_in => "/close",
        _ if is_logged_in => "/",
        _ => return tell(flash, Level::Info, "Your session has ended. Please log in.", "/login"),
    };
    let text = "Nothing was changed, because that page was out of date. Please send it again.";
    tell(flash, Level::Error, text, form)
}

/// Pages are for one visitor: no cache keeps them, neither a shared one nor the browser's own, nor does the back button
/// show them after log-out.
async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Headers of every response.
const HEADERS: [(HeaderName, &str); 3] = [
    // No script runs, no other site frames the page, no form leads to another site.
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: browsers would send `Origin: null` with the site's own forms.
    (REFERRER_POLICY, "same-origin"),
];
