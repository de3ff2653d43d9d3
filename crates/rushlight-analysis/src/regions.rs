//! Words that another region has for what a query says: 軟體 and 软件, 資訊 and 信息.

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use crate::fold::fold;
use crate::han::{HAN, table};

/// Chinese characters of a query that are looked at.
const MAX_CHARACTERS: usize = 64;
/// Characters of the longest word that is replaced: the longest of OpenCC's regional words has ten.
const MAX_WORD: usize = 10;
/// Characters that are looked at behind a place: a word and what might take its last characters into another.
const WINDOW: usize = 2 * MAX_WORD;

/// What another region would write for a piece of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Bytes of the query that it may stand for.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What would be written there, folded as terms are.
    pub text: String,
}

/// The words of a query in Chinese as Taiwan and as the mainland would write them, where that is another word, in either
/// script: to be searched beside what was typed, never instead. By OpenCC's dictionaries, the longest word first, so that
/// `方程式` is not taken for a `程式`. Only the first 64 Chinese characters are looked at. The first call loads the dictionaries.
pub fn variants(query: &str) -> Vec<Variant> {
    let mut room = MAX_CHARACTERS;
    let mut variants = Vec::new();
    for mut run in runs(query) {
        run.truncate(room);
        room -= run.len();
        if run.len() > 1 {
            REGIONS.find(&run, &mut variants);
        }
    }
    variants.sort_by_key(|variant| (variant.start, variant.end));
    variants.dedup();
    variants
}

/// A Chinese character as typed, with its bytes of the query.
#[derive(Clone, Copy)]
struct Place {
    character: char,
    start: usize,
    end: usize,
}

/// Runs of neighbouring Chinese characters.
fn runs(query: &str) -> Vec<Vec<Place>> {
    let mut runs: Vec<Vec<Place>> = Vec::new();
    let mut last = None;
    for (start, character) in query.char_indices().filter(|(_, c)| is_han(*c)) {
        let end = start + character.len_utf8();
        let place = Place {
            character,
            start,
            end,
        };
        match runs.last_mut().filter(|_| last == Some(start)) {
            Some(run) => run.push(place),
            None => runs.push(vec![place]),
        }
        last = Some(end);
    }
    runs
}

fn is_han(character: char) -> bool {
    matches!(u32::from(character), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x20000..=0x323AF)
}

/// Conversions between regions. The words of the mainland are keyed by Simplified characters, those of Taiwan by
/// Traditional ones, so that a run is first written in the script that the words are keyed by.
struct Regions {
    to_traditional: OpenCC,
    to_mainland: OpenCC,
    to_simplified: OpenCC,
    to_taiwan: OpenCC,
}

static REGIONS: LazyLock<Regions> = LazyLock::new(|| Regions {
    to_traditional: table(BuiltinConfig::S2t),
    to_mainland: table(BuiltinConfig::Tw2sp),
    to_simplified: table(BuiltinConfig::T2s),
    to_taiwan: table(BuiltinConfig::S2twp),
});

impl Regions {
    fn find(&self, run: &[Place], variants: &mut Vec<Variant>) {
        let typed: String = run.iter().map(|place| place.character).collect();
        for (script, words) in [
            (&self.to_traditional, &self.to_mainland),
            (&self.to_simplified, &self.to_taiwan),
        ] {
            let keyed: Vec<char> = script.convert(&typed).chars().collect();
            if keyed.len() == run.len() {
                Walk { words, keyed: &keyed }.find(run, variants);
            }
        }
    }
}

/// Finds the words that a conversion replaces, which itself only tells the replaced text: where the conversion of a text is
/// that of its beginning and that of its rest, no word reaches across.
struct Walk<'a> {
    words: &'a OpenCC,
    keyed: &'a [char],
}

impl Walk<'_> {
    fn find(&self, run: &[Place], variants: &mut Vec<Variant>) {
        if self.converted(0, run.len()) == self.folded(0, run.len()) {
            return;
        }
        let mut at = 0;
        while at < run.len() {
            let next = self.word_end(at);
            let text = self.converted(at, next);
            let typed: String = run[at..next]
                .iter()
                .map(|place| HAN.fold(place.character))
                .collect();
            if text != typed {
                variants.push(Variant {
                    start: run[at].start,
                    end: run[next - 1].end,
                    text,
                });
            }
            at = next;
        }
    }

    /// Where the word at `at` ends.
    fn word_end(&self, at: usize) -> usize {
        let window = self.keyed.len().min(at + WINDOW);
        let all = self.converted(at, window);
        let longest = window.min(at + MAX_WORD);
        (at + 1..longest)
            .find(|&end| self.converted(at, end) + &self.converted(end, window) == all)
            .unwrap_or(longest)
    }

    fn converted(&self, from: usize, to: usize) -> String {
        let text: String = self.keyed[from..to].iter().collect();
        fold(&self.words.convert(&text))
            .map(|folded| folded.character)
            .collect()
    }

    fn folded(&self, from: usize, to: usize) -> String {
        self.keyed[from..to]
            .iter()
            .map(|character| HAN.fold(*character))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(query: &str, expected: &[&str]) {
        let found: Vec<_> = variants(query)
            .into_iter()
            .map(|variant| format!("{}:{}", &query[variant.start..variant.end], variant.text))
            .collect();
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn words_of_other_regions_are_offered_in_both_directions() {
        check("軟體", &["軟體:软件"]);
        check("软件", &["软件:软体"]);
        check("资讯", &["资讯:信息"]);
        check("信息", &["信息:资讯"]);
        check("程式", &["程式:程序"]);
        check("程序", &["程序:进程", "程序:程式"]);
        check("滑鼠和印表機", &["滑鼠:鼠标", "印表機:打印机"]);
        check("鼠标和打印机", &["鼠标:滑鼠", "打印机:印表机"]);
        check("用網路 app 看影片", &["網路:网络", "影片:视频"]);
    }

    #[test]
    fn words_inside_others_stay() {
        check("方程式", &[]);
        check("軟體動物", &[]);
        check("程序正義", &[]);
        check("綠茶的溫度 tea 茶", &[]);
        check("", &[]);
    }

    proptest! {
        #[test]
        fn spans_are_on_boundaries_and_say_another_thing(query in "([軟體資訊网络程式序a ]|[一-龥]|\\PC){0,12}") {
            for variant in variants(&query) {
                let typed: String = fold(&query[variant.start..variant.end]).map(|folded| folded.character).collect();
                prop_assert_ne!(typed, variant.text);
            }
        }
    }
}
