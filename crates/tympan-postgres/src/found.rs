//! What the rows say that came for a read set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use tympan_core::error::{Code, Error};
use tympan_core::ids::{EntryId, HoldId, TenantId, UserId};
use tympan_core::records::{
    Account, Claim, ClaimName, Config, Entry, Group, Hold, HoldPart, Identity, Membership,
    PlanRevision, PriceList, PriceRule, Profile, Refunded, Relations, Role, RolePermission,
    RoleRow, RoleRowAccount, Strand, Subject, Tenant, Untracked, User, Uses, Wallet, Wallets,
};
use tympan_core::time::Timestamp;
use tympan_core::view::{Follow, Key, ReadSet, Record, View};

use crate::answers::{Answer, Row};
use crate::cells::{nested, nested_pairs, records};
use crate::reads::{People, Person, Request};

macro_rules! parts {
    ($($name:ident = $field:ident: $type:ty,)*; together: $($nth:literal = $one:ident: $of:ty,)*) => {
        /// What a statement asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Part { $(#[doc = stringify!($type)] $name,)* Together }

        /// The records that came.
        #[derive(Debug, Default)]
        struct Rows {
            state: State,
            owners: Vec<(i64, i64)>,
            $($field: Vec<$type>,)*
            $($one: Vec<$of>,)*
        }

        impl Rows {
            fn take(&mut self, part: Part, answer: &Answer) -> Result<(), Error> {
                match part {
                    $(Part::$name => self.$field = records::<$type>(answer)?,)*
                    Part::Together => {
                        if let Some(row) = answer.rows.first() {
                            self.state = State::read(row);
                            self.owners = nested_pairs(row, OWNERS)?;
                            // Relations come only if they were asked for.
                            $(if $nth < row.len() {
                                self.$one = nested::<$of>(row, $nth)?;
                            })*
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
    Wallets = wallets: Wallet,
    Holds = holds: Hold,
    Refunded = refunded: Refunded,
    Untracked = untracked: Untracked,
    Uses = uses: Uses,
    Strands = strands: Strand,
    ;
    together:
    2 = tenants: Tenant,
    3 = users: User,
    4 = hold_parts: HoldPart,
    6 = claims: Claim,
    7 = receipts: Entry,
    8 = identities: Identity,
    9 = memberships: Membership,
    10 = role_rows: RoleRow,
    11 = role_row_accounts: RoleRowAccount,
}

/// Where the owners of wallets stand among them.
const OWNERS: usize = 5;

/// What the server said of itself when something was loaded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// The highest id.
    pub(crate) floor: Option<i64>,
    pub(crate) now: Option<Timestamp>,
}

impl State {
    fn read(row: &Row) -> Self {
        Self {
            floor: row.number(0),
            now: row.number(1).map(Timestamp::from_millis),
        }
    }
}

/// Everything that came back for a request, by what it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    configs: BTreeMap<TenantId, Config>,
    users: HashMap<Person, Arc<User>>,
    relations: HashMap<Person, Relations>,
    wallets: HashMap<Person, Wallets>,
    /// How many wallets there were a moment after they were kept from others.
    wallet_counts: HashMap<Person, usize>,
    claims: HashMap<(TenantId, ClaimName), Claim>,
    holds: HashMap<(TenantId, HoldId), Hold>,
    refunded: HashMap<(TenantId, EntryId), Refunded>,
    untracked: HashMap<(TenantId, [u8; 32]), Untracked>,
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
        for (tenant, owner) in rows.owners {
            *found
                .wallet_counts
                .entry((TenantId(tenant), owner))
                .or_default() += 1;
        }
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
        for refunded in rows.refunded {
            let key = (refunded.tenant, refunded.entry);
            found.refunded.insert(key, refunded);
        }
        for untracked in rows.untracked {
            let key = (untracked.tenant, untracked.key);
            found.untracked.insert(key, untracked);
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
        map!(plans by owner);
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
            // Claims and the rows of whomever they lead to are of one instant.
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
                // A claim may have passed on since the rows were looked for, or somebody was waited
                // for who added some.
                let count = self.found.wallet_counts.get(&person).copied();
                if wallets.wallets.len() != count.unwrap_or_default() {
                    return None;
                }
                Some(Record::Wallets(wallets.into()))
            }
            Key::Hold(tenant, id) => {
                let hold = self.found.holds.remove(&(*tenant, *id));
                hold.map(|hold| Record::Hold(hold.into()))
            }
            Key::Refunded(tenant, entry) => {
                let refunded = self.found.refunded.remove(&(*tenant, *entry));
                refunded.map(|refunded| Record::Refunded(refunded.into()))
            }
            Key::Untracked(tenant, digest) => {
                let untracked = self.found.untracked.remove(&(*tenant, *digest));
                untracked.map(|untracked| Record::Untracked(untracked.into()))
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

/// Whom a key leads to, going by what the view holds under it.
pub(crate) fn led_to(key: &Key, view: &View) -> Option<(TenantId, UserId)> {
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
pub(crate) fn behind(tenant: TenantId, user: UserId, follow: Follow) -> impl Iterator<Item = Key> {
    let relations = follow.relations.then_some(Key::Relations(tenant, user));
    let wallets = follow.wallets.then_some(Key::Wallets(tenant, user.0));
    [Some(Key::User(tenant, user)), relations, wallets]
        .into_iter()
        .flatten()
}
