//! The only file with `unsafe`: mapping a slice of a file of ours into memory.
#![allow(unsafe_code, reason = "memmap2's maps are unsafe by nature; see `slice` for why it holds here")]

use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io;

/// Maps a slice of a file that has no name and was written by us to its end.
///
/// # Errors
///
/// Where the system refuses.
pub(super) fn slice(file: &File, offset: u64, len: usize) -> io::Result<Mmap> {
    // SAFETY: the map is read only and private to us. The file was made without a name by this process, written to its
    // end before the first map, and is never written again: so its bytes do not change under the references that we hand
    // out, and no access lies behind its end, which would be a SIGBUS. Files that have a name are read: whoever may
    // write to one may cut it short at any time, and no check beforehand would hold.
    unsafe { MmapOptions::new().offset(offset).len(len).map(file) }
}
