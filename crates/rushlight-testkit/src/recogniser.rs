//! A recogniser that reads what is written in plain letters behind a picture's first bytes.

use parking_lot::Mutex;
use rushlight_core::{
    ContentHash, PageBox, PageReading, PageRecogniser, RecognisedLine, RecognisedPage, Result, Scan,
};

/// Behind a picture's first bytes, a page that nobody can read.
pub const POISON: &str = "POISON";

/// Called with the number of each page that is asked for, before it is read.
type Hook = Box<dyn Fn(u32) + Send>;

/// Reads a "picture": eight bytes of any kind, then its text in UTF-8, one line a line. Each of its pages has that text
/// under a line `page N`, or nothing where there is no text; one that holds [`POISON`] is unreadable. Remembers what it was asked.
pub struct FakeRecogniser {
    id: String,
    asked: Mutex<Vec<(ContentHash, u32)>>,
    hook: Mutex<Option<Hook>>,
}

impl FakeRecogniser {
    /// With this identity.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            asked: Mutex::default(),
            hook: Mutex::default(),
        }
    }

    /// Calls `hook` before each page.
    pub fn before_each(&self, hook: impl Fn(u32) + Send + 'static) {
        *self.hook.lock() = Some(Box::new(hook));
    }

    /// Documents and pages it was asked for, in order.
    pub fn asked(&self) -> Vec<(ContentHash, u32)> {
        self.asked.lock().clone()
    }
}

impl PageRecogniser for FakeRecogniser {
    fn id(&self) -> &str {
        &self.id
    }

    fn recognise(&self, scan: &Scan<'_>) -> Result<PageReading> {
        if let Some(hook) = &*self.hook.lock() {
            hook(scan.page);
        }
        self.asked.lock().push((scan.document, scan.page));
        let written = String::from_utf8_lossy(scan.bytes.get(8..).unwrap_or_default());
        if written.contains(POISON) {
            return Ok(PageReading::Unreadable(
                "it ran out of stack or memory".to_owned(),
            ));
        }
        if !written.chars().any(char::is_alphanumeric) {
            return Ok(PageReading::Read(RecognisedPage::default()));
        }
        let first = format!("page {}", scan.page);
        let lines = std::iter::once(first.as_str())
            .chain(written.lines())
            .filter(|line| line.chars().any(char::is_alphanumeric));
        let line = |(text, top): (&str, f32)| RecognisedLine {
            text: text.to_owned(),
            confidence: 93,
            place: PageBox {
                left: 50.0,
                top,
                right: 550.0,
                bottom: top + 12.0,
            },
        };
        let tops = (2..).map(|n: u16| f32::from(n) * 20.0);
        Ok(PageReading::Read(RecognisedPage {
            width: 600.0,
            height: 800.0,
            lines: lines.zip(tops).map(line).collect(),
        }))
    }

    fn rest(&self) {}
}
