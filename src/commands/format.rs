//! The format of an output: the one that is asked for, or that the output's name tells, or text.

use crate::error::{Error, Exit, Result};
use std::path::Path;

/// Endings of names of plain text.
const PLAIN: [&str; 4] = ["txt", "text", "log", "out"];

/// Chooses among formats, each with its name and the ending of its files' names.
///
/// # Errors
///
/// Where there is none of the name that is asked for, or the output's name ends like a format that there is not.
pub(super) fn choose<F>(
    formats: &(impl Iterator<Item = (&'static str, &'static str, F)> + Clone),
    asked: Option<&str>,
    output: Option<&Path>,
) -> Result<F> {
    let names = || formats.clone().map(|(name, ..)| name);
    let named = |name: &str| {
        let found = formats.clone().find(|(known, ..)| *known == name).map(|(.., format)| format);
        let unknown = || Error::new(Exit::Usage, format!("there is no format `{name}`"));
        found.ok_or_else(|| unknown().instead(name, "formats", names()))
    };
    if let Some(name) = asked {
        return named(name);
    }
    let ending = output.and_then(Path::extension).and_then(|ending| ending.to_str());
    match (formats.clone().find(|(_, own, _)| Some(*own) == ending), ending) {
        (Some((.., format)), _) => Ok(format),
        (None, Some(ending)) if !PLAIN.contains(&ending) && output.is_none_or(|path| !path.is_dir()) => {
            Err(Error::new(Exit::Usage, format!("no format is written to a name that ends with `.{ending}`"))
                .help(format!("name one with `--format`: {}", names().collect::<Vec<_>>().join(", "))))
        }
        (None, _) => named("text"),
    }
}
