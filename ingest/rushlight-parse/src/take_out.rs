//! One file out of the file that holds it: the reading goes its usual way, and keeps the bytes that are wanted when it
//! comes to them.

use std::cell::RefCell;

use rushlight_core::{ContentHash, TakenOut};

use crate::detect::{Format, file_name};

/// What a reading looks for instead of documents.
pub(crate) struct Wanted {
    hash: ContentHash,
    taken: RefCell<Option<TakenOut>>,
}

impl Wanted {
    pub(crate) fn new(hash: ContentHash) -> Self {
        Self {
            hash,
            taken: RefCell::new(None),
        }
    }

    pub(crate) fn taken(self) -> Option<TakenOut> {
        self.taken.into_inner()
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.taken.borrow().is_some()
    }

    /// True when these bytes are what is wanted; they are kept.
    pub(crate) fn takes(&self, path: &str, bytes: &[u8], hash: ContentHash) -> bool {
        let wanted = hash == self.hash;
        if wanted {
            self.taken.replace(Some(TakenOut {
                name: file_name(path).to_owned(),
                bytes: bytes.to_vec(),
            }));
        }
        wanted
    }

    /// True when there is nothing to look for in this file: it is the one, another was, or its format holds no files.
    pub(crate) fn passes_over(&self, path: &str, bytes: &[u8], hash: ContentHash, format: Format) -> bool {
        self.is_taken() || self.takes(path, bytes, hash) || !holds_files(format)
    }
}

fn holds_files(format: Format) -> bool {
    match format {
        Format::Mail
        | Format::Emlx
        | Format::Mbox
        | Format::Office(_)
        | Format::Archive(_)
        | Format::Outlook(_)
        | Format::OutlookStore
        | Format::Evernote => true,
        Format::Markdown
        | Format::Text
        | Format::Code
        | Format::Html
        | Format::Table(_)
        | Format::Pdf
        | Format::Picture(_)
        | Format::SavedPage
        | Format::Calendar(_)
        | Format::Outline(_)
        | Format::Notebook
        | Format::Unsupported(_) => false,
    }
}
