//! Filling `{name}` in texts, in SQL and in commands, each in its own safe way.
//!
//! A value that is filled in is never looked at again, so that no `{name}` in it is filled.

use crate::report::Cell;
pub(super) use crate::sections::text_literal;
use crate::text;

/// The text with each `{name}` that is known filled in.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| Some((value(name)?, after)));
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
pub(super) fn literal(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text(text) => text_literal(text.raw()),
        Cell::Integer(number) | Cell::Time(number) => number.to_string(),
        Cell::Number(number) => number_literal(*number),
        Cell::Flag(flag) => flag.to_string().to_uppercase(),
        Cell::State(state) => text_literal(state.word()),
    }
}

/// A number as a literal of SQL, without an exponent.
pub(super) fn number_literal(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { "NULL".to_owned() }
}

/// The command that asks a question of some logs. Nothing where it holds what cannot be typed.
pub(super) fn query_command(sql: &str, paths: &[&str]) -> Option<String> {
    command("query", &sql.split_whitespace().collect::<Vec<_>>().join(" "), paths)
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
    use crate::text::Text;
    use proptest::prelude::*;
    use sqlparser::ast::{Expr, SelectItem, SetExpr, Statement, Value};
    use sqlparser::dialect::GenericDialect;
    use sqlparser::parser::Parser;

    #[test]
    fn only_known_names_are_filled_and_only_once() {
        let value = |name: &str| (name == "a").then(|| "{a}{b}".to_owned());
        assert_eq!(fill("x {a} {c} {", value), "x {a}{b} {c} {");
        assert_eq!(names("{a} and {b_c}"), ["a", "b_c"]);
    }

    #[test]
    fn commands_are_safe_to_paste() {
        let command = |user: &str| query_command(&format!("SELECT {}", text_literal(user)), &["a b", "-x"]);
        assert_eq!(command("anna").as_deref(), Some("mailtrail query \"SELECT 'anna'\" 'a b' '-x'"));
        assert_eq!(
            command("$(id)`id`\"\\").as_deref(),
            Some("mailtrail query \"SELECT '\\$(id)\\`id\\`\\\"\\\\'\" 'a b' '-x'")
        );
        assert_eq!((command("a\x1b[2J"), command("!rm")), (None, None));
        let trace = |key: &str| trace_command(key, &["mail.log"]);
        assert_eq!(trace("192.0.2.7").as_deref(), Some("mailtrail trace 192.0.2.7 mail.log"));
        assert_eq!(trace("$(id)").as_deref(), Some("mailtrail trace '$(id)' mail.log"));
    }

    fn parsed(sql: &str) -> Option<String> {
        let mut statements = Parser::parse_sql(&GenericDialect {}, sql).ok()?;
        let Statement::Query(query) = statements.pop().filter(|_| statements.is_empty())? else {
            return None;
        };
        let SetExpr::Select(mut select) = *query.body else {
            return None;
        };
        match select.projection.pop()? {
            SelectItem::UnnamedExpr(Expr::Value(value)) => match value.value {
                Value::SingleQuotedString(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn t10_a_text_stays_one_literal(text in "(\\PC|['\\\\\"\n;-]){0,20}") {
            let sql = format!("SELECT {}", literal(&Cell::Text(Text::from(text.as_str()))));
            prop_assert_eq!(parsed(&sql), Some(text));
        }
    }
}
