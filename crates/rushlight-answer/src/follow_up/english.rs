//! English questions that lean on an earlier one.

use rushlight_core::EarlierTurn;

use super::Standalone;
use crate::nouns::quoted;
use crate::terms::terms;
use crate::words::{Word, words};

const PRONOUNS: [&str; 12] = [
    "it", "its", "they", "them", "their", "he", "him", "his", "she", "her", "theirs", "hers",
];
/// `this` and `that` stand for something where one of these follows.
const AFTER_THIS: [&str; 18] = [
    "is", "was", "are", "were", "do", "does", "did", "has", "have", "had", "will", "would", "can", "could",
    "mean", "end", "cost", "begin",
];
const ASKING: [&str; 14] = [
    "who", "what", "when", "where", "which", "why", "how", "is", "are", "was", "were", "did", "does", "do",
];
const BINDING: [&str; 12] = [
    "in", "on", "at", "for", "of", "from", "with", "the", "a", "an", "about", "to",
];

pub(super) fn rewrite(question: &str, found: &[Word], last: &EarlierTurn) -> Option<Standalone> {
    let texts: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
    let opening = match texts.as_slice() {
        ["and", "what" | "how", "about", ..] => 3,
        ["what" | "how", "about", ..] => 2,
        ["and" | "but" | "also", ..] => 1,
        _ => 0,
    };
    let asks = texts.get(opening).is_some_and(|word| ASKING.contains(word));
    if opening > 0 && !asks {
        return elliptic(question, &found[opening..], last);
    }
    let rest = &found[opening.min(found.len())..];
    if let Some(at) = pronoun(question, rest) {
        return Some(resolved(question, rest, at, last));
    }
    if own(rest) == 0 || matches!(texts.as_slice(), ["tell", "me", "more", ..] | ["more", ..]) {
        let text = format!("{} {}", question.trim(), last.question.trim());
        return Some(Standalone { text, sure: false });
    }
    if opening > 0 && own(rest) < 2 {
        let text = format!("{} {}", from(question, rest), bare(&last.question));
        return Some(Standalone { text, sure: false });
    }
    None
}

/// Words of content.
fn own(found: &[Word]) -> usize {
    found.iter().filter(|word| !terms(&word.text).is_empty()).count()
}

/// The question from its first of these words on.
fn from<'q>(question: &'q str, found: &[Word]) -> &'q str {
    found.first().map_or("", |word| &question[word.span.start..])
}

fn bare(question: &str) -> &str {
    question.trim().trim_end_matches(['?', '？', '.', '。', '!'])
}

/// The word that stands for something the question does not name before it.
fn pronoun(question: &str, found: &[Word]) -> Option<usize> {
    let at = found.iter().enumerate().position(|(at, word)| {
        let word = word.text.as_str();
        let next = found.get(at + 1).map(|word| word.text.as_str());
        PRONOUNS.contains(&word)
            || (matches!(word, "this" | "that" | "these" | "those")
                && (at > 0 || next.is_some_and(|next| AFTER_THIS.contains(&next)))
                && next.is_none_or(|next| AFTER_THIS.contains(&next))
                && !(word == "that" && at > 1))
    })?;
    let named = found[..at].iter().enumerate().any(|(index, word)| {
        let capital = index > 0 && question[word.span.range()].starts_with(char::is_uppercase);
        let thing = matches!(word.text.as_str(), "the" | "a" | "an" | "my" | "our");
        capital || thing
    });
    (!named).then_some(at)
}

/// The question with what its pronoun stands for.
fn resolved(question: &str, found: &[Word], at: usize, last: &EarlierTurn) -> Standalone {
    let pronoun = found[at].text.as_str();
    let person = matches!(pronoun, "he" | "him" | "his" | "she" | "her" | "hers");
    let (focus, sure) = focus(question, last, person);
    let followed = found
        .get(at + 1)
        .is_some_and(|next| !terms(&next.text).is_empty() && next.span.start <= found[at].span.end + 1);
    let possessive = match pronoun {
        "its" | "their" | "his" | "theirs" | "hers" => true,
        "her" => followed,
        _ => false,
    };
    let ending = if possessive { "'s" } else { "" };
    let start = found[0].span.start;
    let span = found[at].span;
    let text = format!(
        "{}{focus}{ending}{}",
        &question[start..span.start],
        &question[span.end..]
    );
    Standalone { text, sure }
}

