//! What is computed value by value between two products.

use rayon::prelude::*;

use crate::isa::Isa;

/// Values from which on a second thread is worth waking.
const PARALLEL: usize = 1 << 15;

/// e to the power of a value, to a relative error of 1e-6; 0 from -87 downwards.
///
/// Written without branches, so that compilers make vector instructions of it: e^x = 2^n · e^r with a whole n and |r| ≤ ln 2 / 2,
/// and e^r by its series.
#[inline(always)]
pub(crate) fn exp(value: f32) -> f32 {
    const WHOLE: f32 = 12_582_912.0;
    let value = if value > 88.0 { 88.0 } else { value };
    let value = if value < -87.0 { -87.0 } else { value };
    let whole = value * std::f32::consts::LOG2_E + WHOLE;
    let n = whole - WHOLE;
    // ln 2 in two parts, the first of which multiplies exactly.
    let r = value - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let series = 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r + 1.0;
    let series = series * r + 1.0;
    let power = (whole.to_bits().wrapping_sub(WHOLE.to_bits()).wrapping_add(127)) << 23;
    let power = series * f32::from_bits(power);
    if value <= -87.0 { 0.0 } else { power }
}

/// Calls for every pair of rows, on all cores where it is worth it.
fn for_rows(a: &mut [f32], b: &[f32], width: usize, each: impl Fn(&mut [f32], &[f32]) + Sync) {
    assert!(
        width > 0 && a.len() == b.len() && a.len().is_multiple_of(width),
        "{} and {} values are not rows of {width}",
        a.len(),
        b.len()
    );
    match a.len() < PARALLEL {
        true => (a.chunks_exact_mut(width))
            .zip(b.chunks_exact(width))
            .for_each(|(a, b)| each(a, b)),
        false => (a.par_chunks_exact_mut(width))
            .zip(b.par_chunks_exact(width))
            .for_each(|(a, b)| each(a, b)),
    }
}

/// Adds values in place.
///
/// # Panics
/// When there are not as many.
pub fn add(values: &mut [f32], more: &[f32]) {
    assert_eq!(values.len(), more.len(), "as many values");
    values
        .iter_mut()
        .zip(more)
        .for_each(|(value, more)| *value += more);
}

/// Divides each row of as many values as weights by the root of its mean square and multiplies it with the weights.
///
/// # Panics
/// When the values are not whole rows, or the output has other places.
pub fn rms_norm(values: &[f32], weights: &[f32], epsilon: f32, output: &mut [f32]) {
    let isa = Isa::best();
    for_rows(output, values, weights.len(), |output, values| {
        // SAFETY: the best of this machine is one that it has.
        unsafe { isa.norm(values, weights, epsilon, output) };
    });
}

/// A gated unit: each `gate` becomes `gate / (1 + e^-gate) · up`.
///
/// # Panics
/// When there are not as many of both.
pub fn swiglu(gate: &mut [f32], up: &[f32]) {
    let isa = Isa::best();
    // SAFETY: the best of this machine is one that it has.
    for_parts(gate, up, |gate, up| unsafe { isa.swiglu(gate, up) });
}

/// As [`swiglu`] with GELU by its approximation with tanh: each `gate` becomes
/// `gate / 2 · (1 + tanh(√(2/π) · (gate + 0.044715 · gate³))) · up`.
///
/// # Panics
/// When there are not as many of both.
pub fn geglu(gate: &mut [f32], up: &[f32]) {
    let isa = Isa::best();
    // SAFETY: as above.
    for_parts(gate, up, |gate, up| unsafe { isa.geglu(gate, up) });
}

/// Calls for parts of both, on all cores where it is worth it.
fn for_parts(gate: &mut [f32], up: &[f32], each: impl Fn(&mut [f32], &[f32]) + Sync) {
    let part = match gate.len() < PARALLEL {
        true => gate.len().max(1),
        false => gate.len().div_ceil(rayon::current_num_threads() * 4),
    };
    assert_eq!(gate.len(), up.len(), "as many gates as values");
    (gate.par_chunks_mut(part))
        .zip(up.par_chunks(part))
        .for_each(|(gate, up)| each(gate, up));
}

