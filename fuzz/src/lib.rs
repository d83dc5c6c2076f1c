//! The fuzz targets of `sealed-session`: each compares the library to its rules, written a second
//! time.
//!
//! The rules come from the documentation, not from the code, and share no code with it. They are
//! written to be read, not to be fast.
//!
//! | target | input | property |
//! |---|---|---|
//! | [`cookie_header`] | `Cookie` headers, with tokens of ours | judged by the rules, and a session loaded only if a token is accepted; the tower layer does the same |
//! | [`token`] | a value of our cookie, or a token with edits | a token that opens is what its parts render to |
//! | [`body`] | a body, sealed with the right key | well-formed to the byte, or corrupt; encoded again it is the same |
//! | [`session`] | lives of sessions on several machines | every response is the one of the table |
//! | [`config`] | settings | an error, or a cookie that a browser reads as it was meant |
//! | [`csrf`] | texts that may be tokens for forms, and a request with some | accepted, or refused for the right reason |
//! | [`flash`] | `Cookie` headers with messages, what a handler pushes and takes | read as they were sealed, for 300 seconds; every response is the one of the table; the tower layer does the same |
//! | [`sealer`] | sealed values, bound or in cookies | opened as they were sealed, or rejected for the right reason; what is sealed is what the rules open |
//! | [`revocation`] | sessions, a hook that replies or does not, a deny list, log-outs and renewals | a session that was revoked or not checked is not loaded, nor sealed under another id; the hook gets the right calls |
//!
//! Modules stand in levels, lowest first, and import lower levels only; `tests/levels.rs` checks
//! that. The `mod` lines below have the same order, with an empty line between two levels.
//!
//! | level | module | what it is |
//! |---:|---|---|
//! | 1 | `browser` | what a browser makes of a `Set-Cookie` header |
//! |   | `common` | times, secrets, base64url, ids, cookies as text |
//! |   | `cross_site` | what a browser says of who started a request |
//! |   | `messagepack` | payloads with names, taken apart |
//! |   | `rejection` | why a token is rejected |
//! | 2 | `caches` | the rules for caches |
//! |   | `format` | the wire format: keys and frame |
//! |   | `input` | choices, read from the bytes of an input |
//! |   | `parts` | the wire format: the body |
//! | 3 | `typed` | types of an application's own |
//! | 4 | `kinds` | a type with a field of each kind |
//! |   | `payload` | payloads, dictionaries and typed |
//! | 5 | `decode` | the rules of decode |
//! | 6 | `encode` | the rules of encode: a model of a session, and the row of the table |
//! |   | `hook` | a revocation hook that replies as prepared |
//! |   | `layer` | requests through a tower layer |
//! |   | `samples` | tokens for each reason of a rejection |
//! | 7 | `deny_list` | the rules of a deny list |
//! |   | `handler` | what a handler does with a session |
//! |   | `response` | compares a response to a row of the table |
//! | 8 | `messages` | the rules of flash messages |
//! |   | `revocation_rules` | the rules of revocation: what a request gets |
//! | 9 | `plan` | a configuration, for the builder and for the rules |
//! |   | `sealing` | the rules of revocation: what a response asks and ends |
//! | 10 | `revocation_world` | a site with a hook and a deny list |
//! |   | `settings` | arbitrary settings, and what is wrong with them |
//! |   | `site` | the configurations of `tests/vectors` |
//! | 11 | `exchange` | requests to that site, and their responses |
//! |   | `scene` | a site, flags and the clock: how five inputs begin |
//! | 12 | `revocation_layer` | requests to that site through the layer |
//! | 13 | the targets | |
//!
//! ```sh
//! cargo test --manifest-path fuzz/Cargo.toml     # replays `seeds` and `crashes`, on stable
//! python3 fuzz/seeds.py                          # writes `seeds`, from `tests/vectors`
//!
//! .ci/fuzz 60                                    # on nightly: a minute for each target
//! cd fuzz && cargo +nightly fuzz run token corpus/token seeds/token     # one target
//! ```
//!
//! git tracks `seeds` and `crashes`, and ignores what a run writes: new inputs in `corpus`, inputs
//! that fail in `artifacts`. An input that fails goes to `crashes/<target>/`, minimized, and stays.
#![forbid(unsafe_code)]

mod browser;
mod common;
mod cross_site;
mod messagepack;
mod rejection;

mod caches;
mod format;
mod input;
mod parts;

mod typed;

mod kinds;
mod payload;

mod decode;

mod encode;
mod hook;
mod layer;
mod samples;

mod deny_list;
mod handler;
mod response;

mod messages;
mod revocation_rules;

mod plan;
mod sealing;

mod revocation_world;
mod settings;
mod site;

mod exchange;
mod scene;

mod revocation_layer;

pub mod body;
pub mod config;
pub mod cookie_header;
pub mod csrf;
pub mod flash;
pub mod revocation;
pub mod sealer;
pub mod session;
pub mod token;
