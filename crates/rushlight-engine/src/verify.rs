//! Proof that nothing is lost: files on disk against the ledger, the ledger against the indexes.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use rushlight_core::{
    ChunkId, ContentHash, DocId, ErrorCode, FileRecord, FileStatus, Generation, ParsedFile, Result, Source,
    SpaceId,
};
use rushlight_ingest::{PlanScope, plan, title_text};
use rushlight_ledger::{Feed, NewDocument, SpaceRecord};

use crate::engine::{Engine, Shared};
use crate::indexes::title_chunk;
use crate::pieces::{self, Opened};

/// How much is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VerifyDepth {
    /// Files by size and time, chunks of both indexes by their ids.
    Ids,
    /// That, the ledger's database whole, and a random share of the files read and parsed again.
    Sample {
        /// Share in percent, above 0, up to 100.
        percent: f64,
        /// The same seed takes the same files.
        seed: u64,
    },
    /// That, and every file read and parsed again.
    Full,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// Files that a scan would add, read again, move or remove, or that wait already: not a fault, but work to do.
    pub files_to_update: u64,
    /// Roots that are missing.
    pub offline: Vec<String>,
    /// Chunks without a vector so far.
    pub waiting_for_vectors: u64,
    /// The spaces.
    pub spaces: Vec<SpaceVerification>,
    /// What reading files again found; `None` when none was to be read.
    pub contents: Option<ContentVerification>,
}

/// The comparison of one space. Every count of something missing or surplus is zero when all is well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceVerification {
    /// The space's name.
    pub space: String,
    /// Chunks in the ledger.
    pub chunks: u64,
    /// Documents that the keyword index has not taken in yet: not a fault, but work to do. They are not compared.
    pub keyword_behind: u64,
    /// Chunks that the keyword index lacks.
    pub keyword_missing: u64,
    /// Chunks of the keyword index that the ledger does not have, or has once where the index has more.
    pub keyword_surplus: u64,
    /// Documents that the vector index, or that of titles, has not taken in yet.
    pub vector_behind: u64,
    /// Chunks that the vector index lacks, and titles that the index of titles lacks.
    pub vector_missing: u64,
    /// Chunks and titles of these that the ledger does not have, or has once where the index has more.
    pub vector_surplus: u64,
}

/// What reading files again found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContentVerification {
    /// Files that were read and parsed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The seed that chose them, where not all were taken.
    pub seed: Option<u64>,
    /// Files that are not as the ledger has them.
    pub differences: Vec<(String, Difference)>,
}

/// How a file differs from what the ledger has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Its bytes changed, and its size and time did not: an edit that hid itself, or a damaged disk.
    Bytes,
    /// It does not parse to the documents, texts and chunks in the ledger.
    Documents,
    /// It cannot be read any more.
    Unreadable,
}

impl Difference {
    /// The word for it in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Documents => "documents",
            Self::Unreadable => "unreadable",
        }
    }
}

impl ContentVerification {
    fn note(&mut self, file: &FileRecord, root: &str, difference: Option<Difference>) {
        self.files += 1;
        if let Some(difference) = difference {
            let path = format!("{}/{}", root.trim_end_matches('/'), file.stamp.path);
            self.differences.push((path, difference));
        }
    }
}

impl SpaceVerification {
    /// True when both indexes hold exactly what the ledger does, as far as they have come.
    pub fn sound(&self) -> bool {
        let Self {
            space: _,
            chunks: _,
            keyword_behind: _,
            keyword_missing,
            keyword_surplus,
            vector_behind: _,
            vector_missing,
            vector_surplus,
        } = self;
        keyword_missing + keyword_surplus + vector_missing + vector_surplus == 0
    }
}

impl Verification {
    /// True when both indexes hold exactly what the ledger does, in every space, and every file that was read is as the
    /// ledger has it.
    pub fn sound(&self) -> bool {
        let differences = self.contents.as_ref().map_or(0, |found| found.differences.len());
        self.spaces.iter().all(SpaceVerification::sound) && differences == 0
    }
}

