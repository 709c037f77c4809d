//! Texts and numbers.

use tympan::{
    Authorise, Code, CreateAccount, CreatePriceList, CreateProfile, Currency, EditTenant,
    IdentityKind, NewIdentity, PageRequest, PlanTerms, PriceTerms, SetBalance, StatedCost, Usage,
    UserList,
};

use super::{OWN, Row, long, plan};
use crate::common::page;

pub(super) const ROWS: &[Row] = &[
    // Texts.
    (
        "empty name",
        |f| f.user(|u| u.fields.name = Some(" ".into())),
        Code::EmptyText,
        "name",
    ),
    (
        "no name",
        |f| f.user(|u| u.fields.name = None),
        Code::EmptyText,
        "name",
    ),
    (
        "empty account",
        |f| f.host.run(CreateAccount::new("")).err(),
        Code::EmptyText,
        "name",
    ),
    (
        "empty reason",
        |f| f.adjust(|a| a.reason = "\n".into()),
        Code::EmptyText,
        "reason",
    ),
    (
        "long name",
        |f| f.user(|u| u.fields.name = Some(long(201))),
        Code::TextTooLong,
        "200",
    ),
    (
        "long username",
        |f| f.user(|u| u.fields.username = Some(long(51))),
        Code::TextTooLong,
        "50",
    ),
    (
        "long notes",
        |f| f.user(|u| u.fields.notes = Some(long(4_001))),
        Code::TextTooLong,
        "4000",
    ),
    (
        "long queue",
        |f| f.charge(|c| c.queue = Some(long(201))),
        Code::TextTooLong,
        "queue",
    ),
    (
        "long card",
        |f| f.identity(NewIdentity::new(IdentityKind::Card, long(257))),
        Code::CardFormat,
        "256",
    ),
    (
        "NUL",
        |f| f.user(|u| u.fields.name = Some("a\0b".into())),
        Code::ControlCharacter,
        "U+0000",
    ),
    (
        "line break",
        |f| f.user(|u| u.fields.department = Some("a\nb".into())),
        Code::ControlCharacter,
        "department",
    ),
    (
        "direction",
        |f| f.user(|u| u.fields.username = Some("a\u{202e}b".into())),
        Code::ControlCharacter,
        "U+202E",
    ),
    (
        "e-mail",
        |f| f.user(|u| u.fields.email = Some("a@b".into())),
        Code::InvalidEmail,
        "a@b",
    ),
    (
        "weak PIN",
        |f| f.identity(NewIdentity::new(IdentityKind::Pin, "123456")),
        Code::PinPolicy,
        "rule",
    ),
    (
        "long search",
        |f| {
            f.host
                .users(
                    &UserList {
                        search: long(201),
                        ..UserList::default()
                    },
                    &PageRequest::default(),
                )
                .err()
        },
        Code::TextTooLong,
        "pattern",
    ),
    (
        "cursor",
        |f| {
            f.host
                .users(&UserList::default(), &PageRequest::default().after("zz"))
                .err()
        },
        Code::InvalidCursor,
        "cursor",
    ),
    (
        "pipeline",
        |f| {
            let edit = EditTenant {
                card_pipeline: Some("{".into()),
                ..EditTenant::default()
            };
            f.host.run(edit).err()
        },
        Code::InvalidPipeline,
        "pipeline",
    ),
    // Numbers.
    (
        "negative pages",
        |f| f.charge(|c| c.usage = Usage::pages(-1)),
        Code::InvalidUsage,
        "negative",
    ),
    (
        "too many pages",
        |f| f.charge(|c| c.usage = Usage::pages(i64::MAX)),
        Code::InvalidUsage,
        "1000000000",
    ),
    (
        "negative colour",
        |f| f.charge(|c| c.usage = Usage::pages(1).colour(-1)),
        Code::InvalidUsage,
        "colour_pages",
    ),
    (
        "more colour than pages",
        |f| f.charge(|c| c.usage = Usage::pages(1).colour(2)),
        Code::InvalidUsage,
        "colour_pages",
    ),
    (
        "more sheets than pages",
        |f| f.charge(|c| c.usage = Usage::pages(1).sheets(2)),
        Code::InvalidUsage,
        "sheets",
    ),
    (
        "negative sheets",
        |f| f.charge(|c| c.usage = Usage::pages(1).sheets(i64::MIN)),
        Code::InvalidUsage,
        "sheets",
    ),
    (
        "negative cost",
        |f| {
            f.charge(|c| {
                c.cost = Some(StatedCost {
                    cost_micros: -1,
                    currency: Currency::EUR,
                })
            })
        },
        Code::NegativeAmount,
        "cost",
    ),
    (
        "overflowing cost",
        |f| {
            f.charge(|c| {
                c.cost = Some(StatedCost {
                    cost_micros: i64::MAX,
                    currency: Currency::EUR,
                })
            })
        },
        Code::AmountOverflow,
        "amount",
    ),
    (
        "overflowing sum",
        |f| f.adjust(|a| a.amount = i64::MIN),
        Code::AmountOverflow,
        "amount",
    ),
    (
        "overflowing balance",
        |f| {
            f.host
                .run(SetBalance {
                    user: f.shop.ann.into(),
                    wallet: OWN,
                    balance: i64::MAX,
                    reason: "why".into(),
                    key: "bad".into(),
                    may_owe: true,
                })
                .err()
        },
        Code::AmountOverflow,
        "amount",
    ),
    (
        "negative allowance",
        |f| {
            f.host
                .run(CreateProfile::new("P").plan(PlanTerms {
                    amount: -1,
                    ..plan()
                }))
                .err()
        },
        Code::NegativeAmount,
        "amount",
    ),
    (
        "huge allowance",
        |f| {
            f.host
                .run(CreateProfile::new("P").plan(PlanTerms {
                    amount: i64::MAX,
                    ..plan()
                }))
                .err()
        },
        Code::AmountOverflow,
        "amount",
    ),
    (
        "negative overdraft",
        |f| {
            f.host
                .run(CreateProfile::new("P").plan(PlanTerms {
                    overdraft: -1,
                    ..plan()
                }))
                .err()
        },
        Code::NegativeAmount,
        "overdraft",
    ),
    (
        "negative price",
        |f| {
            f.host
                .run(CreatePriceList::new("P", Currency::EUR).rule(PriceTerms::pages(-1, 0)))
                .err()
        },
        Code::NegativeAmount,
        "mono_page_micros",
    ),
    (
        "no part",
        |f| {
            f.host
                .run(
                    CreatePriceList::new("P", Currency::EUR)
                        .rule(PriceTerms::pages(1, 1).two_sided(1, 0)),
                )
                .err()
        },
        Code::InvalidValue,
        "two_sided",
    ),
    (
        "hold of no time",
        |f| {
            f.host
                .run(Authorise {
                    job: page(f.shop.ann, "bad"),
                    expires_in_ms: Some(0),
                })
                .err()
        },
        Code::InvalidValue,
        "expires_in",
    ),
    (
        "hold for ever",
        |f| {
            f.host
                .run(Authorise {
                    job: page(f.shop.ann, "bad"),
                    expires_in_ms: Some(i64::MAX),
                })
                .err()
        },
        Code::InvalidValue,
        "expires_in",
    ),
];
