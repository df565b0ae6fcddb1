//! `mailtrail store`: looks after the store.

use super::{Outcome, now, print, read, say};
use crate::cli::{Global, Store as Args};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::store::{Forget, Info, Patience, Store, Writer};
use crate::time::{DAY, Zone};
use crate::units::{bytes, count};
use std::fmt::Write as _;
use std::path::Path;

pub(super) fn run(args: Args, global: &Global, config: &Config) -> Outcome {
    let root = folder(global, config)?;
    let writer = |wait| Writer::open(root, Patience { seconds: wait });
    let before = |days: u32| now() - i64::from(days) * DAY;
    let done = match args {
        Args::Info => {
            let zone = read::zone(global, config)?;
            print(told(root, &Store::open(root)?.info(), &zone).as_bytes())?;
            return Ok(None);
        }
        Args::Check => return check(&Store::open(root)?),
        Args::Prune { keep, wait } => {
            Store::open(root)?;
            format!("{} facts dropped", count(writer(wait)?.prune(before(keep))?))
        }
        Args::Compact { wait } => {
            Store::open(root)?;
            format!("{} segments fewer", count(writer(wait)?.compact(1)? as u64))
        }
        Args::Forget { older_than, pseudonymize, wait } => {
            Store::open(root)?;
            let how = if pseudonymize { Forget::Pseudonymize } else { Forget::Erase };
            format!("{} facts name nobody any more", count(writer(wait)?.forget(before(older_than), how)?))
        }
    };
    if global.verbose > 0 {
        say(format_args!("mailtrail: {done}"));
    }
    Ok(None)
}

/// The store's folder.
pub(super) fn folder<'a>(global: &'a Global, config: &'a Config) -> Result<&'a Path> {
    super::store_folder(global, config).ok_or_else(|| {
        Error::new(Exit::Usage, "no store is named")
            .help("name a folder with `--store DIR`, or give `store` in the configuration")
    })
}

/// Says what is damaged.
fn check(store: &Store) -> Outcome {
    let mut wrong = store.check().into_iter();
    match wrong.next() {
        None => Ok(None),
        Some(first) => {
            say(&first);
            wrong.for_each(|error| say(&error));
            Err(Error::new(Exit::Data, "the store is damaged"))
        }
    }
}

/// What the store holds, for people.
fn told(root: &Path, info: &Info, zone: &Zone) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<14} {value}");
    };
    line("store", crate::text::shown(&root.to_string_lossy()).into_owned());
    line("written", format!("{} times", count(info.generation)));
    line("sources", count(info.sources as u64));
    line("lines", count(info.lines));
    if let Some((first, last)) = info.times {
        line("times", format!("{} to {}", zone.rfc3339(first), zone.rfc3339(last)));
    }
    info.rows.iter().for_each(|(table, rows)| line(table, count(*rows)));
    line("of these open", count(info.open));
    #[expect(clippy::cast_precision_loss, reason = "a size that is shown needs no more than three digits")]
    let size = bytes(info.bytes as f64);
    line("size", format!("{size} in {} files", count(info.files as u64)));
    out
}
