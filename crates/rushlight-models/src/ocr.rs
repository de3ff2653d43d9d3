//! The files of the model that reads text in pictures.

use std::path::PathBuf;

use rushlight_core::{Error, ErrorCode, Result};

use crate::catalogue::ModelKind;
use crate::store::ModelStore;

/// Where the files of an installed model for text in pictures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcrFiles {
    /// The model's id.
    pub id: String,
    /// Finds text.
    pub detector: PathBuf,
    /// Reads it.
    pub recogniser: PathBuf,
    /// Its characters, one a line.
    pub dictionary: PathBuf,
}

impl ModelStore {
    /// The files of the default model for text in pictures, known to be the right ones
    /// (see [`ModelStore::ensure_verified`]).
    ///
    /// # Errors
    /// `ModelMissing` when it is not installed; `ModelUnknown` when the catalogue has none; `ModelCorrupt`.
    pub fn ocr_files(&self) -> Result<OcrFiles> {
        let unknown = || {
            Error::new(
                ErrorCode::ModelUnknown,
                "the catalogue names no model for text in pictures",
            )
        };
        let id = self.default_id(ModelKind::Ocr).ok_or_else(unknown)?.to_owned();
        self.ensure_verified(&id)?;
        let folder = self.folder(&id)?;
        let file = |name: &str| {
            let known = self.entry(&id)?.files.iter().any(|file| file.name == name);
            known.then(|| folder.join(name)).ok_or_else(|| {
                let message = format!("the catalogue names no file `{name}` of model `{id}`");
                Error::new(ErrorCode::ModelUnknown, message)
            })
        };
        Ok(OcrFiles {
            detector: file("detector.rten")?,
            recogniser: file("recogniser.rten")?,
            dictionary: file("dictionary.txt")?,
            id: id.clone(),
        })
    }
}
