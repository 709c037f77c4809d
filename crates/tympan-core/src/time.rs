//! Instants in whole milliseconds, and the one place that knows about time zones.

use std::fmt;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::row::{Cell, CellKind, Field};
use crate::text::excerpt;

/// The latest instant that tympan accepts: the end of the year 9999.
const LATEST_MS: i64 = 253_402_300_799_999;

/// Seconds: local time has never been farther from UTC than this anywhere.
const FARTHEST_S: i64 = 16 * 3_600;

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

impl fmt::Display for Timestamp {
    /// As ISO 8601 has it, in UTC: `2026-03-29T01:00:00.000Z`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        formatter.write_str(&shown.to_rfc3339_opts(SecondsFormat::Millis, true))
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

    /// The first instant at which clocks in the zone show a day and a time of it, or later, in
    /// milliseconds since 1970; none where the calendar ends.
    ///
    /// So a time that comes twice is the first of the two, and one that does not come, because
    /// clocks are put forward past it, is the instant at which they are: also where a whole day is
    /// left out.
    pub(crate) fn first_shows(self, local: NaiveDateTime) -> Option<i64> {
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(first) | LocalResult::Ambiguous(first, _) => {
                Some(first.timestamp_millis())
            }
            LocalResult::None => self.put_forward_past(local),
        }
    }

    /// The instant at which clocks are put forward past a local time.
    fn put_forward_past(self, local: NaiveDateTime) -> Option<i64> {
        let middle = local.and_utc().timestamp();
        let (mut before, mut after) = (middle - FARTHEST_S, middle + FARTHEST_S);
        // Clocks change on whole seconds.
        while after - before > 1 {
            let between = before.midpoint(after);
            let utc = DateTime::from_timestamp(between, 0)?;
            if utc.with_timezone(&self.0).naive_local() < local {
                before = between;
            } else {
                after = between;
            }
        }
        after.checked_mul(1_000)
    }

    /// The day that calendars in the zone show at an instant.
    pub(crate) fn day_at(self, at: Timestamp) -> Option<NaiveDate> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(zone: &str, local: &str) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap();
        let zone = TimeZoneName::parse(zone).unwrap();
        let millis = zone.first_shows(local).unwrap();
        let utc = DateTime::from_timestamp_millis(millis).unwrap();
        utc.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    #[test]
    fn a_local_time_is_the_first_instant_at_which_clocks_show_it_or_later() {
        for (zone, local, instant) in [
            ("UTC", "2026-09-15T12:00", "2026-09-15T12:00:00Z"),
            ("Asia/Kathmandu", "2026-03-01T00:00", "2026-02-28T18:15:00Z"),
            // Twice: the first.
            ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("America/Havana", "2024-11-03T00:00", "2024-11-03T04:00:00Z"),
            // Not at all: when clocks are put forward past it.
            ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            (
                "America/Sao_Paulo",
                "2018-11-04T00:00",
                "2018-11-04T03:00:00Z",
            ),
            ("Asia/Beirut", "2024-03-31T00:00", "2024-03-30T22:00:00Z"),
            // Half an hour, a whole day, and forty-four and a half minutes.
            (
                "Australia/Lord_Howe",
                "2026-10-04T02:15",
                "2026-10-03T15:30:00Z",
            ),
            ("Pacific/Apia", "2011-12-30T06:00", "2011-12-30T10:00:00Z"),
            (
                "Africa/Monrovia",
                "1972-01-07T00:20",
                "1972-01-07T00:44:30Z",
            ),
        ] {
            assert_eq!(shows(zone, local), instant, "{zone} {local}");
        }
    }

    #[test]
    fn a_zone_that_was_renamed_goes_by_either_name() {
        for (old, new) in [
            ("Europe/Kiev", "Europe/Kyiv"),
            ("Asia/Calcutta", "Asia/Kolkata"),
            ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ] {
            assert_eq!(
                TimeZoneName::parse(old).unwrap().name(),
                old,
                "as it was given"
            );
            for local in ["2021-03-28T03:30", "2021-10-31T03:30", "1999-01-01T00:00"] {
                assert_eq!(shows(old, local), shows(new, local), "{old} {local}");
            }
        }
    }
}
