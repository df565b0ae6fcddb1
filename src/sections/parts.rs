//! A question in parts: its common tables, each a question of its own, and what is asked of them.
//!
//! The engine works a common table out anew for each place that names it. One that is named twice is therefore worked out
//! first, and once.

use super::tokens::{is_white, proven};
use crate::error::Result;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// A question as the engine is to read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The common tables, in their order: each may name those before it.
    pub common: Vec<Common>,
    /// The rest.
    pub sql: String,
}

/// A common table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Common {
    /// Its name.
    pub name: String,
    /// Its rows are the answer to this.
    pub sql: String,
    /// Whether it is named more than once.
    pub shared: bool,
}

impl Parts {
    /// Takes a question apart; one that begins in an unusual way stays whole.
    ///
    /// # Errors
    ///
    /// Where a part cannot be written so that it stays the same.
    pub fn of(tokens: &[TokenWithSpan]) -> Result<Self> {
        let mut rest = Rest(tokens);
        let Some(found) = rest.common_tables() else {
            return Ok(Self { common: Vec::new(), sql: proven(tokens)? });
        };
        let named = |name: &str| tokens.iter().filter(|token| is_word(&token.token, name)).count();
        let common = found.into_iter().map(|(name, sql)| {
            // Once it is named where it is made.
            Ok(Common { name: name.to_owned(), sql: proven(sql)?, shared: named(name) > 2 })
        });
        Ok(Self { common: common.collect::<Result<_>>()?, sql: proven(rest.0)? })
    }
}

/// The tokens that were not looked at yet.
struct Rest<'t>(&'t [TokenWithSpan]);

impl<'t> Rest<'t> {
    fn next(&mut self) -> Option<&'t Token> {
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            if !is_white(&first.token) {
                return Some(&first.token);
            }
        }
    }

    /// The names of the common tables and their questions.
    fn common_tables(&mut self) -> Option<Vec<(&'t str, &'t [TokenWithSpan])>> {
        self.word(Keyword::WITH)?;
        let mut found = vec![self.common_table()?];
        loop {
            let here = self.0;
            if self.next() != Some(&Token::Comma) {
                self.0 = here;
                return Some(found);
            }
            found.push(self.common_table()?);
        }
    }

    fn common_table(&mut self) -> Option<(&'t str, &'t [TokenWithSpan])> {
        let Token::Word(Word { value, .. }) = self.next()? else { return None };
        self.word(Keyword::AS)?;
        (self.next()? == &Token::LParen).then_some(())?;
        Some((value, self.bracketed()?))
    }

    fn word(&mut self, keyword: Keyword) -> Option<()> {
        matches!(self.next()?, Token::Word(word) if word.keyword == keyword).then_some(())
    }

    /// What stands before the bracket that closes the one before.
    fn bracketed(&mut self) -> Option<&'t [TokenWithSpan]> {
        let start = self.0;
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
        }
        start.get(..start.len() - self.0.len() - 1)
    }
}

fn is_word(token: &Token, name: &str) -> bool {
    matches!(token, Token::Word(word) if word.value == name)
}

#[cfg(test)]
mod tests {
    use super::super::tokens::read;
    use super::*;

    fn parts(sql: &str) -> String {
        let parts = Parts::of(&read(sql).expect("tokens")).expect("parts");
        let common =
            parts.common.iter().map(|c| format!("{}{}: {}; ", c.name, ["", "*"][usize::from(c.shared)], c.sql));
        common.collect::<String>() + parts.sql.trim()
    }

    #[test]
    fn common_tables_are_taken_out_and_those_named_twice_are_marked() {
        let two = "with a as (SELECT f(x) FROM t), b as (SELECT x FROM a) SELECT a.x FROM a JOIN b ON a.x = b.x";
        assert_eq!(
            parts(two),
            "a*: SELECT f(x) FROM t; b*: SELECT x FROM a; SELECT a.x FROM a JOIN b ON a.x = b.x"
        );
        assert_eq!(parts("WITH a AS (SELECT 1) SELECT * FROM a"), "a: SELECT 1; SELECT * FROM a");
    }

    #[test]
    fn what_begins_in_another_way_stays_whole() {
        for sql in ["SELECT 1", "WITH a (x) AS (SELECT 1) SELECT x FROM a", "WITH a AS (SELECT (1", "WITH", ""] {
            assert_eq!(parts(sql), sql);
        }
    }
}
