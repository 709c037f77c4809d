//! Usage that is reported for nobody who can be charged, and what becomes of it.

use tympan_core::ledger::{
    AssignUntracked, ChargeOrKeep, DismissUntracked, EraseUntrackedName, UntrackedId,
};
use tympan_core::people::UserReference;

use crate::workload::Workload;

/// Names that nobody has.
const STRANGERS: &[&str] = &["stranger", "Stranger", "guest", "kiosk"];

impl Workload {
    pub(super) fn charge_or_keep(&mut self) -> ChargeOrKeep {
        let mut job = self.charge();
        if self.chance.one_in(2) {
            job.user = UserReference::username(self.chance.pick_or(STRANGERS, "guest"));
        }
        ChargeOrKeep {
            job,
            reported_as: self.reported_as(),
        }
    }

    pub(super) fn reported_as(&mut self) -> Option<String> {
        match self.chance.below(6) {
            0 => Some(" who is this ".to_owned()),
            1 if self.is_hostile() => Some(self.hostile_text()),
            _ => None,
        }
    }

    pub(super) fn assign_untracked(&mut self) -> AssignUntracked {
        AssignUntracked::new(self.untracked_id(), self.user())
    }

    pub(super) fn dismiss_untracked(&mut self) -> DismissUntracked {
        DismissUntracked::new(self.untracked_id(), self.reason())
    }

    pub(super) fn erase_untracked_name(&mut self) -> EraseUntrackedName {
        EraseUntrackedName::of(self.untracked_id())
    }

    /// The newest are open mostly.
    fn untracked_id(&mut self) -> UntrackedId {
        let known = &self.world().untracked;
        let newest: Vec<UntrackedId> = known.iter().rev().take(6).copied().collect();
        if !newest.is_empty() && self.chance.below(10) < 7 {
            return self.chance.pick_or(&newest, UntrackedId([0; 32]));
        }
        self.looked_up(|world| &world.untracked, unknown)
    }
}

fn unknown(number: i64) -> UntrackedId {
    let mut digest = [0; 32];
    let (first, _) = digest.split_at_mut(8);
    first.copy_from_slice(&number.to_be_bytes());
    UntrackedId(digest)
}
