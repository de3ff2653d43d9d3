//! The source format, little endian: magic `E5S1` and version, the model's sizes, the unigram pieces with their
//! scores, the normalization map, and a directory of tensors with offsets from the file's start.
//!
//! Tensors are f32, or Q4_0: blocks of 32 weights with an f16 scale and 16 bytes, where byte `j` holds weight `j` in
//! its low and weight `j + 16` in its high half, each as value plus 8.

use std::collections::BTreeMap;

use half::f16;

/// Weights that share a scale.
pub(super) const BLOCK: usize = 32;
const BLOCK_BYTES: usize = 2 + BLOCK / 2;

/// Says why a file is not of this format.
pub(super) type Parsed<T> = Result<T, String>;

/// The file, with its tensors still in it.
pub(super) struct E5File<'a> {
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) feed_forward: usize,
    pub(super) vocabulary: usize,
    pub(super) max_tokens: usize,
    pub(super) epsilon: f32,
    pub(super) begin: u32,
    pub(super) end: u32,
    pub(super) pad: u32,
    pub(super) unknown: u32,
    /// Piece and score; the index is the token's id.
    pub(super) pieces: Vec<(&'a str, f32)>,
    /// A character and what stands for it, in order.
    pub(super) normalization: Vec<(char, String)>,
    tensors: BTreeMap<String, (u8, &'a [u8])>,
}

impl<'a> E5File<'a> {
    /// Reads all but the tensors' values.
    pub(super) fn parse(bytes: &'a [u8]) -> Parsed<Self> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(4)? != b"E5S1" {
            return Err("it does not begin with `E5S1`".to_owned());
        }
        let version = reader.u32()?;
        if version != 1 {
            return Err(format!("its version is {version}, not 1"));
        }
        let [
            hidden,
            layers,
            heads,
            feed_forward,
            vocabulary,
            max_tokens,
            _types,
        ] = reader.sizes::<7>()?;
        let epsilon = f32::from_bits(reader.u32()?);
        let block = reader.u32()?;
        if block as usize != BLOCK
            || heads == 0
            || hidden % heads != 0
            || hidden % BLOCK != 0
            || feed_forward % BLOCK != 0
        {
            return Err(format!(
                "its sizes do not fit together: {hidden} dimensions, {heads} heads, blocks of {block}"
            ));
        }
        let piece_count = reader.u32()? as usize;
        let [begin, end, pad, unknown] = [reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?];
        if [begin, end, pad, unknown]
            .iter()
            .any(|id| *id as usize >= piece_count)
        {
            return Err("a special token is not among its pieces".to_owned());
        }
        let pieces = read_pieces(&mut reader, piece_count)?;
        let normalization = read_normalization(&mut reader)?;
        let tensors = read_tensors(&mut reader)?;
        Ok(Self {
            hidden,
            layers,
            heads,
            feed_forward,
            vocabulary,
            max_tokens,
            epsilon,
            begin,
            end,
            pad,
            unknown,
            pieces,
            normalization,
            tensors,
        })
    }

    /// An f32 tensor of `count` values.
    pub(super) fn floats(&self, name: &str, count: usize) -> Parsed<Vec<f32>> {
        let bytes = self.tensor(name, 0, count * 4)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect())
    }

    /// A Q4_0 tensor of `rows` by `columns`.
    pub(super) fn quantized(&self, name: &str, rows: usize, columns: usize) -> Parsed<Quantized> {
        let bytes = self.tensor(name, 1, rows * columns / BLOCK * BLOCK_BYTES)?;
        let mut quantized = Quantized {
            scales: Vec::with_capacity(rows * columns / BLOCK),
            nibbles: Vec::with_capacity(rows * columns / 2),
        };
        for block in bytes.chunks_exact(BLOCK_BYTES) {
            quantized
                .scales
                .push(f16::from_le_bytes([block[0], block[1]]).to_f32());
            let halves = &block[2..];
            // Weights in order, two to a byte, the first one low.
            let low = halves.chunks_exact(2).map(|pair| pair[0] & 0x0f | pair[1] << 4);
            let high = halves.chunks_exact(2).map(|pair| pair[0] >> 4 | pair[1] & 0xf0);
            quantized.nibbles.extend(low.chain(high));
        }
        Ok(quantized)
    }

    /// The values of a Q4_0 tensor of `rows` by `columns`.
    pub(super) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Parsed<Vec<f32>> {
        Ok(self.quantized(name, rows, columns)?.values())
    }

    fn tensor(&self, name: &str, kind: u8, size: usize) -> Parsed<&'a [u8]> {
        let (found_kind, bytes) = self
            .tensors
            .get(name)
            .ok_or_else(|| format!("it has no tensor `{name}`"))?;
        if *found_kind != kind || bytes.len() != size {
            return Err(format!(
                "tensor `{name}` has {} bytes of kind {found_kind}, not {size} of kind {kind}",
                bytes.len()
            ));
        }
        Ok(bytes)
    }
}

