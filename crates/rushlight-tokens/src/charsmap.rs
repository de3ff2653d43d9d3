//! SentencePiece's `precompiled_charsmap`: which characters are replaced, and by what.
//!
//! Format: the size of a double-array trie in bytes (u32), its units (u32 each, little endian), then the replacements,
//! each ended by a NUL byte. A unit carries its byte in bits 0 to 7, "a value follows" in bit 8, and from bit 10 on the
//! XOR distance to its children (bit 9: times 256); a value unit holds the place of the replacement.

/// What the map knows about a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known<'a> {
    /// Nothing: no replacement begins with it.
    Nothing,
    /// It is replaced by this.
    Replacement(&'a str),
    /// It is replaced together with what follows only.
    Beginning,
}

#[derive(Debug)]
pub(crate) struct Charsmap {
    units: Box<[u32]>,
    replacements: Box<str>,
}

impl Charsmap {
    /// Reads the binary form; `None` when it is not one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
        let (units, replacements) = rest.split_at_checked(size)?;
        let (units, odd) = units.as_chunks::<4>();
        (odd.is_empty() && !units.is_empty()).then_some(())?;
        Some(Self {
            units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            replacements: std::str::from_utf8(replacements).ok()?.into(),
        })
    }

    /// What stands for `text`: the replacement of its shortest beginning that has one.
    pub(crate) fn replacement(&self, text: &str) -> Option<&str> {
        match self.look_up(text) {
            Known::Replacement(found) => Some(found),
            Known::Nothing | Known::Beginning => None,
        }
    }

    /// What the map knows about one character.
    pub(crate) fn known(&self, c: char) -> Known<'_> {
        self.look_up(c.encode_utf8(&mut [0; 4]))
    }

    fn look_up(&self, text: &str) -> Known<'_> {
        let mut at = 0;
        let Some(mut offset) = self.unit(at).map(children) else {
            return Known::Nothing;
        };
        for byte in text.bytes().take_while(|byte| *byte != 0) {
            at ^= offset ^ usize::from(byte);
            let Some(unit) = self.unit(at).filter(|unit| label(*unit) == u32::from(byte)) else {
                return Known::Nothing;
            };
            offset = children(unit);
            if unit >> 8 & 1 == 1 {
                let value = self.unit(at ^ offset).map(|unit| (unit & 0x7fff_ffff) as usize);
                let found = value.and_then(|start| self.replacements.get(start..));
                return found
                    .and_then(|rest| rest.split('\0').next())
                    .map_or(Known::Nothing, Known::Replacement);
            }
        }
        if text.starts_with('\0') {
            Known::Nothing
        } else {
            Known::Beginning
        }
    }

    fn unit(&self, at: usize) -> Option<u32> {
        self.units.get(at).copied()
    }
}

/// The byte that leads to a unit; that of a value is none.
fn label(unit: u32) -> u32 {
    unit & (1 << 31 | 0xff)
}

fn children(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A map in its binary form, by hand: `a` becomes `xy`, `b` nothing, and `cd` becomes `z`.
    pub(crate) fn sample() -> Vec<u8> {
        // The root's children lie at 256 ^ byte, each one's value or children in a block of its own.
        let mut units = vec![0u32; 256 * 6];
        let unit = |byte: u8, has_value: bool, distance: usize| {
            (distance as u32) << 10 | u32::from(has_value) << 8 | u32::from(byte)
        };
        units[0] = unit(0, false, 256);
        let mut place = |at: usize, byte: u8, block: usize, value: Option<u32>| {
            units[at] = unit(byte, value.is_some(), at ^ (256 * block));
            if let Some(value) = value {
                units[256 * block] = value | 1 << 31;
            }
        };
        place(256 ^ usize::from(b'a'), b'a', 2, Some(0));
        place(256 ^ usize::from(b'b'), b'b', 3, Some(2));
        place(256 ^ usize::from(b'c'), b'c', 4, None);
        place((256 * 4) ^ usize::from(b'd'), b'd', 5, Some(3));
        let mut bytes = (units.len() as u32 * 4).to_le_bytes().to_vec();
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes.extend(b"xy\0z\0");
        bytes
    }

    #[test]
    fn the_shortest_beginning_that_is_known_counts() {
        let map = Charsmap::parse(&sample()).expect("a map");
        assert_eq!(map.replacement("abc"), Some("xy"));
        assert_eq!(map.replacement("b"), Some(""));
        assert_eq!(map.replacement("cd"), Some("z"));
        for text in ["", "c", "ca", "d", "é", "\0a"] {
            assert_eq!(map.replacement(text), None, "{text:?}");
        }
        assert_eq!(map.known('c'), Known::Beginning);
        assert_eq!(map.known('d'), Known::Nothing);
        assert_eq!(map.known('\0'), Known::Nothing);
    }

    #[test]
    fn what_is_cut_off_is_no_map_and_what_points_outside_is_nothing() {
        let bytes = sample();
        for length in [0, 3, 4, 100, 256 * 24] {
            assert!(Charsmap::parse(&bytes[..length]).is_none(), "{length}");
        }
        let mut wild = bytes;
        wild[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        let map = Charsmap::parse(&wild).expect("a map");
        assert_eq!(map.known('a'), Known::Nothing);
    }
}
