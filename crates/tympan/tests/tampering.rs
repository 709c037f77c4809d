//! What somebody changed in the file behind tympan's back is found.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tympan::sources::ManualClock;
use tympan::{
    Adjust, Authorise, Bootstrap, Cancel, Charge, CreateAccount, CreateGroup, CreatePriceList,
    CreateProfile, CreateUser, Currency, EditRole, EditUser, Extra, Measure, Options, PlanTerms,
    PriceTerms, Refund, Settle, StatedCost, TimeZoneName, Timestamp, Tympan, Usage, UserId, Void,
    WalletName,
};

/// 2026-09-01T12:00Z.
const START_MS: i64 = 1_788_264_000_000;
const HOUR_MS: i64 = 3_600_000;

fn open(path: &Path, at_ms: i64) -> Tympan {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(at_ms)));
    let address = format!("sqlite:{}", path.display());
    Tympan::open(&address, Options::default().clock(clock)).unwrap()
}

fn charge(user: UserId, key: &str, cost_micros: i64) -> Charge {
    let mut charge = Charge::new(user, key, Usage::pages(1));
    charge.cost = Some(StatedCost {
        cost_micros,
        currency: Currency::EUR,
    });
    charge
}

fn top_up(user: UserId, key: &str, amount: i64) -> Adjust {
    let own_funds = WalletName::OwnFunds(Currency::EUR);
    Adjust::new(user, own_funds, amount, "paid in", key)
}

/// A shop with entries of every kind, an open hold, one that was settled, cancelled, expired, and
/// something of each kind that is configured.
fn make(path: &Path) {
    let tympan = open(path, START_MS);
    let host = tympan.host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    host.run(CreateGroup::new("Press")).unwrap();
    host.run(CreateAccount::new("North")).unwrap();
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(4, 15));
    let prices = host.run(prices).unwrap().id;
    let plan = PlanTerms::monthly(Measure::Cost(Currency::EUR), 5_000, TimeZoneName::UTC);
    let profile = CreateProfile::new("Staff").price_list(prices).plan(plan);
    let mut ann = CreateUser::named("Ann").username("ann");
    ann.fields.profile = Some(host.run(profile).unwrap().id);
    let ann = host.run(ann).unwrap().user.id;
    host.run(top_up(ann, "top-up", 500)).unwrap();
    host.run(top_up(ann, "one more", 70)).unwrap();
    host.run(charge(ann, "charge", 10)).unwrap();
    let hold = |key: &str| {
        let hold = Authorise {
            job: charge(ann, key, 100),
            expires_in_ms: Some(HOUR_MS),
        };
        host.run(hold).unwrap().hold.unwrap()
    };
    let (settled, cancelled) = (hold("settled"), hold("cancelled"));
    hold("expired");
    host.run(Settle {
        hold: settled,
        key: "settle".into(),
        usage: Usage::pages(1),
        queue: None,
        cost: Some(StatedCost {
            cost_micros: 50,
            currency: Currency::EUR,
        }),
        extra: Extra::Deny,
    })
    .unwrap();
    host.run(Cancel {
        hold: cancelled,
        key: "cancel".into(),
    })
    .unwrap();
    let part = Refund::new("charge", "smeared", "refund");
    host.run(part.part(Measure::Cost(Currency::EUR), 3))
        .unwrap();
    host.run(Void::new("settled", "never printed", "void"))
        .unwrap();
    drop((host, tympan));
    let tympan = open(path, START_MS + 2 * HOUR_MS);
    let open_hold = Authorise {
        job: charge(ann, "open", 100),
        expires_in_ms: Some(HOUR_MS),
    };
    tympan.host().run(open_hold).unwrap();
}

/// A copy of a database with its keys, in a folder of its own.
fn copied(original: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("shop.db");
    for suffix in ["", ".keys"] {
        let beside = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(beside(original), beside(&copy)).unwrap();
    }
    (folder, copy)
}

/// What a check finds after a statement was run on a copy of the database: rule and place.
fn found_after(original: &Path, sql: &str) -> Vec<String> {
    let (_folder, copy) = copied(original);
    rusqlite::Connection::open(&copy)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    let found = open(&copy, START_MS + 2 * HOUR_MS).verify().unwrap();
    assert_eq!(found.is_sound(), found.faults.is_empty());
    let faults = found.faults.iter();
    faults
        .map(|fault| format!("{}: {}", fault.rule, fault.what))
        .collect()
}

