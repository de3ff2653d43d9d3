//! What parent and worker say to each other: frames of a length and that many bytes.

use std::io::{self, Read, Write};

use rushlight_core::ScanForm;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Isolation;
use crate::apart::{Apart, Terms};
use crate::archive::{ArchiveFault, ArchiveKind, Unpacked, Window};
use crate::calendar::Sheet;
use crate::evernote::Parted;
use crate::html::{Origin, PageText};
use crate::mail::SavedPage;
use crate::office::{OfficeFault, OfficeKind, OfficeText};
use crate::options::Passwords;
use crate::outlook::{self, Letter, Letters, OutlookFault, OutlookKind};
use crate::pdf::{Engines, PdfFault, PdfText};
use crate::scan::{RecogniserFiles, ScannedText};

/// Raised when the two no longer understand each other: a worker of another version is refused at its start.
pub(crate) const VERSION: u32 = 6;

/// Longest frame that is accepted.
pub(crate) const MAX_FRAME: usize = 1 << 30;

/// The parent's first words.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) version: u32,
    pub(crate) memory_bytes: u64,
    pub(crate) cpu_seconds: u64,
    /// Models to load before anything is refused.
    pub(crate) recogniser: Option<RecogniserFiles>,
}

/// The worker's reply to [`Setup`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) version: u32,
    pub(crate) isolation: Isolation,
    /// Why the models could not be loaded.
    pub(crate) fault: Option<String>,
}

/// What to read; the bytes follow in a frame of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Job {
    /// A PDF.
    Pdf {
        max_text: usize,
        passwords: Passwords,
        engines: Engines,
    },
    /// A web page, in UTF-8.
    Page { origin: Origin, max_text: usize },
    /// An office document.
    Office { kind: OfficeKind, max_text: usize },
    /// Some files of an archive.
    Archive { kind: ArchiveKind, window: Window },
    /// An item of Outlook.
    Outlook { kind: OutlookKind },
    /// Some messages of an Outlook mailbox.
    OutlookStore { window: outlook::Window },
    /// A calendar or address cards, in UTF-8.
    Calendar { max_text: usize },
    /// A page that is a picture.
    Recognise {
        form: Form,
        page: u32,
        passwords: Passwords,
    },
    /// Messages or notes, one after the other; each has an answer of its own.
    Pieces {
        piece: Piece,
        terms: Terms,
        /// How many bytes each has.
        lengths: Vec<u64>,
    },
    /// A page that a browser saved in the form of a mail.
    SavedPage { terms: Terms },
    /// Where the notes lie in an export of Evernote.
    Evernote,
    /// The frames of a TIFF.
    Frames,
    /// Try what must be refused, and say what was.
    Probe,
}

/// What a mailbox or an export is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Piece {
    /// A message of RFC 5322.
    Message,
    /// A note of Evernote.
    Note,
}

impl Job {
    /// How many answers it has.
    pub(crate) fn answers(&self) -> usize {
        match self {
            Self::Pieces { lengths, .. } => lengths.len(),
            _ => 1,
        }
    }
}

/// [`ScanForm`] on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    Pdf,
    Picture,
}

impl From<ScanForm> for Form {
    fn from(form: ScanForm) -> Self {
        match form {
            ScanForm::Pdf => Self::Pdf,
            ScanForm::Picture => Self::Picture,
        }
    }
}

impl From<Form> for ScanForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Pdf => Self::Pdf,
            Form::Picture => Self::Picture,
        }
    }
}

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Pdf(Result<PdfText, PdfFault>),
    Page(PageText),
    Office(Box<Result<OfficeText, OfficeFault>>),
    Archive(Result<Unpacked, ArchiveFault>),
    Outlook(Result<Letter, OutlookFault>),
    OutlookStore(Result<Letters, OutlookFault>),
    Calendar(Sheet),
    Recognised(Result<ScannedText, String>),
    Apart(Apart),
    SavedPage(Option<Box<SavedPage>>),
    Evernote(Option<Parted>),
    Frames(u32),
    Probe {
        file_refused: bool,
        socket_refused: bool,
        program_refused: bool,
    },
    /// The parser panicked, at this place of its source.
    Panicked {
        at: String,
    },
}

