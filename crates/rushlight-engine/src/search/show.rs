//! From chunks to hits: what is shown of them, read from the ledger as it is now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rushlight_core::{
    Chunk, ChunkId, DocId, DocumentKind, Hit, MorePassage, RelatedDocument, Relation, Result, SearchRequest,
    TextSpan,
};
use rushlight_ingest::place_of;
use rushlight_ledger::ChunkRecord;
use rushlight_retrieval::FusedChunk;
use rushlight_retrieval::context::{Placed, Stretch, join};
use rushlight_retrieval::families::{Candidate, fold};
use rushlight_retrieval::group::{Group, GroupOptions, Grouped, group};

use super::asked::Asked;
use super::legs::Words;
use super::rank::Ranked;
use super::texts::Texts;
use crate::document::may_read;
use crate::engine::Shared;

/// Other places of a document that are named at most, other passages and related documents that are shown at most.
const PLACES: usize = 20;
/// Chunks that are looked at for what stands together, at least.
const LOOKED_AT: usize = 50;
/// Bytes of neighbouring passages that are joined at most.
const STRETCH_BYTES: usize = 4 * 1024;

/// A chunk that may be shown.
struct Entry<'a> {
    fused: &'a FusedChunk,
    record: Arc<ChunkRecord>,
    /// What is shown of it: fields that stand before a text are searched, and no text to read or to quote.
    chunk: Chunk,
}

/// What stands together, as indices into the entries.
struct Together {
    best: usize,
    places: Vec<usize>,
    related: Vec<(usize, Relation)>,
}

impl Shared {
    /// The best hits, as many as the request or a reranker wants. A chunk that is gone since, or that the asker may no
    /// longer read, is left out; the same chunk of a document that lies in several places is one hit.
    pub(super) fn show(
        &self,
        request: &SearchRequest,
        asked: &Asked,
        words: &Words,
        ranked: &Ranked,
        texts: &mut Texts<'_>,
    ) -> Result<Vec<Hit>> {
        let limit = self.hits_to_bring(request);
        let mut entries: Vec<Entry<'_>> = Vec::new();
        let mut together = Vec::new();
        let mut pages = ranked.chunks.chunks(limit.clamp(LOOKED_AT, 256)).peekable();
        while let Some(page) = pages.next() {
            let ids: Vec<ChunkId> = page.iter().map(|chunk| chunk.chunk_id).collect();
            texts.read(&ids)?;
            let first = first_passages(texts, &ids)?;
            for fused in page {
                let Some(record) = texts.get(fused.chunk_id) else {
                    continue;
                };
                let instead = first.get(&fused.chunk_id).and_then(|id| texts.get(*id));
                let shown = instead.unwrap_or(record);
                let chunk = shown.passage().unwrap_or_else(|| shown.chunk.clone());
                let is_there =
                    |entry: &Entry<'_>| is_same_place(&entry.record, record) || entry.chunk.id == chunk.id;
                if may_read(&record.access, &request.principals) && !entries.iter().any(is_there) {
                    entries.push(Entry {
                        fused,
                        record: Arc::clone(record),
                        chunk,
                    });
                }
            }
            let groups = grouped(request, &entries);
            // Folding compares texts, and makes no more of the groups.
            if groups.len() < limit && pages.peek().is_some() {
                continue;
            }
            together = put_together(request, asked, &entries, &groups);
            if together.len() >= limit {
                break;
            }
        }
        together.truncate(limit);
        together
            .iter()
            .map(|one| self.hit(request, asked, words, ranked, &entries, one))
            .collect()
    }

