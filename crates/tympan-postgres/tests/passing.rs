//! A card passes to another user while somebody is charged by it: whatever is decided rests on what
//! belongs to one of the two.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

mod common;
#[path = "common/shop.rs"]
mod shop;

use std::time::Duration;

use common::{Schema, ask};
use tokio_postgres::Client;
use tympan::{
    Adjust, Authorise, Bootstrap, Charge, CreatePriceList, CreateProfile, CreateUser, Currency,
    IdentityKind, IdentityReference, NewIdentity, PriceTerms, TransferIdentity, Tympan, Usage,
    UserReference, WalletName,
};
use tympan_core::ids::TenantId;
use tympan_core::records::{Claim, ClaimName};
use tympan_core::view::{Follow, Key, ReadSet, Record, View};
use tympan_store::Store;

const CARD: &str = "04AB0001";
const FUNDS: i64 = 1_000;

fn user(name: &str) -> UserReference {
    UserReference::username(name)
}

/// Two users with own funds and no plan; the card is that of `ann`.
fn set_up(tympan: &Tympan) {
    let shop = tympan.host();
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Ada Admin"))
        .unwrap();
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(1, 1));
    let prices = shop.run(prices).unwrap().id;
    let staff = CreateProfile::new("Staff").price_list(prices);
    let staff = shop.run(staff).unwrap().id;
    for name in ["ann", "ben"] {
        let mut create = CreateUser::named(name).username(name).profile(staff);
        if name == "ann" {
            create = create.identity(NewIdentity::new(IdentityKind::Card, CARD));
        }
        shop.run(create).unwrap();
        let funds = WalletName::OwnFunds(Currency::EUR);
        shop.run(Adjust::new(user(name), funds, FUNDS, "cash", name))
            .unwrap();
    }
}

fn number(schema: &Schema, name: &str) -> i64 {
    let found = ask(&format!(
        "SELECT \"user\" FROM \"{}\".\"claim\" WHERE \"value\" = '{name}'",
        schema.name
    ));
    found.parse().unwrap()
}

/// Waits until a turn of this schema waits for what a client holds.
async fn until_one_waits(client: &Client, schema: &Schema) {
    let waiting = format!(
        "SELECT pid FROM pg_stat_activity \
         WHERE application_name = 'tympan {}' AND wait_event_type = 'Lock'",
        schema.name
    );
    while client.query(&waiting, &[]).await.unwrap().is_empty() {
        // What a transaction has seen of others it sees until it is told to look again.
        let again = "SELECT pg_stat_clear_snapshot()";
        client.batch_execute(again).await.unwrap();
    }
}

#[test]
fn a_job_is_authorised_by_the_wallets_of_whoever_has_the_card_now() {
    let (schema, keys) = (Schema::new(), shop::keys());
    let open = || {
        let options = shop::options(&keys, Duration::from_secs(30));
        Tympan::open(&common::address(), options.schema(&schema.name)).unwrap()
    };
    let (charging, moving) = (open(), open());
    set_up(&charging);
    let [ann, ben] = ["ann", "ben"].map(|name| number(&schema, name));
    let authorised = common::with(&common::plain(), async |holder| {
        let lock = format!(
            "BEGIN; SELECT 1 FROM \"{}\".\"wallet\" WHERE \"owner\" = {ann} FOR UPDATE",
            schema.name
        );
        holder.batch_execute(&lock).await.unwrap();
        let caller = std::thread::spawn(move || {
            let job = Charge::new(UserReference::card(CARD), "job", Usage::pages(1));
            charging.host().run(Authorise::new(job))
        });
        // It has seen that the card is that of `ann`, and waits for her wallets.
        until_one_waits(&holder, &schema).await;
        let card = IdentityReference::value(IdentityKind::Card, CARD);
        moving
            .host()
            .run(TransferIdentity::of(card, user("ben")))
            .unwrap();
        holder.batch_execute("ROLLBACK").await.unwrap();
        caller.join().unwrap()
    });
    authorised.unwrap();
    let held = ask(&format!(
        "SELECT string_agg(\"owner\"::text, ' ') FROM \"{}\".\"hold_part\"",
        schema.name
    ));
    assert_eq!(held, ben.to_string());
    assert!(moving.verify().unwrap().is_sound());
}

