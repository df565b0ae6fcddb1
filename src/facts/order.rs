//! All texts of a run in their order, each once: so they are written, and a row names its text by a number.
//!
//! What begins alike stands together in a file and takes little room there. To sort all texts once costs less than to tell
//! those of each column apart, since most of them stand in several columns, and again in each chunk's dictionary.

use super::Texts;
use super::columns::not_utf8;
use crate::error::Result;
use crate::event::{NO_TEXT, TextId, Word};
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray, Utf8ViewArray};
use rayon::prelude::*;

/// The texts of a run in their order.
#[derive(Debug)]
pub(super) struct Ordered<'t> {
    texts: Vec<&'t str>,
    /// The place of each text in that order, by its id.
    places: Vec<u32>,
}

impl<'t> Ordered<'t> {
    /// Puts all texts in order.
    ///
    /// # Errors
    ///
    /// Where a text is not UTF-8, which would be our own fault.
    pub fn all(texts: &'t Texts) -> Result<Self> {
        let mut all: Vec<&str> = Word::ALL.to_vec();
        for (_, piece) in texts.pieces() {
            all.extend(piece.texts(0..piece.len()).map_err(not_utf8)?);
        }
        Ok(Self::of(&all))
    }

    /// Puts these texts in order; their ids are their places in the list.
    pub fn of(all: &[&'t str]) -> Self {
        let mut order: Vec<u128> = all.par_iter().enumerate().map(|(id, text)| key(text, id)).collect();
        order.par_sort_unstable();
        let mut ordered = Self { texts: Vec::new(), places: vec![0; all.len()] };
        for alike in order.chunk_by_mut(|a, b| a >> ID == b >> ID) {
            if alike.len() > 1 {
                alike.sort_unstable_by_key(|key| all[id(*key)]);
            }
            let same = alike.chunk_by(|a, b| all[id(*a)] == all[id(*b)]);
            same.for_each(|keys| ordered.push(all[id(keys[0])], keys));
        }
        ordered
    }

    /// Takes the next text in order, which has these keys.
    fn push(&mut self, text: &'t str, keys: &[u128]) {
        // There are no more texts than ids.
        let place = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text);
        keys.iter().for_each(|key| self.places[id(*key)] = place);
    }

    fn place(&self, id: TextId) -> Option<u32> {
        (id != NO_TEXT).then(|| self.places[id as usize])
    }

    /// The texts of these ids as they are.
    pub fn plain(&self, ids: &[TextId]) -> Box<dyn Array> {
        let text = |id: &TextId| self.place(*id).map(|place| self.texts[place as usize]);
        Utf8ViewArray::from_slice(ids.iter().map(text).collect::<Vec<_>>()).boxed()
    }

    /// The texts of these ids as a dictionary in their order.
    pub fn dictionary(&self, ids: &[TextId]) -> Option<Box<dyn Array>> {
        let places = || ids.iter().map(|id| self.place(*id));
        let used = Set::of(places().flatten(), ids.len(), self.texts.len());
        let values: Vec<&str> = used.places().into_iter().map(|place| self.texts[place as usize]).collect();
        let keys = places().map(|place| place.map(|place| used.rank(place)));
        dictionary(keys, Utf8ViewArray::from_slice_values(values).boxed())
    }
}

/// An array of these keys of these values; nothing where the engine refuses, which would be our own fault.
pub(super) fn dictionary(
    keys: impl Iterator<Item = Option<u32>>,
    values: Box<dyn Array>,
) -> Option<Box<dyn Array>> {
    DictionaryArray::try_from_keys(keys.collect::<PrimitiveArray<u32>>(), values, false)
        .ok()
        .map(DictionaryArray::boxed)
}

/// Bits of a key that hold the id.
const ID: u32 = u32::BITS;

/// The first bytes of a text, as a number of the same order, and its id.
fn key(text: &str, id: usize) -> u128 {
    let mut bytes = [0; 12];
    let len = text.len().min(bytes.len());
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    let start = bytes.iter().fold(0, |start, byte| start << 8 | u128::from(*byte));
    start << ID | id as u128
}

/// The id in a key.
#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are the id")]
fn id(key: u128) -> usize {
    key as u32 as usize
}

/// Some places of a list, and how many of them stand before each.
enum Set {
    /// Few of them, in order.
    Few(Vec<u32>),
    /// A bit for each place, and how many places stand before each word.
    Many { bits: Vec<u64>, before: Vec<u32> },
}

impl Set {
    /// A set of places, `most` of them at most, in a list of so many.
    fn of(places: impl Iterator<Item = u32>, most: usize, list: usize) -> Self {
        let words = list.div_ceil(64);
        if most < words {
            let mut few: Vec<u32> = places.collect();
            few.sort_unstable();
            few.dedup();
            return Self::Few(few);
        }
        let mut bits = vec![0_u64; words];
        places.for_each(|place| bits[place as usize / 64] |= 1 << (place % 64));
        let before = bits.iter().scan(0, |sum, word| {
            *sum += word.count_ones();
            Some(*sum - word.count_ones())
        });
        Self::Many { before: before.collect(), bits }
    }

