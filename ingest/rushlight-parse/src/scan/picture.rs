//! Decoding pictures, bounded whatever they claim to be. In the worker only.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use serde::{Deserialize, Serialize};

use super::tiff;

/// Memory that a picture may take while it is decoded.
const DECODE_BYTES: u64 = 768 << 20;
/// Larger pictures are scaled down to this many pixels: an A4 page at 300 dpi has 8.7 million.
const MAX_PIXELS: f64 = 12e6;
/// A picture with a shorter side than this holds no line of text.
const LEAST_SIDE: u32 = 16;

/// The pictures that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PictureKind {
    Png,
    Jpeg,
    Tiff,
    Webp,
}

impl PictureKind {
    /// The kind by a file's first bytes.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => Some(Self::Tiff),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
        }
    }

    fn format(self) -> ImageFormat {
        match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Tiff => ImageFormat::Tiff,
            Self::Webp => ImageFormat::WebP,
        }
    }
}

/// A picture as it is to be read, upright, and how much it was scaled: pixels of it for each of the original.
pub(crate) struct Prepared {
    pub(crate) pixels: RgbImage,
    pub(crate) scale: f32,
}

/// Decodes the frame `page`, counted from one. `None` for a picture too small to hold text.
pub(crate) fn decode(bytes: &[u8], page: u32) -> Result<Option<Prepared>, String> {
    let kind = PictureKind::of(bytes).ok_or_else(|| "it is no picture of a known kind".to_owned())?;
    let frame;
    let bytes = if kind == PictureKind::Tiff && page > 1 {
        frame = tiff::with_first(bytes, page as usize - 1).ok_or_else(|| format!("it has no page {page}"))?;
        frame.as_slice()
    } else {
        bytes
    };
    let broken = |error: image::ImageError| format!("the picture cannot be decoded: {error}").to_lowercase();
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind.format());
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if width < LEAST_SIDE || height < LEAST_SIDE {
        return Ok(None);
    }
    // Not every decoder keeps count of the picture itself.
    if decoder.total_bytes() > DECODE_BYTES {
        return Err(format!("it is too large: {width} by {height} pixels"));
    }
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(Some(prepared(picture)))
}

fn prepared(picture: DynamicImage) -> Prepared {
    let (width, height) = (picture.width(), picture.height());
    let pixels = f64::from(width) * f64::from(height);
    let (picture, scale) = if pixels > MAX_PIXELS {
        let scale = (MAX_PIXELS / pixels).sqrt();
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        (
            picture.resize_exact(side(width), side(height), FilterType::Triangle),
            scale as f32,
        )
    } else {
        (picture, 1.0)
    };
    Prepared {
        pixels: on_white(picture),
        scale,
    }
}

/// What shows through a picture is white, as paper is.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        let blend = |value: u8| {
            let sum = u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            (sum / 255) as u8
        };
        image::Rgb([blend(red), blend(green), blend(blue)])
    })
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, ImageFormat::Png)
            .expect("is written");
        bytes.into_inner()
    }

    #[test]
    fn what_is_clear_is_white() {
        let mut picture = RgbaImage::from_pixel(20, 20, Rgba([0, 0, 0, 0]));
        picture.put_pixel(3, 4, Rgba([10, 20, 30, 255]));
        let found = decode(&png(&picture.into()), 1)
            .expect("decodes")
            .expect("large enough");
        assert_eq!(found.pixels.get_pixel(0, 0).0, [255, 255, 255]);
        assert_eq!(found.pixels.get_pixel(3, 4).0, [10, 20, 30]);
        assert_eq!(found.scale, 1.0);
    }

    #[test]
    fn large_ones_are_scaled_down_and_small_ones_passed_over() {
        let found = prepared(DynamicImage::new_luma8(6000, 4000));
        let (width, height) = found.pixels.dimensions();
        assert!(f64::from(width) * f64::from(height) < MAX_PIXELS * 1.01);
        assert!((width as f32 / 6000.0 - found.scale).abs() < 1e-3);
        assert!(
            decode(&png(&DynamicImage::new_luma8(15, 400)), 1)
                .expect("decodes")
                .is_none()
        );
    }

    #[test]
    fn broken_ones_say_so() {
        assert!(decode(b"\x89PNG\r\n\x1a\n and no more", 1).is_err());
        assert!(decode(b"\xff\xd8\xff", 1).is_err());
        assert!(decode(b"II*\0\x08\0\0\0", 1).is_err());
        assert!(decode(b"II*\0\x08\0\0\0", 7).is_err());
        assert!(decode(b"plain text", 1).is_err());
    }
}
