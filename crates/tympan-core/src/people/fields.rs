//! The fields of a user as a person fills them in.

use crate::command::Context;
use crate::error::{Code, Error};
use crate::ids::{ProfileId, RoleId, TenantId};
use crate::people::new_identity::{blank, claim_name};
use crate::people::person::{DOMAIN_SEPARATOR, Person};
use crate::people::value::plain_value;
use crate::records::{Identity, IdentityKind, IdentitySource, SharedWith};
use crate::refusals::{Refusals, too_many};
use crate::text;
use crate::view::{Key, ReadSet};

/// E-mail addresses of one user besides the primary one.
pub const MAX_OTHER_EMAILS: usize = 20;

/// Percent of a price that a user may pay at most: more is a slip of the finger.
pub const MAX_PRICE_PERCENT: i32 = 1_000;

/// Fields to set; what is not given stays. Set a field to nothing by naming it among those to
/// clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFields {
    /// The name that is shown.
    pub name: Option<String>,
    /// The name in this system: an identity, at most 50 characters.
    pub username: Option<String>,
    /// The name in the network, without or with its domain before a backslash: an identity.
    pub network_name: Option<String>,
    /// The domain of the network name.
    pub network_domain: Option<String>,
    /// The primary e-mail address: an identity.
    pub email: Option<String>,
    /// All other e-mail addresses; those that are not named go.
    pub other_emails: Option<Vec<String>>,
    /// Whether the user can sign in and print.
    pub active: Option<bool>,
    /// Whether the user works in production.
    pub production: Option<bool>,
    /// Whether wallets limit the user.
    pub restricted: Option<bool>,
    /// How many percent of what price lists say the user pays, 0 to [`MAX_PRICE_PERCENT`].
    pub price_percent: Option<i32>,
    /// With whom the user shares wallets: needs the permission to adjust balances.
    pub shared_with: Option<SharedWith>,
    /// The internal account number the user's work is booked to.
    pub account_code: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Office.
    pub office: Option<String>,
    /// Home folder.
    pub home: Option<String>,
    /// Notes, of several lines if need be.
    pub notes: Option<String>,
    /// The rules the user is tracked and limited by.
    pub profile: Option<ProfileId>,
    /// The role that holds in the whole tenant.
    pub role: Option<RoleId>,
}

/// A field that can be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserField {
    /// The username.
    Username,
    /// The network name with its domain.
    NetworkName,
    /// The domain of the network name.
    NetworkDomain,
    /// The primary e-mail address; the first of the others, if there are any, takes its place.
    Email,
    /// All other e-mail addresses.
    OtherEmails,
    /// The percentage of prices: the user pays what price lists say.
    PricePercent,
    /// With whom the user shares wallets: nobody any more.
    SharedWith,
    /// The account code.
    AccountCode,
    /// The department.
    Department,
    /// The office.
    Office,
    /// The home folder.
    Home,
    /// Notes.
    Notes,
    /// The role that holds in the whole tenant.
    Role,
}

impl UserField {
    /// The field's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::NetworkName => "network_name",
            Self::NetworkDomain => "network_domain",
            Self::Email => "email",
            Self::OtherEmails => "other_emails",
            Self::PricePercent => "price_percent",
            Self::SharedWith => "shared_with",
            Self::AccountCode => "account_code",
            Self::Department => "department",
            Self::Office => "office",
            Self::Home => "home",
            Self::Notes => "notes",
            Self::Role => "role",
        }
    }
}

/// What is to become of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Field<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Field<T> {
    fn apply(&self, to: &mut Option<T>)
    where
        T: Clone,
    {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::Set(value) => *to = Some(value.clone()),
        }
    }
}

/// A name that stands in a list of identities.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    lookup: String,
    shown: String,
}

