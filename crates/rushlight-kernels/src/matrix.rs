//! A quantised matrix in tiles.

use rayon::prelude::*;

use crate::block::{BlockType, WrongSize};
use crate::input::Input;
use crate::isa::Isa;
use crate::memory::{Lines, Memory};
use crate::multiply;
use crate::tile::{COLUMNS, Form, Line, ROWS, Unpacked, pack_row, unpack};

/// A quantised matrix, repacked.
#[derive(Debug)]
pub struct Matrix {
    pub(crate) form: Form,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    lines: Lines,
}

impl Matrix {
    /// Repacks rows of blocks that stand behind each other.
    ///
    /// # Errors
    /// When the bytes are not so many whole rows.
    pub fn pack(block: BlockType, bytes: &[u8], rows: usize, columns: usize) -> Result<Self, WrongSize> {
        if Self::stored_bytes(block, rows, columns)? != bytes.len() {
            return Err(WrongSize {
                block,
                rows,
                columns,
                bytes: Some(bytes.len()),
            });
        }
        Self::pack_from(block, rows, columns, &mut Memory::new(), |start, part| {
            part.copy_from_slice(&bytes[start..start + part.len()]);
            Ok(())
        })
    }

    /// Bytes of so many rows of blocks as they are stored, before they are repacked.
    ///
    /// # Errors
    /// When rows are not whole blocks, or there are none.
    pub fn stored_bytes(block: BlockType, rows: usize, columns: usize) -> Result<usize, WrongSize> {
        let bytes = block
            .row_bytes(columns)
            .and_then(|row| row.checked_mul(rows))
            .filter(|bytes| *bytes > 0);
        bytes.ok_or(WrongSize {
            block,
            rows,
            columns,
            bytes: None,
        })
    }

    /// As [`Matrix::pack`] into memory that matrices share, reading the bytes part by part on several threads: `read` fills a
    /// part with what stands from a byte on.
    ///
    /// # Errors
    /// When rows are not whole blocks; what `read` returns.
    pub fn pack_from<E: From<WrongSize> + Send>(
        block: BlockType,
        rows: usize,
        columns: usize,
        memory: &mut Memory,
        read: impl Fn(usize, &mut [u8]) -> Result<(), E> + Sync,
    ) -> Result<Self, E> {
        let row_bytes = Self::stored_bytes(block, rows, columns)? / rows;
        let form = Form::of(block);
        let tile = tile_lines(form, columns);
        let mut lines = memory.take(rows.div_ceil(ROWS) * tile);
        let piece_bytes = COLUMNS / block.weights() * block.bytes();
        let one = |bytes: &mut Vec<u8>, (at, tile): (usize, &mut [Line])| -> Result<(), E> {
            let count = ROWS.min(rows - at * ROWS);
            bytes.resize(count * row_bytes, 0);
            read(at * ROWS * row_bytes, bytes)?;
            for (at, piece) in tile.chunks_mut(form.lines(COLUMNS)).enumerate() {
                for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
                    let end = row_bytes.min((at + 1) * piece_bytes);
                    pack_row(block, &bytes[at * piece_bytes..end], row, piece);
                }
            }
            Ok(())
        };
        (lines.par_chunks_mut(tile).enumerate()).try_for_each_init(Vec::new, one)?;
        Ok(Self {
            form,
            rows,
            columns,
            lines,
        })
    }

    /// Rows: values of an output.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns: values of an input.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes that the matrix takes.
    pub fn bytes(&self) -> usize {
        self.lines.len() * size_of::<Line>()
    }

    /// The product with every row of an input, in rows behind each other.
    ///
    /// # Panics
    /// When the input has other columns, or the output other places than there are products.
    pub fn multiply(&self, input: &Input, output: &mut [f32]) {
        self.multiply_with(Isa::best(), input, output);
    }

    /// As [`Matrix::multiply`], with these instructions.
    ///
    /// # Panics
    /// As [`Matrix::multiply`], and when the machine has no such instructions.
    pub fn multiply_with(&self, isa: Isa, input: &Input, output: &mut [f32]) {
        multiply::multiply(isa, self, input, output);
    }

    /// One row, for a table that is looked up.
    ///
    /// # Panics
    /// When there is no such row, or the output has other places than the row.
    pub fn row(&self, row: usize, output: &mut [f32]) {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        assert_eq!(output.len(), self.columns, "a row has {} values", self.columns);
        let mut unpacked = Unpacked::new();
        for (at, values) in output.chunks_mut(COLUMNS).enumerate() {
            unpack(self.form, self.piece(row / ROWS, at), values.len(), &mut unpacked);
            for (column, value) in values.iter_mut().enumerate() {
                *value = unpacked.weight(self.form, row % ROWS, column);
            }
        }
    }

    /// Columns of a piece.
    pub(crate) fn width(&self, piece: usize) -> usize {
        COLUMNS.min(self.columns - piece * COLUMNS)
    }

    /// The lines of a piece of a tile.
    #[inline(always)]
    pub(crate) fn piece(&self, tile: usize, piece: usize) -> &[Line] {
        let start = tile * tile_lines(self.form, self.columns) + piece * self.form.lines(COLUMNS);
        &self.lines[start..start + self.form.lines(self.width(piece))]
    }
}

/// Lines of a tile whose rows have so many columns.
fn tile_lines(form: Form, columns: usize) -> usize {
    let (whole, rest) = (columns / COLUMNS, columns % COLUMNS);
    whole * form.lines(COLUMNS) + if rest > 0 { form.lines(rest) } else { 0 }
}