/// A 4-bit matrix: each weight is (nibble - 8) * scale of its block.
pub(super) struct Quantized {
    /// One for each block, row by row.
    pub(super) scales: Vec<f32>,
    /// Two weights to a byte, row by row, the first one low.
    pub(super) nibbles: Vec<u8>,
}

impl Quantized {
    /// All weights, row by row.
    fn values(&self) -> Vec<f32> {
        let blocks = self.nibbles.chunks_exact(BLOCK / 2).zip(&self.scales);
        let value = |nibble: u8, scale: f32| (f32::from(nibble) - 8.0) * scale;
        blocks
            .flat_map(|(bytes, scale)| {
                bytes
                    .iter()
                    .flat_map(move |byte| [value(byte & 0x0f, *scale), value(byte >> 4, *scale)])
            })
            .collect()
    }
}

fn read_pieces<'a>(reader: &mut Reader<'a>, count: usize) -> Parsed<Vec<(&'a str, f32)>> {
    let blob_size = usize::try_from(reader.u64()?).map_err(|_| "its pieces are too long".to_owned())?;
    let offsets = reader.take(count.saturating_add(1).saturating_mul(4))?;
    let scores = reader.take(count.saturating_mul(4))?;
    let blob = reader.take(blob_size)?;
    let offset = |index: usize| word(&offsets[index * 4..]) as usize;
    (0..count)
        .map(|index| {
            let bytes = blob
                .get(offset(index)..offset(index + 1))
                .ok_or_else(|| format!("piece {index} lies outside"))?;
            let piece = std::str::from_utf8(bytes).map_err(|_| format!("piece {index} is not UTF-8"))?;
            Ok((piece, f32::from_bits(word(&scores[index * 4..]))))
        })
        .collect()
}

fn read_normalization(reader: &mut Reader<'_>) -> Parsed<Vec<(char, String)>> {
    let count = reader.u32()? as usize;
    let size = reader.u32()? as usize;
    let mut map = Reader {
        bytes: reader.take(size)?,
        at: 0,
    };
    let character = |map: &mut Reader<'_>| {
        let code = map.u32()?;
        char::from_u32(code)
            .ok_or_else(|| format!("its normalization map names {code:#x}, which is no character"))
    };
    let mut pairs = Vec::with_capacity(count.min(size));
    for _ in 0..count {
        let from = character(&mut map)?;
        let length = map.take(1)?[0];
        let to = (0..length)
            .map(|_| character(&mut map))
            .collect::<Parsed<String>>()?;
        pairs.push((from, to));
    }
    Ok(pairs)
}

fn read_tensors<'a>(reader: &mut Reader<'a>) -> Parsed<BTreeMap<String, (u8, &'a [u8])>> {
    let count = reader.u32()?;
    let mut tensors = BTreeMap::new();
    for _ in 0..count {
        let length = reader.take(2)?;
        let name = reader.take(usize::from(u16::from_le_bytes([length[0], length[1]])))?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| "a tensor's name is not UTF-8".to_owned())?;
        let kind = reader.take(1)?[0];
        let _values = reader.u32()?;
        let (offset, size) = (reader.u64()?, reader.u64()?);
        let bytes = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(size).ok())
            .and_then(|(offset, size)| reader.bytes.get(offset..offset.checked_add(size)?))
            .ok_or_else(|| format!("tensor `{name}` lies outside the file"))?;
        tensors.insert(name, (kind, bytes));
    }
    Ok(tensors)
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Parsed<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| format!("it ends before byte {}", self.at.saturating_add(count)))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn u32(&mut self) -> Parsed<u32> {
        self.take(4).map(word)
    }

    fn u64(&mut self) -> Parsed<u64> {
        let low = self.u32()?;
        let high = self.u32()?;
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    fn sizes<const N: usize>(&mut self) -> Parsed<[usize; N]> {
        let mut sizes = [0; N];
        for size in &mut sizes {
            *size = self.u32()? as usize;
            // Far above any real model, and small enough that products of three do not overflow.
            if *size > 1 << 20 {
                return Err(format!("a size of {size} is not plausible"));
            }
        }
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_nibbles_less_eight_times_the_scale_of_their_block() {
        let mut nibbles = vec![0x88; BLOCK];
        (nibbles[0], nibbles[BLOCK - 1]) = (0x1f, 0x08);
        let quantized = Quantized {
            scales: vec![0.5, 2.0],
            nibbles,
        };
        let mut expected = vec![0.0; 2 * BLOCK];
        (expected[0], expected[1], expected[2 * BLOCK - 1]) = (3.5, -3.5, -16.0);
        assert_eq!(quantized.values(), expected);
    }
}
