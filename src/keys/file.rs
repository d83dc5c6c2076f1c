//! Secrets from a file, by line.
//!
//! The file is opened once, without waiting, and read to its end twice: what is put in its place by
//! a rename is another file, and what is written over it meanwhile shows as a difference. Nothing
//! of it is kept that is not wiped, and no error shows any of it.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::str;
use std::time::SystemTime;

use crate::crypto::kdf;
use crate::crypto::secret_bytes::SecretBytes;
use crate::keys::file_error::{FileErrorKind, KeyringFileError, ReadError};
use crate::keys::keyring::{Keyring, SecretList, entries};
use crate::keys::secret::BOM;
use crate::keys::secret_error::SecretError;

/// Bytes that the file has at most.
// Hundreds of secrets. A wrong path, such as that of a log, must not fill the memory.
const MAX_LEN: usize = 64 * 1024;

/// Secrets from a file.
impl Keyring {
    /// Reads secrets from a file of at most 64 KiB.
    ///
    /// A line may have several, separated by white space or commas. The first is the current one,
    /// one after `upcoming:` is upcoming, the others are previous ones, as in
    /// [`from_env`](Self::from_env). Empty lines are skipped, and so is what follows a `#` at the
    /// start of a line or after a separator. Lines may end in CRLF, and the file may begin with a
    /// byte order mark.
    ///
    /// Nothing is waited for: a pipe, a socket or a device is refused at once. What takes time is
    /// the file system alone, for instance one on a network that does not respond: in asynchronous
    /// code read the file in `spawn_blocking`.
    ///
    /// # Errors
    /// - A file that cannot be read, or is not a regular one.
    /// - One of more than 64 KiB, or that is written to while it is read.
    /// - One that is not UTF-8, or has no current secret in it.
    /// - A line with a text that [`Secret`](crate::Secret) does not read.
    ///
    /// No error shows any of it.
    ///
    /// # Security
    /// Put a new file in place by renaming it: one that is written over can be read half, and half
    /// a list may be valid. Nobody but the server should be able to read the file, or to put
    /// another one in its place; neither is checked. On systems other than Linux, Android, the BSDs
    /// and Apple's, a pipe that is put in its place just before it is opened blocks.
    ///
    /// ```
    /// use sealed_session::{FileErrorKind, Keyring, Secret};
    ///
    /// let path = std::env::temp_dir().join(format!("session-secrets-{}", std::process::id()));
    /// let new = Secret::generate().expose_base64url();
    /// let old = Secret::generate().expose_base64url();
    /// std::fs::write(&path, format!("# since May\n{}\n\n# until May\n{}\n", *new, *old))?;
    /// assert!(!Keyring::from_file(&path)?.is_ephemeral());
    ///
    /// std::fs::remove_file(&path)?;
    /// assert!(matches!(Keyring::from_file(&path).unwrap_err().reason(), FileErrorKind::Read(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyringFileError> {
        let path = path.as_ref();
        read(path).map_err(|reason| KeyringFileError { path: path.to_owned(), reason })
    }
}

fn read(path: &Path) -> Result<Keyring, FileErrorKind> {
    // Before it is opened: opening a device may have an effect, and a socket cannot be opened at
    // all. And after: another file may have taken its place in between (CWE-367).
    regular(&fs::metadata(path).map_err(unreadable)?)?;
    let mut file = open(path).map_err(unreadable)?;
    regular(&file.metadata().map_err(unreadable)?)?;
    let modified = |file: &File| file.metadata().and_then(|found| found.modified()).ok();
    parse(&settled(&mut file, modified)?)
}

fn regular(found: &Metadata) -> Result<(), FileErrorKind> {
    if found.is_file() { Ok(()) } else { Err(FileErrorKind::NotRegular) }
}

/// Opens it to read, without waiting for a writer if it is a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, O_NONBLOCK);
    options.read(true).open(path)
}

/// The flag of `open` (POSIX), which std does not name: its number on systems known here.
// From the `fcntl.h` of each system, so that no crate is needed for one number. One that means
// something else would be worse than none, so that others have 0: a pipe that takes the place of a
// file just before it is opened then blocks.
#[cfg(unix)]
const O_NONBLOCK: i32 = if cfg!(all(
    any(target_os = "linux", target_os = "android"),
    any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "powerpc",
        target_arch = "powerpc64",
        target_arch = "s390x",
        target_arch = "loongarch64"
    )
)) {
    0o4000
} else if cfg!(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)) {
    0o4
} else {
    0
};

/// What is in a file, if it is the same at a second reading.
fn settled<F: Read + Seek>(
    file: &mut F,
    modified: impl Fn(&F) -> Option<SystemTime>,
) -> Result<SecretBytes, FileErrorKind> {
    // Half of a list may be a valid list. Neither check alone finds every write in between: the
    // time may be coarse (two seconds on FAT), and a writer that pauses leaves the same half twice.
    let before = modified(file);
    let (one, other) = (whole(file)?, whole(file)?);
    let same = before == modified(file) && kdf::ct_eq(&one, &other);
    if same { Ok(one) } else { Err(FileErrorKind::Changed) }
}

