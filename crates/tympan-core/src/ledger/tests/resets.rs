//! Schedules: what is given when, whoever comes when.

use super::*;

#[test]
fn a_schedule_runs_at_its_instants_whoever_comes_when() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 100).unwrap();
    store.now = at(OCTOBER - 1);
    charge(&mut store, ANN, "b", 25).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(0));
    store.now = at(OCTOBER);
    charge(&mut store, ANN, "c", 25).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_000_000));
    let resets: Vec<_> = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Reset)
        .collect();
    assert_eq!((resets.len(), resets[0].due_at), (1, Some(at(OCTOBER))));
    // A year without a job: one instant changes the balance, the others change nothing.
    store.now = at(OCTOBER + 365 * 86_400_000);
    charge(&mut store, ANN, "d", 0).unwrap();
    let resets = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Reset);
    assert_eq!(resets.count(), 2);
}

#[test]
fn each_instant_is_decided_by_the_revision_in_force_then() {
    let revisions = vec![
        plan(1, START, 5_000_000),
        plan(2, OCTOBER, 6_000_000),
        plan(3, OCTOBER + 1, 7_000_000),
    ];
    let mut store = shop_with(revisions);
    charge(&mut store, ANN, "a", 1).unwrap();
    store.now = at(OCTOBER + 10);
    charge(&mut store, ANN, "b", 0).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(6_000_000));
    store.now = at(OCTOBER + 40 * 86_400_000);
    charge(&mut store, ANN, "c", 0).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(7_000_000));
}

#[test]
fn nothing_is_fed_before_the_profile_feeds_whatever_the_clock_says() {
    let mut store = shop();
    let since = at(OCTOBER - 1);
    let key = Key::User(TENANT, ANN);
    if let Some(Record::User(user)) = store.records.get_mut(&key) {
        Arc::make_mut(user).profile_since = since;
    }
    let refusal = charge(&mut store, ANN, "a", 126).unwrap_err();
    assert_eq!(
        refusal.detail("next_reset_at"),
        Some(OCTOBER.to_string().as_str())
    );
    let times: Vec<_> = store.entries.iter().map(|entry| entry.at).collect();
    assert_eq!(times, [since, since]);
}

#[test]
fn the_end_of_time_ends_every_schedule() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 1).unwrap();
    store.now = Timestamp::LATEST;
    let refusal = charge(&mut store, ANN, "b", 1_000).unwrap_err();
    assert_eq!(refusal.code(), Code::AllowanceExhausted);
    assert_eq!(refusal.detail("next_reset_at"), None);
    charge(&mut store, ANN, "c", 1).unwrap();
    assert_eq!(balance(&store, ANN, WalletKind::Allowance), Some(4_960_000));
}

#[test]
fn time_on_a_wallet_never_goes_back() {
    let mut store = shop();
    charge(&mut store, ANN, "a", 1).unwrap();
    store.now = at(START - 1_000_000);
    let receipt = charge(&mut store, ANN, "b", 1).unwrap();
    assert_eq!(receipt.at, at(START));
}
