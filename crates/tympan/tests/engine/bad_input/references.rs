//! What is taken, unknown or stale.

use tympan::core::people::IdentityReference;
use tympan::{
    AccountId, Accounts, Bootstrap, Code, CreateProfile, CreateRole, Currency, DeactivateUser,
    DeleteRole, EditProfile, EditTenant, EditUser, GroupId, HoldId, IdentityId, IdentityKind,
    NewIdentity, NewRoleRow, PlanId, PriceListId, ProfileId, RemoveIdentity, RenameProfile,
    RetirePriceList, RoleId, RoleRowEdit, RoleRowId, TimeZoneName, TransferIdentity, UserId,
    UserReference, WalletName,
};

use super::{Row, cancel, role};

pub(super) const ROWS: &[Row] = &[
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
                .run(RenameProfile::new(f.shop.profile, "default"))
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
        |f| f.host.run(RetirePriceList::new(PriceListId(7))).err(),
        Code::UnknownPriceList,
        "price list",
    ),
    (
        "role to delete",
        |f| f.host.run(DeleteRole::new(RoleId(7))).err(),
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
];
