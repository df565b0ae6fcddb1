//! Patterns compiled to one tree: what they have in common is matched once, literals are chosen by their first byte.
//!
//! Steps between two choices stand in a list and are walked in one go.
//!
//! Where a literal and a capture could both go on, the literal is tried first; of two captures the one that the
//! grammar names first. A match must reach the end of the line.

use super::captures::{Captures, Counters};
use super::literal::Literal;
use super::pattern::Part;
use super::scan::{Class, Scanner, Stops};
use crate::event::Field;
use crate::find;
use std::borrow::{Borrow, Cow};

/// One step of a match. Its kind stands in a byte of its own: to read it out of a field of a step takes as long as a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Op {
    Literal(Literal),
    /// A run of bytes of a class.
    Run(Option<Field>, Class),
    /// Up to the first place where a text stands.
    UpTo(Option<Field>, Literal),
    Capture(Capture),
    /// Up to the last place from which all that follows fits: no step, but a choice among places.
    Fit(Capture),
    /// A text that does not stand once more behind.
    Last(Literal),
    OneOf(Option<Field>, Vec<Literal>),
    /// The literal that a group begins with, and its other steps.
    Optional(Option<Literal>, Vec<Op>),
    Pairs,
    Counters,
}

/// A field whose end is told by what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capture {
    field: Option<Field>,
    scanner: Scanner,
    stops: Stops,
}

/// A line of so many bytes may have been cut off (Postfix cuts at 2000, util/msg_syslog.c; who receives by RFC 5424, 6.1, at
/// 2048), and what looks like its end may be a stranger's: nothing goes by it.
const MAY_BE_CUT: usize = 1900;

/// Bytes of a reply from its code on, without its line end (RFC 5321 4.5.3.1.5). Postfix cuts there what it says
/// (smtpd/smtpd_check.c, `smtpd_check_reject`), before it names a sender.
const REPLY: usize = 510;

/// `key=value` pairs of a grammar.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// What stands between two pairs.
    pub(super) separator: Option<Literal>,
    /// The field of each key, or nothing; a key without a value is a word of its own. A key that begins as another stands
    /// before it.
    pub(super) keys: Vec<(Literal, Option<Field>)>,
}

/// The steps of a pattern, once for each way to choose among its texts.
#[derive(Debug)]
pub struct Ways(Vec<Vec<Op>>);

impl Ways {
    /// Those of a pattern of these parts.
    pub fn of(parts: &[Part]) -> Self {
        Self(alternatives(parts).iter().map(|parts| compile(parts, &[], true)).collect())
    }
}

/// A node: steps without a choice, and what may come next.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    steps: Vec<Op>,
    /// Literals, no two with the same first byte.
    literals: Vec<(Literal, Tree)>,
    /// The literal for each first byte, counted from 1.
    by_byte: Option<Box<[u8; 256]>>,
    /// Other ways, by what they begin with; once all patterns are in, this is their first step too, where it is one.
    others: Vec<(Op, Tree)>,
    accept: Option<u32>,
}

