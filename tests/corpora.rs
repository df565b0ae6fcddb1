//! Public log data beside the project: lines that other projects keep as their tests.

use crate::support::figures::assert_balanced;
use crate::support::lines::is_count;
use crate::support::program::Test;
use crate::support::report::{Reading, grammars};
use crate::support::{beside, skip};
use mailtrail::input::Kind;
use mailtrail::report::Counts;
use mailtrail::run;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn logs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(logs(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn report(path: &Path) -> Option<Value> {
    let test = Test::new("report --format json --year 2026 --timezone UTC").arg(path.to_string_lossy());
    let output = test.command().output().expect("it runs");
    assert!(matches!(output.status.code(), Some(0 | 2)), "{}: {:?}", path.display(), output.status);
    serde_json::from_slice(&output.stdout).ok()
}

#[test]
fn l8_every_line_of_every_corpus_file_is_accounted_for() {
    let Some(folder) = beside("corpora", "corpora") else { return };
    let options = Reading::empty().options;
    for path in logs(&folder) {
        let run = run::run(std::slice::from_ref(&path), grammars(), &options, &|_, _| ()).expect("it is read");
        let coverage = run.coverage;
        let sources = coverage.sources.iter().map(|source| &source.counts);
        assert!(
            sources.chain([&coverage.counts]).all(Counts::balances),
            "{}: {:?}",
            path.display(),
            coverage.counts
        );
        // Of mail the headers are counted, not the lines.
        if run.sources.iter().any(|source| source.kind != Kind::Log) {
            continue;
        }
        let bytes = fs::read(&path).expect("the file is read");
        assert!(is_count(&bytes, coverage.counts.lines), "{}: {:?}", path.display(), coverage.counts);
    }
}

#[test]
fn nearly_every_line_of_the_systems_that_have_a_grammar_is_understood() {
    let Some(folder) = beside("corpora", "corpora") else { return };
    let (mut known, mut with_header, mut examples) = (0, 0, Vec::new());
    for system in ["postfix", "dovecot", "openldap"] {
        for path in logs(&folder.join(system)).iter().filter(|path| path.extension() == Some("log".as_ref())) {
            let report = report(path).expect("a report");
            assert_balanced(&path.display().to_string(), &report);
            let count = |name: &str| report["coverage"][name].as_u64().expect("a count");
            known += count("matched") + count("ignored");
            with_header += count("lines") - count("damaged");
            let shapes = report["coverage"]["unmatched_shapes"].as_array().cloned().unwrap_or_default();
            examples.extend(shapes.iter().map(|shape| shape["example"]["line"].to_string()));
        }
    }
    if with_header == 0 {
        return skip("corpora", "there are no logs of postfix, dovecot and openldap");
    }
    assert!(known * 100 >= with_header * 99, "{known} of {with_header} lines:\n{}", examples.join("\n"));
}
