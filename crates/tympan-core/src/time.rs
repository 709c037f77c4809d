//! Instants in whole milliseconds, and the one place that knows about time zones.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::row::{Cell, CellKind, Field};
use crate::text::excerpt;

/// The latest instant that tympan accepts: the end of the year 9999.
const LATEST_MS: i64 = 253_402_300_799_999;

/// An instant: whole milliseconds since 1970-01-01T00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant: 1970.
    pub const EPOCH: Self = Self(0);
    /// The latest instant: the end of the year 9999.
    pub const LATEST: Self = Self(LATEST_MS);

    /// An instant from milliseconds since 1970; what lies outside 1970 to 9999 becomes the nearest
    /// bound.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LATEST_MS))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The instant so many milliseconds later, at most the latest one.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }
}

impl Field for Timestamp {
    const KIND: CellKind = CellKind::Integer;
    fn cell(&self) -> Cell<'_> {
        Cell::Integer(self.0)
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell)
            .filter(|millis| (0..=LATEST_MS).contains(millis))
            .map(Self)
    }
}

/// A zone of the time zone database, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZoneName(Tz);

impl TimeZoneName {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone with this name, for example `Europe/Berlin`.
    ///
    /// # Errors
    /// `unknown_time_zone`.
    pub fn parse(name: &str) -> Result<Self, Error> {
        name.parse().map(Self).map_err(|_| {
            Error::new(
                Code::UnknownTimeZone,
                format!("there is no time zone `{}`", excerpt(name)),
            )
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local midnight of the first of the month after the month that `after` lies in; none if
    /// it lies behind the latest instant there is. Always later than `after`: whoever goes from
    /// month to month comes to an end.
    #[must_use]
    pub fn next_month_start(self, after: Timestamp) -> Option<Timestamp> {
        let local = self.local_date(after)?;
        let (year, month) = if local.month() == 12 {
            (local.year() + 1, 1)
        } else {
            (local.year(), local.month() + 1)
        };
        let start = first_instant_of_local_day(self.0, NaiveDate::from_ymd_opt(year, month, 1)?)?;
        // What lies behind the latest instant was brought back to it.
        (after < start && start < Timestamp::LATEST).then_some(start)
    }

    fn local_date(self, at: Timestamp) -> Option<NaiveDate> {
        DateTime::from_timestamp_millis(at.0).map(|utc| utc.with_timezone(&self.0).date_naive())
    }
}

impl Serialize for TimeZoneName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TimeZoneName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

impl Field for TimeZoneName {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self.name().into())
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(name) => Self::parse(&name).ok(),
            _ => None,
        }
    }
}

/// The version of the time zone database that this build decides with; stored with the data.
#[must_use]
pub fn time_zone_database() -> &'static str {
    chrono_tz::IANA_TZDB_VERSION
}

/// Midnight does not always exist, and sometimes it comes twice: the first instant of the day.
fn first_instant_of_local_day(zone: Tz, date: NaiveDate) -> Option<Timestamp> {
    let midnight = date.and_hms_opt(0, 0, 0)?;
    // No zone has ever skipped more than a day; transitions fall on whole seconds.
    for minute in 0..=24 * 60 {
        let local = midnight.checked_add_signed(TimeDelta::minutes(minute))?;
        match zone.from_local_datetime(&local) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                return Some(Timestamp::from_millis(instant.timestamp_millis()));
            }
            LocalResult::None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(
            DateTime::parse_from_rfc3339(text)
                .unwrap()
                .timestamp_millis(),
        )
    }

    #[test]
    fn months_start_at_local_midnight() {
        let table = [
            (
                "Europe/Berlin",
                "2026-09-15T12:00:00Z",
                "2026-09-30T22:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-31T22:59:59Z",
                "2026-10-31T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-31T23:00:00Z",
                "2026-11-30T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-12-31T23:30:00Z",
                "2027-01-31T23:00:00Z",
            ),
            ("UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            (
                "Asia/Kathmandu",
                "2026-02-10T00:00:00Z",
                "2026-02-28T18:15:00Z",
            ),
        ];
        for (zone, after, expected) in table {
            let zone = TimeZoneName::parse(zone).unwrap();
            assert_eq!(
                zone.next_month_start(at(after)),
                Some(at(expected)),
                "{} {after}",
                zone.name()
            );
        }
    }

    #[test]
    fn a_day_without_midnight_starts_at_its_first_instant_and_a_double_one_at_the_earlier() {
        let day = |zone: &str, year, month, day| {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            first_instant_of_local_day(zone.parse().unwrap(), date).unwrap()
        };
        assert_eq!(
            day("America/Sao_Paulo", 2018, 11, 4),
            at("2018-11-04T01:00:00-02:00")
        );
        assert_eq!(
            day("Asia/Beirut", 2024, 3, 31),
            at("2024-03-31T01:00:00+03:00")
        );
        assert_eq!(
            day("America/Havana", 2024, 11, 3),
            at("2024-11-03T00:00:00-04:00")
        );
    }

    #[test]
    fn the_next_month_always_lies_ahead() {
        let zone = TimeZoneName::parse("Europe/Berlin").unwrap();
        let mut now = Timestamp::EPOCH;
        for _ in 0..1_200 {
            let next = zone.next_month_start(now).unwrap();
            assert!(next > now);
            assert_eq!(zone.next_month_start(next.plus_millis(-1)), Some(next));
            now = next;
        }
    }

    #[test]
    fn months_end_with_the_latest_instant() {
        // In Berlin the year 10000 begins within 9999 as it is counted in UTC.
        for (name, months) in [("UTC", 1), ("Europe/Berlin", 2), ("America/New_York", 1)] {
            let zone = TimeZoneName::parse(name).unwrap();
            let from = Some(at("9999-11-15T00:00:00Z"));
            let months_left = std::iter::successors(from, |after| zone.next_month_start(*after));
            assert_eq!(months_left.skip(1).take(5).count(), months, "{name}");
            assert_eq!(zone.next_month_start(Timestamp::LATEST), None, "{name}");
        }
    }
}
