//! The best sentence of the evidence, verbatim: an answer without a model.

use rushlight_core::{Citation, Passage};

use crate::citation::cite;
use crate::sentence::sentences;
use crate::terms::{Weights, covered, terms};

/// The sentence that has most of the question's words, by weight, as a citation numbered one; the first among equals.
/// `None` when no sentence has any.
pub fn best_sentence(question: &str, passages: &[Passage]) -> Option<Citation> {
    let wanted = terms(question);
    let all: Vec<_> = passages
        .iter()
        .flat_map(|passage| {
            sentences(&passage.text)
                .into_iter()
                .map(move |span| (passage, span, terms(&passage.text[span.range()])))
        })
        .collect();
    let weights = Weights::over(all.iter().map(|(_, _, terms)| terms));
    let mut best: Option<(f32, Citation)> = None;
    for (passage, span, found) in &all {
        let score = covered(&wanted, found, &weights);
        if score > best.as_ref().map_or(0.0, |(top, _)| *top)
            && let Some(citation) = cite(passage, *span)
        {
            best = Some((score, citation));
        }
    }
    best.map(|(_, citation)| citation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::passages;

    #[test]
    fn the_sentence_with_the_questions_words_is_quoted() {
        let given = passages(&[
            "Tea is green. The kettle is red.",
            "The kettle boils at ninety degrees. Then it sings.",
        ]);
        let quote = |question: &str| best_sentence(question, &given).map(|citation| citation.quote);
        assert_eq!(
            quote("When does the kettle boil?").as_deref(),
            Some("The kettle boils at ninety degrees.")
        );
        assert_eq!(quote("What is green?").as_deref(), Some("Tea is green."));
        assert_eq!(quote("Who painted the ceiling?"), None);
    }
}
