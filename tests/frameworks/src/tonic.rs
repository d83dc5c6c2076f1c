//! tonic 0.14: the layer of the server; an RPC finds the handle among its extensions.
//!
//! The layer opens the session when an RPC first uses it; one that does not stays as it was. A gRPC client wants an
//! answer of its own kind where a session cannot be sent.

use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
use tokio::net::TcpListener;
use tonic::metadata::MetadataValue;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::{FOR_EVERYBODY, NOBODY, OUT_OF_ORDER};
use generated::site_server::{Site, SiteServer};

/// Serves the RPCs until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let layer = SessionLayer::new(sessions).on_error(|error| Status::internal(error.to_string()).into_http());
    let server = Server::builder().layer(layer).add_service(SiteServer::new(Rpcs));
    server.serve_with_incoming(TcpIncoming::from(listener)).await.expect("tonic serves");
}

fn session<T>(request: &Request<T>) -> &SessionHandle {
    request.extensions().get().expect("the layer of sessions")
}

// The RPCs.

#[allow(clippy::pedantic, reason = "as tonic writes it")]
mod generated {
    tonic::include_proto!("frameworks.Site");
}

struct Rpcs;

#[tonic::async_trait]
impl Site for Rpcs {
    async fn me(&self, request: Request<String>) -> Result<Response<String>, Status> {
        let mut response = Response::new(session(&request).get("user").unwrap_or(NOBODY.into()));
        response.metadata_mut().append("set-cookie", MetadataValue::from_static("theirs=1"));
        Ok(response)
    }

    async fn log_in(&self, request: Request<String>) -> Result<Response<String>, Status> {
        session(&request).renew();
        session(&request).set("user", request.get_ref());
        Ok(Response::new(String::new()))
    }

    async fn log_out(&self, request: Request<String>) -> Result<Response<String>, Status> {
        session(&request).invalidate();
        Ok(Response::new(String::new()))
    }

    async fn big(&self, request: Request<String>) -> Result<Response<String>, Status> {
        session(&request).set("blob", request.get_ref());
        Ok(Response::new(String::new()))
    }

    async fn fail(&self, request: Request<String>) -> Result<Response<String>, Status> {
        session(&request).set("seen", "1");
        Err(Status::unavailable(OUT_OF_ORDER))
    }

    async fn public(&self, _: Request<String>) -> Result<Response<String>, Status> {
        let mut response = Response::new("for everybody".to_owned());
        response.metadata_mut().insert("cache-control", MetadataValue::from_static(FOR_EVERYBODY));
        Ok(response)
    }
}
