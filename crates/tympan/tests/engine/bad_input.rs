//! Everything that a caller can get wrong: a stable code, a message that names the value or the
//! rule, and nothing changed.

use tympan::core::people::IdentityReference;
use tympan::core::records::{PriceList, Profile, Role};
use tympan::{
    AccountId, Accounts, Adjust, Authorise, Bootstrap, Cancel, Charge, Code, CreateAccount,
    CreatePriceList, CreateProfile, CreateRole, CreateUser, Currency, DeactivateUser, Delete,
    EditProfile, EditTenant, EditUser, EntryId, Error, Extra, GroupId, Handle, HoldId, IdentityId,
    IdentityKind, KeyRing, Measure, Migrate, NewIdentity, NewRoleRow, Options, PlanId, PlanTerms,
    PriceListId, PriceTerms, ProfileId, RemoveIdentity, Rename, Retire, RoleId, RoleRowEdit,
    RoleRowId, SetBalance, Settle, StatedCost, TenantId, TimeZoneName, TransferIdentity, Tympan,
    Usage, UserId, UserList, UserReference, WalletName,
};

use crate::common::{Shop, dump, page, shops};

const OWN: WalletName = WalletName::OwnFunds(Currency::EUR);

/// What is wrong, with whom it is tried, the code, and what the message or the details name.
type Row = (
    &'static str,
    fn(&Fixture<'_>) -> Option<Error>,
    Code,
    &'static str,
);

/// What the rows name.
struct Fixture<'a> {
    shop: &'a Shop,
    host: &'a Handle,
    open: HoldId,
    settled: HoldId,
    cancelled: HoldId,
}

impl Fixture<'_> {
    fn user(&self, change: impl Fn(&mut CreateUser)) -> Option<Error> {
        let mut user = CreateUser::named("new");
        change(&mut user);
        self.host.run(user).err()
    }

    fn edit(&self, change: impl Fn(&mut EditUser)) -> Option<Error> {
        let mut edit = EditUser::of(self.shop.ann, None);
        change(&mut edit);
        self.host.run(edit).err()
    }

    fn identity(&self, identity: NewIdentity) -> Option<Error> {
        self.user(|user| user.identities.push(identity.clone()))
    }

    fn charge(&self, change: impl Fn(&mut Charge)) -> Option<Error> {
        let mut charge = page(self.shop.ann, "bad");
        change(&mut charge);
        self.host.run(charge).err()
    }

    fn adjust(&self, change: impl Fn(&mut Adjust)) -> Option<Error> {
        let mut adjust = Adjust {
            user: self.shop.ann.into(),
            wallet: OWN,
            amount: 1,
            reason: "why".into(),
            key: "bad".into(),
            may_owe: false,
        };
        change(&mut adjust);
        self.host.run(adjust).err()
    }

    fn settle(&self, hold: HoldId, key: &str) -> Option<Error> {
        self.host.run(settle(hold, key)).err()
    }
}

fn settle(hold: HoldId, key: &str) -> Settle {
    Settle {
        hold,
        key: key.into(),
        usage: Usage::pages(1),
        queue: None,
        cost: None,
        extra: Extra::TakeAndOwe,
    }
}

fn cancel(hold: HoldId, key: &str) -> Cancel {
    Cancel {
        hold,
        key: key.into(),
    }
}

