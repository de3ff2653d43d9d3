//! Web pages that a browser saved with their pictures into one file, in the form of a mail.

use mail_parser::PartType;
use rushlight_core::{Timestamp, Warning};

use super::parts::part_text;
use super::{defuse, header};

/// The page in such a file.
pub(crate) struct SavedPage {
    pub(crate) html: String,
    /// The page's title as the browser wrote it.
    pub(crate) subject: Option<String>,
    /// When it was saved.
    pub(crate) created: Option<Timestamp>,
    pub(crate) warnings: Vec<Warning>,
}

/// The first page in it; pictures, styles and the pages of frames are left. `None` when there is no page.
pub(crate) fn saved_page(raw: &[u8]) -> Option<SavedPage> {
    let guarded = defuse::hide_encoded_messages(raw);
    let (message, warning) = defuse::parse(guarded.as_ref());
    let message = message?;
    let page = message
        .parts
        .iter()
        .find(|part| matches!(&part.body, PartType::Html(_)));
    let found = page.map(|part| {
        let (html, charset) = part_text(&message, part);
        SavedPage {
            html: html.into_owned(),
            subject: header::subject(&message),
            created: header::metadata(&message).created,
            warnings: warning.into_iter().chain(charset).collect(),
        }
    });
    defuse::take_apart(message);
    found
}
