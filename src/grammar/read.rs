//! Reading a chunk: its lines become records, the records events. This is where the time goes.

mod within;

pub(super) use within::{DEPTH, counts, named, takes_any};

use super::captures::Captures;
use super::emit::{Context, Emitter};
use super::tree::{Pairs, Tree};
use super::value::{integer, shape_of};
use super::{Grammars, Layouts, Program};
use crate::event::{Dictionary, Events, Field, NO_TEXT, Role, Table, TextId, hash_seed};
use crate::find;
use crate::frame::{self, Laid, MOST_REPETITIONS, Record, Stamps};
use crate::report::Counts;
use crate::time::Zone;
use crate::time::stamp::{Clock, ClockState, Stamp};
use hashbrown::HashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Memory of a chunk that is done, to be used again: fresh pages cost more than what is written to them.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) events: Events,
    pub(super) table: Table,
}

/// What a chunk holds.
#[derive(Debug)]
pub struct ChunkFacts {
    /// The events, in the order of the lines.
    pub events: Events,
    /// The account of its lines.
    pub counts: Counts,
    /// Lines taken by each grammar.
    pub by_grammar: Vec<u64>,
    /// Lines taken by each ignore rule, by its place among the patterns.
    pub ignored_by: BTreeMap<u32, u64>,
    /// The lines that nothing took.
    pub shapes: Shapes,
    /// The earliest and the latest time.
    pub times: Option<(i64, i64)>,
    /// Where the walk through the times ended.
    pub clock: ClockState,
    /// The last line of each host, and under no host that of all.
    pub last: Vec<(TextId, Last)>,
    table: Table,
}

impl ChunkFacts {
    /// The texts of the events.
    pub fn texts(&self) -> &Dictionary {
        self.table.texts()
    }

    /// What is left of it once its events are dealt with.
    pub fn into_scratch(mut self) -> Scratch {
        self.events.clear();
        Scratch { events: self.events, table: self.table }
    }
}

/// Unmatched lines by shape: how many, where the first of them is, and its text.
pub type Shapes = BTreeMap<String, (u64, u64, Vec<u8>)>;

type Map<V> = HashMap<Vec<u8>, V, foldhash::fast::RandomState>;

/// Reads the lines of one chunk.
#[derive(Debug)]
pub struct Reader<'a> {
    grammars: &'a Grammars,
    layouts: &'a Layouts<'a>,
    clock: Clock<'a>,
    stamps: Stamps,
    /// The last stamp, and its time.
    time: Option<(Stamp, i64)>,
    emitter: Emitter<'a>,
    captures: Captures,
    /// The programs of this chunk.
    knowns: Vec<Known<'a>>,
    programs: Map<Option<usize>>,
    /// Headers read before, by their hash: most lines have one of some dozens.
    headers: Vec<Option<Header>>,
    natives: Vec<usize>,
    /// The grammars of the layouts, in the order of these.
    laid: Vec<Option<usize>>,
    hosts: Map<usize>,
    host_list: Vec<Host>,
    /// The host of the line before, for a repetition that names none.
    previous: Option<usize>,
    default_host: &'a [u8],
    out: ChunkFacts,
}

/// A program of a grammar: its patterns, and its words in this chunk's texts.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    grammar: usize,
    tree: &'a Tree,
    /// Whether the name does not tell which program of the system it is.
    is_cut: bool,
    pairs: &'a Pairs,
    program: TextId,
    service: TextId,
    instance: TextId,
    service_hash: u64,
    instance_hash: u64,
}

/// What stands between a stamp and a process id: a host and a program.
#[derive(Clone, Copy, Debug)]
struct Header {
    bytes: [u8; HEADER],
    len: usize,
    host: usize,
    known: usize,
}

impl Header {
    #[inline]
    fn is(&self, header: &[u8]) -> bool {
        self.bytes.get(..self.len).is_some_and(|own| find::same(own, header))
    }
}

