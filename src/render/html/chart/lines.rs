//! Lines along time. Where a value is not known, the line is broken.

use super::axis::Axis;
use super::columns::{grid, height_of, hover, picture};
use super::svg::{Svg, number};
use super::{Drawing, Picture, Series, color};
use crate::render::slots::Slots;

/// The height of the picture.
const HEIGHT: f64 = 192.0;

/// The points of a line are marked where there are at most so many.
const MOST_DOTS: usize = 62;

/// Draws the series as lines.
pub(super) fn draw(drawing: &Drawing, slots: &Slots) -> Picture {
    let values = drawing.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let axis = Axis::up_to(values.fold(0.0, f64::max), drawing.unit());
    let mut svg = Svg::new(&format!("{}: lines of the figures in the table", drawing.title), HEIGHT);
    grid(&mut svg, &axis, slots);
    let path = |(at, series): (usize, &Series)| (format!("line l{}", color(at)), path(series, slots, axis.end()));
    let paths: Vec<_> = drawing.series.iter().enumerate().map(path).collect();
    svg.stretched(HEIGHT, &paths);
    for (row, place) in slots.places.iter().enumerate() {
        svg.open(&drawing.told(row));
        hover(&mut svg, slots, *place);
        if slots.count <= MOST_DOTS {
            dots(&mut svg, drawing, row, slots.middle(*place), axis.end());
        }
        svg.close();
    }
    picture("lines", drawing, &axis, svg)
}

/// The line of a series; it begins anew after a gap.
fn path(series: &Series, slots: &Slots, end: f64) -> String {
    let mut path = String::new();
    let mut before = None;
    for (row, place) in slots.places.iter().enumerate() {
        let Some(value) = series.value(row) else {
            before = None;
            continue;
        };
        let goes_on = before.is_some_and(|before: usize| before + 1 == *place);
        path.push(if goes_on { 'L' } else { 'M' });
        path.push_str(&number(slots.middle(*place) * 10.0));
        path.push(' ');
        path.push_str(&number(height_of(value, end)));
        before = Some(*place);
    }
    path
}

fn dots(svg: &mut Svg, drawing: &Drawing, row: usize, x: f64, end: f64) {
    for (at, series) in drawing.series.iter().enumerate() {
        if let Some(value) = series.value(row) {
            svg.dot(&format!("c{}", color(at)), x, height_of(value, end));
        }
    }
}
