//! The prompt: lines that can be edited, with history and completion.

use super::session::{COMMANDS, Go, Session};
use super::statements;
use crate::commands::say;
use crate::error::{Error, Exit, Result};
use crate::own;
use crate::run::Run;
use crate::sections::{columns, functions, tables};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper, Highlighter, Hinter};
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

const PROMPT: &str = "mailtrail> ";

/// Answers questions until there are no more. That some were wrong is no failure of a sitting.
pub(super) fn run(mut session: Session<'_>, run: &Run) -> Result<Option<Exit>> {
    let failed = |e: ReadlineError| Error::new(Exit::Io, "the terminal cannot be read").why(e);
    let config = Config::builder().history_ignore_space(true).build();
    let mut editor: Editor<Typist, DefaultHistory> = Editor::with_config(config).map_err(failed)?;
    editor.set_helper(Some(Typist { names: session.names.clone() }));
    let history = history();
    if let Some(history) = &history {
        let _ = editor.load_history(history);
    }
    say("Questions in SQL end with `;`. `help` says what else there is.");
    loop {
        match editor.readline(PROMPT) {
            Ok(typed) => {
                editor.add_history_entry(typed.trim_end()).map_err(failed)?;
                if session.all(&(typed + "\n"), run)?.1 == Go::Away {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Io(e)) if e.kind() == ErrorKind::InvalidData => {
                say("mailtrail: that was not UTF-8");
            }
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(failed(error)),
        }
        // What was asked is kept at once: a terminal may be gone before the end.
        if let Some(history) = &history {
            let _ = editor.append_history(history);
        }
    }
    Ok(None)
}

/// The file of what was asked, `$XDG_STATE_HOME/mailtrail/query-history`: its owner's alone, since addresses stand in it.
/// Nothing where there can be none.
fn history() -> Option<PathBuf> {
    let folder = crate::config::user_folder("XDG_STATE_HOME", ".local/state")?;
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
    let file = folder.join("query-history");
    own::options().append(true).create(true).mode(0o600).open(&file).ok()?;
    own::text(&file, own::RECORD).ok().map(|_| file)
}

/// Knows when what is typed is complete, and what a word could become.
#[derive(Helper, Highlighter, Hinter)]
struct Typist {
    names: Vec<String>,
}

impl Validator for Typist {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let typed = context.input();
        let complete = typed.trim().is_empty() || statements::first(&format!("{typed}\n"), &self.names).is_some();
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Typist {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(candidates(&line[..at], &self.names))
    }
}

/// Words of SQL that are worth completing.
const WORDS: [&str; 24] = [
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "COUNT(*)",
    "DESC",
    "DISTINCT",
    "FROM",
    "GROUP BY",
    "HAVING",
    "IN",
    "IS NOT NULL",
    "IS NULL",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "NULLS LAST",
    "ORDER BY",
    "SELECT",
    "WHERE",
    "WITH",
];

/// Where the word before the cursor begins, and what it could become.
fn candidates(before: &str, names: &[String]) -> (usize, Vec<String>) {
    let is_word = |c: char| c.is_alphanumeric() || "_-\\".contains(c);
    let start =
        before.rfind(|c| !is_word(c)).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let (earlier, word) = before.split_at(start);
    let previous = earlier.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    let all_tables = || tables().map(|table| table.name);
    let all: Vec<&str> = match previous.as_str() {
        "" => names.iter().map(String::as_str).chain(COMMANDS).chain(["SELECT", "WITH", "help"]).collect(),
        "\\format" => vec!["table", "csv", "json", "jsonl"],
        "from" | "join" | "\\d" => all_tables().collect(),
        _ => {
            let mentioned = |table: &str| before.split(|c: char| !is_word(c)).any(|word| word == table);
            let any = all_tables().any(mentioned);
            let own = tables().filter(|table| !any || mentioned(table.name)).flat_map(columns);
            own.chain(functions()).chain(WORDS).chain(all_tables()).collect()
        }
    };
    let fits = |name: &&str| {
        name.len() >= word.len()
            && name.is_char_boundary(word.len())
            && name[..word.len()].eq_ignore_ascii_case(word)
    };
    let mut found: Vec<String> = all.into_iter().filter(fits).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    (start, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(before: &str) -> Vec<String> {
        candidates(before, &["mail-to".to_owned(), "late-messages".to_owned()]).1
    }

    #[test]
    fn words_become_what_can_stand_there() {
        assert_eq!(completed("la"), ["late-messages"]);
        assert_eq!(completed("SELECT x FROM mes"), ["messages"]);
        assert_eq!(completed("SELECT time FROM messages WHERE size"), ["size_bytes"]);
        assert_eq!(completed("SELECT time FROM messages ord"), ["ORDER BY"]);
        assert_eq!(completed("\\d sess"), ["sessions"]);
        assert_eq!(completed("\\f"), ["\\format"]);
        assert!(completed("SELECT ü").is_empty());
        assert_eq!(candidates("SELECT time, que", &[]).0, 13);
    }
}
