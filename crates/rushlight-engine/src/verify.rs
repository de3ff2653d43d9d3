//! Proof that nothing is lost: files on disk against the ledger, the ledger against both indexes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rushlight_core::{ChunkId, DocId, Result};
use rushlight_ingest::{PlanScope, plan};

use crate::engine::Engine;

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// Files that a scan would add, read again, move or remove: not a fault, but work to do.
    pub files_to_update: u64,
    /// Roots that are missing.
    pub offline: Vec<String>,
    /// Chunks without a vector so far.
    pub waiting_for_vectors: u64,
    /// The spaces.
    pub spaces: Vec<SpaceVerification>,
}

/// The comparison of one space. Every count but `chunks` is zero when all is well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceVerification {
    /// The space's name.
    pub space: String,
    /// Chunks in the ledger.
    pub chunks: u64,
    /// Chunks that the keyword index lacks.
    pub keyword_missing: u64,
    /// Chunks of the keyword index that the ledger does not have, or has once where the index has more.
    pub keyword_surplus: u64,
    /// Chunks that the vector index lacks.
    pub vector_missing: u64,
    /// Chunks of the vector index that the ledger does not have, or has once where the index has more.
    pub vector_surplus: u64,
}

impl SpaceVerification {
    /// True when both indexes hold exactly what the ledger does.
    pub fn sound(&self) -> bool {
        let Self {
            space: _,
            chunks: _,
            keyword_missing,
            keyword_surplus,
            vector_missing,
            vector_surplus,
        } = self;
        keyword_missing + keyword_surplus + vector_missing + vector_surplus == 0
    }
}

impl Verification {
    /// True when both indexes hold exactly what the ledger does, in every space.
    pub fn sound(&self) -> bool {
        self.spaces.iter().all(SpaceVerification::sound)
    }
}

impl Engine {
    /// Compares disk, ledger and indexes. Reads only.
    ///
    /// # Errors
    /// What keeps one of them from being read.
    pub fn verify(&self) -> Result<Verification> {
        let shared = &self.shared;
        let mut found = Verification {
            waiting_for_vectors: shared
                .ledger
                .pending_embedding_count(&shared.embedder_spec.model_id)?,
            ..Verification::default()
        };
        for record in shared.ledger.sources()? {
            let mut seen = Vec::new();
            let summary = shared.source(&record)?.scan("", &mut |entry| {
                seen.push(entry);
                ControlFlow::Continue(())
            })?;
            if !summary.online {
                found.offline.push(record.root.clone());
            }
            let known = shared.ledger.files(record.id)?;
            let plan = plan(
                &known,
                &seen,
                &summary,
                &PlanScope::everything(shared.parser.version()),
            );
            found.files_to_update +=
                plan.upserts() + (plan.deleted.len() + plan.renamed.len() + plan.skipped.len()) as u64;
        }
        for space in shared.ledger.spaces()? {
            let chunks = shared.ledger.chunk_ids(space.id)?;
            let with_vectors = shared.ledger.vector_chunk_ids(space.id)?;
            let keyword = shared.indexes.keyword(space.id)?.chunks()?;
            let vector = shared
                .runtime
                .block_on(async { shared.indexes.vector(space.id).await?.chunks().await })?;
            let (keyword_missing, keyword_surplus) = difference(&chunks, &keyword);
            let (vector_missing, vector_surplus) = difference(&with_vectors, &vector);
            found.spaces.push(SpaceVerification {
                space: space.name,
                chunks: chunks.len() as u64,
                keyword_missing,
                keyword_surplus,
                vector_missing,
                vector_surplus,
            });
        }
        Ok(found)
    }
}

/// How many of `expected` are missing from `actual`, and how many of `actual` are too many.
fn difference(expected: &[(ChunkId, DocId)], actual: &[(ChunkId, DocId)]) -> (u64, u64) {
    let want: BTreeSet<_> = expected.iter().collect();
    let have: BTreeSet<_> = actual.iter().collect();
    let doubled = actual.len() - have.len();
    let missing = want.difference(&have).count();
    let surplus = have.difference(&want).count();
    (missing as u64, (surplus + doubled) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_and_foreign_chunks_are_surplus() {
        let entry = |n: u8| (ChunkId([n; 16]), DocId([n; 16]));
        assert_eq!(difference(&[entry(1), entry(2)], &[entry(2), entry(1)]), (0, 0));
        assert_eq!(
            difference(&[entry(1), entry(2)], &[entry(2), entry(2), entry(3)]),
            (1, 2)
        );
    }
}
