//! What is printed of a file of secrets: roles, key ids and times, and the step that comes next. Never a secret.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use sealed_session::KeyRole;
use serde_json::{Value, json};

use crate::keys::durations::{in_words, later};
use crate::keys::listing::{ListedSecret, Listing};
use crate::keys::record::EVERYWHERE_AFTER;
use crate::keys::steps::{unused_since, way_back};

/// The state of a file, in the words of the guide `secrets`.
pub(super) struct KeysReport<'l, 't> {
    pub(super) listing: &'l Listing<'t>,
    pub(super) now: Timestamp,
    /// The default of `keys retire --after`.
    pub(super) longest_session: SignedDuration,
}

/// When a secret can be promoted, with the default of `--after`.
fn promoted_from(new: &ListedSecret) -> Option<Timestamp> {
    new.record.map(|record| later(record.at, EVERYWHERE_AFTER))
}

impl KeysReport<'_, '_> {
    /// When a secret can be retired, with the default of `--after`.
    fn retired_from(&self, old: &ListedSecret) -> Option<Timestamp> {
        unused_since(old).map(|unused| later(unused, self.longest_session))
    }

    pub(super) fn json(&self) -> Value {
        let secrets = self.listing.secrets.iter().map(|secret| {
            let mut of_secret = json!({
                "role": secret.role.to_string(),
                "key_id": secret.key_id.to_string(),
                "line": secret.line + 1,
            });
            if let Some(record) = secret.record {
                of_secret[record.verb()] = record.at.to_string().into();
            }
            let (next, from) = match secret.role {
                KeyRole::Upcoming => ("promote", promoted_from(secret)),
                KeyRole::Previous => ("retire", self.retired_from(secret)),
                _ => return of_secret,
            };
            of_secret["next"] = json!({ "step": next, "from": from.map(|from| from.to_string()) });
            of_secret
        });
        json!({ "secrets": secrets.collect::<Vec<_>>() })
    }

    /// The next step of a secret, and when it can be taken with the default of `--after`.
    fn next(&self, step: &str, from: Option<Timestamp>) -> String {
        match from {
            None => {
                format!("   Next: keys {step} --since TIME. The file does not say since when.\n")
            }
            Some(from) if from <= self.now => format!("   Next: keys {step}.\n"),
            Some(from) => {
                let wait = in_words(from.duration_since(self.now));
                format!("   Next: keys {step}, from {from}, in {wait}; sooner with --after.\n")
            }
        }
    }

    /// Step 1: a secret is upcoming.
    fn upcoming(&self, new: &ListedSecret) -> String {
        let keys = self.listing.keys();
        let keys: Vec<String> = keys.iter().map(|(role, id)| format!("{role} {id}")).collect();
        format!(
            "\n1. Upcoming. Go on when every machine logs the same keys: \"{}\".\n{}   Way back: {}\n",
            keys.join(", "),
            self.next("promote", promoted_from(new)),
            way_back(new)
        )
    }

    /// Step 2: a secret is previous.
    fn previous(&self, old: &ListedSecret) -> String {
        format!(
            "\n2. Current. What was sealed with {} is opened, and sealed again with a later response.\n{}",
            old.key_id,
            self.next("retire", self.retired_from(old))
        )
    }
}

impl fmt::Display for KeysReport<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for secret in &self.listing.secrets {
            let record = secret.record.map_or("no record".into(), |record| record.to_string());
            writeln!(f, "{:<8}  {}  {record}", secret.role, secret.key_id)?;
        }
        let mut upcoming = self.listing.of_role(KeyRole::Upcoming).peekable();
        let mut previous = self.listing.of_role(KeyRole::Previous).peekable();
        if upcoming.peek().is_none() && previous.peek().is_none() {
            return f.write_str("\nOne secret. To replace it: keys add.\n");
        }
        let back = upcoming.peek().is_none();
        upcoming.try_for_each(|new| f.write_str(&self.upcoming(new)))?;
        previous.try_for_each(|old| f.write_str(&self.previous(old)))?;
        match self.listing.of_role(KeyRole::Current).next() {
            Some(new) if back => writeln!(
                f,
                "   Way back: write `upcoming:` in front of line {}, which is step 1. Every machine opens both.",
                new.line + 1
            ),
            _ => Ok(()),
        }
    }
}
