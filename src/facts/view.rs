//! A view of the facts for SQL: a period, a scope, and the columns that a question needs.
//!
//! The period and the scope are applied once, before any question is asked. A column becomes polars' own only when
//! the first question needs it.

use super::schema::{ColumnDef, ColumnKind};
use super::{Column, Facts, NULL, TABLES, Table, Texts};
use crate::error::{Error, Exit, Result};
use crate::event::{NO_TEXT, TextId};
use crate::time::{Span, Zone};
use polars::prelude::{
    ChunkTake, DataFrame, IdxCa, IdxSize, IntoColumn, NamedFrom, Series, StringChunked, StringChunkedBuilder,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Mutex;

/// Columns that tables with a time have beside their own: the starts of the local hour and day, the client's network.
pub const DERIVED: [(&str, &str); 3] = [
    ("hour", "The instant at which the local hour of `time` began."),
    ("day", "The same of the local day."),
    (
        CLIENT_NET,
        "Of tables with `client_ip`: the client's network, an IPv4 /24 or an IPv6 /48.",
    ),
];

const CLIENT_NET: &str = "client_net";

/// Facts within a period and a scope.
#[derive(Debug)]
pub struct View<'a> {
    facts: &'a Facts,
    zone: &'a Zone,
    /// The rows of each table that are in the view; all where absent.
    rows: Vec<Option<Vec<u32>>>,
    texts: StringChunked,
    columns: Mutex<BTreeMap<(usize, String), polars::prelude::Column>>,
}

impl<'a> View<'a> {
    /// The facts whose time lies in the span, narrowed to domains where there are any.
    ///
    /// # Errors
    ///
    /// Where a text is not UTF-8, which would be our own fault.
    pub fn new(facts: &'a Facts, zone: &'a Zone, span: Span, domains: &[String]) -> Result<Self> {
        let scope = Scope::new(facts, domains);
        let rows = facts
            .tables()
            .iter()
            .map(|table| rows(table, span, scope.as_ref()))
            .collect();
        Ok(Self {
            facts,
            zone,
            rows,
            texts: text_column(&facts.texts)?,
            columns: Mutex::default(),
        })
    }

    /// The same where it is wanted, else nothing.
    ///
    /// # Errors
    ///
    /// As [`View::new`].
    pub fn new_if(
        wanted: bool,
        facts: &'a Facts,
        zone: &'a Zone,
        span: Span,
        domains: &[String],
    ) -> Result<Option<Self>> {
        wanted.then(|| Self::new(facts, zone, span, domains)).transpose()
    }

    /// The table with those of these columns that it has.
    ///
    /// # Errors
    ///
    /// Where polars refuses, which would be our own fault.
    pub fn frame(&self, table: &str, wanted: &BTreeSet<String>) -> Result<Option<DataFrame>> {
        let Some(place) = TABLES.iter().position(|def| def.name == table) else {
            return Ok(None);
        };
        let table = &self.facts.tables()[place];
        let own = table.def.columns.iter().map(|column| column.name);
        let derived = DERIVED
            .iter()
            .map(|(name, _)| *name)
            .filter(|_| time_column(table).is_some())
            .filter(|name| *name != CLIENT_NET || ids(table, "client_ip").is_some());
        let names: Vec<&str> = own.chain(derived).filter(|name| wanted.contains(*name)).collect();
        let columns = names
            .iter()
            .map(|name| self.column(place, name))
            .collect::<Result<Vec<_>>>()?;
        DataFrame::new(self.height(place), columns)
            .map(Some)
            .map_err(|e| internal(&e))
    }

    fn height(&self, place: usize) -> usize {
        self.rows[place]
            .as_ref()
            .map_or(self.facts.tables()[place].rows, Vec::len)
    }

    fn column(&self, place: usize, name: &str) -> Result<polars::prelude::Column> {
        let key = (place, name.to_owned());
        let mut columns = self
            .columns
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(column) = columns.get(&key) {
            return Ok(column.clone());
        }
        let column = self.make(place, name)?;
        columns.insert(key, column.clone());
        Ok(column)
    }

    fn make(&self, place: usize, name: &str) -> Result<polars::prelude::Column> {
        let table = &self.facts.tables()[place];
        let rows = self.rows[place].as_deref();
        let found = table
            .def
            .columns
            .iter()
            .zip(&table.columns)
            .find(|(def, _)| def.name == name);
        let series = match (found, name) {
            (Some((_, Column::Texts(ids))), _) => self.text_series(name, ids, rows)?,
            (Some((def, Column::Numbers(values))), _) => number_series(def, values, rows),
            (None, CLIENT_NET) => self.networks(ids(table, "client_ip").unwrap_or_default(), rows),
            (None, "hour") => self.bucket(table, name, rows, Zone::hour_start),
            (None, _) => self.bucket(table, name, rows, Zone::day_start),
        };
        Ok(series.into_column())
    }

