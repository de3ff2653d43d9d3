//! The second engine: pdf_oxide. It mends broken files, knows the Chinese character maps and the places of forms.

use pdf_oxide::PdfDocument;

use super::layout::{Frame, Run, finite, turned};
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
        let mut frame = self
            .document
            .get_page_media_box(index)
            .map(|(left, bottom, right, top)| Frame {
                left: finite(f64::from(left)),
                bottom: finite(f64::from(bottom)),
                width: finite(f64::from(right - left)).max(1.0),
                height: finite(f64::from(top - bottom)).max(1.0),
            })
            .unwrap_or_default();
        // Text of a page that is shown turned by a quarter comes in the places it is shown at.
        if spans.iter().any(|span| span.page_rotation_applied % 180 != 0) {
            std::mem::swap(&mut frame.width, &mut frame.height);
        }
        let runs = spans
            .into_iter()
            .map(|span| {
                let shown = f64::from(span.rotation_degrees) - f64::from(span.page_rotation_applied);
                let turn = quarter(shown);
                let area = if turn == 0 { span.bbox } else { span.page_bbox() };
                let (ax, ay) = turned(finite(f64::from(area.x)), finite(f64::from(area.y)), turn);
                let (bx, by) = turned(
                    finite(f64::from(area.x + area.width)),
                    finite(f64::from(area.y + area.height)),
                    turn,
                );
                Run {
                    text: span.text,
                    left: ax.min(bx),
                    right: ax.max(bx),
                    baseline: ay.min(by),
                    size: finite(f64::from(span.font_size)).max(0.1),
                    turn,
                }
            })
            .collect();
        Some(Reading {
            runs,
            frame,
            unnamed: 0,
            is_doubtful: false,
        })
    }
}

/// Quarter turns to the left that are nearest to an angle in degrees.
fn quarter(degrees: f64) -> u8 {
    // An angle that is no number is none.
    (degrees / 90.0).round().rem_euclid(4.0) as u8 % 4
}

#[cfg(test)]
mod tests {
    use super::quarter;

    #[test]
    fn angles_are_quarters() {
        let angles = [0.0, 3.0, 90.0, -90.0, 180.0, -180.0, 270.0, 358.0, f64::NAN];
        assert_eq!(angles.map(quarter), [0, 0, 1, 3, 2, 2, 3, 0, 0]);
    }
}
