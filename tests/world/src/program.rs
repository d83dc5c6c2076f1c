//! Programs that run beside the tests, and end with them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An example of the library, built with these features, as a command.
pub fn example(name: &str, features: &str) -> Command {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let target = repository().join("target");
    let built = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--example",
            name,
            "--features",
            features,
        ])
        .current_dir(repository())
        .env("CARGO_TARGET_DIR", &target)
        .status();
    assert!(built.unwrap().success(), "the example {name} does not build");
    Command::new(target.join("release/examples").join(name))
}

/// A program that serves: it says `listening on http…` on its standard output, and is killed when it is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: String,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        Self::start_saying(command, "listening on ")
    }

    /// One that says its address behind other words.
    pub fn start_saying(command: &mut Command, words: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.find_map(|line| Some(line.split_once(words)?.1.to_owned()));
        // What else it says goes nowhere, but it may go on saying it.
        thread::spawn(move || lines.for_each(drop));
        let address = said.unwrap_or_else(|| panic!("{command:?} ended: {:?}", child.wait()));
        Self { child, address }
    }

    /// `http://127.0.0.1:1234`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `127.0.0.1:1234`
    pub fn authority(&self) -> &str {
        self.address.split_once("://").unwrap().1
    }

    /// Asks it to end, and waits until it did.
    pub fn interrupt(mut self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// Waits until it ended of itself.
    pub fn ends(mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "{self:?} does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(self) {}
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
