//! The last commit as one asker sees it: the segments with the rows that the filter lets pass, and the terms in them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rushlight_analysis::Pattern;
use rushlight_core::SearchFilter;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, Postings as _, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::termdict::TermDictionary;
use tantivy::{DocSet, InvertedIndexReader, Searcher, SegmentReader, TERMINATED, Term};

use crate::begun::{Begun, BegunCache};
use crate::rows::Rows;
use crate::schema::{DATE, EVERYWHERE, Fields, WORD_FIELDS};
use crate::score::{self, Counted, Table};
use crate::stands::Stands;

/// What an asker may see of an index.
pub(crate) struct View<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) segments: Vec<Segment<'a>>,
    /// Rows of the space, removed ones that are not yet merged away among them: what statistics are made of.
    pub(crate) chunks: u64,
    /// What a word counts for, by field and length of the field.
    pub(crate) tables: [Table; EVERYWHERE.len()],
    /// The same of a word that stands in one field only, by field.
    pub(crate) counted: [Counted; EVERYWHERE.len()],
    kept: &'a BegunCache,
}

/// A segment, and the rows of it that may be found.
pub(crate) struct Segment<'a> {
    pub(crate) reader: &'a SegmentReader,
    pub(crate) words: [Arc<InvertedIndexReader>; WORD_FIELDS],
    pub(crate) norms: [FieldNormReader; EVERYWHERE.len()],
    pub(crate) mask: Rows,
    /// Columns that nobody uses at the moment, all zeros.
    columns: RefCell<Vec<Vec<f32>>>,
}

/// A number for each row of a segment. It is asked of the system once in a search, for a column of a million rows costs as much as
/// reading a word's rows; so whoever has one leaves it as it was found: all zeros.
pub(crate) struct Column<'s> {
    of: &'s RefCell<Vec<Vec<f32>>>,
    values: Vec<f32>,
}

impl Deref for Column<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values
    }
}

impl DerefMut for Column<'_> {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

impl Drop for Column<'_> {
    fn drop(&mut self) {
        self.of.borrow_mut().push(std::mem::take(&mut self.values));
    }
}

/// Where a term stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    pub(crate) term: String,
    /// By segment, then field.
    spots: Vec<Spot>,
    /// Chunks of the space with it: at least so many, since fields are counted apart.
    pub(crate) chunks: u64,
}

/// A term in one field of one segment.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) segment: usize,
    pub(crate) field: usize,
    pub(crate) info: TermInfo,
}

impl Postings {
    fn new(term: &str) -> Self {
        Self {
            term: term.to_owned(),
            ..Self::default()
        }
    }

    fn push(&mut self, segment: usize, field: usize, info: TermInfo) {
        let before = self.at(segment).map(|spot| spot.info.doc_freq).max().unwrap_or(0);
        self.chunks += u64::from(info.doc_freq.saturating_sub(before));
        self.spots.push(Spot { segment, field, info });
    }

    /// All places where it stands.
    pub(crate) fn places(&self) -> &[Spot] {
        &self.spots
    }

