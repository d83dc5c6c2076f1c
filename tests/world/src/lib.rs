//! `sealed-session` in the world: real browsers, clients, proxies and caches on the programs of `examples`.
//!
//! | test | what is real |
//! |---|---|
//! | `browser` | Chromium, before nginx with TLS, rustls, and plain HTTP; links and forms from a second site |
//! | `clients` | curl, Python's `http.cookiejar`, reqwest's store of cookies |
//! | `transports` | nginx before a listener with TLS and one without |
//! | `fleet` | nginx before three processes, 500 clients, secrets that rotate, machines that fail; Prometheus, which reads two that count |
//! | `buffers` | nginx with its buffers as installed, before the largest session |
//! | `cache` | nginx's cache of pages, shared by everybody |
//! | `readme` | every command and every block of the README |
//!
//! `tests/world/run` installs what they need and runs all of it.

mod app;
mod browser;
mod certificate;
mod defaults;
mod nginx;
mod program;
mod site;
mod stranger;

pub use app::{client, serve, serve_tls};
pub use browser::{Browser, Stored};
pub use certificate::{Certificate, install_provider};
pub use defaults::{README, default_days};
pub use nginx::{Nginx, free_ports};
pub use program::{Program, example, repository};
pub use site::Site;
pub use stranger::Stranger;
