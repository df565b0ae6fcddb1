//! What the page's template is given.

use super::{account::Account, finding::FindingView, table::SectionView};
use crate::render::parts::{self, Mark};
use crate::render::{keys, show};
use crate::report::{Period, Report, Section, State};
use crate::text::shown;
use crate::time::Zone;
use minijinja::Value;
use serde::Serialize;

/// The page.
#[derive(Serialize)]
pub(super) struct Page {
    #[serde(flatten)]
    dress: Dress,
    version: &'static str,
    name: String,
    title: String,
    hosts: String,
    scope: String,
    period: String,
    start: Option<Stamp>,
    end: Option<Stamp>,
    zone: String,
    verdict: Verdict,
    tiles: Vec<Tile>,
    findings: Vec<FindingView>,
    fine: Vec<FindingView>,
    groups: Vec<Group>,
    coverage: Account,
}

/// What the page wears: its policy, style and script.
#[derive(Serialize)]
pub(super) struct Dress {
    /// The content security policy.
    pub policy: String,
    /// The style sheet, ready to stand in the page.
    pub style: Value,
    /// The script, ready to stand in the page.
    pub script: Value,
}

/// A point in time, for people and for programs.
#[derive(Serialize)]
pub(super) struct Stamp {
    text: String,
    datetime: String,
}

impl Stamp {
    /// A point in time in this zone.
    pub fn of(micros: i64, zone: &Zone) -> Self {
        Self { text: zone.second_text(micros), datetime: zone.rfc3339(micros) }
    }
}

#[derive(Serialize)]
struct Verdict {
    mark: Mark,
    headline: String,
    lead: String,
}

/// A key figure as the template shows it.
#[derive(Serialize)]
struct Tile {
    title: &'static str,
    figure: String,
    note: String,
    mark: Option<Mark>,
}

impl Tile {
    fn of(key: keys::KeyFigure) -> Self {
        Self {
            title: key.title,
            figure: show::figure_or_absent(key.value, key.unit),
            note: key.note,
            mark: key.state.filter(|state| *state >= State::Warning).map(Mark::of),
        }
    }
}

#[derive(Serialize)]
struct Group {
    title: String,
    sections: Vec<SectionView>,
}

impl Page {
    /// The page of a report.
    pub fn of(report: &Report, sections: &[&Section], dress: Dress) -> Self {
        let zone = &report.period.zone;
        let (fine, findings) = report.findings.iter().partition::<Vec<_>, _>(|f| f.state == State::Ok);
        Self {
            dress,
            version: env!("CARGO_PKG_VERSION"),
            name: report.name.clone(),
            title: report.title.clone(),
            hosts: show::hosts(report),
            scope: report.domains.iter().map(|domain| shown(domain)).collect::<Vec<_>>().join(", "),
            period: show::period(&report.period),
            start: report.period.start.map(|start| Stamp::of(start, zone)),
            end: report.period.end.map(|end| Stamp::of(end, zone)),
            zone: zone.name().to_owned(),
            verdict: Verdict::of(report),
            tiles: keys::of(report).into_iter().map(Tile::of).collect(),
            findings: parts::alike(&findings).filter_map(FindingView::of_alike).collect(),
            fine: fine.into_iter().map(FindingView::of).collect(),
            groups: groups(sections, &report.period),
            coverage: Account::of(&report.coverage, zone),
        }
    }
}

impl Verdict {
    fn of(report: &Report) -> Self {
        Self { mark: Mark::of(report.verdict()), headline: parts::headline(report), lead: parts::lead(report) }
    }
}

fn groups(sections: &[&Section], period: &Period) -> Vec<Group> {
    let named = |title: &str| {
        if title.is_empty() { "Figures".to_owned() } else { title.to_owned() }
    };
    let views =
        |members: Vec<&Section>| members.into_iter().map(|section| SectionView::of(section, period)).collect();
    let groups = parts::groups(sections).into_iter();
    groups.map(|(title, members)| Group { title: named(title), sections: views(members) }).collect()
}
