//! Facts as Parquet: each column as it takes the least room.

use super::columns::{absent, number_series};
use super::order::{Ordered, dictionary};
use super::rows::Values;
use super::schema::ColumnDef;
use super::shelf::SOURCE_PATH;
use crate::event::{NO_TEXT, TextId};
use foldhash::fast::RandomState;
use polars::prelude::{Column, CompatLevel, DataFrame, DataType, PolarsResult, SchemaExt};
use polars_arrow::array::{Array, PrimitiveArray, Utf8ViewArray};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, StatisticsOptions, Version, WriteOptions, ZstdLevel,
    get_dtype_encoding, row_group_iter,
};
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

/// How hard facts are compressed that stay: at 6 it takes three times as long for a twenty-fifth of a store.
const LEVEL: i32 = 3;

/// How hard those are that go with the run.
const FAST: i32 = 1;

/// Rows that are compressed together.
const GROUP: usize = 1 << 18;

/// A frame as a file.
///
/// # Errors
///
/// Where polars refuses, which would be our own fault.
pub(super) fn of_frame(frame: &mut DataFrame, stays: bool) -> PolarsResult<Vec<u8>> {
    frame.rechunk_mut();
    let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let array = |column: &Column, rows: &Range<usize>| {
        let rows = column.slice(i64::try_from(rows.start).unwrap_or(i64::MAX), rows.len());
        rows.as_materialized_series().to_arrow(0, CompatLevel::newest())
    };
    file(&frame.clear(), frame.height(), stays, |rows| {
        names.iter().zip(frame.columns()).map(|(name, column)| laid(name, array(column, &rows))).collect()
    })
}

/// A table's columns, with the names of their sources, as a file.
///
/// # Errors
///
/// As [`of_frame`].
pub(super) fn of_values(
    defs: &[ColumnDef],
    values: &[Values],
    texts: &Ordered<'_>,
    paths: &[Option<&str>],
    stays: bool,
) -> PolarsResult<Vec<u8>> {
    let column = |(def, values): (&ColumnDef, &Values), rows: &Range<usize>| match values {
        Values::Texts(ids) => laid_texts(def.name, &ids[rows.clone()], texts),
        Values::Numbers(numbers) => {
            laid(def.name, number_series(def, numbers[rows.clone()].to_vec()).to_arrow(0, CompatLevel::newest()))
        }
    };
    let path = |rows: &Range<usize>| laid(SOURCE_PATH, Utf8ViewArray::from_slice(&paths[rows.clone()]).boxed());
    let none =
        defs.iter().map(|def| absent(def, 0)).chain([Column::new_empty(SOURCE_PATH.into(), &DataType::String)]);
    let none = DataFrame::new(0, none.collect())?;
    file(&none, paths.len(), stays, |rows| {
        defs.iter().zip(values).map(|of| column(of, &rows)).chain([path(&rows)]).collect()
    })
}

/// A file of so many rows with the columns of this frame; some rows are laid out at a time.
fn file(
    columns: &DataFrame,
    rows: usize,
    stays: bool,
    laid: impl Fn(Range<usize>) -> Vec<(Box<dyn Array>, Vec<Encoding>)>,
) -> PolarsResult<Vec<u8>> {
    let level = ZstdLevel::try_new(if stays { LEVEL } else { FAST })?;
    let options = WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(Some(level)),
        data_page_size: None,
    };
    let schema = columns.schema();
    // By the names that the file gives them other readers take texts as they always were, and can filter them.
    let mut writer = FileWriter::try_new(Vec::new(), schema.to_arrow(CompatLevel::oldest()), options)?;
    let schema = Arc::new(schema.to_arrow(CompatLevel::newest()));
    for start in (0..rows).step_by(GROUP) {
        let rows = start..rows.min(start + GROUP);
        let fields = writer.parquet_schema().fields().to_vec();
        let (arrays, encodings): (Vec<_>, Vec<_>) = laid(rows.clone()).into_iter().unzip();
        let batch = RecordBatchT::try_new(rows.len(), schema.clone(), arrays)?;
        writer.write(rows.len() as u64, row_group_iter(batch, encodings.into(), fields, options))?;
    }
    writer.end(None)?;
    Ok(writer.into_inner())
}

/// A column as it is written, and how. Times and places are written as the steps from one to the next: rows stand about
/// in the order of their lines, so that steps are small. Ids have nothing in common with one another that a dictionary
/// would bring together.
fn laid(name: &str, array: Box<dyn Array>) -> (Box<dyn Array>, Vec<Encoding>) {
    match name {
        name if is_own_to_rows(name) => return (array, vec![Encoding::DeltaLengthByteArray]),
        "size_bytes" => return (array, vec![Encoding::Plain]),
        name if is_stepwise(name) => return (array, vec![Encoding::DeltaBinaryPacked]),
        _ => {}
    }
    let any = array.as_any();
    let dictionary = match (any.downcast_ref(), any.downcast_ref()) {
        (Some(fractions), _) => of_fractions(fractions),
        (_, Some(texts)) => of_texts(texts),
        _ => {
            let encoding = get_dtype_encoding(array.dtype());
            return (array, encoding);
        }
    };
    match dictionary {
        Some(dictionary) => (dictionary, vec![Encoding::RleDictionary]),
        None => (array, vec![Encoding::Plain]),
    }
}

