//! Words that stand together, and words that stand near each other.

use tantivy::DocSet;
use tantivy::TERMINATED;
use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::schema::IndexRecordOption;

use crate::rows::Rows;
use crate::score::saturated;
use crate::view::{Postings, Segment, View};

/// Words in their order, each with its distance from the first.
#[derive(Debug)]
pub(crate) struct Phrase {
    pub(crate) typed: String,
    pub(crate) terms: Vec<(u32, Postings)>,
    pub(crate) fields: Vec<usize>,
    /// Sum of the words' weights by rarity.
    pub(crate) idf: f32,
    pub(crate) weight: f32,
}

/// Words or phrases, two or more, with at most so many words between the first and the last that belong to none of them.
#[derive(Debug)]
pub(crate) struct Near {
    pub(crate) parts: Vec<Part>,
    pub(crate) fields: Vec<usize>,
    pub(crate) distance: u32,
}

/// A word or phrase that others are near.
#[derive(Debug)]
pub(crate) struct Part {
    /// As in a phrase.
    pub(crate) terms: Vec<(u32, Postings)>,
    /// Words, or characters of Chinese, that it is long.
    pub(crate) length: u32,
}

impl Phrase {
    /// The rows of `mask` with the phrase in one of the fields; their scores are added.
    pub(crate) fn run(
        &self,
        view: &View<'_>,
        number: usize,
        mask: &Rows,
        scores: Option<&mut [f32]>,
    ) -> tantivy::Result<Rows> {
        let segment = &view.segments[number];
        let mut all = Rows::none(mask.len());
        let mut occurrences = scores.is_some().then(|| segment.column());
        for field in &self.fields {
            let Some(mut reader) = Together::open(segment, number, *field, &self.terms)? else {
                continue;
            };
            while let Some(row) = reader.next(mask) {
                all.insert(row);
                if let Some(occurrences) = &mut occurrences {
                    let code = segment.norms[*field].fieldnorm_id(row) as usize;
                    occurrences[row as usize] += reader.starts.len() as f32 * view.tables[*field][code];
                }
            }
        }
        if let (Some(scores), Some(mut occurrences)) = (scores, occurrences) {
            for row in all.iter() {
                let occurrences = std::mem::take(&mut occurrences[row as usize]);
                scores[row as usize] += self.weight * self.idf * saturated(occurrences);
            }
        }
        Ok(all)
    }
}

impl Near {
    /// The rows of `mask` in one of whose fields the parts are near each other.
    pub(crate) fn run(&self, segment: &Segment<'_>, number: usize, mask: &Rows) -> tantivy::Result<Rows> {
        let mut all = Rows::none(mask.len());
        for field in &self.fields {
            let mut readers = Vec::new();
            for part in &self.parts {
                readers.extend(Together::open(segment, number, *field, &part.terms)?);
            }
            if readers.len() < self.parts.len() {
                continue;
            }
            let mut rows = mask.clone();
            'rows: while let Some(row) = readers[0].next(&rows) {
                for other in &mut readers[1..] {
                    if !other.stands_in(row) {
                        continue 'rows;
                    }
                }
                if gap(&readers, &self.parts) <= i64::from(self.distance) {
                    all.insert(row);
                }
            }
            rows.remove(&all);
        }
        Ok(all)
    }
}

/// The least number of words between the first and the last of one occurrence of each part, their own not counted.
fn gap(readers: &[Together], parts: &[Part]) -> i64 {
    let own: i64 = parts.iter().map(|part| i64::from(part.length)).sum();
    let mut at = vec![0; parts.len()];
    let mut least = i64::MAX;
    loop {
        let starts: Vec<i64> = readers
            .iter()
            .zip(&at)
            .map(|(reader, at)| i64::from(reader.starts[*at]))
            .collect();
        let ends = starts
            .iter()
            .zip(parts)
            .map(|(start, part)| start + i64::from(part.length));
        let (first, from) = starts
            .iter()
            .enumerate()
            .min_by_key(|(_, start)| **start)
            .expect("two parts or more");
        least = least.min(ends.max().expect("two parts or more") - from - own);
        at[first] += 1;
        if at[first] == readers[first].starts.len() {
            return least;
        }
    }
}

/// Reads where a phrase stands in one field, row by row.
struct Together {
    /// From the rarest word on.
    words: Vec<(u32, SegmentPostings)>,
    begun: bool,
    /// Where the phrase begins in the current row, in order.
    starts: Vec<u32>,
    scratch: Vec<u32>,
}

impl Together {
    /// `None` where one of the words does not stand in the field.
    fn open(
        segment: &Segment<'_>,
        number: usize,
        field: usize,
        terms: &[(u32, Postings)],
    ) -> tantivy::Result<Option<Self>> {
        let mut words = Vec::with_capacity(terms.len());
        for (offset, term) in terms {
            let Some(spot) = term.at(number).find(|spot| spot.field == field) else {
                return Ok(None);
            };
            let postings = segment.words[field]
                .read_postings_from_terminfo(&spot.info, IndexRecordOption::WithFreqsAndPositions)?;
            words.push((*offset, postings));
        }
        words.sort_by_key(|(_, postings)| postings.doc_freq());
        Ok((!words.is_empty()).then(|| Self {
            words,
            begun: false,
            starts: Vec::new(),
            scratch: Vec::new(),
        }))
    }

    /// The next row of `mask` with the phrase.
    fn next(&mut self, mask: &Rows) -> Option<u32> {
        loop {
            let first = &mut self.words[0].1;
            let row = if self.begun { first.advance() } else { first.doc() };
            self.begun = true;
            if row == TERMINATED {
                return None;
            }
            if mask.contains(row) && self.stands_in(row) {
                return Some(row);
            }
        }
    }

    /// Whether the phrase stands in a row, which is not before any that was asked about.
    fn stands_in(&mut self, row: u32) -> bool {
        for (_, postings) in &mut self.words {
            let at = postings.doc();
            if at != row && (at > row || postings.seek(row) != row) {
                return false;
            }
        }
        let (offset, first) = &mut self.words[0];
        first.positions(&mut self.starts);
        shift(&mut self.starts, *offset);
        for (offset, postings) in &mut self.words[1..] {
            if self.starts.is_empty() {
                break;
            }
            postings.positions(&mut self.scratch);
            shift(&mut self.scratch, *offset);
            let scratch = &self.scratch;
            self.starts.retain(|start| scratch.binary_search(start).is_ok());
        }
        !self.starts.is_empty()
    }
}

/// Positions of words as the beginnings that a phrase would have.
fn shift(positions: &mut Vec<u32>, offset: u32) {
    positions.retain(|position| *position >= offset);
    positions.iter_mut().for_each(|position| *position -= offset);
}
