//! Replacing characters by the file's map, then canonical composition; each character keeps the place it comes from.
//!
//! Most characters can be looked at alone. The others (marks that join what is before them, joiners, jamo, controls)
//! are looked at together with their neighbours, grapheme by grapheme, as the library does: a grapheme of at most five
//! bytes whose first character has a replacement is replaced as a whole.

use unicode_normalization_alignments::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

use crate::charsmap::{Charsmap, Known};

/// Longer graphemes are replaced character by character.
const LONGEST_GRAPHEME: usize = 5;

/// How a character is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class<'a> {
    /// It stays as it is, whatever stands beside it.
    Plain,
    /// It becomes this, whatever stands beside it.
    Swapped(&'a str),
    /// It depends on its neighbours.
    Rough,
}

/// What [`Class`] an ASCII character has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ascii {
    Word,
    Space,
    Other,
}

#[derive(Debug)]
pub(crate) struct Normalizer {
    charsmap: Charsmap,
    ascii: [Ascii; 128],
}

/// A character of the normalized text and where the one it stands for ends.
type Placed = (char, usize);

impl Normalizer {
    pub(crate) fn new(charsmap: Charsmap) -> Self {
        let ascii = std::array::from_fn(|code| {
            let c = code as u8 as char;
            match charsmap.known(c) {
                Known::Nothing if c.is_ascii_graphic() => Ascii::Word,
                Known::Nothing if c.is_ascii_whitespace() => Ascii::Space,
                Known::Replacement(" ") if c.is_ascii_whitespace() => Ascii::Space,
                _ => Ascii::Other,
            }
        });
        Self { charsmap, ascii }
    }

    /// Length of the word at the beginning of `text`, when it is one of ASCII characters that stay as they are and ends
    /// at white space or with the text.
    pub(crate) fn plain_word(&self, text: &str) -> Option<usize> {
        let class = |byte: u8| self.ascii.get(usize::from(byte)).copied();
        let end = text.bytes().position(|byte| class(byte) != Some(Ascii::Word));
        let end = end.unwrap_or(text.len());
        let next = text.as_bytes().get(end).map(|byte| class(*byte));
        (end > 0 && next.is_none_or(|class| class == Some(Ascii::Space))).then_some(end)
    }

    /// Normalizes the beginning of `text`, as much of it as does not depend on what follows: gives each character with
    /// the end of the one it stands for to `found`, and returns the length read. `text` is not empty, and whole, or what
    /// an earlier call left over.
    pub(crate) fn step(&self, text: &str, found: &mut impl FnMut(char, usize)) -> usize {
        let mut chars = text.char_indices();
        let Some((_, first)) = chars.next() else {
            return 0;
        };
        let mut last = self.class(first);
        let mut end = text.len();
        for (at, c) in chars {
            let class = self.class(c);
            if last != Class::Rough && class != Class::Rough {
                end = at;
                break;
            }
            last = class;
        }
        let read = &text[..end];
        if read.len() == first.len_utf8() {
            match self.class(first) {
                Class::Plain => {
                    found(first, end);
                    return end;
                }
                Class::Swapped(by) => {
                    by.chars().for_each(|c| found(c, end));
                    return end;
                }
                Class::Rough => {}
            }
        }
        for (c, end) in composed(self.replaced(read)) {
            found(c, end);
        }
        end
    }

    fn class(&self, c: char) -> Class<'_> {
        if c.is_ascii() {
            return match self.ascii[c as usize] {
                Ascii::Word => Class::Plain,
                Ascii::Space => Class::Swapped(" "),
                Ascii::Other => Class::Rough,
            };
        }
        if !is_simple(c) {
            return Class::Rough;
        }
        match self.charsmap.known(c) {
            Known::Nothing => Class::Plain,
            Known::Replacement(by) if !by.is_empty() && by.chars().all(stays) => Class::Swapped(by),
            Known::Replacement(_) | Known::Beginning => Class::Rough,
        }
    }

    /// The text with its characters replaced.
    fn replaced(&self, text: &str) -> Vec<Placed> {
        let mut replaced = Replaced::default();
        for (start, grapheme) in text.grapheme_indices(true) {
            let whole = (grapheme.len() <= LONGEST_GRAPHEME)
                .then(|| self.charsmap.replacement(grapheme))
                .flatten();
            if let Some(by) = whole {
                replaced.push(start, grapheme, by);
                continue;
            }
            for (index, c) in grapheme.char_indices() {
                let c = &grapheme[index..index + c.len_utf8()];
                replaced.push(start + index, c, self.charsmap.replacement(c).unwrap_or(c));
            }
        }
        replaced.chars
    }
}

#[derive(Default)]
struct Replaced {
    chars: Vec<Placed>,
    /// Whether the last character was added to those it stands for.
    last_is_extra: bool,
}

