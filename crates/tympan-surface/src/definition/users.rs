//! Users: made, edited, found, listed.

use crate::definition::{
    AccountId, ChangeUser, GroupId, Identity, IdentityEdit, IdentitySource, NewIdentity,
    NewRoleRow, ProfileId, RoleId, RoleName, RoleRow, RoleRowEdit, RoleRowId, Standing,
    StoredIdentity, UserId,
};
use crate::{Call, Secret, Timestamp, Tympan};

/// Whom a call means: a user by id, or by any identity that belongs to one user at a time.
#[derive(Clone, Debug, PartialEq)]
pub enum UserReference {
    /// By id.
    Id {
        /// The id.
        id: UserId,
    },
    /// By the name in this system; case does not matter.
    Username {
        /// The username.
        username: String,
    },
    /// By the name in the network, without or with its domain before a backslash.
    NetworkName {
        /// The network name.
        network_name: String,
    },
    /// By an e-mail address.
    Email {
        /// The address.
        email: String,
    },
    /// By a card.
    Card {
        /// The number, as the reader read it.
        read: Secret,
    },
    /// By a PIN that signs in alone.
    Pin {
        /// The PIN, as typed.
        pin: Secret,
    },
    /// By an identity of any type.
    Identity {
        /// Its type, as [`Tympan::identity_types`] lists them.
        kind: String,
        /// The value, as typed or read.
        value: Secret,
    },
}

/// A person or a service.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Rises by one with every command that edits a field, an identity, a role row or a group.
    pub version: i32,
    /// The name that is shown.
    pub name: String,
    /// The name in this system.
    pub username: Option<String>,
    /// The name in the network, without its domain.
    pub network_name: Option<String>,
    /// The domain of the network name.
    pub network_domain: Option<String>,
    /// The primary e-mail address.
    pub email: Option<String>,
    /// Whether the user can sign in and print. Of inactive users all data is kept.
    pub active: bool,
    /// Whether the user works in production: a condition of the smart card.
    pub production: bool,
    /// Whether wallets limit the user; if not, usage is counted without limit.
    pub restricted: bool,
    /// How many percent of what price lists say the user pays, 0 to 1000; none: all of
    /// it.
    pub price_percent: Option<i32>,
    /// With whom the user shares wallets: then the user stands for their budget.
    pub shared_with: Option<SharedWith>,
    /// The internal account number the user's work is booked to.
    pub account_code: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Office.
    pub office: Option<String>,
    /// Home folder, as scan devices want it.
    pub home: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// The rules the user is tracked and limited by.
    pub profile: ProfileId,
    /// Since when: from then on the profile's plans feed the user's wallets.
    pub profile_since: Timestamp,
    /// The role that holds in the whole tenant.
    pub role: Option<RoleId>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When the user was edited last.
    pub updated_at: Timestamp,
}

/// With whom a user shares wallets: their jobs may take from those.
#[derive(Clone, Debug, PartialEq)]
pub enum SharedWith {
    /// The members of a group.
    Group {
        /// The group.
        id: GroupId,
    },
    /// Everybody whose work is booked to an account code; case does not matter.
    AccountCode {
        /// The account code.
        account_code: String,
    },
}

/// Fields of a user to set; what is not given stays. A field is emptied by naming it in `clear`.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// How many percent of what price lists say the user pays, 0 to 1000.
    pub price_percent: Option<i32>,
    /// With whom the user shares wallets: then the user stands for their budget.
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
#[derive(Clone, Copy, Debug, PartialEq)]
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

/// What a new user is besides the name. A user is active and restricted, and has the tenant's
/// default profile, unless it is said otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateUser {
    /// The name in this system: an identity, at most 50 characters.
    pub username: Option<String>,
    /// The name in the network, without or with its domain before a backslash: an identity.
    pub network_name: Option<String>,
    /// The domain of the network name.
    pub network_domain: Option<String>,
    /// The primary e-mail address: an identity.
    pub email: Option<String>,
    /// All other e-mail addresses.
    pub other_emails: Vec<String>,
    /// Whether the user can sign in and print; none: yes.
    pub active: Option<bool>,
    /// Whether the user works in production.
    pub production: bool,
    /// Whether wallets limit the user; none: yes.
    pub restricted: Option<bool>,
    /// How many percent of what price lists say the user pays, 0 to 1000; none: all of
    /// it.
    pub price_percent: Option<i32>,
    /// With whom the user shares wallets: then the user stands for their budget.
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
    /// The rules the user is tracked and limited by; none: the tenant's default profile.
    pub profile: Option<ProfileId>,
    /// The role that holds in the whole tenant.
    pub role: Option<RoleId>,
    /// Groups to join.
    pub groups: Vec<GroupId>,
    /// Roles over accounts.
    pub role_rows: Vec<NewRoleRow>,
    /// Identities besides those that the fields name.
    pub identities: Vec<NewIdentity>,
    /// Where the user comes from: the source of the identities that the fields name; none: a
    /// person typed them in.
    pub source: Option<IdentitySource>,
    /// Why, for the audit event.
    pub reason: Option<String>,
}

