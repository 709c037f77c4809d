//! Schedules: when an allowance plan gives, and what it then does to its wallet.
//!
//! A schedule names days; with a time of day and a time zone it names instants
//! ([`Timetable`]). All of it is arithmetic on values: no clock is read here.

mod day;
mod days;
mod timetable;
mod verb;
mod window;

use std::fmt;

use crate::error::{Code, Error};
use crate::row::by_text;
use crate::text::excerpt;

pub use day::{Date, TimeOfDay, Weekday};
pub use timetable::Timetable;
pub(crate) use verb::{Fed, Feeding};
pub use verb::{HIGHEST_ALLOWANCE, ResetVerb};
pub use window::Window;

/// Days of a schedule of stated days: the terms of a school for a generation.
pub const MAX_DATES: usize = 100;

/// Days that a rolling schedule looks back on: a leap year. A wallet remembers what jobs took on
/// each.
pub const MAX_ROLLING_DAYS: u16 = 366;

/// When a plan gives. What a user gets when the plan begins to apply comes besides, at once,
/// whatever the schedule.
///
/// A day that a month does not have is the last of that month: the 31st is the 30th of June and
/// the 28th or 29th of February, so that every month gives once and none gives in the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Not again.
    Never,
    /// Once more, on one day.
    Once(Date),
    /// Every day.
    Daily,
    /// On one day of every week.
    Weekly(Weekday),
    /// On one day of every month, quarter, half-year or year.
    Every(Cycle, MonthDay),
    /// On stated days.
    Dates(Dates),
    /// Every day, as much as jobs took on the day that now lies more than so many days back: jobs
    /// never take more than the amount in any such stretch of days.
    Rolling(RollingDays),
}

/// How many months lie between two days of a schedule. Quarters begin with January, April, July
/// and October, half-years with January and July.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// One.
    Monthly,
    /// Three.
    Quarterly,
    /// Six.
    HalfYearly,
    /// Twelve.
    Yearly,
}

impl Cycle {
    const ALL: [Self; 4] = [
        Self::Monthly,
        Self::Quarterly,
        Self::HalfYearly,
        Self::Yearly,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::HalfYearly => "half_yearly",
            Self::Yearly => "yearly",
        }
    }

    /// How many months it has.
    fn months(self) -> i32 {
        match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::HalfYearly => 6,
            Self::Yearly => 12,
        }
    }
}

/// A month within a cycle, from 1, and a day of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthDay {
    month: u8,
    day: u8,
}

impl MonthDay {
    /// The month within its cycle, from 1.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
}

/// Days in their order, each once: at least one, at most [`MAX_DATES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dates(Vec<Date>);

impl Dates {
    /// These days.
    ///
    /// # Errors
    /// `invalid_value` for none, `too_many` for more than [`MAX_DATES`].
    pub fn new(mut days: Vec<Date>) -> Result<Self, Error> {
        if days.is_empty() {
            return Err(wrong(
                "dates",
                "a schedule of stated days needs at least one",
            ));
        }
        if days.len() > MAX_DATES {
            return Err(crate::refusals::too_many("dates", MAX_DATES));
        }
        days.sort_unstable();
        days.dedup();
        Ok(Self(days))
    }

    /// The days in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Date> {
        self.0.iter().copied()
    }
}

/// Days that a rolling schedule looks back on: 1 to [`MAX_ROLLING_DAYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollingDays(u16);

impl RollingDays {
    /// How many.
    #[must_use]
    pub fn count(self) -> u16 {
        self.0
    }
}

impl Schedule {
    /// On the first of every month.
    pub const FIRST_OF_MONTH: Self = Self::Every(Cycle::Monthly, MonthDay { month: 1, day: 1 });

    /// On a day of every month.
    ///
    /// # Errors
    /// `invalid_value` for a day that no month has.
    pub fn monthly(day: i64) -> Result<Self, Error> {
        Self::every(Cycle::Monthly, 1, day)
    }

    /// On a day of a month of every cycle: of the second month of every quarter, say.
    ///
    /// # Errors
    /// `invalid_value` for a month that the cycle does not have, and for a day that no month has.
    /// The 30th of February is the last day of February.
    pub fn every(cycle: Cycle, month: i64, day: i64) -> Result<Self, Error> {
        let months = cycle.months();
        let month = within(month, i64::from(months)).ok_or_else(|| {
            let word = cycle.word();
            wrong(
                "month",
                format!("a {word} schedule has the months 1 to {months}"),
            )
        })?;
        let day = within(day, 31).ok_or_else(|| wrong("day", "a month has the days 1 to 31"))?;
        Ok(Self::Every(cycle, MonthDay { month, day }))
    }

    /// On stated days.
    ///
    /// # Errors
    /// `invalid_value` for none, `too_many` for more than [`MAX_DATES`].
    pub fn dates(days: Vec<Date>) -> Result<Self, Error> {
        Dates::new(days).map(Self::Dates)
    }

