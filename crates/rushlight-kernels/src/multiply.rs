//! Products of a matrix with the rows of an input.

use std::ops::Range;

use rayon::prelude::*;

use crate::input::Input;
use crate::isa::{Isa, Lanes};
use crate::matrix::Matrix;
use crate::tile::{COLUMNS, ROWS, Unpacked, unpack};

/// Rows of an input whose sums stay in registers, for two tiles where there are 32 registers, for one where there are 16.
pub(crate) const WIDE: usize = 6;
pub(crate) const NARROW: usize = 2;

/// Rows of an input for which a piece is unpacked once.
const BATCH: usize = 128;

/// A product to be computed, tile by tile.
pub(crate) struct Job<'a> {
    matrix: &'a Matrix,
    input: &'a Input,
    /// Rows of the input × rows of the matrix. Every tile writes places of its own.
    output: *mut f32,
}

// SAFETY: no two tiles write the same place, and a job's tiles are handed out once each.
unsafe impl Sync for Job<'_> {}

/// Computes the product on all cores.
pub(crate) fn multiply(isa: Isa, matrix: &Matrix, input: &Input, output: &mut [f32]) {
    assert!(isa.exists(), "this machine has no {isa:?}");
    assert_eq!(
        input.columns, matrix.columns,
        "the input has other columns than the matrix"
    );
    assert_eq!(
        output.len(),
        input.rows * matrix.rows,
        "the output has a place for every product"
    );
    let job = Job {
        matrix,
        input,
        output: output.as_mut_ptr(),
    };
    let tiles = matrix.rows.div_ceil(ROWS);
    // Several parts for every core, so that none waits long for another.
    let part = (tiles.div_ceil(rayon::current_num_threads() * 4)).next_multiple_of(2);
    (0..tiles.div_ceil(part)).into_par_iter().for_each(|at| {
        // SAFETY: the instructions exist; the parts do not overlap, and each is handed out once.
        unsafe { isa.multiply(&job, at * part..tiles.min((at + 1) * part)) };
    });
}

/// Computes some tiles' part of a product.
///
/// # Safety
/// The instructions of `L` exist; no other call has these tiles.
#[inline(always)]
pub(crate) unsafe fn tiles<L: Lanes>(job: &Job<'_>, tiles: Range<usize>) {
    let mut at = tiles.start;
    // SAFETY: by this function's contract.
    unsafe {
        if L::WIDE {
            while at + 2 <= tiles.end {
                some_tiles::<L, 2>(job, at);
                at += 2;
            }
        }
        while at < tiles.end {
            some_tiles::<L, 1>(job, at);
            at += 1;
        }
    }
}

/// Sums of a tile for each row of a batch.
type Sums = [[f32; ROWS]; BATCH];

/// Computes `T` tiles' part of a product.
///
/// # Safety
/// As [`tiles`].
#[inline(always)]
unsafe fn some_tiles<L: Lanes, const T: usize>(job: &Job<'_>, first: usize) {
    let Job {
        matrix,
        input,
        output,
    } = *job;
    let mut unpacked = [const { Unpacked::new() }; T];
    let mut sums = [[[0f32; ROWS]; BATCH]; T];
    for start in (0..input.rows).step_by(BATCH) {
        let rows = BATCH.min(input.rows - start);
        sums.iter_mut().for_each(|sums| sums[..rows].fill([0.0; ROWS]));
        for piece in 0..matrix.columns.div_ceil(COLUMNS) {
            let width = matrix.width(piece);
            for (tile, unpacked) in unpacked.iter_mut().enumerate() {
                unpack(matrix.form, matrix.piece(first + tile, piece), width, unpacked);
            }
            let from = piece * input.rows + start;
            // SAFETY: the instructions exist, by this function's contract.
            unsafe {
                match matrix.form.group() {
                    16 => add_piece::<L, 16, T>(&unpacked, width, input, from..from + rows, &mut sums),
                    _ => add_piece::<L, 32, T>(&unpacked, width, input, from..from + rows, &mut sums),
                }
            }
        }
        for (tile, sums) in sums.iter().enumerate() {
            let tile = first + tile;
            let places = ROWS.min(matrix.rows - tile * ROWS);
            for (row, sums) in sums[..rows].iter().enumerate() {
                let to = (start + row) * matrix.rows + tile * ROWS;
                // SAFETY: `to + places` is within the output, whose length was checked, and this tile's alone.
                unsafe { output.add(to).copy_from_nonoverlapping(sums.as_ptr(), places) };
            }
        }
    }
}