    fn text_series(&self, name: &str, ids: &[TextId], rows: Option<&[u32]>) -> Result<Series> {
        // The last text of the column of texts is no text.
        let none = IdxSize::try_from(self.texts.len() - 1).unwrap_or(IdxSize::MAX);
        let place = |id: TextId| if id == NO_TEXT { none } else { id };
        let places: Vec<IdxSize> = match rows {
            Some(rows) => rows.iter().map(|row| place(ids[*row as usize])).collect(),
            None => ids.iter().map(|id| place(*id)).collect(),
        };
        let taken = self
            .texts
            .take(&IdxCa::from_vec("".into(), places))
            .map_err(|e| internal(&e))?;
        Ok(taken.with_name(name.into()).into())
    }

    /// The networks of the clients with these addresses.
    fn networks(&self, addresses: &[TextId], rows: Option<&[u32]>) -> Series {
        let mut known: BTreeMap<TextId, Option<String>> = BTreeMap::new();
        let mut of = |id: TextId| {
            let network = known.entry(id).or_insert_with(|| {
                let address = std::str::from_utf8(self.facts.texts.get(id)?).ok()?;
                Some(network(address.parse().ok()?))
            });
            network.clone()
        };
        let networks: Vec<Option<String>> = match rows {
            Some(rows) => rows.iter().map(|row| of(addresses[*row as usize])).collect(),
            None => addresses.iter().map(|id| of(*id)).collect(),
        };
        Series::new(CLIENT_NET.into(), networks)
    }

    fn bucket(
        &self,
        table: &Table,
        name: &str,
        rows: Option<&[u32]>,
        start: impl Fn(&Zone, i64) -> i64,
    ) -> Series {
        let mut known = (0, 0, NULL);
        let values = time_column(table).unwrap_or_default();
        let mut of = |time: i64| {
            if time == NULL {
                return None;
            }
            // A quarter of an hour lies in one hour and one day in every zone.
            let quarter = time.div_euclid(crate::time::HOUR / 4);
            if known.2 == NULL || known.0 != quarter {
                known = (quarter, 0, start(self.zone, time));
            }
            Some(known.2)
        };
        let buckets: Vec<Option<i64>> = match rows {
            Some(rows) => rows.iter().map(|row| of(values[*row as usize])).collect(),
            None => values.iter().map(|time| of(*time)).collect(),
        };
        Series::new(name.into(), buckets)
    }
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
            let start = std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            format!("{start}/48")
        }
    }
}

fn internal(error: &polars::prelude::PolarsError) -> Error {
    Error::new(Exit::Internal, "the facts cannot be laid out").why(error)
}

fn number_series(def: &ColumnDef, values: &[i64], rows: Option<&[u32]>) -> Series {
    let chosen: Vec<i64> = match rows {
        Some(rows) => rows.iter().map(|row| values[*row as usize]).collect(),
        None => values.to_vec(),
    };
    let present = |value: &i64| (*value != NULL).then_some(*value);
    match def.kind {
        #[expect(
            clippy::cast_precision_loss,
            reason = "durations are far below 2^52 microseconds"
        )]
        ColumnKind::Seconds => {
            let seconds: Vec<Option<f64>> = chosen
                .iter()
                .map(|v| present(v).map(|v| v as f64 / 1e6))
                .collect();
            Series::new(def.name.into(), seconds)
        }
        ColumnKind::Flag => {
            let flags: Vec<Option<bool>> = chosen.iter().map(|v| present(v).map(|v| v != 0)).collect();
            Series::new(def.name.into(), flags)
        }
        _ if chosen.contains(&NULL) => Series::new(
            def.name.into(),
            chosen.iter().map(present).collect::<Vec<Option<i64>>>(),
        ),
        _ => Series::new(def.name.into(), chosen),
    }
}

/// The times of a table's rows.
fn time_column(table: &Table) -> Option<&[i64]> {
    numbers(table, "time")
}

fn numbers<'t>(table: &'t Table, name: &str) -> Option<&'t [i64]> {
    let at = table.def.columns.iter().position(|column| column.name == name)?;
    match table.columns.get(at)? {
        Column::Numbers(values) => Some(values),
        Column::Texts(_) => None,
    }
}

