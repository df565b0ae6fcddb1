//! A page of text that knows its width and its colours.

use crate::render::crop::{cut, end, whole};
use crate::report::State;
use crate::units;
use unicode_width::UnicodeWidthStr;

/// No terminal is taken to be narrower.
const NARROWEST: usize = 20;

/// A text style as a terminal knows it (ECMA-48, SGR).
#[derive(Clone, Copy)]
pub(in crate::render) enum Style {
    Plain,
    Strong,
    Faint,
    State(State),
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::State(State::Ok) => "\x1b[32m",
            Self::State(State::Unknown) => "\x1b[35m",
            Self::State(State::Warning) => "\x1b[33m",
            Self::State(State::Critical) => "\x1b[1;31m",
        }
    }
}

/// The text so far.
pub(in crate::render) struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    /// An empty page of this width.
    pub fn new(width: usize, color: bool) -> Self {
        Self { out: String::new(), width: width.max(NARROWEST), color }
    }

    /// Its width in columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The text, without blank lines at its end.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut out = self.out.trim_end_matches('\n').to_owned();
        out.push('\n');
        out.into_bytes()
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line as it is, however wide. Its figures hold plain spaces: what is shown here is also looked for with `grep`,
    /// and the narrow ones are rare in fonts for terminals.
    pub fn line(&mut self, text: &str) {
        self.out.push_str(&units::with_plain_spaces(text.trim_end()));
        self.out.push('\n');
    }

    /// The heading of a group of tables.
    pub fn heading(&mut self, text: &str) {
        let text = end(text, self.width);
        self.blank();
        let rule = "─".repeat(self.width.saturating_sub(text.width() + 1));
        let line = format!("{} {rule}", self.styled(Style::Strong, &text));
        self.line(&line);
    }

    /// A line that stands out.
    pub fn strong(&mut self, text: &str) {
        self.cropped(Style::Strong, text);
    }

    /// A line that stands back.
    pub fn faint(&mut self, text: &str) {
        self.cropped(Style::Faint, text);
    }

    /// A line in a state's colour.
    pub fn in_state(&mut self, state: State, text: &str) {
        self.cropped(Style::State(state), text);
    }

    /// A line that begins in a state's colour and goes on as one that stands out, wrapped beside its beginning.
    pub fn state_then(&mut self, state: State, badge: &str, text: &str) {
        let mut start = self.styled(Style::State(state), badge);
        for line in wrapped(text, self.width.saturating_sub(badge.width())) {
            let line = format!("{start}{}", self.styled(Style::Strong, &line));
            self.line(&line);
            start = " ".repeat(badge.width());
        }
    }

    /// Sentences, indented and wrapped between words.
    pub fn prose(&mut self, indent: usize, text: &str) {
        for line in wrapped(text, self.width.saturating_sub(indent)) {
            let line = format!("{:indent$}{line}", "");
            self.line(&line);
        }
    }

    /// The text in a style, where the terminal shows any.
    pub fn styled(&self, style: Style, text: &str) -> String {
        match style.code() {
            "" => text.to_owned(),
            code if self.color => format!("{code}{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }

    fn cropped(&mut self, style: Style, text: &str) {
        let line = self.styled(style, end(text, self.width).trim_end());
        self.line(&line);
    }
}

/// The lines of a text, broken at its spaces; a word that is wider than a line is cropped.
pub(in crate::render) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in whole(text).split_ascii_whitespace().map(|word| cut(word, width)) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_are_cropped() {
        assert_eq!(wrapped("one two three fourteenletters", 9), ["one two", "three", "fourteen…"]);
    }

    #[test]
    fn figures_hold_plain_spaces_and_are_not_broken() {
        let mut page = Page::new(20, false);
        page.prose(0, &format!("it took {} at most", units::seconds(605.0)));
        page.line(&units::count(12_345));
        assert_eq!(String::from_utf8(page.into_bytes()).expect("UTF-8"), "it took 10 min 5 s\nat most\n12 345\n");
    }

    #[test]
    fn colours_are_used_only_where_they_show() {
        assert_eq!(Page::new(80, false).styled(Style::Strong, "x"), "x");
        assert_eq!(Page::new(80, true).styled(Style::State(State::Ok), "x"), "\x1b[32mx\x1b[0m");
    }
}
