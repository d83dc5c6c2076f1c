//! What every page has: the frame around it, flash messages, fields with their errors.
//!
//! The values are escaped here. No page has a script or an inline style, so that the content security policy can forbid
//! both.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::response::{Html, IntoResponse, Redirect, Response};
use sealed_session::{FlashHandle, Level, SessionHandle};

/// A page with the flash messages that wait for it.
pub(super) fn page(title: &str, flash: &FlashHandle, body: &str) -> Response {
    let mut messages = String::new();
    for message in flash.take() {
        messages += &banner(message.level(), message.text());
    }
    html(title, &format!("{messages}{body}"))
}

/// A redirect, with a flash message for the page that it leads to.
pub(super) fn tell(flash: &FlashHandle, level: Level, text: &str, to: &str) -> Response {
    // An error means that there are too many messages: one more would not be read either.
    let _ = flash.push(level, text);
    Redirect::to(to).into_response()
}

/// Why a form was not accepted. The form is shown again with it.
#[derive(Clone, Copy)]
pub(super) struct Problem {
    status: StatusCode,
    /// Seconds until it makes sense to send the form again.
    retry_after: Option<u64>,
    /// The field in error; none if it is the whole form.
    field: Option<&'static str>,
    text: &'static str,
}

impl Problem {
    pub(super) fn of_field(field: &'static str, text: &'static str) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { status, retry_after: None, field: Some(field), text }
    }

    pub(super) fn of_form(
        status: StatusCode,
        retry_after: Option<u64>,
        text: &'static str,
    ) -> Self {
        Self { status, retry_after, field: None, text }
    }

    /// The page of the form, with the status of the problem and what concerns the whole form.
    pub(super) fn respond(self, title: &str, flash: &FlashHandle, form: &str) -> Response {
        let banner = match self.field {
            Some(_) => String::new(),
            None => banner(Level::Error, self.text),
        };
        let mut response = page(title, flash, &format!("{banner}{form}"));
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// One field of a form: its label, what was typed, and what is wrong with it.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// Further attributes of the `input`.
    pub(super) attributes: &'a str,
    /// What was typed before; never a password.
    pub(super) value: &'a str,
    pub(super) hint: &'a str,
    pub(super) has_focus: bool,
}

impl Field<'_> {
    /// The field with its hint and its error, which screen readers read with it. A field in error takes the focus.
    pub(super) fn html(&self, problem: Option<Problem>) -> String {
        let Self { name, label, attributes, hint, .. } = self;
        let value = escape(self.value);
        let field_in_error = problem.and_then(|problem| problem.field);
        let is_in_error = field_in_error == Some(name);
        let error = match problem {
            Some(problem) if is_in_error => format!("<strong>{}</strong>", escape(problem.text)),
            _ => String::new(),
        };
        let invalid = if is_in_error { r#" aria-invalid="true""# } else { "" };
        let has_focus = field_in_error.map_or(self.has_focus, |_| is_in_error);
        let focus = if has_focus { " autofocus" } else { "" };
        format!(
            r#"<div class="field"><label for="{name}">{label}</label>
<p id="{name}-text">{hint}{error}</p>
<input id="{name}" name="{name}" value="{value}" {attributes} required aria-describedby="{name}-text"{invalid}{focus}>
</div>
"#
        )
    }
}

/// The hidden field with the CSRF token of the session. Every form with `method="post"` has it.
pub(super) fn csrf_input(session: &SessionHandle) -> String {
    format!(r#"<input type="hidden" name="csrf" value="{}">"#, session.csrf_token())
}

pub(super) fn banner(level: Level, text: &str) -> String {
    let role = if level == Level::Error { "alert" } else { "status" };
    format!("<p class=\"message {level}\" role=\"{role}\">{}</p>\n", escape(text))
}

pub(super) fn html(title: &str, body: &str) -> Response {
    Html(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Notes</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a href="/">Notes</a></header>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"#
    ))
    .into_response()
}

/// The style sheet is the same for everybody: caches may keep it.
pub(super) async fn style() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("style.css"))
}

/// Text escaped for HTML, also between double quotes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
