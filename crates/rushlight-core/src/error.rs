//! Errors: one type across all ports, a closed table of codes, each with its HTTP status, exit code and hint.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Range;

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed, on what, why, and what to do.
///
/// The message is lower case, without a full stop, and names the path or id it is about. Text of documents and
/// questions never stands in it.
#[derive(Debug)]
pub struct Error {
    code: ErrorCode,
    message: String,
    hint: Option<String>,
    place: Option<ErrorPlace>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            place: None,
            source: None,
        }
    }

    /// With its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// With a hint that fits better than the code's own.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the place that it is about in a text that the user sent, as bytes on character boundaries.
    #[must_use]
    pub fn at(mut self, text: &str, bytes: Range<usize>) -> Self {
        let characters = |end: usize| text.char_indices().take_while(|(at, _)| *at < end).count();
        self.place = Some(ErrorPlace {
            characters: characters(bytes.start)..characters(bytes.end),
            bytes,
        });
        self
    }

    /// The place that it is about in what the user sent, where it is known.
    pub fn place(&self) -> Option<&ErrorPlace> {
        self.place.as_ref()
    }

    /// Its code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What failed, on what, without the causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it; empty when there is nothing to say.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.code.hint())
    }

    /// Message and causes in one line, joined by `: `.
    pub fn chain(&self) -> String {
        let mut line = self.message.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            line.push_str(": ");
            line.push_str(&error.to_string());
            cause = error.source();
        }
        line
    }
}

