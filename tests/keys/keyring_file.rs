//! Secrets from a file: which files are a keyring, and in which words the others are refused.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::support::{ring, secret};
use sealed_session::{CookieSessions, FileErrorKind, Keyring};

/// A path that no other test uses, removed when it is dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("sealed-session-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn holding(bytes: impl AsRef<[u8]>) -> Self {
        let place = Self::new();
        fs::write(&place.0, bytes).unwrap();
        place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0).or_else(|_| fs::remove_dir(&self.0));
    }
}

/// Roles and key ids, sorted.
fn names(keyring: Keyring) -> Vec<String> {
    let mut names: Vec<String> =
        CookieSessions::new(keyring).keys().map(|(role, id)| format!("{role} {id}")).collect();
    names.sort_unstable();
    names
}

/// The n-th secret in base64url.
fn text(n: u8) -> String {
    secret(n).expose_base64url().to_string()
}

/// What stands behind the path in the error.
#[track_caller]
fn refusal(row: &str, path: &Path) -> String {
    let Err(error) = Keyring::from_file(path) else { panic!("{row}: taken") };
    assert_eq!(error.path(), path, "{row}");
    let said = error.to_string();
    let front = format!("the file of secrets {:?}: ", path.to_str().unwrap());
    assert_eq!(error.reason().to_string(), said.strip_prefix(&front).unwrap(), "{row}");
    assert_eq!(format!("{error:?}"), format!("KeyringFileError({said})"), "as `main` prints it");
    error.reason().to_string()
}

/// The file is refused with this message, and neither it nor `Debug` shows four bytes of it.
#[track_caller]
fn refuses(row: &str, bytes: impl AsRef<[u8]>, message: &str) {
    let place = Place::holding(&bytes);
    assert_eq!(refusal(row, &place.0), message, "{row}");
    let error = Keyring::from_file(&place.0).unwrap_err();
    let said = format!("{:?} {:#?} {}", error.reason(), error.reason(), error.reason());
    let hidden = String::from_utf8_lossy(bytes.as_ref()).replace("upcoming:", "");
    for piece in hidden.chars().collect::<Vec<_>>().windows(4).map(String::from_iter) {
        assert!(!said.contains(&piece), "{row}: {said} shows {piece:?}");
    }
}

/// How each message on a secret ends.
const EXPECTED: &str =
    "expected at least 32 random bytes as hex or base64, such as `openssl rand -base64 32` prints";
const NOTHING: &str = "it has no secret in it";
const EXPECTED_FILE: &str =
    "expected a text file with one secret a line, such as `openssl rand -base64 32` prints";
const NOT_REGULAR: &str = "it is a directory, a pipe, a socket or a device; expected a text file \
                           with one secret a line, such as `openssl rand -base64 32` prints";
const EMPTY: &str = "the secret is empty";
const ENCODING: &str =
    "the secret is neither hex nor base64 of one alphabet, padded in full or not at all";
const PASSPHRASE: &str =
    "the secret reads like a pass phrase: base64 of random bytes has letters of both cases";
const PREFIXED: &str = "the secret has something in front of it, such as `base64:` or `NAME=`";
const QUOTED: &str =
    "the secret has quotation marks around it, which some readers of .env files keep";
const SHORT: &str = "the secret has 7 bytes";
const REPEATED: &str = "the secret is 4 bytes repeated";
const WRAPPED: &str = "the secret has 16 bytes and seems to be the last line of a wrapped text, \
                       as of `openssl rand -base64 64`";

#[test]
fn reads_a_secret_a_line_and_what_from_env_reads() {
    let [a, b, c] = [1, 2, 3].map(text);
    let two = || ring(1).previous(secret(2));
    let three = || two().upcoming(secret(3));
    for (row, content, keyring) in [
        ("one", a.clone(), ring(1)),
        ("one, line end", format!("{a}\n"), ring(1)),
        ("one, CRLF", format!("{a}\r\n"), ring(1)),
        ("two lines", format!("{a}\n{b}\n"), two()),
        ("two lines, CRLF", format!("{a}\r\n{b}\r\n"), two()),
        ("no line end at the end", format!("{a}\n{b}"), two()),
        ("blank lines", format!("\n\r\n \t\n{a}\n\n\n{b}\n\n"), two()),
        ("space around", format!("  {a}\t\n\t{b} \n"), two()),
        ("comments", format!("# current\n{a}\n#previous\n  # too\n{b}\n#"), two()),
        ("comments behind", format!("{a} # current\n{b}\t# previous, till May\r\n"), two()),
        ("a comment with a secret in it", format!("{a}\n# {c}\n{b} # {c}\n#{c}\n"), two()),
        ("byte order mark", format!("\u{feff}{a}\r\n{b}\r\n"), two()),
        ("byte order mark, comment", format!("\u{feff}# current\n{a}\n{b}"), two()),
        ("a line, commas", format!("{a},{b}, ,\n"), two()),
        ("a line, spaces", format!("{a} {b} upcoming:{c}"), three()),
        ("upcoming last", format!("{a}\n{b}\nupcoming:{c}\n"), three()),
        ("upcoming first", format!("upcoming:{c}\n{a}\n{b}\n"), three()),
        ("line ends of an old Mac", format!("{a}\r{b}\r"), two()),
        ("one twice", format!("{a}\nupcoming:{a}\n{b}\n{b}"), two()),
        ("64 KiB", format!("{a}\n{b}\n#{}", "x".repeat(65_536 - 88 - 1)), two()),
    ] {
        let place = Place::holding(content);
        let read = Keyring::from_file(&place.0).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert!(!read.is_ephemeral(), "{row}");
        assert_eq!(names(read), names(keyring), "{row}");
    }
}

