//! Composing: a report's definition is looked up, its questions are asked, its figures judged.
//!
//! Comes in: the facts of a run. Goes out: a [`Report`]. How it will look is not known here.

mod metrics;
mod overview;
mod past;
mod section;

use crate::assets::{Asset, Assets};
use crate::error::{Error, Exit, Result};
use crate::facts::{self, Scope, TABLES, View, Wanted};
use crate::judge::{Again, Case, Judge};
use crate::report::{Coverage, Measurement, Period, Report, Section};
use crate::run::Run;
use crate::sections::{self, Asker, Question, columns_of, spot, try_out};
use crate::time::{SECOND, Span, Zone};
use serde::Deserialize;

/// What a report is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The report's name.
    pub report: &'a str,
    /// Its period; all that was read where it is open.
    pub span: Span,
    /// The present: a period that has not ended yet is compared with others up to here.
    pub now: i64,
    /// Its domains; the whole site where there are none.
    pub domains: &'a [String],
    /// Rows of a table at most, where the section's own limit is not wanted.
    pub top: Option<usize>,
    /// Labels that the figures are told by as well.
    pub by: &'a [String],
    /// Where commands find the same facts again.
    pub again: &'a Again,
}

impl Request<'_> {
    /// Whether a question is asked of what lies before the period too.
    fn is_since_ever(&self, question: &Question) -> bool {
        question.front.since_ever && self.span.start.is_some()
    }
}

/// Answers that take in what lies before the period.
struct SinceEver {
    figures: Vec<Measurement>,
    sections: Vec<Section>,
}

impl SinceEver {
    /// Asks those of these metrics and sections that do so.
    fn ask(
        metrics: &[Question],
        sections: &[Question],
        run: &Run,
        zone: &Zone,
        request: &Request<'_>,
        end: i64,
    ) -> Result<Self> {
        let metrics: Vec<&Question> = metrics.iter().filter(|question| request.is_since_ever(question)).collect();
        let sections: Vec<&Question> =
            sections.iter().filter(|question| request.is_since_ever(question)).collect();
        if metrics.is_empty() && sections.is_empty() {
            return Ok(Self { figures: Vec::new(), sections: Vec::new() });
        }
        let scope = Scope { span: Span { start: None, end: request.span.end }, domains: request.domains };
        let asked = metrics::asked(metrics.iter().copied(), request.by);
        let wanted = asked.iter().chain(sections.iter().map(|question| &question.sql)).map(String::as_str);
        let view = View::new(&run.facts, zone, &scope, Wanted::of(wanted))?;
        let asker = Asker::new(&view, &run.coverage)?;
        Ok(Self {
            figures: metrics::all(&metrics, &asker, request, end)?,
            sections: asker.each(&sections, |question| section::ask(question, &asker, request.top, end))?,
        })
    }
}

/// A report's definition: `report-templates/reports/<name>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    title: String,
    sections: Vec<String>,
    /// Those of them that a short form holds, such as a mail; all where none is named.
    #[serde(default)]
    digest: Vec<String>,
}

/// The report where none is named.
pub const DAILY: &str = "daily";

/// The section that is made of the figures themselves.
const OVERVIEW: &str = "overview";

