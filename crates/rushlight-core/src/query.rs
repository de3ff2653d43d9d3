//! What a person asked for, as the query language has it: read by `rushlight-retrieval`, run by a keyword index.

use crate::document::DocumentKind;
use crate::id::SourceId;
use crate::time::Timestamp;

/// Longest question or query, in characters.
pub const MAX_QUESTION_CHARS: usize = 4_000;

/// A query: clauses that a chunk must meet, must not meet, or is ranked by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// In the order in which they were typed.
    pub clauses: Vec<Clause>,
}

/// One clause of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What meeting it means.
    pub occur: Occur,
    /// What is to be met.
    pub node: Node,
}

/// What meeting a clause means for a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occur {
    /// Raises its score. Where a query or a group has wanted clauses and no required ones but filters (fields other than
    /// title and subject, dates, kinds, attachments), one of them must be met.
    Wanted,
    /// Without it the chunk is not found; with it the score is raised.
    Required,
    /// With it the chunk is not found.
    Excluded,
}

/// What a chunk, or the document it belongs to, may be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A stretch of plain text without any sign of the language in it: a word, an identifier, a run of Chinese, a whole
    /// question. Met when any term of it occurs; inside a field, when all do. What is required or excluded outside a field is of
    /// one term; of more it is a phrase.
    Text(String),
    /// Words that stand together in this order.
    Phrase(String),
    /// Words that begin with this. Of several words the last is begun, and those before it stand together somewhere.
    Prefix(String),
    /// All of these, each a word or a phrase, within so many words of each other, in any order.
    Near {
        /// Two or more.
        parts: Vec<String>,
        /// Words, or characters of Chinese, that may stand between the first and the last, the parts themselves not counted.
        distance: u32,
    },
    /// The same asked of one field instead of title, headings, keywords and text.
    Field {
        /// Where to look.
        field: QueryField,
        /// `Text`, `Phrase` or `Prefix`.
        node: Box<Node>,
    },
    /// A date at or after `from` and before `until`.
    Dates {
        /// The earliest; `None`: however early.
        from: Option<Timestamp>,
        /// The first that is too late; `None`: however late.
        until: Option<Timestamp>,
    },
    /// One of these kinds.
    Kinds(Vec<DocumentKind>),
    /// In the space of this name. An index holds one space: whoever runs the query replaces it before, with
    /// [`Node::Everything`] or with [`Node::Nothing`].
    Space(String),
    /// From an added folder of this name. An index knows folders by their ids: whoever runs the query puts them in before.
    Folder {
        /// As typed: the folder's path, or the last name of it.
        name: String,
        /// What is meant; none: no chunk.
        sources: Vec<SourceId>,
    },
    /// A document with attachments, or one that is an attachment.
    HasAttachment,
    /// Every chunk.
    Everything,
    /// No chunk.
    Nothing,
    /// Clauses in parentheses.
    Group(Query),
}

/// A field that can be asked by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryField {
    /// The document's title, or a mail's subject.
    Title,
    /// Authors, or who sent the mail.
    From,
    /// To, Cc and Bcc.
    To,
    /// A mail's subject.
    Subject,
    /// The file's path, and the part within it.
    Path,
    /// A tag; `a` finds `a/b` too.
    Tag,
    /// The language, as a BCP 47 tag or the beginning of one: `zh` finds `zh-Hant`.
    Language,
    /// A mail conversation by its id or by the Message-ID of one of its mails.
    Thread,
}

impl QueryField {
    /// Every field, in the order in which they are listed to people.
    pub const ALL: [Self; 8] = [
        Self::Title,
        Self::From,
        Self::To,
        Self::Subject,
        Self::Path,
        Self::Tag,
        Self::Language,
        Self::Thread,
    ];

    /// What stands before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::From => "from",
            Self::To => "to",
            Self::Subject => "subject",
            Self::Path => "path",
            Self::Tag => "tag",
            Self::Language => "lang",
            Self::Thread => "thread",
        }
    }
}

impl Clause {
    /// What every chunk meets: so that a query of nothing but filters finds what they leave.
    pub fn everything() -> Self {
        Self {
            occur: Occur::Required,
            node: Node::Everything,
        }
    }
}

impl Query {
    /// A query that every chunk meets.
    pub fn everything() -> Self {
        Self {
            clauses: vec![Clause::everything()],
        }
    }

