//! Grammars, sections, reports and templates: those built in, and a user's own, which come first.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

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
    pub fn get(&self, path: &str) -> Option<Asset> {
        self.folders.iter().find_map(|folder| user_file(&folder.join(path))).or_else(|| built_in(path))
    }

    /// All files directly in this folder of the layout that end so, by stem, in order of stem.
    pub fn list(&self, folder: &str, ending: &str) -> BTreeMap<String, Asset> {
        let mut found = BTreeMap::new();
        for (path, text) in BUILT_IN {
            if let Some(stem) = stem_in(path, folder, ending) {
                let asset = Asset { origin: (*path).to_owned(), text: Cow::Borrowed(text), built_in: true };
                found.insert(stem.to_owned(), asset);
            }
        }
        for own in self.folders.iter().rev() {
            for entry in fs::read_dir(own.join(folder)).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if let Some(stem) = name.strip_suffix(ending)
                    && let Some(asset) = user_file(&entry.path())
                {
                    found.insert(stem.to_owned(), asset);
                }
            }
        }
        found
    }
}

fn built_in(path: &str) -> Option<Asset> {
    let at = BUILT_IN.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    let (name, text) = BUILT_IN.get(at)?;
    Some(Asset { origin: (*name).to_owned(), text: Cow::Borrowed(text), built_in: true })
}

fn user_file(path: &std::path::Path) -> Option<Asset> {
    let text = fs::read_to_string(path).ok()?;
    Some(Asset { origin: path.display().to_string(), text: Cow::Owned(text), built_in: false })
}

fn stem_in<'a>(path: &'a str, folder: &str, ending: &str) -> Option<&'a str> {
    let stem = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(ending)?;
    (!stem.contains('/')).then_some(stem)
}
