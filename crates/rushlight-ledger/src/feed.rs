//! The change feeds, from which both indexes are built and kept.

use std::collections::HashSet;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, Generation, IndexedChunk, IndexedDocument, IndexedFacts, Principal, Result,
    SourceId, SpaceId, TextSpan, Timestamp,
};
use rusqlite::{Connection, Row, params};

use crate::failure::{Failure, Outcome};
use crate::records::Changes;
use crate::{Ledger, encode, sources, text};

/// A page ends early once its documents have so many bytes of text together.
const PAGE_TEXT_BYTES: i64 = 16 << 20;

/// Which index is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feed {
    /// Every document.
    Keyword,
    /// Every document all of whose chunks have their embedding, without those chunks that are to have none.
    Vector,
}

impl Feed {
    /// Its number in the table of tombstones.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Keyword => 0,
            Self::Vector => 1,
        }
    }

    /// The column of `documents` with its generation.
    fn column(self) -> &'static str {
        match self {
            Self::Keyword => "generation",
            Self::Vector => "vector_generation",
        }
    }

    /// The column of `spaces` up to which its tombstones are forgotten.
    fn pruned_column(self) -> &'static str {
        match self {
            Self::Keyword => "keyword_pruned",
            Self::Vector => "vector_pruned",
        }
    }
}

/// What the documents of a page bring along.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bring {
    /// Their chunks with text.
    Text,
    /// Their chunks with vectors.
    Vectors,
    /// No chunks.
    Nothing,
}

/// One entry of a feed.
enum Entry {
    Write { document: i64, text_bytes: i64 },
    Remove(DocId),
}

impl Ledger {
    /// What the keyword index of `space` has to do after `since`: at most `max_docs` documents, at least one if there
    /// is any. Documents come with their text and without vectors.
    ///
    /// # Errors
    /// `SpaceNotFound`, else `LedgerFailed`.
    pub fn keyword_changes(&self, space: SpaceId, since: Generation, max_docs: usize) -> Result<Changes> {
        self.store
            .read(|db| changes(db, Feed::Keyword, Bring::Text, space, since, max_docs))
    }

    /// The same for the index of titles, which reads the keyword feed. Documents come without chunks.
    ///
    /// # Errors
    /// `SpaceNotFound`, else `LedgerFailed`.
    pub fn title_changes(&self, space: SpaceId, since: Generation, max_docs: usize) -> Result<Changes> {
        self.store
            .read(|db| changes(db, Feed::Keyword, Bring::Nothing, space, since, max_docs))
    }

    /// The same for the vector index. Documents come with their vectors and without text. A document some of whose
    /// embeddings are missing since it changed is among the removals.
    ///
    /// # Errors
    /// `SpaceNotFound`, else `LedgerFailed`.
    pub fn vector_changes(&self, space: SpaceId, since: Generation, max_docs: usize) -> Result<Changes> {
        self.store
            .read(|db| changes(db, Feed::Vector, Bring::Vectors, space, since, max_docs))
    }

    /// Whether an index that is opened at generation `at` can go on from there. False when it is newer than the ledger,
    /// or older than the removals that are remembered: it is then to be emptied and built from zero. To be asked when
    /// an index is opened, not while it is being built.
    ///
    /// # Errors
    /// `SpaceNotFound`, else `LedgerFailed`.
    pub fn can_resume(&self, feed: Feed, space: SpaceId, at: Generation) -> Result<bool> {
        self.store.read(|db| {
            let newest = sources::generation_of(db, space)?;
            let sql = format!("SELECT {} FROM spaces WHERE id = ?1", feed.pruned_column());
            let pruned: i64 = db.prepare_cached(&sql)?.query_row([space.0], |row| row.get(0))?;
            Ok(at == Generation::ZERO || (at.0 >= pruned && at <= newest))
        })
    }

