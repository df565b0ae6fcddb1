//! Round values for the axis of a chart.

use crate::render::show;
use crate::report::Unit;

/// About so many steps stand on an axis.
const STEPS: f64 = 4.0;

/// Steps that people count in, within a power of ten.
const ROUND: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];

/// Steps that people count time in, from ten seconds on: seconds.
const CLOCK: [f64; 14] =
    [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0];

/// An axis from 0 to a round value.
pub(super) struct Axis {
    step: f64,
    steps: u8,
    unit: Unit,
}

impl Axis {
    /// An axis that reaches `max`, in steps that are round in this unit.
    pub fn up_to(max: f64, unit: Unit) -> Self {
        let step = step(max / STEPS, unit);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is near STEPS")]
        let steps = (max / step).ceil().clamp(1.0, 10.0) as u8;
        Self { step, steps, unit }
    }

    /// Its end.
    pub fn end(&self) -> f64 {
        self.step * f64::from(self.steps)
    }

    /// Its values with their labels, from 0 on.
    pub fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        (0..=self.steps).map(|n| self.step * f64::from(n)).map(|x| (x, label(x, self.unit)))
    }

    /// The characters of its longest label.
    pub fn label_width(&self) -> usize {
        self.ticks().map(|(_, label)| label.chars().count()).max().unwrap_or(0)
    }
}

/// A value in words; round ones need no digit after the point.
fn label(x: f64, unit: Unit) -> String {
    show::figure(x, unit).replace(".0\u{202f}", "\u{202f}")
}

/// The round step that is next to `least`.
fn step(least: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Bytes => binary(least),
        Unit::Seconds if least > 5.0 => clock(least),
        Unit::Count => decimal(least).max(1.0).ceil(),
        _ => decimal(least),
    }
}

fn decimal(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    ROUND.iter().map(|round| round * power).find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * power)
}

/// A round number of the binary unit in which the step is read.
fn binary(least: f64) -> f64 {
    let mut unit = 1.0;
    while least * STEPS >= unit * 1024.0 {
        unit *= 1024.0;
    }
    decimal(least / unit) * unit
}

/// A step of a clock; above half a day, whole days.
fn clock(least: f64) -> f64 {
    const DAY: f64 = 86_400.0;
    CLOCK.iter().copied().find(|step| *step >= least).unwrap_or_else(|| decimal((least / DAY).max(1.0)) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(max: f64, unit: Unit) -> Vec<String> {
        Axis::up_to(max, unit).ticks().map(|(_, label)| crate::units::with_plain_spaces(&label)).collect()
    }

    #[test]
    fn steps_are_round_in_their_unit() {
        assert_eq!(labels(937.0, Unit::Count), ["0", "250", "500", "750", "1 000"]);
        assert_eq!(labels(2.0, Unit::Count), ["0", "1", "2"]);
        assert_eq!(labels(3_900_000.0, Unit::Bytes), ["0 B", "1 MiB", "2 MiB", "3 MiB", "4 MiB"]);
        assert_eq!(labels(400.0, Unit::Seconds), ["0 s", "2 min", "4 min", "6 min", "8 min"]);
        assert_eq!(labels(0.9, Unit::Share), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
    }

    #[test]
    fn the_axis_reaches_the_greatest_value() {
        for max in [0.001, 0.3, 1.0, 7.0, 99.0, 101.0, 1e6, 12_345_678.9] {
            for unit in [Unit::None, Unit::Count, Unit::Bytes, Unit::Seconds] {
                assert!(Axis::up_to(max, unit).end() >= max * 0.999_999, "{max} {unit:?}");
            }
        }
    }
}
