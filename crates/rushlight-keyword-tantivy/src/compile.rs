//! From a query to a plan for one view of an index.

use std::collections::HashSet;

use rushlight_analysis::{Pattern, TermKind, Token, analyze, is_identifier, variants};
use rushlight_core::{Clause, Correction, MatchKind, Node, Occur, Query, TermFound};
use tantivy::Term;

use crate::keys::key;
use crate::last_resort::pieces;
use crate::plan::{Constant, Plan, Sum, Way, Word};
use crate::positions::{Near, Part, Phrase};
use crate::schema::EVERYWHERE;
use crate::view::{Postings, View};
use crate::words;

/// Bytes of a query that are looked at.
pub(crate) const MAX_BYTES: usize = 32 * 1024;
/// Distinct terms that are searched, and those whose stems, corrections and numbers are looked for.
const MAX_TERMS: usize = 512;
const MAX_TELLING: usize = 64;
/// Phrases, prefixes and parts of `Near` that are searched, and terms of one.
const MAX_PHRASES: usize = 32;
pub(crate) const MAX_PHRASE_TERMS: usize = 64;
/// Groups in groups that are looked into.
const MAX_DEPTH: usize = 32;
/// Words with a prefix that are counted one by one; the others count alike.
const MAX_FORMS: usize = 48;

/// Weight of a word as it is written, and by its stem: a text with the word itself has both. Measured on the training
/// questions of SciFact: nDCG@10 0.673 without stems, 0.690 at 0.6 and 0.4, 0.696 here and at 0.3 and 0.7.
const EXACT_WEIGHT: f32 = 0.4;
const STEM_WEIGHT: f32 = 0.6;
/// Weight of what prose joins by a sign, beside its words; an identifier counts whole.
const JOINED_WEIGHT: f32 = 0.5;
/// Weight of a character of Chinese beside the pairs it is in; it finds nothing by itself. Pairs alone: nDCG@10 0.971 on
/// DRCD's questions, 0.974 with this.
const CHARACTER_WEIGHT: f32 = 0.3;
/// Weight of a part of a word in CamelCase.
const PART_WEIGHT: f32 = 0.5;
/// Weight of a word that begins so, of one from another region, and of one that was corrected.
const PREFIX_WEIGHT: f32 = 0.8;
const VARIANT_WEIGHT: f32 = 0.9;
const CORRECTION_WEIGHT: f32 = 0.6;

/// A query made ready.
pub(crate) struct Compiled {
    /// `None` where the query says nothing.
    pub(crate) plan: Option<Plan>,
    pub(crate) corrections: Vec<Correction>,
    pub(crate) terms: Vec<TermFound>,
    pub(crate) characters: Vec<(String, f32)>,
}

/// Makes a query ready.
pub(crate) fn compile(query: &Query, view: &View<'_>) -> tantivy::Result<Compiled> {
    let mut compiler = Compiler {
        view,
        bytes: MAX_BYTES,
        terms_left: MAX_TERMS,
        phrases_left: MAX_PHRASES,
        telling_left: MAX_TELLING,
        terms: Vec::new(),
        characters: Vec::new(),
        corrections: Vec::new(),
    };
    let plan = compiler.query(query, 0)?;
    Ok(Compiled {
        plan,
        corrections: compiler.corrections,
        terms: compiler.terms,
        characters: compiler.characters,
    })
}

/// The beginning of a text, of at most so many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Words, pairs and lone characters with their distances from the first, and how many words or characters they cover.
struct Sequence {
    terms: Vec<(u32, String)>,
    length: u32,
}

/// What the clauses of a query, or of a group, have to know of one another.
#[derive(Default)]
struct Level {
    /// Terms that are looked for already.
    seen: HashSet<String>,
    /// Words that a clause takes for the beginning of one: they may not be finished, and are no mistake.
    begun: HashSet<String>,
}

impl Level {
    fn of(query: &Query) -> Self {
        let asked = |clause: &&Clause| clause.occur != Occur::Excluded;
        let begun = query
            .clauses
            .iter()
            .filter(asked)
            .filter_map(|clause| match &clause.node {
                Node::Prefix(text) => {
                    begun_word(&analyze(cut(text, MAX_BYTES))).map(|word| word.term.clone())
                }
                _ => None,
            });
        Self {
            seen: HashSet::new(),
            begun: begun.collect(),
        }
    }
}

