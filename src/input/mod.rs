//! Input: from the paths that a user names to streams of chunks.
//!
//! Comes in: paths. Goes out: streams, each a source and its rotated siblings, oldest first, without what was read
//! already under another name; and mail beside them. What stands in a line is not known here, but for its time.

mod backwards;
mod chunk;
mod contained;
mod duplicate;
mod find;
mod hosts;
mod known;
mod lines;
pub mod mail;
mod map;
mod pipe;
mod source;
mod stream;
mod utf16;

pub use chunk::{Bytes, Chunk, Chunks, LONGEST_LINE, Lines};
pub use hosts::Hosts;
pub use known::{Known, Resume, TAIL};
pub use lines::lines_at;
pub use mail::{Kind, Mail};
pub use source::{Compression, Identity, Source, identity};
pub use stream::{Stream, is_rotated, rotation_of};
pub use utf16::Order;

use crate::error::Result;
use crate::frame::Layout;
use crate::text::Text;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What the paths led to.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The streams, in the order in which they are read.
    pub streams: Vec<Stream>,
    /// Messages and mailboxes, in order of name.
    pub mail: Vec<Mail>,
    /// Sources that hold nothing new: each with the name of the one that has it.
    pub duplicates: Vec<(Source, Text)>,
    /// What could not be read, in words.
    pub problems: Vec<Text>,
    /// What was passed over with good reason, in words.
    pub notes: Vec<Text>,
    /// What may not be as it was meant, in words.
    pub doubts: BTreeSet<Text>,
    /// How often each file was named by itself, and not by a pattern or a folder.
    named: BTreeMap<Text, usize>,
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
    /// Says at once what is waited for; all else can be told when everything is read.
    pub tell: fn(&str),
}

/// Finds the sources behind the paths, and what of them was not read before. Those that still grow are read up to
/// their last whole line, and a compressed one that is not complete yet waits.
///
/// # Errors
///
/// Where there is no input at all.
pub fn open_new(paths: &[PathBuf], options: &Options, known: &[Known], hold: bool) -> Result<Inputs> {
    let mut inputs = open(paths, options)?;
    known::settle(&mut inputs, known);
    if hold {
        inputs.hold();
    }
    Ok(inputs)
}

impl Inputs {
    /// Leaves what may still become whole for another run: the last line of a log that is being written, a file that is
    /// being compressed, and a compressed one that breaks off or whose checksum is wrong: nobody knows which of its
    /// lines are right.
    fn hold(&mut self) {
        let is_fresh = |source: &Source| source.resume.as_ref().is_none_or(|resume| !resume.done);
        let prove = |source: &Source| if is_fresh(source) { source.prove() } else { Ok(()) };
        for stream in &mut self.streams {
            let proofs: Vec<io::Result<()>> = stream.sources.par_iter().map(prove).collect();
            for (mut source, proof) in std::mem::take(&mut stream.sources).into_iter().zip(proofs) {
                source.hold = !source.finished;
                let name = source.name.raw();
                match proof {
                    Ok(()) => stream.sources.push(source),
                    Err(_) if source.hold => {
                        self.notes.push(Text::from(format!("{name}: not complete yet; left")));
                    }
                    Err(e) => self.problems.push(Text::from(format!("{name}: {e}; left until it is mended"))),
                }
            }
        }
        self.streams.retain(|stream| !stream.sources.is_empty());
    }
}

/// Finds the sources behind the paths and puts them in order.
///
/// # Errors
///
/// Where there is no input at all.
pub fn open(paths: &[PathBuf], options: &Options) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    let sources = find::sources(paths, options, &mut inputs)?;
    let (mail, sources) = sources.into_iter().partition(|source: &Source| source.kind != Kind::Log);
    inputs.add_mail(mail);
    let sources = duplicate::remove(sources, &mut inputs);
    let streams = stream::group(sources, options);
    inputs.streams = contained::remove(streams, options, &mut inputs);
    let sources = inputs.streams.iter().flat_map(|stream| &stream.sources);
    inputs.doubts.extend(sources.filter_map(backwards::doubt).collect::<Vec<_>>());
    Ok(inputs)
}

impl Inputs {
    /// A file was found once more. Patterns and folders may well overlap; who names a file twice did not mean to.
    fn tell_again(&mut self, name: &Text) {
        let told = Text::from(format!("{}: named more than once; counted once", name.raw()));
        if self.named.get(name).is_some_and(|times| *times > 1) {
            self.doubts.insert(told);
        } else {
            self.notes.push(told);
        }
    }

    /// Puts files that hold mail among the folders that do.
    fn add_mail(&mut self, sources: Vec<Source>) {
        self.mail.extend(sources.into_iter().map(|source| Mail { source, files: Vec::new() }));
        self.mail.sort_by(|a, b| a.source.name.cmp(&b.source.name));
    }
}
