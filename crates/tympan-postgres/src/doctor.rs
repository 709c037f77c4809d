//! How safely the server keeps what it is given.

use std::time::Instant;

use tympan_core::error::{Code, Error};
use tympan_store::{Keeping, Report};

use crate::answers::Row;
use crate::load::{Failure, sound};
use crate::pool::Lent;
use crate::steps::Step;

/// A standby that the primary waits for says that it has a commit on disk, or nothing is answered.
const QUESTION: &str = "SELECT current_setting('fsync'), current_setting('full_page_writes'), \
    current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), \
    (SELECT count(*) FROM pg_stat_replication), \
    (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')), \
    pg_has_role('pg_read_all_stats', 'USAGE')";

/// Asks the server.
pub(crate) fn ask(link: &mut Lent<'_>, until: Instant) -> Result<Report, Failure> {
    let answers = sound(link.run(&[Step::plain(QUESTION)], until))?;
    let row = answers.first().and_then(|answer| answer.rows.first());
    let facts = row.and_then(Facts::read);
    let unreadable = "postgresql does not say how it keeps data";
    let facts = facts.ok_or_else(|| Error::new(Code::Storage, unreadable))?;
    Ok(facts.report())
}

/// The error for a server that does less than is demanded; none if it does enough.
pub(crate) fn refusal(report: &Report, minimum: Keeping) -> Option<Error> {
    let (is, wanted) = (report.keeping.as_str(), minimum.as_str());
    let why = report.why.join("; ");
    let text = format!("the server is `{is}`, and `{wanted}` is demanded: {why}");
    (report.keeping < minimum).then(|| Error::new(Code::StoreNotDurable, text))
}

#[derive(Debug)]
struct Facts {
    fsync: String,
    full_page_writes: String,
    synchronous_commit: String,
    standby_names: String,
    standbys: i64,
    in_step: i64,
    /// Whether the role may know how standbys are doing.
    sees_standbys: bool,
}

impl Facts {
    /// Reads the answer to [`QUESTION`].
    fn read(row: &Row) -> Option<Self> {
        let setting = |at: usize| row.text(at).map(str::to_owned);
        Some(Self {
            fsync: setting(0)?,
            full_page_writes: setting(1)?,
            synchronous_commit: setting(2)?,
            standby_names: setting(3)?,
            standbys: row.number(4)?,
            in_step: row.number(5)?,
            sees_standbys: row.is_so(6)?,
        })
    }

    fn report(&self) -> Report {
        let mut why = Vec::new();
        for (name, value) in [
            ("fsync", &self.fsync),
            ("full_page_writes", &self.full_page_writes),
        ] {
            if value != "on" {
                why.push(format!(
                    "`{name}` is `{value}`: the loss of power can ruin the database"
                ));
            }
        }
        if !matches!(
            self.synchronous_commit.as_str(),
            "on" | "remote_apply" | "remote_write" | "local"
        ) {
            let value = &self.synchronous_commit;
            why.push(format!(
                "`synchronous_commit` is `{value}`: commits are answered too early"
            ));
        }
        if !why.is_empty() {
            return Report {
                keeping: Keeping::NotDurable,
                why,
            };
        }
        let local = |why: String| Report {
            keeping: Keeping::Local,
            why: vec![why],
        };
        if self.standby_names.is_empty() {
            return local(match self.standbys {
                0 => "`synchronous_standby_names` is empty and there is no standby".to_owned(),
                count => format!(
                    "`synchronous_standby_names` is empty: {count} standbys follow, and commits do not wait for them"
                ),
            });
        }
        if !matches!(self.synchronous_commit.as_str(), "on" | "remote_apply") {
            let value = &self.synchronous_commit;
            return local(format!(
                "`synchronous_commit` is `{value}`: no standby's disk is waited for"
            ));
        }
        let names = &self.standby_names;
        let waits = format!("commits wait for standbys: `synchronous_standby_names` is `{names}`");
        let now = match (self.sees_standbys, self.in_step) {
            (false, _) => {
                "which are in step cannot be seen: grant the role `pg_read_all_stats`".to_owned()
            }
            (true, 0) => "none is in step now, so commits wait until one is".to_owned(),
            (true, count) => format!("{count} in step now"),
        };
        Report {
            keeping: Keeping::Replicated,
            why: vec![waits, now],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            fsync: "on".to_owned(),
            full_page_writes: "on".to_owned(),
            synchronous_commit: "on".to_owned(),
            standby_names: "*".to_owned(),
            standbys: 1,
            in_step: 1,
            sees_standbys: true,
        }
    }

    #[test]
    fn what_is_kept_how_safely() {
        type Change = fn(&mut Facts);
        let cases: &[(Change, Keeping, &str)] = &[
            (|_| {}, Keeping::Replicated, "1 in step"),
            (
                |facts| facts.in_step = 0,
                Keeping::Replicated,
                "none is in step",
            ),
            (
                |facts| facts.sees_standbys = false,
                Keeping::Replicated,
                "pg_read_all_stats",
            ),
            (
                |facts| facts.standby_names.clear(),
                Keeping::Local,
                "do not wait",
            ),
            (
                |facts| facts.synchronous_commit = "remote_write".to_owned(),
                Keeping::Local,
                "remote_write",
            ),
            (
                |facts| facts.synchronous_commit = "off".to_owned(),
                Keeping::NotDurable,
                "too early",
            ),
            (
                |facts| facts.fsync = "off".to_owned(),
                Keeping::NotDurable,
                "fsync",
            ),
            (
                |facts| facts.full_page_writes = "off".to_owned(),
                Keeping::NotDurable,
                "full_page_writes",
            ),
        ];
        for (change, keeping, word) in cases {
            let mut facts = facts();
            change(&mut facts);
            let report = facts.report();
            assert_eq!(report.keeping, *keeping, "{report:?}");
            assert!(
                report.why.iter().any(|why| why.contains(word)),
                "{report:?}"
            );
        }
    }
}
