//! Which documents a question for a summary or a comparison names, and how well a document bears the name.

use std::collections::BTreeSet;

use crate::nouns::{is_file_name, is_version_mark, quoted};
use crate::terms::{Weights, covered, terms};
use crate::words::{Line, Word, words};

/// A document as a question speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// By words of its title or path, or its file's name.
    Named(String),
    /// As the one spoken of before: `this document`, 這份文件.
    Pointed,
}

/// Words that ask, bind or say document; what is left names one.
const EMPTY: [&str; 53] = [
    "brief",
    "briefly",
    "change",
    "changed",
    "changes",
    "compare",
    "comparison",
    "conversation",
    "differ",
    "difference",
    "differences",
    "different",
    "document",
    "documents",
    "draft",
    "drafts",
    "email",
    "file",
    "files",
    "gist",
    "give",
    "key",
    "latest",
    "mail",
    "main",
    "make",
    "mails",
    "new",
    "newer",
    "newest",
    "old",
    "older",
    "oldest",
    "overview",
    "please",
    "points",
    "previous",
    "provide",
    "recap",
    "short",
    "show",
    "sum",
    "summaries",
    "summarise",
    "summarize",
    "summary",
    "takeaways",
    "tell",
    "thread",
    "up",
    "version",
    "versions",
    "write",
];
/// The same in Chinese, in Simplified characters, the longest first where one begins another.
const CHINESE_EMPTY: [&str; 66] = [
    "有什么不同",
    "有何不同",
    "有哪些不同",
    "有什么差异",
    "有何差异",
    "有什么区别",
    "有何区别",
    "有什么差别",
    "不同之处",
    "有什么变化",
    "有哪些变化",
    "有什么改动",
    "有哪些改动",
    "改了什么",
    "改了哪些",
    "差在哪",
    "是什么",
    "讲了什么",
    "说了什么",
    "在讲什么",
    "在说什么",
    "写了什么",
    "总结一下",
    "摘要一下",
    "做个摘要",
    "做个总结",
    "写个摘要",
    "写一份摘要",
    "写摘要",
    "做摘要",
    "能不能",
    "帮我",
    "给我",
    "请",
    "麻烦",
    "总结",
    "概括",
    "归纳",
    "摘要",
    "重点",
    "大意",
    "概要",
    "比较",
    "对比",
    "比对",
    "差异",
    "区别",
    "差别",
    "不同",
    "文件",
    "文档",
    "两份",
    "两个",
    "版本",
    "新版",
    "旧版",
    "最新",
    "之间",
    "一下",
    "内容",
    "邮件",
    "的",
    "这",
    "那",
    "份",
    "把",
];
/// Words that join two names.
const JOINING: [&str; 6] = ["and", "to", "versus", "vs", "with", "against"];
const CHINESE_JOINING: [&str; 5] = ["和", "与", "跟", "及", "同"];

/// The document that a question for a summary is about.
pub fn summary_subject(question: &str) -> Subject {
    match named_outright(question).into_iter().next() {
        Some(name) => Subject::Named(name),
        None => of_parts(name_of(question, &words(question))),
    }
}

/// The documents that a question for a comparison is about: two, or one whose versions are meant.
pub fn compared_subjects(question: &str) -> Vec<Subject> {
    let outright = named_outright(question);
    if outright.len() >= 2 {
        return outright.into_iter().take(2).map(Subject::Named).collect();
    }
    let found = words(question);
    let sides = split(question, &found).map(|(left, right)| [left, right]);
    let Some([left, right]) = sides else {
        return vec![of_parts(name_of(question, &found))];
    };
    if left.is_empty() || right.is_empty() {
        return vec![of_parts([left, right].concat())];
    }
    let shared = |own: &[String], other: &[String]| -> Vec<String> {
        // Of 2023 and 2024: the words that are no marks are said once.
        match own.iter().all(|word| is_mark(word)) {
            true => other
                .iter()
                .filter(|word| !is_mark(word))
                .chain(own)
                .cloned()
                .collect(),
            false => own.to_vec(),
        }
    };
    vec![of_parts(shared(&left, &right)), of_parts(shared(&right, &left))]
}

