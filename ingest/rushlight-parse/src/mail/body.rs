//! A mail's text: what is written, what is quoted, and the signature.

use rushlight_core::BlockKind;

/// A stretch of lines of one kind, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch<'a> {
    pub(crate) kind: BlockKind,
    pub(crate) text: &'a str,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// The stretches of a body, without the empty lines between them.
pub(crate) fn stretches(body: &str) -> Vec<Stretch<'_>> {
    let mut out = Vec::new();
    let mut open: Option<(BlockKind, usize, u32)> = None;
    let mut signature = false;
    let (mut at, mut number) = (0usize, 0u32);
    let mut close = |open: &mut Option<(BlockKind, usize, u32)>, end: usize, last: u32| {
        if let Some((kind, start, first)) = open.take() {
            out.push(Stretch {
                kind,
                text: body[start..end].trim_end(),
                first,
                last,
            });
        }
    };
    for line in body.split_inclusive('\n') {
        number = number.saturating_add(1);
        let text = line.trim_end_matches(['\n', '\r']);
        signature |= text == "-- ";
        let kind = match text {
            _ if text.trim().is_empty() => None,
            _ if signature => Some(BlockKind::Signature),
            _ if text.starts_with('>') => Some(BlockKind::Quote),
            _ => Some(BlockKind::Paragraph),
        };
        match (&open, kind) {
            // A signature is one block, empty lines and all.
            (Some((BlockKind::Signature, ..)), _) => {}
            (Some((current, ..)), Some(kind)) if *current == kind => {}
            (_, kind) => {
                close(&mut open, at, number - 1);
                open = kind.map(|kind| (kind, at, number));
            }
        }
        at += line.len();
    }
    let last = number;
    close(&mut open, at, last);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_signature_are_told_from_what_is_written() {
        let body = "Hello,\nyes.\n> old\n>> older\nFine.\n\n\n-- \nAda\n\nTaipei\n";
        let got: Vec<_> = stretches(body)
            .iter()
            .map(|s| (s.kind, s.text, s.first, s.last))
            .collect();
        assert_eq!(
            got,
            [
                (BlockKind::Paragraph, "Hello,\nyes.", 1, 2),
                (BlockKind::Quote, "> old\n>> older", 3, 4),
                (BlockKind::Paragraph, "Fine.", 5, 5),
                (BlockKind::Signature, "-- \nAda\n\nTaipei", 8, 11),
            ]
        );
        assert!(stretches(" \n\n").is_empty());
    }
}
