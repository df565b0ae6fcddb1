//! Chunks: slices of a source that start and end at a line's edge.

use super::{Compression, Source, map};
use crate::frame;
use memchr::{memchr, memrchr};
use memmap2::Mmap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The longest line that is read whole; a longer one is damaged.
pub const LONGEST_LINE: usize = 16 << 20;

/// A slice of a source.
#[derive(Debug)]
pub struct Chunk {
    /// The byte of the source at which it starts.
    pub offset: u64,
    /// Its bytes; of a line that is too long to be read, only its start.
    pub bytes: Bytes,
    /// Whether it is the start of a line that is too long to be read.
    pub oversize: bool,
    /// Whether its lines are counted in octets (RFC 6587 3.4.1).
    pub counted: bool,
}

/// Bytes, mapped or read.
#[derive(Debug)]
pub enum Bytes {
    /// A part of a file of ours.
    Mapped(Mmap),
    /// What was read or decompressed.
    Read(Vec<u8>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Read(bytes) => bytes,
        }
    }
}

impl Chunk {
    /// Its lines, without their ends, each with the byte at which it starts.
    pub fn lines(&self) -> Lines<'_> {
        Lines { bytes: &self.bytes, at: 0, offset: self.offset, counted: self.counted }
    }
}

/// Walks the lines of a chunk.
#[derive(Debug)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    offset: u64,
    counted: bool,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (u64, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let offset = self.offset + self.at as u64;
        if self.counted
            && let Some((head, len)) = frame::octet_count(rest)
            && let Some(line) = rest.get(head..head + len)
        {
            self.at += head + len;
            return Some((offset, line));
        }
        // A count that is wrong spoils its own frame; the next one is found again.
        let next = if self.counted { next_start(rest) } else { memchr(b'\n', rest).map(|end| (end, end + 1)) };
        let (end, next) = next.unwrap_or((rest.len(), rest.len()));
        self.at += next;
        Some((offset, &rest[..end]))
    }
}

/// Where what is no frame ends, and where what follows begins: behind its line feed, or at the next frame with a count.
/// It looks no farther than that: a source without frames is walked once, not once for each of its lines.
fn next_start(text: &[u8]) -> Option<(usize, usize)> {
    memchr::memchr2_iter(b'\n', b'<', text).find_map(|at| match text[at] {
        b'\n' => Some((at, at + 1)),
        _ => frame_start(text, at).map(|start| (start, start)),
    })
}

/// Where the frame with a count begins whose message begins here; one at the start of the text is not the next one.
fn frame_start(text: &[u8], message: usize) -> Option<usize> {
    let count = text[..message].strip_suffix(b" ")?;
    let digits = count.iter().rev().take(9).take_while(|b| b.is_ascii_digit()).count();
    Some(count.len() - digits).filter(|start| *start > 0 && frame::octet_count(&text[*start..]).is_some())
}

/// Cuts a source into chunks.
pub struct Chunks {
    from: From,
    offset: u64,
    target: usize,
    counted: bool,
}

enum From {
    /// A file of ours, of this length.
    Map(File, u64),
    /// What is read.
    Stream(Stream),
}

/// A stream that is being read.
struct Stream {
    reader: Box<dyn Read + Send>,
    /// Bytes that must still come; 0 where nobody knows.
    due: u64,
    /// What was read and not yet given out.
    rest: Vec<u8>,
    /// Whether there is no more to read.
    ended: bool,
    /// Why, if it broke off: told once what came before it was given out.
    error: Option<io::Error>,
    /// Whether a last line without an end is not given out.
    hold: bool,
}

impl Stream {
    fn new(reader: Box<dyn Read + Send>, hold: bool) -> Self {
        Self { reader, due: 0, rest: Vec::new(), ended: false, error: None, hold }
    }

    /// A plain file from a byte up to the length that it had when it was opened.
    fn of_file(mut file: File, start: u64, len: u64, hold: bool) -> io::Result<Self> {
        file.seek(SeekFrom::Start(start))?;
        let due = len.saturating_sub(start);
        Ok(Self { due, ..Self::new(Box::new(file.take(due)), hold) })
    }
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunks at {}", self.offset)
    }
}

