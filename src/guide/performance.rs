//! What a session costs a request, and which choices change that.
//!
//! A request with a session costs one to five microseconds. Most queries to a database take a hundred times as long.
//! Choose a cipher, and leave the rest until a measurement of your own service says otherwise.
//!
//! # Choose a cipher
//!
//! The cookies are the same with each cipher. You may change the cipher at any time, also on one machine of a fleet
//! first.
//!
//! | your build | take | needs |
//! |---|---|---|
//! | has a C compiler | the feature `ring` | nothing else |
//! | has one, and must use AWS-LC | the feature `aws-lc-rs` | CMake on some targets |
//! | has none, x86-64 or AArch64 | the feature `graviola` | Rust 1.89; `unsafe` code and assembly that few have reviewed |
//! | is all Rust, and runs where it is built | no feature, `RUSTFLAGS="-C target-cpu=native"` | the same processor everywhere |
//! | is all Rust, and runs anywhere | no feature, `RUSTFLAGS='--cfg poly1305_backend="soft"'` | nothing else |
//!
//! ```toml
//! [dependencies]
//! sealed-session = { version = "0.1", features = ["axum", "ring"] }
//! ```
//!
//! A **read** decodes a request and gets one of four entries. A **write** sets four entries and encodes them. The table
//! has the time relative to `ring` (×), and nanoseconds, on two cores of an AMD EPYC (AVX-512), on 28 November 2026:
//!
//! | cipher | read × | write × | read | write |
//! |---|---:|---:|---:|---:|
//! | default | 3.07 | 2.06 | 2340 | 3165 |
//! | `ring` | 1.00 | 1.00 | 762 | 1538 |
//! | `aws-lc-rs` | 1.00 | 1.00 | 764 | 1535 |
//! | `graviola` | 1.27 | 1.11 | 965 | 1706 |
//! | default, `-C target-cpu=native` | 1.52 | 1.22 | 1160 | 1883 |
//! | default, `poly1305_backend="soft"` | 1.47 | 1.20 | 1119 | 1849 |
//!
//! On x86-64 the default chooses AVX2 code for Poly1305 at run time, which costs more than it gains for messages as short
//! as a session. Both flags avoid that. They are flags of the whole program, so only an application can set them.
//!
//! With several of the features, `ring` takes precedence over `aws-lc-rs`, and `aws-lc-rs` over `graviola`. On a
//! processor or a target that lacks what `graviola` needs, the default cipher runs. `SECURITY.md` in the repository
//! says what you take on with each.
//!
//! # Draw nonces without a system call
//!
//! Each sealing draws 24 bytes from the operating system. As a system call that takes about 360 nanoseconds, a quarter of a
//! write with `ring`. glibc 2.41 and newer make no system call for it on Linux 6.11 and newer, and need about 55. A write
//! with `ring` then takes two thirds of the time. Debian 13 has both. Nothing has to be configured.
//!
//! A generator in the process would be as fast. It repeats its output after a fork or on a cloned machine, and two
//! messages with one nonce reveal each other. The library therefore offers none.
//!
//! # Know what a request costs
//!
//! - A handler that never asks for the session costs nothing but a handle: the cookie is opened on first use.
//! - A read opens the token once: one pass of the cipher. It writes no cookie.
//! - A write serializes, draws a nonce, and seals: one pass of the cipher. The first write of a session also draws an id.
//! - A session that has passed half of its idle timeout is sealed again by the next request that uses it. With the default of
//!   14 days that is one request a week.
//!
//! The cost grows in proportion to the payload. Every 1,000 bytes more cost about 12,000 instructions to read and 10,000 to
//! write with `ring`; the read of a small session costs about 8,000. Other cookies in the request cost about 180 instructions
//! each. The number of secrets in the keyring does not matter: a token names its key. CI checks each of these counts against
//! `benches/instructions.json`.
//!
//! # Choose an encoding
//!
//! This table is for the struct of the [guide to types](super::types#which-encoding), with a UUID and three texts,
//! named or under `compact`. The time is relative to the named encoding with `ring`:
//!
//! | typed | read × | write × | read | write | cookie |
//! |---|---:|---:|---:|---:|---:|
//! | sealed-session, `ring` | 1.00 | 1.00 | 980 | 1974 | 207 |
//! | sealed-session, `graviola` | 1.09 | 1.04 | 1069 | 2061 | 207 |
//! | sealed-session, default | 2.58 | 1.75 | 2528 | 3456 | 207 |
//! | sealed-session, `compact`, `ring` | 0.85 | 0.86 | 832 | 1700 | 172 |
//! | sealed-session, `compact`, `graviola` | 0.96 | 0.94 | 943 | 1861 | 172 |
//! | sealed-session, `compact`, default | 2.40 | 1.63 | 2349 | 3225 | 172 |
//! | cookie 0.18, `PrivateJar` with JSON | 1.47 | 0.53 | 1436 | 1040 | 200 |
//! | biscotti 0.4 with JSON | 1.60 | 0.73 | 1573 | 1438 | 200 |
//! | seshcookie 0.1, net of the service | 1.88 | 0.93 | 1846 | 1839 | 212 |
//! | poem 3 `CookieSession::private`, net | 2.81 | 1.20 | 2753 | 2361 | 223 |
//! | tower-sessions-cookie-store 0.5, private, net | 4.80 | 1.89 | 4710 | 3736 | 489 |
//!
//! `compact` is a little faster and a fifth smaller. That is seldom worth the steps that a change of the type then
//! needs.
//!
//! # Measure your own service
//!
//! Take a session like yours, in a release build, on the machine that serves:
//!
//! ```
//! use std::hint::black_box;
//! use std::time::{Duration, Instant};
//! use http::{HeaderMap, Request, StatusCode, header::COOKIE};
//! use sealed_session::{CookieSessions, Keyring, Secret, Session};
//!
//! const TIMES: u32 = 1000;
//!
//! /// The mean time of one call.
//! fn mean(mut work: impl FnMut()) -> Duration {
//!     let start = Instant::now();
//!     for _ in 0..TIMES {
//!         work();
//!     }
//!     start.elapsed() / TIMES
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice"); // and what your sessions hold
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = Request::builder().header(COOKIE, cookie).body(())?;
//!
//!     let read = mean(|| {
//!         let session: Session = sessions.decode(black_box(&request));
//!         assert_eq!(session.get("user"), Some("alice"));
//!     });
//!     let now = std::time::SystemTime::now();
//!     let write = mean(|| {
//!         session.touch();
//!         let mut headers = HeaderMap::new();
//!         sessions.encode_at(&session, &mut headers, StatusCode::OK, now).unwrap();
//!         black_box(headers);
//!     });
//!     // 32 bytes from the source that nonces come from.
//!     let randomness = mean(|| drop(black_box(Secret::generate())));
//!     println!("read {read:?}, write {write:?}, randomness {randomness:?}");
//!     Ok(())
//! }
//! ```
//!
//! To compare providers on your machine, run the contest of the repository. It builds the library with each provider,
//! and measures all builds in turns beside other libraries:
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml
//! benches/peers/newer-glibc trixie     # the same on glibc 2.41
//! benches/peers/builds                 # seconds and crates of clean builds
//! ```
//!
//! Compare ratios of one run, not times of two runs.
//!
//! # Know what a hostile request costs
//!
//! Whatever a client sends, a request opens at most eight tokens, each of at most 4,096 bytes. The rest is one pass over its
//! `Cookie` headers. A token with an unknown key, a wrong length or a wrong character is rejected before the cipher runs, and
//! without an allocation. `cargo bench --bench attack` measures the kinds of header that cost most, up to 256 KiB: the time
//! never grows faster than their length.
//!
//! Limit the size of the headers in the server or the proxy, as for any other application. Nothing else is needed here.
//!
//! # Keep the build small
//!
//! The default build has 53 crates, and 77 with every feature but a provider and the program. An application with axum
//! has many of these anyway. `graviola` adds one crate and no C compiler. `tracing` adds three, and
//! `default-features = false` leaves them out.
//! `MEASURED.md` in the repository compares the time of a build to that of other libraries.
//!
//! # What gains nothing
//!
//! - Link-time optimization: the default cipher does not get faster.
//! - A cache of opened sessions: it needs memory for each of them, and has to be told about every log-out.
//! - A `CookieSessions` for each request: it derives keys when it is built. Build one at the start. Its clones share it.
//! - A lock or an `Arc` around a `CookieSessions`: the methods take `&self`.