/// Turns the pairs of values of every head by the angles of its position.
///
/// `values` are rows of heads × values of a head; `angles` the cosines and sines of each row's position, half a head each. Pairs
/// are the halves of a head with `halves`, else its neighbours.
///
/// # Panics
/// When values and angles are not of as many rows.
pub fn rotate(values: &mut [f32], heads: usize, cosines: &[f32], sines: &[f32], halves: bool, half: usize) {
    let width = heads * 2 * half;
    assert!(
        half > 0
            && heads > 0
            && cosines.len() == sines.len()
            && cosines.len().is_multiple_of(half)
            && values.len() * half == cosines.len() * width,
        "{} values for {} angles of {heads} heads",
        values.len(),
        cosines.len()
    );
    for ((row, cosines), sines) in (values.chunks_exact_mut(width))
        .zip(cosines.chunks_exact(half))
        .zip(sines.chunks_exact(half))
    {
        for head in row.chunks_exact_mut(2 * half) {
            match halves {
                true => {
                    let (low, high) = head.split_at_mut(half);
                    for n in 0..half {
                        let (a, b) = (low[n], high[n]);
                        low[n] = a * cosines[n] - b * sines[n];
                        high[n] = b * cosines[n] + a * sines[n];
                    }
                }
                false => {
                    for (n, pair) in head.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                        let [a, b] = *pair;
                        *pair = [a * cosines[n] - b * sines[n], b * cosines[n] + a * sines[n]];
                    }
                }
            }
        }
    }
}

/// One row of [`rms_norm`].
#[inline(always)]
pub(crate) fn norm_row(values: &[f32], weights: &[f32], epsilon: f32, output: &mut [f32]) {
    let mut squares = [0f32; 16];
    let (whole, rest) = values.as_chunks::<16>();
    for sixteen in whole {
        for lane in 0..16 {
            squares[lane] += sixteen[lane] * sixteen[lane];
        }
    }
    let rest: f32 = rest.iter().map(|value| value * value).sum();
    let mean = (squares.iter().sum::<f32>() + rest) / values.len() as f32;
    let factor = 1.0 / (mean + epsilon).sqrt();
    for ((output, value), weight) in output.iter_mut().zip(values).zip(weights) {
        *output = value * factor * weight;
    }
}

/// A part of [`swiglu`].
#[inline(always)]
pub(crate) fn swiglu_row(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// A part of [`geglu`].
#[inline(always)]
pub(crate) fn geglu_row(gate: &mut [f32], up: &[f32]) {
    // 1 + tanh x = 2 / (1 + e^-2x), and 2 · √(2/π) is this.
    const TWICE_ROOT: f32 = 1.595_769;
    for (gate, up) in gate.iter_mut().zip(up) {
        let inner = *gate + 0.044_715 * *gate * *gate * *gate;
        *gate = *gate / (1.0 + exp(-TWICE_ROOT * inner)) * up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close_everywhere() {
        let mut value = -86.9f32;
        while value < 88.0 {
            let exact = f64::from(value).exp();
            let apart = (f64::from(exp(value)) - exact).abs() / exact;
            assert!(apart < 1e-6, "e^{value}: {apart}");
            value += 0.0137;
        }
        assert_eq!(exp(-87.5), 0.0);
        assert_eq!(exp(-1e30), 0.0);
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn a_norm_leaves_a_mean_square_of_one() {
        let values: Vec<f32> = (0..3 * 37).map(|n| (n as f32 * 0.37).sin() * 5.0).collect();
        let mut output = vec![0.0; values.len()];
        rms_norm(&values, &[2.0; 37], 0.0, &mut output);
        for row in output.chunks(37) {
            let mean = row.iter().map(|value| value * value).sum::<f32>() / 37.0;
            assert!((mean - 4.0).abs() < 1e-4, "{mean}");
        }
    }

    #[test]
    fn gates_open_with_their_value() {
        let mut gate = [-20.0, 0.0, 1.0, 20.0];
        swiglu(&mut gate, &[3.0; 4]);
        let exact = [0.0, 0.0, 3.0 / (1.0 + (-1f32).exp()), 60.0];
        for (ours, exact) in gate.iter().zip(exact) {
            assert!((ours - exact).abs() < 1e-4, "{ours} {exact}");
        }
    }

    #[test]
    fn gelu_is_close_everywhere() {
        let mut value = -30.0f32;
        while value < 30.0 {
            let x = f64::from(value);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            let exact = 0.5 * x * (1.0 + inner.tanh()) * 3.0;
            let mut gate = [value];
            geglu(&mut gate, &[3.0]);
            let apart = (f64::from(gate[0]) - exact).abs();
            assert!(
                apart < 1e-6 * (1.0 + exact.abs()),
                "{value}: {} for {exact}",
                gate[0]
            );
            value += 0.0137;
        }
    }

    #[test]
    fn a_turn_keeps_lengths_and_pairs_what_the_family_pairs() {
        let (sin, cos) = (0.5f32).sin_cos();
        let mut halves = [1.0, 0.0, 2.0, 0.0];
        rotate(&mut halves, 1, &[cos, 1.0], &[sin, 0.0], true, 2);
        let expected = [cos - 2.0 * sin, 0.0, 2.0 * cos + sin, 0.0];
        assert_eq!(halves, expected);
        let mut neighbours = [1.0, 2.0, 7.0, 9.0];
        rotate(&mut neighbours, 1, &[cos, 1.0], &[sin, 0.0], false, 2);
        assert_eq!(neighbours, [cos - 2.0 * sin, 2.0 * cos + sin, 7.0, 9.0]);
    }
}