#[test]
fn a_file_without_a_secret_is_refused() {
    for content in [
        "",
        "\n",
        "\r\n\r\n",
        " ,\t\n,",
        "#",
        "# nothing\n\n  # yet\n",
        "\u{feff}",
        "\u{feff}\n# x",
    ] {
        refuses(&format!("{content:?}"), content, &format!("{NOTHING}; {EXPECTED}"));
    }
}

#[test]
fn a_bad_line_is_named_by_its_number() {
    let [a, b] = [1, 2].map(text);
    let short = "Vm9rYWJlbA";
    let line = |number: usize, found: &str| format!("line {number}: {found}; {EXPECTED}");
    for (row, content, message) in [
        ("the only line", short.to_owned(), line(1, SHORT)),
        ("the second", format!("{a}\n{short}\n{b}"), line(2, SHORT)),
        ("the first of two", format!("{a}\n{short}\n{short}"), line(2, SHORT)),
        ("skipped lines count", format!("# one\n\n\r\n{a}\n#\n{short}\n"), line(6, SHORT)),
        ("CRLF counts once", format!("{a}\r\n{short}\r\n"), line(2, SHORT)),
        ("upcoming", format!("{a}\nupcoming:{short}"), line(2, SHORT)),
        (
            "the second of its line",
            format!("\n{a} {short}"),
            line(2, &format!("secret 2 of the list: {SHORT}")),
        ),
        ("behind a comment mark without space", format!("{a}#{b}"), line(1, ENCODING)),
        ("a pass phrase", "hunter2".into(), line(1, PASSPHRASE)),
        ("an assignment", format!("SESSION_SECRET={a}"), line(1, PREFIXED)),
        ("quotes", format!("\"{a}\""), line(1, QUOTED)),
        ("not random", format!("{a}\n{}", "deadbeef".repeat(8)), line(2, REPEATED)),
        ("a byte order mark within", format!("{a}\n\u{feff}{b}"), line(2, ENCODING)),
        ("two byte order marks", format!("\u{feff}\u{feff}{b}"), line(1, ENCODING)),
        ("zero bytes", format!("{a}\n{b}\0"), line(2, ENCODING)),
        ("a prefix of another spelling", format!("{a}\nUpcoming:{b}"), line(2, PREFIXED)),
    ] {
        refuses(row, content, &message);
    }
}

#[test]
fn a_prefix_without_a_secret_is_a_bad_line() {
    let nothing = format!("line 2: {EMPTY}; {EXPECTED}");
    refuses("at the end", format!("{}\nupcoming:\n", text(1)), &nothing);
    refuses("before a comment", format!("{}\nupcoming: # soon\n", text(1)), &nothing);
}

/// What `openssl rand -base64 64` prints.
const WRAPPED_64: &str = "/9mesyhZIwf2JNBEg4QJWMwTVqJA5EKNrTpRB9SUHvkkv969LQBjG0HlRvOOGdlz
S9tyEYK9iZelVpRFdjkNCA==
";

#[test]
fn a_secret_that_was_wrapped_is_named_and_a_comment_ends_a_text() {
    let wrapped = format!("{WRAPPED}; {EXPECTED}");
    refuses("alone", WRAPPED_64, &format!("line 2: {wrapped}"));
    refuses("below another", format!("{}\n{WRAPPED_64}", text(1)), &format!("line 3: {wrapped}"));
    refuses("CRLF", WRAPPED_64.replace('\n', "\r\n"), &format!("line 2: {wrapped}"));
    for between in ["\n\n", "\n# until May\n"] {
        let apart = WRAPPED_64.replacen('\n', between, 1);
        let short = format!("line 3: the secret has 16 bytes; {EXPECTED}");
        refuses("apart", apart, &short);
    }
}

