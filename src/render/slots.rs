//! The places of rows along a chart: in time where they are times, so that a gap in time is a gap in the picture.

use crate::report::{Cell, Chart, Section};
use crate::time::{DAY, HOUR, Zone};

/// About so many labels stand along a chart; every other one is left out on a phone.
const LABELS: usize = 8;

/// About so many characters stand side by side along a chart.
const ROOM: usize = 80;

/// No chart has more places; rows in more times than that stand side by side.
const MOST: usize = 2_000;

const MINUTE: i64 = HOUR / 60;

/// Steps between labels that people expect.
const STRIDES: [i64; 16] = [
    MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
];

/// The places of the rows.
pub(super) struct Slots {
    /// How many places there are.
    pub count: usize,
    /// The place of each row.
    pub places: Vec<usize>,
    /// Labels: place, text, whether a phone shows it.
    pub labels: Vec<(usize, String, bool)>,
}

impl Slots {
    /// The places of a section's rows.
    pub fn of(section: &Section, chart: &Chart, zone: &Zone, names: &[String]) -> Self {
        let time = |row: &Vec<Cell>| match row.get(chart.label) {
            Some(Cell::Time(micros)) => Some(*micros),
            _ => None,
        };
        let times: Option<Vec<i64>> = section.rows.iter().map(time).collect();
        times.and_then(|times| in_time(&times, zone)).unwrap_or_else(|| side_by_side(names))
    }

    /// The middle of a place, in percent.
    #[expect(clippy::cast_precision_loss, reason = "there are few places")]
    pub fn middle(&self, place: usize) -> f64 {
        (place as f64 + 0.5) * self.width()
    }

    /// The width of a place, in percent.
    #[expect(clippy::cast_precision_loss, reason = "there are few places")]
    pub fn width(&self) -> f64 {
        100.0 / self.count.max(1) as f64
    }
}

/// Places in time; nothing where the times do not rise or are too many.
fn in_time(times: &[i64], zone: &Zone) -> Option<Slots> {
    let scale = Scale::of(times, zone)?;
    let count = scale.place(*times.last()?)? + 1;
    let places: Vec<usize> = times.iter().map(|time| scale.place(*time)).collect::<Option<_>>()?;
    (count <= MOST).then(|| Slots { count, places, labels: scale.labels(count) })
}

/// Places along time that are equally far apart.
struct Scale<'z> {
    first: i64,
    /// From one place to the next; of days in days of 24 hours.
    step: i64,
    /// Whether each place is a day, or several: these are not all equally long.
    days: bool,
    zone: &'z Zone,
}

impl<'z> Scale<'z> {
    /// Hours where all times begin one, days likewise, else the greatest step that leads to each of the times, which must rise.
    fn of(times: &[i64], zone: &'z Zone) -> Option<Self> {
        let rise = |pair: &[i64]| pair[1].checked_sub(pair[0]).filter(|step| *step > 0);
        let steps: Vec<i64> = times.windows(2).map(rise).collect::<Option<_>>()?;
        let all = |start: fn(&Zone, i64) -> i64| times.iter().all(|time| start(zone, *time) == *time);
        let common = |steps: &mut dyn Iterator<Item = i64>| steps.reduce(common_divisor);
        let days = all(Zone::day_start);
        let step = match (days, all(Zone::hour_start)) {
            (true, _) => common(&mut steps.iter().map(|step| (step + DAY / 2) / DAY)).map(|step| step * DAY),
            (_, true) => steps.first().map(|_| HOUR),
            _ => common(&mut steps.iter().copied()),
        };
        Some(Self { first: *times.first()?, step: step?, days, zone })
    }

    fn place(&self, time: i64) -> Option<usize> {
        usize::try_from((time - self.first + self.step / 2) / self.step).ok()
    }

    /// When a place begins.
    fn time(&self, place: usize) -> i64 {
        let time = self.first + i64::try_from(place).unwrap_or(0) * self.step;
        if self.days { self.zone.day_start(time + DAY / 2) } else { time }
    }

