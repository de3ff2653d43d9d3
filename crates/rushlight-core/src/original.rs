//! The bytes that a document was made from, as somebody gets them back.

/// What a document was made from, to be kept or shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// A name for the file, as it was written; no path, but not made safe for anything either.
    pub name: String,
    /// IANA media type of the bytes, where it is known.
    pub media_type: Option<String>,
    /// The bytes, as they were when the document was indexed.
    pub bytes: Vec<u8>,
    /// Whether they are the document's own.
    pub holds: OriginalHolds,
}

/// What an original is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginalHolds {
    /// The document and nothing else.
    Document,
    /// A file in which the document lies, because it cannot be taken out.
    File,
}

/// A file that was taken out of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOut {
    /// What it is called there.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}
