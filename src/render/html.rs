//! HTML for people: one page that needs nothing else and that nothing in a log can act in.
//!
//! The page is a template of `report-templates/html/`, which a user's own may replace file by file. Templates escape
//! every value; a log's text is a value and is never compiled. The page's policy allows its one script by its hash.

use super::{Options, Rendered, parts, show, template};
use crate::assets::Assets;
use crate::error::Result;
use crate::report::Report;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use minijinja::Value;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

mod account;
mod chart;
pub(super) mod finding;
mod page;
mod table;

/// The folder of the templates.
pub(super) const FOLDER: &str = "report-templates/html";

/// The template of the page, and the two files that are put into it as they are.
const PAGE: &str = "page.html";
pub(super) const STYLE: &str = "style.css";
const SCRIPT: &str = "page.js";

/// Formats a report for people.
pub(super) fn render(report: &Report, options: &Options<'_>) -> Result<Rendered> {
    let report = &*show::for_people(report);
    let mut sections = parts::sections(report, options.section)?;
    sections.retain(|section| options.section.is_some() || !account::tells(report, section));
    let assets = options.assets;
    let script = template::embedded(assets, FOLDER, SCRIPT)?;
    let dress = page::Dress {
        policy: policy(&script),
        style: Value::from_safe_string(template::embedded(assets, FOLDER, STYLE)?),
        script: Value::from_safe_string(script),
    };
    let page = page::Page::of(report, &sections, dress);
    let html = template::render(assets, FOLDER, PAGE, &page, template::fuel(report, &sections))?;
    Ok(Rendered::One(html.into_bytes()))
}

/// What a page may load and run: its own style, and the script of this hash.
fn policy(script: &str) -> String {
    let hash = BASE64.encode(Sha256::digest(script.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'"
    )
}

/// What a page without a script may load and run: its own style, and nothing else.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// What a page without a script is filled with.
#[derive(Serialize)]
struct Dressed<'a, P> {
    policy: &'static str,
    style: Value,
    page: &'a P,
}

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
    page: &impl Serialize,
    cells: usize,
) -> Result<Vec<u8>> {
    let style = styles.iter().map(|name| template::embedded(assets, FOLDER, name)).collect::<Result<String>>()?;
    let dressed = Dressed { policy: POLICY, style: Value::from_safe_string(style), page };
    let fuel = template::FUEL + template::FUEL_FOR_A_CELL * cells as u64;
    template::render(assets, FOLDER, template, &dressed, fuel).map(String::into_bytes)
}

#[cfg(test)]
mod tests;
