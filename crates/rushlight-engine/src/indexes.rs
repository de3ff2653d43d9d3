//! The indexes of each space, opened when first needed and brought up to date from the ledger's change feeds: by word, by
//! meaning, and the titles by meaning, one vector for each document.
//!
//! Normal work and recovery are one path: an index at generation `g` applies what the ledger has after `g`. One that
//! cannot be read, or that the ledger no longer knows how to bring up to date, is deleted and begins at zero.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::{
    ChunkId, DocId, Embedding, Error, ErrorCode, Generation, IndexedChunk, KeywordIndex, Result, SpaceId,
    VectorIndex,
};
use rushlight_ingest::title_text;
use rushlight_ledger::{Changes, Feed, Ledger};

use crate::parts::{KeywordFactory, VectorFactory};

/// Documents per page of the change feed: bounds memory.
const PAGE: usize = 256;
/// Pages of the keyword feed after which it commits though there are more: bounds the work that a crash loses. Each
/// commit makes a segment, waits for the disk, and looks in every segment for the documents that were replaced.
const PAGES_PER_COMMIT: usize = 16;
/// Documents whose titles are embedded at once: about half a second of work.
const TITLES: usize = 64;

pub(crate) struct Indexes {
    dir: PathBuf,
    model_id: String,
    dimensions: usize,
    keyword: Box<dyn KeywordFactory>,
    vector: Box<dyn VectorFactory>,
    open_keyword: Mutex<HashMap<SpaceId, Arc<dyn KeywordIndex>>>,
    open_vector: tokio::sync::Mutex<HashMap<SpaceId, Arc<dyn VectorIndex>>>,
    open_titles: tokio::sync::Mutex<HashMap<SpaceId, Arc<dyn VectorIndex>>>,
}