fn plan() -> PlanTerms {
    PlanTerms::monthly(Measure::TotalPages, 10, TimeZoneName::UTC)
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

const TABLE: &[Row] = &[
    // Taken.
    (
        "username",
        |f| f.user(|u| u.fields.username = Some("ANN".into())),
        Code::IdentityTaken,
        "username",
    ),
    (
        "username by edit",
        |f| f.edit(|e| e.set.username = Some("bob".into())),
        Code::IdentityTaken,
        "username",
    ),
    (
        "card",
        |f| f.identity(NewIdentity::new(IdentityKind::Card, "0123456789")),
        Code::IdentityTaken,
        "card",
    ),
    (
        "PIN alone",
        |f| f.identity(NewIdentity::new(IdentityKind::Pin, "930571").alone()),
        Code::IdentityTaken,
        "pin",
    ),
    (
        "name of a role",
        |f| f.host.run(CreateRole::new("aCCountant")).err(),
        Code::NameTaken,
        "name",
    ),
    (
        "name of a profile",
        |f| f.host.run(CreateProfile::new("STAFF")).err(),
        Code::NameTaken,
        "name",
    ),
    (
        "rename",
        |f| {
            f.host
                .run(Rename::<Profile>::new(f.shop.profile, "default"))
                .err()
        },
        Code::NameTaken,
        "name",
    ),
    (
        "second bootstrap",
        |f| {
            f.host
                .run(Bootstrap::new("Shop", Currency::EUR, "Eve"))
                .err()
        },
        Code::BootstrapDone,
        "already",
    ),
    // Unknown.
    (
        "user of a charge",
        |f| f.charge(|c| c.user = UserId(7).into()),
        Code::UnknownUser,
        "user",
    ),
    (
        "card of a charge",
        |f| f.charge(|c| c.user = UserReference::card("999999")),
        Code::UnknownUser,
        "user",
    ),
    (
        "user of an edit",
        |f| f.host.run(EditUser::of(UserId(7), None)).err(),
        Code::UnknownUser,
        "user",
    ),
    (
        "profile",
        |f| f.user(|u| u.fields.profile = Some(ProfileId(7))),
        Code::UnknownProfile,
        "profile",
    ),
    (
        "role",
        |f| f.user(|u| u.fields.role = Some(RoleId(7))),
        Code::UnknownRole,
        "role",
    ),
    (
        "group",
        |f| f.user(|u| u.groups.push(GroupId(7))),
        Code::UnknownGroup,
        "group",
    ),
    (
        "account",
        |f| {
            f.user(|u| {
                u.role_rows.push(NewRoleRow {
                    role: role(f),
                    accounts: Accounts::Only([AccountId(7)].into()),
                })
            })
        },
        Code::UnknownAccount,
        "account",
    ),
    (
        "role row",
        |f| f.edit(|e| e.role_rows.push(RoleRowEdit::Remove(RoleRowId(7)))),
        Code::UnknownRole,
        "role",
    ),
    (
        "identity",
        |f| {
            f.host
                .run(RemoveIdentity {
                    user: f.shop.ann.into(),
                    expected_version: None,
                    identity: IdentityId(7),
                    reason: None,
                })
                .err()
        },
        Code::UnknownIdentity,
        "identity",
    ),
    (
        "identity to transfer",
        |f| {
            f.host
                .run(TransferIdentity::of(
                    IdentityReference::value(IdentityKind::Card, "55555"),
                    f.shop.ann,
                ))
                .err()
        },
        Code::UnknownIdentity,
        "card",
    ),
    (
        "price list",
        |f| {
            f.host
                .run(CreateProfile::new("P").price_list(PriceListId(7)))
                .err()
        },
        Code::UnknownPriceList,
        "price list",
    ),
    (
        "price list to retire",
        |f| f.host.run(Retire::<PriceList>::new(PriceListId(7))).err(),
        Code::UnknownPriceList,
        "price list",
    ),
    (
        "role to delete",
        |f| f.host.run(Delete::<Role>::new(RoleId(7))).err(),
        Code::UnknownRole,
        "role",
    ),
    (
        "plan",
        |f| f.adjust(|a| a.wallet = WalletName::Allowance(PlanId(7))),
        Code::UnknownPlan,
        "plan",
    ),
    (
        "plan to edit",
        |f| {
            f.host
                .run(
                    EditProfile::new(f.shop.profile).plan(tympan::PlanChange::End {
                        plan: PlanId(7),
                        effective_from: None,
                    }),
                )
                .err()
        },
        Code::UnknownPlan,
        "plan",
    ),
    (
        "hold to settle",
        |f| f.settle(HoldId(7), "bad"),
        Code::UnknownHold,
        "hold",
    ),
    (
        "hold to cancel",
        |f| f.host.run(cancel(HoldId(7), "bad")).err(),
        Code::UnknownHold,
        "hold",
    ),
    (
        "time zone",
        |_| TimeZoneName::parse("Europe/Atlantis").err(),
        Code::UnknownTimeZone,
        "Europe/Atlantis",
    ),
    (
        "currency",
        |_| Currency::parse("XYZ").err(),
        Code::UnknownCurrency,
        "XYZ",
    ),
    (
        "permission",
        |f| {
            f.host
                .run(CreateRole::new("R").permission("no permission"))
                .err()
        },
        Code::UnknownPermission,
        "no permission",
    ),
    (
        "an id of another kind",
        |f| f.shop.ann.to_string().parse::<ProfileId>().err(),
        Code::InvalidId,
        "prf",
    ),
    // Stale.
    (
        "user",
        |f| f.host.run(EditUser::of(f.shop.ann, Some(99))).err(),
        Code::StaleVersion,
        "version",
    ),
    (
        "deactivation",
        |f| f.host.run(DeactivateUser::of(f.shop.ann, Some(0))).err(),
        Code::StaleVersion,
        "version",
    ),
    (
        "profile",
        |f| {
            let mut edit = EditProfile::new(f.shop.profile);
            edit.expected_version = Some(99);
            edit.name = Some("X".into());
            f.host.run(edit).err()
        },
        Code::StaleVersion,
        "version",
    ),
    (
        "tenant",
        |f| {
            let edit = EditTenant {
                expected_version: Some(99),
                name: Some("X".into()),
                ..EditTenant::default()
            };
            f.host.run(edit).err()
        },
        Code::StaleVersion,
        "version",
    ),
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
                .users(&UserList {
                    search: long(201),
                    ..UserList::default()
                })
                .err()
        },
        Code::TextTooLong,
        "pattern",
    ),
    (
        "cursor",
        |f| {
            f.host
                .users(&UserList {
                    after: Some("zz".into()),
                    ..UserList::default()
                })
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
        |f| f.charge(|c| c.usage.colour_pages = -1),
        Code::InvalidUsage,
        "colour_pages",
    ),
    (
        "more colour than pages",
        |f| f.charge(|c| c.usage.colour_pages = 2),
        Code::InvalidUsage,
        "colour_pages",
    ),
    (
        "more sheets than pages",
        |f| f.charge(|c| c.usage.sheets = Some(2)),
        Code::InvalidUsage,
        "sheets",
    ),
    (
        "negative sheets",
        |f| f.charge(|c| c.usage.sheets = Some(i64::MIN)),
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
        "expires_in_ms",
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
        "expires_in_ms",
    ),
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
        |f| f.host.run(Delete::<Profile>::new(f.shop.profile)).err(),
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
        "permission",
    ),
    (
        "an unknown actor",
        |f| f.host.as_user(UserId(7)).run(CreateRole::new("R")).err(),
        Code::Denied,
        "permission",
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
        "permission",
    ),
    (
        "a statement of another's",
        |f| {
            f.host
                .as_user(f.shop.ann)
                .statement(f.shop.bob, OWN, None, 1)
                .err()
        },
        Code::Denied,
        "permission",
    ),
];

