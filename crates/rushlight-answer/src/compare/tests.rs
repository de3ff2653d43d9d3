use super::*;
use crate::testing::hit;

const OLD: &str = "Travel is paid back. The daily limit is 80 euros. Ask your manager. Fax the form to Bo.";
const NEW: &str =
    "Travel is paid back. The daily limit is 95 euros. Ask your manager. Trains come before planes.";

fn compared(new: &str, old: &str, language: AnswerLanguage) -> Comparison {
    let (new, old) = ([hit("policy 2024", new)], [hit("policy 2023", old)]);
    compare(
        Compared {
            title: "policy 2024",
            hits: &new,
        },
        Compared {
            title: "policy 2023",
            hits: &old,
        },
        language,
    )
}

#[test]
fn what_changed_comes_first_with_both_quotations() {
    let found = compared(NEW, OLD, AnswerLanguage::English);
    assert_eq!(
        found.text,
        "“policy 2024” and “policy 2023” differ in 3 places:\n\
         - Changed: “The daily limit is 95 euros.” [1] for “The daily limit is 80 euros.” [2] (80 euros → 95 euros)\n\
         - Only in “policy 2024”: “Trains come before planes.” [3]\n\
         - Only in “policy 2023”: “Fax the form to Bo.” [4]"
    );
    let titles: Vec<&str> = found
        .citations
        .iter()
        .map(|citation| citation.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["policy 2024", "policy 2023", "policy 2024", "policy 2023"]
    );
    assert_eq!(found.citations[1].quote, "The daily limit is 80 euros.");
    assert_eq!(
        found.disagreements,
        [Disagreement {
            citations: vec![1, 2],
            values: vec!["95 euros".to_owned(), "80 euros".to_owned()],
        }]
    );
}

#[test]
fn what_moved_or_is_written_otherwise_is_no_difference() {
    let moved = compared(
        "B is here. A is there.",
        "A is there! b is HERE.",
        AnswerLanguage::English,
    );
    assert_eq!((moved.total, moved.citations.len()), (0, 0));
    assert_eq!(
        moved.text,
        "“policy 2024” and “policy 2023” say the same in every sentence."
    );
    let scripts = compared(
        "員工每年有十天假。",
        "员工每年有十天假。",
        AnswerLanguage::TraditionalChinese,
    );
    assert_eq!(scripts.text, "「policy 2024」與「policy 2023」每一句都相同。");
}

#[test]
fn chinese_documents_are_compared_in_their_words() {
    let found = compared(
        "每日餐費上限為一千二百元。請主管核准。",
        "每日餐費上限為一千元。請主管核准。",
        AnswerLanguage::TraditionalChinese,
    );
    assert_eq!(
        found.text,
        "「policy 2024」與「policy 2023」有 1 處不同：\n\
         - 改為：「每日餐費上限為一千二百元。」 [1]，原為：「每日餐費上限為一千元。」 [2] (一千元 → 一千二百元)"
    );
}

#[test]
fn a_long_comparison_is_cut_and_says_so() {
    let many = |word: &str| -> String {
        (0..40)
            .map(|number| format!("{word}{number} stands alone here{number}. "))
            .collect()
    };
    let found = compared(&many("Alpha"), "Nothing.", AnswerLanguage::English);
    assert_eq!((found.total, found.citations.len()), (41, LINES));
    assert!(found.text.ends_with("- and 17 more."), "{}", found.text);
}

#[test]
fn headings_and_front_matter_are_no_disagreement() {
    let of = |year: u32| format!("# Policy of {year}\n\nAll stay as they were.");
    let found = compared(&of(2024), &of(2023), AnswerLanguage::English);
    assert_eq!((found.total, found.disagreements.len()), (1, 0), "{}", found.text);
}
