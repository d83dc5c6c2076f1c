//! `examples/forms` served by rustls: `forms_rustls CERTIFICATE KEY`, on a port of its own choice.

use std::time::Duration;
use std::{env, error::Error};

use axum_server::tls_rustls::RustlsConfig;
use sealed_session::Keyring;

#[allow(dead_code, reason = "its own `main` serves without TLS")]
#[path = "../../../../examples/forms/main.rs"]
mod forms;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| "a provider is there already")?;
    let [certificate, key] = <[String; 2]>::try_from(env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "give a certificate and its key")?;
    let site = forms::Site::new(Duration::ZERO);
    let sessions = site.sessions(Keyring::from_env("SESSION_SECRET")?, false)?;
    let tls = RustlsConfig::from_pem_file(certificate, key).await?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    println!("listening on https://{}", listener.local_addr()?);
    Ok(axum_server::from_tcp_rustls(listener, tls)?
        .serve(site.app(sessions)?.into_make_service())
        .await?)
}
