//! Templates: texts made of a row's values.

use std::borrow::Cow;

/// A text with names of values in braces, `{event-id} {sender}`; `{{` and `}}` stand for braces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(String),
}

impl Template {
    /// Reads a template; why it is none.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            pieces.push(Piece::Text(before.to_owned()));
            rest = if brace.starts_with("{{") || brace.starts_with("}}") {
                pieces.push(Piece::Text(brace[..1].to_owned()));
                &brace[2..]
            } else {
                let (name, after) =
                    value(brace).ok_or_else(|| format!("`{text}` has a brace without its other"))?;
                pieces.push(Piece::Value(name.to_owned()));
                after
            };
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// The template that is one value.
    pub fn of(name: &str) -> Self {
        Self { pieces: vec![Piece::Value(name.to_owned())] }
    }

    /// The names of its values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text. A control character in a value becomes a blank: what a template puts between values by a tab no value
    /// can forge.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Cow<'v, [u8]>) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Value(name) => {
                    out.extend(value(name).iter().map(|b| if b.is_ascii_control() { b' ' } else { *b }));
                }
            }
        }
        out
    }
}

/// The name in braces at the start of a text, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.split_once('}').filter(|(name, _)| !name.is_empty() && !name.contains('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_forge_what_stands_between_them() {
        let template = Template::new("{a}\t{{{b}}}").expect("a template");
        let value = |name: &str| Cow::Borrowed(if name == "a" { &b"1\t2"[..] } else { b"3" });
        assert_eq!(template.fill(value), b"1 2\t{3}");
        assert_eq!(template.names().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn braces_come_in_pairs() {
        assert!(Template::new("{a").is_err());
        assert!(Template::new("a}").is_err());
        assert!(Template::new("{}").is_err());
    }
}
