//! What a plan does to its wallet when it is due.

use std::fmt;

use chrono::NaiveDate;

use crate::error::{Code, Error};
use crate::row::by_text;
use crate::schedule::{RollingDays, Schedule, Timetable, Window};
use crate::text::excerpt;
use crate::time::Timestamp;

/// The highest balance to which a plan brings its wallet by adding: above it, it adds nothing, so
/// that an allowance that nobody uses never comes to the end of 63 bits.
pub const HIGHEST_ALLOWANCE: i64 = 1 << 62;

/// What a plan does to its wallet when it is due. What jobs ever took is counted on, whatever it
/// does; what they took since it did so last begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetVerb {
    /// The balance becomes the plan's amount: what is left is lost, what is owed is forgiven, and
    /// so is what was changed by hand.
    SetTo,
    /// The plan's amount is added: what is left is kept.
    Add,
    /// The plan's amount is added, but not beyond a cap. A balance above the cap stays.
    AddUpTo(i64),
    /// A balance below the plan's amount becomes that; any other stays.
    RaiseTo,
    /// What jobs took since the plan gave last comes back: what was changed by hand stays. If the
    /// plan's amount is another than then, the difference comes with it.
    ZeroUsage,
}

impl ResetVerb {
    /// The verb that a text names: `set_to`, `add`, `add_up_to:500`, `raise_to`, `zero_usage`.
    ///
    /// # Errors
    /// `invalid_value`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let verb = match text.split_once(':').unwrap_or((text, "")) {
            ("set_to", _) => Some(Self::SetTo),
            ("add", _) => Some(Self::Add),
            ("add_up_to", cap) => cap.parse().ok().map(Self::AddUpTo),
            ("raise_to", _) => Some(Self::RaiseTo),
            ("zero_usage", _) => Some(Self::ZeroUsage),
            _ => None,
        };
        verb.filter(|verb| verb.to_string() == text).ok_or_else(|| {
            let message = format!("there is no reset verb `{}`", excerpt(text));
            Error::new(Code::InvalidValue, message).with("field", "verb")
        })
    }

    /// The balance after it.
    fn balance(self, balance: i64, amount: i64, given: i64, freed: i64) -> i64 {
        let up_to = |more: i64, cap: i64| balance.max(balance.saturating_add(more).min(cap));
        match self {
            Self::SetTo => amount,
            Self::Add => up_to(amount, HIGHEST_ALLOWANCE),
            Self::AddUpTo(cap) => up_to(amount, cap),
            Self::RaiseTo => balance.max(amount),
            Self::ZeroUsage => {
                let more = freed.saturating_add(amount).saturating_sub(given);
                balance
                    .saturating_add(more)
                    .min(balance.max(HIGHEST_ALLOWANCE))
            }
        }
    }
}

impl fmt::Display for ResetVerb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetTo => formatter.write_str("set_to"),
            Self::Add => formatter.write_str("add"),
            Self::AddUpTo(cap) => write!(formatter, "add_up_to:{cap}"),
            Self::RaiseTo => formatter.write_str("raise_to"),
            Self::ZeroUsage => formatter.write_str("zero_usage"),
        }
    }
}

by_text!(ResetVerb);

/// What of a wallet a reset rests on and changes.
#[derive(Debug)]
pub(crate) struct Feeding<'a> {
    /// The balance.
    pub(crate) balance: i64,
    /// What jobs took that has not come back.
    pub(crate) used: &'a mut i64,
    /// The plan's amount when it gave last.
    pub(crate) given: &'a mut i64,
    /// Of a rolling schedule: what jobs took on the days that it looks back on.
    pub(crate) window: &'a mut Window,
    /// What is to be taken off what it gives.
    pub(crate) carried: i64,
}

/// What a verb came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fed {
    /// The new balance.
    pub(crate) balance: i64,
    /// How much of what was carried it paid.
    pub(crate) paid: i64,
}

