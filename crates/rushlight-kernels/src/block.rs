//! The blocks in which GGML stores weights.

use std::fmt;

/// How the weights of a row are stored. Layouts: `ggml-common.h` of the GGML project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockType {
    /// 32 weights of 4 bits, a scale.
    Q4_0,
    /// 32 weights of 4 bits, a scale and a minimum.
    Q4_1,
    /// 32 weights of 5 bits, a scale.
    Q5_0,
    /// 32 weights of 5 bits, a scale and a minimum.
    Q5_1,
    /// 32 weights of 8 bits, a scale.
    Q8_0,
    /// 256 weights of 4 bits, scales and minima of 6 bits for every 32.
    Q4K,
    /// 256 weights of 5 bits, scales and minima of 6 bits for every 32.
    Q5K,
    /// 256 weights of 6 bits, scales of 8 bits for every 16.
    Q6K,
}

/// A shape or bytes that are no matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSize {
    /// How the weights are stored.
    pub block: BlockType,
    /// Rows that were promised.
    pub rows: usize,
    /// Columns that were promised.
    pub columns: usize,
    /// Bytes that were given, where the shape makes sense.
    pub bytes: Option<usize>,
}

impl fmt::Display for WrongSize {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            block,
            rows,
            columns,
            bytes,
        } = self;
        match bytes {
            Some(bytes) => write!(out, "{bytes} bytes are not ")?,
            None => out.write_str("there are no ")?,
        }
        write!(
            out,
            "{rows} rows of {columns} weights in blocks of type {block:?}"
        )
    }
}

impl std::error::Error for WrongSize {}

impl BlockType {
    /// Weights of a block.
    pub const fn weights(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => 32,
            Self::Q4K | Self::Q5K | Self::Q6K => 256,
        }
    }

    /// Bytes of a block.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// Bytes of a row, where whole blocks fill it.
    pub fn row_bytes(self, columns: usize) -> Option<usize> {
        (columns > 0 && columns.is_multiple_of(self.weights()))
            .then(|| (columns / self.weights()).checked_mul(self.bytes()))
            .flatten()
    }
}

/// Scale and minimum of a group of 32 in a block of Q4_K or Q5_K, out of its 12 packed bytes.
pub(crate) fn six_bits(packed: &[u8], group: usize) -> (u8, u8) {
    match group < 4 {
        true => (packed[group] & 63, packed[group + 4] & 63),
        false => (
            packed[group + 4] & 15 | (packed[group - 4] >> 6) << 4,
            packed[group + 4] >> 4 | (packed[group] >> 6) << 4,
        ),
    }
}
