//! A server at a port of its own, which ends with its test.

use sealed_session::{CookieSessions, Keyring};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::visitor::Visitor;

/// What its clients speak.
#[derive(Clone, Copy, PartialEq)]
pub enum Protocol {
    Http1,
    Http2,
    Grpc,
}

pub struct Site {
    pub sessions: CookieSessions,
    pub protocol: Protocol,
    pub url: String,
    server: JoinHandle<()>,
}

impl Site {
    pub async fn over_http1<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http1, serve).await
    }

    pub async fn over_http2<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http2, serve).await
    }

    pub async fn over_grpc<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Grpc, serve).await
    }

    async fn start<F>(protocol: Protocol, serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let sessions = CookieSessions::builder(Keyring::ephemeral()).insecure_http().build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let path = if protocol == Protocol::Grpc { "/frameworks.Site/" } else { "/" };
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve(listener, sessions.clone()));
        Self { sessions, protocol, url, server }
    }

    /// Somebody without cookies.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self)
    }

    /// Somebody who is logged in.
    pub async fn visitor_logged_in_as(&self, user: &str) -> Visitor {
        let visitor = self.visitor();
        visitor.post(&format!("/login?user={user}"), "").await.assert_ok();
        visitor
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}
