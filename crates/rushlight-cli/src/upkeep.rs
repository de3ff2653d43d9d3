//! The engine behind the routes of the Library and of models and health.

use async_trait::async_trait;
use rushlight_api as api;
use rushlight_core::{LeftOutBy, Principal, Result, SourceId};
use rushlight_ledger::{DocumentQuery, DocumentSummary, Group, IndexedOverTime, Period};
use rushlight_server::Upkeep;

use crate::service::EngineService;

/// Documents that are looked through for titles to ask about.
const LOOKED_AT: usize = 60;
/// Of these, so many are named.
const TO_ASK: usize = 6;
/// Characters of a title that fits into a question.
const TITLE_CHARS: std::ops::RangeInclusive<usize> = 2..=60;

#[async_trait]
impl Upkeep for EngineService {
    async fn folders(&self, path: Option<String>, hidden: bool) -> Result<api::Folders> {
        let roots = self.folders.clone();
        self.blocking(move |engine| {
            let sources: Vec<String> = engine
                .ledger()
                .sources()?
                .into_iter()
                .map(|source| source.root)
                .collect();
            roots.list(path.as_deref(), hidden, &sources)
        })
        .await
    }

    async fn overview(&self, principals: Vec<Principal>, utc_offset: i32) -> Result<api::Overview> {
        self.blocking(move |engine| {
            let found = engine.ledger().overview(&principals, utc_offset)?;
            let newest = engine.ledger().documents(&DocumentQuery {
                principals,
                limit: LOOKED_AT,
                ..DocumentQuery::default()
            })?;
            Ok(api::Overview {
                documents: found.documents,
                text_bytes: found.text_bytes,
                files: found.files,
                file_bytes: found.file_bytes,
                kinds: groups(found.kinds, |name| format!("type:{name}")),
                languages: groups(found.languages, language_query),
                years: groups(found.years, year_query),
                indexed: indexed(found.indexed),
                to_ask: to_ask(&newest.items),
            })
        })
        .await
    }

    async fn unreadable(
        &self,
        principals: Vec<Principal>,
        limit: usize,
        offset: usize,
    ) -> Result<api::Unreadable> {
        self.blocking(move |engine| {
            let page = engine.ledger().unreadable_documents(&principals, limit, offset)?;
            let documents = page.items.into_iter().map(|summary| api::UnreadableDocument {
                document: name(&summary),
                pages: summary.unreadable_pages,
            });
            Ok(api::Unreadable {
                total: page.total,
                documents: documents.collect(),
            })
        })
        .await
    }

    async fn retry_file(&self, source: SourceId, path: String) -> Result<()> {
        self.blocking(move |engine| engine.retry_file(source, &path))
            .await
    }

    async fn source_rules(&self, source: SourceId) -> Result<api::SourceRules> {
        self.blocking(move |engine| {
            let LeftOutBy {
                builtin,
                configured,
                file_name,
                of_root,
            } = engine.rules_of(source)?;
            Ok(api::SourceRules {
                builtin,
                configured,
                file_name,
                of_root,
            })
        })
        .await
    }

    async fn health(&self, principals: Vec<Principal>) -> Result<api::Health> {
        let indexes = self.engine.index_states(&[]).await?;
        let desk = self.health.clone();
        self.blocking(move |_| desk.report(&principals, &indexes)).await
    }

    async fn start_check(&self) -> Result<api::HealthCheck> {
        self.health.start_check()
    }
}

fn groups(found: Vec<Group>, query: impl Fn(&str) -> String) -> Vec<api::Group> {
    let group = |group: Group| api::Group {
        query: query(&group.name),
        name: group.name,
        documents: group.documents,
        text_bytes: group.text_bytes,
    };
    found.into_iter().map(group).collect()
}

fn indexed(found: IndexedOverTime) -> api::IndexedOverTime {
    let IndexedOverTime { by, periods, before } = found;
    api::IndexedOverTime {
        by: match by {
            Period::Day => api::Period::Day,
            Period::Week => api::Period::Week,
            Period::Month => api::Period::Month,
        },
        periods: groups(periods, |_| String::new()),
        before,
    }
}

/// What searches a language; empty for what a note says of itself that is no tag.
fn language_query(name: &str) -> String {
    let mut parts = name.split('-');
    let first = parts.next().unwrap_or_default();
    let sound = (2..=3).contains(&first.len())
        && first.chars().all(|ch| ch.is_ascii_alphabetic())
        && parts
            .all(|part| (1..=8).contains(&part.len()) && part.chars().all(|ch| ch.is_ascii_alphanumeric()));
    if sound {
        format!("lang:{name}")
    } else {
        String::new()
    }
}

/// What searches a year; empty for those that would be read as years of the Republic.
fn year_query(name: &str) -> String {
    match name.starts_with('0') {
        true => String::new(),
        false => format!("date:{name}"),
    }
}

/// Documents whose titles say what they are about: those that are only a file's name come last, equal titles once.
fn to_ask(newest: &[DocumentSummary]) -> Vec<api::DocumentName> {
    let mut chosen: Vec<&DocumentSummary> = Vec::new();
    for is_name in [false, true] {
        for summary in newest {
            let title = summary.title.trim();
            let fits = TITLE_CHARS.contains(&title.chars().count()) && !title.chars().any(char::is_control);
            let known = chosen.iter().any(|other| other.title.trim() == title);
            if fits && !known && is_file_name(summary) == is_name {
                chosen.push(summary);
            }
        }
    }
    chosen.into_iter().take(TO_ASK).map(name).collect()
}

/// True when the title is the file's name, with or without its ending.
fn is_file_name(summary: &DocumentSummary) -> bool {
    let file = summary.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    summary.part.is_empty() && (summary.title == file || summary.title == stem)
}

fn name(summary: &DocumentSummary) -> api::DocumentName {
    api::DocumentName {
        document_id: summary.doc_id.to_string(),
        title: summary.title.clone(),
        path: summary.path.clone(),
        part: summary.part.clone(),
        kind: summary.kind.into(),
        date: summary.date.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_query_language_reads_is_a_query() {
        assert_eq!(language_query("zh-Hant"), "lang:zh-Hant");
        for odd in ["", "english please", "e", "zh-", "zh-Hant OR x"] {
            assert_eq!(language_query(odd), "", "{odd}");
        }
    }
}
