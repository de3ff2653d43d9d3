//! Arguments about what is kept: conversations and receipts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Arguments of `conversations`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ConversationsArgs {
    /// Only conversations in which each of these words stands, in the title, a question or an answer
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
    /// What to do with one; without it, they are listed
    #[command(subcommand)]
    pub command: Option<ConversationCommand>,
}

/// What to do with a conversation.
#[derive(Debug, Subcommand)]
pub enum ConversationCommand {
    /// Print its questions and answers
    Show {
        /// Its number
        id: String,
    },
    /// Write it as a file: as Markdown with its citations, or as JSON
    Export {
        /// Its number
        id: String,
        /// The file, which must not be there yet; standard output when left out
        file: Option<PathBuf>,
        /// As what
        #[arg(long, value_enum, default_value_t = ExportFormat::Markdown)]
        format: ExportFormat,
    },
    /// Give it another title
    Rename {
        /// Its number
        id: String,
        /// The new title, of at most 200 characters
        title: String,
    },
    /// Delete it, with its answers and their receipts
    Delete {
        /// Its number
        id: String,
    },
}

/// How a conversation is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// To be read.
    Markdown,
    /// For programs.
    Json,
}

/// What to do with a receipt.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Print a kept receipt
    Show {
        /// Its id, as `ask --keep` and `conversations show` print it
        id: String,
    },
    /// Write a kept receipt to a file
    Export {
        /// Its id
        id: String,
        /// The file, which must not be there yet
        file: PathBuf,
    },
    /// Check a receipt: whether it was changed, and what became of its documents, its quotes and its model; ends with 0 only
    /// when all of it still holds, else with 3
    Verify {
        /// The receipt's file; - for standard input
        file: PathBuf,
    },
    /// Ask a receipt's question again, in the same way, and compare; ends with 0 only when the answer is the same, else
    /// with 3
    Replay {
        /// The receipt's file; - for standard input
        file: PathBuf,
    },
}
