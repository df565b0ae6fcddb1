//! What figures were at earlier times, and what is usual.

/// A figure at earlier times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Past {
    /// In the same span of the day before; nothing where that is not known, or the period is longer than a day.
    pub day_before: Option<f64>,
    /// In the same span a week earlier.
    pub week_before: Option<f64>,
    /// What is usual in such a span.
    pub usual: Option<Usual>,
}

/// What is usual: a centre and a spread that single strange days do not move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// The median, by nearest rank: a value that occurred.
    pub value: f64,
    /// The median of the distances from it.
    pub spread: f64,
    /// How many earlier spans it is made of.
    pub spans: usize,
}

impl Usual {
    /// Fewer earlier spans than these tell nothing.
    pub const LEAST: usize = 3;

    /// What is usual where these values occurred; nothing where they are too few.
    pub fn of(values: &[f64]) -> Option<Self> {
        let spans = values.len();
        let value = median(values.to_vec()).filter(|_| spans >= Self::LEAST)?;
        let spread = median(values.iter().map(|other| (other - value).abs()).collect())?;
        Some(Self { value, spread, spans })
    }
}

/// The median by nearest rank: of two in the middle the smaller one.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().div_ceil(2).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usual(values: &[f64]) -> Option<(f64, f64)> {
        Usual::of(values).map(|usual| (usual.value, usual.spread))
    }

    #[test]
    fn usual_is_what_occurred_and_strange_days_do_not_move_it() {
        assert_eq!(usual(&[3.0, 1.0, 2.0]), Some((2.0, 1.0)));
        assert_eq!(usual(&[10.0, 11.0, 12.0, 9000.0]), Some((11.0, 1.0)));
        assert_eq!(usual(&[0.0, 0.0, 5.0]), Some((0.0, 0.0)));
        assert_eq!((usual(&[1.0, 2.0]), usual(&[])), (None, None));
    }

    proptest! {
        #[test]
        fn the_order_of_the_days_changes_nothing(mut values in prop::collection::vec(0_u32..1000, 3..9)) {
            let of = |values: &[u32]| Usual::of(&values.iter().map(|n| f64::from(*n)).collect::<Vec<_>>());
            let before = of(&values);
            values.reverse();
            prop_assert_eq!(before, of(&values));
        }
    }
}
