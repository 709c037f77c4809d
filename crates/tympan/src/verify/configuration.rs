//! What is configured: its digests, and how often it was changed.

use std::collections::BTreeMap;

use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::proof::changed_parts;
use tympan_core::records::{
    Account, Group, PlanRevision, PriceList, PriceRule, Profile, Role, RolePermission, Strand,
    Tenant,
};
use tympan_core::row::{Cell, Row, Table};
use tympan_core::view::{Key, ReadSet, View};

use super::Check;
use super::audit::Changes;
use crate::rows::{Rows, Scan};

/// The tables of a configuration but the tenant's own.
const TABLES: &[&Table] = &[
    PriceList::TABLE,
    PriceRule::TABLE,
    Profile::TABLE,
    PlanRevision::TABLE,
    Role::TABLE,
    RolePermission::TABLE,
    Group::TABLE,
    Account::TABLE,
];

impl Check<'_> {
    /// Checks the configuration of every tenant; gives the register of each, if it has one.
    pub(super) fn configuration(
        &mut self,
        mut changes: Changes<TenantId>,
        mut registers: BTreeMap<TenantId, Strand>,
    ) -> Result<BTreeMap<TenantId, Option<Strand>>, Error> {
        let mut tenants = BTreeMap::new();
        for tenant in Scan::<Tenant>::new(self.snapshot) {
            let tenant = tenant?;
            let told = changes.remove(&tenant.id).unwrap_or_default();
            self.found.expect(tenant.version == told, "version", || {
                let (id, version) = (tenant.id, tenant.version);
                format!(
                    "tenant `{id}`: its configuration has version {version}, audit events tell \
                     of {told} changes"
                )
            });
            self.parts(tenant.id)?;
            tenants.insert(tenant.id, registers.remove(&tenant.id));
        }
        for tenant in changes.keys().chain(registers.keys()) {
            self.found.fault("configuration", || {
                format!("there is no tenant `{tenant}`, though there are records of it")
            });
        }
        for table in TABLES {
            self.orphans(table, &tenants)?;
        }
        Ok(tenants)
    }

    fn parts(&mut self, tenant: TenantId) -> Result<(), Error> {
        let mut view = View::default();
        let set = ReadSet::of(Key::Config(tenant));
        self.snapshot.read(&set, &mut view)?;
        let Some(config) = view.config(tenant).ok().flatten() else {
            return Ok(());
        };
        let keys = self.keys.of(tenant);
        for part in changed_parts(&keys.record, config) {
            self.found.fault("configuration", || {
                format!("the {} of tenant `{tenant}`", part.name())
            });
        }
        Ok(())
    }

    /// Finds rows of tenants that are not there.
    fn orphans(
        &mut self,
        table: &'static Table,
        tenants: &BTreeMap<TenantId, Option<Strand>>,
    ) -> Result<(), Error> {
        for row in Rows::new(self.snapshot, table) {
            let row = row?;
            let Some(Cell::Integer(tenant)) = row.first() else {
                continue;
            };
            let tenant = TenantId(*tenant);
            self.found
                .expect(tenants.contains_key(&tenant), "configuration", || {
                    let table = table.name;
                    format!("a `{table}` of tenant `{tenant}`, which is not there")
                });
        }
        Ok(())
    }
}
