//! Delivery: bytes to where they are wanted. Files appear whole or not at all, messages are sent once.

use crate::error::{Error, Exit, Result};
use crate::own::{self, Folder};
use lettre::Address;
use std::fmt;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub mod sendmail;
pub mod smtp;
pub mod spool;

/// Something that takes a message and brings it on its way.
pub trait Carrier {
    /// Hands over a message, and says what became of it for each recipient.
    fn carry(&self, message: &[u8], from: &Address, to: &[Address]) -> Outcome;
}

/// What became of a message for its recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// It is on its way to them.
    pub accepted: Vec<Address>,
    /// It will never be taken for them: why.
    pub refused: Vec<(Address, String)>,
    /// It was not taken for them now: why.
    pub later: Vec<(Address, String)>,
}

impl Outcome {
    fn accepted(to: &[Address]) -> Self {
        Self { accepted: to.to_vec(), ..Self::default() }
    }

    fn refused(to: &[Address], why: &str) -> Self {
        Self { refused: to.iter().map(|to| (to.clone(), why.to_owned())).collect(), ..Self::default() }
    }

    fn later(to: &[Address], why: &str) -> Self {
        Self { later: to.iter().map(|to| (to.clone(), why.to_owned())).collect(), ..Self::default() }
    }
}

/// A secret. It has no `Display`, and shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Makes a folder of what is kept between runs, which its owner alone can enter, and those above it that are missing. Made
/// by root in a folder of somebody else it belongs to that one.
///
/// # Errors
///
/// Where it cannot be made.
pub fn private_folder(path: &Path) -> Result<()> {
    own::make_folder(path).map_err(|e| failed(path, &e))
}

/// Locks a file, which is made where it is missing; waits for so long while another run holds it. The lock ends with
/// the file, however the run ends.
///
/// # Errors
///
/// Where it cannot be made, or is still held.
pub fn lock(path: &Path, patience: Duration) -> Result<File> {
    let file = own::open_or_make(path, own::options().write(true)).map_err(|e| failed(path, &e))?;
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(Exit::TryLater, format!("another run holds {}", path.display()))
                    .help("try again when it has ended"));
            }
            Err(TryLockError::Error(e)) => return Err(failed(path, &e)),
        }
    }
}

/// Writes a file: beside its place first, then renamed into it, so that nobody ever sees half of it. Readable by its
/// owner only, since reports hold personal data; a file that is there already keeps its permissions. Behind a link it is
/// the file to which that leads, unless anybody could have put the link there.
///
/// # Errors
///
/// Where it cannot be written; what was there before is left as it was.
pub fn file(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, 0o600)
}

/// The same for what is kept between runs: made by root in a folder of somebody else it belongs to that one, whose next run
/// is to go on from it. What one asks for by `--output` is one's own, wherever it lies.
///
/// # Errors
///
/// As [`file()`].
pub fn record(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = || {
        let folder = Folder::above(path)?;
        if folder.is_anothers() {
            // Whose it is may have put a link there, which root must not follow.
            return write_beside(&folder, path, bytes, 0o600);
        }
        let place = place(path);
        write_beside(&Folder::above(&place)?, &place, bytes, 0o600)
    };
    written().map_err(|e| failed(path, &e))
}

/// The same for what holds no personal data and others must read: a configuration is read by the user of a service.
///
/// # Errors
///
/// As [`file()`].
pub fn public_file(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, 0o644)
}

/// Writes a file; the mode is that of a new one.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    if is_special(path) {
        return fs::OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.flush()))
            .map_err(|e| failed(path, &e));
    }
    let place = place(path);
    write_beside(&Folder::as_it_is(folder_of(&place)), &place, bytes, mode).map_err(|e| failed(path, &e))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a file of this name is written. A link is followed, as everybody expects: the report that a web server shows may
/// lie elsewhere. In a folder to which all may write it is not, but replaced: it may be a stranger's, who wants another
/// file overwritten (CWE-59).
fn place(path: &Path) -> PathBuf {
    let shared = is_shared(folder_of(path));
    match fs::read_link(path) {
        // A link to a link, or one that leads nowhere yet.
        Ok(to) if !shared => fs::canonicalize(path).unwrap_or_else(|_| folder_of(path).join(to)),
        _ => path.to_owned(),
    }
}

/// Devices and pipes are written to as they are: a rename would replace them.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}

fn write_beside(made_in: &Folder, path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let (folder, path) = (made_in.itself(), &made_in.path(path));
    // Asked first, and the kind alone taken of the rest: the error of a temporary file tells its made-up name.
    fs::metadata(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| std::io::Error::from(e.kind()))?;
    made_in.give(file.as_file())?;
    file.write_all(bytes)?;
    let permissions = kept(folder, path, &file.as_file().metadata()?);
    file.as_file().set_permissions(permissions.unwrap_or_else(|| fs::Permissions::from_mode(mode)))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    fs::File::open(folder)?.sync_all()
}

/// The permissions of the file that is replaced. In a folder to which all may write it may be a stranger's, or a link to
/// any file: then whoever put it there would say who may read ours.
fn kept(folder: &Path, path: &Path, new: &Metadata) -> Option<fs::Permissions> {
    let before = if is_shared(folder) { fs::symlink_metadata(path) } else { fs::metadata(path) };
    let before = before.ok().filter(|before| !before.is_symlink())?;
    (!is_shared(folder) || before.uid() == new.uid()).then(|| before.permissions())
}

/// Whether all may write to a folder.
fn is_shared(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & 0o002 != 0)
}

/// Writes files into a folder, which is made where it is missing.
///
/// # Errors
///
/// Where the folder or a file cannot be written.
pub fn folder(path: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| failed(path, &e))?;
    files.iter().try_for_each(|(name, bytes)| file(&path.join(PathBuf::from(name)), bytes))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Exit::CannotWrite, format!("{} cannot be written", path.display())).why(error)
}

/// Refuses to write over what was read.
///
/// # Errors
///
/// Where the output is one of them; exit code 64.
pub fn spare(was_read: impl Fn(&Metadata) -> bool, output: Option<&Path>) -> Result<()> {
    let is_input = |metadata: Metadata| metadata.is_file() && was_read(&metadata);
    match output {
        Some(path) if fs::metadata(path).is_ok_and(is_input) => Err(Error::new(
            Exit::Usage,
            format!("{} is one of the inputs, and would be overwritten", path.display()),
        )
        .help("name another file with `--output`")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t19_a_file_is_replaced_whole_and_belongs_to_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.html");
        file(&path, b"one").expect("written");
        file(&path, b"two").expect("written again");
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn t18_a_link_is_followed_only_where_no_stranger_can_have_put_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (link, there) = (folder.path().join("report.html"), folder.path().join("there.html"));
        let is_link = |path: &Path| fs::symlink_metadata(path).expect("there").is_symlink();
        std::os::unix::fs::symlink("there.html", &link).expect("a link");
        for text in ["made", "replaced"] {
            file(&link, text.as_bytes()).expect("written");
            assert!(is_link(&link));
            assert_eq!(fs::read_to_string(&there).expect("read"), text);
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).expect("its mode is set");
        file(&link, b"here").expect("written");
        assert!(!is_link(&link));
        assert_eq!(fs::read_to_string(&there).expect("read"), "replaced");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told() {
        let error = file(Path::new("/nonexistent/x"), b"").expect_err("no such folder");
        assert_eq!(error.exit(), Exit::CannotWrite);
    }
}
