//! Input: from the paths that a user names to streams of chunks.
//!
//! Comes in: paths. Goes out: streams, each a source and its rotated siblings, oldest first, without what was read
//! already under another name. What stands in a line is not known here, but for its time.

mod chunk;
mod contained;
mod duplicate;
mod find;
mod lines;
mod map;
mod source;
mod stream;

pub use chunk::{Bytes, Chunk, Chunks, LONGEST_LINE, Lines};
pub use lines::lines_at;
pub use source::{Compression, Source};
pub use stream::Stream;

use crate::error::Result;
use crate::frame::Layout;
use crate::text::Text;
use std::path::PathBuf;
use std::sync::Arc;

/// What the paths led to.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The streams, in the order in which they are read.
    pub streams: Vec<Stream>,
    /// Sources that hold nothing new: each with the name of the one that has it.
    pub duplicates: Vec<(Source, Text)>,
    /// What could not be read, in words.
    pub problems: Vec<Text>,
    /// What was passed over with good reason, in words.
    pub notes: Vec<Text>,
}

/// How paths are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The present, microseconds since the epoch: it tells which files are still being written.
    pub now: i64,
    /// The year in which logs without years end; worked out from the files where absent.
    pub year: Option<i32>,
    /// How lines may be laid out whose header is a system's own.
    pub layouts: Vec<Arc<Layout>>,
}

/// Finds the sources behind the paths and puts them in order.
///
/// # Errors
///
/// Where there is no input at all.
pub fn open(paths: &[PathBuf], options: &Options) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    let sources = find::sources(paths, options, &mut inputs)?;
    let sources = duplicate::remove(sources, &mut inputs);
    let streams = stream::group(sources, options);
    inputs.streams = contained::remove(streams, options, &mut inputs);
    Ok(inputs)
}
