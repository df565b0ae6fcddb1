//! Long text made short enough to show. What is left out is said, by an ellipsis or by a number.

use super::lookalike;
use crate::text::{self, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The beginning of a text, with nothing invisible in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// What is shown.
    pub shown: String,
    /// How many characters are left out.
    pub rest: usize,
}

/// A text with nothing invisible in it, and no domain that passes for another.
pub(super) fn whole(text: &str) -> String {
    lookalike::told(text::shown(text).into_owned())
}

/// The first `max` characters of a text.
pub(super) fn excerpt(text: &Text, max: usize) -> Excerpt {
    let raw = text.raw();
    match raw.char_indices().nth(max) {
        None => Excerpt { shown: whole(raw), rest: 0 },
        Some((end, _)) => {
            let (head, tail) = raw.split_at(end);
            Excerpt { shown: whole(head), rest: tail.chars().count() }
        }
    }
}

/// A text with nothing invisible in it, at most `width` columns wide: where it is too long, its middle is left out,
/// since both the beginning of a name and its end tell it from others.
pub(super) fn middle(text: &str, width: usize) -> String {
    let text = shown_ends(text, width);
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let tail = room / 2;
    format!("{}…{}", columns(text.chars(), room - tail), reversed(&columns(text.chars().rev(), tail)))
}

/// Where a line stands: `mail.log:1042`. A name may hold colons itself, as the flags of a Maildir's files do
/// (`1.M1P1.mx:2,`): behind such a name no number would be seen.
pub(super) fn place(source: &str, offset: u64) -> String {
    let name = source.rsplit('/').next().unwrap_or(source);
    if name.contains(':') { format!("byte {offset} of {source}") } else { format!("{source}:{offset}") }
}

/// A text with nothing invisible in it, at most `width` columns wide: where it is too long, its end is left out.
pub(super) fn end(text: &str, width: usize) -> String {
    cut(&shown_ends(text, width), width)
}

/// A text that is ready to be shown, its end left out where it is too long.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}…", columns(text.chars(), width.saturating_sub(1)))
}

/// The text shown; of a very long one only its ends, so that a megabyte costs no more than a line.
fn shown_ends(text: &str, width: usize) -> String {
    let keep = 4 * width + 16;
    if text.len() <= 2 * keep {
        return whole(text);
    }
    let head = &text[..text.floor_char_boundary(keep)];
    let tail = &text[text.ceil_char_boundary(text.len() - keep)..];
    format!("{}…{}", whole(head), whole(tail))
}

/// As many of the characters as fit into `width` columns.
fn columns(chars: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .collect()
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_counts_what_it_leaves_out() {
        let text = Text::from("ab\u{202e}cd");
        assert_eq!(excerpt(&text, 9), Excerpt { shown: "ab\\u{202e}cd".into(), rest: 0 });
        assert_eq!(excerpt(&text, 3), Excerpt { shown: "ab\\u{202e}".into(), rest: 2 });
    }

    #[test]
    fn the_middle_goes_first() {
        assert_eq!(middle("a-long-name@example.org", 11), "a-lon…e.org");
        assert_eq!(middle("short", 11), "short");
        assert_eq!(end("a-long-name@example.org", 11), "a-long-nam…");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(middle("漢字漢字漢字", 8), "漢字…字");
        assert!(middle("漢字漢字漢字", 8).width() <= 8);
    }

    #[test]
    fn a_megabyte_is_cropped_as_fast_as_a_line() {
        let text = "x".repeat(1 << 20);
        assert_eq!(middle(&text, 5), "xx…xx");
        assert_eq!(end(&text, 5), "xxxx…");
    }
}