/// What an edit changes of a user, as a whole screen does: all of it, or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditUser {
    /// The version that the caller saw; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Fields to set.
    pub set: Option<UserFields>,
    /// Fields to empty.
    pub clear: Vec<UserField>,
    /// Changes to identities, in their order.
    pub identities: Vec<IdentityEdit>,
    /// Groups to join; the user may be a member already.
    pub join: Vec<GroupId>,
    /// Groups to leave; the user need not be a member.
    pub leave: Vec<GroupId>,
    /// Changes to role rows, in their order.
    pub role_rows: Vec<RoleRowEdit>,
    /// Where names come from that the fields bring; none: a person typed them in.
    pub source: Option<IdentitySource>,
    /// Why, for the audit event.
    pub reason: Option<String>,
}

/// A user as the command left them.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The user; `version` is what the next edit is made against.
    pub user: User,
    /// Identities that got a value, in the order of the command. The values are told this once.
    pub identities: Vec<StoredIdentity>,
    /// Role rows that were added, in the order of the command.
    pub role_rows: Vec<RoleRowId>,
}

/// A user who is active again, and what is not as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Reactivated {
    /// The user.
    pub user: User,
    /// What the user still has although it was retired meanwhile, or deleted.
    pub gone: Vec<Gone>,
}

/// Something a user has that takes no new users any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Gone {
    /// What it is: `profile`, `role`, `group` or `account`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name; none if it was deleted.
    pub name: Option<String>,
}

/// A user as a screen shows them. Secrets are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct UserDetails {
    /// The fields.
    pub user: User,
    /// Identities, in the order in which they were added.
    pub identities: Vec<Identity>,
    /// The role that holds in the whole tenant.
    pub role: Option<RoleName>,
    /// Roles over accounts.
    pub role_rows: Vec<RoleRow>,
    /// Groups, in the order of their names.
    pub groups: Vec<GroupName>,
    /// The profile.
    pub profile: ProfileName,
    /// Each wallet's type, allowance, what is left and when it is fed next; none for an actor who
    /// may not see wallets.
    pub wallets: Option<Vec<Standing>>,
    /// When the latest accepted job was submitted; none before the first.
    pub last_printed_at: Option<Timestamp>,
    /// The field of the smart card.
    pub smart_card: SmartCard,
}

/// A group by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupName {
    /// Its id.
    pub id: GroupId,
    /// Its name; empty if it was deleted.
    pub name: String,
    /// Whether it was retired.
    pub retired: bool,
}

/// A profile by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileName {
    /// Its id.
    pub id: ProfileId,
    /// Its name; empty if it was deleted.
    pub name: String,
    /// Whether it was retired.
    pub retired: bool,
}

/// Whether the smart card can be seen, edited and used, and if not, why.
#[derive(Clone, Debug, PartialEq)]
pub struct SmartCard {
    /// The card, if the user has one. It may be kept while the conditions do not hold.
    pub identity: Option<Identity>,
    /// Whether a screen shows the field: the user works in production, or has a card.
    pub shown: bool,
    /// Whether the actor may change it now.
    pub editable: bool,
    /// Whether it signs the user in.
    pub usable: bool,
    /// Why it does not.
    pub obstacles: Vec<SmartCardObstacle>,
}

/// Why a smart card does not sign in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SmartCardObstacle {
    /// The user has none.
    NoCard,
    /// It is disabled.
    Disabled,
    /// The user is inactive.
    Inactive,
    /// The user does not work in production.
    NotProductionUser,
    /// The user holds no production role.
    NoProductionRole,
    /// The station is no production station.
    NotProductionStation,
}

/// Which users to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserList {
    /// What is searched for in name, username, network name, e-mail and account code: with `*` and
    /// `?` as wildcards, or without, anywhere. Case and accents do not matter.
    pub search: Option<String>,
    /// Only active or only inactive ones.
    pub active: Option<bool>,
    /// Only members of a group.
    pub group: Option<GroupId>,
    /// Only those with a profile.
    pub profile: Option<ProfileId>,
    /// Only those who share wallets, and so stand for a budget; or only those who do not.
    pub sharing: Option<bool>,
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many rows, 1 to 999; none: 50.
    pub limit: Option<i32>,
}

