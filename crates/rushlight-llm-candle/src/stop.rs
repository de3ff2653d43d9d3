//! Ends a text before the first of some stop strings, wherever the pieces are cut.

/// Holds back what may be the beginning of a stop string.
pub(crate) struct StopFilter<'a> {
    stops: Vec<&'a str>,
    held: String,
}

impl<'a> StopFilter<'a> {
    /// A filter for these strings; empty ones are left out.
    pub(crate) fn new(stops: &'a [String]) -> Self {
        Self {
            stops: stops
                .iter()
                .map(String::as_str)
                .filter(|stop| !stop.is_empty())
                .collect(),
            held: String::new(),
        }
    }

    /// Takes a piece. Returns what may be shown, and whether a stop string has come.
    pub(crate) fn push(&mut self, piece: &str) -> (String, bool) {
        self.held.push_str(piece);
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop)).min() {
            let mut shown = std::mem::take(&mut self.held);
            shown.truncate(at);
            return (shown, true);
        }
        let safe = self.held.len() - self.open();
        let rest = self.held.split_off(safe);
        (std::mem::replace(&mut self.held, rest), false)
    }

    /// What was held back, when no more comes.
    pub(crate) fn finish(self) -> String {
        self.held
    }

    /// Bytes at the end that begin a stop string.
    fn open(&self) -> usize {
        self.stops
            .iter()
            .flat_map(|stop| stop.char_indices().skip(1).map(move |(at, _)| &stop[..at]))
            .filter(|begin| self.held.ends_with(begin))
            .map(str::len)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(stops: &[&str], pieces: &[&str]) -> String {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut filter = StopFilter::new(&stops);
        let mut shown = String::new();
        for piece in pieces {
            let (text, stopped) = filter.push(piece);
            shown.push_str(&text);
            if stopped {
                return shown;
            }
        }
        shown + &filter.finish()
    }

    #[test]
    fn the_text_ends_before_the_first_stop() {
        assert_eq!(run(&["\n\n"], &["a\n", "b\n", "\nc"]), "a\nb");
        assert_eq!(run(&["問題：", "END"], &["答", "案問", "題", "：x"]), "答案");
        assert_eq!(run(&["END"], &["the EN", "D"]), "the ");
        assert_eq!(run(&["END"], &["the EN"]), "the EN");
        assert_eq!(run(&[""], &["a", "b"]), "ab");
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(text in "[ab茶\n]{0,20}", stop in "[ab茶\n]{1,3}", cuts in proptest::collection::vec(any::<bool>(), 20)) {
            let mut pieces = vec![String::new()];
            for (c, cut) in text.chars().zip(cuts) {
                if cut { pieces.push(String::new()) }
                pieces.last_mut().expect("never empty").push(c);
            }
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let expected = text.split(&stop).next().unwrap_or_default();
            prop_assert_eq!(run(&[&stop], &pieces), expected);
        }
    }
}
