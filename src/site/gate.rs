//! What is outermost: the layer of sessions, by itself or inside of the one that asks a revocation hook.

use crate::layer::SessionLayer;
use crate::session::payload::Payload;

/// A [`SessionLayer`], or a layer that has one.
pub trait Gate {
    /// The payload of the sessions.
    type Payload: Payload + 'static;
    /// What is sent when a session cannot be.
    type OnError;

    /// The layer of the sessions.
    fn session_layer(&mut self) -> &mut SessionLayer<Self::Payload, Self::OnError>;
}

impl<T: Payload + 'static, E> Gate for SessionLayer<T, E> {
    type Payload = T;
    type OnError = E;

    fn session_layer(&mut self) -> &mut Self {
        self
    }
}
