//! What is known of a document beside its text, on the wire.

use rushlight_core::{Attachment, DocLink, DocMetadata, LinkKind, SkipReason, Timestamp, Warning};
use serde::{Deserialize, Serialize};

/// [`DocMetadata`] on the wire.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    authors: Vec<String>,
    recipients: Vec<String>,
    tags: Vec<String>,
    created: Option<i64>,
    language: Option<String>,
    message_id: Option<String>,
    in_reply_to: Option<String>,
    thread_id: Option<String>,
    list: Option<String>,
    attachments: Vec<Named>,
    aliases: Vec<String>,
    links: Vec<Link>,
}

/// [`Attachment`] on the wire; the rest of one is found out behind it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Named {
    name: String,
    media_type: Option<String>,
    bytes: Option<u64>,
}

/// [`DocLink`] on the wire.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    by_path: bool,
    target: String,
    fragment: Option<String>,
    embedded: bool,
}

/// [`Warning`] on the wire, or [`SkipReason`].
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    code: String,
    message: String,
}

impl From<DocMetadata> for Facts {
    fn from(metadata: DocMetadata) -> Self {
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
        } = metadata;
        Self {
            authors,
            recipients,
            tags,
            created: created.map(|time| time.0),
            language,
            message_id,
            in_reply_to,
            thread_id,
            list,
            attachments: attachments.into_iter().map(Named::from).collect(),
            aliases,
            links: links.into_iter().map(Link::from).collect(),
        }
    }
}

impl From<Facts> for DocMetadata {
    fn from(facts: Facts) -> Self {
        let Facts {
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
        } = facts;
        Self {
            authors,
            recipients,
            tags,
            created: created.map(Timestamp),
            language,
            message_id,
            in_reply_to,
            thread_id,
            list,
            attachments: attachments.into_iter().map(Attachment::from).collect(),
            aliases,
            links: links.into_iter().map(DocLink::from).collect(),
        }
    }
}

impl From<Attachment> for Named {
    fn from(attachment: Attachment) -> Self {
        let Attachment {
            name,
            behind: _,
            media_type,
            bytes,
            left_out: _,
        } = attachment;
        Self {
            name,
            media_type,
            bytes,
        }
    }
}

impl From<Named> for Attachment {
    fn from(named: Named) -> Self {
        let Named {
            name,
            media_type,
            bytes,
        } = named;
        Self {
            media_type,
            bytes,
            ..Self::named(name)
        }
    }
}

impl From<DocLink> for Link {
    fn from(link: DocLink) -> Self {
        let DocLink {
            kind,
            target,
            fragment,
            embedded,
        } = link;
        Self {
            by_path: kind == LinkKind::Path,
            target,
            fragment,
            embedded,
        }
    }
}

impl From<Link> for DocLink {
    fn from(link: Link) -> Self {
        let Link {
            by_path,
            target,
            fragment,
            embedded,
        } = link;
        Self {
            kind: if by_path { LinkKind::Path } else { LinkKind::Name },
            target,
            fragment,
            embedded,
        }
    }
}

impl From<Warning> for Said {
    fn from(Warning { code, message }: Warning) -> Self {
        Self { code, message }
    }
}

impl From<SkipReason> for Said {
    fn from(SkipReason { code, message }: SkipReason) -> Self {
        Self { code, message }
    }
}

impl From<Said> for SkipReason {
    fn from(Said { code, message }: Said) -> Self {
        Self { code, message }
    }
}

impl From<Said> for Warning {
    fn from(Said { code, message }: Said) -> Self {
        Self { code, message }
    }
}

/// Warnings for the wire.
pub(crate) fn said(warnings: Vec<Warning>) -> Vec<Said> {
    warnings.into_iter().map(Said::from).collect()
}

/// Warnings from the wire.
pub(crate) fn warnings(said: Vec<Said>) -> Vec<Warning> {
    said.into_iter().map(Warning::from).collect()
}
