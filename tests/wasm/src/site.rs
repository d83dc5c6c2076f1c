//! The site without layers: decode, write, encode.

use http::{Request, Response, StatusCode};
use sealed_session::CookieSessions;

/// Counts visits; `/login` and `/logout` change who visits.
pub fn handle(sessions: &CookieSessions, request: &Request<()>) -> Response<String> {
    let mut session = sessions.decode(request);
    match request.uri().path() {
        "/login" => {
            session.renew();
            session.set("user", "alice");
        }
        "/logout" => session.invalidate(),
        "/read" => {}
        _ => {
            let visits = session.parse("visits").and_then(Result::ok).unwrap_or(0) + 1;
            session.set("visits", visits);
        }
    }
    let entries = session.iter().map(|(name, value)| format!("{name}={value} "));
    let rejection = session.rejection().map(|rejection| format!("{rejection:?}"));
    let body = entries.chain(rejection).collect::<String>().trim_end().to_owned();
    let mut response = Response::new(body);
    // Where there are no random bytes, the visitor keeps the cookie of before.
    if let Err(error) = sessions.encode(&session, &mut response) {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        *response.body_mut() = format!("{error:?}: {error}");
    }
    response
}
