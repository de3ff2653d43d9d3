//! What the worker reads on the spot while it takes a message or a note apart.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rushlight_core::Warning;
use serde::{Deserialize, Serialize};

use super::{Blob, Content, Sent};
use crate::calendar::{self, Sheet};
use crate::detect::{Reader, detect};
use crate::html::{self, Origin, Page};
use crate::mail::{Winmail, content_hash};
use crate::outlook::{self, OutlookKind};
use crate::parsers::Found;
use crate::textual::{self, Pages};

/// What may be taken out of one message or note.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Longest text of a page.
    pub(crate) max_text: usize,
    pub(crate) max_attachments: usize,
    /// How deep a message may lie in this one.
    pub(crate) levels: u32,
    pub(crate) care: Care,
}

/// Whether what is risky is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Care {
    Usual,
    /// A worker was lost over it: large pages are read without their structure; what Outlook hides, and calendars, are
    /// left to jobs of their own.
    Great,
    /// Another was lost: only a message's header is read, or a note's title and what stands around its text.
    Utmost,
}

/// The readers of this process.
pub(crate) struct InPlace {
    pub(crate) terms: Terms,
}

impl InPlace {
    /// What becomes of an attachment of this name.
    pub(crate) fn attachment(&self, name: &str, bytes: Vec<u8>) -> Content {
        let format = detect(name, &bytes);
        if !bytes.is_empty() && format.reader() == Reader::Worker {
            return Content::File(Blob::from(bytes));
        }
        match textual::read(format, name, &bytes, content_hash(&bytes), self) {
            Found::Documents(documents) => Content::Read(documents.into_iter().map(Sent::from).collect()),
            Found::Skipped(reason) => Content::NotRead(reason.into()),
        }
    }

    /// The mail that lies in a TNEF attachment; `None` where it cannot be read.
    pub(crate) fn winmail(&self, bytes: &[u8]) -> Option<Winmail> {
        let letter = self.guarded(|| outlook::extract(OutlookKind::Winmail, bytes).ok())?;
        Some(Winmail {
            raw: letter.raw,
            lost: letter.lost,
        })
    }

    /// What a calendar says; `None` where it cannot be read.
    pub(crate) fn calendar(&self, text: &str) -> Option<Sheet> {
        self.guarded(|| Some(calendar::extract(text, self.terms.max_text)))
    }

    fn guarded<T>(&self, read: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.terms.care != Care::Usual {
            return None;
        }
        catch_unwind(AssertUnwindSafe(read)).ok().flatten()
    }
}

impl Pages for InPlace {
    fn page(&self, source: &str, origin: Origin) -> (Page, Vec<Warning>) {
        let max_text = self.terms.max_text;
        let read = || html::extract(source, origin, max_text);
        let found = match self.terms.care {
            Care::Great | Care::Utmost if !html::is_small(source) => None,
            _ => catch_unwind(AssertUnwindSafe(read)).ok(),
        };
        textual::page(source, found, max_text)
    }
}
