//! What every thing with a name goes through: made, renamed, retired, deleted, listed.

use super::*;
use crate::records::{Account, Group, PriceList, Profile, Role, Uses};
use crate::view::{Key, Record};

/// Makes one of each kind the same way.
trait Make: Named {
    fn make(store: &mut TestStore, name: &str) -> Result<Self::Id, Error>;
}

impl Make for Profile {
    fn make(store: &mut TestStore, name: &str) -> Result<Self::Id, Error> {
        let make = CreateProfile::new(name).plan(pages(1));
        store.run(&make).map(|saved| saved.id)
    }
}

impl Make for Role {
    fn make(store: &mut TestStore, name: &str) -> Result<Self::Id, Error> {
        let make = CreateRole::new(name).permission("press.start");
        store.run(&make).map(|saved| saved.id)
    }
}

impl Make for Group {
    fn make(store: &mut TestStore, name: &str) -> Result<Self::Id, Error> {
        store.run(&CreateGroup::new(name)).map(|saved| saved.id)
    }
}

impl Make for Account {
    fn make(store: &mut TestStore, name: &str) -> Result<Self::Id, Error> {
        store.run(&CreateAccount::new(name)).map(|saved| saved.id)
    }
}

impl Make for PriceList {
    fn make(store: &mut TestStore, name: &str) -> Result<Self::Id, Error> {
        let make = CreatePriceList::new(name, Currency::EUR).rule(PriceTerms::pages(1, 1));
        store.run(&make).map(|saved| saved.id)
    }
}

/// The things of a kind that a bootstrap makes.
fn at_first<T: Named>() -> usize {
    match T::KIND {
        "role" => 3,
        "profile" => 1,
        _ => 0,
    }
}

fn made<T: Make>(name: &str) -> (TestStore, T::Id) {
    let (mut store, _) = shop();
    let id = T::make(&mut store, name).unwrap();
    (store, id)
}

fn thing<T: Named>(store: &TestStore, id: T::Id) -> (String, i64, bool) {
    let thing = show::<T>(config(store), id).unwrap();
    (thing.name().to_owned(), thing.version(), thing.retired())
}

/// Runs what must be refused and leave no trace.
fn refused<C: crate::command::Command>(store: &mut TestStore, command: &C) -> Error
where
    <C::Prepared as crate::command::Decide>::Reply: std::fmt::Debug,
{
    let before = store.records.clone();
    let error = store.run(command).unwrap_err();
    assert_eq!(store.records, before);
    error
}

fn names_are_unique_by_their_folded_form<T: Make>() {
    let (mut store, id) = made::<T>("Größe");
    let other = T::make(&mut store, "Other").unwrap();
    for taken in ["Größe", "GRÖSSE", " größe "] {
        let error = T::make(&mut store, taken).unwrap_err();
        assert_eq!(error.code(), Code::NameTaken, "{taken}");
        assert_eq!(error.detail("name"), Some("Größe"));
        assert_eq!(error.detail(T::KIND), Some(id.to_string().as_str()));
        let error = refused(&mut store, &Rename::<T>::new(other, taken));
        assert_eq!(error.code(), Code::NameTaken, "{taken}");
    }
    // Its own name in another form is free for itself, and a near one for anybody.
    store.run(&Rename::<T>::new(id, "GRÖSSE")).unwrap();
    assert_eq!(thing::<T>(&store, id), ("GRÖSSE".to_owned(), 2, false));
    assert!(T::make(&mut store, "Grosse").is_ok());
    for (wrong, code) in [
        ("", Code::EmptyText),
        ("a\nb", Code::ControlCharacter),
        (&"x".repeat(201), Code::TextTooLong),
    ] {
        assert_eq!(T::make(&mut store, wrong).unwrap_err().code(), code);
        let error = refused(&mut store, &Rename::<T>::new(id, wrong));
        assert_eq!((error.code(), error.detail("field")), (code, Some("name")));
    }
}

