//! Patterns compiled to one tree: what they have in common is matched once, literals are chosen by their first byte.
//!
//! Where a literal and a capture could both go on, the literal is tried first; of two captures the one that the
//! grammar names first. A match must reach the end of the line.

use super::pattern::Part;
use super::scan::{Scanner, Stops};
use crate::event::{FIELDS, Field};

/// Captured bytes: where they start and end in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    start: u32,
    end: u32,
}

/// What a match captured: a slot for each field, valid where its bit is set.
#[derive(Clone, Debug)]
pub struct Captures {
    set: u128,
    slots: [Bytes; FIELDS.len()],
    /// The counters, where the pattern has them.
    pub counters: Option<Counters>,
}

/// SMTP command counters (`smtpd/smtpd.c`, `smtpd_format_cmd_stats`) and what follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// All commands.
    pub commands: u32,
    /// Whether the client said QUIT.
    pub quit: bool,
    /// How often it authenticated.
    pub logins: u32,
    /// The furthest stage that succeeded.
    pub stage: Option<crate::event::Word>,
}

impl Default for Captures {
    fn default() -> Self {
        Self {
            set: 0,
            slots: [Bytes::default(); FIELDS.len()],
            counters: None,
        }
    }
}

impl Captures {
    /// Forgets all.
    #[inline]
    pub fn clear(&mut self) {
        self.set = 0;
        self.counters = None;
    }

    #[inline]
    pub(super) fn put(&mut self, field: Field, start: usize, end: usize) {
        self.set |= 1 << field as u8;
        #[expect(clippy::cast_possible_truncation, reason = "lines are shorter than 4 GiB")]
        let bytes = Bytes {
            start: start as u32,
            end: end as u32,
        };
        self.slots[field as usize] = bytes;
    }

    /// The bytes of a field.
    pub fn get<'a>(&self, field: Field, text: &'a [u8]) -> Option<&'a [u8]> {
        let bytes = self.slots[field as usize];
        (self.set & (1 << field as u8) != 0)
            .then(|| text.get(bytes.start as usize..bytes.end as usize))
            .flatten()
    }

    /// All captured fields, in the order of the vocabulary.
    #[inline]
    pub fn fields(&self) -> impl Iterator<Item = (Field, Bytes)> {
        let mut set = self.set;
        std::iter::from_fn(move || {
            let at = set.trailing_zeros() as usize;
            let field = FIELDS.get(at)?.0;
            set &= set - 1;
            Some((field, self.slots[at]))
        })
    }
}

impl Bytes {
    /// The bytes themselves.
    #[inline]
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// One step of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Literal(Vec<u8>),
    Capture(Option<Field>, Scanner, Stops),
    OneOf(Option<Field>, Vec<Vec<u8>>),
    Optional(Vec<Op>),
    Pairs,
    Counters,
}

/// `key=value` pairs of a grammar.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// What stands between two pairs.
    pub separator: Vec<u8>,
    /// The field of each key; a key without a value is a word of its own.
    pub keys: Vec<(Vec<u8>, Field)>,
}

/// A literal of a node. Its first eight bytes lie in a word, so that most comparisons are one.
#[derive(Clone, Debug)]
struct Literal {
    head: u64,
    mask: u64,
    text: Vec<u8>,
}

impl Literal {
    fn new(text: &[u8]) -> Self {
        let mut bytes = [0; 8];
        let len = text.len().min(8);
        bytes[..len].copy_from_slice(&text[..len]);
        let mask = if len == 8 { u64::MAX } else { (1 << (8 * len)) - 1 };
        Self {
            head: u64::from_le_bytes(bytes),
            mask,
            text: text.to_vec(),
        }
    }

    /// Whether a text begins with it.
    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        let Some(word) = text.first_chunk::<8>() else {
            return text.starts_with(&self.text);
        };
        (u64::from_le_bytes(*word) ^ self.head) & self.mask == 0
            && (self.text.len() <= 8 || text[8..].starts_with(&self.text[8..]))
    }
}

/// A node: what may come next.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Literals, no two with the same first byte.
    literals: Vec<(Literal, Tree)>,
    /// The literal for each first byte, counted from 1.
    by_byte: Option<Box<[u8; 256]>>,
    others: Vec<(Op, Tree)>,
    accept: Option<u32>,
}

