//! The last commit as one asker sees it: the segments with the rows that the filter lets pass, and the terms in them.

use std::collections::HashMap;
use std::sync::Arc;

use rushlight_core::SearchFilter;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::termdict::TermDictionary;
use tantivy::{InvertedIndexReader, Searcher, SegmentReader, Term};

use crate::rows::Rows;
use crate::schema::{DATE, EVERYWHERE, Fields, WORD_FIELDS};
use crate::score::{self, Table};

/// What an asker may see of an index.
pub(crate) struct View<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) segments: Vec<Segment<'a>>,
    /// Rows of the space, removed ones that are not yet merged away among them: what statistics are made of.
    pub(crate) chunks: u64,
    /// What a word counts for, by field and length of the field.
    pub(crate) tables: [Table; EVERYWHERE.len()],
}

/// A segment, and the rows of it that may be found.
pub(crate) struct Segment<'a> {
    pub(crate) reader: &'a SegmentReader,
    pub(crate) words: [Arc<InvertedIndexReader>; WORD_FIELDS],
    pub(crate) norms: [FieldNormReader; EVERYWHERE.len()],
    pub(crate) mask: Rows,
}

/// Where a term stands: per segment the fields, by number, with the place of its rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    pub(crate) term: String,
    pub(crate) segments: Vec<Vec<(usize, TermInfo)>>,
    /// Chunks of the space with it: at least so many, since fields are counted apart.
    pub(crate) chunks: u64,
}

impl Postings {
    fn new(term: &str, segments: usize) -> Self {
        Self {
            term: term.to_owned(),
            segments: vec![Vec::new(); segments],
            chunks: 0,
        }
    }

    fn push(&mut self, segment: usize, field: usize, info: TermInfo) {
        let spots = &mut self.segments[segment];
        let before = spots.iter().map(|(_, info)| info.doc_freq).max().unwrap_or(0);
        self.chunks += u64::from(info.doc_freq.saturating_sub(before));
        spots.push((field, info));
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(
        searcher: &'a Searcher,
        fields: &'a Fields,
        filter: &SearchFilter,
    ) -> tantivy::Result<Self> {
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            segments.push(Segment::new(reader, fields, filter)?);
        }
        let chunks: u64 = segments
            .iter()
            .map(|segment| u64::from(segment.reader.max_doc()))
            .sum();
        let tables = std::array::from_fn(|field| {
            let words: u64 = segments
                .iter()
                .map(|segment| segment.words[field].total_num_tokens())
                .sum();
            score::table(field, words as f32 / chunks.max(1) as f32)
        });
        Ok(Self {
            fields,
            segments,
            chunks,
            tables,
        })
    }

    /// A term in some of the fields.
    pub(crate) fn postings(&self, term: &str, fields: &[usize]) -> tantivy::Result<Postings> {
        let mut found = Postings::new(term, self.segments.len());
        for (number, segment) in self.segments.iter().enumerate() {
            for field in fields {
                if let Some(info) = segment.words[*field].terms().get(term)? {
                    found.push(number, *field, info);
                }
            }
        }
        Ok(found)
    }

    /// The terms of some fields that begin with `prefix` and that are to be kept, each with its rows, in order.
    pub(crate) fn terms(
        &self,
        prefix: &str,
        fields: &[usize],
        mut keep: impl FnMut(&str) -> bool,
    ) -> tantivy::Result<Vec<Postings>> {
        let end = after(prefix.as_bytes());
        self.collect(fields, |dictionary, found| {
            let range = dictionary.range().ge(prefix);
            let mut terms = match &end {
                Some(end) => range.lt(end),
                None => range,
            }
            .into_stream()?;
            while let Some((term, info)) = terms.next() {
                if let Ok(term) = std::str::from_utf8(term)
                    && keep(term)
                {
                    found(term, info);
                }
            }
            Ok(())
        })
    }

    /// The terms of some fields that `each` reports from a dictionary, each with its rows, in order.
    pub(crate) fn collect(
        &self,
        fields: &[usize],
        mut each: impl FnMut(&TermDictionary, &mut dyn FnMut(&str, &TermInfo)) -> tantivy::Result<()>,
    ) -> tantivy::Result<Vec<Postings>> {
        let mut all: Vec<Postings> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (number, segment) in self.segments.iter().enumerate() {
            for field in fields {
                each(segment.words[*field].terms(), &mut |term, info| {
                    let at = match known.get(term) {
                        Some(at) => *at,
                        None => {
                            known.insert(term.to_owned(), all.len());
                            all.push(Postings::new(term, self.segments.len()));
                            all.len() - 1
                        }
                    };
                    all[at].push(number, *field, info.clone());
                })?;
            }
        }
        all.sort_unstable_by(|a, b| a.term.cmp(&b.term));
        Ok(all)
    }

    /// Rows that may be found and hold one of the terms.
    pub(crate) fn readable(&self, terms: &[&Postings]) -> tantivy::Result<u64> {
        let mut count = 0;
        for (number, segment) in self.segments.iter().enumerate() {
            let spots = terms.iter().flat_map(|term| &term.segments[number]);
            match spots.clone().count() {
                0 => {}
                // One list names no row twice.
                1 => {
                    for (field, info) in spots {
                        segment.words[*field].each_row(info, |row| {
                            count += u64::from(segment.mask.contains(row));
                        })?;
                    }
                }
                _ => {
                    let mut rows = Rows::none(segment.mask.len());
                    for (field, info) in spots {
                        segment.words[*field].each_row(info, |row| rows.insert(row))?;
                    }
                    rows.keep(&segment.mask);
                    count += rows.count();
                }
            }
        }
        Ok(count)
    }

