//! Backups are put back up to a charge, with their keys from under a passphrase; what is not sound
//! is not put back.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

use tympan::{
    Bootstrap, Charge, Code, CreatePriceList, CreateProfile, CreateUser, Currency, Handle, KeyRing,
    Measure, Options, PlanTerms, PriceTerms, Receipt, SecretText, TimeZoneName, Tympan, Usage,
    UserReference, restore, verify_backup,
};

const PASSPHRASE: &str = "drei Rollen Papier";

struct Shop {
    folder: tempfile::TempDir,
    tympan: Tympan,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("shop.db").display());
        let tympan = Tympan::open(&address, Options::default()).unwrap();
        set_up(&tympan.host());
        Self { folder, tympan }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keys(&self) -> KeyRing {
        let text = fs::read_to_string(self.path("shop.db.keys")).unwrap();
        KeyRing::parse(&text).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn set_up(shop: &Handle) {
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(40_000, 0));
    let prices = shop.run(prices).unwrap().id;
    let plan = PlanTerms::monthly(Measure::Cost(Currency::EUR), 5_000_000, TimeZoneName::UTC);
    let staff = CreateProfile::new("Staff").price_list(prices).plan(plan);
    let staff = shop.run(staff).unwrap().id;
    let ann = CreateUser::named("Ann").username("ann").profile(staff);
    shop.run(ann).unwrap();
}

fn charge(shop: &Handle, job: u32) -> Receipt {
    let user = UserReference::username("ann");
    shop.run(Charge::new(user, format!("job {job}"), Usage::pages(1)))
        .unwrap()
}

fn open(path: &Path, keys: KeyRing) -> Result<Tympan, tympan::Error> {
    Tympan::open(
        &format!("sqlite:{}", path.display()),
        Options::default().keys(keys),
    )
}

#[test]
fn a_backup_is_put_back_up_to_a_charge() {
    let shop = Shop::new();
    let host = shop.tympan.host();
    let before: Vec<Receipt> = (0..30).map(|job| charge(&host, job)).collect();
    let backup = shop.path("backup.db");
    shop.tympan.backup_to(&backup).unwrap();
    let after: Vec<Receipt> = (30..40).map(|job| charge(&host, job)).collect();
    let sealed = shop.tympan.seal_keys(PASSPHRASE).unwrap();

    let passphrase = SecretText::new(PASSPHRASE).unwrap();
    let keys = || KeyRing::unseal(&sealed, &passphrase).unwrap();
    let bytes = fs::read(&backup).unwrap();
    let checked = verify_backup(&backup, keys()).unwrap();
    assert!(checked.is_sound());
    assert_eq!(fs::read(&backup).unwrap(), bytes, "it is as it was");
    let database = shop.path("restored.db");
    assert_eq!(restore(&backup, &database, keys()).unwrap(), checked);

    let restored = open(&database, keys()).unwrap();
    let host = restored.host();
    // What was charged before is answered as it was, what came later is charged anew.
    for (job, receipt) in (0..).zip(&before) {
        assert_eq!(&charge(&host, job), receipt);
    }
    let balance = |receipt: &Receipt| receipt.lines[0].balance_after;
    for (job, receipt) in (30..).zip(&after) {
        let again = charge(&host, job);
        assert_eq!(balance(&again), balance(receipt));
        assert_ne!(&again, receipt);
    }
    assert!(restored.verify().unwrap().is_sound());
    assert!(!shop.path("restored.db.keys").exists());
    assert!(!shop.path("restored.db.restoring").exists());
}

#[test]
fn nothing_is_put_over_a_database() {
    let shop = Shop::new();
    let backup = shop.path("backup.db");
    shop.tympan.backup_to(&backup).unwrap();
    let names = shop.names();
    let refused = restore(&backup, &shop.path("shop.db"), shop.keys()).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidValue);
    assert_eq!(shop.names(), names);
    assert!(shop.tympan.verify().unwrap().is_sound());
}

