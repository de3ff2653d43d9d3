//! The testkit's fakes in place of the heavy adapters. Vectors are hashed words; the language model quotes.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rushlight_cli::Paths;
use rushlight_config::Config;
use rushlight_core::{Embedder, Result, VectorIndex};
use rushlight_engine::{LanguageModels, Lazy, VectorFactory};
use rushlight_testkit::{HashEmbedder, MemVectorIndex, OverlapReranker, ScriptedModel, WordTokenCounter};

use super::Models;

struct InMemory;

#[async_trait]
impl VectorFactory for InMemory {
    async fn open(&self, _dir: &Path, dimensions: usize) -> Result<Arc<dyn VectorIndex>> {
        Ok(Arc::new(MemVectorIndex::new(dimensions)))
    }
}

pub(crate) fn models(config: &Config, paths: &Paths) -> Result<Models> {
    let embedder = HashEmbedder::new();
    Ok(Models {
        tokens: Arc::new(WordTokenCounter),
        tokens_are_estimated: false,
        embedder_spec: embedder.spec().clone(),
        embedder: Lazy::ready("hash", Arc::new(embedder) as _),
        reranker: Lazy::ready("overlap", Arc::new(OverlapReranker::new()) as _),
        language_models: LanguageModels::only(Lazy::ready("scripted", Arc::new(ScriptedModel::new()) as _)),
        recogniser: super::recogniser(config, paths),
        vector: Box::new(InMemory),
    })
}
