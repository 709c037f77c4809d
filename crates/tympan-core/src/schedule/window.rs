//! What jobs took on each of the days that a rolling schedule looks back on.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::error::{Code, Error};
use crate::row::by_text;

/// Days before today on which jobs took something that has not come back yet, oldest first.
/// Written as pairs of day, counted from the year 1, and amount: `739521:12 739523:5`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window(Vec<(i32, i64)>);

impl Window {
    /// What a text says.
    ///
    /// # Errors
    /// `store_corrupt`: texts are only ever read from a store.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let pair = |pair: &str| {
            let (day, amount) = pair.split_once(':')?;
            Some((day.parse().ok()?, amount.parse().ok()?))
        };
        let days: Option<Vec<(i32, i64)>> = text.split_terminator(' ').map(pair).collect();
        days.map(Self)
            .filter(|window| window.is_in_order() && window.to_string() == text)
            .ok_or_else(|| Error::of(Code::StoreCorrupt))
    }

    fn is_in_order(&self) -> bool {
        self.0
            .is_sorted_by(|(earlier, _), (later, _)| earlier < later)
    }

    /// What the days took together.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.0
            .iter()
            .fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers what a day took that has ended; days come in their order.
    pub(super) fn remember(&mut self, day: NaiveDate, amount: i64) {
        if amount == 0 {
            return;
        }
        let number = day.num_days_from_ce();
        match self.0.last_mut() {
            Some((last, sum)) if *last >= number => *sum = sum.saturating_add(amount),
            _ => self.0.push((number, amount)),
        }
    }

    /// Forgets what the newest days took, so that no more than so much is left.
    pub(crate) fn cut_to(&mut self, most: i64) {
        let mut over = self.sum().saturating_sub(most.max(0));
        while let Some((_, amount)) = self.0.last_mut().filter(|_| over > 0) {
            let cut = over.min(*amount);
            (*amount, over) = (*amount - cut, over - cut);
            if *amount == 0 {
                self.0.pop();
            }
        }
    }

    /// Forgets all days up to one, and says what they took.
    pub(super) fn forget_until(&mut self, day: NaiveDate) -> i64 {
        let number = day.num_days_from_ce();
        let kept = self.0.partition_point(|(day, _)| *day <= number);
        Self(self.0.drain(..kept).collect()).sum()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (day, amount)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(formatter, "{space}{day}:{amount}")?;
        }
        Ok(())
    }
}

by_text!(Window);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_remembered_and_forgotten_in_their_order() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
        let mut window = Window::default();
        for (on, amount) in [(1, 5), (2, 0), (3, 7), (3, 1)] {
            window.remember(day(on), amount);
        }
        assert_eq!(
            (window.sum(), window.to_string()),
            (13, "739860:5 739862:8".to_owned())
        );
        assert_eq!(Window::parse(&window.to_string()).unwrap(), window);
        assert_eq!((window.forget_until(day(2)), window.sum()), (5, 8));
        assert_eq!((window.forget_until(day(9)), window.is_empty()), (8, true));
        assert_eq!(Window::parse("").unwrap(), window);
        for wrong in [
            "1", "1:", "2:1 1:1", "1:1 1:1", "1:1 ", " 1:1", "01:1", "x:1", "1:1  2:1",
        ] {
            assert!(Window::parse(wrong).is_err(), "{wrong}");
        }
    }
}
