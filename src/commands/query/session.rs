//! Many questions of the same facts: the logs are read once, and a bad question ends nothing.

use super::asked::{Question, begins_as_sql, parameter};
use super::statements::{self, Typed};
use super::typed::{self, Line};
use super::{answer, ask, list, tell_of_no_rows};
use crate::assets::Assets;
use crate::cli::QueryFormat;
use crate::commands::{now, print, say, schema};
use crate::error::{Error, Exit, Result};
use crate::facts::Scope;
use crate::run::Run;
use crate::sections::{Named, names, tables};
use crate::time::Zone;
use clap::ValueEnum;
use std::fmt::Write as _;
use std::io;

/// What is asked in one sitting.
pub(super) struct Session<'a> {
    assets: &'a Assets,
    zone: &'a Zone,
    scope: &'a Scope<'a>,
    /// The names of the named questions.
    pub(super) names: Vec<String>,
    format: QueryFormat,
    colors: bool,
    /// Whether anything was asked.
    asked: bool,
    /// Whether the question that is not complete yet goes through a line that could not be read.
    broken: bool,
    /// The exit code of the first question that was refused.
    failed: Option<Exit>,
}

/// Whether more will be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Go {
    /// There may be more.
    On,
    /// That was all.
    Away,
}

const HELP: &str = "\
A question in SQL ends with `;` and may go over several lines. A named question is its name and what it must be told,
in one line: who-sent-to recipient=zoe@example.org

  \\d             the tables
  \\d TABLE       its columns, and what they mean
  \\list          the named questions
  \\format NAME   table, csv, json, jsonl
  \\q             the end (quit, exit and Ctrl-D too)
";

impl<'a> Session<'a> {
    /// A session with the format that is asked for.
    pub(super) fn new(
        format: QueryFormat,
        assets: &'a Assets,
        zone: &'a Zone,
        scope: &'a Scope<'a>,
        colors: bool,
    ) -> Result<Self> {
        let names = names(assets)?;
        let format = of_many(format)?;
        Ok(Self { assets, zone, scope, names, format, colors, asked: false, broken: false, failed: None })
    }

    /// Answers all that standard input asks, one answer after the other; the exit code of the first that was refused.
    pub(super) fn read(mut self, run: &Run) -> Result<Option<Exit>> {
        let mut input = io::stdin().lock();
        let mut typed = String::new();
        for number in 1_u64.. {
            let line = typed::next(&mut input);
            let line = line.map_err(|e| Error::new(Exit::Io, "standard input cannot be read").why(e))?;
            let Some(line) = line else { break };
            let before = typed.len();
            self.add(&mut typed, line, number);
            // SQL that goes on is looked through again only where it may end.
            if before > 0 && typed.get(before..).is_some_and(|new| !new.contains(';')) {
                continue;
            }
            let (rest, go) = self.all(&typed, run)?;
            typed = rest;
            if go == Go::Away {
                return Ok(self.failed);
            }
        }
        if !typed.trim().is_empty() && !self.broken {
            self.say(Typed::Sql(typed), run)?;
        }
        if !self.asked {
            return Err(Error::new(Exit::Usage, "no question was asked")
                .help("give one on the command line, or by standard input: `mailtrail query --help`"));
        }
        Ok(self.failed)
    }

    /// Adds a line to what is not complete yet. A line that cannot be read asks nothing, nor does the question that goes
    /// through it.
    fn add(&mut self, typed: &mut String, line: Line, number: u64) {
        match line {
            Line::Text(text) if number == 1 => *typed += text.trim_start_matches('\u{feff}'),
            Line::Text(text) => *typed += &text,
            Line::Bad(text, what) => {
                self.broken = !typed.is_empty() || begins_as_sql(&text);
                if self.broken {
                    *typed += &text;
                }
                self.refused(&Error::new(Exit::Usage, format!("line {number} of standard input {what}")));
            }
        }
        if typed.len() > typed::LONGEST {
            self.broken = !typed.trim_end().ends_with(';');
            typed.clear();
            let what = format!("the question that ends or goes on in line {number} is longer than 1 MiB");
            self.refused(&Error::new(Exit::Usage, what).help("ask it with `--file`"));
        }
    }

