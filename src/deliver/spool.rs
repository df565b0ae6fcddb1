//! The spool: messages that wait, were taken, or were given up. None is lost and none is sent twice.
//!
//! A message is one file, its envelope as JSON in the first line. It waits in `waiting/`. When the server has taken it,
//! one rename puts it into `sent/`: that file is the record that it was sent, and a rename needs no room on a full disk.
//! A crash between the two sends the same Message-ID again, which the reader's server can tell. What is never taken goes
//! to `failed/`, whole, so that somebody can look at it.

use super::{Carrier, Outcome, failed};
use crate::error::{Error, Exit, Result};
use crate::own;
use crate::time::{DAY, SECOND};
use lettre::Address;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the records of what was sent are kept, and what was given up.
const KEEP_SENT: i64 = 400 * DAY;
const KEEP_FAILED: i64 = 30 * DAY;

/// The wait after the first try; each further one doubles it.
const FIRST_WAIT: i64 = 5 * 60 * SECOND;
const LONGEST_WAIT: i64 = 4 * 3600 * SECOND;

/// How long another run may hold the spool until this one gives way.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server is told, and what became of it so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Envelope {
    /// What must be sent once.
    key: String,
    id: String,
    from: String,
    to: Vec<String>,
    /// When it came here, microseconds since the epoch.
    first: i64,
    /// How often it was tried.
    tries: u32,
    /// When it is to be tried again.
    next: i64,
    /// When it was taken, or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<i64>,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// What must be sent once: its Message-ID, or the name of the night that it tells of.
    pub key: &'a str,
    /// Its Message-ID.
    pub id: &'a str,
    /// Who sends it.
    pub from: &'a Address,
    /// Who gets it.
    pub to: Vec<Address>,
    /// The message.
    pub bytes: &'a [u8],
}

/// What putting a message into the spool came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It waits now.
    New,
    /// It waited already.
    Waiting,
    /// It was sent already, then.
    Sent(i64),
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its Message-ID.
    pub id: String,
    /// What happened.
    pub what: What,
}

/// What can become of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// All that take it have it; those who never will, and why.
    Sent(Vec<(String, String)>),
    /// It is tried again: why it was not taken.
    Later(String),
    /// It will never be taken: why.
    Refused(String),
    /// It was too old: why it was not taken the last time.
    GivenUp(String),
    /// Nobody can tell to whom it goes: why.
    Unreadable(&'static str),
}

/// The spool of a machine, held by one run.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    _lock: File,
}

impl Spool {
    /// Opens the spool below a folder of state, and makes it where it is missing.
    ///
    /// # Errors
    ///
    /// Where it cannot be made, or another run holds it.
    pub fn open(state: &Path) -> Result<Self> {
        let folder = state.join("mail");
        for part in ["waiting", "sent", "failed"] {
            super::private_folder(&folder.join(part))?;
        }
        let path = folder.join("lock");
        let lock = super::lock(&path, PATIENCE)?;
        let spool = Self { folder, _lock: lock };
        spool.tidy();
        Ok(spool)
    }

    /// Removes what a run left that was ended while it wrote.
    fn tidy(&self) {
        for part in ["waiting", "sent"] {
            for path in files(&self.folder.join(part)) {
                if path.extension().is_none_or(|ending| ending != "mail") {
                    let _ = fs::remove_file(path);
                }
            }
        }
    }

    fn path(&self, part: &str, key: &str) -> PathBuf {
        self.folder.join(part).join(format!("{}.mail", file_stem(key)))
    }

    /// When the message of this key was sent; nothing where it was not.
    pub fn sent(&self, key: &str) -> Option<i64> {
        let path = self.path("sent", key);
        path.exists().then(|| envelope(&path).map_or(0, |envelope| envelope.end.unwrap_or(envelope.first)))
    }

    /// Puts a message here to be sent, unless it was sent already.
    ///
    /// # Errors
    ///
    /// Where it cannot be written; then nothing was sent, and nothing is lost.
    pub fn put(&self, mail: &Mail<'_>, now: i64) -> Result<Put> {
        if let Some(when) = self.sent(mail.key) {
            return Ok(Put::Sent(when));
        }
        let path = self.path("waiting", mail.key);
        if path.exists() {
            return Ok(Put::Waiting);
        }
        let to = mail.to.iter().map(Address::to_string).collect();
        let envelope = Envelope {
            key: mail.key.to_owned(),
            id: mail.id.to_owned(),
            from: mail.from.to_string(),
            to,
            first: now,
            tries: 0,
            next: now,
            end: None,
        };
        write(&path, &envelope, mail.bytes).map(|()| Put::New)
    }

