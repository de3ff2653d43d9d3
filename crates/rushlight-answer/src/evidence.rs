//! Which sentences of the hits the model reads.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rushlight_core::{Citation, DocId, Hit, LeftOut, Passage, TextSpan};

use crate::citation::cite;
use crate::context::{header_of, is_bare, is_row, pieces, table_header};
use crate::orders::is_order;
use crate::terms::{Weights, covered, fold, terms};

/// How much evidence fits into a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceBudget {
    /// Tokens of all passages together, their headers included.
    pub tokens: usize,
    /// At most so many passages.
    pub passages: usize,
}

impl EvidenceBudget {
    /// So many tokens, or what is left of a prompt of `prompt_tokens` for this question when that is less.
    pub fn for_prompt(
        tokens: usize,
        prompt_tokens: usize,
        question: &str,
        passages: usize,
        count_tokens: &dyn Fn(&str) -> usize,
    ) -> Self {
        let left = prompt_tokens.saturating_sub(crate::prompt::overhead(question, count_tokens));
        Self {
            tokens: tokens.min(left),
            passages,
        }
    }
}

/// Gives the cosine of each text with the question; `None` where nothing can be computed.
pub type Cosines<'a> = &'a dyn Fn(&[&str]) -> Option<Vec<f32>>;

/// Tokens of a passage's header and fence in the prompt.
pub(crate) const HEADER_TOKENS: usize = 32;

/// Hits that are looked at.
const MAX_HITS: usize = 12;

/// Sentences whose meaning is compared with the question's: those with the best words, so that it takes a tenth of a second.
const COMPARED: usize = 24;

/// Longest sentence that is compared so, in bytes; a longer one is no sentence but a table or a list without stops.
const LONGEST_COMPARED: usize = 600;

/// What a sentence's score is made of. Each part lies between 0 and 1.
const WORDS: f32 = 0.5;
const MEANING: f32 = 0.3;
const HIT: f32 = 0.2;

/// Cosines of multilingual-e5-small lie between these for strangers and for a question with its answer.
const COSINES: (f32, f32) = (0.76, 0.92);

/// A sentence below this share of the best one's score is not worth the time it takes to read.
const WORTH_READING: f32 = 0.45;

/// The same for a row of a table that has no word of the question: its table may fit, the row need not.
const WORTH_READING_WITHOUT_A_WORD: f32 = 0.8;

/// So many of the best sentences get their neighbours.
const WITH_NEIGHBOURS: usize = 3;

/// The sentences of the hits, scored against the question.
pub struct Evidence<'a> {
    hits: &'a [Hit],
    sentences: Vec<Sentence>,
    /// Indexes of `sentences`, best first.
    order: Vec<usize>,
    sentence_cosine: Option<f32>,
}

/// The passages for a prompt, and what is not among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// Each verbatim; those of the hit with the best sentence first, then by hit, in the order of the text within a hit; numbered from one.
    pub passages: Vec<Passage>,
    /// What they do not hold.
    pub left_out: LeftOut,
}

struct Sentence {
    hit: usize,
    /// Within the chunk's text.
    span: TextSpan,
    /// The same for sentences that read the same.
    key: String,
    /// Whether it has a word of the question itself.
    has_a_word: bool,
    /// What its score counts against those of others.
    weight: f32,
    score: f32,
}

