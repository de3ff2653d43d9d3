//! Tiles: 16 rows of a matrix, interleaved so that 64 bytes hold four columns of each.
//!
//! A tile is cut into pieces of up to 256 columns. A piece is a head of scales and the weights, every line of 64 bytes aligned.

use crate::block::{BlockType, six_bits};
use crate::f16;

/// Rows of a tile.
pub(crate) const ROWS: usize = 16;
/// Columns of a piece; the last one of a row may have fewer.
pub(crate) const COLUMNS: usize = 256;
/// Columns whose weights stand together.
const GROUP: usize = 32;

/// 64 bytes: four columns of each row, as one number per row with the first column lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u32; ROWS]);

pub(crate) const EMPTY: Line = Line([0; ROWS]);

/// How weights are stored in tiles: as few bits as their blocks have, and scales in the blocks' own precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) bits: Bits,
    scales: Scales,
}

/// Bits of a weight. A group of 32 columns takes as many lines: four of the low halves, the others for what is above; with eight bits,
/// whole bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    Four = 4,
    Five = 5,
    Six = 6,
    Eight = 8,
}

/// What makes numbers of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scales {
    /// Scale and minimum of 6 bits for every 32, times a 16-bit float each for 256.
    SixBits,
    /// Scale and minimum as 16-bit floats for every 32.
    WithMinimum,
    /// A scale as a 16-bit float for every 32; nothing is in the middle of the whole numbers.
    Alone,
    /// A scale of 8 bits for every 16, times a 16-bit float for 256; nothing is in the middle of the whole numbers.
    EightBits,
}

impl Form {
    /// The form for a type of block.
    pub(crate) fn of(block: BlockType) -> Self {
        let (bits, scales) = match block {
            BlockType::Q4_0 => (Bits::Four, Scales::Alone),
            BlockType::Q4_1 => (Bits::Four, Scales::WithMinimum),
            BlockType::Q4K => (Bits::Four, Scales::SixBits),
            BlockType::Q5_0 => (Bits::Five, Scales::Alone),
            BlockType::Q5_1 => (Bits::Five, Scales::WithMinimum),
            BlockType::Q5K => (Bits::Five, Scales::SixBits),
            BlockType::Q6K => (Bits::Six, Scales::EightBits),
            BlockType::Q8_0 => (Bits::Eight, Scales::Alone),
        };
        Self { bits, scales }
    }

    /// Lines of a piece of so many columns.
    pub(crate) const fn lines(self, columns: usize) -> usize {
        let groups = columns / GROUP;
        self.head(groups) + groups * self.group_lines()
    }

    /// Lines before the weights.
    const fn head(self, groups: usize) -> usize {
        match self.scales {
            Scales::SixBits | Scales::EightBits => 5,
            Scales::WithMinimum => groups,
            Scales::Alone => groups.div_ceil(2),
        }
    }

    /// Lines of the weights of 32 columns.
    const fn group_lines(self) -> usize {
        self.bits as usize
    }

    /// The lines of a piece's weights, behind those of its scales.
    #[inline(always)]
    pub(crate) fn weights(self, piece: &[Line], columns: usize) -> &[Line] {
        &piece[self.head(columns / GROUP)..]
    }

    /// The whole number that stands for nothing, where there are no minima.
    fn middle(self) -> f32 {
        (1 << (self.group_lines() - 1)) as f32
    }

