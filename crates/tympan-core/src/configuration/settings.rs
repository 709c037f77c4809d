//! The tenant's own settings.

use tympan_vault::pin::{PinAlphabet, PinFloor, PinPolicy, PinUse};

use crate::card_pipeline::CardPipeline;
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Done, Draft, find, reads};
use crate::configuration::pin_policy::{alphabet_word, floor_word, pin_policy};
use crate::configuration::uses::population;
use crate::error::{Code, Error};
use crate::ids::{ProfileId, TenantId};
use crate::ledger::Thresholds;
use crate::permissions::{Requirement, TENANT_EDIT};
use crate::records::{Profile, Tenant};
use crate::refusals::{Refusals, stale};
use crate::text;
use crate::view::{ReadSet, View};

/// Edits the tenant's settings: all of it, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditTenant {
    /// The version of the configuration that the edit was made against; none: whatever it is.
    pub expected_version: Option<i64>,
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
    /// Below which balances of own funds in the tenant's currency somebody is to be told, in micros;
    /// an empty list: none.
    pub low_funds: Option<Thresholds>,
    /// The steps that every card number passes, as JSON: see [`CardPipeline`]. Cards that are
    /// registered already keep the value that they have: those that the new steps read otherwise
    /// find nobody any more, until they are registered anew. So other steps need
    /// `accepts_unfindable_cards`, unless the tenant has a single user.
    pub card_pipeline: Option<String>,
    /// Whether the card pipeline may change although users may have cards that are found no more.
    /// Means nothing where it stays the same.
    pub accepts_unfindable_cards: bool,
}

/// The answer to an edit of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedTenant {
    /// The version of the configuration now.
    pub version: i64,
    /// What the PIN policy means for as many users as there are; none if the edit did not touch it.
    pub pins: Option<PinStrength>,
}

/// What a PIN policy means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinStrength {
    /// For so many users.
    pub users: i64,
    /// Characters of a PIN that signs in alone, at least.
    pub minimum_length: u8,
    /// Of so many guesses, one signs in as somebody.
    pub guesses_per_hit: u64,
}

/// An edit with its texts normalised.
#[derive(Debug)]
pub struct PreparedEditTenant {
    edit: EditTenant,
}

impl Command for EditTenant {
    type Prepared = PreparedEditTenant;
    const NAME: &'static str = "edit_tenant";
    const REQUIRES: Requirement = Requirement::Permission(TENANT_EDIT);

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedEditTenant, Error> {
        let mut refusals = Refusals::default();
        let name = text::given("name", self.name.as_deref(), text::MAX_NAME);
        let name = refusals.or_default(name);
        let pipeline = self.card_pipeline.as_deref().map(CardPipeline::parse);
        let pipeline = refusals.or_default(pipeline.transpose());
        refusals.finish()?;
        Ok(PreparedEditTenant {
            edit: Self {
                name,
                card_pipeline: pipeline.map(|pipeline| pipeline.to_json()),
                ..self.clone()
            },
        })
    }
}

impl Decide for PreparedEditTenant {
    type Reply = SavedTenant;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<SavedTenant>, Stop> {
        let mut draft = Draft::open(view, context.tenant)?;
        let before = &draft.before.tenant;
        let mut tenant = before.clone();
        self.edit(&mut tenant);
        let policy = pin_policy(&tenant)?;
        let default = find::<Profile>(draft.before, tenant.default_profile)?;
        stale(before.version, self.edit.expected_version)?;
        if tenant.card_pipeline != before.card_pipeline && !self.edit.accepts_unfindable_cards {
            check_cards(population(view, draft.before)?)?;
        }
        if default.retired && tenant.default_profile != before.default_profile {
            return Err(Error::of(Code::Retired).with("profile", default.id).into());
        }
        let pins = if pin_fields(&tenant) == pin_fields(before) {
            None
        } else {
            Some(strength(&draft, &policy)?)
        };
        draft.note_record("", Some(before), Some(&tenant));
        let version = before.version + i64::from(tenant != *before);
        draft.after.tenant = tenant;
        let done = Done {
            action: EditTenant::NAME,
            subject_kind: "tenant",
            subject: context.tenant.0,
        };
        let changes = draft.close(context, &done)?;
        Ok(Decision::new(changes, SavedTenant { version, pins }))
    }
}

impl PreparedEditTenant {
    fn edit(&self, tenant: &mut Tenant) {
        let edit = &self.edit;
        if let Some(name) = &edit.name {
            tenant.name.clone_from(name);
        }
        if let Some(profile) = edit.default_profile {
            tenant.default_profile = profile;
        }
        if let Some(length) = edit.pin_length {
            tenant.pin_length = length;
        }
        if let Some(alphabet) = edit.pin_alphabet {
            alphabet_word(alphabet).clone_into(&mut tenant.pin_alphabet);
        }
        if let Some(floor) = edit.pin_floor {
            floor_word(floor).clone_into(&mut tenant.pin_floor);
        }
        if let Some(low) = &edit.low_funds {
            tenant.low_funds.clone_from(low);
        }
        if let Some(pipeline) = &edit.card_pipeline {
            tenant.card_pipeline.clone_from(pipeline);
        }
    }
}

fn pin_fields(tenant: &Tenant) -> (i32, &str, &str) {
    (tenant.pin_length, &tenant.pin_alphabet, &tenant.pin_floor)
}

/// Nothing counts cards, and so whoever has users may have cards. A tenant that is being set up has
/// its first administrator only, and is not asked.
fn check_cards(users: i64) -> Result<(), Error> {
    if users <= 1 {
        return Ok(());
    }
    let message = "users may have cards that another pipeline finds no more; \
                   `accepts_unfindable_cards` changes it all the same";
    Err(Error::new(Code::InUse, message)
        .with("field", "card_pipeline")
        .with("users", users))
}

fn strength(draft: &Draft<'_>, policy: &PinPolicy) -> Result<PinStrength, Stop> {
    let users = population(draft.view, draft.before)?;
    let alone = PinUse::Alone {
        users: u64::try_from(users).unwrap_or(0),
    };
    let unlearnable = |fault: tympan_vault::pin::PinFault| {
        Error::new(Code::PinPolicy, fault.to_string()).with("field", "pin_floor")
    };
    Ok(PinStrength {
        users,
        minimum_length: policy.minimum_length(alone).map_err(unlearnable)?,
        guesses_per_hit: policy.guesses_per_hit(alone).map_err(unlearnable)?,
    })
}
