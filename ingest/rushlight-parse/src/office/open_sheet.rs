//! A sheet of an OpenDocument workbook: its cells as they are shown, with the rows and columns that are written once for
//! many.

use super::Piece;
use super::rows::Rows;

/// As often is a row shown that is written once for many with words in it.
const MAX_ROWS: u32 = 1000;
/// As often is a cell shown that is written once for many with words in it.
const MAX_CELLS: u32 = 64;

/// A sheet that is being read.
pub(super) struct Sheet {
    rows: Rows,
    /// The open row, counted from zero, and for how many it stands.
    row: u32,
    rows_meant: u32,
    /// The cells of the open row with words, by their column and how many they stand for.
    cells: Vec<(u32, u32, String)>,
    /// The open cell's column, and how many it stands for; none between cells.
    column: u32,
    cells_meant: Option<u32>,
    /// Notes with their rows, counted from one: they follow the cells.
    notes: Vec<(u32, String)>,
    /// Tables that are open in its cells.
    inner: u32,
}

impl Sheet {
    pub(super) fn new(name: &str, max_text: usize) -> Self {
        Self {
            rows: Rows::new(name, max_text),
            row: 0,
            rows_meant: 0,
            cells: Vec::new(),
            column: 0,
            cells_meant: None,
            notes: Vec::new(),
            inner: 0,
        }
    }

    /// A table in a cell begins.
    pub(super) fn start_inner(&mut self) {
        self.inner = self.inner.saturating_add(1);
    }

    /// A table ends: true for the sheet itself.
    pub(super) fn ends(&mut self) -> bool {
        let inner = self.inner.checked_sub(1);
        self.inner = inner.unwrap_or_default();
        inner.is_none()
    }

    pub(super) fn start_row(&mut self, meant: u32) {
        self.rows_meant = meant;
        self.column = 0;
    }

    pub(super) fn start_cell(&mut self, meant: u32) {
        self.cells_meant = Some(meant);
        self.cells.push((self.column, meant, String::new()));
    }

    /// A paragraph of the open cell, or of what is drawn upon the sheet.
    pub(super) fn say(&mut self, text: &str) {
        match self.cells.last_mut().filter(|_| self.cells_meant.is_some()) {
            Some((_, _, cell)) => {
                if !cell.is_empty() {
                    cell.push('\n');
                }
                cell.push_str(text);
            }
            None => self.note(text.to_owned()),
        }
    }

    /// A note at the open row.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push((self.row.saturating_add(1), text));
    }

    pub(super) fn end_cell(&mut self) {
        let meant = self.cells_meant.take().unwrap_or_default();
        self.column = self.column.saturating_add(meant);
        if self
            .cells
            .last()
            .is_some_and(|(_, _, text)| text.trim().is_empty())
        {
            self.cells.pop();
        }
    }

    pub(super) fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        if !cells.is_empty() {
            for row in 0..self.rows_meant.min(MAX_ROWS) {
                for (column, meant, text) in &cells {
                    for cell in 0..(*meant).min(MAX_CELLS) {
                        let row = self.row.saturating_add(row);
                        if !self.rows.cell(row, column.saturating_add(cell), text.clone()) {
                            return;
                        }
                    }
                }
            }
        }
        self.row = self.row.saturating_add(self.rows_meant);
    }

    pub(super) fn finish(mut self) -> Vec<Piece> {
        self.rows.end_row();
        for (row, text) in &self.notes {
            self.rows.note(*row, text);
        }
        self.rows.finish()
    }
}
