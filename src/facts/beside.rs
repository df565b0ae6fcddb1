//! The tables beside the facts that can be asked too: what a run tells of the lines, and of earlier times.

use super::schema::{ColumnDef, ColumnKind, Holds, TABLES, TableDef};

/// All tables that can be asked: the facts, the account of the lines, what is usual.
pub fn tables() -> impl Iterator<Item = &'static TableDef> + Clone {
    TABLES.iter().chain([&COVERAGE, &USUAL])
}

/// The account of the lines as a table.
pub const COVERAGE: TableDef = TableDef {
    name: "coverage",
    about: "The account of the lines of one source.",
    columns: &[
        column("source", ColumnKind::Integer, "The source's number, as the facts' `source` names it."),
        column("path", ColumnKind::Text, "Its name, as you gave it."),
        column("lines", ColumnKind::Integer, "Lines read; the sum of the next five."),
        column("matched", ColumnKind::Integer, "Lines that a pattern of a grammar took."),
        column("ignored", ColumnKind::Integer, "Lines that a named ignore rule took."),
        column("unmatched", ColumnKind::Integer, "Lines of a known form that nothing took."),
        column(
            "damaged",
            ColumnKind::Integer,
            "Lines without a header that is known: cut, empty, binary, longer than 16 MiB.",
        ),
        column("duplicate", ColumnKind::Integer, "Lines of a source that another source holds too."),
        column(
            "repeats",
            ColumnKind::Text,
            "Another source that holds a part of its lines too, told by a sample; these count twice.",
        ),
        column("repeated_lines", ColumnKind::Integer, "About how many these are."),
        column("first_time", ColumnKind::Time, "The earliest time in it."),
        column("last_time", ColumnKind::Time, "The latest."),
        column("offset", ColumnKind::Integer, "0: no line says it."),
    ],
};

/// What is usual, as a table.
pub const USUAL: TableDef = TableDef {
    name: "usual",
    about: "One figure of a report's period with what it was at earlier times; empty where nothing is known of these.",
    columns: &[
        column(
            "metric",
            ColumnKind::Text,
            "The metric; of what is watched for silence and newcomers `host`, `program`, `relay`, `service`, `transport`, and `host-hours`, `service-hours`, `transport-hours`.",
        ),
        column(
            "label",
            ColumnKind::Text,
            "The values of its labels, in the order of their names, with commas between them.",
        ),
        column("host", ColumnKind::Text, "The host among them, if there is one."),
        column("hour", ColumnKind::Time, "When the hour began, of figures of hours."),
        column("until_time", ColumnKind::Time, "When that hour ended, or the period."),
        column("value", ColumnKind::Number, "The figure in the period."),
        column("day_before", ColumnKind::Number, "The figure in the same span of the day before."),
        column("week_before", ColumnKind::Number, "The figure in the same span of the week before."),
        column("usual", ColumnKind::Number, "The median of the same span of earlier weeks."),
        column("spread", ColumnKind::Number, "The median of their distances from it."),
        column(
            "spans",
            ColumnKind::Integer,
            "How many earlier weeks these are made of; 0 where they are fewer than three.",
        ),
        column("offset", ColumnKind::Integer, "0: no line says it."),
    ],
};

const fn column(name: &'static str, kind: ColumnKind, about: &'static str) -> ColumnDef {
    ColumnDef { name, kind, holds: Holds::Word, about }
}
