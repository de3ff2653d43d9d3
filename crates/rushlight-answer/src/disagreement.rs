//! Passages that say the same of something, with other amounts or dates.

use std::collections::BTreeSet;

use rushlight_core::{Citation, Passage};

use crate::align::common;
use crate::citation::cite;
use crate::context::{above, is_bare, is_row, pieces};
use crate::numbers::numbers;
use crate::quantity::{Part, Quantity, parts};
use crate::sentence::sentences;
use crate::terms::{Weights, covered, terms};
use crate::words::words;

/// So much of each sentence's words must be in the other, in the same order.
const SAME_THING: f32 = 0.75;

/// Least weight of the words that two sentences have in common: two words, or four Chinese characters.
const LEAST_IN_COMMON: usize = 4;

/// Sentences with less in common say little of what they are about, and so do rows of tables: of the titles and headings above them
/// so much must be the same.
const SPEAKS_FOR_ITSELF: usize = 8;
const SAME_HEADING: f32 = 0.6;

/// Sentences of more parts are tables without lines; they are not compared.
const LONGEST: usize = 400;

/// Another document's sentence that reads like a quotation and has another amount or date where the answer has its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contradiction {
    /// The other sentence, numbered one.
    pub(crate) citation: Citation,
    /// What the quotation has, as it is written there.
    pub(crate) ours: String,
    /// What the other has in its place, as it is written there.
    pub(crate) theirs: String,
}

/// Looks for sentences of other documents that contradict a cited one in what the answer took from it: one for each different amount or
/// date that stands in its place, in the order of the passages.
///
/// Only amounts, dates and times of day are compared, as words differ for many reasons, and only those that stand in the same place of
/// sentences that are otherwise alike: what the one sentence has and the other has not is only added. Where one replaces a word, or differs in what
/// the question names, or in a date or a bare number beside the amount, the two are about different things.
pub(crate) fn contradictions(
    question: &str,
    answer: &str,
    cited: &Citation,
    passages: &[Passage],
) -> Vec<Contradiction> {
    let (asked, said) = (numbers(question), numbers(answer));
    let ours: Vec<(&str, Vec<Part>)> = sentences(&cited.quote)
        .into_iter()
        .filter_map(|span| span.of(&cited.quote))
        .filter(|text| !is_bare(text))
        .map(|text| (text, parts(text)))
        .collect();
    let from = passages.iter().find(|passage| {
        passage.hit.doc_id == cited.doc_id
            && (passage.span.start..passage.span.end).contains(&cited.span.start)
    });
    let Some(heading) = from.map(Heading::of) else {
        return Vec::new();
    };
    let mut opposed: Vec<(Quantity, Contradiction)> = Vec::new();
    for passage in passages
        .iter()
        .filter(|passage| passage.hit.doc_id != cited.doc_id)
    {
        for span in pieces(&passage.hit, &passage.text) {
            let Some(their_text) = span.of(&passage.text).filter(|text| !is_bare(text)) else {
                continue;
            };
            let theirs = parts(their_text);
            let found = ours.iter().find_map(|(our_text, ours)| {
                let aligned = Aligned::of(ours, &theirs);
                let (ours, theirs) = aligned.opposed(&asked, &said)?;
                let speaks_for_itself =
                    !is_row(&passage.hit, their_text) && aligned.shared() >= SPEAKS_FOR_ITSELF;
                if !speaks_for_itself && !heading.is_like(&Heading::of(passage)) {
                    return None;
                }
                let contradiction = Contradiction {
                    citation: cite(passage, span)?,
                    ours: ours.written(our_text),
                    theirs: theirs.written(their_text),
                };
                Some((theirs.clone(), contradiction))
            });
            // Every side is about the same: what the first one is about.
            let is_new = |(theirs, found): &(Quantity, Contradiction)| {
                opposed.iter().all(|(known, first)| {
                    first.ours == found.ours && known.is_like(theirs) && !known.agrees_with(theirs)
                })
            };
            opposed.extend(found.filter(is_new));
        }
    }
    opposed
        .into_iter()
        .map(|(_, contradiction)| contradiction)
        .collect()
}

