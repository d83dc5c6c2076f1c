//! A site with accounts: registration, log-in, notes, log-out here and everywhere.
//!
//! ```sh
//! cargo run --example forms --features axum,csrf,flash,revocation -- --dev
//! ```
//!
//! Open the address that it prints.
//!
//! With `--dev` the site uses plain HTTP, and a random key if `SESSION_SECRET` is not set. Without `--dev` it needs
//! `SESSION_SECRET` and a proxy that ends TLS. `PORT` sets the port. A number moves the clock: `-- --dev 604800` makes
//! it a week ahead, to see sessions refreshed and ended.
//!
//! | file | what it has | copy it? |
//! |---|---|---|
//! | `app.rs` | settings of the sessions, routes, the session layer, headers | yes |
//! | `log_in.rs` | registration, log-in, log-out | yes |
//! | `confirm.rs` | a page that needs a recent password, and the form that asks for it | yes |
//! | `return_to.rs` | the page to go on to after it, sealed | yes |
//! | `notes.rs` | a page and a form for users who are logged in | as a model |
//! | `page.rs`, `style.css` | the frame, flash messages, fields with errors | as a model; a template engine escapes for you |
//! | `password.rs` | Argon2id with a limit on memory | yes |
//! | `accounts.rs` | accounts and notes in memory | no: use a database |
//! | `tests.rs` | the site, visited by clients with cookie jars | as a model |
//!
//! Two more things differ on a server: what was logged out is kept in memory too (`LocalDenyList`), so that several
//! processes need a store of their own (`examples/revocation-redis`); and attempts to log in are limited by name alone.

mod accounts;
mod app;
mod confirm;
mod log_in;
mod notes;
mod page;
mod password;
mod return_to;
#[cfg(test)]
mod tests;

use std::time::Duration;
use std::{env, error::Error};

pub(crate) use app::Site;
use sealed_session::Keyring;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let (dev, others): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|arg| arg == "--dev");
    let ahead = others.first().map_or(Ok(0), |seconds| seconds.parse())?;
    let site = Site::new(Duration::from_secs(ahead));
    let sessions = site.sessions(Keyring::from_env("SESSION_SECRET")?, !dev.is_empty())?;
    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, site.app(sessions)?).await?)
}
