//! The large set of the lab beside the project: real servers, and a driver that kept its own record as truth.

use crate::support::figures::{Figures, adds_up, assert_balanced};
use crate::support::program::Test;
use crate::support::{beside, project};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

const FOLDER: &str = "lab/logs/set-A";

fn report(folder: &Path, paths: &[&str]) -> Value {
    let mut test = Test::new("report --format json --report full --timezone UTC --year 2026");
    for path in paths {
        test = test.arg(folder.join(path).to_string_lossy());
    }
    test.any_stdout().run().json()
}

#[test]
fn every_figure_of_set_a_is_one_that_a_correct_reader_gives() {
    let Some(folder) = beside(FOLDER, "set_a") else { return };
    let expected: Value = read_json(&folder.join("expected.json"));
    let report = report(&folder, &["mail.log", "slapd.log"]);
    let figures = Figures::of(&report);
    let explained = fs::read_to_string(project("docs/numbers.md")).expect("docs/numbers.md is there");
    let mut wrong = Vec::new();
    for figure in expected["figures"].as_array().expect("figures") {
        let metric = figure["metric"].as_str().expect("a metric");
        let labels = figure["labels"].as_object().expect("labels");
        let found = if adds_up(metric) { figures.total(metric, labels) } else { figures.exact(metric, labels) };
        if !accepted(figure, found) {
            let row = row(metric, labels, found);
            if !explained.contains(&row) {
                wrong
                    .push(format!("{figure}\n  found {found:?}; docs/numbers.md has no row that begins\n  {row}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} figures:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether a figure is the truth itself; what the log can only tell otherwise is explained in `docs/numbers.md`.
fn accepted(figure: &Value, found: Option<f64>) -> bool {
    let within = |found: f64| {
        let limits = figure["within"].as_array()?;
        Some(limits[0].as_f64()? <= found && found <= limits[1].as_f64()?)
    };
    let first = figure["accept"].as_array().and_then(|values| values.first()).and_then(Value::as_f64);
    found.is_some_and(|found| Some(found) == first || within(found) == Some(true))
}

/// How a row of the table in `docs/numbers.md` begins.
fn row(metric: &str, labels: &Map<String, Value>, found: Option<f64>) -> String {
    let words = labels.iter().map(|(name, value)| format!("{name}={}", crate::support::figures::word(value)));
    let labels: Vec<String> = words.collect();
    let found = found.map_or_else(|| "n/a".to_owned(), |found| found.to_string());
    format!("| `{metric}` | {} | {found} |", labels.join(" "))
}

#[test]
fn l8_no_line_of_set_a_is_unmatched() {
    let Some(folder) = beside(FOLDER, "set_a") else { return };
    let report = report(&folder, &["mail.log", "slapd.log"]);
    assert_balanced("set-A", &report);
    let coverage = &report["coverage"];
    let figures =
        ["lines", "unmatched", "damaged", "duplicate"].map(|name| coverage[name].as_u64().expect("a count"));
    assert_eq!(figures, [29_441, 0, 0, 0]);
}

#[test]
fn l7_set_a_in_four_framings_gives_equal_figures() {
    let Some(folder) = beside(FOLDER, "set_a") else { return };
    let framings = ["all.rfc5424.log.gz", "all.rfc5424.octet-counted.gz", "all.journal.json.gz"];
    let of = |paths: &[&str]| report(&folder, paths)["measurements"].clone();
    let iso = of(&["mail.iso.log.gz", "slapd.iso.log.gz"]);
    for framing in framings {
        same_figures(framing, &iso, &of(&[framing]));
    }
    // Whole seconds blur the durations that are measured by the log's own times, and the order of two files.
    same_figures("RFC 3164", &iso, &of(&["mail.log", "slapd.log"]));
}

fn same_figures(what: &str, expected: &Value, found: &Value) {
    let (expected, found) = (expected.as_array().expect("rows"), found.as_array().expect("rows"));
    let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    let surplus: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{what}:\n  missing {missing:#?}\n  surplus {surplus:#?}");
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("the file is read")).expect("it is JSON")
}
