//! Pages that are pictures: who asks for their text, who knows it, and who reads it.
//!
//! A parser comes to a page without text and asks a [`ScanReader`]. While files are read for the first time that only
//! looks up what is known, so that nothing waits for it; in the background lane it has the page recognised there and
//! then. So parsing stays a function of the bytes and of what was recognised in them, however deep a scan lies in
//! mails and archives.

use crate::error::Result;
use crate::id::ContentHash;
use crate::place::TextSpan;

/// What the bytes of a scanned document are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanForm {
    /// A PDF; its page is rendered first.
    Pdf,
    /// A picture; a page is one of its frames.
    Picture,
}

/// A page without text of its own.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// BLAKE3 of `bytes`: equal documents are read once, wherever they lie.
    pub document: ContentHash,
    /// The whole document.
    pub bytes: &'a [u8],
    /// What the bytes are.
    pub form: ScanForm,
    /// The page, counted from one.
    pub page: u32,
}

/// An upright box on a page; the origin is the page's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PageBox {
    /// Smallest x.
    pub left: f32,
    /// Smallest y.
    pub top: f32,
    /// Largest x.
    pub right: f32,
    /// Largest y.
    pub bottom: f32,
}

/// A line that was recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct RecognisedLine {
    /// Its text.
    pub text: String,
    /// How sure the recogniser is, in per cent.
    pub confidence: u8,
    /// Where it stands, in the page's own unit.
    pub place: PageBox,
}

/// A page that was recognised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecognisedPage {
    /// Width of the page: points of a PDF, pixels of a picture.
    pub width: f32,
    /// Height in the same unit.
    pub height: f32,
    /// Its lines in reading order; none on a page without text.
    pub lines: Vec<RecognisedLine>,
}

/// What recognising a page came to.
#[derive(Clone, Debug, PartialEq)]
pub enum PageReading {
    /// It was read, which may have found nothing.
    Read(RecognisedPage),
    /// It cannot be read: why, in lower case and without a full stop.
    Unreadable(String),
}

/// What a parser is told of a page it asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum ScanAnswer {
    /// What recognising it came to.
    Known(PageReading),
    /// It will be recognised later.
    Waiting,
    /// Nobody will: why, and what could be done.
    Unavailable(String),
}

/// Whom a parser asks for the text of scanned pages.
pub trait ScanReader {
    /// What is known of this page.
    fn read(&self, scan: &Scan<'_>) -> ScanAnswer;
}

/// Knows of no page and expects none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScanReader;

impl ScanReader for NoScanReader {
    fn read(&self, _scan: &Scan<'_>) -> ScanAnswer {
        ScanAnswer::Unavailable("it may be scanned and needs text recognition first".to_owned())
    }
}

/// Reads pages that are pictures. Takes a second or more of all processors for each; called from the indexing thread.
pub trait PageRecogniser: Send + Sync {
    /// Identity of models and method: a page that one could not read is tried again by another.
    fn id(&self) -> &str;

    /// Reads a page. What is wrong with the page is its reading, never an error.
    ///
    /// # Errors
    /// `ParserUnavailable` when nothing can be read now.
    fn recognise(&self, scan: &Scan<'_>) -> Result<PageReading>;

    /// Nothing is to be read for a while: gives back memory.
    fn rest(&self);
}

/// A stretch of a document's text that was recognised in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecognisedSpan {
    /// Where it stands in the document's text: a line as it was recognised.
    pub span: TextSpan,
    /// Its page, counted from one.
    pub page: u32,
    /// How sure the recogniser is, in per cent.
    pub confidence: u8,
}

/// How sure the recogniser is of the text under `span`: the mean over the recognised characters there, in per cent;
/// `None` when none of it was recognised. `recognised` is in order.
pub fn confidence_of(recognised: &[RecognisedSpan], span: TextSpan) -> Option<u8> {
    let first = recognised.partition_point(|known| known.span.end <= span.start);
    let (mut bytes, mut sum) = (0u64, 0u64);
    for known in recognised[first..]
        .iter()
        .take_while(|known| known.span.start < span.end)
    {
        let overlap = known.span.end.min(span.end) - known.span.start.max(span.start);
        bytes += overlap as u64;
        sum += overlap as u64 * u64::from(known.confidence);
    }
    (bytes > 0).then(|| u8::try_from((sum + bytes / 2) / bytes).unwrap_or(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_the_mean_over_what_was_recognised_under_the_span() {
        let line = |start, end, confidence| RecognisedSpan {
            span: TextSpan::new(start, end),
            page: 1,
            confidence,
        };
        let lines = [line(10, 20, 90), line(21, 31, 70)];
        let of = |start, end| confidence_of(&lines, TextSpan::new(start, end));
        assert_eq!(of(0, 10), None);
        assert_eq!(of(0, 12), Some(90));
        assert_eq!(of(10, 31), Some(80));
        assert_eq!(of(15, 22), Some(87));
        assert_eq!(of(20, 21), None, "between two lines");
        assert_eq!(of(31, 40), None);
        assert_eq!(confidence_of(&[], TextSpan::new(0, 5)), None);
    }
}
