//! A type that changes from one release to the next, and the cookies that are out: what must never be misread.

use crate::support::{NOW, decode, encode, pair, ring, visit};
use sealed_session::{Builder, CookieSessions, Rejection, Sent};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(super) fn named<T: Serialize + DeserializeOwned + Default>() -> CookieSessions<T> {
    CookieSessions::typed(ring(1), "account").build().unwrap()
}

fn compact_builder<T: Serialize + DeserializeOwned + Default>() -> Builder<T> {
    CookieSessions::typed(ring(1), "account").compact()
}

pub(super) fn compact<T: Serialize + DeserializeOwned + Default>() -> CookieSessions<T> {
    compact_builder().build().unwrap()
}

/// `name=token` of a session with this payload.
#[track_caller]
pub(super) fn seal<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    data: T,
) -> String {
    let mut session = visit(sessions, NOW);
    *session.data_mut() = data;
    session.touch();
    pair(&encode(sessions, &session, NOW).1)
}

/// What another build makes of a cookie.
#[track_caller]
pub(super) fn open<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    cookie: &str,
) -> T {
    let mut session = decode(sessions, cookie, NOW);
    assert_eq!(session.rejection(), None);
    std::mem::take(session.data_mut())
}

/// What the next release reads of a payload of this one, of named encoding.
#[track_caller]
pub(super) fn after<Old, New>(old: Old) -> New
where
    Old: Serialize + DeserializeOwned + Default,
    New: Serialize + DeserializeOwned + Default,
{
    open(&named(), &seal(&named(), old))
}

#[track_caller]
pub(super) fn is_corrupt<Old, New>(old: Old)
where
    Old: Serialize + DeserializeOwned + Default,
    New: Serialize + DeserializeOwned + Default,
{
    let session = decode(&named::<New>(), &seal(&named(), old), NOW);
    assert_eq!(session.rejection(), Some(&Rejection::Corrupt));
}

/// The types of one release.
mod before {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Flags {
        pub(super) user: Option<u32>,
        pub(super) newsletter: bool,
        pub(super) admin: bool,
    }

    #[derive(Default, Serialize, Deserialize)]
    pub(super) enum Role {
        #[default]
        Guest,
        User(u32),
        Admin(u32),
    }

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Names {
        pub(super) user: String,
        pub(super) role: String,
    }
}

/// Those of the next: reordered, and with a field more.
mod next {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Flags {
        pub(super) user: Option<u32>,
        pub(super) admin: bool,
        pub(super) newsletter: bool,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) enum Role {
        #[default]
        Guest,
        Admin(u32),
        User(u32),
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Names {
        pub(super) role: String,
        pub(super) user: String,
        #[serde(default)]
        pub(super) locked: bool,
    }
}

fn newsletter() -> before::Flags {
    before::Flags { user: Some(7), newsletter: true, admin: false }
}

fn mallory() -> before::Names {
    before::Names { user: "mallory".into(), role: "guest".into() }
}

#[test]
fn two_fields_that_change_places_keep_their_values() {
    let found: next::Flags = after(newsletter());
    assert_eq!(found, next::Flags { user: Some(7), admin: false, newsletter: true });
}

#[test]
fn two_variants_that_change_places_keep_their_meaning() {
    assert_eq!(after::<_, next::Role>(before::Role::User(17)), next::Role::User(17));
    assert_eq!(after::<_, next::Role>(before::Role::Admin(17)), next::Role::Admin(17));
    assert_eq!(after::<_, next::Role>(before::Role::Guest), next::Role::Guest);
}

/// With a place in place of a name, a type that has changed would be misread.
#[test]
fn an_array_is_no_struct_and_no_variant() {
    is_corrupt::<(Option<u32>, bool, bool), next::Flags>((None, true, false));
    is_corrupt::<_, next::Role>((0_u8, 17_u32));
    is_corrupt::<_, next::Role>(0_u8);
    is_corrupt::<_, next::Role>(std::collections::BTreeMap::from([(1_u8, 17_u32)]));
    is_corrupt::<_, next::Flags>(std::collections::BTreeMap::from([(0_u8, true), (1, false)]));
    is_corrupt::<_, next::Role>(vec!["Guest".to_owned()]);
}

#[test]
fn a_compact_type_that_changes_has_other_keys() {
    fn ends<Old, New>(old: Old)
    where
        Old: Serialize + DeserializeOwned + Default,
        New: Serialize + DeserializeOwned + Default,
    {
        assert_ne!(compact::<Old>().shape(), compact::<New>().shape());
        let session = decode(&compact::<New>(), &seal(&compact(), old), NOW);
        assert!(matches!(session.rejection(), Some(Rejection::UnknownKey(_))), "{session:?}");
    }
    ends::<_, next::Flags>(newsletter());
    ends::<_, next::Role>(before::Role::User(17));
    ends::<_, next::Names>(mallory());
}

#[test]
fn a_compact_type_that_stays_keeps_its_keys_whatever_it_is_called() {
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename = "AnotherName")]
    struct Other(Same);
    #[derive(Default, Serialize, Deserialize)]
    struct Same {
        user: Box<str>,
        role: String,
    }
    let other = compact::<Other>();
    assert_eq!(other.shape(), compact::<before::Names>().shape());
    let found = open(&other, &seal(&compact(), mallory()));
    assert_eq!((&*found.0.user, &*found.0.role), ("mallory", "guest"));
}

