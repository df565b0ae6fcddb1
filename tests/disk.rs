//! A disk that loses power: what was written and not synced is there, is not, or is there in part, in any order.
//!
//! A run of the program is recorded call by call. After some of the calls the power fails: each write since the last
//! sync of its file is kept, lost or torn at a block's edge, each new, renamed or removed name is kept or undone unless
//! its folder was synced (Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014, show that disks do all
//! of this). The program must then find the store as it was or as it was to be, and a run after it must bring all.

use crate::store::{Dice, Site, all_below, lives, times};
use crate::support::program::program;
use crate::support::skip;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The smallest part of a write that a disk does as a whole.
const BLOCK: usize = 512;

/// A call that changes what lies on the disk, by paths from the site's folder on.
#[derive(Debug)]
enum Call {
    Create(PathBuf),
    Write(PathBuf, Vec<u8>),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Folder(PathBuf),
}

/// What a name leads to: a folder, or a file by its number.
type Node = Option<usize>;

#[derive(Clone, Debug, Default)]
struct File {
    synced: Vec<u8>,
    now: Vec<u8>,
}

/// The disk between two calls.
#[derive(Clone, Debug, Default)]
struct Disk {
    files: Vec<File>,
    /// The names that are there for the program, and those that surely are after a crash.
    names: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    /// What was done to names since their folder was synced: the folder, and what became of each.
    pending: Vec<(PathBuf, Vec<(PathBuf, Option<Node>)>)>,
}

impl Disk {
    /// What lies below a folder, all of it synced.
    fn of(root: &Path) -> Self {
        let mut disk = Self::default();
        for path in all_below(root) {
            let node = path.is_file().then(|| {
                let bytes = fs::read(&path).expect("it is read");
                disk.files.push(File { synced: bytes.clone(), now: bytes });
                disk.files.len() - 1
            });
            disk.names.insert(path.strip_prefix(root).expect("below").to_owned(), node);
        }
        disk.durable = disk.names.clone();
        disk
    }

    fn change(&mut self, changes: Vec<(PathBuf, Option<Node>)>) {
        for (path, node) in &changes {
            match node {
                Some(node) => drop(self.names.insert(path.clone(), *node)),
                None => drop(self.names.remove(path)),
            }
        }
        let folder = changes[0].0.parent().expect("a folder").to_owned();
        self.pending.push((folder, changes));
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Create(path) if self.names.contains_key(path) => {}
            Call::Create(path) => {
                self.files.push(File::default());
                self.change(vec![(path.clone(), Some(Some(self.files.len() - 1)))]);
            }
            Call::Write(path, bytes) => {
                if let Some(Some(file)) = self.names.get(path) {
                    self.files[*file].now.extend_from_slice(bytes);
                }
            }
            Call::Sync(path) => match self.names.get(path) {
                Some(Some(file)) => self.files[*file].synced = self.files[*file].now.clone(),
                _ => self.sync_folder(path),
            },
            Call::Rename(from, to) => {
                let node = self.names[from];
                self.change(vec![(from.clone(), None), (to.clone(), Some(node))]);
            }
            Call::Remove(path) => self.change(vec![(path.clone(), None)]),
            Call::Folder(path) => self.change(vec![(path.clone(), Some(None))]),
        }
    }

    fn sync_folder(&mut self, folder: &Path) {
        let (synced, pending) = std::mem::take(&mut self.pending).into_iter().partition(|(of, _)| of == folder);
        self.pending = pending;
        let synced: Vec<(PathBuf, Vec<(PathBuf, Option<Node>)>)> = synced;
        synced.into_iter().for_each(|(_, changes)| apply(&mut self.durable, changes));
    }

    /// Puts into a folder what is left after a crash; the dice say what of that which was not synced.
    fn crash(&self, root: &Path, keep: &mut dyn FnMut(u64) -> usize) {
        let mut names = self.durable.clone();
        for (_, changes) in &self.pending {
            if keep(2) == 1 {
                apply(&mut names, changes.clone());
            }
        }
        for (path, node) in &names {
            let place = root.join(path);
            // A name is found only where all folders above it are.
            if !place.parent().is_some_and(Path::is_dir) {
                continue;
            }
            match node {
                None => fs::create_dir(place).expect("made"),
                Some(file) => fs::write(place, self.files[*file].left(keep)).expect("written"),
            }
        }
    }
}

impl File {
    /// What is left of it: all that was synced, and of the rest nothing, all, or blocks of it, the others being zeros.
    fn left(&self, keep: &mut dyn FnMut(u64) -> usize) -> Vec<u8> {
        let mut left = self.now.clone();
        match keep(3) {
            0 => left.truncate(self.synced.len()),
            1 => {}
            _ => {
                let blocks = (self.synced.len()..left.len()).step_by(BLOCK);
                for start in blocks {
                    let end = (start + BLOCK).min(left.len());
                    if keep(2) == 0 {
                        left[start..end].fill(0);
                    }
                }
                let unsynced = (left.len() - self.synced.len()).div_ceil(BLOCK);
                left.truncate(self.synced.len() + BLOCK * keep(unsynced as u64 + 1));
            }
        }
        left
    }
}

