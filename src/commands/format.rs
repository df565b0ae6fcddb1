//! The format of an output: the one that is asked for, or that the output's name tells, or text.

use crate::config::Written;
use crate::error::{Error, Exit, Result};
use crate::render::Format;
use std::path::{Path, PathBuf};

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
    let told = || Ok(told(&kinds(formats), output)?.unwrap_or("text"));
    let name = asked.map_or_else(told, Ok)?;
    let unknown = || Error::new(Exit::Usage, format!("there is no format `{name}`"));
    let names = || formats.iter().map(|format| format.name);
    let found = formats.iter().find(|format| format.name == name);
    found.ok_or_else(|| unknown().instead(name, "formats", names()))
}

/// The name of the format that an output's name tells by its ending; nothing where it has none, or that of plain text.
///
/// # Errors
///
/// Where it ends like a format that there is not.
pub(super) fn told(kinds: &[Kind], output: Option<&Path>) -> Result<Option<&'static str>> {
    let Some(ending) = output.and_then(Path::extension).and_then(|ending| ending.to_str()) else {
        return Ok(None);
    };
    match kinds.iter().find(|(_, of)| *of == ending) {
        Some((name, _)) => Ok(Some(name)),
        None if PLAIN.contains(&ending) || output.is_some_and(Path::is_dir) => Ok(None),
        None => {
            let mut names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
            names.dedup();
            Err(Error::new(Exit::Usage, format!("no format is written to a name that ends with `.{ending}`"))
                .help(format!("name one with `--format`: {}", names.join(", "))))
        }
    }
}

/// The name of a format, and an ending of its files' names.
pub(super) type Kind = (&'static str, &'static str);

/// The kinds of some formats.
pub(super) fn kinds<T, R>(formats: &'static [Format<T, R>]) -> Vec<Kind> {
    formats.iter().map(|format| (format.name, format.extension)).collect()
}

/// The format that an output's name tells, plain text too.
fn told_by(kinds: &[Kind], output: &Path) -> Option<&'static str> {
    let ending = output.extension()?.to_str()?;
    let plain = PLAIN.contains(&ending);
    kinds.iter().find(|(_, own)| *own == ending || (plain && PLAIN.contains(own))).map(|(name, _)| *name)
}

/// The format and the place that are typed, and what the configuration sets where these leave it open: a name that is
/// typed tells the format itself, and a format that is typed is not written to a name that tells another.
pub(super) fn written(kinds: &[Kind], format: Option<String>, output: Option<PathBuf>, set: &Written) -> Written {
    let tells = |path: &Path| !path.is_dir() && told_by(kinds, path).is_some();
    match (format, output) {
        (None, None) => set.clone(),
        (None, Some(output)) => {
            Written { format: set.format.clone().filter(|_| !tells(&output)), output: Some(output) }
        }
        (Some(format), None) => {
            let fits = |path: &PathBuf| told_by(kinds, path).is_none_or(|told| told == format);
            Written { output: set.output.clone().filter(fits), format: Some(format) }
        }
        (format, output) => Written { format, output },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 3] = [("html", "html"), ("json", "json"), ("text", "txt")];

    fn settled(typed: (&str, &str), set: (&str, &str)) -> (Option<String>, Option<PathBuf>) {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let path = |text: &str| given(text).map(PathBuf::from);
        let set = Written { format: given(set.0), output: path(set.1) };
        let Written { format, output } = written(&KINDS, given(typed.0), path(typed.1), &set);
        (format, output)
    }

    #[test]
    fn what_is_typed_puts_aside_what_is_set_and_does_not_go_with_it() {
        let is = |format: &str, output: &str| {
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            (given(format), given(output).map(PathBuf::from))
        };
        assert_eq!(settled(("", ""), ("json", "a.html")), is("json", "a.html"), "both are set");
        assert_eq!(settled(("", "z.html"), ("json", "a.html")), is("", "z.html"));
        assert_eq!(settled(("", "-"), ("json", "a.html")), is("json", "-"), "no ending tells anything");
        assert_eq!(settled(("json", ""), ("", "a.html")), is("json", ""));
        assert_eq!(settled(("json", ""), ("html", "a.log")), is("json", ""), "plain text");
        assert_eq!(settled(("html", ""), ("json", "a.html")), is("html", "a.html"));
        assert_eq!(settled(("html", ""), ("json", "a.page")), is("html", "a.page"), "an ending of no format");
        assert_eq!(settled(("html", "z"), ("json", "a.json")), is("html", "z"));
        assert_eq!(settled(("", "z.dat"), ("json", "a.html")), is("json", "z.dat"), "an ending of no format");
    }
}