impl<'a> Evidence<'a> {
    /// Cuts the best hits into sentences and scores each by the question's words in it (those of its title, its headings and the first
    /// row of its table count half), and by its hit's place. Sentences of documents in `outside`, mails from strangers, count `outside_weight` of that.
    /// [`Evidence::compare_meaning`] adds what takes longer.
    pub fn by_words(question: &str, hits: &'a [Hit], outside: &BTreeSet<DocId>, outside_weight: f32) -> Self {
        let hits = &hits[..hits.len().min(MAX_HITS)];
        let wanted = terms(question);
        let mut found: Vec<BTreeSet<String>> = Vec::new();
        let mut sentences = Vec::new();
        for (index, hit) in hits.iter().enumerate() {
            for span in pieces(hit, &hit.chunk.text) {
                let text = &hit.chunk.text[span.range()];
                found.push(terms(text));
                sentences.push(Sentence {
                    hit: index,
                    span,
                    key: fold(text).chars().filter(|c| c.is_alphanumeric()).collect(),
                    has_a_word: false,
                    weight: 1.0,
                    score: 0.0,
                });
            }
        }
        let weights = Weights::over(&found);
        let context: Vec<BTreeSet<String>> = hits
            .iter()
            .map(|hit| terms(&format!("{}\n{}", hit.title, hit.chunk.heading_path.join("\n"))))
            .collect();
        for (sentence, own) in sentences.iter_mut().zip(&found) {
            let hit = &hits[sentence.hit];
            let mut with_context: BTreeSet<String> = own.union(&context[sentence.hit]).cloned().collect();
            with_context.extend(header_of(hit, sentence.span).map(terms).unwrap_or_default());
            let alone = covered(&wanted, own, &weights);
            let words = (alone + covered(&wanted, &with_context, &weights)) / 2.0;
            // Nothing of the question in the sentence itself: its title may be right, it need not be.
            let words = if alone == 0.0 { words / 2.0 } else { words };
            sentence.has_a_word = alone > 0.0;
            sentence.weight = match outside.contains(&hit.doc_id) {
                true => outside_weight,
                false => 1.0,
            };
            sentence.score = (WORDS * words + HIT * hit.scores.fused.clamp(0.0, 1.0)) * sentence.weight;
        }
        let mut evidence = Self {
            hits,
            sentences,
            order: Vec::new(),
            sentence_cosine: None,
        };
        evidence.sort();
        evidence
    }

    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.sentences.len()).collect();
        order.sort_by(|a, b| {
            self.sentences[*b]
                .score
                .total_cmp(&self.sentences[*a].score)
                .then(a.cmp(b))
        });
        self.order = order;
    }

    /// Adds the share of meaning to the sentences with the best words, where `cosines` can tell.
    pub fn compare_meaning(&mut self, cosines: Cosines<'_>) {
        let compared: Vec<usize> = self
            .order
            .iter()
            .copied()
            .filter(|index| self.sentences[*index].span.len() <= LONGEST_COMPARED)
            .take(COMPARED)
            .collect();
        let texts: Vec<Cow<'_, str>> = compared.iter().map(|index| self.with_header(*index)).collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let Some(cosines) = (!texts.is_empty()).then(|| cosines(&texts)).flatten() else {
            return;
        };
        self.sentence_cosine = cosines.iter().copied().reduce(f32::max);
        for (index, cosine) in compared.into_iter().zip(cosines) {
            let (stranger, answer) = COSINES;
            let sentence = &mut self.sentences[index];
            sentence.score +=
                MEANING * ((cosine - stranger) / (answer - stranger)).clamp(0.0, 1.0) * sentence.weight;
        }
        self.sort();
    }

    fn text(&self, index: usize) -> &'a str {
        let sentence = &self.sentences[index];
        &self.hits[sentence.hit].chunk.text[sentence.span.range()]
    }

    /// A sentence as its meaning is compared: a row below the first row of its table, which says what its cells are.
    fn with_header(&self, index: usize) -> Cow<'a, str> {
        let (sentence, text) = (&self.sentences[index], self.text(index));
        match header_of(&self.hits[sentence.hit], sentence.span) {
            Some(header) => Cow::Owned(format!("{header}\n{text}")),
            None => Cow::Borrowed(text),
        }
    }

    /// Whether a sentence is the first row of a table that goes on.
    fn heads_a_table(&self, index: usize) -> bool {
        let (sentence, next) = (&self.sentences[index], self.sentences.get(index + 1));
        next.filter(|next| next.hit == sentence.hit).is_some_and(|next| {
            let header = table_header(&self.hits[sentence.hit], next.span.start);
            header.is_some_and(|header| header.start == sentence.span.start)
        })
    }

    /// The best cosine of the question with a sentence, where any was computed.
    pub fn sentence_cosine(&self) -> Option<f32> {
        self.sentence_cosine
    }

    /// The best sentence that says something, as it stands, as a citation numbered one.
    pub fn best_sentence(&self) -> Option<Citation> {
        let says_something =
            |index: &&usize| terms(self.text(**index)).len() > 1 && !is_bare(self.text(**index));
        let shown = || self.order.iter().filter(|index| !is_order(self.text(**index)));
        let best = shown().find(says_something).or(shown().next())?;
        let sentence = &self.sentences[*best];
        let hit = &self.hits[sentence.hit];
        let start = hit.chunk.span.start + sentence.span.start;
        let text = self.text(*best);
        let passage = Passage {
            number: 1,
            span: TextSpan::new(start, start + text.len()),
            text: text.to_owned(),
            token_count: 0,
            hit: hit.clone(),
        };
        cite(&passage, TextSpan::new(0, text.len()))
    }

    /// The best sentences that fit into the budget, the very best with their neighbours, as passages.
    ///
    /// A sentence that reads like one that is in already is left out: of another version of a document, what differs is
    /// left, and a copy disappears. There is at least one passage when there is a hit with text, unless the budget is zero.
    pub fn select(&self, budget: EvidenceBudget, count_tokens: &dyn Fn(&str) -> usize) -> Selected {
        let mut taken = Taken {
            evidence: self,
            budget,
            count_tokens,
            indexes: BTreeSet::new(),
            keys: BTreeSet::new(),
            hits: BTreeSet::new(),
            tokens: 0,
        };
        // What says nothing by itself comes in beside what does.
        let says_something = |index: &usize| !is_bare(self.text(*index)) && !self.heads_a_table(*index);
        let ranked = || self.order.iter().copied().filter(says_something);
        let first = ranked().next().or(self.order.first().copied());
        let best = first.map_or(0.0, |index| self.sentences[index].score);
        if let Some(index) = first {
            taken.add(index);
        }
        let worth_reading = |index: &usize| {
            let sentence = &self.sentences[*index];
            let is_row = is_row(&self.hits[sentence.hit], self.text(*index));
            let least = match is_row && !sentence.has_a_word {
                true => WORTH_READING_WITHOUT_A_WORD,
                false => WORTH_READING,
            };
            sentence.score >= least * best
        };
        for (rank, index) in ranked().filter(worth_reading).enumerate() {
            taken.add(index);
            if !taken.indexes.contains(&index) {
                continue;
            }
            let hit = &self.hits[self.sentences[index].hit];
            if is_row(hit, self.text(index)) {
                // Its neighbours are about something else; the first row says what its cells are.
                taken.extend_to_header(index);
            } else if rank < WITH_NEIGHBOURS {
                // What follows explains more often than what precedes.
                for neighbour in [Some(index + 1), index.checked_sub(1)].into_iter().flatten() {
                    let same_hit = |other: &Sentence| other.hit == self.sentences[index].hit;
                    if self.sentences.get(neighbour).is_some_and(same_hit) {
                        taken.add(neighbour);
                    }
                }
            }
        }
        taken.bridge();
        taken.finish()
    }
}

