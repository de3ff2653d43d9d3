//! Which characters are signs of the language, and where: half-width, full-width and as Chinese keyboards type them.

use super::clean::Glyph;

/// The glyphs, and which of them are plain text whatever they look like.
pub(super) struct Signs<'a> {
    pub(super) glyphs: &'a [Glyph],
    pub(super) muted: &'a [bool],
}

/// A word of the language in capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Not,
    /// With its distance, where one is given.
    Near(Option<u32>),
}

impl Signs<'_> {
    pub(super) fn len(&self) -> usize {
        self.glyphs.len()
    }

    /// The character, or a space beyond the end.
    pub(super) fn char(&self, at: usize) -> char {
        self.glyphs.get(at).map_or(' ', |glyph| glyph.ch)
    }

    pub(super) fn is_space(&self, at: usize) -> bool {
        self.char(at).is_whitespace()
    }

    /// The sign at this place in its half-width form; quotes in double strokes are all `"`. `None`: plain text.
    pub(super) fn sign(&self, at: usize) -> Option<char> {
        if self.muted.get(at).copied().unwrap_or(true) {
            return None;
        }
        match self.char(at) {
            '"' | '＂' | '“' | '”' | '„' | '‟' => Some('"'),
            '(' | '（' => Some('('),
            ')' | '）' => Some(')'),
            ':' | '：' => Some(':'),
            '-' | '－' => Some('-'),
            '+' | '＋' => Some('+'),
            '*' | '＊' => Some('*'),
            corner @ ('「' | '」' | '『' | '』') => Some(corner),
            _ => None,
        }
    }

    /// The sign that closes the quote which opens here. Strokes after a Latin letter or a digit are text (`27"`).
    pub(super) fn closer(&self, at: usize) -> Option<char> {
        match self.sign(at)? {
            '「' => Some('」'),
            '『' => Some('』'),
            '"' if at == 0 || !is_latin(self.char(at - 1)) => Some('"'),
            _ => None,
        }
    }

    /// `-` or `+` before something that it can be about.
    pub(super) fn prefix_sign(&self, at: usize) -> Option<char> {
        let sign = self.sign(at).filter(|sign| matches!(sign, '-' | '+'))?;
        let begins = self.char(at + 1).is_alphanumeric()
            || self.closer(at + 1).is_some()
            || self.sign(at + 1) == Some('(');
        begins.then_some(sign)
    }

    /// A word of the language in capitals that begins here and stands alone, and how long it is.
    pub(super) fn operator(&self, at: usize) -> Option<(Operator, usize)> {
        if self.muted.get(at).copied().unwrap_or(true) {
            return None;
        }
        let letters = (at..self.len())
            .take_while(|index| self.char(*index).is_ascii_uppercase())
            .take(5)
            .map(|index| self.char(index))
            .collect::<String>();
        let mut end = at + letters.len();
        let operator = match letters.as_str() {
            "OR" => Operator::Or,
            "AND" => Operator::And,
            "NOT" => Operator::Not,
            "NEAR" => {
                let distance = self.distance(end);
                end += distance.map_or(0, |(_, len)| len);
                Operator::Near(distance.map(|(number, _)| number))
            }
            _ => return None,
        };
        let alone = self.is_space(end) || matches!(self.sign(end), Some('(' | ')' | '"' | '「' | '『'));
        alone.then_some((operator, end - at))
    }

    /// `/5` and its length; a number beyond all bounds is the largest there is.
    fn distance(&self, at: usize) -> Option<(u32, usize)> {
        if self.char(at) != '/' {
            return None;
        }
        let digits: String = (at + 1..self.len())
            .map(|index| self.char(index))
            .take_while(char::is_ascii_digit)
            .collect();
        (!digits.is_empty()).then(|| (digits.parse().unwrap_or(u32::MAX), digits.len() + 1))
    }
}

/// A letter or digit after which a stroke is not a quote.
fn is_latin(ch: char) -> bool {
    ch.is_alphanumeric() && u32::from(ch) < 0x2E80
}