/// What stands in the place of something else in two sentences, as written: amounts, dates and times that differ.
pub(crate) fn replaced(ours: &str, theirs: &str) -> Vec<(String, String)> {
    let (our_parts, their_parts) = (parts(ours), parts(theirs));
    let aligned = Aligned::of(&our_parts, &their_parts);
    aligned
        .differing()
        .into_iter()
        .map(|(a, b)| (a.written(ours), b.written(theirs)))
        .collect()
}

/// What stands above a passage.
struct Heading {
    words: BTreeSet<String>,
    /// Numbers in the title that tell one of a series from the next: of an invoice, a meeting's day.
    numbers: BTreeSet<String>,
}

impl Heading {
    fn of(passage: &Passage) -> Self {
        let mut words = terms(&above(passage));
        words.retain(|term| !term.contains(|c: char| c.is_ascii_digit()));
        Self {
            words,
            numbers: numbers_of_a_series(&passage.hit.title),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        let even = Weights::default();
        let share = covered(&self.words, &other.words, &even).min(covered(&other.words, &self.words, &even));
        share >= SAME_HEADING && self.numbers == other.numbers
    }
}

/// The words with digits of a title, without years and what tells a version from the next.
fn numbers_of_a_series(title: &str) -> BTreeSet<String> {
    let words: Vec<String> = words(title).into_iter().map(|word| word.text).collect();
    let is_version = |at: usize| {
        let before = at.checked_sub(1).map_or("", |before| words[before].as_str());
        words[at].starts_with('v') || matches!(before, "version" | "revision" | "v" | "第")
    };
    let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    (0..words.len())
        .filter(|at| words[*at].contains(|c: char| c.is_ascii_digit()))
        .filter(|at| !is_version(*at) && !is_year(&words[*at]))
        .map(|at| words[at].clone())
        .collect()
}

/// Two sentences, part by part.
struct Aligned<'p> {
    ours: &'p [Part],
    theirs: &'p [Part],
    /// Places of the same words, and of quantities of the same kind.
    pairs: Vec<(usize, usize)>,
}

impl<'p> Aligned<'p> {
    fn of(ours: &'p [Part], theirs: &'p [Part]) -> Self {
        let pairs = match ours.len().max(theirs.len()) <= LONGEST {
            true => common((ours.len(), theirs.len()), |a, b| match (&ours[a], &theirs[b]) {
                (Part::Word(a), Part::Word(b)) => a == b,
                (Part::Quantity(a), Part::Quantity(b)) => a.is_like(b),
                _ => false,
            }),
            false => Vec::new(),
        };
        Self { ours, theirs, pairs }
    }

    /// The quantity that the answer took from our sentence, and the one that stands in its place in theirs.
    fn opposed(
        &self,
        asked: &BTreeSet<String>,
        said: &BTreeSet<String>,
    ) -> Option<(&'p Quantity, &'p Quantity)> {
        if !self.says_the_same_otherwise() {
            return None;
        }
        let differing = self.differing();
        let is_about_another = differing.iter().any(|(a, b)| {
            a.is_among(asked, b) || b.is_among(asked, a) || (differing.len() > 1 && a.names_a_subject())
        });
        if is_about_another {
            return None;
        }
        differing.into_iter().find(|(a, b)| a.is_among(said, b))
    }

    /// Weight of the words that both have.
    fn shared(&self) -> usize {
        self.pairs.iter().map(|(at, _)| self.ours[*at].weight()).sum()
    }