/// Sentences that are in, and what they cost.
struct Taken<'e, 'a> {
    evidence: &'e Evidence<'a>,
    budget: EvidenceBudget,
    count_tokens: &'e dyn Fn(&str) -> usize,
    indexes: BTreeSet<usize>,
    keys: BTreeSet<&'e str>,
    hits: BTreeSet<usize>,
    tokens: usize,
}

impl<'e> Taken<'e, '_> {
    /// Takes a sentence in where it is new and fits; the first one always.
    fn add(&mut self, index: usize) -> bool {
        let evidence = self.evidence;
        let sentence = &evidence.sentences[index];
        if self.indexes.contains(&index) || self.keys.contains(sentence.key.as_str()) {
            return false;
        }
        let new_hit = !self.hits.contains(&sentence.hit);
        if self.budget.tokens == 0 || (new_hit && self.hits.len() == self.budget.passages) {
            return false;
        }
        let header = if new_hit { HEADER_TOKENS } else { 0 };
        let cost = (self.count_tokens)(evidence.text(index)) + 1 + header;
        if self.tokens + cost > self.budget.tokens && !self.indexes.is_empty() {
            return false;
        }
        self.tokens += cost;
        self.indexes.insert(index);
        self.keys.insert(&sentence.key);
        self.hits.insert(sentence.hit);
        true
    }

    /// Takes in the first row of a row's table.
    fn extend_to_header(&mut self, index: usize) {
        let evidence = self.evidence;
        let row = &evidence.sentences[index];
        let Some(header) = table_header(&evidence.hits[row.hit], row.span.start) else {
            return;
        };
        let place = (0..index)
            .rev()
            .take_while(|at| evidence.sentences[*at].hit == row.hit)
            .find(|at| evidence.sentences[*at].span.start == header.start);
        if let Some(at) = place {
            self.add(at);
        }
    }

    /// Takes in single sentences between two that are in, so that a passage reads on.
    fn bridge(&mut self) {
        let gaps: Vec<usize> = self
            .indexes
            .iter()
            .filter(|index| self.indexes.contains(&(*index + 2)) && !self.indexes.contains(&(*index + 1)))
            .filter(|index| self.evidence.sentences[**index].hit == self.evidence.sentences[**index + 2].hit)
            .map(|index| index + 1)
            .collect();
        for gap in gaps {
            self.add(gap);
        }
    }

    fn finish(self) -> Selected {
        let evidence = self.evidence;
        let mut runs: Vec<(usize, TextSpan, usize)> = Vec::new();
        for &index in &self.indexes {
            let sentence = &evidence.sentences[index];
            match runs.last_mut() {
                Some((hit, span, last)) if *hit == sentence.hit && *last + 1 == index => {
                    (span.end, *last) = (sentence.span.end, index);
                }
                _ => runs.push((sentence.hit, sentence.span, index)),
            }
        }
        let best = evidence.order.iter().find(|index| self.indexes.contains(index));
        let best = best.map(|index| evidence.sentences[*index].hit);
        runs.sort_by_key(|(hit, _, _)| (Some(*hit) != best, *hit));
        let passages: Vec<Passage> = runs
            .into_iter()
            .enumerate()
            .map(|(at, (hit, span, _))| {
                let hit = &evidence.hits[hit];
                let text = &hit.chunk.text[span.range()];
                let start = hit.chunk.span.start + span.start;
                Passage {
                    number: u32::try_from(at + 1).unwrap_or(u32::MAX),
                    span: TextSpan::new(start, start + text.len()),
                    text: text.to_owned(),
                    token_count: (self.count_tokens)(text),
                    hit: hit.clone(),
                }
            })
            .collect();
        Selected {
            left_out: LeftOut {
                hits: evidence.hits.len() - self.hits.len(),
                sentences: evidence.sentences.len() - self.indexes.len(),
            },
            passages,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sentence::sentences;
    use crate::testing::{OFFSET, hit, table, words};

    fn evidence<'a>(question: &str, hits: &'a [Hit]) -> Evidence<'a> {
        Evidence::by_words(question, hits, &BTreeSet::new(), 1.0)
    }

    fn select(question: &str, hits: &[Hit], tokens: usize) -> Vec<Passage> {
        evidence(question, hits)
            .select(EvidenceBudget { tokens, passages: 4 }, &words)
            .passages
    }

    #[test]
    fn what_is_not_worth_reading_is_left_out_and_counted() {
        let hits = [
            hit("a", "Tea is a drink. It is hot."),
            hit("b", "Coffee is another."),
        ];
        let selected = evidence("What is tea?", &hits).select(
            EvidenceBudget {
                tokens: 400,
                passages: 4,
            },
            &words,
        );
        let passages = selected.passages;
        assert_eq!(
            passages
                .iter()
                .map(|p| (p.number, p.text.as_str()))
                .collect::<Vec<_>>(),
            [(1, "Tea is a drink. It is hot.")]
        );
        assert_eq!(
            selected.left_out,
            LeftOut {
                hits: 1,
                sentences: 1
            }
        );
        assert_eq!(
            passages[0].span,
            TextSpan::new(OFFSET, OFFSET + hits[0].chunk.text.len())
        );
    }

    #[test]
    fn the_hit_with_the_best_sentence_comes_first() {
        let hits = [
            hit("a", "The river is long. Boats sail there."),
            hit("b", "Ports matter. The river is 312 miles long."),
        ];
        let passages = select("How many miles long is the river?", &hits, 400);
        let order: Vec<(u32, &str)> = passages
            .iter()
            .map(|passage| (passage.number, passage.hit.title.as_str()))
            .collect();
        assert_eq!(order, [(1, "b"), (2, "a")]);
    }

    #[test]
    fn rows_come_with_the_first_row_of_their_table_and_without_their_neighbours() {
        let many: String = (20..50)
            .map(|hour| format!("2024-05-03 {hour}:00,-18.4,\n"))
            .collect();
        let log = table(
            "trailer log",
            &format!("time,load_space_c,alarm\n{many}2024-05-03 04:10,-9.5,alarm\n2024-05-03 05:40,-8,\n"),
        );
        let texts = |question: &str, hits: &[Hit]| -> Vec<String> {
            select(question, hits, 120)
                .into_iter()
                .map(|passage| passage.text)
                .collect()
        };
        assert_eq!(
            texts("What was the load space temperature at 04:10?", &[log])[..2],
            ["time,load_space_c,alarm", "2024-05-03 04:10,-9.5,alarm"]
        );
        let leave = hit(
            "Handbook",
            "## Leave\n\nWe give more than the law.\n\n| Years of service | Days |\n|---|---|\n| one | 14 |\n| two | 15 |\n| three | 17 |\n| four | 18 |",
        );
        assert_eq!(
            texts(
                "How many days of leave are there after three years of service?",
                &[leave]
            ),
            ["| Years of service | Days |", "| three | 17 |"],
            "the row says it below its table's first row, the text before says less than half as much"
        );
        let products = [
            hit(
                "terms",
                "| Product | Warranty |\n|---|---|\n| meter | two years |",
            ),
            hit(
                "minutes",
                "Decided: the product is stopped. The meeting ended at noon.",
            ),
        ];
        assert_eq!(
            texts("Which product was stopped?", &products)[0],
            "Decided: the product is stopped. The meeting ended at noon."
        );
    }

    #[test]
    fn a_row_is_compared_below_the_first_row_of_its_table() {
        let plants = [
            table(
                "plants",
                "plant,window,watering\ncactus,south,every three weeks\nfern,north,every two days",
            ),
            hit("shed", "The cactus stood in the shed. Water ran down the wall."),
        ];
        let mut evidence = evidence("How often does the cactus need watering?", &plants);
        let seen = std::cell::RefCell::new(Vec::new());
        evidence.compare_meaning(&|texts| {
            *seen.borrow_mut() = texts.iter().map(|text| (*text).to_owned()).collect();
            None
        });
        let row = "plant,window,watering\ncactus,south,every three weeks";
        assert!(seen.borrow().iter().any(|text| text == row), "{seen:?}");
        assert!(
            seen.borrow().iter().any(|text| text == "plant,window,watering"),
            "{seen:?}"
        );
        let best = evidence.best_sentence().expect("a row");
        assert_eq!(best.quote, "cactus,south,every three weeks");
    }

    #[test]
    fn a_heading_alone_is_no_evidence() {
        let hits = [
            hit("a", "## Paper shop in Kyoto\n\nIt rained."),
            hit("b", "The paper shop closes on the 15th of each month."),
        ];
        assert_eq!(
            select("When is the paper shop in Kyoto closed?", &hits, 40)
                .iter()
                .map(|passage| passage.text.as_str())
                .collect::<Vec<_>>(),
            ["The paper shop closes on the 15th of each month."]
        );
        let only = [hit("a", "## Paper shop in Kyoto")];
        assert_eq!(select("Where is the paper shop?", &only, 40).len(), 1);
    }

    #[test]
    fn long_hits_are_cut_around_the_best_sentence() {
        let filler = "Nothing of interest is said in this sentence at all. ".repeat(30);
        let hits = [hit(
            "a",
            &format!("{filler}The kettle boils at ninety degrees. {filler}"),
        )];
        let passages = select("When does the kettle boil?", &hits, 150);
        assert!(passages[0].text.contains("The kettle boils at ninety degrees."));
        assert!(passages[0].token_count < 150, "{}", passages[0].token_count);
        let local = TextSpan::new(passages[0].span.start - OFFSET, passages[0].span.end - OFFSET);
        assert_eq!(local.of(&hits[0].chunk.text), Some(passages[0].text.as_str()));
    }

    #[test]
    fn versions_stay_apart_and_say_only_what_differs() {
        let old = "Travel is paid back. The limit is 80 euros. Ask your manager.";
        let new = "Travel is paid back. The limit is 95 euros. Ask your manager.";
        let hits = [hit("v2", new), hit("v1", old), hit("copy", old)];
        let passages = select("What is the travel limit?", &hits, 400);
        assert_eq!(
            passages
                .iter()
                .map(|p| (p.hit.title.as_str(), p.text.as_str()))
                .collect::<Vec<_>>(),
            [("v2", new), ("v1", "The limit is 80 euros.")]
        );
    }

    #[test]
    fn meaning_finds_the_sentence_that_shares_no_word() {
        let hits = [hit(
            "a",
            "Members met in the hall. The fee was raised by a third. Tea was served at five.",
        )];
        let near = |texts: &[&str]| {
            let cosine = |text: &&str| if text.contains("fee") { 0.91 } else { 0.77 };
            Some(texts.iter().map(cosine).collect::<Vec<f32>>())
        };
        let quote = |cosines: Cosines<'_>| {
            let mut evidence =
                Evidence::by_words("How much more must be paid?", &hits, &BTreeSet::new(), 1.0);
            evidence.compare_meaning(cosines);
            (
                evidence.best_sentence().map(|citation| citation.quote),
                evidence.sentence_cosine(),
            )
        };
        assert_eq!(
            quote(&near),
            (Some("The fee was raised by a third.".to_owned()), Some(0.91))
        );
        assert_eq!(
            quote(&|_| None),
            (Some("Members met in the hall.".to_owned()), None)
        );
    }

    #[test]
    fn mails_from_strangers_count_less() {
        let hits = [
            hit("mail", "The limit is 900 euros."),
            hit("note", "The limit is 80 euros."),
        ];
        let best = |outside: &BTreeSet<DocId>| {
            let evidence = Evidence::by_words("What is the limit?", &hits, outside, 0.8);
            evidence.best_sentence().expect("a sentence").title
        };
        assert_eq!(best(&BTreeSet::new()), "mail");
        assert_eq!(best(&BTreeSet::from([hits[0].doc_id])), "note");
    }

    #[test]
    fn the_best_sentence_has_the_questions_words_or_those_of_its_title() {
        let hits = [
            hit("tea", "Tea is green. The kettle is red."),
            hit("kettle", "The kettle boils at ninety degrees. Then it sings."),
        ];
        let quote = |question: &str| {
            evidence(question, &hits)
                .best_sentence()
                .map(|citation| citation.quote)
        };
        assert_eq!(
            quote("When does the kettle boil?").as_deref(),
            Some("The kettle boils at ninety degrees.")
        );
        assert_eq!(quote("What is green?").as_deref(), Some("Tea is green."));
        assert_eq!(evidence("tea", &[]).best_sentence(), None);
    }

    proptest! {
        #[test]
        fn passages_are_verbatim_numbered_and_within_budget(
            texts in proptest::collection::vec("([a-z]{1,6} ){1,12}[.。]( [a-z茶]{1,6}){0,9}", 0..6),
            question in "([a-z]{1,6} ){1,5}",
            tokens in 0usize..400,
        ) {
            let hits: Vec<Hit> = texts.iter().enumerate().map(|(n, text)| hit(&n.to_string(), text)).collect();
            let passages = select(&question, &hits, tokens);
            prop_assert_eq!(passages.is_empty(), hits.is_empty() || tokens == 0);
            for (index, passage) in passages.iter().enumerate() {
                prop_assert_eq!(passage.number as usize, index + 1);
                let chunk = &passage.hit.chunk;
                let local = TextSpan::new(passage.span.start - chunk.span.start, passage.span.end - chunk.span.start);
                prop_assert_eq!(local.of(&chunk.text), Some(passage.text.as_str()));
            }
            let sentences: usize = passages.iter().map(|passage| sentences(&passage.text).len()).sum();
            if sentences > 1 {
                let used: usize = passages.iter().map(|passage| passage.token_count).sum();
                prop_assert!(used <= tokens, "{} of {}", used, tokens);
            }
        }
    }
}
