//! The text of an item: plain where it is kept so, else the page, else what the rich text says.

use std::panic::catch_unwind;

use super::encapsulated;
use super::item::{Props, Value, of_code_page, tag};
use crate::office::{self, OfficeKind};
use crate::{decode, html};

/// Rich text grows by less than this when it is unpacked: two bytes stand for seventeen at most.
const MAX_GROWTH: usize = 9;
/// Longest text that is taken out of rich text.
const MAX_TEXT: usize = 32 << 20;

/// A text and its kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Plain(String),
    Html(String),
}

/// The item's text, and what keeps it from being read.
pub(super) fn of(props: &Props) -> (Option<Body>, Option<String>) {
    if let Some(text) = props.text(tag::BODY) {
        return (Some(Body::Plain(text.into_owned())), None);
    }
    let page = match props.get(tag::HTML) {
        Some(Value::Bytes(bytes) | Value::Narrow(bytes)) => Some(decode_page(props, bytes)),
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    if let Some(page) = page.filter(|page| !page.trim().is_empty()) {
        return (Some(Body::Html(page)), None);
    }
    match props.get(tag::RTF) {
        Some(Value::Bytes(packed)) if !packed.is_empty() => match unpack(packed) {
            Ok(rich) => (of_rich_text(&rich), None),
            Err(why) => (None, Some(why)),
        },
        _ => (None, None),
    }
}

fn decode_page(props: &Props, bytes: &[u8]) -> String {
    if let Some(code_page) = props.number(tag::INTERNET_CODE_PAGE).and_then(of_code_page)
        && let (text, false) = code_page.decode_without_bom_handling(bytes)
    {
        return text.into_owned();
    }
    let decoded = match html::stated_charset(bytes) {
        Some(charset) => decode::decode_labelled(bytes, &charset),
        None => decode::decode(bytes),
    };
    decoded.map_or_else(
        || String::from_utf8_lossy(bytes).into_owned(),
        |decoded| decoded.text.into_owned(),
    )
}

/// Rich text as Outlook packs it (MS-OXRTFCP).
fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let field = |at: usize| {
        let four = packed.get(at..at + 4).and_then(|four| four.try_into().ok());
        four.map(u32::from_le_bytes).map(|number| number as usize)
    };
    let (Some(size), Some(raw_size), true) = (field(0), field(4), packed.len() >= 16) else {
        return Err("its rich text is cut off".to_owned());
    };
    // The library sets memory aside for what is stated.
    if raw_size > packed.len().saturating_mul(MAX_GROWTH) {
        return Err("its rich text is broken: it states a size that it cannot have".to_owned());
    }
    let whole = size.checked_add(4).and_then(|end| packed.get(..end));
    let whole = whole.filter(|whole| whole.len() >= 16).unwrap_or(packed);
    // The library takes the lengths in it at their word.
    let unpacked = catch_unwind(|| compressed_rtf::decompress_rtf(whole));
    let text = unpacked
        .map_err(|_| "its rich text is broken".to_owned())?
        .map_err(|error| format!("its rich text is broken: {}", error.to_string().to_lowercase()))?;
    // Each of its characters is a byte.
    Ok(text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect())
}

fn of_rich_text(rich: &[u8]) -> Option<Body> {
    if let Some(page) = encapsulated::page(rich, MAX_TEXT) {
        return (!page.trim().is_empty()).then_some(Body::Html(page));
    }
    let found = office::extract(OfficeKind::RichText, rich, MAX_TEXT).ok()?;
    let paragraphs: Vec<&str> = found.pieces.iter().map(|piece| piece.text.as_str()).collect();
    let text = paragraphs.join("\n\n");
    (!text.trim().is_empty()).then_some(Body::Plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlook::item::Key;

    fn props(rich: &str) -> Props {
        let mut props = Props::default();
        let packed = compressed_rtf::compress_rtf(rich).expect("packs");
        props.put(Key::Tag(tag::RTF), Value::Bytes(packed));
        props
    }

    #[test]
    fn rich_text_is_read_where_there_is_no_other() {
        let mut props = props(r"{\rtf1\ansi\ansicpg1252 gr\'fcn\par tea}");
        let plain = |text: &str| (Some(Body::Plain(text.to_owned())), None);
        assert_eq!(of(&props), plain("grün\n\ntea"));
        props.put(Key::Tag(tag::BODY), Value::Text("tea".to_owned()));
        assert_eq!(of(&props), plain("tea"));
    }

    #[test]
    fn a_page_in_rich_text_is_a_page() {
        let rich = r"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}tea{\*\htmltag72 </p>}}";
        assert_eq!(
            of(&props(rich)),
            (Some(Body::Html("<p>tea</p>".to_owned())), None)
        );
    }

    #[test]
    fn pages_are_decoded_as_stated() {
        let mut props = Props::default();
        props.put(Key::Tag(tag::INTERNET_CODE_PAGE), Value::Number(950));
        props.put(Key::Tag(tag::HTML), Value::Bytes(b"<p>\xaf\xf9</p>".to_vec()));
        assert_eq!(of(&props).0, Some(Body::Html("<p>茶</p>".to_owned())));
    }

    #[test]
    fn broken_rich_text_is_said() {
        for packed in [
            &b"short"[..],
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x0c\0\0\0\x01\0\0\0LZFu\0\0\0\x01",
            b"\x0d\0\0\0\x09\0\0\0MELA\0\0\0\0x",
        ] {
            let mut props = Props::default();
            props.put(Key::Tag(tag::RTF), Value::Bytes(packed.to_vec()));
            let (body, why) = of(&props);
            assert!(body.is_none() && why.is_some(), "{packed:?}");
        }
    }
}
