use super::*;
use crate::render::fixture;
use crate::report::Report;

fn picture(report: &Report, section: usize, kind: ChartKind) -> Option<Picture> {
    let section = &report.sections[section];
    let chart = Chart { kind, ..section.chart.clone().expect("it has a chart") };
    draw(section, &chart, &report.period)
}

fn markup(report: &Report, section: usize, kind: ChartKind) -> String {
    picture(report, section, kind).expect("there is something to draw").svg.to_string()
}

const KINDS: [ChartKind; 4] = [ChartKind::Bars, ChartKind::Columns, ChartKind::Lines, ChartKind::Share];

#[test]
fn every_chart_is_titled_and_closes_what_it_opens() {
    let report = fixture::report();
    for kind in KINDS {
        let svg = markup(&report, 0, kind);
        assert!(svg.starts_with("<svg role=\"img\""), "{kind:?}");
        assert!(svg.contains("<title>Traffic by hour: "), "{kind:?}");
        assert_eq!(svg.matches("<g>").count(), svg.matches("</g>").count(), "{kind:?}");
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count(), "{kind:?}");
    }
}

#[test]
fn names_out_of_a_log_are_encoded() {
    let report = fixture::report();
    for kind in KINDS {
        let picture = picture(&report, 1, kind).expect("there is something to draw");
        let svg = picture.svg.to_string();
        assert!(!svg.contains("<script") && !svg.contains("{{") && !svg.contains('\u{202e}'), "{kind:?}");
    }
}

#[test]
fn what_is_not_known_is_not_drawn() {
    let mut report = fixture::report();
    for row in &mut report.sections[0].rows {
        row[1] = Cell::Null;
        row[2] = Cell::Number(f64::NAN);
    }
    assert!(KINDS.iter().all(|kind| picture(&report, 0, *kind).is_none()));
}

#[test]
fn a_chart_of_columns_that_are_not_there_is_none() {
    let report = fixture::report();
    let chart = Chart { kind: ChartKind::Bars, label: 99, series: vec![98] };
    assert!(draw(&report.sections[0], &chart, &report.period).is_none());
}