/// The last word of a text, unless something else is behind it.
fn begun_word(tokens: &[Token]) -> Option<&Token> {
    let last = tokens.iter().rfind(|token| token.kind == TermKind::Word);
    last.filter(|last| tokens.iter().all(|token| token.end <= last.end))
}

pub(crate) struct Compiler<'v, 'a> {
    pub(crate) view: &'v View<'a>,
    bytes: usize,
    terms_left: usize,
    phrases_left: usize,
    telling_left: usize,
    terms: Vec<TermFound>,
    characters: Vec<(String, f32)>,
    corrections: Vec<Correction>,
}

impl Compiler<'_, '_> {
    fn query(&mut self, query: &Query, depth: usize) -> tantivy::Result<Option<Plan>> {
        if depth > MAX_DEPTH {
            return Ok(None);
        }
        let mut sum = Sum::default();
        let mut level = Level::of(query);
        for Clause { occur, node } in &query.clauses {
            let plan = match occur {
                Occur::Excluded => self.literal(node, depth)?,
                Occur::Wanted => self.node(node, depth, &mut level)?,
                Occur::Required => self.node(node, depth, &mut Level::default())?,
            };
            let into = match occur {
                Occur::Wanted => &mut sum.wanted,
                Occur::Required => &mut sum.required,
                Occur::Excluded => &mut sum.excluded,
            };
            into.extend(plan);
        }
        let says_nothing = sum.required.is_empty() && sum.wanted.is_empty() && sum.excluded.is_empty();
        Ok((!says_nothing).then_some(Plan::Sum(sum)))
    }

    fn node(&mut self, node: &Node, depth: usize, level: &mut Level) -> tantivy::Result<Option<Plan>> {
        match node {
            Node::Text(text) => self.text(text, level),
            Node::Phrase(text) => self.phrase(text, EVERYWHERE),
            Node::Prefix(text) => self.prefix(text, EVERYWHERE),
            Node::Near { parts, distance } => self.near(parts, *distance),
            Node::Field { field, node } => self.field(*field, node),
            Node::Group(query) => self.query(query, depth + 1),
            Node::Dates { .. }
            | Node::Kinds(_)
            | Node::Space(_)
            | Node::Folder { .. }
            | Node::HasAttachment
            | Node::Everything
            | Node::Nothing => Ok(self.condition(node)),
        }
    }

    /// What is excluded is what was typed, and nothing that is only like it.
    fn literal(&mut self, node: &Node, depth: usize) -> tantivy::Result<Option<Plan>> {
        match node {
            Node::Text(text) => {
                let words = self.exact_words(text, EVERYWHERE)?;
                Ok((!words.is_empty()).then_some(Plan::Best(words)))
            }
            Node::Group(query) if depth < MAX_DEPTH => {
                let mut sum = Sum::default();
                for Clause { occur, node } in &query.clauses {
                    let plan = self.literal(node, depth + 1)?;
                    match occur {
                        Occur::Wanted => sum.wanted.extend(plan),
                        Occur::Required => sum.required.extend(plan),
                        Occur::Excluded => sum.excluded.extend(plan),
                    }
                }
                let says_nothing =
                    sum.required.is_empty() && sum.wanted.is_empty() && sum.excluded.is_empty();
                Ok((!says_nothing).then_some(Plan::Sum(sum)))
            }
            Node::Group(_) => Ok(None),
            _ => self.node(node, depth, &mut Level::default()),
        }
    }

    fn condition(&self, node: &Node) -> Option<Plan> {
        let fields = self.view.fields;
        Some(match node {
            Node::Dates { from, until } => Plan::Dates(from.map(|from| from.0), until.map(|until| until.0)),
            Node::Kinds(kinds) => Plan::Raw(fields.kinds(kinds)),
            Node::Folder { sources, .. } => Plan::Raw(fields.sources(sources)),
            Node::HasAttachment => Plan::Raw(vec![(
                fields.attachment,
                Term::from_field_bool(fields.attachment, true),
            )]),
            Node::Everything => Plan::All,
            Node::Nothing => Plan::Nothing,
            _ => return None,
        })
    }

    /// The tokens of a text that are looked for, within what may be read of the query.
    fn tokens(&mut self, text: &str) -> Vec<Token> {
        let text = cut(text, self.bytes);
        self.bytes -= text.len();
        analyze(text)
    }

