//! Tiles: 16 rows of a matrix, interleaved so that 64 bytes hold four columns of each.
//!
//! A tile is cut into pieces of up to 256 columns. A piece is a head of scales and the weights, every line of 64 bytes aligned.

use crate::block::{BlockType, six_bits};
use crate::f16;

/// Rows of a tile.
pub(crate) const ROWS: usize = 16;
/// Columns of a piece; the last one of a row may have fewer.
pub(crate) const COLUMNS: usize = 256;
/// Columns that a scale is for, but for six bits.
const GROUP: usize = 32;

/// 64 bytes: four columns of each row, as one number per row with the first column lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u32; ROWS]);

pub(crate) const EMPTY: Line = Line([0; ROWS]);

/// How weights are stored in tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// 4 bits; scale and minimum of 6 bits for every 32, times a 16-bit float each for 256.
    FourOfSix,
    /// 4 bits; scale and minimum as 16-bit floats for every 32.
    Four,
    /// 6 bits; a scale of 8 bits for every 16, times a 16-bit float for 256.
    Six,
    /// 8 bits; a scale as a 16-bit float for every 32.
    Eight,
}

impl Form {
    /// The form for a type of block: the smallest in which its weights are exact, but for 5 bits with minima, which are rounded
    /// to 8 bits.
    pub(crate) fn of(block: BlockType) -> Self {
        match block {
            BlockType::Q4K => Self::FourOfSix,
            BlockType::Q4_0 | BlockType::Q4_1 => Self::Four,
            BlockType::Q6K => Self::Six,
            BlockType::Q8_0 | BlockType::Q5_0 | BlockType::Q5_1 | BlockType::Q5K => Self::Eight,
        }
    }

    /// Lines of a piece of so many columns.
    pub(crate) const fn lines(self, columns: usize) -> usize {
        let groups = columns / GROUP;
        self.head(groups)
            + match self {
                Self::FourOfSix | Self::Four => 4 * groups,
                Self::Six => 6 * groups,
                Self::Eight => 8 * groups,
            }
    }

    /// Lines before the weights.
    const fn head(self, groups: usize) -> usize {
        match self {
            Self::FourOfSix | Self::Six => 5,
            Self::Four => groups,
            Self::Eight => groups.div_ceil(2),
        }
    }

    /// Columns that share a scale.
    pub(crate) const fn group(self) -> usize {
        match self {
            Self::Six => 16,
            Self::FourOfSix | Self::Four | Self::Eight => GROUP,
        }
    }
}

fn set_byte(lines: &mut [Line], at: usize, byte: u8) {
    lines[at / 64].0[at % 64 / 4] |= u32::from(byte) << (at % 4 * 8);
}

fn set_half(lines: &mut [Line], at: usize, half: u16) {
    lines[at / 32].0[at % 32 / 2] |= u32::from(half) << (at % 2 * 16);
}

