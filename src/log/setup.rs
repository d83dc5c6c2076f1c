//! What is logged when a configuration is built, and when its secrets change.

use std::fmt::Debug;

use crate::keys::keyring::KeyRole;
use crate::keys::table::Rotation;
use crate::log::Log;
use crate::log::event::{TARGET, info, warn};
use crate::token::id::KeyId;
use crate::transport::Transport;

/// Roles and ids of keys, the current one first.
pub(crate) type KeyNames = Vec<(KeyRole, KeyId)>;

fn render(keys: &KeyNames) -> String {
    let keys: Vec<String> = keys.iter().map(|(role, id)| format!("{role} {id}")).collect();
    keys.join(", ")
}

/// What is logged when a configuration is built.
pub(crate) struct Built<'c> {
    pub(crate) name: &'c str,
    pub(crate) transport: Transport,
    pub(crate) keys: KeyNames,
    pub(crate) idle_timeout: u64,
    pub(crate) absolute_timeout: u64,
    pub(crate) issue: &'c dyn Debug,
    /// The encoding of a typed payload.
    pub(crate) encoding: Option<&'c str>,
    pub(crate) shape: Option<&'c str>,
}

impl Log {
    pub(crate) fn built(&self, built: &Built<'_>) {
        self.set_secrets(&built.keys);
        info!(
            target: TARGET,
            name = built.name,
            transport = ?built.transport,
            keys = render(&built.keys),
            idle_timeout = built.idle_timeout,
            absolute_timeout = built.absolute_timeout,
            issue = ?built.issue,
            encoding = built.encoding,
            shape = built.shape,
            "sessions are configured"
        );
    }

    /// Takes what returns the keys in use.
    pub(crate) fn rotated(&self, name: &str, rotation: &Rotation, keys: impl Fn() -> KeyNames) {
        self.counters.rotations.add();
        // Of two rotations at once, either may set the gauges last: that one looks again.
        let mut known = KeyNames::new();
        loop {
            let in_use = keys();
            if in_use == known {
                break;
            }
            self.set_secrets(&in_use);
            known = in_use;
        }
        let advice = rotation.current_is_new.then_some(
            "the current secret is new here: machines without it reject its sessions until they rotate",
        );
        info!(target: TARGET, name, keys = render(&known), advice, "the secrets were rotated");
        if rotation.ends_all {
            warn!(target: TARGET, name, "no secret from before the rotation is left: every session ends");
        }
    }

    pub(crate) fn boot_key(&self) {
        if self.notices.boot_key.is_first() {
            warn!(
                target: TARGET,
                "no secret is configured: every session ends with this process, and no other process accepts it; \
                 `openssl rand -base64 32` makes a secret"
            );
        }
    }

    fn set_secrets(&self, keys: &KeyNames) {
        let of = |position| keys.iter().filter(|(role, _)| *role as usize == position).count();
        self.counters.set_secrets(of);
    }
}

pub(crate) fn adoption_ended(name: &str) {
    warn!(target: TARGET, name, "the hook of adopt is not asked anymore: its end has passed; remove it");
}