    /// Whether most words of each are in the other, and none stands in the place of another one.
    fn says_the_same_otherwise(&self) -> bool {
        let weight = |parts: &[Part]| -> usize { parts.iter().map(Part::weight).sum() };
        let shared = self.shared();
        let share = |of: &[Part]| shared as f32 >= SAME_THING * weight(of) as f32;
        let (mut from, ends) = ((0, 0), (self.ours.len(), self.theirs.len()));
        let replaces_none = self.pairs.iter().chain([&ends]).all(|(a, b)| {
            let (ours, theirs) = (&self.ours[from.0..*a], &self.theirs[from.1..*b]);
            from = (a + 1, b + 1);
            weight(ours) == 0 || weight(theirs) == 0
        });
        shared >= LEAST_IN_COMMON && share(self.ours) && share(self.theirs) && replaces_none
    }

    /// Quantities in the same place that say different things, and that the other sentence has nowhere.
    fn differing(&self) -> Vec<(&'p Quantity, &'p Quantity)> {
        let has = |parts: &[Part], wanted: &Quantity| {
            parts.iter().any(|part| {
                matches!(part, Part::Quantity(found) if found.is_like(wanted) && found.agrees_with(wanted))
            })
        };
        self.pairs
            .iter()
            .filter(|place| self.has_a_neighbour(**place))
            .filter_map(|(a, b)| match (&self.ours[*a], &self.theirs[*b]) {
                (Part::Quantity(a), Part::Quantity(b)) => Some((a, b)),
                _ => None,
            })
            .filter(|(a, b)| !has(self.theirs, a) && !has(self.ours, b))
            .collect()
    }

    /// Whether what stands right before or behind is the same in both, be it their beginning or end.
    fn has_a_neighbour(&self, (a, b): (usize, usize)) -> bool {
        let before = match (a.checked_sub(1), b.checked_sub(1)) {
            (Some(a), Some(b)) => self.pairs.contains(&(a, b)),
            (a, b) => a == b,
        };
        let ends = (a + 1 == self.ours.len(), b + 1 == self.theirs.len());
        before || ends == (true, true) || self.pairs.contains(&(a + 1, b + 1))
    }
}

#[cfg(test)]
mod tests {
    use rushlight_core::TextSpan;

    use super::*;
    use crate::testing::passages;

    /// Documents of one title.
    fn versions(texts: &[&str]) -> Vec<Passage> {
        let mut given = passages(texts);
        given
            .iter_mut()
            .for_each(|one| one.hit.title = "Policy".to_owned());
        given
    }

    /// What the first text's first sentence and another text oppose, where the answer to a question is taken from it.
    fn found(question: &str, answer: &str, given: &[Passage]) -> Option<(String, String)> {
        let first = sentences(&given[0].text)[0];
        let cited = cite(&given[0], first).expect("is there");
        let mut found = contradictions(question, answer, &cited, given).into_iter();
        found.next().map(|found| (found.ours, found.theirs))
    }

    fn against(question: &str, answer: &str, texts: [&str; 2]) -> Option<(String, String)> {
        found(question, answer, &versions(&texts))
    }

    fn values(ours: &str, theirs: &str) -> Option<(String, String)> {
        Some((ours.to_owned(), theirs.to_owned()))
    }

    #[test]
    fn the_same_sentence_with_another_amount_contradicts() {
        let texts = [
            "The travel limit is 95 euros a day.",
            "Lunch is free. The travel limit is 80 euros a day.",
        ];
        let given = versions(&texts);
        let cited = cite(&given[0], sentences(texts[0])[0]).expect("is there");
        let [found] = &contradictions("What is the limit?", "The limit is 95 euros.", &cited, &given)[..]
        else {
            panic!("one contradicts");
        };
        assert_eq!(found.citation.quote, "The travel limit is 80 euros a day.");
        assert_eq!(
            (found.ours.as_str(), found.theirs.as_str()),
            ("95 euros", "80 euros")
        );
    }