/// The same of a column of texts.
fn laid_texts(name: &str, ids: &[TextId], texts: &Ordered<'_>) -> (Box<dyn Array>, Vec<Encoding>) {
    let dictionary = if is_own_to_rows(name) { None } else { texts.dictionary(ids) };
    match dictionary {
        Some(dictionary) => (dictionary, vec![Encoding::RleDictionary]),
        None => laid(name, texts.plain(ids)),
    }
}

/// Whether each row of a column has an id of its own.
fn is_own_to_rows(name: &str) -> bool {
    matches!(name, "queue_id" | "session_id")
}

/// Whether a column of whole numbers tells a time or a place.
fn is_stepwise(name: &str) -> bool {
    ["time", "offset", "session", "entry"].iter().any(|end| name.ends_with(end))
}

/// Fractions as a dictionary, as durations of two digits have few values; nothing where they have many. The engine's writer
/// makes none of them.
fn of_fractions(fractions: &PrimitiveArray<f64>) -> Option<Box<dyn Array>> {
    let (keys, firsts) = distinct(fractions.iter().map(|value| value.map(|value| value.to_bits())));
    let few = firsts.len() * 4 <= fractions.len() * 3;
    let values = || firsts.into_iter().map(|row| fractions.value(row)).collect();
    few.then(|| dictionary(keys.into_iter(), PrimitiveArray::from_vec(values()).boxed()))?
}

/// Texts as a dictionary in their order: those that begin alike stand together and take little room, even where each row
/// has a text of its own. Mostly the same text lies at the same place, and only of places that differ need the texts be
/// looked at.
fn of_texts(texts: &Utf8ViewArray) -> Option<Box<dyn Array>> {
    let places = texts.views().iter().enumerate().map(|(row, view)| texts.is_valid(row).then(|| view.as_u128()));
    let (numbers, firsts) = distinct(places);
    let ordered = Ordered::of(&firsts.iter().map(|row| texts.value(*row)).collect::<Vec<_>>());
    ordered.dictionary(&numbers.into_iter().map(|number| number.unwrap_or(NO_TEXT)).collect::<Vec<_>>())
}

/// The number of each row's value, and the row in which each value stands first.
fn distinct<V: Hash + Eq>(values: impl Iterator<Item = Option<V>>) -> (Vec<Option<u32>>, Vec<usize>) {
    let mut places: HashMap<V, u32, RandomState> = HashMap::default();
    let mut firsts = Vec::new();
    let mut place = |row: usize, value: V| {
        *places.entry(value).or_insert_with(|| {
            firsts.push(row);
            u32::try_from(firsts.len() - 1).unwrap_or(u32::MAX)
        })
    };
    let keys = values.enumerate().map(|(row, value)| value.map(|value| place(row, value))).collect();
    (keys, firsts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars_arrow::array::DictionaryArray;

    fn texts(array: &dyn Array) -> Vec<Option<String>> {
        let dictionary = array.as_any().downcast_ref::<DictionaryArray<u32>>().expect("a dictionary");
        let values = dictionary.values().as_any().downcast_ref::<Utf8ViewArray>().expect("texts");
        let text = |key: Option<&u32>| key.map(|key| values.value(*key as usize).to_owned());
        dictionary.keys().iter().map(text).collect()
    }

    #[test]
    fn a_dictionary_gives_the_column_back() {
        // Of long texts there are places, one of them twice; short ones are their own.
        let long = "a text that is longer than twelve bytes";
        let rows = [Some(long), None, Some("x"), Some("y"), Some(long), Some("x"), Some(""), Some("x"), None];
        let column = Utf8ViewArray::from_slice(rows);
        let dictionary = of_texts(&column).expect("few texts");
        assert_eq!(texts(&*dictionary), rows.map(|row| row.map(str::to_owned)));
        let dictionary = dictionary.as_any().downcast_ref::<DictionaryArray<u32>>().expect("a dictionary");
        let values = dictionary.values().as_any().downcast_ref::<Utf8ViewArray>().expect("texts");
        assert_eq!(values.values_iter().collect::<Vec<_>>(), ["", long, "x", "y"]);
    }

    #[test]
    fn texts_stand_in_their_order_however_long_what_they_begin_with() {
        let rows = [
            "delivered to mailbox b",
            "delivered to mailbox a",
            "delivered to mai",
            "delivered to mail",
            "delivered to mailbox a\u{0}",
            "d",
            "\u{e9}",
            "d\u{0}",
        ];
        let dictionary = of_texts(&Utf8ViewArray::from_slice_values(rows)).expect("a dictionary");
        assert_eq!(texts(&*dictionary), rows.map(|row| Some(row.to_owned())));
        let dictionary = dictionary.as_any().downcast_ref::<DictionaryArray<u32>>().expect("a dictionary");
        let values = dictionary.values().as_any().downcast_ref::<Utf8ViewArray>().expect("texts");
        assert!(values.values_iter().is_sorted());
    }

    #[test]
    fn fractions_that_differ_in_each_row_are_written_as_they_are() {
        let fractions = |values: &[f64]| laid("delay_s", PrimitiveArray::from_slice(values).boxed());
        let (array, encoding) = fractions(&[0.5, 0.25, 0.5, 0.5]);
        assert!(array.as_any().is::<DictionaryArray<u32>>() && encoding == [Encoding::RleDictionary]);
        let (array, encoding) = fractions(&[0.5, 0.25, 0.75, 0.125]);
        assert!(array.as_any().is::<PrimitiveArray<f64>>() && encoding == [Encoding::Plain]);
    }
}
