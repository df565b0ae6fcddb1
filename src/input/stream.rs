//! Streams: a log and its rotated siblings, oldest first.

use super::{Options, Source};
use crate::frame;
use crate::text::Text;
use crate::time::stamp::{Clock, ClockState, Stamp};
use crate::time::{DAY, HOUR, Zone};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A log with its rotated siblings.
#[derive(Debug)]
pub struct Stream {
    /// The log's folder and name, without what rotation adds.
    pub key: String,
    /// The sources, oldest first.
    pub sources: Vec<Source>,
    /// The year of the first line, if its stamps have none.
    pub start_year: i32,
    /// The year of the last line, if its stamps have none; 0 where that is not known before it is read.
    pub end_year: i32,
    /// How long after its last line it was written last, as far as these years are right; 0 where that is not known.
    pub late: i64,
}

/// A log that was written last so long after its last line has lost that time: it was copied. Its year is a guess.
const LOST: i64 = 10 * DAY;

impl Stream {
    /// Why its years may be wrong, in words.
    pub fn doubt(&self) -> Option<Text> {
        let newest = self.sources.last().filter(|_| self.late > LOST)?;
        Some(Text::from(format!(
            "{}: the year {} is a guess, since the file was written {} days after its last line; `--year` says the right one",
            newest.name.raw(),
            self.end_year,
            self.late / DAY
        )))
    }
}

/// Puts sources that are one log together, each log in the order of its times.
pub(super) fn group(sources: Vec<Source>, options: &Options) -> Vec<Stream> {
    let live: Vec<(PathBuf, String)> = sources.iter().filter_map(live_name).collect();
    let mut groups: BTreeMap<(PathBuf, String), Vec<Source>> = BTreeMap::new();
    for source in sources {
        groups.entry(log_of(&source, &live)).or_default().push(source);
    }
    let named = |((folder, name), sources): ((PathBuf, String), Vec<Source>)| {
        stream(folder.join(name).to_string_lossy().into_owned(), sources, options)
    };
    let mut streams: Vec<Stream> = groups.into_iter().map(named).collect();
    streams.sort_by_cached_key(|stream| {
        let first = &stream.sources[0];
        (first.first.map_or(i64::MAX, |stamp| instant(stamp, stream.start_year)), first.name.clone())
    });
    streams
}

fn stream(key: String, mut sources: Vec<Source>, options: &Options) -> Stream {
    order(&mut sources, options);
    let samples: Vec<Stamp> = sources.iter().flat_map(samples).collect();
    let (start_year, end_year) = years(&samples, &sources, options);
    let late = if options.year.is_none() { late(&samples, &sources, end_year) } else { 0 };
    let end_year = if options.year.is_none() && !is_end_known(&sources) { 0 } else { end_year };
    Stream { key, sources, start_year, end_year, late }
}

/// Whether the last stamp without a year was seen: of what is compressed the first one is.
fn is_end_known(sources: &[Source]) -> bool {
    let yearless = |source: &&Source| matches!(source.first, Some(Stamp::Yearless(..)));
    let last = sources.iter().rev().find(yearless);
    last.is_none_or(Source::is_plain)
}

/// How long after its last line a log was written last; of what is compressed the last line is not known.
fn late(samples: &[Stamp], sources: &[Source], end_year: i32) -> i64 {
    let newest = sources.last().filter(|source| source.is_plain());
    match (newest, samples.last()) {
        (Some(source), Some(last @ Stamp::Yearless(..))) => {
            source.written.saturating_sub(instant(*last, end_year))
        }
        _ => 0,
    }
}

/// The folder and name of a source that was not rotated.
fn live_name(source: &Source) -> Option<(PathBuf, String)> {
    is_live(source).then(|| split(&source.path))
}

fn is_live(source: &Source) -> bool {
    let (_, name) = split(&source.path);
    log_name(&name) == name
}

/// The log to which a source belongs: its folder and name without what rotation adds. A rotated file whose log lies in
/// the folder above (logrotate's `olddir`) belongs to that.
fn log_of(source: &Source, live: &[(PathBuf, String)]) -> (PathBuf, String) {
    let (folder, name) = split(&source.path);
    let name = log_name(&name);
    let above = folder.parent().map(|above| (above.to_owned(), name.clone()));
    match above {
        Some(above) if !live.contains(&(folder.clone(), name.clone())) && live.contains(&above) => above,
        _ => (folder, name),
    }
}

