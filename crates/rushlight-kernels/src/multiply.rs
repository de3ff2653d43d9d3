//! Products of a matrix with the rows of an input.

use std::cell::RefCell;
use std::ops::Range;

use rayon::prelude::*;

use crate::input::Input;
use crate::isa::{Isa, Lanes};
use crate::matrix::Matrix;
use crate::tile::{Bits, COLUMNS, Line, ROWS, Unpacked, unpack, unpack_scales};

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

impl Job<'_> {
    /// Writes a tile's sums for rows of the input from `start` on.
    ///
    /// # Safety
    /// No other call writes these.
    #[inline(always)]
    unsafe fn write(&self, tile: usize, start: usize, sums: &[[f32; ROWS]]) {
        assert!(start + sums.len() <= self.input.rows, "rows of the input");
        let places = ROWS.min(self.matrix.rows - tile * ROWS);
        for (row, sums) in sums.iter().enumerate() {
            let to = (start + row) * self.matrix.rows + tile * ROWS;
            // SAFETY: `to + places` is within the output, whose length was checked, and by this function's contract nobody else's.
            unsafe {
                self.output
                    .add(to)
                    .copy_from_nonoverlapping(sums.as_ptr(), places)
            };
        }
    }
}

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
        let tiles = at * part..tiles.min((at + 1) * part);
        SCRATCH.with_borrow_mut(|scratch| {
            // SAFETY: the instructions exist; the parts do not overlap, and each is handed out once.
            unsafe { isa.multiply(&job, tiles, scratch) };
        });
    });
}

thread_local! {
    static SCRATCH: RefCell<Box<Scratch>> = RefCell::new(Box::new(Scratch::new()));
}

/// Room for two tiles that are worked at. It is kept: to clear it anew took as long as multiplying one row with them.
pub(crate) struct Scratch {
    unpacked: [Unpacked; 2],
    sums: [Sums; 2],
}

/// Sums of a tile for each row of a batch.
type Sums = [[f32; ROWS]; BATCH];

impl Scratch {
    const fn new() -> Self {
        Self {
            unpacked: [const { Unpacked::new() }; 2],
            sums: [[[0.0; ROWS]; BATCH]; 2],
        }
    }
}

/// Computes some tiles' part of a product.
///
/// # Safety
/// The instructions of `L` exist; no other call has these tiles.
#[inline(always)]
pub(crate) unsafe fn tiles<L: Lanes>(job: &Job<'_>, tiles: Range<usize>, scratch: &mut Scratch) {
    let Scratch { unpacked, sums } = scratch;
    // SAFETY: by this function's contract.
    unsafe {
        let few = if L::WIDE { WIDE } else { NARROW };
        if job.input.rows <= few {
            let ([unpacked, _], [sums, _]) = (unpacked, sums);
            for tile in tiles {
                few_rows::<L>(job, tile, unpacked, sums);
            }
            return;
        }
        let mut at = tiles.start;
        if L::WIDE {
            while at + 2 <= tiles.end {
                some_tiles::<L, 2>(job, at, unpacked, sums);
                at += 2;
            }
        }
        while at < tiles.end {
            let ([unpacked, _], [sums, _]) = (&mut *unpacked, &mut *sums);
            some_tiles::<L, 1>(
                job,
                at,
                std::array::from_mut(unpacked),
                std::array::from_mut(sums),
            );
            at += 1;
        }
    }
}

/// Computes a tile's part of a product with a few rows of an input. These wait for memory, which is read about twice as fast from one
/// place as from two in turns.
///
/// # Safety
/// As [`tiles`].
#[inline(always)]
unsafe fn few_rows<L: Lanes>(job: &Job<'_>, tile: usize, unpacked: &mut Unpacked, sums: &mut Sums) {
    let Job { matrix, input, .. } = *job;
    sums[..input.rows].fill([0.0; ROWS]);
    for piece in 0..matrix.columns.div_ceil(COLUMNS) {
        let lines = matrix.piece(tile, piece);
        unpack_scales(matrix.form, lines, matrix.width(piece), unpacked);
        let from = piece * input.rows;
        // SAFETY: the instructions exist, by this function's contract.
        unsafe {
            let lines = matrix.form.weights(lines, matrix.width(piece));
            add_few::<L>(
                matrix.form.bits,
                lines,
                input,
                from..from + input.rows,
                unpacked,
                sums,
            );
        }
    }
    // SAFETY: this tile is this call's alone.
    unsafe { job.write(tile, 0, &sums[..input.rows]) };
}

/// Computes `T` tiles' part of a product.
///
/// # Safety
/// As [`tiles`].
#[inline(always)]
unsafe fn some_tiles<L: Lanes, const T: usize>(
    job: &Job<'_>,
    first: usize,
    unpacked: &mut [Unpacked; T],
    sums: &mut [Sums; T],
) {
    let Job { matrix, input, .. } = *job;
    for start in (0..input.rows).step_by(BATCH) {
        let rows = BATCH.min(input.rows - start);
        sums.iter_mut().for_each(|sums| sums[..rows].fill([0.0; ROWS]));
        for piece in 0..matrix.columns.div_ceil(COLUMNS) {
            let width = matrix.width(piece);
            let from = piece * input.rows + start;
            for (tile, unpacked) in unpacked.iter_mut().enumerate() {
                unpack(matrix.form, matrix.piece(first + tile, piece), width, unpacked);
            }
            // SAFETY: the instructions exist, by this function's contract.
            unsafe {
                match matrix.form.group() {
                    16 => add_piece::<L, 16, T>(unpacked, width, input, from..from + rows, sums),
                    _ => add_piece::<L, 32, T>(unpacked, width, input, from..from + rows, sums),
                }
            }
        }
        for (tile, sums) in sums.iter().enumerate() {
            // SAFETY: these tiles are this call's alone.
            unsafe { job.write(first + tile, start, &sums[..rows]) };
        }
    }
}

