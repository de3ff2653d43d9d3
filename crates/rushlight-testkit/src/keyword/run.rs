//! One query against every chunk, one after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rushlight_core::{
    ChunkId, Clause, Correction, DocId, DocumentKind, FieldFrequency, IndexedChunk, IndexedDocument,
    KeywordHit, MatchKind, Node, Occur, Query, QueryField, REPEATED_WEIGHT, ScorePart, SearchFilter,
    TermFound,
};

use super::asked::{finished_terms, node_ranks, plain_text, ranks, readable, typed_terms};
use super::spelling::distance;
use super::suggest::plain;
use crate::contract::admits;
use crate::words::{Word, all_terms, terms, words};

/// Saturation of term frequency and weight of length, as in Robertson and Zaragoza (2009).
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// How often a word of title, keywords or headings counts.
const TITLE_WEIGHT: f32 = 3.0;
/// Weight of a word that was corrected, and of a piece of a word.
const CORRECTION_WEIGHT: f32 = 0.6;
const PIECE_WEIGHT: f32 = 0.5;
/// Words that are searched instead of one that nobody wrote.
const MAX_CORRECTIONS: usize = 3;

/// What a query came to.
pub(super) struct Run<'d> {
    /// Chunks found, with what each owes its score to.
    pub(super) found: Vec<(Row<'d>, Vec<ScorePart>)>,
    pub(super) newest_first: bool,
    pub(super) by_part: bool,
    pub(super) corrections: Vec<Correction>,
    pub(super) terms: Vec<TermFound>,
}

impl<'d> Run<'d> {
    pub(super) fn of(
        documents: &'d BTreeMap<DocId, IndexedDocument>,
        query: &Query,
        filter: &SearchFilter,
    ) -> Self {
        let rows: Vec<Row<'d>> = documents.values().flat_map(Row::of).collect();
        let query = readable(query, 0);
        let readable: Vec<&Row<'_>> = rows.iter().filter(|row| admits(filter, row.document)).collect();
        let index = Index::new(&rows, readable);
        let terms = index.terms(&query);
        let corrections = index.corrections(&query);
        let mut found: Vec<(Row<'d>, Vec<ScorePart>)> = Vec::new();
        let plain_text = plain_text(&query);
        let met = |row: &Row<'_>| index.query(row, &query, &corrections);
        let any = index.readable.iter().any(|row| met(row).is_some());
        let mut by_part = false;
        for row in &index.readable {
            let typed = met(row);
            let piece = match &plain_text {
                Some((text, rest)) if !any => index.piece(row, text, rest),
                _ => None,
            };
            by_part |= piece.is_some();
            let total = |parts: &Vec<ScorePart>| parts.iter().map(|part| part.contribution).sum::<f32>();
            let best = typed
                .into_iter()
                .chain(piece)
                .max_by(|a, b| total(a).total_cmp(&total(b)));
            found.extend(best.map(|parts| ((*row).clone(), parts)));
        }
        let newest_first = !query.clauses.is_empty() && !ranks(&query);
        Self {
            found,
            newest_first,
            by_part,
            corrections,
            terms,
        }
    }
}

/// A chunk, ready to be scored.
#[derive(Clone)]
pub(super) struct Row<'a> {
    pub(super) chunk_id: ChunkId,
    document: &'a IndexedDocument,
    pub(super) weight: f32,
    /// Title, keywords, headings and text, each by itself so that no phrase runs across.
    fields: Vec<(&'static str, Vec<Word>)>,
    frequencies: HashMap<String, f32>,
    length: f32,
}

impl<'a> Row<'a> {
    fn of(document: &'a IndexedDocument) -> impl Iterator<Item = Row<'a>> {
        document
            .chunks
            .iter()
            .map(|chunk| Self::of_chunk(document, chunk))
    }

    fn of_chunk(document: &'a IndexedDocument, chunk: &'a IndexedChunk) -> Self {
        let facts = &document.facts;
        let people = facts.authors.iter().chain(&facts.recipients);
        let keywords = people.chain(&facts.tags).chain(&document.keywords);
        let around = std::iter::once(("title", &document.title))
            .chain(keywords.map(|text| ("keywords", text)))
            .chain(chunk.heading_path.iter().map(|text| ("headings", text)));
        let mut fields = Vec::new();
        let mut frequencies: HashMap<String, f32> = HashMap::new();
        for (name, text) in around.chain([("text", &chunk.text)]) {
            let weight = if name == "text" { 1.0 } else { TITLE_WEIGHT };
            let field = words(text);
            for term in all_terms(&field) {
                *frequencies.entry(term).or_default() += weight;
            }
            fields.push((name, field));
        }
        Row {
            chunk_id: chunk.id,
            document,
            weight: if chunk.repeated { REPEATED_WEIGHT } else { 1.0 },
            fields,
            length: frequencies.values().sum(),
            frequencies,
        }
    }

    /// Its date, and the hit. A chunk that nothing ranks has score 1.
    pub(super) fn hit(&self, parts: &[ScorePart]) -> (i64, KeywordHit) {
        let total: f32 = parts.iter().map(|part| part.contribution).sum();
        let hit = KeywordHit {
            chunk_id: self.chunk_id,
            doc_id: self.document.doc_id,
            score: if parts.is_empty() {
                1.0
            } else {
                self.weight * total
            },
        };
        (self.document.date.0, hit)
    }

    fn has(&self, term: &str) -> bool {
        self.frequencies.contains_key(term)
    }

    fn frequencies(&self, term: &str) -> Vec<FieldFrequency> {
        let mut counts: BTreeMap<&'static str, u32> = BTreeMap::new();
        for (name, words) in &self.fields {
            let count = all_terms(words).iter().filter(|held| *held == term).count();
            *counts.entry(name).or_default() += count as u32;
        }
        counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(field, count)| FieldFrequency {
                field,
                term: term.to_owned(),
                count,
            })
            .collect()
    }

