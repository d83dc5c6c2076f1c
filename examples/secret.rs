//! Prints a new secret: 32 random bytes from the operating system, as base64url.
//!
//! ```sh
//! cargo run -q --example secret
//! export SESSION_SECRET=$(cargo run -q --example secret)
//! ```
//!
//! `openssl rand -base64 32` does the same without Rust. Your own program does not need this code: give every
//! process of a site the same secret, and keep it out of the repository.

use sealed_session::Secret;

fn main() {
    println!("{}", *Secret::generate().expose_base64url());
}
