//! What is asked of the server for a read set.

use std::collections::BTreeSet;

use tympan_core::ids::{EntryId, HoldId, TenantId};
use tympan_core::records::{
    Account, Claim, ClaimName, Group, Hold, PlanRevision, PriceList, PriceRule, Profile, Refunded,
    Role, RolePermission, Strand, Subject, Tenant, Untracked, Uses,
};
use tympan_core::row::{Cell, Field, Row, Table};
use tympan_core::view::{Follow, Key, ReadSet, View};

use crate::cells::{keys, lists};
use crate::found::{Part, behind, led_to};
use crate::statements::{self, By, Lock};
use crate::steps::{Step, Value};

/// A user of a tenant, who may not be there.
pub(crate) type Person = (TenantId, i64);

/// Users by whatever leads to them.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) ids: BTreeSet<Person>,
    pub(crate) claims: BTreeSet<(TenantId, ClaimName)>,
    pub(crate) holds: BTreeSet<(TenantId, HoldId)>,
}

impl People {
    fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.claims.is_empty() && self.holds.is_empty()
    }

    fn by(&self) -> By {
        if self.claims.is_empty() && self.holds.is_empty() {
            By::Id
        } else {
            By::Anything
        }
    }

    /// Their values, by ids that may be more than theirs.
    fn values(&self, ids: &BTreeSet<Person>) -> Vec<Value> {
        let mut values = lists([TenantId::KIND, i64::KIND].into_iter(), &pairs(ids));
        if self.by() == By::Anything {
            let claims: Vec<_> = self.claims.iter().map(claim_cells).collect();
            values.extend(keys(Claim::TABLE, &claims));
            values.extend(keys(Hold::TABLE, &pairs(&self.holds)));
        }
        values
    }
}

/// What a view lacks of a read set.
#[derive(Debug, Default)]
pub(crate) struct Request {
    tenants: BTreeSet<TenantId>,
    /// Those whose whole configuration is asked for.
    pub(crate) configs: BTreeSet<TenantId>,
    pub(crate) users: People,
    pub(crate) relations: People,
    pub(crate) wallets: People,
    claims: BTreeSet<(TenantId, ClaimName)>,
    holds: BTreeSet<(TenantId, HoldId)>,
    refunded: BTreeSet<(TenantId, EntryId)>,
    untracked: BTreeSet<(TenantId, [u8; 32])>,
    uses: BTreeSet<(TenantId, Subject)>,
    strands: BTreeSet<(TenantId, i32)>,
    receipts: BTreeSet<(TenantId, [u8; 32])>,
}

impl Request {
    /// What is still to be asked for. Configurations that the caller has are asked for in full
    /// only if they are known to have `moved`.
    pub(crate) fn of(set: &ReadSet, view: &View, moved: &BTreeSet<TenantId>) -> Self {
        let mut request = Self::default();
        for read in &set.reads {
            if !view.has(&read.key) {
                request.ask(&read.key, set, moved);
            }
            request.follow(&read.key, read.follow, view);
        }
        request
    }

    fn ask(&mut self, key: &Key, set: &ReadSet, moved: &BTreeSet<TenantId>) {
        match key {
            Key::Config(tenant) => {
                self.tenants.insert(*tenant);
                if set.known(*tenant).is_none() || moved.contains(tenant) {
                    self.configs.insert(*tenant);
                }
            }
            Key::User(tenant, id) => {
                self.users.ids.insert((*tenant, id.0));
            }
            Key::Relations(tenant, id) => {
                // Children are there if the user is.
                self.users.ids.insert((*tenant, id.0));
                self.relations.ids.insert((*tenant, id.0));
            }
            Key::Wallets(tenant, owner) => {
                self.wallets.ids.insert((*tenant, *owner));
            }
            Key::Hold(tenant, id) => {
                self.holds.insert((*tenant, *id));
            }
            Key::Refunded(tenant, entry) => {
                self.refunded.insert((*tenant, *entry));
            }
            Key::Untracked(tenant, digest) => {
                self.untracked.insert((*tenant, *digest));
            }
            Key::Uses(tenant, subject) => {
                self.uses.insert((*tenant, *subject));
            }
            Key::Strand(tenant, number) => {
                self.strands.insert((*tenant, *number));
            }
            Key::Receipt(tenant, digest) => {
                self.receipts.insert((*tenant, *digest));
            }
            Key::Claim(tenant, name) => {
                self.claims.insert((*tenant, name.clone()));
            }
        }
    }

