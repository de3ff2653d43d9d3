//! Matrices with one scale for each of their rows, as integer multiplication wants them.
//!
//! The sums are taken in a fixed order and the roundings are IEEE's own, so every machine gets the same bytes.

/// A matrix of 8-bit weights, transposed.
pub(super) struct EightBit {
    /// Column by column of the matrix it was made from, so that `x * weights` is the product with its transpose.
    pub(super) weights: Vec<u8>,
    /// One for each row: a weight is its integer times the scale of its row.
    pub(super) scales: Vec<f32>,
}

/// The largest integer in use: symmetric, so that no zero point is needed.
const LARGEST: f32 = 127.0;

/// Rounds `values`, rows of `columns`, to 8 bits: the largest of a row becomes 127.
pub(super) fn quantize(values: &[f32], columns: usize) -> EightBit {
    let rows = values.len() / columns;
    let mut weights = vec![0; values.len()];
    let mut scales = Vec::with_capacity(rows);
    for (row, row_values) in values.chunks_exact(columns).enumerate() {
        let largest = row_values
            .iter()
            .fold(0.0f32, |largest, value| largest.max(value.abs()));
        let scale = if largest == 0.0 { 1.0 } else { largest / LARGEST };
        for (column, value) in row_values.iter().enumerate() {
            let rounded = (value / scale).round_ties_even().clamp(-LARGEST, LARGEST);
            weights[column * rows + row] = (rounded as i8).cast_unsigned();
        }
        scales.push(scale);
    }
    EightBit { weights, scales }
}

/// The transpose of `values`, rows of `columns`.
pub(super) fn transpose(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| values.iter().skip(column).step_by(columns).copied())
        .collect()
}

/// The `count` columns with the greatest sum of squares, and the others, each in ascending order. Of two equal ones the
/// first is the louder.
pub(super) fn loudest_columns(values: &[f32], columns: usize, count: usize) -> (Vec<usize>, Vec<usize>) {
    let mut loudness = vec![0.0f64; columns];
    for row in values.chunks_exact(columns) {
        for (sum, value) in loudness.iter_mut().zip(row) {
            *sum += f64::from(*value) * f64::from(*value);
        }
    }
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|a, b| loudness[*b].total_cmp(&loudness[*a]));
    let mut rest = order.split_off(count.min(columns));
    order.sort_unstable();
    rest.sort_unstable();
    (order, rest)
}

/// These rows of `values`, rows of `columns`.
pub(super) fn rows_of(values: &[f32], columns: usize, rows: &[usize]) -> Vec<f32> {
    rows.iter()
        .flat_map(|row| &values[row * columns..(row + 1) * columns])
        .copied()
        .collect()
}

/// These columns of `values`, rows of `columns`.
pub(super) fn columns_of(values: &[f32], columns: usize, chosen: &[usize]) -> Vec<f32> {
    values
        .chunks_exact(columns)
        .flat_map(|row| chosen.iter().map(|column| row[*column]))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_of_a_row_is_127_and_nothing_is_nothing() {
        let EightBit { weights, scales } = quantize(&[2.0, -4.0, 1.0, 0.0, 0.0, 0.0], 3);
        assert_eq!(scales, [4.0 / 127.0, 1.0]);
        // 63.5 goes to the even neighbour, 31.75 up; a column of the source is a row here.
        let signed: Vec<i8> = weights.iter().map(|weight| weight.cast_signed()).collect();
        assert_eq!(signed, [64, 0, -127, 0, 32, 0]);
    }

    #[test]
    fn loud_columns_are_found_and_taken_out() {
        let values = [1.0, -9.0, 2.0, 2.0, 1.0, 9.0, -2.0, 2.0];
        let (loud, rest) = loudest_columns(&values, 4, 2);
        assert_eq!((loud.as_slice(), rest.as_slice()), (&[1, 2][..], &[0, 3][..]));
        assert_eq!(columns_of(&values, 4, &loud), [-9.0, 2.0, 9.0, -2.0]);
        assert_eq!(rows_of(&values, 4, &[1]), [1.0, 9.0, -2.0, 2.0]);
        assert_eq!(transpose(&values, 4), [1.0, 1.0, -9.0, 9.0, 2.0, -2.0, 2.0, 2.0]);
        assert_eq!(loudest_columns(&values, 4, 9).0, [0, 1, 2, 3]);
    }

    proptest! {
        #[test]
        fn no_weight_is_off_by_more_than_half_a_step(values in proptest::collection::vec(-10.0f32..10.0, 12)) {
            let EightBit { weights, scales } = quantize(&values, 4);
            for (at, value) in values.iter().enumerate() {
                let (row, column) = (at / 4, at % 4);
                let back = f32::from(weights[column * 3 + row].cast_signed()) * scales[row];
                prop_assert!((back - value).abs() <= scales[row] * 0.5001);
            }
        }
    }
}