    /// Documents that were written or removed after `since`: an index at that generation need not have them right.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents_changed_since(
        &self,
        feed: Feed,
        space: SpaceId,
        since: Generation,
    ) -> Result<HashSet<DocId>> {
        self.store.read(|db| {
            let column = feed.column();
            let sql = format!(
                "SELECT doc_id FROM documents WHERE space_id = ?1 AND {column} > ?2
                 UNION ALL SELECT doc_id FROM tombstones WHERE space_id = ?1 AND feed = ?3 AND generation > ?2"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let rows = statement.query_map(params![space.0, since.0, feed.number()], |row| Ok(DocId(row.get(0)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets removals that both indexes have durably passed; returns how many.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn prune_tombstones(&self, space: SpaceId, keyword: Generation, vectors: Generation) -> Result<u64> {
        self.store.write(|db| {
            let mut pruned = 0;
            for (feed, passed) in [(Feed::Keyword, keyword), (Feed::Vector, vectors)] {
                let column = feed.pruned_column();
                let sql = format!("UPDATE spaces SET {column} = max({column}, ?2) WHERE id = ?1 AND generation >= ?2");
                let newest: Option<i64> = db
                    .prepare_cached(
                        "SELECT max(generation) FROM tombstones WHERE space_id = ?1 AND feed = ?2 AND generation <= ?3",
                    )?
                    .query_row(params![space.0, feed.number(), passed.0], |row| row.get(0))?;
                let Some(newest) = newest else { continue };
                db.prepare_cached(&sql)?.execute(params![space.0, newest])?;
                pruned += db
                    .prepare_cached("DELETE FROM tombstones WHERE space_id = ?1 AND feed = ?2 AND generation <= ?3")?
                    .execute(params![space.0, feed.number(), newest])? as u64;
            }
            Ok(pruned)
        })
    }

    /// Every chunk that the keyword index of `space` holds when it is up to date, in any order.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn chunk_ids(&self, space: SpaceId) -> Result<Vec<(ChunkId, DocId)>> {
        self.store.read(|db| all_chunks(db, Feed::Keyword, space))
    }

    /// The same for the vector index.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn vector_chunk_ids(&self, space: SpaceId) -> Result<Vec<(ChunkId, DocId)>> {
        self.store.read(|db| all_chunks(db, Feed::Vector, space))
    }

    /// The title of every document of `space`, in any order.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn titles(&self, space: SpaceId) -> Result<Vec<(DocId, String)>> {
        self.store.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT doc_id, title FROM documents WHERE space_id = ?1")?;
            let rows = statement.query_map([space.0], |row| Ok((DocId(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn all_chunks(db: &Connection, feed: Feed, space: SpaceId) -> Outcome<Vec<(ChunkId, DocId)>> {
    let with_vectors = match feed {
        Feed::Keyword => "",
        Feed::Vector => " AND NOT chunks.repeated",
    };
    let sql = format!(
        "SELECT chunks.chunk_id, documents.doc_id FROM documents JOIN chunks ON chunks.document = documents.id
         WHERE documents.space_id = ?1 AND documents.{} IS NOT NULL{with_vectors}",
        feed.column()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([space.0], |row| Ok((ChunkId(row.get(0)?), DocId(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn changes(
    db: &Connection,
    feed: Feed,
    bring: Bring,
    space: SpaceId,
    since: Generation,
    max_docs: usize,
) -> Outcome<Changes> {
    let newest = sources::generation_of(db, space)?;
    if since > newest {
        return Ok(Changes {
            reached: since,
            restart: true,
            ..Changes::default()
        });
    }
    let max_docs = max_docs.max(1);
    let entries = entries_after(db, feed, space, since, max_docs)?;
    let mut page = Changes {
        reached: newest,
        ..Changes::default()
    };
    let mut last = since;
    let mut bytes = 0;
    for (taken, (generation, entry)) in entries.into_iter().enumerate() {
        let size = match entry {
            Entry::Write { text_bytes, .. } if bring != Bring::Nothing => text_bytes,
            Entry::Write { .. } | Entry::Remove(_) => 0,
        };
        if taken == max_docs || (taken > 0 && bytes + size > PAGE_TEXT_BYTES) {
            page.reached = last;
            page.more = true;
            break;
        }
        bytes += size;
        last = generation;
        match entry {
            Entry::Write { document, .. } => page.upserts.push(indexed_document(db, bring, document)?),
            Entry::Remove(doc_id) => page.deletes.push(doc_id),
        }
    }
    Ok(page)
}

/// The feed's entries after `since` in order, one more than a page takes.
fn entries_after(
    db: &Connection,
    feed: Feed,
    space: SpaceId,
    since: Generation,
    max_docs: usize,
) -> Outcome<Vec<(Generation, Entry)>> {
    let limit = i64::try_from(max_docs).unwrap_or(i64::MAX - 1).saturating_add(1);
    let column = feed.column();
    let sql = format!(
        "SELECT {column}, id, text_bytes FROM documents WHERE space_id = ?1 AND {column} > ?2 ORDER BY {column} LIMIT ?3"
    );
    let mut entries: Vec<(Generation, Entry)> = db
        .prepare_cached(&sql)?
        .query_map(params![space.0, since.0, limit], |row| {
            Ok((
                Generation(row.get(0)?),
                Entry::Write {
                    document: row.get(1)?,
                    text_bytes: row.get(2)?,
                },
            ))
        })?
        .collect::<Result<_, _>>()?;
    let mut tombstones = db.prepare_cached(
        "SELECT generation, doc_id FROM tombstones WHERE space_id = ?1 AND feed = ?2 AND generation > ?3
         ORDER BY generation LIMIT ?4",
    )?;
    let removals = tombstones.query_map(params![space.0, feed.number(), since.0, limit], |row| {
        Ok((Generation(row.get(0)?), Entry::Remove(DocId(row.get(1)?))))
    })?;
    for removal in removals {
        entries.push(removal?);
    }
    entries.sort_by_key(|(generation, _)| *generation);
    Ok(entries)
}

fn indexed_document(db: &Connection, bring: Bring, document: i64) -> Outcome<IndexedDocument> {
    let mut statement = db.prepare_cached(
        "SELECT documents.doc_id, documents.source_id, documents.kind, documents.date, access_sets.principals,
             documents.title, documents.metadata, files.path, documents.part
         FROM documents JOIN access_sets ON access_sets.id = documents.access JOIN files ON files.id = documents.file_id
         WHERE documents.id = ?1",
    )?;
    let mut rows = statement.query([document])?;
    let row = rows
        .next()?
        .ok_or_else(|| Failure::Malformed("documents", format!("row {document} is missing")))?;
    let metadata = encode::metadata_from_json(row.get_ref(6)?.as_str()?)?;
    let path: String = row.get(7)?;
    let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
    let part: String = row.get(8)?;
    let has_attachment = !metadata.attachments.is_empty() || is_attachment(&part);
    let mut keywords: Vec<String> = metadata.attachments.into_iter().map(|one| one.name).collect();
    keywords.extend(metadata.list);
    keywords.extend(metadata.aliases);
    keywords.push(name);
    let access: Vec<Principal> = encode::access_from_json(row.get_ref(4)?.as_str()?)?;
    Ok(IndexedDocument {
        doc_id: DocId(row.get(0)?),
        source_id: SourceId(row.get(1)?),
        kind: kind_from_row(row, 2)?,
        date: Timestamp(row.get(3)?),
        access,
        title: row.get(5)?,
        keywords,
        facts: IndexedFacts {
            authors: metadata.authors,
            recipients: metadata.recipients,
            tags: metadata.tags,
            path,
            part: named_part(&part),
            language: metadata.language,
            message_id: metadata.message_id,
            thread_id: metadata.thread_id,
            has_attachment,
        },
        chunks: match bring {
            Bring::Text => chunks_with_text(db, document)?,
            Bring::Vectors => chunks_with_vectors(db, document)?,
            Bring::Nothing => Vec::new(),
        },
    })
}

/// Whether a part is one that a mail carries: `part:2`, `message:3/part:2`.
fn is_attachment(part: &str) -> bool {
    part.rsplit('/')
        .next()
        .is_some_and(|last| last.starts_with("part:"))
}

/// A part without its numbers, which move when others before it go: the names that people may look for.
pub(crate) fn named_part(part: &str) -> String {
    let numbered = |name: &&str| name.starts_with("message:") || name.starts_with("part:");
    let names: Vec<&str> = part.split('/').filter(|name| !numbered(name)).collect();
    names.join("/")
}

fn chunks_with_text(db: &Connection, document: i64) -> Outcome<Vec<IndexedChunk>> {
    let whole = text::whole(db, document)?;
    let mut statement = db.prepare_cached(
        "SELECT chunk_id, heading_path, span_start, span_end, repeated FROM chunks WHERE document = ?1 ORDER BY ordinal",
    )?;
    let mut rows = statement.query([document])?;
    let mut chunks = Vec::new();
    while let Some(row) = rows.next()? {
        let span = span_from_row(row, 2)?;
        let text = span
            .of(&whole)
            .ok_or_else(|| Failure::Malformed("chunks.span_start", format!("{span:?}")))?;
        chunks.push(IndexedChunk {
            id: ChunkId(row.get(0)?),
            heading_path: encode::from_json("chunks.heading_path", row.get_ref(1)?.as_str()?)?,
            text: text.to_owned(),
            repeated: row.get(4)?,
            embedding: None,
        });
    }
    Ok(chunks)
}

fn chunks_with_vectors(db: &Connection, document: i64) -> Outcome<Vec<IndexedChunk>> {
    let mut statement = db.prepare_cached(
        "SELECT chunks.chunk_id, chunks.heading_path, embeddings.vector
         FROM chunks JOIN embeddings ON embeddings.key = chunks.embedding_key
         WHERE chunks.document = ?1 AND NOT chunks.repeated ORDER BY chunks.ordinal",
    )?;
    let mut rows = statement.query([document])?;
    let mut chunks = Vec::new();
    while let Some(row) = rows.next()? {
        chunks.push(IndexedChunk {
            id: ChunkId(row.get(0)?),
            heading_path: encode::from_json("chunks.heading_path", row.get_ref(1)?.as_str()?)?,
            text: String::new(),
            repeated: false,
            embedding: Some(encode::vector_from_bytes(row.get_ref(2)?.as_blob()?)?),
        });
    }
    Ok(chunks)
}

/// A document's kind from its column.
pub(crate) fn kind_from_row(row: &Row<'_>, at: usize) -> Outcome<DocumentKind> {
    let name: String = row.get(at)?;
    DocumentKind::from_name(&name).ok_or_else(|| Failure::Malformed("documents.kind", format!("`{name}`")))
}

/// A span from two columns.
pub(crate) fn span_from_row(row: &Row<'_>, at: usize) -> Outcome<TextSpan> {
    let (start, end): (i64, i64) = (row.get(at)?, row.get(at + 1)?);
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) if start <= end => Ok(TextSpan { start, end }),
        _ => Err(Failure::Malformed("chunks.span_start", format!("{start}..{end}"))),
    }
}
