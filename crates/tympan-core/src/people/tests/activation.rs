use super::store::*;
use super::{owner, uses};
use crate::error::Code;
use crate::people::*;
use crate::records::{IdentityKind, SubjectKind};

#[test]
fn an_inactive_user_keeps_everything_and_comes_back_with_it() {
    let (mut store, _) = Store::with_administrator();
    let mut create = CreateUser::named("Ann").username("ann");
    create.fields.role = Some(OPERATOR);
    create.groups = vec![PRESS, OFFICE];
    let ann = store.host(&create).unwrap().user.id;

    let gone = store.host(&DeactivateUser::of(ann, Some(1))).unwrap();
    assert_eq!((gone.user.active, gone.user.version), (false, 2));
    assert_eq!(owner(&store, IdentityKind::Username, "ann"), Some(ann));
    assert_eq!(uses(&store, SubjectKind::Group, PRESS.0), (1, 0));
    assert_eq!(uses(&store, SubjectKind::Role, OPERATOR.0), (1, 0));
    let again = CreateUser::named("Ann").username("Ann");
    assert_eq!(store.host(&again).unwrap_err().code(), Code::IdentityTaken);

    store.configure(|config| {
        config.groups.get_mut(&PRESS).unwrap().retired = true;
        config.groups.remove(&OFFICE);
    });
    let stale = ReactivateUser::of(ann, Some(1));
    assert_eq!(store.host(&stale).unwrap_err().code(), Code::StaleVersion);
    let back = store.host(&ReactivateUser::of(ann, Some(2))).unwrap();
    assert_eq!((back.user.user.active, back.user.user.version), (true, 3));
    let names: Vec<_> = back
        .gone
        .iter()
        .map(|gone| (gone.subject.kind, gone.subject.id, gone.name.as_deref()))
        .collect();
    assert_eq!(
        names,
        [
            (SubjectKind::Group, PRESS.0, Some("Press")),
            (SubjectKind::Group, OFFICE.0, None)
        ]
    );
    assert_eq!(uses(&store, SubjectKind::Role, OPERATOR.0), (1, 1));
    let actions: Vec<_> = store
        .events
        .iter()
        .map(|(event, _)| event.action.as_str())
        .collect();
    assert_eq!(
        actions[1..],
        ["create_user", "deactivate_user", "reactivate_user"]
    );
}

#[test]
fn what_is_so_already_leaves_no_trace() {
    let (mut store, _) = Store::with_administrator();
    let ann = store.create("ann").user.id;
    let events = store.events.len();
    assert_eq!(
        store
            .host(&ReactivateUser::of(ann, None))
            .unwrap()
            .user
            .user
            .version,
        1
    );
    store.host(&DeactivateUser::of(ann, None)).unwrap();
    assert_eq!(
        store
            .host(&DeactivateUser::of(ann, None))
            .unwrap()
            .user
            .version,
        2
    );
    assert_eq!(store.events.len(), events + 1);
}

#[test]
fn whoever_holds_more_is_brought_back_by_who_holds_as_much() {
    let (mut store, ada) = Store::with_administrator();
    let with_role = |store: &mut Store, name: &str, role| {
        let mut create = CreateUser::named(name);
        create.fields.role = Some(role);
        store.host(&create).unwrap().user.id
    };
    let bob = with_role(&mut store, "bob", DEPUTY);
    let helper = with_role(&mut store, "helper", HELPDESK);
    store.by(helper, &DeactivateUser::of(bob, None)).unwrap();
    let back = ReactivateUser::of(bob, None);
    let error = store.by(helper, &back).unwrap_err();
    assert_eq!(error.code(), Code::GrantBeyondOwn);
    assert_eq!(error.detail("permission"), Some("user.administer"));
    assert!(store.by(ada, &back).is_ok());
    store.by(ada, &DeactivateUser::of(bob, None)).unwrap();
    let last = store.by(ada, &DeactivateUser::of(ada, None)).unwrap_err();
    assert_eq!(last.code(), Code::LastAdministrator);
}
