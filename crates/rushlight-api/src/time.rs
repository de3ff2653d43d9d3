//! Times as RFC 3339 strings in UTC.

use std::fmt;

use rushlight_core::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time; in JSON a string like `2026-03-01T09:00:00Z`. Any offset is read, UTC is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC. Times beyond the years -9999 to 9999 are written as the nearest that has a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = if self.0.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        jiff::Timestamp::from_millisecond(self.0.0)
            .unwrap_or(nearest)
            .fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: jiff::Timestamp = text
            .parse()
            .map_err(|_| D::Error::custom("a time is written like `2026-03-01T09:00:00Z`"))?;
        Ok(Self(Timestamp(timestamp.as_millisecond())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_written_in_utc_and_read_with_any_offset() {
        let time = Time(Timestamp(1_772_355_600_000));
        assert_eq!(time.to_string(), "2026-03-01T09:00:00Z");
        let read: Time = serde_json::from_str("\"2026-03-01T17:00:00+08:00\"").expect("a time");
        assert_eq!(read, time);
        for bad in ["\"2026-03-01\"", "\"yesterday\"", "12", "\"2026-03-01T09:00:00\""] {
            assert!(serde_json::from_str::<Time>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_time_has_a_name(milliseconds in any::<i64>()) {
            let text = serde_json::to_string(&Time(Timestamp(milliseconds))).expect("text");
            prop_assert!(serde_json::from_str::<Time>(&text).is_ok());
        }

        #[test]
        fn times_of_our_age_survive_the_way_there_and_back(milliseconds in -10_000_000_000_000i64..100_000_000_000_000) {
            let time = Time(Timestamp(milliseconds));
            let text = serde_json::to_string(&time).expect("text");
            prop_assert_eq!(serde_json::from_str::<Time>(&text).expect("own output"), time);
        }
    }
}
