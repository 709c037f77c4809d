//! Everybody's wallets, settled page by page.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use tympan::sources::ManualClock;
use tympan::{
    Bootstrap, Charge, Code, CreateProfile, CreateUser, Currency, Handle, Measure, Options,
    PageRequest, Period, PlanTerms, TenantId, TimeZoneName, Timestamp, Tympan, Usage, UserFields,
    UserId, WalletName,
};

/// 2026-09-10T00:00Z, and a month later.
const SEPTEMBER: i64 = 1_789_000_000_000;
const OCTOBER: i64 = SEPTEMBER + 31 * 86_400_000;

struct Company {
    tympan: Tympan,
    host: Handle,
    clock: Arc<ManualClock>,
    users: Vec<UserId>,
}

/// Nine users with 100 pages a month, of whom every third has printed 30.
fn company(url: &str) -> Company {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(SEPTEMBER)));
    let options = Options::default().clock(clock.clone());
    let tympan = Tympan::open(url, options).unwrap();
    let host = tympan.host();
    host.run(Bootstrap::new("Company", Currency::EUR, "Ada"))
        .unwrap();
    let terms = PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC);
    let profile = CreateProfile {
        plans: vec![terms],
        ..CreateProfile::new("Pages")
    };
    let profile = host.run(profile).unwrap().id;
    let users = (0..9).map(|number| {
        let mut user = CreateUser::named(format!("User {number}"));
        user.fields = UserFields {
            profile: Some(profile),
            ..user.fields
        };
        let user = host.run(user).unwrap().user.id;
        if number % 3 == 0 {
            host.run(Charge::new(user, format!("job {number}"), Usage::pages(30)))
                .unwrap();
        }
        user
    });
    let users = users.collect();
    clock.set(Timestamp::from_millis(OCTOBER));
    Company {
        tympan,
        host,
        clock,
        users,
    }
}

impl Company {
    /// Sweeps whole, so many users at a time: pages, users, entries.
    fn sweep(&self, limit: u32) -> (usize, usize, u64) {
        let (mut pages, mut users, mut entries) = (0, 0, 0);
        let mut page = PageRequest::of(limit);
        loop {
            let swept = self.host.settle_all_due(&page).unwrap();
            assert!(swept.refused.is_empty());
            (pages, users, entries) = (pages + 1, users + swept.users, entries + swept.entries);
            match swept.next {
                Some(next) => page = page.after(next),
                None => return (pages, users, entries),
            }
        }
    }

    /// What every wallet's entries say.
    fn ledger(&self) -> Vec<String> {
        let lines = self.users.iter().map(|user| {
            let details = self.host.user_details(*user).unwrap().unwrap();
            let wallets = details.wallets.unwrap();
            let names = wallets.iter().filter_map(|wallet| {
                let own = wallet.kind == tympan::WalletKind::OwnFunds;
                (!own).then_some(WalletName::Allowance(tympan::PlanId(wallet.feed)))
            });
            let entries = names.map(|name| {
                let page = PageRequest::of(99);
                let found = self.host.statement(*user, name, Period::ALL, &page);
                let lines = found.unwrap().lines.rows;
                let line =
                    |line: &tympan::StatementLine| (line.verb, line.amount, line.effective_at());
                lines.iter().map(line).collect::<Vec<_>>()
            });
            format!("{:?}", entries.collect::<Vec<_>>())
        });
        lines.collect()
    }
}

#[test]
fn a_sweep_settles_everybody_once_whatever_the_pages() {
    for limit in [1, 2, 5, 10, 999] {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite:{}/company.db", folder.path().display());
        for url in ["memory:", &file] {
            let company = company(url);
            // Six get their first gift, three what October gives on top of September's.
            let (pages, users, entries) = company.sweep(limit);
            assert_eq!((users, entries), (10, 9), "{limit} a page");
            assert!(pages >= 10_usize.div_ceil(limit as usize));
            let swept = company.ledger();
            let (_, users, entries) = company.sweep(limit);
            assert_eq!((users, entries), (10, 0), "nothing is due twice");
            assert_eq!(company.ledger(), swept);
            assert!(company.tympan.verify().unwrap().is_sound());
        }
    }
}

#[test]
fn the_ledger_is_the_same_as_if_nobody_had_swept() {
    let (lazy, swept) = (company("memory:"), company("memory:"));
    swept.sweep(4);
    for company in [&lazy, &swept] {
        company.clock.set(Timestamp::from_millis(OCTOBER + 1_000));
        for user in &company.users {
            let job = Charge::new(*user, format!("next {user}"), Usage::pages(1));
            company.host.run(job).unwrap();
        }
    }
    assert_eq!(lazy.ledger(), swept.ledger());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_sweep_passes_over_what_cannot_be_read_of_one_user() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("company.db");
    let url = format!("sqlite:{}", path.display());
    let company = company(&url);
    let sick = company.users[3];
    let breaks = format!("UPDATE wallet SET chain = x'00' WHERE owner = {}", sick.0);
    let file = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(file.execute(&breaks, []).unwrap(), 1);
    drop(file);
    let swept = company.host.settle_all_due(&PageRequest::of(99)).unwrap();
    let refused = swept.refused.iter();
    let refused: Vec<_> = refused.map(|(user, error)| (*user, error.code())).collect();
    assert_eq!(refused, [(sick, Code::StoreCorrupt)]);
    assert_eq!((swept.users, swept.entries, swept.next), (10, 8, None));
}

#[test]
fn a_sweep_stays_in_its_tenant_and_is_for_those_who_may() {
    let company = company("memory:");
    let other = company.tympan.tenant(TenantId(7));
    let code = |handle: &Handle, page: &PageRequest| {
        let answer = handle.settle_all_due(page);
        answer.err().map(|error| error.code())
    };
    let first = PageRequest::of(2);
    assert_eq!(code(&other, &first), Some(Code::UnknownTenant));
    other
        .run(Bootstrap::new("Other", Currency::EUR, "Oda"))
        .unwrap();
    let swept = other.settle_all_due(&first).unwrap();
    assert_eq!((swept.users, swept.next), (1, None));
    let next = company.host.settle_all_due(&first).unwrap().next.unwrap();
    let page = PageRequest::of(2).after(next);
    assert_eq!(code(&other, &page), Some(Code::InvalidCursor));
    let user = *company.users.first().unwrap();
    assert_eq!(
        code(&company.host.as_user(user), &first),
        Some(Code::Denied)
    );
}
