//! Spreadsheets: the values as they were last computed, sheet by sheet, as the sheet shows them.

use std::fmt::Display;
use std::io::Cursor;

use calamine::{
    Data, Reader, Sheet, SheetType, SheetVisible, Style, Xls, XlsError, Xlsb, Xlsx, XlsxError,
    open_workbook_from_rs,
};
use memchr::memmem::find;

use super::beside::{Beside, Parts};
use super::biff;
use super::kind::has_stream;
use super::number::{Formats, is_the_computers_own};
use super::package::Package;
use super::rows::Rows;
use super::{OfficeFault, OfficeText, Piece, Role, Spot, drawing, word};

/// Reads a workbook of Microsoft's. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], max_text: usize) -> Result<OfficeText, OfficeFault> {
    // The package of a newer encrypted workbook lies in a compound file, as the older ones do.
    if has_stream(bytes, "EncryptedPackage") {
        return Err(OfficeFault::Encrypted);
    }
    let mut book = Book {
        out: OfficeText::default(),
        max_text,
        taken: 0,
    };
    if !bytes.starts_with(b"PK") {
        match book.xls(bytes) {
            Err(OfficeFault::Encrypted) => return Err(OfficeFault::Encrypted),
            // Those of before Excel 97, and those that calamine does not open.
            read if book.out.pieces.is_empty() => {
                book.out.pieces = word::workbook(bytes).or_else(|error| read.and(Err(error)))?;
            }
            read => read?,
        }
    } else if find(bytes, b"xl/workbook.bin").is_some() {
        book.xlsb(bytes)?;
    } else {
        book.xlsx(bytes)?;
    }
    match book.out.broken_off.take() {
        Some(why) if book.out.pieces.is_empty() => Err(OfficeFault::Broken(why)),
        why => {
            book.out.broken_off = why;
            Ok(book.out)
        }
    }
}

struct Book {
    out: OfficeText,
    max_text: usize,
    taken: usize,
}

