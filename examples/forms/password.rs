//! Passwords: Argon2id, off the threads that serve requests.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Passwords hashed at once. Each takes 46 MiB of memory and a core.
pub(super) const MAX_HASHES: usize = 4;

/// Limits how many passwords are hashed at once.
#[derive(Clone)]
pub(super) struct Hashes(pub(super) Arc<Semaphore>);

impl Hashes {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_HASHES)))
    }

    /// A permit to hash one password; none if the limit is reached. It moves with the work, which goes on when the
    /// client disconnects.
    pub(super) fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// The hash of a new password, as text with its salt and parameters.
pub(super) async fn hash(permit: OwnedSemaphorePermit, password: String) -> Option<String> {
    let hash = move || {
        let _permit = permit;
        argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    };
    tokio::task::spawn_blocking(hash).await.ok()?.ok()
}

/// Whether the password has this hash. Without a hash (an unknown name) it takes as long, so that the time does not
/// tell which names exist.
pub(super) async fn verify(
    permit: OwnedSemaphorePermit,
    password: String,
    known: Option<String>,
) -> bool {
    let check = move || {
        let _permit = permit;
        match known {
            Some(known) => PasswordHash::new(&known)
                .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok()),
            None => argon2().hash_password(password.as_bytes()).is_ok_and(|_| false),
        }
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

/// The first of OWASP's parameters: 46 MiB, one pass. glibc returns blocks above 32 MiB to the system at once; of the
/// default's 19 MiB it keeps more and more.
fn argon2() -> Argon2<'static> {
    let params = Params::new(46 * 1024, 1, 1, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
