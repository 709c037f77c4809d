//! What the plans of a group give whoever joins it, and take back from whoever leaves.

use crate::command::Actor;
use crate::configuration::{
    Bootstrap, CreateGroup, CreateProfile, CreateRole, DeleteGroup, EditGroup, EditProfile,
    PlanChange, PlanTerms,
};
use crate::error::Code;
use crate::ids::{GroupId, HoldId, PlanId, UserId};
use crate::ledger::{
    Adjust, Authorise, Cancel, Charge, Extra, Refund, Settle, SettleDue, Usage, WalletName,
};
use crate::measure::{Currency, Measure};
use crate::people::{CreateUser, EditUser};
use crate::records::{Stacking, Verb, WhenExhausted};
use crate::schedule::{ResetVerb, Schedule};
use crate::testing::TestStore;
use crate::time::{TimeZoneName, Timestamp};
use crate::view::{Key, Record};

const HOUR: i64 = 3_600_000;
/// 2026-09-01T00:00Z.
const MIDNIGHT: i64 = 1_788_220_800_000;

/// A company where the members of the press have a plan, and Ann, who is new at midnight.
struct Company {
    store: TestStore,
    press: GroupId,
    plan: PlanId,
    ann: UserId,
}

/// A hundred pages every day.
fn terms(verb: ResetVerb) -> PlanTerms {
    PlanTerms {
        schedule: Schedule::Daily,
        verb,
        ..PlanTerms::monthly(Measure::TotalPages, 100, TimeZoneName::UTC)
    }
}

fn hours(hours: i64) -> Timestamp {
    Timestamp::from_millis(MIDNIGHT + hours * HOUR)
}

impl Company {
    fn new(verb: ResetVerb) -> Self {
        let mut store = TestStore::new();
        store.now = hours(-100);
        let bootstrap = Bootstrap::new("Shop", Currency::EUR, "Ada").username("ada");
        store.run(&bootstrap).unwrap();
        let press = store.run(&CreateGroup::new("Press")).unwrap().id;
        let edit = EditGroup::new(press).plan(PlanChange::Add(terms(verb)));
        let plan = store.run(&edit).unwrap().added_plans[0];
        store.now = hours(0);
        let ann = store.run(&CreateUser::named("Ann")).unwrap().user.id;
        Self {
            store,
            press,
            plan,
            ann,
        }
    }

    fn join(&mut self, at: i64) {
        self.store.now = hours(at);
        let mut edit = EditUser::of(self.ann, None);
        edit.join.push(self.press);
        self.store.run(&edit).unwrap();
    }

    fn leave(&mut self, at: i64) {
        self.store.now = hours(at);
        let mut edit = EditUser::of(self.ann, None);
        edit.leave.push(self.press);
        self.store.run(&edit).unwrap();
    }

    fn print(&mut self, at: i64, key: &str, pages: i64) {
        self.store.now = hours(at);
        let charge = Charge::new(self.ann, key, Usage::pages(pages));
        self.store.run(&charge).unwrap();
    }

    fn hold(&mut self, at: i64, pages: i64, for_hours: i64) -> HoldId {
        self.store.now = hours(at);
        let job = Charge::new(self.ann, "hold", Usage::pages(pages));
        let hold = Authorise::new(job).expires_in_ms(for_hours * HOUR);
        self.store.run(&hold).unwrap().hold.unwrap()
    }

    fn settle_due(&mut self, at: i64) {
        self.store.now = hours(at);
        self.store.run(&SettleDue::of(self.ann)).unwrap();
    }

    fn version(&self) -> i64 {
        match self
            .store
            .records
            .get(&Key::User(TestStore::TENANT, self.ann))
        {
            Some(Record::User(user)) => user.version,
            _ => 0,
        }
    }

    /// What was written to the wallet of the group's plan: verb, hour at which it was due, amount,
    /// balance.
    fn told(&self) -> Vec<(Verb, Option<i64>, i64, i64)> {
        let hour = |at: Timestamp| (at.millis() - MIDNIGHT) / HOUR;
        let entries = self.store.entries.iter();
        let of_plan = entries.filter(|entry| entry.feed == self.plan.0);
        of_plan
            .map(|entry| {
                let due = entry.due_at.map(hour);
                (entry.verb, due, entry.amount, entry.balance_after)
            })
            .collect()
    }
}

