//! The C library that the children run on: the system's, or the one of `--glibc DIR`.
//!
//! Rust programs take `getrandom` from the C library. glibc 2.41 and newer take it from the vDSO,
//! without a system call, where Linux (6.11 or newer) offers it.

use std::fs::read_dir;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory with a glibc: `ld-linux-….so.…`, `libc.so.6` and what comes with them.
pub struct Glibc {
    directory: PathBuf,
    loader: PathBuf,
}

impl Glibc {
    pub fn of(directory: &Path) -> Result<Self, String> {
        let shown = directory.display();
        let files = read_dir(directory).map_err(|error| format!("--glibc {shown}: {error}"))?;
        let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
        let is_loader = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"ld-linux"))
        };
        let loader = paths.find(is_loader).ok_or(format!("--glibc {shown}: no ld-linux… in it"))?;
        Ok(Self { directory: directory.to_owned(), loader })
    }
}

/// Runs a program on this glibc, or on the system's.
pub fn command(glibc: Option<&Glibc>, program: PathBuf) -> Command {
    let Some(Glibc { directory, loader }) = glibc else { return Command::new(program) };
    let mut command = Command::new(loader);
    command.arg("--library-path").arg(directory).arg(program);
    command
}

/// What it says of itself, in a line.
pub fn version(glibc: Option<&Glibc>) -> String {
    let mut command = match glibc {
        Some(Glibc { loader, .. }) => Command::new(loader),
        None => Command::new("ldd"),
    };
    let printed = command.arg("--version").output().map(|output| output.stdout);
    let printed = String::from_utf8(printed.unwrap_or_default()).unwrap_or_default();
    printed.lines().next().unwrap_or("unknown C library").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_directory_without_a_loader() {
        let Err(error) = Glibc::of(Path::new(env!("CARGO_MANIFEST_DIR"))) else { panic!() };
        assert!(error.ends_with("no ld-linux… in it"), "{error}");
    }

    #[test]
    fn runs_a_program_through_the_loader() {
        let (directory, loader) = ("/newer".into(), "/newer/ld-linux-x86-64.so.2".into());
        let command = command(Some(&Glibc { directory, loader }), "/bin/true".into());
        assert_eq!(command.get_program(), "/newer/ld-linux-x86-64.so.2");
        let arguments = command.get_args().collect::<Vec<_>>();
        assert_eq!(arguments, ["--library-path", "/newer", "/bin/true"]);
    }
}
