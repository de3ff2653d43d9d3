//! What a field asks with a value.

use rushlight_core::{Node, QueryField};

use super::clean::has_word;
use super::error::QueryErrorKind;
use super::fields::{self, FieldName};

/// How a value was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    Text,
    Phrase,
    Prefix,
}

/// Why a field does not take a value.
pub(super) struct Unknown {
    pub(super) kind: QueryErrorKind,
    pub(super) message: &'static str,
    pub(super) hint: String,
}

/// What a field with this value asks.
pub(super) fn leaf_of(field: FieldName, text: &str, leaf: Leaf) -> Result<Node, Unknown> {
    let unknown = |message, hint: &str| Unknown {
        kind: QueryErrorKind::UnknownValue,
        message,
        hint: hint.to_owned(),
    };
    let of_text = |field: QueryField, text: &str| Node::Field {
        field,
        node: Box::new(match leaf {
            Leaf::Text => Node::Text(text.to_owned()),
            Leaf::Phrase => Node::Phrase(text.to_owned()),
            Leaf::Prefix => Node::Prefix(text.to_owned()),
        }),
    };
    match field {
        FieldName::Text(QueryField::Language) => match fields::language(text) {
            Some(tag) => Ok(Node::Field {
                field: QueryField::Language,
                node: Box::new(Node::Text(tag)),
            }),
            None => Err(unknown(
                "this is not a language",
                "write it like lang:zh, lang:zh-Hant or lang:en",
            )),
        },
        FieldName::Text(field) => {
            let text = match field {
                QueryField::Tag => text.trim_start_matches('#'),
                QueryField::Thread => text.trim_matches(|ch| matches!(ch, '<' | '>')),
                _ => text,
            };
            if has_word(text) {
                Ok(of_text(field, text))
            } else {
                Err(unknown(
                    "there is no word to look for in this field",
                    "write one after the colon",
                ))
            }
        }
        FieldName::Space if leaf != Leaf::Prefix => Ok(Node::Space(text.to_owned())),
        FieldName::Space => Err(unknown(
            "a space is named in full",
            "run `rushlight status` to see the spaces",
        )),
        FieldName::Folder if leaf != Leaf::Prefix => Ok(Node::Folder {
            name: text.to_owned(),
            sources: Vec::new(),
        }),
        FieldName::Folder => Err(unknown(
            "a folder is named in full",
            "run `rushlight status` to see the folders",
        )),
        FieldName::Type => match fields::kind(text).filter(|_| leaf != Leaf::Prefix) {
            Some(kind) => Ok(Node::Kinds(vec![kind])),
            None => Err(unknown(
                "there is no type of this name",
                "types are note, text, html, mail, pdf, table, document, slides, image",
            )),
        },
        FieldName::Has if fields::is_attachment(text) => Ok(Node::HasAttachment),
        FieldName::Has => Err(unknown(
            "this field knows attachments only",
            "write has:attachment",
        )),
        FieldName::In => {
            let thread = text
                .strip_prefix("thread:")
                .or_else(|| text.strip_prefix("thread："));
            match thread.filter(|_| leaf == Leaf::Text) {
                Some(id) => leaf_of(FieldName::Text(QueryField::Thread), id, leaf),
                None => Err(unknown(
                    "this field knows mail conversations only, each by its id",
                    "write in:thread:ID or thread:ID with the Message-ID of one of its mails",
                )),
            }
        }
        FieldName::Date | FieldName::After | FieldName::Before => {
            Err(unknown("this is not a date", "write date:2024-03"))
        }
    }
}
