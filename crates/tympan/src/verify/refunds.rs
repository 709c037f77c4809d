//! What was given back, against what entries took and gave back.

use std::collections::BTreeMap;

use tympan_core::error::Error;
use tympan_core::ids::{EntryId, TenantId};
use tympan_core::records::{Entry, Refunded, Verb, WalletKey};

use super::Check;
use crate::rows::Scan;

/// What is on record of one entry that was refunded, and what the entries tell of it.
struct Told {
    record: Refunded,
    /// The wallet, and what was taken from it, once that entry came by.
    took: Option<(WalletKey, i64)>,
    amount: i64,
    uncarried: i64,
    voided: bool,
    refunds: i64,
}

/// Every entry of which something was given back.
pub(super) struct Refunds(BTreeMap<(TenantId, EntryId), Told>);

impl Refunds {
    /// Takes note of what an entry took, or gave back. Whether it may: it gives back no more than
    /// is left, to the same wallet, and nothing of a job that was voided.
    pub(super) fn follow(&mut self, entry: &Entry) -> bool {
        if let Some(told) = self.0.get_mut(&(entry.tenant, entry.id)) {
            let takes = matches!(entry.verb, Verb::Charge | Verb::Settle);
            let taken = entry.carried.unwrap_or(0).saturating_sub(entry.amount);
            told.took = takes.then_some((entry.wallet(), taken));
        }
        let gives = matches!(entry.verb, Verb::Refund | Verb::Void);
        let Some(of) = entry.refunds else {
            return !gives;
        };
        let Some(told) = self.0.get_mut(&(entry.tenant, of)) else {
            return false;
        };
        let before = told.voided;
        let uncarried = entry.carried.unwrap_or(0).saturating_neg();
        let back = entry.amount.saturating_add(uncarried);
        told.amount = told.amount.saturating_add(back);
        told.uncarried = told.uncarried.saturating_add(uncarried);
        told.voided = entry.verb == Verb::Void;
        told.refunds = told.refunds.saturating_add(1);
        let all = told.took.filter(|(wallet, _)| *wallet == entry.wallet());
        let all = all.map_or(-1, |(_, taken)| taken);
        let unspent = all.saturating_sub(told.uncarried);
        let is_all = !told.voided || (told.amount == all && entry.asked == Some(unspent));
        let adds = entry.amount >= 0 && uncarried >= 0;
        gives && !before && adds && told.amount <= all && is_all
    }
}

impl Check<'_> {
    /// What is on record: some hundred bytes for every entry that was refunded.
    pub(super) fn refunds(&self) -> Result<Refunds, Error> {
        let records = Scan::<Refunded>::new(self.snapshot).map(|record| {
            let record = record?;
            let key = (record.tenant, record.entry);
            let told = Told {
                record,
                took: None,
                amount: 0,
                uncarried: 0,
                voided: false,
                refunds: 0,
            };
            Ok((key, told))
        });
        records.collect::<Result<_, Error>>().map(Refunds)
    }

    /// Checks that what is on record is what the entries came to.
    pub(super) fn refunded(&mut self, refunds: Refunds) {
        for told in refunds.0.into_values() {
            let record = &told.record;
            let fits = told.took.is_some()
                && (
                    record.amount,
                    record.uncarried,
                    record.voided,
                    record.version,
                ) == (told.amount, told.uncarried, told.voided, told.refunds);
            self.found.expect(fits, "refund", || {
                format!("what was refunded of entry `{}`", record.entry)
            });
        }
    }
}
