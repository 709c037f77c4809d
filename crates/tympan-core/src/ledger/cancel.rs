//! Giving a hold back.

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::error::{Code, Error};
use crate::ids::{HoldId, TenantId};
use crate::ledger::book::{Book, blank};
use crate::ledger::charge::repeat;
use crate::ledger::receipt::{IdempotencyKey, PreparedKey, Receipt};
use crate::ledger::settle::{hold_reads, resolved, unresolved};
use crate::ledger::shared::users_of;
use crate::permissions::{JOB_CHARGE, Requirement, configured};
use crate::records::{Entry, Hold, HoldPart, HoldState, Request, Verb};
use crate::view::{ReadSet, View};

/// Gives a hold back: the job was not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// The hold.
    pub hold: HoldId,
    /// The cancellation's own key.
    pub key: IdempotencyKey,
}

impl Cancel {
    /// A cancellation.
    pub fn new(hold: HoldId, key: impl Into<IdempotencyKey>) -> Self {
        Self {
            hold,
            key: key.into(),
        }
    }
}

/// A cancellation with its key digested.
#[derive(Debug)]
pub struct PreparedCancel {
    hold: HoldId,
    key: PreparedKey,
}

impl Command for Cancel {
    type Prepared = PreparedCancel;
    const NAME: &'static str = Request::Cancel.as_str();
    const REQUIRES: Requirement = Requirement::Permission(JOB_CHARGE);

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedCancel, Error> {
        Ok(PreparedCancel {
            hold: self.hold,
            key: self.key.prepare(preparation.tenant)?,
        })
    }
}

impl Decide for PreparedCancel {
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
        let parts: Vec<HoldPart> = book
            .wallets
            .hold_parts
            .extract_if(.., |part| part.hold == hold.id)
            .collect();
        if is_over(hold, &book) {
            return over(book, hold, view, context);
        }
        book.begin_receipt();
        book.resolve(hold, HoldState::Cancelled, book.now);
        for (index, held) in lines(&mut book, &parts)? {
            let mut entry = blank(Verb::Cancel);
            entry.request = Request::Cancel;
            entry.hold = Some(hold.id);
            entry.held = held;
            book.write(context, index, entry)?;
        }
        book.close(view, context, &self.key, None)
    }
}

impl PreparedCancel {
    /// The first field in which the cancellation differs from the one that was decided under its
    /// key.
    fn differs(&self, entry: &Entry) -> Option<&'static str> {
        if entry.request != Request::Cancel {
            return Some("command");
        }
        (entry.hold != Some(self.hold)).then_some("hold")
    }
}

/// Whether a hold's time is over.
pub(super) fn is_over(hold: &Hold, book: &Book<'_>) -> bool {
    hold.state == HoldState::Expired || hold.expires_at <= book.now
}

/// The refusal for a hold whose time is over. What fell due meanwhile stands all the same.
pub(super) fn over(
    book: Book<'_>,
    hold: &Hold,
    view: &View,
    context: &mut Context<'_>,
) -> Result<Decision<Receipt>, Stop> {
    let expired = Hold {
        state: HoldState::Expired,
        resolved_at: Some(hold.expires_at),
        ..hold.clone()
    };
    Ok(Decision {
        changes: book.close_due(view, context)?,
        reply: Err(resolved(&expired)),
    })
}

/// What is given back to which wallet.
pub(super) fn lines(book: &mut Book<'_>, parts: &[HoldPart]) -> Result<Vec<(usize, i64)>, Error> {
    let own = book.own.user.id.0;
    let mut lines = Vec::with_capacity(parts.len() + 1);
    if !parts.iter().any(|part| part.owner == own) {
        // A hold of nothing has no part, and one on shared wallets may have none of the user's; its
        // cancellation still needs a line on record.
        lines.push((book.own_record()?, 0));
    }
    let line = |part: &HoldPart| {
        let index = book.position(part.wallet());
        let index = index.ok_or_else(|| Error::of(Code::Internal))?;
        Ok((index, Book::checked(part.amount.checked_neg())?))
    };
    let (of_own, shared): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.owner == own);
    for part in of_own.into_iter().chain(shared) {
        lines.push(line(part)?);
    }
    Ok(lines)
}
