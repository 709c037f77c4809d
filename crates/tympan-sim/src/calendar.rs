//! When months begin, worked out minute by minute: slow, and sure.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use tympan_core::time::Timestamp;

/// Remembers what it has worked out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar(BTreeMap<(&'static str, i32, u32), i64>);

impl Calendar {
    /// The first instant of the month after the local month in which an instant lies, in
    /// milliseconds since 1970; none where the calendar ends.
    pub(crate) fn next_month(&mut self, zone: &str, after: i64) -> Option<i64> {
        let zone: Tz = zone.parse().ok()?;
        let local = DateTime::from_timestamp_millis(after)?.with_timezone(&zone);
        let month = local.year() * 12 + i32::try_from(local.month()).ok()?;
        let (year, month) = (month / 12, u32::try_from(month % 12 + 1).ok()?);
        let key = (zone.name(), year, month);
        if let Some(known) = self.0.get(&key) {
            return Some(*known);
        }
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let start = first.and_hms_opt(0, 0, 0)?.and_utc();
        // Local time differs from UTC by less than sixteen hours.
        let begins = (-16 * 60..=16 * 60)
            .map(|minutes| start + TimeDelta::minutes(minutes))
            .find(|instant| instant.with_timezone(&zone).date_naive() == first)?
            .timestamp_millis();
        if begins > Timestamp::LATEST.millis() {
            return None;
        }
        self.0.insert(key, begins);
        Some(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_when_the_wall_clock_says_so() {
        for (zone, after, begins) in [
            (
                "Europe/Berlin",
                "2026-09-15T12:00:00Z",
                "2026-09-30T22:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-31T23:00:00Z",
                "2026-11-30T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-12-31T22:59:59Z",
                "2026-12-31T23:00:00Z",
            ),
            (
                "Asia/Kathmandu",
                "2026-02-10T00:00:00Z",
                "2026-02-28T18:15:00Z",
            ),
            (
                "America/New_York",
                "2026-11-01T05:59:00Z",
                "2026-12-01T05:00:00Z",
            ),
        ] {
            let at = |text| {
                DateTime::parse_from_rfc3339(text)
                    .unwrap()
                    .timestamp_millis()
            };
            let found = Calendar::default().next_month(zone, at(after));
            assert_eq!(found, Some(at(begins)), "{zone} {after}");
        }
    }
}
