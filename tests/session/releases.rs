//! The changes of `guide::types` that need no new schema: what one release sealed, the other one opens, in both directions.

use crate::change::{after, is_corrupt, named, open, seal};
use crate::support::{NOW, decode, encode, pair};
use serde::{Deserialize, Serialize};

/// The type of the release that is out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    user: String,
    role: String,
}

fn alice() -> Account {
    Account { user: "alice".into(), role: "editor".into() }
}

/// The next type, with a field more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Added {
    user: String,
    role: String,
    #[serde(default)]
    locked: bool,
    theme: Option<u8>,
}

#[test]
fn a_field_is_added() {
    let found: Added = after(alice());
    let expected =
        Added { user: "alice".into(), role: "editor".into(), locked: false, theme: None };
    assert_eq!(found, expected);
    let newer = Added { locked: true, theme: Some(3), ..found };
    assert_eq!(after::<_, Account>(newer), alice(), "a machine that is behind skips it");
}

#[test]
fn a_field_is_removed() {
    /// The release before the removal.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Optional {
        user: String,
        #[serde(default)]
        role: String,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Removed {
        user: String,
    }
    let removed = Removed { user: "alice".into() };
    assert_eq!(after::<_, Removed>(alice()), removed);
    let found: Optional = after(removed.clone());
    assert_eq!(found, Optional { user: "alice".into(), role: String::new() });
    is_corrupt::<_, Account>(removed); // a machine that never learned to miss it
}

#[test]
fn a_field_is_renamed_in_the_code_alone() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Renamed {
        #[serde(rename = "user")]
        login: String,
        role: String,
    }
    let renamed = Renamed { login: "alice".into(), role: "editor".into() };
    assert_eq!(after::<_, Renamed>(alice()), renamed);
    assert_eq!(after::<_, Account>(renamed), alice());
}

#[test]
fn a_stored_name_changes_in_three_releases() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct One {
        #[serde(alias = "login")]
        user: String,
        role: String,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Two {
        #[serde(alias = "user")]
        login: String,
        role: String,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Three {
        login: String,
        role: String,
    }
    let one = One { user: "alice".into(), role: "editor".into() };
    let two = Two { login: "alice".into(), role: "editor".into() };
    let three = Three { login: "alice".into(), role: "editor".into() };
    assert_eq!(after::<_, One>(alice()), one);
    assert_eq!(after::<_, Account>(one.clone()), alice());
    assert_eq!(after::<_, Two>(one.clone()), two);
    assert_eq!(after::<_, One>(two.clone()), one);
    assert_eq!(after::<_, Three>(two.clone()), three);
    assert_eq!(after::<_, Two>(three.clone()), two);
    is_corrupt::<_, Account>(two.clone());
    is_corrupt::<_, Three>(one);
}

#[test]
fn a_field_that_is_missing_and_has_no_default_is_corrupt() {
    #[derive(Default, Serialize, Deserialize)]
    struct Strict {
        user: String,
        theme: u8,
    }
    is_corrupt::<_, Strict>(alice());
}

#[test]
fn a_type_that_denies_unknown_fields_rejects_what_a_newer_release_sealed() {
    #[derive(Default, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        user: String,
        role: String,
    }
    is_corrupt::<_, Closed>(after::<_, Added>(alice()));
}

/// A refresh by a machine that is behind keeps what it does not know; what a handler writes there does not.
#[test]
fn an_older_release_keeps_an_unknown_field_until_it_writes() {
    let cookie = seal(&named(), Added { locked: true, ..after(alice()) });
    let older = named::<Account>();
    let mut session = decode(&older, &cookie, NOW);
    session.touch();
    let refreshed = pair(&encode(&older, &session, NOW).1);
    assert!(open(&named::<Added>(), &refreshed).locked);
    session.data_mut().role = "guest".into();
    let written = pair(&encode(&older, &session, NOW).1);
    assert!(!open(&named::<Added>(), &written).locked);
}

#[test]
fn an_integer_becomes_wider_and_a_value_an_option() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Narrow {
        visits: u16,
        user: String,
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Wide {
        visits: u64,
        user: Option<String>,
    }
    let narrow = Narrow { visits: u16::MAX, user: "alice".into() };
    let wide = Wide { visits: u16::MAX.into(), user: Some("alice".into()) };
    assert_eq!(after::<_, Wide>(narrow.clone()), wide);
    assert_eq!(after::<_, Narrow>(wide.clone()), narrow);
    is_corrupt::<_, Narrow>(Wide { visits: 65_536, ..wide.clone() });
    is_corrupt::<_, Narrow>(Wide { user: None, ..wide });
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Role {
    #[default]
    Guest,
    User(u32, bool),
    Owner,
}

#[test]
fn a_variant_is_added_or_removed() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    enum Removed {
        #[default]
        #[serde(alias = "Owner")]
        Guest,
        User(u32, bool),
    }
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    enum Other {
        #[default]
        Guest,
        #[serde(other)]
        Unknown,
    }
    assert_eq!(after::<_, Role>(Removed::User(17, true)), Role::User(17, true));
    assert_eq!(after::<_, Removed>(Role::Owner), Removed::Guest);
    assert_eq!(after::<_, Other>(Role::Owner), Other::Unknown);
    assert_eq!(after::<_, Other>(Role::Guest), Other::Guest);
    is_corrupt::<_, Other>(Role::User(17, true));
}

#[test]
fn a_variant_does_not_change_its_kind() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    enum Struct {
        #[default]
        Guest,
        User {
            id: u32,
            admin: bool,
        },
        Owner(u32),
    }
    is_corrupt::<_, Struct>(Role::User(17, false));
    is_corrupt::<_, Struct>(Role::Owner);
    is_corrupt::<_, Role>(Struct::User { id: 17, admin: false });
    is_corrupt::<_, Role>(Struct::Owner(17));
    assert_eq!(after::<_, Struct>(Role::Guest), Struct::Guest);
}

#[test]
fn a_field_that_serde_skips_is_no_part_of_the_payload() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Skipping {
        user: String,
        #[serde(skip)]
        role: String,
    }
    let sealed = Skipping { user: "alice".into(), role: "editor".into() };
    let found: Skipping = after(sealed.clone());
    assert_eq!(found, Skipping { role: String::new(), ..sealed });
}
