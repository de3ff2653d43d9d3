//! Blocks as they are written down in GGML's own code: what packed weights are compared with.

use crate::block::{BlockType, six_bits};
use crate::f16;

/// A block: a weight is `scales[g] * quants[i] - minima[g]` in the group `g` that it belongs to.
pub(crate) struct Stored {
    pub(crate) quants: [u8; 256],
    pub(crate) scales: [f32; 16],
    pub(crate) minima: [f32; 16],
}

impl Stored {
    /// Reads it.
    pub(crate) fn read(block_type: BlockType, block: &[u8]) -> Self {
        let mut read = Self {
            quants: [0; 256],
            scales: [0.0; 16],
            minima: [0.0; 16],
        };
        let into = &mut read;
        let half = |at: usize| f16::to_f32(u16::from_le_bytes([block[at], block[at + 1]]));
        match block_type {
            BlockType::Q4_0 | BlockType::Q4_1 | BlockType::Q5_0 | BlockType::Q5_1 => {
                let with_minimum = matches!(block_type, BlockType::Q4_1 | BlockType::Q5_1);
                let fifth = matches!(block_type, BlockType::Q5_0 | BlockType::Q5_1);
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
            BlockType::Q8_0 => {
                for (quant, byte) in into.quants.iter_mut().zip(&block[2..34]) {
                    *quant = byte ^ 128;
                }
                into.scales[0] = half(0);
                into.minima[0] = 128.0 * into.scales[0];
            }
            BlockType::Q4K | BlockType::Q5K => {
                let (scale, minimum) = (half(0), half(2));
                let packed = &block[4..16];
                for group in 0..8 {
                    let (factor, below) = six_bits(packed, group);
                    into.scales[group] = scale * f32::from(factor);
                    into.minima[group] = minimum * f32::from(below);
                }
                read_nibbles(block_type, block, into);
            }
            BlockType::Q6K => {
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

/// The whole numbers of a block of Q4_K or Q5_K.
fn read_nibbles(block_type: BlockType, block: &[u8], into: &mut Stored) {
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
