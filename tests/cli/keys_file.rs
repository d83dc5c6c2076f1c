//! How `keys` writes: the file is replaced as a whole or stays as it is, whatever else happens to it.

use std::fs;
use std::process::Command;

use crate::secrets_file::{Letters, SecretsFile};
use crate::terminal::program;

#[test]
fn what_is_no_file_of_secrets_is_refused_and_left_alone() {
    let secrets = Letters::draw();
    let long = secrets.spell("<A>\n") + &"#".repeat(64 * 1024);
    for (text, said) in [
        (&b""[..], "it has no secret in it"),
        (b"# nothing\n", "it has no secret in it"),
        (b"\xff\xfe", "line 1 is not UTF-8 text"),
        (b"hunter2\n", "line 1: the secret"),
        (long.as_bytes(), "more than 65536 bytes"),
        (secrets.spell("upcoming:<A>\n").as_bytes(), "all secrets are upcoming"),
    ] {
        let file = SecretsFile::of(text);
        for step in ["list", "add", "add --dry-run", "promote --after 0s", "retire"] {
            let refused = file.refuses(2, 0, step);
            assert!(refused.contains(said), "{step}: {refused}");
        }
        assert_eq!(file.beside(), ["secrets"]);
    }
    let none = SecretsFile::none();
    let missing = none.refuses(2, 0, "add");
    assert!(missing.contains("secrets\": there is no such file; expected "), "{missing}");
    fs::create_dir(&none.path).unwrap();
    assert!(none.refuses(2, 0, "add").contains("it is a directory"));
}

#[test]
fn a_file_that_would_become_too_large_stays_as_it_is() {
    let secrets = Letters::draw();
    let file = SecretsFile::of(secrets.spell("<A>\n") + &"#".repeat(64 * 1024 - 44));
    file.take(0, "list");
    let refused = file.refuses(2, 0, "add");
    assert!(refused.contains("more than 65536 bytes"), "{refused}");
    assert_eq!(file.beside(), ["secrets"]);
}

#[test]
fn init_makes_a_file_and_never_replaces_one() {
    let file = SecretsFile::none();
    file.take(0, "init");
    assert!(file.refuses(1, 0, "init").contains("is there already"));
    let missing =
        SecretsFile { path: file.folder.path().join("no/secrets"), ..SecretsFile::none() };
    let refused = missing.refuses(2, 0, "init");
    assert!(refused.starts_with("cannot create "), "{refused}");
    assert!(refused.ends_with("/no/.secrets.new: there is no such folder\n"), "{refused}");
    let root = SecretsFile { path: "/".into(), ..SecretsFile::none() };
    assert!(root.keys(0, "init").code(2).stderr.contains("is not the path of a file"));
    assert_eq!(file.beside(), ["secrets"]);
}

/// Runs each of these at the same time; the exit codes, in order.
fn at_once(file: &SecretsFile, step: &str) -> Vec<i32> {
    let mut codes: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| file.keys(0, step).code)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    codes.sort_unstable();
    codes
}

#[test]
fn of_several_runs_at_once_one_takes_the_step() {
    let file = SecretsFile::none();
    for step in ["init", "add", "promote --after 0s", "retire --after 0s"] {
        let codes = at_once(&file, step);
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{step}: {codes:?}");
        assert!(codes.iter().all(|code| [0, 1, 2].contains(code)), "{step}: {codes:?}");
    }
    assert_eq!(file.beside(), ["secrets"]);
}