impl Chunks {
    /// Opens a source to be cut into chunks of about `target` bytes.
    ///
    /// # Errors
    ///
    /// Where the source cannot be opened.
    pub fn open(source: &Source, target: usize) -> io::Result<Self> {
        let file = source.open()?;
        let start = source.resume.as_ref().map_or(0, |resume| resume.from);
        let from = match source.compression {
            Compression::None if source.is_ours() && !source.counted => From::Map(file, source.len),
            Compression::None => From::Stream(Stream::of_file(file, start, source.len, source.hold)?),
            compression => {
                let mut text = compression.reader(file)?;
                io::copy(&mut text.by_ref().take(start), &mut io::sink())?;
                From::Stream(Stream::new(text, source.hold))
            }
        };
        Ok(Self { from, offset: start, target: target.max(1), counted: source.counted })
    }

    /// The byte behind the last chunk.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next chunk, or nothing at the end.
    ///
    /// # Errors
    ///
    /// Where reading fails; what was read before has been given out, and the next call gives what is left of it.
    #[expect(clippy::should_implement_trait, reason = "an iterator of results would have to go on after an error")]
    pub fn next(&mut self) -> io::Result<Option<Chunk>> {
        let found = match &mut self.from {
            From::Map(file, len) => mapped(file, self.offset, *len, self.target)?,
            From::Stream(stream) => streamed(stream, self.target, self.counted)?,
        };
        let Some(Piece { bytes, oversize, len }) = found else {
            return Ok(None);
        };
        let chunk = Chunk { offset: self.offset, bytes, oversize, counted: self.counted };
        self.offset += len;
        Ok(Some(chunk))
    }
}

/// A chunk, and how many bytes of the source it stands for.
struct Piece {
    bytes: Bytes,
    oversize: bool,
    len: u64,
}

fn mapped(file: &File, offset: u64, len: u64, target: usize) -> io::Result<Option<Piece>> {
    let left = usize::try_from(len - offset).unwrap_or(usize::MAX);
    if left == 0 {
        return Ok(None);
    }
    let mut window = target.min(left);
    loop {
        let map = map::slice(file, offset, window)?;
        let end = if window == left { Some(window) } else { memrchr(b'\n', &map).map(|at| at + 1) };
        match end {
            Some(end) if end == window => return Ok(Some(whole(Bytes::Mapped(map)))),
            Some(end) => return Ok(Some(whole(Bytes::Mapped(map::slice(file, offset, end)?)))),
            None if window >= LONGEST_LINE => return oversize_in(file, offset, len, &map).map(Some),
            None => window = (window * 2).min(left),
        }
    }
}

fn whole(bytes: Bytes) -> Piece {
    let len = bytes.len() as u64;
    Piece { bytes, oversize: false, len }
}

/// A line that is too long: its start, and its length with its end.
fn oversize_in(file: &File, offset: u64, len: u64, start: &[u8]) -> io::Result<Piece> {
    let mut at = offset + start.len() as u64;
    while at < len {
        let window = usize::try_from(len - at).unwrap_or(usize::MAX).min(LONGEST_LINE);
        let map = map::slice(file, at, window)?;
        match memchr(b'\n', &map) {
            Some(end) => {
                at += end as u64 + 1;
                break;
            }
            None => at += window as u64,
        }
    }
    Ok(Piece { bytes: Bytes::Read(start[..200].to_vec()), oversize: true, len: at - offset })
}

fn streamed(stream: &mut Stream, target: usize, counted: bool) -> io::Result<Option<Piece>> {
    let mut want = target;
    loop {
        stream.fill(want);
        let rest = &mut stream.rest;
        if rest.is_empty() {
            return stream.error.take().map_or(Ok(None), Err);
        }
        let edge = if counted { counted_edge(rest, target) } else { memrchr(b'\n', rest).map(|at| at + 1) };
        let edge = match edge {
            None if stream.ended && stream.hold => return stream.error.take().map_or(Ok(None), Err),
            edge if stream.hold => edge,
            edge if stream.ended && (edge.is_none() || rest.len() <= want) => Some(rest.len()),
            edge => edge,
        };
        match edge {
            Some(edge) => {
                let tail = rest.split_off(edge);
                return Ok(Some(whole(Bytes::Read(std::mem::replace(rest, tail)))));
            }
            None if rest.len() >= LONGEST_LINE => return Ok(Some(stream.oversize())),
            None => want = rest.len() * 2,
        }
    }
}