impl Tree {
    /// Adds a pattern. If another ends at the same node already, that one stays and is returned.
    pub fn insert(&mut self, parts: &[Part], pattern: u32) -> Option<u32> {
        let mut clash = None;
        for alternative in alternatives(parts) {
            clash = clash.or(self.insert_ops(&compile(&alternative, &[], true), pattern));
        }
        clash
    }

    fn insert_ops(&mut self, ops: &[Op], pattern: u32) -> Option<u32> {
        match ops {
            [] => match self.accept {
                Some(other) if other != pattern => Some(other),
                _ => {
                    self.accept = Some(pattern);
                    None
                }
            },
            [Op::Literal(text), rest @ ..] => self.literal(text).insert_ops(rest, pattern),
            [op, rest @ ..] => {
                let at = self
                    .others
                    .iter()
                    .position(|(other, _)| other == op)
                    .unwrap_or_else(|| {
                        self.others.push((op.clone(), Self::default()));
                        self.others.len() - 1
                    });
                self.others[at].1.insert_ops(rest, pattern)
            }
        }
    }

    /// The node after a literal; a literal that shares its beginning with another is split there.
    fn literal(&mut self, text: &[u8]) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        let Some(at) = self
            .literals
            .iter()
            .position(|(other, _)| other.text[0] == text[0])
        else {
            self.literals.push((Literal::new(text), Self::default()));
            let last = self.literals.len() - 1;
            return &mut self.literals[last].1;
        };
        let (other, node) = &mut self.literals[at];
        let common = other.text.iter().zip(text).take_while(|(a, b)| a == b).count();
        if common < other.text.len() {
            let (start, tail) = (
                Literal::new(&other.text[..common]),
                Literal::new(&other.text[common..]),
            );
            let below = std::mem::take(node);
            node.literals.push((tail, below));
            *other = start;
        }
        self.literals[at].1.literal(&text[common..])
    }

    /// Prepares the look-up by first byte; to be called once all patterns are in.
    pub fn seal(&mut self) {
        if self.literals.len() > 4 && self.literals.len() < 255 {
            let mut table = Box::new([0_u8; 256]);
            for (at, (text, _)) in (1_u8..).zip(&self.literals) {
                table[usize::from(text.text[0])] = at;
            }
            self.by_byte = Some(table);
        }
        let below = self
            .literals
            .iter_mut()
            .map(|(_, node)| node)
            .chain(self.others.iter_mut().map(|(_, node)| node));
        below.for_each(Self::seal);
    }

    /// The pattern that takes the whole text from `at`.
    #[inline]
    pub fn find(&self, text: &[u8], at: usize, pairs: &Pairs, captures: &mut Captures) -> Option<u32> {
        if at == text.len() && self.accept.is_some() {
            return self.accept;
        }
        let before = captures.set;
        if let Some((literal, node)) = self.literal_at(text, at)
            && let Some(found) = node.find(text, at + literal.text.len(), pairs, captures)
        {
            return Some(found);
        }
        for (op, node) in &self.others {
            captures.set = before;
            if let Some(next) = step(op, text, at, pairs, captures)
                && let Some(found) = node.find(text, next, pairs, captures)
            {
                return Some(found);
            }
        }
        captures.set = before;
        None
    }

    #[inline]
    fn literal_at(&self, text: &[u8], at: usize) -> Option<&(Literal, Self)> {
        let first = *text.get(at)?;
        let found = match &self.by_byte {
            Some(table) => self
                .literals
                .get(usize::from(table[usize::from(first)]).wrapping_sub(1)),
            None => self.literals.iter().find(|(literal, _)| literal.text[0] == first),
        };
        found.filter(|(literal, _)| literal.begins(&text[at..]))
    }
}

/// Takes one step; where it leads, or nothing.
#[inline]
fn step(op: &Op, text: &[u8], at: usize, pairs: &Pairs, captures: &mut Captures) -> Option<usize> {
    match op {
        Op::Literal(literal) => text[at..].starts_with(literal).then_some(at + literal.len()),
        Op::Capture(field, scanner, stops) => {
            let end = scanner.end(text, at, stops)?;
            if let Some(field) = field {
                captures.put(*field, at, end);
            }
            Some(end)
        }
        Op::OneOf(field, words) => {
            let word = words.iter().find(|word| text[at..].starts_with(word))?;
            if let Some(field) = field {
                captures.put(*field, at, at + word.len());
            }
            Some(at + word.len())
        }
        Op::Optional(ops) => Some(optional(ops, text, at, pairs, captures)),
        Op::Pairs => Some(take_pairs(pairs, text, at, captures)),
        Op::Counters => counters(text, at, captures),
    }
}

