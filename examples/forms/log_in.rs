//! Registration, log-in, log-out.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use sealed_session::{FlashHandle, Level, SessionHandle};
use serde::Deserialize;

use super::accounts::{ATTEMPTS_WITHIN, MAX_FIELD};
use super::app::{REMEMBERED, Site};
use super::page::{Field, Problem, csrf_input, page, tell};
use super::password::{hash, verify};

/// Bytes of a new password at least.
const MIN_PASSWORD: usize = 8;

/// What both forms send. `Debug` is not derived: a password does not belong in a log.
#[derive(Default, Deserialize)]
pub(super) struct Credentials {
    user: String,
    password: String,
    remember: Option<String>,
}

impl Credentials {
    pub(super) fn of(user: String, password: String) -> Self {
        Self { user, password, remember: None }
    }
}

// Registration.

pub(super) async fn register_form(session: SessionHandle, flash: FlashHandle) -> Response {
    page("Register", &flash, &register_html(&session, &Credentials::default(), None))
}

pub(super) async fn register(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Credentials>,
) -> Response {
    match open_account(&site, &form).await {
        Ok(()) => {
            begin(&session, form.user.trim(), false);
            tell(&flash, Level::Success, "Welcome!", "/")
        }
        Err(problem) => {
            problem.respond("Register", &flash, &register_html(&session, &form, Some(problem)))
        }
    }
}

async fn open_account(site: &Site, form: &Credentials) -> Result<(), Problem> {
    let user = form.user.trim();
    if !(1..=MAX_FIELD).contains(&user.len()) || user.contains(char::is_control) {
        return Err(Problem::of_field("user", "Choose a name of 1 to 128 bytes."));
    }
    if form.password.len() < MIN_PASSWORD {
        return Err(Problem::of_field("password", "That password is too short."));
    }
    if form.password.len() > MAX_FIELD {
        return Err(Problem::of_field("password", "That password is longer than 128 bytes."));
    }
    let permit = site.hashes.permit().ok_or_else(busy)?;
    let password_hash = hash(permit, form.password.clone()).await.ok_or_else(|| {
        let text = "The account could not be opened.";
        Problem::of_form(StatusCode::INTERNAL_SERVER_ERROR, None, text)
    })?;
    site.accounts.open(user, password_hash).map_err(|text| Problem::of_field("user", text))
}

// Log-in.

pub(super) async fn log_in_form(session: SessionHandle, flash: FlashHandle) -> Response {
    page("Log in", &flash, &log_in_html(&session, &Credentials::default(), None))
}

pub(super) async fn log_in(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Credentials>,
) -> Response {
    match check_password(&site, &form).await {
        Ok(()) => {
            begin(&session, form.user.trim(), form.remember.is_some());
            tell(&flash, Level::Success, "Welcome back!", "/")
        }
        Err(problem) => {
            problem.respond("Log in", &flash, &log_in_html(&session, &form, Some(problem)))
        }
    }
}

pub(super) async fn check_password(site: &Site, form: &Credentials) -> Result<(), Problem> {
    let user = form.user.trim();
    let permit = site.hashes.permit().ok_or_else(busy)?;
    let known = site.accounts.lock().get_mut(user).map(|account| {
        let may_try = account.may_try(site.now());
        (may_try, account.password_hash.clone())
    });
    if let Some((false, _)) = known {
        let text = "There were too many attempts to log in with that name. Please try again later.";
        let seconds = Some(ATTEMPTS_WITHIN.as_secs());
        return Err(Problem::of_form(StatusCode::TOO_MANY_REQUESTS, seconds, text));
    }
    if !verify(permit, form.password.clone(), known.map(|(_, hash)| hash)).await {
        // One text for both: it does not tell which names exist.
        return Err(Problem::of_field("password", "That name or that password is not right."));
    }
    if let Some(account) = site.accounts.lock().get_mut(user) {
        account.attempts = 0;
    }
    Ok(())
}

/// Begins the session of a user: with a new id, against session fixation, and with the time of the password.
fn begin(session: &SessionHandle, user: &str, remember: bool) {
    if session.get("user").is_some_and(|before| before != user) {
        session.invalidate(); // another user: nothing of the previous user's session stays
    }
    session.confirm();
    session.set("user", user);
    session.set_idle_timeout(remember.then_some(REMEMBERED));
}

fn busy() -> Problem {
    let text = "Too many visitors are logging in at once. Please try again.";
    Problem::of_form(StatusCode::SERVICE_UNAVAILABLE, Some(1), text)
}

// Log-out: of this session, of the user's other ones, of all of them.

pub(super) async fn log_out(session: SessionHandle, flash: FlashHandle) -> Response {
    session.revoke(); // every copy of the cookie is rejected from now on
    tell(&flash, Level::Info, "You are logged out.", "/")
}

pub(super) async fn log_out_others(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    if let Some(user) = session.get("user") {
        session.with(|session| site.deny_list.log_out_others(user, session, site.now()));
    }
    tell(&flash, Level::Info, "Your other devices are logged out.", "/")
}

pub(super) async fn log_out_everywhere(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    if let Some(user) = session.get("user") {
        site.deny_list.log_out_everywhere(user, site.now());
    }
    session.revoke();
    tell(&flash, Level::Info, "You are logged out everywhere.", "/")
}

// The forms. The name is shown again after an error, the password never.

fn register_html(session: &SessionHandle, form: &Credentials, problem: Option<Problem>) -> String {
    let password = format!(r#"autocomplete="new-password" minlength="{MIN_PASSWORD}""#);
    let fields = fields(form, &password, "At least 8 characters.", problem);
    let csrf = csrf_input(session);
    format!(
        r#"<form method="post">{csrf}
{fields}<button>Register</button>
</form>
<p>Do you have an account? <a href="/login">Log in</a></p>"#
    )
}

fn log_in_html(session: &SessionHandle, form: &Credentials, problem: Option<Problem>) -> String {
    let fields = fields(form, r#"autocomplete="current-password""#, "", problem);
    let (csrf, checked) =
        (csrf_input(session), if form.remember.is_some() { " checked" } else { "" });
    format!(
        r#"<form method="post">{csrf}
{fields}<label class="check"><input type="checkbox" name="remember" value="yes"{checked}> Remember me on this device</label>
<button>Log in</button>
</form>
<p>No account yet? <a href="/register">Register</a></p>"#
    )
}

fn fields(
    form: &Credentials,
    password_attributes: &str,
    hint: &str,
    problem: Option<Problem>,
) -> String {
    let user = Field {
        name: "user",
        label: "Name",
        attributes: &format!(
            r#"autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="{MAX_FIELD}""#
        ),
        value: &form.user,
        hint: "",
        has_focus: true,
    };
    let password = Field {
        name: "password",
        label: "Password",
        attributes: &format!(r#"type="password" {password_attributes} maxlength="{MAX_FIELD}""#),
        value: "",
        hint,
        has_focus: false,
    };
    user.html(problem) + &password.html(problem)
}
