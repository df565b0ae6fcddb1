//! The files of a store beside segments and manifest.

use super::manifest;
use crate::error::{Error, Exit, Result};
use crate::facts::{not_written, sync, write};
use crate::own;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The folders that hold files by the manifest.
const FOLDERS: [&str; 3] = ["facts", "open", "state"];

/// The secret of the store: keys of what is open are hashed with it.
const SECRET: &str = "secret";

/// Whether there is a folder where the store is to be.
///
/// # Errors
///
/// Where something else is there, or it may not be looked into: with this exit code.
pub fn is_folder(root: &Path, exit: Exit) -> Result<bool> {
    let not = |what: &str| Error::new(exit, format!("{} {what}", root.display()));
    let refused = |e| not("cannot be opened as a store").why(e);
    match fs::metadata(root) {
        Ok(there) if there.is_dir() => fs::read_dir(root).map(|_| true).map_err(refused),
        Ok(_) => Err(not("is a file").help("`--store` names the folder of a store")),
        Err(e) if e.kind() == ErrorKind::NotFound => match fs::read_link(root) {
            Ok(place) => Err(not("is a link that leads nowhere").why(format!("{} is not there", place.display()))),
            Err(_) => Ok(false),
        },
        Err(e) => Err(refused(e)),
    }
}

/// Makes the folder. One that holds something else is left alone.
pub fn prepare(root: &Path) -> Result<()> {
    let is_there = is_folder(root, Exit::CannotWrite)?;
    let is_store = [manifest::NAME, "lock"].iter().any(|name| root.join(name).exists());
    let is_empty = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none());
    if is_there && !is_store && !is_empty {
        return Err(Error::new(Exit::CannotWrite, format!("{} is not a store", root.display()))
            .why("it holds other files")
            .help("name a folder that does not exist yet, or is empty"));
    }
    own::make_folder(root).map_err(|e| not_written(root, &e))
}

/// Whether facts lie in the store.
pub fn hold_facts(root: &Path) -> bool {
    fs::read_dir(root.join(FOLDERS[0])).is_ok_and(|mut entries| entries.next().is_some())
}

/// Bytes of a secret.
const LEN: usize = 24;

/// The secret of a store.
#[derive(Clone, Copy)]
pub struct Secret([u8; LEN]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Secret {
    /// That of a store, if it has one.
    ///
    /// # Errors
    ///
    /// Where it is there and cannot be read.
    pub fn of(root: &Path) -> Result<Option<Self>> {
        let path = root.join(SECRET);
        match own::bytes(&path, own::SECRET) {
            Ok(bytes) => Ok(bytes.try_into().ok().map(Self)),
            // What is so large is no secret.
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::FileTooLarge) => Ok(None),
            Err(e) => Err(own::told(Error::new(Exit::Io, format!("{} cannot be read", path.display())), &e)),
        }
    }

    /// A new one, in the place of what may be there.
    pub fn make(root: &Path) -> Result<Self> {
        let bytes = random()?;
        write(root, Path::new(SECRET), &bytes, true)?;
        Ok(Self(bytes))
    }

    /// The seeds of the keys of what is open.
    pub fn seeds(&self) -> [u64; 3] {
        let (words, _) = self.0.as_chunks::<8>();
        std::array::from_fn(|at| u64::from_le_bytes(words[at]))
    }

    /// The key of pseudonyms.
    pub fn key(&self) -> &[u8] {
        &self.0
    }

    /// What tells whether it is still the same, and nothing else of it.
    pub fn proof(&self) -> u64 {
        let digest =
            Sha256::new().chain_update(b"the secret of a store of mailtrail").chain_update(self.0).finalize();
        digest.iter().take(8).fold(0, |proof, byte| proof << 8 | u64::from(*byte))
    }
}

/// Bytes that nobody can guess.
pub fn random() -> Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    let random = Path::new("/dev/urandom");
    let read = File::open(random).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|e| Error::new(Exit::Io, format!("{} cannot be read", random.display())).why(e))?;
    Ok(bytes)
}

/// Makes sure that new files are found after a crash: all folders above them are on the disk.
pub fn sync_folders<'f>(root: &Path, files: impl Iterator<Item = &'f str>) -> Result<()> {
    let mut folders = BTreeSet::from([root.to_owned()]);
    for file in files {
        let above = Path::new(file).ancestors().skip(1);
        folders.extend(above.map(|folder| root.join(folder)));
    }
    folders.iter().try_for_each(|folder| {
        let open = File::open(folder).map_err(|e| not_written(folder, &e))?;
        sync(&open, folder)
    })
}

/// Removes files below the folders of the store that are not named, and folders that are empty. What cannot be removed
/// stays for the next time.
pub fn clear(root: &Path, named: &BTreeSet<&str>) {
    if let Ok(store) = own::Folder::of(root) {
        FOLDERS.iter().for_each(|folder| clear_below(&store, Path::new(folder), named));
    }
    let _ = fs::remove_file(root.join(format!("{}.new", manifest::NAME)));
}

/// The same below a folder, named from the store's on, that lies in this one. What is a stranger's may lead elsewhere meanwhile.
fn clear_below(above: &own::Folder, at: &Path, named: &BTreeSet<&str>) {
    let Ok(folder) = above.inner(at) else { return };
    for entry in fs::read_dir(folder.itself()).into_iter().flatten().flatten() {
        let path = at.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear_below(&folder, &path, named);
            let _ = fs::remove_dir(folder.path(&path));
        } else if path.to_str().is_none_or(|path| !named.contains(path)) {
            let _ = fs::remove_file(folder.path(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, symlink};

    #[test]
    fn t18_what_lies_behind_a_link_is_not_cleared() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, outside) = (folder.path().join("store"), folder.path().join("outside"));
        for made in [&store.join("facts/logins"), &outside] {
            fs::create_dir_all(made).expect("made");
        }
        for file in [&outside.join("kept"), &store.join("facts/logins/named"), &store.join("facts/logins/left")] {
            fs::write(file, "x").expect("written");
        }
        symlink(&outside, store.join("facts/link")).expect("a link");
        symlink(&outside, store.join("state")).expect("a link");
        // Only root can be led astray by what a user of the service put there.
        if chown(&store, Some(65_534), None).is_err() {
            fs::remove_file(store.join("state")).expect("removed");
        }
        clear(&store, &BTreeSet::from(["facts/logins/named"]));
        assert!(outside.join("kept").exists());
        assert!(store.join("facts/logins/named").exists() && !store.join("facts/logins/left").exists());
        assert!(fs::symlink_metadata(store.join("facts/link")).is_err(), "the link itself is nothing of ours");
    }
}
