//! How much a word of a query says of a chunk: BM25F (Robertson and Zaragoza 2009, section 3.6), in which the fields'
//! frequencies are weighted and added before they saturate.

use tantivy::fieldnorm::FieldNormReader;

use crate::schema::{EVERYWHERE, HEADINGS, KEYWORDS, TEXT, TITLE};

/// What one occurrence counts, by the code of the field's length.
pub(crate) type Table = [f32; 256];

/// Saturation: how much a second occurrence adds to the first.
static K1: std::sync::LazyLock<f32> = std::sync::LazyLock::new(|| tune("K1", 1.2));

pub(crate) fn tune(name: &str, default: f32) -> f32 {
    std::env::var(name)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}

/// Weight of a field's words, and how much its length counts against them.
fn weight_and_length(field: usize) -> (f32, f32) {
    match field {
        TEXT => (1.0, tune("B_TEXT", 0.75)),
        TITLE => (tune("W_TITLE", 1.5), tune("B_TITLE", 0.75)),
        KEYWORDS => (1.5, 0.75),
        HEADINGS => (1.2, 0.75),
        _ => unreachable!("{field} is none of {EVERYWHERE:?}"),
    }
}

/// What an occurrence in a field counts, where fields have `mean` words on average.
pub(crate) fn table(field: usize, mean: f32) -> Table {
    let (weight, b) = weight_and_length(field);
    std::array::from_fn(|code| {
        let length = FieldNormReader::id_to_fieldnorm(code as u8) as f32;
        weight / (1.0 - b + b * length / mean.max(1e-3))
    })
}

/// How a chunk's weighted occurrences count: rising, and never more than `k1 + 1`.
pub(crate) fn saturated(occurrences: f32) -> f32 {
    let k1 = *K1;
    occurrences * (k1 + 1.0) / (k1 + occurrences)
}

/// Weight by rarity, always above zero: the natural logarithm of 1 + (N - n + 0.5) / (n + 0.5).
pub(crate) fn idf(chunks: u64, all: u64) -> f32 {
    let (n, all) = (chunks as f32, all as f32);
    (1.0 + (all - n + 0.5) / (n + 0.5)).ln()
}
