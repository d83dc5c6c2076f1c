//! The outermost part of a site: the layer of sessions, with or without a revocation check.

use crate::layer::SessionLayer;
use crate::session::payload::Payload;

/// A [`SessionLayer`], or a layer that contains one.
pub trait SessionPart {
    /// The payload of the sessions.
    type Payload: Payload + 'static;
    /// What responds when a session cannot be sent.
    type OnError;

    /// The layer of the sessions.
    fn session_layer(&mut self) -> &mut SessionLayer<Self::Payload, Self::OnError>;
}

impl<T: Payload + 'static, E> SessionPart for SessionLayer<T, E> {
    type Payload = T;
    type OnError = E;

    fn session_layer(&mut self) -> &mut Self {
        self
    }
}
