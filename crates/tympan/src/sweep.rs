//! Settling what fell due for everybody, a page of users at a time.

use serde::{Deserialize, Serialize};
use tympan_core::commands::SETTLE_ALL_DUE;
use tympan_core::error::{Code, Error};
use tympan_core::ids::{TenantId, UserId};
use tympan_core::ledger::SettleDue;
use tympan_core::queries::{from_cursor, to_cursor};
use tympan_core::records::User;
use tympan_core::row::{Cell, Field, Row};

use crate::engine::log;
use crate::handle::Handle;
use crate::page::PageRequest;

/// What a page of a sweep came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Users looked at.
    pub users: usize,
    /// Entries written.
    pub entries: u64,
    /// Users who could not be settled, and why: they are passed over.
    pub refused: Vec<(UserId, Error)>,
    /// The cursor for the next page; none: everybody was looked at.
    pub next: Option<String>,
}

/// A place among the users of a tenant, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepPlace {
    swept_in: TenantId,
    after: UserId,
}

impl Handle {
    /// Does for the next users, in the order of their ids, what [`SettleDue`] does for one: gives
    /// back holds that expired and gives what plans were due to give. The ledger is the same
    /// whether or not this is done; it is for lists and events that shall not wait for the next
    /// job. It can be stopped anywhere, and doing it twice does no more. A page shares commits with
    /// others.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `allowance.adjust`; `invalid_cursor`; those of the store.
    pub fn settle_all_due(&self, page: &PageRequest) -> Result<Swept, Error> {
        let counts = |swept: &Swept| {
            (
                swept.entries,
                u64::try_from(swept.refused.len()).unwrap_or(u64::MAX),
            )
        };
        log::timed("settle_all_due", counts, || self.settle_page(page))
    }

    fn settle_page(&self, page: &PageRequest) -> Result<Swept, Error> {
        self.permit(SETTLE_ALL_DUE, None)?;
        let tenant = self.tenant.id;
        let after = match page.after.as_deref() {
            None => UserId(i64::MIN),
            Some(cursor) => {
                let belongs = |place: &SweepPlace| place.swept_in == tenant;
                from_cursor(cursor, belongs)?.after
            }
        };
        let users = self.users_behind(after, page.rows())?;
        let commands = users.iter().map(|user| SettleDue::of(*user)).collect();
        let mut swept = Swept {
            users: users.len(),
            ..Swept::default()
        };
        for (user, answer) in users.iter().zip(self.run_all(commands)) {
            match answer {
                Ok(entries) => swept.entries += u64::try_from(entries).unwrap_or(0),
                Err(error) if ends_all(&error) => return Err(error),
                Err(error) => swept.refused.push((*user, error)),
            }
        }
        let is_full = u32::try_from(users.len()) == Ok(page.rows());
        swept.next = users.last().filter(|_| is_full).map(|last| {
            to_cursor(&SweepPlace {
                swept_in: tenant,
                after: *last,
            })
        });
        Ok(swept)
    }

    fn users_behind(&self, after: UserId, limit: u32) -> Result<Vec<UserId>, Error> {
        let tenant = self.tenant.id;
        let place = [Cell::Integer(tenant.0), Cell::Integer(after.0)];
        let store = &self.engine.store;
        let rows = store.scan(User::TABLE, Some(tenant), Some(&place), limit)?;
        let mut users = Vec::with_capacity(rows.len());
        for mut row in rows {
            let user = row.drain(..2).next_back().and_then(UserId::from_cell);
            users.push(user.ok_or_else(|| Error::of(Code::StoreCorrupt))?);
        }
        Ok(users)
    }
}

/// Whether an error is about more than one user. What cannot be read or decided of one is reported,
/// and keeps nothing from the others.
fn ends_all(error: &Error) -> bool {
    !matches!(
        error.code(),
        Code::AmountOverflow
            | Code::UnknownUser
            | Code::TooMany
            | Code::StoreCorrupt
            | Code::Internal
    )
}
