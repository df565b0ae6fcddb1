//! Comparisons as people write them: `> 30`, `>= 5 %`, `< 1 GiB`, `> 10 min`, `> 3x usual`.
//!
//! ```text
//! comparison = operator (usual | quantity)
//! usual      = number "x" "usual"
//! operator   = ">" | ">=" | "<" | "<="
//! quantity   = number [unit]
//! unit       = a unit of time | "%" | "k" | "M" | "G" | "B" | "KiB" | "MiB" | "GiB" | "TiB"
//! ```

use crate::report::Unit;
use crate::{time, units};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{alphanumeric1, space0};
use nom::combinator::{not, opt, recognize, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};
use std::cmp::Ordering;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

impl Operator {
    /// The sign that stands for it, in the configuration and in SQL.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }

    /// Whether larger values are the worse ones.
    pub fn more_is_worse(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast)
    }
}

/// A number and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The number in the unit's base: seconds, bytes, 1.
    pub value: f64,
    /// The unit; [`Unit::None`] where none was written, which goes with every figure.
    pub unit: Unit,
}

impl Quantity {
    /// The quantity as people read it, as a figure of this unit where it has none of its own.
    pub fn text(self, unit: Unit) -> String {
        let unit = if self.unit == Unit::None { unit } else { self.unit };
        figure(self.value, unit)
    }
}

/// A figure as people read it.
pub fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => units::seconds(value),
        Unit::Bytes => units::bytes(value),
        Unit::Share => units::share(value),
        Unit::Count | Unit::None => units::number(value),
    }
}

/// A limit: what lies beyond it is not fine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// How the value is compared.
    pub operator: Operator,
    /// With what.
    pub limit: Quantity,
    /// Whether the limit is that many times what is usual, and not yet a limit itself.
    pub usual: bool,
}

impl Comparison {
    /// Whether a value lies beyond the limit. What is no number lies beyond nothing.
    pub fn holds(&self, value: f64) -> bool {
        match value.partial_cmp(&self.limit.value) {
            Some(Ordering::Greater) => self.operator.more_is_worse(),
            Some(Ordering::Less) => !self.operator.more_is_worse(),
            Some(Ordering::Equal) => matches!(self.operator, Operator::AtLeast | Operator::AtMost),
            None => false,
        }
    }

    /// The limit where this is usual. A value that is as large as the limit but for how fractions are kept is at it.
    #[must_use]
    pub fn from_usual(&self, usual: f64, unit: Unit, value: f64) -> Self {
        let limit = self.limit.value * usual;
        let same = (limit - value).abs() <= 1e-9 * limit.abs();
        Self { limit: Quantity { value: if same { value } else { limit }, unit }, usual: false, ..*self }
    }

    /// What would have been fine, in words.
    pub fn fine(&self, unit: Unit) -> String {
        let limit = self.limit.text(unit);
        match self.operator {
            Operator::Above => format!("at most {limit}"),
            Operator::AtLeast => format!("less than {limit}"),
            Operator::Below => format!("at least {limit}"),
            Operator::AtMost => format!("more than {limit}"),
        }
    }
}

/// What is wrong with a word, and the byte of it at which that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The byte.
    pub at: usize,
    /// Why.
    pub why: String,
    /// What to do.
    pub help: String,
}

impl Wrong {
    /// Something wrong in the rest of a text.
    pub(super) fn new(text: &str, rest: &str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at: text.len() - rest.len(), why: why.into(), help: help.into() }
    }
}

/// Units beside those of time: what is written, how many of the base it is, and the base.
const UNITS: [(&str, f64, Unit); 9] = [
    ("%", 0.01, Unit::Share),
    ("B", 1.0, Unit::Bytes),
    ("KiB", 1_024.0, Unit::Bytes),
    ("MiB", 1_048_576.0, Unit::Bytes),
    ("GiB", 1_073_741_824.0, Unit::Bytes),
    ("TiB", 1_099_511_627_776.0, Unit::Bytes),
    ("k", 1e3, Unit::None),
    ("M", 1e6, Unit::None),
    ("G", 1e9, Unit::None),
];

