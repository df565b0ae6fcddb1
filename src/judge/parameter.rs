//! The parameters of a rule: what they may be, how they stand in SQL, how people read them.

use crate::config::{Comparison, Operator, Value, Wrong, comparison, quantity};
use crate::report::Unit;
use crate::sections::Literal;
use crate::units;

/// A parameter of a rule. Its default says of which kind it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Parameter {
    /// A limit, such as `> 10`; of a duration, in microseconds of SQL.
    Limit(Comparison),
    /// A duration, such as `10 min`, in seconds; in microseconds of SQL.
    Length(f64),
    /// A whole number.
    Number(i64),
    /// A text.
    Word(String),
    /// Several texts, a list of SQL.
    Words(Vec<String>),
}

/// Microseconds in a second.
const MICROS: f64 = 1e6;

impl Parameter {
    /// The parameter of a default's value.
    pub(super) fn of_default(value: &toml::Value) -> Option<Self> {
        match value {
            toml::Value::Integer(number) => Some(Self::Number(*number)),
            toml::Value::Array(list) => {
                let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().map(Self::Words)
            }
            toml::Value::String(text) if text.starts_with(['<', '>']) => {
                comparison(text).ok().filter(|limit| !limit.usual).map(Self::Limit)
            }
            toml::Value::String(text) => Some(match length(text) {
                Ok(seconds) => Self::Length(seconds),
                Err(_) => Self::Word(text.clone()),
            }),
            _ => None,
        }
    }

    /// The parameter that is set in the place of this default.
    ///
    /// # Errors
    ///
    /// Where the value is of another kind, or makes the rule look the other way.
    pub(super) fn set(&self, value: &Value) -> Result<Self, Wrong> {
        match (self, value) {
            (Self::Limit(default), Value::Text(text)) => limit(default, text),
            (Self::Limit(_), Value::Integer(number)) => {
                Err(wrong("a limit is a comparison", format!("write \"> {number}\", in quotes")))
            }
            (Self::Length(_), Value::Text(text)) => length(text).map(Self::Length),
            (Self::Number(_), Value::Integer(number)) => Ok(Self::Number(*number)),
            (Self::Word(_), Value::Text(text)) => Ok(Self::Word(text.clone())),
            (Self::Words(_), Value::List(texts)) => Ok(Self::Words(texts.clone())),
            (Self::Words(_), Value::Text(text)) => Ok(Self::Words(vec![text.clone()])),
            (default, value) => Err(wrong(
                &format!("expected {}, but found {}", default.kind(), value.kind()),
                format!("the default is {}", default.text()),
            )),
        }
    }

    /// Half of a duration.
    pub(super) fn half(&self) -> Option<Self> {
        match self {
            Self::Length(seconds) => Some(Self::Length(seconds / 2.0)),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Limit(_) => "a comparison such as \"> 10\"",
            Self::Length(_) => "a duration such as \"10 min\"",
            Self::Number(_) => "a whole number",
            Self::Word(_) => "a text",
            Self::Words(_) => "a list of texts",
        }
    }

    /// The parameter in SQL: a number, an operator and a number, a text, or a list of texts in brackets.
    pub(super) fn sql(&self) -> Literal {
        match self {
            Self::Limit(limit) => {
                let scale = if limit.limit.unit == Unit::Seconds { MICROS } else { 1.0 };
                Literal::Limit(limit.operator.sign(), limit.limit.value * scale)
            }
            Self::Length(seconds) => Literal::Number((seconds * MICROS).round()),
            Self::Number(number) => Literal::Integer(*number),
            Self::Word(text) => Literal::Text(text.clone()),
            Self::Words(texts) => Literal::Texts(texts.clone()),
        }
    }