#[test]
fn joining_gives_from_that_instant_and_leaving_takes_back_what_is_left() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    assert_eq!(company.told(), [], "nobody has looked");
    company.print(5, "a", 40);
    company.leave(6);
    assert_eq!(
        company.told(),
        [
            (Verb::Join, Some(1), 100, 100),
            (Verb::Charge, None, -40, 60),
            (Verb::Leave, None, -60, 0),
        ]
    );
    company.settle_due(50);
    assert_eq!(
        company.told().len(),
        3,
        "nothing is given to who is no member"
    );
}

#[test]
fn who_joins_and_leaves_unseen_is_given_and_taken_back_all_the_same() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    company.leave(2);
    assert_eq!(
        company.told(),
        [
            (Verb::Join, Some(1), 100, 100),
            (Verb::Leave, None, -100, 0)
        ]
    );
}

#[test]
fn who_joins_again_gets_what_was_taken_back_and_what_was_due_meanwhile_once() {
    for (verb, back_at, expected) in [
        // Before midnight nothing was due.
        (
            ResetVerb::SetTo,
            20,
            &[(Verb::Rejoin, Some(20), 60, 60)][..],
        ),
        (
            ResetVerb::SetTo,
            80,
            &[
                (Verb::Rejoin, Some(80), 60, 60),
                (Verb::Reset, Some(80), 40, 100),
            ],
        ),
        (
            ResetVerb::Add,
            80,
            &[
                (Verb::Rejoin, Some(80), 60, 60),
                (Verb::Reset, Some(80), 100, 160),
            ],
        ),
        (
            ResetVerb::ZeroUsage,
            80,
            &[
                (Verb::Rejoin, Some(80), 60, 60),
                (Verb::Reset, Some(80), 40, 100),
            ],
        ),
    ] {
        let mut company = Company::new(verb);
        company.join(1);
        company.print(5, "a", 40);
        company.leave(6);
        company.join(back_at);
        company.settle_due(back_at + 1);
        assert_eq!(company.told()[3..], *expected, "{verb} {back_at}");
    }
}

#[test]
fn what_a_hold_keeps_aside_stays_until_it_is_resolved() {
    // Of 100, 30 are held as the group is left: 70 go at once.
    let left = |company: &mut Company| {
        company.join(1);
        let id = company.hold(2, 30, 100);
        company.leave(3);
        assert_eq!(
            company.told()[2..],
            [(Verb::Leave, None, -70, 30)],
            "what is kept aside stays"
        );
        id
    };
    // Settled with 20: the job takes them, and the other 10 go after it.
    let mut company = Company::new(ResetVerb::SetTo);
    let id = left(&mut company);
    company.store.now = hours(60);
    let settle = Settle {
        hold: id,
        key: "settle".into(),
        usage: Usage::pages(20),
        queue: None,
        cost: None,
        extra: Extra::Deny,
    };
    let receipt = company.store.run(&settle).unwrap();
    assert_eq!(
        receipt.lines.iter().map(|line| line.amount).sum::<i64>(),
        -20
    );
    assert_eq!(
        company.told()[3..],
        [(Verb::Settle, None, -20, 10), (Verb::Leave, None, -10, 0)]
    );
    assert_eq!(company.store.run(&settle).unwrap(), receipt, "a repeat");
    // And who joins again gets both.
    company.join(61);
    company.settle_due(61);
    assert_eq!(
        company.told()[5..],
        [
            (Verb::Rejoin, Some(61), 80, 80),
            (Verb::Reset, Some(61), 20, 100)
        ]
    );

    // Cancelled, or given back because its time is over: all of it goes.
    let mut company = Company::new(ResetVerb::SetTo);
    let id = left(&mut company);
    company.store.run(&Cancel::new(id, "cancel")).unwrap();
    assert_eq!(
        company.told()[3..],
        [(Verb::Cancel, None, 0, 30), (Verb::Leave, None, -30, 0)]
    );
    let mut company = Company::new(ResetVerb::SetTo);
    left(&mut company);
    company.settle_due(200);
    assert_eq!(
        company.told()[3..],
        [
            (Verb::Expire, Some(102), 0, 30),
            (Verb::Leave, Some(102), -30, 0)
        ]
    );
}

