//! Count what happens to sessions, for graphs and alerts (feature `metrics`).
//!
//! | metric | kind | labels | counted |
//! |---|---|---|---|
//! | `sealed_session_accepted_total` | counter | `cookie`; `key`: `current`, `previous`, `upcoming` | a cookie became the session; by the secret that opened it |
//! | `sealed_session_rejected_total` | counter | `cookie`; `reason`: `too_long`, `malformed`, `unknown_version`, `unknown_key`, `forged`, `corrupt`, `unknown_extension`, `from_the_future`, `absolute_timeout`, `idle_timeout`, `revoked`, `too_many`, `ambiguous`, `other_transport`, `unchecked` | a request brought the cookie and none was accepted; by [`rejection`](crate::Session::rejection) |
//! | `sealed_session_sealed_total` | counter | `cookie`; `cause`: `written`, `refreshed`, `resealed`, `adopted` | a session was sent in a `Set-Cookie` header |
//! | `sealed_session_removed_total` | counter | `cookie` | a `Set-Cookie` header that removes the cookie was sent |
//! | `sealed_session_withheld_total` | counter | `cookie` | a session was written and not sent |
//! | `sealed_session_failed_total` | counter | `cookie`; `error`: `too_large`, `payload`, `headers`, `rng`, `revocation_failed` | a session was not sent because of an error |
//! | `sealed_session_set_cookie_bytes` | histogram | `cookie` | the length of the `Set-Cookie` header value of a session |
//! | `sealed_session_revocation_total` | counter | `cookie`; `result`: `not_revoked`, `revoked`, `unchecked` | the hook was asked about a session |
//! | `sealed_session_revocation_seconds` | histogram | `cookie` | how long the hook took |
//! | `sealed_session_csrf_refused_total` | counter | `cookie`; `reason`: `empty`, `too_long`, `malformed`, `unknown_version`, `no_id`, `mismatch`, `empty_method`, `scope_too_long`, `missing`, `repeated`, `cross_site`, `same_site`, `form_too_large`, `broken_form`, `no_session_layer` | `CsrfLayer` refused a request |
//! | `sealed_session_rotations_total` | counter | `cookie` | `rotate` changed the secrets |
//! | `sealed_session_secrets` | gauge | `cookie`; `key`: `current`, `previous`, `upcoming` | secrets in use, now |