fn every_change_raises_both_versions_and_leaves_one_event<T: Make>() {
    let (mut store, id) = made::<T>("One");
    let mut run = |name: &str, step: &dyn Fn(&mut TestStore) -> i64, expected: Option<i64>| {
        let (version, events) = (config(&store).tenant.version, store.audit_events.len());
        assert_eq!(step(&mut store), expected.unwrap_or_default(), "{name}");
        assert_eq!(config(&store).tenant.version, version + 1, "{name}");
        assert_eq!(store.audit_events.len(), events + 1, "{name}");
        let event = store.audit_events.last().unwrap();
        assert_eq!(
            (event.action.as_str(), event.subject),
            (name, T::number(id))
        );
        assert_eq!(event.subject_kind, T::KIND);
        if let Some(version) = expected {
            assert_eq!(thing::<T>(&store, id).1, version);
        }
    };
    run(
        T::COMMANDS.rename,
        &|store| store.run(&Rename::<T>::new(id, "Two")).unwrap().version,
        Some(2),
    );
    run(
        T::COMMANDS.retire,
        &|store| store.run(&Retire::<T>::new(id)).unwrap().version,
        Some(3),
    );
    run(
        T::COMMANDS.unretire,
        &|store| store.run(&Unretire::<T>::new(id)).unwrap().version,
        Some(4),
    );
    run(
        T::COMMANDS.delete,
        &|store| {
            store.run(&Delete::<T>::new(id)).unwrap();
            0
        },
        None,
    );
    assert_eq!(show::<T>(config(&store), id), None);
}

fn what_changes_nothing_writes_nothing<T: Make>() {
    let (mut store, id) = made::<T>("One");
    let before = store.records.clone();
    assert_eq!(
        store.run(&Rename::<T>::new(id, " One ")).unwrap().version,
        1
    );
    assert_eq!(store.run(&Unretire::<T>::new(id)).unwrap().version, 1);
    assert_eq!(store.records, before);
    store.run(&Retire::<T>::new(id)).unwrap();
    assert_eq!(store.run(&Retire::<T>::new(id)).unwrap().version, 2);
}

fn a_change_against_another_version_is_refused<T: Make>() {
    let (mut store, id) = made::<T>("One");
    store.run(&Rename::<T>::new(id, "Two")).unwrap();
    for stale in [1, 3] {
        let expected_version = Some(stale);
        let errors = [
            refused(
                &mut store,
                &Rename::<T> {
                    expected_version,
                    ..Rename::new(id, "Three")
                },
            ),
            refused(
                &mut store,
                &Retire::<T> {
                    id,
                    expected_version,
                },
            ),
            refused(
                &mut store,
                &Unretire::<T> {
                    id,
                    expected_version,
                },
            ),
            refused(
                &mut store,
                &Delete::<T> {
                    id,
                    expected_version,
                },
            ),
        ];
        for error in errors {
            assert_eq!(error.code(), Code::StaleVersion);
            assert_eq!(error.detail("version"), Some("2"));
        }
    }
    let expected_version = Some(2);
    assert!(
        store
            .run(&Retire::<T> {
                id,
                expected_version
            })
            .is_ok()
    );
}

fn what_is_not_there_is_unknown<T: Make>() {
    let (mut store, id) = made::<T>("One");
    store.run(&Delete::<T>::new(id)).unwrap();
    let errors = [
        refused(&mut store, &Rename::<T>::new(id, "Two")),
        refused(&mut store, &Retire::<T>::new(id)),
        refused(&mut store, &Unretire::<T>::new(id)),
        refused(&mut store, &Delete::<T>::new(id)),
    ];
    for error in errors {
        assert_eq!(error.code(), T::UNKNOWN);
        assert_eq!(error.detail(T::KIND), Some(id.to_string().as_str()));
    }
}

fn what_is_used_is_not_deleted<T: Make>() {
    let (mut store, id) = made::<T>("One");
    let Some(subject) = T::subject(id) else {
        return;
    };
    let key = Key::Uses(TestStore::TENANT, subject);
    let used = |users| Uses {
        users,
        version: 1,
        ..Uses::none(TestStore::TENANT, subject)
    };
    store.put(key.clone(), Record::Uses(used(2).into()));
    let error = refused(&mut store, &Delete::<T>::new(id));
    assert_eq!(
        (error.code(), error.detail("users")),
        (Code::InUse, Some("2"))
    );
    assert!(store.run(&Retire::<T>::new(id)).is_ok());

    store.put(key.clone(), Record::Uses(used(0).into()));
    store.run(&Delete::<T>::new(id)).unwrap();
    assert!(!store.records.contains_key(&key));
    assert_eq!(config(&store).permissions.len(), 2);
}

fn what_was_never_used_goes_whole<T: Make>() {
    let (mut store, id) = made::<T>("One");
    store.run(&Delete::<T>::new(id)).unwrap();
    let config = config(&store);
    assert_eq!(T::all(config).len(), at_first::<T>());
    assert!(config.plans.is_empty() && config.price_rules.is_empty());
    assert_eq!(config.permissions.len(), 2);
}

