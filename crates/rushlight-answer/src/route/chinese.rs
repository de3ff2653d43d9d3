//! What Chinese words say of how a question is to be answered. All of it is compared in Simplified characters.

use rushlight_core::AnswerKind;

use crate::nouns::{NOUNS, Noun, chinese, speaks_of_documents};
use crate::words::{Line, Word};

/// Words before a request that ask for nothing, the longest first.
const POLITE: [&str; 16] = [
    "能不能",
    "可不可以",
    "麻烦你",
    "请帮我",
    "请问",
    "帮我",
    "给我",
    "麻烦",
    "帮忙",
    "可以",
    "能否",
    "你能",
    "请",
    "你",
    "我想",
    "我要",
];
/// What counts documents.
const CLASSIFIERS: [char; 9] = ['封', '份', '篇', '个', '张', '件', '则', '本', '条'];
/// Words that say that documents are asked for as things to bring.
const NEEDED: [&str; 8] = ["需要", "必须", "应备", "检附", "应附", "准备", "要带", "须附"];

/// The kind, and the words that decided it.
pub(super) fn kind(question: &str, words: &[Word]) -> Option<(AnswerKind, String)> {
    let index = words.iter().position(|word| word.han)?;
    let text = Line::of(question, words);
    let opening = &words[index];
    let start = text.place_of(opening);
    let polite = skip_polite(&text.folded[start..]);
    let start = start + polite;
    let found = list(&text, start)
        .map(|(from, to)| (AnswerKind::List, from, to))
        .or_else(|| summary(question, words, &text, start).map(|(from, to)| (AnswerKind::Summary, from, to)))
        .or_else(|| {
            comparison(question, words, &text, start).map(|(from, to)| (AnswerKind::Comparison, from, to))
        })?;
    let (kind, from, to) = found;
    Some((kind, text.original(question, from, to)?.to_owned()))
}

fn skip_polite(text: &str) -> usize {
    let mut at = 0;
    while let Some(word) = POLITE.iter().find(|word| text[at..].starts_with(**word)) {
        at += word.len();
    }
    at
}

/// A noun that begins within so many characters.
fn noun_within(text: &str, characters: usize) -> Option<(usize, usize, &'static Noun)> {
    let pdf = text.find("pdf").map(|at| {
        let noun = &NOUNS[2];
        (at, at + 3, noun)
    });
    let found = [chinese(text), pdf]
        .into_iter()
        .flatten()
        .min_by_key(|found| found.0)?;
    (text[..found.0].chars().count() <= characters).then_some(found)
}

fn list(text: &Line, start: usize) -> Option<(usize, usize)> {
    let folded = text.folded.as_str();
    if NEEDED.iter().any(|word| folded.contains(word)) {
        return None;
    }
    for asks in ["多少", "几"] {
        for (at, _) in folded.match_indices(asks) {
            let mut after = at + asks.len();
            if let Some(c) = folded[after..].chars().next().filter(|c| CLASSIFIERS.contains(c)) {
                after += c.len_utf8();
            }
            if let Some((_, end, noun)) = noun_within(&folded[after..], 6)
                && noun.counted
            {
                return Some((at, after + end));
            }
            // 關於審計的郵件有幾封？
            let before = folded[..at].trim_end_matches(['有', '共', '总', '一', '里']);
            let counted = NOUNS
                .iter()
                .filter(|noun| noun.counted)
                .flat_map(|noun| noun.chinese)
                .find(|name| before.ends_with(**name));
            if let Some(name) = counted
                && folded[after..].is_empty()
            {
                return Some((before.len() - name.len(), after));
            }
        }
    }
    for asks in ["哪些", "哪几"] {
        if let Some(at) = folded.find(asks) {
            let after = at + asks.len();
            let (_, end, noun) = noun_within(&folded[after..], 4)?;
            return noun.counted.then_some((at, after + end));
        }
    }
    let opens = [
        "列出",
        "列举",
        "列一下",
        "找出",
        "显示",
        "所有",
        "全部",
        "每一",
        "每封",
        "每份",
        "每篇",
        "数一数",
        "数一下",
    ];
    let asks = opens.iter().find(|word| folded[start..].starts_with(**word))?;
    let after = start + asks.len();
    let rest = &folded[after..];
    // The document is what the clause ends with: 列出合約的條款 asks for terms.
    let (at, end, _) = last_noun(rest)?;
    let tail = &rest[end..];
    let ends =
        tail.is_empty() || tail.starts_with('有') || tail.starts_with("吗") || tail.starts_with("给我");
    ends.then_some((start, if at <= 6 * 3 { after + end } else { after }))
}

