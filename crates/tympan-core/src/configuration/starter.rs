//! What a new tenant starts with: three roles and a profile, as data that anybody who may can
//! change.

use crate::ids::{Ids, ProfileId, RoleId, TenantId};
use crate::permissions::{
    ALLOWANCE_READ, CONFIGURATION_READ, FUNDS_PAY_OUT, FUNDS_TOP_UP, FUNDS_TRANSFER, JOB_REFUND,
    OWN, REPORT_VIEW, UNTRACKED_READ, UNTRACKED_RESOLVE, USER_READ,
};
use crate::records::{Config, Profile, Role, RolePermission, Stacking, Tracking};
use crate::time::Timestamp;

/// The name of the role that may do everything.
pub(super) const ADMINISTRATOR: &str = "Administrator";
/// The name of the role that sees users, allowances and reports, moves money (own funds, refunds),
/// and says whose untracked usage is.
pub(super) const ACCOUNTANT: &str = "Accountant";
/// The name of the role of everybody else: what everybody may about themselves.
pub(super) const REGULAR: &str = "Regular";
/// The name of the first profile.
pub(super) const PROFILE: &str = "Default";

const ACCOUNTANT_MAY: &[&str] = &[
    USER_READ,
    CONFIGURATION_READ,
    ALLOWANCE_READ,
    REPORT_VIEW,
    UNTRACKED_READ,
    UNTRACKED_RESOLVE,
    JOB_REFUND,
    FUNDS_TOP_UP,
    FUNDS_PAY_OUT,
    FUNDS_TRANSFER,
];

/// The roles that a new tenant starts with. Their names can be changed, so hosts keep the ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StarterRoles {
    /// May do everything.
    pub administrator: RoleId,
    /// Sees users, allowances and reports, moves money (own funds, refunds), and says whose untracked
    /// usage is.
    pub accountant: RoleId,
    /// May do what everybody may about themselves.
    pub regular: RoleId,
}

/// Puts the starter roles into a configuration.
pub(super) fn add_roles(config: &mut Config, ids: &mut Ids, now: Timestamp) -> StarterRoles {
    let mut add = |name: &str, permissions: &[&str]| {
        let role = RoleId(ids.next());
        add_role(config, role, name, permissions, now);
        role
    };
    StarterRoles {
        administrator: add(ADMINISTRATOR, OWN),
        accountant: add(ACCOUNTANT, ACCOUNTANT_MAY),
        regular: add(REGULAR, &[]),
    }
}

fn add_role(config: &mut Config, id: RoleId, name: &str, permissions: &[&str], now: Timestamp) {
    let tenant = config.tenant.id;
    let role = Role {
        tenant,
        id,
        name: name.to_owned(),
        version: 1,
        retired: false,
        production: false,
        created_at: now,
    };
    config.roles.insert(id, role);
    let mut permissions = permissions.to_vec();
    permissions.sort_unstable();
    let rows: Vec<RolePermission> = permissions
        .into_iter()
        .map(|permission| RolePermission {
            tenant,
            role: id,
            permission: permission.to_owned(),
        })
        .collect();
    if !rows.is_empty() {
        config.permissions.insert(id, rows);
    }
}

/// The profile that every user gets for whom none is asked, until the tenant names another.
pub(super) fn profile(tenant: TenantId, id: ProfileId, now: Timestamp) -> Profile {
    Profile {
        tenant,
        id,
        name: PROFILE.to_owned(),
        version: 1,
        retired: false,
        price_list: None,
        tracking: Tracking::ALL,
        stacking: Stacking::Sum,
        created_at: now,
    }
}
