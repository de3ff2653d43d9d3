//! Conversations beside the one that was asked in last, with what was read of each, so that each goes on from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushlight_kernels::KeyValueCache;

/// Conversations that wait for their next question.
pub(crate) struct Conversations {
    /// Bytes that they and the one that goes on may take.
    limit: usize,
    /// The one that was used last stands last.
    waiting: Vec<Conversation>,
    kept: Arc<Kept>,
}

/// What was read of a conversation.
pub(crate) struct Conversation {
    pub(crate) tokens: Vec<u32>,
    /// Keys and values of these tokens, of every block.
    pub(crate) cache: Vec<KeyValueCache>,
}

/// How much is kept, the conversation that goes on included; read while the model writes.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    conversations: AtomicUsize,
    bytes: AtomicUsize,
}

impl Kept {
    pub(crate) fn conversations(&self) -> usize {
        self.conversations.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Conversation {
    fn bytes(&self) -> usize {
        self.cache.iter().map(|block| block.bytes(0)).sum()
    }
}

impl Conversations {
    /// None yet.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            waiting: Vec::new(),
            kept: Arc::default(),
        }
    }

    /// How much is kept, as it changes.
    pub(crate) fn kept(&self) -> Arc<Kept> {
        Arc::clone(&self.kept)
    }

    /// Lets a conversation wait.
    pub(crate) fn set_aside(&mut self, conversation: Conversation) {
        self.waiting.push(conversation);
    }

    /// The most tokens that the prompt begins with and one of the conversations too.
    pub(crate) fn most_in_common(&self, prompt: &[u32]) -> usize {
        self.nearest(prompt).map_or(0, |(_, common)| common)
    }

    /// What was read of the prompt in the conversation that has most of it; `None` where none has any. A conversation that would lose more
    /// than it keeps goes on waiting, and a copy is given.
    pub(crate) fn resume(&mut self, prompt: &[u32]) -> Option<Conversation> {
        let (at, common) = self.nearest(prompt)?;
        let nearest = self.waiting.remove(at);
        if loses_little(nearest.tokens.len(), common) {
            return Some(nearest);
        }
        let copy = Conversation {
            tokens: prompt[..common].to_vec(),
            cache: nearest.cache.iter().map(|block| block.copy(common)).collect(),
        };
        self.waiting.push(nearest);
        Some(copy)
    }

    /// Forgets those that were used longest ago, as many as it takes beside a conversation of so many bytes.
    pub(crate) fn make_room(&mut self, bytes: usize) {
        let mut all = bytes + self.waiting.iter().map(Conversation::bytes).sum::<usize>();
        while all > self.limit && !self.waiting.is_empty() {
            all -= self.waiting.remove(0).bytes();
        }
        self.kept
            .conversations
            .store(self.waiting.len() + usize::from(bytes > 0), Ordering::Relaxed);
        self.kept.bytes.store(all, Ordering::Relaxed);
    }

    fn nearest(&self, prompt: &[u32]) -> Option<(usize, usize)> {
        let all = self.waiting.iter().enumerate();
        all.map(|(at, waiting)| (at, in_common(&waiting.tokens, prompt)))
            .filter(|(_, common)| *common > 0)
            .max_by_key(|(_, common)| *common)
    }
}

/// Whether a conversation of so many tokens may be cut back to those in common: what is lost is no more than what stays.
pub(crate) fn loses_little(tokens: usize, common: usize) -> bool {
    tokens <= 2 * common
}

/// How many tokens both begin with.
pub(crate) fn in_common(tokens: &[u32], prompt: &[u32]) -> usize {
    let both = tokens.iter().zip(prompt);
    both.take_while(|(ours, theirs)| ours == theirs).count()
}
