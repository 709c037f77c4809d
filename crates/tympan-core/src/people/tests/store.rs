//! What the tests share: a store of a map, and a tenant with a little of everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use tympan_vault::{KeyRing, RandomError};

use crate::card_pipeline::CardPipeline;
use crate::command::{Actor, Command, Context, Decide, Preparation, Stop, TenantKeys};
use crate::error::Error;
use crate::ids::{AccountId, GroupId, Ids, ProfileId, RoleId, TenantId, UserId};
use crate::measure::Currency;
use crate::people::{
    Changed, CreateUser, PreparedUser, UserDetails, UserReference, details_reads, look_up,
    look_up_reads, user_details,
};
use crate::permissions::{self, permit};
use crate::records::{
    Account, AuditEvent, AuditText, Config, Entry, Group, Identity, Profile, Relations, Role,
    RolePermission, Stacking, Tenant, Tracking, User, Wallets,
};
use crate::time::Timestamp;
use crate::view::{Batch, Follow, Found, Key, Read, ReadSet, Record, View, apply};

pub(in crate::people) const TENANT: TenantId = TenantId(1);
pub(in crate::people) const STAFF: ProfileId = ProfileId(1);
pub(in crate::people) const GUESTS: ProfileId = ProfileId(2);
pub(in crate::people) const OLD_PROFILE: ProfileId = ProfileId(3);
/// Every permission that any role here has.
pub(in crate::people) const ADMINISTRATOR: RoleId = RoleId(1);
/// User administration and nothing else.
pub(in crate::people) const DEPUTY: RoleId = RoleId(2);
/// Edits users and identities.
pub(in crate::people) const HELPDESK: RoleId = RoleId(3);
/// A production role.
pub(in crate::people) const OPERATOR: RoleId = RoleId(4);
pub(in crate::people) const OLD_ROLE: RoleId = RoleId(5);
/// Edits users only.
pub(in crate::people) const CLERK: RoleId = RoleId(6);
pub(in crate::people) const PRESS: GroupId = GroupId(1);
pub(in crate::people) const OFFICE: GroupId = GroupId(2);
pub(in crate::people) const OLD_GROUP: GroupId = GroupId(3);
pub(in crate::people) const NORTH: AccountId = AccountId(1);
pub(in crate::people) const SOUTH: AccountId = AccountId(2);
pub(in crate::people) const OLD_ACCOUNT: AccountId = AccountId(3);

/// The configuration of the tenant.
pub(in crate::people) fn config() -> Config {
    let mut config = Config::empty(Tenant {
        id: TENANT,
        name: "Company".into(),
        version: 1,
        default_profile: STAFF,
        currency: Currency::EUR,
        card_pipeline: CardPipeline::default().to_json(),
        pin_length: 6,
        pin_alphabet: "numeric".into(),
        pin_floor: "population".into(),
        low_funds: crate::ledger::Thresholds::default(),
        time_zone_database: "test".into(),
        created_at: Timestamp::EPOCH,
        digests: Vec::new(),
    });
    macro_rules! thing {
        ($map:ident, $type:ident, $id:ident $name:literal $retired:literal $(, $more:ident: $value:expr)*) => {
            config.$map.insert(
                $id,
                $type {
                    tenant: TENANT,
                    id: $id,
                    name: $name.into(),
                    version: 1,
                    retired: $retired,
                    created_at: Timestamp::EPOCH,
                    $($more: $value,)*
                },
            );
        };
    }
    thing!(profiles, Profile, STAFF "Staff" false, price_list: None, tracking: Tracking::ALL, stacking: Stacking::Sum);
    thing!(profiles, Profile, GUESTS "Guests" false, price_list: None, tracking: Tracking::ALL, stacking: Stacking::Sum);
    thing!(profiles, Profile, OLD_PROFILE "Old profile" true, price_list: None, tracking: Tracking::ALL, stacking: Stacking::Sum);
    thing!(roles, Role, ADMINISTRATOR "Administrator" false, production: false);
    thing!(roles, Role, DEPUTY "Deputy" false, production: false);
    thing!(roles, Role, HELPDESK "Helpdesk" false, production: false);
    thing!(roles, Role, OPERATOR "Operator" false, production: true);
    thing!(roles, Role, OLD_ROLE "Old role" true, production: false);
    thing!(roles, Role, CLERK "Clerk" false, production: false);
    thing!(groups, Group, PRESS "Press" false);
    thing!(groups, Group, OFFICE "Office" false);
    thing!(groups, Group, OLD_GROUP "Old group" true);
    thing!(accounts, Account, NORTH "North" false);
    thing!(accounts, Account, SOUTH "South" false);
    thing!(accounts, Account, OLD_ACCOUNT "Old account" true);
    for (role, held) in [
        (ADMINISTRATOR, permissions::OWN),
        (DEPUTY, &[permissions::USER_ADMINISTER]),
        (
            HELPDESK,
            &[permissions::USER_EDIT, permissions::IDENTITY_EDIT],
        ),
        (OPERATOR, &["press.start"]),
        (OLD_ROLE, &["press.stop"]),
        (CLERK, &[permissions::USER_EDIT]),
    ] {
        let mut held: Vec<&str> = held.to_vec();
        if role == ADMINISTRATOR {
            held.extend(["press.start", "press.stop"]);
        }
        held.sort_unstable();
        let rows = held.into_iter().map(|permission| RolePermission {
            tenant: TENANT,
            role,
            permission: permission.to_owned(),
        });
        config.permissions.insert(role, rows.collect());
    }
    config
}

