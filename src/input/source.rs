//! A source: one file, or standard input.

use super::utf16::{Decoder, Order};
use super::{Kind, Known, Options, Resume, mail};
use crate::frame;
use crate::own;
use crate::text::Text;
use crate::time::SECOND;
use crate::time::stamp::Stamp;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long a file must have been left alone to count as finished.
const QUIET: i64 = 600 * SECOND;

/// How much of a source's beginning is looked at before it is read.
pub(super) const HEAD: usize = 64 << 10;

/// A file, or standard input.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name as the user gave it.
    pub name: Text,
    /// Where it is.
    pub path: PathBuf,
    /// Standard input or a pipe, once it lies in a file of ours.
    spooled: Option<Arc<File>>,
    /// Device and inode.
    pub identity: (u64, u64),
    /// When the file was made, where the system tells; microseconds since the epoch.
    pub born: Option<i64>,
    /// When the file was last written, in nanoseconds since the epoch.
    pub mtime: i64,
    /// Its length when it was opened, as it lies on the disk.
    pub len: u64,
    /// When it was last written, or, of a gz file, when what it holds was; microseconds since the epoch.
    pub written: i64,
    /// How it is compressed.
    pub compression: Compression,
    /// Whether nobody writes to it any more.
    pub finished: bool,
    /// Whether its lines are counted in octets.
    pub counted: bool,
    /// What it holds.
    pub kind: Kind,
    /// The beginning of its text; of mail nothing.
    pub head: Vec<u8>,
    /// The stamp of its first line that has one.
    pub first: Option<Stamp>,
    /// What is new in it, if it was read before.
    pub resume: Option<Resume>,
    /// Whether a last line that does not end yet is left for another run.
    pub hold: bool,
    /// A source of an earlier run, which may lie elsewhere by now.
    known: Option<Box<Known>>,
}

/// How a file is compressed; told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), possibly of several members.
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
    /// Not at all, but its characters take two bytes or four: UTF-16 (RFC 2781), the lower byte first or the higher.
    Utf16(Order),
}

/// The longest of the bytes that tell it.
const MAGIC: u64 = 6;

/// The longest window that a zstd frame may ask for: 2^27 bytes, as the `zstd` command allows.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The most memory that an xz stream may ask for.
const XZ_MEMORY: u64 = 256 << 20;

impl Compression {
    pub(super) fn of(head: &[u8]) -> Self {
        let magics: [(&[u8], Self); 6] = [
            (b"\x1f\x8b", Self::Gzip),
            (b"\x28\xb5\x2f\xfd", Self::Zstd),
            (b"\xfd7zXZ\0", Self::Xz),
            (b"BZh", Self::Bzip2),
            (b"\xff\xfe", Self::Utf16(Order::Low)),
            (b"\xfe\xff", Self::Utf16(Order::High)),
        ];
        magics.iter().find(|(magic, _)| head.starts_with(magic)).map_or(Self::None, |(_, kind)| *kind)
    }

    /// That of a file, which is read from its beginning on afterwards.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn of_file(file: &mut File) -> io::Result<Self> {
        let mut head = Vec::new();
        file.take(MAGIC).read_to_end(&mut head)?;
        file.rewind()?;
        Ok(Self::of(&head))
    }

    /// A reader of the text. Members and frames one behind the other are one text.
    ///
    /// # Errors
    ///
    /// Where the decoder cannot be made.
    pub fn reader(self, file: File) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => Box::new(file),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(file)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
            Self::Xz => {
                let stream =
                    liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::read::XzDecoder::new_stream(io::BufReader::new(file), stream))
            }
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(file)),
            Self::Utf16(order) => Box::new(Decoder::new(file, order)),
        })
    }
}

impl Source {
    /// Whether it can be read from any place on: neither compressed nor in frames that count their bytes.
    pub(super) fn is_plain(&self) -> bool {
        self.compression == Compression::None && !self.counted
    }

