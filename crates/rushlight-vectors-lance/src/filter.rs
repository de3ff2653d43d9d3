//! From filters and ids to SQL predicates. Every string is quoted here and nowhere else.

use rushlight_core::{ChunkId, DocId, SearchFilter};

/// The predicate of a filter, or `None` when it lets nothing pass.
pub(crate) fn predicate(filter: &SearchFilter) -> Option<String> {
    let SearchFilter {
        principals,
        sources,
        kinds,
        from,
        until,
    } = filter;
    if principals.is_empty() {
        return None;
    }
    let any = |parts: Vec<String>| format!("({})", parts.join(" OR "));
    let mut all = vec![any(principals
        .iter()
        .map(|p| format!("array_has(access, {})", quoted(&p.0)))
        .collect())];
    if !sources.is_empty() {
        all.push(format!(
            "source_id IN ({})",
            list(sources.iter().map(ToString::to_string))
        ));
    }
    if !kinds.is_empty() {
        all.push(format!(
            "kind IN ({})",
            list(kinds.iter().map(|kind| quoted(kind.as_str())))
        ));
    }
    all.extend(from.map(|from| format!("date_ms >= {}", number(from.0))));
    all.extend(until.map(|until| format!("date_ms < {}", number(until.0))));
    Some(all.join(" AND "))
}

/// The predicate of all rows of these documents.
pub(crate) fn of_documents(ids: &[DocId]) -> String {
    format!(
        "doc_id IN ({})",
        list(ids.iter().map(|id| quoted(&id.to_string())))
    )
}

/// The predicate of these rows.
pub(crate) fn of_chunks(ids: &[ChunkId]) -> String {
    format!(
        "chunk_id IN ({})",
        list(ids.iter().map(|id| quoted(&id.to_string())))
    )
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Inside quotes, only a quote means something.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The smallest number has no literal of its own in SQL: the sign is an operator there.
fn number(value: i64) -> i64 {
    value.max(-i64::MAX)
}

#[cfg(test)]
mod tests {
    use rushlight_core::{DocumentKind, Principal, SourceId, Timestamp};

    use super::*;

    #[test]
    fn a_filter_is_a_predicate() {
        let everything = SearchFilter {
            principals: vec![Principal::owner(), Principal("group:o'brien".to_owned())],
            sources: vec![SourceId(1), SourceId(-2)],
            kinds: vec![DocumentKind::Mail],
            from: Some(Timestamp(-5)),
            until: Some(Timestamp(9)),
        };
        assert_eq!(
            predicate(&everything).as_deref(),
            Some(
                "(array_has(access, 'user:owner') OR array_has(access, 'group:o''brien')) AND source_id IN (1, -2) \
                 AND kind IN ('mail') AND date_ms >= -5 AND date_ms < 9"
            )
        );
        assert_eq!(predicate(&SearchFilter::default()), None);
        assert_eq!(
            of_documents(&[DocId([1; 16])]),
            format!("doc_id IN ('{}')", "01".repeat(16))
        );
        assert_eq!(
            of_chunks(&[ChunkId([2; 16])]),
            format!("chunk_id IN ('{}')", "02".repeat(16))
        );
    }
}