fn lists_are_sorted_as_people_sort<T: Make>() {
    let (mut store, _) = made::<T>("zulu");
    let retired = T::make(&mut store, "Ärger").unwrap();
    T::make(&mut store, "Banane").unwrap();
    store.run(&Retire::<T>::new(retired)).unwrap();
    let listed = |filter| -> Vec<String> {
        list::<T>(config(&store), filter)
            .into_iter()
            .map(|thing| thing.name().to_owned())
            .filter(|name| ["zulu", "Ärger", "Banane"].contains(&name.as_str()))
            .collect()
    };
    assert_eq!(listed(Filter::All), ["Ärger", "Banane", "zulu"]);
    assert_eq!(listed(Filter::Current), ["Banane", "zulu"]);
    assert_eq!(listed(Filter::Retired), ["Ärger"]);
}

fn there_is_a_limit<T: Make>() {
    let (mut store, id) = made::<T>("first");
    let mut full = config(&store).clone();
    let one = show::<T>(&full, id).unwrap().clone();
    for number in 0..(MAX_NAMED - 1 - at_first::<T>()) {
        let mut another = one.clone();
        *another.head_mut().name = format!("name {number}");
        T::all_mut(&mut full).insert(T::id_of(1_000_000 + number as i64), another);
    }
    let key = Key::Config(TestStore::TENANT);
    store.put(key, Record::Config(std::sync::Arc::new(full)));
    assert_eq!(
        refusal(T::make(&mut store, "one more"), "limit"),
        (Code::TooMany, Some(MAX_NAMED.to_string()))
    );
    store.run(&Delete::<T>::new(id)).unwrap();
    assert!(T::make(&mut store, "one more").is_ok());
}

fn only_who_may(permission: &str, run: impl Fn(&mut TestStore) -> Result<(), Error>) {
    let (mut store, made) = shop();
    crate::configuration::tests::roles::set_permissions(
        &mut store,
        made.roles.regular,
        &[permission],
    );
    let user = crate::configuration::tests::roles::user_with(&mut store, made.roles.regular);
    let other = crate::configuration::tests::roles::user_with(&mut store, made.roles.accountant);
    store.actor = crate::command::Actor::User(other);
    assert_eq!(run(&mut store).unwrap_err().code(), Code::Denied);
    store.actor = crate::command::Actor::User(user);
    run(&mut store).unwrap();
}

macro_rules! for_every_kind {
    ($($test:ident)*) => {$(
        mod $test {
            use super::*;
            #[test]
            fn profile() { super::$test::<Profile>(); }
            #[test]
            fn role() { super::$test::<Role>(); }
            #[test]
            fn group() { super::$test::<Group>(); }
            #[test]
            fn account() { super::$test::<Account>(); }
            #[test]
            fn price_list() { super::$test::<PriceList>(); }
        }
    )*};
}

for_every_kind! {
    names_are_unique_by_their_folded_form
    every_change_raises_both_versions_and_leaves_one_event
    what_changes_nothing_writes_nothing
    a_change_against_another_version_is_refused
    what_is_not_there_is_unknown
    what_is_used_is_not_deleted
    what_was_never_used_goes_whole
    lists_are_sorted_as_people_sort
    there_is_a_limit
}

#[test]
fn who_may_edit_groups_feeds_no_wallet_with_them() {
    use crate::configuration::tests::roles::{set_permissions, user_with};
    use crate::configuration::{EditGroup, PlanChange};

    let (mut store, made) = shop();
    let group = Group::make(&mut store, "Staff").unwrap();
    let regular = made.roles.regular;
    let user = user_with(&mut store, regular);
    let add = EditGroup::new(group).plan(PlanChange::Add(pages(100)));
    let rename = EditGroup {
        name: Some("Clerks".to_owned()),
        ..EditGroup::new(group)
    };
    for (permissions, may_rename, may_add) in [
        (&["group.edit"][..], true, false),
        (&["allowance.adjust"], false, false),
        (&["allowance.adjust", "group.edit"], true, true),
    ] {
        store.actor = crate::command::Actor::Host;
        set_permissions(&mut store, regular, permissions);
        store.actor = crate::command::Actor::User(user);
        let code = |outcome: Result<_, Error>| outcome.err().map(|error| error.code());
        let denied = |may: bool| (!may).then_some(Code::Denied);
        assert_eq!(
            code(store.run(&rename).map(drop)),
            denied(may_rename),
            "{permissions:?}"
        );
        assert_eq!(
            code(store.run(&add).map(drop)),
            denied(may_add),
            "{permissions:?}"
        );
    }
}

#[test]
fn each_kind_asks_for_its_own_permission() {
    only_who_may("profile.edit", |store| {
        Profile::make(store, "New").map(drop)
    });
    only_who_may("group.edit", |store| Group::make(store, "New").map(drop));
    only_who_may("account.edit", |store| {
        Account::make(store, "New").map(drop)
    });
    only_who_may("price.edit", |store| {
        PriceList::make(store, "New").map(drop)
    });
    only_who_may("role.edit", |store| {
        store.run(&CreateRole::new("New")).map(drop)
    });
}

