//! Vector instructions, chosen at run time.

use std::sync::OnceLock;

use crate::attention;
use crate::elementwise;
use crate::input;
use crate::multiply;
use crate::tile::{self, COLUMNS, Line, ROWS};

/// A set of instructions that everything here is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// AVX-512 (F, BW, VL, VNNI) with FMA and F16C.
    Avx512Vnni,
    /// AVX2 with FMA and F16C.
    Avx2,
    /// Plain Rust.
    Portable,
}

impl Isa {
    /// The best of this machine.
    pub fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Self::all().into_iter().next().unwrap_or(Self::Portable))
    }

    /// All that this machine has, the best first.
    pub fn all() -> Vec<Self> {
        let known = [Self::Avx512Vnni, Self::Avx2, Self::Portable];
        known.into_iter().filter(|isa| isa.exists()).collect()
    }

    /// Whether this machine has it.
    pub fn exists(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = || {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("f16c")
            };
            match self {
                Self::Avx512Vnni => {
                    avx2()
                        && is_x86_feature_detected!("avx512f")
                        && is_x86_feature_detected!("avx512bw")
                        && is_x86_feature_detected!("avx512vl")
                        && is_x86_feature_detected!("avx512vnni")
                }
                Self::Avx2 => avx2(),
                Self::Portable => true,
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Portable
        }
    }

    /// Rows of an input that are multiplied in the time of one or two: what a prompt is best cut into multiples of, and a guess
    /// best checked with.
    pub fn rows_at_once(self) -> usize {
        match self {
            Self::Avx512Vnni => multiply::WIDE,
            Self::Avx2 | Self::Portable => multiply::NARROW,
        }
    }
}

/// 16 lanes, one for each row of a tile.
///
/// # Safety
/// Every function may only be called where the instructions exist, and pointers must be good for as many values as said.
pub(crate) trait Lanes {
    /// Whether there are registers for the sums of two tiles and six rows.
    const WIDE: bool;
    /// 64 bytes of weights.
    type Bytes: Copy;
    /// Four bytes of an input, for every lane.
    type Four: Copy;
    type Int: Copy;
    type Float: Copy;
    unsafe fn load_bytes(from: *const u32) -> Self::Bytes;
    unsafe fn load_four(from: *const i8) -> Self::Four;
    unsafe fn zero_int() -> Self::Int;
    /// The weights of four columns of a group, and of the four that are 16 columns further on, a byte each: those of line `at`, 0 to 3, of the
    /// group's packed lines. As [`tile::unpack_weights`] has them.
    unsafe fn unpacked<const BITS: usize>(group: &[Line; BITS], at: usize) -> [Self::Bytes; 2];
    unsafe fn add_int(a: Self::Int, b: Self::Int) -> Self::Int;
    unsafe fn zero() -> Self::Float;
    /// Adds to each lane the products of its four bytes of `weights` (unsigned) with `four` (signed).
    unsafe fn dot(sum: Self::Int, weights: Self::Bytes, four: Self::Four) -> Self::Int;
    /// `sum + int * scale`.
    unsafe fn add_scaled(sum: Self::Float, int: Self::Int, scale: Self::Float) -> Self::Float;
    /// `sum + a * b`.
    unsafe fn add_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float;
    /// `sum - a * b`.
    unsafe fn subtract_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float;
    /// 16 values.
    unsafe fn load(from: *const f32) -> Self::Float;
    /// 16 values of 16 bits.
    unsafe fn load_half(from: *const u16) -> Self::Float;
    /// 16 values.
    unsafe fn store(to: *mut f32, value: Self::Float);
}

pub(crate) struct Plain;

impl Lanes for Plain {
    const WIDE: bool = false;
    type Bytes = [[u8; 4]; ROWS];
    type Four = [i8; 4];
    type Int = [i32; ROWS];
    type Float = [f32; ROWS];

