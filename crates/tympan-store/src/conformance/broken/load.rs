//! What a store with a fault loads.

use std::sync::Arc;

use tympan_core::error::Error;
use tympan_core::ids::UserId;
use tympan_core::view::{Change, Follow, Key, ReadSet, Record, View, apply};

use super::store::BrokenStore;
use super::{Fault, lock};
use crate::conformance::samples::TENANT;

impl BrokenStore {
    /// Loads by way of a sound view, and puts what the fault makes of it into another.
    pub(super) fn load(
        &self,
        set: &ReadSet,
        view: &mut View,
        mut load: impl FnMut(&ReadSet, &mut View) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut sound = View::default();
        load(&self.asked(set), &mut sound)?;
        for (key, record) in sound.records() {
            let is_of_nobody = match key {
                Key::Wallets(tenant, owner) => {
                    sound.get(&Key::User(*tenant, UserId(*owner))) == Some(None)
                }
                _ => false,
            };
            if self.fault == Fault::SkipsWalletsOfNobody && is_of_nobody {
                continue;
            }
            let record = match (self.fault, key, record) {
                (Fault::IgnoresTheTenant, key, None) => other_tenants(key, &mut load)?,
                (Fault::TrustsKnownConfigs, Key::Config(tenant), record) => {
                    let known = set.known(*tenant).cloned();
                    known.map(Record::Config).or(record.cloned())
                }
                (_, key, record) => self.changed(key, record.cloned()),
            };
            self.keep(key.clone(), record, view);
        }
        Ok(())
    }

    /// What the fault asks for instead.
    fn asked(&self, set: &ReadSet) -> ReadSet {
        let mut asked = set.clone();
        match self.fault {
            Fault::FollowsNothing => {
                for read in &mut asked.reads {
                    if !matches!(read.key, Key::User(..)) {
                        read.follow = Follow::NOTHING;
                    }
                }
            }
            Fault::IgnoresKnownConfigs => asked.known.clear(),
            _ => {}
        }
        asked
    }

    /// What the fault makes of a record.
    fn changed(&self, key: &Key, record: Option<Record>) -> Option<Record> {
        match (self.fault, record?) {
            (Fault::ForgetsReceipts, _) if matches!(key, Key::Receipt(..)) => None,
            (Fault::CutsReceipts, Record::Receipt(entries)) => {
                Some(Record::Receipt(Arc::new(entries[..1].to_vec())))
            }
            (Fault::RoundsNumbers, Record::User(mut user)) => {
                let user_now = Arc::make_mut(&mut user);
                user_now.version = rounded(user_now.version);
                Some(Record::User(user))
            }
            (Fault::RoundsNumbers, Record::Wallets(mut all)) => {
                for wallet in &mut Arc::make_mut(&mut all).wallets {
                    wallet.balance = rounded(wallet.balance);
                }
                Some(Record::Wallets(all))
            }
            (Fault::TrimsTexts, Record::User(mut user)) => {
                let user_now = Arc::make_mut(&mut user);
                user_now.notes = user_now.notes.as_ref().map(|notes| notes.trim().to_owned());
                Some(Record::User(user))
            }
            (_, record) => Some(record),
        }
    }

    fn keep(&self, key: Key, record: Option<Record>, view: &mut View) {
        if self.fault == Fault::OverwritesViews && view.has(&key) {
            let change = match record {
                Some(record) => Change::Put(key, record),
                None => Change::Remove(key),
            };
            apply(vec![change], view);
        } else if self.fault == Fault::ReadsStale {
            let mut first = lock(&self.shared.first);
            first.load(key.clone(), record);
            let record = first.get(&key).flatten().cloned();
            view.load(key, record);
        } else {
            view.load(key, record);
        }
    }
}

/// What a key of another tenant holds.
fn other_tenants(
    key: &Key,
    load: &mut impl FnMut(&ReadSet, &mut View) -> Result<(), Error>,
) -> Result<Option<Record>, Error> {
    let key = match key.clone() {
        Key::Config(_) => Key::Config(TENANT),
        Key::User(_, id) => Key::User(TENANT, id),
        Key::Relations(_, id) => Key::Relations(TENANT, id),
        Key::Wallets(_, owner) => Key::Wallets(TENANT, owner),
        Key::Hold(_, id) => Key::Hold(TENANT, id),
        Key::Refunded(_, entry) => Key::Refunded(TENANT, entry),
        Key::Untracked(_, digest) => Key::Untracked(TENANT, digest),
        Key::Uses(_, subject) => Key::Uses(TENANT, subject),
        Key::Strand(_, number) => Key::Strand(TENANT, number),
        Key::Receipt(_, digest) => Key::Receipt(TENANT, digest),
        Key::Claim(_, name) => Key::Claim(TENANT, name),
    };
    let mut view = View::default();
    load(&ReadSet::of(key.clone()), &mut view)?;
    Ok(view.get(&key).flatten().cloned())
}

/// The nearest number that a floating-point number of 64 bits can be: 53 bits of it.
fn rounded(number: i64) -> i64 {
    let bits = 64 - number.unsigned_abs().leading_zeros();
    let lost = bits.saturating_sub(53);
    (number >> lost) << lost
}
