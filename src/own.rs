//! Files of our own: those that we wrote, and those that a user wrote for us. Logs and mail are not among them.
//!
//! Comes in: a path, and what is to lie there. Goes out: its bytes, as many as such a file may have. Anything else at
//! that path is an error and no wait: a pipe that nobody writes to, a device without end, a file that would fill the
//! memory. What was opened is looked at, not the path: by then another file may lie there. What root makes in a folder of
//! somebody else belongs to that one.

mod made;

pub use made::{Folder, is_root, make_folder, open_or_make, user};

use crate::error::Error;
use std::env;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What is read: how much of it at most, and whether it may come through a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    most: u64,
    piped: bool,
}

impl Kind {
    /// A file of so many bytes at most.
    pub const fn of(most: u64) -> Self {
        Self { most, piped: false }
    }

    /// The same, or what a pipe gives: `--config <(...)` is typed by people.
    const fn or_pipe(self) -> Self {
        Self { piped: true, ..self }
    }
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A configuration.
pub const CONFIGURATION: Kind = Kind::of(4 * MIB).or_pipe();
/// A grammar, a question, a report or a template of a user's folder.
pub const ASSET: Kind = Kind::of(4 * MIB);
/// A question that is asked: no longer one passes the gate.
pub const QUESTION: Kind = Kind::of(16 * MIB).or_pipe();
/// A password, in the first line.
pub const PASSWORD: Kind = Kind::of(64 * KIB);
/// Certificates of authorities: those of the whole web take 250 KB.
pub const CERTIFICATES: Kind = Kind::of(16 * MIB);
/// The manifest of a store: some 300 bytes for a segment.
pub const MANIFEST: Kind = Kind::of(GIB);
/// The secret of a store.
pub const SECRET: Kind = Kind::of(KIB);
/// What is open in a store, compressed.
pub const STATE: Kind = Kind::of(4 * GIB);
/// A message of the spool, with what is attached.
pub const MESSAGE: Kind = Kind::of(256 * MIB);
/// The first line of one.
pub const ENVELOPE: Kind = Kind::of(MIB);
/// What is remembered of a night, or the figures of its report.
pub const RECORD: Kind = Kind::of(16 * MIB);
/// What the machine says of itself: its name, its groups, its zone.
pub const MACHINE: Kind = Kind::of(16 * MIB);

/// How long a pipe is waited for that nobody writes to, and how long all of what one gives may take.
const NOBODY: Duration = Duration::from_secs(10);
const ALL: Duration = Duration::from_mins(1);

/// How often a pipe is asked.
const PAUSE: Duration = Duration::from_millis(10);

/// Do not wait when a file is opened (open(2)): Linux's value, but on Alpha, MIPS, PA-RISC and SPARC.
const NONBLOCK: i32 = 0o4000;

/// The device `/dev/null`, which is empty and no harm (null(4)).
const NULL: u64 = 0x103;

/// The bytes of a file.
///
/// # Errors
///
/// Where it cannot be read, is no file (`InvalidInput`) or longer than its kind may be (`FileTooLarge`).
pub fn bytes(path: &Path, kind: Kind) -> io::Result<Vec<u8>> {
    let (file, metadata) = opened(path)?;
    if kind.piped && metadata.file_type().is_fifo() {
        return of_pipe(file, kind);
    }
    is_file(&metadata)?;
    let mut bytes = Vec::new();
    if metadata.len() <= kind.most {
        file.take(kind.most + 1).read_to_end(&mut bytes)?;
    }
    let len = metadata.len().max(bytes.len() as u64);
    if len > kind.most { Err(too_large(kind)) } else { Ok(bytes) }
}

/// Makes something large and temporary: where `TMPDIR` says, else in `/var/tmp`, since `/tmp` often lies in memory.
///
/// # Errors
///
/// Where it cannot be made there, nor in `/tmp`.
pub fn temporary<T>(make: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    match env::var_os("TMPDIR").filter(|named| !named.is_empty()) {
        Some(named) => make(Path::new(&named)),
        None => make(Path::new("/var/tmp")).or_else(|_| make(Path::new("/tmp"))),
    }
}

/// The text of a file.
///
/// # Errors
///
/// As [`bytes`]; where it is not UTF-8 (`InvalidData`).
pub fn text(path: &Path, kind: Kind) -> io::Result<String> {
    let text = String::from_utf8(bytes(path, kind)?);
    text.map_err(|_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// The first line of a file, with its end where it has one.
///
/// # Errors
///
/// Where it cannot be read, is no file (`InvalidInput`) or the line is longer than its kind may be (`FileTooLarge`).
pub fn first_line(path: &Path, kind: Kind) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    BufReader::new(open(path)?).take(kind.most + 1).read_until(b'\n', &mut line)?;
    if line.len() as u64 > kind.most { Err(too_large(kind)) } else { Ok(line) }
}

/// Opens a file, and nothing but a file.
///
/// # Errors
///
/// Where it cannot be opened, or is no file (`InvalidInput`).
pub fn open(path: &Path) -> io::Result<File> {
    let (file, metadata) = opened(path)?;
    is_file(&metadata).map(|()| file)
}

/// How a file is opened that is to be written: a pipe in its place would be waited for.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(NONBLOCK);
    options
}

/// An error about a file with its cause, and what to do where that is no matter of permissions.
pub fn told(what: Error, cause: &io::Error) -> Error {
    let help = match cause.kind() {
        ErrorKind::InvalidInput => "put a file in its place, or name another",
        ErrorKind::FileTooLarge => "see whether that is the file that was meant",
        ErrorKind::TimedOut => "see who is to write to the pipe, or name a file",
        _ => return what.why(cause),
    };
    what.why(cause).help(help)
}

fn opened(path: &Path) -> io::Result<(File, Metadata)> {
    let file = options().read(true).open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// Refuses what is no file.
fn is_file(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let is_null = kind.is_char_device() && metadata.rdev() == NULL;
    let what = match kind {
        kind if kind.is_file() || is_null => return Ok(()),
        kind if kind.is_dir() => "it is a folder and no file",
        kind if kind.is_fifo() => "it is a pipe and no file",
        _ => "it is a device and no file",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, what))
}

fn too_large(kind: Kind) -> io::Error {
    let (number, unit) = match kind.most {
        most if most >= MIB => (most / MIB, "MiB"),
        most => (most / KIB, "KiB"),
    };
    io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {number} {unit}, as no such file is"))
}

/// What a pipe gives up to its end. It was opened so that to read never waits: nothing to read is the end where nobody
/// has it open to write, and an error where somebody has.
fn of_pipe(mut pipe: File, kind: Kind) -> io::Result<Vec<u8>> {
    let begin = Instant::now();
    let (mut bytes, mut part) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let patience = match pipe.read(&mut part) {
            Ok(0) if !bytes.is_empty() => return Ok(bytes),
            Ok(0) => NOBODY,
            Ok(len) => {
                bytes.extend_from_slice(&part[..len]);
                if bytes.len() as u64 > kind.most {
                    return Err(too_large(kind));
                }
                continue;
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => ALL,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if begin.elapsed() > patience {
            let what = if patience == ALL { "this pipe does not end" } else { "nothing comes out of this pipe" };
            return Err(io::Error::new(ErrorKind::TimedOut, what));
        }
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn f25_only_a_file_is_read_and_only_so_much_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name);
        std::fs::write(place("file"), "x\ny").expect("written");
        File::create(place("huge")).and_then(|file| file.set_len(5 << 30)).expect("made");
        assert!(Command::new("mkfifo").arg(place("pipe")).status().expect("mkfifo runs").success());
        let of = |path: &Path| bytes(path, ASSET).map_err(|e| e.to_string());
        let refused = [
            (place("huge"), "it is larger than 4 MiB, as no such file is"),
            (place("pipe"), "it is a pipe and no file"),
            (place(""), "it is a folder and no file"),
            ("/dev/zero".into(), "it is a device and no file"),
        ];
        for (path, why) in refused {
            assert_eq!(of(&path), Err(why.to_owned()));
            assert_eq!(open(&path).is_ok(), path == place("huge"));
        }
        assert_eq!(of(&place("file")), Ok(b"x\ny".to_vec()));
        assert_eq!(of(Path::new("/dev/null")), Ok(Vec::new()));
        assert_eq!(first_line(&place("file"), ENVELOPE).expect("a line"), b"x\n");
        assert!(first_line(&place("huge"), ENVELOPE).is_err(), "a line without end");
        // Files of the kernel tell no length.
        assert!(!text(Path::new("/proc/sys/kernel/hostname"), MACHINE).expect("a name").is_empty());
    }

    #[test]
    fn f25_a_pipe_is_read_where_one_is_usual() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
        let read = |len: usize| {
            let (to, written) = (pipe.clone(), vec![b'x'; len]);
            let writer = std::thread::spawn(move || std::fs::write(to, written));
            let read = bytes(&pipe, Kind::of(100 << 10).or_pipe()).map_err(|e| e.kind());
            drop(writer.join());
            read
        };
        assert_eq!(read(100 << 10), Ok(vec![b'x'; 100 << 10]));
        assert_eq!(read(200 << 10), Err(ErrorKind::FileTooLarge));
        assert_eq!(bytes(&pipe, CONFIGURATION).map_err(|e| e.kind()), Err(ErrorKind::TimedOut));
    }
}
