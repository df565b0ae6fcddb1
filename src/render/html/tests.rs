use super::*;
use crate::assets::Assets;
use crate::error::Exit;
use crate::render::fixture;
use crate::report::Section;
use crate::text::Text;
use std::fs;

fn render(report: &Report, assets: &Assets) -> Result<String> {
    let options = Options { assets, width: 80, color: false, section: None };
    match super::render(report, &options)? {
        Rendered::One(bytes) => Ok(String::from_utf8(bytes).expect("it is UTF-8")),
        Rendered::Folder(_) => panic!("a page is one file"),
    }
}

fn page() -> String {
    render(&fixture::report(), &Assets::default()).expect("it renders")
}

/// Assets in which a file of the templates' folder is replaced.
fn with_own(name: &str, text: &str) -> (tempfile::TempDir, Assets) {
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join(FOLDER);
    fs::create_dir_all(&html).expect("a folder");
    fs::write(html.join(name), text).expect("a file");
    let assets = Assets { folders: vec![folder.path().to_owned()] };
    (folder, assets)
}

#[test]
fn nothing_out_of_a_log_acts_in_the_page() {
    let page = page();
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("<b>mx2</b>"));
    assert!(!page.contains(['\x1b', '\x07', '\u{202e}']));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;"));
    assert!(page.contains("user\\u{202e}gpj.exe"));
}

#[test]
fn findings_of_which_the_same_is_to_be_said_stand_together() {
    let mut report = fixture::report();
    let lost = report.findings.remove(1);
    let spray = |client: &str| {
        let mut finding = report.findings[0].clone();
        finding.message = Text::from(client);
        finding
    };
    report.findings = vec![spray("192.0.2.7"), spray("192.0.2.8"), spray("192.0.2.9"), lost];
    let page = render(&report, &Assets::default()).expect("it renders");
    let findings: Vec<&str> = page.split("<article class=\"finding ").skip(1).collect();
    let [first, last] = findings.as_slice() else { panic!("{} articles", findings.len()) };
    assert_eq!(first.matches("Somebody tries one password").count(), 1);
    assert_eq!(first.matches("mailtrail trace 192.0.2.7").count(), 3);
    assert_eq!(first.matches("<details class=\"evidence\">").count(), 3);
    assert!(first.contains("The same of 2 others"));
    assert!(first.find("192.0.2.8") < first.find("192.0.2.9"));
    assert!(!last.contains("The same of"));
}

#[test]
fn a_template_in_a_log_comes_out_literally() {
    assert!(page().contains("<bdi>{{7*7}}{% raw %}</bdi>"));
}

#[test]
fn the_page_has_one_heading_one_script_and_a_policy_that_allows_it() {
    let page = page();
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<script").count(), 1);
    let script = page.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>"));
    let (script, _) = script.expect("the script stands in the page");
    let hash = BASE64.encode(Sha256::digest(script.as_bytes()));
    let start = page.find("http-equiv=\"Content-Security-Policy\"").expect("a policy");
    let meta = page[start..].split('>').next().unwrap_or_default();
    let meta = meta.replace("&#x2f;", "/").replace("&#x27;", "'");
    assert!(meta.contains(&format!("script-src 'sha256-{hash}'")), "{meta}");
}

#[test]
fn the_page_loads_nothing() {
    let page = page();
    for reach in ["src=", "@import", "url(", "href=\"http", "srcset"] {
        assert!(!page.contains(reach), "{reach}");
    }
}

#[test]
fn absent_stays_absent() {
    let page = render(&fixture::nothing(), &Assets::default()).expect("it renders");
    assert!(page.contains("Nothing was read"));
    assert!(page.contains('–'));
    assert!(page.contains("Nothing of the kind happened."));
}

#[test]
fn a_very_long_cell_is_cropped_and_the_rest_counted() {
    let mut report = fixture::report();
    report.sections[1].rows[0][0] = crate::report::Cell::Text("x".repeat(1 << 20).into());
    let page = render(&report, &Assets::default()).expect("it renders");
    assert!(page.contains("1\u{202f}048\u{202f}276 more"));
    assert!(page.len() < 200_000);
}

#[test]
fn a_users_own_template_takes_the_place_of_ours() {
    let (_folder, assets) = with_own(PAGE, "<h1>{{ title }}</h1>{{ hosts }}");
    let page = render(&fixture::report(), &assets).expect("it renders");
    assert_eq!(page, "<h1>Daily report</h1>mx1, &lt;b&gt;mx2&lt;&#x2f;b&gt;");
}

#[test]
fn a_users_own_script_is_allowed_by_its_own_hash() {
    let (_folder, assets) = with_own(SCRIPT, "void 0;\r\n");
    let page = render(&fixture::report(), &assets).expect("it renders");
    assert!(page.contains("<script>void 0;\n</script>"));
}

