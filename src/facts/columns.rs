//! Columns of polars' own, made of rows and texts.

use super::schema::{ColumnDef, ColumnKind};
use super::{Facts, NULL, Texts};
use crate::error::{Error, Exit, Result};
use crate::event::{TextId, Word};
use polars::prelude::{
    ChunkTake, Column, DataFrame, DataType, IdxCa, IdxSize, IntoColumn, NamedFrom, PolarsError, Series,
    StringChunked, StringChunkedBuilder,
};

pub(super) fn internal(error: &PolarsError) -> Error {
    Error::new(Exit::Internal, "the facts cannot be laid out").why(error)
}

pub(super) fn number_series(def: &ColumnDef, values: Vec<i64>) -> Series {
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

/// A column of nothing.
pub(super) fn absent(def: &ColumnDef, height: usize) -> Column {
    let kind = match def.kind {
        ColumnKind::Text => DataType::String,
        ColumnKind::Integer | ColumnKind::Time => DataType::Int64,
        ColumnKind::Seconds => DataType::Float64,
        ColumnKind::Flag => DataType::Boolean,
    };
    Column::full_null(def.name.into(), height, &kind)
}

/// The texts of the columns that are needed, as one column of polars', and the place of each in it.
#[derive(Debug)]
pub(super) struct Laid {
    texts: StringChunked,
    /// The place of each text by its id.
    places: Vec<IdxSize>,
}

impl Laid {
    /// Lays out the texts of those columns that are wanted, of all tables. The first text laid out is no text.
    pub fn new(facts: &Facts, rows: &[Option<Vec<u32>>], wanted: impl Fn(&str, &str) -> bool) -> Result<Self> {
        let mut used = vec![false; facts.texts.len() as usize];
        for (table, rows) in facts.tables().into_iter().zip(rows) {
            let texts = table.def().columns.iter().filter(|def| def.kind == ColumnKind::Text);
            for def in texts.filter(|def| wanted(table.def().name, def.name)) {
                for id in table.texts(def.name, rows.as_deref()).unwrap_or_default() {
                    if let Some(used) = used.get_mut(id as usize) {
                        *used = true;
                    }
                }
            }
        }
        Self::of(&facts.texts, &used)
    }

    /// Lays out all texts.
    pub fn all(texts: &Texts) -> Result<Self> {
        Self::of(texts, &vec![true; texts.len() as usize])
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

    pub fn series(&self, name: &str, ids: Vec<TextId>) -> Result<Series> {
        let places = ids.into_iter().map(|id| self.places.get(id as usize).copied().unwrap_or(0)).collect();
        let taken = self.texts.take(&IdxCa::from_vec("".into(), places)).map_err(|e| internal(&e))?;
        Ok(taken.with_name(name.into()).into())
    }
}

/// Some rows of a table with all its columns, and the names of their sources.
pub(super) fn whole(table: &dyn super::Table, rows: &[u32], laid: &Laid, sources: &[&str]) -> Result<DataFrame> {
    let mut columns = Vec::with_capacity(table.def().columns.len() + 1);
    for def in table.def().columns {
        let series = match def.kind {
            ColumnKind::Text => laid.series(def.name, table.texts(def.name, Some(rows)).unwrap_or_default())?,
            _ => number_series(def, table.numbers(def.name, Some(rows)).unwrap_or_default()),
        };
        columns.push(series.into_column());
    }
    let places = table.numbers("source", Some(rows)).unwrap_or_default();
    let name = |place: i64| usize::try_from(place).ok().and_then(|place| sources.get(place)).copied();
    let paths: Vec<Option<&str>> = places.into_iter().map(name).collect();
    columns.push(Series::new(super::shelf::SOURCE_PATH.into(), paths).into_column());
    DataFrame::new(rows.len(), columns).map_err(|e| internal(&e))
}