/// A store that is a map: it loads what is asked for, and commits what is still as it was read.
pub(in crate::people) struct Store {
    pub(in crate::people) records: BTreeMap<Key, Record>,
    pub(in crate::people) entries: Vec<Entry>,
    pub(in crate::people) events: Vec<(AuditEvent, AuditText)>,
    pub(in crate::people) keys: TenantKeys,
    pub(in crate::people) now: Timestamp,
    next_id: i64,
    random: u64,
}

impl Store {
    pub(in crate::people) fn new(config: Config) -> Self {
        let ring = KeyRing::from_bytes(1, &std::array::from_fn(|at| at as u8)).unwrap();
        let records = [(Key::Config(TENANT), Record::Config(Arc::new(config)))];
        Self {
            records: records.into(),
            entries: Vec::new(),
            events: Vec::new(),
            keys: TenantKeys::new(&ring, TENANT),
            now: Timestamp::from_millis(1_000_000),
            next_id: 1_000,
            random: 1,
        }
    }

    /// A store with an administrator.
    pub(in crate::people) fn with_administrator() -> (Self, UserId) {
        let mut store = Self::new(config());
        let mut create = CreateUser::named("Ada").username("ada");
        create.fields.role = Some(ADMINISTRATOR);
        let ada = store.host(&create).unwrap().user.id;
        (store, ada)
    }

    pub(in crate::people) fn host<C: Command>(&mut self, command: &C) -> Result<ReplyOf<C>, Error> {
        self.run(Actor::Host, command)
    }

    pub(in crate::people) fn by<C: Command>(
        &mut self,
        actor: UserId,
        command: &C,
    ) -> Result<ReplyOf<C>, Error> {
        self.run(Actor::User(actor), command)
    }

