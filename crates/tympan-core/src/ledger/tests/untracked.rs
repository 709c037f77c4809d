//! Usage of unknown and inactive users is kept, and charged once to whoever it turns out to be of.

use super::*;
use crate::audit;
use crate::command::Actor;
use crate::ids::IdentityId;
use crate::people::UserReference;
use crate::records::{Claim, ClaimName, IdentityKind, JobKind, Untracked, UntrackedState};

/// A change of a job, and the field in which it is another then.
type Other<'a> = (&'a str, &'a dyn Fn(&mut Charge));

fn named(name: &str, key: &str, pages: i64) -> Charge {
    Charge::new(UserReference::username(name), key, Usage::pages(pages))
}

fn keep(store: &mut TestStore, job: Charge) -> UntrackedUsage {
    match store.run(&job.or_keep()) {
        Ok(ChargedOrKept::Kept(kept)) => kept,
        other => panic!("{other:?}"),
    }
}

fn charged(store: &mut TestStore, job: Charge) -> Receipt {
    match store.run(&job.or_keep()) {
        Ok(ChargedOrKept::Charged(receipt)) => receipt,
        other => panic!("{other:?}"),
    }
}

fn record(store: &TestStore, id: UntrackedId) -> Untracked {
    match store.records.get(&Key::Untracked(TENANT, id.0)) {
        Some(Record::Untracked(untracked)) => Untracked::clone(untracked),
        other => panic!("{other:?}"),
    }
}

fn assign(store: &mut TestStore, id: UntrackedId, user: UserId) -> Result<Receipt, Error> {
    store.run(&AssignUntracked::new(id, user))
}

/// Gives a user a name that jobs can be reported with.
fn call(store: &mut TestStore, user: UserId, name: &str) {
    let claim_name = ClaimName {
        kind: IdentityKind::Username,
        value: name.into(),
    };
    let claim = Claim {
        tenant: TENANT,
        kind: claim_name.kind.clone(),
        value: claim_name.value.clone(),
        user,
        identity: IdentityId(77),
        version: 1,
    };
    store.put(
        Key::Claim(TENANT, claim_name),
        Record::Claim(Arc::new(claim)),
    );
}

/// What was done, to what, in order.
fn events(store: &TestStore) -> Vec<(&str, &str, i64)> {
    let events = store.audit_events.iter();
    let said = events.map(|event| {
        (
            event.action.as_str(),
            event.subject_kind.as_str(),
            event.subject,
        )
    });
    said.collect()
}

#[test]
fn usage_of_an_unknown_or_inactive_user_is_kept_where_the_host_asks() {
    let mut store = shop();
    let gone = GONE.to_string();
    for (job, code, name) in [
        (
            named("Bob", "1", 3),
            Code::UnknownUser,
            Some("Bob".to_owned()),
        ),
        (
            Charge::new(UserId(99), "2", Usage::pages(3)),
            Code::UnknownUser,
            Some(UserId(99).to_string()),
        ),
        (
            Charge::new(GONE, "3", Usage::pages(3)),
            Code::UserInactive,
            Some(gone),
        ),
        (
            Charge::new(
                UserReference::Identity(IdentityKind::Pin, "123456".into()),
                "4",
                Usage::pages(3),
            ),
            Code::UnknownUser,
            None,
        ),
    ] {
        assert_eq!(store.run(&job).unwrap_err().code(), code);
        assert_eq!(events(&store).len(), store.audit_events.len());
        let kept = keep(&mut store, job.clone().queue("A3"));
        assert_eq!(kept.reported_as, name);
        assert_eq!(
            (kept.state, kept.at, kept.usage.clone(), kept.attempt),
            (UntrackedState::Open, store.now, Usage::pages(3), 1)
        );
        assert_eq!(kept.queue.as_deref(), Some("A3"));
        assert_eq!(kept.id, UntrackedId::of(&job.key, TENANT).unwrap());
        assert_eq!(
            events(&store).last(),
            Some(&("charge_or_keep", audit::UNTRACKED, kept.number))
        );
        let event = store.audit_events.last().unwrap();
        assert!(event.id.0 > kept.number);
    }
    assert!(store.entries.is_empty());
    let said = store.audit_texts.iter();
    assert!(said.clone().count() == 4 && said.clone().all(|text| !text.changes.contains("Bob")));
}

