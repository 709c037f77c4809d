//! The same commands at the same times give the same bytes, on every store; whatever the commands
//! were, the books add up.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tympan::sources::{ManualClock, SeededRandom, SequentialIds};
use tympan::{
    AddIdentity, Adjust, Authorise, Bootstrap, Cancel, Charge, CreateGroup, CreatePriceList,
    CreateProfile, CreateRole, CreateUser, Currency, DeactivateUser, DeleteProfile, EditUser,
    Error, Extra, Handle, HoldId, IdentityKind, KeyRing, Kind, Measure, NewIdentity, Options,
    PlanTerms, PriceListId, PriceTerms, ProfileId, ReactivateUser, RenameRole, RetireGroup,
    RetireProfile, SetBalance, Settle, TimeZoneName, Timestamp, Tympan, UnretireProfile, Usage,
    UserId, WalletName,
};
use tympan_memory::MemoryStore;
use tympan_store::Store;

use crate::common::{dump, quick};

const DAY_MS: i64 = 24 * 3_600 * 1_000;
const OWN: WalletName = WalletName::OwnFunds(Currency::EUR);

/// What is done; numbers choose among what was made before, modulo how much there is.
#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    PriceList(i64),
    Profile {
        price_list: usize,
        pages: i64,
        cents: i64,
    },
    RetireProfile(usize, bool),
    DeleteProfile(usize),
    Role(usize),
    Group(usize),
    User {
        profile: usize,
        restricted: bool,
        card: u8,
    },
    Rename(usize, usize),
    Move {
        user: usize,
        profile: usize,
    },
    Identity {
        user: usize,
        pin: bool,
        card: u8,
    },
    Active(usize, bool),
    Charge {
        user: usize,
        key: u8,
        attempt: i32,
        pages: i64,
        colour: i64,
    },
    Many(Vec<(usize, i64)>),
    Hold {
        user: usize,
        key: u8,
        pages: i64,
        hours: i64,
    },
    Settle {
        hold: usize,
        pages: i64,
        extra: u8,
    },
    Cancel(usize),
    Adjust {
        user: usize,
        amount: i64,
    },
    Set {
        user: usize,
        balance: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let at = || 0_usize..8;
    let pages = || 0_i64..90;
    prop_oneof![
        4 => configured(),
        1 => (at(), any::<bool>(), 0_u8..20).prop_map(|(user, pin, card)| Step::Identity {
            user, pin, card
        }),
        3 => (at(), any::<bool>(), 0_u8..20).prop_map(|(profile, restricted, card)| Step::User {
            profile, restricted, card
        }),
        1 => (at(), at()).prop_map(|(user, name)| Step::Rename(user, name)),
        1 => (at(), at()).prop_map(|(user, profile)| Step::Move { user, profile }),
        2 => (at(), any::<bool>()).prop_map(|(user, on)| Step::Active(user, on)),
        6 => (at(), 0_u8..40, 1_i32..3, pages(), 0_i64..9).prop_map(
            |(user, key, attempt, pages, colour)| Step::Charge { user, key, attempt, pages, colour }
        ),
        2 => prop::collection::vec((at(), pages()), 0..12).prop_map(Step::Many),
        4 => (at(), 0_u8..40, pages(), 1_i64..300).prop_map(|(user, key, pages, hours)| {
            Step::Hold { user, key, pages, hours }
        }),
        4 => (at(), pages(), 0_u8..3).prop_map(|(hold, pages, extra)| Step::Settle {
            hold, pages, extra
        }),
        1 => at().prop_map(Step::Cancel),
        3 => (at(), -2_000_000_i64..5_000_000, any::<bool>()).prop_map(|(user, amount, set)| {
            if set {
                Step::Set { user, balance: amount }
            } else {
                Step::Adjust { user, amount }
            }
        }),
    ]
}

fn configured() -> impl Strategy<Value = Step> {
    let at = || 0_usize..8;
    prop_oneof![
        (0_i64..40 * DAY_MS).prop_map(Step::Wait),
        (0_i64..100_000).prop_map(Step::PriceList),
        (at(), 0_i64..200, 0_i64..50).prop_map(|(price_list, pages, cents)| Step::Profile {
            price_list,
            pages,
            cents
        }),
        (at(), any::<bool>()).prop_map(|(at, on)| Step::RetireProfile(at, on)),
        at().prop_map(Step::DeleteProfile),
        at().prop_map(Step::Role),
        at().prop_map(Step::Group),
    ]
}

/// What was made so far.
struct Made {
    host: Handle,
    clock: Arc<ManualClock>,
    now: i64,
    price_lists: Vec<PriceListId>,
    profiles: Vec<ProfileId>,
    users: Vec<UserId>,
    holds: Vec<HoldId>,
    count: usize,
}

