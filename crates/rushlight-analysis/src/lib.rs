//! From text to the terms that searches match by.
//!
//! Pure functions over text, equal for what is indexed and for what is asked. Knows no index and does no I/O; any thread may
//! call it. The first calls of [`analyze`] and of [`variants`] read OpenCC's dictionaries, which are part of the program.
//!
//! # Terms
//!
//! A word is one term, folded: case, width, accents, Traditional to Simplified characters. Words joined by signs without a
//! space (`INV-2024-0117`, `a@b.example`, `src/main.rs`) are terms one by one, and the whole is a term at the place of the
//! first. A word in CamelCase is a term whole, and its parts are terms at its place. In scripts without spaces each character
//! is a term, and so is the pair that it forms with the next: pairs match as word segmentation does in published retrieval
//! and need no dictionary.
//!
//! An index keeps every token of [`analyze`]. Of a query it asks for words, wholes, pairs and lone characters; it may ask for
//! parts too, with less weight. For what is quoted, [`TermKind::Word`], [`TermKind::Pair`] and [`TermKind::Alone`] make the
//! phrase: each with its position, they say all that stands in the quotes, and a lone character is found among the single
//! ones of the index.
//!
//! Stems are asked for beside the words, so that a text with the word as typed stays before one with another form of it: by
//! the words of the dictionary that have the same [`stem`], or by a field that holds [`stems`]. The stemmer is Snowball's
//! for English. Words and a field of stems on scifact (nDCG@10 of BM25, title and text in one field, on 300 validation and 809
//! training claims): words alone 0.668 and 0.665; with half the weight on Harman's S-stemmer 0.667 and 0.678, Porter's 0.682
//! and 0.684, Snowball's 0.681 and 0.685; with as much weight as the words 0.670 and 0.680, 0.686 and 0.692, 0.690 and 0.692. A
//! field that left out the words that have no stem, such as numbers, gained half as much.
//!
//! # What stands in a text is found
//!
//! The law: let `query` be a piece of one indexed text, of whole characters as people see them (extended grapheme clusters),
//! in which there is at least one letter, digit or ideograph. Then [`covering`] is not empty, and each of its patterns
//! matches a term of that text. It holds whatever stands at the edges (half a word, signs, marks), for words of any length,
//! and in every script. A query without a letter, digit or ideograph, such as one of signs or emoji alone, has no term
//! and finds nothing.
//!
//! So an index keeps the promise that no verbatim piece has zero results when it does the following: it searches as usual;
//! when that finds nothing, it takes the terms of its dictionary that match each pattern ([`Pattern::regex`]; a prefix is a
//! range, the others a pass over the dictionary, which costs milliseconds and only here) and asks for texts with one term of
//! each. It may leave patterns out to save time as long as one is kept, but it must not leave out terms of a pattern that
//! it keeps. A piece that reaches over two indexed texts (two chunks) is in neither.

mod analyze;
mod covering;
mod fold;
mod han;
mod identifier;
mod language;
mod regions;
mod scripts;
mod stem;
mod word;

pub use analyze::{TermKind, Token, analyze};
pub use covering::{Pattern, covering};
pub use fold::folded;
pub use identifier::is_identifier;
pub use language::language_of;
pub use regions::{Variant, variants};
pub use scripts::{Scripts, scripts};
pub use stem::{stem, stems, stems_of};
