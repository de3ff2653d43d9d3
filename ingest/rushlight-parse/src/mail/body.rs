//! A mail's text: what is written, what is quoted, and the signature.

use rushlight_core::{Block, BlockKind};

/// A stretch of lines of one kind, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch<'a> {
    pub(crate) kind: BlockKind,
    pub(crate) text: &'a str,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// The stretches of a body in plain text, without the empty lines between them.
pub(crate) fn stretches(body: &str) -> Vec<Stretch<'_>> {
    told_apart(body, |_| (0, BlockKind::Paragraph))
}

/// The same of a page's text: what the page marks as quoted or as a signature is so, and the rest is told by its words.
pub(crate) fn of_page<'a>(text: &'a str, blocks: &[Block]) -> Vec<Stretch<'a>> {
    let mut current = 0;
    told_apart(text, move |at| {
        while blocks.get(current).is_some_and(|block| block.span.end <= at) {
            current += 1;
        }
        match blocks.get(current).map(|block| block.kind) {
            // Mail is laid out in tables: a row is seldom one of values.
            None | Some(BlockKind::TableHeader | BlockKind::TableRow) => (usize::MAX, BlockKind::Paragraph),
            Some(kind) => (current, kind),
        }
    })
}

/// `of` is asked for each line's block, by the line's first byte: its number and what it is.
fn told_apart<'a>(body: &'a str, mut of: impl FnMut(usize) -> (usize, BlockKind)) -> Vec<Stretch<'a>> {
    let mut out: Vec<Stretch<'a>> = Vec::new();
    let mut open: Option<Open> = None;
    let lines: Vec<&str> = body.split_inclusive('\n').collect();
    let (mut original, mut signature) = (false, false);
    let (mut at, mut number) = (0usize, 0u32);
    let close = |open: &mut Option<Open>, end: usize, last: u32, out: &mut Vec<Stretch<'a>>| {
        if let Some(Open {
            kind, start, first, ..
        }) = open.take()
        {
            let text = body[start..end].trim_end();
            out.push(Stretch {
                kind,
                text,
                first,
                last,
            });
        }
    };
    for (index, line) in lines.iter().enumerate() {
        number = number.saturating_add(1);
        let text = line.trim_end_matches(['\n', '\r']);
        let (block, stated) = of(at);
        original |= is_divider(text) || opens_header_block(&lines[index..]);
        signature |= text == "-- ";
        let kind = match text {
            _ if text.trim().is_empty() => None,
            _ if original => Some(BlockKind::Quote),
            _ if stated == BlockKind::Quote => Some(BlockKind::Quote),
            _ if signature => Some(BlockKind::Signature),
            _ if text.starts_with('>')
                || is_attribution(&lines[index..])
                || ends_attribution(&lines[..=index]) =>
            {
                Some(BlockKind::Quote)
            }
            _ => Some(stated),
        };
        match (&open, kind) {
            // A signature is one block, empty lines and all.
            (Some(open), None) if open.kind == BlockKind::Signature => {}
            (Some(open), Some(kind))
                if open.kind == kind && (open.block == block || kind == BlockKind::Signature) => {}
            (_, kind) => {
                close(&mut open, at, number - 1, &mut out);
                open = kind.map(|kind| Open {
                    kind,
                    block,
                    start: at,
                    first: number,
                });
            }
        }
        at += line.len();
    }
    close(&mut open, at, number, &mut out);
    out
}

/// A stretch whose end is not yet found.
struct Open {
    kind: BlockKind,
    block: usize,
    start: usize,
    first: u32,
}

/// The line that Outlook and its like put above the mail that is answered; all below it is that mail.
fn is_divider(line: &str) -> bool {
    const WORDS: [&str; 14] = [
        "Original Message",
        "Forwarded message",
        "原始郵件",
        "原始邮件",
        "原邮件",
        "原始訊息",
        "转发的邮件",
        "转发邮件信息",
        "轉寄郵件",
        "轉寄的郵件",
        "Ursprüngliche Nachricht",
        "Weitergeleitete Nachricht",
        "Message d'origine",
        "Mensaje original",
    ];
    let line = line.trim();
    let words = line.trim_matches('-').trim();
    line.starts_with("--")
        && line.ends_with("--")
        && WORDS.iter().any(|known| words.eq_ignore_ascii_case(known))
}