fn of_parts(parts: Vec<String>) -> Subject {
    match parts.is_empty() {
        true => Subject::Pointed,
        false => Subject::Named(parts.join(" ")),
    }
}

/// Quoted titles and names of files.
fn named_outright(question: &str) -> Vec<String> {
    let titles = quoted(question);
    if !titles.is_empty() {
        return titles.into_iter().map(str::to_owned).collect();
    }
    words(question)
        .iter()
        .filter(|word| is_file_name(&word.text))
        .map(|word| question[word.span.range()].to_owned())
        .collect()
}

/// The words that name something, as written.
fn name_of(question: &str, found: &[Word]) -> Vec<String> {
    let mut parts = Vec::new();
    for word in found {
        if word.han {
            parts.extend(chinese_parts(question, word));
        } else if !EMPTY.contains(&word.text.as_str()) && !terms(&word.text).is_empty() {
            parts.push(question[word.span.range()].to_owned());
        }
    }
    parts
}

fn chinese_parts(question: &str, word: &Word) -> Vec<String> {
    let line = Line::of(question, std::slice::from_ref(word));
    let folded = line.folded.as_str();
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < folded.len() {
        match CHINESE_EMPTY
            .iter()
            .find(|empty| folded[at..].starts_with(**empty))
        {
            Some(empty) => {
                parts.extend(line.original(question, start, at).filter(|_| start < at));
                at += empty.len();
                start = at;
            }
            None => at += folded[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    parts.extend(line.original(question, start, at).filter(|_| start < at));
    // What counts documents or years is no name.
    parts
        .into_iter()
        .filter(|part| !matches!(*part, "年" | "封" | "篇" | "個" | "个" | "年和" | "年與" | "合"))
        .map(str::to_owned)
        .collect()
}

/// The names on both sides of the word that joins them; `None` where there is none.
fn split(question: &str, found: &[Word]) -> Option<(Vec<String>, Vec<String>)> {
    if let Some(at) = found
        .iter()
        .position(|word| JOINING.contains(&word.text.as_str()))
    {
        return Some((
            name_of(question, &found[..at]),
            name_of(question, &found[at + 1..]),
        ));
    }
    let (index, at, length) =
        found
            .iter()
            .enumerate()
            .filter(|(_, word)| word.han)
            .find_map(|(index, word)| {
                let (at, joining) = CHINESE_JOINING
                    .iter()
                    .filter_map(|joining| word.text.find(joining).map(|at| (at, *joining)))
                    .filter(|(at, joining)| {
                        // 不同 and 合同 join nothing.
                        *joining != "同" || !word.text[..*at].ends_with(['不', '合', '相'])
                    })
                    .min()?;
                Some((index, at, joining.len()))
            })?;
    let word = &found[index];
    // Folded and original characters of Chinese are as many; each is found by its place.
    let before = word.text[..at].chars().count();
    let own = &question[word.span.range()];
    let cut = own.char_indices().nth(before).map_or(own.len(), |(at, _)| at);
    let after = own.char_indices().nth(before + 1).map_or(own.len(), |(at, _)| at);
    debug_assert_eq!(length, "和".len());
    let piece = |from: usize, to: usize| {
        let text = &question[word.span.start + from..word.span.start + to];
        words(text)
            .into_iter()
            .map(|mut part| {
                part.span.start += word.span.start + from;
                part.span.end += word.span.start + from;
                part
            })
            .collect::<Vec<_>>()
    };
    let left: Vec<Word> = found[..index].iter().cloned().chain(piece(0, cut)).collect();
    let right: Vec<Word> = piece(after, own.len())
        .into_iter()
        .chain(found[index + 1..].iter().cloned())
        .collect();
    Some((name_of(question, &left), name_of(question, &right)))
}

fn is_mark(word: &str) -> bool {
    is_version_mark(&word.to_lowercase()) || word.chars().all(|c| c.is_ascii_digit())
}

/// How well a document of this title and path bears a name, 0 to 1: the share of the name's words that it has. Of documents that
/// have all, those come first that have little else.
pub fn name_fit(name: &str, title: &str, path: &str) -> f32 {
    let even = Weights::default();
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let (wanted, titled) = (terms(name), terms(title));
    let borne: BTreeSet<String> = titled.iter().cloned().chain(terms(file)).collect();
    let fit = covered(&wanted, &borne, &even);
    let only = covered(&titled, &wanted, &even);
    0.9 * fit + 0.1 * only
}

/// Whether two titles are the same but for numbers and marks of a version.
pub fn same_but_for_version(a: &str, b: &str) -> bool {
    let base = |title: &str| -> BTreeSet<String> {
        words(title)
            .iter()
            .filter(|word| {
                !is_version_mark(&word.text)
                    && !matches!(
                        word.text.as_str(),
                        "version" | "final" | "copy" | "new" | "old" | "rev"
                    )
            })
            .flat_map(|word| terms(&word.text))
            .filter(|term| !term.chars().any(|c| c.is_ascii_digit()))
            .collect()
    };
    let (a, b) = (base(a), base(b));
    !a.is_empty() && a == b
}

/// The words of a name as the query language takes them, each by itself.
pub fn name_words(name: &str) -> Vec<String> {
    let latin = |word: &Word| !word.han && !terms(&word.text).is_empty();
    words(name)
        .iter()
        .filter(|word| word.han || latin(word))
        .map(|word| format!("\"{}\"", &name[word.span.range()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Subject {
        Subject::Named(name.to_owned())
    }

    #[test]
    fn the_document_to_summarise_is_named_or_pointed_at() {
        for (question, expected) in [
            ("Summarise the travel policy", named("travel policy")),
            ("give me a short summary of \"Plan B\"", named("Plan B")),
            ("Summary of report.pdf", named("report.pdf")),
            ("Can you summarize this document?", Subject::Pointed),
            ("總結差旅政策", named("差旅政策")),
            ("請幫我總結這份文件", Subject::Pointed),
            ("差旅政策的摘要", named("差旅政策")),
        ] {
            assert_eq!(summary_subject(question), expected, "{question}");
        }
    }

    #[test]
    fn the_documents_to_compare_are_two_or_one_with_versions() {
        for (question, expected) in [
            (
                "Compare the travel policy of 2023 and 2024",
                vec![named("travel policy 2023"), named("travel policy 2024")],
            ),
            (
                "What is the difference between plan-v1.md and plan-v2.md?",
                vec![named("plan-v1.md"), named("plan-v2.md")],
            ),
            ("What changed in the travel policy?", vec![named("travel policy")]),
            (
                "compare the old and the new version of the travel policy",
                vec![named("travel policy")],
            ),
            ("差旅政策的新版和舊版有什麼不同？", vec![named("差旅政策")]),
            (
                "比較差旅政策和採購政策",
                vec![named("差旅政策"), named("採購政策")],
            ),
            ("這份文件改了什麼？", vec![Subject::Pointed]),
        ] {
            assert_eq!(compared_subjects(question), expected, "{question}");
        }
    }

    #[test]
    fn the_title_that_is_the_name_fits_best() {
        let exact = name_fit("travel policy", "Travel policy", "/a/travel.md");
        let longer = name_fit("travel policy", "Travel and expense policy", "/a/b.md");
        let by_file = name_fit("travel policy", "Untitled", "/a/travel-policy.md");
        assert!(
            exact > longer && longer > by_file && by_file > 0.85,
            "{exact} {longer} {by_file}"
        );
        assert!(name_fit("travel policy", "Travel diary", "/a/diary.md") < 0.6);
        assert!(name_fit("差旅政策", "差旅政策 2024", "/a/x.md") > 0.9);
    }

    #[test]
    fn versions_have_the_same_title_but_for_marks() {
        assert!(same_but_for_version(
            "Travel policy v2 2023",
            "Travel Policy v3 (2024)"
        ));
        assert!(same_but_for_version("Travel policy", "Travel policy"));
        assert!(!same_but_for_version("Travel policy", "Purchase policy"));
        assert!(!same_but_for_version("2023", "2024"));
        assert_eq!(
            name_words("travel policy 差旅"),
            ["\"travel\"", "\"policy\"", "\"差旅\""]
        );
    }
}
