//! The report for a person.

use std::fmt::Write;

use serde_json::Value;

use crate::failure::without_controls;
use crate::inspect::report::{
    Explanation, KeyReport, PayloadReport, Report, ScopeReport, SecretReport, SessionReport,
    TokenReport, Verdict,
};
use crate::time::{Instant, in_words};

/// The whole text.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    row(&mut text, "Scope", &scope(&report.scope));
    row(&mut text, "Secrets", &report.secrets.as_deref().map_or_else(no_secrets, secrets));
    let ScopeReport { idle_timeout_seconds, absolute_timeout_seconds, .. } = &report.scope;
    let [idle, absolute] = [*idle_timeout_seconds, *absolute_timeout_seconds].map(in_words);
    row(&mut text, "Timeouts", &format!("idle {idle}, absolute {absolute}"));
    row(&mut text, "Judged at", &report.at.to_string());
    for token in &report.tokens {
        text.push('\n');
        render_token(&mut text, token, report);
    }
    text.push('\n');
    row(&mut text, "Verdict", &verdict(report));
    if let Some(explanation) = &report.explanation {
        explain(&mut text, explanation);
    }
    without_controls(&text)
}

fn row(text: &mut String, name: &str, value: &str) {
    _ = writeln!(text, "{name:<13} {value}");
}

fn scope(scope: &ScopeReport) -> String {
    let ScopeReport { cookie, transport, path, domain, partitioned, context, schema, .. } = scope;
    let domain =
        domain.as_ref().map_or("no domain".to_owned(), |domain| format!("domain {domain}"));
    let partitioned = if *partitioned { "partitioned" } else { "not partitioned" };
    let context =
        if context.is_empty() { "no context".to_owned() } else { format!("context {context:?}") };
    format!(
        "{cookie}, {transport}, path {path}, {domain}, {partitioned}, {context}, schema {schema}"
    )
}

fn no_secrets() -> String {
    "none: set SESSION_SECRET, or give --secrets or --secrets-env".to_owned()
}

fn secrets(keys: &[KeyReport]) -> String {
    let keys: Vec<String> =
        keys.iter().map(|KeyReport { role, key_id }| format!("{role} {key_id}")).collect();
    format!("{}: {}", keys.len(), keys.join(", "))
}

fn render_token(text: &mut String, token: &TokenReport, report: &Report) {
    let TokenReport { number, length, .. } = token;
    let version =
        token.version.map_or("no version".to_owned(), |version| format!("version {version}"));
    let key = token.key_id.as_ref().map_or("no key id".to_owned(), |id| format!("key id {id}"));
    let many = if report.tokens.len() > 1 { format!("number {number}, ") } else { String::new() };
    row(text, "Token", &format!("{many}{length} characters, {version}, {key}"));
    if let Some(name) = &token.found_name {
        row(text, "Found name", name);
    }
    if let Some(secret) = &token.secret {
        row(text, "Secret", &of_ring(secret));
    }
    if let Some(schema) = token.schema.as_ref().filter(|schema| **schema != report.scope.schema) {
        row(text, "Schema", schema);
    }
    if let Some(session) = &token.session {
        render_session(text, session, report.at);
    }
    row(text, "Result", &result(token));
    if let Some(explanation) = &token.explanation {
        explain(text, explanation);
    }
    for fit in &token.fits {
        row(text, "Tried", &format!("it {}", fit.words));
    }
    if token.fits.is_empty() && matches!(token.reason, Some("unknown_key" | "forged")) {
        let tried = "transport, path, domain, partitioned, no context and the schema dict do not open it. A schema or a \
                     context cannot be guessed: give --schema or --context";
        row(text, "Tried", tried);
    }
}

fn of_ring(secret: &SecretReport) -> String {
    let SecretReport { role, place, of } = secret;
    if *of == 1 {
        return "the only one".to_owned();
    }
    format!("the {} of {of} secrets, {role}", ordinal(*place))
}

fn ordinal(place: usize) -> String {
    let end = match (place % 10, place % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{place}{end}")
}

fn render_session(text: &mut String, session: &SessionReport, now: Instant) {
    let instant = |at: Instant| format!("{at}  {}", at.relative_to(now));
    row(text, "Created", &instant(session.created));
    row(text, "Sealed", &instant(session.sealed));
    row(text, "Expires", &instant(session.expires));
    row(text, "Idle end", &instant(session.idle_end));
    row(text, "Absolute end", &instant(session.absolute_end));
    let never = "never: it would not extend the session".to_owned();
    row(text, "Refresh from", &session.refresh_from.map_or(never, instant));
    // What is unknown may come before it in the token.
    let none = if session.unknown_extensions.is_empty() { "never" } else { "not read" };
    row(text, "Confirmed", &session.confirmed.map_or(none.to_owned(), instant));
    let own = session.own_idle_timeout_seconds.map(in_words);
    row(text, "Own timeout", own.as_deref().unwrap_or("none"));
    row(text, "Label", &session.label);
    if !session.unknown_extensions.is_empty() {
        row(text, "Extensions", &format!("unknown: {:?}", session.unknown_extensions));
    }
    let PayloadReport { encoding, bytes, padding_bytes, data } = &session.payload;
    row(text, "Payload", &format!("{encoding}, {bytes} bytes, {padding_bytes} bytes of padding"));
    if let Some(data) = data {
        render_data(text, data);
    }
}

fn render_data(text: &mut String, data: &Value) {
    let rendered = format!("{data:#}");
    let mut lines = rendered.lines();
    row(text, "Data", lines.next().unwrap_or_default());
    lines.for_each(|line| row(text, "", line));
}

fn result(token: &TokenReport) -> String {
    let unread = if token.looked_at {
        ""
    } else {
        "; decode does not look at it, because it opens at most eight tokens"
    };
    match (token.verdict, token.reason) {
        (Verdict::Unknown, _) => {
            "it has the form of a token; without secrets it cannot be judged".to_owned()
        }
        (Verdict::Rejected, reason) => format!("rejected: {}{unread}", reason.unwrap_or("unknown")),
        (Verdict::Accepted, _) => format!("accepted; {}{unread}", next(token)),
    }
}

fn next(token: &TokenReport) -> String {
    match token.next_response {
        Some("refresh") => "it is due, so the next response refreshes it".to_owned(),
        Some("re-seal") => {
            "a previous secret or an older schema opened it, so the next response seals it again"
                .to_owned()
        }
        Some("error") => {
            let why = token.next_response_error.as_deref().unwrap_or_default();
            format!("the next response cannot seal it again: {why}")
        }
        _ => "the next response sends nothing, unless the application changes it".to_owned(),
    }
}

fn explain(text: &mut String, explanation: &Explanation) {
    let Explanation { found, cause, advice } = explanation;
    row(text, "  Found", found);
    row(text, "  Usual cause", cause);
    row(text, "  What to do", advice);
}

fn verdict(report: &Report) -> String {
    match (report.verdict, report.accepted_token, report.reason) {
        (Verdict::Unknown, ..) => "unknown: there are no secrets".to_owned(),
        (Verdict::Accepted, Some(number), _) if report.tokens.len() > 1 => {
            format!("accepted: token {number} becomes the session, unless it was revoked")
        }
        (Verdict::Accepted, ..) => "accepted, unless it was revoked".to_owned(),
        (Verdict::Rejected, _, reason) => {
            format!(
                "rejected: {}; the request gets a new, empty session",
                reason.unwrap_or("unknown")
            )
        }
    }
}
