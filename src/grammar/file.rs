//! A grammar's file: its layout as TOML, and how it becomes a [`Grammar`].

use super::literal::Literal;
use super::pattern::{self, PatternError};
use super::trees::Trees;
use super::trouble::{Trouble, Troubles};
use super::{Classes, Find, Grammar, Pairs, Pattern, matches_name};
use crate::error::{Error, Exit, Result};
use crate::event::{Field, Role, Type};
use crate::frame::{self, Layout, Spec};
use aho_corasick::AhoCorasick;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    system: String,
    about: String,
    #[serde(default)]
    programs: Programs,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    macros: BTreeMap<String, String>,
    #[serde(default)]
    pairs: PairsEntry,
    #[serde(default)]
    map: BTreeMap<Spanned<String>, BTreeMap<String, String>>,
    #[serde(default)]
    find: Vec<FindEntry>,
    #[serde(default)]
    class: Vec<ClassEntry>,
    #[serde(default)]
    trouble: Vec<TroubleEntry>,
    #[serde(default)]
    layout: Option<Spanned<Spec>>,
    #[serde(default)]
    pattern: Vec<Entry>,
    #[serde(default)]
    ignore: Vec<Entry>,
}

/// Which programs of the header are this system's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Programs {
    /// Their names; a `*` at the end takes any ending.
    pub names: Vec<String>,
    /// Whether the name is a path, as in `instance/label/program`.
    pub path: bool,
    /// Whether the system also writes lines whose header names no program.
    pub native: bool,
    /// The programs that are tried, in this order, where the header names the system only (its name was cut at the slash):
    /// the first that has a pattern of its own for the text gets the line.
    pub cut: Vec<String>,
}

/// The service that a program works for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    program: String,
    #[serde(default)]
    label: Option<String>,
    #[expect(clippy::struct_field_names, reason = "the file says `service`")]
    pub service: String,
}

impl Service {
    pub fn takes(&self, program: &str, label: &str) -> bool {
        matches_name(&self.program, program) && self.label.as_ref().is_none_or(|l| matches_name(l, label))
    }
}

