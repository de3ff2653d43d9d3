//! Spreadsheets: the values as they were last computed, sheet by sheet.

use std::fmt::Display;
use std::io::Cursor;

use calamine::{
    Data, ExcelDateTime, Ods, OdsError, Reader, Xls, XlsError, Xlsb, Xlsx, XlsxError, open_workbook_from_rs,
};
use memchr::memmem::find;

use super::kind::has_stream;
use super::{OfficeFault, OfficeText, Piece, Role, Spot, names_columns, row_text};

/// Reads a workbook.
pub(super) fn read(bytes: &[u8]) -> Result<OfficeText, OfficeFault> {
    // The package of a newer encrypted workbook lies in a compound file, as the older ones do.
    if has_stream(bytes, "EncryptedPackage") {
        return Err(OfficeFault::Encrypted);
    }
    let pieces = if !bytes.starts_with(b"PK") {
        pieces::<Xls<_>>(bytes, |error| matches!(error, XlsError::Password))
    } else if bytes.get(30..38) == Some(b"mimetype") {
        pieces::<Ods<_>>(bytes, |error| matches!(error, OdsError::Password))
    } else if find(bytes, b"xl/workbook.bin").is_some() {
        pieces::<Xlsb<_>>(bytes, |_| false)
    } else {
        pieces::<Xlsx<_>>(bytes, |error| matches!(error, XlsxError::Password))
    };
    Ok(OfficeText {
        pieces: pieces?,
        ..OfficeText::default()
    })
}

/// The sheets' rows by this reader of calamine's; `needs_password` knows its error for that.
fn pieces<'a, R>(bytes: &'a [u8], needs_password: fn(&R::Error) -> bool) -> Result<Vec<Piece>, OfficeFault>
where
    R: Reader<Cursor<&'a [u8]>>,
    R::Error: Display,
{
    let fault = |error: R::Error| {
        if needs_password(&error) {
            OfficeFault::Encrypted
        } else {
            OfficeFault::Broken(error.to_string())
        }
    };
    let mut workbook: R = open_workbook_from_rs(Cursor::new(bytes)).map_err(fault)?;
    let mut pieces = Vec::new();
    for sheet in workbook.sheet_names() {
        let range = workbook.worksheet_range(&sheet).map_err(fault)?;
        let (top, _) = range.start().unwrap_or_default();
        let begun = pieces.len();
        for (index, cells) in range.rows().enumerate() {
            let cells: Vec<String> = cells.iter().map(shown).collect();
            let text = row_text(&cells);
            if text.trim().is_empty() {
                continue;
            }
            let row = top
                .saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
                .saturating_add(1);
            let spot = Spot::Row {
                sheet: sheet.clone(),
                row,
            };
            let first = pieces.len() == begun;
            if first {
                pieces.push(Piece {
                    role: Role::Heading(2),
                    text: sheet.clone(),
                    spot: spot.clone(),
                });
            }
            let role = if first && names_columns(&filled(&cells)) {
                Role::TableHeader
            } else {
                Role::TableRow
            };
            pieces.push(Piece { role, text, spot });
        }
    }
    Ok(pieces)
}

/// The cells without the empty ones at their end: a range is as wide as its widest row.
fn filled(cells: &[String]) -> Vec<String> {
    let end = cells
        .iter()
        .rposition(|cell| !cell.trim().is_empty())
        .map_or(0, |last| last + 1);
    cells[..end].to_vec()
}

/// A value as people see it, but for the number of decimals.
fn shown(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::DateTime(moment) => date(moment),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
    }
}

fn date(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        let seconds = (moment.as_f64() * 86_400.0).round() as i64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    match (moment.as_f64() < 1.0, time.as_str()) {
        (true, _) => time,
        (false, "00:00:00") => format!("{year:04}-{month:02}-{day:02}"),
        (false, _) => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}
