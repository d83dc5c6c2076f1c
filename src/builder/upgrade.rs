//! A payload type that changes: cookies of an older or a newer schema become sessions of the
//! current type.
//!
//! The schema is part of the keys, so each other schema has its own keys, one for each secret. They
//! only open. The key shows which type a payload has to be read as.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::validate::{check_schema_len, require};
use super::{Builder, OtherSchema};
use crate::error::{ConfigError, PayloadError};
use crate::keys::keyring::KeyRole;
use crate::keys::table::Purpose;
use crate::session::payload::{self, DefaultPayload, Payload};
use crate::session::typed::Encoding;
use crate::token::scope::{DICT_SCHEMA, compact_schema, named_schema};

/// The schema of a typed payload, as the scope has it.
pub(super) fn full_schema(encoding: Encoding, name: &str, default: &DefaultPayload) -> String {
    match (encoding, &default.shape) {
        (Encoding::Compact, Some(shape)) => compact_schema(name, shape.as_str()),
        _ => named_schema(name),
    }
}

/// The error of a payload type that the method `setting` was given.
pub(super) fn unfit(setting: &'static str) -> impl FnOnce(PayloadError) -> ConfigError {
    move |reason| ConfigError::Payload { setting, reason }
}

impl<T> OtherSchema<T> {
    fn full_schema(&self) -> Result<String, ConfigError> {
        let default = (self.default)(self.encoding).map_err(unfit(self.setting))?;
        let full = || full_schema(self.encoding, &self.schema, &default);
        Ok(if self.is_dict { DICT_SCHEMA.to_owned() } else { full() })
    }
}

impl<T> Builder<T> {
    /// The other schemas, as they are in the scope.
    pub(super) fn check_schemas(&self) -> Result<Vec<String>, ConfigError> {
        let mut full = Vec::new();
        for other in &self.schemas {
            let OtherSchema { setting, schema, .. } = other;
            check_schema_len(setting, schema)?;
            let dict = (schema == DICT_SCHEMA) == other.is_dict;
            require(
                dict,
                setting,
                schema,
                "dict for a Dict, and another schema for any other type",
            )?;
            let name = other.full_schema()?;
            let differs = name != self.scope.schema();
            require(differs, setting, schema, "a schema other than that of these sessions")?;
            require(!full.contains(&name), setting, schema, "a schema that is not named twice")?;
            full.push(name);
        }
        Ok(full)
    }

    /// What the keys of these sessions are derived for.
    pub(super) fn purpose(&self, others: &[String]) -> Purpose {
        let bytes = |schema: &str| self.scope.bytes("session", schema);
        let roles = self.schemas.iter().map(|other| other.role);
        let others = roles.zip(others).map(|(role, schema)| (role, bytes(schema)));
        Purpose { scope: bytes(self.scope.schema()), others: others.collect() }
    }
}

