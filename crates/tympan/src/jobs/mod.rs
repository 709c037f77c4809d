//! The history of jobs: what was done for each, and what became of it.

mod line;
mod of_user;
mod text;

pub use line::{JobLine, JobState};

use serde::{Deserialize, Serialize};
use tympan_core::commands::LIST_JOBS;
use tympan_core::error::Error;
use tympan_core::ids::{EntryId, TenantId, UserId};
use tympan_core::ledger::{EraseWords, IdempotencyKey};
use tympan_core::queries::from_cursor;
use tympan_core::records::{Entry, EntryText, Request};
use tympan_core::row::Row;
use tympan_core::view::{Key, ReadSet, View};

use crate::handle::Handle;
use crate::page::{Page, PageRequest};
use crate::reports::receipts::{Receipts, before, since};
use crate::rows::Scan;
use crate::statement::Period;
use line::{Found, is_job, refunded};
use of_user::{OfUser, UserPlace};

/// Attempts under one key that are told of.
const MAX_ATTEMPTS: i32 = 100;
/// Jobs whose words are erased at once: what a writer who waits for it can bear.
const ERASED_AT_ONCE: u32 = 500;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobPlace {
    tenant: TenantId,
    job: EntryId,
}

impl Handle {
    /// What was done for jobs over a period, oldest first: a line for each charge, hold, settlement,
    /// refusal, refund and voiding. The list grows at its end: whoever copies it elsewhere keeps
    /// [`Page::end`] and asks again; nothing is committed later in front of what was shown.
    ///
    /// It takes time for every entry of the ledger from the beginning of the page to its end; where
    /// the period ends before the page is full, up to the end of the ledger.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `report.view`; `invalid_cursor`; `invalid_value` for a
    /// period that ends before it begins.
    pub fn jobs(&self, period: Period, page: &PageRequest) -> Result<Page<JobLine>, Error> {
        self.permit(LIST_JOBS, None)?;
        let period = period.check()?;
        let tenant = self.tenant.id;
        let after = page.after.as_deref();
        let after =
            after.map(|cursor| from_cursor(cursor, |place: &JobPlace| place.tenant == tenant));
        let from = match after.transpose()? {
            Some(place) => before(place.job.0.saturating_add(1)),
            None => since(period.since),
        };
        let most = usize::try_from(page.rows()).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        {
            // What others are writing at this moment must not come in front of what is shown: whoever
            // follows the list would never see it.
            let settled = self.engine.store.settle(None)?;
            let snapshot = self.engine.store.snapshot()?;
            let mut texts = Scan::<EntryText>::after(&*snapshot, tenant, from.clone()).peekable();
            for receipt in Receipts::after(&*snapshot, tenant, from) {
                let Some(first) = receipt?.into_iter().next() else {
                    continue;
                };
                if first.id.0 > settled {
                    break;
                }
                if !is_job(&first) || !period.holds(first.at) {
                    continue;
                }
                let is_earlier = |text: &Result<EntryText, Error>| {
                    text.as_ref().is_ok_and(|text| text.entry < first.id)
                };
                while texts.next_if(is_earlier).is_some() {}
                let is_its = |text: &Result<EntryText, Error>| {
                    text.as_ref().map_or(true, |text| text.entry == first.id)
                };
                let text = texts.next_if(is_its).transpose()?;
                found.push(Found { first, text });
                if found.len() > most {
                    break;
                }
            }
        }
        let lines = self.lines(found)?;
        Ok(Page::of(page, lines, |line: &JobLine| JobPlace {
            tenant,
            job: line.entry,
        }))
    }

    /// What was done for a user's jobs over a period, newest first, as [`Handle::jobs`] tells it.
    ///
    /// It takes time for every entry of the user's wallets since the end of the period, and for
    /// those of the page.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `report.view`, unless it is the actor's own;
    /// `invalid_cursor`; `invalid_value` for a period that ends before it begins.
    pub fn user_jobs(
        &self,
        user: UserId,
        period: Period,
        page: &PageRequest,
    ) -> Result<Page<JobLine>, Error> {
        self.permit(LIST_JOBS, Some(user))?;
        let mut jobs = OfUser::open(self, user, period.check()?, page.after.as_deref())?;
        let most = usize::try_from(page.rows()).unwrap_or(usize::MAX);
        let (mut found, mut places) = (Vec::new(), Vec::new());
        while found.len() <= most {
            let Some(job) = jobs.next_job()? else { break };
            found.push(job);
            places.push(jobs.place());
        }
        let lines = self.lines(found)?;
        let rows = lines.into_iter().zip(places).collect();
        let page = Page::of(page, rows, |(_, place): &(_, UserPlace)| place.clone());
        Ok(page.map(|(line, _)| line))
    }