impl Replaced {
    /// `by` stands for `from`, which begins at `start`.
    fn push(&mut self, start: usize, from: &str, by: &str) {
        let mut ends = from.char_indices().map(|(at, c)| start + at + c.len_utf8());
        let mut end = None;
        if by.is_empty() {
            // An extra character stands for what is removed behind it.
            if let (true, Some(last)) = (self.last_is_extra, self.chars.last_mut()) {
                last.1 = ends.next().unwrap_or(last.1);
                self.last_is_extra = false;
            }
        }
        for c in by.chars() {
            let next = ends.next();
            self.last_is_extra = next.is_none();
            end = next.or(end);
            self.chars.push((c, end.unwrap_or(start)));
        }
    }
}

/// Canonical composition.
fn composed(chars: Vec<Placed>) -> Vec<Placed> {
    let text = || chars.iter().map(|(c, _)| *c);
    if is_nfc_quick(text()) == IsNormalized::Yes {
        return chars;
    }
    let mut at = 0usize;
    let mut found = Vec::with_capacity(chars.len());
    for (c, change) in text().nfc() {
        // A change above zero is a character beside the one before; one below, that so many were taken in.
        let from = if change > 0 { at.checked_sub(1) } else { Some(at) };
        let end = from.and_then(|from| chars.get(from)).map_or(0, |(_, end)| *end);
        if change <= 0 {
            at += 1 + change.unsigned_abs();
        }
        found.push((c, end));
    }
    found
}

/// Whether a character is a grapheme of its own beside any other of these, and is neither changed by composition nor
/// joined to what is before it. Not all such characters: those that texts are mostly made of.
fn is_simple(c: char) -> bool {
    matches!(c,
        ' '..='~'
        | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}'
        | '\u{388}'..='\u{3ff}' | '\u{400}'..='\u{482}' | '\u{48a}'..='\u{52f}'
        | '\u{1e00}'..='\u{1eff}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{3000}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff5e}')
}

/// Whether composition leaves a character of a replacement alone.
fn stays(c: char) -> bool {
    c < '\u{300}' || is_simple(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charsmap::tests::sample;

    fn normalized(text: &str) -> Vec<Placed> {
        let normalizer = Normalizer::new(Charsmap::parse(&sample()).expect("a map"));
        let (mut at, mut found) = (0, Vec::new());
        while at < text.len() {
            at += normalizer.step(&text[at..], &mut |c, end| found.push((c, at + end)));
        }
        found
    }

    #[test]
    fn what_is_replaced_keeps_its_place() {
        assert_eq!(normalized("éa-"), [('é', 2), ('x', 3), ('y', 3), ('-', 4)]);
        assert_eq!(normalized("-bb-"), [('-', 1), ('-', 4)]);
        assert_eq!(normalized("b-"), [('-', 2)]);
        assert_eq!(normalized("ab-"), [('x', 1), ('y', 2), ('-', 3)]);
        assert_eq!(normalized("abb-"), [('x', 1), ('y', 2), ('-', 4)]);
        assert!(normalized("b").is_empty());
    }

    #[test]
    fn letters_are_composed_and_short_graphemes_replaced_as_a_whole() {
        assert_eq!(normalized("e\u{301}-"), [('é', 1), ('-', 4)]);
        assert_eq!(normalized("a\u{301}-"), [('x', 1), ('y', 3), ('-', 4)]);
        assert_eq!(
            normalized("a\u{301}\u{302}\u{303}"),
            [('x', 1), ('ý', 1), ('\u{302}', 5), ('\u{303}', 7)]
        );
        assert_eq!(normalized("cd"), [('c', 1), ('d', 2)]);
        assert_eq!(normalized("각\u{1161}"), [('각', 3), ('\u{1161}', 6)]);
    }

    #[test]
    fn only_plain_words_are_taken_whole() {
        let normalizer = Normalizer::new(Charsmap::parse(&sample()).expect("a map"));
        for (text, expected) in [
            ("tee, ", Some(4)),
            ("tee", Some(3)),
            ("tee\r\n", Some(3)),
            ("tea", None),
            ("te\u{301}", None),
            (" tee", None),
            ("", None),
            ("te\u{1}", None),
        ] {
            assert_eq!(normalizer.plain_word(text), expected, "{text:?}");
        }
    }

    #[test]
    fn simple_characters_stand_alone() {
        let simple: Vec<char> = ('\0'..=char::MAX).filter(|c| is_simple(*c)).collect();
        for pair in simple.windows(2) {
            let text: String = [pair[0], pair[1], pair[0]].iter().collect();
            assert_eq!(text.graphemes(true).count(), 3, "{text:?}");
            assert_eq!(is_nfc_quick(text.chars()), IsNormalized::Yes, "{text:?}");
        }
    }
}
