//! Statements as text: for spreadsheets, and for programs.

use serde::Serialize;
use tympan_core::error::{Code, Error};
use tympan_core::ids::UserId;
use tympan_core::ledger::WalletName;
use tympan_core::measure::Measure;
use tympan_core::records::Config;

use super::{Period, Position, StatementLine};
use crate::handle::Handle;
use crate::page::{Page, PageRequest};
use crate::text_lines::TextFormat;

/// A line of text. Amounts are decimals in the unit: exact, and money in the currency's major unit.
#[derive(Serialize)]
struct TextLine {
    line: &'static str,
    effective_at: Option<String>,
    decided_at: Option<String>,
    entry: Option<String>,
    refunds: Option<String>,
    verb: Option<&'static str>,
    unit: String,
    amount: Option<String>,
    held: Option<String>,
    balance_after: String,
    held_after: String,
    denied: Option<String>,
    debt: Option<String>,
    carried: Option<String>,
    actor: Option<String>,
    counterpart: Option<String>,
    queue: Option<String>,
    reason: Option<String>,
}

impl Handle {
    /// A wallet's history over a period as lines of text, each with its end: written one after the
    /// other, page by page, they are a file. Newest first, as [`Handle::statement`] has them: the line
    /// `closing`, one line for each entry, the line `opening`. A page has up to three lines more than
    /// it was asked for.
    ///
    /// # Errors
    /// Those of [`Handle::statement`]; `unknown_plan`.
    pub fn statement_text(
        &self,
        user: UserId,
        wallet: WalletName,
        period: Period,
        format: TextFormat,
        page: &PageRequest,
    ) -> Result<Page<String>, Error> {
        let statement = self.statement(user, wallet, period, page)?;
        let writer = Writer {
            format,
            measure: measure_of(&*self.configured()?, wallet)?,
        };
        let mut rows = Vec::with_capacity(statement.lines.rows.len() + 3);
        if page.after.is_none() {
            rows.extend(writer.header()?);
            rows.push(writer.position("closing", statement.closing)?);
        }
        for line in &statement.lines.rows {
            rows.push(writer.entry(line)?);
        }
        if statement.lines.next.is_none() {
            rows.push(writer.position("opening", statement.opening)?);
        }
        Ok(Page {
            rows,
            next: statement.lines.next,
            end: statement.lines.end,
        })
    }
}

/// What a wallet counts.
fn measure_of(config: &Config, wallet: WalletName) -> Result<Measure, Error> {
    match wallet {
        WalletName::OwnFunds(currency) => Ok(Measure::Cost(currency)),
        WalletName::Allowance(id) => {
            let mut plans = config.plans.values().flatten();
            let plan = plans.find(|plan| plan.plan == id);
            let unknown = || Error::of(Code::UnknownPlan).with("plan", id);
            plan.map(|plan| plan.measure).ok_or_else(unknown)
        }
    }
}

struct Writer {
    format: TextFormat,
    measure: Measure,
}

impl Writer {
    fn header(&self) -> Result<Option<String>, Error> {
        self.format
            .header(&self.blank("opening", Position::default()))
    }

    fn position(&self, name: &'static str, position: Position) -> Result<String, Error> {
        self.format.line(&self.blank(name, position))
    }

    fn entry(&self, line: &StatementLine) -> Result<String, Error> {
        let number = |amount| self.measure.number(amount);
        let position = Position {
            balance: line.balance_after,
            held: line.held_after,
        };
        self.format.line(&TextLine {
            effective_at: Some(line.effective_at().to_string()),
            decided_at: Some(line.at.to_string()),
            entry: Some(line.id.to_string()),
            refunds: line.refunds.map(|entry| entry.to_string()),
            verb: Some(line.verb.as_str()),
            amount: Some(number(line.amount)),
            held: Some(number(line.held)),
            denied: line.denied.map(number),
            debt: line.debt.map(number),
            carried: line.carried.map(number),
            actor: line.actor.map(|user| user.to_string()),
            counterpart: line.counterpart.map(|user| user.to_string()),
            queue: self.format.words(line.queue.as_deref()),
            reason: self.format.words(line.reason.as_deref()),
            ..self.blank("entry", position)
        })
    }

    fn blank(&self, line: &'static str, position: Position) -> TextLine {
        TextLine {
            line,
            effective_at: None,
            decided_at: None,
            entry: None,
            refunds: None,
            verb: None,
            unit: self.measure.unit().into_owned(),
            amount: None,
            held: None,
            balance_after: self.measure.number(position.balance),
            held_after: self.measure.number(position.held),
            denied: None,
            debt: None,
            carried: None,
            actor: None,
            counterpart: None,
            queue: None,
            reason: None,
        }
    }
}
