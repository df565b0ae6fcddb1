//! `mailtrail store`: looks after the store.

use super::{Outcome, now, print, read, say, tell};
use crate::cli::{Global, Store as Args};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::store::{Forget, Info, Store, Writer};
use crate::time::{DAY, Zone};
use crate::units::{bytes, count, plural};
use std::fmt::Write as _;
use std::path::Path;

pub(super) fn run(args: Args, global: &Global, config: &Config) -> Outcome {
    let root = folder(global, config)?;
    let writer = |wait| Writer::open(root, super::patience(wait, config));
    let before = |days: u32| now().saturating_sub(i64::from(days).saturating_mul(DAY));
    let done = match args {
        Args::Info => {
            let zone = read::zone(global, config)?;
            print(told(root, &Store::open(root)?.info(), &zone).as_bytes())?;
            return Ok(None);
        }
        Args::Check => check(&Store::open(root)?)?,
        Args::RenewSecret { wait } => {
            Store::open(root)?;
            let renewed = Writer::renew_secret(root, super::patience(wait, config))?;
            let done =
                if renewed { "a new secret was made" } else { "the secret is in order; nothing was changed" };
            done.to_owned()
        }
        Args::Prune { keep, wait } => {
            Store::open(root)?;
            let mut writer = writer(wait)?;
            let dropped = writer.prune(before(keep))?;
            stays(&writer);
            format!("{} dropped", plural(dropped, "fact", "facts"))
        }
        Args::Compact { wait } => {
            Store::open(root)?;
            format!("{} fewer", plural(writer(wait)?.compact(1)? as u64, "segment", "segments"))
        }
        Args::Forget { older_than, pseudonymize, wait } => {
            Store::open(root)?;
            let how = if pseudonymize { Forget::Pseudonymize } else { Forget::Erase };
            let mut writer = writer(wait)?;
            let forgotten = writer.forget(before(older_than), how)?;
            stays(&writer);
            plural(forgotten, "fact names", "facts name") + " nobody any more"
        }
    };
    tell(&done, global)?;
    Ok(None)
}

/// Says where what was dropped still lies on the disk, since somebody reads it.
fn stays(writer: &Writer) {
    if !writer.has_cleared() {
        say("mailtrail: somebody still reads the store; the old files go with the next run that writes to it");
    }
}

/// The store's folder.
pub(super) fn folder<'a>(global: &'a Global, config: &'a Config) -> Result<&'a Path> {
    super::store_folder(global, config).ok_or_else(|| {
        Error::new(Exit::Usage, "no store is named")
            .help("name a folder with `--store DIR`, or give `store` in the configuration")
    })
}

/// Proves every file; says what is wrong.
fn check(store: &Store) -> Result<String> {
    let wrong = store.check();
    if wrong.is_empty() {
        return Ok(plural(
            store.info().files as u64,
            "file is as it was written",
            "files are as they were written",
        ));
    }
    wrong.iter().for_each(say);
    Err(Error::new(Exit::Data, "the store is damaged"))
}

/// What the store holds, for people.
fn told(root: &Path, info: &Info, zone: &Zone) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<14} {value}");
    };
    line("store", crate::text::shown(&root.to_string_lossy()).into_owned());
    line("written", plural(info.generation, "time", "times"));
    line("sources", count(info.sources as u64));
    line("lines", count(info.lines));
    if let Some((first, last)) = info.times {
        line("times", format!("{} to {}", zone.rfc3339(first), zone.rfc3339(last)));
    }
    info.rows.iter().for_each(|(table, rows)| line(table, count(*rows)));
    line("of these open", count(info.open));
    #[expect(clippy::cast_precision_loss, reason = "a size that is shown needs no more than three digits")]
    let size = bytes(info.bytes as f64);
    line("size", format!("{size} in {}", plural(info.files as u64, "file", "files")));
    out
}
