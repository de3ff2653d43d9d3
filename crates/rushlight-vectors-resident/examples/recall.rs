//! What the copy in memory loses on a model's own vectors.
//!
//! Usage: `recall FILE`, where FILE is `eval/embeddings` in the data directory of a `rushlight eval`. Every vector is asked of
//! all and compared with comparing everything.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::error::Error;

use rushlight_core::{ChunkId, DocId, DocumentKind, Embedding, Principal, SearchFilter, SourceId, Timestamp};
use rushlight_vectors_resident::{Fields, Options, ResidentVectors};

/// Bytes before a vector in each record of the file.
const KEY: usize = 32;
const SHOWN: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: recall FILE")?;
    let vectors = read(&std::fs::read(path)?).ok_or("this is no file of embeddings")?;
    let first = vectors.first().ok_or("the file holds no vector")?;
    let mut index = ResidentVectors::new(Options {
        dimensions: first.values().len(),
        threads: 1,
    });
    for (row, vector) in vectors.iter().enumerate() {
        let fields = Fields {
            doc_id: DocId(id(row)),
            source_id: SourceId(0),
            kind: DocumentKind::Note,
            date: Timestamp(0),
            access: &[Principal::owner()],
        };
        index.append(fields, ChunkId(id(row)), vector.values());
    }
    let filter = SearchFilter {
        principals: vec![Principal::owner()],
        ..SearchFilter::default()
    };
    let (mut found, mut expected, mut worst, mut squares, mut cosines) = (0, 0, 0f32, 0f64, Vec::new());
    for query in &vectors {
        let exact: Vec<f32> = vectors.iter().map(|vector| query.cosine(vector)).collect();
        let mut order: Vec<usize> = (0..exact.len()).collect();
        order.sort_by(|a, b| exact[*b].total_cmp(&exact[*a]).then(id(*a).cmp(&id(*b))));
        let nearest: Vec<ChunkId> = order
            .into_iter()
            .take(SHOWN)
            .map(|row| ChunkId(id(row)))
            .collect();
        for hit in index.nearest(query, &filter, None, SHOWN) {
            let row = u32::from_be_bytes([
                hit.chunk_id.0[0],
                hit.chunk_id.0[1],
                hit.chunk_id.0[2],
                hit.chunk_id.0[3],
            ]);
            let off = (hit.similarity - exact[row as usize]).abs();
            worst = worst.max(off);
            squares += f64::from(off) * f64::from(off);
            found += usize::from(nearest.contains(&hit.chunk_id));
        }
        expected += nearest.len();
        cosines.extend(exact);
    }
    cosines.sort_unstable_by(f32::total_cmp);
    let share = |share: f64| cosines[((cosines.len() - 1) as f64 * share) as usize];
    println!("{} vectors of {} values", vectors.len(), first.values().len());
    println!("recall@{SHOWN}: {found} of {expected}");
    println!(
        "cosines off by {worst:.1e} at most, {:.1e} in the mean square",
        (squares / expected.max(1) as f64).sqrt()
    );
    println!(
        "cosines of pairs: median {:.3}, 99 of 100 below {:.3}, 999 of 1,000 below {:.3}",
        share(0.5),
        share(0.99),
        share(0.999)
    );
    Ok(())
}

fn id(row: usize) -> [u8; 16] {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&(row as u32).to_be_bytes());
    id
}

/// The vectors of a file: eight bytes, the number of dimensions (u32), then records of a key and a vector (f32), little endian.
fn read(bytes: &[u8]) -> Option<Vec<Embedding>> {
    let (dimensions, records) = bytes.get(8..)?.split_first_chunk::<4>()?;
    let dimensions = u32::from_le_bytes(*dimensions) as usize;
    let vector = |record: &[u8]| {
        let (values, _) = record[KEY..].as_chunks::<4>();
        Embedding::normalized(values.iter().map(|value| f32::from_le_bytes(*value)).collect()).ok()
    };
    records.chunks_exact(KEY + dimensions * 4).map(vector).collect()
}
