//! Mails from Outlook that hide their formatting and attachments in an attachment of their own kind, TNEF: what lies in it
//! is read as if it lay in the mail.

use mail_parser::Message;
use rushlight_core::Warning;

use super::defuse;
use super::parts::part_numbers;
use crate::apart::{InPlace, not_read};

/// First bytes of TNEF.
const MAGIC: &[u8] = b"\x78\x9f\x3e\x22";
/// More than one is unheard of.
const MOST: usize = 4;

/// What lies in such an attachment.
#[derive(Debug)]
pub(crate) struct Winmail {
    /// As a mail of RFC 5322.
    pub(crate) raw: Vec<u8>,
    /// What is not in it: its name, and why.
    pub(crate) lost: Vec<(String, String)>,
}

/// A mail that lay in the part of this number.
pub(super) struct Hidden<'a> {
    pub(super) id: u32,
    pub(super) message: Message<'a>,
    /// The numbers of its parts, below that part's.
    pub(super) numbers: Vec<String>,
}

/// The attachments in TNEF that can be read, each with the part that it is. What cannot is left an attachment.
pub(super) fn find(
    message: &Message<'_>,
    inside: &InPlace,
    warnings: &mut Vec<Warning>,
) -> Vec<(u32, Vec<u8>)> {
    let mut found = Vec::new();
    for id in message.attachments.iter().copied() {
        let Some(part) = message.parts.get(id as usize) else {
            continue;
        };
        let is_text = part.is_text() || part.message().is_some();
        if is_text || found.len() >= MOST || !part.contents().starts_with(MAGIC) {
            continue;
        }
        // What is broken is read as an attachment is, and its warning says so.
        if let Some(Winmail { raw, lost }) = inside.winmail(part.contents()) {
            warnings.extend(lost.iter().map(|(name, why)| not_read(name, why)));
            found.push((id, defuse::hide_encoded_messages(&raw).into_owned()));
        }
    }
    found
}

/// The mails in what was found; `numbers` are those of the parts around them.
pub(super) fn open<'a>(found: &'a [(u32, Vec<u8>)], numbers: &[String]) -> Vec<Hidden<'a>> {
    found
        .iter()
        .filter_map(|(id, raw)| {
            let (message, _) = defuse::parse(raw);
            let number = numbers.get(*id as usize).map_or("", String::as_str);
            let message = message?;
            let numbers = part_numbers(&message, &format!("{number}."));
            Some(Hidden {
                id: *id,
                message,
                numbers,
            })
        })
        .collect()
}
