//! `mailtrail config`: whether the configuration is right, and what it comes to.

use super::{Outcome, print};
#[cfg(feature = "sql")]
use super::{format, settle};
#[cfg(feature = "sql")]
use crate::cli::Period;
use crate::cli::{Config as Command, Global, When};
#[cfg(feature = "sql")]
use crate::config::Times;
use crate::config::{Config, quoted, show_line};
use crate::error::Result;
#[cfg(feature = "sql")]
use crate::error::{Error, Exit};
#[cfg(feature = "sql")]
use crate::time::Zone;
use clap::ValueEnum;
use std::fmt::Write as _;
use std::path::Path;

pub(super) fn run(command: Command, global: &Global, config: &Config) -> Outcome {
    let text = match command {
        Command::Check => check(global, config)?,
        Command::Show => show(global, config)?,
    };
    print(text.as_bytes())?;
    Ok(None)
}

/// Says what was read. What is wrong ended in an error before.
fn check(global: &Global, config: &Config) -> Result<String> {
    let mut out = String::new();
    for file in &config.files {
        let _ = writeln!(out, "{}: right", file.display());
    }
    if config.files.is_empty() {
        let _ = writeln!(out, "no configuration; the defaults hold");
    }
    let (inputs, schedules) = (config.inputs.len(), config.schedules.len());
    let _ = write!(out, "inputs {inputs}, schedules {schedules}");
    judged(&mut out, global, config)?;
    out.push('\n');
    Ok(out)
}

#[cfg(feature = "sql")]
fn judged(out: &mut String, global: &Global, config: &Config) -> Result<()> {
    known_names(global, config)?;
    super::post::check(config, &super::assets(global, config))?;
    let (thresholds, rules) = crate::judge::Judge::new(config, &super::assets(global, config))?.counts();
    let _ = write!(out, ", thresholds {thresholds}, rules {rules}");
    Ok(())
}

/// What only those know who use it: the names of formats, reports and sections, and what times are.
#[cfg(feature = "sql")]
fn known_names(global: &Global, config: &Config) -> Result<()> {
    use crate::{compose, render};
    let report = &config.commands.report;
    let at = |key: &str, error| config.at(key, error);
    let name = report.report.as_deref().unwrap_or(compose::DAILY);
    let sections = compose::sections(&super::assets(global, config), name).map_err(|e| at("report.report", e))?;
    let is_part =
        |section: &String| sections.contains(section) || render::parts_of_all().any(|part| part == section);
    if let Some(section) = report.section.as_ref().filter(|section| !is_part(section)) {
        let error = Error::new(Exit::Config, format!("there is no section `{section}` in the report `{name}`"));
        return Err(at("report.section", error.instead(section, "sections", sections.iter().map(String::as_str))));
    }
    super::report::known_labels(&report.by, &super::assets(global, config)).map_err(|e| at("report.by", e))?;
    known_outputs(config)?;
    let zone = super::zone(global, config)?;
    let set = &config.commands;
    [("report", &set.report.times), ("query", &set.query.times), ("trace", &set.trace.times)]
        .into_iter()
        .try_for_each(|(table, times)| {
            known_times(times, &zone, &|key, error| at(&format!("{table}.{key}"), error))
        })
}

/// Proves that the names of outputs tell a format, where nothing else does.
#[cfg(feature = "sql")]
fn known_outputs(config: &Config) -> Result<()> {
    use crate::render;
    let set = &config.commands;
    let outputs = [
        ("report.output", &set.report.written, format::kinds(render::RENDERERS)),
        ("query.output", &set.query.written, settle::QUERY.to_vec()),
        ("trace.output", &set.trace.written, format::kinds(render::trace::FORMATS)),
        ("headers.output", &set.headers.written, format::kinds(render::headers::FORMATS)),
    ];
    outputs.into_iter().filter(|(_, written, _)| written.format.is_none()).try_for_each(|(key, written, kinds)| {
        format::told(&kinds, written.output.as_deref()).map(drop).map_err(|e| config.at(key, e))
    })
}

/// Proves that the times of a command can be read.
#[cfg(feature = "sql")]
fn known_times(times: &Times, zone: &Zone, at: &dyn Fn(&str, Error) -> Error) -> Result<()> {
    let Times { since, until, on } = times.clone();
    let each = [
        ("on", Period { on, ..Period::default() }),
        ("since", Period { since, ..Period::default() }),
        ("until", Period { until, ..Period::default() }),
    ];
    let now = super::now();
    each.into_iter()
        .try_for_each(|(key, period)| super::period(&period, zone, now).map(drop).map_err(|e| at(key, e)))
}

#[cfg(not(feature = "sql"))]
fn judged(_: &mut String, _: &Global, _: &Config) -> Result<()> {
    Ok(())
}

/// The configuration as TOML, each value with where it comes from.
fn show(global: &Global, config: &Config) -> Result<String> {
    let mut out = String::new();
    let zone = super::zone(global, config)?;
    let by_hand = given(global.timezone.is_some(), "MAILTRAIL_TIMEZONE");
    let origin = by_hand.unwrap_or_else(|| match &config.timezone {
        Some(_) => config.origin("timezone"),
        None => "the machine".to_owned(),
    });
    show_line(&mut out, "timezone", &quoted(zone.name()), &origin);
    for (key, typed, variable) in typed(global) {
        let by_hand = given(typed.is_some(), variable);
        let value = typed.or_else(|| config.spot(key).map(|spot| spot.text().to_owned()));
        let origin = by_hand.unwrap_or_else(|| config.origin(key));
        value.iter().for_each(|value| show_line(&mut out, key, value, &origin));
    }
    for folder in &global.libraries {
        let _ = writeln!(out, "# library {} (command line)", folder.display());
    }
    if !config.libraries.is_empty() {
        let folders: Vec<String> =
            config.libraries.iter().map(|folder| quoted(&folder.display().to_string())).collect();
        show_line(&mut out, "libraries", &format!("[{}]", folders.join(", ")), &config.origin("libraries"));
    }
    config.show_lists(&mut out);
    TABLES.iter().for_each(|table| config.show_table(&mut out, table));
    #[cfg(feature = "sql")]
    crate::judge::Judge::new(config, &super::assets(global, config))?.show(&mut out, config);
    Ok(out)
}

/// The tables of single settings.
const TABLES: [&str; 8] = ["report", "query", "trace", "headers", "ingest", "schema", "mail", "nightly"];

/// The single settings, each as it was typed if it was, and the variable that may have given it.
fn typed(global: &Global) -> [(&'static str, Option<String>, &'static str); 9] {
    let path = |path: &Path| quoted(&path.display().to_string());
    let word = |when: When| when.to_possible_value().map(|word| quoted(word.get_name()));
    let yes = |is_so: bool| is_so.then(|| "true".to_owned());
    [
        ("store", global.store.as_deref().map(path), "MAILTRAIL_STORE"),
        ("year", global.year.map(|year| year.to_string()), ""),
        ("jobs", global.jobs.map(|jobs| jobs.to_string()), ""),
        ("color", global.color.and_then(word), ""),
        ("progress", global.progress.and_then(word), ""),
        ("quiet", yes(global.quiet), ""),
        ("verbose", yes(global.verbose > 0), ""),
        ("memory", global.memory.map(|bytes| bytes.to_string()), ""),
        ("state", None, ""),
    ]
}

/// Where an option comes from that was given at the start.
fn given(is_given: bool, variable: &str) -> Option<String> {
    let from_environment = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    is_given.then(|| if from_environment { format!("environment, {variable}") } else { "command line".to_owned() })
}
