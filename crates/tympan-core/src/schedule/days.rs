//! Which days a schedule names: arithmetic of the calendar, without clocks and zones.

use chrono::{Datelike, Days, NaiveDate};

use crate::schedule::{Cycle, MonthDay, Schedule, Weekday};

impl Schedule {
    /// The first of its days that is no earlier than a day.
    pub(super) fn on_or_after(&self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Never => None,
            Self::Daily | Self::Rolling(_) => Some(day),
            Self::Once(on) => Some(on.naive()).filter(|on| *on >= day),
            Self::Dates(days) => {
                let mut days = days.iter().map(|on| on.naive());
                days.find(|on| *on >= day)
            }
            Self::Weekly(weekday) => (0..7)
                .filter_map(|later| day.checked_add_days(Days::new(later)))
                .find(|day| Weekday::of(*day) == *weekday),
            Self::Every(cycle, on) => {
                let month = cycle.month_from(day, *on);
                let this = day_in(month, on.day)?;
                if this >= day {
                    Some(this)
                } else {
                    day_in(month + cycle.months(), on.day)
                }
            }
        }
    }

    /// The last of its days that is no later than a day.
    pub(super) fn on_or_before(&self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Never => None,
            Self::Daily | Self::Rolling(_) => Some(day),
            Self::Once(on) => Some(on.naive()).filter(|on| *on <= day),
            Self::Dates(days) => {
                let mut days = days.iter().rev().map(|on| on.naive());
                days.find(|on| *on <= day)
            }
            Self::Weekly(weekday) => (0..7)
                .filter_map(|earlier| day.checked_sub_days(Days::new(earlier)))
                .find(|day| Weekday::of(*day) == *weekday),
            Self::Every(cycle, on) => {
                let after = cycle.month_from(day, *on);
                [after, after - cycle.months(), after - 2 * cycle.months()]
                    .into_iter()
                    .filter_map(|month| day_in(month, on.day))
                    .find(|on| *on <= day)
            }
        }
    }
}

impl Cycle {
    /// The first month, counted from the year 0, no earlier than that of a day, in which the cycle
    /// has its day.
    fn month_from(self, day: NaiveDate, on: MonthDay) -> i32 {
        let month = month_of(day);
        let place = i32::from(on.month) - 1;
        month + (place - month).rem_euclid(self.months())
    }
}

fn month_of(day: NaiveDate) -> i32 {
    day.year() * 12 + i32::try_from(day.month0()).unwrap_or(0)
}

/// A day of a month, or the last of the month where that has fewer days.
fn day_in(month: i32, day: u8) -> Option<NaiveDate> {
    let year = month.div_euclid(12);
    let month = u32::try_from(month.rem_euclid(12) + 1).ok()?;
    (1..=u32::from(day))
        .rev()
        .find_map(|day| NaiveDate::from_ymd_opt(year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    fn from(schedule: &str, first: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(schedule).unwrap();
        let mut days = Vec::new();
        let mut next = schedule.on_or_after(day(first));
        while let Some(found) = next.filter(|_| days.len() < count) {
            days.push(found.to_string());
            next = schedule.on_or_after(found + Days::new(1));
        }
        days
    }

    #[test]
    fn schedules_name_days() {
        let table: &[(&str, &str, &[&str])] = &[
            ("never", "2026-01-01", &[]),
            (
                "daily",
                "2024-02-28",
                &["2024-02-28", "2024-02-29", "2024-03-01"],
            ),
            ("rolling:7", "2026-02-28", &["2026-02-28", "2026-03-01"]),
            ("once:2026-09-01", "2026-01-01", &["2026-09-01"]),
            ("once:2026-09-01", "2026-09-02", &[]),
            ("weekly:monday", "2026-11-28", &["2026-11-30", "2026-12-07"]),
            (
                "weekly:saturday",
                "2026-11-28",
                &["2026-11-28", "2026-12-05"],
            ),
            ("monthly:1", "2026-11-28", &["2026-12-01", "2027-01-01"]),
            (
                "monthly:31",
                "2024-01-31",
                &[
                    "2024-01-31",
                    "2024-02-29",
                    "2024-03-31",
                    "2024-04-30",
                    "2024-05-31",
                ],
            ),
            ("monthly:30", "2026-01-31", &["2026-02-28", "2026-03-30"]),
            ("monthly:29", "2027-02-01", &["2027-02-28", "2027-03-29"]),
            (
                "quarterly:1-1",
                "2026-01-02",
                &["2026-04-01", "2026-07-01", "2026-10-01", "2027-01-01"],
            ),
            (
                "quarterly:3-31",
                "2026-01-02",
                &["2026-03-31", "2026-06-30", "2026-09-30"],
            ),
            (
                "half_yearly:2-29",
                "2027-01-01",
                &["2027-02-28", "2027-08-29", "2028-02-29"],
            ),
            (
                "yearly:2-29",
                "2026-01-01",
                &["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"],
            ),
            ("yearly:12-31", "2026-12-31", &["2026-12-31", "2027-12-31"]),
            (
                "dates:2026-01-07 2026-04-20",
                "2026-01-07",
                &["2026-01-07", "2026-04-20"],
            ),
        ];
        for (schedule, first, expected) in table {
            let count = expected.len() + usize::from(!matches!(*schedule, "never"));
            let found = from(schedule, first, count);
            assert_eq!(
                found.get(..expected.len()),
                Some(
                    &expected
                        .iter()
                        .map(|day| (*day).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{schedule} {first}"
            );
            if schedule.starts_with("once") || schedule.starts_with("dates") {
                assert_eq!(found.len(), expected.len(), "{schedule} {first}");
            }
        }
    }

    #[test]
    fn the_last_day_before_is_the_one_after_which_none_comes_first() {
        for schedule in [
            "daily",
            "weekly:sunday",
            "monthly:1",
            "monthly:30",
            "monthly:31",
            "quarterly:2-29",
            "half_yearly:6-31",
            "yearly:2-29",
            "yearly:1-1",
            "dates:1999-02-28 2000-02-29",
            "once:2000-02-29",
            "rolling:3",
        ] {
            let schedule = Schedule::parse(schedule).unwrap();
            let mut last = schedule.on_or_before(day("1996-02-27"));
            let mut today = day("1996-02-28");
            while today < day("2004-03-02") {
                if schedule.on_or_after(today) == Some(today) {
                    last = Some(today);
                }
                assert_eq!(schedule.on_or_before(today), last, "{schedule} {today}");
                today = today + Days::new(1);
            }
        }
    }
}
