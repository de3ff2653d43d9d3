//! Ties every sentence of a generated text to a place in a document, or drops it.

use std::collections::{BTreeMap, BTreeSet};

use rushlight_core::{Citation, Grounding, Locator, Passage, TextSpan};

use crate::context::{above, pieces};
use crate::language::is_han;
use crate::negation::denies;
use crate::numbers::{numbers, stated_numbers};
use crate::orders::orders;
use crate::sanitize::plain_text;
use crate::sentence::sentences;
use crate::terms::{APOSTROPHES, terms};

/// A generated text after its check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedText {
    /// The sentences that a passage carries, as plain text, each with `[n]` behind it.
    pub text: String,
    /// In order of their numbers, which count from one. Empty when no sentence is carried.
    pub citations: Vec<Citation>,
    /// Whether all sentences are carried, some, or none.
    pub grounding: Grounding,
    /// Sentences that no passage carries.
    pub dropped: usize,
}

/// Takes a generated text in pieces and checks it against the passages the model read.
///
/// A sentence is carried by a passage when the passage, its title or the question has every number and every name of
/// it, the passage with its title has at least half of its content, a quote of one or two neighbouring sentences has
/// every number and at least half of what it adds to the question, and it denies nothing that the quote does not deny.
/// The quote is compared to the letter with the chunk before a citation exists.
pub struct CitationChecker<'a> {
    question: Known,
    passages: Vec<Candidate<'a>>,
    draft: String,
}

/// Share of a sentence's own content that its quote must have.
const MIN_SUPPORT: f32 = 0.5;

/// A stretch that may be quoted, with what is in it.
struct Quote {
    /// Within the passage's text.
    span: TextSpan,
    terms: BTreeSet<String>,
    numbers: BTreeSet<String>,
    denies: bool,
}

/// A passage with what a sentence may take from it.
struct Candidate<'a> {
    passage: &'a Passage,
    known: Known,
    quotes: Vec<Quote>,
}

/// Words and numbers that a text has.
struct Known {
    terms: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Known {
    fn of(text: &str) -> Self {
        Self {
            terms: terms(text),
            numbers: numbers(text),
        }
    }
}

impl<'a> CitationChecker<'a> {
    /// A checker for the answer to `question` from `passages`.
    pub fn new(question: &str, passages: &'a [Passage]) -> Self {
        let passages = passages
            .iter()
            .map(|passage| Candidate {
                passage,
                known: Known::of(&in_context(passage)),
                quotes: quotes(passage),
            })
            .collect();
        Self {
            question: Known::of(question),
            passages,
            draft: String::new(),
        }
    }

    /// Takes the next piece. How the text is cut makes no difference.
    pub fn push(&mut self, piece: &str) {
        self.draft.push_str(piece);
    }

    /// Checks the text.
    pub fn finish(self) -> CheckedText {
        let plain = plain_text(&self.draft);
        let mut checked = CheckedText {
            text: String::new(),
            citations: Vec::new(),
            grounding: Grounding::NotFound,
            dropped: 0,
        };
        let mut numbered: BTreeMap<(usize, TextSpan), u32> = BTreeMap::new();
        let mut opening = String::new();
        let mut end = 0;
        for span in sentences(&plain) {
            let sentence = &plain[span.range()];
            let line_break = plain[end..span.start].contains('\n');
            end = span.end;
            if terms(sentence).is_empty() && stated_numbers(sentence).is_empty() {
                // `Yes.` says nothing by itself; it stays when what follows is carried.
                opening.push_str(sentence);
                opening.push_str(if ends_han(sentence) { "" } else { " " });
                continue;
            }
            let carried = self.carry(sentence).and_then(|(index, span)| {
                let citation = cite(self.passages[index].passage, span)?;
                Some((index, span, citation))
            });
            let Some((index, quote, citation)) = carried else {
                checked.dropped += 1;
                opening.clear();
                continue;
            };
            let number = *numbered.entry((index, quote)).or_insert_with(|| {
                checked.citations.push(citation);
                let number = u32::try_from(checked.citations.len()).unwrap_or(u32::MAX);
                if let Some(citation) = checked.citations.last_mut() {
                    citation.number = number;
                }
                number
            });
            if !checked.text.is_empty() {
                checked.text.push(if line_break { '\n' } else { ' ' });
            }
            checked.text.push_str(&std::mem::take(&mut opening));
            checked.text.push_str(sentence);
            checked.text.push_str(&format!(" [{number}]"));
        }
        checked.grounding = match (checked.citations.is_empty(), checked.dropped > 0) {
            (true, _) => Grounding::NotFound,
            (false, true) => Grounding::Partial,
            (false, false) => Grounding::Grounded,
        };
        checked
    }

