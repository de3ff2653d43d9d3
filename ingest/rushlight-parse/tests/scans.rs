//! Scans, read by a real worker: with the models where they are installed, and what happens where they are not.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod common;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use rushlight_core::{
    ContentHash, DocumentKind, ErrorCode, Locator, PageReading, PageRecogniser, ParsedDocument, ParsedFile,
    Parser, RawFile, Scan, ScanAnswer, ScanForm, ScanReader, Timestamp,
};
use rushlight_parse::{PageReader, Parsers, RecogniserFiles, RecogniserOptions};

use common::{options, sound};

/// Recognises every page that is asked for.
struct Reading<'a>(&'a PageReader);

impl ScanReader for Reading<'_> {
    fn read(&self, scan: &Scan<'_>) -> ScanAnswer {
        ScanAnswer::Known(self.0.recognise(scan).expect("the worker starts"))
    }
}

fn reader_of(files: RecogniserFiles) -> PageReader {
    let mut options = RecogniserOptions::new("test", files, options().worker);
    options.limits.timeout = Duration::from_secs(300);
    PageReader::new(options)
}

/// The reader with the installed models; says why there is none.
fn reader() -> Option<PageReader> {
    let Some(folder) = std::env::var_os("RUSHLIGHT_MODELS_DIR") else {
        eprintln!("skipped: RUSHLIGHT_MODELS_DIR is not set");
        return None;
    };
    let folder = Path::new(&folder).join("pp-ocrv6-small");
    let file = |name: &str| folder.join(name);
    let files = RecogniserFiles {
        detector: file("detector.rten"),
        recogniser: file("recogniser.rten"),
        dictionary: file("dictionary.txt"),
        threads: 2,
    };
    if !files.detector.is_file() {
        eprintln!("skipped: the model for scans is not in {}", folder.display());
        return None;
    }
    Some(reader_of(files))
}

fn raw(path: &str, bytes: Vec<u8>) -> RawFile {
    RawFile {
        path: path.to_owned(),
        content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
        bytes,
        modified: Timestamp(0),
    }
}

/// A PDF of these objects, the first of which is its catalogue.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(out.len());
        out.extend(format!("{number} 0 obj\n").into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for offset in offsets {
        out.extend(format!("{offset:010} 00000 n \n").into_bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    out
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dictionary}/Length {}>>stream\n", content.len()).into_bytes();
    out.extend(content);
    out.extend(b"\nendstream");
    out
}

/// A page with these lines printed on it.
fn printed(lines: &[&str]) -> Vec<u8> {
    let mut content = "BT /F 14 Tf 22 TL 60 760 Td ".to_owned();
    for line in lines {
        content.push_str(&format!("({line}) Tj T* "));
    }
    content.push_str("ET");
    pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
            .to_vec(),
        stream("", content.as_bytes()),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ])
}

/// What a scanner makes of it, at 200 dots per inch.
fn photographed(bytes: &[u8]) -> GrayImage {
    let document = Pdf::new(bytes.to_vec()).expect("opens");
    let scale = 200.0 / 72.0;
    let pixmap = render(
        &document.pages()[0],
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &PixmapSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: WHITE,
        },
    );
    let pixels = pixmap.data().iter().map(|pixel| pixel.g).collect();
    GrayImage::from_raw(u32::from(pixmap.width()), u32::from(pixmap.height()), pixels).expect("all pixels")
}

/// A PDF whose pages are these pictures and nothing else; a page without one is printed.
fn scanned(pages: &[Option<&GrayImage>]) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        Vec::new(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ];
    let mut kids = String::new();
    for page in pages {
        let first = objects.len() + 1;
        kids.push_str(&format!("{first} 0 R "));
        let (contents, picture) = (first + 1, first + 2);
        objects.push(
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {contents} 0 R/Resources<</Font<</F 3 0 \
                 R>>/XObject<</I {picture} 0 R>>>>>>"
            )
            .into_bytes(),
        );
        let white = GrayImage::from_pixel(1, 1, Luma([255]));
        match page {
            Some(_) => objects.push(stream("", b"q 595 0 0 842 0 0 cm /I Do Q")),
            None => objects.push(stream("", b"BT /F 12 Tf 60 700 Td (This page is printed) Tj ET")),
        }
        let picture = page.unwrap_or(&white);
        let (width, height) = picture.dimensions();
        objects.push(stream(
            &format!(
                "/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8"
            ),
            picture.as_raw(),
        ));
    }
    objects[1] = format!("<</Type/Pages/Count {}/Kids[{kids}]>>", pages.len()).into_bytes();
    pdf(&objects)
}

fn encoded(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone())
        .write_to(&mut bytes, format)
        .expect("is written");
    bytes.into_inner()
}

