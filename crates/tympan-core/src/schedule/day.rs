//! Days and times of day as a calendar and a clock on the wall show them, without a zone.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

use crate::error::{Code, Error};
use crate::row::{by_text, words};
use crate::text::excerpt;

/// Years that a day may lie in; instants lie in the same ones.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// A day of the calendar, from 1970 to 9999; written `2026-09-01`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

impl Date {
    /// The day that a text names: four digits of the year, two of the month, two of the day.
    ///
    /// # Errors
    /// `invalid_value` for a day that the calendar does not have, and for any other form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parsed = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let day = parsed.filter(|day| YEARS.contains(&day.year()));
        // The calendar's own parser takes signs and spaces too.
        day.map(Self)
            .filter(|day| day.to_string() == text)
            .ok_or_else(|| {
                let shown = excerpt(text);
                Error::new(
                    Code::InvalidValue,
                    format!("`{shown}` is no day; one is written `2026-09-01`"),
                )
                .with("field", "dates")
            })
    }

    pub(super) fn naive(self) -> NaiveDate {
        self.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A time of day, in whole minutes; written `06:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(NaiveTime);

impl TimeOfDay {
    /// The beginning of the day.
    pub const MIDNIGHT: Self = Self(NaiveTime::MIN);

    /// The time that a text names: two digits of the hour, 00 to 23, two of the minute.
    ///
    /// # Errors
    /// `invalid_value`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parsed = NaiveTime::parse_from_str(text, "%H:%M").ok();
        parsed
            .map(Self)
            .filter(|time| time.to_string() == text)
            .ok_or_else(|| {
                let shown = excerpt(text);
                Error::new(
                    Code::InvalidValue,
                    format!("`{shown}` is no time of day; one is written `06:30`"),
                )
                .with("field", "time_of_day")
            })
    }

    pub(crate) fn naive(self) -> NaiveTime {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

by_text!(Date, TimeOfDay);

words! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

impl Weekday {
    pub(super) fn of(day: NaiveDate) -> Self {
        match day.weekday() {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_have_one_form_each() {
        for text in ["2026-09-01", "1970-01-01", "9999-12-31", "2024-02-29"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "2026-02-29",
            "2026-02-31",
            "2026-9-1",
            "+2026-09-01",
            " 2026-09-01",
            "1969-12-31",
            "10000-01-01",
            "2026-13-01",
            "2026-00-01",
            "",
            "01.09.2026",
            "2026-09-01T00:00",
        ] {
            assert_eq!(
                Date::parse(text).unwrap_err().code(),
                Code::InvalidValue,
                "{text}"
            );
        }
        for text in ["00:00", "06:30", "23:59"] {
            assert_eq!(TimeOfDay::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "24:00", "6:30", "06:30:00", "06:60", "0630", "", "06:3", "-1:00",
        ] {
            assert_eq!(
                TimeOfDay::parse(text).unwrap_err().code(),
                Code::InvalidValue,
                "{text}"
            );
        }
    }
}
