//! Rows of equal length in blocks, so that growing copies nothing.

/// Rows in one block.
pub(crate) const BLOCK: usize = 1_024;

/// Rows of `width` bytes each.
#[derive(Debug)]
pub(crate) struct Plane {
    width: usize,
    rows: usize,
    blocks: Vec<Box<[i8]>>,
}

impl Plane {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            rows: 0,
            blocks: Vec::new(),
        }
    }

    pub(crate) fn row(&self, row: usize) -> &[i8] {
        let start = row % BLOCK * self.width;
        &self.blocks[row / BLOCK][start..start + self.width]
    }

    /// All rows of one block, one after the other.
    pub(crate) fn block(&self, block: usize) -> &[i8] {
        &self.blocks[block]
    }

    /// Adds a row of zeros at the end and hands it out to be filled.
    pub(crate) fn push(&mut self) -> &mut [i8] {
        if self.rows.is_multiple_of(BLOCK) {
            self.blocks.push(vec![0; BLOCK * self.width].into_boxed_slice());
        }
        let start = self.rows % BLOCK * self.width;
        self.rows += 1;
        let block = self
            .blocks
            .last_mut()
            .expect("a block was added when the last was full");
        &mut block[start..start + self.width]
    }

    /// Copies row `from` over row `to`.
    pub(crate) fn copy(&mut self, from: usize, to: usize) {
        let (source, target) = (from % BLOCK * self.width, to % BLOCK * self.width);
        let width = self.width;
        match self.blocks.get_disjoint_mut([from / BLOCK, to / BLOCK]) {
            Ok([a, b]) => b[target..target + width].copy_from_slice(&a[source..source + width]),
            Err(_) => self.blocks[from / BLOCK].copy_within(source..source + width, target),
        }
    }

    /// Forgets all rows from this one on.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.rows = rows;
        self.blocks.truncate(rows.div_ceil(BLOCK));
    }

    pub(crate) fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK * self.width
    }
}
