//! Figures as people read them, and as machines do.
//!
//! Groups of digits, and a number and its unit, are joined by U+202F, the narrow space that does not break. A figure
//! is never rounded to something that says more than it: 99.97 % is not written as 100 %.

/// The space inside figures.
const GAP: char = '\u{202f}';

/// Words with figures in them, for where somebody looks for `10 min` as it is typed: with plain spaces.
pub fn with_plain_spaces(text: &str) -> String {
    text.replace(GAP, " ")
}

/// The binary prefixes, each 1024 times the one before.
const BINARY: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// A whole number: `12 345`.
pub fn integer(n: i64) -> String {
    signed(n < 0, &grouped(&n.unsigned_abs().to_string()))
}

/// A count, which has no sign: `12 345`.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A count and what is counted: `1 warning`, `2 warnings`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A number with this many digits after the point: `12 345.68`.
pub fn decimal(x: f64, places: usize) -> String {
    let text = format!("{:.places$}", x.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let is_zero = text.bytes().all(|b| b == b'0' || b == b'.');
    signed(x < 0.0 && !is_zero, &format!("{}{rest}", grouped(whole)))
}

/// A number without a unit: whole where it is, else with two digits after the point, or one from a hundred on.
pub fn number(x: f64) -> String {
    decimal(x, if is_whole(x) { 0 } else { 2 - usize::from(x.abs() >= 100.0) })
}

/// A size: `1.2 MiB`.
pub fn bytes(x: f64) -> String {
    let mut size = x.abs();
    let mut prefix = 0;
    while size >= 1023.5 && prefix + 1 < BINARY.len() {
        size /= 1024.0;
        prefix += 1;
    }
    let places = usize::from(prefix > 0 && size < 99.95);
    signed(x < 0.0, &with_unit(&decimal(size, places), BINARY.get(prefix).copied().unwrap_or("B")))
}

/// A duration: `4 ms`, `0.24 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub fn seconds(x: f64) -> String {
    signed(x < 0.0, &duration(x.abs()))
}

fn duration(x: f64) -> String {
    match x {
        0.0 => with_unit("0", "s"),
        x if x < 0.001 => with_unit("<\u{202f}1", "ms"),
        x if x < 0.009_5 => with_unit(&decimal(x * 1000.0, 0), "ms"),
        x if x < 0.995 => with_unit(&decimal(x, 2), "s"),
        x if x < 59.95 => with_unit(&decimal(x, 1), "s"),
        x if x < HOUR - 0.5 => pair(x.round(), MINUTE, "min", 1.0, "s"),
        x if x < DAY - 30.0 => pair(x, HOUR, "h", MINUTE, "min"),
        x => pair(x, DAY, "d", HOUR, "h"),
    }
}

/// A duration in two units, the small one left out where it is none.
fn pair(x: f64, big: f64, big_name: &str, small: f64, small_name: &str) -> String {
    let steps = (x / small).round();
    let per = big / small;
    let (whole, rest) = ((steps / per).floor(), steps % per);
    let first = with_unit(&decimal(whole, 0), big_name);
    if rest < 0.5 { first } else { format!("{first}{GAP}{}", with_unit(&decimal(rest, 0), small_name)) }
}

/// A share of a whole, 1 being all of it: `4.2 %`. What is neither nothing nor all is written as neither.
pub fn share(x: f64) -> String {
    let figure = match x * 100.0 {
        p if p > 0.0 && p < 0.05 => "<\u{202f}0.1".to_owned(),
        p if (99.95..100.0).contains(&p) => ">\u{202f}99.9".to_owned(),
        p if is_whole(p) => decimal(p, 0),
        p => decimal(p, 1),
    };
    with_unit(&figure, "%")
}

/// A number for machines: whole where it is, else at most six digits after the point, never an exponent. Nothing
/// where it is no number.
pub fn exact(x: f64) -> Option<String> {
    if !x.is_finite() {
        return None;
    }
    let text = format!("{x:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    Some(if text == "-0" { "0".to_owned() } else { text.to_owned() })
}

fn is_whole(x: f64) -> bool {
    x.fract() == 0.0
}

fn with_unit(figure: &str, unit: &str) -> String {
    format!("{figure}{GAP}{unit}")
}

fn signed(negative: bool, figure: &str) -> String {
    if negative { format!("-{figure}") } else { figure.to_owned() }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(GAP);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figure with plain spaces, as it reads.
    fn read(figure: &str) -> String {
        figure.replace(GAP, " ")
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(read(&integer(1_234_567)), "1 234 567");
        assert_eq!(read(&integer(-1234)), "-1 234");
        assert_eq!(integer(7), "7");
        assert_eq!(read(&count(u64::MAX)), "18 446 744 073 709 551 615");
        assert_eq!(read(&decimal(-12_345.678, 1)), "-12 345.7");
        assert_eq!(decimal(-0.01, 1), "0.0");
    }

    #[test]
    fn numbers_are_as_long_as_they_need_to_be() {
        let figures = [3.0, 3.456, 345.67, 12_345.0].map(|x| read(&number(x)));
        assert_eq!(figures, ["3", "3.46", "345.7", "12 345"]);
    }

    #[test]
    fn sizes_carry_binary_prefixes() {
        let sizes = [0.0, 512.0, 1023.0, 1024.0, 1_258_291.2, 104_857_600.0, 1_048_575.0].map(|x| read(&bytes(x)));
        assert_eq!(sizes, ["0 B", "512 B", "1 023 B", "1.0 KiB", "1.2 MiB", "100 MiB", "1.0 MiB"]);
    }

    #[test]
    fn durations_take_the_units_that_people_would() {
        let lengths =
            [0.0, 0.0004, 0.004, 0.24, 4.21, 59.97, 200.0, 3599.8, 7500.0, 86_399.0, 273_600.0].map(seconds);
        let lengths = lengths.map(|length| read(&length));
        let expected = [
            "0 s",
            "< 1 ms",
            "4 ms",
            "0.24 s",
            "4.2 s",
            "1 min",
            "3 min 20 s",
            "1 h",
            "2 h 5 min",
            "1 d",
            "3 d 4 h",
        ];
        assert_eq!(lengths, expected);
        assert_eq!(read(&seconds(-90.0)), "-1 min 30 s");
    }

    #[test]
    fn shares_never_claim_all_or_nothing_falsely() {
        let shares = [0.0, 0.000_01, 0.042, 0.5, 0.999_99, 1.0].map(|x| read(&share(x)));
        assert_eq!(shares, ["0 %", "< 0.1 %", "4.2 %", "50 %", "> 99.9 %", "100 %"]);
    }

    #[test]
    fn machines_get_at_most_six_digits_and_no_exponent() {
        let numbers = [3.0, 0.1 + 0.2, 0.000_001, 1e-9, -1e-9, 1e21].map(exact);
        let expected = ["3", "0.3", "0.000001", "0", "0", "1000000000000000000000"];
        assert_eq!(numbers, expected.map(|n| Some(n.to_owned())));
        assert_eq!(exact(f64::NAN), None);
    }
}
