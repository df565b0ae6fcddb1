//! Facts as Parquet: each column as it takes the least room.

use foldhash::fast::RandomState;
use polars::prelude::{CompatLevel, DataFrame, PolarsResult, SchemaExt};
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, StatisticsOptions, Version, WriteOptions, ZstdLevel,
    get_dtype_encoding, row_group_iter,
};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// How hard facts are compressed that stay: at 9 an ingest takes a fifth longer for two hundredths of a store.
const LEVEL: i32 = 6;

/// How hard those are that go with the run.
const FAST: i32 = 1;

/// Rows that are compressed together.
const GROUP: usize = 1 << 18;

/// The file.
///
/// # Errors
///
/// Where polars refuses, which would be our own fault.
pub(super) fn bytes(frame: &mut DataFrame, stays: bool) -> PolarsResult<Vec<u8>> {
    frame.align_chunks();
    let level = ZstdLevel::try_new(if stays { LEVEL } else { FAST })?;
    let options = WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(Some(level)),
        data_page_size: None,
    };
    let schema = frame.schema();
    let mut writer = FileWriter::try_new(Vec::new(), schema.to_arrow(CompatLevel::newest()), options)?;
    for start in (0..frame.height()).step_by(GROUP) {
        let group = frame.slice(i64::try_from(start).unwrap_or(i64::MAX), GROUP);
        for batch in group.iter_chunks(CompatLevel::newest(), false) {
            let (rows, fields) = (batch.height(), writer.parquet_schema().fields().to_vec());
            let (schema, arrays) = batch.into_schema_and_arrays();
            let columns = schema.iter_names().zip(arrays).map(|(name, array)| laid(name, array));
            let (arrays, encodings): (Vec<_>, Vec<_>) = columns.unzip();
            let batch = RecordBatchT::try_new(rows, schema, arrays)?;
            writer.write(rows as u64, row_group_iter(batch, encodings.into(), fields, options))?;
        }
    }
    writer.end(None)?;
    Ok(writer.into_inner())
}

/// A column as it is written, and how. Times and places are written as the steps from one to the next: rows stand about
/// in the order of their lines, so that steps are small. Of what differs in each row a dictionary would be the column
/// once more.
fn laid(name: &str, array: Box<dyn Array>) -> (Box<dyn Array>, Vec<Encoding>) {
    match name {
        "queue_id" | "session_id" => return (array, vec![Encoding::DeltaLengthByteArray]),
        "message_id" | "size_bytes" => return (array, vec![Encoding::Plain]),
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

/// Whether a column of whole numbers tells a time or a place.
fn is_stepwise(name: &str) -> bool {
    ["time", "offset", "session", "entry"].iter().any(|end| name.ends_with(end))
}

/// Fractions as a dictionary, as durations of two digits have few values. The engine's writer makes none of them.
fn of_fractions(fractions: &PrimitiveArray<f64>) -> Option<Box<dyn Array>> {
    let (keys, firsts) = keys(fractions.iter().map(|value| value.map(|value| value.to_bits())))?;
    let values = firsts.into_iter().map(|row| fractions.value(row)).collect();
    dictionary(fractions.len(), keys.into_iter(), PrimitiveArray::from_vec(values).boxed())
}

/// Texts as a dictionary. The engine's writer hashes each text twice; but the same text mostly lies at the same place, and
/// only of places that differ need the texts be looked at.
fn of_texts(texts: &Utf8ViewArray) -> Option<Box<dyn Array>> {
    let places = texts.views().iter().enumerate().map(|(row, view)| texts.is_valid(row).then(|| view.as_u128()));
    let (keys_of_places, rows) = keys(places)?;
    let (keys, firsts) = distinct(rows.iter().map(|row| Some(texts.value(*row))));
    let values: Vec<&str> = firsts.into_iter().map(|place| texts.value(rows[place])).collect();
    let keys = keys_of_places.into_iter().map(|key| keys[key? as usize]);
    dictionary(texts.len(), keys, Utf8ViewArray::from_slice_values(values).boxed())
}

/// The dictionary, if there are fewer values than rows by a quarter.
fn dictionary(
    rows: usize,
    keys: impl Iterator<Item = Option<u32>>,
    values: Box<dyn Array>,
) -> Option<Box<dyn Array>> {
    let few = values.len() * 4 <= rows * 3;
    let keys: PrimitiveArray<u32> = few.then(|| keys.collect())?;
    DictionaryArray::try_from_keys(keys, values, false).ok().map(DictionaryArray::boxed)
}

/// So many rows are enough to see that nearly each has a value of its own.
const SAMPLE: usize = 1 << 12;

/// The number of each row's value, and the row in which each value stands first; nothing where values are as many as rows.
fn keys<V: Hash + Eq>(mut values: impl Iterator<Item = Option<V>>) -> Option<(Vec<Option<u32>>, Vec<usize>)> {
    let sample: Vec<Option<V>> = values.by_ref().take(SAMPLE).collect();
    let differ = sample.iter().flatten().collect::<HashSet<_, RandomState>>().len();
    let unlike = sample.len() == SAMPLE && differ > SAMPLE - SAMPLE / 16;
    (!unlike).then(|| distinct(sample.into_iter().chain(values)))
}

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
        assert_eq!(dictionary.values().len(), 4);
    }

    #[test]
    fn what_differs_in_each_row_is_written_as_it_is() {
        let texts: Vec<String> = (0..9_000).map(|n| format!("client {n}.example.org")).collect();
        let (array, encoding) = laid("client_name", Utf8ViewArray::from_slice_values(&texts).boxed());
        assert!(array.as_any().is::<Utf8ViewArray>() && encoding == [Encoding::Plain]);
        let fractions = PrimitiveArray::from_vec(vec![0.5, 0.25, 0.5, 0.5]).boxed();
        let (array, encoding) = laid("delay_s", fractions);
        assert!(array.as_any().is::<DictionaryArray<u32>>() && encoding == [Encoding::RleDictionary]);
    }
}
