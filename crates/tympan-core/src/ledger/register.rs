//! The register of a tenant's wallets: how many were opened, and a keyed mark of each, all put
//! together. A wallet that is removed with its whole history leaves no gap in any chain; the
//! register still counts it.

use tympan_vault::RecordKey;

use crate::command::Context;
use crate::digest::Canonical;
use crate::ids::TenantId;
use crate::records::{Strand, WalletKey};
use crate::time::Timestamp;
use crate::view::{Change, Key, Missing, Record, View};

/// The number under which the register lies among the strands of a tenant.
pub const REGISTER: i32 = -1;

/// The key of a tenant's register.
pub(crate) fn register_key(tenant: TenantId) -> Key {
    Key::Strand(tenant, REGISTER)
}

/// A register without a wallet: it is made with the tenant, so that it is missed if somebody
/// removes it with all wallets.
pub(crate) fn new_register(tenant: TenantId, now: Timestamp) -> Change {
    put(Strand {
        latest_at: now,
        version: 1,
        ..empty(tenant)
    })
}

fn empty(tenant: TenantId) -> Strand {
    Strand {
        tenant,
        number: REGISTER,
        events: 0,
        chain: [0; 32],
        latest_at: Timestamp::EPOCH,
        version: 0,
    }
}

/// Puts the mark of a wallet to those of others, or takes it away again: in any order, for wallets
/// lie in the order of their keys and not in that in which they were opened.
pub fn mark_wallet(key: &RecordKey, marks: &mut [u8; 32], wallet: WalletKey) {
    let mut canonical = Canonical::new();
    canonical
        .text("wallet")
        .integer(wallet.owner)
        .text(wallet.kind.as_str())
        .integer(wallet.feed);
    let mark = key.digest(canonical.as_bytes());
    for (sum, byte) in marks.iter_mut().zip(mark) {
        *sum ^= byte;
    }
}

/// Enters wallets that a command opens; nothing if it opens none.
pub(super) fn enter(
    view: &View,
    context: &Context<'_>,
    opened: &[WalletKey],
    now: Timestamp,
) -> Result<Option<Change>, Missing> {
    if opened.is_empty() {
        return Ok(None);
    }
    let tenant = context.tenant;
    let stored = view.strand(tenant, REGISTER)?;
    let mut register = stored.map_or_else(|| empty(tenant), |stored| Strand::clone(stored));
    for wallet in opened {
        mark_wallet(&context.keys.record, &mut register.chain, *wallet);
        register.events = register.events.saturating_add(1);
    }
    register.latest_at = register.latest_at.max(now);
    register.version += 1;
    Ok(Some(put(register)))
}

fn put(register: Strand) -> Change {
    Change::Put(
        register_key(register.tenant),
        Record::Strand(register.into()),
    )
}
