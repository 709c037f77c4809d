//! Taking over one line of the user list: absent is unchanged, and one bad field spoils no other.

use tympan::{
    AddIdentity, CreateUser, EditUser, Error, Handle, IdentityKind, IdentitySource, Kind,
    NewIdentity, ProfileId, ShownUser, UserFields, UserId, UserReference,
};

use crate::user_list::UserRow;

/// Takes over lines of a user list.
pub struct Importer<'a> {
    handle: &'a Handle,
    profile: ProfileId,
}

impl<'a> Importer<'a> {
    /// Every imported user gets the profile.
    pub fn new(handle: &'a Handle, profile: ProfileId) -> Self {
        Self { handle, profile }
    }

    /// Creates the user, or brings an existing one up to date.
    pub fn import(&self, row: &UserRow<'_>, mut tell: impl FnMut(&str)) -> Result<UserId, Error> {
        if let Some(user) = self.handle.look_up(UserReference::username(row.username))? {
            self.update(&user, row, &mut tell)?;
            return Ok(user.id);
        }
        let mut whole = CreateUser::named(row.full_name.unwrap_or(row.username));
        whole.source = IdentitySource::Import;
        whole.fields = self.fields(row);
        whole.fields.username = Some(row.username.to_owned());
        whole.identities = identities(row);
        match self.handle.run(whole) {
            Ok(created) => Ok(created.user.id),
            Err(error) if !is_about_content(&error) => Err(error),
            Err(_) => self.create_piece_by_piece(row, &mut tell),
        }
    }

    /// The name first, then field by field, so that what is wrong is left out alone.
    fn create_piece_by_piece(
        &self,
        row: &UserRow<'_>,
        tell: &mut impl FnMut(&str),
    ) -> Result<UserId, Error> {
        let mut bare = CreateUser::named(row.username).username(row.username);
        bare.source = IdentitySource::Import;
        bare.fields.profile = Some(self.profile);
        bare.fields.restricted = row.restricted;
        let user = self.handle.run(bare)?.user;
        self.update(&user, row, tell)?;
        Ok(user.id)
    }

    fn update(
        &self,
        user: &ShownUser,
        row: &UserRow<'_>,
        tell: &mut impl FnMut(&str),
    ) -> Result<(), Error> {
        let fields = self.fields(row);
        let changes = |old: &Option<String>, new: &Option<String>| new.is_some() && old != new;
        let mut edits: Vec<UserFields> = Vec::new();
        macro_rules! edit {
            ($($field:ident),*) => {$(
                if changes(&user.$field, &fields.$field) {
                    edits.push(UserFields { $field: fields.$field.clone(), ..UserFields::default() });
                }
            )*};
        }
        edit!(email, department, office, home, notes);
        if changes(&Some(user.name.clone()), &fields.name) {
            edits.push(UserFields {
                name: fields.name.clone(),
                ..UserFields::default()
            });
        }
        if fields
            .restricted
            .is_some_and(|restricted| restricted != user.restricted)
            || user.profile != self.profile
        {
            edits.push(UserFields {
                restricted: fields.restricted,
                profile: Some(self.profile),
                ..UserFields::default()
            });
        }
        for set in edits {
            let edit = EditUser {
                set,
                source: IdentitySource::Import,
                ..EditUser::of(user.id, None)
            };
            keep_going(self.handle.run(edit).map(drop), tell)?;
        }
        self.add_missing(user, row, tell)
    }

    /// Identities that the user does not have yet. A PIN that only backs a card finds nobody, so
    /// that a user who has any keeps it.
    fn add_missing(
        &self,
        user: &ShownUser,
        row: &UserRow<'_>,
        tell: &mut impl FnMut(&str),
    ) -> Result<(), Error> {
        let details = self.handle.user_details(user.id)?;
        let has_pin = details.is_some_and(|details| {
            details
                .identities
                .iter()
                .any(|identity| identity.kind == IdentityKind::Pin)
        });
        for (kind, value) in values(row) {
            let known = if kind == IdentityKind::Pin {
                Ok(has_pin)
            } else {
                let holder = UserReference::Identity(kind.clone(), value.into());
                self.handle
                    .look_up(holder)
                    .map(|holder| holder.is_some_and(|holder| holder.id == user.id))
            };
            let added = match known {
                Ok(true) => Ok(()),
                Ok(false) => {
                    let identity = AddIdentity {
                        user: user.id.into(),
                        expected_version: None,
                        identity: imported(kind, value),
                        reason: None,
                    };
                    self.handle.run(identity).map(drop)
                }
                Err(error) => Err(error),
            };
            keep_going(added, tell)?;
        }
        Ok(())
    }

    fn fields(&self, row: &UserRow<'_>) -> UserFields {
        let text = |text: Option<&str>| text.map(str::to_owned);
        UserFields {
            name: text(row.full_name.or(Some(row.username))),
            email: text(row.email),
            restricted: row.restricted,
            department: text(row.department),
            office: text(row.office),
            home: text(row.home),
            notes: text(row.notes),
            profile: Some(self.profile),
            ..UserFields::default()
        }
    }
}

fn identities(row: &UserRow<'_>) -> Vec<NewIdentity> {
    values(row)
        .map(|(kind, value)| imported(kind, value))
        .collect()
}

fn imported(kind: IdentityKind, value: &str) -> NewIdentity {
    NewIdentity::new(kind, value).source(IdentitySource::Import)
}

/// What a line says that a user is recognised by, besides the username and the primary address.
fn values<'a>(row: &UserRow<'a>) -> impl Iterator<Item = (IdentityKind, &'a str)> {
    let addresses = row.other_emails.unwrap_or_default();
    let addresses = addresses
        .split([',', ';'])
        .map(str::trim)
        .filter(|address| !address.is_empty());
    [
        (IdentityKind::Card, row.card),
        (IdentityKind::Card, row.secondary_card),
        (IdentityKind::Pin, row.pin),
        (IdentityKind::Alias, row.alias),
    ]
    .into_iter()
    .filter_map(|(kind, value)| value.map(|value| (kind, value)))
    .chain(addresses.map(|address| (IdentityKind::Email, address)))
}

/// Whether an error is about what the line says, not about the store.
fn is_about_content(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Conflict | Kind::Refused)
}

fn keep_going(done: Result<(), Error>, tell: &mut impl FnMut(&str)) -> Result<(), Error> {
    match done {
        Err(error) if is_about_content(&error) => {
            tell(&format!("left out: {error}"));
            Ok(())
        }
        done => done,
    }
}
