//! Lists page by page, and things with what belongs to them.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use tympan::{
    Adjust, Bootstrap, Code, CreateGroup, CreatePriceList, CreateProfile, CreateRole, CreateUser,
    Currency, DeleteRole, Error, Filter, Handle, Measure, Options, Page, PageRequest, Period,
    PlanTerms, PriceTerms, RetireRole, TimeZoneName, Tympan, UserId, UserList, WalletName,
    permissions,
};

const OWN: WalletName = WalletName::OwnFunds(Currency::EUR);

fn shop() -> (Tympan, Handle, UserId) {
    let tympan = Tympan::open("memory:", Options::default()).unwrap();
    let shop = tympan.host();
    let made = shop
        .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
        .unwrap();
    (tympan, shop, made.administrator)
}

fn pay(shop: &Handle, user: UserId, times: usize) {
    for number in 0..times {
        shop.run(Adjust {
            user: user.into(),
            wallet: OWN,
            amount: 1,
            reason: format!("payment {number}"),
            key: format!("key {number}").into(),
            may_owe: false,
        })
        .unwrap();
    }
}

/// All rows, page by page.
fn all<T>(ask: impl Fn(&PageRequest) -> Result<Page<T>, Error>, limit: u32) -> Vec<T> {
    let (mut rows, mut request) = (Vec::new(), PageRequest::of(limit));
    loop {
        let page = ask(&request).unwrap();
        assert!(page.rows.len() <= limit as usize && !page.rows.is_empty());
        assert!(page.end.is_some());
        rows.extend(page.rows);
        match page.next {
            Some(cursor) => request = request.after(cursor),
            None => return rows,
        }
    }
}

#[test]
fn every_list_gives_each_row_once_whatever_the_pages() {
    let (_tympan, shop, ada) = shop();
    for number in 0..8 {
        shop.run(CreateUser::named(format!("User {number}")))
            .unwrap();
    }
    pay(&shop, ada, 9);
    for limit in [1, 2, 3, 9, 10, 999] {
        let users = all(|page| shop.users(&UserList::default(), page), limit);
        let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names.len(), 9);
        assert!(names.is_sorted());
        let lines = all(
            |page| {
                shop.statement(ada, OWN, Period::ALL, page)
                    .map(|found| found.lines)
            },
            limit,
        );
        let balances: Vec<_> = lines.iter().map(|line| line.balance_after).collect();
        assert_eq!(balances, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
        let first = lines.last().unwrap();
        assert_eq!(first.reason.as_deref(), Some("payment 0"));
        let events = all(|page| shop.audit_events(page), limit);
        assert!(events.len() >= 9 && events.is_sorted_by_key(|event| event.id));
    }
}

#[test]
fn whoever_follows_a_list_that_grows_sees_each_row_once() {
    let (_tympan, shop, _) = shop();
    let mut request = PageRequest::of(999);
    let begun = shop.audit_events(&request).unwrap();
    assert_eq!(begun.next, None);
    request = request.after(begun.end.unwrap());
    for name in ["Ann", "Bob"] {
        shop.run(CreateUser::named(name)).unwrap();
        let grown = shop.audit_events(&request).unwrap();
        let [event] = grown.rows.as_slice() else {
            unreachable!("one user, one event")
        };
        assert_eq!(event.action, "create_user");
        assert!(event.changes.as_ref().unwrap().contains(name));
        request = request.after(grown.end.unwrap());
        let rest = shop.audit_events(&request).unwrap();
        assert_eq!((rest.rows.len(), rest.next), (0, None));
        assert_eq!(rest.end, request.after);
    }
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let (_tympan, shop, ada) = shop();
    pay(&shop, ada, 2);
    let one = PageRequest::of(1);
    let line = shop
        .statement(ada, OWN, Period::ALL, &one)
        .unwrap()
        .lines
        .end
        .unwrap();
    let user = shop.users(&UserList::default(), &one).unwrap().end.unwrap();
    let event = shop.audit_events(&one).unwrap().end.unwrap();
    let invalid = |answer: Option<Error>| {
        assert_eq!(answer.map(|error| error.code()), Some(Code::InvalidCursor));
    };
    for wrong in [&line, &user] {
        invalid(shop.audit_events(&PageRequest::of(1).after(wrong)).err());
    }
    for wrong in [&line, &event] {
        let page = PageRequest::of(1).after(wrong);
        invalid(shop.users(&UserList::default(), &page).err());
    }
    for wrong in [&user, &event] {
        let page = PageRequest::of(1).after(wrong);
        invalid(shop.statement(ada, OWN, Period::ALL, &page).err());
    }
    let dollars = WalletName::OwnFunds(Currency::parse("USD").unwrap());
    let page = PageRequest::of(1).after(line);
    invalid(shop.statement(ada, dollars, Period::ALL, &page).err());
}

#[test]
fn things_come_with_what_belongs_to_them() {
    let (_tympan, shop, _) = shop();
    let role = CreateRole::new("Press")
        .permission("press.start")
        .permission(permissions::JOB_CHARGE);
    let role = shop.run(role).unwrap().id;
    let found = shop.role(role).unwrap().unwrap();
    assert_eq!(found.permissions, ["job.charge", "press.start"]);
    assert!(shop.roles(Filter::All).unwrap().contains(&found));

    let rule = PriceTerms::pages(1, 2);
    let prices = CreatePriceList::new("House", Currency::EUR).rule(rule);
    let prices = shop.run(prices).unwrap().id;
    let list = shop.price_list(prices).unwrap().unwrap();
    assert_eq!((list.name.as_str(), list.rules.len()), ("House", 1));
    let plan = PlanTerms::monthly(Measure::TotalPages, 7, TimeZoneName::UTC);
    let staff = CreateProfile::new("Staff").price_list(prices).plan(plan);
    let staff = shop.run(staff).unwrap().id;
    let profile = shop.profile(staff).unwrap().unwrap();
    let amounts: Vec<_> = profile.plans.iter().map(|plan| plan.amount).collect();
    assert_eq!((profile.price_list, amounts), (Some(prices), vec![7]));
    let defaults = shop.profiles(Filter::All).unwrap();
    let defaults = defaults.iter().filter(|profile| profile.is_default);
    assert_eq!((defaults.count(), profile.is_default), (1, false));
    assert_eq!(shop.price_list_uses(prices).unwrap().users, 1);

    let group = shop.run(CreateGroup::new("Night")).unwrap().id;
    assert_eq!(shop.group(group).unwrap().unwrap().name, "Night");
    assert_eq!(shop.group_uses(group).unwrap().users, 0);
    shop.run(RetireRole::new(role)).unwrap();
    let current = shop.roles(Filter::Current).unwrap();
    assert!(current.iter().all(|other| other.id != role));
    shop.run(DeleteRole::new(role)).unwrap();
    assert_eq!(shop.role(role).unwrap(), None);
}