    /// A query of plain words: each text wanted, nothing required.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            clauses: vec![Clause {
                occur: Occur::Wanted,
                node: Node::Text(text.into()),
            }],
        }
    }

    /// The clauses that say what may be found at all: required and excluded ones.
    pub fn restrictions(&self) -> Self {
        Self {
            clauses: self
                .clauses
                .iter()
                .filter(|clause| clause.occur != Occur::Wanted)
                .cloned()
                .collect(),
        }
    }

    /// The query as it reads in the space of this name: what is asked of spaces is replaced with everything or nothing.
    pub fn in_space(&self, space: &str) -> Self {
        let replace = |node: &Node| match node {
            Node::Space(name) if name == space => Node::Everything,
            Node::Space(_) => Node::Nothing,
            Node::Group(query) => Node::Group(query.in_space(space)),
            other => other.clone(),
        };
        Self {
            clauses: self
                .clauses
                .iter()
                .map(|clause| Clause {
                    occur: clause.occur,
                    node: replace(&clause.node),
                })
                .collect(),
        }
    }

    /// The names of the spaces that the query asks for or excludes, as typed.
    pub fn spaces(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for clause in &self.clauses {
            match &clause.node {
                Node::Space(name) => names.push(name.as_str()),
                Node::Group(query) => names.extend(query.spaces()),
                _ => {}
            }
        }
        names
    }

    /// The query with the sources that each name of a folder means.
    ///
    /// # Errors
    /// Those of `sources_of`, at the first name that has one.
    pub fn with_folders<E>(&self, sources_of: &dyn Fn(&str) -> Result<Vec<SourceId>, E>) -> Result<Self, E> {
        let resolve = |node: &Node| -> Result<Node, E> {
            Ok(match node {
                Node::Folder { name, .. } => Node::Folder {
                    name: name.clone(),
                    sources: sources_of(name)?,
                },
                Node::Group(query) => Node::Group(query.with_folders(sources_of)?),
                other => other.clone(),
            })
        };
        let clause = |clause: &Clause| -> Result<Clause, E> {
            Ok(Clause {
                occur: clause.occur,
                node: resolve(&clause.node)?,
            })
        };
        Ok(Self {
            clauses: self.clauses.iter().map(clause).collect::<Result<_, E>>()?,
        })
    }

    /// What the query is about, for a model of meaning: its texts, phrases and prefixes in their order, without what is
    /// excluded or asked of a field.
    pub fn free_text(&self) -> String {
        let mut parts: Vec<&str> = Vec::new();
        self.collect_free_text(&mut parts);
        parts.join(" ")
    }

    fn collect_free_text<'a>(&'a self, parts: &mut Vec<&'a str>) {
        for clause in &self.clauses {
            if clause.occur == Occur::Excluded {
                continue;
            }
            match &clause.node {
                Node::Text(text) | Node::Phrase(text) | Node::Prefix(text) => parts.push(text),
                Node::Near { parts: near, .. } => parts.extend(near.iter().map(String::as_str)),
                Node::Group(query) => query.collect_free_text(parts),
                Node::Field { .. }
                | Node::Dates { .. }
                | Node::Kinds(_)
                | Node::Space(_)
                | Node::Folder { .. }
                | Node::HasAttachment
                | Node::Everything
                | Node::Nothing => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(occur: Occur, node: Node) -> Clause {
        Clause { occur, node }
    }

    #[test]
    fn what_a_query_is_about_leaves_out_fields_and_what_is_excluded() {
        let query = Query {
            clauses: vec![
                clause(Occur::Wanted, Node::Text("tea".to_owned())),
                clause(Occur::Excluded, Node::Text("coffee".to_owned())),
                clause(Occur::Required, Node::Phrase("綠茶".to_owned())),
                clause(
                    Occur::Required,
                    Node::Field {
                        field: QueryField::From,
                        node: Box::new(Node::Text("anna".to_owned())),
                    },
                ),
                clause(Occur::Required, Node::Group(Query::plain("hot water"))),
            ],
        };
        assert_eq!(query.free_text(), "tea 綠茶 hot water");
        assert_eq!(query.restrictions().clauses.len(), 4);
        assert!(Query::plain("tea").restrictions().clauses.is_empty());
    }

    #[test]
    fn a_folder_is_what_its_name_means() {
        let folder = |name: &str, sources: &[i64]| {
            let node = Node::Folder {
                name: name.to_owned(),
                sources: sources.iter().copied().map(SourceId).collect(),
            };
            clause(Occur::Required, node)
        };
        let of = |sources: [&[i64]; 2]| Query {
            clauses: vec![
                folder("notes", sources[0]),
                clause(
                    Occur::Excluded,
                    Node::Group(Query {
                        clauses: vec![folder("mail", sources[1])],
                    }),
                ),
            ],
        };
        let known = |name: &str| match name {
            "notes" => Ok(vec![SourceId(1), SourceId(3)]),
            "mail" => Ok(vec![SourceId(2)]),
            _ => Err(name.len()),
        };
        assert_eq!(of([&[], &[]]).with_folders(&known), Ok(of([&[1, 3], &[2]])));
        let unknown = Query {
            clauses: vec![folder("nowhere", &[])],
        };
        assert_eq!(unknown.with_folders(&known), Err(7));
        assert_eq!(unknown.free_text(), "");
    }

    #[test]
    fn a_space_is_everything_in_itself_and_nothing_elsewhere() {
        let of = |name: &str| clause(Occur::Required, Node::Space(name.to_owned()));
        let query = Query {
            clauses: vec![
                of("hr"),
                clause(
                    Occur::Excluded,
                    Node::Group(Query {
                        clauses: vec![of("law")],
                    }),
                ),
            ],
        };
        assert_eq!(query.spaces(), ["hr", "law"]);
        let within = query.in_space("hr");
        assert_eq!(within.clauses[0].node, Node::Everything);
        assert_eq!(
            within.clauses[1].node,
            Node::Group(Query {
                clauses: vec![clause(Occur::Required, Node::Nothing)]
            })
        );
        assert!(within.spaces().is_empty());
    }
}