impl Tree {
    /// Adds a pattern. If another ends at the same node already, that one stays and is returned.
    pub fn insert(&mut self, ways: &Ways, pattern: u32) -> Option<u32> {
        let mut clash = None;
        for steps in &ways.0 {
            clash = clash.or(self.insert_ops(steps, pattern));
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
            [Op::Literal(text), rest @ ..] => self.literal(text.text()).insert_ops(rest, pattern),
            [op, rest @ ..] => {
                let at = self.others.iter().position(|(other, _)| other == op).unwrap_or_else(|| {
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
        let Some(at) = self.literals.iter().position(|(other, _)| other.first() == text[0]) else {
            self.literals.push((Literal::new(text), Self::default()));
            let last = self.literals.len() - 1;
            return &mut self.literals[last].1;
        };
        let (other, node) = &mut self.literals[at];
        let common = other.text().iter().zip(text).take_while(|(a, b)| a == b).count();
        if common < other.len() {
            let (start, tail) = (Literal::new(&other.text()[..common]), Literal::new(&other.text()[common..]));
            let below = std::mem::take(node);
            node.literals.push((tail, below));
            *other = start;
        }
        self.literals[at].1.literal(&text[common..])
    }

    /// Joins nodes that offer no choice, and prepares the look-up by first byte; to be called once all patterns are in.
    pub fn seal(&mut self) {
        while self.accept.is_none()
            && let Some((step, next)) = self.only_way()
        {
            self.steps.push(step);
            let steps = std::mem::take(&mut self.steps);
            *self = Self { steps, ..next };
        }
        if self.literals.len() > 4 && self.literals.len() < 255 {
            let mut table = Box::new([0_u8; 256]);
            for (at, (text, _)) in (1_u8..).zip(&self.literals) {
                table[usize::from(text.first())] = at;
            }
            self.by_byte = Some(table);
        }
        self.literals.iter_mut().for_each(|(_, node)| node.seal());
        for (op, node) in &mut self.others {
            node.seal();
            if !matches!(op, Op::Fit(_)) {
                node.steps.insert(0, op.clone());
            }
        }
    }

    /// The step of a node that offers one way, and the node behind it.
    fn only_way(&mut self) -> Option<(Op, Self)> {
        match (self.literals.len(), self.others.len()) {
            (1, 0) => self.literals.pop().map(|(literal, next)| (Op::Literal(literal), next)),
            (0, 1) if !matches!(self.others[0].0, Op::Fit(_)) => self.others.pop(),
            _ => None,
        }
    }

    /// The pattern that takes the whole text.
    pub fn find(&self, text: &[u8], pairs: &Pairs, captures: &mut Captures) -> Option<u32> {
        Walk { text, pairs, captures }.find(self, 0)
    }

    #[inline]
    fn literal_at(&self, text: &[u8], at: usize) -> Option<&(Literal, Self)> {
        if self.literals.is_empty() {
            return None;
        }
        let first = *text.get(at)?;
        let found = match &self.by_byte {
            Some(table) => self.literals.get(usize::from(table[usize::from(first)]).wrapping_sub(1)),
            None => self.literals.iter().find(|(literal, _)| literal.first() == first),
        };
        found.filter(|(literal, _)| literal.begins(&text[at..]))
    }
}

/// A walk through a tree along a text.
struct Walk<'w> {
    text: &'w [u8],
    pairs: &'w Pairs,
    captures: &'w mut Captures,
}

impl Walk<'_> {
    /// The pattern that takes the text from `at` to its end.
    fn find(&mut self, mut node: &Tree, mut at: usize) -> Option<u32> {
        loop {
            for op in &node.steps {
                at = self.step(op, at)?;
            }
            if at == self.text.len() && node.accept.is_some() {
                return node.accept;
            }
            let literal = node.literal_at(self.text, at);
            let Some((last, others)) = node.others.split_last() else {
                (node, at) = literal.map(|(literal, next)| (next, at + literal.len()))?;
                continue;
            };
            let before = self.captures.mark();
            let found = self.choose(literal, others, at);
            if found.is_some() {
                return found;
            }
            self.captures.back_to(before);
            if let (Op::Fit(fit), next) = last {
                return self.fit(fit, next, at);
            }
            node = &last.1;
        }
    }

    /// Tries one way after the other, but not the last; what a dead end captured is forgotten.
    #[inline]
    fn choose(&mut self, literal: Option<&(Literal, Tree)>, others: &[(Op, Tree)], at: usize) -> Option<u32> {
        let before = self.captures.mark();
        let by_literal = literal.and_then(|(literal, next)| self.find(next, at + literal.len()));
        by_literal.or_else(|| {
            others.iter().find_map(|(op, next)| {
                self.captures.back_to(before);
                match op {
                    Op::Fit(fit) => self.fit(fit, next, at),
                    _ => self.find(next, at),
                }
            })
        })
    }

    /// Tries the places where a field that begins at `at` may end, the last of them first.
    #[inline(never)]
    fn fit(&mut self, fit: &Capture, next: &Tree, at: usize) -> Option<u32> {
        let Capture { field, scanner, stops } = fit;
        let before = self.captures.mark();
        let rest = if self.text.len() < MAY_BE_CUT { &self.text[at..] } else { return None };
        let code = self.captures.start_of(Field::ReplyCode).filter(|_| *scanner == Scanner::Said);
        // What looks like the end of a reply farther on than it goes stands in what follows it.
        let in_reply = code.map(|code| (code + REPLY + 1).saturating_sub(at).min(rest.len()));
        let last = in_reply.and_then(|end| stops.before(rest, end));
        let mut end = last.or_else(|| stops.before(rest, rest.len()))?;
        loop {
            self.captures.back_to(before);
            self.put(*field, at, end);
            let found = self.find(next, at + end);
            if found.is_some() && self.is_sure(fit) {
                return found;
            }
            end = stops.before(rest, end)?;
        }
    }

    /// Whether what was said ends where it was taken to end.
    fn is_sure(&mut self, Capture { field, scanner, stops }: &Capture) -> bool {
        match field.filter(|_| *scanner == Scanner::Said) {
            Some(field) => {
                let said = self.captures.without_subject(field, self.text);
                !said.starts_with(b"<") && !stops.are_in(said)
            }
            None => true,
        }
    }

    /// Takes one step; where it leads, or nothing.
    #[expect(
        clippy::inline_always,
        reason = "a line takes fifteen steps, and to call them takes as long as the steps"
    )]
    #[inline(always)]
    fn step(&mut self, op: &Op, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let len = match op {
            Op::Literal(literal) => literal.begins(rest).then_some(literal.len())?,
            Op::Run(field, class) => self.put(*field, at, class.run(rest)?),
            Op::UpTo(field, stop) => self.put(*field, at, stop.first_in(rest)?),
            // Most groups begin with a literal, and most are not there.
            Op::Optional(Some(first), _) if !first.begins(rest) => 0,
            Op::Optional(first, ops) => self.group(ops, at, first.as_ref().map_or(0, Literal::len)),
            op => self.rare(op, at)?,
        };
        Some(at + len)
    }

