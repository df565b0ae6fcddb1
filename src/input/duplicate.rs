//! Sources that hold nothing new: the same file by another name, a copy, a compressed copy, the beginning of another.

use super::{Inputs, Source};
use crate::text::Text;
use std::io::{self, Read};

/// Takes out what another source holds too; the longest stays.
pub(super) fn remove(sources: Vec<Source>, inputs: &mut Inputs) -> Vec<Source> {
    let mut kept: Vec<Source> = Vec::new();
    for source in sources {
        let place = if source.len > 0 { shared(&kept, &source) } else { None };
        match place {
            Some((at, Holds::Other)) if kept[at].name == source.name => inputs.tell_again(&source.name),
            Some((at, Holds::Other)) => inputs.duplicates.push((source, kept[at].name.clone())),
            Some((at, Holds::Source)) => {
                let shorter = std::mem::replace(&mut kept[at], source);
                let name = kept[at].name.clone();
                inputs.duplicates.push((shorter, name));
            }
            None => kept.push(source),
        }
    }
    name_the_kept(inputs, &kept);
    inputs.duplicates.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    kept
}

/// Which of two sources holds all of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Other,
    Source,
}

/// The first kept source that shares all its text with this one.
fn shared(kept: &[Source], source: &Source) -> Option<(usize, Holds)> {
    kept.iter().enumerate().filter(|(_, other)| may_share(other, source)).find_map(|(at, other)| {
        if other.identity == source.identity {
            return Some((at, Holds::Other));
        }
        compare(other, source).ok().flatten().map(|holds| (at, holds))
    })
}

/// Whether the texts begin alike, as far as both were looked at.
fn may_share(a: &Source, b: &Source) -> bool {
    let len = a.head.len().min(b.head.len());
    a.identity == b.identity || (len > 0 && a.head[..len] == b.head[..len])
}

/// Whether a text is the beginning of another.
pub(super) fn is_beginning(source: &Source, of: &Source) -> io::Result<bool> {
    Ok(compare(of, source)? == Some(Holds::Other))
}

/// Bytes of each of two texts that are compared at a time.
const STEP: usize = 256 << 10;

/// Reads both texts until one ends or they differ.
fn compare(other: &Source, source: &Source) -> io::Result<Option<Holds>> {
    let (mut a, mut b) = (other.text()?, source.text()?);
    let (mut left, mut right) = (Vec::with_capacity(STEP), Vec::with_capacity(STEP));
    loop {
        read_step(a.as_mut(), &mut left);
        read_step(b.as_mut(), &mut right);
        let common = left.len().min(right.len());
        if left[..common] != right[..common] {
            return Ok(None);
        }
        if common < STEP {
            return Ok(Some(if right.len() <= left.len() { Holds::Other } else { Holds::Source }));
        }
    }
}

fn read_step(reader: &mut dyn Read, text: &mut Vec<u8>) {
    text.clear();
    // What breaks off ends there; why is told when it is read.
    let _ = reader.take(STEP as u64).read_to_end(text);
}

/// A source that was taken for the longest may have given way to a longer one.
fn name_the_kept(inputs: &mut Inputs, kept: &[Source]) {
    let is_kept = |name: &Text| kept.iter().any(|source| source.name == *name);
    let moved: Vec<(Text, Text)> =
        inputs.duplicates.iter().map(|(source, of)| (source.name.clone(), of.clone())).collect();
    for (_, of) in &mut inputs.duplicates {
        while !is_kept(of)
            && let Some((_, next)) = moved.iter().find(|(name, _)| name == of)
            && next != of
        {
            *of = next.clone();
        }
    }
}