    /// Columns that share a scale.
    pub(crate) const fn group(self) -> usize {
        match self.scales {
            Scales::EightBits => GROUP / 2,
            Scales::SixBits | Scales::WithMinimum | Scales::Alone => GROUP,
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
    let mut weights = weights.chunks_exact_mut(form.group_lines());
    for (at, block) in blocks.chunks_exact(block_type.bytes()).enumerate() {
        let half = |at: usize| u16::from_le_bytes([block[at], block[at + 1]]);
        match form.scales {
            Scales::SixBits => {
                set_half(head, row, half(0));
                set_half(head, ROWS + row, half(2));
                for group in 0..8 {
                    let (scale, minimum) = six_bits(&block[4..16], group);
                    set_byte(head, 64 + group * ROWS + row, scale);
                    set_byte(head, 192 + group * ROWS + row, minimum);
                }
            }
            Scales::EightBits => {
                set_half(head, row, half(208));
                for (group, scale) in block[192..208].iter().enumerate() {
                    set_byte(head, 64 + group * ROWS + row, *scale);
                }
            }
            Scales::WithMinimum => {
                set_half(&mut head[at..=at], row, half(0));
                // What is added in the file is subtracted here.
                set_half(&mut head[at..=at], ROWS + row, half(2) ^ 0x8000);
            }
            Scales::Alone => set_half(head, at * ROWS + row, half(0)),
        }
        let groups = weights.by_ref().take(block_type.weights() / GROUP);
        match block_type {
            BlockType::Q4_0 => pack_group(groups, row, &block[2..18], None),
            BlockType::Q4_1 => pack_group(groups, row, &block[4..20], None),
            BlockType::Q5_0 => pack_group(groups, row, &block[6..22], Some(word(&block[2..6], 0))),
            BlockType::Q5_1 => pack_group(groups, row, &block[8..24], Some(word(&block[4..8], 0))),
            BlockType::Q4K => pack_pairs(groups, row, &block[16..144], None),
            BlockType::Q5K => pack_pairs(groups, row, &block[48..176], Some(&block[16..48])),
            BlockType::Q6K => pack_six(groups, row, &block[..128], &block[128..192]),
            BlockType::Q8_0 => {
                for (at, line) in groups.flatten().enumerate() {
                    line.0[row] = word(&block[2..34], at) ^ 0x8080_8080;
                }
            }
        }
    }
}

/// The low four bits of each byte.
const LOW: u128 = u128::from_le_bytes([0x0f; 16]);

/// A group's low four bits: column n in the low half of byte n, column 16 + n in its high half. That is how blocks of 32 have them,
/// together with a fifth bit of each column in `fifth`.
fn pack_group<'a>(
    mut groups: impl Iterator<Item = &'a mut [Line]>,
    row: usize,
    nibbles: &[u8],
    fifth: Option<u32>,
) {
    let Some(lines) = groups.next() else { return };
    set_nibbles(lines, row, half_of_group(nibbles, 0));
    if let Some(fifth) = fifth {
        // Bit 4·l + c is of column c of line l, and goes to bit l of byte c.
        lines[4].0[row] = (0..8).fold(0, |bits, line| {
            let four = fifth >> (4 * line);
            let spread = four & 1 | (four & 2) << 7 | (four & 4) << 14 | (four & 8) << 21;
            bits | spread << line
        });
    }
}

/// Groups whose low four bits stand in pairs, the first group's in the low halves of 32 bytes, the second's in the high ones; with a
/// fifth bit of group g of each column in bit g of the bytes `fifth`.
fn pack_pairs<'a>(
    groups: impl Iterator<Item = &'a mut [Line]>,
    row: usize,
    nibbles: &[u8],
    fifth: Option<&[u8]>,
) {
    for (group, lines) in groups.enumerate() {
        let bytes = &nibbles[group / 2 * GROUP..];
        set_nibbles(lines, row, unpaired(bytes, group % 2));
        if let Some(fifth) = fifth {
            lines[4].0[row] = (0..8).fold(0, |bits, line| {
                bits | (word(fifth, line) >> group & 0x0101_0101) << line
            });
        }
    }
}

/// The groups of a block of 256 weights of six bits.
fn pack_six<'a>(groups: impl Iterator<Item = &'a mut [Line]>, row: usize, low: &[u8], high: &[u8]) {
    for (group, lines) in groups.enumerate() {
        let (part, quarter) = (group / 4, group % 4);
        set_nibbles(
            lines,
            row,
            unpaired(&low[(part * 2 + quarter % 2) * GROUP..], quarter / 2),
        );
        let high = &high[part * GROUP..];
        for line in 0..2 {
            let bits =
                (0..4).map(|at| (word(high, line * 4 + at) >> (2 * quarter) & 0x0303_0303) << (2 * at));
            lines[4 + line].0[row] = bits.fold(0, |all, some| all | some);
        }
    }
}

/// The low (0) or high (1) halves of 32 bytes, as [`set_nibbles`] takes them.
#[inline(always)]
fn unpaired(bytes: &[u8], half: usize) -> u128 {
    let (first, second) = (half_of_group(bytes, 0), half_of_group(bytes, 1));
    match half {
        0 => first & LOW | (second & LOW) << 4,
        _ => first >> 4 & LOW | second & !LOW,
    }
}

/// One load, where bytes taken one by one were sixteen: packing a model spends most of its time here.
#[inline(always)]
fn half_of_group(bytes: &[u8], half: usize) -> u128 {
    let (halves, _) = bytes.as_chunks::<{ GROUP / 2 }>();
    u128::from_le_bytes(halves[half])
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes.as_chunks::<4>().0[at])
}

