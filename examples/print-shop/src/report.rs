//! What happened: counted while the log is replayed, then written for programs and for people.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::jobs::Job;
use crate::money;
use crate::text::Shown;
use crate::user_list::UserList;

/// How many of the busiest users, and of those without allowance, are shown to people.
const SHOWN_USERS: usize = 10;

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was charged.
    Printed {
        /// What it cost.
        cost_micros: i64,
    },
    /// It was not; nothing was taken.
    Refused {
        /// Why, for people.
        reason: String,
    },
    /// Nobody in the list has that name.
    UnknownUser,
    /// It cannot be charged as the log has it: an earlier run charged it with other content, or
    /// its pages together are more than a job can have. It is told, and counted nowhere.
    LeftOut {
        /// Why.
        reason: String,
    },
}

/// What is left to a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Of this month's allowance.
    pub allowance_micros: i64,
    /// Of the user's own money.
    pub own_funds_micros: i64,
}

/// The figures, as they are written with `--json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All jobs.
    pub totals: Totals,
    /// Every imported user, in the order of the bytes of the username.
    pub users: Vec<UserFigures>,
}

/// Figures of the whole log. Every job is printed, refused, or of an unknown user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Jobs, those of unknown users included; one that is seen again counts once, and one that is
    /// left out not at all.
    pub jobs: u64,
    /// Jobs that were charged.
    pub printed: u64,
    /// Jobs that the wallets did not reach for.
    pub refused: u64,
    /// Jobs of users that the list does not have.
    pub unknown_user: u64,
    /// Lines, of the log and of the user list, that could not be read.
    pub malformed: u64,
}

/// Figures of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserFigures {
    /// As the list has it.
    pub username: String,
    /// Jobs that were charged.
    pub jobs_printed: u64,
    /// Jobs that were refused.
    pub jobs_refused: u64,
    /// Pages that were charged.
    pub pages: i64,
    /// What they cost.
    pub cost_micros: i64,
    /// Left of the month's allowance at the end of the log.
    pub allowance_left_micros: i64,
    /// Left of the user's own money at the end of the log.
    pub own_funds_micros: i64,
}

/// Counts outcomes, one job after the other.
pub struct Tally<'a> {
    list: &'a UserList<'a>,
    totals: Totals,
    users: Vec<UserFigures>,
    refusals: BTreeMap<String, u64>,
}

/// What people want to know beyond the figures.
pub struct Summary {
    /// The figures.
    pub report: Report,
    /// Refused jobs by reason.
    pub refusals: BTreeMap<String, u64>,
}

impl<'a> Tally<'a> {
    /// Nothing has happened yet.
    pub fn new(list: &'a UserList<'a>, malformed: usize) -> Self {
        let user = |username: &str| UserFigures {
            username: username.to_owned(),
            ..Default::default()
        };
        let malformed = u64::try_from(malformed).unwrap_or(u64::MAX);
        Self {
            list,
            totals: Totals {
                malformed,
                ..Totals::default()
            },
            users: list.users.iter().map(|row| user(row.username)).collect(),
            refusals: BTreeMap::new(),
        }
    }

    /// Counts one job.
    pub fn add(&mut self, job: &Job<'_>, outcome: &Outcome) {
        if !matches!(outcome, Outcome::LeftOut { .. }) {
            self.totals.jobs += 1;
        }
        let user = self
            .list
            .find(job.user)
            .and_then(|index| self.users.get_mut(index));
        match (outcome, user) {
            (Outcome::LeftOut { .. }, _) => {}
            (Outcome::UnknownUser, _) | (_, None) => self.totals.unknown_user += 1,
            (Outcome::Printed { cost_micros }, Some(user)) => {
                self.totals.printed += 1;
                user.jobs_printed += 1;
                user.pages = user.pages.saturating_add(job.pages);
                user.cost_micros = user.cost_micros.saturating_add(*cost_micros);
            }
            (Outcome::Refused { reason }, Some(user)) => {
                self.totals.refused += 1;
                user.jobs_refused += 1;
                *self.refusals.entry(reason.clone()).or_default() += 1;
            }
        }
    }

    /// Adds what is left to each user, asked by the index in the list.
    pub fn finish<E>(mut self, left: impl Fn(usize) -> Result<Left, E>) -> Result<Summary, E> {
        for (index, user) in self.users.iter_mut().enumerate() {
            let left = left(index)?;
            user.allowance_left_micros = left.allowance_micros;
            user.own_funds_micros = left.own_funds_micros;
        }
        self.users
            .sort_by(|a, b| a.username.as_bytes().cmp(b.username.as_bytes()));
        let report = Report {
            totals: self.totals,
            users: self.users,
        };
        Ok(Summary {
            report,
            refusals: self.refusals,
        })
    }
}