impl Feeding<'_> {
    /// Does what a verb says, at an instant at which the plan gives; nothing if neither the balance
    /// nor what counts as used changes. What jobs needed before beyond what was available is taken
    /// off, as far as something is given, and counts as used from then on: of a verb that sets the
    /// balance all of the amount is given, of any other what it adds.
    pub(crate) fn run(
        &mut self,
        timetable: Timetable<'_>,
        verb: ResetVerb,
        amount: i64,
        at: Timestamp,
    ) -> Option<Fed> {
        let freed = match timetable.schedule {
            Schedule::Rolling(days) => self.roll(timetable, *days, at),
            _ => {
                *self.window = Window::default();
                *self.used
            }
        };
        self.feed(verb, amount, freed)
    }

    /// Does what a verb says when somebody asks for it: whatever the schedule looks back on, all
    /// that jobs took counts.
    pub(crate) fn by_hand(&mut self, verb: ResetVerb, amount: i64) -> Option<Fed> {
        *self.window = Window::default();
        self.feed(verb, amount, *self.used)
    }

    fn feed(&mut self, verb: ResetVerb, amount: i64, freed: i64) -> Option<Fed> {
        let balance = verb.balance(self.balance, amount, *self.given, freed);
        let gift = match verb {
            ResetVerb::SetTo => amount,
            _ => balance.saturating_sub(self.balance),
        };
        let paid = self.carried.min(gift).max(0);
        let balance = balance.saturating_sub(paid);
        *self.used = self.used.saturating_sub(freed).saturating_add(paid);
        *self.given = amount;
        let changes = freed != 0 || paid != 0 || balance != self.balance;
        changes.then_some(Fed { balance, paid })
    }

    /// What the days took that a rolling schedule looks back on no longer.
    fn roll(&mut self, timetable: Timetable<'_>, days: RollingDays, at: Timestamp) -> i64 {
        let day_of = |at: Timestamp| -> NaiveDate {
            let began = timetable.last(at);
            began
                .and_then(|began| timetable.time_zone.day_at(began))
                .unwrap_or_default()
        };
        let since = self.used.saturating_sub(self.window.sum());
        self.window.remember(day_of(at.plus_millis(-1)), since);
        let kept = chrono::Days::new(u64::from(days.count()));
        let gone = day_of(at).checked_sub_days(kept).unwrap_or_default();
        self.window.forget_until(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::TimeOfDay;
    use crate::time::TimeZoneName;

    #[test]
    fn verbs_are_distinct_and_have_one_text_each() {
        let (amount, given, used) = (100, 100, 30);
        for (text, outcomes) in [
            // From a balance of 70, 250, 0, −20.
            ("set_to", [100, 100, 100, 100]),
            ("add", [170, 350, 100, 80]),
            ("add_up_to:150", [150, 250, 100, 80]),
            ("add_up_to:0", [70, 250, 0, 0]),
            ("raise_to", [100, 250, 100, 100]),
            ("zero_usage", [100, 280, 30, 10]),
        ] {
            let verb = ResetVerb::parse(text).unwrap();
            assert_eq!(verb.to_string(), text);
            let found = [70, 250, 0, -20].map(|before| verb.balance(before, amount, given, used));
            assert_eq!(found, outcomes, "{text}");
        }
        for text in [
            "",
            "set",
            "set_to:",
            "add:1",
            "add_up_to",
            "add_up_to:",
            "add_up_to:+1",
            "add_up_to:01",
        ] {
            assert_eq!(
                ResetVerb::parse(text).unwrap_err().code(),
                Code::InvalidValue,
                "{text}"
            );
        }
    }

    #[test]
    fn an_amount_that_was_edited_comes_with_what_was_used() {
        for (amount, after) in [(100, 100), (150, 150), (50, 50), (0, 0)] {
            assert_eq!(
                ResetVerb::ZeroUsage.balance(70, amount, 100, 30),
                after,
                "{amount}"
            );
        }
    }

    #[test]
    fn what_was_carried_is_taken_off_what_is_given() {
        let (amount, schedule) = (100, Schedule::FIRST_OF_MONTH);
        let timetable = Timetable {
            schedule: &schedule,
            time_of_day: TimeOfDay::MIDNIGHT,
            time_zone: TimeZoneName::UTC,
        };
        for (verb, balance, used, carried, after, paid) in [
            ("set_to", 0, 100, 30, 70, 30),
            ("set_to", 0, 100, 250, 0, 100),
            ("set_to", 40, 60, 30, 70, 30),
            ("add", 0, 100, 30, 70, 30),
            ("add_up_to:150", 140, 0, 30, 140, 10),
            ("raise_to", 80, 20, 30, 80, 20),
            ("zero_usage", 0, 100, 30, 70, 30),
        ] {
            let (mut used, mut given, mut window) = (used, 100, Window::default());
            let mut feeding = Feeding {
                balance,
                used: &mut used,
                given: &mut given,
                window: &mut window,
                carried,
            };
            let verb = ResetVerb::parse(verb).unwrap();
            let fed = feeding.run(timetable, verb, amount, Timestamp::EPOCH);
            let expected = Fed {
                balance: after,
                paid,
            };
            assert_eq!(fed, Some(expected), "{verb} {balance} {carried}");
            assert_eq!(used, paid, "{verb}: it counts as used of what was given");
        }
    }

    #[test]
    fn no_verb_comes_to_the_end_of_the_numbers() {
        let extremes = [
            i64::MIN,
            -1,
            0,
            1,
            HIGHEST_ALLOWANCE - 1,
            HIGHEST_ALLOWANCE,
            i64::MAX,
        ];
        for verb in [
            ResetVerb::Add,
            ResetVerb::AddUpTo(i64::MAX),
            ResetVerb::ZeroUsage,
        ] {
            for balance in extremes {
                for amount in [0, 1, 1 << 60] {
                    for freed in extremes {
                        let after = verb.balance(balance, amount, 1 << 60, freed);
                        assert!(
                            after <= balance.max(HIGHEST_ALLOWANCE)
                                || verb == ResetVerb::AddUpTo(i64::MAX)
                        );
                    }
                }
            }
        }
        assert_eq!(
            ResetVerb::Add.balance(HIGHEST_ALLOWANCE - 5, 10, 0, 0),
            HIGHEST_ALLOWANCE
        );
        assert_eq!(
            ResetVerb::Add.balance(i64::MAX, 10, 0, 0),
            i64::MAX,
            "set by hand: it stays"
        );
    }

    #[test]
    fn what_a_day_took_comes_back_when_it_is_looked_back_on_no_longer() {
        const DAY_MS: i64 = 86_400_000;
        let schedule = Schedule::rolling(3).unwrap();
        let timetable = Timetable {
            schedule: &schedule,
            time_of_day: TimeOfDay::parse("06:00").unwrap(),
            time_zone: TimeZoneName::UTC,
        };
        let six = Timestamp::from_millis(1_788_242_400_000);
        assert_eq!(timetable.last(six), Some(six));
        let (mut balance, mut used, mut given) = (100, 0, 100);
        let mut window = Window::default();
        // What is used on each day, and the balance as the next begins.
        let days = [
            (10, 90),
            (0, 90),
            (5, 95),
            (0, 95),
            (0, 100),
            (7, 93),
            (0, 93),
            (0, 100),
        ];
        for (number, (taken, after)) in (1..).zip(days) {
            balance -= taken;
            used += taken;
            let mut feeding = Feeding {
                balance,
                used: &mut used,
                given: &mut given,
                window: &mut window,
                carried: 0,
            };
            let at = six.plus_millis(number * DAY_MS);
            let fed = feeding.run(timetable, ResetVerb::ZeroUsage, 100, at);
            balance = fed.map_or(balance, |fed| fed.balance);
            assert_eq!(balance, after, "after day {number}");
            assert_eq!(used, 100 - balance);
        }
    }
}
