//! What the words of the command line ask: one question, in SQL or by its name; many; or what can be asked.

use crate::assets::Assets;
use crate::cli::Query;
use crate::commands::{corrected, now};
use crate::error::{Error, Exit, Result};
use crate::own;
use crate::sections::{Answer, Asker, Named, Needs, Settled, first_line, names, try_out};
use crate::time::Zone;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What is asked, and of which logs.
pub(super) enum Asked {
    /// The named questions.
    List,
    /// One question.
    One(Question, Vec<PathBuf>),
    /// Those of standard input or a prompt.
    Many(Vec<PathBuf>),
}

/// A question.
pub(super) enum Question {
    /// In SQL, with the name of its file where it has one.
    Sql(String, Option<String>),
    /// A named one.
    Named(Box<Settled>),
}

impl Question {
    /// What it needs; the error that it would end with, if it is wrong.
    pub(super) fn check(&self) -> Result<Needs> {
        match self {
            Self::Sql(sql, file) => try_out(sql).map_err(|error| match file {
                Some(file) => error.placed(file, sql, first_line(sql)),
                None => error,
            }),
            Self::Named(settled) => settled.check(),
        }
    }

    /// Asks it.
    pub(super) fn ask(&self, asker: &Asker<'_>) -> Result<Answer> {
        match self {
            Self::Sql(sql, _) => asker.ask(sql),
            Self::Named(settled) => settled.ask(asker),
        }
    }
}

/// What the command line asks.
pub(super) fn asked(args: &Query, assets: &Assets, zone: &Zone) -> Result<Asked> {
    let words = || args.question.iter().chain(&args.words).cloned();
    if args.list {
        return Ok(Asked::List);
    }
    if let Some(file) = &args.file {
        let sql = question_in(file)?;
        let question = Question::Sql(sql, Some(file.display().to_string()));
        return Ok(Asked::One(question, words().map(PathBuf::from).collect()));
    }
    if let Some(name) = &args.name {
        return named(name, &args.param, words(), assets, zone);
    }
    let Some(first) = &args.question else {
        return many(args, Vec::new());
    };
    let rest = args.words.iter().cloned();
    match first.to_str() {
        Some(name) if names(assets)?.iter().any(|known| known == name) => {
            named(name, &args.param, rest, assets, zone)
        }
        Some(sql) if sql.contains(char::is_whitespace) && !args.param.is_empty() => {
            Err(Error::new(Exit::Usage, "a question in SQL has no parameters").help("name one with `--name`"))
        }
        Some(sql) if sql.contains(char::is_whitespace) && fs::metadata(first).is_err() => {
            refuse_quoted_name(sql, &args.words, &names(assets)?)?;
            Ok(Asked::One(Question::Sql(sql.to_owned(), None), rest.map(PathBuf::from).collect()))
        }
        Some(word) if could_be_a_key(word) => {
            let error = Error::new(Exit::Usage, format!("`{word}` is no question"));
            let trace = corrected("trace", args.question.iter().chain(&args.words));
            Err(error.help(format!("to follow it through the logs: {trace}")))
        }
        Some(word) if !could_be_a_path(word) => {
            let error =
                Error::new(Exit::Usage, format!("`{word}` is no question in SQL, no named one and no file"));
            Err(error.instead(word, "named questions", names(assets)?.iter().map(String::as_str)))
        }
        _ => {
            refuse_question_behind(first, &args.words, &names(assets)?)?;
            many(args, words().map(PathBuf::from).collect())
        }
    }
}

/// Refuses a named question that quotes hold together with what it must be told.
fn refuse_quoted_name(question: &str, paths: &[OsString], names: &[String]) -> Result<()> {
    let words = question.split_whitespace().map(OsString::from).collect::<Vec<_>>();
    match names.iter().find(|name| words.first().is_some_and(|first| first == name.as_str())) {
        Some(name) => {
            let error =
                Error::new(Exit::Usage, format!("`{name}` and what it must be told are words of their own"));
            Err(error.help(corrected("query", words.iter().chain(paths))))
        }
        None => Ok(()),
    }
}