    /// Where a phrase begins, by field.
    fn starts(&self, phrase: &[Word]) -> Vec<Vec<usize>> {
        self.fields
            .iter()
            .map(|(_, field)| starts(field, phrase))
            .collect()
    }

    fn has_phrase(&self, phrase: &[Word]) -> bool {
        self.starts(phrase).iter().any(|starts| !starts.is_empty())
    }

    fn has_near(&self, parts: &[Vec<Word>], distance: u32) -> bool {
        self.fields.iter().any(|(_, field)| {
            let all: Vec<Vec<usize>> = parts.iter().map(|part| starts(field, part)).collect();
            near(&all, parts, distance, &mut Vec::new())
        })
    }
}

fn starts(field: &[Word], phrase: &[Word]) -> Vec<usize> {
    if phrase.is_empty() {
        return Vec::new();
    }
    let stands = |window: &[Word]| window.iter().zip(phrase).all(|(a, b)| a.text == b.text);
    let windows = field.windows(phrase.len()).enumerate();
    windows
        .filter(|(_, window)| stands(window))
        .map(|(at, _)| at)
        .collect()
}

/// Whether one start of each part can be chosen so that no more than `distance` words of none of them stand between.
fn near(all: &[Vec<usize>], parts: &[Vec<Word>], distance: u32, chosen: &mut Vec<usize>) -> bool {
    if chosen.len() < all.len() {
        return all[chosen.len()].iter().any(|start| {
            chosen.push(*start);
            let found = near(all, parts, distance, chosen);
            chosen.pop();
            found
        });
    }
    let first = chosen.iter().min().copied().unwrap_or(0);
    let ends = chosen.iter().zip(parts).map(|(start, part)| start + part.len());
    let own: usize = parts.iter().map(Vec::len).sum();
    ends.max().unwrap_or(0) - first <= own + distance as usize
}

struct Index<'r, 'd> {
    rows: &'r [Row<'d>],
    readable: Vec<&'r Row<'d>>,
    mean: f32,
}

