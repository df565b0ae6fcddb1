//! Reading a table of a configuration file so that whatever is wrong with it can be pointed at.

use crate::error::{Error, Exit, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// A file of the configuration.
#[derive(Debug)]
pub struct File {
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Whether it came with the program.
    pub built_in: bool,
}

/// A place in a file of the configuration.
#[derive(Clone, Debug)]
pub struct Spot {
    file: Arc<File>,
    span: Range<usize>,
}

impl Spot {
    /// A place.
    pub(super) fn new(file: &Arc<File>, span: Range<usize>) -> Self {
        Self { file: file.clone(), span }
    }

    /// An error that points here.
    pub fn error(&self, what: impl Into<String>) -> Error {
        Error::new(Exit::Config, what).at(self.file.name.clone(), self.file.text.clone(), self.span.clone())
    }

    /// An error about what stands here.
    pub fn about(&self, error: Error) -> Error {
        error.in_file(&self.file.name, &self.file.text, self.span.clone())
    }

    /// An error that points here from a byte of the quoted text on; to all of it where it is written with escapes.
    pub(super) fn error_in(&self, text: &str, at: usize, what: impl Into<String>) -> Error {
        let start = self.span.start + 1;
        let quoted = self.file.text.get(start..start + text.len()) == Some(text);
        let span = if quoted && at < text.len() { start + at..start + text.len() } else { self.span.clone() };
        Self { file: self.file.clone(), span }.error(what)
    }

    /// The text at this place, as it was written.
    pub fn text(&self) -> &str {
        self.file.text.get(self.span.clone()).unwrap_or_default()
    }

    /// Whether it stands in a file that came with the program.
    pub fn is_built_in(&self) -> bool {
        self.file.built_in
    }

    /// File and line, or `default` for what came with the program.
    pub fn origin(&self) -> String {
        if self.file.built_in {
            return "default".to_owned();
        }
        let before = self.file.text.get(..self.span.start).unwrap_or_default();
        format!("{}:{}", self.file.name, before.matches('\n').count() + 1)
    }
}

/// Where the values of a table stand, by their keys.
pub type Places = BTreeMap<String, Spot>;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Spotted<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub spot: Spot,
}

impl<T> Spotted<T> {
    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Spotted<U> {
        Spotted { value: to(self.value), spot: self.spot }
    }
}

/// What a later file sets goes before what an earlier one did.
pub(super) fn later<T>(new: Option<Spotted<T>>, old: &mut Option<T>) {
    if let Some(new) = new {
        *old = Some(new.value);
    }
}

/// The same of a list, as a whole.
pub(super) fn later_list<T>(new: Vec<Spotted<T>>, old: &mut Vec<T>) {
    if !new.is_empty() {
        *old = new.into_iter().map(|new| new.value).collect();
    }
}

/// A value of the kinds that settings have.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A list of texts.
    List(Vec<String>),
}

impl Value {
    /// What kind it is, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list of texts",
        }
    }
}

/// A table that is being read. The keys that were asked for are those that it may have.
#[derive(Debug)]
pub(super) struct Table<'t> {
    file: Arc<File>,
    /// What it is, for messages: `[[thresholds]]`.
    what: &'static str,
    span: Range<usize>,
    content: &'t DeTable<'t>,
    known: BTreeSet<&'static str>,
}

/// A value under a name that the user chose.
pub(super) type Named<T> = (Spotted<String>, T);

/// A value as it was parsed, and its place.
type Item<'t> = (&'t DeValue<'t>, Spot);

impl<'t> Table<'t> {
    /// The whole of a file.
    pub(super) fn root(file: &Arc<File>, content: &'t DeTable<'t>) -> Self {
        Self::new(file, "the configuration", 0..0, content)
    }

    fn new(file: &Arc<File>, what: &'static str, span: Range<usize>, content: &'t DeTable<'t>) -> Self {
        Self { file: file.clone(), what, span, content, known: BTreeSet::new() }
    }

    fn at(&self, span: Range<usize>) -> Spot {
        Spot::new(&self.file, span)
    }

    /// Where the table stands.
    pub(super) fn spot(&self) -> Spot {
        self.at(self.span.clone())
    }