    #[test]
    fn each_document_that_says_something_else_contradicts_and_the_same_is_said_once() {
        let given = versions(&[
            "The travel limit is 95 euros a day.",
            "The travel limit is 80 euros a day.",
            "The travel limit is 70 euros a day.",
            "The travel limit is eighty euros a day.",
            "The travel limit is 95 euros a day.",
        ]);
        let cited = cite(&given[0], sentences(&given[0].text)[0]).expect("is there");
        let found = contradictions("What is the limit?", "The limit is 95 euros.", &cited, &given);
        let theirs: Vec<&str> = found.iter().map(|found| found.theirs.as_str()).collect();
        assert_eq!(theirs, ["80 euros", "70 euros"]);

        // The answer took two amounts: all sides are about the first that is opposed.
        let given = versions(&[
            "Lunch for guests costs 20 euros, dinner for guests costs 40 euros.",
            "Lunch for guests costs 15 euros, dinner for guests costs 40 euros.",
            "Lunch for guests costs 20 euros, dinner for guests costs 35 euros.",
        ]);
        let cited = cite(&given[0], sentences(&given[0].text)[0]).expect("is there");
        let found = contradictions("What do meals cost?", &given[0].text, &cited, &given);
        let pairs: Vec<(&str, &str)> = found
            .iter()
            .map(|found| (found.ours.as_str(), found.theirs.as_str()))
            .collect();
        assert_eq!(pairs, [("20 euros", "15 euros")]);
    }

    #[test]
    fn amounts_are_paired_by_what_stands_beside_them_and_shown_as_written() {
        let third = "Since 1 April 2024 the daily meal allowance is **GBP 38** (Taipei office: NT$1,200).";
        let second = "The daily meal allowance is **GBP 32** (Taipei office: NT$1,050).";
        for (answer, ours, theirs) in [
            ("In Taipei it is NT$1,200.", "NT$1,200", "NT$1,050"),
            ("It is GBP 38.", "GBP 38", "GBP 32"),
            ("Since 1 April 2024 it is NT$1,200.", "NT$1,200", "NT$1,050"),
        ] {
            assert_eq!(
                against("What is the meal allowance?", answer, [third, second]),
                values(ours, theirs),
                "{answer}"
            );
        }
        for (question, answer, texts, ours, theirs) in [
            (
                "出差每日膳食費上限是多少？",
                "每日上限為 1,200 元。",
                [
                    "出差期間每日膳食費上限為新台幣 **1,200 元**，住宿一晚計一日。",
                    "出差期間每日膳食費上限為新台幣 1,050 元，住宿一晚計一日。",
                ],
                "新台幣 1,200 元",
                "新台幣 1,050 元",
            ),
            (
                "出差每日膳食费上限是多少？",
                "每日上限为一千二百元。",
                [
                    "出差期间每日膳食费上限为一千二百元。",
                    "出差期間每日膳食費上限為 1,050 元。",
                ],
                "一千二百元",
                "1,050 元",
            ),
            (
                "居家辦公每週幾天？",
                "每週最多三天。",
                ["同仁每週最多得居家辦公三天。", "同仁每週最多得居家辦公兩天。"],
                "三天",
                "兩天",
            ),
            (
                "How many days may staff work from home?",
                "Up to three days a week.",
                [
                    "Staff whose work allows it may work from home up to **three days a week**.",
                    "- Staff whose work allows it may work from home up to **two days a week**.",
                ],
                "three days",
                "two days",
            ),
            (
                "When are core hours?",
                "From 10:00 to 16:00.",
                [
                    "Core hours are 10:00 to 16:00 local time.",
                    "- Core hours are 10:00 to 15:00 local time.",
                ],
                "16:00",
                "15:00",
            ),
            (
                "合約何時到期？",
                "合約於 2025 年 3 月 31 日到期。",
                [
                    "本合約於 2025 年 3 月 31 日到期。",
                    "本合約於民國 114 年 6 月 30 日到期。",
                ],
                "2025 年 3 月 31 日",
                "民國 114 年 6 月 30 日",
            ),
        ] {
            assert_eq!(
                against(question, answer, texts),
                values(ours, theirs),
                "{question}"
            );
        }
    }