/// Whether a file is what was rotated away of a log beside it, by its name.
pub fn is_rotated(path: &Path, log: &Path) -> bool {
    split(path).0 == split(log).0 && path != log && log_of_path(path) == split(log).1
}

/// The name of the log that a file belongs to.
pub(super) fn log_of_path(path: &Path) -> String {
    log_name(&split(path).1)
}

fn split(path: &Path) -> (PathBuf, String) {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    (path.parent().unwrap_or(Path::new("")).to_owned(), name)
}

/// A name without what compression adds.
fn uncompressed(name: &str) -> &str {
    [".gz", ".zst", ".xz", ".bz2"].iter().fold(name, |name, ending| name.strip_suffix(ending).unwrap_or(name))
}

/// A log's name without what compression and rotation add: `mail.log.2.gz`, `mail.log-20261123`, `mail-20261123.log`.
fn log_name(name: &str) -> String {
    let name = uncompressed(name);
    if let Some((start, end)) = rotation(name) {
        let (before, after) = (&name[..start], &name[end..]);
        if !before.is_empty() {
            return format!("{before}{after}");
        }
    }
    name.to_owned()
}

/// Where the number or date of a rotation stands in a name, with the mark before it.
fn rotation(name: &str) -> Option<(usize, usize)> {
    let mut marks = name.char_indices().filter(|(_, c)| matches!(c, '.' | '-' | '_')).map(|(at, _)| at);
    marks.find_map(|start| rotation_at(name, start).map(|end| (start, end)))
}

fn rotation_at(name: &str, start: usize) -> Option<usize> {
    let rest = &name[start + 1..];
    let len = rest.find(|c: char| !c.is_ascii_digit() && c != '-' && c != '_' && c != 'T').unwrap_or(rest.len());
    let (part, after) = rest.split_at(len);
    let part = part.trim_end_matches(['-', '_']);
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let is_date = digits >= 8 && part.starts_with("20") || digits == 10;
    let is_number = name[start..].starts_with('.') && digits == part.len() && (1..=4).contains(&digits);
    let end = start + 1 + part.len();
    match after {
        "" if is_date || is_number => Some(end),
        after if is_date && after.starts_with('.') => Some(end),
        _ => None,
    }
}

/// The number of a rotation by number; 0 for the live log, and for one whose name tells a date.
fn rotation_number(source: &Source) -> u32 {
    rotation_of(&source.path)
}

