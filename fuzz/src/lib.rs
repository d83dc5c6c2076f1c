//! The fuzz targets of `sealed-session`: each holds the library against the rules, written down a second time.
//!
//! What is known here is known from the contract, not from the code: the wire format and its reader ([`format`],
//! [`parts`], [`payload`]), the rules of decode ([`machine`]) and of encode ([`model`], [`answer`], [`caches`]), what
//! a setting may be ([`settings`]), and a browser ([`browser`]). It shares no code with the library, and is written
//! to be read, not to be fast.
//!
//! [`layer`] sends the same header through the library's tower layers. [`hook`] is a revocation hook that does as it is
//! told; [`ended`] knows what it is to hear, and what comes of its answers.
//!
//! | target | input | law |
//! |---|---|---|
//! | [`cookie_header`] | `Cookie` fields, tokens of ours among them | judged as the rules say, loaded only if one stands; the same through the tower layer |
//! | [`token`] | a value for our cookie, or a token and edits of it | what opens is what its parts render to |
//! | [`body`] | a body, sealed with the key | well-formed to the byte, or corrupt; encoded again it is the same |
//! | [`session`] | lives of sessions between machines | every answer is the one of the table |
//! | [`config`] | settings | an error, or a line that a browser reads as it was meant |
//! | [`csrf`] | texts that may be tokens for forms, a request that brings some | good, refused for what it is, or let pass as the rules say |
//! | [`flash`] | `Cookie` fields with messages, what a handler says and reads | shown as they were sealed, for 300 seconds, and answered as the table says; the same through the tower layer |
//! | [`revocation`] | sessions, a hook that answers or does not, a deny list, log-outs | what was ended or could not be checked is not loaded; the hook is asked and told what is true |
//!
//! ```sh
//! cargo test --manifest-path fuzz/Cargo.toml     # replays `seeds` and `crashes`; a stable toolchain does
//! python3 fuzz/seeds.py                          # writes the seeds, from `tests/vectors`
//!
//! # With a nightly toolchain: a minute for each target; and one target, from `fuzz`.
//! .ci/fuzz 60
//! cargo +nightly fuzz run token corpus/token seeds/token
//! ```
//!
//! git tracks `seeds` and `crashes`. It ignores what a run finds: new inputs in `corpus`, failures in `artifacts`. An
//! input that breaks a law goes to `crashes/<target>/`, minimized, and stays.
#![forbid(unsafe_code)]

mod browser;
mod common;
mod refusal;

mod caches;
mod format;
mod input;
mod parts;

mod payload;

mod layer;
mod machine;

mod cast;
mod hook;
mod model;

mod answer;
mod deny_list;
mod handler;

mod ended;
mod messages;

mod plan;

mod revocation_world;
mod settings;
mod site;

mod revocation_layer;
mod scene;

pub mod body;
pub mod config;
pub mod cookie_header;
pub mod csrf;
pub mod flash;
pub mod revocation;
pub mod session;
pub mod token;
