//! The contract of the port, and what this index promises beyond it.

use std::fs;
use std::path::Path;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, Embedding, ErrorCode, Generation, IndexedChunk, IndexedDocument, Principal,
    SearchFilter, SourceId, Timestamp, VectorHit, VectorIndex,
};
use rushlight_testkit::contract;
use rushlight_vectors_lance::{LanceIndex, LanceOptions};

const OPTIONS: LanceOptions = LanceOptions {
    dimensions: contract::DIMENSIONS,
    resident: false,
};
const RESIDENT: LanceOptions = LanceOptions {
    resident: true,
    ..OPTIONS
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_keeps_the_contract() {
    contract::vector_index(async |folder| {
        Box::new(LanceIndex::open(&folder, OPTIONS).await.expect("opens")) as Box<dyn VectorIndex>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_in_memory_keeps_the_contract() {
    contract::vector_index(async |folder| {
        let index = LanceIndex::open(&folder, RESIDENT).await.expect("opens");
        index.load().await.expect("loads");
        assert!(index.resident_bytes().is_some());
        Box::new(index) as Box<dyn VectorIndex>
    })
    .await;
}

/// Here the first searches after opening are answered by the table and the later ones by the copy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_while_the_copy_is_read() {
    contract::vector_index(async |folder| {
        Box::new(LanceIndex::open(&folder, RESIDENT).await.expect("opens")) as Box<dyn VectorIndex>
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
            ..OPTIONS
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_while_the_copy_is_read_is_in_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = open(folder.path()).await.expect("opens");
    let documents: Vec<_> = (1..=200u8).map(|number| document(number, 30)).collect();
    index.apply(&documents, &[]).await.expect("applies");
    index.commit(Generation(1)).await.expect("commits");
    drop(index);
    for round in 0..10u8 {
        let index = LanceIndex::open(folder.path(), RESIDENT).await.expect("opens");
        let write = async {
            for step in 0..3 {
                let number = round * 6 + step + 1;
                index
                    .apply(&[document(number, 2)], &[DocId([number + 100; 16])])
                    .await
                    .expect("applies");
                let generation = i64::from(round * 3 + step) + 2;
                index.commit(Generation(generation)).await.expect("commits");
            }
        };
        let (loaded, ()) = tokio::join!(index.load(), write);
        loaded.expect("loads");
        index.load().await.expect("is there");
        assert!(index.resident_bytes().is_some());
        let owner = SearchFilter {
            principals: vec![Principal::owner()],
            ..SearchFilter::default()
        };
        let query = Embedding::normalized(vec![1.0; contract::DIMENSIONS]).expect("has a direction");
        let mut found: Vec<_> = index
            .nearest(&query, &owner, None, usize::MAX)
            .await
            .expect("searches")
            .into_iter()
            .map(|hit| (hit.chunk_id, hit.doc_id))
            .collect();
        found.sort_unstable();
        let mut expected = index.chunks().await.expect("lists");
        expected.sort_unstable();
        assert_eq!(found, expected, "round {round}");
        drop(index);
    }
}

/// Random vectors, the table and the copy side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_finds_what_the_table_finds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut vector = || {
        let values = (0..contract::DIMENSIONS).map(|_| random()).collect();
        Embedding::normalized(values).expect("has a direction")
    };
    let documents: Vec<_> = (0..250u8)
        .map(|number| {
            let mut made = document(number, 40);
            made.chunks
                .iter_mut()
                .for_each(|chunk| chunk.embedding = Some(vector()));
            made.access = vec![Principal(format!("user:{}", number % 4))];
            made
        })
        .collect();
    let index = LanceIndex::open(folder.path(), RESIDENT).await.expect("opens");
    index.apply(&documents, &[]).await.expect("applies");
    index.commit(Generation(1)).await.expect("commits");
    let queries: Vec<_> = (0..25).map(|_| vector()).collect();
    let filter = SearchFilter {
        principals: vec![Principal("user:1".to_owned()), Principal("user:2".to_owned())],
        ..SearchFilter::default()
    };
    let search = async |index: &LanceIndex| {
        let mut found = Vec::new();
        for query in &queries {
            found.push(index.nearest(query, &filter, None, 10).await.expect("searches"));
        }
        found
    };
    let copy = search(&index).await;
    drop(index);
    let index = open(folder.path()).await.expect("opens");
    for (copy, table) in copy.iter().zip(search(&index).await) {
        let ids = |hits: &[VectorHit]| hits.iter().map(|hit| hit.chunk_id).collect::<Vec<_>>();
        assert_eq!(ids(copy), ids(&table));
        assert!(
            copy.iter()
                .zip(&table)
                .all(|(a, b)| (a.similarity - b.similarity).abs() < 2e-5)
        );
    }
}
