//! What a matrix is multiplied with, rounded to 8 bits.

use rayon::prelude::*;

use crate::isa::Isa;
use crate::tile::COLUMNS;

/// Columns whose sum is kept.
const SHORT: usize = 16;

/// Rows of numbers, each rounded to whole numbers from -127 to 127 times a scale for every 256.
///
/// All rows' first 256 values stand together, then all rows' next 256; the last piece is filled up with zeros.
#[derive(Debug, Default)]
pub struct Input {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) quants: Vec<[i8; COLUMNS]>,
    pub(crate) scales: Vec<f32>,
    /// Sums of the whole numbers of every 16 columns.
    pub(crate) sums16: Vec<[f32; COLUMNS / SHORT]>,
    /// Of every 32.
    pub(crate) sums32: Vec<[f32; COLUMNS / SHORT / 2]>,
}

impl Input {
    /// Rounds rows of so many columns that stand behind each other.
    ///
    /// # Panics
    /// When the values are not whole rows.
    pub fn new(values: &[f32], columns: usize) -> Self {
        let mut input = Self::default();
        input.set(values, columns);
        input
    }

    /// As [`Input::new`], in the memory of this one.
    ///
    /// # Panics
    /// When the values are not whole rows.
    pub fn set(&mut self, values: &[f32], columns: usize) {
        assert!(
            columns > 0 && values.len().is_multiple_of(columns),
            "{} values are not rows of {columns}",
            values.len()
        );
        let rows = values.len() / columns;
        let pieces = rows * columns.div_ceil(COLUMNS);
        self.rows = rows;
        self.columns = columns;
        self.quants.resize(pieces, [0; COLUMNS]);
        self.scales.resize(pieces, 0.0);
        self.sums16.resize(pieces, [0.0; COLUMNS / SHORT]);
        self.sums32.resize(pieces, [0.0; COLUMNS / SHORT / 2]);
        let isa = Isa::best();
        // A group is the same 256 columns of every row.
        let group = rows.max(1);
        let one = |(at, (((quants, scales), sums16), sums32)): (usize, Group<'_>)| {
            let start = at * COLUMNS;
            for row in 0..quants.len() {
                let values = &values[row * columns..(row + 1) * columns];
                let values = &values[start..columns.min(start + COLUMNS)];
                // SAFETY: the best of this machine is one that it has.
                scales[row] = unsafe { isa.round(values, &mut quants[row], &mut sums16[row]) };
                sums32[row] = std::array::from_fn(|at| sums16[row][2 * at] + sums16[row][2 * at + 1]);
            }
        };
        let groups = (self.quants.par_chunks_mut(group))
            .zip(self.scales.par_chunks_mut(group))
            .zip(self.sums16.par_chunks_mut(group))
            .zip(self.sums32.par_chunks_mut(group));
        match rows {
            // One row is rounded sooner than another thread is woken.
            0 | 1 => (self.quants.chunks_mut(group))
                .zip(self.scales.chunks_mut(group))
                .zip(self.sums16.chunks_mut(group))
                .zip(self.sums32.chunks_mut(group))
                .enumerate()
                .for_each(one),
            _ => groups.enumerate().for_each(one),
        }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A value as it is multiplied.
    pub fn value(&self, row: usize, column: usize) -> f32 {
        let piece = column / COLUMNS * self.rows + row;
        f32::from(self.quants[piece][column % COLUMNS]) * self.scales[piece]
    }
}

type Group<'a> = (
    (
        (&'a mut [[i8; COLUMNS]], &'a mut [f32]),
        &'a mut [[f32; COLUMNS / SHORT]],
    ),
    &'a mut [[f32; COLUMNS / SHORT / 2]],
);

/// Rounds up to 256 values; returns their scale.
#[inline(always)]
pub(crate) fn round(values: &[f32], quants: &mut [i8; COLUMNS], sums: &mut [f32; COLUMNS / SHORT]) -> f32 {
    let mut padded = [0f32; COLUMNS];
    padded[..values.len()].copy_from_slice(values);
    let mut largest = [0f32; 16];
    for sixteen in padded.as_chunks::<16>().0 {
        for lane in 0..16 {
            let size = sixteen[lane].abs();
            largest[lane] = if size > largest[lane] { size } else { largest[lane] };
        }
    }
    let largest = largest.iter().fold(0f32, |largest, size| largest.max(*size));
    let inverse = 127.0 / largest;
    // Values too small to be told from 0 are 0; what is no number is left to the scale.
    let inverse = if inverse.is_finite() { inverse } else { 0.0 };
    // Adding and taking away 1.5 * 2^23 leaves the nearest whole number, ties to even.
    const WHOLE: f32 = 12_582_912.0;
    for ((sixteen, quants), sum) in (padded.as_chunks::<16>().0.iter())
        .zip(quants.as_chunks_mut::<16>().0)
        .zip(sums)
    {
        let mut total = 0i32;
        for lane in 0..16 {
            let whole = (sixteen[lane] * inverse + WHOLE)
                .to_bits()
                .wrapping_sub(WHOLE.to_bits());
            quants[lane] = whole as i8;
            total += i32::from(quants[lane]);
        }
        *sum = total as f32;
    }
    // One value that is no number makes the scale one, and so every product: it is not taken for a 0.
    let poison: f32 = values.iter().map(|value| value * 0.0).sum();
    largest / 127.0 + poison
}
