//! Asking for the text of pages that have none.

use rushlight_core::{ContentHash, PageReading, Scan, ScanAnswer, ScanForm, ScanReader};

use super::lines::lines;
use crate::pdf::PdfText;
use crate::pdf::score::is_readable;

/// Pages of one document that are asked for; the others stay without text, and are counted as such.
const MAX_PAGES: usize = 5000;

/// What was said of the pages that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScanNotes {
    /// Pages that will be recognised later, counted from one.
    pub(crate) waiting: Vec<u32>,
    /// Pages that cannot be recognised, and why.
    pub(crate) failed: Vec<(u32, String)>,
    /// Pages on which recognition found no text.
    pub(crate) empty: Vec<u32>,
    /// Why nobody recognises pages here, where there was one to recognise.
    pub(crate) unavailable: Option<String>,
}

/// Gives pages without readable text the text that was recognised on them, and notes what became of the others.
pub(crate) fn fill(
    found: &mut PdfText,
    bytes: &[u8],
    document: ContentHash,
    form: ScanForm,
    scans: &dyn ScanReader,
) {
    let is_blank = |page: &[crate::pdf::layout::Line]| {
        let text: String = page.iter().map(|line| line.text.as_str()).collect();
        !is_readable(&text)
    };
    // Behind the limit nobody has looked.
    let end = if found.truncated {
        found
            .pages
            .iter()
            .rposition(|page| !page.is_empty())
            .map_or(0, |last| last + 1)
    } else {
        found.pages.len()
    };
    let mut notes = ScanNotes::default();
    let mut asked = 0;
    for (index, lines_of_page) in found.pages.iter_mut().enumerate().take(end) {
        if asked == MAX_PAGES || !is_blank(lines_of_page) {
            continue;
        }
        asked += 1;
        let page = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let scan = Scan {
            document,
            bytes,
            form,
            page,
        };
        match scans.read(&scan) {
            ScanAnswer::Known(PageReading::Read(reading)) => {
                let read = lines(&reading);
                if is_blank(&read) {
                    notes.empty.push(page);
                } else {
                    *lines_of_page = read;
                }
            }
            ScanAnswer::Known(PageReading::Unreadable(why)) => notes.failed.push((page, why)),
            ScanAnswer::Waiting => notes.waiting.push(page),
            ScanAnswer::Unavailable(why) => notes.unavailable = Some(why),
        }
    }
    found.scans = notes;
}

/// Why a document has no text, after its pages were asked for; `pages` says which (`its page has`).
pub(crate) fn no_text(notes: &ScanNotes, failed_by_parser: usize, page_count: u32, pages: &str) -> String {
    let ScanNotes {
        waiting,
        failed,
        empty,
        unavailable,
    } = notes;
    if !waiting.is_empty() {
        return match page_count {
            1 => format!("{pages} no text of its own and waits for text recognition"),
            _ => format!(
                "{pages} no readable text; {} of {page_count} wait for text recognition",
                waiting.len()
            ),
        };
    }
    let why = match (failed.first(), unavailable) {
        (Some((page, why)), _) if page_count > 1 => {
            format!(
                "text recognition failed on {} of {page_count}, on page {page} because {why}",
                failed.len()
            )
        }
        (Some((_, why)), _) => format!("text recognition failed: {why}"),
        (None, Some(_)) if failed_by_parser > 0 => {
            format!("the parser failed on {failed_by_parser} of {page_count}")
        }
        (None, Some(why)) => why.clone(),
        (None, None) if !empty.is_empty() => "text recognition found none".to_owned(),
        (None, None) => format!("the parser failed on {failed_by_parser} of {page_count}"),
    };
    format!("{pages} no readable text; {why}")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use rushlight_core::{PageBox, RecognisedLine, RecognisedPage};

    use super::*;
    use crate::pdf::layout::Line;

    struct Answers {
        asked: RefCell<Vec<u32>>,
        answer: fn(u32) -> ScanAnswer,
    }

    impl ScanReader for Answers {
        fn read(&self, scan: &Scan<'_>) -> ScanAnswer {
            self.asked.borrow_mut().push(scan.page);
            (self.answer)(scan.page)
        }
    }

    fn printed(text: &str) -> Vec<Line> {
        vec![Line {
            text: text.to_owned(),
            ..Line::default()
        }]
    }

    fn filled(pages: Vec<Vec<Line>>, truncated: bool, answer: fn(u32) -> ScanAnswer) -> (PdfText, Vec<u32>) {
        let mut found = PdfText {
            pages,
            truncated,
            ..PdfText::default()
        };
        let answers = Answers {
            asked: RefCell::default(),
            answer,
        };
        fill(&mut found, b"", ContentHash([1; 32]), ScanForm::Pdf, &answers);
        (found, answers.asked.into_inner())
    }

    fn read(text: &str) -> ScanAnswer {
        let place = PageBox {
            left: 10.0,
            top: 10.0,
            right: 90.0,
            bottom: 20.0,
        };
        ScanAnswer::Known(PageReading::Read(RecognisedPage {
            width: 100.0,
            height: 100.0,
            lines: vec![RecognisedLine {
                text: text.to_owned(),
                confidence: 93,
                place,
            }],
        }))
    }

    #[test]
    fn only_pages_without_readable_text_are_asked_for() {
        let pages = vec![
            printed("words"),
            Vec::new(),
            printed("\u{e001}\u{e002}\u{e003}"),
            printed("茶"),
        ];
        let (found, asked) = filled(pages, false, |page| match page {
            2 => read("from the picture"),
            _ => ScanAnswer::Waiting,
        });
        assert_eq!(asked, [2, 3]);
        assert_eq!(found.pages[1][0].text, "from the picture");
        assert_eq!(found.pages[1][0].confidence, Some(93));
        assert_eq!(found.pages[0][0].confidence, None);
        assert_eq!(found.scans.waiting, [3]);
    }

    #[test]
    fn pages_behind_the_limit_of_text_are_not_asked_for() {
        let pages = vec![Vec::new(), printed("words"), Vec::new(), Vec::new()];
        let (_, asked) = filled(pages, true, |_| ScanAnswer::Waiting);
        assert_eq!(asked, [1]);
    }

    #[test]
    fn what_became_of_each_page_is_said() {
        let (found, _) = filled(vec![Vec::new(); 3], false, |page| match page {
            1 => read(" "),
            2 => ScanAnswer::Known(PageReading::Unreadable("it took too long".to_owned())),
            _ => ScanAnswer::Known(PageReading::Read(RecognisedPage::default())),
        });
        assert_eq!(found.scans.empty, [1, 3]);
        assert_eq!(
            no_text(&found.scans, 0, 3, "its 3 pages have"),
            "its 3 pages have no readable text; text recognition failed on 1 of 3, on page 2 because it took too long"
        );
        let notes = ScanNotes {
            waiting: vec![1],
            ..ScanNotes::default()
        };
        assert_eq!(
            no_text(&notes, 0, 1, "it has"),
            "it has no text of its own and waits for text recognition"
        );
    }
}
