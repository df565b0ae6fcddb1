//! Where questions end in what is typed: SQL at its `;`, commands and named questions at the end of their line.

use super::asked::begins_sql;

/// What was typed, as far as it is complete.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A command of the prompt, such as `\\d messages`.
    Command(String),
    /// A named question with its parameters.
    Named(Vec<String>),
    /// A question in SQL.
    Sql(String),
}

/// Words that are commands beside those with a backslash.
const COMMANDS: [&str; 3] = ["help", "quit", "exit"];

/// The first thing that was typed, and what follows it. Nothing where it is not complete.
pub(super) fn first<'t>(text: &'t str, names: &[String]) -> Option<(Typed, &'t str)> {
    let text = text.trim_start();
    let (line, after_line) = text.split_once('\n').map_or((text, ""), |(line, rest)| (line, rest));
    let bare = line.trim().trim_end_matches(';').trim_end();
    let first = bare.split_whitespace().next()?;
    if first.starts_with('\\') || COMMANDS.contains(&bare) {
        return Some((Typed::Command(bare.to_owned()), after_line));
    }
    if names.iter().any(|name| name == first) {
        return Some((Typed::Named(words(bare)), after_line));
    }
    let end = end(text);
    if !may_go_on(first) && end.is_none_or(|end| end > line.len()) {
        return Some((Typed::Named(words(bare)), after_line));
    }
    let end = end?;
    Some((Typed::Sql(text[..end].to_owned()), &text[end + 1..]))
}

/// Whether a line with this first word may be the beginning of a question in SQL, and is no name that was mistyped.
fn may_go_on(first: &str) -> bool {
    begins_sql(first) || !first.starts_with(|c: char| c.is_alphabetic())
}

/// The byte of the `;` that ends a question: none that stands in a text, in a name or in a comment.
fn end(text: &str) -> Option<usize> {
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, c)| *c);
        match (c, next) {
            (';', _) => return Some(at),
            ('\'' | '"', _) => while rest.next().is_some_and(|(_, inner)| inner != c) {},
            ('-', Some('-')) => while rest.next().is_some_and(|(_, inner)| inner != '\n') {},
            ('/', Some('*')) => {
                let mut before = ' ';
                rest.next();
                while let Some((_, inner)) = rest.next()
                    && (before, inner) != ('*', '/')
                {
                    before = inner;
                }
            }
            _ => {}
        }
    }
    None
}

/// The words of a line; quotes hold words together that have blanks in them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            None if c == '\'' || c == '"' => (quote, word) = (Some(c), word.or_else(|| Some(String::new()))),
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> (Vec<Typed>, &str) {
        let names = ["late-messages".to_owned()];
        let (mut found, mut rest) = (Vec::new(), text);
        while let Some((typed, after)) = first(rest, &names) {
            found.push(typed);
            rest = after;
        }
        (found, rest)
    }

    fn sql(text: &str) -> Typed {
        Typed::Sql(text.to_owned())
    }

    #[test]
    fn questions_end_at_a_semicolon_that_is_one() {
        let (found, rest) = all("SELECT ';''a;' -- b;\n/* ; */ x; SELECT 2\n;\nSELECT");
        assert_eq!(found, [sql("SELECT ';''a;' -- b;\n/* ; */ x"), sql("SELECT 2\n")]);
        assert_eq!(rest, "\nSELECT");
        assert_eq!(all("SELECT ';"), (Vec::new(), "SELECT ';"));
        assert_eq!(all("DROP x;"), (vec![sql("DROP x")], ""));
    }

    #[test]
    fn commands_and_named_questions_end_with_their_line() {
        let (found, rest) = all("\\d messages\nhelp;\nlate-messages longer='5 min' most=\"1\";\nlate-messages");
        let words = |words: &[&str]| Typed::Named(words.iter().map(|word| (*word).to_owned()).collect());
        let command = |text: &str| Typed::Command(text.to_owned());
        let expected = [
            command("\\d messages"),
            command("help"),
            words(&["late-messages", "longer=5 min", "most=1"]),
            words(&["late-messages"]),
        ];
        assert_eq!((found.as_slice(), rest), (expected.as_slice(), ""));
        let (found, rest) = all("late-mesages\nSELECT 1;");
        assert_eq!((found.as_slice(), rest), ([words(&["late-mesages"]), sql("SELECT 1")].as_slice(), ""));
    }
}
