//! Spreadsheets: the values as they were last computed, sheet by sheet.

use std::io::Cursor;

use calamine::{Data, ExcelDateTime, OdsError, Reader, XlsError, XlsxError, open_workbook_auto_from_rs};

use super::{OfficeFault, OfficeText, Piece, Role, Spot, names_columns, row_text};

/// Reads a workbook.
pub(super) fn read(bytes: &[u8]) -> Result<OfficeText, OfficeFault> {
    let mut workbook =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| fault(bytes, &error))?;
    let mut pieces = Vec::new();
    for sheet in workbook.sheet_names() {
        let range = workbook
            .worksheet_range(&sheet)
            .map_err(|error| fault(bytes, &error))?;
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
    Ok(OfficeText {
        pieces,
        ..OfficeText::default()
    })
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

fn fault(bytes: &[u8], error: &calamine::Error) -> OfficeFault {
    use calamine::Error as E;
    let password = matches!(
        error,
        E::Ods(OdsError::Password) | E::Xls(XlsError::Password) | E::Xlsx(XlsxError::Password)
    );
    // The package of a newer encrypted workbook lies in a compound file; no reader of ours takes that for a password.
    let package: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if password || memchr::memmem::find(bytes, &package).is_some() {
        OfficeFault::Encrypted
    } else {
        OfficeFault::Broken(error.to_string())
    }
}
