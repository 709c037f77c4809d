//! Jobs on wallets that somebody shares with whose job it is.

use crate::configuration::{Bootstrap, CreateGroup, EditProfile, PlanChange, PlanTerms};
use crate::error::{Code, Error};
use crate::ids::{GroupId, ProfileId, UserId};
use crate::ledger::tests::invariants::check;
use crate::ledger::{
    Authorise, Cancel, Charge, Extend, Extra, Quote, Receipt, Refund, Settle, SettleDue,
    StatedCost, TopUp, Usage, Void,
};
use crate::measure::{Currency, Measure};
use crate::people::{CreateUser, EditUser};
use crate::records::{HoldState, SharedOrder, SharedWith, Verb, WalletKind};
use crate::testing::TestStore;
use crate::time::TimeZoneName;
use crate::view::{Key, Record};

const HOUR: i64 = 3_600_000;
const EURO: i64 = 1_000_000;

/// Ann in the press, and its budget; both restricted.
struct Company {
    store: TestStore,
    press: GroupId,
    profile: ProfileId,
    ann: UserId,
    budget: UserId,
}

impl Company {
    fn new() -> Self {
        let mut store = TestStore::new();
        let bootstrap = Bootstrap::new("Shop", Currency::EUR, "Ada").username("ada");
        store.run(&bootstrap).unwrap();
        let profile = store.config().unwrap().tenant.default_profile;
        let press = store.run(&CreateGroup::new("Press")).unwrap().id;
        let ann = store.run(&CreateUser::named("Ann")).unwrap().user.id;
        let mut budget = CreateUser::named("Budget of the press");
        budget.fields.shared_with = Some(SharedWith::Group(press));
        let budget = store.run(&budget).unwrap().user.id;
        let mut company = Self {
            store,
            press,
            profile,
            ann,
            budget,
        };
        company.edit(ann, |edit| edit.join.push(press));
        company
    }

    fn edit(&mut self, user: UserId, change: impl FnOnce(&mut EditUser)) {
        let mut edit = EditUser::of(user, None);
        change(&mut edit);
        self.store.run(&edit).unwrap();
    }

    /// Three pages a month, for everybody.
    fn plan_three_pages(&mut self) {
        let terms = PlanTerms::monthly(Measure::TotalPages, 3, TimeZoneName::UTC);
        let edit = EditProfile::new(self.profile).plan(PlanChange::Add(terms));
        self.store.run(&edit).unwrap();
    }

    fn pay(&mut self, user: UserId, key: &str, amount: i64) {
        let top_up = TopUp::new(user, (amount, Currency::EUR), "cash", key);
        self.store.run(&top_up).unwrap();
    }

    fn job(&self, key: &str, cost: i64, order: SharedOrder) -> Charge {
        let mut job = Charge::new(self.ann, key, Usage::pages(1)).shared(self.budget, order);
        job.cost = Some(StatedCost {
            cost_micros: cost,
            currency: Currency::EUR,
        });
        job
    }

    fn charge(&mut self, key: &str, cost: i64, order: SharedOrder) -> Result<Receipt, Error> {
        let job = self.job(key, cost, order);
        let receipt = self.store.run(&job);
        check(&self.store);
        receipt
    }

    fn hold(&mut self, key: &str, cost: i64, order: SharedOrder) -> Receipt {
        let job = Authorise::new(self.job(key, cost, order)).expires_in_ms(HOUR);
        self.store.run(&job).unwrap()
    }

    fn settle(&mut self, hold: &Receipt, key: &str, cost: i64, extra: Extra) -> Receipt {
        let settle = Settle {
            hold: hold.hold.unwrap(),
            key: key.into(),
            usage: Usage::pages(1),
            queue: None,
            cost: Some(StatedCost {
                cost_micros: cost,
                currency: Currency::EUR,
            }),
            extra,
        };
        let receipt = self.store.run(&settle).unwrap();
        check(&self.store);
        receipt
    }

    /// Balance and held of own funds.
    fn funds(&self, user: UserId) -> (i64, i64) {
        match self
            .store
            .records
            .get(&Key::Wallets(TestStore::TENANT, user.0))
        {
            Some(Record::Wallets(wallets)) => {
                let mut wallets = wallets.wallets.iter();
                let own = wallets.find(|wallet| wallet.kind == WalletKind::OwnFunds);
                own.map_or((0, 0), |wallet| (wallet.balance, wallet.held))
            }
            _ => (0, 0),
        }
    }

    fn both(&self) -> [(i64, i64); 2] {
        [self.funds(self.ann), self.funds(self.budget)]
    }
}

/// Whose wallet each line is on, and what it takes.
fn lines(receipt: &Receipt) -> Vec<(UserId, i64)> {
    let lines = receipt.lines.iter();
    lines.map(|line| (line.user, line.amount)).collect()
}