/// A stretch of a text that a user sent, counted in both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPlace {
    /// In bytes of UTF-8.
    pub bytes: Range<usize>,
    /// In characters: Unicode scalar values.
    pub characters: Range<usize>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// Whose fault it is: it decides the exit code and what a server tells a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request; it will fail again as it stands.
    User,
    /// The machine or its state: disk, memory, a missing model; the same request may work later.
    Environment,
    /// Rushlight; a report is welcome.
    Bug,
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident => $name:literal, $http:literal, $fault:ident, $hint:literal;)*) => {
        /// What went wrong. The names are part of the API and do not change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant,)*];

            /// Its name in the API, in `--json` and in the ledger.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Status of an HTTP reply.
            pub fn http_status(self) -> u16 {
                match self { $(Self::$variant => $http,)* }
            }

            /// Whose fault.
            pub fn fault(self) -> Fault {
                match self { $(Self::$variant => Fault::$fault,)* }
            }

            /// What to do, when the error itself does not know better; may be empty.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

error_codes! {
    /// An id is not of its form.
    InvalidId => "invalid_id", 400, User, "copy the id from a search result";
    /// A request is malformed: a missing, unknown or wrong value.
    InvalidRequest => "invalid_request", 400, User, "";
    /// A question is longer than the limit.
    QuestionTooLong => "question_too_long", 413, User, "ask in fewer words; long texts belong in a document that is indexed";
    /// A query has no word to search for.
    QueryEmpty => "query_empty", 400, User, "give one word or more";
    /// A query is not of the query language; the error says where.
    QueryInvalid => "query_invalid", 400, User, "docs/search.md describes the query language; put quotes around what is to be found as text";
    /// The configuration cannot be used.
    InvalidConfig => "invalid_config", 400, User, "run `rushlight config show` to see every value and where it comes from";
    /// No token, or a wrong one.
    Unauthorized => "unauthorized", 401, User, "open the link that `rushlight serve` printed";
    /// The request comes from another site or names another host.
    ForbiddenOrigin => "forbidden_origin", 403, User, "open the page by the address that `rushlight serve` printed";
    /// Binding to an address that other machines reach.
    BindNotLoopback => "bind_not_loopback", 400, User, "use 127.0.0.1 or ::1; serving other machines needs users and permissions, which do not exist yet";
    /// No such route.
    NotFound => "not_found", 404, User, "";
    /// The route exists, but not for this method.
    MethodNotAllowed => "method_not_allowed", 405, User, "";
    /// A request's body is larger than the limit.
    RequestTooLarge => "request_too_large", 413, User, "send less at once; long texts belong in a document that is indexed";
    /// No such document.
    DocumentNotFound => "document_not_found", 404, User, "it may have been deleted since; search again";
    /// No such source.
    SourceNotFound => "source_not_found", 404, User, "run `rushlight status` to see the sources";
    /// No such space.
    SpaceNotFound => "space_not_found", 404, User, "run `rushlight status` to see the spaces";
    /// No such conversation.
    ConversationNotFound => "conversation_not_found", 404, User, "it may have been deleted since";
    /// No such receipt.
    ReceiptNotFound => "receipt_not_found", 404, User, "it may have been deleted with its conversation; `rushlight conversations` lists what is kept";
    /// A file is not a receipt.
    ReceiptInvalid => "receipt_invalid", 422, User, "write it again with `rushlight receipt export`";
    /// A receipt of a later version.
    ReceiptTooNew => "receipt_too_new", 409, User, "use the version of rushlight that wrote it, or a newer one";
    /// No such judgement.
    JudgementNotFound => "judgement_not_found", 404, User, "it may have been removed since";
    /// This folder, or one above or below it, is a source already.
    SourceExists => "source_exists", 409, User, "remove the other source first, or index the two folders apart";
    /// A path does not exist.
    PathNotFound => "path_not_found", 404, User, "check the spelling; the path is taken as it stands";
    /// A path is not a folder or file as needed.
    PathUnsuitable => "path_unsuitable", 400, User, "";
    /// A folder lies outside those that the page may look into.
    FolderForbidden => "folder_forbidden", 403, User, "choose a folder below one of `server.folder_roots`, or add its path to that list in the configuration";
    /// A file went away between being seen and being read.
    FileVanished => "file_vanished", 404, Environment, "nothing to do: the next scan will notice";
    /// A file is no longer the one that was indexed.
    FileChanged => "file_changed", 409, Environment, "it is read again as soon as the change is noticed; open the document again in a moment";
    /// A file cannot be read.
    FileUnreadable => "file_unreadable", 403, Environment, "give the user that runs rushlight the right to read it";
    /// A file is larger than the cap.
    FileTooLarge => "file_too_large", 413, User, "raise `index.max_file_mb` in the configuration";
    /// A file is broken.
    FileBroken => "file_broken", 422, User, "open it in its own program and save it again";
    /// A file needs a password.
    FileEncrypted => "file_encrypted", 422, User, "save a copy without a password; for a PDF, index.pdf_passwords may name it";
    /// A parser crashed, hung or took too much memory.
    ParserFailed => "parser_failed", 422, User, "the file is set aside until it or the parser changes";
    /// The parser's own process could not be started.
    ParserUnavailable => "parser_unavailable", 500, Environment, "";
    /// A model is not installed.
    ModelMissing => "model_missing", 503, Environment, "run `rushlight models install`";
    /// A model's file is not the one the catalogue names.
    ModelCorrupt => "model_corrupt", 503, Environment, "run `rushlight models install` to fetch it again";
    /// No model of this name.
    ModelUnknown => "model_unknown", 404, User, "run `rushlight models list` to see the names";
    /// A model could not be fetched.
    ModelFetchFailed => "model_fetch_failed", 502, Environment, "check the connection to the package registry, then run the command again: it goes on where it stopped";
    /// A model cannot be loaded.
    ModelUnusable => "model_unusable", 503, Environment, "run `rushlight doctor`";
    /// There is too little memory for a model.
    MemoryInsufficient => "memory_insufficient", 503, Environment, "close other programs, or choose a smaller model: `rushlight models list` has their sizes";
    /// ONNX Runtime is missing or too old.
    RuntimeMissing => "runtime_missing", 503, Environment, "run `rushlight models install onnxruntime`";
    /// Computing a vector failed.
    EmbeddingFailed => "embedding_failed", 500, Bug, "";
    /// Reading a question and a passage together failed.
    RerankingFailed => "reranking_failed", 500, Bug, "";
    /// Prompt and answer do not fit the model.
    PromptTooLong => "prompt_too_long", 413, User, "ask in fewer words";
    /// The language model failed.
    GenerationFailed => "generation_failed", 500, Bug, "";
    /// It was cancelled.
    Cancelled => "cancelled", 499, User, "";
    /// Too many questions at once.
    Busy => "busy", 503, Environment, "another question is being answered; try again in a moment";
    /// It took too long.
    Timeout => "timeout", 504, Environment, "";
    /// Another process has the data directory.
    DataDirLocked => "data_dir_locked", 423, Environment, "use the running `rushlight serve`, or stop it first";
    /// The data directory was written by a newer version.
    DataDirTooNew => "data_dir_too_new", 409, Environment, "use the version of rushlight that wrote it, or a newer one";
    /// The ledger cannot be read or written.
    LedgerFailed => "ledger_failed", 500, Environment, "run `rushlight doctor`";
    /// The disk is full.
    DiskFull => "disk_full", 507, Environment, "free some space; indexing goes on where it stopped";
    /// An index cannot be read or written; it is rebuilt from the ledger.
    IndexFailed => "index_failed", 500, Environment, "restart rushlight: a broken index is rebuilt from the ledger";
    /// No leg of the search answered.
    SearchUnavailable => "search_unavailable", 503, Environment, "run `rushlight doctor`";
    /// The address is taken.
    PortInUse => "port_in_use", 409, Environment, "choose another with `--port`, or 0 for any free one";
    /// The processor lacks an instruction set.
    CpuUnsupported => "cpu_unsupported", 500, Environment, "rushlight needs an x86-64 processor with AVX2";
    /// Something that cannot happen.
    Internal => "internal", 500, Bug, "please report it with the message above";
}

impl ErrorCode {
    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Exit code of a command: 1 for the user's fault, 2 otherwise; 130 for a cancellation.
    pub fn exit_code(self) -> u8 {
        match (self, self.fault()) {
            (Self::Cancelled, _) => 130,
            (_, Fault::User) => 1,
            (_, Fault::Environment | Fault::Bug) => 2,
        }
    }

    /// True when the same thing may work later without anybody changing it.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::FileUnreadable
                | Self::FileVanished
                | Self::DiskFull
                | Self::Timeout
                | Self::Busy
                | Self::ParserUnavailable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_distinct_names_and_sound_statuses() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.as_str()), Some(*code));
            assert!((400..600).contains(&code.http_status()), "{}", code.as_str());
            assert!(!code.hint().ends_with('.'), "{}", code.as_str());
            if code.fault() == Fault::User {
                assert!(code.http_status() < 500, "{} is the user's fault", code.as_str());
            }
        }
    }

    #[test]
    fn a_chain_names_every_cause() {
        let io = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "permission denied");
        let error = Error::new(ErrorCode::FileUnreadable, "cannot read `a.md`").with_source(io);
        assert_eq!(error.chain(), "cannot read `a.md`: permission denied");
        assert_eq!(error.hint(), ErrorCode::FileUnreadable.hint());
    }

    #[test]
    fn a_place_is_counted_in_bytes_and_in_characters() {
        let error =
            Error::new(ErrorCode::QueryInvalid, "there is no field of this name").at("綠茶 frm:", 7..10);
        let place = error.place().expect("a place");
        assert_eq!((&place.bytes, &place.characters), (&(7..10), &(3..6)));
    }
}