    #[test]
    fn what_is_about_something_else_does_not() {
        for (question, answer, texts) in [
            (
                "What is the limit?",
                "The limit is 95 euros.",
                [
                    "The travel limit is 95 euros a day.",
                    "The hotel costs 80 euros a night.",
                ],
            ),
            // Another word in the same place.
            (
                "What is the hotel ceiling in London?",
                "The ceiling is GBP 185.",
                [
                    "The ceiling for a hotel night in London is GBP 185.",
                    "The ceiling for a hotel night in Leeds is GBP 140.",
                ],
            ),
            (
                "台北的住宿上限是多少？",
                "上限為 4,200 元。",
                [
                    "台北每晚住宿費用上限為 4,200 元。",
                    "高雄每晚住宿費用上限為 3,600 元。",
                ],
            ),
            (
                "How long is the warranty of the BW-300?",
                "The warranty is 24 months.",
                [
                    "The warranty of the BW-300 is 24 months.",
                    "The warranty of the BW-700 is 12 months.",
                ],
            ),
            // Another year, another trailer.
            (
                "What is the limit?",
                "The limit is 95 euros.",
                [
                    "The limit of 2024 is 95 euros a day.",
                    "The limit of 2023 is 80 euros a day.",
                ],
            ),
            (
                "When did the trailer stop?",
                "It stopped at 10:30.",
                [
                    "The unit of trailer 6 stopped at 10:30.",
                    "The unit of trailer 8 stopped at 11:15.",
                ],
            ),
            // What is asked for is the same in both.
            (
                "What is the limit?",
                "The limit is 95 euros.",
                [
                    "The limit of 2024 is 95 euros a day.",
                    "The limit of 2023 is 95 euros a day.",
                ],
            ),
            // The row that was asked for, and another one.
            (
                "滿三年的同仁有幾天特休？",
                "有 17 天特休。",
                ["同仁滿三年有特休 17 天。", "同仁滿五年有特休 21 天。"],
            ),
            // Items of a list.
            (
                "What comes second?",
                "2. Fill in the form and send it.",
                [
                    "2. Fill in the form and send it.",
                    "3. Fill in the form and send it.",
                ],
            ),
            (
                "哪一步要填表？",
                "2、填寫申請表並寄出。",
                ["2、填寫申請表並寄出。", "三、填寫申請表並寄出。"],
            ),
            (
                "What is version 3?",
                "It is in force.",
                [
                    "Version 3 of the policy is in force.",
                    "Version 2 of the policy is in force.",
                ],
            ),
            // Another currency.
            (
                "What is the allowance?",
                "The allowance is GBP 38.",
                [
                    "The daily meal allowance is GBP 38.",
                    "The daily meal allowance is NT$1,200.",
                ],
            ),
        ] {
            assert_eq!(against(question, answer, texts), None, "{texts:?}");
        }
    }

    #[test]
    fn the_same_in_other_figures_does_not() {
        for (ours, theirs) in [
            ("The travel limit is 95 euros.", "The travel limit is 95 euros."),
            (
                "The warranty of the meter is 24 months.",
                "The warranty of the meter is two years.",
            ),
            (
                "The meter stores 12,000 readings.",
                "The meter stores twelve thousand readings.",
            ),
            (
                "The lease of the hall ends on 5 March 2024.",
                "The lease of the hall ends on 2024-03-05.",
            ),
            ("本店租金每月新台幣 20,000 元。", "本店租金每月貳萬元。"),
            ("本店租金每月 2 万元。", "本店租金每月新台幣 20,000 元。"),
            (
                "本合約自民國113年3月5日起生效。",
                "本合約自 2024 年 3 月 5 日起生效。",
            ),
            (
                "The visit of the lab takes 3 to 5 days.",
                "The visit of the lab takes 5 days.",
            ),
        ] {
            assert_eq!(against("", ours, [ours, theirs]), None, "{ours} {theirs}");
            assert_eq!(against("", theirs, [theirs, ours]), None, "{theirs} {ours}");
        }
    }

