//! What the tests of the parsers share.

use std::path::PathBuf;

use rushlight_core::{ParsedFile, Result};
use rushlight_parse::{ParseOptions, WorkerCommand};

/// The defaults, with the worker built for these tests.
pub(crate) fn options() -> ParseOptions {
    ParseOptions::new(WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_rushlight-parse-worker")),
        args: vec![],
    })
}

/// What the port promises of any outcome.
pub(crate) fn sound(outcome: &Result<ParsedFile>) -> std::result::Result<(), String> {
    let Ok(ParsedFile::Documents(documents)) = outcome else {
        return Ok(());
    };
    if documents.is_empty() {
        return Err("no document at all".to_owned());
    }
    let (mut parts, mut keys) = (std::collections::HashSet::new(), std::collections::HashSet::new());
    for document in documents {
        if !parts.insert(&document.part) || !keys.insert(&document.part_key) {
            return Err(format!("part `{}` or its key stands twice", document.part));
        }
        if document.text.trim().is_empty() || document.title.trim().is_empty() {
            return Err(format!("`{}` has no text or title", document.part));
        }
        let mut at = 0;
        for block in &document.blocks {
            let slice = block
                .span
                .of(&document.text)
                .ok_or("a block inside a character")?;
            if block.span.start < at || slice.trim().is_empty() {
                return Err(format!("blocks overlap or are empty at {at}"));
            }
            if !document.text[at..block.span.start].trim().is_empty() {
                return Err(format!("text between blocks at {at}"));
            }
            at = block.span.end;
        }
        if !document.text[at..].trim().is_empty() {
            return Err("text behind the last block".to_owned());
        }
    }
    Ok(())
}
