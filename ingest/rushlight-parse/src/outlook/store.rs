//! A mailbox of Outlook, on this side of the worker: its messages come some at a time, and each is read as a mail.

use rushlight_core::{ParsedDocument, Result, Warning};

use super::{Letter, Letters, OutlookFault, Unread, Window, lost};
use crate::apart::{Batch, Flight};
use crate::detect::{file_name, file_stem};
use crate::mail::Place;
use crate::parsers::{Found, Reading, no_text};
use crate::tags;
use crate::worker::{Answer, Job, Piece};

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
            let lost = self.letters_of_store(path, letters, depth, &mut documents)?;
            warnings.extend(lost);
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

    /// Adds the documents of some messages; what is to be said of those that are not read.
    fn letters_of_store(
        &self,
        path: &str,
        letters: Vec<Letter>,
        depth: u32,
        documents: &mut Vec<ParsedDocument>,
    ) -> Result<Vec<Warning>> {
        let mut warnings = Vec::new();
        let mut letters = letters.into_iter().peekable();
        while letters.peek().is_some() {
            let mut batch = Batch::default();
            let mut sent = Vec::new();
            while let Some(letter) = letters.next_if(|next| !batch.is_full_for(next.raw.len())) {
                batch.push(&letter.raw);
                sent.push((letter.id, letter.folder, letter.lost));
            }
            let mut flight = Flight::start(self, Piece::Message, batch, depth)?;
            for (id, folder, missing) in sent {
                let part = format!("message:{id}");
                let place = Place {
                    part: &part,
                    name: &format!("{} {id}", file_stem(path)),
                    depth,
                };
                let found = match flight.next(self)? {
                    None => continue,
                    Some(Ok(apart)) => self.together(apart, place)?,
                    Some(Err(lost)) => Err(lost),
                };
                let mut found = match found {
                    Ok(found) => found,
                    Err(why) => {
                        warnings.push(not_read(&format!("message {id}"), &why));
                        continue;
                    }
                };
                if let Some(first) = found.first_mut() {
                    first.warnings.extend(lost(missing));
                    if first.part == part {
                        tags::add(&folder, &mut first.metadata.tags);
                    }
                }
                documents.extend(found);
            }
        }
        Ok(warnings)
    }
}

fn not_read(what: &str, why: &str) -> Warning {
    Warning {
        code: "message_not_read".to_owned(),
        message: format!("{what} is not read: {why}"),
    }
}
