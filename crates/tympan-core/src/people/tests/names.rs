//! Names of users: which is shown, and who has which.

use std::collections::BTreeSet;

use super::owner;
use super::store::*;
use crate::error::Code;
use crate::people::*;
use crate::records::IdentityKind;

#[test]
fn names_of_one_type_change_places_without_colliding() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let mut edit = EditUser::of(ann, None);
    edit.set.email = Some("a@example.org".into());
    edit.set.other_emails = Some(vec!["b@example.org".into(), "c@example.org".into()]);
    store.host(&edit).unwrap();
    let ids = |store: &Store| -> BTreeSet<_> {
        store
            .identities(ann)
            .into_iter()
            .map(|identity| identity.id)
            .collect()
    };
    let before = ids(&store);
    edit.set.email = Some("c@example.org".into());
    edit.set.other_emails = Some(vec!["a@example.org".into(), "b@example.org".into()]);
    let user = store.host(&edit).unwrap().user;
    assert_eq!(user.email.as_deref(), Some("c@example.org"));
    assert_eq!(ids(&store), before);

    let mut edit = EditUser::of(ann, None);
    edit.clear = vec![UserField::Email];
    let user = store.host(&edit).unwrap().user;
    assert_eq!(user.email.as_deref(), Some("a@example.org"));
    edit.clear = vec![UserField::OtherEmails];
    store.host(&edit).unwrap();
    assert_eq!(owner(&store, IdentityKind::Email, "b@example.org"), None);
    assert_eq!(
        owner(&store, IdentityKind::Email, "a@example.org"),
        Some(ann)
    );
}

#[test]
fn a_name_that_becomes_one_of_the_others_keeps_its_identity() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    let mut edit = EditUser::of(ann, None);
    edit.set.email = Some("old@example.org".into());
    store.host(&edit).unwrap();
    let id_of = |store: &Store, value: &str| {
        let mut identities = store.identities(ann).into_iter();
        identities
            .find(|identity| identity.value == value)
            .map(|identity| identity.id)
    };
    let old = id_of(&store, "old@example.org");
    edit.set.email = Some("new@example.org".into());
    edit.set.other_emails = Some(vec!["old@example.org".into()]);
    store.host(&edit).unwrap();
    assert_eq!(id_of(&store, "old@example.org"), old);
    // Given alone, it takes the place of the one that was shown.
    let new = id_of(&store, "new@example.org");
    let mut edit = EditUser::of(ann, None);
    edit.set.email = Some("newer@example.org".into());
    store.host(&edit).unwrap();
    assert_eq!(id_of(&store, "newer@example.org"), new);
    assert_eq!(id_of(&store, "new@example.org"), None);
    assert_eq!(id_of(&store, "old@example.org"), old);
}

#[test]
fn a_network_name_is_the_same_with_spaces_around_its_parts() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("ann").user.id;
    let mut edit = EditUser::of(ann, None);
    edit.set.network_name = Some("PRINT \\ ann".into());
    let user = store.host(&edit).unwrap().user;
    assert_eq!(
        (user.network_domain.as_deref(), user.network_name.as_deref()),
        (Some("PRINT"), Some("ann"))
    );
    let network = IdentityKind::NetworkName;
    assert_eq!(owner(&store, network.clone(), "print\\ann"), Some(ann));
    let bob = store.create("bob").user.id;
    for taken in ["print\\ANN", " print\\ ann", "print\u{a0}\\\u{2003}ann"] {
        let mut edit = EditUser::of(bob, None);
        edit.set.network_name = Some(taken.into());
        let error = store.host(&edit).unwrap_err();
        assert_eq!(error.code(), Code::IdentityTaken, "{taken:?}");
        let moved = IdentityReference::value(network.clone(), taken);
        let moved = store.host(&TransferIdentity::of(moved, ann)).unwrap();
        assert_eq!(moved.from.id, ann, "{taken:?}");
    }
}

#[test]
fn a_network_name_keeps_its_domain_unless_another_is_given() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("Ann").user.id;
    // given name and domain to set, when set one after the other, then
    let table = [
        (Some("PRINT\\ann"), None, Some("PRINT"), Some("ann")),
        (Some("anna"), None, Some("PRINT"), Some("anna")),
        (None, Some("HALL"), Some("HALL"), Some("anna")),
        (Some("YARD\\ann"), None, Some("YARD"), Some("ann")),
        (Some("YARD\\ann"), Some("HALL"), Some("HALL"), Some("ann")),
    ];
    for (name, domain, then_domain, then_name) in table {
        let mut edit = EditUser::of(ann, None);
        edit.set.network_name = name.map(str::to_owned);
        edit.set.network_domain = domain.map(str::to_owned);
        let user = store.host(&edit).unwrap().user;
        assert_eq!(
            (user.network_domain.as_deref(), user.network_name.as_deref()),
            (then_domain, then_name),
            "{name:?} {domain:?}"
        );
        assert_eq!(store.identities(ann).len(), 2);
    }
    let mut edit = EditUser::of(ann, None);
    edit.clear = vec![UserField::NetworkDomain];
    let user = store.host(&edit).unwrap().user;
    assert_eq!(
        (&user.network_domain, user.network_name.as_deref()),
        (&None, Some("ann"))
    );
}

#[test]
fn a_disabled_name_gives_its_place_to_an_enabled_one() {
    let (mut store, _) = Store::with_administrator();
    let create = CreateUser::named("Ann")
        .username("first")
        .identity(NewIdentity::new(IdentityKind::Username, "second"));
    let ann = store.host(&create).unwrap().user.id;
    let first = store.identities(ann).first().unwrap().id;
    let enable = |enabled| EnableIdentity {
        user: ann.into(),
        expected_version: None,
        identity: first,
        enabled,
        reason: None,
    };
    for (enabled, shown) in [(false, "second"), (true, "second")] {
        let user = store.host(&enable(enabled)).unwrap().user;
        assert_eq!(user.username.as_deref(), Some(shown));
    }
    let mut edit = EditUser::of(ann, None);
    edit.set.username = Some("First".into());
    let user = store.host(&edit).unwrap().user;
    assert_eq!(user.username.as_deref(), Some("First"));
    assert_eq!(owner(&store, IdentityKind::Username, "second"), None);
}

#[test]
fn who_holds_a_taken_value_is_told_to_those_who_may_know() {
    let (mut store, ada) = Store::with_administrator();
    let helper = store.create("helper").user.id;
    let mut grant = EditUser::of(helper, None);
    grant.set.role = Some(HELPDESK);
    store.host(&grant).unwrap();
    let create = CreateUser::named("Ann").username("ada");
    let told = store.by(ada, &create).unwrap_err();
    let untold = store.by(helper, &create).unwrap_err();
    assert_eq!(
        (told.code(), untold.code()),
        (Code::IdentityTaken, Code::IdentityTaken)
    );
    assert_eq!(told.detail("user"), Some(ada.to_string().as_str()));
    assert_eq!(untold.detail("user"), None);
    assert_eq!(untold.detail("identity"), None);
}