impl<'r, 'd> Index<'r, 'd> {
    fn new(rows: &'r [Row<'d>], readable: Vec<&'r Row<'d>>) -> Self {
        let mean = rows.iter().map(|row| row.length).sum::<f32>() / rows.len().max(1) as f32;
        Self { rows, readable, mean }
    }

    fn idf(&self, holding: usize) -> f32 {
        let (all, holding) = (self.rows.len() as f32, holding as f32);
        (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
    }

    fn holding(&self, term: &str) -> usize {
        self.rows.iter().filter(|row| row.has(term)).count()
    }

    fn readable_with(&self, term: &str) -> u64 {
        self.readable.iter().filter(|row| row.has(term)).count() as u64
    }

    fn terms(&self, query: &Query) -> Vec<TermFound> {
        typed_terms(query)
            .into_iter()
            .map(|term| {
                let chunks = self.readable_with(&term);
                let holding = if chunks == 0 { 0 } else { self.holding(&term) };
                TermFound {
                    chunks,
                    idf: self.idf(holding),
                    identifier: term.chars().any(|c| c.is_numeric()),
                    term,
                }
            })
            .collect()
    }

    fn corrections(&self, query: &Query) -> Vec<Correction> {
        let unknown = finished_terms(query).into_iter().filter(|term| {
            let letters = term.chars().count();
            letters >= 4 && term.chars().all(is_latin) && self.readable_with(term) == 0
        });
        unknown.flat_map(|term| self.meant(&term)).collect()
    }

    fn meant(&self, typed: &str) -> Vec<Correction> {
        let furthest = if typed.chars().count() >= 8 { 2 } else { 1 };
        let known: BTreeSet<&String> = self
            .readable
            .iter()
            .flat_map(|row| row.frequencies.keys())
            .collect();
        // How far, and whether the first letter is wrong; two mistakes are looked for where it is right.
        let far = |word: &String| (distance(typed, word), typed.chars().next() != word.chars().next());
        let mut near: Vec<((usize, bool), std::cmp::Reverse<u64>, &String)> = known
            .into_iter()
            .filter(|word| word.chars().nth(2).is_some() && word.chars().all(is_latin))
            .map(|word| (far(word), std::cmp::Reverse(self.readable_with(word)), word))
            .filter(|((far, _), ..)| (1..=furthest).contains(far))
            .filter(|(far, ..)| *far != (2, true))
            .collect();
        near.sort();
        let nearest = near.first().map(|(far, ..)| *far);
        near.into_iter()
            .filter(|(far, ..)| Some(*far) == nearest)
            .take(MAX_CORRECTIONS)
            .map(|(.., word)| Correction {
                typed: typed.to_owned(),
                meant: word.clone(),
            })
            .collect()
    }

    /// What a row owes its score to; `None` where it does not meet the query.
    fn query(&self, row: &Row<'_>, query: &Query, corrections: &[Correction]) -> Option<Vec<ScorePart>> {
        if query.clauses.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        let (mut wanted, mut any_wanted, mut ranking_required) = (false, false, false);
        for Clause { occur, node } in &query.clauses {
            let met = match occur {
                Occur::Excluded => self.node(row, node, &[]),
                _ => self.node(row, node, corrections),
            };
            match (occur, met) {
                (Occur::Excluded, Some(_)) | (Occur::Required, None) => return None,
                (Occur::Excluded, None) => {}
                (Occur::Required, Some(some)) => {
                    ranking_required |= node_ranks(node);
                    parts.extend(some);
                }
                (Occur::Wanted, met) => {
                    wanted = true;
                    any_wanted |= met.is_some();
                    parts.extend(met.into_iter().flatten());
                }
            }
        }
        (!wanted || any_wanted || ranking_required).then_some(parts)
    }

    fn node(&self, row: &Row<'_>, node: &Node, corrections: &[Correction]) -> Option<Vec<ScorePart>> {
        let met = |met: bool| met.then(Vec::new);
        match node {
            Node::Text(text) => {
                let parts = self.text(row, text, corrections);
                (!parts.is_empty()).then_some(parts)
            }
            Node::Phrase(text) => {
                let phrase = words(text);
                row.has_phrase(&phrase).then(|| vec![self.phrase(row, &phrase)])
            }
            Node::Prefix(text) => self.prefix(row, text),
            Node::Near { parts, distance } => {
                let all: Vec<Vec<Word>> = parts.iter().map(|part| words(part)).collect();
                let scores = || all.iter().map(|part| self.phrase(row, part)).collect();
                row.has_near(&all, *distance).then(scores)
            }
            Node::Field { field, node } => self.field(row, *field, node),
            Node::Dates { from, until } => {
                let date = row.document.date;
                met(from.is_none_or(|from| date >= from) && until.is_none_or(|until| date < until))
            }
            Node::Kinds(kinds) => met(kinds.contains(&row.document.kind)),
            Node::Folder { sources, .. } => met(sources.contains(&row.document.source_id)),
            Node::HasAttachment => met(row.document.facts.has_attachment),
            Node::Everything => met(true),
            Node::Nothing | Node::Space(_) => None,
            Node::Group(query) => self.query(row, query, corrections),
        }
    }

    fn text(&self, row: &Row<'_>, text: &str, corrections: &[Correction]) -> Vec<ScorePart> {
        let mut parts = Vec::new();
        for term in typed_terms(&Query::plain(text)) {
            if row.has(&term) {
                parts.push(self.part(row, &term, &term, MatchKind::Exact, 1.0));
            }
            let meant = corrections
                .iter()
                .filter(|correction| correction.typed == term && row.has(&correction.meant))
                .map(|correction| {
                    self.part(
                        row,
                        &term,
                        &correction.meant,
                        MatchKind::Correction,
                        CORRECTION_WEIGHT,
                    )
                });
            parts.extend(meant.max_by(|a, b| a.contribution.total_cmp(&b.contribution)));
        }
        parts
    }

    fn part(&self, row: &Row<'_>, typed: &str, term: &str, how: MatchKind, weight: f32) -> ScorePart {
        let holding = self.holding(term);
        let idf = self.idf(holding);
        let tf = row.frequencies.get(term).copied().unwrap_or(0.0);
        let saturated = tf * (K1 + 1.0) / (tf + K1 * (1.0 - B + B * row.length / self.mean));
        ScorePart {
            typed: typed.to_owned(),
            how,
            frequencies: row.frequencies(term),
            chunks: Some(self.readable_with(term)),
            idf,
            weight,
            contribution: weight * idf * saturated,
        }
    }

    fn phrase(&self, row: &Row<'_>, phrase: &[Word]) -> ScorePart {
        let some = terms(phrase);
        let parts = some
            .iter()
            .map(|term| self.part(row, term, term, MatchKind::Phrase, 1.0));
        let (idf, contribution) = parts.fold((0.0, 0.0), |(idf, sum), part| {
            (idf + part.idf, sum + part.contribution)
        });
        ScorePart {
            typed: plain(phrase),
            how: MatchKind::Phrase,
            idf,
            weight: 1.0,
            contribution,
            ..ScorePart::default()
        }
    }

    fn prefix(&self, row: &Row<'_>, text: &str) -> Option<Vec<ScorePart>> {
        let begun = words(text);
        let fields: Vec<&[Word]> = row.fields.iter().map(|(_, field)| field.as_slice()).collect();
        begun_in(&fields, &begun).then(|| {
            let last = begun.last().map(|word| word.text.clone()).unwrap_or_default();
            let some = row.frequencies.keys().filter(|term| term.starts_with(&last));
            let best = some
                .map(|term| self.part(row, &last, term, MatchKind::Prefix, 1.0))
                .max_by(|a, b| a.contribution.total_cmp(&b.contribution));
            best.into_iter().collect()
        })
    }

    /// Where the letters of the text stand, though within words.
    fn piece(&self, row: &Row<'_>, text: &str, rest: &Query) -> Option<Vec<ScorePart>> {
        let text = plain(&words(text));
        let stands = row.fields.iter().any(|(_, field)| plain(field).contains(&text));
        let met =
            stands && !text.is_empty() && (rest.clauses.is_empty() || self.query(row, rest, &[]).is_some());
        let idf = self.idf(0);
        met.then(|| {
            vec![ScorePart {
                typed: text,
                how: MatchKind::Piece,
                idf,
                weight: PIECE_WEIGHT,
                contribution: PIECE_WEIGHT * idf,
                ..ScorePart::default()
            }]
        })
    }

    fn field(&self, row: &Row<'_>, field: QueryField, node: &Node) -> Option<Vec<ScorePart>> {
        let facts = &row.document.facts;
        let title = || {
            let met = in_texts(std::slice::from_ref(&row.document.title), node);
            met.then(|| {
                let asked = typed(node).map(|text| terms(&words(text))).unwrap_or_default();
                asked
                    .iter()
                    .map(|term| self.part(row, term, term, MatchKind::Exact, 1.0))
                    .collect()
            })
        };
        let met = |met: bool| met.then(Vec::new);
        match field {
            QueryField::Title => title(),
            QueryField::Subject if row.document.kind == DocumentKind::Mail => title(),
            QueryField::Subject => None,
            QueryField::From => met(in_texts(&facts.authors, node)),
            QueryField::To => met(in_texts(&facts.recipients, node)),
            QueryField::Path => met(in_texts(&[facts.path.clone(), facts.part.clone()], node)),
            QueryField::Tag => met(facts.tags.iter().any(|tag| levels(tag, '/', node))),
            QueryField::Language => met(facts.language.iter().any(|tag| levels(tag, '-', node))),
            QueryField::Thread => met(self.in_thread(row, typed(node)?)),
        }
    }

    fn in_thread(&self, row: &Row<'_>, id: &str) -> bool {
        let facts = &row.document.facts;
        let is_it = |other: &Option<String>| other.as_deref() == Some(id);
        let named: BTreeSet<&String> = self
            .readable
            .iter()
            .filter(|other| is_it(&other.document.facts.message_id))
            .filter_map(|other| other.document.facts.thread_id.as_ref())
            .collect();
        is_it(&facts.message_id)
            || is_it(&facts.thread_id)
            || facts.thread_id.iter().any(|thread| named.contains(thread))
    }
}

