//! `mailtrail config`: whether the configuration is right, and what it comes to.

use super::{Outcome, print};
use crate::cli::{Config as Command, Global};
use crate::config::{Config, quoted, show_line};
use crate::error::Result;
use std::fmt::Write as _;

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
    use crate::cli::Period;
    use crate::error::{Error, Exit};
    use crate::{compose, render};
    let report = &config.report;
    let at = |key: &str, error: Error| match config.spot(key) {
        Some(spot) => spot.about(error),
        None => error,
    };
    if let Some(name) = report.format.as_ref().filter(|name| render::by_name(name).is_none()) {
        let error = Error::new(Exit::Config, format!("there is no format `{name}`"));
        return Err(at("report.format", error.instead(name, "formats", render::names())));
    }
    let name = report.report.as_deref().unwrap_or(compose::DAILY);
    let sections = compose::sections(&super::assets(global, config), name).map_err(|e| at("report.report", e))?;
    let is_part =
        |section: &String| sections.contains(section) || render::parts_of_all().any(|part| part == section);
    if let Some(section) = report.section.as_ref().filter(|section| !is_part(section)) {
        let error = Error::new(Exit::Config, format!("there is no section `{section}` in the report `{name}`"));
        return Err(at("report.section", error.instead(section, "sections", sections.iter().map(String::as_str))));
    }
    let zone = super::zone(global, config)?;
    for (key, period) in [
        ("report.on", Period { on: report.on.clone(), ..Period::default() }),
        ("report.since", Period { since: report.since.clone(), ..Period::default() }),
        ("report.until", Period { until: report.until.clone(), ..Period::default() }),
    ] {
        super::period(&period, &zone, super::now()).map_err(|e| at(key, e))?;
    }
    match (&report.on, report.since.as_ref().or(report.until.as_ref())) {
        (Some(_), Some(_)) => Err(at("report.on", Error::new(Exit::Config, "`on` is a whole period")))
            .map_err(|e| e.help("leave out `since` and `until`, or `on`")),
        _ => Ok(()),
    }
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
    if let Some(store) = global.store.as_ref().or(config.store.as_ref()) {
        let by_hand = given(global.store.is_some(), "MAILTRAIL_STORE");
        let origin = by_hand.unwrap_or_else(|| config.origin("store"));
        show_line(&mut out, "store", &quoted(&store.display().to_string()), &origin);
    }
    for (key, value) in
        [("year", config.year.map(|year| year.to_string())), ("jobs", config.jobs.map(|jobs| jobs.to_string()))]
    {
        if let Some(value) = value {
            show_line(&mut out, key, &value, &config.origin(key));
        }
    }
    for folder in &global.libraries {
        let _ = writeln!(out, "# library {} (command line)", folder.display());
    }
    if !config.libraries.is_empty() {
        let folders: Vec<String> =
            config.libraries.iter().map(|folder| quoted(&folder.display().to_string())).collect();
        show_line(&mut out, "libraries", &format!("[{}]", folders.join(", ")), &config.origin("libraries"));
    }
    if let Some(folder) = &config.state {
        show_line(&mut out, "state", &quoted(&folder.display().to_string()), &config.origin("state"));
    }
    config.show_lists(&mut out);
    config.show_table(&mut out, "report");
    config.show_table(&mut out, "mail");
    config.show_table(&mut out, "nightly");
    #[cfg(feature = "sql")]
    crate::judge::Judge::new(config, &super::assets(global, config))?.show(&mut out, config);
    Ok(out)
}

/// Where an option comes from that was given at the start.
fn given(is_given: bool, variable: &str) -> Option<String> {
    let from_environment = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    is_given.then(|| if from_environment { format!("environment, {variable}") } else { "command line".to_owned() })
}
