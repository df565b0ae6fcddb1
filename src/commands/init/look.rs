//! A place where a log usually lies: what its end tells, or that of what was rotated away.

use super::Place;
use super::service::fields;
use crate::grammar::Grammars;
use crate::input::{self, Compression};
use crate::own;
use crate::units::{count, share, with_plain_spaces};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How much of a file's end is looked at, or of the beginning of one that is compressed.
const TAIL: u64 = 512 * 1024;

/// How many of the newest rotated files are looked at: empty ones come before those that hold something.
const ROTATED: usize = 4;

/// A log that was found.
pub(super) struct Found {
    /// Its path on the machine that is looked at.
    pub path: String,
    /// The files here that were looked at, first the one that was told of: itself, or one that was rotated away.
    pub files: Vec<PathBuf>,
    /// What is said before what was seen, where it is not the log itself that was.
    instead: String,
    /// The group that may read it, where the owner is not the only one.
    group: Option<String>,
    seen: Seen,
}

/// What a log holds.
enum Seen {
    /// Lines by system, all lines, lines that something took, and which lines they are of all.
    Lines { systems: BTreeMap<String, u64>, all: u64, taken: u64, which: &'static str },
    /// It cannot be read.
    Unreadable(io::Error),
}

impl Found {
    pub fn holds_mail(&self) -> bool {
        matches!(&self.seen, Seen::Lines { systems, .. } if !systems.is_empty())
    }

    pub fn is_unreadable(&self) -> bool {
        matches!(self.seen, Seen::Unreadable(_))
    }

    /// What was seen, in words.
    pub fn told(&self) -> String {
        let told = match &self.seen {
            Seen::Unreadable(error) => {
                let help = match &self.group {
                    Some(group) => format!("the group `{group}` may read it: usermod -aG {group} USER"),
                    None => "only its owner may read it: give it a group, or read as root".to_owned(),
                };
                format!("cannot be read ({error}); {help}")
            }
            Seen::Lines { all: 0, .. } => "is empty".to_owned(),
            Seen::Lines { systems, .. } if systems.is_empty() => "holds no line of a mail system".to_owned(),
            Seen::Lines { systems, all, taken, which } => {
                let systems: Vec<&str> = systems.keys().map(String::as_str).collect();
                #[expect(clippy::cast_precision_loss, reason = "a share of some thousand lines")]
                let understood = share(*taken as f64 / *all as f64);
                let told = format!(
                    "{}; {understood} of its {which} {} lines are understood",
                    systems.join(", "),
                    count(*all)
                );
                // In a configuration plain spaces are easier to look for.
                with_plain_spaces(&told)
            }
        };
        format!("{}{told}", self.instead)
    }
}

/// A path below the root.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// A file that was looked at.
struct Looked {
    file: PathBuf,
    metadata: Metadata,
    seen: Seen,
}

impl Looked {
    fn at(file: PathBuf, grammars: &Grammars, not_mail: &[String]) -> Option<Self> {
        let metadata = fs::metadata(&file).ok().filter(Metadata::is_file)?;
        let seen = seen(&file, grammars, not_mail);
        Some(Self { file, metadata, seen })
    }