fn is_latin(letter: char) -> bool {
    letter.is_alphabetic() && u32::from(letter) < 0x250
}

fn typed(node: &Node) -> Option<&str> {
    match node {
        Node::Text(text) | Node::Phrase(text) | Node::Prefix(text) => Some(text),
        _ => None,
    }
}

/// Whether all words but the last stand together in a field, and the last, or one that begins so, stands in one. Ideographs
/// are not begun: all of them stand together.
fn begun_in(fields: &[&[Word]], begun: &[Word]) -> bool {
    let stand = |phrase: &[Word]| fields.iter().any(|field| !starts(field, phrase).is_empty());
    match begun.split_last() {
        None => false,
        Some((last, _)) if last.ideograph => stand(begun),
        Some((last, before)) => {
            let begins = |word: &Word| word.text.starts_with(&last.text);
            (before.is_empty() || stand(before)) && fields.iter().any(|field| field.iter().any(begins))
        }
    }
}

fn in_texts(texts: &[String], node: &Node) -> bool {
    let fields: Vec<Vec<Word>> = texts.iter().map(|text| words(text)).collect();
    let any = |met: &dyn Fn(&[Word]) -> bool| fields.iter().any(|field| met(field));
    match node {
        Node::Text(text) => {
            let held: BTreeSet<String> = fields.iter().flat_map(|field| all_terms(field)).collect();
            let asked = terms(&words(text));
            !asked.is_empty() && asked.iter().all(|term| held.contains(term))
        }
        Node::Phrase(text) => any(&|field| !starts(field, &words(text)).is_empty()),
        Node::Prefix(text) => {
            let fields: Vec<&[Word]> = fields.iter().map(Vec::as_slice).collect();
            begun_in(&fields, &words(text))
        }
        _ => false,
    }
}

/// Whether a name of several levels is what was asked for, or is below it.
fn levels(name: &str, sign: char, node: &Node) -> bool {
    let fold = |text: &str| {
        let levels: Vec<String> = text.split(sign).map(|level| plain(&words(level))).collect();
        levels.join(&sign.to_string())
    };
    let (name, Some(asked)) = (fold(name), typed(node).map(fold)) else {
        return false;
    };
    match node {
        Node::Prefix(_) => name.starts_with(&asked),
        _ => name == asked || name.starts_with(&format!("{asked}{sign}")),
    }
}