/// What a turn finds by the username `ann` and behind it, if it has to wait for somebody who locks
/// something first and then changes something.
fn found_meanwhile(schema: &Schema, lock: &str, change: &str, follow: Follow) -> (Claim, View) {
    let tenant = ask(&format!(
        "SELECT \"id\" FROM \"{}\".\"tenant\"",
        schema.name
    ));
    let name = ClaimName {
        kind: IdentityKind::Username,
        value: "ann".into(),
    };
    let key = Key::Claim(TenantId(tenant.parse().unwrap()), name);
    let (store, set) = (
        schema.open(),
        ReadSet::default().and_follow(key.clone(), follow),
    );
    let view = common::with(&common::plain(), async |holder| {
        let lock = format!("SET search_path = \"{}\"; BEGIN; {lock}", schema.name);
        holder.batch_execute(&lock).await.unwrap();
        let loading = std::thread::spawn(move || {
            let mut view = View::default();
            store.turn().unwrap().load(&set, &mut view).unwrap();
            view
        });
        until_one_waits(&holder, schema).await;
        let change = format!("{change}; COMMIT");
        holder.batch_execute(&change).await.unwrap();
        loading.join().unwrap()
    });
    match view.get(&key).flatten() {
        Some(Record::Claim(claim)) => (Claim::clone(claim), view),
        other => panic!("{other:?}"),
    }
}

fn wallets(claim: &Claim, view: &View) -> Vec<i64> {
    match view
        .get(&Key::Wallets(claim.tenant, claim.user.0))
        .flatten()
    {
        Some(Record::Wallets(all)) => all.wallets.iter().map(|one| one.balance).collect(),
        other => panic!("{other:?}"),
    }
}

fn shop() -> (Schema, [i64; 2]) {
    let (schema, keys) = (Schema::new(), shop::keys());
    let options = shop::options(&keys, Duration::from_secs(30)).schema(&schema.name);
    set_up(&Tympan::open(&common::address(), options).unwrap());
    let users = ["ann", "ben"].map(|name| number(&schema, name));
    (schema, users)
}

#[test]
fn whoever_a_claim_leads_to_has_the_wallets_that_are_his() {
    let (schema, [ann, ben]) = shop();
    let lock = format!("SELECT 1 FROM \"wallet\" WHERE \"owner\" = {ann} FOR UPDATE");
    let pass = format!("UPDATE \"claim\" SET \"user\" = {ben} WHERE \"value\" = 'ann'");
    let (claim, view) = found_meanwhile(&schema, &lock, &pass, Follow::WALLETS);
    assert_eq!(claim.user.0, ben);
    assert_eq!(wallets(&claim, &view), [FUNDS]);
}

#[test]
fn a_wallet_that_came_while_others_were_waited_for_is_found_too() {
    let (schema, [ann, ben]) = shop();
    let lock = format!("SELECT 1 FROM \"wallet\" WHERE \"owner\" = {ann} FOR UPDATE");
    let add = format!(
        "UPDATE \"wallet\" SET \"owner\" = {ann}, \"feed\" = 840, \"balance\" = 7 WHERE \"owner\" = {ben}"
    );
    let (claim, view) = found_meanwhile(&schema, &lock, &add, Follow::WALLETS);
    assert_eq!(claim.user.0, ann);
    let mut found = wallets(&claim, &view);
    found.sort_unstable();
    assert_eq!(found, [7, FUNDS]);
}

#[test]
fn whoever_a_claim_leads_to_has_the_identity_that_makes_it() {
    let (schema, [_, ben]) = shop();
    let lock = "LOCK TABLE \"identity\" IN ACCESS EXCLUSIVE MODE";
    let pass = ["identity", "claim"]
        .map(|table| format!("UPDATE \"{table}\" SET \"user\" = {ben} WHERE \"value\" = 'ann'; "));
    let (claim, view) = found_meanwhile(&schema, lock, &pass.concat(), Follow::RELATIONS);
    let relations = match view
        .get(&Key::Relations(claim.tenant, claim.user))
        .flatten()
    {
        Some(Record::Relations(relations)) => relations,
        other => panic!("{other:?}"),
    };
    let mut identities = relations.identities.iter();
    assert!(identities.any(|one| one.value == "ann"), "{relations:?}");
}
