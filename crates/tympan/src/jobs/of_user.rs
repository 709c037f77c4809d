//! A user's jobs, newest first: the histories of all of the user's wallets, merged.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tympan_core::error::Error;
use tympan_core::ids::{EntryId, TenantId, UserId};
use tympan_core::queries::{EntryQuery, from_cursor};
use tympan_core::records::{Entry, EntryText, WalletKey, WalletKind};
use tympan_core::view::{Key, ReadSet};

use super::line::{Found, is_job};
use super::{refunded, refunds_of};
use crate::handle::Handle;
use crate::statement::Period;

/// Entries of a wallet that are read at a time.
const STEP: u32 = 100;

/// How far the histories were told.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserPlace {
    tenant: TenantId,
    user: UserId,
    /// The last line. What is newer came since.
    line: EntryId,
    /// Of each wallet, the last entry that was looked at.
    wallets: Vec<(WalletKind, i64, EntryId)>,
}

/// The history of one wallet, from its newest entry back.
struct Source {
    wallet: WalletKey,
    before: Option<EntryId>,
    read: VecDeque<(Entry, Option<EntryText>)>,
    ended: bool,
}

impl Source {
    fn fill(&mut self, handle: &Handle) -> Result<(), Error> {
        if !self.read.is_empty() || self.ended {
            return Ok(());
        }
        self.read = handle
            .engine
            .store
            .entries(&EntryQuery {
                tenant: handle.tenant.id,
                wallet: self.wallet,
                before: self.before,
                limit: STEP,
            })?
            .into();
        self.ended = self.read.is_empty();
        Ok(())
    }

    fn next_id(&self) -> Option<EntryId> {
        self.read.front().map(|(entry, _)| entry.id)
    }
}

/// A user's jobs of a period.
pub(super) struct OfUser<'a> {
    handle: &'a Handle,
    user: UserId,
    period: Period,
    /// Only what is older than this.
    before: Option<EntryId>,
    last: EntryId,
    sources: Vec<Source>,
}

impl<'a> OfUser<'a> {
    pub(super) fn open(
        handle: &'a Handle,
        user: UserId,
        period: Period,
        cursor: Option<&str>,
    ) -> Result<Self, Error> {
        let tenant = handle.tenant.id;
        let belongs = |place: &UserPlace| (place.tenant, place.user) == (tenant, user);
        let place = cursor
            .map(|cursor| from_cursor(cursor, belongs))
            .transpose()?;
        let view = handle.view(ReadSet::of(Key::Wallets(tenant, user.0)))?;
        let wallets = view.wallets(tenant, user.0).ok().flatten();
        let known = |wallet: WalletKey| {
            let mut known = place.iter().flat_map(|place| &place.wallets);
            known
                .find(|known| (known.0, known.1) == (wallet.kind, wallet.feed))
                .map(|known| known.2)
        };
        let wallets = wallets.iter().flat_map(|wallets| &wallets.wallets);
        let sources = wallets.map(|wallet| Source {
            wallet: wallet.key(),
            before: known(wallet.key()),
            read: VecDeque::new(),
            ended: false,
        });
        let before = place.as_ref().map(|place| place.line);
        Ok(Self {
            handle,
            user,
            period,
            before,
            last: before.unwrap_or(EntryId(i64::MAX)),
            sources: sources.collect(),
        })
    }

    /// The next job back in time.
    pub(super) fn next_job(&mut self) -> Result<Option<Found>, Error> {
        while let Some((first, text)) = self.next_entry()? {
            if self.period.since.is_some_and(|since| first.at < since) {
                return Ok(None);
            }
            let is_older = self.before.is_none_or(|before| first.id < before);
            if is_older && is_job(&first) && self.period.holds(first.at) {
                self.last = first.id;
                return Ok(Some(Found { first, text }));
            }
        }
        Ok(None)
    }

    /// How far it was told.
    pub(super) fn place(&self) -> UserPlace {
        let wallets = self.sources.iter().filter_map(|source| {
            let before = source.before?;
            Some((source.wallet.kind, source.wallet.feed, before))
        });
        UserPlace {
            tenant: self.handle.tenant.id,
            user: self.user,
            line: self.last,
            wallets: wallets.collect(),
        }
    }

    fn next_entry(&mut self) -> Result<Option<(Entry, Option<EntryText>)>, Error> {
        for source in &mut self.sources {
            source.fill(self.handle)?;
        }
        let newest = self
            .sources
            .iter_mut()
            .max_by_key(|source| source.next_id());
        let Some(source) = newest else {
            return Ok(None);
        };
        let entry = source.read.pop_front();
        if let Some((entry, _)) = &entry {
            source.before = Some(entry.id);
        }
        Ok(entry)
    }
}

/// What was given back of what a receipt took.
pub(super) fn given_back(handle: &Handle, receipt: &[Entry]) -> Result<Vec<Found>, Error> {
    let Some(first) = receipt.first() else {
        return Ok(Vec::new());
    };
    let view = handle.view(refunds_of(ReadSet::default(), first))?;
    let is_refunded = |line: &&Entry| refunded(&view, first.tenant, line.id).is_some();
    if !receipt.iter().any(|line| is_refunded(&line)) {
        return Ok(Vec::new());
    }
    let since_then = Period {
        since: Some(first.at),
        until: None,
    };
    let mut jobs = OfUser::open(handle, UserId(first.owner), since_then, None)?;
    let mut found = Vec::new();
    while let Some(job) = jobs.next_job()? {
        let refunds = job.first.refunds;
        if refunds.is_some_and(|took| receipt.iter().any(|line| line.id == took)) {
            found.push(job);
        }
    }
    Ok(found)
}
