//! Audit events, and what a check of the store found.

use tympan::{Error, Handle};

use super::references::id_text;
use super::{page, same_words, total};
use crate::definition::{
    AuditLine, AuditList, AuditPage, Event, EventKind, EventList, EventPage, Fault, LowBalance,
    Verification,
};

impl AuditList {
    pub(crate) fn page(self, handle: &Handle) -> Result<AuditPage, Error> {
        let found = handle.audit_events(&page(self.after, self.limit)?)?;
        Ok(AuditPage {
            rows: found.rows.into_iter().map(AuditLine::from).collect(),
            next: found.next,
            end: found.end,
        })
    }
}

impl From<tympan::AuditLine> for AuditLine {
    fn from(line: tympan::AuditLine) -> Self {
        let subject = id_text(&line.subject_kind, line.subject);
        Self {
            id: line.id,
            at: line.at,
            actor: line.actor,
            action: line.action,
            subject_kind: line.subject_kind,
            subject,
            changes: line.changes,
            reason: line.reason,
        }
    }
}

same_words! {
    EventKind => tympan::EventKind { LowBalance }
    tympan::EventKind => EventKind { LowBalance }
}

impl EventList {
    pub(crate) fn page(self, handle: &Handle) -> Result<EventPage, Error> {
        let list = tympan::EventList {
            kinds: self.kinds.into_iter().map(Into::into).collect(),
        };
        let found = handle.events(&list, &page(self.after, self.limit)?)?;
        Ok(EventPage {
            rows: found.rows.into_iter().map(Event::from).collect(),
            next: found.next,
            end: found.end,
        })
    }
}

impl From<tympan::HostEvent> for Event {
    fn from(event: tympan::HostEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            kind: event.kind.into(),
            user: event.user,
            actor: event.actor,
            low_balance: event.low_balance.map(LowBalance::from),
        }
    }
}

impl From<tympan::LowBalance> for LowBalance {
    fn from(low: tympan::LowBalance) -> Self {
        Self {
            plan: low.plan,
            measure: low.measure.name().into_owned(),
            threshold: low.threshold,
            before: low.before,
            balance: low.balance,
            entry: low.entry,
        }
    }
}

impl From<tympan::Verification> for Verification {
    fn from(found: tympan::Verification) -> Self {
        Self {
            wallets: total(found.wallets),
            entries: total(found.entries),
            open_holds: total(found.open_holds),
            users: total(found.users),
            audit_events: total(found.audit_events),
            faults: found.faults.into_iter().map(Fault::from).collect(),
            fault_count: total(found.fault_count),
        }
    }
}

impl From<tympan::Fault> for Fault {
    fn from(fault: tympan::Fault) -> Self {
        Self {
            rule: fault.rule.to_owned(),
            what: fault.what,
        }
    }
}
