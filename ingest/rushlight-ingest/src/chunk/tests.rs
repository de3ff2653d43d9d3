use expect_test::{Expect, expect};
use proptest::prelude::*;
use rushlight_core::{ContentHash, DocMetadata, DocumentKind};
use unicode_segmentation::UnicodeSegmentation;

use super::*;

/// Tokens like those of a SentencePiece model: at most four letters of a word, or one character of another kind; white
/// space belongs to the token behind it.
struct Letters;

impl TokenCounter for Letters {
    fn id(&self) -> &str {
        "letters"
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut run = 0;
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            if character.is_whitespace() {
                run = 0;
            } else if character.is_ascii_alphanumeric() {
                match run {
                    1..4 => *ends.last_mut().expect("a run has begun") = end,
                    _ => {
                        ends.push(end);
                        run = 0;
                    }
                }
                run += 1;
            } else {
                ends.push(end);
                run = 0;
            }
        }
        ends
    }
}

fn document(parts: &[(BlockKind, &str)]) -> ParsedDocument {
    let mut text = String::new();
    let mut blocks = Vec::new();
    let mut line = 1;
    for (kind, part) in parts {
        let start = text.len();
        text.push_str(part);
        let last = line + part.matches('\n').count() as u32;
        let locator = Locator::Lines { first: line, last };
        blocks.push(Block {
            kind: *kind,
            span: TextSpan::new(start, text.len()),
            locator,
        });
        text.push_str("\n\n");
        line = last + 2;
    }
    ParsedDocument {
        part: String::new(),
        part_key: String::new(),
        content_hash: ContentHash([0; 32]),
        kind: DocumentKind::Note,
        media_type: "text/markdown".to_owned(),
        title: "title".to_owned(),
        metadata: DocMetadata::default(),
        text,
        blocks,
        lines: Vec::new(),
        recognised: Vec::new(),
        pages: None,
        unreadable_pages: Vec::new(),
        warnings: Vec::new(),
    }
}

fn small() -> ChunkOptions {
    ChunkOptions {
        target_tokens: 12,
        max_tokens: 16,
        min_tokens: 4,
    }
}

