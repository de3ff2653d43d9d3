//! Which stretches of the hits the model reads.

use std::collections::BTreeSet;

use rushlight_core::{DocumentKind, Hit, Passage, TextSpan};

use crate::sentence::sentences;
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
    /// What is left of a prompt of `prompt_tokens` for this question.
    pub fn for_prompt(
        prompt_tokens: usize,
        question: &str,
        passages: usize,
        count_tokens: &dyn Fn(&str) -> usize,
    ) -> Self {
        let tokens = prompt_tokens.saturating_sub(crate::prompt::overhead(question, count_tokens));
        Self { tokens, passages }
    }
}

/// Share of the budget that the best passage may take; the second may take as much of what is left, and so on.
const SHARE: f32 = 0.5;

/// Tokens of a passage's header and fence in the prompt.
pub(crate) const HEADER_TOKENS: usize = 32;

/// Hits that are looked at.
const MAX_HITS: usize = 12;

/// The best stretches of the best hits, each verbatim, in the order of the hits, numbered from one.
///
/// A hit's passage is its best sentence, by the words it shares with the question, with as many neighbours as its share
/// of the budget allows; a short hit stays whole. A sentence that an earlier passage shows already is not shown again:
/// of another version of a document, what differs is left, and a copy disappears. There is at least one passage when
/// there is a hit with text, unless the budget is zero.
pub fn select_evidence(
    question: &str,
    hits: &[Hit],
    budget: EvidenceBudget,
    count_tokens: &dyn Fn(&str) -> usize,
) -> Vec<Passage> {
    let wanted = terms(question);
    let cut: Vec<Vec<Sentence>> = hits
        .iter()
        .take(MAX_HITS)
        .map(|hit| cut(&hit.chunk.text, front_matter(hit), count_tokens))
        .collect();
    let weights = Weights::over(cut.iter().flatten().map(|sentence| &sentence.terms));

    let mut shown = BTreeSet::new();
    let mut passages: Vec<Passage> = Vec::new();
    let mut left = budget.tokens;
    for (hit, sentences) in hits.iter().zip(&cut) {
        if passages.len() == budget.passages || (!passages.is_empty() && left <= HEADER_TOKENS * 2) {
            break;
        }
        let last = passages.len() + 1 == budget.passages || passages.len() + 1 == hits.len();
        let share = if last {
            left
        } else {
            (left as f32 * SHARE) as usize
        };
        let room = share.saturating_sub(HEADER_TOKENS);
        let Some(span) = window(sentences, &wanted, &weights, &shown, room) else {
            continue;
        };
        let Some(text) = span.of(&hit.chunk.text) else {
            continue;
        };
        let token_count = count_tokens(text);
        if token_count + HEADER_TOKENS > left && !passages.is_empty() {
            continue;
        }
        left = left.saturating_sub(token_count + HEADER_TOKENS);
        shown.extend(
            sentences
                .iter()
                .filter(|s| s.span.start >= span.start && s.span.end <= span.end)
                .map(|s| s.key.clone()),
        );
        let start = hit.chunk.span.start + span.start;
        passages.push(Passage {
            number: u32::try_from(passages.len() + 1).unwrap_or(u32::MAX),
            span: TextSpan::new(start, start + text.len()),
            text: text.to_owned(),
            token_count,
            hit: hit.clone(),
        });
    }
    passages
}

struct Sentence {
    span: TextSpan,
    terms: BTreeSet<String>,
    /// The same for sentences that read the same.
    key: String,
    tokens: usize,
}

/// Length of a note's front matter where the chunk begins with it: fields, not sentences, and no evidence.
fn front_matter(hit: &Hit) -> usize {
    let text = &hit.chunk.text;
    let begins = hit.kind == DocumentKind::Note && hit.chunk.span.start == 0 && text.starts_with("---");
    match text.match_indices("\n---").next() {
        Some((at, fence)) if begins && at + fence.len() < text.len() => at + fence.len(),
        _ => 0,
    }
}

