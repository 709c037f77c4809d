//! Everything that a caller can get wrong: a stable code, a message that names the value or the
//! rule, and nothing changed.

mod files;
mod holds_and_actors;
mod references;
mod refunds;
mod tenants;
mod values;

use tympan::{
    Adjust, Authorise, Cancel, Charge, Code, CreateUser, Currency, DeactivateUser, EditUser, Error,
    Extra, Handle, HoldId, IdentityKind, Measure, NewIdentity, Options, PlanTerms, RoleId,
    SetBalance, Settle, TimeZoneName, Usage, WalletName,
};

use crate::common::{Shop, page, shops};

const OWN: WalletName = WalletName::OwnFunds(Currency::EUR);

/// What is wrong, with whom it is tried, the code, and what the message or the details name.
type Row = (
    &'static str,
    fn(&Fixture<'_>) -> Option<Error>,
    Code,
    &'static str,
);

/// What the rows name.
struct Fixture<'a> {
    shop: &'a Shop,
    host: &'a Handle,
    open: HoldId,
    settled: HoldId,
    cancelled: HoldId,
}

impl Fixture<'_> {
    fn user(&self, change: impl Fn(&mut CreateUser)) -> Option<Error> {
        let mut user = CreateUser::named("new");
        change(&mut user);
        self.host.run(user).err()
    }

    fn edit(&self, change: impl Fn(&mut EditUser)) -> Option<Error> {
        let mut edit = EditUser::of(self.shop.ann, None);
        change(&mut edit);
        self.host.run(edit).err()
    }

    fn identity(&self, identity: NewIdentity) -> Option<Error> {
        self.user(|user| user.identities.push(identity.clone()))
    }

    fn charge(&self, change: impl Fn(&mut Charge)) -> Option<Error> {
        let mut charge = page(self.shop.ann, "bad");
        change(&mut charge);
        self.host.run(charge).err()
    }

    fn adjust(&self, change: impl Fn(&mut Adjust)) -> Option<Error> {
        let mut adjust = Adjust {
            user: self.shop.ann.into(),
            wallet: OWN,
            amount: 1,
            reason: "why".into(),
            key: "bad".into(),
            may_owe: false,
        };
        change(&mut adjust);
        self.host.run(adjust).err()
    }

    fn settle(&self, hold: HoldId, key: &str) -> Option<Error> {
        self.host.run(settle(hold, key)).err()
    }
}

fn settle(hold: HoldId, key: &str) -> Settle {
    Settle {
        hold,
        key: key.into(),
        usage: Usage::pages(1),
        queue: None,
        cost: None,
        extra: Extra::TakeAndOwe,
    }
}

fn cancel(hold: HoldId, key: &str) -> Cancel {
    Cancel {
        hold,
        key: key.into(),
    }
}

fn plan() -> PlanTerms {
    PlanTerms::monthly(Measure::TotalPages, 10, TimeZoneName::UTC)
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

/// Everything that is tried.
fn rows() -> impl Iterator<Item = &'static Row> {
    [
        references::ROWS,
        values::ROWS,
        holds_and_actors::ROWS,
        refunds::ROWS,
    ]
    .into_iter()
    .flatten()
}

fn role(fixture: &Fixture<'_>) -> RoleId {
    let config = fixture.host.configuration().unwrap();
    *config.roles.keys().next().unwrap()
}

fn with_fixture(shop: &Shop, test: impl FnOnce(&Fixture<'_>)) {
    let host = &shop.host;
    let mut edit = EditUser::of(shop.bob, None);
    for identity in [
        NewIdentity::new(IdentityKind::Card, "0123456789"),
        NewIdentity::new(IdentityKind::Pin, "930571").alone(),
    ] {
        edit.identities.push(tympan::IdentityEdit::Add(identity));
    }
    host.run(edit).unwrap();
    let gone = CreateUser::named("gone").username("gone");
    let gone = host.run(gone).unwrap().user.id;
    host.run(DeactivateUser::of(gone, None)).unwrap();
    host.run(page(shop.ann, "used")).unwrap();
    let hold = |key: &str| {
        let hold = Authorise {
            job: page(shop.ann, key),
            expires_in_ms: None,
        };
        host.run(hold).unwrap().hold.unwrap()
    };
    let (open, settled, cancelled) = (hold("h1"), hold("h2"), hold("h3"));
    host.run(settle(settled, "s2")).unwrap();
    host.run(cancel(cancelled, "c3")).unwrap();
    test(&Fixture {
        shop,
        host,
        open,
        settled,
        cancelled,
    });
}

fn named(error: &Error) -> String {
    let details = error.details().iter();
    let details: Vec<_> = details
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{} [{}]", error.message(), details.join(" "))
}

#[test]
fn each_has_a_clear_answer_and_changes_nothing() {
    for shop in shops(Options::default) {
        with_fixture(&shop, |fixture| {
            let mut wrong = Vec::new();
            let before = shop.dump();
            shop.watch.take_commits();
            for (name, attempt, code, names) in rows() {
                match attempt(fixture) {
                    Some(error) if error.code() == *code && named(&error).contains(names) => {}
                    Some(error) => {
                        wrong.push(format!("{name}: {} {}", error.code(), named(&error)))
                    }
                    None => wrong.push(format!("{name}: accepted")),
                }
                if shop.watch.take_commits() > 0 {
                    wrong.push(format!("{name}: committed something"));
                }
            }
            assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
            assert_eq!(shop.dump(), before);
            shop.is_sound();
        });
    }
}

/// The lowest balance there can be: what comes after it is refused or done, and never a fault.
#[test]
fn the_lowest_balance_breaks_nothing() {
    for shop in shops(Options::default) {
        with_fixture(&shop, |fixture| {
            let lowest = SetBalance {
                user: shop.ann.into(),
                wallet: OWN,
                balance: i64::MIN,
                reason: "why".into(),
                key: "lowest".into(),
                may_owe: true,
            };
            let _ = shop.host.run(lowest);
            let answers = [
                fixture.charge(|charge| charge.key = "charge".into()),
                fixture.adjust(|adjust| {
                    adjust.key = "adjust".into();
                    adjust.amount = -1;
                }),
                fixture.settle(fixture.open, "settle"),
                shop.host.user_details(shop.ann).err(),
            ];
            for error in answers.into_iter().flatten() {
                assert_eq!(error.code(), Code::AmountOverflow, "{error}");
            }
            shop.is_sound();
        });
    }
}