    /// How many messages wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        files(&self.folder.join("waiting")).len()
    }

    /// Tries to send what waits and is due, the oldest first, and the one that is named in any case. Of each it tells at once
    /// what became of it.
    ///
    /// # Errors
    ///
    /// Where the spool itself cannot be written; the rest waits then.
    pub fn flush(
        &self,
        carrier: &dyn Carrier,
        now: i64,
        max_age: i64,
        at_once: Option<&str>,
        tell: &mut dyn FnMut(Event),
    ) -> Result<()> {
        self.forget(now);
        let mut waiting = Vec::new();
        for path in files(&self.folder.join("waiting")) {
            match envelope(&path) {
                Some(envelope) => waiting.push((envelope, path)),
                None => tell(self.set_aside(&path)?),
            }
        }
        waiting.sort_by(|(a, _), (b, _)| (a.first, &a.id).cmp(&(b.first, &b.id)));
        let mut due = waiting.into_iter().filter(|(e, _)| e.next <= now || at_once == Some(e.key.as_str()));
        due.try_for_each(|(envelope, path)| self.attempt(envelope, &path, carrier, now, max_age).map(&mut *tell))
    }

    /// Moves a message whose envelope cannot be parsed to `failed/`, under a free name. One whose file cannot be opened waits,
    /// since that may pass.
    fn set_aside(&self, path: &Path) -> Result<Event> {
        let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Err(error) = own::open(path).and_then(|file| io::copy(&mut file.take(1), &mut io::sink()))
            && error.kind() != io::ErrorKind::InvalidInput
        {
            return Ok(Event { id, what: What::Later(format!("it cannot be read: {error}")) });
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let names = std::iter::once(id.clone()).chain((2..).map(|number: u32| format!("{stem}-{number}.mail")));
        let mut places = names.map(|name| self.folder.join("failed").join(name));
        if let Some(to) = places.find(|to| !to.exists()) {
            fs::rename(path, &to).map_err(|e| failed(&to, &e))?;
        }
        Ok(Event { id, what: What::Unreadable("its envelope cannot be read") })
    }

    fn attempt(
        &self,
        mut envelope: Envelope,
        path: &Path,
        carrier: &dyn Carrier,
        now: i64,
        max_age: i64,
    ) -> Result<Event> {
        let id = envelope.id.clone();
        let event = |what| Ok(Event { id: id.clone(), what });
        // A crash after the rename of a copy: it was sent.
        if self.sent(&envelope.key).is_some() {
            fs::remove_file(path).map_err(|e| failed(path, &e))?;
            return event(What::Sent(Vec::new()));
        }
        let Some((_, bytes)) = read(path) else {
            return event(What::Later("it cannot be read".to_owned()));
        };
        let outcome = match (address(&envelope.from), addresses(&envelope.to)) {
            (Some(from), Some(to)) => carrier.carry(&bytes, &from, &to),
            _ => Outcome::default(),
        };
        let refused: Vec<(String, String)> =
            outcome.refused.iter().map(|(to, why)| (to.to_string(), why.clone())).collect();
        if let Some((_, why)) = outcome.later.first() {
            if now - envelope.first >= max_age {
                self.end("failed", &mut envelope, path, now)?;
                return event(What::GivenUp(why.clone()));
            }
            envelope.to = outcome.later.iter().map(|(to, _)| to.to_string()).collect();
            envelope.next = now + wait(envelope.tries);
            envelope.tries += 1;
            write(path, &envelope, &bytes)?;
            return event(What::Later(why.clone()));
        }
        if outcome.accepted.is_empty() {
            self.end("failed", &mut envelope, path, now)?;
            let why = refused.into_iter().next().map_or_else(|| "it has no recipient".to_owned(), |(_, why)| why);
            return event(What::Refused(why));
        }
        self.end("sent", &mut envelope, path, now)?;
        event(What::Sent(refused))
    }

    /// Moves a message to where it stays. What was sent shrinks to its envelope, where there is room to write it.
    fn end(&self, part: &str, envelope: &mut Envelope, path: &Path, now: i64) -> Result<()> {
        let to = self.path(part, &envelope.key);
        fs::rename(path, &to).map_err(|e| failed(&to, &e))?;
        for folder in [path.parent(), to.parent()].into_iter().flatten() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| failed(folder, &e))?;
        }
        envelope.end = Some(now);
        if part == "sent" {
            let _ = write(&to, envelope, b"");
        }
        Ok(())
    }

    /// Removes records that are so old that nobody asks for them.
    fn forget(&self, now: i64) {
        for (part, keep) in [("sent", KEEP_SENT), ("failed", KEEP_FAILED)] {
            for path in files(&self.folder.join(part)) {
                let told = envelope(&path).map(|envelope| envelope.end.unwrap_or(envelope.first));
                if told.or_else(|| lies_since(&path)).is_some_and(|end| now - end > keep) {
                    let _ = fs::remove_file(path);
                }
            }
        }
    }
}

/// Since when a file lies where it lies: a rename changes that time, and no content does so without us.
fn lies_since(path: &Path) -> Option<i64> {
    fs::symlink_metadata(path).ok()?.ctime().checked_mul(SECOND)
}

/// The wait before the next try.
fn wait(tries: u32) -> i64 {
    FIRST_WAIT.saturating_mul(1 << tries.min(10)).min(LONGEST_WAIT)
}

fn address(text: &str) -> Option<Address> {
    text.parse().ok()
}

fn addresses(texts: &[String]) -> Option<Vec<Address>> {
    texts.iter().map(|text| address(text)).collect::<Option<Vec<_>>>().filter(|to| !to.is_empty())
}

/// A key as the name of a file: letters, digits and what else is harmless.
fn file_stem(key: &str) -> String {
    let key = key.trim_matches(['<', '>']);
    let name: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() || "-@_".contains(c) { c } else { '-' }).collect();
    name.chars().take(200).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

fn read(path: &Path) -> Option<(Envelope, Vec<u8>)> {
    let mut bytes = own::bytes(path, own::MESSAGE).ok()?;
    let end = memchr::memchr(b'\n', &bytes)?;
    let message = bytes.split_off(end + 1);
    Some((serde_json::from_slice(&bytes).ok()?, message))
}

/// The envelope alone, which is the first line.
fn envelope(path: &Path) -> Option<Envelope> {
    let line = own::first_line(path, own::ENVELOPE).ok()?;
    serde_json::from_slice(line.strip_suffix(b"\n")?).ok()
}

fn write(path: &Path, envelope: &Envelope, bytes: &[u8]) -> Result<()> {
    let mut content = serde_json::to_vec(envelope).map_err(|e| Error::new(Exit::Internal, "no JSON").why(e))?;
    content.push(b'\n');
    content.extend_from_slice(bytes);
    super::record(path, &content)
}

#[cfg(test)]
mod tests;
