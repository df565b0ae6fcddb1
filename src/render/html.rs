//! HTML for people: one page that needs nothing else and that nothing in a log can act in.
//!
//! The page is a template of `report-templates/html/`, which a user's own may replace file by file. Templates escape
//! every value; a log's text is a value and is never compiled. The page's policy allows its one script by its hash.

use super::{Options, Rendered, Renderer, parts};
use crate::assets::Assets;
use crate::error::{Error, Exit, Result};
use crate::report::{Report, Section};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value};
use sha2::{Digest as _, Sha256};

mod account;
mod chart;
pub(super) mod finding;
mod page;
mod table;
mod tiles;

/// The folder of the templates.
const FOLDER: &str = "report-templates/html";

/// The template of the page, and the two files that are put into it as they are.
const PAGE: &str = "page.html";
pub(super) const STYLE: &str = "style.css";
const SCRIPT: &str = "page.js";

/// The steps that a template may take: many for the page, and more for each cell, so that a user's own template that
/// never ends is stopped.
pub(super) const FUEL: u64 = 5_000_000;
pub(super) const FUEL_FOR_A_CELL: u64 = 1_000;

/// The format for people.
pub(super) struct Html;

impl Renderer for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "one page with charts, for browsers and printers"
    }

    fn render(&self, report: &Report, options: &Options<'_>) -> Result<Rendered> {
        let sections = parts::sections(report, options.section)?;
        let assets = options.assets;
        let script = embedded(assets, SCRIPT)?;
        let dress = page::Dress {
            policy: policy(&script),
            style: Value::from_safe_string(embedded(assets, STYLE)?),
            script: Value::from_safe_string(script),
        };
        let page = page::Page::of(report, &sections, dress);
        let environment = environment(assets.clone(), fuel(report, &sections));
        let html = environment
            .get_template(PAGE)
            .and_then(|template| template.render(Serde(&page)))
            .map_err(|error| template_error(assets, &error))?;
        Ok(Rendered::One(html.into_bytes()))
    }
}

/// What a page may load and run: its own style, and the script of this hash.
fn policy(script: &str) -> String {
    let hash = BASE64.encode(Sha256::digest(script.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'"
    )
}

/// What a page without a script may load and run.
const WITHOUT_SCRIPT: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A page of its own template, without a script: `{{ page }}` is what it is given, of so many cells, and
/// `{{ style }}` the style sheets one behind the other.
///
/// # Errors
///
/// Where a template or a style sheet is missing or wrong.
pub(super) fn page(
    assets: &Assets,
    template: &str,
    styles: &[&str],
    page: &impl serde::Serialize,
    cells: usize,
) -> Result<Vec<u8>> {
    let style = styles.iter().map(|name| embedded(assets, name)).collect::<Result<String>>()?;
    let environment = environment(assets.clone(), FUEL + FUEL_FOR_A_CELL * cells as u64);
    let context = minijinja::context! {
        policy => WITHOUT_SCRIPT,
        style => Value::from_safe_string(style),
        page => Serde(page),
    };
    let html = environment
        .get_template(template)
        .and_then(|template| template.render(context))
        .map_err(|error| template_error(assets, &error))?;
    Ok(html.into_bytes())
}

/// A file that stands in the page as it is. Browsers read every line end as LF before they take a script's hash.
pub(super) fn embedded(assets: &Assets, name: &str) -> Result<String> {
    let path = format!("{FOLDER}/{name}");
    let asset =
        assets.get(&path).ok_or_else(|| Error::new(Exit::Config, format!("the template `{path}` is missing")))?;
    Ok(asset.text.replace("\r\n", "\n"))
}

/// Templates that escape always, whatever their names, know no undefined value and end.
pub(super) fn environment(assets: Assets, fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax());
    environment.set_fuel(Some(fuel));
    environment
        .set_loader(move |name| Ok(assets.get(&format!("{FOLDER}/{name}")).map(|asset| asset.text.into_owned())));
    environment
}

/// A tag that stands alone on a line leaves no line behind.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

fn fuel(report: &Report, sections: &[&Section]) -> u64 {
    let cells: usize = sections.iter().map(|section| section.rows.len() * section.columns.len()).sum();
    let coverage = &report.coverage;
    let lines: usize = report.findings.iter().map(|finding| finding.evidence.len() + 4).sum();
    let others = coverage.sources.len() * 12 + coverage.unmatched_shapes.len() * 4 + coverage.ignored_by.len() * 4;
    FUEL + FUEL_FOR_A_CELL * (cells + lines + others) as u64
}

/// A template's fault, with its place, since it may be a user's own.
pub(super) fn template_error(assets: &Assets, error: &minijinja::Error) -> Error {
    let name = error.name().unwrap_or(PAGE);
    let why = match error.kind() {
        ErrorKind::OutOfFuel => "it takes too many steps; does it end?".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
    };
    let told = Error::new(Exit::Config, format!("the template `{FOLDER}/{name}` fails")).why(why);
    match (assets.get(&format!("{FOLDER}/{name}")), error.range()) {
        (Some(asset), Some(range)) => told.at(asset.origin, asset.text, range),
        _ => told,
    }
}

#[cfg(test)]
mod tests;
