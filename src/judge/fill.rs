//! Filling `{name}` in texts for people, and the commands that show more. What is filled into SQL is a literal:
//! `sections::fill`.
//!
//! A value that is filled in is never looked at again, so that no `{name}` in it is filled.

use super::{Again, Store};
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

/// The command that asks a question of the same facts. Nothing where it holds what cannot be typed.
pub(super) fn query_command(sql: &str, facts: &Again) -> Option<String> {
    command("query", &one_line(sql).ok()?, facts)
}

/// The command that follows a key through the same facts. Nothing where it holds what cannot be typed.
pub(super) fn trace_command(key: &str, facts: &Again) -> Option<String> {
    command("trace", key, facts)
}

fn command(name: &str, first: &str, facts: &Again) -> Option<String> {
    let words = std::iter::once(first).chain(facts.paths.iter().map(String::as_str));
    let mut words = words.map(text::shell).collect::<Option<Vec<_>>>()?;
    for (option, value) in &facts.options {
        words.extend([(*option).to_owned(), text::shell(value)?]);
    }
    match &facts.store {
        Store::Kept(folder) => words.extend(["--store".to_owned(), text::shell(folder)?]),
        Store::LeftOut => words.push("--no-store".to_owned()),
        Store::None => {}
    }
    Some(format!("mailtrail {name} {}", words.join(" ")))
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
        let again = |paths: &[&str], store| Again {
            store,
            paths: paths.iter().map(|p| (*p).to_owned()).collect(),
            options: Vec::new(),
        };
        let command = |user: &str| {
            let sql = format!("SELECT {}", Literal::Text(user.to_owned()).sql());
            query_command(&sql, &again(&["a b", "-x"], Store::None))
        };
        assert_eq!(command("anna").as_deref(), Some("mailtrail query \"SELECT 'anna'\" 'a b' '-x'"));
        assert_eq!(
            command("$(id)`id`\"\\").as_deref(),
            Some("mailtrail query \"SELECT '\\$(id)\\`id\\`\\\"\\\\'\" 'a b' '-x'")
        );
        assert_eq!((command("a\x1b[2J"), command("!rm")), (None, None));
        assert_eq!(command("two  spaces").as_deref(), Some("mailtrail query \"SELECT 'two  spaces'\" 'a b' '-x'"));
        let trace = |key: &str| trace_command(key, &again(&["mail.log"], Store::None));
        assert_eq!(trace("192.0.2.7").as_deref(), Some("mailtrail trace 192.0.2.7 mail.log"));
        assert_eq!(trace("$(id)").as_deref(), Some("mailtrail trace '$(id)' mail.log"));
        let kept = |folder: &str| trace_command("x", &again(&[], Store::Kept(folder.to_owned())));
        assert_eq!(kept("/a/my store").as_deref(), Some("mailtrail trace x --store '/a/my store'"));
        assert_eq!(kept("/a\n"), None);
        let options = vec![("--year", "2026".to_owned())];
        let dated = trace_command("x", &Again { options, ..again(&["mail.log"], Store::None) });
        assert_eq!(dated.as_deref(), Some("mailtrail trace x mail.log --year 2026"));
        let without = trace_command("x", &again(&["mail.log"], Store::LeftOut));
        assert_eq!(without.as_deref(), Some("mailtrail trace x mail.log --no-store"));
    }
}
