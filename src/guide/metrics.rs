//! Count what happens to sessions, for graphs and alerts (feature `metrics`).
//!
//! A log says that something happens; a counter says how often. The library counts with the crate
//! [`metrics`](https://docs.rs/metrics), a facade: the application chooses the recorder that collects the counts, as
//! it chooses a subscriber for the log.
//!
//! # Install a recorder first
//!
//! Handles are taken once, in [`build`](crate::Builder::build), from the recorder that is installed then. If you build
//! the sessions before that, nothing is counted and there is no warning: install the recorder at the start of `main`.
//! Clones of [`CookieSessions`](crate::CookieSessions) and all layers share the handles.
//!
//! ```toml
//! [dependencies]
//! sealed-session = { version = "0.1", features = ["axum", "metrics"] }
//! metrics = "0.24"
//! ```
//!
//! Take an exporter for the system that you have, for example [that of Prometheus](#export-to-prometheus); then
//! you need not depend on `metrics` yourself. A recorder of your own is a type with a few methods. This one keeps counters, and nothing else:
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//! use std::sync::{Arc, Mutex};
//!
//! use metrics::{
//!     Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
//! };
//! use sealed_session::{CookieSessions, Keyring};
//!
//! #[derive(Clone, Default)]
//! struct Counts(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);
//!
//! impl Counts {
//!     fn of(&self, series: &str) -> u64 {
//!         self.0.lock().unwrap()[series].load(Relaxed)
//!     }
//! }
//!
//! impl Recorder for Counts {
//!     fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
//!     fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
//!     fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
//!
//!     fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
//!         let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
//!         let series = key.name().to_owned() + &labels.collect::<String>();
//!         Counter::from_arc(Arc::clone(self.0.lock().unwrap().entry(series).or_default()))
//!     }
//!
//!     fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
//!         Gauge::noop()
//!     }
//!
//!     fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
//!         Histogram::noop()
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let counts = Counts::default();
//!     metrics::set_global_recorder(counts.clone()).map_err(|_| "there is a recorder")?;
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let cookie = "__Host-session=!";
//!     sessions.decode(&http::Request::builder().header("cookie", cookie).body(())?);
//!     let series = "sealed_session_rejected_total cookie=__Host-session reason=malformed";
//!     assert_eq!(counts.of(series), 1);
//!     Ok(())
//! }
//! ```
//!
//! Do not serve the counts to clients: the reasons of rejections are for operators, as those in the log are.
//!
//! In a test, `metrics::with_local_recorder` installs a recorder for one thread: build the sessions in it.
//!
//! # What is counted
//!
//! | metric | kind | labels | counted when |
//! |---|---|---|---|
//! | `sealed_session_accepted_total` | counter | `cookie`; `key`: `current`, `previous`, `upcoming` | a cookie becomes the session of a request; the role is that of the secret that opened it |
//! | `sealed_session_rejected_total` | counter | `cookie`; `reason`: `too_long`, `malformed`, `unknown_version`, `unknown_key`, `forged`, `corrupt`, `unknown_extension`, `from_the_future`, `absolute_timeout`, `idle_timeout`, `revoked`, `too_many`, `ambiguous`, `other_transport`, `unchecked` | a request has the cookie, and no token in it is accepted; the reason is that of [`rejection`](crate::Session::rejection) |
//! | `sealed_session_sealed_total` | counter | `cookie`; `cause`: `written`, `refreshed`, `resealed`, `adopted` | a session is written to a response |
//! | `sealed_session_removed_total` | counter | `cookie` | the removal of the cookie is written to a response |
//! | `sealed_session_withheld_total` | counter | `cookie` | a change is lost, because the session may not be sent |
//! | `sealed_session_failed_total` | counter | `cookie`; `error`: `too_large`, `payload`, `headers`, `rng`, `revocation_failed` | a session is not sent because of an [error](crate::EncodeError), also if it was only read and should be refreshed |
//! | `sealed_session_set_cookie_bytes` | histogram | `cookie` | a session is written to a response: the bytes of the `Set-Cookie` header value |
//! | `sealed_session_revocation_total` | counter | `cookie`; `result`: `not_revoked`, `revoked`, `unchecked` | the revocation hook is asked about a session |
//! | `sealed_session_revocation_seconds` | histogram | `cookie` | the hook is asked about a session: how long it takes |
//! | `sealed_session_csrf_refused_total` | counter | `cookie`; `reason`: `empty`, `too_long`, `malformed`, `unknown_version`, `no_id`, `mismatch`, `empty_method`, `scope_too_long`, `missing`, `repeated`, `cross_site`, `same_site`, `form_too_large`, `broken_form`, `no_session_layer` | `CsrfLayer` refuses a request |
//! | `sealed_session_rotations_total` | counter | `cookie` | [`rotate`](crate::CookieSessions::rotate) changes the secrets |
//! | `sealed_session_secrets` | gauge | `cookie`; `key`: `current`, `previous`, `upcoming` | it is the number of secrets in use |
//!
//! `cookie` is the full name of the session cookie, such as `__Host-session`. All series exist from `build` on, with the
//! value 0. Those of revocation exist if there is a hook. No client can add a series, and a metric never has a key id, a
//! version, a label of a session or anything else from a request.
//!
//! Two builds with one cookie name, such as for two tenants, share its series: the counters add up, and the gauge is that
//! of the build that was built or rotated last.
//!
//! # Read the numbers
//!
//! ## Requests
//!
//! A request is counted once, however many tokens it has: as accepted, as rejected, or not at all if it has no session
//! cookie. With the layer, a request whose handler does not use the session is not counted, because nothing is opened.
//! An [adopted](crate::Builder::adopt) session is not among the accepted ones, because no secret opened it; an old
//! cookie that is not accepted is among the rejected ones. If you decode a request twice, it is counted twice. It is
//! also counted twice if two threads are the first to read its session, at the same moment.
//!
//! ## Responses
//!
//! - `written`: the session is new or was changed, also by `renew`, `touch` and another timeout.
//! - `refreshed`: it was only used, and its cookie was half way to its end.
//! - `resealed`: it was only used, and a previous secret had opened it.
//! - `adopted`: it comes from another library.
//!
//! Each `Set-Cookie` header of the session is counted once, as sealed or as removed, also for a cookie jar. If two
//! sessions are encoded to one response, both are counted, although the second replaces the first. A response that the
//! layer replaces later is counted, too: if an asynchronous hook does not record a log-out, that is one removal
//! and one `revocation_failed`.
//!
//! `withheld` counts what the three [warnings](super::operating#warnings) that begin with `a session was written but not sent` say.
//! [`Sent::Withheld`](crate::Sent::Withheld) without a change is not counted.
//!
//! ## Revocation
//!
//! One request may ask the hook several questions: one about each token that would be accepted, and others before the
//! session is sealed. `unchecked` is a question without a reply: the hook returned an error, took too long, or is
//! asynchronous where nothing waits for it. A hook that is abandoned is recorded with the seconds until then: after
//! the time limit, or when the client hangs up. To record a log-out is not a question. On `wasm32-unknown-unknown`,
//! which has no monotonic clock, no seconds are recorded.
//!
//! ## What is not counted
//!
//! - Flash messages and sealed values: a session is counted, not every cookie. The log has their events.
//! - A CSRF token that the application verifies itself: count the error that it gets.
//! - `fresh`, `request_cookie`, `from_response` and `set_cookie_len`, which are for tests and measurements.
//!
//! # What it costs
//!
//! Without the feature the handles have no size, and the code is the same as without them. With it, each count is one
//! call of the recorder's handle. Exporters that keep a counter as an atomic number, such as that of Prometheus, add to
//! it without a lock. A request that is accepted adds to one counter; a session that is written, to one counter and one
//! histogram. With `ring` and atomic numbers, that is about 20 of the 7,900 instructions of a read, and as many of the
//! 10,100 of a write.
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
//! `prometheus.yml` in that folder reads two such processes. `exporter.rs` needs one crate besides axum and Tokio:
//!
//! ```toml
//! metrics-exporter-prometheus = { version = "0.18", default-features = false }
//! ```
//!
//! `main.rs` in that folder shows where to call its functions: `install` first, then `build`, then one server for the public
//! and one for operators.
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
//! | `SessionKeyringsDiffer` | a machine has no secret for more than 5 % of the cookies that it gets | compare the machines on the board. If it is one machine, give it the secrets of the others. If it is all of them, a secret was removed too early; add it as a previous one. If as many sessions are accepted as before, somebody sends made-up cookies: do nothing |
//! | `SessionRevocationUnchecked` | the revocation store does not respond to a machine for more than 1 % of its questions | if all machines report it, repair [the store](super::ending_sessions#what-happens-when-the-store-is-down); if one does, repair its connection. Nobody is logged out |
//! | `SessionNotSent` | a session was not sent. If the handler wrote to it, the response was a 500, and what it wrote is lost. If not, the session is not refreshed | find `a session was not sent` [in the log](super::operating#errors). `too_large`: move data from the session to a database |
//! | `SessionClocksDiffer` | a machine gets sessions that were sealed more than 300 seconds in the future, by its own clock | run an NTP client on every machine. One machine fires: its clock is behind. All but one fire: the clock of that one is ahead |
//!
//! The program [`sealed-session`](super::command_line) helps with the first two: `keys list` shows the key ids of a file, which
//! are those that each machine logs, and `inspect` explains the cookie of a user.
//!
//! Refused forms have no alert, because strangers can cause as many as they like. Look at the board after a release: a
//! jump of `missing` is a form without a token.
