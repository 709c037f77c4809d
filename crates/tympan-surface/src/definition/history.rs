//! What was done, and whether it is whole.

use crate::definition::{AuditId, EntryId, PlanId, UserId};
use crate::{Call, Timestamp, Tympan};

/// One change to anything but a wallet.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLine {
    /// The id of the event.
    pub id: AuditId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who did it; none for the host itself.
    pub actor: Option<UserId>,
    /// What was done: the command's name.
    pub action: String,
    /// What kind of thing it was done to: `user`, `tenant`, `role` and so on.
    pub subject_kind: String,
    /// The id of that thing; of a `wallet`, that of its owner; of `untracked` usage, its number.
    pub subject: String,
    /// What changed, from what, to what, as JSON; secrets are masked. None if it was anonymised.
    pub changes: Option<String>,
    /// Why it was done, if somebody said so.
    pub reason: Option<String>,
}

/// Which audit events to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditList {
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// One page of audit events.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditPage {
    /// The events.
    pub rows: Vec<AuditLine>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
    /// The cursor behind the last row of this page, be there more or not; none if there was never
    /// a row. Whoever copies the list elsewhere keeps it, and asks again later.
    pub end: Option<String>,
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A balance fell below one of its thresholds.
    LowBalance,
}

/// One thing that a host may want to tell somebody of.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The id of the audit event that it is.
    pub id: AuditId,
    /// When it was decided.
    pub at: Timestamp,
    /// What kind of event it is.
    pub kind: EventKind,
    /// Whom it is about.
    pub user: UserId,
    /// Whose command it came with; none for the host itself.
    pub actor: Option<UserId>,
    /// Of a low balance: what is low. None if it was anonymised.
    pub low_balance: Option<LowBalance>,
}

/// A balance that fell below a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct LowBalance {
    /// The plan whose wallet it is; none: own funds.
    pub plan: Option<PlanId>,
    /// What it counts, as plans write it.
    pub measure: String,
    /// What it fell below, in the measure's unit.
    pub threshold: i64,
    /// The balance before; not below the threshold.
    pub before: i64,
    /// The balance after; below the threshold.
    pub balance: i64,
    /// The entry that it fell with.
    pub entry: EntryId,
}

/// Which events to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventList {
    /// Only those of these kinds; empty: all.
    pub kinds: Vec<EventKind>,
    /// The cursor of an earlier page, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// One page of events. It may be empty and yet have a next one, where many changes lie between.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPage {
    /// The events.
    pub rows: Vec<Event>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
    /// The cursor behind this page, be there more or not. Whoever follows the feed keeps it, and
    /// asks again later.
    pub end: Option<String>,
}

/// What a check of the whole store found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// Wallets checked.
    pub wallets: i64,
    /// Entries checked.
    pub entries: i64,
    /// Open holds checked.
    pub open_holds: i64,
    /// Users checked, with their identities, groups and roles.
    pub users: i64,
    /// Audit events checked.
    pub audit_events: i64,
    /// What is wrong, at most 100 of them.
    pub faults: Vec<Fault>,
    /// How many things are wrong.
    pub fault_count: i64,
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Which rule is broken: a word such as `balance` or `chain`.
    pub rule: String,
    /// Where, and what was found.
    pub what: String,
}

impl Tympan {
    /// Audit events, oldest first, page by page. The list grows at its end.
    ///
    /// # Errors
    /// `denied` without `audit.read`; `invalid_cursor`; `invalid_value` for the limit.
    pub fn audit_events(&self, options: AuditList) -> Call<AuditPage> {
        self.ask_checked(move |handle| options.page(handle))
    }

    /// What a host may want to tell somebody of, oldest first, each once: a feed that grows at its
    /// end. Nothing is committed later in front of what was shown.
    ///
    /// # Errors
    /// `denied` without `audit.read`; `invalid_cursor`; `invalid_value` for the limit.
    pub fn events(&self, options: EventList) -> Call<EventPage> {
        self.ask_checked(move |handle| options.page(handle))
    }

    /// Whether ledger, users and audit events are whole, in every tenant: recomputes all of it.
    /// Only the host itself can ask.
    ///
    /// # Errors
    /// `denied` to a user; those of the store.
    pub fn verify(&self) -> Call<Verification> {
        self.ask_store(|store| store.verify().map(Into::into))
    }
}
