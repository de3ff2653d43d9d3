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
    let lines: Vec<&str> = body.split_inclusive('\n').collect();
    let mut original = false;
    for (index, line) in lines.iter().enumerate() {
        number = number.saturating_add(1);
        let text = line.trim_end_matches(['\n', '\r']);
        original |= is_divider(text) || opens_header_block(&lines[index..]);
        signature |= text == "-- ";
        let kind = match text {
            _ if text.trim().is_empty() => None,
            _ if original => Some(BlockKind::Quote),
            _ if signature => Some(BlockKind::Signature),
            _ if text.starts_with('>') || is_attribution(text) => Some(BlockKind::Quote),
            _ => Some(BlockKind::Paragraph),
        };
        match (&open, kind) {
            // A signature is one block, empty lines and all.
            (Some((BlockKind::Signature, ..)), _) if !original => {}
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

/// The line that Outlook and its like put above the mail that is answered; all below it is that mail.
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    let words = line.trim_matches('-').trim();
    line.starts_with("--")
        && line.ends_with("--")
        && ["Original Message", "原始郵件", "原始邮件", "原邮件", "原始訊息"]
            .iter()
            .any(|known| words.eq_ignore_ascii_case(known))
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
    let label = |index: usize, known: &[&str]| {
        let line = lines.get(index).copied().unwrap_or_default();
        line.split_once([':', '：'])
            .is_some_and(|(label, _)| known.contains(&label.trim().trim_matches('*')))
    };
    label(0, SENDER) && label(1, DATE) && (label(2, OTHER) || label(3, OTHER))
}

/// The line above quoted lines that says who wrote them and when.
fn is_attribution(line: &str) -> bool {
    let line = line.trim();
    let dated = line.chars().any(|c| c.is_ascii_digit());
    (line.starts_with("On ") && line.ends_with(" wrote:") && dated)
        || (["寫道：", "写道：", "寫道:", "写道:"]
            .iter()
            .any(|end| line.ends_with(end))
            && dated)
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
