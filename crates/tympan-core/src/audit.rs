//! Audit events: every change to anything but a wallet leaves one.

use tympan_vault::{ChainHead, ChainKey, LINK_BYTES};

use crate::command::{Context, Stop};
use crate::digest::{Canonical, salt, text_digest};
use crate::ids::{AuditId, TenantId};
use crate::records::{AuditEvent, AuditText, Strand};
use crate::time::Timestamp;
use crate::view::{Change, Key, Record, View};

/// The kind of subject of everything that is done to a user; any other that has no name here is a
/// part of the configuration.
pub const USER: &str = "user";

/// What kind of thing an event is about: the words of a tenant's jobs, which are no part of what is
/// configured.
pub const WORDS: &str = "words";

/// The kind of subject of what becomes of a wallet; the subject is its owner.
pub const WALLET: &str = "wallet";

/// The kind of subject of what becomes of untracked usage; the subject is its number.
pub const UNTRACKED: &str = "untracked";

/// The strand of stores with one writer at a time.
pub const STRAND: i32 = 0;

/// The key of the strand that the next event of a tenant goes to.
#[must_use]
pub fn strand_key(tenant: TenantId) -> Key {
    Key::Strand(tenant, STRAND)
}

/// What happened, before it is chained.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The command's name.
    pub action: &'a str,
    /// What kind of thing it was done to.
    pub subject_kind: &'a str,
    /// Its id.
    pub subject: i64,
    /// What changed: name of the field, before, after; secrets are masked.
    pub changes: Vec<(String, Option<String>, Option<String>)>,
    /// Why.
    pub reason: Option<String>,
}

/// Chains events to the tenant's strand, behind those that are among the command's changes
/// already, and adds them there.
///
/// # Errors
/// What the view lacks.
pub fn record(
    view: &View,
    context: &mut Context<'_>,
    events: Vec<Event<'_>>,
    changes: &mut Vec<Change>,
) -> Result<(), Stop> {
    let tenant = context.tenant;
    let key = strand_key(tenant);
    let written = changes.iter().rev().find_map(|change| match change {
        Change::Put(place, Record::Strand(strand)) if *place == key => Some(strand),
        _ => None,
    });
    let stored = match written {
        Some(strand) => Some(strand),
        None => view.strand(tenant, STRAND)?,
    };
    let mut strand = stored
        .map(|stored| Strand::clone(stored))
        .unwrap_or(Strand {
            tenant,
            number: STRAND,
            events: 0,
            chain: *ChainHead::EMPTY.as_bytes(),
            latest_at: Timestamp::EPOCH,
            version: 0,
        });
    for event in events {
        let (event, text) = chained(&mut strand, context, event);
        changes.push(Change::Audit(event));
        changes.push(Change::AuditText(text));
    }
    strand.version += 1;
    changes.push(Change::Put(key, Record::Strand(strand.into())));
    Ok(())
}

fn chained(
    strand: &mut Strand,
    context: &mut Context<'_>,
    event: Event<'_>,
) -> (AuditEvent, AuditText) {
    let id = AuditId(context.ids.next());
    let text = AuditText {
        audit: id,
        tenant: context.tenant,
        salt: salt(context.noise, context.tenant, id.0),
        changes: changes_json(&event.changes),
        reason: event.reason,
    };
    let mut record = AuditEvent {
        id,
        tenant: context.tenant,
        strand: strand.number,
        sequence: strand.events + 1,
        at: context.now.max(strand.latest_at),
        actor: context.actor.user(),
        action: event.action.to_owned(),
        subject_kind: event.subject_kind.to_owned(),
        subject: event.subject,
        text_digest: digest_of(&text),
        chain: [0; LINK_BYTES],
    };
    let previous = ChainHead::from_bytes(strand.chain).link();
    let head = chain(&context.keys.chain, &previous, &record);
    record.chain = head.link();
    strand.events = record.sequence;
    strand.chain = *head.as_bytes();
    strand.latest_at = record.at;
    (record, text)
}

/// The salted digest that an event keeps of its words.
#[must_use]
pub fn digest_of(text: &AuditText) -> [u8; 32] {
    text_digest(&text.salt, &[Some(&text.changes), text.reason.as_deref()])
}

/// The head of a chain after an event, given the link of the one before it (zeros before the
/// first). It covers every field but the link itself.
#[must_use]
pub fn chain(key: &ChainKey, previous: &[u8; LINK_BYTES], event: &AuditEvent) -> ChainHead {
    let mut canonical = Canonical::new();
    canonical
        .integer(event.id.0)
        .integer(event.tenant.0)
        .integer(i64::from(event.strand))
        .integer(event.sequence)
        .integer(event.at.millis())
        .optional(event.actor.map(|user| user.0))
        .text(&event.action)
        .text(&event.subject_kind)
        .integer(event.subject)
        .bytes(&event.text_digest);
    key.next(previous, canonical.as_bytes())
}

fn changes_json(changes: &[(String, Option<String>, Option<String>)]) -> String {
    let fields: serde_json::Map<String, serde_json::Value> = changes
        .iter()
        .map(|(field, before, after)| (field.clone(), serde_json::json!([before, after])))
        .collect();
    serde_json::Value::Object(fields).to_string()
}