/// Asks the facts of a run for a report. Nothing is asked of them afterwards: those in memory are gone then.
///
/// # Errors
///
/// Where there is no such report, or one of its questions cannot be asked.
pub fn compose(
    run: &mut Run,
    assets: &Assets,
    zone: &Zone,
    request: &Request<'_>,
    judge: &Judge,
) -> Result<Report> {
    let (definition, asset) = definition(assets, request.report)?;
    let questions = questions(assets, &definition, &asset)?;
    let (questions, left_out) = told(request, questions, |question| question.until(0))?;
    let figures = |question: &Question| metrics::sql(question, &[], 0, 0);
    let (metrics, _) = told(request, Question::all(assets, "metrics")?, figures)?;
    let activity = if request.domains.is_empty() { Question::all(assets, "activity")? } else { Vec::new() };
    let figures = metrics::asked(metrics.iter().chain(&activity), request.by);
    let asked = questions.iter().map(|question| &question.sql).chain(&figures).map(String::as_str);
    let wanted = Wanted::of(asked.chain(judge.questions()));
    let scope = Scope { span: request.span, domains: request.domains };
    let period = period(run, zone, request.span);
    // What is watched for silence is no figure of the report, and is asked where there is something to compare it with.
    let watched = [metrics.as_slice(), &activity].concat();
    let past = past::past(&watched, run, zone, request)?;
    let asked = if past.is_known() { &watched } else { &metrics };
    let end = period.end.unwrap_or(i64::MAX);
    let SinceEver { figures, sections: known } = SinceEver::ask(asked, &questions, run, zone, request, end)?;
    let hosts = run.facts.hosts();
    let view = View::last(&mut run.facts, zone, &scope, wanted)?;
    let asker = Asker::new(&view, &run.coverage)?;
    let mut measurements = metrics::measure(asked, figures, &asker, request, end)?;
    let asker = asker.knowing(&past.known(&measurements))?;
    let is_told_of = metrics::tell(&measurements, asked, request);
    measurements.retain(|figure| activity.iter().all(|question| question.name != figure.metric));
    past.note(&mut measurements);
    let whole_site = request.domains.is_empty();
    let (sources, weeks) = (&run.sources, &past.weeks);
    let case = Case { asker: &asker, sources, again: request.again, period: &period, whole_site, weeks };
    let section =
        |question: &_| section::known_or(&known, question, || section::ask(question, &asker, request.top, end));
    // Together, so that no thread waits for the longest question of the ones before it begins with the others.
    let (findings, sections) =
        asker.both(|| judge.judge(&case, &mut measurements), || asker.each(&questions, section));
    let (findings, mut sections) = (findings?, sections?);
    if let Some(at) = definition.sections.iter().position(|name| name == OVERVIEW) {
        sections.insert(at, overview::section(&measurements, &past));
    }
    Ok(Report {
        name: request.report.to_owned(),
        title: definition.title,
        domains: request.domains.to_vec(),
        hosts,
        period,
        coverage: scoped(&run.coverage, request.domains),
        is_told_of,
        measurements,
        findings,
        sections,
        digest: definition.digest,
        left_out: left_out.iter().map(Question::title).collect(),
    }
    .answered_for())
}

/// The questions whose answers can be narrowed to the domains that are asked for, and the others.
fn told(
    request: &Request<'_>,
    questions: Vec<Question>,
    sql: impl Fn(&Question) -> String,
) -> Result<(Vec<Question>, Vec<Question>)> {
    let (mut told, mut others) = (Vec::new(), Vec::new());
    for question in questions {
        let is_told =
            request.domains.is_empty() || is_told_by_domain(&sql(&question)).map_err(|e| question.in_file(e))?;
        if is_told { told.push(question) } else { others.push(question) }
    }
    Ok((told, others))
}

/// Whether an answer can be narrowed to domains: each of its tables names domains, or is no fact at all.
fn is_told_by_domain(sql: &str) -> Result<bool> {
    let tables = sections::check(sql, &Zone::utc())?.tables;
    let is_fact = |name: &&String| TABLES.iter().any(|table| table.name == **name);
    Ok(tables.iter().filter(is_fact).all(|name| facts::is_told_by_domain(name)))
}

/// Says whether there is such a report and whether its questions can be asked, before any log is read. Those that were
/// built in can.
///
/// # Errors
///
/// Where there is none, or it or one of its questions is wrong.
pub fn check(assets: &Assets, name: &str) -> Result<()> {
    let (definition, asset) = definition(assets, name)?;
    let own = |questions: Vec<Question>| questions.into_iter().filter(|question| !question.built_in);
    let sections = own(questions(assets, &definition, &asset)?);
    let metrics = own(Question::all(assets, "metrics")?);
    let sections = sections.map(|question| (question.until(0), question));
    let metrics = metrics.map(|question| (metrics::sql(&question, &[], 0, 0), question));
    for (sql, question) in sections {
        try_out(&sql).map_err(|e| question.in_file(e))?;
    }
    for (sql, question) in metrics {
        let columns = columns_of(&sql).map_err(|e| question.in_file(e))?;
        if !columns.iter().any(|column| column == "value") {
            let error = Error::new(Exit::Config, "this metric has no column `value`");
            return Err(
                question.in_file(error.help("the figure is the column `value`, and all others are its labels"))
            );
        }
    }
    Ok(())
}