    /// Every day, looking back on so many days.
    ///
    /// # Errors
    /// `invalid_value` for none, and for more than [`MAX_ROLLING_DAYS`].
    pub fn rolling(days: i64) -> Result<Self, Error> {
        let known = u16::try_from(days).ok();
        known
            .filter(|days| (1..=MAX_ROLLING_DAYS).contains(days))
            .map(|days| Self::Rolling(RollingDays(days)))
            .ok_or_else(|| {
                wrong(
                    "rolling_days",
                    format!("a rolling schedule has 1 to {MAX_ROLLING_DAYS} days"),
                )
            })
    }

    /// The schedule that a text names: `never`, `once:2026-09-01`, `daily`, `weekly:monday`,
    /// `monthly:1`, `quarterly:2-15` (of the second month), `half_yearly:6-30`, `yearly:2-29`,
    /// `dates:2026-01-07 2026-04-20`, `rolling:30`.
    ///
    /// # Errors
    /// `invalid_value`, `too_many`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (word, on) = text.split_once(':').unwrap_or((text, ""));
        let schedule = match word {
            "never" => Some(Self::Never),
            "daily" => Some(Self::Daily),
            "once" => Some(Self::Once(Date::parse(on)?)),
            "weekly" => Weekday::from_text(on).map(Self::Weekly),
            "dates" => {
                let days: Result<Vec<Date>, Error> = on.split(' ').map(Date::parse).collect();
                Some(Self::dates(days?)?)
            }
            "rolling" => on.parse().ok().map(Self::rolling).transpose()?,
            word => {
                let cycle = Cycle::ALL.into_iter().find(|cycle| cycle.word() == word);
                let (month, day) = on.split_once('-').unwrap_or(("1", on));
                let place = month.parse().ok().zip(day.parse().ok());
                cycle
                    .zip(place)
                    .map(|(cycle, (month, day))| Self::every(cycle, month, day))
                    .transpose()?
            }
        };
        // One form for each, or two texts would be the same schedule.
        schedule
            .filter(|schedule| schedule.to_string() == text)
            .ok_or_else(|| {
                wrong(
                    "schedule",
                    format!("there is no schedule `{}`", excerpt(text)),
                )
            })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => formatter.write_str("never"),
            Self::Once(day) => write!(formatter, "once:{day}"),
            Self::Daily => formatter.write_str("daily"),
            Self::Weekly(weekday) => write!(formatter, "weekly:{}", weekday.as_str()),
            Self::Every(Cycle::Monthly, on) => write!(formatter, "monthly:{}", on.day),
            Self::Every(cycle, on) => {
                write!(formatter, "{}:{}-{}", cycle.word(), on.month, on.day)
            }
            Self::Dates(days) => {
                for (place, day) in days.iter().enumerate() {
                    let before = if place == 0 { "dates:" } else { " " };
                    write!(formatter, "{before}{day}")?;
                }
                Ok(())
            }
            Self::Rolling(days) => write!(formatter, "rolling:{}", days.0),
        }
    }
}

by_text!(Schedule);

fn within(number: i64, most: i64) -> Option<u8> {
    u8::try_from(number)
        .ok()
        .filter(|number| (1..=most).contains(&i64::from(*number)))
}

fn wrong(field: &'static str, message: impl Into<String>) -> Error {
    Error::new(Code::InvalidValue, message).with("field", field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_one_text_each() {
        for text in [
            "never",
            "once:2024-02-29",
            "daily",
            "weekly:monday",
            "monthly:1",
            "monthly:31",
            "quarterly:3-31",
            "half_yearly:6-30",
            "yearly:2-29",
            "yearly:2-31",
            "dates:2026-01-07",
            "dates:2026-01-07 2026-04-20",
            "rolling:1",
            "rolling:366",
        ] {
            assert_eq!(Schedule::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "monthly",
            "monthly:0",
            "monthly:32",
            "monthly:01",
            "monthly:+1",
            "monthly:1-1",
            "quarterly:4-1",
            "quarterly:0-1",
            "quarterly:1",
            "half_yearly:7-1",
            "yearly:13-1",
            "yearly:2-32",
            "weekly",
            "weekly:Monday",
            "once",
            "once:2026-02-31",
            "dates:",
            "dates:2026-04-20 2026-01-07",
            "dates:2026-01-07 2026-01-07",
            "rolling:0",
            "rolling:367",
            "rolling:-1",
            "daily:1",
            "never:",
            "hourly",
        ] {
            let error = Schedule::parse(text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidValue, "{text}");
        }
    }

    #[test]
    fn stated_days_are_put_in_order_and_counted() {
        let day = |number: usize| Date::parse(&format!("2{number:03}-01-01")).unwrap();
        let days = Dates::new(vec![day(2), day(1), day(2)]).unwrap();
        assert_eq!(days.iter().collect::<Vec<_>>(), [day(1), day(2)]);
        assert!(Dates::new((0..MAX_DATES).map(day).collect()).is_ok());
        let refused = |days| Dates::new(days).unwrap_err().code();
        assert_eq!(refused((0..=MAX_DATES).map(day).collect()), Code::TooMany);
        assert_eq!(refused(Vec::new()), Code::InvalidValue);
    }
}
