//! The units in which a question, a sentence and a passage are compared.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::language::{is_han, simplified};

/// Text for comparing: compatibility forms, accents, case and Chinese script folded.
pub(crate) fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .nfc()
        .flat_map(char::to_lowercase)
        .collect();
    simplified(&plain)
}

/// The content units of a text: word stems, numbers, and pairs of Chinese characters; what every text has is left out.
pub(crate) fn terms(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let mut terms = BTreeSet::new();
    let mut chars = folded.chars().peekable();
    while let Some(&c) = chars.peek() {
        if is_han(c) {
            let mut run = Vec::new();
            while let Some(c) = chars.next_if(|c| is_han(*c)) {
                run.push(c);
            }
            han_terms(&run, &mut terms);
        } else if c.is_alphanumeric() {
            let mut word = String::new();
            while let Some(c) =
                chars.next_if(|c| (c.is_alphanumeric() && !is_han(*c)) || APOSTROPHES.contains(c))
            {
                word.push(c);
            }
            for word in parts(&word) {
                if !stops(word) {
                    terms.insert(stem(word));
                }
            }
        } else {
            chars.next();
        }
    }
    terms
}

/// A word without what is behind an apostrophe in `museum's` and `don't`; of names like `O'Brien` and `d'Hondt` what is not a single letter.
fn parts(word: &str) -> Vec<&str> {
    let all = word.split(APOSTROPHES).filter(|part| !part.is_empty());
    let mut parts: Vec<&str> = all
        .enumerate()
        .filter(|(at, part)| *at == 0 || !ENDINGS.contains(part))
        .map(|(_, part)| part)
        .collect();
    if parts.len() > 1 {
        parts.retain(|part| part.chars().nth(1).is_some());
    }
    parts
}

/// What stands within a word as an apostrophe.
pub(crate) const APOSTROPHES: [char; 2] = ['\'', '’'];

/// What stands behind an apostrophe without being a word.
const ENDINGS: [&str; 7] = ["s", "t", "re", "ve", "ll", "d", "m"];

/// Share of `wanted`, by weight, that is among `found`; 0 when nothing is wanted.
pub(crate) fn covered(wanted: &BTreeSet<String>, found: &BTreeSet<String>, weights: &Weights) -> f32 {
    let weigh = |terms: &mut dyn Iterator<Item = &String>| terms.map(|term| weights.of(term)).sum::<f32>();
    let all = weigh(&mut wanted.iter());
    if all == 0.0 {
        0.0
    } else {
        weigh(&mut wanted.intersection(found)) / all
    }
}

/// How much a term says: much when few of the texts have it.
#[derive(Default)]
pub(crate) struct Weights {
    texts: usize,
    having: BTreeMap<String, usize>,
}

impl Weights {
    /// Counts over the terms of some texts.
    pub(crate) fn over<'a>(texts: impl IntoIterator<Item = &'a BTreeSet<String>>) -> Self {
        let mut weights = Self::default();
        for terms in texts {
            weights.texts += 1;
            for term in terms {
                *weights.having.entry(term.clone()).or_default() += 1;
            }
        }
        weights
    }

    /// From 1 for a term in every text up to `1 + ln(texts + 1)` for one in none. Gentler than BM25's, which is made for
    /// thousands of texts: over a handful it would let a single missing word outweigh all that are there.
    fn of(&self, term: &str) -> f32 {
        let having = self.having.get(term).copied().unwrap_or(0) as f32;
        1.0 + ((self.texts as f32 + 1.0) / (having + 1.0)).ln()
    }
}

/// Pairs of neighbouring characters, and the single one where a run has no neighbour for it.
fn han_terms(run: &[char], terms: &mut BTreeSet<String>) {
    let parts = run.split(|c| binds(*c));
    for part in parts {
        match part {
            [] => {}
            [single] => {
                terms.insert(single.to_string());
            }
            part => terms.extend(part.windows(2).map(|pair| pair.iter().collect::<String>())),
        }
    }
}

/// Cuts the endings that English inflects with. Crude, and the same on both sides of a comparison.
pub(crate) fn stem(word: &str) -> String {
    if word.chars().any(|c| c.is_ascii_digit()) || !word.is_ascii() {
        return word.to_owned();
    }
    for (ending, least) in [
        ("ies", 3),
        ("ing", 4),
        ("ed", 4),
        ("es", 4),
        ("ly", 4),
        ("s", 3),
        ("e", 3),
        ("y", 3),
    ] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() >= least
            && !stem.ends_with('s')
        {
            return stem.to_owned();
        }
    }
    word.to_owned()
}

/// Whether a character, folded, only binds Chinese words.
pub(crate) fn binds(c: char) -> bool {
    STOP_CHARS.contains(c)
}

/// Whether a word, folded, only binds English sentences.
pub(crate) fn stops(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// Characters that bind Chinese words or ask, folded to Simplified.
const STOP_CHARS: &str =
    "的了是在有和与及或也都而被把为于以之其这那此哪谁什么吗呢吧何几多少怎个请问会能可中上下对从到由";

/// Words that bind English sentences or ask.
const STOP_WORDS: [&str; 96] = [
    "a", "about", "after", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "before",
    "being", "between", "both", "but", "by", "can", "could", "did", "do", "does", "doing", "during", "each",
    "for", "from", "had", "has", "have", "having", "he", "her", "him", "his", "how", "i", "if", "in", "into",
    "is", "it", "its", "kind", "many", "may", "me", "much", "my", "name", "no", "not", "of", "on", "one",
    "or", "our", "out", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "through", "to", "type", "was", "we", "were", "what",
    "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "yes", "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        terms(text).into_iter().collect()
    }

    #[test]
    fn terms_fold_case_width_accents_inflection_and_script() {
        assert_eq!(list("When did the Crises begin?"), ["begin", "crise"]);
        assert_eq!(list("crisis"), ["crisi"]);
        assert_eq!(list("Café ＡＢＣ ships shipped"), list("cafe abc ship shipped"));
        assert_eq!(list("誰發現了印歐語系？"), list("谁发现了印欧语系"));
        assert_eq!(list("茶"), ["茶"]);
        assert_eq!(list("什麼是的？"), Vec::<String>::new());
        assert_eq!(list("the dog's bone"), ["bon", "dog"]);
        assert_eq!(list("They don’t use R’s own"), list("don use r own"));
        assert_eq!(
            list("O'Brien and d’Hondt in L'Aquila"),
            list("Brien Hondt Aquila")
        );
        assert_eq!(list("rock'n'roll"), list("rock roll"));
    }

    #[test]
    fn stop_words_are_sorted_and_distinct() {
        assert!(STOP_WORDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn rare_terms_weigh_more() {
        let texts = [terms("tea house"), terms("tea garden"), terms("tea kettle")];
        let weights = Weights::over(&texts);
        let wanted = terms("tea garden");
        assert!(covered(&wanted, &terms("garden"), &weights) > covered(&wanted, &terms("tea"), &weights));
        assert_eq!(covered(&wanted, &wanted, &weights), 1.0);
        assert_eq!(covered(&BTreeSet::new(), &wanted, &weights), 0.0);
    }
}