    /// The steps that are seldom taken, or are long ones; how far one leads.
    #[inline(never)]
    fn rare(&mut self, op: &Op, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        Some(match op {
            Op::Capture(Capture { field, scanner, stops }) | Op::Fit(Capture { field, scanner, stops }) => {
                self.put(*field, at, scanner.end(rest, stops)?)
            }
            Op::Last(literal) => literal.is_last_at_start(rest).then_some(literal.len())?,
            Op::OneOf(field, words) => {
                let word = words.iter().find(|word| word.begins(rest))?;
                self.put(*field, at, word.len())
            }
            Op::Pairs => self.pairs(at),
            Op::Counters => {
                self.captures.counters = Some(Counters::read(rest)?);
                rest.len()
            }
            Op::Literal(_) | Op::Run(..) | Op::UpTo(..) | Op::Optional(..) => return None,
        })
    }

    /// Notes a captured field; its length.
    #[inline]
    fn put(&mut self, field: Option<Field>, start: usize, len: usize) -> usize {
        if let Some(field) = field {
            self.captures.put(field, start, start + len);
        }
        len
    }

    /// The length of the group if it is there, of which so much is known to be; else nothing is taken and nothing kept.
    #[inline(never)]
    fn group(&mut self, ops: &[Op], start: usize, known: usize) -> usize {
        let before = self.captures.mark();
        let mut at = start + known;
        for op in ops {
            let Some(next) = self.step(op, at) else {
                self.captures.back_to(before);
                return 0;
            };
            at = next;
        }
        at - start
    }

    /// Takes pairs to the end of the text; their length. The last of several equal keys counts: what a stranger chose comes
    /// first.
    fn pairs(&mut self, start: usize) -> usize {
        let Some(separator) = &self.pairs.separator else { return 0 };
        let mut at = start;
        while at < self.text.len() {
            let rest = &self.text[at..];
            let end = separator.first_in(rest);
            self.pair(at, at + end.unwrap_or(rest.len()));
            at += end.map_or(rest.len(), |end| end + separator.len());
        }
        at - start
    }

