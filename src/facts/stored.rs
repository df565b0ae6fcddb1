//! The facts on shelves, as a view sees them.
//!
//! Only segments of the period are opened, and only the columns that were asked for are read. Up to a bound they are read
//! once and kept; beyond it each question reads its own, so that memory stays bounded.

use super::columns::internal;
use super::networks::Networks;
use super::shelf::{Segment, Shelf};
use super::view::{CLIENT_NET, Domains, RECEIVING, Scope, Wanted, buckets, each, is_source, names};
use super::{Shelved, TABLES, TableDef};
use crate::error::Result;
use crate::time::{Span, Zone};
use polars::prelude::{BooleanChunked, Column, DataFrame, IntoColumn, NamedFrom, NewChunkedArray, Series};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that a value takes as the engine has it, about.
const VALUE: usize = 16;

/// Bytes of a row as the engine has it, with what it makes of it, at most. A portion that takes all memory has enough rows
/// that the engine's own work for each portion does not count.
const ROW: usize = 1 << 10;

/// Stored facts within a period and a scope.
#[derive(Debug)]
pub(super) struct Stored<'a> {
    shelved: &'a Shelved,
    pub zone: &'a Zone,
    span: Span,
    /// The domains whose mail it is, and the queue entries with a recipient in them.
    domains: Option<(Vec<String>, BTreeSet<Vec<u8>>)>,
    /// The segments of each table that may hold rows of the view.
    segments: Vec<Vec<(&'a Shelf, &'a Segment)>>,
    /// The columns that were read already, by table.
    kept: BTreeMap<usize, DataFrame>,
}

impl<'a> Stored<'a> {
    /// The stored facts of a scope; what is wanted is read now as far as it may be kept.
    pub fn new(
        shelved: &'a Shelved,
        zone: &'a Zone,
        scope: &Scope<'_>,
        wanted: &Wanted,
        domains: Option<&mut Domains<'_>>,
    ) -> Result<Self> {
        let of_table = |table: &str, span: Span| -> Vec<(&'a Shelf, &'a Segment)> {
            let of_shelf = |shelf: &'a Shelf| shelf.segments.iter().map(move |segment| (shelf, segment));
            let all = shelved.shelves.iter().flat_map(of_shelf);
            all.filter(|(_, segment)| segment.table == table && segment.meets(span)).collect()
        };
        let segments = TABLES.iter().map(|table| of_table(table.name, scope.span)).collect();
        let mut stored = Self { shelved, zone, span: scope.span, domains: None, segments, kept: BTreeMap::new() };
        if let Some(domains) = domains {
            let names = domains.names.clone();
            let of_domains = |name: &str| names.iter().any(|domain| domain == name);
            let parts = of_table("deliveries", Span::ALL).into_par_iter();
            let received = parts.map(|part| received(part, &of_domains)).collect::<Result<Vec<_>>>()?;
            domains.received.extend(received.into_iter().flatten());
            stored.domains = Some((names, domains.received.clone()));
        }
        stored.keep(wanted)?;
        Ok(stored)
    }

    fn keep(&mut self, wanted: &Wanted) -> Result<()> {
        let mut left = self.shelved.memory.0 / VALUE;
        for (place, table) in TABLES.iter().enumerate() {
            let names = names(table, |name| wanted.has(table.name, name));
            let rows: u64 = self.segments[place].iter().map(|(_, segment)| segment.rows).sum();
            let values = usize::try_from(rows).unwrap_or(usize::MAX).saturating_mul(names.len());
            if values > 0 && values <= left {
                left -= values;
                let frame = self.read(place, &names)?;
                self.kept.extend(frame.map(|frame| (place, frame)));
            }
        }
        Ok(())
    }