/// Whether a word that names no file looks like what is followed through the logs: an address, a Message-ID, an IP address,
/// a queue id.
fn could_be_a_key(word: &str) -> bool {
    let is_id = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits > 2 && word.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let is_key = word.contains('@') || word.parse::<IpAddr>().is_ok() || is_id(word);
    is_key && !names_files(word)
}

/// Refuses a question that stands behind its logs.
fn refuse_question_behind(path: &OsStr, words: &[OsString], names: &[String]) -> Result<()> {
    let is_question = |word: &&str| begins_as_sql(word) || names.iter().any(|name| name == word);
    let words = words.iter().filter_map(|word| word.to_str());
    match words.filter(|word| fs::metadata(word).is_err()).find(is_question) {
        Some(question) => {
            let what = format!("`{question}` is the question, and `{}` stands before it", path.display());
            Err(Error::new(Exit::Usage, what).help("the question goes first: mailtrail query QUESTION PATH..."))
        }
        None => Ok(()),
    }
}

/// Whether a text begins as a question in SQL does.
pub(super) fn begins_as_sql(text: &str) -> bool {
    text.trim_start().split_once(char::is_whitespace).is_some_and(|(first, _)| begins_sql(first))
}

/// Whether a question in SQL may begin with this word.
pub(super) fn begins_sql(word: &str) -> bool {
    ["select", "with"].iter().any(|first| first.eq_ignore_ascii_case(word))
}

/// The question in a file, as far as one that passes is long.
fn question_in(file: &Path) -> Result<String> {
    let sql = own::bytes(file, own::QUESTION).map_err(|e| {
        let exit = if e.kind() == ErrorKind::FileTooLarge { Exit::Usage } else { Exit::NoInput };
        own::told(Error::new(exit, format!("{} cannot be read", file.display())), &e)
    })?;
    String::from_utf8(sql).map_err(|e| {
        let before = String::from_utf8_lossy(&e.as_bytes()[..e.utf8_error().valid_up_to()]);
        let line = 1 + before.matches('\n').count();
        Error::new(Exit::Usage, format!("{} is no question: its line {line} is not UTF-8", file.display()))
    })
}

/// A file that is there, or a word that no name is: a pattern, a path, standard input.
fn could_be_a_path(word: &str) -> bool {
    word == "-" || word.contains('.') || names_files(word)
}

/// A file that is there, or a pattern, or a path.
fn names_files(word: &str) -> bool {
    word.contains(['/', '*', '?', '[']) || fs::metadata(word).is_ok()
}

fn many(args: &Query, paths: Vec<PathBuf>) -> Result<Asked> {
    let usage = |what: &str| Err(Error::new(Exit::Usage, what).help("give a question, or `--name NAME`"));
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return usage("standard input cannot be the log and the questions");
    }
    if !args.param.is_empty() {
        return usage("there is no question that the parameters belong to");
    }
    if args.output.is_some() {
        return usage("an output can take the answer to one question only");
    }
    Ok(Asked::Many(paths))
}

/// A named question. Words such as `user=anna` are what it must be told, all others are logs; a log of such a name is
/// written `./user=anna`.
fn named(
    name: &str,
    given: &[String],
    words: impl Iterator<Item = OsString>,
    assets: &Assets,
    zone: &Zone,
) -> Result<Asked> {
    let named = Named::find(assets, name)?;
    let mut values = Vec::new();
    for pair in given {
        values.push(parameter(pair).ok_or_else(|| {
            Error::new(Exit::Usage, format!("`{pair}` is no parameter with a value")).help("write NAME=VALUE")
        })?);
    }
    let mut paths = Vec::new();
    for word in words {
        match word.to_str().and_then(parameter) {
            Some(pair) => values.push(pair),
            None => paths.push(PathBuf::from(word)),
        }
    }
    Ok(Asked::One(Question::Named(Box::new(named.settle(&values, zone, now())?)), paths))
}

/// The name and the value of `name=value`.
pub(super) fn parameter(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}
