//! The names of the metrics, and what a recorder is told about each.

/// A metric, whatever its labels.
pub(crate) struct Metric {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) about: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Count,
    Bytes,
    Seconds,
}

impl Metric {
    const fn counting(name: &'static str, about: &'static str) -> Self {
        Self { name, unit: Unit::Count, about }
    }
}

pub(super) const ACCEPTED: Metric = Metric::counting(
    "sealed_session_accepted_total",
    "Sessions that were accepted, by the role of the secret that opened the cookie",
);
pub(super) const REJECTED: Metric = Metric::counting(
    "sealed_session_rejected_total",
    "Requests whose cookies were rejected, by the reason",
);
pub(super) const SEALED: Metric = Metric::counting(
    "sealed_session_sealed_total",
    "Sessions that were sealed and sent, by the cause",
);
pub(super) const REMOVED: Metric =
    Metric::counting("sealed_session_removed_total", "Removals of the cookie that were sent");
pub(super) const WITHHELD: Metric = Metric::counting(
    "sealed_session_withheld_total",
    "Sessions that were written and not sent: over the other transport, by a removed secret, or revoked meanwhile",
);
pub(super) const FAILED: Metric = Metric::counting(
    "sealed_session_failed_total",
    "Sessions that were not sent because of an error, by the error",
);
pub(super) const SET_COOKIE_BYTES: Metric = Metric {
    name: "sealed_session_set_cookie_bytes",
    unit: Unit::Bytes,
    about: "Length of the Set-Cookie header value of a session",
};
pub(super) const REVOCATION: Metric = Metric::counting(
    "sealed_session_revocation_total",
    "Questions to the revocation hook, by its reply",
);
pub(super) const REVOCATION_SECONDS: Metric = Metric {
    name: "sealed_session_revocation_seconds",
    unit: Unit::Seconds,
    about: "How long the revocation hook took for a question",
};
pub(super) const CSRF_REFUSED: Metric = Metric::counting(
    "sealed_session_csrf_refused_total",
    "Requests that were refused for their CSRF token, by the reason",
);
pub(super) const ROTATIONS: Metric =
    Metric::counting("sealed_session_rotations_total", "Calls of rotate that changed the secrets");
pub(super) const SECRETS: Metric =
    Metric::counting("sealed_session_secrets", "Secrets in use, by their role");
