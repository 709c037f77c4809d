//! The ledger as a whole: the shop that charges, holds and schedules are tried in.

mod charges;
mod content;
mod extensions;
mod finishing;
mod funds;
mod holds;
mod invariants;
mod kept;
mod low_balances;
mod manual_resets;
mod measures;
mod memberships;
mod properties;
mod quotes;
mod refunds;
mod register;
mod resets;
mod schedules;
mod shared;
mod tracking;
mod untracked;

use std::sync::Arc;

use self::invariants::check;
use super::*;
use crate::error::{Code, Error};
use crate::ids::{EntryId, HoldId, PlanId, PriceListId, ProfileId, TenantId, UserId};
use crate::measure::{Currency, CustomMeasure, Measure};
use crate::queries::fold_user;
use crate::records::{
    Config, HoldState, Joined, PlanRevision, PriceList, PriceRule, Profile, Stacking, Tenant,
    Tracking, User, Verb, Wallet, WalletKind, Wallets, WhenExhausted,
};
use crate::schedule::{ResetVerb, Schedule, TimeOfDay};
use crate::testing::TestStore;
use crate::time::{TimeZoneName, Timestamp};
use crate::view::{Key, Record};

const TENANT: TenantId = TestStore::TENANT;
const STAFF: ProfileId = ProfileId(11);
const MONTHLY: PlanId = PlanId(12);
const ANN: UserId = UserId(21);
const FREE: UserId = UserId(22);
const GONE: UserId = UserId(23);
const EUR: Measure = Measure::Cost(Currency::EUR);
/// 2026-09-01T12:00Z.
const START: i64 = 1_788_264_000_000;
/// 2026-10-01T00:00 in Berlin.
const OCTOBER: i64 = 1_790_805_600_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn plan(revision: i32, from: i64, amount: i64) -> PlanRevision {
    PlanRevision {
        tenant: TENANT,
        plan: MONTHLY,
        revision,
        owner: STAFF.into(),
        effective_from: at(from),
        priority: 0,
        measure: EUR,
        amount,
        schedule: Schedule::FIRST_OF_MONTH,
        time_of_day: TimeOfDay::MIDNIGHT,
        time_zone: TimeZoneName::parse("Europe/Berlin").unwrap(),
        verb: ResetVerb::SetTo,
        run_if_missed: false,
        suspended: false,
        when_exhausted: WhenExhausted::Refuse,
        overdraft: 0,
        low_balances: Thresholds::default(),
        ended: false,
    }
}

fn shop_with(plans: Vec<PlanRevision>) -> TestStore {
    let mut store = TestStore::new();
    store.now = at(START);
    let mut config = Config::empty(Tenant {
        id: TENANT,
        name: "Shop".into(),
        version: 1,
        default_profile: STAFF,
        currency: Currency::EUR,
        card_pipeline: String::new(),
        pin_length: 6,
        pin_alphabet: "numeric".into(),
        pin_floor: "usual".into(),
        low_funds: Thresholds::default(),
        time_zone_database: "test".into(),
        created_at: at(START),
        digests: Vec::new(),
    });
    let list = PriceListId(31);
    config.profiles.insert(
        STAFF,
        Profile {
            tenant: TENANT,
            id: STAFF,
            name: "Staff".into(),
            version: 1,
            retired: false,
            price_list: Some(list),
            tracking: Tracking::ALL,
            stacking: Stacking::Sum,
            created_at: at(START),
        },
    );
    config.plans.insert(STAFF.into(), plans);
    config.price_lists.insert(
        list,
        PriceList {
            tenant: TENANT,
            id: list,
            name: "House".into(),
            version: 1,
            retired: false,
            currency: Currency::EUR,
            rounding: Rounding::MICRO,
            created_at: at(START),
        },
    );
    config.price_rules.insert(
        list,
        vec![PriceRule {
            tenant: TENANT,
            price_list: list,
            revision: 1,
            place: 0,
            effective_from: at(START),
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
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    for (id, restricted, active) in [(ANN, true, true), (FREE, false, true), (GONE, true, false)] {
        let mut user = User {
            tenant: TENANT,
            id,
            version: 1,
            name: format!("User {}", id.0),
            username: None,
            network_name: None,
            network_domain: None,
            email: None,
            active,
            production: false,
            restricted,
            price_percent: None,
            shared_with: None,
            account_code: None,
            department: None,
            office: None,
            home: None,
            notes: None,
            profile: STAFF,
            profile_since: at(START),
            groups: Joined::default(),
            role: None,
            created_at: at(START),
            updated_at: at(START),
            name_folded: String::new(),
            username_folded: None,
            network_name_folded: None,
            email_folded: None,
            account_code_folded: None,
            digest: [0; 32],
        };
        fold_user(&mut user);
        store.put(Key::User(TENANT, id), Record::User(Arc::new(user)));
    }
    store
}

/// 5.00 a month, 0.04 a page.
fn shop() -> TestStore {
    shop_with(vec![plan(1, START, 5_000_000)])
}

fn wallets(store: &TestStore, user: UserId) -> Wallets {
    match store.records.get(&Key::Wallets(TENANT, user.0)) {
        Some(Record::Wallets(wallets)) => (**wallets).clone(),
        _ => Wallets::default(),
    }
}

fn balance(store: &TestStore, user: UserId, kind: WalletKind) -> Option<i64> {
    wallets(store, user)
        .wallets
        .iter()
        .find(|wallet| wallet.kind == kind)
        .map(|wallet| wallet.balance)
}

fn charge(store: &mut TestStore, user: UserId, key: &str, pages: i64) -> Result<Receipt, Error> {
    store.run(&Charge::new(user, key, Usage::pages(pages)))
}

fn staples() -> CustomMeasure {
    CustomMeasure::parse("staples").unwrap()
}

fn own_funds(
    store: &mut TestStore,
    user: UserId,
    key: &str,
    micros: i64,
) -> Result<Receipt, Error> {
    store.run(&SetBalance {
        user: user.into(),
        wallet: WalletName::OwnFunds(Currency::EUR),
        balance: micros,
        reason: "top-up".into(),
        key: key.into(),
        may_owe: false,
    })
}

fn hold(store: &mut TestStore, key: &str, pages: i64, ms: i64) -> Result<Receipt, Error> {
    let job = Charge::new(ANN, key, Usage::pages(pages));
    store.run(&Authorise {
        job,
        expires_in_ms: Some(ms),
    })
}

fn settle(
    store: &mut TestStore,
    hold: HoldId,
    key: &str,
    pages: i64,
    extra: Extra,
) -> Result<Receipt, Error> {
    store.run(&Settle {
        hold,
        key: key.into(),
        usage: Usage::pages(pages),
        queue: None,
        cost: None,
        extra,
    })
}
