//! Names of the documents of one file.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rushlight_core::ParsedDocument;

/// The names that are given already. Kept as hashes: a mailbox may have millions. Should two names have one hash, a
/// document is called the second of its name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    parts: HashSet<u64>,
    keys: HashSet<u64>,
    /// How many have this key so far, where more than one has.
    counts: HashMap<u64, u32>,
}

impl Names {
    /// Makes parts unique in the file, and keys too: of equal messages each is the n-th of its key. To be called with the
    /// file's documents in order, all at once or some at a time.
    pub(crate) fn make_unique(&mut self, documents: &mut [ParsedDocument]) {
        for document in documents {
            while !self.parts.insert(hash(&document.part)) {
                document.part.push('\'');
            }
            if document.part.is_empty() {
                document.part_key = String::new();
            }
            let first = hash(&document.part_key);
            if self.keys.insert(first) {
                continue;
            }
            let count = self.counts.entry(first).or_insert(1);
            loop {
                *count += 1;
                let key = format!("{}#{count}", document.part_key);
                if self.keys.insert(hash(&key)) {
                    document.part_key = key;
                    break;
                }
            }
        }
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
