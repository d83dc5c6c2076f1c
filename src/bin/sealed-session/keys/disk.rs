//! The file on the disk: read, and replaced by a rename.
//!
//! The new file is in the same folder, and has a fixed name, `.NAME.new`. Only one run can create it, so it is the lock
//! too: two runs at once cannot lose each other's work. It has the owner and the mode of the old file.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sealed_session::inspect::Settings;
use sealed_session::{KeyId, KeyRole, Keyring};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::keys::listing::keys_of;

/// The largest file that the library reads, in bytes.
const MAX_LEN: usize = 64 * 1024;

/// The text of a file that the library accepts.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    // First the library: it refuses what is no regular file without waiting, and its errors have good words.
    Keyring::from_file(path).map_err(Failure::input)?;
    let bytes = content(path).map_err(|error| cannot(path, "read", &error))?;
    let changed =
        |_| Failure::Input(format!("{} was changed while it was read; try again", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(changed)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn content(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // With room for all of it: a buffer that grows leaves secrets in its old place.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * MAX_LEN));
    File::open(path)?.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that no other run of this program changes.
pub(super) struct Locked {
    /// The file itself, where `path` is a symbolic link.
    target: PathBuf,
    path: PathBuf,
    new: NamedTempFile,
    /// What it was when it was locked.
    pub(super) text: Zeroizing<String>,
}

impl Locked {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        Keyring::from_file(path).map_err(Failure::input)?;
        let target = fs::canonicalize(path).map_err(|error| cannot(path, "read", &error))?;
        has_one_name(&target)?;
        let new = beside(&target)?;
        Ok(Self { text: read(path)?, target, path: path.to_owned(), new })
    }

    /// Replaces it by this text, if the library finds these keys in it.
    pub(super) fn replace(
        mut self,
        text: &str,
        keys: &[(KeyRole, KeyId)],
        settings: &Settings,
    ) -> Result<(), Failure> {
        self.write(text).map_err(|error| cannot(&self.target, "write", &error))?;
        check(&self.new, keys, settings)?;
        let same_file = fs::canonicalize(&self.path).is_ok_and(|target| target == self.target);
        let same_text = content(&self.target).is_ok_and(|now| *now == *self.text.as_bytes());
        if !same_file || !same_text {
            return Err(Failure::Input(format!(
                "{} was changed by somebody else meanwhile, and stays as it is now; try again",
                self.path.display()
            )));
        }
        let renamed = self.new.persist(&self.target);
        renamed.map_err(|error| cannot(&self.target, "replace", &error.error))?;
        durable(&self.target)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let old = fs::metadata(&self.target)?;
        keep_owner(&old, self.new.as_file())?;
        self.new.as_file().set_permissions(old.permissions())?;
        self.new.write_all(text.as_bytes())?;
        self.new.as_file().sync_all()
    }
}

/// Makes a new file, which only its owner can read. It never replaces anything, not even a link to nothing.
pub(super) fn create(
    path: &Path,
    text: &str,
    keys: &[(KeyRole, KeyId)],
    settings: &Settings,
) -> Result<(), Failure> {
    let mut new = beside(path)?;
    let written = new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all());
    written.map_err(|error| cannot(path, "write", &error))?;
    check(&new, keys, settings)?;
    new.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Refused(format!(
            "{} is there already, and its sessions would end; `sealed-session keys list` shows what is in it",
            path.display()
        )),
        _ => cannot(path, "create", &error.error),
    })?;
    durable(path)
}

/// Creates the new file beside the old one. It is deleted if it is not renamed.
fn beside(target: &Path) -> Result<NamedTempFile, Failure> {
    let Some(name) = target.file_name() else {
        return Err(Failure::Input(format!("{} is not the path of a file", target.display())));
    };
    let new: OsString = [OsStr::new("."), name, OsStr::new(".new")].into_iter().collect();
    let created = tempfile::Builder::new().prefix(&new).rand_bytes(0).tempfile_in(folder(target));
    created.map_err(|error| {
        let new = folder(target).join(new);
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::Input(format!(
                "{} is there: another run changes the file, or was stopped before it could. If none runs, delete it",
                new.display()
            )),
            io::ErrorKind::NotFound => {
                Failure::Input(format!("cannot create {}: there is no such folder", new.display()))
            }
            kind => Failure::Input(format!(
                "cannot create {}: {kind}; the new file is written under this name first, and then renamed",
                new.display()
            )),
        }
    })
}

