//! Runs the program as a shell does: arguments, environment and standard input in, two texts and a code out.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

/// The program, before it is started.
pub struct Program {
    command: Command,
    stdin: Vec<u8>,
}

/// What is left of it.
#[derive(Debug)]
pub struct Ended {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

/// With these arguments, and with nothing of the environment of the tests.
pub fn program<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealed-session"));
    command.args(args).env_clear();
    Program { command, stdin: Vec::new() }
}

impl Program {
    pub fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    #[track_caller]
    pub fn run(mut self) -> Ended {
        let pipes =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let (mut stdin, bytes) = (child.stdin.take().unwrap(), self.stdin);
        // It may end without reading all: a broken pipe is not the test's concern.
        let writer = thread::spawn(move || drop(stdin.write_all(&bytes)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(!stderr.contains("panicked"), "{stderr}");
        // For `.ci/silence`, which looks for secrets in it. To show one is what these are for.
        let shows = |word: &OsStr| word == "secret" || word == "mint" || word == "--show-data";
        if std::env::var_os("TRACE").is_some() && !self.command.get_args().any(shows) {
            print!("{stdout}{stderr}");
        }
        Ended { stdout, stderr, code: output.status.code().expect("it was not killed") }
    }
}

impl Program {
    /// The exit code of a program whose output nobody reads, as before `| head -0`.
    #[track_caller]
    pub fn run_unread(mut self) -> i32 {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        // Before there is any input, so before there is any output.
        drop((child.stdout.take(), child.stderr.take()));
        child.stdin.take().unwrap().write_all(&self.stdin).unwrap();
        child.wait().unwrap().code().expect("it was not killed")
    }
}

impl Ended {
    /// That it ended with this code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}
