//! Horizontal bars: a name and a figure, and below them the bar.

use super::svg::{Anchor, Area, Svg};
use super::{Drawing, Picture, color};
use crate::render::{crop, show};
use crate::units;
use minijinja::Value;

/// So many rows are drawn; the rest stands in the table only.
const MOST: usize = 12;

/// The height of a row, of its bar, and the bar's distance from the row's top.
const ROW: f64 = 36.0;
const BAR: f64 = 9.0;
const BAR_TOP: f64 = 19.0;

/// The baseline of a row's text.
const BASELINE: f64 = 13.0;

/// Names are cropped to so many columns, which a phone shows.
const NAME: usize = 34;

/// Draws the first rows, the series of each stacked.
pub(super) fn draw(drawing: &Drawing) -> Picture {
    let rows = drawing.names.len().min(MOST);
    let most = (0..rows).map(|row| drawing.stack(row)).fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "there are at most MOST")]
    let mut svg =
        Svg::new(&format!("{}: a bar chart of the figures in the table", drawing.title), rows as f64 * ROW);
    let mut top = 0.0;
    for row in 0..rows {
        svg.open(&drawing.told(row));
        self::row(&mut svg, drawing, row, top, most);
        svg.close();
        top += ROW;
    }
    Picture {
        kind: "bars",
        svg: Value::from_safe_string(svg.finish()),
        keys: drawing.keys(),
        gutter: 0,
        note: (rows < drawing.names.len()).then(|| format!("the first {} rows", units::count(rows as u64))),
    }
}

fn row(svg: &mut Svg, drawing: &Drawing, row: usize, top: f64, most: f64) {
    let name = drawing.names.get(row).map(|name| crop::middle(name, NAME)).unwrap_or_default();
    svg.text("name", 0.0, top + BASELINE, Anchor::Start, &name);
    svg.text("figure", 100.0, top + BASELINE, Anchor::End, &show::figure(drawing.stack(row), drawing.unit()));
    let bar = |x: f64, width: f64| Area { x, width, y: top + BAR_TOP, height: BAR };
    svg.area("track", bar(0.0, 100.0));
    let mut x = 0.0;
    for (at, series) in drawing.series.iter().enumerate() {
        let width = if most > 0.0 { series.value(row).unwrap_or(0.0) / most * 100.0 } else { 0.0 };
        if width > 0.0 {
            svg.area(&format!("part c{}", color(at)), bar(x, width));
        }
        x += width;
    }
}