/// The sections that a report lists.
///
/// # Errors
///
/// Where there is no such report, or it is wrong.
pub fn sections(assets: &Assets, name: &str) -> Result<Vec<String>> {
    definition(assets, name).map(|(definition, _)| definition.sections)
}

/// The questions of a report, in their order.
fn questions(assets: &Assets, definition: &Definition, asset: &Asset) -> Result<Vec<Question>> {
    let all = assets.list("report-templates/sections", ".sql")?;
    let names = definition.sections.iter().enumerate().filter(|(_, name)| *name != OVERVIEW);
    let question = |(at, name): (usize, &String)| {
        if let Some(asset) = all.get(name) {
            return Question::read("sections", name, asset);
        }
        let span = spot(&asset.text, &["sections", &at.to_string()]).unwrap_or(0..0);
        let error = Error::new(Exit::Config, format!("there is no section `{name}`"));
        let names = all.keys().map(String::as_str).chain([OVERVIEW]);
        Err(error.at(&asset.origin, asset.text.to_string(), span).instead(name, "sections", names))
    };
    names.map(question).collect()
}

fn definition(assets: &Assets, name: &str) -> Result<(Definition, Asset)> {
    let mut all = assets.list("report-templates/reports", ".toml")?;
    let Some(asset) = all.remove(name) else {
        let names = all.keys().map(String::as_str);
        return Err(
            Error::new(Exit::Usage, format!("there is no report `{name}`")).instead(name, "reports", names)
        );
    };
    let definition: Definition = toml::from_str(&asset.text).map_err(|e| {
        Error::new(Exit::Config, "this report cannot be read").why(e.message()).at(
            asset.origin.clone(),
            asset.text.to_string(),
            e.span().unwrap_or(0..0),
        )
    })?;
    match definition.digest.iter().position(|name| !definition.sections.contains(name)) {
        None => Ok((definition, asset)),
        Some(at) => {
            let span = spot(&asset.text, &["digest", &at.to_string()]).unwrap_or(0..0);
            let name = &definition.digest[at];
            let error = Error::new(Exit::Config, format!("`digest` names `{name}`, `sections` does not"));
            Err(error.at(&asset.origin, asset.text.to_string(), span))
        }
    }
}

/// The period asked for; where it is open, whole seconds around what was read.
fn period(run: &Run, zone: &Zone, span: Span) -> Period {
    let read = run.coverage.times();
    let first = read.map(|(first, _)| first.div_euclid(SECOND) * SECOND);
    let last = read.map(|(_, last)| (last.div_euclid(SECOND) + 1) * SECOND);
    // What was read may lie beside what was asked for; a period still never ends before it begins.
    let start = span.start.or(first.map(|first| first.min(span.end.unwrap_or(first))));
    let end = span.end.or(last.map(|last| last.max(span.start.unwrap_or(last))));
    Period { start, end, zone: zone.clone() }
}