#[test]
fn a_job_says_when_it_takes_from_shared_wallets() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 3 * EURO);
    company.pay(budget, "paid 2", 10 * EURO);
    let last = company.charge("last", 5 * EURO, SharedOrder::Last).unwrap();
    assert_eq!(last.user, ann);
    assert_eq!(lines(&last), [(ann, -3 * EURO), (budget, -2 * EURO)]);
    company.pay(ann, "paid 3", 3 * EURO);
    let only = company.charge("only", 2 * EURO, SharedOrder::Only).unwrap();
    assert_eq!(only.user, ann);
    assert_eq!(lines(&only), [(ann, 0), (budget, -2 * EURO)]);
    let first = company.charge("first", 7 * EURO, SharedOrder::First);
    assert_eq!(lines(&first.unwrap()), [(ann, -EURO), (budget, -6 * EURO)]);
    assert_eq!(company.both(), [(2 * EURO, 0), (0, 0)]);
    for entry in company
        .store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Charge)
    {
        let other = if entry.owner == ann.0 { budget } else { ann };
        assert_eq!(entry.counterpart, Some(other));
        assert!(entry.shared_order.is_some());
    }
}

#[test]
fn what_both_lack_is_refused_and_told_of_the_wallet_that_lacks_it() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 3 * EURO);
    company.pay(budget, "paid 2", 2 * EURO);
    for (key, order, available) in [
        ("a", SharedOrder::Only, 2 * EURO),
        ("b", SharedOrder::First, 5 * EURO),
        ("c", SharedOrder::Last, 5 * EURO),
    ] {
        let refused = company.charge(key, 6 * EURO, order).unwrap_err();
        assert_eq!(refused.code(), Code::AllowanceExhausted);
        let told = refused
            .details()
            .iter()
            .find(|(name, _)| *name == "available");
        assert_eq!(*told.unwrap().1, available.to_string());
        // The same key, the same answer.
        assert_eq!(company.charge(key, 6 * EURO, order).unwrap_err(), refused);
    }
    assert_eq!(company.both(), [(3 * EURO, 0), (2 * EURO, 0)]);
}

#[test]
fn only_whom_wallets_are_shared_with_may_use_them() {
    let mut company = Company::new();
    let (ann, budget, press) = (company.ann, company.budget, company.press);
    company.pay(budget, "paid 1", 10 * EURO);
    company.charge("1", EURO, SharedOrder::Only).unwrap();
    company.edit(ann, |edit| edit.leave.push(press));
    let refused = company.charge("2", EURO, SharedOrder::Only).unwrap_err();
    assert_eq!(refused.code(), Code::NotShared);
    // Nothing is remembered of it.
    company.edit(budget, |edit| {
        edit.set.shared_with = Some(SharedWith::AccountCode("Straße 7".into()));
    });
    company.edit(ann, |edit| edit.set.account_code = Some("STRASSE 7".into()));
    company.charge("2", EURO, SharedOrder::Only).unwrap();
    company.edit(budget, |edit| edit.set.active = Some(false));
    let refused = company.charge("3", EURO, SharedOrder::Only).unwrap_err();
    assert_eq!(refused.code(), Code::UserInactive);
    // Nobody shares wallets with themselves.
    let own = Charge::new(budget, "4", Usage::pages(1)).shared(budget, SharedOrder::Only);
    company.edit(budget, |edit| edit.set.active = Some(true));
    assert_eq!(company.store.run(&own).unwrap_err().code(), Code::NotShared);
    assert_eq!(company.both(), [(0, 0), (8 * EURO, 0)]);
}

#[test]
fn a_repeated_key_on_other_wallets_is_another_job() {
    let mut company = Company::new();
    company.pay(company.budget, "paid 1", 10 * EURO);
    let receipt = company.charge("1", EURO, SharedOrder::Only).unwrap();
    assert_eq!(
        company.charge("1", EURO, SharedOrder::Only).unwrap(),
        receipt
    );
    let other = company.charge("1", EURO, SharedOrder::First).unwrap_err();
    assert_eq!(other.code(), Code::KeyReused);
    let mut own = company.job("1", EURO, SharedOrder::Only);
    own.shared = None;
    assert_eq!(company.store.run(&own).unwrap_err().code(), Code::KeyReused);
    let mut second = CreateUser::named("Another budget");
    second.fields.shared_with = Some(SharedWith::Group(company.press));
    let second = company.store.run(&second).unwrap().user.id;
    let mut other = company.job("1", EURO, SharedOrder::Only);
    other.shared.as_mut().unwrap().user = second.into();
    assert_eq!(
        company.store.run(&other).unwrap_err().code(),
        Code::KeyReused
    );
}