/// What stands before the text of a line.
#[derive(Clone, Copy, Debug)]
struct Head {
    stamp: Stamp,
    host: usize,
    known: usize,
    pid: u32,
    /// Where the text begins.
    text: usize,
}

/// The longest header that is kept.
const HEADER: usize = 64;

/// Headers kept at most.
const HEADERS: usize = 256;

/// Places for headers of about the same hash.
const PLACES: usize = 4;

/// A host of this chunk.
#[derive(Clone, Copy, Debug)]
struct Host {
    id: TextId,
    hash: u64,
    /// Its last line, for a repetition of that.
    last: Last,
}

/// What the last line of a host gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// It stands in an earlier chunk.
    Earlier,
    /// Nothing that could happen again.
    Nothing,
    /// This event.
    Event(usize),
}

/// Where and when a text was written.
#[derive(Clone, Copy, Debug)]
struct Origin {
    host: usize,
    /// Whether the line names no host.
    hostless: bool,
    pid: u32,
    time: i64,
    offset: u64,
    count: u32,
    /// How many lines may stand in it, one in the other.
    depth: u8,
}

/// What the layouts of systems' own made of a line.
enum OwnRead<'l> {
    /// Its text was taken.
    Taken,
    /// It was read, by the layout of this grammar, and its text not taken.
    Read(usize, Cow<'l, [u8]>),
    /// No layout reads it.
    Not,
}

/// What became of a text.
enum Taken {
    /// No pattern took it.
    Not,
    /// A pattern took it; the event that it gave, if any.
    By(Option<usize>),
    /// A repetition of the line before it, which stays the last.
    Again,
    /// A pattern took the line that it is, which has its own time and host.
    Within,
}

impl<'a> Reader<'a> {
    /// A reader for lines of these layouts, that begins where a clock stands.
    pub fn new(
        grammars: &'a Grammars,
        layouts: &'a Layouts<'a>,
        zone: &'a Zone,
        state: ClockState,
        default_host: &'a [u8],
        scratch: Scratch,
    ) -> Self {
        let mut emitter = Emitter::new(grammars, scratch);
        let mut knowns = Vec::new();
        let mut native = |at: usize| {
            let instance = &grammars.list[at].system;
            let program = Program { grammar: at, name: "", instance, service: "", is_cut: false };
            knowns.push(known(grammars, program, &mut emitter)?);
            Some(knowns.len() - 1)
        };
        Self {
            natives: grammars.native().filter_map(|(at, _)| native(at)).collect(),
            laid: layouts.list.iter().map(|(at, _)| native(*at)).collect(),
            grammars,
            layouts,
            clock: Clock::new(zone, state),
            stamps: Stamps::default(),
            time: None,
            emitter,
            captures: Captures::default(),
            knowns,
            programs: Map::default(),
            headers: vec![None; HEADERS],
            hosts: Map::default(),
            host_list: Vec::new(),
            previous: None,
            default_host,
            out: ChunkFacts {
                events: Events::default(),
                counts: Counts::default(),
                by_grammar: vec![0; grammars.list.len()],
                ignored_by: BTreeMap::new(),
                shapes: Shapes::new(),
                times: None,
                clock: state,
                last: Vec::new(),
                table: Table::default(),
            },
        }
    }

    /// Reads one line, which starts at this byte of its source.
    #[inline]
    pub fn line(&mut self, line: &[u8], offset: u64) {
        let mut read = self.part(line, offset);
        while read < line.len() {
            read += self.part(&line[read..], offset + read as u64);
        }
    }

    /// Reads a line, or of one that blocks of NULs part its first part; how many bytes that was.
    fn part(&mut self, line: &[u8], offset: u64) -> usize {
        self.out.counts.lines += 1;
        let nuls = line.iter().take_while(|b| **b == 0).count();
        if nuls == 0 && !line.is_empty() {
            return self.record(line, offset);
        }
        self.damaged(&line[..nuls], offset);
        nuls
    }