/// The group if it is there; else nothing is taken and nothing kept.
fn optional(ops: &[Op], text: &[u8], at: usize, pairs: &Pairs, captures: &mut Captures) -> usize {
    let before = captures.set;
    let mut next = at;
    for op in ops {
        match step(op, text, next, pairs, captures) {
            Some(end) => next = end,
            None => {
                captures.set = before;
                return at;
            }
        }
    }
    next
}

/// Takes pairs to the end of the text. The last of several equal keys counts: what a stranger chose comes first.
fn take_pairs(pairs: &Pairs, text: &[u8], mut at: usize, captures: &mut Captures) -> usize {
    while at < text.len() {
        let rest = &text[at..];
        let len = memchr::memmem::find(rest, &pairs.separator).unwrap_or(rest.len());
        take_pair(pairs, text, at, at + len, captures);
        at += len
            + if len < rest.len() {
                pairs.separator.len()
            } else {
                0
            };
    }
    at
}

fn take_pair(pairs: &Pairs, text: &[u8], start: usize, end: usize, captures: &mut Captures) {
    let pair = &text[start..end];
    let key_len = memchr::memchr(b'=', pair);
    let key = &pair[..key_len.unwrap_or_else(|| memchr::memchr2(b' ', b':', pair).unwrap_or(pair.len()))];
    let Some((_, field)) = pairs.keys.iter().find(|(name, _)| name == key) else {
        return;
    };
    let (mut from, mut to) = match key_len {
        Some(len) => (start + len + 1, end),
        None => (start, start + key.len()),
    };
    if text[from..to].starts_with(b"<") && text[from..to].ends_with(b">") && to > from + 1 {
        (from, to) = (from + 1, to - 1);
    }
    captures.put(*field, from, to);
}

/// `ehlo=1 mail=0/1 quit=1 commands=2/3` to the end of the text.
fn counters(text: &[u8], at: usize, captures: &mut Captures) -> Option<usize> {
    use crate::event::Word;
    let mut found = Counters::default();
    let mut rank = 0;
    for pair in text[at..].split(|b| *b == b' ').filter(|pair| !pair.is_empty()) {
        let equals = memchr::memchr(b'=', pair)?;
        let (done, total) = fraction(&pair[equals + 1..])?;
        let stage = match &pair[..equals] {
            b"commands" => {
                found.commands = total;
                continue;
            }
            b"quit" => {
                found.quit = true;
                continue;
            }
            b"ehlo" | b"helo" => (1, Word::Ehlo),
            b"starttls" => (2, Word::Starttls),
            b"auth" => {
                found.logins = done;
                (3, Word::Auth)
            }
            b"mail" => (4, Word::Mail),
            b"rcpt" => (5, Word::Rcpt),
            b"data" | b"bdat" => (6, Word::EndOfMessage),
            b"rset" | b"noop" | b"vrfy" | b"etrn" | b"xclient" | b"xforward" | b"unknown" => {
                (0, Word::Unknown)
            }
            _ => return None,
        };
        if done > 0 && stage.0 > rank {
            rank = stage.0;
            found.stage = Some(stage.1);
        }
    }
    captures.counters = Some(found);
    Some(text.len())
}

fn fraction(text: &[u8]) -> Option<(u32, u32)> {
    let number = |text: &[u8]| {
        (!text.is_empty()).then_some(())?;
        text.iter().try_fold(0_u32, |sum, b| {
            b.is_ascii_digit()
                .then(|| sum.saturating_mul(10) + u32::from(b - b'0'))
        })
    };
    match memchr::memchr(b'/', text) {
        Some(at) => Some((number(&text[..at])?, number(&text[at + 1..])?)),
        None => number(text).map(|n| (n, n)),
    }
}

/// The pattern once for each way to choose among its texts that are not captured, so that each is a literal.
fn alternatives(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut all = vec![Vec::new()];
    for part in parts {
        let choices: Vec<Part> = match part {
            Part::OneOf(None, words) => words.iter().map(|w| Part::Literal(w.clone())).collect(),
            part => vec![part.clone()],
        };
        all = all
            .iter()
            .flat_map(|before| {
                choices
                    .iter()
                    .map(|choice| [before.as_slice(), &[choice.clone()]].concat())
            })
            .collect();
    }
    all
}

