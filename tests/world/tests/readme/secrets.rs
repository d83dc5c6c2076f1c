//! The guide to secrets: what it tells people to type makes a secret, and each step of a rotation gives the roles that
//! it says.

use std::fs;

use sealed_session::{CookieSessions, KeyId, KeyRole, Keyring, Secret};

use crate::document::{guide, text_block};
use crate::{HELLO, OPENSSL, SECRET, Server, folder, root, run};

/// `SESSION_SECRET` in each step, with the roles that the text gives to its secrets.
const STEPS: [(&str, &[(KeyRole, &str)]); 4] = [
    (r#"SESSION_SECRET="OLD""#, &[(KeyRole::Current, "OLD")]),
    (
        r#"SESSION_SECRET="OLD upcoming:NEW""#,
        &[(KeyRole::Current, "OLD"), (KeyRole::Upcoming, "NEW")],
    ),
    (r#"SESSION_SECRET="NEW OLD""#, &[(KeyRole::Current, "NEW"), (KeyRole::Previous, "OLD")]),
    (r#"SESSION_SECRET="NEW""#, &[(KeyRole::Current, "NEW")]),
];

const CONFIGURED: &str = "sessions are configured";
const ROTATED: &str = "the secrets were rotated";

#[test]
fn the_guide_has_each_command_and_step() {
    let guide = guide("secrets");
    for text in STEPS.map(|(step, _)| step).iter().chain(&[OPENSSL, CONFIGURED, ROTATED]) {
        assert!(guide.contains(text), "the guide has no {text}");
    }
}

#[test]
fn both_commands_make_a_secret() {
    for command in [SECRET, OPENSSL] {
        let secret = run(command, &root());
        assert_eq!(secret.lines().count(), 1, "{command}");
        secret.parse::<Secret>().unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

/// Three secrets by the words that the guide has for them.
struct Secrets([(&'static str, Secret); 3]);

impl Secrets {
    fn draw() -> Self {
        Self(["OLD", "NEW", "NEXT"].map(|word| (word, Secret::generate())))
    }

    fn get(&self, word: &str) -> Secret {
        self.0.iter().find(|(known, _)| *known == word).unwrap().1.clone()
    }

    /// A text with the secrets in place of the words.
    fn put_into(&self, text: &str) -> String {
        // Marks first: a secret may spell a word.
        let marks = ["<0>", "<1>", "<2>"];
        let marked = self
            .0
            .iter()
            .zip(marks)
            .fold(text.to_owned(), |text, ((word, _), mark)| text.replace(word, mark));
        self.0.iter().zip(marks).fold(marked, |text, ((_, secret), mark)| {
            text.replace(mark, &secret.expose_base64url())
        })
    }

    /// The current one first.
    fn keyring(&self, roles: &[(KeyRole, &str)]) -> Keyring {
        let keyring = Keyring::new(self.get(roles[0].1));
        roles[1..].iter().fold(keyring, |keyring, (role, word)| match role {
            KeyRole::Previous => keyring.previous(self.get(word)),
            KeyRole::Upcoming => keyring.upcoming(self.get(word)),
            _ => panic!("one secret is the current one"),
        })
    }
}

/// What names the keys of such a keyring, under the configuration of the example.
fn keys(keyring: Keyring) -> Vec<(KeyRole, KeyId)> {
    CookieSessions::builder(keyring).insecure_http().build().unwrap().keys().collect()
}

#[test]
fn each_step_of_the_rotation_has_its_roles_in_the_log() {
    for (step, roles) in STEPS {
        let secrets = Secrets::draw();
        let hello = Server::start(&format!("{} exec {HELLO}", secrets.put_into(step)), "rotation");
        let expected: Vec<String> =
            keys(secrets.keyring(roles)).iter().map(|(role, id)| format!("{role} {id}")).collect();
        let told = format!(
            "{CONFIGURED} name=\"session\" transport=Http keys=\"{}\"",
            expected.join(", ")
        );
        assert!(hello.log.contains(&told), "{step}: {}", hello.log);
    }
}

/// How the file of secrets begins.
const FILE: &str = "NEW              # since";

#[test]
fn the_file_of_secrets_has_its_roles() {
    let secrets = Secrets::draw();
    let folder = folder("file");
    let (new, place) = (folder.join("session.new"), folder.join("session"));
    fs::write(&new, secrets.put_into(text_block(&guide("secrets"), FILE))).unwrap();
    fs::rename(new, &place).unwrap();

    let read = keys(Keyring::from_file(&place).unwrap());
    let roles =
        [(KeyRole::Current, "NEW"), (KeyRole::Previous, "OLD"), (KeyRole::Upcoming, "NEXT")];
    assert_eq!(read, keys(secrets.keyring(&roles)));

    // As `reload` does, whose success the log tells in these words.
    let sessions = CookieSessions::builder(Keyring::ephemeral()).insecure_http().build().unwrap();
    sessions.rotate(Keyring::from_file(&place).unwrap());
    assert_eq!(sessions.keys().collect::<Vec<_>>(), read);
    assert!(
        fs::read_to_string(root().join("src/log/setup.rs"))
            .unwrap()
            .contains(&format!("{ROTATED:?}"))
    );
}
