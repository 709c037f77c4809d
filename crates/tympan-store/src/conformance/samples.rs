//! Records to store, with the keys they lie under.

use std::sync::Arc;

use tympan_core::ids::{
    AuditId, EntryId, GroupId, HoldId, IdentityId, ProfileId, RoleId, TenantId, UserId,
};
use tympan_core::records::{
    AuditEvent, AuditText, Claim, ClaimName, Config, Entry, EntryText, Hold, HoldPart, Identity,
    IdentityKind, Membership, Profile, Refunded, Relations, Role, RoleRow, RoleRowAccount, Strand,
    Subject, SubjectKind, Tenant, Untracked, User, Uses, Wallet, WalletKey, WalletKind, Wallets,
};
use tympan_core::view::{Key, Record};

use super::variants::plain;

/// The tenant of most cases.
pub(super) const TENANT: TenantId = TenantId(1);
/// Another one.
pub(super) const OTHER: TenantId = TenantId(2);

/// A record with the key that it lies under.
pub(super) type Slot = (Key, Record);

/// A configuration with a profile and a role.
pub(super) fn config(tenant: TenantId, version: i64) -> Config {
    let mut config = Config::empty(Tenant {
        id: tenant,
        version,
        ..plain()
    });
    let profile = Profile {
        tenant,
        id: ProfileId(1),
        ..plain()
    };
    let role = Role {
        tenant,
        id: RoleId(1),
        ..plain()
    };
    config.profiles.insert(profile.id, profile);
    config.roles.insert(role.id, role);
    config
}

/// A user, by name and folded name.
pub(super) fn user(tenant: TenantId, id: i64, version: i64) -> User {
    let mut user = User {
        tenant,
        id: UserId(id),
        version,
        name: format!("User {id} of {}", tenant.0),
        ..plain()
    };
    tympan_core::queries::fold_user(&mut user);
    user
}

/// A user's children: `count` of each kind.
pub(super) fn relations(tenant: TenantId, user: i64, count: i64) -> Relations {
    let user = UserId(user);
    let ids = || 1..=count;
    Relations {
        identities: ids()
            .map(|id| Identity {
                tenant,
                user,
                id: IdentityId(id),
                value: format!("{}-{}-{id}", tenant.0, user.0),
                ..plain()
            })
            .collect(),
        memberships: ids()
            .map(|id| Membership {
                tenant,
                user,
                user_group: GroupId(id),
                ..plain()
            })
            .collect(),
        role_rows: ids()
            .map(|id| RoleRow {
                tenant,
                user,
                id: tympan_core::ids::RoleRowId(id),
                ..plain()
            })
            .collect(),
        role_row_accounts: ids()
            .map(|id| RoleRowAccount {
                tenant,
                user,
                role_row: tympan_core::ids::RoleRowId(1),
                account: tympan_core::ids::AccountId(id),
            })
            .collect(),
    }
}

/// A wallet's name: own funds of the n-th currency.
pub(super) fn wallet_key(owner: i64, feed: i64) -> WalletKey {
    WalletKey {
        owner,
        kind: WalletKind::OwnFunds,
        feed,
    }
}

/// A wallet.
pub(super) fn wallet(tenant: TenantId, key: WalletKey, version: i64) -> Wallet {
    Wallet {
        tenant,
        owner: key.owner,
        kind: key.kind,
        feed: key.feed,
        version,
        balance: 0,
        entries: 0,
        last_entry: EntryId(0),
        ..plain()
    }
}

/// What a hold keeps aside in a wallet.
pub(super) fn hold_part(tenant: TenantId, wallet: WalletKey, hold: i64) -> HoldPart {
    HoldPart {
        tenant,
        owner: wallet.owner,
        kind: wallet.kind,
        feed: wallet.feed,
        hold: HoldId(hold),
        ..plain()
    }
}

/// An owner's wallets, as many as versions, each with one hold.
pub(super) fn wallets(tenant: TenantId, owner: i64, versions: &[i64]) -> Wallets {
    let mut all = Wallets::default();
    for (version, feed) in versions.iter().zip(1..) {
        let key = wallet_key(owner, feed);
        all.wallets.push(wallet(tenant, key, *version));
        all.hold_parts.push(hold_part(tenant, key, feed));
    }
    all
}

/// A hold of a user.
pub(super) fn hold(tenant: TenantId, id: i64, owner: i64, version: i64) -> Hold {
    Hold {
        tenant,
        id: HoldId(id),
        owner,
        version,
        ..plain()
    }
}

/// What was given back of what an entry took.
pub(super) fn refunded(tenant: TenantId, entry: i64, version: i64) -> Refunded {
    Refunded {
        version,
        ..Refunded::none(tenant, EntryId(entry))
    }
}

/// The n-th usage that was reported for nobody who can be charged.
pub(super) fn untracked(tenant: TenantId, nth: i64, version: i64) -> Untracked {
    Untracked {
        tenant,
        key: numbered_key(nth),
        version,
        ..plain()
    }
}

