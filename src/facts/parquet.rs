//! Facts as Parquet: each column as it takes the least room.

use polars::prelude::{CompatLevel, DataFrame, DataType, PolarsResult, SchemaExt};
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray};
use polars_arrow::record_batch::RecordBatchT;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, StatisticsOptions, Version, WriteOptions, ZstdLevel,
    get_dtype_encoding, row_group_iter,
};
use std::collections::HashMap;

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
    let encodings: Vec<Vec<Encoding>> = schema.iter().map(|(name, kind)| encoding(name, kind)).collect();
    let mut writer = FileWriter::try_new(Vec::new(), schema.to_arrow(CompatLevel::newest()), options)?;
    for start in (0..frame.height()).step_by(GROUP) {
        let group = frame.slice(i64::try_from(start).unwrap_or(i64::MAX), GROUP);
        for batch in group.iter_chunks(CompatLevel::newest(), false) {
            let (rows, fields) = (batch.height(), writer.parquet_schema().fields().to_vec());
            let (schema, arrays) = batch.into_schema_and_arrays();
            let arrays = arrays.into_iter().map(by_value).collect();
            let batch = RecordBatchT::try_new(rows, schema, arrays)?;
            writer.write(rows as u64, row_group_iter(batch, encodings.clone().into(), fields, options))?;
        }
    }
    writer.end(None)?;
    Ok(writer.into_inner())
}

/// How a column is written. Times and places are written as the steps from one to the next: rows stand about in the order
/// of their lines, so that steps are small. Of what differs in each row a dictionary would be the column once more.
fn encoding(name: &str, kind: &DataType) -> Vec<Encoding> {
    match (name, kind) {
        (name, DataType::Int64) if is_stepwise(name) => vec![Encoding::DeltaBinaryPacked],
        ("queue_id" | "session_id", DataType::String) => vec![Encoding::DeltaLengthByteArray],
        ("message_id", DataType::String) | ("size_bytes", DataType::Int64) => vec![Encoding::Plain],
        (_, kind) => get_dtype_encoding(&kind.to_arrow(CompatLevel::newest())),
    }
}

/// Whether a column of whole numbers tells a time or a place.
fn is_stepwise(name: &str) -> bool {
    ["time", "offset", "session", "entry"].iter().any(|end| name.ends_with(end))
}

/// Fractions as a dictionary where they have few values, as durations of two digits have: the engine's writer makes none
/// of them.
fn by_value(array: Box<dyn Array>) -> Box<dyn Array> {
    let fractions = array.as_any().downcast_ref::<PrimitiveArray<f64>>();
    fractions.and_then(dictionary).map_or(array, |dictionary| Box::new(dictionary))
}

fn dictionary(fractions: &PrimitiveArray<f64>) -> Option<DictionaryArray<u32>> {
    let mut places: HashMap<u64, u32> = HashMap::new();
    let mut values: Vec<f64> = Vec::new();
    let mut place = |value: f64| {
        *places.entry(value.to_bits()).or_insert_with(|| {
            values.push(value);
            u32::try_from(values.len() - 1).unwrap_or(u32::MAX)
        })
    };
    let keys: PrimitiveArray<u32> = fractions.iter().map(|value| value.map(|value| place(*value))).collect();
    if values.len() > fractions.len() / 2 {
        return None;
    }
    DictionaryArray::try_from_keys(keys, PrimitiveArray::from_vec(values).boxed(), false).ok()
}