#[test]
fn a_debt_stays_and_a_refund_goes_where_it_came_from_and_on() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    company.print(2, "a", 90);
    let adjust = Adjust::new(
        company.ann,
        WalletName::Allowance(company.plan),
        -30,
        "lost a bet",
        "b",
    );
    company.store.run(&adjust.may_owe()).unwrap();
    company.leave(3);
    assert_eq!(
        company.told().last().unwrap().3,
        -20,
        "nothing was left to take"
    );
    let refund = Refund::new("a", "paper jam", "c");
    company.store.run(&refund).unwrap();
    assert_eq!(
        company.told()[3..],
        [(Verb::Refund, None, 90, 70), (Verb::Leave, None, -70, 0)]
    );
}

#[test]
fn a_group_that_gets_a_plan_gives_its_members_from_then_on() {
    let mut company = Company::new(ResetVerb::SetTo);
    let office = company.store.run(&CreateGroup::new("Office")).unwrap().id;
    let mut edit = EditUser::of(company.ann, None);
    edit.join.push(office);
    company.store.run(&edit).unwrap();
    company.store.now = hours(5);
    let version = company.version();
    let edit = EditGroup::new(office).plan(PlanChange::Add(terms(ResetVerb::SetTo)));
    let saved = company.store.run(&edit).unwrap();
    assert_eq!(saved.added_plans.len(), 1);
    assert_eq!(company.version(), version, "no member is touched");
    company.print(6, "a", 1);
    let first = company.store.entries.first().unwrap();
    assert_eq!(
        (first.verb, first.feed, first.due_at),
        (Verb::Grant, saved.added_plans[0].0, Some(hours(5)))
    );
}

#[test]
fn a_group_with_a_plan_is_deleted_when_it_is_empty_and_its_wallets_are_kept() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    company.print(2, "a", 40);
    let delete = DeleteGroup::new(company.press);
    assert_eq!(company.store.run(&delete).unwrap_err().code(), Code::InUse);
    company.leave(3);
    company.store.run(&delete).unwrap();
    // The entries name the plan for ever: a receipt still says what it counted.
    let charge = Charge::new(company.ann, "a", Usage::pages(40));
    let receipt = company.store.run(&charge).unwrap();
    assert_eq!(receipt.lines[0].measure, Measure::TotalPages);
}

#[test]
fn nobody_joins_a_group_by_themselves_who_may_not_adjust_balances() {
    let mut company = Company::new(ResetVerb::SetTo);
    let office = company.store.run(&CreateGroup::new("Office")).unwrap().id;
    let mut clerk = CreateRole::new("Clerk");
    clerk.permissions = vec!["user.edit".to_owned()];
    let clerk = company.store.run(&clerk).unwrap().id;
    let mut edit = EditUser::of(company.ann, None);
    edit.set.role = Some(clerk);
    company.store.run(&edit).unwrap();
    company.store.actor = Actor::User(company.ann);
    // A group may have plans, and wallets may be shared with its members.
    for group in [company.press, office] {
        let mut edit = EditUser::of(company.ann, None);
        edit.join.push(group);
        let refused = company.store.run(&edit).unwrap_err();
        assert_eq!(refused.code(), Code::Denied);
    }
}

/// Ann is in the press, and in an office with a plan of its own.
fn two_groups(stacking: Stacking, office: PlanTerms) -> Company {
    let mut company = Company::new(ResetVerb::SetTo);
    let store = &mut company.store;
    let group = store.run(&CreateGroup::new("Office")).unwrap().id;
    let edit = EditGroup::new(group).plan(PlanChange::Add(office));
    store.run(&edit).unwrap();
    let mut profile = CreateProfile::new("Stacked");
    profile.stacking = stacking;
    let profile = store.run(&profile).unwrap().id;
    let mut edit = EditUser::of(company.ann, None);
    edit.set.profile = Some(profile);
    edit.join.extend([company.press, group]);
    store.run(&edit).unwrap();
    company
}

#[test]
fn plans_of_one_measure_stack_as_the_profile_says() {
    let office = |amount, priority, when_exhausted| PlanTerms {
        amount,
        priority,
        when_exhausted,
        ..terms(ResetVerb::SetTo)
    };
    let refuse = WhenExhausted::Refuse;
    // What there is in all. The press gives 100, at priority 0.
    for (stacking, office, available) in [
        (Stacking::Sum, office(30, 1, refuse), 130),
        (Stacking::Max, office(30, 1, refuse), 100),
        (Stacking::Max, office(300, 1, refuse), 300),
        (Stacking::Strictest, office(30, 1, refuse), 30),
        (Stacking::Strictest, office(300, 1, refuse), 100),
        (Stacking::Priority, office(30, 1, refuse), 100),
        (Stacking::Priority, office(30, -1, refuse), 30),
        // What only warns limits nothing.
        (
            Stacking::Strictest,
            office(30, -1, WhenExhausted::Warn),
            100,
        ),
    ] {
        let told = format!("{stacking:?} {office:?}");
        let mut company = two_groups(stacking, office);
        let charge = Charge::new(company.ann, "a", Usage::pages(available + 1));
        let refused = company.store.run(&charge).unwrap_err();
        assert_eq!(refused.code(), Code::AllowanceExhausted, "{told}");
        assert_eq!(
            refused.detail("available"),
            Some(available.to_string().as_str()),
            "{told}"
        );
        company.print(1, "b", available);
    }
    let warns = office(30, 1, WhenExhausted::Warn);
    two_groups(Stacking::Max, warns).print(1, "a", 1_000_000);
}

