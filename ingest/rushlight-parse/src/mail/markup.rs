//! What mail programs mark in the pages they write: the mail that is answered, and signatures.

use scraper::node::Element;

/// What an element's name, class or style says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// What is in it was written in another mail.
    Quoted,
    /// So was all from here to the page's end: Outlook puts the other mail beside its header, not below it.
    QuotedFromHere,
    /// A signature.
    Signature,
}

/// Classes and ids of what was written in another mail, by program: Gmail, Thunderbird, Apple Mail, Yahoo, Proton Mail,
/// Zoho, Tuta, NetEase (163, 126).
const QUOTED: [&str; 11] = [
    "gmail_quote",
    "gmail_quote_container",
    "moz-cite-prefix",
    "moz-forward-container",
    "applemailquote",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra",
    "tutanota_quote",
    "isreplycontent",
    "ntes-pcmail-quote",
];

/// Ids of what stands above the other mail, by Outlook and its relatives.
const QUOTED_FROM_HERE: [&str; 5] = [
    "divrplyfwdmsg",
    "appendonsend",
    "olk_src_body_section",
    "mail-editor-reference-message-container",
    "ms-outlook-mobile-reference-message",
];

/// Classes and ids of signatures, by the same programs.
const SIGNATURE: [&str; 10] = [
    "gmail_signature",
    "gmail_signature_prefix",
    "moz-signature",
    "applemailsignature",
    "apple-mail-signature",
    "ms-outlook-mobile-signature",
    "signature",
    "protonmail_signature_block",
    "ntes-pcmail-signature",
    "foxmail_signature",
];

/// The line above the other mail's header, as Outlook and Foxmail draw it, without white space and in small letters.
const RULES: [&str; 6] = [
    "border-top:solid#e1e1e11.0pt",
    "border-top:solid#b5c4df1.0pt",
    "border-top:1ptsolidrgb(225,225,225)",
    "border-top:1ptsolidrgb(181,196,223)",
    "border-style:solidnonenone;border-color:rgb(225,225,225)",
    "border-style:solidnonenone;border-color:rgb(181,196,223)",
];

