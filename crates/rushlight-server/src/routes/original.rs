//! What a document was made from, as a file: bytes of strangers, which no browser may take for a page of ours.

use std::convert::Infallible;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use futures::{Stream, stream};
use rushlight_api as api;
use rushlight_core::{Error, ErrorCode, Original, OriginalHolds, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::App;
use crate::auth::principals;
use crate::error::Reply;
use crate::extract::{Params, PathId};
use crate::limits::Permit;

/// Originals in memory at once: each is read whole, because its hash is compared before a byte of it is sent.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Bytes handed on at once.
const PIECE: usize = 256 * 1024;

/// What may be shown where it is, and not only saved. No type in it can hold a script that a browser runs, SVG and HTML
/// never belong here.
const SHOWN: [&str; 4] = ["application/pdf", "image/jpeg", "image/png", "image/webp"];
/// Should a browser show what it is to save: without scripts, without an origin, with nothing loaded.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
/// Whether the bytes are the document's own, or those of a file that holds it.
const HOLDS: HeaderName = HeaderName::from_static("rushlight-original");

pub(crate) async fn original(
    State(app): State<App>,
    Extension(permit): Extension<Permit>,
    id: PathId,
    Params(query): Params<api::OriginalQuery>,
) -> Reply<(HeaderMap, Body)> {
    let api::OriginalQuery { show } = query.check()?;
    let doc = id.document()?;
    let turn = AT_ONCE
        .acquire()
        .await
        .map_err(|_| Error::new(ErrorCode::Internal, "originals are no longer handed out"))?;
    let original = app.service.original(doc, principals()).await?;
    let headers = headers(&original, show == 1)?;
    Ok((
        headers,
        Body::from_stream(pieces(original.bytes.into(), (turn, permit))),
    ))
}

/// The bytes piece by piece, so that the turn is kept until the last of them is taken.
fn pieces(
    bytes: Bytes,
    turn: (SemaphorePermit<'static>, Permit),
) -> impl Stream<Item = std::result::Result<Bytes, Infallible>> {
    stream::unfold((bytes, turn), async |(mut rest, turn)| {
        (!rest.is_empty()).then(|| (Ok(rest.split_to(rest.len().min(PIECE))), (rest, turn)))
    })
}

fn headers(original: &Original, show: bool) -> Result<HeaderMap> {
    let shown = original
        .media_type
        .as_deref()
        .and_then(|own| SHOWN.into_iter().find(|shown| *shown == own));
    let disposition = match shown {
        Some(_) if show => "inline",
        _ => "attachment",
    };
    let holds = match original.holds {
        OriginalHolds::Document => "document",
        OriginalHolds::File => "file",
    };
    let disposition = HeaderValue::try_from(format!("{disposition}; {}", file_name(&original.name)))
        .map_err(|cause| Error::new(ErrorCode::Internal, "a file name is no header").with_source(cause))?;
    Ok(HeaderMap::from_iter([
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(shown.unwrap_or("application/octet-stream")),
        ),
        (header::CONTENT_LENGTH, original.bytes.len().into()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::ACCEPT_RANGES, HeaderValue::from_static("none")),
        (HOLDS, HeaderValue::from_static(holds)),
    ]))
}

/// The file's name as RFC 6266 has it: in ASCII for old programs, then as it is.
fn file_name(name: &str) -> String {
    let name = harmless(name);
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() && c != '%' { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// A name that shows as what it is and is one file wherever it is saved: without control characters and those that turn
/// or hide text, without what parts folders, without dots and spaces at its ends, of at most 120 characters.
fn harmless(name: &str) -> String {
    const MOST: usize = 120;
    let clean: String = name
        .chars()
        .filter(|c| !c.is_control() && !is_unseen(*c))
        .map(|c| match c {
            '/' | '\\' | '"' | '<' | '>' | ':' | '|' | '?' | '*' => '_',
            c => c,
        })
        .collect();
    let clean = clean.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if clean.is_empty() {
        return "document".to_owned();
    }
    let length = clean.chars().count();
    if length <= MOST {
        return clean.to_owned();
    }
    // The ending says what it is, and stays.
    let ending = clean.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = if ending.len() <= 8 { ending } else { "" };
    let stem: String = clean.chars().take(MOST - ending.len() - 1).collect();
    format!("{stem}.{ending}").trim_end_matches('.').to_owned()
}

/// Characters that turn, part or hide what stands beside them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, media_type: Option<&str>) -> Original {
        Original {
            name: name.to_owned(),
            media_type: media_type.map(str::to_owned),
            bytes: b"bytes".to_vec(),
            holds: OriginalHolds::Document,
        }
    }

    #[test]
    fn only_a_few_types_are_shown_and_only_when_asked() {
        for shown in SHOWN {
            let headers = |show| headers(&of("a", Some(shown)), show).expect("headers");
            assert_eq!(headers(true)[header::CONTENT_TYPE], shown);
            assert!(
                headers(true)[header::CONTENT_DISPOSITION]
                    .as_bytes()
                    .starts_with(b"inline; ")
            );
            assert!(
                headers(false)[header::CONTENT_DISPOSITION]
                    .as_bytes()
                    .starts_with(b"attachment; ")
            );
        }
        for other in [
            Some("text/html"),
            Some("image/svg+xml"),
            Some("application/xhtml+xml"),
            Some("text/xml"),
            Some("image/tiff"),
            Some("text/plain"),
            Some("application/pdf; x=y"),
            Some("APPLICATION/PDF"),
            None,
        ] {
            let headers = headers(&of("a", other), true).expect("headers");
            assert_eq!(
                headers[header::CONTENT_TYPE],
                "application/octet-stream",
                "{other:?}"
            );
            assert!(
                headers[header::CONTENT_DISPOSITION]
                    .as_bytes()
                    .starts_with(b"attachment; ")
            );
        }
    }

    #[test]
    fn a_name_cannot_lie_break_out_or_lead_away() {
        for (name, expected) in [
            ("tea.pdf", "tea.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("a\"; filename=\"b.exe", "a_; filename=_b.exe"),
            ("line\r\nSet-Cookie: a=b", "lineSet-Cookie_ a=b"),
            ("exe.\u{202e}fdp", "exe.fdp"),
            ("two\u{2066}\u{200f}\u{feff}.md", "two.md"),
            ("...", "document"),
            ("\u{7}", "document"),
            (" 出差報銷.md ", "出差報銷.md"),
        ] {
            assert_eq!(harmless(name), expected);
        }
        let long = format!("{}.tar.gz", "長".repeat(400));
        let cut = harmless(&long);
        assert_eq!(cut.chars().count(), 120);
        assert!(cut.ends_with("長.gz"), "{cut}");
        assert_eq!(harmless(&"x".repeat(121)), "x".repeat(119));
    }

    #[test]
    fn a_name_of_any_script_is_one_header() {
        assert_eq!(
            file_name("出差 50%.md"),
            "filename=\"__ 50_.md\"; filename*=UTF-8''%E5%87%BA%E5%B7%AE%2050%25.md"
        );
    }
}