    /// Weight of what stands in so many chunks.
    pub(crate) fn idf(&self, chunks: u64) -> f32 {
        score::idf(chunks.min(self.chunks), self.chunks)
    }
}

/// The least key after all that begin with `prefix`.
pub(crate) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// Reading of a term's rows, block by block.
pub(crate) trait EachRow {
    /// Calls `row` for each row with the term.
    fn each_row(&self, info: &TermInfo, row: impl FnMut(u32)) -> tantivy::Result<()>;

    /// The same with how often the term stands there.
    fn each_count(&self, info: &TermInfo, row: impl FnMut(u32, u32)) -> tantivy::Result<()>;
}

impl EachRow for InvertedIndexReader {
    fn each_row(&self, info: &TermInfo, mut row: impl FnMut(u32)) -> tantivy::Result<()> {
        let mut blocks = self.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        each_block(&mut blocks, |blocks| {
            blocks.docs().iter().for_each(|number| row(*number));
        });
        Ok(())
    }

    fn each_count(&self, info: &TermInfo, mut row: impl FnMut(u32, u32)) -> tantivy::Result<()> {
        let mut blocks = self.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
        each_block(&mut blocks, |blocks| {
            for (number, count) in blocks.docs().iter().zip(blocks.freqs()) {
                row(*number, *count);
            }
        });
        Ok(())
    }
}

fn each_block(blocks: &mut BlockSegmentPostings, mut block: impl FnMut(&BlockSegmentPostings)) {
    while !blocks.docs().is_empty() {
        block(blocks);
        blocks.advance();
    }
}

impl<'a> Segment<'a> {
    fn new(reader: &'a SegmentReader, fields: &Fields, filter: &SearchFilter) -> tantivy::Result<Self> {
        let words: Vec<_> = fields
            .words
            .iter()
            .map(|field| reader.inverted_index(*field))
            .collect::<Result<_, _>>()?;
        let norms: Vec<_> = EVERYWHERE
            .iter()
            .map(|number| reader.get_fieldnorms_reader(fields.words[*number]))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            reader,
            words: words.try_into().ok().expect("one reader per field"),
            norms: norms.try_into().ok().expect("one reader per field"),
            mask: mask(reader, fields, filter)?,
        })
    }

    /// Rows with one of these terms.
    pub(crate) fn with_any(&self, terms: &[(Field, Term)]) -> tantivy::Result<Rows> {
        with_any(self.reader, terms)
    }

    /// Rows whose date is at or after `from` and before `until`.
    pub(crate) fn dated(&self, from: Option<i64>, until: Option<i64>) -> tantivy::Result<Rows> {
        dated(self.reader, from, until)
    }
}

fn with_any(reader: &SegmentReader, terms: &[(Field, Term)]) -> tantivy::Result<Rows> {
    let mut rows = Rows::none(reader.max_doc());
    for (field, term) in terms {
        let inverted = reader.inverted_index(*field)?;
        if let Some(info) = inverted.get_term_info(term)? {
            inverted.each_row(&info, |row| rows.insert(row))?;
        }
    }
    Ok(rows)
}

fn dated(reader: &SegmentReader, from: Option<i64>, until: Option<i64>) -> tantivy::Result<Rows> {
    let dates = reader.fast_fields().i64(DATE)?;
    let mut rows = Rows::none(reader.max_doc());
    for row in 0..reader.max_doc() {
        let inside = dates.first(row).is_some_and(|date| {
            from.is_none_or(|from| date >= from) && until.is_none_or(|until| date < until)
        });
        if inside {
            rows.insert(row);
        }
    }
    Ok(rows)
}

/// The rows of a segment that the filter lets pass.
fn mask(reader: &SegmentReader, fields: &Fields, filter: &SearchFilter) -> tantivy::Result<Rows> {
    let SearchFilter {
        principals,
        sources,
        kinds,
        from,
        until,
    } = filter;
    let principals: Vec<_> = principals
        .iter()
        .map(|principal| (fields.access, Term::from_field_text(fields.access, &principal.0)))
        .collect();
    let mut mask = with_any(reader, &principals)?;
    if !sources.is_empty() {
        let sources: Vec<_> = sources
            .iter()
            .map(|source| (fields.source, Term::from_field_i64(fields.source, source.0)))
            .collect();
        mask.keep(&with_any(reader, &sources)?);
    }
    if !kinds.is_empty() {
        mask.keep(&with_any(reader, &fields.kinds(kinds))?);
    }
    if from.is_some() || until.is_some() {
        mask.keep(&dated(
            reader,
            from.map(|from| from.0),
            until.map(|until| until.0),
        )?);
    }
    if let Some(alive) = reader.alive_bitset() {
        let mut gone = Rows::none(mask.len());
        for row in mask.iter().filter(|row| alive.is_deleted(*row)) {
            gone.insert(row);
        }
        mask.remove(&gone);
    }
    Ok(mask)
}

impl Fields {
    /// The terms of these kinds.
    pub(crate) fn kinds(&self, kinds: &[rushlight_core::DocumentKind]) -> Vec<(Field, Term)> {
        kinds
            .iter()
            .map(|kind| (self.kind, Term::from_field_text(self.kind, kind.as_str())))
            .collect()
    }
}
