//! Typed sessions: what a type may use, how it is encoded, and how it may change while users have sessions.
//!
//! A [typed](crate::CookieSessions::typed) session holds one value of a type of yours. The library needs `Serialize`,
//! `Deserialize` and `Default`. `Clone` is for [`SessionHandle::data`](crate::SessionHandle::data), which returns a copy;
//! `Debug` and `PartialEq` are for your tests.
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Account {
//!     user: Option<String>,
//!     visits: u32,
//! }
//!
//! fn main() -> Result<(), sealed_session::ConfigError> {
//!     let sessions = CookieSessions::typed::<Account>(Keyring::ephemeral(), "account").build()?;
//!     let mut session = sessions.fresh();
//!     session.data_mut().visits += 1;
//!     assert_eq!(*session.data(), Account { user: None, visits: 1 });
//!     Ok(())
//! }
//! ```
//!
//! # Which encoding
//!
//! | | named, the default | [`compact`](crate::Builder::compact) |
//! |---|---|---|
//! | format | MessagePack, with the names of fields and variants | postcard, the values alone |
//! | a UUID and three texts of 42 bytes in all | 88 bytes | 62 bytes |
//! | a field is added, removed or renamed | works as with JSON: see below | every session ends, unless `upgrade_from_compact` opens the old ones |
//! | fields or variants change places | no effect | every session ends, likewise |
//! | flattened, tagged and untagged types, `serde_json::Value` | work | refused |
//!
//! Prefer the named encoding. `compact` is for a type that nearly fills the cookie, or that hardly ever changes.
//!
//! # What a type may use
//!
//! Whatever serde supports, with the exceptions listed at [`Payload`](crate::Payload#what-a-type-may-not-use). Nothing is
//! lost silently: a value that does not read back as it was written is an error,
//! [`EncodeError::Payload`](crate::EncodeError::Payload), and the client keeps the session that it had. To find that out
//! before a user does, write a test: fill every `Option`, put an element into every list, and try each variant.
//! [`request_cookie`](crate::CookieSessions::request_cookie) fails as `encode` does.
//!
//! ```
//! use sealed_session::{CookieSessions, EncodeError, Keyring};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Settings {
//!     theme: Option<Option<u8>>, // not set, set to none, set to a number
//! }
//!
//! fn main() -> Result<(), sealed_session::ConfigError> {
//!     let sessions = CookieSessions::typed::<Settings>(Keyring::ephemeral(), "settings").build()?;
//!     let mut session = sessions.fresh();
//!     session.data_mut().theme = Some(None);
//!     let error = sessions.request_cookie(&session).unwrap_err();
//!     assert!(matches!(error, EncodeError::Payload(_)));
//!     assert!(error.to_string().contains("theme does not read back as it was written"));
//!     Ok(())
//! }
//! ```
//!
//! A field with `#[serde(skip)]` is not part of the payload: in every request it has its default.
//!
//! # The three everyday changes
//!
//! These need no new schema, only an order of deployment. While a release is deployed, old and new machines read what the
//! other ones have sealed. So the rules are:
//!
//! - **Deploy readers first.** A release that can read the new form goes to every machine before one that writes it.
//! - **Never use a name again** for something else, not even years later: an old release may be deployed again.
//! - **A missing field means the least privilege.** Use `admin: bool`, false by default, and not `is_guest: bool`. A client
//!   may send an old cookie that lacks the field, so its default must not grant anything.
//! - **No `#[serde(deny_unknown_fields)]`:** an older machine would then reject what a newer one sealed.
//!
//! ## A field is added
//!
//! Give it `#[serde(default)]`, make it an `Option`, or put `#[serde(default)]` on the whole struct. An older machine
//! ignores the field, and keeps it in a refresh. If a handler on that machine writes the session
//! ([`data_mut`](crate::Session::data_mut), `update`), the field is lost, because the older type does not have it. If a
//! field must not get lost, deploy a release that has the field before the one that sets it.
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring, Secret};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Old {
//!     user: String,
//! }
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct New {
//!     user: String,
//!     #[serde(default)]
//!     admin: bool,
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let keyring = Keyring::new(Secret::generate());
//!     let old = CookieSessions::typed::<Old>(keyring.clone(), "account").build()?;
//!     let new = CookieSessions::typed::<New>(keyring, "account").build()?;
//!
//!     let mut session = old.fresh();
//!     session.data_mut().user = "alice".into();
//!     let cookie = old.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(*new.decode(&request).data(), New { user: "alice".into(), admin: false });
//!
//!     let mut session = new.fresh();
//!     *session.data_mut() = New { user: "alice".into(), admin: true };
//!     let cookie = new.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(*old.decode(&request).data(), Old { user: "alice".into() });
//!     Ok(())
//! }
//! ```
//!
//! ## A field is removed
//!
//! The *old* type reads the sessions without the field. So first give the field a `#[serde(default)]`, unless it is an
//! `Option`, and deploy that. Then remove it.
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring, Secret};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Old {
//!     user: String,
//!     #[serde(default)] // deployed everywhere before `New` is
//!     theme: u8,
//! }
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct New {
//!     user: String,
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let keyring = Keyring::new(Secret::generate());
//!     let old = CookieSessions::typed::<Old>(keyring.clone(), "account").build()?;
//!     let new = CookieSessions::typed::<New>(keyring, "account").build()?;
//!
//!     let mut session = old.fresh();
//!     *session.data_mut() = Old { user: "alice".into(), theme: 7 };
//!     let cookie = old.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(*new.decode(&request).data(), New { user: "alice".into() });
//!
//!     let mut session = new.fresh();
//!     session.data_mut().user = "alice".into();
//!     let cookie = new.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(*old.decode(&request).data(), Old { user: "alice".into(), theme: 0 });
//!     Ok(())
//! }
//! ```
//!
//! ## A field is renamed
//!
//! Rename it in the code, and keep the stored name:
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring, Secret};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Old {
//!     user: String,
//! }
//!
//! #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct New {
//!     #[serde(rename = "user")]
//!     login: String,
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let keyring = Keyring::new(Secret::generate());
//!     let old = CookieSessions::typed::<Old>(keyring.clone(), "account").build()?;
//!     let new = CookieSessions::typed::<New>(keyring, "account").build()?;
//!
//!     let mut session = old.fresh();
//!     session.data_mut().user = "alice".into();
//!     let cookie = old.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(*new.decode(&request).data(), New { login: "alice".into() });
//!
//!     let mut session = new.fresh();
//!     session.data_mut().login = "alice".into();
//!     let cookie = new.request_cookie(&session)?;
//!     let request = http::Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(*old.decode(&request).data(), Old { user: "alice".into() });
//!     Ok(())
//! }
//! ```
//!
//! If the stored name has to change too, it takes three releases: one that has `#[serde(alias = "login")]` on `user`, one
//! that has `#[serde(alias = "user")]` on `login`, and, when the absolute timeout has passed, one without an alias.
//!
//! # Other changes with names
//!
//! | change | what happens |
//! |---|---|
//! | fields or variants change places | nothing |
//! | the Rust name of a struct or enum changes | nothing |
//! | a field becomes an `Option` of what it was | old sessions are read; an older machine reads those with a value |
//! | an integer becomes wider | old sessions are read; an older machine reads what fits |
//! | a variant is added | an older machine rejects a session that has it, unless its type has a unit variant with `#[serde(other)]`, which then stands for every unit variant that it does not know. Deploy a release that has the variant before the one that uses it |
//! | a variant is removed | sessions that have it are rejected; `#[serde(alias = …)]` on another variant of the same kind takes them over |
//! | a unit variant gains content, or a tuple becomes a struct | sessions that have it are rejected: add a variant instead |
//! | the type of a field changes otherwise | sessions are rejected: add a field with a new name, or change the schema |
//!
//! # A new schema
//!
//! If the meaning of the data changes and no default is right, name a new schema, such as `account-2`. That ends every
//! session once, unless the builder opens the old ones. Each of these methods takes the schema of the other type and a
//! function:
//!
//! | the other type is | older | newer, for machines that are behind |
//! |---|---|---|
//! | named, or a `Dict` under the name `dict` | [`upgrade_from`](crate::Builder::upgrade_from) | [`downgrade_from`](crate::Builder::downgrade_from) |
//! | compact | [`upgrade_from_compact`](crate::Builder::upgrade_from_compact) | [`downgrade_from_compact`](crate::Builder::downgrade_from_compact) |
//!
//! The documentation of `upgrade_from` has the steps of a rolling deployment. The two encodings have different keys, so a
//! compact type can follow a named one under the same schema.
//!
//! # Compact types
//!
//! Compact bytes do not say what they are. Instead, the [shape](crate::CookieSessions::shape) of the type is part of the
//! keys: the names of fields and variants and the kind of each value, as far as `T::default()` shows them. If the shape
//! changes, old sessions are rejected, and never misread.
//!
//! The default does not show what is inside a `None`, an empty list, or another variant. If two fields in there change
//! places, one is read as the other. So write a test that pins the shape of a compact type, and of each type that its
//! default hides. When that test fails, keep the old type, name a new schema, and open the old one with
//! `upgrade_from_compact`:
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Cart {
//!     items: Vec<Item>,
//! }
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Item {
//!     number: u32,
//!     count: u32,
//! }
//!
//! fn main() -> Result<(), sealed_session::ConfigError> {
//!     let keyring = Keyring::ephemeral();
//!     let carts = CookieSessions::typed::<Cart>(keyring, "cart-1").compact().build()?;
//!     assert_eq!(carts.shape(), Some("4553ae32"));
//!     // The list is empty by default, so the shape of the cart says nothing about `Item`.
//!     let items = CookieSessions::typed::<Item>(Keyring::ephemeral(), "item").compact().build()?;
//!     assert_eq!(items.shape(), Some("1f797662"));
//!     Ok(())
//! }
//! ```
//!
//! # When the log says that a session cannot be read
//!
//! A session that is authentic and cannot be read is rejected as [`Corrupt`](crate::Rejection::Corrupt): the user is logged
//! out. The log has a warning, at most once a minute, with the schema:
//!
//! ```text
//! WARN sealed_session: a session was sealed under a secret of ours and cannot be read: if a field
//!     was added to its type, give it #[serde(default)]; if the type has changed in another way,
//!     name a new schema and open the old one with upgrade_from; if it has not changed, another
//!     release of the application or other software with the same secret has sealed the session
//! ```
//!
//! The type has changed in a way that the tables above do not allow. The cookie stays in the browser until something is
//! written for that client, so act soon:
//!
//! 1. Roll the release back. Sessions that were not written since are accepted again.
//! 2. Make the change readable, with a `default`, an `alias` or a new schema with `upgrade_from`, and deploy that.
//!
//! If only machines of the older release log it, the order of deployment was wrong: deploy readers first.
