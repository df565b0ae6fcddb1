//! Facts as Parquet: each column as it takes the least room.

use foldhash::fast::RandomState;
use polars::prelude::{CompatLevel, DataFrame, PolarsResult, SchemaExt};
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, StatisticsOptions, Version, WriteOptions, ZstdLevel,
    get_dtype_encoding, row_group_iter,
};
use std::collections::HashMap;
use std::hash::Hash;

/// How hard facts are compressed that stay: at 6 it takes three times as long for a twenty-fifth of a store.
const LEVEL: i32 = 3;

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
    // By the names that the file gives them other readers take texts as they always were, and can filter them.
    let mut writer = FileWriter::try_new(Vec::new(), schema.to_arrow(CompatLevel::oldest()), options)?;
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
/// in the order of their lines, so that steps are small. Ids have nothing in common with one another that a dictionary
/// would bring together.
fn laid(name: &str, array: Box<dyn Array>) -> (Box<dyn Array>, Vec<Encoding>) {
    match name {
        "queue_id" | "session_id" => return (array, vec![Encoding::DeltaLengthByteArray]),
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
    let (keys, firsts) = distinct(places);
    let text = |place: usize| texts.value(firsts[place]);
    let mut order: Vec<(u128, usize)> = (0..firsts.len()).map(|place| (start(text(place)), place)).collect();
    let rest = |place: usize| (text(place).as_bytes().get(START..), text(place).len());
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(&rest(b.1))));
    let (mut values, mut ranks) = (Vec::new(), vec![0; order.len()]);
    for (_, place) in order {
        if values.last() != Some(&text(place)) {
            values.push(text(place));
        }
        ranks[place] = u32::try_from(values.len() - 1).ok()?;
    }
    let keys = keys.into_iter().map(|place| Some(ranks[place? as usize]));
    dictionary(keys, Utf8ViewArray::from_slice_values(values).boxed())
}

/// Bytes that are compared at once; few texts are alike in them and differ.
const START: usize = 16;

/// The first bytes of a text as a number of the same order.
fn start(text: &str) -> u128 {
    let mut bytes = [0; START];
    let len = text.len().min(START);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u128::from_be_bytes(bytes)
}

fn dictionary(keys: impl Iterator<Item = Option<u32>>, values: Box<dyn Array>) -> Option<Box<dyn Array>> {
    DictionaryArray::try_from_keys(keys.collect::<PrimitiveArray<u32>>(), values, false)
        .ok()
        .map(DictionaryArray::boxed)
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
