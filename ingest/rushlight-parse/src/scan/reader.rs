//! The reader of scans: a worker of its own, with the models loaded.

use std::path::PathBuf;
use std::time::Duration;

use rushlight_core::{PageBox, PageReading, PageRecogniser, RecognisedLine, RecognisedPage, Result, Scan};
use serde::{Deserialize, Serialize};

use super::ScannedText;
use crate::options::{Passwords, WorkerCommand, WorkerLimits};
use crate::worker::{Answer, Form, Isolation, Job, Pool, Reply};

/// Lines of a page that are kept, and characters of a line; a page has far fewer.
const MAX_LINES: usize = 5000;
const MAX_CHARS: usize = 1000;

/// The files of the models. They are read by the worker before it shuts itself off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecogniserFiles {
    /// Finds text in a picture.
    pub detector: PathBuf,
    /// Reads a line of it.
    pub recogniser: PathBuf,
    /// The characters it knows.
    pub dictionary: PathBuf,
    /// Threads that compute.
    pub threads: usize,
}

/// Options of [`PageReader`].
#[derive(Clone, Debug)]
pub struct RecogniserOptions {
    /// Identity of the models.
    pub id: String,
    /// The models.
    pub files: RecogniserFiles,
    /// How the worker is started.
    pub worker: WorkerCommand,
    /// What the worker may take for a page.
    pub limits: WorkerLimits,
    /// What encrypted PDFs are tried with, after the empty password.
    pub pdf_passwords: Passwords,
}

impl RecogniserOptions {
    /// The defaults, with these models and this worker.
    pub fn new(id: impl Into<String>, files: RecogniserFiles, worker: WorkerCommand) -> Self {
        Self {
            id: id.into(),
            files,
            worker,
            limits: WorkerLimits {
                timeout: Duration::from_secs(120),
                start_timeout: Duration::from_secs(60),
                memory_bytes: 3 << 30,
                documents_per_worker: 200,
            },
            pdf_passwords: Passwords::default(),
        }
    }
}

/// Reads pages that are pictures.
#[derive(Debug)]
pub struct PageReader {
    id: String,
    pool: Pool,
    passwords: Passwords,
}

impl PageReader {
    /// With these options. No worker is started before the first page.
    pub fn new(options: RecogniserOptions) -> Self {
        let RecogniserOptions {
            id,
            files,
            worker,
            limits,
            pdf_passwords,
        } = options;
        Self {
            id,
            pool: Pool::with_recogniser(worker, limits, files),
            passwords: pdf_passwords,
        }
    }

    /// As [`crate::Parsers::check_isolation`], of a worker with the models loaded.
    ///
    /// # Errors
    /// `ParserUnavailable` when the worker does not start.
    pub fn check_isolation(&self) -> Result<(Isolation, bool)> {
        self.pool.probe()
    }
}

impl PageRecogniser for PageReader {
    fn id(&self) -> &str {
        &self.id
    }

    fn recognise(&self, scan: &Scan<'_>) -> Result<PageReading> {
        let job = Job::Recognise {
            form: Form::from(scan.form),
            page: scan.page,
            passwords: self.passwords.clone(),
        };
        Ok(match self.pool.run(job, scan.bytes)? {
            Reply::Answer(Answer::Recognised(Ok(found))) => PageReading::Read(page(found)),
            Reply::Answer(Answer::Recognised(Err(why))) => PageReading::Unreadable(why),
            Reply::Answer(Answer::Panicked { at }) => {
                PageReading::Unreadable(format!("the recogniser failed at {at}"))
            }
            Reply::Answer(_) => PageReading::Unreadable("the worker answered something else".to_owned()),
            Reply::Lost(what) => PageReading::Unreadable(what),
        })
    }

    fn rest(&self) {
        self.pool.rest();
    }
}

/// From pixels to the page's own unit. The worker is not believed: numbers are finite, and lists bounded.
fn page(found: ScannedText) -> RecognisedPage {
    let ScannedText {
        width,
        height,
        scale,
        lines,
    } = found;
    let scale = if scale.is_finite() && scale > 0.0 {
        scale
    } else {
        1.0
    };
    let (width, height) = (width.max(1) as f32 / scale, height.max(1) as f32 / scale);
    let within = |pixels: f32, end: f32| {
        let value = pixels / scale;
        if value.is_finite() {
            value.clamp(0.0, end)
        } else {
            0.0
        }
    };
    let lines = lines
        .into_iter()
        .take(MAX_LINES)
        .map(|line| RecognisedLine {
            text: line.text.chars().take(MAX_CHARS).collect(),
            confidence: (line.confidence.clamp(0.0, 1.0) * 100.0).round() as u8,
            place: PageBox {
                left: within(line.area.left, width),
                top: within(line.area.top, height),
                right: within(line.area.right, width),
                bottom: within(line.area.bottom, height),
            },
        })
        .collect();
    RecognisedPage { width, height, lines }
}

#[cfg(test)]
mod tests {
    use rushlight_ocr::{Area, Line};

    use super::*;

    #[test]
    fn places_are_in_the_pages_unit_and_inside_it() {
        let area = Area {
            left: 100.0,
            top: f32::NAN,
            right: 1e9,
            bottom: 300.0,
        };
        let found = page(ScannedText {
            width: 1000,
            height: 2000,
            scale: 2.0,
            lines: vec![Line {
                text: "x".repeat(5000),
                confidence: 0.934,
                area,
            }],
        });
        assert_eq!((found.width, found.height), (500.0, 1000.0));
        let line = &found.lines[0];
        assert_eq!(line.confidence, 93);
        assert_eq!(line.text.len(), MAX_CHARS);
        assert_eq!(
            line.place,
            PageBox {
                left: 50.0,
                top: 0.0,
                right: 500.0,
                bottom: 150.0
            }
        );
    }
}