/// Adds a piece's products with a few rows of an input, which have their part of the columns at `from`. Weights go from where they are
/// packed straight into the product: to write them down unpacked is worth while only where more rows use them.
///
/// # Safety
/// The instructions of `L` exist.
#[inline(always)]
unsafe fn add_few<L: Lanes>(
    bits: Bits,
    lines: &[Line],
    input: &Input,
    from: Range<usize>,
    unpacked: &Unpacked,
    sums: &mut Sums,
) {
    // SAFETY: by this function's contract.
    unsafe {
        match bits {
            Bits::Four => add_packed::<L, 4, 32>(lines, input, from, unpacked, sums),
            Bits::Five => add_packed::<L, 5, 32>(lines, input, from, unpacked, sums),
            Bits::Six => add_packed::<L, 6, 16>(lines, input, from, unpacked, sums),
            Bits::Eight => add_packed::<L, 8, 32>(lines, input, from, unpacked, sums),
        }
    }
}

/// As [`add_few`], for weights of so many bits of which so many share a scale.
///
/// # Safety
/// The instructions of `L` exist.
#[inline(always)]
unsafe fn add_packed<L: Lanes, const BITS: usize, const GROUP: usize>(
    lines: &[Line],
    input: &Input,
    from: Range<usize>,
    unpacked: &Unpacked,
    sums: &mut Sums,
) {
    let groups = lines.as_chunks::<BITS>().0;
    let (mut at, rows) = (0, from.len());
    // SAFETY: by this function's contract.
    unsafe {
        if L::WIDE {
            while at + WIDE <= rows {
                add_packed_rows::<L, BITS, GROUP, WIDE>(groups, input, from.start, at, unpacked, sums);
                at += WIDE;
            }
            while at + 4 <= rows {
                add_packed_rows::<L, BITS, GROUP, 4>(groups, input, from.start, at, unpacked, sums);
                at += 4;
            }
        }
        while at + NARROW <= rows {
            add_packed_rows::<L, BITS, GROUP, NARROW>(groups, input, from.start, at, unpacked, sums);
            at += NARROW;
        }
        if at < rows {
            add_packed_rows::<L, BITS, GROUP, 1>(groups, input, from.start, at, unpacked, sums);
        }
    }
}

/// As [`add_packed`], for so many rows that their sums stay in registers.
///
/// # Safety
/// The instructions of `L` exist.
#[inline(always)]
unsafe fn add_packed_rows<L: Lanes, const BITS: usize, const GROUP: usize, const N: usize>(
    groups: &[[Line; BITS]],
    input: &Input,
    from: usize,
    at: usize,
    unpacked: &Unpacked,
    sums: &mut Sums,
) {
    let from = from + at..from + at + N;
    let (quants, scales) = (&input.quants[from.clone()], &input.scales[from.clone()]);
    let (sums16, sums32) = (&input.sums16[from.clone()], &input.sums32[from]);
    // SAFETY: the instructions exist; a line has 64 bytes, and a group's columns are within the piece.
    unsafe {
        let mut totals = [L::zero(); N];
        for (group, lines) in groups.iter().enumerate() {
            // The products of a group's first 16 columns and of its last.
            let mut products = [[L::zero_int(); 2]; N];
            for line in 0..4 {
                let weights = L::unpacked::<BITS>(lines, line);
                for row in 0..N {
                    for half in 0..2 {
                        let column = group * 32 + (half * 4 + line) * 4;
                        let four = L::load_four(quants[row].as_ptr().add(column));
                        products[row][half] = L::dot(products[row][half], weights[half], four);
                    }
                }
            }
            let scale = |at: usize| L::load(unpacked.scales[at].as_ptr());
            let minimum = |at: usize| L::load(unpacked.minima[at].as_ptr());
            for row in 0..N {
                let [first, last] = products[row];
                if GROUP == 16 {
                    for (half, product) in [first, last].into_iter().enumerate() {
                        let at = 2 * group + half;
                        let total = L::add_scaled(totals[row], product, scale(at));
                        totals[row] = L::subtract_product(total, minimum(at), sums16[row][at]);
                    }
                } else {
                    let total = L::add_scaled(totals[row], L::add_int(first, last), scale(group));
                    totals[row] = L::subtract_product(total, minimum(group), sums32[row][group]);
                }
            }
        }
        for row in 0..N {
            let sum = &mut sums[at + row];
            let total = L::add_product(L::load(sum.as_ptr()), totals[row], scales[row]);
            L::store(sum.as_mut_ptr(), total);
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
