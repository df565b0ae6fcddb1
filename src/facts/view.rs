//! A view of the facts for SQL: a period, a scope, and the columns that questions need.
//!
//! The period and the scope are applied once, before any question is asked. Only the columns that some question needs
//! are made, and only their texts are laid out.

use super::columns::{Laid, column, internal, share};
use super::networks::Networks;
use super::rows::Values;
use super::schema::{ColumnDef, TableDef};
use super::stored::Stored;
use super::{Facts, NULL, Shelved, TABLES, Table, Texts};
use crate::error::Result;
use crate::event::{NO_TEXT, TextId};
use crate::time::{HOUR, Span, Zone};
use polars::prelude::{Column, DataFrame, DataType, IntoColumn, NamedFrom, Series};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that tables with a time have beside their own: the starts of the local hour and day, the client's network.
pub const DERIVED: [(&str, &str); 3] = [
    ("hour", "The instant at which the local hour of `time` began."),
    ("day", "The same of the local day."),
    (CLIENT_NET, "Of tables with `client_ip`: the client's network, an IPv4 /24 or an IPv6 /48."),
];

/// The column of clients' networks.
pub const CLIENT_NET: &str = "client_net";

/// What part of the facts is looked at.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The period.
    pub span: Span,
    /// The domains whose mail it is; all where there are none.
    pub domains: &'a [String],
}

impl Scope<'_> {
    /// Everything.
    pub const ALL: Scope<'static> = Scope { span: Span::ALL, domains: &[] };
}

/// The columns that questions need, by table.
#[derive(Clone, Debug, Default)]
pub struct Wanted(BTreeMap<&'static str, BTreeSet<String>>);

impl Wanted {
    /// What questions may need: each word of a question, but not of what stands in a line of comment, may be a column of
    /// each table that it names.
    pub fn of<'q>(questions: impl IntoIterator<Item = &'q str>) -> Self {
        let mut wanted = Self::default();
        for question in questions {
            let lines = question.lines().filter(|line| !line.trim_start().starts_with("--"));
            let words: BTreeSet<&str> = lines.flat_map(words).collect();
            let tables = TABLES.iter().filter(|table| words.contains(table.name));
            tables.for_each(|table| wanted.add(table.name, words.iter().map(|word| (*word).to_owned())));
        }
        wanted
    }

    /// Everything.
    pub fn all() -> Self {
        let mut wanted = Self::default();
        for table in TABLES {
            wanted.add(table.name, names(table, |_| true).into_iter().map(str::to_owned));
        }
        wanted
    }

    /// Some columns of some tables.
    pub fn columns(tables: &BTreeSet<String>, columns: &BTreeSet<String>) -> Self {
        let mut wanted = Self::default();
        let tables = TABLES.iter().filter(|table| tables.contains(table.name));
        tables.for_each(|table| wanted.add(table.name, columns.iter().cloned()));
        wanted
    }

    fn add(&mut self, table: &'static str, columns: impl Iterator<Item = String>) {
        // Each table has a column by which its height is known.
        self.0.entry(table).or_default().extend(columns.chain(["offset".to_owned()]));
    }

    /// Whether a column of a table is wanted.
    pub(super) fn has(&self, table: &str, column: &str) -> bool {
        self.0.get(table).is_some_and(|columns| columns.contains(column))
    }
}

/// Every word of a question: among them are the tables and columns that it needs.
pub fn words(question: &str) -> impl Iterator<Item = &str> {
    question.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Facts within a period and a scope.
#[derive(Debug)]
pub struct View<'a> {
    wanted: Wanted,
    /// Of each table, its rows in memory that are in the view.
    made: Vec<Made>,
    stored: Stored<'a>,
}

/// The columns of a table in memory.
#[derive(Debug)]
struct Made {
    height: usize,
    columns: BTreeMap<&'static str, Column>,
}

impl<'a> View<'a> {
    /// The facts of a scope, for questions that need no other columns than these.
    ///
    /// # Errors
    ///
    /// Where stored facts cannot be read; where a text is not UTF-8, which would be our own fault.
    pub fn new(facts: &'a Facts, zone: &'a Zone, scope: &Scope<'_>, wanted: Wanted) -> Result<Self> {
        let (parts, stored) = read(facts, &facts.shelved, zone, scope, &wanted)?;
        let laid = Laid::new(&facts.texts, parts.iter().flat_map(Part::texts))?;
        Ok(Self { made: made(parts, &facts.shelved, zone, &laid)?, wanted, stored })
    }

