//! What a profile counts and keeps of the jobs of its users.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::measure::Measure;
use crate::records::JobKind;
use crate::refusals::too_many;
use crate::row::{Cell, CellKind, Field, words};

/// How long words are kept at most, in days: a century, as good as for ever.
pub const MAX_KEEP_DAYS: i32 = 36_525;
/// Measures that a profile may name: all of tympan's own, and many of the host's.
pub(crate) const MAX_MEASURES: usize = 64;

words! {
    /// What is kept of a word that tells of a person.
    pub enum WordKeeping {
        /// The word.
        Kept = "kept",
        /// A keyed digest: the same word is recognised, and nobody can tell which it was.
        Hashed = "hashed",
        /// Nothing.
        Dropped = "dropped",
    }
}

/// What a profile counts and keeps of jobs. What lies outside is neither charged nor recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// The kinds of jobs that are counted; none: all. A job of no stated kind counts as printed.
    pub job_kinds: Option<Vec<JobKind>>,
    /// The measures that are recorded, and so charged; none: all.
    pub measures: Option<Vec<Measure>>,
    /// What is kept of the names of documents.
    pub document_names: WordKeeping,
    /// What is kept of the hosts that jobs came from.
    pub hosts: WordKeeping,
    /// For how many days the two are kept; none: as long as the entry.
    pub keep_days: Option<i32>,
}

impl Default for Tracking {
    fn default() -> Self {
        Self::ALL
    }
}

impl Tracking {
    /// Everything is counted and kept.
    pub const ALL: Self = Self {
        job_kinds: None,
        measures: None,
        document_names: WordKeeping::Kept,
        hosts: WordKeeping::Kept,
        keep_days: None,
    };

    /// Whether jobs of a kind are counted.
    #[must_use]
    pub fn counts(&self, kind: Option<JobKind>) -> bool {
        let kind = kind.unwrap_or(JobKind::Print);
        let kinds = self.job_kinds.as_ref();
        kinds.is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether a measure is recorded.
    #[must_use]
    pub fn records(&self, measure: Measure) -> bool {
        let measures = self.measures.as_ref();
        measures.is_none_or(|measures| measures.contains(&measure))
    }

    /// The same with each kind and measure once, in order.
    ///
    /// # Errors
    /// `invalid_value` for a number of days that is not between 1 and [`MAX_KEEP_DAYS`]; `too_many`
    /// for measures.
    pub fn checked(&self) -> Result<Self, Error> {
        let mut tracking = self.clone();
        if let Some(kinds) = &mut tracking.job_kinds {
            kinds.sort_unstable();
            kinds.dedup();
        }
        if let Some(measures) = &mut tracking.measures {
            measures.sort_unstable();
            measures.dedup();
            if measures.len() > MAX_MEASURES {
                return Err(too_many("measures", MAX_MEASURES));
            }
        }
        match tracking.keep_days {
            Some(days) if !(1..=MAX_KEEP_DAYS).contains(&days) => {
                let message = "`keep_days` is not between 1 and 36525";
                Err(Error::new(Code::InvalidValue, message).with("field", "keep_days"))
            }
            _ => Ok(tracking),
        }
    }
}

impl Field for Tracking {
    const KIND: CellKind = CellKind::Text;
    fn cell(&self) -> Cell<'_> {
        // Words and numbers always become JSON.
        Cell::Text(serde_json::to_string(self).unwrap_or_default().into())
    }
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(json) => serde_json::from_str(&json).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Currency;

    #[test]
    fn what_is_not_named_is_not_counted() {
        let all = Tracking::ALL;
        assert!(all.counts(None) && all.counts(Some(JobKind::Fax)) && all.records(Measure::Scans));
        let some = Tracking {
            job_kinds: Some(vec![JobKind::Copy]),
            measures: Some(vec![Measure::Sheets]),
            ..Tracking::ALL
        };
        assert!(some.counts(Some(JobKind::Copy)) && !some.counts(None));
        assert!(some.records(Measure::Sheets) && !some.records(Measure::Cost(Currency::EUR)));
    }

    #[test]
    fn it_reads_back_and_keeps_to_its_limits() {
        let some = Tracking {
            job_kinds: Some(vec![JobKind::Scan, JobKind::Print, JobKind::Scan]),
            measures: Some(vec![Measure::Cost(Currency::EUR), Measure::TotalPages]),
            document_names: WordKeeping::Hashed,
            hosts: WordKeeping::Dropped,
            keep_days: Some(90),
        };
        let checked = some.checked().unwrap();
        assert_eq!(checked.job_kinds, Some(vec![JobKind::Print, JobKind::Scan]));
        assert_eq!(
            Tracking::from_cell(checked.cell().into_owned()),
            Some(checked)
        );
        for days in [i32::MIN, 0, MAX_KEEP_DAYS + 1] {
            let wrong = Tracking {
                keep_days: Some(days),
                ..Tracking::ALL
            };
            assert_eq!(wrong.checked().unwrap_err().code(), Code::InvalidValue);
        }
    }
}