    #[inline(always)]
    unsafe fn load_bytes(from: *const u32) -> Self::Bytes {
        // SAFETY: the caller gives 64 bytes.
        unsafe { from.cast::<Self::Bytes>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn load_four(from: *const i8) -> Self::Four {
        // SAFETY: the caller gives 4 bytes.
        unsafe { from.cast::<Self::Four>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn zero_int() -> Self::Int {
        [0; ROWS]
    }

    #[inline(always)]
    unsafe fn unpacked<const BITS: usize>(group: &[Line; BITS], at: usize) -> [Self::Bytes; 2] {
        let mut weights = [[[0; 4]; ROWS]; 2];
        for row in 0..ROWS {
            let both = tile::two_fours(group, at, row);
            for half in 0..2 {
                weights[half][row] = both[half].to_le_bytes();
            }
        }
        weights
    }

    #[inline(always)]
    unsafe fn add_int(a: Self::Int, b: Self::Int) -> Self::Int {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    unsafe fn zero() -> Self::Float {
        [0.0; ROWS]
    }

    #[inline(always)]
    unsafe fn dot(mut sum: Self::Int, weights: Self::Bytes, four: Self::Four) -> Self::Int {
        for (sum, weights) in sum.iter_mut().zip(&weights) {
            for (weight, value) in weights.iter().zip(&four) {
                *sum += i32::from(*weight) * i32::from(*value);
            }
        }
        sum
    }

    #[inline(always)]
    unsafe fn add_scaled(sum: Self::Float, int: Self::Int, scale: Self::Float) -> Self::Float {
        std::array::from_fn(|lane| sum[lane] + int[lane] as f32 * scale[lane])
    }

    #[inline(always)]
    unsafe fn add_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float {
        std::array::from_fn(|lane| sum[lane] + a[lane] * b)
    }

    #[inline(always)]
    unsafe fn subtract_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float {
        std::array::from_fn(|lane| sum[lane] - a[lane] * b)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::Float {
        // SAFETY: the caller gives 16 values.
        unsafe { from.cast::<Self::Float>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn load_half(from: *const u16) -> Self::Float {
        // SAFETY: the caller gives 16 values.
        unsafe { from.cast::<[u16; ROWS]>().read_unaligned() }.map(crate::f16::to_f32)
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: Self::Float) {
        // SAFETY: the caller gives room for 16 values.
        unsafe { to.cast::<Self::Float>().write_unaligned(value) }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Lanes;
    use crate::tile::{self, EMPTY, Line, ROWS};

    pub(crate) struct Avx512;

    impl Lanes for Avx512 {
        const WIDE: bool = true;
        type Bytes = __m512i;
        type Four = __m512i;
        type Int = __m512i;
        type Float = __m512;

        #[inline(always)]
        unsafe fn load_bytes(from: *const u32) -> Self::Bytes {
            // SAFETY: by the trait's contract, as everywhere below.
            unsafe { _mm512_loadu_si512(from.cast()) }
        }

        #[inline(always)]
        unsafe fn load_four(from: *const i8) -> Self::Four {
            // SAFETY: as above.
            unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
        }

        #[inline(always)]
        unsafe fn zero_int() -> Self::Int {
            // SAFETY: by the trait's contract, as everywhere below.
            unsafe { _mm512_setzero_si512() }
        }

        #[inline(always)]
        unsafe fn unpacked<const BITS: usize>(group: &[Line; BITS], at: usize) -> [Self::Bytes; 2] {
            // SAFETY: as above.
            unsafe {
                let line = |at: usize| Self::load_bytes(group[at].0.as_ptr());
                if BITS == 8 {
                    return [line(at), line(at + 4)];
                }
                let bits = |line: __m512i, kept: i32| _mm512_and_si512(line, _mm512_set1_epi32(kept));
                let down = |line: __m512i, by: usize| _mm512_srl_epi32(line, _mm_cvtsi32_si128(by as i32));
                let up = |line: __m512i, by: usize| _mm512_sll_epi32(line, _mm_cvtsi32_si128(by as i32));
                let both = line(at);
                let [low, high] = [both, down(both, 4)].map(|half| bits(half, 0x0f0f_0f0f));
                match BITS {
                    5 => {
                        let [first, last] = [up(line(4), 4 - at), down(line(4), at)];
                        let or = |half, fifth| _mm512_or_si512(half, bits(fifth, 0x1010_1010));
                        [or(low, first), or(high, last)]
                    }
                    6 => {
                        let or =
                            |half, line| _mm512_or_si512(half, up(bits(down(line, 2 * at), 0x0303_0303), 4));
                        [or(low, line(4)), or(high, line(5))]
                    }
                    _ => [low, high],
                }
            }
        }

        #[inline(always)]
        unsafe fn add_int(a: Self::Int, b: Self::Int) -> Self::Int {
            // SAFETY: as above.
            unsafe { _mm512_add_epi32(a, b) }
        }

        #[inline(always)]
        unsafe fn zero() -> Self::Float {
            // SAFETY: as above.
            unsafe { _mm512_setzero_ps() }
        }

        #[inline(always)]
        unsafe fn dot(sum: Self::Int, weights: Self::Bytes, four: Self::Four) -> Self::Int {
            // SAFETY: as above.
            unsafe { _mm512_dpbusd_epi32(sum, weights, four) }
        }

        #[inline(always)]
        unsafe fn add_scaled(sum: Self::Float, int: Self::Int, scale: Self::Float) -> Self::Float {
            // SAFETY: as above.
            unsafe { _mm512_fmadd_ps(_mm512_cvtepi32_ps(int), scale, sum) }
        }

        #[inline(always)]
        unsafe fn add_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float {
            // SAFETY: as above.
            unsafe { _mm512_fmadd_ps(a, _mm512_set1_ps(b), sum) }
        }

        #[inline(always)]
        unsafe fn subtract_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float {
            // SAFETY: as above.
            unsafe { _mm512_fnmadd_ps(a, _mm512_set1_ps(b), sum) }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self::Float {
            // SAFETY: as above.
            unsafe { _mm512_loadu_ps(from) }
        }

        #[inline(always)]
        unsafe fn load_half(from: *const u16) -> Self::Float {
            // SAFETY: as above.
            unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())) }
        }

        #[inline(always)]
        unsafe fn store(to: *mut f32, value: Self::Float) {
            // SAFETY: as above.
            unsafe { _mm512_storeu_ps(to, value) }
        }
    }

    pub(crate) struct Avx2;

    impl Lanes for Avx2 {
        const WIDE: bool = false;
        /// Lower and upper half.
        type Bytes = [__m256i; 2];
        /// The even and the odd bytes, as 16 bits.
        type Four = [__m256i; 2];
        type Int = [__m256i; 2];
        type Float = [__m256; 2];

        #[inline(always)]
        unsafe fn load_bytes(from: *const u32) -> Self::Bytes {
            // SAFETY: by the trait's contract, as everywhere below.
            unsafe {
                let from = from.cast::<__m256i>();
                [_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(1))]
            }
        }

        #[inline(always)]
        unsafe fn load_four(from: *const i8) -> Self::Four {
            // SAFETY: as above.
            unsafe {
                let four = _mm256_set1_epi32(from.cast::<i32>().read_unaligned());
                let even = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(four));
                [even, _mm256_srai_epi16::<8>(four)]
            }
        }

        #[inline(always)]
        unsafe fn unpacked<const BITS: usize>(group: &[Line; BITS], at: usize) -> [Self::Bytes; 2] {
            let mut weights = [EMPTY; 2];
            for row in 0..ROWS {
                let both = tile::two_fours(group, at, row);
                weights[0].0[row] = both[0];
                weights[1].0[row] = both[1];
            }
            // SAFETY: by the trait's contract, as everywhere below.
            weights.map(|line| unsafe { Self::load_bytes(line.0.as_ptr()) })
        }

        #[inline(always)]
        unsafe fn add_int(a: Self::Int, b: Self::Int) -> Self::Int {
            // SAFETY: as above.
            unsafe { [_mm256_add_epi32(a[0], b[0]), _mm256_add_epi32(a[1], b[1])] }
        }

        #[inline(always)]
        unsafe fn zero_int() -> Self::Int {
            // SAFETY: by the trait's contract, as everywhere below.
            unsafe { [_mm256_setzero_si256(); 2] }
        }

        #[inline(always)]
        unsafe fn zero() -> Self::Float {
            // SAFETY: as above.
            unsafe { [_mm256_setzero_ps(); 2] }
        }

        #[inline(always)]
        unsafe fn dot(sum: Self::Int, weights: Self::Bytes, four: Self::Four) -> Self::Int {
            // SAFETY: as above.
            unsafe {
                // Two products of 8 bits can be more than a sum of 16 bits holds, so the bytes are multiplied as 16 bits: the even
                // ones and the odd ones.
                let low = _mm256_set1_epi16(255);
                let half = |sum: __m256i, weights: __m256i| {
                    let even = _mm256_madd_epi16(_mm256_and_si256(weights, low), four[0]);
                    let odd = _mm256_madd_epi16(_mm256_srli_epi16::<8>(weights), four[1]);
                    _mm256_add_epi32(sum, _mm256_add_epi32(even, odd))
                };
                [half(sum[0], weights[0]), half(sum[1], weights[1])]
            }
        }

        #[inline(always)]
        unsafe fn add_scaled(sum: Self::Float, int: Self::Int, scale: Self::Float) -> Self::Float {
            // SAFETY: as above.
            unsafe {
                [
                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(int[0]), scale[0], sum[0]),
                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(int[1]), scale[1], sum[1]),
                ]
            }
        }

        #[inline(always)]
        unsafe fn add_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float {
            // SAFETY: as above.
            unsafe {
                let b = _mm256_set1_ps(b);
                [_mm256_fmadd_ps(a[0], b, sum[0]), _mm256_fmadd_ps(a[1], b, sum[1])]
            }
        }

        #[inline(always)]
        unsafe fn subtract_product(sum: Self::Float, a: Self::Float, b: f32) -> Self::Float {
            // SAFETY: as above.
            unsafe {
                let b = _mm256_set1_ps(b);
                [
                    _mm256_fnmadd_ps(a[0], b, sum[0]),
                    _mm256_fnmadd_ps(a[1], b, sum[1]),
                ]
            }
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self::Float {
            // SAFETY: as above.
            unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))] }
        }

        #[inline(always)]
        unsafe fn load_half(from: *const u16) -> Self::Float {
            // SAFETY: as above.
            unsafe {
                [
                    _mm256_cvtph_ps(_mm_loadu_si128(from.cast())),
                    _mm256_cvtph_ps(_mm_loadu_si128(from.add(8).cast())),
                ]
            }
        }

        #[inline(always)]
        unsafe fn store(to: *mut f32, value: Self::Float) {
            // SAFETY: as above.
            unsafe {
                _mm256_storeu_ps(to, value[0]);
                _mm256_storeu_ps(to.add(8), value[1]);
            }
        }
    }
}

