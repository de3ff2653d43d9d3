//! Neighbouring chunks of one document, joined to one stretch of text.

use std::collections::BTreeMap;

use rushlight_core::TextSpan;

/// Where a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<D> {
    /// Its document.
    pub document: D,
    /// Which chunk of the document, counted from zero.
    pub ordinal: usize,
    /// Its bytes of the document's text.
    pub span: TextSpan,
}

/// Chunks that follow one another in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch<D> {
    /// The document.
    pub document: D,
    /// From the first byte of the first chunk to the last of the last. What stands between two neighbours, such as blank
    /// lines, belongs to it: it is the document's text under this span that is shown.
    pub span: TextSpan,
    /// The chunks as indices into the hits, in the document's order.
    pub members: Vec<usize>,
    /// The one that ranked first.
    pub best: usize,
}

/// Joins chunks whose ordinals follow one another, as long as a stretch has at most `max_bytes` bytes; a single chunk may have
/// more. `hits` come best first, and a stretch stands where its best hit stood. A stretch grows from its best hit, to the better
/// of its two neighbours first, so that the bound cuts off what ranked last. Every hit is in exactly one stretch; a chunk
/// that is named twice stays by itself the second time.
pub fn join<D: Copy + Ord>(hits: &[Placed<D>], max_bytes: usize) -> Vec<Stretch<D>> {
    let mut waiting: BTreeMap<(D, usize), usize> = BTreeMap::new();
    for (index, hit) in hits.iter().enumerate() {
        waiting.entry((hit.document, hit.ordinal)).or_insert(index);
    }
    let mut stretches = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        let key = (hit.document, hit.ordinal);
        match waiting.get(&key) {
            Some(first) if *first == index => {
                waiting.remove(&key);
                stretches.push(grow(hits, index, &mut waiting, max_bytes));
            }
            // Taken into a better one's stretch, unless this is the second of its name.
            _ if is_first(hits, index) => {}
            _ => stretches.push(alone(hits, index)),
        }
    }
    stretches
}

fn is_first<D: Copy + Ord>(hits: &[Placed<D>], index: usize) -> bool {
    let hit = &hits[index];
    !hits[..index]
        .iter()
        .any(|other| (other.document, other.ordinal) == (hit.document, hit.ordinal))
}

fn alone<D: Copy>(hits: &[Placed<D>], best: usize) -> Stretch<D> {
    Stretch {
        document: hits[best].document,
        span: hits[best].span,
        members: vec![best],
        best,
    }
}

fn grow<D: Copy + Ord>(
    hits: &[Placed<D>],
    best: usize,
    waiting: &mut BTreeMap<(D, usize), usize>,
    max_bytes: usize,
) -> Stretch<D> {
    let document = hits[best].document;
    let mut stretch = alone(hits, best);
    let (mut first, mut last) = (hits[best].ordinal, hits[best].ordinal);
    loop {
        let at =
            |ordinal: Option<usize>| ordinal.and_then(|ordinal| waiting.get(&(document, ordinal)).copied());
        let mut sides = [at(first.checked_sub(1)), at(last.checked_add(1))];
        let fits = |side: &Option<usize>| {
            side.filter(|index| {
                let span = union(stretch.span, hits[*index].span);
                span.end - span.start <= max_bytes
            })
        };
        sides = [fits(&sides[0]), fits(&sides[1])];
        let Some(next) = sides.iter().flatten().min().copied() else {
            return stretch;
        };
        let ordinal = hits[next].ordinal;
        waiting.remove(&(document, ordinal));
        stretch.span = union(stretch.span, hits[next].span);
        if ordinal < first {
            stretch.members.insert(0, next);
            first = ordinal;
        } else {
            stretch.members.push(next);
            last = ordinal;
        }
    }
}

fn union(a: TextSpan, b: TextSpan) -> TextSpan {
    TextSpan {
        start: a.start.min(b.start),
        end: a.end.max(b.end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(document: u8, ordinal: usize) -> Placed<u8> {
        Placed {
            document,
            ordinal,
            span: TextSpan {
                start: ordinal * 100,
                end: ordinal * 100 + 90,
            },
        }
    }

    #[test]
    fn neighbours_are_joined_where_the_best_stood() {
        let hits = [at(1, 3), at(2, 0), at(1, 2), at(1, 7), at(1, 4)];
        let stretches = join(&hits, 1000);
        let shape: Vec<_> = stretches
            .iter()
            .map(|stretch| {
                (
                    stretch.best,
                    stretch.members.clone(),
                    stretch.span.start,
                    stretch.span.end,
                )
            })
            .collect();
        assert_eq!(
            shape,
            [
                (0, vec![2, 0, 4], 200, 490),
                (1, vec![1], 0, 90),
                (3, vec![3], 700, 790)
            ]
        );
    }

    #[test]
    fn the_bound_cuts_off_what_ranked_last() {
        let stretches = join(&[at(1, 3), at(1, 2), at(1, 4)], 200);
        assert_eq!(stretches[0].members, [1, 0]);
        assert_eq!(stretches[1].members, [2]);
    }

    proptest! {
        #[test]
        fn every_hit_is_in_one_stretch_of_neighbours(
            places in prop::collection::vec((0u8..3, 0usize..8), 0..20),
            max_bytes in 0usize..600,
        ) {
            let hits: Vec<_> = places.iter().map(|(document, ordinal)| at(*document, *ordinal)).collect();
            let stretches = join(&hits, max_bytes);
            prop_assert!(stretches.iter().map(|stretch| stretch.best).is_sorted());
            let mut all: Vec<usize> = Vec::new();
            for stretch in &stretches {
                let ordinals: Vec<_> = stretch.members.iter().map(|member| hits[*member].ordinal).collect();
                prop_assert!(ordinals.windows(2).all(|two| two[0] + 1 == two[1]));
                prop_assert!(stretch.members.iter().all(|member| hits[*member].document == stretch.document));
                prop_assert_eq!(stretch.members.iter().min(), Some(&stretch.best));
                prop_assert!(stretch.members.len() == 1 || stretch.span.end - stretch.span.start <= max_bytes);
                all.extend(&stretch.members);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..hits.len()).collect::<Vec<_>>());
        }
    }
}