    /// Whether mail is in it, or may be.
    fn tells(&self) -> bool {
        match &self.seen {
            Seen::Lines { systems, .. } => !systems.is_empty(),
            Seen::Unreadable(error) => error.kind() == io::ErrorKind::PermissionDenied,
        }
    }
}

/// Looks for the log of a place. In the night, when it was just rotated, what is there tells nothing yet: then what was
/// rotated away does.
pub(super) fn look(place: &Place, root: &Path, grammars: &Grammars, not_mail: &[String]) -> Option<Found> {
    let here = below(root, &place.path);
    let own = Looked::at(here.clone(), grammars, not_mail);
    if own.as_ref().is_some_and(Looked::tells) {
        return own.map(|own| found(place, root, own));
    }
    let Some(rotated) = rotated(&here, grammars, not_mail) else { return own.map(|own| found(place, root, own)) };
    let why = if own.is_some() { "holds no mail yet" } else { "is not there" };
    let name = rotated.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = found(place, root, rotated);
    found.instead = format!("{why}; {name} beside it: ");
    found.files.extend(own.map(|own| own.file));
    Some(found)
}

fn found(place: &Place, root: &Path, looked: Looked) -> Found {
    let Looked { file, metadata, seen } = looked;
    let group = group_of(root, &metadata);
    Found { path: place.path.clone(), files: vec![file], instead: String::new(), group, seen }
}

/// The newest file that was rotated away of a log and tells something.
fn rotated(log: &Path, grammars: &Grammars, not_mail: &[String]) -> Option<Looked> {
    let entries = fs::read_dir(log.parent()?).ok()?.flatten().map(|entry| entry.path());
    // The proposed pattern is the log's name and whatever follows.
    let begins = |path: &Path| path.as_os_str().as_bytes().starts_with(log.as_os_str().as_bytes());
    let mut files: Vec<PathBuf> = entries.filter(|path| begins(path) && input::is_rotated(path, log)).collect();
    let written = |path: &PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    files.sort_by_cached_key(|path| (Reverse(written(path)), path.clone()));
    let newest = files.into_iter().take(ROTATED);
    newest.filter_map(|path| Looked::at(path, grammars, not_mail)).find(Looked::tells)
}

/// What a file tells.
fn seen(path: &Path, grammars: &Grammars, not_mail: &[String]) -> Seen {
    let looked = own::open(path).and_then(|mut file| match Compression::of_file(&mut file)? {
        Compression::None => end_of(file),
        compression => start_of(compression.reader(file)?),
    });
    looked.map_or_else(Seen::Unreadable, |sample| sample.seen(grammars, not_mail))
}

/// Some lines of a log.
struct Sample {
    /// Its beginning, where its layout may be told.
    head: Vec<u8>,
    lines: Vec<u8>,
    which: &'static str,
}

/// The beginning of a file, and whole lines of its end.
fn end_of(mut file: File) -> io::Result<Sample> {
    let mut head = Vec::new();
    file.by_ref().take(64 * 1024).read_to_end(&mut head)?;
    let start = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut lines = Vec::new();
    file.take(TAIL).read_to_end(&mut lines)?;
    if start > 0 {
        let first = memchr::memchr(b'\n', &lines).map_or(lines.len(), |at| at + 1);
        lines.drain(..first);
    }
    Ok(Sample { head, lines, which: "last" })
}

/// Whole lines of the beginning of a compressed file: its end would have to be unpacked for.
fn start_of(text: impl Read) -> io::Result<Sample> {
    let mut lines = Vec::new();
    text.take(TAIL).read_to_end(&mut lines)?;
    lines.truncate(memchr::memrchr(b'\n', &lines).map_or(0, |at| at + 1));
    Ok(Sample { head: lines.clone(), lines, which: "first" })
}

impl Sample {
    /// Which systems wrote these lines. What a rule sets aside is understood, and no sign of a mail system.
    fn seen(&self, grammars: &Grammars, not_mail: &[String]) -> Seen {
        let layouts = grammars.layouts_of(&self.head);
        let mut systems = BTreeMap::new();
        let (mut all, mut taken) = (0, 0);
        for line in self.lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            all += 1;
            let Some(explained) = grammars.explain(&layouts, line) else { continue };
            let Some((system, _)) = explained.taken_by else { continue };
            taken += 1;
            if !explained.ignored {
                *systems.entry(system).or_insert(0) += 1;
            }
        }
        systems.retain(|system, _| !not_mail.contains(system));
        Seen::Lines { systems, all, taken, which: self.which }
    }
}

/// The group that may read a file, as the machine that is looked at calls it; nothing where that is root's.
fn group_of(root: &Path, metadata: &Metadata) -> Option<String> {
    let may_read = metadata.mode() & 0o040 != 0;
    may_read.then(|| group(root, metadata.gid())).flatten().filter(|group| group != "root")
}

/// The name of a group, as the machine that is looked at has it.
pub(super) fn group(root: &Path, gid: u32) -> Option<String> {
    let text = own::text(&below(root, "/etc/group"), own::MACHINE).ok()?;
    let named = |line| match *fields(line) {
        [name, _, id, ..] if id.parse() == Ok(gid) => Some(name.to_owned()),
        _ => None,
    };
    text.lines().find_map(named)
}
