//! PDF: text by page. The reading happens in the worker, by two engines; what they find is put together on this side.
//!
//! pdf-extract reads a page first. Where it fails, finds nothing or finds what is hardly text, and where it cannot know the
//! order (forms within the page, writing from right to left), pdf_oxide reads the page too, and the better of the two
//! stands: see [`score::score`]. A file that pdf-extract does not open is read by pdf_oxide alone.

mod assemble;
mod columns;
mod first;
mod frame;
mod furniture;
mod key;
pub(crate) mod layout;
mod mend;
pub(crate) mod score;
mod second;
mod tidy;

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rushlight_core::{Error, ErrorCode};
use serde::{Deserialize, Serialize};

pub(crate) use self::assemble::{Pdf, assemble};
use self::first::First;
use self::layout::{Frame, Line, Run};
use self::score::{is_right_to_left, quality, score};
use self::second::Second;
use crate::scan::ScanNotes;

/// What the worker finds in a PDF.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PdfText {
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
    /// The outline, from the top.
    pub(crate) bookmarks: Vec<Bookmark>,
    /// Lines of each page, in reading order; none where there is no text.
    pub(crate) pages: Vec<Vec<Line>>,
    /// Pages whose reading failed, counted from one.
    pub(crate) failed_pages: Vec<u32>,
    /// Text beyond the limit was left out.
    pub(crate) truncated: bool,
    /// What the parent was told of pages without text.
    #[serde(skip)]
    pub(crate) scans: ScanNotes,
}

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bookmark {
    pub(crate) title: String,
    /// Counts from one.
    pub(crate) level: u8,
    /// The page it leads to, counted from one, where that is known.
    pub(crate) page: Option<u32>,
}

/// Why the worker cannot read a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PdfFault {
    /// It needs a password.
    Encrypted,
    /// It is broken; what the library says.
    Broken(String),
}

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Engines {
    /// The first, and the second where the first leaves a doubt.
    Both,
    /// The second alone: the first has brought a worker down.
    SecondAlone,
}

/// What an engine finds on a page.
struct Reading {
    runs: Vec<Run>,
    frame: Frame,
    /// Glyphs that it knows no character for, and left out.
    unnamed: usize,
    /// It may be wrong about places.
    is_doubtful: bool,
}

/// A page of this quality is taken without asking the second engine.
const SOUND: f64 = 0.97;
/// A page with fewer characters than this is cheap to read again.
const SCANTY: usize = 40;
/// The second engine's page must be better by this factor where nothing else speaks for it.
const BETTER: f64 = 1.02;

/// Reads a PDF. To be called in the worker only: it may overflow the stack, hang or fill the memory.
pub(crate) fn extract(
    bytes: &[u8],
    max_text: usize,
    passwords: &[String],
    engines: Engines,
) -> Result<PdfText, PdfFault> {
    let bytes = &*key::referenced(bytes);
    let first = match engines {
        Engines::Both => First::open(bytes, passwords),
        Engines::SecondAlone => Err(PdfFault::Broken("the parser failed on it".to_owned())),
    };
    let second = OnceCell::new();
    let second = || second.get_or_init(|| Second::open(bytes, passwords));
    let count = match (&first, first.is_err().then(&second)) {
        (Ok(first), _) => first.page_count(),
        (_, Some(Ok(second))) => second.page_count(),
        (Err(fault), other) => return Err(worse(bytes, fault, other)),
    };
    let mut out = PdfText::default();
    if let Ok(first) = &first {
        (out.title, out.author) = guarded(|| first.information()).unwrap_or_default();
        out.bookmarks = guarded(|| first.bookmarks()).unwrap_or_default();
    }
    let mut taken = 0usize;
    for index in 0..count {
        if out.truncated {
            out.pages.push(Vec::new());
            continue;
        }
        let of_second = || second().as_ref().ok().and_then(|second| second.page(index));
        let lines = match &first {
            Ok(first) => better(first.page(index), of_second),
            Err(_) => of_second().map(|reading| page(reading).lines),
        };
        let Some(lines) = lines else {
            out.failed_pages
                .push(u32::try_from(index + 1).unwrap_or(u32::MAX));
            out.pages.push(Vec::new());
            continue;
        };
        taken += lines.iter().map(|line| line.text.len()).sum::<usize>();
        if taken > max_text {
            out.truncated = true;
            out.pages.push(Vec::new());
        } else {
            out.pages.push(lines);
        }
    }
    Ok(out)
}

/// The error for a file that the worker could not read.
pub(crate) fn error(fault: PdfFault, name: &str) -> Error {
    match fault {
        PdfFault::Encrypted => Error::new(
            ErrorCode::FileEncrypted,
            format!("`{name}` is encrypted and does not open without a password"),
        ),
        PdfFault::Broken(what) => Error::new(
            ErrorCode::FileBroken,
            format!("`{name}` is not a readable PDF: {}", what.to_lowercase()),
        ),
    }
}