    #[test]
    fn rows_of_tables_are_compared_under_the_same_headings() {
        let mut rows = versions(&[
            "| Meals away from home | GBP 38 |",
            "| Meals away from home | GBP 32 |",
        ]);
        let ask = |rows: &[Passage]| found("What is paid for meals?", "GBP 38 is paid.", rows);
        for (row, version) in rows.iter_mut().zip(["v3 2024", "v2 2023"]) {
            row.hit.title = format!("Travel and expense policy {version}");
        }
        assert_eq!(ask(&rows), values("GBP 38", "GBP 32"));
        rows[1].hit.title = "Household budget".to_owned();
        assert_eq!(ask(&rows), None);
        for (row, day) in rows.iter_mut().zip(["17 January", "20 March"]) {
            row.hit.title = format!("Travel and expenses, minutes of {day} 2024");
        }
        assert_eq!(ask(&rows), None, "each of a series says its own");
    }

    #[test]
    fn of_a_quotation_of_two_sentences_each_is_compared() {
        let given = versions(&[
            "Lunch is free for guests. The travel limit is 95 euros a day.",
            "The travel limit is 80 euros a day.",
        ]);
        let whole = TextSpan::new(0, given[0].text.len());
        let cited = cite(&given[0], whole).expect("is there");
        let found = contradictions("", "The limit is 95 euros.", &cited, &given);
        let theirs: Vec<&str> = found.iter().map(|found| found.theirs.as_str()).collect();
        assert_eq!(theirs, ["80 euros"]);
    }

    #[test]
    fn versions_of_a_policy_oppose_in_their_amounts_and_other_policies_do_not() {
        let second = include_str!("../../../examples/company-docs/policies/travel-expense-policy-v2-2023.md");
        let third = include_str!("../../../examples/company-docs/policies/travel-expense-policy-v3-2024.md");
        let chinese = include_str!("../../../examples/company-docs/policies/差旅費用辦法-v3-2024.md");
        let remote = include_str!("../../../examples/company-docs/policies/remote-work-policy-v2-2024.md");
        let every = |ours: (&str, &str), theirs: (&str, &str)| -> Vec<(String, String)> {
            let mut given = versions(&[ours.1, theirs.1]);
            (given[0].hit.title, given[1].hit.title) = (ours.0.to_owned(), theirs.0.to_owned());
            let cited = sentences(ours.1)
                .into_iter()
                .filter_map(|span| cite(&given[0], span));
            cited
                .flat_map(|cited| contradictions("", &cited.quote, &cited, &given))
                .map(|found| (found.ours, found.theirs))
                .collect()
        };
        let (english, revised) = (
            ("Travel and expense policy, version 2 (2023)", second),
            ("Travel and expense policy, version 3 (2024)", third),
        );
        let pairs = [
            ("GBP 32", "GBP 38"),
            ("GBP 125", "GBP 140"),
            ("ten hours", "eight hours"),
            ("GBP 0.42", "GBP 0.45"),
            ("21 days", "14 days"),
            ("GBP 15", "GBP 20"),
            ("GBP 1,500", "GBP 2,000"),
        ];
        assert_eq!(
            every(english, revised),
            pairs.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        for other in [
            ("差旅費用辦法 第三版", chinese),
            ("Remote work policy, version 2 (2024)", remote),
        ] {
            assert_eq!(every(revised, other), [], "{}", other.0);
            assert_eq!(every(other, revised), [], "{}", other.0);
        }
        let lowered = chinese.replace("1,200", "1,050").replace("14 日內", "二十一日內");
        let lowered = ("差旅費用辦法 第二版", lowered.as_str());
        assert_eq!(
            every(("差旅費用辦法 第三版", chinese), lowered),
            [("新台幣 1,200 元", "新台幣 1,050 元"), ("14 日", "二十一日")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }
}
