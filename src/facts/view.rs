//! A view of the facts for SQL: a period, a scope, and the columns that questions need.
//!
//! The period and the scope are applied once, before any question is asked. A column becomes polars' own only when
//! the first question needs it, and only the texts of needed columns are laid out at all.

use super::schema::{ColumnDef, ColumnKind};
use super::{Facts, NULL, TABLES, Table, Texts};
use crate::error::{Error, Exit, Result};
use crate::event::{NO_TEXT, TextId, Word};
use crate::time::{HOUR, Span, Zone};
use polars::prelude::{
    ChunkTake, Column, DataFrame, IdxCa, IdxSize, IntoColumn, NamedFrom, PolarsError, Series, StringChunked,
    StringChunkedBuilder,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Mutex;

/// Columns that tables with a time have beside their own: the starts of the local hour and day, the client's network.
pub const DERIVED: [(&str, &str); 3] = [
    ("hour", "The instant at which the local hour of `time` began."),
    ("day", "The same of the local day."),
    (CLIENT_NET, "Of tables with `client_ip`: the client's network, an IPv4 /24 or an IPv6 /48."),
];

const CLIENT_NET: &str = "client_net";

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

/// Facts within a period and a scope.
#[derive(Debug)]
pub struct View<'a> {
    facts: &'a Facts,
    zone: &'a Zone,
    /// The rows of each table that are in the view; all where absent.
    rows: Vec<Option<Vec<u32>>>,
    texts: Laid,
    /// The columns whose texts are laid out.
    prepared: BTreeSet<String>,
    columns: Mutex<BTreeMap<(usize, String), Column>>,
}

impl<'a> View<'a> {
    /// The facts of a scope, for questions that need no other columns than these.
    ///
    /// # Errors
    ///
    /// Where a text is not UTF-8, which would be our own fault.
    pub fn new(facts: &'a Facts, zone: &'a Zone, scope: &Scope<'_>, columns: &BTreeSet<String>) -> Result<Self> {
        let domains = Domains::new(facts, scope.domains);
        let rows: Vec<Option<Vec<u32>>> =
            facts.tables().into_iter().map(|table| rows(table, scope.span, domains.as_ref())).collect();
        let texts = Laid::new(facts, &rows, columns)?;
        Ok(Self { facts, zone, rows, texts, prepared: columns.clone(), columns: Mutex::default() })
    }

    /// The table with those of these columns that it has.
    ///
    /// # Errors
    ///
    /// Where polars refuses, which would be our own fault.
    pub fn frame(&self, table: &str, wanted: &BTreeSet<String>) -> Result<Option<DataFrame>> {
        let Some(place) = TABLES.iter().position(|def| def.name == table) else { return Ok(None) };
        let table = self.facts.tables()[place];
        let own = table.def().columns.iter().map(|column| column.name);
        let derived = DERIVED.iter().map(|(name, _)| *name).filter(|name| can_derive(table, name));
        let names: Vec<&str> = own.chain(derived).filter(|name| wanted.contains(*name)).collect();
        let columns = names.iter().map(|name| self.column(place, name)).collect::<Result<Vec<_>>>()?;
        let height = self.rows[place].as_ref().map_or_else(|| table.len(), Vec::len);
        DataFrame::new(height, columns).map(Some).map_err(|e| internal(&e))
    }

    fn column(&self, place: usize, name: &str) -> Result<Column> {
        let key = (place, name.to_owned());
        let lock = || self.columns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(column) = lock().get(&key) {
            return Ok(column.clone());
        }
        let column = self.make(place, name)?;
        lock().insert(key, column.clone());
        Ok(column)
    }

    fn make(&self, place: usize, name: &str) -> Result<Column> {
        let table = self.facts.tables()[place];
        let rows = self.rows[place].as_deref();
        let series = match table.def().columns.iter().find(|def| def.name == name) {
            Some(def) if def.kind == ColumnKind::Text && !self.prepared.contains(name) => {
                return Err(Error::new(Exit::Internal, format!("the texts of `{name}` were not laid out")));
            }
            Some(def) if def.kind == ColumnKind::Text => {
                self.texts.series(name, table.texts(name, rows).unwrap_or_default())?
            }
            Some(def) => number_series(def, table.numbers(name, rows).unwrap_or_default()),
            None if name == CLIENT_NET => self.networks(&table.texts("client_ip", rows).unwrap_or_default()),
            None if name == "hour" => self.bucket(table, name, rows, Zone::hour_start),
            None => self.bucket(table, name, rows, Zone::day_start),
        };
        Ok(series.into_column())
    }