/// Fields with everything checked that needs no view.
#[derive(Debug)]
pub(super) struct PreparedFields {
    name: Option<String>,
    username: Field<Listed>,
    network_name: Field<String>,
    network_domain: Field<String>,
    email: Field<Listed>,
    other_emails: Field<Vec<Listed>>,
    pub(super) active: Option<bool>,
    production: Option<bool>,
    restricted: Option<bool>,
    price_percent: Field<i32>,
    shared_with: Field<SharedWith>,
    account_code: Field<String>,
    department: Field<String>,
    office: Field<String>,
    home: Field<String>,
    notes: Field<String>,
    pub(super) profile: Option<ProfileId>,
    pub(super) role: Option<RoleId>,
    clears_role: bool,
}

impl UserFields {
    pub(super) fn prepare(&self, clear: &[UserField]) -> Result<PreparedFields, Error> {
        let listed = |field: UserField, value: &Option<String>, kind: IdentityKind| {
            of(field, value, clear, |text| listed(&kind, text))
        };
        let mut refusals = Refusals::default();
        let name = text::given("name", self.name.as_deref(), text::MAX_NAME);
        let username = listed(UserField::Username, &self.username, IdentityKind::Username);
        let network_name = of(UserField::NetworkName, &self.network_name, clear, |name| {
            plain_value(&IdentityKind::NetworkName, name).map(|value| value.shown)
        });
        let (field, domains) = (UserField::NetworkDomain, &self.network_domain);
        let network_domain = of(field, domains, clear, domain);
        let email = listed(UserField::Email, &self.email, IdentityKind::Email);
        let (field, emails) = (UserField::OtherEmails, &self.other_emails);
        let other_emails = of(field, emails, clear, other_emails);
        let notes = of(UserField::Notes, &self.notes, clear, |notes| {
            text::notes("notes", notes)?.ok_or_else(|| {
                Error::new(Code::EmptyText, "`notes` is empty").with("field", "notes")
            })
        });
        let (field, percent) = (UserField::PricePercent, &self.price_percent);
        let price_percent = of(field, percent, clear, price_percent);
        let (field, with) = (UserField::SharedWith, &self.shared_with);
        let shared_with = of(field, with, clear, shared_with);
        let clears_role = clear.contains(&UserField::Role);
        if clears_role && self.role.is_some() {
            refusals.note(both(UserField::Role));
        }
        let mut short = |field: UserField, value: &Option<String>| {
            let checked = of(field, value, clear, |text| {
                text::required(field.name(), text, text::MAX_SHORT)
            });
            refusals.or_default(checked)
        };
        let prepared = PreparedFields {
            account_code: short(UserField::AccountCode, &self.account_code),
            department: short(UserField::Department, &self.department),
            office: short(UserField::Office, &self.office),
            home: short(UserField::Home, &self.home),
            name: refusals.or_default(name),
            price_percent: refusals.or_default(price_percent),
            shared_with: refusals.or_default(shared_with),
            username: refusals.or_default(username),
            network_name: refusals.or_default(network_name),
            network_domain: refusals.or_default(network_domain),
            email: refusals.or_default(email),
            other_emails: refusals.or_default(other_emails),
            notes: refusals.or_default(notes),
            active: self.active,
            production: self.production,
            restricted: self.restricted,
            profile: self.profile,
            role: self.role,
            clears_role,
        };
        refusals.finish().map(|()| prepared)
    }
}

/// A field that may be set or cleared, but not both.
fn of<T: ?Sized, V, Q: std::borrow::Borrow<T>>(
    field: UserField,
    value: &Option<Q>,
    clear: &[UserField],
    check: impl FnOnce(&T) -> Result<V, Error>,
) -> Result<Field<V>, Error> {
    match (value, clear.contains(&field)) {
        (Some(_), true) => Err(both(field)),
        (Some(value), false) => check(value.borrow()).map(Field::Set),
        (None, true) => Ok(Field::Clear),
        (None, false) => Ok(Field::Keep),
    }
}

fn both(field: UserField) -> Error {
    let name = field.name();
    Error::new(
        Code::InvalidValue,
        format!("`{name}` is both set and cleared"),
    )
    .with("field", name)
}

fn listed(kind: &IdentityKind, text: &str) -> Result<Listed, Error> {
    plain_value(kind, text).map(|value| Listed {
        lookup: value.lookup,
        shown: value.shown,
    })
}