    /// The fields of a segment that it stands in.
    pub(crate) fn at(&self, segment: usize) -> impl Iterator<Item = &Spot> + Clone {
        self.spots.iter().filter(move |spot| spot.segment == segment)
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(
        searcher: &'a Searcher,
        fields: &'a Fields,
        kept: &'a BegunCache,
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
            counted: tables.map(Counted::of),
            kept,
            tables,
        })
    }

    /// A term in some of the fields.
    pub(crate) fn postings(&self, term: &str, fields: &[usize]) -> tantivy::Result<Postings> {
        let mut found = Postings::new(term);
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
                            all.push(Postings::new(term));
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

    /// The places of all terms that match a pattern, without saying which term is where.
    pub(crate) fn places(&self, pattern: &Pattern, fields: &[usize]) -> tantivy::Result<Vec<Spot>> {
        let mut spots = Vec::new();
        for (segment, field, dictionary) in self.dictionaries(fields) {
            let mut take = |info: &TermInfo| {
                spots.push(Spot {
                    segment,
                    field,
                    info: info.clone(),
                });
            };
            match pattern {
                Pattern::Exact(term) => dictionary.get(term)?.iter().for_each(take),
                Pattern::Prefix(prefix) => {
                    let range = dictionary.range().without_keys().ge(prefix);
                    let mut terms = match after(prefix.as_bytes()) {
                        Some(end) => range.lt(end),
                        None => range,
                    }
                    .into_stream()?;
                    while terms.advance() {
                        take(terms.value());
                    }
                }
                Pattern::Suffix(text) => matching(dictionary, Stands::at_the_end(text), take)?,
                Pattern::Infix(text) => matching(dictionary, Stands::anywhere(text), take)?,
            }
        }
        Ok(spots)
    }

    /// What begins with `prefix` in each segment, and the terms that are the most frequent in some dictionary, at most so many
    /// of each, in order.
    pub(crate) fn begun(
        &self,
        prefix: &str,
        fields: &[usize],
        most: usize,
    ) -> tantivy::Result<(Vec<Arc<Begun>>, Vec<Postings>)> {
        let of = |(number, segment)| self.kept.of(segment, number, prefix, fields, most);
        let begun: Vec<Arc<Begun>> = (self.segments.iter().enumerate().map(of)).collect::<Result<_, _>>()?;
        let frequent: BTreeSet<&String> = begun.iter().flat_map(|begun| &begun.frequent).collect();
        let terms = frequent.into_iter().map(|term| self.postings(term, fields));
        let terms = terms.collect::<Result<_, _>>()?;
        Ok((begun, terms))
    }

    fn dictionaries(&self, fields: &[usize]) -> impl Iterator<Item = (usize, usize, &TermDictionary)> {
        self.segments
            .iter()
            .enumerate()
            .flat_map(move |(number, segment)| {
                let dictionary = move |field: &usize| (number, *field, segment.words[*field].terms());
                fields.iter().map(dictionary)
            })
    }

    /// Rows that may be found and hold one of the terms.
    pub(crate) fn readable(&self, terms: &[Postings]) -> tantivy::Result<u64> {
        let mut count = 0;
        for (number, segment) in self.segments.iter().enumerate() {
            let spots = terms.iter().flat_map(move |term| term.at(number));
            // One list names no row twice.
            if spots.clone().count() == 1 {
                for Spot { field, info, .. } in spots {
                    segment.words[*field].each_row(info, |row| {
                        count += u64::from(segment.mask.contains(row));
                    })?;
                }
                continue;
            }
            let mut rows = Rows::none(segment.mask.len());
            for Spot { field, info, .. } in spots {
                segment.words[*field].each_row(info, |row| rows.insert(row))?;
            }
            rows.keep(&segment.mask);
            count += rows.count();
        }
        Ok(count)
    }

    /// Whether a row that may be found is at one of the places.
    pub(crate) fn is_readable<'p>(
        &self,
        places: impl IntoIterator<Item = &'p Spot>,
    ) -> tantivy::Result<bool> {
        for spot in places {
            let segment = &self.segments[spot.segment];
            if segment.words[spot.field].has_row_in(&spot.info, &segment.mask)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Weight of what stands in so many chunks.
    pub(crate) fn idf(&self, chunks: u64) -> f32 {
        score::idf(chunks.min(self.chunks), self.chunks)
    }
}

/// Reports the places of the terms that an automaton accepts.
fn matching(
    dictionary: &TermDictionary,
    automaton: Stands,
    mut take: impl FnMut(&TermInfo),
) -> tantivy::Result<()> {
    let mut terms = dictionary.search(&automaton).without_keys().into_stream()?;
    while terms.advance() {
        take(terms.value());
    }
    Ok(())
}

/// The least key after all that begin with `prefix`.
pub(crate) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// How many rows of a list are read in the time in which one is looked up.
const LOOK_UP: u64 = 8;

/// Reading of a term's rows, block by block.
pub(crate) trait EachRow {
    /// Calls `row` for each row with the term.
    fn each_row(&self, info: &TermInfo, row: impl FnMut(u32)) -> tantivy::Result<()>;

    /// Whether one of the rows with the term is among these.
    fn has_row_in(&self, info: &TermInfo, rows: &Rows) -> tantivy::Result<bool>;

    /// The same as [`EachRow::each_row`] with how often the term stands there.
    fn each_count(&self, info: &TermInfo, row: impl FnMut(u32, u32)) -> tantivy::Result<()>;

    /// The same where only some rows, so many, are asked about: all of these that have the term are reported, and others may be. Where
    /// they are few each is looked up, and what lies between them is not read.
    fn each_count_of(
        &self,
        info: &TermInfo,
        rows: &Rows,
        count: u64,
        row: impl FnMut(u32, u32),
    ) -> tantivy::Result<()>;
}

impl EachRow for InvertedIndexReader {
    fn each_row(&self, info: &TermInfo, mut row: impl FnMut(u32)) -> tantivy::Result<()> {
        let mut blocks = self.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        each_block(&mut blocks, |blocks| {
            blocks.docs().iter().for_each(|number| row(*number));
        });
        Ok(())
    }

    fn has_row_in(&self, info: &TermInfo, rows: &Rows) -> tantivy::Result<bool> {
        let mut blocks = self.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
        while !blocks.docs().is_empty() {
            if blocks.docs().iter().any(|row| rows.contains(*row)) {
                return Ok(true);
            }
            blocks.advance();
        }
        Ok(false)
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

    fn each_count_of(
        &self,
        info: &TermInfo,
        rows: &Rows,
        count: u64,
        mut row: impl FnMut(u32, u32),
    ) -> tantivy::Result<()> {
        if count * LOOK_UP >= u64::from(info.doc_freq) {
            return self.each_count(info, row);
        }
        let mut postings = self.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
        for number in rows.iter() {
            if postings.doc() < number && postings.seek(number) == TERMINATED {
                break;
            }
            if postings.doc() == number {
                row(number, postings.term_freq());
            }
        }
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
    /// A zero for each row.
    pub(crate) fn column(&self) -> Column<'_> {
        let values = self.columns.borrow_mut().pop();
        Column {
            of: &self.columns,
            values: values.unwrap_or_else(|| vec![0.0; self.mask.len() as usize]),
        }
    }

    /// Rows at any of many places, which are in this segment.
    pub(crate) fn rows_at<'p>(&self, places: impl Iterator<Item = &'p Spot>) -> tantivy::Result<Rows> {
        let mut rows = Rows::none(self.mask.len());
        let mut readers: [Option<BlockSegmentPostings>; WORD_FIELDS] = Default::default();
        for Spot { field, info, .. } in places {
            let words = &self.words[*field];
            let blocks = match &mut readers[*field] {
                Some(blocks) => {
                    words.reset_block_postings_from_terminfo(info, blocks)?;
                    blocks
                }
                none => none.insert(words.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?),
            };
            each_block(blocks, |blocks| {
                blocks.docs().iter().for_each(|row| rows.insert(*row))
            });
        }
        Ok(rows)
    }

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
            columns: RefCell::default(),
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
        mask.keep(&with_any(reader, &fields.sources(sources))?);
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

    /// The terms of these sources.
    pub(crate) fn sources(&self, sources: &[rushlight_core::SourceId]) -> Vec<(Field, Term)> {
        sources
            .iter()
            .map(|source| (self.source, Term::from_field_i64(self.source, source.0)))
            .collect()
    }
}
