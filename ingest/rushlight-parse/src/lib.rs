//! Turns a file's bytes into documents: Markdown, plain text in the encodings people have, tables, web pages, mail
//! with its attachments, PDF, office documents, books, and what lies in archives.
//!
//! What comes from strangers and is hard to read safely is read by a child process that may open no file, no socket and
//! no program, and that is killed when it takes too long: every binary format, and every one in which others lie, mail and
//! Evernote's exports too; web pages when they are large or deep. `Format::reader` says it of each. Texts with a structure
//! of their own are read in this process by code that is linear in its input, as are the separator lines of a mailbox.
//! Pages that are pictures are read by [`PageReader`], whose worker has models for that and is shut off in the same way.
//!
//! This crate must not know where files come from, how they are cut into chunks or where they are stored. It is
//! called from the indexing thread; [`Parsers`] may be shared between threads.

mod apart;
mod archive;
mod build;
mod calendar;
mod decode;
mod detect;
mod evernote;
mod front_matter;
mod html;
mod language;
mod links;
mod mail;
mod markdown;
mod names;
mod notebook;
mod office;
mod options;
mod outline;
mod outlook;
mod parsers;
mod pdf;
mod place;
mod scan;
mod table;
mod tags;
mod take_out;
mod text;
mod textual;
pub mod worker;

pub use options::{ParseOptions, Passwords, WorkerCommand, WorkerLimits};
pub use parsers::{Parsers, is_mailbox};
pub use scan::{PageReader, RecogniserFiles, RecogniserOptions};
