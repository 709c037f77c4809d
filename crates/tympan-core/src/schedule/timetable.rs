//! The instants at which a schedule is due.

use chrono::{Days, NaiveDate};

use crate::schedule::{Schedule, TimeOfDay};
use crate::time::{TimeZoneName, Timestamp};

/// A schedule with the time of day and the time zone that make instants of its days.
///
/// A day is due at the first instant at which clocks in the zone show that day and time, or later.
/// A time that comes twice is due once, the first time. A time that does not come, because clocks
/// are put forward past it, is due the moment they are: nobody goes without, and nobody waits a day
/// longer. A day that is left out is due when the next begins. Days that fall on one instant are
/// due once.
///
/// A zone that was renamed keeps its instants under either name. What a time zone database learns
/// later changes instants to come, and never those that were due already.
#[derive(Clone, Copy, Debug)]
pub struct Timetable<'a> {
    /// Which days.
    pub schedule: &'a Schedule,
    /// When on those days.
    pub time_of_day: TimeOfDay,
    /// By whose clocks.
    pub time_zone: TimeZoneName,
}

impl Timetable<'_> {
    /// The first instant after another at which the schedule is due; none if there is none before
    /// the latest instant there is. Always later than `after`: whoever goes from one to the next
    /// comes to an end.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        // At `after` clocks show less than any day that is due later.
        let mut day = self.schedule.on_or_after(self.time_zone.day_at(after)?);
        while let Some(on) = day {
            let due = self.due(on)?;
            if due > after.millis() {
                return Some(Timestamp::from_millis(due)).filter(|due| *due < Timestamp::LATEST);
            }
            day = self.schedule.on_or_after(on.succ_opt()?);
        }
        None
    }

    /// The last instant up to another, that one included, at which the schedule was due; none if
    /// there is none since 1970.
    #[must_use]
    pub fn last(&self, until: Timestamp) -> Option<Timestamp> {
        // Clocks may have been put back since, by a day at most.
        let latest = self
            .time_zone
            .day_at(until)?
            .checked_add_days(Days::new(2))?;
        let mut day = self.schedule.on_or_before(latest);
        while let Some(on) = day {
            let due = self.due(on)?;
            if due <= until.millis() {
                return (due >= 0).then(|| Timestamp::from_millis(due));
            }
            day = self.schedule.on_or_before(on.pred_opt()?);
        }
        None
    }

    fn due(&self, on: NaiveDate) -> Option<i64> {
        self.time_zone
            .first_shows(on.and_time(self.time_of_day.naive()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let parsed = chrono::DateTime::parse_from_rfc3339(text).unwrap();
        Timestamp::from_millis(parsed.timestamp_millis())
    }

    /// All that is due after one instant and up to another.
    fn due(schedule: &str, time: &str, zone: &str, after: &str, until: &str) -> Vec<Timestamp> {
        let schedule = Schedule::parse(schedule).unwrap();
        let timetable = Timetable {
            schedule: &schedule,
            time_of_day: TimeOfDay::parse(time).unwrap(),
            time_zone: TimeZoneName::parse(zone).unwrap(),
        };
        let (after, until) = (at(after), at(until));
        let all = std::iter::successors(timetable.next(after), |due| timetable.next(*due));
        let found: Vec<_> = all.take_while(|due| *due <= until).collect();
        let mut last = timetable.last(until);
        let mut backwards = Vec::new();
        while let Some(due) = last.filter(|due| *due > after) {
            backwards.push(due);
            last = timetable.last(due.plus_millis(-1));
        }
        backwards.reverse();
        assert_eq!(found, backwards, "{schedule} in {zone}, there and back");
        found
    }

    #[test]
    fn what_is_due_is_due_by_the_clocks_of_the_zone() {
        let table: &[([&str; 5], &[&str])] = &[
            (
                [
                    "monthly:1",
                    "00:00",
                    "Europe/Berlin",
                    "2026-09-15T12:00:00Z",
                    "2026-12-15T00:00:00Z",
                ],
                &[
                    "2026-09-30T22:00:00Z",
                    "2026-10-31T23:00:00Z",
                    "2026-11-30T23:00:00Z",
                ],
            ),
            (
                [
                    "monthly:31",
                    "06:30",
                    "Asia/Kathmandu",
                    "2026-02-10T00:00:00Z",
                    "2026-03-31T12:00:00Z",
                ],
                &["2026-02-28T00:45:00Z", "2026-03-31T00:45:00Z"],
            ),
            (
                [
                    "yearly:2-29",
                    "12:00",
                    "UTC",
                    "2027-01-01T00:00:00Z",
                    "2029-01-01T00:00:00Z",
                ],
                &["2027-02-28T12:00:00Z", "2028-02-29T12:00:00Z"],
            ),
            // The time does not come on the 29th, and comes twice on the 25th.
            (
                [
                    "daily",
                    "02:30",
                    "Europe/Berlin",
                    "2026-03-28T00:00:00Z",
                    "2026-03-30T12:00:00Z",
                ],
                &[
                    "2026-03-28T01:30:00Z",
                    "2026-03-29T01:00:00Z",
                    "2026-03-30T00:30:00Z",
                ],
            ),
            (
                [
                    "daily",
                    "02:30",
                    "Europe/Berlin",
                    "2026-10-24T12:00:00Z",
                    "2026-10-26T12:00:00Z",
                ],
                &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            ),
            // Samoa had no 30th of December: it is due as the 31st begins.
            (
                [
                    "daily",
                    "06:00",
                    "Pacific/Apia",
                    "2011-12-29T12:00:00Z",
                    "2012-01-01T00:00:00Z",
                ],
                &[
                    "2011-12-29T16:00:00Z",
                    "2011-12-30T10:00:00Z",
                    "2011-12-30T16:00:00Z",
                    "2011-12-31T16:00:00Z",
                ],
            ),
            (
                [
                    "daily",
                    "00:00",
                    "Pacific/Apia",
                    "2011-12-29T12:00:00Z",
                    "2011-12-31T12:00:00Z",
                ],
                &["2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
            ),
            (
                [
                    "dates:2011-12-30",
                    "06:00",
                    "Pacific/Apia",
                    "2011-01-01T00:00:00Z",
                    "2012-12-31T12:00:00Z",
                ],
                &["2011-12-30T10:00:00Z"],
            ),
            // St John's put its clocks back at one minute past midnight, into the day before.
            (
                [
                    "daily",
                    "00:00",
                    "America/St_Johns",
                    "2010-11-06T00:00:00Z",
                    "2010-11-08T12:00:00Z",
                ],
                &[
                    "2010-11-06T02:30:00Z",
                    "2010-11-07T02:30:00Z",
                    "2010-11-08T03:30:00Z",
                ],
            ),
        ];
        for ([schedule, time, zone, after, until], expected) in table {
            let expected: Vec<_> = expected.iter().map(|text| at(text)).collect();
            assert_eq!(
                due(schedule, time, zone, after, until),
                expected,
                "{schedule} {zone}"
            );
        }
    }

    #[test]
    fn the_next_always_lies_ahead_and_the_last_behind() {
        let schedule = Schedule::parse("monthly:31").unwrap();
        for zone in ["Europe/Berlin", "America/St_Johns", "Pacific/Apia"] {
            let timetable = Timetable {
                schedule: &schedule,
                time_of_day: TimeOfDay::parse("23:30").unwrap(),
                time_zone: TimeZoneName::parse(zone).unwrap(),
            };
            let mut now = timetable.next(Timestamp::EPOCH).unwrap();
            for _ in 0..1_200 {
                let next = timetable.next(now).unwrap();
                assert!(next > now);
                assert_eq!(timetable.next(next.plus_millis(-1)), Some(next));
                assert_eq!(timetable.last(next), Some(next));
                assert_eq!(timetable.last(next.plus_millis(-1)), Some(now));
                now = next;
            }
        }
    }

    #[test]
    fn nothing_is_due_before_time_begins_or_after_it_ends() {
        let monthly = Schedule::parse("monthly:1").unwrap();
        // In Berlin the year 10000 begins within 9999 as it is counted in UTC.
        for (name, months) in [("UTC", 1), ("Europe/Berlin", 2), ("America/New_York", 1)] {
            let timetable = Timetable {
                schedule: &monthly,
                time_of_day: TimeOfDay::MIDNIGHT,
                time_zone: TimeZoneName::parse(name).unwrap(),
            };
            let from = Some(at("9999-11-15T00:00:00Z"));
            let left = std::iter::successors(from, |after| timetable.next(*after));
            assert_eq!(left.skip(1).take(5).count(), months, "{name}");
            assert_eq!(timetable.next(Timestamp::LATEST), None, "{name}");
            let first = timetable.last(Timestamp::EPOCH);
            assert_eq!(first, (name == "UTC").then_some(Timestamp::EPOCH), "{name}");
        }
    }
}
