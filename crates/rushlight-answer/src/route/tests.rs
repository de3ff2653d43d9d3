use rushlight_core::AnswerKind::{Comparison, Fact, List, Summary};

use super::*;

const QUESTIONS: &[(AnswerKind, &str, Option<&str>)] = &[
    // Numbers that a text states.
    (Fact, "How many people lived in Warsaw in 1939?", None),
    (Fact, "How many slices of ginger?", None),
    (Fact, "How many days is the notice period of the contract?", None),
    (Fact, "How many times did Bo call?", None),
    (Fact, "How many pages does the report have?", None),
    (Fact, "How many mails per day does the server handle?", None),
    (Fact, "How many types of documents are there?", None),
    (Fact, "How many people signed the documents?", None),
    (Fact, "list the ingredients of mapo tofu", None),
    (Fact, "List the members of the board.", None),
    (Fact, "Which river flows through Warsaw?", None),
    (Fact, "Which document describes the notice period?", None),
    (Fact, "What documents do I need for a visa?", None),
    (Fact, "List the documents required for the loan.", None),
    (Fact, "What documents did Luther write?", None),
    (Fact, "What is the difference between tea and coffee?", None),
    (Fact, "What changed in Warsaw after 1945?", None),
    (Fact, "What is the summary judgment rule?", None),
    (Fact, "Who wrote the report?", None),
    (Fact, "All of the members met where?", None),
    (Fact, "When does the contract with Acme end?", None),
    (Fact, "What is photosynthesis about?", None),
    (Fact, "Wie viele Mails hat Anna geschickt?", None),
    (Fact, "Combien de documents y a-t-il ?", None),
    (Fact, "1939年華沙有多少人口？", None),
    (Fact, "三杯雞要放幾片薑？", None),
    (Fact, "他寫了多少本小說？", None),
    (Fact, "茶和咖啡有什麼不同？", None),
    (Fact, "簽證需要哪些文件？", None),
    (Fact, "合約的通知期是幾天？", None),
    (Fact, "哪些國家參加了會議？", None),
    (Fact, "列出三杯雞的材料", None),
    (Fact, "列出合約的條款", None),
    (Fact, "所有人都到了嗎？", None),
    (Fact, "戰後華沙有什麼變化？", None),
    (Fact, "谁总结了会议？", None),
    // Counts and lists over documents.
    (
        List,
        "How many mails from Ada about the audit?",
        Some("How many mails"),
    ),
    (List, "how many e-mails did Bo send me?", Some("how many e-mails")),
    (
        List,
        "How many unpaid invoices are there?",
        Some("How many unpaid invoices"),
    ),
    (
        List,
        "How many PDF files mention Warsaw?",
        Some("How many PDF files"),
    ),
    (
        List,
        "In how many notes do I mention oolong?",
        Some("how many notes"),
    ),
    (List, "How many documents are there?", Some("How many documents")),
    (List, "all contracts that end in 2025", Some("all contracts")),
    (
        List,
        "List all contracts that end in 2025",
        Some("List all contracts"),
    ),
    (List, "Please show me the notes on tea", Some("show me the notes")),
    (List, "Every mail from Bo since March", Some("Every mail")),
    (List, "Which mails mention the kettle?", Some("Which mails")),
    (List, "Which contracts end in 2025?", Some("Which contracts")),
    (List, "What notes do I have about tea?", Some("What notes")),
    (
        List,
        "Can you find all spreadsheets with budgets?",
        Some("find all spreadsheets"),
    ),
    (
        List,
        "give me every invoice from Acme",
        Some("give me every invoice"),
    ),
    (List, "Count the mails from last week", Some("Count the mails")),
    (List, "關於審計的郵件有幾封？", Some("郵件有幾封")),
    (
        List,
        "王小明寄了多少封關於審計的郵件？",
        Some("多少封關於審計的郵件"),
    ),
    (List, "列出所有 2025 年到期的合約", Some("列出")),
    (List, "所有2025年到期的合同", Some("所有2025年到期的合同")),
    (List, "有多少份发票？", Some("多少份发票")),
    (List, "哪些筆記提到烏龍茶？", Some("哪些筆記")),
    (List, "請找出上個月的電子郵件", Some("找出上個月的電子郵件")),
    (List, "一共有几个PDF文件？", Some("几个PDF")),
    (List, "文件總共有多少？", Some("文件總共有多少")),
    // Summaries.
    (Summary, "Summarise the travel policy", Some("Summarise")),
    (Summary, "Can you summarize this document?", Some("summarize")),
    (
        Summary,
        "give me a short summary of the minutes",
        Some("give me a short summary of"),
    ),
    (Summary, "Summary of report.pdf", Some("Summary of")),
    (
        Summary,
        "What are the key points of the contract with Acme?",
        Some("What are the key points of"),
    ),
    (
        Summary,
        "What is this document about?",
        Some("What is this document about"),
    ),
    (Summary, "總結差旅政策", Some("總結")),
    (Summary, "请帮我总结这份合同", Some("总结")),
    (Summary, "差旅政策的摘要", Some("摘要")),
    (Summary, "這份文件的重點是什麼？", Some("重點")),
    (Summary, "這封郵件在說什麼？", Some("在說什麼")),
    // Comparisons.
    (
        Comparison,
        "Compare the travel policy of 2023 and 2024",
        Some("Compare"),
    ),
    (
        Comparison,
        "What is the difference between plan-v1.md and plan-v2.md?",
        Some("difference between"),
    ),
    (
        Comparison,
        "What changed in the travel policy?",
        Some("changed in"),
    ),
    (
        Comparison,
        "How do \"Plan A\" and \"Plan B\" differ in price?",
        Some("differ in"),
    ),
    (Comparison, "比較兩份合約", Some("比較")),
    (Comparison, "請比较新版和旧版", Some("比较")),
    (Comparison, "差旅政策的新版和舊版有什麼不同？", Some("有什麼不同")),
    (Comparison, "這份合約改了什麼？", Some("改了什麼")),
];

