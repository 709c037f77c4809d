//! Which low balances a dump says somebody was to be told of.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::auditor::Low;

/// Audit events of low balances, by id: tenant and what fell, as far as it was said.
#[derive(Debug, Default)]
pub(crate) struct LowBalances(BTreeMap<i64, (i64, Low)>);

impl LowBalances {
    /// There is such an event.
    pub(crate) fn add(&mut self, id: i64, tenant: i64, user: i64) {
        let low = Low {
            user,
            plan: 0,
            threshold: 0,
            before: 0,
            balance: 0,
        };
        self.0.insert(id, (tenant, low));
    }

    /// What an event says, if it is one of them.
    pub(crate) fn say(&mut self, id: i64, changes: &str) {
        let Some((_, low)) = self.0.get_mut(&id) else {
            return;
        };
        let said: Value = serde_json::from_str(changes).unwrap_or_default();
        let word = |field: &str, place: usize| -> String {
            let word = said.get(field).and_then(|pair| pair.get(place));
            word.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let plan = word("plan", 1).parse::<tympan::PlanId>();
        low.plan = plan.map_or(0, |plan| plan.0);
        low.threshold = word("threshold", 1).parse().unwrap_or_default();
        low.before = word("balance", 0).parse().unwrap_or_default();
        low.balance = word("balance", 1).parse().unwrap_or_default();
    }

    /// All of them, in their order.
    pub(crate) fn told(self) -> Vec<(i64, Low)> {
        let mut told: Vec<_> = self.0.into_values().collect();
        told.sort_unstable();
        told
    }
}
