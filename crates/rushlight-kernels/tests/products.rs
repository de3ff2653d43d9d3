//! Products and attention against plain sums in 64 bits, with every set of instructions that this machine has.

use proptest::prelude::*;
use rushlight_kernels::{Attention, BlockType, Input, Isa, KeyValueCache, Matrix};

const BLOCKS: [BlockType; 8] = [
    BlockType::Q4_0,
    BlockType::Q4_1,
    BlockType::Q5_0,
    BlockType::Q5_1,
    BlockType::Q8_0,
    BlockType::Q4K,
    BlockType::Q5K,
    BlockType::Q6K,
];

/// Numbers between -1 and 1, the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.bits() as f32 / (1u32 << 23) as f32 - 1.0
    }

    fn bits(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as u32
    }

    fn many(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// Any bytes are blocks, but for the 16-bit floats in them: those are made small numbers.
fn blocks(block: BlockType, count: usize, numbers: &mut Numbers) -> Vec<u8> {
    let floats: &[usize] = match block {
        BlockType::Q4_0 | BlockType::Q5_0 | BlockType::Q8_0 => &[0],
        BlockType::Q4_1 | BlockType::Q5_1 | BlockType::Q4K | BlockType::Q5K => &[0, 2],
        BlockType::Q6K => &[208],
    };
    let mut bytes = Vec::new();
    for _ in 0..count {
        let mut block: Vec<u8> = (0..block.bytes()).map(|_| numbers.bits() as u8).collect();
        for at in floats {
            // Exponents from 2^-11 to 2^-8, either sign.
            let half = (numbers.bits() as u16 & 0x83ff) | ((4 + numbers.bits() as u16 % 4) << 10);
            block[*at..*at + 2].copy_from_slice(&half.to_le_bytes());
        }
        bytes.extend(block);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn products_are_sums_of_products(
        kind in 0..BLOCKS.len(),
        rows in 1usize..40,
        width in 1usize..20,
        inputs in prop_oneof![1usize..9, 1usize..140],
        seed: u64,
    ) {
        let block = BLOCKS[kind];
        let columns = match block.weights() {
            256 => width.div_ceil(4) * 256,
            _ => width * 32,
        };
        let mut numbers = Numbers(seed);
        let bytes = blocks(block, rows * columns / block.weights(), &mut numbers);
        let matrix = Matrix::pack(block, &bytes, rows, columns).expect("whole rows");
        let values = numbers.many(inputs * columns);
        let input = Input::new(&values, columns);
        let mut row = vec![0.0; columns];
        let weights: Vec<Vec<f32>> = (0..rows)
            .map(|at| {
                matrix.row(at, &mut row);
                row.clone()
            })
            .collect();
        let mut fused: Option<Vec<f32>> = None;
        for isa in Isa::all() {
            let mut output = vec![f32::NAN; inputs * rows];
            matrix.multiply_with(isa, &input, &mut output);
            if isa != Isa::Portable {
                // Whatever the width of the instructions, the same to the last bit: answers can be replayed elsewhere.
                let first = fused.get_or_insert_with(|| output.clone());
                prop_assert_eq!(&output, first);
            }
            // A few rows take a way of their own, and come to the same: what is guessed and checked together is what is written alone.
            for (at, together) in output.chunks_exact(rows).enumerate().take(6) {
                let mut alone = vec![f32::NAN; rows];
                let input = Input::new(&values[at * columns..(at + 1) * columns], columns);
                matrix.multiply_with(isa, &input, &mut alone);
                prop_assert_eq!(&alone, together, "{:?} {:?}", isa, block);
            }
            for at in 0..inputs {
                for (row, weights) in weights.iter().enumerate() {
                    let products = weights.iter().enumerate().map(|(column, weight)| {
                        f64::from(*weight) * f64::from(input.value(at, column))
                    });
                    let (sum, size) = products.fold((0.0, 0.0), |(sum, size), product| {
                        (sum + product, size + product.abs())
                    });
                    let ours = f64::from(output[at * rows + row]);
                    prop_assert!((ours - sum).abs() <= 2e-5 * size + 1e-6, "{isa:?} {block:?}: {ours} for {sum}");
                }
            }
        }
    }

    #[test]
    fn rounding_to_eight_bits_is_off_by_half_a_step(rows in 1usize..5, columns in 1usize..700, seed: u64) {
        let mut numbers = Numbers(seed);
        let values = numbers.many(rows * columns);
        let input = Input::new(&values, columns);
        for row in 0..rows {
            for (start, piece) in values[row * columns..(row + 1) * columns].chunks(256).enumerate() {
                let step = piece.iter().fold(0f32, |largest, value| largest.max(value.abs())) / 127.0;
                for (at, value) in piece.iter().enumerate() {
                    let apart = (input.value(row, start * 256 + at) - value).abs();
                    prop_assert!(apart <= step * 0.501, "{apart} of {step}");
                }
            }
        }
    }

    #[test]
    fn attention_is_a_weighted_mean_of_what_it_may_see(
        shared in 1usize..3,
        per_head in 1usize..7,
        dim in 1usize..4,
        before in 0usize..300,
        count in 1usize..20,
        window in proptest::option::of(1usize..200),
        seed: u64,
    ) {
        let (dim, heads) = (dim * 16, shared * per_head);
        let mut numbers = Numbers(seed);
        let mut cache = KeyValueCache::new(shared, dim);
        let total = before + count;
        let keys = numbers.many(total * shared * dim);
        let values = numbers.many(total * shared * dim);
        // In two parts, with something between them that is cut off again.
        cache.append(&keys[..before * shared * dim], &values[..before * shared * dim]);
        cache.append(&values[before * shared * dim..], &keys[before * shared * dim..]);
        cache.truncate(before);
        cache.append(&keys[before * shared * dim..], &values[before * shared * dim..]);
        prop_assert_eq!(cache.len(), total);
        let queries = numbers.many(count * heads * dim);
        let attention = Attention { heads, scale: 0.3, window };
        let mut fused: Option<Vec<f32>> = None;
        for isa in Isa::all() {
            let mut output = vec![f32::NAN; queries.len()];
            attention.attend_with(isa, &queries, &cache, &mut output);
            if isa != Isa::Portable {
                let first = fused.get_or_insert_with(|| output.clone());
                prop_assert_eq!(&output, first);
            }
            for row in 0..count {
                let end = before + row + 1;
                let begin = window.map_or(0, |window| end.saturating_sub(window));
                for head in 0..heads {
                    let query = &queries[(row * heads + head) * dim..][..dim];
                    let at = |position: usize| (position * shared + head / per_head) * dim;
                    let weights: Vec<f64> = (begin..end)
                        .map(|position| {
                            let key = &keys[at(position)..][..dim];
                            let product: f64 = query.iter().zip(key).map(|(a, b)| f64::from(a * b)).sum();
                            (product * 0.3).exp()
                        })
                        .collect();
                    let all: f64 = weights.iter().sum();
                    for n in 0..dim {
                        let mean = (begin..end)
                            .zip(&weights)
                            .map(|(position, weight)| weight / all * f64::from(values[at(position) + n]))
                            .sum::<f64>();
                        let ours = f64::from(output[(row * heads + head) * dim + n]);
                        prop_assert!((ours - mean).abs() < 2e-3, "{isa:?}: {ours} for {mean}");
                    }
                }
            }
        }
    }
}

#[test]
fn bytes_that_are_no_matrix_are_refused() {
    for (bytes, rows, columns) in [
        (0, 0, 256),
        (144, 1, 0),
        (144, 1, 100),
        (143, 1, 256),
        (144, 2, 256),
        (144, usize::MAX, 256),
    ] {
        let error = Matrix::pack(BlockType::Q4K, &vec![0; bytes], rows, columns).expect_err("no matrix");
        assert!(error.to_string().contains("Q4K"), "{error}");
    }
}

#[test]
fn a_matrix_takes_hardly_more_than_its_blocks() {
    for (block, most) in [
        (BlockType::Q4K, 1.03),
        (BlockType::Q6K, 1.02),
        (BlockType::Q8_0, 1.001),
        (BlockType::Q4_1, 1.001),
        (BlockType::Q4_0, 1.001),
        (BlockType::Q5_0, 1.001),
        (BlockType::Q5_1, 1.001),
        (BlockType::Q5K, 1.03),
    ] {
        let bytes = vec![0; 64 * block.row_bytes(512).expect("whole blocks")];
        let matrix = Matrix::pack(block, &bytes, 64, 512).expect("a matrix");
        let share = matrix.bytes() as f64 / bytes.len() as f64;
        assert!(share <= most, "{block:?}: {share}");
    }
}

#[test]
fn blocks_are_read_as_they_are_written() {
    // Scale 2 (0x4000), minimum -1 (0xbc00).
    let nibbles: Vec<u8> = (0..16u8).map(|at| at | (15 - at) << 4).collect();
    let q4_0 = [&[0x00, 0x40][..], &nibbles].concat();
    let q4_1 = [&[0x00, 0x40, 0x00, 0xbc][..], &nibbles].concat();
    let q8_0: Vec<u8> = [0x00, 0x40]
        .into_iter()
        .chain((0..32u8).map(|at| at.wrapping_sub(16)))
        .collect();
    // The fifth bits of the first 16 are 0, of the others 1.
    let q5_0 = [&[0x00, 0x40, 0x00, 0x00, 0xff, 0xff][..], &nibbles].concat();
    let nibble = |at: usize| if at < 16 { at as f32 } else { (31 - at) as f32 };
    type Weight<'a> = &'a dyn Fn(usize) -> f32;
    let cases: [(BlockType, Vec<u8>, Weight<'_>); 4] = [
        (BlockType::Q4_0, q4_0, &|at| 2.0 * (nibble(at) - 8.0)),
        (BlockType::Q4_1, q4_1, &|at| 2.0 * nibble(at) - 1.0),
        (BlockType::Q8_0, q8_0, &|at| 2.0 * (at as f32 - 16.0)),
        (BlockType::Q5_0, q5_0, &|at| {
            2.0 * (nibble(at) + if at < 16 { 0.0 } else { 16.0 } - 16.0)
        }),
    ];
    for (block, bytes, weight) in cases {
        let matrix = Matrix::pack(block, &bytes, 1, 32).expect("a block");
        let mut row = [0.0; 32];
        matrix.row(0, &mut row);
        for (at, ours) in row.iter().enumerate() {
            assert_eq!(*ours, weight(at), "{block:?} at {at}");
        }
    }
}

#[test]
fn small_weights_of_five_bits_are_exact() {
    // Scale 2^-20 (0x0010), no minimum, all quants 31.
    let bytes = [&[0x10, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff][..], &[0xff; 16]].concat();
    let matrix = Matrix::pack(BlockType::Q5_1, &bytes, 1, 32).expect("a block");
    let mut row = [0.0; 32];
    matrix.row(0, &mut row);
    assert_eq!(row, [31.0 * 2f32.powi(-20); 32]);
}

#[test]
fn what_is_no_number_stays_none() {
    let bytes = blocks(BlockType::Q8_0, 16 * 2, &mut Numbers(1));
    let matrix = Matrix::pack(BlockType::Q8_0, &bytes, 16, 64).expect("a matrix");
    for odd in [f32::NAN, f32::INFINITY] {
        let mut values = vec![0.5; 64];
        values[40] = odd;
        let input = Input::new(&values, 64);
        for isa in Isa::all() {
            let mut output = [0.0; 16];
            matrix.multiply_with(isa, &input, &mut output);
            assert!(output.iter().all(|value| value.is_nan()), "{isa:?}: {output:?}");
        }
    }
    // Values too small to be told from 0 are 0.
    let mut output = [1.0; 16];
    matrix.multiply(&Input::new(&[1e-38; 64], 64), &mut output);
    assert!(output.iter().all(|value| value.abs() < 1e-30), "{output:?}");
}

#[test]
fn a_snapshot_has_what_stood_there_and_nothing_behind_it() {
    let (heads, dim) = (2, 16);
    let rows = |seed: usize, count: usize| -> Vec<f32> {
        let values = 0..count * heads * dim;
        values
            .map(|at| ((at * 37 + seed * 101) % 61) as f32 / 61.0 - 0.5)
            .collect()
    };
    let read = |parts: &[&[f32]]| {
        let mut cache = KeyValueCache::new(heads, dim);
        parts.iter().for_each(|part| cache.append(part, part));
        cache
    };
    let attend = |cache: &KeyValueCache| {
        let queries = rows(9, 3);
        let mut output = vec![0.0; queries.len()];
        let attention = Attention {
            heads,
            scale: 0.3,
            window: None,
        };
        attention.attend(&queries, cache, &mut output);
        output
    };
    for length in [0, 1, 5, 16, 17, 300] {
        let (first, second, other) = (rows(1, length), rows(2, 20), rows(3, 40));
        let whole = read(&[&first, &second]);
        let snapshot = whole.snapshot(length);
        assert_eq!(snapshot.len(), whole.snapshot_len(length));
        assert_eq!(
            snapshot,
            read(&[&first, &other]).snapshot(length),
            "{length}: nothing of what is behind"
        );
        let mut copy = whole.copy(length);
        assert_eq!(
            (copy.len(), copy.bytes(0)),
            (length, read(&[&first]).bytes(length))
        );
        copy.append(&second, &second);
        assert_eq!(attend(&copy), attend(&whole), "{length}: a copy goes on alike");
        let mut restored = read(&[&other]);
        assert!(restored.restore(length, &snapshot));
        assert_eq!(restored.len(), length);
        restored.append(&second, &second);
        assert_eq!(attend(&restored), attend(&whole), "{length}");
        assert!(!restored.restore(length + 1, &snapshot) && restored.is_empty());
    }
}
