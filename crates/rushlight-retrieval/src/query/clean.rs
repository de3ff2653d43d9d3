//! What was typed, character by character, without what nobody can see: controls and marks that turn the direction of text.

use std::ops::Range;

/// One character that takes part, and the bytes of the original text that it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) ch: char,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The characters of a text that take part. Tabs and ends of lines become spaces.
pub(super) fn clean(text: &str) -> Vec<Glyph> {
    text.char_indices()
        .filter_map(|(start, ch)| {
            let end = start + ch.len_utf8();
            shown(ch).map(|ch| Glyph { ch, start, end })
        })
        .collect()
}

/// The character as it is shown in one line, or `None` for one that is dropped.
pub(super) fn shown(ch: char) -> Option<char> {
    match ch {
        '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{61C}'
        | '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' => None,
        ch if ch.is_control() => None,
        ch => Some(ch),
    }
}

/// The text of some glyphs.
pub(super) fn text_of(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.ch).collect()
}

/// The bytes of the original text under a range of glyphs; for an empty range at the end, the end of the last.
pub(super) fn bytes_of(glyphs: &[Glyph], range: &Range<usize>) -> Range<usize> {
    let last = glyphs.last().map_or(0, |glyph| glyph.end);
    let start = glyphs.get(range.start).map_or(last, |glyph| glyph.start);
    let end = match range.end.checked_sub(1).filter(|_| range.end > range.start) {
        Some(index) => glyphs.get(index).map_or(last, |glyph| glyph.end),
        None => start,
    };
    start..end
}

/// Whether there is anything to search for: a letter or a digit of any script.
pub(super) fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}