/// Each statement breaks a rule in a place, both of which are told.
fn all_are_found(original: &Path, cases: &[(&str, &str)]) {
    for (sql, told) in cases {
        let faults = found_after(original, sql);
        let is_told = faults.iter().any(|fault| fault.starts_with(told));
        assert!(is_told, "{sql}: {faults:?}");
    }
}

fn shop() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    make(&path);
    assert_eq!(found_after(&path, ""), [""; 0]);
    (folder, path)
}

#[test]
fn entries_wallets_and_holds_that_are_changed_in_the_file_are_found() {
    let (_folder, path) = shop();
    all_are_found(
        &path,
        &[
            (
                "UPDATE entry SET amount = amount - 1 WHERE verb = 'charge'",
                "balance: entry `ent_",
            ),
            (
                "UPDATE entry SET queue = 'a3' WHERE verb = 'charge'",
                "chain: entry `ent_",
            ),
            (
                "DELETE FROM entry WHERE id = (SELECT max(id) FROM entry)",
                "chain: wallet `allowance`",
            ),
            (
                "UPDATE entry SET at = at + 1 WHERE id = (SELECT max(id) FROM entry)",
                "chain: entry `ent_",
            ),
            (
                "DELETE FROM entry WHERE verb = 'charge'",
                "sequence: entry `ent_",
            ),
            ("UPDATE wallet SET balance = balance + 1", "balance: wallet"),
            ("UPDATE wallet SET held = held - 1", "held: wallet"),
            ("UPDATE wallet SET spent = 0", "spent: wallet"),
            ("UPDATE wallet SET used = used + 1", "used: wallet"),
            (
                "UPDATE wallet SET used_by_day = '739860:500'",
                "used: wallet",
            ),
            ("UPDATE wallet SET given = given + 1", "given: wallet"),
            ("UPDATE wallet SET fed = fed - 1", "given: wallet"),
            ("UPDATE wallet SET carried = 5", "carried: wallet"),
            // More could be given back.
            (
                "UPDATE refunded SET amount = amount - 1",
                "refund: what was refunded of entry `ent_",
            ),
            (
                "UPDATE refunded SET voided = 0",
                "refund: what was refunded of entry `ent_",
            ),
            ("DELETE FROM refunded", "refund: entry `ent_"),
            (
                "UPDATE hold SET settled_by = NULL WHERE state = 'settled'",
                "hold: hold `hld_",
            ),
            ("UPDATE wallet SET hold_expires_at = NULL", "hold: wallet"),
            (
                "UPDATE wallet SET latest_at = latest_at + 1",
                "time: wallet",
            ),
            ("UPDATE wallet SET last_job_at = NULL", "time: wallet"),
            // Its allowance would be given again.
            (
                "UPDATE wallet SET settled_at = 1, next_due_at = 1",
                "time: wallet `allowance`",
            ),
            (
                "DELETE FROM wallet WHERE kind = 'own_funds'",
                "wallet: there is no wallet `own_funds`",
            ),
            // It could be settled once more.
            (
                "UPDATE hold SET state = 'open', resolved_at = NULL WHERE state = 'settled'",
                "hold: hold `hld_",
            ),
            (
                "UPDATE hold SET state = 'expired' WHERE state = 'cancelled'",
                "hold: hold `hld_",
            ),
            (
                "UPDATE hold SET state = 'open' WHERE state = 'expired'",
                "hold: hold `hld_",
            ),
            (
                "UPDATE hold SET state = 'settled' WHERE state = 'expired'",
                "hold: hold `hld_",
            ),
            (
                "UPDATE hold SET expires_at = 1 WHERE state = 'open'",
                "hold: hold `hld_",
            ),
            (
                "UPDATE hold SET owner = owner + 1 WHERE state = 'expired'",
                "hold: hold `hld_",
            ),
            (
                "UPDATE hold_part SET expires_at = expires_at + 1",
                "hold: what hold `hld_",
            ),
            (
                "DELETE FROM hold WHERE state = 'expired'",
                "hold: there is no hold `hld_",
            ),
            ("DELETE FROM hold_part", "held: wallet `allowance`"),
            (
                "UPDATE entry_text SET reason = 'gift'",
                "text: the words of entry `ent_",
            ),
            (
                "INSERT INTO entry_text SELECT max(id) + 1, tenant, zeroblob(16), 'x', NULL, NULL, NULL FROM entry",
                "text: the words of entry `ent_",
            ),
        ],
    );
}