    /// The networks of the clients with these addresses.
    fn networks(&self, addresses: &[TextId]) -> Series {
        let mut known: BTreeMap<TextId, Option<String>> = BTreeMap::new();
        let mut of = |id: TextId| {
            let network = known.entry(id).or_insert_with(|| {
                let address = std::str::from_utf8(self.facts.texts.get(id)?).ok()?;
                Some(network(address.parse().ok()?))
            });
            network.clone()
        };
        let networks: Vec<Option<String>> = addresses.iter().map(|id| of(*id)).collect();
        Series::new(CLIENT_NET.into(), networks)
    }

    fn bucket(&self, table: &dyn Table, name: &str, rows: Option<&[u32]>, start: fn(&Zone, i64) -> i64) -> Series {
        let mut known = (NULL, NULL);
        let mut of = |time: i64| {
            if time == NULL {
                return None;
            }
            // A quarter of an hour lies in one hour and one day in every zone.
            let quarter = time.div_euclid(HOUR / 4);
            if known.0 != quarter {
                known = (quarter, start(self.zone, time));
            }
            Some(known.1)
        };
        let times = table.numbers("time", rows).unwrap_or_default();
        Series::new(name.into(), times.into_iter().map(&mut of).collect::<Vec<Option<i64>>>())
    }
}

/// Whether a table has what a derived column is made of.
fn can_derive(table: &dyn Table, name: &str) -> bool {
    let has = |name| table.def().columns.iter().any(|column| column.name == name);
    has("time") && (name != CLIENT_NET || has("client_ip"))
}

/// The network that an address is taken to be of: who has one address of it can often have others too.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

fn internal(error: &PolarsError) -> Error {
    Error::new(Exit::Internal, "the facts cannot be laid out").why(error)
}

fn number_series(def: &ColumnDef, values: Vec<i64>) -> Series {
    let present = |value: i64| (value != NULL).then_some(value);
    match def.kind {
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 microseconds")]
        ColumnKind::Seconds => {
            let seconds = values.into_iter().map(|value| present(value).map(|micros| micros as f64 / 1e6));
            Series::new(def.name.into(), seconds.collect::<Vec<Option<f64>>>())
        }
        ColumnKind::Flag => {
            let flags = values.into_iter().map(|value| present(value).map(|flag| flag != 0));
            Series::new(def.name.into(), flags.collect::<Vec<Option<bool>>>())
        }
        _ if values.contains(&NULL) => {
            Series::new(def.name.into(), values.into_iter().map(present).collect::<Vec<Option<i64>>>())
        }
        _ => Series::new(def.name.into(), values),
    }
}

/// The texts of the columns that are needed, as one column of polars', and the place of each in it.
#[derive(Debug)]
struct Laid {
    texts: StringChunked,
    /// The place of each text by its id.
    places: Vec<IdxSize>,
}

impl Laid {
    /// Lays out the texts of these columns of all tables. The first text laid out is no text.
    fn new(facts: &Facts, rows: &[Option<Vec<u32>>], columns: &BTreeSet<String>) -> Result<Self> {
        let mut used = vec![false; facts.texts.len() as usize];
        for (table, rows) in facts.tables().into_iter().zip(rows) {
            let texts = table.def().columns.iter().filter(|def| def.kind == ColumnKind::Text);
            for def in texts.filter(|def| columns.contains(def.name)) {
                for id in table.texts(def.name, rows.as_deref()).unwrap_or_default() {
                    if let Some(used) = used.get_mut(id as usize) {
                        *used = true;
                    }
                }
            }
        }
        Self::of(&facts.texts, &used)
    }

    fn of(texts: &Texts, used: &[bool]) -> Result<Self> {
        let count = used.iter().filter(|used| **used).count();
        let mut builder = StringChunkedBuilder::new("".into(), count + 1);
        builder.append_null();
        let mut places = vec![0; used.len()];
        let mut next: IdxSize = 1;
        let mut lay = |id: usize, text: &[u8]| {
            if used[id] {
                let text = std::str::from_utf8(text);
                builder.append_value(text.map_err(|e| Error::new(Exit::Internal, "a text is not UTF-8").why(e))?);
                places[id] = next;
                next += 1;
            }
            Ok(())
        };
        Word::ALL.iter().enumerate().try_for_each(|(id, word)| lay(id, word.as_bytes()))?;
        for (base, part) in texts.parts() {
            (0..part.len()).try_for_each(|at| lay((Word::COUNT + base + at) as usize, part.get(at)))?;
        }
        Ok(Self { texts: builder.finish(), places })
    }

