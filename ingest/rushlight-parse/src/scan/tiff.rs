//! The frames of a TIFF, one of which is a page.
//!
//! The decoder in use reads the first frame of a file. A copy whose header points to another frame has that one first.

use std::collections::HashSet;

/// Frames that are found; a file with more has them for something else than reading.
const MAX_FRAMES: usize = 1000;

/// Number of frames, at least one.
pub(crate) fn frame_count(bytes: &[u8]) -> u32 {
    let count = Layout::of(bytes).map_or(1, |layout| layout.frames(bytes).len().max(1));
    u32::try_from(count).unwrap_or(1)
}

/// The file with its frame `index`, counted from zero, as the first; `None` when there is none.
pub(crate) fn with_first(bytes: &[u8], index: usize) -> Option<Vec<u8>> {
    let layout = Layout::of(bytes)?;
    let offset = *layout.frames(bytes).get(index)?;
    let mut copy = bytes.to_vec();
    let at = layout.first_at();
    if layout.is_big {
        copy.get_mut(at..at + 8)?
            .copy_from_slice(&layout.bytes_of(offset));
    } else {
        let short = u32::try_from(offset).ok()?;
        let short = if layout.is_little {
            short.to_le_bytes()
        } else {
            short.to_be_bytes()
        };
        copy.get_mut(at..at + 4)?.copy_from_slice(&short);
    }
    Some(copy)
}

/// How the file writes numbers.
#[derive(Clone, Copy)]
struct Layout {
    is_little: bool,
    is_big: bool,
}

impl Layout {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (is_little, is_big) = match bytes.get(..4)? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return None,
        };
        Some(Self { is_little, is_big })
    }

    fn first_at(self) -> usize {
        if self.is_big { 8 } else { 4 }
    }

    fn bytes_of(self, number: u64) -> [u8; 8] {
        if self.is_little {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        }
    }

    /// The number of `length` bytes at `at`.
    fn number(self, bytes: &[u8], at: u64, length: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let own = bytes.get(at..at.checked_add(length)?)?;
        let join = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if self.is_little {
            own.iter().rev().fold(0, join)
        } else {
            own.iter().fold(0, join)
        })
    }

    /// Where each frame's directory lies. They form a list, which may be cut off or a ring.
    fn frames(self, bytes: &[u8]) -> Vec<u64> {
        let (count_length, entry_length, offset_length) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut next = self.number(bytes, self.first_at() as u64, offset_length);
        while let Some(at) = next.filter(|at| *at != 0) {
            let Some(entries) = self.number(bytes, at, count_length) else {
                break;
            };
            if found.len() >= MAX_FRAMES || !seen.insert(at) {
                break;
            }
            found.push(at);
            next = entries
                .checked_mul(entry_length)
                .and_then(|length| at.checked_add(count_length as u64)?.checked_add(length))
                .and_then(|at| self.number(bytes, at, offset_length));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of directories without entries; each names the next by its place in `order`.
    fn chain(next: &[u32]) -> Vec<u8> {
        let mut bytes = b"II*\0".to_vec();
        bytes.extend(8u32.to_le_bytes());
        for target in next {
            bytes.extend(0u16.to_le_bytes());
            bytes.extend(target.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn frames_are_counted_and_each_can_come_first() {
        let bytes = chain(&[14, 20, 0]);
        assert_eq!(frame_count(&bytes), 3);
        let third = with_first(&bytes, 2).expect("there is one");
        assert_eq!(third[4..8], 20u32.to_le_bytes());
        assert_eq!(third[8..], bytes[8..]);
        assert_eq!(frame_count(&third), 1);
        assert!(with_first(&bytes, 3).is_none());
    }

    #[test]
    fn rings_lies_and_other_files_end() {
        assert_eq!(frame_count(&chain(&[14, 8])), 2);
        assert_eq!(frame_count(&chain(&[u32::MAX])), 1);
        assert_eq!(frame_count(b"MM\0*\xff\xff\xff\xff"), 1);
        assert_eq!(frame_count(b"II"), 1);
        let mut big = b"MM\0+\0\x08\0\0".to_vec();
        big.extend(16u64.to_be_bytes());
        big.extend(u64::MAX.to_be_bytes());
        assert_eq!(frame_count(&big), 1);
        assert!(with_first(&big, 0).is_some());
    }
}
