//! The format of an output: the one that is asked for, or that the output's name tells, or text.

use crate::error::{Error, Exit, Result};
use crate::render::Format;
use std::path::Path;

/// Endings of names of plain text.
const PLAIN: [&str; 4] = ["txt", "text", "log", "out"];

/// Chooses among formats.
///
/// # Errors
///
/// Where there is none of the name that is asked for, or the output's name ends like a format that there is not.
pub(super) fn choose<T, R>(
    formats: &'static [Format<T, R>],
    asked: Option<&str>,
    output: Option<&Path>,
) -> Result<&'static Format<T, R>> {
    let names = || formats.iter().map(|format| format.name);
    let named = |name: &str| {
        let found = formats.iter().find(|format| format.name == name);
        let unknown = || Error::new(Exit::Usage, format!("there is no format `{name}`"));
        found.ok_or_else(|| unknown().instead(name, "formats", names()))
    };
    if let Some(name) = asked {
        return named(name);
    }
    let ending = output.and_then(Path::extension).and_then(|ending| ending.to_str());
    match (formats.iter().find(|format| Some(format.extension) == ending), ending) {
        (Some(format), _) => Ok(format),
        (None, Some(ending)) if !PLAIN.contains(&ending) && output.is_none_or(|path| !path.is_dir()) => {
            Err(Error::new(Exit::Usage, format!("no format is written to a name that ends with `.{ending}`"))
                .help(format!("name one with `--format`: {}", names().collect::<Vec<_>>().join(", "))))
        }
        (None, _) => named("text"),
    }
}
