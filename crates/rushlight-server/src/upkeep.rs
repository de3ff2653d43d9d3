//! What the routes of the Library and of models and health need beside what a [`crate::Service`] does.

use async_trait::async_trait;
use rushlight_api as api;
use rushlight_core::{Principal, Result, SourceId};

/// Looking after what is indexed, and after the program itself. Called as a [`crate::Service`] is.
#[async_trait]
pub trait Upkeep: Send + Sync + 'static {
    /// The folders in a folder that the page may look into; in the root or the roots for `None`. `FolderForbidden` for any
    /// other, whether it exists or not.
    async fn folders(&self, path: Option<String>, hidden: bool) -> Result<api::Folders>;

    /// What these principals may read, in numbers; `utc_offset` is by how many seconds the asker's clock is ahead of UTC.
    async fn overview(&self, principals: Vec<Principal>, utc_offset: i32) -> Result<api::Overview>;

    /// Documents with unreadable pages that these principals may read.
    async fn unreadable(
        &self,
        principals: Vec<Principal>,
        limit: usize,
        offset: usize,
    ) -> Result<api::Unreadable>;

    /// Starts to look at a file again, whatever came of it; does not wait for it.
    async fn retry_file(&self, source: SourceId, path: String) -> Result<()>;

    /// What is left out of a source without a trace.
    async fn source_rules(&self, source: SourceId) -> Result<api::SourceRules>;

    /// Models, memory, disk and indexes, and what the last check found.
    async fn health(&self, principals: Vec<Principal>) -> Result<api::Health>;

    /// Starts a check, unless one is under way; does not wait for it.
    async fn start_check(&self) -> Result<api::HealthCheck>;
}
