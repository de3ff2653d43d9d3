//! The blocks in which GGML stores weights.

use std::fmt;

use crate::f16;

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

    /// What a block stands for: a weight is `scales[g] * quants[i] - minima[g]` in the group `g` that it belongs to.
    pub(crate) fn read(self, block: &[u8]) -> Quants {
        let mut read = Quants::new();
        let into = &mut read;
        let half = |at: usize| f16::to_f32(u16::from_le_bytes([block[at], block[at + 1]]));
        match self {
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 => {
                let with_minimum = matches!(self, Self::Q4_1 | Self::Q5_1);
                let fifth = matches!(self, Self::Q5_0 | Self::Q5_1);
                let head = 2 + 2 * usize::from(with_minimum);
                let (high, nibbles) = match fifth {
                    true => {
                        let bits = &block[head..head + 4];
                        (
                            u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]),
                            &block[head + 4..head + 20],
                        )
                    }
                    false => (0, &block[head..head + 16]),
                };
                for (at, byte) in nibbles.iter().enumerate() {
                    into.quants[at] = byte & 15 | ((((high >> at) & 1) as u8) << 4);
                    into.quants[at + 16] = byte >> 4 | ((((high >> (at + 16)) & 1) as u8) << 4);
                }
                into.scales[0] = half(0);
                into.minima[0] = match (with_minimum, fifth) {
                    (true, _) => -half(2),
                    (false, true) => 16.0 * into.scales[0],
                    (false, false) => 8.0 * into.scales[0],
                };
            }
            Self::Q8_0 => {
                for (quant, byte) in into.quants.iter_mut().zip(&block[2..34]) {
                    *quant = byte ^ 128;
                }
                into.scales[0] = half(0);
                into.minima[0] = 128.0 * into.scales[0];
            }
            Self::Q4K | Self::Q5K => {
                let (scale, minimum) = (half(0), half(2));
                let packed = &block[4..16];
                for group in 0..8 {
                    let (factor, below) = six_bits(packed, group);
                    into.scales[group] = scale * f32::from(factor);
                    into.minima[group] = minimum * f32::from(below);
                }
                read_nibbles(self, block, into);
            }
            Self::Q6K => {
                let scale = half(208);
                for group in 0..16 {
                    into.scales[group] = scale * f32::from(block[192 + group].cast_signed());
                    into.minima[group] = 32.0 * into.scales[group];
                }
                for part in 0..2 {
                    let low = &block[part * 64..part * 64 + 64];
                    let high = &block[128 + part * 32..128 + part * 32 + 32];
                    let quants = &mut into.quants[part * 128..part * 128 + 128];
                    for at in 0..32 {
                        quants[at] = low[at] & 15 | (high[at] & 3) << 4;
                        quants[at + 32] = low[at + 32] & 15 | (high[at] >> 2 & 3) << 4;
                        quants[at + 64] = low[at] >> 4 | (high[at] >> 4 & 3) << 4;
                        quants[at + 96] = low[at + 32] >> 4 | (high[at] >> 6) << 4;
                    }
                }
            }
        }
        read
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

/// The whole numbers of a block of Q4_K or Q5_K.
fn read_nibbles(block_type: BlockType, block: &[u8], into: &mut Quants) {
    let (high, low) = match block_type {
        BlockType::Q5K => (Some(&block[16..48]), &block[48..176]),
        _ => (None, &block[16..144]),
    };
    for (pair, low) in low.as_chunks::<32>().0.iter().enumerate() {
        for (at, byte) in low.iter().enumerate() {
            let bits = high.map_or(0, |high| high[at] >> (2 * pair));
            into.quants[pair * 64 + at] = byte & 15 | (bits & 1) << 4;
            into.quants[pair * 64 + 32 + at] = byte >> 4 | (bits >> 1 & 1) << 4;
        }
    }
}

/// A block, read.
pub(crate) struct Quants {
    pub(crate) quants: [u8; 256],
    pub(crate) scales: [f32; 16],
    pub(crate) minima: [f32; 16],
}

impl Quants {
    pub(crate) const fn new() -> Self {
        Self {
            quants: [0; 256],
            scales: [0.0; 16],
            minima: [0.0; 16],
        }
    }
}
