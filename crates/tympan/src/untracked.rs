//! Untracked usage: what was reported for unknown and inactive users, and waits for somebody to say
//! whose it is.

use tympan_core::commands::LIST_UNTRACKED;
use tympan_core::error::Error;
use tympan_core::ledger::UntrackedUsage;
use tympan_core::queries::{UntrackedPlace, UntrackedQuery};

use crate::handle::Handle;
use crate::page::{Page, PageRequest};

impl Handle {
    /// Untracked usage that is open, in the order in which it was reported. What is assigned or
    /// dismissed leaves the list.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `untracked.read`; `invalid_cursor`.
    pub fn open_untracked(&self, page: &PageRequest) -> Result<Page<UntrackedUsage>, Error> {
        self.permit(LIST_UNTRACKED, None)?;
        let tenant = self.tenant.id;
        let after = page.after.as_deref();
        let found = self.engine.store.open_untracked(&UntrackedQuery {
            tenant,
            after: after
                .map(|cursor| UntrackedPlace::from_cursor(tenant, cursor))
                .transpose()?
                .map(|place| place.untracked),
            limit: page.rows() + 1,
        })?;
        let rows = found.iter().map(UntrackedUsage::of).collect();
        Ok(Page::of(page, rows, |row: &UntrackedUsage| {
            UntrackedPlace {
                tenant,
                untracked: row.number,
            }
        }))
    }
}
