//! How safely a store keeps what it is given.

/// How safely commits are kept, from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeping {
    /// The loss of power can take commits back that were answered.
    NotDurable,
    /// A commit that was answered is on the disk of one machine; with it, it can be lost.
    #[default]
    Local,
    /// A commit that was answered is on another machine's disk too.
    Replicated,
}

impl Keeping {
    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotDurable => "not durable",
            Self::Local => "local-durable",
            Self::Replicated => "replicated",
        }
    }
}

/// What [`Store::doctor`](crate::Store::doctor) found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How safely commits are kept.
    pub keeping: Keeping,
    /// Why: one sentence for each thing that decides it.
    pub why: Vec<String>,
}
