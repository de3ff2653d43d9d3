//! The suite of [`TokenCounter`].

use rushlight_core::TokenCounter;

const TEXTS: [&str; 10] = [
    "",
    "tea",
    "Steep at 70 °C, no more.",
    "綠茶要用七十度的水沖泡，不可久泡。",
    "混合 Latin 與漢字 in one line",
    "  leading and trailing  ",
    "lines\n\nand\ttabs\r\n",
    "🍵👩‍👩‍👧 e\u{301} \u{200b}x",
    "ＦＵＬＬ　ＷＩＤＴＨ ﬁ ㌔",
    "﷽ \u{0} \u{fffd}",
];

/// Asserts what [`TokenCounter`] promises.
pub fn token_counter(counter: &dyn TokenCounter) {
    assert!(!counter.id().is_empty(), "a tokenizer has an identity");
    for text in TEXTS {
        let ends = counter.token_ends(text);
        assert_eq!(
            counter.count(text),
            ends.len(),
            "the count is the number of tokens: `{text}`"
        );
        assert_eq!(
            counter.token_ends(text),
            ends,
            "the same text has the same tokens: `{text}`"
        );
        assert!(
            ends.windows(2).all(|pair| pair[0] <= pair[1]),
            "ends are in order: `{text}`"
        );
        assert!(
            ends.iter().all(|end| text.is_char_boundary(*end)),
            "ends are on character boundaries: `{text}`"
        );
    }
    assert_eq!(counter.count(""), 0, "special tokens are left out");
    for text in &TEXTS[1..5] {
        let last = counter.token_ends(text).last().copied().unwrap_or(0);
        assert!(
            text[last..].trim().is_empty(),
            "the tokens cover the text: `{text}`"
        );
    }
    let (short, long) = (
        counter.count("green tea "),
        counter.count(&"green tea ".repeat(50)),
    );
    assert!(
        short >= 2 && long >= 90,
        "longer texts have more tokens: {short}, {long}"
    );
}
