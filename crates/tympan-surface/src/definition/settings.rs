//! The tenant: made once, and its settings.

use crate::definition::{ProfileId, RoleId, TenantId, UserId};
use crate::{Call, Timestamp, Tympan};

/// Who administers a new tenant, besides the name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstAdministrator {
    /// The username.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

/// What a bootstrap made.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrapped {
    /// The tenant.
    pub tenant: TenantId,
    /// Its first administrator.
    pub administrator: UserId,
    /// The role that may do everything. Names of roles can be changed, so hosts keep the ids.
    pub administrator_role: RoleId,
    /// The role that sees users, allowances and reports, moves money (own funds, refunds), and says
    /// whose untracked usage is.
    pub accountant_role: RoleId,
    /// The role that may do what everybody may about themselves.
    pub regular_role: RoleId,
    /// The profile of a user for whom none is asked.
    pub default_profile: ProfileId,
}

/// What holds for a whole tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Rises with every change of the configuration.
    pub version: i32,
    /// The profile of a user for whom none is asked.
    pub default_profile: ProfileId,
    /// The currency of own funds where no price list names another, as ISO 4217 writes it.
    pub currency: String,
    /// The steps that every card number passes, as JSON.
    pub card_pipeline: String,
    /// Characters of a generated PIN.
    pub pin_length: i32,
    /// What PINs are made of.
    pub pin_alphabet: PinAlphabet,
    /// How long a PIN that signs in alone must be.
    pub pin_floor: PinFloor,
    /// Below which balances of own funds in the tenant's currency an event is raised, in micros,
    /// highest first.
    pub low_funds: Vec<i64>,
    /// The version of the time zone database that decided last.
    pub time_zone_database: String,
    /// When the tenant was made.
    pub created_at: Timestamp,
}

/// What PINs are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PinAlphabet {
    /// The ten digits.
    Numeric,
    /// 27 digits and letters, none of which looks like another. The case of letters does not
    /// matter.
    Alphanumeric,
}

/// How long a PIN that signs in alone must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PinFloor {
    /// At most one guess in 100,000 hits: 8 digits for 1,000 users.
    Population,
    /// What the field is used to: 4 digits under 1,000 users, 5 under 10,000, 6 under 100,000 and
    /// so on, that is, fewer than one guess in ten hits. Only throttling protects such PINs.
    Usual,
}

/// What an edit changes of the settings; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditSettings {
    /// The version of the configuration that the edit was made against; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Another name.
    pub name: Option<String>,
    /// Another profile for users for whom none is asked; not a retired one.
    pub default_profile: Option<ProfileId>,
    /// Characters of a generated PIN: 4 to 16.
    pub pin_length: Option<i32>,
    /// What PINs are made of.
    pub pin_alphabet: Option<PinAlphabet>,
    /// How long a PIN that signs in alone must be.
    pub pin_floor: Option<PinFloor>,
    /// Below which balances of own funds in the tenant's currency an event is raised, in micros, in
    /// any order, at most 8; an empty list: none.
    pub low_funds: Option<Vec<i64>>,
    /// The steps that every card number passes, as JSON. Cards that are registered already keep the
    /// value that they have: those that the new steps read otherwise find nobody any more, until
    /// they are registered anew. So other steps need `accepts_unfindable_cards`, unless the tenant
    /// has a single user.
    pub card_pipeline: Option<String>,
    /// Whether the card pipeline may change although users may have cards that are found no more.
    pub accepts_unfindable_cards: bool,
}

/// The answer to an edit of the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedSettings {
    /// The version of the configuration now.
    pub version: i32,
    /// What the PIN policy means for as many users as there are; none if the edit did not touch it.
    pub pins: Option<PinStrength>,
}

/// What a PIN policy means.
#[derive(Clone, Debug, PartialEq)]
pub struct PinStrength {
    /// For so many users.
    pub users: i32,
    /// Characters of a PIN that signs in alone, at least.
    pub minimum_length: i32,
    /// Of so many guesses, one signs in as somebody.
    pub guesses_per_hit: i64,
}

impl Tympan {
    /// Makes the tenant with its starter roles, a default profile and its first administrator.
    /// Only the host itself can ask for it, and only once: there is no default account to break
    /// into. The currency, as ISO 4217 writes it, is that of own funds where no price list names
    /// another.
    ///
    /// # Errors
    /// `bootstrap_done`, `denied`, `unknown_currency`, `empty_text`, `text_too_long`,
    /// `control_character`, `invalid_email`, `invalid_value`.
    pub fn bootstrap(
        &self,
        tenant_name: String,
        currency: String,
        administrator_name: String,
        options: FirstAdministrator,
    ) -> Call<Bootstrapped> {
        self.command(options.bootstrap(tenant_name, &currency, administrator_name))
    }

    /// What holds for the whole tenant.
    ///
    /// # Errors
    /// `unknown_tenant` before the bootstrap; `denied` without `configuration.read`.
    pub fn settings(&self) -> Call<Settings> {
        self.ask_checked(|handle| Settings::of(&handle.configuration()?.tenant))
    }

    /// Edits the settings: all of it, or nothing.
    ///
    /// # Errors
    /// `denied`, `stale_version`, `unknown_profile`, `retired`, `pin_policy`, `invalid_pipeline`,
    /// `invalid_value`, `empty_text`, `text_too_long`, `control_character`, `amount_overflow`,
    /// `too_many`.
    pub fn edit_settings(&self, options: EditSettings) -> Call<SavedSettings> {
        self.command(options.command())
    }
}