    /// How many stand before a place.
    fn rank(&self, place: u32) -> u32 {
        match self {
            Self::Few(places) => u32::try_from(places.partition_point(|other| *other < place)).unwrap_or(u32::MAX),
            Self::Many { bits, before } => {
                let word = place as usize / 64;
                before[word] + (bits[word] & ((1 << (place % 64)) - 1)).count_ones()
            }
        }
    }

    fn places(&self) -> Vec<u32> {
        match self {
            Self::Few(places) => places.clone(),
            Self::Many { bits, .. } => {
                let of_word = |(start, word): (u32, &u64)| {
                    let word = *word;
                    (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| start + bit)
                };
                (0..).step_by(64).zip(bits).filter(|(_, word)| **word != 0).flat_map(of_word).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Interner;

    /// The texts of some chunks, and their ids, those of all chunks behind one another.
    fn texts(chunks: &[&[&str]]) -> (Texts, Vec<TextId>) {
        let (mut texts, mut ids) = (Texts::default(), Vec::new());
        for chunk in chunks {
            let mut interner = Interner::default();
            let own: Vec<TextId> = chunk.iter().map(|text| interner.id(text.as_bytes())).collect();
            let base = texts.add(interner.finish().texts());
            ids.extend(own.into_iter().map(|id| if crate::event::is_word(id) { id } else { id + base }));
        }
        (texts, ids)
    }

    fn shown(array: &dyn Array) -> (Vec<Option<&str>>, Vec<&str>) {
        let dictionary = array.as_any().downcast_ref::<DictionaryArray<u32>>().expect("a dictionary");
        let values = dictionary.values().as_any().downcast_ref::<Utf8ViewArray>().expect("texts");
        let text = |key: Option<&u32>| key.map(|key| values.value(*key as usize));
        (dictionary.keys().iter().map(text).collect(), values.values_iter().collect())
    }

    #[test]
    fn texts_stand_in_their_order_each_once_however_long_what_they_begin_with() {
        let long = "delivered to mailbox b";
        let chunks: [&[&str]; 3] = [
            &[long, "x", "", "sent", "d"],
            &["delivered to mailbox a", "delivered to", "delivered to\u{0}", "d\u{0}", "x", "\u{e9}"],
            &[long, "delivered to mailbox a\u{0}", "deferred"],
        ];
        let (texts, ids) = texts(&chunks);
        let ordered = Ordered::all(&texts).expect("UTF-8");
        let dictionary = ordered.dictionary(&ids).expect("a dictionary");
        let (rows, values) = shown(&*dictionary);
        let expected: Vec<&str> = chunks.concat();
        assert_eq!(rows, expected.iter().map(|text| Some(*text)).collect::<Vec<_>>());
        let mut sorted = expected.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(values, sorted);
        let plain = ordered.plain(&ids);
        let plain = plain.as_any().downcast_ref::<Utf8ViewArray>().expect("texts");
        assert_eq!(plain.values_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_dictionary_holds_what_its_rows_name_and_no_text_is_none() {
        let (texts, ids) = texts(&[&["a", "b", "c"], &["a", "z"]]);
        let ordered = Ordered::all(&texts).expect("UTF-8");
        let dictionary = ordered.dictionary(&[ids[4], NO_TEXT, ids[0], ids[3]]).expect("a dictionary");
        assert_eq!(shown(&*dictionary), (vec![Some("z"), None, Some("a"), Some("a")], vec!["a", "z"]));
        assert!(ordered.plain(&[NO_TEXT]).is_null(0));
    }

    #[test]
    fn few_rows_of_many_texts_have_the_same_dictionary() {
        let many: Vec<String> = (0..1000).map(|at| format!("{at:04}")).collect();
        let (texts, ids) = texts(&[&many.iter().map(String::as_str).collect::<Vec<_>>()]);
        let ordered = Ordered::all(&texts).expect("UTF-8");
        for rows in [3, 900] {
            let asked: Vec<TextId> = (0..rows).map(|row| ids[(row * 7 + 990) % 1000]).collect();
            let dictionary = ordered.dictionary(&asked).expect("a dictionary");
            let expected: Vec<&str> = (0..rows).map(|row| many[(row * 7 + 990) % 1000].as_str()).collect();
            let (found, values) = shown(&*dictionary);
            assert_eq!(found, expected.iter().map(|text| Some(*text)).collect::<Vec<_>>());
            assert!(values.is_sorted() && values.len() == rows);
        }
    }
}
