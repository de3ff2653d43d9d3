//! Invitations: a calendar that is one of a mail's texts is shown with them. One that is attached is an attachment.

use mail_parser::{Message, MimeHeaders, PartType};
use rushlight_core::{BlockKind, Locator};

use super::parts::part_text;
use crate::apart::InPlace;
use crate::build::TextBuilder;

/// Calendars of one mail that are shown in it.
const MOST: usize = 10;

/// Writes what the mail's calendars say; the parts that they are. What cannot be read is left an attachment.
pub(super) fn write(
    message: &Message<'_>,
    numbers: &[String],
    inside: &InPlace,
    builder: &mut TextBuilder,
) -> Vec<u32> {
    let mut written = Vec::new();
    for id in message.attachments.iter().copied() {
        let Some(part) = message.parts.get(id as usize) else {
            continue;
        };
        let calendar = part.content_type().is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case("text")
                && kind
                    .subtype()
                    .is_some_and(|subtype| subtype.eq_ignore_ascii_case("calendar"))
        });
        let attached = part
            .content_disposition()
            .is_some_and(|kind| kind.is_attachment());
        if !calendar || attached || written.len() >= MOST || !matches!(part.body, PartType::Text(_)) {
            continue;
        }
        let (text, _) = part_text(message, part);
        let Some(sheet) = inside.calendar(&text) else {
            continue;
        };
        if sheet.entries.is_empty() || sheet.truncated {
            continue;
        }
        for entry in &sheet.entries {
            let (first, last) = entry.lines.unwrap_or((1, 1));
            let locator = Locator::MessagePart {
                part: numbers.get(id as usize).cloned().unwrap_or_default(),
                first,
                last,
            };
            builder.push(BlockKind::Paragraph, &entry.text, locator);
        }
        written.push(id);
    }
    written
}
