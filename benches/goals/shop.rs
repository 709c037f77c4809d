//! The shop that every goal measures: users with a card each and a large yearly allowance.

use std::sync::Arc;

use tympan::core::command::TenantKeys;
use tympan::core::error::Error;
use tympan::core::ids::{
    EntryId, IdentityId, PlanId, PriceListId, ProfileId, RoleId, TenantId, UserId,
};
use tympan::core::measure::{Currency, Measure};
use tympan::core::queries::fold_user;
use tympan::core::records::{
    Claim, ClaimName, Config, IdentityKind, Joined, PlanRevision, PriceList, PriceRule, Profile,
    Role, RolePermission, Stacking, Tenant, Tracking, User, Wallet, WalletKind, Wallets,
    WhenExhausted,
};
use tympan::core::schedule::{ResetVerb, Schedule, TimeOfDay, Window};
use tympan::core::time::{TimeZoneName, Timestamp};
use tympan::core::view::{Batch, Key, Record, SlotChange};
use tympan::{KeyRing, Options, Rounding, Tympan};
use tympan_store::Store;

pub const TENANT: TenantId = TenantId::DEFAULT;
const STAFF: ProfileId = ProfileId(11);
const PRICES: PriceListId = PriceListId(12);
const PLAN: PlanId = PlanId(13);
const ALLOWANCE: i64 = 1_000_000_000_000_000;
const FIRST_USER: i64 = 1_000;

/// Roles and permissions of the permission workload: 200 grants.
pub const ROLES: i64 = 10;
pub const PERMISSIONS: i64 = 20;

pub fn user(number: i64) -> UserId {
    UserId(FIRST_USER + number)
}

pub fn card(number: i64) -> String {
    format!("{number:010}")
}

pub fn permission(role: i64, number: i64) -> String {
    format!("press.r{role}_p{number}")
}

pub fn ring() -> KeyRing {
    let key = "tympan keys 1\nkey 1 7f3a91c40be25d68a1f09c3e57b2d84610fe6ca9385b7d22e49017c6ab53d8f0\nactive 1\n";
    KeyRing::parse(key).unwrap()
}

/// Opens a store with so many users in it.
pub fn open(store: Box<dyn Store>, users: i64) -> Tympan {
    populate(&*store, users).unwrap();
    over(store)
}

/// Opens a store that was populated before.
pub fn over(store: Box<dyn Store>) -> Tympan {
    Tympan::open_store(store, Options::default().keys(ring())).unwrap()
}

pub fn populate(store: &dyn Store, users: i64) -> Result<(), Error> {
    let keys = TenantKeys::new(&ring(), TENANT);
    commit(
        store,
        vec![put(Key::Config(TENANT), Record::Config(Arc::new(config())))],
    )?;
    for first in (0..users).step_by(5_000) {
        let mut changes = Vec::new();
        for number in first..users.min(first + 5_000) {
            let user = new_user(number);
            changes.push(put(
                Key::User(TENANT, user.id),
                Record::User(Arc::new(new_user(number))),
            ));
            changes.push(put(
                Key::Wallets(TENANT, user.id.0),
                Record::Wallets(Arc::new(Wallets {
                    wallets: vec![fed_wallet(user.id)].into(),
                    hold_parts: Vec::new(),
                })),
            ));
            let value = keys
                .blind_index
                .digest("card", card(number).as_bytes())
                .to_short_text();
            let claim = Claim {
                tenant: TENANT,
                kind: IdentityKind::Card,
                value: value.as_str().into(),
                user: self::user(number),
                identity: IdentityId(FIRST_USER + number),
                version: 1,
            };
            let name = ClaimName {
                kind: IdentityKind::Card,
                value: value.into(),
            };
            changes.push(put(
                Key::Claim(TENANT, name),
                Record::Claim(Arc::new(claim)),
            ));
        }
        commit(store, changes)?;
    }
    Ok(())
}

fn put(key: Key, record: Record) -> SlotChange {
    SlotChange {
        key,
        before: None,
        after: Some(record),
    }
}

fn commit(store: &dyn Store, changes: Vec<SlotChange>) -> Result<(), Error> {
    let batch = Batch {
        changes,
        ..Batch::default()
    };
    store
        .turn()?
        .commit(&batch)
        .map_err(|error| panic_free(&error))
}

fn panic_free(error: &tympan_store::CommitError) -> Error {
    Error::new(tympan::Code::Storage, format!("{error:?}"))
}