impl Engine {
    /// Compares disk, ledger and indexes. Reads only.
    ///
    /// # Errors
    /// What keeps one of them from being read; `LedgerFailed` when its database is damaged.
    pub fn verify(&self, depth: VerifyDepth) -> Result<Verification> {
        let shared = &self.shared;
        let mut found = Verification {
            waiting_for_vectors: shared
                .ledger
                .pending_embedding_count(&shared.embedder_spec.model_id)?,
            ..Verification::default()
        };
        let mut contents = match depth {
            VerifyDepth::Ids => None,
            VerifyDepth::Sample { seed, .. } => Some(ContentVerification {
                seed: Some(seed),
                ..ContentVerification::default()
            }),
            VerifyDepth::Full => Some(ContentVerification::default()),
        };
        if contents.is_some() {
            shared.ledger.check()?;
        }
        for record in shared.ledger.sources()? {
            let mut seen = Vec::new();
            let source = shared.source(&record)?;
            let summary = source.scan("", &mut |entry| {
                seen.push(entry);
                ControlFlow::Continue(())
            })?;
            let known = shared.ledger.files(record.id)?;
            let scope = PlanScope {
                devices: record.devices.clone(),
                ..PlanScope::everything(shared.parser.version())
            };
            let plan = plan(&known, &seen, &summary, &scope);
            if !plan.online {
                found.offline.push(record.root.clone());
                continue;
            }
            let mut to_update: HashSet<_> = plan.deleted.iter().copied().collect();
            to_update.extend(plan.changed.iter().map(|change| change.file));
            to_update.extend(shared.ledger.files_behind_their_scans(record.id)?);
            to_update.extend(plan.renamed.iter().map(|rename| rename.file));
            to_update.extend(plan.skipped.iter().filter_map(|skip| skip.file));
            to_update.extend(
                known
                    .iter()
                    .filter(|file| file.status == FileStatus::Waiting)
                    .map(|file| file.id),
            );
            let new = plan.added.len() + plan.skipped.iter().filter(|skip| skip.file.is_none()).count();
            found.files_to_update += (to_update.len() + new) as u64;
            if let Some(contents) = &mut contents {
                let indexed = known
                    .iter()
                    .filter(|file| file.status == FileStatus::Indexed && !to_update.contains(&file.id))
                    .filter(|file| depth.takes(file));
                for file in indexed {
                    shared.compare_contents(&*source, file, &record.root, contents)?;
                }
            }
        }
        found.contents = contents;
        for space in shared.ledger.spaces()? {
            found.spaces.push(shared.compare_indexes(space)?);
        }
        Ok(found)
    }
}

impl VerifyDepth {
    /// Whether this file is among those to be read: a hash of its row and the seed decides.
    fn takes(self, file: &FileRecord) -> bool {
        match self {
            Self::Ids => false,
            Self::Full => true,
            Self::Sample { percent, seed } => {
                // The finalizer of SplitMix64 spreads neighbouring numbers over all of u64.
                let mut mixed = seed ^ (file.id.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^= mixed >> 31;
                (mixed as f64) < u64::MAX as f64 * (percent / 100.0)
            }
        }
    }
}

impl Shared {
    fn compare_indexes(&self, space: SpaceRecord) -> Result<SpaceVerification> {
        let chunks = self.ledger.chunk_ids(space.id)?;
        let with_vectors = self.ledger.vector_chunk_ids(space.id)?;
        let index = self.indexes.keyword(space.id)?;
        let (keyword, reached) = (index.chunks()?, index.generation()?);
        let keyword_changed = self
            .ledger
            .documents_changed_since(Feed::Keyword, space.id, reached)?;
        let (vector, reached) = self.runtime.block_on(async {
            let index = self.indexes.vector(space.id).await?;
            Ok::<_, rushlight_core::Error>((index.chunks().await?, index.generation().await?))
        })?;
        let vector_changed = self
            .ledger
            .documents_changed_since(Feed::Vector, space.id, reached)?;
        let (keyword_missing, keyword_surplus) = difference(&chunks, &keyword, &keyword_changed);
        let (vector_missing, vector_surplus) = difference(&with_vectors, &vector, &vector_changed);
        let (titles_changed, (titles_missing, titles_surplus)) = self.compare_titles(space.id)?;
        Ok(SpaceVerification {
            space: space.name,
            chunks: chunks.len() as u64,
            keyword_behind: keyword_changed.len() as u64,
            keyword_missing,
            keyword_surplus,
            vector_behind: vector_changed.union(&titles_changed).count() as u64,
            vector_missing: vector_missing + titles_missing,
            vector_surplus: vector_surplus + titles_surplus,
        })
    }