/// One page of users. Pages stay right while users are added.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPage {
    /// The users.
    pub rows: Vec<User>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
}

/// What a user may do, as of one version: a snapshot to ask many questions of. It is advisory, for
/// showing and hiding what a person sees; whatever is done is checked again when it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Capabilities {
    /// The user.
    pub user: UserId,
    /// The version of the configuration that it was taken from.
    pub version: i32,
    /// The version of the user that it was taken from.
    pub user_version: i32,
    /// Permissions that hold in the whole tenant, sorted.
    pub everywhere: Vec<String>,
    /// Permissions that hold over an account only, sorted; by the account's id.
    pub over_accounts: std::collections::BTreeMap<String, Vec<String>>,
}

impl Tympan {
    /// Creates a user. Only the name is required.
    ///
    /// Roles need the permission to administer users too, identities beyond the fields the
    /// permission to edit identities.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `identity_taken`, `unknown_profile`, `unknown_role`,
    /// `unknown_group`, `unknown_account`, `retired`, `pin_policy`, `card_format`, `invalid_email`,
    /// `invalid_value`, `empty_text`, `text_too_long`, `control_character`, `too_many`.
    pub fn create_user(&self, name: String, options: CreateUser) -> Call<Changed> {
        self.command(options.command(name))
    }

    /// Edits a user: fields first, then identities, groups and role rows, each in their order. What
    /// was refused anywhere changes nothing.
    ///
    /// # Errors
    /// Those of [`Tympan::create_user`]; `unknown_user`, `unknown_identity`, `stale_version`,
    /// `last_administrator`.
    pub fn edit_user(&self, user: UserReference, options: EditUser) -> Call<Changed> {
        self.command(options.command(user))
    }

    /// Deactivates a user, who can then neither sign in nor print; everything is kept.
    ///
    /// # Errors
    /// `denied`, `unknown_user`, `stale_version`, `last_administrator`.
    pub fn deactivate_user(&self, user: UserReference, options: ChangeUser) -> Call<Changed> {
        self.command(options.deactivate(user))
    }

    /// Makes a user active again, with everything that the user had.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `unknown_user`, `stale_version`.
    pub fn reactivate_user(&self, user: UserReference, options: ChangeUser) -> Call<Reactivated> {
        self.command(options.reactivate(user))
    }

    /// The user that a reference means; none if there is none.
    ///
    /// # Errors
    /// `denied` without `user.read`; what is wrong with the value.
    pub fn look_up(&self, user: UserReference) -> Call<Option<User>> {
        self.ask_for(move |handle| handle.look_up(user.reference()?))
    }

    /// Everything about a user in one read, secrets masked; none if there is no such user.
    ///
    /// # Errors
    /// `denied` without `user.read`, unless it is the actor; what is wrong with the value.
    pub fn user_details(&self, user: UserReference) -> Call<Option<UserDetails>> {
        self.ask_for(move |handle| handle.user_details(user.reference()?))
    }

    /// Users, sorted by name, page by page.
    ///
    /// # Errors
    /// `denied` without `user.read`; `invalid_cursor`; `invalid_value` for the limit or the pattern.
    pub fn users(&self, options: UserList) -> Call<UserPage> {
        self.ask_checked(move |handle| options.page(handle))
    }

    /// The active users who share wallets with a user, sorted by name: whose budget a job of that user may
    /// take from.
    ///
    /// # Errors
    /// `unknown_user`; `denied` without `user.read`, unless it is the actor; what is wrong with the
    /// reference.
    pub fn sharers(&self, user: UserReference) -> Call<Vec<User>> {
        self.ask_checked(move |handle| {
            let sharers = handle.sharers(user.reference()?)?;
            Ok(sharers.into_iter().map(User::from).collect())
        })
    }

    /// Whether a user may do something: in the whole tenant, or over an account. Unknown and
    /// inactive users may do nothing, and nobody may what no role permits. Hardly ever asks the
    /// store: a change through the same open store counts at once, another process's within the
    /// freshness that it was opened with.
    ///
    /// # Errors
    /// `unknown_permission` for a name that is not written like one, or begins like tympan's own
    /// and is none of them; `denied` to an actor without `user.read` who asks about another user.
    pub fn may(&self, user: UserId, permission: String, account: Option<AccountId>) -> Call<bool> {
        self.permitted(user, permission, account)
    }

    /// What a user may do, to ask many questions of without coming back: advisory.
    ///
    /// # Errors
    /// `unknown_user`; `denied` to an actor without `user.read` who asks about another user.
    pub fn capabilities(&self, user: UserId) -> Call<Capabilities> {
        self.ask(move |handle| handle.capabilities(user))
    }
}