#[test]
fn only_upcoming_secrets_are_refused() {
    let message = "all secrets are upcoming; expected a current one, without `upcoming:` in front, \
                   such as `openssl rand -base64 32` prints";
    refuses("two", format!("upcoming:{}\nupcoming:{}\n", text(1), text(2)), message);
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_line() {
    let a = text(1);
    let utf_16: Vec<u8> = a.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let message = |line| format!("line {line} is not UTF-8 text; {EXPECTED_FILE}");
    refuses("UTF-16", [b"\xff\xfe", &utf_16[..]].concat(), &message(1));
    refuses("the third line", [a.as_bytes(), b"\n\n\xe4\n"].concat(), &message(3));
}

#[test]
fn a_file_above_64_kib_is_refused() {
    let message = format!("it has more than 65536 bytes; {EXPECTED_FILE}");
    refuses("a byte more", format!("{}\n#{}", text(1), "x".repeat(65_536 - 44)), &message);
    let place = Place::new();
    fs::File::create(&place.0).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(refusal("a terabyte, of which little is read", &place.0), message);
}

#[test]
fn a_path_without_a_regular_file_is_refused() {
    let place = Place::new();
    let missing = refusal("missing", &place.0);
    assert_eq!(missing, format!("there is no such file; {EXPECTED_FILE}"));
    let error = Keyring::from_file(&place.0).unwrap_err();
    let FileErrorKind::Read(reason) = error.reason() else { panic!("{error:?}") };
    assert!(reason.source().unwrap().is::<std::io::Error>());
    assert_eq!(error.source().unwrap().to_string(), reason.source().unwrap().to_string());

    fs::create_dir(&place.0).unwrap();
    assert_eq!(refusal("a directory", &place.0), NOT_REGULAR);
}

/// What comes of it, unless that takes longer than anything but waiting can.
#[cfg(unix)]
fn at_once<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = std::sync::mpsc::channel();
    thread::spawn(move || done.send(work()));
    result.recv_timeout(std::time::Duration::from_secs(20)).ok()
}

#[cfg(unix)]
fn mkfifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_socket_is_refused_at_once() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let [pipe, link, open, socket] = [(); 4].map(|()| Place::new());
    mkfifo(&pipe.0);
    symlink(&pipe.0, &link.0).unwrap();
    mkfifo(&open.0);
    // To read and to write: the only way in which opening a pipe does not wait for the other end.
    let _held = fs::File::options().read(true).write(true).open(&open.0).unwrap();
    let _listener = UnixListener::bind(&socket.0).unwrap();
    for (row, place) in [
        ("nobody writes to it", &pipe),
        ("a link to it", &link),
        ("somebody could write to it", &open),
        ("a socket", &socket),
    ] {
        let path = place.0.clone();
        let refused = at_once(move || refusal(row, &path));
        assert_eq!(refused.as_deref(), Some(NOT_REGULAR), "{row}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_that_takes_the_place_of_a_file_does_not_block() {
    let [pipe, file] = [Place::new(), Place::holding(text(1))];
    mkfifo(&pipe.0);
    let [place, other] = [Place::holding(text(1)), Place::new()];
    let (path, done) = (place.0.clone(), AtomicBool::new(false));
    let refused = thread::scope(|scope| {
        scope.spawn(|| {
            for next in [&pipe, &file].into_iter().cycle().take_while(|_| !done.load(Relaxed)) {
                fs::hard_link(&next.0, &other.0).unwrap();
                fs::rename(&other.0, &place.0).unwrap();
            }
        });
        // Until both were there, and a hundred times at least.
        let read = at_once(move || {
            let (mut files, mut refused) = (0, Vec::new());
            while files == 0 || refused.is_empty() || files + refused.len() < 100 {
                match Keyring::from_file(&path) {
                    Ok(_) => files += 1,
                    Err(error) => refused.push(error.reason().to_string()),
                }
            }
            refused
        });
        done.store(true, Relaxed);
        read
    });
    let refused = refused.expect("it does not block");
    assert!(refused.iter().all(|reason| reason == NOT_REGULAR), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn a_device_is_refused_and_a_link_is_followed() {
    let device = refusal("a device that never ends", Path::new("/dev/zero"));
    assert_eq!(device, NOT_REGULAR);
    let (place, link) = (Place::holding(text(1)), Place::new());
    std::os::unix::fs::symlink(&place.0, &link.0).unwrap();
    assert_eq!(names(Keyring::from_file(&link.0).unwrap()), names(ring(1)));
}

#[test]
fn a_file_that_is_replaced_while_it_is_read_is_the_old_one_or_the_new_one() {
    let long = "# a line that is long\n".repeat(1000);
    let content = |n| format!("{}\n{long}{}\n", text(n), text(n + 1));
    let [place, other] = [Place::holding(content(1)), Place::new()];
    let whole = [1, 3].map(|n| names(ring(n).previous(secret(n + 1))));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in [3, 1].into_iter().cycle().take_while(|_| !done.load(Relaxed)) {
                fs::write(&other.0, content(n)).unwrap();
                fs::rename(&other.0, &place.0).unwrap();
            }
        });
        let read: Vec<_> = (0..200).map(|_| Keyring::from_file(&place.0).map(names)).collect();
        done.store(true, Relaxed);
        for read in read {
            assert!(whole.contains(read.as_ref().unwrap()), "{read:?}");
        }
    });
}
