//! Jupyter notebooks: the cells in their order, with what they printed.

use rushlight_core::{Block, BlockKind, DocMetadata, Locator, Warning};
use serde_json::Value;

use crate::build::TextBuilder;
use crate::markdown;

/// Longest output of a cell that is kept, in bytes: a loop may print for hours.
const MAX_OUTPUT: usize = 20_000;

/// A notebook, read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Notebook {
    pub(crate) title: Option<String>,
    pub(crate) metadata: DocMetadata,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) warnings: Vec<Warning>,
}

/// The notebook in `source`; `None` when it is none.
pub(crate) fn parse(source: &str) -> Option<Notebook> {
    let root: Value = serde_json::from_str(source).ok()?;
    // Version 3 and before have sheets, of which there was ever one.
    let cells = root
        .get("cells")
        .or_else(|| root.pointer("/worksheets/0/cells"))?
        .as_array()?;
    let mut reader = Reader::default();
    for cell in cells {
        reader.cell(cell);
    }
    let (text, blocks) = reader.builder.finish();
    let mut warnings = Vec::new();
    if reader.pictures > 0 {
        warnings.push(Warning {
            code: "part_not_read".to_owned(),
            message: format!("its pictures ({}) are not searchable", reader.pictures),
        });
    }
    if reader.cut > 0 {
        warnings.push(Warning {
            code: "text_truncated".to_owned(),
            message: format!(
                "long outputs ({}) are left out after {MAX_OUTPUT} bytes",
                reader.cut
            ),
        });
    }
    let mut metadata = reader.metadata;
    let authors = root.pointer("/metadata/authors").and_then(Value::as_array);
    metadata.authors = authors
        .into_iter()
        .flatten()
        .filter_map(|author| author.get("name")?.as_str().map(str::to_owned))
        .collect();
    let stated = root.pointer("/metadata/title").and_then(Value::as_str);
    Some(Notebook {
        title: stated.map(str::to_owned).or(reader.title),
        metadata,
        text,
        blocks,
        warnings,
    })
}

#[derive(Default)]
struct Reader {
    builder: TextBuilder,
    title: Option<String>,
    metadata: DocMetadata,
    pictures: usize,
    cut: usize,
}

impl Reader {
    fn cell(&mut self, cell: &Value) {
        let source = lines(cell.get("source").or_else(|| cell.get("input")));
        match cell.get("cell_type").and_then(Value::as_str) {
            Some("markdown") => {
                let found = markdown::parse(&source);
                for block in &found.blocks {
                    let text = block.span.of(&source).unwrap_or_default();
                    self.builder.push(block.kind, text, Locator::Whole);
                }
                for tag in &found.metadata.tags {
                    crate::tags::add(tag, &mut self.metadata.tags);
                }
                self.title = self.title.take().or(found.title);
            }
            Some("heading") => {
                let level = cell.get("level").and_then(Value::as_u64).unwrap_or(1).clamp(1, 6);
                let kind = BlockKind::Heading { level: level as u8 };
                self.builder.push(kind, &source, Locator::Whole);
                self.title.get_or_insert(source);
            }
            Some("code") => {
                self.builder.push(BlockKind::Code, &source, Locator::Whole);
                let outputs = cell.get("outputs").and_then(Value::as_array);
                outputs
                    .into_iter()
                    .flatten()
                    .for_each(|output| self.output(output));
            }
            _ => {
                self.builder.push(BlockKind::Paragraph, &source, Locator::Whole);
            }
        }
    }

    /// What a cell printed: a stream, a value in text form, or an error.
    fn output(&mut self, output: &Value) {
        let data = output.get("data").unwrap_or(output);
        let is_picture =
            |kind: &String| kind.starts_with("image/") || matches!(kind.as_str(), "png" | "jpeg" | "svg");
        self.pictures += usize::from(data.as_object().is_some_and(|data| data.keys().any(is_picture)));
        let text = match output.get("output_type").and_then(Value::as_str) {
            Some("error" | "pyerr") => {
                let part = |name| output.get(name).and_then(Value::as_str).unwrap_or_default();
                format!("{}: {}", part("ename"), part("evalue"))
            }
            _ => lines(data.get("text/plain").or_else(|| data.get("text"))),
        };
        let mut end = text.len().min(MAX_OUTPUT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.cut += usize::from(end < text.len());
        self.builder.push(BlockKind::Code, &text[..end], Locator::Whole);
    }
}

/// A text, whole or as a list of lines.
fn lines(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;
    use crate::parsers::check_blocks;

    #[test]
    fn cells_and_what_they_printed() {
        let source = r##"{"nbformat": 4, "metadata": {"authors": [{"name": "Ada Lin"}]}, "cells": [
            {"cell_type": "markdown", "source": ["# 茶 prices\n", "\n", "All of them. #tea"]},
            {"cell_type": "code", "source": "print(sum(prices))", "outputs": [
                {"output_type": "stream", "text": ["12\n", "13\n"]},
                {"output_type": "display_data", "data": {"image/png": "aGk=", "text/plain": "<Figure>"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "no tea"}]},
            {"cell_type": "raw", "source": "a note"}]}"##;
        let found = parse(source).expect("a notebook");
        check_blocks(&found.text, &found.blocks).expect("sound");
        let mut out = format!(
            "{:?} {:?} {:?} {:?}\n",
            found.title, found.metadata.authors, found.metadata.tags, found.warnings[0].message
        );
        for block in &found.blocks {
            out.push_str(&format!(
                "{:?} {:?}\n",
                block.kind,
                block.span.of(&found.text).expect("in text")
            ));
        }
        expect![[r##"
            Some("茶 prices") ["Ada Lin"] ["tea"] "its pictures (1) are not searchable"
            Heading { level: 1 } "# 茶 prices"
            Paragraph "All of them. #tea"
            Code "print(sum(prices))"
            Code "12\n13"
            Code "<Figure>"
            Code "ValueError: no tea"
            Paragraph "a note"
        "##]]
        .assert_eq(&out);
    }

    #[test]
    fn what_is_no_notebook_is_left_to_others() {
        assert_eq!(parse("{\"cells\": 3}"), None);
        assert_eq!(parse("{"), None);
    }

    #[test]
    fn long_outputs_are_cut_and_said() {
        let long = "茶".repeat(MAX_OUTPUT);
        let source = serde_json::json!({"cells": [{"cell_type": "code", "source": "x",
            "outputs": [{"output_type": "stream", "text": long}]}]});
        let found = parse(&source.to_string()).expect("a notebook");
        assert!(found.text.len() <= MAX_OUTPUT + 10);
        assert_eq!(found.warnings[0].code, "text_truncated");
    }

    proptest! {
        #[test]
        fn any_cell_is_covered(source in any::<String>(), kind in "markdown|code|raw|heading") {
            let notebook = serde_json::json!({"cells": [{"cell_type": kind, "source": source}]});
            let found = parse(&notebook.to_string()).expect("a notebook");
            check_blocks(&found.text, &found.blocks)?;
        }
    }
}
