//! How much a word of a query says of a chunk: BM25F (Robertson and Zaragoza 2009, section 3.6), in which the fields'
//! frequencies are weighted and added before they saturate.

use tantivy::fieldnorm::FieldNormReader;

use crate::schema::{EVERYWHERE, HEADINGS, KEYWORDS, TEXT, TITLE};

/// What one occurrence counts, by the code of the field's length.
pub(crate) type Table = [f32; 256];

/// Saturation: how much a second occurrence adds to the first. From 0.9 to 2 nothing is better on all of the sets that
/// docs/benchmarks.md names.
const K1: f32 = 1.2;
/// How much a field's length counts against its words. The same holds from 0.4 on.
const B: f32 = 0.75;

/// Weight of a field's words.
fn weight(field: usize) -> f32 {
    match field {
        TEXT => 1.0,
        TITLE | KEYWORDS => 1.5,
        HEADINGS => 1.2,
        _ => unreachable!("{field} is none of {EVERYWHERE:?}"),
    }
}

/// What an occurrence in a field counts, where fields have `mean` words on average.
pub(crate) fn table(field: usize, mean: f32) -> Table {
    let weight = weight(field);
    std::array::from_fn(|code| {
        let length = FieldNormReader::id_to_fieldnorm(code as u8) as f32;
        weight / (1.0 - B + B * length / mean.max(1e-3))
    })
}

/// What a word counts that stands in one field only, by how often it does and the code of the field's length: most words of most chunks,
/// and looked up sooner than computed.
pub(crate) struct Counted {
    table: Table,
    /// From one occurrence on.
    few: Box<[Table; 8]>,
}

impl Counted {
    /// Of a field in which an occurrence counts so much.
    pub(crate) fn of(table: Table) -> Self {
        let times = |count: usize| table.map(|once| saturated(count as f32 * once));
        Self {
            few: Box::new(std::array::from_fn(|at| times(at + 1))),
            table,
        }
    }

    /// So many occurrences in a field of this length.
    pub(crate) fn get(&self, count: u32, length: u8) -> f32 {
        match self.few.get(count.wrapping_sub(1) as usize) {
            Some(table) => table[length as usize],
            None => saturated(count as f32 * self.table[length as usize]),
        }
    }
}

/// More than any number of occurrences counts.
pub(crate) const MOST: f32 = K1 + 1.0;

/// How a chunk's weighted occurrences count: rising, and never more than [`MOST`].
pub(crate) fn saturated(occurrences: f32) -> f32 {
    occurrences * MOST / (K1 + occurrences)
}

/// Weight by rarity, always above zero: the natural logarithm of 1 + (N - n + 0.5) / (n + 0.5).
pub(crate) fn idf(chunks: u64, all: u64) -> f32 {
    let (n, all) = (chunks as f32, all as f32);
    (1.0 + (all - n + 0.5) / (n + 0.5)).ln()
}
