//! A user's wallets while one command is decided, and those that somebody shares with the user: a
//! working copy, and the entries written to it.

use std::sync::Arc;

use smallvec::SmallVec;
use tympan_vault::{ChainHead, LINK_BYTES};

use crate::audit::{self, Event};
use crate::command::{Context, Decision, Stop};
use crate::error::{Code, Error};
use crate::ids::{EntryId, HoldId, TenantId};
use crate::ledger::chain::{entry_chain, entry_text_digest};
use crate::ledger::party::{Party, split};
use crate::ledger::receipt::{PreparedKey, Receipt, Words, answer};
use crate::ledger::{register, schedule, thresholds};
use crate::measure::Measure;
use crate::records::{
    Config, Entry, EntryText, Hold, HoldPart, HoldState, JobKind, PlanRevision, Request,
    SharedOrder, User, Verb, Wallet, WalletKey, WalletKind, Wallets,
};
use crate::refusals::too_many;
use crate::schedule::Window;
use crate::time::Timestamp;
use crate::view::{Change, Key, Missing, Record, View};

/// The lowest balance of a plan's wallet: what its plan gives on top, at most
/// [`MAX_AMOUNT`](crate::configuration::MAX_AMOUNT), must fit into 63 bits, or the wallet could
/// never be fed again.
const LOWEST_ALLOWANCE: i64 = -(1 << 62);

/// Entries that one command writes, what fell due included: every day of a century and a third.
/// Beyond it lies a clock that is wrong, and memory for what it makes due.
const MAX_ENTRIES: usize = 50_000;

pub(super) struct Book<'a> {
    pub(super) config: &'a Config,
    /// Whom the command is about.
    pub(super) own: Party<'a>,
    /// Whose wallets besides: of who shares them with that user, or whom something is given to.
    pub(super) other: Option<Party<'a>>,
    /// The time of the turn, but never earlier than the latest time on any of the wallets, nor
    /// than the one from which on a user's profile, or a group, feeds them.
    pub(super) now: Timestamp,
    /// The wallets of all, each with its owner in its key.
    pub(super) wallets: Wallets,
    entries: Vec<Arc<Entry>>,
    texts: Vec<EntryText>,
    /// Parts of holds whose time is over, by when it was.
    expiring: Vec<HoldPart>,
    holds: Vec<Hold>,
    /// Wallets that were not there before.
    opened: SmallVec<[WalletKey; 2]>,
    receipt_from: usize,
}

/// An entry with nothing in it but what it records.
pub(super) fn blank(verb: Verb) -> Entry {
    Entry {
        id: EntryId(0),
        tenant: TenantId(0),
        owner: 0,
        kind: WalletKind::OwnFunds,
        feed: 0,
        sequence: 0,
        previous: EntryId(0),
        at: Timestamp::EPOCH,
        due_at: None,
        verb,
        amount: 0,
        held: 0,
        balance_after: 0,
        held_after: 0,
        actor: None,
        key: None,
        parts: 1,
        attempt: 1,
        request: Request::Due,
        hold: None,
        expires_at: None,
        refunds: None,
        queue: None,
        job_kind: None,
        account_code: None,
        usage: None,
        cost_micros: None,
        currency: None,
        price_list: None,
        asked: None,
        extra: None,
        denied: None,
        debt: None,
        carried: None,
        needed: None,
        available: None,
        next_reset_at: None,
        words_until: None,
        counterpart: None,
        shared_order: None,
        text_digest: None,
        chain: [0; LINK_BYTES],
    }
}

impl<'a> Book<'a> {
    /// Opens a user's wallets: expired holds are given back, and schedules are run.
    pub(super) fn open(
        view: &View,
        context: &mut Context<'_>,
        config: &'a Config,
        user: &'a User,
    ) -> Result<Self, Stop> {
        Self::open_both(view, context, config, (user, None))
    }

