//! What there is in numbers, over time.

use rushlight_core::{Plan, Principal, SourceId, Timestamp};
use rushlight_ledger::{IndexedOverTime, Ledger, Period};

use crate::support::{indexed, ledger, online, stamp};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Monday, 2 November 2026, at noon.
const MONDAY: i64 = 1_793_620_800_000;

/// Takes in one file with this text at this time.
fn take_in(ledger: &Ledger, source: SourceId, path: &str, text: &str, now: i64) {
    let mut added = vec![stamp(path, 5)];
    added[0].file_id = None;
    ledger
        .apply_plan(source, &Plan { added, ..online() }, Timestamp(now))
        .expect("applied");
    let files = ledger.files_below(source, path).expect("readable");
    ledger
        .complete_files(&[indexed(ledger, &files[0], &[("", "", text)])], Timestamp(now))
        .expect("completed");
}

fn over_time(ledger: &Ledger, utc_offset: i32) -> IndexedOverTime {
    ledger
        .overview(&[Principal::owner()], utc_offset)
        .expect("readable")
        .indexed
}

fn counted(found: &IndexedOverTime) -> Vec<(&str, u64)> {
    let periods = found.periods.iter();
    periods
        .map(|group| (group.name.as_str(), group.documents))
        .collect()
}

#[test]
fn a_short_time_is_counted_by_day_a_longer_one_by_week_and_a_long_one_by_month() {
    let (ledger, source, _) = ledger();
    assert_eq!(over_time(&ledger, 0), IndexedOverTime::default());
    take_in(&ledger, source, "a.md", "tea", MONDAY);
    take_in(&ledger, source, "b.md", "water", MONDAY + HOUR);
    take_in(&ledger, source, "c.md", "milk", MONDAY + 20 * DAY);
    let found = over_time(&ledger, 0);
    assert_eq!(found.by, Period::Day);
    assert_eq!(counted(&found), [("2026-11-22", 1), ("2026-11-02", 2)]);

    take_in(&ledger, source, "d.md", "salt", MONDAY + 21 * DAY);
    let found = over_time(&ledger, 0);
    assert_eq!(found.by, Period::Week);
    assert_eq!(
        counted(&found),
        [("2026-11-23", 1), ("2026-11-16", 1), ("2026-11-02", 2)],
        "Sunday the 22nd belongs to the week of the 16th, Monday the 23rd begins one"
    );

    take_in(&ledger, source, "e.md", "rice", MONDAY + 147 * DAY);
    let found = over_time(&ledger, 0);
    assert_eq!(found.by, Period::Month);
    assert_eq!(counted(&found), [("2027-03-01", 1), ("2026-11-01", 4)]);
    assert_eq!(found.before, 0);
}

#[test]
fn a_day_begins_where_the_asker_is() {
    let (ledger, source, _) = ledger();
    take_in(&ledger, source, "a.md", "tea", MONDAY);
    assert_eq!(counted(&over_time(&ledger, 13 * 3600)), [("2026-11-03", 1)]);
    assert_eq!(counted(&over_time(&ledger, -13 * 3600)), [("2026-11-01", 1)]);
}

#[test]
fn an_edit_leaves_the_day_as_it_was() {
    let (ledger, source, _) = ledger();
    take_in(&ledger, source, "a.md", "tea", MONDAY);
    let file = ledger.files_below(source, "a.md").expect("readable").remove(0);
    ledger
        .complete_files(
            &[indexed(&ledger, &file, &[("", "", "green tea")])],
            Timestamp(MONDAY + 3 * DAY),
        )
        .expect("completed");
    let found = over_time(&ledger, 0);
    assert_eq!(counted(&found), [("2026-11-02", 1)]);
    assert_eq!(found.periods[0].text_bytes, "green tea".len() as u64);
}
