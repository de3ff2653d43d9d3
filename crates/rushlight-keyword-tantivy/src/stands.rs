//! An automaton for the terms of a dictionary in which some letters stand.

use tantivy_fst::Automaton;

/// Accepts keys in which, or at whose end, some bytes stand. The search of Knuth, Morris and Pratt (1977): its state is how
/// many of the bytes have been read.
pub(crate) struct Stands {
    bytes: Vec<u8>,
    /// For each number of bytes read, where to go on when the next one is another.
    fallback: Vec<usize>,
    anywhere: bool,
}

impl Stands {
    /// Keys that hold `text`.
    pub(crate) fn anywhere(text: &str) -> Self {
        Self::new(text, true)
    }

    /// Keys that end with `text`.
    pub(crate) fn at_the_end(text: &str) -> Self {
        Self::new(text, false)
    }

    fn new(text: &str, anywhere: bool) -> Self {
        let bytes = text.as_bytes().to_vec();
        let mut fallback = vec![0; bytes.len() + 1];
        let mut matched = 0;
        for at in 1..bytes.len() {
            while matched > 0 && bytes[at] != bytes[matched] {
                matched = fallback[matched];
            }
            matched += usize::from(bytes[at] == bytes[matched]);
            fallback[at + 1] = matched;
        }
        Self {
            bytes,
            fallback,
            anywhere,
        }
    }
}

impl Automaton for Stands {
    type State = usize;

    fn start(&self) -> usize {
        0
    }

    fn is_match(&self, read: &usize) -> bool {
        *read == self.bytes.len()
    }

    fn will_always_match(&self, read: &usize) -> bool {
        self.anywhere && self.is_match(read)
    }

    fn accept(&self, read: &usize, byte: u8) -> usize {
        if self.will_always_match(read) {
            return *read;
        }
        let mut read = *read;
        while self.bytes.get(read) != Some(&byte) {
            if read == 0 {
                return 0;
            }
            read = self.fallback[read];
        }
        read + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(automaton: &Stands, key: &str) -> bool {
        let read = key
            .bytes()
            .fold(automaton.start(), |read, byte| automaton.accept(&read, byte));
        automaton.is_match(&read)
    }

    proptest! {
        #[test]
        fn keys_are_told_as_by_looking(text in "[ab茶]{1,5}", key in "[ab茶]{0,12}") {
            prop_assert_eq!(accepts(&Stands::anywhere(&text), &key), key.contains(&text));
            prop_assert_eq!(accepts(&Stands::at_the_end(&text), &key), key.ends_with(&text));
        }
    }
}
