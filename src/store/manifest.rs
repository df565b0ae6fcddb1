//! The manifest: what belongs to the store, and proves it.

use super::proven;
use crate::error::{Error, Exit, Result};
use crate::facts::{Segment, damaged, not_written, write};
use crate::own::{self, Folder};
use crate::run::Account;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// The form of stores that this version writes. It reads no newer one.
const SCHEMA: u64 = 1;

/// The file's name.
pub const NAME: &str = "manifest.json";

/// What belongs to a store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// How many times it was written.
    pub generation: u64,
    /// The account of all lines, and up to where each source was read.
    pub account: Account,
    /// The facts that are finished.
    pub segments: Vec<Segment>,
    /// What is open, told as it stands.
    pub open: Vec<Segment>,
    /// What is open, to be gone on from.
    pub state: Option<State>,
    /// What proves the store's secret; stores of the first versions tell none.
    #[serde(default)]
    pub secret: Option<u64>,
}

/// The file that holds what is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Its name, from the store's folder on.
    pub path: String,
    /// The hash of its bytes.
    pub hash: u64,
}

/// How hard it is compressed.
const LEVEL: i32 = 3;

impl State {
    /// Writes it.
    pub fn write(root: &Path, tag: &str, bytes: &[u8]) -> Result<Self> {
        let path = format!("state/{tag}.postcard.zst");
        let bytes = zstd::encode_all(bytes, LEVEL).map_err(|e| not_written(&root.join(&path), &e))?;
        write(root, Path::new(&path), &bytes, true)?;
        Ok(Self { path, hash: xxh3_64(&bytes) })
    }

    /// Its bytes, proven.
    pub fn read(&self, root: &Path) -> Result<Vec<u8>> {
        let path = root.join(&self.path);
        let bytes = own::bytes(&path, own::STATE).map_err(|e| damaged(&path).why(e))?;
        let bytes = proven(&path, bytes, self.hash)?;
        // Stores of the first versions do not compress it.
        if path.extension().is_some_and(|ending| ending == "zst") {
            zstd::decode_all(&*bytes).map_err(|e| damaged(&path).why(e))
        } else {
            Ok(bytes)
        }
    }
}

/// A store without its manifest: what its files hold is not known.
pub fn lost(root: &Path) -> Error {
    Error::new(Exit::Data, format!("the store in {} has lost its manifest", root.display()))
        .why(format!("it holds facts, but no {NAME}"))
        .help(BRING_BACK)
}

/// What helps where a manifest is gone or wrong: it alone tells what belongs to the store.
const BRING_BACK: &str = "bring the manifest back from a backup, or name another folder and read the logs anew";

/// A manifest that is not what was written.
fn wrong(path: &Path) -> Error {
    damaged(path).help(BRING_BACK)
}

impl Manifest {
    /// Writes the manifest of a new store: facts without one are a store that has lost it.
    pub fn begun(root: &Path, secret: u64) -> Result<Self> {
        let manifest = Self { secret: Some(secret), ..Self::default() };
        manifest.write(root)?;
        Ok(manifest)
    }

    /// Reads the manifest of a store; nothing where there is none.
    pub fn read(root: &Path) -> Result<Option<Self>> {
        let path = root.join(NAME);
        let text = match own::bytes(&path, own::MANIFEST) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::FileTooLarge) => {
                return Err(wrong(&path).why(e));
            }
            Err(e) => {
                let exit = if e.kind() == ErrorKind::PermissionDenied { Exit::NoInput } else { Exit::Io };
                return Err(Error::new(exit, format!("{} cannot be read", path.display())).why(e));
            }
        };
        let (schema, hash, body) = parts(&text).ok_or_else(|| wrong(&path))?;
        if schema == 0 {
            return Err(wrong(&path));
        }
        if schema > SCHEMA {
            return Err(Error::new(
                Exit::Data,
                format!("the store in {} is newer than this mailtrail", root.display()),
            )
            .why(format!("it has form {schema}, and {SCHEMA} is the newest that is known here"))
            .help("use the mailtrail that wrote it; nothing was changed"));
        }
        if xxh3_64(body) != hash {
            return Err(wrong(&path));
        }
        serde_json::from_slice(body).map(Some).map_err(|e| wrong(&path).why(e))
    }

    /// Writes it beside its place and puts it there by one rename.
    pub fn write(&self, root: &Path) -> Result<()> {
        let path = root.join(NAME);
        let body = serde_json::to_string(self)
            .map_err(|e| Error::new(Exit::Internal, "the manifest cannot be written").why(e))?;
        let text = format!("{}{}{}", head(SCHEMA, xxh3_64(body.as_bytes())), body, "}\n");
        let beside = format!("{NAME}.new");
        write(root, Path::new(&beside), text.as_bytes(), true)?;
        put(root, Path::new(&beside)).map_err(|e| not_written(&path, &e))
    }

    /// Takes what is open as finished.
    pub fn take_as_it_stands(&mut self) {
        self.segments.append(&mut self.open);
        self.state = None;
    }

    /// The files that belong to the store.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let segments = self.segments.iter().chain(&self.open).map(|segment| segment.path.as_str());
        segments.chain(self.state.iter().map(|state| state.path.as_str()))
    }
}

/// Puts a manifest that was written beside into its place.
fn put(root: &Path, beside: &Path) -> io::Result<()> {
    let folder = Folder::of(root)?;
    fs::rename(folder.path(beside), folder.path(Path::new(NAME)))?;
    File::open(folder.itself())?.sync_all()
}

/// The start of the file: one JSON object whose last member is what the hash is of.
fn head(schema: u64, hash: u64) -> String {
    format!("{{\"schema\":{schema},\"xxh3\":\"{hash:016x}\",\"store\":")
}

/// Form, hash and what the hash is of.
fn parts(text: &[u8]) -> Option<(u64, u64, &[u8])> {
    let rest = text.strip_prefix(b"{\"schema\":")?;
    let end = rest.iter().position(|b| *b == b',')?;
    let schema: u64 = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let rest = rest[end..].strip_prefix(b",\"xxh3\":\"");
    let Some((hash, rest)) = rest.and_then(|rest| rest.split_at_checked(16)) else {
        // A newer form may look otherwise.
        return (schema > SCHEMA).then_some((schema, 0, &[]));
    };
    let hash = u64::from_str_radix(std::str::from_utf8(hash).ok()?, 16).ok()?;
    let body = rest.strip_prefix(b"\",\"store\":")?.strip_suffix(b"}\n")?;
    Some((schema, hash, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f28_a_manifest_cut_or_changed_anywhere_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = Manifest { generation: 7, ..Manifest::default() };
        manifest.write(folder.path()).expect("written");
        let path = folder.path().join(NAME);
        let text = fs::read(&path).expect("read");
        let read = |text: &[u8]| {
            fs::write(&path, text).expect("written");
            Manifest::read(folder.path()).map(|manifest| manifest.map(|m| m.generation))
        };
        assert_eq!(read(&text).expect("whole"), Some(7));
        for at in 0..text.len() {
            assert_eq!(read(&text[..at]).expect_err("cut").exit(), Exit::Data, "{at}");
            let mut flipped = text.clone();
            flipped[at] ^= 1;
            assert_eq!(read(&flipped).expect_err("flipped").exit(), Exit::Data, "{at}");
        }
        let newer = String::from_utf8_lossy(&text).replace("\"schema\":1", "\"schema\":2");
        assert!(read(newer.as_bytes()).expect_err("newer").to_string().contains("newer"));
    }
}