    fn hit(
        &self,
        request: &SearchRequest,
        asked: &Asked,
        words: &Words,
        ranked: &Ranked,
        entries: &[Entry<'_>],
        together: &Together,
    ) -> Result<Hit> {
        let Entry { fused, record, chunk } = &entries[together.best];
        let marks = |text: &str| {
            let factory = self.indexes.factory();
            factory.highlight(&asked.query, &words.found.corrections, text)
        };
        let related = together.related.iter().take(PLACES);
        Ok(Hit {
            also_at: self
                .ledger
                .documents_alike(record.chunk.doc_id, &request.principals, PLACES)?,
            online: record.online,
            doc_id: record.chunk.doc_id,
            highlights: marks(&chunk.text),
            more: match request.typing {
                true => counted(entries, &together.places),
                false => self.more(entries, &together.places, &marks)?,
            },
            related: related
                .map(|(index, relation)| related_document(&entries[*index].record, *relation))
                .collect(),
            why: match request.explain {
                true => Some(self.why(asked, ranked, fused, record.space_id)?),
                false => None,
            },
            chunk: chunk.clone(),
            content_hash: record.content_hash,
            title: record.title.clone(),
            path: record.path.clone(),
            part: record.part.clone(),
            kind: record.kind,
            date: record.date,
            space_id: record.space_id,
            space: record.space.clone(),
            scores: fused.scores,
        })
    }

    /// The other passages of a hit's document; those that follow one another are one.
    fn more(
        &self,
        entries: &[Entry<'_>],
        places: &[usize],
        marks: &dyn Fn(&str) -> Vec<TextSpan>,
    ) -> Result<Vec<MorePassage>> {
        let places = &places[..places.len().min(PLACES)];
        let mut more = Vec::new();
        for Stretch {
            document,
            span,
            members,
            best,
        } in join(&placed(entries, places), STRETCH_BYTES)
        {
            let mut chunk = entries[places[best]].chunk.clone();
            if members.len() > 1
                && let Some(whole) = self.ledger.document(document)?
                && let Some(text) = span.of(&whole.text)
            {
                chunk.text = text.to_owned();
                chunk.span = span;
                chunk.locator = place_of(&whole.text, &whole.blocks, &whole.lines, span);
            }
            more.push(MorePassage {
                highlights: marks(&chunk.text),
                chunk,
            });
        }
        Ok(more)
    }
}

/// The other passages of a hit's document for somebody who types on: how many there are is seen, what is in them is not yet. So
/// nothing is marked in them, and none is put together from its document.
fn counted(entries: &[Entry<'_>], places: &[usize]) -> Vec<MorePassage> {
    let places = &places[..places.len().min(PLACES)];
    join(&placed(entries, places), STRETCH_BYTES)
        .into_iter()
        .map(|stretch| MorePassage {
            chunk: entries[places[stretch.best]].chunk.clone(),
            highlights: Vec::new(),
        })
        .collect()
}

/// Where these entries stand.
fn placed(entries: &[Entry<'_>], places: &[usize]) -> Vec<Placed<DocId>> {
    places
        .iter()
        .map(|index| {
            let chunk = &entries[*index].chunk;
            Placed {
                document: chunk.doc_id,
                ordinal: chunk.ordinal as usize,
                span: chunk.span,
            }
        })
        .collect()
}

/// For each chunk that is nothing but fields before a text, the one that its document is shown with.
fn first_passages(texts: &mut Texts<'_>, chunks: &[ChunkId]) -> Result<HashMap<ChunkId, ChunkId>> {
    let read = chunks.iter().filter_map(|id| texts.get(*id));
    let fields: Vec<(ChunkId, DocId)> = read
        .filter(|record| record.chunk.span.end <= record.text_begins)
        .map(|record| (record.chunk.id, record.chunk.doc_id))
        .collect();
    let documents: Vec<DocId> = fields.iter().map(|(_, document)| *document).collect();
    let first = texts.first_of(&documents)?;
    let instead = fields
        .into_iter()
        .filter_map(|(fields, document)| Some((fields, *first.get(&document)?)));
    Ok(instead.collect())
}

/// Whether two chunks are one that lies in several places: of the same bytes of one space, cut at the same place.
fn is_same_place(a: &ChunkRecord, b: &ChunkRecord) -> bool {
    a.content_hash == b.content_hash
        && a.space_id == b.space_id
        && a.chunk.span.start == b.chunk.span.start
        && a.chunk.text == b.chunk.text
}

fn related_document(record: &ChunkRecord, relation: Relation) -> RelatedDocument {
    RelatedDocument {
        doc_id: record.chunk.doc_id,
        content_hash: record.content_hash,
        title: record.title.clone(),
        path: record.path.clone(),
        part: record.part.clone(),
        date: record.date,
        relation,
    }
}

/// Chunks of one document and mails of one conversation together, where that is wanted; otherwise each by itself.
fn grouped(request: &SearchRequest, entries: &[Entry<'_>]) -> Vec<Group> {
    let hits: Vec<Grouped<'_, DocId>> = entries
        .iter()
        .map(|Entry { record, .. }| Grouped {
            document: record.chunk.doc_id,
            thread: record
                .thread_id
                .as_deref()
                .filter(|_| record.kind == DocumentKind::Mail),
        })
        .collect();
    let options = GroupOptions {
        documents: request.grouped,
        threads: request.grouped,
    };
    group(&hits, options)
}

/// Versions of one document together too, where anything is.
fn put_together(
    request: &SearchRequest,
    asked: &Asked,
    entries: &[Entry<'_>],
    groups: &[Group],
) -> Vec<Together> {
    if !request.grouped {
        let alone = |group: &Group| Together {
            best: group.best,
            places: Vec::new(),
            related: Vec::new(),
        };
        return groups.iter().map(alone).collect();
    }
    let documents: Vec<Candidate<'_>> = groups
        .iter()
        .map(|group| {
            let record = &entries[group.best].record;
            let chunks = std::iter::once(&group.best).chain(&group.places);
            Candidate {
                title: &record.title,
                path: &record.path,
                date: record.date,
                chunks: chunks.map(|index| &*entries[*index].record.chunk.text).collect(),
            }
        })
        .collect();
    fold(&asked.about, &documents)
        .into_iter()
        .map(|family| {
            let shown = &groups[family.shown];
            let mut seen = HashSet::from([entries[shown.best].record.chunk.doc_id]);
            let versions = family
                .others
                .iter()
                .map(|other| (groups[*other].best, Relation::Version));
            let mails = shown.thread.iter().map(|index| (*index, Relation::Conversation));
            Together {
                best: shown.best,
                places: shown.places.clone(),
                related: versions
                    .chain(mails)
                    .filter(|(index, _)| seen.insert(entries[*index].record.chunk.doc_id))
                    .collect(),
            }
        })
        .collect()
}
