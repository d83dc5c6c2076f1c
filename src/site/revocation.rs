//! The revocation check in the layer of a site (feature `revocation`).

use std::time::Duration;

use http::Response;

use crate::error::EncodeError;
use crate::layer::{RespondWith, SessionLayer};
use crate::revocation::RevocationLayer;
use crate::session::payload::Payload;
use crate::site::SiteLayer;
use crate::site::session_part::SessionPart;

impl<T: Payload + 'static, E, U> SessionPart for RevocationLayer<T, E, U> {
    type Payload = T;
    type OnError = E;

    fn session_layer(&mut self) -> &mut SessionLayer<T, E> {
        &mut self.sessions
    }
}

impl<T, E, F, C> SiteLayer<SessionLayer<T, E>, F, C> {
    /// Asks the revocation hook before the request goes on to the other parts.
    ///
    /// See [`SessionLayer::check_revocation`].
    pub fn check_revocation<S, D>(self, sleep: S) -> SiteLayer<RevocationLayer<T, E>, F, C>
    where
        S: Fn(Duration) -> D + Send + Sync + 'static,
        D: Future<Output = ()> + Send + 'static,
    {
        self.map_sessions(|sessions| sessions.check_revocation(sleep))
    }
}

impl<T, E, U, F, C> SiteLayer<RevocationLayer<T, E, U>, F, C> {
    /// Sets the time limit of the revocation hook; 250 ms by default.
    ///
    /// See [`RevocationLayer::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map_sessions(|revocation| revocation.timeout(timeout))
    }

    /// Sets the response for when the revocation hook does not respond.
    ///
    /// See [`RevocationLayer::on_unchecked`].
    pub fn on_unchecked<R, B>(
        self,
        respond: R,
    ) -> SiteLayer<RevocationLayer<T, E, RespondWith<R>>, F, C>
    where
        R: Fn() -> Response<B>,
    {
        self.map_sessions(|revocation| revocation.on_unchecked(respond))
    }

    /// Sets the response for when a session cannot be sent.
    ///
    /// See [`SessionLayer::on_error`].
    pub fn on_error<R, B>(
        self,
        respond: R,
    ) -> SiteLayer<RevocationLayer<T, RespondWith<R>, U>, F, C>
    where
        R: Fn(EncodeError) -> Response<B>,
    {
        self.map_sessions(|revocation| revocation.on_error(respond))
    }
}

#[cfg(feature = "flash")]
mod flash {
    use super::{Payload, RevocationLayer, SiteLayer};
    use crate::flash::FlashLayer;

    impl<T: Payload + 'static, E, U> RevocationLayer<T, E, U> {
        /// Adds flash messages, inside the session layer.
        ///
        /// See [`SessionLayer::flash`](crate::SessionLayer::flash).
        pub fn flash(self) -> SiteLayer<Self, FlashLayer> {
            SiteLayer::around(self).flash()
        }
    }
}

#[cfg(feature = "csrf")]
mod csrf {
    use tower_layer::Identity;

    use super::{Payload, RevocationLayer, SiteLayer};
    use crate::csrf::{Csrf, CsrfLayer};

    impl<T: Payload + 'static, E, U> RevocationLayer<T, E, U> {
        /// Adds CSRF protection, inside the layers of the session and of flash messages.
        ///
        /// See [`SessionLayer::csrf`](crate::SessionLayer::csrf).
        pub fn csrf<R, O>(self, csrf: Csrf<R, O>) -> SiteLayer<Self, Identity, CsrfLayer<T, R, O>> {
            SiteLayer::around(self).csrf(csrf)
        }
    }
}