    fn item(&mut self, key: &'static str) -> Option<Item<'t>> {
        self.known.insert(key);
        let (_, value) = self.content.iter().find(|(k, _)| k.get_ref().as_ref() == key)?;
        Some((value.get_ref(), self.at(value.span())))
    }

    /// A value of any kind that settings have.
    fn value(&mut self, key: &'static str) -> Result<Option<Spotted<Value>>> {
        self.item(key).map(|item| simple(&item, key)).transpose()
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<Spotted<String>>> {
        match self.value(key)? {
            None => Ok(None),
            Some(Spotted { value: Value::Text(value), spot }) => Ok(Some(Spotted { value, spot })),
            Some(other) => Err(mismatch(&other, key, "a text, in quotes")),
        }
    }

    /// A path.
    pub(super) fn path(&mut self, key: &'static str) -> Result<Option<Spotted<PathBuf>>> {
        Ok(self.text(key)?.map(|text| text.map(PathBuf::from)))
    }

    /// A text, or a list of them.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<Spotted<String>>> {
        let Some(item) = self.item(key) else {
            return Ok(Vec::new());
        };
        texts(&self.file, &item, key)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<Spotted<bool>>> {
        match self.value(key)? {
            None => Ok(None),
            Some(Spotted { value: Value::Flag(value), spot }) => Ok(Some(Spotted { value, spot })),
            Some(other) => Err(mismatch(&other, key, "true or false")),
        }
    }

    /// A whole number that fits.
    pub(super) fn integer<N: TryFrom<i64>>(&mut self, key: &'static str) -> Result<Option<Spotted<N>>> {
        let Some(found) = self.value(key)? else {
            return Ok(None);
        };
        let Value::Integer(number) = found.value else {
            return Err(mismatch(&found, key, "a whole number"));
        };
        let fits = N::try_from(number);
        let value = fits.map_err(|_| found.spot.error(format!("`{key}` cannot be {number}")))?;
        Ok(Some(found.map(|_| value)))
    }

    /// A whole number within bounds.
    pub(super) fn integer_in<N: TryFrom<i64> + PartialOrd + std::fmt::Display>(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<N>,
    ) -> Result<Option<Spotted<N>>> {
        match self.integer::<N>(key)? {
            Some(found) if !bounds.contains(&found.value) => {
                let what = format!("`{key}` cannot be {}", found.value);
                Err(found.spot.error(what).help(format!("it is between {} and {}", bounds.start(), bounds.end())))
            }
            found => Ok(found),
        }
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<Spotted<T>>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Ok(Some(text.map(|_| *value)));
        }
        let what = format!("`{key}` cannot be `{}`", text.value);
        Err(text.spot.error(what).instead(&text.value, "words", words.iter().map(|(word, _)| *word)))
    }

    /// A table in it.
    pub(super) fn table(&mut self, key: &'static str, what: &'static str) -> Result<Option<Self>> {
        match self.item(key) {
            None => Ok(None),
            Some((DeValue::Table(content), spot)) => Ok(Some(Self::new(&self.file, what, spot.span, content))),
            Some((other, spot)) => Err(wrong_kind(&spot, other.type_str(), key, "a table")),
        }
    }

    /// The tables of an array of tables.
    pub(super) fn tables(&mut self, key: &'static str, what: &'static str) -> Result<Vec<Self>> {
        let Some((value, spot)) = self.item(key) else {
            return Ok(Vec::new());
        };
        let wrong = |found: &DeValue<'_>| {
            wrong_kind(&spot, found.type_str(), key, "tables")
                .help(format!("write each of them under a line `{what}`"))
        };
        let DeValue::Array(list) = value else {
            return Err(wrong(value));
        };
        let tables = list.iter().map(|entry| match entry.get_ref() {
            DeValue::Table(content) => Ok(Self::new(&self.file, what, entry.span(), content)),
            other => Err(wrong(other)),
        });
        tables.collect()
    }

    /// All entries that were not asked for yet, of any kind; the table then knows them.
    pub(super) fn others(&mut self) -> Result<Vec<Named<Spotted<Value>>>> {
        let mut others = Vec::new();
        for (key, value) in self.rest() {
            let item = (value.get_ref(), self.at(value.span()));
            others.push((self.key(key), simple(&item, key.get_ref())?));
        }
        Ok(others)
    }

