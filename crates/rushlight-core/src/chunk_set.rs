//! A set of chunks that one index hands to the other.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::id::ChunkId;

/// Chunks that a search is restricted to. A million take about 40 MB and some tens of milliseconds to put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkSet(HashSet<ChunkId, BuildHasherDefault<IdHasher>>);

impl ChunkSet {
    /// Room for so many chunks before it has to grow.
    pub fn with_capacity(chunks: usize) -> Self {
        Self(HashSet::with_capacity_and_hasher(
            chunks,
            BuildHasherDefault::default(),
        ))
    }

    /// Adds a chunk; `false` when it was there.
    pub fn insert(&mut self, chunk: ChunkId) -> bool {
        self.0.insert(chunk)
    }

    /// Whether it holds this chunk.
    pub fn contains(&self, chunk: &ChunkId) -> bool {
        self.0.contains(chunk)
    }

    /// How many chunks it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its chunks, in any order.
    pub fn iter(&self) -> impl Iterator<Item = &ChunkId> {
        self.0.iter()
    }
}

impl FromIterator<ChunkId> for ChunkSet {
    fn from_iter<I: IntoIterator<Item = ChunkId>>(chunks: I) -> Self {
        let mut set = Self::default();
        set.extend(chunks);
        set
    }
}

impl Extend<ChunkId> for ChunkSet {
    fn extend<I: IntoIterator<Item = ChunkId>>(&mut self, chunks: I) {
        self.0.extend(chunks);
    }
}

/// Hashes ids for tables in memory. Ids are hashes already; what is not is spread by a multiplication whose two halves are folded together, as wyhash does.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.chunks(8) {
            let mut padded = [0; 8];
            padded[..word.len()].copy_from_slice(word);
            let mixed = u128::from(self.0 ^ u64::from_le_bytes(padded)) * 0x9E37_79B9_7F4A_7C15;
            self.0 = (mixed as u64 ^ (mixed >> 64) as u64).wrapping_add(0x2545_F491_4F6C_DD1D);
        }
    }

    fn write_usize(&mut self, _length: usize) {
        // The length of an id, which is always the same.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(ids in prop::collection::vec(any::<[u8; 2]>(), 0..200)) {
            let id = |[a, b]: [u8; 2]| { let mut id = [0; 16]; (id[0], id[15]) = (a, b); ChunkId(id) };
            let expected: BTreeSet<ChunkId> = ids.iter().copied().map(id).collect();
            let set: ChunkSet = ids.iter().copied().map(id).collect();
            prop_assert_eq!(set.len(), expected.len());
            prop_assert_eq!(set.is_empty(), expected.is_empty());
            prop_assert_eq!(set.iter().copied().collect::<BTreeSet<_>>(), expected.clone());
            for a in 0..=255 {
                prop_assert_eq!(set.contains(&id([a, 7])), expected.contains(&id([a, 7])));
            }
        }
    }

    #[test]
    fn ids_that_differ_in_one_place_only_are_spread() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        for place in 0..16 {
            let hashes: BTreeSet<u64> = (0..=255u8)
                .map(|value| {
                    let mut id = [0; 16];
                    id[place] = value;
                    hasher.hash_one(ChunkId(id)) & 0xffff
                })
                .collect();
            assert!(hashes.len() > 240, "{} of 256 at place {place}", hashes.len());
        }
    }
}
