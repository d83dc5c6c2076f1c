//! The keyring: the secrets, and the role of each.

use std::{env, fmt};

use zeroize::Zeroizing;

use crate::keys::secret::{BOM, MIN_LEN, Secret, is_hex};
use crate::keys::secret_error::SecretError;

/// The secrets: one *current* secret, which seals and opens, and others, which only open.
///
/// ```
/// use sealed_session::{CookieSessions, KeyRole, Keyring, Secret};
///
/// let keyring = Keyring::new(Secret::generate()).previous(Secret::generate());
/// let sessions = CookieSessions::new(keyring);
/// let roles: Vec<KeyRole> = sessions.keys().map(|(role, _)| role).collect();
/// assert_eq!(roles, [KeyRole::Current, KeyRole::Previous]);
/// ```
#[derive(Clone)]
pub struct Keyring {
    pub(crate) current: Secret,
    /// The previous ones, then the upcoming ones; none twice, none equal to the current one.
    pub(crate) others: Vec<(KeyRole, Secret)>,
    ephemeral: bool,
}

impl Keyring {
    /// A keyring of one secret.
    #[must_use]
    pub fn new(current: Secret) -> Self {
        Self { current, others: Vec::new(), ephemeral: false }
    }

    /// Reads secrets from an environment variable; `None` if it does not exist.
    ///
    /// Several secrets are separated by white space or commas. The first one is current, one after
    /// `upcoming:` is upcoming, and the others are previous. A leading byte order mark is dropped.
    ///
    /// # Errors
    /// A variable that is empty, is not Unicode, or has only upcoming secrets; a text that is not a
    /// [`Secret`]. No error shows the value.
    ///
    /// # Security
    /// A text of several lines is several secrets: `openssl rand -base64 96` prints two lines of 48
    /// bytes, which become a current and a previous secret. [`keys`](crate::CookieSessions::keys)
    /// and the event `sessions are configured` show how many there are.
    ///
    /// ```
    /// use sealed_session::Keyring;
    ///
    /// let keyring = Keyring::from_env("NO_SUCH_VARIABLE")?.unwrap_or_else(Keyring::ephemeral);
    /// assert!(keyring.is_ephemeral());
    /// # Ok::<(), sealed_session::SecretError>(())
    /// ```
    pub fn from_env(variable: &str) -> Result<Option<Self>, SecretError> {
        match env::var(variable) {
            // This copy is wiped. The one in the environment stays, and child processes inherit it.
            Ok(text) => Self::parse(&Zeroizing::new(text)).map(Some),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err(SecretError::NotUnicode),
        }
    }

    /// A keyring with a random secret, for development: every session ends with the process.
    ///
    /// `build()` logs a warning for such a keyring.
    ///
    /// # Panics
    /// If the operating system returns no random bytes.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self { ephemeral: true, ..Self::new(Secret::generate()) }
    }

    /// Adds a secret that was current before.
    ///
    /// Its sessions open, and are sealed again under the current one with the next response.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret, Sent};
    ///
    /// let (old, new) = (Secret::generate(), Secret::generate());
    /// let before = CookieSessions::new(Keyring::new(old.clone()));
    /// let cookie = before.request_cookie(&before.fresh())?;
    /// let request = http::Request::builder().header("cookie", cookie).body(())?;
    ///
    /// let sessions = CookieSessions::new(Keyring::new(new).previous(old));
    /// let session = sessions.decode(&request);
    /// // Sealed again, with the new secret.
    /// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Set);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn previous(self, secret: Secret) -> Self {
        // It only opens. So its cookies become fewer with each response, and it can be removed when
        // the last one has expired. NIST SP 800-57 part 1 section 5.3.5 likewise ends the period in
        // which a key protects data before the one in which it is used to read them.
        self.with(KeyRole::Previous, secret)
    }

    /// Adds a secret that will be current later.
    ///
    /// Its sessions open, because it may already be current on other machines.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret, Sent};
    ///
    /// let (old, new) = (Secret::generate(), Secret::generate());
    /// let ahead = CookieSessions::new(Keyring::new(new.clone()).previous(old.clone()));
    /// let cookie = ahead.request_cookie(&ahead.fresh())?;
    /// let request = http::Request::builder().header("cookie", cookie).body(())?;
    ///
    /// let sessions = CookieSessions::new(Keyring::new(old).upcoming(new));
    /// let session = sessions.decode(&request);
    /// assert!(!session.is_new());
    /// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Unchanged);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn upcoming(self, secret: Secret) -> Self {
        // Machines get a new secret one after the other, and a client may reach any of them. While
        // all can open the new one and none seals with it, it does not matter which machine is
        // reached.
        self.with(KeyRole::Upcoming, secret)
    }

    /// Whether the current secret is a boot key, from [`ephemeral`](Self::ephemeral).
    pub fn is_ephemeral(&self) -> bool {
        self.ephemeral
    }

    fn parse(text: &str) -> Result<Self, SecretError> {
        let mut secrets = SecretList::default();
        let text = text.strip_prefix(BOM).unwrap_or(text);
        secrets.read(&entries(text).collect::<Vec<_>>())?;
        secrets.into_keyring()
    }

    /// A secret given twice counts once, in its strongest role.
    fn with(mut self, role: KeyRole, secret: Secret) -> Self {
        // A key that is in the table twice would use two of the openings that a request may cost.
        if !self.current.ct_eq(&secret) {
            match self.others.iter_mut().find(|(_, known)| known.ct_eq(&secret)) {
                Some((known, _)) => *known = role.min(*known),
                None => self.others.push((role, secret)),
            }
            self.others.sort_by_key(|(role, _)| *role);
        }
        self
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others: Vec<KeyRole> = self.others.iter().map(|(role, _)| *role).collect();
        f.debug_struct("Keyring")
            .field("others", &others)
            .field("ephemeral", &self.ephemeral)
            .finish_non_exhaustive()
    }
}

