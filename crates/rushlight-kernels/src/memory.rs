//! Memory for weights.
//!
//! A model's weights are read from end to end for every token. In pages of 4 KiB the processor looks up a quarter of a million
//! addresses for a gibibyte and its prefetchers stop at each page's end; in large pages they do not. The system hands them
//! out zeroed, so nothing is cleared twice.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

use memmap2::{MmapMut, MmapRaw};

use crate::tile::Line;

/// Lines of a piece of memory; what does not fit into it gets one of its own.
const PIECE: usize = (64 << 20) / size_of::<Line>();

/// Where the matrices of a model lie, one behind the other. Freed with the last of them.
#[derive(Debug, Default)]
pub struct Memory {
    open: Option<Arc<MmapRaw>>,
    used: usize,
}

impl Memory {
    /// Memory that grows with what is put into it.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many lines of zeros.
    pub(crate) fn take(&mut self, count: usize) -> Lines {
        let piece = match &self.open {
            Some(piece) if self.used + count <= piece.len() / size_of::<Line>() => Arc::clone(piece),
            _ => {
                let piece = Arc::new(zeroed(count.max(PIECE)));
                // What is left of the larger piece is kept open.
                self.used = 0;
                self.open = Some(Arc::clone(&piece));
                piece
            }
        };
        let start = self.used;
        self.used += count;
        // SAFETY: `start + count` lines lie within the piece, as tested above, and a mapping is aligned to a page.
        let first = unsafe { piece.as_mut_ptr().cast::<Line>().add(start) };
        Lines {
            first: NonNull::new(first).expect("a mapping is not at zero"),
            count,
            _piece: piece,
        }
    }
}

/// A mapping of so many lines that no file stands behind.
fn zeroed(lines: usize) -> MmapRaw {
    let layout = Layout::array::<Line>(lines).expect("a matrix that a file holds fits the address space");
    let Ok(map) = MmapMut::map_anon(layout.size()) else {
        handle_alloc_error(layout)
    };
    let map = MmapRaw::from(map);
    // Where there are none, small pages do.
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    map
}

/// Lines that nobody else has.
#[derive(Debug)]
pub(crate) struct Lines {
    first: NonNull<Line>,
    count: usize,
    /// Keeps them mapped.
    _piece: Arc<MmapRaw>,
}

// SAFETY: `Memory::take` hands out every line once, so this is the only way to these; they are plain numbers.
unsafe impl Send for Lines {}
// SAFETY: as above; they change only through a mutable reference.
unsafe impl Sync for Lines {}

impl Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        // SAFETY: the lines are mapped as long as the piece is, any bits are a line, and they are nobody else's.
        unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.count) }
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [Line] {
        // SAFETY: as in `deref`, and `self` is borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.first.as_ptr(), self.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tile::{EMPTY, ROWS};

    #[test]
    fn lines_are_empty_apart_and_outlive_the_memory() {
        let mut memory = Memory::new();
        let sizes = [1, 7, PIECE - 8, 1, PIECE + 3, 5];
        let mut taken: Vec<Lines> = sizes.iter().map(|count| memory.take(*count)).collect();
        drop(memory);
        for (at, lines) in taken.iter_mut().enumerate() {
            assert_eq!(lines.len(), sizes[at]);
            assert!(
                lines.iter().all(|line| *line == EMPTY),
                "lines {at} were not empty"
            );
            let mark = Line([at as u32 + 1; ROWS]);
            let last = lines.len() - 1;
            lines[0] = mark;
            lines[last] = mark;
        }
        for (at, lines) in taken.iter().enumerate() {
            let mark = Line([at as u32 + 1; ROWS]);
            assert_eq!((lines[0], lines[lines.len() - 1]), (mark, mark));
        }
    }
}
