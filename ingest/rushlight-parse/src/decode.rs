//! Bytes to text: UTF-8, UTF-16, Big5, GB18030 and what else the bytes speak for.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use rushlight_core::Warning;

/// How much of the bytes is looked at to tell the encoding.
const SAMPLE: usize = 1 << 20;

/// Text, and what a person should know of how it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) warnings: Vec<Warning>,
}

/// The text of `bytes`, or `None` when they are no text. A byte order mark is dropped.
pub(crate) fn decode(bytes: &[u8]) -> Option<Decoded<'_>> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return decode_as(&bytes[length..], encoding, None);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return decode_as(bytes, encoding, Some(guessed(encoding)));
    }
    if is_binary(bytes) {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(Decoded {
            text: Cow::Borrowed(text),
            warnings: Vec::new(),
        });
    }
    if let Some(text) = mostly_utf8(bytes) {
        return Some(Decoded {
            text: Cow::Owned(text),
            warnings: vec![charset_broken(UTF_8.name())],
        });
    }
    let encoding = guess(bytes);
    decode_as(bytes, encoding, Some(guessed(encoding)))
}

/// UTF-8 that a few bytes were damaged in. Sequences of UTF-8 do not come about by chance, so where nearly all of the
/// text beyond ASCII is made of them, nothing else is meant.
fn mostly_utf8(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let beyond_ascii = text.chars().filter(|c| !c.is_ascii()).count();
    let broken = text.chars().filter(|c| *c == '\u{fffd}').count();
    (broken * 20 < beyond_ascii).then(|| text.into_owned())
}

/// The text of `bytes` in an encoding that is stated by its name, as in a web page; guessed when there is no such
/// encoding or the bytes contradict it.
pub(crate) fn decode_labelled<'a>(bytes: &'a [u8], label: &str) -> Option<Decoded<'a>> {
    let Some(encoding) = Encoding::for_label(label.as_bytes()) else {
        return decode(bytes);
    };
    if Encoding::for_bom(bytes).is_some() || (encoding != UTF_8 && std::str::from_utf8(bytes).is_ok()) {
        return decode(bytes);
    }
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken {
        decode(bytes)
    } else {
        Some(Decoded {
            text,
            warnings: Vec::new(),
        })
    }
}

fn decode_as<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
    guessed: Option<Warning>,
) -> Option<Decoded<'a>> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let mut warnings: Vec<_> = guessed.into_iter().collect();
    if broken {
        warnings.push(charset_broken(encoding.name()));
    }
    // Marked as text and full of control characters: something else that happens to start so.
    (!text.contains('\0')).then_some(Decoded { text, warnings })
}

/// The warning for bytes that are not valid in their encoding.
pub(crate) fn charset_broken(name: &str) -> Warning {
    Warning {
        code: "charset_broken".to_owned(),
        message: format!("some bytes are not valid {name}; they are shown as \u{fffd}"),
    }
}

fn guessed(encoding: &'static Encoding) -> Warning {
    Warning {
        code: "charset_guessed".to_owned(),
        message: format!("read as {}, which is a guess", encoding.name()),
    }
}

/// True for bytes that are no text in any encoding but UTF-16: a zero byte, or more than a few control characters.
fn is_binary(bytes: &[u8]) -> bool {
    if memchr::memchr(0, bytes).is_some() {
        return true;
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    // Tab to carriage return, substitute (an old end-of-file mark) and escape (terminal colours, ISO-2022-JP) occur in text.
    let control = |b: &&u8| matches!(**b, 0..=8 | 14..=25 | 28..=31 | 127);
    let controls = sample.iter().filter(control).count();
    controls > 2 && controls * 100 > sample.len()
}

/// UTF-16 that bears no mark: every character plausible in one byte order.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    if !bytes.len().is_multiple_of(2) || sample.len() < 8 {
        return None;
    }
    let zeros = memchr::memchr_iter(0, sample).count();
    // The zero byte of an ASCII character comes second in the little-endian order. A few Han characters have one too
    // (U+4E00, the numeral one), so this only says which order to try first: a text of ASCII is plausible in both, a
    // text of Han characters in its own alone.
    let second = memchr::memchr_iter(0, sample).filter(|at| at % 2 == 1).count();
    let candidates = if second * 2 >= zeros {
        [UTF_16LE, UTF_16BE]
    } else {
        [UTF_16BE, UTF_16LE]
    };
    candidates.into_iter().find(|encoding| {
        let (text, broken) = encoding.decode_without_bom_handling(sample);
        // Without a single zero byte there is neither a space nor a line break: only a text of Chinese, and not a short one.
        !broken && (zeros > 0 || sample.len() >= 32) && plausible(&text, zeros > 0)
    })
}

