//! Sections as the page shows them.

use super::chart::{self, Picture};
use super::finding::more;
use crate::render::crop;
use crate::render::parts::{self, Mark};
use crate::render::show::Manner;
use crate::report::{Cell, Column, Kind, Period, Section};
use crate::time::Zone;
use crate::units;
use serde::Serialize;

/// How many characters of a cell are shown.
const MOST: usize = 300;

/// A table with more columns stands below its chart instead of beside it.
const MOST_BESIDE: usize = 4;

/// A column whose texts have no more characters than that is not broken into lines.
const SHORT: usize = 28;

/// A table with more rows gets a box of its own to scroll in, and a filter.
const LONG: usize = 24;

/// A section.
#[derive(Serialize)]
pub(super) struct SectionView {
    name: String,
    title: String,
    help: String,
    empty: String,
    note: Option<String>,
    chart: Option<Picture>,
    beside: bool,
    long: bool,
    /// What to click on for a table that is not open, since its chart shows the same.
    folded: Option<String>,
    columns: Vec<Head>,
    rows: Vec<Vec<CellView>>,
}

#[derive(Serialize)]
struct Head {
    title: String,
    class: String,
}

impl Head {
    fn of(class: &str, column: &Column) -> Self {
        Self { title: column.title.clone(), class: class.to_owned() }
    }
}

/// A cell: its text in plain words, and what a program can sort by.
#[derive(Serialize, Default)]
struct CellView {
    class: String,
    text: String,
    sort: Option<String>,
    time: Option<String>,
    mark: Option<Mark>,
    is_name: bool,
    more: Option<String>,
}

impl SectionView {
    /// A section as the templates show it.
    pub fn of(section: &Section, period: &Period) -> Self {
        let columns: Vec<&str> = (0..section.columns.len()).map(|at| class(section, at)).collect();
        let long = section.rows.len() > LONG;
        let chart = section.chart.as_ref().and_then(|chart| chart::draw(section, chart, period));
        Self {
            name: section.name.clone(),
            title: section.title.clone(),
            help: section.help.clone(),
            empty: section.empty.clone(),
            note: parts::truncated(section),
            beside: section.columns.len() <= MOST_BESIDE && chart.as_ref().is_some_and(Picture::is_narrow),
            folded: chart.as_ref().filter(|chart| long && chart.tells_all()).map(|_| folded(section)),
            chart,
            long,
            columns: columns.iter().zip(&section.columns).map(|(class, c)| Head::of(class, c)).collect(),
            rows: rows(section, &columns, period),
        }
    }
}

fn folded(section: &Section) -> String {
    format!("The figures in a table of {}", parts::plural(section.rows.len() as u64, "row", "rows"))
}

fn rows(section: &Section, columns: &[&str], period: &Period) -> Vec<Vec<CellView>> {
    let manners: Vec<Manner> = (0..section.columns.len()).map(|at| Manner::of(section, at, period)).collect();
    let row = |row: &Vec<Cell>| {
        let cells = row.iter().zip(&manners).zip(columns);
        cells.map(|((cell, manner), class)| CellView::of(cell, manner, class, &period.zone)).collect()
    };
    section.rows.iter().map(row).collect()
}

impl CellView {
    fn of(cell: &Cell, manner: &Manner, class: &str, zone: &Zone) -> Self {
        let class = class.to_owned();
        match cell {
            Cell::Text(text) => {
                let crop::Excerpt { shown, rest } = crop::excerpt(text, MOST);
                Self { class, text: shown, is_name: true, more: more(rest), ..Self::default() }
            }
            Cell::Time(micros) => {
                let time = Some(zone.rfc3339(*micros));
                Self { class, text: manner.write(cell), sort: Some(micros.to_string()), time, ..Self::default() }
            }
            Cell::State(state) => {
                let sort = Some((*state as u8).to_string());
                Self { class, sort, mark: Some(Mark::of(*state)), ..Self::default() }
            }
            Cell::Null => Self { class: class + " absent", text: manner.write(cell), ..Self::default() },
            cell => Self { class, text: manner.write(cell), sort: sort(cell), ..Self::default() },
        }
    }
}

/// What a figure is sorted by, since `1.2 MiB` and `30 s` do not sort as text.
fn sort(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Integer(n) => Some(n.to_string()),
        cell => cell.number().and_then(units::exact),
    }
}

/// The class of a column: how its cells are aligned and whether they may be broken into lines.
fn class(section: &Section, at: usize) -> &'static str {
    match section.columns.get(at).map(|column| column.kind) {
        Some(Kind::Integer | Kind::Number) => "n",
        Some(Kind::Text) if section.rows.iter().any(|row| row.get(at).is_some_and(is_long)) => "w",
        _ => "k",
    }
}

fn is_long(cell: &Cell) -> bool {
    matches!(cell, Cell::Text(text) if text.raw().chars().nth(SHORT).is_some())
}
