//! Templates of `report-templates/`, which a user's own may replace file by file.
//!
//! They escape every value; a log's text is a value and is never compiled.

use crate::assets::Assets;
use crate::error::{Error, Exit, Result};
use crate::report::{Report, Section};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, HtmlEscape, UndefinedBehavior, Value};
use serde::Serialize;
use std::fmt::Write as _;

/// The steps that a template may take: many for the page, and more for each cell, so that a user's own template that
/// never ends is stopped.
pub(super) const FUEL: u64 = 5_000_000;
pub(super) const FUEL_FOR_A_CELL: u64 = 1_000;

/// The template `name` of a folder, filled with `values`.
pub(super) fn render(
    assets: &Assets,
    folder: &'static str,
    name: &str,
    values: &impl Serialize,
    fuel: u64,
) -> Result<String> {
    environment(assets.clone(), folder, fuel)
        .get_template(name)
        .and_then(|template| template.render(Serde(values)))
        .map_err(|error| told(assets, folder, name, &error))
}

/// A file that stands in the page as it is. Browsers read every line end as LF before they take a script's hash.
pub(super) fn embedded(assets: &Assets, folder: &str, name: &str) -> Result<String> {
    let path = format!("{folder}/{name}");
    let asset =
        assets.get(&path)?.ok_or_else(|| Error::new(Exit::Config, format!("the template `{path}` is missing")))?;
    Ok(asset.text.replace("\r\n", "\n"))
}

/// The steps that the templates may take for a report.
pub(super) fn fuel(report: &Report, sections: &[&Section]) -> u64 {
    let cells: usize = sections.iter().map(|section| section.rows.len() * section.columns.len()).sum();
    let coverage = &report.coverage;
    let lines: usize = report.findings.iter().map(|finding| finding.evidence.len() + 4).sum();
    let others = coverage.sources.len() * 12 + coverage.unmatched_shapes.len() * 4 + coverage.ignored_by.len() * 4;
    FUEL + FUEL_FOR_A_CELL * (cells + lines + others) as u64
}

/// Templates that escape always, whatever their names, know no undefined value and end.
fn environment(assets: Assets, folder: &'static str, fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax());
    environment.set_fuel(Some(fuel));
    environment.add_filter("code", |text: &str| Value::from_safe_string(code(text)));
    let unreadable = |e: Error| minijinja::Error::new(ErrorKind::InvalidOperation, e.to_string());
    environment.set_loader(move |name| {
        let asset = assets.get(&format!("{folder}/{name}")).map_err(unreadable)?;
        Ok(asset.map(|asset| asset.text.into_owned()))
    });
    environment
}

/// Words of ours as HTML; what stands between backticks is code.
fn code(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    for (at, part) in text.split('`').enumerate() {
        let part = HtmlEscape(part);
        let _ = if at % 2 == 0 { write!(html, "{part}") } else { write!(html, "<code>{part}</code>") };
    }
    html
}

/// A tag that stands alone on a line leaves no line behind.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

/// A template's fault, with its place, since it may be a user's own.
fn told(assets: &Assets, folder: &str, page: &str, error: &minijinja::Error) -> Error {
    let name = error.name().unwrap_or(page);
    let why = match error.kind() {
        ErrorKind::OutOfFuel => "it takes too many steps; does it end?".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
    };
    let told = Error::new(Exit::Config, format!("the template `{folder}/{name}` fails")).why(why);
    match (assets.get(&format!("{folder}/{name}")), error.range()) {
        (Ok(Some(asset)), Some(range)) => told.at(asset.origin, asset.text, range),
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_acts() {
        assert_eq!(code("a `b<` & `c`"), "a <code>b&lt;</code> &amp; <code>c</code>");
        assert_eq!(code("`<"), "<code>&lt;</code>");
    }
}
