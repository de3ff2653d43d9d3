//! Chinese questions that lean on an earlier one. Compared in Simplified characters, written as they were.

use rushlight_core::EarlierTurn;

use super::Standalone;
use crate::terms::terms;
use crate::words::{Line, Word, words};

/// What stands for something named before, the longest first.
pub(super) const LEANING: [&str; 12] = [
    "它们",
    "他们",
    "她们",
    "这一个",
    "那一个",
    "这个",
    "那个",
    "这件事",
    "它",
    "他",
    "她",
    "此事",
];
/// What begins a question that goes on from another.
pub(super) const OPENINGS: [&str; 6] = ["那么", "还有", "另外", "然后", "那", "再"];
/// Words that a pronoun is only part of.
const NO_PRONOUN: [&str; 5] = ["其他", "其它", "吉他", "他人", "他乡"];
/// Characters into a question after which what a pronoun stands for has been named.
const EARLY: usize = 6;
/// Words between what a question is about and what it asks, the longest first.
const BINDING: [&str; 40] = [
    "什么时候",
    "为什么",
    "有多少",
    "是什么",
    "是哪",
    "是谁",
    "什么",
    "怎么",
    "如何",
    "多少",
    "多久",
    "哪些",
    "哪里",
    "哪个",
    "哪年",
    "何时",
    "何处",
    "可以",
    "应该",
    "需要",
    "必须",
    "的",
    "是",
    "在",
    "用",
    "要",
    "被",
    "由",
    "和",
    "与",
    "有",
    "了",
    "几",
    "谁",
    "哪",
    "吗",
    "能",
    "从",
    "把",
    "对",
];

pub(super) fn rewrite(question: &str, found: &[Word], last: &EarlierTurn) -> Option<Standalone> {
    let line = Line::of(question, found);
    let folded = line.folded.as_str();
    let opening = OPENINGS
        .iter()
        .find(|word| folded.starts_with(**word) && !LEANING.iter().any(|leaning| folded.starts_with(leaning)))
        .map_or(0, |word| word.len());
    let asked = words(&last.question);
    let before = Line::of(&last.question, &asked);
    if let Some(rest) = folded[opening..].strip_suffix('呢')
        && !rest.is_empty()
    {
        let new = line.original(question, opening, opening + rest.len())?;
        return Some(elliptic(new, rest, &before, &last.question));
    }
    let pronoun = folded
        .char_indices()
        .take(EARLY + opening / 3)
        .find_map(|(at, _)| {
            let word = LEANING.iter().find(|word| folded[at..].starts_with(**word))?;
            let inside = NO_PRONOUN.iter().any(|whole| {
                let part = whole.find(word).unwrap_or(usize::MAX);
                part <= at && folded[at - part.min(at)..].starts_with(whole) && part != usize::MAX
            });
            (!inside).then_some((at, at + word.len()))
        });
    if let Some((start, end)) = pronoun {
        let focus = focus(&before, &last.question)?;
        let head = line.original(question, opening, start).unwrap_or_default();
        // From the pronoun on as it was written, punctuation and all.
        let pronoun = line.original(question, start, end)?;
        let tail = question.find(pronoun).map(|at| &question[at + pronoun.len()..])?;
        return Some(Standalone {
            text: format!("{head}{focus}{tail}"),
            sure: false,
        });
    }
    if terms(question).is_empty() || matches!(folded, "为什么" | "怎么说" | "详细一点" | "多说一点")
    {
        return Some(Standalone {
            text: format!("{question} {}", last.question.trim()),
            sure: false,
        });
    }
    None
}

/// 那紅茶呢？ after 綠茶用幾度的水泡？ is 紅茶用幾度的水泡？
fn elliptic(new: &str, folded: &str, before: &Line, asked: &str) -> Standalone {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    if digits(folded) == 4 {
        let year = (0..before.folded.len()).find(|at| {
            before.folded.is_char_boundary(*at)
                && digits(&before.folded[*at..]) == 4
                && !before.folded[..*at].ends_with(|c: char| c.is_ascii_digit())
        });
        if let Some(year) = year
            && let Some(old) = before.original(asked, year, year + 4)
        {
            return Standalone {
                text: asked.trim().replacen(old, &new[..4], 1),
                sure: true,
            };
        }
        return Standalone {
            text: format!("{new}{}", asked.trim()),
            sure: true,
        };
    }
    match focus(before, asked) {
        Some(focus) => Standalone {
            text: asked.trim().replacen(focus, new, 1),
            sure: new.chars().count() <= 8,
        },
        None => Standalone {
            text: format!("{new} {}", asked.trim()),
            sure: false,
        },
    }
}

/// What a question is about: its first run of two characters or more between words that bind.
fn focus<'q>(line: &Line, question: &'q str) -> Option<&'q str> {
    let folded = line.folded.as_str();
    let (mut start, mut at) = (0, 0);
    while at <= folded.len() {
        let binding = BINDING.iter().find(|word| folded[at..].starts_with(**word));
        if (binding.is_some() || at == folded.len()) && folded[start..at].chars().count() >= 2 {
            return line.original(question, start, at);
        }
        match (binding, folded[at..].chars().next()) {
            (Some(word), _) => {
                at += word.len();
                start = at;
            }
            (None, Some(c)) => at += c.len_utf8(),
            (None, None) => break,
        }
    }
    None
}