fn pick<T: Copy>(from: &[T], at: usize) -> Option<T> {
    from.get(at % from.len().max(1)).copied()
}

impl Made {
    /// Runs a step: refusals are answers like others, faults are not.
    fn run(&mut self, step: &Step) {
        self.count += 1;
        if let Err(error) = self.try_run(step) {
            assert!(
                !matches!(
                    error.kind(),
                    Kind::Internal | Kind::Storage | Kind::UnknownOutcome
                ),
                "{step:?}: {error}"
            );
        }
    }

    fn try_run(&mut self, step: &Step) -> Result<(), Error> {
        let host = self.host.clone();
        let name = |what: &str, at: usize| format!("{what} {at}");
        let user = |at: usize| pick(&self.users, at).unwrap_or(UserId(7));
        let profile = |at: usize| pick(&self.profiles, at).unwrap_or(ProfileId(7));
        let key = format!("step {}", self.count);
        match step.clone() {
            Step::Wait(ms) => {
                self.now += ms;
                self.clock.set(Timestamp::from_millis(self.now));
            }
            Step::PriceList(micros) => {
                let list = CreatePriceList::new(name("list", self.count), Currency::EUR)
                    .rule(PriceTerms::pages(micros, micros * 3).two_sided(3, 4));
                self.price_lists.push(host.run(list)?.id);
            }
            Step::Profile {
                price_list,
                pages,
                cents,
            } => {
                let mut new = CreateProfile::new(name("profile", self.count % 5));
                if let Some(list) = pick(&self.price_lists, price_list) {
                    new = new.price_list(list);
                }
                let berlin = TimeZoneName::parse("Europe/Berlin")?;
                for (measure, amount) in [
                    (Measure::TotalPages, pages),
                    (Measure::Cost(Currency::EUR), cents * 10_000),
                ] {
                    if amount > 0 {
                        new = new.plan(PlanTerms::monthly(measure, amount, berlin));
                    }
                }
                self.profiles.push(host.run(new)?.id);
            }
            Step::RetireProfile(at, true) => {
                host.run(RetireProfile::new(profile(at)))?;
            }
            Step::RetireProfile(at, false) => {
                host.run(UnretireProfile::new(profile(at)))?;
            }
            Step::DeleteProfile(at) => drop(host.run(DeleteProfile::new(profile(at)))?),
            Step::Role(at) => {
                let role =
                    host.run(CreateRole::new(name("role", at)).permission("print.colour"))?;
                host.run(RenameRole::new(role.id, name("other role", at)))?;
            }
            Step::Group(at) => {
                let group = host.run(CreateGroup::new(name("group", at)))?;
                host.run(RetireGroup::new(group.id))?;
            }
            Step::User {
                profile: at,
                restricted,
                card,
            } => {
                let mut new = CreateUser::named(name("user", self.count));
                new.fields.profile = Some(profile(at));
                new.fields.restricted = Some(restricted);
                let card = format!("00000{card}");
                new.identities
                    .push(NewIdentity::new(IdentityKind::Card, card));
                new.identities.push(NewIdentity::generated_pin());
                self.users.push(host.run(new)?.user.id);
            }
            Step::Rename(at, other) => {
                let mut edit = EditUser::of(user(at), None);
                edit.set.username = Some(name("name", other));
                host.run(edit)?;
            }
            Step::Move {
                user: at,
                profile: to,
            } => {
                let mut edit = EditUser::of(user(at), None);
                edit.set.profile = Some(profile(to));
                host.run(edit)?;
            }
            Step::Identity {
                user: at,
                pin,
                card,
            } => {
                let identity = if pin {
                    NewIdentity::generated_pin().alone()
                } else {
                    NewIdentity::new(IdentityKind::Card, format!("00000{card}"))
                };
                host.run(AddIdentity {
                    user: user(at).into(),
                    expected_version: None,
                    identity,
                    reason: Some("because".into()),
                })?;
            }
            Step::Active(at, true) => drop(host.run(ReactivateUser::of(user(at), None))?),
            Step::Active(at, false) => drop(host.run(DeactivateUser::of(user(at), None))?),
            Step::Charge {
                user: at,
                key,
                attempt,
                pages,
                colour,
            } => {
                let key = tympan::IdempotencyKey::from(format!("job {key}")).attempt(attempt);
                let usage = Usage::pages(pages)
                    .colour(colour.min(pages))
                    .two_sided(true);
                host.run(Charge::new(user(at), key, usage))?;
            }
            Step::Many(charges) => {
                let charges = charges.iter().enumerate().map(|(number, (at, pages))| {
                    Charge::new(user(*at), format!("{key} {number}"), Usage::pages(*pages))
                });
                let answers = host.run_all(charges.collect());
                answers.into_iter().collect::<Result<Vec<_>, _>>()?;
            }
            Step::Hold {
                user: at,
                key,
                pages,
                hours,
            } => {
                let job = Charge::new(user(at), format!("job {key}"), Usage::pages(pages));
                let held = host.run(Authorise {
                    job,
                    expires_in_ms: Some(hours * 3_600_000),
                })?;
                self.holds.extend(held.hold);
            }
            Step::Settle { hold, pages, extra } => {
                let kinds = [Extra::Deny, Extra::TakeAvailable, Extra::TakeAndOwe];
                host.run(Settle {
                    hold: pick(&self.holds, hold).unwrap_or(HoldId(7)),
                    key: key.into(),
                    usage: Usage::pages(pages),
                    queue: None,
                    cost: None,
                    extra: pick(&kinds, usize::from(extra)).unwrap_or(Extra::Deny),
                })?;
            }
            Step::Cancel(at) => {
                host.run(Cancel {
                    hold: pick(&self.holds, at).unwrap_or(HoldId(7)),
                    key: key.into(),
                })?;
            }
            Step::Adjust { user: at, amount } => {
                host.run(Adjust {
                    user: user(at).into(),
                    wallet: OWN,
                    amount,
                    reason: "by hand".into(),
                    key: key.into(),
                    may_owe: amount % 2 == 0,
                })?;
            }
            Step::Set { user: at, balance } => {
                host.run(SetBalance {
                    user: user(at).into(),
                    wallet: OWN,
                    balance,
                    reason: "by hand".into(),
                    key: key.into(),
                    may_owe: balance % 2 == 0,
                })?;
            }
        }
        Ok(())
    }
}

