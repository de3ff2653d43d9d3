//! Tokens of SentencePiece's byte-pair encoding (Kudo and Richardson 2018), as GGUF files of the tokenizer model `llama` have them.
//!
//! Beginning with single characters, the two neighbours whose union has the highest score become one, until no union is a
//! piece. What is no piece is written in bytes.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use candle_core::quantized::gguf_file::Value;
use rushlight_core::Result;

use crate::gguf::Gguf;
use crate::marks::Marks;

/// What stands for a space in pieces.
const SPACE: char = '\u{2581}';

/// What a token stands for.
enum Piece {
    /// This text.
    Text(String),
    /// This byte.
    Byte(u8),
    /// No text.
    Control,
}

/// Pieces with their scores.
pub(crate) struct SentencePiece {
    pieces: Vec<Piece>,
    scores: Vec<f32>,
    /// Pieces that others are put together to.
    tokens: HashMap<String, u32>,
    bytes: [u32; 256],
    /// Tokens that stand in a text as they are.
    marks: Marks,
    /// Names of the tokens that have a meaning to the model.
    control: Vec<String>,
    /// Whether a text is read as if a space stood before it.
    pub(crate) space_before: bool,
}

/// Kinds of tokens, numbered as `llama_token_type` of llama.cpp.
const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const AS_WRITTEN: u64 = 4;
const UNUSED: u64 = 5;
const BYTE: u64 = 6;

impl SentencePiece {
    /// Reads it out of a file's metadata. Tokens named in `turns` have a meaning to the model, whatever the file says of them.
    pub(crate) fn from_gguf(gguf: &Gguf, turns: &[&str]) -> Result<Self> {
        let names = gguf.tokens();
        let array = |key: &str| match gguf.content.metadata.get(key) {
            Some(Value::Array(values)) if values.len() == names.len() => Ok(values),
            _ => Err(gguf.unusable(&format!("`{key}` does not have a value for each token"))),
        };
        let scores: Vec<f32> = (array("tokenizer.ggml.scores")?.iter())
            .map(|score| score.to_f32().unwrap_or(f32::NEG_INFINITY))
            .collect();
        let kinds = array("tokenizer.ggml.token_type")?.iter().map(|kind| match kind {
            Value::I32(kind) => u64::try_from(*kind).unwrap_or(UNKNOWN),
            other => other.to_u64().unwrap_or(UNKNOWN),
        });
        let unknown = gguf
            .find_number("tokenizer.ggml.unknown_token_id")
            .and_then(|token| u32::try_from(token).ok())
            .filter(|token| (*token as usize) < names.len());

        let mut bytes = [unknown; 256];
        let mut tokens = HashMap::with_capacity(names.len());
        let (mut marks, mut control) = (Vec::new(), Vec::new());
        let mut pieces = Vec::with_capacity(names.len());
        for ((token, name), kind) in (0u32..).zip(&names).zip(kinds) {
            let kind = if turns.contains(name) { CONTROL } else { kind };
            pieces.push(match kind {
                BYTE => {
                    let byte = byte_of(name)
                        .ok_or_else(|| gguf.unusable(&format!("its token {token}, `{name}`, is no byte")))?;
                    bytes[usize::from(byte)] = Some(token);
                    Piece::Byte(byte)
                }
                AS_WRITTEN => {
                    marks.push(((*name).to_owned(), token));
                    Piece::Text(name.replace(SPACE, " "))
                }
                CONTROL => {
                    marks.push(((*name).to_owned(), token));
                    control.push((*name).to_owned());
                    Piece::Control
                }
                UNKNOWN | UNUSED => Piece::Control,
                NORMAL.. | 0 => {
                    // The first of equal names counts.
                    tokens.entry((*name).to_owned()).or_insert(token);
                    Piece::Text(name.replace(SPACE, " "))
                }
            });
        }
        let mut known = [0; 256];
        for (at, byte) in bytes.into_iter().enumerate() {
            known[at] =
                byte.ok_or_else(|| gguf.unusable(&format!("it has no token for the byte {at:#04x}")))?;
        }
        Ok(Self {
            pieces,
            scores,
            tokens,
            bytes: known,
            marks: Marks::new(marks),
            control,
            space_before: gguf.find_flag("tokenizer.ggml.add_space_prefix").unwrap_or(true),
        })
    }