/// The account as those of a domain may see it: without lines that may be of others.
fn scoped(coverage: &Coverage, domains: &[String]) -> Coverage {
    let mut coverage = coverage.clone();
    if !domains.is_empty() {
        coverage.unmatched_shapes.clear();
    }
    coverage
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::facts::Memory;
    use crate::grammar::Grammars;
    use crate::report::Cell;
    use crate::{input, run};
    use std::path::Path;

    fn sample() -> Run {
        let grammars = Grammars::load(&Assets::default()).expect("the built-in grammars are right");
        let options = run::Options {
            zone: Zone::utc(),
            hosts: input::Hosts::default(),
            input: input::Options { now: 0, year: Some(2026), layouts: Vec::new(), tell: |_| {} },
            chunk: run::CHUNK,
            memory: Memory::default(),
        };
        let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs/lab/set-a-small.log");
        run::run(&[log], &grammars, &options, &|_, _| ()).expect("there is input")
    }

    #[test]
    fn a_domain_is_told_what_its_tables_tell() {
        let questions =
            |folder| Question::all(&Assets::default(), folder).expect("the built-in questions are right");
        let told = |sql: &str| is_told_by_domain(sql).expect("it can be asked");
        let mut untold: Vec<String> =
            questions("sections").into_iter().filter(|q| !told(&q.until(0))).map(|q| q.name).collect();
        let metrics = questions("metrics").into_iter().filter(|q| !told(&metrics::sql(q, &[], 0, 0)));
        untold.extend(metrics.map(|question| question.name));
        let expected = "directory-by-hour directory-clients directory-error-entries directory-errors directory-operations \
                        hop-delays hop-delays-by-hour hops-and-deliveries log-loss notices paths slow-searches slowest-hops \
                        unindexed-searches directory.errors directory.operations directory.p95_s hops notices";
        assert_eq!(untold.join(" "), expected);
        // What is said of a question is no part of it, nor is a text in it.
        assert!(!told("-- help = \"messages\"\nSELECT 'logins' AS what, COUNT(*) AS hops FROM hops"));
        assert!(told("-- hops\nSELECT COUNT(*) AS notices FROM logins"));
    }

    #[test]
    fn each_figure_counts_the_rows_that_its_metric_names() {
        let (run, zone) = (sample(), Zone::utc());
        let mut without = Vec::new();
        for question in Question::all(&Assets::default(), "metrics").expect("the built-in questions are right") {
            if question.front.rows.is_empty() {
                without.push(question.name);
                continue;
            }
            let by: Vec<String> = question.front.by.keys().cloned().collect();
            let figures = metrics::sql(&question, &by, 0, i64::MAX);
            let rows = question.front.rows.replace("{end}", &i64::MAX.to_string());
            let wanted = Wanted::of([figures.as_str(), rows.as_str()]);
            let view = View::new(&run.facts, &zone, &Scope::ALL, wanted).expect("a view");
            let asker = Asker::new(&view, &run.coverage).expect("an asker");
            let told = |sql: &str| -> (Vec<String>, Vec<String>) {
                let answer = asker.ask(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                let cell = |cell: Cell| match cell {
                    Cell::Text(text) => text.raw().to_owned(),
                    cell => cell.number().unwrap_or_default().to_string(),
                };
                let rows = answer.rows(usize::MAX).into_iter().map(|row| row.into_iter().map(cell).collect());
                let mut rows: Vec<Vec<String>> = rows.collect();
                rows.retain(|row| row.last().is_some_and(|value| value != "0"));
                rows.sort();
                (answer.columns, rows.into_iter().map(|row| row.join(" ")).collect())
            };
            let (columns, expected) = told(&figures);
            let labels = columns[..columns.len() - 1].join(", ");
            let count = format!("SELECT {labels}, COUNT(*) AS value FROM counted GROUP BY {labels}");
            assert_eq!(told(&format!("WITH counted AS ({rows}) {count}")).1, expected, "{}", question.name);
            let places = format!("WITH counted AS ({rows}) SELECT source, offset, time FROM counted");
            assert_eq!(told(&places).0, ["source", "offset", "time"]);
        }
        let measured = ["delay", "deliveries.bytes", "directory.p95_s", "hops", "messages.bytes", "submitters"];
        assert_eq!(without, measured);
    }

    #[test]
    fn l22_the_order_of_facts_changes_no_row_and_no_figure() {
        let judge = Judge::new(&Config::default(), &Assets::default()).expect("the built-in rules are right");
        let by: Vec<String> = ["host", "instance", "domain"].map(str::to_owned).into();
        let ask = |run: &mut Run, top| {
            let again = Again::default();
            let request = Request {
                report: "full",
                span: Span::ALL,
                now: i64::MAX,
                domains: &[],
                top,
                by: &by,
                again: &again,
            };
            let report = compose(run, &Assets::default(), &Zone::utc(), &request, &judge).expect("it is composed");
            format!("{:#?}\n{:#?}\n{:#?}", report.sections, report.measurements, report.findings)
        };
        for top in [None, Some(3)] {
            let expected = ask(&mut sample(), top);
            for seed in [1, 2, 3] {
                let mut run = sample();
                run.facts.shuffle(seed);
                assert!(expected == ask(&mut run, top), "another order, {top:?} rows");
            }
        }
    }
}
