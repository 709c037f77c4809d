//! The workload reaches what matters: every command is granted somewhere, and the refusals that the
//! rules know are seen.

use std::collections::BTreeMap;

use tympan_sim::{Kind, Plan, simulate};

/// Commands that must be granted.
const GRANTED: &[&str] = &[
    "AddIdentity",
    "Adjust",
    "AssignUntracked",
    "Authorise",
    "Bootstrap",
    "Cancel",
    "Charge",
    "ChargeOrKeep",
    "CreateAccount",
    "CreateGroup",
    "CreatePriceList",
    "CreateProfile",
    "CreateRole",
    "CreateUser",
    "DeactivateUser",
    "DismissUntracked",
    "EditGroup",
    "EditPriceList",
    "EditProfile",
    "EditRole",
    "EditTenant",
    "EditUser",
    "EnableIdentity",
    "EraseUntrackedName",
    "Extend",
    "PayOut",
    "ReactivateUser",
    "Refund",
    "RemoveIdentity",
    "ReplaceIdentity",
    "SetBalance",
    "Settle",
    "SettleDue",
    "SharedAuthorise",
    "SharedCancel",
    "SharedCharge",
    "SharedExtend",
    "SharedRefund",
    "SharedSettle",
    "SharedVoid",
    "SwapIdentities",
    "TopUp",
    "TransferFunds",
    "TransferIdentity",
    "Void",
];

/// Refusals that must be seen, whatever the command.
const REFUSED: &[&str] = &[
    "allowance_exhausted",
    "amount_not_positive",
    "amount_overflow",
    "balance_below_limit",
    "bootstrap_done",
    "control_character",
    "denied",
    "empty_text",
    "funds_exhausted",
    "grant_beyond_own",
    "hold_resolved",
    "identity_taken",
    "in_use",
    "invalid_key",
    "invalid_usage",
    "invalid_value",
    "job_not_charged",
    "job_voided",
    "key_reused",
    "last_administrator",
    "negative_amount",
    "not_shared",
    "refund_beyond_paid",
    "retired",
    "stale_version",
    "text_too_long",
    "unknown_hold",
    "unknown_identity",
    "unknown_job",
    "unknown_plan",
    "unknown_untracked",
    "unknown_user",
    "untracked_resolved",
    "user_inactive",
];

#[test]
fn every_command_and_every_refusal_that_matters_is_reached() {
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=16 {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(seed, 1_000).on(&[Kind::Memory]);
        match simulate(&plan, folder.path()) {
            Ok(report) => outcomes.extend(report.outcomes),
            Err(failure) => panic!("{failure}"),
        }
    }
    let seen = |wanted: String| outcomes.keys().any(|outcome| outcome.ends_with(&wanted));
    let missed: Vec<&&str> = GRANTED
        .iter()
        .filter(|name| !outcomes.contains_key(&format!("{name} granted")))
        .chain(REFUSED.iter().filter(|code| !seen(format!(" {code}"))))
        .collect();
    assert!(missed.is_empty(), "never seen: {missed:?}");
}
