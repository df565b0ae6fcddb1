//! Filling `{name}` in texts for people, and the commands that show more. What is filled into SQL is a literal:
//! `sections::fill`.
//!
//! A value that is filled in is never looked at again, so that no `{name}` in it is filled.

use crate::report::Cell;
use crate::sections::{Literal, one_line};
use crate::text;

/// The text with each `{name}` that is known filled in; for `{name: message|messages}` stands the value and the word
/// that fits it.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| Some((counted(name, &value)?, after)));
        if let Some((value, after)) = known {
            out.push_str(&value);
            rest = after;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out + rest
}

fn counted(name: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let Some((name, words)) = name.split_once(": ") else { return value(name) };
    let (one, many) = words.split_once('|')?;
    let value = value(name)?;
    let word = if value == "1" { one } else { many };
    Some(format!("{value} {word}"))
}

/// The names between braces in a template.
#[cfg(test)]
pub(super) fn names(template: &str) -> Vec<String> {
    let names = std::cell::RefCell::new(Vec::new());
    fill(template, |name| {
        names.borrow_mut().push(name.to_owned());
        Some(String::new())
    });
    names.into_inner()
}

/// A value as a literal of SQL: what a stranger wrote stays a text, whatever it holds.
pub(super) fn literal(cell: &Cell) -> Literal {
    match cell {
        Cell::Null => Literal::Null,
        Cell::Text(text) => Literal::Text(text.raw().to_owned()),
        Cell::Integer(number) | Cell::Time(number) => Literal::Integer(*number),
        Cell::Number(number) => Literal::Number(*number),
        Cell::Flag(flag) => Literal::Flag(*flag),
        Cell::State(state) => Literal::Text(state.word().to_owned()),
    }
}

/// The command that asks a question of some logs. Nothing where it holds what cannot be typed.
pub(super) fn query_command(sql: &str, paths: &[&str]) -> Option<String> {
    command("query", &one_line(sql).ok()?, paths)
}

/// The command that follows a key through some logs. Nothing where it holds what cannot be typed.
pub(super) fn trace_command(key: &str, paths: &[&str]) -> Option<String> {
    command("trace", key, paths)
}

fn command(name: &str, first: &str, paths: &[&str]) -> Option<String> {
    let words = std::iter::once(first).chain(paths.iter().copied());
    let words = words.map(shell_word).collect::<Option<Vec<_>>>()?;
    Some(format!("mailtrail {name} {}", words.join(" ")))
}

/// A word for a shell: quoted where it could mean something to it.
fn shell_word(word: &str) -> Option<String> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%=".contains(c);
    if text::shown(word) != word {
        None
    } else if !word.is_empty() && !word.starts_with('-') && word.chars().all(harmless) {
        Some(word.to_owned())
    } else if word.contains('\'') {
        let escaped: String =
            word.chars().flat_map(|c| if "\"\\$`".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
        // An interactive shell takes `!` for its history even between double quotes.
        (!word.contains('!')).then(|| format!("\"{escaped}\""))
    } else {
        Some(format!("'{word}'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_filled_and_only_once() {
        let value = |name: &str| (name == "a").then(|| "{a}{b}".to_owned());
        assert_eq!(fill("x {a} {c} {", value), "x {a}{b} {c} {");
        assert_eq!(names("{a} and {b_c: b|bs}"), ["a", "b_c"]);
    }

    #[test]
    fn one_is_not_told_as_many() {
        let value = |name: &str| Some(name.replace('n', "1"));
        let text = "{n: delivery|deliveries}, {2: time|times}, {x: y}";
        assert_eq!(fill(text, value), "1 delivery, 2 times, {x: y}");
    }

    #[test]
    fn commands_are_safe_to_paste() {
        let command = |user: &str| {
            let sql = format!("SELECT {}", Literal::Text(user.to_owned()).sql());
            query_command(&sql, &["a b", "-x"])
        };
        assert_eq!(command("anna").as_deref(), Some("mailtrail query \"SELECT 'anna'\" 'a b' '-x'"));
        assert_eq!(
            command("$(id)`id`\"\\").as_deref(),
            Some("mailtrail query \"SELECT '\\$(id)\\`id\\`\\\"\\\\'\" 'a b' '-x'")
        );
        assert_eq!((command("a\x1b[2J"), command("!rm")), (None, None));
        assert_eq!(command("two  spaces").as_deref(), Some("mailtrail query \"SELECT 'two  spaces'\" 'a b' '-x'"));
        let trace = |key: &str| trace_command(key, &["mail.log"]);
        assert_eq!(trace("192.0.2.7").as_deref(), Some("mailtrail trace 192.0.2.7 mail.log"));
        assert_eq!(trace("$(id)").as_deref(), Some("mailtrail trace '$(id)' mail.log"));
    }
}
