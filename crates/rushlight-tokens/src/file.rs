//! Reading `tokenizer.json`: what is taken from it, and the check that it asks for nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::charsmap::Charsmap;
use crate::pieces::Listed;

/// What a tokenizer is made of.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) charsmap: Charsmap,
    pub(crate) pieces: Listed,
    pub(crate) unknown: u32,
    /// Pieces that stand around a text when the model reads it.
    pub(crate) begin: u32,
    pub(crate) end: u32,
}

#[derive(Deserialize)]
struct TokenizerJson {
    added_tokens: Vec<IgnoredAny>,
    normalizer: Normalizers,
    pre_tokenizer: PreTokenizers,
    post_processor: Template,
    model: Model,
}

#[derive(Deserialize)]
struct Normalizers {
    normalizers: Vec<Normalizer>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Normalizer {
    Precompiled {
        precompiled_charsmap: String,
    },
    #[serde(rename = "NFC")]
    Nfc,
}

#[derive(Deserialize)]
struct PreTokenizers {
    pretokenizers: Vec<PreTokenizer>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum PreTokenizer {
    WhitespaceSplit,
    Metaspace {
        prepend_scheme: String,
        replacement: char,
        split: bool,
    },
}

#[derive(Deserialize)]
struct Template {
    single: Vec<TemplatePart>,
    special_tokens: std::collections::BTreeMap<String, SpecialToken>,
}

#[derive(Deserialize)]
enum TemplatePart {
    Sequence { id: String },
    SpecialToken { id: String },
}

#[derive(Deserialize)]
struct SpecialToken {
    ids: Vec<u32>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    unk_id: u32,
    byte_fallback: bool,
    #[serde(deserialize_with = "vocabulary")]
    vocab: Listed,
}

/// Reads the pieces one by one: as values of JSON they would take ten times the memory.
fn vocabulary<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Listed, D::Error> {
    struct Rows;
    impl<'de> Visitor<'de> for Rows {
        type Value = Listed;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("pieces with their scores")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Listed, A::Error> {
            let mut listed = Listed::default();
            while let Some((piece, score)) = rows.next_element::<(String, f64)>()? {
                listed.push(&piece, score);
            }
            Ok(listed)
        }
    }
    deserializer.deserialize_seq(Rows)
}

/// Reads the bytes of a `tokenizer.json`.
///
/// # Errors
/// What is wrong with it, or what it asks for that is not done here.
pub(crate) fn parse(bytes: &[u8]) -> Result<Contents, String> {
    let file: TokenizerJson = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if !file.added_tokens.is_empty() {
        return Err("it adds tokens to those of the model".to_owned());
    }
    let [Normalizer::Precompiled { precompiled_charsmap }, Normalizer::Nfc] =
        file.normalizer.normalizers.as_slice()
    else {
        return Err("its normalization is another than a map and composition".to_owned());
    };
    let charsmap = BASE64
        .decode(precompiled_charsmap)
        .ok()
        .and_then(|bytes| Charsmap::parse(&bytes))
        .ok_or("its map of characters cannot be read")?;
    let splits_words = matches!(
        file.pre_tokenizer.pretokenizers.as_slice(),
        [PreTokenizer::WhitespaceSplit, PreTokenizer::Metaspace { prepend_scheme, replacement: '▁', split: true }]
            if prepend_scheme == "always"
    );
    if !splits_words {
        return Err("it does not split at white space and mark each word".to_owned());
    }
    let Model {
        kind,
        unk_id,
        byte_fallback,
        vocab,
    } = file.model;
    if kind != "Unigram" || byte_fallback {
        return Err(format!("its model is `{kind}`, or falls back to bytes"));
    }
    let known = |id: u32| (id as usize) < vocab.len() && u32::try_from(vocab.len()).is_ok();
    let special = |name: &str| {
        let ids = file
            .post_processor
            .special_tokens
            .get(name)
            .map(|token| &*token.ids);
        match ids {
            Some([id]) if known(*id) => Ok(*id),
            _ => Err("its template names an unknown piece".to_owned()),
        }
    };
    let [
        TemplatePart::SpecialToken { id: begin },
        TemplatePart::Sequence { id: sequence },
        TemplatePart::SpecialToken { id: end },
    ] = file.post_processor.single.as_slice()
    else {
        return Err("its template is another than a text between two pieces".to_owned());
    };
    if sequence != "A" || !known(unk_id) {
        return Err("it has no piece for the unknown, or its template no text".to_owned());
    }
    let (begin, end) = (special(begin)?, special(end)?);
    Ok(Contents {
        charsmap,
        pieces: vocab,
        unknown: unk_id,
        begin,
        end,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::charsmap::tests::sample;

    fn file() -> Value {
        json!({
            "version": "1.0",
            "added_tokens": [],
            "normalizer": { "type": "Sequence", "normalizers": [
                { "type": "Precompiled", "precompiled_charsmap": BASE64.encode(sample()) }, { "type": "NFC" },
            ] },
            "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
                { "type": "WhitespaceSplit" },
                { "type": "Metaspace", "prepend_scheme": "always", "replacement": "▁", "split": true },
            ] },
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [
                    { "SpecialToken": { "id": "<s>", "type_id": 0 } },
                    { "Sequence": { "id": "A", "type_id": 0 } },
                    { "SpecialToken": { "id": "</s>", "type_id": 0 } },
                ],
                "special_tokens": {
                    "<s>": { "id": "<s>", "ids": [0], "tokens": ["<s>"] },
                    "</s>": { "id": "</s>", "ids": [2], "tokens": ["</s>"] },
                },
            },
            "model": {
                "type": "Unigram", "unk_id": 3, "byte_fallback": false,
                "vocab": [["<s>", 0.0], ["\u{2581}te", -3.5], ["</s>", 0.0], ["<unk>", 0.0]],
            },
        })
    }