#[test]
fn a_user_who_is_there_is_charged_as_by_a_charge() {
    let mut store = shop();
    let job = Charge::new(ANN, "1", Usage::pages(3));
    let receipt = charged(&mut store, job.clone());
    assert_eq!(receipt.verb, Verb::Charge);
    // Both are the same request under a key.
    assert_eq!(store.run(&job).unwrap(), receipt);
    assert_eq!(charged(&mut store, job), receipt);
    let refused = store
        .run(&Charge::new(ANN, "2", Usage::pages(1_000)).or_keep())
        .unwrap_err();
    assert_eq!(refused.code(), Code::AllowanceExhausted);
    assert!(events(&store).is_empty());
}

#[test]
fn a_report_that_is_repeated_answers_the_same_and_other_content_is_refused() {
    let mut store = shop();
    let mut job = named("Bob", "1", 3)
        .queue("A3")
        .details(JobDetails::of(JobKind::Copy));
    job.cost = Some(StatedCost {
        cost_micros: 7,
        currency: Currency::EUR,
    });
    let kept = keep(&mut store, job.clone());
    // There is such a user by now; the answer stays what it was.
    call(&mut store, ANN, "bob");
    let mut same = job.clone();
    same.user = UserReference::username(" bob ");
    assert_eq!(keep(&mut store, same), kept);
    assert_eq!(keep(&mut store, job.clone()), kept);
    let cost = |cost_micros, currency| {
        Some(StatedCost {
            cost_micros,
            currency,
        })
    };
    let usd = Currency::parse("USD").unwrap();
    let changes: [Other<'_>; 7] = [
        ("user", &|job| job.user = UserReference::username("eve")),
        ("job_kind", &|job| job.details = JobDetails::default()),
        ("queue", &|job| job.queue = None),
        ("pages", &|job| job.usage = Usage::pages(4)),
        ("currency", &|job| job.cost = cost(7, usd)),
        ("currency", &|job| job.cost = None),
        ("cost_micros", &|job| job.cost = cost(8, Currency::EUR)),
    ];
    let check = |store: &mut TestStore| {
        for (field, change) in changes {
            let mut other = job.clone();
            change(&mut other);
            let refused = store.run(&other.or_keep()).unwrap_err();
            assert_eq!(
                (refused.code(), refused.detail("field")),
                (Code::KeyReused, Some(field))
            );
        }
    };
    check(&mut store);
    let receipt = assign(&mut store, kept.id, ANN).unwrap();
    assert_eq!(charged(&mut store, job.clone()), receipt);
    check(&mut store);
    assert_eq!(store.audit_events.len(), 2);
}

#[test]
fn the_next_attempt_of_a_job_that_was_kept_finds_it() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 3));
    let again = |attempt| {
        let mut job = named("Bob", "1", 3);
        job.key = IdempotencyKey::from("1").attempt(attempt);
        job
    };
    assert_eq!(keep(&mut store, again(2)), kept);
    let refused = store.run(&again(3).or_keep()).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidKey);
    // One that was refused may be kept later.
    let mut job = Charge::new(ANN, "2", Usage::pages(1_000));
    store.run(&job).unwrap_err();
    job.user = GONE.into();
    job.key = IdempotencyKey::from("2").attempt(2);
    assert_eq!(keep(&mut store, job).attempt, 2);
}

