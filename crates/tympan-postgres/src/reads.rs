//! What is asked of the server for a read set, and what its rows say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use tympan_core::error::{Code, Error};
use tympan_core::ids::{HoldId, TenantId, UserId};
use tympan_core::records::{
    Account, Claim, ClaimName, Config, Entry, Group, Hold, HoldPart, Identity, Membership,
    PlanRevision, PriceList, PriceRule, Profile, Relations, Role, RolePermission, RoleRow,
    RoleRowAccount, Strand, Subject, Tenant, User, Uses, Wallet, Wallets,
};
use tympan_core::row::{Cell, Field, Row, Table};
use tympan_core::time::Timestamp;
use tympan_core::view::{Follow, Key, ReadSet, Record, View};

use crate::cells::{lists, nested, records, rows};
use crate::link::{Answer, Step, Value};
use crate::statements::{self, By, Lock, Sql};

/// A user of a tenant, who may not be there.
type Person = (TenantId, i64);

/// Users by whatever leads to them.
#[derive(Debug, Default)]
struct People {
    ids: BTreeSet<Person>,
    claims: BTreeSet<(TenantId, ClaimName)>,
    holds: BTreeSet<(TenantId, HoldId)>,
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

    fn values(&self, by: By) -> Vec<Value> {
        let ids: Vec<_> = self
            .ids
            .iter()
            .map(|(a, b)| vec![a.cell(), b.cell()])
            .collect();
        let mut values = lists([TenantId::KIND, i64::KIND].into_iter(), &ids);
        if by == By::Anything {
            let claims: Vec<_> = self.claims.iter().map(claim_cells).collect();
            let holds = self.holds.iter();
            let holds: Vec<_> = holds.map(|(a, b)| vec![a.cell(), b.cell()]).collect();
            values.extend(keys(Claim::TABLE, &claims));
            values.extend(keys(Hold::TABLE, &holds));
        }
        values
    }
}

/// What a view lacks of a read set.
#[derive(Debug, Default)]
pub(crate) struct Request {
    tenants: BTreeSet<TenantId>,
    /// Those whose whole configuration is asked for.
    configs: BTreeSet<TenantId>,
    users: People,
    relations: People,
    wallets: People,
    claims: BTreeSet<(TenantId, ClaimName)>,
    holds: BTreeSet<(TenantId, HoldId)>,
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
            && self.uses.is_empty()
            && self.strands.is_empty()
            && self.receipts.is_empty()
    }

    /// The statements. Those that take locks come first, in the order that all turns keep; a row
    /// comes before its children, so that children are never older than the version they go by.
    pub(crate) fn steps(&self, lock: Lock) -> Vec<(Part, Step)> {
        let mut steps = Vec::new();
        let mut add = |part: Part, sql: &'static Sql, rows: Vec<Vec<Cell<'_>>>, table: &Table| {
            if !rows.is_empty() {
                steps.push((part, Step::Query(sql, keys(table, &rows))));
            }
        };
        let holds: Vec<_> = self
            .holds
            .iter()
            .map(|(a, b)| vec![a.cell(), b.cell()])
            .collect();
        add(
            Part::Holds,
            statements::by_key(Hold::TABLE, lock),
            holds,
            Hold::TABLE,
        );
        let uses: Vec<_> = self
            .uses
            .iter()
            .map(|(tenant, of)| vec![tenant.cell(), of.kind.cell(), of.id.cell()])
            .collect();
        add(
            Part::Uses,
            statements::by_key(Uses::TABLE, lock),
            uses,
            Uses::TABLE,
        );
        let strands: Vec<_> = self
            .strands
            .iter()
            .map(|(a, b)| vec![a.cell(), b.cell()])
            .collect();
        add(
            Part::Strands,
            statements::by_key(Strand::TABLE, lock),
            strands,
            Strand::TABLE,
        );
        add_people::<Wallet>(&mut steps, Part::Wallets, &self.wallets, lock);

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
        add_people::<Identity>(&mut steps, Part::Identities, &self.relations, Lock::None);
        add_people::<Membership>(&mut steps, Part::Memberships, &self.relations, Lock::None);
        add_people::<RoleRow>(&mut steps, Part::RoleRows, &self.relations, Lock::None);
        let accounts = Part::RoleRowAccounts;
        add_people::<RoleRowAccount>(&mut steps, accounts, &self.relations, Lock::None);
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
        let by = self.users.by().max(self.wallets.by());
        let tenants: Vec<_> = self.tenants.iter().map(|id| vec![id.cell()]).collect();
        let claims: Vec<_> = self.claims.iter().map(claim_cells).collect();
        let receipts = self.receipts.iter();
        let receipts: Vec<_> = receipts.map(|(a, b)| vec![a.cell(), b.cell()]).collect();
        let mut values = keys(Tenant::TABLE, &tenants);
        values.extend(self.users.values(by));
        values.extend(self.wallets.values(by));
        values.extend(keys(Claim::TABLE, &claims));
        values.extend(lists(
            [TenantId::KIND, <[u8; 32]>::KIND].into_iter(),
            &receipts,
        ));
        Step::Query(statements::together(by), values)
    }
}