/// How many of its base a unit is, and the base.
fn unit(word: &str) -> Option<(f64, Unit)> {
    #[expect(clippy::cast_precision_loss, reason = "a week has fewer microseconds than 2^53")]
    let of_time = time::unit_of_time(word).map(|micros| (micros as f64 / time::SECOND as f64, Unit::Seconds));
    let other = || UNITS.iter().find(|(name, ..)| *name == word).map(|(_, scale, unit)| (*scale, *unit));
    of_time.or_else(other)
}

/// The units of a kind, of all kinds where none is asked for.
fn names(kind: Option<Unit>) -> String {
    let of_time = time::UNITS.iter().map(|(words, _)| (words[0], Unit::Seconds));
    let all = of_time.chain(UNITS.iter().map(|(name, _, unit)| (*name, *unit)));
    let names: Vec<&str> =
        all.filter(|(_, unit)| kind.is_none_or(|kind| kind == *unit)).map(|(name, _)| name).collect();
    names.join(", ")
}

/// What a comparison looks like, for help.
const LOOKS: &str = "write `> 30`, `>= 5 %`, `< 1 GiB`, `> 10 min` or `> 3x usual`";

/// Reads a comparison.
///
/// # Errors
///
/// Where it is none; what is wrong with it, and where.
pub fn comparison(text: &str) -> Result<Comparison, Wrong> {
    let (rest, operator) = spaced(operator)
        .parse(text)
        .map_err(|_| Wrong::new(text, text.trim_start(), "it begins with no `>`, `>=`, `<` or `<=`", LOOKS))?;
    if let Ok((after, times)) = times(rest) {
        let usual = after.trim() == "usual";
        let limit = Quantity { value: times, unit: Unit::None };
        let wrong = || Wrong::new(text, after.trim_start(), "here should be `usual`", "write `> 3x usual`");
        return usual.then_some(Comparison { operator, limit, usual }).ok_or_else(wrong);
    }
    let limit = quantity(rest, None).map_err(|wrong| Wrong { at: wrong.at + text.len() - rest.len(), ..wrong })?;
    Ok(Comparison { operator, limit, usual: false })
}

/// `3x`
fn times(text: &str) -> IResult<&str, f64> {
    terminated(spaced(number), (alt((tag("x"), tag("×"))), not(alphanumeric1))).parse(text)
}

/// Reads a quantity: a number and a unit; of this kind, where one is asked for.
///
/// # Errors
///
/// Where it is none, or one of another kind; what is wrong with it, and where.
pub fn quantity(text: &str, kind: Option<Unit>) -> Result<Quantity, Wrong> {
    let (rest, number) = spaced(number)
        .parse(text)
        .map_err(|_| Wrong::new(text, text.trim_start(), "here should be a number", looks(kind)))?;
    let (after, word) = spaced(opt(unit_word)).parse(rest).unwrap_or((rest, None));
    let wrong_unit = |why| Wrong::new(text, rest, why, format!("the units are {}", names(kind)));
    let (scale, unit) = match word {
        None => (1.0, Unit::None),
        Some(word) => unit(word).ok_or_else(|| wrong_unit("this is no unit"))?,
    };
    if word.is_some() && kind.is_some_and(|kind| kind != unit) {
        return Err(wrong_unit("this unit does not fit"));
    }
    if !after.is_empty() {
        return Err(Wrong::new(text, after, "nothing should follow here", looks(kind)));
    }
    Ok(Quantity { value: number * scale, unit })
}

/// What a quantity of a kind looks like, for help.
fn looks(kind: Option<Unit>) -> &'static str {
    match kind {
        Some(Unit::Seconds) => "write `90 s`, `10 min`, `2 h`, `1 d` or `8 w`",
        Some(Unit::Bytes) => "write `10 MiB`",
        _ => LOOKS,
    }
}

/// A parser with spaces around it.
fn spaced<'a, O>(
    inner: impl Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>>,
) -> impl Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>> {
    terminated(preceded(space0, inner), space0)
}

fn operator(text: &str) -> IResult<&str, Operator> {
    alt((
        value(Operator::AtLeast, tag(">=")),
        value(Operator::Above, tag(">")),
        value(Operator::AtMost, tag("<=")),
        value(Operator::Below, tag("<")),
    ))
    .parse(text)
}