    /// The passage that carries a sentence, and the quote in its text.
    fn carry(&self, sentence: &str) -> Option<(usize, TextSpan)> {
        let said = Said {
            words: terms(sentence)
                .into_iter()
                .filter(|term| !is_number(term))
                .collect(),
            numbers: stated_numbers(sentence),
        };
        let added = Said {
            words: said.words.difference(&self.question.terms).cloned().collect(),
            numbers: said.numbers.difference(&self.question.numbers).cloned().collect(),
        };
        let own = if added.is_empty() { &said } else { &added };
        let names = names(sentence);
        let denied = denies(sentence);

        let mut best: Option<(f32, usize, TextSpan)> = None;
        for (index, candidate) in self.passages.iter().enumerate() {
            let known = &candidate.known;
            let has_numbers = said
                .numbers
                .iter()
                .all(|number| known.numbers.contains(number) || self.question.numbers.contains(number));
            let has_names = names
                .iter()
                .all(|name| known.terms.contains(name) || self.question.terms.contains(name));
            // Without this, a question about one river is answered with the country of another.
            let speaks_of_it = said.share_in(&known.terms, &known.numbers) >= MIN_SUPPORT;
            if !has_numbers || !has_names || !speaks_of_it {
                continue;
            }
            for quote in &candidate.quotes {
                let support = own.share_in(&quote.terms, &quote.numbers);
                let has_numbers = added.numbers.is_subset(&quote.numbers);
                if support < MIN_SUPPORT || !has_numbers || (denied && !quote.denies) {
                    continue;
                }
                // What the sentence adds counts most, then all of it, then brevity; the first passage wins a tie.
                let whole = said.share_in(&quote.terms, &quote.numbers);
                let score = 2.0 * support + whole - 0.0002 * quote.span.len() as f32;
                if best.is_none_or(|(top, _, _)| score > top) {
                    best = Some((score, index, quote.span));
                }
            }
        }
        best.map(|(_, index, span)| (index, span))
    }
}

/// A passage under its title, its headings and its table's first row: a row of a table says of what it is a row nowhere else.
fn in_context(passage: &Passage) -> String {
    format!("{}\n{}", above(passage), passage.text)
}

/// What a sentence says: its words, and its numbers apart from them, so that they are the same however they are written.
struct Said {
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Said {
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.numbers.is_empty()
    }

