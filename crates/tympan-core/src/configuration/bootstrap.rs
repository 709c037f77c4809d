//! Making a tenant: the one command that works where there is nothing yet, exactly once.

use std::sync::Arc;

use tympan_vault::pin::{DEFAULT_PIN_LENGTH, PinAlphabet, PinFloor};

use crate::audit::{self, Event};
use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::reads;
use crate::configuration::settings::{alphabet_word, floor_word};
use crate::configuration::starter::{self, StarterRoles};
use crate::error::{Code, Error};
use crate::ids::{IdentityId, ProfileId, TenantId, UserId};
use crate::measure::Currency;
use crate::people::{LookupValue, RawValue, lookup_value};
use crate::permissions::Requirement;
use crate::queries::fold_user;
use crate::records::{
    Claim, Config, Identity, IdentityKind, IdentitySource, Relations, Subject, SubjectKind, Tenant,
    User, Uses,
};
use crate::text;
use crate::time::{Timestamp, time_zone_database};
use crate::view::{Change, Key, ReadSet, Record, View};

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
    name: String,
    identities: Vec<(IdentityKind, String, String)>,
}

impl Command for Bootstrap {
    type Prepared = PreparedBootstrap;
    const NAME: &'static str = "bootstrap";
    const REQUIRES: Requirement = Requirement::Host;

    fn prepare(&self, preparation: &mut Preparation<'_>) -> Result<PreparedBootstrap, Error> {
        let administrator = &self.administrator;
        if let Some(email) = &administrator.email {
            text::email("email", email)?;
        }
        let mut identities = Vec::new();
        for (kind, raw) in [
            (IdentityKind::Username, &administrator.username),
            (IdentityKind::Email, &administrator.email),
        ] {
            if let Some(raw) = raw {
                let raw = RawValue::from(raw.as_str());
                let LookupValue { lookup, shown, .. } = lookup_value(&kind, &raw, preparation)?;
                identities.push((kind, lookup, shown));
            }
        }
        Ok(PreparedBootstrap {
            tenant_name: text::required("tenant_name", &self.tenant_name, text::MAX_NAME)?,
            currency: self.currency,
            name: text::required("name", &administrator.name, text::MAX_NAME)?,
            identities,
        })
    }
}

impl Decide for PreparedBootstrap {
    type Reply = Bootstrapped;

    fn reads(&self, tenant: TenantId) -> ReadSet {
        reads(tenant)
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
        // Asked for before anything is drawn: with it, nothing more can be missing.
        view.strand(tenant, audit::STRAND)?;
        let now = context.now;
        let default_profile = ProfileId(context.ids.next());
        let mut config = Config::empty(self.tenant(tenant, default_profile, now));
        let profile = starter::profile(tenant, default_profile, now);
        config.profiles.insert(default_profile, profile);
        let roles = starter::add_roles(&mut config, context.ids, now);
        let bootstrapped = Bootstrapped {
            tenant,
            administrator: UserId(context.ids.next()),
            roles,
            default_profile,
        };
        let event = Event {
            action: Bootstrap::NAME,
            subject_kind: "tenant",
            subject: tenant.0,
            changes: self.noted(bootstrapped.administrator),
            reason: None,
        };
        let mut changes = vec![Change::Put(
            Key::Config(tenant),
            Record::Config(Arc::new(config)),
        )];
        changes.extend(self.administrator(&bootstrapped, context));
        changes.extend(audit::record(view, context, vec![event])?);
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
            card_pipeline: "[]".to_owned(),
            pin_length: i32::from(DEFAULT_PIN_LENGTH),
            pin_alphabet: alphabet_word(PinAlphabet::default()).to_owned(),
            pin_floor: floor_word(PinFloor::default()).to_owned(),
            time_zone_database: time_zone_database().to_owned(),
            created_at: now,
        }
    }

    /// The first user, with claims on the identities, counted where used.
    fn administrator(&self, made: &Bootstrapped, context: &mut Context<'_>) -> Vec<Change> {
        let (tenant, user) = (context.tenant, made.administrator);
        let mut relations = Relations::default();
        let mut changes = Vec::new();
        for (kind, value, shown) in &self.identities {
            let identity = Identity {
                tenant,
                user,
                id: IdentityId(context.ids.next()),
                kind: kind.clone(),
                value: value.clone(),
                shown: shown.clone(),
                sealed: None,
                label: None,
                enabled: true,
                is_primary: true,
                alone: false,
                source: IdentitySource::Manual,
                created_at: context.now,
            };
            let claim = Claim {
                tenant,
                kind: kind.clone(),
                value: value.clone(),
                user,
                identity: identity.id,
                version: 1,
            };
            let key = Key::Claim(tenant, claim.name());
            changes.push(Change::Put(key, Record::Claim(Arc::new(claim))));
            relations.identities.push(identity);
        }
        let row = self.user(made, context.now);
        changes.push(Change::Put(
            Key::User(tenant, user),
            Record::User(Arc::new(row)),
        ));
        changes.push(Change::Put(
            Key::Relations(tenant, user),
            Record::Relations(Arc::new(relations)),
        ));
        for (kind, id) in [
            (SubjectKind::Profile, made.default_profile.0),
            (SubjectKind::Role, made.roles.administrator.0),
        ] {
            let subject = Subject { kind, id };
            let uses = Uses {
                users: 1,
                active_users: 1,
                version: 1,
                ..Uses::none(tenant, subject)
            };
            changes.push(Change::Put(Key::Uses(tenant, subject), Record::Uses(uses)));
        }
        changes
    }

    fn user(&self, made: &Bootstrapped, now: Timestamp) -> User {
        let mut user = User {
            tenant: made.tenant,
            id: made.administrator,
            version: 1,
            name: self.name.clone(),
            username: self.shown(&IdentityKind::Username),
            network_name: None,
            network_domain: None,
            email: self.shown(&IdentityKind::Email),
            active: true,
            production: false,
            restricted: true,
            account_code: None,
            department: None,
            office: None,
            home: None,
            notes: None,
            profile: made.default_profile,
            profile_since: now,
            role: Some(made.roles.administrator),
            created_at: now,
            updated_at: now,
            name_folded: String::new(),
            username_folded: None,
            network_name_folded: None,
            email_folded: None,
            account_code_folded: None,
        };
        fold_user(&mut user);
        user
    }

    fn shown(&self, wanted: &IdentityKind) -> Option<String> {
        self.identities
            .iter()
            .find(|(kind, ..)| kind == wanted)
            .map(|(_, _, shown)| shown.clone())
    }

    fn noted(&self, administrator: UserId) -> Vec<(String, Option<String>, Option<String>)> {
        [
            ("name", Some(self.tenant_name.clone())),
            ("currency", Some(self.currency.code().to_owned())),
            ("administrator", Some(administrator.to_string())),
            ("administrator.name", Some(self.name.clone())),
            (
                "administrator.username",
                self.shown(&IdentityKind::Username),
            ),
            ("administrator.email", self.shown(&IdentityKind::Email)),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .map(|(field, value)| (field.to_owned(), None, value))
        .collect()
    }
}
