//! What a host knows of a job besides what it used.

use crate::error::Error;
use crate::people::Refusals;
use crate::records::JobKind;
use crate::text;

/// What a host knows of a job besides what it used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobDetails {
    /// What kind of job it is; where nobody says, it counts as printed.
    pub kind: Option<JobKind>,
    /// What its document is called.
    pub document: Option<String>,
    /// The host that it came from.
    pub host: Option<String>,
}

impl JobDetails {
    /// Nothing but the kind.
    #[must_use]
    pub fn of(kind: JobKind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// The same with its texts checked.
    pub(super) fn prepare(&self) -> Result<Self, Error> {
        let mut refusals = Refusals::default();
        let word = |field, word: Option<&str>| {
            word.map_or(Ok(None), |word| {
                text::optional(field, word, text::MAX_NOTES)
            })
        };
        let document = refusals.or_default(word("document", self.document.as_deref()));
        let host = refusals.or_default(word("host", self.host.as_deref()));
        refusals.finish().map(|()| Self {
            kind: self.kind,
            document,
            host,
        })
    }
}
