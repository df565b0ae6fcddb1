//! CSV for spreadsheets and scripts (RFC 4180): one file a section, and the figures, the findings and the account of
//! the lines beside them.
//!
//! Text is guarded, so that no cell is read as a formula; numbers are left alone, since a negative one is no formula.

use super::{Options, Rendered, parts};
use crate::error::{Error, Exit, Result};
use crate::report::{Cell, Evidence, Period, Report, Section};
use crate::text::{self, Text};
use crate::time::Zone;
use crate::units;
use ::csv::{Terminator, WriterBuilder};

/// Formats a report for spreadsheets.
pub(super) fn render(report: &Report, options: &Options<'_>) -> Result<Rendered> {
    match options.section {
        Some(name) => Ok(Rendered::One(table(report, name)?.bytes()?)),
        None => tables(report)
            .map(|(name, table)| Ok((format!("{name}.csv"), table.bytes()?)))
            .collect::<Result<_>>()
            .map(Rendered::Folder),
    }
}

/// Makes a table of a report.
type Make = fn(&Report) -> Table;

/// The tables that every report has, beside its sections.
const COMMON: [(&str, Make); 5] = [
    ("measurements", measurements),
    ("findings", findings),
    ("coverage", coverage),
    ("unmatched", unmatched),
    ("report", about),
];

/// The names of these.
pub(super) fn common() -> impl Iterator<Item = &'static str> {
    COMMON.iter().map(|(name, _)| *name)
}

/// Every table by name.
fn tables(report: &Report) -> impl Iterator<Item = (&str, Table)> {
    let shown = report.sections.iter().filter(|section| section.is_shown());
    let sections = shown.map(|s| (s.name.as_str(), section(s, &report.period.zone)));
    sections.chain(COMMON.iter().map(|(name, make)| (*name, make(report))))
}

fn table(report: &Report, name: &str) -> Result<Table> {
    if let Some(found) = report.sections.iter().find(|section| section.name == name) {
        return Ok(section(found, &report.period.zone));
    }
    let names = report.sections.iter().map(|s| s.name.as_str()).chain(COMMON.iter().map(|(name, _)| *name));
    let common = COMMON.iter().find(|(common, _)| *common == name);
    common.map(|(_, make)| make(report)).ok_or_else(|| parts::unknown_section(name, names))
}

/// Cells that are ready to be written: text is guarded already.
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Self {
        Self { head: head.iter().map(|name| (*name).to_owned()).collect(), rows: rows.collect() }
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        if self.head.is_empty() {
            return Ok(Vec::new());
        }
        records([&self.head].into_iter().chain(&self.rows))
    }
}

/// Records of cells that are guarded already.
pub(crate) fn records<C: AsRef<[u8]>>(
    records: impl Iterator<Item = impl IntoIterator<Item = C>>,
) -> Result<Vec<u8>> {
    let failed = |e: ::csv::Error| Error::new(Exit::Internal, "a table does not fit into CSV").why(e);
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for record in records {
        writer.write_record(record).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| failed(e.into_error().into()))
}

fn section(section: &Section, zone: &Zone) -> Table {
    let head: Vec<&str> = section.columns.iter().map(|column| column.name.as_str()).collect();
    Table::new(&head, section.rows.iter().map(|row| row.iter().map(|cell| value(cell, zone)).collect()))
}

fn value(cell: &Cell, zone: &Zone) -> String {
    plain(cell, zone, guarded)
}

/// A cell as plain text, encoded by `text` where it comes from a log.
pub(crate) fn plain(cell: &Cell, zone: &Zone, text: impl Fn(&Text) -> String) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(raw) => text(raw),
        Cell::Integer(n) => n.to_string(),
        Cell::Number(n) => number(Some(*n)),
        Cell::Time(micros) => zone.rfc3339(*micros),
        Cell::State(state) => state.word().to_owned(),
        Cell::Flag(flag) => flag.to_string(),
    }
}