fn price_percent(percent: &i32) -> Result<i32, Error> {
    if (0..=MAX_PRICE_PERCENT).contains(percent) {
        return Ok(*percent);
    }
    let message = format!("`price_percent` is not between 0 and {MAX_PRICE_PERCENT}");
    Err(Error::new(Code::InvalidValue, message).with("field", "price_percent"))
}

fn shared_with(with: &SharedWith) -> Result<SharedWith, Error> {
    match with {
        SharedWith::Group(_) => Ok(with.clone()),
        SharedWith::AccountCode(code) => {
            let code = text::required("shared_with", code, text::MAX_SHORT)?;
            Ok(SharedWith::AccountCode(code))
        }
    }
}

fn domain(text: &str) -> Result<String, Error> {
    let domain = text::without_joiners("network_domain", text, text::MAX_SHORT)?;
    if domain.contains(DOMAIN_SEPARATOR) {
        return Err(
            Error::new(Code::InvalidValue, "`network_domain` holds a backslash")
                .with("field", "network_domain"),
        );
    }
    Ok(domain)
}

fn other_emails(emails: &[String]) -> Result<Vec<Listed>, Error> {
    if emails.len() > MAX_OTHER_EMAILS {
        return Err(too_many("other_emails", MAX_OTHER_EMAILS));
    }
    let emails = emails.iter();
    emails
        .map(|email| listed(&IdentityKind::Email, email))
        .collect()
}

impl PreparedFields {
    /// The claims that names will want, as far as they are known.
    pub(super) fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = ReadSet::default();
        let mut want = |kind: &IdentityKind, lookup: &str| {
            let set_before = std::mem::take(&mut set);
            set = set_before.and(Key::Claim(tenant, claim_name(kind, lookup)));
        };
        if let Field::Set(name) = &self.username {
            want(&IdentityKind::Username, &name.lookup);
        }
        if let Field::Set(email) = &self.email {
            want(&IdentityKind::Email, &email.lookup);
        }
        if let Field::Set(emails) = &self.other_emails {
            for email in emails {
                want(&IdentityKind::Email, &email.lookup);
            }
        }
        set
    }

    /// Puts the fields into a user.
    pub(super) fn apply(
        &self,
        person: &mut Person,
        source: IdentitySource,
        context: &mut Context<'_>,
    ) -> Result<(), Error> {
        let user = &mut person.user;
        if let Some(name) = &self.name {
            user.name.clone_from(name);
        }
        for (field, to) in [
            (self.active, &mut user.active),
            (self.production, &mut user.production),
            (self.restricted, &mut user.restricted),
        ] {
            *to = field.unwrap_or(*to);
        }
        self.price_percent.apply(&mut user.price_percent);
        self.shared_with.apply(&mut user.shared_with);
        self.account_code.apply(&mut user.account_code);
        self.department.apply(&mut user.department);
        self.office.apply(&mut user.office);
        self.home.apply(&mut user.home);
        self.notes.apply(&mut user.notes);
        user.profile = self.profile.unwrap_or(user.profile);
        if self.clears_role || self.role.is_some() {
            user.role = self.role;
        }

        let network = self.network_name_of(person)?;
        let emails = (self.email.clone(), self.other_emails.clone());
        for (kind, first, others) in [
            (IdentityKind::Username, self.username.clone(), Field::Keep),
            (IdentityKind::NetworkName, network, Field::Keep),
            (IdentityKind::Email, emails.0, emails.1),
        ] {
            list(person, &kind, first, others, source, context);
        }
        Ok(())
    }

    /// The network name with its domain: each stays as it is unless it is given.
    fn network_name_of(&self, person: &Person) -> Result<Field<Listed>, Error> {
        if matches!(
            (&self.network_name, &self.network_domain),
            (Field::Keep, Field::Keep)
        ) {
            return Ok(Field::Keep);
        }
        let current = person.primary(&IdentityKind::NetworkName);
        let current = current.map(|identity| split(&identity.shown));
        let (mut domain, mut name) = current.unwrap_or((None, None));
        match &self.network_name {
            Field::Keep => {}
            Field::Clear => (domain, name) = (None, None),
            Field::Set(given) => {
                let (given_domain, given_name) = split(given);
                (domain, name) = (given_domain.or(domain), given_name);
            }
        }
        self.network_domain.apply(&mut domain);
        match (domain, name) {
            (Some(_), None) => Err(Error::new(
                Code::InvalidValue,
                "there is no network name for `network_domain` to belong to",
            )
            .with("field", "network_domain")),
            (None, None) => Ok(Field::Clear),
            (None, Some(name)) => listed(&IdentityKind::NetworkName, &name).map(Field::Set),
            (Some(domain), Some(name)) => {
                let whole = format!("{domain}{DOMAIN_SEPARATOR}{name}");
                listed(&IdentityKind::NetworkName, &whole).map(Field::Set)
            }
        }
    }
}

