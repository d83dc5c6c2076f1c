//! A page that asks for the password again, and what it guards: the end of the account.

use std::time::Duration;

use axum::Extension;
use axum::extract::{Form, FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use sealed_session::{FlashHandle, Level, SessionHandle};
use serde::Deserialize;

use super::app::Site;
use super::log_in::{Credentials, check_password};
use super::page::{Field, Problem, csrf_input, escape, page, tell};
use super::return_to::ReturnTo;

/// In seconds.
pub(super) const MINUTES: u64 = 60;

/// A user who gave the password within so many seconds; all others are asked for it.
///
/// `Confirmed<{ 15 * MINUTES }>` as an argument of a handler makes its page one for these users. Each page may have a
/// limit of its own.
pub(super) struct Confirmed<const WITHIN: u64>(String);

impl<const WITHIN: u64> FromRequestParts<Site> for Confirmed<WITHIN> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let session = SessionHandle::from_request_parts(parts, site).await;
        let session = session.map_err(IntoResponse::into_response)?;
        let user = session.get("user").ok_or_else(|| Redirect::to("/login").into_response())?;
        if session.confirmed_within(Duration::from_secs(WITHIN)) {
            return Ok(Self(user));
        }
        let return_to = Extension::<ReturnTo>::from_request_parts(parts, site).await;
        let return_to = return_to.map_err(IntoResponse::into_response)?;
        // Also after a form: its page has the same address.
        let next = return_to.seal(&session, &parts.uri, site.now());
        Err(Redirect::to(&format!("/confirm?next={next}")).into_response())
    }
}

// The password, once more.

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Password {
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn confirm_form(
    session: SessionHandle,
    flash: FlashHandle,
    Form(query): Form<Next>, // of a GET: the query
) -> Response {
    page(TITLE, &flash, &form_html(&session, &query.next, None))
}

pub(super) async fn confirm(
    State(site): State<Site>,
    Extension(return_to): Extension<ReturnTo>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Password>,
) -> Response {
    let Some(user) = session.get("user") else { return Redirect::to("/login").into_response() };
    match check_password(&site, &Credentials::of(user, form.password)).await {
        Ok(()) => {
            let next = return_to.open(&session, &form.next, site.now());
            session.confirm(); // a new id, and the time
            Redirect::to(&next).into_response()
        }
        Err(problem) => {
            let body = form_html(&session, &form.next, Some(problem));
            problem.respond(TITLE, &flash, &body)
        }
    }
}

const TITLE: &str = "Your password, please";

fn form_html(session: &SessionHandle, next: &str, problem: Option<Problem>) -> String {
    let field = Field {
        name: "password",
        label: "Password",
        attributes: r#"type="password" autocomplete="current-password""#,
        value: "",
        hint: "You gave it a while ago.",
        has_focus: true,
    };
    let (field, csrf, next) = (field.html(problem), csrf_input(session), escape(next));
    format!(
        r#"<form method="post" action="/confirm">{csrf}
<input type="hidden" name="next" value="{next}">
{field}<button>Go on</button>
</form>"#
    )
}

// The end of the account.

pub(super) async fn close_form(
    _: Confirmed<{ 15 * MINUTES }>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    let csrf = csrf_input(&session);
    let body = format!(
        r#"<p>All your notes are deleted with it.</p>
<form method="post">{csrf}
<button>Close my account</button>
</form>"#
    );
    page("Close your account", &flash, &body)
}

pub(super) async fn close(
    State(site): State<Site>,
    Confirmed(user): Confirmed<{ 15 * MINUTES }>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    site.accounts.lock().remove(&user);
    site.deny_list.log_out_everywhere(user, site.now());
    session.revoke();
    tell(&flash, Level::Info, "Your account is closed.", "/")
}