/// What a head would be if links were all there is to it.
const HEAD_OF_LINK: &str = "unhex(hex(chain) || hex(zeroblob(16)))";

#[test]
fn the_end_of_a_ledger_that_is_cut_off_is_found_though_the_wallet_was_put_back() {
    let (_folder, path) = shop();
    let cut = format!(
        "DELETE FROM entry_text WHERE entry =
             (SELECT max(id) FROM entry WHERE kind = 'own_funds');
         DELETE FROM entry WHERE id = (SELECT max(id) FROM entry WHERE kind = 'own_funds');
         UPDATE wallet SET (balance, entries, last_entry, latest_at, chain) =
             (SELECT balance_after, sequence, id, at, {HEAD_OF_LINK}
              FROM entry WHERE kind = 'own_funds')
         WHERE kind = 'own_funds'"
    );
    // Everything fits but the half of the head that no entry tells.
    let faults = found_after(&path, &cut);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("chain: wallet `own_funds`"),
        "{faults:?}"
    );
}

#[test]
fn a_wallet_that_is_removed_with_all_that_it_ever_had_is_found() {
    let (_folder, path) = shop();
    let remove = "DELETE FROM entry_text
             WHERE entry IN (SELECT id FROM entry WHERE kind = 'own_funds');
         DELETE FROM entry WHERE kind = 'own_funds';
         DELETE FROM wallet WHERE kind = 'own_funds'";
    let faults = found_after(&path, remove);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let told = "register: tenant `ten_0000000000001`: 1 wallets are there, 2 were opened";
    assert!(faults[0].starts_with(told), "{faults:?}");
    // Nor does it help to say that there was one less.
    let count = "UPDATE strand SET events = events - 1 WHERE number = -1";
    all_are_found(
        &path,
        &[
            (&format!("{remove}; {count}"), "register: tenant"),
            (
                "DELETE FROM strand WHERE number = -1",
                "register: tenant `ten_0000000000001` has no register",
            ),
        ],
    );
}

#[test]
fn audit_events_that_are_changed_in_the_file_are_found() {
    let (_folder, path) = shop();
    const NEWEST: &str = "(SELECT max(id) FROM audit_event)";
    all_are_found(
        &path,
        &[
            (
                "UPDATE audit_text SET reason = 'by order'",
                "text: the words of audit event `aud_",
            ),
            (
                &format!("UPDATE audit_event SET actor = 7 WHERE id = {NEWEST}"),
                "chain: audit event `aud_",
            ),
            (
                &format!("DELETE FROM audit_event WHERE id = {NEWEST}"),
                "chain: the head of audit chain 0 of tenant `ten_0000000000001`: it counts 7 \
                 events, the last one there is number 6",
            ),
            // The newest is gone, and the head says that it never was.
            (
                &format!(
                    "DELETE FROM audit_text WHERE audit = {NEWEST};
                     DELETE FROM audit_event WHERE id = {NEWEST};
                     UPDATE strand SET (events, chain) =
                         (SELECT sequence, {HEAD_OF_LINK} FROM audit_event WHERE id = {NEWEST})
                     WHERE number = 0"
                ),
                "chain: the head of audit chain 0",
            ),
            (
                "DELETE FROM audit_event; DELETE FROM audit_text; DELETE FROM strand",
                "version: tenant `ten_0000000000001`",
            ),
        ],
    );
}

#[test]
fn configuration_that_is_changed_in_the_file_is_found() {
    let (_folder, path) = shop();
    all_are_found(
        &path,
        &[
            (
                "UPDATE price_rule SET mono_page_micros = 0",
                "configuration: the price lists of tenant `ten_0000000000001`",
            ),
            (
                "UPDATE plan_revision SET amount = amount * 2",
                "configuration: the profiles of tenant `ten_0000000000001`",
            ),
            (
                "DELETE FROM profile WHERE name = 'Staff'",
                "configuration: the profiles of tenant",
            ),
            (
                "INSERT INTO role_permission
                 SELECT tenant, id, 'user.administer' FROM role WHERE name = 'Regular'",
                "configuration: the roles of tenant `ten_0000000000001`",
            ),
            (
                "UPDATE user_group SET name = 'Pros'",
                "configuration: the groups of tenant `ten_0000000000001`",
            ),
            (
                "INSERT INTO account SELECT tenant, id + 1, 'South', 1, 0, 0 FROM account",
                "configuration: the accounts of tenant `ten_0000000000001`",
            ),
            (
                "UPDATE tenant SET pin_length = 4",
                "configuration: the settings of tenant `ten_0000000000001`",
            ),
            (
                "UPDATE tenant SET digests = x''",
                "configuration: the roles of tenant",
            ),
            (
                "INSERT INTO user_group SELECT 2, id, name, 1, 0, 0 FROM user_group",
                "configuration: a `user_group` of tenant `ten_0000000000002`, which is not there",
            ),
            (
                "UPDATE tenant SET version = version + 1",
                "version: tenant `ten_0000000000001`",
            ),
            (
                "DELETE FROM tenant",
                "configuration: there is no tenant `ten_0000000000001`",
            ),
        ],
    );
}

