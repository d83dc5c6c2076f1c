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
//!
//! # Export to Prometheus
//!
//! `examples/prometheus` in the repository is a server that Prometheus reads. Copy its `exporter.rs`, which does four
//! things:
//!
//! - **It installs the recorder before `build`.**
//! - **It gives the histograms buckets.** Without them the exporter writes quantiles, which cannot be added up for several
//!   machines. The buckets of bytes end at 4,096, the limit of browsers. Those of seconds have a border at 0.25, the time
//!   limit of [`check_revocation`](crate::SessionLayer::check_revocation).
//! - **It serves `/metrics` on a port of its own**, which only operators reach. Prometheus reads each process by itself:
//!   behind a load balancer, each reading would show another process.
//! - **It calls `run_upkeep` every few seconds.** What a histogram records takes memory until then.
//!
//! `prometheus.yml` in that folder reads two such processes.
//!
//! # Import the board
//!
//! Import `board.json` of that folder in Grafana: *Dashboards*, *New*, *Import*. It shows every metric of the table for
//! the jobs and cookies that you choose, and when an alert fired.
//!
//! # Respond to an alert
//!
//! `alerts.yml` of that folder has five alerts for Prometheus. Set the `for` of the first one to the time that step 3 of
//! [a rotation](super::secrets#rotate-a-secret) waits: the idle timeout, or the absolute timeout if you use
//! [`set_idle_timeout`](crate::Session::set_idle_timeout).
//!
//! | alert | meaning | what to do |
//! |---|---|---|
//! | `SessionSecretUnused` | no previous secret has opened a session for the idle timeout | take step 3 of [the rotation](super::secrets#rotate-a-secret): remove the previous secrets from every machine |
//! | `SessionKeyringsDiffer` | a machine has no secret for more than 5 % of the cookies that it gets | compare the machines on the board. One stands out: give it the secrets of the others. All do: a secret was removed too early; add it as a previous one. As many sessions are accepted as before: somebody sends made-up cookies; do nothing |
//! | `SessionRevocationUnchecked` | the revocation store does not respond to a machine for more than 1 % of its questions | all machines: repair [the store](super::ending_sessions#what-happens-when-the-store-is-down). One machine: repair its connection. Nobody is logged out |
//! | `SessionNotSent` | a response was a 500, and what the handler wrote is lost | find `a session was not sent` [in the log](super::operating#errors). `too_large`: move data from the session to a database |
//! | `SessionClocksDiffer` | a machine gets sessions that were sealed more than 300 seconds later by its own clock | run an NTP client on every machine. One machine fires: its clock is behind. All but one fire: the clock of that one is ahead |
//!
//! Refused forms have no alert, because strangers can cause as many as they like. Look at the board after a release: a
//! jump of `missing` is a form without a token.
