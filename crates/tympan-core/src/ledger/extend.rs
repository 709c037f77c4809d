//! Giving a hold another expiry.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::Error;
use crate::ids::{HoldId, TenantId};
use crate::ledger::book::{Book, blank};
use crate::ledger::cancel::{is_over, lines, over};
use crate::ledger::charge::{check_hold_ms, repeat};
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt};
use crate::ledger::settle::{hold_reads, unresolved};
use crate::ledger::shared::users_of;
use crate::people::Refusals;
use crate::permissions::{JOB_CHARGE, Requirement, configured};
use crate::records::{Entry, HoldPart, Request, Verb};
use crate::view::{ReadSet, View};

/// Gives an open hold another expiry, counted from now: later as a rule, or sooner. A hold may be
/// extended as often as it is open, and never ends more than [`MAX_HOLD_MS`](super::MAX_HOLD_MS)
/// after it was extended last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extend {
    /// The hold.
    pub hold: HoldId,
    /// How long it stays open from now on, in milliseconds.
    pub expires_in_ms: i64,
    /// The extension's own key.
    pub key: IdempotencyKey,
}

impl Extend {
    /// An extension.
    pub fn new(hold: HoldId, expires_in_ms: i64, key: impl Into<IdempotencyKey>) -> Self {
        Self {
            hold,
            expires_in_ms,
            key: key.into(),
        }
    }
}

/// An extension with everything checked that needs no view.
#[derive(Debug)]
pub struct PreparedExtend {
    hold: HoldId,
    expires_in_ms: i64,
    key: PreparedKey,
}

impl Command for Extend {
    type Prepared = PreparedExtend;
    const NAME: &'static str = Request::Extend.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_CHARGE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedExtend, Error> {
        let mut refusals = Refusals::default();
        refusals.prepared(check_hold_ms(self.expires_in_ms));
        let key = refusals.prepared(self.key.prepare(preparation.tenant));
        Ok(PreparedExtend {
            hold: self.hold,
            expires_in_ms: self.expires_in_ms,
            key: refusals.all(key)?,
        })
    }
}

impl Decide for PreparedExtend {
    type Reply = Receipt;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = self.key.reads(tenant);
        set.extend(hold_reads(tenant, self.hold));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<Receipt>, Stop> {
        let config = configured(view, context.tenant)?;
        if let Some(entries) = self.key.answered(view, context.tenant)? {
            let differs = entries.first().and_then(|entry| self.differs(entry));
            return repeat(config, entries, differs);
        }
        let hold = unresolved(view, context.tenant, self.hold)?;
        let users = users_of(view, context.tenant, hold)?;
        let mut book = Book::open_both(view, context, config, users)?;
        if is_over(hold, &book) {
            return over(book, hold, view, context);
        }
        let expires_at = book.now.plus_millis(self.expires_in_ms);
        let parts: Vec<HoldPart> = book.extend_hold(hold, expires_at);
        book.begin_receipt();
        for (index, _) in lines(&mut book, &parts)? {
            let mut entry = blank(Verb::Extend);
            entry.request = Request::Extend;
            entry.hold = Some(hold.id);
            entry.expires_at = Some(expires_at);
            book.write(context, index, entry)?;
        }
        book.close(view, context, &self.key, None)
    }
}

impl PreparedExtend {
    /// The first field in which the extension differs from the one that was decided under its key.
    fn differs(&self, entry: &Entry) -> Option<&'static str> {
        if entry.request != Request::Extend {
            return Some("command");
        }
        if entry.hold != Some(self.hold) {
            return Some("hold");
        }
        let expires_at = entry.at.plus_millis(self.expires_in_ms);
        (entry.expires_at != Some(expires_at)).then_some("expires_in")
    }
}