/// What is in a file, from its start to its end; of one that is too long only the start.
fn whole(file: &mut (impl Read + Seek)) -> Result<SecretBytes, FileErrorKind> {
    // One byte more than is allowed shows that there is more. The buffer never grows: its old place
    // would keep the secrets.
    let mut bytes = SecretBytes(vec![0; MAX_LEN + 1]);
    file.rewind().map_err(unreadable)?;
    let mut len = 0;
    loop {
        match file.read(&mut bytes.0[len..]) {
            Ok(0) if len > MAX_LEN => return Err(FileErrorKind::TooLarge { limit: MAX_LEN }),
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    bytes.0.truncate(len);
    Ok(bytes)
}

fn unreadable(error: io::Error) -> FileErrorKind {
    FileErrorKind::Read(ReadError(error))
}

fn parse(bytes: &[u8]) -> Result<Keyring, FileErrorKind> {
    let text = str::from_utf8(bytes).map_err(|error| FileErrorKind::NotUtf8 {
        line: bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count(),
    })?;
    let mut secrets = SecretList::default();
    for (line, number) in text.strip_prefix(BOM).unwrap_or(text).split('\n').zip(1..) {
        let entries: Vec<&str> =
            entries(line).take_while(|entry| !entry.starts_with('#')).collect();
        secrets.read(&entries).map_err(|reason| FileErrorKind::Line { line: number, reason })?;
    }
    secrets.into_keyring().map_err(|reason| match reason {
        SecretError::OnlyUpcoming => FileErrorKind::OnlyUpcoming,
        _ => FileErrorKind::Empty,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::{Cursor, SeekFrom};

    use super::*;

    const ONE: &str = "++++/8qXgRLKG73K+sIxs5oj3E2nhu/4FHxOcrmAd4U";
    const OTHER: &str = "----_8qXgRLKG73K-sIxs5oj3E2nhu_4FHxOcrmAd4Q";

    /// A file that is another one at each look.
    struct Changing {
        looks: Vec<Cursor<&'static str>>,
        modified: Cell<u64>,
    }

    impl Read for Changing {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.looks[0].read(bytes)
        }
    }

    impl Seek for Changing {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            self.looks.remove(0);
            Ok(0)
        }
    }

    /// What comes of these looks, of which each changes the time by so much.
    fn look(looks: [&'static str; 2], step: u64) -> Result<SecretBytes, FileErrorKind> {
        let looks = ["", looks[0], looks[1]].map(Cursor::new).into();
        let mut file = Changing { looks, modified: Cell::new(0) };
        settled(&mut file, |file| {
            file.modified.set(file.modified.get() + step);
            Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(file.modified.get()))
        })
    }

    /// A file whose first read fails.
    struct Stumbling(Option<io::ErrorKind>, Cursor<&'static str>);

    impl Read for Stumbling {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.0.take().map_or_else(|| self.1.read(bytes), |kind| Err(kind.into()))
        }
    }

    impl Seek for Stumbling {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.1.seek(to)
        }
    }

    #[cfg(unix)]
    #[test]
    fn opening_a_pipe_that_took_the_place_of_a_file_does_not_wait_for_a_writer() {
        let name = format!("sealed-session-pipe-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (done, opened) = std::sync::mpsc::channel();
        let pipe = path.clone();
        std::thread::spawn(move || done.send(open(&pipe).map(drop)));
        let opened = opened.recv_timeout(std::time::Duration::from_secs(20));
        std::fs::remove_file(&path).unwrap();
        assert!(O_NONBLOCK == 0 || opened.expect("it does not wait").is_ok());
    }

    #[test]
    fn a_read_that_a_signal_interrupts_goes_on_and_one_that_fails_is_an_error() {
        let read = |kind| whole(&mut Stumbling(Some(kind), Cursor::new(ONE)));
        assert_eq!(*read(io::ErrorKind::Interrupted).unwrap(), *ONE.as_bytes());
        let FileErrorKind::Read(error) = read(io::ErrorKind::PermissionDenied).unwrap_err() else {
            panic!("another reason")
        };
        assert_eq!(error.to_string(), "it cannot be read: permission denied");
    }

    #[test]
    fn a_file_that_is_written_to_while_it_is_read_is_refused() {
        assert_eq!(*look([ONE, ONE], 0).unwrap(), *ONE.as_bytes());
        for (row, looks, step) in [
            ("another secret", [ONE, OTHER], 0),
            ("one more", [ONE, "++++/8qXgRLKG73K+sIxs5oj3E2nhu/4FHxOcrmAd4U\n"], 0),
            ("emptied", [ONE, ""], 0),
            ("filled", ["", ONE], 0),
            ("the same again", [ONE, ONE], 1),
        ] {
            let refused = look(looks, step).unwrap_err();
            assert!(matches!(refused, FileErrorKind::Changed), "{row}: {refused}");
        }
    }
}