/// The steps of a pattern. `after` and `end` say what stands behind the parts.
fn compile(parts: &[Part], after: &[Vec<u8>], end: bool) -> Vec<Op> {
    let parts = joined(parts);
    (0..parts.len())
        .map(|at| {
            let stops = || stops(&parts[at + 1..], after, end);
            match &parts[at] {
                Part::Literal(text) => Op::Literal(text.clone()),
                Part::Capture(field, scanner) if scanner.needs_stop() => {
                    Op::Capture(*field, *scanner, stops())
                }
                Part::Capture(field, scanner) => Op::Capture(
                    *field,
                    *scanner,
                    Stops {
                        texts: Vec::new(),
                        end: false,
                    },
                ),
                Part::OneOf(field, words) => Op::OneOf(*field, words.clone()),
                Part::Optional(inner) => {
                    let Stops { texts, end } = stops();
                    Op::Optional(compile(inner, &texts, end))
                }
                Part::Pairs => Op::Pairs,
                Part::Counters => Op::Counters,
            }
        })
        .collect()
}

/// Neighbouring literals as one.
fn joined(parts: &[Part]) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(text)) => before.extend_from_slice(text),
            _ => out.push(part.clone()),
        }
    }
    out
}

/// What can stand first in these parts, or behind them.
fn stops(parts: &[Part], after: &[Vec<u8>], end: bool) -> Stops {
    let mut texts = Vec::new();
    for part in parts {
        match part {
            Part::Literal(text) => {
                texts.push(text.clone());
                return Stops { texts, end: false };
            }
            Part::OneOf(_, words) => {
                texts.extend(words.iter().cloned());
                return Stops { texts, end: false };
            }
            Part::Optional(inner) => texts.extend(stops(inner, &[], false).texts),
            Part::Capture(..) | Part::Pairs | Part::Counters => return Stops { texts, end: false },
        }
    }
    texts.extend(after.iter().cloned());
    Stops { texts, end }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::parse;
    use super::*;
    use std::collections::BTreeMap;

    fn tree(patterns: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for (at, text) in (0..).zip(patterns) {
            assert_eq!(
                tree.insert(&parse(text, &BTreeMap::new()).expect("a pattern"), at),
                None,
                "{text}"
            );
        }
        tree.seal();
        tree
    }

    fn find(tree: &Tree, text: &str) -> Option<(u32, Captures)> {
        let mut captures = Captures::default();
        tree.find(text.as_bytes(), 0, &Pairs::default(), &mut captures)
            .map(|found| (found, captures))
    }

    #[test]
    fn a_literal_wins_over_a_capture_and_a_dead_end_is_left() {
        let tree = tree(&[
            "{queue_id}: removed",
            "{queue_id}: {text:rest}",
            "statistics: {text:rest}",
        ]);
        assert_eq!(find(&tree, "4X: removed").map(|f| f.0), Some(0));
        assert_eq!(find(&tree, "4X: removed (canceled)").map(|f| f.0), Some(1));
        assert_eq!(find(&tree, "statistics: x").map(|f| f.0), Some(2));
        assert_eq!(find(&tree, "stat: x").map(|f| f.0), Some(1));
        assert!(find(&tree, "nothing").is_none());
    }

    #[test]
    fn an_option_ends_the_field_before_it() {
        let tree = tree(&["user={user}{?, method={mechanism:to}}"]);
        let text = "user=a@b, method=PLAIN";
        let (_, captures) = find(&tree, text).expect("a match");
        assert_eq!(captures.get(Field::User, text.as_bytes()), Some(&b"a@b"[..]));
        assert_eq!(
            captures.get(Field::Mechanism, text.as_bytes()),
            Some(&b"PLAIN"[..])
        );
        assert_eq!(
            find(&tree, "user=a").map(|(_, c)| c.get(Field::Mechanism, b"user=a").is_some()),
            Some(false)
        );
    }

    #[test]
    fn counters_tell_a_goodbye() {
        let tree = tree(&["disconnect {:counters}"]);
        let (_, captures) = find(&tree, "disconnect ehlo=2 mail=1 rcpt=0/1 commands=3/4").expect("a match");
        let expected = Counters {
            commands: 4,
            quit: false,
            logins: 0,
            stage: Some(crate::event::Word::Mail),
        };
        assert_eq!(captures.counters, Some(expected));
    }
}