/// What the element is marked as; `None` for most.
pub(crate) fn mark(element: &Element) -> Option<Mark> {
    match element.name() {
        "blockquote"
            if element
                .attr("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("cite")) =>
        {
            return Some(Mark::Quoted);
        }
        // QQ Mail's own element.
        "includetail" => return Some(Mark::Quoted),
        _ => {}
    }
    let id = element.attr("id").into_iter();
    let classes = element.attr("class").unwrap_or_default().split_ascii_whitespace();
    let named = id.chain(classes).find_map(of_name);
    named.or_else(|| {
        let style: String = element
            .attr("style")?
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect();
        RULES
            .iter()
            .any(|rule| style.contains(rule))
            .then_some(Mark::QuotedFromHere)
    })
}

fn of_name(name: &str) -> Option<Mark> {
    let mut name = name.to_ascii_lowercase();
    // Outlook on the web puts this before the names in what it quotes, once for each time.
    while let Some(rest) = name.strip_prefix("x_") {
        name = rest.to_owned();
    }
    let name = name.as_str();
    if QUOTED_FROM_HERE.contains(&name) {
        Some(Mark::QuotedFromHere)
    } else if QUOTED.contains(&name) || name.starts_with("yahoo_quoted") {
        Some(Mark::Quoted)
    } else if SIGNATURE.contains(&name) {
        Some(Mark::Signature)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rushlight_core::BlockKind;

    use crate::html::{self, Origin, Page};
    use crate::mail::body;

    /// The page's stretches, a line each: `p`aragraph, `q`uote, `s`ignature, `l`ist item, and the text.
    fn check(source: &str, expected: &[&str]) {
        let page = Page::from(html::extract(source, Origin::Mail, 1 << 20));
        let got: Vec<String> = body::of_page(&page.text, &page.blocks)
            .iter()
            .map(|stretch| {
                let kind = match stretch.kind {
                    BlockKind::Quote => 'q',
                    BlockKind::Signature => 's',
                    BlockKind::ListItem => 'l',
                    _ => 'p',
                };
                format!("{kind} {}", stretch.text.replace('\n', "/"))
            })
            .collect();
        assert_eq!(got, expected, "{source}");
    }

    #[test]
    fn gmail() {
        check(
            "<div dir=ltr>Ten is fine.<ul><li>tea<li>cake</ul><div class=gmail_signature>Ada<br>Taipei</div></div><br>\
             <div class='gmail_quote gmail_quote_container'><div dir=ltr class=gmail_attr>On Thu, 1 Jan 2026, Bo &lt;<a href=x>bo@example.org</a>&gt; wrote:<br></div>\
             <blockquote class=gmail_quote style='margin:0'><p>When?<ul><li>at ten<li>at two</ul><div class=gmail_signature>Bo</div></blockquote></div>",
            &[
                "p Ten is fine.",
                "l tea",
                "l cake",
                "s Ada/Taipei",
                "q On Thu, 1 Jan 2026, Bo <bo@example.org> wrote:",
                "q When?",
                "q at ten",
                "q at two",
                "q Bo",
            ],
        );
    }

    #[test]
    fn outlook() {
        let rest = "<p><b>Von:</b> Bo<br><b>Gesendet:</b> Montag</p></div></div><p>When?</p><table><tr><td>a<td>b</table>";
        for rule in [
            "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm",
            "border: none; border-top: solid #B5C4DF 1.0pt",
            "border-width: 1pt medium medium; border-style: solid none none; border-color: rgb(225, 225, 225) currentcolor",
        ] {
            check(
                &format!("<p class=MsoNormal>Ten is fine.</p><div><div style='{rule}'>{rest}"),
                &[
                    "p Ten is fine.",
                    "q Von: Bo/Gesendet: Montag",
                    "q When?",
                    "q a | b",
                ],
            );
        }
        check(
            "<div>Ten.</div><div id=Signature><p>Ada</p></div><div id=appendonsend></div><hr>\
             <div id=x_divRplyFwdMsg><b>From:</b> Bo<br></div><div>When?</div>",
            &["p Ten.", "s Ada", "q From: Bo", "q When?"],
        );
    }

    #[test]
    fn apple_thunderbird_and_yahoo() {
        check(
            "<body>Ten.<br><div id=AppleMailSignature>Ada</div><div><blockquote type=cite><div>On Jan 1, 2026, at 10:00, Bo wrote:</div><br><div>When?</div></blockquote></div>And tea.",
            &[
                "p Ten.",
                "s Ada",
                "q On Jan 1, 2026, at 10:00, Bo wrote:",
                "q When?",
                "p And tea.",
            ],
        );
        check(
            "<div class=moz-cite-prefix>Le 01/01/2026 \u{e0} 10:00, Bo a \u{e9}crit&nbsp;:</div><blockquote type=cite cite=x><pre>When?\n  Where?</pre></blockquote>\
             <p>Ten.</p><pre class=moz-signature>-- \nAda</pre>",
            &[
                "q Le 01/01/2026 \u{e0} 10:00, Bo a \u{e9}crit\u{a0}:",
                "q When?/  Where?",
                "p Ten.",
                "s -- /Ada",
            ],
        );
        check(
            "<div>Ten.</div><div id=yahoo_quoted_123 class=yahoo_quoted><div>On Thursday Bo wrote:</div><div>When?</div></div>",
            &["p Ten.", "q On Thursday Bo wrote:", "q When?"],
        );
    }

    #[test]
    fn chinese_programs() {
        check(
            "<div>十點。</div><div><includetail><div style='font:Verdana'>------------------&nbsp;原始邮件&nbsp;------------------</div>\
             <div style='background:#efefef'><div><b>发件人:</b>&nbsp;\"Bo\"</div></div><div>幾點？</div></includetail></div>",
            &[
                "p 十點。",
                "q ------------------\u{a0}原始邮件\u{a0}------------------",
                "q 发件人:\u{a0}\"Bo\"",
                "q 幾點？",
            ],
        );
        check(
            "<div>十点。</div><div>------------------ 原始邮件 ------------------</div><div>几点？</div>",
            &[
                "p 十点。",
                "q ------------------ 原始邮件 ------------------",
                "q 几点？",
            ],
        );
        check(
            "<div>十点。</div><blockquote><div style='border:none;border-top:solid #B5C4DF 1.0pt'><div><b>发件人：</b>Bo</div></div><div>几点？</div></blockquote>",
            &["p 十点。", "q 发件人：Bo", "q 几点？"],
        );
        check(
            "<div>十点。</div><div>在 2026-01-01 10:00:00，\"Bo\" &lt;bo@example.org&gt; 写道：</div><blockquote id=isReplyContent><div>几点？</div></blockquote>",
            &[
                "p 十点。",
                "q 在 2026-01-01 10:00:00，\"Bo\" <bo@example.org> 写道：",
                "q 几点？",
            ],
        );
        check(
            "<p>十点。<p>发件人：Bo<p>发送时间：2026年1月1日<p>收件人：Ada<p>主题：茶<p>几点？",
            &[
                "p 十点。",
                "q 发件人：Bo",
                "q 发送时间：2026年1月1日",
                "q 收件人：Ada",
                "q 主题：茶",
                "q 几点？",
            ],
        );
    }

    #[test]
    fn a_mark_ends_the_row_it_stands_in() {
        check(
            "<table><tr><td>Ten.<br>Or two.<div class=gmail_quote><p>When?<p>Where?</div>Bye.<td>x</table>",
            &["p Ten. Or two.", "q When?", "q Where?", "p Bye. | x"],
        );
    }
}
