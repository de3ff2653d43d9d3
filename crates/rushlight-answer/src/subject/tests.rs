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
