//! The words of a question with their places in it, folded for comparing.

use rushlight_core::TextSpan;

use crate::language::is_han;
use crate::terms::fold;

/// A word of Latin letters and digits, or a run of Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Folded: case, width and accents; Chinese in Simplified characters, one for each of the question's.
    pub(crate) text: String,
    /// Where it stands in the question.
    pub(crate) span: TextSpan,
    /// Whether it is a run of Chinese.
    pub(crate) han: bool,
}

/// The words of a text in their order. Hyphens, apostrophes, dots and what joins an address stay within a word.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !c.is_alphanumeric() {
            continue;
        }
        let han = is_han(c);
        let mut end = start + c.len_utf8();
        let mut folded = fold_char(c);
        while let Some(&(at, next)) = chars.peek() {
            let joins = matches!(next, '-' | '\'' | '’' | '.' | '_' | '@')
                && text[at + next.len_utf8()..]
                    .chars()
                    .next()
                    .is_some_and(|c| c.is_alphanumeric() && !is_han(c));
            let goes_on = if han {
                is_han(next)
            } else {
                (next.is_alphanumeric() && !is_han(next)) || joins
            };
            if !goes_on {
                break;
            }
            end = at + next.len_utf8();
            folded.push_str(&if next == '’' {
                "'".to_owned()
            } else {
                fold_char(next)
            });
            chars.next();
        }
        words.push(Word {
            text: folded,
            span: TextSpan::new(start, end),
            han,
        });
    }
    words
}

/// The words one after the other, without what stands between them.
pub(crate) struct Line {
    /// Folded, Chinese in Simplified characters.
    pub(crate) folded: String,
    /// For each character: its byte in `folded`, and its bytes in the question.
    places: Vec<(usize, usize, usize)>,
    /// Where each word begins, in the question and in `folded`.
    begins: Vec<(usize, usize)>,
}

impl Line {
    /// The line of a question's words.
    pub(crate) fn of(question: &str, words: &[Word]) -> Self {
        let mut line = Self {
            folded: String::new(),
            places: Vec::new(),
            begins: Vec::new(),
        };
        for word in words {
            line.begins.push((word.span.start, line.folded.len()));
            if word.han {
                let original = question[word.span.range()].char_indices();
                for ((at, c), folded) in original.zip(word.text.chars()) {
                    let start = word.span.start + at;
                    line.places.push((line.folded.len(), start, start + c.len_utf8()));
                    line.folded.push(folded);
                }
            } else {
                line.places
                    .push((line.folded.len(), word.span.start, word.span.end));
                line.folded.push_str(&word.text);
            }
        }
        line
    }

    /// Where a word begins in `folded`.
    pub(crate) fn place_of(&self, word: &Word) -> usize {
        let found = self.begins.iter().find(|(start, _)| *start == word.span.start);
        found.map_or(0, |(_, at)| *at)
    }

    /// The question under a stretch of `folded`.
    pub(crate) fn original<'q>(&self, question: &'q str, from: usize, to: usize) -> Option<&'q str> {
        let within = |place: &&(usize, usize, usize)| place.0 >= from && place.0 < to;
        let start = self.places.iter().find(within)?.1;
        let end = self.places.iter().rfind(within)?.2;
        question.get(start..end)
    }
}

/// One character folded; a Chinese one stays one.
pub(crate) fn fold_char(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_lowercase().to_string();
    }
    let mut buffer = [0; 4];
    let folded = fold(c.encode_utf8(&mut buffer));
    if is_han(c) && folded.chars().count() != 1 {
        c.to_string()
    } else {
        folded
    }
}

/// The question under some of its words, from the first to the last.
pub(crate) fn stretch<'q>(question: &'q str, words: &[Word]) -> Option<&'q str> {
    let (first, last) = (words.first()?, words.last()?);
    question.get(first.span.start..last.span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_their_places() {
        let question = "How many E-Mails from 王小明 in ２０２４, it’s report.v2.pdf?";
        let found = words(question);
        let texts: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "how",
                "many",
                "e-mails",
                "from",
                "王小明",
                "in",
                "2024",
                "it's",
                "report.v2.pdf"
            ]
        );
        assert_eq!(stretch(question, &found[..3]), Some("How many E-Mails"));
        assert!(found[4].han && !found[3].han);
        let traditional = words("這幾封郵件");
        assert_eq!(traditional[0].text, "这几封邮件");
        assert_eq!(words("?!"), []);
    }
}