    /// Prepares and decides a command and commits its changes.
    pub(in crate::people) fn run<C: Command>(
        &mut self,
        actor: Actor,
        command: &C,
    ) -> Result<ReplyOf<C>, Error> {
        let prepared = self.prepare(command)?;
        let mut view = View::default();
        let mut set = permissions::actor_reads(TENANT, actor);
        set.extend(prepared.reads(TENANT));
        self.load(&set, &mut view);
        for _ in 0..100 {
            let mut ids = Ids::starting_at(self.next_id);
            let mut context = Context {
                tenant: TENANT,
                actor,
                now: self.now,
                ids: &mut ids,
                noise: &[7; 32],
                keys: &self.keys,
            };
            let decided = permit(&view, TENANT, actor, C::REQUIRES, None)
                .and_then(|()| prepared.decide(&view, &mut context));
            match decided {
                Ok(decision) => {
                    apply(decision.changes, &mut view);
                    let reply = decision.reply?;
                    self.next_id = ids.peek();
                    self.commit(&view.into_batch());
                    return Ok(reply);
                }
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Needs(missing)) => {
                    assert!(
                        missing.reads.iter().any(|read| !view.has(&read.key)),
                        "asks for what it has: {missing:?}"
                    );
                    self.load(&missing, &mut view);
                }
            }
        }
        panic!("no decision");
    }

    pub(in crate::people) fn prepare<C: Command>(
        &mut self,
        command: &C,
    ) -> Result<C::Prepared, Error> {
        let config = self.config();
        let (state, keys) = (&mut self.random, &self.keys);
        let mut random = |out: &mut [u8]| -> Result<(), RandomError> {
            for byte in out {
                *state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = (*state >> 33) as u8;
            }
            Ok(())
        };
        command.prepare(&mut Preparation {
            tenant: TENANT,
            config: Some(&config),
            keys,
            random: &mut random,
        })
    }

    pub(in crate::people) fn load(&self, set: &ReadSet, view: &mut View) {
        for Read { key, follow } in &set.reads {
            self.load_key(key, view);
            let user = match key {
                Key::User(_, id) => Some(*id),
                Key::Claim(..) => match self.records.get(key) {
                    Some(Record::Claim(claim)) => Some(claim.user),
                    _ => None,
                },
                _ => None,
            };
            if let Some(id) = user {
                self.load_user(id, *follow, view);
            }
        }
    }

    fn load_user(&self, id: UserId, follow: Follow, view: &mut View) {
        self.load_key(&Key::User(TENANT, id), view);
        if follow.relations {
            self.load_key(&Key::Relations(TENANT, id), view);
        }
        if follow.wallets {
            self.load_key(&Key::Wallets(TENANT, id.0), view);
        }
    }

    fn load_key(&self, key: &Key, view: &mut View) {
        view.load(key.clone(), self.get(key));
    }

    fn get(&self, key: &Key) -> Option<Record> {
        let empty = match key {
            Key::Relations(_, id) => self
                .records
                .contains_key(&Key::User(TENANT, *id))
                .then(|| Record::Relations(Arc::new(Relations::default()))),
            Key::Wallets(..) => Some(Record::Wallets(Arc::new(Wallets::default()))),
            _ => None,
        };
        self.records.get(key).cloned().or(empty)
    }

    /// Reads what there is to know about a user.
    pub(in crate::people) fn details(
        &self,
        actor: Actor,
        user: UserId,
        production_station: Option<bool>,
    ) -> Result<Option<UserDetails>, Error> {
        let prepared = self.prepare_user(&UserReference::Id(user))?;
        let mut set = permissions::actor_reads(TENANT, actor);
        set.extend(details_reads(TENANT, &prepared));
        self.query(actor, &set, |view, context| {
            user_details(view, context, &prepared, production_station)
        })
    }

    /// Finds a user.
    pub(in crate::people) fn look_up(
        &self,
        reference: UserReference,
    ) -> Result<Option<Arc<User>>, Error> {
        let prepared = self.prepare_user(&reference)?;
        let set = look_up_reads(TENANT, &prepared).and(Key::Config(TENANT));
        self.query(Actor::Host, &set, |view, context| {
            look_up(view, context, &prepared)
        })
    }

    fn prepare_user(&self, reference: &UserReference) -> Result<PreparedUser, Error> {
        reference.prepare(&Preparation {
            tenant: TENANT,
            config: Some(&self.config()),
            keys: &self.keys,
            random: &mut |_: &mut [u8]| Err(RandomError),
        })
    }

    /// What an answer reads is all known before: asking for more would be a fault.
    fn query<T>(
        &self,
        actor: Actor,
        set: &ReadSet,
        ask: impl FnOnce(&View, &mut Context<'_>) -> Result<T, Stop>,
    ) -> Result<T, Error> {
        let mut view = View::default();
        self.load(set, &mut view);
        let mut context = Context {
            tenant: TENANT,
            actor,
            now: self.now,
            ids: &mut Ids::starting_at(self.next_id),
            noise: &[7; 32],
            keys: &self.keys,
        };
        match ask(&view, &mut context) {
            Ok(answer) => Ok(answer),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::Needs(missing)) => panic!("not said before: {missing:?}"),
        }
    }

    /// From here on the random bytes are those from the beginning.
    pub(in crate::people) fn rewind_random(&mut self) {
        self.random = 1;
    }

    fn commit(&mut self, batch: &Batch) {
        for expectation in &batch.expectations {
            let found = Found::of(&expectation.key, self.get(&expectation.key).as_ref());
            assert_eq!(
                found.as_ref(),
                Some(&expectation.found),
                "{:?}",
                expectation.key
            );
        }
        for change in &batch.changes {
            match &change.after {
                Some(record) => self.records.insert(change.key.clone(), record.clone()),
                None => self.records.remove(&change.key),
            };
        }
        self.entries
            .extend(batch.entries.iter().map(|entry| Entry::clone(entry)));
        let texts = batch.audit_texts.iter().cloned();
        self.events
            .extend(batch.audit_events.iter().cloned().zip(texts));
    }

    pub(in crate::people) fn config(&self) -> Arc<Config> {
        match self.records.get(&Key::Config(TENANT)) {
            Some(Record::Config(config)) => Arc::clone(config),
            _ => panic!("no configuration"),
        }
    }

    /// Changes the configuration behind everybody's back.
    pub(in crate::people) fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = (*self.config()).clone();
        change(&mut config);
        config.tenant.version += 1;
        let record = Record::Config(Arc::new(config));
        self.records.insert(Key::Config(TENANT), record);
    }

    pub(in crate::people) fn user(&self, id: UserId) -> Arc<User> {
        match self.records.get(&Key::User(TENANT, id)) {
            Some(Record::User(user)) => Arc::clone(user),
            other => panic!("no user: {other:?}"),
        }
    }

    pub(in crate::people) fn relations(&self, id: UserId) -> Relations {
        match self.get(&Key::Relations(TENANT, id)) {
            Some(Record::Relations(relations)) => (*relations).clone(),
            other => panic!("no relations: {other:?}"),
        }
    }

    pub(in crate::people) fn identities(&self, id: UserId) -> Vec<Identity> {
        self.relations(id).identities
    }

    /// Creates a user by name, which is the username too.
    pub(in crate::people) fn create(&mut self, name: &str) -> Changed {
        self.host(&CreateUser::named(name).username(name)).unwrap()
    }
}

/// What a command answers.
pub(in crate::people) type ReplyOf<C> = <<C as Command>::Prepared as Decide>::Reply;