#[test]
fn a_plan_that_is_overruled_is_fed_and_its_holds_are_settled() {
    let office = PlanTerms {
        amount: 300,
        ..terms(ResetVerb::SetTo)
    };
    let mut company = two_groups(Stacking::Strictest, office);
    let hold = company.hold(1, 60, 100);
    assert_eq!(company.told().last().unwrap().3, 100, "held of the press");
    // From now on the office alone gives, and what was set aside is there all the same.
    let profile = match company
        .store
        .records
        .get(&Key::User(TestStore::TENANT, company.ann))
    {
        Some(Record::User(user)) => user.profile,
        _ => unreachable!("Ann is there"),
    };
    let mut edit = EditProfile::new(profile);
    edit.stacking = Some(Stacking::Max);
    company.store.run(&edit).unwrap();
    company.store.now = hours(2);
    let settle = Settle {
        hold,
        key: "settle".into(),
        usage: Usage::pages(60),
        queue: None,
        cost: None,
        extra: Extra::Deny,
    };
    company.store.run(&settle).unwrap();
    assert_eq!(company.told().last(), Some(&(Verb::Settle, None, -60, 40)));
    company.settle_due(25);
    assert_eq!(
        company.told().last(),
        Some(&(Verb::Reset, Some(24), 60, 100)),
        "who is overruled is fed"
    );
}

#[test]
fn who_leaves_and_joins_in_one_command_never_left() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    company.print(2, "a", 40);
    let before = company.version();
    company.store.now = hours(30);
    let mut edit = EditUser::of(company.ann, None);
    edit.leave.push(company.press);
    edit.join.push(company.press);
    company.store.run(&edit).unwrap();
    assert_eq!(company.version(), before, "nothing changed");
    company.settle_due(31);
    let expected = (Verb::Reset, Some(24), 40, 100);
    assert_eq!(company.told().last(), Some(&expected), "due as ever");
}

#[test]
fn what_is_added_by_hand_to_a_wallet_that_was_left_is_taken_back() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    company.print(2, "a", 100);
    company.leave(3);
    let wallet = WalletName::Allowance(company.plan);
    let adjust = Adjust::new(company.ann, wallet, 25, "sorry", "b");
    company.store.run(&adjust).unwrap();
    assert_eq!(
        company.told()[2..],
        [(Verb::Adjust, None, 25, 25), (Verb::Leave, None, -25, 0)]
    );
    company.join(4);
    company.settle_due(5);
    assert_eq!(
        company.told().last(),
        Some(&(Verb::Rejoin, Some(4), 25, 25))
    );
}

#[test]
fn what_is_left_of_a_plan_that_ended_is_taken_back_too() {
    let mut company = Company::new(ResetVerb::SetTo);
    company.join(1);
    company.print(2, "a", 40);
    let end = PlanChange::End {
        plan: company.plan,
        effective_from: None,
    };
    let edit = EditGroup::new(company.press).plan(end);
    company.store.run(&edit).unwrap();
    company.leave(30);
    assert_eq!(
        company.told()[2..],
        [(Verb::Leave, None, -60, 0)],
        "an ended plan was not due"
    );
}

#[test]
fn who_is_inactive_joins_and_leaves_like_any_other() {
    let mut company = Company::new(ResetVerb::SetTo);
    let mut edit = EditUser::of(company.ann, None);
    edit.set.active = Some(false);
    company.store.run(&edit).unwrap();
    company.join(1);
    company.leave(50);
    assert_eq!(
        company.told(),
        [
            (Verb::Join, Some(1), 100, 100),
            (Verb::Leave, None, -100, 0)
        ],
        "what was due meanwhile was missed"
    );
}