    /// The same as the last view of these facts: what is in memory goes as columns are made of it, so that memory need
    /// not hold both.
    ///
    /// # Errors
    ///
    /// As [`View::new`].
    pub fn last(facts: &'a mut Facts, zone: &'a Zone, scope: &Scope<'_>, wanted: Wanted) -> Result<Self> {
        let mut own = facts.taken();
        let (parts, stored) = read(&own, &facts.shelved, zone, scope, &wanted)?;
        own.let_go();
        let laid = Laid::new(&own.texts, parts.iter().flat_map(Part::texts))?;
        drop(own);
        Ok(Self { made: made(parts, &facts.shelved, zone, &laid)?, wanted, stored })
    }

    /// The table with those of these columns that it has and that were asked for at the beginning.
    ///
    /// # Errors
    ///
    /// Where stored facts cannot be read; where polars refuses, which would be our own fault.
    pub fn frame(&self, table: &str, wanted: &BTreeSet<String>) -> Result<Option<DataFrame>> {
        let Some(place) = place(table) else { return Ok(None) };
        let names = names(&TABLES[place], |name| wanted.contains(name) && self.wanted.has(table, name));
        let mut frame = self.made(place, &names)?;
        if let Some(stored) = self.stored.frame(place, &names)? {
            frame = if frame.height() == 0 { stored } else { frame.vstack(&stored).map_err(|e| internal(&e))? };
        }
        Ok(Some(frame))
    }

    /// These columns of the rows in memory.
    fn made(&self, place: usize, names: &[&'static str]) -> Result<DataFrame> {
        let made = &self.made[place];
        let columns = names.iter().filter_map(|name| made.columns.get(name)).cloned().collect();
        DataFrame::new(made.height, columns).map_err(|e| internal(&e))
    }

    /// The zone of its hours and days.
    pub fn zone(&self) -> &Zone {
        self.stored.zone
    }

    /// Whether a table is more than memory holds, and read anew by each question.
    pub fn is_large(&self, table: &str) -> bool {
        place(table).is_some_and(|place| self.stored.is_large(place))
    }

    /// Whether one of the tables that questions name is so.
    pub fn is_partly_large(&self) -> bool {
        self.wanted.0.keys().any(|table| self.is_large(table))
    }

    /// Asks a table portion by portion; one that is not large in one. Who asks is given a way to read columns of his
    /// portion. The answers stand in the order of the portions.
    ///
    /// # Errors
    ///
    /// As [`View::frame`]; what the asking meets.
    pub fn portions<T: Send>(
        &self,
        table: &str,
        ask: impl Fn(&dyn Fn(&BTreeSet<String>) -> Result<DataFrame>) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let Some(place) = place(table) else { return Ok(Vec::new()) };
        if !self.stored.is_large(place) {
            let read = |wanted: &_| Ok(self.frame(table, wanted)?.unwrap_or_default());
            return Ok(vec![ask(&read)?]);
        }
        let names = |wanted: &BTreeSet<String>| names(&TABLES[place], |name| wanted.contains(name));
        let memory = (self.made[place].height > 0).then(|| ask(&|wanted| self.made(place, &names(wanted))));
        let stored = each(&self.stored.portions(place), |portion| {
            ask(&|wanted| self.stored.portion(place, portion, &names(wanted)))
        });
        memory.into_iter().chain(stored).collect()
    }

    /// A table without rows.
    ///
    /// # Errors
    ///
    /// As [`View::frame`].
    pub fn nothing(&self, table: &str, wanted: &BTreeSet<String>) -> Result<DataFrame> {
        let Some(place) = place(table) else { return Ok(DataFrame::default()) };
        Ok(self.made(place, &names(&TABLES[place], |name| wanted.contains(name)))?.slice(0, 0))
    }
}

/// The place of a table among all.
fn place(table: &str) -> Option<usize> {
    TABLES.iter().position(|def| def.name == table)
}

/// Does something with each part: several at a time, but one after the other on a thread of the pool, which while it waits
/// for its own parts would begin what is another's, and so stack one question on the next.
pub(super) fn each<P: Copy + Sync, T: Send>(parts: &[P], work: impl Fn(P) -> T + Sync) -> Vec<T> {
    match rayon::current_thread_index() {
        Some(_) => parts.iter().map(|part| work(*part)).collect(),
        None => parts.par_iter().map(|part| work(*part)).collect(),
    }
}

/// Reads what is wanted of facts in memory, and of those that are shelved.
fn read<'a>(
    facts: &Facts,
    shelved: &'a Shelved,
    zone: &'a Zone,
    scope: &Scope<'_>,
    wanted: &Wanted,
) -> Result<(Vec<Part>, Stored<'a>)> {
    let mut domains = Domains::new(facts, scope.domains);
    let stored = Stored::new(shelved, zone, scope, wanted, domains.as_mut())?;
    let read = |table: &&dyn Table| Part::new(*table, scope.span, domains.as_ref(), wanted);
    Ok((facts.tables().par_iter().map(read).collect(), stored))
}