fn plausible(text: &str, has_ascii: bool) -> bool {
    let (mut all, mut good) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        let common = match c {
            '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{24f}' => has_ascii,
            '\u{4e00}'..='\u{9fff}'
            | '\u{3000}'..='\u{30ff}'
            | '\u{ff00}'..='\u{ffef}'
            | '\u{2010}'..='\u{2030}' => true,
            '\u{370}'..='\u{52f}' | '\u{ac00}'..='\u{d7af}' => has_ascii,
            _ => false,
        };
        good += usize::from(common);
    }
    // ASCII read two bytes at a time is all in the range of Han characters too, so without a zero byte
    // the full stop or comma of Chinese must occur.
    good * 100 >= all * 98 && (has_ascii || text.contains(['。', '，', '、']))
}

/// The encoding that bytes which are not UTF-8 speak for.
///
/// The detector knows the world's encodings and errs between Big5 and GB18030 on short text, so between those two the
/// share of everyday characters decides: both put them in a range of their own.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, true);
    let detected = detector.guess(None, Utf8Detection::Deny);
    let undecided = detected == BIG5
        || detected.name().starts_with("GB")
        || detected.is_single_byte()
        || sample.len() < 64;
    if !undecided {
        return detected;
    }
    let big5 = everyday_share(sample, |lead, trail| match lead {
        0xa1..=0xc6 if matches!(trail, 0x40..=0x7e | 0xa1..=0xfe) => Pair::Everyday,
        0x81..=0xfe if matches!(trail, 0x40..=0x7e | 0xa1..=0xfe) => Pair::Rare,
        _ => Pair::None,
    });
    let gb = everyday_share(sample, |lead, trail| match lead {
        0xa1..=0xa3 | 0xb0..=0xd7 if matches!(trail, 0xa1..=0xfe) => Pair::Everyday,
        0x81..=0xfe if matches!(trail, 0x40..=0x7e | 0x80..=0xfe) => Pair::Rare,
        _ => Pair::None,
    });
    match (big5, gb) {
        (b, g) if b.max(g) < 0.85 => detected,
        (b, g) if b > g => BIG5,
        (b, g) if g > b => GB18030,
        _ if detected == BIG5 => BIG5,
        _ => GB18030,
    }
}

enum Pair {
    Everyday,
    Rare,
    None,
}