fn folder(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads the new file back. One that the library refuses, or reads differently, never takes the place of the old one.
fn check(
    new: &NamedTempFile,
    keys: &[(KeyRole, KeyId)],
    settings: &Settings,
) -> Result<(), Failure> {
    let keyring = Keyring::from_file(new.path()).map_err(Failure::input)?;
    if keys_of(&keyring, settings)? == keys {
        Ok(())
    } else {
        Err(Failure::Input(
            "the new file has other keys than expected; the file stays as it was".into(),
        ))
    }
}

/// Waits until the rename itself is on the disk.
fn durable(target: &Path) -> Result<(), Failure> {
    // Elsewhere a folder cannot be opened as a file.
    if cfg!(unix) {
        let synced = File::open(folder(target)).and_then(|folder| folder.sync_all());
        synced.map_err(|error| {
            Failure::Input(format!(
                "{} was replaced, and a loss of power may undo it: {error}",
                target.display()
            ))
        })?;
    }
    Ok(())
}

/// Refuses a file with hard links: after the rename, a server that reads another name would keep the old secrets.
#[cfg(unix)]
fn has_one_name(target: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let names = fs::metadata(target).map_err(|error| cannot(target, "read", &error))?.nlink();
    if names > 1 {
        return Err(Failure::Input(format!(
            "{} has {names} names (hard links), and the others would keep the old secrets; use symbolic links instead",
            target.display()
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn has_one_name(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Gives the new file the owner and the group of the old one: the server has to be able to read it.
#[cfg(unix)]
fn keep_owner(old: &fs::Metadata, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let now = new.metadata()?;
    let owner = (now.uid() != old.uid()).then_some(old.uid());
    let group = (now.gid() != old.gid()).then_some(old.gid());
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    fchown(new, owner, group)
}

#[cfg(not(unix))]
fn keep_owner(_: &fs::Metadata, _: &File) -> io::Result<()> {
    Ok(())
}

fn cannot(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::Input(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use sealed_session::Secret;

    use super::*;

    /// A folder with a file of one secret, and its path.
    fn file() -> (tempfile::TempDir, PathBuf, Zeroizing<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let text = Secret::generate().expose_base64url();
        fs::write(&path, &*text).unwrap();
        (folder, path, text)
    }

    fn keys(text: &str) -> Vec<(KeyRole, KeyId)> {
        keys_of(&Keyring::new(text.parse().unwrap()), &Settings::default()).unwrap()
    }

    #[track_caller]
    fn refuses(replaced: &Result<(), Failure>, why: &str) {
        assert!(
            matches!(replaced, Err(Failure::Input(said)) if said.contains(why)),
            "{replaced:?}"
        );
    }

    #[test]
    fn a_file_that_somebody_else_changes_meanwhile_stays_as_they_left_it() {
        let (folder, path, _) = file();
        let locked = Locked::open(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        let mine = Secret::generate().expose_base64url();
        refuses(
            &locked.replace(&mine, &keys(&mine), &Settings::default()),
            "changed by somebody else",
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no new file is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_meanwhile_is_not_followed() {
        let ((folder, path, _), (_other, elsewhere, text)) = (file(), file());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let locked = Locked::open(&link).unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let mine = Secret::generate().expose_base64url();
        refuses(
            &locked.replace(&mine, &keys(&mine), &Settings::default()),
            "changed by somebody else",
        );
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), *text);
    }

    #[test]
    fn a_byte_after_the_largest_file_is_a_change_too() {
        let (_folder, path, text) = file();
        let largest = format!("{} {}", *text, "#".repeat(MAX_LEN - text.len() - 1));
        fs::write(&path, &largest).unwrap();
        let locked = Locked::open(&path).unwrap();
        fs::write(&path, format!("{largest}#")).unwrap();
        refuses(
            &locked.replace(&text, &keys(&text), &Settings::default()),
            "changed by somebody else",
        );
        assert_eq!(fs::metadata(&path).unwrap().len(), MAX_LEN as u64 + 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_synced_is_an_error_that_names_the_risk() {
        let (folder, path, _) = file();
        drop(folder);
        refuses(&durable(&path), "was replaced, and a loss of power may undo it");
    }

    #[test]
    fn a_text_that_the_library_reads_otherwise_is_never_put_in_place() {
        let (_folder, path, text) = file();
        let mine = Secret::generate().expose_base64url();
        for (new, why) in [("not a secret", "line 1"), (&*mine, "other keys than expected")] {
            refuses(
                &Locked::open(&path).unwrap().replace(new, &keys(&text), &Settings::default()),
                why,
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), *text);
        }
        Locked::open(&path).unwrap().replace(&mine, &keys(&mine), &Settings::default()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), *mine);
    }
}
