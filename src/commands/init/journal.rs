//! The systemd journal: where there are no logs, it is read from a file, which somebody must write before each night.

use std::path::{Path, PathBuf};

/// What prints the journal; without `--all` it leaves out long lines.
pub(super) const JOURNALCTL: &str = "journalctl -o json --all";

/// The file into which the journal is written.
pub(super) const JOURNAL: &str = "/var/lib/mailtrail/journal.json";

/// What writes it.
pub(super) fn recipe() -> String {
    format!("{JOURNALCTL} --since \"-8 days\" > {JOURNAL}")
}

/// What is to be done before a night can read the journal.
pub(super) fn step() -> String {
    format!(
        "`mailtrail nightly` reads the journal from a file, which is to be written before each run: \
         by packaging/systemd/journal.conf, a drop-in of the service, or by `{}` (docs/nightly.md)",
        recipe()
    )
}

/// The same where that file is one of these paths, and is missing.
pub(in crate::commands) fn missing_step(paths: &[PathBuf]) -> Option<String> {
    let journal = Path::new(JOURNAL);
    (paths.iter().any(|path| path == journal) && !journal.exists()).then(step)
}
