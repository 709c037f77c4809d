#![doc = include_str!("../../../README.md")]

#[cfg(feature = "sqlite")]
mod backup;
mod capabilities;
mod copy;
mod dump;
mod engine;
mod events;
pub mod guide;
mod handle;
mod history;
mod jobs;
#[cfg(feature = "sqlite")]
mod key_file;
pub mod limits;
mod open;
mod options;
mod page;
pub mod permissions;
#[cfg(feature = "postgres")]
mod postgres;
mod queries;
mod reports;
mod rows;
pub mod sources;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod sweep;
mod text_lines;
mod things;
mod untracked;
mod verify;

#[cfg(feature = "sqlite")]
pub use backup::{restore, verify_backup};
pub use capabilities::Capabilities;
pub use copy::{Copied, CopyProgress};
pub use engine::{Ended, Submission};
pub use events::{EventKind, EventList, HostEvent, LowBalance};
pub use handle::{Handle, Tympan};
pub use history::AuditLine;
pub use jobs::{JobLine, JobState};
pub use options::Options;
pub use page::{Page, PageRequest};
pub use queries::UserList;
pub use reports::{
    ReportBy, ReportEvery, ReportFilter, ReportRow, ReportSubject, ReportTotal, UsageReport,
};
pub use statement::{Period, Position, Statement, StatementLine};
pub use sweep::Swept;
pub use text_lines::TextFormat;
pub use things::{ShownGroup, ShownPriceList, ShownProfile, ShownRole};
pub use tympan_core as core;
pub use tympan_core::card_pipeline::{CardPipeline, CardPreview};
pub use tympan_core::command::{Actor, Command, Decide};
pub use tympan_core::configuration::{
    Bootstrap, Bootstrapped, CreateAccount, CreateGroup, CreatePriceList, CreateProfile,
    CreateRole, DeleteAccount, DeleteGroup, DeletePriceList, DeleteProfile, DeleteRole, EditGroup,
    EditPriceList, EditProfile, EditRole, EditTenant, Filter, FirstAdministrator, PinStrength,
    PlanChange, PlanTerms, PriceTerms, RenameAccount, RenameGroup, RenamePriceList, RenameProfile,
    RenameRole, RetireAccount, RetireGroup, RetirePriceList, RetireProfile, RetireRole, Saved,
    SavedGroup, SavedProfile, SavedTenant, StarterRoles, TwoSided, UnretireAccount, UnretireGroup,
    UnretirePriceList, UnretireProfile, UnretireRole, UsesCount,
};
pub use tympan_core::error::{Code, Error, Kind};
pub use tympan_core::ids::{
    AccountId, AuditId, EntryId, GroupId, HoldId, IdentityId, PlanId, PriceListId, ProfileId,
    RoleId, RoleRowId, TenantId, UserId,
};
pub use tympan_core::ledger::{
    Adjust, AssignUntracked, Authorise, Cancel, Charge, ChargeOrKeep, ChargedOrKept, Counter,
    DismissUntracked, EraseUntrackedName, Extend, Extra, IdempotencyKey, JobDetails, Missing,
    PayOut, Price, Quote, QuoteLine, Quoted, Receipt, ReceiptLine, Refund, RefundPart,
    ResetAllowance, Rounding, RoundingMode, SetBalance, Settle, SettleDue, Shared, Standing,
    StatedCost, Thresholds, TopUp, TransferFunds, UntrackedId, UntrackedUsage, Usage, Void,
    WalletName,
};
pub use tympan_core::measure::{Currency, CustomMeasure, Measure};
pub use tympan_core::people::{
    Accounts, AddIdentity, Changed, CreateUser, DeactivateUser, EditUser, EffectivePlan,
    EffectiveValue, EnableIdentity, Explanation, Gone, IdentityEdit, IdentityReference,
    IdentityType, NamedThing, NewIdentity, NewRoleRow, NewValue, RawValue, ReactivateUser,
    Reactivated, RemoveIdentity, ReplaceIdentity, RoleRowEdit, ShownIdentity, ShownRoleRow,
    ShownUser, SmartCard, SmartCardObstacle, StoredIdentity, SwapIdentities, TransferIdentity,
    Transferred, UserDetails, UserField, UserFields, UserReference, ValueSource,
};
pub use tympan_core::records::{
    Account, Config, IdentityKind, IdentitySource, JobKind, PlanOwner, PlanRevision, PriceRule,
    SharedOrder, SharedWith, Stacking, Tenant, Tracking, UntrackedState, Verb, WalletKind,
    WhenExhausted, WordKeeping,
};
pub use tympan_core::schedule::{Cycle, Date, ResetVerb, Schedule, TimeOfDay, Weekday};
pub use tympan_core::time::{TimeZoneName, Timestamp};
pub use tympan_store::{Durability, Keeping, Migrate, Report, Store};
pub use tympan_vault::pin::{PinAlphabet, PinFloor};
pub use tympan_vault::{KeyError, KeyRing, SealedKeysError, SecretText};
pub use verify::{Fault, Verification};
