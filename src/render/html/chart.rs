//! Charts as inline SVG.
//!
//! Lengths along the page are percentages and heights are pixels, so that a chart fits a phone, a screen and a sheet of
//! paper with its text at one size. Colours are the page's, by class. The figures stand in the table beside it.

use crate::render::show::{self, Manner};
use crate::render::slots::Slots;
use crate::report::{Cell, Chart, ChartKind, Period, Section, Unit};
use minijinja::Value;
use serde::Serialize;

mod axis;
mod bars;
mod columns;
mod lines;
mod share;
mod svg;

pub(super) use share::share;

/// The colours that the page has; further series begin anew.
const COLORS: usize = 8;

/// A chart, ready to stand in the page.
#[derive(Serialize)]
pub(super) struct Picture {
    kind: &'static str,
    svg: Value,
    keys: Vec<Key>,
    /// The characters that the labels at its left take.
    gutter: usize,
    note: Option<String>,
}

/// An entry of the legend.
#[derive(Serialize)]
struct Key {
    color: usize,
    title: String,
    figure: String,
}

impl Picture {
    /// Whether it reads well at half the page's width.
    pub fn is_narrow(&self) -> bool {
        self.kind == "bars"
    }

    /// Whether it shows all that its table does, so that the table need not stand open.
    pub fn tells_all(&self) -> bool {
        matches!(self.kind, "columns" | "lines")
    }
}

/// A column that is drawn.
struct Series<'a> {
    title: &'a str,
    unit: Unit,
    /// Its values by row; nothing where not known. Nothing is drawn below 0.
    values: Vec<Option<f64>>,
}

impl Series<'_> {
    fn value(&self, row: usize) -> Option<f64> {
        self.values.get(row).copied().flatten()
    }

    /// A value in words.
    fn figure(&self, row: usize) -> String {
        show::figure_or_absent(self.value(row), self.unit)
    }
}

/// What is drawn: the names of the rows and the series.
struct Drawing<'a> {
    title: &'a str,
    names: Vec<String>,
    series: Vec<Series<'a>>,
}

impl<'a> Drawing<'a> {
    fn of(section: &'a Section, chart: &Chart, period: &Period) -> Self {
        let manner = Manner::of(section, chart.label, period);
        let name = |row: &Vec<Cell>| row.get(chart.label).map_or_else(String::new, |cell| name(cell, &manner));
        Self {
            title: &section.title,
            names: section.rows.iter().map(name).collect(),
            series: chart.series.iter().filter_map(|at| series(section, *at)).collect(),
        }
    }

    /// The figures of a row, each with its series' name.
    fn told(&self, row: usize) -> String {
        let figures = self.series.iter().map(|s| format!("{}: {}", s.title, s.figure(row))).collect::<Vec<_>>();
        format!("{}\n{}", self.names.get(row).map(String::as_str).unwrap_or_default(), figures.join("\n"))
    }

    /// The sum of a row's figures: the length of its stack.
    fn stack(&self, row: usize) -> f64 {
        self.series.iter().filter_map(|series| series.value(row)).sum()
    }

    fn unit(&self) -> Unit {
        self.series.first().map(|series| series.unit).unwrap_or_default()
    }

    fn keys(&self) -> Vec<Key> {
        let key = |(at, series): (usize, &Series)| Key {
            color: color(at),
            title: series.title.to_owned(),
            figure: String::new(),
        };
        self.series.iter().enumerate().map(key).collect()
    }
}

fn name(cell: &Cell, manner: &Manner) -> String {
    match cell {
        Cell::Text(text) => crate::render::crop::middle(text.raw(), 200),
        cell => manner.write(cell),
    }
}

fn series(section: &Section, at: usize) -> Option<Series<'_>> {
    let column = section.columns.get(at)?;
    let value = |row: &Vec<Cell>| row.get(at)?.number().filter(|x| x.is_finite()).map(|x| x.max(0.0));
    Some(Series { title: &column.title, unit: column.unit, values: section.rows.iter().map(value).collect() })
}

/// The class of the colour of series `at`.
fn color(at: usize) -> usize {
    at % COLORS + 1
}

/// Draws a section's chart; nothing where there is nothing to draw.
pub(super) fn draw(section: &Section, chart: &Chart, period: &Period) -> Option<Picture> {
    let drawing = Drawing::of(section, chart, period);
    let is_blank = drawing.series.iter().all(|series| series.values.iter().all(|x| x.is_none_or(|x| x <= 0.0)));
    if is_blank {
        return None;
    }
    match chart.kind {
        ChartKind::Bars => Some(bars::draw(&drawing)),
        ChartKind::Columns => {
            Some(columns::draw(&drawing, &Slots::of(section, chart, &period.zone, &drawing.names)))
        }
        ChartKind::Lines => Some(lines::draw(&drawing, &Slots::of(section, chart, &period.zone, &drawing.names))),
        ChartKind::Share => share::draw(&drawing),
    }
}

#[cfg(test)]
mod tests;
