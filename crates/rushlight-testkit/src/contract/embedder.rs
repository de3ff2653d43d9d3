//! The suite of [`Embedder`].

use rushlight_core::{EmbedKind, Embedder};

const TEXTS: [&str; 9] = [
    "green tea is steeped at seventy degrees",
    "綠茶要用七十度的水沖泡",
    "",
    " ",
    "a",
    "🍵",
    "how hot is the water for green tea?",
    "the bicycle chain needs oil",
    "腳踏車的鏈條該上油了",
];

/// Asserts what [`Embedder`] promises.
pub fn embedder(embedder: &dyn Embedder) {
    let spec = embedder.spec();
    assert!(
        !spec.model_id.is_empty() && spec.dimensions > 0 && spec.max_tokens > 0,
        "{spec:?}"
    );
    assert!(
        embedder
            .embed(EmbedKind::Passage, &[])
            .expect("embeds nothing")
            .is_empty(),
        "one vector per text"
    );

    for kind in [EmbedKind::Query, EmbedKind::Passage, EmbedKind::Title] {
        let together = embedder.embed(kind, &TEXTS).expect("embeds");
        assert_eq!(together.len(), TEXTS.len(), "one vector per text");
        for (text, vector) in TEXTS.iter().zip(&together) {
            assert_eq!(
                vector.values().len(),
                spec.dimensions,
                "vectors have the dimensions of the spec"
            );
            let norm = vector
                .values()
                .iter()
                .map(|value| value * value)
                .sum::<f32>()
                .sqrt();
            assert!((norm - 1.0).abs() < 1e-3, "a vector of unit length");
            let alone = &embedder.embed(kind, &[text]).expect("embeds")[0];
            assert!(
                alone.cosine(vector) > 0.9995,
                "a text's vector does not depend on the others: `{text}`"
            );
        }
        let mut reversed = TEXTS;
        reversed.reverse();
        let backwards = embedder.embed(kind, &reversed).expect("embeds");
        for (a, b) in together.iter().zip(backwards.iter().rev()) {
            assert!(a.cosine(b) > 0.9995, "vectors come in the order of their texts");
        }
    }

    let question = &embedder
        .embed(EmbedKind::Query, &["how hot is the water for green tea?"])
        .expect("embeds")[0];
    let passages = embedder
        .embed(EmbedKind::Passage, &[TEXTS[0], TEXTS[7]])
        .expect("embeds");
    assert!(
        question.cosine(&passages[0]) > question.cosine(&passages[1]),
        "the answer is nearer than a stranger"
    );

    let long = "water ".repeat(spec.max_tokens);
    let longer = format!("{long}{}", "bicycle ".repeat(spec.max_tokens));
    let vectors = embedder
        .embed(EmbedKind::Passage, &[&long, &longer])
        .expect("long texts are no error");
    assert!(
        vectors[0].cosine(&vectors[1]) > 0.9995,
        "text beyond the limit is cut off at the end"
    );
}
