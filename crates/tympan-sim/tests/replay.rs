//! The same seed gives the same history, and every seed that ever failed is run again.

use tympan_sim::{Kind, Plan, simulate};

/// Each line: a seed, steps, and what was found then.
const SEEDS: &[(&str, &str)] = &[("ledger.txt", include_str!("seeds/ledger.txt"))];

#[test]
fn seeds_that_failed_once_pass() {
    let mut count = 0;
    for (file, text) in SEEDS {
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split_whitespace();
            let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
            let (Some(seed), Some(steps)) = (number(), number()) else {
                panic!("{file}: `{line}` does not begin with a seed and a number of steps");
            };
            let folder = tempfile::tempdir().unwrap();
            let plan = Plan::new(seed, usize::try_from(steps).unwrap());
            if let Err(failure) = simulate(&plan, folder.path()) {
                panic!("{file}: {line}\n{failure}");
            }
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn the_same_seed_gives_the_same_bytes_twice_on_each_store() {
    for seed in [11, 12] {
        let run = |kind: Kind| {
            let folder = tempfile::tempdir().unwrap();
            simulate(&Plan::new(seed, 400).on(&[kind]), folder.path()).unwrap()
        };
        let first = run(Kind::Memory);
        assert!(first.dump.len() > 10_000 && first.granted > 100);
        for kind in [Kind::Memory, Kind::Sqlite, Kind::Sqlite] {
            assert!(run(kind) == first, "seed {seed} on {kind:?}");
        }
    }
}

#[test]
fn another_seed_gives_another_history() {
    let run = |seed| {
        let folder = tempfile::tempdir().unwrap();
        simulate(&Plan::new(seed, 50).on(&[Kind::Memory]), folder.path()).unwrap()
    };
    assert_ne!(run(1).answers, run(2).answers);
}