impl Book {
    fn xlsx(&mut self, bytes: &[u8]) -> Result<(), OfficeFault> {
        let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes))
            .map_err(|error| fault(&error, matches!(error, XlsxError::Password)))?;
        let mut package = Package::open(bytes)?;
        let parts = Parts::new(&mut package);
        let since_1904 = workbook.has_1904_epoch();
        let mut formats: Option<Formats> = None;
        for sheet in workbook.sheets_metadata().to_vec() {
            let beside = parts.beside(&mut package, &sheet.name);
            let mut rows = self.begin(&sheet, &beside);
            let mut read = || {
                let mut cells = workbook.worksheet_cells_reader(&sheet.name)?;
                let formats =
                    formats.get_or_insert_with(|| Formats::new(cells.styles().iter().map(code), since_1904));
                while let Some((cell, style)) = cells.next_cell_with_style_id()? {
                    let (row, column) = cell.get_position();
                    if !rows.cell(
                        row,
                        column,
                        shown(cell.get_value().clone().into(), formats, style),
                    ) {
                        break;
                    }
                }
                Ok::<_, XlsxError>(())
            };
            let read = if sheet.typ == SheetType::WorkSheet {
                read()
            } else {
                Ok(())
            };
            self.end(rows, &beside, read);
        }
        Ok(())
    }

    fn xlsb(&mut self, bytes: &[u8]) -> Result<(), OfficeFault> {
        let mut workbook: Xlsb<_> =
            open_workbook_from_rs(Cursor::new(bytes)).map_err(|error| fault(&error, false))?;
        let formats = Formats::default();
        for sheet in workbook.sheets_metadata().to_vec() {
            let beside = Beside::default();
            let mut rows = self.begin(&sheet, &beside);
            let mut read = || {
                let mut cells = workbook.worksheet_cells_reader(&sheet.name)?;
                while let Some(cell) = cells.next_cell()? {
                    let (row, column) = cell.get_position();
                    if !rows.cell(row, column, shown(cell.get_value().clone().into(), &formats, 0)) {
                        break;
                    }
                }
                Ok::<_, calamine::XlsbError>(())
            };
            let read = if sheet.typ == SheetType::WorkSheet {
                read()
            } else {
                Ok(())
            };
            self.end(rows, &beside, read);
        }
        // Which sheet a drawing lies upon stands in binary records.
        let mut package = Package::open(bytes)?;
        for name in package.names() {
            if name.starts_with("xl/drawings/drawing")
                && let Some(xml) = package.part(&name)
            {
                let drawn = drawing::read(&mut package, &name, &xml).into_iter();
                self.out.pieces.extend(drawn.map(|drawn| Piece {
                    role: Role::Paragraph,
                    text: drawn.text,
                    spot: Spot::Whole,
                }));
            }
        }
        Ok(())
    }

    fn xls(&mut self, bytes: &[u8]) -> Result<(), OfficeFault> {
        let mut workbook: Xls<_> = open_workbook_from_rs(Cursor::new(bytes))
            .map_err(|error| fault(&error, matches!(error, XlsError::Password)))?;
        let mut looks = biff::read(bytes);
        let formats = Formats::new(looks.codes.iter().map(Option::as_deref), looks.since_1904);
        for (index, sheet) in workbook.sheets_metadata().to_vec().iter().enumerate() {
            let look = looks
                .sheets
                .get_mut(index)
                .map(std::mem::take)
                .unwrap_or_default();
            let mut rows = self.begin(sheet, &look.beside);
            let read = workbook.worksheet_range(&sheet.name).map(|range| {
                let (top, left) = range.start().unwrap_or_default();
                for (row, column, value) in range.used_cells() {
                    let row = top.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
                    let column = left.saturating_add(u32::try_from(column).unwrap_or(u32::MAX));
                    let style = look.styles.get(&(row, column)).copied().unwrap_or_default();
                    if !rows.cell(row, column, shown(value.clone(), &formats, style.into())) {
                        break;
                    }
                }
            });
            self.end(rows, &look.beside, read);
        }
        Ok(())
    }

    fn begin(&mut self, sheet: &Sheet, beside: &Beside) -> Rows {
        if sheet.visible != SheetVisible::Visible {
            self.out.hidden.push(sheet.name.clone());
        }
        let mut rows = Rows::new(&sheet.name, self.max_text.saturating_sub(self.taken));
        beside.headers.iter().for_each(|text| rows.note(1, text));
        rows
    }

    fn end<E: Display>(&mut self, mut rows: Rows, beside: &Beside, read: Result<(), E>) {
        rows.end_row();
        rows.links(&beside.links);
        beside.notes.iter().for_each(|(row, text)| rows.note(*row, text));
        beside.footers.iter().for_each(|text| rows.note(1, text));
        if let Err(error) = read {
            self.out.broken_off = Some(error.to_string());
        }
        self.out.truncated |= rows.is_full();
        let pieces = rows.finish();
        self.taken += pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
        self.out.pieces.extend(pieces);
    }
}

fn fault(error: &impl Display, needs_password: bool) -> OfficeFault {
    if needs_password {
        OfficeFault::Encrypted
    } else {
        OfficeFault::Broken(error.to_string())
    }
}

/// The format code of a style, unless it is one that every computer shows in its own way.
fn code(style: &Style) -> Option<&str> {
    let format = style.number_format.as_ref()?;
    let own_way = format.format_id.is_some_and(is_the_computers_own);
    (!own_way).then_some(&format.format_code)
}

/// A value as people see it.
fn shown(value: Data, formats: &Formats, style: usize) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) => text,
        Data::Bool(value) => if value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::Int(value) => formats.number(value as f64, style),
        Data::Float(value) => formats.number(value, style),
        Data::DateTime(moment) => formats.date(&moment, style),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text,
        Data::Error(error) => error.to_string(),
    }
}
