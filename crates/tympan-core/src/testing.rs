//! A store for the tests of the rules: a map, one command at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use tympan_vault::{KeyRing, RandomError};

use crate::command::{Actor, Command, Context, Decide, Preparation, Stop, TenantKeys};
use crate::error::Error;
use crate::ids::{Ids, TenantId};
use crate::ledger::{Quote, Quoted};
use crate::permissions::{actor_reads, permit};
use crate::records::{AuditEvent, AuditText, Config, Entry, EntryText};
use crate::time::Timestamp;
use crate::view::{Key, ReadSet, Record, View, apply};

pub(crate) struct TestStore {
    pub(crate) records: BTreeMap<Key, Record>,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) entry_texts: Vec<EntryText>,
    pub(crate) audit_events: Vec<AuditEvent>,
    pub(crate) audit_texts: Vec<AuditText>,
    pub(crate) keys: TenantKeys,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    ids: Ids,
    drawn: u64,
}

impl TestStore {
    pub(crate) const TENANT: TenantId = TenantId::DEFAULT;

    pub(crate) fn new() -> Self {
        let ring = KeyRing::from_bytes(
            1,
            &std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ 0x5a),
        )
        .unwrap();
        Self {
            records: BTreeMap::new(),
            entries: Vec::new(),
            entry_texts: Vec::new(),
            audit_events: Vec::new(),
            audit_texts: Vec::new(),
            keys: TenantKeys::new(&ring, Self::TENANT),
            now: Timestamp::from_millis(1_788_000_000_000),
            actor: Actor::Host,
            ids: Ids::starting_at(1_000),
            drawn: 0,
        }
    }

    pub(crate) fn put(&mut self, key: Key, record: Record) {
        self.records.insert(key, record);
    }

    pub(crate) fn config(&self) -> Option<&Config> {
        match self.records.get(&Key::Config(Self::TENANT)) {
            Some(Record::Config(config)) => Some(config),
            _ => None,
        }
    }

    /// Prepares and decides a command as the engine does, one key at a time, and keeps its changes.
    pub(crate) fn run<C: Command>(
        &mut self,
        command: &C,
    ) -> Result<<C::Prepared as Decide>::Reply, Error> {
        let prepared = self.prepare(command)?;
        let mut view = View::default();
        self.load(&actor_reads(Self::TENANT, self.actor), &mut view);
        let decision = loop {
            let mark = self.ids.peek();
            let mut context = Context {
                tenant: Self::TENANT,
                actor: self.actor,
                now: self.now,
                ids: &mut self.ids,
                noise: &[3; 32],
                keys: &self.keys,
            };
            let decided = permit(&view, Self::TENANT, self.actor, C::REQUIRES, None)
                .and_then(|()| prepared.decide(&view, &mut context));
            match decided {
                Ok(decision) => break decision,
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Needs(set)) => {
                    self.ids.rewind(mark);
                    self.load(&set, &mut view);
                }
            }
        };
        apply(decision.changes, &mut view);
        self.keep(view);
        decision.reply
    }

    /// Prepares and answers a question as the engine does; nothing is kept.
    pub(crate) fn quote(&mut self, quote: &Quote) -> Result<Quoted, Error> {
        let prepared = self.prepared(|preparation| quote.prepare(preparation))?;
        let mut view = View::default();
        self.load(&actor_reads(Self::TENANT, self.actor), &mut view);
        loop {
            let mut context = Context {
                tenant: Self::TENANT,
                actor: self.actor,
                now: self.now,
                ids: &mut Ids::starting_at(1),
                noise: &[0; 32],
                keys: &self.keys,
            };
            match prepared.answer(&view, &mut context) {
                Ok(quoted) => return Ok(quoted),
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Needs(set)) => self.load(&set, &mut view),
            }
        }
    }

    fn prepare<C: Command>(&mut self, command: &C) -> Result<C::Prepared, Error> {
        self.prepared(|preparation| command.prepare(preparation))
    }

    fn prepared<T>(
        &mut self,
        prepare: impl FnOnce(&mut Preparation<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let config = self.config().cloned();
        let drawn = &mut self.drawn;
        let mut random = |out: &mut [u8]| -> Result<(), RandomError> {
            for byte in out {
                *drawn = drawn
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = (*drawn >> 56) as u8;
            }
            Ok(())
        };
        prepare(&mut Preparation {
            tenant: Self::TENANT,
            config: config.as_ref(),
            keys: &self.keys,
            random: &mut random,
        })
    }

    fn keep(&mut self, view: View) {
        for (key, record) in view.records() {
            match record {
                Some(record) => self.records.insert(key.clone(), record.clone()),
                None => self.records.remove(key),
            };
        }
        let batch = view.into_batch();
        for first in &batch.entries {
            let Some(digest) = first.key else { continue };
            let parts = batch
                .entries
                .iter()
                .filter(|entry| (0..i64::from(first.parts)).contains(&(entry.id.0 - first.id.0)))
                .cloned()
                .collect();
            let record = Record::Receipt(Arc::new(parts));
            self.records
                .insert(Key::Receipt(first.tenant, digest), record);
        }
        self.entries.extend(batch.entries);
        self.entry_texts.extend(batch.entry_texts);
        self.audit_events.extend(batch.audit_events);
        self.audit_texts.extend(batch.audit_texts);
    }

    fn load(&self, set: &ReadSet, view: &mut View) {
        for read in &set.reads {
            view.load(read.key.clone(), self.records.get(&read.key).cloned());
        }
    }
}
