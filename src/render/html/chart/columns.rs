//! Vertical bars along time, the series of each stacked.

use super::axis::Axis;
use super::svg::{Anchor, Area, Svg};
use super::{Drawing, Picture, color};
use crate::render::slots::Slots;
use minijinja::Value;

/// The top and the foot of what is drawn, and the baseline of the labels below it.
pub(super) const TOP: f64 = 8.0;
pub(super) const FOOT: f64 = 168.0;
const BASELINE: f64 = 186.0;

/// The height of the picture.
const HEIGHT: f64 = 192.0;

/// The share of its place that a column takes.
const FILL: f64 = 0.78;

/// Draws the rows as columns.
pub(super) fn draw(drawing: &Drawing, slots: &Slots) -> Picture {
    let most = (0..drawing.names.len()).map(|row| drawing.stack(row)).fold(0.0, f64::max);
    let axis = Axis::up_to(most, drawing.unit());
    let mut svg = Svg::new(&format!("{}: columns of the figures in the table", drawing.title), HEIGHT);
    grid(&mut svg, &axis, slots);
    for (row, place) in slots.places.iter().enumerate() {
        svg.open(&drawing.told(row));
        hover(&mut svg, slots, *place);
        column(&mut svg, drawing, row, slots.middle(*place), slots.width() * FILL, axis.end());
        svg.close();
    }
    picture("columns", drawing, &axis, svg)
}

/// The axis' lines and the labels of both axes.
pub(super) fn grid(svg: &mut Svg, axis: &Axis, slots: &Slots) {
    for (value, label) in axis.ticks() {
        let y = height_of(value, axis.end());
        svg.rule(if value > 0.0 { "grid" } else { "base" }, y);
        svg.text_before(y + 4.0, &label);
    }
    for (place, label, on_phones) in &slots.labels {
        let class = if *on_phones { "tick" } else { "tick wide" };
        svg.text(class, slots.middle(*place), BASELINE, Anchor::Middle, label);
    }
}

/// The whole height of a place, on which a pointer may rest.
pub(super) fn hover(svg: &mut Svg, slots: &Slots, place: usize) {
    let width = slots.width();
    svg.area("hover", Area { x: slots.middle(place) - width / 2.0, width, y: TOP, height: FOOT - TOP });
}

/// A picture with an axis at its left.
pub(super) fn picture(kind: &'static str, drawing: &Drawing, axis: &Axis, svg: Svg) -> Picture {
    Picture {
        kind,
        svg: Value::from_safe_string(svg.finish()),
        keys: drawing.keys(),
        gutter: axis.label_width() + 1,
        note: None,
    }
}

/// Where a value stands.
pub(super) fn height_of(value: f64, end: f64) -> f64 {
    FOOT - (FOOT - TOP) * value / end
}

fn column(svg: &mut Svg, drawing: &Drawing, row: usize, middle: f64, width: f64, end: f64) {
    let mut below = 0.0;
    for (at, series) in drawing.series.iter().enumerate() {
        let value = series.value(row).unwrap_or(0.0);
        if value > 0.0 {
            let (y, foot) = (height_of(below + value, end), height_of(below, end));
            let class = format!("part c{}", color(at));
            svg.area(&class, Area { x: middle - width / 2.0, width, y, height: foot - y });
        }
        below += value;
    }
}