    /// Asks for what lies behind a key; what the key itself holds may yet have to come.
    fn follow(&mut self, key: &Key, follow: Follow, view: &View) {
        if let Some((tenant, user)) = led_to(key, view) {
            for key in behind(tenant, user, follow) {
                if !view.has(&key) {
                    self.ask(&key, &ReadSet::default(), &BTreeSet::new());
                }
            }
            return;
        }
        if view.has(key) {
            return;
        }
        let all = [
            (&mut self.users, true),
            (&mut self.relations, follow.relations),
            (&mut self.wallets, follow.wallets),
        ];
        let wanted = all.into_iter().filter(|(_, wanted)| *wanted);
        match key {
            Key::Claim(tenant, name) => wanted.for_each(|(people, _)| {
                people.claims.insert((*tenant, name.clone()));
            }),
            Key::Hold(tenant, id) => wanted.for_each(|(people, _)| {
                people.holds.insert((*tenant, *id));
            }),
            _ => {}
        }
    }

    /// Whether nothing is lacking.
    pub(crate) fn is_empty(&self) -> bool {
        self.tenants.is_empty()
            && [&self.users, &self.relations, &self.wallets]
                .iter()
                .all(|people| people.is_empty())
            && self.claims.is_empty()
            && self.holds.is_empty()
            && self.refunded.is_empty()
            && self.untracked.is_empty()
            && self.uses.is_empty()
            && self.strands.is_empty()
            && self.receipts.is_empty()
    }

    /// The statements. Those that take locks come first, in the order that all turns keep; what they
    /// have seen is compared with what is there then. A configuration comes before its parts, so
    /// that these are never older than the version they go by.
    pub(crate) fn steps(&self, lock: Lock) -> Vec<(Part, Step)> {
        let mut steps = Vec::new();
        let uses = self.uses.iter();
        let uses = uses.map(|(tenant, of)| vec![tenant.cell(), of.kind.cell(), of.id.cell()]);
        for (part, table, rows) in [
            (Part::Holds, Hold::TABLE, pairs(&self.holds)),
            (Part::Refunded, Refunded::TABLE, pairs(&self.refunded)),
            (Part::Untracked, Untracked::TABLE, pairs(&self.untracked)),
            (Part::Uses, Uses::TABLE, uses.collect()),
            (Part::Strands, Strand::TABLE, pairs(&self.strands)),
        ] {
            if !rows.is_empty() {
                let sql = statements::by_key(table, lock);
                steps.push((part, Step::Query(sql, keys(table, &rows))));
            }
        }
        if !self.wallets.is_empty() {
            let sql = statements::wallets(self.wallets.by(), lock);
            let values = self.wallets.values(&self.wallets.ids);
            steps.push((Part::Wallets, Step::Query(sql, values)));
        }
        if lock == Lock::Update || self.is_together() {
            steps.push((Part::Together, self.together()));
        }
        for (part, table) in CONFIG {
            let tenants: Vec<_> = self.configs.iter().map(|id| vec![id.cell()]).collect();
            if !tenants.is_empty() {
                let values = keys(Tenant::TABLE, &tenants);
                steps.push((*part, Step::Query(statements::of_tenant(table), values)));
            }
        }
        steps
    }

    /// Whether anything is asked for that one statement asks for together.
    fn is_together(&self) -> bool {
        !(self.tenants.is_empty()
            && self.users.is_empty()
            && self.wallets.is_empty()
            && self.claims.is_empty()
            && self.receipts.is_empty())
    }

    fn together(&self) -> Step {
        // Whatever leads to wallets or relations leads to their user, or is an id.
        let ids = self.users.ids.union(&self.wallets.ids).copied().collect();
        let tenants: Vec<_> = self.tenants.iter().map(|id| vec![id.cell()]).collect();
        let claims: Vec<_> = self.claims.iter().map(claim_cells).collect();
        let receipts = pairs(&self.receipts);
        let mut values = self.users.values(&ids);
        values.extend(keys(Tenant::TABLE, &tenants));
        values.extend(keys(Claim::TABLE, &claims));
        values.extend(lists(
            [TenantId::KIND, <[u8; 32]>::KIND].into_iter(),
            &receipts,
        ));
        let sql = statements::together(self.users.by(), !self.relations.is_empty());
        Step::Query(sql, values)
    }
}

/// Keys of two columns as cells.
fn pairs<A: Field, B: Field>(rows: &BTreeSet<(A, B)>) -> Vec<Vec<Cell<'_>>> {
    let cells = rows.iter().map(|(a, b)| vec![a.cell(), b.cell()]);
    cells.collect()
}

fn claim_cells((tenant, name): &(TenantId, ClaimName)) -> Vec<Cell<'_>> {
    vec![tenant.cell(), name.kind.cell(), name.value.cell()]
}

const CONFIG: &[(Part, &Table)] = &[
    (Part::Profiles, Profile::TABLE),
    (Part::Plans, PlanRevision::TABLE),
    (Part::Roles, Role::TABLE),
    (Part::Permissions, RolePermission::TABLE),
    (Part::Groups, Group::TABLE),
    (Part::Accounts, Account::TABLE),
    (Part::PriceLists, PriceList::TABLE),
    (Part::PriceRules, PriceRule::TABLE),
];