impl Report {
    /// Writes the figures for programs.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

impl Summary {
    /// Writes the figures for people.
    pub fn write_text(&self, out: &mut impl Write, took: Duration) -> io::Result<()> {
        let Totals {
            jobs,
            printed,
            refused,
            unknown_user,
            malformed,
        } = self.report.totals;
        let users = &self.report.users;

        writeln!(out, "Busiest users, and what is left to them in EUR")?;
        let mut busiest: Vec<_> = users.iter().filter(|user| user.pages > 0).collect();
        busiest.sort_by_key(|user| std::cmp::Reverse(user.pages));
        if busiest.is_empty() {
            writeln!(out, "  nobody printed")?;
        } else {
            writeln!(
                out,
                "  {:<24} {:>6} {:>8} {:>12} {:>12} {:>12}",
                "user", "jobs", "pages", "cost EUR", "allowance", "own funds"
            )?;
        }
        for user in busiest.iter().take(SHOWN_USERS) {
            writeln!(
                out,
                "  {:<24} {:>6} {:>8} {:>12} {:>12} {:>12}",
                Shown(&user.username).to_string(),
                user.jobs_printed,
                user.pages,
                money::format(user.cost_micros),
                money::format(user.allowance_left_micros),
                money::format(user.own_funds_micros),
            )?;
        }

        writeln!(out, "\nRefused jobs")?;
        for (reason, count) in &self.refusals {
            writeln!(out, "  {count:>8}  {}", Shown(reason))?;
        }
        if unknown_user > 0 {
            writeln!(out, "  {unknown_user:>8}  not charged: unknown user")?;
        }
        if self.refusals.is_empty() && unknown_user == 0 {
            writeln!(out, "  none")?;
        }

        writeln!(out, "\nOut of allowance, least own funds first")?;
        let mut empty: Vec<_> = users
            .iter()
            .filter(|user| user.allowance_left_micros <= 0)
            .collect();
        empty.sort_by_key(|user| user.own_funds_micros);
        for user in empty.iter().take(SHOWN_USERS) {
            let own = money::format(user.own_funds_micros);
            writeln!(
                out,
                "  {:<24} own funds {own} EUR",
                Shown(&user.username).to_string()
            )?;
        }
        match empty.len().checked_sub(SHOWN_USERS) {
            None if empty.is_empty() => writeln!(out, "  nobody")?,
            None | Some(0) => {}
            Some(more) => writeln!(out, "  and {more} more")?,
        }

        let pages = users
            .iter()
            .fold(0_i64, |sum, user| sum.saturating_add(user.pages));
        let cost = users
            .iter()
            .fold(0_i64, |sum, user| sum.saturating_add(user.cost_micros));
        writeln!(out, "\nTotals")?;
        writeln!(
            out,
            "  {jobs} jobs: {printed} printed, {refused} refused, {unknown_user} of unknown users"
        )?;
        writeln!(
            out,
            "  {pages} pages for {} EUR; {malformed} malformed lines",
            money::format(cost)
        )?;
        let per_second = u128::from(jobs) * 1_000_000 / took.as_micros().max(1);
        writeln!(out, "  {per_second} jobs per second")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Replay;

    fn summary(list: &UserList<'_>) -> Summary {
        let log: String = [("b", 3), ("É", 1), ("B", 9), ("eve", 1), ("b", 5)]
            .iter()
            .enumerate()
            .map(|(id, (user, pages))| {
                format!("p {user} {id} [01/Sep/2026:10:00:00 +0000] total {pages} - h n A4 -\n")
            })
            .collect();
        let replay = Replay::read(&log);
        let mut tally = Tally::new(list, 2);
        let outcomes = [
            Outcome::Printed {
                cost_micros: 120_000,
            },
            Outcome::Printed {
                cost_micros: 40_000,
            },
            Outcome::Refused {
                reason: "limit\u{1b}".into(),
            },
            Outcome::UnknownUser,
            Outcome::LeftOut {
                reason: "otherwise before".into(),
            },
        ];
        for (job, outcome) in replay.jobs.iter().zip(&outcomes) {
            tally.add(job, outcome);
        }
        let left = |index| {
            let own_funds_micros = i64::try_from(index).unwrap();
            Ok::<_, ()>(Left {
                allowance_micros: 0,
                own_funds_micros,
            })
        };
        tally.finish(left).unwrap()
    }

    #[test]
    fn the_json_has_these_fields_in_this_order() {
        let list = UserList::read("é\nb\nZ\n");
        let mut json = Vec::new();
        summary(&list).report.write_json(&mut json).unwrap();
        let expected = r#"{"totals":{"jobs":4,"printed":2,"refused":1,"unknown_user":1,"malformed":2},"users":[{"username":"Z","jobs_printed":0,"jobs_refused":0,"pages":0,"cost_micros":0,"allowance_left_micros":0,"own_funds_micros":2},{"username":"b","jobs_printed":1,"jobs_refused":1,"pages":3,"cost_micros":120000,"allowance_left_micros":0,"own_funds_micros":1},{"username":"é","jobs_printed":1,"jobs_refused":0,"pages":1,"cost_micros":40000,"allowance_left_micros":0,"own_funds_micros":0}]}"#;
        let compact: String = String::from_utf8(json)
            .unwrap()
            .lines()
            .map(str::trim)
            .collect::<String>()
            .replace("\": ", "\":");
        assert_eq!(compact, expected);
    }

    #[test]
    fn people_see_the_same_figures() {
        let list = UserList::read("é\nb\nZ\n");
        let mut text = Vec::new();
        summary(&list)
            .write_text(&mut text, Duration::from_millis(2))
            .unwrap();
        let text = String::from_utf8(text).unwrap();
        for part in [
            "1  limit\\u{1b}",
            "1  not charged: unknown user",
            "4 jobs: 2 printed, 1 refused, 1 of unknown users",
            "4 pages for 0.16 EUR; 2 malformed lines",
            "2000 jobs per second",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let (_, owing) = text.split_once("least own funds first").unwrap();
        let at = |user| owing.find(user).unwrap();
        assert!(at("é ") < at("b ") && at("b ") < at("Z "));
    }

    #[test]
    fn nothing_at_all_is_a_report_too() {
        let list = UserList::read("");
        let tally = Tally::new(&list, 0);
        let summary = tally.finish(|_| Ok::<_, ()>(Left::default())).unwrap();
        let mut text = Vec::new();
        summary.write_text(&mut text, Duration::ZERO).unwrap();
        assert!(String::from_utf8(text).unwrap().contains("nobody printed"));
    }
}
