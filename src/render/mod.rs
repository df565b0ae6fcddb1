//! Renderers: from a report to bytes.
//!
//! Comes in: the report, its rows and findings in their final order. Goes out: the bytes of a file, or of the files of
//! a folder. A renderer formats and does nothing else: it sorts nothing, judges nothing, and what is absent in the
//! report stays absent in its output. It opens and writes no file.
//!
//! A new format is one file here and one entry in [`RENDERERS`]; the command line reads that list.

use crate::assets::Assets;
use crate::error::Result;
use crate::report::Report;

mod parts;
mod show;
mod crop;
mod keys;
mod lookalike;
mod slots;
mod template;
pub mod calendar;
pub(crate) mod csv;
pub mod headers;
mod html;
mod json;
pub mod mail;
mod text;
pub mod trace;

#[cfg(test)]
mod fixture;

/// The verdict of a report in a few words: `All is well`, `1 critical finding, 2 warnings`.
pub fn headline(report: &Report) -> String {
    parts::headline(report)
}

/// Deliveries that came to their end well, where they were counted.
pub fn delivered(report: &Report) -> Option<f64> {
    keys::delivered(report)
}

/// What a renderer may know besides the report.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Where templates are looked up.
    pub assets: &'a Assets,
    /// The columns of the terminal.
    pub width: usize,
    /// Whether the terminal shows colours.
    pub color: bool,
    /// The only section that is asked for.
    pub section: Option<&'a str>,
}

/// What a renderer makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// One file.
    One(Vec<u8>),
    /// The files of a folder: name and content.
    Folder(Vec<(String, Vec<u8>)>),
}

/// An output format: of a report, of a trace, of the ways of messages.
#[derive(Debug)]
pub struct Format<T: 'static, R: 'static = Vec<u8>> {
    /// Its name, as in `--format`.
    pub name: &'static str,
    /// The ending of its files' names, without the dot.
    pub extension: &'static str,
    /// What it is good for, in a few words.
    pub about: &'static str,
    /// Formats it.
    pub render: fn(&T, &Options<'_>) -> Result<R>,
}

/// Every output format of reports, in order of name.
pub static RENDERERS: &[Format<Report, Rendered>] = &[
    Format {
        name: "csv",
        extension: "csv",
        about: "a folder with a table a section, for spreadsheets",
        render: csv::render,
    },
    Format {
        name: "html",
        extension: "html",
        about: "one page with charts, for browsers and printers",
        render: html::render,
    },
    Format {
        name: "json",
        extension: "json",
        about: "one object with everything in it, for programs",
        render: json::render,
    },
    Format {
        name: "mail",
        extension: "eml",
        about: "a message with a summary, for mail programs",
        render: mail::render,
    },
    Format { name: "text", extension: "txt", about: "tables in plain text, for terminals", render: text::render },
];

/// The format of this name.
pub fn by_name(name: &str) -> Option<&'static Format<Report, Rendered>> {
    RENDERERS.iter().find(|format| format.name == name)
}

/// The names of formats, each with what it is good for.
pub fn named<T, R>(formats: &[Format<T, R>]) -> Vec<(&'static str, &'static str)> {
    formats.iter().map(|format| (format.name, format.about)).collect()
}

/// What any report can be asked for beside its sections.
pub fn parts_of_all() -> impl Iterator<Item = &'static str> {
    csv::common()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units;

    #[test]
    fn formats_are_found_by_name_and_listed_in_order() {
        let names = || RENDERERS.iter().map(|format| format.name);
        assert!(names().is_sorted());
        assert!(names().all(|name| by_name(name).is_some_and(|renderer| renderer.name == name)));
        assert!(by_name("pdf").is_none());
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let (report, assets) = (fixture::report(), Assets::default());
        let options = Options { assets: &assets, width: 80, color: true, section: None };
        for renderer in RENDERERS {
            let render = || (renderer.render)(&report, &options).expect("it renders");
            assert_eq!(render(), render(), "{}", renderer.name);
        }
    }

    /// What a format makes of a report, all its files in one text.
    fn text_of(renderer: &Format<Report, Rendered>, report: &Report) -> String {
        let assets = Assets::default();
        let options = Options { assets: &assets, width: 80, color: false, section: None };
        let bytes = match (renderer.render)(report, &options).expect("it renders") {
            Rendered::One(bytes) => bytes,
            Rendered::Folder(files) => files.into_iter().flat_map(|(_, bytes)| bytes).collect(),
        };
        String::from_utf8(bytes).expect("it is UTF-8")
    }

    #[test]
    fn who_looks_for_a_figure_finds_it_with_a_plain_space() {
        let mut report = fixture::report();
        let told = format!("{} logins in {}", units::count(52_234), units::seconds(600.0));
        let finding = &mut report.findings[0];
        finding.title.clone_from(&told);
        finding.observed.clone_from(&told);
        finding.expected.clone_from(&told);
        finding.meaning.clone_from(&told);
        finding.message = told.into();
        for name in ["csv", "json", "text"] {
            let text = text_of(by_name(name).expect("it is known"), &report);
            assert!(text.contains("52 234 logins in 10 min") && !text.contains('\u{202f}'), "{name}: {text}");
        }
    }

    #[test]
    fn an_empty_report_is_still_a_report() {
        let (report, assets) = (fixture::nothing(), Assets::default());
        let options = Options { assets: &assets, width: 80, color: false, section: None };
        for renderer in RENDERERS {
            assert!((renderer.render)(&report, &options).is_ok(), "{}", renderer.name);
        }
    }
}
