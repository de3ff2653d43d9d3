//! What the beginning of a word may be meant to become.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushlight_core::{Principal, Result, SearchFilter, Suggestion};

use super::blocking;
use crate::engine::Engine;

impl Engine {
    /// Titles, people and tags with a word that begins as what was `typed`, from the named spaces (empty: all), only from
    /// documents that `principals` may read; those of most documents first. Nothing when nothing was typed.
    ///
    /// # Errors
    /// `SpaceNotFound`; `IndexFailed` when the index by word cannot be searched.
    pub async fn suggest(
        &self,
        typed: &str,
        principals: &[Principal],
        spaces: &[String],
        limit: usize,
    ) -> Result<Vec<Suggestion>> {
        let shared = Arc::clone(&self.shared);
        let (typed, spaces) = (typed.trim().to_owned(), spaces.to_vec());
        let filter = SearchFilter {
            principals: principals.to_vec(),
            ..SearchFilter::default()
        };
        blocking(move || {
            let mut counted = BTreeMap::new();
            for space in shared.resolve_spaces(&spaces, &filter.principals)? {
                // Each space is asked for as many as are wanted: what is among the best of all is among the best of one.
                for found in shared.indexes.keyword(space)?.suggest(&typed, &filter, limit)? {
                    *counted.entry((found.kind, found.text)).or_default() += found.documents;
                }
            }
            let mut suggestions: Vec<Suggestion> = counted
                .into_iter()
                .map(|((kind, text), documents)| Suggestion {
                    kind,
                    text,
                    documents,
                })
                .collect();
            suggestions.sort_by(|a, b| b.documents.cmp(&a.documents).then_with(|| a.text.cmp(&b.text)));
            suggestions.truncate(limit);
            Ok(suggestions)
        })
        .await
    }
}
