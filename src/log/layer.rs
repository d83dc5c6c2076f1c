//! The layer: handles that are used in vain, and layers that are missing or given twice.

use std::fmt::Display;

use crate::log::Log;
use crate::log::event::{TARGET, error, warn};

impl Log {
    pub(crate) fn two_layers(&self, name: &str, now: u64) {
        if self.notices.two_layers.is_over(now) {
            error!(
                target: TARGET,
                name,
                "two SessionLayers have one cookie: the response is 500; remove one of them, or give one another cookie \
                 with Builder::name"
            );
        }
    }

    pub(crate) fn other_payload_type(&self) {
        if self.notices.other_payload_type.is_first() {
            warn!(
                target: TARGET,
                "an Option<SessionHandle> is None, because its payload type is not that of the SessionLayer: name the type, \
                 as in Option<SessionHandle<Account>>"
            );
        }
    }
}

pub(crate) fn written_late() {
    error!(target: TARGET, "a session was written after the response was sent or abandoned: the change is lost");
}

pub(crate) fn abandoned() {
    error!(
        target: TARGET,
        "a session was written and the inner service returned an error: the change is lost; put SessionLayer outside \
         of the layer that turns errors into responses"
    );
}

pub(crate) fn written_inside() {
    error!(target: TARGET, "a session was written while the library decoded or encoded it: the change is lost");
}

pub(crate) fn not_copied(error: &dyn Display) {
    error!(
        target: TARGET,
        "a session cannot be copied for a handle that outlives the response: {error}"
    );
}

pub(crate) fn missing() {
    error!(
        target: TARGET,
        "SessionLayer is missing, or has another payload type: the response is 500; add \
         .layer(SessionLayer::new(sessions)) below the routes"
    );
}