fn ids<'t>(table: &'t Table, name: &str) -> Option<&'t [TextId]> {
    let at = table.def.columns.iter().position(|column| column.name == name)?;
    match table.columns.get(at)? {
        Column::Texts(ids) => Some(ids),
        Column::Numbers(_) => None,
    }
}

/// All texts as one column, by id; behind the last there is one that is no text.
fn text_column(texts: &Texts) -> Result<StringChunked> {
    let len = texts.len() as usize;
    let mut builder = StringChunkedBuilder::new("".into(), len + 1);
    for word in crate::event::Word::ALL {
        builder.append_value(word);
    }
    for (_, part) in texts.parts() {
        for at in 0..part.len() {
            let text = std::str::from_utf8(part.get(at));
            builder.append_value(text.map_err(|e| Error::new(Exit::Internal, "a text is not UTF-8").why(e))?);
        }
    }
    builder.append_null();
    Ok(builder.finish())
}

/// The rows of a table that are in the view; nothing if all are.
fn rows(table: &Table, span: Span, scope: Option<&Scope<'_>>) -> Option<Vec<u32>> {
    if span == Span::ALL && scope.is_none() {
        return None;
    }
    let times = time_column(table);
    let in_span = |row: usize| {
        let Some(time) = times.map(|times| times[row]) else {
            return true;
        };
        time != NULL && span.start.is_none_or(|start| time >= start) && span.end.is_none_or(|end| time < end)
    };
    let in_scope = scope.map(|scope| scope.of(table));
    let row_count = u32::try_from(table.rows).unwrap_or(u32::MAX);
    let chosen = (0..row_count)
        .filter(|row| in_span(*row as usize) && in_scope.as_ref().is_none_or(|s| s[*row as usize]));
    Some(chosen.collect())
}

/// One domain's mail, or that of several.
struct Scope<'a> {
    /// Whether each text is one of the domains.
    own: Vec<bool>,
    /// The queue entries with a recipient in the domains.
    received: BTreeSet<&'a [u8]>,
    texts: &'a Texts,
}

impl<'a> Scope<'a> {
    fn new(facts: &'a Facts, domains: &[String]) -> Option<Self> {
        if domains.is_empty() {
            return None;
        }
        let domains: Vec<String> = domains.iter().map(|domain| domain.to_lowercase()).collect();
        let own = (0..facts.texts.len())
            .map(|id| {
                facts
                    .texts
                    .get(id)
                    .is_some_and(|text| domains.iter().any(|d| d.as_bytes() == text))
            })
            .collect();
        let mut scope = Self {
            own,
            received: BTreeSet::new(),
            texts: &facts.texts,
        };
        let deliveries = &facts.tables()[<super::schema::Delivery as super::Stored>::PLACE];
        scope.received = scope.received_by(deliveries);
        Some(scope)
    }

    fn is_own(&self, id: TextId) -> bool {
        self.own.get(id as usize).copied().unwrap_or(false)
    }

    fn received_by(&self, deliveries: &Table) -> BTreeSet<&'a [u8]> {
        let (Some(domains), Some(queue_ids)) =
            (ids(deliveries, "recipient_domain"), ids(deliveries, "queue_id"))
        else {
            return BTreeSet::new();
        };
        let own = domains
            .iter()
            .zip(queue_ids)
            .filter(|(domain, _)| self.is_own(**domain));
        own.filter_map(|(_, queue_id)| self.texts.get(*queue_id))
            .collect()
    }

    /// Which rows of a table are of the domains' mail. What cannot be told apart by domain belongs to none.
    fn of(&self, table: &Table) -> Vec<bool> {
        let any = |names: &[&str]| {
            let columns: Vec<&[TextId]> = names.iter().filter_map(|name| ids(table, name)).collect();
            (0..table.rows)
                .map(move |row| columns.iter().any(|column| self.is_own(column[row])))
                .collect::<Vec<bool>>()
        };
        match table.def.name {
            "messages" => {
                let mut rows = any(&["sender_domain", "user_domain"]);
                let queue_ids = ids(table, "queue_id").unwrap_or_default();
                let received = |id: &TextId| self.texts.get(*id).is_some_and(|id| self.received.contains(id));
                rows.iter_mut()
                    .zip(queue_ids)
                    .for_each(|(row, id)| *row |= received(id));
                rows
            }
            "deliveries" => any(&["sender_domain", "recipient_domain"]),
            "rejections" => any(&["recipient_domain"]),
            "logins" | "sessions" => any(&["user_domain"]),
            _ => vec![false; table.rows],
        }
    }
}