    /// What the index of titles has not taken in, lacks and has too many. One that was never begun, for want of a model,
    /// is not compared.
    fn compare_titles(&self, space: SpaceId) -> Result<(HashSet<DocId>, (u64, u64))> {
        let (titles, reached) = self.runtime.block_on(async {
            let index = self.indexes.titles(space).await?;
            Ok::<_, rushlight_core::Error>((index.chunks().await?, index.generation().await?))
        })?;
        if reached == Generation::ZERO {
            return Ok((HashSet::new(), (0, 0)));
        }
        let changed = self
            .ledger
            .documents_changed_since(Feed::Keyword, space, reached)?;
        let expected: Vec<(ChunkId, DocId)> = self
            .ledger
            .titles(space)?
            .into_iter()
            .filter(|(_, title)| title_text(title).is_some())
            .map(|(document, _)| (title_chunk(document), document))
            .collect();
        let found = difference(&expected, &titles, &changed);
        Ok((changed, found))
    }

    /// Reads and parses a file as indexing does, and compares what comes of it with the ledger.
    fn compare_contents(
        &self,
        source: &dyn Source,
        file: &FileRecord,
        root: &str,
        found: &mut ContentVerification,
    ) -> Result<()> {
        if file.stamp.size > self.options.pieces_above
            && let Ok(Some(opened)) = pieces::open(self, source, &file.stamp)
        {
            let difference = self.compare_pieces(file, opened, &mut found.bytes)?;
            found.note(file, root, difference);
            return Ok(());
        }
        let difference = match source.fetch(&file.stamp) {
            // Gone since the scan: the next one will say so.
            Err(error) if error.code() == ErrorCode::FileVanished => return Ok(()),
            Err(_) => Some(Difference::Unreadable),
            Ok(raw) if Some(raw.content_hash) != file.content_hash => Some(Difference::Bytes),
            Ok(raw) => {
                found.bytes += raw.bytes.len() as u64;
                let looker = self.looker();
                let desk = looker.desk();
                let parsed = self.parser.parse_with(&raw, &desk);
                desk.close()?;
                let same = match parsed {
                    Ok(ParsedFile::Documents(parsed)) => {
                        self.has_exactly(file, &looker.documents(file, parsed)?)?
                    }
                    Ok(ParsedFile::Skipped(_)) | Err(_) => false,
                };
                (!same).then_some(Difference::Documents)
            }
        };
        found.note(file, root, difference);
        Ok(())
    }

    /// The same for a file that is read piece by piece.
    fn compare_pieces(
        &self,
        file: &FileRecord,
        (mut pieces, read): Opened,
        bytes: &mut u64,
    ) -> Result<Option<Difference>> {
        let looker = self.looker();
        let (mut documents, mut same) = (0, true);
        // All of it is read, for the hash.
        loop {
            match pieces.next() {
                Ok(Some(parsed)) => {
                    let parsed = looker.some_documents(file, parsed)?;
                    documents += parsed.len() as u64;
                    same = same && self.has(&parsed)?;
                }
                Ok(None) => break,
                Err(_) => return Ok(Some(Difference::Unreadable)),
            }
        }
        let read = read.lock();
        *bytes += read.count();
        let hash = ContentHash(*read.finalize().as_bytes());
        Ok(if file.content_hash != Some(hash) {
            Some(Difference::Bytes)
        } else if !same || self.ledger.document_count(file.id)? != documents {
            Some(Difference::Documents)
        } else {
            None
        })
    }

