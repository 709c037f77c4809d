//! Untracked usage, against its digests, what audit events tell of it, and the receipts of what was
//! assigned.

use std::collections::BTreeMap;

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::ledger::UntrackedId;
use tympan_core::proof;
use tympan_core::records::{Entry, Request, Untracked, UntrackedState};

use super::Check;
use super::audit::Changes;
use crate::rows::Scan;

/// What was assigned, and whether the entry came by by which it was charged.
struct Assigned {
    owner: i64,
    attempt: i32,
    charged: bool,
}

/// All that was assigned, by the digest of the job's key.
pub(super) struct AllAssigned(BTreeMap<(TenantId, [u8; 32]), Assigned>);

impl AllAssigned {
    /// Takes note of an entry that charged what was assigned. Whether it may: it is of the user whom
    /// the record names.
    pub(super) fn follow(&mut self, entry: &Entry) -> bool {
        let Some(key) = entry
            .key
            .filter(|_| entry.request == Request::AssignUntracked)
        else {
            return true;
        };
        let Some(assigned) = self.0.get_mut(&(entry.tenant, key)) else {
            return false;
        };
        let fits = (assigned.owner, assigned.attempt) == (entry.owner, entry.attempt);
        fits && !std::mem::replace(&mut assigned.charged, true)
    }
}

impl Check<'_> {
    /// Checks every piece of untracked usage: it is as it was left, it was changed as often as
    /// audit events tell, and none of which they tell is missing.
    pub(super) fn untracked(
        &mut self,
        mut changes: Changes<(TenantId, i64)>,
    ) -> Result<AllAssigned, Error> {
        let mut all = BTreeMap::new();
        for untracked in Scan::<Untracked>::new(self.snapshot) {
            let untracked = untracked?;
            let (tenant, id) = (untracked.tenant, UntrackedId(untracked.key));
            let keys = self.keys.of(tenant);
            let digest = proof::of_untracked(&keys.record, &untracked);
            let is_open = untracked.state == UntrackedState::Open;
            let is_assigned = untracked.state == UntrackedState::Assigned;
            let fits = digest == untracked.digest
                && is_open == untracked.resolved_at.is_none()
                && is_assigned == untracked.assigned_to.is_some();
            let place = || format!("untracked usage `{id}`");
            self.found.expect(fits, "untracked", place);
            let told = changes.remove(&(tenant, untracked.number));
            self.found
                .expect(told == Some(untracked.version), "version", || {
                    let (version, told) = (untracked.version, told.unwrap_or(0));
                    format!(
                        "untracked usage `{id}` has version {version}, audit events tell of \
                         {told} changes"
                    )
                });
            if let Some(owner) = untracked.assigned_to {
                let assigned = Assigned {
                    owner: owner.0,
                    attempt: untracked.attempt,
                    charged: false,
                };
                all.insert((tenant, untracked.key), assigned);
            }
        }
        for (tenant, number) in changes.keys() {
            self.found.fault("untracked", || {
                format!(
                    "there is no untracked usage number {number} of tenant `{tenant}`, of which \
                     audit events tell"
                )
            });
        }
        Ok(AllAssigned(all))
    }

    /// Checks that all that was assigned was charged.
    pub(super) fn charged(&mut self, assigned: AllAssigned) {
        for ((_, key), assigned) in assigned.0 {
            self.found.expect(assigned.charged, "untracked", || {
                let id = UntrackedId(key);
                format!("untracked usage `{id}` was assigned, and nobody was charged for it")
            });
        }
    }
}