    fn pair(&mut self, start: usize, end: usize) {
        let pair = &self.text[start..end];
        let colon = find::byte(pair, b':').unwrap_or(pair.len());
        let value = find::byte(&pair[..colon], b'=').filter(|at| !pair[..*at].contains(&b' '));
        let word = &pair[..value.unwrap_or(colon)];
        let is = |key: &Literal| match word.get(key.len()) {
            None => key.is(word),
            Some(next) => *next == b' ' && value.is_none() && key.begins(word),
        };
        let Some((key, Some(field))) = self.pairs.keys.iter().find(|(key, _)| is(key)) else { return };
        let (mut from, mut to) = match value {
            Some(at) => (start + at + 1, end),
            None => (start, start + key.len()),
        };
        if to > from + 1 && self.text[from] == b'<' && self.text[to - 1] == b'>' {
            (from, to) = (from + 1, to - 1);
        }
        self.captures.put(*field, from, to);
    }
}

/// The pattern once for each way to choose among its texts that are not captured, so that each is a literal.
fn alternatives(parts: &[Part]) -> Vec<Vec<Cow<'_, Part>>> {
    let mut all = vec![Vec::with_capacity(parts.len())];
    for part in parts {
        if let Part::OneOf(None, words) = part {
            let with = |before: &Vec<_>, word: &Vec<u8>| {
                before.iter().cloned().chain([Cow::Owned(Part::Literal(word.clone()))]).collect()
            };
            all = all.iter().flat_map(|before| words.iter().map(|word| with(before, word))).collect();
        } else {
            all.iter_mut().for_each(|way| way.push(Cow::Borrowed(part)));
        }
    }
    all
}

/// The steps of a pattern. `after` and `end` say what stands behind the parts.
fn compile<P: Borrow<Part>>(parts: &[P], after: &[Literal], end: bool) -> Vec<Op> {
    let parts = joined(parts);
    (0..parts.len())
        .map(|at| {
            let stops = || stops(&parts[at + 1..], after, end);
            match parts[at].as_ref() {
                Part::Literal(text) => Op::Literal(Literal::new(text)),
                Part::Capture(field, scanner) => capture(*field, *scanner, stops),
                Part::OneOf(field, words) => Op::OneOf(*field, words.iter().map(|w| Literal::new(w)).collect()),
                Part::Optional(inner) => {
                    let Stops { texts, end, .. } = stops();
                    optional(compile(inner, &texts, end))
                }
                Part::Last(text) => Op::Last(Literal::new(text)),
                Part::Pairs => Op::Pairs,
                Part::Counters => Op::Counters,
            }
        })
        .collect()
}

/// The step that takes a group if it is there.
fn optional(mut ops: Vec<Op>) -> Op {
    match ops.first() {
        Some(Op::Literal(first)) => Op::Optional(Some(first.clone()), ops.split_off(1)),
        _ => Op::Optional(None, ops),
    }
}

/// The step that takes a field.
fn capture(field: Option<Field>, scanner: Scanner, stops: impl Fn() -> Stops) -> Op {
    if let Some(class) = scanner.class() {
        return Op::Run(field, class);
    }
    match stops() {
        stops if matches!(scanner, Scanner::ToFit | Scanner::Said) => Op::Fit(Capture { field, scanner, stops }),
        Stops { texts, end: false, .. } if scanner == Scanner::To && texts.len() == 1 => {
            Op::UpTo(field, texts[0].clone())
        }
        stops => Op::Capture(Capture { field, scanner, stops }),
    }
}

