//! Columns of polars' own, made of rows and texts.

use super::rows::Values;
use super::schema::{ColumnDef, ColumnKind};
use super::{NULL, Texts};
use crate::error::{Error, Exit, Result};
use crate::event::{Dictionary, TextId, Word};
use polars::prelude::{
    ChunkTake, Column, DataType, IdxCa, IdxSize, IntoColumn, NamedFrom, PolarsError, Series, StringChunked,
    StringChunkedBuilder,
};
use rayon::prelude::*;
use std::ops::Range;
use std::str::Utf8Error;

pub(super) fn internal(error: &PolarsError) -> Error {
    Error::new(Exit::Internal, "the facts cannot be laid out").why(error)
}

pub(super) fn not_utf8(error: Utf8Error) -> Error {
    Error::new(Exit::Internal, "a text is not UTF-8").why(error)
}

/// A column of numbers.
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
        ColumnKind::Seconds | ColumnKind::Number => DataType::Float64,
        ColumnKind::Flag => DataType::Boolean,
    };
    Column::full_null(def.name.into(), height, &kind)
}

/// How many of so many things each thread takes; 1 of none.
pub(super) fn share(count: usize) -> usize {
    count.div_ceil(rayon::current_num_threads()).max(1)
}

/// The texts of the columns that are needed, as one column of polars', and the place of each in it.
#[derive(Debug)]
pub(super) struct Laid {
    texts: StringChunked,
    /// The place of each text by its id.
    places: Vec<IdxSize>,
}

impl Laid {
    /// Lays out these texts. The first text laid out is no text.
    pub fn new<'i>(texts: &Texts, ids: impl Iterator<Item = &'i [TextId]>) -> Result<Self> {
        let mut used = vec![false; texts.len() as usize];
        for id in ids.flatten() {
            if let Some(used) = used.get_mut(*id as usize) {
                *used = true;
            }
        }
        Self::of(texts, &used)
    }

    fn of(texts: &Texts, used: &[bool]) -> Result<Self> {
        let mut next = 0;
        let place = |used: &bool| {
            next += IdxSize::from(*used);
            if *used { next } else { 0 }
        };
        let places = used.iter().map(place).collect();
        let (of_words, used) = used.split_at(used.len().min(Word::COUNT as usize));
        let words = Word::ALL.iter().zip(of_words).filter_map(|(word, used)| used.then_some(Some(*word)));
        let first: Vec<Option<&str>> = std::iter::once(None).chain(words).collect();
        let mut all = StringChunked::new("".into(), first);
        let shares: Vec<(u32, &Dictionary, Range<u32>)> = texts.pieces().iter().flat_map(shares).collect();
        let laid = shares.into_par_iter().map(|(base, piece, places)| {
            let used = used.get((base + places.start) as usize..).unwrap_or_default();
            laid(piece, places, used)
        });
        let laid = laid.collect::<Result<Vec<_>>>()?;
        for share in &laid {
            all.append(share).map_err(|e| internal(&e))?;
        }
        Ok(Self { texts: all.rechunk().into_owned(), places })
    }

    /// The place of a text.
    pub fn place(&self, id: TextId) -> IdxSize {
        self.places.get(id as usize).copied().unwrap_or(0)
    }

    /// The text at a place.
    pub fn text(&self, place: IdxSize) -> Option<&str> {
        self.texts.get(place as usize)
    }

    /// The column of the texts of these ids.
    pub fn series(&self, name: &str, ids: &[TextId]) -> Result<Series> {
        let places = ids.iter().map(|id| self.place(*id)).collect();
        let taken = self.texts.take(&IdxCa::from_vec("".into(), places)).map_err(|e| internal(&e))?;
        Ok(taken.with_name(name.into()).into())
    }
}

/// Texts that one thread lays out in one go.
const SHARE: u32 = 1 << 17;

/// The places of a piece's texts, shared among threads; with its base.
fn shares((base, piece): &(u32, Dictionary)) -> impl Iterator<Item = (u32, &Dictionary, Range<u32>)> {
    let share = move |start| (*base, piece, start..piece.len().min(start + SHARE));
    (0..piece.len()).step_by(SHARE as usize).map(share)
}

/// Those texts at some places that are used, in order.
fn laid(piece: &Dictionary, places: Range<u32>, used: &[bool]) -> Result<StringChunked> {
    let mut builder = StringChunkedBuilder::new("".into(), places.len());
    let texts = piece.texts(places).map_err(not_utf8)?;
    texts.zip(used).filter(|(_, used)| **used).for_each(|(text, _)| builder.append_value(text));
    Ok(builder.finish())
}

/// A column of some values.
pub(super) fn column(def: &ColumnDef, values: Values, laid: &Laid) -> Result<Column> {
    let series = match values {
        Values::Texts(ids) => laid.series(def.name, &ids)?,
        Values::Numbers(numbers) => number_series(def, numbers),
    };
    Ok(series.into_column())
}
