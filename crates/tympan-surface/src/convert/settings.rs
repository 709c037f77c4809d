//! The tenant: its bootstrap and its settings.

use tympan::core::configuration::pin_words;
use tympan::core::records::Tenant;
use tympan::{Bootstrap, Currency, Error, Thresholds};

use super::{count, same_words, total, version};
use crate::definition::{
    Bootstrapped, EditSettings, FirstAdministrator, PinAlphabet, PinFloor, PinStrength,
    SavedSettings, Settings,
};

same_words! {
    PinAlphabet => tympan::PinAlphabet { Numeric Alphanumeric }
    tympan::PinAlphabet => PinAlphabet { Numeric Alphanumeric }
    PinFloor => tympan::PinFloor { Population Usual }
    tympan::PinFloor => PinFloor { Population Usual }
}

impl FirstAdministrator {
    /// # Errors
    /// `unknown_currency`.
    pub(crate) fn bootstrap(
        self,
        tenant_name: String,
        currency: &str,
        name: String,
    ) -> Result<Bootstrap, Error> {
        Ok(Bootstrap {
            tenant_name,
            currency: Currency::parse(currency)?,
            administrator: tympan::FirstAdministrator {
                name,
                username: self.username,
                email: self.email,
            },
        })
    }
}

impl From<tympan::Bootstrapped> for Bootstrapped {
    fn from(made: tympan::Bootstrapped) -> Self {
        Self {
            tenant: made.tenant,
            administrator: made.administrator,
            administrator_role: made.roles.administrator,
            accountant_role: made.roles.accountant,
            regular_role: made.roles.regular,
            default_profile: made.default_profile,
        }
    }
}

impl EditSettings {
    pub(crate) fn command(self) -> Result<tympan::EditTenant, Error> {
        Ok(tympan::EditTenant {
            expected_version: version(self.expected_version),
            name: self.name,
            default_profile: self.default_profile,
            pin_length: self.pin_length,
            pin_alphabet: self.pin_alphabet.map(Into::into),
            pin_floor: self.pin_floor.map(Into::into),
            low_funds: self.low_funds.map(Thresholds::new).transpose()?,
            card_pipeline: self.card_pipeline,
            accepts_unfindable_cards: self.accepts_unfindable_cards,
        })
    }
}

impl Settings {
    /// # Errors
    /// `invalid_value` for settings that this version does not know.
    pub(crate) fn of(tenant: &Tenant) -> Result<Self, Error> {
        let (pin_alphabet, pin_floor) = pin_words(tenant)?;
        Ok(Self {
            tenant: tenant.id,
            name: tenant.name.clone(),
            version: count(tenant.version),
            default_profile: tenant.default_profile,
            currency: tenant.currency.code().to_owned(),
            card_pipeline: tenant.card_pipeline.clone(),
            pin_length: tenant.pin_length,
            pin_alphabet: pin_alphabet.into(),
            pin_floor: pin_floor.into(),
            low_funds: tenant.low_funds.amounts().to_vec(),
            time_zone_database: tenant.time_zone_database.clone(),
            created_at: tenant.created_at,
        })
    }
}

impl From<tympan::SavedTenant> for SavedSettings {
    fn from(saved: tympan::SavedTenant) -> Self {
        Self {
            version: count(saved.version),
            pins: saved.pins.map(PinStrength::from),
        }
    }
}

impl From<tympan::PinStrength> for PinStrength {
    fn from(strength: tympan::PinStrength) -> Self {
        Self {
            users: count(strength.users),
            minimum_length: strength.minimum_length.into(),
            guesses_per_hit: total(strength.guesses_per_hit),
        }
    }
}