    fn labels(&self, count: usize) -> Vec<(usize, String, bool)> {
        let (zone, step) = (self.zone, self.step);
        let span = i64::try_from(count).unwrap_or(0) * step;
        let wanted = span / i64::try_from(LABELS).unwrap_or(1);
        let stride = STRIDES.into_iter().find(|stride| *stride >= wanted && *stride >= step).unwrap_or(span);
        let origin = if stride > DAY { zone.civil(self.first).div_euclid(DAY) * DAY } else { 0 };
        let is_labelled = |place: &usize| {
            let into = (zone.civil(self.time(*place)) - origin).rem_euclid(stride);
            into < step && into < stride
        };
        let pattern = if stride < DAY && span <= 2 * DAY { "%H:%M" } else { "%-d %b" };
        let labels = (0..count).filter(is_labelled).enumerate();
        labels.map(|(nth, place)| (place, zone.format(self.time(place), pattern), nth % 2 == 0)).collect()
    }
}

fn common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// A place for each row, labelled by its name.
fn side_by_side(names: &[String]) -> Slots {
    let stride = names.len().div_ceil(2 * LABELS).max(1);
    let room = (ROOM * stride / names.len().max(1)).clamp(10, ROOM / 2);
    let label = |(place, name): (usize, &String)| {
        (place, crate::render::crop::end(name, room), (place / stride).is_multiple_of(2))
    };
    Slots {
        count: names.len(),
        places: (0..names.len()).collect(),
        labels: names.iter().enumerate().step_by(stride).map(label).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: i64 = 1_795_392_000_000_000;

    fn labels(slots: &Slots) -> Vec<&str> {
        slots.labels.iter().map(|(_, label, _)| label.as_str()).collect()
    }

    #[test]
    fn a_gap_in_time_is_a_gap_in_the_picture() {
        let times = [0, 1, 2, 5, 6].map(|hour| MIDNIGHT + hour * HOUR);
        let slots = in_time(&times, &Zone::utc()).expect("they rise");
        assert_eq!((slots.count, slots.places), (7, vec![0, 1, 2, 5, 6]));
    }

    #[test]
    fn each_hour_has_its_own_place_however_few_there_are() {
        let times = [6, 7, 8, 11, 14, 17, 20].map(|hour| MIDNIGHT + hour * HOUR);
        let slots = in_time(&times, &Zone::utc()).expect("they rise");
        assert_eq!((slots.count, slots.places.as_slice()), (15, &[0, 1, 2, 5, 8, 11, 14][..]));
        assert_eq!(labels(&slots), ["06:00", "08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00"]);
        let quarters = [0, 3, 9].map(|quarter| MIDNIGHT + quarter * 15 * MINUTE);
        assert_eq!(in_time(&quarters, &Zone::utc()).map(|slots| slots.places), Some(vec![0, 1, 3]));
        assert!(in_time(&[MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + DAY], &Zone::utc()).is_none(), "too many places");
    }

    #[test]
    fn a_label_that_has_room_is_not_cut() {
        let slots = |number: usize| side_by_side(&vec!["2026-11-24 12:00".to_owned(); number]);
        assert_eq!(labels(&slots(1)), ["2026-11-24 12:00"]);
        assert_eq!(labels(&slots(3)), ["2026-11-24 12:00"; 3]);
        assert!(labels(&slots(12)).iter().all(|label| label.chars().count() == 10));
    }

    #[test]
    fn labels_stand_at_round_times_of_the_zone() {
        let day: Vec<i64> = (0..24).map(|hour| MIDNIGHT + hour * HOUR).collect();
        let slots = in_time(&day, &Zone::utc()).expect("they rise");
        assert_eq!(labels(&slots), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
        let berlin = Zone::named("Europe/Berlin").expect("the zone is known");
        let slots = in_time(&day, &berlin).expect("they rise");
        assert_eq!(labels(&slots).first(), Some(&"03:00"));
    }

    #[test]
    fn days_stay_in_place_over_a_change_of_the_clock() {
        let berlin = Zone::named("Europe/Berlin").expect("the zone is known");
        let days: Vec<i64> = (-30..30).map(|day| berlin.day_start(1_792_900_000_000_000 + day * DAY)).collect();
        let slots = in_time(&days, &berlin).expect("they rise");
        assert_eq!(slots.places, (0..60).collect::<Vec<_>>());
        assert!(labels(&slots).contains(&"6 Nov"), "{:?}", labels(&slots));
    }
}
