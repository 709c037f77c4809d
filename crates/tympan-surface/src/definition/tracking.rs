//! What is known of jobs besides what they used, and what a profile counts and keeps of it.

/// What kind of job used something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JobKind {
    /// Pages that came from a computer.
    Print,
    /// Pages that were copied at the device.
    Copy,
    /// Pages that were read in.
    Scan,
    /// Pages that were sent or received by fax.
    Fax,
}

/// What a host knows of a job besides what it used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobDetails {
    /// What kind of job it is; none: it counts as printed.
    pub kind: Option<JobKind>,
    /// What its document is called.
    pub document: Option<String>,
    /// The host that it came from.
    pub host: Option<String>,
}

/// What is kept of a word that tells of a person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WordKeeping {
    /// The word.
    Kept,
    /// A keyed digest: the same word is recognised, and nobody can tell which it was.
    Hashed,
    /// Nothing.
    Dropped,
}

/// What a profile counts and keeps of jobs. What lies outside is neither charged nor recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracking {
    /// The kinds of jobs that are counted; none: all. A job of another kind is refused with
    /// `not_tracked`, which means: let it run.
    pub job_kinds: Option<Vec<JobKind>>,
    /// The measures that are recorded, and so charged: `total_pages`, `cost:EUR` and so on; none:
    /// all.
    pub measures: Option<Vec<String>>,
    /// What is kept of the names of documents; none: the name.
    pub document_names: Option<WordKeeping>,
    /// What is kept of the hosts that jobs came from; none: the name.
    pub hosts: Option<WordKeeping>,
    /// For how many days the two are kept, from 1; none: as long as the entry.
    pub keep_days: Option<i32>,
}