impl Indexes {
    pub(crate) fn new(
        dir: PathBuf,
        model_id: String,
        dimensions: usize,
        keyword: Box<dyn KeywordFactory>,
        vector: Box<dyn VectorFactory>,
    ) -> Self {
        Self {
            dir,
            model_id,
            dimensions,
            keyword,
            vector,
            open_keyword: Mutex::default(),
            open_vector: tokio::sync::Mutex::default(),
            open_titles: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn factory(&self) -> &dyn KeywordFactory {
        &*self.keyword
    }

    /// The space's keyword index.
    pub(crate) fn keyword(&self, space: SpaceId) -> Result<Arc<dyn KeywordIndex>> {
        let mut open = self.open_keyword.lock();
        if let Some(index) = open.get(&space) {
            return Ok(Arc::clone(index));
        }
        let dir = self.keyword_dir(space);
        let index = match self.keyword.open(&dir) {
            Err(error) if error.code() == ErrorCode::IndexFailed => {
                tracing::warn!(space = space.0, error = %error.chain(), "keyword index is unreadable and is rebuilt");
                remove(&dir)?;
                self.keyword.open(&dir)?
            }
            other => other?,
        };
        open.insert(space, Arc::clone(&index));
        Ok(index)
    }

    /// The space's vector index for the serving model.
    pub(crate) async fn vector(&self, space: SpaceId) -> Result<Arc<dyn VectorIndex>> {
        self.opened(&self.open_vector, space, &self.vector_dir(space))
            .await
    }

    /// The space's index of titles for the serving model: one chunk for each document, with the document's id.
    pub(crate) async fn titles(&self, space: SpaceId) -> Result<Arc<dyn VectorIndex>> {
        self.opened(&self.open_titles, space, &self.titles_dir(space))
            .await
    }

    async fn opened(
        &self,
        open: &tokio::sync::Mutex<HashMap<SpaceId, Arc<dyn VectorIndex>>>,
        space: SpaceId,
        dir: &Path,
    ) -> Result<Arc<dyn VectorIndex>> {
        let mut open = open.lock().await;
        if let Some(index) = open.get(&space) {
            return Ok(Arc::clone(index));
        }
        let index = match self.vector.open(dir, self.dimensions).await {
            Err(error) if error.code() == ErrorCode::IndexFailed => {
                tracing::warn!(space = space.0, error = %error.chain(), "vector index is unreadable and is rebuilt");
                remove(dir)?;
                self.vector.open(dir, self.dimensions).await?
            }
            other => other?,
        };
        open.insert(space, Arc::clone(&index));
        Ok(index)
    }

    /// Empties an index that the ledger no longer knows how to bring up to date from where it is. To be called before
    /// the first sync.
    pub(crate) async fn discard_if_lost(&self, ledger: &Ledger, space: SpaceId) -> Result<()> {
        if !ledger.can_resume(Feed::Keyword, space, self.keyword(space)?.generation()?)? {
            self.open_keyword.lock().remove(&space);
            remove(&self.keyword_dir(space))?;
        }
        if !ledger.can_resume(Feed::Vector, space, self.vector(space).await?.generation().await?)? {
            self.open_vector.lock().await.remove(&space);
            remove(&self.vector_dir(space))?;
        }
        if !ledger.can_resume(
            Feed::Keyword,
            space,
            self.titles(space).await?.generation().await?,
        )? {
            self.open_titles.lock().await.remove(&space);
            remove(&self.titles_dir(space))?;
        }
        Ok(())
    }

    /// Brings the space's keyword index to the ledger's newest generation.
    pub(crate) fn sync_keyword(&self, ledger: &Ledger, space: SpaceId) -> Result<()> {
        // What was applied and not committed; an error on the way loses it, and the next call begins after the last commit.
        let mut applied: Option<Generation> = None;
        let mut pages = 0usize;
        loop {
            let index = self.keyword(space)?;
            let since = match applied {
                Some(applied) => applied,
                None => index.generation()?,
            };
            let changes = ledger.keyword_changes(space, since, PAGE)?;
            if changes.restart {
                self.open_keyword.lock().remove(&space);
                drop(index);
                remove(&self.keyword_dir(space))?;
                applied = None;
                continue;
            }
            if changes.reached != since {
                index.apply(&changes.upserts, &changes.deletes)?;
                applied = Some(changes.reached);
                pages += 1;
            }
            if let Some(reached) = applied.filter(|_| !changes.more || pages.is_multiple_of(PAGES_PER_COMMIT))
            {
                index.commit(reached)?;
                applied = None;
            }
            if !changes.more {
                return Ok(());
            }
        }
    }

    /// Brings the space's vector index to the ledger's newest generation.
    pub(crate) async fn sync_vector(&self, ledger: &Ledger, space: SpaceId) -> Result<()> {
        loop {
            let index = self.vector(space).await?;
            let since = index.generation().await?;
            let changes = ledger.vector_changes(space, since, PAGE)?;
            if changes.restart {
                self.open_vector.lock().await.remove(&space);
                drop(index);
                remove(&self.vector_dir(space))?;
                continue;
            }
            if changes.reached != since {
                index.apply(&changes.upserts, &changes.deletes).await?;
                index.commit(changes.reached).await?;
            }
            if !changes.more {
                return Ok(());
            }
        }
    }

    /// What the space's index of titles has to do next; `None`: nothing.
    pub(crate) async fn next_titles(&self, ledger: &Ledger, space: SpaceId) -> Result<Option<NextTitles>> {
        loop {
            let index = self.titles(space).await?;
            let changes = ledger.title_changes(space, index.generation().await?, TITLES)?;
            if !changes.restart {
                let waiting = !changes.upserts.is_empty() || !changes.deletes.is_empty();
                return Ok(waiting.then(|| NextTitles::new(index, changes)));
            }
            self.open_titles.lock().await.remove(&space);
            drop(index);
            remove(&self.titles_dir(space))?;
        }
    }

    /// Forgets the removals that all indexes have applied, and merges small files of the vector indexes.
    pub(crate) async fn tidy(&self, ledger: &Ledger, space: SpaceId) -> Result<()> {
        let keyword = self.keyword(space)?.generation()?;
        let vector = self.vector(space).await?;
        let titles = self.titles(space).await?;
        // An index of titles that was never begun, for want of a model, needs no removals.
        let keyword = match titles.generation().await? {
            Generation::ZERO => keyword,
            reached => keyword.min(reached),
        };
        ledger.prune_tombstones(space, keyword, vector.generation().await?)?;
        vector.compact().await?;
        titles.compact().await
    }

    fn keyword_dir(&self, space: SpaceId) -> PathBuf {
        self.dir.join(format!("space-{space}")).join("keyword")
    }

    fn vector_dir(&self, space: SpaceId) -> PathBuf {
        self.dir
            .join(format!("space-{space}"))
            .join(format!("vectors-{}", self.model_id))
    }

    fn titles_dir(&self, space: SpaceId) -> PathBuf {
        self.dir
            .join(format!("space-{space}"))
            .join(format!("titles-{}", self.model_id))
    }
}

/// What stands for a document in the index of titles.
pub(crate) fn title_chunk(document: DocId) -> ChunkId {
    ChunkId(document.0)
}

/// Documents that an index of titles lacks or has too many.
pub(crate) struct NextTitles {
    index: Arc<dyn VectorIndex>,
    changes: Changes,
    /// The texts to embed, each with the place of its document. A document without a title that says anything has none.
    titles: Vec<(usize, String)>,
}

impl NextTitles {
    fn new(index: Arc<dyn VectorIndex>, changes: Changes) -> Self {
        let titles = changes.upserts.iter().enumerate();
        Self {
            titles: titles
                .filter_map(|(place, document)| Some((place, title_text(&document.title)?)))
                .collect(),
            index,
            changes,
        }
    }

    /// The texts to embed.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.titles.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Takes them in. `vectors` are those of the texts, in their order.
    pub(crate) async fn apply(mut self, vectors: Vec<Embedding>) -> Result<()> {
        for ((place, _), vector) in self.titles.iter().zip(vectors) {
            let document = &mut self.changes.upserts[*place];
            document.chunks.push(IndexedChunk {
                id: title_chunk(document.doc_id),
                heading_path: Vec::new(),
                text: String::new(),
                repeated: false,
                embedding: Some(vector),
            });
        }
        let Changes {
            upserts,
            deletes,
            reached,
            ..
        } = &self.changes;
        self.index.apply(upserts, deletes).await?;
        self.index.commit(*reached).await
    }
}

fn remove(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(Error::new(
            ErrorCode::IndexFailed,
            format!("cannot remove the index `{}`", dir.display()),
        )
        .with_source(cause)),
        _ => Ok(()),
    }
}
