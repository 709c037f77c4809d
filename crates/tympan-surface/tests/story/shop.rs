//! The story, on each store.

use tympan_surface::{
    AuditList, Capabilities, ChangeUser, ChargeJob, Code, EditUser, IdentityReference, Job,
    NewIdentity, StatementList, Timestamp, TransferIdentity, Usage, UserFields, UserList,
    UserReference, WalletName,
};

use crate::fixtures::{NOW, Shop};

fn pages(pages: i32) -> Usage {
    Usage {
        pages: Some(pages),
        ..Usage::default()
    }
}

fn pin() -> NewIdentity {
    NewIdentity {
        kind: "pin".to_owned(),
        value: None,
        label: None,
        disabled: false,
        alone: true,
        source: None,
    }
}

#[test]
fn a_day_in_a_shop_in_memory() {
    a_day(&Shop::in_memory());
}

#[test]
fn a_day_in_a_shop_in_a_file() {
    a_day(&Shop::in_a_file());
}

fn a_day(shop: &Shop) {
    let host = &shop.host;
    let ann = shop.user_with_pages("Ann", 10).user;
    assert_eq!((ann.version, ann.username.as_deref()), (1, Some("ann")));

    // A PIN is drawn, told once, and finds her.
    let by_name = UserReference::Username {
        username: "ANN".to_owned(),
    };
    let changed = host.add_identity(by_name.clone(), pin(), ChangeUser::default());
    let changed = changed.wait().unwrap();
    let stored = &changed.identities[0];
    assert_eq!(stored.kind, "pin");
    assert!(!format!("{stored:?}").contains(stored.value.expose()));
    let by_pin = UserReference::Pin {
        pin: stored.value.clone(),
    };
    let found = host.look_up(by_pin.clone()).wait().unwrap();
    assert_eq!(found.unwrap(), changed.user);

    charging(shop, by_name.clone());
    pages_of_lists(shop);

    // An edit against the version that was seen, and one that comes too late.
    let edit = EditUser {
        expected_version: Some(changed.user.version),
        set: Some(UserFields {
            department: Some("Press".to_owned()),
            ..UserFields::default()
        }),
        ..EditUser::default()
    };
    let edited = host
        .edit_user(by_name.clone(), edit.clone())
        .wait()
        .unwrap();
    assert_eq!(edited.user.department.as_deref(), Some("Press"));
    let late = EditUser {
        set: Some(UserFields {
            department: Some("Office".to_owned()),
            ..UserFields::default()
        }),
        ..edit
    };
    let late = host.edit_user(by_name, late).wait().unwrap_err();
    assert_eq!(late.code(), Code::StaleVersion);

    // The PIN goes to somebody else.
    let identity = IdentityReference::Value {
        kind: "pin".to_owned(),
        value: stored.value.clone(),
    };
    let bob = shop.user_with_pages("Bob", 10).user;
    let to_bob = UserReference::Id { id: bob.id };
    let moved = host.transfer_identity(identity, to_bob, TransferIdentity::default());
    let moved = moved.wait().unwrap();
    assert_eq!((moved.giver.id, moved.receiver.id), (ann.id, bob.id));
    assert_eq!(host.look_up(by_pin).wait().unwrap().unwrap().id, bob.id);

    who_may_what(shop, &bob);
    let verified = host.verify().wait().unwrap();
    assert_eq!((verified.fault_count, verified.users), (0, 3));
    the_end(shop);
}