    /// True when the ledger has these documents of the file and no others, with these texts and chunks.
    fn has_exactly(&self, file: &FileRecord, documents: &[NewDocument]) -> Result<bool> {
        if self.ledger.document_count(file.id)? != documents.len() as u64 {
            return Ok(false);
        }
        self.has(documents)
    }

    /// True when the ledger has these documents, with these texts and chunks.
    fn has(&self, documents: &[NewDocument]) -> Result<bool> {
        for new in documents {
            let Some(kept) = self.ledger.document(new.doc_id)? else {
                return Ok(false);
            };
            let document = &new.document;
            let same = kept.text == document.text
                && kept.blocks == document.blocks
                && kept.recognised == document.recognised
                && kept.metadata == document.metadata
                && kept.summary.title == document.title
                && kept.summary.part == document.part
                && kept.summary.content_hash == document.content_hash;
            if !same || !self.has_chunks(new)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn has_chunks(&self, new: &NewDocument) -> Result<bool> {
        let kept = self.ledger.document_chunks(new.doc_id)?;
        let same = kept.len() == new.chunks.len()
            && kept.iter().zip(&new.chunks).all(|(kept, new)| {
                (kept.id, kept.span, kept.embedding_key, kept.token_count)
                    == (new.id, new.span, new.embedding_key, new.token_count)
                    && kept.heading_path == new.heading_path
                    && kept.locator == new.locator
                    && kept.confidence == new.confidence
            });
        Ok(same)
    }
}

/// How many of `expected` are missing from `actual`, and how many of `actual` are too many; chunks of the documents
/// `changed` since are left out of both.
fn difference(
    expected: &[(ChunkId, DocId)],
    actual: &[(ChunkId, DocId)],
    changed: &HashSet<DocId>,
) -> (u64, u64) {
    let settled = |entries: &[(ChunkId, DocId)]| -> Vec<(ChunkId, DocId)> {
        let kept = entries.iter().filter(|(_, document)| !changed.contains(document));
        kept.copied().collect()
    };
    let (expected, actual) = (settled(expected), settled(actual));
    let want: BTreeSet<_> = expected.iter().collect();
    let have: BTreeSet<_> = actual.iter().collect();
    let doubled = actual.len() - have.len();
    let missing = want.difference(&have).count();
    let surplus = have.difference(&want).count();
    (missing as u64, (surplus + doubled) as u64)
}

#[cfg(test)]
mod tests {
    use rushlight_core::{FileRow, FileStamp, SourceId};

    use super::*;

    #[test]
    fn doubled_and_foreign_chunks_are_surplus() {
        let entry = |n: u8| (ChunkId([n; 16]), DocId([n; 16]));
        let none = HashSet::new();
        assert_eq!(
            difference(&[entry(1), entry(2)], &[entry(2), entry(1)], &none),
            (0, 0)
        );
        assert_eq!(
            difference(&[entry(1), entry(2)], &[entry(2), entry(2), entry(3)], &none),
            (1, 2)
        );
        let changed = HashSet::from([DocId([1; 16]), DocId([3; 16])]);
        assert_eq!(
            difference(&[entry(1), entry(2)], &[entry(2), entry(3)], &changed),
            (0, 0)
        );
    }

    #[test]
    fn a_sample_has_about_its_share_and_is_the_same_for_the_same_seed() {
        let file = |id: i64| FileRecord {
            id: FileRow(id),
            source_id: SourceId(1),
            stamp: FileStamp {
                path: String::new(),
                size: 0,
                modified_ns: 0,
                file_id: None,
            },
            status: FileStatus::Indexed,
            content_hash: None,
            parser_version: 1,
        };
        let taken = |percent: f64, seed: u64| -> Vec<i64> {
            let depth = VerifyDepth::Sample { percent, seed };
            (1..=10_000).filter(|id| depth.takes(&file(*id))).collect()
        };
        let few = taken(5.0, 7);
        assert!((400..600).contains(&few.len()), "{}", few.len());
        assert_eq!(few, taken(5.0, 7));
        assert_ne!(few, taken(5.0, 8));
        assert_eq!(taken(100.0, 7).len(), 10_000);
    }
}
