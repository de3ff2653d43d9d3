use super::*;
use crate::testing::hit;

const NOVEMBER: Timestamp = Timestamp(1_795_000_000_000);

fn query(question: &str) -> String {
    plan_list(question, NOVEMBER).query()
}

#[test]
fn english_questions_become_queries() {
    for (question, expected) in [
        (
            "How many mails from Ada about the audit?",
            "type:mail from:Ada +audit",
        ),
        (
            "How many mails did Ada Lin send about the audit?",
            "type:mail from:(Ada Lin) +audit",
        ),
        (
            "Which mails to bo@example.org mention the kettle?",
            "type:mail to:\"bo@example.org\" +kettle",
        ),
        (
            "mails from the finance department since March 2024",
            "type:mail from:(finance department) after:2024-03",
        ),
        (
            "List all notes of last week about green tea",
            "type:note date:last week +green +tea",
        ),
        ("How many PDF files mention Warsaw?", "type:pdf +Warsaw"),
        ("How many documents are there?", ""),
        (
            "all contracts that end in 2025",
            "+(contract OR agreement OR \"合約\" OR \"合同\" OR \"契約\" OR \"協議書\")",
        ),
        (
            "How many unpaid invoices from Acme?",
            "from:Acme +(invoice OR \"發票\" OR \"請款單\" OR \"帳單\") +unpaid",
        ),
    ] {
        assert_eq!(query(question), expected, "{question}");
    }
}

#[test]
fn chinese_questions_become_queries() {
    for (question, expected) in [
        ("關於審計的郵件有幾封？", "type:mail +\"審計\""),
        (
            "王小明寄了多少封關於審計的郵件？",
            "type:mail from:\"王小明\" +\"審計\"",
        ),
        ("王小明寄來的郵件有多少封？", "type:mail from:\"王小明\""),
        ("列出寄給王小明的所有郵件", "type:mail to:\"王小明\""),
        ("哪些筆記提到烏龍茶？", "type:note +\"烏龍茶\""),
        ("請找出上个月的电子邮件", "type:mail date:上个月"),
        (
            "所有2025年到期的合約",
            "+(contract OR agreement OR \"合約\" OR \"合同\" OR \"契約\" OR \"協議書\")",
        ),
        ("一共有几个PDF文件？", "type:pdf"),
    ] {
        assert_eq!(query(question), expected, "{question}");
    }
}

#[test]
fn a_row_is_the_sentence_that_says_it() {
    let plan = plan_list("all contracts that end in 2025", NOVEMBER);
    assert!(plan.is_stated());
    let text =
        "Contract with Acme. It began on 1 January 2025. It ends on 31 December 2025. Signed in Taipei.";
    let (_, span) = plan.sentence(text).expect("a row");
    assert_eq!(span.of(text), Some("It ends on 31 December 2025."));
    assert_eq!(plan.sentence("It ends on 31 December 2026. Begun in 2025."), None);
    let same = plan_list("明年到期的合約", Timestamp(NOVEMBER.0 - 2 * 31_557_600_000));
    assert!(same.sentence(text).is_some());

    let plan = plan_list("how many mails from Ada about the audit", NOVEMBER);
    assert!(!plan.is_stated());
    let text = "Dear all. The audit begins on Monday. Bye.";
    let (_, span) = plan.sentence(text).expect("every text has one");
    assert_eq!(span.of(text), Some("The audit begins on Monday."));
    assert_eq!(plan.sentence("  "), None);
}

#[test]
fn a_row_is_cited_to_the_letter() {
    let given = hit("a", "One. 茶是飲料。");
    let span = TextSpan::new(5, given.chunk.text.len());
    let citation = cite_row(&given, span, 7).expect("it stands there");
    assert_eq!((citation.number, citation.quote.as_str()), (7, "茶是飲料。"));
    assert_eq!(cite_row(&given, TextSpan::new(5, 7), 1), None);
    let long = hit("b", &"水".repeat(500));
    let citation = cite_row(&long, TextSpan::new(0, 1500), 1).expect("it stands there");
    assert!(citation.quote.len() <= QUOTE_BYTES && !citation.quote.is_empty());
}

#[test]
fn what_was_counted_is_said_in_the_questions_language() {
    let count = |rows, shown, walked, versions| ListCount {
        rows,
        shown,
        walked,
        versions,
    };
    let english = |count| list_text(count, AnswerLanguage::English);
    assert_eq!(
        english(count(12, 12, 14, 0)),
        "12 documents meet this; 14 were looked at."
    );
    assert_eq!(
        english(count(0, 0, 1, 0)),
        "No document meets this; 1 was looked at."
    );
    assert_eq!(
        english(count(300, 200, 300, 2)),
        "300 documents meet this, and 2 other versions of them; 300 were looked at. The newest 200 are shown."
    );
    assert_eq!(
        list_text(count(3, 3, 5, 1), AnswerLanguage::TraditionalChinese),
        "符合的文件有 3 份，另有 1 份是它們的其他版本；共查看了 5 份。"
    );
    assert_eq!(
        list_text(count(0, 0, 5, 0), AnswerLanguage::SimplifiedChinese),
        "没有文件符合；共查看了 5 份。"
    );
}