/// How a session is told from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// By the process that serves it.
    #[default]
    Process,
    /// By its `session_id`, else by its `pid`.
    Session,
    /// By its `connection`, and the process that counts it.
    Connection,
    /// By the client's address and port.
    Client,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PairsEntry {
    separator: String,
    keys: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindEntry {
    from: Spanned<String>,
    after: String,
    take: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassEntry {
    class: String,
    #[serde(default)]
    phrases: Vec<String>,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    dsn: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TroubleEntry {
    class: Spanned<String>,
    text: Spanned<Texts>,
    #[serde(default)]
    samples: Vec<String>,
    #[serde(default)]
    near: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    #[serde(default)]
    programs: Vec<String>,
    #[serde(default)]
    roles: Vec<Role>,
    text: Spanned<Texts>,
    #[serde(default)]
    session: KeyKind,
    #[serde(default)]
    set: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    each: Option<EachEntry>,
    #[serde(default)]
    samples: Vec<Sample>,
    #[serde(default)]
    near: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EachEntry {
    of: Spanned<String>,
    separator: Spanned<char>,
}

/// One text, or several with their places.
enum Texts {
    One(String),
    Several(Vec<Spanned<String>>),
}

impl Texts {
    /// The texts, each with its place in the file.
    fn list(text: Spanned<Self>) -> Vec<(String, Range<usize>)> {
        let span = text.span();
        match text.into_inner() {
            Self::One(text) => vec![(text, span)],
            Self::Several(texts) => texts.into_iter().map(|text| (text.get_ref().clone(), text.span())).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

/// An untagged enum would lose the places.
struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Texts, E> {
        Ok(Texts::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Texts, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(Texts::Several(texts))
    }
}

/// A line that a pattern takes, and what it holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The text after the header.
    pub line: String,
    /// The program that writes it, where the pattern has several.
    #[serde(default)]
    pub program: Option<String>,
    /// Every field that is captured, as it stands in the line.
    #[serde(default)]
    pub is: BTreeMap<String, String>,
}

/// Reads and compiles a grammar.
pub(super) fn compile(origin: &str, text: &str, at: usize, patterns: &mut Vec<Pattern>) -> Result<Grammar> {
    let file: File = toml::from_str(text).map_err(|e| {
        let error = Error::new(Exit::Config, "this grammar cannot be read").why(e.message());
        match e.span() {
            Some(span) => error.at(origin, text, span),
            None => error.help(format!("the file is {origin}")),
        }
    })?;
    let context = Context { origin, text, macros: &file.macros };
    let only_ignores = file.pattern.is_empty();
    let named = file.pattern.iter().chain(&file.ignore).flat_map(|entry| &entry.programs);
    let mut trees = Trees::of(named);
    let entries = file.pattern.into_iter().map(|e| (e, false)).chain(file.ignore.into_iter().map(|e| (e, true)));
    for (entry, ignore) in entries {
        let id = u32::try_from(patterns.len()).unwrap_or(u32::MAX);
        let (pattern, parts) = context.pattern(entry, ignore, at)?;
        parts.into_iter().for_each(|parts| trees.add(&pattern.programs, parts, id));
        patterns.push(pattern);
    }
    let maps = context.maps(file.map)?;
    Ok(Grammar {
        system: file.system,
        about: file.about,
        origin: origin.to_owned(),
        programs: file.programs,
        only_ignores,
        services: file.services,
        trees,
        pairs: context.pairs(file.pairs)?,
        mapped: maps.iter().fold(0, |set, (field, _)| set | 1 << *field as u8),
        maps,
        finds: file.find.into_iter().map(|find| context.find(&find)).collect::<Result<_>>()?,
        classes: context.classes(file.class)?,
        troubles: context.troubles(file.trouble)?,
        layout: file.layout.map(|spec| context.layout(&spec)).transpose()?,
    })
}

/// What messages need to show a place.
struct Context<'a> {
    origin: &'a str,
    text: &'a str,
    macros: &'a BTreeMap<String, String>,
}

impl Context<'_> {
    fn pattern(&self, entry: Entry, ignore: bool, grammar: usize) -> Result<(Pattern, Vec<Vec<pattern::Part>>)> {
        let texts = Texts::list(entry.text);
        let parts = self.parts(entry.name.get_ref(), &texts)?;
        let set = entry.set.iter().map(|(name, value)| self.set(name, value)).collect::<Result<_>>()?;
        let pattern = Pattern {
            line: self.line(&entry.name),
            name: entry.name.into_inner(),
            grammar,
            role_set: super::role_set(&entry.roles),
            roles: entry.roles,
            ignore,
            session: entry.session,
            set,
            each: entry.each.map(|each| self.each(&each)).transpose()?,
            texts: texts.into_iter().map(|(text, _)| text).collect(),
            programs: entry.programs,
            samples: entry.samples,
            near: entry.near,
        };
        Ok((pattern, parts))
    }

    /// The line of the file in which a name stands.
    fn line(&self, name: &Spanned<String>) -> usize {
        let before = &self.text.as_bytes()[..name.span().start];
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    /// The parts of each text of a pattern.
    fn parts(&self, name: &str, texts: &[(String, Range<usize>)]) -> Result<Vec<Vec<pattern::Part>>> {
        let read = |(text, span): &(String, Range<usize>)| {
            pattern::parse(text, self.macros).map_err(|e| self.wrong_pattern(name, text, span, &e))
        };
        texts.iter().map(read).collect()
    }

    fn troubles(&self, entries: Vec<TroubleEntry>) -> Result<Troubles> {
        let mut troubles = Troubles::default();
        for TroubleEntry { class, text, samples, near } in entries {
            let parts = self.parts(class.get_ref(), &Texts::list(text))?;
            troubles.add(Trouble { line: self.line(&class), class: class.into_inner(), samples, near }, parts);
        }
        Ok(troubles)
    }

    /// A field and what a pattern sets it to, which must be what it can hold.
    fn set(&self, name: &Spanned<String>, value: &str) -> Result<(Field, String)> {
        let field = self.field(name)?;
        let fits = match field.kind() {
            Type::Integer => value.parse::<i64>().is_ok(),
            Type::Seconds | Type::Key => false,
            Type::Text | Type::Address(_) | Type::Ip => true,
        };
        let wrong = || self.wrong(format!("`{}` cannot be set to `{value}`", name.get_ref()), name.span());
        fits.then(|| (field, value.to_owned())).ok_or_else(wrong)
    }

    fn each(&self, entry: &EachEntry) -> Result<(Field, u8)> {
        let field = self.field(&entry.of)?;
        let separator = entry.separator.get_ref();
        let byte = u8::try_from(*separator).ok().filter(u8::is_ascii).ok_or_else(|| {
            let what = format!("`{separator}` cannot stand between the parts of a list");
            self.wrong(what, entry.separator.span()).help("it must be ASCII")
        })?;
        Ok((field, byte))
    }

    fn layout(&self, spec: &Spanned<Spec>) -> Result<(Arc<Layout>, Vec<frame::Sample>)> {
        let layout = Layout::new(spec.get_ref()).map_err(|why| {
            let wrong = Error::new(Exit::Config, "the layout of this grammar cannot be used");
            wrong.why(why).at(self.origin, self.text, spec.span())
        })?;
        Ok((Arc::new(layout), spec.get_ref().samples.clone()))
    }

    /// What is wrong, and where in the file.
    fn wrong(&self, what: String, span: Range<usize>) -> Error {
        Error::new(Exit::Config, what).at(self.origin, self.text, span)
    }

    fn wrong_pattern(&self, name: &str, text: &str, span: &Range<usize>, error: &PatternError) -> Error {
        // TOML's escapes may hide the text; then the whole of it is shown.
        let place = self.text.get(span.clone()).and_then(|written| written.find(text)).map(|at| span.start + at);
        let span = place.map_or(span.clone(), |at| at + error.at.start..at + error.at.end);
        self.wrong(format!("the pattern `{name}` cannot be read"), span).why(&error.message)
    }

    fn field(&self, name: &Spanned<String>) -> Result<Field> {
        let word = name.get_ref();
        Field::named(word).ok_or_else(|| {
            let names = crate::event::FIELDS.iter().map(|(_, name, _)| *name);
            self.wrong(format!("there is no field `{word}`"), name.span()).instead(word, "fields", names)
        })
    }

    fn pairs(&self, entry: PairsEntry) -> Result<Pairs> {
        let field = |name: &Spanned<String>| match name.get_ref().as_str() {
            "-" => Ok(None),
            _ => self.field(name).map(Some),
        };
        // Backwards, so that a key stands behind those that begin as it.
        let keys = entry.keys.iter().rev();
        let keys = keys.map(|(key, name)| Ok((Literal::new(key.as_bytes()), field(name)?)));
        Ok(Pairs {
            separator: Some(entry.separator).filter(|s| !s.is_empty()).map(|s| Literal::new(s.as_bytes())),
            keys: keys.collect::<Result<_>>()?,
        })
    }

    fn maps(
        &self,
        maps: BTreeMap<Spanned<String>, BTreeMap<String, String>>,
    ) -> Result<Vec<(Field, Vec<(Literal, String)>)>> {
        let literal = |(word, own): (String, String)| (Literal::new(word.as_bytes()), own);
        let literals = |words: BTreeMap<String, String>| words.into_iter().map(literal).collect();
        maps.into_iter().map(|(name, words)| Ok((self.field(&name)?, literals(words)))).collect()
    }

    fn find(&self, entry: &FindEntry) -> Result<Find> {
        Ok(Find {
            from: self.field(&entry.from)?,
            after: Literal::new(entry.after.as_bytes()),
            take: self.field(&entry.take)?,
        })
    }

    fn classes(&self, entries: Vec<ClassEntry>) -> Result<Classes> {
        let mut classes = Classes::default();
        let mut phrases = Vec::new();
        for (rule, entry) in entries.into_iter().enumerate() {
            classes.names.push(entry.class);
            classes.reasons.extend(entry.reasons.into_iter().map(|reason| (reason, rule)));
            classes.codes.extend(entry.dsn.into_iter().map(|code| (code, rule)));
            classes.rule_of_phrase.extend(entry.phrases.iter().map(|_| rule));
            phrases.extend(entry.phrases);
        }
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(phrases);
        classes.phrases = Some(automaton.map_err(|e| {
            Error::new(Exit::Config, "the classes of this grammar cannot be compiled").why(e).help(self.origin)
        })?);
        Ok(classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_marked_where_they_stand() {
        let head = "system = 'x'\nabout = 'nosuch sendr {sendr} each'\n[macros]\nm = '{sender} and much more'\n";
        for (text, place, help) in [
            ("[[pattern]]\nname = 'a'\ntext = 'b'\nset = { sendr = 'each' }", "8:9", "did you mean `sender`?"),
            ("[[pattern]]\nname = 'a'\ntext = 'b'\nset = { scope = 'each' }", "8:9", "`each`"),
            ("[[pattern]]\nname = 'a'\ntext = 'b'\nset = { delay = '3' }", "8:9", "`delay`"),
            ("[[pattern]]\nname = 'a'\ntext = '{@m} {sendr}'", "7:15", ""),
            ("[[pattern]]\nname = 'a'\ntext = ['b', '{@m} {@nosuch}']", "7:20", ""),
            ("[[pattern]]\nname = 'a'\ntext = 'b'\neach = { of = 'reason', separator = 'ü' }", "8:37", "ASCII"),
            ("[[pattern]]\nname = 'a'\ntext = 'b'\neach = { of = 'sendr', separator = ',' }", "8:15", "`sender`"),
            ("[pairs]\nkeys = { a = 'sendr' }", "6:14", "did you mean `sender`?"),
            ("[map.sendr]\na = 'b'", "5:6", "did you mean `sender`?"),
            ("[[find]]\nfrom = 'text'\nafter = 'each'\ntake = 'sendr'", "8:8", "did you mean `sender`?"),
        ] {
            let told = compile("own", &format!("{head}{text}\n"), 0, &mut Vec::new()).map(|_| ()).expect_err(text);
            let told = told.render(false);
            assert!(told.contains(&format!("own:{place}\n")) && told.contains(help), "{text}: {told}");
        }
    }
}