impl Stream {
    /// Reads until there are `want` bytes or no more.
    fn fill(&mut self, want: usize) {
        while self.rest.len() < want && !self.ended {
            let missing = want - self.rest.len();
            self.rest.reserve(missing);
            match self.reader.by_ref().take(missing as u64).read_to_end(&mut self.rest) {
                Ok(0) => (self.ended, self.error) = (true, self.cut_short()),
                Ok(read) => self.due = self.due.saturating_sub(read as u64),
                Err(error) => (self.ended, self.error) = (true, Some(error)),
            }
        }
    }

    /// What is wrong with an end before all that was due has come.
    fn cut_short(&self) -> Option<io::Error> {
        let error = || io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read");
        (self.due > 0).then(error)
    }

    /// A line that is too long: its start, and its length with its end.
    fn oversize(&mut self) -> Piece {
        let start = self.rest[..200].to_vec();
        let mut len = 0;
        loop {
            if let Some(end) = memchr(b'\n', &self.rest) {
                len += end as u64 + 1;
                self.rest.drain(..=end);
                break;
            }
            len += self.rest.len() as u64;
            self.rest.clear();
            self.fill(LONGEST_LINE);
            if self.rest.is_empty() {
                break;
            }
        }
        Piece { bytes: Bytes::Read(start), oversize: true, len }
    }
}

/// The end of the last whole frame in the bytes, after `target` bytes at most.
fn counted_edge(bytes: &[u8], target: usize) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() && at < target.max(1) {
        let next = match frame::octet_count(&bytes[at..]) {
            Some((head, len)) if at + head + len <= bytes.len() => at + head + len,
            Some(_) => break,
            // Not a frame: up to the end of the line, or to the next frame.
            None => match next_start(&bytes[at..]) {
                Some((_, next)) => at + next,
                None => break,
            },
        };
        at = next;
    }
    (at > 0).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &[u8], target: usize, counted: bool) -> Vec<Vec<u8>> {
        let mut stream = Stream::new(Box::new(io::Cursor::new(text.to_vec())), false);
        let mut out = Vec::new();
        while let Some(piece) = streamed(&mut stream, target, counted).expect("memory") {
            out.push(piece.bytes.to_vec());
        }
        out
    }

    #[test]
    fn l9_pieces_end_at_lines_and_lose_nothing() {
        let text = b"one\ntwo two\n\nthree without end";
        for target in 1..40 {
            let pieces = pieces(text, target, false);
            assert_eq!(pieces.concat(), text);
            assert!(pieces[..pieces.len() - 1].iter().all(|p| p.ends_with(b"\n")), "{target}");
        }
    }

    #[test]
    fn counted_frames_may_hold_line_feeds() {
        let text = b"5 <1>1a7 <1>1\nxy9 <1>1";
        for target in 1..30 {
            let pieces = pieces(text, target, true);
            assert_eq!(pieces.concat(), text);
        }
        let chunk = Chunk { offset: 0, bytes: Bytes::Read(text.to_vec()), oversize: false, counted: true };
        let lines: Vec<_> = chunk.lines().map(|(_, line)| line.to_vec()).collect();
        assert_eq!(lines, [b"<1>1a".to_vec(), b"<1>1\nxy".to_vec(), b"9 <1>1".to_vec()]);
    }

    #[test]
    fn what_is_no_frame_ends_at_its_line_or_at_the_next_frame() {
        let text = b"no < frame\n99 <1>2 cut 5 <1>1a\n";
        let chunk = Chunk { offset: 0, bytes: Bytes::Read(text.to_vec()), oversize: false, counted: true };
        let lines: Vec<_> = chunk.lines().map(|(at, line)| (at, line.to_vec())).collect();
        let expected: [(u64, &[u8]); 4] = [(0, b"no < frame"), (11, b"99 <1>2 cut "), (23, b"<1>1a"), (30, b"")];
        assert_eq!(lines, expected.map(|(at, line)| (at, line.to_vec())));
    }
}