/// Calls a library that may panic; `None` when it does.
fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// The fault to report of a file that neither engine opens.
fn worse(bytes: &[u8], first: &PdfFault, second: Option<&Result<Second, PdfFault>>) -> PdfFault {
    // What a library calls broken is mostly a scheme of encryption it does not know.
    let encrypted = matches!(first, PdfFault::Encrypted)
        || matches!(second, Some(Err(PdfFault::Encrypted)))
        || memchr::memmem::find(bytes, b"/Encrypt").is_some();
    match first {
        PdfFault::Broken(what) if !encrypted => PdfFault::Broken(what.clone()),
        _ => PdfFault::Encrypted,
    }
}

/// A page with its lines, and what they are worth.
struct Page {
    lines: Vec<Line>,
    text: String,
}

fn page(reading: Reading) -> Page {
    let lines = layout::lines(reading.runs, reading.frame);
    let mut text = String::new();
    for line in &lines {
        text.push_str(&line.text);
        text.push('\n');
    }
    Page { lines, text }
}

/// The better of two readings of a page; the second engine is asked where the first leaves a doubt. `None` when both fail.
fn better(first: Option<Reading>, second: impl FnOnce() -> Option<Reading>) -> Option<Vec<Line>> {
    let Some(reading) = first else {
        return second().map(|reading| page(reading).lines);
    };
    let (unnamed, is_doubtful) = (reading.unnamed, reading.is_doubtful);
    let first = page(reading);
    let letters = first.text.chars().filter(|c| !c.is_whitespace()).count();
    let prefer_second = is_doubtful || first.text.chars().any(is_right_to_left);
    if !prefer_second && letters >= SCANTY && unnamed * 20 <= letters && quality(&first.text) >= SOUND {
        return Some(first.lines);
    }
    let Some(second) = second().map(page) else {
        return Some(first.lines);
    };
    // Where the first engine does not know the order, the second has it with as much text, give or take.
    let factor = if prefer_second { 0.98 } else { BETTER };
    let is_better = score(&second.text) > factor * score(&first.text);
    Some(if is_better { second.lines } else { first.lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Reading {
        Reading {
            runs: vec![Run {
                text: text.to_owned(),
                left: 50.0,
                right: 300.0,
                baseline: 700.0,
                size: 10.0,
                turn: 0,
            }],
            frame: Frame::default(),
            unnamed: 0,
            is_doubtful: false,
        }
    }

    fn chosen(first: Option<Reading>, second: Option<&str>) -> Option<String> {
        let lines = better(first, || second.map(reading))?;
        Some(lines.into_iter().map(|line| line.text).collect())
    }

    const SENTENCE: &str = "A page with enough text on it to be trusted, and sound";

    #[test]
    fn a_sound_page_is_taken_and_the_second_engine_not_asked() {
        let lines = better(Some(reading(SENTENCE)), || panic!("not asked")).expect("has text");
        assert_eq!(lines[0].text, SENTENCE);
    }

    #[test]
    fn the_better_page_wins() {
        let garbage = "\u{e001}\u{e002}\u{e003}\u{e004}\u{e005}\u{e006}\u{e007}\u{e008} abc";
        assert_eq!(chosen(None, Some("second")).as_deref(), Some("second"));
        assert_eq!(chosen(Some(reading("")), Some("茶")).as_deref(), Some("茶"));
        assert_eq!(
            chosen(Some(reading(garbage)), Some("short")).as_deref(),
            Some("short")
        );
        assert_eq!(
            chosen(Some(reading("short")), Some(garbage)).as_deref(),
            Some("short")
        );
        assert_eq!(chosen(Some(reading("short")), None).as_deref(), Some("short"));
        assert_eq!(
            chosen(Some(reading("short")), Some("trohs")).as_deref(),
            Some("short"),
            "as good"
        );
        let mut doubtful = reading(SENTENCE);
        doubtful.is_doubtful = true;
        assert_eq!(
            chosen(
                Some(doubtful),
                Some("A page with enough text, sound, on it to be trusted and")
            )
            .as_deref(),
            Some("A page with enough text, sound, on it to be trusted and")
        );
        assert_eq!(chosen(None, None), None);
    }

    #[test]
    fn junk_is_broken_not_a_crash() {
        for engines in [Engines::Both, Engines::SecondAlone] {
            let fault = extract(b"%PDF-1.7\nnothing", 1000, &[], engines);
            assert!(matches!(fault, Err(PdfFault::Broken(_))), "{fault:?}");
        }
    }
}
