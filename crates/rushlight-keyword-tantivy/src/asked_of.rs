//! What is asked of one field by its name.

use std::collections::HashSet;

use rushlight_core::{DocumentKind, Node, QueryField};
use tantivy::Term;
use tantivy::schema::Field;

use crate::compile::Compiler;
use crate::keys::{language_terms, tag_terms};
use crate::plan::{Plan, Sum};
use crate::schema::{AUTHORS, PATH, RECIPIENTS, TITLE};
use crate::words;

impl Compiler<'_, '_> {
    /// `None` where nothing is asked.
    pub(crate) fn field(&mut self, field: QueryField, node: &Node) -> tantivy::Result<Option<Plan>> {
        let (text, prefix) = match node {
            Node::Text(text) | Node::Phrase(text) => (text.as_str(), false),
            Node::Prefix(text) => (text.as_str(), true),
            _ => return Ok(None),
        };
        let fields = self.view.fields;
        let plan = match field {
            QueryField::Title => self.in_field(&[TITLE], node)?,
            QueryField::Subject => self.in_field(&[TITLE], node)?.map(|plan| {
                let mail = Plan::Raw(fields.kinds(&[DocumentKind::Mail]));
                Plan::Sum(Sum {
                    required: vec![mail, plan],
                    ..Sum::default()
                })
            }),
            QueryField::From => self.in_field(&[AUTHORS], node)?.map(Plan::unranked),
            QueryField::To => self.in_field(&[RECIPIENTS], node)?.map(Plan::unranked),
            QueryField::Path => self.in_field(&[PATH], node)?.map(Plan::unranked),
            QueryField::Tag => match tag_terms(text).pop() {
                Some(tag) => Some(self.raw(fields.tag, &tag, prefix)?),
                None => None,
            },
            QueryField::Language => match language_terms(text).pop() {
                Some(tag) => Some(self.raw(fields.language, &tag, prefix)?),
                None => None,
            },
            QueryField::Thread => self.thread(text)?,
        };
        Ok(plan)
    }

    fn in_field(&mut self, fields: &[usize], node: &Node) -> tantivy::Result<Option<Plan>> {
        match node {
            Node::Text(text) => {
                let required = self.exact_words(text, fields)?;
                Ok((!required.is_empty()).then_some(Plan::Sum(Sum {
                    required,
                    ..Sum::default()
                })))
            }
            Node::Phrase(text) => self.phrase(text, fields),
            Node::Prefix(text) => self.prefix(text, fields),
            _ => Ok(None),
        }
    }

    /// One term of a field without words, or all that begin so.
    fn raw(&self, field: Field, text: &str, prefix: bool) -> tantivy::Result<Plan> {
        if !prefix {
            return Ok(Plan::Raw(vec![(field, Term::from_field_text(field, text))]));
        }
        let mut terms = HashSet::new();
        for segment in &self.view.segments {
            let inverted = segment.reader.inverted_index(field)?;
            let mut stream = inverted.terms().range().ge(text).into_stream()?;
            while let Some((term, _)) = stream.next() {
                if !term.starts_with(text.as_bytes()) {
                    break;
                }
                if let Ok(term) = std::str::from_utf8(term) {
                    terms.insert(term.to_owned());
                }
            }
        }
        let terms = terms
            .iter()
            .map(|term| (field, Term::from_field_text(field, term)));
        Ok(Plan::Raw(terms.collect()))
    }

    /// A conversation by its id, or by the id of one of its mails that the asker may read.
    fn thread(&self, text: &str) -> tantivy::Result<Option<Plan>> {
        let id = text.trim().trim_start_matches('<').trim_end_matches('>');
        if id.is_empty() {
            return Ok(None);
        }
        let fields = self.view.fields;
        let message = (fields.message, Term::from_field_text(fields.message, id));
        let mut terms = vec![
            message.clone(),
            (fields.thread, Term::from_field_text(fields.thread, id)),
        ];
        for thread in words::threads(self.view, &[message])? {
            terms.push((fields.thread, Term::from_field_text(fields.thread, &thread)));
        }
        Ok(Some(Plan::Raw(terms)))
    }
}

impl Plan {
    /// The same rows, none better than another.
    fn unranked(self) -> Self {
        Self::Unranked(Box::new(self))
    }
}