    /// Words, pairs and lone characters, which together say all that stands in a text, with their distances.
    fn sequence(&mut self, text: &str) -> Sequence {
        let tokens = self.tokens(text);
        let tokens: Vec<Token> = tokens
            .into_iter()
            .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Pair | TermKind::Alone))
            .take(MAX_PHRASE_TERMS.min(self.terms_left))
            .collect();
        self.terms_left -= tokens.len();
        let first = tokens.first().map_or(0, |token| token.position);
        let end = |token: &Token| token.position + 1 + usize::from(token.kind == TermKind::Pair);
        Sequence {
            length: tokens.last().map_or(0, |token| (end(token) - first) as u32),
            terms: tokens
                .into_iter()
                .map(|token| ((token.position - first) as u32, token.term))
                .collect(),
        }
    }

    fn text(&mut self, text: &str, level: &mut Level) -> tantivy::Result<Option<Plan>> {
        let text = cut(text, self.bytes);
        let (characters, tokens): (Vec<Token>, Vec<Token>) = self
            .tokens(text)
            .into_iter()
            .partition(|token| token.kind == TermKind::Single);
        let identifiers: Vec<(usize, usize)> = tokens
            .iter()
            .filter(|token| is_identifier(token))
            .map(|token| (token.start, token.end))
            .collect();
        let mut wanted: Vec<(Token, Plan)> = Vec::new();
        for token in tokens {
            if self.terms_left == 0 || !level.seen.insert(token.term.clone()) {
                continue;
            }
            self.terms_left -= 1;
            let inside = |(start, end): &(usize, usize)| *start <= token.start && token.end <= *end;
            let as_it_is = identifiers.iter().any(inside) || level.begun.contains(&token.term);
            let plan = self.word(&token, as_it_is)?;
            wanted.push((token, plan));
        }
        let mut adding = Vec::new();
        for token in characters {
            if self.terms_left > 0 && level.seen.insert(token.term.clone()) {
                self.terms_left -= 1;
                let postings = self.view.postings(&token.term, EVERYWHERE)?;
                if self.view.is_readable(postings.places())? {
                    let idf = self.view.idf(postings.chunks);
                    self.characters.push((token.term.clone(), idf));
                }
                adding.push(Plan::Word(self.exact_word(
                    &token.term,
                    postings,
                    CHARACTER_WEIGHT,
                )));
            }
        }
        let wanted = self.with_variants(text, wanted)?;
        Ok((!wanted.is_empty()).then(|| {
            Plan::Sum(Sum {
                wanted,
                adding,
                ..Sum::default()
            })
        }))
    }

    /// A word as typed, by its stem, and where nobody wrote it, unless it is meant `as_it_is`, as what it may have meant.
    fn word(&mut self, token: &Token, as_it_is: bool) -> tantivy::Result<Plan> {
        let identifier = is_identifier(token);
        let weight = match token.kind {
            TermKind::Part => PART_WEIGHT,
            TermKind::Whole if !identifier => JOINED_WEIGHT,
            _ => 1.0,
        };
        let exact = self.view.postings(&token.term, EVERYWHERE)?;
        if self.telling_left == 0 {
            return Ok(Plan::Word(self.exact_word(&token.term, exact, weight)));
        }
        self.telling_left -= 1;
        let forms = match token.kind {
            TermKind::Word | TermKind::Part => words::same_stem(self.view, &token.term)?,
            _ => Vec::new(),
        };
        let chunks = self.view.readable(std::slice::from_ref(&exact))?;
        let some = chunks > 0 || self.view.is_readable(forms.iter().flat_map(Postings::places))?;
        self.terms.push(TermFound {
            term: token.term.clone(),
            chunks,
            idf: self.view.idf(if chunks == 0 { 0 } else { exact.chunks }),
            identifier,
        });
        if identifier && !some {
            return self.unknown_identifier(token, exact);
        }
        if some || as_it_is {
            return Ok(Plan::Word(self.word_and_stem(&token.term, exact, forms, weight)));
        }
        let meant = words::corrections(self.view, &token.term)?;
        self.corrections.extend(meant.iter().map(|term| Correction {
            typed: token.term.clone(),
            meant: term.term.clone(),
        }));
        let mut plans: Vec<Plan> = meant
            .into_iter()
            .map(|term| {
                Plan::Word(Word {
                    typed: token.term.clone(),
                    ways: vec![self.way(MatchKind::Correction, vec![term], weight * CORRECTION_WEIGHT)],
                })
            })
            .collect();
        Ok(match plans.len() {
            0 => Plan::Word(self.exact_word(&token.term, exact, weight)),
            1 => plans.remove(0),
            _ => Plan::Best(plans),
        })
    }

    /// An identifier that nobody wrote so is looked for as the beginning of one, or else as a piece.
    fn unknown_identifier(&self, token: &Token, exact: Postings) -> tantivy::Result<Plan> {
        let begun = self
            .view
            .places(&Pattern::Prefix(token.term.clone()), EVERYWHERE)?;
        let found = if self.view.is_readable(&begun)? {
            let chunks = begun.iter().map(|spot| u64::from(spot.info.doc_freq)).sum();
            let score = Constant {
                typed: token.term.clone(),
                how: MatchKind::Prefix,
                score: PREFIX_WEIGHT * self.view.idf(chunks),
            };
            Some(Plan::Places { places: begun, score })
        } else {
            pieces(&token.term, self.view)?
        };
        let exact = Plan::Word(self.exact_word(&token.term, exact, 1.0));
        Ok(Plan::Best(std::iter::once(exact).chain(found).collect()))
    }

    fn way(&self, how: MatchKind, terms: Vec<Postings>, weight: f32) -> Way {
        let chunks = terms.iter().map(|term| term.chunks).sum::<u64>();
        Way {
            how,
            idf: self.view.idf(chunks),
            terms,
            weight,
        }
    }

    fn exact_word(&self, typed: &str, exact: Postings, weight: f32) -> Word {
        Word {
            typed: typed.to_owned(),
            ways: vec![self.way(MatchKind::Exact, vec![exact], weight)],
        }
    }

    fn word_and_stem(&self, typed: &str, exact: Postings, forms: Vec<Postings>, weight: f32) -> Word {
        if forms.is_empty() {
            return self.exact_word(typed, exact, weight);
        }
        let all = std::iter::once(exact.clone()).chain(forms).collect();
        Word {
            typed: typed.to_owned(),
            ways: vec![
                self.way(MatchKind::Exact, vec![exact], weight * EXACT_WEIGHT),
                self.way(MatchKind::Stem, all, weight * STEM_WEIGHT),
            ],
        }
    }

    pub(crate) fn exact_words(&mut self, text: &str, fields: &[usize]) -> tantivy::Result<Vec<Plan>> {
        let mut plans = Vec::new();
        for (_, term) in self.sequence(text).terms {
            let postings = self.view.postings(&term, fields)?;
            plans.push(Plan::Word(self.exact_word(&term, postings, 1.0)));
        }
        Ok(plans)
    }

    /// The words of a text, those of them that other regions write otherwise with what these would write.
    fn with_variants(&mut self, text: &str, wanted: Vec<(Token, Plan)>) -> tantivy::Result<Vec<Plan>> {
        let variants = variants(text);
        if variants.is_empty() {
            return Ok(wanted.into_iter().map(|(_, plan)| plan).collect());
        }
        let mut plans = Vec::new();
        let mut wanted = wanted.into_iter().peekable();
        let mut end = 0;
        for (index, variant) in variants.iter().enumerate() {
            // Variants are in order; those of one place are alternatives, and one that begins within another is left out.
            if variant.start < end {
                continue;
            }
            end = variant.end;
            let before = |(token, _): &(Token, Plan)| token.end <= variant.start;
            while let Some((_, plan)) = wanted.next_if(before) {
                plans.push(plan);
            }
            let mut typed = Vec::new();
            while let Some((_, plan)) = wanted.next_if(|(token, _)| token.start < variant.end) {
                typed.push(plan);
            }
            let mut best = vec![Plan::Sum(Sum {
                wanted: typed,
                ..Sum::default()
            })];
            for other in variants[index..]
                .iter()
                .take_while(|other| other.start == variant.start && other.end == variant.end)
            {
                best.extend(self.variant(&other.text)?);
            }
            plans.push(Plan::Best(best));
        }
        plans.extend(wanted.map(|(_, plan)| plan));
        Ok(plans)
    }

    fn variant(&mut self, text: &str) -> tantivy::Result<Option<Plan>> {
        let mut words = Vec::new();
        for (_, term) in self.sequence(text).terms {
            let postings = self.view.postings(&term, EVERYWHERE)?;
            words.push(Plan::Word(Word {
                typed: term,
                ways: vec![self.way(MatchKind::Variant, vec![postings], VARIANT_WEIGHT)],
            }));
        }
        // All of it: half of a word from elsewhere is not the word.
        Ok((!words.is_empty()).then_some(Plan::Sum(Sum {
            required: words,
            ..Sum::default()
        })))
    }

    pub(crate) fn phrase(&mut self, text: &str, fields: &[usize]) -> tantivy::Result<Option<Plan>> {
        if self.phrases_left == 0 {
            return Ok(None);
        }
        let sequence = self.sequence(text).terms;
        let mut terms = Vec::new();
        let mut idf = 0.0;
        for (offset, term) in &sequence {
            let postings = self.view.postings(term, fields)?;
            idf += self.view.idf(postings.chunks);
            terms.push((*offset, postings));
        }
        Ok(match terms.len() {
            0 => None,
            1 => {
                let (_, postings) = terms.remove(0);
                let term = postings.term.clone();
                Some(Plan::Word(self.exact_word(&term, postings, 1.0)))
            }
            _ => {
                self.phrases_left -= 1;
                Some(Plan::Phrase(Phrase {
                    typed: key(text),
                    terms,
                    fields: fields.to_vec(),
                    idf,
                    weight: 1.0,
                }))
            }
        })
    }

    /// Words that begin so. What stands before the last word has to stand before it as a phrase does; Chinese is one.
    pub(crate) fn prefix(&mut self, text: &str, fields: &[usize]) -> tantivy::Result<Option<Plan>> {
        if self.phrases_left == 0 {
            return Ok(None);
        }
        let text = cut(text, self.bytes);
        let tokens = analyze(text);
        let Some(last) = begun_word(&tokens) else {
            return self.phrase(text, fields);
        };
        self.phrases_left -= 1;
        let mut plans = Vec::new();
        let before = self.phrase(&text[..last.start], fields)?;
        let begun = self.begun(&last.term, fields)?;
        plans.push(match before {
            Some(before) => Plan::Sum(Sum {
                required: vec![before, begun],
                ..Sum::default()
            }),
            None => begun,
        });
        // An identifier of which the beginning was typed, signs and all.
        if let Some(whole) = tokens
            .iter()
            .find(|token| token.kind == TermKind::Whole && token.end == last.end && token.start < last.start)
        {
            plans.push(self.begun(&whole.term, fields)?);
        }
        Ok(Some(match plans.len() {
            1 => plans.remove(0),
            _ => Plan::Best(plans),
        }))
    }

    /// Terms that begin so: the most frequent each with its own weight, all others with one.
    fn begun(&mut self, prefix: &str, fields: &[usize]) -> tantivy::Result<Plan> {
        let (begun, mut terms) = self.view.begun(prefix, fields, MAX_FORMS)?;
        terms.sort_by(|a, b| b.chunks.cmp(&a.chunks).then_with(|| a.term.cmp(&b.term)));
        let mut plans = Vec::new();
        if let Some(at) = terms.iter().position(|term| term.term == prefix) {
            let exact = terms.remove(at);
            plans.push(Plan::Word(self.exact_word(prefix, exact, 1.0)));
        }
        terms.truncate(MAX_FORMS);
        plans.push(Plan::Word(Word {
            typed: prefix.to_owned(),
            ways: vec![self.way(MatchKind::Prefix, terms, PREFIX_WEIGHT)],
        }));
        let score = Constant {
            typed: prefix.to_owned(),
            how: MatchKind::Prefix,
            score: PREFIX_WEIGHT * self.view.idf(begun.iter().map(|begun| begun.listed).sum()),
        };
        plans.push(Plan::Begun { begun, score });
        Ok(match plans.len() {
            1 => plans.remove(0),
            _ => Plan::Best(plans),
        })
    }

    fn near(&mut self, parts: &[String], distance: u32) -> tantivy::Result<Option<Plan>> {
        let mut near = Near {
            parts: Vec::new(),
            fields: EVERYWHERE.to_vec(),
            distance,
        };
        let mut wanted = Vec::new();
        for part in parts {
            if self.phrases_left == 0 {
                break;
            }
            self.phrases_left -= 1;
            let mut terms = Vec::new();
            let sequence = self.sequence(part);
            for (offset, term) in sequence.terms {
                let postings = self.view.postings(&term, EVERYWHERE)?;
                wanted.push(Plan::Word(self.exact_word(&term, postings.clone(), 1.0)));
                terms.push((offset, postings));
            }
            if !terms.is_empty() {
                near.parts.push(Part {
                    terms,
                    length: sequence.length,
                });
            }
        }
        let required = match near.parts.len() {
            0 => return Ok(None),
            1 => return self.phrase(&parts.join(" "), EVERYWHERE),
            _ => vec![Plan::Near(near)],
        };
        Ok(Some(Plan::Sum(Sum {
            required,
            wanted,
            ..Sum::default()
        })))
    }
}