    /// The parameter as people read it; of a limit, the most or the least that is fine.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Limit(limit) => fine(limit),
            Self::Length(seconds) => units::seconds(*seconds),
            Self::Number(number) => units::integer(*number),
            Self::Word(text) => text.clone(),
            Self::Words(texts) => texts.join(", "),
        }
    }

    /// The parameter as it stands in the configuration.
    pub(super) fn written(&self, default: Option<&toml::Value>) -> String {
        default.map_or_else(|| crate::config::quoted(&self.text()), ToString::to_string)
    }
}

/// The last value that is fine: of whole things, `>= 10` is fine up to 9.
fn fine(limit: &Comparison) -> String {
    let whole = limit.limit.unit == Unit::None && limit.limit.value.fract() == 0.0;
    let mut last = limit.limit;
    match limit.operator {
        Operator::AtLeast if whole => last.value -= 1.0,
        Operator::AtMost if whole => last.value += 1.0,
        _ => {}
    }
    last.text(Unit::Count)
}

fn wrong(why: &str, help: String) -> Wrong {
    Wrong { at: 0, why: why.to_owned(), help }
}

fn limit(default: &Comparison, text: &str) -> Result<Parameter, Wrong> {
    let own = comparison(text)?;
    if own.usual {
        return Err(wrong("a rule does not know what is usual", "give a fixed limit, such as `> 30`".to_owned()));
    }
    if own.operator.more_is_worse() != default.operator.more_is_worse() {
        let sign = default.operator.sign();
        return Err(wrong("the rule looks for the other direction", format!("begin with `{sign}`")));
    }
    let fits =
        own.limit.unit == default.limit.unit || (own.limit.unit == Unit::None && default.limit.unit == Unit::None);
    if !fits {
        return Err(wrong("the unit does not fit", format!("the default is {}", default.limit.text(Unit::Count))));
    }
    Ok(Parameter::Limit(own))
}

/// A duration in seconds. It carries a unit: `10` could be minutes.
fn length(text: &str) -> Result<f64, Wrong> {
    let found = quantity(text, Some(Unit::Seconds))?;
    if found.unit == Unit::Seconds {
        Ok(found.value)
    } else {
        Err(wrong("a duration needs a unit of time", "write `90 s`, `10 min`, `2 h` or `1 d`".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default(toml: &str) -> Parameter {
        let table: toml::Table = toml.parse().expect("TOML");
        Parameter::of_default(&table["x"]).expect("a parameter")
    }

    #[test]
    fn t10_parameters_are_numbers_and_literals_in_sql() {
        let sql = [
            "x = '> 10'",
            "x = '10 min'",
            "x = 7",
            "x = \"it's\"",
            "x = ['a', \"b'\"]",
            "x = []",
            "x = '> 2 h'",
            "x = '> 20 %'",
        ]
        .map(|toml| default(toml).sql().sql());
        assert_eq!(sql, ["> 10", "600000000", "7", "'it''s'", "('a', 'b''')", "('')", "> 7200000000", "> 0.2"]);
    }

    #[test]
    fn limits_read_as_what_is_fine() {
        assert_eq!(default("x = '> 10'").text(), "10");
        assert_eq!(default("x = '>= 10'").text(), "9");
        assert_eq!(units::with_plain_spaces(&default("x = '10 min'").text()), "10 min");
    }

    #[test]
    fn a_parameter_keeps_its_kind_and_its_direction() {
        let limit = default("x = '> 10'");
        assert_eq!(limit.set(&Value::Text(">= 3".into())).map(|p| p.sql().sql()), Ok(">= 3".into()));
        for wrong in
            [Value::Text("< 3".into()), Value::Text("> 3 min".into()), Value::Integer(3), Value::Flag(true)]
        {
            assert!(limit.set(&wrong).is_err(), "{wrong:?}");
        }
        assert!(default("x = '10 min'").set(&Value::Text("10".into())).is_err());
        assert_eq!(default("x = ['a']").set(&Value::Text("b".into())).map(|p| p.sql().sql()), Ok("('b')".into()));
    }
}
