//! The permission table: every command and every query, and what an actor must hold for it.

use crate::command::Command;
use crate::configuration::{
    Bootstrap, Create, CreatePriceList, CreateProfile, CreateRole, Delete, EditGroup,
    EditPriceList, EditProfile, EditRole, EditTenant, Rename, Retire, Unretire,
};
use crate::ledger::{
    Adjust, AssignUntracked, Authorise, Cancel, Charge, ChargeOrKeep, DismissUntracked,
    EraseUntrackedName, EraseWords, Extend, PayOut, Refund, ResetAllowance, SetBalance, Settle,
    SettleDue, TopUp, TransferFunds, Void,
};
use crate::people::{
    AddIdentity, CreateUser, DeactivateUser, EditUser, EnableIdentity, ReactivateUser,
    RemoveIdentity, ReplaceIdentity, SwapIdentities, TransferIdentity,
};
use crate::permissions::{
    ALLOWANCE_ADJUST, ALLOWANCE_READ, AUDIT_READ, CONFIGURATION_READ, JOB_CHARGE, REPORT_VIEW,
    Requirement, UNTRACKED_READ, USER_READ,
};
use crate::records::{Account, Group, PriceList, Profile, Role};

/// One command of the permission table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// Its name in audit events and in other languages.
    pub name: &'static str,
    /// What the actor must hold.
    pub requires: Requirement,
}

/// One query of the permission table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLine {
    /// Its name in other languages.
    pub name: &'static str,
    /// What the actor must hold.
    pub requires: Requirement,
}

const fn line<C: Command>() -> CommandLine {
    CommandLine {
        name: C::NAME,
        requires: C::REQUIRES,
    }
}

macro_rules! commands {
    ($($name:ident = $command:ty,)*) => {
        /// Every command, for whoever must have thought of each: a match over these does not
        /// compile once there is one more.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CommandName {
            $(#[doc = concat!("`", stringify!($command), "`.")] $name,)*
        }

        impl CommandName {
            /// Every command, in the order of [`COMMANDS`].
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its line of the permission table.
            #[must_use]
            pub fn line(self) -> CommandLine {
                match self { $(Self::$name => line::<$command>(),)* }
            }
        }

        /// Every command.
        pub const COMMANDS: &[CommandLine] = &[$(line::<$command>(),)*];

        /// The types of the commands, in the same order, as the sources name them.
        #[cfg(test)]
        const TYPES: &[&str] = &[$(stringify!($command),)*];
    };
}

commands! {
    Bootstrap = Bootstrap,
    EditTenant = EditTenant,
    CreateProfile = CreateProfile,
    EditProfile = EditProfile,
    RenameProfile = Rename<Profile>,
    RetireProfile = Retire<Profile>,
    UnretireProfile = Unretire<Profile>,
    DeleteProfile = Delete<Profile>,
    CreateRole = CreateRole,
    EditRole = EditRole,
    RenameRole = Rename<Role>,
    RetireRole = Retire<Role>,
    UnretireRole = Unretire<Role>,
    DeleteRole = Delete<Role>,
    CreateGroup = Create<Group>,
    EditGroup = EditGroup,
    RenameGroup = Rename<Group>,
    RetireGroup = Retire<Group>,
    UnretireGroup = Unretire<Group>,
    DeleteGroup = Delete<Group>,
    CreateAccount = Create<Account>,
    RenameAccount = Rename<Account>,
    RetireAccount = Retire<Account>,
    UnretireAccount = Unretire<Account>,
    DeleteAccount = Delete<Account>,
    CreatePriceList = CreatePriceList,
    EditPriceList = EditPriceList,
    RenamePriceList = Rename<PriceList>,
    RetirePriceList = Retire<PriceList>,
    UnretirePriceList = Unretire<PriceList>,
    DeletePriceList = Delete<PriceList>,
    CreateUser = CreateUser,
    EditUser = EditUser,
    DeactivateUser = DeactivateUser,
    ReactivateUser = ReactivateUser,
    AddIdentity = AddIdentity,
    ReplaceIdentity = ReplaceIdentity,
    RemoveIdentity = RemoveIdentity,
    EnableIdentity = EnableIdentity,
    TransferIdentity = TransferIdentity,
    SwapIdentities = SwapIdentities,
    Authorise = Authorise,
    Extend = Extend,
    Settle = Settle,
    Cancel = Cancel,
    Charge = Charge,
    ChargeOrKeep = ChargeOrKeep,
    AssignUntracked = AssignUntracked,
    DismissUntracked = DismissUntracked,
    EraseUntrackedName = EraseUntrackedName,
    Refund = Refund,
    Void = Void,
    TopUp = TopUp,
    PayOut = PayOut,
    TransferFunds = TransferFunds,
    Adjust = Adjust,
    SetBalance = SetBalance,
    ResetAllowance = ResetAllowance,
    SettleDue = SettleDue,
    EraseWords = EraseWords,
}

