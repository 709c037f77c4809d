//! Records of several rows: a batch changes the rows it names and leaves the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use tympan_core::records::{Config, Relations, Wallets};

/// What the rows of one table become when a batch that saw `before` writes `after`; none if a row
/// to insert is there, or one to update or delete is not.
fn merged<T: Clone + PartialEq, K: Ord, List: FromIterator<T>>(
    stored: &[T],
    before: &[T],
    after: &[T],
    key: impl Fn(&T) -> K,
) -> Option<List> {
    let mut rows: BTreeMap<K, T> = stored.iter().map(|row| (key(row), row.clone())).collect();
    let mut gone: BTreeMap<K, &T> = before.iter().map(|row| (key(row), row)).collect();
    for row in after {
        match gone.remove(&key(row)) {
            Some(same) if same == row => {}
            Some(_) => *rows.get_mut(&key(row))? = row.clone(),
            None => {
                if rows.insert(key(row), row.clone()).is_some() {
                    return None;
                }
            }
        }
    }
    for key in gone.into_keys() {
        rows.remove(&key)?;
    }
    Some(rows.into_values().collect())
}

fn in_order<T, K: Ord>(rows: &[T], key: impl Fn(&T) -> K) -> bool {
    rows.is_sorted_by(|one, other| key(one) < key(other))
}

/// Records that consist of the rows of several tables.
pub(crate) trait Rows: Default {
    /// See [`merged`].
    fn merged(stored: &Self, before: &Self, after: &Self) -> Option<Self>;
    /// Whether each list is in the order of its key.
    fn in_order(&self) -> bool;
}

macro_rules! rows {
    ($name:ident { $($field:ident by |$row:ident| $key:expr,)+ }) => {
        impl Rows for $name {
            fn merged(stored: &Self, before: &Self, after: &Self) -> Option<Self> {
                Some(Self {
                    $($field: merged(&stored.$field, &before.$field, &after.$field, |$row| $key)?,)+
                })
            }

            fn in_order(&self) -> bool {
                $(in_order(&self.$field, |$row| $key))&&+
            }
        }
    };
}

rows!(Wallets {
    wallets by |wallet| wallet.key(),
    hold_parts by |part| (part.wallet(), part.hold),
});

rows!(Relations {
    identities by |identity| identity.id,
    memberships by |membership| membership.user_group,
    role_rows by |role_row| role_row.id,
    role_row_accounts by |row| (row.role_row, row.account),
});

/// What a record of several rows becomes; none if the rows are not as the batch saw them.
pub(crate) fn replaced<R: Rows>(
    stored: Option<&Arc<R>>,
    before: Option<&Arc<R>>,
    after: Option<&Arc<R>>,
) -> Option<Arc<R>> {
    let unchanged = match (stored, before) {
        (Some(stored), Some(before)) => Arc::ptr_eq(stored, before),
        (None, None) => true,
        _ => false,
    };
    if let Some(after) = after.filter(|after| unchanged && after.in_order()) {
        return Some(Arc::clone(after));
    }
    let nothing = Arc::new(R::default());
    R::merged(
        stored.unwrap_or(&nothing),
        before.unwrap_or(&nothing),
        after.unwrap_or(&nothing),
    )
    .map(Arc::new)
}

/// A configuration as it would be loaded from rows: lists in the order of their keys, none empty.
pub(crate) fn tidy(config: &Arc<Config>) -> Arc<Config> {
    let tidy = config
        .plans
        .values()
        .all(|plans| !plans.is_empty() && in_order(plans, |plan| (plan.plan, plan.revision)))
        && config
            .permissions
            .values()
            .all(|rows| !rows.is_empty() && in_order(rows, |row| row.permission.clone()))
        && config
            .price_rules
            .values()
            .all(|rules| !rules.is_empty() && in_order(rules, |rule| (rule.revision, rule.place)));
    if tidy {
        return Arc::clone(config);
    }
    let mut config = Config::clone(config);
    config.plans.retain(|_, plans| !plans.is_empty());
    config.permissions.retain(|_, rows| !rows.is_empty());
    config.price_rules.retain(|_, rules| !rules.is_empty());
    for plans in config.plans.values_mut() {
        plans.sort_by_key(|plan| (plan.plan, plan.revision));
    }
    for rows in config.permissions.values_mut() {
        rows.sort_by(|one, other| one.permission.cmp(&other.permission));
    }
    for rules in config.price_rules.values_mut() {
        rules.sort_by_key(|rule| (rule.revision, rule.place));
    }
    Arc::new(config)
}
