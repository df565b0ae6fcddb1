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
    known_names(config)?;
    super::post::check(config, &super::assets(global, config))?;
    let (thresholds, rules) = crate::judge::Judge::new(config, &super::assets(global, config))?.counts();
    let _ = write!(out, ", thresholds {thresholds}, rules {rules}");
    Ok(())
}

/// Formats are known to the renderers only.
#[cfg(feature = "sql")]
fn known_names(config: &Config) -> Result<()> {
    use crate::render;
    match (&config.report.format, config.spot("report.format")) {
        (Some(name), Some(spot)) if render::by_name(name).is_none() => {
            let error = spot.error(format!("there is no format `{name}`"));
            Err(error.instead(name, "formats", render::names()))
        }
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
