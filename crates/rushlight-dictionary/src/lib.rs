//! The port `Translator` on CC-CEDICT, a dictionary of Chinese with English meanings, in both directions.
//!
//! A heading is translated word by word: Chinese is cut into the longest words that are known, English into the longest runs of words
//! that are a meaning. That is no sentence, and needs to be none: its vector lies where that of the same heading in
//! the other language lies. The file is the user's or installed from the catalogue; this crate only reads it.

mod chinese;
mod dictionary;
mod english;

pub use dictionary::Dictionary;
