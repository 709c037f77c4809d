//! When plans are due, worked out day by day and minute by minute: slow, and sure.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use tympan_core::time::Timestamp;

/// Days among which a schedule that goes on has at least one.
const LOOKED_AT: i64 = 400;

/// When a plan is due, in the words of its documentation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timetable {
    pub(crate) zone: &'static str,
    /// `monthly:1`, say.
    pub(crate) schedule: String,
    /// `06:30`, say.
    pub(crate) time: String,
}

/// Remembers what it has worked out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar(BTreeMap<(&'static str, NaiveDate, i64), i64>);

impl Calendar {
    /// The first instant of the month after the local month in which an instant lies, in
    /// milliseconds since 1970; none where the calendar ends.
    pub(crate) fn next_month(&mut self, zone: &'static str, after: i64) -> Option<i64> {
        let firsts = Timetable {
            zone,
            schedule: "monthly:1".to_owned(),
            time: "00:00".to_owned(),
        };
        self.next(&firsts, after)
    }

    /// The first instant after another that is due, in milliseconds since 1970; none where the
    /// calendar ends.
    pub(crate) fn next(&mut self, timetable: &Timetable, after: i64) -> Option<i64> {
        let today = local_day(timetable.zone, after)?;
        let days = timetable.days_from(today)?;
        days.filter_map(|day| self.shows(timetable, day))
            .find(|due| *due > after)
            .filter(|due| *due < Timestamp::LATEST.millis())
    }

    /// The local day of the last instant up to another that was due.
    pub(crate) fn day_of_last(&mut self, timetable: &Timetable, until: i64) -> Option<NaiveDate> {
        let today = local_day(timetable.zone, until)?;
        // Clocks may have been put back since, into the day before.
        let latest = today + TimeDelta::days(2);
        let days = timetable.days_from(latest - TimeDelta::days(LOOKED_AT - 1))?;
        let days: Vec<NaiveDate> = days.filter(|day| *day <= latest).collect();
        let last = days
            .into_iter()
            .rev()
            .filter_map(|day| self.shows(timetable, day))
            .find(|due| *due <= until)?;
        local_day(timetable.zone, last)
    }

    /// The first instant at which clocks show the time of a day, or later.
    fn shows(&mut self, timetable: &Timetable, day: NaiveDate) -> Option<i64> {
        let (hours, minutes) = timetable.time.split_once(':')?;
        let minute = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
        let key = (timetable.zone, day, minute);
        if let Some(known) = self.0.get(&key) {
            return Some(*known);
        }
        let zone: Tz = timetable.zone.parse().ok()?;
        let wanted = day.and_hms_opt(0, 0, 0)? + TimeDelta::minutes(minute);
        // Local time differs from UTC by less than sixteen hours.
        let first = (-16 * 60..=16 * 60)
            .map(|minutes| wanted.and_utc() + TimeDelta::minutes(minutes))
            .find(|instant| instant.with_timezone(&zone).naive_local() >= wanted)?
            .timestamp_millis();
        self.0.insert(key, first);
        Some(first)
    }
}

impl Timetable {
    /// Its next days, from one on.
    fn days_from(&self, first: NaiveDate) -> Option<Box<dyn Iterator<Item = NaiveDate> + '_>> {
        let (word, on) = self
            .schedule
            .split_once(':')
            .unwrap_or((&self.schedule, ""));
        if matches!(word, "once" | "dates") {
            let days = on.split(' ').map(|day| day.parse::<NaiveDate>().ok());
            let days: Vec<NaiveDate> = days.collect::<Option<_>>()?;
            return Some(Box::new(days.into_iter().filter(move |day| *day >= first)));
        }
        let days = (0..LOOKED_AT).map(move |later| first + TimeDelta::days(later));
        Some(Box::new(days.filter(move |day| is_on(word, on, *day))))
    }
}

fn is_on(word: &str, on: &str, day: NaiveDate) -> bool {
    let months = match word {
        "daily" | "rolling" => return true,
        "weekly" => return day.format("%A").to_string().to_lowercase() == on,
        "monthly" => 1,
        "quarterly" => 3,
        "half_yearly" => 6,
        "yearly" => 12,
        _ => return false,
    };
    let (month, of_month) = on.split_once('-').unwrap_or(("1", on));
    let tomorrow = day + TimeDelta::days(1);
    let named: u32 = of_month.parse().unwrap_or(0);
    let is_day = day.day() == named || (tomorrow.day() == 1 && day.day() < named);
    is_day && Some(day.month0() % months + 1) == month.parse().ok()
}

fn local_day(zone: &str, at: i64) -> Option<NaiveDate> {
    let zone: Tz = zone.parse().ok()?;
    Some(
        DateTime::from_timestamp_millis(at)?
            .with_timezone(&zone)
            .date_naive(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_due_when_the_wall_clock_says_so() {
        for (zone, schedule, time, after, due) in [
            (
                "Europe/Berlin",
                "monthly:1",
                "00:00",
                "2026-09-15T12:00:00Z",
                "2026-09-30T22:00:00Z",
            ),
            (
                "Europe/Berlin",
                "monthly:1",
                "00:00",
                "2026-10-31T23:00:00Z",
                "2026-11-30T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "monthly:1",
                "00:00",
                "2026-12-31T22:59:59Z",
                "2026-12-31T23:00:00Z",
            ),
            (
                "Asia/Kathmandu",
                "monthly:1",
                "00:00",
                "2026-02-10T00:00:00Z",
                "2026-02-28T18:15:00Z",
            ),
            (
                "America/New_York",
                "monthly:31",
                "06:30",
                "2026-11-01T05:59:00Z",
                "2026-11-30T11:30:00Z",
            ),
            (
                "UTC",
                "weekly:friday",
                "12:00",
                "2026-11-27T12:00:00Z",
                "2026-12-04T12:00:00Z",
            ),
            (
                "UTC",
                "quarterly:2-15",
                "00:00",
                "2026-11-27T12:00:00Z",
                "2027-02-15T00:00:00Z",
            ),
            (
                "UTC",
                "yearly:2-29",
                "00:00",
                "2026-11-27T12:00:00Z",
                "2027-02-28T00:00:00Z",
            ),
            (
                "Europe/Berlin",
                "daily",
                "02:30",
                "2026-03-28T12:00:00Z",
                "2026-03-29T01:00:00Z",
            ),
            (
                "UTC",
                "dates:2026-01-07 2028-04-20",
                "00:00",
                "2026-01-07T00:00:00Z",
                "2028-04-20T00:00:00Z",
            ),
        ] {
            let at = |text| {
                DateTime::parse_from_rfc3339(text)
                    .unwrap()
                    .timestamp_millis()
            };
            let timetable = Timetable {
                zone,
                schedule: schedule.to_owned(),
                time: time.to_owned(),
            };
            let found = Calendar::default().next(&timetable, at(after));
            assert_eq!(found, Some(at(due)), "{zone} {schedule} {after}");
        }
    }

    #[test]
    fn the_last_day_is_the_one_that_just_began() {
        let timetable = Timetable {
            zone: "Europe/Berlin",
            schedule: "rolling:7".to_owned(),
            time: "02:30".to_owned(),
        };
        let mut calendar = Calendar::default();
        let due = calendar.next(&timetable, 1_823_923_800_000).unwrap();
        let days =
            [due - 1, due].map(|at| calendar.day_of_last(&timetable, at).unwrap().to_string());
        assert_eq!(days, ["2027-10-19", "2027-10-20"]);
    }
}
