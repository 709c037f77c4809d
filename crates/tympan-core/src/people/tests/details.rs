use super::only;
use super::store::*;
use crate::command::Actor;
use crate::error::Code;
use crate::ids::UserId;
use crate::ledger::{Charge, StatedCost, Usage};
use crate::measure::Currency;
use crate::people::*;
use crate::records::IdentityKind;

#[test]
fn everything_about_a_user_in_one_read() {
    let (mut store, ada) = Store::with_administrator();
    let mut create = CreateUser::named("Ann")
        .username("ann")
        .identity(NewIdentity::new(IdentityKind::Card, "04a224e2"));
    create.fields.role = Some(HELPDESK);
    create.groups = vec![PRESS, OFFICE];
    create.role_rows = vec![NewRoleRow {
        role: OPERATOR,
        accounts: only(SOUTH),
    }];
    let created = store.host(&create).unwrap();
    let ann = created.user.id;
    store.configure(|config| {
        config.groups.get_mut(&OFFICE).unwrap().retired = true;
    });

    let details = store.details(Actor::User(ada), ann, None).unwrap().unwrap();

    assert_eq!(details.user, created.user);
    let shown: Vec<_> = details
        .identities
        .iter()
        .map(|one| one.shown.as_str())
        .collect();
    assert_eq!(shown, ["ann", "•••2"]);
    let groups: Vec<_> = details
        .groups
        .iter()
        .map(|group| (group.name.as_str(), group.retired))
        .collect();
    assert_eq!(groups, [("Office", true), ("Press", false)]);
    assert_eq!(details.role.unwrap().name, "Helpdesk");
    let row = details.role_rows.first().unwrap();
    assert_eq!(
        (row.role.name.as_str(), row.all_accounts),
        ("Operator", false)
    );
    assert_eq!(row.accounts.first().unwrap().name, "South");
    assert_eq!(details.last_printed_at, None);
    assert_eq!(details.wallets, Some(Vec::new()));
}

#[test]
fn who_may_see_whom() {
    let (mut store, ada) = Store::with_administrator();
    let ann = store.create("ann").user.id;
    let bob = store.create("bob").user.id;
    let gone = store.create("gone").user.id;
    store.host(&DeactivateUser::of(gone, None)).unwrap();
    let nobody = UserId(77);
    let (seen, none) = (Ok(true), Ok(false));
    let denied = Err(Code::Denied);
    for (actor, whom, then) in [
        (Actor::Host, ann, seen),
        (Actor::Host, nobody, none),
        (Actor::User(ada), ann, seen),
        (Actor::User(ada), nobody, none),
        (Actor::User(ann), ann, seen),
        (Actor::User(ann), bob, denied),
        (Actor::User(ann), nobody, denied),
        (Actor::User(gone), gone, denied),
        (Actor::User(nobody), nobody, denied),
    ] {
        let details = store.details(actor, whom, None);
        let result = details
            .map(|found| found.is_some())
            .map_err(|error| error.code());
        assert_eq!(result, then, "{actor:?} {whom}");
    }
    store.configure(|config| {
        let rows = config.permissions.get_mut(&CLERK).unwrap();
        let mut read = rows.first().unwrap().clone();
        read.permission = crate::permissions::USER_READ.to_owned();
        rows.push(read);
    });
    let mut grant = EditUser::of(bob, None);
    grant.set.role = Some(CLERK);
    store.host(&grant).unwrap();
    let of_ann = store.details(Actor::User(bob), ann, None).unwrap().unwrap();
    let of_bob = store.details(Actor::User(bob), bob, None).unwrap().unwrap();
    assert_eq!((of_ann.wallets, of_bob.wallets), (None, Some(Vec::new())));
}

#[test]
fn a_smart_card_signs_in_under_its_conditions_only() {
    use SmartCardObstacle::{
        Disabled, Inactive, NoCard, NoProductionRole, NotProductionStation, NotProductionUser,
    };
    struct Given {
        active: bool,
        production: bool,
        role: bool,
        card: Option<bool>,
        station: Option<bool>,
    }
    let given = |active, production, role, card, station| Given {
        active,
        production,
        role,
        card,
        station,
    };
    let on = Some(true);
    let off = Some(false);
    /// Given, when details are read, then shown, editable, usable, and why not.
    type Case<'a> = (Given, (bool, bool, bool), &'a [SmartCardObstacle]);
    let table: [Case<'_>; 9] = [
        (given(true, true, true, on, None), (true, true, true), &[]),
        (given(true, true, true, on, on), (true, true, true), &[]),
        (
            given(true, true, true, on, off),
            (true, true, false),
            &[NotProductionStation],
        ),
        (
            given(true, true, true, None, None),
            (true, true, false),
            &[NoCard],
        ),
        (
            given(true, true, true, off, None),
            (true, true, false),
            &[Disabled],
        ),
        (
            given(false, true, true, on, None),
            (true, true, false),
            &[Inactive],
        ),
        (
            given(true, false, true, on, None),
            (true, false, false),
            &[NotProductionUser],
        ),
        (
            given(true, true, false, on, None),
            (true, false, false),
            &[NoProductionRole],
        ),
        (
            given(true, false, false, None, off),
            (false, false, false),
            &[
                NoCard,
                NotProductionUser,
                NoProductionRole,
                NotProductionStation,
            ],
        ),
    ];
    for (given, then, obstacles) in table {
        let (mut store, ada) = Store::with_administrator();
        let mut create = CreateUser::named("Ann");
        create.fields.active = Some(given.active);
        create.fields.production = Some(given.production);
        create.fields.role = given.role.then_some(OPERATOR);
        if let Some(enabled) = given.card {
            create.identities.push(NewIdentity {
                enabled,
                ..NewIdentity::new(IdentityKind::SmartCard, "chip-1")
            });
        }
        let ann = store.host(&create).unwrap().user.id;
        let details = store.details(Actor::User(ada), ann, given.station);
        let card = details.unwrap().unwrap().smart_card;
        assert_eq!(
            (card.shown, card.editable, card.usable),
            then,
            "{obstacles:?}"
        );
        assert_eq!(card.obstacles, obstacles);
        assert_eq!(card.identity.is_some(), given.card.is_some());
    }
}