/// The texts between white space and commas.
pub(super) fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|entry| !entry.is_empty())
}

/// Characters in a line of `openssl` and of `base64`, which wrap what they print.
// The limits of PEM and of MIME (RFC 4648 section 3.1). The first line of a wrapped secret is long
// enough to be a secret, so only the rest shows that both lines belong together.
const WRAPPED_AT: [usize; 2] = [64, 76];

/// The secrets of a text, in the order in which they were read.
#[derive(Default)]
pub(super) struct SecretList {
    plain: Vec<Secret>,
    upcoming: Vec<Secret>,
    /// Whether the last text may continue in the next one: base64 in a full line.
    wraps: bool,
}

impl SecretList {
    /// Reads more entries: those of a line, or all.
    pub(super) fn read(&mut self, entries: &[&str]) -> Result<(), SecretError> {
        use SecretError::{Passphrase, TooShort, Wrapped};
        self.wraps &= !entries.is_empty();
        for (index, entry) in entries.iter().enumerate() {
            let (list, text) = match entry.strip_prefix("upcoming:") {
                Some(text) => (&mut self.upcoming, text),
                None => (&mut self.plain, *entry),
            };
            let rest = if self.wraps { rest_of_base64(entry) } else { None };
            let read = Secret::from_entry(text).map_err(|error| match (rest, error) {
                (Some(bytes), TooShort { .. } | Passphrase) => Wrapped { bytes },
                (_, error) => error,
            });
            list.push(read.map_err(|error| error.of_entry(index + 1, entries.len()))?);
            self.wraps = WRAPPED_AT.contains(&text.len()) && !is_hex(text);
        }
        Ok(())
    }

    /// The first one is current, unless it is upcoming.
    pub(super) fn into_keyring(self) -> Result<Keyring, SecretError> {
        let none =
            if self.upcoming.is_empty() { SecretError::Empty } else { SecretError::OnlyUpcoming };
        let mut plain = self.plain.into_iter();
        let keyring = Keyring::new(plain.next().ok_or(none)?);
        let keyring = plain.fold(keyring, Keyring::previous);
        Ok(self.upcoming.into_iter().fold(keyring, Keyring::upcoming))
    }
}

/// How many bytes these are, if they are base64, padded in full, of fewer bytes than a secret.
fn rest_of_base64(text: &str) -> Option<usize> {
    let bytes = text.trim_end_matches('=').len() * 3 / 4;
    (text.len().is_multiple_of(4) && bytes < MIN_LEN && !text.contains(':')).then_some(bytes)
}

/// What a secret is there for, the strongest role first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyRole {
    /// Seals and opens.
    Current,
    /// Opens what it sealed before a rotation, to be sealed again under the current one.
    Previous,
    /// Opens what machines seal that have rotated already; nothing is sealed again for it.
    Upcoming,
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Upcoming => "upcoming",
        })
    }
}