macro_rules! queries {
    ($($(#[$doc:meta])* $query:ident, $variant:ident = $name:literal, $requires:expr;)*) => {
        $($(#[$doc])* pub const $query: QueryLine = QueryLine {
            name: $name,
            requires: $requires,
        };)*

        /// Every query, for whoever must have thought of each: a match over these does not compile
        /// once there is one more.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum QueryName {
            $($(#[$doc])* $variant,)*
        }

        impl QueryName {
            /// Every query, in the order of [`QUERIES`].
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its line of the permission table.
            #[must_use]
            pub fn line(self) -> QueryLine {
                match self { $(Self::$variant => $query,)* }
            }
        }

        /// Every query.
        pub const QUERIES: &[QueryLine] = &[$($query,)*];
    };
}

queries! {
    /// The list of users.
    LIST_USERS, ListUsers = "list_users", Requirement::Permission(USER_READ);
    /// One user with everything that belongs to them.
    SHOW_USER, ShowUser = "show_user", Requirement::PermissionOrSelf(USER_READ);
    /// Every effective value of a user, with the reason for which it applies.
    EXPLAIN, Explain = "explain", Requirement::PermissionOrSelf(USER_READ);
    /// Who shares wallets with a user.
    LIST_SHARERS, ListSharers = "list_sharers", Requirement::PermissionOrSelf(USER_READ);
    /// Who is recognised by a value.
    LOOK_UP, LookUp = "look_up", Requirement::Permission(USER_READ);
    /// Whether a user may do something.
    MAY, May = "may", Requirement::PermissionOrSelf(USER_READ);
    /// Everything that a user may do, as of one version.
    CAPABILITIES, Capabilities = "capabilities", Requirement::PermissionOrSelf(USER_READ);
    /// The types of identities.
    LIST_IDENTITY_TYPES, ListIdentityTypes = "list_identity_types", Requirement::Permission(USER_READ);
    /// What the card pipeline makes of a read.
    PREVIEW_CARD, PreviewCard = "preview_card", Requirement::Permission(CONFIGURATION_READ);
    /// Everything that is configured: settings, profiles with their plans, roles with their
    /// permissions, groups, accounts, price lists with their rules; all of it, the things of one
    /// kind, or one of them.
    SHOW_CONFIGURATION, ShowConfiguration = "show_configuration", Requirement::Permission(CONFIGURATION_READ);
    /// How many users use a named thing.
    COUNT_USES, CountUses = "count_uses", Requirement::Permission(CONFIGURATION_READ);
    /// What a job would cost, and whether and from which wallets it would be charged.
    QUOTE, Quote = "quote", Requirement::Permission(JOB_CHARGE);
    /// The entries of a wallet.
    STATEMENT, Statement = "statement", Requirement::PermissionOrSelf(ALLOWANCE_READ);
    /// Whose wallets there are, to settle what fell due in all of them.
    SETTLE_ALL_DUE, SettleAllDue = "settle_all_due", Requirement::Permission(ALLOWANCE_ADJUST);
    /// What jobs used, in total.
    REPORT, Report = "report", Requirement::Permission(REPORT_VIEW);
    /// The jobs of a user, of everybody, or under a key.
    LIST_JOBS, ListJobs = "list_jobs", Requirement::PermissionOrSelf(REPORT_VIEW);
    /// Untracked usage that is open: nobody was charged for it yet.
    LIST_UNTRACKED, ListUntracked = "list_untracked", Requirement::Permission(UNTRACKED_READ);
    /// The audit events.
    LIST_AUDIT_EVENTS, ListAuditEvents = "list_audit_events", Requirement::Permission(AUDIT_READ);
    /// What a host may want to tell somebody of.
    LIST_EVENTS, ListEvents = "list_events", Requirement::Permission(AUDIT_READ);
    /// Whether ledger, users and audit events are whole, in every tenant: of an open store, which
    /// only the host holds.
    VERIFY, Verify = "verify", Requirement::Host;
    /// Every row of every tenant: of an open store, which only the host holds.
    DUMP, Dump = "dump", Requirement::Host;
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use super::*;
    use crate::permissions::OWN;

    /// The sources of this crate, read when the test runs, so that a new file cannot be forgotten.
    #[expect(
        clippy::disallowed_methods,
        reason = "the test looks for commands in the sources"
    )]
    fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }

    /// The types that `text` implements the trait for, without their parameters.
    fn implementors(text: &str) -> Vec<&str> {
        let written = Regex::new(r"(?m)^\s*impl\b[^{;]*?\bCommand\s+for\s+([^\s<{]+)").unwrap();
        written
            .captures_iter(text)
            .map(|found| found.get(1).unwrap().as_str())
            .collect()
    }

    fn head(type_name: &str) -> &str {
        type_name.split('<').next().unwrap_or_default().trim()
    }

    #[test]
    fn every_command_has_a_line() {
        let mut files = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut files,
        );
        let lines: BTreeSet<&str> = TYPES.iter().map(|name| head(name)).collect();
        let mut implemented = BTreeSet::new();
        for (path, text) in &files {
            for command in implementors(text) {
                assert!(
                    lines.contains(command),
                    "the command `{command}` of {} has no line in COMMANDS",
                    path.display()
                );
                implemented.insert(command);
            }
        }
        assert_eq!(implemented, lines);
    }

    #[test]
    fn the_scan_sees_every_way_of_writing_it() {
        let text = [
            "impl Command for One {}",
            "    impl<T: Named> Command for Two<T> {}",
            "impl<T: Named> crate::command::Command",
            "    for Three {}",
            "impl<T>",
            "    Command for Four<T>",
            "where T: Named {}",
            "impl Command for $five {}",
            "/// impl Command for this: no",
        ]
        .join("\n");
        let found = implementors(&text);
        assert_eq!(found, ["One", "Two", "Three", "Four", "$five"]);
    }

    #[test]
    fn what_all_named_things_share_has_a_line_for_each_kind() {
        let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for name in TYPES {
            if let Some((head, kind)) = name.split_once('<') {
                let kind = kind.trim_end_matches('>').trim();
                kinds.entry(head.trim()).or_default().insert(kind);
            }
        }
        let all = BTreeSet::from(["Account", "Group", "PriceList", "Profile", "Role"]);
        let generic: Vec<&str> = kinds.keys().copied().collect();
        assert_eq!(
            generic,
            ["Create", "Delete", "Rename", "Retire", "Unretire"]
        );
        for (command, found) in kinds {
            match command {
                // What is more than a name has a command of its own that makes it.
                "Create" => assert_eq!(found, BTreeSet::from(["Account", "Group"])),
                _ => assert_eq!(found, all, "{command}"),
            }
        }
    }

    #[test]
    fn names_are_unique_and_permissions_known() {
        let commands = COMMANDS.iter().map(|line| (line.name, line.requires));
        let queries = QUERIES.iter().map(|line| (line.name, line.requires));
        let mut names = BTreeSet::new();
        for (name, requires) in commands.chain(queries) {
            assert!(names.insert(name), "{name} twice");
            let word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(name.bytes().all(word), "{name}");
            match requires {
                Requirement::Permission(permission) | Requirement::PermissionOrSelf(permission) => {
                    assert!(OWN.contains(&permission), "{name} asks for {permission}");
                }
                Requirement::Host => {
                    assert!(["bootstrap", "verify", "dump"].contains(&name), "{name}");
                }
            }
        }
        assert_eq!(names.len(), COMMANDS.len() + QUERIES.len());
    }

    #[test]
    fn each_line_asks_for_what_it_is_about() {
        let table: BTreeMap<&str, Requirement> = COMMANDS
            .iter()
            .map(|line| (line.name, line.requires))
            .collect();
        for (name, permission) in [
            ("edit_tenant", "tenant.edit"),
            ("create_profile", "profile.edit"),
            ("delete_profile", "profile.edit"),
            ("edit_role", "role.edit"),
            ("retire_role", "role.edit"),
            ("rename_group", "group.edit"),
            ("unretire_account", "account.edit"),
            ("delete_price_list", "price.edit"),
            ("edit_price_list", "price.edit"),
            ("create_user", "user.edit"),
            ("edit_user", "user.edit"),
            ("deactivate_user", "user.edit"),
            ("reactivate_user", "user.edit"),
            ("add_identity", "identity.edit"),
            ("transfer_identity", "identity.edit"),
            ("swap_identities", "identity.edit"),
            ("charge", "job.charge"),
            ("settle", "job.charge"),
            ("charge_or_keep", "job.charge"),
            ("assign_untracked", "untracked.resolve"),
            ("dismiss_untracked", "untracked.resolve"),
            ("erase_untracked_name", "untracked.resolve"),
            ("refund", "job.refund"),
            ("void", "job.refund"),
            ("top_up", "funds.top_up"),
            ("pay_out", "funds.pay_out"),
            ("transfer_funds", "funds.transfer"),
            ("set_balance", "allowance.adjust"),
        ] {
            assert_eq!(
                table.get(name),
                Some(&Requirement::Permission(permission)),
                "{name}"
            );
        }
    }
}