/// Neighbouring literals as one.
fn joined<P: Borrow<Part>>(parts: &[P]) -> Vec<Cow<'_, Part>> {
    let mut out: Vec<Cow<'_, Part>> = Vec::with_capacity(parts.len());
    for part in parts.iter().map(Borrow::borrow) {
        match (out.last_mut(), part) {
            (Some(before), Part::Literal(text)) if matches!(**before, Part::Literal(_)) => {
                if let Part::Literal(before) = before.to_mut() {
                    before.extend_from_slice(text);
                }
            }
            _ => out.push(Cow::Borrowed(part)),
        }
    }
    out
}

/// What can stand first in these parts, or behind them.
fn stops<P: Borrow<Part>>(parts: &[P], after: &[Literal], end: bool) -> Stops {
    let mut texts = Vec::new();
    for part in parts {
        match part.borrow() {
            Part::Literal(text) | Part::Last(text) => {
                texts.push(Literal::new(text));
                return Stops::new(texts, false);
            }
            Part::OneOf(_, words) => {
                texts.extend(words.iter().map(|word| Literal::new(word)));
                return Stops::new(texts, false);
            }
            Part::Optional(inner) => texts.extend(stops(inner, &[], false).texts),
            Part::Capture(..) | Part::Pairs | Part::Counters => return Stops::new(texts, false),
        }
    }
    texts.extend(after.iter().cloned());
    Stops::new(texts, end)
}

#[cfg(test)]
mod tests {
    use super::super::pattern::parse;
    use super::*;
    use std::collections::BTreeMap;

    fn tree(patterns: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for (at, text) in (0..).zip(patterns) {
            let ways = Ways::of(&parse(text, &BTreeMap::new()).expect("a pattern"));
            assert_eq!(tree.insert(&ways, at), None, "{text}");
        }
        tree.seal();
        tree
    }

    fn find(tree: &Tree, text: &str) -> Option<(u32, Captures)> {
        let mut captures = Captures::default();
        tree.find(text.as_bytes(), &Pairs::default(), &mut captures).map(|found| (found, captures))
    }

    #[test]
    fn a_literal_wins_over_a_capture_and_a_dead_end_is_left() {
        let tree = tree(&["{queue_id}: removed", "{queue_id}: {text:rest}", "statistics: {text:rest}"]);
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
        assert_eq!(captures.get(Field::Mechanism, text.as_bytes()), Some(&b"PLAIN"[..]));
        assert_eq!(find(&tree, "user=a").map(|(_, c)| c.get(Field::Mechanism, b"user=a").is_some()), Some(false));
    }

    /// The fields of a match, in the order of the line.
    fn fields(tree: &Tree, text: &str) -> Option<Vec<String>> {
        let (_, captures) = find(tree, text)?;
        let shown = |(_, bytes): &(Field, super::super::captures::Bytes)| {
            String::from_utf8_lossy(bytes.of(text.as_bytes())).into_owned()
        };
        Some(captures.fields().iter().map(shown).collect())
    }

    #[test]
    fn t1_a_field_ends_at_the_last_place_from_which_the_rest_fits() {
        let tree =
            tree(&["{reason:to-fit} of {sender:mailbox}", "{reason:to-fit} of {sender:mailbox} by {helo:plain}"]);
        let of = |text| fields(&tree, text);
        assert_eq!(of("a of b@c"), Some(vec!["a".into(), "b@c".into()]));
        assert_eq!(
            of("a of x of \"b of d@e\"@c by h"),
            Some(vec!["a of x".into(), "\"b of d@e\"@c".into(), "h".into()])
        );
        assert_eq!(of("a of b c"), None);
        assert_eq!(of(""), None);
        let long = format!("a{} of b@c", " of y z".repeat(200));
        assert_eq!(of(&long).map(|fields| fields[0].len()), Some(1401));
        let cut = format!("a{} of b@c", " of y z".repeat(300));
        assert_eq!(of(&cut), None, "what stands at its end may be a part of something else");
    }

    #[test]
    fn t1_a_text_that_must_be_the_last_of_its_kind() {
        let tree = tree(&["{reason:to}{!; by=}{sender:to}{? x}"]);
        assert_eq!(fields(&tree, "a; by=b x"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(fields(&tree, "a; by=b; by=c"), None);
    }
}
