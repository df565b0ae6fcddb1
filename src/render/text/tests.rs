use super::*;
use crate::assets::Assets;
use crate::render::fixture;
use crate::report::Cell;

fn rendered(report: &Report, width: usize, color: bool, section: Option<&str>) -> String {
    let assets = Assets::default();
    let options = Options { assets: &assets, width, color, section };
    match render(report, &options) {
        Ok(Rendered::One(bytes)) => String::from_utf8(bytes).expect("it is UTF-8"),
        other => panic!("not one file: {other:?}"),
    }
}

#[test]
fn the_whole_of_a_small_report() {
    let text = rendered(&fixture::report(), 80, false, None);
    fixture::golden(file!(), "expected.txt", &text);
}

#[test]
fn nothing_acts_on_a_terminal() {
    let text = rendered(&fixture::report(), 80, false, None);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut report = fixture::report();
    let long = "a-very-long-name.".repeat(60_000);
    report.findings[0].message = long.as_str().into();
    report.findings[0].evidence[0].source = long.as_str().into();
    report.sections[1].rows[0][0] = Cell::Text(long.as_str().into());
    report.hosts.push(long.as_str().into());
    for width in [24, 40, 60, 80, 132] {
        let text = rendered(&report, width, false, None);
        let lines = text.lines().filter(|line| !line.starts_with("  see: "));
        for line in lines {
            assert!(line.width() <= width, "{} columns in {width}: {line}", line.width());
        }
    }
}

#[test]
fn states_are_coloured_where_colours_show() {
    let text = rendered(&fixture::report(), 80, true, None);
    assert!(text.contains("\x1b[1;31m✕ critical  \x1b[0m\x1b[1mPasswords are being guessed\x1b[0m"));
}

#[test]
fn a_section_alone_is_its_table() {
    let text = rendered(&fixture::report(), 80, false, Some("bounces"));
    assert_eq!(text.trim(), "Bounces\nNothing of the kind happened.");
}

#[test]
fn where_nothing_was_read_that_is_said_once() {
    let mut report = fixture::nothing();
    report.sections = vec![fixture::empty_section(); 30];
    let text = rendered(&report, 80, false, None);
    assert_eq!(text.matches("Nothing").count(), 2, "{text}");
    assert!(text.ends_with("Nothing is known of 30 more tables, left out here.\n"), "{text}");
    assert!(rendered(&report, 80, false, Some("empty")).contains("Nothing of the kind happened."));
}

#[test]
fn a_title_is_wrapped_and_keeps_its_figure() {
    let mut report = fixture::report();
    report.findings[0].title = "One address failed to log in 116 times".into();
    let text = rendered(&report, 40, false, None);
    assert!(text.contains("✕ critical  One address failed to log in\n            116 times\n"), "{text}");
}