#[test]
fn what_an_interrupted_restore_left_behind_is_not_in_the_way() {
    let shop = Shop::new();
    let backup = shop.path("backup.db");
    shop.tympan.backup_to(&backup).unwrap();
    let database = shop.path("restored.db");
    let left = shop.path("restored.db.restoring");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("restored.db"), "half a copy").unwrap();
    assert!(restore(&backup, &database, shop.keys()).is_ok());
    assert!(!left.exists());
}

#[test]
fn what_is_not_sound_or_not_ours_is_not_put_back() {
    let shop = Shop::new();
    charge(&shop.tympan.host(), 1);
    let good = shop.path("backup.db");
    shop.tympan.backup_to(&good).unwrap();
    let altered = shop.path("altered.db");
    fs::copy(&good, &altered).unwrap();
    let connection = rusqlite::Connection::open(&altered).unwrap();
    let changed = connection.execute("UPDATE wallet SET balance = balance + 1", []);
    assert_eq!(changed, Ok(1));
    drop(connection);
    let foreign = shop.path("foreign.db");
    fs::write(
        &foreign,
        "not a database, however long it is made ".repeat(100),
    )
    .unwrap();
    let others =
        || KeyRing::from_bytes(1, &[[7; 16], [9; 16]].concat().try_into().unwrap()).unwrap();
    let names = shop.names();

    assert!(!verify_backup(&altered, shop.keys()).unwrap().is_sound());
    let database = shop.path("restored.db");
    let table = [
        (&altered, shop.keys(), Code::StoreCorrupt),
        (&good, others(), Code::StoreKeys),
        (&foreign, shop.keys(), Code::StoreForeign),
        (&shop.path("nowhere.db"), shop.keys(), Code::StoreMissing),
    ];
    for (backup, keys, code) in table {
        let refused = restore(backup, &database, keys).unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(!database.exists());
    }
    // SQLite's own files beside what was read, and nothing else.
    let left = shop.names();
    let new = left.iter().filter(|name| !names.contains(name));
    let is_beside = |name: &&String| name.ends_with(".db-wal") || name.ends_with(".db-shm");
    let of_ours = |name: &&String| name.ends_with(".db-next") || name.ends_with(".db-turn");
    assert!(
        new.clone().all(|name| is_beside(&name) || of_ours(&name)),
        "{left:?}"
    );
}

#[test]
fn keys_are_sealed_under_a_passphrase_that_is_long_enough() {
    let shop = Shop::new();
    let short = shop.tympan.seal_keys("zu kurz").unwrap_err();
    assert_eq!(short.code(), Code::InvalidValue);
    let sealed = shop.tympan.seal_keys(PASSPHRASE).unwrap();
    assert!(!sealed.contains(PASSPHRASE));
    let opened = KeyRing::unseal(&sealed, &SecretText::new(PASSPHRASE).unwrap()).unwrap();
    assert_eq!(opened.to_text(), shop.keys().to_text());
}

#[test]
fn no_backup_takes_the_place_of_the_database_or_of_what_belongs_to_it_or_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("shop.db");
    let address = format!("sqlite:{}", database.display());
    let tympan = Tympan::open(&address, Options::default()).unwrap();
    let host = tympan.host();
    host.run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    let around = folder
        .path()
        .join("..")
        .join(folder.path().file_name().unwrap());
    for suffix in [
        "", "-wal", "-shm", "-journal", "-next", "-turn", ".keys", ".KEYS",
    ] {
        for folder in [folder.path(), &around] {
            let path = folder.join(format!("shop.db{suffix}"));
            let error = tympan.backup_to(&path).unwrap_err();
            assert_eq!(error.code(), Code::InvalidValue, "{suffix}");
            assert_eq!(error.details().get("field").unwrap(), "path");
        }
    }
    for path in [
        Path::new(""),
        Path::new(".."),
        Path::new("/"),
        folder.path(),
    ] {
        let error = tympan.backup_to(path).unwrap_err();
        assert_eq!(error.code(), Code::InvalidValue, "{error}");
        assert!(error.message().contains("no path of a file"), "{error}");
    }
    tympan
        .backup_to(&folder.path().join("shop.db.backup"))
        .unwrap();
    drop((tympan, host));
    let again = Tympan::open(&address, Options::default()).unwrap();
    assert!(again.verify().unwrap().is_sound());
}