/// Rows of a table by the cells of their keys, as one list for each column.
fn keys(table: &Table, rows: &[Vec<Cell<'_>>]) -> Vec<Value> {
    let kinds = table.columns.iter().take(table.key);
    lists(kinds.map(|column| column.kind), rows)
}

fn claim_cells((tenant, name): &(TenantId, ClaimName)) -> Vec<Cell<'_>> {
    vec![tenant.cell(), name.kind.cell(), name.value.cell()]
}

fn add_people<T: Row>(steps: &mut Vec<(Part, Step)>, part: Part, people: &People, lock: Lock) {
    if !people.is_empty() {
        let by = people.by();
        let sql = statements::of_user(T::TABLE, by, lock);
        steps.push((part, Step::Query(sql, people.values(by))));
    }
}

/// Whom a key leads to, going by what the view holds under it.
fn led_to(key: &Key, view: &View) -> Option<(TenantId, UserId)> {
    match (key, view.get(key)) {
        (Key::User(tenant, user), _) => Some((*tenant, *user)),
        (Key::Claim(tenant, _), Some(Some(Record::Claim(claim)))) => Some((*tenant, claim.user)),
        (Key::Hold(tenant, _), Some(Some(Record::Hold(hold)))) => {
            Some((*tenant, UserId(hold.owner)))
        }
        _ => None,
    }
}

/// The keys behind one that leads to a user.
fn behind(tenant: TenantId, user: UserId, follow: Follow) -> impl Iterator<Item = Key> {
    let relations = follow.relations.then_some(Key::Relations(tenant, user));
    let wallets = follow.wallets.then_some(Key::Wallets(tenant, user.0));
    [Some(Key::User(tenant, user)), relations, wallets]
        .into_iter()
        .flatten()
}

macro_rules! parts {
    ($($name:ident = $field:ident: $type:ty,)*; together: $($nth:literal = $one:ident: $of:ty,)*) => {
        /// What a statement asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Part { $(#[doc = stringify!($type)] $name,)* Together }

        /// The records that came.
        #[derive(Debug, Default)]
        struct Rows { $($field: Vec<$type>,)* $($one: Vec<$of>,)* state: State }

        impl Rows {
            fn take(&mut self, part: Part, answer: &Answer) -> Result<(), Error> {
                match part {
                    $(Part::$name => self.$field = records::<$type>(answer)?,)*
                    Part::Together => {
                        if let Some(row) = rows(answer).first() {
                            $(self.$one = nested::<$of>(row, $nth)?;)*
                            self.state = State::read(row, [$($nth),*].len());
                        }
                    }
                }
                Ok(())
            }
        }
    };
}

parts! {
    Profiles = profiles: Profile,
    Plans = plans: PlanRevision,
    Roles = roles: Role,
    Permissions = permissions: RolePermission,
    Groups = groups: Group,
    Accounts = accounts: Account,
    PriceLists = price_lists: PriceList,
    PriceRules = price_rules: PriceRule,
    Identities = identities: Identity,
    Memberships = memberships: Membership,
    RoleRows = role_rows: RoleRow,
    RoleRowAccounts = role_row_accounts: RoleRowAccount,
    Wallets = wallets: Wallet,
    Holds = holds: Hold,
    Uses = uses: Uses,
    Strands = strands: Strand,
    ;
    together:
    0 = tenants: Tenant,
    1 = users: User,
    2 = hold_parts: HoldPart,
    3 = claims: Claim,
    4 = receipts: Entry,
}

