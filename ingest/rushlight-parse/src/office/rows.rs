//! The rows of a sheet, put together cell by cell.

use std::collections::HashMap;

use super::{Piece, Role, Spot, names_columns, row_text};

/// Empty cells in a row that are kept, so that columns stay below each other; more say nothing.
const MAX_GAP: usize = 64;

/// The text of one sheet: its name, its rows, and what stands beside them.
pub(super) struct Rows {
    sheet: String,
    pieces: Vec<Piece>,
    /// Bytes of text so far, and how many there may be.
    taken: usize,
    max_text: usize,
    /// The open row, counted from zero, with its cells; `column` is that of the next one.
    row: u32,
    cells: Vec<String>,
    column: u32,
    /// No row with two cells or more came yet: the first of them may name the columns.
    expects_header: bool,
}

impl Rows {
    pub(super) fn new(sheet: &str, max_text: usize) -> Self {
        Self {
            sheet: sheet.to_owned(),
            pieces: Vec::new(),
            taken: 0,
            max_text,
            row: 0,
            cells: Vec::new(),
            column: 0,
            expects_header: true,
        }
    }

    /// Takes in the next cell, its place counted from zero. False once there is more text than there may be.
    pub(super) fn cell(&mut self, row: u32, column: u32, text: String) -> bool {
        if row != self.row {
            self.end_row();
            self.row = row;
        }
        if !text.trim().is_empty() {
            let gap = column.saturating_sub(self.column) as usize;
            if gap <= MAX_GAP {
                self.cells.extend(std::iter::repeat_n(String::new(), gap));
            }
            self.cells.push(text);
            self.column = column.saturating_add(1);
        }
        !self.is_full()
    }

    pub(super) fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.column = 0;
        let first = cells.iter().position(|cell| !cell.is_empty());
        let Some(filled) = first.and_then(|first| cells.get(first..)) else {
            return;
        };
        let mut role = Role::TableRow;
        if self.expects_header && filled.len() > 1 {
            self.expects_header = false;
            if names_columns(filled) {
                role = Role::TableHeader;
            }
        }
        self.push(role, self.row.saturating_add(1), row_text(&cells));
    }

    /// A text beside the cells, at this row, counted from one.
    pub(super) fn note(&mut self, row: u32, text: &str) {
        if !text.trim().is_empty() && !self.is_full() {
            self.push(Role::Paragraph, row, text.to_owned());
        }
    }

    /// Where cells lead, with their rows: an address that the row shows already is not said again.
    pub(super) fn links(&mut self, links: &[(u32, String)]) {
        let mut said: HashMap<u32, String> = links.iter().map(|(row, _)| (*row, String::new())).collect();
        for piece in &self.pieces {
            if let Spot::Row { row, .. } = piece.spot
                && let Some(said) = said.get_mut(&row)
            {
                said.push_str(&piece.text);
            }
        }
        for (row, target) in links {
            let shown = said.entry(*row).or_default();
            if !shown.contains(target.trim_end_matches('/')) {
                shown.push_str(target);
                self.note(*row, target);
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.taken > self.max_text
    }

    pub(super) fn finish(self) -> Vec<Piece> {
        self.pieces
    }

    fn push(&mut self, role: Role, row: u32, text: String) {
        let spot = Spot::Row {
            sheet: self.sheet.clone(),
            row,
        };
        if self.pieces.is_empty() {
            self.pieces.push(Piece {
                role: Role::Heading(2),
                text: self.sheet.clone(),
                spot: spot.clone(),
            });
        }
        self.taken = self.taken.saturating_add(text.len());
        self.pieces.push(Piece { role, text, spot });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: Rows) -> Vec<(Role, u32, String)> {
        let line = |piece: Piece| match piece.spot {
            Spot::Row { row, .. } => (piece.role, row, piece.text),
            _ => (piece.role, 0, piece.text),
        };
        rows.finish().into_iter().map(line).collect()
    }

    #[test]
    fn rows_keep_their_columns_and_their_header() {
        let mut rows = Rows::new("庫存", 1000);
        for (row, column, text) in [
            (0, 0, "Stock of tea"),
            (2, 1, "品名"),
            (2, 2, "Price"),
            (3, 1, "红茶"),
            (3, 3, "2\n3"),
            (4, 1, " "),
            (5, 16_000, "far"),
        ] {
            assert!(rows.cell(row, column, text.to_owned()));
        }
        rows.end_row();
        let found = lines(rows);
        let expected = [
            (Role::Heading(2), 1, "庫存"),
            (Role::TableRow, 1, "Stock of tea"),
            (Role::TableHeader, 3, "\t品名\tPrice"),
            (Role::TableRow, 4, "\t红茶\t\t2 3"),
            (Role::TableRow, 6, "far"),
        ];
        assert_eq!(found.len(), expected.len());
        for (found, (role, row, text)) in found.iter().zip(expected) {
            assert_eq!((found.0, found.1, &*found.2), (role, row, text));
        }
    }

    #[test]
    fn links_that_are_shown_are_not_said_again() {
        let mut rows = Rows::new("a", 1000);
        rows.cell(0, 0, "see https://tea.example".to_owned());
        rows.cell(1, 0, "Tea".to_owned());
        rows.end_row();
        let links = [
            (1, "https://tea.example/".to_owned()),
            (2, "https://tea.example/".to_owned()),
            (2, "https://tea.example/".to_owned()),
        ];
        rows.links(&links);
        let found = lines(rows);
        assert_eq!(found.len(), 4);
        assert_eq!(found[3], (Role::Paragraph, 2, "https://tea.example/".to_owned()));
    }

    #[test]
    fn a_full_sheet_takes_no_more() {
        let mut rows = Rows::new("a", 3);
        assert!(rows.cell(0, 0, "1234".to_owned()));
        assert!(!rows.cell(1, 0, "5".to_owned()));
        rows.note(1, "6");
        assert_eq!(lines(rows).len(), 2);
    }
}
