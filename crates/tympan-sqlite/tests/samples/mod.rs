//! Records made by hand, for tests and measurements.

use std::sync::Arc;

use tympan_core::ids::{EntryId, ProfileId, TenantId, UserId};
use tympan_core::ledger::{KeptUsage, Usage};
use tympan_core::measure::Measure;
use tympan_core::queries::fold_user;
use tympan_core::records::{Entry, Joined, Request, User, Verb, Wallet, WalletKind, Wallets};
use tympan_core::schedule::Window;
use tympan_core::time::Timestamp;
use tympan_core::view::{Change, Key, ReadSet, Record, View, apply};
use tympan_store::{CommitError, Store};

pub const TENANT: TenantId = TenantId(1);

/// A wallet of its owner's own funds, never charged yet.
pub fn wallet(owner: i64) -> Wallet {
    let at = Timestamp::from_millis(1_700_000_000_000);
    Wallet {
        tenant: TENANT,
        owner,
        kind: WalletKind::OwnFunds,
        feed: 978,
        measure: Measure::TotalPages,
        version: 1,
        balance: 1_000_000,
        held: 0,
        hold_expires_at: None,
        spent: 0,
        used: 0,
        carried: 0,
        fed: EntryId(0),
        entries: 0,
        last_entry: EntryId(0),
        chain: [7; 32],
        revision: 0,
        next_due_at: None,
        settled_at: at,
        missed: false,
        given: 0,
        taken_back: None,
        used_by_day: Window::default(),
        latest_at: at,
        last_job_at: None,
    }
}

pub fn wallets(wallet: Wallet) -> Record {
    Record::Wallets(Arc::new(Wallets {
        wallets: vec![wallet].into(),
        hold_parts: Vec::new(),
    }))
}

/// A charge of one page.
pub fn entry(id: i64, key: Option<[u8; 32]>, wallet: &Wallet) -> Entry {
    Entry {
        id: EntryId(id),
        tenant: wallet.tenant,
        owner: wallet.owner,
        kind: wallet.kind,
        feed: wallet.feed,
        sequence: wallet.entries + 1,
        previous: wallet.last_entry,
        at: wallet.latest_at,
        due_at: None,
        verb: Verb::Charge,
        amount: -1,
        held: 0,
        balance_after: wallet.balance - 1,
        held_after: 0,
        actor: Some(UserId(wallet.owner)),
        key,
        parts: 1,
        attempt: 1,
        request: Request::Charge,
        hold: None,
        expires_at: None,
        refunds: None,
        queue: Some("lobby".to_owned()),
        job_kind: None,
        account_code: None,
        usage: Some(KeptUsage::of(&Usage::pages(1))),
        cost_micros: Some(50_000),
        currency: None,
        price_list: None,
        asked: None,
        extra: None,
        denied: None,
        debt: None,
        carried: None,
        needed: None,
        available: None,
        next_reset_at: None,
        words_until: None,
        counterpart: None,
        shared_order: None,
        text_digest: None,
        chain: [9; 16],
    }
}

/// A wallet after such a charge.
pub fn charged(wallet: &Wallet, entry: &Entry) -> Wallet {
    Wallet {
        version: wallet.version + 1,
        balance: entry.balance_after,
        spent: wallet.spent + 1,
        entries: entry.sequence,
        last_entry: entry.id,
        chain: [8; 32],
        last_job_at: Some(entry.at),
        ..wallet.clone()
    }
}

/// What a charge reads.
pub fn charge_reads(set: ReadSet, owner: i64, key: [u8; 32]) -> ReadSet {
    set.and(Key::Wallets(TENANT, owner))
        .and(Key::Receipt(TENANT, key))
}

/// Charges one page over what was loaded; false if the key was used before.
pub fn charge(view: &mut View, owner: i64, key: [u8; 32], id: i64) -> bool {
    if view.receipt(TENANT, key).unwrap().is_some() {
        return false;
    }
    let known = view.wallets(TENANT, owner).unwrap().unwrap();
    let before = known
        .wallets
        .first()
        .cloned()
        .unwrap_or_else(|| wallet(owner));
    let entry = entry(id, Some(key), &before);
    let after = wallets(charged(&before, &entry));
    let changes = vec![
        Change::Put(Key::Wallets(TENANT, owner), after),
        Change::from(entry),
    ];
    apply(changes, view);
    true
}

/// One charge in a turn of its own; false if the key was used before.
pub fn charge_alone(store: &dyn Store, owner: i64, key: [u8; 32]) -> Result<bool, CommitError> {
    let mut turn = store.turn()?;
    let mut view = View::default();
    turn.load(&charge_reads(ReadSet::default(), owner, key), &mut view)?;
    let id = turn.floor()? + 1;
    let new = charge(&mut view, owner, key, id);
    turn.commit(&view.into_batch())?;
    Ok(new)
}

/// Commits changes over whatever the store holds under their keys.
pub fn change(store: &dyn Store, changes: Vec<Change>) -> Result<(), CommitError> {
    let mut turn = store.turn()?;
    let mut view = View::default();
    let set = changes
        .iter()
        .fold(ReadSet::default(), |set, change| match change {
            Change::Put(key, _) | Change::Remove(key) => set.and(key.clone()),
            _ => set,
        });
    turn.load(&set, &mut view)?;
    apply(changes, &mut view);
    turn.commit(&view.into_batch())
}

pub fn user(id: i64, name: &str) -> User {
    let at = Timestamp::from_millis(1_700_000_000_000);
    let mut user = User {
        tenant: TENANT,
        id: UserId(id),
        version: 1,
        name: name.to_owned(),
        username: None,
        network_name: None,
        network_domain: None,
        email: None,
        active: true,
        production: false,
        restricted: false,
        price_percent: None,
        shared_with: None,
        account_code: None,
        department: None,
        office: None,
        home: None,
        notes: None,
        profile: ProfileId(1),
        profile_since: at,
        groups: Joined::default(),
        role: None,
        created_at: at,
        updated_at: at,
        name_folded: String::new(),
        username_folded: None,
        network_name_folded: None,
        email_folded: None,
        account_code_folded: None,
        digest: [5; 32],
    };
    fold_user(&mut user);
    user
}