    /// Looks at a file.
    pub(super) fn of_file(name: Text, path: &Path, options: &Options) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Self::of(name, path, None, &file, &metadata, options)
    }

    /// Takes in what cannot be read twice (standard input, a pipe): it goes into a file that has no name.
    pub(super) fn of_pipe(
        name: Text,
        reader: &mut dyn Read,
        metadata: &Metadata,
        options: &Options,
    ) -> io::Result<Self> {
        let mut file = own::temporary(|folder| tempfile::tempfile_in(folder))?;
        io::copy(reader, &mut file)?;
        file.flush()?;
        let mut source = Self::of(name, Path::new("-"), Some(&file), &file, &file.metadata()?, options)?;
        source.finished = true;
        source.written = options.now;
        if metadata.is_file() {
            (source.identity, source.born) = identity(metadata);
            source.written = written(metadata);
        }
        Ok(source)
    }

    fn of(
        name: Text,
        path: &Path,
        spooled: Option<&File>,
        file: &File,
        metadata: &Metadata,
        options: &Options,
    ) -> io::Result<Self> {
        let mut magic = [0; 10];
        let got = beginning(file, &mut magic)?;
        let compression = Compression::of(&magic[..got]);
        let written = gzip_time(compression, &magic).map_or_else(|| written(metadata), |seconds| seconds * SECOND);
        let (identity, born) = identity(metadata);
        let mut source = Self {
            spooled: spooled.map(|f| f.try_clone().map(Arc::new)).transpose()?,
            identity,
            born,
            mtime: metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec()),
            len: metadata.len(),
            written,
            compression,
            finished: self::written(metadata).saturating_add(QUIET) < options.now,
            ..Self::empty(name, path)
        };
        source.look(options);
        Ok(source)
    }

    /// A folder of messages; it has no text of its own.
    pub(super) fn of_folder(name: Text, path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            identity: (metadata.dev(), metadata.ino()),
            written: written(&metadata),
            kind: Kind::Message,
            ..Self::empty(name, path)
        })
    }

    /// A finished source without text.
    fn empty(name: Text, path: &Path) -> Self {
        Self {
            name,
            path: path.to_owned(),
            spooled: None,
            identity: (0, 0),
            born: None,
            mtime: 0,
            len: 0,
            written: 0,
            compression: Compression::None,
            finished: true,
            counted: false,
            kind: Kind::Log,
            head: Vec::new(),
            first: None,
            resume: None,
            hold: false,
            known: None,
        }
    }

    /// So many bytes of the text at most.
    fn beginning(&self, most: usize) -> Vec<u8> {
        let mut beginning = Vec::new();
        if let Ok(reader) = self.text() {
            let _ = reader.take(most as u64).read_to_end(&mut beginning);
        }
        beginning
    }

    /// Looks at the beginning of the text. A text that breaks off at once has none; that is told when it is read.
    fn look(&mut self, options: &Options) {
        let head = self.beginning(HEAD);
        self.kind = mail::kind(&head);
        if self.kind == Kind::Log && head.len() == HEAD && mail::ends_in_field(&head) {
            self.kind = mail::kind(&self.beginning(mail::LONGEST_BLOCK));
        }
        if self.kind != Kind::Log {
            return;
        }
        self.counted = frame::octet_count(&head).is_some();
        self.first = if self.counted {
            frame::octet_count(&head).and_then(|(start, _)| frame::stamp(&head[start..]))
        } else {
            let stamp = head.split(|b| *b == b'\n').find_map(frame::stamp);
            stamp.or_else(|| frame::first_stamp(&options.layouts, &head))
        };
        self.head = head;
    }

    /// A source of an earlier run, to read lines back from.
    pub fn of_known(known: &Known) -> Self {
        Self {
            identity: known.identity,
            born: known.born,
            mtime: known.disk.1,
            known: Some(Box::new(known.clone())),
            ..Self::empty(known.name.clone(), &known.path)
        }
    }

    /// What tells its file from all others.
    pub fn file(&self) -> Identity {
        (self.identity, self.born)
    }

    /// The source from its start, where it is now; nothing where it is gone.
    pub fn whole(&self) -> Option<Self> {
        match &self.known {
            Some(known) => known.find(),
            None => Some(Self { resume: None, hold: false, ..self.clone() }),
        }
    }

    /// Reads a compressed source to its end, which alone proves it.
    ///
    /// # Errors
    ///
    /// Where it breaks off, or holds something else than was compressed.
    pub(super) fn prove(&self) -> io::Result<()> {
        if self.compression == Compression::None {
            return Ok(());
        }
        io::copy(&mut self.text()?, &mut io::sink()).map(drop)
    }

    /// Whether it lies in a file of ours that has no name: nobody else can write to it or cut it short.
    pub(super) fn is_ours(&self) -> bool {
        self.spooled.is_some()
    }

    /// The file, from its start.
    pub(super) fn open(&self) -> io::Result<File> {
        if let Some(file) = &self.spooled {
            let mut file = file.try_clone()?;
            file.seek(SeekFrom::Start(0))?;
            return Ok(file);
        }
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        if self.identity != (metadata.dev(), metadata.ino()) {
            let what = "another file took its place while it was read; the next run finds it again";
            return Err(io::Error::new(io::ErrorKind::NotFound, what));
        }
        Ok(file)
    }

    /// A reader of the text, up to the length that the source had.
    pub fn text(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = self.open()?;
        match self.compression {
            Compression::None => Ok(Box::new(file.take(self.len))),
            compression => compression.reader(file),
        }
    }

    /// The stamp of the last line of a plain file.
    pub(super) fn last(&self) -> Option<Stamp> {
        self.end()?.rsplit(|b| *b == b'\n').find_map(frame::stamp)
    }

    /// The last bytes of a plain file, as many as were looked at of its beginning.
    pub(super) fn end(&self) -> Option<Vec<u8>> {
        let start = self.len.saturating_sub(HEAD as u64);
        if self.is_plain() { self.read_at(start, HEAD) } else { None }
    }

    /// Some bytes of a plain file.
    pub(super) fn read_at(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len.min(usize::try_from(self.len - offset.min(self.len)).unwrap_or(len))];
        self.open().ok()?.read_exact_at(&mut bytes, offset).ok()?;
        Some(bytes)
    }
}

/// Reads what a file begins with; a call may be interrupted, or give less than there is.
fn beginning(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read_at(&mut buffer[got..], got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

/// What tells a file from all others: device and inode, and when it was made, where the system tells that. An inode is given to
/// another file once its own is gone.
pub type Identity = ((u64, u64), Option<i64>);

/// When a file was last written, microseconds since the epoch.
fn written(metadata: &Metadata) -> i64 {
    metadata.mtime().saturating_mul(SECOND)
}

/// What tells the file of this metadata from all others.
pub fn identity(metadata: &Metadata) -> Identity {
    ((metadata.dev(), metadata.ino()), born(metadata))
}

fn born(metadata: &Metadata) -> Option<i64> {
    let since = metadata.created().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

/// The time that a gzip header tells (RFC 1952 2.3.1, MTIME), if it does.
fn gzip_time(compression: Compression, head: &[u8; 10]) -> Option<i64> {
    let time = i64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    (compression == Compression::Gzip && time > 0).then_some(time)
}