const LINES: [&str; 3] = [
    "The kettle sings at seven in the morning",
    "and the garden gate stands open until noon.",
    "Invoice 4711 of 3 May 2024 is paid.",
];

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn one(outcome: rushlight_core::Result<ParsedFile>) -> ParsedDocument {
    sound(&outcome).expect("sound");
    match outcome {
        Ok(ParsedFile::Documents(documents)) if documents.len() == 1 => {
            documents.into_iter().next().expect("one")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_scanned_page_is_read_and_a_printed_one_beside_it_left_as_it_is() {
    let picture = photographed(&printed(&LINES));
    let file = raw("deed.pdf", scanned(&[Some(&picture), None]));
    let parsers = Parsers::new(options());
    let before = one(parsers.parse(&file));
    assert_eq!(before.text, "This page is printed");
    assert_eq!(before.unreadable_pages, [1]);
    let alone = raw("alone.pdf", scanned(&[Some(&picture)]));
    match parsers.parse(&alone) {
        Ok(ParsedFile::Skipped(reason)) => assert_eq!(reason.code, "no_text"),
        other => panic!("{other:?}"),
    }

    let Some(reader) = reader() else { return };
    let document = one(parsers.parse_with(&file, &Reading(&reader)));
    assert!(document.unreadable_pages.is_empty(), "{:?}", document.warnings);
    let expected = format!("{} This page is printed", LINES.join(" "));
    assert_eq!(words(&document.text), words(&expected));
    assert_eq!(document.blocks[0].locator, Locator::pages(1, 1));
    let lines: Vec<&str> = document
        .recognised
        .iter()
        .map(|line| {
            assert!(line.confidence > 80 && line.page == 1, "{line:?}");
            line.span.of(&document.text).expect("a slice")
        })
        .collect();
    assert_eq!(lines, LINES, "the printed page is not among them");
    let again = one(parsers.parse_with(&file, &Reading(&reader)));
    assert_eq!(again, document, "the same bytes give the same document");
}

#[test]
fn pictures_of_each_kind_are_read() {
    let Some(reader) = reader() else { return };
    let parsers = Parsers::new(options());
    let picture = photographed(&printed(&LINES[..1]));
    for (name, format, media_type) in [
        ("a.png", ImageFormat::Png, "image/png"),
        ("a.jpg", ImageFormat::Jpeg, "image/jpeg"),
        ("a.tiff", ImageFormat::Tiff, "image/tiff"),
        ("a.webp", ImageFormat::WebP, "image/webp"),
    ] {
        let file = raw(name, encoded(&picture, format));
        let document = one(parsers.parse_with(&file, &Reading(&reader)));
        assert_eq!(words(&document.text), words(LINES[0]), "{name}");
        assert_eq!(
            (document.kind, document.media_type.as_str(), document.pages),
            (DocumentKind::Image, media_type, Some(1))
        );
    }
}

#[test]
fn a_worker_with_models_is_shut_off_and_survives_what_it_is_given() {
    let Some(reader) = reader() else { return };
    let (isolation, refused) = reader.check_isolation().expect("starts");
    if cfg!(target_os = "linux") && isolation.file_system && isolation.system_calls {
        assert!(refused, "{isolation:?}");
    } else {
        eprintln!("skipped: the kernel shuts nobody off here: {isolation:?}");
    }
    let begun = Instant::now();
    let mut cut = encoded(&photographed(&printed(&LINES)), ImageFormat::Png);
    cut.truncate(cut.len() / 2);
    for (bytes, form) in [
        (cut, ScanForm::Picture),
        (b"\x89PNG\r\n\x1a\n".to_vec(), ScanForm::Picture),
        (b"%PDF-1.7\nnothing".to_vec(), ScanForm::Pdf),
        (scanned(&[None]), ScanForm::Pdf),
    ] {
        let scan = Scan {
            document: ContentHash([0; 32]),
            bytes: &bytes,
            form,
            page: 7,
        };
        let reading = reader.recognise(&scan).expect("the worker lives");
        assert!(matches!(reading, PageReading::Unreadable(_)), "{reading:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(200));
    reader.rest();
}

#[test]
fn models_that_are_none_are_an_error_that_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let junk: PathBuf = folder.path().join("junk.rten");
    std::fs::write(&junk, b"no model").expect("written");
    let files = |detector: PathBuf| RecogniserFiles {
        detector,
        recogniser: junk.clone(),
        dictionary: junk.clone(),
        threads: 1,
    };
    for detector in [folder.path().join("missing.rten"), junk.clone()] {
        let scan = Scan {
            document: ContentHash([0; 32]),
            bytes: b"",
            form: ScanForm::Picture,
            page: 1,
        };
        let error = reader_of(files(detector))
            .recognise(&scan)
            .expect_err("no models");
        assert_eq!(error.code(), ErrorCode::ParserUnavailable);
        let said = error.chain();
        assert!(
            said.contains("missing.rten") || said.contains("cannot be used"),
            "{said}"
        );
    }
}
