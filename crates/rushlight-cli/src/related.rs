//! What is related to a document, in the API's shapes: the same for the server and for `--json`.

use rushlight_api as api;
use rushlight_core::{DocId, Principal, Result};
use rushlight_engine::ledger::LinkTarget;
use rushlight_engine::{Backlink, Engine, Mail, MailAttachment, MailLimits, OutgoingLink};

/// Links from and to a document, and its conversation.
pub(crate) fn links(engine: &Engine, id: DocId, principals: &[Principal]) -> Result<api::Links> {
    let outgoing = engine.links_of(id, principals)?;
    let backlinks = engine.backlinks(id, principals, api::MAX_BACKLINKS)?;
    let thread = engine.thread(id, principals)?;
    Ok(api::Links {
        outgoing: outgoing.iter().map(outgoing_link).collect(),
        backlinks: api::Backlinks {
            total: backlinks.total,
            documents: backlinks.documents.into_iter().map(backlink).collect(),
        },
        thread: thread
            .into_iter()
            .map(|message| api::ThreadMessage {
                document: name(&message.document),
                from: message.from,
            })
            .collect(),
    })
}

/// A mail's conversation, and its attachments as documents.
pub(crate) fn mail(engine: &Engine, id: DocId, principals: &[Principal]) -> Result<api::Mail> {
    let limits = MailLimits {
        mails: api::MAX_THREAD,
        in_attachment: api::MAX_IN_ATTACHMENT,
    };
    let Mail {
        thread,
        before,
        total,
        attachments,
    } = engine.mail(id, principals, limits)?;
    let mails = thread.into_iter().map(|mail| api::ThreadMail {
        document: name(&mail.message.document),
        from: mail.message.from,
        opening: mail.opening,
    });
    Ok(api::Mail {
        thread: api::Thread {
            total,
            before,
            mails: mails.collect(),
        },
        attachments: attachments.into_iter().map(attachment).collect(),
    })
}

/// Documents like this one.
pub(crate) async fn similar(
    engine: &Engine,
    id: DocId,
    principals: &[Principal],
    limit: usize,
) -> Result<api::SimilarDocuments> {
    let similar = engine.similar(id, principals, limit).await?;
    let documents = similar
        .iter()
        .map(|similar| api::SimilarDocument {
            document: name(&similar.document),
            similarity: similar.similarity,
        })
        .collect();
    Ok(api::SimilarDocuments { documents })
}

fn outgoing_link(outgoing: &OutgoingLink) -> api::OutgoingLink {
    api::OutgoingLink {
        link: api::Link::from(&outgoing.link),
        document: outgoing.document.as_ref().map(name),
    }
}

fn attachment(found: MailAttachment) -> api::Attachment {
    let MailAttachment {
        attachment,
        documents,
        is_document,
    } = found;
    let own = documents.items.first().filter(|_| is_document);
    api::Attachment {
        document_id: own.map(|document| document.doc_id.to_string()),
        kind: own.map(|document| document.kind.into()),
        inside: match own {
            Some(_) => api::Inside::default(),
            None => api::Inside {
                total: documents.total,
                documents: documents.items.iter().map(name).collect(),
            },
        },
        name: attachment.name,
        media_type: attachment.media_type,
        bytes: attachment.bytes,
        reason: attachment.left_out.map(|reason| api::NotSearchable {
            code: reason.code,
            message: reason.message,
        }),
    }
}

fn backlink(backlink: Backlink) -> api::Backlink {
    api::Backlink {
        document: name(&backlink.document),
        links: backlink.links,
        fragment: backlink.link.fragment,
        span: backlink.span.map(Into::into),
        text: backlink.context,
    }
}

fn name(document: &LinkTarget) -> api::DocumentName {
    api::DocumentName {
        document_id: document.doc_id.to_string(),
        title: document.title.clone(),
        path: document.path.clone(),
        part: document.part.clone(),
        kind: document.kind.into(),
        date: document.date.into(),
    }
}
