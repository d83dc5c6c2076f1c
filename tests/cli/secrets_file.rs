//! A file of secrets in a folder of its own, and the steps that the program takes with it.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use sealed_session::{CookieSessions, KeyRole, Keyring, Secret};
use tempfile::TempDir;

use crate::terminal::{Ended, program};

/// When a test begins: 2026-11-28T03:00:00Z.
pub const START: i64 = 1_795_834_800;
pub const MINUTE: i64 = 60;
pub const DAY: i64 = 86_400;

pub struct SecretsFile {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl SecretsFile {
    /// No file yet.
    pub fn none() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { path: folder.path().join("secrets"), folder }
    }

    pub fn of(text: impl AsRef<[u8]>) -> Self {
        let file = Self::none();
        fs::write(&file.path, text).unwrap();
        file
    }

    /// Runs `keys` with a step and its options, so many seconds after the start.
    pub fn keys(&self, after: i64, step: &str) -> Ended {
        let mut words = step.split(' ');
        let step = words.next().unwrap();
        let at = time(START + after);
        let file = self.path.to_str().unwrap();
        program(["keys", step, file, "--at", &*at].into_iter().chain(words)).run()
    }

    /// Takes a step that is allowed.
    #[track_caller]
    pub fn take(&self, after: i64, step: &str) -> String {
        let ended = self.keys(after, step).code(0);
        assert!(ended.stderr.is_empty(), "{ended:?}");
        ended.stdout
    }

    /// A step that is not allowed: the file stays as it is, and there is no other one.
    #[track_caller]
    pub fn refuses(&self, code: i32, after: i64, step: &str) -> String {
        let before = fs::read(&self.path).ok();
        let ended = self.keys(after, step).code(code);
        assert!(ended.stdout.is_empty(), "{ended:?}");
        assert_eq!(fs::read(&self.path).ok(), before, "{ended:?}");
        let message = ended.stderr.strip_prefix("error: ").map(str::to_owned);
        message.unwrap_or_else(|| panic!("{ended:?}"))
    }

    pub fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    pub fn keyring(&self) -> Keyring {
        Keyring::from_file(&self.path).unwrap()
    }

    /// Roles and key ids, as a server logs them: "current 3f0a, upcoming 91c4".
    pub fn logged(&self) -> String {
        let sessions = CookieSessions::new(self.keyring());
        let keys: Vec<String> = sessions.keys().map(|(role, id)| format!("{role} {id}")).collect();
        keys.join(", ")
    }

    pub fn roles(&self) -> Vec<KeyRole> {
        CookieSessions::new(self.keyring()).keys().map(|(role, _)| role).collect()
    }

    /// The names of what is in the folder.
    pub fn beside(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// A time, as the program reads and writes it.
pub fn time(seconds: i64) -> String {
    let since_1970 = std::time::Duration::from_secs(seconds.unsigned_abs());
    jiff::Timestamp::try_from(SystemTime::UNIX_EPOCH + since_1970).unwrap().to_string()
}

/// A text of secrets: each capital letter is one, the same at each place.
pub struct Letters(Vec<(char, String)>);

impl Letters {
    pub fn draw() -> Self {
        let secrets =
            ('A'..='D').map(|letter| (letter, Secret::generate().expose_base64url().to_string()));
        Self(secrets.collect())
    }

    /// With the secrets: `<A>` is one.
    pub fn spell(&self, text: &str) -> String {
        let spelt = |text: String, (letter, secret): &(char, String)| {
            text.replace(&format!("<{letter}>"), secret)
        };
        self.0.iter().fold(text.to_owned(), spelt)
    }

    /// The other way around, and with an `<X>` for a secret that was drawn.
    pub fn hide(&self, text: &str) -> String {
        let hidden = |text: String, (letter, secret): &(char, String)| {
            text.replace(secret, &format!("<{letter}>"))
        };
        let text = self.0.iter().fold(text.to_owned(), hidden);
        let is_drawn = |word: &&str| word.parse::<Secret>().is_ok();
        let drawn = text.split([' ', '\n', ',', ':']).find(is_drawn).map(str::to_owned);
        drawn.map_or(text.clone(), |drawn| text.replace(&drawn, "<X>"))
    }
}