fn measurements(report: &Report) -> Table {
    let rows = report.measurements.iter().map(|m| {
        let (unit, state) = (m.unit.word().to_owned(), m.state.word().to_owned());
        let past = m.past.unwrap_or_default();
        let usual = [past.usual.map(|usual| usual.value), past.usual.map(|usual| usual.spread)];
        let earlier = [past.day_before, past.week_before].into_iter().chain(usual).map(number);
        let spans = past.usual.map(|usual| usual.spans.to_string()).unwrap_or_default();
        let own = [m.metric.clone(), labels(&m.labels), number(m.value), unit, state];
        own.into_iter().chain(earlier).chain([spans]).collect()
    });
    let head =
        ["metric", "labels", "value", "unit", "state", "day_before", "week_before", "usual", "spread", "spans"];
    Table::new(&head, rows)
}

fn findings(report: &Report) -> Table {
    let head = [
        "rule", "metric", "labels", "state", "observed", "expected", "message", "evidence", "title", "meaning",
        "command",
    ];
    let words = |text: &str| text::csv(&units::with_plain_spaces(text)).into_owned();
    let rows = report.findings.iter().map(|f| {
        vec![
            f.rule.clone(),
            f.metric.clone().unwrap_or_default(),
            labels(&f.labels),
            f.state.word().to_owned(),
            words(&f.observed),
            words(&f.expected),
            words(f.message.raw()),
            places(&f.evidence),
            words(&f.title),
            words(&f.meaning),
            f.command.as_ref().map(guarded).unwrap_or_default(),
        ]
    });
    Table::new(&head, rows)
}

fn coverage(report: &Report) -> Table {
    let zone = &report.period.zone;
    let fates = parts::FATES.iter().map(|fate| fate.name);
    let head: Vec<&str> = ["path", "system", "lines"].into_iter().chain(fates).chain(AFTER_FATES).collect();
    let rows = report.coverage.sources.iter().map(|source| {
        let systems = source.systems.iter().map(|(name, lines)| format!("{name}={lines}"));
        let mut row = vec![guarded(&source.path), joined(systems), source.counts.lines.to_string()];
        row.extend(parts::FATES.iter().map(|fate| (fate.count)(&source.counts).to_string()));
        row.push(source.times.map(|(first, _)| zone.rfc3339(first)).unwrap_or_default());
        row.push(source.times.map(|(_, last)| zone.rfc3339(last)).unwrap_or_default());
        row.push(source.duplicate_of.as_ref().map(guarded).unwrap_or_default());
        row
    });
    Table::new(&head, rows)
}

/// The shapes of lines that nothing took.
fn unmatched(report: &Report) -> Table {
    let rows = report.coverage.unmatched_shapes.iter().map(|shape| {
        let Evidence { source, offset, line } = &shape.example;
        vec![guarded(&shape.shape), shape.count.to_string(), guarded(source), offset.to_string(), guarded(line)]
    });
    Table::new(&["shape", "count", "source", "offset", "line"], rows)
}

/// What the other tables are of, and how many rows of each section they show.
fn about(report: &Report) -> Table {
    let Period { start, end, zone } = &report.period;
    let time = |time: &Option<i64>| time.map(|time| zone.rfc3339(time)).unwrap_or_default();
    let domains = text::csv(&joined(report.domains.iter().cloned())).into_owned();
    let own = [report.name.clone(), time(start), time(end), zone.name().to_owned(), domains];
    let rows = report.sections.iter().map(|section| {
        let (shown, of) = (section.rows.len(), section.total_rows);
        own.iter().cloned().chain([section.name.clone(), shown.to_string(), of.to_string()]).collect()
    });
    Table::new(&["report", "start", "end", "timezone", "domains", "section", "shown", "of"], rows)
}

const AFTER_FATES: [&str; 3] = ["first_time", "last_time", "duplicate_of"];

fn guarded(text: &Text) -> String {
    text.csv().into_owned()
}

fn number(value: Option<f64>) -> String {
    value.and_then(units::exact).unwrap_or_default()
}

/// `name=value;…`, in which no value can look like another label.
fn labels(labels: &[(String, Text)]) -> String {
    joined(labels.iter().map(|(name, value)| format!("{name}={}", part(value))))
}

