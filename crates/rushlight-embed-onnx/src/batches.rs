//! Which texts are computed together.

/// At most so many tokens in a batch, padding included. Larger batches gain nothing on a CPU: the matrices are read
/// from the cache anyway, and the intermediate values of a larger batch no longer fit in it.
pub(crate) const TOKENS: usize = 2048;
/// At most so many texts in a batch.
pub(crate) const TEXTS: usize = 16;
/// Short texts may be padded by so many tokens more than to twice their length: a batch has a price of its own.
const SLACK: usize = 16;

/// Groups texts of similar length, so that little is padded. `lengths` are in tokens; the result holds each index once.
pub(crate) fn plan(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|index| lengths[*index]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in order {
        // In this order the newest text is the longest, and all are padded to it; the first is the shortest.
        match batches.last_mut() {
            Some(batch)
                if batch.len() < TEXTS
                    && lengths[index] * (batch.len() + 1) <= TOKENS
                    && lengths[index] <= lengths[batch[0]] * 2 + SLACK =>
            {
                batch.push(index);
            }
            _ => batches.push(vec![index]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn similar_lengths_come_together() {
        assert!(plan(&[]).is_empty());
        assert_eq!(plan(&[500, 3, 510, 4]), [vec![1, 3], vec![0, 2]]);
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_within_the_limits(lengths in proptest::collection::vec(1usize..600, 0..100)) {
            let batches = plan(&lengths);
            let mut seen: Vec<usize> = batches.concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &batches {
                let longest = batch.iter().map(|index| lengths[*index]).max().expect("not empty");
                prop_assert!(batch.len() <= TEXTS && (batch.len() == 1 || longest * batch.len() <= TOKENS));
            }
        }
    }
}