    /// Reads one line of a source whose lines have a layout of their own; others may stand between them.
    pub fn laid_line(&mut self, line: &[u8], offset: u64) {
        if matches!(line.first(), None | Some(0)) || !matches!(self.laid(line, offset), OwnRead::Taken) {
            self.line(line, offset);
        } else {
            self.out.counts.lines += 1;
        }
    }

    /// A line that is too long to be read, of which this is the beginning.
    pub fn oversize(&mut self, start: &[u8], offset: u64) {
        self.out.counts.lines += 1;
        self.damaged(&start[..start.len().min(200)], offset);
    }

    /// Everything read, for good.
    pub fn finish(mut self) -> ChunkFacts {
        self.out.clock = self.clock.state();
        self.out.last = self.last_lines();
        self.out.events = self.emitter.events;
        self.out.table = self.emitter.interner.finish();
        self.out
    }

    /// The last line of each host, and under no host that of all.
    fn last_lines(&self) -> Vec<(TextId, Last)> {
        let of_all = self.previous.map(|host| (NO_TEXT, self.host_list[host].last));
        let of_each = self.host_list.iter().filter(|host| host.id != NO_TEXT).map(|host| (host.id, host.last));
        of_each.chain(of_all).filter(|(_, last)| *last != Last::Earlier).collect()
    }

    fn damaged(&mut self, line: &[u8], offset: u64) {
        self.out.counts.damaged += 1;
        let shape = match line {
            [] => "(empty line)".to_owned(),
            [0, ..] => format!("NUL × {}", line.len()),
            _ => format!("(no header) {}", shape_of(line)),
        };
        self.note_shape(shape, line, offset);
    }

    /// Reads a record, or what stands of it before a block of NULs; how many bytes that was.
    fn record(&mut self, line: &[u8], offset: u64) -> usize {
        if line.len() > LONG
            && let Some(nul) = cut_by_nuls(line)
        {
            return self.record(&line[..nul], offset);
        }
        if let Some(head) = self.known_head(line)
            && let Some(time) = self.time_of(head.stamp)
        {
            return self.known_record(line, &head, time, offset);
        }
        let Some((record, time)) = self.framed(line) else { return self.strange(line, offset, None) };
        let host = self.host(&record.host);
        self.remember_header(line, &record, host);
        let taken = self.text(&record, host, time, offset);
        if self.settled(&taken, host, time) {
            return line.len();
        }
        self.strange(line, offset, Some((record, host)))
    }

    /// Notes what became of a text of a host; whether anything took it.
    #[inline]
    fn settled(&mut self, taken: &Taken, host: usize, time: i64) -> bool {
        if matches!(taken, Taken::Within) {
            return true;
        }
        self.note_time(time);
        if let Taken::By(event) = taken {
            self.last(host, *event);
        }
        !matches!(taken, Taken::Not)
    }

    #[inline]
    fn last(&mut self, host: usize, event: Option<usize>) {
        self.host_list[host].last = event.map_or(Last::Nothing, Last::Event);
        self.previous = Some(host);
    }

    /// What stands before the text of a line, where its host and program were read before.
    #[inline]
    fn known_head(&mut self, line: &[u8]) -> Option<Head> {
        let (stamp, start) = self.stamps.read(line)?;
        let rest = &line[start..];
        let end = frame::header_end(rest)?;
        let own = rest.get(..end.program)?;
        let Header { host, known, .. } = *self.headers[self.shelf(own)].iter().flatten().find(|it| it.is(own))?;
        Some(Head { stamp, host, known, pid: end.pid, text: start + end.text })
    }

    /// The few places where a header may be kept.
    fn shelf(&self, header: &[u8]) -> Range<usize> {
        let first = self.emitter.interner.hash(header) as usize * PLACES % HEADERS;
        first..first + PLACES
    }