    /// Everything that was done for a job, oldest first: by the key of its charge or its hold, every
    /// attempt under it, its settlement, and what was given back; none for a key that was never used
    /// for a job. By the key of a settlement, all from it on.
    ///
    /// It takes time for a few reads; where something was given back, for every entry of the job's
    /// wallets since the job.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `report.view`; `invalid_key`.
    pub fn job(&self, key: &str) -> Result<Vec<JobLine>, Error> {
        self.permit(LIST_JOBS, None)?;
        let mut receipts = Vec::new();
        for attempt in 1..=MAX_ATTEMPTS {
            let key = IdempotencyKey::from(key).attempt(attempt);
            let Some(receipt) = self.receipt(key.digest(self.tenant.id)?)? else {
                break;
            };
            receipts.push(receipt);
        }
        let settlements = receipts
            .iter()
            .filter_map(|receipt| self.settlement(receipt).transpose());
        let settlements: Vec<_> = settlements.collect::<Result<_, _>>()?;
        receipts.extend(settlements);
        receipts.retain(|receipt| receipt.first().is_some_and(is_job));
        let mut found = Vec::new();
        for receipt in receipts {
            found.extend(of_user::given_back(self, &receipt)?);
            if let Some(first) = receipt.into_iter().next() {
                let text = self.text_of(first.id)?;
                found.push(Found { first, text });
            }
        }
        found.sort_by_key(|found| found.first.id);
        found.dedup_by_key(|found| found.first.id);
        self.lines(found)
    }

    /// Erases the names of documents and hosts that profiles keep for so many days, where those are
    /// over, of 500 jobs at most; how many jobs' that were. Whoever wants all gone asks until it is 0.
    /// Nobody sees them any more as it is: this is for hosts that want the bytes gone. What proves the
    /// entries stays whole. Each time is told of in the audit events, before it is done.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `tenant.edit`; those of the store.
    pub fn erase_words(&self) -> Result<u32, Error> {
        let until = self.run(EraseWords)?;
        let store = &self.engine.store;
        store.erase_words(self.tenant.id, until, ERASED_AT_ONCE)
    }

    fn receipt(&self, digest: [u8; 32]) -> Result<Option<Vec<Entry>>, Error> {
        let tenant = self.tenant.id;
        let view = self.view(ReadSet::of(Key::Receipt(tenant, digest)))?;
        let entries = view.receipt(tenant, digest).ok().flatten();
        let entries = entries.map(|entries| entries.iter().map(|entry| Entry::clone(entry)));
        Ok(entries.map(Iterator::collect))
    }

    /// What settled the hold that a receipt made.
    fn settlement(&self, receipt: &[Entry]) -> Result<Option<Vec<Entry>>, Error> {
        let tenant = self.tenant.id;
        let first = receipt
            .first()
            .filter(|first| first.request == Request::Authorise);
        let Some(hold) = first.and_then(|first| first.hold) else {
            return Ok(None);
        };
        let view = self.view(ReadSet::of(Key::Hold(tenant, hold)))?;
        let hold = view.hold(tenant, hold).ok().flatten();
        let settled_by = hold.and_then(|hold| hold.settled_by);
        settled_by.map_or(Ok(None), |digest| self.receipt(digest))
    }

    fn text_of(&self, entry: EntryId) -> Result<Option<EntryText>, Error> {
        let (store, tenant) = (&self.engine.store, self.tenant.id);
        let rows = store.scan(EntryText::TABLE, Some(tenant), Some(&before(entry.0)), 1)?;
        let text = rows.into_iter().next().map(|row| {
            let mut cells = row.into_iter();
            EntryText::from_cells(&mut || cells.next())
        });
        Ok(text.transpose()?.filter(|text| text.entry == entry))
    }

    fn view(&self, set: ReadSet) -> Result<View, Error> {
        let mut view = View::default();
        self.engine.store.read(&set, &mut view)?;
        Ok(view)
    }

    /// The lines, with what became of each by now.
    fn lines(&self, found: Vec<Found>) -> Result<Vec<JobLine>, Error> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let set = found
            .iter()
            .fold(ReadSet::default(), |set, found| behind(set, &found.first));
        let view = self.view(set)?;
        let (config, now) = (self.configured()?, self.engine.now()?);
        let lines = found.into_iter();
        let lines = lines.map(|found| JobLine::of(found, &view, &config, now));
        Ok(lines.collect())
    }
}

/// What a line rests on besides its first entry.
fn behind(set: ReadSet, first: &Entry) -> ReadSet {
    let tenant = first.tenant;
    let set = set.and(Key::Receipt(tenant, first.key.unwrap_or_default()));
    match first.request {
        Request::Authorise => match first.hold {
            Some(hold) => set.and(Key::Hold(tenant, hold)),
            None => set,
        },
        Request::Charge | Request::Settle | Request::AssignUntracked => refunds_of(set, first),
        _ => set,
    }
}

/// What is on record of what was given back of each line. The lines of a receipt have ids that
/// follow each other.
fn refunds_of(set: ReadSet, first: &Entry) -> ReadSet {
    (0..i64::from(first.parts)).fold(set, |set, place| {
        let line = EntryId(first.id.0.saturating_add(place));
        set.and(Key::Refunded(first.tenant, line))
    })
}
