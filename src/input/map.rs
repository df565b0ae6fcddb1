//! The only file with `unsafe`: mapping a slice of a finished file into memory.
#![allow(unsafe_code, reason = "memmap2's maps are unsafe by nature; see `slice` for why it holds here")]

use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io;

/// Maps a slice of a file.
///
/// # Errors
///
/// Where the file is shorter by now than the slice needs, or the system refuses.
pub(super) fn slice(file: &File, offset: u64, len: usize) -> io::Result<Mmap> {
    let needed = offset + len as u64;
    if file.metadata()?.len() < needed {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"));
    }
    // SAFETY: the map is read only and private to us. Nobody writes to a finished file (one that was rotated away, or
    // that has not been written to for a while; the live one is read instead), so its bytes do not change under the
    // references that we hand out. Were it truncated all the same, the access would be a SIGBUS: the length was checked a
    // moment ago, and the map lives for one chunk only, so the window is small.
    unsafe { MmapOptions::new().offset(offset).len(len).map(file) }
}
