//! Statements: a wallet's history over a period, with what was brought forward and carried forward.

mod line;
mod text;

pub use line::StatementLine;

use tympan_core::commands::STATEMENT;
use tympan_core::error::{Code, Error};
use tympan_core::ids::{EntryId, UserId};
use tympan_core::ledger::WalletName;
use tympan_core::queries::{EntryPlace, EntryQuery, MAX_PAGE};
use tympan_core::records::WalletKey;
use tympan_core::time::Timestamp;

use crate::handle::Handle;
use crate::page::{Page, PageRequest};

/// From when until when; what is left out has no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first instant that belongs to it.
    pub since: Option<Timestamp>,
    /// The first instant that no longer does.
    pub until: Option<Timestamp>,
}

impl Period {
    /// All time.
    pub const ALL: Self = Self {
        since: None,
        until: None,
    };

    /// Whether an instant belongs to it.
    pub(crate) fn holds(self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }

    pub(crate) fn check(self) -> Result<Self, Error> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if until < since => {
                let message = "the period ends before it begins";
                Err(Error::new(Code::InvalidValue, message).with("field", "until"))
            }
            _ => Ok(self),
        }
    }
}

/// What a wallet had at an instant, in the unit of its measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The balance.
    pub balance: i64,
    /// What was held.
    pub held: i64,
}

/// One page of a wallet's history over a period, newest line first.
///
/// The opening of a page is the closing of the next one, as with statements on paper. So the closing
/// of the first page is the position at the end of the period, and the opening of the last page the
/// position at its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What was brought forward: the position before the oldest line of this page.
    pub opening: Position,
    /// The lines.
    pub lines: Page<StatementLine>,
    /// What is carried forward: the position after the newest line of this page.
    pub closing: Position,
}

impl Handle {
    /// A wallet's history over a period, newest first. A line belongs to the period in which it took
    /// effect: when it was due, or else when it was decided. What fell due and nobody has touched the
    /// wallet since has no line yet; [`SettleDue`](crate::SettleDue) writes it.
    ///
    /// It takes time for every line since the end of the period, and for those of the page.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `allowance.read`, unless it is the actor's own;
    /// `invalid_cursor`; `invalid_value` for a period that ends before it begins.
    pub fn statement(
        &self,
        user: UserId,
        wallet: WalletName,
        period: Period,
        page: &PageRequest,
    ) -> Result<Statement, Error> {
        self.permit(STATEMENT, Some(user))?;
        let wallet = wallet.of(user);
        let place = page
            .after
            .as_deref()
            .map(|cursor| EntryPlace::from_cursor(self.tenant.id, wallet, cursor))
            .transpose()?;
        let walk = Walk {
            handle: self,
            wallet,
            period: period.check()?,
        };
        let (lines, end) = walk.lines(place.map(|place| place.entry), page.rows() + 1)?;
        let lines = Page::of(page, lines, |line: &StatementLine| {
            EntryPlace::of(self.tenant.id, wallet, line.id)
        });
        Ok(Statement {
            opening: lines.rows.last().map_or(end, before),
            closing: lines.rows.first().map_or(end, after),
            lines,
        })
    }
}

fn after(line: &StatementLine) -> Position {
    Position {
        balance: line.balance_after,
        held: line.held_after,
    }
}

fn before(line: &StatementLine) -> Position {
    Position {
        // The sums were checked when the line was written.
        balance: line.balance_after.saturating_sub(line.amount),
        held: line.held_after.saturating_sub(line.held),
    }
}

/// A way back through a wallet's history.
struct Walk<'a> {
    handle: &'a Handle,
    wallet: WalletKey,
    period: Period,
}

impl Walk<'_> {
    /// At most so many lines of the period, and the position before the oldest of those that were
    /// looked at.
    fn lines(
        &self,
        mut place: Option<EntryId>,
        limit: u32,
    ) -> Result<(Vec<StatementLine>, Position), Error> {
        let (is_over, has_begun) = (
            |at| self.period.until.is_some_and(|until| until <= at),
            |at| self.period.since.is_none_or(|since| since <= at),
        );
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        // Whoever may have to go far takes long steps.
        let is_far = place.is_none() && self.period.until.is_some();
        let step = if is_far { MAX_PAGE } else { limit };
        loop {
            let entries = self.handle.engine.store.entries(&EntryQuery {
                tenant: self.handle.tenant.id,
                wallet: self.wallet,
                before: place,
                limit: step,
            })?;
            let is_last = entries.len() < usize::try_from(step).unwrap_or(usize::MAX);
            for line in entries.into_iter().map(StatementLine::of) {
                place = Some(line.id);
                if is_over(line.effective_at()) {
                    continue;
                }
                if found.len() >= most || !has_begun(line.effective_at()) {
                    return Ok((found, after(&line)));
                }
                found.push(line);
            }
            if is_last {
                return Ok((found, Position::default()));
            }
        }
    }
}
