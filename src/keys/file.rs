//! Secrets from a file, line by line.
//!
//! The file is opened once, without waiting, and read twice: a file that replaces it by a rename is
//! another file, and a write in the meantime shows as a difference. Every copy of its content is
//! wiped, and no error shows its content.

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

/// The largest file, in bytes.
// It has room for hundreds of secrets. A wrong path, such as that of a log, must not fill the
// memory.
const MAX_LEN: usize = 64 * 1024;

/// Secrets from a file.
impl Keyring {
    /// Reads secrets from a file of at most 64 KiB.
    ///
    /// A line may have several secrets, separated by white space or commas. As in
    /// [`from_env`](Self::from_env), the first one is current, one after `upcoming:` is upcoming,
    /// and the others are previous. Empty lines are skipped. A `#` at the start of a line or after
    /// a separator starts a comment. Lines may end in CRLF, and the file may begin with a byte
    /// order mark.
    ///
    /// A pipe, a socket or a device is refused at once, without waiting for data. Only the file
    /// system may take time, for example one on a network that does not respond: in asynchronous
    /// code, read the file in `spawn_blocking`.
    ///
    /// # Errors
    /// - A file that cannot be read, or is not a regular file.
    /// - A file of more than 64 KiB, or one that is written to while it is read.
    /// - A file that is not UTF-8, or has no current secret in it.
    /// - A line with a text that is not a [`Secret`](crate::Secret).
    ///
    /// No error shows the content of the file. A file below a symbolic link that is swapped, such
    /// as a mounted secret, may be missing for a moment: then read it again.
    ///
    /// # Security
    /// To change the file, write a new one and rename it: a file that is overwritten may be read in
    /// part, and part of a list may be valid. Only the server should be able to read or replace the
    /// file; this is not checked. On systems other than Linux, Android, the BSDs and Apple's, a
    /// pipe that replaces the file just before it is opened blocks.
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
    // all. And again after: another file may have replaced it in between (CWE-367).
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
// From the `fcntl.h` of each system, so that no crate is needed for one number. A wrong number
// would be worse than none, so other systems have 0: there a pipe that replaces the file just
// before it is opened blocks.
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

/// The content of a file, if a second reading finds the same.
fn settled<F: Read + Seek>(
    file: &mut F,
    modified: impl Fn(&F) -> Option<SystemTime>,
) -> Result<SecretBytes, FileErrorKind> {
    // Half of a list may be a valid list. Neither of the two checks finds every write in between:
    // the time may be coarse (two seconds on FAT), and a writer that pauses shows the same half
    // twice.
    let before = modified(file);
    let (one, other) = (whole(file)?, whole(file)?);
    let same = before == modified(file) && kdf::ct_eq(&one, &other);
    if same { Ok(one) } else { Err(FileErrorKind::Changed) }
}

/// The content of a file; of one that is too large, only the start.
fn whole(file: &mut (impl Read + Seek)) -> Result<SecretBytes, FileErrorKind> {
    // One byte more than is allowed shows that the file is too large. The buffer never grows,
    // because its old place would keep the secrets.
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
