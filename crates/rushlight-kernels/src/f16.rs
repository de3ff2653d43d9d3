//! 16-bit floats (IEEE 754 binary16) to 32 bits and back, in a form that compilers turn into vector instructions.

/// 2^112: the difference of the two formats' exponents.
const SHIFT: f32 = f32::from_bits((127 + 112) << 23);

/// The value of 16 bits. Infinities and what is no number become large numbers: a sound file's weights hold neither.
#[inline(always)]
pub(crate) fn to_f32(bits: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * SHIFT;
    f32::from_bits(magnitude.to_bits() | (u32::from(bits & 0x8000) << 16))
}

/// The nearest 16 bits, ties to even (below 2^-14 the nearest or its neighbour); what is too large becomes the largest number, and so
/// does what is no number.
#[inline(always)]
pub(crate) fn from_f32(value: f32) -> u16 {
    const LARGEST_VALUE: f32 = 65_504.0;
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    let scaled = value.abs().min(LARGEST_VALUE) * f32::from_bits((127 - 112) << 23);
    let bits = scaled.to_bits();
    let rounded = bits + 0x0fff + ((bits >> 13) & 1);
    sign | (rounded >> 13) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(to_f32(bits), value);
            assert_eq!(from_f32(value), bits, "{value}");
        }
        assert_eq!(from_f32(1e9), 0x7bff);
        assert_eq!(from_f32(-1e9), 0xfbff);
    }

    #[test]
    fn every_number_survives_the_way_there_and_back() {
        for bits in 0..=u16::MAX {
            if bits & 0x7c00 != 0x7c00 {
                assert_eq!(from_f32(to_f32(bits)), bits);
            }
        }
    }

    #[test]
    fn values_between_go_to_the_nearer_and_ties_to_even() {
        let step = 1.0 / 1024.0;
        assert_eq!(from_f32(1.0 + step * 0.49), 0x3c00);
        assert_eq!(from_f32(1.0 + step * 0.51), 0x3c01);
        assert_eq!(from_f32(1.0 + step * 0.5), 0x3c00);
        assert_eq!(from_f32(1.0 + step * 1.5), 0x3c02);
    }
}
