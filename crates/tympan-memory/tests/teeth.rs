//! The suite has teeth: every fault that a store can have here fails the cases that are about it.

use tympan_memory::MemoryStore;
use tympan_store::Store;
use tympan_store::conformance::broken::{Broken, Fault};
use tympan_store::conformance::{Harness, all_cases, run_all};

struct Memory(MemoryStore);

impl Harness for Memory {
    fn open(&self) -> Box<dyn Store> {
        Box::new(self.0.reopened())
    }
}

fn sound() -> Box<dyn Harness> {
    Box::new(Memory(MemoryStore::new()))
}

/// The cases that each fault must fail, among others.
fn expected(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::ChecksNothing => &[
            "a_user_written_has_changed",
            "a_wallet_written_has_changed",
            "a_claim_read_as_absent_has_come",
        ],
        Fault::ChecksOnlyWhatItWrites => &[
            "a_user_read_has_changed",
            "a_claim_read_as_absent_has_come",
            "a_strand_read_is_gone",
            "two_administrators_do_not_deactivate_each_other",
            "a_guard_that_is_written_stops_who_read_it",
        ],
        Fault::ChecksNoReceipts => &["a_receipt_read_as_absent_has_come"],
        Fault::ChecksNoWallets => &[
            "a_wallet_read_has_changed",
            "a_wallet_read_is_gone",
            "the_wallet_beside_the_written_one_has_changed",
        ],
        Fault::WritesOver => &[
            "a_claim_inserted_twice_leaves_nothing",
            "a_wallet_updated_nowhere_leaves_nothing",
            "a_claim_inserted_has_come",
        ],
        Fault::WritesHalf => &["a_batch_fills_every_table", "two_claims_are_swapped"],
        Fault::LeavesEntries => &[
            "an_expectation_that_does_not_hold_leaves_nothing",
            "a_user_written_has_changed",
            "a_claim_inserted_twice_leaves_nothing",
        ],
        Fault::HidesConflicts => &[
            "decisions_that_found_a_value_free_are_committed_once",
            "a_claim_inserted_has_come",
        ],
        Fault::NamesNoKeys => &["a_conflict_names_only_keys_that_changed"],
        Fault::LosesTheLastBatch => &[
            "the_last_batch_is_there_again",
            "every_row_is_there_again",
            "the_floor_goes_on",
            "a_receipt_is_found_again",
        ],
        Fault::ForgetsReceipts => &[
            "a_receipt_has_all_its_parts",
            "thousands_of_receipts_are_found",
            "thousands_of_receipts_are_found_again",
        ],
        Fault::CutsReceipts => &["a_receipt_has_all_its_parts"],
        Fault::ReadsStale => &[
            "what_is_not_committed_is_not_read",
            "handles_read_what_others_commit",
        ],
        Fault::ReadsBehind => &[
            "a_claim_is_taken_once",
            "a_receipt_is_written_once",
            "a_hot_wallet_is_exact",
            "no_raise_of_a_counter_is_lost",
            "one_handle_is_shared_by_all",
        ],
        Fault::IgnoresTheTenant => &[
            "records_of_two_tenants_are_two",
            "users_stay_in_their_tenant",
            "receipts_stay_in_their_tenant",
        ],
        Fault::FollowsNothing => &["a_claim_leads_to_the_wallets", "a_hold_leads_to_everything"],
        Fault::SkipsWalletsOfNobody => &["an_absent_user_has_no_children_and_no_wallets"],
        Fault::IgnoresKnownConfigs => &["a_known_config_is_used_again"],
        Fault::TrustsKnownConfigs => &[
            "a_known_config_of_another_version_is_not_used",
            "a_known_config_of_no_tenant_is_not_used",
        ],
        Fault::OverwritesViews => &[
            "a_loaded_key_stays_as_it_is",
            "a_changed_key_stays_as_it_is",
        ],
        Fault::RoundsNumbers => &["users_come_back", "wallets_come_back"],
        Fault::TrimsTexts => &["users_come_back"],
        Fault::ReversesUsers => &[
            "users_are_in_the_order_of_bytes",
            "users_of_one_name_come_by_id",
        ],
        Fault::RepeatsUsers => &[
            "pages_join_to_the_whole",
            "a_cursor_stays_right_while_users_come",
        ],
        Fault::ExceedsTheLimit => &["pages_join_to_the_whole"],
        Fault::IgnoresPatterns => &["users_by_pattern", "users_by_everything_at_once"],
        Fault::SearchesOnlyNames => &["every_searched_field_is_searched", "users_by_pattern"],
        Fault::IgnoresGroups => &["users_by_group", "who_is_gone_is_not_listed"],
        Fault::ReversesEntries => &["entries_are_newest_first", "entries_go_back_from_an_entry"],
        Fault::ReversesEvents => &["audit_events_are_oldest_first"],
        Fault::ReversesUntracked => &["untracked_usage_is_listed_oldest_first"],
        Fault::LosesWords => &[
            "entries_come_with_their_words",
            "audit_events_come_with_their_words",
        ],
        Fault::ErasesNothing => &[
            "only_words_whose_time_is_over_are_erased",
            "words_are_erased_a_few_at_a_time",
            "entries_stay_whole_without_their_words",
        ],
        Fault::ErasesTooMuch => &["only_words_whose_time_is_over_are_erased"],
        Fault::ReversesScans => &["rows_are_in_the_order_of_their_keys"],
        Fault::ScansEveryTenant => &["a_scan_of_a_tenant_passes_over_others"],
        Fault::RepeatsRows => &[
            "pages_of_rows_join_to_the_whole",
            "a_scan_goes_on_behind_any_key",
        ],
        Fault::KeepsTheStamp => &[
            "every_commit_gives_a_new_stamp",
            "a_commit_elsewhere_gives_a_new_stamp",
        ],
        Fault::ChangesTheStamp => &["reads_leave_the_stamp", "refused_batches_leave_the_stamp"],
        Fault::KeepsTheFloor => &["the_floor_is_the_highest_id", "the_floor_goes_on"],
        Fault::MovesSnapshots => &[
            "a_snapshot_stays_while_others_write",
            "each_snapshot_is_of_its_own_instant",
            "a_snapshot_does_not_wait_for_turns",
            "pages_of_a_snapshot_join_to_the_whole",
        ],
        Fault::HasTwoClocks => &["a_store_and_its_turns_have_one_clock"],
        Fault::GivesNoReasons => &["a_store_says_how_it_keeps_commits_and_why"],
    }
}

#[test]
fn a_sound_store_fails_no_case() {
    let outcomes = run_all(&sound);
    assert_eq!(outcomes.len(), all_cases().count());
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_err())
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn every_fault_is_found() {
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        let make = || -> Box<dyn Harness> { Box::new(Broken::new(*fault, sound)) };
        let failed: Vec<&str> = run_all(&make)
            .into_iter()
            .filter(|(_, outcome)| outcome.is_err())
            .map(|(name, _)| name)
            .collect();
        let passed = expected(*fault)
            .iter()
            .filter(|name| !failed.contains(name));
        missed.extend(passed.map(|name| (*fault, *name)));
        assert!(!failed.is_empty(), "nothing finds {fault:?}");
    }
    assert!(missed.is_empty(), "these should have failed: {missed:?}");
}
