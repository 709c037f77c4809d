//! Roles: named sets of permissions, as data.

use crate::definition::{Against, Listed, RoleId, Uses};
use crate::{Call, Timestamp, Tympan};

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: String,
    /// Rises with every edit.
    pub version: i32,
    /// Whether it takes no new holders.
    pub retired: bool,
    /// Whether it is a production role: a condition of the smart card.
    pub production: bool,
    /// What it permits, sorted.
    pub permissions: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What a new role is besides its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateRole {
    /// Whether it is a production role: a condition of the smart card.
    pub production: bool,
    /// What it permits: names of tympan's own, as `docs/permissions.md` lists them, or of the host's.
    pub permissions: Vec<String>,
}

/// What an edit changes of a role; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EditRole {
    /// The version that the edit was made against; none: whatever it is.
    pub expected_version: Option<i32>,
    /// Another name.
    pub name: Option<String>,
    /// Whether it is a production role from now on.
    pub production: Option<bool>,
    /// Everything that it permits from now on.
    pub permissions: Option<Vec<String>>,
}

impl Tympan {
    /// Makes a role. Its name is unique among roles.
    ///
    /// # Errors
    /// `denied`, `grant_beyond_own`, `unknown_permission`, `name_taken`, `empty_text`,
    /// `text_too_long`, `control_character`, `too_many`.
    pub fn create_role(&self, name: String, options: CreateRole) -> Call<RoleId> {
        self.create(options.command(name))
    }

    /// Edits a role as a whole: all of it, or nothing. The version of it from then on.
    ///
    /// # Errors
    /// Those of [`Tympan::create_role`]; `unknown_role`, `stale_version`, `last_administrator`.
    pub fn edit_role(&self, role: RoleId, options: EditRole) -> Call<i32> {
        self.edit(options.command(role))
    }

    /// Gives a role another name, unique among roles. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_role`, `stale_version`, `name_taken`, `empty_text`, `text_too_long`,
    /// `control_character`.
    pub fn rename_role(&self, role: RoleId, name: String, options: Against) -> Call<i32> {
        self.rename(role, name, options)
    }

    /// Keeps the holders of a role and takes no new ones. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_role`, `stale_version`.
    pub fn retire_role(&self, role: RoleId, options: Against) -> Call<i32> {
        self.retire(role, options)
    }

    /// Undoes [`Tympan::retire_role`]. The version of it from then on.
    ///
    /// # Errors
    /// `denied`, `unknown_role`, `stale_version`.
    pub fn unretire_role(&self, role: RoleId, options: Against) -> Call<i32> {
        self.unretire(role, options)
    }

    /// Deletes a role that nothing uses.
    ///
    /// # Errors
    /// `denied`, `unknown_role`, `stale_version`, `in_use`.
    pub fn delete_role(&self, role: RoleId, options: Against) -> Call<()> {
        self.delete(role, options)
    }

    /// Roles, sorted by name.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn roles(&self, options: Listed) -> Call<Vec<Role>> {
        self.ask_all(move |handle| handle.roles(options.filter()))
    }

    /// A role; none if there is none with this id.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn role(&self, role: RoleId) -> Call<Option<Role>> {
        self.ask_for(move |handle| handle.role(role))
    }

    /// How many users have a role.
    ///
    /// # Errors
    /// `denied` without `configuration.read`.
    pub fn role_uses(&self, role: RoleId) -> Call<Uses> {
        self.ask(move |handle| handle.role_uses(role))
    }
}
