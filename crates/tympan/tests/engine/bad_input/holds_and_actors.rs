//! Holds, keys and who asks.

use tympan::{
    Bootstrap, Code, CreateRole, Currency, DeactivateUser, DeleteProfile, PageRequest, Period,
    Usage, UserId, UserReference,
};

use super::{OWN, Row, cancel, long};
use crate::common::page;

pub(super) const ROWS: &[Row] = &[
    // Holds and keys.
    (
        "settled hold",
        |f| f.settle(f.settled, "bad"),
        Code::HoldResolved,
        "settled",
    ),
    (
        "cancelled hold",
        |f| f.settle(f.cancelled, "bad"),
        Code::HoldResolved,
        "cancelled",
    ),
    (
        "settled hold to cancel",
        |f| f.host.run(cancel(f.settled, "bad")).err(),
        Code::HoldResolved,
        "settled",
    ),
    (
        "empty key",
        |f| f.charge(|c| c.key = "".into()),
        Code::InvalidKey,
        "empty",
    ),
    (
        "long key",
        |f| f.charge(|c| c.key = long(201).into()),
        Code::InvalidKey,
        "200",
    ),
    (
        "second attempt first",
        |f| f.charge(|c| c.key = tympan::IdempotencyKey::from("bad").attempt(2)),
        Code::InvalidKey,
        "attempt",
    ),
    (
        "attempt zero",
        |f| f.charge(|c| c.key = tympan::IdempotencyKey::from("bad").attempt(0)),
        Code::InvalidKey,
        "1",
    ),
    (
        "key with other pages",
        |f| {
            f.charge(|c| {
                c.key = "used".into();
                c.usage = Usage::pages(2);
            })
        },
        Code::KeyReused,
        "pages",
    ),
    (
        "key with another queue",
        |f| {
            f.charge(|c| {
                c.key = "used".into();
                c.queue = Some("q".into());
            })
        },
        Code::KeyReused,
        "queue",
    ),
    (
        "key with another user",
        |f| {
            f.charge(|c| {
                c.key = "used".into();
                c.user = f.shop.bob.into();
            })
        },
        Code::KeyReused,
        "user",
    ),
    (
        "key with another command",
        |f| f.adjust(|a| a.key = "used".into()),
        Code::KeyReused,
        "command",
    ),
    (
        "key of a hold",
        |f| f.settle(f.open, "used"),
        Code::KeyReused,
        "command",
    ),
    (
        "inactive user",
        |f| f.charge(|c| c.user = UserReference::username("gone")),
        Code::UserInactive,
        "user",
    ),
    (
        "last administrator",
        |f| {
            f.host
                .run(DeactivateUser::of(f.shop.administrator, None))
                .err()
        },
        Code::LastAdministrator,
        "administration",
    ),
    (
        "profile in use",
        |f| f.host.run(DeleteProfile::new(f.shop.profile)).err(),
        Code::InUse,
        "use",
    ),
    // Actors.
    (
        "a user without the permission",
        |f| {
            f.host
                .as_user(f.shop.ann)
                .run(page(f.shop.ann, "bad"))
                .err()
        },
        Code::Denied,
        "permission=job.charge",
    ),
    (
        "an unknown actor",
        |f| f.host.as_user(UserId(7)).run(CreateRole::new("R")).err(),
        Code::Denied,
        "permission=role.edit",
    ),
    (
        "a user who bootstraps",
        |f| {
            f.host
                .as_user(f.shop.administrator)
                .run(Bootstrap::new("S", Currency::EUR, "E"))
                .err()
        },
        Code::Denied,
        "the host itself",
    ),
    (
        "a statement of another's",
        |f| {
            f.host
                .as_user(f.shop.ann)
                .statement(f.shop.bob, OWN, Period::ALL, &PageRequest::of(1))
                .err()
        },
        Code::Denied,
        "permission=allowance.read",
    ),
];
