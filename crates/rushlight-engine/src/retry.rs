//! One file, tried again because a person asked for it.

use rushlight_core::{Error, ErrorCode, FileStatus, Result, SkippedBy, SourceId};
use rushlight_ledger::Requeue;

use crate::engine::Engine;
use crate::indexer::Command;

impl Engine {
    /// Looks at a file again whatever came of it before. A running indexing thread begins with it soon; one of a paused
    /// folder waits with the others.
    ///
    /// # Errors
    /// `SourceNotFound`; `PathNotFound` for a path that the last scan of the source did not see; `PathUnsuitable` for a
    /// file that the scan leaves out, which reading it again would not change.
    pub fn retry_file(&self, source: SourceId, path: &str) -> Result<()> {
        let ledger = self.ledger();
        let record = ledger.source(source)?;
        let known = match path {
            "" => None,
            path => ledger
                .files_below(source, path)?
                .into_iter()
                .find(|file| file.stamp.path == path),
        };
        let Some(file) = known else {
            return Err(Error::new(
                ErrorCode::PathNotFound,
                format!("there is no file `{path}` in `{}`", record.root),
            )
            .with_hint("scan the folder to see what is there now"));
        };
        if let FileStatus::Skipped {
            reason,
            by: SkippedBy::Scan,
        } = &file.status
        {
            return Err(Error::new(
                ErrorCode::PathUnsuitable,
                format!("`{path}` is left out before it is read: {}", reason.message),
            ));
        }
        ledger.requeue(Requeue::File(file.id))?;
        self.send(Command::Wake);
        self.shared.touch();
        Ok(())
    }
}
