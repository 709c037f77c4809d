use super::owner;
use super::store::*;
use crate::error::Code;
use crate::ids::UserId;
use crate::people::*;
use crate::records::{Claim, Identity, IdentityKind};
use crate::view::{Key, Record};

const ALIAS: IdentityKind = IdentityKind::Alias;

fn with_alias(store: &mut Store, name: &str, alias: &str) -> UserId {
    let identity = NewIdentity::new(ALIAS, alias).label(format!("of {name}"));
    let create = CreateUser::named(name).username(name).identity(identity);
    store.host(&create).unwrap().user.id
}

fn alias(value: &str) -> IdentityReference {
    IdentityReference::value(ALIAS, value)
}

fn find(store: &Store, user: UserId, value: &str) -> Option<Identity> {
    let identities = store.identities(user).into_iter();
    identities
        .into_iter()
        .find(|identity| identity.value == value)
}

fn claim_version(store: &Store, kind: IdentityKind, value: &str) -> i64 {
    let found = store.records.values().find_map(|record| match record {
        Record::Claim(claim) if claim.kind == kind && claim.value == value => Some(claim.version),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_transfer_moves_the_identity_with_its_claim() {
    let (mut store, ada) = Store::with_administrator();
    let ann = with_alias(&mut store, "ann", "press1");
    let bob = store.create("bob").user.id;
    let before = find(&store, ann, "press1").unwrap();
    let version = claim_version(&store, ALIAS, "press1");
    let events = store.events.len();

    let mut transfer = TransferIdentity::of(alias(" PRESS1"), bob);
    transfer.reason = Some("new operator".into());
    let moved = store.by(ada, &transfer).unwrap();

    assert_eq!((moved.from.id, moved.to.id), (ann, bob));
    assert_eq!((moved.from.version, moved.to.version), (2, 2));
    assert_eq!(find(&store, ann, "press1"), None);
    let after = find(&store, bob, "press1").unwrap();
    assert_eq!((after.id, &after.label), (before.id, &before.label));
    assert!(after.is_primary);
    assert_eq!(owner(&store, ALIAS, "press1"), Some(bob));
    assert_eq!(claim_version(&store, ALIAS, "press1"), version + 1);
    let told: Vec<_> = store.events[events..]
        .iter()
        .map(|(event, text)| (event.action.as_str(), event.subject, text.reason.as_deref()))
        .collect();
    let why = Some("new operator");
    assert_eq!(
        told,
        [
            ("transfer_identity", ann.0, why),
            ("transfer_identity", bob.0, why)
        ]
    );
    assert!(store.events[events].1.changes.contains("alias press1"));
}

#[test]
fn what_can_be_transferred() {
    let (mut store, ada) = Store::with_administrator();
    let ann = with_alias(&mut store, "ann", "press1");
    let bob = with_alias(&mut store, "bob", "press2");
    let pin = NewIdentity::new(IdentityKind::Pin, "730519");
    let pin = AddIdentity {
        user: ann.into(),
        expected_version: None,
        identity: pin,
        reason: None,
    };
    let pin = store.host(&pin).unwrap().identities.first().unwrap().id;
    let press2 = find(&store, bob, "press2").unwrap().id;
    store.host(&DeactivateUser::of(ann, None)).unwrap();
    let helper = {
        let mut create = CreateUser::named("helper");
        create.fields.role = Some(HELPDESK);
        store.host(&create).unwrap().user.id
    };
    let of = |user: UserId, identity| IdentityReference::Of {
        user: user.into(),
        identity,
    };
    let stale = |mut transfer: TransferIdentity, old, new| {
        transfer.expected_version = old;
        transfer.to_expected_version = new;
        transfer
    };
    let value = IdentityReference::value;
    let table = [
        (
            ada,
            TransferIdentity::of(alias("press9"), bob),
            Some(Code::UnknownIdentity),
        ),
        (
            ada,
            TransferIdentity::of(of(ann, press2), bob),
            Some(Code::UnknownIdentity),
        ),
        (
            ada,
            TransferIdentity::of(alias("press1"), UserId(77)),
            Some(Code::UnknownUser),
        ),
        (
            ada,
            TransferIdentity::of(of(UserId(77), pin), bob),
            Some(Code::UnknownUser),
        ),
        (
            bob,
            TransferIdentity::of(alias("press1"), bob),
            Some(Code::Denied),
        ),
        (
            helper,
            TransferIdentity::of(alias("press1"), ada),
            Some(Code::GrantBeyondOwn),
        ),
        (
            ada,
            stale(TransferIdentity::of(alias("press1"), bob), Some(9), None),
            Some(Code::StaleVersion),
        ),
        (
            ada,
            stale(TransferIdentity::of(alias("press1"), bob), None, Some(9)),
            Some(Code::StaleVersion),
        ),
        // A backing PIN is nobody's alone, and so is found by its owner only.
        (
            ada,
            TransferIdentity::of(value(IdentityKind::Pin, "730519"), bob),
            Some(Code::UnknownIdentity),
        ),
        (ada, TransferIdentity::of(of(ann, pin), bob), None),
        // Of an inactive user, a username too.
        (
            helper,
            TransferIdentity::of(value(IdentityKind::Username, "Ann"), bob),
            None,
        ),
        (
            helper,
            TransferIdentity::of(alias("press1"), UserReference::username("bob")),
            None,
        ),
        // To its owner: nothing moves.
        (ada, TransferIdentity::of(alias("press1"), bob), None),
    ];
    for (actor, transfer, code) in table {
        let moved = store.by(actor, &transfer);
        assert_eq!(
            moved.as_ref().err().map(|error| error.code()),
            code,
            "{transfer:?}"
        );
    }
    assert_eq!(store.user(ann).username, None);
    assert_eq!(store.user(bob).username.as_deref(), Some("bob"));
    assert_eq!(owner(&store, IdentityKind::Username, "ann"), Some(bob));
    assert_eq!(store.user(bob).version, 4);
}

#[test]
fn a_swap_exchanges_owners_at_once() {
    let (mut store, _) = Store::with_administrator();
    let ann = with_alias(&mut store, "ann", "press1");
    let bob = with_alias(&mut store, "bob", "press2");
    let username = |name: &str| IdentityReference::value(IdentityKind::Username, name);

    store
        .host(&SwapIdentities::of(alias("press1"), alias("press2")))
        .unwrap();
    store
        .host(&SwapIdentities::of(username("ann"), username("bob")))
        .unwrap();

    assert_eq!(owner(&store, ALIAS, "press1"), Some(bob));
    assert_eq!(owner(&store, ALIAS, "press2"), Some(ann));
    assert_eq!(store.user(ann).username.as_deref(), Some("bob"));
    assert_eq!(store.user(bob).username.as_deref(), Some("ann"));

    // Each takes the other's place as the first of its type.
    let second = AddIdentity {
        user: ann.into(),
        expected_version: None,
        identity: NewIdentity::new(IdentityKind::Username, "annie"),
        reason: None,
    };
    store.host(&second).unwrap();
    let carl = store.create("carl").user.id;
    for (of_ann, of_carl) in [("carl", "bob"), ("bob", "carl")] {
        let swap = SwapIdentities::of(username("bob"), username("carl"));
        store.host(&swap).unwrap();
        assert_eq!(store.user(ann).username.as_deref(), Some(of_ann));
        assert_eq!(store.user(carl).username.as_deref(), Some(of_carl));
    }

    let table = [
        (
            SwapIdentities::of(username("ann"), alias("press2")),
            Some(Code::InvalidValue),
        ),
        (
            SwapIdentities::of(username("eve"), username("ann")),
            Some(Code::UnknownIdentity),
        ),
        (SwapIdentities::of(username("ann"), username("ann")), None),
        (SwapIdentities::of(username("ann"), alias("press1")), None),
    ];
    let before = store.records.clone();
    for (swap, code) in table {
        let swapped = store.host(&swap);
        assert_eq!(
            swapped.as_ref().err().map(|error| error.code()),
            code,
            "{swap:?}"
        );
        assert_eq!(store.records, before, "{swap:?}");
    }
}

#[test]
fn a_claim_is_never_mistaken_for_an_earlier_one() {
    let (mut store, _) = Store::with_administrator();
    let ann = with_alias(&mut store, "ann", "press1");
    let bob = store.create("bob").user.id;
    let mut seen = vec![claim_version(&store, ALIAS, "press1")];
    for (from, to) in [(ann, bob), (bob, ann), (ann, bob)] {
        let identity = find(&store, from, "press1").unwrap().id;
        let enable = |enabled| EnableIdentity {
            user: from.into(),
            expected_version: None,
            identity,
            enabled,
            reason: None,
        };
        store
            .host(&TransferIdentity::of(alias("press1"), to))
            .unwrap();
        seen.push(claim_version(&store, ALIAS, "press1"));
        store
            .host(&TransferIdentity::of(alias("press1"), from))
            .unwrap();
        seen.push(claim_version(&store, ALIAS, "press1"));
        store.host(&enable(false)).unwrap();
        assert_eq!(owner(&store, ALIAS, "press1"), None);
        store.host(&enable(true)).unwrap();
        seen.push(claim_version(&store, ALIAS, "press1"));
        store
            .host(&TransferIdentity::of(alias("press1"), to))
            .unwrap();
        seen.push(claim_version(&store, ALIAS, "press1"));
    }
    assert!(
        seen.is_sorted_by(|earlier, later| earlier < later),
        "{seen:?}"
    );
}

#[test]
fn a_sealed_value_opens_only_where_it_belongs() {
    let (mut store, _) = Store::with_administrator();
    let create = CreateUser::named("ann")
        .identity(NewIdentity::new(IdentityKind::Card, "1111"))
        .identity(NewIdentity::new(IdentityKind::Card, "2222"));
    let ann = store.host(&create).unwrap().user.id;
    let bob = store.create("bob").user.id;
    let card = IdentityReference::value(IdentityKind::Card, "1111");
    store.host(&TransferIdentity::of(card, bob)).unwrap();
    let one = store
        .identities(bob)
        .into_iter()
        .find(|card| card.sealed.is_some())
        .unwrap();
    let two = store
        .identities(ann)
        .into_iter()
        .find(|card| card.sealed.is_some())
        .unwrap();
    assert_eq!(unseal(&one, &store.keys).unwrap(), Some("1111".into()));
    let moved = Identity {
        sealed: two.sealed,
        ..one.clone()
    };
    let error = unseal(&moved, &store.keys).unwrap_err();
    assert_eq!(error.code(), Code::StoreCorrupt);
    let kind = IdentityKind::Pin;
    assert!(unseal(&Identity { kind, ..one }, &store.keys).is_err());
}

#[test]
fn a_claim_record_names_its_identity() {
    let (mut store, _) = Store::with_administrator();
    let ann = with_alias(&mut store, "ann", "press1");
    let identity = find(&store, ann, "press1").unwrap();
    let claim = store
        .records
        .iter()
        .find_map(|(key, record)| match (key, record) {
            (Key::Claim(..), Record::Claim(claim)) if claim.kind == ALIAS => Some(claim),
            _ => None,
        });
    let claim: &Claim = claim.unwrap();
    assert_eq!((claim.user, claim.identity), (ann, identity.id));
}