fn role(fixture: &Fixture<'_>) -> RoleId {
    let config = fixture.host.configuration().unwrap();
    *config.roles.keys().next().unwrap()
}

fn with_fixture(shop: &Shop, test: impl FnOnce(&Fixture<'_>)) {
    let host = &shop.host;
    let mut edit = EditUser::of(shop.bob, None);
    for identity in [
        NewIdentity::new(IdentityKind::Card, "0123456789"),
        NewIdentity::new(IdentityKind::Pin, "930571").alone(),
    ] {
        edit.identities.push(tympan::IdentityEdit::Add(identity));
    }
    host.run(edit).unwrap();
    let gone = CreateUser::named("gone").username("gone");
    let gone = host.run(gone).unwrap().user.id;
    host.run(DeactivateUser::of(gone, None)).unwrap();
    host.run(page(shop.ann, "used")).unwrap();
    let hold = |key: &str| {
        let hold = Authorise {
            job: page(shop.ann, key),
            expires_in_ms: None,
        };
        host.run(hold).unwrap().hold.unwrap()
    };
    let (open, settled, cancelled) = (hold("h1"), hold("h2"), hold("h3"));
    host.run(settle(settled, "s2")).unwrap();
    host.run(cancel(cancelled, "c3")).unwrap();
    test(&Fixture {
        shop,
        host,
        open,
        settled,
        cancelled,
    });
}

fn named(error: &Error) -> String {
    let details = error.details().iter();
    let details: Vec<_> = details
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{} [{}]", error.message(), details.join(" "))
}

#[test]
fn each_has_a_clear_answer_and_changes_nothing() {
    for shop in shops(Options::default) {
        with_fixture(&shop, |fixture| {
            let mut wrong = Vec::new();
            let before = shop.dump();
            shop.watch.take_commits();
            for (name, attempt, code, names) in TABLE {
                match attempt(fixture) {
                    Some(error) if error.code() == *code && named(&error).contains(names) => {}
                    Some(error) => {
                        wrong.push(format!("{name}: {} {}", error.code(), named(&error)))
                    }
                    None => wrong.push(format!("{name}: accepted")),
                }
                if shop.watch.take_commits() > 0 {
                    wrong.push(format!("{name}: committed something"));
                }
            }
            assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
            assert_eq!(shop.dump(), before);
            shop.is_sound();
        });
    }
}

/// The lowest balance there can be: what comes after it is refused or done, and never a fault.
#[test]
fn the_lowest_balance_breaks_nothing() {
    for shop in shops(Options::default) {
        with_fixture(&shop, |fixture| {
            let lowest = SetBalance {
                user: shop.ann.into(),
                wallet: OWN,
                balance: i64::MIN,
                reason: "why".into(),
                key: "lowest".into(),
                may_owe: true,
            };
            let _ = shop.host.run(lowest);
            let answers = [
                fixture.charge(|charge| charge.key = "charge".into()),
                fixture.adjust(|adjust| {
                    adjust.key = "adjust".into();
                    adjust.amount = -1;
                }),
                fixture.settle(fixture.open, "settle"),
                shop.host.user_details(shop.ann).err(),
            ];
            for error in answers.into_iter().flatten() {
                assert_eq!(error.code(), Code::AmountOverflow, "{error}");
            }
            shop.is_sound();
        });
    }
}

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
                .users(&UserList {
                    limit: 1,
                    ..UserList::default()
                })
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
            let retire = |id: ProfileId| other.run(Retire::<Profile>::new(id)).err();
            let (profile, none) = (shop.profile, ProfileId(7));
            let (id, other_id) = (profile.to_string(), none.to_string());
            same(retire(profile), retire(none), &id, &other_id);
            let list = |after: Option<String>| {
                let list = UserList {
                    after,
                    ..UserList::default()
                };
                other.users(&list).err()
            };
            same(list(page_of.next), list(Some("00".into())), "-", "-");
            assert_eq!(other.look_up(ann).unwrap(), None);
            assert_eq!(other.user_details(ann).unwrap(), None);
            assert_eq!(other.show::<Profile>(profile).unwrap(), None);
            assert!(!other.may(ann, "user.read", None).unwrap());
            assert_eq!(other.statement(ann, OWN, None, 10).unwrap(), []);
            let theirs = shop.host.statement(ann, OWN, None, 1).unwrap();
            let entry: EntryId = theirs.first().unwrap().entry.id;
            assert_eq!(other.statement(ann, OWN, Some(entry), 10).unwrap(), []);
            // The same key is another key there.
            let oda = other.users(&UserList::default()).unwrap().rows;
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
            nobody.users(&UserList::default()).err(),
            nobody.may(shop.ann, "user.read", None).err(),
        ] {
            assert_eq!(error.map(|error| error.code()), Some(Code::UnknownTenant));
        }
        assert_eq!(nobody.look_up(shop.ann).unwrap(), None);
        assert_eq!(shop.dump(), before);
    }
}