    /// Which share of it stands among these words and numbers.
    fn share_in(&self, words: &BTreeSet<String>, numbers: &BTreeSet<String>) -> f32 {
        let found = self.words.intersection(words).count() + self.numbers.intersection(numbers).count();
        found as f32 / (self.words.len() + self.numbers.len()).max(1) as f32
    }
}

fn is_number(term: &str) -> bool {
    term.chars().all(|c| c.is_ascii_digit())
}

/// True when a citation's quote stands at its span in the text of its document.
pub fn citation_is_verbatim(citation: &Citation, document_text: &str) -> bool {
    !citation.quote.is_empty() && citation.span.of(document_text) == Some(citation.quote.as_str())
}

/// The citation of a stretch of a passage, numbered one; `None` when the chunk does not have it there to the letter.
pub(crate) fn cite(passage: &Passage, span: TextSpan) -> Option<Citation> {
    let hit = &passage.hit;
    let quote = span.of(&passage.text)?;
    let start = passage.span.start.checked_add(span.start)?;
    let document = TextSpan::new(start, start + quote.len());
    let local = start.checked_sub(hit.chunk.span.start)?;
    let in_chunk = TextSpan::new(local, local + quote.len());
    if quote.is_empty() || in_chunk.of(&hit.chunk.text) != Some(quote) {
        return None;
    }
    Some(Citation {
        number: 1,
        doc_id: hit.doc_id,
        content_hash: hit.content_hash,
        span: document,
        locator: finer(&hit.chunk.locator, &hit.chunk.text, in_chunk),
        quote: quote.to_owned(),
        confidence: hit.chunk.confidence,
        title: hit.title.clone(),
        path: hit.path.clone(),
        part: hit.part.clone(),
        date: hit.date,
        space: hit.space.clone(),
    })
}

/// The lines or rows of the quote, where the chunk's lines are the original's: as many breaks as its place has.
fn finer(locator: &Locator, chunk: &str, quote: TextSpan) -> Locator {
    let breaks = |text: &str| text.matches('\n').count() as u32;
    let lines = |first: u32, last: u32| {
        let start = first + breaks(&chunk[..quote.start]);
        (last.checked_sub(first) == Some(breaks(chunk)))
            .then(|| (start, start + breaks(&chunk[quote.range()])))
    };
    match locator {
        Locator::Lines { first, last } => match lines(*first, *last) {
            Some((first, last)) => Locator::Lines { first, last },
            None => locator.clone(),
        },
        Locator::MessagePart { part, first, last } => match lines(*first, *last) {
            Some((first, last)) => Locator::MessagePart {
                part: part.clone(),
                first,
                last,
            },
            None => locator.clone(),
        },
        Locator::Cells { sheet, first, last } => match lines(*first, *last) {
            Some((first, last)) => Locator::Cells {
                sheet: sheet.clone(),
                first,
                last,
            },
            None => locator.clone(),
        },
        Locator::Whole | Locator::Pages { .. } => locator.clone(),
    }
}

/// Every sentence, and every pair of neighbours. What tells the reader what to say is none.
fn quotes(passage: &Passage) -> Vec<Quote> {
    let text = &passage.text;
    let all = pieces(&passage.hit, text);
    let is_order = orders(text, &all);
    let spans = all.iter().zip(&is_order).filter(|(_, is_order)| !**is_order);
    let pairs = all
        .windows(2)
        .zip(is_order.windows(2))
        .filter(|(_, are_orders)| !are_orders[0] && !are_orders[1])
        .map(|(pair, _)| TextSpan::new(pair[0].start, pair[1].end));
    spans
        .map(|(span, _)| *span)
        .chain(pairs)
        .map(|span| Quote {
            span,
            terms: terms(&text[span.range()]),
            numbers: numbers(&text[span.range()]),
            denies: denies(&text[span.range()]),
        })
        .collect()
}

/// Terms of the names in a sentence: words with a capital letter that do not begin it, and capitals within a word, as in `d'Hondt`.
fn names(sentence: &str) -> BTreeSet<String> {
    let words = sentence
        .split(|c: char| !(c.is_alphanumeric() || APOSTROPHES.contains(&c)) || is_han(c))
        .map(|word| word.trim_matches(APOSTROPHES))
        .filter(|word| !word.is_empty());
    words
        .enumerate()
        .filter(|(index, word)| {
            let from = usize::from(*index == 0);
            word.chars().skip(from).any(char::is_uppercase)
        })
        .flat_map(|(_, word)| terms(word))
        .collect()
}

fn ends_han(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{OFFSET, passages, table};

    fn check(question: &str, texts: &[&str], pieces: &[&str]) -> CheckedText {
        let passages = passages(texts);
        let mut checker = CitationChecker::new(question, &passages);
        pieces.iter().for_each(|piece| checker.push(piece));
        checker.finish()
    }

    const OIL: &str = "The 1973 oil crisis began in October 1973. Members proclaimed an embargo. The price rose to nearly $12.";

    #[test]
    fn a_sentence_gets_the_quote_that_carries_it() {
        let checked = check(
            "When did the crisis begin?",
            &["Unrelated words here.", OIL],
            &["It began in October 1973."],
        );
        assert_eq!(checked.text, "It began in October 1973. [1]");
        assert_eq!(checked.grounding, Grounding::Grounded);
        assert_eq!(
            checked.citations[0].quote,
            "The 1973 oil crisis began in October 1973."
        );
        assert_eq!(checked.citations[0].title, "doc 2");
        assert_eq!(checked.citations[0].span.start, OFFSET);
    }

    #[test]
    fn names_with_an_apostrophe_are_names_of_the_passage() {
        let text = "Seats are allocated by the d'Hondt method. Mr O’Brien counted the votes.";
        for answer in [
            "Seats are allocated by the d’Hondt method.",
            "The votes were counted by O'Brien.",
        ] {
            let checked = check("How are seats allocated, and who counted?", &[text], &[answer]);
            assert_eq!(checked.grounding, Grounding::Grounded, "{answer}");
        }
        let checked = check("Who counted?", &[text], &["The votes were counted by O'Neill."]);
        assert_eq!(checked.grounding, Grounding::NotFound);
    }

    #[test]
    fn a_row_of_a_table_carries_the_number_that_is_asked_for() {
        let prices = "product,name,price_gbp,weight\nBW-500,hand probe,980.00,12400\nBW-700,inline probe mark 2,2150.00,83400\n";
        let ask = |answer: &str| {
            check(
                "What is the price of the BW-700 inline probe in pounds?",
                &[prices],
                &[answer],
            )
        };
        let checked = ask("The price of the BW-700 inline probe is 2150 pounds.");
        assert_eq!(checked.grounding, Grounding::Grounded);
        assert!(checked.citations[0].quote.contains("2150.00"));
        assert_eq!(
            ask("The price is 2,150.00 pounds.").grounding,
            Grounding::Grounded
        );
        assert_eq!(
            ask("The price of the BW-700 inline probe is 2151 pounds.").grounding,
            Grounding::NotFound
        );

        let leave = "公司給的特休優於法令：\n\n| 年資 | 特休天數 |\n|---|---|\n| 滿一年 | 14 天 |\n| 滿三年 | 17 天 |\n\n同仁未休完的特別休假可以遞延。";
        let ask = |answer: &str| check("滿三年的同仁有幾天特別休假？", &[leave], &[answer]);
        let checked = ask("滿三年的同仁有17天特別休假。");
        assert_eq!(checked.grounding, Grounding::Grounded);
        assert!(
            checked.citations[0].quote.contains("17 天"),
            "{}",
            checked.citations[0].quote
        );
        assert_eq!(ask("滿三年的同仁有18天特別休假。").grounding, Grounding::NotFound);
    }

    #[test]
    fn a_row_of_a_table_of_lines_is_carried_under_its_first_row() {
        let budget = table(
            "budget",
            "cost_centre,budget_2024_gbp,budget_2025_gbp\nTravel,118000,124000\nLaboratory Taipei,150000,240000",
        );
        let text = budget.chunk.text.clone();
        let row = text.find("Laboratory").expect("there");
        let passage = Passage {
            number: 1,
            span: TextSpan::new(OFFSET + row, OFFSET + text.len()),
            text: text[row..].to_owned(),
            token_count: 0,
            hit: budget,
        };
        let passages = [passage];
        let mut checker =
            CitationChecker::new("What is the 2025 budget of the laboratory in Taipei?", &passages);
        checker.push("The 2025 budget of the laboratory in Taipei is GBP 240,000.");
        let checked = checker.finish();
        assert_eq!(checked.grounding, Grounding::Grounded);
        assert_eq!(checked.citations[0].quote, "Laboratory Taipei,150000,240000");
        let row = Locator::Cells {
            sheet: String::new(),
            first: 3,
            last: 3,
        };
        assert_eq!(checked.citations[0].locator, row);
    }

    #[test]
    fn a_row_belongs_to_the_heading_above_it() {
        let question = "How many days of annual leave do people with three years get?";
        let answer = "People with three years of service get 17 days of annual leave.";
        let ask = |passages: &[Passage]| {
            let mut checker = CitationChecker::new(question, passages);
            checker.push(answer);
            checker.finish().grounding
        };
        let mut row = passages(&["| three years | 17 days |"]);
        row[0].hit.title = "Handbook".to_owned();
        assert_eq!(ask(&row), Grounding::NotFound);
        row[0].hit.chunk.heading_path = vec![
            "Leave".to_owned(),
            "Annual leave for people in service".to_owned(),
        ];
        assert_eq!(ask(&row), Grounding::Grounded);
    }

    #[test]
    fn numbers_of_the_question_count_as_said() {
        let checked = check(
            "Who can release legal hold LH-2024-03?",
            &["LH-2024-03: released by Helen Brandreth."],
            &["The legal hold LH-2024-03 can be released by Helen Brandreth."],
        );
        assert_eq!(checked.grounding, Grounding::Grounded);
    }

    #[test]
    fn numbers_and_names_must_be_in_the_documents() {
        let ask = |answer: &str| check("What was the price of oil?", &[OIL], &[answer]).grounding;
        assert_eq!(ask("The price rose to nearly $12."), Grounding::Grounded);
        assert_eq!(ask("The price rose to nearly $13."), Grounding::NotFound);
        assert_eq!(
            ask("The price rose to nearly $12 in Norway."),
            Grounding::NotFound
        );
    }

    #[test]
    fn what_nothing_carries_is_dropped() {
        let checked = check(
            "When did the crisis begin?",
            &[OIL],
            &["It began in October 1973. Dinosaurs painted lovely houses. The price rose to nearly $12."],
        );
        assert_eq!(
            checked.text,
            "It began in October 1973. [1] The price rose to nearly $12. [2]"
        );
        assert_eq!(checked.grounding, Grounding::Partial);
    }

    #[test]
    fn a_denial_in_the_words_of_the_passages_is_no_answer() {
        let checked = check(
            "When did the crisis end?",
            &[OIL],
            &["The passages do not state when the oil crisis ended."],
        );
        assert_eq!(checked.grounding, Grounding::NotFound);
        assert_eq!(checked.text, "");
    }

    #[test]
    fn numbers_that_the_model_wrote_are_replaced_by_ours() {
        let checked = check(
            "When?",
            &[OIL],
            &["It began in October 1973 [7]. Members proclaimed an embargo [2][99]."],
        );
        assert_eq!(
            checked.text,
            "It began in October 1973. [1] Members proclaimed an embargo. [2]"
        );
        let same = check("When?", &[OIL], &["October 1973. It began in October 1973."]);
        assert_eq!(same.text, "October 1973. [1] It began in October 1973. [1]");
        assert_eq!(same.citations.len(), 1);
    }

    #[test]
    fn a_passage_about_something_else_carries_nothing() {
        let checked = check(
            "謝貝利河流經哪一國家？",
            &["黃河流經中國九省。"],
            &["謝貝利河與朱巴河流經中國。"],
        );
        assert_eq!(checked.grounding, Grounding::NotFound);
    }

    #[test]
    fn scripts_meet() {
        let passage = "後來威廉·瓊斯發現印歐語系。此外還有別的貢獻。";
        let checked = check("谁发现了印欧语系？", &[passage], &["威廉·琼斯发现了印欧语系。"]);
        assert_eq!(checked.grounding, Grounding::Grounded);
        assert_eq!(checked.citations[0].quote, "後來威廉·瓊斯發現印歐語系。");
        let wrong = check("誰發現了印歐語系？", &[passage], &["愛因斯坦發現了印歐語系。"]);
        assert_eq!(wrong.grounding, Grounding::NotFound);
    }

    #[test]
    fn lines_are_those_of_the_quote_where_they_are_known() {
        let mut given = passages(&["first line\n\nThe kettle is red.\n\nlast"]);
        given[0].hit.chunk.locator = Locator::Lines { first: 11, last: 15 };
        let mut checker = CitationChecker::new("What colour is the kettle?", &given);
        checker.push("The kettle is red.");
        assert_eq!(
            checker.finish().citations[0].locator,
            Locator::Lines { first: 13, last: 13 }
        );
    }

    #[test]
    fn a_passage_that_is_not_its_chunk_carries_nothing() {
        let mut given = passages(&[OIL]);
        given[0].hit.chunk.text = OIL.replace("1973", "1974");
        let mut checker = CitationChecker::new("When?", &given);
        checker.push("It began in October 1973.");
        assert_eq!(checker.finish().grounding, Grounding::NotFound);
    }

    proptest! {
        #[test]
        fn no_text_yields_a_citation_whose_quote_is_elsewhere(
            texts in proptest::collection::vec("[a-d0-2茶水 .。\n]{0,40}", 0..3),
            answer in "[a-d0-2茶水 .。\n\\[\\]]{0,40}",
            cuts in proptest::collection::vec(any::<bool>(), 40),
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let checked = check("a b?", &texts, &[&answer]);
            for (index, citation) in checked.citations.iter().enumerate() {
                prop_assert_eq!(citation.number as usize, index + 1);
                let document = texts.iter().map(|text| format!("{}{text}", " ".repeat(OFFSET)));
                prop_assert!(document.into_iter().any(|text| citation_is_verbatim(citation, &text)));
                let number = format!("[{}]", index + 1);
                prop_assert!(checked.text.contains(&number));
            }
            prop_assert_eq!(checked.citations.is_empty(), checked.grounding == Grounding::NotFound);
            prop_assert_eq!(checked.citations.is_empty(), checked.text.is_empty());

            let mut pieces = vec![String::new()];
            for (c, cut) in answer.chars().zip(cuts) {
                if cut { pieces.push(String::new()) }
                pieces.last_mut().expect("never empty").push(c);
            }
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(check("a b?", &texts, &pieces), checked);
        }
    }
}
