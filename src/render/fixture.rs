//! A small report for the renderers' tests, with everything in it that a stranger could write into a log.

use crate::report::{
    Cell, Chart, ChartKind, Column, Counts, Coverage, Evidence, Finding, Kind, Measurement, Period, Report,
    Section, Shape, SourceCoverage, State, Unit,
};
use crate::text::Text;
use crate::time::{HOUR, Zone};

/// Markup, formulas, a terminal's escapes, directions, a template and bytes that were no UTF-8.
pub const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://evil.example\")",
    "\x1b]52;c;cm0gLXJm\x07",
    "user\u{202e}gpj.exe",
    "{{7*7}}{% raw %}",
    "caf\\xe9",
];

/// Compares an output with the file `name` beside the test's own; `MAILTRAIL_BLESS=1 cargo test` writes that file anew.
pub fn golden(test: &str, name: &str, actual: &str) {
    let path = std::path::Path::new(test).with_file_name(name);
    if std::env::var_os("MAILTRAIL_BLESS").is_some() {
        std::fs::write(&path, actual).expect("the expected output is written");
    }
    let expected = std::fs::read_to_string(&path).expect("the expected output is there");
    assert_eq!(actual, expected, "{}: look at the difference, then MAILTRAIL_BLESS=1 cargo test", path.display());
}

/// 2026-11-23 00:00 in Berlin.
pub const MIDNIGHT: i64 = 1_795_388_400_000_000;

/// A report in which every part holds something.
pub fn report() -> Report {
    Report {
        name: "daily".into(),
        title: "Daily report".into(),
        domains: vec!["example.org".into()],
        hosts: vec![Text::from("mx1"), Text::from("<b>mx2</b>")],
        period: Period {
            start: Some(MIDNIGHT),
            end: Some(MIDNIGHT + 24 * HOUR),
            zone: Zone::named("Europe/Berlin").expect("the zone is known"),
        },
        coverage: coverage(),
        is_told_of: true,
        measurements: measurements(),
        findings: findings(),
        sections: vec![traffic(), rejected(), bounces()],
        digest: Vec::new(),
        left_out: Vec::new(),
    }
}

/// A report of nothing.
pub fn nothing() -> Report {
    Report {
        domains: Vec::new(),
        hosts: Vec::new(),
        period: Period { start: None, end: None, zone: Zone::utc() },
        coverage: Coverage::default(),
        is_told_of: false,
        measurements: Vec::new(),
        findings: Vec::new(),
        sections: vec![empty_section()],
        left_out: Vec::new(),
        ..report()
    }
}

/// A section without columns and rows.
pub fn empty_section() -> Section {
    Section {
        name: "empty".into(),
        title: "Empty".into(),
        group: "Delivery".into(),
        help: String::new(),
        empty: "Nothing of the kind happened.".into(),
        quiet: false,
        columns: Vec::new(),
        rows: Vec::new(),
        total_rows: 0,
        chart: None,
    }
}

fn coverage() -> Coverage {
    let counts = Counts { lines: 1000, matched: 900, ignored: 90, unmatched: 7, damaged: 2, duplicate: 1 };
    Coverage {
        counts,
        sources: vec![SourceCoverage {
            path: Text::from("mail.log"),
            duplicate_of: None,
            repeats: None,
            systems: vec![("dovecot".into(), 400), ("postfix".into(), 590)],
            counts,
            times: Some((MIDNIGHT, MIDNIGHT + HOUR)),
        }],
        unmatched_shapes: vec![Shape { shape: Text::from("odd * line"), count: 7, example: evidence(0) }],
        total_shapes: 1,
        ignored_by: vec![("postfix".into(), "statistics".into(), 90)],
        problems: vec![Text::from("mail.log.1: permission denied")],
        copies: Vec::new(),
    }
}

fn evidence(which: usize) -> Evidence {
    Evidence { source: Text::from("mail.log"), offset: 4096, line: Text::from(HOSTILE[which]) }
}

