//! From a page to lines. In the worker only: rendering and decoding may hang, overflow the stack or fill the memory.

use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::RgbImage;
use rushlight_core::ScanForm;
use rushlight_ocr::Recogniser;

use super::ScannedText;
use super::picture::{self, Prepared};

/// Dots per point at 200 dots per inch, which scans of print need to be read; smaller type than 6 points is rare.
const SCALE: f32 = 200.0 / 72.0;
/// Pages are rendered with no more pixels than this: a drawing of two metres is rendered more coarsely.
const MAX_PIXELS: f32 = 10e6;
/// The renderer counts pixels of a side in 16 bits.
const MAX_SIDE: f32 = 16_000.0;

/// Reads the page. The error says what is wrong with it, for people.
pub(crate) fn recognise(
    recogniser: &Recogniser,
    bytes: &[u8],
    form: ScanForm,
    page: u32,
    passwords: &[String],
) -> Result<ScannedText, String> {
    let prepared = match form {
        ScanForm::Pdf => Some(rendered(bytes, page, passwords)?),
        ScanForm::Picture => picture::decode(bytes, page)?,
    };
    let Some(Prepared { pixels, scale }) = prepared else {
        return Ok(ScannedText {
            width: 1,
            height: 1,
            scale: 1.0,
            lines: Vec::new(),
        });
    };
    let lines = recogniser.recognise(&pixels).map_err(|error| error.to_string())?;
    Ok(ScannedText {
        width: pixels.width(),
        height: pixels.height(),
        scale,
        lines,
    })
}

/// The page, counted from one, as a picture.
pub(super) fn rendered(bytes: &[u8], page: u32, passwords: &[String]) -> Result<Prepared, String> {
    let pdf = open(bytes, passwords)?;
    let index = (page as usize).saturating_sub(1);
    let page = pdf
        .pages()
        .get(index)
        .ok_or_else(|| format!("the renderer finds no page {page}"))?;
    let (width, height) = page.render_dimensions();
    let scale = scale_of(width, height).ok_or_else(|| "its page has no size".to_owned())?;
    let pixmap = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &PixmapSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: WHITE,
        },
    );
    let pixels = pixmap
        .data()
        .iter()
        .flat_map(|pixel| [pixel.r, pixel.g, pixel.b])
        .collect();
    RgbImage::from_raw(u32::from(pixmap.width()), u32::from(pixmap.height()), pixels)
        .filter(|pixels| pixels.width() > 0 && pixels.height() > 0)
        .map(|pixels| Prepared { pixels, scale })
        .ok_or_else(|| "its page could not be rendered".to_owned())
}

fn open(bytes: &[u8], passwords: &[String]) -> Result<Pdf, String> {
    let bytes = Arc::new(bytes.to_vec());
    let tried = std::iter::once("").chain(passwords.iter().map(String::as_str));
    for password in tried {
        match Pdf::new_with_password(Arc::clone(&bytes), password) {
            Ok(pdf) => return Ok(pdf),
            Err(LoadPdfError::Decryption(_)) => {}
            Err(LoadPdfError::Invalid) => return Err("the renderer cannot open the file".to_owned()),
        }
    }
    Err("the renderer cannot decrypt the file".to_owned())
}

/// Pixels for each point of a page of this size in points.
fn scale_of(width: f32, height: f32) -> Option<f32> {
    let is_sized = width.is_finite() && height.is_finite() && width >= 1.0 && height >= 1.0;
    is_sized.then(|| {
        let by_area = (MAX_PIXELS / (width * height)).sqrt();
        let by_side = MAX_SIDE / width.max(height);
        SCALE.min(by_area).min(by_side)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_200_dots_per_inch_unless_they_are_huge() {
        assert_eq!(scale_of(595.0, 842.0), Some(SCALE));
        let huge = scale_of(14_400.0, 14_400.0).expect("has a size");
        assert!(14_400.0 * 14_400.0 * huge * huge <= MAX_PIXELS * 1.01);
        let strip = scale_of(100.0, 1e6).expect("has a size");
        assert!(1e6 * strip <= MAX_SIDE * 1.01);
        for (width, height) in [(0.0, 10.0), (f32::NAN, 10.0), (10.0, f32::INFINITY)] {
            assert_eq!(scale_of(width, height), None);
        }
    }

    #[test]
    fn what_cannot_be_opened_says_so() {
        assert!(rendered(b"%PDF-1.7\nnothing", 1, &[]).is_err());
    }
}
