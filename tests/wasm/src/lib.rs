//! A site for WebAssembly, asked in texts: HTTP in small, and commands for the test in `run.mjs`.
//!
//! The first line of a request is a command and what it is about, the others are `name: value`.

mod layers;
mod setup;
mod site;
#[path = "../../../src/decode/vector_types.rs"]
mod vector_types;
mod vectors;

use std::time::SystemTime;

use http::Request;

/// What the host says of the time.
pub type Now = fn() -> SystemTime;

/// Does what a request asks for.
pub fn respond(request: &str, now: Now) -> String {
    let (first, rest) = request.split_once('\n').unwrap_or((request, ""));
    let (command, about) = first.split_once(' ').unwrap_or((first, ""));
    match command {
        "start" => setup::start(rest, now),
        "start-without-clock" => setup::start_without_clock(rest),
        "new" => setup::new(rest),
        "ephemeral" => setup::ephemeral(now),
        "rotate" => setup::rotate(rest),
        "environment" => setup::environment(),
        "vector" => vectors::replay(about, rest),
        "layers" => {
            setup::with_site(|site| layers::respond(&site.router, http_request(about, rest)))
        }
        method => {
            let request = http_request(&format!("{method} {about}"), rest);
            setup::with_site(|site| written(&site::handle(&site.sessions, &request.map(drop))))
        }
    }
}

/// `GET /path` and headers.
fn http_request(line: &str, headers: &str) -> Request<String> {
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let request = Request::builder().method(method).uri(path);
    let headers = headers.lines().filter_map(|line| line.split_once(": "));
    let request = headers.fold(request, |request, (name, value)| request.header(name, value));
    request.body(String::new()).expect("a valid request")
}

/// The status, the headers, an empty line and the body.
fn written(response: &http::Response<String>) -> String {
    let headers = response.headers().iter().map(|(name, value)| {
        format!("{name}: {}\n", value.to_str().expect("our headers are text"))
    });
    let headers: String = headers.collect();
    format!("{}\n{headers}\n{}", response.status().as_u16(), response.body())
}
