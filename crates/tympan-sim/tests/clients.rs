//! Several clients at once on one store: what must hold in any order holds, and a store that errs is
//! found out.

use tympan_sim::{Fault, Kind, Plan, simulate};

/// Steps of a seed, which its clients share.
const STEPS: usize = 400;

#[test]
fn clients_at_once_are_answered_as_if_one_came_after_the_other() {
    for kind in [Kind::Memory, Kind::Sqlite] {
        for seed in 1..=2 {
            let folder = tempfile::tempdir().unwrap();
            let plan = Plan::new(seed, STEPS).on(&[kind]).shared_by(4);
            let report =
                simulate(&plan, folder.path()).unwrap_or_else(|failure| panic!("{failure}"));
            assert!(report.granted > 50 && report.entries > 50, "{report:?}");
        }
    }
}

#[test]
fn what_became_of_interrupted_commits_is_found_out_by_all_clients() {
    for seed in 1..=2 {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(seed, STEPS).shared_by(4).interrupting();
        if let Err(failure) = simulate(&plan, folder.path()) {
            panic!("{failure}");
        }
    }
}

#[test]
fn a_store_that_errs_is_found_with_clients_at_once() {
    for fault in [
        Fault::ForgetsReceipts,
        Fault::DropsPreconditions,
        Fault::DropsTheDebit,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(1, STEPS).sabotaged(fault).shared_by(4);
        let failure = simulate(&plan, folder.path()).unwrap_err();
        assert!(failure.to_string().ends_with(" --clients 4"), "{failure}");
    }
}