#[test]
fn a_run_that_was_stopped_half_way_is_named_and_its_file_is_not_touched() {
    let file = SecretsFile::none();
    file.take(0, "init");
    let left = file.folder.path().join(".secrets.new");
    fs::write(&left, "half").unwrap();
    let refused = file.refuses(2, 0, "add");
    assert!(refused.contains(".secrets.new is there: another run"), "{refused}");
    assert_eq!(fs::read_to_string(&left).unwrap(), "half");
    fs::remove_file(left).unwrap();
    file.take(0, "add");
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn mode(file: &SecretsFile) -> u32 {
        fs::metadata(&file.path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_new_file_is_for_its_owner_and_an_old_one_keeps_its_mode() {
        let file = SecretsFile::none();
        file.take(0, "init");
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(&file.path).unwrap();
        file.take(0, "add");
        let after = fs::metadata(&file.path).unwrap();
        assert_eq!((mode(&file), after.uid(), after.gid()), (0o640, before.uid(), before.gid()));
        assert_ne!(after.ino(), before.ino(), "it was replaced, not overwritten");
    }

    #[test]
    fn the_owner_of_the_file_stays_if_the_program_may_give_it_away() {
        for owner in [(12_345, 23_456), (12_345, 0), (0, 23_456)] {
            let file = SecretsFile::none();
            file.take(0, "init");
            if std::os::unix::fs::chown(&file.path, Some(owner.0), Some(owner.1)).is_err() {
                return; // only root may
            }
            file.take(0, "add");
            let after = fs::metadata(&file.path).unwrap();
            assert_eq!(((after.uid(), after.gid()), mode(&file)), (owner, 0o600));
        }
    }

    #[test]
    fn a_symbolic_link_stays_and_the_file_behind_it_is_replaced() {
        let file = SecretsFile::none();
        file.take(0, "init");
        let link = SecretsFile::none();
        symlink(&file.path, &link.path).unwrap();
        link.take(0, "add");
        assert!(fs::symlink_metadata(&link.path).unwrap().is_symlink());
        assert_eq!(file.roles().len(), 2);
        assert_eq!(
            (file.beside(), link.beside()),
            (vec!["secrets".into()], vec!["secrets".to_owned()])
        );
        // A link to nothing is not a place for a new file.
        fs::remove_file(&file.path).unwrap();
        link.refuses(1, 0, "init");
        link.refuses(2, 0, "add");
    }

    #[test]
    fn a_file_with_a_second_name_is_refused_because_that_would_keep_the_old_secrets() {
        let file = SecretsFile::none();
        file.take(0, "init");
        let second = file.folder.path().join("second");
        fs::hard_link(&file.path, &second).unwrap();
        let refused = file.refuses(2, 0, "add");
        assert!(refused.contains("has 2 names (hard links)"), "{refused}");
        assert_eq!(file.beside().len(), 2);
        file.take(0, "list");
        fs::remove_file(second).unwrap();
        file.take(0, "add");
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_it() {
        let file = SecretsFile::none();
        assert!(Command::new("mkfifo").arg(&file.path).status().unwrap().success());
        for step in ["list", "add"] {
            let ended = file.keys(0, step).code(2);
            assert!(ended.stderr.contains("a pipe, a socket or a device"), "{ended:?}");
        }
    }

    /// Runs `keys add` behind these words of a shell.
    fn add_in_shell(file: &SecretsFile, before: &str) -> std::process::Output {
        let program = env!("CARGO_BIN_EXE_sealed-session");
        let script = format!("{before}; exec {program} keys add \"$1\"");
        Command::new("sh").args(["-c", &script, "sh"]).arg(&file.path).output().unwrap()
    }

    #[test]
    fn a_full_disk_leaves_the_file_as_it_is() {
        let file = SecretsFile::none();
        file.take(0, "init");
        let before = file.text();
        // No byte may be written to a file, as on a disk that is full.
        let ended = add_in_shell(&file, "trap '' XFSZ; ulimit -f 0");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(2) && said.contains("cannot write"), "{said}");
        assert_eq!((file.text(), file.beside()), (before, vec!["secrets".to_owned()]));
        assert_eq!(add_in_shell(&file, "true").status.code(), Some(0));
    }

    #[test]
    fn a_folder_that_takes_no_new_file_leaves_the_file_as_it_is() {
        // A name that is too long with the characters of the new file's: root may write into every folder.
        let short = SecretsFile::none();
        short.take(0, "init");
        let file =
            SecretsFile { path: short.folder.path().join("s".repeat(252)), ..SecretsFile::none() };
        fs::rename(&short.path, &file.path).unwrap();
        let refused = file.refuses(2, 0, "add");
        assert!(refused.contains("cannot create"), "{refused}");
        // And as anybody but root.
        let folder = short.folder.path();
        fs::rename(&file.path, &short.path).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
        let may_write = fs::write(folder.join("probe"), "").is_ok();
        let code = if may_write { short.keys(0, "add").code } else { 2 };
        if !may_write {
            assert!(short.refuses(2, 0, "add").contains("permission denied"));
        }
        assert_eq!(code, if may_write { 0 } else { 2 });
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn an_error_that_cannot_be_written_has_its_exit_code_and_is_no_panic() {
        let file = SecretsFile::none();
        file.take(0, "init");
        let path = file.path.to_str().unwrap();
        for (args, code) in [
            (&["keys", "list", "/no/such/file"][..], 2),
            (&["keys", "init", path], 1),
            (&["keys", "add", path, "--dry-run"], 0),
            (&["--no-such-flag"], 2),
        ] {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_sealed-session"));
            let output = command.args(args).stderr(full).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{args:?}");
        }
    }

    #[test]
    fn an_output_that_cannot_be_written_is_an_error_and_no_panic() {
        let file = SecretsFile::none();
        file.take(0, "init");
        let path = file.path.to_str().unwrap();
        for args in [&["secret"][..], &["man"], &["keys", "list", path]] {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let output =
                Command::new(env!("CARGO_BIN_EXE_sealed-session")).args(args).stdout(full).output();
            let output = output.unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(
                output.status.code() == Some(2) && said.starts_with("error: "),
                "{args:?}: {said}"
            );
        }
    }
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let file = SecretsFile::none();
    file.take(0, "init");
    let path = file.path.to_str().unwrap();
    let secret = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q";
    for args in [
        vec!["keys", "add", path, secret],
        vec!["keys", "list", secret],
        vec!["keys", "list", "/B3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q"],
        vec!["keys", "add", path, "--secret", secret],
        vec!["--secret=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q"],
        vec!["__Host-session=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q; theme=dark"],
        vec!["keys", "add", path, "upcoming:aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q"],
        vec!["@aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q"],
        vec!["keys", "list", "'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q'"],
        vec!["--secret=\"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q\\n\""],
    ] {
        let ended = program(&args).run().code(2);
        assert!(ended.stderr.contains("looks like a secret or a cookie"), "{ended:?}");
        assert!(!ended.stderr.contains("B3dE") && ended.stdout.is_empty(), "{ended:?}");
    }
}

#[test]
fn a_path_that_reads_like_a_secret_is_a_path() {
    let mut file = SecretsFile::none();
    file.path = file.folder.path().join("SecretsOfTheProductionMachinesInEurope2026");
    file.take(0, "init");
    file.take(0, "list");
    let argument = format!("--secrets={}", file.path.display());
    program(["mint", &*argument]).stdin("{}").run().code(0);
}

#[cfg(unix)]
#[test]
fn an_argument_that_would_change_the_terminal_or_is_not_text_is_refused_and_not_repeated() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    for (argument, said) in [
        (&b"\x1b[31mred"[..], "argument 3 has control characters"),
        ("--after=\u{9b}31m".as_bytes(), "argument 3 has control characters"),
        (b"aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9q\xff", "looks like a secret or a cookie"),
    ] {
        let args = [OsStr::new("keys"), OsStr::new("list"), OsStr::from_bytes(argument)];
        let ended = program(args).run().code(2);
        assert!(ended.stderr.contains(said) && ended.stderr.len() < 400, "{ended:?}");
        assert!(!ended.stderr.contains("B3dE") && !ended.stderr.contains("31m"), "{ended:?}");
    }
}
