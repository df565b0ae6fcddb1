//! `mailtrail query`: a question, in SQL or by its name, answered from the facts of logs; or many, at a prompt.

mod answer;
mod asked;
mod prompt;
mod session;
mod statements;
mod typed;

use super::{Outcome, assets, format, now, period, put, read, say, settle};
use crate::assets::Assets;
use crate::cli::{Global, Query, QueryFormat};
use crate::config::{Config, Written};
use crate::error::{Error, Exit, Result};
use crate::facts::{Scope, View, Wanted};
use crate::report::Cell;
use crate::run::Run;
use crate::sections::{Answer, Asker, Named};
use crate::text::Text;
use crate::time::Zone;
use asked::{Asked, Question};
use clap::ValueEnum;
use session::Session;
use std::io::{self, IsTerminal};

pub(super) fn run(args: &Query, global: &Global, config: &Config) -> Outcome {
    let zone = read::zone(global, config)?;
    let assets = assets(global, config);
    let set = &config.commands.query;
    let times = settle::period(args.period.clone(), &set.times);
    let domains = settle::domains(args.domain.clone(), &set.domain);
    let scope = Scope { span: period(&times, &zone, now())?, domains: &domains };
    let written = format::written(&settle::QUERY, args.format.map(name), args.output.clone(), &set.written);
    let (output, format) = (written.output.as_deref(), format_of(&written)?);
    match asked::asked(args, &assets, &zone)? {
        Asked::List => {
            // What is set is of the answer to one question.
            let typed = Written { format: args.format.map(name), output: args.output.clone() };
            put(&list(&assets, format_of(&typed)?, &zone)?, typed.output.as_deref())?;
            Ok(None)
        }
        Asked::One(question, paths) => {
            // A question that cannot be answered is told before gigabytes are read.
            question.check()?;
            let seen = output.is_none_or(|path| path.as_os_str() == "-");
            if format == QueryFormat::Parquet && seen && io::stdout().is_terminal() {
                let error = Error::new(Exit::Usage, "Parquet is nothing that a terminal can show");
                return Err(error.help("name a file with `--output FILE`"));
            }
            let run = read::logs(&paths, global, config, &zone)?;
            super::spare(&run.files, output)?;
            let answer = ask(&question, &run, &zone, &scope)?;
            if seen {
                tell_of_no_rows(&answer, &run, &zone);
            }
            put(&answer::render(answer, format, &zone)?, output)?;
            Ok((!run.complete).then_some(Exit::Incomplete))
        }
        Asked::Many(paths) => {
            let terminal = io::stdin().is_terminal();
            let colors = terminal && super::colors(global.color, true);
            let fits = |format: &String| args.format.is_some() || format != "parquet";
            let format = format_of(&Written { output: None, format: written.format.filter(fits) })?;
            let session = Session::new(format, &assets, &zone, &scope, colors)?;
            let run = read::logs(&paths, global, config, &zone)?;
            let worst = if terminal { prompt::run(session, &run)? } else { session.read(&run)? };
            Ok(worst.or((!run.complete).then_some(Exit::Incomplete)))
        }
    }
}

/// The word for a format.
fn name(format: QueryFormat) -> String {
    format.to_possible_value().map_or_else(String::new, |word| word.get_name().to_owned())
}

/// The format that is asked for, or that the output's name tells, or a table.
fn format_of(written: &Written) -> Result<QueryFormat> {
    let name = match &written.format {
        Some(name) => Some(name.as_str()),
        None => format::told(&settle::QUERY, written.output.as_deref())?,
    };
    Ok(name.and_then(|name| QueryFormat::from_str(name, false).ok()).unwrap_or_default())
}

/// Asks the facts of a run.
fn ask(question: &Question, run: &Run, zone: &Zone, scope: &Scope<'_>) -> Result<Answer> {
    let needs = question.check()?;
    let view = View::new(&run.facts, zone, scope, Wanted::columns(&needs.tables, &needs.columns()))?;
    question.ask(&Asker::new(&view, &run.coverage)?)
}

/// Says on a terminal that nothing fits, since a head without rows may look as if something went wrong.
fn tell_of_no_rows(answer: &Answer, run: &Run, zone: &Zone) {
    if answer.height() > 0 || !io::stdout().is_terminal() {
        return;
    }
    match run.coverage.times() {
        Some((first, last)) => {
            let (first, last) = (zone.second_text(first), zone.second_text(last));
            say(format_args!("mailtrail: no rows; the logs tell of {first} to {last}"));
        }
        None => say("mailtrail: no rows"),
    }
}

/// The named questions.
fn list(assets: &Assets, format: QueryFormat, zone: &Zone) -> Result<Vec<u8>> {
    let text = |text: &str| Cell::Text(Text::from(text));
    let row = |named: &Named| {
        let front = &named.question.front;
        let short = [text(&named.usage()), text(&front.title)];
        if format == QueryFormat::Table {
            return short.to_vec();
        }
        [&[text(&named.question.name)], short.as_slice(), &[text(&front.about)]].concat()
    };
    let rows: Vec<Vec<Cell>> = Named::all(assets)?.iter().map(row).collect();
    let columns: &[&str] =
        if format == QueryFormat::Table { &["question", "is"] } else { &["name", "usage", "title", "about"] };
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    answer::written(&columns, &rows, format, zone)
}