    fn parsed(file: &Value) -> Result<Contents, String> {
        parse(file.to_string().as_bytes())
    }

    #[test]
    fn pieces_and_special_ones_are_read() {
        let contents = parsed(&file()).expect("a tokenizer");
        assert_eq!((contents.begin, contents.end, contents.unknown), (0, 2, 3));
        assert_eq!(contents.pieces.len(), 4);
        assert_eq!(contents.pieces.piece(1), "▁te".as_bytes());
        assert_eq!(contents.charsmap.replacement("a"), Some("xy"));
    }

    #[test]
    fn what_would_be_split_otherwise_is_refused_with_the_reason() {
        type Change = fn(&mut Value);
        let cases: [(&str, Change); 10] = [
            ("adds tokens", |f| f["added_tokens"] = json!([{ "id": 0 }])),
            ("NFKC", |f| {
                f["normalizer"]["normalizers"][1]["type"] = json!("NFKC")
            }),
            ("composition", |f| {
                f["normalizer"]["normalizers"] = json!([{ "type": "NFC" }])
            }),
            ("map of characters", |f| {
                f["normalizer"]["normalizers"][0]["precompiled_charsmap"] = json!("AAAA");
            }),
            ("white space", |f| {
                f["pre_tokenizer"]["pretokenizers"][1]["split"] = json!(false)
            }),
            ("BPE", |f| f["model"]["type"] = json!("BPE")),
            ("bytes", |f| f["model"]["byte_fallback"] = json!(true)),
            ("unknown", |f| f["model"]["unk_id"] = json!(4)),
            ("template", |f| {
                f["post_processor"]["special_tokens"]["<s>"]["ids"] = json!([9])
            }),
            ("template", |f| f["post_processor"]["single"] = json!([])),
        ];
        for (word, change) in cases {
            let mut file = file();
            change(&mut file);
            let reason = parsed(&file).expect_err(word);
            assert!(reason.contains(word), "{word}: {reason}");
        }
        assert!(parse(b"{}").is_err());
    }
}
