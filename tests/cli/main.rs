//! The program `sealed-session`, as a terminal runs it.

#[path = "../support/mod.rs"]
mod support;

mod fleet;
#[cfg(unix)]
mod guide;
mod inspect;
mod inspect_agrees;
mod inspect_debug;
mod inspect_input;
mod inspect_settings;
mod keys;
mod keys_file;
mod man;
mod mint;
mod secret;
mod secrets_file;
mod terminal;

use terminal::program;

#[test]
fn wrong_arguments_are_bad_input() {
    for arguments in [&["no-such-command"][..], &["--no-such-flag"], &[]] {
        let ended = program(arguments).run().code(2);
        assert!(ended.stdout.is_empty() && ended.stderr.contains("Usage"), "{ended:?}");
    }
}

#[test]
fn help_is_no_error() {
    let ended = program(["--help"]).run().code(0);
    assert!(ended.stdout.contains("Usage: sealed-session") && ended.stderr.is_empty(), "{ended:?}");
}
