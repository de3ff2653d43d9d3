//! What a document links to, what links to it, and the conversation that a mail is part of: as the asker may read it.

use std::collections::HashMap;

use rushlight_core::{DocId, DocLink, Principal, Result, TextSpan};
use rushlight_ledger::{LinkTarget, LinkingDocument, ThreadMessage, fold_name};

use crate::context::context_of;
use crate::document::missing;
use crate::engine::Engine;
use crate::resolve::resolve;

/// Mails of a conversation that are named at most.
const THREAD: usize = 500;

/// A link that a document has.
#[derive(Clone, Debug, PartialEq)]
pub struct OutgoingLink {
    /// As it is written.
    pub link: DocLink,
    /// The document it means; `None` when there is none that the asker may read.
    pub document: Option<LinkTarget>,
}

/// A document that links here.
#[derive(Clone, Debug, PartialEq)]
pub struct Backlink {
    /// The document.
    pub document: LinkTarget,
    /// Its first link that means the document asked about.
    pub link: DocLink,
    /// How many of its links do.
    pub links: usize,
    /// Where the link stands in its text, with the sentence around it; `None` where the text does not show it.
    pub span: Option<TextSpan>,
    /// The text there; empty where there is none.
    pub context: String,
}

/// The first of some, and how many there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Backlinks {
    /// By path.
    pub documents: Vec<Backlink>,
    /// All of them.
    pub total: usize,
}

impl Engine {
    /// The links of a document, in order, and the documents they mean.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `LedgerFailed`.
    pub fn links_of(&self, doc: DocId, principals: &[Principal]) -> Result<Vec<OutgoingLink>> {
        let ledger = self.ledger();
        let (from, space) = ledger.link_target(doc, principals)?.ok_or_else(|| missing(doc))?;
        let record = ledger.document(doc)?.ok_or_else(|| missing(doc))?;
        let links = record.metadata.links;
        let targets: Vec<&str> = links.iter().map(|link| link.target.as_str()).collect();
        let named = ledger.link_targets(space, principals, &targets)?;
        let outgoing = |(link, candidates): (DocLink, Vec<LinkTarget>)| OutgoingLink {
            document: resolve(&from, &link, &candidates).cloned(),
            link,
        };
        Ok(links.into_iter().zip(named).map(outgoing).collect())
    }

    /// The documents that link to this one, at most `limit`, each with the sentence of its first such link. What the asker
    /// may not read does not count either.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `LedgerFailed`.
    pub fn backlinks(&self, doc: DocId, principals: &[Principal], limit: usize) -> Result<Backlinks> {
        let ledger = self.ledger();
        let (_, space) = ledger.link_target(doc, principals)?.ok_or_else(|| missing(doc))?;
        let linking = ledger.linking_documents(doc, principals)?;
        let mut named: HashMap<String, Vec<LinkTarget>> = HashMap::new();
        let mut documents: Vec<(LinkTarget, Vec<DocLink>)> = Vec::new();
        for LinkingDocument { document, links } in linking {
            let mut meant = Vec::new();
            for link in links {
                let name = fold_name(&link.target);
                if !named.contains_key(&name) {
                    let found = ledger.link_targets(space, principals, &[&link.target])?;
                    named.insert(name.clone(), found.into_iter().flatten().collect());
                }
                if resolve(&document, &link, &named[&name]).is_some_and(|found| found.doc_id == doc) {
                    meant.push(link);
                }
            }
            if !meant.is_empty() {
                documents.push((document, meant));
            }
        }
        let total = documents.len();
        documents.truncate(limit);
        let documents = documents
            .into_iter()
            .map(|(document, links)| self.backlink(document, links))
            .collect::<Result<_>>()?;
        Ok(Backlinks { documents, total })
    }

    fn backlink(&self, document: LinkTarget, links: Vec<DocLink>) -> Result<Backlink> {
        let text = self.ledger().document(document.doc_id)?;
        let text = text.map_or(String::new(), |record| record.text);
        let found = links
            .iter()
            .find_map(|link| Some((link, context_of(&text, link)?)));
        let (link, span) = match found {
            Some((link, span)) => (link.clone(), Some(span)),
            None => (links[0].clone(), None),
        };
        Ok(Backlink {
            document,
            link,
            links: links.len(),
            context: span
                .and_then(|span| span.of(&text))
                .unwrap_or_default()
                .to_owned(),
            span,
        })
    }

    /// The mails of the conversation that a mail is part of, itself included, in the order in which they were written;
    /// empty for what is no mail.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `LedgerFailed`.
    pub fn thread(&self, doc: DocId, principals: &[Principal]) -> Result<Vec<ThreadMessage>> {
        let ledger = self.ledger();
        ledger.link_target(doc, principals)?.ok_or_else(|| missing(doc))?;
        ledger.thread_of(doc, principals, THREAD)
    }
}
