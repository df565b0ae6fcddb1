//! Domains that look like others: letters of several scripts in one label. Beside such a domain stands its A-label
//! (RFC 5890), in which nothing looks like anything else.

use crate::address::to_ascii;
use std::fmt::Write as _;

/// Letters of scripts that look alike (UTS 39: Latin, Greek, Cyrillic, Armenian, Cherokee).
#[rustfmt::skip]
const SCRIPTS: &[&[(char, char)]] = &[
    &[('a', 'z'), ('A', 'Z'), ('\u{c0}', '\u{24f}'), ('\u{1e00}', '\u{1eff}')],
    &[('\u{370}', '\u{3ff}'), ('\u{1f00}', '\u{1fff}')],
    &[('\u{400}', '\u{52f}'), ('\u{1c80}', '\u{1c8f}')],
    &[('\u{531}', '\u{58f}')],
    &[('\u{13a0}', '\u{13ff}'), ('\u{ab70}', '\u{abbf}')],
];

/// The text, behind each domain of mixed scripts its A-label in brackets.
pub(super) fn told(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|c| !is_part(c)).unwrap_or(word.len()));
        out.push_str(before);
        out.push_str(word);
        // What is shown in two steps is told once.
        if let Some(ascii) = a_label(word).filter(|_| !after.starts_with(" (xn--")) {
            let _ = write!(out, " ({ascii})");
        }
        rest = after;
    }
    out + rest
}

/// The A-label of a domain of mixed scripts.
fn a_label(word: &str) -> Option<String> {
    let domain = word.trim_matches('.');
    if domain.is_ascii() || !domain.contains('.') || !domain.split('.').any(is_mixed) {
        return None;
    }
    to_ascii(domain).filter(|ascii| ascii.is_ascii())
}

fn is_mixed(label: &str) -> bool {
    let holds =
        |ranges: &&&[(char, char)]| label.chars().any(|c| ranges.iter().any(|(a, z)| (*a..=*z).contains(&c)));
    SCRIPTS.iter().filter(holds).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t4_a_domain_of_mixed_scripts_stands_beside_its_a_label() {
        let told = |text: &str| told(text.to_owned());
        assert_eq!(told("<a@p\u{430}ypal.example> said"), "<a@p\u{430}ypal.example (xn--pypal-4ve.example)> said");
        let once = told("p\u{430}ypal.example");
        assert_eq!(told(&once), once);
        for same in [
            "jörg@münchen.example",
            "почта.example",
            "p\u{430}ypal",
            "bücher и книги",
            "a\u{430} b.c",
            "漢字.example",
        ] {
            assert_eq!(told(same), same);
        }
    }
}