    /// Opens a user's wallets, and with them those that somebody shares with the user, or that something
    /// goes to.
    pub(super) fn open_both(
        view: &View,
        context: &mut Context<'_>,
        config: &'a Config,
        (user, other): (&'a User, Option<&'a User>),
    ) -> Result<Self, Stop> {
        let stored = view.wallets(context.tenant, user.id.0)?;
        let mut wallets = stored.map_or_else(Wallets::default, |stored| Wallets::clone(stored));
        if let Some(other) = other
            && let Some(shared) = view.wallets(context.tenant, other.id.0)?
        {
            wallets.wallets.extend(shared.wallets.iter().cloned());
            wallets.hold_parts.extend(shared.hold_parts.iter().cloned());
        }
        let mut book = Self::of(config, (user, other), wallets, context);
        book.find_expired();
        let mut expired: Vec<(HoldId, Timestamp)> = book
            .expiring
            .iter()
            .map(|part| (part.hold, part.expires_at))
            .collect();
        expired.dedup();
        let holds = expired.iter();
        view.require(holds.map(|(id, _)| Key::Hold(context.tenant, *id)))?;
        for (id, at) in expired {
            // Of a hold on wallets of two users, one may have been given its part back before.
            if let Some(hold) = view.hold(context.tenant, id)?
                && hold.state == HoldState::Open
            {
                book.resolve(hold, HoldState::Expired, at);
            }
        }
        schedule::run(&mut book, context)?;
        Ok(book)
    }

    pub(super) fn of(
        config: &'a Config,
        (user, other): (&'a User, Option<&'a User>),
        wallets: Wallets,
        context: &Context<'_>,
    ) -> Self {
        let came = |user: &User| user.groups.latest().max(Some(user.profile_since));
        let latest = wallets.wallets.iter().map(|wallet| wallet.latest_at);
        let latest = latest.max().max(came(user)).max(other.and_then(came));
        let now = context.now.max(latest.unwrap_or(Timestamp::EPOCH));
        Self {
            own: Party::of(config, user, now),
            other: other.map(|other| Party::of(config, other, now)),
            config,
            now,
            wallets,
            entries: Vec::new(),
            texts: Vec::new(),
            expiring: Vec::new(),
            holds: Vec::new(),
            opened: SmallVec::new(),
            receipt_from: 0,
        }
    }

