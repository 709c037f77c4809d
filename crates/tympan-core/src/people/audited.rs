//! What an edit of a user changed, in words: for audit events. Secrets are masked.

use std::collections::BTreeMap;

use crate::people::person::Person;
use crate::records::{Identity, RoleRow};

/// Name of the field, before, after.
type Changed = (String, Option<String>, Option<String>);

/// The fields that differ, in the order of their names.
pub(super) fn changed_fields(before: Option<&Person>, after: &Person) -> Vec<Changed> {
    let before = before.map(described).unwrap_or_default();
    let mut after = described(after);
    let mut changed = Vec::new();
    for (name, (value, text)) in before {
        match after.remove(&name) {
            Some((same, _)) if same == value => {}
            Some((_, now)) => changed.push((name, Some(text), Some(now))),
            None => changed.push((name, Some(text), None)),
        }
    }
    changed.extend(
        after
            .into_iter()
            .map(|(name, (_, text))| (name, None, Some(text))),
    );
    changed.sort();
    changed
}

/// Every field by name: what tells whether it differs, and what is said of it.
fn described(person: &Person) -> BTreeMap<String, (String, String)> {
    let user = &person.user;
    let mut fields = BTreeMap::new();
    let mut plain = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), (value.clone(), value));
        }
    };
    plain("name", Some(user.name.clone()));
    plain("username", user.username.clone());
    plain("network_name", user.network_name.clone());
    plain("network_domain", user.network_domain.clone());
    plain("email", user.email.clone());
    plain("active", Some(user.active.to_string()));
    plain("production", Some(user.production.to_string()));
    plain("restricted", Some(user.restricted.to_string()));
    let percent = user.price_percent.map(|percent| percent.to_string());
    plain("price_percent", percent);
    let shared_with = user.shared_with.as_ref().map(|with| with.to_string());
    plain("shared_with", shared_with);
    plain("account_code", user.account_code.clone());
    plain("department", user.department.clone());
    plain("office", user.office.clone());
    plain("home", user.home.clone());
    plain("notes", user.notes.clone());
    plain("profile", Some(user.profile.to_string()));
    plain("role", user.role.map(|role| role.to_string()));
    for membership in &person.relations.memberships {
        let name = format!("group {}", membership.user_group);
        plain(&name, Some("member".to_owned()));
    }
    for row in &person.relations.role_rows {
        plain(
            &format!("role_row {}", row.id),
            Some(role_row_text(person, row)),
        );
    }
    for identity in &person.relations.identities {
        let text = identity_text(identity);
        // Two values may look the same once they are masked; the digest is not said.
        let differs = format!("{text} {}", identity.value);
        fields.insert(format!("identity {}", identity.id), (differs, text));
    }
    fields
}

fn role_row_text(person: &Person, row: &RoleRow) -> String {
    if row.all_accounts {
        return format!("{} over all accounts", row.role);
    }
    let accounts: Vec<String> = person
        .relations
        .accounts_of(row.id)
        .map(|account| account.to_string())
        .collect();
    format!("{} over {}", row.role, accounts.join(", "))
}

fn identity_text(identity: &Identity) -> String {
    let mut text = format!("{} {}", identity.kind.name(), identity.shown);
    for (holds, word) in [
        (identity.alone, "alone"),
        (identity.is_primary, "first"),
        (!identity.enabled, "disabled"),
    ] {
        if holds {
            text.push_str(", ");
            text.push_str(word);
        }
    }
    if let Some(label) = &identity.label {
        text.push_str(", labelled ");
        text.push_str(label);
    }
    text
}
