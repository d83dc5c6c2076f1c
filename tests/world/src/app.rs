//! Applications of the tests, and clients for them.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

use crate::{Certificate, install_provider};

/// Serves an application until the test ends, on a port of the loopback.
pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// A client that trusts this certificate and no other, and keeps no cookies so far.
pub fn client(certificate: &Certificate) -> reqwest::ClientBuilder {
    install_provider();
    let certificate = reqwest::Certificate::from_pem(certificate.pem().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([certificate])
}
