//! The contract of the port, and what this index promises beyond it.

use std::fs;
use std::path::Path;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, Embedding, ErrorCode, Generation, IndexedChunk, IndexedDocument,
    IndexedFacts, Principal, SourceId, Timestamp, VectorIndex,
};
use rushlight_testkit::contract;
use rushlight_vectors_lance::{LanceIndex, LanceOptions};

const OPTIONS: LanceOptions = LanceOptions {
    dimensions: contract::DIMENSIONS,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_keeps_the_contract() {
    contract::vector_index(async |folder| {
        Box::new(LanceIndex::open(&folder, OPTIONS).await.expect("opens")) as Box<dyn VectorIndex>
    })
    .await;
}

fn document(number: u8, chunks: u8) -> IndexedDocument {
    let chunk = |ordinal: u8| {
        let mut id = [number; 16];
        id[1] = ordinal;
        let values = (0..contract::DIMENSIONS)
            .map(|at| f32::from(number) + at as f32 * f32::from(ordinal + 1))
            .collect();
        IndexedChunk {
            id: ChunkId(id),
            heading_path: Vec::new(),
            text: String::new(),
            repeated: false,
            embedding: Some(Embedding::normalized(values).expect("has a direction")),
        }
    };
    IndexedDocument {
        doc_id: DocId([number; 16]),
        source_id: SourceId(1),
        kind: DocumentKind::Note,
        date: Timestamp(0),
        access: vec![Principal::owner()],
        title: String::new(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: (0..chunks).map(chunk).collect(),
    }
}

async fn open(folder: &Path) -> rushlight_core::Result<LanceIndex> {
    LanceIndex::open(folder, OPTIONS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_or_foreign_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = open(folder.path()).await.expect("opens");
    index.apply(&[document(1, 2)], &[]).await.expect("applies");
    index.commit(Generation(1)).await.expect("commits");
    drop(index);
    let refused = async |what: &str, options: LanceOptions| {
        let error = LanceIndex::open(folder.path(), options).await.err().expect(what);
        assert_eq!(error.code(), ErrorCode::IndexFailed, "{what}: {}", error.chain());
    };
    refused(
        "other dimensions",
        LanceOptions {
            dimensions: contract::DIMENSIONS * 2,
        },
    )
    .await;
    let recorded = fs::read(folder.path().join("generation")).expect("reads");
    fs::write(folder.path().join("generation"), "nonsense").expect("writes");
    refused("a broken record of the generation", OPTIONS).await;
    fs::remove_file(folder.path().join("generation")).expect("removes");
    refused("no record of the generation", OPTIONS).await;
    fs::write(folder.path().join("generation"), recorded).expect("writes");
    assert!(open(folder.path()).await.is_ok());
    fs::remove_dir_all(folder.path().join("chunks.lance")).expect("removes");
    refused("no table", OPTIONS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_cut_short_is_behind_and_can_be_repeated() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = open(folder.path()).await.expect("opens");
    index
        .apply(&[document(1, 3), document(2, 1)], &[])
        .await
        .expect("applies");
    index.commit(Generation(1)).await.expect("commits");
    let before = fs::read(folder.path().join("generation")).expect("reads");
    index
        .apply(&[document(1, 2), document(3, 1)], &[DocId([2; 16])])
        .await
        .expect("applies");
    index.commit(Generation(2)).await.expect("commits");
    drop(index);
    // As if the machine had stopped between the rows and the record of the generation.
    fs::write(folder.path().join("generation"), before).expect("writes");
    let index = open(folder.path()).await.expect("opens");
    assert_eq!(index.generation().await.expect("reads"), Generation(1), "behind");
    index
        .apply(&[document(1, 2), document(3, 1)], &[DocId([2; 16])])
        .await
        .expect("applies");
    index.commit(Generation(2)).await.expect("commits");
    let mut chunks: Vec<_> = index
        .chunks()
        .await
        .expect("lists")
        .into_iter()
        .map(|(_, doc)| doc.0[0])
        .collect();
    chunks.sort_unstable();
    assert_eq!(chunks, [1, 1, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_leaves_no_file_of_what_was_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = open(folder.path()).await.expect("opens");
    for number in 1..=20u8 {
        index
            .apply(&[document(number, 5)], &[DocId([number - 1; 16])])
            .await
            .expect("applies");
        index
            .commit(Generation(i64::from(number)))
            .await
            .expect("commits");
    }
    let files = || {
        fs::read_dir(folder.path().join("chunks.lance/data"))
            .expect("lists")
            .count()
    };
    let before = files();
    index.compact().await.expect("compacts");
    assert!(
        files() < before && files() <= 2,
        "{before} files became {}",
        files()
    );
    assert_eq!(index.chunks().await.expect("lists").len(), 5);
}
