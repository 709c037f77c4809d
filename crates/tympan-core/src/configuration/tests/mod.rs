//! The commands of the configuration, as given, when, then.

mod bootstrap;
mod life;
mod plans;
mod prices;
mod roles;
mod settings;
mod story;

use super::*;
use crate::error::{Code, Error};
use crate::measure::{Currency, Measure};
use crate::records::Config;
use crate::testing::TestStore;
use crate::time::{TimeZoneName, Timestamp};

/// A bootstrapped tenant.
fn shop() -> (TestStore, Bootstrapped) {
    let mut store = TestStore::new();
    let made = store
        .run(&Bootstrap::new("Shop", Currency::EUR, "Ann").username("ann"))
        .unwrap();
    (store, made)
}

fn config(store: &TestStore) -> &Config {
    store.config().unwrap()
}

fn pages(amount: i64) -> PlanTerms {
    PlanTerms::monthly(Measure::TotalPages, amount, TimeZoneName::UTC)
}

fn later(store: &TestStore, millis: i64) -> Timestamp {
    store.now.plus_millis(millis)
}

/// The code of a refusal, and one of its details.
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>, detail: &str) -> (Code, Option<String>) {
    let error = result.unwrap_err();
    (error.code(), error.detail(detail).map(str::to_owned))
}
