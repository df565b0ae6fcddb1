//! Every case of `sample-logs`: a log and its hand-counted truth. A new case is two files there and nothing here.

use crate::support::figures::{Figures, adds_up, assert_balanced, carries};
use crate::support::program::{Test, WRITTEN, write};
use crate::support::project;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The truth of a case: `sample-logs/<system>/<case>.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    /// What the case shows.
    about: String,
    /// Arguments beside the files.
    #[serde(default)]
    args: Vec<String>,
    /// The files; the case's own log where none are named.
    #[serde(default)]
    files: Vec<Input>,
    /// The account of the lines.
    coverage: BTreeMap<String, u64>,
    /// The figures. Of a metric that is named here no other row may be found, but for rows that are 0.
    figures: Vec<Figure>,
    /// Questions and their answers.
    #[serde(default)]
    questions: Vec<Asked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    name: String,
    /// When it was last written, RFC 3339.
    written: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    metric: String,
    #[serde(default)]
    labels: Map<String, Value>,
    /// A number, or `n/a` where it cannot be told.
    value: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    sql: String,
    rows: Vec<Vec<Value>>,
}

#[test]
fn every_sample_has_the_figures_that_were_counted_by_hand() {
    let cases = cases();
    assert!(cases.len() > 1, "there are samples");
    let wrong: Vec<String> = cases.iter().flat_map(|case| complaints(case.as_path())).collect();
    assert!(wrong.is_empty(), "{} figures are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_sample_log_belongs_to_a_case() {
    let named: Vec<PathBuf> =
        cases().iter().flat_map(|case| inputs(case, &truth(case))).map(|(path, _)| path).collect();
    let logs = walk(&project("sample-logs"));
    let ending = |path: &Path| path.extension().map(|ending| ending.to_string_lossy().into_owned());
    for log in
        logs.iter().filter(|path| !["toml", "md", "py"].contains(&ending(path).unwrap_or_default().as_str()))
    {
        assert!(named.contains(log), "{} belongs to no case", log.display());
    }
}

fn cases() -> Vec<PathBuf> {
    walk(&project("sample-logs")).into_iter().filter(|path| path.extension() == Some("toml".as_ref())).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is read").flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn truth(case: &Path) -> Truth {
    let text = fs::read_to_string(case).expect("the truth is read");
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", case.display()))
}

/// The files of a case, and when each was written.
fn inputs(case: &Path, truth: &Truth) -> Vec<(PathBuf, u64)> {
    if truth.files.is_empty() {
        return vec![(case.with_extension("log"), WRITTEN)];
    }
    let written = |input: &Input| {
        let time = chrono::DateTime::parse_from_rfc3339(&input.written).expect("a time of RFC 3339");
        u64::try_from(time.timestamp()).expect("a time after 1970")
    };
    truth.files.iter().map(|input| (case.with_file_name(&input.name), written(input))).collect()
}

fn laid_out(mut test: Test, inputs: &[(PathBuf, u64)]) -> Test {
    for (path, written) in inputs {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        write(&test.folder().join(&name), &fs::read(path).expect("the log is read"), *written);
        test = test.arg(name);
    }
    test
}

fn complaints(case: &Path) -> Vec<String> {
    let truth = truth(case);
    assert!(!truth.about.is_empty(), "{}: says what it shows", case.display());
    let name = case.strip_prefix(project("sample-logs")).unwrap_or(case).display().to_string();
    let inputs = inputs(case, &truth);
    let with_args = |test: Test| truth.args.iter().fold(laid_out(test, &inputs), Test::arg);
    let report = with_args(Test::new("report --format json --report full")).any_stdout().any_stderr().run().json();
    assert_balanced(&name, &report);
    let mut wrong = Vec::new();
    for (key, expected) in &truth.coverage {
        let found = report["coverage"][key].as_u64();
        if found != Some(*expected) {
            wrong.push(format!("{name}: coverage.{key}: expected {expected}, found {found:?}"));
        }
    }
    for shape in report["coverage"]["unmatched_shapes"].as_array().into_iter().flatten() {
        if ["unmatched", "damaged"].iter().all(|what| truth.coverage.get(*what).is_none_or(|n| *n == 0)) {
            wrong.push(format!("{name}: unmatched: {}", shape["example"]["line"]));
        }
    }
    wrong.extend(wrong_figures(&name, &truth, &Figures::of(&report)));
    for asked in &truth.questions {
        let test = with_args(Test::new("query --format csv").arg(&asked.sql)).any_stdout().any_stderr();
        let found = rows_of_csv(test.run().stdout());
        let expected: Vec<Vec<String>> = asked.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        if found != expected {
            wrong.push(format!("{name}: {}\n  expected {expected:?}\n  found    {found:?}", asked.sql));
        }
    }
    wrong
}

fn rows_of_csv(bytes: &[u8]) -> Vec<Vec<String>> {
    let rows = csv::Reader::from_reader(bytes).into_records();
    rows.map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        number => number.as_f64().map_or_else(String::new, |n| n.to_string()),
    }
}

fn wrong_figures(name: &str, truth: &Truth, figures: &Figures) -> Vec<String> {
    let mut wrong = Vec::new();
    for figure in &truth.figures {
        let found = if adds_up(&figure.metric) {
            figures.total(&figure.metric, &figure.labels)
        } else {
            figures.exact(&figure.metric, &figure.labels)
        };
        if found != figure.value.as_f64() {
            let labels = Value::Object(figure.labels.clone());
            wrong.push(format!("{name}: {} {labels}: expected {}, found {found:?}", figure.metric, figure.value));
        }
        for row in figures.rows(&figure.metric).filter(|row| row["value"] != 0) {
            let known = |f: &&Figure| f.metric == figure.metric && carries(row, &f.labels);
            let complaint = format!("{name}: not in the truth: {row}");
            if adds_up(&figure.metric) && !truth.figures.iter().any(|f| known(&f)) && !wrong.contains(&complaint) {
                wrong.push(complaint);
            }
        }
    }
    wrong
}