/// Writes row `row` of a piece: `blocks` are its bytes as stored.
pub(crate) fn pack_row(block_type: BlockType, blocks: &[u8], row: usize, piece: &mut [Line]) {
    let form = Form::of(block_type);
    let groups = blocks.len() / block_type.bytes() * block_type.weights() / GROUP;
    let (head, weights) = piece.split_at_mut(form.head(groups));
    for (at, block) in blocks.chunks_exact(block_type.bytes()).enumerate() {
        let half = |at: usize| u16::from_le_bytes([block[at], block[at + 1]]);
        match block_type {
            BlockType::Q4K => {
                set_half(head, row, half(0));
                set_half(head, ROWS + row, half(2));
                for group in 0..8 {
                    let (scale, minimum) = six_bits(&block[4..16], group);
                    set_byte(head, 64 + group * ROWS + row, scale);
                    set_byte(head, 192 + group * ROWS + row, minimum);
                }
                pack_four_of_six(&block[16..144], row, weights);
            }
            BlockType::Q6K => {
                set_half(head, row, half(208));
                for (group, scale) in block[192..208].iter().enumerate() {
                    set_byte(head, 64 + group * ROWS + row, *scale);
                }
                pack_six(&block[..128], &block[128..192], row, weights);
            }
            BlockType::Q4_0 | BlockType::Q4_1 => {
                let read = block_type.read(block);
                set_half(&mut head[at..=at], row, f16::from_f32(read.scales[0]));
                set_half(&mut head[at..=at], ROWS + row, f16::from_f32(read.minima[0]));
                pack_nibbles(&read.quants[..GROUP], row, &mut weights[at * 4..at * 4 + 4]);
            }
            BlockType::Q8_0 => {
                let read = block_type.read(block);
                pack_eight(half(0), &read.quants[..GROUP], at, row, head, weights);
            }
            BlockType::Q5_0 => {
                let read = block_type.read(block);
                let quants: [u8; GROUP] = std::array::from_fn(|at| read.quants[at] + (128 - 16));
                pack_eight(half(0), &quants, at, row, head, weights);
            }
            BlockType::Q5_1 | BlockType::Q5K => {
                let read = block_type.read(block);
                let per_block = block_type.weights() / GROUP;
                for group in 0..per_block {
                    let values: [f32; GROUP] = std::array::from_fn(|column| {
                        read.scales[group] * f32::from(read.quants[group * GROUP + column])
                            - read.minima[group]
                    });
                    let (scale, quants) = round_to_eight(&values);
                    pack_eight(scale, &quants, at * per_block + group, row, head, weights);
                }
            }
        }
    }
}

fn pack_nibbles(quants: &[u8], row: usize, weights: &mut [Line]) {
    for (at, four) in quants.as_chunks::<4>().0.iter().enumerate() {
        let (group, inside) = (at / 8, at % 8);
        weights[group * 4 + inside % 4].0[row] |= u32::from_le_bytes(*four) << (inside / 4 * 4);
    }
}

/// The low four bits of each byte.
const LOW: u128 = u128::from_le_bytes([0x0f; 16]);

/// Four bits of each weight of a block of 256, as they are stored, so that whole halves of a group move at once.
fn pack_four_of_six(stored: &[u8], row: usize, weights: &mut [Line]) {
    for (pair, bytes) in stored.as_chunks::<GROUP>().0.iter().enumerate() {
        let (first, second) = halves_of_group(bytes);
        write_nibbles(first & LOW | (second & LOW) << 4, 2 * pair, row, weights);
        write_nibbles(first >> 4 & LOW | second & !LOW, 2 * pair + 1, row, weights);
    }
}

/// As [`pack_four_of_six`], with two more bits of each weight in `high`.
fn pack_six(low: &[u8], high: &[u8], row: usize, weights: &mut [Line]) {
    let (nibbles, twos) = weights.split_at_mut(4 * COLUMNS / GROUP);
    let low = low.as_chunks::<GROUP>().0;
    for (part, high) in high.as_chunks::<GROUP>().0.iter().enumerate() {
        let high: [u32; 8] = std::array::from_fn(|at| word(high, at));
        for quarter in 0..4 {
            let group = part * 4 + quarter;
            let (first, second) = halves_of_group(&low[part * 2 + quarter % 2]);
            let packed = match quarter < 2 {
                true => first & LOW | (second & LOW) << 4,
                false => first >> 4 & LOW | second & !LOW,
            };
            write_nibbles(packed, group, row, nibbles);
            for line in 0..2 {
                let bits = (0..4).map(|at| (high[line * 4 + at] >> (2 * quarter) & 0x0303_0303) << (2 * at));
                twos[group * 2 + line].0[row] = bits.fold(0, |all, some| all | some);
            }
        }
    }
}

fn halves_of_group(bytes: &[u8; GROUP]) -> (u128, u128) {
    let half = |at: usize| u128::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte]));
    (half(0), half(GROUP / 2))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|byte| bytes[4 * at + byte]))
}

