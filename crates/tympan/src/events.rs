//! What a host may want to tell somebody of: the few audit events that call for that, in a form
//! to act on. tympan sends nothing itself.

use std::collections::BTreeMap;

use tympan_core::commands::LIST_EVENTS;
use tympan_core::error::Error;
use tympan_core::ids::{AuditId, EntryId, PlanId, UserId};
use tympan_core::ledger::LOW_BALANCE;
use tympan_core::measure::Measure;
use tympan_core::queries::{AuditPlace, AuditQuery, MAX_PAGE, to_cursor};
use tympan_core::records::{AuditEvent, AuditText};
use tympan_core::time::Timestamp;

use crate::handle::Handle;
use crate::page::{Page, PageRequest};

/// Audit events that one page is looked for in at most: where most are of no interest, a page may
/// be empty and yet have a next one.
const MAX_LOOKED_AT: usize = 10_000;

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A balance fell below one of its thresholds.
    LowBalance,
}

/// One thing that a host may want to tell somebody of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEvent {
    /// The id of the audit event that it is.
    pub id: AuditId,
    /// When it was decided.
    pub at: Timestamp,
    /// What kind of event it is.
    pub kind: EventKind,
    /// Whom it is about.
    pub user: UserId,
    /// Whose command it came with; none for the host itself.
    pub actor: Option<UserId>,
    /// Of a low balance: what is low. None if it was anonymised.
    pub low_balance: Option<LowBalance>,
}

/// A balance that fell below a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowBalance {
    /// The plan whose wallet it is; none: own funds.
    pub plan: Option<PlanId>,
    /// What it counts.
    pub measure: Measure,
    /// What it fell below, in the measure's unit.
    pub threshold: i64,
    /// The balance before; not below the threshold.
    pub before: i64,
    /// The balance after; below the threshold.
    pub balance: i64,
    /// The entry that it fell with.
    pub entry: EntryId,
}

/// Which events to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventList {
    /// Only those of these kinds; empty: all.
    pub kinds: Vec<EventKind>,
}

impl Handle {
    /// Events, oldest first, each once: a feed that grows at its end. Whoever follows it keeps
    /// [`Page::end`] and asks again from there; nothing is committed later in front of what was
    /// shown. A page may be empty and yet have a next one, where many changes lie between.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `audit.read`; `invalid_cursor`.
    pub fn events(&self, list: &EventList, page: &PageRequest) -> Result<Page<HostEvent>, Error> {
        self.permit(LIST_EVENTS, None)?;
        let tenant = self.tenant.id;
        let place = |audit| AuditPlace { tenant, audit };
        let after = page.after.as_deref();
        let mut after = after
            .map(|cursor| AuditPlace::from_cursor(tenant, cursor))
            .transpose()?
            .map(|place| place.audit);
        let limit = usize::try_from(page.rows()).unwrap_or(usize::MAX);
        let (mut rows, mut looked_at, mut more) = (Vec::new(), 0, true);
        while more && rows.len() < limit && looked_at < MAX_LOOKED_AT {
            let found = self.engine.store.audit_events(&AuditQuery {
                tenant,
                after,
                limit: MAX_PAGE,
            })?;
            more = u32::try_from(found.len()) == Ok(MAX_PAGE);
            looked_at += found.len();
            for line in found {
                if rows.len() == limit {
                    more = true;
                    break;
                }
                after = Some(line.0.id);
                rows.extend(HostEvent::of(line).filter(|event| list.admits(event)));
            }
        }
        let end = after.map(|audit| to_cursor(&place(audit)));
        Ok(Page {
            rows,
            next: end.clone().filter(|_| more),
            end,
        })
    }
}

impl EventList {
    fn admits(&self, event: &HostEvent) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&event.kind)
    }
}

impl HostEvent {
    /// The event, if it is one that a host may want to act on.
    fn of((event, text): (AuditEvent, Option<AuditText>)) -> Option<Self> {
        (event.action == LOW_BALANCE).then(|| Self {
            id: event.id,
            at: event.at,
            kind: EventKind::LowBalance,
            user: UserId(event.subject),
            actor: event.actor,
            low_balance: text.and_then(|text| LowBalance::of(&text.changes)),
        })
    }
}

impl LowBalance {
    /// What the words of the audit event say.
    fn of(changes: &str) -> Option<Self> {
        let said: BTreeMap<String, (Option<String>, Option<String>)> =
            serde_json::from_str(changes).ok()?;
        let before = |field: &str| said.get(field)?.0.as_deref();
        let after = |field: &str| said.get(field)?.1.as_deref();
        Some(Self {
            plan: after("plan").map(str::parse).transpose().ok()?,
            measure: Measure::parse(after("measure")?).ok()?,
            threshold: after("threshold")?.parse().ok()?,
            before: before("balance")?.parse().ok()?,
            balance: after("balance")?.parse().ok()?,
            entry: after("entry")?.parse().ok()?,
        })
    }
}
