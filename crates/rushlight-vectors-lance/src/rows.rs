//! Documents as rows of the table, and rows as hits.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{Array, FixedSizeListArray, Float32Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use rushlight_core::{
    ChunkId, DocId, DocumentKind, IndexedChunk, IndexedDocument, Principal, SourceId, Timestamp,
};
use rushlight_vectors_resident::Fields;

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

/// The vector of every row, or `None` when the column is missing or a value is.
pub(crate) fn vectors(batch: &RecordBatch) -> Option<impl Iterator<Item = &[f32]>> {
    let lists = batch
        .column_by_name("vector")?
        .as_any()
        .downcast_ref::<FixedSizeListArray>()?;
    let values = lists.values().as_any().downcast_ref::<Float32Array>()?;
    let width = lists.value_length() as usize;
    if lists.null_count() + values.null_count() > 0 || width == 0 {
        return None;
    }
    let first = lists.value_offset(0) as usize;
    Some(values.values()[first..first + lists.len() * width].chunks_exact(width))
}

/// Hands out every row whole; `None` when a column is missing or a value makes no sense.
pub(crate) fn each(batch: &RecordBatch, mut row: impl FnMut(Fields<'_>, ChunkId, &[f32])) -> Option<()> {
    fn column<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a T> {
        batch.column_by_name(name)?.as_any().downcast_ref()
    }
    let kinds: &StringArray = column(batch, "kind")?;
    let (sources, dates): (&Int64Array, &Int64Array) =
        (column(batch, "source_id")?, column(batch, "date_ms")?);
    let lists: &ListArray = column(batch, "access")?;
    // Neighbours mostly have the same list: it is made anew only where it differs.
    let mut access: Vec<Principal> = Vec::new();
    for (at, ((chunk_id, doc_id), vector)) in ids(batch)?.into_iter().zip(vectors(batch)?).enumerate() {
        let list = lists.value(at);
        let list: &StringArray = list.as_any().downcast_ref()?;
        if !list.iter().eq(access.iter().map(|one| Some(one.0.as_str()))) {
            access = list
                .iter()
                .map(|one| Some(Principal(one?.to_owned())))
                .collect::<Option<_>>()?;
        }
        let fields = Fields {
            doc_id,
            source_id: SourceId(sources.value(at)),
            kind: DocumentKind::from_name(kinds.value(at))?,
            date: Timestamp(dates.value(at)),
            access: &access,
        };
        row(fields, chunk_id, vector);
    }
    Some(())
}
