//! Who may do what with a store at the same time.
//!
//! Writers hold `lock`, one at a time; readers share `readers`, and nothing is cleared away while one holds it. Neither
//! file is ever renamed or removed: a lock on a file that is gone would keep nobody out.

use crate::error::{Error, Exit, Result};
use crate::facts::not_written;
use crate::own;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How long we wait for another writer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Seconds.
    pub seconds: u32,
}

/// How often is tried in a second.
const TRIES: u32 = 10;

impl Patience {
    /// The times at which is tried: at once, and then until it ends.
    pub(super) fn tries(self) -> impl Iterator<Item = ()> {
        let pause = |attempt| {
            if attempt > 0 {
                sleep(Duration::from_secs(1) / TRIES);
            }
        };
        (0..=self.seconds.saturating_mul(TRIES)).map(pause)
    }
}

/// The right to write.
#[derive(Debug)]
pub(super) struct Writing(File);

/// The right to find what the manifest names.
#[derive(Debug)]
pub(super) struct Reading(File);

const WRITERS: &str = "lock";
const READERS: &str = "readers";

impl Writing {
    /// Waits for the right to write.
    pub fn begin(root: &Path, patience: Patience) -> Result<Self> {
        let path = root.join(WRITERS);
        let mut file = open(&path).map_err(|e| not_written(&path, &e))?;
        for () in patience.tries() {
            match file.try_lock() {
                Ok(()) => {
                    let told = file.set_len(0).and_then(|()| write!(file, "process {}", std::process::id()));
                    told.map_err(|e| not_written(&path, &e))?;
                    return Ok(Self(file));
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(not_written(&path, &e)),
            }
        }
        let mut holder = String::new();
        let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(100).read_to_string(&mut holder));
        Err(Error::new(Exit::TryLater, format!("another run writes to the store in {}", root.display()))
            .why(if holder.is_empty() { "its process is not known".to_owned() } else { holder })
            .help("try again when it is done, or wait longer with `--wait SECONDS`"))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

impl Reading {
    /// Holds what is there. Where we may not even do that, we read all the same.
    pub fn begin(root: &Path) -> Option<Self> {
        let file = own::open(&root.join(READERS)).ok()?;
        file.lock_shared().ok()?;
        Some(Self(file))
    }
}

/// The right to clear away, if nobody reads.
pub(super) fn alone(root: &Path) -> Option<Reading> {
    let file = open(&root.join(READERS)).ok()?;
    file.try_lock().ok()?;
    Some(Reading(file))
}

fn open(path: &Path) -> io::Result<File> {
    own::open_or_make(path, own::options().read(true).write(true))
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}