fn check(parts: &[(BlockKind, &str)], expected: Expect) {
    let document = document(parts);
    let lines: Vec<String> = chunk(&document, &Letters, &small())
        .iter()
        .map(|draft| {
            let Locator::Lines { first, last } = draft.locator else {
                panic!("lines are expected")
            };
            let path = draft.heading_path.join(" > ");
            format!(
                "{first}-{last} [{path}] {}: {:?}",
                draft.token_count,
                &document.text[draft.span.range()]
            )
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn quotations_and_signatures_of_mail_have_chunks_of_their_own() {
    let mut mail = document(&[
        (BlockKind::Metadata, "From: Ada"),
        (BlockKind::Paragraph, "Yes."),
        (BlockKind::Quote, "> tea?"),
        (BlockKind::Quote, "> cake?"),
        (BlockKind::Paragraph, "No."),
        (BlockKind::Signature, "-- \nAda"),
    ]);
    let cut = |mail: &ParsedDocument| -> Vec<(ChunkOrigin, String)> {
        chunk(mail, &Letters, &small())
            .iter()
            .map(|draft| (draft.origin, mail.text[draft.span.range()].replace('\n', " ")))
            .collect()
    };
    assert_eq!(cut(&mail).len(), 2, "in a note they are part of the text");
    mail.kind = DocumentKind::Mail;
    let expected = [
        (ChunkOrigin::Own, "From: Ada  Yes."),
        (ChunkOrigin::Quote, "> tea?  > cake?"),
        (ChunkOrigin::Own, "No."),
        (ChunkOrigin::Signature, "--  Ada"),
    ];
    assert_eq!(
        cut(&mail),
        expected.map(|(origin, text)| (origin, text.to_owned()))
    );
}

const H1: BlockKind = BlockKind::Heading { level: 1 };
const H2: BlockKind = BlockKind::Heading { level: 2 };

#[test]
fn headings_begin_chunks_and_stay_with_their_text() {
    check(
        &[
            (H1, "Tea"),
            (BlockKind::Paragraph, "Water of ninety degrees, not more."),
            (H2, "Oolong"),
            (BlockKind::Paragraph, "Half fermented. From the mountains."),
            (H2, "Green"),
            (BlockKind::Paragraph, "Not fermented."),
        ],
        expect![[r#"
            1-3 [] 12: "Tea\n\nWater of ninety degrees, not more."
            5-7 [Tea] 13: "Oolong\n\nHalf fermented. From the mountains."
            9-11 [Tea] 7: "Green\n\nNot fermented.""#]],
    );
}

#[test]
fn long_chinese_paragraphs_are_cut_at_sentences_with_exact_lines() {
    check(
        &[(
            BlockKind::Paragraph,
            "水要九十度，不要更高。他說：「太燙了！」\n茶葉半發酵；來自山上。好喝嗎？好喝。",
        )],
        expect![[r#"
            1-1 [] 11: "水要九十度，不要更高。"
            1-1 [] 9: "他說：「太燙了！」"
            2-2 [] 11: "茶葉半發酵；來自山上。"
            2-2 [] 7: "好喝嗎？好喝。""#]],
    );
}

#[test]
fn tables_keep_rows_whole_and_the_header_with_a_row() {
    let row = |text| (BlockKind::TableRow, text);
    check(
        &[
            (BlockKind::Paragraph, "Prices of this year follow."),
            (BlockKind::TableHeader, "name | price"),
            row("oolong | 12"),
            row("green | 7"),
            row("black | 5"),
        ],
        expect![[r#"
            1-1 [] 8: "Prices of this year follow."
            3-7 [] 12: "name | price\n\noolong | 12\n\ngreen | 7"
            9-9 [] 4: "black | 5""#]],
    );
}

#[test]
fn code_is_cut_at_lines_and_words_only_where_it_must_be() {
    check(
        &[(BlockKind::Code, "let a = 1;\nlet b = 2;\nlet c = 3;\nlet d = 4;")],
        expect![[r#"
            1-2 [] 10: "let a = 1;\nlet b = 2;"
            3-4 [] 10: "let c = 3;\nlet d = 4;""#]],
    );
}

#[test]
fn the_chunkers_identity_names_options_and_tokenizer() {
    assert_eq!(ChunkOptions::default().id(&Letters), "v3-60-220-320-letters");
}

#[test]
fn text_without_blocks_is_chunked_nonetheless() {
    let mut document = document(&[(BlockKind::Paragraph, "Tea at four.")]);
    document.blocks.clear();
    let drafts = chunk(&document, &Letters, &small());
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].locator, Locator::Whole);
}

#[test]
fn a_long_line_of_anything_is_cut_in_reasonable_steps() {
    for unit in [
        "a",
        "茶",
        "word ",
        "🇹🇼",
        "👩‍👩‍👧‍👦",
        "e\u{301}",
        "\u{301}",
        "。",
        "\u{600}",
    ] {
        let text = unit.repeat(300_000 / unit.len());
        let document = document(&[(BlockKind::Paragraph, &text)]);
        check_invariants(&document, &ChunkOptions::default());
    }
}

fn check_invariants(document: &ParsedDocument, options: &ChunkOptions) {
    let drafts = chunk(document, &Letters, options);
    let text = document.text.as_str();
    let mut end = 0;
    for draft in &drafts {
        let slice = draft.span.of(text).expect("on character boundaries");
        assert!(draft.span.start >= end, "in order and not overlapping");
        assert!(
            text[end..draft.span.start].chars().all(char::is_whitespace),
            "nothing but white space is left out"
        );
        assert!(!slice.trim().is_empty(), "a chunk has text");
        let count = Letters.count(slice);
        assert_eq!(draft.token_count as usize, count);
        assert!(
            count <= options.max_tokens || slice.chars().count() == 1,
            "{count} tokens: {slice:?}"
        );
        if let Locator::Lines { first, last } = draft.locator {
            let line = |at: usize| text[..at].matches('\n').count() as u32 + 1;
            assert_eq!(
                (first, last),
                (line(draft.span.start), line(draft.span.end)),
                "{slice:?}"
            );
        }
        end = draft.span.end;
    }
    assert!(
        text[end..].chars().all(char::is_whitespace),
        "nothing but white space is left out at the end"
    );
}

fn kinds() -> impl Strategy<Value = BlockKind> {
    prop::sample::select(vec![
        H1,
        H2,
        BlockKind::Paragraph,
        BlockKind::ListItem,
        BlockKind::Quote,
        BlockKind::Code,
        BlockKind::TableHeader,
        BlockKind::TableRow,
        BlockKind::Metadata,
    ])
}

fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "tea ",
        "water, ",
        "sentence. ",
        "茶",
        "水溫九十度。",
        "「好。」",
        "；",
        "……",
        "\n",
        "\r\n",
        "👩‍👩‍👧‍👦",
        "🇹🇼",
        "e\u{301}",
        " \u{301}",
        "\u{200d}",
        "\u{3000}",
        "（",
        "!",
        "\u{600}",
        "각",
        "\u{85}",
    ]);
    prop_oneof![
        3 => prop::collection::vec(pieces, 0..120).prop_map(|pieces| pieces.concat()),
        1 => "\\PC{0,200}",
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_document_is_cut_soundly(
        parts in prop::collection::vec((kinds(), texts()), 0..6),
        max in 1..40usize,
        target in 1..40usize,
        min in 0..20usize,
    ) {
        let parts: Vec<(BlockKind, &str)> = parts.iter().map(|(kind, text)| (*kind, text.trim())).collect();
        let options = ChunkOptions { target_tokens: target, max_tokens: max, min_tokens: min };
        check_invariants(&document(&parts), &options);
    }

    #[test]
    fn graphemes_that_fit_are_not_cut(parts in prop::collection::vec((kinds(), texts()), 1..4), max in 16..40usize) {
        let parts: Vec<(BlockKind, &str)> = parts.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        let document = document(&parts);
        let text = document.text.as_str();
        let long = text.graphemes(true).any(|grapheme| Letters.count(grapheme) > 16);
        prop_assume!(!long);
        let boundaries: std::collections::HashSet<usize> =
            text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
        let options = ChunkOptions { target_tokens: 16, max_tokens: max, min_tokens: 4 };
        for draft in chunk(&document, &Letters, &options) {
            prop_assert!(boundaries.contains(&draft.span.start) && boundaries.contains(&draft.span.end));
        }
    }
}

#[test]
fn a_heading_in_a_path_is_its_words() {
    for (heading, words) in [
        ("## Green  tea ##", "Green tea"),
        ("Green\ntea\n=====", "Green tea"),
        ("# C#", "C#"),
        ("Plain - not", "Plain - not"),
    ] {
        assert_eq!(one_line(heading), words);
    }
}
