//! From a request to what each index is asked.

use std::sync::Arc;

use rushlight_core::{
    ChunkSet, Clause, Node, Occur, Query, Result, SearchFilter, SearchRequest, SourceId, SpaceId,
};
use rushlight_retrieval::query::{self, Calendar};

use super::{Reading, no_folder, no_space};
use crate::engine::Shared;

/// A request, read and resolved.
pub(super) struct Asked {
    /// As it was read, whole.
    pub(super) query: Query,
    /// The days that its dates mean.
    pub(super) calendar: Calendar,
    /// What it is about, for the model of meaning; empty when it only filters.
    pub(super) about: String,
    /// The spaces that are searched, with the query as it reads there.
    pub(super) spaces: Vec<(SpaceId, Query)>,
    /// What may be found, beside what the query says.
    pub(super) filter: SearchFilter,
}

impl Shared {
    /// Reads the request's query and resolves its spaces.
    pub(super) fn asked(&self, request: &SearchRequest, reading: Reading) -> Result<Asked> {
        let calendar = self.calendar(request);
        let query = match reading {
            Reading::Query if request.typing => query::as_typed(&request.query, &calendar),
            Reading::Query => read(&request.query, &calendar)?,
            Reading::Question => query::lenient(&request.query, &calendar),
        };
        self.asked_for(request, query, calendar)
    }

    /// The days of whoever asks.
    pub(super) fn calendar(&self, request: &SearchRequest) -> Calendar {
        Calendar::at_offset(self.clock.now(), request.utc_offset)
    }

    /// What is asked with a query that was read already.
    pub(super) fn asked_for(
        &self,
        request: &SearchRequest,
        query: Query,
        calendar: Calendar,
    ) -> Result<Asked> {
        // A space of which nothing may be read has no part in anything.
        let all = self.ledger.spaces_for(&request.principals)?;
        let known = |name: &str| all.iter().any(|space| space.name == name);
        for name in query
            .spaces()
            .into_iter()
            .chain(request.spaces.iter().map(String::as_str))
        {
            // Whoever is typing may not have come to the end of the name.
            if !known(name) && !request.typing {
                return Err(no_space(name));
            }
        }
        let query = self.with_folders(query, request)?;
        let mut filter = SearchFilter {
            principals: request.principals.clone(),
            sources: request.sources.clone(),
            kinds: request.kinds.clone(),
            from: request.from,
            until: request.until,
        };
        let narrowed = narrow(query.clone(), &mut filter);
        let wanted = |name: &String| request.spaces.is_empty() || request.spaces.contains(name);
        let spaces = all
            .into_iter()
            .filter(|space| wanted(&space.name))
            .map(|space| (space.id, narrowed.in_space(&space.name)))
            .filter(|(_, query)| !finds_nothing(query))
            .collect();
        Ok(Asked {
            about: query.free_text(),
            calendar,
            query,
            spaces,
            filter,
        })
    }

    /// The query with the folders that its names mean, of those that there are for the asker.
    fn with_folders(&self, query: Query, request: &SearchRequest) -> Result<Query> {
        if !names_a_folder(&query) {
            return Ok(query);
        }
        let folders = self.ledger.sources_for(&request.principals)?;
        query.with_folders(&|name: &str| {
            let meant: Vec<SourceId> = folders
                .iter()
                .filter(|folder| is_named(&folder.root, name))
                .map(|folder| folder.id)
                .collect();
            // Whoever is typing may not have come to the end of the name.
            if meant.is_empty() && !request.typing {
                return Err(no_folder(name));
            }
            Ok(meant)
        })
    }

    /// The chunks that the query's clauses leave to the search by meaning; `None`: all.
    pub(super) fn among(
        &self,
        space: SpaceId,
        query: &Query,
        filter: &SearchFilter,
    ) -> Result<Option<Arc<ChunkSet>>> {
        let mut limits = query.restrictions();
        limits.clauses.retain(|clause| *clause != Clause::everything());
        if limits.clauses.is_empty() {
            return Ok(None);
        }
        let chunks = self.indexes.keyword(space)?.matching(&limits, filter)?;
        Ok(Some(Arc::new(chunks.into_iter().collect())))
    }
}

/// Reads a query as it was typed.
///
/// # Errors
/// `QueryEmpty`, `QuestionTooLong`, `QueryInvalid`, with the place in the query.
pub(crate) fn read(text: &str, calendar: &Calendar) -> Result<Query> {
    query::parse(text, calendar).map_err(|error| error.into_error(text))
}

/// Moves what every hit must be, and what both indexes can filter by themselves, from the query to the filter.
fn narrow(query: Query, filter: &mut SearchFilter) -> Query {
    if query.clauses.is_empty() {
        return query;
    }
    let mut kept: Vec<Clause> = Vec::with_capacity(query.clauses.len());
    for clause in query.clauses {
        match (clause.occur, &clause.node) {
            (Occur::Required, Node::Kinds(kinds)) if filter.kinds.is_empty() => {
                filter.kinds.clone_from(kinds)
            }
            (Occur::Required, Node::Kinds(kinds)) if kinds.iter().any(|kind| filter.kinds.contains(kind)) => {
                filter.kinds.retain(|kind| kinds.contains(kind));
            }
            (Occur::Required, Node::Folder { sources, .. })
                if filter.sources.is_empty() && !sources.is_empty() =>
            {
                filter.sources.clone_from(sources);
            }
            (Occur::Required, Node::Dates { from, until }) => {
                filter.from = filter.from.max(*from);
                filter.until = match (filter.until, *until) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            _ => kept.push(clause),
        }
    }
    if !kept.iter().any(|clause| clause.occur != Occur::Excluded) {
        kept.push(Clause::everything());
    }
    Query { clauses: kept }
}

fn names_a_folder(query: &Query) -> bool {
    query.clauses.iter().any(|clause| match &clause.node {
        Node::Folder { .. } => true,
        Node::Group(query) => names_a_folder(query),
        _ => false,
    })
}

/// Whether a folder is called so: by its path, or by the last name of it.
pub(super) fn is_named(root: &str, name: &str) -> bool {
    let name = name.trim_end_matches(['/', '\\']);
    root == name || last_name(root) == name
}

/// What a folder is called where its path is not needed to tell it from others.
pub(super) fn last_name(root: &str) -> &str {
    root.rsplit(['/', '\\']).next().unwrap_or(root)
}

fn finds_nothing(query: &Query) -> bool {
    query
        .clauses
        .iter()
        .any(|clause| clause.occur == Occur::Required && clause.node == Node::Nothing)
}
