//! A preference for what is newer, off unless somebody asks for it.

use rushlight_core::Timestamp;

const DAY: f32 = 86_400_000.0;

/// How much newer counts: at most `share` of a score, half of that for each `half_life_days` of age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recency {
    /// Days after which half of the preference is gone; above zero.
    pub half_life_days: f32,
    /// The share of a score that age can take away, 0 to 1.
    pub share: f32,
}

impl Default for Recency {
    /// A tenth of the score, half of it gone after half a year: it orders what is about as good and hides nothing.
    fn default() -> Self {
        Self {
            half_life_days: 180.0,
            share: 0.1,
        }
    }
}

impl Recency {
    /// What a score is multiplied with: `1 - share × (1 - 2^(-age / half-life))`, from `1 - share` for what is very old to 1 for
    /// what is new. A date in the future counts as now. Settings that make no sense change nothing.
    pub fn factor(&self, date: Timestamp, now: Timestamp) -> f32 {
        let Self {
            half_life_days,
            share,
        } = *self;
        let makes_sense = half_life_days.is_finite() && half_life_days > 0.0 && (0.0..=1.0).contains(&share);
        if !makes_sense {
            return 1.0;
        }
        let days = now.0.saturating_sub(date.0).max(0) as f32 / DAY;
        1.0 - share * (1.0 - (-days / half_life_days).exp2())
    }

    /// Scores of hits with their dates, `None` where there is none, after the preference: a hit without a date counts as old.
    pub fn apply(&self, score: f32, date: Option<Timestamp>, now: Timestamp) -> f32 {
        score * self.factor(date.unwrap_or(Timestamp(i64::MIN)), now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn ago(days: i64) -> Timestamp {
        Timestamp(NOW.0 - days * 86_400_000)
    }

    #[test]
    fn half_of_the_preference_is_gone_after_the_half_life() {
        let recency = Recency {
            half_life_days: 30.0,
            share: 0.2,
        };
        let factor = |days| (recency.factor(ago(days), NOW) * 1000.0).round() / 1000.0;
        assert_eq!(
            [factor(0), factor(30), factor(60), factor(100_000)],
            [1.0, 0.9, 0.85, 0.8]
        );
        assert_eq!(factor(-5), 1.0);
        assert!((recency.apply(0.5, None, NOW) - 0.4).abs() < 1e-6);
    }

    #[test]
    fn settings_that_make_no_sense_change_nothing() {
        for (half_life_days, share) in [
            (0.0, 0.5),
            (f32::NAN, 0.5),
            (-1.0, 0.5),
            (10.0, 2.0),
            (10.0, f32::NAN),
        ] {
            let recency = Recency {
                half_life_days,
                share,
            };
            assert_eq!(recency.factor(ago(10), NOW), 1.0);
        }
    }

    proptest! {
        #[test]
        fn newer_is_never_worse_and_age_takes_no_more_than_its_share(
            a in 0i64..100_000, b in 0i64..100_000, half_life_days in 0.1f32..10_000.0, share in 0f32..=1.0,
        ) {
            let recency = Recency { half_life_days, share };
            let (newer, older) = (recency.factor(ago(a.min(b)), NOW), recency.factor(ago(a.max(b)), NOW));
            prop_assert!(newer >= older);
            prop_assert!((1.0 - share - 1e-6..=1.0).contains(&older));
        }
    }
}
