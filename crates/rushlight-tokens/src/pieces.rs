//! The vocabulary, and the best split of a word into its pieces.
//!
//! The pieces are a trie over bytes whose nodes lie in the order of their depth, so that the children of a node are
//! neighbours: nine bytes a node and nothing else.

use std::collections::VecDeque;

/// Below the score of every piece by so much lies that of a character no piece covers.
const UNKNOWN_PENALTY: f64 = 10.0;
const NO_PIECE: u32 = u32::MAX;
const ROOT: usize = 0;

/// Pieces as they are read: one after the other, with the end of each.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    scores: Vec<f64>,
}

impl Listed {
    pub(crate) fn push(&mut self, piece: &str, score: f64) {
        self.bytes.extend_from_slice(piece.as_bytes());
        self.ends.push(self.bytes.len());
        self.scores.push(score);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn piece(&self, id: usize) -> &[u8] {
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[id]]
    }

    /// The ids in the order of their pieces; of equal ones the last.
    fn sorted(&self) -> Vec<u32> {
        let mut keyed: Vec<(u64, u32)> = (0..self.len())
            .map(|id| (first_eight(self.piece(id)), id as u32))
            .collect();
        keyed.sort_unstable_by(|(left_key, left), (right_key, right)| {
            left_key
                .cmp(right_key)
                .then_with(|| self.piece(*left as usize).cmp(self.piece(*right as usize)))
                .then_with(|| right.cmp(left))
        });
        keyed.dedup_by(|(_, next), (_, kept)| self.piece(*next as usize) == self.piece(*kept as usize));
        keyed.into_iter().map(|(_, id)| id).collect()
    }
}

/// A number that sorts as the first bytes do.
fn first_eight(piece: &[u8]) -> u64 {
    let mut key = [0; 8];
    let length = piece.len().min(8);
    key[..length].copy_from_slice(&piece[..length]);
    u64::from_be_bytes(key)
}

#[derive(Debug)]
pub(crate) struct Pieces {
    /// The byte that leads to each node.
    labels: Box<[u8]>,
    /// Where the children of each node begin; they end where those of the next begin.
    children: Box<[u32]>,
    /// The piece that ends at each node.
    ids: Box<[u32]>,
    scores: Box<[f64]>,
    unknown: u32,
    unknown_score: f64,
}

/// The best way to a place in a word.
#[derive(Clone, Copy, Debug)]
struct Best {
    score: f64,
    id: u32,
    /// Bytes of the piece that ends here; 0 where none does.
    length: u32,
}

const UNREACHED: Best = Best {
    score: 0.0,
    id: NO_PIECE,
    length: 0,
};

/// Memory that [`Pieces::split`] uses again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    best: Vec<Best>,
    path: Vec<(usize, u32)>,
}

impl Pieces {
    /// `unknown` is the piece that stands for characters no piece covers; it is one of those listed, which are fewer
    /// than 4 billion.
    pub(crate) fn new(listed: Listed, unknown: u32) -> Self {
        let sorted = listed.sorted();
        let piece = |rank: usize| listed.piece(sorted[rank] as usize);
        let (mut labels, mut children, mut ids) = (vec![0], Vec::new(), Vec::new());
        let mut waiting = VecDeque::from([(0, sorted.len(), 0)]);
        while let Some((mut from, to, depth)) = waiting.pop_front() {
            children.push(labels.len() as u32);
            if from < to && piece(from).len() == depth {
                ids.push(sorted[from]);
                from += 1;
            } else {
                ids.push(NO_PIECE);
            }
            while from < to {
                let label = piece(from)[depth];
                let same = sorted[from..to].partition_point(|id| listed.piece(*id as usize)[depth] == label);
                labels.push(label);
                waiting.push_back((from, from + same, depth + 1));
                from += same;
            }
        }
        children.push(labels.len() as u32);
        let lowest = listed.scores.iter().copied().fold(f64::INFINITY, f64::min);
        Self {
            labels: labels.into(),
            children: children.into(),
            ids: ids.into(),
            scores: listed.scores.into(),
            unknown,
            unknown_score: lowest - UNKNOWN_PENALTY,
        }
    }

    fn child(&self, node: usize, byte: u8) -> Option<usize> {
        let (from, to) = (self.children[node] as usize, self.children[node + 1] as usize);
        memchr::memchr(byte, &self.labels[from..to]).map(|index| from + index)
    }

    /// Calls `found` with end and id of each piece of the split of `word` with the highest sum of scores, in order.
    /// Characters no piece covers, one after the other, are one unknown piece.
    pub(crate) fn split(&self, word: &str, scratch: &mut Scratch, mut found: impl FnMut(usize, u32)) {
        let Scratch { best, path } = scratch;
        best.clear();
        best.push(UNREACHED);
        // The place of `best[0]`: every split goes through it, and what is before it has been told.
        let mut base = 0;
        let mut unknown_end = None;
        for (at, c) in word.char_indices() {
            if at > base && at == base + best.len() - 1 {
                // No piece reaches over this place: the best way here is final.
                self.tell(base, best, path, &mut unknown_end, &mut found);
                base = at;
            }
            let so_far = best[at - base].score;
            let width = c.len_utf8();
            let mut covered = false;
            let mut node = ROOT;
            for (index, byte) in word.as_bytes()[at..].iter().enumerate() {
                let Some(child) = self.child(node, *byte) else {
                    break;
                };
                node = child;
                let id = self.ids[node];
                if id != NO_PIECE {
                    let length = index + 1;
                    covered |= length == width;
                    improve(best, at - base, length, so_far + self.scores[id as usize], id);
                }
            }
            if !covered {
                improve(best, at - base, width, so_far + self.unknown_score, self.unknown);
            }
        }
        self.tell(base, best, path, &mut unknown_end, &mut found);
        if let Some(end) = unknown_end {
            found(end, self.unknown);
        }
    }