/// One function for every set of instructions, called by its name.
///
/// # Safety
/// Of each: the machine has the instructions, and what the body asks for.
macro_rules! dispatch {
    ($(#[$doc:meta])* $name:ident => $($body:ident)::+, ($($argument:ident: $type:ty),*) $(-> $result:ty)?) => {
        impl Isa {
            $(#[$doc])*
            pub(crate) unsafe fn $name(self, $($argument: $type),*) $(-> $result)? {
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")]
                unsafe fn avx512($($argument: $type),*) $(-> $result)? {
                    // SAFETY: this function has the instructions.
                    unsafe { $($body)::+::<x86::Avx512>($($argument),*) }
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,fma,f16c")]
                unsafe fn avx2($($argument: $type),*) $(-> $result)? {
                    // SAFETY: this function has the instructions.
                    unsafe { $($body)::+::<x86::Avx2>($($argument),*) }
                }
                // SAFETY: by this function's contract.
                unsafe {
                    match self {
                        #[cfg(target_arch = "x86_64")]
                        Self::Avx512Vnni => avx512($($argument),*),
                        #[cfg(target_arch = "x86_64")]
                        Self::Avx2 => avx2($($argument),*),
                        _ => $($body)::+::<Plain>($($argument),*),
                    }
                }
            }
        }
    };
}

/// As [`input::round`].
///
/// # Safety
/// The machine has the instructions of `L`, as below.
#[inline(always)]
unsafe fn round<L: Lanes>(values: &[f32], quants: &mut [i8; COLUMNS], sums: &mut [f32; 16]) -> f32 {
    input::round(values, quants, sums)
}

/// As [`elementwise::swiglu_row`].
#[inline(always)]
unsafe fn swiglu<L: Lanes>(gate: &mut [f32], up: &[f32]) {
    elementwise::swiglu_row(gate, up);
}

/// As [`elementwise::geglu_row`].
#[inline(always)]
unsafe fn geglu<L: Lanes>(gate: &mut [f32], up: &[f32]) {
    elementwise::geglu_row(gate, up);
}

/// As [`elementwise::norm_row`].
#[inline(always)]
unsafe fn norm<L: Lanes>(values: &[f32], weights: &[f32], epsilon: f32, output: &mut [f32]) {
    elementwise::norm_row(values, weights, epsilon, output);
}

dispatch!(round => round, (values: &[f32], quants: &mut [i8; COLUMNS], sums: &mut [f32; 16]) -> f32);
dispatch!(swiglu => swiglu, (gate: &mut [f32], up: &[f32]));
dispatch!(geglu => geglu, (gate: &mut [f32], up: &[f32]));
dispatch!(norm => norm, (values: &[f32], weights: &[f32], epsilon: f32, output: &mut [f32]));
dispatch!(multiply => multiply::tiles, (job: &multiply::Job<'_>, tiles: std::ops::Range<usize>, scratch: &mut multiply::Scratch));
dispatch!(attend => attention::rows, (job: &attention::Job<'_>, head: usize, positions: std::ops::Range<usize>));

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of many sizes, the same each time.
    fn numbers(count: usize) -> Vec<f32> {
        let mut state = 11u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let size = 2f32.powi((state >> 40) as i32 % 24 - 12);
            ((state >> 32) as i32 as f32 / 2f32.powi(31)) * size
        };
        (0..count).map(|_| next()).collect()
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn what_lies_between_products_is_the_same_to_the_bit_with_all_instructions() {
        // A rest behind the last whole line, too.
        for length in [16, 37, 250] {
            let values = numbers(length + 300);
            let (values, weights) = (&values[..length], &values[300..300 + length]);
            let all: Vec<_> = Isa::all()
                .into_iter()
                .map(|isa| {
                    let (mut swish, mut gelu) = (values.to_vec(), values.to_vec());
                    let mut normed = vec![0.0; length];
                    let (mut quants, mut sums) = ([0i8; COLUMNS], [0f32; 16]);
                    // SAFETY: the machine has the instructions of `Isa::all`, and the lengths are the same.
                    let scale = unsafe {
                        isa.swiglu(&mut swish, weights);
                        isa.geglu(&mut gelu, weights);
                        isa.norm(values, weights, 1e-6, &mut normed);
                        isa.round(values, &mut quants, &mut sums)
                    };
                    let gates = (bits(&swish), bits(&gelu));
                    (gates, bits(&normed), quants, bits(&sums), scale.to_bits())
                })
                .collect();
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{length} values");
        }
    }
}
