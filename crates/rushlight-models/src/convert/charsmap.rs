//! SentencePiece's `precompiled_charsmap`: a double-array trie over UTF-8 bytes whose leaves point to replacements.
//!
//! Format: the size of the trie in bytes (u32), its units (u32 each, little endian), then the replacements, each ended
//! by a NUL byte. A unit carries its byte in bits 0 to 7, "a value follows" in bit 8, and from bit 10 on the XOR
//! distance to its children; a value unit has bit 31 set, so that no byte ever matches it.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Node {
    children: BTreeMap<u8, Node>,
    value: Option<u32>,
}

/// The map in its binary form. `pairs` are a character and what stands for it, which may be nothing.
pub(super) fn compile(pairs: &[(char, String)]) -> Vec<u8> {
    let mut replacements = Vec::new();
    let mut known = BTreeMap::new();
    let mut root = Node::default();
    for (from, to) in pairs {
        let value = *known.entry(to.as_str()).or_insert_with(|| {
            let offset = u32::try_from(replacements.len()).expect("a few thousand short replacements");
            replacements.extend_from_slice(to.as_bytes());
            replacements.push(0);
            offset
        });
        let mut buffer = [0u8; 4];
        let node = from
            .encode_utf8(&mut buffer)
            .bytes()
            .fold(&mut root, |node, byte| node.children.entry(byte).or_default());
        node.value = Some(value);
    }
    let mut array = DoubleArray::default();
    array.reserve_through(0);
    array.used.insert(0);
    array.place(0, &root);
    let mut bytes = Vec::with_capacity(4 + array.units.len() * 4 + replacements.len());
    bytes.extend_from_slice(
        &u32::try_from(array.units.len() * 4)
            .expect("below 4 GB")
            .to_le_bytes(),
    );
    for unit in &array.units {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes.extend_from_slice(&replacements);
    bytes
}

#[derive(Default)]
struct DoubleArray {
    units: Vec<u32>,
    used: BTreeSet<usize>,
    bases: BTreeSet<usize>,
    /// Every position before this one is taken.
    first_free: usize,
}

impl DoubleArray {
    /// Grows to whole blocks of 256 units, so that any byte of a text stays inside.
    fn reserve_through(&mut self, position: usize) {
        let needed = (position / 256 + 1) * 256;
        if self.units.len() < needed {
            self.units.resize(needed, 0);
        }
    }

    /// Finds room for the children of the node at `position`, then for theirs.
    fn place(&mut self, position: usize, node: &Node) {
        // Label 0 stands for the value; a text has no NUL that could match it.
        let labels: Vec<u8> = node
            .value
            .map(|_| 0)
            .into_iter()
            .chain(node.children.keys().copied())
            .collect();
        let base = self.find_base(position, &labels);
        self.bases.insert(base);
        self.reserve_through(base | 0xff);
        for label in &labels {
            self.used.insert(base ^ usize::from(*label));
        }
        let offset = u32::try_from(base ^ position).expect("a small array");
        self.units[position] |= offset << 10 | u32::from(node.value.is_some()) << 8;
        if let Some(value) = node.value {
            self.units[base] = value | 1 << 31;
        }
        for (byte, child) in &node.children {
            let at = base ^ usize::from(*byte);
            self.units[at] = u32::from(*byte);
            self.place(at, child);
        }
    }

    fn find_base(&mut self, position: usize, labels: &[u8]) -> usize {
        while self.used.contains(&self.first_free) {
            self.first_free += 1;
        }
        let first = usize::from(labels.first().copied().unwrap_or(0));
        (self.first_free..)
            .map(|free| free ^ first)
            .find(|base| {
                // Two nodes with one base would find each other's children; offset 0 is kept for "no children".
                *base != position
                    && !self.bases.contains(base)
                    && labels
                        .iter()
                        .all(|label| !self.used.contains(&(base ^ usize::from(*label))))
            })
            .expect("the array grows without end")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lookup as SentencePiece does it: the shortest prefix of `text` that the trie knows.
    fn look_up(map: &[u8], text: &str) -> Option<String> {
        let size = u32::from_le_bytes(map[..4].try_into().expect("four bytes")) as usize;
        let unit = |at: usize| u32::from_le_bytes(map[4 + at * 4..8 + at * 4].try_into().expect("inside"));
        let mut at = (unit(0) >> 10) as usize;
        for byte in text.bytes().take_while(|byte| *byte != 0) {
            at ^= usize::from(byte);
            let found = unit(at);
            if found & (1 << 31 | 0xff) != u32::from(byte) {
                return None;
            }
            at ^= (found >> 10) as usize;
            if found >> 8 & 1 == 1 {
                let start = 4 + size + (unit(at) & 0x7fff_ffff) as usize;
                let end = start
                    + map[start..]
                        .iter()
                        .position(|byte| *byte == 0)
                        .expect("ended by NUL");
                return Some(String::from_utf8(map[start..end].to_vec()).expect("UTF-8"));
            }
        }
        None
    }

    proptest! {
        #[test]
        fn every_character_finds_its_replacement_and_no_other_does(
            map in proptest::collection::btree_map("[^\u{0}]", "[a-z\u{4e00}-\u{4e20}]{0,3}", 0..200),
            others in proptest::collection::vec("[^\u{0}]", 0..50),
        ) {
            let pairs: Vec<_> = map.iter().map(|(k, v)| (k.chars().next().expect("one"), v.clone())).collect();
            let compiled = compile(&pairs);
            for text in map.keys().chain(&others) {
                prop_assert_eq!(look_up(&compiled, text), map.get(text).cloned());
            }
        }
    }
}
