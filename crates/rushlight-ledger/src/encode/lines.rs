//! Where lines stand on their pages, as bytes: seven numbers a line, each as the difference from the line before.
//!
//! A number is zigzag (so that small negative ones are small) in groups of seven bits, the lowest first, the highest bit
//! set in all but the last. A line takes about nine bytes.

use rushlight_core::{PageArea, PlacedLine, TextSpan};

use crate::failure::{Failure, Outcome};

/// The numbers of a line in their order: where its text begins and ends, its page and its edges.
type Numbers = [i64; 7];

/// The lines as bytes; none for none.
pub(crate) fn lines_to_bytes(lines: &[PlacedLine]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() * 10);
    let mut before = Numbers::default();
    for line in lines {
        let numbers = numbers_of(line);
        // A line begins where the one before ended, or a little later.
        let start = numbers[0].wrapping_sub(before[1]);
        let length = numbers[1].wrapping_sub(numbers[0]);
        put(&mut out, start);
        put(&mut out, length);
        for (now, before) in numbers.iter().zip(before).skip(2) {
            put(&mut out, now.wrapping_sub(before));
        }
        before = numbers;
    }
    out
}

/// What [`lines_to_bytes`] wrote.
pub(crate) fn lines_from_bytes(mut bytes: &[u8]) -> Outcome<Vec<PlacedLine>> {
    let mut lines = Vec::with_capacity(bytes.len() / 9);
    let mut before = Numbers::default();
    while !bytes.is_empty() {
        let line = next_line(&mut bytes, &mut before).ok_or_else(|| {
            Failure::Malformed("structures.lines", format!("line {} is none", lines.len() + 1))
        })?;
        lines.push(line);
    }
    Ok(lines)
}

fn numbers_of(line: &PlacedLine) -> Numbers {
    let PlacedLine {
        span: TextSpan { start, end },
        area:
            PageArea {
                page,
                left,
                top,
                right,
                bottom,
            },
    } = *line;
    [
        start as i64,
        end as i64,
        i64::from(page),
        i64::from(left),
        i64::from(top),
        i64::from(right),
        i64::from(bottom),
    ]
}

fn next_line(bytes: &mut &[u8], before: &mut Numbers) -> Option<PlacedLine> {
    let start = before[1].checked_add(take(bytes)?)?;
    before[0] = start;
    before[1] = start.checked_add(take(bytes)?)?;
    for number in &mut before[2..] {
        *number = number.checked_add(take(bytes)?)?;
    }
    let [start, end, page, left, top, right, bottom] = *before;
    (start <= end).then_some(())?;
    Some(PlacedLine {
        span: TextSpan {
            start: start.try_into().ok()?,
            end: end.try_into().ok()?,
        },
        area: PageArea {
            page: page.try_into().ok()?,
            left: left.try_into().ok()?,
            top: top.try_into().ok()?,
            right: right.try_into().ok()?,
            bottom: bottom.try_into().ok()?,
        },
    })
}

fn put(out: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn take(bytes: &mut &[u8]) -> Option<i64> {
    let mut found = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        found |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((found >> 1) as i64 ^ -((found & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn any_line()(start in 0usize..1 << 40, length in 0usize..1 << 30, page in any::<u32>(), edges in any::<[u16; 4]>())
            -> PlacedLine {
            let [left, top, right, bottom] = edges;
            PlacedLine {
                span: TextSpan::new(start, start + length),
                area: PageArea { page, left, top, right, bottom },
            }
        }
    }

    proptest! {
        #[test]
        fn lines_round_trip(lines in proptest::collection::vec(any_line(), 0..12)) {
            let bytes = lines_to_bytes(&lines);
            prop_assert_eq!(lines_from_bytes(&bytes).expect("own output"), lines);
        }

        #[test]
        fn any_bytes_are_lines_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(lines) = lines_from_bytes(&bytes) {
                let again = lines_from_bytes(&lines_to_bytes(&lines)).expect("own output");
                prop_assert_eq!(again, lines);
            }
        }
    }

    #[test]
    fn lines_of_a_page_are_small() {
        let lines: Vec<PlacedLine> = (0..50u16)
            .map(|n| {
                let start = usize::from(n) * 80;
                PlacedLine {
                    span: TextSpan::new(start, start + 79),
                    area: PageArea {
                        page: 7,
                        left: 118,
                        top: 90 + 15 * n,
                        right: 880 - n % 7,
                        bottom: 102 + 15 * n,
                    },
                }
            })
            .collect();
        let bytes = lines_to_bytes(&lines);
        assert!(bytes.len() <= 10 * lines.len(), "{} bytes", bytes.len());
        assert!(lines_to_bytes(&[]).is_empty());
    }
}
