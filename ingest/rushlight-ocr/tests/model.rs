//! The real model, where it is installed: `RUSHLIGHT_MODELS_DIR` names the folder of models.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use image::{Rgb, RgbImage, imageops};
use rushlight_models::{Catalogue, ModelStore};
use rushlight_ocr::{Line, ModelBytes, OcrError, Recogniser};

/// What `make_lines.py` drew.
const LINES: [&str; 3] = [
    "A rushlight is a candle of the poor.",
    "燈草浸過油脂，點起來就是一盞燈。",
    "灯草浸过油脂，点起来就是一盏灯。",
];

fn installed() -> Option<ModelBytes> {
    let folder = PathBuf::from(std::env::var_os("RUSHLIGHT_MODELS_DIR")?);
    let files = ModelStore::new(folder, Catalogue::builtin()).ocr_files().ok()?;
    Some(ModelBytes {
        detector: fs::read(files.detector).expect("there"),
        recogniser: fs::read(files.recogniser).expect("there"),
        dictionary: fs::read_to_string(files.dictionary).expect("there"),
    })
}

static RECOGNISER: LazyLock<Option<Recogniser>> =
    LazyLock::new(|| Some(Recogniser::load(installed()?, 2).expect("loads")));

fn recogniser() -> Option<&'static Recogniser> {
    let recogniser = RECOGNISER.as_ref();
    if recogniser.is_none() {
        let folder = std::env::var_os("RUSHLIGHT_MODELS_DIR").unwrap_or_default();
        eprintln!(
            "skipped: the model `pp-ocrv6-small` is not installed in `{}`",
            folder.display()
        );
    }
    recogniser
}

fn picture() -> RgbImage {
    let picture = image::load_from_memory(include_bytes!("pictures/lines.png"));
    picture.expect("a picture").to_rgb8()
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn english_and_both_chinese_scripts_are_read_with_place_and_confidence() {
    let Some(recogniser) = recogniser() else { return };
    let lines = recogniser.recognise(&picture()).expect("reads");
    assert_eq!(texts(&lines), LINES);
    for (row, line) in lines.iter().enumerate() {
        assert!(line.confidence > 0.9 && line.confidence <= 1.0, "{line:?}");
        let middle = (line.area.top + line.area.bottom) / 2.0;
        assert!((middle - (36.0 + 56.0 * row as f32)).abs() < 10.0, "{line:?}");
        assert!(line.area.left < 24.0 && line.area.right > 400.0, "{line:?}");
        assert!(line.area.bottom - line.area.top < 60.0, "{line:?}");
    }
    assert_eq!(
        recogniser.recognise(&picture()).expect("reads"),
        lines,
        "the same again"
    );
}

#[test]
fn a_page_may_lie_any_way() {
    let Some(recogniser) = recogniser() else { return };
    let turned = [
        imageops::rotate90(&picture()),
        imageops::rotate180(&picture()),
        imageops::rotate270(&picture()),
    ];
    for picture in turned {
        assert_eq!(texts(&recogniser.recognise(&picture).expect("reads")), LINES);
    }
}

#[test]
fn white_text_on_black_is_read() {
    let Some(recogniser) = recogniser() else { return };
    let mut picture = picture();
    imageops::invert(&mut picture);
    assert_eq!(texts(&recogniser.recognise(&picture).expect("reads")), LINES);
}

#[test]
fn a_long_picture_is_read_to_its_end() {
    let Some(recogniser) = recogniser() else { return };
    let mut long = RgbImage::from_pixel(600, 6000, Rgb([255; 3]));
    let places = [10, 1200, 2450, 3700, 5800];
    for y in places {
        imageops::replace(&mut long, &picture(), 20, y);
    }
    let lines = recogniser.recognise(&long).expect("reads");
    assert_eq!(texts(&lines), LINES.repeat(places.len()));
    assert!(lines.last().expect("a line").area.bottom > 5900.0);
}

#[test]
fn what_has_no_text_has_no_lines() {
    let Some(recogniser) = recogniser() else { return };
    for (width, height) in [(0, 0), (1, 1), (1, 3000), (500, 2), (640, 480)] {
        let blank = RgbImage::from_pixel(width, height, Rgb([230; 3]));
        assert_eq!(
            recogniser.recognise(&blank).expect("reads"),
            [],
            "{width} x {height}"
        );
    }
}

#[test]
fn noise_ends_without_a_page_of_text() {
    let Some(recogniser) = recogniser() else { return };
    let mut state = 1u32;
    let noise = RgbImage::from_fn(700, 500, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8; 3])
    });
    let lines = recogniser.recognise(&noise).expect("reads");
    let characters: usize = lines.iter().map(|line| line.text.chars().count()).sum();
    assert!(characters < 10, "{lines:?}");
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused() {
    let Some(right) = installed() else { return };
    let short = ModelBytes {
        detector: right.detector.clone(),
        recogniser: right.recogniser.clone(),
        dictionary: "a\nb\n".to_owned(),
    };
    let swapped = ModelBytes {
        detector: right.recogniser,
        recogniser: right.detector,
        dictionary: right.dictionary,
    };
    for (models, expected) in [(short, "recogniser"), (swapped, "detector")] {
        match Recogniser::load(models, 1).map(|_| ()) {
            Err(OcrError::Model { part, .. }) => assert_eq!(part, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    for bytes in [Vec::new(), b"RTEN".to_vec(), vec![0x55; 5000]] {
        let models = ModelBytes {
            detector: bytes.clone(),
            recogniser: bytes,
            dictionary: String::new(),
        };
        let error = Recogniser::load(models, 1).err().expect("refused");
        assert!(
            matches!(error, OcrError::Model { part: "detector", .. }),
            "{error}"
        );
    }
}
