//! The session of the typed contest: the four entries as the fields of a struct.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Entry;

/// The UUID is a `Uuid`, not text: each format encodes it as serde says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    user_id: Uuid,
    role: String,
    lang: String,
    csrf: String,
}

impl Account {
    /// These entries as a handler takes them from a form.
    pub fn of(entries: &[Entry]) -> Self {
        let value = |name| entries.iter().find(|(key, _)| *key == name).map_or("", |(_, v)| v);
        Self {
            user_id: value("user_id").parse().expect("a UUID"),
            role: value("role").into(),
            lang: value("lang").into(),
            csrf: value("csrf").into(),
        }
    }

    /// Whether this field has this value.
    pub fn holds(&self, (key, value): Entry) -> bool {
        match key {
            "user_id" => value.parse() == Ok(self.user_id),
            "role" => self.role == value,
            "lang" => self.lang == value,
            "csrf" => self.csrf == value,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ENTRIES;

    #[test]
    fn holds_what_it_was_made_of_and_nothing_else() {
        let account = Account::of(&ENTRIES);
        for (key, value) in ENTRIES {
            assert!(account.holds((key, value)), "{key}");
            assert!(!account.holds((key, "something else")), "{key}");
            assert!(!account.holds(("name", value)));
        }
    }
}