    fn series(&self, name: &str, ids: Vec<TextId>) -> Result<Series> {
        let places = ids.into_iter().map(|id| self.places.get(id as usize).copied().unwrap_or(0)).collect();
        let taken = self.texts.take(&IdxCa::from_vec("".into(), places)).map_err(|e| internal(&e))?;
        Ok(taken.with_name(name.into()).into())
    }
}

/// The rows of a table that are in the view; nothing if all are.
fn rows(table: &dyn Table, span: Span, domains: Option<&Domains<'_>>) -> Option<Vec<u32>> {
    if span == Span::ALL && domains.is_none() {
        return None;
    }
    let times = table.numbers("time", None);
    let in_span = |row: usize| {
        let Some(time) = times.as_ref().map(|times| times[row]) else { return true };
        time != NULL && span.start.is_none_or(|start| time >= start) && span.end.is_none_or(|end| time < end)
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
    let columns = TABLES.iter().filter(|def| def.name == table).flat_map(|def| def.columns);
    columns.into_iter().any(|column| column.name.ends_with("_domain"))
}

/// One domain's mail, or that of several.
struct Domains<'a> {
    /// Whether each text is one of the domains.
    own: Vec<bool>,
    /// The queue entries with a recipient in the domains.
    received: BTreeSet<&'a [u8]>,
    texts: &'a Texts,
}

impl<'a> Domains<'a> {
    fn new(facts: &'a Facts, domains: &[String]) -> Option<Self> {
        if domains.is_empty() {
            return None;
        }
        let domains: Vec<String> = domains.iter().map(|domain| domain.to_lowercase()).collect();
        let is_own = |id| facts.texts.get(id).is_some_and(|text| domains.iter().any(|d| d.as_bytes() == text));
        let own = (0..facts.texts.len()).map(is_own).collect();
        let mut all = Self { own, received: BTreeSet::new(), texts: &facts.texts };
        let deliveries = facts.tables().into_iter().find(|table| table.def().name == "deliveries");
        all.received = deliveries.map(|table| all.received_by(table)).unwrap_or_default();
        Some(all)
    }

    fn is_own(&self, id: TextId) -> bool {
        id != NO_TEXT && self.own.get(id as usize).copied().unwrap_or(false)
    }

    fn received_by(&self, deliveries: &dyn Table) -> BTreeSet<&'a [u8]> {
        let columns = (deliveries.texts("recipient_domain", None), deliveries.texts("queue_id", None));
        let (Some(domains), Some(queue_ids)) = columns else { return BTreeSet::new() };
        let own = domains.into_iter().zip(queue_ids).filter(|(domain, _)| self.is_own(*domain));
        own.filter_map(|(_, queue_id)| self.texts.get(queue_id)).collect()
    }

    /// Which rows of a table are of the domains' mail. What cannot be told apart by domain belongs to none.
    fn of(&self, table: &dyn Table) -> Vec<bool> {
        match table.def().name {
            "messages" => {
                let mut rows = self.any(table, &["sender_domain", "user_domain"]);
                let received = |id: TextId| self.texts.get(id).is_some_and(|id| self.received.contains(id));
                let queue_ids = table.texts("queue_id", None).unwrap_or_default();
                rows.iter_mut().zip(queue_ids).for_each(|(row, id)| *row |= received(id));
                rows
            }
            "deliveries" => self.any(table, &["sender_domain", "recipient_domain"]),
            "rejections" => self.any(table, &["recipient_domain"]),
            "logins" | "sessions" | "filings" => self.any(table, &["user_domain"]),
            _ => vec![false; table.len()],
        }
    }

    /// Which rows have one of the domains in one of these columns.
    fn any(&self, table: &dyn Table, columns: &[&str]) -> Vec<bool> {
        let columns: Vec<Vec<TextId>> = columns.iter().filter_map(|name| table.texts(name, None)).collect();
        (0..table.len()).map(|row| columns.iter().any(|column| self.is_own(column[row]))).collect()
    }
}
