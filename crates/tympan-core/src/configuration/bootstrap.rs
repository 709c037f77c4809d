//! Making a tenant: the one command that works where there is nothing yet, exactly once.

use std::sync::Arc;

use tympan_vault::pin::{DEFAULT_PIN_LENGTH, PinAlphabet, PinFloor};

use crate::audit::{self, Event};
use crate::card_pipeline::CardPipeline;
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::reads;
use crate::configuration::pin_policy::{alphabet_word, floor_word};
use crate::configuration::starter::{self, StarterRoles};
use crate::error::{Code, Error};
use crate::ids::{ProfileId, TenantId, UserId};
use crate::ledger::{Thresholds, new_register, register_key};
use crate::measure::Currency;
use crate::people::{FirstUser, UserFields};
use crate::permissions::Requirement;
use crate::proof;
use crate::records::{Config, Tenant};
use crate::refusals::Refusals;
use crate::text;
use crate::time::{Timestamp, time_zone_database};
use crate::view::{Change, Key, ReadSet, Record, View, apply};

/// Makes the tenant with its starter roles, a default profile and its first administrator. Only
/// the host itself can ask for it, and only once: there is no default account to break into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The company's name.
    pub tenant_name: String,
    /// The currency of own funds where no price list names another.
    pub currency: Currency,
    /// Who administers it.
    pub administrator: FirstAdministrator,
}

/// The first user of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAdministrator {
    /// The name that is shown.
    pub name: String,
    /// The username.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

impl Bootstrap {
    /// A tenant with an administrator who has nothing but a name yet.
    pub fn new(
        tenant_name: impl Into<String>,
        currency: Currency,
        administrator_name: impl Into<String>,
    ) -> Self {
        Self {
            tenant_name: tenant_name.into(),
            currency,
            administrator: FirstAdministrator {
                name: administrator_name.into(),
                username: None,
                email: None,
            },
        }
    }

    /// The same with a username for the administrator.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.administrator.username = Some(username.into());
        self
    }

    /// The same with an e-mail address for the administrator.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.administrator.email = Some(email.into());
        self
    }
}

/// What a bootstrap made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrapped {
    /// The tenant.
    pub tenant: TenantId,
    /// Its first administrator.
    pub administrator: UserId,
    /// Its roles.
    pub roles: StarterRoles,
    /// The profile of a user for whom none is asked.
    pub default_profile: ProfileId,
}

/// A bootstrap with its texts normalised.
#[derive(Debug)]
pub struct PreparedBootstrap {
    tenant_name: String,
    currency: Currency,
    administrator: FirstUser,
}

impl Command for Bootstrap {
    type Prepared = PreparedBootstrap;
    const NAME: &'static str = "bootstrap";
    const REQUIRES: Requirement = Requirement::Host;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedBootstrap, Error> {
        let administrator = UserFields {
            name: Some(self.administrator.name.clone()),
            username: self.administrator.username.clone(),
            email: self.administrator.email.clone(),
            ..UserFields::default()
        };
        let mut refusals = Refusals::default();
        let name = text::required("tenant_name", &self.tenant_name, text::MAX_NAME);
        let name = refusals.prepared(name);
        let administrator = refusals.prepared(FirstUser::prepare(&administrator));
        let (tenant_name, administrator) = refusals.all(name.zip(administrator))?;
        Ok(PreparedBootstrap {
            tenant_name,
            currency: self.currency,
            administrator,
        })
    }
}

impl Decide for PreparedBootstrap {
    type Reply = Bootstrapped;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = reads(tenant).and(register_key(tenant));
        set.extend(self.administrator.reads(tenant));
        set
    }

    fn decide(
        &self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Decision<Bootstrapped>, Stop> {
        let tenant = context.tenant;
        if view.config(tenant)?.is_some() {
            return Err(Error::of(Code::BootstrapDone).into());
        }
        let now = context.now;
        let default_profile = ProfileId(context.ids.next());
        let mut config = Config::empty(self.tenant(tenant, default_profile, now));
        let profile = starter::profile(tenant, default_profile, now);
        config.profiles.insert(default_profile, profile);
        let roles = starter::add_roles(&mut config, context.ids, now);
        let event = Event {
            action: Bootstrap::NAME,
            subject_kind: "tenant",
            subject: tenant.0,
            changes: vec![
                noted("name", &self.tenant_name),
                noted("currency", self.currency.code()),
            ],
            reason: None,
        };
        let mut changes = Vec::new();
        audit::record(view, context, vec![event], &mut changes)?;
        // The first user is decided over a view in which the tenant's own event is written.
        let mut made = view.clone();
        apply(changes.clone(), &mut made);
        let (administrator, user) = self.administrator.create(
            &made,
            context,
            &config,
            roles.administrator,
            Bootstrap::NAME,
        )?;
        config.tenant.digests = proof::of_config(&context.keys.record, &config);
        let config = Record::Config(Arc::new(config));
        changes.push(Change::Put(Key::Config(tenant), config));
        changes.push(new_register(tenant, now));
        changes.extend(user);
        let bootstrapped = Bootstrapped {
            tenant,
            administrator,
            roles,
            default_profile,
        };
        Ok(Decision::new(changes, bootstrapped))
    }
}

impl PreparedBootstrap {
    fn tenant(&self, id: TenantId, default_profile: ProfileId, now: Timestamp) -> Tenant {
        Tenant {
            id,
            name: self.tenant_name.clone(),
            version: 1,
            default_profile,
            currency: self.currency,
            card_pipeline: CardPipeline::default().to_json(),
            pin_length: i32::from(DEFAULT_PIN_LENGTH),
            pin_alphabet: alphabet_word(PinAlphabet::default()).to_owned(),
            pin_floor: floor_word(PinFloor::default()).to_owned(),
            low_funds: Thresholds::default(),
            time_zone_database: time_zone_database().to_owned(),
            created_at: now,
            digests: Vec::new(),
        }
    }
}

fn noted(field: &str, value: &str) -> (String, Option<String>, Option<String>) {
    (field.to_owned(), None, Some(value.to_owned()))
}