#[test]
fn a_hold_on_both_lives_like_any_other() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 2 * EURO);
    company.pay(budget, "paid 2", 10 * EURO);
    let hold = company.hold("h1", 5 * EURO, SharedOrder::Last);
    assert_eq!(
        company.both(),
        [(2 * EURO, 2 * EURO), (10 * EURO, 3 * EURO)]
    );
    let extend = Extend::new(hold.hold.unwrap(), 2 * HOUR, "e1");
    company.store.run(&extend).unwrap();
    let settled = company.settle(&hold, "s1", 4 * EURO, Extra::TakeAndOwe);
    assert_eq!(lines(&settled), [(ann, -2 * EURO), (budget, -2 * EURO)]);
    assert_eq!(company.both(), [(0, 0), (8 * EURO, 0)]);

    let hold = company.hold("h2", 5 * EURO, SharedOrder::Only);
    assert_eq!(company.both(), [(0, 0), (8 * EURO, 5 * EURO)]);
    let cancel = Cancel::new(hold.hold.unwrap(), "c2");
    let cancelled = company.store.run(&cancel).unwrap();
    assert_eq!((cancelled.user, cancelled.lines.len()), (ann, 2));
    assert_eq!(company.store.run(&cancel).unwrap(), cancelled);
    assert_eq!(company.both(), [(0, 0), (8 * EURO, 0)]);
    check(&company.store);
}

#[test]
fn a_settlement_tells_in_which_money_it_is() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    let francs = Currency::parse("CHF").unwrap();
    company.pay(ann, "paid 1", 2 * EURO);
    let top_up = TopUp::new(budget, (EURO, francs), "cash", "paid 2");
    company.store.run(&top_up).unwrap();
    let hold = company.hold("h1", 2 * EURO, SharedOrder::First);
    let mut settle = Settle {
        hold: hold.hold.unwrap(),
        key: "s1".into(),
        usage: Usage::pages(1),
        queue: None,
        cost: Some(StatedCost {
            cost_micros: EURO,
            currency: francs,
        }),
        extra: Extra::Deny,
    };
    let settled = company.store.run(&settle).unwrap();
    // The first line only gives back what was held.
    assert_eq!(
        (settled.currency, lines(&settled)),
        (Some(francs), vec![(ann, 0), (budget, 0)])
    );
    assert_eq!(company.store.run(&settle).unwrap(), settled);
    settle.cost.as_mut().unwrap().currency = Currency::EUR;
    let other = company.store.run(&settle).unwrap_err();
    let told = (other.code(), other.detail("field"));
    assert_eq!(told, (Code::KeyReused, Some("currency")));
}

#[test]
fn what_a_settlement_lacks_is_owed_by_whose_job_it_is() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 2 * EURO);
    company.pay(budget, "paid 2", 3 * EURO);
    let hold = company.hold("h1", EURO, SharedOrder::Last);
    let settled = company.settle(&hold, "s1", 9 * EURO, Extra::TakeAndOwe);
    assert_eq!(lines(&settled), [(ann, -6 * EURO), (budget, -3 * EURO)]);
    assert_eq!(settled.lines[0].debt, 4 * EURO);
    // On shared wallets alone, those owe it.
    company.pay(budget, "paid 3", 3 * EURO);
    let hold = company.hold("h2", EURO, SharedOrder::Only);
    let settled = company.settle(&hold, "s2", 5 * EURO, Extra::TakeAndOwe);
    assert_eq!(lines(&settled), [(ann, 0), (budget, -5 * EURO)]);
    assert_eq!(settled.lines[1].debt, 2 * EURO);
}

#[test]
fn each_is_given_back_its_part_when_it_is_touched() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 2 * EURO);
    company.pay(budget, "paid 2", 10 * EURO);
    let hold = company.hold("h1", 5 * EURO, SharedOrder::Last);
    company.store.now = company.store.now.plus_millis(2 * HOUR);
    company.store.run(&SettleDue::of(ann)).unwrap();
    assert_eq!(company.both(), [(2 * EURO, 0), (10 * EURO, 3 * EURO)]);
    let state = |company: &Company| {
        let key = Key::Hold(TestStore::TENANT, hold.hold.unwrap());
        match company.store.records.get(&key) {
            Some(Record::Hold(hold)) => (hold.state, hold.version),
            _ => (HoldState::Open, 0),
        }
    };
    let expired = state(&company);
    assert_eq!(expired.0, HoldState::Expired);
    company.store.run(&SettleDue::of(budget)).unwrap();
    assert_eq!(company.both(), [(2 * EURO, 0), (10 * EURO, 0)]);
    assert_eq!(state(&company), expired);
    // The paper is printed: a late settlement takes what is there.
    let settled = company.settle(&hold, "s1", 5 * EURO, Extra::TakeAndOwe);
    assert!(settled.late);
    assert_eq!(lines(&settled), [(ann, -2 * EURO), (budget, -3 * EURO)]);
    // What fell due names nobody else, whoever brought it about.
    let expiries = company
        .store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Expire);
    assert!(expiries.clone().all(|entry| entry.counterpart.is_none()));
    assert_eq!(expiries.count(), 2);
}

