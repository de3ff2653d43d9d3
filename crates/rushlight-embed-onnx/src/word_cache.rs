//! Tokens of words seen before.
//!
//! The tokenizer splits at white space first, so the tokens of a word are the same wherever it stands. Most words of a
//! Latin text have been seen a page earlier, and looking one up costs a fraction of splitting it again.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longer words are rare, and seldom seen twice.
const LONGEST_WORD: usize = 32;
/// Words kept in one shard; when it is full it begins anew. All shards together stay under 20 MB.
const WORDS_PER_SHARD: usize = 8_192;
/// So that threads seldom wait for each other.
const SHARDS: usize = 16;

type Words = HashMap<Box<str>, Box<[u8]>>;

/// A stretch of text, and whether it is a word that may be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch<'a> {
    /// Where it begins in the text, in bytes.
    pub(crate) start: usize,
    /// The stretch.
    pub(crate) text: &'a str,
    /// One short word of ASCII letters, digits and signs.
    pub(crate) is_word: bool,
}

/// Ends of the tokens of each word, in bytes from its start.
#[derive(Default)]
pub(crate) struct WordCache {
    hasher: RandomState,
    shards: [Mutex<Words>; SHARDS],
}

impl WordCache {
    /// Adds the ends of `word`'s tokens to `ends`, each moved on by `start`; `count` is asked when the word is new. `word`
    /// is at most 255 bytes long.
    pub(crate) fn extend(
        &self,
        ends: &mut Vec<usize>,
        start: usize,
        word: &str,
        count: impl FnOnce(&str) -> Vec<usize>,
    ) {
        if let Some(known) = self.shard(word).get(word) {
            ends.extend(known.iter().map(|end| start + usize::from(*end)));
            return;
        }
        // Not under the lock: other words need not wait for this one.
        let found = count(word);
        ends.extend(found.iter().map(|end| start + end));
        let found: Option<Box<[u8]>> = found.into_iter().map(|end| u8::try_from(end).ok()).collect();
        if let Some(found) = found {
            let mut shard = self.shard(word);
            if shard.len() >= WORDS_PER_SHARD {
                shard.clear();
            }
            shard.insert(word.into(), found);
        }
    }

    fn shard(&self, word: &str) -> MutexGuard<'_, Words> {
        let index = self.hasher.hash_one(word) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text in stretches that are split into tokens apart: words that may be looked up, and what lies between them. Cuts
/// lie beside ASCII white space only, and what is left out is nothing else.
pub(crate) fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let mut found: Vec<Stretch<'_>> = Vec::new();
    let mut other: Option<(usize, usize)> = None;
    let mut at = 0;
    for word in text.split(|c: char| c.is_ascii_whitespace()) {
        let start = at;
        at += word.len() + 1;
        if word.is_empty() {
            continue;
        }
        if word.len() <= LONGEST_WORD && word.bytes().all(|byte| byte.is_ascii_graphic()) {
            close(&mut other, text, &mut found);
            found.push(Stretch {
                start,
                text: word,
                is_word: true,
            });
        } else {
            let from = other.map_or(start, |(from, _)| from);
            other = Some((from, start + word.len()));
        }
    }
    close(&mut other, text, &mut found);
    found
}

fn close<'a>(other: &mut Option<(usize, usize)>, text: &'a str, found: &mut Vec<Stretch<'a>>) {
    if let Some((start, end)) = other.take() {
        found.push(Stretch {
            start,
            text: &text[start..end],
            is_word: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_is_counted_once_and_found_anywhere() {
        let cache = WordCache::default();
        let mut ends = Vec::new();
        cache.extend(&mut ends, 10, "kettle", |_| vec![3, 6]);
        cache.extend(&mut ends, 20, "kettle", |_| unreachable!("it is known"));
        assert_eq!(ends, [13, 16, 23, 26]);
    }

    #[test]
    fn words_stand_apart_and_the_rest_stays_together() {
        let texts: Vec<_> = stretches(" tea 綠茶 要用\n70° water,\tnow ")
            .into_iter()
            .map(|stretch| (stretch.start, stretch.text, stretch.is_word))
            .collect();
        assert_eq!(
            texts,
            [
                (1, "tea", true),
                (5, "綠茶 要用\n70°", false),
                (24, "water,", true),
                (31, "now", true)
            ]
        );
    }

    proptest! {
        #[test]
        fn only_white_space_is_left_out(text in any::<String>()) {
            let mut at = 0;
            for stretch in stretches(&text) {
                prop_assert!(text[at..stretch.start].bytes().all(|byte| byte.is_ascii_whitespace()));
                prop_assert_eq!(&text[stretch.start..stretch.start + stretch.text.len()], stretch.text);
                at = stretch.start + stretch.text.len();
            }
            prop_assert!(text[at..].bytes().all(|byte| byte.is_ascii_whitespace()));
        }
    }
}