/// Makes the columns, one table after the other, so that what they are made of goes meanwhile.
fn made(parts: Vec<Part>, shelved: &Shelved, zone: &Zone, laid: &Laid) -> Result<Vec<Made>> {
    parts.into_iter().map(|part| part.make(shelved, zone, laid)).collect()
}

/// The values of a column, sources by their places in the coverage.
fn placed(def: &ColumnDef, mut values: Values, shelved: &Shelved) -> Values {
    if let Values::Numbers(sources) = &mut values
        && is_source(def.name)
    {
        sources.iter_mut().for_each(|source| *source = shelved.place_of(*source));
    }
    values
}

/// What is wanted of a table in memory, not yet laid out.
struct Part {
    def: &'static TableDef,
    height: usize,
    /// The wanted columns, derived ones too.
    names: Vec<&'static str>,
    /// The table's own columns that these are made of.
    values: BTreeMap<&'static str, Values>,
}

impl Part {
    fn new(table: &dyn Table, span: Span, domains: Option<&Domains<'_>>, wanted: &Wanted) -> Self {
        let def = table.def();
        let rows = rows(table, span, domains);
        let names = names(def, |name| wanted.has(def.name, name));
        let own: BTreeSet<&'static str> = names.iter().map(|name| origin(name)).collect();
        let places: Vec<usize> = own.iter().filter_map(|name| def.place(name)).collect();
        // Each thread reads a share of the columns: rows lie in memory one by one.
        let values = places
            .par_chunks(share(places.len()))
            .map(|places| table.columns(places, rows.as_deref()))
            .flatten_iter();
        let values = own.into_iter().zip(values.collect::<Vec<_>>()).collect();
        Self { def, height: rows.map_or_else(|| table.len(), |rows| rows.len()), names, values }
    }

    /// The ids of all its texts.
    fn texts(&self) -> impl Iterator<Item = &[TextId]> {
        self.values.values().filter_map(|values| match values {
            Values::Texts(ids) => Some(ids.as_slice()),
            Values::Numbers(_) => None,
        })
    }

    /// Makes the columns: first those that are made of others.
    fn make(self, shelved: &Shelved, zone: &Zone, laid: &Laid) -> Result<Made> {
        let derived: Vec<&'static str> =
            self.names.iter().copied().filter(|name| self.def.place(name).is_none()).collect();
        let derived = derived.into_par_iter().map(|name| Ok((name, self.derived(name, zone, laid)?)));
        let mut columns = derived.collect::<Result<BTreeMap<_, _>>>()?;
        let Self { def, height, names, values } = self;
        let own = values.into_par_iter().filter(|(name, _)| names.contains(name));
        let make = |(name, values): (&'static str, Values)| {
            let def = &def.columns[def.place(name)?];
            Some(column(def, placed(def, values, shelved), laid).map(|column| (name, column)))
        };
        columns.extend(own.filter_map(make).collect::<Result<Vec<_>>>()?);
        Ok(Made { height, columns })
    }

    fn derived(&self, name: &'static str, zone: &Zone, laid: &Laid) -> Result<Column> {
        let series = match self.values.get(origin(name)) {
            Some(Values::Texts(addresses)) => networks(laid, addresses)?,
            Some(Values::Numbers(times)) => {
                buckets(zone, name, times.iter().map(|time| (*time != NULL).then_some(*time)))
            }
            None => Series::new_empty(name.into(), &DataType::Int64),
        };
        Ok(series.into_column())
    }
}

/// The networks of clients with these addresses. Each thread reads each address once.
fn networks(laid: &Laid, addresses: &[TextId]) -> Result<Series> {
    let of_share = |addresses: &[TextId]| {
        let mut networks = Networks::default();
        let places = addresses.iter().map(|id| networks.place(laid.text(laid.place(*id)))).collect();
        networks.series(places)
    };
    let shares = addresses.par_chunks(share(addresses.len())).map(of_share).collect::<Result<Vec<_>>>()?;
    let mut all = Series::new_empty(CLIENT_NET.into(), &DataType::String);
    for share in &shares {
        all.append(share).map_err(|e| internal(&e))?;
    }
    Ok(all.rechunk())
}

