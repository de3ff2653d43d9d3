//! What a Chinese question for a list asks for. It is read in Simplified characters; what is searched is as it was written.

use super::{Read, dates, stated};
use crate::nouns::{NOUNS, chinese};
use crate::words::{Line, Word};

/// Words that ask, bind or say that something is said, the longest first where one begins another.
const EMPTY: [&str; 62] = [
    "能不能",
    "麻烦你",
    "帮我",
    "给我",
    "请问",
    "列出",
    "列举",
    "找出",
    "显示",
    "数一下",
    "所有",
    "全部",
    "每一",
    "每封",
    "每份",
    "每篇",
    "哪些",
    "哪几",
    "总共",
    "一共",
    "多少",
    "关于",
    "有关",
    "提到",
    "提及",
    "谈到",
    "说到",
    "包含",
    "含有",
    "内容",
    "收到",
    "里面",
    "当中",
    "其中",
    "是否",
    "什么",
    "这些",
    "那些",
    "以来",
    "期间",
    "写的",
    "写过",
    "我",
    "的",
    "是",
    "在",
    "有",
    "了",
    "过",
    "于",
    "和",
    "与",
    "里",
    "中",
    "请",
    "几",
    "共",
    "把",
    "由",
    "到",
    "为",
    "吗",
];
const CLASSIFIERS: [&str; 8] = ["封", "份", "篇", "个", "张", "件", "则", "本"];
/// Verbs of sending; who stands before one sent it.
const SENT: [&str; 9] = [
    "寄来",
    "寄出",
    "寄给我",
    "发来",
    "发出",
    "发给我",
    "传来",
    "寄",
    "写给我",
];
/// Who stands behind one of these got it.
const SENT_TO: [&str; 5] = ["寄给", "发给", "写给", "传给", "收件人是"];

pub(super) fn read(question: &str, words: &[Word]) -> Read {
    let line = Line::of(question, words);
    let folded = line.folded.as_str();
    let mut read = Read::default();
    let mut left: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    let mut run = 0;
    let close = |run: usize, at: usize, left: &mut Vec<(usize, usize)>| {
        if run < at {
            left.push((run, at));
        }
    };
    while at < folded.len() {
        let rest = &folded[at..];
        let mut skip = 0;
        if let Some(to) = SENT_TO.iter().find(|verb| {
            rest.strip_prefix(**verb)
                .is_some_and(|after| !after.starts_with('我'))
        }) {
            close(run, at, &mut left);
            if *to != "收件人是" {
                sender(&line, question, &mut left, at, &mut read);
            }
            let end = name_end(&rest[to.len()..]);
            let name = line.original(question, at + to.len(), at + to.len() + end);
            read.to.extend(name.map(str::to_owned));
            skip = to.len() + end;
        } else if let Some(from) = ["来自", "从", "寄件人是", "发件人是"]
            .iter()
            .find(|word| rest.starts_with(**word))
        {
            close(run, at, &mut left);
            let end = name_end(&rest[from.len()..]);
            let name = line.original(question, at + from.len(), at + from.len() + end);
            read.from.extend(name.map(str::to_owned));
            skip = from.len() + end;
        } else if let Some(sent) = SENT
            .iter()
            .filter(|verb| rest.starts_with(**verb))
            .max_by_key(|verb| verb.len())
        {
            close(run, at, &mut left);
            sender(&line, question, &mut left, at, &mut read);
            skip = sent.len();
        } else if let Some((date, length)) = dates::chinese(rest) {
            close(run, at, &mut left);
            let after = &rest[length..];
            let bound = if after.starts_with("以来") || after.starts_with("之后") || after.starts_with("以后")
            {
                Some("after")
            } else if after.starts_with("之前") || after.starts_with("以前") {
                Some("before")
            } else {
                None
            };
            read.dates.push((date, bound));
            skip = length + bound.map_or(0, |_| "以来".len());
        } else if let Some((start, end, noun)) = chinese(rest).filter(|found| found.0 == 0) {
            close(run, at, &mut left);
            // PDF 文件 are PDFs.
            let plain = noun.kinds.is_empty() && noun.says.is_empty();
            if read.noun.is_none() || !plain {
                read.noun = Some(noun);
            }
            skip = end - start;
        } else if rest.starts_with("pdf") {
            close(run, at, &mut left);
            read.noun = NOUNS.iter().find(|noun| noun.one.contains(&"pdf"));
            skip = 3;
        } else if let Some((verb, word)) = stated::VERBS.iter().find_map(|verb| {
            let said = verb.chinese.iter().filter(|word| word.chars().count() > 1);
            said.into_iter()
                .find(|word| rest.starts_with(**word))
                .map(|word| (verb, word))
        }) {
            close(run, at, &mut left);
            read.states.push(verb);
            skip = word.len();
        } else if let Some(word) = EMPTY.iter().find(|word| rest.starts_with(**word)) {
            close(run, at, &mut left);
            skip = word.len();
            // 幾封, 多少份, 每一份
            if let Some(classifier) = CLASSIFIERS.iter().find(|classifier| {
                matches!(*word, "多少" | "几" | "每一" | "哪几") && rest[skip..].starts_with(**classifier)
            }) {
                skip += classifier.len();
            }
        }
        if skip == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
        } else {
            at += skip;
            run = at;
        }
    }
    close(run, at, &mut left);
    for (from, to) in left {
        let Some(text) = line.original(question, from, to) else {
            continue;
        };
        if text.chars().all(|c| c.is_ascii_digit()) {
            read.numbers.push(text.to_owned());
        } else {
            read.topics.push(text.to_owned());
        }
    }
    read
}

/// Takes the name that ends at `at` from what is left, as the sender.
fn sender(line: &Line, question: &str, left: &mut Vec<(usize, usize)>, at: usize, read: &mut Read) {
    if let Some((from, to)) = left.pop_if(|(_, to)| *to == at)
        && let Some(name) = line.original(question, from, to)
    {
        read.from.push(name.to_owned());
    }
}

/// Bytes of the name that a line begins with: up to a word that binds, or a noun.
fn name_end(rest: &str) -> usize {
    let ends = ["的", "关于", "有关", "有", "在", "寄", "发", "，"]
        .iter()
        .filter_map(|word| rest.find(word))
        .chain(chinese(rest).map(|(start, _, _)| start))
        .min();
    ends.unwrap_or(rest.len())
}