    /// All entries that were not asked for yet, each a text or a list of texts; the table then knows them.
    pub(super) fn other_texts(&mut self) -> Result<Vec<Named<Vec<Spotted<String>>>>> {
        let mut others = Vec::new();
        for (key, value) in self.rest() {
            let item = (value.get_ref(), self.at(value.span()));
            others.push((self.key(key), texts(&self.file, &item, key.get_ref())?));
        }
        Ok(others)
    }

    /// Where the value of each entry stands.
    pub(super) fn places(&self) -> Places {
        let entries = self.content.iter();
        entries.map(|(key, value)| (key.get_ref().clone().into_owned(), self.at(value.span()))).collect()
    }

    /// Whether there is such an entry.
    pub(super) fn has(&self, key: &str) -> bool {
        self.content.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// The place of the first entry with a name that is looked for.
    pub(super) fn place_of(&self, is_it: impl Fn(&str) -> bool) -> Option<Spot> {
        let mut keys = self.content.iter().map(|(key, _)| key).filter(|key| is_it(key.get_ref().as_ref()));
        keys.next().map(|key| self.at(key.span()))
    }

    fn key(&self, key: &toml::Spanned<toml::de::DeString<'_>>) -> Spotted<String> {
        Spotted { value: key.get_ref().clone().into_owned(), spot: self.at(key.span()) }
    }

    fn rest(
        &self,
    ) -> impl Iterator<Item = (&'t toml::Spanned<toml::de::DeString<'t>>, &'t toml::Spanned<DeValue<'t>>)> + use<'t>
    {
        let known = self.known.clone();
        let mut rest: Vec<_> =
            self.content.iter().filter(|(key, _)| !known.contains(key.get_ref().as_ref())).collect();
        rest.sort_by_key(|(key, _)| key.span().start);
        rest.into_iter()
    }

    /// Ends the reading: nothing may be left.
    ///
    /// # Errors
    ///
    /// Where there is a key that nobody asked for.
    pub(super) fn end(self) -> Result<()> {
        let Some((key, _)) = self.rest().next() else {
            return Ok(());
        };
        let what = format!("`{}` is no setting of {}", key.get_ref(), self.what);
        let error = self.at(key.span()).error(what);
        Err(error.instead(key.get_ref(), "settings", self.known.iter().copied()))
    }
}

fn simple((value, spot): &Item<'_>, key: &str) -> Result<Spotted<Value>> {
    let found = match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            let number = i64::from_str_radix(&digits, number.radix());
            Value::Integer(
                number.map_err(|e| spot.error(format!("`{key}` is no number that can be read")).why(e))?,
            )
        }
        DeValue::Array(list) => {
            let texts = list.iter().map(|entry| entry.get_ref().as_str().map(str::to_owned));
            match texts.collect::<Option<Vec<_>>>() {
                Some(texts) => Value::List(texts),
                None => {
                    return Err(wrong_kind(spot, "an array of other things", key, "a list of texts"));
                }
            }
        }
        other => return Err(wrong_kind(spot, other.type_str(), key, "a simple value")),
    };
    Ok(Spotted { value: found, spot: spot.clone() })
}

fn texts(file: &Arc<File>, (value, spot): &Item<'_>, key: &str) -> Result<Vec<Spotted<String>>> {
    let text = |value: &DeValue<'_>, spot: Spot| match value {
        DeValue::String(text) => Ok(Spotted { value: text.clone().into_owned(), spot }),
        other => Err(wrong_kind(&spot, other.type_str(), key, "a text, or a list of texts")),
    };
    let DeValue::Array(list) = value else {
        return Ok(vec![text(value, spot.clone())?]);
    };
    let spotted = list.iter().map(|entry| text(entry.get_ref(), Spot::new(file, entry.span())));
    spotted.collect()
}

fn mismatch(found: &Spotted<Value>, key: &str, wanted: &str) -> Error {
    wrong_kind(&found.spot, found.value.kind(), key, wanted)
}

fn wrong_kind(spot: &Spot, found: &str, key: &str, wanted: &str) -> Error {
    spot.error(format!("`{key}` has the wrong kind")).why(format!("expected {wanted}, but found {found}"))
}