#[test]
fn questions_are_taken_by_their_words() {
    let mut wrong = Vec::new();
    for (kind, question, because) in QUESTIONS {
        let routed = route(question);
        if routed.kind != *kind || routed.because.as_deref() != *because || routed.small_talk.is_some() {
            wrong.push(format!(
                "{question}: {:?} because {:?}",
                routed.kind, routed.because
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(QUESTIONS.len() > 60);
}

#[test]
fn what_changed_in_something_is_a_comparison_if_that_has_versions() {
    for (question, words) in [
        ("What changed in the Lisbon trip?", Some("changed in")),
        ("What is new in the kitchen?", Some("new in")),
        ("里斯本之行改了什麼？", Some("改了什麼")),
        ("里斯本之行有哪些变化？", Some("有哪些变化")),
        ("What changed Lisbon?", None),
        ("Who changed in the train?", None),
        ("里斯本之行怎麼樣？", None),
    ] {
        let routed = route(question);
        assert_eq!(routed.if_versions.as_deref(), words, "{question}");
        assert_eq!(routed.kind, Fact, "{question}");
    }
    let document = route("What changed in the travel policy?");
    assert_eq!((document.kind, document.if_versions), (Comparison, None));
}

#[test]
fn small_talk_needs_no_search() {
    assert_eq!(route("Hello!").small_talk, Some(SmallTalk::Greeting));
    assert_eq!(
        route("what did I ask before?").small_talk,
        Some(SmallTalk::Earlier)
    );
    assert_eq!(route("").kind, Fact);
}

/// Questions of public sets with answers in a text: nearly all of them ask for facts.
#[test]
fn questions_with_an_answer_in_a_text_are_facts() {
    let Ok(data) = std::env::var("RUSHLIGHT_DATA") else {
        eprintln!("skipped: RUSHLIGHT_DATA names no folder with squad20 and drcd-dev");
        return;
    };
    for set in ["squad20", "drcd-dev"] {
        let path = std::path::Path::new(&data).join(set).join("queries.jsonl");
        let Ok(lines) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {} cannot be read", path.display());
            continue;
        };
        let questions: Vec<&str> = lines
            .lines()
            .filter_map(|line| line.split_once("\"text\": \"")?.1.strip_suffix("\"}"))
            .collect();
        let others: Vec<String> = questions
            .iter()
            .map(|question| (question, route(question)))
            .filter(|(_, routed)| routed.kind != Fact || routed.small_talk.is_some())
            .map(|(question, routed)| format!("{:?} {:?}: {question}", routed.kind, routed.because))
            .collect();
        println!(
            "{set}: {} of {} are no facts\n{}",
            others.len(),
            questions.len(),
            others.join("\n")
        );
        assert!(questions.len() > 1000, "{set}: {}", questions.len());
        assert!(
            others.len() * 200 < questions.len(),
            "{set}: {}",
            others.join("\n")
        );
    }
}
