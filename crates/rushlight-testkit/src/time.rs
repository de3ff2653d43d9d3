//! A clock that tests set, and a reporter that remembers.

use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use rushlight_core::{Clock, IndexEvent, Reporter, Timestamp};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves on by so many milliseconds; negative moves back.
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// Stands at 2026-01-01T00:00:00 UTC.
    fn default() -> Self {
        Self::new(Timestamp(1_767_225_600_000))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Keeps every event, in order.
#[derive(Debug, Default)]
pub struct RecordingReporter(Mutex<Vec<IndexEvent>>);

impl RecordingReporter {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was reported so far.
    pub fn events(&self) -> Vec<IndexEvent> {
        self.0.lock().clone()
    }

    /// What was reported since the last call.
    pub fn take(&self) -> Vec<IndexEvent> {
        std::mem::take(&mut self.0.lock())
    }
}

impl Reporter for RecordingReporter {
    fn report(&self, event: &IndexEvent) {
        self.0.lock().push(event.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_told() {
        let clock = FixedClock::new(Timestamp(5));
        clock.advance(10);
        clock.advance(-1);
        assert_eq!((clock.now(), clock.now()), (Timestamp(14), Timestamp(14)));
    }

    #[test]
    fn events_are_kept_in_order_until_taken() {
        let reporter = RecordingReporter::new();
        reporter.report(&IndexEvent::Idle);
        reporter.report(&IndexEvent::Embedded { done: 1, waiting: 0 });
        assert_eq!(reporter.events().len(), 2);
        assert_eq!(
            reporter.take(),
            [IndexEvent::Idle, IndexEvent::Embedded { done: 1, waiting: 0 }]
        );
        assert!(reporter.events().is_empty());
    }
}