    /// These columns of a table; nothing where no segment is of the view.
    pub fn frame(&self, place: usize, names: &[&'static str]) -> Result<Option<DataFrame>> {
        match self.kept.get(&place) {
            Some(kept) => {
                let columns = names.iter().map(|name| kept.column(name).cloned().map_err(|e| internal(&e)));
                let columns = columns.collect::<Result<Vec<_>>>()?;
                DataFrame::new(kept.height(), columns).map(Some).map_err(|e| internal(&e))
            }
            None => self.read(place, names),
        }
    }

    /// Whether a table is not kept.
    pub fn is_large(&self, place: usize) -> bool {
        !self.segments[place].is_empty() && !self.kept.contains_key(&place)
    }

    /// The segments of a table, so many together as are read at once.
    pub fn portions(&self, place: usize) -> Vec<&[(&'a Shelf, &'a Segment)]> {
        let most = (self.shelved.memory.0 / ROW) as u64;
        let mut rows = 0;
        let together = |_: &_, next: &(&Shelf, &Segment)| {
            rows += next.1.rows;
            let fits = rows <= most;
            rows = if fits { rows } else { next.1.rows };
            fits
        };
        self.segments[place].chunk_by(together).collect()
    }

    /// These columns of a portion.
    pub fn portion(
        &self,
        place: usize,
        segments: &[(&Shelf, &Segment)],
        names: &[&'static str],
    ) -> Result<DataFrame> {
        let mut parts = segments.iter().map(|part| self.part(place, *part, names));
        let Some(first) = parts.next() else { return Ok(DataFrame::empty()) };
        parts.try_fold(first?, |all, part| all.vstack(&part?).map_err(|e| internal(&e)))
    }

    fn read(&self, place: usize, names: &[&'static str]) -> Result<Option<DataFrame>> {
        let parts = each(&self.segments[place], |part| self.part(place, part, names));
        let mut parts = parts.into_iter().collect::<Result<Vec<_>>>()?.into_iter();
        let Some(mut all) = parts.next() else { return Ok(None) };
        for part in parts {
            all.vstack_mut(&part).map_err(|e| internal(&e))?;
        }
        all.rechunk_mut();
        Ok(Some(all))
    }

    /// The rows of a segment that are of the view.
    fn part(&self, place: usize, part: (&Shelf, &Segment), names: &[&'static str]) -> Result<DataFrame> {
        let table = &TABLES[place];
        let (shelf, segment) = part;
        let mut needed: BTreeSet<&str> = names.iter().copied().collect();
        if !segment.lies_in(self.span) || needed.contains("hour") || needed.contains("day") {
            needed.insert("time");
        }
        if needed.contains(CLIENT_NET) {
            needed.insert("client_ip");
        }
        if self.domains.is_some() {
            needed.extend(table.domains());
            needed.extend((table.name == "messages").then_some("queue_id"));
        }
        let mut frame = shelf.read(segment, table, |name| needed.contains(name))?;
        if !segment.lies_in(self.span) {
            frame = frame.filter(&in_span(&frame, self.span)?).map_err(|e| internal(&e))?;
        }
        if let Some((domains, received)) = &self.domains {
            let own = own(&frame, table, domains, received)?;
            frame = frame.filter(&own).map_err(|e| internal(&e))?;
        }
        let columns = names.iter().map(|name| self.column(&frame, name)).collect::<Result<Vec<_>>>()?;
        DataFrame::new(frame.height(), columns).map_err(|e| internal(&e))
    }

    fn column(&self, frame: &DataFrame, name: &str) -> Result<Column> {
        let of = |name: &str| frame.column(name).map_err(|e| internal(&e));
        Ok(match name {
            "hour" | "day" => {
                let times = of("time")?.i64().map_err(|e| internal(&e))?;
                buckets(self.zone, name, times.iter()).into_column()
            }
            name if is_source(name) => {
                let sources = of(name)?.i64().map_err(|e| internal(&e))?;
                let places = sources.iter().map(|source| source.map(|source| self.shelved.place_of(source)));
                Series::new(name.into(), places.collect::<Vec<Option<i64>>>()).into_column()
            }
            CLIENT_NET => {
                let addresses = of("client_ip")?.str().map_err(|e| internal(&e))?;
                let mut networks = Networks::default();
                let places = addresses.iter().map(|address| networks.place(address)).collect();
                networks.series(places)?.into_column()
            }
            own => of(own)?.clone(),
        })
    }
}

fn in_span(frame: &DataFrame, span: Span) -> Result<BooleanChunked> {
    let times = frame.column("time").and_then(|times| times.i64().cloned()).map_err(|e| internal(&e))?;
    let lies = times.iter().map(|time| time.is_some_and(|time| span.holds(time)));
    Ok(BooleanChunked::from_iter_values("".into(), lies))
}

/// Which rows are of the domains' mail.
fn own(
    frame: &DataFrame,
    table: &TableDef,
    domains: &[String],
    received: &BTreeSet<Vec<u8>>,
) -> Result<BooleanChunked> {
    let mut rows = vec![false; frame.height()];
    let mut mark = |column: &str, is_own: &dyn Fn(&str) -> bool| -> Result<()> {
        let texts = frame.column(column).and_then(|texts| texts.str().cloned()).map_err(|e| internal(&e))?;
        rows.iter_mut().zip(texts.iter()).for_each(|(row, text)| *row |= text.is_some_and(is_own));
        Ok(())
    };
    for column in table.domains() {
        mark(column, &|name| domains.iter().any(|domain| domain == name))?;
    }
    if table.name == "messages" {
        mark("queue_id", &|id| received.contains(id.as_bytes()))?;
    }
    Ok(BooleanChunked::from_slice("".into(), &rows))
}

/// The queue entries of a segment with a recipient in the domains.
fn received((shelf, segment): (&Shelf, &Segment), is_own: &(dyn Fn(&str) -> bool + Sync)) -> Result<Vec<Vec<u8>>> {
    let Some(table) = TABLES.iter().find(|table| table.name == segment.table) else { return Ok(Vec::new()) };
    let frame = shelf.read(segment, table, |name| name == "queue_id" || RECEIVING.contains(&name))?;
    let texts = |name: &str| frame.column(name).and_then(|texts| texts.str().cloned()).map_err(|e| internal(&e));
    let ids = texts("queue_id")?;
    let mut received = Vec::new();
    for column in RECEIVING {
        let domains = texts(column)?;
        let own = domains.iter().zip(ids.iter()).filter(|(domain, _)| domain.is_some_and(is_own));
        received.extend(own.filter_map(|(_, id)| Some(id?.as_bytes().to_vec())));
    }
    Ok(received)
}
