//! The port on a folder.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushlight_core::{
    Error, ErrorCode, FileStamp, LeftOutBy, RawFile, Result, ScanEntry, ScanSummary, Source, SourceEvent,
    WatchGuard,
};

use crate::fetch::{fetch, open_file};
use crate::options::FolderOptions;
use crate::rules::{self, Rules};
use crate::scan::Scan;
use crate::watch;

/// A root folder.
#[derive(Debug)]
pub struct FolderSource {
    root: PathBuf,
    name: String,
    options: FolderOptions,
    rules: Arc<Rules>,
}

impl FolderSource {
    /// On this root, an absolute path. The folder need not be there: it may be on a disk that is not mounted.
    ///
    /// # Errors
    /// `PathUnsuitable` for a root that is not absolute or not UTF-8, `InvalidConfig` for a pattern that is none.
    pub fn new(root: impl Into<PathBuf>, options: FolderOptions) -> Result<Self> {
        let root: PathBuf = root.into();
        let unsuitable = |what: &str| {
            Error::new(
                ErrorCode::PathUnsuitable,
                format!("`{}` cannot be a source: {what}", root.display()),
            )
        };
        if !root.is_absolute() {
            return Err(unsuitable("the path is not absolute"));
        }
        let name = root
            .to_str()
            .ok_or_else(|| unsuitable("the path is not UTF-8"))?
            .to_owned();
        let rules = Arc::new(Rules::new(&root, &options)?);
        Ok(Self {
            name,
            options,
            rules,
            root,
        })
    }

    /// The root as a path.
    pub fn path(&self) -> &Path {
        &self.root
    }
}

impl Source for FolderSource {
    fn root(&self) -> &str {
        &self.name
    }

    fn scan(&self, under: &str, visit: &mut dyn FnMut(ScanEntry) -> ControlFlow<()>) -> Result<ScanSummary> {
        Scan {
            root: &self.root,
            options: &self.options,
            rules: &self.rules,
        }
        .run(under, visit)
    }

    fn fetch(&self, stamp: &FileStamp) -> Result<RawFile> {
        fetch(&self.root, stamp, self.options.max_file_bytes)
    }

    fn open(&self, stamp: &FileStamp) -> Result<Box<dyn Read + Send>> {
        let large = self.options.large_files.map_or(0, |large| large.max_bytes);
        open_file(&self.root, stamp, self.options.max_file_bytes.max(large))
    }

    fn left_out_by(&self) -> LeftOutBy {
        rules::left_out_by(&self.root, &self.options)
    }

    fn watch(&self, sink: Box<dyn Fn(SourceEvent) + Send + Sync>) -> Result<Box<dyn WatchGuard>> {
        watch::start(
            &self.root,
            &self.options,
            Arc::clone(&self.rules),
            Arc::from(sink),
        )
    }
}
