//! How the suite reaches a store, and how a case is run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Store;

/// One database of the store under test, which is empty at first. Each case gets one of its own.
pub trait Harness: Send + Sync {
    /// A handle on the database. Every call gives another handle on the same data, as another
    /// process would have; the data stays while the harness lives, with or without handles.
    fn open(&self) -> Box<dyn Store>;

    /// The same data after the last handle was closed and the store was opened again.
    fn reopen(&self, last: Box<dyn Store>) -> Box<dyn Store> {
        drop(last);
        self.open()
    }
}

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The module it is in.
    pub path: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Runs it; it panics if the store does not keep the contract.
    pub run: fn(&dyn Harness),
}

/// Runs one case: what each test that [`conformance!`](crate::conformance!) makes does.
pub fn check<H: Harness>(case: fn(&dyn Harness), harness: H) {
    case(&harness);
}

/// Runs every case, each with a harness of its own, and says which failed and why.
pub fn run_all(make: &dyn Fn() -> Box<dyn Harness>) -> Vec<(&'static str, Result<(), String>)> {
    super::all_cases()
        .map(|case| {
            let harness = make();
            let outcome = catch_unwind(AssertUnwindSafe(|| (case.run)(&*harness)));
            (case.name, outcome.map_err(|panic| message(&*panic)))
        })
        .collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "it panicked".to_owned(),
    }
}
