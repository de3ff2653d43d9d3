//! Several chunks of one document, and several mails of one conversation, under the best of them.

use std::collections::HashMap;
use std::hash::Hash;

/// A hit as grouping sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouped<'a, D> {
    /// Its document.
    pub document: D,
    /// Its conversation, for a mail.
    pub thread: Option<&'a str>,
}

/// What is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// Chunks of one document.
    pub documents: bool,
    /// Mails of one conversation.
    pub threads: bool,
}

impl Default for GroupOptions {
    /// Both.
    fn default() -> Self {
        Self {
            documents: true,
            threads: true,
        }
    }
}

/// A hit and what stands under it, as indices into the hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The best hit.
    pub best: usize,
    /// Other places of the same document, best first.
    pub places: Vec<usize>,
    /// Hits in other mails of the same conversation, best first.
    pub thread: Vec<usize>,
}

/// Groups hits, which come best first. A group stands where its best hit stood. Every hit is in exactly one group. Two
/// documents are one conversation only by a thread that is not empty.
pub fn group<D: Copy + Eq + Hash>(hits: &[Grouped<'_, D>], options: GroupOptions) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_document: HashMap<D, usize> = HashMap::new();
    let mut by_thread: HashMap<&str, usize> = HashMap::new();
    for (index, hit) in hits.iter().enumerate() {
        let thread = hit.thread.filter(|thread| options.threads && !thread.is_empty());
        let same_document = by_document
            .get(&hit.document)
            .copied()
            .filter(|_| options.documents);
        let same_thread = thread.and_then(|thread| by_thread.get(thread)).copied();
        match same_document.or(same_thread) {
            Some(at) => {
                let group = &mut groups[at];
                if hits[group.best].document == hit.document {
                    group.places.push(index);
                } else {
                    group.thread.push(index);
                }
            }
            None => groups.push(Group {
                best: index,
                places: Vec::new(),
                thread: Vec::new(),
            }),
        }
        let at = same_document.or(same_thread).unwrap_or(groups.len() - 1);
        by_document.entry(hit.document).or_insert(at);
        if let Some(thread) = thread {
            by_thread.entry(thread).or_insert(at);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hits(of: &[(u8, &'static str)]) -> Vec<Grouped<'static, u8>> {
        of.iter()
            .map(|(document, thread)| Grouped {
                document: *document,
                thread: Some(*thread),
            })
            .collect()
    }

    #[test]
    fn places_of_a_document_and_mails_of_a_conversation_stand_under_the_best() {
        let hits = hits(&[(1, ""), (2, "t"), (1, ""), (3, "t"), (2, "t"), (3, "t"), (4, "")]);
        let groups = group(&hits, GroupOptions::default());
        let shape: Vec<_> = groups
            .iter()
            .map(|group| (group.best, group.places.clone(), group.thread.clone()))
            .collect();
        assert_eq!(
            shape,
            [
                (0, vec![2], vec![]),
                (1, vec![4], vec![3, 5]),
                (6, vec![], vec![])
            ]
        );
    }

    #[test]
    fn grouping_can_be_switched_off() {
        let hits = hits(&[(1, "t"), (1, "t"), (2, "t")]);
        let count = |documents, threads| group(&hits, GroupOptions { documents, threads }).len();
        assert_eq!(count(false, false), 3);
        assert_eq!(count(true, false), 2);
        assert_eq!(count(false, true), 1);
    }

    proptest! {
        #[test]
        fn every_hit_is_in_one_group_in_its_order(
            of in prop::collection::vec((0u8..6, prop::sample::select(vec!["", "a", "b"])), 0..30),
            documents in any::<bool>(), threads in any::<bool>(),
        ) {
            let groups = group(&hits(&of), GroupOptions { documents, threads });
            prop_assert!(groups.iter().map(|group| group.best).is_sorted());
            let mut all: Vec<usize> = Vec::new();
            for group in &groups {
                for members in [&group.places, &group.thread] {
                    prop_assert!(members.is_sorted());
                    prop_assert!(members.iter().all(|member| *member > group.best));
                    all.extend(members);
                }
                all.push(group.best);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..of.len()).collect::<Vec<_>>());
        }
    }
}
