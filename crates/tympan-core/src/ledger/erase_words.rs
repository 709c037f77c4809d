//! Telling of words that are erased.

use crate::audit::{self, Event, strand_key};
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::TenantId;
use crate::permissions::{Requirement, TENANT_EDIT, configured};
use crate::time::Timestamp;
use crate::view::{Key, ReadSet, View};

/// Tells in the audit events that the words of jobs are erased whose time is over. It is told before
/// it is done, so that nothing is erased that nobody is told of; the words are the store's to erase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EraseWords;

/// Nothing is left to check.
#[derive(Clone, Copy, Debug)]
pub struct PreparedEraseWords;

impl Command for EraseWords {
    type Prepared = PreparedEraseWords;
    const NAME: &'static str = "erase_words";
    const REQUIRES: Requirement = Requirement::Permission(TENANT_EDIT);

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEraseWords, Error> {
        Ok(PreparedEraseWords)
    }
}

impl Decide for PreparedEraseWords {
    /// The instant by which words are erased whose time is over.
    type Reply = Timestamp;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        ReadSet::of(Key::Config(tenant)).and(strand_key(tenant))
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Timestamp>, Stop> {
        configured(view, context.tenant)?;
        let until = context.now;
        let event = Event {
            action: EraseWords::NAME,
            subject_kind: audit::WORDS,
            subject: context.tenant.0,
            changes: vec![("until".to_owned(), None, Some(until.to_string()))],
            reason: None,
        };
        let mut changes = Vec::new();
        audit::record(view, context, vec![event], &mut changes)?;
        Ok(Decision::new(changes, until))
    }
}
