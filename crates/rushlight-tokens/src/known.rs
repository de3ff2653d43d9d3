//! Tokens of words seen before.
//!
//! The tokens of a word between white space are the same wherever it stands. Most words of a Latin text have been seen a
//! page earlier, and looking one up costs a fraction of splitting it again.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longer words are rare, and seldom seen twice.
const LONGEST_WORD: usize = 32;
/// Words kept in one shard; when it is full it begins anew. All shards together stay under 10 MB.
const WORDS_PER_SHARD: usize = 4_096;
/// So that threads seldom wait for each other.
const SHARDS: usize = 16;

type Shard = HashMap<Box<str>, Box<[u8]>>;

/// Ends of the tokens of each word, in bytes from its start.
#[derive(Default)]
pub(crate) struct KnownWords {
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

impl KnownWords {
    /// Adds the ends of `word`'s tokens to `ends`, each moved on by `start`; false when it is not known.
    pub(crate) fn extend(&self, ends: &mut Vec<usize>, start: usize, word: &str) -> bool {
        if word.len() > LONGEST_WORD {
            return false;
        }
        let shard = self.shard(word);
        let Some(known) = shard.get(word) else {
            return false;
        };
        ends.extend(known.iter().map(|end| start + usize::from(*end)));
        true
    }

    /// Remembers the ends of a word's tokens, when it is short enough.
    pub(crate) fn insert(&self, word: &str, ends: impl Iterator<Item = usize>) {
        if word.len() > LONGEST_WORD {
            return;
        }
        let ends: Option<Box<[u8]>> = ends.map(|end| u8::try_from(end).ok()).collect();
        let Some(ends) = ends else {
            return;
        };
        let mut shard = self.shard(word);
        if shard.len() >= WORDS_PER_SHARD {
            shard.clear();
        }
        shard.insert(word.into(), ends);
    }

    fn shard(&self, word: &str) -> MutexGuard<'_, Shard> {
        let index = self.hasher.hash_one(word) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_anywhere_once_it_is_known() {
        let (known, mut ends) = (KnownWords::default(), vec![7]);
        assert!(!known.extend(&mut ends, 10, "kettle"));
        known.insert("kettle", [3, 6].into_iter());
        assert!(known.extend(&mut ends, 10, "kettle"));
        assert!(known.extend(&mut ends, 20, "kettle"));
        assert_eq!(ends, [7, 13, 16, 23, 26]);
    }

    #[test]
    fn long_words_are_not_kept_and_full_shards_begin_anew() {
        let (known, mut ends) = (KnownWords::default(), Vec::new());
        let long = "x".repeat(LONGEST_WORD + 1);
        known.insert(&long, [1].into_iter());
        assert!(!known.extend(&mut ends, 0, &long));
        for number in 0..3 * SHARDS * WORDS_PER_SHARD {
            known.insert(&number.to_string(), std::iter::empty());
        }
        let kept: usize = known
            .shards
            .iter()
            .map(|shard| shard.lock().expect("sound").len())
            .sum();
        assert!(kept <= SHARDS * WORDS_PER_SHARD, "{kept}");
    }
}
