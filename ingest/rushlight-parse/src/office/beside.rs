//! What stands beside the cells of a sheet: headers and footers, comments, links and drawings.

use std::collections::{HashMap, HashSet};

use super::comments;
use super::drawing;
use super::numbers_pages;
use super::package::{Package, Relation, by_id};
use super::xml::{Step, attribute, walk};

/// More than this after the cells of a sheet is rules for their look.
const MAX_TAIL: usize = 16 << 20;

/// What stands beside the cells of one sheet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) headers: Vec<String>,
    pub(super) footers: Vec<String>,
    /// Texts with the row that they belong to, counted from one.
    pub(super) notes: Vec<(u32, String)>,
    /// Where cells lead, with their row: addresses outside the workbook.
    pub(super) links: Vec<(u32, String)>,
}

/// Where the sheets of a workbook lie in its package, by their names, and who comments on them.
#[derive(Debug, Default)]
pub(super) struct Parts {
    sheets: HashMap<String, String>,
    people: HashMap<String, String>,
}

impl Parts {
    /// Of the workbook in this package.
    pub(super) fn new(package: &mut Package<'_>) -> Self {
        let mut found = Self::default();
        for (name, xml) in package.related("", "officeDocument") {
            let relations = package.relations(&name);
            found.sheets.extend(sheets(&xml, &relations));
            for (_, people) in package.related(&name, "person") {
                found.people.extend(comments::people(&people));
            }
        }
        found
    }

    /// What stands beside the cells of this sheet.
    pub(super) fn beside(&self, package: &mut Package<'_>, sheet: &str) -> Beside {
        let Some(part) = self.sheets.get(sheet) else {
            return Beside::default();
        };
        let relations = package.relations(part);
        let tail = package.after_last(part, b"sheetData", MAX_TAIL);
        let mut found = tail.map(|tail| of_tail(&tail, &relations)).unwrap_or_default();
        let mut in_threads = HashSet::new();
        for (_, xml) in package.related(part, "threadedComment") {
            for comment in comments::read(&xml, &self.people) {
                found
                    .notes
                    .push((row_of(comment.cell.as_deref()), comment.line()));
                in_threads.extend(comment.cell);
            }
        }
        for (_, xml) in package.related(part, "comments") {
            for comment in comments::read(&xml, &self.people) {
                // For programs that do not know threads, each is written once more, as one comment.
                if comment
                    .cell
                    .as_ref()
                    .is_none_or(|cell| !in_threads.contains(cell))
                {
                    found
                        .notes
                        .push((row_of(comment.cell.as_deref()), comment.line()));
                }
            }
        }
        for (name, xml) in package.related(part, "drawing") {
            let drawn = drawing::read(package, &name, &xml);
            found
                .notes
                .extend(drawn.into_iter().map(|drawn| (drawn.row, drawn.text)));
        }
        found.notes.sort_by_key(|(row, _)| *row);
        found
    }
}

fn sheets(workbook: &str, relations: &[Relation]) -> HashMap<String, String> {
    let relations = by_id(relations);
    let mut found = HashMap::new();
    // What stands before a break is kept.
    let _ = walk(workbook, |step| {
        if let Step::Start("sheet", start) = step {
            let relation = attribute(start, "id").and_then(|id| relations.get(&*id));
            found.extend(attribute(start, "name").zip(relation.map(|relation| relation.target.clone())));
        }
        true
    });
    found
}

/// What follows the cells in a sheet's part.
fn of_tail(tail: &str, relations: &[Relation]) -> Beside {
    let relations = by_id(relations);
    let mut found = Beside::default();
    let mut running: Option<String> = None;
    // It ends with the end of an element that began before the cells.
    let _ = walk(tail, |step| {
        match step {
            Step::Start("hyperlink", start) => {
                let relation = attribute(start, "id").and_then(|id| relations.get(&*id));
                if let Some(relation) = relation.filter(|relation| relation.external) {
                    let row = row_of(attribute(start, "ref").as_deref());
                    let target = relation
                        .target
                        .strip_prefix("mailto:")
                        .unwrap_or(&relation.target);
                    found.links.push((row, target.to_owned()));
                }
            }
            Step::Start(
                "oddHeader" | "evenHeader" | "firstHeader" | "oddFooter" | "evenFooter" | "firstFooter",
                _,
            ) => running = Some(String::new()),
            Step::Text(text) => {
                if let Some(running) = &mut running {
                    running.push_str(text);
                }
            }
            Step::End(name) => {
                let texts = match name {
                    "oddHeader" | "evenHeader" | "firstHeader" => &mut found.headers,
                    "oddFooter" | "evenFooter" | "firstFooter" => &mut found.footers,
                    _ => return true,
                };
                let text = running.take().and_then(|code| running_text(&code));
                texts.extend(text.filter(|text| !texts.contains(text)));
            }
            Step::Start(..) => {}
        }
        true
    });
    found
}

/// The row of a cell or of the first cell of a range, as in `B3:C4`.
fn row_of(cell: Option<&str>) -> u32 {
    let first = cell.unwrap_or_default().split(':').next().unwrap_or_default();
    let digits = first.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or(1).max(1)
}

/// The words of a header or footer, its left, middle and right apart; nothing when it has none. It is written with codes
/// for what the program fills in, and for the look.
pub(super) fn running_text(code: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = code.chars().peekable();
    while let Some(c) = characters.next() {
        if c != '&' {
            text.push(c);
            continue;
        }
        match characters.next() {
            Some('&') => text.push('&'),
            Some('L' | 'C' | 'R') => text.push('\t'),
            // A font's name.
            Some('"') => {
                characters.by_ref().find(|c| *c == '"');
            }
            // A colour: six digits, or a theme's number and tint.
            Some('K') => {
                for _ in 0..6 {
                    characters.next_if(|c| c.is_ascii_hexdigit() || "+-".contains(*c));
                }
            }
            // A font's size.
            Some(c) if c.is_ascii_digit() => while characters.next_if(char::is_ascii_digit).is_some() {},
            // The page's number, the date, the name of the file, bold.
            _ => {}
        }
    }
    let parts = text
        .split('\t')
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let parts: Vec<String> = parts.filter(|part| !numbers_pages(part)).collect();
    (!parts.is_empty()).then(|| parts.join("\t"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_without_their_codes() {
        let text = |code| running_text(code);
        assert_eq!(
            text("&L&\"Arial,Bold\"&12庫存 &K00-012R&&D&CTea&RPage &P of &N"),
            Some("庫存 R&D\tTea".to_owned())
        );
        assert_eq!(text("&C&P / &N"), None);
        assert_eq!(text("&CPage &P of &N"), None);
        assert_eq!(text("&"), None);
    }

    #[test]
    fn rows_of_cells() {
        assert_eq!(row_of(Some("AB12:C3")), 12);
        assert_eq!(row_of(Some("$B$3")), 3);
        assert_eq!((row_of(Some("B")), row_of(None), row_of(Some("A0"))), (1, 1, 1));
    }
}