/// Ten pages a month: seven are charged once, however often it is said, and four more are refused.
fn charging(shop: &Shop, user: UserReference) {
    let host = &shop.host;
    let charge = |key: &str, count| {
        let key = key.to_owned();
        host.charge(user.clone(), key, pages(count), ChargeJob::default())
            .wait()
    };
    let receipt = charge("job-1", 7).unwrap();
    assert_eq!(receipt.lines[0].balance_after, 3);
    assert_eq!(charge("job-1", 7), Ok(receipt.clone()));
    let refused = charge("job-2", 4).unwrap_err();
    assert_eq!(refused.code(), Code::AllowanceExhausted);
    let details = ["measure", "needed", "available"].map(|name| refused.detail(name));
    assert_eq!(details, [Some("total_pages"), Some("4"), Some("3")]);
    assert_eq!(refused.detail("next_reset_at"), Some("1774994400000"));

    // Of many, each has its own answer, and one that makes no sense refuses only itself.
    let job = |key: &str, user: UserReference, count| Job {
        user,
        key: key.to_owned(),
        usage: pages(count),
        queue: None,
        cost: None,
        shared: None,
        details: None,
        attempt: None,
    };
    let nonsense = UserReference::Identity {
        kind: "badge".to_owned(),
        value: "1".into(),
    };
    let outcomes = host.charge_all(vec![
        job("job-3", user.clone(), 2),
        job("job-4", nonsense, 1),
        job("job-5", user.clone(), 2),
        job("job-6", user.clone(), 1),
    ]);
    let codes = outcomes.wait().unwrap().into_iter().map(|outcome| {
        assert_ne!(outcome.receipt.is_some(), outcome.refused.is_some());
        outcome.refused.map(|error| error.code())
    });
    let expected = [
        None,
        Some(Code::InvalidValue),
        Some(Code::AllowanceExhausted),
        None,
    ];
    assert_eq!(codes.collect::<Vec<_>>(), expected);

    // Next month there are ten again.
    host.set_clock(Timestamp::from_millis(NOW + 31 * 86_400_000))
        .unwrap();
    assert_eq!(charge("job-7", 4).unwrap().lines[0].balance_after, 6);
    let wallet = receipt.lines[0].wallet.clone();
    assert!(matches!(wallet, WalletName::Allowance { .. }));
    let lines = host.statement(receipt.user, wallet, StatementList::default());
    assert_eq!(lines.wait().unwrap().rows[0].balance_after, 6);
}

fn pages_of_lists(shop: &Shop) {
    let mut list = UserList {
        limit: Some(1),
        ..UserList::default()
    };
    let mut names = Vec::new();
    loop {
        let page = shop.host.users(list.clone()).wait().unwrap();
        names.extend(page.rows.into_iter().map(|user| user.name));
        match page.next {
            Some(next) => list.after = Some(next),
            None => break,
        }
    }
    assert_eq!(names, ["Ada", "Ann"]);
    let audited = shop.host.audit_events(AuditList::default()).wait().unwrap();
    assert_eq!(audited.rows[0].action, "bootstrap");
    // Ids are text with a prefix, whatever they are of.
    for line in audited.rows {
        let is_id = line
            .subject
            .split_once('_')
            .is_some_and(|(_, id)| id.len() == 13);
        assert!(is_id, "{} {}", line.subject_kind, line.subject);
    }
}

/// What a snapshot says is what is answered one by one.
fn who_may_what(shop: &Shop, nobody: &tympan_surface::User) {
    let (host, ada) = (&shop.host, shop.made.administrator);
    for (user, holds) in [(ada, true), (nobody.id, false)] {
        let held = host.capabilities(user).wait().unwrap();
        assert_eq!(held.everywhere.is_empty(), !holds);
        for permission in tympan::permissions::OWN {
            let may = host
                .may(user, (*permission).to_owned(), None)
                .wait()
                .unwrap();
            assert_eq!(held.everywhere.iter().any(|one| one == permission), may);
        }
    }
    let as_nobody = host.as_user(nobody.id).unwrap();
    let own = as_nobody.capabilities(nobody.id).wait();
    assert!(matches!(own, Ok(Capabilities { user, .. }) if user == nobody.id));
    let denied = [
        as_nobody.capabilities(ada).wait().err(),
        as_nobody.verify().wait().err(),
        as_nobody.tenant(shop.made.tenant).err(),
    ];
    for error in denied {
        assert_eq!(error.map(|error| error.code()), Some(Code::Denied));
    }
}

fn the_end(shop: &Shop) {
    let host = &shop.host;
    let child = host.as_user(shop.made.administrator).unwrap();
    host.close().wait().unwrap();
    host.close().wait().unwrap();
    let codes = [
        child.users(UserList::default()).wait().err(),
        host.verify().wait().err(),
        host.set_clock(Timestamp::EPOCH).err(),
        host.as_user(shop.made.administrator).err(),
        host.charge(
            UserReference::Identity {
                kind: "badge".to_owned(),
                value: "1".into(),
            },
            "job-8".to_owned(),
            pages(1),
            ChargeJob::default(),
        )
        .wait()
        .err(),
    ]
    .map(|error| error.map(|error| error.code()));
    assert_eq!(codes, [Some(Code::Closed); 5]);
}