/// A group's weights of four bits: column n in the low half of byte n, column 16 + n in its high half.
fn write_nibbles(packed: u128, group: usize, row: usize, weights: &mut [Line]) {
    for at in 0..4 {
        weights[group * 4 + at].0[row] = (packed >> (32 * at)) as u32;
    }
}

fn pack_eight(scale: u16, quants: &[u8], group: usize, row: usize, head: &mut [Line], weights: &mut [Line]) {
    set_half(head, group * ROWS + row, scale);
    for (line, four) in weights[group * 8..group * 8 + 8]
        .iter_mut()
        .zip(quants.as_chunks::<4>().0)
    {
        line.0[row] = u32::from_le_bytes(*four);
    }
}

/// A 16-bit scale and whole numbers, 128 for nothing, whose products are nearest to these values.
fn round_to_eight(values: &[f32; GROUP]) -> (u16, [u8; GROUP]) {
    let largest = values
        .iter()
        .fold(0f32, |largest, value| largest.max(value.abs()));
    let nearest = f16::from_f32(largest / 127.0);
    // Small scales have few bits: the next one up where the largest value would not be reached.
    let short = f16::to_f32(nearest) * 127.0 < largest && nearest < f16::LARGEST;
    let bits = nearest + u16::from(short);
    let scale = f16::to_f32(bits);
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let quants = values.map(|value| ((value * inverse).round().clamp(-127.0, 127.0) + 128.0) as u8);
    (bits, quants)
}

/// A piece, unpacked: a weight is `scales[g][row] * weights - minima[g][row]` in the group `g` of its column.
#[repr(C, align(64))]
pub(crate) struct Unpacked {
    /// Line `n` holds the columns 4n to 4n+3, a byte each.
    pub(crate) weights: [Line; COLUMNS / 4],
    pub(crate) scales: [[f32; ROWS]; 16],
    pub(crate) minima: [[f32; ROWS]; 16],
}

impl Unpacked {
    pub(crate) const fn new() -> Self {
        Self {
            weights: [EMPTY; COLUMNS / 4],
            scales: [[0.0; ROWS]; 16],
            minima: [[0.0; ROWS]; 16],
        }
    }

    /// One weight, exactly as it is multiplied.
    pub(crate) fn weight(&self, form: Form, row: usize, column: usize) -> f32 {
        let quant = self.weights[column / 4].0[row] >> (column % 4 * 8) & 255;
        let group = column / form.group();
        self.scales[group][row] * quant as f32 - self.minima[group][row]
    }
}

/// The 16 halves from `at` on, as numbers.
#[inline(always)]
fn halves(lines: &[Line], at: usize) -> [f32; ROWS] {
    let first = at / 2;
    let line = &lines[first / ROWS].0;
    let mut values = [0.0; ROWS];
    for pair in 0..ROWS / 2 {
        let both = line[first % ROWS + pair];
        values[2 * pair] = f16::to_f32(both as u16);
        values[2 * pair + 1] = f16::to_f32((both >> 16) as u16);
    }
    values
}

/// The 16 bytes from `at` on.
#[inline(always)]
fn bytes(lines: &[Line], at: usize) -> [u8; ROWS] {
    let first = at / 4;
    let line = &lines[first / ROWS].0;
    let mut values = [0; ROWS];
    for four in 0..4 {
        values[4 * four..4 * four + 4].copy_from_slice(&line[first % ROWS + four].to_le_bytes());
    }
    values
}

#[inline(always)]
fn times(scale: &[f32; ROWS], factors: impl Fn(usize) -> f32) -> [f32; ROWS] {
    let mut product = [0.0; ROWS];
    for row in 0..ROWS {
        product[row] = scale[row] * factors(row);
    }
    product
}

#[inline(always)]
fn unpack_nibbles(packed: &[Line], into: &mut [Line; COLUMNS / 4]) {
    for (group, four) in packed.as_chunks::<4>().0.iter().enumerate() {
        for (at, line) in four.iter().enumerate() {
            for row in 0..ROWS {
                into[group * 8 + at].0[row] = line.0[row] & 0x0f0f_0f0f;
                into[group * 8 + 4 + at].0[row] = line.0[row] >> 4 & 0x0f0f_0f0f;
            }
        }
    }
}

