//! Prints one fresh secret in text form: `SESSION_SECRET=$(cargo run -q --example secret)`.

use sealed_session::Secret;

fn main() {
    println!("{}", *Secret::generate().expose_base64url());
}
