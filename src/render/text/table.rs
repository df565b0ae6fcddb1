//! A section as an aligned table that fits the page.
//!
//! Numbers are never cut; the columns of text give way, the widest first: words that two lines hold are wrapped, other
//! texts lose their middle. Where the numbers alone are too wide, each row becomes a few lines of `heading: value`.

use super::page::{Page, Style, wrapped};
use crate::render::crop::middle;
use crate::render::show::Manner;
use crate::report::{Cell, ChartKind, Column, Period, Section, State};
use unicode_width::UnicodeWidthStr;

/// The space between two columns.
const GAP: usize = 2;

/// A column of text is never narrower.
const NARROWEST: usize = 8;

/// A text is wrapped into no more lines, so that a table stays one; what goes on is indented, so that it is no row.
const MOST_LINES: usize = 2;
const INDENT: usize = 2;

/// The room that bars take, at least and at most.
const BARS: std::ops::RangeInclusive<usize> = 10..=24;

/// Writes a section's table.
pub(super) fn write(page: &mut Page, section: &Section, period: &Period) {
    let cells = written(section, period);
    match widths(section, &cells, page.width()) {
        Some(widths) => rows(page, section, &cells, &widths),
        None => records(page, section, &cells),
    }
}

/// Every cell in words. A very long text is cropped to what a page can show at all.
fn written(section: &Section, period: &Period) -> Vec<Vec<String>> {
    let manners: Vec<Manner> = (0..section.columns.len()).map(|at| Manner::of(section, at, period)).collect();
    let write = |(cell, manner): (&Cell, &Manner)| match cell {
        Cell::Text(text) => middle(text.raw(), 400),
        cell => manner.write(cell),
    };
    section.rows.iter().map(|row| row.iter().zip(&manners).map(write).collect()).collect()
}

/// The columns' widths, if they can be made to fit.
fn widths(section: &Section, cells: &[Vec<String>], page: usize) -> Option<Vec<usize>> {
    let room = page.checked_sub(GAP * section.columns.len().saturating_sub(1))?;
    let mut widths: Vec<usize> =
        section.columns.iter().enumerate().map(|(at, column)| natural(column, at, cells)).collect();
    while widths.iter().sum::<usize>() > room {
        let (at, _) = widths
            .iter()
            .enumerate()
            .filter(|(at, width)| **width > NARROWEST && is_text(section.columns.get(*at)))
            .max_by_key(|(at, width)| (**width, usize::MAX - at))?;
        *widths.get_mut(at)? -= 1;
    }
    Some(widths)
}

/// A column is as wide as its widest cell and the longest word of its heading.
fn natural(column: &Column, at: usize, cells: &[Vec<String>]) -> usize {
    let cells = cells.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
    let words = column.title.split_ascii_whitespace().map(UnicodeWidthStr::width);
    cells.chain(words).max().unwrap_or(0)
}

fn is_text(column: Option<&Column>) -> bool {
    column.is_some_and(|column| column.kind == crate::report::Kind::Text)
}

fn rows(page: &mut Page, section: &Section, cells: &[Vec<String>], widths: &[usize]) {
    heading(page, section, widths);
    let bars = Bars::of(section, widths, page.width());
    for (row, values) in section.rows.iter().zip(cells) {
        let texts: Vec<Vec<String>> =
            values.iter().zip(widths).map(|(value, width)| lines(value, *width)).collect();
        for level in 0..texts.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::new();
            for ((at, text), width) in texts.iter().enumerate().zip(widths) {
                let value = text.get(level).map_or("", String::as_str);
                line.push_str(&padded(page, section.columns.get(at), *width, value, style(row.get(at))));
                line.push_str(&" ".repeat(GAP));
            }
            if let Some(bars) = bars.as_ref().filter(|_| level == 0) {
                line.push_str(&bars.draw(row));
            }
            page.line(&line);
        }
    }
}