mod files {
    //! What can be wrong with the file, the keys and the address.

    use std::fs;
    use std::path::PathBuf;

    use super::*;

    struct Place {
        folder: tempfile::TempDir,
        path: PathBuf,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("shop.db");
            Self { folder, path }
        }

        fn made() -> Self {
            let place = Self::new();
            let tympan = place.open(Options::default()).unwrap();
            tympan
                .host()
                .run(Bootstrap::new("Shop", Currency::EUR, "Ada"))
                .unwrap();
            place
        }

        fn keys(&self) -> PathBuf {
            self.folder.path().join("shop.db.keys")
        }

        fn open(&self, options: Options) -> Result<Tympan, Error> {
            Tympan::open(&format!("sqlite:{}", self.path.display()), options)
        }

        /// Refused with a code, and with the path named.
        fn refuses(&self, options: Options, code: Code) {
            let error = self.open(options).err().unwrap();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.message().contains("shop.db"), "{error}");
        }
    }

    fn other_keys() -> KeyRing {
        KeyRing::generate(&mut tympan::sources::SeededRandom::new(9)).unwrap()
    }

    #[test]
    fn wrong_keys() {
        let place = Place::made();
        let before = dump(&place.open(Options::default()).unwrap());
        let own = fs::read(place.keys()).unwrap();
        place.refuses(Options::default().keys(other_keys()), Code::StoreKeys);
        fs::write(place.keys(), other_keys().to_text().expose()).unwrap();
        place.refuses(Options::default(), Code::StoreKeys);
        fs::write(place.keys(), own).unwrap();
        assert_eq!(dump(&place.open(Options::default()).unwrap()), before);
    }

    #[test]
    fn no_keys() {
        let place = Place::made();
        fs::remove_file(place.keys()).unwrap();
        place.refuses(Options::default(), Code::StoreKeys);
        assert!(!place.keys().exists(), "none are made up");
        fs::write(place.keys(), "").unwrap();
        place.refuses(Options::default(), Code::StoreKeys);
        fs::write(place.keys(), [0xff; 100]).unwrap();
        place.refuses(Options::default(), Code::StoreKeys);
    }

    #[test]
    fn not_a_database_of_tympan() {
        let place = Place::new();
        fs::write(
            &place.path,
            "not a database at all, but long enough to look",
        )
        .unwrap();
        place.refuses(Options::default().keys(other_keys()), Code::StoreForeign);
    }

    #[test]
    fn nothing_there() {
        let place = Place::new();
        let options = || Options::default().migrate(Migrate::Never);
        place.refuses(options().keys(other_keys()), Code::StoreMissing);
        // A refusal leaves nothing behind: not even keys.
        let error = place.open(options()).err().unwrap();
        assert_eq!(error.code(), Code::StoreMissing, "{error}");
        assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
        let nowhere = format!("sqlite:{}/no/shop.db", place.folder.path().display());
        let error = Tympan::open(&nowhere, Options::default()).err().unwrap();
        assert_eq!(error.kind(), tympan::Kind::Storage, "{error}");
        assert!(error.message().contains("shop.db"), "{error}");
    }

    #[test]
    fn read_only() {
        let place = Place::made();
        let mut rights = fs::metadata(&place.path).unwrap().permissions();
        rights.set_readonly(true);
        fs::set_permissions(&place.path, rights).unwrap();
        place.refuses(Options::default(), Code::StoreReadOnly);
    }

    #[test]
    fn an_address_of_no_form() {
        for address in ["", "memory", "memory:x", "sqlite:", "postgres:x", "shop.db"] {
            let error = Tympan::open(address, Options::default()).err().unwrap();
            assert_eq!(error.code(), Code::InvalidValue);
            assert_eq!(error.detail("field"), Some("address"));
        }
    }
}
