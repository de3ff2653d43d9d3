//! Where any stretch of a document stands in its original, asked when it is to be shown.

use rushlight_core::{
    Answer, Citation, ContentHash, DocId, Error, ErrorCode, Locator, PlacedLine, Principal, Result, TextSpan,
};
use rushlight_ingest::place_of;

use crate::engine::{Engine, Shared};

impl Engine {
    /// Where `span` of a document stands, as finely as is known, and the version of the document.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `InvalidRequest` when the span is empty, lies
    /// outside the text or inside a character; `LedgerFailed`.
    pub fn place(
        &self,
        doc: DocId,
        principals: &[Principal],
        span: TextSpan,
    ) -> Result<(Locator, ContentHash)> {
        let document = self.document(doc, principals)?;
        if span.of(&document.text).is_none_or(str::is_empty) {
            return Err(Error::new(
                ErrorCode::InvalidRequest,
                format!(
                    "there is no text from byte {} to {} of document {doc}, which has {}",
                    span.start,
                    span.end,
                    document.text.len()
                ),
            ));
        }
        let place = place_of(&document.text, &document.blocks, &document.lines, span);
        Ok((place, document.summary.content_hash))
    }
}

impl Shared {
    /// Gives citations of pages the places of their quotes; they come with those of their chunks, which hold more. What
    /// the ledger does not know (any more) stays as it is.
    pub(crate) fn narrow(&self, answer: &mut Answer) {
        let mut known: Option<(DocId, ContentHash, Vec<PlacedLine>)> = None;
        for citation in &mut answer.citations {
            if !matches!(citation.locator, Locator::Pages { .. }) {
                continue;
            }
            let Citation {
                doc_id, content_hash, ..
            } = *citation;
            if known
                .as_ref()
                .is_none_or(|(doc, version, _)| (*doc, *version) != (doc_id, content_hash))
            {
                let lines = self.ledger.document_lines(doc_id, content_hash);
                known = Some((doc_id, content_hash, lines.unwrap_or_default()));
            }
            if let Some((_, _, lines)) = &known {
                let place = std::mem::replace(&mut citation.locator, Locator::Whole);
                citation.locator = place.within(lines, citation.span);
            }
        }
    }
}