/// What the server said of itself when something was loaded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// The highest id.
    pub(crate) floor: Option<i64>,
    pub(crate) now: Option<Timestamp>,
}

impl State {
    fn read(row: &tokio_postgres::Row, first: usize) -> Self {
        Self {
            floor: row.try_get(first).ok(),
            now: row.try_get(first + 1).ok().map(Timestamp::from_millis),
        }
    }
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

/// Everything that came back for a request, by what it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    configs: BTreeMap<TenantId, Config>,
    users: HashMap<Person, Arc<User>>,
    relations: HashMap<Person, Relations>,
    wallets: HashMap<Person, Wallets>,
    claims: HashMap<(TenantId, ClaimName), Claim>,
    holds: HashMap<(TenantId, HoldId), Hold>,
    uses: HashMap<(TenantId, Subject), Uses>,
    strands: HashMap<(TenantId, i32), Strand>,
    receipts: HashMap<(TenantId, [u8; 32]), Vec<Arc<Entry>>>,
    pub(crate) state: State,
}

impl Found {
    /// Reads the answers.
    pub(crate) fn read(answers: &[(Part, Answer)]) -> Result<Self, Error> {
        let mut rows = Rows::default();
        for (part, answer) in answers {
            rows.take(*part, answer)?;
        }
        let mut found = Self {
            state: rows.state,
            ..Self::default()
        };
        found.take_configs(&mut rows);
        for user in rows.users {
            found.users.insert((user.tenant, user.id.0), user.into());
        }
        macro_rules! children {
            ($map:ident, $list:ident, $owner:expr) => {
                for row in rows.$list {
                    found.$map.entry($owner(&row)).or_default().$list.push(row);
                }
            };
        }
        children!(relations, identities, |row: &Identity| (
            row.tenant, row.user.0
        ));
        children!(relations, memberships, |row: &Membership| (
            row.tenant, row.user.0
        ));
        children!(relations, role_rows, |row: &RoleRow| (
            row.tenant, row.user.0
        ));
        children!(relations, role_row_accounts, |row: &RoleRowAccount| (
            row.tenant, row.user.0
        ));
        children!(wallets, wallets, |row: &Wallet| (row.tenant, row.owner));
        children!(wallets, hold_parts, |row: &HoldPart| (
            row.tenant, row.owner
        ));
        for claim in rows.claims {
            found.claims.insert((claim.tenant, claim.name()), claim);
        }
        for hold in rows.holds {
            found.holds.insert((hold.tenant, hold.id), hold);
        }
        for uses in rows.uses {
            found.uses.insert((uses.tenant, uses.subject()), uses);
        }
        for strand in rows.strands {
            found.strands.insert((strand.tenant, strand.number), strand);
        }
        found.take_receipts(rows.receipts)?;
        Ok(found)
    }

    fn take_configs(&mut self, rows: &mut Rows) {
        for tenant in rows.tenants.drain(..) {
            self.configs.insert(tenant.id, Config::empty(tenant));
        }
        macro_rules! map {
            ($list:ident) => {
                for row in rows.$list.drain(..) {
                    if let Some(config) = self.configs.get_mut(&row.tenant) {
                        config.$list.insert(row.id, row);
                    }
                }
            };
            ($list:ident by $by:ident) => {
                for row in rows.$list.drain(..) {
                    if let Some(config) = self.configs.get_mut(&row.tenant) {
                        config.$list.entry(row.$by).or_default().push(row);
                    }
                }
            };
        }
        map!(profiles);
        map!(plans by profile);
        map!(roles);
        map!(permissions by role);
        map!(groups);
        map!(accounts);
        map!(price_lists);
        map!(price_rules by price_list);
    }

    /// The first entry of a receipt has the key; the others follow it.
    fn take_receipts(&mut self, entries: Vec<Entry>) -> Result<(), Error> {
        let mut current = None;
        for entry in entries {
            if let Some(digest) = entry.key {
                current = Some((entry.tenant, digest));
            }
            let key = current
                .ok_or_else(|| Error::new(Code::StoreCorrupt, "an entry belongs to no receipt"))?;
            self.receipts.entry(key).or_default().push(entry.into());
        }
        Ok(())
    }
}