/// True where the lines begin with a sender and go on with a date and with a recipient or subject, as above a mail that
/// is answered or passed on. A mailing list's digest has the date first.
fn opens_header_block(lines: &[&str]) -> bool {
    const SENDER: &[&str] = &["From", "寄件者", "寄件人", "發件人", "发件人"];
    const DATE: &[&str] = &[
        "Sent",
        "Date",
        "日期",
        "寄件日期",
        "傳送時間",
        "傳送日期",
        "發送時間",
        "发送时间",
        "发送日期",
        "時間",
        "时间",
    ];
    const OTHER: &[&str] = &["To", "Subject", "收件者", "收件人", "主旨", "主題", "主题"];
    if !lines.first().is_some_and(|line| line.contains([':', '：'])) {
        return false;
    }
    // Pages have each field in a paragraph of its own.
    let fields: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| !line.trim().is_empty())
        .take(4)
        .collect();
    let label = |index: usize, known: &[&str]| {
        let line = fields.get(index).copied().unwrap_or_default();
        line.split_once([':', '：'])
            .is_some_and(|(label, _)| known.contains(&label.trim().trim_matches('*')))
    };
    label(0, SENDER) && label(1, DATE) && (label(2, OTHER) || label(3, OTHER))
}

/// True where the lines begin with the one above quoted lines that says who wrote them and when, or with the first half
/// of it: long ones are broken.
fn is_attribution(lines: &[&str]) -> bool {
    let line = lines.first().copied().unwrap_or_default().trim();
    let next = lines.get(1).copied().unwrap_or_default().trim();
    is_whole_attribution(line) || is_broken_attribution(line, next)
}

/// True for the second half of such a line.
fn ends_attribution(lines: &[&str]) -> bool {
    matches!(lines, [.., line, next] if is_broken_attribution(line.trim(), next.trim()))
}

fn is_broken_attribution(line: &str, next: &str) -> bool {
    line.starts_with("On ") && dated(line) && next.ends_with(" wrote:") && !next.starts_with("On ")
}

fn is_whole_attribution(line: &str) -> bool {
    const ENDS: [&str; 7] = [
        "寫道：",
        "写道：",
        "寫道:",
        "写道:",
        " a écrit :",
        " a écrit\u{a0}:",
        " escribió:",
    ];
    let english = line.starts_with("On ") && line.ends_with(" wrote:");
    let german = line.starts_with("Am ") && line.contains(" schrieb") && line.ends_with(':');
    dated(line) && (english || german || ENDS.iter().any(|end| line.ends_with(end)))
}

fn dated(line: &str) -> bool {
    line.chars().any(|c| c.is_ascii_digit())
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

    #[test]
    fn what_other_programs_put_below_an_answer_is_quoted() {
        let kinds = |body: &str| {
            stretches(body)
                .iter()
                .map(|s| (s.kind, s.first))
                .collect::<Vec<_>>()
        };
        let quoted = |at| vec![(BlockKind::Paragraph, 1), (BlockKind::Quote, at)];
        assert_eq!(
            kinds("Yes.\n\nOn Thu, 1 Jan 2026, Ada wrote:\n> tea?\n"),
            quoted(3)
        );
        let broken = "Yes.\n\nOn Thu, 1 Jan 2026 at 10:00, Ada Lin\n<ada@example.org> wrote:\n> tea?\n";
        assert_eq!(kinds(broken), quoted(3));
        assert_eq!(
            kinds("Ja.\n\nAm 1. Januar 2026 schrieb Ada:\n> Tee?\n"),
            quoted(3)
        );
        assert_eq!(
            kinds("FYI\n\n---------- Forwarded message ---------\ntea?\n"),
            quoted(3)
        );
        assert_eq!(kinds("好。\n\nAda 於 2026年1月1日 寫道：\n> 茶？\n"), quoted(3));
        assert_eq!(kinds("好。\n\n在 2026-01-01，Ada 写道：\n> 茶？\n"), quoted(3));
        assert_eq!(kinds("Yes.\n-----Original Message-----\ntea?\n"), quoted(2));
        assert_eq!(
            kinds("好。\n------------------ 原始邮件 ------------------\n茶？\n"),
            quoted(2)
        );
        for block in [
            "From: Ada\nSent: Thursday\nTo: Bo\nSubject: tea\n",
            "*From:* Ada\n*Date:* Thursday\n*Subject:* tea\n",
            "寄件者：Ada\n寄件日期：2026年1月1日\n收件者：Bo\n主旨：茶\n",
            "发件人：Ada\n发送时间：2026年1月1日\n收件人：Bo\n主题：茶\n",
        ] {
            assert_eq!(kinds(&format!("好。\n{block}tea?\n")), quoted(2), "{block}");
        }
        let signed = "Yes.\n-- \nBo\n\n-----Original Message-----\ntea?\n";
        assert_eq!(
            kinds(signed),
            [
                (BlockKind::Paragraph, 1),
                (BlockKind::Signature, 2),
                (BlockKind::Quote, 5)
            ]
        );
        let own = "On Monday she wrote:\nFrom: here\nTo: there\nSubject: x\nDate: 1\nFrom: a\n---\nfirst\n";
        assert_eq!(kinds(own), [(BlockKind::Paragraph, 1)]);
    }
}