    /// Those whose wallets it holds.
    pub(super) fn parties(&self) -> impl Iterator<Item = &Party<'a>> {
        std::iter::once(&self.own).chain(&self.other)
    }

    pub(super) fn checked(amount: Option<i64>) -> Result<i64, Error> {
        amount.ok_or_else(|| Error::of(Code::AmountOverflow))
    }

    pub(super) fn position(&self, key: WalletKey) -> Option<usize> {
        self.wallets
            .wallets
            .iter()
            .position(|wallet| wallet.key() == key)
    }

    pub(super) fn wallet(&self, index: usize) -> Result<&Wallet, Error> {
        self.wallets
            .wallets
            .get(index)
            .ok_or_else(|| Error::of(Code::Internal))
    }

    pub(super) fn wallet_mut(&mut self, index: usize) -> Result<&mut Wallet, Error> {
        self.wallets
            .wallets
            .get_mut(index)
            .ok_or_else(|| Error::of(Code::Internal))
    }

    /// A new wallet with nothing in it.
    pub(super) fn open_wallet(
        &mut self,
        key: WalletKey,
        measure: Measure,
        since: Timestamp,
    ) -> usize {
        self.wallets.wallets.push(Wallet {
            tenant: self.own.user.tenant,
            owner: key.owner,
            kind: key.kind,
            feed: key.feed,
            measure,
            version: 0,
            balance: 0,
            held: 0,
            hold_expires_at: None,
            spent: 0,
            used: 0,
            carried: 0,
            fed: EntryId(0),
            entries: 0,
            last_entry: EntryId(0),
            chain: [0; 32],
            settled_at: since,
            missed: false,
            given: 0,
            taken_back: None,
            used_by_day: Window::default(),
            revision: 0,
            next_due_at: None,
            latest_at: Timestamp::EPOCH,
            last_job_at: None,
        });
        self.opened.push(key);
        self.wallets.wallets.len() - 1
    }

    /// The user's own funds in a currency, opened if they were never used.
    pub(super) fn own_funds(&mut self, measure: Measure) -> Result<usize, Error> {
        self.own_funds_of(self.own.user, measure)
    }

    /// Where the user's own line of a receipt lies that takes nothing: in the first wallet that has
    /// entries, or among own funds.
    pub(super) fn own_record(&mut self) -> Result<usize, Error> {
        let own = self.own.user.id.0;
        let wallets = self.wallets.wallets.iter();
        let own = wallets.filter(|wallet| wallet.owner == own && wallet.entries > 0);
        match own
            .map(Wallet::key)
            .min()
            .and_then(|key| self.position(key))
        {
            Some(index) => Ok(index),
            None => self.own_funds(Measure::Cost(self.config.tenant.currency)),
        }
    }

    /// Own funds in a currency of one whose wallets these are, opened if they were never used.
    pub(super) fn own_funds_of(&mut self, user: &User, measure: Measure) -> Result<usize, Error> {
        let key = own_funds_key(user, measure)?;
        let now = self.now;
        Ok(self
            .position(key)
            .unwrap_or_else(|| self.open_wallet(key, measure, now)))
    }

    /// How far below zero a wallet may go.
    pub(super) fn overdraft(&self, wallet: &Wallet) -> i64 {
        self.plan_of(wallet).map_or(0, |plan| plan.overdraft)
    }

    /// Sets every part of a hold aside whose time is over: they are given back in turn with what
    /// else fell due.
    pub(super) fn find_expired(&mut self) {
        let now = self.now;
        self.expiring = self
            .wallets
            .hold_parts
            .extract_if(.., |part| part.expires_at <= now)
            .collect();
        self.expiring
            .sort_by_key(|part| (part.expires_at, part.hold, part.wallet()));
    }

    /// Gives back what expired up to an instant: in one wallet, or in all.
    pub(super) fn give_back_expired(
        &mut self,
        context: &mut Context<'_>,
        of: Option<WalletKey>,
        until: Timestamp,
    ) -> Result<(), Error> {
        let is_over = |part: &mut HoldPart| {
            part.expires_at <= until && of.is_none_or(|wallet| wallet == part.wallet())
        };
        let over: Vec<HoldPart> = self.expiring.extract_if(.., is_over).collect();
        for part in over {
            let Some(index) = self.position(part.wallet()) else {
                continue;
            };
            let mut entry = blank(Verb::Expire);
            entry.due_at = Some(part.expires_at);
            entry.hold = Some(part.hold);
            entry.held = Self::checked(part.amount.checked_neg())?;
            self.write(context, index, entry)?;
            schedule::take_back(self, context, index, Some(part.expires_at))?;
        }
        Ok(())
    }

    /// Gives a hold another expiry; what it keeps aside.
    pub(super) fn extend_hold(&mut self, hold: &Hold, expires_at: Timestamp) -> Vec<HoldPart> {
        self.holds.push(Hold {
            expires_at,
            version: hold.version + 1,
            ..hold.clone()
        });
        let parts = self.wallets.hold_parts.iter_mut();
        let parts = parts.filter(|part| part.hold == hold.id).map(|part| {
            part.expires_at = expires_at;
            part.clone()
        });
        parts.collect()
    }

    /// Notes that a hold is charged under a key.
    pub(super) fn settle_hold(&mut self, hold: &Hold, key: &PreparedKey) {
        self.holds.push(Hold {
            state: HoldState::Settled,
            resolved_at: Some(self.now),
            version: hold.version + 1,
            settled_by: Some(key.digest),
            ..hold.clone()
        });
    }

    pub(super) fn resolve(&mut self, hold: &Hold, state: HoldState, at: Timestamp) {
        self.holds.push(Hold {
            state,
            resolved_at: Some(at),
            version: hold.version + 1,
            ..hold.clone()
        });
    }

    /// A new hold.
    pub(super) fn make_hold(
        &mut self,
        id: HoldId,
        expires_at: Timestamp,
        (job_kind, shared_order): (Option<JobKind>, Option<SharedOrder>),
    ) {
        self.holds.push(Hold {
            tenant: self.own.user.tenant,
            id,
            owner: self.own.user.id.0,
            shared_by: self.other.as_ref().map(|other| other.user.id),
            shared_order,
            version: 1,
            state: HoldState::Open,
            created_at: self.now,
            expires_at,
            resolved_at: None,
            settled_by: None,
            job_kind,
        });
    }

    /// From here on entries belong to the receipt.
    pub(super) fn begin_receipt(&mut self) {
        self.receipt_from = self.entries.len();
    }

    /// Writes one entry to a wallet: its amounts are given, its place and sums are filled in.
    pub(super) fn write(
        &mut self,
        context: &mut Context<'_>,
        index: usize,
        mut entry: Entry,
    ) -> Result<(), Error> {
        if self.entries.len() >= MAX_ENTRIES {
            return Err(too_many("entries", MAX_ENTRIES));
        }
        let now = self.now;
        let wallet = self.wallet_mut(index)?;
        entry.id = EntryId(context.ids.next());
        entry.tenant = wallet.tenant;
        entry.owner = wallet.owner;
        entry.kind = wallet.kind;
        entry.feed = wallet.feed;
        entry.sequence = wallet.entries + 1;
        entry.previous = wallet.last_entry;
        entry.at = now;
        entry.actor = context.actor.user();
        entry.balance_after = Self::checked(wallet.balance.checked_add(entry.amount))?;
        entry.held_after = Self::checked(wallet.held.checked_add(entry.held))?;
        if wallet.kind == WalletKind::Allowance && entry.balance_after < LOWEST_ALLOWANCE {
            return Err(Error::of(Code::AmountOverflow));
        }
        wallet.balance = entry.balance_after;
        wallet.held = entry.held_after;
        wallet.entries = entry.sequence;
        wallet.last_entry = entry.id;
        wallet.latest_at = now;
        if matches!(entry.verb, Verb::Charge | Verb::Settle) {
            wallet.spent = Self::checked(wallet.spent.checked_sub(entry.amount))?;
            if wallet.kind == WalletKind::Allowance {
                wallet.used = Self::checked(wallet.used.checked_sub(entry.amount))?;
            }
        }
        if let Some(carried) = entry.carried {
            wallet.carried = Self::checked(wallet.carried.checked_add(carried))?;
        }
        if matches!(entry.verb, Verb::Charge | Verb::Authorise) {
            wallet.last_job_at = Some(now);
        }
        if matches!(entry.verb, Verb::Grant | Verb::Join | Verb::Reset) {
            wallet.fed = entry.id;
        }
        self.entries.push(Arc::new(entry));
        Ok(())
    }

    /// Counts what came back of a job: it is not used any more, as far as it counts as used since
    /// its plan gave last, and so much less is spent. Of days that a rolling plan looks back on, the
    /// newest come first. What was carried and is `paid` counts as used whenever it was.
    pub(super) fn count_back(
        &mut self,
        index: usize,
        took: EntryId,
        (amount, paid): (i64, i64),
        unspent: i64,
    ) -> Result<(), Error> {
        let wallet = self.wallet_mut(index)?;
        wallet.spent = Self::checked(wallet.spent.checked_sub(unspent))?;
        let looks_back = !wallet.used_by_day.is_empty();
        if wallet.kind == WalletKind::Allowance {
            let counts = looks_back || took > wallet.fed;
            let unused = if counts { amount } else { paid };
            wallet.used = wallet.used.saturating_sub(unused).max(0);
            wallet.used_by_day.cut_to(wallet.used);
        }
        Ok(())
    }

    /// The changes, and the answer that the receipt's entries stand for.
    pub(super) fn close(
        mut self,
        view: &View,
        context: &mut Context<'_>,
        key: &PreparedKey,
        words: Option<Words>,
    ) -> Result<Decision<Receipt>, Stop> {
        // First of all: what is missing is asked for before anything is hashed.
        let registered = self.register(view, context)?;
        self.head(key)?;
        if let Some(words) = words {
            self.words(context, key, &words);
        }
        let receipt = self.receipt_from..self.entries.len();
        self.name_counterparts();
        self.take_back(context)?;
        self.chain(context);
        let answer = answer(self.config, self.entries.get(receipt).unwrap_or_default());
        let low = self.low_balances();
        let mut changes = self.into_changes(registered, None);
        tell(view, context, low, &mut changes)?;
        Ok(Decision {
            changes,
            reply: answer,
        })
    }

    /// Makes the first line the head of its receipt.
    fn head(&mut self, key: &PreparedKey) -> Result<(), Error> {
        let parts = self.entries.len().saturating_sub(self.receipt_from);
        let parts = i32::try_from(parts).map_err(|_| Error::of(Code::TooMany))?;
        if let Some(first) = self.entries.get_mut(self.receipt_from) {
            let first = Arc::make_mut(first);
            first.key = Some(key.digest);
            first.parts = parts;
            first.attempt = key.attempt;
        }
        Ok(())
    }

    /// Has every line of a receipt on wallets of two users name the other one.
    fn name_counterparts(&mut self) {
        let Some(other) = &self.other else { return };
        let (user, other) = (self.own.user.id, other.user.id);
        for line in self.entries.iter_mut().skip(self.receipt_from) {
            let is_own = line.owner == user.0;
            Arc::make_mut(line).counterpart = Some(if is_own { other } else { user });
        }
    }

    /// Has every line of the receipt tell the reason: whoever reads the statement of one wallet sees
    /// no line of the others. What else there is to tell is the first line's.
    fn words(&mut self, context: &Context<'_>, key: &PreparedKey, words: &Words) {
        let reason = words.reason.as_deref().map(Words::reason);
        let all = std::iter::once(Some(words)).chain(std::iter::repeat(reason.as_ref()));
        let lines = self.entries.get_mut(self.receipt_from..);
        for (line, words) in lines.into_iter().flatten().zip(all) {
            let Some(words) = words else { break };
            let line = Arc::make_mut(line);
            let text = key.text(context, line.id, words.clone());
            line.words_until = text.erase_at;
            line.text_digest = Some(entry_text_digest(&text));
            self.texts.push(text);
        }
    }

    /// Changes that stand by themselves, without a receipt: what fell due. Up to when the wallets
    /// were settled is kept even where that wrote no entry.
    pub(super) fn close_due(
        mut self,
        view: &View,
        context: &mut Context<'_>,
    ) -> Result<Vec<Change>, Stop> {
        let registered = self.register(view, context)?;
        self.chain(context);
        let mut before = Stored::new();
        for party in self.parties() {
            before.extend(view.wallets(context.tenant, party.user.id.0)?);
        }
        let low = self.low_balances();
        let mut changes = self.into_changes(registered, Some(before));
        tell(view, context, low, &mut changes)?;
        Ok(changes)
    }

    /// The balances that the new entries bring below a threshold, one after the other.
    fn low_balances(&self) -> Vec<Event<'static>> {
        let funds = &self.config.tenant.low_funds;
        let mut plans = self.parties().flat_map(Party::all_plans);
        if funds.is_empty() && plans.all(|plan| plan.low_balances.is_empty()) {
            return Vec::new();
        }
        let own = Measure::Cost(self.config.tenant.currency);
        let thresholds = |wallet: &Wallet| match wallet.kind {
            WalletKind::OwnFunds => Some(funds).filter(|_| wallet.measure == own),
            WalletKind::Allowance => self.plan_of(wallet).map(|plan| &plan.low_balances),
        };
        let low = |entry: &Arc<Entry>| {
            let wallet = self.wallet(self.position(entry.wallet())?).ok()?;
            let low = thresholds::events(thresholds(wallet)?, wallet.measure, entry);
            Some(low.collect::<Vec<_>>())
        };
        // Whoever leaves a group is not low in what is no longer theirs.
        let entries = self
            .entries
            .iter()
            .filter(|entry| entry.verb != Verb::Leave);
        entries.filter_map(low).flatten().collect()
    }

    /// The plan that feeds a wallet, if it is in force, be it overruled or not.
    pub(super) fn plan_of(&self, wallet: &Wallet) -> Option<&'a PlanRevision> {
        let of_owner = |party: &&Party<'a>| party.user.id.0 == wallet.owner;
        let mut plans = self.parties().find(of_owner)?.all_plans();
        plans.find(|plan| wallet.kind == WalletKind::Allowance && plan.plan.0 == wallet.feed)
    }

    /// Takes back what the command made free in wallets whose group the user left.
    fn take_back(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        for index in 0..self.wallets.wallets.len() {
            schedule::take_back(self, context, index, None)?;
        }
        Ok(())
    }

    /// Enters the wallets that are new and will be kept.
    fn register(&mut self, view: &View, context: &Context<'_>) -> Result<Option<Change>, Missing> {
        let wallets = &self.wallets.wallets;
        self.opened.retain(|key| {
            let mut kept = wallets.iter().filter(|wallet| wallet.entries > 0);
            kept.any(|wallet| wallet.key() == *key)
        });
        register::enter(view, context, &self.opened, self.now)
    }

    /// Hashes the new entries, wallet by wallet, now that nothing in them changes any more.
    fn chain(&mut self, context: &Context<'_>) {
        for entry in &mut self.entries {
            let key = entry.wallet();
            let Some(wallet) = self
                .wallets
                .wallets
                .iter_mut()
                .find(|wallet| wallet.key() == key)
            else {
                continue;
            };
            let previous = ChainHead::from_bytes(wallet.chain).link();
            let head = entry_chain(&context.keys.chain, &previous, entry);
            Arc::make_mut(entry).chain = head.link();
            wallet.chain = *head.as_bytes();
        }
    }

    /// `before`: how the wallets were, where one may have changed that no entry was written to.
    fn into_changes(
        mut self,
        registered: Option<Change>,
        before: Option<Stored<'_>>,
    ) -> Vec<Change> {
        let moved = |wallet: &Wallet| {
            let was = |stored: &&Arc<Wallets>| stored.wallets.contains(wallet);
            before
                .as_ref()
                .is_some_and(|before| !before.iter().any(was))
        };
        if self.entries.is_empty() && !self.wallets.wallets.iter().any(moved) {
            return Vec::new();
        }
        for wallet in &mut self.wallets.wallets {
            let written = |entry: &Arc<Entry>| entry.wallet() == wallet.key();
            if self.entries.iter().any(written) || moved(wallet) {
                wallet.version += 1;
            }
            wallet.hold_expires_at = self
                .wallets
                .hold_parts
                .iter()
                .filter(|part| part.wallet() == wallet.key())
                .map(|part| part.expires_at)
                .min();
        }
        self.wallets.wallets.retain(|wallet| wallet.entries > 0);
        self.wallets.wallets.sort_by_key(Wallet::key);
        self.wallets
            .hold_parts
            .sort_by_key(|part| (part.wallet(), part.hold));
        let mut changes = Vec::with_capacity(self.entries.len() + 2);
        let tenant = self.own.user.tenant;
        let other = self.other.map(|other| other.user.id.0);
        for (owner, wallets) in split(self.wallets, (self.own.user.id.0, other)) {
            changes.push(Change::Put(
                Key::Wallets(tenant, owner),
                Record::Wallets(Arc::new(wallets)),
            ));
        }
        changes.extend(
            self.holds
                .into_iter()
                .map(|hold| Change::Put(Key::Hold(tenant, hold.id), Record::Hold(Arc::new(hold)))),
        );
        changes.extend(self.entries.into_iter().map(Change::Entry));
        changes.extend(self.texts.into_iter().map(Change::EntryText));
        changes.extend(registered);
        changes
    }
}

/// How the wallets of a book were when it was opened.
type Stored<'v> = SmallVec<[&'v Arc<Wallets>; 2]>;

/// Puts events of low balances to the changes that they come from; most have none.
fn tell(
    view: &View,
    context: &mut Context<'_>,
    low: Vec<Event<'_>>,
    changes: &mut Vec<Change>,
) -> Result<(), Stop> {
    if low.is_empty() {
        return Ok(());
    }
    audit::record(view, context, low, changes)
}

/// The key of a user's own funds.
pub(super) fn own_funds_key(user: &User, measure: Measure) -> Result<WalletKey, Error> {
    let Measure::Cost(currency) = measure else {
        return Err(Error::of(Code::Internal));
    };
    Ok(WalletKey {
        owner: user.id.0,
        kind: WalletKind::OwnFunds,
        feed: currency.number(),
    })
}
