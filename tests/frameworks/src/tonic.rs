//! tonic 0.14: the layer of the server; an RPC finds the handle among its extensions.
//!
//! The layer opens the session when an RPC first uses it; one that does not stays as it was. A gRPC client wants an
//! answer of its own kind where a session cannot be sent or checked.
//!
//! `CsrfLayer` is not for gRPC: every RPC is a POST, one that asks for a token too, and no form of another site can send
//! one.

use sealed_session::{
    CookieSessions, EncodeError, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};

use crate::{FOR_EVERYBODY, NOBODY, NOTED, OUT_OF_ORDER};
use generated::site_server::{Site, SiteServer};

/// Serves the RPCs until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let layer = SessionLayer::new(sessions).on_error(unsent);
    let server = Server::builder().layer(layer).add_service(SiteServer::new(Rpcs));
    server.serve_with_incoming(TcpIncoming::from(listener)).await.expect("tonic serves");
}

/// Serves them with messages, and sessions that the server ends.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    let layer = crate::guards(sessions).on_error(unsent).on_unchecked(|| unchecked().into_http());
    let server = Server::builder().layer(layer).add_service(SiteServer::new(Rpcs));
    server.serve_with_incoming(TcpIncoming::from(listener)).await.expect("tonic serves");
}

fn unsent(error: EncodeError) -> http::Response<Body> {
    Status::internal(error.to_string()).into_http()
}

fn unchecked() -> Status {
    let mut retry = MetadataMap::new();
    retry.insert("retry-after", MetadataValue::from_static("5"));
    Status::with_metadata(Code::Unavailable, "sessions cannot be checked", retry)
}

fn messages<T>(request: &Request<T>) -> &FlashHandle {
    request.extensions().get().expect("the layer of messages")
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

    async fn token(&self, request: Request<String>) -> Result<Response<String>, Status> {
        Ok(Response::new(session(&request).csrf_token()))
    }

    async fn note(&self, request: Request<String>) -> Result<Response<String>, Status> {
        session(&request).set("note", request.get_ref());
        messages(&request).push(Level::Success, NOTED).expect("a short message");
        Ok(Response::new(String::new()))
    }

    async fn said(&self, request: Request<String>) -> Result<Response<String>, Status> {
        let messages = messages(&request).take();
        Ok(Response::new(messages.iter().map(Message::text).collect()))
    }

    async fn end(&self, request: Request<String>) -> Result<Response<String>, Status> {
        session(&request).revoke();
        Ok(Response::new(String::new()))
    }
}
