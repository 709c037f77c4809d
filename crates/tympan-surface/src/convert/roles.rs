//! Roles.

use tympan::RoleId;

use super::{count, version};
use crate::definition::{CreateRole, EditRole, Role};

impl CreateRole {
    pub(crate) fn command(self, name: String) -> tympan::CreateRole {
        tympan::CreateRole {
            name,
            production: self.production,
            permissions: self.permissions,
        }
    }
}

impl EditRole {
    pub(crate) fn command(self, role: RoleId) -> tympan::EditRole {
        tympan::EditRole {
            role,
            expected_version: version(self.expected_version),
            name: self.name,
            production: self.production,
            permissions: self.permissions,
        }
    }
}

impl From<tympan::ShownRole> for Role {
    fn from(role: tympan::ShownRole) -> Self {
        Self {
            id: role.id,
            name: role.name,
            version: count(role.version),
            retired: role.retired,
            production: role.production,
            permissions: role.permissions,
            created_at: role.created_at,
        }
    }
}
