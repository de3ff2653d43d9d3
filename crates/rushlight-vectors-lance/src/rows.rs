//! Documents as rows of the table, and rows as hits.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{Array, Float32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use rushlight_core::{ChunkId, DocId, IndexedChunk, IndexedDocument, VectorHit};

/// The table's columns for vectors of so many dimensions.
pub(crate) fn schema(dimensions: usize) -> SchemaRef {
    let width = i32::try_from(dimensions).expect("vectors have fewer than two billion dimensions");
    let list = |kind| Arc::new(Field::new("item", kind, true));
    Arc::new(Schema::new(vec![
        Field::new("chunk_id", DataType::Utf8, false),
        Field::new("doc_id", DataType::Utf8, false),
        Field::new("source_id", DataType::Int64, false),
        Field::new("kind", DataType::Utf8, false),
        Field::new("date_ms", DataType::Int64, false),
        Field::new("access", DataType::List(list(DataType::Utf8)), false),
        Field::new(
            "vector",
            DataType::FixedSizeList(list(DataType::Float32), width),
            false,
        ),
    ]))
}

/// One batch of these chunks with their documents.
pub(crate) fn batch(
    rows: &[(&IndexedDocument, &IndexedChunk)],
    dimensions: usize,
) -> Result<RecordBatch, ArrowError> {
    let schema = schema(dimensions);
    let width = i32::try_from(dimensions).expect("vectors have fewer than two billion dimensions");
    let (mut chunk_ids, mut doc_ids, mut kinds) =
        (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut sources, mut dates) = (Int64Builder::new(), Int64Builder::new());
    let mut access = ListBuilder::new(StringBuilder::new());
    let mut vectors = FixedSizeListBuilder::new(Float32Builder::new(), width);
    for (document, chunk) in rows {
        chunk_ids.append_value(chunk.id.to_string());
        doc_ids.append_value(document.doc_id.to_string());
        sources.append_value(document.source_id.0);
        kinds.append_value(document.kind.as_str());
        dates.append_value(document.date.0);
        document
            .access
            .iter()
            .for_each(|principal| access.values().append_value(&principal.0));
        access.append(true);
        if let Some(embedding) = &chunk.embedding {
            vectors.values().append_slice(embedding.values());
        }
        vectors.append(true);
    }
    RecordBatch::try_new(
        schema,
        vec![
            Arc::new(chunk_ids.finish()),
            Arc::new(doc_ids.finish()),
            Arc::new(sources.finish()),
            Arc::new(kinds.finish()),
            Arc::new(dates.finish()),
            Arc::new(access.finish()),
            Arc::new(vectors.finish()),
        ],
    )
}

/// Chunk and document of every row, or `None` when a column is missing or an id is none.
pub(crate) fn ids(batch: &RecordBatch) -> Option<Vec<(ChunkId, DocId)>> {
    let column = |name: &str| batch.column_by_name(name)?.as_any().downcast_ref::<StringArray>();
    let (chunks, docs) = (column("chunk_id")?, column("doc_id")?);
    (0..batch.num_rows())
        .map(|row| Some((chunks.value(row).parse().ok()?, docs.value(row).parse().ok()?)))
        .collect()
}

/// The hits of a search: LanceDB's cosine distance is one less the cosine.
pub(crate) fn hits(batch: &RecordBatch) -> Option<Vec<VectorHit>> {
    let distances = batch
        .column_by_name("_distance")?
        .as_any()
        .downcast_ref::<Float32Array>()?;
    let ids = ids(batch)?;
    let hit = |(row, (chunk_id, doc_id))| VectorHit {
        chunk_id,
        doc_id,
        similarity: 1.0 - distances.value(row),
    };
    Some(ids.into_iter().enumerate().map(hit).collect())
}