#[test]
fn users_that_are_changed_in_the_file_are_found() {
    let (_folder, path) = shop();
    all_are_found(
        &path,
        &[
            // Somebody makes themselves administrator, and has it counted.
            (
                "UPDATE user SET role = (SELECT id FROM role WHERE name = 'Administrator');
                 UPDATE uses SET users = 2, active_users = 2 WHERE kind = 'role'",
                "user: user `usr_",
            ),
            (
                "UPDATE user SET restricted = 0 WHERE name = 'Ann'",
                "user: user `usr_",
            ),
            ("UPDATE identity SET enabled = 0", "user: user `usr_"),
            (
                "INSERT INTO membership SELECT u.tenant, u.id, g.id, 0 FROM user u, user_group g",
                "user: user `usr_",
            ),
            (
                "UPDATE user SET version = version + 1",
                "version: user `usr_",
            ),
            (
                "DELETE FROM user WHERE name = 'Ann'; DELETE FROM identity; DELETE FROM claim",
                "user: there is no user `usr_",
            ),
        ],
    );
}

#[test]
fn keys_that_the_index_lacks_are_found() {
    let (_folder, path) = shop();
    all_are_found(
        &path,
        &[
            (
                "UPDATE receipt_progress SET mark = 9000000000000000000",
                "index: `receipt_progress`: `mark` is 9000000000000000000, behind `next_mark`",
            ),
            (
                "UPDATE receipt_progress SET (mark, next_mark) =
                     (SELECT max(id), max(id) FROM entry)",
                "index: the key of entry `ent_",
            ),
            (
                "UPDATE receipt_progress SET next_mark = 9000000000000000000,
                     moved_to = 9000000000000000000",
                "index: the key of entry `ent_",
            ),
            (
                "INSERT INTO receipt_index VALUES (1, 1)",
                "index: `receipt_progress`: 1 keys of `receipt_index` lie behind `mark`",
            ),
            (
                "UPDATE receipt_progress SET mark = 2, next_mark = 2;
                 INSERT INTO receipt_index VALUES (1, 1)",
                "index: `receipt_index` holds a key of entry `ent_0000000000001`",
            ),
        ],
    );
}

/// Rows of tables, as they were in an older copy, which they fit.
fn put_back(tables: &[&str], old: &Path) -> String {
    let tables = tables.iter().map(|table| {
        format!("DELETE FROM \"{table}\"; INSERT INTO \"{table}\" SELECT * FROM old.\"{table}\";")
    });
    let old = old.display();
    format!(
        "ATTACH '{old}' AS old; BEGIN; {} COMMIT;",
        tables.collect::<String>()
    )
}

#[test]
fn what_was_put_back_from_an_older_copy_is_found_by_its_version() {
    let (_folder, path) = shop();
    let (_older, old) = copied(&path);
    let tympan = open(&path, START_MS + 2 * HOUR_MS);
    let host = tympan.host();
    let roles = host.roles(tympan::Filter::All).unwrap();
    let regular = roles.iter().find(|role| role.name == "Regular").unwrap();
    let mut edit = EditRole::new(regular.id);
    edit.production = Some(true);
    host.run(edit).unwrap();
    let ann = tympan::UserReference::username("ann");
    let mut edit = EditUser::of(ann, None);
    edit.set.restricted = Some(false);
    host.run(edit).unwrap();
    drop((host, tympan));
    assert_eq!(found_after(&path, ""), [""; 0]);
    for (tables, told) in [
        (&["role", "tenant"][..], "version: tenant `ten_"),
        (&["user"][..], "version: user `usr_"),
    ] {
        let faults = found_after(&path, &put_back(tables, &old));
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with(told), "{faults:?}");
    }
}
