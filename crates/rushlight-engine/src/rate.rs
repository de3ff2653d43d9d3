//! How fast work goes lately, and how long the rest will take.

use std::time::Duration;

/// What was done so long ago counts half.
const HALF_LIFE: f64 = 20.0;
/// With less time measured than this nothing is foretold.
const ENOUGH: f64 = 0.5;

/// Work per second over recent batches; the longer ago, the less a batch counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    work: f64,
    seconds: f64,
}

impl Rate {
    /// Takes in a batch: so much work in so much time.
    pub fn add(&mut self, work: f64, time: Duration) {
        let seconds = time.as_secs_f64();
        let weight = 0.5_f64.powf(seconds / HALF_LIFE);
        self.work = self.work * weight + work;
        self.seconds = self.seconds * weight + seconds;
    }

    /// Work per second; `None` before enough was measured.
    pub fn per_second(&self) -> Option<f64> {
        (self.seconds >= ENOUGH && self.work > 0.0).then(|| self.work / self.seconds)
    }

    /// Seconds for so much more work; `None` before enough was measured.
    pub fn seconds_for(&self, work: f64) -> Option<f64> {
        Some(work / self.per_second()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_batches_count_most_and_little_time_foretells_nothing() {
        let mut rate = Rate::default();
        assert_eq!(rate.per_second(), None);
        rate.add(10.0, Duration::from_millis(100));
        assert_eq!(rate.seconds_for(1.0), None, "a tenth of a second says too little");
        rate.add(990.0, Duration::from_millis(900));
        let early = rate.per_second().expect("a second is enough");
        assert!((early - 1_000.0).abs() < 20.0, "{early}");
        for _ in 0..200 {
            rate.add(100.0, Duration::from_secs(1));
        }
        let late = rate.per_second().expect("measured");
        assert!((late - 100.0).abs() < 2.0, "{late}");
        assert!((rate.seconds_for(500.0).expect("measured") - 5.0).abs() < 0.2);
    }
}
