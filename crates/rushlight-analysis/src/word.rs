//! A word while it is read: where CamelCase parts it, and how a very long one comes in pieces.

use crate::fold::Folded;

/// A word of more characters is taken apart into pieces of so many.
pub(crate) const PIECE: usize = 64;
/// Characters that two neighbouring pieces share: whatever is one longer than that and stands in the word stands in a piece.
pub(crate) const OVERLAP: usize = 16;
/// A word that changes between small and capital letters more often is not CamelCase.
const MAX_CAMEL: usize = 8;

/// The word being read, folded, and where a new part may begin in it.
#[derive(Default)]
pub(crate) struct WordBuilder {
    pub(crate) text: String,
    /// Bytes of the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where a part begins as CamelCase has it.
    humps: Vec<Border>,
    /// Where the first digits begin, if letters stand before.
    number: Option<Border>,
    has_small: bool,
    /// The last two characters.
    last: Option<Seen>,
    before: Option<Seen>,
}

/// A place in a word: bytes of the folded word before it; where the text before it ends and that after it begins.
#[derive(Clone, Copy)]
struct Border {
    at: usize,
    end: usize,
    start: usize,
}

#[derive(Clone, Copy)]
struct Seen {
    case: Case,
    at: usize,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Small,
    Capital,
    Digit,
}

impl WordBuilder {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn push(&mut self, folded: Folded) {
        let Folded {
            character,
            start,
            end,
            capital,
        } = folded;
        let case = match character {
            _ if capital => Case::Capital,
            '0'..='9' => Case::Digit,
            _ => Case::Small,
        };
        let seen = Seen {
            case,
            at: self.text.len(),
            start,
            end,
        };
        match self.last {
            None => self.start = start,
            Some(last) => self.note_border(last, seen),
        }
        self.has_small |= case == Case::Small;
        self.before = self.last.replace(seen);
        self.text.push(character);
        self.end = end;
    }

    #[inline]
    fn note_border(&mut self, last: Seen, seen: Seen) {
        let border = |before: Seen, after: Seen| Border {
            at: after.at,
            end: before.end,
            start: after.start,
        };
        match (last.case, seen.case) {
            (Case::Small | Case::Digit, Case::Capital) => self.humps.push(border(last, seen)),
            // The last of several capitals begins the next part: `HTTPServer`.
            (Case::Capital, Case::Small) => {
                if let Some(before) = self.before.filter(|before| before.case == Case::Capital) {
                    self.humps.push(border(before, last));
                }
            }
            (Case::Small | Case::Capital, Case::Digit) if self.number.is_none() => {
                self.number = Some(border(last, seen));
            }
            _ => {}
        }
    }

    /// The parts of two or more characters, each with its bytes of the text.
    pub(crate) fn parts(&self) -> Vec<(&str, usize, usize)> {
        let borders = match self.number {
            _ if self.has_small && (1..MAX_CAMEL).contains(&self.humps.len()) => self.humps.as_slice(),
            Some(number) if self.humps.is_empty() && self.is_name_and_number(number) => {
                self.number.as_slice()
            }
            _ => return Vec::new(),
        };
        let ends = borders
            .iter()
            .map(|border| (border.at, border.end))
            .chain([(self.text.len(), self.end)]);
        let starts =
            std::iter::once((0, self.start)).chain(borders.iter().map(|border| (border.at, border.start)));
        starts
            .zip(ends)
            .map(|((from, start), (to, end))| (&self.text[from..to], start, end))
            .filter(|(part, _, _)| part.chars().nth(1).is_some())
            .collect()
    }

    /// `covid19`, as against `a1b2` and `p5`.
    fn is_name_and_number(&self, number: Border) -> bool {
        let (name, number) = self.text.split_at(number.at);
        name.len() > 1 && number.len() > 1 && number.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Empty, with its memory and where it ended.
    pub(crate) fn cleared(mut self) -> Self {
        self.text.clear();
        self.humps.clear();
        Self {
            text: self.text,
            humps: self.humps,
            end: self.end,
            ..Self::default()
        }
    }
}

/// A word of up to [`PIECE`] characters as it is, a longer one in pieces that overlap.
pub(crate) fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let word = rest.take()?;
        let Some((end, _)) = word.char_indices().nth(PIECE).filter(|_| word.len() > PIECE) else {
            return Some(word);
        };
        let next = word.char_indices().nth(PIECE - OVERLAP).map(|(at, _)| at);
        rest = next.map(|at| &word[at..]);
        Some(&word[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    fn check(text: &str, expected: &[&str]) {
        let mut word = WordBuilder::default();
        fold(text).for_each(|folded| word.push(folded));
        let parts: Vec<_> = word
            .parts()
            .into_iter()
            .map(|(part, start, end)| format!("{part}:{}", &text[start..end]))
            .collect();
        assert_eq!(parts, expected, "{text}");
    }

    #[test]
    fn parts_know_their_bytes() {
        check("ÉtatHTTPServeur", &["etat:État", "http:HTTP", "serveur:Serveur"]);
        check("HTTP2Server", &["http2:HTTP2", "server:Server"]);
        check("sha256", &["sha:sha", "256:256"]);
        for plain in ["World", "WORLD", "a1b2c3", "p53", "2nd", "aBcDeFgHiJkLmNoPqR"] {
            check(plain, &[]);
        }
    }

    #[test]
    fn pieces_overlap_and_cover() {
        let word: String = ('\u{100}'..='\u{196}').collect();
        let lengths: Vec<_> = pieces(&word).map(|piece| piece.chars().count()).collect();
        assert_eq!(lengths, [64, 64, 55]);
        assert_eq!(pieces("tea").collect::<Vec<_>>(), ["tea"]);
    }
}
