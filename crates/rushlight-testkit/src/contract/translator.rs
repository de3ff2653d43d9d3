//! The suite of [`Translator`].

use std::collections::BTreeSet;

use rushlight_core::Translator;

/// Asserts what [`Translator`] promises, of a text for which it knows two wordings or more.
pub fn translator(translator: &dyn Translator, known: &str) {
    let all = translator.translate(known, 10);
    assert!(all.len() > 1, "{known:?} has wordings: {all:?}");
    assert_eq!(
        all.iter().collect::<BTreeSet<_>>().len(),
        all.len(),
        "no two are equal: {all:?}"
    );
    assert!(
        all.iter()
            .all(|wording| !wording.trim().is_empty() && wording != known)
    );
    for limit in 0..all.len() {
        assert_eq!(
            translator.translate(known, limit),
            all[..limit],
            "the first {limit}"
        );
    }
    for unknown in ["", " ", "🍵", "?!", "\u{202e}"] {
        assert_eq!(
            translator.translate(unknown, 10),
            Vec::<String>::new(),
            "{unknown:?}"
        );
    }
    translator.translate(&"known 已知 ".repeat(5_000), 3);
}
