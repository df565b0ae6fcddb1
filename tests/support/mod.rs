//! What the tests have in common.

pub mod figures;
pub mod golden;
pub mod lines;
pub mod program;
pub mod report;
pub mod sink;

use std::path::{Path, PathBuf};

/// A path of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder beside the project, if it is there; else the skip is printed, so that nobody takes it for a pass.
pub fn beside(path: &str, test: &str) -> Option<PathBuf> {
    let found = project("../shared").join(path);
    let found = [found, PathBuf::from("../shared").join(path)].into_iter().find(|p| p.exists());
    if found.is_none() {
        skip(test, &format!("../shared/{path} is not there"));
    }
    found
}

/// Says that a test was passed over, past the capture of the test runner.
pub fn skip(test: &str, why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED {test}: {why}");
}
