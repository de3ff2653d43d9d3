//! Passages that say the same of something, with other numbers.

use std::collections::BTreeSet;

use rushlight_core::{Citation, Passage, TextSpan};

use crate::citation::cite;
use crate::numbers::stated_numbers;
use crate::sentence::sentences;
use crate::terms::{Weights, covered, terms};

/// So much of each sentence's words, numbers apart, must be in the other.
const SAME_THING: f32 = 0.75;

/// Another document's sentence that reads like a quotation and has other numbers where the answer has its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contradiction {
    /// The other sentence, numbered one.
    pub(crate) citation: Citation,
    /// What the quotation has and the other has not.
    pub(crate) ours: String,
    /// What the other has instead.
    pub(crate) theirs: String,
}

/// Looks for a sentence that contradicts a cited one in what the answer took from it.
///
/// Only numbers and dates are compared: words differ for many reasons. The sentence must be of another document.
pub(crate) fn contradiction(answer: &str, cited: &Citation, passages: &[Passage]) -> Option<Contradiction> {
    let said = stated_numbers(answer);
    let quoted = stated_numbers(&cited.quote);
    let words = without_numbers(&cited.quote);
    passages
        .iter()
        .filter(|passage| passage.hit.doc_id != cited.doc_id)
        .flat_map(|passage| {
            sentences(&passage.text)
                .into_iter()
                .map(move |span| (passage, span))
        })
        .find_map(|(passage, span): (&Passage, TextSpan)| {
            let text = span.of(&passage.text)?;
            let theirs = stated_numbers(text);
            let ours = quoted.difference(&theirs).find(|number| said.contains(*number))?;
            let instead = theirs.difference(&quoted).next()?;
            let other = without_numbers(text);
            let alike =
                |a: &BTreeSet<String>, b: &BTreeSet<String>| covered(a, b, &Weights::default()) >= SAME_THING;
            if words.len() < 2 || !alike(&words, &other) || !alike(&other, &words) {
                return None;
            }
            Some(Contradiction {
                citation: cite(passage, span)?,
                ours: ours.clone(),
                theirs: instead.clone(),
            })
        })
}

fn without_numbers(text: &str) -> BTreeSet<String> {
    let mut words = terms(text);
    words.retain(|term| !term.chars().any(|c| c.is_ascii_digit()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::passages;

    fn against(answer: &str, texts: &[&str]) -> Option<(String, String, String)> {
        let given = passages(texts);
        let first = sentences(&given[0].text)[0];
        let cited = cite(&given[0], first).expect("is there");
        contradiction(answer, &cited, &given).map(|found| (found.citation.quote, found.ours, found.theirs))
    }

    #[test]
    fn the_same_sentence_with_another_number_contradicts() {
        let texts = [
            "The travel limit is 95 euros a day.",
            "Lunch is free. The travel limit is 80 euros a day.",
        ];
        assert_eq!(
            against("The limit is 95 euros.", &texts),
            Some((
                "The travel limit is 80 euros a day.".to_owned(),
                "95".to_owned(),
                "80".to_owned()
            ))
        );
        assert_eq!(
            against(
                "每日上限為 95 元。",
                &["差旅費每日上限為 95 元。", "差旅費每日上限為 80 元。"]
            )
            .map(|found| found.2),
            Some("80".to_owned())
        );
    }

    #[test]
    fn other_things_with_other_numbers_do_not() {
        let texts = [
            "The travel limit is 95 euros a day.",
            "The hotel costs 80 euros a night.",
        ];
        assert_eq!(against("The limit is 95 euros.", &texts), None);
        let same = ["The travel limit is 95 euros.", "The travel limit is 95 euros."];
        assert_eq!(against("The limit is 95 euros.", &same), None);
        let beside = [
            "The limit of 2024 is 95 euros a day.",
            "The limit of 2023 is 95 euros a day.",
        ];
        assert_eq!(
            against("The limit is 95 euros.", &beside),
            None,
            "what the answer says is the same in both"
        );
    }
}