/// Domain and name.
fn split(network_name: &str) -> (Option<String>, Option<String>) {
    match network_name.split_once(DOMAIN_SEPARATOR) {
        Some((domain, name)) => (Some(domain.trim().to_owned()), Some(name.trim().to_owned())),
        None => (None, Some(network_name.to_owned())),
    }
}

/// Makes the identities of one type those that are wanted: the first, then the others. An identity
/// whose value is wanted stays; the first's value is replaced rather than the identity.
fn list(
    person: &mut Person,
    kind: &IdentityKind,
    first: Field<Listed>,
    others: Field<Vec<Listed>>,
    source: IdentitySource,
    context: &mut Context<'_>,
) {
    if matches!((&first, &others), (Field::Keep, Field::Keep)) {
        return;
    }
    let identities = &mut person.relations.identities;
    let mut mine: Vec<Identity> = identities
        .extract_if(.., |identity| identity.kind == *kind)
        .collect();
    mine.sort_by_key(|identity| (!identity.is_primary, identity.id));
    let keeps_first = first == Field::Keep;
    let mut stay: Vec<Identity> = Vec::new();
    let mut wanted: Vec<Listed> = Vec::new();
    match first {
        Field::Set(first) => wanted.push(first),
        Field::Keep => stay.extend(take_first(&mut mine)),
        Field::Clear => drop(take_first(&mut mine)),
    }
    match others {
        Field::Set(others) => wanted.extend(others),
        Field::Keep => stay.extend(mine.extract_if(.., |identity| !identity.is_primary)),
        Field::Clear => {}
    }
    // A value that is wanted takes the identity that has it, be it among those that stay.
    let names: Vec<String> = wanted.iter().map(|value| value.lookup.clone()).collect();
    let mut result: Vec<Identity> = Vec::new();
    for (place, value) in wanted.into_iter().enumerate() {
        let same = |identity: &Identity| identity.value == value.lookup;
        if result.iter().any(same) || (keeps_first && stay.iter().any(same)) {
            continue;
        }
        let is_first = place == 0 && !keeps_first;
        let found = take_where(&mut stay, same).or_else(|| take_where(&mut mine, same));
        let spare = |mine: &mut Vec<Identity>| {
            take_where(mine, |identity| {
                is_first && identity.is_primary && !names.contains(&identity.value)
            })
        };
        let mut identity = found
            .or_else(|| spare(&mut mine))
            .unwrap_or_else(|| blank(context, person.user.id, kind.clone(), source));
        identity.value = value.lookup;
        identity.shown = value.shown;
        identity.enabled = true;
        identity.is_primary = is_first;
        result.push(identity);
    }
    result.extend(stay);
    person.relations.identities.extend(result);
}

fn take_first(identities: &mut Vec<Identity>) -> Option<Identity> {
    take_where(identities, |identity| identity.is_primary)
}

fn take_where(
    identities: &mut Vec<Identity>,
    is_it: impl Fn(&Identity) -> bool,
) -> Option<Identity> {
    identities
        .iter()
        .position(is_it)
        .map(|at| identities.remove(at))
}