fn apply(names: &mut BTreeMap<PathBuf, Node>, changes: Vec<(PathBuf, Option<Node>)>) {
    for (path, node) in changes {
        match node {
            Some(node) => drop(names.insert(path, node)),
            None => drop(names.remove(&path)),
        }
    }
}

/// The texts of a line of strace's, which are hexadecimal: those in quotes, and the paths of descriptors.
fn texts(line: &str) -> Vec<Vec<u8>> {
    let quoted = line.split(['"', '<', '>']).filter(|part| part.starts_with("\\x"));
    let bytes =
        |part: &str| part.split("\\x").skip(1).map(|hex| u8::from_str_radix(hex, 16).expect("hex")).collect();
    quoted.map(bytes).collect()
}

/// The call that a line tells, if it changes what lies below a folder.
fn call(line: &str, root: &Path) -> Option<Call> {
    use std::os::unix::ffi::OsStringExt;
    let (_, line) = line.split_once(' ')?;
    let (name, rest) = line.trim_start().split_once('(')?;
    let done = rest.rsplit_once(" = ").is_some_and(|(_, result)| !result.starts_with(['-', '?']));
    assert!(!line.contains("unfinished"), "two calls at once: {line}");
    let texts = texts(rest);
    let path = |at: usize| -> Option<PathBuf> {
        let path = PathBuf::from(std::ffi::OsString::from_vec(texts.get(at)?.clone()));
        let path = if path.is_absolute() { path.strip_prefix(root).ok()?.to_owned() } else { path };
        // Locks hold nothing that counts.
        (!path.ends_with("lock") && !path.ends_with("readers") && path.starts_with("st")).then_some(path)
    };
    if !done {
        return None;
    }
    Some(match name {
        // The descriptor that it gave is the last.
        "openat" if rest.contains("O_CREAT") => Call::Create(path(texts.len() - 1)?),
        "write" => Call::Write(path(0)?, texts.get(1).cloned().unwrap_or_default()),
        "fsync" | "fdatasync" => Call::Sync(path(0)?),
        "rename" => Call::Rename(path(0)?, path(1)?),
        "unlink" | "rmdir" => Call::Remove(path(0)?),
        "mkdir" => Call::Folder(path(0)?),
        _ => return None,
    })
}

/// Runs a command and tells what it did to the store.
fn recorded(site: &Site, args: &str) -> Vec<Call> {
    let trace = site.path("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "100000000", "-o"]).arg(&trace);
    strace.args(["-e", "trace=openat,write,fsync,fdatasync,rename,unlink,rmdir,mkdir"]).arg(program());
    strace.args(args.split_whitespace()).current_dir(site.folder.path()).env("TZ", "UTC");
    let status = strace.env("RAYON_NUM_THREADS", "1").stderr(Stdio::null()).status().expect("strace runs");
    assert!(status.success(), "{args}");
    let root = site.folder.path().canonicalize().expect("a folder");
    let text = fs::read_to_string(trace).expect("a trace");
    text.lines().filter_map(|line| call(line, &root)).collect()
}

#[test]
fn c60_a_power_failure_leaves_the_store_as_it_was_or_as_it_was_to_be() {
    if !Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|s| s.success()) {
        return skip("c60", "strace is not there");
    }
    let mut dice = Dice(60);
    let mut crashes = 0;
    for args in ["ingest mail.log", "store compact", "store forget --older-than 0d", "store prune --keep 4000d"] {
        let args = format!("{args} --store st --jobs 1 -q");
        let site = Site::new();
        for end in [20, 40] {
            site.write("mail.log", &lives(0..end));
            site.fine("ingest --store st mail.log");
        }
        let old = site.deliveries();
        site.write("mail.log", &lives(0..60));
        let before = Disk::of(site.folder.path());
        let calls = recorded(&site, &args);
        let new = site.deliveries();
        assert!(calls.iter().any(|call| matches!(call, Call::Rename(..))), "{args} changes nothing: {calls:?}");
        for end in (1..=calls.len()).step_by(times("MAILTRAIL_STEP", 9)) {
            let mut disk = before.clone();
            calls[..end].iter().for_each(|call| disk.call(call));
            for round in 0..times("MAILTRAIL_ROUNDS", 2) {
                let after = Site::new();
                // First nothing is kept that was not synced.
                disk.crash(after.folder.path(), &mut |sides| if round == 0 { 0 } else { dice.below(sides) });
                let found = after.deliveries();
                assert!(found == old || found == new, "{args}, after {:?}: {found:?}", calls[end - 1]);
                after.fine(&args);
                after.fine("ingest --store st -q mail.log");
                after.fine("store check --store st");
                assert_eq!(after.deliveries(), (60, 60), "{args}, after {:?}", calls[end - 1]);
                crashes += 1;
            }
        }
    }
    assert!(crashes > 20, "{crashes}");
}
