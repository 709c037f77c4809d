//! The audit events, and what they tell of everything else.

use std::collections::BTreeMap;

use tympan_core::audit;
use tympan_core::error::Error;
use tympan_core::ids::{TenantId, UserId};
use tympan_core::ledger::REGISTER;
use tympan_core::records::{AuditEvent, AuditText, Strand};
use tympan_vault::{ChainHead, LINK_BYTES};

use super::Check;
use crate::rows::Scan;

/// How often something was changed, which is what its version says too.
pub(super) type Changes<K> = BTreeMap<K, i64>;

/// What is told of everything else.
#[derive(Default)]
pub(super) struct Told {
    /// By tenant, changes of the configuration.
    pub(super) configurations: Changes<TenantId>,
    /// By user, changes of the user.
    pub(super) users: Changes<(TenantId, UserId)>,
    /// By number, what became of untracked usage.
    pub(super) untracked: Changes<(TenantId, i64)>,
    /// The registers of wallets, which lie among the heads of audit chains.
    pub(super) registers: BTreeMap<TenantId, Strand>,
}

/// How far a chain has come.
struct Head {
    sequence: i64,
    link: [u8; LINK_BYTES],
    head: ChainHead,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            sequence: 0,
            link: ChainHead::EMPTY.link(),
            head: ChainHead::EMPTY,
        }
    }
}

type Heads = BTreeMap<(TenantId, i32), Head>;

impl Check<'_> {
    /// Checks every audit event, chain by chain.
    pub(super) fn audit(&mut self) -> Result<Told, Error> {
        let mut told = Told::default();
        let mut heads = Heads::new();
        let mut texts = Scan::<AuditText>::new(self.snapshot).peekable();
        for event in Scan::<AuditEvent>::new(self.snapshot) {
            let event = event?;
            self.event(
                &event,
                heads.entry((event.tenant, event.strand)).or_default(),
            );
            while let Some(text) =
                texts.next_if(|text| text.as_ref().map_or(true, |text| text.audit <= event.id))
            {
                let text = text?;
                let fits = (text.tenant, text.audit) == (event.tenant, event.id)
                    && event.text_digest == audit::digest_of(&text);
                self.found.expect(fits, "text", || words_of_event(&text));
            }
            let changes = match event.subject_kind.as_str() {
                audit::USER => {
                    let user = (event.tenant, UserId(event.subject));
                    told.users.entry(user).or_default()
                }
                audit::UNTRACKED => {
                    let untracked = (event.tenant, event.subject);
                    told.untracked.entry(untracked).or_default()
                }
                // The wallet's own entries tell of its changes; words that are gone tell nothing.
                audit::WALLET | audit::WORDS => continue,
                _ => told.configurations.entry(event.tenant).or_default(),
            };
            *changes = changes.saturating_add(1);
        }
        for text in texts {
            let text = text?;
            self.found.fault("text", || words_of_event(&text));
        }
        told.registers = self.heads(heads)?;
        Ok(told)
    }

    fn event(&mut self, event: &AuditEvent, head: &mut Head) {
        let place = || format!("audit event `{}`", event.id);
        self.found.audit_events += 1;
        // What is checked may be anything: no arithmetic that stops at the largest number.
        let next = head.sequence.checked_add(1);
        let in_order = next == Some(event.sequence);
        self.found.expect(in_order, "sequence", place);
        let keys = self.keys.of(event.tenant);
        head.head = audit::chain(&keys.chain, &head.link, event);
        self.found
            .expect(head.head.link() == event.chain, "chain", place);
        // Goes on from what is stored, so that one wrong event is one fault.
        head.sequence = event.sequence;
        head.link = event.chain;
    }

    /// Checks the heads of the audit chains, which say how many events there must be; the registers
    /// among them.
    fn heads(&mut self, mut heads: Heads) -> Result<BTreeMap<TenantId, Strand>, Error> {
        let mut registers = BTreeMap::new();
        for strand in Scan::<Strand>::new(self.snapshot) {
            let strand = strand?;
            let (tenant, number) = (strand.tenant, strand.number);
            if number == REGISTER {
                registers.insert(tenant, strand);
                continue;
            }
            let last = heads.remove(&(tenant, number)).unwrap_or_default();
            let place = || {
                let (events, there) = (strand.events, last.sequence);
                format!(
                    "the head of audit chain {number} of tenant `{tenant}`: it counts {events} \
                     events, the last one there is number {there}"
                )
            };
            let fits = (last.sequence, last.head.as_bytes()) == (strand.events, &strand.chain);
            self.found.expect(fits, "chain", place);
        }
        for (tenant, number) in heads.keys() {
            self.found.fault("chain", || {
                format!("audit chain {number} of tenant `{tenant}` has no head")
            });
        }
        Ok(registers)
    }
}

fn words_of_event(text: &AuditText) -> String {
    format!("the words of audit event `{}`", text.audit)
}
