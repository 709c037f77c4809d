//! What the simulation can ask of a store, and what it is answered, as plain values.

use std::fmt::Write as _;

use tympan::{Error, Handle};
use tympan_core::configuration::{
    Bootstrap, Bootstrapped, CreateAccount, CreateGroup, CreatePriceList, CreateProfile,
    CreateRole, DeleteAccount, DeleteGroup, DeletePriceList, DeleteProfile, DeleteRole, EditGroup,
    EditPriceList, EditProfile, EditRole, EditTenant, RenameProfile, RenameRole, RetireProfile,
    RetireRole, Saved, SavedGroup, SavedProfile, SavedTenant, UnretireProfile, UnretireRole,
};
use tympan_core::ids::{AccountId, GroupId, PriceListId, ProfileId, RoleId};
use tympan_core::ledger::{
    Adjust, AssignUntracked, Authorise, Cancel, Charge, ChargeOrKeep, ChargedOrKept,
    DismissUntracked, EraseUntrackedName, Extend, IdempotencyKey, PayOut, Receipt, Refund,
    ResetAllowance, SetBalance, Settle, SettleDue, TopUp, TransferFunds, UntrackedUsage, Void,
};
use tympan_core::people::{
    AddIdentity, Changed, CreateUser, DeactivateUser, EditUser, EnableIdentity, ReactivateUser,
    Reactivated, RemoveIdentity, ReplaceIdentity, SwapIdentities, TransferIdentity, Transferred,
};

/// What came back.
pub type Answer = Result<Reply, Error>;

macro_rules! asks {
    ($($name:ident => $reply:ident,)*) => {
        /// One command.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Ask {
            $(
                #[doc = concat!("See `", stringify!($name), "`.")]
                $name(Box<$name>),
            )*
        }

        $(
            impl From<$name> for Ask {
                fn from(command: $name) -> Self {
                    Self::$name(Box::new(command))
                }
            }
        )*

        impl Ask {
            /// The command's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// Runs it and waits for the answer.
            pub fn run(&self, handle: &Handle) -> Answer {
                match self {
                    $(Self::$name(command) => handle.run((**command).clone()).map(|reply| Reply::$reply(reply.into())),)*
                }
            }

            /// Runs commands of one kind as one batch; those of another kind than the first are
            /// left out.
            #[must_use]
            pub fn run_all(asks: &[Self], handle: &Handle) -> Vec<Answer> {
                match asks.first() {
                    None => Vec::new(),
                    $(Some(Self::$name(_)) => {
                        let commands = asks.iter().filter_map(|ask| match ask {
                            Self::$name(command) => Some((**command).clone()),
                            _ => None,
                        });
                        let answers = handle.run_all(commands.collect());
                        answers.into_iter().map(|answer| answer.map(|reply| Reply::$reply(reply.into()))).collect()
                    })*
                }
            }
        }
    };
}

asks! {
    Bootstrap => Bootstrapped,
    Charge => Receipt,
    Authorise => Receipt,
    Settle => Receipt,
    Cancel => Receipt,
    Adjust => Receipt,
    SetBalance => Receipt,
    ResetAllowance => Receipt,
    Extend => Receipt,
    TopUp => Receipt,
    PayOut => Receipt,
    TransferFunds => Receipt,
    Refund => Receipt,
    Void => Receipt,
    ChargeOrKeep => Outcome,
    AssignUntracked => Receipt,
    DismissUntracked => Untracked,
    EraseUntrackedName => Untracked,
    SettleDue => Settled,
    CreateUser => Changed,
    EditUser => Changed,
    DeactivateUser => Changed,
    ReactivateUser => Reactivated,
    AddIdentity => Changed,
    ReplaceIdentity => Changed,
    RemoveIdentity => Changed,
    EnableIdentity => Changed,
    TransferIdentity => Transferred,
    SwapIdentities => Transferred,
    CreateProfile => Profile,
    EditProfile => Profile,
    RenameProfile => SavedProfile,
    RetireProfile => SavedProfile,
    UnretireProfile => SavedProfile,
    DeleteProfile => Nothing,
    CreatePriceList => PriceList,
    EditPriceList => PriceList,
    DeletePriceList => Nothing,
    CreateRole => Role,
    EditRole => Role,
    RenameRole => Role,
    RetireRole => Role,
    UnretireRole => Role,
    DeleteRole => Nothing,
    CreateGroup => Group,
    EditGroup => GroupPlans,
    DeleteGroup => Nothing,
    CreateAccount => Account,
    DeleteAccount => Nothing,
    EditTenant => Tenant,
}

impl Ask {
    /// The caller's key.
    pub(crate) fn key(&self) -> Option<&IdempotencyKey> {
        Some(match self {
            Self::Charge(asked) => &asked.key,
            Self::Authorise(asked) => &asked.job.key,
            Self::Settle(asked) => &asked.key,
            Self::Cancel(asked) => &asked.key,
            Self::Adjust(asked) => &asked.key,
            Self::SetBalance(asked) => &asked.key,
            Self::ResetAllowance(asked) => &asked.key,
            Self::Extend(asked) => &asked.key,
            Self::TopUp(asked) => &asked.key,
            Self::PayOut(asked) => &asked.key,
            Self::TransferFunds(asked) => &asked.key,
            Self::Refund(asked) => &asked.key,
            Self::Void(asked) => &asked.key,
            Self::ChargeOrKeep(asked) => &asked.job.key,
            _ => return None,
        })
    }

    /// Whether it has a key, or names what has one, by which what became of it is found out.
    pub(crate) fn has_key(&self) -> bool {
        let names = matches!(
            self,
            Self::AssignUntracked(_) | Self::DismissUntracked(_) | Self::EraseUntrackedName(_)
        );
        names || self.key().is_some()
    }
}

/// What a command that was not refused answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Of a bootstrap.
    Bootstrapped(Bootstrapped),
    /// Of the ledger.
    Receipt(Receipt),
    /// Of a job that is charged or kept.
    Outcome(Box<ChargedOrKept>),
    /// Untracked usage.
    Untracked(Box<UntrackedUsage>),
    /// How many entries were written for what fell due.
    Settled(i32),
    /// A user.
    Changed(Changed),
    /// A user who is active again.
    Reactivated(Reactivated),
    /// Two users.
    Transferred(Box<Transferred>),
    /// A profile with its new plans.
    Profile(SavedProfile),
    /// A profile.
    SavedProfile(Saved<ProfileId>),
    /// A price list.
    PriceList(Saved<PriceListId>),
    /// A role.
    Role(Saved<RoleId>),
    /// A group.
    Group(Saved<GroupId>),
    /// A group with its new plans.
    GroupPlans(SavedGroup),
    /// An account.
    Account(Saved<AccountId>),
    /// The settings.
    Tenant(SavedTenant),
    /// Of a deletion.
    Nothing(()),
}

/// Everything that an answer says, as text: two answers are the same if and only if this is.
#[must_use]
pub fn in_full(answer: &Answer) -> String {
    let mut text = format!("{answer:?}");
    let json = match answer {
        Ok(Reply::Receipt(receipt)) => serde_json::to_string(receipt),
        Err(error) => serde_json::to_string(error),
        Ok(_) => Ok(String::new()),
    };
    let _ = write!(text, " {json:?}");
    // Secrets are told once, and have no `Debug` that shows them.
    let identities = match answer {
        Ok(Reply::Changed(changed)) => &changed.identities[..],
        Ok(Reply::Reactivated(reactivated)) => &reactivated.user.identities[..],
        _ => &[],
    };
    for identity in identities {
        let _ = write!(text, " {}", identity.value.expose());
    }
    text
}