#[test]
fn what_is_assigned_is_charged_once_and_what_is_missing_is_owed() {
    let mut store = shop();
    // 8.00, of which the plan gives 5.00.
    let kept = keep(&mut store, named("Bob", "1", 200));
    let receipt = assign(&mut store, kept.id, ANN).unwrap();
    assert_eq!((receipt.verb, receipt.user), (Verb::Charge, ANN));
    assert_eq!(
        (receipt.cost_micros, receipt.late),
        (Some(8_000_000), false)
    );
    let taken: i64 = receipt.lines.iter().map(|line| line.amount).sum();
    let owed: i64 = receipt.lines.iter().map(|line| line.debt).sum();
    assert_eq!((taken, owed), (-8_000_000, 3_000_000));
    assert_eq!(assign(&mut store, kept.id, ANN).unwrap(), receipt);
    let assigned = record(&store, kept.id);
    assert_eq!(
        (assigned.state, assigned.assigned_to, assigned.resolved_at),
        (UntrackedState::Assigned, Some(ANN), Some(store.now))
    );
    let other = assign(&mut store, kept.id, FREE).unwrap_err();
    assert_eq!(
        (other.code(), other.detail("state"), other.detail("user")),
        (
            Code::UntrackedResolved,
            Some("assigned"),
            Some(ANN.to_string().as_str())
        )
    );
    assert_eq!(
        events(&store)[1],
        ("assign_untracked", audit::UNTRACKED, kept.number)
    );
    assert_eq!(store.audit_events.len(), 2);
    check(&store);
}

#[test]
fn what_is_assigned_can_be_refunded_by_the_key_of_its_report() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    let nothing = store.run(&Refund::new("1", "smeared", "r")).unwrap_err();
    assert_eq!(nothing.code(), Code::UnknownJob);
    assign(&mut store, kept.id, ANN).unwrap();
    let back = store.run(&Refund::new("1", "smeared", "r")).unwrap();
    assert_eq!(back.lines[0].amount, 400_000);
    // Nor does that open it again.
    let receipt = assign(&mut store, kept.id, ANN).unwrap();
    assert_eq!(receipt.lines[0].amount, -400_000);
    check(&store);
}

#[test]
fn an_inactive_user_is_charged_what_was_kept() {
    let mut store = shop();
    let kept = keep(&mut store, Charge::new(GONE, "1", Usage::pages(10)));
    let receipt = assign(&mut store, kept.id, GONE).unwrap();
    let taken: i64 = receipt.lines.iter().map(|line| line.amount).sum();
    assert_eq!((receipt.user, taken), (GONE, -400_000));
}

#[test]
fn prices_are_those_of_the_report_and_a_stated_cost_stays() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    let mut stated = named("Bob", "2", 10);
    stated.cost = Some(StatedCost {
        cost_micros: 7,
        currency: Currency::EUR,
    });
    let stated = keep(&mut store, stated);
    let mut config = store.config().unwrap().clone();
    for rules in config.price_rules.values_mut() {
        let mut dearer = rules[0].clone();
        dearer.revision = 2;
        dearer.effective_from = at(START + 1_000);
        dearer.mono_page_micros = 90_000;
        rules.push(dearer);
    }
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    store.now = at(START + 2_000);
    let late = keep(&mut store, named("Bob", "3", 10));
    for (id, cost) in [(kept.id, 400_000), (stated.id, 7), (late.id, 900_000)] {
        let receipt = assign(&mut store, id, ANN).unwrap();
        assert_eq!(receipt.cost_micros, Some(cost));
    }
}

#[test]
fn what_is_dismissed_is_charged_to_nobody() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    let dismiss = |why: &str| DismissUntracked::new(kept.id, why);
    let empty = store.run(&dismiss(" ")).unwrap_err();
    assert_eq!(empty.code(), Code::EmptyText);
    let dismissed = store.run(&dismiss("a test page")).unwrap();
    assert_eq!(
        (dismissed.state, dismissed.resolved_at),
        (UntrackedState::Dismissed, Some(store.now))
    );
    assert_eq!(store.run(&dismiss("nobody knows")).unwrap(), dismissed);
    assert_eq!(keep(&mut store, named("Bob", "1", 10)), dismissed);
    let refused = assign(&mut store, kept.id, ANN).unwrap_err();
    assert_eq!(
        (refused.code(), refused.detail("state")),
        (Code::UntrackedResolved, Some("dismissed"))
    );
    assert_eq!(
        events(&store)[1..],
        [("dismiss_untracked", audit::UNTRACKED, kept.number)]
    );
    let reason = store.audit_texts[1].reason.as_deref();
    assert_eq!(reason, Some("a test page"));
    let other = keep(&mut store, named("Bob", "2", 10));
    assign(&mut store, other.id, ANN).unwrap();
    let late = store.run(&DismissUntracked::new(other.id, "late"));
    assert_eq!(late.unwrap_err().code(), Code::UntrackedResolved);
}

