//! Formats that are text with a structure: notes, tables, program text, notebooks, web pages. Read in the process that comes
//! to them, but for pages that are large or deep.

use rushlight_core::{Block, BlockKind, ContentHash, DocMetadata, DocumentKind, ParsedDocument, Warning};

use crate::decode::{Decoded, decode, decode_labelled};
use crate::detect::{Format, file_name, file_stem};
use crate::html::{self, Origin, Page, PageText};
use crate::notebook::{self, Notebook};
use crate::parsers::{Found, binary, no_text, one_line, promises_text, skip};
use crate::{language, markdown, outline, table, text};

/// Who reads pages, which can be made to exhaust their reader.
pub(crate) trait Pages {
    /// A page's text, and what is to be said of it.
    fn page(&self, source: &str, origin: Origin) -> (Page, Vec<Warning>);
}

/// What a file of a format that is text comes to, or of one that nobody reads. What is neither is said to be no text.
pub(crate) fn read(format: Format, path: &str, bytes: &[u8], hash: ContentHash, pages: &dyn Pages) -> Found {
    if bytes.is_empty() {
        return Found::Skipped(skip("empty", format!("`{}` is empty", file_name(path))));
    }
    match format {
        Format::Unsupported(what) => {
            let name = file_name(path);
            // A known type under a name that promises text is no document of that name.
            let code = if promises_text(path) {
                "binary"
            } else {
                "unsupported"
            };
            Found::Skipped(skip(code, format!("`{name}` is {what}, which is not read")))
        }
        Format::Html => {
            let decoded = match html::stated_charset(bytes) {
                Some(charset) => decode_labelled(bytes, &charset),
                None => decode(bytes),
            };
            let Some(Decoded { text, mut warnings }) = decoded else {
                return binary(path);
            };
            let (page, found) = pages.page(&text, Origin::Web);
            warnings.extend(found);
            web_page(path, page, "text/html", hash, warnings)
        }
        Format::Markdown
        | Format::Text
        | Format::Code
        | Format::Table(_)
        | Format::Outline(_)
        | Format::Notebook => plain(path, decode(bytes), hash, format),
        Format::Mail
        | Format::Emlx
        | Format::Mbox
        | Format::SavedPage
        | Format::Evernote
        | Format::Pdf
        | Format::Office(_)
        | Format::Archive(_)
        | Format::Outlook(_)
        | Format::OutlookStore
        | Format::Picture(_)
        | Format::Calendar(_) => binary(path),
    }
}

/// A page as it was read; without its structure where nothing was `found` by who reads that.
pub(crate) fn page(source: &str, found: Option<PageText>, max_text: usize) -> (Page, Vec<Warning>) {
    let mut warnings = Vec::new();
    let found = found.unwrap_or_else(|| {
        tracing::debug!(bytes = source.len(), "a page is read without its structure");
        warnings.push(unstructured());
        html::strip_tags(source, max_text)
    });
    if found.truncated {
        warnings.push(truncated());
    }
    (Page::from(found), warnings)
}

/// The warning that a page is read as text alone.
pub(crate) fn unstructured() -> Warning {
    Warning {
        code: "structure_not_read".to_owned(),
        message: "the page is too large or too deep; its text is kept without its structure".to_owned(),
    }
}

/// The warning that a page is longer than what is taken of it.
pub(crate) fn truncated() -> Warning {
    Warning {
        code: "text_truncated".to_owned(),
        message: "the text is longer than the limit; its end is left out".to_owned(),
    }
}

/// The document of a page.
pub(crate) fn web_page(
    path: &str,
    page: Page,
    media_type: &str,
    hash: ContentHash,
    warnings: Vec<Warning>,
) -> Found {
    if page.text.is_empty() {
        return no_text(path);
    }
    let kind = DocumentKind::Html;
    let mut document = document(
        path,
        hash,
        kind,
        media_type,
        page.text,
        page.blocks,
        page.metadata,
    );
    let heading = document
        .blocks
        .iter()
        .find(|block| matches!(block.kind, BlockKind::Heading { .. }));
    let heading = heading
        .and_then(|block| block.span.of(&document.text))
        .map(one_line);
    if let Some(title) = page
        .title
        .as_deref()
        .map(one_line)
        .filter(|title| !title.is_empty())
        .or(heading)
    {
        document.title = title;
    }
    document.warnings = warnings;
    Found::Documents(vec![document])
}

