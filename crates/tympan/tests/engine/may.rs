//! What users may do: at once through the same engine, at the next look through another.

use std::collections::BTreeSet;
use std::time::Duration;

use tympan::{
    AccountId, Accounts, Bootstrap, Bootstrapped, Code, CreateAccount, CreateRole, CreateUser,
    Currency, DeactivateUser, EditRole, EditUser, Handle, KeyRing, NewRoleRow, Options,
    ReactivateUser, RoleId, RoleRowEdit, Tympan, UserField, UserId, UserReference,
};
use tympan_memory::MemoryStore;

use crate::common::{Act, LONG, code, shops};

struct Office {
    made: Bootstrapped,
    clerk: RoleId,
    user: UserId,
}

/// A tenant with a role of the host's own permission, and a user who holds it.
fn office(host: &Handle) -> Office {
    let made = host
        .run(Bootstrap::new("Office", Currency::EUR, "Ada"))
        .unwrap();
    let clerk = CreateRole::new("Clerk").permission("print.colour");
    let clerk = host.run(clerk).unwrap().id;
    let mut user = CreateUser::named("Bob");
    user.fields.role = Some(clerk);
    let user = host.run(user).unwrap().user.id;
    Office { made, clerk, user }
}

fn sqlite() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("shop.db").display());
    (folder, address)
}

/// A way to take a permission away, and the way to give it back.
type Change = fn(&Handle, &Office);

const CHANGES: &[(&str, Change, Change)] = &[
    (
        "the user is deactivated",
        |host, office| {
            host.run(DeactivateUser::of(office.user, None)).unwrap();
        },
        |host, office| {
            host.run(ReactivateUser::of(office.user, None)).unwrap();
        },
    ),
    (
        "the user loses the role",
        |host, office| {
            let mut edit = EditUser::of(office.user, None);
            edit.clear.push(UserField::Role);
            host.run(edit).unwrap();
        },
        |host, office| {
            let mut edit = EditUser::of(office.user, None);
            edit.set.role = Some(office.clerk);
            host.run(edit).unwrap();
        },
    ),
    (
        "the role loses the permission",
        |host, office| {
            let mut edit = EditRole::new(office.clerk);
            edit.permissions = Some(Vec::new());
            host.run(edit).unwrap();
        },
        |host, office| {
            let mut edit = EditRole::new(office.clerk);
            edit.permissions = Some(vec!["print.colour".into()]);
            host.run(edit).unwrap();
        },
    ),
];

#[test]
fn a_change_through_the_same_engine_counts_at_once() {
    let (_folder, address) = sqlite();
    let options = || Options::default().freshness(LONG);
    for tympan in [
        Tympan::open_store(Box::new(MemoryStore::new()), options()).unwrap(),
        Tympan::open(&address, options()).unwrap(),
    ] {
        let host = tympan.host();
        let office = office(&host);
        let may = |user| host.may(user, "print.colour", None).unwrap();
        for (name, take, give) in CHANGES {
            assert!(may(office.user), "before {name}");
            take(&host, &office);
            assert!(!may(office.user), "{name}");
            let held = host.capabilities(office.user).unwrap();
            assert_eq!(held.everywhere, [""; 0], "{name}");
            // Commands check it for themselves.
            let acting = host.as_user(office.user).run(CreateRole::new("Own"));
            assert_eq!(code(acting), tympan::Code::Denied, "{name}");
            give(&host, &office);
            assert!(may(office.user), "after {name}");
        }
        assert!(!may(UserId(12_345)), "an unknown user");
        let unknown = host.capabilities(UserId(12_345));
        assert_eq!(code(unknown), Code::UnknownUser);
        assert!(!may(office.made.administrator), "not a role's own");
        assert!(
            host.may(office.made.administrator, "user.edit", None)
                .unwrap()
        );
        for (permission, known) in [
            (tympan::permissions::JOB_CHARGE, true),
            ("print.mono", true),
            ("job.chrage", false),
            ("print", false),
            ("", false),
        ] {
            for user in [office.user, UserId(12_345)] {
                let answer = host.may(user, permission, None);
                let expected = if known {
                    Ok(false)
                } else {
                    Err(Code::UnknownPermission)
                };
                assert_eq!(
                    answer.map_err(|error| error.code()),
                    expected,
                    "{permission}"
                );
            }
        }
        let denied = host.as_user(office.user).configuration().unwrap_err();
        assert_eq!(denied.detail("permission"), Some("configuration.read"));
        let other = tympan.tenant(tympan::TenantId(99));
        let answer = other.may(office.user, "print.colour", None);
        assert_eq!(code(answer), tympan::Code::UnknownTenant);
    }
}

