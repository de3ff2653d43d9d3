//! The person who waits wins: work in the background stops between two small steps while a question is answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Counts the people who wait.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    waiting: AtomicUsize,
}

/// Somebody waits as long as this is kept.
pub(crate) struct Waiting<'a>(&'a Gate);

impl Gate {
    pub(crate) fn enter(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Waiting(self)
    }

    /// Returns once nobody waits, or `stop` says so.
    pub(crate) fn pass(&self, stop: impl Fn() -> bool) {
        while self.waiting.load(Ordering::Acquire) > 0 && !stop() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