/// Unpacks a piece of so many columns.
#[inline(always)]
pub(crate) fn unpack(form: Form, piece: &[Line], columns: usize, into: &mut Unpacked) {
    let groups = columns / GROUP;
    let (head, weights) = piece.split_at(form.head(groups));
    match form {
        Form::FourOfSix => {
            let (scale, minimum) = (halves(head, 0), halves(head, ROWS));
            for group in 0..groups {
                let factors = bytes(head, 64 + group * ROWS);
                into.scales[group] = times(&scale, |row| f32::from(factors[row]));
                let factors = bytes(head, 192 + group * ROWS);
                into.minima[group] = times(&minimum, |row| f32::from(factors[row]));
            }
            unpack_nibbles(weights, &mut into.weights);
        }
        Form::Four => {
            for group in 0..groups {
                into.scales[group] = halves(&head[group..=group], 0);
                into.minima[group] = halves(&head[group..=group], ROWS);
            }
            unpack_nibbles(weights, &mut into.weights);
        }
        Form::Six => {
            let scale = halves(head, 0);
            for group in 0..2 * groups {
                let factors = bytes(head, 64 + group * ROWS);
                into.scales[group] = times(&scale, |row| f32::from(factors[row].cast_signed()));
                into.minima[group] = times(&into.scales[group], |_| 32.0);
            }
            let (low, high) = weights.split_at(4 * groups);
            unpack_nibbles(low, &mut into.weights);
            for (group, two) in high.as_chunks::<2>().0.iter().enumerate() {
                for at in 0..8 {
                    for row in 0..ROWS {
                        let bits = two[at / 4].0[row] >> (at % 4 * 2) & 0x0303_0303;
                        into.weights[group * 8 + at].0[row] |= bits << 4;
                    }
                }
            }
        }
        Form::Eight => {
            for group in 0..groups {
                into.scales[group] = halves(head, group * ROWS);
                into.minima[group] = times(&into.scales[group], |_| 128.0);
            }
            into.weights[..weights.len()].copy_from_slice(weights);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_is_what_the_block_stands_for() {
        let mut state = 7u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        // Those whose weights stay exact, each with its scales, which must be small numbers.
        for (block_type, scales) in [
            (BlockType::Q4_0, &[0][..]),
            (BlockType::Q4_1, &[0, 2]),
            (BlockType::Q5_0, &[0]),
            (BlockType::Q8_0, &[0]),
            (BlockType::Q4K, &[0, 2]),
            (BlockType::Q6K, &[208]),
        ] {
            let form = Form::of(block_type);
            let columns = block_type.weights();
            let rows: Vec<Vec<u8>> = (0..ROWS)
                .map(|_| {
                    let mut block: Vec<u8> = (0..block_type.bytes()).map(|_| byte()).collect();
                    for at in scales {
                        block[*at..at + 2]
                            .copy_from_slice(&f16::from_f32(f32::from(byte()) / 64.0).to_le_bytes());
                    }
                    block
                })
                .collect();
            let mut piece = vec![EMPTY; form.lines(columns)];
            for (row, block) in rows.iter().enumerate() {
                pack_row(block_type, block, row, &mut piece);
            }
            let mut unpacked = Unpacked::new();
            unpack(form, &piece, columns, &mut unpacked);
            for (row, block) in rows.iter().enumerate() {
                let stored = block_type.read(block);
                for column in 0..columns {
                    let group = column / form.group();
                    let weight =
                        stored.scales[group] * f32::from(stored.quants[column]) - stored.minima[group];
                    let kept = unpacked.weight(form, row, column);
                    assert!(
                        (kept - weight).abs() <= 1e-3 * weight.abs().max(0.1),
                        "{block_type:?}, row {row}, column {column}: {kept} for {weight}"
                    );
                }
            }
        }
    }
}
