//! The files of a store beside segments and manifest.

use super::manifest;
use crate::error::{Error, Exit, Result};
use crate::facts::{not_written, sync, write};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// The folders that hold files by the manifest.
const FOLDERS: [&str; 3] = ["facts", "open", "state"];

/// The secret of the store: keys of what is open are hashed with it.
const SECRET: &str = "secret";

/// Makes the folder. One that holds something else is left alone.
pub fn prepare(root: &Path) -> Result<()> {
    let is_store = [manifest::NAME, "lock"].iter().any(|name| root.join(name).exists());
    let is_empty = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none());
    if root.exists() && !is_store && !is_empty {
        return Err(Error::new(Exit::CannotWrite, format!("{} is not a store", root.display()))
            .why("it holds other files")
            .help("name a folder that does not exist yet, or is empty"));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(|e| not_written(root, &e))
}

/// Whether facts lie in the store.
pub fn hold_facts(root: &Path) -> bool {
    fs::read_dir(root.join(FOLDERS[0])).is_ok_and(|mut entries| entries.next().is_some())
}

/// Bytes of a secret.
const LEN: usize = 24;

/// The secrets of a store, if it has them.
pub fn secrets(root: &Path) -> Option<[u64; 3]> {
    fs::read(root.join(SECRET)).ok()?.try_into().ok().map(numbers)
}

fn numbers(bytes: [u8; LEN]) -> [u64; 3] {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| u64::from_le_bytes(words[at]))
}

/// The secrets of a store; they are made where there are none.
pub fn secrets_or_new(root: &Path) -> Result<[u64; 3]> {
    if let Some(secrets) = secrets(root) {
        return Ok(secrets);
    }
    let bytes = random()?;
    write(root, Path::new(SECRET), &bytes, true)?;
    Ok(numbers(bytes))
}

/// The bytes of a store's secret.
pub fn bytes_of_secret(root: &Path) -> Result<Vec<u8>> {
    let path = root.join(SECRET);
    fs::read(&path).map_err(|e| Error::new(Exit::Io, format!("{} cannot be read", path.display())).why(e))
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
    FOLDERS.iter().for_each(|folder| clear_below(root, Path::new(folder), named));
    let _ = fs::remove_file(root.join(format!("{}.new", manifest::NAME)));
}

fn clear_below(root: &Path, folder: &Path, named: &BTreeSet<&str>) {
    for entry in fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let path = folder.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear_below(root, &path, named);
            let _ = fs::remove_dir(root.join(&path));
        } else if path.to_str().is_none_or(|path| !named.contains(path)) {
            let _ = fs::remove_file(root.join(&path));
        }
    }
}
