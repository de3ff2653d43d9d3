//! The keyword index on tantivy.

use std::path::Path;
use std::sync::Arc;

use rushlight_core::{Correction, KeywordIndex, Query, Result, TextSpan};
use rushlight_engine::KeywordFactory;
use rushlight_keyword_tantivy::{INDEX_VERSION, KeywordOptions, TantivyIndex, query_spans};

pub(crate) struct Tantivy;

impl KeywordFactory for Tantivy {
    fn open(&self, dir: &Path) -> Result<Arc<dyn KeywordIndex>> {
        Ok(Arc::new(TantivyIndex::open(dir, KeywordOptions::default())?))
    }

    fn analyzer(&self) -> String {
        format!("tantivy-{INDEX_VERSION}")
    }

    fn highlight(&self, query: &Query, corrections: &[Correction], text: &str) -> Vec<TextSpan> {
        query_spans(query, corrections, text)
    }
}