#[test]
fn a_name_is_erased_and_the_usage_stays() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    let erase = EraseUntrackedName::of(kept.id);
    let erased = store.run(&erase).unwrap();
    assert_eq!(
        erased,
        UntrackedUsage {
            reported_as: None,
            ..kept.clone()
        }
    );
    assert_eq!(store.run(&erase).unwrap(), erased);
    assert_eq!(
        events(&store)[1..],
        [("erase_untracked_name", audit::UNTRACKED, kept.number)]
    );
    assert_eq!(keep(&mut store, named("Bob", "1", 10)), erased);
    // Nowhere is it left.
    assert!(!format!("{:?} {:?}", store.records, store.audit_texts).contains("Bob"));
    assign(&mut store, kept.id, ANN).unwrap();
}

#[test]
fn a_job_that_was_charged_by_itself_since_is_not_charged_again() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    let receipt = charge(&mut store, ANN, "1", 10).unwrap();
    let refused = assign(&mut store, kept.id, ANN).unwrap_err();
    assert_eq!(
        (refused.code(), refused.detail("state")),
        (Code::UntrackedResolved, Some("open"))
    );
    let again = Charge::new(ANN, "1", Usage::pages(10));
    assert_eq!(charged(&mut store, again), receipt);
    let dismiss = DismissUntracked::new(kept.id, "charged by itself");
    store.run(&dismiss).unwrap();
    assert_eq!(store.entries.len(), 2, "the grant and the charge");
    check(&store);
}

#[test]
fn a_plain_charge_of_what_was_assigned_is_another_request() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    assign(&mut store, kept.id, ANN).unwrap();
    let refused = charge(&mut store, ANN, "1", 10).unwrap_err();
    assert_eq!(
        (refused.code(), refused.detail("field")),
        (Code::KeyReused, Some("command"))
    );
}

#[test]
fn a_name_has_bounds_and_what_no_profile_counts_is_not_assigned() {
    let mut store = shop();
    let job = named("Bob", "1", 10);
    let long = "x".repeat(crate::text::MAX_VALUE + 1);
    for (name, code) in [
        (long.as_str(), Code::TextTooLong),
        ("a\u{7}", Code::ControlCharacter),
    ] {
        let refused = store.run(&job.clone().or_keep().reported_as(name));
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let told = job.or_keep().reported_as(" Bob of the press ");
    let Ok(ChargedOrKept::Kept(kept)) = store.run(&told) else {
        panic!("not kept")
    };
    assert_eq!(kept.reported_as.as_deref(), Some("Bob of the press"));
    let scan = named("Bob", "2", 10).details(JobDetails::of(JobKind::Scan));
    let scan = keep(&mut store, scan);
    let mut config = store.config().unwrap().clone();
    for profile in config.profiles.values_mut() {
        profile.tracking.job_kinds = Some(vec![JobKind::Print]);
    }
    store.put(Key::Config(TENANT), Record::Config(Arc::new(config)));
    let refused = assign(&mut store, scan.id, ANN).unwrap_err();
    assert_eq!(refused.code(), Code::NotTracked);
    assign(&mut store, kept.id, ANN).unwrap();
    let unknown = UntrackedId::of(&"3".into(), TENANT).unwrap();
    let refused = assign(&mut store, unknown, ANN).unwrap_err();
    assert_eq!(refused.code(), Code::UnknownUntracked);
    let nobody = assign(&mut store, scan.id, UserId(99)).unwrap_err();
    assert_eq!(nobody.code(), Code::UnknownUser);
}

#[test]
fn whoever_may_charge_may_not_say_whose_usage_it_was() {
    let mut store = shop();
    let kept = keep(&mut store, named("Bob", "1", 10));
    store.actor = Actor::User(ANN);
    for refused in [
        assign(&mut store, kept.id, ANN).map(drop),
        store.run(&DismissUntracked::new(kept.id, "mine")).map(drop),
        store.run(&EraseUntrackedName::of(kept.id)).map(drop),
        store.run(&named("Bob", "1", 10).or_keep()).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::Denied);
    }
}
