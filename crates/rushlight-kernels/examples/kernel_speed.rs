//! How fast the kernels are on this machine, on one core and on all: `kernel_speed [ROWS] [COLUMNS]`.
//!
//! Prints a JSON object for each type of block: products a second (in thousands of millions) with 128 inputs at once, as in a
//! prompt, and thousands of millions of bytes of weights read a second with one, as for a word that is written.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::error::Error;
use std::time::Instant;

use rushlight_kernels::{Attention, BlockType, Input, Isa, KeyValueCache, Matrix};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default| {
        arguments
            .get(at)
            .map_or(Ok(default), |text: &String| text.parse::<usize>())
    };
    let (rows, columns) = (number(0, 8_960)?, number(1, 1_536)?);
    for threads in [1, 0] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let threads = pool.current_num_threads();
        pool.install(|| {
            for isa in Isa::all() {
                for block in [BlockType::Q4K, BlockType::Q5_0, BlockType::Q6K, BlockType::Q8_0] {
                    let Some(row) = block.row_bytes(columns) else {
                        continue;
                    };
                    let matrix = Matrix::pack(block, &vec![0x11; row * rows], rows, columns)?;
                    let (prompt, _) = rate(&matrix, isa, 128);
                    let (_, word) = rate(&matrix, isa, 1);
                    println!(
                        "{{\"threads\": {threads}, \"isa\": \"{isa:?}\", \"block\": \"{block:?}\", \"prompt\": {prompt:.1}, \"word\": {word:.1}}}"
                    );
                }
                let mut cache = KeyValueCache::new(2, 128);
                let row = vec![0.1; 1_024 * 2 * 128];
                cache.append(&row, &row);
                let attention = Attention {
                    heads: 12,
                    scale: 0.1,
                    window: None,
                };
                for count in [128, 1] {
                    let queries = vec![0.1; count * 12 * 128];
                    let mut output = vec![0.0; queries.len()];
                    let seconds = median(|| attention.attend_with(isa, &queries, &cache, &mut output));
                    println!(
                        "{{\"threads\": {threads}, \"isa\": \"{isa:?}\", \"attention\": {count}, \"milliseconds\": {:.3}}}",
                        seconds * 1e3
                    );
                }
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        })
        .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Thousands of millions of products and of bytes, a second.
fn rate(matrix: &Matrix, isa: Isa, inputs: usize) -> (f64, f64) {
    let values: Vec<f32> = (0..inputs * matrix.columns())
        .map(|at| (at % 97) as f32 - 48.0)
        .collect();
    let input = Input::new(&values, matrix.columns());
    let mut output = vec![0.0; inputs * matrix.rows()];
    let seconds = median(|| matrix.multiply_with(isa, &input, &mut output));
    (
        (inputs * matrix.rows() * matrix.columns()) as f64 / seconds / 1e9,
        matrix.bytes() as f64 / seconds / 1e9,
    )
}

/// Seconds of the middle one of nine calls.
fn median(mut call: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..9)
        .map(|_| {
            let begun = Instant::now();
            call();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