/// The same of a path.
pub fn rotation_of(path: &Path) -> u32 {
    let (_, name) = split(path);
    let number = uncompressed(&name).rsplit('.').next().filter(|number| number.len() <= 4);
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Sorts the sources of a log: as their names say, where their times do not speak against it, which cannot tell an hour
/// that happens twice; else by the times they hold. Without years, times are a circle: it is cut where the widest gap is.
fn order(sources: &mut [Source], options: &Options) {
    sources.sort_by_key(|s| (u32::MAX - rotation_number(s), is_live(s), s.name.clone()));
    if is_in_order(sources) {
        return;
    }
    let year_of = |source: &Source| options.year.unwrap_or_else(|| year_before(source.first, source.written));
    let time = |source: &Source| source.first.map_or(i64::MIN, |stamp| instant(stamp, year_of(source)));
    if sources.iter().all(|s| matches!(s.first, Some(Stamp::Yearless(..)) | None)) {
        let place = |source: &Source| source.first.map_or(i64::MIN, |stamp| instant(stamp, 2024));
        sources.sort_by_key(|s| (place(s), u32::MAX - rotation_number(s), s.name.clone()));
        let gap = |at: usize| {
            let next = sources.get(at + 1).map_or_else(|| place(&sources[0]) + 366 * DAY, place);
            next.saturating_sub(place(&sources[at]))
        };
        let widest = (0..sources.len()).rev().max_by_key(|at| gap(*at)).unwrap_or(0);
        sources.rotate_left((widest + 1) % sources.len().max(1));
    } else {
        sources.sort_by_key(|s| (time(s), u32::MAX - rotation_number(s), s.name.clone()));
    }
}

/// Whether each source begins after the one before it, but for one that begins in an hour that happens twice.
fn is_in_order(sources: &[Source]) -> bool {
    let zone = Zone::utc();
    let mut clock = Clock::new(&zone, ClockState::starting(2024));
    let times: Vec<i64> = sources.iter().filter_map(|source| clock.resolve(source.first?)).collect();
    let back = || times.windows(2).map(|pair| pair[0] - pair[1]).filter(|back| *back > 0);
    back().count() <= 1 && back().all(|back| back <= HOUR)
}

/// The instant of a stamp in UTC, in a year if it has none.
pub(super) fn instant(stamp: Stamp, year: i32) -> i64 {
    let zone = Zone::utc();
    Clock::new(&zone, ClockState::starting(year)).resolve(stamp).unwrap_or(i64::MIN)
}

/// Microseconds from one stamp of a log to another. Without years, times are a circle: the other comes within a year.
pub(super) fn since(first: Stamp, stamp: Stamp) -> i64 {
    let step = instant(stamp, 2024).saturating_sub(instant(first, 2024));
    if matches!(stamp, Stamp::Yearless(..)) { step.rem_euclid(366 * DAY) } else { step }
}

/// How many places of a plain file are looked at to find where a year begins.
const PLACES: u64 = 256;

/// A file up to this size is looked at line by line.
const SMALL: u64 = 1 << 20;

/// Stamps of a source in the order of its lines, close enough together to see a new year.
fn samples(source: &Source) -> Vec<Stamp> {
    if !source.is_plain() {
        return source.first.into_iter().collect();
    }
    if source.len <= SMALL {
        let all = source.read_at(0, usize::try_from(source.len).unwrap_or(0)).unwrap_or_default();
        return all.split(|b| *b == b'\n').filter_map(frame::stamp).collect();
    }
    let places = (0..PLACES).filter_map(|n| source.read_at(source.len / PLACES * n, 4096));
    let stamps = places.filter_map(|bytes| bytes.split(|b| *b == b'\n').skip(1).find_map(frame::stamp));
    source.first.into_iter().chain(stamps).chain(source.last()).collect()
}

/// The years of the first and the last stamp: the last is anchored on what the user says or on when the newest file was
/// written, and the walk goes back from there. The calendar's today plays no part.
fn years(samples: &[Stamp], sources: &[Source], options: &Options) -> (i32, i32) {
    let written = sources.last().map_or(0, |source| source.written);
    let dated = samples.iter().rev().find(|stamp| !matches!(stamp, Stamp::Yearless(..)));
    let samples: Vec<&Stamp> = samples.iter().filter(|stamp| matches!(stamp, Stamp::Yearless(..))).collect();
    let Some(last) = samples.last().copied() else {
        // None was seen; one that comes all the same is of the year of those around it.
        let around = dated.map_or(written, |stamp| instant(*stamp, 0));
        return (options.year.unwrap_or_else(|| year_before(None, around)), 0);
    };
    let end = options.year.unwrap_or_else(|| year_before(Some(*last), written));
    let zone = Zone::utc();
    let mut clock = Clock::new(&zone, ClockState::starting(0));
    samples.iter().for_each(|stamp| {
        clock.resolve(**stamp);
    });
    (end - clock.state().year, end)
}

/// The latest year in which a stamp lies before a time. A day is granted for zones and late writes.
fn year_before(stamp: Option<Stamp>, time: i64) -> i32 {
    let year: i32 = Zone::utc().format(time, "%Y").parse().unwrap_or(1970);
    let Some(stamp) = stamp else { return year };
    let fits = |year: &i32| (i64::MIN + 1..=time + DAY).contains(&instant(stamp, *year));
    [year + 1, year, year - 1].into_iter().find(fits).unwrap_or(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f2_rotation_is_told_from_a_name() {
        let names = [
            "mail.log",
            "mail.log.1",
            "mail.log.2.gz",
            "mail.log-20261123",
            "mail.log-20261123.gz",
            "mail.log.01",
            "mail-20261123.log",
            "mail.log.2026-11-23",
            "mail.log-20261123-1795524455.zst",
            "mail.log-1795524455",
        ];
        for name in names {
            assert_eq!(log_name(name), "mail.log", "{name}");
        }
        assert_eq!(log_name("mx1.log"), "mx1.log");
        assert_eq!(log_name("slapd-2.4.log"), "slapd-2.4.log");
    }
}
