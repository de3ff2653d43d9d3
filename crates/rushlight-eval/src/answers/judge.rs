//! What one answer is worth.

use rushlight_core::{Answer, Citation, GenerationSummary, Grounding, Passage, Result};

use super::question::{AnswerQuestion, GoldPlace};
use super::record::{AnswerRecord, CitationRecord, Outcome, Times};
use super::text::{contains, exact_match, is_number, letters, token_f1, without_marks};
use crate::recipe::ends_in;

/// Letters at either end of a passage or paragraph that say that it is there, at least in part.
const END_LETTERS: usize = 30;

/// Judges an answer. `stands` says whether a citation's quote is what its document has at its span.
///
/// # Errors
/// What `stands` fails with.
pub fn judge(
    question: &AnswerQuestion,
    answer: &Answer,
    times: Times,
    prompt_tokens: usize,
    stands: &dyn Fn(&Citation) -> Result<bool>,
) -> Result<AnswerRecord> {
    let refused = answer.grounding == Grounding::NotFound;
    let bare = without_marks(&answer.text);
    let citations = answer
        .citations
        .iter()
        .map(|citation| {
            Ok(CitationRecord {
                path: citation.path.clone(),
                part: citation.part.clone(),
                quote: citation.quote.clone(),
                at_gold: cites(&question.gold, citation, &answer.passages),
                in_place: stands(citation)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let generation = answer.generation.clone().unwrap_or_default();
    let contained = !refused && contains(&bare, &question.answers);
    let right = match question.answers.is_empty() {
        true => citations.iter().any(|citation| citation.at_gold),
        false => contained,
    };
    let outcome = match (refused, question.answerable && right) {
        (true, _) => Outcome::Refused,
        (false, true) => Outcome::Right,
        (false, false) => Outcome::Wrong,
    };
    let (sentences, uncited) = match refused {
        true => (0, 0),
        false => cited_sentences(&answer.text),
    };
    let GenerationSummary {
        text: raw,
        prompt_tokens: generation_prompt,
        cached_tokens,
        generated_tokens,
        ..
    } = generation;
    Ok(AnswerRecord {
        exact: !refused && exact_match(&bare, &question.answers),
        f1: match refused {
            true => 0.0,
            false => token_f1(&bare, &question.answers),
        },
        contained,
        raw_contained: contains(&raw, &question.answers),
        evidence_has_answer: answer
            .passages
            .iter()
            .any(|passage| contains(&passage.text, &question.answers)),
        evidence_at_gold: answer
            .passages
            .iter()
            .any(|passage| lies_at(&question.gold, passage)),
        text: answer.text.clone(),
        raw,
        grounding: answer.grounding.as_str().to_owned(),
        kind: answer.route.kind.as_str().to_owned(),
        citations,
        sentences,
        uncited,
        dropped: answer.dropped,
        signals: answer.signals.into(),
        times,
        prompt_tokens: generation_prompt.max(prompt_tokens),
        cached_tokens,
        generated_tokens,
        passages: answer.passages.len(),
        ..AnswerRecord::unanswered(question, outcome)
    })
}

impl AnswerRecord {
    /// Of a question without an answer to look at.
    pub(crate) fn unanswered(question: &AnswerQuestion, outcome: Outcome) -> Self {
        Self {
            id: question.id.clone(),
            class: question.class.clone(),
            language: question.language.clone(),
            split: question.split,
            group: question.group.clone(),
            question: question.text.clone(),
            answerable: question.answerable,
            answers: question.answers.clone(),
            outcome,
            exact: false,
            f1: 0.0,
            contained: false,
            raw_contained: false,
            evidence_has_answer: false,
            evidence_at_gold: false,
            text: String::new(),
            raw: String::new(),
            grounding: String::new(),
            kind: String::new(),
            citations: Vec::new(),
            sentences: 0,
            uncited: 0,
            dropped: 0,
            signals: Default::default(),
            times: Times::default(),
            prompt_tokens: 0,
            cached_tokens: 0,
            generated_tokens: 0,
            passages: 0,
            error: None,
        }
    }
}

/// Whether a citation lies where the known answer stands: its quote is in the paragraph, whatever marks and spaces the reading
/// of the file put between its letters.
fn cites(gold: &GoldPlace, citation: &Citation, passages: &[Passage]) -> bool {
    match gold {
        GoldPlace::Paragraph { file, text } => {
            let quote = letters(&citation.quote);
            ends_in(&citation.path, file) && !quote.is_empty() && letters(text).contains(&quote)
        }
        GoldPlace::Places(places) => {
            let passage = passages.iter().find(|passage| {
                let (within, span) = (passage.hit.chunk.span, citation.span);
                passage.hit.doc_id == citation.doc_id && within.start <= span.start && span.end <= within.end
            });
            places.0.iter().any(|place| match passage {
                Some(passage) => place.holds(&passage.hit),
                None => place.is_file(&citation.path, &citation.part),
            })
        }
        GoldPlace::Unknown => false,
    }
}

/// Whether a passage has some of what stands at the known place.
fn lies_at(gold: &GoldPlace, passage: &Passage) -> bool {
    match gold {
        GoldPlace::Paragraph { file, text } => {
            let (paragraph, passage_letters) = (letters(text), letters(&passage.text));
            let shares = |whole: &str, part: &str| {
                let ends = [first_letters(part), last_letters(part)];
                !part.is_empty() && ends.iter().any(|end| whole.contains(end.as_str()))
            };
            ends_in(&passage.hit.path, file)
                && (shares(&paragraph, &passage_letters) || shares(&passage_letters, &paragraph))
        }
        GoldPlace::Places(places) => places.0.iter().any(|place| place.holds(&passage.hit)),
        GoldPlace::Unknown => false,
    }
}

fn first_letters(text: &str) -> String {
    text.chars().take(END_LETTERS).collect()
}

fn last_letters(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(END_LETTERS);
    text.chars().skip(skip).collect()
}

/// How many sentences a text has, and how many of them end without `[n]`.
///
/// A mark belongs to the sentence before it. Between two marks a sentence ends where there is no doubt: at a full stop of
/// Chinese, at `!` and `?`, at a line's end, and at a full stop behind a word of four letters or more before a capital one; so an
/// abbreviation is not taken for an end.
fn cited_sentences(text: &str) -> (usize, usize) {
    let (mut sentences, mut uncited) = (0, 0);
    let mut rest = text;
    loop {
        let (stretch, after, marked) = match next_mark(rest) {
            Some((before, after)) => (before, after, true),
            None => (rest, "", false),
        };
        let inside = ends_within(stretch);
        sentences += inside;
        uncited += match marked && inside > 0 {
            true => inside - 1,
            false => inside,
        };
        if !marked {
            return (sentences, uncited);
        }
        rest = after;
    }
}

/// What stands before the next `[n]`, and behind it.
fn next_mark(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        if let Some(close) = text[open..].find(']').map(|at| open + at)
            && is_number(&text[open + 1..close])
        {
            return Some((&text[..open], &text[close + 1..]));
        }
        from = open + 1;
    }
    None
}

/// Sentences of a stretch without marks.
fn ends_within(text: &str) -> usize {
    let mut count = 0;
    let mut has_words = false;
    let mut word = 0;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let ends = match c {
            '。' | '！' | '？' | '!' | '?' | '\n' => true,
            '.' => {
                let mut ahead = characters.clone().skip_while(|c| matches!(c, '"' | '”' | '»'));
                let spaced = ahead.next().is_some_and(char::is_whitespace);
                word >= 4 && spaced && ahead.next().is_some_and(char::is_uppercase)
            }
            _ => false,
        };
        word = if c.is_alphabetic() { word + 1 } else { 0 };
        has_words |= c.is_alphanumeric();
        if ends && has_words {
            count += 1;
            has_words = false;
        }
    }
    count + usize::from(has_words)
}

#[cfg(test)]
pub(crate) mod tests {
    use rushlight_core::{ContentHash, DocId, Hit, Locator, TextSpan, Timestamp};

    use super::super::question::tests::question;
    use super::*;

    const TEXT: &str = "The kettle is a red kettle. It boils at ninety degrees.";

    fn hit(path: &str) -> Hit {
        let mut hit = rushlight_testkit::hit(1, TEXT);
        hit.title = "Kettles".to_owned();
        hit.path = path.to_owned();
        hit.space = "tea".to_owned();
        hit
    }

    /// An answer with one citation, of the first sentence of `path`.
    pub(crate) fn answer(text: &str, path: &str) -> Answer {
        let span = TextSpan::new(0, 27);
        Answer {
            text: text.to_owned(),
            grounding: Grounding::Grounded,
            citations: vec![Citation {
                number: 1,
                doc_id: DocId([1; 16]),
                content_hash: ContentHash([2; 32]),
                span,
                locator: Locator::Whole,
                quote: TEXT[span.range()].to_owned(),
                confidence: None,
                title: "Kettles".to_owned(),
                path: path.to_owned(),
                part: String::new(),
                date: Timestamp(0),
                space: "tea".to_owned(),
            }],
            passages: vec![Passage {
                number: 1,
                hit: hit(path),
                span: TextSpan::new(0, TEXT.len()),
                text: TEXT.to_owned(),
                token_count: 12,
            }],
            generation: Some(GenerationSummary {
                text: "a red kettle".to_owned(),
                prompt_tokens: 300,
                generated_tokens: 5,
                ..GenerationSummary::default()
            }),
            ..Answer::default()
        }
    }

    pub(crate) fn judged(question: &AnswerQuestion, answer: &Answer) -> AnswerRecord {
        judge(question, answer, Times::default(), 280, &|citation| {
            Ok(citation.span.start == 0)
        })
        .expect("nothing fails")
    }

    fn at_paragraph(file: &str, text: &str) -> AnswerQuestion {
        AnswerQuestion {
            gold: GoldPlace::Paragraph {
                file: file.to_owned(),
                text: text.to_owned(),
            },
            ..question("answerable", "q0", true)
        }
    }

    #[test]
    fn a_right_answer_with_its_citation_at_the_known_place() {
        // The set's paragraph has other marks and spaces than the file as it was read.
        let asked = at_paragraph("tea/kettles.md", "The *kettle* is a red\nkettle. It boils …");
        let record = judged(&asked, &answer("It is a red kettle. [1]", "/w/tea/kettles.md"));
        assert_eq!(record.outcome, Outcome::Right);
        assert!(record.is_right_and_cited() && record.evidence_at_gold && record.evidence_has_answer);
        assert!(record.contained && record.raw_contained && !record.exact);
        // Words `it is red kettle` and `red kettle`: 2·2/6.
        assert!((record.f1 - 2.0 / 3.0).abs() < 1e-12, "{}", record.f1);
        assert_eq!((record.sentences, record.uncited), (1, 0));
        assert_eq!((record.prompt_tokens, record.generated_tokens), (300, 5));
        assert!(record.citations[0].in_place);

        let elsewhere = judged(&asked, &answer("It is a red kettle. [1]", "/w/tea/pots.md"));
        assert_eq!(elsewhere.outcome, Outcome::Right);
        assert!(!elsewhere.is_right_and_cited() && !elsewhere.evidence_at_gold);
        let other = at_paragraph("tea/kettles.md", "Pots are made of clay.");
        let record = judged(&other, &answer("It is a red kettle. [1]", "/w/tea/kettles.md"));
        assert!(!record.is_right_and_cited() && !record.evidence_at_gold);
    }

    #[test]
    fn wrong_answers_refusals_and_quotes_that_are_not_there() {
        let asked = question("answerable", "q0", true);
        let wrong = judged(&asked, &answer("It boils. [1]", "/w/a.md"));
        assert_eq!((wrong.outcome, wrong.contained), (Outcome::Wrong, false));
        let absent = question("nowhere", "q0", false);
        let record = judged(&absent, &answer("It is a red kettle. [1]", "/w/a.md"));
        assert_eq!(record.outcome, Outcome::Wrong);

        let mut refusal = answer("The documents do not say: red kettle.", "/w/a.md");
        refusal.grounding = Grounding::NotFound;
        refusal.generation = None;
        for asked in [&asked, &absent] {
            let record = judged(asked, &refusal);
            assert_eq!(record.outcome, Outcome::Refused);
            assert!(!record.contained && record.f1 == 0.0 && record.sentences == 0);
            assert_eq!(record.prompt_tokens, 280, "of the prompt that was read");
        }
        let mut moved = answer("It is a red kettle. [1]", "/w/a.md");
        moved.citations[0].span = TextSpan::new(1, 28);
        assert!(!judged(&asked, &moved).citations[0].in_place);
    }

    #[test]
    fn a_question_that_only_names_a_place_is_right_when_that_is_cited() {
        let asked = AnswerQuestion {
            answers: Vec::new(),
            ..at_paragraph("kettles.md", TEXT)
        };
        let cited = judged(&asked, &answer("Whatever. [1]", "/w/kettles.md"));
        assert_eq!(cited.outcome, Outcome::Right);
        let elsewhere = judged(&asked, &answer("Whatever. [1]", "/w/pots.md"));
        assert_eq!(elsewhere.outcome, Outcome::Wrong);
    }

    #[test]
    fn sentences_are_counted_with_those_that_no_mark_follows() {
        for (text, expected) in [
            (
                "It began in October 1973. [1] The price rose to nearly $12. [2]",
                (2, 0),
            ),
            ("It began in October 1973. [1] The price rose.", (2, 1)),
            ("The price was doubled. It fell again. [1]", (2, 1)),
            ("The U.S. Army and Gen. Lee left. [1][2]", (1, 0)),
            ("軟體很好。茶也好。[1]", (2, 1)),
            ("“The kettle is red.” [1]", (1, 0)),
            ("A list:\n- tea [1]\n- milk [2]", (3, 1)),
            ("See [a] and [b] there [1]", (1, 0)),
            ("", (0, 0)),
        ] {
            assert_eq!(cited_sentences(text), expected, "{text}");
        }
    }
}
