//! Another tenant, and one that is not there.

use tympan::{
    Bootstrap, Charge, Code, CreateRole, CreateUser, Currency, Error, EventList, Filter, HoldId,
    Options, PageRequest, Period, ProfileId, Refund, RetireProfile, RoleId, SetBalance, TenantId,
    Usage, UserId, UserList, UserReference,
};

use super::{OWN, cancel, named, with_fixture};
use crate::common::{page, shops};

/// What belongs to another tenant answers exactly as what there is not.
#[test]
fn another_tenants_ids_and_cursors_are_unknown() {
    for shop in shops(Options::default) {
        with_fixture(&shop, |fixture| {
            let other = shop.tympan.tenant(TenantId(2));
            other
                .run(Bootstrap::new("Other", Currency::EUR, "Oda"))
                .unwrap();
            let page_of = shop
                .host
                .users(&UserList::default(), &PageRequest::of(1))
                .unwrap();
            let before = shop.dump();
            let same = |theirs: Option<Error>, unknown: Option<Error>, id: &str, other_id: &str| {
                let (theirs, unknown) = (theirs.unwrap(), unknown.unwrap());
                let shown = |error: &Error, id: &str| named(error).replace(id, "ID");
                assert_eq!(theirs.code(), unknown.code());
                assert_eq!(shown(&theirs, id), shown(&unknown, other_id));
            };
            let charge = |user: UserId| other.run(page(user, "x")).err();
            let (ann, none) = (shop.ann, UserId(7));
            same(
                charge(ann),
                charge(none),
                &ann.to_string(),
                &none.to_string(),
            );
            let card = |read: &str| other.run(page_by_card(read)).err();
            same(card("0123456789"), card("555555"), "-", "-");
            let release = |hold: HoldId| other.run(cancel(hold, "x")).err();
            let (open, none) = (fixture.open, HoldId(7));
            same(
                release(open),
                release(none),
                &open.to_string(),
                &none.to_string(),
            );
            let refund = |job: &str| other.run(Refund::new(job, "why", "x")).err();
            same(refund("used"), refund("nobody's"), "-", "-");
            let retire = |id: ProfileId| other.run(RetireProfile::new(id)).err();
            let (profile, none) = (shop.profile, ProfileId(7));
            let (id, other_id) = (profile.to_string(), none.to_string());
            same(retire(profile), retire(none), &id, &other_id);
            let list = |after: Option<String>| {
                let page = PageRequest { after, limit: 1 };
                other.users(&UserList::default(), &page).err()
            };
            same(list(page_of.next), list(Some("00".into())), "-", "-");
            let statement = |user: UserId, after: Option<String>| {
                let page = PageRequest { after, limit: 1 };
                other.statement(user, OWN, Period::ALL, &page)
            };
            assert_eq!(statement(ann, None).unwrap().lines.rows, []);
            let page = PageRequest::of(1);
            let theirs = shop.host.statement(ann, OWN, Period::ALL, &page).unwrap();
            let wrong = |after| statement(ann, after).err();
            same(wrong(theirs.lines.next), wrong(Some("00".into())), "-", "-");
            let audit = |after: Option<String>| {
                let page = PageRequest { after, limit: 1 };
                other.audit_events(&page).err()
            };
            let theirs = shop.host.audit_events(&PageRequest::of(1)).unwrap();
            same(audit(theirs.next), audit(Some("00".into())), "-", "-");
            let events = |after: Option<String>| {
                let page = PageRequest { after, limit: 1 };
                other.events(&EventList::default(), &page).err()
            };
            let all = PageRequest::of(1);
            let theirs = shop.host.events(&EventList::default(), &all).unwrap();
            same(events(theirs.end), events(Some("00".into())), "-", "-");
            assert_eq!(other.look_up(ann).unwrap(), None);
            assert_eq!(other.user_details(ann).unwrap(), None);
            assert_eq!(other.profile(profile).unwrap(), None);
            assert!(!other.may(ann, "user.read", None).unwrap());
            // The same key is another key there.
            let oda = other
                .users(&UserList::default(), &PageRequest::default())
                .unwrap()
                .rows;
            assert_eq!(shop.dump(), before);
            other
                .run(SetBalance {
                    user: oda.first().unwrap().id.into(),
                    wallet: OWN,
                    balance: 5,
                    reason: "why".into(),
                    key: "used".into(),
                    may_owe: false,
                })
                .unwrap();
            shop.is_sound();
        });
    }
}

fn page_by_card(read: &str) -> Charge {
    Charge::new(UserReference::card(read), "x", Usage::pages(1))
}

#[test]
fn a_tenant_without_bootstrap_is_unknown() {
    for shop in shops(Options::default) {
        let nobody = shop.tympan.tenant(TenantId(3));
        let before = shop.dump();
        for error in [
            nobody.run(page(shop.ann, "x")).err(),
            nobody.run(CreateRole::new("R")).err(),
            nobody.run(CreateUser::named("A")).err(),
            nobody.configuration().err(),
            nobody
                .users(&UserList::default(), &PageRequest::default())
                .err(),
            nobody.may(shop.ann, "user.read", None).err(),
            nobody.look_up(shop.ann).err(),
            nobody.look_up(UserReference::username("")).err(),
            nobody.user_details(shop.ann).err(),
            nobody
                .statement(shop.ann, OWN, Period::ALL, &PageRequest::of(1))
                .err(),
            nobody.audit_events(&PageRequest::of(1)).err(),
            nobody
                .events(&EventList::default(), &PageRequest::of(1))
                .err(),
            nobody.roles(Filter::All).err(),
            nobody.role(RoleId(1)).err(),
            nobody.role_uses(RoleId(1)).err(),
            nobody.identity_types().err(),
            nobody.preview_card("04A1", None).err(),
            nobody.preview_card("04A1", Some("[")).err(),
            nobody.as_user(shop.ann).look_up(shop.ann).err(),
        ] {
            assert_eq!(error.map(|error| error.code()), Some(Code::UnknownTenant));
        }
        assert_eq!(shop.dump(), before);
    }
}