/// The document of a text without tags.
pub(crate) fn plain(path: &str, decoded: Option<Decoded<'_>>, hash: ContentHash, format: Format) -> Found {
    let Some(Decoded { text, warnings }) = decoded else {
        return binary(path);
    };
    if format == Format::Notebook
        && let Some(notebook) = notebook::parse(&text)
    {
        return read_notebook(path, notebook, hash, warnings);
    }
    let text = text.into_owned();
    let mut title = None;
    let mut metadata = DocMetadata::default();
    let mut found_warnings = Vec::new();
    let (kind, media_type, blocks) = match format {
        Format::Markdown => {
            let parsed = markdown::parse(&text);
            title = parsed.title;
            metadata = parsed.metadata;
            found_warnings = parsed.warnings;
            (DocumentKind::Note, "text/markdown", parsed.blocks)
        }
        Format::Table(delimiter) => {
            let media_type = if delimiter == Some(b'\t') {
                "text/tab-separated-values"
            } else {
                "text/csv"
            };
            (DocumentKind::Table, media_type, table::rows(&text, delimiter))
        }
        Format::Outline(markup) => {
            let parsed = outline::parse(&text, markup);
            title = parsed.title;
            metadata = parsed.metadata;
            (DocumentKind::Note, markup.media_type(), parsed.blocks)
        }
        Format::Code | Format::Notebook => (
            DocumentKind::Text,
            "text/plain",
            text::paragraphs(&text, BlockKind::Code),
        ),
        _ => (
            DocumentKind::Text,
            "text/plain",
            text::paragraphs(&text, BlockKind::Paragraph),
        ),
    };
    if blocks.is_empty() {
        return no_text(path);
    }
    let mut document = document(path, hash, kind, media_type, text, blocks, metadata);
    set_title(&mut document, title.as_deref());
    document.warnings = warnings;
    document.warnings.extend(found_warnings);
    Found::Documents(vec![document])
}

fn read_notebook(path: &str, notebook: Notebook, hash: ContentHash, warnings: Vec<Warning>) -> Found {
    if notebook.blocks.is_empty() {
        return no_text(path);
    }
    let mut document = document(
        path,
        hash,
        DocumentKind::Note,
        "application/x-ipynb+json",
        notebook.text,
        notebook.blocks,
        notebook.metadata,
    );
    set_title(&mut document, notebook.title.as_deref());
    document.warnings = warnings;
    document.warnings.extend(notebook.warnings);
    Found::Documents(vec![document])
}

/// Names the document so, unless there is nothing in it.
fn set_title(document: &mut ParsedDocument, title: Option<&str>) {
    if let Some(title) = title.map(one_line).filter(|title| !title.is_empty()) {
        document.title = title;
    }
}

/// A document of which nothing is known beside this.
pub(crate) fn document(
    path: &str,
    hash: ContentHash,
    kind: DocumentKind,
    media_type: &str,
    text: String,
    blocks: Vec<Block>,
    mut metadata: DocMetadata,
) -> ParsedDocument {
    if metadata.language.is_none() {
        metadata.language = language::guess(&text);
    }
    ParsedDocument {
        part: String::new(),
        part_key: String::new(),
        content_hash: hash,
        kind,
        media_type: media_type.to_owned(),
        title: file_stem(path).to_owned(),
        metadata,
        text,
        blocks,
        lines: Vec::new(),
        recognised: Vec::new(),
        pages: None,
        unreadable_pages: Vec::new(),
        warnings: Vec::new(),
    }
}
