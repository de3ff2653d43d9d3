//! Web pages that a browser saved with their pictures into one file, in the form of a mail.

use mail_parser::PartType;
use serde::{Deserialize, Serialize};

use super::parts::part_text;
use super::{defuse, header};
use crate::apart::{Care, Said, Terms};
use crate::html::{self, Origin, PageText};

/// The page in such a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedPage {
    pub(crate) page: PageText,
    /// The page's title as the browser wrote it.
    pub(crate) subject: Option<String>,
    /// When it was saved, in milliseconds since 1970.
    pub(crate) created: Option<i64>,
    pub(crate) warnings: Vec<Said>,
    /// Whether the page was read with its structure.
    pub(crate) structured: bool,
}

/// The first page in it; pictures, styles and the pages of frames are left. `None` when there is no page. To be called in
/// the worker only.
pub(crate) fn saved_page(raw: &[u8], terms: Terms) -> Option<SavedPage> {
    let guarded = defuse::hide_encoded_messages(raw);
    let (message, warning) = defuse::parse(guarded.as_ref());
    let message = message?;
    let page = message
        .parts
        .iter()
        .find(|part| matches!(&part.body, PartType::Html(_)));
    let found = page.map(|part| {
        let (source, charset) = part_text(&message, part);
        let structured = terms.care == Care::Usual || html::is_small(&source);
        SavedPage {
            page: match structured {
                true => html::extract(&source, Origin::Web, terms.max_text),
                false => html::strip_tags(&source, terms.max_text),
            },
            subject: header::subject(&message),
            created: header::metadata(&message).created.map(|time| time.0),
            warnings: warning.into_iter().chain(charset).map(Said::from).collect(),
            structured,
        }
    });
    defuse::take_apart(message);
    found
}