    /// Names of the tokens that have a meaning to the model, and that no text may bring along.
    pub(crate) fn control(&self) -> &[String] {
        &self.control
    }

    /// The tokens of a text.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let (end, mark) = match self.marks.find(text, at) {
                Some((found, token)) => (found.start, Some((found.end, token))),
                None => (text.len(), None),
            };
            if at < end {
                let space = if self.space_before { " " } else { "" };
                let part = format!("{space}{}", &text[at..end]).replace(' ', "\u{2581}");
                self.encode_part(&part, &mut tokens);
            }
            at = match mark {
                Some((end, token)) => {
                    tokens.push(token);
                    end
                }
                None => end,
            };
        }
        tokens
    }

    /// The tokens of a text without marks, behind those that are there.
    fn encode_part(&self, text: &str, tokens: &mut Vec<u32>) {
        // Each symbol is the text from its first byte to its end, which is 0 when it has become a part of the one before.
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let mut symbols: Vec<Symbol> = (0..starts.len())
            .map(|at| Symbol {
                start: starts[at],
                end: starts.get(at + 1).copied().unwrap_or(text.len()),
                before: at.checked_sub(1),
                after: (at + 1 < starts.len()).then_some(at + 1),
            })
            .collect();
        let mut unions = BinaryHeap::new();
        let union = |symbols: &[Symbol], left: Option<usize>, right: Option<usize>| {
            let (left, right) = (left?, right?);
            let (start, end) = (symbols[left].start, symbols[right].end);
            let token = *self.tokens.get(&text[start..end])?;
            Some(Union {
                score: self.scores[token as usize],
                left: Reverse(left),
                right,
                bytes: end - start,
            })
        };
        unions.extend((1..symbols.len()).filter_map(|right| union(&symbols, Some(right - 1), Some(right))));
        while let Some(Union {
            left, right, bytes, ..
        }) = unions.pop()
        {
            let Reverse(left) = left;
            // One of the two has become a part of another since.
            let together = (symbols[left].end > 0 && symbols[right].end > 0)
                .then(|| symbols[right].end - symbols[left].start);
            if together != Some(bytes) {
                continue;
            }
            symbols[left].end = symbols[right].end;
            symbols[left].after = symbols[right].after;
            symbols[right].end = 0;
            if let Some(after) = symbols[left].after {
                symbols[after].before = Some(left);
            }
            unions.extend(union(&symbols, symbols[left].before, Some(left)));
            unions.extend(union(&symbols, Some(left), symbols[left].after));
        }
        for symbol in symbols.iter().filter(|symbol| symbol.end > 0) {
            let text = &text[symbol.start..symbol.end];
            match self.tokens.get(text) {
                Some(token) => tokens.push(*token),
                None => tokens.extend(text.bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
        }
    }

    /// The bytes that tokens stand for.
    pub(crate) fn decode(&self, tokens: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for token in tokens {
            match self.pieces.get(*token as usize) {
                Some(Piece::Text(text)) => bytes.extend(text.as_bytes()),
                Some(Piece::Byte(byte)) => bytes.push(*byte),
                Some(Piece::Control) | None => (),
            }
        }
        bytes
    }
}

/// The byte of a name like `<0x0A>`.
fn byte_of(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

struct Symbol {
    start: usize,
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two symbols that together are a piece. The greatest has the highest score, and among equals stands first.
struct Union {
    score: f32,
    left: Reverse<usize>,
    right: usize,
    /// Bytes of both, by which it is seen whether they still stand.
    bytes: usize,
}

impl Ord for Union {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.score.total_cmp(&other.score)).then(self.left.cmp(&other.left))
    }
}

impl PartialOrd for Union {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Union {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Union {}

#[cfg(test)]
mod tests {
    use candle_core::quantized::GgmlDType;
    use proptest::prelude::*;
    use rushlight_core::ErrorCode;

    use super::*;
    use crate::testing::{Stored, write_model};

    type Metadata = Vec<(String, Value)>;

    /// A few pieces, the bytes, and tokens that stand as they are.
    fn metadata(pieces: &[(&str, f32)]) -> Metadata {
        let mut tokens: Vec<(String, f32, u64)> = vec![
            ("<unk>".to_owned(), 0.0, UNKNOWN),
            ("<end>".to_owned(), 0.0, CONTROL),
            ("  ".to_owned(), -1_000.0, AS_WRITTEN),
            ("<b>".to_owned(), -1_000.0, AS_WRITTEN),
            ("<turn>".to_owned(), -1_000.0, AS_WRITTEN),
        ];
        tokens.extend((0..=255u8).map(|byte| (format!("<0x{byte:02X}>"), 0.0, BYTE)));
        tokens.extend(
            pieces
                .iter()
                .map(|(piece, score)| ((*piece).to_owned(), *score, NORMAL)),
        );
        let array =
            |value: &dyn Fn(&(String, f32, u64)) -> Value| Value::Array(tokens.iter().map(value).collect());
        vec![
            (
                "tokenizer.ggml.tokens".to_owned(),
                array(&|token| Value::String(token.0.clone())),
            ),
            (
                "tokenizer.ggml.scores".to_owned(),
                array(&|token| Value::F32(token.1)),
            ),
            (
                "tokenizer.ggml.token_type".to_owned(),
                array(&|token| Value::I32(token.2 as i32)),
            ),
            ("tokenizer.ggml.add_space_prefix".to_owned(), Value::Bool(false)),
        ]
    }

    fn read(metadata: &Metadata) -> Result<SentencePiece> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tokens.gguf");
        write_model(&path, "gemma3", Stored::As(GgmlDType::F32), &|all, _| {
            all.extend(metadata.iter().cloned());
        });
        SentencePiece::from_gguf(&Gguf::open(&path).expect("a sound head"), &["<turn>"])
    }

    const PIECES: [(&str, f32); 12] = [
        ("a", -50.0),
        ("b", -51.0),
        ("\u{2581}", -52.0),
        ("茶", -53.0),
        ("ab", -3.0),
        ("ba", -2.0),
        ("aba", -4.0),
        ("\u{2581}a", -1.0),
        ("bb", -5.0),
        ("abab", -6.0),
        ("茶茶", -7.0),
        ("\u{2581}\u{2581}", -8.0),
    ];

    fn shown(pieces: &SentencePiece, text: &str) -> Vec<String> {
        let one = |token: u32| match &pieces.pieces[token as usize] {
            Piece::Text(text) => text.clone(),
            Piece::Byte(byte) => format!("{byte:02x}"),
            Piece::Control => format!("#{token}"),
        };
        pieces.encode(text).into_iter().map(one).collect()
    }

    #[test]
    fn neighbours_become_one_by_their_score() {
        let pieces = read(&metadata(&PIECES)).expect("pieces");
        // `ba` before `ab`, and what is left beside it after.
        assert_eq!(shown(&pieces, "aba"), ["aba"]);
        assert_eq!(shown(&pieces, "bab"), ["ba", "b"]);
        assert_eq!(shown(&pieces, "abab"), ["abab"]);
        assert_eq!(shown(&pieces, "ab a"), ["ab", " a"]);
        // Of equal ones the first.
        assert_eq!(shown(&pieces, "茶茶茶"), ["茶茶", "茶"]);
        assert_eq!(shown(&pieces, "aé"), ["a", "c3", "a9"]);
        assert_eq!(shown(&pieces, ""), [""; 0]);
    }

    #[test]
    fn marks_stand_as_they_are_and_control_tokens_mean_no_text() {
        let pieces = read(&metadata(&PIECES)).expect("pieces");
        assert_eq!(
            shown(&pieces, "a  b<b>a<end>"),
            ["a", "  ", "b", "<b>", "a", "#1"]
        );
        assert_eq!(shown(&pieces, "<turn>"), ["#4"]);
        assert_eq!(pieces.control(), ["<end>", "<turn>"]);
        assert_eq!(
            pieces.decode(&pieces.encode("a  <b>é<end>茶")),
            "a  <b>é茶".as_bytes()
        );
        assert_eq!(pieces.decode(&[0, u32::MAX]), b"");
    }

    #[test]
    fn a_space_is_put_before_a_text_where_the_file_says_nothing() {
        let mut metadata = metadata(&PIECES);
        metadata.pop();
        let pieces = read(&metadata).expect("pieces");
        assert!(pieces.space_before);
        assert_eq!(shown(&pieces, "ab"), [" a", "b"]);
    }

    #[test]
    fn files_whose_tokens_make_no_sense_are_refused_by_name() {
        let whole = metadata(&PIECES);
        let without = |key: &str| {
            whole
                .iter()
                .filter(|(name, _)| !name.ends_with(key))
                .cloned()
                .collect()
        };
        let changed = |from: &str, to: &str| {
            let mut changed = whole.clone();
            let Value::Array(tokens) = &mut changed[0].1 else {
                panic!("tokens")
            };
            for token in tokens {
                if matches!(token, Value::String(name) if name == from) {
                    *token = Value::String(to.to_owned());
                }
            }
            changed
        };
        let missing = {
            let mut missing = whole.clone();
            let Value::Array(kinds) = &mut missing[2].1 else {
                panic!("kinds")
            };
            kinds[5] = Value::I32(NORMAL as i32);
            missing
        };
        let cases: [(&str, Metadata); 4] = [
            ("tokenizer.ggml.scores", without("scores")),
            ("tokenizer.ggml.token_type", without("token_type")),
            ("no byte", changed("<0x41>", "<0xZZ>")),
            ("no token for the byte 0x00", missing),
        ];
        for (named, metadata) in cases {
            let error = read(&metadata)
                .err()
                .unwrap_or_else(|| panic!("{named} is refused"));
            assert_eq!(error.code(), ErrorCode::ModelUnusable);
            assert!(error.chain().contains(named), "{named}: {}", error.chain());
        }
    }

    /// As [`SentencePiece::encode_part`], written down plainly.
    fn plainly(pieces: &SentencePiece, text: &str) -> Vec<u32> {
        let mut symbols: Vec<String> = text.replace(' ', "\u{2581}").chars().map(String::from).collect();
        loop {
            let score = |at: usize| {
                let token = *pieces.tokens.get(&symbols[at..at + 2].concat())?;
                Some(pieces.scores[token as usize])
            };
            let mut best: Option<(usize, f32)> = None;
            for at in 0..symbols.len().saturating_sub(1) {
                if let Some(score) = score(at)
                    && best.is_none_or(|(_, best)| score > best)
                {
                    best = Some((at, score));
                }
            }
            let Some((at, _)) = best else { break };
            let right = symbols.remove(at + 1);
            symbols[at].push_str(&right);
        }
        let one = |symbol: &String| match pieces.tokens.get(symbol) {
            Some(token) => vec![*token],
            None => symbol
                .bytes()
                .map(|byte| pieces.bytes[usize::from(byte)])
                .collect(),
        };
        symbols.iter().flat_map(one).collect()
    }

    #[test]
    fn any_text_is_split_as_it_is_written_down_plainly_and_comes_back() {
        let pieces = read(&metadata(&PIECES)).expect("pieces");
        proptest!(|(text in "[ab茶 é]{0,24}")| {
            let tokens = pieces.encode(&text);
            prop_assert_eq!(pieces.decode(&tokens), text.as_bytes());
            if !text.contains("  ") {
                prop_assert_eq!(tokens, plainly(&pieces, &text));
            }
        });
        proptest!(|(text: String)| {
            // What stands for a space comes back as one.
            let back = text.replace("<end>", "").replace("<turn>", "").replace(SPACE, " ");
            prop_assert_eq!(pieces.decode(&pieces.encode(&text)), back.as_bytes());
        });
    }
}
