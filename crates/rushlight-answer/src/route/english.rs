//! What English words say of how a question is to be answered.

use rushlight_core::AnswerKind;

use crate::nouns::{noun, plural, speaks_of_documents};
use crate::words::{Word, stretch};

/// Words before a request that ask for nothing.
const POLITE: [&str; 14] = [
    "please", "can", "could", "would", "will", "you", "kindly", "i", "want", "need", "to", "now", "ok",
    "then",
];

/// Between `how many` and a noun: what ends the search for one.
const NO_ADJECTIVE: [&str; 34] = [
    "is",
    "are",
    "was",
    "were",
    "did",
    "do",
    "does",
    "have",
    "has",
    "had",
    "of",
    "in",
    "on",
    "at",
    "from",
    "by",
    "with",
    "for",
    "about",
    "to",
    "that",
    "which",
    "and",
    "or",
    "can",
    "could",
    "will",
    "would",
    "different",
    "types",
    "kinds",
    "times",
    "people",
    "per",
];

/// Words that say that documents are asked for as things to bring, not as what is searched.
const NEEDED: [&str; 7] = [
    "required",
    "needed",
    "necessary",
    "need",
    "needs",
    "must",
    "require",
];

/// The kind, and the words that decided it.
pub(super) fn kind(question: &str, words: &[Word]) -> Option<(AnswerKind, String)> {
    let (texts, first) = opening(words)?;
    let found = list(&texts, first)
        .map(|(from, to)| (AnswerKind::List, from, to))
        .or_else(|| summary(question, words, &texts, first).map(|to| (AnswerKind::Summary, first, to)))
        .or_else(|| {
            comparison(question, words, &texts, first).map(|(from, to)| (AnswerKind::Comparison, from, to))
        })?;
    let (kind, from, to) = found;
    stretch(question, &words[from..to]).map(|because| (kind, because.to_owned()))
}

/// The words that ask what changed in something, be it a document or not.
pub(super) fn changes(question: &str, words: &[Word]) -> Option<String> {
    let (texts, first) = opening(words)?;
    let (from, to) = differing(&texts, first)?;
    stretch(question, &words[from..to]).map(str::to_owned)
}

/// The words as they are compared, and where the question begins behind what is only polite.
fn opening(words: &[Word]) -> Option<(Vec<&str>, usize)> {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let first = texts.iter().position(|word| !POLITE.contains(word))?;
    Some((texts, first))
}

/// The words of a request for every document, as a range.
fn list(texts: &[&str], first: usize) -> Option<(usize, usize)> {
    if texts.iter().any(|word| NEEDED.contains(word)) {
        return None;
    }
    for (at, pair) in texts.windows(2).enumerate() {
        if pair == ["how", "many"] {
            let (noun_at, noun) = noun_after(texts, at + 2)?;
            let rate = texts
                .get(noun_at + 1)
                .is_some_and(|next| matches!(*next, "per" | "a" | "each"));
            return (noun.counted && !rate).then_some((at, noun_at + 1));
        }
    }
    let opening = texts[first];
    let start = match opening {
        "list" | "show" | "find" | "get" | "enumerate" | "display" | "count" => {
            first + 1 + usize::from(texts.get(first + 1) == Some(&"me"))
        }
        "give" if texts.get(first + 1) == Some(&"me") => first + 2,
        "all" | "every" | "each" | "which" => first,
        "in" if matches!(texts.get(first + 1), Some(&"which")) => first + 1,
        "what" => first,
        _ => return None,
    };
    let determined = texts[start..]
        .iter()
        .take_while(|word| {
            matches!(
                **word,
                "all" | "every" | "each" | "the" | "my" | "our" | "of" | "any" | "which" | "what" | "a"
            )
        })
        .count();
    let every = texts[start..start + determined]
        .iter()
        .any(|word| matches!(*word, "every" | "each"));
    let (noun_at, noun) = if every {
        texts[start + determined..]
            .iter()
            .take(3)
            .position(|word| noun(word).is_some())
            .and_then(|at| Some((start + determined + at, noun(texts[start + determined + at])?)))?
    } else {
        noun_after(texts, start + determined)?
    };
    let mine = texts
        .iter()
        .any(|word| matches!(*word, "i" | "my" | "we" | "our" | "me"));
    let sure = match opening {
        // What documents did he write? is about the world; what mails did I get? is about documents.
        "what" => noun.counted && mine,
        "which" | "in" => noun.counted || mine,
        _ => true,
    };
    sure.then_some((first, noun_at + 1))
}

/// The noun for several documents that follows, with at most three words before it that could describe it.
fn noun_after(texts: &[&str], start: usize) -> Option<(usize, &'static crate::nouns::Noun)> {
    let rest = texts.get(start..)?;
    for (at, word) in rest.iter().take(4).enumerate() {
        if let Some(noun) = plural(word) {
            return Some((start + at, noun));
        }
        if NO_ADJECTIVE.contains(word) {
            return None;
        }
    }
    None
}

/// Where the words that ask for a summary end.
fn summary(question: &str, words: &[Word], texts: &[&str], first: usize) -> Option<usize> {
    let rest = &texts[first..];
    match rest {
        ["summarise" | "summarize" | "recap", _, ..] => return Some(first + 1),
        ["sum", "up", _, ..] => return Some(first + 2),
        ["what", "is" | "are", "this" | "that" | "the", ..] | ["what's", "this" | "that" | "the", ..]
            if rest.last() == Some(&"about") && rest.len() <= 9 && speaks_of_documents(question, words) =>
        {
            return Some(texts.len());
        }
        _ => {}
    }
    let opens = matches!(
        rest.first(),
        Some(
            &("give"
                | "write"
                | "make"
                | "provide"
                | "show"
                | "prepare"
                | "summary"
                | "overview"
                | "a"
                | "an"
                | "short"
                | "brief")
        )
    ) || matches!(rest, ["what", "is" | "are", ..] | ["what's", ..]);
    if !opens {
        return None;
    }
    let at = rest.iter().take(8).position(|word| {
        matches!(
            *word,
            "summary" | "summaries" | "overview" | "gist" | "points" | "takeaways"
        )
    })?;
    let of = matches!(rest.get(at + 1), Some(&("of" | "for" | "from" | "in")));
    let asks = matches!(rest[at], "summary" | "summaries") && !matches!(rest[0], "what" | "what's");
    (of && (asks || speaks_of_documents(question, words))).then_some(first + at + 2)
}

/// The words that ask for a comparison of documents, as a range.
fn comparison(question: &str, words: &[Word], texts: &[&str], first: usize) -> Option<(usize, usize)> {
    let rest = &texts[first..];
    if matches!(rest, ["compare", _, ..]) {
        return Some((first, first + 1));
    }
    match speaks_of_documents(question, words) {
        true => differing(texts, first),
        false => None,
    }
}

/// The words that ask how something differs from something, as a range.
fn differing(texts: &[&str], first: usize) -> Option<(usize, usize)> {
    let between = |word: &str| matches!(word, "between" | "in" | "from" | "of");
    texts.windows(2).enumerate().find_map(|(at, pair)| {
        let asks = match pair {
            ["difference" | "differences" | "changes", next] => between(next),
            ["differ", _] | ["differs", _] => true,
            ["changed" | "new" | "different", next] => {
                between(next)
                    && matches!(
                        texts.get(first),
                        Some(&("what" | "what's" | "show" | "list" | "how"))
                    )
            }
            _ => false,
        };
        asks.then_some((at, at + 2))
    })
}
