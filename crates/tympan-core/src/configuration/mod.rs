//! What is configured for a tenant: its settings, and the things that have names.
//!
//! Profiles, roles, groups, accounts and price lists are created by commands of their own, and
//! renamed, retired, deleted, listed and shown by one mechanism for all of them ([`Named`]). Each
//! command writes a new snapshot, raises the version of the thing and of the tenant by one, and
//! leaves one audit event. A command that would change nothing writes nothing.

mod administrators;
mod bootstrap;
mod create;
mod delete;
mod draft;
mod group;
mod limits;
mod list;
mod named;
mod pin_policy;
mod plan;
mod price_list;
mod price_terms;
mod profile;
mod rename;
mod retire;
mod role;
mod settings;
mod starter;
#[cfg(test)]
mod tests;
mod uses;

pub(crate) use administrators::administrators;
pub use bootstrap::{Bootstrap, Bootstrapped, FirstAdministrator};
pub use create::{Create, CreateAccount, CreateGroup, NameOnly};
pub use delete::{Delete, DeleteAccount, DeleteGroup, DeletePriceList, DeleteProfile, DeleteRole};
pub use draft::Saved;
pub(crate) use draft::find;
pub use group::{EditGroup, SavedGroup};
pub use limits::{
    MAX_AMOUNT, MAX_GROUP_PLANS, MAX_NAMED, MAX_PERMISSIONS, MAX_PLAN_ROWS, MAX_PLANS,
    MAX_PRICE_ROWS, MAX_PRICE_RULES, MAX_REVISIONS, MAX_USER_PLANS,
};
pub use list::{Filter, list, show};
pub use named::{Named, SharedCommands};
pub(crate) use pin_policy::pin_policy;
pub use pin_policy::pin_words;
pub(crate) use plan::plans_of_user;
pub use plan::{PlanChange, PlanTerms};
pub use price_list::{CreatePriceList, EditPriceList};
pub use price_terms::{PriceTerms, TwoSided};
pub use profile::{CreateProfile, EditProfile, SavedProfile};
pub use rename::{Rename, RenameAccount, RenameGroup, RenamePriceList, RenameProfile, RenameRole};
pub use retire::{
    Retire, RetireAccount, RetireGroup, RetirePriceList, RetireProfile, RetireRole, Unretire,
    UnretireAccount, UnretireGroup, UnretirePriceList, UnretireProfile, UnretireRole,
};
pub use role::{CreateRole, EditRole};
pub use settings::{EditTenant, PinStrength, SavedTenant};
pub use starter::StarterRoles;
pub use uses::{UsesCount, uses, uses_reads};
pub(crate) use uses::{population, population_reads};