    fn known_record(&mut self, line: &[u8], head: &Head, time: i64, offset: u64) -> usize {
        let Head { host, known, pid, .. } = *head;
        let (count, text) = frame::repeated(frame::text_after(&line[head.text..]));
        let origin = Origin { host, hostless: false, pid, time, offset, count, depth: DEPTH };
        let taken = self.of_known(known, text, origin);
        if self.settled(&taken, host, time) { line.len() } else { self.not_taken(line, offset, host) }
    }

    #[cold]
    fn not_taken(&mut self, line: &[u8], offset: u64, host: usize) -> usize {
        let framed = frame::record(line).map(|record| (record, host));
        self.strange(line, offset, framed)
    }

    /// Keeps the header of a line of the ordinary form: `stamp host program[pid]: text` or `stamp host program: text`.
    fn remember_header(&mut self, line: &[u8], record: &Record<'_>, host: usize) {
        let Some(rest) = self.stamps.read(line).and_then(|(_, start)| line.get(start..)) else { return };
        let Some(end) = frame::header_end(rest).filter(|end| end.program <= HEADER) else { return };
        let header = &rest[..end.program];
        let ordinary = !record.host.is_empty()
            && !record.program.is_empty()
            && header.len() == record.host.len() + 1 + record.program.len()
            && header.starts_with(&record.host)
            && header.ends_with(&record.program);
        if ordinary && let Some(known) = self.known(&record.program) {
            let mut bytes = [0; HEADER];
            bytes[..header.len()].copy_from_slice(header);
            let shelf = self.shelf(header);
            let places = &mut self.headers[shelf];
            let place = places.iter().position(Option::is_none).unwrap_or(0);
            places[place] = Some(Header { bytes, len: header.len(), host, known });
        }
    }

