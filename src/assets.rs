//! Grammars, sections, reports and templates: those built in, and a user's own, which come first.

use crate::error::{Error, Exit, Result};
use crate::own;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Every built-in file: its path in the project and its text. Made by `build.rs` from the folders' contents.
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where files are looked up.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// The user's folders, the first one winning. Each is laid out as the project: `grammars/`,
    /// `report-templates/`.
    pub folders: Vec<PathBuf>,
}

/// A file: where it comes from and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The path for messages.
    pub origin: String,
    /// The text.
    pub text: Cow<'static, str>,
    /// Whether it is one that was built in.
    pub built_in: bool,
}

impl Assets {
    /// The file at this path of the layout, such as `report-templates/html/page.html`.
    ///
    /// # Errors
    ///
    /// Where a user's own file is there and cannot be read: the built-in one would not be what is meant.
    pub fn get(&self, path: &str) -> Result<Option<Asset>> {
        for folder in &self.folders {
            if let Some(own) = user_file(&folder.join(path))? {
                return Ok(Some(own));
            }
        }
        Ok(built_in(path))
    }

    /// All files directly in this folder of the layout that end so, by stem, in order of stem.
    ///
    /// # Errors
    ///
    /// Where a user's own file or folder is there and cannot be read.
    pub fn list(&self, folder: &str, ending: &str) -> Result<BTreeMap<String, Asset>> {
        let mut found = BTreeMap::new();
        for (path, text) in BUILT_IN {
            if let Some(stem) = stem_in(path, folder, ending) {
                let asset = Asset { origin: (*path).to_owned(), text: Cow::Borrowed(text), built_in: true };
                found.insert(stem.to_owned(), asset);
            }
        }
        for own in self.folders.iter().rev() {
            for path in files_in(&own.join(folder))? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if let Some(stem) = name.strip_suffix(ending)
                    && let Some(asset) = user_file(&path)?
                {
                    found.insert(stem.to_owned(), asset);
                }
            }
        }
        Ok(found)
    }
}

/// What lies in a folder; nothing where there is none.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unreadable(folder, &e)),
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(|e| unreadable(folder, &e))).collect()
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let help = if error.kind() == ErrorKind::InvalidData { "it must be UTF-8" } else { "see who may read it" };
    own::told(Error::new(Exit::Config, format!("{} cannot be read", path.display())).help(help), error)
}

fn built_in(path: &str) -> Option<Asset> {
    let at = BUILT_IN.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    let (name, text) = BUILT_IN.get(at)?;
    Some(Asset { origin: (*name).to_owned(), text: Cow::Borrowed(text), built_in: true })
}

/// A user's own file; nothing where there is none.
fn user_file(path: &Path) -> Result<Option<Asset>> {
    match own::text(path, own::ASSET) {
        Ok(text) => Ok(Some(Asset { origin: path.display().to_string(), text: text.into(), built_in: false })),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(path, &e)),
    }
}

fn stem_in<'a>(path: &'a str, folder: &str, ending: &str) -> Option<&'a str> {
    let stem = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(ending)?;
    (!stem.contains('/')).then_some(stem)
}