#[test]
fn the_same_name_may_stand_in_every_kind() {
    let (mut store, _) = shop();
    Profile::make(&mut store, "Shop").unwrap();
    Role::make(&mut store, "Shop").unwrap();
    Group::make(&mut store, "Shop").unwrap();
    Account::make(&mut store, "Shop").unwrap();
    PriceList::make(&mut store, "Shop").unwrap();
}

#[test]
fn the_default_profile_is_renamed_but_neither_retired_nor_deleted() {
    let (mut store, made) = shop();
    let id = made.default_profile;
    store.run(&RenameProfile::new(id, "Everybody")).unwrap();
    for error in [
        refused(&mut store, &RetireProfile::new(id)),
        refused(&mut store, &DeleteProfile::new(id)),
    ] {
        assert_eq!(error.code(), Code::DefaultProfile);
    }
}

#[test]
fn edits_check_name_and_version_too() {
    let (mut store, _) = shop();
    let profile = Profile::make(&mut store, "One").unwrap();
    let role = Role::make(&mut store, "One").unwrap();
    let list = PriceList::make(&mut store, "One").unwrap();
    Profile::make(&mut store, "Two").unwrap();
    Role::make(&mut store, "Two").unwrap();
    PriceList::make(&mut store, "Two").unwrap();
    for (name, expected_version, code) in [
        ("two", None, Some(Code::NameTaken)),
        ("Three", Some(2), Some(Code::StaleVersion)),
        ("", None, Some(Code::EmptyText)),
        ("Three", Some(1), None),
    ] {
        let name = Some(name.to_owned());
        let profile = EditProfile {
            name: name.clone(),
            expected_version,
            ..EditProfile::new(profile)
        };
        let role = EditRole {
            name: name.clone(),
            expected_version,
            ..EditRole::new(role)
        };
        let list = EditPriceList {
            name,
            expected_version,
            ..EditPriceList::new(list)
        };
        let outcomes = [
            store.run(&profile).map(|saved| saved.version),
            store.run(&role).map(|saved| saved.version),
            store.run(&list).map(|saved| saved.version),
        ];
        for outcome in outcomes {
            match code {
                Some(code) => assert_eq!(outcome.unwrap_err().code(), code),
                None => assert_eq!(outcome, Ok(2)),
            }
        }
    }
    assert_eq!(thing::<Profile>(&store, profile).0, "Three");
    assert_eq!(thing::<Role>(&store, role).0, "Three");
    assert_eq!(thing::<PriceList>(&store, list).0, "Three");
}

#[test]
fn a_price_list_that_profiles_name_is_not_deleted() {
    let (mut store, _) = shop();
    let list = PriceList::make(&mut store, "Prices").unwrap();
    let profile = |name| CreateProfile::new(name).price_list(list);
    let one = store.run(&profile("One")).unwrap().id;
    let two = store.run(&profile("Two")).unwrap().id;
    let error = refused(&mut store, &DeletePriceList::new(list));
    assert_eq!(
        (error.code(), error.detail("users")),
        (Code::InUse, Some("2"))
    );
    store.run(&DeleteProfile::new(one)).unwrap();
    store
        .run(&EditProfile {
            price_list: Some(None),
            ..EditProfile::new(two)
        })
        .unwrap();
    store.run(&DeletePriceList::new(list)).unwrap();
    assert!(config(&store).price_rules.is_empty());
}

#[test]
fn of_several_refusals_the_first_among_the_codes_is_told() {
    let (mut store, made) = shop();
    Profile::make(&mut store, "Taken").unwrap();
    let id = made.default_profile;
    let error = refused(
        &mut store,
        &RenameProfile {
            expected_version: Some(9),
            ..RenameProfile::new(id, "Taken")
        },
    );
    assert_eq!(error.code(), Code::StaleVersion);
    let error = refused(
        &mut store,
        &EditProfile {
            expected_version: Some(9),
            ..EditProfile::new(id).plan(PlanChange::End {
                plan: crate::ids::PlanId(7),
                effective_from: None,
            })
        },
    );
    assert_eq!(error.code(), Code::UnknownPlan);
}

#[test]
fn the_event_says_what_changed() {
    let (mut store, made) = shop();
    store
        .run(&RenameProfile::new(made.default_profile, "Everybody"))
        .unwrap();
    let text = store.audit_texts.last().unwrap();
    assert_eq!(text.changes, r#"{"name":["Default","Everybody"]}"#);
    store.run(&RetireRole::new(made.roles.regular)).unwrap();
    let text = store.audit_texts.last().unwrap();
    assert_eq!(text.changes, r#"{"retired":["false","true"]}"#);
}