#[test]
fn another_engine_on_the_same_file_sees_it_at_the_next_call() {
    let (_folder, address) = sqlite();
    let keys = || KeyRing::generate(&mut tympan::sources::SeededRandom::new(1)).unwrap();
    let open = |freshness| {
        let options = Options::default().keys(keys()).freshness(freshness);
        Tympan::open(&address, options).unwrap()
    };
    let first = open(LONG).host();
    let office = office(&first);
    let second = open(Duration::ZERO).host();
    let stale = open(LONG).host();
    let may = |host: &Handle| host.may(office.user, "print.colour", None).unwrap();
    assert!(may(&stale));
    for (name, take, give) in CHANGES {
        assert!(may(&second), "before {name}");
        take(&first, &office);
        assert!(!may(&second), "{name}");
        assert!(may(&stale), "nobody looks before it is time");
        give(&first, &office);
        assert!(may(&second), "after {name}");
    }
    // A command of the second engine rests on what is stored, whatever it knew.
    let role = second.run(CreateRole::new("New")).unwrap();
    assert!(first.configuration().unwrap().roles.contains_key(&role.id));
}

#[test]
fn roles_hold_over_their_accounts_only() {
    let (_folder, address) = sqlite();
    for tympan in [
        Tympan::open("memory:", Options::default()).unwrap(),
        Tympan::open(&address, Options::default()).unwrap(),
    ] {
        let host = tympan.host();
        let office = office(&host);
        let account = |name: &str| host.run(CreateAccount::new(name)).unwrap().id;
        let (red, blue) = (account("Red"), account("Blue"));
        let mut user = CreateUser::named("Eve");
        user.role_rows.push(NewRoleRow {
            role: office.clerk,
            accounts: Accounts::Only(BTreeSet::from([red])),
        });
        let made = host.run(user).unwrap();
        let (eve, row) = (made.user.id, *made.role_rows.first().unwrap());
        let may = || {
            let held = host.capabilities(eve).unwrap();
            let holds = |account: Option<AccountId>| {
                let over = account.and_then(|account| held.over_accounts.get(&account));
                let mut names = held.everywhere.iter().chain(over.into_iter().flatten());
                names.any(|name| name == "print.colour")
            };
            [None, Some(red), Some(blue), Some(AccountId(5))].map(|account| {
                let may = host.may(eve, "print.colour", account).unwrap();
                assert_eq!(holds(account), may, "{account:?}");
                may
            })
        };
        assert_eq!(may(), [false, true, false, false]);
        let set = |accounts| {
            let mut edit = EditUser::of(eve, None);
            edit.role_rows.push(RoleRowEdit::SetAccounts {
                role_row: row,
                accounts,
            });
            host.run(edit).unwrap();
        };
        set(Accounts::Only(BTreeSet::from([blue])));
        assert_eq!(may(), [false, false, true, false]);
        set(Accounts::All);
        assert_eq!(may(), [true; 4]);
        let mut edit = EditUser::of(eve, None);
        edit.role_rows.push(RoleRowEdit::Remove(row));
        host.run(edit).unwrap();
        assert_eq!(may(), [false; 4]);
    }
}

/// What may have been changed counts too.
#[test]
fn a_deactivation_of_unknown_outcome_is_seen_at_once() {
    for shop in shops(|| Options::default().freshness(LONG)) {
        let administers = shop.host.user_details(shop.administrator).unwrap();
        let role = administers.unwrap().role.unwrap().id;
        let mut second = EditUser::of(UserReference::username("ann"), None);
        second.set.role = Some(role);
        shop.host.run(second).unwrap();
        let may = || shop.host.may(shop.ann, "user.read", None).unwrap();
        assert!(may());
        shop.watch.on_commit(|_| Act::Unknown {
            committed: true,
            code: tympan::Code::UnknownOutcome,
        });
        let gone = DeactivateUser::of(shop.ann, None);
        let answer = shop.host.run(gone);
        assert_eq!(code(answer), tympan::Code::UnknownOutcome);
        assert!(!may());
    }
}
