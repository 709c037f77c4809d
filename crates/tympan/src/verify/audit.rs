//! The audit events.

use std::collections::BTreeMap;

use tympan_core::audit;
use tympan_core::error::Error;
use tympan_core::ids::TenantId;
use tympan_core::records::{AuditEvent, AuditText, Strand};

use super::scan::Scan;
use super::{Keys, Verification};
use crate::engine::Engine;

/// Checks every audit event, strand by strand.
pub(super) fn check(engine: &Engine, found: &mut Verification) -> Result<(), Error> {
    let mut heads: BTreeMap<(TenantId, i32), (i64, [u8; 32])> = BTreeMap::new();
    let mut keys = Keys::new(engine);
    let mut texts = Scan::<AuditText>::new(&*engine.store).peekable();
    for event in Scan::<AuditEvent>::new(&*engine.store) {
        let event = event?;
        found.audit_events += 1;
        let place = || format!("audit event `{}`", event.id);
        let head = heads.entry((event.tenant, event.strand)).or_default();
        let next = head.0.checked_add(1);
        found.expect(next == Some(event.sequence), "sequence", place);
        let chain = audit::chain(&keys.of(event.tenant).chain, &head.1, &event);
        found.expect(chain == event.chain, "chain", place);
        while let Some(text) =
            texts.next_if(|text| text.as_ref().map_or(true, |text| text.audit <= event.id))
        {
            let text = text?;
            let fits = (text.tenant, text.audit) == (event.tenant, event.id)
                && event.text_digest == audit::digest_of(&text);
            found.expect(fits, "text", || words_of_event(&text));
        }
        *head = (event.sequence, event.chain);
    }
    for text in texts {
        let text = text?;
        found.fault("text", || words_of_event(&text));
    }
    for strand in Scan::<Strand>::new(&*engine.store) {
        let strand = strand?;
        let head = heads
            .remove(&(strand.tenant, strand.number))
            .unwrap_or_default();
        found.expect(head == (strand.events, strand.chain), "chain", || {
            format!(
                "the head of strand {} of tenant `{}`",
                strand.number, strand.tenant
            )
        });
    }
    for (tenant, strand) in heads.keys() {
        found.fault("chain", || {
            format!("strand {strand} of tenant `{tenant}` has no head")
        });
    }
    Ok(())
}

fn words_of_event(text: &AuditText) -> String {
    format!("the words of audit event `{}`", text.audit)
}