#[inline(always)]
fn set_nibbles(lines: &mut [Line], row: usize, packed: u128) {
    for (at, line) in lines[..4].iter_mut().enumerate() {
        line.0[row] = (packed >> (32 * at)) as u32;
    }
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

/// The weights of four columns of a row, and of the four that are 16 columns further on, a byte each: out of line `at`, 0 to 3, of a group.
#[inline(always)]
pub(crate) fn two_fours<const BITS: usize>(group: &[Line; BITS], at: usize, row: usize) -> [u32; 2] {
    const NIBBLES: u32 = 0x0f0f_0f0f;
    let line = |at: usize| group[at].0[row];
    let (low, high) = (line(at) & NIBBLES, line(at) >> 4 & NIBBLES);
    match BITS {
        5 => [
            low | line(4) << (4 - at) & 0x1010_1010,
            high | line(4) >> at & 0x1010_1010,
        ],
        6 => [
            low | (line(4) >> (2 * at) & 0x0303_0303) << 4,
            high | (line(5) >> (2 * at) & 0x0303_0303) << 4,
        ],
        8 => [line(at), line(at + 4)],
        _ => [low, high],
    }
}

/// Unpacks weights of so many bits.
#[inline(always)]
fn unpack_bits<const BITS: usize>(packed: &[Line], into: &mut [Line; COLUMNS / 4]) {
    for (group, lines) in packed.as_chunks::<BITS>().0.iter().enumerate() {
        for at in 0..4 {
            for row in 0..ROWS {
                let [first, last] = two_fours(lines, at, row);
                into[group * 8 + at].0[row] = first;
                into[group * 8 + 4 + at].0[row] = last;
            }
        }
    }
}

/// Unpacks a piece of so many columns.
#[inline(always)]
pub(crate) fn unpack(form: Form, piece: &[Line], columns: usize, into: &mut Unpacked) {
    unpack_scales(form, piece, columns, into);
    unpack_weights(form, piece, columns, into);
}

/// Unpacks scales and minima of a piece of so many columns.
#[inline(always)]
pub(crate) fn unpack_scales(form: Form, piece: &[Line], columns: usize, into: &mut Unpacked) {
    let groups = columns / GROUP;
    let head = &piece[..form.head(groups)];
    match form.scales {
        Scales::SixBits => {
            let (scale, minimum) = (halves(head, 0), halves(head, ROWS));
            for group in 0..groups {
                let factors = bytes(head, 64 + group * ROWS);
                into.scales[group] = times(&scale, |row| f32::from(factors[row]));
                let factors = bytes(head, 192 + group * ROWS);
                into.minima[group] = times(&minimum, |row| f32::from(factors[row]));
            }
        }
        Scales::EightBits => {
            let scale = halves(head, 0);
            for group in 0..2 * groups {
                let factors = bytes(head, 64 + group * ROWS);
                into.scales[group] = times(&scale, |row| f32::from(factors[row].cast_signed()));
                into.minima[group] = times(&into.scales[group], |_| form.middle());
            }
        }
        Scales::WithMinimum => {
            for group in 0..groups {
                into.scales[group] = halves(&head[group..=group], 0);
                into.minima[group] = halves(&head[group..=group], ROWS);
            }
        }
        Scales::Alone => {
            for group in 0..groups {
                into.scales[group] = halves(head, group * ROWS);
                into.minima[group] = times(&into.scales[group], |_| form.middle());
            }
        }
    }
}

/// Unpacks the weights of a piece of so many columns.
#[inline(always)]
pub(crate) fn unpack_weights(form: Form, piece: &[Line], columns: usize, into: &mut Unpacked) {
    let weights = form.weights(piece, columns);
    match form.bits {
        Bits::Four => unpack_bits::<4>(weights, &mut into.weights),
        Bits::Five => unpack_bits::<5>(weights, &mut into.weights),
        Bits::Six => unpack_bits::<6>(weights, &mut into.weights),
        Bits::Eight => into.weights[..weights.len()].copy_from_slice(weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::Stored;

    #[test]
    fn what_is_unpacked_is_what_the_block_stands_for() {
        let mut state = 7u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        // Each with where its 16-bit floats are, which must be small numbers.
        for (block_type, scales) in [
            (BlockType::Q4_0, &[0][..]),
            (BlockType::Q4_1, &[0, 2]),
            (BlockType::Q5_0, &[0]),
            (BlockType::Q5_1, &[0, 2]),
            (BlockType::Q8_0, &[0]),
            (BlockType::Q4K, &[0, 2]),
            (BlockType::Q5K, &[0, 2]),
            (BlockType::Q6K, &[208]),
        ] {
            let form = Form::of(block_type);
            let columns = block_type.weights().max(2 * GROUP);
            let blocks = columns / block_type.weights();
            let rows: Vec<Vec<u8>> = (0..ROWS)
                .map(|_| {
                    let one = |_| {
                        let mut block: Vec<u8> = (0..block_type.bytes()).map(|_| byte()).collect();
                        for at in scales {
                            let scale = f16::from_f32(f32::from(byte()) / 64.0);
                            block[*at..at + 2].copy_from_slice(&scale.to_le_bytes());
                        }
                        block
                    };
                    (0..blocks).flat_map(one).collect()
                })
                .collect();
            let mut piece = vec![EMPTY; form.lines(columns)];
            for (row, blocks) in rows.iter().enumerate() {
                pack_row(block_type, blocks, row, &mut piece);
            }
            let mut unpacked = Unpacked::new();
            unpack(form, &piece, columns, &mut unpacked);
            for (row, blocks) in rows.iter().enumerate() {
                for column in 0..columns {
                    let (block, inside) = (column / block_type.weights(), column % block_type.weights());
                    let block = &blocks[block * block_type.bytes()..][..block_type.bytes()];
                    let stored = Stored::read(block_type, block);
                    let group = inside / form.group();
                    let weight =
                        stored.scales[group] * f32::from(stored.quants[inside]) - stored.minima[group];
                    let kept = unpacked.weight(form, row, column);
                    assert!(
                        (kept - weight).abs() <= 1e-5 * weight.abs().max(0.1),
                        "{block_type:?}, row {row}, column {column}: {kept} for {weight}"
                    );
                }
            }
        }
    }
}