/// `source:offset;…`.
fn places(evidence: &[Evidence]) -> String {
    let places = evidence.iter().map(|e| format!("{}:{}", part(&e.source), e.offset));
    text::csv(&joined(places)).into_owned()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(";")
}

/// A part of a cell whose parts are set apart by semicolons.
fn part(text: &Text) -> String {
    text.tty().replace(';', "\\x3b")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Assets;
    use crate::render::fixture;

    fn one(section: &str) -> Result<String> {
        let (report, assets) = (fixture::report(), Assets::default());
        let options = Options { assets: &assets, width: 80, color: false, section: Some(section) };
        match render(&report, &options)? {
            Rendered::One(bytes) => Ok(String::from_utf8(bytes).expect("it is UTF-8")),
            Rendered::Folder(_) => panic!("one section is not a folder"),
        }
    }

    #[test]
    fn a_folder_holds_a_file_a_section_and_five_more() {
        let (report, assets) = (fixture::report(), Assets::default());
        let options = Options { assets: &assets, width: 80, color: false, section: None };
        let Ok(Rendered::Folder(files)) = render(&report, &options) else { panic!("not a folder") };
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        let sections = ["traffic.csv", "rejected.csv", "bounces.csv"];
        let common = ["measurements.csv", "findings.csv", "coverage.csv", "unmatched.csv", "report.csv"];
        assert_eq!(names, [&sections[..], &common].concat());
    }

    #[test]
    fn text_is_guarded_and_numbers_are_not() {
        let expected = concat!(
            "client,count,share,state,listed\r\n",
            "<script>alert(1)</script>,5,0.042,ok,true\r\n",
            "\"'=HYPERLINK(\"\"http://evil.example\"\")\",5,0.042,ok,true\r\n",
            "\\x1b]52;c;cm0gLXJm\\x07,5,0.042,ok,true\r\n",
            "user\\u{202e}gpj.exe,5,0.042,ok,true\r\n",
            "{{7*7}}{% raw %},5,0.042,ok,true\r\n",
            "caf\\xe9,5,0.042,ok,true\r\n",
        );
        assert_eq!(one("rejected").expect("it is known"), expected);
    }

    #[test]
    fn times_carry_their_offset_and_what_is_absent_is_empty() {
        let expected = concat!(
            "time,accepted,rejected,bytes\r\n",
            "2026-11-23T00:00:00+01:00,12345,-3,1258291.2\r\n",
            "2026-11-23T01:00:00+01:00,7,,1258291.2\r\n",
        );
        assert_eq!(one("traffic").expect("it is known"), expected);
    }

    #[test]
    fn no_value_can_forge_a_label() {
        let measurements = one("measurements").expect("every report has them");
        assert!(measurements.contains("\r\nlogins,outcome=failed\\x3bx=1,0.3,1,ok,,,,,\r\n"));
        assert!(measurements.contains("\r\ndelay.p95_s,stage=total,,s,unknown,,,,,\r\n"));
    }

    #[test]
    fn the_account_of_a_source_is_a_row() {
        let row = "mail.log,dovecot=400;postfix=590,1000,900,90,7,2,1,2026-11-23T00:00:00+01:00,2026-11-23T01:00:00+01:00,";
        assert!(one("coverage").expect("every report has it").ends_with(&format!("duplicate_of\r\n{row}\r\n")));
    }

    #[test]
    fn what_the_tables_are_of_stands_beside_them() {
        let about = one("report").expect("every report has it");
        let lines: Vec<&str> = about.lines().collect();
        assert_eq!(lines[0], "report,start,end,timezone,domains,section,shown,of");
        assert!(
            lines[1].starts_with("daily,2026-11-23T00:00:00+01:00,") && lines[1].contains(",traffic,2,"),
            "{about}"
        );
    }

    #[test]
    fn an_unknown_section_is_refused_with_the_valid_names() {
        let error = one("weather").expect_err("it is unknown");
        assert_eq!(error.exit(), Exit::Usage);
        let names = "traffic, rejected, bounces, measurements, findings, coverage, unmatched, report";
        assert!(error.to_string().contains(names));
    }
}