/// Puts what was found into a view, and tells `loaded` each key with what it holds. What could not
/// be told from these answers stays out, to be asked for again.
pub(crate) fn fill(
    set: &ReadSet,
    request: &Request,
    found: &mut Found,
    view: &mut View,
    moved: &mut BTreeSet<TenantId>,
    loaded: &mut dyn FnMut(&Key, Option<&Record>),
) {
    let mut filling = Filling {
        set,
        request,
        found,
        moved,
        loaded,
        followed: HashSet::new(),
    };
    for read in &set.reads {
        filling.one(&read.key, view);
        if let Some((tenant, user)) = led_to(&read.key, view) {
            let by_key = match &read.key {
                Key::Claim(tenant, name) => request.users.claims.contains(&(*tenant, name.clone())),
                Key::Hold(tenant, id) => request.users.holds.contains(&(*tenant, *id)),
                _ => false,
            };
            // The rows of whoever a claim led to came only if it led to the same user throughout.
            if by_key && filling.found.users.contains_key(&(tenant, user.0)) {
                filling.followed.insert((tenant, user.0));
            }
            for key in behind(tenant, user, read.follow) {
                filling.one(&key, view);
            }
            filling.followed.clear();
        }
    }
}

struct Filling<'a> {
    set: &'a ReadSet,
    request: &'a Request,
    found: &'a mut Found,
    moved: &'a mut BTreeSet<TenantId>,
    loaded: &'a mut dyn FnMut(&Key, Option<&Record>),
    /// Whose rows came because a claim or a hold led there.
    followed: HashSet<Person>,
}

impl Filling<'_> {
    fn one(&mut self, key: &Key, view: &mut View) {
        if view.has(key) {
            return;
        }
        if let Some(record) = self.record(key) {
            (self.loaded)(key, record.as_ref());
            view.load(key.clone(), record);
        }
    }

    fn came(&self, people: &People, person: Person) -> bool {
        people.ids.contains(&person) || self.followed.contains(&person)
    }

    /// What a key holds; none if these answers do not tell.
    fn record(&mut self, key: &Key) -> Option<Option<Record>> {
        let request = self.request;
        Some(match key {
            Key::Config(tenant) => return self.config(*tenant),
            Key::User(tenant, id) => {
                let person = (*tenant, id.0);
                if !self.came(&request.users, person) {
                    return None;
                }
                self.found.users.get(&person).cloned().map(Record::User)
            }
            Key::Relations(tenant, id) => {
                let person = (*tenant, id.0);
                if !self.came(&request.users, person) || !self.came(&request.relations, person) {
                    return None;
                }
                let is_there = self.found.users.contains_key(&person);
                let relations = self
                    .found
                    .relations
                    .get(&person)
                    .cloned()
                    .unwrap_or_default();
                is_there.then(|| Record::Relations(relations.into()))
            }
            Key::Wallets(tenant, owner) => {
                let person = (*tenant, *owner);
                if !self.came(&request.wallets, person) {
                    return None;
                }
                let wallets = self.found.wallets.get(&person).cloned().unwrap_or_default();
                Some(Record::Wallets(wallets.into()))
            }
            Key::Hold(tenant, id) => {
                let hold = self.found.holds.remove(&(*tenant, *id));
                hold.map(|hold| Record::Hold(hold.into()))
            }
            Key::Uses(tenant, subject) => self
                .found
                .uses
                .remove(&(*tenant, *subject))
                .map(|uses| Record::Uses(uses.into())),
            Key::Strand(tenant, number) => self
                .found
                .strands
                .remove(&(*tenant, *number))
                .map(|strand| Record::Strand(strand.into())),
            Key::Receipt(tenant, digest) => {
                let entries = self.found.receipts.remove(&(*tenant, *digest));
                entries.map(|entries| Record::Receipt(entries.into()))
            }
            Key::Claim(tenant, name) => {
                let claim = self.found.claims.remove(&(*tenant, name.clone()));
                claim.map(|claim| Record::Claim(claim.into()))
            }
        })
    }

    fn config(&mut self, tenant: TenantId) -> Option<Option<Record>> {
        let Some(stored) = self.found.configs.remove(&tenant) else {
            return Some(None);
        };
        let known = self.set.known(tenant);
        if let Some(known) = known.filter(|known| known.tenant.version == stored.tenant.version) {
            return Some(Some(Record::Config(Arc::clone(known))));
        }
        if !self.request.configs.contains(&tenant) {
            self.moved.insert(tenant);
            return None;
        }
        Some(Some(Record::Config(stored.into())))
    }
}
