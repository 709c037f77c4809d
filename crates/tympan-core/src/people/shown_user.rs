//! A user as hosts see one: without what only lists search and sort by.

use crate::ids::{ProfileId, RoleId, UserId};
use crate::records::{SharedWith, User};
use crate::time::Timestamp;

/// A person or a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownUser {
    /// Its id.
    pub id: UserId,
    /// Rises by one with every command that edits a field, an identity, a role row or a group.
    pub version: i64,
    /// The name that is shown.
    pub name: String,
    /// Shown from the identity of that type.
    pub username: Option<String>,
    /// Shown from the identity of that type.
    pub network_name: Option<String>,
    /// The domain of the network name.
    pub network_domain: Option<String>,
    /// Shown from the primary identity of that type.
    pub email: Option<String>,
    /// Inactive users cannot sign in and cannot print; their data is kept.
    pub active: bool,
    /// Whether the user works in production: a condition of the smart card.
    pub production: bool,
    /// Whether wallets limit the user; if not, usage is counted without limit.
    pub restricted: bool,
    /// How many percent of what price lists say the user pays; none: all of it.
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

impl ShownUser {
    /// What a host sees of a row.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            id: user.id,
            version: user.version,
            name: user.name.clone(),
            username: user.username.clone(),
            network_name: user.network_name.clone(),
            network_domain: user.network_domain.clone(),
            email: user.email.clone(),
            active: user.active,
            production: user.production,
            restricted: user.restricted,
            price_percent: user.price_percent,
            shared_with: user.shared_with.clone(),
            account_code: user.account_code.clone(),
            department: user.department.clone(),
            office: user.office.clone(),
            home: user.home.clone(),
            notes: user.notes.clone(),
            profile: user.profile,
            profile_since: user.profile_since,
            role: user.role,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}