    fn refused(&mut self, error: &Error) {
        say(error.render(self.colors));
        self.asked = true;
        self.failed = self.failed.or(Some(error.exit()));
    }

    /// Answers all that is complete; what is left, and whether more will be asked.
    pub(super) fn all(&mut self, typed: &str, run: &Run) -> Result<(String, Go)> {
        let mut rest = typed;
        while let Some((typed, after)) = statements::first(rest, &self.names) {
            rest = after;
            if !std::mem::take(&mut self.broken) && self.say(typed, run)? == Go::Away {
                return Ok((String::new(), Go::Away));
            }
        }
        Ok((if rest.trim().is_empty() { String::new() } else { rest.to_owned() }, Go::On))
    }

    /// Does what was typed. What is wrong with it is said, and ends nothing; only an output that is gone does.
    fn say(&mut self, typed: Typed, run: &Run) -> Result<Go> {
        self.asked = true;
        let done = match typed {
            Typed::Command(command) if is_end(&command) => return Ok(Go::Away),
            Typed::Command(command) => self.command(&command),
            Typed::Sql(sql) if sql.trim().is_empty() => Ok(Vec::new()),
            Typed::Sql(sql) => self.answer(&Question::Sql(sql, None), run),
            Typed::Named(words) => self.named(&words).and_then(|question| self.answer(&question, run)),
        };
        match done {
            Ok(bytes) => print(&bytes)?,
            Err(error) => self.refused(&error),
        }
        Ok(Go::On)
    }

    fn answer(&self, question: &Question, run: &Run) -> Result<Vec<u8>> {
        let answer = ask(question, run, self.zone, self.scope)?;
        tell_of_no_rows(&answer, run, self.zone);
        answer::render(answer, self.format, self.zone)
    }

    fn named(&self, words: &[String]) -> Result<Question> {
        let named = Named::find(self.assets, words.first().map_or("", String::as_str))?;
        let mut values = Vec::new();
        for word in words.iter().skip(1) {
            values.push(parameter(word).ok_or_else(|| {
                let usage = format!("{};", named.usage());
                Error::new(Exit::Usage, format!("`{word}` is no parameter with a value")).help(usage)
            })?);
        }
        named.settle(&values, self.zone, now()).map(|settled| Question::Named(Box::new(settled)))
    }

    fn command(&mut self, command: &str) -> Result<Vec<u8>> {
        let mut words = command.split_whitespace();
        match (words.next().unwrap_or_default(), words.next()) {
            ("help" | "\\h" | "\\?", _) => Ok(HELP.as_bytes().to_vec()),
            ("\\d", None) => Ok(all_tables().into_bytes()),
            ("\\d", Some(name)) => {
                schema::named(name.trim_end_matches(';')).map(|table| schema::text(&[table]).into_bytes())
            }
            ("\\list", _) => list(self.assets, QueryFormat::Table, self.zone),
            ("\\format", Some(name)) => {
                self.format = format(name)?;
                Ok(Vec::new())
            }
            (other, _) => Err(Error::new(Exit::Usage, format!("there is no command `{other}`"))
                .instead(other, "commands", COMMANDS)),
        }
    }
}

/// The commands of a session.
pub(super) const COMMANDS: [&str; 5] = ["\\d", "\\format", "\\h", "\\list", "\\q"];

fn is_end(command: &str) -> bool {
    matches!(command, "\\q" | "quit" | "exit")
}

/// Parquet is a file, not one answer of several.
fn of_many(format: QueryFormat) -> Result<QueryFormat> {
    match format {
        QueryFormat::Parquet => Err(Error::new(Exit::Usage, "only the answer to one question can be Parquet")
            .help("the others are table, csv, json, jsonl")),
        format => Ok(format),
    }
}

fn format(name: &str) -> Result<QueryFormat> {
    let formats = ["table", "csv", "json", "jsonl"];
    let found = QueryFormat::from_str(name, false).map_err(|_| {
        Error::new(Exit::Usage, format!("there is no format `{name}`")).instead(name, "formats", formats)
    });
    found.and_then(of_many)
}

fn all_tables() -> String {
    tables().fold(String::new(), |mut out, table| {
        let _ = writeln!(out, "{:<15} {}", table.name, table.about);
        out
    })
}