/// The table's own column that a column is made of: itself, where it is not derived.
fn origin(name: &'static str) -> &'static str {
    match name {
        "hour" | "day" => "time",
        CLIENT_NET => "client_ip",
        own => own,
    }
}

/// Whether a column holds numbers of sources.
pub(super) fn is_source(column: &str) -> bool {
    column == "source" || column.ends_with("_source")
}

/// The starts of the local hours or days of some times.
pub(super) fn buckets(zone: &Zone, name: &str, times: impl Iterator<Item = Option<i64>>) -> Series {
    let start = if name == "hour" { Zone::hour_start } else { Zone::day_start };
    let mut known = (NULL, NULL);
    let mut of = |time: i64| {
        // A quarter of an hour lies in one hour and one day in every zone.
        let quarter = time.div_euclid(HOUR / 4);
        if known.0 != quarter {
            known = (quarter, start(zone, time));
        }
        known.1
    };
    Series::new(name.into(), times.map(|time| time.map(&mut of)).collect::<Vec<Option<i64>>>())
}

/// The columns of a table, those that are derived too.
pub fn columns(table: &TableDef) -> impl Iterator<Item = &'static str> + '_ {
    let derived = DERIVED.iter().map(|(name, _)| *name).filter(|name| can_derive(table, name));
    table.columns.iter().map(|column| column.name).chain(derived)
}

/// The columns of a table that are wanted, its own first.
pub(super) fn names(table: &TableDef, wanted: impl Fn(&str) -> bool) -> Vec<&'static str> {
    columns(table).filter(|name| wanted(name)).collect()
}

/// Whether a table has what a derived column is made of.
fn can_derive(table: &TableDef, name: &str) -> bool {
    let has = |name| table.place(name).is_some();
    has("time") && (name != CLIENT_NET || has("client_ip"))
}

/// The rows of a table that are in the view; nothing if all are.
fn rows(table: &dyn Table, span: Span, domains: Option<&Domains<'_>>) -> Option<Vec<u32>> {
    if span == Span::ALL && domains.is_none() {
        return None;
    }
    let times = table.numbers("time", None);
    let in_span = |row: usize| {
        let Some(time) = times.as_ref().map(|times| times[row]) else { return true };
        time != NULL && span.holds(time)
    };
    let own = domains.map(|domains| domains.of(table));
    let count = u32::try_from(table.len()).unwrap_or(u32::MAX);
    let chosen = (0..count).filter(|row| {
        let row = *row as usize;
        in_span(row) && own.as_ref().is_none_or(|own| own[row])
    });
    Some(chosen.collect())
}

/// Whether it can be told of a table's rows whose mail they are: some column of it names a domain.
pub fn is_told_by_domain(table: &str) -> bool {
    TABLES.iter().any(|def| def.name == table && def.domains().next().is_some())
}

/// The columns of deliveries that tell which domain received: as it was given, and after all rewriting.
pub(super) const RECEIVING: [&str; 2] = ["recipient_domain", "original_domain"];

/// One domain's mail, or that of several.
pub(super) struct Domains<'a> {
    /// The domains.
    pub names: Vec<String>,
    /// Whether each text is one of the domains.
    own: Vec<bool>,
    /// The queue entries with a recipient in the domains.
    pub received: BTreeSet<Vec<u8>>,
    texts: &'a Texts,
}

impl<'a> Domains<'a> {
    fn new(facts: &'a Facts, domains: &[String]) -> Option<Self> {
        if domains.is_empty() {
            return None;
        }
        let names: Vec<String> = domains.iter().map(|domain| domain.to_lowercase()).collect();
        let is_own = |id| facts.texts.get(id).is_some_and(|text| names.iter().any(|d| d.as_bytes() == text));
        let own = (0..facts.texts.len()).map(is_own).collect();
        let mut all = Self { names, own, received: BTreeSet::new(), texts: &facts.texts };
        let deliveries = facts.tables().into_iter().find(|table| table.def().name == "deliveries");
        all.received = deliveries.map(|table| all.received_by(table)).unwrap_or_default();
        Some(all)
    }

    fn is_own(&self, id: TextId) -> bool {
        id != NO_TEXT && self.own.get(id as usize).copied().unwrap_or(false)
    }

    fn received_by(&self, deliveries: &dyn Table) -> BTreeSet<Vec<u8>> {
        let own = self.any(deliveries, RECEIVING.into_iter());
        let queue_ids = deliveries.texts("queue_id", None).unwrap_or_default();
        let received = own.into_iter().zip(queue_ids).filter(|(own, _)| *own);
        received.filter_map(|(_, queue_id)| self.texts.get(queue_id).map(<[u8]>::to_vec)).collect()
    }

    /// Which rows of a table are of the domains' mail.
    fn of(&self, table: &dyn Table) -> Vec<bool> {
        let mut rows = self.any(table, table.def().domains());
        if table.def().name == "messages" {
            let received = |id: TextId| self.texts.get(id).is_some_and(|id| self.received.contains(id));
            let queue_ids = table.texts("queue_id", None).unwrap_or_default();
            rows.iter_mut().zip(queue_ids).for_each(|(row, id)| *row |= received(id));
        }
        rows
    }

    /// Which rows have one of the domains in one of these columns.
    fn any(&self, table: &dyn Table, columns: impl Iterator<Item = &'static str>) -> Vec<bool> {
        let columns: Vec<Vec<TextId>> = columns.filter_map(|name| table.texts(name, None)).collect();
        (0..table.len()).map(|row| columns.iter().any(|column| self.is_own(column[row]))).collect()
    }
}
