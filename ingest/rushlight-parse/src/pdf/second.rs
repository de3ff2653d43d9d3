//! The second engine: pdf_oxide. It mends broken files, knows the Chinese character maps and the places of forms.

use pdf_oxide::PdfDocument;
use pdf_oxide::layout::TextSpan;

use super::frame::{Frame, finite, turned};
use super::layout::Run;
use super::{PdfFault, Reading, guarded};

/// More pages than any document has; a file may claim any number.
const MAX_PAGES: usize = 50_000;

/// A document, opened.
pub(crate) struct Second {
    document: PdfDocument,
    page_count: usize,
}

impl Second {
    /// Opens a document, with the empty password or the first of `passwords` that fits.
    pub(crate) fn open(bytes: &[u8], passwords: &[String]) -> Result<Self, PdfFault> {
        guarded(|| Self::open_unguarded(bytes, passwords))
            .unwrap_or_else(|| Err(PdfFault::Broken("the parser failed on it".to_owned())))
    }

    fn open_unguarded(bytes: &[u8], passwords: &[String]) -> Result<Self, PdfFault> {
        let broken = |error: pdf_oxide::Error| PdfFault::Broken(error.to_string());
        let document = PdfDocument::from_bytes(bytes.to_vec()).map_err(broken)?;
        if document.is_encrypted() && !document.is_authenticated() {
            let fits = |password: &str| matches!(document.authenticate(password.as_bytes()), Ok(true));
            if !(fits("") || passwords.iter().any(|password| fits(password))) {
                return Err(PdfFault::Encrypted);
            }
        }
        let page_count = document.page_count().map_err(broken)?.min(MAX_PAGES);
        if page_count == 0 {
            return Err(PdfFault::Broken("it has no pages".to_owned()));
        }
        Ok(Self { document, page_count })
    }

    pub(crate) fn page_count(&self) -> usize {
        self.page_count
    }

    /// What stands on a page, counted from zero; `None` where the engine fails.
    pub(crate) fn page(&self, index: usize) -> Option<Reading> {
        guarded(|| self.page_unguarded(index)).flatten()
    }

    fn page_unguarded(&self, index: usize) -> Option<Reading> {
        let spans = self.document.extract_spans(index).ok()?;
        let media = self
            .document
            .get_page_media_box(index)
            .map_or_else(|_| Frame::default(), frame_of);
        let shown = self.document.get_page_visible_box(index).map_or(media, frame_of);
        let degrees = self.document.get_page_rotation(index).unwrap_or(0);
        let runs = spans.into_iter().map(|span| run_of(span, media)).collect();
        Some(Reading {
            runs,
            frame: shown.turned_by(i64::from(degrees)),
            unnamed: 0,
            is_doubtful: false,
        })
    }
}

fn frame_of((left, bottom, right, top): (f32, f32, f32, f32)) -> Frame {
    Frame::of_corners([left, bottom, right, top].map(f64::from))
}

/// A piece of text where the page's content has it. `media` is the page's media box, not turned.
fn run_of(span: TextSpan, media: Frame) -> Run {
    let turn = quarter(f64::from(span.rotation_degrees));
    let area = if turn == 0 { span.bbox } else { span.page_bbox() };
    let corner = |x: f32, y: f32| {
        let (x, y) = (finite(f64::from(x)), finite(f64::from(y)));
        let (x, y) = unturned(x, y, span.page_rotation_applied, media);
        turned(x, y, turn)
    };
    let (ax, ay) = corner(area.x, area.y);
    let (bx, by) = corner(area.x + area.width, area.y + area.height);
    Run {
        text: span.text,
        left: ax.min(bx),
        right: ax.max(bx),
        baseline: ay.min(by),
        size: finite(f64::from(span.font_size)).max(0.1),
        turn,
    }
}

/// Some pieces of turned pages come in the places where they are shown: turned to the right by `degrees` with their page.
/// This takes it back, so that all pieces of a page are in one space.
fn unturned(x: f32, y: f32, degrees: i32, media: Frame) -> (f32, f32) {
    let (across, up) = (x - media.left, y - media.bottom);
    let (x, y) = match degrees.rem_euclid(360) {
        90 => (media.width - up, across),
        180 => (media.width - across, media.height - up),
        270 => (up, media.height - across),
        _ => (across, up),
    };
    (media.left + x, media.bottom + y)
}

/// Quarter turns to the left that are nearest to an angle in degrees.
fn quarter(degrees: f64) -> u8 {
    // An angle that is no number is none.
    (degrees / 90.0).round().rem_euclid(4.0) as u8 % 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_quarters() {
        let angles = [0.0, 3.0, 90.0, -90.0, 180.0, -180.0, 270.0, 358.0, f64::NAN];
        assert_eq!(angles.map(quarter), [0, 0, 1, 3, 2, 2, 3, 0, 0]);
    }

    #[test]
    fn places_on_turned_pages_are_taken_back() {
        let media = Frame::of_corners([10.0, 20.0, 610.0, 820.0]);
        for (degrees, x, y) in [
            (0, 110.0, 720.0),
            (90, 710.0, 520.0),
            (180, 510.0, 120.0),
            (270, 110.0, 120.0),
        ] {
            assert_eq!(unturned(x, y, degrees, media), (110.0, 720.0), "{degrees}");
        }
    }
}