/// Payloads of older and newer types.
impl<T: Payload> Builder<T> {
    /// Opens cookies of an older schema too: `upgrade` converts them.
    ///
    /// Such a session counts as opened by a [previous](KeyRole::Previous) secret, so the next
    /// response that may carry a refresh seals it as a `T`. The schema of a [`Dict`](crate::Dict)
    /// is `dict`. `upgrade` is a function, or a closure that captures nothing. It has to handle
    /// every value of `Old`. Several older schemas may be named. To add, remove or rename a field
    /// you do not need this: see [`guide::types`](crate::guide::types).
    ///
    /// # A rolling deploy
    /// As with secrets, each release goes to every machine before the next one begins:
    ///
    /// 1. Today's release, changed to open the new type as well:
    ///    [`downgrade_from`](Self::downgrade_from). *Way back:* today's release.
    /// 2. The release with the new type, which opens the old one as well: `upgrade_from`. *Way
    ///    back:* release 1.
    /// 3. When the idle timeout has passed since the last machine took release 2 (the absolute one,
    ///    if you use `set_idle_timeout`), no cookie of the old type is accepted anymore: leave
    ///    `upgrade_from` out. *Way back:* release 2.
    ///
    /// Without release 1, a session that release 2 wrote is a pre-session on the machines that are
    /// behind, and is overwritten by the next write there. If that hardly ever happens, begin with
    /// release 2.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    /// struct Account1 {
    ///     user: String,
    /// }
    ///
    /// #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    /// struct Account2 {
    ///     user: String,
    ///     dark: bool,
    /// }
    ///
    /// let keyring = Keyring::new(Secret::generate());
    /// let release_1 = CookieSessions::typed::<Account1>(keyring.clone(), "account-1")
    ///     .downgrade_from::<Account2>("account-2", |new| Account1 { user: new.user })
    ///     .build()?;
    /// let release_2 = CookieSessions::typed::<Account2>(keyring.clone(), "account-2")
    ///     .upgrade_from::<Account1>("account-1", |old| Account2 { user: old.user, dark: false })
    ///     .build()?;
    /// let release_3 = CookieSessions::typed::<Account2>(keyring, "account-2").build()?;
    ///
    /// let mut session = release_1.fresh();
    /// session.data_mut().user = "alice".into();
    /// let request = http::Request::builder().header("cookie", release_1.request_cookie(&session)?).body(())?;
    ///
    /// let session = release_2.decode(&request);
    /// assert_eq!(session.data().user, "alice");
    /// let mut response = http::Response::new(());
    /// release_2.encode(&session, &mut response)?; // sealed again, as an Account2
    /// assert_eq!(release_1.from_response(response.headers()).unwrap().data().user, "alice");
    /// assert_eq!(release_3.from_response(response.headers()).unwrap().data().user, "alice");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Of [`build`](Self::build): a schema that is not of 1 to 64 bytes, is that of these sessions,
    /// or is named twice; `dict` for another type than a `Dict`, or another name for a `Dict`; a
    /// type that does not read back what it wrote.
    ///
    /// # Security
    /// A panic in `upgrade` is a panic in `decode`.
    pub fn upgrade_from<Old: Payload + 'static>(
        self,
        schema: impl Into<String>,
        upgrade: fn(Old) -> T,
    ) -> Self
    where
        T: 'static,
    {
        let setting = ("upgrade_from", KeyRole::Previous, Encoding::Named);
        self.reads(setting, schema.into(), upgrade)
    }

    /// Opens cookies of a newer schema too: `downgrade` converts them.
    ///
    /// It is release 1 of the [recipe](Self::upgrade_from), for a deploy in which some machines
    /// already run the next release. Such a session counts as opened by an
    /// [upcoming](KeyRole::Upcoming) secret: it stays unchanged until it is written or due for a
    /// refresh. Then it is sealed as a `T`, and what `downgrade` left out is lost.
    ///
    /// # Errors
    /// Those of [`upgrade_from`](Self::upgrade_from), where the example is too.
    pub fn downgrade_from<New: Payload + 'static>(
        self,
        schema: impl Into<String>,
        downgrade: fn(New) -> T,
    ) -> Self
    where
        T: 'static,
    {
        let setting = ("downgrade_from", KeyRole::Upcoming, Encoding::Named);
        self.reads(setting, schema.into(), downgrade)
    }

    /// Opens cookies of an older schema in [`compact`](Self::compact) encoding too.
    ///
    /// Like [`upgrade_from`](Self::upgrade_from), for a type that was compact. The schema may be
    /// the same if the encoding or the shape differs.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    ///
    /// type Account = (String, bool);
    /// let keyring = Keyring::new(Secret::generate());
    /// let compact = CookieSessions::typed::<Account>(keyring.clone(), "account").compact().build()?;
    /// let named = CookieSessions::typed::<Account>(keyring, "account")
    ///     .upgrade_from_compact::<Account>("account", |account| account)
    ///     .build()?;
    ///
    /// let mut session = compact.fresh();
    /// session.data_mut().0 = "alice".into();
    /// let request = http::Request::builder().header("cookie", compact.request_cookie(&session)?).body(())?;
    /// assert_eq!(named.decode(&request).data().0, "alice");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`upgrade_from`](Self::upgrade_from).
    pub fn upgrade_from_compact<Old: Serialize + DeserializeOwned + Default + 'static>(
        self,
        schema: impl Into<String>,
        upgrade: fn(Old) -> T,
    ) -> Self
    where
        T: 'static,
    {
        let setting = ("upgrade_from_compact", KeyRole::Previous, Encoding::Compact);
        self.reads(setting, schema.into(), upgrade)
    }

    /// Opens cookies of a newer schema in [`compact`](Self::compact) encoding too.
    ///
    /// Like [`downgrade_from`](Self::downgrade_from), for a type that will be compact.
    ///
    /// # Errors
    /// Those of [`upgrade_from`](Self::upgrade_from).
    pub fn downgrade_from_compact<New: Serialize + DeserializeOwned + Default + 'static>(
        self,
        schema: impl Into<String>,
        downgrade: fn(New) -> T,
    ) -> Self
    where
        T: 'static,
    {
        let setting = ("downgrade_from_compact", KeyRole::Upcoming, Encoding::Compact);
        self.reads(setting, schema.into(), downgrade)
    }

    fn reads<U: Payload + 'static>(
        mut self,
        (setting, role, encoding): (&'static str, KeyRole, Encoding),
        schema: String,
        convert: fn(U) -> T,
    ) -> Self
    where
        T: 'static,
    {
        self.schemas.push(OtherSchema {
            setting,
            schema,
            role,
            is_dict: payload::is_dict::<U>(),
            encoding,
            default: DefaultPayload::of::<U>,
            reader: Box::new(move |bytes| payload::read(encoding, bytes).map(convert)),
        });
        self
    }
}