#[test]
fn the_two_encodings_of_one_name_never_meet() {
    let (named, compact) = (named::<before::Names>(), compact::<before::Names>());
    let old = seal(&compact, mallory());
    for rejection in [decode(&named, &old, NOW), decode(&compact, &seal(&named, mallory()), NOW)]
        .map(|session| *session.rejection().unwrap())
    {
        assert!(matches!(rejection, Rejection::UnknownKey(_)), "{rejection:?}");
    }
    let both = CookieSessions::typed::<before::Names>(ring(1), "account")
        .upgrade_from_compact::<before::Names>("account", |names| names)
        .build()
        .unwrap();
    assert_eq!(open(&both, &old).user, "mallory");
    let back = compact_builder::<before::Names>()
        .downgrade_from::<before::Names>("account", |names| names)
        .build()
        .unwrap();
    assert_eq!(open(&back, &seal(&named, mallory())).user, "mallory");
}

/// From one release to the next of a compact type, under one name, and back.
#[test]
fn a_compact_type_changes_through_a_rolling_deploy() {
    let upgrade =
        |old: before::Names| next::Names { role: old.role, user: old.user, locked: false };
    let downgrade = |new: next::Names| before::Names { user: new.user, role: new.role };
    let one = compact_builder::<before::Names>()
        .downgrade_from_compact::<next::Names>("account", downgrade)
        .build()
        .unwrap();
    let two = compact_builder::<next::Names>()
        .upgrade_from_compact::<before::Names>("account", upgrade)
        .build()
        .unwrap();
    let old = seal(&one, mallory());
    assert_eq!(open(&two, &old).user, "mallory");
    let session = decode(&two, &old, NOW);
    let (sent, headers) = encode(&two, &session, NOW);
    assert_eq!(sent, Sent::Set, "sealed again as the new type");
    assert_eq!(open(&one, &pair(&headers)).user, "mallory");
    assert_eq!(open(&compact::<next::Names>(), &pair(&headers)).user, "mallory");
}

/// A machine with the older release reads, and must not drop what it does not know.
#[test]
fn a_refresh_by_an_older_release_keeps_the_fields_that_it_does_not_know() {
    let locked = next::Names { role: "user".into(), user: "mallory".into(), locked: true };
    let cookie = seal(&named(), locked);
    let older = named::<before::Names>();
    let week = 8 * 86_400;
    let mut renewed = decode(&older, &cookie, NOW);
    renewed.renew();
    for (row, session, now) in [
        ("a refresh", decode(&older, &cookie, NOW + week), NOW + week),
        ("a renewal", renewed, NOW),
    ] {
        let (sent, headers) = encode(&older, &session, now);
        assert_eq!(sent, Sent::Set, "{row}");
        let mut found = decode(&named::<next::Names>(), &pair(&headers), now);
        assert!(found.data_mut().locked, "{row} unlocked the account");
    }
    let mut written = decode(&older, &cookie, NOW);
    written.data_mut().role = "guest".into();
    let found = open(&named::<next::Names>(), &pair(&encode(&older, &written, NOW).1));
    assert!(!found.locked, "what is written is what the older release knows");
}

/// Bytes of another schema are not sealed under this one, also where nobody wrote.
#[test]
fn a_session_of_another_schema_is_sealed_as_the_type_of_today() {
    let old = CookieSessions::typed::<before::Names>(ring(1), "account-0").build().unwrap();
    let new = CookieSessions::typed::<String>(ring(1), "account-1")
        .upgrade_from::<before::Names>("account-0", |old| old.user)
        .build()
        .unwrap();
    let session = decode(&new, &seal(&old, mallory()), NOW);
    let (sent, headers) = encode(&new, &session, NOW);
    assert_eq!(sent, Sent::Set);
    assert_eq!(open(&new, &pair(&headers)), "mallory");
}