fn measurements() -> Vec<Measurement> {
    let of = |metric: &str, label: (&str, &str), value, unit, state| Measurement {
        past: None,
        metric: metric.into(),
        labels: vec![(label.0.into(), Text::from(label.1))],
        value,
        unit,
        state,
    };
    vec![
        of("connections", ("service", "smtp"), Some(200.0), Unit::Count, State::Ok),
        of("connections.lost", ("service", "smtp"), Some(8.0), Unit::Count, State::Warning),
        of("delay.p95_s", ("stage", "total"), None, Unit::Seconds, State::Unknown),
        of("directory.errors", ("code", "49"), Some(3.0), Unit::Count, State::Ok),
        of("logins", ("outcome", "failed;x=1"), Some(0.1 + 0.2), Unit::Count, State::Ok),
    ]
}

fn findings() -> Vec<Finding> {
    let spray = Finding {
        rule: "password-spray".into(),
        title: "Passwords are being guessed".into(),
        metric: None,
        labels: vec![("client_ip".into(), Text::from("192.0.2.7"))],
        state: State::Critical,
        observed: "48 users in 10 min".into(),
        expected: "at most 10".into(),
        message: Text::from("192.0.2.7 tried 48 users, the last <script>alert(1)</script>"),
        meaning: "Somebody tries one password on many accounts. Block the address.".into(),
        command: Some(Text::from("mailtrail trace 192.0.2.7")),
        evidence: (0..HOSTILE.len()).map(evidence).collect(),
    };
    let lost = Finding {
        rule: "threshold".into(),
        title: "Connections are lost".into(),
        metric: Some("connections.lost".into()),
        labels: Vec::new(),
        state: State::Warning,
        observed: "4 %".into(),
        expected: "at most 3 %".into(),
        message: Text::from("8 of 200 connections ended without a goodbye"),
        meaning: "The network or the clients break off.".into(),
        command: None,
        evidence: Vec::new(),
    };
    vec![spray, lost]
}

fn column(name: &str, title: &str, kind: Kind, unit: Unit) -> Column {
    Column { name: name.into(), title: title.into(), kind, unit }
}

fn traffic() -> Section {
    let row = |hour, accepted, rejected| {
        vec![Cell::Time(MIDNIGHT + hour * HOUR), Cell::Integer(accepted), rejected, Cell::Number(1_258_291.2)]
    };
    Section {
        name: "traffic".into(),
        title: "Traffic by hour".into(),
        group: "Traffic".into(),
        help: "What came in, hour by hour.".into(),
        columns: vec![
            column("time", "Hour", Kind::Time, Unit::None),
            column("accepted", "Accepted", Kind::Integer, Unit::Count),
            column("rejected", "Rejected", Kind::Integer, Unit::Count),
            column("bytes", "Size", Kind::Number, Unit::Bytes),
        ],
        rows: vec![row(0, 12_345, Cell::Integer(-3)), row(1, 7, Cell::Null)],
        total_rows: 2,
        chart: Some(Chart { kind: ChartKind::Columns, label: 0, series: vec![1, 2] }),
        ..empty_section()
    }
}

fn rejected() -> Section {
    let row = |client: &str, state| {
        vec![
            Cell::Text(Text::from(client)),
            Cell::Integer(5),
            Cell::Number(0.042),
            Cell::State(state),
            Cell::Flag(true),
        ]
    };
    Section {
        name: "rejected".into(),
        title: "Clients rejected".into(),
        group: "Rejections".into(),
        help: "Who was turned away.".into(),
        columns: vec![
            column("client", "Client", Kind::Text, Unit::None),
            column("count", "Rejections", Kind::Integer, Unit::Count),
            column("share", "Share", Kind::Number, Unit::Share),
            column("state", "State", Kind::State, Unit::None),
            column("listed", "Listed", Kind::Flag, Unit::None),
        ],
        rows: HOSTILE.iter().map(|client| row(client, State::Ok)).collect(),
        total_rows: 341,
        chart: Some(Chart { kind: ChartKind::Bars, label: 0, series: vec![1] }),
        ..empty_section()
    }
}

fn bounces() -> Section {
    Section { name: "bounces".into(), title: "Bounces".into(), ..empty_section() }
}