#[test]
fn an_administrators_smart_card_is_edited_by_administrators() {
    let (mut store, ada) = Store::with_administrator();
    let with_role = |store: &mut Store, name: &str, role| {
        let mut create = CreateUser::named(name);
        create.fields.production = Some(true);
        create.fields.role = Some(role);
        create.role_rows = vec![NewRoleRow {
            role: OPERATOR,
            accounts: only(NORTH),
        }];
        store.host(&create).unwrap().user.id
    };
    let boss = with_role(&mut store, "boss", DEPUTY);
    let helper = with_role(&mut store, "helper", HELPDESK);
    store.configure(|config| {
        let rows = config.permissions.get_mut(&HELPDESK).unwrap();
        let mut read = rows.first().unwrap().clone();
        read.permission = crate::permissions::USER_READ.to_owned();
        rows.push(read);
    });
    for (actor, whom, editable) in [
        (ada, boss, true),
        (helper, boss, false),
        (helper, helper, true),
        (boss, boss, false),
    ] {
        let details = store
            .details(Actor::User(actor), whom, None)
            .unwrap()
            .unwrap();
        assert_eq!(details.smart_card.editable, editable, "{actor} {whom}");
    }
}

#[test]
fn a_user_printed_last_when_the_latest_job_on_any_wallet_came() {
    let (mut store, ada) = Store::with_administrator();
    let ann = store.create("ann").user.id;
    let charge = |key: &str, currency: &str| {
        let mut charge = Charge::new(ann, key, Usage::pages(1));
        charge.cost = Some(StatedCost {
            cost_micros: 0,
            currency: Currency::parse(currency).unwrap(),
        });
        charge
    };
    let mut submitted = Vec::new();
    for (key, currency) in [("1", "USD"), ("2", "EUR")] {
        store.now = store.now.plus_millis(1_000);
        store.host(&charge(key, currency)).unwrap();
        submitted.push(store.now);
    }
    let details = store.details(Actor::User(ada), ann, None).unwrap().unwrap();
    assert_eq!(details.last_printed_at, submitted.last().copied());
}

#[test]
fn a_user_is_found_by_every_claimed_identity() {
    let (mut store, _) = Store::with_administrator();
    let mut create = CreateUser::named("Ann")
        .identity(NewIdentity::new(IdentityKind::Card, "04a224e2"))
        .identity(NewIdentity::new(IdentityKind::Pin, "730519").alone())
        .identity(NewIdentity::new(IdentityKind::SmartCard, "Chip-1"))
        .identity(NewIdentity::new(
            IdentityKind::Custom("locker".into()),
            "B 12",
        ));
    create.fields.username = Some("Ann".into());
    create.fields.network_name = Some("PRINT\\ann".into());
    create.fields.email = Some("ann@example.org".into());
    let ann = store.host(&create).unwrap().user.id;
    for (kind, raw, found) in [
        (IdentityKind::Username, "ANN", true),
        (IdentityKind::Username, "anna", false),
        (IdentityKind::NetworkName, "print\\ANN", true),
        (IdentityKind::NetworkName, "ann", false),
        (IdentityKind::Email, "Ann@Example.org", true),
        (IdentityKind::Card, " 04A224E2\r\n", true),
        (IdentityKind::Card, "04A224E", false),
        (IdentityKind::Pin, "730519", true),
        (IdentityKind::SmartCard, "CHIP-1", true),
        (IdentityKind::Custom("locker".into()), "b 12", true),
        (IdentityKind::Alias, "ann", false),
    ] {
        let reference = UserReference::Identity(kind.clone(), raw.into());
        let found_user = store.look_up(reference).unwrap().map(|user| user.id);
        assert_eq!(found_user, found.then_some(ann), "{kind:?} {raw}");
    }
    let wrong = UserReference::card("04:A2");
    assert_eq!(store.look_up(wrong).unwrap_err().code(), Code::CardFormat);
}
