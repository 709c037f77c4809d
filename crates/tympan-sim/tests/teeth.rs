//! The simulation is shown to fail: every planted fault is found, within few steps.

use tympan_sim::{Failure, Fault, Kind, Plan, simulate};

/// Steps of a seed, and seeds, within which each fault must be found.
const STEPS: usize = 400;
const SEEDS: u64 = 12;

#[test]
fn every_planted_fault_is_found() {
    let faults = Fault::ALL.iter();
    let missed: Vec<&Fault> = faults.filter(|fault| found(**fault).is_none()).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

fn found(fault: Fault) -> Option<Failure> {
    (1..=SEEDS).find_map(|seed| {
        let plan = Plan::new(seed, STEPS).sabotaged(fault);
        let folder = tempfile::tempdir().ok()?;
        let failure = simulate(&plan, folder.path()).err()?;
        let told = failure.to_string();
        assert!(told.contains(&format!("--seed {seed} --steps {}", failure.step + 1)));
        Some(failure)
    })
}

#[test]
fn a_store_that_errs_beside_one_that_does_not_is_found_by_comparing() {
    let mut plan = Plan::new(3, STEPS);
    plan.sides = vec![
        (Kind::Memory, None),
        (Kind::Memory, Some(Fault::DropsTheDebit)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let failure = simulate(&plan, folder.path()).unwrap_err();
    assert!(
        ["stores", "dump", "verify"].contains(&failure.by),
        "{failure}"
    );
}

#[test]
fn interrupted_commits_are_found_out_about() {
    for seed in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(seed, STEPS).interrupting();
        if let Err(failure) = simulate(&plan, folder.path()) {
            panic!("{failure}");
        }
    }
}

#[test]
fn a_store_that_forgets_receipts_is_found_when_commits_are_interrupted() {
    let plan = Plan::new(1, STEPS)
        .sabotaged(Fault::ForgetsReceipts)
        .interrupting();
    let folder = tempfile::tempdir().unwrap();
    let failure = simulate(&plan, folder.path()).unwrap_err();
    assert!(failure.to_string().ends_with(" --faults"), "{failure}");
}

#[test]
fn without_a_fault_nothing_is_found() {
    for seed in 1..=3 {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(seed, STEPS).on(&[Kind::Memory]);
        if let Err(failure) = simulate(&plan, folder.path()) {
            panic!("{failure}");
        }
    }
}