/// A cell's lines: words are wrapped where a few lines hold all of them, else the middle is left out.
fn lines(value: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(INDENT);
    let is_words = value.width() > width && value.split_ascii_whitespace().all(|word| word.width() <= room);
    let lines = if is_words { wrapped(value, room) } else { Vec::new() };
    if !(1..=MOST_LINES).contains(&lines.len()) {
        return vec![middle(value, width)];
    }
    let indent = |(at, line)| if at == 0 { line } else { format!("{:INDENT$}{line}", "") };
    lines.into_iter().enumerate().map(indent).collect()
}

/// The columns' titles, wrapped into as many lines as the longest needs, the last line next to the rows.
fn heading(page: &mut Page, section: &Section, widths: &[usize]) {
    let titles: Vec<Vec<String>> =
        section.columns.iter().zip(widths).map(|(column, width)| wrapped(&column.title, *width)).collect();
    let height = titles.iter().map(Vec::len).max().unwrap_or(0);
    for level in 0..height {
        let mut line = String::new();
        for ((column, width), title) in section.columns.iter().zip(widths).zip(&titles) {
            let part = (level + title.len()).checked_sub(height).and_then(|at| title.get(at));
            let part = part.map(String::as_str).unwrap_or_default();
            line.push_str(&padded(page, Some(column), *width, part, Style::Faint));
            line.push_str(&" ".repeat(GAP));
        }
        page.line(&line);
    }
}

/// A value in its column: numbers to the right, the rest to the left.
fn padded(page: &Page, column: Option<&Column>, width: usize, value: &str, style: Style) -> String {
    let value = middle(value, width);
    let space = " ".repeat(width.saturating_sub(value.width()));
    let value = if value.is_empty() { value } else { page.styled(style, &value) };
    if column.is_some_and(|column| column.kind.is_number()) { space + &value } else { value + &space }
}

fn style(cell: Option<&Cell>) -> Style {
    match cell {
        Some(Cell::State(state)) if *state != State::Ok => Style::State(*state),
        Some(Cell::Null) => Style::Faint,
        _ => Style::Plain,
    }
}

/// Each row as lines of `heading: value`, for tables that are too wide.
fn records(page: &mut Page, section: &Section, cells: &[Vec<String>]) {
    for (number, row) in cells.iter().enumerate() {
        if number > 0 {
            page.blank();
        }
        for (column, value) in section.columns.iter().zip(row) {
            let title = middle(&column.title, page.width() / 2);
            let value = middle(value, page.width().saturating_sub(title.width() + 2));
            page.line(&format!("{title}: {value}"));
        }
    }
}

/// Bars at the right of a table, each as long as its row's figures together.
struct Bars<'a> {
    series: &'a [usize],
    most: f64,
    room: usize,
}

impl<'a> Bars<'a> {
    /// The bars of a section whose chart has some, if there is room for them.
    fn of(section: &'a Section, widths: &[usize], page: usize) -> Option<Self> {
        let chart = section.chart.as_ref().filter(|c| matches!(c.kind, ChartKind::Bars | ChartKind::Columns))?;
        let used: usize = widths.iter().map(|width| width + GAP).sum();
        let room = page.saturating_sub(used).min(*BARS.end());
        let most = section.rows.iter().map(|row| total(row, &chart.series)).fold(0.0, f64::max);
        (BARS.contains(&room) && most > 0.0).then_some(Self { series: &chart.series, most, room })
    }

    /// The bar of a row, to the half of a column.
    fn draw(&self, row: &[Cell]) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a page is not that wide")]
        let halves = total(row, self.series) / self.most * (2 * self.room) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the page")]
        let halves = halves.round() as usize;
        "█".repeat(halves / 2) + if halves % 2 == 1 { "▌" } else { "" }
    }
}

/// The length of a row's bar.
fn total(row: &[Cell], series: &[usize]) -> f64 {
    series.iter().filter_map(|at| row.get(*at)?.number()).filter(|x| *x > 0.0).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_where_two_lines_hold_them_and_names_lose_their_middle() {
        let figure = "Failed logins: refused without encryption";
        assert_eq!(lines(figure, 24), ["Failed logins: refused", "  without encryption"]);
        assert_eq!(lines(figure, 60), [figure]);
        assert_eq!(lines(figure, 16), ["Failed l…ryption"]);
        assert_eq!(lines("mx.grey-remote.example", 11), ["mx.gr…ample"]);
    }
}
