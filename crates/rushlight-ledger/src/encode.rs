//! How values stand in columns.

mod lines;

use half::f16;
use rushlight_core::{
    Attachment, Block, BlockKind, ChunkOrigin, DocLink, DocMetadata, Embedding, LinkKind, Locator, PageArea,
    Principal, RecognisedSpan, SkipReason, TextSpan, Timestamp, Warning,
};
use serde::{Deserialize, Serialize};

pub(crate) use self::lines::{lines_from_bytes, lines_to_bytes};
use crate::failure::{Failure, Outcome};

/// A list or record as JSON. These types have no keys that are not strings, so it cannot fail.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain lists and records have a JSON form")
}

/// What [`to_json`] wrote.
pub(crate) fn from_json<T: for<'a> Deserialize<'a>>(column: &'static str, text: &str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| Failure::Malformed(column, error.to_string()))
}

/// A vector as half-precision numbers, little endian.
pub(crate) fn vector_to_bytes(embedding: &Embedding) -> Vec<u8> {
    embedding
        .values()
        .iter()
        .flat_map(|value| f16::from_f32(*value).to_le_bytes())
        .collect()
}

/// What [`vector_to_bytes`] wrote, scaled to unit length. The same bytes give the same vector each time.
pub(crate) fn vector_from_bytes(bytes: &[u8]) -> Outcome<Embedding> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Failure::Malformed(
            "embeddings.vector",
            format!("{} bytes are no whole number of values", bytes.len()),
        ));
    }
    Ok(Embedding::normalized(
        pairs
            .iter()
            .map(|pair| f16::from_le_bytes(*pair).to_f32())
            .collect(),
    )?)
}

#[derive(Serialize, Deserialize)]
struct StoredMetadata {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<StoredAttachment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<StoredLink>,
}

/// An attachment: its name where nothing else is known, as in documents from before more was noted.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredAttachment {
    Named(String),
    Known {
        name: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        behind: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
        /// Code and message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_out: Option<(String, String)>,
    },
}

impl From<Attachment> for StoredAttachment {
    fn from(attachment: Attachment) -> Self {
        if attachment == Attachment::named(attachment.name.as_str()) {
            return Self::Named(attachment.name);
        }
        let Attachment {
            name,
            behind,
            media_type,
            bytes,
            left_out,
        } = attachment;
        Self::Known {
            name,
            behind,
            media_type,
            bytes,
            left_out: left_out.map(|reason| (reason.code, reason.message)),
        }
    }
}