    /// Tells the way to the last place of `best`, which becomes the first.
    fn tell(
        &self,
        base: usize,
        best: &mut Vec<Best>,
        path: &mut Vec<(usize, u32)>,
        unknown_end: &mut Option<usize>,
        found: &mut impl FnMut(usize, u32),
    ) {
        let mut at = best.len() - 1;
        let last = best[at];
        while at > 0 {
            path.push((base + at, best[at].id));
            at -= best[at].length as usize;
        }
        while let Some((end, id)) = path.pop() {
            if id == self.unknown {
                *unknown_end = Some(end);
            } else {
                if let Some(end) = unknown_end.take() {
                    found(end, self.unknown);
                }
                found(end, id);
            }
        }
        best.clear();
        // The sum goes on, for it must be rounded as if the word had been looked at as a whole.
        best.push(Best {
            score: last.score,
            ..UNREACHED
        });
    }
}

/// Notes a way that ends `length` bytes after `from`, where none or a worse one is known.
fn improve(best: &mut Vec<Best>, from: usize, length: usize, score: f64, id: u32) {
    let to = from + length;
    if best.len() <= to {
        best.resize(to + 1, UNREACHED);
    }
    if best[to].length == 0 || score > best[to].score {
        best[to] = Best {
            score,
            id,
            length: length as u32,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(listed: &[(&str, f64)]) -> Pieces {
        let mut all = Listed::default();
        all.push("?", 0.0);
        for (piece, score) in listed {
            all.push(piece, *score);
        }
        Pieces::new(all, 0)
    }

    fn split(pieces: &Pieces, word: &str) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        pieces.split(word, &mut Scratch::default(), |end, id| found.push((end, id)));
        found
    }

    #[test]
    fn the_best_sum_wins_and_the_unknown_is_fused() {
        let pieces = pieces(&[("ab", -1.0), ("a", -1.5), ("b", -1.5), ("bc", -1.1), ("c", -4.0)]);
        assert_eq!(split(&pieces, "abc"), [(1, 2), (3, 4)]);
        assert_eq!(split(&pieces, "ab"), [(2, 1)]);
        assert_eq!(split(&pieces, "aéüb"), [(1, 2), (5, 0), (6, 3)]);
        assert_eq!(split(&pieces, "é"), [(2, 0)]);
        assert!(split(&pieces, "").is_empty());
    }

    #[test]
    fn of_equal_pieces_the_last_counts() {
        let pieces = pieces(&[("a", -1.0), ("aa", -9.0), ("aa", -1.5)]);
        assert_eq!(split(&pieces, "aa"), [(2, 3)]);
    }

    /// The same by trying every split.
    fn best_sum(listed: &[(String, f64)], word: &str) -> f64 {
        let lowest = listed.iter().map(|(_, score)| *score).fold(0.0, f64::min);
        let mut sums = vec![f64::NEG_INFINITY; word.len() + 1];
        sums[0] = 0.0;
        for at in 0..word.len() {
            for (piece, score) in listed {
                if word[at..].starts_with(piece.as_str()) {
                    sums[at + piece.len()] = sums[at + piece.len()].max(sums[at] + score);
                }
            }
            let single = &word[at..=at];
            if !listed.iter().any(|(piece, _)| piece == single) {
                sums[at + 1] = sums[at + 1].max(sums[at] + lowest - UNKNOWN_PENALTY);
            }
        }
        sums[word.len()]
    }

    proptest! {
        #[test]
        fn no_split_is_better(
            listed in proptest::collection::btree_map("[a-d]{1,4}", -20.0..-0.5f64, 1..20),
            word in "[a-e]{0,24}",
        ) {
            let listed: Vec<(String, f64)> = listed.into_iter().collect();
            let borrowed: Vec<(&str, f64)> = listed.iter().map(|(piece, score)| (piece.as_str(), *score)).collect();
            let pieces = pieces(&borrowed);
            let (mut at, mut sum) = (0, 0.0);
            for (end, id) in split(&pieces, &word) {
                if id == 0 {
                    sum += pieces.unknown_score * (end - at) as f64;
                } else {
                    let (piece, score) = &listed[id as usize - 1];
                    prop_assert_eq!(&word[at..end], piece.as_str());
                    sum += score;
                }
                at = end;
            }
            prop_assert_eq!(at, word.len());
            prop_assert!((sum - best_sum(&listed, &word)).abs() < 1e-9);
        }
    }
}