/// Share of everyday characters among all that are not ASCII, when the bytes are read in pairs.
fn everyday_share(bytes: &[u8], classify: impl Fn(u8, u8) -> Pair) -> f64 {
    let (mut everyday, mut all, mut at) = (0usize, 0usize, 0usize);
    while at < bytes.len() {
        if bytes[at] < 0x80 {
            at += 1;
            continue;
        }
        all += 1;
        let Some(&trail) = bytes.get(at + 1) else { break };
        match classify(bytes[at], trail) {
            Pair::Everyday => everyday += 1,
            Pair::Rare => {}
            Pair::None => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    // Two characters may be chance: "naïve café" must not become Chinese.
    if all < 3 {
        0.0
    } else {
        everyday as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRADITIONAL: &str = "這是一份會議記錄。\n出席的人有王小明、李大同，討論了下半年的預算與人事安排。";
    const SIMPLIFIED: &str = "这是一份会议记录。\n出席的人有王小明、李大同，讨论了下半年的预算与人事安排。";

    fn read(bytes: &[u8]) -> (String, Vec<String>) {
        let decoded = decode(bytes).expect("is text");
        (
            decoded.text.into_owned(),
            decoded.warnings.into_iter().map(|w| w.code).collect(),
        )
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    }

    #[test]
    fn utf8_with_and_without_mark_needs_no_warning() {
        assert_eq!(read(TRADITIONAL.as_bytes()), (TRADITIONAL.to_owned(), vec![]));
        assert_eq!(
            read(format!("\u{feff}{SIMPLIFIED}").as_bytes()),
            (SIMPLIFIED.to_owned(), vec![])
        );
    }

    #[test]
    fn utf16_in_both_orders_with_and_without_mark() {
        for text in [
            TRADITIONAL,
            SIMPLIFIED,
            "Minutes of the meeting\r\nPresent: three\r\n",
            "王小明，你好嗎？我們明天見。再會了朋友",
        ] {
            for big in [false, true] {
                assert_eq!(
                    read(&utf16(&format!("\u{feff}{text}"), big)),
                    (text.to_owned(), vec![])
                );
                assert_eq!(
                    read(&utf16(text, big)),
                    (text.to_owned(), vec!["charset_guessed".to_owned()]),
                    "{big}"
                );
            }
        }
    }

    #[test]
    fn big5_and_gb18030_are_told_apart_down_to_a_short_line() {
        for text in [
            TRADITIONAL,
            "王小明您好",
            "明天開會，請準時。",
            "Agenda: 預算 and 人事",
        ] {
            let (bytes, _, broken) = BIG5.encode(text);
            assert!(!broken, "{text}");
            assert_eq!(read(&bytes).0, text);
        }
        for text in [
            SIMPLIFIED,
            "王小明您好",
            "明天开会，请准时。",
            "Agenda: 预算 and 人事",
        ] {
            let (bytes, _, broken) = GB18030.encode(text);
            assert!(!broken, "{text}");
            assert_eq!(
                read(&bytes),
                (text.to_owned(), vec!["charset_guessed".to_owned()])
            );
        }
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let mut bytes = TRADITIONAL.as_bytes().to_vec();
        bytes.truncate(bytes.len() - 1);
        let (text, warnings) = read(&bytes);
        assert!(
            text.starts_with("這是一份會議記錄") && text.ends_with('\u{fffd}'),
            "{text}"
        );
        assert_eq!(warnings, ["charset_broken"]);
    }

    #[test]
    fn one_word_of_utf16_is_enough() {
        for big in [false, true] {
            assert_eq!(read(&utf16("hello", big)).0, "hello");
        }
    }

    #[test]
    fn western_text_stays_western() {
        let (bytes, _, _) =
            encoding_rs::WINDOWS_1252.encode("Ein naïves Café über der Straße, schön und groß.");
        assert_eq!(read(&bytes).0, "Ein naïves Café über der Straße, schön und groß.");
    }

    #[test]
    fn binary_is_no_text() {
        for bytes in [
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
            b"\x7fELF\x02\x01\x01\0\0\0\0\0",
            b"\x01\x02\x03\x04\x05\x06",
        ] {
            assert_eq!(decode(bytes), None);
        }
    }

    #[test]
    fn a_stated_encoding_is_kept_unless_the_bytes_contradict_it() {
        let (bytes, _, _) = BIG5.encode(TRADITIONAL);
        assert_eq!(decode_labelled(&bytes, "big5").expect("text").text, TRADITIONAL);
        assert_eq!(
            decode_labelled(TRADITIONAL.as_bytes(), "iso-8859-1")
                .expect("text")
                .text,
            TRADITIONAL
        );
        assert_eq!(
            decode_labelled(TRADITIONAL.as_bytes(), "no-such")
                .expect("text")
                .text,
            TRADITIONAL
        );
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Some(decoded) = decode(&bytes) {
                prop_assert!(!decoded.text.contains('\0'));
            }
        }
    }
}
