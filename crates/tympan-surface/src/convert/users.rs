//! Users: made, edited, listed.

use tympan::{DeactivateUser, Error, Handle, ReactivateUser};

use super::{count, page, same_words, version};
use crate::definition::{
    ChangeUser, Changed, CreateUser, EditUser, Gone, IdentityEdit, IdentitySource, NewIdentity,
    Reactivated, SharedWith, StoredIdentity, User, UserField, UserFields, UserList, UserPage,
    UserReference,
};

same_words! {
    UserField => tympan::UserField {
        Username NetworkName NetworkDomain Email OtherEmails PricePercent SharedWith AccountCode Department Office Home
        Notes Role
    }
}

impl From<UserFields> for tympan::UserFields {
    fn from(fields: UserFields) -> Self {
        Self {
            name: fields.name,
            username: fields.username,
            network_name: fields.network_name,
            network_domain: fields.network_domain,
            email: fields.email,
            other_emails: fields.other_emails,
            active: fields.active,
            production: fields.production,
            restricted: fields.restricted,
            price_percent: fields.price_percent,
            shared_with: fields.shared_with.map(Into::into),
            account_code: fields.account_code,
            department: fields.department,
            office: fields.office,
            home: fields.home,
            notes: fields.notes,
            profile: fields.profile,
            role: fields.role,
        }
    }
}

impl From<SharedWith> for tympan::SharedWith {
    fn from(with: SharedWith) -> Self {
        match with {
            SharedWith::Group { id } => Self::Group(id),
            SharedWith::AccountCode { account_code } => Self::AccountCode(account_code),
        }
    }
}

impl From<tympan::SharedWith> for SharedWith {
    fn from(with: tympan::SharedWith) -> Self {
        match with {
            tympan::SharedWith::Group(id) => Self::Group { id },
            tympan::SharedWith::AccountCode(account_code) => Self::AccountCode { account_code },
        }
    }
}

fn source(source: Option<IdentitySource>) -> tympan::IdentitySource {
    source.unwrap_or(IdentitySource::Manual).into()
}

impl CreateUser {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn command(self, name: String) -> Result<tympan::CreateUser, Error> {
        let identities = self.identities.into_iter().map(NewIdentity::identity);
        Ok(tympan::CreateUser {
            fields: tympan::UserFields {
                name: Some(name),
                username: self.username,
                network_name: self.network_name,
                network_domain: self.network_domain,
                email: self.email,
                other_emails: Some(self.other_emails).filter(|others| !others.is_empty()),
                active: self.active,
                production: Some(self.production),
                restricted: self.restricted,
                price_percent: self.price_percent,
                shared_with: self.shared_with.map(Into::into),
                account_code: self.account_code,
                department: self.department,
                office: self.office,
                home: self.home,
                notes: self.notes,
                profile: self.profile,
                role: self.role,
            },
            groups: self.groups,
            role_rows: self.role_rows.into_iter().map(Into::into).collect(),
            identities: identities.collect::<Result<_, _>>()?,
            source: source(self.source),
            reason: self.reason,
        })
    }
}

impl EditUser {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn command(self, user: UserReference) -> Result<tympan::EditUser, Error> {
        let identities = self.identities.into_iter().map(IdentityEdit::edit);
        Ok(tympan::EditUser {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            set: self.set.unwrap_or_default().into(),
            clear: self.clear.into_iter().map(Into::into).collect(),
            identities: identities.collect::<Result<_, _>>()?,
            join: self.join,
            leave: self.leave,
            role_rows: self.role_rows.into_iter().map(Into::into).collect(),
            source: source(self.source),
            reason: self.reason,
        })
    }
}

impl ChangeUser {
    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn deactivate(self, user: UserReference) -> Result<DeactivateUser, Error> {
        Ok(DeactivateUser {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            reason: self.reason,
        })
    }

    /// # Errors
    /// `invalid_value` for a type of identity that there is not.
    pub(crate) fn reactivate(self, user: UserReference) -> Result<ReactivateUser, Error> {
        Ok(ReactivateUser {
            user: user.reference()?,
            expected_version: version(self.expected_version),
            reason: self.reason,
        })
    }
}

impl UserList {
    pub(crate) fn page(self, handle: &Handle) -> Result<UserPage, Error> {
        let list = tympan::UserList {
            active: self.active,
            group: self.group,
            profile: self.profile,
            sharing: self.sharing,
            search: self.search.unwrap_or_default(),
        };
        let found = handle.users(&list, &page(self.after, self.limit)?)?;
        Ok(UserPage {
            rows: found.rows.into_iter().map(User::from).collect(),
            next: found.next,
        })
    }
}

impl From<tympan::ShownUser> for User {
    fn from(user: tympan::ShownUser) -> Self {
        Self {
            id: user.id,
            version: count(user.version),
            name: user.name,
            username: user.username,
            network_name: user.network_name,
            network_domain: user.network_domain,
            email: user.email,
            active: user.active,
            production: user.production,
            restricted: user.restricted,
            price_percent: user.price_percent,
            shared_with: user.shared_with.map(Into::into),
            account_code: user.account_code,
            department: user.department,
            office: user.office,
            home: user.home,
            notes: user.notes,
            profile: user.profile,
            profile_since: user.profile_since,
            role: user.role,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

impl From<tympan::Changed> for Changed {
    fn from(changed: tympan::Changed) -> Self {
        let identities = changed.identities.into_iter();
        Self {
            user: changed.user.into(),
            identities: identities.map(StoredIdentity::from).collect(),
            role_rows: changed.role_rows,
        }
    }
}

impl From<tympan::Reactivated> for Reactivated {
    fn from(reactivated: tympan::Reactivated) -> Self {
        Self {
            user: reactivated.user.user.into(),
            gone: reactivated.gone.into_iter().map(Gone::from).collect(),
        }
    }
}