/// The digest of the n-th key, in the order of their numbers.
pub(super) fn numbered_key(nth: i64) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&nth.to_be_bytes());
    key
}

/// How many use the n-th profile.
pub(super) fn uses(tenant: TenantId, id: i64, version: i64) -> Uses {
    Uses {
        version,
        ..Uses::none(
            tenant,
            Subject {
                kind: SubjectKind::Profile,
                id,
            },
        )
    }
}

/// The head of an audit chain.
pub(super) fn strand(tenant: TenantId, number: i32, version: i64) -> Strand {
    Strand {
        tenant,
        number,
        version,
        ..plain()
    }
}

/// The name of a claim to a card.
pub(super) fn card(value: &str) -> ClaimName {
    ClaimName {
        kind: IdentityKind::Card,
        value: value.into(),
    }
}

/// A user's claim to a card.
pub(super) fn claim(tenant: TenantId, value: &str, user: i64, version: i64) -> Claim {
    Claim {
        tenant,
        kind: IdentityKind::Card,
        value: value.into(),
        user: UserId(user),
        identity: IdentityId(1),
        version,
    }
}

/// A line of the ledger, under no key.
pub(super) fn entry(tenant: TenantId, id: i64, wallet: WalletKey) -> Entry {
    Entry {
        id: EntryId(id),
        tenant,
        owner: wallet.owner,
        kind: wallet.kind,
        feed: wallet.feed,
        sequence: id,
        key: None,
        parts: 1,
        ..plain()
    }
}

/// The first of `parts` lines under a key.
pub(super) fn keyed(tenant: TenantId, id: i64, digest: [u8; 32], parts: i32) -> Entry {
    Entry {
        key: Some(digest),
        parts,
        ..entry(tenant, id, wallet_key(1, 1))
    }
}

/// The words of an entry.
pub(super) fn entry_text(tenant: TenantId, id: i64) -> EntryText {
    EntryText {
        entry: EntryId(id),
        tenant,
        reason: Some(format!("reason {id}")),
        ..plain()
    }
}

/// An audit event.
pub(super) fn audit(tenant: TenantId, id: i64) -> AuditEvent {
    AuditEvent {
        id: AuditId(id),
        tenant,
        sequence: id,
        ..plain()
    }
}

/// The words of an audit event.
pub(super) fn audit_text(tenant: TenantId, id: i64) -> AuditText {
    AuditText {
        audit: AuditId(id),
        tenant,
        ..plain()
    }
}

/// Something that lies under a key of its own.
pub(super) trait Slotted {
    /// The key, and what it holds.
    fn slot(self) -> Slot;
}

macro_rules! slotted {
    ($($name:ident |$record:ident| $key:expr => $wrap:expr;)+) => {$(
        impl Slotted for $name {
            fn slot(self) -> Slot {
                let $record = self;
                ($key, $wrap)
            }
        }
    )+};
}

slotted! {
    Config |config| Key::Config(config.tenant.id) => Record::Config(Arc::new(config));
    User |user| Key::User(user.tenant, user.id) => Record::User(Arc::new(user));
    Hold |hold| Key::Hold(hold.tenant, hold.id) => Record::Hold(Arc::new(hold));
    Refunded |refunded| Key::Refunded(refunded.tenant, refunded.entry)
        => Record::Refunded(Arc::new(refunded));
    Untracked |untracked| Key::Untracked(untracked.tenant, untracked.key)
        => Record::Untracked(Arc::new(untracked));
    Uses |uses| Key::Uses(uses.tenant, uses.subject()) => Record::Uses(Arc::new(uses));
    Strand |strand| Key::Strand(strand.tenant, strand.number) => Record::Strand(Arc::new(strand));
    Claim |claim| Key::Claim(claim.tenant, claim.name()) => Record::Claim(Arc::new(claim));
}

/// A user's children under their key.
pub(super) fn relations_slot(tenant: TenantId, user: i64, relations: Relations) -> Slot {
    let key = Key::Relations(tenant, UserId(user));
    (key, Record::Relations(Arc::new(relations)))
}

/// An owner's wallets under their key.
pub(super) fn wallets_slot(tenant: TenantId, owner: i64, wallets: Wallets) -> Slot {
    let key = Key::Wallets(tenant, owner);
    (key, Record::Wallets(Arc::new(wallets)))
}

/// One record of each kind but receipts, all with the id 1: the user has two children of each
/// kind and two wallets, the claim to card `a` and the hold are the user's.
pub(super) fn one_of_each(tenant: TenantId) -> Vec<Slot> {
    vec![
        config(tenant, 1).slot(),
        user(tenant, 1, 1).slot(),
        relations_slot(tenant, 1, relations(tenant, 1, 2)),
        wallets_slot(tenant, 1, wallets(tenant, 1, &[1, 1])),
        hold(tenant, 1, 1, 1).slot(),
        refunded(tenant, 1, 1).slot(),
        untracked(tenant, 1, 1).slot(),
        uses(tenant, 1, 1).slot(),
        strand(tenant, 1, 1).slot(),
        claim(tenant, "a", 1, 1).slot(),
    ]
}
