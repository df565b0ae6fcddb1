//! The shape of an error: what happened, where, why, what to do, and the exit code.
//!
//! Kinds of errors live in the modules that raise them; this file knows none of them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// The result of anything that can be refused.
pub type Result<T> = std::result::Result<T, Error>;

/// Exit codes, after `sysexits.h` where that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A finding reached the level of `--fail-on`; or nothing is named by the key of a trace, as `grep` ends then.
    Findings = 1,
    /// Done, but an input could not be read.
    Incomplete = 2,
    /// Wrong usage of the command line.
    Usage = 64,
    /// The data was refused.
    Data = 65,
    /// No input.
    NoInput = 66,
    /// A service that is needed cannot be reached.
    Unavailable = 69,
    /// Our own fault.
    Internal = 70,
    /// An output cannot be written.
    CannotWrite = 73,
    /// Reading or writing failed.
    Io = 74,
    /// Another run holds what is needed; try later.
    TryLater = 75,
    /// The configuration, a grammar or a section is wrong.
    Config = 78,
}

/// A place in a text that the user wrote, shown with a caret.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file's name, as the user knows it.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// The bytes that are wrong.
    pub span: Range<usize>,
}

/// An error that a person reads.
#[derive(Clone, Debug)]
pub struct Error {
    what: String,
    why: Option<String>,
    place: Option<Box<Place>>,
    help: Option<String>,
    exit: Exit,
}

impl Error {
    /// An error that says what happened and ends the program with `exit`.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { what: what.into(), why: None, place: None, help: None, exit }
    }

    /// Adds the cause.
    #[must_use]
    pub fn why(mut self, why: impl fmt::Display) -> Self {
        self.why = Some(why.to_string());
        self
    }

    /// Adds what it is about, such as an option, before all else.
    #[must_use]
    pub fn of(mut self, whose: &str) -> Self {
        self.what = format!("`{whose}`: {}", self.what);
        self
    }

    /// Adds the place, shown with a caret.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, text: impl Into<String>, span: Range<usize>) -> Self {
        self.place = Some(Box::new(Place { file: file.into(), text: text.into(), span }));
        self
    }

    /// The same about a file: it is wrong, at the error's place in it, or at these bytes where that has none.
    #[must_use]
    pub fn in_file(self, file: &str, text: &str, span: Range<usize>) -> Self {
        Self { exit: Exit::Config, ..self.placed(file, text, span) }
    }

    /// The same, its place being in this file, or at these bytes where it has none.
    #[must_use]
    pub fn placed(mut self, file: &str, text: &str, span: Range<usize>) -> Self {
        match &mut self.place {
            Some(place) => file.clone_into(&mut place.file),
            None => return self.at(file, text, span),
        }
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds which name was probably meant, or which ones there are: `did you mean `text`?`, `the formats are csv, html`.
    #[must_use]
    pub fn instead<'a>(self, word: &str, kinds: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        match nearest(word, names.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => self.help(format!("there are no {kinds}")),
            None => self.help(format!("the {kinds} are {}", names.join(", "))),
        }
    }

    /// What happened and why, in one line.
    pub fn what(&self) -> String {
        match &self.why {
            Some(why) => format!("{}: {why}", self.what),
            None => self.what.clone(),
        }
    }

    /// The exit code that goes with it.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The message for a terminal, coloured where `color` says so.
    pub fn render(&self, color: bool) -> String {
        let title = printable(&self.what());
        let mut group = Group::with_title(Level::ERROR.primary_title(title.as_str()));
        let shown = self.place.as_ref().map(|place| (still(&place.text), printable(&place.file)));
        if let (Some(place), Some((text, file))) = (&self.place, &shown) {
            let span = clip(&place.span, place.text.len());
            group = group.element(
                Snippet::source(text.as_str()).path(file.as_str()).annotation(AnnotationKind::Primary.span(span)),
            );
        }
        let help = self.help.as_deref().map(printable);
        if let Some(help) = &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Error {}

/// A span that lies inside the text.
fn clip(span: &Range<usize>, len: usize) -> Range<usize> {
    let start = span.start.min(len);
    start..span.end.clamp(start, len)
}

/// Makes text from outside harmless on a terminal: one line, no control characters, no directions.
fn printable(text: &str) -> String {
    crate::text::shown(text).into_owned()
}

/// The same text with nothing in it that acts on a terminal, byte for byte as long.
fn still(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\n' | '\t') || crate::text::shown(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        }
    }
    out
}

/// Whether a word is so near to another that it may be meant: two edits away, one where it is short.
pub fn is_near(word: &str, other: &str) -> bool {
    let most = if other.len() > 4 { 2 } else { 1 };
    strsim::damerau_levenshtein(word, other) <= most
}

/// The nearest of `names` to `word` if it is within two edits, for "did you mean".
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, name)| name)
}