#[test]
fn what_was_held_is_taken_though_nothing_is_shared_any_more() {
    let mut company = Company::new();
    let (ann, budget, press) = (company.ann, company.budget, company.press);
    company.pay(budget, "paid 2", 10 * EURO);
    let hold = company.hold("h1", 5 * EURO, SharedOrder::Only);
    company.edit(ann, |edit| edit.leave.push(press));
    let settled = company.settle(&hold, "s1", 8 * EURO, Extra::TakeAndOwe);
    // Not a cent more than was held, and nobody owes the rest.
    assert_eq!(lines(&settled), [(ann, 0), (budget, -5 * EURO)]);
    assert_eq!(company.both(), [(0, 0), (5 * EURO, 0)]);
}

#[test]
fn refunds_and_voids_go_back_to_each() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 3 * EURO);
    company.pay(budget, "paid 2", 10 * EURO);
    company.charge("last", 5 * EURO, SharedOrder::Last).unwrap();
    let part = Refund::new("last", "stain", "r1").part(Measure::Cost(Currency::EUR), EURO);
    let refunded = company.store.run(&part).unwrap();
    assert_eq!(
        (refunded.user, lines(&refunded)),
        (ann, vec![(ann, 0), (budget, EURO)])
    );
    assert_eq!(company.store.run(&part).unwrap(), refunded);
    let rest = company
        .store
        .run(&Refund::new("last", "all", "r2"))
        .unwrap();
    assert_eq!(lines(&rest), [(ann, 3 * EURO), (budget, EURO)]);
    company.charge("only", 4 * EURO, SharedOrder::Only).unwrap();
    let voided = company.store.run(&Void::new("only", "jam", "v1")).unwrap();
    assert_eq!(lines(&voided), [(ann, 0), (budget, 4 * EURO)]);
    assert_eq!(company.both(), [(3 * EURO, 0), (10 * EURO, 0)]);
    let again = company.store.run(&Void::new("only", "jam", "v2"));
    assert_eq!(again.unwrap_err().code(), Code::JobVoided);
    check(&company.store);
}

#[test]
fn a_refund_that_gives_another_measure_to_the_sharer_is_repeated() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.plan_three_pages();
    company.pay(ann, "paid 1", EURO);
    company.charge("1", EURO, SharedOrder::First).unwrap();
    let part = Refund::new("1", "stain", "r1").part(Measure::TotalPages, 1);
    let refunded = company.store.run(&part).unwrap();
    assert_eq!(lines(&refunded), [(ann, 0), (budget, 1)]);
    assert_eq!(company.store.run(&part).unwrap(), refunded);
    for (other, field) in [
        (part.clone().part(Measure::TotalPages, 2), "amount"),
        (part.part(Measure::Cost(Currency::EUR), 1), "measure"),
    ] {
        let refused = company.store.run(&other).unwrap_err();
        let told = (refused.code(), refused.detail("field"));
        assert_eq!(told, (Code::KeyReused, Some(field)));
    }
}

#[test]
fn plans_feed_shared_wallets_and_limit_jobs_on_them_alone() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.plan_three_pages();
    let job = |key: &str, pages| Charge::new(ann, key, Usage::pages(pages));
    let only = |key: &str, pages| job(key, pages).shared(budget, SharedOrder::Only);
    company.store.run(&only("1", 2)).unwrap();
    let refused = company.store.run(&only("2", 2)).unwrap_err();
    assert_eq!(refused.code(), Code::AllowanceExhausted);
    // The user's own pages are untouched, and help out where the job may take from both.
    let both = job("3", 4).shared(budget, SharedOrder::First);
    let receipt = company.store.run(&both).unwrap();
    assert_eq!(lines(&receipt), [(ann, -3), (budget, -1)]);
    check(&company.store);
}

#[test]
fn a_quote_names_whose_wallets_would_give() {
    let mut company = Company::new();
    let (ann, budget) = (company.ann, company.budget);
    company.pay(ann, "paid 1", 3 * EURO);
    company.pay(budget, "paid 2", 10 * EURO);
    let job = company.job("1", 5 * EURO, SharedOrder::First);
    let quoted = company.store.quote(&Quote::from(&job)).unwrap();
    let lines: Vec<_> = quoted
        .lines
        .iter()
        .map(|line| (line.user, line.amount))
        .collect();
    assert_eq!(lines, [(ann, 0), (budget, 5 * EURO)]);
}
