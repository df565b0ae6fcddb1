//! Filling `{name}` in texts for people, and the commands that show more. What is filled into SQL is a literal:
//! `sections::fill`.
//!
//! A value that is filled in is never looked at again, so that no `{name}` in it is filled.

use super::{Again, Store};
use crate::report::{Cell, Period};
use crate::sections::{Literal, one_line};
use crate::text;
use crate::time::{Span, parse_day};

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
    let domains = Some(facts.domains.join(",")).filter(|domains| !domains.is_empty());
    command("query", &one_line(sql).ok()?, facts, domains.map(|domains| ("--domain", domains)))
}

/// The command that follows a key through the same facts. Nothing where it holds what cannot be typed.
pub(super) fn trace_command(key: &str, facts: &Again) -> Option<String> {
    command("trace", key, facts, None)
}

fn command(name: &str, first: &str, facts: &Again, own: Option<(&'static str, String)>) -> Option<String> {
    let words = std::iter::once(first).chain(facts.paths.iter().map(String::as_str));
    let mut words = words.map(text::shell).collect::<Option<Vec<_>>>()?;
    let options = facts.options.iter().cloned().chain(facts.period.iter().flat_map(period)).chain(own);
    for (option, value) in options {
        words.extend([option.to_owned(), text::shell(&value)?]);
    }
    match &facts.store {
        Store::Kept(folder) => words.extend(["--store".to_owned(), text::shell(folder)?]),
        Store::LeftOut => words.push("--no-store".to_owned()),
        Store::None => {}
    }
    Some(format!("mailtrail {name} {}", words.join(" ")))
}

/// The options that ask for a period, whenever they are typed.
fn period(Period { start, end, zone }: &Period) -> Vec<(&'static str, String)> {
    let is_day = |start: i64, end: i64| {
        let day = parse_day(&zone.date_text(start), zone, start);
        day.is_ok_and(|day| day == Span { start: Some(start), end: Some(end) })
    };
    let time = |time: i64| if zone.day_start(time) == time { zone.date_text(time) } else { zone.rfc3339(time) };
    match (*start, *end) {
        (Some(start), Some(end)) if is_day(start, end) => vec![("--on", zone.date_text(start))],
        (start, end) => {
            let ends = [("--since", start), ("--until", end)];
            ends.into_iter().filter_map(|(option, end)| Some((option, time(end?)))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

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
            ..Again::default()
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
        let berlin = Zone::named("Europe/Berlin").expect("the zone is known");
        let instant = |text: &str| crate::time::parse_date(text, &berlin).expect(text);
        let asked = |start: Option<&str>, end: Option<&str>| {
            let period = Period { start: start.map(instant), end: end.map(instant), zone: berlin.clone() };
            let domains = vec!["a.example".to_owned(), "b.example".to_owned()];
            Again { period: Some(period), domains, ..again(&[], Store::None) }
        };
        for (start, end, options) in [
            (Some("2026-10-25"), Some("2026-10-26"), " --on 2026-10-25"),
            (Some("2026-10-24"), Some("2026-10-26"), " --since 2026-10-24 --until 2026-10-26"),
            (Some("2026-10-25 03:10"), None, " --since 2026-10-25T03:10:00+01:00"),
            (None, Some("2026-10-26"), " --until 2026-10-26"),
            (None, None, ""),
        ] {
            let asked = asked(start, end);
            assert_eq!(trace_command("x", &asked), Some(format!("mailtrail trace x{options}")));
            let query = format!("mailtrail query 'SELECT 1'{options} --domain a.example,b.example");
            assert_eq!(query_command("SELECT 1", &asked), Some(query));
        }
        let without = trace_command("x", &again(&["mail.log"], Store::LeftOut));
        assert_eq!(without.as_deref(), Some("mailtrail trace x mail.log --no-store"));
    }
}