    /// A line that the ordinary frames do not read, or whose text nothing took: a layout of a system's own may read it.
    #[cold]
    fn strange(&mut self, line: &[u8], offset: u64, framed: Option<(Record<'_>, usize)>) -> usize {
        if let Some(nul) = cut_by_nuls(line) {
            return self.record(&line[..nul], offset);
        }
        if self.takes_uncoloured(line, offset) {
            return line.len();
        }
        let own = self.layouts.is_own();
        match (self.laid(line, offset), framed) {
            (OwnRead::Taken, _) => {}
            (OwnRead::Read(grammar, text), framed) if own || framed.is_none() => {
                let system = &self.grammars.list[grammar].system;
                self.unmatched(system.as_bytes(), &text, line, offset);
            }
            (OwnRead::Not, Some((record, _))) if self.layouts.is_broken_row(&record) => self.damaged(line, offset),
            (_, Some((record, host))) => {
                self.host_list[host].last = Last::Nothing;
                self.previous = Some(host);
                self.unmatched(&record.program, &record.text, line, offset);
            }
            (_, None) if self.stands_between(line) => {}
            (_, None) => self.damaged(line, offset),
        }
        line.len()
    }

    /// Whether a pattern takes a line without the colours in which it was shown.
    fn takes_uncoloured(&mut self, line: &[u8], offset: u64) -> bool {
        let Some(plain) = frame::uncoloured(line) else { return false };
        let Some((record, time)) = self.framed(&plain) else { return false };
        let host = self.host(&record.host);
        let taken = self.text(&record, host, time, offset);
        self.settled(&taken, host, time)
    }

    fn unmatched(&mut self, program: &[u8], text: &[u8], line: &[u8], offset: u64) {
        self.out.counts.unmatched += 1;
        let program = crate::text::shown(&crate::text::utf8(program)).into_owned();
        self.note_shape(format!("{program}: {}", shape_of(text)), line, offset);
    }

    /// Tries the layouts on a line, the likeliest first.
    fn laid<'l>(&mut self, line: &'l [u8], offset: u64) -> OwnRead<'l> {
        let mut read = OwnRead::Not;
        let layouts = self.layouts;
        for (at, (grammar, bound)) in layouts.list.iter().enumerate() {
            let Some(known) = self.laid[at] else { continue };
            let text = match bound.read(line) {
                Some(Laid::Note(text)) if self.passes_over(known, text) => return OwnRead::Taken,
                Some(Laid::Row(record)) if self.row(known, &record, offset) => return OwnRead::Taken,
                Some(Laid::Note(text)) => Cow::Borrowed(text),
                Some(Laid::Row(record)) => record.text,
                None => continue,
            };
            if matches!(read, OwnRead::Not) {
                read = OwnRead::Read(*grammar, text);
            }
        }
        read
    }

    /// Whether an ignore rule takes what a program that shows logs says between their lines, without a header.
    fn stands_between(&mut self, line: &[u8]) -> bool {
        let natives = if is_between(line) { self.natives.len() } else { 0 };
        (0..natives).any(|at| self.passes_over(self.natives[at], line.trim_ascii_end()))
    }

    /// Whether an ignore rule takes a line that has no time.
    fn passes_over(&mut self, known: usize, text: &[u8]) -> bool {
        self.captures.clear();
        let known = self.knowns[known];
        let found = known.tree.find(text, known.pairs, &mut self.captures);
        let rule = found.filter(|pattern| self.grammars.patterns[*pattern as usize].ignore);
        rule.inspect(|rule| self.ignore(known.grammar, *rule)).is_some()
    }

    /// Whether a pattern takes a row that a layout read.
    fn row(&mut self, known: usize, record: &Record<'_>, offset: u64) -> bool {
        let Some(time) = self.time_of(record.stamp) else { return false };
        self.note_time(time);
        let (host, hostless) = (self.host(&record.host), record.host.is_empty());
        let origin = Origin { host, hostless, pid: record.pid, time, offset, count: 1, depth: 0 };
        let Taken::By(event) = self.take(known, &record.text, origin) else { return false };
        self.last(host, event);
        true
    }

    #[inline]
    fn note_time(&mut self, time: i64) {
        let times = self.out.times.get_or_insert((time, time));
        *times = (times.0.min(time), times.1.max(time));
    }

    /// A line's record, and its time.
    fn framed<'l>(&mut self, line: &'l [u8]) -> Option<(Record<'l>, i64)> {
        let record = frame::record(line)?;
        let time = self.time_of(record.stamp)?;
        Some((record, time))
    }

    /// The time of a stamp. Many lines have the very stamp of the one before.
    #[inline]
    fn time_of(&mut self, stamp: Stamp) -> Option<i64> {
        if let Some((known, time)) = self.time
            && known == stamp
        {
            return Some(time);
        }
        let time = self.clock.resolve(stamp)?;
        self.time = Some((stamp, time));
        Some(time)
    }

    /// Finds the pattern of a record's text.
    fn text(&mut self, record: &Record<'_>, host: usize, time: i64, offset: u64) -> Taken {
        let (count, text) = frame::repeated(&record.text);
        let (hostless, depth) = (record.host.is_empty(), DEPTH);
        let origin = Origin { host, hostless, pid: record.pid, time, offset, count, depth };
        if !record.program.is_empty() {
            return self.named(&record.program, text, origin);
        }
        match self.native(text, origin) {
            Taken::Not => self.within(text, None, origin).unwrap_or_else(|| self.tagged(text, origin)),
            taken => taken,
        }
    }

    /// A text of a program with this name.
    fn named(&mut self, program: &[u8], text: &[u8], origin: Origin) -> Taken {
        match self.known(program) {
            Some(known) => self.of_known(known, text, origin),
            None => self.within(text, None, origin).unwrap_or(Taken::Not),
        }
    }

    /// A text of a program that is known.
    #[inline]
    fn of_known(&mut self, known: usize, text: &[u8], origin: Origin) -> Taken {
        match self.take(known, text, origin) {
            Taken::Not => self.otherwise(known, text, origin),
            taken => taken,
        }
    }

    /// A text that no pattern of its program takes. rsyslog before 6 told under the name of the program whose line it was
    /// that it happened again (`tools/syslogd.c`), as syslog-ng does.
    #[cold]
    fn otherwise(&mut self, known: usize, text: &[u8], origin: Origin) -> Taken {
        if frame::is_repetition(text) {
            return self.native(text, origin);
        }
        self.within(text, Some(known), origin).unwrap_or(Taken::Not)
    }

    /// A text of a line that names no program.
    fn native(&mut self, text: &[u8], origin: Origin) -> Taken {
        for at in 0..self.natives.len() {
            match self.take(self.natives[at], text, origin) {
                Taken::Not => {}
                taken => return taken,
            }
        }
        Taken::Not
    }

    /// A text of a line without a header's program may begin with a program's name all the same.
    #[cold]
    fn tagged(&mut self, text: &[u8], origin: Origin) -> Taken {
        let Some((program, pid, text)) = frame::tag(text) else { return Taken::Not };
        self.named(program, text, Origin { pid, ..origin })
    }

    fn take(&mut self, known: usize, text: &[u8], origin: Origin) -> Taken {
        let Known { tree, pairs, is_cut, .. } = self.knowns[known];
        if is_cut && let Some(taken) = self.take_untold(known, text, origin) {
            return taken;
        }
        self.captures.clear();
        match tree.find(text, pairs, &mut self.captures) {
            Some(pattern) => self.taken(pattern, known, text, origin),
            None => Taken::Not,
        }
    }

    /// Takes a text whose program is not told. Where a single one has the pattern, it is that one.
    #[cold]
    fn take_untold(&mut self, known: usize, text: &[u8], origin: Origin) -> Option<Taken> {
        let Known { grammar, program, .. } = self.knowns[known];
        let pattern = self.grammars.find_untold(grammar, text, &mut self.captures)?;
        let named = match self.grammars.patterns[pattern as usize].programs.as_slice() {
            [only] => self.known(&[self.emitter.interner.text(program), b"/", only.as_bytes()].concat()),
            _ => None,
        };
        Some(self.taken(pattern, named.unwrap_or(known), text, origin))
    }

    #[inline]
    fn taken(&mut self, pattern: u32, known: usize, text: &[u8], origin: Origin) -> Taken {
        let known = &self.knowns[known];
        let rules = &self.grammars.patterns[pattern as usize];
        if rules.ignore {
            if frame::may_be_line(text) && takes_any(rules) {
                return self.carried(pattern, known.grammar, text, origin);
            }
            self.ignore(known.grammar, pattern);
            return Taken::By(None);
        }
        self.out.by_grammar[known.grammar] += 1;
        self.out.counts.matched += 1;
        if rules.is_silent() {
            return Taken::By(None);
        }
        let mut context = self.context(known, origin);
        if rules.is(Role::Repeat) {
            let host = if origin.hostless { self.previous } else { Some(origin.host) };
            match host.map_or(Last::Earlier, |host| self.host_list[host].last) {
                Last::Event(event) => self.repeat(event, text, context),
                Last::Nothing => {}
                Last::Earlier => {
                    if origin.hostless {
                        context.host = NO_TEXT;
                    }
                    self.emitter.events(pattern, text, &self.captures, context);
                }
            }
            return Taken::Again;
        }
        Taken::By(Some(self.emitter.events(pattern, text, &self.captures, context)))
    }

    fn ignore(&mut self, grammar: usize, rule: u32) {
        self.out.by_grammar[grammar] += 1;
        self.out.counts.ignored += 1;
        *self.out.ignored_by.entry(rule).or_default() += 1;
    }

    #[inline]
    fn context(&self, known: &Known<'_>, origin: Origin) -> Context {
        let Host { id, hash, .. } = self.host_list[origin.host];
        Context {
            host: id,
            host_hash: hash,
            program: known.program,
            service: known.service,
            instance: known.instance,
            service_hash: known.service_hash,
            instance_hash: known.instance_hash,
            pid: origin.pid,
            time: origin.time,
            offset: origin.offset,
            count: origin.count,
        }
    }

    /// The last line of the host happens again, as often as the text says.
    fn repeat(&mut self, event: usize, text: &[u8], context: Context) {
        let times = self.captures.get(Field::Attempts, text).and_then(integer).unwrap_or(1);
        let times = u32::try_from(times).unwrap_or(MOST_REPETITIONS).min(MOST_REPETITIONS);
        self.emitter.again(event, context.time, context.offset, times);
    }

    #[inline]
    fn known(&mut self, program: &[u8]) -> Option<usize> {
        if let Some(known) = self.programs.get(program) {
            return *known;
        }
        let known = std::str::from_utf8(program)
            .ok()
            .and_then(|name| self.grammars.program(name))
            .and_then(|found| known(self.grammars, found, &mut self.emitter));
        let known = known.map(|known| {
            self.knowns.push(known);
            self.knowns.len() - 1
        });
        self.programs.insert(program.to_vec(), known);
        known
    }

    #[inline]
    fn host(&mut self, host: &[u8]) -> usize {
        let host = if host.is_empty() { self.default_host } else { host };
        if let Some(known) = self.hosts.get(host) {
            return *known;
        }
        let id = if host.is_empty() { NO_TEXT } else { self.emitter.interner.id(host) };
        self.host_list.push(Host { id, hash: hash_seed(host), last: Last::Earlier });
        self.hosts.insert(host.to_vec(), self.host_list.len() - 1);
        self.host_list.len() - 1
    }

    fn note_shape(&mut self, shape: String, line: &[u8], offset: u64) {
        let entry =
            self.out.shapes.entry(shape).or_insert_with(|| (0, offset, line[..line.len().min(2_000)].to_vec()));
        entry.0 += 1;
    }
}

