//! A server at a port of its own, which ends with its test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sealed_session::{
    AsyncRevocation, Builder, CookieSessions, Dict, Keyring, LocalDenyList, Revocation,
    RevocationQuery, RevokedSession, Unavailable,
};
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

/// What is revoked, which can be out of reach.
#[derive(Clone)]
pub struct Store {
    revoked: LocalDenyList,
    down: Arc<AtomicBool>,
}

impl Store {
    fn new() -> Self {
        Self { revoked: LocalDenyList::new(100), down: Arc::default() }
    }

    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    fn reached(&self) -> Result<&LocalDenyList, Unavailable> {
        let down = self.down.load(Ordering::Relaxed);
        if down { Err(Unavailable::new("down")) } else { Ok(&self.revoked) }
    }
}

/// For what cannot wait.
impl Revocation for Store {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.reached()?.is_revoked(asked)
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.reached()?.revoke(ended)
    }
}

impl AsyncRevocation for Store {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        tokio::task::yield_now().await;
        self.reached()?.is_revoked(asked)
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        tokio::task::yield_now().await;
        self.reached()?.revoke(ended)
    }
}

/// Whether a site asks the store, and how.
type Hook = fn(Builder<Dict>, Store) -> Builder<Dict>;

pub struct Site {
    /// Opens its cookies, and asks nobody.
    pub sessions: CookieSessions,
    pub store: Store,
    pub protocol: Protocol,
    pub url: String,
    server: JoinHandle<()>,
}

impl Site {
    pub async fn over_http1<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http1, serve, |builder, _| builder).await
    }

    /// With the layers.
    pub async fn guarded_over_http1<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http1, serve, Builder::revocation_async).await
    }

    /// By the pure functions.
    pub async fn guarded_without_layers<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http1, serve, Builder::revocation).await
    }

    pub async fn over_http2<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http2, serve, |builder, _| builder).await
    }

    /// With the layers.
    pub async fn guarded_over_http2<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Http2, serve, Builder::revocation_async).await
    }

    pub async fn over_grpc<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Grpc, serve, |builder, _| builder).await
    }

    /// With the layers.
    pub async fn guarded_over_grpc<F>(serve: fn(TcpListener, CookieSessions) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Protocol::Grpc, serve, Builder::revocation_async).await
    }

    async fn start<F>(
        protocol: Protocol,
        serve: fn(TcpListener, CookieSessions) -> F,
        hook: Hook,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (keyring, store) = (Keyring::ephemeral(), Store::new());
        let builder = || CookieSessions::builder(keyring.clone()).insecure_http();
        let (sessions, checked) = (builder(), hook(builder(), store.clone()));
        let (sessions, checked) = (sessions.build().unwrap(), checked.build().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let path = if protocol == Protocol::Grpc { "/frameworks.Site/" } else { "/" };
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve(listener, checked));
        Self { sessions, store, protocol, url, server }
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