impl From<StoredAttachment> for Attachment {
    fn from(stored: StoredAttachment) -> Self {
        match stored {
            StoredAttachment::Named(name) => Self::named(name),
            StoredAttachment::Known {
                name,
                behind,
                media_type,
                bytes,
                left_out,
            } => Self {
                name,
                behind,
                media_type,
                bytes,
                left_out: left_out.map(|(code, message)| SkipReason { code, message }),
            },
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredLink {
    target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fragment: Option<String>,
    /// A path relative to the document's folder, rather than a name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    path: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    embedded: bool,
}

impl From<DocLink> for StoredLink {
    fn from(link: DocLink) -> Self {
        let DocLink {
            kind,
            target,
            fragment,
            embedded,
        } = link;
        Self {
            target,
            fragment,
            path: kind == LinkKind::Path,
            embedded,
        }
    }
}

impl From<StoredLink> for DocLink {
    fn from(link: StoredLink) -> Self {
        let StoredLink {
            target,
            fragment,
            path,
            embedded,
        } = link;
        Self {
            kind: if path { LinkKind::Path } else { LinkKind::Name },
            target,
            fragment,
            embedded,
        }
    }
}

/// Metadata as JSON.
pub(crate) fn metadata_to_json(metadata: &DocMetadata) -> String {
    let DocMetadata {
        authors,
        recipients,
        tags,
        created,
        language,
        message_id,
        in_reply_to,
        thread_id,
        list,
        attachments,
        aliases,
        links,
    } = metadata.clone();
    to_json(&StoredMetadata {
        authors,
        recipients,
        tags,
        created: created.map(|time| time.0),
        language,
        message_id,
        in_reply_to,
        thread_id,
        list,
        attachments: attachments.into_iter().map(StoredAttachment::from).collect(),
        aliases,
        links: links.into_iter().map(StoredLink::from).collect(),
    })
}

/// What [`metadata_to_json`] wrote.
pub(crate) fn metadata_from_json(text: &str) -> Outcome<DocMetadata> {
    let StoredMetadata {
        authors,
        recipients,
        tags,
        created,
        language,
        message_id,
        in_reply_to,
        thread_id,
        list,
        attachments,
        aliases,
        links,
    } = from_json("documents.metadata", text)?;
    let created = created.map(Timestamp);
    Ok(DocMetadata {
        authors,
        recipients,
        tags,
        created,
        language,
        message_id,
        in_reply_to,
        thread_id,
        list,
        attachments: attachments.into_iter().map(Attachment::from).collect(),
        aliases,
        links: links.into_iter().map(DocLink::from).collect(),
    })
}

/// Warnings as a JSON list of pairs.
pub(crate) fn warnings_to_json(warnings: &[Warning]) -> String {
    to_json(
        &warnings
            .iter()
            .map(|warning| (&warning.code, &warning.message))
            .collect::<Vec<_>>(),
    )
}

/// What [`warnings_to_json`] wrote.
pub(crate) fn warnings_from_json(text: &str) -> Outcome<Vec<Warning>> {
    let pairs: Vec<(String, String)> = from_json("documents.warnings", text)?;
    Ok(pairs
        .into_iter()
        .map(|(code, message)| Warning { code, message })
        .collect())
}

/// An access list as a JSON list, sorted, so that equal lists are equal texts.
pub(crate) fn access_to_json(access: &[Principal]) -> String {
    let mut names: Vec<&str> = access.iter().map(|principal| principal.0.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    to_json(&names)
}

/// What [`access_to_json`] wrote.
pub(crate) fn access_from_json(text: &str) -> Outcome<Vec<Principal>> {
    let names: Vec<String> = from_json("access_sets.principals", text)?;
    Ok(names.into_iter().map(Principal).collect())
}

/// A place as a short text: `w`, `l3-4`, `p1-2`, `m1-9:2.1`, `c2-7:Sheet 1`; pages with areas as
/// `p1-2:1.100.820.900.940,2.100.60.900.75`: page, left, top, right, bottom.
pub(crate) fn locator_to_text(locator: &Locator) -> String {
    match locator {
        Locator::Whole => "w".to_owned(),
        Locator::Lines { first, last } => format!("l{first}-{last}"),
        Locator::Pages { first, last, areas } => {
            let mut text = format!("p{first}-{last}");
            for (between, area) in std::iter::once(':').chain(std::iter::repeat(',')).zip(areas) {
                let PageArea {
                    page,
                    left,
                    top,
                    right,
                    bottom,
                } = area;
                text.push_str(&format!("{between}{page}.{left}.{top}.{right}.{bottom}"));
            }
            text
        }
        Locator::MessagePart { part, first, last } => format!("m{first}-{last}:{part}"),
        Locator::Cells { sheet, first, last } => format!("c{first}-{last}:{sheet}"),
    }
}

/// What [`locator_to_text`] wrote.
pub(crate) fn locator_from_text(text: &str) -> Outcome<Locator> {
    let parse = || -> Option<Locator> {
        if text == "w" {
            return Some(Locator::Whole);
        }
        let kind = text.chars().next()?;
        let rest = text.get(kind.len_utf8()..)?;
        let (numbers, name) = rest
            .split_once(':')
            .map_or((rest, None), |(numbers, name)| (numbers, Some(name)));
        let (first, last) = numbers.split_once('-')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        match (kind, name) {
            ('l', None) => Some(Locator::Lines { first, last }),
            ('p', None) => Some(Locator::pages(first, last)),
            ('p', Some(areas)) => Some(Locator::Pages {
                first,
                last,
                areas: areas.split(',').map(area_from_text).collect::<Option<_>>()?,
            }),
            ('m', Some(part)) => Some(Locator::MessagePart {
                part: part.to_owned(),
                first,
                last,
            }),
            ('c', Some(sheet)) => Some(Locator::Cells {
                sheet: sheet.to_owned(),
                first,
                last,
            }),
            _ => None,
        }
    };
    parse().ok_or_else(|| Failure::Malformed("locator", format!("`{text}` names no place")))
}

fn area_from_text(text: &str) -> Option<PageArea> {
    let mut numbers = text.split('.');
    let area = PageArea {
        page: numbers.next()?.parse().ok()?,
        left: numbers.next()?.parse().ok()?,
        top: numbers.next()?.parse().ok()?,
        right: numbers.next()?.parse().ok()?,
        bottom: numbers.next()?.parse().ok()?,
    };
    numbers.next().is_none().then_some(area)
}

/// Whose words a chunk's are, as a number.
pub(crate) fn origin_to_number(origin: ChunkOrigin) -> i64 {
    match origin {
        ChunkOrigin::Own => 0,
        ChunkOrigin::Quote => 1,
        ChunkOrigin::Signature => 2,
    }
}

fn block_kind_to_text(kind: BlockKind) -> String {
    match kind {
        BlockKind::Heading { level } => format!("h{level}"),
        BlockKind::Paragraph => "p".to_owned(),
        BlockKind::ListItem => "li".to_owned(),
        BlockKind::Quote => "q".to_owned(),
        BlockKind::Code => "code".to_owned(),
        BlockKind::TableHeader => "th".to_owned(),
        BlockKind::TableRow => "tr".to_owned(),
        BlockKind::Metadata => "meta".to_owned(),
        BlockKind::Signature => "sig".to_owned(),
    }
}

fn block_kind_from_text(text: &str) -> Option<BlockKind> {
    Some(match text {
        "p" => BlockKind::Paragraph,
        "li" => BlockKind::ListItem,
        "q" => BlockKind::Quote,
        "code" => BlockKind::Code,
        "th" => BlockKind::TableHeader,
        "tr" => BlockKind::TableRow,
        "meta" => BlockKind::Metadata,
        "sig" => BlockKind::Signature,
        _ => BlockKind::Heading {
            level: text.strip_prefix('h')?.parse().ok()?,
        },
    })
}

/// Blocks as a JSON list of `[kind, start, end, place]`.
pub(crate) fn blocks_to_json(blocks: &[Block]) -> String {
    let rows: Vec<(String, usize, usize, String)> = blocks
        .iter()
        .map(|block| {
            let place = locator_to_text(&block.locator);
            (
                block_kind_to_text(block.kind),
                block.span.start,
                block.span.end,
                place,
            )
        })
        .collect();
    to_json(&rows)
}

/// What [`blocks_to_json`] wrote.
pub(crate) fn blocks_from_json(text: &str) -> Outcome<Vec<Block>> {
    let rows: Vec<(String, usize, usize, String)> = from_json("structures.blocks", text)?;
    rows.into_iter()
        .map(|(kind, start, end, place)| {
            let kind = block_kind_from_text(&kind).ok_or_else(|| {
                Failure::Malformed("structures.blocks", format!("`{kind}` is no kind of block"))
            })?;
            Ok(Block {
                kind,
                span: TextSpan { start, end },
                locator: locator_from_text(&place)?,
            })
        })
        .collect()
}

/// What was recognised as a JSON list of `[start, end, page, confidence]`.
pub(crate) fn recognised_to_json(recognised: &[RecognisedSpan]) -> String {
    let rows: Vec<(usize, usize, u32, u8)> = recognised
        .iter()
        .map(|known| (known.span.start, known.span.end, known.page, known.confidence))
        .collect();
    to_json(&rows)
}

/// What [`recognised_to_json`] wrote.
pub(crate) fn recognised_from_json(text: &str) -> Outcome<Vec<RecognisedSpan>> {
    let rows: Vec<(usize, usize, u32, u8)> = from_json("structures.recognised", text)?;
    Ok(rows
        .into_iter()
        .map(|(start, end, page, confidence)| RecognisedSpan {
            span: TextSpan { start, end },
            page,
            confidence,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn locators() -> impl Strategy<Value = Locator> {
        let numbers = (any::<u32>(), any::<u32>(), ".*");
        let areas = prop::collection::vec(any::<(u32, [u16; 4])>(), 0..4);
        (0..5u8, numbers, areas).prop_map(|(kind, (first, last, name), areas)| match kind {
            0 => Locator::Whole,
            1 => Locator::Lines { first, last },
            2 => Locator::Pages {
                first,
                last,
                areas: areas
                    .into_iter()
                    .map(|(page, [left, top, right, bottom])| PageArea {
                        page,
                        left,
                        top,
                        right,
                        bottom,
                    })
                    .collect(),
            },
            3 => Locator::MessagePart {
                part: name,
                first,
                last,
            },
            _ => Locator::Cells {
                sheet: name,
                first,
                last,
            },
        })
    }

    fn kinds() -> impl Strategy<Value = BlockKind> {
        prop_oneof![
            any::<u8>().prop_map(|level| BlockKind::Heading { level }),
            Just(BlockKind::Paragraph),
            Just(BlockKind::ListItem),
            Just(BlockKind::Quote),
            Just(BlockKind::Code),
            Just(BlockKind::TableHeader),
            Just(BlockKind::TableRow),
            Just(BlockKind::Metadata),
            Just(BlockKind::Signature),
        ]
    }

    proptest! {
        #[test]
        fn blocks_and_places_round_trip(parts in prop::collection::vec((kinds(), any::<u16>(), any::<u16>(), locators()), 0..8)) {
            let blocks: Vec<Block> = parts
                .into_iter()
                .map(|(kind, start, length, locator)| {
                    let start = usize::from(start);
                    Block { kind, span: TextSpan { start, end: start + usize::from(length) }, locator }
                })
                .collect();
            prop_assert_eq!(blocks_from_json(&blocks_to_json(&blocks)).expect("own output"), blocks);
        }

        #[test]
        fn any_text_is_a_place_or_an_error(text in ".*") {
            if let Ok(locator) = locator_from_text(&text) {
                let again = locator_from_text(&locator_to_text(&locator)).expect("own output");
                prop_assert_eq!(again, locator);
            }
        }

        #[test]
        fn vectors_lose_precision_once(values in prop::collection::vec(-1.0f32..1.0, 1..64)) {
            prop_assume!(values.iter().any(|value| value.abs() > 1e-3));
            let embedding = Embedding::normalized(values).expect("has a direction");
            let bytes = vector_to_bytes(&embedding);
            let once = vector_from_bytes(&bytes).expect("own output");
            prop_assert!(once.cosine(&embedding) > 0.9999);
            prop_assert_eq!(vector_from_bytes(&bytes).expect("own output"), once);
        }
    }

    #[test]
    fn pages_read_with_areas_and_as_they_were_before_there_were_any() {
        assert_eq!(locator_from_text("p1-2").expect("a place"), Locator::pages(1, 2));
        let area = |page, top, bottom| PageArea {
            page,
            left: 100,
            top,
            right: 900,
            bottom,
        };
        let place = Locator::Pages {
            first: 1,
            last: 2,
            areas: vec![area(1, 820, 940), area(2, 60, 75)],
        };
        let text = "p1-2:1.100.820.900.940,2.100.60.900.75";
        assert_eq!(locator_to_text(&place), text);
        assert_eq!(locator_from_text(text).expect("a place"), place);
        for wrong in ["p1-2:", "p1-2:1.2.3.4", "p1-2:1.2.3.4.5.6", "p1-2:1.2.3.4.70000"] {
            assert!(locator_from_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_round_trips_and_leaves_out_what_is_empty() {
        let metadata = DocMetadata {
            authors: vec!["Ada Lin <ada@example.org>".to_owned()],
            recipients: Vec::new(),
            tags: vec!["茶".to_owned()],
            created: Some(Timestamp(-1)),
            language: None,
            message_id: Some("a@b".to_owned()),
            in_reply_to: None,
            thread_id: Some("a@b".to_owned()),
            list: Some("tea.example.org".to_owned()),
            attachments: vec![
                Attachment::named("cup.png"),
                Attachment {
                    name: "seal.bin".to_owned(),
                    behind: "/part:2".to_owned(),
                    media_type: Some("application/octet-stream".to_owned()),
                    bytes: Some(7),
                    left_out: Some(SkipReason {
                        code: "binary".to_owned(),
                        message: "`seal.bin` is not text".to_owned(),
                    }),
                },
            ],
            aliases: vec!["cha".to_owned()],
            links: vec![
                DocLink {
                    kind: LinkKind::Name,
                    target: "Kettle".to_owned(),
                    fragment: Some("^boil".to_owned()),
                    embedded: false,
                },
                DocLink {
                    kind: LinkKind::Path,
                    target: "../cup.png".to_owned(),
                    fragment: None,
                    embedded: true,
                },
            ],
        };
        let json = metadata_to_json(&metadata);
        assert_eq!(
            json,
            r#"{"authors":["Ada Lin <ada@example.org>"],"tags":["茶"],"created":-1,"message_id":"a@b","thread_id":"a@b","list":"tea.example.org","attachments":["cup.png",{"name":"seal.bin","behind":"/part:2","media_type":"application/octet-stream","bytes":7,"left_out":["binary","`seal.bin` is not text"]}],"aliases":["cha"],"links":[{"target":"Kettle","fragment":"^boil"},{"target":"../cup.png","path":true,"embedded":true}]}"#
        );
        assert_eq!(metadata_from_json(&json).expect("own output"), metadata);
        assert_eq!(
            metadata_from_json("{}").expect("all is optional"),
            DocMetadata::default()
        );
    }

    #[test]
    fn access_lists_that_mean_the_same_are_the_same_text() {
        let principal = |name: &str| Principal(name.to_owned());
        let one = access_to_json(&[principal("b"), principal("a"), principal("b")]);
        assert_eq!(one, access_to_json(&[principal("a"), principal("b")]));
    }
}