impl Answer {
    /// Files in it, which follow it in frames of their own: they are most of it, and need no copy so.
    fn files(&mut self) -> Vec<&mut Vec<u8>> {
        match self {
            Self::Apart(apart) => apart.blobs().collect(),
            Self::Archive(Ok(unpacked)) => unpacked
                .members
                .iter_mut()
                .map(|member| &mut member.bytes)
                .collect(),
            Self::Evernote(Some(parted)) => vec![&mut parted.text],
            Self::Outlook(Ok(letter)) => vec![&mut letter.raw],
            Self::OutlookStore(Ok(letters)) => {
                letters.letters.iter_mut().map(|letter| &mut letter.raw).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Writes an answer with the files in it.
pub(crate) fn send_answer(to: &mut impl Write, mut answer: Answer) -> io::Result<()> {
    send(to, &answer)?;
    for file in answer.files() {
        write_frame(to, file)?;
    }
    to.flush()
}

/// Reads an answer with the files in it, of at most `cap` bytes each and together; `None` at the end.
pub(crate) fn receive_answer(from: &mut impl Read, cap: usize) -> io::Result<Option<Answer>> {
    let Some(mut answer) = receive::<Answer>(from, cap)? else {
        return Ok(None);
    };
    let mut left = cap;
    for file in answer.files() {
        *file = read_frame(from, left)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        left -= file.len();
    }
    Ok(Some(answer))
}

/// Writes one frame, and leaves it to the caller to flush.
pub(crate) fn write_frame(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)
}

/// Reads one frame of at most `cap` bytes; `None` at the end.
pub(crate) fn read_frame(from: &mut impl Read, cap: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > cap {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a frame of {length} bytes is over the cap"),
        ));
    }
    // Memory that is not written to costs nothing, should the length be a lie, and growing would need it twice.
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(io::Error::other)?;
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(bytes))
}

/// Writes a value as one frame.
pub(crate) fn send(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let bytes = postcard::to_stdvec(value).map_err(io::Error::other)?;
    write_frame(to, &bytes)
}

/// Reads a value from one frame; `None` at the end.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read, cap: usize) -> io::Result<Option<T>> {
    let Some(bytes) = read_frame(from, cap)? else {
        return Ok(None);
    };
    postcard::from_bytes(&bytes)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_round_trip_and_are_capped() {
        let mut wire = Vec::new();
        send(
            &mut wire,
            &Answer::Panicked {
                at: "a.rs:1".to_owned(),
            },
        )
        .expect("writes");
        let answer: Option<Answer> = receive(&mut wire.as_slice(), 100).expect("reads");
        assert!(matches!(answer, Some(Answer::Panicked { at }) if at == "a.rs:1"));
        assert!(read_frame(&mut wire.as_slice(), 2).is_err());
        assert!(read_frame(&mut &wire[..6], 100).is_err(), "cut off");
        assert!(read_frame(&mut &b""[..], 100).expect("end").is_none());
    }
    #[test]
    fn files_follow_the_answer_that_they_are_in() {
        use crate::apart::{Attachment, Blob, Content, Taken};
        let attachment = |content| Attachment {
            number: "2".to_owned(),
            name: "a".to_owned(),
            file_name: "a.pdf".to_owned(),
            warnings: Vec::new(),
            content,
        };
        let taken = |bytes: &[u8]| Taken {
            attachments: vec![
                attachment(Content::Nothing),
                attachment(Content::File(Blob::from(bytes.to_vec()))),
            ],
            ..Taken::default()
        };
        let apart = || Apart {
            taken: vec![taken(b"one"), taken(b""), taken(b"three")],
        };
        let mut wire = Vec::new();
        send_answer(&mut wire, Answer::Apart(apart())).expect("writes");
        let came = receive_answer(&mut wire.as_slice(), 1 << 10).expect("reads");
        assert!(matches!(came, Some(Answer::Apart(came)) if came == apart()));
        let cut = &wire[..wire.len() - 1];
        assert!(receive_answer(&mut &*cut, 1 << 10).is_err(), "cut off");
    }
}