/// Digits, with a point and more digits or without; no exponent, no sign.
fn number(text: &str) -> IResult<&str, f64> {
    let digits = |text| take_while1(|c: char| c.is_ascii_digit()).parse(text);
    let (rest, digits) = recognize((digits, opt((tag("."), digits)))).parse(text)?;
    let wrong = |_| nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Float));
    Ok((rest, digits.parse().map_err(wrong)?))
}

fn unit_word(text: &str) -> IResult<&str, &str> {
    alt((tag("%"), alphanumeric1)).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Operator, f64, Unit) {
        let it = comparison(text).expect("a comparison");
        (it.operator, it.limit.value, it.limit.unit)
    }

    #[test]
    fn comparisons_are_read_with_their_units() {
        assert_eq!(read("> 30"), (Operator::Above, 30.0, Unit::None));
        assert_eq!(read(">=5 %"), (Operator::AtLeast, 0.05, Unit::Share));
        assert_eq!(read(" < 1 GiB "), (Operator::Below, 1_073_741_824.0, Unit::Bytes));
        assert_eq!(read("<= 1.5min"), (Operator::AtMost, 90.0, Unit::Seconds));
        assert_eq!(read("> 2k"), (Operator::Above, 2_000.0, Unit::None));
        assert_eq!(read("> 8w"), (Operator::Above, 4_838_400.0, Unit::Seconds));
        assert_eq!(["> 2 hours", "> 120 m"].map(read), [(Operator::Above, 7_200.0, Unit::Seconds); 2]);
    }

    #[test]
    fn units_of_the_kind_that_is_asked_for_are_told() {
        let help = |text: &str, kind| quantity(text, Some(kind)).expect_err("wrong").help;
        assert_eq!(help("3 parsecs", Unit::Seconds), "the units are ms, s, min, h, d, w");
        assert_eq!(help("3 min", Unit::Bytes), "the units are B, KiB, MiB, GiB, TiB");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let at = |text: &str| comparison(text).expect_err("wrong").at;
        assert_eq!(
            [at("30"), at("> thirty"), at("> 3 parsecs"), at("> 3 s s"), at("> -3"), at("")],
            [0, 2, 4, 6, 2, 0]
        );
        assert_eq!([at("> 3x"), at("> 3x usal"), at("> 3xy usual"), at("> x usual")], [4, 5, 3, 2]);
    }

    #[test]
    fn l23_limits_of_what_is_usual_are_as_exact_as_others() {
        let crossed = |text: &str, usual: f64, value: f64| {
            let it = comparison(text).expect("a comparison");
            assert!(it.usual);
            it.from_usual(usual, Unit::Count, value).holds(value)
        };
        assert_eq!(
            [
                crossed("> 3x usual", 10.0, 30.0),
                crossed("> 3 x usual", 10.0, 31.0),
                crossed(">= 3x usual", 10.0, 30.0)
            ],
            [false, true, true]
        );
        // In fractions of two, 0.1 times 3 is more than 0.3.
        assert!(!crossed("< 0.1× usual", 3.0, 0.3) && crossed("< 0.2x usual", 10.0, 1.0));
        assert!(crossed("> 3x usual", 0.0, 1.0) && !crossed("< 0.2x usual", 0.0, 0.0));
    }

    #[test]
    fn l23_at_the_limit_all_is_fine() {
        let holds = |text: &str| comparison(text).expect("a comparison").holds(5.0);
        assert_eq!(
            ["> 5", ">= 5", "< 5", "<= 5", "> 4.9", "< 5.1"].map(holds),
            [false, true, false, true, true, true]
        );
        assert!(!comparison("> 5").expect("a comparison").holds(f64::NAN));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,20}") {
            if let Err(wrong) = comparison(&text) {
                prop_assert!(wrong.at <= text.len());
            }
        }

        #[test]
        fn what_is_written_is_read(
            number in 0_u32..1_000_000,
            name in prop::sample::select(names(None).split(", ").map(str::to_owned).collect::<Vec<_>>()),
        ) {
            let (scale, base) = unit(&name).expect("a unit");
            prop_assert_eq!(read(&format!("> {number} {name}")), (Operator::Above, f64::from(number) * scale, base));
        }
    }
}
