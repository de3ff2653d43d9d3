//! A mailbox of Outlook, on this side of the worker: its messages come some at a time, and each is read as a mail.

use rushlight_core::{ParsedDocument, Result, Warning};

use super::{Letter, Letters, OutlookFault, Unread, Window, lost};
use crate::detect::{file_name, file_stem};
use crate::mail::{self, Place};
use crate::parsers::{Found, Reading, no_text};
use crate::tags;
use crate::worker::{Answer, Job};

/// Bytes of messages that the worker hands over at once; one larger message goes alone.
const BATCH_BYTES: u64 = 32 << 20;

impl Reading<'_> {
    /// The documents in a mailbox that has `depth` messages and archives above it.
    pub(crate) fn outlook_store(&self, path: &str, bytes: &[u8], depth: u32) -> Result<Found> {
        let name = file_name(path);
        let mut documents: Vec<ParsedDocument> = Vec::new();
        let mut warnings = Vec::new();
        let mut more = 0u32;
        let mut from = 0;
        loop {
            let window = Window {
                from,
                batch_bytes: BATCH_BYTES,
                max_message: self.options.max_message_bytes as u64,
            };
            let answer = self.ask(Job::OutlookStore { window }, bytes, |answer| match answer {
                Answer::OutlookStore(found) => Some(found),
                _ => None,
            })?;
            let Letters {
                letters,
                unread,
                unread_more,
                unread_folders,
                next,
            } = match answer {
                Ok(Ok(letters)) => letters,
                Ok(Err(OutlookFault::Broken(why))) if from == 0 => {
                    return Err(Unread::Broken(why).into_error(name));
                }
                Err(why) if from == 0 => return Err(Unread::Lost(why).into_error(name)),
                Ok(Err(OutlookFault::Broken(why))) | Err(why) => {
                    warnings.push(not_read("the rest of the mailbox", &why));
                    break;
                }
            };
            for letter in letters {
                self.letter_of_store(path, letter, depth, &mut documents);
            }
            let said = unread_folders.iter().chain(&unread);
            warnings.extend(said.map(|(what, why)| not_read(what, why)));
            more = more.saturating_add(unread_more);
            match next {
                Some(next) if next > from => from = next,
                _ => break,
            }
        }
        if more > 0 {
            warnings.push(not_read(&format!("and {more} more messages"), "they are broken"));
        }
        Ok(match documents.first_mut() {
            None => no_text(path),
            Some(first) => {
                first.warnings.extend(warnings);
                Found::Documents(documents)
            }
        })
    }

    fn letter_of_store(&self, path: &str, letter: Letter, depth: u32, documents: &mut Vec<ParsedDocument>) {
        let Letter {
            id,
            folder,
            raw,
            lost: missing,
        } = letter;
        let part = format!("message:{id}");
        let place = Place {
            part: &part,
            name: &format!("{} {id}", file_stem(path)),
            depth,
        };
        let mut found = mail::documents(&raw, place, self);
        if let Some(first) = found.first_mut() {
            first.warnings.extend(lost(missing));
            if first.part == part {
                tags::add(&folder, &mut first.metadata.tags);
            }
        }
        documents.extend(found);
    }
}

fn not_read(what: &str, why: &str) -> Warning {
    Warning {
        code: "message_not_read".to_owned(),
        message: format!("{what} is not read: {why}"),
    }
}
