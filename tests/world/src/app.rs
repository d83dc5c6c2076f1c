//! Applications of the tests, and clients for them.

use std::net::SocketAddr;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use tokio::net::TcpListener;

use crate::{Certificate, install_provider};

/// Serves an application until the test ends, on a port of the loopback.
pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// The same with TLS.
pub async fn serve_tls(app: Router, certificate: &Certificate) -> SocketAddr {
    install_provider();
    let tls = RustlsConfig::from_pem_file(certificate.chain(), certificate.key()).await.unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(server.serve(app.into_make_service()));
    address
}

/// A client that trusts this certificate and no other, and keeps no cookies so far.
pub fn client(certificate: &Certificate) -> reqwest::ClientBuilder {
    install_provider();
    let certificate = reqwest::Certificate::from_pem(certificate.pem().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([certificate])
}
