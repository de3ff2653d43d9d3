//! The suite of [`Reranker`].

use rushlight_core::Reranker;

const QUESTION: &str = "how hot is the water for green tea";
const ANSWER: &str = "the water for green tea is seventy degrees hot";
const STRANGER: &str = "the bicycle chain needs oil";
const TEXTS: [&str; 7] = [STRANGER, ANSWER, "", " ", "a", "🍵", "綠茶要用七十度的水沖泡"];

/// Asserts what [`Reranker`] promises.
pub fn reranker(reranker: &dyn Reranker) {
    let spec = reranker.spec();
    assert!(!spec.model_id.is_empty() && spec.max_tokens > 0, "{spec:?}");
    let scores = |query: &str, texts: &[&str]| reranker.rerank(query, texts).expect("gives scores");
    assert!(scores(QUESTION, &[]).is_empty(), "one score per text");

    let together = scores(QUESTION, &TEXTS);
    assert_eq!(together.len(), TEXTS.len(), "one score per text");
    assert!(
        together.iter().all(|score| score.is_finite()),
        "scores are finite: {together:?}"
    );
    for (text, score) in TEXTS.iter().zip(&together) {
        let alone = scores(QUESTION, &[text])[0];
        assert_eq!(
            alone, *score,
            "a text's score does not depend on the others: `{text}`"
        );
    }
    let mut reversed = TEXTS;
    reversed.reverse();
    let mut backwards = scores(QUESTION, &reversed);
    backwards.reverse();
    assert_eq!(backwards, together, "scores come in the order of their texts");
    assert!(together[1] > together[0], "the answer is better than a stranger");
    let chinese = scores(
        "綠茶的水要幾度",
        &["腳踏車的鏈條該上油了", "綠茶要用七十度的水沖泡"],
    );
    assert!(chinese[1] > chinese[0], "in Chinese as well");
    assert_eq!(scores("", &["a", ""]).len(), 2, "an empty question is no error");

    let long = "bicycle ".repeat(spec.max_tokens);
    let longer = format!("{long}{ANSWER}");
    let first = format!("{ANSWER} {long}");
    let cut = scores(QUESTION, &[&long, &longer, &first]);
    assert_eq!(cut[0], cut[1], "a passage beyond the limit is cut off at its end");
    assert!(cut[2] > cut[0], "and the question is not: its words still count");
    let endless = format!("{QUESTION} {}", "bicycle ".repeat(4 * spec.max_tokens));
    let scores = scores(&endless, &[ANSWER, ""]);
    assert!(
        scores.iter().all(|score| score.is_finite()),
        "a question beyond the limit is no error: {scores:?}"
    );
}