/// What lines begin with that stand between those of a log: journalctl's, tail's, those of `docker compose` and `kubectl`.
const BETWEEN: [&[u8]; 4] = [b"-- ", b"==> ", b"Attaching to ", b"Defaulted container "];

/// Whether a line may be what a program that shows logs says between their lines.
pub(super) fn is_between(line: &[u8]) -> bool {
    BETWEEN.iter().any(|beginning| line.starts_with(beginning))
}

/// A header ends within so many bytes.
const HEADER_WITHIN: usize = 4 << 10;

/// A line that no program writes: it is looked for blocks of NULs before patterns look at all of it, each time again.
const LONG: usize = 16 << 10;

/// A crash leaves a line cut, then a block of NULs, then the next line behind them: where the block begins. A single
/// NUL is a stranger's and parts nothing.
fn cut_by_nuls(line: &[u8]) -> Option<usize> {
    let start = memchr::memmem::find(line, &[0; 4]).filter(|start| *start > 0)?;
    let len = line[start..].iter().take_while(|b| **b == 0).count();
    let next = &line[start + len..];
    frame::record(&next[..next.len().min(HEADER_WITHIN)]).map(|_| start)
}

/// A program with its words in a chunk's texts.
fn known<'a>(grammars: &'a Grammars, program: Program<'_>, emitter: &mut Emitter<'_>) -> Option<Known<'a>> {
    let grammar = &grammars.list[program.grammar];
    let mut word = |text: &str| {
        if text.is_empty() { NO_TEXT } else { emitter.interner.id(text.as_bytes()) }
    };
    Some(Known {
        grammar: program.grammar,
        tree: grammar.trees.of_program(program.name)?,
        is_cut: program.is_cut,
        pairs: &grammar.pairs,
        program: word(program.name),
        service: word(program.service),
        instance: word(program.instance),
        service_hash: hash_seed(program.service.as_bytes()),
        instance_hash: hash_seed(program.instance.as_bytes()),
    })
}