fn cut(text: &str, from: usize, count_tokens: &dyn Fn(&str) -> usize) -> Vec<Sentence> {
    let body = sentences(&text[from..]).into_iter();
    body.map(|span| TextSpan::new(from + span.start, from + span.end))
        .filter_map(|span| {
            let sentence = span.of(text)?;
            Some(Sentence {
                span,
                terms: terms(sentence),
                key: fold(sentence).chars().filter(|c| c.is_alphanumeric()).collect(),
                tokens: count_tokens(sentence) + 1,
            })
        })
        .collect()
}

/// The stretch of sentences around the best one that is new and fits into `room`; the best one alone when nothing fits.
fn window(
    sentences: &[Sentence],
    wanted: &BTreeSet<String>,
    weights: &Weights,
    shown: &BTreeSet<String>,
    room: usize,
) -> Option<TextSpan> {
    let is_new = |index: usize| !shown.contains(&sentences[index].key);
    let score = |index: usize| covered(wanted, &sentences[index].terms, weights);
    let best = (0..sentences.len())
        .filter(|index| is_new(*index))
        .max_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a)))?;
    let (mut first, mut last, mut used) = (best, best, sentences[best].tokens);
    loop {
        let fits = |index: usize| is_new(index) && used + sentences[index].tokens <= room;
        let before = first.checked_sub(1).filter(|index| fits(*index));
        let after = Some(last + 1).filter(|index| *index < sentences.len() && fits(*index));
        // What follows explains more often than what precedes, so it wins a tie.
        let next = match (before, after) {
            (Some(before), Some(after)) if score(before) > score(after) => before,
            (_, Some(after)) => after,
            (Some(before), None) => before,
            (None, None) => {
                return Some(TextSpan::new(
                    sentences[first].span.start,
                    sentences[last].span.end,
                ));
            }
        };
        used += sentences[next].tokens;
        (first, last) = (first.min(next), last.max(next));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{OFFSET, hit, words};

    fn select(question: &str, hits: &[Hit], tokens: usize) -> Vec<Passage> {
        select_evidence(question, hits, EvidenceBudget { tokens, passages: 4 }, &words)
    }

    #[test]
    fn short_hits_stay_whole_in_their_order() {
        let hits = [
            hit("a", "Tea is a drink. It is hot."),
            hit("b", "Coffee is another."),
        ];
        let passages = select("What is tea?", &hits, 400);
        assert_eq!(
            passages
                .iter()
                .map(|p| (p.number, p.text.as_str()))
                .collect::<Vec<_>>(),
            [(1, "Tea is a drink. It is hot."), (2, "Coffee is another.")]
        );
        assert_eq!(
            passages[0].span,
            TextSpan::new(OFFSET, OFFSET + hits[0].chunk.text.len())
        );
    }

    #[test]
    fn front_matter_is_no_evidence() {
        let mut note = hit(
            "a",
            "---\ntitle: Chicken\ndate: 2023-12-03\n---\n# Chicken\n\n- ginger, 12 slices\n",
        );
        note.chunk.span = TextSpan::new(0, note.chunk.text.len());
        let passages = select("How many slices of ginger?", &[note], 400);
        assert_eq!(passages[0].text, "# Chicken\n\n- ginger, 12 slices");
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

    proptest! {
        #[test]
        fn passages_are_verbatim_numbered_and_within_budget(
            texts in proptest::collection::vec("([a-z]{1,6} ){1,12}[.。]( [a-z茶]{1,6}){0,9}", 0..6),
            question in "([a-z]{1,6} ){1,5}",
            tokens in 0usize..400,
        ) {
            let hits: Vec<Hit> = texts.iter().enumerate().map(|(n, text)| hit(&n.to_string(), text)).collect();
            let passages = select(&question, &hits, tokens);
            prop_assert_eq!(passages.is_empty(), hits.is_empty());
            for (index, passage) in passages.iter().enumerate() {
                prop_assert_eq!(passage.number as usize, index + 1);
                let chunk = &passage.hit.chunk;
                let local = TextSpan::new(passage.span.start - chunk.span.start, passage.span.end - chunk.span.start);
                prop_assert_eq!(local.of(&chunk.text), Some(passage.text.as_str()));
            }
            if passages.len() > 1 {
                let used: usize = passages.iter().map(|passage| passage.token_count + HEADER_TOKENS).sum();
                prop_assert!(used <= tokens, "{} of {}", used, tokens);
            }
        }
    }
}
