//! What is known of jobs, and what a profile counts and keeps of it.

use tympan::{Error, Measure};

use super::same_words;
use crate::definition::{JobDetails, JobKind, Tracking, WordKeeping};

same_words! {
    JobKind => tympan::JobKind { Print Copy Scan Fax }
    tympan::JobKind => JobKind { Print Copy Scan Fax }
    WordKeeping => tympan::WordKeeping { Kept Hashed Dropped }
    tympan::WordKeeping => WordKeeping { Kept Hashed Dropped }
}

impl From<JobDetails> for tympan::JobDetails {
    fn from(details: JobDetails) -> Self {
        Self {
            kind: details.kind.map(Into::into),
            document: details.document,
            host: details.host,
        }
    }
}

impl Tracking {
    /// # Errors
    /// `invalid_value` and `unknown_currency` for a measure.
    pub(super) fn tracking(self) -> Result<tympan::Tracking, Error> {
        let kinds = |kinds: Vec<JobKind>| kinds.into_iter().map(Into::into).collect();
        let measures = self.measures.map(|measures| {
            let measures = measures.iter().map(|measure| Measure::parse(measure));
            measures.collect::<Result<Vec<_>, _>>()
        });
        let keeping = |keeping: Option<WordKeeping>| keeping.unwrap_or(WordKeeping::Kept).into();
        Ok(tympan::Tracking {
            job_kinds: self.job_kinds.map(kinds),
            measures: measures.transpose()?,
            document_names: keeping(self.document_names),
            hosts: keeping(self.hosts),
            keep_days: self.keep_days,
        })
    }
}

impl From<tympan::Tracking> for Tracking {
    fn from(tracking: tympan::Tracking) -> Self {
        let kinds = |kinds: Vec<tympan::JobKind>| kinds.into_iter().map(Into::into).collect();
        let names = |measures: Vec<Measure>| {
            let names = measures.iter().map(|measure| measure.name().into_owned());
            names.collect()
        };
        Self {
            job_kinds: tracking.job_kinds.map(kinds),
            measures: tracking.measures.map(names),
            document_names: Some(tracking.document_names.into()),
            hosts: Some(tracking.hosts.into()),
            keep_days: tracking.keep_days,
        }
    }
}
