//! A set of rows of one segment.

use tantivy::DocId;

/// Which of a segment's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    words: Vec<u64>,
    len: u32,
}

impl Rows {
    /// None of `len` rows.
    pub(crate) fn none(len: u32) -> Self {
        Self {
            words: vec![0; len.div_ceil(64) as usize],
            len,
        }
    }

    /// All of `len` rows.
    #[cfg(test)]
    pub(crate) fn all(len: u32) -> Self {
        let mut rows = Self {
            words: vec![u64::MAX; len.div_ceil(64) as usize],
            len,
        };
        if let Some(last) = rows.words.last_mut().filter(|_| !len.is_multiple_of(64)) {
            *last = (1 << (len % 64)) - 1;
        }
        rows
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn insert(&mut self, row: DocId) {
        self.words[(row / 64) as usize] |= 1 << (row % 64);
    }

    pub(crate) fn contains(&self, row: DocId) -> bool {
        self.words[(row / 64) as usize] >> (row % 64) & 1 == 1
    }

    /// Keeps what is in both.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.each(other, |a, b| a & b);
    }

    /// Adds what is in the other.
    pub(crate) fn add(&mut self, other: &Self) {
        self.each(other, |a, b| a | b);
    }

    /// Takes out what is in the other.
    pub(crate) fn remove(&mut self, other: &Self) {
        self.each(other, |a, b| a & !b);
    }

    /// Takes out the rows that do not pass.
    pub(crate) fn retain(&mut self, pass: impl Fn(DocId) -> bool) {
        for (index, word) in self.words.iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !pass(index as u32 * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    fn each(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word = with(*word, *other);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = DocId> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros();
                    rest &= rest - 1;
                    index as u32 * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rows() {
        for len in [0, 1, 63, 64, 65, 200] {
            assert_eq!(Rows::all(len).count(), u64::from(len));
            assert_eq!(Rows::all(len).iter().count(), len as usize);
        }
        let mut rows = Rows::none(130);
        assert!(rows.is_empty());
        for row in [0, 64, 129] {
            rows.insert(row);
        }
        assert_eq!(rows.iter().collect::<Vec<_>>(), [0, 64, 129]);
        let mut others = Rows::all(130);
        others.remove(&rows);
        assert_eq!(others.count(), 127);
        assert!(!others.contains(64) && rows.contains(64));
        others.keep(&rows);
        assert!(others.is_empty());
        others.add(&rows);
        assert_eq!(others, rows);
        others.retain(|row| row != 64);
        assert_eq!(others.iter().collect::<Vec<_>>(), [0, 129]);
    }
}