#[test]
fn a_fault_in_a_template_is_told_with_its_line() {
    let (_folder, assets) = with_own(PAGE, "<p>\n  {{ no_such_thing }}\n");
    let error = render(&fixture::report(), &assets).expect_err("it is undefined");
    assert_eq!(error.exit(), Exit::Config);
    let told = error.to_string();
    assert!(told.contains("page.html:2:6") && told.contains("undefined"), "{told}");
}

#[test]
fn a_template_that_does_not_end_is_stopped() {
    let nested = "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
    let (_folder, assets) = with_own(PAGE, nested);
    let error = render(&fixture::report(), &assets).expect_err("it is stopped");
    assert!(error.to_string().contains("too many steps"));
}

/// The numbers of a colour such as `#1e1d1b`.
fn channels(color: &str) -> [f64; 3] {
    [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("a colour")) / 255.0)
}

/// The relative luminance of a colour, and the contrast of two (WCAG 2.2).
fn contrast(one: &str, other: &str) -> f64 {
    let linear = |x: f64| if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
    let luminance = |color: &str| {
        let [red, green, blue] = channels(color).map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The palettes of the style sheet, light, dark, of paper: the colour of each name.
fn palettes() -> Vec<std::collections::BTreeMap<String, String>> {
    let style = template::embedded(&Assets::default(), FOLDER, STYLE).expect("it is there");
    let blocks = style.split(":root {").skip(1).filter_map(|rest| rest.split('}').next());
    let color = |line: &str| {
        let (name, color) = line.trim().strip_prefix("--")?.split_once(": ")?;
        let long = |color: &str| {
            color.chars().flat_map(|c| if color.len() == 4 && c != '#' { vec![c, c] } else { vec![c] }).collect()
        };
        color.starts_with('#').then(|| (name.to_owned(), long(color.trim_end_matches(';'))))
    };
    blocks.map(|block| block.lines().filter_map(color).collect()).collect()
}

#[test]
fn what_has_to_be_seen_stands_out_from_the_paper_on_screens_and_in_print() {
    let palettes = palettes();
    assert_eq!(palettes.len(), 3, "light, dark, print");
    for palette in &palettes {
        for ground in ["paper", "sheet"] {
            let of = |name: &str| contrast(&palette[name], &palette[ground]);
            for name in ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "edge"] {
                assert!(of(name) >= 3.0, "--{name} on --{ground}: {:.2}", of(name));
            }
            for name in ["ink", "soft", "accent", "ok", "warning", "critical", "unknown"] {
                assert!(of(name) >= 4.5, "--{name} on --{ground}: {:.2}", of(name));
            }
        }
    }
}

#[test]
fn charts_have_the_same_colours_in_print_and_in_a_mail() {
    let palettes = palettes();
    let mail =
        template::embedded(&Assets::default(), "report-templates/mail", "mail.html.j2").expect("it is there");
    for (at, name) in ["c1", "c2", "c6", "c8", "c7"].iter().enumerate() {
        assert_eq!(palettes[0][*name], palettes[2][*name]);
        assert!(
            contrast(&palettes[0][*name], "#ffffff") >= 3.0
                && mail.contains(&format!("\"{}\"", palettes[0][*name])),
            "{name}"
        );
        let dark = format!(".c{} {{ background-color:{}!important; }}", at + 1, palettes[1][*name]);
        assert!(mail.contains(&dark), "{dark}");
    }
}

#[test]
fn each_landmark_has_a_name_of_its_own_and_tables_are_none() {
    let page = page();
    assert!(!page.contains("role=\"region\""));
    let named = page
        .split("<section ")
        .skip(1)
        .filter_map(|rest| rest.split('>').next()?.split_once("aria-labelledby=\""))
        .map(|(_, id)| id);
    let names: Vec<&str> = named.filter_map(|id| id.split('"').next()).collect();
    let unique: std::collections::BTreeSet<&&str> = names.iter().collect();
    assert!(!names.is_empty() && names.len() == unique.len(), "{names:?}");
}

#[test]
fn labels_are_written_as_people_write_them() {
    assert!(page().contains("<dt>client IP</dt>"));
}

#[test]
fn the_figures_of_the_sources_stand_in_the_page_once() {
    let mut report = fixture::report();
    let column = |name: &str| crate::report::Column { name: name.into(), ..report.sections[0].columns[1].clone() };
    let own = ["path", "lines", "matched"].map(column);
    let table = Section { name: "sources".into(), columns: own.into(), total_rows: 1, ..fixture::empty_section() };
    report.sections.push(table.clone());
    assert!(!render(&report, &Assets::default()).expect("it renders").contains("id=\"s-sources\""));
    let options = Options { assets: &Assets::default(), width: 80, color: false, section: Some("sources") };
    let Ok(Rendered::One(alone)) = super::render(&report, &options) else { panic!("it renders") };
    assert!(String::from_utf8_lossy(&alone).contains("id=\"s-sources\""));
    report.sections[3].columns[1].name = "bytes".into();
    assert!(
        render(&report, &Assets::default()).expect("it renders").contains("id=\"s-sources\""),
        "it asks for more"
    );
}