/// Adds a piece's products with rows of an input, which have their part of the columns at `from`.
///
/// # Safety
/// The instructions of `L` exist.
#[inline(always)]
unsafe fn add_piece<L: Lanes, const GROUP: usize, const T: usize>(
    unpacked: &[Unpacked; T],
    width: usize,
    input: &Input,
    from: Range<usize>,
    sums: &mut [Sums; T],
) {
    let (mut at, rows) = (0, from.len());
    // SAFETY: the instructions exist, by this function's contract.
    unsafe {
        if L::WIDE {
            while at + WIDE <= rows {
                add_rows::<L, GROUP, T, WIDE>(unpacked, width, input, from.start, at, sums);
                at += WIDE;
            }
        }
        while at + NARROW <= rows {
            add_rows::<L, GROUP, T, NARROW>(unpacked, width, input, from.start, at, sums);
            at += NARROW;
        }
        if at < rows {
            add_rows::<L, GROUP, T, 1>(unpacked, width, input, from.start, at, sums);
        }
    }
}

/// As [`add_piece`], for so many rows and tiles that their sums stay in registers.
///
/// # Safety
/// The instructions of `L` exist.
#[inline(always)]
unsafe fn add_rows<L: Lanes, const GROUP: usize, const T: usize, const N: usize>(
    unpacked: &[Unpacked; T],
    width: usize,
    input: &Input,
    from: usize,
    at: usize,
    sums: &mut [Sums; T],
) {
    let quants = &input.quants[from + at..from + at + N];
    let scales = &input.scales[from + at..from + at + N];
    let (sums16, sums32) = (
        &input.sums16[from + at..from + at + N],
        &input.sums32[from + at..from + at + N],
    );
    // SAFETY: the instructions exist; a line has 64 bytes, and a group's columns are within the piece.
    unsafe {
        let mut totals = [[L::zero(); N]; T];
        for group in 0..width / GROUP {
            let mut products = [[L::zero_int(); N]; T];
            for line in group * GROUP / 4..(group + 1) * GROUP / 4 {
                let weights: [L::Bytes; T] =
                    std::array::from_fn(|tile| L::load_bytes(unpacked[tile].weights[line].0.as_ptr()));
                for row in 0..N {
                    let four = L::load_four(quants[row].as_ptr().add(line * 4));
                    for tile in 0..T {
                        products[tile][row] = L::dot(products[tile][row], weights[tile], four);
                    }
                }
            }
            for tile in 0..T {
                let scale = L::load(unpacked[tile].scales[group].as_ptr());
                let minimum = L::load(unpacked[tile].minima[group].as_ptr());
                for row in 0..N {
                    let sum = match GROUP {
                        16 => sums16[row][group],
                        _ => sums32[row][group],
                    };
                    let total = L::add_scaled(totals[tile][row], products[tile][row], scale);
                    totals[tile][row] = L::subtract_product(total, minimum, sum);
                }
            }
        }
        for tile in 0..T {
            for row in 0..N {
                let sum = &mut sums[tile][at + row];
                let total = L::add_product(L::load(sum.as_ptr()), totals[tile][row], scales[row]);
                L::store(sum.as_mut_ptr(), total);
            }
        }
    }
}
