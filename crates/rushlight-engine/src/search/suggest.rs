//! What the beginning of a word may be meant to become.

use std::cmp::Reverse;
use std::sync::Arc;

use rushlight_core::{Principal, Result, SearchFilter, Suggestion};

use super::blocking;
use crate::engine::Engine;

/// Each of several spaces is asked for so many times what is wanted: a name that is in some of them may be among the best of
/// all and not of one.
const SEVERAL: usize = 4;

impl Engine {
    /// Titles, people and tags with a word that begins as what was `typed`, from the named spaces (empty: all), only from
    /// documents that `principals` may read; those of most documents first, then by kind. Nothing when nothing was typed.
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
            let spaces = shared.resolve_spaces(&spaces, &filter.principals)?;
            let asked = match spaces.len() {
                1 => limit,
                _ => SEVERAL * limit,
            };
            let mut suggestions: Vec<Suggestion> = Vec::new();
            for space in spaces {
                for found in shared.indexes.keyword(space)?.suggest(&typed, &filter, asked)? {
                    let known = suggestions
                        .iter_mut()
                        .find(|known| known.kind == found.kind && known.text == found.text);
                    match known {
                        Some(known) => known.documents += found.documents,
                        None => suggestions.push(found),
                    }
                }
            }
            // Those that are alike in both stay in their order, by their letters.
            suggestions.sort_by_key(|suggestion| (Reverse(suggestion.documents), suggestion.kind));
            suggestions.truncate(limit);
            Ok(suggestions)
        })
        .await
    }
}
