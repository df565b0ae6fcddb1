use super::*;
use crate::assets::Assets;
use crate::render::fixture;

fn rendered(report: &Report) -> String {
    let assets = Assets::default();
    let options = Options { assets: &assets, width: 80, color: false, section: None };
    match render(report, &options) {
        Ok(Rendered::One(bytes)) => String::from_utf8(bytes).expect("it is UTF-8"),
        other => panic!("not one file: {other:?}"),
    }
}

#[test]
fn the_whole_of_a_small_report() {
    let mut report = fixture::report();
    report.findings.truncate(1);
    report.findings[0].evidence.truncate(1);
    report.sections.truncate(1);
    let text = rendered(&report).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    fixture::golden(file!(), "expected.json", &text);
}

#[test]
fn a_report_of_nothing_holds_nulls_and_no_noughts_for_them() {
    let json: serde_json::Value = serde_json::from_str(&rendered(&fixture::nothing())).expect("it is JSON");
    assert!(json["period"]["start"].is_null());
    assert_eq!(json["period"]["timezone"], "UTC");
    assert_eq!(json["sections"][0]["rows"], serde_json::json!([]));
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn hostile_text_comes_back_as_it_was_and_stands_inert() {
    let text = rendered(&fixture::report());
    assert!(!text.contains(['\x1b', '\u{202e}', '\x07']));
    let json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    for (row, hostile) in fixture::HOSTILE.iter().enumerate() {
        assert_eq!(json["sections"][1]["rows"][row][0], *hostile);
        assert_eq!(json["findings"][0]["evidence"][row]["line"], *hostile);
    }
}

#[test]
fn one_section_can_be_asked_for() {
    let (report, assets) = (fixture::report(), Assets::default());
    let options = Options { assets: &assets, width: 80, color: false, section: Some("bounces") };
    let Ok(Rendered::One(bytes)) = render(&report, &options) else { panic!("not one file") };
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("it is JSON");
    assert_eq!(json["sections"].as_array().map(Vec::len), Some(1));
}
