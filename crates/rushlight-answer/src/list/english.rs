//! What an English question for a list asks for.

use super::{Read, dates, stated};
use crate::nouns::{noun, plural};
use crate::words::Word;

/// Words that ask, bind or say that something is said; what is left is what the documents speak of.
const EMPTY: [&str; 97] = [
    "a",
    "about",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "by",
    "can",
    "concern",
    "concerning",
    "contain",
    "containing",
    "contains",
    "could",
    "count",
    "date",
    "dated",
    "did",
    "display",
    "do",
    "does",
    "each",
    "enumerate",
    "every",
    "exist",
    "find",
    "for",
    "from",
    "get",
    "give",
    "got",
    "had",
    "has",
    "have",
    "how",
    "i",
    "in",
    "include",
    "includes",
    "including",
    "is",
    "it",
    "list",
    "many",
    "me",
    "mention",
    "mentioned",
    "mentioning",
    "mentions",
    "my",
    "of",
    "on",
    "or",
    "our",
    "please",
    "received",
    "regarding",
    "said",
    "say",
    "says",
    "send",
    "sent",
    "show",
    "speak",
    "speaks",
    "such",
    "talk",
    "talks",
    "tell",
    "that",
    "the",
    "their",
    "there",
    "these",
    "they",
    "this",
    "to",
    "us",
    "was",
    "we",
    "were",
    "what",
    "where",
    "which",
    "who",
    "with",
    "would",
    "write",
    "written",
    "wrote",
];

/// Words at which a person's name ends.
const NAME_ENDS: [&str; 26] = [
    "about",
    "and",
    "are",
    "at",
    "concerning",
    "do",
    "has",
    "have",
    "i",
    "in",
    "is",
    "mention",
    "mentioning",
    "of",
    "on",
    "or",
    "regarding",
    "send",
    "sent",
    "since",
    "that",
    "to",
    "which",
    "with",
    "write",
    "wrote",
];

/// Words before a date that make it the end of a stretch, and the field that says so.
fn bound(word: &str) -> Option<&'static str> {
    match word {
        "since" | "after" => Some("after"),
        "before" | "until" => Some("before"),
        _ => None,
    }
}

pub(super) fn read(question: &str, words: &[Word]) -> Read {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let original = |at: usize| &question[words[at].span.range()];
    let mut read = Read::default();
    let mut taken = vec![false; texts.len()];
    let found = texts
        .iter()
        .enumerate()
        .take(12)
        .find_map(|(at, word)| Some((at, plural(word)?)))
        .or_else(|| {
            let every = texts.iter().position(|word| matches!(*word, "every" | "each"))?;
            (every..texts.len())
                .take(5)
                .find_map(|at| Some((at, noun(texts[at])?)))
        });
    if let Some((at, found)) = found {
        taken[at] = true;
        // PDF files are PDFs.
        let before = at
            .checked_sub(1)
            .and_then(|before| Some((before, noun(texts[before])?)));
        read.noun = Some(match before {
            Some((before, kind)) if found.kinds.is_empty() && found.says.is_empty() => {
                taken[before] = true;
                kind
            }
            _ => found,
        });
        if matches!(texts.get(at + 1), Some(&("files" | "messages" | "documents"))) {
            taken[at + 1] = true;
        }
    }
    let mut at = 0;
    while at < texts.len() {
        let word = texts[at];
        if taken[at] {
            at += 1;
            continue;
        }
        let after = &texts[at + 1..];
        if matches!(
            word,
            "in" | "of" | "from" | "during" | "on" | "since" | "after" | "before" | "until" | "dated"
        ) {
            let article = usize::from(after.first() == Some(&"the"));
            if let Some((date, length)) = dates::english(&after[article.min(after.len())..]) {
                read.dates.push((date, bound(word)));
                at += 1 + article + length;
                continue;
            }
        }
        if let Some((date, length)) = dates::english(&texts[at..]) {
            read.dates.push((date, None));
            at += length;
            continue;
        }
        let mail_like = read.noun.is_none_or(|noun| noun.says.is_empty());
        let people = match word {
            "from" | "by" => Some(&mut read.from),
            "to" if mail_like => Some(&mut read.to),
            // How many mails did Ada send?
            "did" if texts[at..].iter().any(|word| matches!(*word, "send" | "write")) => Some(&mut read.from),
            _ => None,
        };
        if let Some(people) = people {
            let name = name(&texts[at + 1..]);
            if !name.is_empty() {
                let from = at + 1 + usize::from(texts[at + 1] == "the");
                let own: Vec<&str> = (from..at + 1 + name.len()).map(original).collect();
                if !matches!(
                    own.first().map(|word| word.to_lowercase()).as_deref(),
                    None | Some("me" | "us")
                ) {
                    people.push(own.join(" "));
                }
                at += 1 + name.len();
                continue;
            }
        }
        if let Some(verb) = stated::VERBS.iter().find(|verb| verb.asked.contains(&word)) {
            read.states.push(verb);
        } else if word.chars().all(|c| c.is_ascii_digit()) {
            read.numbers.push(word.to_owned());
        } else if !EMPTY.contains(&word) {
            read.topics.push(original(at).to_owned());
        }
        at += 1;
    }
    read
}

/// The words of a name: up to one that ends it, five at most.
fn name<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    let ends = words
        .iter()
        .take(5)
        .position(|word| {
            NAME_ENDS.contains(word)
                || matches!(*word, "last" | "during" | "after" | "before")
                || plural(word).is_some()
        })
        .unwrap_or(words.len().min(5));
    &words[..ends]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_nothing_are_sorted_and_distinct() {
        assert!(EMPTY.is_sorted_by(|a, b| a < b));
        assert!(NAME_ENDS.is_sorted_by(|a, b| a < b));
    }
}
