//! What stands apart in rich text: notes, comments, text boxes, headers and footers, and the files in it.

use super::{Destination, Reader};
use crate::office::ole;

/// The longest object that is taken out, in bytes.
const MAX_OBJECT: usize = 64 << 20;

/// What was being read when a note, a comment, a text box, a header or a footer began in it.
pub(super) struct Outer {
    /// Groups that were open.
    pub(super) depth: usize,
    pub(super) line: String,
    pub(super) cells: Vec<String>,
    pub(super) in_table: bool,
    pub(super) style: i32,
    pub(super) level: Option<u8>,
    /// Pieces that there were.
    pub(super) begun: usize,
    /// A header or a footer, which sections repeat.
    pub(super) running: bool,
}

impl Reader<'_> {
    /// What follows in this group is read apart.
    pub(super) fn start_aside(&mut self, running: bool) {
        self.outer.push(Outer {
            depth: self.groups.len() - 1,
            line: std::mem::take(&mut self.line),
            cells: std::mem::take(&mut self.cells),
            in_table: std::mem::take(&mut self.in_table),
            style: std::mem::take(&mut self.style),
            level: self.level.take(),
            begun: self.out.pieces.len(),
            running,
        });
        self.group().destination = Destination::Body;
    }

    pub(super) fn end_aside(&mut self) {
        let Some(outer) = self.outer.pop() else { return };
        self.rest();
        self.line = outer.line;
        self.cells = outer.cells;
        self.in_table = outer.in_table;
        self.style = outer.style;
        self.level = outer.level;
        let mut aside = self.out.pieces.split_off(outer.begun);
        if outer.running {
            aside.retain(|piece| self.said.insert(piece.text.clone()));
        }
        self.waiting.append(&mut aside);
        if self.line.is_empty() && self.cells.is_empty() {
            self.follow();
        }
    }

    /// Lets what stood in a paragraph follow it.
    pub(super) fn follow(&mut self) {
        if self.outer.is_empty() {
            self.out.pieces.append(&mut self.waiting);
        }
    }

    pub(super) fn end_object(&mut self) {
        self.half_byte = None;
        let data = std::mem::take(&mut self.object);
        let place = format!("object {}", self.files.found.len() + 1);
        match ole::first_version(&data) {
            Some(held) => self.files.hold(&place, held),
            None => self.files.leave("objects of other programs"),
        }
    }

    /// A hexadecimal digit of an object.
    pub(super) fn digit(&mut self, c: char) {
        let Some(value) = c.to_digit(16).and_then(|value| u8::try_from(value).ok()) else {
            return;
        };
        match self.half_byte.take() {
            None => self.half_byte = Some(value),
            Some(_) if self.object.len() >= MAX_OBJECT => {}
            Some(high) => self.object.push(high << 4 | value),
        }
    }
}
