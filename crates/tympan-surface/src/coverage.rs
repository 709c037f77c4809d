//! What the surface shows of tympan: every command and every query, or the reason why not. What is
//! added to the permission table does not build until it stands here too.

use tympan::core::commands::{CommandName, QueryName};

/// How other languages ask for a command or a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// By these methods of [`Tympan`](crate::Tympan).
    Methods(&'static [&'static str]),
    /// Not at all, and why.
    Refused(&'static str),
}

/// Methods that stand for no command and no query: they are about the handle and the file.
pub const OWN: &[&str] = &[
    "as_user",
    "backup_to",
    "close",
    "copy_to",
    "doctor",
    "new_keys",
    "open",
    "restore",
    "seal_keys",
    "set_clock",
    "tenant",
    "unseal_keys",
    "verify_backup",
];

/// How other languages ask for a command.
#[must_use]
pub const fn of_command(command: CommandName) -> Coverage {
    Coverage::Methods(match command {
        CommandName::Bootstrap => &["bootstrap"],
        CommandName::EditTenant => &["edit_settings"],
        CommandName::CreateProfile => &["create_profile"],
        CommandName::EditProfile => &["edit_profile"],
        CommandName::RenameProfile => &["rename_profile"],
        CommandName::RetireProfile => &["retire_profile"],
        CommandName::UnretireProfile => &["unretire_profile"],
        CommandName::DeleteProfile => &["delete_profile"],
        CommandName::CreateRole => &["create_role"],
        CommandName::EditRole => &["edit_role"],
        CommandName::RenameRole => &["rename_role"],
        CommandName::RetireRole => &["retire_role"],
        CommandName::UnretireRole => &["unretire_role"],
        CommandName::DeleteRole => &["delete_role"],
        CommandName::CreateGroup => &["create_group"],
        CommandName::EditGroup => &["edit_group"],
        CommandName::RenameGroup => &["rename_group"],
        CommandName::RetireGroup => &["retire_group"],
        CommandName::UnretireGroup => &["unretire_group"],
        CommandName::DeleteGroup => &["delete_group"],
        CommandName::CreateAccount => &["create_account"],
        CommandName::RenameAccount => &["rename_account"],
        CommandName::RetireAccount => &["retire_account"],
        CommandName::UnretireAccount => &["unretire_account"],
        CommandName::DeleteAccount => &["delete_account"],
        CommandName::CreatePriceList => &["create_price_list"],
        CommandName::EditPriceList => &["edit_price_list"],
        CommandName::RenamePriceList => &["rename_price_list"],
        CommandName::RetirePriceList => &["retire_price_list"],
        CommandName::UnretirePriceList => &["unretire_price_list"],
        CommandName::DeletePriceList => &["delete_price_list"],
        CommandName::CreateUser => &["create_user"],
        CommandName::EditUser => &["edit_user"],
        CommandName::DeactivateUser => &["deactivate_user"],
        CommandName::ReactivateUser => &["reactivate_user"],
        CommandName::AddIdentity => &["add_identity"],
        CommandName::ReplaceIdentity => &["replace_identity"],
        CommandName::RemoveIdentity => &["remove_identity"],
        CommandName::EnableIdentity => &["enable_identity"],
        CommandName::TransferIdentity => &["transfer_identity"],
        CommandName::SwapIdentities => &["swap_identities"],
        CommandName::Authorise => &["authorise"],
        CommandName::Extend => &["extend"],
        CommandName::Settle => &["settle"],
        CommandName::Cancel => &["cancel"],
        CommandName::Charge => &["charge", "charge_all"],
        CommandName::ChargeOrKeep => &["charge_or_keep"],
        CommandName::AssignUntracked => &["assign_untracked"],
        CommandName::DismissUntracked => &["dismiss_untracked"],
        CommandName::EraseUntrackedName => &["erase_untracked_name"],
        CommandName::Refund => &["refund"],
        CommandName::Void => &["void_job"],
        CommandName::TopUp => &["top_up"],
        CommandName::PayOut => &["pay_out"],
        CommandName::TransferFunds => &["transfer_funds"],
        CommandName::Adjust => &["adjust"],
        CommandName::SetBalance => &["set_balance"],
        CommandName::ResetAllowance => &["reset_allowance", "reset_allowances"],
        CommandName::SettleDue => &["settle_due"],
        CommandName::EraseWords => &["erase_words"],
    })
}

/// How other languages ask for a query.
#[must_use]
pub const fn of_query(query: QueryName) -> Coverage {
    Coverage::Methods(match query {
        QueryName::ListUsers => &["users"],
        QueryName::ShowUser => &["user_details"],
        QueryName::Explain => &["explain"],
        QueryName::ListSharers => &["sharers"],
        QueryName::LookUp => &["look_up"],
        QueryName::May => &["may"],
        QueryName::Capabilities => &["capabilities"],
        QueryName::ListIdentityTypes => &["identity_types"],
        QueryName::PreviewCard => &["preview_card"],
        QueryName::ShowConfiguration => &[
            "account",
            "accounts",
            "group",
            "groups",
            "price_list",
            "price_lists",
            "profile",
            "profiles",
            "role",
            "roles",
            "settings",
        ],
        QueryName::CountUses => &[
            "account_uses",
            "group_uses",
            "price_list_uses",
            "profile_uses",
            "role_uses",
        ],
        QueryName::Quote => &["quote"],
        QueryName::Statement => &["statement", "statement_text"],
        QueryName::SettleAllDue => &["settle_all_due"],
        QueryName::Report => &["report", "report_text"],
        QueryName::ListJobs => &["job", "jobs", "jobs_text", "user_jobs", "user_jobs_text"],
        QueryName::ListUntracked => &["open_untracked"],
        QueryName::ListAuditEvents => &["audit_events"],
        QueryName::ListEvents => &["events"],
        QueryName::Verify => &["verify"],
        QueryName::Dump => {
            return Coverage::Refused(
                "it is for the tools that come with tympan, and `backup_to` is for hosts",
            );
        }
    })
}