fn config() -> Config {
    let at = Timestamp::EPOCH;
    let mut config = Config::empty(Tenant {
        id: TENANT,
        name: "Bench".into(),
        version: 1,
        default_profile: STAFF,
        currency: Currency::EUR,
        card_pipeline: "[]".into(),
        pin_length: 6,
        pin_alphabet: "numeric".into(),
        pin_floor: "usual".into(),
        low_funds: Default::default(),
        time_zone_database: String::new(),
        created_at: at,
        digests: Vec::new(),
    });
    config.profiles.insert(
        STAFF,
        Profile {
            tenant: TENANT,
            id: STAFF,
            name: "Staff".into(),
            version: 1,
            retired: false,
            tracking: Tracking::ALL,
            price_list: Some(PRICES),
            stacking: Stacking::Sum,
            created_at: at,
        },
    );
    config.plans.insert(
        STAFF.into(),
        vec![PlanRevision {
            tenant: TENANT,
            plan: PLAN,
            revision: 1,
            owner: STAFF.into(),
            effective_from: at,
            priority: 0,
            measure: Measure::Cost(Currency::EUR),
            amount: ALLOWANCE,
            schedule: Schedule::Never,
            time_of_day: TimeOfDay::MIDNIGHT,
            time_zone: TimeZoneName::UTC,
            verb: ResetVerb::SetTo,
            run_if_missed: false,
            suspended: false,
            when_exhausted: WhenExhausted::Refuse,
            overdraft: 0,
            low_balances: Default::default(),
            ended: false,
        }],
    );
    config.price_lists.insert(
        PRICES,
        PriceList {
            tenant: TENANT,
            id: PRICES,
            name: "House".into(),
            version: 1,
            retired: false,
            currency: Currency::EUR,
            rounding: Rounding::MICRO,
            created_at: at,
        },
    );
    config.price_rules.insert(
        PRICES,
        vec![PriceRule {
            tenant: TENANT,
            price_list: PRICES,
            revision: 1,
            place: 0,
            effective_from: at,
            queue: None,
            media: None,
            sheet_micros: 0,
            area_micros: 0,
            mono_page_micros: 40_000,
            colour_page_micros: 150_000,
            job_micros: 0,
            two_sided_numerator: 3,
            two_sided_denominator: 4,
        }],
    );
    for role in 0..ROLES {
        let id = RoleId(100 + role);
        config.roles.insert(
            id,
            Role {
                tenant: TENANT,
                id,
                name: format!("Role {role}"),
                version: 1,
                retired: false,
                production: false,
                created_at: at,
            },
        );
        let mut permissions: Vec<String> = (0..PERMISSIONS)
            .map(|number| permission(role, number))
            .collect();
        permissions.sort();
        let row = |permission| RolePermission {
            tenant: TENANT,
            role: id,
            permission,
        };
        config
            .permissions
            .insert(id, permissions.into_iter().map(row).collect());
    }
    config
}

/// What a user has before the first charge: without it that charge would feed the wallet first.
fn fed_wallet(user: UserId) -> Wallet {
    Wallet {
        tenant: TENANT,
        owner: user.0,
        kind: WalletKind::Allowance,
        feed: PLAN.0,
        measure: Measure::Cost(Currency::EUR),
        version: 1,
        balance: ALLOWANCE,
        held: 0,
        hold_expires_at: None,
        spent: 0,
        used: 0,
        carried: 0,
        fed: EntryId(0),
        entries: 0,
        last_entry: EntryId(0),
        chain: [0; 32],
        settled_at: Timestamp::EPOCH,
        missed: false,
        given: ALLOWANCE,
        taken_back: None,
        used_by_day: Window::default(),
        revision: 1,
        next_due_at: None,
        latest_at: Timestamp::EPOCH,
        last_job_at: None,
    }
}

fn new_user(number: i64) -> User {
    let at = Timestamp::EPOCH;
    let mut user = User {
        tenant: TENANT,
        id: user(number),
        version: 1,
        name: format!("User {number:07}"),
        username: None,
        network_name: None,
        network_domain: None,
        email: None,
        active: true,
        production: false,
        restricted: true,
        price_percent: None,
        shared_with: None,
        account_code: None,
        department: None,
        office: None,
        home: None,
        notes: None,
        profile: STAFF,
        profile_since: at,
        groups: Joined::default(),
        role: Some(RoleId(100 + number % ROLES)),
        created_at: at,
        updated_at: at,
        name_folded: String::new(),
        username_folded: None,
        network_name_folded: None,
        email_folded: None,
        account_code_folded: None,
        digest: [0; 32],
    };
    fold_user(&mut user);
    user
}