/// Runs the steps on a store from the first one on, and gives everything that is stored then.
fn replayed(store: Box<dyn Store>, steps: &[Step]) -> String {
    let start = 1_788_000_000_000;
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(start)));
    let options = Options::default()
        .clock(clock.clone())
        .ids(SequentialIds::default())
        .random(SeededRandom::new(2))
        .keys(KeyRing::generate(&mut SeededRandom::new(1)).unwrap());
    let tympan = Tympan::open_store(store, options).unwrap();
    let host = tympan.host();
    let first = host
        .run(Bootstrap::new("Shop", Currency::EUR, "Ada").username("ada"))
        .unwrap();
    let mut made = Made {
        host,
        clock,
        now: start,
        price_lists: Vec::new(),
        profiles: vec![first.default_profile],
        users: vec![first.administrator],
        holds: Vec::new(),
        count: 0,
    };
    for step in steps {
        made.run(step);
    }
    let found = tympan.verify().unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
    dump(&tympan)
}

#[test]
fn the_same_commands_give_the_same_bytes_and_sound_books() {
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let steps = prop::collection::vec(step(), 1..80);
    let outcome = runner.run(&steps, |steps| {
        let in_memory = replayed(Box::new(MemoryStore::new()), &steps);
        prop_assert_eq!(&in_memory, &replayed(Box::new(MemoryStore::new()), &steps));
        for _ in 0..2 {
            let folder = tempfile::tempdir().unwrap();
            let file = quick(&folder.path().join("shop.db"));
            prop_assert_eq!(&in_memory, &replayed(Box::new(file), &steps));
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// The dump is of everything: one more page is another dump.
#[test]
fn another_command_gives_other_bytes() {
    let charge = |pages| Step::Charge {
        user: 0,
        key: 1,
        attempt: 1,
        pages,
        colour: 0,
    };
    let dump = |steps: &[Step]| replayed(Box::new(MemoryStore::new()), steps);
    assert_ne!(dump(&[charge(1)]), dump(&[charge(2)]));
    assert_ne!(dump(&[]), dump(&[Step::Role(1)]));
    assert_eq!(dump(&[charge(1)]), dump(&[charge(1), charge(1)]));
}

/// A job of no pages holds nothing; cancelling it has a receipt all the same.
#[test]
fn a_hold_of_nothing_can_be_cancelled() {
    for shop in crate::common::shops(Options::default) {
        let job = Charge::new(shop.ann, "job", Usage::pages(0));
        let held = shop.host.run(Authorise {
            job,
            expires_in_ms: None,
        });
        let cancel = Cancel {
            hold: held.unwrap().hold.unwrap(),
            key: "cancel".into(),
        };
        let receipt = shop.host.run(cancel.clone()).unwrap();
        assert_eq!(shop.host.run(cancel).unwrap(), receipt);
        shop.is_sound();
    }
}