/// What the last question is about, and whether there is but one thing that it can be.
fn focus(question: &str, last: &EarlierTurn, person: bool) -> (String, bool) {
    if let [title] = quoted(&last.question).as_slice() {
        return (format!("\"{title}\""), true);
    }
    let asked = words(&last.question);
    let who = person
        && asked
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "who" | "whom" | "whose"));
    if who {
        let told = names(&last.answer, true);
        let new: Vec<&String> = told
            .iter()
            .filter(|name| !last.question.contains(name.as_str()))
            .collect();
        if let Some(name) = new.first() {
            return ((*name).clone(), new.len() == 1);
        }
    }
    let named = names(&last.question, false);
    if let Some(name) = named.first() {
        return (name.clone(), named.len() == 1);
    }
    // The longest run of content that the new question does not have.
    let known = terms(question);
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (at, word) in asked.iter().enumerate() {
        let content = terms(&word.text);
        if content.is_empty() || content.is_subset(&known) {
            continue;
        }
        match runs.last_mut() {
            Some((_, end, count)) if *end == at => (*end, *count) = (at + 1, *count + 1),
            _ => runs.push((at, at + 1, 1)),
        }
    }
    let longest = runs.iter().rev().max_by_key(|(_, _, count)| *count);
    let focus = longest.map_or(bare(&last.question), |(start, end, _)| {
        &last.question[asked[*start].span.start..asked[*end - 1].span.end]
    });
    (focus.to_owned(), false)
}

/// Names of a text: runs of words with capitals, joined by `of` and the like. A text's first word counts only where more of
/// the name follows.
fn names(text: &str, first_counts: bool) -> Vec<String> {
    let found = words(text);
    let capital = |at: usize| {
        let word = &text[found[at].span.range()];
        !found[at].han && word.starts_with(char::is_uppercase)
    };
    let (mut names, mut at) = (Vec::new(), 0);
    while at < found.len() {
        if !capital(at) || (at == 0 && !(first_counts && found.len() > 1 && capital(1))) {
            at += 1;
            continue;
        }
        let start = at;
        let mut end = at + 1;
        while end < found.len() {
            let gap = &text[found[end - 1].span.end..found[end].span.start];
            let joiner = matches!(found[end].text.as_str(), "of" | "the" | "de" | "von" | "van");
            let joined = joiner && (end + 1..(end + 3).min(found.len())).any(capital);
            if !gap.trim().is_empty() || !(capital(end) || joined) {
                break;
            }
            end += 1;
        }
        names.push(text[found[start].span.start..found[end - 1].span.end].to_owned());
        at = end;
    }
    names
}

/// `And in 2023?`, `What about Bo?`: the last question with this in its place.
fn elliptic(question: &str, rest: &[Word], last: &EarlierTurn) -> Option<Standalone> {
    let meant: Vec<&Word> = rest
        .iter()
        .skip_while(|word| BINDING.contains(&word.text.as_str()))
        .collect();
    let (first, end) = (meant.first()?, meant.last()?);
    let new = &question[first.span.start..end.span.end];
    let asked = words(&last.question);
    let put = |span: rushlight_core::TextSpan| {
        format!(
            "{}{new}{}",
            &last.question[..span.start],
            &last.question[span.end..]
        )
    };
    let is_year = |word: &str| word.len() == 4 && word.chars().all(|c| c.is_ascii_digit());
    if is_year(new) {
        let years: Vec<&Word> = asked.iter().filter(|word| is_year(&word.text)).collect();
        if let Some(year) = years.last() {
            return Some(Standalone {
                text: put(year.span),
                sure: years.len() == 1,
            });
        }
        let text = format!("{} in {new}?", bare(&last.question));
        return Some(Standalone { text, sure: true });
    }
    if new.starts_with(char::is_uppercase) {
        let named = names(&last.question, false);
        if let Some(name) = named.last()
            && let Some(at) = last.question.rfind(name.as_str())
        {
            return Some(Standalone {
                text: put(rushlight_core::TextSpan::new(at, at + name.len())),
                sure: named.len() == 1,
            });
        }
    }
    // The dinner allowance for the daily meal allowance: what ends in the same word.
    if let Some(head) = asked
        .iter()
        .position(|word| word.text == end.text && !terms(&word.text).is_empty())
    {
        let start = (0..head)
            .rev()
            .find(|at| terms(&asked[*at].text).is_empty())
            .map_or(head, |at| at + 1);
        let span = rushlight_core::TextSpan::new(asked[start].span.start, asked[head].span.end);
        return Some(Standalone {
            text: put(span),
            sure: true,
        });
    }
    let text = format!("{} {}?", bare(&last.question), bare(from(question, rest)));
    Some(Standalone { text, sure: false })
}
