//! `tokenizer.json` and the small file beside it.
//!
//! Normalization is the file's own map, character by character, then canonical composition, which together do what
//! SentencePiece's map does for decomposed letters too. Words are split at white space and marked with `▁`.
//!
//! The special pieces (`<s>`, `</s>`, `<pad>`, `<unk>`, `<mask>`) must not be found inside a text: a document that
//! speaks of `</s>` is text like any other. So they carry a mark that normalization removes from every text, and no
//! added tokens are declared.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::e5_file::{E5File, Parsed};
use super::{base64, charsmap};

/// A control character that the normalization map deletes; checked below.
const MARK: char = '\u{1}';

/// The whole file. Fields are written in this order; the objects inside have their keys in alphabetical order, so that
/// the bytes are the same whether or not some other crate of the build makes `serde_json` keep the order of keys.
#[derive(Serialize)]
struct TokenizerJson<'a> {
    version: &'static str,
    truncation: Option<()>,
    padding: Option<()>,
    added_tokens: [(); 0],
    normalizer: Value,
    pre_tokenizer: Value,
    post_processor: Value,
    decoder: Value,
    model: Unigram<'a>,
}

#[derive(Serialize)]
struct Unigram<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    unk_id: u32,
    /// f64, because the library sums in f64: a score printed as f32 would be read back as another number.
    vocab: Vec<(Cow<'a, str>, f64)>,
    byte_fallback: bool,
}

/// The tokenizer as the `tokenizers` library reads it.
pub(super) fn tokenizer_json(file: &E5File<'_>) -> Parsed<Vec<u8>> {
    if !file
        .normalization
        .iter()
        .any(|(from, to)| *from == MARK && to.is_empty())
    {
        return Err("its normalization keeps control characters".to_owned());
    }
    let vocab = file.pieces.iter().enumerate().map(|(id, (piece, score))| {
        let special = is_special(file, id, piece);
        let piece = if special {
            Cow::Owned(format!("{MARK}{piece}"))
        } else {
            Cow::Borrowed(*piece)
        };
        (piece, f64::from(*score))
    });
    let charsmap = base64::encode(&charsmap::compile(&file.normalization));
    let special = |id: u32| json!({ "SpecialToken": { "id": name(file, id), "type_id": 0 } });
    let sequence = |id: &str| json!({ "Sequence": { "id": id, "type_id": 0 } });
    let definition = |id: u32| json!({ "id": name(file, id), "ids": [id], "tokens": [name(file, id)] });
    let metaspace =
        json!({ "prepend_scheme": "always", "replacement": "▁", "split": true, "type": "Metaspace" });
    let (begin, end) = (file.begin, file.end);
    let tokenizer = TokenizerJson {
        version: "1.0",
        truncation: None,
        padding: None,
        added_tokens: [],
        normalizer: json!({
            "normalizers": [{ "precompiled_charsmap": charsmap, "type": "Precompiled" }, { "type": "NFC" }],
            "type": "Sequence",
        }),
        pre_tokenizer: json!({ "pretokenizers": [{ "type": "WhitespaceSplit" }, metaspace.clone()], "type": "Sequence" }),
        post_processor: json!({
            "pair": [special(begin), sequence("A"), special(end), sequence("B"), special(end)],
            "single": [special(begin), sequence("A"), special(end)],
            // `</s>` before `<s>`: the order of the alphabet.
            "special_tokens": { name(file, end): definition(end), name(file, begin): definition(begin) },
            "type": "TemplateProcessing",
        }),
        decoder: metaspace,
        model: Unigram {
            kind: "Unigram",
            unk_id: file.unknown,
            vocab: vocab.collect(),
            byte_fallback: false,
        },
    };
    Ok(to_bytes(&tokenizer))
}

/// Sizes of the model, in the words of its family.
pub(super) fn config_json(file: &E5File<'_>) -> Vec<u8> {
    to_bytes(&json!({
        "hidden_size": file.hidden,
        "intermediate_size": file.feed_forward,
        "max_position_embeddings": file.max_tokens,
        "model_type": "bert",
        "num_attention_heads": file.heads,
        "num_hidden_layers": file.layers,
        "pad_token_id": file.pad,
        "vocab_size": file.vocabulary,
    }))
}

fn name(file: &E5File<'_>, id: u32) -> String {
    format!("{MARK}{}", file.pieces[id as usize].0)
}

/// The ones the header names, and `<mask>`: all others have a score below zero.
fn is_special(file: &E5File<'_>, id: usize, piece: &str) -> bool {
    [file.begin, file.end, file.pad, file.unknown]
        .iter()
        .any(|special| *special as usize == id)
        || piece == "<mask>"
}

fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("plain values");
    bytes.push(b'\n');
    bytes
}
