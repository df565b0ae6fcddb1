//! The functions of SQL that a question may use, and what is to be known of each.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

/// A function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its name.
    pub name: &'static str,
    /// What it looks at.
    pub of: Of,
    /// What it makes.
    pub makes: Makes,
}

/// What a function looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The values of one row.
    Row,
    /// Many rows, of which it makes one value.
    Rows,
    /// The rows around each, in an order.
    Order,
}

/// What a function makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Makes {
    /// One of the values that it is given.
    Given,
    /// A whole number that is no time, whatever it is given.
    Number,
    /// The same, to which the engine gives few bits or no sign.
    Narrow,
    /// Yes or no.
    Flag,
    /// Whatever it works out.
    Other,
}

const fn of_row(name: &'static str, makes: Makes) -> Known {
    Known { name, of: Of::Row, makes }
}

const fn of_rows(name: &'static str, makes: Makes) -> Known {
    Known { name, of: Of::Rows, makes }
}

const fn of_order(name: &'static str, makes: Makes) -> Known {
    Known { name, of: Of::Order, makes }
}

/// The functions that a question may use.
const ALL: &[Known] = &[
    of_row("abs", Makes::Other),
    of_rows("avg", Makes::Other),
    of_row("ceil", Makes::Other),
    of_row("ceiling", Makes::Other),
    of_row("char_length", Makes::Narrow),
    of_row("coalesce", Makes::Given),
    of_row("concat", Makes::Other),
    of_row("concat_ws", Makes::Other),
    of_rows("corr", Makes::Other),
    of_rows("count", Makes::Narrow),
    of_row("date", Makes::Other),
    of_row("date_part", Makes::Narrow),
    of_order("dense_rank", Makes::Narrow),
    of_row("ends_with", Makes::Flag),
    of_row("exp", Makes::Other),
    of_rows("first", Makes::Given),
    of_order("first_value", Makes::Given),
    of_row("floor", Makes::Other),
    of_row("greatest", Makes::Given),
    of_row(IF, Makes::Given),
    of_row("ifnull", Makes::Given),
    of_order("lag", Makes::Given),
    of_rows("last", Makes::Given),
    of_order("last_value", Makes::Given),
    of_order("lead", Makes::Given),
    of_row("least", Makes::Given),
    of_row("left", Makes::Other),
    of_row("length", Makes::Narrow),
    of_row("ln", Makes::Other),
    of_row("log10", Makes::Other),
    of_row("log2", Makes::Other),
    of_row("lower", Makes::Other),
    of_row("ltrim", Makes::Other),
    of_rows("max", Makes::Given),
    of_rows("median", Makes::Other),
    of_rows("min", Makes::Given),
    of_row("mod", Makes::Number),
    of_row("nullif", Makes::Given),
    of_row("octet_length", Makes::Narrow),
    of_row("pow", Makes::Other),
    of_row("power", Makes::Other),
    of_rows("quantile_cont", Makes::Other),
    of_rows("quantile_disc", Makes::Given),
    of_order("rank", Makes::Narrow),
    of_row("regexp_like", Makes::Flag),
    of_row("replace", Makes::Other),
    of_row("reverse", Makes::Other),
    of_row("round", Makes::Other),
    of_order("row_number", Makes::Narrow),
    of_row("rtrim", Makes::Other),
    of_row("sign", Makes::Number),
    of_row("sqrt", Makes::Other),
    of_row("starts_with", Makes::Flag),
    of_rows("stddev", Makes::Other),
    of_row("strftime", Makes::Other),
    of_row("substr", Makes::Other),
    of_row("substring", Makes::Other),
    of_rows("sum", Makes::Number),
    of_row("trim", Makes::Other),
    of_row("upper", Makes::Other),
    of_rows("variance", Makes::Other),
];

/// The function that tells where a text stands in another.
pub(super) const STRPOS: &str = "strpos";

/// The function that chooses by its first term between the others.
const IF: &str = "if";

/// Functions that the engine has and answers wrongly: why, and what to write instead.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("initcap", "the engine was built without it", "write `UPPER(LEFT(x, 1)) || LOWER(SUBSTR(x, 2))`"),
    ("log", "engines differ in what its first number is", "write `LN(x)`, `LOG10(x)` or `LOG2(x)`"),
    ("right", "it is wrong where the text is shorter", "write `REVERSE(LEFT(REVERSE(x), 3))`"),
    // POSITION(x IN y) is the same.
    (
        STRPOS,
        "it counts bytes, and is 0 where there is no text at all",
        "`LIKE '%x%'`, `STARTS_WITH` and `REGEXP_LIKE` look for texts",
    ),
];

/// Why a function that the engine has is left out, and what to write instead.
pub(super) fn left_out(name: &str) -> Option<(&'static str, &'static str)> {
    LEFT_OUT.iter().find(|(left_out, ..)| *left_out == name).map(|(_, why, help)| (*why, *help))
}

/// The names of the functions that a question may use.
pub fn functions() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|known| known.name)
}

/// The function of this name, in any letters.
pub(super) fn named(name: &str) -> Option<Known> {
    ALL.iter().find(|known| known.name.eq_ignore_ascii_case(name)).copied()
}

/// What is known of the function that is called.
pub(super) fn known(function: &Function) -> Option<Known> {
    named(&function.name.to_string())
}

/// The terms that a function is given.
pub(super) fn terms(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let term = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    list.args.iter().filter_map(term).collect()
}

/// The terms of which a function gives one; none where it makes something else.
pub(super) fn given(function: &Function) -> Vec<&Expr> {
    let Some(known) = known(function).filter(|known| known.makes == Makes::Given) else { return Vec::new() };
    terms(function).split_off(usize::from(known.name == IF))
}
