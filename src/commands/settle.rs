//! What is typed, and where that leaves something open what the configuration sets.

#[cfg(feature = "sql")]
use super::format::Kind;
#[cfg(feature = "sql")]
use crate::cli::Period;
use crate::cli::{self, Global, QueryFormat, SchemaFormat, When};
use crate::config::{Config, Times, Wish};
use crate::error::{Error, Exit, Result};
use crate::render;
use clap::ValueEnum;

/// The options of every command. To be told much puts aside that nothing is to be said, and the other way round.
pub(super) fn global(typed: &Global, config: &Config) -> Global {
    let set = &config.commands.general;
    let silent = typed.quiet || (set.quiet == Some(true) && typed.verbose == 0);
    Global {
        color: typed.color.or(set.color.map(when)),
        progress: typed.progress.or(set.progress.map(when)),
        quiet: silent,
        verbose: typed.verbose.max(u8::from(set.verbose == Some(true) && !silent)),
        memory: typed.memory.or(set.memory),
        ..typed.clone()
    }
}

fn when(wish: Wish) -> When {
    match wish {
        Wish::Auto => When::Auto,
        Wish::Always => When::Always,
        Wish::Never => When::Never,
    }
}

/// A period that is typed, else the one that is set.
#[cfg(feature = "sql")]
pub(super) fn period(typed: Period, set: &Times) -> Period {
    if !typed.is_open() {
        return typed;
    }
    let Times { since, until, on } = set.clone();
    Period { since, until, on }
}

/// The domains that are typed, else those that are set, which may be written as they are typed.
#[cfg(feature = "sql")]
pub(super) fn domains(typed: Vec<String>, set: &[String]) -> Vec<String> {
    if !typed.is_empty() {
        return typed;
    }
    set.iter().flat_map(|text| text.split(',')).filter_map(|text| cli::domain(text).ok()).collect()
}

/// Formats of queries, by each ending of their names.
#[cfg(feature = "sql")]
pub(super) const QUERY: [Kind; 6] = [
    ("table", "txt"),
    ("csv", "csv"),
    ("json", "json"),
    ("jsonl", "jsonl"),
    ("jsonl", "ndjson"),
    ("parquet", "parquet"),
];

/// Refuses formats that there are not, domains that name none, and two periods for one.
pub(super) fn known_words(config: &Config) -> Result<()> {
    known_domains(config)?;
    known_periods(config)?;
    known_formats(config)
}

fn known_domains(config: &Config) -> Result<()> {
    let set = &config.commands;
    for (key, set) in [("report.domain", &set.report.domain), ("query.domain", &set.query.domain)] {
        if let Some(why) = set.iter().flat_map(|text| text.split(',')).find_map(|text| cli::domain(text).err()) {
            return Err(config.at(key, Error::new(Exit::Config, why)));
        }
    }
    Ok(())
}

fn known_periods(config: &Config) -> Result<()> {
    let set = &config.commands;
    let periods =
        [("report.on", &set.report.times), ("query.on", &set.query.times), ("trace.on", &set.trace.times)];
    let is_double = |times: &Times| times.on.is_some() && (times.since.is_some() || times.until.is_some());
    let Some((key, _)) = periods.into_iter().find(|(_, times)| is_double(times)) else { return Ok(()) };
    let error = Error::new(Exit::Config, "`on` is a whole period");
    Err(config.at(key, error.help("leave out `since` and `until`, or `on`")))
}

fn known_formats(config: &Config) -> Result<()> {
    let set = &config.commands;
    let of =
        |named: Vec<(&'static str, &'static str)>| named.into_iter().map(|(name, _)| name.to_owned()).collect();
    let formats: [(&str, &Option<String>, Vec<String>); 5] = [
        ("report.format", &set.report.written.format, of(render::named(render::RENDERERS))),
        ("query.format", &set.query.written.format, words::<QueryFormat>()),
        ("trace.format", &set.trace.written.format, of(render::named(render::trace::FORMATS))),
        ("headers.format", &set.headers.written.format, of(render::named(render::headers::FORMATS))),
        ("schema.format", &set.schema.format, words::<SchemaFormat>()),
    ];
    for (key, name, known) in formats {
        let Some(name) = name.as_ref().filter(|name| !known.contains(name)) else { continue };
        let error = Error::new(Exit::Config, format!("there is no format `{name}`"));
        return Err(config.at(key, error.instead(name, "formats", known.iter().map(String::as_str))));
    }
    Ok(())
}

/// The words of an option.
fn words<T: ValueEnum>() -> Vec<String> {
    let words = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    words.map(|word| word.get_name().to_owned()).collect()
}

#[cfg(all(test, feature = "sql"))]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_queries_has_an_ending() {
        let mut names = QUERY.map(|(name, _)| name).to_vec();
        names.dedup();
        assert_eq!(words::<QueryFormat>(), names);
    }
}
