//! Where recognised lines stand in the text that was put together of them.

use rushlight_core::{RecognisedSpan, TextSpan};

/// A line of a block, in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) page: u32,
    /// In per cent; `None` for printed text.
    pub(super) confidence: Option<u8>,
}

/// The spans of the recognised ones among `pieces` in `block`, which was joined of all of them and begins at `start` of
/// the document's text. Joining changes white space, and takes a hyphen out at the end of a line.
pub(super) fn spans(pieces: &[Piece<'_>], block: &str, start: usize) -> Vec<RecognisedSpan> {
    if pieces.iter().all(|piece| piece.confidence.is_none()) {
        return Vec::new();
    }
    let mut rest = block
        .char_indices()
        .filter(|(_, c)| !c.is_whitespace())
        .peekable();
    let mut found = Vec::new();
    for piece in pieces {
        let (mut first, mut end) = (None, 0);
        for c in piece.text.chars().filter(|c| !c.is_whitespace()) {
            // What is not there was taken out.
            if let Some((at, c)) = rest.next_if(|(_, next)| *next == c) {
                first.get_or_insert(at);
                end = at + c.len_utf8();
            }
        }
        if let (Some(first), Some(confidence)) = (first, piece.confidence) {
            found.push(RecognisedSpan {
                span: TextSpan::new(start + first, start + end),
                page: piece.page,
                confidence,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recognised_line_is_found_in_what_was_joined_of_them() {
        let piece = |text, confidence| Piece {
            text,
            page: 2,
            confidence,
        };
        let pieces = [
            piece("printed words and a hyphen-", None),
            piece("ated one, then 茶", Some(91)),
            piece("葉\tin cells", Some(72)),
        ];
        let block = "printed words and a hyphenated one, then 茶葉\tin cells";
        let text = format!("Title\n\n{block}");
        let shown: Vec<_> = spans(&pieces, block, 7)
            .iter()
            .map(|known| (known.span.of(&text).expect("a slice"), known.confidence))
            .collect();
        assert_eq!(shown, [("ated one, then 茶", 91), ("葉\tin cells", 72)]);
        assert!(spans(&pieces[..1], block, 7).is_empty());
    }
}
