//! Names of documents taken apart: what they are about, and marks of a version.

use std::collections::BTreeSet;

use rushlight_analysis::{TermKind, analyze};

/// Words that mark a version or a copy.
const MARKS: &[&str] = &[
    "v", "ver", "version", "rev", "revision", "revised", "r", "draft", "final", "copy", "new", "old",
    "latest", "updated", "edition", "of",
];
/// The same in Chinese, folded to Simplified characters as terms are, the longest first.
const CHINESE_MARKS: &[&str] = &[
    "修订版",
    "修正版",
    "最终版",
    "更新版",
    "最新版",
    "定稿",
    "草稿",
    "初稿",
    "副本",
    "复本",
    "修订",
    "修正",
    "草案",
    "初版",
    "新版",
    "旧版",
    "终版",
    "正式版",
];

/// A name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// What is left without marks, folded.
    pub(crate) base: String,
    /// Marks of a version: `v2`, `2023`, `final`, `第二版`.
    pub(crate) marks: BTreeSet<String>,
}

/// Takes a title, or a file's name without its ending, apart. A year, a date, and a number behind a mark or in parentheses at
/// the end are marks; other numbers are part of what it is about.
pub(crate) fn read_name(name: &str) -> Name {
    let mut read = Name::default();
    let mut base: Vec<String> = Vec::new();
    let words = pieces(name);
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| words[index].text.as_str());
        if word.unspaced {
            let rest = read.take_chinese(&word.text);
            if !rest.is_empty() {
                base.push(rest);
            }
        } else if is_mark(word, before) {
            if word.text != "of" {
                read.marks.insert(word.text.clone());
            }
        } else {
            base.push(word.text.clone());
        }
    }
    read.base = base.join(" ");
    read
}

impl Name {
    /// Takes the marks out of a run of Chinese; returns the rest.
    fn take_chinese(&mut self, run: &str) -> String {
        let mut rest = run.to_owned();
        for mark in CHINESE_MARKS {
            if let Some(at) = rest.find(mark) {
                rest.replace_range(at..at + mark.len(), "");
                self.marks.insert((*mark).to_owned());
            }
        }
        if let Some((at, mark)) = numbered_edition(&rest) {
            let end = at + mark.len();
            self.marks.insert(mark);
            rest.replace_range(at..end, "");
        }
        rest
    }
}

/// `第二版`, with where it stands.
fn numbered_edition(run: &str) -> Option<(usize, String)> {
    let at = run.find('第')?;
    let end = at + run[at..].find('版')?;
    let number = &run[at + '第'.len_utf8()..end];
    let is_number = !number.is_empty()
        && number
            .chars()
            .all(|c| "一二三四五六七八九十百0123456789".contains(c));
    is_number.then(|| (at, run[at..end + '版'.len_utf8()].to_owned()))
}

struct Piece {
    text: String,
    /// Whether it is a run of a script without spaces.
    unspaced: bool,
    /// Whether it stands in parentheses.
    enclosed: bool,
}

/// Words, and runs of a script without spaces, folded.
fn pieces(name: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = None;
    for token in analyze(name) {
        let enclosed = || {
            name[..token.start].ends_with(['(', '（', '[']) && name[token.end..].starts_with([')', '）', ']'])
        };
        match token.kind {
            TermKind::Word => {
                pieces.push(Piece {
                    enclosed: enclosed(),
                    text: token.term,
                    unspaced: false,
                });
                end = None;
            }
            TermKind::Single | TermKind::Alone => {
                match pieces.last_mut() {
                    Some(run) if run.unspaced && end == Some(token.start) => run.text.push_str(&token.term),
                    _ => pieces.push(Piece {
                        text: token.term,
                        unspaced: true,
                        enclosed: false,
                    }),
                }
                end = Some(token.end);
            }
            TermKind::Whole | TermKind::Part | TermKind::Stem | TermKind::Pair => {}
        }
    }
    pieces
}

fn is_mark(word: &Piece, before: Option<&str>) -> bool {
    let text = word.text.as_str();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if MARKS.contains(&text) {
        // "of" only in "copy of": elsewhere it is a word of the name, and as good as none.
        return text != "of" || before == Some("copy");
    }
    if is_digits(text) {
        let year = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
        let date = text.len() == 8 && (text.starts_with("19") || text.starts_with("20"));
        let part = text.len() <= 2
            && before
                .is_some_and(|before| is_digits(before) || MARKS.contains(&before) || is_numbered(before));
        return year || date || part || (word.enclosed && text.len() <= 2);
    }
    is_numbered(text)
}

/// `v2`, `rev3`, `r10`.
fn is_numbered(text: &str) -> bool {
    ["version", "ver", "rev", "v", "r"].iter().any(|mark| {
        text.strip_prefix(mark)
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, base: &str, marks: &[&str]) {
        let read = read_name(name);
        assert_eq!(read.base, base, "{name}");
        assert_eq!(
            read.marks.iter().map(String::as_str).collect::<Vec<_>>(),
            marks,
            "{name}"
        );
    }

    #[test]
    fn marks_of_a_version_come_off() {
        check("Remote Work v2 (final)", "remote work", &["final", "v2"]);
        check("remote-work_v2.1", "remote work", &["1", "v2"]);
        check("Copy of Remote work (3)", "remote work", &["3", "copy"]);
        check("Remote work 2023-05-01", "remote work", &["01", "05", "2023"]);
        check("Remote work rev 3", "remote work", &["3", "rev"]);
    }

    #[test]
    fn other_numbers_are_part_of_the_name() {
        check("Invoice 17", "invoice 17", &[]);
        check("2022 Q3 AAPL", "q3 aapl", &["2022"]);
        check("Chapter 2", "chapter 2", &[]);
        check("Statement of work", "statement of work", &[]);
    }

    #[test]
    fn chinese_marks_are_known_in_either_script() {
        check("遠距工作辦法（修訂版）", "远距工作办法", &["修订版"]);
        check("请假规定第二版", "请假规定", &["第二版"]);
        check("請假規定 2023 副本", "请假规定", &["2023", "副本"]);
    }
}