/// The noun that ends last.
fn last_noun(text: &str) -> Option<(usize, usize, &'static Noun)> {
    let mut found = None;
    let mut from = 0;
    while let Some((start, end, noun)) = noun_within(&text[from..], usize::MAX) {
        found = Some((from + start, from + end, noun));
        from += end;
    }
    found
}

fn summary(question: &str, words: &[Word], text: &Line, start: usize) -> Option<(usize, usize)> {
    let folded = text.folded.as_str();
    let opens = [
        "总结",
        "概括",
        "归纳",
        "摘要",
        "做个摘要",
        "做个总结",
        "写个摘要",
        "写一份摘要",
        "写摘要",
        "做摘要",
    ];
    if let Some(asks) = opens.iter().find(|word| folded[start..].starts_with(**word))
        && folded.len() > start + asks.len()
    {
        return Some((start, start + asks.len()));
    }
    let ends = folded
        .trim_end_matches("是什么")
        .trim_end_matches("为何")
        .trim_end_matches("是");
    for asks in ["的摘要", "的总结", "的大意", "的概要", "的重点"] {
        let sure = matches!(asks, "的摘要" | "的大意");
        if ends.ends_with(asks) && (sure || speaks_of_documents(question, words)) {
            let from = ends.len() - asks.len() + "的".len();
            return Some((from, ends.len()));
        }
    }
    if let Some(at) = folded.find("总结一下").or_else(|| folded.find("摘要一下")) {
        return Some((at, at + "总结一下".len()));
    }
    for asks in ["讲了什么", "说了什么", "在讲什么", "在说什么", "写了什么"] {
        let pointed = ["这份", "这篇", "这封", "这个", "那份", "那篇", "那封"]
            .iter()
            .any(|word| folded.contains(word));
        if folded.ends_with(asks) && (pointed && speaks_of_documents(question, words)) {
            return Some((folded.len() - asks.len(), folded.len()));
        }
    }
    None
}

fn comparison(question: &str, words: &[Word], text: &Line, start: usize) -> Option<(usize, usize)> {
    let folded = text.folded.as_str();
    let opens = ["比较", "对比", "比对"];
    if let Some(asks) = opens.iter().find(|word| folded[start..].starts_with(**word))
        && folded.len() > start + asks.len()
    {
        return Some((start, start + asks.len()));
    }
    match speaks_of_documents(question, words) {
        true => differing(folded),
        false => None,
    }
}

/// The words that ask what changed in something, be it a document or not.
pub(super) fn changes(question: &str, words: &[Word]) -> Option<String> {
    let text = Line::of(question, words);
    let (from, to) = differing(&text.folded)?;
    text.original(question, from, to).map(str::to_owned)
}

/// The words that ask how something differs from something, as bytes of the folded question.
fn differing(folded: &str) -> Option<(usize, usize)> {
    [
        "有什么不同",
        "有何不同",
        "有哪些不同",
        "有什么差异",
        "有何差异",
        "有什么区别",
        "有何区别",
        "有什么差别",
        "的差异",
        "的区别",
        "的差别",
        "改了什么",
        "改了哪些",
        "有什么变化",
        "有哪些变化",
        "有什么改动",
        "有哪些改动",
        "差在哪",
        "不同之处",
    ]
    .iter()
    .find_map(|asks| folded.find(asks).map(|at| (at, at + asks.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    #[test]
    fn what_decided_is_quoted_as_it_was_written() {
        let question = "請問 Ada 寄來的郵件一共有幾封？";
        let (kind, because) = kind(question, &words(question)).expect("a list");
        assert_eq!((kind, because.as_str()), (AnswerKind::List, "郵件一共有幾封"));
    }
}
