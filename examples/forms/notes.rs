//! The notes: a page for users who are logged in, and a form that changes something.

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use sealed_session::{FlashHandle, Level, SessionHandle};
use serde::Deserialize;

use super::accounts::{MAX_FIELD, MAX_NOTES};
use super::app::Site;
use super::page::{Field, Problem, csrf_input, escape, page, tell};

#[derive(Deserialize)]
pub(super) struct Note {
    text: String,
}

pub(super) async fn home(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    let Some(user) = session.get("user") else { return page(WELCOME_TITLE, &flash, WELCOME) };
    page(TITLE, &flash, &notes(&site, &session, &user, "", None))
}

pub(super) async fn add(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(note): Form<Note>,
) -> Response {
    let Some(user) = session.get("user") else { return Redirect::to("/login").into_response() };
    match store(&site, &user, &note.text) {
        // A redirect after every form that was accepted: a reload sends nothing twice.
        Ok(()) => tell(&flash, Level::Success, "Noted.", "/"),
        // The form again, with what was typed.
        Err(problem) => {
            let body = notes(&site, &session, &user, &note.text, Some(problem));
            problem.respond(TITLE, &flash, &body)
        }
    }
}

fn store(site: &Site, user: &str, text: &str) -> Result<(), Problem> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_FIELD {
        return Err(Problem::of_field("text", "A note has 1 to 128 bytes."));
    }
    if let Some(account) = site.accounts.lock().get_mut(user) {
        if account.notes.len() >= MAX_NOTES {
            return Err(Problem::of_field("text", "There is no room for another note."));
        }
        account.notes.push(text.to_owned());
    }
    Ok(())
}

const TITLE: &str = "Your notes";
const WELCOME_TITLE: &str = "Short notes, on every device";
const WELCOME: &str = r#"<p>You are not logged in.</p>
<p class="buttons"><a class="button" href="/login">Log in</a> <a class="button quiet" href="/register">Register</a></p>"#;

fn notes(
    site: &Site,
    session: &SessionHandle,
    user: &str,
    typed: &str,
    problem: Option<Problem>,
) -> String {
    let items: Vec<String> = match site.accounts.lock().get(user) {
        Some(account) => {
            account.notes.iter().map(|note| format!("<li>{}</li>", escape(note))).collect()
        }
        None => Vec::new(),
    };
    let list = if items.is_empty() {
        "<p>There are no notes yet.</p>".to_owned()
    } else {
        format!("<ul class=\"notes\">\n{}\n</ul>", items.join("\n"))
    };
    let attributes = format!("maxlength=\"{MAX_FIELD}\" autocomplete=\"off\"");
    let field = Field {
        name: "text",
        label: "Note",
        attributes: &attributes,
        value: typed,
        hint: "",
        has_focus: false,
    };
    let (field, csrf, user) = (field.html(problem), csrf_input(session), escape(user));
    format!(
        r#"<p>You are logged in as <b>{user}</b>.</p>
{list}
<form method="post" action="/notes">{csrf}
{field}<button>Add</button>
</form>
<section><h2>Your devices</h2>
<form method="post" action="/logout" class="buttons">{csrf}
<button class="quiet">Log out</button>
<button class="quiet" formaction="/logout-others">Log out my other devices</button>
<button class="quiet" formaction="/logout-everywhere">Log out everywhere</button>
</form>
<p><a href="/close">Close my account</a></p></section>"#
    )
}
